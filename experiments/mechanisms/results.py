"""What was measured, as it stands in `results.csv`: one row per claim that can be switched off."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["LEAST_T", "RESULTS", "Measured", "read_results", "write_results"]

RESULTS = Path(__file__).with_name("results.csv")
LEAST_T = 3.0
"""Standard errors by which an outcome must move before a claim counts as implemented."""
_FIELDS = ("id", "arm", "outcome", "lever", "replicates", "declared", "switched_off", "change", "error")


@dataclass(frozen=True)
class Measured:
    """A claim's outcome in the world as declared and with its lever pulled, with the standard error of the change."""

    arm: str
    outcome: str
    lever: str
    replicates: int
    declared: float
    switched_off: float
    change: float
    error: float

    @property
    def t(self) -> float:
        """Return the change in standard errors; infinite where every replicate has the same, 0 where there is none."""
        if self.change == 0.0:
            return 0.0
        return math.copysign(math.inf, self.change) if self.error == 0.0 else self.change / self.error

    @property
    def moves(self) -> bool:
        """Return whether the outcome moves beyond doubt."""
        return abs(self.t) >= LEAST_T


def read_results() -> dict[str, Measured]:
    """Return what was measured by the id of the claim."""
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return {
            row["id"]: Measured(
                row["arm"], row["outcome"], row["lever"], int(row["replicates"]), float(row["declared"]),
                float(row["switched_off"]), float(row["change"]), float(row["error"]),
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


def write_results(results: Mapping[str, Measured]) -> None:
    """Write what was measured, five digits of each number."""
    with RESULTS.open("w", encoding="utf-8", newline="\n") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_FIELDS)
        for id_, x in results.items():
            numbers = (f"{value:.5g}" for value in (x.declared, x.switched_off, x.change, x.error))
            table.writerow([id_, x.arm, x.outcome, x.lever, x.replicates, *numbers])
