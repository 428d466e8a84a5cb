"""Money by line and year, and who it concerns: what every table of the cost-benefit analysis is a sum of.

Amounts are euros of the cohort, means over replicates, before signs: a line's sign for a payer, a group of payers or
society is its weight. Costs weigh +1 for who pays, benefits -1 for who gains; a transfer weighs +1 for its payer and
-1 for its beneficiary, hence nothing for society.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.quantities import LineQuantities
from trajectsim.analysis.statistics import QUANTILES, finite
from trajectsim.analysis.tables import Design, Study, array_of, sums, within

__all__ = [
    "INTANGIBLE", "MUNICIPALITY", "PERSPECTIVES", "Streams", "below_the_line", "cut", "from_quantities", "from_store",
    "payers_of", "spread", "weights",
]  # fmt: skip

F64 = npt.NDArray[np.float64]
Line = Mapping[str, Any]
MUNICIPALITY = "municipality_"
INTANGIBLE = "quality_of_life"
PERSPECTIVES = ("society", "society_without_intangibles", "municipality")


@dataclass(frozen=True)
class Streams:
    """Amounts per line [A, D, Y, L] in euros of the cohort: as they fall, and at present value."""

    design: Design
    lines: tuple[dict[str, Any], ...]
    amount: F64
    present: F64

    def difference(self, arm: int) -> tuple[F64, F64]:
        """Return an arm minus the null alternative, per youth [D, Y, L]: as it falls, and at present value."""
        youths = self.design.youths
        return (self.amount[arm] - self.amount[0]) / youths, (self.present[arm] - self.present[0]) / youths


def from_store(study: Study, design: Design) -> Streams:
    """Read the amounts of the cost table; whole cents are added before they become euros."""
    lines = tuple(dict(record) for record in study.manifest["lines"])
    own = {str(record["line"]): str(record["payer"]) for record in lines}
    sign = {str(record["line"]): -1.0 if record["kind"] == "benefit" else 1.0 for record in lines}
    frame = sums(study, "costs", ["arm", "draw", "year", "line", "payer"], ["cents", "discounted"])
    frame["line"], frame["payer"] = frame["line"].astype(str), frame["payer"].astype(str)
    frame = within(frame[frame["payer"] == frame["line"].map(own)], design.years)
    axes: dict[str, Sequence[Any]] = {
        "arm": design.arms, "draw": design.draws, "year": range(design.years), "line": tuple(own),
    }  # fmt: skip
    back = np.array(list(sign.values())) / (100.0 * len(design.replicates))
    return Streams(
        design, lines, array_of(frame, "cents", axes) * back, array_of(frame, "discounted", axes) * back
    )


def from_quantities(found: LineQuantities, rate: float | None = None) -> Streams:
    """Return quantities times prices, not rounded; at one discount rate for all lines, or at the draws' own."""
    amount, years = found.quantity * found.prices[:, :, None, :], found.design.years
    present = amount * found.factors(rate)[None]
    return Streams(found.design, tuple(found.table.describe()), _within(amount, years), _within(present, years))


def _within(amount: F64, years: int) -> F64:
    """Return amounts [A, D, Y, L] with what falls after the last year in that year (see `tables.within`)."""
    last = amount[:, :, years - 1 :].sum(axis=2, keepdims=True)
    return np.concatenate([amount[:, :, : years - 1], last], axis=2)


def cut(streams: Streams, years: int) -> Streams:
    """Return the first `years` only."""
    design = replace(streams.design, years=years, last=1.0)
    return Streams(design, streams.lines, streams.amount[:, :, :years], streams.present[:, :, :years])


def _inside(payer: str | None, perspective: str) -> bool:
    if payer is None:
        return False
    if perspective.startswith("society"):
        return True
    return payer.startswith(MUNICIPALITY) if perspective == "municipality" else payer == perspective


def weights(lines: Sequence[Line], perspective: str, **wanted: Any) -> F64:
    """Return what a euro of each line does to the net costs of a payer, `municipality` or `society` [L].

    `wanted` keeps the lines with these values, for example `category="care"`.
    """
    out = np.zeros(len(lines))
    for i, line in enumerate(lines):
        if perspective == "society_without_intangibles" and line["category"] == INTANGIBLE:
            continue
        if any(line[key] != value for key, value in wanted.items()):
            continue
        sign = -1.0 if line["kind"] == "benefit" else 1.0
        out[i] = sign * _inside(line["payer"], perspective) - float(_inside(line.get("beneficiary"), perspective))
    return out


def below_the_line(lines: Sequence[Line], perspective: str) -> F64:
    """Return the weights of what stands below the line of a ratio [L]: the programme, net of what it displaces.

    What a payer receives from the programme is a benefit, above the line, unless its payer is in the same perspective.
    """
    out = weights(lines, perspective)
    for i, line in enumerate(lines):
        received = bool(line.get("beneficiary")) and not _inside(line["payer"], perspective)
        if received or not (line["programme"] or line["displaces"]):
            out[i] = 0.0
    return out


def payers_of(lines: Sequence[Line]) -> tuple[str, ...]:
    """Return everybody who pays or receives, in the order of the lines."""
    both = [name for line in lines for name in (line["payer"], line.get("beneficiary")) if name]
    return tuple(dict.fromkeys(str(name) for name in both))


def spread(values: F64) -> dict[str, float | None]:
    """Return mean and quantiles across draws [D]."""
    points = {key: finite(np.quantile(values, q)) for key, q in QUANTILES.items()}
    return {"mean": finite(values.mean()), **points}
