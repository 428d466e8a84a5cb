"""How outcomes spread over youths, where the store followed them one by one.

Means and spreads are identified; who individually wins is not, because it depends on how luck is coupled. Nothing here
compares a youth with a twin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from trajectsim.analysis.outcomes import Outcome
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.tables import Design, Study, array_of, sums
from trajectsim.errors import UserError

__all__ = ["spread_over_youths"]

POINTS = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}
FEWEST = 50
"""Fewest youths over all draws of which a spread is shown; below it, cells would be small."""


def spread_over_youths(study: Study, design: Design, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Return quantiles over youths of months in each outcome over the whole period, by arm, and the share with none.

    All draws are taken together, so the spread holds what is not known about the world as well as chance. Empty where
    the store followed nobody, or fewer than 50 youths in all.
    """
    by = ["arm", "draw", "replicate", "youth", "domain", "state"]
    try:
        frame = sums(study, "youth_years", by, ["months"])
    except (KeyError, UserError):
        return {}
    followed = int(frame["youth"].max()) + 1 if len(frame) else 0
    replicates = sorted({int(r) for r in frame["replicate"]})
    if followed * len(replicates) * len(design.draws) < FEWEST:
        return {}
    frame["name"] = frame["domain"].astype(str) + "." + frame["state"].astype(str)
    axes: dict[str, Sequence[Any]] = {
        "arm": design.arms, "draw": design.draws, "replicate": replicates, "youth": range(followed),
    }  # fmt: skip
    out: dict[str, Any] = {}
    for name, outcome in outcomes.items():
        states = study.manifest["names"]["states"]
        members = [s for s in states if any(fnmatchcase(s, pattern) for pattern in outcome.states)]
        if members:
            months = array_of(frame, "months", {**axes, "name": members}).sum(axis=-1)
            out[name] = {arm: _quantiles(months[a].ravel()) for a, arm in enumerate(design.arms)}
    return out


def _quantiles(months: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, float | None]:
    found: dict[str, float | None] = {key: finite(np.quantile(months, q)) for key, q in POINTS.items()}
    return {**found, "none": finite((months == 0).mean())}
