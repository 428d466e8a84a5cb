"""The form of a study file: a scenario, what varies in it, and how many draws and replicates each point gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from trajectsim.config.messages import validated
from trajectsim.config.reader import Document, Loc, read_mapping
from trajectsim.config.schema.base import Frozen, Name, Text
from trajectsim.errors import Mistake, UserError, nearest

__all__ = ["DESIGN_KEYS", "SUMMED", "DesignSpec", "FactorSpec", "LoadedStudy", "PartSpec", "StudySpec", "is_study",
           "load_study"]  # fmt: skip

Setting = bool | int | float | str | list[Any] | None
Kind = Literal["grid", "lhs", "sobol", "morris", "table"]

DESIGN_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "grid": ((), ()),
    "lhs": (("samples",), ()),
    "sobol": (("samples",), ("second_order",)),
    "morris": (("trajectories",), ("levels",)),
    "table": (("file",), ()),
}
"""Kind of design: the keys that it needs, and those that it may have besides."""

SUMMED: dict[str, tuple[str, ...]] = {
    "costs": ("cents", "discounted"),
    "occupancy": ("n",),
    "entries": ("n",),
    "events": ("n",),
    "moves": ("n",),
    "measures": ("quantity",),
    "joint": ("n",),
    "hours": ("hours",),
}
"""Tables that hold sums, with their amounts: these can be added up over the years and age bands."""


def _as_design(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


def _as_factor(value: Any) -> Any:
    return {"values": value} if isinstance(value, list) else value


class DesignSpec(Frozen):
    """How the points are chosen.

    `grid`: every combination of the factors' values. `lhs`: a Latin hypercube of `samples` points. `sobol`: Saltelli's
    points for Sobol indices, `samples` (a power of two) times the number of factors plus two, or twice the number of
    factors plus two with `second_order`. `morris`: `trajectories` of one step per factor on a grid of `levels`.
    `table`: the rows of a CSV `file`, one column per factor.
    """

    kind: Kind
    samples: Annotated[int, Field(ge=1, le=2**20)] | None = None
    second_order: bool | None = None
    trajectories: Annotated[int, Field(ge=2, le=100_000)] | None = None
    levels: Annotated[int, Field(ge=2, le=100)] | None = None
    file: str | None = None


class FactorSpec(Frozen):
    """What varies: a parameter or a key of the scenario (`path`; the factor's own name if left out), and over what.

    One of: `values`, a list to scan; `low` and `high`, a range, even or on a `scale: log`; `own: true`, the
    parameter's own distribution. In a grid a range or a distribution is cut into `levels` values.
    """

    path: str | None = None
    title: Text | None = None
    values: Annotated[list[Setting], Field(min_length=1)] | None = None
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] | None = None
    own: bool | None = None
    levels: Annotated[int, Field(ge=2, le=1000)] | None = None


class PartSpec(Frozen):
    """How much one task does and one file holds: so many points, so many draws of each."""

    points: Annotated[int, Field(ge=1)] = 1
    draws: Annotated[int, Field(ge=1)] = 10


class StudySpec(Frozen):
    """What a user writes: a scenario, settings for all points, factors and their design.

    `draws`, `replicates`, `seed` and `arms` (names) go over the scenario's. `others: central` puts every parameter
    that is no factor at its central value; `drawn`, the default, draws it. `keep` names the tables to write, all but
    the lives if left out; `detail: period` adds tables of sums up over the years and age bands. `part` says what one
    task does; left out, it is about a second of work.
    """

    name: Name
    title: Text
    scenario: str
    settings: dict[str, Setting] = {}
    arms: Annotated[list[str], Field(min_length=1)] | None = None
    draws: Annotated[int, Field(ge=1)] | None = None
    replicates: Annotated[int, Field(ge=1)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    design: Annotated[DesignSpec, BeforeValidator(_as_design)]
    factors: Annotated[dict[str, Annotated[FactorSpec, BeforeValidator(_as_factor)]], Field(min_length=1)]
    others: Literal["drawn", "central"] = "drawn"
    keep: Annotated[list[str], Field(min_length=1)] | None = None
    detail: Literal["year", "period"] = "year"
    part: PartSpec | None = None

    def path_of(self, factor: str) -> str:
        """Return the path of a factor: a parameter's, or a key of the scenario."""
        return self.factors[factor].path or factor


@dataclass(frozen=True)
class LoadedStudy:
    """A study file as read: its form, the place of every key, the folder that its names start from, its table."""

    spec: StudySpec
    document: Document
    path: Path
    table: tuple[tuple[str, ...], tuple[tuple[str, ...], ...]] | None = None
    """Columns and rows of the CSV file of a `table` design, as texts."""


def is_study(document: Document) -> bool:
    """Return whether a file is a study rather than a scenario: it has a design, factors, or names a scenario."""
    data = document.data
    return isinstance(data, dict) and any(key in data for key in ("design", "factors", "scenario"))


def load_study(path: str | Path, overrides: Mapping[str, str] = {}) -> LoadedStudy:
    """Read a study file.

    Args:
        path: the file.
        overrides: texts that go over the file: `draws`, `replicates` and `seed`, or settings for all points.

    Raises:
        UserError: with all mistakes of form, each with its line; what the factors name is for `study.design`.
    """
    file = Path(path)
    document = read_mapping(file, str(path))
    _apply(document, overrides)
    spec = validated(StudySpec, document)
    mistakes = _of_design(spec, document) + _of_factors(spec, document) + _of_tables(spec, document)
    table = None
    if not mistakes and spec.design.file is not None:
        table, mistakes = _read_table(spec, document, file.parent / spec.design.file)
    if mistakes:
        raise UserError(mistakes)
    return LoadedStudy(spec, document, file, table)


def _apply(document: Document, overrides: Mapping[str, str]) -> None:
    from trajectsim.config.overrides import COMMAND_LINE
    from trajectsim.config.reader import parse

    for key, text in overrides.items():
        name = f"{COMMAND_LINE} ({key}={text[:60]})"
        if not text.strip():
            raise UserError.of(f"no value is given for '{key}'", file=COMMAND_LINE, cure=f"write {key}=value")
        value = parse(f"value: {text}", name).data["value"]
        loc: Loc = (key,)
        if key in ("draws", "replicates", "seed"):
            document.data[key] = value
        else:
            loc = ("settings", key)
            settings = document.data.setdefault("settings", {})
            if not isinstance(settings, dict):
                continue  # told by the form
            settings[key] = value
        document.places[loc] = (name, None)


def _of_design(spec: StudySpec, document: Document) -> list[Mistake]:
    """Return keys that a kind of design lacks or does not take."""
    design, found = spec.design, []
    needs, may = DESIGN_KEYS[design.kind]
    given = [key for key in DesignSpec.model_fields if key != "kind" and getattr(design, key) is not None]
    for key in needs:
        if key not in given:
            what = f"a {design.kind} design needs {key}"
            found.append(document.mistake(("design",), what, cure=f"write design: {{kind: {design.kind}, {key}: ...}}"))
    for key in given:
        if key not in (*needs, *may):
            what = f"a {design.kind} design takes no {key}"
            allowed = ", ".join((*needs, *may)) or "nothing but its kind"
            found.append(document.mistake(("design", key), what, allowed=allowed, cure="leave it out"))
    n = design.samples
    if design.kind == "sobol" and n is not None and n & (n - 1):
        near = 2 ** round(n).bit_length() // 2
        what = f"{n} samples are no power of two, and Sobol's points are even only then"
        found.append(document.mistake(("design", "samples"), what, allowed=f"{near} or {2 * near}"))
    if design.kind == "morris" and design.levels is not None and design.levels % 2:
        what = f"{design.levels} levels are odd: Morris' steps need an even number"
        found.append(document.mistake(("design", "levels"), what, allowed="4, 6, 8"))
    return found


def _of_factors(spec: StudySpec, document: Document) -> list[Mistake]:
    """Return factors that say too little, too much, or the same as another."""
    found: list[Mistake] = []
    paths: dict[str, str] = {}
    for name, factor in spec.factors.items():
        loc: Loc = ("factors", name)
        path = spec.path_of(name)
        if path in paths:
            found.append(document.mistake(loc, f"'{path}' is also the path of the factor '{paths[path]}'"))
        paths[path] = name
        if path in spec.settings:
            found.append(document.mistake(loc, f"'{path}' is also fixed by settings", cure="keep one of the two"))
        found += [document.mistake(loc, **wrong) for wrong in _of_one(factor, spec.design.kind)]
    return found


def _of_one(factor: FactorSpec, kind: str) -> list[dict[str, str]]:
    ranged = factor.low is not None or factor.high is not None
    ways = [factor.values is not None, ranged, bool(factor.own)]
    if kind == "table":
        given = sum(ways) or factor.scale is not None or factor.levels is not None
        cure = "leave values, range and levels out"
        return [{"what": "its values stand in the table", "cure": cure}] if given else []
    if sum(ways) != 1:
        said = "nothing to vary over" if not any(ways) else "more than one thing to vary over"
        return [{"what": said, "allowed": "one of: values, low and high, own: true"}]
    wrong = []
    if ranged and (factor.low is None or factor.high is None or not factor.low < factor.high):
        wrong.append({"what": "a range needs low below high", "cure": "give low and high"})
    elif factor.scale == "log" and (factor.low is None or factor.low <= 0):
        wrong.append({"what": "a range on a log scale needs low above 0", "cure": "give low and high above 0"})
    if factor.scale is not None and not ranged:
        wrong.append({"what": "a scale belongs to a range", "cure": "leave scale out"})
    if kind == "grid" and factor.values is None and factor.levels is None:
        wrong.append({"what": "a grid needs to know into how many values to cut this", "cure": "add levels: 5"})
    if factor.levels is not None and (kind != "grid" or factor.values is not None):
        wrong.append({"what": "levels are for a range or a distribution in a grid", "cure": "leave levels out"})
    return wrong


def _of_tables(spec: StudySpec, document: Document) -> list[Mistake]:
    if spec.keep is None or spec.detail == "year" or any(name in SUMMED for name in spec.keep):
        return []
    what = "detail: period adds up tables of sums, and none of them is kept"
    return [document.mistake(("detail",), what, allowed=", ".join(SUMMED), cure="keep one, or leave detail out")]


def _read_table(
    spec: StudySpec, document: Document, file: Path
) -> tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]] | None, list[Mistake]]:
    """Return the columns and rows of a CSV file, one column per factor."""
    import csv

    loc: Loc = ("design", "file")
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = [row for row in csv.reader(text) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        return None, [document.mistake(loc, f"'{spec.design.file}' cannot be read: {why}", cure="check the path")]
    if len(rows) < 2:
        cure = "write a header of factors and a row per point, divided by commas"
        return None, [document.mistake(loc, f"'{spec.design.file}' holds no points", cure=cure)]
    header = tuple(cell.strip() for cell in rows[0])
    found = []
    for name in spec.factors:
        if header.count(name) != 1:
            what = f"'{spec.design.file}' has {header.count(name) or 'no'} column{'s' * (name in header)} '{name}'"
            near, allowed = nearest(name, header), ", ".join(header)
            found.append(document.mistake(("factors", name), what, near=near, allowed=allowed))
    for name in header:
        if name not in spec.factors:
            what = f"column '{name}' of '{spec.design.file}' is no factor"
            cure = "name it under factors, or take it out of the table"
            found.append(document.mistake(loc, what, near=nearest(name, spec.factors), cure=cure))
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            what = f"has {len(row)} cells where the header has {len(header)}"
            found.append(Mistake(what, file=str(file), line=number, cure="divide cells by commas"))
    return (header, tuple(tuple(cell.strip() for cell in row) for row in rows[1:])), found
