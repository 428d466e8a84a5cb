"""The value triangle (waardendriehoek): how a plan stands on legitimacy, involvement and return, side by side.

The breakthrough method (doorbraakmethode) tests a plan at three corners that are not added up. *Legitimacy*: which
rules of the law the plan works on, and for which it needs an exception. *Involvement*: what it means to the youths
themselves: trust, autonomy, quality of life. *Return*: what it costs and brings, and for whom. An arm is laid beside
the null alternative.

The rules are found by what is declared: a rule whose exits, parameters, price lines or mechanisms the arm's
interventions move is *touched*; one that brings a bar or a duty to an age that may take part asks for an *exception*.
That is a list to take to a lawyer, no legal advice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.scaleup import per_unit, stats
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import INTANGIBLE, PERSPECTIVES, below_the_line, from_store, payers_of, weights
from trajectsim.analysis.tables import Study, design_of
from trajectsim.config.law import LawSpec, load_law
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import ArmSpec, Intervention
from trajectsim.economics.prices import QALY
from trajectsim.engine.tables import LATENT_ONE
from trajectsim.errors import UserError
from trajectsim.model.model import TrajectModel
from trajectsim.study.frozen import thaw

__all__ = ["AUTONOMY", "legitimacy", "mean_latents", "scenario_of", "triangle"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
AUTONOMY = ("work", "benefit", "out_of_home", "detention", "refusals", "out_of_view")
"""Outcomes that say how far a youth's life is the youth's own: own income, imposed places, being heard, being seen."""

REPLICATES = 5
"""Replicates of the lives at central values of which latents are read: the tables of a study hold none by month."""


def triangle(study: Study, folder: Path, replicates: int = REPLICATES) -> Tree:
    """Return the three corners of every arm but the first, as a tree that is strict JSON.

    Args:
        study: an opened results store. folder: where it lies; its scenario is kept there.
        replicates: how often the arms are lived at central values for latents.

    Raises:
        UserError: there is one arm, or nothing is finished.
    """
    design = design_of(study)
    if len(design.arms) < 2:
        raise UserError.of("there is one arm, and nothing to lay beside it", key="arms", cure="give a second arm")
    scenario = scenario_of(study, folder)
    latents = mean_latents(scenario, replicates)
    manifest = study.manifest
    return {
        "layout": 1,
        "about": {
            "name": manifest["name"],
            "title": manifest["titles"].get("scenario"),
            "null_alternative": design.arms[0],
            "arm_titles": {arm: manifest["titles"].get(f"arm.{arm}") for arm in design.arms},
            "youths": design.youths,
            "horizon_years": design.years,
            "draws": len(design.draws),
            "law_year": scenario.spec.law_year,
            "unit": "per youth, an arm minus the null alternative; EUR at present value, a gain is positive",
            "latents": f"mean over all months and {replicates} replicates at central values, in standard deviations",
        },
        "exit_titles": {path: title for path, title in manifest["titles"].items() if path in _moved_by(scenario)},
        "latent_titles": {name: manifest["titles"].get(f"latent.{name}") for name in latents},
        "arms": _corners(study, scenario, latents),
    }


def scenario_of(study: Study, folder: Path) -> Scenario:
    """Return the scenario that is kept beside a study's results. Raises UserError where there is none."""
    name = str(study.manifest["content_hash"])[:16]
    file = folder / "scenarios" / f"{name}.json"
    if not file.is_file():
        raise UserError.of("no scenario is kept with these results", file=str(folder), cure="run the scenario again")
    kept = thaw(json.loads(file.read_text(encoding="utf-8")), name)
    # Who set a number is no part of the scenario; without it a number from the command line has an unknown source.
    return replace(kept, provenance=dict(study.manifest.get("provenance") or {}))


def mean_latents(scenario: Scenario, replicates: int) -> dict[str, F64]:
    """Return the mean of each latent over all youths and months [A, R], in its standard deviations, at central
    values."""
    arms = [arm.name for arm in scenario.spec.arms]
    names = {name: latent.per for name, latent in scenario.model.latents.items()}
    out = {name: np.zeros((len(arms), replicates)) for name in names}
    for a, arm in enumerate(arms):
        for k in range(replicates):
            model = TrajectModel(scenario, arm=arm, replicate=k, collect=False)
            rows, months = model.program.rows.latents, model.program.steps
            for _ in range(months):
                model.step()
                for name, per in names.items():
                    out[name][a, k] += model.columns.slow[rows[name]].mean() / LATENT_ONE / per / months
    return out


def _corners(study: Study, scenario: Scenario, latents: Mapping[str, F64]) -> Tree:
    design = design_of(study)
    declared = outcomes_of(study.manifest)
    outcomes = outcome_arrays(study, design, {k: v for k, v in declared.items() if k in AUTONOMY})
    streams = from_store(study, design) if study.manifest["lines"] else None
    law = load_law()
    tree: Tree = {}
    for a, arm in enumerate(design.arms):
        if a == 0:
            continue
        spec = scenario.spec.arms[a]
        autonomy = {
            name: {
                **declared[name].model_dump(include={"title", "unit", "good"}),
                "null": finite(values[0].mean()),
                "arm": finite(values[a].mean()),
                "difference": stats((values[a] - values[0]).mean(axis=1)),
            }
            for name, values in outcomes.items()
        }
        changed = {
            name: {"null": finite(v[0].mean()), "arm": finite(v[a].mean()), "difference": stats(v[a] - v[0])}
            for name, v in latents.items()
        }
        tree[arm] = {
            "legitimacy": legitimacy(scenario, spec, law),
            "involvement": {"latents": changed, "autonomy": autonomy},
            "return": None,
        }
        if streams is not None:
            present = streams.difference(a)[1].sum(axis=1)
            found = np.array([float(line["category"] == INTANGIBLE) for line in streams.lines])
            gained = -present @ (weights(streams.lines, "society") * found)
            value = study.manifest["parameters"].get(f"prices.parameters.{QALY}", {}).get("value")
            tree[arm]["involvement"]["quality_of_life"] = {
                "euros": stats(gained),
                "qaly": None if not value else finite(gained.mean() / float(value)),
            }
            tree[arm]["return"] = _money(present, streams.lines)
    return tree


def _money(present: F64, lines: Sequence[Mapping[str, Any]]) -> Tree:
    """Return net benefits (a gain is positive) of society, the municipality and every payer, and the ratio."""
    cost = present @ below_the_line(lines, "society_without_intangibles")
    net = {name: -present @ weights(lines, name) for name in (*PERSPECTIVES, *payers_of(lines))}
    plain = net["society_without_intangibles"]
    return {
        "net_benefit": {
            name: {**stats(values), "chance_of_gain": finite((values > 0).mean())}
            for name, values in net.items()
            if np.any(values) or name in PERSPECTIVES
        },
        "ratio": per_unit(plain + cost, np.where(cost > 0, cost, 0.0)),
    }


# --- legitimacy -------------------------------------------------------------------------------------------------------


def legitimacy(scenario: Scenario, arm: ArmSpec, law: LawSpec) -> Tree:
    """Return the rules that an arm's interventions touch, and those for which they ask an exception.

    `exceptions` and `touched` list rules in force in the scenario's year of law, each with what of it is touched;
    `payers` are those who pay for the approach (more than one law: money of several laws is put together), `pooled`
    the titles of pooled budgets that are open in the arm.
    """
    exceptions: list[Tree] = []
    touched: list[Tree] = []
    items = [scenario.interventions[name] for name in arm.interventions]
    moved = _moved(scenario, items, arm)
    spans = [item.eligible.age for item in items if item.eligible is not None and item.eligible.age is not None]
    ages = [(span.from_ or 0.0, span.to or np.inf) for span in spans]
    for name, rule in law.rules.items():
        lived = {*rule.in_model.exits, *rule.in_model.parameters, *rule.in_model.mechanisms}
        through = sorted(lived & moved)
        low, high = rule.age.from_ or 0.0, rule.age.to or np.inf
        of_age = not ages or any(low < end and start < high for start, end in ages)
        if not (through and rule.in_force.holds(scenario.spec.law_year) and of_age):
            continue
        closes = [word for word in rule.brings if law.entitlements[word].kind in ("bar", "duty")]
        record = {
            "rule": name,
            "law": law.laws[rule.law].model_dump(),
            "text": rule.rule.model_dump(),
            "age": {"from": rule.age.from_, "to": rule.age.to},
            "brings": [law.entitlements[word].title.model_dump() for word in closes or rule.brings],
            "through": through,
            "source": rule.source,
            "locator": rule.locator,
            "grade": rule.grade,
        }
        (exceptions if closes else touched).append(record)
    lines = [line for item in items for line in item.costs.values() if line.programme]
    return {
        "exceptions": exceptions,
        "touched": touched,
        "payers": list(dict.fromkeys(str(line.payer) for line in lines)),
        "pooled": _pooled(scenario, arm),
    }


def _moved_by(scenario: Scenario) -> set[str]:
    """Return the names of everything that any arm moves."""
    found: set[str] = set()
    for arm in scenario.spec.arms:
        found |= _moved(scenario, [scenario.interventions[name] for name in arm.interventions], arm)
    return found


def _moved(scenario: Scenario, items: Sequence[Intervention], arm: ArmSpec) -> set[str]:
    """Return the names of exits, parameters and mechanisms that interventions or settings of an arm move."""
    moved: set[str] = set()
    for item in items:
        moved |= {effect.exit for effect in item.effects if effect.exit is not None}
        moved |= {lever.parameter.removeprefix("model.parameters.") for lever in item.levers}
        moved |= {lever.mechanism for lever in item.levers if lever.mechanism is not None}
        changed = {change.provision for change in item.changes}
        if scenario.world is not None and changed:
            moved |= {key for key, mechanism in scenario.world.mechanisms.items() if changed & set(mechanism.places)}
    moved |= {path.removeprefix("model.parameters.") for path in arm.set}
    return moved


def _pooled(scenario: Scenario, arm: ArmSpec) -> list[dict[str, str]]:
    mechanisms = {} if scenario.world is None else scenario.world.mechanisms
    return [
        budget.title.model_dump()
        for mechanism in mechanisms.values()
        for budget in mechanism.budgets.values()
        if budget.pooled and (not budget.opened_by or any(name in budget.opened_by for name in arm.interventions))
    ]
