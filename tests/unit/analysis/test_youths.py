"""The spread over youths: quantiles of what each of them lived, and nothing where cells would be small."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from trajectsim.analysis.outcomes import load_outcomes
from trajectsim.analysis.tables import design_of
from trajectsim.analysis.youths import spread_over_youths

Make = Callable[..., Any]


def followed(study: Any, draws: int, youths: int) -> None:
    """Youth i works i months in usual care and i + 5 with the job; half of each year apart."""
    rows = [
        (arm, d, 0, i, year, "activity", "regular_work", months)
        for a, arm in enumerate(("usual_care", "job"))
        for d in range(draws)
        for i in range(youths)
        for year, months in ((0, i), (1, 5 * a))
        if months
    ]
    columns = ["arm", "draw", "replicate", "youth", "year", "domain", "state", "months"]
    study.tables["youth_years"] = pd.DataFrame(rows, columns=columns)


def test_quantiles_over_youths(make_study: Make) -> None:
    study = make_study(draws=10, replicates=2)
    followed(study, 10, 11)
    found = spread_over_youths(study, design_of(study), load_outcomes())["regular_work"]
    assert found["usual_care"] == {"p10": 1, "p25": 2, "p50": 5, "p75": 8, "p90": 9, "none": 1 / 11}
    assert found["job"]["p50"] == 10 and found["job"]["none"] == 0


def test_nothing_is_shown_of_few_or_none(make_study: Make) -> None:
    study = make_study(draws=4, replicates=2)
    assert spread_over_youths(study, design_of(study), load_outcomes()) == {}
    followed(study, 4, 11)
    assert spread_over_youths(study, design_of(study), load_outcomes()) == {}
