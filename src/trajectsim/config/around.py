"""A scenario with a world around it: its own, or the packaged town where it names none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trajectsim.config.check import check
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.errors import UserError

__all__ = ["TOWN", "load_in_world"]

TOWN = "town"


def load_in_world(path: str | Path, overrides: Mapping[str, str] = {}) -> tuple[Scenario, bool]:
    """Return a checked scenario in a world, and whether the packaged town was laid around it.

    Questions about scarcity have no meaning without a world: nothing is then scarce, decided upon or shared.

    Raises:
        UserError: mistakes in the files; or the scenario names no world and the packaged town does not fit its model.
    """
    scenario = load_scenario(path, overrides)
    if mistakes := check(scenario):
        raise UserError(mistakes)
    if scenario.spec.world is not None:
        return scenario, False
    try:
        laid = load_scenario(path, {**overrides, "world": TOWN})
        mistakes = check(laid)
    except UserError as error:
        mistakes = list(error.mistakes)
    if mistakes:
        raise UserError.of(
            "the scenario names no world, so nothing is scarce and every place is worth the same; "
            f"the packaged world '{TOWN}' does not fit its model", file=str(path), key="world",
            cure="name a world that does (docs/concepts/world.md)",
        )  # fmt: skip
    return laid, True
