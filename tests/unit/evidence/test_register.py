"""Draws of parameters: from their path and number alone, with the spread that was declared."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.helpers import ROOT, declare, domain, number, way
from trajectsim.config.scenario import load_scenario
from trajectsim.evidence.parameter import USER, Parameter
from trajectsim.evidence.register import Register, build_register, quantile

DRAWS = np.arange(4000)
RATE = number(0.05, "per month", family="lognormal", low=0.02, high=0.125)
SHAPE = number(1.2, "number", family="normal", low=1.0, high=1.4)


def parameter(value: float, unit: str = "number", **distribution: Any) -> Parameter:
    return Parameter.model_validate(number(value, unit, **distribution))


def register(parameters: dict[str, Any], seed: int = 7, **model: Any) -> Register:
    """A register with these parameters of a model, and the shares of a start."""
    scenario = declare(
        {"a": domain("x y", way("go", "x", "y", 0.1))}, parameters=parameters, spec={"seed": seed}, **model
    )
    return build_register(scenario)


def drawn(r: Register, path: str, draws: np.ndarray = DRAWS) -> np.ndarray:
    return r.draws(draws)[:, r.index[path]]


# --- keyed by name and number -----------------------------------------------------------------------------------------


def test_a_draw_depends_neither_on_order_nor_on_company() -> None:
    r = register({"rate": RATE, "shape": SHAPE})
    turned = register({"new": number(0.5, "share", family="uniform", low=0.1, high=0.9), "shape": SHAPE, "rate": RATE})
    alone = register({"shape": SHAPE})
    path = "model.parameters.shape"
    assert r.paths.index("model.parameters.rate") != turned.paths.index("model.parameters.rate")
    assert (drawn(r, path) == drawn(turned, path)).all()
    assert (drawn(r, path) == drawn(alone, path)).all()


def test_the_kth_draw_does_not_depend_on_how_many_there_are() -> None:
    r = register({"rate": RATE, "shape": SHAPE})
    many = r.draws(np.arange(50))
    assert (r.draws(np.arange(7)) == many[:7]).all()
    assert (r.draws(np.array([33])) == many[33]).all()
    assert (r.draws(np.array([9, 3])) == many[[9, 3]]).all()


def test_another_seed_draws_otherwise_and_fixed_values_stay() -> None:
    one, two = register({"rate": RATE}), register({"rate": RATE}, seed=8)
    path = "model.parameters.rate"
    assert (drawn(one, path) != drawn(two, path)).all()
    assert (drawn(one, "model.a.go.base") == 0.1).all()
    assert (one.central == two.central).all()


def test_two_parameters_with_the_same_spread_are_drawn_apart() -> None:
    r = register({"one": SHAPE, "two": SHAPE})
    assert abs(np.corrcoef(r.draws(DRAWS)[:, :2].T)[0, 1]) < 0.06
    a, b = (r.index[f"model.parameters.{name}"] for name in ("one", "two"))
    assert abs(np.corrcoef(r.draws(DRAWS)[:, a], r.draws(DRAWS)[:, b])[0, 1]) < 0.06


# --- distributions ----------------------------------------------------------------------------------------------------

EDGES = np.array([0.025, 0.975])


def test_low_and_high_of_a_normal_and_a_lognormal_are_its_outer_quantiles() -> None:
    assert quantile(parameter(1.2, family="normal", low=1.0, high=1.4), EDGES) == pytest.approx([1.0, 1.4])
    lognormal = parameter(0.05, "per month", family="lognormal", low=0.02, high=0.125)
    assert quantile(lognormal, EDGES) == pytest.approx([0.02, 0.125])
    assert quantile(lognormal, np.array([0.5])) == pytest.approx([0.05])


@pytest.mark.parametrize(
    ("family", "value", "low", "high"),
    [("beta", 0.3, 0.2, 0.42), ("beta", 0.07, 0.03, 0.13), ("gamma", 20.0, 12.0, 30.0), ("gamma", 3.0, 1.0, 6.5)],
)
def test_beta_and_gamma_keep_their_mean_and_about_their_range(
    family: str, value: float, low: float, high: float
) -> None:
    """The value is the mean, the range is 3.92 standard deviations wide; the quantiles follow nearly."""
    unit = "share" if family == "beta" else "number"
    p = parameter(value, unit, family=family, low=low, high=high)
    x = quantile(p, (np.arange(20_000) + 0.5) / 20_000)
    assert x.mean() == pytest.approx(value, rel=1e-3)
    assert x.std() == pytest.approx((high - low) / 3.92, rel=5e-3)
    assert quantile(p, EDGES) == pytest.approx([low, high], abs=0.15 * (high - low))


@pytest.mark.parametrize("family", ["uniform", "triangular", "pert"])
def test_ranges_end_where_they_say_and_lean_to_the_value(family: str) -> None:
    p = parameter(2.0, family=family, low=1.0, high=5.0)
    assert quantile(p, np.array([0.0, 1.0])) == pytest.approx([1.0, 5.0], abs=1e-3)
    x = quantile(p, (np.arange(20_000) + 0.5) / 20_000)
    mean = {"uniform": 3.0, "triangular": (1 + 2 + 5) / 3, "pert": (1 + 4 * 2 + 5) / 6}[family]
    assert x.mean() == pytest.approx(mean, rel=1e-3)
    assert (np.diff(x) >= 0).all()


def test_draws_follow_the_distribution() -> None:
    r = register({"rate": RATE, "shape": SHAPE, "u": number(0.5, "share", family="uniform", low=0.1, high=0.9)})
    logs = np.log(drawn(r, "model.parameters.rate") / 0.05) / (np.log(0.125 / 0.02) / 3.92)
    assert stats.kstest(logs, "norm").pvalue > 1e-4
    assert stats.kstest((drawn(r, "model.parameters.shape") - 1.2) / (0.4 / 3.92), "norm").pvalue > 1e-4
    assert stats.kstest((drawn(r, "model.parameters.u") - 0.1) / 0.8, "uniform").pvalue > 1e-4


def test_limits_truncate_without_piling_up() -> None:
    """A truncated normal, not one whose tails are heaped on the limits."""
    p = parameter(1.2, family="normal", low=1.0, high=1.4, limits=(1.15, 1.3))
    x = quantile(p, (np.arange(5000) + 0.5) / 5000)
    sd = 0.4 / 3.92
    assert x.min() >= 1.15 and x.max() <= 1.3
    assert (x == 1.15).sum() + (x == 1.3).sum() == 0
    assert stats.kstest(x, stats.truncnorm((1.15 - 1.2) / sd, (1.3 - 1.2) / sd, 1.2, sd).cdf).pvalue > 0.99


@pytest.mark.parametrize(
    ("unit", "low", "high"), [("probability", 0.0, 1.0), ("hazard ratio", 0.0, np.inf), ("utility", -1.0, 1.0)]
)
def test_no_draw_leaves_what_its_unit_allows(unit: str, low: float, high: float) -> None:
    x = quantile(parameter(0.5, unit, family="normal", low=0.01, high=0.99, limits=(-5, 5)), np.linspace(0, 1, 2001))
    wide = quantile(parameter(0.5, unit, family="normal", low=0.0, high=1.0), np.linspace(0, 1, 2001))
    assert x.min() >= low and x.max() <= high and wide.min() >= low and wide.max() <= high
    assert wide.max() > 0.99 and wide.min() < 0.01


def test_a_coefficient_whose_range_is_negative_stays_negative() -> None:
    """Hours are not negative, but how many fewer hours goes with a latent is."""
    x = quantile(parameter(-2.5, "hours/month", family="normal", low=-5.0, high=-0.5), EDGES)
    assert x == pytest.approx([-4.75, -0.25])
    assert quantile(parameter(1.0, "hours/month", family="normal", low=0.0, high=2.0), np.array([1e-9])).min() >= 0


# --- what varies together ---------------------------------------------------------------------------------------------


def shared(**keys: Any) -> Register:
    shares = {"x": 0.5, "y": 0.3, "z": 0.2}
    start = [{"states": {"shares": shares, "source": "a test", "locator": "-", "grade": "C", **keys}}]
    scenario = declare({"a": domain("x y z", way("go", "x", "y", 0.1))}, initial={"a": start})
    return build_register(scenario)


def test_shares_sum_to_one_with_the_declared_means_and_spread() -> None:
    r = shared(concentration=40)
    at = [r.index[f"population.initial.a.0.states.{s}"] for s in "xyz"]
    x = r.draws(DRAWS)[:, at]
    mean = np.array([0.5, 0.3, 0.2])
    sd = np.sqrt(mean * (1 - mean) / 41)
    assert x.sum(axis=1) == pytest.approx(1.0)
    assert np.abs(x.mean(axis=0) - mean).max() < 4.5 * (sd / np.sqrt(len(x))).max()
    assert x.std(axis=0) == pytest.approx(sd, rel=0.06)
    assert np.corrcoef(x[:, 0], x[:, 1])[0, 1] == pytest.approx(-np.sqrt(0.5 * 0.3 / (0.5 * 0.7)), abs=0.06)
    assert r.grades()["population.initial.a.0.states.y"] == "C"


def test_shares_without_concentration_are_fixed_and_nought_stays_nought() -> None:
    fixed = shared()
    assert (fixed.draws(DRAWS[:9]) == fixed.central).all()
    r = shared(concentration=5, shares={"x": 0.7, "y": 0.3, "z": 0.0})
    assert (r.draws(DRAWS[:50])[:, r.index["population.initial.a.0.states.z"]] == 0).all()


def test_correlated_parameters() -> None:
    paths = [f"model.parameters.{name}" for name in ("one", "two", "three")]
    correlation = [[1.0, 0.7, -0.4], [0.7, 1.0, 0.0], [-0.4, 0.0, 1.0]]
    group = {"members": paths, "mean": [1.0, 2.0, 3.0], "sd": [0.1, 0.2, 0.3], "correlation": correlation}
    values = {name: number(float(j + 1), "number") for j, name in enumerate(("one", "two", "three"))}
    r = register(values, correlated=[group])
    x = r.draws(DRAWS)[:, [r.index[path] for path in paths]]
    assert x.mean(axis=0) == pytest.approx([1, 2, 3], abs=0.02)
    assert x.std(axis=0) == pytest.approx([0.1, 0.2, 0.3], rel=0.05)
    assert np.corrcoef(x.T) == pytest.approx(np.array(correlation), abs=0.05)
    assert all(stats.kstest((x[:, j] - j - 1) / (0.1 * (j + 1)), "norm").pvalue > 1e-4 for j in range(3))


def test_correlated_draws_stay_within_what_their_unit_allows() -> None:
    paths = ["model.parameters.one", "model.parameters.two"]
    group = {"members": paths, "mean": [0.1, 0.5], "sd": [0.2, 0.5], "correlation": [[1.0, 0.5], [0.5, 1.0]]}
    r = register({"one": number(0.1, "per month"), "two": number(0.5, "probability")}, correlated=[group])
    x = r.draws(DRAWS)[:, [r.index[path] for path in paths]]
    assert x.min() >= 0 and x[:, 1].max() <= 1


def test_a_posterior_is_drawn_row_by_row() -> None:
    rows = [[0.1, 1.0], [0.2, 2.0], [0.3, 3.0]]
    table = {"members": ["model.parameters.one", "model.parameters.two"], "rows": rows}
    r = register({"one": number(0.2, "number"), "two": number(2.0, "number")}, posteriors=[table])
    x = r.draws(DRAWS)[:, [r.index[path] for path in table["members"]]]
    assert {tuple(row) for row in x.tolist()} == {tuple(row) for row in rows}
    assert stats.chisquare(np.unique(x[:, 0], return_counts=True)[1]).pvalue > 1e-4


# --- the packaged case ------------------------------------------------------------------------------------------------


def test_draws_of_the_packaged_case_lie_around_their_ranges() -> None:
    """Every uncertain parameter varies, and half of its draws or more lie in the range that was declared."""
    r = build_register(load_scenario(ROOT / "configs" / "nijkerk.yaml"))
    x = r.draws(np.arange(60))
    assert np.isfinite(x).all() and len(r.paths) == len(set(r.paths)) == x.shape[1]
    for path, p in r.parameters.items():
        column = x[:, r.index[path]]
        if p.distribution.family == "fixed":
            assert (column == p.value).all(), path
        else:
            low, high = p.distribution.low, p.distribution.high
            assert low is not None and high is not None
            assert column.min() < column.max() and low <= np.median(column) <= high, path


def test_setting_a_value_fixes_it() -> None:
    path = "interventions.supported_job.duration"
    r = build_register(load_scenario(ROOT / "configs" / "nijkerk.yaml", {path: "36"}))
    assert (drawn(r, path, np.arange(20)) == 36).all()


def test_a_register_is_made_of_the_whole_scenario() -> None:
    r = build_register(load_scenario(ROOT / "configs" / "nijkerk.yaml"))
    assert {path.split(".")[0] for path in r.paths} == {"model", "population", "interventions", "prices"}
    assert set(r.grades()) == set(r.paths)
    assert set(r.grades().values()) <= set("ABCD")
    other = replace(r, seed=r.seed + 1)
    assert (other.central == r.central).all() and (other.draws(np.arange(1)) != r.draws(np.arange(1))).any()


def test_a_number_that_the_user_set_stays_in_a_group_drawn_together() -> None:
    pair = {"members": ["model.parameters.x", "model.parameters.y"], "mean": [1.0, 2.0], "sd": [0.5, 0.5],
            "correlation": [[1.0, 0.8], [0.8, 1.0]]}  # fmt: skip
    fixed = {"value": 7.0, "unit": "number", "source": USER, "locator": "set by the user", "grade": "D"}
    scenario = declare(
        {"a": domain("here")}, parameters={"x": fixed, "y": number(2.0, "number")}, correlated=[pair]
    )  # fmt: skip
    register = build_register(scenario)
    drawn = register.draws(np.arange(50))
    assert set(drawn[:, register.index["model.parameters.x"]]) == {7.0}
    assert len(set(drawn[:, register.index["model.parameters.y"]])) == 50
