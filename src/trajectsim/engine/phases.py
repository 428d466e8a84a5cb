"""The phases of a month in which youths meet: opening, looking at friends and households, and keeping the queues.

Compiled, one function per phase; `allotment.py` gives the places and `together.py` puts the phases in order. Luck of
institutions is keyed by the run, never by the arm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectsim.engine.arithmetic import exp, log
from trajectsim.engine.households import count_helpers, join_helpers, overload, share_burden
from trajectsim.engine.jit import inlined, rule
from trajectsim.engine.luck import bits, mix, salt, uniform, youth_key
from trajectsim.engine.moves import forget_request, happens, write_log
from trajectsim.engine.network import AWAY, expose
from trajectsim.engine.rules import band_at, condition_holds
from trajectsim.engine.shared import (
    ASKED,
    CANCELLED,
    DECIDED,
    FOLLOWS,
    LEFT,
    NOT_SELECTED,
    PASSED_ON,
    PAYER_SHIFT,
    REFUSED,
)
from trajectsim.engine.tables import LATENT_ONE

__all__ = [
    "binomial",
    "judged",
    "holds_for",
    "keep_queues",
    "key_of",
    "law_of",
    "look_around",
    "open_month",
    "poisson",
    "see_friends",
    "share_homes",
    "strength_of",
]

U64 = np.uint64
_TAU = 6.283185307179586
# What luck of a provision is for: numbers of its purposes.
PATIENCE, DECISION, PASSING, REFUSING, TIE, JUDGEMENT, PRESSURE, UNIT, SERVICE, ARRIVAL, DEPARTURE = range(1, 12)
COACH = 64
BIG = 1e14
"""Places from which a provision is not scarce."""
HAIR = 1e-3
"""Incidents beyond the tolerance that do not count yet: they are added up in units of 2**-16."""


@rule
def key_of(given: Any, ids: Any, run: np.uint64, first_id: int, r: int) -> np.uint64:
    """Return the key of a youth's luck."""
    if given.shape[0] > 0:
        return given[r]
    return youth_key(run, ids[r] if ids.shape[0] > 0 else first_id + r)


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


@inlined
def open_month(s: Any, c: Any, w: Any, x: Any, run: np.uint64, t: int) -> None:
    """Set what everybody meets in step t: the cycle, the strength of programmes, units, others, and who must ask."""
    spy = s.clock[0]["steps_per_year"]
    if x.cycle[1] > 0.0:
        w.level[0] = x.cycle[0] * sine((float(t) + x.cycle[2]) / x.cycle[1] - 0.25)
    for k in range(x.teams.shape[0]):
        team = x.teams[k]
        count, after = count_states(
            x.leaving, s.domains, s.states, c.small, c.when, s.clock[0]["enter"], team["domain"], t
        )  # fmt: skip
        needed = 0.0
        given = 0.0
        for j in range(team["roles_begin"], team["roles_end"]):
            hours = x.role_hours[j, 1] * float(count) + x.role_hours[j, 2] * float(after)
            needed += hours
            given += min(hours, x.role_given[j])
        left = coaches_leave(x.teams, x.slot_left, x.slot_skill, run, k, t)
        skill = mean_skill(x.slot_skill, team["first_slot"], team["slots"])
        strength = strength_of(needed, given, skill, team["shape"])
        w.level[team["level"]] = strength
        w.level[team["level"] + 1] = strength * x.unsuited[k]
        x.worked[t, k, 0] = needed
        x.worked[t, k, 1] = given
        x.worked[t, k, 2] = strength
        x.worked[t, k, 3] = float(left)
    month = (s.clock[0]["season_start"] + t) * 12 // spy % 12
    if x.budgets.shape[0] > 0 and (t == 0 or (s.clock[0]["season_start"] + t) % spy == 0):
        for b in range(x.budgets.shape[0]):
            x.spent[b] = 0
            x.out[b] = -1
    for p in range(x.pools.shape[0]):
        places = open_units(
            x.pools, x.memory, x.others, x.filled, x.room, x.unit_all_year, x.unit_places, x.unit_part, w.level[0], run,
            p, month, t,
        )  # fmt: skip
        x.kept[t, p, 6] = places if x.pools[p]["capacity"] < BIG else 0
        free = 0
        for u in range(x.pools[p]["unit_first"], x.pools[p]["unit_first"] + x.pools[p]["units"]):
            free += max(x.room[u] - x.filled[u], 0)
            x.kept[t, p, 8] += 1 if x.memory[u] > x.pools[p]["tolerance"] + HAIR else 0
        waiting = 0
        if x.pools[p]["arrivals"] > 0.0:
            came = poisson(run, salt(t, x.pools[p]["salt"], ARRIVAL), x.pools[p]["arrivals"])
            x.others_waiting[p, t] += came
            x.kept[t, p, 3] += came
            for k in range(x.others_from[p], t + 1):
                waiting += x.others_waiting[p, k]
        if x.pools[p]["capacity"] <= 0.0:
            w.ask[p] = 2
        elif x.pools[p]["asks_always"] != 0 or free < c.small.shape[1] + waiting:
            w.ask[p] = 1
        else:
            w.ask[p] = 0


@rule
def count_states(
    leaving: Any, domains: Any, states: Any, small: Any, when: Any, enter: int, d: int, t: int
) -> tuple[int, int]:  # fmt: skip
    """Return how many youths are enrolled in a programme, and how many in its aftercare."""
    count = np.int64(0)
    after = np.int64(0)
    for r in range(small.shape[1]):
        state = small[d, r]
        if (state == 1 or state == 2) and is_here(leaving, domains, states, small, when, enter, r, t):
            count += state == 1
            after += state == 2
    return int(count), int(after)


@rule
def coaches_leave(teams: Any, slot_left: Any, slot_skill: Any, run: np.uint64, k: int, t: int) -> int:
    """Let coaches leave (newcomers take their place) and the others learn; return how many left."""
    left = 0
    for slot in range(teams[k]["first_slot"], teams[k]["first_slot"] + teams[k]["slots"]):
        slot_left[slot] = 0
        if uniform(bits(run, salt(t, teams[k]["salt"], slot))) < teams[k]["turnover"]:
            slot_left[slot] = 1
            slot_skill[slot] = teams[k]["novice"]
            left += 1
        else:
            slot_skill[slot] += (1.0 - slot_skill[slot]) * teams[k]["learn"]
    return left


@rule
def mean_skill(slot_skill: Any, first: int, slots: int) -> float:
    """Return the mean experience of a team's coaches; 1 where there is no team."""
    total = 0.0
    for slot in range(first, first + slots):
        total += slot_skill[slot]
    return total / float(slots) if slots > 0 else 1.0


@rule
def strength_of(needed: float, given: float, skill: float, shape: float) -> float:
    """Return how much of its effect a programme has: (hours given / hours needed x experience) to the power `shape`."""
    x = skill * (given / needed) if needed > 0.0 else skill
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    return exp(shape * log(x)) if shape != 1.0 else x


@rule
def open_units(
    pools: Any, memory: Any, others: Any, filled: Any, room: Any, all_year: Any, unit_places: Any, unit_part: Any,
    cycle: float, run: np.uint64, p: int, month: int, t: int,
) -> int:  # fmt: skip
    """Let units forget and others leave, and set the places that each unit fills this month (of the year: 0 to 11).

    Return the places of all units, open or closed. A boom opens more.
    """
    total = 0
    factor = max(1.0 + pools[p]["cycle"] * cycle, 0.0)
    admits = (pools[p]["intake"] >> month) & 1
    for u in range(pools[p]["unit_first"], pools[p]["unit_first"] + pools[p]["units"]):
        memory[u] *= 1.0 - pools[p]["forget"]
        if others[u] > 0:
            gone = binomial(run, salt(t, pools[p]["salt"], DEPARTURE * 65536 + u), others[u], pools[p]["leave"])
            others[u] -= gone
            filled[u] -= gone
        places = int(np.floor(unit_places[u] * factor + unit_part[u]))
        total += places
        room[u] = places
        if memory[u] > pools[p]["tolerance"] + HAIR or (all_year[u] == 0 and admits == 0):
            room[u] = 0
    return total


@rule
def is_here(
    leaving: Any, domains: Any, states: Any, small: Any, when: Any, enter: int, r: int, t: int
) -> bool:  # fmt: skip
    """Return whether a youth has joined the model and not left it."""
    gone = 0
    for j in range(leaving.shape[0]):
        gone += states[domains[leaving[j]]["first"] + int(small[leaving[j], r])]["gone"]
    joined = enter < 0 or when[enter, r] <= max(t, 0)
    return gone == 0 and joined


@rule
def show(
    leaving: Any, domains: Any, states: Any, small: Any, when: Any, last_event: Any, here: Any, shown: Any,
    signal_domain: Any, signal_mask: Any, signal_last: Any, signal_steps: Any, enter: int, first: int, last: int,
    t: int,
) -> None:  # fmt: skip
    """Note for some rows who is in the model and what each youth shows, one bit a signal."""
    for r in range(first, last):
        here[r] = 1 if is_here(leaving, domains, states, small, when, enter, r, t) else 0
        word = 0
        for k in range(signal_domain.shape[0]):
            d = signal_domain[k]
            if d >= 0:
                shows = (signal_mask[k] >> U64(small[d, r])) & U64(1) != U64(0)
            else:
                shows = t - int(last_event[signal_last[k], r]) <= signal_steps[k]
            if shows:
                word |= 1 << k
        shown[r] = word if here[r] else AWAY


@inlined
def look_around(s: Any, c: Any, w: Any, x: Any, first: int, last: int, t: int) -> None:
    """Note what some youths show, and how many helpers come for them."""
    show(
        x.leaving, s.domains, s.states, c.small, c.when, w.last, x.here, x.shown, x.signal_domain, x.signal_mask,
        x.signal_last, x.signal_steps, s.clock[0]["enter"], first, last, t,
    )  # fmt: skip
    if x.helper_row[0] >= 0:
        helpers = c.slow[x.helper_row[0]]
        count_helpers(c.small, x.here, x.helper_domains, x.helper_table, x.helper_home[0], first, last, helpers)


@inlined
def see_friends(c: Any, x: Any, first: int, last: int) -> None:
    """Note for some youths what their friends show."""
    n_signals = x.signal_usual.shape[0]
    if n_signals > 0:
        rows = c.slow[x.signal_row[0] : x.signal_row[0] + n_signals]
        expose(x.network, x.shown, x.signal_usual, x.signal_counted, first, last, rows)


@inlined
def share_homes(c: Any, x: Any) -> None:
    """Join the helpers of those who live together, let too many of them weigh, and let burden spread at home."""
    if x.helper_row[0] >= 0:
        helpers = c.slow[x.helper_row[0]]
        homes = x.homes.start.shape[0] - 1
        join_helpers(x.homes, x.here, x.helper_home[0], 0, homes, helpers)
        overload(helpers, x.here, x.helper_home[1], x.home_drift, c.slow, 0, c.small.shape[1])
        share_burden(x.homes, x.here, x.home_share, c.slow, 0, homes)


@rule
def law_of(law_spans: Any, p: int, age: int) -> int:
    """Return the law under which a provision falls at an age in steps, -1 none."""
    for law in range(law_spans.shape[1]):
        if law_spans[p, law, 0] <= age < law_spans[p, law, 1]:
            return law
    return -1


@rule
def case_laws(
    law_conditions: Any, conditions: Any, atoms: Any, birth: int, small: Any, when: Any, slow: Any, r: int, t: int
) -> int:
    """Return under how many laws a youth is known."""
    count = 0
    for law in range(law_conditions.shape[0]):
        count += condition_holds(conditions, atoms, birth, small, when, slow, law_conditions[law], r, t)
    return count


@rule
def jump(slow: Any, latent_of: Any, weight: Any, begin: int, end: int, r: int) -> None:
    """Move latents by their jumps."""
    for j in range(begin, end):
        moved = int(slow[latent_of[j], r]) + int(np.floor(weight[j] + 0.5))
        slow[latent_of[j], r] = min(max(moved, 0), LATENT_ONE)


@rule
def pooled_payer(
    small: Any, budgets: Any, opener_domain: Any, out: Any, tariff: Any, domain: int, p: int, r: int
) -> int:
    """Return the open pooled budget that would buy a provision (of a domain) for a youth, -1 none.

    One that ran out this year buys nothing more until the next. A budget that programmes opened buys for those who are
    in one of them, and the programme itself for who comes in.
    """
    for b in range(budgets.shape[0]):
        if budgets[b]["pooled"] != 0 and budgets[b]["open"] != 0 and out[b] < 0 and tariff[b, p] >= 0:
            begin, end = budgets[b]["opener_begin"], budgets[b]["opener_end"]
            serves = begin == end
            for j in range(begin, end):
                d = opener_domain[j]
                if d == domain or small[d, r] == 1 or small[d, r] == 2:
                    serves = True
            if serves:
                return b
    return -1


@rule
def holds_for(
    conditions: Any, atoms: Any, birth: int, small: Any, when: Any, slow: Any, condition: int, r: int, t: int
) -> bool:
    """Return whether a condition holds for a youth; one that is not given (-1) does."""
    return condition < 0 or condition_holds(conditions, atoms, birth, small, when, slow, condition, r, t)


@rule
def judged(pools: Any, p: int, truth: bool, key: np.uint64) -> bool:
    """Return what a mark or a judgement says of a youth: right with the sensitivity and the specificity."""
    u = uniform(bits(key, salt(0, pools[p]["salt"], JUDGEMENT)))
    return u < pools[p]["sensitivity"] if truth else u >= pools[p]["specificity"]


@inlined
def keep_queues(
    s: Any, c: Any, w: Any, x: Any, led: Any, given: Any, run: np.uint64, first_id: int, first: int, last: int, t: int,
    row: int, chunk: int,
) -> None:  # fmt: skip
    """Live a month of all requests of some rows, list those that wait for a place, and count who holds one.

    Coaches who leave are told here too. `chunk` is the part of the youths that these rows are.
    """
    n_rows, n_budgets, n_events = x.first_of.shape[0], x.budgets.shape[0], w.event_row.shape[0]
    birth, at = s.clock[0]["birth"], s.clock[0]["at_moves"] + w.at_answers[0]
    listed = 2 * first * n_rows
    seats = 2 * last * n_rows
    for p in range(x.pools.shape[0]):
        for b in range(n_budgets + 1):
            x.holders[chunk, p, b] = 0
    for q in range(n_rows):
        d = x.domain_of[q]
        for r in range(first, last):
            pool = -1
            # In a programme's first month everybody who is eligible asks, where so many are admitted at once.
            enter = s.clock[0]["enter"]
            if (
                w.wait[q, r] == 0
                and x.start_pool[q] >= 0
                and c.small[d, r] == 0
                and is_here(x.leaving, s.domains, s.states, c.small, c.when, enter, r, t)
            ):
                pool = x.start_pool[q]
                if x.pools[pool]["start"] != t or x.runs[d] == 0 or w.ask[pool] == 2:
                    pool = -1
            if pool >= 0 and holds_for(
                s.conditions, s.atoms, birth, c.small, c.when, c.slow,
                s.exits[x.pools[pool]["uptake"]]["condition"], r, t,
            ):  # fmt: skip
                w.wait[q, r] = x.pools[pool]["uptake"] + 1
                w.since[q, r] = t
                w.phase[q, r] = 0
                w.target[q, r] = 1
                happens(
                    s.clock, s.bands, n_events, at, c.small, c.when, led.tally, led.log, led.logged, r, t, row, pool,
                    ASKED, w.answers[ASKED],
                )  # fmt: skip
            if w.wait[q, r] != 0:
                key = key_of(given, c.ids, run, first_id, r)
                p = w.state_pool[x.first_of[q] + int(w.target[q, r])]
                reason, since = int(w.wait[q, r]) - 1, int(w.since[q, r])
                salted = x.pools[p]["salt"]
                over = -1  # the answer that ends the request
                told = -1  # an answer that does not
                if since < t:
                    opened = w.phase[q, r] & FOLLOWS != 0 or reason >= s.clock[0]["n_exits"]
                    if not opened and not holds_for(
                        s.conditions, s.atoms, birth, c.small, c.when, c.slow, s.exits[reason]["condition"], r, t
                    ):
                        over = CANCELLED
                    elif uniform(bits(key, salt(t, salted, PATIENCE))) < x.pools[p]["patience"]:
                        over = LEFT
                    else:
                        jump(c.slow, x.latent_of, x.weight, x.pools[p]["wait_begin"], x.pools[p]["wait_end"], r)
                elif x.pools[p]["rule"] != 0:
                    if x.pools[p]["rule"] == 2:
                        truth = holds_for(
                            s.conditions, s.atoms, birth, c.small, c.when, c.slow, x.pools[p]["suited"], r, t
                        )
                        c.small[x.pools[p]["picked"], r] = 1 if judged(x.pools, p, truth, key) else 0
                    pressed = uniform(bits(key, salt(0, salted, PRESSURE))) < x.pools[p]["pressure"]
                    if c.small[x.pools[p]["picked"], r] == 0 and not pressed:
                        over = NOT_SELECTED
                if over < 0 and w.phase[q, r] & DECIDED == 0:
                    payer = pooled_payer(c.small, x.budgets, x.opener_domain, x.out, x.tariff, d, p, r)
                    if payer >= 0:
                        w.phase[q, r] |= DECIDED | ((payer + 1) << PAYER_SHIFT)
                    elif x.pools[p]["decides"] == 0:
                        w.phase[q, r] |= DECIDED
                    elif uniform(bits(key, salt(t, salted, DECISION))) < x.pools[p]["decide"]:
                        laws = case_laws(
                            x.law_conditions, s.conditions, s.atoms, birth, c.small, c.when, c.slow, r, t
                        )
                        stays = 1.0
                        for _ in range(1, laws):
                            stays *= 1.0 - x.pools[p]["passed_on"]
                        if uniform(bits(key, salt(t, salted, PASSING))) < 1.0 - stays:
                            told = PASSED_ON
                            begin, end = x.pools[p]["passed_begin"], x.pools[p]["passed_end"]
                            jump(c.slow, x.latent_of, x.weight, begin, end, r)
                        elif uniform(bits(key, salt(t, salted, REFUSING))) < x.pools[p]["refused"]:
                            over = REFUSED
                            begin, end = x.pools[p]["refused_begin"], x.pools[p]["refused_end"]
                            jump(c.slow, x.latent_of, x.weight, begin, end, r)
                        else:
                            w.phase[q, r] |= DECIDED
                if over >= 0 or told >= 0:
                    what = max(over, told)
                    happens(
                        s.clock, s.bands, n_events, at, c.small, c.when, led.tally, led.log, led.logged, r, t, row, p,
                        what, w.answers[what],
                    )  # fmt: skip
                if over >= 0:
                    forget_request(w.wait, w.phase, w.waiting_row, c.slow, q, p, r)
                elif w.phase[q, r] & DECIDED != 0:
                    x.queue[listed] = r * n_rows + q
                    listed += 1
            p = w.state_pool[x.first_of[q] + int(c.small[d, r])]
            if p >= 0 and is_here(x.leaving, s.domains, s.states, c.small, c.when, enter, r, t):
                if n_budgets > 0:
                    payer = int(w.payer[q, r]) - 1
                    if payer < 0:
                        law = law_of(x.law_spans, p, t - int(c.when[birth, r]))
                        payer = x.law_budget[law] if law >= 0 else -1
                    x.holders[chunk, p, payer if payer >= 0 else n_budgets] += 1
                if w.unit[q, r] < 0 and x.pools[p]["capacity"] < BIG:
                    seats -= 1
                    x.queue[seats] = r * n_rows + q
    x.queued[chunk, 0] = listed - 2 * first * n_rows
    x.queued[chunk, 1] = 2 * last * n_rows - seats
    for k in range(x.teams.shape[0]):
        first_slot, slots, d = x.teams[k]["first_slot"], x.teams[k]["slots"], x.teams[k]["domain"]
        leaving = 0
        for slot in range(first_slot, first_slot + slots):
            leaving += x.slot_left[slot]
        for r in range(first, last if leaving > 0 else first):
            if c.small[d, r] == 1 or c.small[d, r] == 2:
                key = key_of(given, c.ids, run, first_id, r)
                mine = first_slot + int(uniform(bits(key, salt(0, x.teams[k]["salt"], COACH))) * float(slots))
                if x.slot_left[mine] != 0:
                    tell(
                        s.clock, s.bands, n_events, c.small, c.when, led.tally, led.log, led.logged, r, t, row,
                        w.answers[w.answers.shape[0] - 1],
                    )  # fmt: skip
                    jump(c.slow, x.latent_of, x.weight, x.teams[k]["jump_begin"], x.teams[k]["jump_end"], r)


@rule
def tell(
    clock: Any, bands: Any, n_events: int, small: Any, when: Any, tally: Any, log: Any, logged: Any, r: int, t: int,
    row: int, event: int,
) -> None:  # fmt: skip
    """Count an event that is nobody's exit, and write it into the life."""
    if event >= 0:
        band = band_at(bands, t - int(when[clock[0]["birth"], r]))
        tally[row, clock[0]["at_events"] + band * n_events + event] += 1
        if clock[0]["watch"] >= 0 and small[clock[0]["watch"], r]:
            write_log(log, logged, r, t, -1, event, event, -1)
