"""The workload in vectorised NumPy: columns, one pass per domain and state each month."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from experiments.benchmark_engine.workload import DOMAINS, Outcome, Way, Workload


def prepare(work: Workload, n: int, seed: int = 1) -> Callable[[], Outcome]:
    """Make n youths; the returned function lives all their months."""
    rng = np.random.default_rng(seed)
    age = rng.integers(work.age0[0], work.age0[1] + 1, n).astype(np.int16)
    male, lvb = rng.random(n) < work.p_male, rng.random(n) < work.p_lvb
    E, B = rng.random(n), rng.random(n)
    state = np.empty((len(DOMAINS), n), np.uint8)
    for d, shares in enumerate(work.start):
        state[d] = np.searchsorted(np.cumsum(shares)[:-1], rng.random(n), side="right")
    return partial(_live, work, rng, age, male, lvb, E, B, state)


def _live(
    work: Workload, rng: np.random.Generator, age: np.ndarray, male: np.ndarray, lvb: np.ndarray, E: np.ndarray,
    B: np.ndarray, state: np.ndarray,
) -> Outcome:
    n = len(age)
    leaving = [
        [[way for way in work.ways if (way.domain, way.source) == (d, s)] for s in range(len(names))]
        for d, names in enumerate(work.states)
    ]
    cost = np.zeros((n, len(work.payers)))
    occupancy = np.zeros((work.months, work.n_states), np.int64)
    for month in range(work.months):
        dE, dB = np.zeros(n), np.zeros(n)
        for d, first in enumerate(work.first):
            dE += work.drift_E[first + state[d]]
            dB += work.drift_B[first + state[d]]
        E = np.clip(E + dE, 0.0, 1.0)
        B = np.clip(B + dB, 0.0, 1.0)
        for d, by_source in enumerate(leaving):
            before = state[d].copy()
            for s, ways in enumerate(by_source):
                rows = np.flatnonzero(before == s)
                hazards = np.stack([_hazard(way, rows, E, B, age, male, lvb, state) for way in ways])
                total = hazards.sum(axis=0)
                moves = rng.random(len(rows)) < -np.expm1(-total)
                below = np.cumsum(hazards[:, moves], axis=0) <= rng.random(int(moves.sum())) * total[moves]
                targets = np.array([way.target for way in ways], np.uint8)
                state[d, rows[moves]] = targets[np.minimum(below.sum(axis=0), len(ways) - 1)]
        factor = (1.0 + work.discount) ** (-month / 12)
        for d, first in enumerate(work.first):
            cost += work.cost[first + state[d]] * factor
            occupancy[month, first : first + len(work.states[d])] = np.bincount(state[d], minlength=len(work.states[d]))
        age += 1
    return Outcome(n, occupancy, cost.mean(axis=0), cost.std(axis=0))


def _hazard(
    way: Way, rows: np.ndarray, E: np.ndarray, B: np.ndarray, age: np.ndarray, male: np.ndarray, lvb: np.ndarray,
    state: np.ndarray,
) -> np.ndarray:
    eta = way.bE * (E[rows] - 0.5) + way.bB * (B[rows] - 0.5) + way.bA * (age[rows] - 216.0) / 120
    eta += way.bS * male[rows] + way.bL * lvb[rows]
    for domain, other, value in way.x:
        eta += value * (state[domain, rows] == other)
    return way.h0 * np.exp(eta)
