"""A place that a scenario starts from: its people, institutions, prices and own values; and presets from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trajectsim.config.load import Loaded, packaged_names, read_kind
from trajectsim.config.overrides import with_item
from trajectsim.config.reader import Document
from trajectsim.config.schema import PlaceSpec, Population
from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["fill_from_place", "with_own_values", "with_presets"]

_GIVEN = ("population", "prices", "world", "off", "scale")
"""What a place gives a scenario that does not say it itself."""


def fill_from_place(document: Document, base: Path, overridden: set[str]) -> Loaded[Any] | None:
    """Fill a scenario's document with what its place gives, and return the place; None where it names none.

    Raises:
        UserError: there is no such place, or its file holds mistakes.
    """
    name = document.data.get("place")
    if not isinstance(name, str):
        return None
    at = document.mistake(("place",), "")
    base = Path() if "place" in overridden else base
    loaded = read_kind("place", name, base, (at.file or "", at.line), at.key)
    place: PlaceSpec = loaded.spec
    for key in _GIVEN:
        value = getattr(place, key)
        if key not in document.data and value not in (None, []):
            document.data[key] = _from(loaded, value) if key in ("population", "prices", "world") else value
            document.places[(key,)] = document.places.get(("place",), ("", None))
    return loaded


def _from(place: Loaded[Any], name: str) -> str:
    """Return a file's name as it can be found from the scenario: a path in a place's file starts from that file."""
    if "/" not in name and not name.endswith((".yaml", ".yml")):
        return name
    return str((place.path.parent / name).absolute())


def with_own_values(scenario: Any, place: Loaded[Any], everything: Callable[[], Any]) -> Any:
    """Return a scenario with a place's own values in the place of the parameters they replace.

    A value of something that this scenario does not have (another world, a mechanism that is off, a rule that is no law
    in its year) is left out.

    Args:
        scenario: as it will run.
        place: the place, with where its values stand.
        everything: makes the same scenario with every mechanism on and every rule in force.

    Raises:
        UserError: a path that names no parameter, or a value in another unit.
    """
    own: dict[str, Parameter] = place.spec.replaces
    found = {item.path: item for item in scenario_parameters(scenario, (Parameter,)) if item.path in own}
    mistakes: list[Mistake] = []
    world = place.spec.world
    same_world = scenario.spec.world == (None if world is None else _from(place, world))
    lacking = [path for path in own if path not in found] if same_world else []
    every = [item.path for item in scenario_parameters(everything(), (Parameter,))] if lacking else []
    for path in lacking:
        if path not in every:
            what = f"there is no parameter '{path}' to replace"
            mistakes.append(place.document.mistake(("replaces", path), what, near=nearest(path, every)))
    for path, parameter in own.items():
        loc = ("replaces", path)
        if path not in found:
            continue
        if parameter.unit != found[path].item.unit:
            what = f"the value of '{path}' is given in {parameter.unit}"
            mistakes.append(place.document.mistake((*loc, "unit"), what, allowed=found[path].item.unit))
            continue
        scenario = _put(scenario, found[path], parameter, place.document)
    if mistakes:
        raise UserError(mistakes)
    origin = dict.fromkeys((path for path in own if path in found), f"place {place.spec.name}")
    documents = {**scenario.documents, "place": place.document}
    return replace(scenario, provenance={**scenario.provenance, **origin}, documents=documents)


def _put(scenario: Any, found: Any, parameter: Parameter, document: Document) -> Any:
    old = scenario.documents.get(found.part, Document({}))
    origins = {**old.origins, found.loc: (document, ("replaces", found.path))}
    documents = {**scenario.documents, found.part: Document(old.data, old.places, origins)}
    return replace(with_item(scenario, found, parameter), documents=documents)


def with_presets(population: Population, follow: Sequence[str], document: Document) -> tuple[Population, Document]:
    """Return a population with the presets to follow that other packaged populations declare, and its document."""
    lacking = [name for name in follow if not name.isdigit() and name not in population.presets]
    presets, origins = dict(population.presets), dict(document.origins)
    for other in packaged_names("population") if lacking else ():
        loaded = read_kind("population", other)
        for name in lacking:
            if name in loaded.spec.presets and name not in presets:
                presets[name] = loaded.spec.presets[name]
                origins[("presets", name)] = (loaded.document, ("presets", name))
    if len(presets) == len(population.presets):
        return population, document
    return population.model_copy(update={"presets": presets}), Document(document.data, document.places, origins)
