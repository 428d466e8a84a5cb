"""Months in which youths meet: the phases in their order, for all youths of one run.

`live_together` does whole runs in one compiled call; with several threads, or a function of the user's own in each month,
the same phases are called one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.engine.allotment import allot
from trajectsim.engine.compiler import Program
from trajectsim.engine.households import build_households
from trajectsim.engine.jit import compiled, compiling
from trajectsim.engine.kernel import BLOCK, Work, advance
from trajectsim.engine.ledger import add_ledgers, new_ledger
from trajectsim.engine.luck import uniforms, youth_keys
from trajectsim.engine.network import LayerSpec, build_network
from trajectsim.engine.phases import (
    holds_for,
    judged,
    keep_queues,
    look_around,
    open_month,
    see_friends,
    share_homes,
)
from trajectsim.engine.shared import KEPT, Shared, Town
from trajectsim.engine.tables import Columns, Ledger, Structure, Values
from trajectsim.engine.town import Settings, TownProgram

__all__ = ["Meeting", "live_months", "meet", "simulate_together"]

I64 = npt.NDArray[np.int64]
Hook = Callable[["Meeting", int], None]


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


def _works(s: Structure, v: Values, n: int, keys: npt.NDArray[np.uint64] | None) -> Work:
    """Return working arrays for all blocks of n youths, block by block; words and lists one set per block too."""
    blocks, n_domains, n_latents = -(-n // BLOCK), len(s.domains), v.drift.shape[0]
    return Work(
        given=np.zeros(0, np.uint64) if keys is None else keys,
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


@compiled
def advance_part(
    s: Structure, v: Values, c: Columns, w: Shared, x: Town, led: Ledger, works: Work, run: np.uint64, first_id: int,
    first: int, last: int, t: int, ledger_start: int, opening: bool, closing: bool, loaded: bool, granting: bool,
    empty: bool,
) -> None:  # fmt: skip
    """Live step t for the blocks of some rows (`empty`: only put them under the constraints and count them)."""
    slot = 0
    for start in range(first, last, BLOCK):
        b = start // BLOCK
        if granting and x.granted[b] == 0:
            continue
        work = Work(
            works.given, works.keys[b], works.words[slot], works.threshold[b], works.rate[b], works.due[b],
            works.mark[b], works.alive[b], works.moved[b], works.found[slot],
        )  # fmt: skip
        end = min(start + BLOCK, last)
        until = t if empty else t + 1
        advance(
            s, v, c, w, led, work, run, first_id, start, end, t, until, ledger_start, opening, closing, loaded, granting
        )  # fmt: skip
        if granting:
            x.granted[b] = 0


@compiled
def live_together(
    s: Structure, v: Values, c: Columns, w: Shared, x: Town, led: Ledger, works: Work, run: np.uint64, first_id: int,
    t_from: int, t_to: int, ledger_start: int, opening: bool, closing: bool, looks: bool,
) -> None:  # fmt: skip
    """Live the steps t_from up to t_to for everybody, in one go.

    The kernel is called in one place, for each of its tasks: it is large, and every place where it stands is compiled.
    """
    n = c.small.shape[1]
    for t in range(t_from - 1 if opening else t_from, t_to):
        starting = t < t_from
        if not starting:
            open_month(s, c, w, x, run, t)
            if looks:
                look_around(s, c, w, x, 0, n, t)
                share_homes(c, x)
                see_friends(c, x, 0, n)
        for task in range(3):  # live (or, before the first step, count), carry out what was granted, close accounts
            if task == 1:
                row = max(t - ledger_start, 0)
                keep_queues(s, c, w, x, led, works.given, run, first_id, 0, n, t, row, 0)
                if allot(s, c, w, x, led, works.given, run, first_id, t, row, n, starting) == 0:
                    continue
            if task == 2:
                if not closing or t < t_to - 1:
                    continue
                for b in range(x.granted.shape[0]):
                    x.granted[b] = 1
            advance_part(
                s, v, c, w, x, led, works, run, first_id, 0, n, max(t, t_from), ledger_start, starting, task == 2,
                not starting, task > 0, starting,
            )  # fmt: skip


@compiled
def open_alone(s: Structure, c: Columns, w: Shared, x: Town, run: np.uint64, t: int) -> None:
    """Open a month (`phases.open_month`)."""
    open_month(s, c, w, x, run, t)


@compiled
def look_alone(s: Structure, c: Columns, w: Shared, x: Town, first: int, last: int, t: int, part: int) -> None:
    """Look around (part 0), join households (1) or see friends (2), for some rows."""
    if part == 0:
        look_around(s, c, w, x, first, last, t)
    elif part == 1:
        share_homes(c, x)
    else:
        see_friends(c, x, first, last)


@compiled
def queues_alone(
    s: Structure, c: Columns, w: Shared, x: Town, led: Ledger, given: Any, run: np.uint64, first_id: int, first: int,
    last: int, t: int, row: int, chunk: int,
) -> None:  # fmt: skip
    """Keep the queues of some rows."""
    keep_queues(s, c, w, x, led, given, run, first_id, first, last, t, row, chunk)


@compiled
def allot_alone(
    s: Structure, c: Columns, w: Shared, x: Town, led: Ledger, given: Any, run: np.uint64, first_id: int, t: int,
    row: int, chunk_rows: int, starting: bool,
) -> int:  # fmt: skip
    """Give the places of a month."""
    return allot(s, c, w, x, led, given, run, first_id, t, row, chunk_rows, starting)


# --- making a meeting -------------------------------------------------------------------------------------------------


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
    chunks = max(1, min(threads, blocks))
    chunk_rows = -(-blocks // chunks) * BLOCK
    parts = [(k, min(k + chunk_rows, n)) for k in range(0, n, chunk_rows)]
    ids = columns.ids if len(columns.ids) else np.arange(first_id, first_id + n, dtype=np.int64)
    keys = youth_keys(traits, ids)
    units = _units(settings, traits)
    q, n_units, n_pools = len(town.first_of), len(units["unit_places"]), len(settings.pools)
    n_budgets, n_slots = len(settings.budgets), int(settings.teams["slots"].sum())
    freed, trouble = np.zeros((len(parts), n_units), np.int32), np.zeros((len(parts), n_units))
    level = np.ones(len(town.level_flag))
    level[0] = 0.0
    shared = Shared(
        state_pool=town.state_pool, domain_row=town.domain_row,
        failures=settings.arrays["failures"], incidents=town.incidents, event_row=town.event_row, answers=town.answers,
        at_answers=np.array([town.at_answers], np.int64), waiting_row=town.waiting_row, scaled=settings.scaled,
        level_flag=town.level_flag, level=level, ask=np.zeros(n_pools, np.int64), wait=np.zeros((q, n), np.int16),
        since=np.zeros((q, n), np.int16), phase=np.zeros((q, n), np.uint8), target=np.zeros((q, n), np.uint8),
        unit=np.full((q, n), -1, np.int32), payer=np.zeros((q, n), np.uint8),
        last=np.full((int(town.event_row.max(initial=-1)) + 1, n), -32000, np.int16), freed=freed[0], trouble=trouble[0],
    )  # fmt: skip
    network, homes = _friends(town, settings, columns, keys), _homes(town, settings, keys)
    a = settings.arrays
    running_domains = np.zeros(len(program.names.domains), np.int64)
    for name in running:
        running_domains[program.names.domains.index(name)] = 1
    skill = np.concatenate(
        [np.full(int(team["slots"]), e) for team, e in zip(settings.teams, settings.experience, strict=True)]
        or [np.zeros(0)]
    )
    room = Town(
        first_of=town.first_of, domain_of=town.domain_of, pools=settings.pools, teams=settings.teams, budgets=settings.budgets, latent_of=a["latent_of"],
        weight=a["weight"], law_conditions=town.law_conditions, law_spans=a["law_spans"], law_budget=a["law_budget"],
        tariff=a["tariff"], role_hours=a["role_hours"], role_given=a["role_given"], unsuited=a["unsuited"],
        unit_all_year=units["all_year"], unit_places=units["unit_places"], unit_part=units["unit_part"],
        cycle=a["cycle"], runs=running_domains, leaving=_leaving(program.structure), start_pool=_start_pools(settings, q), signal_domain=town.signal_domain, signal_mask=town.signal_mask,
        signal_last=town.signal_last, signal_steps=town.signal_steps, signal_row=town.signal_row[:1],
        signal_usual=a["signal_usual"], signal_counted=a["signal_counted"], network=network, homes=homes,
        helper_domains=a["helper_domains"], helper_table=a["helper_table"], helper_home=a["helper_home"],
        helper_row=np.array([town.helper_row], np.int64), home_drift=a["home_drift"], home_share=a["home_share"],
        here=np.ones(n, np.uint8), shown=np.zeros(n, np.uint16), filled=np.zeros(n_units, np.int64),
        memory=np.zeros(n_units), others=np.zeros(n_units, np.int64),
        others_waiting=np.zeros((n_pools, steps + 1), np.int64), others_from=np.zeros(n_pools, np.int64), spent=np.zeros(n_budgets, np.int64),
        out=np.full(n_budgets, -1, np.int64), slot_left=np.zeros(n_slots, np.uint8), slot_skill=skill,
        queue=np.zeros(2 * n * q, np.int64), queued=np.zeros((len(parts), 2), np.int64),
        holders=np.zeros((len(parts), n_pools, n_budgets + 1), np.int64), all_freed=freed, all_trouble=trouble,
        order=np.zeros(n, np.int64), rank=np.zeros(n, np.uint64), room=np.zeros(n_units, np.int64), open_units=np.zeros(n_units, np.int64),
        free_of=np.zeros(n_units, np.int64), granted=np.zeros(blocks, np.uint8),
        kept=np.zeros((steps, n_pools, len(KEPT)), np.int64), paid=np.zeros((steps, n_budgets, 2), np.int64),
        worked=np.zeros((steps, len(settings.teams), 4)),
    )  # fmt: skip
    _others_at_start(town, settings, columns, room, traits)
    _marks(settings, program, columns, keys)
    each = [shared._replace(freed=freed[k], trouble=trouble[k]) for k in range(len(parts))]
    works = _works(program.structure, values, n, None)
    return Meeting(program, values, columns, run, first_id, each, room, works, parts)


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


def _units(settings: Settings, traits: np.uint64) -> dict[str, npt.NDArray[Any]]:
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
        elif pool["intake"] != 4095:
            all_year[first : first + n] = 1
    return {"unit_places": places, "unit_part": part, "all_year": all_year}


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
        code = code * 4096 + own.astype(np.int64) - int(own.min(initial=0))
    return np.unique(code, return_inverse=True)[1].astype(np.int32)


def _homes(town: TownProgram, settings: Settings, keys: npt.NDArray[np.uint64]) -> Any:
    size = 2 if town.households is None else town.households[0].size
    return build_households(keys, None, settings.home_share, size)


def _others_at_start(town: TownProgram, settings: Settings, columns: Columns, x: Town, traits: np.uint64) -> None:
    """Let the others of the town be there already: as many as an M/M/c queue holds, by luck, beside the youths.

    With more demand than places all places are taken and nobody waits yet.
    """
    for p, pool in enumerate(settings.pools):
        if pool["arrivals"] <= 0.0 or pool["leave"] <= 0.0 or pool["capacity"] >= 1e14:
            continue
        first, n = int(pool["unit_first"]), int(pool["units"])
        room = np.floor(x.unit_places[first : first + n] + x.unit_part[first : first + n]).astype(np.int64)
        held = int((town.state_pool[town.first_of[pool["row"]] + columns.small[pool["domain"]]] == p).sum())
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
    """Give every youth the static mark of a programme that selects by one: right with its sensitivity and specificity."""
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


# --- living it --------------------------------------------------------------------------------------------------------


def simulate_together(
    meeting: Meeting, *, log_rows: int = 0, hook: Hook | None = None, steps: int | None = None
) -> Ledger:
    """Live all steps of a run in which youths meet, and return what was counted.

    Args:
        meeting: youths and the world they share (`meet`).
        log_rows: room for rows of the log of lives of watched youths.
        hook: a function of the user's own, called at the start of every month with the meeting and the month.
        steps: how many steps; the scenario's number if left out.
    """
    program = meeting.program
    steps = program.steps if steps is None else steps
    ledgers = [new_ledger(program, steps, log_rows) for _ in meeting.parts]
    live_months(meeting, ledgers, 0, steps, hook=hook)
    return ledgers[0] if len(ledgers) == 1 else add_ledgers(ledgers)


def live_months(
    meeting: Meeting,
    ledgers: list[Ledger],
    t_from: int,
    t_to: int,
    *,
    ledger_start: int = 0,
    hook: Hook | None = None,
    opening: bool | None = None,
) -> None:
    """Live the steps t_from up to t_to; a ledger per part. The first call puts the youths under the constraints."""
    program, x, n = meeting.program, meeting.town, meeting.columns.small.shape[1]
    opens = not meeting.started if opening is None else opening
    meeting.started = True
    closing = t_to == program.steps
    looks = len(x.signal_usual) > 0 or x.helper_row[0] >= 0 or bool((x.pools["first_month"] >= 0).any())
    if len(meeting.parts) == 1 and hook is None:
        with np.errstate(over="ignore"), compiling(live_together):
            live_together(
                program.structure, meeting.values, meeting.columns, meeting.shared[0], x, ledgers[0], meeting.work,
                meeting.run, meeting.first_id, t_from, t_to, ledger_start, opens, closing, looks,
            )  # fmt: skip
        return
    with ThreadPoolExecutor(len(meeting.parts)) as pool, np.errstate(over="ignore"):
        phases = _Phases(meeting, ledgers, pool, ledger_start)
        if opens:
            phases.advance(t_from, opening=True, empty=True)
            phases.queues(t_from - 1, 0)
            phases.allot(t_from - 1, 0, n, starting=True)
        for t in range(t_from, t_to):
            if hook is not None:
                hook(meeting, t)
            open_alone(program.structure, meeting.columns, meeting.shared[0], x, meeting.run, t)
            if looks:
                phases.look(t, 0)
                look_alone(program.structure, meeting.columns, meeting.shared[0], x, 0, n, t, 1)
                phases.look(t, 2)
            phases.advance(t, loaded=True)
            phases.queues(t, t - ledger_start)
            if phases.allot(t, t - ledger_start, n, starting=False):
                phases.advance(t, loaded=True, granting=True)
            if closing and t == t_to - 1:
                x.granted[:] = 1
                phases.advance(t, loaded=True, granting=True, closing=True)


@dataclass
class _Phases:
    """The phases of a month over all parts, each part on a thread."""

    meeting: Meeting
    ledgers: list[Ledger]
    pool: ThreadPoolExecutor
    ledger_start: int

    def _all(self, work: Callable[[int], Any]) -> None:
        list(self.pool.map(work, range(len(self.meeting.parts))))

    def advance(
        self, t: int, opening: bool = False, closing: bool = False, loaded: bool = False, granting: bool = False,
        empty: bool = False,
    ) -> None:  # fmt: skip
        m = self.meeting

        def one(k: int) -> None:
            first, last = m.parts[k]
            slot = m.work._replace(words=np.empty_like(m.work.words), found=np.empty_like(m.work.found))
            advance_part(
                m.program.structure, m.values, m.columns, m.shared[k], m.town, self.ledgers[k], slot, m.run,
                m.first_id, first, last, t, self.ledger_start, opening, closing, loaded, granting, empty,
            )  # fmt: skip

        self._all(one)

    def look(self, t: int, part: int) -> None:
        m = self.meeting
        self._all(lambda k: look_alone(m.program.structure, m.columns, m.shared[k], m.town, *m.parts[k], t, part))

    def queues(self, t: int, row: int) -> None:
        m = self.meeting

        def one(k: int) -> None:
            queues_alone(
                m.program.structure, m.columns, m.shared[k], m.town, self.ledgers[k], m.work.given, m.run, m.first_id,
                *m.parts[k], t, row, k,
            )  # fmt: skip

        self._all(one)

    def allot(self, t: int, row: int, n: int, starting: bool) -> int:
        m = self.meeting
        chunk_rows = m.parts[0][1] - m.parts[0][0] if len(m.parts) > 1 else n
        found = allot_alone(
            m.program.structure, m.columns, m.shared[0], m.town, self.ledgers[0], m.work.given, m.run, m.first_id, t, row,
            chunk_rows, starting,
        )  # fmt: skip
        return int(found)
