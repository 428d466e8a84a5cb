"""What programmes are made of (werkzame bestanddelen): one effect per ingredient, wherever it is used.

An intervention names its ingredients and doses under `acts`; here they become effects whose numbers are references to
the ingredient's own, so that a draw, an evidence path or a setting changes every programme that is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from trajectsim.config.reader import Document
from trajectsim.config.schema import Ingredient, Intervention, InterventionEffect, Number, Use

__all__ = ["with_acts"]


def with_acts(
    item: Intervention, ingredients: Mapping[str, Ingredient], document: Document
) -> tuple[Intervention, Document]:
    """Return an intervention with the effects of its ingredients after its own, and where each of them comes from.

    Its acts name the ingredients by their own names, whatever file they came from.

    Args:
        item: the intervention as declared.
        ingredients: the ingredients it names, by the names it gives.
        document: its file as read.
    """
    effects = list(item.effects)
    origins = dict(document.origins)
    for j, act in enumerate(item.acts):
        found = ingredients[act.ingredient]
        owner, dose = f"ingredients.{found.name}", None
        if act.dose is not None:
            dose = _reference(act.dose, f"interventions.{item.name}", f"acts.{j}.dose")
        for n, effect in enumerate(found.effects):
            origins[("effects", len(effects))] = (document, ("acts", j))
            numbers = {
                key: _reference(number, owner, f"effects.{n}.{key}")
                for key in ("ratio", "adds", "drift")
                if (number := getattr(effect, key)) is not None
            }
            effects.append(
                InterventionEffect.model_validate(
                    {
                        "exit": effect.exit,
                        "latent": effect.latent,
                        "while": act.while_,
                        "dose": dose,
                        "reference": None if dose is None else Use(use=f"@{owner}.reference"),
                        **numbers,
                    }
                )
            )
    acts = [act.model_copy(update={"ingredient": ingredients[act.ingredient].name}) for act in item.acts]
    return item.model_copy(update={"acts": acts, "effects": effects}), Document(document.data, document.places, origins)


def _reference(number: Number, owner: str, path: str) -> Use:
    """Return a reference by full path to a number that stands at `path` of its owner, or to what it refers to."""
    if isinstance(number, Use):
        return number if number.use.startswith("@") else Use(use=f"@{owner}.parameters.{number.use}")
    return Use(use=f"@{owner}.{path}")
