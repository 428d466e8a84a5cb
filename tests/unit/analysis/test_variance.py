"""The variance split, and its division over evidence grades, on answers of which the truth is known."""

import numpy as np
import pytest

from trajectsim.analysis.variance import attribute, grade_of, split


def test_law_of_total_variance_without_the_noise_of_replicates() -> None:
    luck = np.random.default_rng(2)
    values = luck.normal(0, 3, (4000, 1)) + luck.normal(0, 4, (4000, 6))
    chance, parameters = split(values)
    assert chance == pytest.approx(16, rel=0.05)
    assert parameters == pytest.approx(9, rel=0.15)


def test_pure_chance_leaves_nothing_to_parameters() -> None:
    values = np.array([[1.0, 3.0], [3.0, 1.0], [2.0, 2.0]])
    assert split(values)[1] == 0


def test_shares_are_found_among_hundreds_of_idle_parameters() -> None:
    luck = np.random.default_rng(4)
    draws = luck.normal(size=(200, 300))
    signal = 3 * draws[:, 0] + 2 * draws[:, 1] + 1.5 * draws[:, 2]
    answer = signal + luck.normal(0, 1, 200)
    paths = [f"p{i}" for i in range(300)]
    grades = {p: "ABCD"[i % 4] for i, p in enumerate(paths)}
    truth = signal.var(ddof=1)
    found = attribute(answer, draws, paths, grades, truth)
    assert found is not None
    total = 9 + 4 + 2.25
    for grade, share in zip("ABC", (9, 4, 2.25), strict=True):
        assert found.by_grade[grade] == pytest.approx(share / total, abs=0.12)
    assert found.by_grade["D"] < 0.08 and found.explained > 0.8
    assert [t["path"] for t in found.top[:3]] == ["p0", "p1", "p2"]
    assert sum(t["share"] for t in found.top) <= found.explained + 1e-9


def test_noise_alone_explains_next_to_nothing() -> None:
    luck = np.random.default_rng(6)
    found = attribute(luck.normal(size=200), luck.normal(size=(200, 300)), [f"p{i}" for i in range(300)], {}, 1.0)
    assert found is not None and found.explained < 0.15


def test_curvature_is_named_unexplained() -> None:
    luck = np.random.default_rng(8)
    draws = luck.normal(size=(200, 20))
    answer = draws[:, 0] ** 2
    found = attribute(answer, draws, [f"p{i}" for i in range(20)], {}, float(answer.var(ddof=1)))
    assert found is not None and found.explained < 0.3


def test_too_few_draws_divide_nothing() -> None:
    assert attribute(np.arange(30.0), np.random.default_rng(1).normal(size=(30, 2)), ["a", "b"], {}, 1.0) is None


def test_grade_of_a_share_is_that_of_its_group() -> None:
    grades = {"population.initial.activity.0.states": "B", "model.x": "A"}
    assert grade_of("population.initial.activity.0.states.at_home", grades) == "B"
    assert grade_of("model.x", grades) == "A" and grade_of("elsewhere", grades) == "D"
