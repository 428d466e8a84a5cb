"""The start of a run in which youths meet: institutions, others, friends and households, beside the youths.

Institutions, friends and households follow from the key of traits, which leaves out draw and arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.engine.compiler import Program
from trajectsim.engine.households import build_households
from trajectsim.engine.jit import compiled
from trajectsim.engine.kernel import BLOCK, Work
from trajectsim.engine.luck import uniforms, youth_keys
from trajectsim.engine.network import LayerSpec, build_network
from trajectsim.engine.phases import BIG, holds_for, judged
from trajectsim.engine.shared import KEPT, Shared, Town
from trajectsim.engine.tables import Columns, Structure, Values
from trajectsim.engine.town import Settings, TownProgram

__all__ = ["Meeting", "meet"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


@dataclass
class Meeting:
    """One run of youths who share a world: what is shared, and the working arrays of all blocks.

    `parts` are the rows of each chunk of youths; chunks may go on threads of their own.
    """

    program: Program
    values: Values
    columns: Columns
    run: np.uint64
    first_id: int
    shared: list[Shared]
    town: Town
    work: Work
    parts: list[tuple[int, int]]
    started: bool = False


def _works(s: Structure, v: Values, n: int) -> Work:
    """Return working arrays for all blocks of n youths, block by block; words and lists one set per block too."""
    blocks, n_domains, n_latents = -(-n // BLOCK), len(s.domains), v.drift.shape[0]
    return Work(
        given=np.zeros(0, np.uint64),
        keys=np.empty((blocks, BLOCK), np.uint64),
        words=np.empty((1, len(s.lane_salt), BLOCK), np.uint64),
        threshold=np.empty((blocks, n_domains, BLOCK), np.uint16),
        rate=np.empty((blocks, n_latents, BLOCK), np.int32),
        due=np.empty((blocks, n_domains, BLOCK), np.int16),
        mark=np.empty((blocks, BLOCK), np.int16),
        alive=np.empty((blocks, BLOCK), np.uint8),
        moved=np.empty((blocks, BLOCK), np.uint8),
        found=np.empty((1, BLOCK + 1), np.int64),
    )


def meet(
    program: Program,
    values: Values,
    settings: Settings,
    columns: Columns,
    run: np.uint64,
    traits: np.uint64,
    *,
    steps: int | None = None,
    first_id: int = 0,
    threads: int = 1,
    running: tuple[str, ...] = (),
) -> Meeting:
    """Return youths and the world they share at the start of a run.

    Args:
        program: the compiled scenario; its `town` is not None.
        values: hazards and effects of the arm and draw.
        settings: the world's numbers of the arm and draw (`program.town.settings`).
        columns: the youths; changed in place as they live.
        run: the run's key, the same for all arms.
        traits: the key of traits, which leaves out the draw: friends, households and employers follow from it.
        steps: how many steps at most; the scenario's number if left out.
        first_id: identity of row 0 where the columns hold no identities.
        threads: chunks that run side by side; the result does not depend on it.
        running: the interventions that run in this arm.
    """
    town = program.town
    assert town is not None
    steps = program.steps if steps is None else steps
    n = columns.small.shape[1]
    blocks = -(-n // BLOCK)
    chunk_rows = -(-blocks // max(1, min(threads, blocks))) * BLOCK
    parts = [(k, min(k + chunk_rows, n)) for k in range(0, n, chunk_rows)]
    ids = columns.ids if len(columns.ids) else np.arange(first_id, first_id + n, dtype=np.int64)
    keys = youth_keys(traits, ids)
    shared = _shared(town, settings, n)
    room = _town(program, town, settings, columns, keys, traits, steps, len(parts), running)
    _others_at_start(program, settings, columns, room, traits)
    _marks(settings, program, columns, keys)
    each = [shared._replace(freed=room.all_freed[k], trouble=room.all_trouble[k]) for k in range(len(parts))]
    return Meeting(program, values, columns, run, first_id, each, room, _works(program.structure, values, n), parts)


def _shared(town: TownProgram, settings: Settings, n: int) -> Shared:
    """Return what the kernel looks at, with nobody waiting yet."""
    rows, n_pools = len(town.first_of), len(settings.pools)
    level = np.ones(len(town.level_flag))
    level[0] = 0.0
    return Shared(
        state_pool=town.state_pool,
        domain_row=town.domain_row,
        failures=settings.arrays["failures"],
        incidents=town.incidents,
        event_row=town.event_row,
        answers=town.answers,
        at_answers=np.array([town.at_answers], np.int64),
        waiting_row=town.waiting_row,
        level_flag=town.level_flag,
        level=level,
        ask=np.zeros(n_pools, np.int64),
        wait=np.zeros((rows, n), np.int16),
        since=np.zeros((rows, n), np.int16),
        phase=np.zeros((rows, n), np.uint8),
        target=np.zeros((rows, n), np.uint8),
        unit=np.full((rows, n), -1, np.int32),
        payer=np.zeros((rows, n), np.uint8),
        last=np.full((int(town.event_row.max(initial=-1)) + 1, n), -32000, np.int16),
        freed=np.zeros(0, np.int32),
        trouble=np.zeros(0, np.int64),
    )


def _town(
    program: Program,
    town: TownProgram,
    settings: Settings,
    columns: Columns,
    keys: npt.NDArray[np.uint64],
    traits: np.uint64,
    steps: int,
    chunks: int,
    running: tuple[str, ...],
) -> Town:
    """Return what the phases look at and keep, before the first month."""
    n, rows = columns.small.shape[1], len(town.first_of)
    places, part, all_year = _units(settings, traits)
    n_units, n_pools = len(places), len(settings.pools)
    n_budgets, n_slots = len(settings.budgets), int(settings.teams["slots"].sum())
    skill = [np.full(int(team["slots"]), e) for team, e in zip(settings.teams, settings.experience, strict=True)]
    whole, real = np.int64, np.float64
    given = {name: values for name, values in settings.arrays.items() if name in Town._fields}
    return Town(
        **given,
        first_of=town.first_of,
        domain_of=town.domain_of,
        pools=settings.pools,
        teams=settings.teams,
        budgets=settings.budgets,
        law_conditions=town.law_conditions,
        unit_all_year=all_year,
        unit_places=places,
        unit_part=part,
        runs=np.isin(program.names.domains, running).astype(whole),
        leaving=_leaving(program.structure),
        start_pool=_start_pools(settings, rows),
        signal_domain=town.signal_domain,
        signal_mask=town.signal_mask,
        signal_last=town.signal_last,
        signal_steps=town.signal_steps,
        signal_row=town.signal_row[:1],
        network=_friends(town, settings, columns, keys),
        homes=_homes(town, settings, keys),
        helper_row=np.array([town.helper_row], whole),
        here=np.ones(n, np.uint8),
        shown=np.zeros(n, np.uint16),
        filled=np.zeros(n_units, whole),
        memory=np.zeros(n_units),
        others=np.zeros(n_units, whole),
        others_waiting=np.zeros((n_pools, steps + 1), whole),
        others_from=np.zeros(n_pools, whole),
        spent=np.zeros(n_budgets, whole),
        out=np.full(n_budgets, -1, whole),
        slot_left=np.zeros(n_slots, np.uint8),
        slot_skill=np.concatenate([*skill, np.zeros(0)]),
        queue=np.zeros(2 * n * rows, whole),
        queued=np.zeros((chunks, 2), whole),
        holders=np.zeros((chunks, n_pools, n_budgets + 1), whole),
        all_freed=np.zeros((chunks, n_units), np.int32),
        all_trouble=np.zeros((chunks, n_units), whole),
        order=np.zeros(n, whole),
        rank=np.zeros(n, np.uint64),
        room=np.floor(places + part).astype(whole),
        open_units=np.zeros(n_units, whole),
        free_of=np.zeros(n_units, whole),
        granted=np.zeros(-(-n // BLOCK), np.uint8),
        kept=np.zeros((steps, n_pools, len(KEPT)), whole),
        paid=np.zeros((steps, n_budgets, 2), whole),
        worked=np.zeros((steps, len(settings.teams), 4), real),
    )


def _leaving(s: Structure) -> I64:
    """Return the domains in which somebody can leave the model."""
    edges = [*(int(first) for first in s.domains["first"]), len(s.states)]
    found = [d for d in range(len(s.domains)) if s.states["gone"][edges[d] : edges[d + 1]].any()]
    return np.array(found, np.int64)


def _start_pools(settings: Settings, rows: int) -> I64:
    """Return for every row of requests the programme that admits many at once in its first month, -1 none."""
    found = np.full(rows, -1, np.int64)
    for p, pool in enumerate(settings.pools):
        if pool["first_month"] >= 0:
            found[pool["row"]] = p
    return found


def _units(settings: Settings, traits: np.uint64) -> tuple[F64, F64, npt.NDArray[np.uint8]]:
    """Return the places of each unit, the keyed fraction that rounds them, and whether it admits all year."""
    total = int(settings.units.sum())
    places, part, all_year = np.zeros(total), np.zeros(total), np.ones(total, np.uint8)
    for p, pool in enumerate(settings.pools):
        first, n = int(pool["unit_first"]), int(pool["units"])
        own = youth_keys(np.uint64(traits ^ pool["salt"]), np.arange(n, dtype=np.int64))
        edges, relative = settings.sectors[p]
        sector = np.minimum(np.searchsorted(edges, uniforms(own, 0, "sector"), side="right"), len(edges) - 1)
        places[first : first + n] = settings.capacity[p] * relative[sector]
        part[first : first + n] = uniforms(own, 0, "part of a place") * 0.999999
        if settings.all_year[p] < 1.0:
            all_year[first : first + n] = uniforms(own, 0, "all year") < settings.all_year[p]
    return places, part, all_year


def _friends(town: TownProgram, settings: Settings, columns: Columns, keys: npt.NDArray[np.uint64]) -> Any:
    """Return the network of friends; nobody has any where the world has none."""
    layers = []
    groups: list[npt.NDArray[np.int32]] = []
    if town.network is not None:
        network, _ = town.network
        for (group, degree, clustering), layer in zip(settings.layers, network.layers, strict=True):
            if group >= 0:
                layers.append(LayerSpec(len(groups), degree, clustering))
                groups.append(_groups(town, columns, layer.within))
            else:
                layers.append(LayerSpec(-1, degree, clustering))
    return build_network(keys, groups, layers, settings.inside)


def _groups(town: TownProgram, columns: Columns, names: list[str]) -> npt.NDArray[np.int32]:
    """Return the group of each youth: who is alike in the named traits and states at the start."""
    code = np.zeros(columns.small.shape[1], np.int64)
    for name in names:
        if name in town.rows.flags:
            own = columns.small[town.rows.flags[name]]
        elif name in town.rows.numbers:
            own = np.floor(columns.slow[town.rows.numbers[name]] / 65536.0)
        else:
            own = columns.small[list(town.states).index(name)]
        kind = np.unique(own, return_inverse=True)[1].astype(np.int64)
        code = np.unique(code * (kind.max(initial=0) + 1) + kind, return_inverse=True)[1].astype(np.int64)
    return code.astype(np.int32)


def _homes(town: TownProgram, settings: Settings, keys: npt.NDArray[np.uint64]) -> Any:
    size = 2 if town.households is None else town.households[0].size
    return build_households(keys, None, settings.home_share, size)


def _others_at_start(program: Program, settings: Settings, columns: Columns, x: Town, traits: np.uint64) -> None:
    """Let the others of the town be there already: as many as an M/M/c queue holds, by luck, beside the youths.

    With more demand than places all places are taken and nobody waits yet. Youths who join later hold no place yet.
    """
    town, enter = program.town, int(program.structure.clock[0]["enter"])
    assert town is not None
    here = columns.when[enter] <= 0 if enter >= 0 else np.ones(columns.small.shape[1], bool)
    for p, pool in enumerate(settings.pools):
        if pool["arrivals"] <= 0.0 or pool["leave"] <= 0.0 or pool["capacity"] >= BIG:
            continue
        first, n = int(pool["unit_first"]), int(pool["units"])
        room = np.floor(x.unit_places[first : first + n] + x.unit_part[first : first + n]).astype(np.int64)
        held = int((town.state_pool[town.first_of[pool["row"]] + columns.small[pool["domain"]]] == p)[here].sum())
        luck = float(uniforms(youth_keys(np.uint64(traits ^ pool["salt"]), np.zeros(1, np.int64)), 0, "others")[0])
        mean_stay = -1.0 / np.log1p(-float(pool["leave"]))
        inside = _queue_length(float(pool["arrivals"]) * mean_stay, int(room.sum()), luck)
        there = max(min(inside, int(room.sum()) - held), 0)
        x.others_waiting[p, 0] = max(inside - int(room.sum()), 0)
        share = there * room // max(int(room.sum()), 1)
        share[np.flatnonzero(share < room)[: there - int(share.sum())]] += 1
        x.others[first : first + n] = share
        x.filled[first : first + n] = x.others[first : first + n]


def _queue_length(load: float, places: int, u: float) -> int:
    """Return how many are in an M/M/c queue with an offered load, as the quantile u of its stationary distribution."""
    if places <= 0 or load >= places:
        return max(places, 0)
    k = np.arange(places + 1)
    weight = k * np.log(max(load, 1e-300)) - np.concatenate([[0.0], np.cumsum(np.log(k[1:]))])
    chance = np.exp(weight - weight.max())
    ratio = load / places
    served = np.cumsum(chance)
    total = float(served[-1] + chance[-1] * ratio / (1.0 - ratio))
    if u * total <= served[-1]:
        return int(np.searchsorted(served, u * total))
    beyond = (total - u * total) / (total - float(served[-1]))
    return places + int(np.ceil(np.log(max(beyond, 1e-12)) / np.log(ratio)))


def _marks(settings: Settings, program: Program, columns: Columns, keys: npt.NDArray[np.uint64]) -> None:
    """Give every youth the static mark of a programme that selects by one: right with its sensitivity and
    specificity."""
    for p, pool in enumerate(settings.pools):
        if pool["rule"] == 1:
            with np.errstate(over="ignore"):
                mark_people(program.structure, columns, keys, settings.pools, p)


@compiled
def mark_people(s: Structure, c: Columns, keys: Any, pools: Any, p: int) -> None:
    """Write the mark of every youth for one programme."""
    birth, condition = s.clock[0]["birth"], pools[p]["suited"]
    for r in range(c.small.shape[1]):
        truth = holds_for(s.conditions, s.atoms, birth, c.small, c.when, c.slow, condition, r, 0)
        c.small[pools[p]["picked"], r] = 1 if judged(pools, p, truth, keys[r]) else 0
