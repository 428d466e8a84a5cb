"""Choosing when the structure itself is in doubt: a table of options by structures, and who loses least at worst.

A structure is a set of switches (mechanisms on or off, other assumptions); no probability is given to it. Minimax
regret: Savage (1951), The theory of statistical decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from trajectsim.analysis.statistics import finite
from trajectsim.errors import UserError

__all__ = ["Robust", "robust_choice"]


@dataclass(frozen=True)
class Robust:
    """What holds whatever the structure.

    Attributes:
        value: expected net benefit [structures, options].
        regret: what each option loses against the best one in that structure [structures, options].
        best: the best option in each structure.
        choice: the option whose largest regret is smallest (the first one where options tie).
        worst: the largest regret of each option.
        safest: the option whose lowest value is highest (maximin).
        agreed: whether the same option is best in every structure.
    """

    value: pd.DataFrame
    regret: pd.DataFrame
    best: dict[str, str]
    choice: str
    worst: dict[str, float]
    safest: str
    agreed: bool

    def record(self) -> dict[str, Any]:
        """Return this as a tree that is strict JSON."""
        return {
            "choice": self.choice, "safest": self.safest, "agreed": self.agreed, "best": self.best,
            "worst_regret": {k: finite(v) for k, v in self.worst.items()},
            "value": _tree(self.value), "regret": _tree(self.regret),
        }  # fmt: skip


def robust_choice(value: pd.DataFrame | Mapping[str, Mapping[str, float]]) -> Robust:
    """Return the choice of least regret.

    Args:
        value: expected net benefit, one row per structure and one column per option (or structure to option to value).

    Raises:
        UserError: the table is empty, or an option has no value in some structure.
    """
    table = value if isinstance(value, pd.DataFrame) else pd.DataFrame.from_dict(dict(value), orient="index")
    table = table.astype(np.float64)
    if not table.size or not np.isfinite(table.to_numpy()).all():
        raise UserError.of(
            "every option needs a value in every structure", cure="run every structure with the same options"
        )
    regret = table.rsub(table.max(axis=1), axis=0)
    worst = regret.max(axis=0)
    best = {str(s): str(o) for s, o in table.idxmax(axis=1).items()}
    tied = (table.eq(table.max(axis=1), axis=0)).all(axis=0)
    return Robust(
        value=table, regret=regret, best=best, choice=str(worst.idxmin()),
        worst={str(o): float(w) for o, w in worst.items()}, safest=str(table.min(axis=0).idxmax()),
        agreed=bool(tied.any()),
    )  # fmt: skip


def _tree(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    return {str(s): {str(o): finite(v) for o, v in row.items()} for s, row in table.iterrows()}
