"""Luck of replicates taken out of the spread of draws."""

import numpy as np
import pytest

from trajectsim.analysis.decision import evpi
from trajectsim.analysis.noise import matched, noise_covariance, without_noise


def noisy(n: int, replicates: int, shared: float = 0.0) -> np.ndarray:
    luck = np.random.default_rng(3)
    truth = luck.multivariate_normal([1, 2], [[4, 1], [1, 2]], n)
    common = luck.normal(0, shared, (1, replicates, 2)) if shared else 0.0
    return truth[:, None] + luck.normal(0, 3, (n, replicates, 2)) + common


def test_what_is_left_is_the_covariance_of_the_parameters() -> None:
    values = noisy(4000, 4)
    assert noise_covariance(values) == pytest.approx(np.diag([9 / 4, 9 / 4]), abs=0.1)
    assert np.cov(values.mean(axis=1).T)[0, 0] == pytest.approx(6.25, rel=0.06)
    clean = without_noise(values)
    assert np.cov(clean.T) == pytest.approx(np.array([[4, 1], [1, 2]]), abs=0.35)
    assert clean.mean(axis=0) == pytest.approx(values.mean(axis=(0, 1)))


def test_perfect_information_is_not_raised_by_luck() -> None:
    luck = np.random.default_rng(5)
    truth = luck.normal(0, 1, 40000)
    values = (truth[:, None] + luck.normal(0, 4, (40000, 5)))[..., None]
    both = [np.stack([np.zeros(40000), v], axis=1) for v in (values.mean(axis=1)[:, 0], without_noise(values)[:, 0])]
    assert evpi(both[0]).value > 0.7
    assert evpi(both[1]).value == pytest.approx(1 / np.sqrt(2 * np.pi), rel=0.08)


def test_shared_luck_moves_all_draws_alike_and_is_no_noise_between_them() -> None:
    values = noisy(4000, 4, shared=50.0)
    assert noise_covariance(values, shared=True) == pytest.approx(np.diag([9 / 4, 9 / 4]), abs=0.15)
    assert noise_covariance(values)[0, 0] > 100


def test_one_replicate_tells_nothing_about_luck() -> None:
    values = noisy(50, 1)
    assert (without_noise(values) == values[:, 0]).all()


def test_pure_luck_leaves_one_point() -> None:
    luck = np.random.default_rng(6)
    values = 3.0 + luck.normal(0, 1, (500, 4, 1)) - 0.0
    values -= values.mean(axis=1, keepdims=True) - 3.0  # draws that all have the same mean
    assert without_noise(values) == pytest.approx(np.full((500, 1), 3.0))


def test_matched_draws_have_the_covariance_asked_for() -> None:
    draws = np.random.default_rng(1).normal(size=(300, 2)) @ np.array([[2.0, 0.3], [0.0, 1.0]])
    target = np.array([[1.0, -0.2], [-0.2, 0.5]])
    assert np.cov(matched(draws, target).T) == pytest.approx(target)


def test_units_do_not_matter() -> None:
    values = noisy(500, 4)
    scale = np.array([1e5, 1e-4])
    assert without_noise(values * scale) / scale == pytest.approx(without_noise(values))


def test_what_never_differs_stays_so() -> None:
    values = np.zeros((40, 3, 2))
    values[..., 0] = np.random.default_rng(2).normal(size=(40, 3))
    assert (without_noise(values)[:, 1] == 0).all()
