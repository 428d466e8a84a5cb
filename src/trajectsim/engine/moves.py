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
    "move_apart",
    "prescribed",
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
def answer(clock: Any, w: Any, tally: Any, row: int, pool: int, what: int) -> None:
    """Count what became of a request for a provision (see `shared.ANSWERS`)."""
    tally[row, clock[0]["at_moves"] + w.at_answers[0] + pool * N_ANSWERS + what] += 1


@rule
def happens(clock: Any, w: Any, c: Any, led: Any, r: int, t: int, row: int, pool: int, what: int, event: int) -> None:
    """Count an answer and its event, and write the event into the life."""
    answer(clock, w, led.tally, row, pool, what)
    if event >= 0:
        n_events = w.event_row.shape[0]
        band = 0
        age = t - int(c.when[clock[0]["birth"], r])
        while band < w.bands.shape[0] and age >= w.bands[band]:
            band += 1
        led.tally[row, clock[0]["at_events"] + band * n_events + event] += 1
        if clock[0]["watch"] >= 0 and c.small[clock[0]["watch"], r]:
            reason = w.at_answers[0] + pool * N_ANSWERS + what
            write_log(led.log, led.logged, r, t, -1, event, event, reason)


@rule
def forget_request(w: Any, slow: Any, q: int, pool: int, r: int) -> None:
    """Let a request be over."""
    w.wait[q, r] = 0
    w.phase[q, r] = 0
    if w.waiting_row[pool] >= 0:
        slow[w.waiting_row[pool], r] = 0


@rule
def ask_for_place(
    s: Any, w: Any, c: Any, led: Any, r: int, domain: int, new: int, reason: int, follows: int, t: int, row: int
) -> None:
    """Open a request for a state in place of a move to it; an older request in the same domain is over."""
    pool = w.state_pool[s.domains[domain]["first"] + new]
    if w.ask[pool] == 2:
        return
    q = w.domain_row[domain]
    if w.wait[q, r] != 0:
        if w.wait[q, r] == reason + 1 and w.target[q, r] == new:
            return
        before = w.state_pool[s.domains[domain]["first"] + int(w.target[q, r])]
        answer(s.clock, w, led.tally, row, before, CANCELLED)
        forget_request(w, c.slow, q, before, r)
    w.wait[q, r] = reason + 1
    w.since[q, r] = t
    w.phase[q, r] = follows
    w.target[q, r] = new
    if w.waiting_row[pool] >= 0:
        c.slow[w.waiting_row[pool], r] = NUMBER_ONE
    happens(s.clock, w, c, led, r, t, row, pool, ASKED, w.answers[ASKED])


@rule
def leave_place(
    clock: Any, w: Any, slow: Any, tally: Any, q: int, old: int, new: int, r: int, row: int, reason: int
) -> None:
    """Give up the place of a provision for that of another (-1 none), and a request that another exit has overtaken."""
    if w.wait[q, r] != 0 and w.phase[q, r] & GRANT == 0:
        pool = w.state_pool[w.first_of[q] + int(w.target[q, r])]
        answer(clock, w, tally, row, pool, CANCELLED)
        forget_request(w, slow, q, pool, r)
    if old >= 0 and old != new:
        if w.unit[q, r] >= 0:
            w.freed[w.unit[q, r]] += 1
            w.trouble[w.unit[q, r]] += w.failures[reason]
            w.unit[q, r] = -1
        w.payer[q, r] = 0


@rule
def trouble(domains: Any, w: Any, small: Any, r: int, event: int) -> None:
    """Let the units that hold a youth remember an incident."""
    mask = w.incidents[event]
    if mask == U64(0):
        return
    for d in range(domains.shape[0]):
        q = w.domain_row[d]
        if q >= 0 and w.unit[q, r] >= 0:
            pool = w.state_pool[domains[d]["first"] + int(small[d, r])]
            if pool >= 0 and (mask >> U64(pool)) & _ONE != U64(0):
                w.trouble[w.unit[q, r]] += 1.0


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
        leave_place(clock, w, slow, tally, w.domain_row[d], w.state_pool[g], w.state_pool[h], r, row, reason)
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
                leave_place(clock, w, slow, tally, w.domain_row[e], w.state_pool[g], -1, r, row, reason)
        threshold[e, i] = 0
        due[e, i] = NEVER
    for j in range(rate.shape[0]):
        rate[j, i] = 0
    return True


move = inlined(_move)
move_apart = rule(_move)
"""The same rule as a function of its own, for the rarer moves that a constraint prescribes."""


@rule
def must_ask(domains: Any, w: Any, small: Any, d: int, new: int, r: int) -> bool:
    """Return whether a state's place must be asked for this month; who holds such a place already need not."""
    first = domains[d]["first"]
    pool = w.state_pool[first + new]
    return pool >= 0 and w.ask[pool] != 0 and w.state_pool[first + int(small[d, r])] != pool


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
    if new >= 0 and w.state_pool.shape[0] > 0 and not granted and must_ask(s.domains, w, small, d, new, r):
        ask_for_place(s, w, c, led, r, d, new, reason, 0, t, row)
        return False
    tally[row, clock[0]["at_moves"] + reason] += 1
    fired = U64(0)
    left = False
    for q in range(begin - 1, end):
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
                trouble(s.domains, w, small, r, event)
                if w.event_row[event] >= 0:
                    w.last[w.event_row[event], r] = t
            if clock[0]["watch"] >= 0 and small[clock[0]["watch"], r]:
                write_log(led.log, led.logged, r, t, -1, event, event, reason)
        if new >= 0 and not left and int(small[domain, r]) != new:
            if q >= begin and w.state_pool.shape[0] > 0 and must_ask(s.domains, w, small, domain, new, r):
                ask_for_place(s, w, c, led, r, domain, new, reason, FOLLOWS, t, row)
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
