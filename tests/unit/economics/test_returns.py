"""Annuities and internal rates of return against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trajectsim.economics.discounting import annuity, internal_rate, present_value, year_factors

CASES = [(0.0225, 0, 0), (0.03, 0.01, 0.2), (0.0, 0.0, 0.5), (0.05, 0.05, 0)]


@pytest.mark.parametrize(("rate", "growth", "decay"), CASES)
def test_an_annuity_is_the_sum_of_its_months(rate: float, growth: float, decay: float) -> None:
    for months in (1, 7, 480):
        j = np.arange(months) / 12
        flows = ((1 + growth) * np.exp(-decay) / (1 + rate)) ** j / 12
        assert float(annuity(rate, growth, decay, months)) == pytest.approx(flows.sum(), rel=1e-12)


def test_an_annuity_by_the_textbook_formula() -> None:
    """In advance, by month: (1 - v^n) / d with v the monthly discount factor and d = 1 - v."""
    v = 1.0225 ** (-1 / 12)
    assert float(annuity(0.0225, 0, 0, 120)) == pytest.approx((1 - v**120) / (1 - v) / 12)
    assert float(annuity(0.04, 0, 0, 10**6)) == pytest.approx(1 / (1 - 1.04 ** (-1 / 12)) / 12)  # a perpetuity
    assert float(annuity(0.02, 0.02, 0.0, 36)) == pytest.approx(3.0)  # growth undoes discounting
    assert float(annuity(0.02, 0, 0, 0)) == 0 and float(annuity(0.02, 0, 0, -5)) == 0


def test_an_annuity_over_the_simulated_years_is_what_the_year_factors_add_up_to() -> None:
    assert float(annuity(0.0225, 0, 0, 120)) == pytest.approx(year_factors(0.0225, 120).sum())


def test_two_flows_a_year_apart_yield_their_quotient() -> None:
    assert float(internal_rate(np.array([-100.0, 110.0]))) == pytest.approx(0.10, abs=1e-12)
    assert float(internal_rate(np.array([-100.0, 0.0, 121.0]))) == pytest.approx(0.10, abs=1e-12)
    assert float(internal_rate(np.array([-100.0, 50.0]))) == pytest.approx(-0.5, abs=1e-12)
    assert float(internal_rate(np.array([-100.0, 100.0]))) == pytest.approx(0.0, abs=1e-12)


def test_a_level_stream_by_its_annuity_formula() -> None:
    """Paying the n-year annuity for 1 a year gives back the rate that was put into it."""
    v = 1 / 1.07
    flows = np.array([-(v * (1 - v**20) / (1 - v)), *np.ones(20)])
    assert float(internal_rate(flows)) == pytest.approx(0.07, abs=1e-10)


def test_where_it_is_not_defined() -> None:
    """The fourth has rates of 10% and 20%; the last two gain first and pay later, as a loan does."""
    for flows in ([-1.0, -2.0], [1.0, 2.0], [0.0, 0.0], [-1.0, 2.3, -1.32], [100.0, -110.0], [5.0, 0.0, -4.0]):
        assert np.isnan(internal_rate(np.array(flows)))
    both = internal_rate(np.array([[-100.0, 110.0], [1.0, 1.0]]))
    assert both[0] == pytest.approx(0.1) and np.isnan(both[1])


@given(st.lists(st.floats(1, 1000), min_size=1, max_size=12), st.floats(1, 1000))
@settings(max_examples=60, deadline=None)
def test_at_the_internal_rate_a_stream_is_worth_nothing(gains: list[float], price: float) -> None:
    flows = np.array([-price, *gains])
    rate = float(internal_rate(flows))
    if np.isfinite(rate):  # one sign change: at most one rate; very high ones are not looked for
        assert float(present_value(flows, rate)) == pytest.approx(0, abs=1e-6 * np.abs(flows).sum())
    else:
        assert sum(gains) / price > 50 or sum(gains) / price < 0.1
