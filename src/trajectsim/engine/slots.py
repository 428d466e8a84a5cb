"""Where each number of the engine comes from: a parameter of the register or a constant, and how it is transformed.

A list of slots is filled with a few vector operations for each new draw of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import Number
from trajectsim.engine.tables import LATENT_ONE
from trajectsim.evidence.parameter import Parameter

__all__ = ["LATENT", "LOG", "PLAIN", "STEPS", "WEIBULL", "Resolver", "Slots", "diminished"]

F64 = npt.NDArray[np.float64]
PLAIN, LOG, LATENT, STEPS, WEIBULL = range(5)
_LOG_OF_ZERO = -690.0


def diminished(x: F64, k: F64 | float) -> F64:
    """Return what x times the reference dose counts for: (1 + k) x / (1 + k x), which is 1 at x = 1 and x at k = 0."""
    return np.asarray((1.0 + k) * x / (1.0 + k * x))


@dataclass
class Resolver:
    """Finds the register's position of a number, whether it is written out or referred to."""

    index: dict[str, int]
    parameters: dict[str, Parameter]
    constants: list[float] = field(default_factory=list)

    def position(self, number: Number | float, path: str, scope: str) -> int:
        """Return the position of a number in a row of draws followed by the constants.

        `path` is where it is written, `scope` the file's prefix for `{use: name}`. A plain number becomes a constant.
        """
        if isinstance(number, (int, float)):
            self.constants.append(float(number))
            return len(self.index) + len(self.constants) - 1
        return self.index[self.full_path(number, path, scope)]

    def full_path(self, number: Number, path: str, scope: str) -> str:
        """Return the register's path of a number; a reference that starts with @ is a full path."""
        if isinstance(number, Parameter):
            return path
        return number.use[1:] if number.use.startswith("@") else f"{scope}.parameters.{number.use}"

    def unit(self, number: Number | float, path: str, scope: str) -> str:
        """Return the unit of a number; plain numbers have the unit "number"."""
        if isinstance(number, (int, float)):
            return "number"
        return self.parameters[self.full_path(number, path, scope)].unit

    def extended(self, draw: F64) -> F64:
        """Return a row of draws followed by the constants."""
        return np.concatenate([draw, np.array(self.constants, float)])


@dataclass
class Slots:
    """A growing list of slots: transform(value * scale) * after. `first` is a free number (a Weibull step, a cell)."""

    position: list[int] = field(default_factory=list)
    scale: list[float] = field(default_factory=list)
    form: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    dose: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(
        self,
        position: int,
        scale: float = 1.0,
        form: int = PLAIN,
        first: float = 0.0,
        after: float = 1.0,
        dose: tuple[int, int, int] | None = None,
    ) -> int:
        """Add a slot and return its place; `dose` are positions of a dose, its reference and how doses diminish."""
        if dose is not None:
            self.dose.append((len(self.position), *dose))
        self.position.append(position)
        self.scale.append(scale)
        self.form.append(form)
        self.first.append(first)
        self.after.append(after)
        return len(self.position) - 1

    def __len__(self) -> int:
        return len(self.position)

    def frozen(self) -> FrozenSlots:
        """Return the list as arrays."""
        return FrozenSlots(
            np.array(self.position, np.int64),
            np.array(self.scale, float),
            np.array(self.form, np.int64),
            np.array(self.first, float),
            np.array(self.after, float),
            np.array(self.dose, np.int64).reshape(len(self.dose), 4),
        )


@dataclass(frozen=True)
class FrozenSlots:
    """Slots as arrays of equal length; `fill` turns a row of draws and constants into what the engine reads."""

    position: npt.NDArray[np.int64]
    scale: F64
    form: npt.NDArray[np.int64]
    first: F64
    after: F64
    dose: npt.NDArray[np.int64]

    def fill(self, extended: F64) -> F64:
        """Return the values of all slots, float64 of shape [number of slots]."""
        raw = extended[self.position]
        x = raw * self.scale
        logs = self.form == LOG
        if logs.any():
            x[logs] = np.maximum(np.log(np.maximum(x[logs], 1e-300)), _LOG_OF_ZERO)
        if len(self.dose):
            slot, dose, reference, k = self.dose.T
            x[slot] *= diminished(np.maximum(extended[dose], 0.0) / extended[reference], extended[k])
        latent = self.form == LATENT
        x[latent] = np.round(x[latent] * LATENT_ONE)
        steps = self.form == STEPS
        x[steps] = np.maximum(np.round(x[steps]), 1)
        weibull = self.form == WEIBULL
        if weibull.any():
            unit, j, shape = self.scale[weibull], self.first[weibull], raw[weibull]
            x[weibull] = (unit * (j + 1)) ** shape - (unit * j) ** shape
        return x * self.after
