"""The phases of a month in which youths meet: opening, looking at friends and households, and keeping the queues.

Compiled, one function per phase; `allotment.py` gives the places and `together.py` puts the phases in order. Luck of
institutions is keyed by the run, never by the arm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectsim.engine.arithmetic import exp, log
from trajectsim.engine.households import count_helpers, join_helpers, overload, share_burden
from trajectsim.engine.jit import compiled, rule
from trajectsim.engine.luck import bits, mix, salt, uniform, youth_key
from trajectsim.engine.moves import answer, forget_request, happens
from trajectsim.engine.network import expose
from trajectsim.engine.rules import band_at, condition_holds
from trajectsim.engine.shared import (
    ASKED,
    CANCELLED,
    DECIDED,
    FOLLOWS,
    LEFT,
    NOT_SELECTED,
    PASSED_ON,
    REFUSED,
)
from trajectsim.engine.tables import LATENT_ONE

__all__ = ["binomial", "case_laws", "keep_queues", "key_of", "law_of", "look_around", "open_month", "poisson", "share_homes"]

U64 = np.uint64
_AWAY = 256
_TAU = 6.283185307179586
# What luck of a provision is for: numbers of its purposes.
PATIENCE, DECISION, PASSING, REFUSING, TIE, JUDGEMENT, PRESSURE, UNIT, SERVICE, ARRIVAL, DEPARTURE = range(1, 12)
COACH = 64


@rule
def key_of(c: Any, work: Any, run: np.uint64, first_id: int, r: int) -> np.uint64:
    """Return the key of a youth's luck."""
    if work.given.shape[0] > 0:
        return work.given[r]
    return youth_key(run, c.ids[r] if c.ids.shape[0] > 0 else first_id + r)


@rule
def sine(x: float) -> float:
    """Return the sine of 2 pi x, by its series: the same on every platform."""
    x = x - np.floor(x)
    sign = 1.0
    if x >= 0.5:
        x -= 0.5
        sign = -1.0
    if x > 0.25:
        x = 0.5 - x
    y = x * _TAU
    z = y * y
    p = 1.0 - z / 110.0
    p = 1.0 - z / 72.0 * p
    p = 1.0 - z / 42.0 * p
    p = 1.0 - z / 20.0 * p
    p = 1.0 - z / 6.0 * p
    return sign * y * p


@rule
def poisson(key: np.uint64, salted: np.uint64, mean: float) -> int:
    """Return a Poisson number from keyed luck, by counting exponential times; exact for any mean."""
    count = 0
    n = 0
    left = mean
    while True:
        u = uniform(mix(key ^ (salted + U64(n) * U64(0x9E3779B97F4A7C15))))
        n += 1
        left += log(max(u, 2.0**-53))
        if left < 0.0:
            return count
        count += 1


@rule
def binomial(key: np.uint64, salted: np.uint64, n: int, p: float) -> int:
    """Return how many of n happen with chance p each, from keyed luck."""
    count = 0
    for i in range(n):
        if uniform(mix(key ^ (salted + U64(i) * U64(0x9E3779B97F4A7C15)))) < p:
            count += 1
    return count


@compiled
def open_month(s: Any, c: Any, w: Any, x: Any, run: np.uint64, t: int) -> None:
    """Set what everybody meets in step t: the cycle, the strength of programmes, units, others, and who must ask."""
    spy = s.clock[0]["steps_per_year"]
    n = c.small.shape[1]
    if x.cycle[1] > 0.0:
        w.level[0] = x.cycle[0] * sine((float(t) + x.cycle[2]) / x.cycle[1] - 0.25)
    for k in range(x.teams.shape[0]):
        _open_team(c, w, x, run, k, t)
    month = (s.clock[0]["season_start"] + t) * 12 // spy % 12
    if x.budgets.shape[0] > 0 and (t == 0 or (s.clock[0]["season_start"] + t) % spy == 0):
        for b in range(x.budgets.shape[0]):
            x.spent[b] = 0
            x.out[b] = -1
    for p in range(x.pools.shape[0]):
        pool = x.pools[p]
        free = 0.0
        places = 0
        for u in range(pool["unit_first"], pool["unit_first"] + pool["units"]):
            x.memory[u] *= 1.0 - pool["forget"]
            if x.others[u] > 0:
                gone = binomial(run, salt(t, pool["salt"], DEPARTURE * 65536 + u), x.others[u], pool["leave"])
                x.others[u] -= gone
                x.filled[u] -= gone
            free += float(max(unit_free(w, x, p, u, month), 0))
            places += places_of(w, x, p, u)
        waiting = 0
        if pool["arrivals"] > 0.0:
            came = poisson(run, salt(t, pool["salt"], ARRIVAL), pool["arrivals"])
            x.others_waiting[p, t] += came
            x.kept[t, p, 3] += came
            for q in range(t + 1):
                waiting += x.others_waiting[p, q]
        x.kept[t, p, 6] = places
        if pool["capacity"] <= 0.0:
            w.ask[p] = 2
        elif pool["asks_always"] != 0 or free < float(n + waiting):
            w.ask[p] = 1
        else:
            w.ask[p] = 0


@rule
def places_of(w: Any, x: Any, p: int, u: int) -> int:
    """Return the places of a unit this month, taken or not; a boom opens more."""
    return int(np.floor(x.unit_places[u] * max(1.0 + x.pools[p]["cycle"] * w.level[0], 0.0) + x.unit_part[u]))


@rule
def unit_free(w: Any, x: Any, p: int, u: int, month: int) -> int:
    """Return how many a unit would take this month (of the year: 0 to 11)."""
    if x.memory[u] > x.pools[p]["tolerance"]:
        return 0
    if x.unit_all_year[u] == 0 and (x.pools[p]["intake"] >> month) & 1 == 0:
        return 0
    return places_of(w, x, p, u) - x.filled[u]


@rule
def _open_team(c: Any, w: Any, x: Any, run: np.uint64, k: int, t: int) -> None:
    """Set a programme's strength: hours given over hours needed, times experience; and which coaches leave."""
    team = x.teams[k]
    level = team["level"]
    count = np.int64(0)
    after = np.int64(0)
    row = c.small[team["domain"]]
    for r in range(row.shape[0]):
        count += row[r] == 1
        after += row[r] == 2
    needed = 0.0
    given = 0.0
    for j in range(team["roles_begin"], team["roles_end"]):
        asked = x.role_hours[j, 1] * float(count) + x.role_hours[j, 2] * float(after)
        needed += asked
        given += min(asked, x.role_given[j])
    strength = given / needed if needed > 0.0 else 1.0
    left = 0
    skill = 0.0
    for slot in range(team["first_slot"], team["first_slot"] + team["slots"]):
        x.slot_left[slot] = 0
        if uniform(bits(run, salt(t, team["salt"], slot))) < team["turnover"]:
            x.slot_left[slot] = 1
            x.slot_skill[slot] = team["novice"]
            left += 1
        else:
            x.slot_skill[slot] += (1.0 - x.slot_skill[slot]) * team["learn"]
        skill += x.slot_skill[slot]
    if team["slots"] > 0:
        strength *= skill / float(team["slots"])
    if strength <= 0.0:
        strength = 0.0
    elif strength < 1.0 and team["shape"] != 1.0:
        strength = exp(team["shape"] * log(strength))
    w.level[level] = strength
    w.level[level + 1] = strength * x.unsuited[k]
    x.worked[t, k, 0] = needed
    x.worked[t, k, 1] = given
    x.worked[t, k, 2] = strength
    x.worked[t, k, 3] = float(left)


@compiled
def look_around(s: Any, c: Any, w: Any, x: Any, first: int, last: int, t: int, part: int) -> None:
    """Note what youths show (part 0), then what friends show and how many helpers come (part 1), for some rows."""
    n_signals = x.signal_usual.shape[0]
    if part == 0:
        for r in range(first, last):
            gone = 0
            for d in range(s.domains.shape[0]):
                gone += s.states[s.domains[d]["first"] + int(c.small[d, r])]["gone"]
            joined = s.clock[0]["enter"] < 0 or c.when[s.clock[0]["enter"], r] <= t
            x.here[r] = 1 if gone == 0 and joined else 0
            word = 0
            for k in range(n_signals):
                d = x.signal_domain[k]
                if d >= 0:
                    shows = (x.signal_mask[k] >> U64(c.small[d, r])) & U64(1) != U64(0)
                else:
                    shows = t - int(w.last[x.signal_last[k], r]) <= x.signal_steps[k]
                if shows:
                    word |= 1 << k
            if n_signals > 0:
                x.shown[r] = word if x.here[r] else _AWAY
        if x.helper_row[0] >= 0:
            helpers = c.slow[x.helper_row[0]]
            count_helpers(
                c.small, x.here, x.helper_domains, x.helper_table, x.helper_home[0], first, last, helpers
            )
        return
    if n_signals > 0:
        rows = c.slow[x.signal_row[0] : x.signal_row[0] + n_signals]
        expose(x.network, x.shown, x.signal_usual, x.signal_counted, first, last, rows)


@compiled
def share_homes(c: Any, x: Any) -> None:
    """Join the helpers of those who live together, let too many of them weigh, and let burden spread at home."""
    if x.helper_row[0] < 0:
        return
    helpers = c.slow[x.helper_row[0]]
    homes = x.homes.start.shape[0] - 1
    join_helpers(x.homes, x.here, x.helper_home[0], 0, homes, helpers)
    overload(helpers, x.here, x.helper_home[1], x.home_drift, c.slow, 0, c.small.shape[1])
    share_burden(x.homes, x.here, x.home_share, c.slow, 0, homes)


@rule
def law_of(x: Any, p: int, age: int) -> int:
    """Return the law under which a provision falls at an age in steps, -1 none."""
    for law in range(x.law_spans.shape[1]):
        if x.law_spans[p, law, 0] <= age < x.law_spans[p, law, 1]:
            return law
    return -1


@rule
def case_laws(s: Any, c: Any, x: Any, r: int, t: int) -> int:
    """Return under how many laws a youth is known."""
    count = 0
    for law in range(x.law_conditions.shape[0]):
        count += condition_holds(
            s.conditions, s.atoms, s.clock[0]["birth"], c.small, c.when, c.slow, x.law_conditions[law], r, t
        )
    return count


@rule
def jump(c: Any, x: Any, begin: int, end: int, r: int) -> None:
    """Move latents by their jumps."""
    for j in range(begin, end):
        moved = int(c.slow[x.latent_of[j], r]) + int(np.floor(x.weight[j] + 0.5))
        c.slow[x.latent_of[j], r] = min(max(moved, 0), LATENT_ONE)


@rule
def pooled_payer(c: Any, x: Any, p: int, r: int) -> int:
    """Return the open pooled budget that would buy a provision for a youth, -1 none."""
    for b in range(x.budgets.shape[0]):
        budget = x.budgets[b]
        if budget["pooled"] != 0 and budget["open"] != 0 and x.tariff[b, p] >= 0:
            d = budget["programme"]
            if d < 0 or c.small[d, r] == 1 or c.small[d, r] == 2:
                return b
    return -1


@rule
def is_suited(s: Any, c: Any, condition: int, r: int, t: int) -> bool:
    """Return whether a youth is neither too good nor too bad for a programme."""
    return condition < 0 or condition_holds(
        s.conditions, s.atoms, s.clock[0]["birth"], c.small, c.when, c.slow, condition, r, t
    )


@rule
def is_picked(s: Any, c: Any, x: Any, p: int, r: int, t: int, key: np.uint64) -> bool:
    """Return whether a mark or a judgement says that a youth is suited: right with the sensitivity and specificity."""
    pool = x.pools[p]
    truth = is_suited(s, c, pool["suited"], r, t)
    u = uniform(bits(key, salt(0, pool["salt"], JUDGEMENT)))
    return u < pool["sensitivity"] if truth else u >= pool["specificity"]


@rule
def still_open(s: Any, c: Any, reason: int, follows: bool, r: int, t: int) -> bool:
    """Return whether the exit that was asked for is still open to a youth."""
    n_exits = s.clock[0]["n_exits"]
    if follows or reason >= n_exits:
        return True
    condition = s.exits[reason]["condition"]
    return condition < 0 or condition_holds(
        s.conditions, s.atoms, s.clock[0]["birth"], c.small, c.when, c.slow, condition, r, t
    )


@rule
def keep_request(
    s: Any, c: Any, w: Any, x: Any, led: Any, q: int, d: int, r: int, t: int, row: int, key: np.uint64
) -> bool:
    """Live a month of one request: it is dropped, decided upon, or goes on. Returns whether it waits for a place now."""
    target = int(w.target[q, r])
    p = w.state_pool[s.domains[d]["first"] + target]
    pool = x.pools[p]
    reason, since = int(w.wait[q, r]) - 1, int(w.since[q, r])
    follows = w.phase[q, r] & FOLLOWS != 0
    tally = led.tally
    if since < t:
        if not still_open(s, c, reason, follows, r, t):
            answer(s.clock, w, tally, row, p, CANCELLED)
            forget_request(w, c.slow, q, p, r)
            return False
        if uniform(bits(key, salt(t, pool["salt"], PATIENCE))) < pool["patience"]:
            happens(s.clock, w, c, led, r, t, row, p, LEFT, w.answers[LEFT])
            forget_request(w, c.slow, q, p, r)
            return False
        jump(c, x, pool["wait_begin"], pool["wait_end"], r)
    elif pool["rule"] != 0:
        if pool["rule"] == 1:
            picked = c.small[pool["picked"], r] != 0
        else:
            picked = is_picked(s, c, x, p, r, t, key)
            c.small[pool["picked"], r] = 1 if picked else 0
        if not picked and uniform(bits(key, salt(t, pool["salt"], PRESSURE))) >= pool["pressure"]:
            answer(s.clock, w, tally, row, p, NOT_SELECTED)
            forget_request(w, c.slow, q, p, r)
            return False
    if w.phase[q, r] & DECIDED != 0:
        return True
    payer = pooled_payer(c, x, p, r)
    if payer >= 0:
        w.payer[q, r] = payer + 1
    elif pool["decides"] != 0:
        if uniform(bits(key, salt(t, pool["salt"], DECISION))) >= pool["decide"]:
            return False
        laws = case_laws(s, c, x, r, t) if pool["passed_on"] > 0.0 else 0
        stays = 1.0
        for _ in range(1, laws):
            stays *= 1.0 - pool["passed_on"]
        if uniform(bits(key, salt(t, pool["salt"], PASSING))) < 1.0 - stays:
            happens(s.clock, w, c, led, r, t, row, p, PASSED_ON, w.answers[PASSED_ON])
            jump(c, x, pool["passed_begin"], pool["passed_end"], r)
            return False
        if uniform(bits(key, salt(t, pool["salt"], REFUSING))) < pool["refused"]:
            happens(s.clock, w, c, led, r, t, row, p, REFUSED, w.answers[REFUSED])
            jump(c, x, pool["refused_begin"], pool["refused_end"], r)
            forget_request(w, c.slow, q, p, r)
            return False
    w.phase[q, r] |= DECIDED
    return True


@rule
def admit_at_once(s: Any, c: Any, w: Any, x: Any, led: Any, p: int, first: int, last: int, t: int, row: int) -> None:
    """In a programme's first month let everybody who is eligible ask, where so many are admitted at once."""
    pool = x.pools[p]
    q, d = pool["row"], pool["domain"]
    condition = s.exits[pool["uptake"]]["condition"]
    for r in range(first, last):
        here = c.small[d, r] == 0 and w.wait[q, r] == 0 and x.here[r] != 0
        if here and is_suited(s, c, condition, r, t):
            w.wait[q, r] = pool["uptake"] + 1
            w.since[q, r] = t
            w.phase[q, r] = 0
            w.target[q, r] = 1
            happens(s.clock, w, c, led, r, t, row, p, ASKED, w.answers[ASKED])


@compiled
def keep_queues(
    s: Any, c: Any, w: Any, x: Any, led: Any, work: Any, run: np.uint64, first_id: int, first: int, last: int, t: int,
    row: int, chunk: int,
) -> None:  # fmt: skip
    """Live a month of all requests of some rows, list those that wait for a place, and count who holds one.

    Coaches who leave are told here too. `chunk` is the part of the youths that these rows are.
    """
    n_rows = w.first_of.shape[0]
    n_budgets = x.budgets.shape[0]
    listed = 2 * first * n_rows
    seats = 2 * last * n_rows
    for p in range(x.pools.shape[0]):
        for b in range(n_budgets + 1):
            x.holders[chunk, p, b] = 0
        pool = x.pools[p]
        if pool["first_month"] >= 0 and pool["start"] == t and x.runs[pool["programme"]] != 0:
            admit_at_once(s, c, w, x, led, p, first, last, t, row)
    for d in range(s.domains.shape[0]):
        q = w.domain_row[d]
        if q < 0:
            continue
        begin = s.domains[d]["first"]
        for r in range(first, last):
            if w.wait[q, r] != 0:
                key = key_of(c, work, run, first_id, r)
                if keep_request(s, c, w, x, led, q, d, r, t, row, key):
                    x.queue[listed] = r * n_rows + q
                    listed += 1
            p = w.state_pool[begin + int(c.small[d, r])]
            if p >= 0:
                if n_budgets > 0:
                    payer = int(w.payer[q, r]) - 1
                    if payer < 0:
                        law = law_of(x, p, t - int(c.when[s.clock[0]["birth"], r]))
                        payer = x.law_budget[law] if law >= 0 else -1
                    x.holders[chunk, p, payer if payer >= 0 else n_budgets] += 1
                if w.unit[q, r] < 0 and x.pools[p]["capacity"] < 1e14:
                    seats -= 1
                    x.queue[seats] = r * n_rows + q
    x.queued[chunk, 0] = listed - 2 * first * n_rows
    x.queued[chunk, 1] = 2 * last * n_rows - seats
    for k in range(x.teams.shape[0]):
        _tell_of_coaches(s, c, w, x, led, work, run, first_id, first, last, t, row, k)


@rule
def _tell_of_coaches(
    s: Any, c: Any, w: Any, x: Any, led: Any, work: Any, run: np.uint64, first_id: int, first: int, last: int, t: int,
    row: int, k: int,
) -> None:  # fmt: skip
    team = x.teams[k]
    leaving = 0
    for slot in range(team["first_slot"], team["first_slot"] + team["slots"]):
        leaving += x.slot_left[slot]
    if leaving == 0:
        return
    event = w.answers[w.answers.shape[0] - 1]
    n_events = w.event_row.shape[0]
    for r in range(first, last):
        if c.small[team["domain"], r] == 1 or c.small[team["domain"], r] == 2:
            u = uniform(bits(key_of(c, work, run, first_id, r), salt(0, team["salt"], COACH)))
            slot = team["first_slot"] + int(u * float(team["slots"]))
            if x.slot_left[slot] != 0:
                band = band_at(s.bands, t - int(c.when[s.clock[0]["birth"], r]))
                if event >= 0:
                    led.tally[row, s.clock[0]["at_events"] + band * n_events + event] += 1
                jump(c, x, team["jump_begin"], team["jump_end"], r)
