"""A thousand price books on a finished study: the same money as one by one, and fast."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from tests.hand_study import hand_study, prices
from trajectsim.analysis.quantities import net_of_books, payer_signs, quantities_of, vectors_of
from trajectsim.analysis.reprice import reprice
from trajectsim.analysis.streams import from_quantities, from_store
from trajectsim.analysis.tables import design_of
from trajectsim.config.schema import PriceBook
from trajectsim.economics.prices import PAYER_NAMES
from trajectsim.errors import UserError


@pytest.fixture(scope="module")
def study() -> Any:
    return hand_study(0.03)


def test_quantities_times_prices_are_the_cost_table(study: Any) -> None:
    found = quantities_of(study)
    streams, stored = from_quantities(found), from_store(study, design_of(study))
    assert found.table.lines == tuple(line["line"] for line in stored.lines)
    assert np.abs(streams.amount - stored.amount).max() <= 0.005
    assert np.abs(streams.present - stored.present).max() <= 0.005


def test_books_at_once_are_books_one_by_one(study: Any) -> None:
    found = quantities_of(study)
    books = [{"prices.lines.care.price": 1000.0 * k, "prices.lines.output.price": 10.0 + k} for k in range(4)]
    many = net_of_books(found, vectors_of(found, books))
    for k, changes in enumerate(books):
        book = prices(0.03)
        book["lines"]["care"]["price"]["value"] = changes["prices.lines.care.price"]
        book["lines"]["output"]["price"]["value"] = changes["prices.lines.output.price"]
        one = reprice(study, PriceBook.model_validate(book))
        sums = one.groupby(["arm", "draw", "payer"])["discounted"].sum()
        for a, arm in enumerate(("usual", "job")):
            for p, payer in enumerate(PAYER_NAMES):
                assert many[k, a, 0, p] == pytest.approx(sums.get((arm, 0, payer), 0) / 100, abs=0.2)


def test_transfers_vanish_in_the_signs(study: Any) -> None:
    table = quantities_of(study).table
    assert (payer_signs(table).sum(axis=1)[table.beneficiary >= 0] == 0).all()


def test_rates_belong_to_books(study: Any) -> None:
    found = quantities_of(study)
    vector = found.table.central[None]
    changed = vector.copy()
    changed[0, found.table.rates] = 0.05
    assert net_of_books(found, changed) == pytest.approx(net_of_books(found, vector, rate=0.05))


def test_a_path_that_is_no_price_is_told_with_the_nearest(study: Any) -> None:
    with pytest.raises(UserError, match=r"prices.lines.care.price"):
        vectors_of(quantities_of(study), [{"prices.lines.cares.price": 1.0}])


def test_a_thousand_books_take_seconds(study: Any) -> None:
    found = quantities_of(study)
    luck = np.random.default_rng(3)
    vectors = found.table.central * luck.uniform(0.5, 2, (1000, len(found.table.central)))
    start = time.perf_counter()
    net = net_of_books(found, vectors)
    assert time.perf_counter() - start < 5.0
    assert net.shape == (1000, 2, 2, len(PAYER_NAMES)) and np.unique(net[:, 1, 0].sum(axis=1)).size == 1000
