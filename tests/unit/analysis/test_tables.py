"""Tables to arrays: places by name, nought where nothing is, the same from pandas and from the store."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.outcomes import load_outcomes
from trajectsim.analysis.tables import array_of, cost_arrays, design_of, sums
from trajectsim.config.load import load_model, read_kind
from trajectsim.config.overlay import EVENTS
from trajectsim.errors import UserError

Make = Callable[..., Any]


def test_array_of_places_values_by_label() -> None:
    frame = pd.DataFrame({"arm": ["b", "a", "b", "c"], "year": [1, 0, 1, 0], "n": [1.0, 2.0, 3.0, 9.0]})
    for kind in ("object", "category"):
        found = array_of(frame.astype({"arm": kind}), "n", {"arm": ("a", "b"), "year": (0, 1)})
        assert found.tolist() == [[2.0, 0.0], [0.0, 4.0]]


def test_array_of_an_empty_frame_is_nought() -> None:
    frame = pd.DataFrame({"arm": pd.Series(dtype=str), "n": pd.Series(dtype=float)})
    assert array_of(frame, "n", {"arm": ("a", "b")}).tolist() == [0.0, 0.0]


def test_points_of_a_design_are_not_compared_as_one(make_study: Make) -> None:
    study = make_study(draws=3, replicates=2)
    assert len(design_of(study).draws) == 3
    study.manifest["study"] = {"points": 100}
    with pytest.raises(UserError, match=r"100 points.*trajectsim discover.*point\(0\)"):
        design_of(study)


def test_sums_by_the_store_are_preferred(make_study: Make) -> None:
    study = make_study(draws=3, replicates=2)
    plain = sums(study, "costs", ["arm", "line"], ["cents"], arm="job", year=(0, 1))
    frame = study.tables["costs"]
    kept = frame[(frame["arm"] == "job") & (frame["year"] < 2)]
    assert plain["cents"].sum() == kept["cents"].sum() and set(plain["arm"]) == {"job"}
    asked: list[Any] = []
    study.sums = lambda *given: asked.append(given) or plain
    assert sums(study, "costs", ["line"], ["cents"], arm="job") is not None
    assert asked == [("costs", ["line"], ["cents"], {"arm": ["job"]})]


def test_rows_and_years_hold_the_same_money(make_study: Make) -> None:
    study = make_study(draws=4, replicates=2)
    costs = cost_arrays(study, design_of(study))
    assert np.array_equal(costs.by_row.sum(axis=-1), costs.by_year_discounted.sum(axis=(-2, -1)))
    assert costs.by_year.sum() == study.tables["costs"]["cents"].sum()
    both = [row for row in costs.rows if row["line"] == "benefit"]
    assert [row["side"] for row in both] == ["payer", "beneficiary"]


def test_packaged_outcomes_name_states_and_events_of_the_packaged_model_and_town() -> None:
    model = load_model("youth")
    town = read_kind("world", "town").spec.mechanisms.values()
    domains = {**model.domains, **{name: domain for item in town for name, domain in item.domains.items()}}
    states = {f"{d}.{s}" for d, domain in domains.items() for s in domain.states}
    events = {*model.events, *EVENTS, *(event for item in town for event in item.events)}
    for name, outcome in load_outcomes().items():
        assert {s for s in outcome.states if "*" not in s} <= states, name
        assert set(outcome.events) <= events, name
