"""The long-run projection of a study: beside the result, never in it, with its share of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import PERSPECTIVES, payers_of, spread, weights
from trajectsim.analysis.tables import Study
from trajectsim.economics.projection import Projection, members, worth_later
from trajectsim.errors import UserError

__all__ = ["age_at_start", "long_run"]

F64 = npt.NDArray[np.float64]


def age_at_start(study: Study) -> float | None:
    """Return the mean age at the start of the youths that were followed; None where the store does not know."""
    try:
        people = study.table("youths")
    except (KeyError, UserError):
        return None
    ages = people[people["trait"].astype(str) == "age"]["value"]
    return float(ages.mean()) if len(ages) else None


def long_run(
    amount: F64,
    present: F64,
    lines: Sequence[Mapping[str, Any]],
    projection: Projection,
    drawn: Sequence[Mapping[str, float]],
    rate: F64,
    horizon: float,
    age: float | None,
) -> dict[str, Any]:
    """Return what the difference of the last whole year would be worth afterwards, by group, payer and perspective.

    Args:
        amount: difference per youth as it falls [D, Y, L]; present: at present value.
        lines: records of the lines.
        projection: the price book's groups.
        drawn: parameter values by draw.
        rate: discount rate of each draw [D].
        horizon: simulated years.
        age: mean age at the start; None where it is not known.

    Returns:
        `on: False` throughout: headlines leave it out. `share` is the projection's part of result and projection
        together, by size (from 0 to 1).
    """
    if not projection or age is None:
        why = "the price book declares no projection" if not projection else "the store has no ages at the start"
        return {"on": False, "available": False, "why": why}
    whole = int(horizon + 1e-9)
    last = amount[:, max(whole - 1, 0)]
    later = np.zeros_like(last)
    groups: dict[str, Any] = {}
    for group in projection:
        mine = members(group, lines)
        worth = worth_later(np.where(mine, last, 0.0), rate, horizon, age + horizon, group, drawn)
        later += worth
        numbers = np.array([group.numbers(values) for values in drawn])
        groups[group.name] = {
            "categories": list(group.categories),
            "until_age": finite(numbers[:, 0].mean()),
            "decay": finite(numbers[:, 1].mean()),
            "growth": finite(numbers[:, 2].mean()),
            "paths": list(group.paths),
            "grade": max(group.grades),
            **{p: spread(worth @ weights(lines, p)) for p in ("society", "municipality")},
        }
    out: dict[str, Any] = {"on": False, "available": True, "age_at_end": finite(age + horizon), "groups": groups}
    simulated = present.sum(axis=1)
    out["perspectives"] = {}
    for name in PERSPECTIVES + payers_of(lines):
        own = weights(lines, name)
        inside, after = simulated @ own, later @ own
        size = abs(inside.mean()) + abs(after.mean())
        out["perspectives"][name] = {
            "simulated": spread(inside),
            "projected": spread(after),
            "together": spread(inside + after),
            "share": finite(abs(after.mean()) / size) if size > 0 else None,
        }
    return out
