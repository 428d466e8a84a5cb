"""What a reader needs to change prices and the discount rate by hand: units to be priced, by line, year and draw.

The amount of a line in a year is a number of units times a price. Units are the quantity of an arm minus that of the
null alternative per youth, times what turns the price's own unit into the counted one (a year's price into a month's,
the utility of a state). A price that is filled in stands in every draw, as a price book with that number and no range
would have it; what is left alone keeps its draws. So a page can do the sum without a simulation.

Means are over all draws and exact. Intervals come from a part of the draws, taken at even steps of society's net
cost, so that a page stays small.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.quantities import LineQuantities, quantities_of
from trajectsim.analysis.streams import PERSPECTIVES, below_the_line, payers_of, weights
from trajectsim.analysis.tables import Study
from trajectsim.economics.discounting import year_factors

__all__ = ["MOST_DRAWS", "Price", "Sheet", "sheets", "worked"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
MOST_DRAWS = 100
"""Draws that a page holds for its intervals."""


@dataclass(frozen=True)
class Price:
    """A price that can be changed: its path, unit and grade, its drawn values [D], and the lines that use it."""

    path: str
    unit: str
    grade: str
    values: F64
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Sheet:
    """The sum of one arm against the null alternative.

    Attributes:
        lines: records of the lines that differ [L].
        prices: what can be changed.
        price_of: which price each line uses [L].
        units: what is priced per youth [D, Y, L]; `amount` is that at the draws' own prices.
        rates: discount rates of each draw [D, 3]; `rate_of`: which of the three a line has [L].
        steps, steps_per_year: how long, for the factors.
        kept: the draws that intervals come from.
        whole, below: what a euro of a line does to the net cost [W, L] of everyone in `who`, and to what stands below
            the line of a ratio.
    """

    arm: str
    lines: tuple[dict[str, Any], ...]
    prices: tuple[Price, ...]
    price_of: I64
    units: F64
    amount: F64
    rates: F64
    rate_of: I64
    steps: int
    steps_per_year: int
    kept: tuple[int, ...]
    who: tuple[str, ...]
    whole: F64
    below: F64

    def factors(self, rate: float | None = None) -> F64:
        """Return discount factors [D, Y, L]."""
        used = self.rates if rate is None else np.full_like(self.rates, rate)
        known = {r: year_factors(float(r), self.steps, self.steps_per_year) for r in np.unique(used)}
        by_rate = np.array([[known[r] for r in row] for row in used])
        return np.asarray(by_rate.transpose(0, 2, 1)[:, :, self.rate_of])


def sheets(study: Study, most_draws: int = MOST_DRAWS, found: LineQuantities | None = None) -> list[Sheet]:
    """Return the sheet of every arm but the first; `found` are the study's quantities, if they have been read.

    Raises:
        UserError: nothing is finished, or the study has no price book.
    """
    found = quantities_of(study) if found is None else found
    return [_sheet(found, a, most_draws) for a in range(1, len(found.design.arms))]


def _sheet(found: LineQuantities, a: int, most_draws: int) -> Sheet:
    table, youths = found.table, found.design.youths
    prices = found.prices
    amount = (found.quantity[a] * prices[a][:, None] - found.quantity[0] * prices[0][:, None]) / youths
    units = (found.quantity[a] * _rest(found, a)[:, None] - found.quantity[0] * _rest(found, 0)[:, None]) / youths
    moving = np.flatnonzero(np.any(amount != 0, axis=(0, 1)) | np.any(units != 0, axis=(0, 1)))
    every = table.describe()
    lines = tuple(every[i] for i in moving)
    columns, price_of = np.unique(table.price[moving], return_inverse=True)
    drawn = tuple(
        Price(
            table.paths[c], str(lines[int(np.flatnonzero(price_of == k)[0])]["unit"] or ""), table.grades[c],
            found.values[a][:, c], tuple(int(i) for i in np.flatnonzero(price_of == k)),
        )
        for k, c in enumerate(columns)
    )  # fmt: skip
    who = (*PERSPECTIVES, *payers_of(lines))
    rates, rate_of = found.values[0][:, table.rates], table.discount[moving]
    sheet = Sheet(
        found.design.arms[a], lines, drawn, price_of.astype(np.int64), units[:, :, moving], amount[:, :, moving],
        rates, rate_of, found.steps, table.names.steps_per_year, tuple(range(len(rates))), who,
        np.stack([weights(lines, name) for name in who]), np.stack([below_the_line(lines, name) for name in who]),
    )  # fmt: skip
    society = (sheet.amount * sheet.factors()).sum(axis=1) @ sheet.whole[0]
    return Sheet(**{**sheet.__dict__, "kept": _even(society, most_draws)})


def _rest(found: LineQuantities, a: int) -> F64:
    """Return what a counted unit is of the price's own unit [D, L]."""
    table, values = found.table, found.values[a]
    factor = np.where(table.factor >= 0, values[:, table.factor], 1.0)
    weight = np.where(table.weight >= 0, values[:, table.weight], 1.0)
    return np.asarray(table.unit * factor * weight, dtype=np.float64)


def _even(values: F64, most: int) -> tuple[int, ...]:
    """Return draws at even steps of a value, in order of the draws; all of them where there are few."""
    if len(values) <= most:
        return tuple(range(len(values)))
    places = ((np.arange(most) + 0.5) * len(values) / most).astype(np.int64)
    return tuple(sorted(int(d) for d in np.argsort(values, kind="stable")[places]))


def worked(sheet: Sheet, prices: Mapping[str, float] | None = None, rate: float | None = None) -> dict[str, F64]:
    """Return net present value and programme cost [2, D] of everyone, under other prices and another rate.

    Args:
        sheet: an arm's sheet.
        prices: euros in the price's own unit, by path; they stand in every draw.
        rate: one discount rate for every line; the draws' own where left out.
    """
    amount = sheet.amount.copy()
    for price in sheet.prices:
        if price.path in (prices or {}):
            own = list(price.lines)
            amount[:, :, own] = sheet.units[:, :, own] * (prices or {})[price.path]
    present = (amount * sheet.factors(rate)).sum(axis=1)
    net, cost = -(present @ sheet.whole.T), present @ sheet.below.T
    return {name: np.stack([net[:, w], cost[:, w]]) for w, name in enumerate(sheet.who)}
