"""The summary of a study: costs per payer in every arm, differences with the null alternative, and how sure they are.

All amounts are euros per youth. Totals over the whole period are at present value; amounts per year are as they fall.
Statistics run across parameter draws of means over replicates; every one has its Monte Carlo error in a mirror image.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.breakeven import break_even
from trajectsim.analysis.enough import is_enough
from trajectsim.analysis.outcomes import Outcome, outcome_arrays, outcomes_of
from trajectsim.analysis.source_check import source_check
from trajectsim.analysis.statistics import QUANTILES, Resampler, finite, mapped, ratio_summary
from trajectsim.analysis.tables import Costs, Design, Study, cost_arrays, design_of
from trajectsim.analysis.variance import attribute, split
from trajectsim.analysis.verdict import RULE, verdict
from trajectsim.analysis.world import world_of
from trajectsim.analysis.youths import spread_over_youths

__all__ = ["MUNICIPALITY", "PERSPECTIVES", "summarise"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
MUNICIPALITY = "municipality_"
INTANGIBLE = "quality_of_life"
PERSPECTIVES = ("society", "society_without_intangibles", "municipality")
LAYOUT = 1
SMALL_CELLS = {
    "nl": "Aantallen onder 5 jongeren worden niet los getoond; jongeren zijn synthetisch, uitkomsten gemiddelden.",
    "en": "Counts below 5 youths are not shown apart; the youths are synthetic and outcomes are means.",
}
METHOD = {
    "nl": (
        "Toeval en parameters: wet van de totale variantie, ruis van replicaties eruit. Bewijsgraden: regressie "
        "getoetst op tien weggelaten delen; wat enkelvoudige lineaire effecten niet verklaren heet onverklaard."
    ),
    "en": (
        "Chance and parameters: law of total variance, noise of replicates out. Evidence grades: regression checked "
        "on ten left-out parts; what single linear effects do not explain is called unexplained."
    ),
}


def summarise(study: Study) -> Tree:
    """Return the summary of a study as a tree that is strict JSON: what is undefined is null.

    Args:
        study: an opened results store with the tables runs, costs, occupancy, events and parameters.

    Raises:
        UserError: nothing is finished in every arm.
    """
    design = design_of(study)
    manifest = study.manifest
    costs = cost_arrays(study, design)
    declared = outcomes_of(manifest)
    outcomes = outcome_arrays(study, design, declared)
    shared = bool(manifest["scenario"].get("share_luck_across_draws", False))
    resampler = Resampler.of(int(manifest["seed"]), len(design.draws), len(design.replicates), shared)
    tree, errors = _head(manifest, design), {}
    tree["arms"], errors["arms"] = _arms(manifest, design, costs, resampler)
    tree["outcomes"], errors["outcomes"] = _outcomes(design, outcomes, resampler)
    tree["outcome_titles"] = _outcome_titles(declared, outcomes)
    draws = _parameter_draws(study, design)
    later = {
        arm: _against(costs, outcomes, a, draws, manifest, resampler) for a, arm in enumerate(design.arms) if a
    }
    for part in _AGAINST:
        tree[part] = _by_arm(design, {arm: both[0][part] for arm, both in later.items()})
    for part in ("difference", "benefit_cost_ratio"):
        errors[part] = _by_arm(design, {arm: both[1][part] for arm, both in later.items()})
    tree["yearly"] = {
        "cost": {arm: _yearly(costs, costs.by_year[a]) for a, arm in enumerate(design.arms)},
        "difference": tree.pop("yearly_difference"),
        "cumulative": tree.pop("yearly_cumulative"),
    }
    tree["youths_months"] = spread_over_youths(study, design, declared)
    tree["source_check"] = source_check(study, design)
    if (around := world_of(study, design)) is not None:
        tree["world"] = around
    tree["monte_carlo_error"] = errors
    return tree


_AGAINST = (
    "difference", "benefit_cost_ratio", "break_even", "probability_of_saving", "yearly_difference", "yearly_cumulative",
    "draws", "variance", "verdict", "enough",
)  # fmt: skip


def _by_arm(design: Design, parts: Mapping[str, Tree]) -> Tree:
    """Return the one comparison, or comparisons keyed by arm when there are more than two arms."""
    if len(design.arms) == 2:
        return next(iter(parts.values()))
    return dict(parts)


def _head(manifest: Mapping[str, Any], design: Design) -> Tree:
    book = manifest["resolved"]["prices"]
    return {
        "layout": LAYOUT,
        **{key: manifest[key] for key in ("name", "model_version", "content_hash", "seed")},
        "title": manifest["titles"].get("scenario"),
        "price_year": None if book is None else book["price_year"],
        "youths": design.youths,
        "horizon_years": design.years,
        "draws_used": len(design.draws),
        "replicates": len(design.replicates),
        "unit": "EUR per youth, present value over the whole period unless said otherwise",
        "verdict_rule": RULE,
        "variance_method": METHOD,
        "small_cells": SMALL_CELLS,
    }


def _where(costs: Costs, **wanted: Any) -> F64:
    """Return the weight (0 or 1) of each cost row [W] that has the wanted values."""
    return np.array([float(all(row.get(k) == v for k, v in wanted.items())) for row in costs.rows])


def _payer_in(costs: Costs, perspective: str) -> F64:
    """Return the weight of each cost row in a perspective: all payers for society, some or one otherwise."""
    if perspective.startswith("society"):
        weight = np.ones(len(costs.rows))
        return weight - _where(costs, category=INTANGIBLE) if perspective != "society" else weight
    if perspective == "municipality":
        return np.array([float(str(row["payer"]).startswith(MUNICIPALITY)) for row in costs.rows])
    return _where(costs, payer=perspective)


def _arms(manifest: Mapping[str, Any], design: Design, costs: Costs, resampler: Resampler) -> tuple[Tree, Tree]:
    tree: Tree = {}
    errors: Tree = {}
    for a, arm in enumerate(design.arms):
        parts, wrong = _cost_tree(costs, costs.by_row[a], resampler)
        tree[arm] = {"title": manifest["titles"].get(f"arm.{arm}"), "cost": parts}
        errors[arm] = {"cost": wrong}
    return tree, errors


def _cost_tree(costs: Costs, by_row: F64, resampler: Resampler) -> tuple[Tree, Tree]:
    """Return the statistics of an amount by row [D, R, W]: total, by payer and by category."""
    wholes = {
        "total": _payer_in(costs, "society"),
        "without_intangibles": _payer_in(costs, "society_without_intangibles"),
        "municipality": _payer_in(costs, "municipality"),
        "programme": _where(costs, programme=True, side="payer"),
        "displaced": _where(costs, displaces=True, side="payer"),
    }
    categories = dict.fromkeys(row["category"] for row in costs.rows)
    groups: dict[str, dict[str, F64]] = {
        "by_payer": {payer: _where(costs, payer=payer) for payer in costs.payers},
        "by_category": {category: _where(costs, category=category) for category in categories},
        "transfers_by_payer": {payer: _where(costs, payer=payer, kind="transfer") for payer in costs.payers},
    }
    out: Tree
    wrong: Tree
    out, wrong = {}, {}
    for name, parts in {"": wholes, **groups}.items():
        found, errors = mapped({part: _euros(costs, by_row, weight) for part, weight in parts.items()}, resampler)
        if name:
            out[name], wrong[name] = found, errors
        else:
            out.update(found)
            wrong.update(errors)
    return out, wrong


def _euros(costs: Costs, by_row: F64, weight: F64) -> F64:
    """Return euros per youth [D, R] of the weighted cost rows; the sum runs over whole cents and is exact."""
    return np.asarray(by_row @ weight * costs.scale)


def _outcomes(design: Design, outcomes: Mapping[str, F64], resampler: Resampler) -> tuple[Tree, Tree]:
    both = {
        name: mapped({arm: values[a] for a, arm in enumerate(design.arms)}, resampler)
        for name, values in outcomes.items()
    }
    return {name: b[0] for name, b in both.items()}, {name: b[1] for name, b in both.items()}


def _outcome_titles(declared: Mapping[str, Outcome], outcomes: Mapping[str, F64]) -> Tree:
    return {name: declared[name].model_dump(include={"title", "unit", "per", "good"}) for name in outcomes}


def _against(
    costs: Costs, outcomes: Mapping[str, F64], arm: int, draws: Tree, manifest: Mapping[str, Any], resampler: Resampler
) -> tuple[Tree, Tree]:
    """Return everything about one arm minus the null alternative, and the Monte Carlo errors."""
    by_row = costs.by_row[arm] - costs.by_row[0]
    by_year = costs.by_year[arm] - costs.by_year[0]
    discounted = costs.by_year_discounted[arm] - costs.by_year_discounted[0]
    cost, cost_errors = _cost_tree(costs, by_row, resampler)
    lives, life_errors = mapped({name: v[arm] - v[0] for name, v in outcomes.items()}, resampler)
    ratios = {p: ratio_summary(*_above_and_below(costs, by_row, p), resampler) for p in PERSPECTIVES}
    paths = {
        p: discounted @ _payer_axis(costs, p) * costs.scale for p in ("society", "municipality", *costs.payers)
    }
    answers = {p: _euros(costs, by_row, _payer_in(costs, p)) for p in PERSPECTIVES}
    sources = {p: _variance(values, draws, manifest) for p, values in answers.items()}
    tree = {
        "difference": {"cost": cost, "outcomes": lives},
        "benefit_cost_ratio": {p: r[0] for p, r in ratios.items()},
        "break_even": {p: break_even(path) for p, path in paths.items()},
        "probability_of_saving": _chances(costs, by_row),
        "yearly_difference": _yearly(costs, by_year),
        "yearly_cumulative": {
            p: _bands(np.cumsum(paths[p].mean(axis=1), axis=-1)) for p in ("society", "municipality")
        },
        "draws": {p: [finite(v) for v in values.mean(axis=1)] for p, values in answers.items()},
        "variance": {p: s["shares"] for p, s in sources.items()},
        "enough": is_enough(
            {**answers, **{p: _euros(costs, by_row, _where(costs, payer=p)) for p in costs.payers}}, resampler.shared
        ),
        "verdict": {
            p: verdict(answers[p], resampler.error_of_mean(answers[p]), s["noise"], s["attribution"])
            for p, s in sources.items()
        },
    }
    return tree, {
        "difference": {"cost": cost_errors, "outcomes": life_errors},
        "benefit_cost_ratio": {p: r[1] for p, r in ratios.items()},
    }


def _payer_axis(costs: Costs, perspective: str) -> F64:
    if perspective == "society":
        return np.ones(len(costs.payers))
    if perspective == "municipality":
        return np.array([float(p.startswith(MUNICIPALITY)) for p in costs.payers])
    return np.array([float(p == perspective) for p in costs.payers])


def _above_and_below(costs: Costs, by_row: F64, perspective: str) -> tuple[F64, F64]:
    """Return benefits (above the line) and net programme costs (below it) of a cost difference [D, R, W].

    Below: lines of the programme and lines it displaces. A transfer's receipt goes below only where its payer is in the
    same perspective, so that transfers vanish for society; elsewhere what a payer receives is a benefit.
    """
    weight = _payer_in(costs, perspective)
    below = np.zeros(len(costs.rows))
    for i, row in enumerate(costs.rows):
        if row["programme"] or row["displaces"]:
            own = row["side"] == "payer" or perspective.startswith("society") or _inside(row["other"], perspective)
            below[i] = weight[i] * float(own)
    return -_euros(costs, by_row, weight - below), _euros(costs, by_row, below)


def _inside(payer: str, perspective: str) -> bool:
    return payer.startswith(MUNICIPALITY) if perspective == "municipality" else payer == perspective


def _chances(costs: Costs, by_row: F64) -> Tree:
    """Return the share of draws in which a payer is better off; null for who is not touched in any run."""

    def chance(values: F64) -> float | None:
        return finite((values.mean(axis=1) < 0).mean()) if np.any(values) else None

    return {
        **{p: chance(_euros(costs, by_row, _payer_in(costs, p))) for p in PERSPECTIVES},
        "by_payer": {p: chance(_euros(costs, by_row, _where(costs, payer=p))) for p in costs.payers},
    }


def _bands(draws: F64) -> list[Tree]:
    """Return mean, p05 and p95 per year of draws [D, Y]."""
    quantiles = np.quantile(draws, [QUANTILES["p05"], QUANTILES["p95"]], axis=0)
    mean = draws.mean(axis=0)
    return [
        {"year": y, "mean": finite(mean[y]), "p05": finite(quantiles[0, y]), "p95": finite(quantiles[1, y])}
        for y in range(draws.shape[1])
    ]


def _yearly(costs: Costs, by_year: F64) -> Tree:
    """Return bands per year of amounts as they fall [D, R, Y, P]: total, municipality and every payer."""
    sums = by_year.sum(axis=1)
    scale = costs.scale / by_year.shape[1]
    names = {"total": "society", "municipality": "municipality", **{p: p for p in costs.payers}}
    return {name: _bands(sums @ _payer_axis(costs, p) * scale) for name, p in names.items()}


def _parameter_draws(study: Study, design: Design) -> Tree:
    """Return the parameter draws [D, P] of the draws in use, with their paths."""
    frame = study.table("parameters")
    frame = frame[frame["draw"].isin(design.draws)]
    wide = frame.assign(path=frame["path"].astype(str)).pivot(index="draw", columns="path", values="value")
    wide = wide.reindex(list(design.draws))
    complete = wide.columns[wide.notna().all(axis=0)]
    return {"paths": [str(p) for p in complete], "values": wide[complete].to_numpy(dtype=np.float64)}


def _variance(values: F64, draws: Tree, manifest: Mapping[str, Any]) -> Tree:
    """Return the shares of the variance of a difference [D, R]: chance and parameters, and the parameters by grade."""
    chance, parameters = split(values)
    noise = chance / values.shape[1]
    total = chance + parameters
    grades = {path: str(record["grade"]) for path, record in manifest["parameters"].items()}
    found = attribute(values.mean(axis=1), draws["values"], draws["paths"], grades, parameters)
    shares: Tree = {
        "sd_of_one_group": finite(np.sqrt(total)),
        "chance": finite(chance / total) if total > 0 else None,
        "parameters": finite(parameters / total) if total > 0 else None,
        "by_grade": None if found is None else {g: finite(s) for g, s in found.by_grade.items()},
        "explained": None if found is None else finite(found.explained),
        "unexplained": None if found is None else finite(1 - found.explained),
        "top": [] if found is None else list(found.top),
    }
    return {"shares": shares, "noise": noise, "attribution": found}


