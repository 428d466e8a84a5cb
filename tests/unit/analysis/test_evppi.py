"""The value of knowing a parameter, against closed forms."""

import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from trajectsim.analysis.decision import evpi
from trajectsim.analysis.evppi import discovered, evppi_of_groups, evppi_singly
from trajectsim.errors import UserError


def unit_loss(mean: float, sd: float) -> float:
    """Expected loss of a normal difference with a mean of either sign."""
    z = abs(mean) / sd
    return float(sd * (norm.pdf(z) - z * norm.sf(z)))


def linear(n: int, seed: int = 1) -> tuple[np.ndarray, pd.DataFrame]:
    """Net benefit of the second option: 1 + 3 a + 2 b + c + 0 d, each standard normal."""
    x = np.random.default_rng(seed).normal(size=(n, 4))
    gain = 1 + x @ np.array([3.0, 2.0, 1.0, 0.0])
    return np.stack([np.zeros(n), gain], axis=1), pd.DataFrame(x, columns=list("abcd"))


def test_linear_and_normal_has_a_closed_form() -> None:
    benefit, draws = linear(10000)
    found = evppi_singly(benefit, draws)
    for name, sd in {"a": 3.0, "b": 2.0, "c": 1.0}.items():
        assert found.loc[name, "evppi"] == pytest.approx(unit_loss(1, sd), abs=4 * found.loc[name, "error"])
        assert found.loc[name, "share"] == pytest.approx(sd**2 / 14, abs=4 * found.loc[name, "share_error"])
        assert found.loc[name, "error"] < 0.03
    assert found.loc["d", "evppi"] < 1e-3 and not found.loc["d", "clear"] and found.loc[list("abc"), "clear"].all()
    groups = evppi_of_groups(benefit, draws, {"ab": ["a", "b"], "all": list("abcd"), "only": ["a"]})
    assert groups.loc["ab", "evppi"] == pytest.approx(unit_loss(1, 13**0.5), abs=4 * groups.loc["ab", "error"])
    assert groups.loc["all", "evppi"] == pytest.approx(evpi(benefit).value, rel=0.02)
    assert groups.loc["only", "evppi"] == pytest.approx(found.loc["a", "evppi"], rel=1e-9)


def test_few_draws_with_luck_are_not_too_optimistic() -> None:
    """The mean over forty studies of 200 draws with as much noise as signal is close to the truth."""
    got, errors = [], []
    for seed in range(40):
        benefit, draws = linear(200, seed)
        benefit[:, 1] += np.random.default_rng([seed, 9]).normal(0, 3.7, 200)
        found = evppi_singly(benefit, draws)
        got.append(found.loc[["a", "b", "d"], "evppi"])
        errors.append(found.loc["a", "error"])
    mean = np.mean(got, axis=0)
    assert mean == pytest.approx([unit_loss(1, 3), unit_loss(1, 2), 0.0], abs=0.08)
    spread = np.std([g["a"] for g in got], ddof=1)
    assert 0.6 < np.mean(errors) / spread < 1.5


def test_two_point_parameter_exactly() -> None:
    """a is 0 or 1 with chance one half; net benefit 4 a - 1: value of knowing a = 0.5 x 3 - 1 = 0.5."""
    a = np.tile([0.0, 1.0], 500)
    benefit = np.stack([np.zeros(1000), 4 * a - 1], axis=1)
    found = evppi_singly(benefit, pd.DataFrame({"a": a, "same": 1.0}))
    assert found.loc["a", "evppi"] == pytest.approx(0.5, abs=1e-6) and list(found.index) == ["a"]


def test_a_bilinear_model_against_its_integral() -> None:
    """Net benefit 10 x y - z: given x (or y) its mean is 10 x E[y] - E[z], a normal; given both, by quadrature."""
    luck = np.random.default_rng(8)
    x, y, z = luck.normal(0.7, 0.1, 20000), luck.normal(0.3, 0.1, 20000), luck.normal(2.0, 0.5, 20000)
    benefit = np.stack([np.zeros(20000), 10 * x * y - z], axis=1)
    draws = pd.DataFrame({"x": x, "y": y, "z": z})
    single = evppi_singly(benefit, draws)["evppi"]
    for name, sd in {"x": 10 * 0.1 * 0.3, "y": 10 * 0.1 * 0.7, "z": 0.5}.items():
        assert single[name] == pytest.approx(unit_loss(0.1, sd), rel=0.05)
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    both = 10 * (0.7 + 0.1 * nodes[:, None]) * (0.3 + 0.1 * nodes) - 2
    exact = (weights[:, None] * weights * np.maximum(both, 0)).sum() / weights.sum() ** 2 - 0.1
    pair = evppi_of_groups(benefit, draws, {"xy": ["x", "y"]}).loc["xy"]
    assert pair["evppi"] == pytest.approx(exact, abs=max(4 * pair["error"], 0.02 * exact))


def test_three_options() -> None:
    luck = np.random.default_rng(4)
    a, b = luck.normal(size=(2, 20000))
    benefit = np.stack([np.zeros(20000), a, b], axis=1)
    found = evppi_singly(benefit, pd.DataFrame({"a": a, "b": b}))
    assert found["evppi"].tolist() == pytest.approx([1 / np.sqrt(2 * np.pi)] * 2, abs=0.02)


def test_options_that_never_differ() -> None:
    draws = pd.DataFrame({"a": np.random.default_rng(1).normal(size=60)})
    found = evppi_singly(np.zeros((60, 2)), draws)
    assert found.loc["a", "evppi"] == 0 and found.loc["a", "share"] == 0 and not found.loc["a", "clear"]


def test_fifty_parameters_on_ten_thousand_draws_within_thirty_seconds() -> None:
    luck = np.random.default_rng(2)
    x = luck.normal(size=(10000, 50))
    benefit = np.stack([np.zeros(10000), x @ np.arange(50.0)], axis=1)
    begun = time.process_time()
    evppi_singly(benefit, pd.DataFrame(x, columns=[f"p{i}" for i in range(50)]))
    assert time.process_time() - begun < 30


def test_false_discoveries_are_held_back() -> None:
    assert discovered(np.array([0.001, 0.9, 0.03, 0.05])).tolist() == [True, False, True, True]
    assert not discovered(np.array([0.2, 0.9])).any() and not len(discovered(np.array([])))


def test_what_cannot_be_used() -> None:
    benefit, draws = linear(60)
    with pytest.raises(UserError, match="39 draws are too few"):
        evppi_singly(benefit[:39], draws[:39])
    with pytest.raises(UserError, match="60 draws, the parameters 50"):
        evppi_singly(benefit, draws[:50])
    with pytest.raises(UserError, match="names 'e', which was not drawn"):
        evppi_of_groups(benefit, draws, {"some": ["a", "e"]})
