"""Indices with known answers, through the study's own points."""

import numpy as np
import pytest

from trajectsim.analysis.sensitivity import indices
from trajectsim.study.design import unit_points

NAMES = ["a", "b", "c"]


def ishigami(unit: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990) with 7 and 0.1, of which the indices are known."""
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


@pytest.mark.parametrize("second", [False, True])
def test_sobol_finds_ishigamis_indices(second: bool) -> None:
    design = {"kind": "sobol", "samples": 8192, "second_order": second}
    unit = unit_points("sobol", 3, 1, samples=8192, second_order=second)
    found = indices(design, NAMES, unit, ishigami(unit), 7)
    rows = {row["factor"]: row for row in found["rows"]}
    for name, first, total in (("a", 0.314, 0.558), ("b", 0.442, 0.442), ("c", 0.0, 0.244)):
        assert rows[name]["S1"] == pytest.approx(first, abs=0.03) and rows[name]["ST"] == pytest.approx(total, abs=0.03)
        assert rows[name]["S1_low"] <= rows[name]["S1"] <= rows[name]["S1_high"]
    assert [row["factor"] for row in found["rows"]] == ["a", "b", "c"]
    if second:
        assert found["pairs"][0]["factors"] == ["a", "c"] and found["pairs"][0]["S2"] == pytest.approx(0.244, abs=0.04)
    again = indices(design, NAMES, unit, ishigami(unit), 7)
    assert again == found


def test_morris_finds_the_slopes_of_a_plane() -> None:
    unit = unit_points("morris", 3, 5, trajectories=10, levels=4)
    y = 3 * unit[:, 0] - 2 * unit[:, 1]
    found = indices({"kind": "morris", "trajectories": 10, "levels": 4}, NAMES, unit, y, 1)
    rows = {row["factor"]: row for row in found["rows"]}
    for name, slope in (("a", 3.0), ("b", -2.0), ("c", 0.0)):
        assert rows[name]["mu"] == pytest.approx(slope) and rows[name]["mu_star"] == pytest.approx(abs(slope))
        assert rows[name]["sigma"] == pytest.approx(0.0, abs=1e-9)
    assert [row["factor"] for row in found["rows"]] == ["a", "b", "c"]


def test_a_latin_hypercube_tells_which_factor_matters() -> None:
    unit = unit_points("lhs", 3, 2, samples=300)
    found = indices({"kind": "lhs", "samples": 300}, NAMES, unit, unit[:, 1] + 0.1 * unit[:, 0], 1)
    assert found["rows"][0]["factor"] == "b" and found["rows"][0]["S1"] > 0.9


@pytest.mark.parametrize("samples", [20, 24, 50])
def test_a_small_latin_hypercube_explains_nothing_of_mere_noise_and_says_how_unsure_it_is(samples: int) -> None:
    rng = np.random.default_rng(3)
    unit = unit_points("lhs", 3, 2, samples=samples)
    design = {"kind": "lhs", "samples": samples}
    rows = [row for _ in range(30) for row in indices(design, NAMES, unit, rng.normal(size=samples), 1)["rows"]]
    assert abs(np.mean([row["S1"] for row in rows])) < 0.1
    assert all(row["S1_high"] - row["S1_low"] > 0.2 for row in rows)


def test_what_does_not_vary_has_no_indices() -> None:
    unit = unit_points("lhs", 2, 2, samples=20)
    assert indices({"kind": "lhs", "samples": 20}, NAMES[:2], unit, np.ones(20), 1) == {"rows": None}
