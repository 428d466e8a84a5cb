"""The incremental table: which options are left when those that others beat are out, and at what price.

Options by rising cost; dominated: another costs no more and does no less; extendedly dominated: a mix of two others
does so. Method: Drummond and others (2015), Methods for the economic evaluation of health care programmes, chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.decision import Options

__all__ = ["DOMINATED", "EXTENDED", "KEPT", "incremental_table", "mean_table"]

KEPT, DOMINATED, EXTENDED = "kept", "dominated", "extended"


def mean_table(choice: Options) -> pd.DataFrame:
    """Return the incremental table of the options' mean costs and effects."""
    return incremental_table(choice.names, choice.costs.mean(axis=0), choice.effects.mean(axis=0))


def incremental_table(names: Sequence[str], costs: npt.ArrayLike, effects: npt.ArrayLike) -> pd.DataFrame:
    """Return the incremental table of options with mean costs [O] and effects [O].

    Of options with the same cost and effect the first one is kept.

    Returns:
        One row per option by rising cost: option, cost, effect, status (kept, dominated, extended), by (what dominates
        it; for extended dominance the two options on either side), extra_cost, extra_effect and ratio (against the
        option kept before it; missing for the others).
    """
    cost, effect = np.asarray(costs, dtype=np.float64), np.asarray(effects, dtype=np.float64)
    order = sorted(range(len(names)), key=lambda o: (cost[o], -effect[o], o))
    status, by = dict.fromkeys(order, KEPT), dict.fromkeys(order, "")
    best: int | None = None
    for o in order:
        if best is not None and effect[o] <= effect[best]:
            status[o], by[o] = DOMINATED, names[best]
        else:
            best = o
    kept = _frontier([o for o in order if status[o] == KEPT], cost, effect)
    for o in order:
        if status[o] == KEPT and o not in kept:
            below = max((k for k in kept if effect[k] < effect[o]), key=lambda k: effect[k])
            above = min((k for k in kept if effect[k] > effect[o]), key=lambda k: effect[k])
            status[o], by[o] = EXTENDED, f"{names[below]}, {names[above]}"
    rows = []
    for o in order:
        more_cost = more_effect = ratio = np.nan
        if o in kept and kept.index(o):
            before = kept[kept.index(o) - 1]
            more_cost, more_effect = cost[o] - cost[before], effect[o] - effect[before]
            ratio = more_cost / more_effect
        rows.append((names[o], cost[o], effect[o], status[o], by[o], more_cost, more_effect, ratio))
    columns = ["option", "cost", "effect", "status", "by", "extra_cost", "extra_effect", "ratio"]
    return pd.DataFrame(rows, columns=columns)


def _frontier(rising: Sequence[int], cost: npt.NDArray[np.float64], effect: npt.NDArray[np.float64]) -> list[int]:
    """Return the options whose ratios rise along costs and effects that both rise: the lower convex hull."""
    hull: list[int] = []
    for o in rising:
        while len(hull) > 1 and _slope(hull[-2], hull[-1], cost, effect) > _slope(hull[-1], o, cost, effect):
            hull.pop()
        hull.append(o)
    return hull


def _slope(a: int, b: int, cost: npt.NDArray[np.float64], effect: npt.NDArray[np.float64]) -> float:
    return float((cost[b] - cost[a]) / (effect[b] - effect[a]))
