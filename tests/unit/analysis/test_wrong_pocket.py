"""Who pays and who gains, and transfers that leave nobody worse off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hand_study import hand_study
from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.wrong_pocket import compensation, transfers


@pytest.fixture(scope="module")
def pocket() -> dict[str, Any]:
    return dict(mkba(hand_study())["arms"]["job"]["who_pays_who_gains"])


def test_one_pays_and_others_gain(pocket: dict[str, Any]) -> None:
    """Participation pays 4,500 for the programme and gets 3,072 back; Wmo, employers, youths and victims gain."""
    rows = pocket["payers"]
    town = rows["municipality_participation"]
    assert town["pays_for_programme"] == pytest.approx(4500) and town["other"] == pytest.approx(-3072)
    assert town["role"] == "loses" and town["chance_of_loss"] == 1.0
    assert {name for name, row in rows.items() if row["role"] == "gains"} == {
        "municipality_wmo", "employers", "youth_household", "victims_neighbourhood",
    }  # fmt: skip


def test_a_way_to_compensate_by_hand(pocket: dict[str, Any]) -> None:
    """Participation loses 1,428: the Wmo (3,600 to the good) makes it up alone, or with employers (1,920) 65 to 35."""
    own = pocket["compensation"]["public_payers"]
    assert own["payments"] == [
        {"from": "municipality_wmo", "to": "municipality_participation", "amount": pytest.approx(1428)}
    ]
    assert own["net_after"]["municipality_wmo"] == pytest.approx(-3600 + 1428)
    assert own["uncovered"] == pytest.approx(0) and own["feasible"] == 1.0
    both = {row["from"]: row["amount"] for row in pocket["compensation"]["all_budgets"]["payments"]}
    assert both["municipality_wmo"] == pytest.approx(1428 * 3600 / 5520)
    assert both["employers"] == pytest.approx(1428 * 1920 / 5520)
    assert pocket["compensation"]["within_municipality"]["together"] == pytest.approx(-2172)


def test_where_gains_are_smaller_than_losses_all_is_paid_and_the_rest_is_told() -> None:
    found = transfers(np.array([[-10.0, 30.0, 10.0]]), ["a", "b", "c"], ["a", "b", "c"])
    assert [row["amount"] for row in found["payments"]] == pytest.approx([7.5, 2.5])
    assert found["uncovered"] == pytest.approx(30) and found["feasible"] == 0.0 and found["together"] == 30


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9))
def test_no_loser_loses_and_no_gainer_pays_more_than_the_gain(values: list[float]) -> None:
    net = np.array(values)
    matrix = compensation(net)
    after = net + matrix.sum(axis=1) - matrix.sum(axis=0)
    slack = 1e-9 * np.abs(net).sum() + 1e-9
    assert after.sum() == pytest.approx(net.sum(), abs=slack)
    assert (matrix >= 0).all() and not np.any(np.diag(matrix))
    assert (after[net < 0] <= slack).all()
    if net.sum() <= 0:
        assert (after[net > 0] <= slack).all()
