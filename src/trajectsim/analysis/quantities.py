"""Quantities of a finished study by price line, once and for all: a thousand price books are then one multiplication.

The quantity of a line (months, events, hours) does not hang on its price, so it is read once [arm, draw, year, line]
and every price book is a vector of prices times this array. Amounts are not rounded here; the cost table rounds each
line, run and year to whole cents, so sums may differ by half a cent for each of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.arm_values import arm_values
from trajectsim.analysis.reprice import counts_of, price_table, running_in, values_under
from trajectsim.analysis.tables import Design, Study, array_of, design_of, sums
from trajectsim.config.schema import PriceBook
from trajectsim.economics.discounting import year_factors, years_of
from trajectsim.economics.prices import PAYER_NAMES, QUANTITIES, PriceTable
from trajectsim.economics.valuation import fixed_quantities, quantities, unit_prices
from trajectsim.errors import UserError, nearest

__all__ = ["LineQuantities", "net_of_books", "payer_signs", "quantities_of", "vectors_of"]

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LineQuantities:
    """What a study counted, by price line.

    Attributes:
        table: the compiled price book. design: arms, draws, replicates. steps: counted steps.
        quantity: [A, D, Y, L] for the cohort, mean over replicates; Y counted years, which are one more than those
            lived where the very last snapshot counts.
        values: [A, D, P] parameters, in order of the table; prices are the same in every arm, hours and costs of a
            programme need not be.
    """

    table: PriceTable
    design: Design
    steps: int
    quantity: F64
    values: F64

    @property
    def prices(self) -> F64:
        """Euros per counted unit of each line in each arm and draw [A, D, L]."""
        return np.stack([[unit_prices(self.table, row) for row in arm] for arm in self.values])

    def factors(self, rate: float | None = None) -> F64:
        """Return discount factors [D, Y, L]: by the draws' own rates, or one rate for every line."""
        spy = self.table.names.steps_per_year
        if rate is not None:
            one = year_factors(rate, self.steps, spy)
            return np.broadcast_to(one[None, :, None], (self.values.shape[1], len(one), len(self.table.lines)))
        rates = self.values[0][:, self.table.rates]
        known: dict[float, F64] = {r: year_factors(float(r), self.steps, spy) for r in np.unique(rates)}
        by_rate = np.array([[known[r] for r in row] for row in rates])
        return np.asarray(by_rate.transpose(0, 2, 1)[:, :, self.table.discount])


def quantities_of(study: Study, book: PriceBook | None = None, design: Design | None = None) -> LineQuantities:
    """Read the quantities of every price line, of the study's own price book or another one.

    Raises:
        UserError: the study has no prices and none are given; the book names what the study does not count.
    """
    design = design_of(study) if design is None else design
    manifest = study.manifest
    table = price_table(manifest, book)
    steps = int(manifest.get("counted_steps", manifest["steps"]))
    drawn = values_under(study, book, design.draws)
    each = [drawn[d] for d in design.draws]
    values = np.stack([arm_values(manifest, table, each, arm) for arm in design.arms])
    kinds = {QUANTITIES[int(k)] for k in np.unique(table.quantity)} - {"fixed"}
    runs = len(design.replicates)
    years = years_of(steps, table.names.steps_per_year)
    out = np.zeros((len(design.arms), len(design.draws), years, len(table.lines)))
    for a, arm in enumerate(design.arms):
        found = counts_of(study, table.names, arm, design.draws, design.replicates, years, True, kinds)
        for d, (_, counts) in enumerate(found):
            out[a, d] = quantities(counts, table, values[a, d])[0] / runs
    return LineQuantities(table, design, steps, out + _fixed(study, table, design, steps), values)


def _fixed(study: Study, table: PriceTable, design: Design, steps: int) -> F64:
    """Return the quantities of fixed amounts [A, D, Y, L]: whether somebody takes part is known run by run."""
    years = years_of(steps, table.names.steps_per_year)
    shape = (len(design.arms), len(design.draws), years, len(table.lines))
    if not (table.quantity == QUANTITIES.index("fixed")).any():
        return np.zeros(shape)
    frame = sums(study, "occupancy", ["arm", "draw", "replicate", "year", "domain", "state"], ["n"])
    frame["name"] = frame["domain"].astype(str) + "." + frame["state"].astype(str)
    out = np.zeros(shape)
    running = running_in(study.manifest)
    states = [name for i, name in enumerate(table.names.states) if table.taking_part[:, i].any()]
    inside = np.array([[table.taking_part[i, table.names.states.index(s)] for s in states]
                       for i in range(len(table.interventions))], dtype=np.float64)  # fmt: skip
    for a, arm in enumerate(design.arms):
        axes: dict[str, Sequence[Any]] = {
            "draw": design.draws, "replicate": design.replicates, "year": range(years), "name": states or ["-"],
        }  # fmt: skip
        months = array_of(frame[frame["arm"].astype(str) == arm], "n", axes)
        taken = months @ inside.T if states else np.zeros((*months.shape[:-1], len(table.interventions)))
        for d in range(len(design.draws)):
            out[a, d] = fixed_quantities(taken[d], table, running.get(arm, ()), steps).mean(axis=0)
    return out


def payer_signs(table: PriceTable) -> F64:
    """Return what a euro of each line does to each payer's costs [L, payers]: +1 paid, -1 received, nil elsewhere."""
    line, payer, sign = table.rows()
    out = np.zeros((len(table.lines), len(PAYER_NAMES)))
    np.add.at(out, (line, payer), sign)
    return out


def vectors_of(found: LineQuantities, books: Sequence[Mapping[str, float]]) -> F64:
    """Return the parameter vectors [K, P] of books that differ from the central values in some paths.

    Raises:
        UserError: a path is none of the price book.
    """
    places = {path: i for i, path in enumerate(found.table.paths)}
    out = np.tile(found.table.central, (len(books), 1))
    for k, book in enumerate(books):
        for path, number in book.items():
            if path not in places:
                raise UserError.of(f"no line of the price book uses '{path}'", near=nearest(path, places))
            out[k, places[path]] = number
    return out


def net_of_books(found: LineQuantities, vectors: F64, rate: float | None = None) -> F64:
    """Return net costs at present value [K, A, D, payers] in euros of the cohort, under K price books.

    Args:
        found: the study's quantities.
        vectors: [K, P] parameters of each book, in order of `found.table.paths`, in every arm.
        rate: one discount rate for every line; each book's own rates when left out.
    """
    table, signs = found.table, payer_signs(found.table)
    spy, discount = table.names.steps_per_year, table.discount
    price = np.stack([unit_prices(table, vector) for vector in vectors])
    arms, draws = found.quantity.shape[:2]
    out = np.zeros((len(vectors), arms, draws, signs.shape[1]))
    known: dict[tuple[float, ...], F64] = {}
    for k, vector in enumerate(vectors):
        rates = (rate,) * 3 if rate is not None else tuple(float(r) for r in vector[table.rates])
        if rates not in known:
            factor = np.stack([year_factors(r, found.steps, spy) for r in rates], axis=1)[:, discount]
            known = {rates: np.einsum("adyl,yl->adl", found.quantity, factor)}
        out[k] = (known[rates] * price[k]) @ signs
    return out
