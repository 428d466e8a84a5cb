"""The form of a scenario file, its arms, and the place it starts from."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from trajectsim.config.schema.base import Frozen, Name, Text
from trajectsim.evidence.parameter import Parameter

__all__ = ["ArmSpec", "PlaceSpec", "ScenarioSpec"]


class ArmSpec(Frozen):
    """One world: a name and the interventions that run in it. `set` gives parameters another value in this arm only."""

    name: Name
    title: Text | None = None
    interventions: list[str] = []
    set: dict[str, float] = {}


class PlaceSpec(Frozen):
    """A place as people, institutions and prices: what a scenario that names it starts from.

    `replaces` gives parameters of model, population, prices and world the place's own values, each with its source.
    `scale`: how many such towns; see ScenarioSpec.
    """

    name: Name
    title: Text
    description: Text
    population: str
    prices: str | None = None
    world: str | None = None
    off: list[str] = []
    scale: Annotated[float, Field(gt=0)] = 1.0
    inhabitants: Parameter | None = None
    replaces: dict[str, Parameter] = {}


class ScenarioSpec(Frozen):
    """What a user writes: which model, people, prices and worlds, for how long, and how many draws and replicates.

    The first arm is the null alternative (nulalternatief). `set` overrides parameters by path. `world` names the town
    around the youths; without it, and with every mechanism in `off`, nothing is shared. `scale`: how many such towns
    together (places, others and budgets; not what a programme brings). `law_year` is the year of the law that holds.
    `on_month` names a Python file with a function of that name, called at the start of every month. `place` names a
    place, which gives the population, prices, world, scale, switches and its own values where the scenario gives none.
    `follow` may name presets of any packaged population.
    """

    name: Name
    title: Text
    model: str = "youth"
    place: str | None = None
    population: str
    size: Annotated[int, Field(ge=1)] | None = None
    prices: str | None = None
    world: str | None = None
    off: list[str] = []
    scale: Annotated[float, Field(gt=0)] = 1.0
    law_year: Annotated[int, Field(ge=2015, le=2035)] = 2024
    on_month: str | None = None
    years: Annotated[float, Field(gt=0, le=100)] = 10
    start: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] = "2024-09"
    arms: Annotated[list[ArmSpec], Field(min_length=1)]
    draws: Annotated[int, Field(ge=1)] = 200
    replicates: Annotated[int, Field(ge=1)] = 20
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    share_luck_across_draws: bool = False
    set: dict[str, float] = {}
    follow: list[str] = []

    @field_validator("arms")
    @classmethod
    def _names_differ(cls, arms: list[ArmSpec]) -> list[ArmSpec]:
        names = [arm.name for arm in arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"every arm needs a name of its own; '{twice[0]}' stands there twice")
        return arms
