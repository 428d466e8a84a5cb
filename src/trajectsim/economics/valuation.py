"""Counts times prices: euros per line, replicate and year, in whole cents.

Nothing here knows how the counts came about; a re-pricing reads them from the results store and calls the same
function.

Amounts of a programme as a whole follow from the arm: `running` names the interventions that run in it. A start-up
amount is due once, in the year in which the programme starts. What is due by month or year is due from the start on, in
the years in which somebody takes part (of a lever, in which nobody takes part: to the end).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from trajectsim.economics.discounting import year_factors
from trajectsim.economics.prices import FIXED, MONTHS_PER_YEAR, QUANTITIES, PriceTable

__all__ = [
    "Counts", "Valued", "fixed_quantities", "for_bands", "life_years", "quantities", "role_hours", "unit_prices",
    "value",
]  # fmt: skip

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


class Counts(Protocol):
    """What one arm and draw counted; R replicates, Y years, B age bands. States are counted in months."""

    @property
    def state_months(self) -> F64:
        """[R, Y, B, S]."""

    @property
    def events(self) -> F64:
        """[R, Y, B, E]."""

    @property
    def entries(self) -> F64:
        """Moves into states [R, Y, B, S]."""

    @property
    def measures(self) -> F64:
        """[R, Y, B, M]."""

    @property
    def joint(self) -> F64:
        """Months of joint lines [R, Y, J]."""


@dataclass(frozen=True)
class Valued:
    """Amounts per line [R, Y, L] in whole cents: as they fall, and at present value. Signs are in `PriceTable.rows`."""

    cents: I64
    discounted: I64


def role_hours(counts: Counts, table: PriceTable, values: F64) -> F64:
    """Return the hours given per role [R, Y, B, H]: months in the programme's states x hours per month."""
    months = np.asarray(counts.state_months, dtype=np.float64)
    hours = np.zeros((*months.shape[:3], len(table.hour_names)))
    for column, state, parameter in zip(table.hour_column, table.hour_state, table.hour_param, strict=True):
        hours[..., column] += months[..., state] * values[parameter]
    return hours


def fixed_quantities(
    taken_part: F64, table: PriceTable, running: Collection[str], n_steps: int
) -> F64:
    """Return how often each line's fixed amount is due [R, Y, L]: times (once), months or years; nil for other lines.

    Args:
        taken_part: months spent in each programme [R, Y, I].
        table: the compiled price book.
        running: names of the interventions that run in the arm.
        n_steps: simulated steps.
    """
    spy, years = table.names.steps_per_year, taken_part.shape[1]
    out = np.zeros((*taken_part.shape[:2], len(table.lines)))
    for line in np.flatnonzero(table.quantity == QUANTITIES.index("fixed")):
        owner = int(table.owner[line])
        if table.interventions[owner] not in running:
            continue
        start = int(table.starts[owner]) * spy / MONTHS_PER_YEAR
        first = np.arange(years) * spy
        if FIXED[int(table.index[line])] == "once":
            out[..., line] = (first <= start) & (start < np.minimum(first + spy, n_steps))
            continue
        steps = np.clip(np.minimum(first + spy, n_steps) - np.maximum(first, start), 0, None)
        taken = taken_part[..., owner] > 0 if table.taking_part[owner].any() else np.ones(taken_part.shape[:2])
        months = steps * MONTHS_PER_YEAR / spy * taken
        out[..., line] = months if FIXED[int(table.index[line])] == "month" else months / MONTHS_PER_YEAR
    return out


def quantities(
    counts: Counts, table: PriceTable, values: F64, running: Collection[str] = (), n_steps: int | None = None
) -> F64:
    """Return the priced quantity of every line [R, Y, L], over the line's age bands; fixed amounts of `running`."""
    months = np.asarray(counts.state_months, dtype=np.float64)
    if months.shape[2:] != (table.bands.shape[1], len(table.names.states)):
        needed = (table.bands.shape[1], len(table.names.states))
        raise ValueError(f"the counts have (bands, states) {months.shape[2:]}, the price table {needed}")
    steps = n_steps if n_steps is not None else months.shape[1] * table.names.steps_per_year
    out = fixed_quantities(months.sum(axis=2) @ table.taking_part.T.astype(np.float64), table, running, steps)
    sources = (months, counts.events, counts.entries, counts.measures, None, None)
    for kind, source in enumerate(sources):
        lines = np.flatnonzero(table.quantity == kind)
        if not len(lines):
            continue
        if QUANTITIES[kind] == "joint":
            out[..., lines] = np.asarray(counts.joint, dtype=np.float64)[..., table.index[lines]]
            continue
        by_band = role_hours(counts, table, values) if source is None else np.asarray(source, dtype=np.float64)
        chosen = by_band[..., table.index[lines]]
        total = np.zeros(chosen.shape[:2] + chosen.shape[3:])
        for band in range(chosen.shape[2]):  # one band after the other: the same sum on every machine
            total += chosen[:, :, band] * table.bands[lines, band]
        out[..., lines] = total
    return out


def unit_prices(table: PriceTable, values: F64) -> F64:
    """Return euros per counted unit of every line [L], in the price book's price year."""
    factor = np.where(table.factor >= 0, values[table.factor], 1.0)
    weight = np.where(table.weight >= 0, values[table.weight], 1.0)
    return np.asarray(values[table.price] * table.unit * factor * weight, dtype=np.float64)


def value(
    counts: Counts, table: PriceTable, values: F64, n_steps: int | None = None, running: Collection[str] = ()
) -> Valued:
    """Price the counts of one arm and draw.

    Args:
        counts: what was counted.
        table: the compiled price book.
        values: parameter vector [P] of this draw, in the order of `table.paths`.
        n_steps: simulated steps, when the last year is not whole.
        running: names of the interventions that run in the arm, for their fixed amounts.

    Returns:
        Whole cents per line, one rounding (half to even) per replicate, line and year; the discounted amounts are
        rounded once from the unrounded ones.
    """
    if values.shape != table.central.shape:
        raise ValueError(f"{len(table.central)} parameters are needed, {values.shape} given")
    amount = quantities(counts, table, values, running, n_steps) * (unit_prices(table, values) * 100.0)
    steps = n_steps if n_steps is not None else amount.shape[1] * table.names.steps_per_year
    factors = [year_factors(float(values[c]), steps, table.names.steps_per_year) for c in table.rates]
    by_line = np.stack(factors, axis=1)[:, table.discount]
    if by_line.shape[0] != amount.shape[1]:
        raise ValueError(f"{steps} steps make {by_line.shape[0]} years, the counts have {amount.shape[1]}")
    return Valued(np.rint(amount).astype(np.int64), np.rint(amount * by_line).astype(np.int64))


def life_years(counts: Counts, table: PriceTable, values: F64) -> F64:
    """Return quality-adjusted life years [R, Y]: time in the states with a declared utility, times that utility."""
    months = np.asarray(counts.state_months, dtype=np.float64)
    total = np.zeros(months.shape[:2])
    for state, parameter in zip(table.utility_state, table.utility_param, strict=True):
        for band in range(months.shape[2]):
            total += months[:, :, band, state] * values[parameter]
    return total / MONTHS_PER_YEAR


def for_bands(table: PriceTable, bands: npt.NDArray[np.bool_]) -> PriceTable:
    """Return a table that prices only what happens in the given age bands [B]; joint lines have no age and are kept."""
    joint = table.quantity == QUANTITIES.index("joint")
    return replace(table, bands=np.where(joint[:, None], table.bands, table.bands & bands[None, :]))
