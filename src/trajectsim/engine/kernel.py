"""Steps of many youths, compiled: a whole run needs no Python between months.

Youths go in blocks that stay in the processor's cache. The order within a step (part of the model, see
`docs/concepts/month.md`): joining; measures; drifts of latents; then per domain, in the model's order, forced exits and
candidate events with what follows from them at once; then birthdays, constraints and lines.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from trajectsim.engine.jit import compiled, inlined, rule
from trajectsim.engine.luck import bits, mix, salt, uniform, youth_key
from trajectsim.engine.moves import (
    MOST_ROUNDS,
    act,
    close_stay,
    end_of_step,
    is_alive,
    lines_holding,
    prescribed,
    write_log,
)
from trajectsim.engine.rules import (
    NEVER,
    band_at,
    candidates,
    condition_holds,
    forced_step,
    measure_value,
    next_forced,
    next_mark,
    winner,
)
from trajectsim.engine.tables import LATENT_ONE, Columns, Ledger, Structure, Values

__all__ = ["BLOCK", "Work", "advance", "new_work"]

BLOCK = 512
U64 = np.uint64
_LANE = U64(0xFFFF)
_SPARE = U64(0x5EED)


class Work(NamedTuple):
    """Working arrays for one block of youths: what is needed often, kept close together."""

    keys: npt.NDArray[np.uint64]  # [BLOCK]
    words: npt.NDArray[np.uint64]  # [W, BLOCK] one lane of 16 bits per domain
    threshold: npt.NDArray[np.uint16]  # [D, BLOCK]
    rate: npt.NDArray[np.int32]  # [latents, BLOCK] sum of the drifts
    due: npt.NDArray[np.int16]  # [D, BLOCK] step of the next forced exit
    mark: npt.NDArray[np.int16]  # [BLOCK] step of the next age that matters
    alive: npt.NDArray[np.uint8]
    moved: npt.NDArray[np.uint8]
    found: npt.NDArray[np.int64]  # [BLOCK + 1]


def new_work(s: Structure, v: Values) -> Work:
    """Return working arrays for one block."""
    n_domains, n_latents = len(s.domains), v.drift.shape[0]
    return Work(
        keys=np.empty(BLOCK, np.uint64),
        words=np.empty((len(s.lane_salt), BLOCK), np.uint64),
        threshold=np.empty((n_domains, BLOCK), np.uint16),
        rate=np.empty((n_latents, BLOCK), np.int32),
        due=np.empty((n_domains, BLOCK), np.int16),
        mark=np.empty(BLOCK, np.int16),
        alive=np.empty(BLOCK, np.uint8),
        moved=np.empty(BLOCK, np.uint8),
        found=np.empty(BLOCK + 1, np.int64),
    )


@rule
def open_row(s: Structure, c: Columns, led: Ledger, r: int, t: int, row: int) -> None:
    """Put a youth who is or comes in under the constraints, and count its states from snapshot `row` of the ledger on."""
    birth = s.clock[0]["birth"]
    changed = True
    rounds = 0
    while changed and rounds < MOST_ROUNDS:
        changed = False
        rounds += 1
        for j in range(s.constraints.shape[0]):
            to = prescribed(
                s.constraints, s.constraint_conditions, s.conditions, s.atoms, birth, c.small, c.when, c.slow, j, r, t
            )
            if to >= 0:
                c.small[s.constraints[j]["domain"], r] = to
                c.when[s.constraints[j]["domain"], r] = t
                changed = True
    band = band_at(s.bands, t - int(c.when[birth, r]))
    alive = is_alive(s.domains, s.states, c.small, r)
    for d in range(s.domains.shape[0]):
        g = s.domains[d]["first"] + int(c.small[d, r])
        if alive or s.states[g]["gone"]:
            led.tally[row, band * s.clock[0]["n_states"] + g] += 1
        if s.clock[0]["watch"] >= 0 and c.small[s.clock[0]["watch"], r]:
            state = int(c.small[d, r])
            write_log(led.log, led.logged, r, int(c.when[d, r]) - 1, d, state, state, -1)
    if c.lines.shape[0] > 0:
        holding = lines_holding(s.lines, s.conditions, s.atoms, birth, c.small, c.when, c.slow, r, t) if alive else 0
        for j in range(s.clock[0]["n_joint"]):
            led.tally[row, s.clock[0]["at_joint"] + j] += (holding >> j) & 1
        c.lines[r] = holding


@rule
def prepare(
    domains: Any,
    states: Any,
    forced: Any,
    forced_after: Any,
    marks: Any,
    drift: Any,
    birth: int,
    small: Any,
    when: Any,
    rate: Any,
    threshold: Any,
    due: Any,
    mark: Any,
    i: int,
    r: int,
    t: int,
    alive: bool,
) -> None:
    """Set a youth's place in the block's working arrays from its columns."""
    mark[i] = next_mark(marks, int(when[birth, r]), t) if alive else NEVER
    for j in range(rate.shape[0]):
        rate[j, i] = 0
    for d in range(domains.shape[0]):
        g = domains[d]["first"] + int(small[d, r])
        threshold[d, i] = states[g]["threshold"] if alive else 0
        due[d, i] = NEVER
        if alive:
            if domains[d]["has_forced"]:
                due[d, i] = next_forced(states, forced, forced_after, birth, when, g, d, r, t)
            for j in range(rate.shape[0]):
                rate[j, i] += drift[j, g]


@inlined
def drift_latents(slow: Any, origin: int, reversion: Any, rate: Any, alive: Any, start: int, n: int) -> None:
    """Move the latents of a block by their drifts, and back towards their origins."""
    for j in range(rate.shape[0]):
        if reversion[j] == 0:
            for i in range(n):
                x = int(slow[j, start + i]) + int(rate[j, i])
                slow[j, start + i] = min(max(x, 0), LATENT_ONE)
        else:
            for i in range(n):
                x = int(slow[j, start + i])
                back = ((int(slow[origin + j, start + i]) - x) * reversion[j]) >> 30
                if alive[i]:
                    slow[j, start + i] = min(max(x + int(rate[j, i]) + back, 0), LATENT_ONE)


@inlined
def find_candidates(
    words: Any, threshold: Any, due: Any, found: Any, d: int, n: int, t: int, exits: bool, forced: bool
) -> int:
    """List the youths of a block that may have something to do in a domain: a lane below its threshold, or a forced exit due."""
    m = 0
    w, shift = d >> 2, U64(16 * (d & 3))
    if forced:
        for i in range(n):
            found[m] = i
            below = exits and ((words[w, i] >> shift) & _LANE) < U64(threshold[d, i])
            m += below or due[d, i] <= t
    elif exits:
        for i in range(n):
            found[m] = i
            m += ((words[w, i] >> shift) & _LANE) < U64(threshold[d, i])
    return m


@inlined
def forced_winner(
    states: Any,
    forced: Any,
    forced_after: Any,
    chance: Any,
    conditions: Any,
    atoms: Any,
    birth: int,
    small: Any,
    when: Any,
    slow: Any,
    g: int,
    d: int,
    r: int,
    t: int,
    key: np.uint64,
    luck: np.uint64,
) -> int:
    """Return the forced exit that happens at step t, or -1; they are tried in order, each with its chance."""
    for f in range(states[g]["forced_begin"], states[g]["forced_end"]):
        if forced_step(forced, forced_after, birth, when, f, d, r) != t:
            continue
        condition = forced[f]["condition"]
        if condition >= 0 and not condition_holds(conditions, atoms, birth, small, when, slow, condition, r, t):
            continue
        if chance[f] >= 1.0 or uniform(bits(key, luck ^ forced[f]["salt"])) < chance[f]:
            return f
    return -1


@compiled
def advance(
    s: Structure,
    v: Values,
    c: Columns,
    led: Ledger,
    work: Work,
    run: np.uint64,
    first_id: int,
    first: int,
    last: int,
    t_from: int,
    t_to: int,
    ledger_start: int,
    opening: bool,
    closing: bool,
) -> None:
    """Live the steps t_from up to t_to for the rows first up to last.

    Row `t - ledger_start` of the ledger's arrays belongs to step t. `opening`: put the youths under the constraints and
    count them in the first snapshot. `closing`: end the accounts' open stays. Blocks, threads and the splitting into
    steps have no influence on what happens.
    """
    clock, domains, states, exits, terms, forced = s.clock, s.domains, s.states, s.exits, s.terms, s.forced
    conditions, atoms, bands = s.conditions, s.atoms, s.bands
    small, when, slow, held, accounts, ids = c.small, c.when, c.slow, c.lines, c.accounts, c.ids
    tally, seen, log, logged = led.tally, led.seen, led.log, led.logged
    n_domains, n_latents = domains.shape[0], v.drift.shape[0]
    n_words, n_measures, n_joint = s.lane_salt.shape[0], s.measures.shape[0], clock[0]["n_joint"]
    birth, enter = clock[0]["birth"], clock[0]["enter"]
    has_laws = s.constraints.shape[0] > 0 or held.shape[0] > 0
    keys, words, threshold, rate, due = work.keys, work.words, work.threshold, work.rate, work.due
    mark, alive, moved, found = work.mark, work.alive, work.moved, work.found
    for start in range(first, last, BLOCK):
        n = min(BLOCK, last - start)
        waiting = False
        for i in range(n):
            r = start + i
            keys[i] = youth_key(run, ids[r] if ids.shape[0] > 0 else first_id + r)
            if opening and (enter < 0 or when[enter, r] <= t_from):
                open_row(s, c, led, r, t_from, 0)
            joined = enter < 0 or when[enter, r] < t_from or (when[enter, r] == t_from and t_from == ledger_start)
            waiting = waiting or not joined
            alive[i] = 1 if joined and is_alive(domains, states, small, r) else 0
            moved[i] = 0
            prepare(
                domains,
                states,
                forced,
                v.forced_after,
                s.marks,
                v.drift,
                birth,
                small,
                when,
                rate,
                threshold,
                due,
                mark,
                i,
                r,
                t_from,
                alive[i] == 1,
            )
        for t in range(t_from, t_to):
            row = t - ledger_start
            if waiting and row > 0:
                for i in range(n):
                    r = start + i
                    if when[enter, r] == t:
                        for d in range(n_domains):
                            when[d, r] = t
                        open_row(s, c, led, r, t, row)
                        alive[i] = 1
                        prepare(
                            domains,
                            states,
                            forced,
                            v.forced_after,
                            s.marks,
                            v.drift,
                            birth,
                            small,
                            when,
                            rate,
                            threshold,
                            due,
                            mark,
                            i,
                            r,
                            t,
                            True,
                        )
            if n_measures > 0:
                for i in range(n):
                    holding = int(held[start + i]) >> n_joint
                    if holding and alive[i]:
                        band = band_at(bands, t - int(when[birth, start + i]))
                        for m in range(n_measures):
                            if (holding >> m) & 1:
                                led.measures[row, band, m] += measure_value(
                                    s.measures, terms, v.coefficient, v.measure, small, slow, m, start + i
                                )
            drift_latents(slow, clock[0]["origin"], v.reversion, rate, alive, start, n)
            for w in range(n_words):
                lane_salt = salt(t, s.lane_salt[w], 0)
                for i in range(n):
                    words[w, i] = mix(keys[i] ^ lane_salt)
            luck = salt(t, _SPARE, 0)
            for d in range(n_domains):
                m = find_candidates(
                    words, threshold, due, found, d, n, t, domains[d]["has_exits"] != 0, domains[d]["has_forced"] != 0
                )
                if m == 0:
                    continue
                refine, pick = salt(t, domains[d]["refine"], 0), salt(t, domains[d]["pick"], 0)
                for j in range(m):
                    i = found[j]
                    if not alive[i]:
                        continue
                    r = start + i
                    g = domains[d]["first"] + int(small[d, r])
                    k = -1
                    is_forced = False
                    if due[d, i] <= t:
                        k = forced_winner(
                            states,
                            forced,
                            v.forced_after,
                            v.chance,
                            conditions,
                            atoms,
                            birth,
                            small,
                            when,
                            slow,
                            g,
                            d,
                            r,
                            t,
                            keys[i],
                            luck,
                        )
                        is_forced = k >= 0
                        if not is_forced:
                            due[d, i] = next_forced(states, forced, v.forced_after, birth, when, g, d, r, t + 1)
                    if not is_forced:
                        lane = int((words[d >> 2, i] >> U64(16 * (d & 3))) & _LANE)
                        if lane < threshold[d, i]:
                            count = candidates(s.tail, g, lane, keys[i], refine)
                            if count > 0:
                                k = winner(
                                    clock,
                                    states,
                                    exits,
                                    terms,
                                    conditions,
                                    atoms,
                                    v.base,
                                    v.coefficient,
                                    v.table,
                                    small,
                                    when,
                                    slow,
                                    seen,
                                    g,
                                    d,
                                    r,
                                    t,
                                    count,
                                    keys[i],
                                    pick,
                                )
                    if k >= 0:
                        moved[i] = 1
                        band = band_at(bands, t - int(when[birth, r]))
                        if act(s, v, c, led, work, i, r, d, k, is_forced, t, row, band, keys[i], luck):
                            alive[i] = 0
            for i in range(n):
                if (moved[i] and has_laws) or mark[i] <= t:
                    r = start + i
                    still = end_of_step(
                        clock,
                        domains,
                        states,
                        forced,
                        s.constraints,
                        s.constraint_conditions,
                        conditions,
                        atoms,
                        s.lines,
                        bands,
                        v.forced_after,
                        v.drift,
                        s.account_rate,
                        s.account_weight,
                        small,
                        when,
                        slow,
                        held,
                        accounts,
                        tally,
                        log,
                        logged,
                        rate,
                        threshold,
                        due,
                        i,
                        r,
                        t,
                        row,
                        alive[i] == 1,
                    )
                    alive[i] = 1 if still else 0
                    mark[i] = next_mark(s.marks, int(when[birth, r]), t + 1) if still else NEVER
                    moved[i] = 0
        if closing and accounts.shape[0] > 0:
            shift = clock[0]["account_shift"]
            for i in range(n):
                for d in range(n_domains if alive[i] else 0):
                    r = start + i
                    g = domains[d]["first"] + int(small[d, r])
                    close_stay(shift, s.account_rate, s.account_weight, accounts, int(when[d, r]), g, r, t_to + shift)
