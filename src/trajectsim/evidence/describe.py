"""Where a number comes from: one record per parameter, with its source spelled out, for tables and pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trajectsim.config.schema import Use
from trajectsim.errors import UserError, nearest
from trajectsim.evidence.parameter import Dirichlet, Parameter
from trajectsim.evidence.paths import Found, scenario_parameters

__all__ = ["Record", "chosen", "records", "unused"]


_Numbers = tuple[float, float | None, float | None, str, float | None, str]
"""Value, low, high, family, concentration and unit."""


@dataclass(frozen=True)
class Record:
    """One number: its path, value, range, unit, grade, source (title and address), locator, note, place and users.

    `low` and `high` are None for a fixed value; `family` is the distribution's, or `dirichlet` for shares that are
    drawn together, whose `concentration` is what they are worth in persons. `used_by` are the paths that refer to it.
    """

    path: str
    value: float
    low: float | None
    high: float | None
    family: str
    concentration: float | None
    unit: str
    grade: str
    source: str
    title: str
    url: str | None
    locator: str
    note: str | None
    file: str
    line: int | None
    used_by: tuple[str, ...] = ()


def records(scenario: Any, sources: Mapping[str, Mapping[str, Any]]) -> list[Record]:
    """Return a record for every number of a scenario, in the order of its files.

    Args:
        scenario: a `config.scenario.Scenario`.
        sources: source id to title, publisher, year and url.
    """
    users = _users(scenario)
    found: list[Record] = []
    numbers: _Numbers
    for item in scenario_parameters(scenario):
        if isinstance(item.item, Dirichlet):
            group = item.item
            for state, share in group.shares.items():
                numbers = (share, None, None, "dirichlet", group.concentration, "share")
                found.append(_record(scenario, item, f"{item.path}.{state}", numbers, sources, ()))
        elif isinstance(item.item, Parameter):
            spread = item.item.distribution
            numbers = (item.item.value, spread.low, spread.high, spread.family, None, item.item.unit)
            found.append(_record(scenario, item, item.path, numbers, sources, tuple(users.get(item.path, ()))))
    return found


def _record(
    scenario: Any, found: Found, path: str, numbers: _Numbers,
    sources: Mapping[str, Mapping[str, Any]], used_by: tuple[str, ...],
) -> Record:  # fmt: skip
    value, low, high, family, concentration, unit = numbers
    item = found.item
    source = sources.get(item.source, {})
    words = [str(source[key]) for key in ("title", "publisher", "year") if source.get(key)]
    place = scenario.mistake(found.part, found.loc, "")
    return Record(
        path=path, value=value, low=low, high=high, family=family, concentration=concentration, unit=unit,
        grade=item.grade, source=item.source, title=", ".join(words) or item.source, url=source.get("url"),
        locator=item.locator, note=item.note, file=place.file or "", line=place.line, used_by=used_by,
    )  # fmt: skip


def _users(scenario: Any) -> dict[str, list[str]]:
    """Return which paths refer to a shared parameter, by its path."""
    users: dict[str, list[str]] = {}
    for found in scenario_parameters(scenario, (Use,)):
        owner = "model" if found.part in ("model", "world") else found.part
        users.setdefault(f"{owner}.parameters.{found.item.use}", []).append(found.path)
    return users


def unused(scenario: Any) -> list[str]:
    """Return the paths of shared parameters that nothing refers to (a value of a life year is used by its name)."""
    users = _users(scenario)
    shared = [found.path for found in scenario_parameters(scenario, (Parameter,)) if ".parameters." in found.path]
    return [path for path in shared if path not in users and path != "prices.parameters.qaly"]


def chosen(found: list[Record], path: str | None) -> list[Record]:
    """Return the record with this path, or all below it; all of them without a path.

    A path that is a reference gives the number it refers to.

    Raises:
        UserError: where nothing has this path; it names the nearest.
    """
    if not path:
        return found
    exact = [record for record in found if record.path == path or path in record.used_by]
    below = [record for record in found if record.path.startswith(path + ".")]
    if exact or below:
        return exact or below
    heads = {".".join(record.path.split(".")[:n]) for record in found for n in range(1, record.path.count(".") + 2)}
    near = nearest(path, heads)
    cure = None if near else "the command `trajectsim evidence` lists all paths"
    raise UserError.of(f"there is no parameter '{path}'", near=near, cure=cure)
