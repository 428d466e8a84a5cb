"""Reads a declared model from top to bottom and collects the records that the engine's tables are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trajectsim.config.intervention import intervention_domain, offer_trait, programmes
from trajectsim.config.schema import (
    Condition,
    Consequence,
    Domain,
    Exit,
    Intervention,
    InterventionEffect,
    ModelSpec,
    Number,
    Span,
)
from trajectsim.engine.luck import purpose
from trajectsim.engine.slots import LATENT, LOG, PLAIN, STEPS, WEIBULL, Resolver, Slots
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE
from trajectsim.evidence.register import Register

__all__ = ["Builder", "Rows", "step_scale"]

FIXED, FLAG, AGE, STATE, TIMES, ADD, STATE_LEVEL, ADD_LEVEL, LEVEL = range(9)
CYCLE = 0
"""The level that is the business cycle; the others are strengths of programmes."""
WEIBULL_STEPS = 600
_SLOT_KINDS = (
    "base",
    "coefficient",
    "table",
    "forced_after",
    "chance",
    "follow_chance",
    "shift",
    "drift",
    "scaled_drift",
    "reversion",
    "measure_base",
    "measure_times",
    "measure_low",
    "measure_high",
)


@dataclass(frozen=True)
class Rows:
    """Which row of the columns holds what (see `tables.Columns`)."""

    flags: dict[str, int]
    watch: int
    entry: dict[str, int]
    birth: int
    enter: int
    latents: dict[str, int]
    origin: int
    numbers: dict[str, int]
    n_small: int
    n_when: int
    n_slow: int


def step_scale(unit: str, steps_per_year: int) -> float:
    """Return the factor that brings a rate of this unit to a rate per step."""
    if unit.endswith("per month"):
        return 12.0 / steps_per_year
    if unit.endswith("per year"):
        return 1.0 / steps_per_year
    return 1.0


def lay_out(model: ModelSpec, domains: Mapping[str, Domain], flags: list[str], inflow: bool) -> Rows:
    """Return the rows of the columns for a model."""
    numbers = [n for n, t in model.traits.items() if t.kind == "number"]
    n, latents = len(domains), len(model.latents)
    origin = latents if any(x.reversion is not None for x in model.latents.values()) else -1
    before = latents * (2 if origin >= 0 else 1)
    return Rows(
        flags={f: n + i for i, f in enumerate(flags)},
        watch=n + len(flags),
        entry={d: i for i, d in enumerate(domains)},
        birth=n,
        enter=n + 1 if inflow else -1,
        latents={x: i for i, x in enumerate(model.latents)},
        origin=origin,
        numbers={x: before + i for i, x in enumerate(numbers)},
        n_small=n + len(flags) + 1,
        n_when=n + 1 + int(inflow),
        n_slow=before + len(numbers),
    )


class Builder:
    """Collects records and slots while the declaration is read."""

    def __init__(
        self,
        model: ModelSpec,
        interventions: Mapping[str, Intervention],
        register: Register,
        inflow: bool,
        levels: Mapping[str, int] = {},
        chosen: Iterable[str] = (),
    ) -> None:
        self.model, self.spy = model, model.steps_per_year
        self.interventions = programmes(interventions)
        self.domains: dict[str, Domain] = dict(model.domains)
        self.domains.update({name: intervention_domain(i) for name, i in self.interventions.items()})
        flags = [n for n, t in model.traits.items() if t.kind == "flag"] + [
            offer_trait(i) for i in self.interventions.values()
        ]
        flags += [f"{word}_{name}" for name in chosen for word in ("unsuited", "picked")]
        self.levels, self.kept = dict(levels), set[str]()
        self.scaled_drift: list[tuple[int, int, int, int]] = []
        self.rows = lay_out(model, self.domains, flags, inflow)
        self.events = list(model.events)
        self.states = {name: {s: i for i, s in enumerate(d.states)} for name, d in self.domains.items()}
        self.domain_index = {name: i for i, name in enumerate(self.domains)}
        self.first = np.cumsum([0, *(len(d.states) for d in self.domains.values())])
        self.resolver = Resolver(register.index, register.parameters)
        self.slots = {name: Slots() for name in _SLOT_KINDS}
        self.exits: list[dict[str, Any]] = []
        self.forced: list[dict[str, Any]] = []
        self.terms: list[tuple[int, int, int, int]] = []
        self.term_owner: list[int] = []
        self.term_centre: list[float] = []
        self.follows: list[dict[str, Any]] = []
        self.shift_rows: list[int] = []
        self.conditions: list[int] = [0]
        self.atoms: list[dict[str, Any]] = []
        self.exit_names: list[str] = []
        self.forced_names: list[str] = []

    def global_state(self, name: str) -> int:
        """Return the index over all domains of "domain.state"."""
        domain, state = name.split(".", 1)
        return int(self.first[self.domain_index[domain]]) + self.states[domain][state]

    def slot(
        self, kind: str, number: Number | float, path: str, scope: str, scale: float = 1.0, form: int = PLAIN
    ) -> int:
        """Add a slot for a number."""
        return self.slots[kind].add(self.resolver.position(number, path, scope), scale, form)

    def rate_slot(self, kind: str, number: Number, path: str, scope: str, form: int = PLAIN) -> int:
        """Add a slot for a rate, brought to the step."""
        return self.slot(kind, number, path, scope, step_scale(self.resolver.unit(number, path, scope), self.spy), form)

    def condition(self, condition: Condition | None) -> int:
        """Add a condition and return its number; -1 for none."""
        if condition is None:
            return -1
        month, rows = self.spy / 12, self.rows
        for name, states in condition.states.items():
            index = self.states[name]
            mask = sum(1 << index[s] for s in (states.in_ if states.in_ is not None else states.not_ or []))
            if states.not_ is not None:
                mask = ((1 << len(index)) - 1) & ~mask
            self.atoms.append({"kind": 0, "index": self.domain_index[name], "mask": mask})
        if condition.age is not None:
            self._atom(1, 0, condition.age, self.spy, whole=True)
        for name, span in condition.traits.items():
            if name in rows.flags:
                self._atom(2, rows.flags[name], span, 1.0)
            else:
                self._atom(3, rows.numbers[name], span, NUMBER_ONE)
        for name, span in condition.latents.items():
            self._atom(3, rows.latents[name], span, LATENT_ONE)
        for name, span in condition.months_in.items():
            self._atom(4, rows.entry[name], span, month, whole=True)
        if condition.calendar is not None:
            self._atom(5, 0, condition.calendar, month, whole=True)
        self.conditions.append(len(self.atoms))
        return len(self.conditions) - 2

    def _atom(self, kind: int, index: int, span: Span, scale: float, whole: bool = False) -> None:
        low = -np.inf if span.from_ is None else span.from_ * scale
        high = np.inf if span.to is None else span.to * scale
        if whole:
            low, high = np.ceil(low - 1e-9), np.ceil(high - 1e-9)
        self.atoms.append({"kind": kind, "index": index, "low": low, "high": high})

    def term(
        self,
        owner: int,
        kind: int,
        index: int,
        value: int,
        position: int,
        *,
        scale: float = 1.0,
        form: int = PLAIN,
        after: float = 1.0,
        centre: float = 0.0,
        level: int = 0,
        dose: tuple[int, int, int] | None = None,
    ) -> None:
        """Add one term of an exit (or, for owners beyond the exits, of a measure)."""
        self.terms.append((kind, index, value, level))
        self.term_owner.append(owner)
        self.term_centre.append(centre)
        self.slots["coefficient"].add(position, scale, form, after=after, dose=dose)

    def covariate(
        self, owner: int, name: str, position: int, form: int, dose: tuple[int, int, int] | None = None
    ) -> None:
        """Add a term coefficient x covariate, the covariate being a latent, trait, age or state."""
        if name == "age":
            age = self.model.age
            self.term(
                owner, AGE, 0, 0, position, form=form, after=1.0 / (age.per * self.spy), centre=age.centre * self.spy
            )
        elif name in self.rows.latents:
            latent = self.model.latents[name]
            self.term(
                owner,
                FIXED,
                self.rows.latents[name],
                0,
                position,
                form=form,
                after=1.0 / (latent.per * LATENT_ONE),
                centre=latent.centre * LATENT_ONE,
            )
        elif name in self.rows.flags:
            self.term(owner, FLAG, self.rows.flags[name], 0, position, form=form)
        elif name == "cycle":
            self.term(owner, LEVEL, 0, 0, position, form=form, level=CYCLE)
        elif name in self.rows.numbers:
            self.term(owner, FIXED, self.rows.numbers[name], 0, position, form=form, after=1.0 / NUMBER_ONE)
        else:
            domain, state = name.split(".", 1)
            level = self.levels.get(domain, 0)
            kind = STATE_LEVEL if level else STATE
            row, code = self.domain_index[domain], self.states[domain][state]
            self.term(owner, kind, row, code, position, form=form, level=level, dose=dose)

    def dose(self, effect: InterventionEffect, path: str, scope: str) -> tuple[int, int, int] | None:
        """Return the positions of an effect's dose, its reference and how doses diminish; None where it has none."""
        if effect.dose is None or effect.reference is None:
            return None
        at = self.resolver.position
        diminishing = at(self.model.diminishing, "model.diminishing", "model")
        return at(effect.dose, f"{path}.dose", scope), at(effect.reference, f"{path}.reference", scope), diminishing

    def effect(
        self, owner: int, name: str, number: Number, path: str, scope: str, dose: tuple[int, int, int] | None = None
    ) -> None:
        """Add a multiplying effect: the log of a hazard ratio, or a log hazard ratio as it is."""
        form = PLAIN if self.resolver.unit(number, path, scope) == "log hazard ratio" else LOG
        self.covariate(owner, name, self.resolver.position(number, path, scope), form, dose)

    def addition(
        self, owner: int, state: str, number: Number, path: str, scope: str, dose: tuple[int, int, int] | None = None
    ) -> None:
        """Add a hazard that is added while a state holds."""
        domain, own = state.split(".", 1)
        scale = step_scale(self.resolver.unit(number, path, scope), self.spy)
        level = self.levels.get(domain, 0)
        self.term(
            owner,
            ADD_LEVEL if level else ADD,
            self.domain_index[domain],
            self.states[domain][own],
            self.resolver.position(number, path, scope),
            scale=scale,
            level=level,
            dose=dose,
        )

    def hazard_exit(self, domain: str, way: Exit, path: str, scope: str) -> None:
        """Add one exit of one state."""
        assert way.base is not None and way.bound is not None
        if way.duration is not None and way.duration.weibull_shape is not None:
            self.slot("base", way.base, f"{path}.base", scope)
        else:
            self.rate_slot("base", way.base, f"{path}.base", scope)
        owner, name = len(self.exits), f"{domain}.{way.name}"
        self.exit_names.append(name)
        record: dict[str, Any] = {
            "bound": way.bound * 12.0 / self.spy if way.law == "hazard" else way.bound,
            "stage": way.stage,
            "to": -1 if way.to is None else self.states[domain][way.to],
            "condition": self.condition(way.when),
            "event": -1 if way.event is None else self.events.index(way.event),
            "law": {"hazard": 0, "probability": 1, "rate": 2}[way.law],
            "term_begin": len(self.terms),
        }
        for covariate, number in way.effects.items():
            self.effect(owner, covariate, number, f"{path}.effects.{covariate}", scope)
        for trait in way.times:
            self.term(owner, TIMES, self.rows.numbers[trait], 0, self.resolver.position(1.0, "", ""))
        for state, number in way.adds.items():
            self.addition(owner, state, number, f"{path}.adds.{state}", scope)
        self._intervention_terms(owner, name)
        adds = any(kind in (ADD, ADD_LEVEL) for kind, _, _, _ in self.terms[record["term_begin"] :])
        record.update(term_end=len(self.terms), adds=int(adds), **self._tables(way, path, scope))
        self.exits.append(record)

    def _intervention_terms(self, owner: int, exit_name: str) -> None:
        for name, intervention in self.interventions.items():
            scope = f"interventions.{name}"
            for j, effect in enumerate(intervention.effects):
                if effect.exit != exit_name:
                    continue
                path = f"{scope}.effects.{j}"
                dose = self.dose(effect, path, scope)
                for state in effect.while_:
                    if effect.ratio is not None:
                        self.effect(owner, f"{name}.{state}", effect.ratio, f"{path}.ratio", scope, dose)
                    elif effect.adds is not None:
                        self.addition(owner, f"{name}.{state}", effect.adds, f"{path}.adds", scope, dose)

    def _tables(self, way: Exit, path: str, scope: str) -> dict[str, int]:
        table, record = self.slots["table"], {"age_per": 1}
        for name in ("duration", "age", "season", "step"):
            record[f"{name}_at"] = -1
        if way.duration is not None:
            record["duration_at"] = len(table)
            self._duration(way, path, scope)
            record["duration_length"] = len(table) - record["duration_at"]
        if way.by_age is not None:
            whole = all(float(y).is_integer() for y in way.by_age.years)
            per = self.spy if whole else 1
            ages = [round(y * self.spy) // per for y in way.by_age.years]
            record.update(age_at=len(table), age_per=per, age_first=ages[0], age_length=ages[-1] + 1 - ages[0])
            for a in range(ages[0], ages[-1] + 1):
                j = max(i for i, start in enumerate(ages) if start <= a)
                self.slot("table", way.by_age.factors[j], f"{path}.by_age.factors.{j}", scope)
        if way.season is not None:
            record["season_at"] = len(table)
            for j in range(self.spy):
                self.slot("table", way.season[j * len(way.season) // self.spy], "", "")
        if way.by_step is not None:
            record.update(step_at=len(table), step_length=len(way.by_step))
            for factor in way.by_step:
                self.slot("table", factor, "", "")
        return record

    def _duration(self, way: Exit, path: str, scope: str) -> None:
        duration = way.duration
        assert duration is not None and way.base is not None
        if duration.weibull_shape is not None:
            unit = step_scale(self.resolver.unit(way.base, f"{path}.base", scope), self.spy)
            shape = self.resolver.position(duration.weibull_shape, f"{path}.duration.weibull_shape", scope)
            for j in range(WEIBULL_STEPS):
                self.slots["table"].add(shape, unit, WEIBULL, float(j))
            return
        starts = [round(m * self.spy / 12) for m in duration.months or []]
        for t in range(starts[-1] + 1):
            j = max(i for i, start in enumerate(starts) if start <= t)
            self.slot("table", (duration.factors or [])[j], f"{path}.duration.factors.{j}", scope)

    def forced_exit(self, domain: str, way: Exit, path: str, scope: str) -> None:
        """Add one forced exit of one state."""
        assert way.forced is not None
        self.forced_names.append(f"{domain}.{way.name}")
        if way.forced.months is None:
            self.slot("forced_after", -1.0, "", "")
        else:
            unit = self.resolver.unit(way.forced.months, f"{path}.forced.months", scope)
            self.slot(
                "forced_after",
                way.forced.months,
                f"{path}.forced.months",
                scope,
                self.spy if unit == "years" else self.spy / 12,
                STEPS,
            )
        self.slot("chance", 1.0 if way.chance is None else way.chance, f"{path}.chance", scope)
        self.forced.append(
            {
                "age": -1 if way.forced.age is None else round(way.forced.age * self.spy),
                "condition": self.condition(way.when),
                "to": -1 if way.to is None else self.states[domain][way.to],
                "event": -1 if way.event is None else self.events.index(way.event),
                "salt": int(purpose(f"forced {path}")),
            }
        )

    def consequences(
        self, items: list[Consequence], path: str, scope: str, parent: int = -1, happened: int = 1
    ) -> None:
        """Add what follows from an exit, parents before children."""
        for j, item in enumerate(items):
            here = f"{path}.{item.name or j}"
            number = len(self.follows)
            moves = list(item.set.items())
            domain, state = moves[0] if moves else (None, "")
            self.slot("follow_chance", 1.0 if item.chance is None else item.chance, f"{here}.chance", scope)
            begin = len(self.shift_rows)
            for latent, shift in item.shift.items():
                self.slot("shift", shift, f"{here}.shift.{latent}", scope, form=LATENT)
                self.shift_rows.append(self.rows.latents[latent])
            self.follows.append(
                {
                    "parent": parent,
                    "parent_happened": happened,
                    "condition": self.condition(item.when),
                    "event": -1 if item.event is None else self.events.index(item.event),
                    "domain": -1 if domain is None else self.domain_index[domain],
                    "state": -1 if domain is None else self.states[domain][state],
                    "shift_begin": begin,
                    "shift_end": len(self.shift_rows),
                    "salt": int(purpose(f"follows {here}")),
                }
            )
            also = [Consequence(name=f"also_{d}", set={d: s}) for d, s in moves[1:]]
            self.consequences(also, f"{here}.then", scope, number, 1)
            self.consequences(list(item.then), f"{here}.then", scope, number, 1)
            self.consequences(list(item.otherwise), f"{here}.otherwise", scope, number, 0)

    def drift(
        self,
        latent: str,
        state: str,
        number: Number,
        path: str,
        scope: str,
        dose: tuple[int, int, int] | None = None,
    ) -> None:
        """Add the drift of a latent while in a state; the cell of the drift matrix stands in the slot.

        The drift of a programme whose strength varies is kept apart.
        """
        domain, own = state.split(".", 1)
        scale = step_scale(self.resolver.unit(number, path, scope), self.spy)
        position = self.resolver.position(number, path, scope)
        if domain in self.levels:
            row, code = self.domain_index[domain], self.states[domain][own]
            self.scaled_drift.append((self.rows.latents[latent], row, code, self.levels[domain]))
            self.slots["scaled_drift"].add(position, scale, LATENT, dose=dose)
            return
        cell = self.rows.latents[latent] * int(self.first[-1]) + self.global_state(state)
        self.slots["drift"].add(position, scale, LATENT, float(cell), dose=dose)
