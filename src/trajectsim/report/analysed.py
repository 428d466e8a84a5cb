"""What a report knows beyond its summary: the cost-benefit analysis, the decision, groups of youths, and the sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trajectsim.analysis.sheet import Sheet
from trajectsim.errors import UserError
from trajectsim.report.findings import Arm, Findings

__all__ = ["NOTHING", "Analysed", "analysed"]

Tree = Mapping[str, Any]


@dataclass(frozen=True)
class Analysed:
    """Trees as `analysis.mkba`, `analysis.decide` and `analysis.subgroups` return them; empty where there is none.

    The decision counts quality-adjusted life years beside money where the price book has a value for them.
    """

    mkba: Tree
    decision: Tree
    groups: Tree
    sheets: tuple[Sheet, ...] = ()

    def of(self, arm: Arm) -> Tree:
        """Return the cost-benefit tables of an arm; empty where there are none."""
        found: Tree = (self.mkba.get("arms") or {}).get(arm.name) or {}
        return found


NOTHING = Analysed({}, {}, {})


def analysed(found: Findings) -> Analysed:
    """Analyse the study behind a report; nothing where it has no second arm, no prices, or no model to price."""
    resolved = found.manifest.get("resolved") or {}
    if not found.others or not resolved.get("prices") or not resolved.get("model"):
        return NOTHING
    from trajectsim.analysis.mkba import mkba
    from trajectsim.analysis.outcomes import outcomes_of
    from trajectsim.analysis.quantities import quantities_of
    from trajectsim.analysis.sheet import MOST_DRAWS, sheets
    from trajectsim.analysis.subgroups import subgroups
    from trajectsim.analysis.tables import design_of

    study = found.study
    tree = _or_none(lambda: mkba(study))
    if tree is None:
        return NOTHING
    design = design_of(study)
    quantities = quantities_of(study, None, design)
    groups = subgroups(study, design, outcomes_of(study.manifest), quantities)
    most = max(20, MOST_DRAWS // len(found.others))
    return Analysed(tree, _decision(study), groups, tuple(sheets(study, most, quantities)))


def _decision(study: Any) -> Tree:
    from trajectsim.analysis.decide import LIFE_YEARS, decision_summary

    with_life = _or_none(lambda: decision_summary(study, effect=LIFE_YEARS))
    return with_life or _or_none(lambda: decision_summary(study)) or {}


def _or_none(make: Callable[[], Any]) -> Any:
    """Return what can be made of a study; None where it lacks what that takes."""
    try:
        return make()
    except UserError:
        return None
