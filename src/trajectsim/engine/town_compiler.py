"""From a scenario's world to a `TownProgram`: provisions, teams, budgets, laws and signals, by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.intervention import STATES, programmes
from trajectsim.config.overlay import EVENTS, HELPERS, WAITING
from trajectsim.config.schema import Intervention, Selection, Team, Text
from trajectsim.config.world import Network, WorldSpec
from trajectsim.engine.builder import Builder
from trajectsim.engine.shared import ANSWERS
from trajectsim.engine.town import Pool, TownProgram

__all__ = ["compile_town", "programme_levels", "sharing"]


def programme_levels(scenario: Any) -> dict[str, int]:
    """Return the number of the level by which each programme's effects count, where it has one; 0 is the cycle.

    Levels follow teams and selection in a world; where a youth may be in several programmes every one of them has one.
    """
    shared, several = getattr(scenario, "world", None) is not None, len(sharing(scenario)) > 0
    found: dict[str, int] = {}
    for name, item in programmes(scenario.interventions).items():
        if several or (shared and (_team(scenario, item) is not None or _selects(scenario, item))):
            found[name] = 1 + 2 * len(found)
    return found


def sharing(scenario: Any) -> list[str]:
    """Return the programmes that run beside another one in some arm: effects diminish where a youth is in both.

    A programme without effects (a placebo, one that opens a budget) takes nothing from the others.
    """
    taking_part = {name: item for name, item in programmes(scenario.interventions).items() if item.effects}
    arms = [[name for name in arm.interventions if name in taking_part] for arm in scenario.spec.arms]
    beside = {name for names in arms if len(names) > 1 for name in names}
    return [name for name in taking_part if name in beside]


def _team(scenario: Any, item: Intervention) -> Team | None:
    return None if getattr(scenario, "world", None) is None or "teams" in scenario.spec.off else item.team


def _selection(scenario: Any, item: Intervention) -> Selection | None:
    return None if getattr(scenario, "world", None) is None or "selection" in scenario.spec.off else item.selection


def _selects(scenario: Any, item: Intervention) -> bool:
    selection = _selection(scenario, item)
    return selection is not None and selection.suited is not None


def compile_town(b: Builder, scenario: Any, exit_names: Sequence[str], steps: int) -> TownProgram | None:
    """Return a scenario's world as the engine needs it, or None where nothing is shared."""
    world: WorldSpec | None = getattr(scenario, "world", None)
    if world is None:
        if getattr(scenario, "hook", None) is None:
            return None
        world = WorldSpec(name="none", title=Text(nl="geen", en="none"))  # months one by one, and nothing shared
    pools = _pools(b, scenario, world)
    domain_row = np.full(len(b.domains), -1, np.int64)
    for pool in pools:
        if domain_row[pool.domain] < 0:
            domain_row[pool.domain] = int(domain_row.max()) + 1
    order = [int(np.flatnonzero(domain_row == q)[0]) for q in range(int(domain_row.max()) + 1)]
    state_pool = np.full(int(b.first[-1]), -1, np.int64)
    for p, pool in enumerate(pools):
        for state in pool.states:
            state_pool[int(b.first[pool.domain]) + state] = p
    mechanisms = world.mechanisms.items()
    network = next(((m.network, f"world.mechanisms.{n}.network") for n, m in mechanisms if m.network), None)
    homes = next(((m.households, f"world.mechanisms.{n}.households") for n, m in mechanisms if m.households), None)
    cycle = next((f"world.mechanisms.{n}.cycle" for n, m in mechanisms if m.cycle), None)
    budgets = tuple(
        (key, item, f"world.mechanisms.{n}.budgets.{key}") for n, m in mechanisms for key, item in m.budgets.items()
    )
    laws = tuple(world.laws)
    suited = {
        name: b.condition(selection.suited)
        for name, item in scenario.interventions.items()
        if scenario.world is not None
        and (selection := _selection(scenario, item)) is not None
        and selection.suited is not None
    }
    levels = programme_levels(scenario)
    level_flag = np.full(1 + 2 * len(levels), -1, np.int64)
    for name, level in levels.items():
        level_flag[level] = b.rows.flags.get(f"unsuited_{name}", -1)
    events = {name: e for e, name in enumerate(b.events)}
    signals = _signals(b, network[0] if network else None)
    event_row = np.full(len(b.events), -1, np.int64)
    for event in signals["events"]:
        if event_row[event] < 0:
            event_row[event] = int(event_row.max()) + 1
    last = np.array([-1 if e < 0 else int(event_row[e]) for e in signals["event_of"]], np.int64)
    return TownProgram(
        world=world,
        resolver=b.resolver,
        pools=pools,
        interventions=dict(scenario.interventions),
        levels=levels,
        level_flag=level_flag,
        teams=tuple(name for name in levels if _team(scenario, scenario.interventions[name]) is not None),
        selections={
            n: chosen
            for n, item in scenario.interventions.items()
            if scenario.world is not None and (chosen := _selection(scenario, item)) is not None
        },
        budgets=budgets,
        laws=laws,
        law_conditions=np.array([b.condition(world.laws[law].when) for law in laws], np.int64),
        suited=suited,
        network=network,
        households=homes,
        cycle=cycle,
        state_pool=state_pool,
        domain_row=domain_row,
        first_of=np.array([int(b.first[d]) for d in order], np.int64),
        domain_of=np.array(order, np.int64),
        incidents=_incidents(b, pools),
        failure_pool=tuple(
            (r, p)
            for p, pool in enumerate(pools)
            for r, name in enumerate([*exit_names])
            if pool.places is not None and name in pool.places.failures
        ),
        event_row=event_row,
        answers=np.array([events.get(name, -1) for name in (*_ANSWER_EVENTS, _COACH_LEFT)], np.int64),
        at_answers=len(b.exits) + len(b.forced) + len(b.model.constraints),
        waiting_row=np.array([b.rows.numbers.get(WAITING + pool.name, -1) for pool in pools], np.int64),
        signal_domain=signals["domain"],
        signal_mask=signals["mask"],
        signal_last=last,
        signal_steps=signals["steps"],
        signal_row=signals["row"],
        helper_row=b.rows.numbers.get(HELPERS, -1),
        n_events=len(b.events),
        steps_per_year=b.spy,
        steps=steps,
        rows=b.rows,
        states=b.states,
        first=np.asarray(b.first, np.int64),
        uptake={name: b.exit_names.index(f"{name}.uptake") for name in b.interventions},
        n_reasons=len(b.exits) + len(b.forced) + len(b.model.constraints) + len(pools) * len(ANSWERS),
        bands=np.array(sorted(round(a * b.spy) for a in b.model.age_bands), np.int64),
        watch=b.rows.watch,
        scale=scenario.spec.scale,
    )


_ANSWER_EVENTS = ("place_asked", "", "place_taken", "place_refused", "place_passed_on", "queue_left", "", "", "")
"""Event of each answer, in their order; the empty ones are counted among the moves only."""
_COACH_LEFT = "coach_left"
assert {e for e in _ANSWER_EVENTS if e} <= set(EVENTS)


def _pools(b: Builder, scenario: Any, world: WorldSpec) -> tuple[Pool, ...]:
    found = []
    for name, provision in world.provisions.items():
        places = decision = None
        places_path = decision_path = ""
        for key, mechanism in world.mechanisms.items():
            if name in mechanism.places:
                places, places_path = mechanism.places[name], f"world.mechanisms.{key}.places.{name}"
            if name in mechanism.decisions:
                decision, decision_path = mechanism.decisions[name], f"world.mechanisms.{key}.decisions.{name}"
        priced = any(name in item.tariffs for m in world.mechanisms.values() for item in m.budgets.values())
        if places is None and decision is None and not priced:
            continue
        domain = provision.states[0].partition(".")[0]
        own = tuple(b.states[domain][state.partition(".")[2]] for state in provision.states)
        found.append(Pool(name, b.domain_index[domain], own, provision, places, places_path, decision, decision_path))
    if scenario.world is not None and "programme_places" not in scenario.spec.off:
        for name, item in programmes(scenario.interventions).items():
            found.append(Pool(name, b.domain_index[name], (STATES.index("enrolled"),), programme=item))
    return tuple(found)


def _incidents(b: Builder, pools: Sequence[Pool]) -> npt.NDArray[np.uint64]:
    masks = [0] * len(b.events)
    for p, pool in enumerate(pools):
        for event in pool.places.incidents if pool.places is not None else []:
            masks[b.events.index(event)] |= 1 << p
    return np.array(masks, np.uint64)


def _signals(b: Builder, network: Network | None) -> dict[str, Any]:
    domains, masks, steps, rows, events = [], [], [], [], []
    for name, signal in network.signals.items() if network is not None else ():
        rows.append(b.rows.numbers[name])
        steps.append(max(1, round(signal.months * b.spy / 12)))
        if signal.event is not None:
            domains.append(-1)
            masks.append(0)
            events.append(b.events.index(signal.event))
        else:
            domain = signal.states[0].partition(".")[0]
            domains.append(b.domain_index[domain])
            masks.append(sum(1 << b.states[domain][state.partition(".")[2]] for state in signal.states))
            events.append(-1)
    whole = [np.array(x, np.int64) for x in (domains, steps, rows)]
    return {
        "domain": whole[0], "mask": np.array(masks, np.uint64), "steps": whole[1], "row": whole[2],
        "event_of": events, "events": [e for e in events if e >= 0],
    }  # fmt: skip
