"""Sizes of the packaged programme, lived: two years of the town, few draws."""

from pathlib import Path
from typing import Any

import pytest

from trajectsim.analysis.run_sizes import CURVE, LIMITS, run_sizes
from trajectsim.analysis.silos import run_silos
from trajectsim.analysis.triangle import legitimacy, triangle
from trajectsim.config.law import load_law
from trajectsim.config.pooled import pooling
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.config.sizes import Sized, at_sizes
from trajectsim.study.run import run_scenario
from trajectsim.study.store import open_study

CONFIGS = Path(__file__).parents[3] / "configs"
PLACES = (0, 2, 10, 20)


def town(**settings: object) -> Scenario:
    given = {"years": 2, "draws": 3, "replicates": 2, "follow": "[]", **settings}
    return load_scenario(CONFIGS / "town.yaml", {key: str(value) for key, value in given.items()})


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sized, dict[str, Any], Path]:
    out = tmp_path_factory.mktemp("sizes")
    sized = at_sizes(town(), PLACES)
    return sized, run_sizes(sized, out), out


def test_the_curve_has_what_was_asked_for(lived: tuple[Sized, dict[str, Any], Path]) -> None:
    _, tree, out = lived
    assert [size["places"] for size in tree["sizes"]] == list(PLACES)
    for size in tree["sizes"]:
        for key in ("net_benefit_per_place", "cost_per_place", "benefit_cost_ratio", "wait_months"):
            assert set(size[key]) == {"mean", "p05", "p50", "p95", "error"}
    assert set(tree["best"]) >= {"society", "municipality", "municipality_participation", "employers"}
    assert tree["about"]["youths"] == 20 and tree["about"]["team"] == "along"
    assert sorted(path.name.split("-")[0] for path in out.iterdir()) == [LIMITS, CURVE]


def test_without_a_place_nobody_starts_and_nothing_is_paid(lived: tuple[Sized, dict[str, Any], Path]) -> None:
    none = lived[1]["sizes"][0]
    assert none["filled"]["starts"]["mean"] == none["filled"]["place_years"]["mean"] == 0
    assert none["total"]["cost"]["mean"] == none["total"]["variable_cost"]["mean"] == 0
    assert none["net_benefit_per_place"]["mean"] is None and none["benefit_cost_ratio"]["mean"] is None


def test_more_places_are_filled_and_waits_are_shorter(lived: tuple[Sized, dict[str, Any], Path]) -> None:
    sizes = lived[1]["sizes"]
    filled = [size["filled"]["place_years"]["mean"] for size in sizes]
    waits = [size["wait_months"]["mean"] for size in sizes[1:]]
    assert sizes[0]["wait_months"]["mean"] is None, "where there is no place nobody waits for one"
    assert filled == sorted(filled) and filled[1] <= 2 * 2 and filled[-1] > filled[1]
    assert waits == sorted(waits, reverse=True) and waits[0] > waits[-1]
    assert all(size["filled"]["most_at_once"]["mean"] <= size["places"] for size in sizes)


def test_costs_are_fixed_and_variable_and_payers_add_up(lived: tuple[Sized, dict[str, Any], Path]) -> None:
    for size in lived[1]["sizes"]:
        total = size["total"]
        parts = total["fixed_cost"]["mean"] + total["variable_cost"]["mean"]
        assert parts == pytest.approx(total["cost"]["mean"])
        by_payer = {k: v["mean"] for k, v in total["net_benefit_by_payer"].items() if k != "municipality"}
        assert sum(by_payer.values()) == pytest.approx(total["net_benefit"]["mean"])
        assert total["benefits"]["mean"] - total["cost"]["mean"] == pytest.approx(total["net_benefit"]["mean"])


def test_what_comes_back_is_told_for_every_limit(lived: tuple[Sized, dict[str, Any], Path]) -> None:
    _, tree, _ = lived
    why = tree["why"]
    assert set(why["limits"]) == {"coaches", "selection", "employer", "school", "care", "money", "all"}
    own = next(size for size in tree["sizes"] if size["places"] == why["places"])
    assert why["net_benefit"]["mean"] == pytest.approx(own["total"]["net_benefit"]["mean"]), "the same lives"


def test_its_own_size_is_the_programme_of_the_file_to_the_bit(
    lived: tuple[Sized, dict[str, Any], Path], tmp_path: Path
) -> None:
    plain = run_scenario(town(), tmp_path / "plain")
    curve = open_study(next(path for path in lived[2].iterdir() if path.name.startswith(CURVE)))
    for table in ("costs", "occupancy", "moves", "queues", "teams"):
        one, two = (study.table(table) for study in (plain, curve))
        one, two = (frame.astype({"arm": str}) for frame in (one, two))
        one = one[one["arm"] == "supported_job"].drop(columns="arm").reset_index(drop=True)
        two = two[two["arm"] == "places_20"].drop(columns="arm").reset_index(drop=True)
        text = [c for c in one.columns if one[c].dtype == "category" or two[c].dtype == "category"]
        own = dict.fromkeys(text, str)
        keep = [frame.astype(own) for frame in (one, two)]
        if "domain" in keep[0]:
            keep = [frame[~frame["domain"].str.startswith("places_")].reset_index(drop=True) for frame in keep]
        assert keep[0].equals(keep[1]), table


def test_a_second_call_reads_what_is_there(lived: tuple[Sized, dict[str, Any], Path]) -> None:
    sized, tree, out = lived
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert run_sizes(sized, out) == tree
    assert before == {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}


# --- silos ------------------------------------------------------------------------------------------------------------


def test_silos_per_payer_with_transfers_that_leave_nobody_worse_off(tmp_path: Path) -> None:
    tree = run_silos(pooling(town()), tmp_path)
    assert set(tree["forms"]) == {"pot", "desks", "both"}
    for form in tree["forms"].values():
        who = form["who_pays_who_gains"]
        by_payer = sum(item["net_cost"]["mean"] for item in who["payers"].values())
        assert by_payer == pytest.approx(-form["society"]["mean"])
        for settled in who["compensation"].values():
            if settled["together"] <= 0:
                assert all(left <= 1e-6 for left in settled["net_after"].values())
                assert settled["uncovered"] == pytest.approx(0, abs=1e-6)
            assert sum(settled["net_after"].values()) == pytest.approx(settled["together"])
    jobs = tree["forms"]["pot"]["requests"]["supported_work"]
    assert jobs["pooled"]["refused"] <= jobs["siloed"]["refused"]


def test_a_pot_that_nobody_may_use_changes_nothing(tmp_path: Path) -> None:
    """With no place in the programme nobody is served by its pooled budget: pooled and siloed are the same."""
    closed = town(**{"interventions.supported_job.places": 0})
    pot = run_silos(pooling(closed), tmp_path)["forms"]["pot"]
    assert pot["society"]["mean"] == 0 and pot["society"]["chance_of_gain"] is None
    assert pot["who_pays_who_gains"]["payers"] == {}


# --- the value triangle -----------------------------------------------------------------------------------------------


def test_three_corners_of_every_arm(tmp_path: Path) -> None:
    study = run_scenario(town(), tmp_path)
    tree = triangle(study, tmp_path, replicates=2)
    corners = tree["arms"]["supported_job"]
    rules = {rule["rule"]: rule for rule in corners["legitimacy"]["exceptions"]}
    assert rules["law_pwet_1617_school_first"]["through"] == ["activity.home_to_supported_work"]
    assert corners["legitimacy"]["pooled"] == [{"nl": "ontschot budget", "en": "pooled budget"}]
    assert "municipality_jeugdwet" in corners["legitimacy"]["payers"]
    trust = corners["involvement"]["latents"]["trust"]
    assert trust["difference"]["mean"] == pytest.approx(trust["arm"] - trust["null"])
    assert trust["difference"]["mean"] > 0, "a lasting coach and work raise trust at central values"
    money = corners["return"]["net_benefit"]
    quality = corners["involvement"]["quality_of_life"]["euros"]["mean"]
    assert money["society"]["mean"] == pytest.approx(money["society_without_intangibles"]["mean"] + quality)


def test_an_arm_without_interventions_touches_no_rule() -> None:
    scenario = town()
    found = legitimacy(scenario, scenario.spec.arms[0], load_law())
    assert found == {"exceptions": [], "touched": [], "payers": [], "pooled": []}


def test_a_rule_holds_in_its_years_and_at_ages_that_take_part() -> None:
    law = load_law()
    for year in (2017, 2024):
        scenario = town(law_year=year)
        found = legitimacy(scenario, scenario.spec.arms[1], law)
        for rule in [*found["exceptions"], *found["touched"]]:
            declared = law.rules[rule["rule"]]
            assert declared.in_force.holds(year)
            assert (declared.age.from_ or 0) < 28 and (declared.age.to or 99) > 16
