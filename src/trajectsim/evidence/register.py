"""All parameters of a scenario by path, and their draws.

A draw follows from (seed, path, draw number) alone, so it depends neither on the order of parameters nor on how many
draws are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from trajectsim.engine.luck import run_key, uniforms
from trajectsim.evidence.parameter import USER, Dirichlet, Distribution, MultivariateNormal, Parameter, Posterior
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["Register", "build_register", "limits_of", "quantile"]

Array = npt.NDArray[np.float64]
_SPREAD = 2 * 1.959963984540054  # width of a 95% interval in standard deviations
_NATURAL = {"probability": (0.0, 1.0), "proportion": (0.0, 1.0), "share": (0.0, 1.0), "utility": (-1.0, 1.0)}
_NOT_NEGATIVE = {
    "per month",
    "per year",
    "per step",
    "hazard ratio",
    "months",
    "years",
    "places",
    "hours",
    "hours/month",
    "persons",
    "persons/year",
    "count",
}


@dataclass(frozen=True)
class Register:
    """Every parameter of a scenario: `paths` in order, `central` their values, and how they vary together."""

    parameters: dict[str, Parameter]
    dirichlets: dict[str, Dirichlet]
    correlated: tuple[MultivariateNormal, ...]
    posteriors: tuple[Posterior, ...]
    seed: int

    @property
    def paths(self) -> list[str]:
        """Return the paths in a fixed order: parameters, then the shares of Dirichlet groups."""
        shares = [f"{path}.{name}" for path, group in self.dirichlets.items() for name in group.shares]
        return [*self.parameters, *shares]

    @property
    def index(self) -> dict[str, int]:
        """Return the position of each path in a draw."""
        return {path: i for i, path in enumerate(self.paths)}

    @property
    def central(self) -> Array:
        """Return the central values, shape [P]."""
        shares = [share for group in self.dirichlets.values() for share in group.shares.values()]
        return np.array([*(p.value for p in self.parameters.values()), *shares], float)

    def grades(self) -> dict[str, str]:
        """Return the grade of each path."""
        grades: dict[str, str] = {path: p.grade for path, p in self.parameters.items()}
        for path, group in self.dirichlets.items():
            grades.update({f"{path}.{name}": group.grade for name in group.shares})
        return grades

    def draws(self, draws: npt.NDArray[np.int64]) -> Array:
        """Return one row of values per draw number, shape [len(draws), P]."""
        keys = np.array([run_key(self.seed, int(k), -1) for k in draws], np.uint64)
        out = np.tile(self.central, (len(draws), 1))
        for i, (path, parameter) in enumerate(self.parameters.items()):
            if parameter.distribution.family != "fixed":
                out[:, i] = quantile(parameter, uniforms(keys, 0, path))
        self._draw_shares(keys, out)
        index = self.index
        held = {path: p.value for path, p in self.parameters.items() if p.source == USER}
        for group in self.correlated:
            columns = [index[member] for member in group.members]
            normal = np.stack([special.ndtri(_open(uniforms(keys, 1, m))) for m in group.members], axis=1)
            factor = np.linalg.cholesky(np.array(group.correlation) + 1e-12 * np.eye(len(columns)))
            together = np.array(group.mean) + (normal @ factor.T) * np.array(group.sd)
            for j, member in enumerate(group.members):
                low, high = _limits(self.parameters[member]) if member in self.parameters else (0.0, 1.0)
                together[:, j] = np.clip(together[:, j], low, high)
            out[:, columns] = together
        for table in self.posteriors:
            columns = [index[member] for member in table.members]
            row = (uniforms(keys, 2, "posterior " + " ".join(table.members)) * len(table.rows)).astype(int)
            out[:, columns] = np.array(table.rows)[row]
        for path, value in held.items():  # what the user set stays, in a group of numbers drawn together too
            out[:, index[path]] = value
        return out

    def _draw_shares(self, keys: npt.NDArray[np.uint64], out: Array) -> None:
        at = len(self.parameters)
        for path, group in self.dirichlets.items():
            n = len(group.shares)
            if group.concentration is not None:
                shares = np.array(list(group.shares.values()))
                gammas = np.zeros((len(keys), n))
                for j, name in enumerate(group.shares):
                    if shares[j] > 0:
                        u = _open(uniforms(keys, 0, f"{path}.{name}"))
                        gammas[:, j] = np.maximum(special.gammaincinv(shares[j] * group.concentration, u), 1e-300)
                out[:, at : at + n] = gammas / gammas.sum(axis=1, keepdims=True)
            at += n


def build_register(scenario: Any) -> Register:
    """Collect the parameters of a scenario: model, population, interventions and prices, in this order."""
    found = {number.path: number.item for number in scenario_parameters(scenario)}
    model = scenario.model
    return Register(
        parameters={k: p for k, p in found.items() if isinstance(p, Parameter)},
        dirichlets={k: p for k, p in found.items() if isinstance(p, Dirichlet)},
        correlated=tuple(model.correlated),
        posteriors=tuple(model.posteriors),
        seed=scenario.spec.seed,
    )


def _open(u: Array) -> Array:
    return np.clip(u, 2.0**-53, 1 - 2.0**-53)


def quantile(parameter: Parameter, u: Array) -> Array:
    """Return the quantiles `u` of a parameter's distribution, truncated to its limits and to what its unit allows."""
    d = parameter.distribution
    low, high = _limits(parameter)
    if low is not None or high is not None:
        start = _cdf(parameter, low) if low is not None else 0.0
        end = _cdf(parameter, high) if high is not None else 1.0
        u = start + u * (end - start)
    values = _ppf(parameter.value, d, _open(u))
    if low is not None:
        values = np.maximum(values, low)
    return np.minimum(values, high) if high is not None else values


def limits_of(parameter: Parameter) -> tuple[float, float]:
    """Return the lowest and highest value that a parameter's unit and declared limits allow; infinite where open."""
    low, high = _limits(parameter)
    return (-np.inf if low is None else low), (np.inf if high is None else high)


def _limits(parameter: Parameter) -> tuple[float | None, float | None]:
    natural = _NATURAL.get(parameter.unit, (0.0, None) if parameter.unit in _NOT_NEGATIVE else (None, None))
    low, high = natural
    written = min(
        parameter.value, parameter.value if parameter.distribution.low is None else parameter.distribution.low
    )
    if low is not None and written < low:  # a coefficient in hours per month may well be negative: its range says so
        low = None
    if parameter.distribution.limits is not None:
        a, b = parameter.distribution.limits
        low, high = (a if low is None else max(a, low)), (b if high is None else min(b, high))
    return low, high


def _spread(d: Distribution) -> float:
    assert d.low is not None and d.high is not None
    return (d.high - d.low) / _SPREAD


def _beta_shape(value: float, sd: float) -> tuple[float, float]:
    variance = min(sd**2, 0.999 * value * (1 - value))
    total = value * (1 - value) / variance - 1
    return max(value * total, 1e-6), max((1 - value) * total, 1e-6)


def _ppf(value: float, d: Distribution, u: Array) -> Array:
    if d.family == "fixed":
        return np.full_like(u, value)
    low, high = float(d.low or 0.0), float(d.high or 0.0)
    if d.family == "normal":
        return np.asarray(value + _spread(d) * special.ndtri(u))
    if d.family == "lognormal":
        return np.asarray(value * np.exp(np.log(high / low) / _SPREAD * special.ndtri(u)))
    if d.family == "uniform":
        return low + (high - low) * u
    if d.family == "beta":
        if value in (0.0, 1.0):
            return low + (high - low) * u
        return np.asarray(special.betaincinv(*_beta_shape(value, _spread(d)), u))
    if d.family == "gamma":
        if value <= 0:
            return low + (high - low) * u
        shape = (value / _spread(d)) ** 2
        return np.asarray(special.gammaincinv(shape, u) * value / shape)
    if d.family == "triangular":
        split = (value - low) / (high - low)
        left = low + np.sqrt(u * (high - low) * (value - low))
        right = high - np.sqrt((1 - u) * (high - low) * (high - value))
        return np.where(u < split, left, right)
    a, b = 1 + 4 * (value - low) / (high - low), 1 + 4 * (high - value) / (high - low)
    return np.asarray(low + (high - low) * special.betaincinv(a, b, u))


@lru_cache(maxsize=4096)
def _cdf(parameter: Parameter, x: float) -> float:
    """Return the probability below x, by bisection on the quantile function (it is rising)."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(_ppf(parameter.value, parameter.distribution, np.array([min(max(middle, 1e-15), 1 - 1e-15)]))[0]) < x:
            low = middle
        else:
            high = middle
    return (low + high) / 2
