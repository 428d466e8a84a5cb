"""How much the engine's compact columns can hold; what does not fit is refused instead of counted wrongly."""

from __future__ import annotations

from typing import Any

from trajectsim.errors import UserError

__all__ = ["MOST_LINES", "MOST_STEPS", "refuse_what_does_not_fit"]

MOST_LINES = 32
"""Joint lines and measures together: a youth has one bit for each."""

MOST_STEPS = 32_000
"""Steps simulated, or lived before: moments are kept in 16 bits."""


def refuse_what_does_not_fit(scenario: Any, steps: int) -> None:
    """Refuse more joint lines and measures than the columns have bits for, and more steps than their moments hold.

    Raises:
        UserError: with the number found and the most allowed.
    """
    model, population = scenario.model, scenario.population
    lines = len(model.joint_lines) + len(model.measures)
    if lines > MOST_LINES:
        raise UserError.of(
            f"the model has {lines} joint lines and measures together",
            allowed=f"at most {MOST_LINES}",
            cure="leave out what no price names",
        )
    spans = [population.ages] + ([population.inflow.age] if population.inflow is not None else [])
    oldest = max([span.to for span in spans] + [preset.age for preset in population.presets.values()])
    before = 0 if population.run_in is None else population.run_in.months * model.steps_per_year // 12
    for what, n in (("years simulated", steps), ("years of age", round(oldest * model.steps_per_year) + before)):
        if n > MOST_STEPS:
            raise UserError.of(f"the {what} are {n} steps", allowed=f"at most {MOST_STEPS}", cure="choose longer steps")
