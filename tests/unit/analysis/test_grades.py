"""Shares of the variance by evidence grade, where they are known."""

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.grades import shares_by_grade, shares_of_groups


def test_shares_of_a_sum_with_a_product() -> None:
    x = np.random.default_rng(1).normal(size=(4000, 8))
    answer = 2 * x[:, 0] + x[:, 1] + x[:, 0] * x[:, 1]  # 4 by a, 1 by b, 1 by both together
    draws = pd.DataFrame(x, columns=[f"p{i}" for i in range(8)])
    found = shares_of_groups(answer, draws, {"a": ["p0"], "b": ["p1"], "idle": ["p5", "p6"]}, float(answer.var()))
    for name, first, total in (("a", 4 / 6, 5 / 6), ("b", 1 / 6, 2 / 6)):
        assert found[name]["first"] == pytest.approx(first, abs=0.05)
        assert found[name]["total"] == pytest.approx(total, abs=0.06)
    assert found["idle"]["first"] < 0.01 and found["idle"]["total"] < 0.03
    assert 0 < found["a"]["first_error"] < 0.05


def test_grades_of_draws_with_luck() -> None:
    luck = np.random.default_rng(2)
    x = luck.normal(size=(600, 40))
    answer = 3 * x[:, 3] + 1 * x[:, 0] + luck.normal(0, 2, 600)  # p3 is D, p0 is A
    grades = {f"p{i}": "ABCD"[i % 4] for i in range(40)}
    found = shares_by_grade(answer, pd.DataFrame(x, columns=list(grades)), grades, 10.0)
    assert found is not None
    assert found["D"]["first"] == pytest.approx(0.9, abs=0.1) and found["A"]["first"] == pytest.approx(0.1, abs=0.06)
    assert found["assumed"]["parameters"] == 20 and found["all"]["first"] == pytest.approx(1, abs=0.1)
    assert found["C"]["first"] < 0.05 and found["D"]["total"] >= found["D"]["first"]


def test_nothing_to_divide() -> None:
    assert shares_by_grade(np.zeros(50), pd.DataFrame({"a": np.arange(50.0)}), {}, 0.0) is None
