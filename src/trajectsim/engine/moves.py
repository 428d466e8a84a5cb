"""What happens to a youth and to the counts when a state changes or an event occurs. Compiled into the kernel."""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectsim.engine.jit import inlined, rule
from trajectsim.engine.luck import bits, uniform
from trajectsim.engine.rules import NEVER, band_at, condition_holds, next_forced
from trajectsim.engine.shared import ANSWERS, ASKED, CANCELLED, FOLLOWS, GRANT
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE

__all__ = [
    "act",
    "answer",
    "close_stay",
    "end_of_step",
    "forget_request",
    "happens",
    "is_alive",
    "lines_holding",
    "lose_grant",
    "move_apart",
    "prescribed",
    "take_place",
    "write_log",
]

U64 = np.uint64
_ONE = U64(1)
MOST_ROUNDS = 8
N_ANSWERS = len(ANSWERS)


@rule
def write_log(log: Any, logged: Any, r: int, t: int, domain: int, old: int, new: int, reason: int) -> None:
    """Append a row to the log of lives; rows beyond its size are counted only."""
    n = logged[0]
    if n < log.shape[0]:
        log[n, 0] = r
        log[n, 1] = t
        log[n, 2] = domain
        log[n, 3] = old
        log[n, 4] = new
        log[n, 5] = reason
    logged[0] = n + 1


@rule
def close_stay(
    shift: int,
    rate: Any,
    weight: Any,
    accounts: Any,
    began: int,
    g: int,
    r: int,
    until: int,
) -> None:
    """Add the stay in state g, from the snapshot it began up to snapshot `until`, to the youth's accounts."""
    for a in range(accounts.shape[0]):
        if rate[a, g] != 0.0:
            accounts[a, r] += rate[a, g] * (weight[a, max(until - shift, 0)] - weight[a, max(began - shift, 0)])


@rule
def is_alive(domains: Any, states: Any, small: Any, r: int) -> bool:
    """Return whether a youth is in no state that means having left the model."""
    gone = 0
    for d in range(domains.shape[0]):
        gone += states[domains[d]["first"] + int(small[d, r])]["gone"]
    return gone == 0


@rule
def lines_holding(
    lines: Any,
    conditions: Any,
    atoms: Any,
    birth: int,
    small: Any,
    when: Any,
    slow: Any,
    r: int,
    t: int,
) -> int:
    """Return the joint lines and measures that hold for a youth, one bit each."""
    holding = 0
    for j in range(lines.shape[0]):
        if condition_holds(conditions, atoms, birth, small, when, slow, lines[j], r, t):
            holding |= 1 << j
    return holding


@rule
def prescribed(
    constraints: Any,
    constraint_conditions: Any,
    conditions: Any,
    atoms: Any,
    birth: int,
    small: Any,
    when: Any,
    slow: Any,
    j: int,
    r: int,
    t: int,
) -> int:
    """Return the state that constraint j prescribes at time t, or -1 where the constraint holds already."""
    state = int(small[constraints[j]["domain"], r])
    begin = constraints[j]["begin"]
    if constraints[j]["state"] < 0:
        if (constraints[j]["allowed"] >> U64(state)) & _ONE != U64(0):
            return -1
        if condition_holds(conditions, atoms, birth, small, when, slow, constraint_conditions[begin], r, t):
            return int(constraints[j]["otherwise"])
        return -1
    if state != constraints[j]["state"]:
        return -1
    for q in range(begin, constraints[j]["end"]):
        if condition_holds(conditions, atoms, birth, small, when, slow, constraint_conditions[q], r, t):
            return -1
    return int(constraints[j]["otherwise"])


@rule
def answer(at: int, tally: Any, row: int, pool: int, what: int) -> None:
    """Count what became of a request for a provision (see `shared.ANSWERS`); `at`: where the answers are counted."""
    tally[row, at + pool * N_ANSWERS + what] += 1


@rule
def happens(
    clock: Any, bands: Any, n_events: int, at: int, small: Any, when: Any, tally: Any, log: Any, logged: Any, r: int,
    t: int, row: int, pool: int, what: int, event: int,
) -> None:  # fmt: skip
    """Count an answer and its event, and write the event into the life."""
    answer(at, tally, row, pool, what)
    if event >= 0:
        band = band_at(bands, t - int(when[clock[0]["birth"], r]))
        tally[row, clock[0]["at_events"] + band * n_events + event] += 1
        if clock[0]["watch"] >= 0 and small[clock[0]["watch"], r]:
            reason = at - clock[0]["at_moves"] + pool * N_ANSWERS + what
            write_log(log, logged, r, t, -1, event, event, reason)


@rule
def forget_request(wait: Any, phase: Any, waiting_row: Any, slow: Any, q: int, pool: int, r: int) -> None:
    """Let a request be over."""
    wait[q, r] = 0
    phase[q, r] = 0
    if waiting_row[pool] >= 0:
        slow[waiting_row[pool], r] = 0


@rule
def ask_for_place(
    clock: Any, bands: Any, first: int, state_pool: Any, ask: Any, wait: Any, since: Any, phase: Any, target: Any,
    waiting_row: Any, small: Any, when: Any, slow: Any, tally: Any, log: Any, logged: Any, at: int, n_events: int,
    event: int, q: int, r: int, new: int, reason: int, follows: int, t: int, row: int,
) -> None:  # fmt: skip
    """Open a request for a state in place of a move to it; an older request for another state of the domain is over.

    Whoever waits for that state keeps the place in the queue, and whoever was granted a place this month takes it.
    """
    pool = state_pool[first + new]
    if ask[pool] == 2:
        return
    if wait[q, r] != 0:
        if target[q, r] == new or phase[q, r] & GRANT != 0:
            return
        before = state_pool[first + int(target[q, r])]
        answer(at, tally, row, before, CANCELLED)
        forget_request(wait, phase, waiting_row, slow, q, before, r)
    wait[q, r] = reason + 1
    since[q, r] = t
    phase[q, r] = follows
    target[q, r] = new
    if waiting_row[pool] >= 0:
        slow[waiting_row[pool], r] = NUMBER_ONE
    happens(clock, bands, n_events, at, small, when, tally, log, logged, r, t, row, pool, ASKED, event)


@rule
def leave_place(
    state_pool: Any, first: int, wait: Any, phase: Any, target: Any, waiting_row: Any, unit: Any, payer: Any,
    freed: Any, trouble: Any, failures: Any, slow: Any, tally: Any, at: int, q: int, old: int, new: int, r: int,
    row: int, reason: int,
) -> None:  # fmt: skip
    """Give up the place of a provision for that of another (-1 none), and a request that another exit has overtaken."""
    if wait[q, r] != 0 and phase[q, r] & GRANT == 0:
        pool = state_pool[first + int(target[q, r])]
        answer(at, tally, row, pool, CANCELLED)
        forget_request(wait, phase, waiting_row, slow, q, pool, r)
    if old >= 0 and old != new:
        if unit[q, r] >= 0:
            freed[unit[q, r]] += 1
            trouble[unit[q, r]] += failures[reason, old]
            unit[q, r] = -1
        payer[q, r] = 0


@rule
def take_place(
    state_pool: Any, first: int, unit: Any, payer: Any, freed: Any, small: Any, q: int, d: int, r: int, pool: int,
    pays: int, alive: bool,
) -> None:  # fmt: skip
    """Make a granted place the youth's own; who has moved on already gives it back."""
    held = alive and state_pool[first + int(small[d, r])] == pool
    if held:
        payer[q, r] = pays
    if unit[q, r] <= -2:
        granted = -2 - int(unit[q, r])
        unit[q, r] = granted if held else -1
        if not held:
            freed[granted] += 1


@rule
def lose_grant(
    state_pool: Any, first: int, wait: Any, phase: Any, target: Any, waiting_row: Any, unit: Any, freed: Any, slow: Any,
    tally: Any, at: int, q: int, r: int, row: int,
) -> None:  # fmt: skip
    """Give a granted place back that its youth did not live to take."""
    pool = state_pool[first + int(target[q, r])]
    answer(at, tally, row, pool, CANCELLED)
    forget_request(wait, phase, waiting_row, slow, q, pool, r)
    if unit[q, r] <= -2:
        freed[-2 - int(unit[q, r])] += 1
        unit[q, r] = -1


@rule
def make_trouble(
    domains: Any, domain_row: Any, state_pool: Any, unit: Any, trouble: Any, small: Any, r: int, mask: np.uint64
) -> None:
    """Let the units that hold a youth remember an incident; `mask` has a bit for every provision that minds it."""
    for d in range(domains.shape[0]):
        q = domain_row[d]
        if q >= 0 and unit[q, r] >= 0:
            pool = state_pool[domains[d]["first"] + int(small[d, r])]
            if pool >= 0 and (mask >> U64(pool)) & _ONE != U64(0):
                trouble[unit[q, r]] += NUMBER_ONE


def _move(
    w: Any,
    clock: Any,
    domains: Any,
    states: Any,
    forced: Any,
    forced_after: Any,
    drift: Any,
    account_rate: Any,
    account_weight: Any,
    small: Any,
    when: Any,
    slow: Any,
    accounts: Any,
    tally: Any,
    log: Any,
    logged: Any,
    rate: Any,
    threshold: Any,
    due: Any,
    i: int,
    r: int,
    d: int,
    new: int,
    t: int,
    row: int,
    band: int,
    reason: int,
) -> bool:
    """Bring a youth into another state from the next snapshot on, and count it. Returns whether it left the model."""
    n_states = clock[0]["n_states"]
    old = int(small[d, r])
    g = domains[d]["first"] + old
    h = domains[d]["first"] + new
    tally[row + 1, band * n_states + g] -= 1
    tally[row + 1, band * n_states + h] += 1
    tally[row, clock[0]["at_entries"] + band * n_states + h] += 1
    shift = clock[0]["account_shift"]
    close_stay(shift, account_rate, account_weight, accounts, int(when[d, r]), g, r, t + 1)
    if clock[0]["watch"] >= 0 and small[clock[0]["watch"], r]:
        write_log(log, logged, r, t, d, old, new, reason)
    if w.state_pool.shape[0] > 0 and w.domain_row[d] >= 0:
        leave_place(
            w.state_pool, domains[d]["first"], w.wait, w.phase, w.target, w.waiting_row, w.unit, w.payer, w.freed,
            w.trouble, w.failures, slow, tally, clock[0]["at_moves"] + w.at_answers[0], w.domain_row[d],
            w.state_pool[g], w.state_pool[h], r, row, reason,
        )  # fmt: skip
    small[d, r] = new
    when[d, r] = t + 1
    threshold[d, i] = states[h]["threshold"]
    for j in range(rate.shape[0]):
        rate[j, i] += drift[j, h] - drift[j, g]
    if domains[d]["has_forced"]:
        due[d, i] = next_forced(states, forced, forced_after, clock[0]["birth"], when, h, d, r, t + 1)
    if not states[h]["gone"]:
        return False
    for e in range(domains.shape[0]):
        if e != d:
            g = domains[e]["first"] + int(small[e, r])
            tally[row + 1, band * n_states + g] -= 1
            close_stay(shift, account_rate, account_weight, accounts, int(when[e, r]), g, r, t + 1)
            if w.state_pool.shape[0] > 0 and w.domain_row[e] >= 0:
                leave_place(
                    w.state_pool, domains[e]["first"], w.wait, w.phase, w.target, w.waiting_row, w.unit, w.payer,
                    w.freed, w.trouble, w.failures, slow, tally, clock[0]["at_moves"] + w.at_answers[0],
                    w.domain_row[e], w.state_pool[g], -1, r, row, reason,
                )  # fmt: skip
        threshold[e, i] = 0
        due[e, i] = NEVER
    for j in range(rate.shape[0]):
        rate[j, i] = 0
    return True


move = inlined(_move)
move_apart = rule(_move)
"""The same rule as a function of its own, for the rarer moves that a constraint prescribes."""


@rule
def must_ask(first: int, state_pool: Any, ask: Any, small: Any, d: int, new: int, r: int) -> bool:
    """Return whether a state's place must be asked for this month; who holds such a place already need not."""
    pool = state_pool[first + new]
    return pool >= 0 and ask[pool] != 0 and state_pool[first + int(small[d, r])] != pool


@inlined
def act(
    s: Any,
    v: Any,
    c: Any,
    w: Any,
    led: Any,
    work: Any,
    i: int,
    r: int,
    d: int,
    k: int,
    is_forced: bool,
    t: int,
    row: int,
    band: int,
    key: np.uint64,
    luck: np.uint64,
    granted: bool,
) -> bool:
    """Carry out an exit: its event or move first, then what follows, in order. Returns whether the youth left.

    An exit into a state whose places must be asked for opens a request instead, unless it is `granted`.
    """
    clock, exits, forced, follows, conditions, atoms = s.clock, s.exits, s.forced, s.follows, s.conditions, s.atoms
    small, when, slow, accounts, tally = c.small, c.when, c.slow, c.accounts, led.tally
    account_rate, account_weight = s.account_rate, s.account_weight
    if is_forced:
        reason, begin, end = clock[0]["n_exits"] + k, forced[k]["then_begin"], forced[k]["then_end"]
        new, event = forced[k]["to"], forced[k]["event"]
    else:
        reason, begin, end = k, exits[k]["then_begin"], exits[k]["then_end"]
        new, event = exits[k]["to"], exits[k]["event"]
    birth = clock[0]["birth"]
    domain = d
    asks = False
    if new >= 0 and w.state_pool.shape[0] > 0 and not granted:
        asks = must_ask(s.domains[d]["first"], w.state_pool, w.ask, small, d, new, r)
    if not asks:
        tally[row, clock[0]["at_moves"] + reason] += 1
    fired = U64(0)
    left = False
    for q in range(begin - 1, begin if asks else end):
        if q >= begin:
            parent = follows[q]["parent"]
            if parent >= 0:
                happened = (fired >> U64(parent - begin)) & _ONE
                tried = (fired >> U64(parent - begin + 32)) & _ONE
                if tried == U64(0) or happened != U64(follows[q]["parent_happened"]):
                    continue
            condition = follows[q]["condition"]
            if condition >= 0 and not condition_holds(conditions, atoms, birth, small, when, slow, condition, r, t):
                continue
            fired |= _ONE << U64(q - begin + 32)
            if v.follow_chance[q] < 1.0 and uniform(bits(key, luck ^ follows[q]["salt"])) >= v.follow_chance[q]:
                continue
            fired |= _ONE << U64(q - begin)
            domain, new, event = follows[q]["domain"], follows[q]["state"], follows[q]["event"]
            for j in range(follows[q]["shift_begin"], follows[q]["shift_end"]):
                shifted = int(slow[s.shift_rows[j], r]) + int(v.shift[j])
                slow[s.shift_rows[j], r] = min(max(shifted, 0), LATENT_ONE)
        if event >= 0:
            n_events = account_rate.shape[1] - clock[0]["n_states"]
            tally[row, clock[0]["at_events"] + band * n_events + event] += 1
            for a in range(accounts.shape[0] if t >= 0 else 0):
                step_weight = account_weight[a, t + 1] - account_weight[a, t]
                accounts[a, r] += account_rate[a, clock[0]["n_states"] + event] * step_weight
            if w.state_pool.shape[0] > 0:
                if w.incidents[event] != U64(0):
                    make_trouble(
                        s.domains, w.domain_row, w.state_pool, w.unit, w.trouble, small, r, w.incidents[event]
                    )
                if w.event_row[event] >= 0:
                    w.last[w.event_row[event], r] = t
            if clock[0]["watch"] >= 0 and small[clock[0]["watch"], r]:
                write_log(led.log, led.logged, r, t, -1, event, event, reason)
        if new >= 0 and not left and int(small[domain, r]) != new:
            as_exit = 0
            if q >= begin and w.state_pool.shape[0] > 0:
                as_exit = FOLLOWS
                asks = must_ask(s.domains[domain]["first"], w.state_pool, w.ask, small, domain, new, r)
            if asks:
                ask_for_place(
                    clock, s.bands, s.domains[domain]["first"], w.state_pool, w.ask, w.wait, w.since, w.phase, w.target,
                    w.waiting_row, small, when, slow, tally, led.log, led.logged,
                    clock[0]["at_moves"] + w.at_answers[0], w.event_row.shape[0], w.answers[ASKED],
                    w.domain_row[domain], r, new, reason, as_exit, t, row,
                )  # fmt: skip
                asks = False
                continue
            left = move(
                w,
                clock,
                s.domains,
                s.states,
                forced,
                v.forced_after,
                v.drift,
                account_rate,
                account_weight,
                small,
                when,
                slow,
                accounts,
                tally,
                led.log,
                led.logged,
                work.rate,
                work.threshold,
                work.due,
                i,
                r,
                domain,
                new,
                t,
                row,
                band,
                reason,
            )
    return left


@inlined
def end_of_step(
    s: Any, v: Any, c: Any, w: Any, led: Any, work: Any, i: int, r: int, t: int, row: int, alive: bool, granted: bool
) -> bool:
    """Birthday, constraints and lines of a youth that moved or crossed an age, as they hold at the next snapshot.

    `granted`: for the second time in this step, the birthday is over. Returns whether the youth is still in the model.
    """
    clock, domains, constraints, tally, held = s.clock, s.domains, s.constraints, led.tally, c.lines
    birth, n_states = clock[0]["birth"], clock[0]["n_states"]
    old_band = band_at(s.bands, t - int(c.when[birth, r]))
    band = band_at(s.bands, t + 1 - int(c.when[birth, r]))
    if alive and band != old_band and not granted:
        for d in range(domains.shape[0]):
            g = domains[d]["first"] + int(c.small[d, r])
            tally[row + 1, old_band * n_states + g] -= 1
            tally[row + 1, band * n_states + g] += 1
    changed = alive
    rounds = 0
    while changed and rounds < MOST_ROUNDS:
        changed = False
        rounds += 1
        for j in range(constraints.shape[0]):
            to = prescribed(
                constraints, s.constraint_conditions, s.conditions, s.atoms, birth, c.small, c.when, c.slow, j, r, t + 1
            )
            if to >= 0 and alive:
                reason = clock[0]["n_exits"] + clock[0]["n_forced"] + j
                tally[row, clock[0]["at_moves"] + reason] += 1
                alive = not move_apart(
                    w, clock, domains, s.states, s.forced, v.forced_after, v.drift, s.account_rate, s.account_weight,
                    c.small, c.when, c.slow, c.accounts, tally, led.log, led.logged, work.rate, work.threshold,
                    work.due, i, r, constraints[j]["domain"], to, t, row, band, reason,
                )  # fmt: skip
                changed = alive
    if held.shape[0] > 0:
        before = int(held[r])
        now = lines_holding(s.lines, s.conditions, s.atoms, birth, c.small, c.when, c.slow, r, t + 1) if alive else 0
        if now != before:
            for j in range(clock[0]["n_joint"]):
                tally[row + 1, clock[0]["at_joint"] + j] += ((now >> j) & 1) - ((before >> j) & 1)
            held[r] = now
    return alive
