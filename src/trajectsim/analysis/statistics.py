"""Statistics across parameter draws of means over replicates, and how much of them is mere luck.

Every statistic comes with its Monte Carlo error: the standard error that is left because each draw was run with a
limited number of replicates. For the mean it follows from the variance between replicates; for the other statistics
replicates are drawn again within each draw (bootstrap), corrected by sqrt(R / (R - 1)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["KEYS", "QUANTILES", "Resampler", "finite", "mapped", "ratio_summary", "summary"]

F64 = npt.NDArray[np.float64]
QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}
KEYS = ("mean", "sd", *QUANTILES)
Numbers = dict[str, float | None]
BOOTSTRAPS = 200


def finite(value: Any) -> float | None:
    """Return a number as strict JSON knows it: what is not finite is null."""
    number = float(value)
    return number if np.isfinite(number) else None


def _statistics(draws: F64) -> dict[str, F64]:
    """Return the statistics over the last axis."""
    out = {"mean": draws.mean(axis=-1)}
    n = draws.shape[-1]
    out["sd"] = draws.std(axis=-1, ddof=1) if n > 1 else np.full(draws.shape[:-1], np.nan)
    quantiles = np.quantile(draws, list(QUANTILES.values()), axis=-1)
    return out | dict(zip(QUANTILES, quantiles, strict=True))


@dataclass(frozen=True)
class Resampler:
    """Bootstrap weights of replicates within draws [B, D, R]; the same for every statistic of a study.

    With luck shared across draws a replicate is drawn again in all draws at once.
    """

    weights: F64
    shared: bool

    @classmethod
    def of(cls, seed: int, n_draws: int, n_replicates: int, shared: bool = False) -> Resampler:
        """Return weights from a Generator seeded with the study's seed."""
        luck = np.random.default_rng([seed % 2**32, seed // 2**32, 0x5EED])
        rows = 1 if shared else n_draws
        counts = luck.multinomial(n_replicates, np.full(n_replicates, 1 / n_replicates), size=(BOOTSTRAPS, rows))
        return cls(np.asarray(counts, dtype=np.float64) / n_replicates, shared)

    def means(self, values: F64) -> F64:
        """Return the draws' means [B, D] of values [D, R] under each bootstrap."""
        if self.shared:
            return np.asarray(values @ self.weights[:, 0].T).T
        return np.asarray((self.weights * values).sum(axis=-1))

    def spread(self, statistics: F64) -> float:
        """Return the standard error from the bootstraps of one statistic [B]."""
        n = self.weights.shape[-1]
        if n < 2 or not np.isfinite(statistics).all():
            return float("nan")
        return float(statistics.std(ddof=1) * np.sqrt(n / (n - 1)))

    def error_of_mean(self, values: F64) -> float:
        """Return the standard error of the mean over draws and replicates, from the variance between replicates."""
        n_draws, n = values.shape
        if n < 2:
            return float("nan")
        if self.shared:
            return float(values.mean(axis=0).std(ddof=1) / np.sqrt(n))
        return float(np.sqrt(values.var(axis=1, ddof=1).sum() / n) / n_draws)


def summary(values: F64, resampler: Resampler) -> tuple[Numbers, Numbers]:
    """Return the statistics of values [D, R] across draws of replicate means, and their Monte Carlo errors."""
    found = _statistics(values.mean(axis=1))
    again = _statistics(resampler.means(values))
    errors = {key: resampler.spread(again[key]) for key in KEYS}
    errors["mean"] = resampler.error_of_mean(values)
    return {k: finite(v) for k, v in found.items()}, {k: finite(errors[k]) for k in KEYS}


def ratio_summary(
    above: F64, below: F64, resampler: Resampler
) -> tuple[dict[str, Any], dict[str, Any]] | tuple[None, None]:
    """Return centre and quantiles of a ratio [D, R] over [D, R], with their Monte Carlo errors.

    The centre is the ratio of the means. A quantile is null when the denominator is not positive in some draw; the
    whole is None when the mean denominator is not positive.
    """
    top, bottom = above.mean(axis=1), below.mean(axis=1)
    if not bottom.mean() > 0:
        return None, None
    tops, bottoms = resampler.means(above), resampler.means(below)
    out: dict[str, Any] = {"centre": finite(top.mean() / bottom.mean())}
    with np.errstate(divide="ignore", invalid="ignore"):  # of few replicates a resample may have nothing below
        centres = tops.mean(axis=1) / bottoms.mean(axis=1)
    errors: dict[str, Any] = {"centre": finite(resampler.spread(centres))}
    defined = bool((bottom > 0).all())
    for key, q in QUANTILES.items():
        out[key] = finite(np.quantile(top / bottom, q)) if defined else None
        solid = defined and bool((bottoms > 0).all())
        errors[key] = finite(resampler.spread(np.quantile(tops / bottoms, q, axis=1))) if solid else None
    out["undefined"] = finite((bottom <= 0).mean())
    errors["undefined"] = None
    return out, errors


def mapped(values: Mapping[str, F64], resampler: Resampler) -> tuple[dict[str, Numbers], dict[str, Numbers]]:
    """Return statistics and errors for every named array."""
    both: dict[str, tuple[Numbers, Numbers]] = {name: summary(v, resampler) for name, v in values.items()}
    return {n: b[0] for n, b in both.items()}, {n: b[1] for n, b in both.items()}


