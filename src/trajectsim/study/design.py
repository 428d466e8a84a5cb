"""From a study's factors to its points: a grid, a Latin hypercube, Sobol's or Morris' points, or a table of one's own.

A point is one value per factor. Chance in a design is keyed luck of the study's seed, so a study file and a seed always
give the same points, and more points of a Sobol design begin with the points of a smaller one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.study import FactorSpec, LoadedStudy
from trajectsim.engine.luck import run_key, uniforms
from trajectsim.errors import Mistake, UserError
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.register import quantile

__all__ = ["MOST_POINTS", "Factor", "make_points", "unit_points", "values_of"]

F64 = npt.NDArray[np.float64]
MOST_POINTS = 1_000_000
_PURPOSE = "design"


@dataclass(frozen=True)
class Factor:
    """A factor with what its values are taken from; `parameter` is None for a key of the scenario, which may be one of
    `whole` numbers."""

    name: str
    path: str
    spec: FactorSpec
    parameter: Parameter | None = None
    whole: bool = False


def make_points(study: LoadedStudy, factors: Sequence[Factor], seed: int) -> list[tuple[Any, ...]]:
    """Return the points of a study, one value per factor each.

    Raises:
        UserError: there are too many, or a cell of the table is no number where one is needed.
    """
    design = study.spec.design
    if study.table is not None:
        return _of_table(study, factors)
    if design.kind == "grid":
        levels = [_levels(factor) for factor in factors]
        _not_too_many(study, math.prod(len(values) for values in levels))
        return list(product(*levels))
    k = len(factors)
    if design.kind == "lhs":
        assert design.samples is not None
        number = design.samples
    elif design.kind == "sobol":
        assert design.samples is not None
        number = design.samples * (2 * k + 2 if design.second_order else k + 2)
    else:
        assert design.trajectories is not None
        number = design.trajectories * (k + 1)
    _not_too_many(study, number)
    unit = unit_points(design.kind, k, seed, samples=design.samples, second_order=bool(design.second_order),
                       trajectories=design.trajectories, levels=design.levels or 4)  # fmt: skip
    columns = [values_of(factor, unit[:, j]) for j, factor in enumerate(factors)]
    return list(zip(*columns, strict=True))


def values_of(factor: Factor, u: F64) -> list[Any]:
    """Return a factor's values at places in the unit interval: of its list, range or distribution."""
    spec = factor.spec
    if spec.values is not None:
        n = len(spec.values)
        return [spec.values[min(int(x * n), n - 1)] for x in u]
    if spec.own:
        assert factor.parameter is not None
        return [float(x) for x in quantile(factor.parameter, u)]
    assert spec.low is not None and spec.high is not None
    if spec.scale == "log":
        found = spec.low * np.exp(u * math.log(spec.high / spec.low))
    else:
        found = spec.low + u * (spec.high - spec.low)
    found = np.clip(found, spec.low, spec.high)
    return [round(float(x)) if factor.whole else float(x) for x in found]


def _levels(factor: Factor) -> list[Any]:
    """Return the values of a factor in a grid: of a distribution the middles of equally likely parts."""
    spec = factor.spec
    if spec.values is not None:
        return list(spec.values)
    assert spec.levels is not None
    n = spec.levels
    places = (np.arange(n) + 0.5) / n if spec.own else np.arange(n) / (n - 1)
    return values_of(factor, places)


def _not_too_many(study: LoadedStudy, number: int) -> None:
    if number > MOST_POINTS:
        what = f"this design has {number:,} points"
        mistake = study.document.mistake(("design",), what, allowed=f"up to {MOST_POINTS:,}", cure="take fewer values")
        raise UserError([mistake])


def _of_table(study: LoadedStudy, factors: Sequence[Factor]) -> list[tuple[Any, ...]]:
    from trajectsim.config.reader import parse

    assert study.table is not None
    header, rows = study.table
    file = str(study.path.parent / str(study.spec.design.file))
    mistakes, points = [], []
    for number, row in enumerate(rows, 2):
        point: list[Any] = []
        for factor in factors:
            text = row[header.index(factor.name)]
            try:
                value = parse(f"value: {text}", file).data["value"]
            except UserError:
                value = text
            if factor.parameter is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                cure = f"write {text.replace(',', '.')}" if "," in text else "write a number"
                mistakes.append(Mistake(f"'{text}' is not a number", file, number, factor.name, cure=cure))
            point.append(value)
        points.append(tuple(point))
    if mistakes:
        raise UserError(mistakes[:20])
    return points


# --- places in the unit cube ------------------------------------------------------------------------------------------


def unit_points(
    kind: str, k: int, seed: int, *, samples: int | None = None, second_order: bool = False,
    trajectories: int | None = None, levels: int = 4,
) -> F64:  # fmt: skip
    """Return the points of a design with chance in it, shape [points, k], in [0, 1].

    `lhs`: McKay, Beckman and Conover (1979), every factor in every of `samples` strata once. `sobol`: Saltelli (2010),
    a Sobol sequence of 2k dimensions with a random shift (Cranley and Patterson 1976); the rows stand in the order
    A, AB1..ABk, (BA1..BAk,) B per sample. `morris`: Morris (1991), trajectories of k + 1 points that move one factor
    at a time by levels / (2 (levels - 1)).
    """
    if kind == "lhs":
        return _latin(int(samples or 0), k, seed)
    if kind == "sobol":
        return _saltelli(int(samples or 0), k, seed, second_order)
    return _morris(int(trajectories or 0), k, seed, levels)


def _chance(n: int, seed: int, name: str) -> F64:
    """Return n uniform numbers of keyed luck."""
    keys = np.array([run_key(seed, number, -2) for number in range(n)], np.uint64)
    return uniforms(keys, 0, f"{_PURPOSE} {name}")


def _latin(n: int, k: int, seed: int) -> F64:
    out = np.empty((n, k))
    for j in range(k):
        order = np.argsort(_chance(n, seed, f"order {j}"), kind="stable")
        out[:, j] = (order + _chance(n, seed, f"place {j}")) / n
    return out


def _saltelli(n: int, k: int, seed: int, second_order: bool) -> F64:
    from scipy.stats import qmc

    base = qmc.Sobol(2 * k, scramble=False).random_base2(int(n).bit_length() - 1)
    base = (base + _chance(2 * k, seed, "shift")) % 1.0
    a, b = base[:, :k], base[:, k:]
    rows = [a]
    for own, other in ((a, b), (b, a)) if second_order else ((a, b),):
        for j in range(k):
            mixed = own.copy()
            mixed[:, j] = other[:, j]
            rows.append(mixed)
    rows.append(b)
    return np.stack(rows, axis=1).reshape(-1, k)


def _morris(n: int, k: int, seed: int, levels: int) -> F64:
    delta = levels / (2 * (levels - 1))
    starts = levels // 2  # the places from which a step up stays inside
    out = np.empty((n, k + 1, k))
    for t in range(n):
        place = np.floor(_chance(k, seed, f"start {t}") * starts) / (levels - 1)
        up = _chance(k, seed, f"way {t}") < 0.5
        point = np.where(up, place, place + delta)
        out[t, 0] = point
        for step, j in enumerate(np.argsort(_chance(k, seed, f"turn {t}"), kind="stable"), 1):
            point = point.copy()
            point[j] += delta if up[j] else -delta
            out[t, step] = np.clip(point, 0.0, 1.0)
    return np.clip(out.reshape(-1, k), 0.0, 1.0)
