"""How much of what is not known about an answer comes from parameters of grade A, B, C and D.

Of each grade two shares of the variance by parameters (that of luck is out):

- *first*: what the grade's parameters explain by themselves in draws that were not used. What the regression does not
  find is not in it: at least this much.
- *total*: one minus what all other grades explain by themselves. Whatever nobody found is in it: at most this much.

Sobol' indices of groups, closed first-order and total (Saltelli and others 2008, Global sensitivity analysis); the
standard error is that of the mean over draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.decision import Estimate
from trajectsim.analysis.evppi import explained, fewest
from trajectsim.analysis.smooth import Columns, columns_of_all, unseen_together
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.variance import GRADES, grade_of

__all__ = ["shares_by_grade", "shares_of_groups"]

F64 = npt.NDArray[np.float64]


def shares_by_grade(
    answer: F64, parameters: pd.DataFrame, grades: Mapping[str, str], variance: float
) -> dict[str, Any] | None:
    """Return the shares of an answer's variance by evidence grade, and by C and D together (`assumed`).

    Args:
        answer: per draw [D].
        parameters: draws [D, P], columns named by path.
        grades: grade by path; a path that is not there has that of the nearest path above it, D where there is none.
        variance: variance of the answer by parameters alone.

    Returns:
        Per grade, `assumed` and `all`: number of parameters, and first and total, each with its error; None where there
        is nothing to divide.
    """
    if variance <= 0:
        return None
    groups = {g: [c for c in map(str, parameters.columns) if grade_of(c, grades) == g] for g in GRADES}
    groups["assumed"] = groups["C"] + groups["D"]
    found = shares_of_groups(answer, parameters, groups, variance)
    everything = _explained(answer, columns_of_all(parameters.to_numpy(dtype=np.float64)))
    found["all"] = {
        "parameters": sum(len(groups[g]) for g in GRADES),
        "first": finite(np.clip(everything.value / variance, 0.0, 1.0)),
        "first_error": finite(everything.error / variance),
    }
    return found


def shares_of_groups(
    answer: F64, parameters: pd.DataFrame, groups: Mapping[str, Sequence[str]], variance: float
) -> dict[str, Any]:
    """Return the first-order and total shares of groups of parameters, each with its standard error.

    Raises:
        UserError: fewer than 40 draws.
    """
    fewest(len(answer))
    names = [str(c) for c in parameters.columns]
    columns = columns_of_all(parameters.to_numpy(dtype=np.float64))
    out: dict[str, Any] = {}
    for group, members in groups.items():
        inside = set(members)
        own = _explained(answer, columns.of([i for i, n in enumerate(names) if n in inside]))
        rest = _explained(answer, columns.of([i for i, n in enumerate(names) if n not in inside]))
        first = float(np.clip(own.value / variance, 0.0, 1.0))
        total = float(np.clip(1.0 - rest.value / variance, 0.0, 1.0)) if inside else 0.0
        out[group] = {
            "parameters": len(inside),
            "first": finite(first), "first_error": finite(own.error / variance),
            "total": finite(max(total, first)), "total_error": finite(rest.error / variance if inside else 0.0),
        }  # fmt: skip
    return out


def _explained(answer: F64, columns: Columns) -> Estimate:
    if not columns.straight.shape[1]:
        return Estimate(0.0, 0.0)
    return explained(unseen_together(columns, answer), answer)
