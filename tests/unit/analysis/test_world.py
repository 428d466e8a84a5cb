"""What youths shared, counted from tables made by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pandas as pd
import pytest

from trajectsim.analysis.compare import summarise
from trajectsim.analysis.tables import design_of
from trajectsim.analysis.world import world_of

ARMS, DRAWS, REPLICATES, YEARS = ("usual_care", "job"), 2, 2, 3
Make = Callable[..., Any]


def text(word: str) -> dict[str, str]:
    return {"nl": word, "en": word}


def rows(**columns: Any) -> pd.DataFrame:
    """One row per run and year, with further columns; a function gets arm, draw, replicate and year."""
    runs = list(product(ARMS, range(DRAWS), range(REPLICATES), range(YEARS)))
    frame = pd.DataFrame(runs, columns=["arm", "draw", "replicate", "year"])
    for name, value in columns.items():
        frame[name] = [value(*run) for run in runs] if callable(value) else value
    return frame[frame.iloc[:, -1] != 0]


def measures(column: str, name: str, **amounts: Any) -> pd.DataFrame:
    parts = [rows(**{column: name, "measure": measure, "quantity": amount}) for measure, amount in amounts.items()]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def study(make_study: Make) -> Any:
    """Jobs of five employers: 2 asked for a year, in the arm 4; a wait of one month, in the arm two and a half."""
    made = make_study(arms=ARMS, draws=DRAWS, replicates=REPLICATES)
    made.manifest["world"] = {
        "mechanisms": {"employers": {"title": text("employers"), "on": True}, "x": {"title": text("x"), "on": False}},
        "provisions": {"jobs": {"title": text("jobs"), "kind": "employer", "decided": False}},
        "budgets": {"wmo": {"title": text("Wmo"), "pooled": False, "opened_by": []}},
    }
    made.manifest["scenario"]["arms"] = [{"name": "usual_care"}, {"name": "job", "interventions": ["job"]}]
    on = {"usual_care": 0, "job": 1}
    made.tables["moves"] = pd.concat(
        [
            rows(exit="queue.jobs.asked", n=lambda a, d, r, y: 2 + 2 * on[a]),
            rows(exit="queue.jobs.granted", n=lambda a, d, r, y: 1 + on[a]),
            rows(exit="queue.jobs.refused", n=lambda a, d, r, y: d),
            rows(exit="work.lose", n=7),
        ]
    )
    made.tables["queues"] = measures(
        "provision", "jobs",
        granted=lambda a, d, r, y: 1 + on[a], months_waited=lambda a, d, r, y: 1 + 4 * on[a], others_asked=5,
        others_granted=4, others_months_waited=8, open=20, filled=lambda a, d, r, y: 10 + y, closed=0.5, units=5,
    )  # fmt: skip
    made.tables["teams"] = measures(
        "programme", "job",
        hours_needed=lambda a, d, r, y: 100 * on[a] * (y < 2), hours_given=lambda a, d, r, y: 50 * on[a] * (y < 2),
        strength=lambda a, d, r, y: 0.5 if on[a] and y < 2 else 1.0, coaches_left=lambda a, d, r, y: r,
    )  # fmt: skip
    made.tables["budgets"] = measures(
        "budget", "wmo",
        cents=lambda a, d, r, y: 300_000 - 100_000 * on[a], cap=4_000_000,
        requests_without_money=lambda a, d, r, y: on[a], first_month_out=lambda a, d, r, y: on[a] * (3 if y else 11),
    )  # fmt: skip
    made.tables["interference"] = pd.DataFrame(
        [
            ("job", 0, "queue.jobs.taken", 10, 6, 2),
            ("job", 0, "queue.jobs.granted", 10, 6, 1),
            ("job", 0, "other", 10, 6, 1),
            ("job", 1, "none", 10, 4, 0),
        ],
        columns=["arm", "draw", "reason", "youths", "outsiders", "changed"],
    )
    return made


def test_requests_waits_and_places(study: Any) -> None:
    world = world_of(study, design_of(study))
    assert world is not None and world["mechanisms_off"] == ["x"]
    usual, job = (world["provisions"]["jobs"]["arms"][arm] for arm in ARMS)
    assert (usual["asked"]["mean"], job["asked"]["mean"]) == (6, 12)
    assert usual["refused"] == {"mean": 1.5, "p05": pytest.approx(0.15), "p95": pytest.approx(2.85)}
    assert (usual["wait_months"], job["wait_months"], usual["others_wait_months"]) == (1.0, 2.5, 2.0)
    assert (usual["open"], usual["filled"], usual["closed"], usual["units"]) == (20, 11, 0.5, 5)
    assert (usual["taken"]["mean"], usual["waiting"]) == (0, 0)


def test_coaches_only_where_they_work_and_are_needed(study: Any) -> None:
    world = world_of(study, design_of(study))
    assert world is not None and set(world["teams"]["job"]) == {"job"}
    team = world["teams"]["job"]["job"]
    assert (team["hours_needed"], team["hours_given"]) == (pytest.approx(200 / 3), pytest.approx(100 / 3))
    assert (team["strength"], team["least_strength"], team["coaches_left"]) == (0.5, 0.5, 0.5)


def test_budgets_per_youth_and_year(study: Any) -> None:
    world = world_of(study, design_of(study))
    assert world is not None
    usual, job = (world["budgets"]["wmo"]["arms"][arm] for arm in ARMS)
    assert (usual["spent"]["mean"], job["spent"]["mean"], job["difference"]["mean"]) == (300, 200, -100)
    assert usual["cap"] == 40_000
    assert (usual["years_out"], usual["month_out"]) == (0, None)
    assert (job["years_out"], job["month_out"], job["earliest_out"], job["requests_without_money"]) == (1, 3, 3, 3)


def test_a_budget_without_a_cap(study: Any) -> None:
    budgets = study.tables["budgets"]
    budgets.loc[budgets["measure"] == "cap", "quantity"] = -1
    world = world_of(study, design_of(study))
    assert world is not None and world["budgets"]["wmo"]["arms"]["job"]["cap"] is None


def test_interference_by_queue(study: Any) -> None:
    world = world_of(study, design_of(study))
    assert world is not None
    assert world["interference"]["job"] == {
        "lives": 20, "outsiders": 10, "changed": 4, "share": 0.4, "reasons": {"jobs": 3, "other": 1},
    }  # fmt: skip


def test_the_summary_holds_it_as_strict_json(study: Any) -> None:
    summary = summarise(study)
    assert summary["world"] == world_of(study, design_of(study))
    json.dumps(summary["world"], allow_nan=False)


def test_everything_off_and_no_world_at_all(study: Any) -> None:
    study.manifest["world"] |= {"provisions": {}, "budgets": {}}
    assert world_of(study, design_of(study)) == {"mechanisms_off": ["x"]}
    study.manifest["world"] = None
    assert world_of(study, design_of(study)) is None
    assert "world" not in summarise(study)
