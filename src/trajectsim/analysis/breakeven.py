"""When the savings have paid for the costs (terugverdientijd)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.statistics import QUANTILES, finite

__all__ = ["break_even", "first_lasting_year"]

F64 = npt.NDArray[np.float64]


def first_lasting_year(net: F64) -> F64:
    """Return for each row of net savings [..., Y] the first year from which their running sum stays at least nil.

    Years count from 1 (within the first year); infinity where the running sum is below nil at the end.
    """
    running = np.cumsum(net, axis=-1)
    years = running.shape[-1]
    below = running < 0
    last = years - np.argmax(below[..., ::-1], axis=-1)  # 1-based place of the last year below nil
    last = np.where(below.any(axis=-1), last, 0)
    return np.where(last == years, np.inf, last + 1.0)


def break_even(cost: F64) -> dict[str, Any] | None:
    """Return the break-even year of a cost difference at present value [D, R, Y]; None where nothing ever differs.

    `year` is that of the mean path, the quantiles run across draws of replicate means (null: never within the years
    simulated), `never` is the share of draws that do not pay back.
    """
    if not np.any(cost):
        return None
    net = -cost.mean(axis=1)
    year = first_lasting_year(net)
    out: dict[str, Any] = {"year": finite(first_lasting_year(net.mean(axis=0)))}
    ordered = np.sort(year)
    for key, q in QUANTILES.items():  # a quantile that exists: no mean of a year and never
        out[key] = finite(ordered[max(int(np.ceil(q * len(ordered))) - 1, 0)])
    out["never"] = finite(np.isinf(year).mean())
    return out
