"""The sum that a reader redoes in the page: the same as the cost-benefit analysis under the same prices."""

from typing import Any

import numpy as np
import pytest

from tests.hand_study import HandStudy, hand_study, number, prices
from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.sheet import Sheet, sheets, worked
from trajectsim.config.schema import PriceBook


@pytest.fixture(scope="module")
def study() -> HandStudy:
    return hand_study(0.03)


@pytest.fixture(scope="module")
def sheet(study: HandStudy) -> Sheet:
    return sheets(study)[0]


def test_untouched_it_gives_the_tables(study: HandStudy, sheet: Sheet) -> None:
    found = mkba(study)["arms"]["job"]["perspectives"]
    own = worked(sheet)
    assert set(own) == set(found)
    for who, stats in found.items():
        assert own[who][0].mean() == pytest.approx(stats["net_present_value"]["mean"], abs=0.02)
        assert own[who][1].mean() == pytest.approx(stats["programme_cost"]["mean"], abs=0.02)


@pytest.mark.parametrize("rate", [None, 0.0, 0.05])
def test_another_price_gives_what_a_book_with_it_gives(study: HandStudy, sheet: Sheet, rate: float | None) -> None:
    changed: dict[str, Any] = prices(0.03)
    changed["lines"]["care"]["price"] = number(1234.0, "EUR/month")
    book = PriceBook.model_validate(changed)
    found = mkba(study, book, rate)["arms"]["job"]["perspectives"]
    own = worked(sheet, {"prices.lines.care.price": 1234.0}, rate)
    for who, stats in found.items():
        assert own[who][0].mean() == pytest.approx(stats["net_present_value"]["mean"], abs=1e-6)


def test_a_euro_more_per_month_is_a_months_difference(sheet: Sheet) -> None:
    # 36 months of care less over three years for ten youths, the same in both draws
    before, after = (worked(sheet, {"prices.lines.care.price": p}, 0.0)["society"][0] for p in (1000.0, 1001.0))
    assert after - before == pytest.approx([3.6, 3.6])


def test_prices_are_in_their_own_unit(sheet: Sheet) -> None:
    found = {price.path: (price.unit, float(price.values[0])) for price in sheet.prices}
    assert found["interventions.job.costs.office.price"] == ("EUR/year", 2000.0)
    assert found["prices.lines.output.price"] == ("EUR/hour", 10.0)


def test_the_kept_draws_spread_evenly_over_the_answer(study: HandStudy) -> None:
    few = sheets(study, most_draws=1)[0]
    assert len(few.kept) == 1 and len(few.units) == 2
    assert np.array_equal(few.units, sheets(study)[0].units)
