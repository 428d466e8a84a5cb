"""The first line: when the direction may be stated, and why not."""

from typing import Any

import numpy as np
import pytest

from trajectsim.analysis.variance import Attribution
from trajectsim.analysis.verdict import assumption_interval, verdict

SPREAD = np.linspace(-1, 1, 201)[:, None].repeat(4, axis=1)


def shares(a: float = 0.0, d: float = 0.0, top: tuple[dict[str, Any], ...] = ()) -> Attribution:
    return Attribution({"A": a, "B": 0.0, "C": 0.0, "D": d}, a + d, top)


def test_a_clear_saving_is_a_saving() -> None:
    said = verdict(SPREAD - 5, 0.01, 0.0, shares(0.5, 0.5))
    assert said["sign"] == "saves" and said["reasons"] == []
    assert verdict(SPREAD + 5, 0.01, 0.0, None)["sign"] == "costs"


def test_assumptions_alone_can_turn_it() -> None:
    assert verdict(SPREAD - 0.5, 0.01, 0.0, shares(0.0, 1.0))["reasons"] == ["assumptions"]


def test_what_is_not_explained_counts_with_the_assumptions() -> None:
    assert verdict(SPREAD - 0.5, 0.01, 0.0, shares(0.2, 0.1))["reasons"] == ["assumptions"]
    assert verdict(SPREAD - 0.5, 0.01, 0.0, None)["reasons"] == ["assumptions"]


def test_measured_evidence_can_leave_it_open_too() -> None:
    said = verdict(SPREAD - 0.5, 0.01, 0.0, shares(0.95, 0.05))
    assert said["sign"] == "not_known" and said["reasons"] == ["evidence"]


def test_one_assumption_at_the_end_of_its_range() -> None:
    top = ({"path": "a", "grade": "C", "share": 0.1, "swing": [-1.0, 6.0]},)
    said = verdict(SPREAD - 5, 0.01, 0.0, shares(0.9, 0.1, top))
    assert said["reasons"] == ["single_assumption"] and said["turning"] == ["a"]
    measured = ({**top[0], "grade": "B"},)
    assert verdict(SPREAD - 5, 0.01, 0.0, shares(0.9, 0.1, measured))["sign"] == "saves"


def test_chance_must_be_small_against_the_mean() -> None:
    assert verdict(SPREAD * 0.01 - 1, 0.6, 0.0, shares(1.0))["reasons"] == ["chance"]


def test_nothing_differs() -> None:
    assert verdict(np.zeros((5, 2)), 0.0, 0.0, None)["sign"] == "no_difference"


def test_interval_of_the_assumptions_is_narrowed_by_what_is_measured_and_by_luck() -> None:
    answer = SPREAD[:, 0]
    whole = assumption_interval(answer, 0.0, None)
    assert whole == pytest.approx((-0.9, 0.9))
    quarter = assumption_interval(answer, 0.0, shares(0.75, 0.25))
    assert quarter == pytest.approx((-0.45, 0.45))
    assert assumption_interval(answer, float(answer.var(ddof=1)), None) == pytest.approx((0, 0))
