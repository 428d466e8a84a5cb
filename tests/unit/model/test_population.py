"""People who come, grow up and leave: an open population against its closed forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import World, compiled_world, declare, domain, number, text, way, world
from trajectsim.config.leaving import let_leave

IN, OUT = 4, 13
"""Age at which everybody joins, and at which everybody leaves."""


def open_world(
    per_month: int, years: float, death: float = 0.0, mortality: dict[str, Any] | None = None, **people: Any
) -> World:
    """People of every age in months from IN to OUT, and as many of each age joining every month."""
    vital = domain(
        "present died grown_up", way("dies", "present", "died", death, bound=0.05), gone=["died", "grown_up"]
    )
    inflow = {"per_year": number(12 * per_month, "persons/year"), "age": {"from": IN, "to": IN + 1 / 12}}
    given_ = {"ages": {"from": IN, "to": OUT}, "inflow": inflow, "leave_age": OUT, **people}
    if mortality is not None:
        given_["mortality"] = mortality
    scenario = declare({"vital": vital}, people=given_, years=years, size=per_month * 12 * (OUT - IN))
    left = let_leave(scenario.model, scenario.population, scenario.documents)
    return compiled_world(replace(scenario, model=left.model, population=left.population))


def ages(w: World, small: Any, when: Any, step: int) -> Any:
    """Ages in years of those who are in the model at a snapshot, before the people of that month join."""
    rows = w.program.rows
    here = (small[0] == 0) & (when[rows.enter] < step)
    return (step - when[rows.birth][here].astype(int)) / 12


@settings(max_examples=8, deadline=None)
@given(per_month=st.integers(1, 6), years=st.integers(1, 4))
def test_arrivals_times_stay_is_who_is_there(per_month: int, years: int) -> None:
    """Little's law with a stay that is the same for all (M/D/inf): without deaths the size does not move."""
    w = open_world(per_month, years)
    lived = w.run()
    present, grown = lived.count("vital.present")[:-1], lived.count("vital.grown_up")
    start = per_month * 12 * (OUT - IN)
    assert np.abs(present - start - per_month).max() <= 4 * np.sqrt(start / 12), "ages at the start are drawn by luck"
    # From then on nothing is left to luck: who is there is who was there, who joined and who reached the age.
    joined = per_month * np.arange(1, len(present) + 1)
    assert (present == start + joined - grown[:-1]).all()


def test_after_one_generation_the_size_is_exact() -> None:
    w = open_world(3, years=OUT - IN + 2)
    present = w.run().count("vital.present")
    assert (present[12 * (OUT - IN) : -1] == 3 * 12 * (OUT - IN)).all()


def test_nobody_is_younger_than_who_joins_or_as_old_as_who_leaves() -> None:
    w = open_world(4, years=12)
    history = w.steps()
    for step in range(0, w.program.steps, 7):
        found = ages(w, history.small[step], history.when[step], step)
        assert IN <= found.min() < IN + 1 and OUT - 1 < found.max() < OUT


def test_a_closed_population_grows_as_old_as_the_years_make_it() -> None:
    """What `leave_age` is for."""
    vital = domain("present grown_up", gone=["grown_up"])
    w = compiled_world(declare({"vital": vital}, people={"ages": {"from": IN, "to": OUT}}, years=20, size=50))
    lived = w.run()
    assert lived.count("vital.present")[-1] == 50
    assert ((w.program.steps - lived.columns.when[w.program.rows.birth].astype(int)) / 12 >= IN + 20).all()


def test_with_deaths_the_size_is_arrivals_times_the_mean_of_the_stay() -> None:
    """With a hazard m a month, k a month joining and n months to go: k (1 - e^{-mn}) / (1 - e^{-m}) are there."""
    death, per_month, months = 0.004, 40, 12 * (OUT - IN)
    mortality = {"base": number(death, "per month"), "years": [IN], "factors": [1]}
    w = open_world(per_month, years=OUT - IN + 12, mortality=mortality)
    present = w.run().count("vital.present")[months:-1]
    expected = per_month * (1 - np.exp(-death * months)) / (1 - np.exp(-death))
    assert expected < 0.83 * per_month * months
    # Numbers at two moments share most of their people, so the mean over time has about the spread of one moment.
    assert present.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected / (per_month * months))))


def test_deaths_are_those_of_age_and_of_no_other_age() -> None:
    """From 8 on mortality is ten times as high, before it there is none."""
    mortality = {
        "base": number(0.002, "per month"),
        "years": [IN, 8],
        "factors": [number(0.0, "ratio"), number(10.0, "ratio")],
    }
    w = open_world(30, years=3, mortality=mortality)
    lived = w.run()
    died = lived.columns.small[0] == 1
    moment = lived.columns.when[0].astype(int)
    age = (moment - lived.columns.when[w.program.rows.birth].astype(int)) / 12
    assert died.sum() > 100 and age[died].min() > 8


def test_people_who_join_meet_the_same_age_to_leave_as_those_who_were_there() -> None:
    w = open_world(5, years=OUT - IN + 1)
    lived = w.run()
    gone = lived.columns.small[0] == 2
    age = lived.columns.when[0].astype(int)[gone] - lived.columns.when[w.program.rows.birth].astype(int)[gone]
    joined = lived.columns.when[w.program.rows.enter].astype(int)[gone] >= 0
    assert set(age) == {12 * OUT} and joined.any() and not joined.all()


def test_places_go_first_to_those_who_meet_the_conditions_at_the_start() -> None:
    old = {"traits": {"old": {"share": number(0.3, "share")}}}
    w = world(
        {"a": domain("x")}, people=old, traits={"old": {}}, size=200, arms=((), ("job",)),
        interventions=[{
            "name": "job", "title": text(), "eligible": {"traits": {"old": {"from": 1}}},
            "places": number(40, "places"), "uptake": number(0.5), "duration": number(12, "months"),
            "dropout": number(0.0),
        }],
    )  # fmt: skip
    start = w.cohort()
    flags = w.program.rows.flags
    offered, meets = start.small[flags["offer_job"]] == 1, start.small[flags["old"]] == 1
    assert int(offered.sum()) == 40 and 40 < int(meets.sum()) < 90
    assert not (offered & ~meets).any()
