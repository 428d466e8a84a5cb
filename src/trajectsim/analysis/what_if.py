"""What the result would be under other conventions: rates, price levels, displacement, leisure, deadweight.

None of these is in a headline. Each is a statement of the form: if this share were so much, the result would be that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.quantities import LineQuantities, net_of_books
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import MUNICIPALITY, weights
from trajectsim.economics.prices import PAYER_NAMES
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk

__all__ = [
    "SHARES", "deadweight", "displacement", "double_counts", "leisure", "price_levels", "quantity_to_break_even",
    "rates",
]  # fmt: skip

F64 = npt.NDArray[np.float64]
Line = Mapping[str, Any]
SHARES = (0.0, 0.1, 0.25, 0.5, 1.0)


def _steps(society: F64, lost: F64) -> dict[str, Any]:
    """Return society's net cost if a share of a gain is lost [D], and the share at which the mean turns sign."""
    gain, net = float(lost.mean()), float(society.mean())
    turning = -net / gain if gain > 0 else None
    return {
        "gain": finite(gain),
        "steps": [
            {
                "share": share,
                "net_cost": finite(net + share * gain),
                "chance_of_saving": finite((society + share * lost < 0).mean()),
            }
            for share in SHARES
        ],
        "turning_share": finite(turning) if turning is not None and 0 <= turning <= 1 else None,
    }


def displacement(present: F64, lines: Sequence[Line]) -> dict[str, Any]:
    """Return society's net cost if a share of the extra jobs only takes the place of others' jobs [D, Y, L].

    What is displaced is output (category productivity, kind benefit); wages and benefits are transfers and stay nil for
    society. It comes on top of what the range of the output's price holds already.
    """
    by_line = present.sum(axis=1)
    output = np.array([float(line["category"] == "productivity" and line["kind"] == "benefit") for line in lines])
    return _steps(by_line @ weights(lines, "society"), by_line @ output)


def leisure(present: F64, lines: Sequence[Line]) -> dict[str, Any]:
    """Return society's net cost if the leisure given up is worth a share of the extra net wage [D, Y, L].

    Wages are transfers of category productivity or programme to the youth; taxes on them are transfers from the youth
    to the national government. Valued at nought in the headline.
    """
    by_line = present.sum(axis=1)
    own = np.zeros(len(lines))
    for i, line in enumerate(lines):
        if line["kind"] != "transfer":
            continue
        if line["beneficiary"] == "youth_household" and line["category"] in ("productivity", "programme"):
            own[i] = 1.0
        elif line["payer"] == "youth_household" and line["beneficiary"] == "national_government":
            own[i] = -1.0
    return _steps(by_line @ weights(lines, "society"), by_line @ own)


def deadweight(outcomes: Mapping[str, F64], good: Mapping[str, str], arm: int) -> dict[str, Any]:
    """Return, for outcomes one wants more of [A, D, R], what would have happened anyway: it is in the null alternative.

    `gross` is the outcome in the arm, `net` what comes on top, `share` the part that would have come anyway (null where
    there is less of it than without).
    """
    out = {}
    for name, values in outcomes.items():
        if good.get(name) != "up":
            continue
        anyway, gross = float(values[0].mean()), float(values[arm].mean())
        out[name] = {
            "gross": finite(gross),
            "anyway": finite(anyway),
            "net": finite(gross - anyway),
            "share": finite(anyway / gross) if gross >= anyway and gross > 0 else None,
        }
    return out


def double_counts(lines: Sequence[Line]) -> list[str]:
    """Return lines that would count a gain twice: a lump sum for a qualification beside simulated earnings.

    A lump sum is a benefit of category productivity by event or move, while other lines price output or hours worked.
    """
    earned = any(line["category"] == "productivity" and line["quantity"] in ("measure", "state") for line in lines)
    lump = [
        str(line["line"])
        for line in lines
        if line["category"] == "productivity" and line["kind"] == "benefit" and line["quantity"] in ("event", "entries")
    ]
    return lump if earned else []


def quantity_to_break_even(
    present: F64, lines: Sequence[Line], prices: F64, youths: int, perspective: str
) -> list[dict[str, Any]]:
    """Return how much more of one thing would have to be avoided for net costs to be nil, line by line.

    For each line that is a cost to the perspective: months, times or hours for the whole cohort over all years, at the
    mean price and at full worth (not discounted), on top of what the arm avoids already. Empty where nothing is lost.

    Args:
        present: difference per youth at present value [D, Y, L].
        lines: records of the lines.
        prices: mean price per counted unit of each line [L].
        youths: size of the cohort.
        perspective: society, municipality or a payer.
    """
    own = weights(lines, perspective)
    net = float((present.sum(axis=1) @ own).mean()) * youths
    if net <= 0:
        return []
    rows = [
        {"line": line["line"], "of": line["of"], "quantity": line["quantity"], "price": finite(price),
         "needed": finite(net / price)}
        for line, price, weight in zip(lines, prices, own, strict=True)
        if weight > 0 and price > 0 and not line["programme"] and line["quantity"] != "fixed"
    ]  # fmt: skip
    return sorted(rows, key=lambda row: float(row["needed"] or 0.0))


def rates(found: LineQuantities, arm: int) -> list[dict[str, Any]]:
    """Return net costs per youth with every line at the standard, low or high rate of the price book.

    The low and the high rate are meant for certain kinds of effects, not as a range around the standard one: the table
    says how much hangs on the rate, no more.
    """
    amount = found.quantity * found.prices[:, :, None, :]
    out = []
    for which, column in zip(("standard", "low", "high"), found.table.rates, strict=True):
        rate = float(np.mean(found.values[0, :, column]))
        present = ((amount[arm] - amount[0]) * found.factors(rate)).sum(axis=1) / found.design.youths
        lines = found.table.describe()
        record = {"which": which, "rate": finite(rate)}
        for name in ("society", "municipality"):
            record[name] = finite((present @ weights(lines, name)).mean())
        out.append(record)
    return out


def price_levels(found: LineQuantities, arm: int, declared: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return net costs per youth with all prices at the low end, the middle and the high end of their ranges.

    Args:
        found: the study's quantities.
        arm: which arm is compared with the null alternative.
        declared: what holds the price lines, by the beginning of their paths (`prices`, `interventions.<name>`).

    All prices at one end at once is no likely world; it says how much hangs on the price level. The programme's own
    prices go along, so both sides of a ratio move.
    """
    ends: dict[str, tuple[float, float]] = {}
    for start, item in declared.items():
        for path, _, number in walk(item, start, (Parameter,)):
            d = number.distribution
            ends[path] = (
                number.value if d.low is None else d.low, number.value if d.high is None else d.high
            )  # fmt: skip
    vectors = np.tile(found.table.central, (3, 1))
    for column in np.unique(found.table.price):
        low, high = ends.get(found.table.paths[column], (found.table.central[column],) * 2)
        vectors[0, column], vectors[2, column] = low, high
    net = net_of_books(found, vectors).mean(axis=2) / found.design.youths
    town = np.array([float(name.startswith(MUNICIPALITY)) for name in PAYER_NAMES])
    return [
        {
            "level": level,
            "society": finite((net[k, arm] - net[k, 0]).sum()),
            "municipality": finite((net[k, arm] - net[k, 0]) @ town),
        }
        for k, level in enumerate(("low", "middle", "high"))
    ]

