"""Points of a design: complete, even, one step at a time; always the same for a seed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import number
from trajectsim.config.reader import Document
from trajectsim.config.study import FactorSpec, LoadedStudy, StudySpec
from trajectsim.errors import UserError
from trajectsim.evidence.parameter import Parameter
from trajectsim.study.design import Factor, make_points, unit_points, values_of


def study(design: Any, factors: dict[str, Any], table: Any = None) -> tuple[LoadedStudy, list[Factor]]:
    plain = {"name": "a", "title": {"nl": "a", "en": "a"}, "scenario": "s", "design": design, "factors": factors}
    spec = StudySpec.model_validate(plain)
    parameter = Parameter.model_validate(number(1.0, "ratio", family="uniform", low=0.0, high=2.0))
    found = [Factor(name, spec.path_of(name), item, parameter) for name, item in spec.factors.items()]
    return LoadedStudy(spec, Document(plain, {(): ("study.yaml", 1)}), Path("study.yaml"), table), found


def test_a_grid_holds_every_combination() -> None:
    made = make_points(*study("grid", {"a": [1, 2], "b": {"low": 0, "high": 1, "levels": 3}}), seed=1)
    assert made == [(a, b) for a in (1, 2) for b in (0.0, 0.5, 1.0)]


def test_a_distribution_is_cut_into_equally_likely_parts() -> None:
    made = make_points(*study("grid", {"a": {"own": True, "levels": 4}}), seed=1)
    assert [point[0] for point in made] == pytest.approx([0.25, 0.75, 1.25, 1.75])


def test_a_log_range_and_a_list() -> None:
    spec = FactorSpec(low=1, high=100, scale="log")
    assert values_of(Factor("a", "a", spec), np.array([0.0, 0.5, 1.0])) == pytest.approx([1, 10, 100])
    assert values_of(Factor("a", "a", FactorSpec(low=1, high=4), whole=True), np.array([0.0, 0.4])) == [1, 2]
    assert values_of(Factor("a", "a", FactorSpec(values=["x", "y"])), np.array([0.0, 0.49, 0.5, 1.0])) == list("xxyy")


@given(n=st.integers(1, 40), k=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_a_latin_hypercube_has_every_stratum_once(n: int, k: int, seed: int) -> None:
    points = unit_points("lhs", k, seed, samples=n)
    for j in range(k):
        assert sorted(np.floor(points[:, j] * n).astype(int)) == list(range(n))
    assert (points == unit_points("lhs", k, seed, samples=n)).all()


def test_another_seed_gives_other_points() -> None:
    for kind in ("lhs", "sobol", "morris"):
        made = [unit_points(kind, 2, seed, samples=8, trajectories=8) for seed in (1, 2)]
        assert not np.array_equal(*made)


@pytest.mark.parametrize("second", [False, True])
def test_saltelli_mixes_one_column_of_two_samples(second: bool) -> None:
    k, n = 3, 8
    block = 2 * k + 2 if second else k + 2
    points = unit_points("sobol", k, 5, samples=n, second_order=second).reshape(n, block, k)
    a, b = points[:, 0], points[:, -1]
    for j in range(k):
        others = [i for i in range(k) if i != j]
        assert np.array_equal(points[:, 1 + j, j], b[:, j])
        assert np.array_equal(points[:, 1 + j][:, others], a[:, others])
        if second:
            mixed = points[:, 1 + k + j]
            assert np.array_equal(mixed[:, j], a[:, j]) and np.array_equal(mixed[:, others], b[:, others])
    for j in range(k):  # a Sobol sequence of n points, shifted: every stratum of a cycle once
        assert len(set(np.floor((a[:, j] - a[0, j]) % 1.0 * n + 1e-9).astype(int))) == n


def test_more_samples_begin_with_the_fewer() -> None:
    assert np.array_equal(unit_points("sobol", 2, 3, samples=8), unit_points("sobol", 2, 3, samples=16)[: 8 * 4])


def test_sobol_points_give_the_indices_of_a_known_function() -> None:
    """Ishigami and Homma (1990), a = 7, b = 0.1: first order 0.314, 0.442, 0; total 0.558, 0.442, 0.244."""
    k, n = 3, 4096
    x = (unit_points("sobol", k, 11, samples=n) * 2 - 1) * np.pi
    y = (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])).reshape(n, k + 2)
    a, mixed, b = y[:, 0], y[:, 1:-1], y[:, -1]
    variance = np.concatenate([a, b]).var()
    first = (b[:, None] * (mixed - a[:, None])).mean(axis=0) / variance
    total = ((a[:, None] - mixed) ** 2).mean(axis=0) / 2 / variance
    assert first == pytest.approx([0.314, 0.442, 0.0], abs=0.02)
    assert total == pytest.approx([0.558, 0.442, 0.244], abs=0.02)


@given(k=st.integers(1, 6), levels=st.sampled_from([4, 6, 8]), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_morris_moves_one_factor_at_a_time(k: int, levels: int, seed: int) -> None:
    points = unit_points("morris", k, seed, trajectories=4, levels=levels).reshape(4, k + 1, k)
    assert points.min() >= 0 and points.max() <= 1
    steps = np.diff(points, axis=1)
    assert ((np.abs(steps) > 1e-9).sum(axis=2) == 1).all()  # one factor in each step
    assert ((np.abs(steps) > 1e-9).sum(axis=1) == 1).all()  # each factor once in a trajectory
    assert np.abs(steps).max(axis=2) == pytest.approx(levels / (2 * (levels - 1)))
    assert np.abs(points * (levels - 1) - np.round(points * (levels - 1))).max() < 1e-9  # on the grid


def test_a_table_gives_its_rows() -> None:
    given_, factors = study({"kind": "table", "file": "t.csv"}, {"a": {}, "b": {}}, (("b", "a"), (("1", "2.5"),)))
    assert make_points(given_, factors, 1) == [(2.5, 1)]
    broken = (("b", "a"), (("1", "2,5"), ("x", "1")))
    given_, factors = study({"kind": "table", "file": "t.csv"}, {"a": {}, "b": {}}, broken)
    with pytest.raises(UserError) as caught:
        make_points(given_, factors, 1)
    assert [(m.line, m.key) for m in caught.value.mistakes] == [(2, "a"), (3, "b")]
    assert "Write 2.5." in str(caught.value)


def test_too_many_points_are_refused() -> None:
    factor = {"low": 0, "high": 1, "levels": 1000}
    with pytest.raises(UserError, match="1,000,000,000 points"):
        make_points(*study("grid", {"a": factor, "b": factor, "c": factor}), seed=1)
