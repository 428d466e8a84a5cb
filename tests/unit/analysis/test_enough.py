"""How many runs are enough, against values made with known variances."""

from __future__ import annotations

import numpy as np
import pytest

from trajectsim.analysis.enough import enough, is_enough


def made(draws: int, replicates: int, between: float, within: float, mean: float = 10.0, seed: int = 5) -> np.ndarray:
    """Values [D, R] whose variances within and between draws are exactly as asked."""
    luck = np.random.default_rng(seed)
    noise = luck.normal(size=(draws, replicates))
    noise -= noise.mean(axis=1, keepdims=True)
    noise *= np.sqrt(within / noise.var(axis=1, ddof=1).mean())
    level = luck.normal(size=draws)
    level = (level - level.mean()) / level.std(ddof=1) * np.sqrt(between + within / replicates)
    return mean + level[:, None] + noise


def test_the_two_errors_by_formula() -> None:
    found = enough(made(50, 8, between=9.0, within=64.0))
    assert found["error_by_draws"] == pytest.approx(np.sqrt(9 / 50))
    assert found["error_by_luck"] == pytest.approx(np.sqrt(64 / 400))
    assert found["error"] == pytest.approx(np.sqrt(9 / 50 + 64 / 400))
    assert found["best_replicates"] == round(np.sqrt(64 / 9))


def test_what_is_said_to_halve_the_error_halves_it() -> None:
    between, within, draws, replicates = 0.5, 400.0, 100, 4
    found = enough(made(draws, replicates, between, within))

    def error(d: int, r: int) -> float:
        return float(np.sqrt(between / d + within / (d * r)))

    half = error(draws, replicates) / 2
    assert found["draws_to_halve"] == 400 and error(400, replicates) == pytest.approx(half)
    r = found["replicates_to_halve"]
    assert error(draws, r) <= half < error(draws, r - 1)


def test_replicates_alone_cannot_halve_what_draws_leave() -> None:
    found = enough(made(50, 8, between=100.0, within=1.0))
    assert found["replicates_to_halve"] is None and found["draws_to_halve"] == 200
    assert found["best_replicates"] == 1


def test_sure_signs_and_how_many_draws_would_make_one_sure() -> None:
    assert enough(made(100, 4, 9, 16, mean=10))["sign_is_sure"] is True
    found = enough(made(100, 4, 9, 16, mean=0.1))
    assert found["sign_is_sure"] is False
    error = np.sqrt((9 + 16 / 4) / found["draws_for_sign"])
    assert 1.959 * error <= 0.1 < 1.96 * np.sqrt((9 + 4) / (found["draws_for_sign"] - 2))
    assert found["interval_rests_on"] == 5 and found["interval_is_fine"] is True


def test_luck_that_all_draws_share_is_not_lessened_by_more_draws() -> None:
    luck = np.random.default_rng(8)
    values = luck.normal(0, 5, 6)[None, :] + luck.normal(0, 1, 40)[:, None]
    found = enough(values, shared=True)
    assert found["error_by_luck"] == pytest.approx(values.mean(axis=0).std(ddof=1) / np.sqrt(6))
    assert found["draws_to_halve"] is None and found["replicates_to_halve"] >= 24


def test_nothing_differs_and_one_replicate() -> None:
    nil = enough(np.zeros((5, 3)))
    assert nil["error"] == 0 and nil["draws_to_halve"] is None and nil["sign_is_sure"] is False
    one = enough(np.arange(10.0)[:, None])
    assert one["error"] == pytest.approx(np.arange(10.0).std(ddof=1) / np.sqrt(10))
    assert is_enough({"a": np.zeros((5, 3)), "b": made(50, 8, 9, 64)})["draws_to_halve_all"] == 200
    assert is_enough({"a": np.zeros((5, 3))}) == {"answers": {}, "draws_to_halve_all": None}
