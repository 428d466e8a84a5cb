"""What a pooled budget is worth (ontschotting): pooled minus siloed, per payer, with the transfers that make up losses.

Amounts are euros per youth at present value; a cost is positive. Who pays follows the price book in both, so what
differs is what becomes of the youths, and what deciding and administering cost.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.scaleup import stats
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import from_store, weights
from trajectsim.analysis.tables import Study, array_of, design_of, sums
from trajectsim.analysis.wrong_pocket import wrong_pocket
from trajectsim.config.pooled import ARM, SILOED, Pooling
from trajectsim.config.scenario import Scenario, content_hash
from trajectsim.errors import UserError
from trajectsim.study.run import run_scenario

__all__ = ["run_silos", "silos_of"]

Tree = dict[str, Any]
ANSWERS = ("asked", "granted", "refused", "passed_on", "left", "no_money")


def run_silos(
    pooling: Pooling, out: Path, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Tree:
    """Run a scenario siloed and pooled, in two folders of `out`, and return what differs.

    Both keep what they have done and go on where they stopped. Tree: see `silos_of`.
    """

    def run(scenario: Scenario, name: str) -> Study:
        folder = out / f"{name}-{content_hash(scenario)[:8]}"
        return run_scenario(scenario, folder, workers=workers, progress=progress, lives=False)

    siloed = run(pooling.siloed, SILOED)
    pooled = None if pooling.pooled is None else run(pooling.pooled, "pooled")
    return silos_of(siloed, pooled, pooling)


def silos_of(siloed: Study, pooled: Study | None, pooling: Pooling) -> Tree:
    """Return what every form of pooling is worth, as a tree that is strict JSON.

    `forms` by name: `society` (net benefit, a gain is positive), `who_pays_who_gains` (`wrong_pocket` of pooled minus
    siloed: net costs by payer, and transfers after which nobody who holds a budget is worse off), `lives` (outcomes per
    youth) and `requests` (what became of them, in the cohort).

    Raises:
        UserError: nothing is finished, or there are no prices.
    """
    if not siloed.manifest["lines"]:
        raise UserError.of("the scenario has no prices, so no payer can be told", key="prices",
                           cure="name a price book, for example prices: nl_2024")  # fmt: skip
    own = _Read(siloed)
    other = own if pooled is None else _Read(pooled)
    forms = {form: _form(form, own, own if form == "desks" else other) for form in pooling.forms}
    titles = siloed.manifest["titles"]
    others = {} if pooled is None else pooled.manifest["titles"]
    return {
        "layout": 1,
        "about": {
            "name": siloed.manifest["name"],
            "title": titles.get("scenario"),
            "of_arm": pooling.of_arm,
            "arm_titles": {name: {**others, **titles}.get(f"arm.{ARM.format(name)}") for name in (SILOED, *forms)},
            "pots": {name: title.model_dump() for name, title in pooling.pots.items()},
            "youths": own.design.youths,
            "horizon_years": own.design.years,
            "draws": len(own.design.draws),
            "replicates": len(own.design.replicates),
            "unit": "EUR per youth at present value over the simulated years, pooled minus siloed; a cost is positive",
        },
        "forms": forms,
        "outcome_titles": {k: own.declared[k].model_dump(include={"title", "unit", "good"}) for k in own.outcomes},
    }  # fmt: skip


class _Read:
    """One study: money by line, outcomes and requests, read once."""

    def __init__(self, study: Study) -> None:
        self.design = design_of(study)
        self.streams = from_store(study, self.design)
        self.declared = outcomes_of(study.manifest)
        self.outcomes = outcome_arrays(study, self.design, self.declared)
        self.provisions = list((study.manifest.get("world") or {"provisions": {}})["provisions"])
        exits = [f"queue.{name}.{answer}" for name in self.provisions for answer in ANSWERS]
        axes: dict[str, Any] = {"arm": self.design.arms, "draw": self.design.draws, "exit": exits}
        frame = sums(study, "moves", ["arm", "draw", "exit"], ["n"]).astype({"arm": str, "exit": str})
        found = array_of(frame, "n", axes) / len(self.design.replicates)
        self.requests = found.reshape(*found.shape[:2], len(self.provisions), len(ANSWERS))


def _form(form: str, siloed: _Read, pooled: _Read) -> Tree:
    draws = [d for d in siloed.design.draws if d in pooled.design.draws]
    rows = [[read.design.draws.index(d) for d in draws] for read in (siloed, pooled)]
    at = [siloed.design.arms.index(ARM.format(SILOED)), pooled.design.arms.index(ARM.format(form))]
    apart = pooled.streams.present[at[1]][rows[1]] - siloed.streams.present[at[0]][rows[0]]
    apart = apart / siloed.design.youths  # [D, Y, L]
    lines = siloed.streams.lines
    society = -(apart.sum(axis=1) @ weights(lines, "society"))
    lives = {}
    for name, values in siloed.outcomes.items():
        one, two = values[at[0]].mean(axis=1)[rows[0]], pooled.outcomes[name][at[1]].mean(axis=1)[rows[1]]
        lives[name] = {"siloed": finite(one.mean()), "pooled": finite(two.mean()), "difference": stats(two - one)}
    requests = {}
    for p, name in enumerate(siloed.provisions):
        if name in pooled.provisions:
            both = (siloed.requests[at[0], :, p], pooled.requests[at[1], :, pooled.provisions.index(name)])
            if any(np.any(x) for x in both):
                sides = zip((SILOED, "pooled"), both, strict=True)
                requests[name] = {
                    side: {a: finite(x[:, i].mean()) for i, a in enumerate(ANSWERS)} for side, x in sides
                }
    return {
        "society": {**stats(society), "chance_of_gain": finite((society > 0).mean()) if np.any(society) else None},
        "who_pays_who_gains": wrong_pocket(apart, lines),
        "lives": lives,
        "requests": requests,
    }
