"""Whether two implementations of the workload agree, up to chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from experiments.benchmark_engine.workload import DOMAINS, Outcome, Workload

MONTHS = (0, 11, 47, 143)
ERRORS = 4.0
CHANCE = 1e-5


@dataclass(frozen=True)
class Verdict:
    """Smallest p-value of the tests of states; largest difference of mean costs, in standard errors."""

    p_value: float
    cost_errors: float

    @property
    def agrees(self) -> bool:
        return self.p_value > CHANCE and self.cost_errors < ERRORS


def compare(work: Workload, one: Outcome, other: Outcome) -> Verdict:
    """Compare two outcomes: a two-sample chi-square test per domain in each of four months, and costs per payer."""
    p_values = []
    for month in MONTHS:
        if month >= len(one.occupancy):
            continue
        for d in range(len(DOMAINS)):
            columns = slice(work.first[d], work.first[d] + len(work.states[d]))
            table = np.stack([one.occupancy[month, columns], other.occupancy[month, columns]])
            p_values.append(float(stats.chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue))
    error = np.sqrt(one.cost_sd**2 / one.n + other.cost_sd**2 / other.n)
    return Verdict(min(p_values), float(np.abs((one.cost_mean - other.cost_mean) / error).max()))
