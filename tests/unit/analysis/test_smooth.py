"""Regression on draws, judged on draws that were not used."""

import numpy as np
import pytest

from trajectsim.analysis.smooth import columns_of, columns_of_all, folds, unseen_singly, unseen_together


def share(unseen: np.ndarray, answer: np.ndarray) -> float:
    return float(np.cov(unseen, answer)[0, 1] / answer.var(ddof=1))


def test_every_draw_is_held_out_once() -> None:
    assert sorted(np.concatenate(folds(37)).tolist()) == list(range(37))


def test_bends_are_apart_from_the_straight_part_and_stiffer_as_they_bend_more() -> None:
    straight, bent = columns_of(np.random.default_rng(0).gamma(2.0, size=400), 6)
    assert np.abs(straight.T @ bent).max() < 1e-8 * 400 and np.abs(bent.mean(axis=0)).max() < 1e-12
    spread = bent.std(axis=0)
    assert (np.diff(spread) < 0).all()


@pytest.mark.parametrize("values", [np.ones(50), np.r_[np.zeros(25), np.ones(25)]])
def test_few_values_have_no_bends(values: np.ndarray) -> None:
    straight, bent = columns_of(values)
    assert not bent.any() and bool(straight.any()) == bool(values.std() > 0)


def test_a_curve_is_followed() -> None:
    luck = np.random.default_rng(1)
    x = luck.normal(size=(2000, 2))
    answer = np.sin(2 * x[:, 0]) + luck.normal(0, 0.3, 2000)
    found = unseen_singly(x, answer)
    assert np.corrcoef(found.unseen[0], np.sin(2 * x[:, 0]))[0, 1] > 0.99
    assert share(found.unseen[1], answer) == pytest.approx(0, abs=0.02)
    assert np.corrcoef(found.fitted[0], np.sin(2 * x[:, 0]))[0, 1] > 0.99


def test_noise_earns_nothing_however_many_parameters() -> None:
    luck = np.random.default_rng(2)
    answer = luck.normal(size=150)
    assert share(unseen_together(columns_of_all(luck.normal(size=(150, 300))), answer), answer) < 0.12


def test_sums_and_products_are_found() -> None:
    luck = np.random.default_rng(3)
    x = luck.normal(size=(1500, 12))
    answer = x[:, 0] + x[:, 1] ** 2 + x[:, 0] * x[:, 2] + 0.7 * x[:, 2]
    assert share(unseen_together(columns_of_all(x), answer), answer) == pytest.approx(1, abs=0.03)


def test_among_hundreds_the_few_that_count_are_found() -> None:
    luck = np.random.default_rng(4)
    x = luck.normal(size=(200, 400))
    answer = 3 * x[:, 5] + 2 * x[:, 77] + luck.normal(0, 1, 200)
    assert share(unseen_together(columns_of_all(x), answer), answer) == pytest.approx(13 / 14, abs=0.12)


def test_no_parameter_predicts_the_mean() -> None:
    unseen = unseen_together(columns_of_all(np.zeros((60, 0))), np.arange(60.0))
    assert unseen == pytest.approx(np.full(60, 29.5), abs=1.0)


def test_an_answer_that_never_changes() -> None:
    x = np.random.default_rng(5).normal(size=(60, 3))
    assert unseen_singly(x, np.full(60, 4.0)).unseen == pytest.approx(np.full((3, 60), 4.0))
