"""What a user should know of a scenario that is no mistake: doses far beyond what was judged, levers that are idle."""

from __future__ import annotations

from dataclasses import dataclass

from trajectsim.config.check_levers import is_idle
from trajectsim.config.names import Names
from trajectsim.config.scenario import Scenario

__all__ = ["FAR", "Remark", "remarks"]

FAR = 4.0
"""Doses from so many times the reference dose on are told: there the stated function says more than the ingredient."""


@dataclass(frozen=True)
class Remark:
    """A remark by its phrase (`remark_<kind>` of the terminal) and the values it names."""

    kind: str
    values: dict[str, str]


def remarks(scenario: Scenario) -> list[Remark]:
    """Return the remarks about a checked scenario, intervention by intervention."""
    names, found = Names(scenario), []
    for name, item in scenario.interventions.items():
        for act in item.acts:
            made_of = next((x for x in scenario.ingredients.values() if x.name == act.ingredient), None)
            dose = names.value(f"interventions.{name}", act.dose)
            reference = None if made_of is None else names.value(f"ingredients.{made_of.name}", made_of.reference)
            if dose is not None and reference and dose >= FAR * reference:
                values = {"name": name, "ingredient": act.ingredient, "times": f"{dose / reference:.3g}"}
                found.append(Remark("far_dose", values))
        for lever in item.levers:
            if is_idle(scenario, lever):
                found.append(Remark("idle_lever", {"name": name, "parameter": lever.parameter}))
    return found
