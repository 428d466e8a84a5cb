"""The social cost-benefit analysis (MKBA) of a study, as one tree of tables.

Everything is an arm minus the null alternative, in euros per youth unless said otherwise. Totals are at present value
and hold the simulated years only; the long run stands beside them. Net costs are positive, so a saving is negative; net
present value has the other sign. Where every number comes from: `lines`, quantity times price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.breakeven import break_even
from trajectsim.analysis.budget import at_marginal_prices, budget, calendar
from trajectsim.analysis.long_run import age_at_start, long_run
from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.quantities import LineQuantities, quantities_of
from trajectsim.analysis.reprice import running_in, values_under
from trajectsim.analysis.statistics import QUANTILES, finite
from trajectsim.analysis.streams import (
    MUNICIPALITY,
    PERSPECTIVES,
    Streams,
    below_the_line,
    cut,
    from_quantities,
    from_store,
    payers_of,
    spread,
    weights,
)
from trajectsim.analysis.tables import Design, Study, design_of, sums
from trajectsim.analysis.what_if import (
    deadweight,
    displacement,
    double_counts,
    leisure,
    price_levels,
    quantity_to_break_even,
    rates,
)
from trajectsim.analysis.wrong_pocket import wrong_pocket
from trajectsim.config.schema import Intervention, PriceBook
from trajectsim.economics.discounting import internal_rate
from trajectsim.economics.prices import CATEGORY_NAMES, DISCOUNTS
from trajectsim.economics.projection import projection_of
from trajectsim.errors import UserError

__all__ = ["mkba"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]


def mkba(
    study: Study, book: PriceBook | None = None, rate: float | None = None, horizon: int | None = None
) -> Tree:
    """Return the cost-benefit analysis of a finished study as strict JSON; nothing is simulated.

    Args:
        study: an opened results store with a price book.
        book: another price book; drawn as the study would have drawn it.
        rate: one discount rate per year for every line, in place of the price book's.
        horizon: count the first so many years only.

    Returns:
        `about` and, under `arms`, for every arm but the first: `lines`, `payer_by_category`, `transfers`,
        `perspectives`, `budget`, `marginal_prices`, `fixed_and_variable`, `who_pays_who_gains`, `what_if`, `long_run`.

    Raises:
        UserError: nothing is finished, the study has no price book and none is given, or the horizon is out of reach.
    """
    design = design_of(study)
    _checked(design, rate, horizon)
    found = quantities_of(study, book, design)
    own = book is None and rate is None
    streams = from_store(study, design) if own else from_quantities(found, rate)
    if horizon is not None and horizon < design.years:
        streams, found = cut(streams, horizon), _first(found, horizon)
    if book is None:
        book = PriceBook.model_validate(study.manifest["resolved"]["prices"])
    drawn = values_under(study, book, design.draws)
    context = _Context(study, streams, found, book, [drawn[d] for d in design.draws], rate)
    return {"about": _about(context), "arms": {arm: context.arm(a) for a, arm in enumerate(design.arms) if a}}


def _checked(design: Design, rate: float | None, horizon: int | None) -> None:
    if horizon is not None and not 1 <= horizon <= design.years:
        raise UserError.of(
            f"a horizon of {horizon} years is not within the years simulated", key="horizon",
            allowed=f"1 to {design.years}",
        )  # fmt: skip
    if rate is not None and not -0.5 < rate < 1:
        raise UserError.of(
            f"{rate:g} is no discount rate per year", key="rate", allowed="above -0.5 and below 1, for example 0.0225"
        )


def _first(found: LineQuantities, years: int) -> LineQuantities:
    steps = min(found.steps, years * found.table.names.steps_per_year)
    return LineQuantities(found.table, found.design, steps, found.quantity[:, :, :years], found.values)


def _about(context: _Context) -> Tree:
    found, design = context.found, context.streams.design
    used = found.values[0][:, found.table.rates].mean(axis=0)
    return {
        "unit": "EUR per youth, present value over the simulated years unless said otherwise; net costs are positive",
        "price_book": context.book.name,
        "price_year": context.book.price_year,
        "rates": _rates(used, context.rate),
        "horizon_years": design.years,
        "youths": design.youths,
        "draws": len(design.draws),
        "replicates": len(design.replicates),
        "null_alternative": design.arms[0],
        "headline": "simulated years only: effects end with the horizon; the long run stands apart",
        "counted_twice": double_counts(context.streams.lines),
    }


def _rates(used: F64, rate: float | None) -> Tree:
    return {"all": rate} if rate is not None else dict(zip(DISCOUNTS, map(finite, used), strict=True))


class _Context:
    """What every table is made of, read once."""

    def __init__(
        self, study: Study, streams: Streams, found: LineQuantities, book: PriceBook,
        drawn: Sequence[Mapping[str, float]], rate: float | None,
    ) -> None:  # fmt: skip
        self.study, self.streams, self.found, self.book, self.rate = study, streams, found, book, rate
        self.drawn = drawn
        self.lines = streams.lines
        table = found.table
        columns = table.cashable
        self.cashable = np.where(columns >= 0, found.values[0][:, columns], 1.0)
        spy, steps = table.names.steps_per_year, int(study.manifest["steps"])
        self.years, self.of_year = calendar(
            str(study.manifest.get("start") or "2024-01"), min(steps, streams.design.years * spy), spy
        )
        self.lived = min(steps, streams.design.years * spy) / spy
        self.projection = projection_of(book)
        self.age = age_at_start(study) if self.projection else None
        resolved = study.manifest["resolved"]
        self.declared: dict[str, Any] = {"prices": book}
        for name, item in (resolved.get("interventions") or {}).items():
            self.declared[f"interventions.{name}"] = Intervention.model_validate(item)
        declared = outcomes_of(study.manifest)
        self.outcomes = outcome_arrays(study, design_of(study), declared)
        self.good = {name: outcome.good for name, outcome in declared.items()}

    def arm(self, a: int) -> Tree:
        """Return everything about one arm beside the first."""
        amount, present = self.streams.difference(a)
        by_line = present.sum(axis=1)
        standard = self.found.values[0][:, self.found.table.rates[0]]
        return {
            "lines": self.line_table(a, amount, by_line),
            "payer_by_category": payer_by_category(by_line, self.lines),
            "transfers": _transfers(by_line, self.lines),
            "perspectives": {
                name: _perspective(amount, present, self.lines, name)
                for name in (*PERSPECTIVES, *payers_of(self.lines))
            },
            "budget": budget(amount, self.lines, self.cashable, self.years, self.of_year, self.streams.design.youths),
            "marginal_prices": at_marginal_prices(present, self.lines, self.cashable),
            "fixed_and_variable": _fixed_and_variable(by_line, self.lines, self.taking_part(a)),
            "who_pays_who_gains": wrong_pocket(present, self.lines),
            "what_if": {
                "rates": rates(self.found, a),
                "price_levels": price_levels(self.found, a, self.declared),
                "displacement": displacement(present, self.lines),
                "leisure": leisure(present, self.lines),
                "deadweight": deadweight(self.outcomes, self.good, a),
                "quantity_to_break_even": {
                    name: quantity_to_break_even(
                        present, self.lines, self.found.prices[a].mean(axis=0), self.streams.design.youths, name
                    )
                    for name in ("society", "municipality")
                },
            },
            "long_run": long_run(
                amount, present, self.lines, self.projection, self.drawn,
                standard if self.rate is None else np.full(len(standard), self.rate),
                self.lived, self.age,
            ),
        }  # fmt: skip

    def taking_part(self, a: int) -> float:
        """Return how many start in a programme of the arm, per youth of the cohort (who starts twice counts twice)."""
        names = running_in(self.study.manifest).get(self.streams.design.arms[a], ())
        frame = sums(self.study, "entries", ["arm", "draw", "year", "domain", "state"], ["n"])
        own = (frame["arm"].astype(str) == self.streams.design.arms[a]) & frame["domain"].astype(str).isin(list(names))
        design = self.streams.design  # the years within the horizon: what is paid per start is paid in these
        own &= (frame["state"].astype(str) == "enrolled") & frame["draw"].isin(list(design.draws))
        own &= frame["year"] < design.years
        return float(frame[own]["n"].sum()) / (len(design.draws) * len(design.replicates) * design.youths)

    def line_table(self, a: int, amount: F64, by_line: F64) -> list[Tree]:
        """Return quantity times price line by line, for lines that count anything in either arm."""
        quantity = self.found.quantity.sum(axis=2).mean(axis=1) / self.streams.design.youths
        price = self.found.prices[a].mean(axis=0)
        out = []
        for i, line in enumerate(self.lines):
            if not (np.any(self.streams.amount[[0, a], :, :, i]) or quantity[0, i] or quantity[a, i]):
                continue
            keep = (
                "line", "title", "quantity", "of", "unit", "payer", "beneficiary", "category", "kind", "programme",
                "displaces", "grade", "path",
            )  # fmt: skip
            out.append({
                **{key: line.get(key) for key in keep},
                "count": {
                    "null": finite(quantity[0, i]), "arm": finite(quantity[a, i]),
                    "difference": finite(quantity[a, i] - quantity[0, i]),
                },
                "price": finite(price[i]),
                "amount": finite(amount[:, :, i].sum(axis=1).mean()),
                "present": spread(by_line[:, i]),
                "society": finite((by_line[:, i] * weights([line], "society")[0]).mean()),
                "cashable": finite(self.cashable[:, i].mean()),
            })  # fmt: skip
        return out


def payer_by_category(by_line: F64, lines: Sequence[Mapping[str, Any]]) -> Tree:
    """Return net costs by payer and category with their sums, means over draws [D, L]; `society` is the sum of payers.

    Costs are positive; a payer's receipts and benefits are negative, so transfers vanish in the row of society.
    """
    mean = by_line.mean(axis=0)
    categories = [c for c in CATEGORY_NAMES if any(line["category"] == c for line in lines)]
    out: Tree = {}
    for payer in (*payers_of(lines), "society"):
        cells = {c: float(mean @ weights(lines, payer, category=c)) for c in categories}
        own = by_line @ weights(lines, payer)
        out[payer] = {"categories": {c: finite(v) for c, v in cells.items()}, "total": spread(own)}
    return out


def _transfers(by_line: F64, lines: Sequence[Mapping[str, Any]]) -> list[Tree]:
    """Return what payers pass to each other: nothing for society, real for both."""
    mean = by_line.mean(axis=0)
    sums: dict[tuple[str, str], float] = {}
    for line, amount in zip(lines, mean, strict=True):
        if line["kind"] == "transfer":
            pair = (str(line["payer"]), str(line["beneficiary"]))
            sums[pair] = sums.get(pair, 0.0) + float(amount)
    return [{"payer": a, "beneficiary": b, "amount": finite(v)} for (a, b), v in sums.items() if v]


def _perspective(amount: F64, present: F64, lines: Sequence[Mapping[str, Any]], name: str) -> Tree:
    """Return costs, benefits, ratio, net present value, internal rate of return and break-even of one perspective."""
    whole, below = weights(lines, name), below_the_line(lines, name)
    net = present @ whole
    by_line = present.sum(axis=1)
    cost, total = by_line @ below, net.sum(axis=1)
    gained = by_line.mean(axis=0) * (below - whole)
    yearly = -(amount @ whole)
    returns = internal_rate(yearly) if name in PERSPECTIVES else np.full(len(yearly), np.nan)
    defined = returns[np.isfinite(returns)]
    tree: Tree = {
        "programme_cost": spread(cost),
        "benefits": spread(cost - total),
        "net_present_value": spread(-total),
        "ratio": finite((cost - total).mean() / cost.mean()) if cost.mean() > 0 else None,
        "chance_of_gain": finite((total < 0).mean()) if np.any(total) else None,
        "break_even": break_even(net[:, None, :]),
        "internal_rate": {
            "centre": finite(internal_rate(yearly.mean(axis=0))),
            **{k: finite(np.quantile(defined, q)) if len(defined) else None for k, q in QUANTILES.items()},
            "undefined": finite(1 - len(defined) / len(returns)),
        },
        "benefits_by_category": {
            c: finite(sum(v for v, line in zip(gained, lines, strict=True) if line["category"] == c))
            for c in CATEGORY_NAMES
            if any(line["category"] == c for line in lines)
        },
    }
    if name == "municipality":
        laws = [p for p in payers_of(lines) if p.startswith(MUNICIPALITY)]
        tree["by_law"] = {law: spread(by_line @ weights(lines, law)) for law in laws}
    if name not in PERSPECTIVES:
        del tree["internal_rate"]
    return tree


_COUNTED = {
    "start_up": ("once",), "fixed": ("month", "year"), "per_start": ("entries", "event"),
    "per_month": ("state", "joint", "measure"), "per_hour": ("hours",),
}  # fmt: skip
"""Kinds of programme costs, by what they count."""


def _fixed_and_variable(by_line: F64, lines: Sequence[Mapping[str, Any]], starts: float) -> Tree:
    """Return the programme's costs apart: start-up and running as a whole, per start, per month and per hour.

    `starts`: how many start, per youth of the cohort; `paid_per_start` is everything paid over the starts.
    """
    society = weights(lines, "society")
    paid = np.array([1.0 if line["kind"] != "benefit" else -1.0 for line in lines])
    out: Tree = {}
    counted = [line["of"] if line["quantity"] == "fixed" else line["quantity"] for line in lines]
    for name, kinds in _COUNTED.items():
        own = zip(lines, counted, strict=True)
        mine = np.array([float(bool(line["programme"]) and kind in kinds) for line, kind in own])
        out[name] = {"paid": spread(by_line @ (mine * paid)), "society": spread(by_line @ (mine * society))}
    whole = sum(part["paid"]["mean"] or 0.0 for part in out.values())
    return {"parts": out, "starts": finite(starts), "paid_per_start": finite(whole / starts) if starts else None}
