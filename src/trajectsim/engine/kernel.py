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
    answer,
    close_stay,
    end_of_step,
    forget_request,
    is_alive,
    lines_holding,
    lose_grant,
    move_apart,
    prescribed,
    take_place,
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
    part_of,
    winner,
)
from trajectsim.engine.shared import FOLLOWS, GRANT, GRANTED, PAYER_SHIFT, Shared
from trajectsim.engine.tables import LATENT_ONE, Columns, Ledger, Structure, Values

__all__ = ["BLOCK", "Work", "advance", "new_work"]

BLOCK = 512
U64 = np.uint64
_LANE = U64(0xFFFF)
_SPARE = U64(0x5EED)


class Work(NamedTuple):
    """Working arrays for one block of youths: what is needed often, kept close together."""

    given: npt.NDArray[np.uint64]  # [N] keys of all rows, or [0]: they follow from the run and the identities
    keys: npt.NDArray[np.uint64]  # [BLOCK]
    words: npt.NDArray[np.uint64]  # [W, BLOCK] one lane of 16 bits per domain
    threshold: npt.NDArray[np.uint16]  # [D, BLOCK]
    rate: npt.NDArray[np.int32]  # [latents, BLOCK] sum of the drifts
    due: npt.NDArray[np.int16]  # [D, BLOCK] step of the next forced exit
    mark: npt.NDArray[np.int16]  # [BLOCK] step of the next age that matters
    alive: npt.NDArray[np.uint8]
    moved: npt.NDArray[np.uint8]
    found: npt.NDArray[np.int64]  # [BLOCK + 1]


def new_work(s: Structure, v: Values, keys: npt.NDArray[np.uint64] | None = None) -> Work:
    """Return working arrays for one block."""
    n_domains, n_latents = len(s.domains), v.drift.shape[0]
    return Work(
        given=np.zeros(0, np.uint64) if keys is None else keys,
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
    """Put a youth who is or comes in under the constraints, and count it from snapshot `row` of the ledger on."""
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
    """Set a youth's place in the block's working arrays from its columns."""  # fmt: skip
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
def load_block(
    s: Any,
    v: Any,
    c: Any,
    led: Any,
    work: Any,
    run: np.uint64,
    first_id: int,
    start: int,
    n: int,
    t: int,
    row: int,
    fresh: bool,
    opening: bool,
) -> bool:
    """Set the working arrays of a block at step t: of all its youths (`fresh`), or of those who join at this step.

    Whoever joins, and everybody at the `opening`, is put under the constraints and counted. Returns whether somebody
    has still to join.
    """  # fmt: skip
    enter, waiting = s.clock[0]["enter"], False
    for i in range(n):
        r = start + i
        joins = int(c.when[enter, r]) if enter >= 0 else -NEVER
        waiting = waiting or joins > t
        if not fresh and joins != t:
            continue
        if work.given.shape[0] > 0:
            work.keys[i] = work.given[r]
        else:
            work.keys[i] = youth_key(run, c.ids[r] if c.ids.shape[0] > 0 else first_id + r)
        if joins == t and row > 0:
            for d in range(s.domains.shape[0]):
                c.when[d, r] = t
        if (opening and joins <= t) or (joins == t and row > 0):
            open_row(s, c, led, r, t, row)
        alive = joins <= t and is_alive(s.domains, s.states, c.small, r)
        work.alive[i] = 1 if alive else 0
        work.moved[i] = 0
        prepare(
            s.domains, s.states, s.forced, v.forced_after, s.marks, v.drift, s.clock[0]["birth"], c.small, c.when,
            work.rate, work.threshold, work.due, work.mark, i, r, t, alive,
        )  # fmt: skip
    return waiting


@inlined
def count_measures(s: Any, v: Any, c: Any, led: Any, work: Any, start: int, n: int, t: int, row: int) -> None:
    """Add up the measures of a block as its states and latents are at the start of step t."""
    n_joint = s.clock[0]["n_joint"]
    for i in range(n):
        r = start + i
        holding = int(c.lines[r]) >> n_joint
        if holding and work.alive[i]:
            age = t - int(c.when[s.clock[0]["birth"], r])
            band = band_at(s.bands, age)
            for m in range(s.measures.shape[0]):
                if (holding >> m) & 1:
                    led.measures[row, band, m] += measure_value(s, v, c, m, r, age)


@inlined
def drift_latents(s: Any, v: Any, c: Any, w: Any, work: Any, start: int, n: int) -> None:
    """Move the latents of a block by their drifts, and back towards their origins."""
    slow, rate, origin = c.slow, work.rate, s.clock[0]["origin"]
    for j in range(rate.shape[0]):
        if v.reversion[j] == 0:
            for i in range(n):
                x = int(slow[j, start + i]) + int(rate[j, i])
                slow[j, start + i] = min(max(x, 0), LATENT_ONE)
        else:
            for i in range(n):
                x = int(slow[j, start + i])
                back = ((int(slow[origin + j, start + i]) - x) * v.reversion[j]) >> 30
                if work.alive[i]:
                    slow[j, start + i] = min(max(x + int(rate[j, i]) + back, 0), LATENT_ONE)
    for k in range(v.scaled.shape[0]):  # drifts of programmes, as strong as the programme is this month
        j, d, state, level = v.scaled[k]["latent"], v.scaled[k]["domain"], v.scaled[k]["state"], v.scaled[k]["level"]
        flag = w.level_flag[level]
        full = int(np.floor(float(v.scaled[k]["value"]) * w.level[level] + 0.5))
        less = int(np.floor(float(v.scaled[k]["value"]) * w.level[level + 1] + 0.5)) if flag >= 0 else full
        for i in range(n):
            r = start + i
            if c.small[d, r] == state and work.alive[i]:
                step = less if flag >= 0 and c.small[flag, r] != 0 else full
                if v.part.shape[0] != 0:
                    step = int(np.floor(float(step) * part_of(v.together, v.part, c.small, r) + 0.5))
                slow[j, r] = min(max(int(slow[j, r]) + step, 0), LATENT_ONE)


@inlined
def find_candidates(s: Any, work: Any, d: int, n: int, t: int) -> int:
    """List the youths of a block with something to do in a domain: a lane below its threshold, or a forced exit due."""
    words, threshold, found = work.words, work.threshold, work.found
    m = 0
    w, shift = s.domains[d]["word"], U64(s.domains[d]["shift"])
    if s.domains[d]["has_forced"] != 0:
        for i in range(n):
            found[m] = i
            below = ((words[w, i] >> shift) & _LANE) < U64(threshold[d, i])
            m += below or work.due[d, i] <= t
    elif s.domains[d]["has_exits"] != 0:
        for i in range(n):
            found[m] = i
            m += ((words[w, i] >> shift) & _LANE) < U64(threshold[d, i])
    return m


@inlined
def find_granted(s: Any, w: Any, work: Any, d: int, start: int, n: int) -> int:
    """List the youths of a block who were granted a place in a domain this month."""
    m = 0
    q = w.domain_row[d]
    if q >= 0:
        for i in range(n):
            if w.phase[q, start + i] & GRANT != 0:
                work.found[m] = i
                m += 1
    return m


@inlined
def forced_winner(s: Any, v: Any, c: Any, g: int, d: int, r: int, t: int, key: np.uint64, luck: np.uint64) -> int:
    """Return the forced exit of state g that happens at step t, or -1; tried in order, each with its chance."""
    result = -1
    for f in range(s.states[g]["forced_begin"], s.states[g]["forced_end"]):
        if result < 0 and forced_step(s.forced, v.forced_after, s.clock[0]["birth"], c.when, f, d, r) == t:
            condition = s.forced[f]["condition"]
            holds = condition < 0 or condition_holds(
                s.conditions, s.atoms, s.clock[0]["birth"], c.small, c.when, c.slow, condition, r, t
            )
            if holds and (v.chance[f] >= 1.0 or uniform(bits(key, luck ^ s.forced[f]["salt"])) < v.chance[f]):
                result = f
    return result


@inlined
def end_block(
    s: Any, v: Any, c: Any, w: Any, led: Any, work: Any, start: int, n: int, t: int, row: int, granting: bool
) -> None:
    """Birthdays, constraints and lines of the youths of a block that moved or crossed an age.

    Everybody is looked at where a constraint or line asks for a latent, a duration or the calendar.
    """
    restless = s.clock[0]["restless"] != 0
    has_laws = s.constraints.shape[0] > 0 or c.lines.shape[0] > 0
    for i in range(n):
        calls = work.mark[i] <= t or (restless and work.alive[i] != 0)
        if (work.moved[i] and has_laws) or (calls and not granting):
            r = start + i
            still = end_of_step(s, v, c, w, led, work, i, r, t, row, work.alive[i] == 1, granting)
            work.alive[i] = 1 if still else 0
            work.mark[i] = next_mark(s.marks, int(c.when[s.clock[0]["birth"], r]), t + 1) if still else NEVER
            work.moved[i] = 0


@inlined
def close_block(s: Any, c: Any, work: Any, start: int, n: int, t: int) -> None:
    """End the open stays in the accounts of a block, t being the number of steps lived."""
    shift = s.clock[0]["account_shift"]
    for i in range(n):
        r = start + i
        for d in range(s.domains.shape[0] if work.alive[i] else 0):
            g = s.domains[d]["first"] + int(c.small[d, r])
            close_stay(shift, s.account_rate, s.account_weight, c.accounts, int(c.when[d, r]), g, r, t + shift)


@compiled
def advance(
    s: Structure,
    v: Values,
    c: Columns,
    w: Shared,
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
    loaded: bool,
    granting: bool,
) -> None:
    """Live the steps t_from up to t_to for the rows first up to last.

    Row `t - ledger_start` of the ledger's arrays belongs to step t. `opening`: put the youths under the constraints and
    count them in the first snapshot. `closing`: end the accounts' open stays. `loaded`: the working arrays hold these
    youths already. `granting`: nothing but what was granted at the end of step t_from happens, with what follows.
    Blocks, threads and the splitting into steps have no influence on what happens.
    """
    for start in range(first, last, BLOCK):
        n = min(BLOCK, last - start)
        waiting = loaded and s.clock[0]["enter"] >= 0 and not granting
        for t in range(t_from, max(t_to, t_from + 1)):
            row = t - ledger_start
            fresh = t == t_from and not loaded
            if fresh or waiting:
                waiting = load_block(s, v, c, led, work, run, first_id, start, n, t, row, fresh, opening and fresh)
            if t == t_to:  # no steps: the opening alone
                break
            if not granting:
                present = 0
                for i in range(n):
                    present += work.alive[i]
                if present == 0:  # nobody has come yet, or everybody has left
                    continue
                if s.measures.shape[0] > 0:
                    count_measures(s, v, c, led, work, start, n, t, row)
                drift_latents(s, v, c, w, work, start, n)
                for word in range(s.lane_salt.shape[0]):
                    lane_salt = salt(t, s.lane_salt[word], 0)
                    for i in range(n):
                        work.words[word, i] = mix(work.keys[i] ^ lane_salt)
            # The domains, in the model's order: forced exits and candidate events of the youths that were found. Kept
            # here, not in a function of its own: Numba copies what it inlines once per level, which takes seconds.
            for d in range(s.domains.shape[0]):
                m = find_granted(s, w, work, d, start, n) if granting else find_candidates(s, work, d, n, t)
                if m == 0:
                    continue
                refine, pick, luck = (
                    salt(t, s.domains[d]["refine"], 0),
                    salt(t, s.domains[d]["pick"], 0),
                    salt(t, _SPARE, 0),
                )
                birth = s.clock[0]["birth"]
                for j in range(m):
                    i = work.found[j]
                    r = start + i
                    if not work.alive[i]:
                        if granting:  # left the model this very moment
                            lose_grant(
                                w.state_pool, s.domains[d]["first"], w.wait, w.phase, w.target, w.waiting_row, w.unit,
                                w.freed, c.slow, led.tally, s.clock[0]["at_moves"] + w.at_answers[0], w.domain_row[d],
                                r, row,
                            )  # fmt: skip
                        continue
                    key = work.keys[i]
                    g = s.domains[d]["first"] + int(c.small[d, r])
                    k = -1
                    is_forced = False
                    band = band_at(s.bands, t - int(c.when[birth, r]))
                    if granting:
                        q = w.domain_row[d]
                        target = int(w.target[q, r])
                        pool = w.state_pool[s.domains[d]["first"] + target]
                        reason = int(w.wait[q, r]) - 1
                        payer = int(w.phase[q, r]) >> PAYER_SHIFT
                        follows = w.phase[q, r] & FOLLOWS != 0
                        band = band_at(s.bands, t + 1 - int(c.when[birth, r]))
                        answer(s.clock[0]["at_moves"] + w.at_answers[0], led.tally, row, pool, GRANTED)
                        forget_request(w.wait, w.phase, w.waiting_row, c.slow, q, pool, r)
                        if follows:
                            work.moved[i] = 1
                            if move_apart(
                                w, s.clock, s.domains, s.states, s.forced, v.forced_after, v.drift, s.account_rate,
                                s.account_weight, c.small, c.when, c.slow, c.accounts, led.tally, led.log, led.logged,
                                work.rate, work.threshold, work.due, i, r, d, target, t, row, band, reason,
                            ):  # fmt: skip
                                work.alive[i] = 0
                        else:
                            is_forced = reason >= s.clock[0]["n_exits"]
                            k = reason - s.clock[0]["n_exits"] if is_forced else reason
                    else:
                        if work.due[d, i] <= t:
                            k = forced_winner(s, v, c, g, d, r, t, key, luck)
                            is_forced = k >= 0
                            if not is_forced:
                                work.due[d, i] = next_forced(
                                    s.states, s.forced, v.forced_after, birth, c.when, g, d, r, t + 1
                                )
                        word, shift = s.domains[d]["word"], U64(s.domains[d]["shift"])
                        lane = int((work.words[word, i] >> shift) & _LANE)
                        if not is_forced and lane < work.threshold[d, i]:
                            count = candidates(s.tail, g, lane, key, refine)
                            if count > 0:
                                k = winner(s, v, c, w, led.seen, g, d, r, t, count, key, pick)
                    if k >= 0:
                        work.moved[i] = 1
                        if act(s, v, c, w, led, work, i, r, d, k, is_forced, t, row, band, key, luck, granting):
                            work.alive[i] = 0
                    if granting:
                        take_place(
                            w.state_pool, s.domains[d]["first"], w.unit, w.payer, w.freed, c.small, w.domain_row[d], d,
                            r, pool, payer, work.alive[i] != 0,
                        )  # fmt: skip
            end_block(s, v, c, w, led, work, start, n, t, row, granting)
        if closing and c.accounts.shape[0] > 0:
            close_block(s, c, work, start, n, t_to)
