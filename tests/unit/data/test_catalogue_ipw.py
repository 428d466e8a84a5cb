"""The five municipalities and Lelystad: what the sources state is the files' numbers, what they report is in none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from trajectsim.config.check import check
from trajectsim.config.load import DATA, read_kind
from trajectsim.config.reader import read_mapping
from trajectsim.config.scenario import load_scenario
from trajectsim.config.schema import Intervention
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk

SOURCES = {"ipw_nijkerk_2024", "ipw_child_protection_2024", "lelystad_3d_lab"}
ALONE = ("super_assistant_half", "one_plan_one_director", "warm_handover", "decision_time", "no_search_period",
         "intake_all_year")  # fmt: skip
"""Files that stand for no entry of their own: a variant, and levers named in several sources."""
REPORTED = {41000, 36500, 20000, 400000, 323005, 53834, 1600000, 2200000, 71500, 22500, 821596, 136932}
"""Forecasts, savings and sums of the sources, in euros."""


def _files() -> dict[str, Intervention]:
    """Return the files that stand for an entry of the list of these municipalities."""
    found = {}
    for path in sorted((DATA / "interventions").glob("*.yaml")):
        if re.search(r"rows: \[(.*, )?i_", path.read_text(encoding="utf-8")) or path.stem in ALONE:
            found[path.stem] = read_kind("intervention", path.stem).spec
    return found


FILES = _files()
GOVERNANCE = [name for name, item in FILES.items() if item.background and item.background.family == "governance"]


def _at(name: str, path: str) -> Parameter:
    found: Any = FILES[name]
    for key in path.split("."):
        if isinstance(found, dict):
            found = found[key]
        elif isinstance(found, (list, tuple)):
            found = found[int(key)]
        else:
            found = getattr(found, key)
    assert isinstance(found, Parameter), f"{name}: {path} is no parameter of its own"
    return found


def _numbers(found: object) -> Iterator[Parameter]:
    return (number for _, _, number in walk(found, "", (Parameter,)))


@pytest.mark.parametrize(
    ("name", "path", "value", "unit"),
    [
        # Nijkerk
        ("supported_job", "places", 20, "places"),
        ("supported_job", "costs.work_income.price", 10500, "EUR/year"),
        ("current_bundle_under_18", "costs.bundle.price", 26800, "EUR/year"),
        ("current_bundle_from_18", "costs.bundle.price", 18450, "EUR/year"),
        ("reintegration_assistance", "places", 17, "places"),
        ("housing_support", "places", 10, "places"),
        ("breakthrough_plan", "places", 35, "places"),
        ("breakthrough_plan", "duration", 6, "months"),
        ("breakthrough_plan", "costs.tailored_money.price", 955, "EUR/event"),
        # Zwolle
        ("joint_bridging_plan", "duration", 1.4, "months"),
        ("joint_bridging_plan", "places", 1, "places"),
        ("weighing_approach", "places", 10, "places"),
        ("professional_duo", "places", 35, "places"),
        # Tilburg
        ("stacked_services", "costs.all_support.price", 74828, "EUR/year"),
        ("stacked_services", "parameters.hours_all", 909 / 12, "hours/month"),
        ("strongest_link", "parameters.hours_practical", 2 * 52 / 12, "hours/month"),
        ("family_wide_pair", "costs.pair.price", 30000, "EUR/year"),
        ("family_wide_pair", "parameters.hours_pair", 6 * 52 / 12, "hours/month"),
        ("wmo_household_worker", "parameters.hours_worker", 3 * 2 * 52 / 12, "hours/month"),
        ("benefit_scandal_payment", "costs.compensation.price", 30000, "EUR/event"),
        # Gouda
        ("school_based_care_gouda", "places", 28, "places"),
        ("bridge_day_activity", "duration", 23, "months"),
        ("care_education_place", "hours.0.per_month", 16 * 52 / 12, "hours/month"),
        ("care_education_place", "parameters.hours_education", 4 * 52 / 12, "hours/month"),
        ("care_education_place", "uptake", 1 / 6, "per month"),
        ("fitting_primary_place", "places", 3, "places"),
        ("internship_with_coaching", "places", 3, "places"),
        # Nijmegen
        ("super_assistant", "costs.posts.price", 90000, "EUR/year"),
        ("super_assistant", "team.fte.assistant", 1, "number"),
        ("super_assistant", "team.hours_per_fte", 1872, "hours"),
        ("super_assistant_half", "costs.posts.price", 45000, "EUR/year"),
        ("super_assistant_half", "team.fte.assistant", 0.5, "number"),
        ("super_assistant_half", "places", 3, "places"),
        ("care_in_school_decision", "costs.decision.price", 31525, "EUR/year"),
        ("care_in_school_decision", "parameters.hours_class", 8.7 * 35 / 12, "hours/month"),
        ("care_in_school_decision", "places", 9, "places"),
        ("education_arrangement", "costs.arrangement.price", 8250, "EUR/event"),
        ("education_arrangement", "duration", 4, "months"),
        ("advice_short_support", "places", 53, "places"),
        ("advice_short_support", "costs.support.price", 47398 / 53, "EUR/event"),
        ("extra_basic_support", "costs.support.price", 148679, "EUR/year"),
        # Lelystad
        ("informal_mentor", "places", 100, "places"),
        ("steady_contact", "parameters.hours_worker", 78 / 12, "hours/month"),
        ("steady_contact", "duration", 72, "months"),
        ("entree_arbeid", "places", 20, "places"),
        ("talent_managers", "team.fte.talent_manager", 4, "number"),
        ("no_sheltered_work", "changes.0.capacity", 0, "ratio"),
        ("route_map_amsterdam", "duration", 8, "months"),
        ("route_map_amsterdam", "aftercare", 24, "months"),
        ("regional_half_year_provision", "duration", 6, "months"),
        ("transition_meeting", "duration", 12, "months"),
        # An hour of guidance wherever it is priced so
        ("steady_youth_coach", "parameters.hour_of_guidance", 65, "EUR/hour"),
        ("transition_meeting", "parameters.hour_of_guidance", 65, "EUR/hour"),
    ],
)  # fmt: skip
def test_stated_inputs(name: str, path: str, value: float, unit: str) -> None:
    number = _at(name, path)
    assert (number.value, number.unit) == (pytest.approx(value, rel=0.02), unit)
    if number.grade == "A":
        assert number.value == pytest.approx(value, rel=1e-9), "a figure of the source stands as it is there"


@pytest.mark.parametrize(
    ("name", "path", "low", "high"),
    [
        ("education_arrangement", "costs.arrangement.price", 3456, 8250),
        ("education_arrangement", "duration", 3, 4),
        ("family_wide_pair", "parameters.hours_pair", 26, 52),
        ("super_assistant", "team.hours_per_fte", 36 * 35, 36 * 52),
        ("professional_duo", "places", 30, 40),
        ("uwv_job_coach", "parameters.hours_coach", 0.05 * 104, 0.15 * 104),
    ],
)
def test_stated_ends(name: str, path: str, low: float, high: float) -> None:
    spread = _at(name, path).distribution
    assert (spread.low, spread.high) == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize("name", FILES)
def test_what_was_reported_is_no_input(name: str) -> None:
    euros = {n.value for n in _numbers(FILES[name]) if n.unit.startswith("EUR") and n.grade in "AB"}
    assert not euros & REPORTED


def test_the_saving_of_nijmegen_is_no_hours() -> None:
    """One worker gives a child the hours that a decision gives: fewer hours are a hope of the source."""
    hours = {_at(name, "parameters.hours_class").value for name in
             ("super_assistant", "super_assistant_half", "care_in_school_decision")}  # fmt: skip
    assert len(hours) == 1
    per_child = 8.7 * 35
    assert _at("super_assistant", "places").value == int(1872 / per_child)
    assert _at("super_assistant_half", "places").value == int(936 / per_child)


def test_prices_of_places_stand_in_the_price_book_only() -> None:
    """What 46,440 and 14,000 a year buy is a state of the model: a programme that places does not price it again."""
    lines = read_kind("prices", "nl_2024").spec.lines
    assert lines["temporary_place_child"].price.value * 12 == 46440
    assert lines["school_special"].price.value == 14000
    for name in ("bridge_day_activity", "cluster_4_place", "care_education_place", "other_temporary_places"):
        assert all(line.state is None for line in FILES[name].costs.values()), name


@pytest.mark.parametrize("name", FILES)
def test_effects_and_levers_leave_room_for_none(name: str) -> None:
    item = FILES[name]
    compared = item.background is not None and item.background.family == "comparator"
    for effect in item.effects:
        number = effect.drift or effect.ratio or effect.adds
        if not isinstance(number, Parameter) or number.locator == "by definition":
            continue
        none, spread = (1.0 if effect.ratio else 0.0), number.distribution
        assert spread.low is not None
        assert spread.high is not None
        assert spread.low <= none <= spread.high
    for lever in item.levers:
        if isinstance(lever.ratio, Parameter) and not compared:
            spread = lever.ratio.distribution
            assert spread.low is not None
            assert spread.high is not None
            assert spread.low <= 1 <= spread.high


@pytest.mark.parametrize("name", FILES)
def test_words_and_sources_are_whole(name: str) -> None:
    item = FILES[name]
    background = item.background
    assert background is not None
    assert item.description is not None
    assert background.chain
    assert background.locator
    assert background.source in SOURCES or name in ("ips", "no_search_period", "intake_all_year")
    assert item.costs or name == "no_sheltered_work", "what is done is paid for by somebody"
    own = [line for line in item.costs.values() if line.fixed is not None or line.hours is not None]
    assert all(line.programme for line in own)


def test_every_entry_stands_once() -> None:
    rows = Counter(row for item in FILES.values() if item.background for row in item.background.rows)
    nowhere = read_mapping(DATA / "catalogue" / "not_interventions.yaml", "not_interventions.yaml").data
    rows.update(row for row in nowhere if row.startswith("i_"))
    own = {row: times for row, times in rows.items() if row.startswith("i_")}
    assert len(own) == 82
    assert set(own.values()) == {1}


def test_levers_name_numbers_of_the_town(tmp_path: Any) -> None:
    arms = "".join(f"  - name: {name}\n    interventions: [{name}]\n" for name in GOVERNANCE)
    assert len(GOVERNANCE) == 13
    path = tmp_path / "levers.yaml"
    path.write_text(
        "name: levers\ntitle: {nl: hefbomen, en: levers}\nmodel: youth\npopulation: nijkerk\nprices: nl_2024\n"
        "world: town\nlaw_year: 2024\nyears: 3\nstart: 2024-09\n"
        f"arms:\n  - name: usual_care\n{arms}draws: 1\nreplicates: 1\nseed: 1\n",
        encoding="utf-8",
    )
    scenario = load_scenario(str(path))
    assert check(scenario) == []
    assert all(FILES[name].levers or FILES[name].changes for name in GOVERNANCE)
