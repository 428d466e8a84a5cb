"""The decision on a whole study, made by hand: known gains, known payers, known grades."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.compare import summarise
from trajectsim.analysis.decide import decision_summary, expected_benefit, robust_over
from trajectsim.errors import UserError

Maker = Callable[..., Any]
RECORD = {"family": "normal", "value": 0.0, "low": -2.0, "high": 2.0, "unit": "number", "source": "s", "locator": "l"}


def full(study: Any) -> Any:
    """Give a hand-made study what the decision reads beside its tables: records, and what a year of life is worth."""
    records = {path: {**RECORD, **record} for path, record in study.manifest["parameters"].items()}
    records["prices.qaly"] = {**RECORD, "value": 50000.0, "grade": "C"}
    study.manifest["parameters"] = records
    for line in study.manifest["lines"]:
        line["path"] = "prices.qaly" if line["category"] == "quality_of_life" else "prices.other"
    return study


@pytest.fixture(scope="module")
def decided(make_study: Maker) -> tuple[Any, dict[str, Any]]:
    study = full(make_study())
    return study, decision_summary(study, youths=100, study_cost=(1000.0, 10.0))


def test_it_is_strict_json(decided: tuple[Any, dict[str, Any]]) -> None:
    assert json.loads(json.dumps(decided[1], allow_nan=False)) == decided[1]


def test_the_answer_is_the_summary_s(decided: tuple[Any, dict[str, Any]]) -> None:
    study, found = decided
    summary = summarise(study)
    stats, gain = summary["difference"]["cost"]["total"], found["against"]["job"]["gain"]
    assert gain["mean"] == pytest.approx(-stats["mean"]) and gain["sd"] == pytest.approx(stats["sd"])
    assert found["against"]["job"]["verdict"]["sign"] == summary["verdict"]["society"]["sign"]
    usual = summary["arms"]["usual_care"]["cost"]["total"]["mean"]
    assert found["net_benefit"]["usual_care"]["mean"] == pytest.approx(-usual)


def test_chances_and_losses_fit_each_other(decided: tuple[Any, dict[str, Any]]) -> None:
    found = decided[1]
    assert sum(found["probability_best"].values()) == pytest.approx(1)
    assert min(found["expected_loss"].values()) == pytest.approx(found["evpi"]["value"])
    assert found["expected_loss"][found["preferred"]] == pytest.approx(found["evpi"]["value"])
    assert found["evpi"]["in_all"] == pytest.approx(100 * found["evpi"]["value"])
    assert found["break_even"]["job"]["society"] == pytest.approx(found["probability_best"]["job"])
    assert found["break_even"]["job"]["municipality_other"] == 0  # it pays for the job coach and saves nothing


def test_the_one_parameter_that_counts_heads_the_agenda(decided: tuple[Any, dict[str, Any]]) -> None:
    found = decided[1]
    first = found["agenda"][0]
    assert first["path"] == "model.care.level" and first["grade"] == "D" and first["clear"] and first["source"] == "s"
    assert first["evppi"] == pytest.approx(found["evpi"]["value"], rel=0.15)
    assert first["evppi_in_all"] == pytest.approx(100 * first["evppi"])
    grades = found["against"]["job"]["by_grade"]
    assert grades["D"]["first"] > 0.9 and grades["A"]["first"] < 0.1 and grades["assumed"]["total"] > 0.9
    assert found["against"]["job"]["tornado"][0]["path"] == "model.care.level"
    assert found["evppi_by_grade"]["D"]["evppi"] == pytest.approx(first["evppi"], rel=0.1)
    assert len(found["agenda"]) == 9  # every parameter that varies: there are no more


def test_a_follow_up_is_worth_less_than_knowing_everything(decided: tuple[Any, dict[str, Any]]) -> None:
    found = decided[1]
    values = [row["evsi"] for row in found["evsi"]]
    assert values == sorted(values) and values[-1] <= found["evpi"]["value"] * 1.0001
    assert found["evsi"][0]["cost"] == 1000 + 2 * 10 * 10


def test_an_intervention_that_changes_nothing(make_study: Maker) -> None:
    found = decision_summary(full(make_study(placebo=True)), "life_years")
    assert found["evpi"]["value"] == 0 and found["preferred"] == "usual_care"
    assert found["probability_best"] == {"usual_care": 0.5, "job": 0.5}
    assert found["against"]["job"]["verdict"]["sign"] == "no_difference"
    assert all(entry["evppi"] == 0 for entry in found["agenda"])
    assert all(row["probability"] == 0.5 and row["evpi"] == 0 for row in found["acceptability"])
    assert set(found["break_even"]["job"].values()) == {None}
    assert all(row["evsi"] == 0 for row in found["evsi"])


def test_life_years_come_from_their_priced_amounts(make_study: Maker) -> None:
    study = full(make_study())
    found = decision_summary(study, "life_years")
    discount = sum(1.0225**-y for y in range(3))
    each = 50 * discount / 50000  # 50 euros of quality of life more per youth and year
    assert [row["effect"] for row in found["plane"]] == pytest.approx([each] * 60, rel=1e-3)
    assert found["threshold"] == 50000 and found["perspective"] == "society_without_intangibles"
    money = expected_benefit(study)
    assert found["against"]["job"]["gain"]["mean"] == pytest.approx(money["job"] - money["usual_care"])
    assert max(row["threshold"] for row in found["acceptability"]) == 100000


def test_an_outcome_may_count(make_study: Maker) -> None:
    study = full(make_study())
    found = decision_summary(study, "work", threshold=10.0)
    assert np.mean([row["effect"] for row in found["plane"]]) == pytest.approx(12 / 10)  # months of work, 10 youths
    assert found["effect"]["unit"]["en"] == "months per youth, whole period"
    money = expected_benefit(study, perspective="society_without_intangibles")
    both = expected_benefit(study, "work", 10.0)
    assert both["job"] - both["usual_care"] == pytest.approx(money["job"] - money["usual_care"] + 12, abs=0.01)


def test_three_arms(make_study: Maker) -> None:
    found = decision_summary(full(make_study(arms=("usual_care", "job", "more"))), "life_years", 1000.0)
    assert set(found["against"]) == {"job", "more"} and len(found["incremental"]) == 3
    assert sum(found["probability_best"].values()) == pytest.approx(1)


def test_few_draws_say_nothing_about_parameters(make_study: Maker) -> None:
    found = decision_summary(full(make_study(draws=20)))
    assert not found["enough_draws"] and found["agenda"] is None and found["evppi"] is None
    assert found["evpi"]["value"] >= 0


def test_least_regret_over_switches(make_study: Maker) -> None:
    on, off = full(make_study()), full(make_study(placebo=True))
    found = robust_over({"as it is": on, "no effect": off})
    assert found.value.loc["no effect"].nunique() == 1
    assert found.choice == max(expected_benefit(on), key=lambda arm: expected_benefit(on)[arm])
    with pytest.raises(UserError, match="do not have the same arms"):
        robust_over({"two": on, "three": full(make_study(arms=("usual_care", "job", "more")))})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"effect": "works"}, "did you mean 'work'"),
        ({"effect": "care", "threshold": 1.0}, "way is good is not known"),
        ({"effect": "work"}, "nothing says what 'work' is worth"),
        ({"threshold": 100.0}, "a threshold needs an effect"),
        ({"effect": "work", "threshold": -1.0}, "no threshold"),
        ({"perspective": "municipal"}, "did you mean 'municipality'"),
        ({"youths": 0.0}, "youths decide nothing"),
    ],
)
def test_what_cannot_be_decided(make_study: Maker, given: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        decision_summary(full(make_study(draws=3, replicates=2)), **given)


def test_one_arm_leaves_nothing_to_choose(make_study: Maker) -> None:
    with pytest.raises(UserError, match="nothing to choose"):
        decision_summary(full(make_study(arms=("usual_care",), draws=3)))


def test_parameters_that_never_vary_are_left_out(make_study: Maker) -> None:
    study = full(make_study())
    same = pd.DataFrame({"draw": range(60), "path": "model.same", "value": 1.0})
    study.tables["parameters"] = pd.concat([study.tables["parameters"], same])
    assert "model.same" not in {entry["path"] for entry in decision_summary(study)["agenda"]}
