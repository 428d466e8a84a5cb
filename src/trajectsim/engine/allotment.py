"""Giving places at the end of a month: who is served first, which unit takes them, and what a budget can pay.

One youth or outsider at a time, in the stated order, while places are free. Nothing is given that does not exist.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectsim.engine.jit import compiled, rule
from trajectsim.engine.kernel import BLOCK
from trajectsim.engine.luck import bits, mix, salt, uniform
from trajectsim.engine.moves import answer, forget_request, happens
from trajectsim.engine.phases import (
    SERVICE,
    TIE,
    UNIT,
    is_suited,
    key_of,
    law_of,
    unit_free,
)
from trajectsim.engine.shared import DECIDED, FIRST_COME, GRANT, LOTTERY, NO_MONEY, TAKEN
from trajectsim.engine.tables import LATENT_ONE

__all__ = ["allot", "sort_by_rank"]

U64 = np.uint64
_GOLD = U64(0x9E3779B97F4A7C15)
_NEED_SPAN = 64.0
BIG = 1e14


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
def _rank_of(c: Any, w: Any, x: Any, p: int, q: int, r: int, t: int, key: np.uint64) -> np.uint64:
    """Return a youth's place in the queue as a number: the lowest is served first."""
    pool = x.pools[p]
    since = int(w.since[q, r])
    if pool["order"] == LOTTERY:
        return bits(key, salt(t, pool["salt"], TIE))
    tie = bits(key, salt(since, pool["salt"], TIE))
    if pool["order"] == FIRST_COME:
        return (U64(since + 32768) << U64(48)) | (tie >> U64(16))
    score = 0.0
    for j in range(pool["need_begin"], pool["need_end"]):
        score += x.weight[j] * float(c.slow[x.latent_of[j], r]) / float(LATENT_ONE)
    share = min(max((_NEED_SPAN - score) / (2.0 * _NEED_SPAN), 0.0), 0.999999999)
    return (U64(int(share * 4294967296.0)) << U64(32)) | (tie >> U64(32))


@rule
def _open_units(w: Any, x: Any, p: int, month: int) -> int:
    """List a provision's units that have room this month; return how many."""
    n = 0
    for u in range(x.pools[p]["unit_first"], x.pools[p]["unit_first"] + x.pools[p]["units"]):
        free = unit_free(w, x, p, u, month)
        if free > 0:
            x.open_units[n] = u
            x.free_of[n] = free
            n += 1
    return n


@rule
def _take_unit(x: Any, n: int, word: np.uint64) -> int:
    """Return the place in the list of a unit with room, by luck."""
    return int(uniform(word) * float(n))


@rule
def _close_place(x: Any, at: int, n: int) -> int:
    """Take one place of a listed unit; return how many units are left with room."""
    x.filled[x.open_units[at]] += 1
    x.free_of[at] -= 1
    if x.free_of[at] > 0:
        return n
    x.open_units[at] = x.open_units[n - 1]
    x.free_of[at] = x.free_of[n - 1]
    return n - 1


@rule
def _committed(x: Any, b: int, steps_left: int) -> int:
    """Return the cents that those who hold a place will cost a budget in the rest of its year."""
    total = 0
    for p in range(x.pools.shape[0]):
        if x.tariff[b, p] > 0:
            for chunk in range(x.holders.shape[0]):
                total += x.holders[chunk, p, b] * x.tariff[b, p] * steps_left
    return total


@rule
def _seat(s: Any, c: Any, w: Any, x: Any, work: Any, run: np.uint64, first_id: int, month: int, chunk_rows: int) -> None:
    """Find a unit for youths who came to a place without asking: from the start, while places abounded, or by law."""
    n_rows = w.first_of.shape[0]
    for chunk in range(x.queued.shape[0]):
        last = min((chunk + 1) * chunk_rows, c.small.shape[1])
        for j in range(x.queued[chunk, 1]):
            entry = x.queue[2 * last * n_rows - 1 - j]
            r, q = entry // n_rows, entry % n_rows
            d = _domain_of(s, w, q)
            p = w.state_pool[w.first_of[q] + int(c.small[d, r])]
            pool = x.pools[p]
            n = pool["units"]
            at = int(uniform(bits(key_of(c, work, run, first_id, r), salt(0, pool["salt"], UNIT))) * float(n))
            for k in range(n):  # the next with room; where none has any, the law makes one
                u = pool["unit_first"] + (at + k) % n
                if unit_free(w, x, p, u, month) > 0:
                    break
                if k == n - 1:
                    u = pool["unit_first"] + at
            w.unit[q, r] = u
            x.filled[u] += 1


@rule
def _domain_of(s: Any, w: Any, q: int) -> int:
    d = 0
    while w.domain_row[d] != q:
        d += 1
    return d


@compiled
def allot(
    s: Any, c: Any, w: Any, x: Any, led: Any, work: Any, run: np.uint64, first_id: int, t: int, row: int,
    chunk_rows: int, starting: bool,
) -> int:  # fmt: skip
    """Give the places of step t to those who wait; return how many youths were granted one.

    `starting`: only find units for those who hold a place at the start. Granted requests are marked; the kernel carries
    them out (`granting`).
    """
    spy = s.clock[0]["steps_per_year"]
    month = (s.clock[0]["season_start"] + t) * 12 // spy % 12
    n_rows = w.first_of.shape[0]
    n_budgets = x.budgets.shape[0]
    for chunk in range(x.all_freed.shape[0]):
        for u in range(x.all_freed.shape[1]):
            x.filled[u] -= x.all_freed[chunk, u]
            x.memory[u] += x.all_trouble[chunk, u]
            x.all_freed[chunk, u] = 0
            x.all_trouble[chunk, u] = 0.0
    _seat(s, c, w, x, work, run, first_id, month, chunk_rows)
    if starting:
        return 0
    steps_left = spy - 1 - (s.clock[0]["season_start"] + t) % spy
    for b in range(n_budgets):
        cents = _committed(x, b, 1)
        x.spent[b] += cents
        x.paid[t, b, 0] += cents
    granted = 0
    for p in range(x.pools.shape[0]):
        granted += _serve(s, c, w, x, led, work, run, first_id, t, row, p, month, steps_left, chunk_rows, n_rows)
    return granted


@rule
def _serve(
    s: Any, c: Any, w: Any, x: Any, led: Any, work: Any, run: np.uint64, first_id: int, t: int, row: int, p: int,
    month: int, steps_left: int, chunk_rows: int, n_rows: int,
) -> int:  # fmt: skip
    """Serve the queue of one provision; return how many youths were granted a place."""
    pool = x.pools[p]
    q = pool["row"]
    n = 0
    for chunk in range(x.queued.shape[0]):
        begin = 2 * chunk * chunk_rows * n_rows
        for j in range(x.queued[chunk, 0]):
            entry = x.queue[begin + j]
            r = entry // n_rows
            if entry % n_rows == q and w.state_pool[w.first_of[q] + int(w.target[q, r])] == p:
                x.order[n] = r
                n += 1
    others = 0
    earliest = 0
    if pool["arrivals"] > 0.0:
        for k in range(t + 1):
            others += x.others_waiting[p, k]
    scarce = pool["capacity"] < BIG
    units = _open_units(w, x, p, month) if scarce else 0
    total = 0
    for k in range(units):
        total += x.free_of[k]
    if pool["first_month"] >= 0 and t == pool["start"]:
        total = min(total, pool["first_month"])
    money = _has_cap(w, x, p)
    if n > 1 and (scarce or money) and (total < n + others or money or others > 0):
        for j in range(n):
            key = key_of(c, work, run, first_id, x.order[j])
            x.rank[j] = _rank_of(c, w, x, p, q, x.order[j], t, key)
        sort_by_rank(x.rank, x.order, n)
    granted = 0
    y = 0
    turn = 0
    while y < n or others > 0:
        if scarce and total == 0:
            break
        if others > 0:
            while x.others_waiting[p, earliest] == 0:
                earliest += 1
            turn += 1
            luck = uniform(mix(run ^ (salt(t, pool["salt"], SERVICE) + U64(turn) * _GOLD)))
            if _others_first(w, x, p, q, y, n, others, earliest, luck, pool["order"]):
                x.others_waiting[p, earliest] -= 1
                others -= 1
                x.kept[t, p, 4] += 1
                x.kept[t, p, 5] += t - earliest
                if scarce:
                    at = _take_unit(x, units, mix(run ^ (salt(t, pool["salt"], UNIT + 16) + U64(turn) * _GOLD)))
                    x.others[x.open_units[at]] += 1
                    units = _close_place(x, at, units)
                    total -= 1
                continue
        r = x.order[y]
        y += 1
        if not _paid_for(s, c, w, x, p, q, r, t, steps_left):
            answer(s.clock, w, led.tally, row, p, NO_MONEY)
            continue
        if scarce:
            key = key_of(c, work, run, first_id, r)
            at = _take_unit(x, units, bits(key, salt(t, pool["salt"], UNIT)))
            w.unit[q, r] = x.open_units[at]
            units = _close_place(x, at, units)
            total -= 1
        if pool["unsuited"] >= 0:
            c.small[pool["unsuited"], r] = 0 if is_suited(s, c, pool["suited"], r, t) else 1
        w.phase[q, r] |= GRANT
        x.granted[r // BLOCK] = 1
        x.kept[t, p, 1] += 1
        x.kept[t, p, 2] += t - int(w.since[q, r])
        granted += 1
    for j in range(y, n):
        r = x.order[j]
        if int(w.since[q, r]) == t:
            happens(s.clock, w, c, led, r, t, row, p, TAKEN, w.answers[TAKEN])
    x.kept[t, p, 0] += n - granted
    filled = 0
    for u in range(pool["unit_first"], pool["unit_first"] + pool["units"]):
        filled += x.filled[u]
    x.kept[t, p, 7] = filled
    return granted


@rule
def _others_first(
    w: Any, x: Any, p: int, q: int, y: int, n: int, others: int, earliest: int, luck: float, order: int
) -> bool:
    """Return whether the next place goes to somebody else in the town: who asked first, or by luck among equals."""
    if y >= n:
        return True
    if order != FIRST_COME:
        return luck * float(n - y + others) < float(others)
    since = int(w.since[q, x.order[y]])
    if since != earliest:
        return earliest < since
    same = 0
    while y + same < n and int(w.since[q, x.order[y + same]]) == since:
        same += 1
    rivals = int(x.others_waiting[p, earliest])
    return luck * float(same + rivals) < float(rivals)


@rule
def _has_cap(w: Any, x: Any, p: int) -> bool:
    for b in range(x.budgets.shape[0]):
        if x.budgets[b]["cap"] >= 0 and x.tariff[b, p] > 0:
            return True
    return False


@rule
def _paid_for(s: Any, c: Any, w: Any, x: Any, p: int, q: int, r: int, t: int, steps_left: int) -> bool:
    """Return whether the budget that pays can bear a youth until the end of its year; it is then set aside."""
    b = int(w.payer[q, r]) - 1
    if b < 0:
        law = law_of(x, p, t + 1 - int(c.when[s.clock[0]["birth"], r]))
        b = x.law_budget[law] if law >= 0 else -1
    if b < 0 or x.tariff[b, p] <= 0:
        return True
    cap = x.budgets[b]["cap"]
    need = x.tariff[b, p] * steps_left
    if cap >= 0 and x.spent[b] + _committed(x, b, steps_left) + need > cap:
        x.paid[t, b, 1] += 1
        if x.out[b] < 0:
            x.out[b] = t
        if x.budgets[b]["pooled"] != 0:  # back to the desks of the laws
            w.payer[q, r] = 0
            w.phase[q, r] &= 255 - DECIDED
        return False
    x.holders[0, p, b] += 1
    return True
