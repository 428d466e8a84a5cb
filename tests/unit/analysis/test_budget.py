"""Calendar years and what can be booked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectsim.analysis.budget import calendar, cashable_part, is_money


def test_a_school_year_lies_in_two_calendar_years() -> None:
    years, share = calendar("2024-09", 24)
    assert years == [2024, 2025, 2026]
    assert share == pytest.approx(np.array([[4, 8, 0], [0, 4, 8]]) / 12)


def test_a_year_from_january_is_itself_and_a_short_one_is_whole() -> None:
    years, share = calendar("2025-01", 30)
    assert years == [2025, 2026, 2027] and share == pytest.approx(np.eye(3))
    assert calendar("2024-07", 8, steps_per_year=4)[1] == pytest.approx(np.array([[2, 2, 0], [0, 2, 2]]) / 4)


@given(st.integers(1, 12), st.integers(1, 200))
def test_nothing_of_a_year_is_lost(month: int, steps: int) -> None:
    years, share = calendar(f"2030-{month:02d}", steps)
    assert share.sum(axis=1) == pytest.approx(np.ones(len(share))) and (share >= 0).all()
    assert years == list(range(years[0], years[-1] + 1)) and years[0] == 2030


def test_extra_costs_count_whole_and_savings_in_part() -> None:
    assert cashable_part(np.array([100.0, -100.0, 0.0]), np.array([0.2, 0.2, 0.2])).tolist() == [100, -20, 0]


def test_harm_and_quality_of_life_are_nobodys_money() -> None:
    def line(**more: Any) -> dict[str, Any]:
        return {"category": "care", "payer": "municipality_wmo", "kind": "cost", **more}

    lines = [
        line(), line(category="quality_of_life", payer="youth_household", kind="benefit"),
        line(payer="victims_neighbourhood", category="safety"), line(payer="youth_household", category="safety"),
        line(payer="youth_household", kind="transfer"),
    ]  # fmt: skip
    assert is_money(lines).tolist() == [True, False, False, False, True]
