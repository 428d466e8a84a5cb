"""Find, read and check the files a scenario names: models, populations, interventions, prices and sources.

A name without a folder or suffix is packaged with the simulator; anything else is a path, relative to the file that
names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from trajectsim.config.messages import allowed_keys, described, validated
from trajectsim.config.price_file import SUFFIXES, read_price_file
from trajectsim.config.reader import Document, Loc, Place, read_mapping
from trajectsim.config.schema import (
    Ingredient,
    Intervention,
    ModelSpec,
    PlaceSpec,
    Population,
    PriceBook,
    ScenarioSpec,
)
from trajectsim.config.world import WorldSpec
from trajectsim.errors import Mistake, UserError, nearest

__all__ = [
    "DATA",
    "KINDS",
    "Loaded",
    "Source",
    "json_schema",
    "load_intervention",
    "load_model",
    "load_population",
    "load_prices",
    "load_sources",
    "packaged_names",
    "read_kind",
    "resolve",
]

DATA = Path(__file__).resolve().parent.parent / "data"
"""Where the packaged files are."""

KINDS: dict[str, tuple[str, type[BaseModel]]] = {
    "model": ("models", ModelSpec),
    "population": ("populations", Population),
    "intervention": ("interventions", Intervention),
    "ingredient": ("ingredients", Ingredient),
    "place": ("places", PlaceSpec),
    "prices": ("prices", PriceBook),
    "world": ("worlds", WorldSpec),
}
"""Kind of file: its folder in the packaged data, and its form."""

Spec = TypeVar("Spec", bound=BaseModel)

# Sections of a model or a world that a fragment may hold; everything else belongs to the file that includes it.
MOST_NAMES = 30
"""Names that a message lists; of more it gives the nearest one, or the first."""

_LISTS = ("constraints", "correlated", "posteriors")
_MERGED: dict[type[BaseModel], tuple[str, ...]] = {
    ModelSpec: (
        *("traits", "latents", "domains", "events", "joint_lines", "measures", "accounts", "parameters"),
        *_LISTS,
    ),
    WorldSpec: ("laws", "provisions", "mechanisms", "parameters"),
}


class Source(BaseModel):
    """A publication, register or statement that a number comes from."""

    model_config = {"extra": "forbid", "frozen": True}

    title: str
    publisher: str | None = None
    year: int | str | None = None
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Loaded(Generic[Spec]):
    """A file as an object, with the place of every key in the files it came from."""

    spec: Spec
    document: Document
    path: Path


def packaged_names(kind: str) -> list[str]:
    """Return the names of the packaged files of a kind (model, population, intervention, prices)."""
    folder = DATA / KINDS[kind][0]
    plain = [p.stem for p in folder.glob("*.yaml")]
    return sorted(plain + [p.parent.name for p in folder.glob("*/model.yaml")])


def resolve(kind: str, name: str, base: Path | None = None, place: Place = ("", None), key: str | None = None) -> Path:
    """Return the path of a file named by a scenario, a user or a test.

    Args:
        kind: model, population, intervention or prices.
        name: a packaged name, or a path.
        base: the folder that a relative path starts from; the working directory by default.
        place: file and line of the name, for the message.
        key: key under which the name stands, for the message.

    Raises:
        UserError: for a packaged name that does not exist, with the nearest one.
    """
    if "/" in name or "\\" in name or name.endswith((".yaml", ".yml", *SUFFIXES)):
        path = Path(name.replace("\\", "/")).expanduser()
        return path if path.is_absolute() or base is None else base / path
    folder = DATA / KINDS[kind][0]
    names = packaged_names(kind)
    if name in names:
        plain = folder / f"{name}.yaml"
        return plain if plain.is_file() else folder / name / "model.yaml"
    near = nearest(name, names)
    many = len(names) > MOST_NAMES
    shown_names = [] if many and near else [*names[:MOST_NAMES], *(["..."] if many else [])]
    cure = "name a packaged one, or give the path of a YAML file"
    if kind in ("intervention", "place"):
        cure += "; `trajectsim catalogue` lists and explains them"
    raise UserError.of(
        f"there is no packaged {kind} '{name if len(name) <= 60 else name[:60] + '...'}'",
        file=place[0] or None,
        line=place[1],
        key=key,
        near=near,
        allowed=", ".join(shown_names) or None,
        cure=cure,
    )


def shown(path: Path) -> str:
    """Return the name of a file as messages show it; packaged files without the folder they are installed in."""
    try:
        return "trajectsim/data/" + path.resolve().relative_to(DATA).as_posix()
    except ValueError:
        return str(path)


def read_kind(
    kind: str, name: str, base: Path | None = None, place: Place = ("", None), key: str | None = None
) -> Loaded[Any]:
    """Read and check one file of a kind; arguments and errors as in `resolve`; UserError for what it holds."""
    path = resolve(kind, name, base, place, key)
    if place[0] and not _is_file(path):
        _refuse_missing(path, name, place, key)
    return _packaged(kind, path) if path.is_relative_to(DATA) else _read(kind, path)


def _read(kind: str, path: Path) -> Loaded[Any]:
    form = KINDS[kind][1]
    if kind == "prices" and path.suffix in SUFFIXES:
        document = read_price_file(path, shown(path))
        return Loaded(validated(form, document), document, path)
    document = _with_includes(path, (), form) if form in _MERGED else read_mapping(path, shown(path))
    return Loaded(validated(form, document), document, path)


@lru_cache(maxsize=512)
def _packaged(kind: str, path: Path) -> Loaded[Any]:
    """Read a packaged file; it is the same for as long as the program runs, so that it is read once."""
    return _read(kind, path)


def _is_file(path: Path) -> bool:
    """Return whether there is such a file; a name that no file can have (too long, say) is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _refuse_missing(path: Path, name: str, place: Place, key: str | None) -> None:
    """Tell of a missing file at the line that names it."""
    try:
        read_mapping(path, shown(path))
    except UserError as error:
        cause = error.mistakes[0]
        what = f"'{name}': {cause.what} ({cause.file})"
        found = Mistake(what, place[0], place[1], key, near=cause.near, allowed=cause.allowed, cure="check the path")
        raise UserError([found]) from None


def load_model(name_or_path: str, base: Path | None = None) -> ModelSpec:
    """Load a model; the files it includes come first, in order. Raises UserError."""
    spec: ModelSpec = read_kind("model", name_or_path, base).spec
    return spec


def load_population(name_or_path: str, base: Path | None = None) -> Population:
    """Load a population. Raises UserError."""
    spec: Population = read_kind("population", name_or_path, base).spec
    return spec


def load_intervention(name_or_path: str, base: Path | None = None) -> Intervention:
    """Load an intervention. Raises UserError."""
    spec: Intervention = read_kind("intervention", name_or_path, base).spec
    return spec


def load_prices(name_or_path: str, base: Path | None = None) -> PriceBook:
    """Load a price book. Raises UserError."""
    spec: PriceBook = read_kind("prices", name_or_path, base).spec
    return spec


@lru_cache(maxsize=1)
def _sources() -> dict[str, dict[str, Any]]:
    path = DATA / "evidence" / "sources.yaml"
    document = read_mapping(path, shown(path))
    mistakes: list[Mistake] = []
    for name, item in document.data.items():
        places: dict[Loc, Place] = {loc[1:]: place for loc, place in document.places.items() if loc[:1] == (name,)}
        try:
            document.data[name] = validated(Source, Document(item, places)).model_dump()
        except UserError as error:
            mistakes += error.mistakes
    if mistakes:
        raise UserError(mistakes)
    return dict(document.data)


def load_sources() -> dict[str, dict[str, Any]]:
    """Return the packaged sources: id to title, publisher, year, url and note (None where not given)."""
    return {name: dict(item) for name, item in _sources().items()}


def json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file: scenario, model, population, intervention or prices.

    Raises:
        UserError: for another kind.
    """
    forms: dict[str, type[BaseModel]] = {"scenario": ScenarioSpec, **{name: form for name, (_, form) in KINDS.items()}}
    if kind not in forms:
        raise UserError.of(f"there is no schema '{kind}'", near=nearest(kind, forms), allowed=", ".join(forms))
    return forms[kind].model_json_schema(by_alias=True)


# --- includes ---------------------------------------------------------------------------------------------------------


def _with_includes(path: Path, chain: tuple[Path, ...], form: type[BaseModel]) -> Document:
    """Read a model or world file and merge the files it includes, each before the file that names it."""
    document = read_mapping(path, shown(path))
    names = document.data.pop("include", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(
            [document.mistake(("include",), "include needs a list of file names", cure="write include: [a.yaml]")]
        )
    if chain:
        _refuse_settings(document, form)
    merged: dict[str, Any] = {}
    places: dict[Loc, Place] = {}
    for n, name in enumerate(names):
        inner = path.parent / name
        here = document.places[("include", n)]
        if inner.resolve() in (*chain, path.resolve()):
            raise UserError.of(
                f"'{name}' includes itself", file=here[0], line=here[1], key="include", cure="leave it out"
            )
        if not _is_file(inner):
            _refuse_missing(inner, name, here, "include")
        _merge(merged, places, _with_includes(inner, (*chain, path.resolve()), form), _MERGED[form])
    _merge(merged, places, document, _MERGED[form])
    return Document(merged, places)


def _refuse_settings(document: Document, form: type[BaseModel]) -> None:
    """Refuse in a fragment what belongs to the whole that includes it, and what is no section at all."""
    sections = _MERGED[form]
    extra = [key for key in document.data if key not in sections]
    known = allowed_keys(form, ())
    mistakes = []
    for key in extra:
        if key in known:
            what = f"'{key}' belongs in the main file, not in a file it includes"
            mistakes.append(document.mistake((key,), what, cure="move it"))
        else:
            near = nearest(str(key), sections)
            mistakes.append(
                document.mistake((key,), f"'{key}' is not a key here", near=near, allowed=", ".join(sections))
            )
    if mistakes:
        raise UserError(mistakes)


def _merge(
    merged: dict[str, Any], places: dict[Loc, Place], document: Document, sections: tuple[str, ...]
) -> None:
    """Add a document to what is merged so far; lists follow each other, a name given twice is a UserError."""
    mistakes = []
    shift: dict[str, int] = {}
    for section, content in document.data.items():
        form = list if section in _LISTS else dict
        if section in sections and not isinstance(content, form):
            needed = "a list" if form is list else "a mapping of names"
            mistakes.append(document.mistake((section,), f"{described(content)} is given where {needed} is needed"))
            continue
        present = merged.get(section)
        if isinstance(present, list) and isinstance(content, list):
            shift[section] = len(present)
            merged[section] = present + content
        elif isinstance(present, dict) and isinstance(content, dict):
            for name in sorted(set(present) & set(content), key=str):
                file, line = places[(section, name)]
                what = f"'{name}' is declared here for the second time (first in {file}:{line})"
                mistakes.append(
                    document.mistake((section, name), what, cure="keep one of the two, or give it a name of its own")
                )
            merged[section] = {**present, **content}
        else:
            merged[section] = content
    if mistakes:
        raise UserError(mistakes)
    for loc, place in document.places.items():
        if len(loc) > 1 and loc[0] in shift and isinstance(loc[1], int):
            loc = (loc[0], loc[1] + shift[str(loc[0])], *loc[2:])
        if len(loc) > 1 or loc not in places or loc == ():
            places[loc] = place
