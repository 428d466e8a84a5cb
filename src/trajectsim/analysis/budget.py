"""What a payer's budget notices, by calendar year: spending, savings, and the part of the savings it can book.

A saving at an average price is not money in hand: a bed less in use is still heated. Of every saving a share can be
booked (`cashable`, inboekbaar), by line, from the price book; the rest is capacity that becomes free, a potential until
it is released. The rule is one-sided on purpose: extra costs count whole, savings in part. Harm and quality of life are
nobody's money and are left out. A simulated year is spread evenly over the calendar years it touches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import INTANGIBLE, payers_of, spread, weights

__all__ = ["NO_BUDGET", "at_marginal_prices", "budget", "calendar", "cashable_part", "is_money"]

F64 = npt.NDArray[np.float64]
Line = Mapping[str, Any]
NO_BUDGET = ("youth_household", "victims_neighbourhood")
"""Whose gains and losses are no budget."""


def calendar(start: str, n_steps: int, steps_per_year: int = 12) -> tuple[list[int], F64]:
    """Return the calendar years and which share of each simulated year falls into them [Y, C].

    Args:
        start: first month, `2024-09`.
        n_steps: simulated steps; the last year may be shorter.
        steps_per_year: steps in a year.
    """
    year, month = (int(part) for part in start.split("-")[:2])
    at = (month - 1) / 12 + np.arange(n_steps) / steps_per_year
    calendar_year = year + np.floor(at + 1e-9).astype(np.int64)
    names = list(range(int(calendar_year[0]), int(calendar_year[-1]) + 1))
    simulated = np.arange(n_steps) // steps_per_year
    share = np.zeros((int(simulated[-1]) + 1, len(names)))
    np.add.at(share, (simulated, calendar_year - names[0]), 1.0)
    return names, share / share.sum(axis=1, keepdims=True)


def is_money(lines: Sequence[Line]) -> npt.NDArray[np.bool_]:
    """Return which lines are money in somebody's hands [L]: no quality of life, no harm to people."""
    return np.array(
        [
            line["category"] != INTANGIBLE and not (line["payer"] in NO_BUDGET and line["kind"] != "transfer")
            for line in lines
        ],
        dtype=np.bool_,
    )


def cashable_part(net: F64, share: F64) -> F64:
    """Return what a budget notices of net costs by line [..., L]: extra costs whole, savings times their share."""
    return np.where(net < 0, net * share, net)


def budget(
    amount: F64, lines: Sequence[Line], share: F64, years: Sequence[int], of_year: F64, youths: int
) -> dict[str, Any]:
    """Return the budget impact per calendar year of every payer with a budget, and of the municipality as a whole.

    Args:
        amount: difference with the null alternative per youth, as it falls [D, Y, L].
        lines: records of the lines.
        share: cashable share of each line in each draw [D, L].
        years, of_year: calendar years and the shares of simulated years in them [Y, C].
        youths: size of the cohort; amounts returned are of the whole cohort.
    """
    money = np.asarray(np.einsum("dyl,yc->dcl", amount, of_year) * youths * is_money(lines))
    programme = np.array([float(line["programme"]) for line in lines])
    out: dict[str, Any] = {"years": list(years), "unit": "EUR for the whole cohort, undiscounted"}
    holders = [payer for payer in payers_of(lines) if payer not in NO_BUDGET]
    out["payers"] = {}
    for holder in ("municipality", *holders):
        net = money * weights(lines, holder)
        noticed = cashable_part(net, share[:, None, :])
        if not np.any(net):
            continue
        own = np.where(programme > 0, noticed, 0.0).sum(axis=-1)
        rest = np.where(programme > 0, 0.0, net)
        booked = np.where(programme > 0, 0.0, noticed)
        out["payers"][holder] = [
            {
                "year": int(year),
                "programme": finite(own[:, c].mean()),
                "extra": finite(np.clip(rest[:, c], 0, None).sum(axis=-1).mean()),
                "savings": finite(np.clip(-rest[:, c], 0, None).sum(axis=-1).mean()),
                "cashable": finite(np.clip(-booked[:, c], 0, None).sum(axis=-1).mean()),
                "net": spread(net[:, c].sum(axis=-1)),
                "net_in_budget": spread(noticed[:, c].sum(axis=-1)),
            }
            for c, year in enumerate(years)
        ]
    relief = np.array([float(line["category"] == "relief") for line in lines])
    freed = np.clip(-money * weights(lines, "society") * relief, 0, None).sum(axis=1)
    out["relief"] = {
        "potential": finite(freed.sum(axis=-1).mean()),
        "cashable": finite((freed * share).sum(axis=-1).mean()),
    }
    return out


def at_marginal_prices(present: F64, lines: Sequence[Line], share: F64) -> dict[str, Any]:
    """Return net costs per youth if no capacity is released beyond the cashable share [D, Y, L], beside the average.

    Prices are averages; what one case less saves soon is less. Savings of lines that are costs count for their share;
    extra costs, transfers, output, harm and quality of life count whole.
    """
    costs = np.array([line["kind"] == "cost" and not line["programme"] for line in lines]) & is_money(lines)
    part = np.where(costs, share, 1.0)[:, None, :]
    out: dict[str, Any] = {}
    for perspective in ("society", "society_without_intangibles", "municipality"):
        net = present * weights(lines, perspective)
        out[perspective] = {
            "average": spread(net.sum(axis=(1, 2))),
            "marginal": spread(cashable_part(net, part).sum(axis=(1, 2))),
        }
    return out


