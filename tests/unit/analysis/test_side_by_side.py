"""Two studies side by side: differences are taken within draw and replicate, and are nil where nothing differs."""

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.compare import summarise
from trajectsim.analysis.side_by_side import same_youths, side_by_side
from trajectsim.errors import UserError

Make = Callable[..., Any]
SCALE = 1 / (5 * 10 * 100)


@pytest.fixture(scope="module")
def tree(make_study: Make) -> dict[str, Any]:
    """The job beside an approach that does nothing, of the same luck."""
    return side_by_side(make_study(placebo=True), make_study())


def test_a_study_beside_itself_differs_in_nothing(make_study: Make) -> None:
    found = side_by_side(make_study(), make_study())
    assert [(pair["a"], pair["b"]) for pair in found["pairs"]] == [("usual_care", "usual_care"), ("job", "job")]
    for pair in found["pairs"]:
        for part in ("cost", "against_null", "outcomes"):
            for item in pair.get(part, {}).values():
                assert item["a"] == item["b"]
                apart = item["difference"]
                assert [apart[key] for key in ("mean", "sd", "p05", "p95", "error")] == [0] * 5
                assert apart["lower"] is None
        assert pair["verdict"]["society"]["sign"] == "no_difference"


def test_difference_is_taken_within_draws(make_study: Make, tree: dict[str, Any]) -> None:
    pair = tree["pairs"][1]
    totals = []
    for study in (make_study(placebo=True), make_study()):
        costs = study.tables["costs"]
        costs = costs[costs["arm"] == "job"]
        totals.append(costs.groupby("draw", observed=True)["discounted"].sum() * SCALE)
    apart = totals[1] - totals[0]
    found = pair["cost"]["society"]
    assert found["a"]["mean"] == pytest.approx(totals[0].mean())
    assert found["b"]["mean"] == pytest.approx(totals[1].mean())
    assert found["difference"]["mean"] == pytest.approx(apart.mean())
    assert found["difference"]["sd"] == pytest.approx(apart.std())
    assert found["difference"]["p95"] == pytest.approx(np.quantile(apart, 0.95))
    assert found["difference"]["lower"] == pytest.approx((apart < 0).mean())
    assert found["difference"]["sd"] < totals[1].std(), "what both have in common falls out"


def test_against_the_null_it_is_what_each_report_says(make_study: Make, tree: dict[str, Any]) -> None:
    """B minus A of the gains; the gain of a placebo is nil, so that it is B's own."""
    summary = summarise(make_study())
    pair = tree["pairs"][1]
    for name, own in (("society", "total"), ("municipality", "municipality"), ("programme", "programme")):
        found = pair["against_null"][name]
        assert found["a"]["mean"] == 0
        for key in ("mean", "p05", "p95"):
            assert found["b"][key] == found["difference"][key] == pytest.approx(summary["difference"]["cost"][own][key])
    for payer, stats in summary["difference"]["cost"]["by_payer"].items():
        assert pair["against_null"][payer]["b"]["mean"] == pytest.approx(stats["mean"])
    assert pair["break_even"]["society"] == {"a": None, "b": summary["break_even"]["society"]}
    assert pair["verdict_against_null"]["society"]["sign"] == summary["verdict"]["society"]["sign"]
    last = summary["yearly"]["cumulative"]["society"][-1]["mean"]
    assert pair["cumulative"]["society"]["b"][-1] == pytest.approx(last)
    assert pair["cumulative"]["society"]["a"] == [0, 0, 0]


def test_null_alternatives_are_the_same_and_outcomes_differ(tree: dict[str, Any]) -> None:
    null, job = tree["pairs"]
    assert null["cost"]["society"]["difference"]["mean"] == 0 and "against_null" not in null
    assert job["outcomes"]["regular_work"]["difference"]["mean"] == pytest.approx(12 / 30)
    assert job["outcomes"]["regular_work"]["difference"]["sd"] == pytest.approx(0, abs=1e-12)


def test_turned_round_only_the_sign_changes(make_study: Make, tree: dict[str, Any]) -> None:
    back = side_by_side(make_study(), make_study(placebo=True))["pairs"][1]["cost"]["society"]["difference"]
    there = tree["pairs"][1]["cost"]["society"]["difference"]
    assert (back["mean"], back["p05"]) == pytest.approx((-there["mean"], -there["p95"]))


def test_strict_json_that_repeats(make_study: Make, tree: dict[str, Any]) -> None:
    again = side_by_side(make_study(placebo=True), make_study())
    assert json.dumps(tree, allow_nan=False) == json.dumps(again, allow_nan=False)


def test_draws_that_only_one_finished_are_left_out(make_study: Make) -> None:
    short = make_study()
    runs = short.tables["runs"]
    short.tables["runs"] = runs[runs["draw"] < 50]
    found = side_by_side(make_study(), short)
    assert found["draws_used"] == 50 and found["pairs"][1]["cost"]["society"]["difference"]["mean"] == 0


def test_worlds_without_a_counterpart(make_study: Make) -> None:
    found = side_by_side(make_study(), make_study(arms=("usual_care", "home", "job", "school")))
    assert [(pair["a"], pair["b"]) for pair in found["pairs"]] == [("usual_care", "usual_care"), ("job", "job")]
    assert found["not_paired"] == [[None, "home"], [None, "school"]]


@pytest.mark.parametrize(
    ("change", "key"),
    [({"steps": 24}, "years: A has 3 and B 2"), ({"seed": 8}, "seed: A has 7 and B 8")],
)
def test_what_has_no_meaning_side_by_side_is_refused(make_study: Make, change: dict[str, int], key: str) -> None:
    other = make_study()
    other.manifest = {**other.manifest, **change}
    with pytest.raises(UserError, match=key):
        side_by_side(make_study(), other)
    with pytest.raises(UserError, match="replicates: A has 5 and B 4"):
        side_by_side(make_study(), make_study(replicates=4))


def test_no_prices_no_money(make_study: Make) -> None:
    bare = make_study()
    bare.manifest = {**bare.manifest, "lines": [], "resolved": {"prices": None}}
    pair = side_by_side(make_study(), bare)["pairs"][1]
    assert set(pair) == {"a", "b", "outcomes"}


def test_share_of_youths_who_are_the_same(make_study: Make) -> None:
    first, second = make_study(), make_study()
    assert same_youths(first, second) is None
    rows = [(0, 0, youth, trait, youth / 4) for youth in range(4) for trait in ("age", "trust")]
    table = pd.DataFrame(rows, columns=["draw", "replicate", "youth", "trait", "value"])
    first.tables["youths"] = table
    second.tables["youths"] = copy.deepcopy(table)
    assert same_youths(first, second) == 1.0
    second.tables["youths"].loc[3, "value"] = 9.0
    assert same_youths(first, second) == 0.75
