"""The workload all implementations run: the table `youth4.json` as arrays, and the form of what each must count.

Every number in the table is invented for timing; none is an estimate of anything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

TABLE = Path(__file__).with_name("youth4.json")
DOMAINS = ("activity", "care", "justice", "income")


@dataclass(frozen=True)
class Way:
    """One transition: from a state of a domain to another, its hazard per month and coefficients."""

    domain: int
    source: int  # state within the domain
    target: int
    h0: float
    bE: float
    bB: float
    bA: float
    bS: float
    bL: float
    x: tuple[tuple[int, int, float], ...]  # (domain, state, log hazard ratio)

    @property
    def bound(self) -> float:
        """Largest hazard over E and B in [0, 1], ages 192 to 359 months, sex, lvb and the states of other domains."""
        eta = abs(self.bE) / 2 + abs(self.bB) / 2
        eta += max(self.bA * (192 - 216) / 120, self.bA * (359 - 216) / 120)
        eta += max(self.bS, 0.0) + max(self.bL, 0.0)
        for domain in {d for d, _, _ in self.x}:
            eta += max(0.0, *(value for d, _, value in self.x if d == domain))
        return self.h0 * float(np.exp(eta))


@dataclass(frozen=True)
class Workload:
    """The table as arrays; S states over all domains in the order of the table."""

    months: int
    age0: tuple[int, int]  # first and last age in months at the start
    p_male: float
    p_lvb: float
    discount: float
    states: tuple[tuple[str, ...], ...]  # per domain
    first: tuple[int, ...]  # first global state of each domain
    start: tuple[np.ndarray, ...]  # shares per domain
    drift_E: np.ndarray  # [S]
    drift_B: np.ndarray  # [S]
    ways: tuple[Way, ...]
    payers: tuple[str, ...]
    cost: np.ndarray  # [S, payers] per month

    @property
    def n_states(self) -> int:
        return sum(len(names) for names in self.states)

    @property
    def labels(self) -> list[str]:
        """`domain.state` of every state."""
        return [f"{d}.{s}" for d, names in zip(DOMAINS, self.states, strict=True) for s in names]


@dataclass(frozen=True)
class Outcome:
    """What a run counted.

    Attributes:
        occupancy: [months, S] youths per state after each month's moves.
        cost_mean, cost_sd: [payers] discounted cost per youth: mean, and standard deviation over youths.
    """

    n: int
    occupancy: np.ndarray
    cost_mean: np.ndarray
    cost_sd: np.ndarray


def moments(costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over the last axis, in chunks so that no memory grows with the youths."""
    n, chunk = costs.shape[1], 1 << 16
    starts = range(0, n, chunk)
    mean = sum(costs[:, a : a + chunk].sum(axis=1, dtype=np.float64) for a in starts) / n
    square = sum(((costs[:, a : a + chunk] - mean[:, None]) ** 2).sum(axis=1) for a in starts) / n
    return mean, np.sqrt(square)


def read(path: Path = TABLE) -> Workload:
    """Read the table."""
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    states = tuple(tuple(raw["domains"][d]) for d in DOMAINS)
    first = tuple(int(i) for i in np.cumsum([0, *(len(s) for s in states)])[:-1])

    def place(name: str) -> tuple[int, int]:
        domain, state = name.split(":")
        return DOMAINS.index(domain), states[DOMAINS.index(domain)].index(state)

    def drift(which: str) -> np.ndarray:
        out = np.zeros(sum(len(s) for s in states))
        for name, value in raw["drift"][which].items():
            d, s = place(name)
            out[first[d] + s] = value
        return out

    ways = [
        Way(
            d, states[d].index(source), states[d].index(way["to"]), way["h0"],
            way["bE"], way["bB"], way["bA"], way["bS"], way["bL"],
            tuple((*place(name), value) for name, value in way["x"].items()),
        )
        for d, domain in enumerate(DOMAINS)
        for source, listed in raw["transitions"][domain].items()
        for way in listed
    ]
    cost = np.zeros((sum(len(s) for s in states), len(raw["payers"])))
    for domain, rows in raw["cost"].items():
        for state, row in rows.items():
            d, s = place(f"{domain}:{state}")
            cost[first[d] + s] = row
    return Workload(
        raw["months"], tuple(raw["age0"]), raw["p_male"], raw["p_lvb"], raw["discount_per_year"], states, first,
        tuple(np.array(raw["init"][d]) for d in DOMAINS), drift("E"), drift("B"), tuple(ways), tuple(raw["payers"]),
        cost,
    )
