"""From a scenario to the engine's tables: `Structure`, the same in all arms and draws, and a recipe for `Values`.

Assumes a scenario that `config.check` accepts. Refused here: a central hazard above its bound, and bounds that are more
than the engine can take in one step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.overlay import WAITING, shared_traits
from trajectsim.config.schema import Condition, Exit, ModelSpec
from trajectsim.engine import tables
from trajectsim.engine.builder import Builder, Rows
from trajectsim.engine.levers import Levers, levers_of
from trajectsim.engine.limits import refuse_what_does_not_fit
from trajectsim.engine.luck import purpose
from trajectsim.engine.shared import ANSWERS
from trajectsim.engine.slots import LATENT, PLAIN, FrozenSlots, Resolver, diminished
from trajectsim.engine.tables import TAIL, Structure, Values
from trajectsim.engine.town import TownProgram
from trajectsim.engine.town_compiler import compile_town, programme_levels, sharing
from trajectsim.errors import UserError
from trajectsim.evidence.register import Register

__all__ = ["Names", "Program", "compile_scenario", "counting_weights"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
MOST_TOTAL_BOUND = 4.0
MOST_CONSEQUENCES = 32


@dataclass(frozen=True)
class Names:
    """What the numbers mean. `states` are "domain.state" over all domains; `reasons` decode the ledger's moves."""

    domains: tuple[str, ...]
    states: tuple[str, ...]
    exits: tuple[str, ...]
    forced: tuple[str, ...]
    constraints: tuple[str, ...]
    events: tuple[str, ...]
    measures: tuple[str, ...]
    joint: tuple[str, ...]
    bands: tuple[str, ...]
    accounts: tuple[str, ...]
    provisions: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the names of all reasons for a move: exits, forced exits, constraints, and answers to requests."""
        answers = [f"queue.{name}.{answer}" for name in self.provisions for answer in ANSWERS]
        return (*self.exits, *self.forced, *self.constraints, *answers)

    @cached_property
    def _own_states(self) -> list[list[str]]:
        names: dict[str, list[str]] = {domain: [] for domain in self.domains}
        for name in self.states:
            domain, state = name.split(".", 1)
            names[domain].append(state)
        return list(names.values())

    def state_names(self, domain: int) -> list[str]:
        """Return the states of a domain without the domain's name."""
        return self._own_states[domain]


@dataclass(frozen=True)
class Program:
    """A compiled scenario: structure, the meaning of its numbers, and how values follow from an arm and a draw."""

    structure: Structure
    names: Names
    rows: Rows
    slots: dict[str, FrozenSlots]
    resolver: Resolver
    uptake_exits: dict[str, int]
    steps: int
    steps_per_year: int
    counting: F64
    term_owner: I64
    term_centre: F64
    levers: Levers
    levels: int
    scaled_drift: tuple[tuple[int, int, int, int], ...]
    sharing: I64
    diminishing: int
    town: TownProgram | None = None

    @property
    def counted_steps(self) -> int:
        """Return how many snapshots, from the first, years are made of: the last of all only if it carries weight."""
        return self.steps + int(self.counting[-1] != 0)

    def values(self, draw: F64, interventions: tuple[str, ...] = ()) -> Values:
        """Return the values of one arm (the interventions that run in it) and one row of draws as the arm sees it.

        What another arm sees of the same draw is told by `levers`.
        """
        extended = self.resolver.extended(draw)
        v = {name: slots.fill(extended) for name, slots in self.slots.items()}
        for name, exit_number in self.uptake_exits.items():
            if name not in interventions:
                v["base"][exit_number] = 0.0
        n = len(v["base"])
        constant = np.zeros(n + len(self.names.measures))
        np.add.at(constant, self.term_owner, -v["coefficient"] * self.term_centre)
        measure = np.stack(
            [v["measure_base"] + constant[n:], v["measure_times"], v["measure_low"], v["measure_high"]], axis=1
        )
        drift = np.zeros(len(self.rows.latents) * len(self.names.states), np.int64)
        np.add.at(drift, self.slots["drift"].first.astype(np.int64), v["drift"].astype(np.int64))
        scaled = np.zeros(len(self.scaled_drift), tables.SCALED)
        for k, row in enumerate(self.scaled_drift):
            scaled[k] = (*row, int(v["scaled_drift"][k]))
        n_together = np.arange(1.0, len(self.sharing) + 1)
        return Values(
            base=np.stack([v["base"], constant[:n]], axis=1),
            coefficient=v["coefficient"],
            table=v["table"],
            forced_after=v["forced_after"].astype(np.int64),
            chance=v["chance"],
            follow_chance=v["follow_chance"],
            shift=v["shift"].astype(np.int64),
            drift=drift.reshape(len(self.rows.latents), len(self.names.states)).astype(np.int32),
            reversion=v["reversion"].astype(np.int64),
            measure=np.ascontiguousarray(measure),
            scaled=scaled,
            together=self.sharing,
            part=diminished(n_together, extended[self.diminishing]) / n_together,
        )


def compile_scenario(scenario: Any, register: Register) -> Program:
    """Compile a scenario.

    Args:
        scenario: `config.scenario.Scenario`, or anything with its attributes spec, model, interventions and population.
        register: the scenario's parameters.

    Raises:
        UserError: a central hazard exceeds its bound, the bounds of a state's exits add up to more than the engine can
            take in one step, or there are more steps, joint lines or consequences than it has room for.
    """
    levels = programme_levels(scenario)
    plain = getattr(scenario, "world", None) is None
    off = () if plain else scenario.spec.off
    chosen = [
        name
        for name, item in scenario.interventions.items()
        if not plain and "selection" not in off and item.selection is not None and item.selection.suited is not None
    ]
    inflow = scenario.population.inflow is not None
    b = Builder(scenario.model, scenario.interventions, register, inflow, levels, chosen)
    b.kept = {*shared_traits(getattr(scenario, "world", None)), *(t for t in b.model.traits if t.startswith(WAITING))}
    states: list[dict[str, int]] = []
    hazards: list[tuple[Exit, str, str]] = []
    forced: list[tuple[Exit, str, str]] = []
    for name, domain in b.domains.items():
        scope = f"interventions.{name}" if name in b.interventions else "model"
        for state, declared in domain.states.items():
            record = {"exit_begin": len(hazards), "forced_begin": len(forced), "gone": int(declared.gone)}
            for way in domain.exits:
                path = f"model.{name}.{way.name}"
                if state not in way.from_:
                    continue
                if way.forced is None:
                    b.hazard_exit(name, way, path, scope)
                    hazards.append((way, path, scope))
                else:
                    b.forced_exit(name, way, path, scope)
                    forced.append((way, path, scope))
            states.append({**record, "exit_end": len(hazards), "forced_end": len(forced)})
    for records, items in ((b.exits, hazards), (b.forced, forced)):
        for record, (way, path, scope) in zip(records, items, strict=True):
            record["then_begin"] = len(b.follows)
            b.consequences(list(way.then), f"{path}.then", scope)
            record["then_end"] = len(b.follows)
            if record["then_end"] - record["then_begin"] > MOST_CONSEQUENCES:
                raise UserError.of(
                    f"{path} has more than {MOST_CONSEQUENCES} consequences", cure="split the exit in two"
                )
    steps = round(scenario.spec.years * b.spy)
    refuse_what_does_not_fit(scenario, steps)
    _latents(b)
    beside = sharing(scenario)
    diminishing = b.resolver.position(b.model.diminishing, "model.diminishing", "model")
    town = compile_town(b, scenario, [*b.exit_names, *b.forced_names], steps)
    structure = _structure(b, states, steps, int(scenario.spec.start[5:]) - 1, town)
    names = _names(b, () if town is None else town.names)
    program = Program(
        structure=structure,
        names=names,
        rows=b.rows,
        slots={name: s.frozen() for name, s in b.slots.items()},
        resolver=b.resolver,
        uptake_exits={name: names.exits.index(f"{name}.uptake") for name in b.interventions},
        steps=steps,
        steps_per_year=b.spy,
        counting=counting_weights(b.model, steps),
        term_owner=np.array(b.term_owner, np.int64),
        term_centre=np.array(b.term_centre, float),
        levers=levers_of(scenario, b.resolver),
        levels=1 + 2 * len(levels),
        scaled_drift=tuple(b.scaled_drift),
        sharing=np.array([b.domain_index[name] for name in beside], np.int64),
        diminishing=diminishing,
        town=town,
    )
    for arm in [None, *scenario.spec.arms]:
        _refuse_above_bound(program, register.central if arm is None else program.levers.draw(register.central, arm))
    return program


def _structure(
    b: Builder, states: list[dict[str, int]], steps: int, start_month: int, town: TownProgram | None
) -> Structure:
    constraints, constraint_conditions = _constraints(b)
    lines = [b.condition(c) for c in b.model.joint_lines.values()]
    lines += [b.condition(m.when) for m in b.model.measures.values()]
    measures = _measures(b)
    share, tail = _bounds(b, states)
    for record, cumulative in zip(b.exits, share, strict=True):
        record["share"] = cumulative
    # Domains of the model share words of luck by their place. A programme has a word of its own, by its name: the same
    # luck wherever it stands among others, in whatever world.
    words = (len(b.domains) - len(b.interventions) + 3) // 4
    salts = [f"lanes {w}" for w in range(words)] + [f"lanes of {name}" for name in b.interventions]
    domains = [
        {
            "first": int(b.first[d]),
            "refine": int(purpose(f"refine {name}")),
            "pick": int(purpose(f"pick {name}")),
            "has_exits": int(any(s["exit_end"] > s["exit_begin"] for s in states[b.first[d] : b.first[d + 1]])),
            "has_forced": int(any(s["forced_end"] > s["forced_begin"] for s in states[b.first[d] : b.first[d + 1]])),
            "word": d // 4 if name not in b.interventions else words + list(b.interventions).index(name),
            "shift": 16 * (d % 4) if name not in b.interventions else 0,
        }
        for d, name in enumerate(b.domains)
    ]
    rate, weight = _accounts(b, steps)
    bands = sorted(round(a * b.spy) for a in b.model.age_bands)
    return Structure(
        clock=_records(tables.CLOCK, [_clock(b, len(bands) + 1, start_month, 0 if town is None else len(town.pools))]),
        domains=_records(tables.DOMAIN, domains),
        states=_records(tables.STATE, states),
        exits=_records(tables.EXIT, b.exits),
        terms=_records(tables.TERM, [dict(zip(("kind", "index", "value", "level"), t, strict=True)) for t in b.terms]),
        forced=_records(tables.FORCED, b.forced),
        follows=_records(tables.FOLLOW, b.follows),
        shift_rows=_whole(b.shift_rows),
        conditions=_whole(b.conditions),
        atoms=_records(tables.ATOM, b.atoms),
        constraints=_records(tables.CONSTRAINT, constraints),
        constraint_conditions=_whole(constraint_conditions),
        lines=_whole(lines),
        measures=_records(tables.MEASURE, measures),
        marks=_whole(sorted({round(a * b.spy) for a in {*b.model.age_bands, *_condition_ages(b.model)}})),
        bands=_whole(bands),
        tail=tail,
        lane_salt=np.array([int(purpose(salt)) for salt in salts], np.uint64),
        account_rate=rate,
        account_weight=weight,
    )


def _records(kind: np.dtype[Any], rows: list[dict[str, Any]]) -> npt.NDArray[Any]:
    out = np.zeros(len(rows), kind)
    for i, row in enumerate(rows):
        for name, value in row.items():
            out[i][name] = value
    return out


def _whole(values: list[int]) -> I64:
    return np.array(values, np.int64)


def _clock(b: Builder, n_bands: int, start_month: int, provisions: int) -> dict[str, int]:
    n_states = int(b.first[-1])
    n_reasons = len(b.exits) + len(b.forced) + len(b.model.constraints) + provisions * len(ANSWERS)
    at_entries = n_bands * n_states
    at_moves = 2 * at_entries
    at_events = at_moves + n_reasons
    return {
        "n_states": n_states,
        "n_exits": len(b.exits),
        "n_forced": len(b.forced),
        "birth": b.rows.birth,
        "enter": b.rows.enter,
        "origin": b.rows.origin,
        "watch": b.rows.watch,
        "steps_per_year": b.spy,
        "season_start": start_month * b.spy // 12,
        "n_joint": len(b.model.joint_lines),
        "restless": int(_is_restless(b.model, b.kept)),
        "account_shift": int(b.model.counting.convention == "end"),
        "at_entries": at_entries,
        "at_moves": at_moves,
        "at_events": at_events,
        "at_joint": at_events + n_bands * len(b.events),
    }


def _constraints(b: Builder) -> tuple[list[dict[str, int]], list[int]]:
    records: list[dict[str, int]] = []
    numbers: list[int] = []
    for constraint in b.model.constraints:
        index = b.states[constraint.domain]
        begin = len(numbers)
        numbers += [
            b.condition(c) for c in (constraint.only_while if constraint.state is not None else [constraint.when])
        ]
        records.append(
            {
                "domain": b.domain_index[constraint.domain],
                "otherwise": index[constraint.otherwise],
                "begin": begin,
                "end": len(numbers),
                "state": -1 if constraint.state is None else index[constraint.state],
                "allowed": sum(1 << index[s] for s in constraint.allowed),
            }
        )
    return records, numbers


def _latents(b: Builder) -> None:
    for name, latent in b.model.latents.items():
        path = f"model.latents.{name}"
        for state, number in latent.drift.items():
            b.drift(name, state, number, f"{path}.drift.{state}", "model")
        if latent.reversion is None:
            b.slot("reversion", 0.0, "", "")
        else:
            b.rate_slot("reversion", latent.reversion, f"{path}.reversion", "model", LATENT)
    for name, intervention in b.interventions.items():
        scope = f"interventions.{name}"
        for j, effect in enumerate(intervention.effects):
            if effect.latent is not None and effect.drift is not None:
                path = f"{scope}.effects.{j}"
                dose = b.dose(effect, path, scope)
                for state in effect.while_:
                    b.drift(effect.latent, f"{name}.{state}", effect.drift, f"{path}.drift", scope, dose)


def _measures(b: Builder) -> list[dict[str, int]]:
    records = []
    for j, (name, measure) in enumerate(b.model.measures.items()):
        path = f"model.measures.{name}"
        b.slot("measure_base", measure.intercept, f"{path}.intercept", "model")
        b.slot("measure_times", 1.0 if measure.times is None else measure.times, f"{path}.times", "model")
        b.slot("measure_low", measure.low, "", "")
        b.slot("measure_high", measure.high, "", "")
        begin = len(b.terms)
        for term, number in measure.terms.items():
            b.covariate(len(b.exits) + j, term, b.resolver.position(number, f"{path}.terms.{term}", "model"), PLAIN)
        records.append({"term_begin": begin, "term_end": len(b.terms)})
    return records


def _lasting_conditions(model: ModelSpec) -> list[Condition]:
    """Return the conditions of constraints, joint lines and measures: those that are watched all the time."""
    conditions = [c for x in model.constraints for c in ([x.when] if x.when else x.only_while)]
    return [*conditions, *model.joint_lines.values(), *(m.when for m in model.measures.values())]


def _is_restless(model: ModelSpec, kept: set[str]) -> bool:
    """Return whether a constraint or line may change without a move or a birthday, and is looked at in every step.

    `kept` are traits that the world keeps up to date itself.
    """
    return any(
        c.latents or c.months_in or c.calendar or kept & set(c.traits) for c in _lasting_conditions(model)
    )


def _condition_ages(model: ModelSpec) -> set[float]:
    spans = [c.age for c in _lasting_conditions(model) if c.age is not None]
    return {a for span in spans for a in (span.from_, span.to) if a is not None}


def _bounds(b: Builder, states: list[dict[str, int]]) -> tuple[F64, F64]:
    """Bring bounds of probabilities to hazards; return each exit's cumulative share, each state's candidate chances."""
    share, tail = np.zeros(len(b.exits)), np.zeros((len(states), TAIL))
    names = [f"{d}.{s}" for d, domain in b.domains.items() for s in domain.states]
    for g, record in enumerate(states):
        own = b.exits[record["exit_begin"] : record["exit_end"]]
        if not own:
            continue
        for stage in {x["stage"] for x in own}:
            here = [x for x in own if x["stage"] == stage and x["law"] != 0]
            total = sum(x["bound"] for x in here)
            if total >= 1:
                raise UserError.of(
                    f"the probabilities out of {names[g]} have bounds that add up to {total:g}",
                    allowed="below 1",
                    cure="lower the bounds, or use `forced` for a certain exit",
                )
            for x in here:
                x["bound"] *= -np.log1p(-total) / total
        bounds = np.array([x["bound"] for x in own])
        total = float(bounds.sum())
        if total > MOST_TOTAL_BOUND:
            raise UserError.of(
                f"the bounds of the exits of {names[g]} add up to {total:.3g} per step",
                allowed=f"at most {MOST_TOTAL_BOUND:g}",
                cure="tighten the bounds or shorten the step",
            )
        share[record["exit_begin"] : record["exit_end"]] = np.cumsum(bounds) / total
        share[record["exit_end"] - 1] = 2.0
        tail[g] = _poisson_tail(total)
        record.update(threshold=int(np.ceil(tail[g, 0] * 65536)), last_stage=min(x["stage"] for x in own))
    return share, tail


def _poisson_tail(mean: float) -> F64:
    """Return the chance of more than 0, 1, ..., TAIL - 1 events of a Poisson number."""
    terms = [float(np.exp(-mean))]
    for n in range(1, TAIL + 40):
        terms.append(terms[-1] * mean / n)
    return np.array([sum(reversed(terms[n + 1 :])) for n in range(TAIL)])


def _accounts(b: Builder, steps: int) -> tuple[F64, F64]:
    accounts = list(b.model.accounts.values())
    rate = np.zeros((len(accounts), int(b.first[-1]) + len(b.events)))
    weight = np.zeros((len(accounts), steps + 2))
    for a, account in enumerate(accounts):
        for name, value in account.rates.items():
            rate[a, b.global_state(name)] = value
        for name, value in account.events.items():
            rate[a, int(b.first[-1]) + b.events.index(name)] = value
        weight[a, 1:] = np.cumsum((1.0 + account.discount_per_year) ** (-np.arange(steps + 1) / b.spy))
    return rate, weight


def counting_weights(model: ModelSpec, steps: int) -> F64:
    """Return the weight of each snapshot 0, 1, ..., steps under the model's counting convention.

    Raises:
        UserError: own weights that are not one per snapshot.
    """
    weights = np.ones(steps + 1)
    if model.counting.convention == "start":
        weights[-1] = 0.0
    elif model.counting.convention == "end":
        weights[0] = 0.0
    elif model.counting.convention == "half-cycle":
        weights[0] = weights[-1] = 0.5
    else:
        given = model.counting.weights or []
        if len(given) != steps + 1:
            raise UserError.of(
                f"counting has {len(given)} weights",
                key="counting.weights",
                allowed=f"one per snapshot: {steps + 1} for {steps} steps",
            )
        weights = np.array(given, float)
    return weights


def _names(b: Builder, provisions: tuple[str, ...]) -> Names:
    edges = sorted(b.model.age_bands)
    bands = [f"<{edges[0]:g}" if edges else "all"]
    bands += [f"{x:g}-{y:g}" for x, y in pairwise(edges)] + ([f"{edges[-1]:g}+"] if edges else [])
    return Names(
        domains=tuple(b.domains),
        states=tuple(f"{d}.{s}" for d, x in b.domains.items() for s in x.states),
        exits=tuple(b.exit_names),
        forced=tuple(b.forced_names),
        constraints=tuple(f"constraint.{c.name}" for c in b.model.constraints),
        events=tuple(b.events),
        measures=tuple(b.model.measures),
        joint=tuple(b.model.joint_lines),
        bands=tuple(bands),
        accounts=tuple(b.model.accounts),
        provisions=provisions,
    )


def _refuse_above_bound(program: Program, central: F64) -> None:
    base = program.values(central, tuple(program.uptake_exits)).base[:, 0]
    for k, name in enumerate(program.names.exits):
        law, bound = program.structure.exits[k]["law"], program.structure.exits[k]["bound"]
        if law == 0 and base[k] > bound * (1 + 1e-9):
            raise UserError.of(
                f"the hazard of {name} is {base[k]:.4g} per step, above its bound {bound:.4g}",
                key=name,
                cure="raise the bound of this exit or lower its base",
            )
