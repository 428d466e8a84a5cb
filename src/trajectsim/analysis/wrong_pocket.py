"""Who pays against who gains (the wrong pocket), and a transfer between payers that leaves none of them worse off.

A way to compensate: whoever gains pays in, in proportion to the gain, until the losers' losses are made up. It is
arithmetic, no advice: which gains are money, and which payers may pay each other at all, is not decided here. Two
tables are made: among those with a budget that is public, and among all with a budget (employers too). Youths and
victims pay nothing in, and what they gain is no money to share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.budget import NO_BUDGET
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import MUNICIPALITY, below_the_line, payers_of, spread, weights

__all__ = ["compensation", "transfers", "wrong_pocket"]

F64 = npt.NDArray[np.float64]


def compensation(net: F64) -> F64:
    """Return who pays whom [P, P] (row pays column) so that no loser loses, for net costs [P] (negative: gains).

    Gainers pay in proportion to their gains and losers receive in proportion to their losses; where the gains are
    smaller than the losses everything gained is paid and each loss is made up to the same degree.
    """
    gain, loss = np.clip(-net, 0, None), np.clip(net, 0, None)
    paid = min(gain.sum(), loss.sum())
    if paid <= 0:
        return np.zeros((len(net), len(net)))
    return np.asarray(np.outer(gain / gain.sum(), loss / loss.sum()) * paid)


def wrong_pocket(present: F64, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return every payer's result beside society's, and the transfers that would make each payer no worse off.

    Args:
        present: difference with the null alternative per youth, at present value [D, Y, L].
        lines: records of the lines.
    """
    by_line = present.sum(axis=1)
    payers = payers_of(lines)
    net = np.stack([by_line @ weights(lines, payer) for payer in payers], axis=1)
    pays = np.stack([by_line @ below_the_line(lines, payer) for payer in payers], axis=1)
    society = by_line @ weights(lines, "society")
    rows = {
        payer: {
            "pays_for_programme": finite(pays[:, p].mean()),
            "other": finite((net[:, p] - pays[:, p]).mean()),
            "net_cost": spread(net[:, p]),
            "chance_of_loss": finite((net[:, p] > 0).mean()),
            "role": "loses" if net[:, p].mean() > 0 else "gains" if net[:, p].mean() < 0 else "untouched",
        }
        for p, payer in enumerate(payers)
        if np.any(net[:, p])
    }
    public = [p for p in payers if p not in (*NO_BUDGET, "employers")]
    holders = [p for p in payers if p not in NO_BUDGET]
    return {
        "unit": "EUR per youth, present value; a cost is positive",
        "society": spread(society),
        "payers": rows,
        "compensation": {
            "public_payers": transfers(net, payers, public),
            "all_budgets": transfers(net, payers, holders),
            "within_municipality": transfers(net, payers, [p for p in payers if p.startswith(MUNICIPALITY)]),
        },
    }


def transfers(net: F64, payers: Sequence[str], among: Sequence[str]) -> dict[str, Any]:
    """Return the transfers among some payers on the mean of the draws [D, P], what they leave, and how often it works.

    `feasible` is the share of draws in which those payers together gain at least what they lose.
    """
    places = [payers.index(name) for name in among]
    own = net[:, places]
    mean = own.mean(axis=0)
    matrix = compensation(mean)
    left = mean + matrix.sum(axis=1) - matrix.sum(axis=0)
    return {
        "payments": [
            {"from": among[i], "to": among[j], "amount": finite(matrix[i, j])}
            for i, j in zip(*np.nonzero(matrix > 0.005), strict=True)
        ],
        "net_after": {name: finite(value) for name, value in zip(among, left, strict=True)},
        "uncovered": finite(np.clip(left, 0, None).sum()),
        "together": finite(mean.sum()),
        "feasible": finite((own.sum(axis=1) <= 0).mean()) if places else None,
    }
