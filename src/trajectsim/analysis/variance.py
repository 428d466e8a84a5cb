"""Where the spread of an answer comes from: chance or parameters, and parameters of which evidence grade.

Chance against parameters follows from the law of total variance with the replicates' noise taken out of the variance
between draws. The parameters' share is divided over them by regression: in each of ten folds parameters are picked one
by one (the one most correlated with what is left), the number of picks minimises the error on draws that were not used,
and a grade's share is the covariance of its part of those out-of-fold predictions with the answer. One picked by
accident earns nothing on average. What linear effects of single parameters do not explain (interactions,
curvature, many small effects) is reported as unexplained, never divided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.statistics import finite

__all__ = ["GRADES", "Attribution", "attribute", "grade_of", "split"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
GRADES = ("A", "B", "C", "D")
FOLDS, MOST_PICKS, FEWEST_DRAWS, SHOWN = 10, 20, 40, 12


@dataclass(frozen=True)
class Attribution:
    """Shares of the parameter variance: by grade, explained in all, and the parameters that count most.

    `swing` is how far the answer moves when the parameter goes to the lowest and highest value drawn.
    """

    by_grade: dict[str, float]
    explained: float
    top: tuple[dict[str, Any], ...]


def split(values: F64) -> tuple[float, float]:
    """Return the variance of values [D, R] by chance (within draws) and by parameters (between draws, noise out)."""
    n_draws, n = values.shape
    within = float(values.var(axis=1, ddof=1).mean()) if n > 1 else 0.0
    between = float(values.mean(axis=1).var(ddof=1)) if n_draws > 1 else 0.0
    return within, max(between - within / n, 0.0)


def grade_of(path: str, grades: Mapping[str, str]) -> str:
    """Return the grade of a parameter; a share of a Dirichlet has that of its group, an unknown one counts as D."""
    while path:
        if path in grades:
            return grades[path]
        path = path.rpartition(".")[0]
    return "D"


def attribute(
    answer: F64, draws: F64, paths: Sequence[str], grades: Mapping[str, str], variance: float
) -> Attribution | None:
    """Divide the parameter variance of an answer over evidence grades.

    Args:
        answer: replicate means [D].
        draws: parameter values [D, P].
        paths, grades: the parameters' paths, and the grade of each path.
        variance: the variance by parameters (noise removed) that is to be divided.

    Returns:
        None with fewer than 40 draws or nothing to divide.
    """
    moving = np.flatnonzero(draws.std(axis=0) > 0) if draws.size else np.array([], dtype=np.int64)
    if len(answer) < FEWEST_DRAWS or variance <= 0 or not len(moving):
        return None
    x = draws[:, moving]
    names = [paths[i] for i in moving]
    picks = _best_number(x, answer)
    group = np.array([GRADES.index(grade_of(name, grades)) for name in names])
    parts = _out_of_fold(x, answer, picks, group)
    centred = answer - answer.mean()
    share = np.array([part @ centred / (len(answer) - 1) / variance for part in parts.T]).clip(min=0.0)
    share /= max(share.sum(), 1.0)
    explained = float(share.sum())
    return Attribution(
        {grade: float(s) for grade, s in zip(GRADES, share, strict=True)},
        explained,
        _strongest(x, answer, names, grades, picks, explained),
    )


def _standardised(x: F64) -> tuple[F64, F64, F64]:
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return (x - centre) / scale, centre, scale


def _picked(x: F64, y: F64, most: int) -> list[int]:
    """Return the order in which columns are picked: always the one most correlated with what is left of y."""
    left, columns = y - y.mean(), x.copy()
    chosen: list[int] = []
    for _ in range(min(most, x.shape[1], len(y) // 4)):
        norms = np.sqrt((columns**2).sum(axis=0))
        usable = norms > 1e-8 * np.sqrt(len(y))
        usable[chosen] = False
        if not usable.any():
            break
        score = np.where(usable, np.abs(columns.T @ left) / np.where(usable, norms, 1.0), -1.0)
        best = int(np.argmax(score))
        direction = columns[:, best] / norms[best]
        left = left - direction * (direction @ left)
        columns = columns - np.outer(direction, direction @ columns)
        chosen.append(best)
    return chosen


def _folds(n: int) -> list[I64]:
    """Return the test draws of each fold; draws are independent, so every tenth one is as good as a random choice."""
    return [np.arange(first, n, FOLDS) for first in range(FOLDS)]


def _fit(x: F64, y: F64, chosen: Sequence[int]) -> F64:
    return np.asarray(np.linalg.lstsq(x[:, list(chosen)], y - y.mean(), rcond=None)[0])


def _best_number(x: F64, y: F64) -> int:
    """Return how many picks predict unused draws best."""
    most = min(MOST_PICKS, x.shape[1], len(y) // 5)
    error = np.zeros(most + 1)
    for test in _folds(len(y)):
        train = np.setdiff1d(np.arange(len(y)), test)
        z, centre, scale = _standardised(x[train])
        probe = (x[test] - centre) / scale
        order = _picked(z, y[train], most)
        for k in range(most + 1):
            use = order[:k]
            guess = y[train].mean() + (probe[:, use] @ _fit(z, y[train], use) if use else 0.0)
            error[k] += ((y[test] - guess) ** 2).sum()
    return int(np.argmin(error))


def _out_of_fold(x: F64, y: F64, picks: int, group: I64) -> F64:
    """Return each group's part of the predictions for draws that were not used to make them [D, groups]."""
    parts = np.zeros((len(y), len(GRADES)))
    for test in _folds(len(y)):
        train = np.setdiff1d(np.arange(len(y)), test)
        z, centre, scale = _standardised(x[train])
        order = _picked(z, y[train], picks)
        if not order:
            continue
        effect = ((x[test] - centre) / scale)[:, order] * _fit(z, y[train], order)
        for g in range(len(GRADES)):
            parts[test, g] = effect[:, group[order] == g].sum(axis=1)
    return parts


def _strongest(
    x: F64, y: F64, names: Sequence[str], grades: Mapping[str, str], picks: int, explained: float
) -> tuple[dict[str, Any], ...]:
    """Return the picked parameters with their shares, which add up to the explained share, largest first."""
    z, _, _ = _standardised(x)
    order = _picked(z, y, picks)
    if not order:
        return ()
    slope = _fit(z, y, order)
    weight = np.array([s * (z[:, j] @ (y - y.mean())) for s, j in zip(slope, order, strict=True)]).clip(min=0.0)
    weight = weight / max(weight.sum(), 1e-300) * explained
    records: list[dict[str, Any]] = [
        {
            "path": names[j],
            "grade": grade_of(names[j], grades),
            "share": finite(w),
            "swing": [finite(s * z[:, j].min()), finite(s * z[:, j].max())],
        }
        for s, j, w in zip(slope, order, weight, strict=True)
    ]
    return tuple(sorted(records, key=lambda r: -float(r["share"] or 0.0))[:SHOWN])
