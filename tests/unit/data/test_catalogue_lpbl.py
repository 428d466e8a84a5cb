"""The ten approaches of the meta-analysis, its failed examples and the rest: inputs are the source's numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from trajectsim.config.load import load_intervention, load_sources
from trajectsim.config.schema import Intervention
from trajectsim.config.schema.base import Use
from trajectsim.evidence.parameter import Parameter

ROWS = {
    "group_training_rmc": "lpbl_01_group_training",
    "case_director": "lpbl_02_case_director",
    "consultant_vulnerable_youth": "lpbl_03_consultant",
    "youth_advisers": "lpbl_04_youth_advisers",
    "tailored_class": "lpbl_05_tailored_class",
    "social_firm": "lpbl_06_social_firm",
    "temporary_job": "lpbl_07_temporary_job",
    "refugees_integrated": "lpbl_08_refugees",
    "ips": "lpbl_09_ips",
    "work_and_safety": "lpbl_10_work_safety",
    "youth_advisers_overhead": "lpbl_x_overhead",
    "youth_advisers_inexperienced": "lpbl_x_inexperienced",
    "temporary_job_targets": "lpbl_x_target_driven",
    "via_pilot": "lpbl_x_via_pilot",
    "bol_work_floor": "lpbl_x_bol_floor",
    "joint_walkin_hour": "lpbl_x_joint_walkin",
    "learn_work_under23": "lpbl_x_paths_under23",
    "peer_coach": "lpbl_x_peer_coach",
    "role_model_coach": "lpbl_x_role_model",
    "trajectory_coach": "lpbl_x_trajectory_coach",
}
MAY_USE_ITS_EFFECT = {"tailored_class", "refugees_integrated", "ips"}


def at(item: Intervention, path: str) -> Parameter:
    """Return the number at a path of a file, followed through `use`."""
    found: Any = item
    for key in path.split("."):
        found = found[int(key)] if key.isdigit() else found[key] if isinstance(found, dict) else getattr(found, key)
    found = item.parameters[found.use] if isinstance(found, Use) else found
    assert isinstance(found, Parameter)
    return found


def hours(item: Intervention) -> float:
    """Return the hours paid for one youth who stays to the end."""
    months = {"enrolled": at(item, "duration").value}
    months["aftercare"] = at(item, "aftercare").value if item.aftercare is not None else 0.0
    return sum(
        at(item, f"hours.{n}.per_month").value * months[state]
        for n, row in enumerate(item.hours)
        for state in row.while_
    )


@pytest.mark.parametrize("name", ROWS)
def test_each_file_stands_for_its_row_and_is_explained(name: str) -> None:
    item = load_intervention(name)
    about = item.background
    assert item.is_programme and item.name == name
    assert about is not None and ROWS[name] in about.rows
    assert about.chain and about.source in load_sources()


@pytest.mark.parametrize(
    ("name", "path", "value", "unit"),
    [
        ("group_training_rmc", "parameters.trainer_hours", 20, "hours/month"),
        ("group_training_rmc", "duration", 1, "months"),
        ("case_director", "places", 200, "places"),
        ("consultant_vulnerable_youth", "places", 50, "places"),
        ("consultant_vulnerable_youth", "duration", 6, "months"),
        ("youth_advisers", "places", 50, "places"),
        ("youth_advisers", "duration", 6, "months"),
        ("tailored_class", "places", 50, "places"),
        ("tailored_class", "duration", 18, "months"),
        ("social_firm", "duration", 9, "months"),
        ("temporary_job", "duration", 12, "months"),
        ("temporary_job", "costs.wage.price", 27000, "EUR/year"),
        ("temporary_job", "costs.training_and_coordination.price", 6000, "EUR/year"),
        ("ips", "costs.wages_and_allowances.price", 5600, "EUR/event"),
        *((name, "parameters.hour_of_guidance", 65, "EUR/hour") for name in ROWS if name != "via_pilot"),
        *(
            (name, "team.hours_per_fte", 1200, "hours")
            for name in ("case_director", "consultant_vulnerable_youth", "youth_advisers", "youth_advisers_overhead")
        ),
    ],
)
def test_inputs_that_the_source_states(name: str, path: str, value: float, unit: str) -> None:
    found = at(load_intervention(name), path)
    assert (found.value, found.unit, found.source, found.grade in "AB") == (value, unit, "lpbl_meta", True)


@pytest.mark.parametrize(
    ("name", "total", "euros"),
    [
        ("group_training_rmc", 20, 1300),
        ("case_director", 6, 390),
        ("youth_advisers", 12, 780),
        ("youth_advisers_inexperienced", 12, 780),
        ("youth_advisers_overhead", 12, 780),
        ("tailored_class", 3000 / 65, 3000),
        ("refugees_integrated", 40 / 12 * 32, 7000),
    ],
)
def test_hours_per_youth_and_their_price(name: str, total: float, euros: float) -> None:
    item = load_intervention(name)
    assert hours(item) == pytest.approx(total, rel=0.005)
    assert hours(item) * at(item, "parameters.hour_of_guidance").value == pytest.approx(euros, rel=0.012)


def test_the_consultant_gives_twelve_hours_beside_the_jobhunter() -> None:
    item = load_intervention("consultant_vulnerable_youth")
    own = [n for n, row in enumerate(item.hours) if row.role != "jobhunter"]
    assert sum(at(item, f"hours.{n}.per_month").value for n in own) * 6 == pytest.approx(12)


@pytest.mark.parametrize(
    ("name", "roles"), [("ips", ["coach"]), ("work_and_safety", ["team", "outreach", "jobhunter"])]
)
def test_forty_hours_a_year_in_approaches_for_complex_groups(name: str, roles: list[str]) -> None:
    item = load_intervention(name)
    month = sum(at(item, f"hours.{n}.per_month").value for n, row in enumerate(item.hours) if row.role in roles)
    assert month * 12 == pytest.approx(40, rel=0.01)
    assert month * 65 * at(item, "duration").value == pytest.approx(7000, rel=0.02)


def test_the_temporary_job_costs_what_the_source_says() -> None:
    item = load_intervention("temporary_job")
    guidance = at(item, "parameters.guidance_hours").value * 12 * 65
    assert guidance == pytest.approx(3000, rel=0.001)
    lines = sum(at(item, f"costs.{line}.price").value for line in ("wage", "training_and_coordination"))
    assert lines + guidance == pytest.approx(36000, rel=0.001)


def test_three_thousand_euros_of_guidance_in_the_social_firm() -> None:
    item = load_intervention("social_firm")
    month = at(item, "parameters.coach_hours").value + at(item, "parameters.floor_hours").value
    assert month * 9 * 65 == pytest.approx(3000, rel=0.001)
    assert at(item, "costs.production.price").value * 9 == pytest.approx(7500 - 3000)


@pytest.mark.parametrize("name", ["case_director", "consultant_vulnerable_youth", "youth_advisers"])
def test_one_post_gives_the_hours_of_its_caseload(name: str) -> None:
    item = load_intervention(name)
    assert item.team is not None
    for n, row in enumerate(item.hours):
        needed = at(item, "places").value * at(item, f"hours.{n}.per_month").value
        assert at(item, f"team.fte.{row.role}").value * 1200 / 12 == pytest.approx(needed, rel=0.001), row.role


def plain(name: str, *left_out: str) -> dict[str, Any]:
    """Return what a file computes with, without some of its keys and without its own name in its cost lines."""
    item = load_intervention(name).model_dump(exclude={"name", "title", "description", "background", *left_out})

    def renamed(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(f"{name}.", "it.")
        if isinstance(value, dict):
            return {key: renamed(x) for key, x in value.items()}
        return [renamed(x) for x in value] if isinstance(value, (list, tuple)) else value

    return dict(renamed(item))


def test_an_inexperienced_team_differs_by_experience_alone() -> None:
    assert plain("youth_advisers", "team") == plain("youth_advisers_inexperienced", "team")
    usual, new = (load_intervention(name).team for name in ("youth_advisers", "youth_advisers_inexperienced"))
    assert usual is not None and new is not None
    told = {"novice", "experience", "learning"}
    assert usual.model_dump(exclude=told) == new.model_dump(exclude=told)
    assert at(load_intervention("youth_advisers_inexperienced"), "team.experience").value < 0.5


def test_target_pressure_differs_by_selection_alone() -> None:
    assert plain("temporary_job", "selection") == plain("temporary_job_targets", "selection")
    usual, driven = (load_intervention(name) for name in ("temporary_job", "temporary_job_targets"))
    assert usual.selection is not None and driven.selection is not None
    assert usual.selection.model_dump(exclude={"pressure"}) == driven.selection.model_dump(exclude={"pressure"})
    assert at(driven, "selection.pressure").value > at(usual, "selection.pressure").value


def test_meetings_take_half_of_the_hours_that_are_paid() -> None:
    told = ("hours", "costs", "team", "parameters")
    assert plain("youth_advisers", *told) == plain("youth_advisers_overhead", *told)
    usual, busy = (load_intervention(name) for name in ("youth_advisers", "youth_advisers_overhead"))
    assert hours(busy) == pytest.approx(hours(usual))
    for dose in ("coach_hours", "direction_hours", "monitoring_hours"):
        assert at(busy, f"parameters.{dose}").value == pytest.approx(at(usual, f"parameters.{dose}").value / 2)
    assert {k: v for k, v in plain("youth_advisers_overhead")["costs"].items() if k != "meetings"} == plain(
        "youth_advisers"
    )["costs"]


def test_the_fixed_team_is_paid_by_the_post_and_not_by_the_hour() -> None:
    item = load_intervention("via_pilot")
    assert at(item, "costs.posts.price").value == 50 * 40 / 1200 * 78000
    assert all(line.hours is None for line in item.costs.values())


@pytest.mark.parametrize("name", ROWS)
def test_only_measured_effects_that_may_be_used_are_a_programmes_own(name: str) -> None:
    item = load_intervention(name)
    own = [
        at(item, f"effects.{n}.{key}")
        for n, effect in enumerate(item.effects)
        for key in ("ratio", "adds", "drift")
        if getattr(effect, key) is not None
    ]
    measured = [found for found in own if found.source != "assumption"]
    assert bool(measured) == (name in MAY_USE_ITS_EFFECT)
    for found in own:
        if found.locator != "by definition":
            low, high = found.distribution.low, found.distribution.high
            null = 0.0 if found.unit == "per month" else 1.0
            assert low is not None and high is not None and low <= null <= high


def test_what_is_kept_for_validation_is_told_as_such() -> None:
    roles = {
        name: [item.role for item in about.reported] for name in ROWS if (about := load_intervention(name).background)
    }
    assert "calibration" not in {
        role for name, found in roles.items() if name not in MAY_USE_ITS_EFFECT for role in found
    }
    for name in ("youth_advisers", "temporary_job", "work_and_safety", "via_pilot", "youth_advisers_overhead"):
        assert Counter(roles[name])["validation"] >= 1
