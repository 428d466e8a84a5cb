"""Closed forms of discounting: annuities, a rate of nought, a broken last year."""

import numpy as np
import pytest

from trajectsim.economics.discounting import year_factors, years_of


def test_monthly_annuity_due() -> None:
    """Twelve payments a year of 1, the first at once, sum to the annuity's closed form."""
    rate, years = 0.0225, 10
    v = (1 + rate) ** (-1 / 12)
    closed = (1 - v ** (12 * years)) / (1 - v)
    assert 12 * year_factors(rate, 12 * years).sum() == pytest.approx(closed, rel=1e-12)


def test_each_year_is_worth_one_rate_less() -> None:
    factors = year_factors(0.029, 60)
    assert factors[1:] / factors[:-1] == pytest.approx(np.full(4, 1 / 1.029), rel=1e-12)


def test_rate_nought_changes_nothing() -> None:
    assert (year_factors(0.0, 120) == 1.0).all()


def test_broken_last_year_averages_the_steps_it_has() -> None:
    factors = year_factors(0.1, 15)
    assert factors.shape == (2,) == (years_of(15, 12),)
    assert factors[1] == pytest.approx(np.mean([1.1 ** (-t / 12) for t in (12, 13, 14)]))


def test_yearly_steps_start_undiscounted() -> None:
    assert year_factors(0.03, 3, 1) == pytest.approx([1, 1 / 1.03, 1 / 1.03**2])


@pytest.mark.parametrize(("rate", "steps"), [(-1.0, 12), (0.02, 0)])
def test_senseless_input_is_refused(rate: float, steps: int) -> None:
    with pytest.raises(ValueError, match="must"):
        year_factors(rate, steps)
