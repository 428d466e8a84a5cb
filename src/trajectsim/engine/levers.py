"""What is another number in one arm: a draw as an arm sees it.

Youths, run-in and prices are the same in every arm; levers of the interventions that run, and the arm's own settings,
change numbers of the model, the world and the programmes from the first month on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.check_levers import is_idle
from trajectsim.config.schema import ArmSpec
from trajectsim.engine.slots import Resolver
from trajectsim.evidence.register import limits_of

__all__ = ["Levers", "levers_of"]

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Pull:
    """One lever: the column it changes, the column it reads, and the range that the unit of the number allows."""

    target: int
    source: int
    ratio: bool
    low: float
    high: float


@dataclass(frozen=True)
class Levers:
    """The levers of every intervention, and the columns of numbers by path."""

    pulls: Mapping[str, tuple[Pull, ...]]
    index: Mapping[str, int]

    def draw(self, row: F64, arm: ArmSpec) -> F64:
        """Return a row of the register's draws as an arm sees it, shape [P]; the row itself where nothing differs."""
        pulls = [pull for name in arm.interventions for pull in self.pulls.get(name, ())]
        if not pulls and not arm.set:
            return row
        out = row.copy()
        for path, value in arm.set.items():
            out[self.index[path]] = value
        for pull in pulls:
            value = out[pull.source] * (out[pull.target] if pull.ratio else 1.0)
            out[pull.target] = min(max(value, pull.low), pull.high)
        return out


def levers_of(scenario: Any, resolver: Resolver) -> Levers:
    """Return the levers of a scenario's interventions that are not idle."""
    pulls: dict[str, tuple[Pull, ...]] = {}
    for name, item in scenario.interventions.items():
        scope, found = f"interventions.{name}", []
        for n, lever in enumerate(item.levers):
            if is_idle(scenario, lever):
                continue
            key = "ratio" if lever.ratio is not None else "value"
            number = lever.ratio if lever.ratio is not None else lever.value
            assert number is not None
            low, high = limits_of(resolver.parameters[lever.parameter])
            target = resolver.index[lever.parameter]
            source = resolver.position(number, f"{scope}.levers.{n}.{key}", scope)
            found.append(Pull(target, source, lever.ratio is not None, low, high))
        if found:
            pulls[name] = tuple(found)
    return Levers(pulls, resolver.index)
