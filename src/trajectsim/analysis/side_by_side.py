"""Two studies side by side: what B costs and does beside A, for the same draws and the same luck.

Amounts are euros per youth at present value over the whole period. A difference is B minus A, taken within every draw
and replicate before anything is averaged: what both have in common (the draw of every number, the luck of every youth)
falls out, so that it is known much better than either of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.breakeven import break_even
from trajectsim.analysis.compare import INTANGIBLE, MUNICIPALITY
from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.statistics import Resampler, finite, summary
from trajectsim.analysis.tables import Costs, Design, Study, cost_arrays, design_of
from trajectsim.analysis.variance import attribute, split
from trajectsim.analysis.verdict import verdict
from trajectsim.config.difference import pair_arms
from trajectsim.errors import UserError

__all__ = ["WHOLES", "same_youths", "side_by_side"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
WHOLES = ("society", "society_without_intangibles", "municipality", "programme")
"""Sums over payers, beside every payer: the last is what the approach itself costs whoever pays for it."""

VERDICTS = ("society", "municipality")


def side_by_side(a: Study, b: Study) -> Tree:
    """Return what two studies cost and do, pair by pair of their arms, as a tree that is strict JSON.

    Every pair has `cost` (each arm beside the other), `against_null` (each arm minus the null alternative of its own
    study, and the difference of those two; not for the pair of null alternatives), `outcomes`, `break_even` and
    `verdict`. Each number has `a`, `b` and `difference` (B minus A) with mean, sd, p05, p50, p95 across draws; the
    difference has `error` (Monte Carlo) and `lower` (share of draws in which B is lower) as well.

    Args:
        a, b: opened results stores of the same seed, number of replicates and years.

    Raises:
        UserError: they cannot be laid side by side.
    """
    first, second = _same_draws(design_of(a), design_of(b))
    _refuse(a, b, first, second)
    costs, outcomes = (cost_arrays(a, first), cost_arrays(b, second)), {}
    declared = (outcomes_of(a.manifest), outcomes_of(b.manifest))
    arrays = (outcome_arrays(a, first, declared[0]), outcome_arrays(b, second, declared[1]))
    for name in arrays[0]:
        if name in arrays[1] and declared[0][name] == declared[1][name]:
            outcomes[name] = declared[0][name].model_dump(include={"title", "unit", "per", "good"})
    shared = all(bool(x.manifest["scenario"].get("share_luck_across_draws", False)) for x in (a, b))
    resampler = Resampler.of(int(a.manifest["seed"]), len(first.draws), len(first.replicates), shared)
    parameters = _parameters(a, b, first)
    grades = {p: str(r["grade"]) for x in (b, a) for p, r in x.manifest["parameters"].items()}
    pairs = []
    for one, two in pair_arms(first.arms, second.arms):
        if one is None or two is None:
            continue
        at = (first.arms.index(one), second.arms.index(two))
        pairs.append(_pair(costs, arrays, list(outcomes), at, parameters, grades, resampler))
        pairs[-1] = {"a": one, "b": two, **pairs[-1]}
    alone = [[x, y] for x, y in pair_arms(first.arms, second.arms) if x is None or y is None]
    return {
        "layout": 1,
        "a": _head(a), "b": _head(b),
        "seed": int(a.manifest["seed"]), "draws_used": len(first.draws), "replicates": len(first.replicates),
        "horizon_years": first.years,
        "same_youths": same_youths(a, b),
        "unit": "EUR per youth, present value over the whole period; a difference is B minus A",
        "pairs": pairs,
        "not_paired": alone,
        "outcome_titles": outcomes,
    }  # fmt: skip


def same_youths(a: Study, b: Study) -> float | None:
    """Return the share of the youths followed in both studies who are the same at the start: age, traits and slow
    quantities that both models have. None where the stores do not hold it.
    """
    try:
        frames = [study.table("youths") for study in (a, b)]
    except (UserError, KeyError):
        return None
    keys = ["draw", "replicate", "youth", "trait"]
    both = [frame.assign(trait=frame["trait"].astype(str)).set_index(keys)["value"] for frame in frames]
    joined = pd.concat(both, axis=1, join="inner", keys=["a", "b"])
    if joined.empty:
        return None
    equal = (joined["a"] == joined["b"]).groupby(level=["draw", "replicate", "youth"]).all()
    return finite(equal.mean())


def _head(study: Study) -> Tree:
    manifest = study.manifest
    book = manifest["resolved"]["prices"]
    return {
        **{key: manifest[key] for key in ("name", "content_hash", "model_version")},
        "title": manifest["titles"].get("scenario"),
        "youths": int(manifest["size"]),
        "price_year": None if book is None else book["price_year"],
        "arm_titles": {arm: manifest["titles"].get(f"arm.{arm}") for arm in manifest["arms"]},
    }


def _same_draws(a: Design, b: Design) -> tuple[Design, Design]:
    """Return both designs with the draws that are finished in both."""
    both = tuple(draw for draw in a.draws if draw in b.draws)
    if not both:
        raise UserError.of("no draw is finished in both", cure="run both again; they go on where they stopped")
    return replace(a, draws=both), replace(b, draws=both)


def _refuse(a: Study, b: Study, first: Design, second: Design) -> None:
    """Refuse what would have no meaning side by side."""
    for key, one, two, why in (
        ("years", first.years, second.years, "sums over the whole period then say nothing side by side"),
        ("replicates", len(first.replicates), len(second.replicates), "they then do not share their luck"),
        ("seed", int(a.manifest["seed"]), int(b.manifest["seed"]), "they then do not share their luck"),
    ):
        if one != two:
            cure = f"give both the same: --set {key}={one}"
            raise UserError.of(f"A has {one} and B {two}; {why}", key=key, cure=cure)


def _amounts(costs: Costs, arm: int) -> dict[str, F64]:
    """Return euros per youth [D, R] of an arm: society, parts of it, and every payer."""
    by_row, rows = costs.by_row[arm], costs.rows
    weights: dict[str, F64] = {
        "society": np.ones(len(rows)),
        "society_without_intangibles": np.array([float(row["category"] != INTANGIBLE) for row in rows]),
        "municipality": np.array([float(str(row["payer"]).startswith(MUNICIPALITY)) for row in rows]),
        "programme": np.array([float(bool(row["programme"]) and row["side"] == "payer") for row in rows]),
    }
    weights.update({p: np.array([float(row["payer"] == p) for row in rows]) for p in costs.payers})
    return {name: np.asarray(by_row @ weight * costs.scale) for name, weight in weights.items()}


def _pair(
    costs: tuple[Costs, Costs], outcomes: tuple[dict[str, F64], dict[str, F64]], names: list[str],
    at: tuple[int, int], parameters: Tree, grades: Mapping[str, str], resampler: Resampler,
) -> Tree:  # fmt: skip
    """Return one pair of arms, the one of A beside the one of B."""
    tree: Tree = {}
    if costs[0].rows and costs[1].rows:
        own = [_amounts(table, arm) for table, arm in zip(costs, at, strict=True)]
        tree["cost"] = _both(own[0], own[1], resampler)
        tree["verdict"] = {
            name: _verdict(own[1][name] - own[0][name], parameters, grades, resampler) for name in VERDICTS
        }
        if at != (0, 0):
            null = [_amounts(table, 0) for table in costs]
            gained = [{k: v - n[k] for k, v in o.items()} for o, n in zip(own, null, strict=True)]
            tree["against_null"] = _both(gained[0], gained[1], resampler)
            tree["verdict_against_null"] = {
                name: _verdict(gained[1][name] - gained[0][name], parameters, grades, resampler) for name in VERDICTS
            }
            tree["break_even"] = {
                name: {side: _break_even(costs[i], at[i], name) for i, side in enumerate("ab")} for name in VERDICTS
            }
            tree["cumulative"] = {
                name: {side: _running(costs[i], at[i], name) for i, side in enumerate("ab")} for name in VERDICTS
            }
    lives = [{name: outcomes[i][name][at[i]] for name in names} for i in (0, 1)]
    return {**tree, "outcomes": _both(lives[0], lives[1], resampler)}


def _both(a: Mapping[str, F64], b: Mapping[str, F64], resampler: Resampler) -> Tree:
    """Return statistics of both and of the difference, for every name that either has; who has none has nil."""
    tree: Tree = {}
    for name in dict.fromkeys([*a, *b]):
        nil = np.zeros_like(next(iter(a.values())))
        one, two = a.get(name, nil), b.get(name, nil)
        apart = two - one
        stats, errors = summary(apart, resampler)
        lower = finite((apart.mean(axis=1) < 0).mean()) if np.any(apart) else None
        tree[name] = {
            "a": summary(one, resampler)[0],
            "b": summary(two, resampler)[0],
            "difference": {**stats, "error": errors["mean"], "lower": lower},
        }
    return tree


def _verdict(values: F64, parameters: Tree, grades: Mapping[str, str], resampler: Resampler) -> Tree:
    """Return what may be said of B minus A by the rule of every report (`verdict.RULE`)."""
    chance, varied = split(values)
    found = attribute(values.mean(axis=1), parameters["values"], parameters["paths"], grades, varied)
    return verdict(values, resampler.error_of_mean(values), chance / values.shape[1], found)


def _axis(costs: Costs, name: str) -> F64:
    return np.array([float(name == "society" or p.startswith(MUNICIPALITY)) for p in costs.payers])


def _yearly(costs: Costs, arm: int, name: str) -> F64:
    """Return an arm minus its null alternative at present value [D, R, Y]."""
    apart = costs.by_year_discounted[arm] - costs.by_year_discounted[0]
    return np.asarray(apart @ _axis(costs, name) * costs.scale)


def _break_even(costs: Costs, arm: int, name: str) -> Tree | None:
    return break_even(_yearly(costs, arm, name))


def _running(costs: Costs, arm: int, name: str) -> list[float | None]:
    """Return the running sum of costs against the null alternative after each year, mean over draws."""
    return [finite(x) for x in np.cumsum(_yearly(costs, arm, name).mean(axis=(0, 1)))]


def _parameters(a: Study, b: Study, design: Design) -> Tree:
    """Return the drawn numbers [D, P] of both studies: those of A, and those of B that A has not, with their paths."""
    frames = []
    for study in (a, b):
        frame = study.table("parameters")
        frame = frame[frame["draw"].isin(design.draws)]
        wide = frame.assign(path=frame["path"].astype(str)).pivot(index="draw", columns="path", values="value")
        frames.append(wide.reindex(list(design.draws)))
    own = frames[1][[path for path in frames[1].columns if path not in frames[0].columns]]
    both = pd.concat([frames[0], own], axis=1)
    complete = both.columns[both.notna().all(axis=0)]
    return {"paths": [str(p) for p in complete], "values": both[complete].to_numpy(dtype=np.float64)}
