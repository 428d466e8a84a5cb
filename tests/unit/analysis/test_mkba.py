"""A cost-benefit analysis done by hand, in the way of a spreadsheet, against the one the tool makes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hand_study import YOUTHS, hand_study, job, prices
from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.quantities import quantities_of
from trajectsim.analysis.reprice import reprice
from trajectsim.analysis.streams import PERSPECTIVES, from_quantities, from_store, payers_of, weights
from trajectsim.analysis.tables import cost_arrays, design_of
from trajectsim.config.schema import PriceBook
from trajectsim.errors import UserError

# The spreadsheet, rate nought, differences job minus usual over three years for ten youths:
#   care months        60+48+36 - 180            =    -36   x 1,000 = -36,000   municipality (Wmo)
#   months without job 48+60+84 - 288            =    -96   x   300 = -28,800   transfer, municipality to youth
#                                                           x    20 =  -1,920   municipality, staff
#   hours worked       16,800 - 7,200            =  9,600   x    10 =  96,000   benefit, employers
#                                                           x     8 =  76,800   transfer, employers to youth
#   offences           8 - 12                    =     -4   x 2,500 = -10,000   victims
#   life in care       36 months less            x 0.1 x 60,000 / 12 =  18,000   benefit, youth
#   start              once                                            5,000
#   office             two years with somebody   2         x 2,000 =   4,000
#   coach              72 months x 10 hours      720       x    50 =  36,000
SHEET = {
    "care": -3600.0, "benefit": -2880.0, "desk": -192.0, "output": 9600.0, "wage": 7680.0, "harm": -1000.0,
    "quality_of_life.care.on": 1800.0, "job.start": 500.0, "job.office": 400.0, "job.coach": 3600.0,
}  # fmt: skip
PROGRAMME = 500.0 + 400.0 + 3600.0
NET = {
    "municipality_wmo": -3600.0,
    "municipality_participation": -2880.0 - 192.0 + PROGRAMME,
    "employers": -9600.0 + 7680.0,
    "youth_household": 2880.0 - 7680.0 - 1800.0,
    "victims_neighbourhood": -1000.0,
}
SOCIETY = -3600.0 - 192.0 - 9600.0 - 1000.0 - 1800.0 + PROGRAMME


@pytest.fixture(scope="module")
def study() -> Any:
    return hand_study()


@pytest.fixture(scope="module")
def tree(study: Any) -> dict[str, Any]:
    return mkba(study)


@pytest.fixture(scope="module")
def arm(tree: dict[str, Any]) -> dict[str, Any]:
    return dict(tree["arms"]["job"])


def test_quantity_times_price_line_by_line(arm: dict[str, Any]) -> None:
    found = {line["line"]: line for line in arm["lines"]}
    assert {name: line["present"]["mean"] for name, line in found.items()} == pytest.approx(SHEET)
    assert found["care"]["count"] == pytest.approx({"null": 18.3, "arm": 14.7, "difference": -3.6})  # of two draws
    assert found["care"]["price"] == 1000 and found["care"]["unit"] == "EUR/month"
    assert found["job.start"]["count"]["difference"] == pytest.approx(0.1)
    assert found["job.office"]["count"]["difference"] == pytest.approx(0.2)
    assert found["benefit"]["society"] == 0


def test_payers_and_society_by_hand(arm: dict[str, Any]) -> None:
    table = arm["payer_by_category"]
    assert {payer: row["total"]["mean"] for payer, row in table.items() if payer != "society"} == pytest.approx(NET)
    assert table["society"]["total"]["mean"] == pytest.approx(SOCIETY) == pytest.approx(sum(NET.values()))
    assert table["employers"]["categories"]["productivity"] == pytest.approx(-1920)
    assert table["society"]["categories"]["benefits"] == 0  # a transfer


def test_ratio_npv_and_rate_of_return_by_hand(arm: dict[str, Any]) -> None:
    society = arm["perspectives"]["society"]
    assert society["programme_cost"]["mean"] == pytest.approx(PROGRAMME)
    assert society["net_present_value"]["mean"] == pytest.approx(-SOCIETY)
    assert society["ratio"] == pytest.approx((PROGRAMME - SOCIETY) / PROGRAMME)
    assert society["benefits_by_category"] == pytest.approx({
        "programme": 0, "care": 3600, "benefits": 0, "productivity": 9600, "quality_of_life": 1800, "safety": 1000,
        "relief": 192,
    })  # fmt: skip
    without = arm["perspectives"]["society_without_intangibles"]
    assert without["net_present_value"]["mean"] == pytest.approx(-SOCIETY - 1800)
    town = arm["perspectives"]["municipality"]
    assert town["net_present_value"]["mean"] == pytest.approx(3600 + 2880 + 192 - PROGRAMME)
    assert town["by_law"]["municipality_wmo"]["mean"] == pytest.approx(-3600)
    # by year: programme 500+200+2400, 200+1200, 0; benefits: care, and 320 euros a month less without a job
    care, home = [0, 1200, 2400], [48, 36, 12]
    yearly = [c + (300 + 20) * h / 10 for c, h in zip(care, home, strict=True)]
    flows = np.array(yearly) - [500 + 200 + 2400, 200 + 1200, 0]
    rate = town["internal_rate"]["centre"]
    assert sum(f / (1 + rate) ** y for y, f in enumerate(flows)) == pytest.approx(0, abs=1e-6)
    assert town["break_even"]["year"] == 3.0 and town["break_even"]["never"] == 0.0


def test_start_up_fixed_and_variable_costs_apart(arm: dict[str, Any]) -> None:
    apart = {name: part["paid"]["mean"] for name, part in arm["fixed_and_variable"]["parts"].items()}
    assert apart == pytest.approx({"start_up": 500, "fixed": 400, "per_start": 0, "per_month": 0, "per_hour": 3600})


def test_cost_per_start(arm: dict[str, Any]) -> None:
    """Eight of the ten youths start."""
    assert arm["fixed_and_variable"]["starts"] == pytest.approx(0.8)
    assert arm["fixed_and_variable"]["paid_per_start"] == pytest.approx(PROGRAMME / 0.8)


def test_how_much_more_would_have_to_be_avoided_to_break_even() -> None:
    book = prices()
    book["lines"]["care"]["price"]["value"] = 500
    rows = mkba(hand_study(book=book))["arms"]["job"]["what_if"]["quantity_to_break_even"]
    assert rows["society"] == []  # nothing is lost
    loss = 10 * (PROGRAMME - 2880 - 192) - 18_000  # participation loses 14,280, the Wmo gains 18,000
    assert loss < 0 and rows["municipality"] == []
    book["lines"]["care"]["price"]["value"] = 100
    rows = mkba(hand_study(book=book))["arms"]["job"]["what_if"]["quantity_to_break_even"]["municipality"]
    assert {row["line"]: row["needed"] for row in rows} == pytest.approx({
        "benefit": (14_280 - 3600) / 300, "care": (14_280 - 3600) / 100, "desk": (14_280 - 3600) / 20,
    })  # fmt: skip


def test_what_is_booked_by_calendar_year(arm: dict[str, Any]) -> None:
    """Years run from September: a third of a simulated year lies in its first calendar year."""
    budget = arm["budget"]
    assert budget["years"] == [2024, 2025, 2026, 2027]
    wmo = {row["year"]: row for row in budget["payers"]["municipality_wmo"]}
    assert wmo[2024]["savings"] == 0
    assert wmo[2025]["savings"] == pytest.approx(12_000 / 3)
    assert wmo[2026]["savings"] == pytest.approx(12_000 * 2 / 3 + 24_000 / 3)
    assert wmo[2027]["savings"] == pytest.approx(24_000 * 2 / 3)
    for row in wmo.values():
        assert row["cashable"] == pytest.approx(row["savings"] / 2)
        assert row["net_in_budget"]["mean"] == pytest.approx(row["net"]["mean"] / 2)
    town = budget["payers"]["municipality_participation"]
    assert sum(row["programme"] for row in town) == pytest.approx(10 * PROGRAMME)
    assert "youth_household" not in budget["payers"] and "victims_neighbourhood" not in budget["payers"]
    assert budget["relief"] == pytest.approx({"potential": 1920, "cashable": 480})


def test_marginal_prices_release_only_a_part(arm: dict[str, Any]) -> None:
    society = arm["marginal_prices"]["society"]
    assert society["average"]["mean"] == pytest.approx(SOCIETY)
    assert society["marginal"]["mean"] == pytest.approx(SOCIETY + 0.5 * 3600 + 0.75 * 192)


def test_displacement_leisure_and_deadweight_by_hand(arm: dict[str, Any]) -> None:
    what_if = arm["what_if"]
    assert what_if["displacement"]["gain"] == pytest.approx(9600)
    assert what_if["displacement"]["steps"][3]["net_cost"] == pytest.approx(SOCIETY + 4800)
    assert what_if["leisure"]["gain"] == pytest.approx(7680)
    assert what_if["displacement"]["turning_share"] is None  # even if all of it is displaced, society gains
    assert [row["society"] for row in what_if["rates"]] == pytest.approx([SOCIETY] * 3)
    assert {row["level"] for row in what_if["price_levels"]} == {"low", "middle", "high"}
    assert what_if["price_levels"][1]["society"] == pytest.approx(SOCIETY)


def test_the_long_run_stands_beside_and_carries_on_the_last_year(arm: dict[str, Any]) -> None:
    """Care falls by 2,400 a youth in the last year; seventeen at the start, twenty after three years, five to go."""
    run = arm["long_run"]
    assert run["on"] is False and run["age_at_end"] == 20
    society = run["perspectives"]["society"]
    assert society["projected"]["mean"] == pytest.approx(-2400 * 5)
    assert society["share"] == pytest.approx(12_000 / (12_000 - SOCIETY))
    assert arm["perspectives"]["society"]["net_present_value"]["mean"] == pytest.approx(-SOCIETY)


def test_discounted_by_hand() -> None:
    """At 5% a year's flow is worth the mean of 1.05^-(t/12) over its months."""
    factor = [sum(1.05 ** -((12 * y + m) / 12) for m in range(12)) / 12 for y in range(3)]
    found = mkba(hand_study(0.05))["arms"]["job"]["perspectives"]["municipality_wmo"]["net_present_value"]["mean"]
    assert found == pytest.approx(1200 * factor[1] + 2400 * factor[2], abs=0.01)
    again = mkba(hand_study(), rate=0.05)["arms"]["job"]["perspectives"]["municipality_wmo"]
    assert again["net_present_value"]["mean"] == pytest.approx(found, abs=0.01)


def test_a_shorter_horizon_counts_the_first_years_only(study: Any) -> None:
    tree = mkba(study, horizon=1)
    assert tree["about"]["horizon_years"] == 1
    late = hand_study(0.0)
    entries = late.tables["entries"]
    late.tables["entries"] = pd.concat([entries, entries.assign(year=2, n=4.0)])  # four more start in the third year
    starts = [mkba(late, horizon=h)["arms"]["job"]["fixed_and_variable"]["starts"] for h in (1, None)]
    assert starts == pytest.approx([0.8, 1.2])
    assert tree["arms"]["job"]["perspectives"]["municipality_wmo"]["net_present_value"]["mean"] == 0
    for wrong in (0, 4):
        with pytest.raises(UserError, match="horizon"):
            mkba(study, horizon=wrong)
    with pytest.raises(UserError, match="discount rate"):
        mkba(study, rate=2.25)


def test_another_price_book_gives_what_a_run_with_it_would(study: Any) -> None:
    other = prices()
    other["lines"]["care"]["price"]["value"] = 2000
    found = mkba(study, PriceBook.model_validate(other))
    assert found["arms"]["job"]["perspectives"]["municipality_wmo"]["net_present_value"]["mean"] == pytest.approx(7200)
    ran = mkba(hand_study(book=other))
    assert found["arms"]["job"]["payer_by_category"]["society"]["total"]["mean"] == pytest.approx(
        ran["arms"]["job"]["payer_by_category"]["society"]["total"]["mean"], abs=0.01
    )


def test_it_is_strict_json(tree: dict[str, Any]) -> None:
    assert json.loads(json.dumps(tree, allow_nan=False)) == tree


def test_a_lump_sum_for_a_diploma_beside_earnings_is_named() -> None:
    book = prices()
    lump = {"entries": "work.job", "payer": "youth_household", "category": "productivity", "kind": "benefit"}
    book["lines"]["diploma"] = {**book["lines"]["harm"], **lump, "event": None}
    assert mkba(hand_study(book=book))["about"]["counted_twice"] == ["diploma"]
    assert mkba(hand_study())["about"]["counted_twice"] == []


@given(st.lists(st.integers(-50_000, 50_000), min_size=6, max_size=6), st.floats(0, 0.08))
@settings(max_examples=8, deadline=None)
def test_transfers_vanish_and_payers_and_categories_agree_to_the_cent(levels: list[int], rate: float) -> None:
    book = prices(rate)
    for line, level in zip(book["lines"].values(), levels, strict=True):
        line["price"]["value"] = level / 100
    study = hand_study(book=book)
    arm = mkba(study)["arms"]["job"]
    table = arm["payer_by_category"]
    total = table["society"]["total"]["mean"]
    payers = [row["total"]["mean"] for payer, row in table.items() if payer != "society"]
    assert sum(payers) == pytest.approx(total, abs=0.005)
    for row in table.values():
        assert sum(row["categories"].values()) == pytest.approx(row["total"]["mean"], abs=0.005)
    streams = from_store(study, design_of(study))
    transfers = sum(weights(streams.lines, payer, kind="transfer") for payer in payers_of(streams.lines))
    assert not np.any(transfers) and not np.any(weights(streams.lines, "society", kind="transfer"))
    assert set(PERSPECTIVES) < set(arm["perspectives"])


def test_the_programme_is_what_the_module_says() -> None:
    assert {cost["price"]["value"] for cost in job()["costs"].values()} == {5000, 2000, 50}


def test_the_last_snapshot_counts_where_the_convention_says_so() -> None:
    """Sixty months of care at the very end of the run, of 1,000 euros each, stand with the last year in every table."""
    study = hand_study(0.02)
    months = study.tables["occupancy"]
    last = months[(months["year"] == 2) & (months["state"] == "on") & (months["arm"] == "usual")].assign(year=3, n=60.0)
    before = mkba(study)["arms"]["job"]["lines"]
    study.tables["occupancy"] = pd.concat([months, last])
    study.manifest["counted_steps"] = 37
    study.tables["costs"] = reprice(study)
    design, found = design_of(study), quantities_of(study)
    priced, stored = from_quantities(found), from_store(study, design)
    assert stored.amount.shape[2] == 3 and stored.amount.sum() == pytest.approx(priced.amount.sum())
    assert stored.present == pytest.approx(priced.present, abs=0.02)
    costs = cost_arrays(study, design)
    assert costs.by_year_discounted.sum() == pytest.approx(costs.by_row.sum())
    after = mkba(study)["arms"]["job"]["lines"]
    care = [next(line for line in lines if line["line"] == "care") for lines in (before, after)]
    assert care[1]["amount"] - care[0]["amount"] == pytest.approx(-60 * 1000 / YOUTHS)
    assert mkba(study, rate=0.0)["arms"]["job"]["perspectives"]["society"]["net_present_value"]["mean"] is not None


def test_the_long_run_begins_where_the_months_end() -> None:
    """Of two and a half years the second is the last whole one, and the rest of a life begins after 30 months."""
    study = hand_study(0.0)
    run = mkba(study)["arms"]["job"]["long_run"]
    study.manifest["steps"] = study.manifest["counted_steps"] = 30
    half = mkba(study)["arms"]["job"]["long_run"]
    assert (run["age_at_end"], half["age_at_end"]) == (20.0, 19.5)
    # care: 24,000 less in the third year and 12,000 in the second, of ten youths, until they are 25
    assert run["perspectives"]["society"]["projected"]["mean"] == pytest.approx(-2400 * 5)
    assert half["perspectives"]["society"]["projected"]["mean"] == pytest.approx(-1200 * 5.5)
