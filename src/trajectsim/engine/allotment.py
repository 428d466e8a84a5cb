"""Giving places at the end of a month: who is served first, which unit takes them, and what a budget can pay.

One youth or outsider at a time, in the stated order, while places are free. Nothing is given that does not exist.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectsim.engine.jit import inlined, rule
from trajectsim.engine.kernel import BLOCK
from trajectsim.engine.luck import bits, mix, salt, uniform
from trajectsim.engine.moves import answer, happens
from trajectsim.engine.phases import BIG, HAIR, SERVICE, TIE, UNIT, holds_for, key_of, law_of
from trajectsim.engine.shared import FIRST_COME, FOLLOWS, GRANT, LOTTERY, NO_MONEY, PAYER_SHIFT, TAKEN
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE

__all__ = ["allot", "sort_by_rank"]

U64 = np.uint64
_GOLD = U64(0x9E3779B97F4A7C15)
_NEED_SPAN = 64.0


@rule
def sort_by_rank(rank: Any, order: Any, n: int) -> None:
    """Sort the first n of `rank` (and `order` with it), rising; ties by `order`. Heapsort: in place, no worst case."""
    for start in range(n // 2 - 1, -1, -1):
        _sift(rank, order, start, n)
    for end in range(n - 1, 0, -1):
        rank[0], rank[end] = rank[end], rank[0]
        order[0], order[end] = order[end], order[0]
        _sift(rank, order, 0, end)


@rule
def _sift(rank: Any, order: Any, root: int, end: int) -> None:
    while True:
        child = 2 * root + 1
        if child >= end:
            return
        if child + 1 < end and (
            rank[child] < rank[child + 1] or (rank[child] == rank[child + 1] and order[child] < order[child + 1])
        ):
            child += 1
        if rank[root] < rank[child] or (rank[root] == rank[child] and order[root] < order[child]):
            rank[root], rank[child] = rank[child], rank[root]
            order[root], order[child] = order[child], order[root]
            root = child
        else:
            return


@rule
def _rank_of(
    pools: Any, latent_of: Any, weight: Any, slow: Any, p: int, since: int, r: int, t: int, key: np.uint64
) -> np.uint64:
    """Return a youth's place in the queue as a number: the lowest is served first."""
    if pools[p]["order"] == LOTTERY:
        return bits(key, salt(t, pools[p]["salt"], TIE))
    tie = bits(key, salt(since, pools[p]["salt"], TIE))
    if pools[p]["order"] == FIRST_COME:
        return (U64(since + 32768) << U64(48)) | (tie >> U64(16))
    score = 0.0
    for j in range(pools[p]["need_begin"], pools[p]["need_end"]):
        score += weight[j] * float(slow[latent_of[j], r]) / float(LATENT_ONE)
    share = min(max((_NEED_SPAN - score) / (2.0 * _NEED_SPAN), 0.0), 0.999999999)
    return (U64(int(share * 4294967296.0)) << U64(32)) | (tie >> U64(32))


@rule
def _list_units(pools: Any, memory: Any, room: Any, filled: Any, units: Any, free_of: Any, p: int) -> int:
    """List a provision's units that have room and have not had too much trouble, this month's too; return how many."""
    n = 0
    for u in range(pools[p]["unit_first"], pools[p]["unit_first"] + pools[p]["units"]):
        if room[u] > filled[u] and memory[u] <= pools[p]["tolerance"] + HAIR:
            units[n] = u
            free_of[n] = room[u] - filled[u]
            n += 1
    return n


@rule
def _close_place(filled: Any, units: Any, free_of: Any, at: int, n: int) -> int:
    """Take one place of a listed unit; return how many units are left with room."""
    filled[units[at]] += 1
    free_of[at] -= 1
    if free_of[at] > 0:
        return n
    units[at] = units[n - 1]
    free_of[at] = free_of[n - 1]
    return n - 1


@rule
def _committed(tariff: Any, holders: Any, b: int, steps: int) -> int:
    """Return the cents that those who hold a place will cost a budget in so many steps."""
    total = 0
    for p in range(tariff.shape[1]):
        if tariff[b, p] > 0:
            for chunk in range(holders.shape[0]):
                total += holders[chunk, p, b] * tariff[b, p] * steps
    return total


@rule
def _others_first(
    since: int, waiting: Any, same: int, left: int, others: int, earliest: int, luck: float, rule_: int
) -> bool:
    """Return whether the next place goes to somebody else in the town: who asked first, or by luck among equals.

    `since`: when the next youth asked; `same`: youths who asked then; `left`: all youths not yet served.
    """
    if left == 0:
        return True
    if rule_ != FIRST_COME:
        return luck * float(left + others) < float(others)
    if since != earliest:
        return earliest < since
    return luck * float(same + waiting[earliest]) < float(waiting[earliest])


@rule
def _has_cap(budgets: Any, tariff: Any, p: int) -> bool:
    capped = 0
    for b in range(budgets.shape[0]):
        capped += budgets[b]["cap"] >= 0 and tariff[b, p] > 0
    return capped > 0


@inlined
def allot(
    s: Any, c: Any, w: Any, x: Any, led: Any, given: Any, run: np.uint64, first_id: int, t: int, row: int,
    chunk_rows: int, starting: bool,
) -> int:  # fmt: skip
    """Give the places of step t to those who wait; return how many youths were granted one.

    `starting`: only find units for those who hold a place at the start. Granted requests are marked; the kernel carries
    them out (`granting`).
    """
    spy, birth = s.clock[0]["steps_per_year"], s.clock[0]["birth"]
    at_answers = s.clock[0]["at_moves"] + w.at_answers[0]
    n_rows, n_events = x.first_of.shape[0], w.event_row.shape[0]
    for chunk in range(x.all_freed.shape[0]):
        for u in range(x.all_freed.shape[1]):
            x.filled[u] -= x.all_freed[chunk, u]
            x.memory[u] += float(x.all_trouble[chunk, u]) / NUMBER_ONE
            x.all_freed[chunk, u] = 0
            x.all_trouble[chunk, u] = 0
    # Units for youths who came to a place without asking: from the start, while places abounded, or by law.
    seats = 0
    for chunk in range(x.queued.shape[0]):
        seats += x.queued[chunk, 1]
    for p in range(x.pools.shape[0] if seats > 0 else 0):
        q = x.pools[p]["row"]
        n = 0
        for chunk in range(x.queued.shape[0]):
            end = 2 * min((chunk + 1) * chunk_rows, c.small.shape[1]) * n_rows
            for j in range(x.queued[chunk, 1]):
                r = x.queue[end - 1 - j] // n_rows
                here = w.state_pool[x.first_of[q] + int(c.small[x.domain_of[q], r])]
                if x.queue[end - 1 - j] % n_rows == q and here == p:
                    x.order[n] = r
                    x.rank[n] = bits(key_of(given, c.ids, run, first_id, r), salt(0, x.pools[p]["salt"], UNIT))
                    n += 1
        sort_by_rank(x.rank, x.order, n)
        units = _list_units(x.pools, x.memory, x.room, x.filled, x.open_units, x.free_of, p)
        for j in range(n):
            r = x.order[j]
            luck = uniform(mix(x.rank[j]))
            if units > 0:
                at = int(luck * float(units))
                w.unit[q, r] = x.open_units[at]
                units = _close_place(x.filled, x.open_units, x.free_of, at, units)
            else:  # where none has room, the law makes some
                w.unit[q, r] = x.pools[p]["unit_first"] + int(luck * float(x.pools[p]["units"]))
                x.filled[w.unit[q, r]] += 1
    steps_left = spy - 1 - (s.clock[0]["season_start"] + t) % spy
    for b in range(0 if starting else x.budgets.shape[0]):
        cents = _committed(x.tariff, x.holders, b, 1)
        x.spent[b] += cents
        x.paid[t, b, 0] += cents
    all_granted = 0
    for p in range(0 if starting else x.pools.shape[0]):
        q = x.pools[p]["row"]
        n = 0
        for chunk in range(x.queued.shape[0]):
            begin = 2 * chunk * chunk_rows * n_rows
            for j in range(x.queued[chunk, 0]):
                r = x.queue[begin + j] // n_rows
                if x.queue[begin + j] % n_rows == q and w.state_pool[x.first_of[q] + int(w.target[q, r])] == p:
                    x.order[n] = r
                    n += 1
        others = 0
        earliest = x.others_from[p]
        if x.pools[p]["arrivals"] > 0.0:
            for k in range(earliest, t + 1):
                others += x.others_waiting[p, k]
        scarce = x.pools[p]["capacity"] < BIG
        units = _list_units(x.pools, x.memory, x.room, x.filled, x.open_units, x.free_of, p) if scarce else 0
        total = 0
        for k in range(units):
            total += x.free_of[k]
        if x.pools[p]["first_month"] >= 0 and t == x.pools[p]["start"]:
            total = min(total, x.pools[p]["first_month"])
        if n > 1 and (scarce or _has_cap(x.budgets, x.tariff, p)):
            for j in range(n):
                r = x.order[j]
                key = key_of(given, c.ids, run, first_id, r)
                since = int(w.since[q, r])
                x.rank[j] = _rank_of(x.pools, x.latent_of, x.weight, c.slow, p, since, r, t, key)
            sort_by_rank(x.rank, x.order, n)
        granted = 0
        y = 0
        turn = 0
        asked = 0
        same_until = 0
        while (y < n or others > 0) and (not scarce or total > 0):
            first = False
            turn += 1
            if others > 0:
                while x.others_waiting[p, earliest] == 0:
                    earliest += 1
                luck = uniform(mix(run ^ (salt(t, x.pools[p]["salt"], SERVICE) + U64(turn) * _GOLD)))
                if y < n and y >= same_until:
                    asked = int(w.since[q, x.order[y]])
                    same_until = y + 1
                    while same_until < n and int(w.since[q, x.order[same_until]]) == asked:
                        same_until += 1
                first = _others_first(
                    asked, x.others_waiting[p], same_until - y, n - y, others, earliest, luck, x.pools[p]["order"]
                )
            if first:
                x.others_waiting[p, earliest] -= 1
                others -= 1
                x.kept[t, p, 4] += 1
                x.kept[t, p, 5] += t - earliest
                word = mix(run ^ (salt(t, x.pools[p]["salt"], UNIT + 16) + U64(turn) * _GOLD))
            else:
                r = x.order[y]
                y += 1
                # The budget that pays: a pooled one that took the request, or that of the law at this age.
                b = (int(w.phase[q, r]) >> PAYER_SHIFT) - 1
                if b < 0:
                    law = law_of(x.law_spans, p, t + 1 - int(c.when[birth, r]))
                    b = x.law_budget[law] if law >= 0 else -1
                if b >= 0 and x.tariff[b, p] > 0:
                    # Until the end of its year, and for a whole one after it: nobody may leave before then.
                    month_cost = _committed(x.tariff, x.holders, b, 1) + x.tariff[b, p]
                    need = max(x.spent[b] + month_cost * steps_left, month_cost * spy)
                    if x.budgets[b]["cap"] >= 0 and need > x.budgets[b]["cap"]:
                        x.paid[t, b, 1] += 1
                        if x.out[b] < 0:
                            x.out[b] = t
                        if x.budgets[b]["pooled"] != 0:  # back to the desks of the laws
                            w.phase[q, r] &= FOLLOWS
                        answer(at_answers, led.tally, row, p, NO_MONEY)
                        continue
                    x.holders[0, p, b] += 1
                if x.pools[p]["unsuited"] >= 0:
                    suits = holds_for(
                        s.conditions, s.atoms, birth, c.small, c.when, c.slow, x.pools[p]["suited"], r, t
                    )
                    c.small[x.pools[p]["unsuited"], r] = 0 if suits else 1
                    x.kept[t, p, 9] += 0 if suits else 1
                w.phase[q, r] |= GRANT
                x.granted[r // BLOCK] = 1
                x.kept[t, p, 1] += 1
                x.kept[t, p, 2] += t - int(w.since[q, r])
                granted += 1
                word = bits(key_of(given, c.ids, run, first_id, r), salt(t, x.pools[p]["salt"], UNIT))
            if scarce:
                at = int(uniform(word) * float(units))
                if first:
                    x.others[x.open_units[at]] += 1
                else:
                    if w.unit[q, r] >= 0:  # the place that is given up for this one
                        x.all_freed[0, w.unit[q, r]] += 1
                        held = w.state_pool[x.first_of[q] + int(c.small[x.domain_of[q], r])]
                        x.all_trouble[0, w.unit[q, r]] += w.failures[int(w.wait[q, r]) - 1, held]
                    w.unit[q, r] = -2 - x.open_units[at]  # the kernel makes it the youth's own
                units = _close_place(x.filled, x.open_units, x.free_of, at, units)
                total -= 1
        x.others_from[p] = earliest if others > 0 else t
        for j in range(y, n):
            r = x.order[j]
            if int(w.since[q, r]) == t:
                happens(
                    s.clock, s.bands, n_events, at_answers, c.small, c.when, led.tally, led.log, led.logged, r, t, row,
                    p, TAKEN, w.answers[TAKEN],
                )  # fmt: skip
        x.kept[t, p, 0] += n - granted
        for u in range(x.pools[p]["unit_first"], x.pools[p]["unit_first"] + x.pools[p]["units"]):
            x.kept[t, p, 7] += x.filled[u]
        all_granted += granted
    return all_granted
