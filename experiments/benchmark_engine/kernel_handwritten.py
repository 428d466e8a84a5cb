"""The workload as one hand-written Numba kernel, for exactly this table and nothing else.

The ideas are the engine's (keyed luck, thinned clocks, columns), the code is not: everything that the general engine
looks up in tables of declared rules is fixed here. What the engine costs beside it is the price of being general.

Blocks of 512 youths stay in the processor's cache for all months. Each month one hash of 64 bits gives every domain of
a youth 16 bits; only where these fall below the threshold of the youth's own state is anything else looked at. Latents
drift at a constant speed between moves, so they are brought up to date at candidates only; costs at moves only.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numba import njit

from experiments.benchmark_engine.workload import Outcome, Workload, moments

BLOCK = 512
U64 = np.uint64
MOST = 24  # candidates in a month


class Arrays(NamedTuple):
    """The table, dense. G states over all domains, K transitions ordered by global source state."""

    first: np.ndarray  # [5]
    begin: np.ndarray  # [G+1] transitions of a state
    target: np.ndarray  # [K] state within the domain
    share: np.ndarray  # [K] cumulative share of the state's total bound
    bound: np.ndarray  # [K]
    coefficient: np.ndarray  # [K, 6] log h0, E, B, age, male, lvb
    other: np.ndarray  # [K, G] log hazard ratio while in that state
    tail: np.ndarray  # [G, MOST] chance of more than 0, 1, ... candidates
    threshold: np.ndarray  # [G] the first of these, in 1/65536, rounded up
    drift: np.ndarray  # [G, 2]
    cost: np.ndarray  # [G, payers]
    paid: np.ndarray  # [months+1] discount factors, summed up to each month
    start: np.ndarray  # [4, 6] cumulative shares


def arrays(work: Workload) -> Arrays:
    """Bring the table into the kernel's order."""
    ways = sorted(work.ways, key=lambda way: (way.domain, way.source))
    G, K = work.n_states, len(ways)
    source = np.array([work.first[way.domain] + way.source for way in ways])
    begin = np.searchsorted(source, np.arange(G + 1))
    bound = np.array([way.bound * (1 + 1e-12) for way in ways])
    coefficient = np.array([[np.log(w.h0), w.bE, w.bB, w.bA / 120, w.bS, w.bL] for w in ways])
    other = np.zeros((K, G))
    for k, way in enumerate(ways):
        for domain, state, value in way.x:
            other[k, work.first[domain] + state] = value
    share, tail = np.zeros(K), np.zeros((G, MOST))
    for g in range(G):
        own = bound[begin[g] : begin[g + 1]]
        share[begin[g] : begin[g + 1]] = np.cumsum(own) / own.sum()
        share[begin[g + 1] - 1] = 2.0
        chance, below = np.exp(-own.sum()), 0.0
        for j in range(MOST):
            below += chance
            tail[g, j] = max(1.0 - below, 0.0)
            chance *= own.sum() / (j + 1)
    start = np.full((4, 6), 2.0)
    for d, shares in enumerate(work.start):
        start[d, : len(shares) - 1] = np.cumsum(shares)[:-1]
    factors = (1.0 + work.discount) ** (-np.arange(work.months) / 12)
    return Arrays(
        np.array([*work.first, G]), begin, np.array([w.target for w in ways]), share, bound, coefficient, other, tail,
        np.ceil(tail[:, 0] * 65536).astype(np.uint16), np.stack([work.drift_E, work.drift_B], axis=1), work.cost,
        np.concatenate([[0.0], np.cumsum(factors)]), start,
    )


@njit(nogil=True, cache=True, inline="always")
def scramble(z):
    z = (z ^ (z >> U64(30))) * U64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U64(27))) * U64(0x94D049BB133111EB)
    return z ^ (z >> U64(31))


@njit(nogil=True, cache=True, inline="always")
def unit(word):
    return float(word >> U64(11)) * 2.0**-53


@njit(nogil=True, cache=True)
def born(a, seed, row, state, latent, age, male, lvb, p_male, p_lvb, age_low, age_n):
    """Give a new youth age, traits, latents and states."""
    key = scramble(seed ^ (U64(row) * U64(0x9E3779B97F4A7C15)))
    age[row] = age_low + int(unit(scramble(key ^ U64(1))) * age_n)
    male[row] = unit(scramble(key ^ U64(2))) < p_male
    lvb[row] = unit(scramble(key ^ U64(3))) < p_lvb
    for j in range(2):
        latent[j, row] = unit(scramble(key ^ U64(4 + j)))
    for d in range(4):
        u = unit(scramble(key ^ U64(6 + d)))
        s = 0
        while a.start[d, s] <= u:
            s += 1
        state[d, row] = s
    return key


@njit(nogil=True, cache=True)
def chosen(a, d, state, latent, age, male, lvb, row, month, word, u):
    """Return the transition that happens in a domain this month, or -1: the first candidate that is accepted."""
    g = a.first[d] + state[d, row]
    j = 0
    while j < MOST and u < a.tail[g, j]:
        pick = scramble(word + U64(j) * U64(0xD1B54A32D192ED03))
        where = float(pick >> U64(32)) * 2.0**-32
        k = a.begin[g]
        while a.share[k] <= where:
            k += 1
        c = a.coefficient[k]
        eta = c[0] + c[1] * (latent[0, row] - 0.5) + c[2] * (latent[1, row] - 0.5)
        eta += c[3] * (age[row] + month - 216) + c[4] * male[row] + c[5] * lvb[row]
        for e in range(4):
            if e != d:
                eta += a.other[k, a.first[e] + state[e, row]]
        if float(pick & U64(0xFFFFFFFF)) * 2.0**-32 * a.bound[k] < np.exp(eta):
            return k
        j += 1
    return -1


@njit(nogil=True, cache=True, inline="always")
def add_costs(a, state, total, row, start, end):
    """Add the costs of the present states in the months from `start` up to `end`."""
    factor = a.paid[end] - a.paid[start]
    for d in range(4):
        g = a.first[d] + state[d, row]
        for p in range(4):
            total[p, row] += a.cost[g, p] * factor


@njit(nogil=True, cache=True, inline="always")
def set_speed(a, state, row, speed, i):
    """Set the drift per month of both latents in the present states."""
    for j in range(2):
        speed[j, i] = 0.0
        for d in range(4):
            speed[j, i] += a.drift[a.first[d] + state[d, row], j]


@njit(nogil=True, cache=True)
def live(a, seed, first, last, months, p_male, p_lvb, age_low, age_n, state, latent, age, male, lvb, total, change):
    """Let the youths [first, last) live all months; `change` gets the changes of the numbers per state and month."""
    key = np.empty(BLOCK, np.uint64)
    lane = np.empty((4, BLOCK), np.uint16)
    threshold = np.empty((4, BLOCK), np.uint16)
    found = np.empty(BLOCK + 1, np.int64)
    lived = np.empty(BLOCK, np.int64)  # months of drift that the latents have had
    paid = np.empty(BLOCK, np.int64)  # months that are in the totals
    speed = np.empty((2, BLOCK))
    for block in range(first, last, BLOCK):
        n = min(BLOCK, last - block)
        for i in range(n):
            row = block + i
            key[i] = born(a, seed, row, state, latent, age, male, lvb, p_male, p_lvb, age_low, age_n)
            lived[i] = paid[i] = 0
            set_speed(a, state, row, speed, i)
            for d in range(4):
                threshold[d, i] = a.threshold[a.first[d] + state[d, row]]
                change[0, a.first[d] + state[d, row]] += 1
        for month in range(months):
            salted = scramble(U64(month + 1) * U64(0x8CB92BA72F3D8DD7))
            for i in range(n):
                word = scramble(key[i] ^ salted)
                lane[0, i] = np.uint16(word & U64(0xFFFF))
                lane[1, i] = np.uint16((word >> U64(16)) & U64(0xFFFF))
                lane[2, i] = np.uint16((word >> U64(32)) & U64(0xFFFF))
                lane[3, i] = np.uint16(word >> U64(48))
            for d in range(4):
                m = 0
                for i in range(n):
                    found[m] = i
                    m += lane[d, i] < threshold[d, i]
                for f in range(m):
                    i = found[f]
                    row = block + i
                    more = scramble(key[i] ^ scramble(salted + U64(d + 1)))
                    u = (float(lane[d, i]) + unit(more)) / 65536.0
                    if u >= a.tail[a.first[d] + state[d, row], 0]:
                        continue
                    # The month's own drift comes before its moves, by the states at its start.
                    for j in range(2):
                        x = latent[j, row] + speed[j, i] * (month + 1 - lived[i])
                        latent[j, row] = min(max(x, 0.0), 1.0)
                    lived[i] = month + 1
                    k = chosen(a, d, state, latent, age, male, lvb, row, month, scramble(more), u)
                    if k >= 0:
                        g, h = a.first[d] + state[d, row], a.first[d] + a.target[k]
                        add_costs(a, state, total, row, paid[i], month)  # a month's costs are those after its moves
                        paid[i] = month
                        change[month, g] -= 1
                        change[month, h] += 1
                        state[d, row] = a.target[k]
                        threshold[d, i] = a.threshold[h]
                        set_speed(a, state, row, speed, i)
        for i in range(n):
            add_costs(a, state, total, block + i, paid[i], months)


def prepare(work: Workload, n: int, seed: int = 1, threads: int = 1) -> Callable[[], Outcome]:
    """Make room for n youths; the returned function gives them their traits and lives all their months."""
    a = arrays(work)
    state = np.zeros((4, n), np.uint8)
    latent = np.zeros((2, n), np.float32)
    age = np.zeros(n, np.int16)
    male, lvb = np.zeros(n, np.uint8), np.zeros(n, np.uint8)
    total = np.zeros((len(work.payers), n), np.float32)
    blocks = -(-n // BLOCK)
    edges = [min(blocks * j // threads * BLOCK, n) for j in range(threads + 1)]
    change = np.zeros((threads, work.months, work.n_states), np.int64)
    ages = work.age0[0], work.age0[1] - work.age0[0] + 1

    def part(j: int) -> None:
        live(
            a, U64(seed), edges[j], edges[j + 1], work.months, work.p_male, work.p_lvb, *ages,
            state, latent, age, male, lvb, total, change[j],
        )

    def all_parts() -> Outcome:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, range(threads)))
        return Outcome(n, np.cumsum(change.sum(axis=0), axis=0), *moments(total))

    return all_parts
