"""One parameter at a time."""

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.tornado import tornado_of_draws, tornado_of_runs


def test_swings_of_a_linear_answer() -> None:
    x = np.random.default_rng(1).uniform(size=(4000, 3))
    answer = 10 * x[:, 0] - 4 * x[:, 1] + np.random.default_rng(2).normal(0, 1, 4000)
    found = tornado_of_draws(answer, pd.DataFrame(x, columns=list("abc")).assign(same=1.0))
    assert found.index.tolist() == ["a", "b", "c"]
    assert found.loc["a", "swing"] == pytest.approx(9, rel=0.05)
    assert found.loc["b", "swing"] == pytest.approx(-3.6, rel=0.08)
    assert abs(found.loc["c", "swing"]) < 0.3
    assert found.loc["a", ["low", "high"]].tolist() == pytest.approx([0.05, 0.95], abs=0.02)


def test_runs_are_sorted_by_their_swing() -> None:
    found = tornado_of_runs({"small": (0, 1, 5, 6), "wide": (0, 1, 9, 2)})
    assert found.index.tolist() == ["wide", "small"] and found["swing"].tolist() == [-7, 1]
