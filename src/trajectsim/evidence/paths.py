"""Paths of parameters: one name for each number of a scenario, and where it stands in its file.

`model.<domain>.<exit>.base`, `population.traits.<trait>.share`, `interventions.<name>.duration`,
`prices.lines.<line>.price`: keys joined by dots; the item of a list goes by its name, or by its number where it has
none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from trajectsim.evidence.parameter import Dirichlet, Parameter

__all__ = ["Found", "scenario_parameters", "walk"]

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Found:
    """A number of a scenario: its `path`, the `part` of the scenario (`model`, `population`, `interventions.<name>`,
    `prices`), where it stands in that part's file (`loc`), and the number itself."""

    path: str
    part: str
    loc: Loc
    item: Any


def walk(item: Any, path: str, kinds: tuple[type, ...], loc: Loc = ()) -> Iterator[tuple[str, Loc, Any]]:
    """Yield every item of the given kinds below a declaration, with its path and its place in the file."""
    if isinstance(item, kinds):
        yield path, loc, item
    elif isinstance(item, BaseModel):
        for field, info in type(item).model_fields.items():
            yield from walk(getattr(item, field), f"{path}.{field.rstrip('_')}", kinds, (*loc, info.alias or field))
    elif isinstance(item, Mapping):
        for key, value in item.items():
            yield from walk(value, f"{path}.{key}", kinds, (*loc, key))
    elif isinstance(item, (list, tuple)):
        for index, value in enumerate(item):
            yield from walk(value, f"{path}.{getattr(value, 'name', None) or index}", kinds, (*loc, index))


def scenario_parameters(scenario: Any, kinds: tuple[type, ...] = (Parameter, Dirichlet)) -> Iterator[Found]:
    """Yield every number of a scenario: of the model, the population, the interventions and what they are made of, the
    prices and the world, in this order.

    With other `kinds` (for example references) it yields those.
    """
    model = scenario.model
    for section in type(model).model_fields:
        if section != "domains":
            for path, loc, item in walk(getattr(model, section), f"model.{section}", kinds, (section,)):
                yield Found(path, "model", loc, item)
            continue
        for name, domain in model.domains.items():
            for n, way in enumerate(domain.exits):
                here: Loc = ("domains", name, "exits", n)
                for path, loc, item in walk(way, f"model.{name}.{way.name}", kinds, here):
                    yield Found(path, "model", loc, item)
    parts = {"population": scenario.population}
    parts.update({f"interventions.{name}": item for name, item in scenario.interventions.items()})
    made_of = getattr(scenario, "ingredients", {})
    parts.update({f"ingredients.{name}": item for name, item in made_of.items()})
    if scenario.prices is not None:
        parts["prices"] = scenario.prices
    if getattr(scenario, "world", None) is not None:
        parts["world"] = scenario.world
    for part, declared in parts.items():
        for path, loc, item in walk(declared, part, kinds):
            yield Found(path, part, loc, item)
