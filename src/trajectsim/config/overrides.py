"""What a user sets over the files: keys of the scenario and single parameters, and who set what.

A parameter that is set becomes a fixed value, an assumption (grade D) with the user as its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from trajectsim.config.reader import Document, Loc, Place, parse
from trajectsim.config.schema import ScenarioSpec, Use
from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.evidence.parameter import USER, Dirichlet, Distribution, Parameter
from trajectsim.evidence.paths import Found, scenario_parameters

__all__ = [
    "COMMAND_LINE", "USER", "apply_keys", "parameter_settings", "replaced", "set_number", "what_it_refers_to",
    "with_item",
]  # fmt: skip

COMMAND_LINE = "command line"
MOST_SHOWN = 60
"""Characters of a value on the command line that a message repeats."""

SCENARIO_KEYS = tuple(name for name in ScenarioSpec.model_fields if name not in ("arms", "set", "title"))


def apply_keys(document: Document, overrides: Mapping[str, str]) -> dict[str, str]:
    """Set keys of a scenario document in place; return the overrides that are left: paths of parameters."""
    left: dict[str, str] = {}
    for key, text in overrides.items():
        if key not in SCENARIO_KEYS:
            left[key] = text
            continue
        name = f"{COMMAND_LINE} ({key}={text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + '...'})"
        if not text.strip():
            raise UserError.of(f"no value is given for '{key}'", file=COMMAND_LINE, cure=f"write {key}=value")
        document.data[key] = parse(f"{key}: {text}", name).data[key]
        for loc in [loc for loc in document.places if loc[:1] == (key,)]:
            del document.places[loc]
        document.places[(key,)] = (name, None)
    return left


def parameter_settings(
    document: Document, spec: ScenarioSpec, left: Mapping[str, str]
) -> dict[str, tuple[float, Place]]:
    """Return the value and the place of every parameter that is set: by the file, then by the command line."""
    found: dict[str, tuple[float, Place]] = {}
    for path, value in spec.set.items():
        found[path] = (value, document.places.get(("set", path), ("", None)))
    mistakes = []
    for path, text in left.items():
        try:
            found[path] = (float(text), (COMMAND_LINE, None))
        except ValueError:
            cure = f"write {path}={text.replace(',', '.')}" if "," in text else f"write {path}=0.5, for example"
            mistakes.append(Mistake(f"'{text}' is not a number", COMMAND_LINE, key=path, cure=cure))
    if mistakes:
        raise UserError(mistakes)
    return found


def set_number(scenario: Any, path: str, value: float, place: Place) -> tuple[Found, Any]:
    """Find a parameter by path and return it with what takes its place.

    Raises:
        UserError: where there is no such path (with the nearest), or the value does not fit its unit or limits.
    """
    shares: list[str] = []
    paths: list[str] = []
    for found in scenario_parameters(scenario):
        if isinstance(found.item, Dirichlet):
            names = [f"{found.path}.{state}" for state in found.item.shares]
            if path in names:
                return found, _with_share(found.item, path.removeprefix(found.path + "."), value, path, place)
            shares += names
        elif found.path == path:
            return found, _with_value(found.item, value, path, place)
        else:
            paths.append(found.path)
    raise UserError([_unknown(scenario, path, paths + shares, place)])


def _unknown(scenario: Any, path: str, paths: list[str], place: Place) -> Mistake:
    file, line = place
    if (referred := what_it_refers_to(scenario, path)) is not None:
        cure = f"set {referred}, which changes every place that uses it"
        return Mistake("this number is a reference and cannot be set by itself", file, line, path, cure=cure)
    near = nearest(path, [*paths, *SCENARIO_KEYS])
    cure = "the command `trajectsim evidence` lists all parameters" if "." in path else "name a key or a parameter"
    return Mistake("there is no such key or parameter", file, line, path, near=near, cure=cure)


def what_it_refers_to(scenario: Any, path: str) -> str | None:
    """Return the path of the parameter that a reference at `path` names; None where there is no reference."""
    for found in scenario_parameters(scenario, (Use,)):
        if found.path == path:
            owner = "model" if found.part == "world" else found.part
            return str(found.item.use[1:] if found.item.use.startswith("@") else f"{owner}.parameters.{found.item.use}")
    return None


def _with_value(old: Parameter, value: float, path: str, place: Place) -> Parameter:
    limits = old.distribution.limits
    if limits and not limits[0] <= value <= limits[1]:
        what = f"{value:g} lies outside the limits declared for this parameter"
        raise UserError([Mistake(what, *place, path, allowed=f"from {limits[0]:g} to {limits[1]:g}")])
    try:
        return Parameter(
            value=value,
            unit=old.unit,
            distribution=Distribution(limits=limits),
            source=USER,
            locator="set by the user",
            grade="D",
            note=f"was {old.value:g} (source {old.source}, {old.locator}; grade {old.grade})",
        )
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        what, _, allowed = message.partition(": it must lie ")
        raise UserError([Mistake(what, *place, path, allowed=allowed or f"a number in {old.unit}")]) from None


def _with_share(old: Dirichlet, state: str, value: float, path: str, place: Place) -> Dirichlet:
    """Fix one share; the others keep their proportions and fill the rest."""
    if not 0 <= value <= 1:
        raise UserError([Mistake(f"{value:g} is not a share", *place, path, allowed="from 0 to 1")])
    rest = 1 - old.shares[state]
    if rest <= 0 and value < 1:
        what = "the other shares are all nil and cannot fill the rest"
        raise UserError([Mistake(what, *place, path, cure="change the shares in the population file")])
    shares = {
        name: value if name == state else share * (1 - value) / rest if rest > 0 else 0.0
        for name, share in old.shares.items()
    }
    return Dirichlet(
        shares=shares,
        source=USER,
        locator="set by the user",
        grade="D",
        note=f"{state} was {old.shares[state]:g} (source {old.source}; grade {old.grade})",
    )


def replaced(item: Any, loc: Loc, new: Any) -> Any:
    """Return a copy of a declaration with what stands at `loc` replaced."""
    if not loc:
        return new
    piece, rest = loc[0], loc[1:]
    if isinstance(item, BaseModel):
        field = next(name for name, info in type(item).model_fields.items() if piece == (info.alias or name))
        return item.model_copy(update={field: replaced(getattr(item, field), rest, new)})
    if isinstance(item, Mapping):
        return {key: replaced(value, rest, new) if key == piece else value for key, value in item.items()}
    return [replaced(value, rest, new) if index == piece else value for index, value in enumerate(item)]


def with_item(scenario: Any, found: Found, new: Any) -> Any:
    """Return a scenario with another number in the place of one that was found in it."""
    section, dot, name = found.part.partition(".")
    if not dot:
        return replace(scenario, **{section: replaced(getattr(scenario, section), found.loc, new)})
    several = getattr(scenario, section)  # interventions.<name>, ingredients.<name>
    return replace(scenario, **{section: {**several, name: replaced(several[name], found.loc, new)}})
