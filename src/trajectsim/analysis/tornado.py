"""How far the answer moves with one parameter at a time: from the draws, or from runs at a low and a high value."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.evppi import fewest
from trajectsim.analysis.smooth import unseen_singly

__all__ = ["LEVELS", "tornado_of_draws", "tornado_of_runs"]

F64 = npt.NDArray[np.float64]
LEVELS = (0.05, 0.95)
"""Quantiles of a parameter at which the answer is read."""


def tornado_of_draws(answer: F64, parameters: pd.DataFrame) -> pd.DataFrame:
    """Return the mean answer where one parameter is low or high and the others are as they may be.

    The mean given the parameter is a penalised spline over the draws (`smooth.py`), read at its 5% and 95% point.

    Args:
        answer: any outcome per draw [D].
        parameters: draws [D, P].

    Returns:
        One row per parameter that varies, the widest first: low, high (its values), at_low, at_high (the answer there),
        swing (at_high - at_low).

    Raises:
        UserError: fewer than 40 draws.
    """
    fewest(len(answer))
    x = parameters.to_numpy(dtype=np.float64)
    moving = np.flatnonzero(x.std(axis=0) > 1e-12 * (1.0 + np.abs(x).max(axis=0, initial=0.0)))
    fitted = unseen_singly(x[:, moving], answer).fitted
    rows = []
    for j, curve in zip(moving, fitted, strict=True):
        order = np.argsort(x[:, j], kind="stable")
        low, high = np.quantile(x[:, j], LEVELS)
        at_low, at_high = np.interp([low, high], x[order, j], curve[order])
        rows.append((low, high, at_low, at_high))
    return _widest_first([str(parameters.columns[int(j)]) for j in moving], rows)


def tornado_of_runs(runs: Mapping[str, tuple[float, float, float, float]]) -> pd.DataFrame:
    """Return the same table from runs: parameter to (low value, high value, answer at low, answer at high)."""
    return _widest_first(list(runs), list(runs.values()))


def _widest_first(names: list[str], rows: list[tuple[float, float, float, float]]) -> pd.DataFrame:
    table = pd.DataFrame(
        rows, columns=["low", "high", "at_low", "at_high"], index=pd.Index(names, name="parameter"), dtype=np.float64
    )
    table["swing"] = table["at_high"] - table["at_low"]
    return table.loc[table["swing"].abs().sort_values(ascending=False, kind="stable").index]
