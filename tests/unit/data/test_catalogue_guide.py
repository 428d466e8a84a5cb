"""The instruments of the guide of 2017: stated inputs are the files' numbers, reported results are nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from trajectsim.config.load import DATA, read_kind
from trajectsim.config.reader import read_mapping
from trajectsim.config.schema import Intervention
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk

GUIDE = "handreiking_leren_werken_2017"
NULLS = {"hazard ratio": 1.0, "ratio": 1.0}


def _files() -> dict[str, Intervention]:
    """Return the files that stand for entries of the guide, and the comparator of one of them."""
    found = {}
    for path in sorted((DATA / "interventions").glob("*.yaml")):
        if "rows: [hand_" in path.read_text(encoding="utf-8") or path.stem == "debt_help_in_sequence":
            found[path.stem] = read_kind("intervention", path.stem).spec
    return found


FILES = _files()
NOT = read_mapping(DATA / "catalogue" / "not_interventions.yaml", "not_interventions.yaml").data


def _at(item: Intervention, path: str) -> Parameter:
    found: Any = item
    for key in path.split("."):
        if isinstance(found, dict):
            found = found[key]
        elif isinstance(found, (list, tuple)):
            found = found[int(key)]
        else:
            found = getattr(found, key)
    assert isinstance(found, Parameter)
    return found


def _numbers(found: object) -> Iterator[Parameter]:
    return (number for _, _, number in walk(found, "", (Parameter,)))


@pytest.mark.parametrize(
    ("name", "path", "value", "unit"),
    [
        ("buddy_project", "duration", 12, "months"),
        ("buddy_project", "places", 19, "places"),
        ("path_to_measure", "places", 100, "places"),
        ("weekly_job_workshops", "places", 88, "places"),
        ("lost_leavers_list", "places", 255, "places"),
        ("on_stage", "places", 1000, "places"),
        ("learn_work_track_vmbo", "places", 545, "places"),
        ("youth_account_managers", "team.fte.account_manager", 2, "number"),
        ("integrated_youth_intake", "team.fte.intaker", 1, "number"),
        ("integrated_youth_intake", "team.hours_per_fte", 1200, "hours"),
        ("school_aftercare", "duration", 12, "months"),
        ("school_aftercare", "aftercare", 12, "months"),
        ("search_period_adviser", "duration", 1, "months"),
        ("special_leavers_team", "levers.0.value", 1, "probability"),
        ("buddy_project", "parameters.hour_of_guidance", 65, "EUR/hour"),
        ("internships_vmbo", "parameters.hours_at_the_firm", (30 + 2 * 4 * 30) / 36, "hours/month"),
        ("preparatory_work_route", "parameters.days_at_the_firm", 69, "hours/month"),
    ],
)
def test_stated_inputs(name: str, path: str, value: float, unit: str) -> None:
    number = _at(FILES[name], path)
    assert (number.value, number.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    ("name", "path", "low", "high"),
    [
        ("debt_path_jp", "duration", 6, 36),
        ("peel_portal", "aftercare", 1, 24),
        ("special_leavers_team", "duration", 6, 24),
        ("internships_special", "parameters.hours_at_the_firm", 0, 41.7),
        ("job_coach", "parameters.job_coach_first_year", 2.4, 0.15 * 104),
    ],
)
def test_stated_ends(name: str, path: str, low: float, high: float) -> None:
    spread = _at(FILES[name], path).distribution
    assert (spread.low, spread.high) == (pytest.approx(low), pytest.approx(high))


def test_the_usual_order_of_debt_help_takes_45_months() -> None:
    item = FILES["debt_help_in_sequence"]
    assert _at(item, "duration").value + _at(item, "aftercare").value == 45
    assert item.background is not None
    assert item.background.family == "comparator"


@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("buddy_project", {13, 0.68, 68}),
        ("weekly_job_workshops", {68, 0.77, 77}),
        ("match_makers", {52}),
        ("youth_account_managers", {92, 46}),
        ("learn_work_market", {30}),
        ("learn_work_desk", {25, 0.25}),
        ("trial_placement", {0.62, 62}),
        ("internships_vmbo", {0.75, 75, 0.7, 0.8}),
        ("latent_vacancies", {0.35, 0.3, 0.4}),
    ],
)
def test_what_was_reported_is_no_input(name: str, results: set[float]) -> None:
    item = FILES[name]
    assert item.background is not None
    assert item.background.reported
    programme = item.model_copy(update={"parameters": {k: p for k, p in item.parameters.items() if "hours" not in k}})
    assert not {number.value for number in _numbers(programme)} & results


def test_gross_results_kept_for_validation() -> None:
    for name in ("buddy_project", "weekly_job_workshops"):
        background = FILES[name].background
        assert background is not None
        assert [entry.role for entry in background.reported] == ["validation"]


@pytest.mark.parametrize("name", FILES)
def test_effects_and_levers_leave_room_for_none(name: str) -> None:
    item = FILES[name]
    own = [effect.ratio for effect in item.effects] + [lever.ratio for lever in item.levers]
    own += [number for change in item.changes for number in (change.capacity, change.tolerance)]
    for number in own:
        if not isinstance(number, Parameter) or number.locator == "by definition":
            continue
        spread = number.distribution
        assert number.grade == "D"
        assert spread.low is not None
        assert spread.high is not None
        assert spread.low <= NULLS[number.unit] <= spread.high


@pytest.mark.parametrize("name", FILES)
def test_the_hours_that_work_are_the_hours_that_cost(name: str) -> None:
    item = FILES[name]
    paid = {f"{name}.{entry.role}" for entry in item.hours}
    assert paid == {line.hours for line in item.costs.values() if line.hours is not None}
    assert all(line.programme for line in item.costs.values())


@pytest.mark.parametrize("name", FILES)
def test_words_and_sources_are_whole(name: str) -> None:
    background = FILES[name].background
    assert background is not None
    assert background.source == GUIDE
    assert background.locator
    assert background.chain
    assert FILES[name].description is not None


def test_every_entry_of_the_guide_stands_once() -> None:
    placed = Counter(row for item in FILES.values() for row in item.background.rows if item.background)
    placed.update(row for row in NOT if row.startswith("hand_"))
    assert len(placed) == 66
    assert set(placed.values()) == {1}
