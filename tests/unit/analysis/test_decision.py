"""Net benefit, acceptability and perfect information, on tables that can be worked out by hand."""

from math import sqrt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from trajectsim.analysis.decision import (
    acceptability,
    acceptability_curve,
    break_even_chances,
    evpi,
    expected_loss,
    net_benefit,
    options,
    plane,
    preferred,
)
from trajectsim.errors import UserError

TOY = options(
    pd.DataFrame({"old": [10.0, 20.0, 30.0, 40.0], "new": [20.0, 10.0, 50.0, 30.0]}),
    pd.DataFrame({"old": [1.0, 1.0, 1.0, 1.0], "new": [2.0, 1.0, 2.0, 2.0]}),
)


def test_net_benefit_by_hand() -> None:
    assert net_benefit(TOY, 15.0).tolist() == [[5, 10], [-5, 5], [-15, -20], [-25, 0]]


def test_perfect_information_and_loss_by_hand() -> None:
    benefit = net_benefit(TOY, 15.0)  # means -10 and -1.25; best per draw 10, 5, -15, 0: mean 0
    assert evpi(benefit).value == pytest.approx(1.25)
    assert expected_loss(benefit) == pytest.approx([10.0, 1.25])
    assert acceptability(benefit) == pytest.approx([0.25, 0.75])
    assert preferred(benefit) == 1


def test_error_of_perfect_information_is_that_of_a_mean() -> None:
    assert evpi(net_benefit(TOY, 15.0)).error == pytest.approx(np.std([0, 0, 5, 0], ddof=1) / 2)


def test_curve_and_frontier() -> None:
    curve = acceptability_curve(TOY, [0.0, 15.0, 40.0]).set_index(["threshold", "option"])
    assert curve.loc[(0.0, "old"), "probability"] == 0.5 and curve.loc[(0.0, "old"), "frontier"]
    assert curve.loc[(40.0, "new"), "probability"] == 1.0 and curve.loc[(40.0, "new"), "evpi"] == 0.0
    assert curve.groupby("threshold")["probability"].sum().tolist() == [1.0, 1.0, 1.0]
    assert curve.groupby("threshold")["frontier"].sum().tolist() == [1, 1, 1]


def test_frontier_is_the_best_mean_not_the_likeliest() -> None:
    choice = options([[0.0, 1.0], [0.0, 1.0], [0.0, -9.0]])
    row = acceptability_curve(choice, [0.0]).set_index("option")
    assert row.loc["1", "frontier"] and row.loc["1", "probability"] == pytest.approx(1 / 3)


def test_plane_is_against_the_reference() -> None:
    points = plane(TOY)
    assert points["effect"].tolist() == [1, 0, 1, 1] and points["cost"].tolist() == [10, -10, 20, -10]
    assert set(points["option"]) == {"new"}


def test_nothing_differs_so_nothing_is_worth_knowing() -> None:
    benefit = net_benefit(options(np.full((20, 2), 7.0)))
    assert evpi(benefit).value == 0 and evpi(benefit).error == 0
    assert acceptability(benefit).tolist() == [0.5, 0.5]
    assert preferred(benefit) == 0
    assert acceptability(net_benefit(options(np.full((20, 3), 7.0)))) == pytest.approx([1 / 3] * 3)


def test_break_even_counts_a_tie_half() -> None:
    table = pd.DataFrame({"care": [-1.0, -2.0, 3.0, 0.0], "nobody": [0.0] * 4})
    assert break_even_chances(table) == {"care": 0.625, "nobody": 0.5}


def test_ten_iterations_of_a_published_table() -> None:
    """PubMed Central PMC4323782, table 1: ten sample iterations, warfarin or an occlusion device."""
    warfarin = [438601.6, 437745.5, 433453.8, 435035.0, 437617.4, 435430.2, 434030.5, 433893.7, 435033.6, 437555.7]
    device = [419543.2, 463363.4, 467280.0, 440207.7, 449992.3, 445595.7, 424200.5, 435406.7, 434547.6, 457368.1]
    benefit = np.array([warfarin, device]).T
    assert benefit.mean(axis=0) == pytest.approx([435839.7, 443750.5], abs=0.05)
    assert evpi(benefit).value == pytest.approx(2937.4, abs=0.1)
    assert acceptability(benefit).tolist() == [0.3, 0.7]


def test_a_normal_difference_has_the_unit_normal_loss() -> None:
    mean, sd, n = 1.0, 3.0, 20000
    gain = mean + sd * norm.ppf((np.arange(n) + 0.5) / n)  # evenly over the distribution: no luck
    benefit = np.stack([np.zeros(n), gain], axis=1)
    loss = sd * (norm.pdf(mean / sd) - mean / sd * norm.sf(mean / sd))
    assert evpi(benefit).value == pytest.approx(loss, rel=1e-3)
    assert evpi(benefit).error == pytest.approx(np.maximum(-gain, 0).std() / sqrt(n), rel=1e-3)


@given(arrays(np.float64, (12, 3), elements=st.floats(-1e6, 1e6)))
def test_what_holds_for_any_table(benefit: np.ndarray) -> None:
    assert evpi(benefit).value >= -1e-6
    assert expected_loss(benefit).min() == pytest.approx(evpi(benefit).value, abs=1e-6)
    assert acceptability(benefit).sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("costs", "effects", "told"),
    [
        ([[1.0, 2.0]], [[1.0]], "effects 1 of 1"),
        ([1.0, 2.0], None, "table of draws by options"),
        ([[1.0, float("nan")]], None, "missing or infinite"),
    ],
)
def test_tables_that_cannot_be_used(costs: object, effects: object, told: str) -> None:
    with pytest.raises(UserError, match=told):
        options(costs, effects)  # type: ignore[arg-type]


def test_effects_may_stand_in_another_order_but_not_under_another_name() -> None:
    costs = pd.DataFrame({"a": [1.0], "b": [2.0]})
    assert options(costs, pd.DataFrame({"b": [5.0], "a": [4.0]})).effects.tolist() == [[4, 5]]
    with pytest.raises(UserError, match="no option 'c'"):
        options(costs, pd.DataFrame({"a": [4.0], "c": [5.0]}))
