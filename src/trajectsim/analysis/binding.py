"""Why the next place no longer pays: each thing that may limit a programme let go in turn, for the same youths.

What comes back when a limit is let go says how much it holds back. Limits hide each other (with more coaches there may
be no employers left), so what comes back one by one does not add up to what comes back when all are let go together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.scaleup import stats
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import from_store, weights
from trajectsim.analysis.tables import Study, design_of

__all__ = ["AS_IT_IS", "SURE", "YOUTHS", "binding", "ranked"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
AS_IT_IS = "as_it_is"
YOUTHS = "youths"
"""The limit that is none of the institutions: nobody is left who may and will start."""

SURE = 2.0
"""What comes back counts where it is this many standard errors from nil."""

FULL = 0.5
"""Where less of the places added since the size before is ever taken, there are not the youths for them."""


def binding(study: Study, pairs: Mapping[str, tuple[str, str]], places: int, share_filled: float | None) -> Tree:
    """Return what comes back at one size when each limit is let go.

    Args:
        study: a study with the arms of `config.sizes.with_limits_lifted`.
        pairs: per limit its null alternative and its arm; `as_it_is` the size itself.
        places: the size.
        share_filled: part of the places added since the size before that is taken when most are.

    Returns:
        `limits` by name: net benefit and work years that come back (`stats` across draws); `binds`: the limit that
        gives most back among those of which it is sure, `youths` where places stay empty, None where nothing is sure.
    """
    design = design_of(study)
    streams = from_store(study, design)
    present = streams.present.sum(axis=2) @ weights(streams.lines, "society")  # [A, D]
    declared = {k: v for k, v in outcomes_of(study.manifest).items() if k == "work"}
    work = outcome_arrays(study, design, declared).get("work")
    years = np.zeros(present.shape) if work is None else work.mean(axis=2) * design.youths * design.lived / 12

    def apart(values: F64, pair: tuple[str, str]) -> F64:
        null, arm = (design.arms.index(name) for name in pair)
        return np.asarray(values[arm] - values[null])

    here = -apart(present, pairs[AS_IT_IS])
    worked = apart(years, pairs[AS_IT_IS])
    limits = {
        name: {
            "net_benefit": stats(-apart(present, pair) - here),
            "work_years": stats(apart(years, pair) - worked),
        }
        for name, pair in pairs.items()
        if name != AS_IT_IS
    }
    empty = share_filled is not None and share_filled < FULL
    return {
        "places": places,
        "draws": len(design.draws),
        "net_benefit": stats(here),
        "work_years": stats(worked),
        "limits": limits,
        "share_filled": None if share_filled is None else finite(share_filled),
        "binds": YOUTHS if empty else next(iter(ranked(limits)), None),
        "order": ranked(limits),
    }


def ranked(limits: Mapping[str, Tree]) -> list[str]:
    """Return the limits that surely give something back when let go, the most first; all together is none of them.

    Of a single draw there is no error, and nothing is sure.
    """
    sure = {}
    for name, item in limits.items():
        gain, error = item["net_benefit"]["mean"], item["net_benefit"]["error"]
        if name != "all" and gain is not None and gain > 0 and error is not None and gain > SURE * error:
            sure[name] = gain
    return sorted(sure, key=lambda name: -sure[name])
