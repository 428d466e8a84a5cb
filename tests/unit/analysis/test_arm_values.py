"""Numbers that differ between arms come back in a re-pricing: settings of an arm, and levers of what runs in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hand_study import hand_study, number
from trajectsim.analysis.arm_values import arm_values
from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.reprice import price_table, reprice

HOURS = "interventions.job.hours.0.per_month"


def coach(study: Any) -> float:
    """Return the coach's cost in euros over all years, of the first draw."""
    costs = reprice(study)
    return float(costs[(costs["line"] == "job.coach") & (costs["draw"] == 0)]["cents"].sum() / 100)


def test_without_settings_every_arm_has_the_draws_own_values() -> None:
    study = hand_study()
    table = price_table(study.manifest)
    for arm in ("usual", "job"):
        found = arm_values(study.manifest, table, [{}, {HOURS: 4.0}], arm)
        assert found[0] == pytest.approx(table.central)
        assert found[1, table.paths.index(HOURS)] == 4.0
    assert coach(study) == 72 * 10 * 50


def test_a_setting_of_an_arm_holds_there_only() -> None:
    study = hand_study()
    study.manifest["scenario"]["arms"][1]["set"] = {HOURS: 20.0, "model.care.bound": 1.0}
    table = price_table(study.manifest)
    assert arm_values(study.manifest, table, [{}], "job")[0, table.paths.index(HOURS)] == 20
    assert arm_values(study.manifest, table, [{}], "usual")[0, table.paths.index(HOURS)] == 10
    assert coach(study) == 72 * 20 * 50
    study.tables["costs"] = reprice(study)
    line = next(x for x in mkba(study)["arms"]["job"]["lines"] if x["line"] == "job.coach")
    assert line["count"]["difference"] == pytest.approx(144.0) and line["present"]["mean"] == pytest.approx(7200)


def lever(study: Any, **more: Any) -> Any:
    """Add an intervention to the second arm that changes the coach's hours."""
    own = {"name": "pool", "title": {"nl": "p", "en": "p"}, "levers": [{"parameter": HOURS, **more}]}
    study.manifest["resolved"]["interventions"]["pool"] = own
    study.manifest["scenario"]["arms"][1]["interventions"].append("pool")
    return study


def test_a_lever_multiplies_or_replaces_and_stays_within_what_the_unit_allows() -> None:
    assert coach(lever(hand_study(), ratio=number(0.5, "ratio"))) == 72 * 5 * 50
    assert coach(lever(hand_study(), value=number(3, "hours/month"))) == 72 * 3 * 50
    assert coach(lever(hand_study(), ratio=number(-1, "ratio"))) == 0  # hours are never below nought


def test_a_lever_is_drawn_and_is_idle_with_its_mechanism_off() -> None:
    study = lever(hand_study(), ratio=number(0.5, "ratio"))
    table = price_table(study.manifest)
    drawn = [{"interventions.pool.levers.0.ratio": 0.8}]
    assert arm_values(study.manifest, table, drawn, "job")[0, table.paths.index(HOURS)] == pytest.approx(8)
    assert arm_values(study.manifest, table, drawn, "usual")[0, table.paths.index(HOURS)] == 10
    for world, hours in (
        (None, 10), ({"mechanisms": {"teams": {"on": False}}}, 10), ({"mechanisms": {"teams": {"on": True}}}, 5)
    ):  # fmt: skip
        study = lever(hand_study(), ratio=number(0.5, "ratio"), mechanism="teams")
        study.manifest["world"] = world
        assert coach(study) == 72 * hours * 50


def test_a_levers_own_number_may_be_set_changed_by_another_or_stand_elsewhere() -> None:
    half = {"nl": "p", "en": "p"}
    study = lever(hand_study(), ratio={"use": "part"})
    pool = study.manifest["resolved"]["interventions"]["pool"]
    pool["parameters"] = {"part": number(0.5, "ratio")}
    assert coach(study) == 72 * 5 * 50
    study.manifest["scenario"]["arms"][1]["set"] = {"interventions.pool.parameters.part": 0.25}
    assert coach(study) == 72 * 2.5 * 50
    other = {"parameter": "interventions.pool.parameters.part", "value": number(0.75, "ratio")}
    study.manifest["resolved"]["interventions"]["first"] = {"name": "first", "title": half, "levers": [other]}
    running = study.manifest["scenario"]["arms"][1]["interventions"]
    running.insert(running.index("pool"), "first")
    assert coach(study) == 72 * 7.5 * 50

    study = lever(hand_study(), ratio={"use": "@model.parameters.part"})
    study.manifest.setdefault("parameters", {})["model.parameters.part"] = {
        **{key: value for key, value in number(0.5, "ratio").items() if key != "distribution"},
        "family": "fixed", "low": None, "high": None,
    }  # fmt: skip
    assert coach(study) == 72 * 5 * 50
