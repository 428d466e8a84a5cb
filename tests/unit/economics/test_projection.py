"""The long run against closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trajectsim.config.load import load_prices
from trajectsim.config.schema import PriceBook
from trajectsim.economics.discounting import year_factors
from trajectsim.economics.projection import Group, members, projection_of, worth_later

FOREVER = Group("work", ("productivity",), ("a", "b", "c"), (67.0, 0.0, 0.0), ("D", "D", "D"))


def test_without_fading_it_is_the_simulation_gone_on() -> None:
    """A flow of 1 a year from 57 to 67 after 10 simulated years equals years 10 to 20 of a longer simulation."""
    later = worth_later(np.ones((1, 1)), 0.0225, 10, 57.0, FOREVER, [{}])
    assert later[0, 0] == pytest.approx(year_factors(0.0225, 240)[10:].sum())


def test_fading_and_growth_by_the_integral() -> None:
    """Monthly payments in advance come near the integral of e^-(decay + log(1 + rate) - log(1 + growth)) t."""
    drawn = [{"a": 40.0, "b": 0.3, "c": 0.01}, {"a": 25.0, "b": 0.3, "c": 0.01}]
    found = worth_later(np.array([[1000.0], [1000.0]]), np.array([0.02, 0.02]), 5, 25.0, FOREVER, drawn)
    fall = 0.3 + np.log(1.02) - np.log(1.01)
    integral = 1000 * (1 - np.exp(-fall * 15)) / fall * 1.02**-5
    assert found[0, 0] == pytest.approx(integral, rel=fall / 24 * 1.1)
    assert found[1, 0] == 0.0  # the age is reached when the simulation ends


def test_gone_at_once_is_worth_little_and_older_is_worth_less() -> None:
    fast = worth_later(np.ones((1, 1)), 0.0225, 10, 30.0, FOREVER, [{"b": 5.0}])
    slow = worth_later(np.ones((1, 1)), 0.0225, 10, 30.0, FOREVER, [{"b": 0.0}])
    old = worth_later(np.ones((1, 1)), 0.0225, 10, 60.0, FOREVER, [{"b": 0.0}])
    assert 0 < fast[0, 0] < 0.25 < old[0, 0] < slow[0, 0]


def test_the_programme_and_other_categories_are_never_carried_on() -> None:
    lines: list[dict[str, Any]] = [
        {"category": "productivity", "programme": False}, {"category": "productivity", "programme": True},
        {"category": "care", "programme": False},
    ]  # fmt: skip
    assert members(FOREVER, lines).tolist() == [True, False, False]


def test_the_packaged_book_holds_no_lasting_effect_for_certain() -> None:
    """Each group may fade within a year or two, is an assumption, and no category is carried on twice."""
    book = load_prices("nl_2024")
    groups = projection_of(book)
    assert [group.name for group in groups] == ["work", "care", "crime"]
    categories = [c for group in groups for c in group.categories]
    assert len(categories) == len(set(categories)) and "quality_of_life" not in categories
    for group in groups:
        decay = book.projection[group.name].decay
        assert decay.distribution.high >= 1.0 and group.grades[1] == "D"  # type: ignore[union-attr]
    assert projection_of(PriceBook.model_validate({**book.model_dump(by_alias=True), "projection": {}})) == ()
