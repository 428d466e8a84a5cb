"""The titles that files give to what they declare, by path, in both languages."""

from __future__ import annotations

from trajectsim.config.intervention import intervention_domain, programmes
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import ModelSpec, Text

__all__ = ["Titles", "model_titles", "titles_of"]

Titles = dict[str, dict[str, str]]


def model_titles(model: ModelSpec) -> Titles:
    """Return the titles of a model's domains, states, exits, events, constraints, latents and traits."""
    found: dict[str, Text | None] = {}
    for name, domain in model.domains.items():
        found[name] = domain.title
        found.update({f"{name}.{state}": item.title for state, item in domain.states.items()})
        found.update({f"{name}.{way.name}": way.title for way in domain.exits})
    found.update({f"event.{name}": text for name, text in model.events.items()})
    found.update({f"constraint.{item.name}": item.title for item in model.constraints})
    found.update({f"latent.{name}": item.title for name, item in model.latents.items()})
    found.update({f"trait.{name}": item.title for name, item in model.traits.items()})
    return {path: text.model_dump() for path, text in found.items() if text is not None}


def titles_of(scenario: Scenario) -> Titles:
    """Return all titles of a scenario: its own, those of its arms, model, programmes, prices and world."""
    titles = model_titles(scenario.model)
    found: dict[str, Text | None] = {"scenario": scenario.spec.title}
    found.update({f"arm.{arm.name}": arm.title for arm in scenario.spec.arms})
    for name, item in scenario.interventions.items():
        found[name] = item.title
        found.update({f"prices.lines.{name}.{line}": cost.title for line, cost in item.costs.items()})
    for name, item in programmes(scenario.interventions).items():
        domain = intervention_domain(item)
        found.update({f"{name}.{state}": held.title for state, held in domain.states.items()})
        found.update({f"{name}.{way.name}": way.title for way in domain.exits})
    if scenario.prices is not None:
        found.update({f"prices.lines.{line}": item.title for line, item in scenario.prices.lines.items()})
    found.update({f"mechanism.{name}": item.title for name, item in scenario.switches.items()})
    if scenario.world is not None:
        found.update({f"provision.{name}": item.title for name, item in scenario.world.provisions.items()})
        for mechanism in scenario.world.mechanisms.values():
            found.update({f"budget.{name}": item.title for name, item in mechanism.budgets.items()})
    return titles | {path: text.model_dump() for path, text in found.items() if text is not None}
