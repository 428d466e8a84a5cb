"""Break-even years of made-up paths."""

import numpy as np
import pytest

from trajectsim.analysis.breakeven import break_even, first_lasting_year


@pytest.mark.parametrize(
    ("net", "year"),
    [
        ([1, 1, 1], 1),
        ([-2, 1, 1], 3),
        ([-2, 3, -2], np.inf),
        ([-1, 2, -2, 2], 4),
        ([0, 0, 0], 1),
        ([-1, 0, 0], np.inf),
    ],
)
def test_first_year_from_which_the_sum_stays_up(net: list[float], year: float) -> None:
    assert first_lasting_year(np.array(net, dtype=float)) == year


def test_quantiles_across_draws_and_share_that_never_pays_back() -> None:
    """Ten draws: seven pay back in year 2, three never."""
    cost = np.zeros((10, 1, 3))
    cost[:, 0, 0] = 5
    cost[:7, 0, 1] = -6
    found = break_even(cost)
    assert found == {"year": None, "p05": 2, "p50": 2, "p95": None, "never": pytest.approx(0.3)}


def test_nothing_to_pay_back() -> None:
    assert break_even(np.zeros((3, 2, 4))) is None
