"""Is N enough? How far an answer is from what endless runs would give, and how many runs would halve that distance.

The mean over draws has two errors: draws are a sample of what is not known (variance between draws over D), and
replicates are a sample of luck (variance within draws over D x R). Four times the draws halve both; more replicates
only lessen luck, and may never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.statistics import finite
from trajectsim.analysis.variance import split

__all__ = ["enough", "is_enough"]

F64 = npt.NDArray[np.float64]
Z = 1.959963984540054
QUANTILE_DRAWS = 100
"""Draws below which the ends of a 90% interval rest on fewer than five draws each."""


def enough(values: F64, shared: bool = False) -> dict[str, Any]:
    """Return the standard error of the mean of an answer [D, R], its parts, and what would halve it.

    `draws_to_halve` keeps the replicates, `replicates_to_halve` keeps the draws; null where that alone cannot.
    `best_replicates` gives the least error for the cost, if making a draw costs as much as one run. `sign_is_sure`: the
    mean lies more than 1.96 errors from nil; `draws_for_sign`: draws (same replicates) at which it would, were the mean
    what it is now. `interval_rests_on`: draws beyond each end of the 90% interval.

    Args:
        values: the answer in each draw and replicate.
        shared: all draws have the same luck (`share_luck_across_draws`), which more draws then do not lessen.
    """
    n_draws, n = values.shape
    chance, parameters = split(values)
    by_luck, by_draws = chance / (n_draws * n), parameters / n_draws
    if shared:
        by_luck = float(values.mean(axis=0).var(ddof=1) / n) if n > 1 else 0.0
    error = float(np.sqrt(by_luck + by_draws))
    mean = float(values.mean())
    quarter = error**2 / 4
    falls, stays = (by_draws, by_luck) if shared else (by_draws + by_luck, 0.0)
    return {
        "mean": finite(mean),
        "error": finite(error),
        "error_by_luck": finite(np.sqrt(by_luck)),
        "error_by_draws": finite(np.sqrt(by_draws)),
        "draws": n_draws,
        "replicates": n,
        "draws_to_halve": _times(n_draws, falls, quarter - stays),
        "replicates_to_halve": _times(n, by_luck, quarter - by_draws),
        "best_replicates": _best(chance, parameters),
        "sign_is_sure": bool(abs(mean) > Z * error) if error > 0 else bool(mean),
        "draws_for_sign": _times(n_draws, falls, (mean / Z) ** 2 - stays),
        "interval_rests_on": int(np.floor(0.05 * n_draws)),
        "interval_is_fine": n_draws >= QUANTILE_DRAWS,
    }


def _times(now: int, squared: float, wanted: float) -> int | None:
    """Return how many are needed for a squared error that falls in proportion; None where there is none, or no way."""
    return int(np.ceil(now * squared / wanted - 1e-9)) if squared > 0 and wanted > 0 else None


def _best(chance: float, parameters: float) -> int | None:
    """Return the replicates per draw with the least error for a number of runs, between 1 and 1,000.

    With a draw as costly as a run by itself, the error times the cost is least at sqrt(chance / parameters).
    """
    if parameters <= 0:
        return None
    return int(np.clip(np.round(np.sqrt(chance / parameters)), 1, 1000))


def is_enough(answers: Mapping[str, F64], shared: bool = False) -> dict[str, Any]:
    """Return the answer for every named difference [D, R], and the most draws that any needs for half its error."""
    found = {name: enough(values, shared) for name, values in answers.items() if np.any(values)}
    needed = [record["draws_to_halve"] for record in found.values() if record["draws_to_halve"] is not None]
    return {"answers": found, "draws_to_halve_all": max(needed) if needed else None}
