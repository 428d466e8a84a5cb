"""The long run: what differences at the end of the simulated years are worth afterwards, if they last.

Nobody was simulated here. A difference between two arms in the last year is carried on by month from the end of the
simulation until an age, growing with real wages and fading by a stated rate; what it is then worth is an annuity. It
is off in every headline and shown beside it, with its share of the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import Number, PriceBook, Use
from trajectsim.economics.discounting import annuity
from trajectsim.evidence.parameter import Parameter

__all__ = ["Group", "Projection", "members", "projection_of", "worth_later"]

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Lines that fade together: their categories, and the paths and central values of the three numbers."""

    name: str
    categories: tuple[str, ...]
    paths: tuple[str, str, str]
    central: tuple[float, float, float]
    grades: tuple[str, str, str]

    def numbers(self, drawn: Mapping[str, float]) -> tuple[float, float, float]:
        """Return until which age (years), fading and growth (per year) in a draw."""
        until, decay, growth = (drawn.get(path, centre) for path, centre in zip(self.paths, self.central, strict=True))
        return until, decay, growth


Projection = tuple[Group, ...]


def projection_of(book: PriceBook) -> Projection:
    """Return the groups of a price book that are carried on; empty where it declares none."""
    groups = []
    for name, declared in book.projection.items():
        numbers = [
            _number(book, getattr(declared, field), f"prices.projection.{name}.{field}")
            for field in ("until_age", "decay", "growth")
        ]
        paths, values, grades = zip(*numbers, strict=True)
        groups.append(Group(name, tuple(declared.categories), paths, values, grades))
    return tuple(groups)


def _number(book: PriceBook, number: Number | None, path: str) -> tuple[str, float, str]:
    if number is None:
        return path, 0.0, "D"
    if isinstance(number, Use):
        path, number = f"prices.parameters.{number.use}", book.parameters[number.use]
    assert isinstance(number, Parameter)
    return path, number.value, number.grade


def members(group: Group, lines: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.bool_]:
    """Return which lines a group carries on [L]: those of its categories that are not the programme's own."""
    return np.array([line["category"] in group.categories and not line["programme"] for line in lines], dtype=np.bool_)


def worth_later(
    flow: F64, rate: float | F64, horizon: float, age: float, group: Group, drawn: Sequence[Mapping[str, float]]
) -> F64:
    """Return the present value at the start of a flow that goes on after the simulated years [D, ...].

    Args:
        flow: amount per year at the end of the simulation [D, ...].
        rate: discount rate per year, one or by draw [D].
        horizon: simulated years.
        age: mean age at the end, years.
        group: how it fades.
        drawn: parameter values of each draw.
    """
    rates = np.broadcast_to(np.asarray(rate, dtype=np.float64), (len(drawn),))
    factor = np.zeros(len(drawn))
    for d, values in enumerate(drawn):
        until, decay, growth = group.numbers(values)
        months = round((until - age) * 12)
        factor[d] = float(annuity(float(rates[d]), growth, decay, months)) * (1.0 + rates[d]) ** -horizon
    return np.asarray(flow * factor.reshape((-1,) + (1,) * (flow.ndim - 1)))
