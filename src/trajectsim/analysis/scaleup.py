"""Scaling up: what a programme brings and costs at every size, for the same youths with the same luck.

Amounts are euros of all youths together at present value, a size minus the null alternative. Three denominators are
kept apart: *per place* is per place-year that was really filled, *per place offered* is per place over the whole
period, *in total* is everything. Means run over draws and replicates; a ratio is a mean over a mean; quantiles run
across draws of means over replicates, so with few replicates they hold luck as well. `error` is the standard error of
a mean over draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.statistics import QUANTILES, finite
from trajectsim.analysis.streams import Streams, below_the_line, from_store, payers_of, weights
from trajectsim.analysis.tables import Design, Study, array_of, design_of, sums
from trajectsim.config.sizes import Sized
from trajectsim.errors import UserError

__all__ = ["best_size", "next_place", "per_unit", "scale_curve", "staircase", "stats"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
SURE = 2.0
STEP = 2
"""A plan of growth at most doubles a programme in a year, so that half of its team at least is not new."""


def stats(values: F64) -> Tree:
    """Return mean, quantiles and standard error of the mean of one number per draw [D]."""
    n = len(values)
    error = values.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    points = {key: finite(np.quantile(values, q)) for key, q in QUANTILES.items()}
    return {"mean": finite(values.mean()), **points, "error": finite(error)}


def per_unit(amount: F64, units: F64) -> Tree:
    """Return an amount per unit, both per draw [D]: mean over mean, quantiles and error across draws.

    The error is that of a ratio of means (delta method). Draws without a unit have no ratio of their own; with none at
    all everything is null.
    """
    some = units > 0
    if not some.any() or not units.mean() > 0:
        return {"mean": None, **dict.fromkeys(QUANTILES), "error": None}
    centre = amount.mean() / units.mean()
    ratios = amount[some] / units[some]
    left, n = amount - centre * units, len(amount)
    error = left.std(ddof=1) / np.sqrt(n) / units.mean() if n > 1 else np.nan
    points = {key: finite(np.quantile(ratios, q)) for key, q in QUANTILES.items()}
    return {"mean": finite(centre), **points, "error": finite(error)}


def next_place(net: F64, places: Sequence[int]) -> list[F64]:
    """Return what the next place brings at each size [D]: the difference with the size before it, per place between.

    Args:
        net: net benefit per size and draw [K, D]. places: the sizes [K], rising; before the first stands nothing.
    """
    before, last, out = np.zeros(net.shape[1]), 0, []
    for own, n in zip(net, places, strict=True):
        out.append((own - before) / (n - last) if n > last else np.zeros_like(before))
        before, last = own, n
    return out


def best_size(net: F64, places: Sequence[int]) -> Tree:
    """Return the number of places with the highest mean net benefit, no programme (0 places) being one of the choices.

    `chance` is the share of draws in which each size is best, `expected_loss` what is lost on average by choosing the
    best on the mean instead of the best of every draw. `enough` is the smallest number that no larger one surely beats:
    by more than `SURE` standard errors of the difference on the same draws. `first_that_pays` is the smallest size with
    a mean net benefit above nil, `chance_of_gain` the share of draws with a gain at the best size.
    """
    choices = list(dict.fromkeys([0, *places]))
    rows = np.stack([np.zeros(net.shape[1]) if n == 0 else net[list(places).index(n)] for n in choices])
    mean = rows.mean(axis=1)
    at = int(np.argmax(mean))
    winner = rows.argmax(axis=0)
    own = np.array(choices)[winner]
    paying = [n for n, m in zip(choices, mean, strict=True) if n > 0 and m > 0]
    return {
        "places": choices[at],
        "enough": choices[_enough(rows)],
        "net_benefit": stats(rows[at]),
        "chance_of_gain": finite((rows[at] > 0).mean()),
        "chance": {str(n): finite((winner == k).mean()) for k, n in enumerate(choices)},
        "p05": int(np.quantile(own, 0.05, method="inverted_cdf")),
        "p95": int(np.quantile(own, 0.95, method="inverted_cdf")),
        "expected_loss": finite(rows.max(axis=0).mean() - mean[at]),
        "first_that_pays": paying[0] if paying else None,
        "at_the_edge": choices[at] == max(choices),
    }


def _enough(rows: F64) -> int:
    """Return the first of the choices [K, D] that none of the later ones surely beats."""
    draws = rows.shape[1]
    for k in range(len(rows)):
        more = rows[k + 1 :] - rows[k]
        error = more.std(axis=1, ddof=1) / np.sqrt(draws) if draws > 1 else np.zeros(len(more))
        if not np.any(more.mean(axis=1) > SURE * error):
            return k
    return len(rows) - 1


def staircase(places: Sequence[int], target: int) -> list[int]:
    """Return the sizes of successive years on the way to a target: every listed size, and never more than double.

    The first step is the smallest size; nothing at all where the target is nil.
    """
    if target <= 0:
        return []
    steps = [n for n in sorted(set(places)) if 0 < n <= target]
    if not steps or steps[-1] < target:
        steps.append(target)
    plan = [steps[0]]
    for n in steps[1:]:
        while n > STEP * plan[-1]:
            plan.append(STEP * plan[-1])
        if n > plan[-1]:
            plan.append(n)
    return plan


def scale_curve(study: Study, sized: Sized) -> Tree:
    """Return the curve of a finished study whose arms are sizes, as a tree that is strict JSON.

    Args:
        study: an opened results store.
        sized: the scenario it is of.

    Raises:
        UserError: no draw is finished, or the study has no prices.
    """
    if not study.manifest["lines"]:
        raise UserError.of("the scenario has no prices, so no size can be said to pay", key="prices",
                           cure="name a price book, for example prices: nl_2024")  # fmt: skip
    design = design_of(study)
    read = _Read(study, sized, design)
    sizes = [read.size(k) for k in range(len(sized.places))]
    society = read.net("society")
    for size, added in zip(sizes, next_place(society, sized.places), strict=True):
        size["next_place"] = {**stats(added), "pays": bool(added.mean() > 0), "chance": finite((added > 0).mean())}
    for size, added in zip(sizes, next_place(read.work_months(), sized.places), strict=True):
        size["next_place"]["work_months"] = finite(added.mean())
    best = {name: best_size(read.net(name), sized.places) for name in ("society", "municipality", *read.payers)}
    return {
        "layout": 1,
        "about": _about(study, sized, design),
        "sizes": sizes,
        "best": best,
        "break_even_places": {name: item["first_that_pays"] for name, item in best.items()},
        "next_place_stops": best["society"]["enough"] or best["society"]["places"],
        "staircase": _plan(sizes, sized, best["society"]["enough"] or best["society"]["places"]),
    }


def _about(study: Study, sized: Sized, design: Design) -> Tree:
    manifest, spec = study.manifest, sized.scenario.spec
    titles = manifest["titles"]
    book = manifest["resolved"]["prices"]
    return {
        **{key: manifest[key] for key in ("name", "content_hash", "model_version", "seed")},
        "title": titles.get("scenario"),
        "programme": sized.programme,
        "programme_title": titles.get(sized.programme),
        "of_arm": sized.of_arm,
        "null_alternative": design.arms[0],
        "null_title": titles.get(f"arm.{design.arms[0]}"),
        "world": spec.world,
        "off": list(spec.off),
        "scale": spec.scale,
        "youths": design.youths,
        "horizon_years": design.years,
        "draws": len(design.draws),
        "replicates": len(design.replicates),
        "price_year": None if book is None else book["price_year"],
        "own_places": sized.own_places,
        "team": sized.team,
        "budget": sized.budget,
        "unit": "EUR at present value over the simulated years, a size minus the null alternative",
        "per_place": "per place-year that was really filled",
        "per_place_offered": "per place over all simulated years, filled or not",
        "wait_months": "months waited for a place in the programme, per request of whoever was let in to the queue",
    }


class _Read:
    """What every size is made of, read once: arrays over arm (A, the null alternative first) and draw (D)."""

    def __init__(self, study: Study, sized: Sized, design: Design) -> None:
        self.study, self.sized, self.design = study, sized, design
        self.streams: Streams = from_store(study, design)
        self.lines = self.streams.lines
        self.present = self.streams.present.sum(axis=2)  # [A, D, L]
        names = payers_of(self.lines)
        gained = self.present - self.present[0]
        self.payers = tuple(p for p in names if np.any(gained @ weights(self.lines, p)))
        name = sized.programme
        self.enrolled = self._months(f"{name}.enrolled")
        self.starts = self._sum("entries", {"domain": [name], "state": ["enrolled"]}, "n")[:, :, :, 0, 0].mean(axis=2)
        exits = [f"queue.{name}.{answer}" for answer in ("asked", "left", "not_selected")]
        self.answers = self._sum("moves", {"exit": exits}, "n").mean(axis=2)
        self.provisions = [*self._employers(), name]
        measures = ("waiting", "granted", "months_waited", "open", "filled", "closed", "unsuited")
        years = tuple(range(design.years))
        shape: dict[str, Sequence[Any]] = {"year": years, "provision": self.provisions, "measure": measures}
        self.queues = self._sum("queues", shape, "quantity").mean(axis=2)  # [A, D, Y, P, M]
        self.measure = {m: self.queues[..., i] for i, m in enumerate(measures)}
        team: dict[str, Sequence[Any]] = {
            "year": years, "programme": [name], "measure": ("hours_needed", "hours_given", "strength", "coaches_left"),
        }  # fmt: skip
        has_team = sized.scenario.interventions[name].team is not None and "teams" not in sized.scenario.spec.off
        self.teams = self._sum("teams", team, "quantity")[:, :, :, :, 0] if has_team else None  # [A, D, R, Y, 4]
        pots: dict[str, Sequence[Any]] = {"measure": ("requests_without_money",)}
        self.no_money = self._sum("budgets", pots, "quantity").mean(axis=2)[:, :, 0]
        declared = outcomes_of(study.manifest)
        found = outcome_arrays(study, design, {k: v for k, v in declared.items() if k == "work"})
        self.work = found["work"].mean(axis=2) * design.youths * design.lived if "work" in found else None

    def _sum(self, table: str, axes: Mapping[str, Sequence[Any]], value: str) -> F64:
        """Return sums of a table as an array [A, D, R, ...]; nil where the study has no such table."""
        design = self.design
        run: dict[str, Sequence[Any]] = {"arm": design.arms, "draw": design.draws, "replicate": design.replicates}
        where = {k: tuple(str(x) for x in v) for k, v in axes.items() if k != "year" and len(v)}
        try:
            frame = sums(self.study, table, [*run, *axes], [value], **where)  # type: ignore[arg-type]
        except UserError:  # a world without teams or budgets has no such table
            return np.zeros([len(labels) for labels in (*run.values(), *axes.values())])
        frame = frame.astype(dict.fromkeys(("arm", *where), str))
        return array_of(frame, value, {**run, **axes})

    def _months(self, state: str) -> F64:
        domain, _, short = state.partition(".")
        months: F64 = self._sum("occupancy", {"domain": [domain], "state": [short]}, "n")[:, :, :, 0, 0].mean(axis=2)
        return months

    def _employers(self) -> list[str]:
        """Return the provisions of employers, by the world's own word; what nobody limits is left out."""
        told = self.study.manifest.get("world") or {"provisions": {}}
        return [name for name, item in told["provisions"].items() if item["kind"] == "employer"]

    def net(self, perspective: str) -> F64:
        """Return the net benefit per size and draw [K, D] of society, the municipality or a payer."""
        gained: F64 = (self.present[0] - self.present[1:]) @ weights(self.lines, perspective)
        return gained

    def work_months(self) -> F64:
        """Return months of work added per size and draw [K, D]; nil where the model knows no work."""
        return np.zeros(self.present.shape[:2])[1:] if self.work is None else np.asarray(self.work[1:] - self.work[0])

    def size(self, k: int) -> Tree:
        """Return everything about one size."""
        a, places = k + 1, self.sized.places[k]
        by_line = self.present[a] - self.present[0]
        cost = by_line @ below_the_line(self.lines, "society")
        net = self.net("society")[k]
        fixed_lines = np.array([float(line["quantity"] == "fixed") for line in self.lines])
        fixed = by_line @ (below_the_line(self.lines, "society") * fixed_lines)
        filled = self.enrolled[a] / 12
        offered = np.full(len(filled), float(places))
        work = self.work_months()[k]
        own = self.provisions.index(self.sized.programme)
        asked = np.maximum(self.answers[a, :, 0] - self.answers[a, :, 2], 0.0)  # who is not selected does not wait
        waited = self.measure["waiting"][a, :, :, own].sum(axis=1) * 12
        granted = self.measure["granted"][a, :, :, own].sum(axis=1)
        peak = self.measure["filled"][a, :, :, own].max(axis=1)
        ample = places > 0 and not asked.any()  # nobody need ask where places abound
        wait = stats(np.zeros(len(asked))) if ample else per_unit(waited, asked)
        return {
            "places": places,
            "arm": self.design.arms[a],
            "net_benefit_per_place": per_unit(net, filled),
            "cost_per_place": per_unit(cost, filled),
            "benefit_cost_ratio": per_unit(net + cost, np.where(cost > 0, cost, 0.0)),
            "wait_months": wait,
            "per_place_offered": {"net_benefit": per_unit(net, offered), "cost": per_unit(cost, offered)},
            "total": {
                "net_benefit": stats(net),
                "cost": stats(cost),
                "benefits": stats(net + cost),
                "fixed_cost": stats(fixed),
                "variable_cost": stats(cost - fixed),
                "chance_of_gain": finite((net > 0).mean()),
                "net_benefit_by_payer": {p: stats(self.net(p)[k]) for p in ("municipality", *self.payers)},
            },
            "filled": {
                "place_years": stats(filled),
                "most_at_once": stats(peak),
                "share_at_most": finite(peak.mean() / places) if places else None,
                "starts": stats(self.starts[a]),
            },
            "waiting": {
                "requests": finite(asked.mean()),
                "gave_up": finite(self.answers[a, :, 1].mean()),
                "not_selected": finite(self.answers[a, :, 2].mean()),
            },
            "unsuited_share": per_unit(self.measure["unsuited"][a, :, :, own].sum(axis=1), granted),
            "team": self._team(a),
            "employers": {p: self._provision(a, i) for i, p in enumerate(self.provisions) if i != own},
            "requests_without_money": finite(self.no_money[a].mean() - self.no_money[0].mean()),
            "work_years": stats(work / 12),
            "work_months_per_place": per_unit(work, filled),
        }

    def _team(self, a: int) -> Tree | None:
        """Return posts, and how much of the hours needed there was: strength is weighed by the hours needed."""
        if self.teams is None:
            return None
        needed, given = (self.teams[a, ..., i].sum(axis=(1, 2)) for i in (0, 1))
        weighed = (self.teams[a, ..., 2] * self.teams[a, ..., 0]).sum(axis=(1, 2))
        return {
            "posts": self.sized.posts(self.sized.places[a - 1]),
            "strength": per_unit(weighed, needed),
            "hours_given_share": per_unit(given, needed),
            "coaches_left_per_year": finite(self.teams[a, ..., 3].sum(axis=2).mean() / self.design.lived),
        }

    def _provision(self, a: int, i: int) -> Tree:
        """Return places at employers, how many are taken, who waits, and the mean wait of who got one."""
        means = {m: finite(self.measure[m][a, :, :, i].mean()) for m in ("open", "filled", "waiting", "closed")}
        waited = self.measure["months_waited"][a, :, :, i].sum(axis=1)
        granted = self.measure["granted"][a, :, :, i].sum(axis=1)
        return {**means, "wait_months": per_unit(waited, granted)}


def _plan(sizes: Sequence[Tree], sized: Sized, target: int) -> Tree:
    """Return a plan of growth to the best size: year, places, posts, yearly cost, and what to look at before a step."""
    known = np.array([size["places"] for size in sizes], float)
    cost = [size["cost_per_place"]["mean"] or 0.0 for size in sizes]
    steps = []
    for year, n in enumerate(staircase(sized.places, target), start=1):
        per_place = float(np.interp(n, known, cost))
        steps.append({"year": year, "places": n, "posts": sized.posts(n), "cost_per_year": finite(per_place * n)})
    return {"target": target, "steps": steps, "most_per_year": STEP}
