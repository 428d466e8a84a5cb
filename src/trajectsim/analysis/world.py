"""What youths shared, from the tables of a study: requests and waits, coach hours, budgets, and interference.

All numbers are those of the whole cohort. Where a number has `mean`, `p05` and `p95`, they run across parameter draws
of means over replicates; amounts of money are euros per youth and year as the budgets' own tariffs have it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.statistics import QUANTILES, finite
from trajectsim.analysis.tables import Design, Study, array_of, sums

__all__ = ["ANSWERS", "world_of"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
ANSWERS = ("asked", "granted", "refused", "passed_on", "left", "taken", "cancelled", "not_selected", "no_money")
"""What can become of a request, as the table `moves` names it: `queue.<provision>.<answer>`."""

STATES = ("waiting", "open", "filled", "closed", "units")
"""Measures of a moment in the table `queues`; the others are sums over the period."""

SUMS = ("granted", "months_waited", "others_asked", "others_granted", "others_months_waited")


def world_of(study: Study, design: Design) -> Tree | None:
    """Return the world of a study as a tree that is strict JSON, or None where the study names no world.

    With every mechanism off there is nothing but the list of what is off.
    """
    told: Mapping[str, Any] | None = study.manifest.get("world")
    if not told:
        return None
    tree: Tree = {"mechanisms_off": [name for name, item in told["mechanisms"].items() if not item["on"]]}
    if not told["provisions"]:
        return tree
    return {
        **tree,
        "provisions": _provisions(study, design, told["provisions"]),
        "teams": _teams(study, design),
        "budgets": _budgets(study, design, told["budgets"]),
        "interference": _interference(study, design),
    }


def _per_run(study: Study, design: Design, table: str, axes: Mapping[str, Sequence[str]], value: str) -> F64:
    """Return sums over the years of a table as an array [A, D, R, ...]."""
    run: dict[str, Sequence[Any]] = {"arm": design.arms, "draw": design.draws, "replicate": design.replicates}
    frame = sums(study, table, [*run, *axes], [value])
    return array_of(_named(frame, axes), value, {**run, **axes})


def _named(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    return frame.astype(dict.fromkeys(columns, str))


def _stats(values: F64) -> dict[str, float | None]:
    """Return mean and 90% interval across draws of means over replicates [D, R]."""
    draws = values.mean(axis=1)
    spread = np.quantile(draws, [QUANTILES["p05"], QUANTILES["p95"]])
    return {"mean": finite(draws.mean()), "p05": finite(spread[0]), "p95": finite(spread[1])}


def _ratio(above: F64, below: F64) -> float | None:
    """Return a sum over a sum; None where nothing stands below."""
    return finite(above.sum() / below.sum()) if below.sum() > 0 else None


def _provisions(study: Study, design: Design, told: Mapping[str, Any]) -> Tree:
    """Return by provision and arm: what became of requests, mean waits in months, and places."""
    names = list(told)
    exits = [f"queue.{name}.{answer}" for name in names for answer in ANSWERS]
    answers = _per_run(study, design, "moves", {"exit": exits}, "n")
    answers = answers.reshape(*answers.shape[:3], len(names), len(ANSWERS))
    measures = (*STATES, *SUMS)
    kept = _per_run(study, design, "queues", {"provision": names, "measure": measures}, "quantity")
    out: Tree = {}
    for p, name in enumerate(names):
        out[name] = {**told[name], "arms": {}}
        for a, arm in enumerate(design.arms):
            own = {measure: kept[a, :, :, p, m] for m, measure in enumerate(measures)}
            out[name]["arms"][arm] = {
                **{answer: _stats(answers[a, :, :, p, n]) for n, answer in enumerate(ANSWERS)},
                "wait_months": _ratio(own["months_waited"], own["granted"]),
                "others_asked": _stats(own["others_asked"]),
                "others_granted": _stats(own["others_granted"]),
                "others_wait_months": _ratio(own["others_months_waited"], own["others_granted"]),
                **{state: finite(own[state].mean() / design.years) for state in STATES},
            }
    return out


def _teams(study: Study, design: Design) -> Tree:
    """Return by programme and arm in which it runs: coach hours a year, strength while needed, coaches who left."""
    frame = study.table("teams")
    frame = frame[frame["draw"].isin(design.draws)]
    out: Tree = {}
    runs = {arm["name"]: arm.get("interventions") or () for arm in study.manifest["scenario"]["arms"]}
    for name in dict.fromkeys(frame["programme"].astype(str)):
        own = frame[frame["programme"].astype(str) == name]
        run = ["arm", "draw", "replicate", "year"]
        wide = own.pivot_table(index=run, columns="measure", values="quantity", observed=True, fill_value=0.0)
        wide = wide.reindex(columns=["hours_needed", "hours_given", "strength", "coaches_left"], fill_value=0.0)
        for arm in design.arms:
            if name not in runs.get(arm, ()):
                continue
            rows = wide[wide.index.get_level_values("arm").astype(str) == arm]
            busy = rows[rows["hours_needed"] > 0]
            count = len(design.draws) * len(design.replicates) * design.lived
            out.setdefault(name, {})[arm] = {
                "hours_needed": finite(rows["hours_needed"].sum() / count),
                "hours_given": finite(rows["hours_given"].sum() / count),
                "strength": finite(busy["strength"].mean()) if len(busy) else None,
                "least_strength": finite(busy["strength"].min()) if len(busy) else None,
                "coaches_left": finite(rows["coaches_left"].sum() / count),
            }
    return out


def _budgets(study: Study, design: Design, told: Mapping[str, Any]) -> Tree:
    """Return by budget and arm: spending per youth and year, its cap, and how often and when it ran out."""
    names = list(told)
    measures = ("cents", "requests_without_money", "cap")
    kept = _per_run(study, design, "budgets", {"budget": names, "measure": measures}, "quantity")
    scale = 1 / (100 * design.youths * design.lived)
    outs = _named(study.table("budgets"), {"budget": names, "measure": measures, "arm": design.arms})
    outs = outs[(outs["measure"] == "first_month_out") & outs["draw"].isin(design.draws) & (outs["quantity"] > 0)]
    count = len(design.draws) * len(design.replicates) * design.years
    tree: Tree = {}
    for b, name in enumerate(names):
        tree[name] = {**told[name], "arms": {}}
        for a, arm in enumerate(design.arms):
            months = outs[(outs["budget"] == name) & (outs["arm"] == arm)]["quantity"].astype(int)
            cap = float(kept[a, :, :, b, 2].mean()) / design.years
            spent = kept[a, :, :, b, 0] * scale
            tree[name]["arms"][arm] = {
                "spent": _stats(spent),
                "difference": _stats(spent - kept[0, :, :, b, 0] * scale),
                "cap": finite(cap / 100) if cap >= 0 else None,
                "requests_without_money": finite(kept[a, :, :, b, 1].mean()),
                "years_out": finite(len(months) / count),
                "month_out": int(months.mode().min()) if len(months) else None,
                "earliest_out": int(months.min()) if len(months) else None,
            }
    return tree


def _interference(study: Study, design: Design) -> Tree:
    """Return by arm how many lives of followed youths who never took part differ from the first arm, and through what.

    A reason is the provision whose queue the first difference came through, or `other` (friends, households, coaches).
    """
    frame = study.table("interference")
    frame = frame[frame["draw"].isin(design.draws)]
    tree: Tree = {}
    for arm in design.arms[1:]:
        own = frame[frame["arm"].astype(str) == arm]
        lives = own.drop_duplicates("draw")
        reasons = own["reason"].astype(str).str.extract(r"^queue\.(.*)\.[^.]*$")[0].fillna(own["reason"].astype(str))
        changed = own["changed"].groupby(reasons).sum()
        outsiders, total = int(lives["outsiders"].sum()), int(changed.sum())
        tree[arm] = {
            "lives": int(lives["youths"].sum()),
            "outsiders": outsiders,
            "changed": total,
            "share": finite(total / outsiders) if outsiders else None,
            "reasons": {str(name): int(n) for name, n in changed.sort_values(ascending=False).items() if n > 0},
        }
    return tree
