"""The summary against what the synthetic study was made of."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from trajectsim.analysis.compare import summarise
from trajectsim.errors import UserError

Make = Callable[..., Any]
STATISTICS = {"mean", "sd", "p05", "p50", "p95"}


@pytest.fixture(scope="module")
def tree(make_study: Make) -> dict[str, Any]:
    return summarise(make_study())


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, (*path, key))
    else:
        yield path, tree


def test_summary_is_strict_json_and_repeats(make_study: Make, tree: dict[str, Any]) -> None:
    text = json.dumps(tree, allow_nan=False)
    assert text == json.dumps(summarise(make_study()), allow_nan=False)


def test_costs_and_differences_are_those_that_were_made(make_study: Make, tree: dict[str, Any]) -> None:
    costs = make_study().tables["costs"]
    total = costs.groupby(["arm", "draw"], observed=True)["discounted"].sum().unstack("arm") / (5 * 10 * 100)
    saved = total["job"] - total["usual_care"]
    for arm in ("usual_care", "job"):
        assert tree["arms"][arm]["cost"]["total"]["mean"] == pytest.approx(total[arm].mean())
    found = tree["difference"]["cost"]["total"]
    assert found["mean"] == pytest.approx(saved.mean()) and found["sd"] == pytest.approx(saved.std())
    assert found["p05"] == pytest.approx(np.quantile(saved, 0.05))
    assert list(tree["arms"]) == ["usual_care", "job"]
    assert tree["outcomes"]["regular_work"]["job"]["mean"] > tree["outcomes"]["regular_work"]["usual_care"]["mean"]
    assert tree["difference"]["outcomes"]["regular_work"]["mean"] == pytest.approx(12 / 30)


def test_payers_and_categories_sum_to_the_total_and_transfers_to_nil(tree: dict[str, Any]) -> None:
    for cost in (tree["difference"]["cost"], *(arm["cost"] for arm in tree["arms"].values())):
        for parts in ("by_payer", "by_category"):
            assert sum(p["mean"] for p in cost[parts].values()) == pytest.approx(cost["total"]["mean"])
        assert sum(p["mean"] for p in cost["transfers_by_payer"].values()) == pytest.approx(0, abs=1e-9)
        intangible = cost["by_category"]["quality_of_life"]["mean"]
        assert cost["without_intangibles"]["mean"] == pytest.approx(cost["total"]["mean"] - intangible)


def test_ratio_has_programme_net_of_displacement_below_the_line(tree: dict[str, Any]) -> None:
    """Coach 2,500 in year one, minus 200 a year of old coaching; the wage is a transfer and vanishes for society."""
    difference = tree["difference"]["cost"]
    years = sum(1.0225**-y for y in range(3))
    below = 2500 - 200 * years
    society = tree["benefit_cost_ratio"]["society"]
    assert society["centre"] == pytest.approx((below - difference["total"]["mean"]) / below, rel=1e-4)
    assert set(society) == {"centre", "p05", "p50", "p95", "undefined"}
    municipality = tree["benefit_cost_ratio"]["municipality"]
    net = difference["municipality"]["mean"]
    assert municipality["centre"] == pytest.approx((below + 900 - net) / (below + 900), rel=1e-4)
    assert difference["displaced"]["mean"] == pytest.approx(-200 * years, rel=1e-4)


def test_errors_mirror_the_tree(tree: dict[str, Any]) -> None:
    errors = tree["monte_carlo_error"]
    for part in ("arms", "difference", "outcomes", "benefit_cost_ratio"):
        own = {p for p, _ in leaves(tree[part]) if "title" not in p}
        assert own == {p for p, _ in leaves(errors[part])}
    assert errors["arms"]["job"]["cost"]["total"]["mean"] > 0
    assert set(errors["difference"]["cost"]["total"]) == STATISTICS


def test_how_many_runs_would_halve_the_error(tree: dict[str, Any]) -> None:
    found = tree["enough"]["answers"]
    assert set(found) >= {"society", "municipality", "municipality_wmo"} and "education" not in found
    society = found["society"]
    assert society["draws"] == 60 and society["draws_to_halve"] == 240
    total = tree["difference"]["cost"]["total"]
    assert society["error_by_luck"] == pytest.approx(tree["monte_carlo_error"]["difference"]["cost"]["total"]["mean"])
    assert society["error"] == pytest.approx(total["sd"] / np.sqrt(60), rel=1e-6)  # both parts: the spread of the draws


def test_chances_break_even_and_years(tree: dict[str, Any]) -> None:
    chance = tree["probability_of_saving"]
    draws = tree["draws"]["society"]
    assert chance["society"] == pytest.approx(np.mean(np.array(draws) < 0))
    assert chance["by_payer"]["municipality_participation"] in (0.0, 1.0)
    never = tree["break_even"]["society"]["never"]
    assert never == pytest.approx(np.mean(np.array(draws) > 0), abs=1e-9)
    cumulative = tree["yearly"]["cumulative"]["society"]
    assert [row["year"] for row in cumulative] == [0, 1, 2]
    assert cumulative[-1]["mean"] == pytest.approx(tree["difference"]["cost"]["total"]["mean"])
    parts = [tree["yearly"]["cost"]["job"][p][1]["mean"] for p in tree["arms"]["job"]["cost"]["by_payer"]]
    assert sum(parts) == pytest.approx(tree["yearly"]["cost"]["job"]["total"][1]["mean"])


def test_an_answer_that_rests_on_an_assumption_is_not_known(tree: dict[str, Any]) -> None:
    """The saving hangs on one grade D parameter whose range holds both signs."""
    shares = tree["variance"]["society"]
    assert shares["by_grade"]["D"] > 0.9 and shares["top"][0]["path"] == "model.care.level"
    assert shares["chance"] == pytest.approx(1 - shares["parameters"])
    said = tree["verdict"]["municipality"]
    assert said["sign"] == "not_known" and "single_assumption" in said["reasons"]
    assert said["turning"] == ["model.care.level"]


def test_placebo_is_exactly_nil_and_its_ratio_null(make_study: Make) -> None:
    found = summarise(make_study(placebo=True))
    for path, number in leaves(found["difference"]):
        assert number in (0.0, None), path
    assert set(found["benefit_cost_ratio"].values()) == {None}
    assert found["monte_carlo_error"]["benefit_cost_ratio"]["society"] is None
    assert found["break_even"]["society"] is None and found["probability_of_saving"]["society"] is None
    assert found["verdict"]["society"]["sign"] == "no_difference"


def test_more_arms_are_keyed_by_arm(make_study: Make) -> None:
    found = summarise(make_study(("usual_care", "job", "other"), draws=5, replicates=2))
    assert list(found["difference"]) == ["job", "other"]
    assert found["difference"]["job"]["cost"] == found["difference"]["other"]["cost"]
    assert found["variance"]["job"]["society"]["by_grade"] is None  # too few draws
    alone = summarise(make_study(("usual_care",), draws=5, replicates=2))
    assert alone["difference"] == {} and alone["arms"]["usual_care"]["cost"]["total"]["mean"] > 0


def test_unfinished_draws_are_left_out(make_study: Make) -> None:
    study = make_study(draws=6)
    runs = study.tables["runs"]
    runs.loc[(runs["arm"] == "job") & (runs["draw"] == 4) & (runs["replicate"] == 1), "status"] = "failed"
    found = summarise(study)
    assert found["draws_used"] == 5 and len(found["draws"]["society"]) == 5
    runs["status"] = "failed"
    with pytest.raises(UserError, match="nothing can be compared"):
        summarise(study)


def test_a_study_without_prices_has_outcomes_only(make_study: Make) -> None:
    study = make_study(draws=5, replicates=2)
    study.manifest["lines"], study.manifest["resolved"] = [], {"prices": None}
    del study.tables["costs"]
    found = summarise(study)
    assert found["difference"]["cost"]["by_payer"] == {} and found["price_year"] is None
    assert found["outcomes"]["regular_work"]["job"]["mean"] > 0
    assert json.dumps(found, allow_nan=False)
