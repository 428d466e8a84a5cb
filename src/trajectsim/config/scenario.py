"""A scenario: which model, people, prices and worlds, resolved from files, defaults and overrides, and frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from trajectsim.config.in_force import document_in_force, interventions_in_force, model_in_force, prices_in_force
from trajectsim.config.ingredients import with_acts
from trajectsim.config.leaving import let_leave
from trajectsim.config.load import Loaded, packaged_names, read_kind
from trajectsim.config.messages import validated
from trajectsim.config.overlay import Switch, add_prices, lay_over
from trajectsim.config.overrides import COMMAND_LINE, apply_keys, parameter_settings, set_number, with_item
from trajectsim.config.place import fill_from_place, with_own_values, with_presets
from trajectsim.config.reader import Document, Loc, Place, place_of, read_mapping, read_text
from trajectsim.config.schema import (
    Ingredient,
    Intervention,
    ModelSpec,
    Population,
    PriceBook,
    ScenarioSpec,
    Text,
)
from trajectsim.config.shown import card
from trajectsim.config.world import WorldSpec
from trajectsim.errors import Mistake, UserError

__all__ = ["Scenario", "changed", "content_hash", "load_scenario", "packaged_scenario"]

_TEXTS = {"title", "description", "note", "background"}
SIMPLE = ("draws", "name", "replicates", "scale", "seed", "share_luck_across_draws", "size", "start", "years")
"""Keys of a scenario that nothing else in it was resolved by."""
_NOT_CONTENT = {"draws", "replicates", "set", "model", "place", "population", "prices", "title", "world", "on_month"}


@dataclass(frozen=True)
class Scenario:
    """A scenario as it will run.

    `model` is the model in force in the scenario's year of law, with what the world's mechanisms add (interventions
    not merged in); `world` is what is shared and switched on, or None; `switches` are its mechanisms, on or off;
    `hook` is the source of the scenario's `on_month` function. `interventions` are all that any arm names, in the
    order of first naming, by their own names (which the arms of `spec` use too); `ingredients` is what they are made
    of, by name. `provenance` says who set each key of
    the scenario and each parameter that was set; `documents` are the files as read, by part: scenario, model,
    population, prices, world, place, interventions.<name>, ingredients.<name>.
    """

    spec: ScenarioSpec
    model: ModelSpec
    interventions: dict[str, Intervention]
    population: Population
    prices: PriceBook | None
    path: Path
    world: WorldSpec | None = None
    switches: Mapping[str, Switch] = field(default_factory=dict)
    hook: str | None = None
    ingredients: Mapping[str, Ingredient] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False, compare=False)

    def mistake(self, part: str, loc: Loc, what: str, **fields: Any) -> Mistake:
        """Return a mistake about what stands at `loc` in a part of the scenario, with its file, line and key."""
        return self.documents.get(part, Document({})).mistake(loc, what, **fields)

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        spec = self.spec
        worlds = "; ".join(
            f"{arm.title.en if arm.title else arm.name} ({', '.join(arm.interventions) or 'no intervention'})"
            for arm in spec.arms
        )
        rows: list[tuple[str, object]] = [
            ("people", f"{spec.size or self.population.size} of {self.population.name}"), ("worlds", worlds),
            ("years", f"{spec.years:g} from {spec.start}"),
            ("runs", f"{spec.draws} draws × {spec.replicates} replicates × {len(spec.arms)} worlds"),
        ]  # fmt: skip
        if self.switches:
            off = [name for name, switch in self.switches.items() if not switch.on]
            rows.append(("shared", f"{len(self.switches) - len(off)} mechanisms on; off: {', '.join(off) or 'none'}"))
        own = {path: who for path, who in self.provenance.items() if "." in path}
        rows += [(path, f"set ({who})") for path, who in own.items()]
        return card(spec.title.en, rows, spec.title.nl)


def load_scenario(path: str | Path, overrides: Mapping[str, str] = {}) -> Scenario:
    """Read a scenario and everything it names.

    Args:
        path: the scenario file.
        overrides: keys of the scenario (`size`) or paths of parameters to texts; they go over the file.

    Raises:
        UserError: with all mistakes of form that the files hold. What the files say about each other is for `check`.
    """
    document = read_mapping(Path(path), str(path))
    return _resolved(document, Path(path), overrides)


def _resolved(document: Document, file: Path, overrides: Mapping[str, str]) -> Scenario:
    """Return the scenario that a document, the files it names and the overrides make together."""
    left = apply_keys(document, overrides)
    place = fill_from_place(document, file.parent, set(overrides))
    spec = validated(ScenarioSpec, document)
    parts = _Parts(document, file.parent, set(overrides))
    model = parts.read("model", spec.model, ("model",))
    population = parts.read("population", spec.population, ("population",))
    if population is not None:
        population, parts.documents["population"] = with_presets(population, spec.follow, parts.documents["population"])
    prices = parts.read("prices", spec.prices, ("prices",)) if spec.prices is not None else None
    spec, interventions = parts.interventions(spec)
    world = parts.read("world", spec.world, ("world",)) if spec.world is not None else None
    switches: dict[str, Switch] = {}
    hook = parts.hook(spec.on_month)
    if spec.off and spec.world is None:
        what = "there is nothing to switch off: the scenario names no world"
        parts.mistakes.append(document.mistake(("off",), what, cure="name a world, for example world: town"))
    if parts.mistakes or model is None or population is None:
        raise UserError(parts.mistakes)
    declared = (model, population, world)
    if world is not None:
        if prices is not None:
            prices, parts.documents["prices"] = add_prices(prices, world, spec.off, parts.documents)
        laid = lay_over(model, population, interventions, world, spec.off, parts.documents)
        model, population, world, switches = laid.model, laid.population, laid.world, laid.switches
        parts.documents.update(laid.documents)
    model, population, parts.documents = let_leave(model, population, parts.documents)
    year = spec.law_year
    parts.documents["model"] = document_in_force(parts.documents["model"], model, year)
    scenario = Scenario(
        spec=spec,
        model=model_in_force(model, year),
        interventions={name: interventions_in_force(item, year) for name, item in interventions.items()},
        population=population,
        prices=None if prices is None else prices_in_force(prices, year),
        path=file,
        world=world,
        switches=switches,
        hook=hook,
        ingredients=parts.ingredients,
        provenance=_provenance(document, overrides),
        documents=parts.documents,
    )
    if place is not None:
        scenario = with_own_values(scenario, place, lambda: _with_everything(scenario, *declared))
    return _with_settings(scenario, parameter_settings(document, spec, left))


def changed(scenario: Scenario, settings: Mapping[str, object]) -> Scenario:
    """Return a scenario with other values of some keys (`SIMPLE`) and parameters; what they may be is for `check`.

    Raises:
        UserError: a key that other parts were resolved by, no such parameter, or a value out of its range.
    """
    mistakes = []
    for key in settings:
        if key in ScenarioSpec.model_fields and key not in SIMPLE:
            what = "this decides which files are read, so it cannot be changed afterwards"
            mistakes.append(Mistake(what, key=key, allowed=", ".join(SIMPLE), cure="give it when loading"))
    if mistakes:
        raise UserError(mistakes)
    keys = {key: value for key, value in settings.items() if key in SIMPLE}
    plain = scenario.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    spec = validated(ScenarioSpec, Document({**plain, **keys}))
    provenance = {**scenario.provenance, **dict.fromkeys(keys, COMMAND_LINE)}
    left = {path: str(value) for path, value in settings.items() if path not in SIMPLE}
    document = scenario.documents.get("scenario", Document({}))
    own = parameter_settings(document, spec.model_copy(update={"set": {}}), left)
    return _with_settings(replace(scenario, spec=spec, provenance=provenance), own)


def _with_everything(scenario: Scenario, model: ModelSpec, population: Population, world: WorldSpec | None) -> Scenario:
    """Return a scenario with its model, people and world as declared: every mechanism on, every rule in force."""
    if world is None:
        return replace(scenario, model=model, population=population)
    laid = lay_over(model, population, scenario.interventions, world, (), scenario.documents)
    return replace(scenario, model=laid.model, population=laid.population, world=laid.world)


def packaged_scenario(interventions: Sequence[str] | None = None) -> Scenario:
    """Return what is packaged as one scenario: the youth model, its people and prices, and every intervention, or those
    named.

    Raises:
        UserError: where a packaged file holds a mistake.
    """
    names = packaged_names("intervention") if interventions is None else list(interventions)
    settings: dict[str, Any] = {
        "name": "packaged",
        "title": {"nl": "Alles wat is meegeleverd", "en": "Everything that is packaged"},
        "population": "nijkerk",
        "prices": (packaged_names("prices") or ["nl_2024"])[-1],
        "arms": [{"name": "usual_care"}, {"name": "everything", "interventions": names}],
    }
    document = Document(settings, {(): ("packaged files", None)})
    return _resolved(document, Path(), {})


class _Parts:
    """Reads the files a scenario names; collects mistakes, so that all are told at once."""

    def __init__(self, document: Document, base: Path, overridden: set[str]) -> None:
        self.documents: dict[str, Document] = {"scenario": document}
        self.base = base
        self.overridden = overridden
        self.ingredients: dict[str, Ingredient] = {}
        self.mistakes: list[Mistake] = []

    def read(self, kind: str, name: str, loc: Loc) -> Any:
        """Return one file as an object, or None where it holds mistakes."""
        loaded = self._loaded(kind, name, loc)
        if loaded is None:
            return None
        self.documents[kind] = loaded.document
        return loaded.spec

    def _loaded(self, kind: str, name: str, loc: Loc) -> Loaded[Any] | None:
        scenario = self.documents["scenario"]
        at = scenario.mistake(loc, "")
        base = None if loc[0] in self.overridden else self.base
        place: Place = (at.file or "", at.line)
        if loc not in scenario.places:
            place = (str(scenario.places[()][0]), None)
        try:
            return read_kind(kind, name, base, place, at.key)
        except UserError as error:
            self.mistakes += error.mistakes
            return None

    def hook(self, name: str | None) -> str | None:
        """Return the source of the file that holds the scenario's function of every month."""
        if name is None:
            return None
        path = self.base / name
        try:
            source = read_text(path, str(path))
            compile(source, str(path), "exec")
        except UserError as error:
            self.mistakes.append(self.documents["scenario"].mistake(("on_month",), error.mistakes[0].what))
            return None
        except SyntaxError as error:
            what = f"'{name}' is no Python: {error.msg} (line {error.lineno})"
            self.mistakes.append(self.documents["scenario"].mistake(("on_month",), what))
            return None
        return source

    def interventions(self, spec: ScenarioSpec) -> tuple[ScenarioSpec, dict[str, Intervention]]:
        """Return the interventions of all arms by name, and the scenario with its arms naming them so."""
        by_given: dict[str, Loaded[Any] | None] = {}
        found: dict[str, Intervention] = {}
        arms = []
        for i, arm in enumerate(spec.arms):
            names = []
            for j, given in enumerate(arm.interventions):
                loc: Loc = ("arms", i, "interventions", j)
                if given not in by_given:
                    by_given[given] = self._loaded("intervention", given, loc)
                    self._keep(by_given[given], found, loc)
                loaded = by_given[given]
                names.append(given if loaded is None else str(loaded.spec.name))
                if names.count(names[-1]) > 1:
                    what = f"'{given}' stands twice in this arm"
                    self.mistakes.append(self.documents["scenario"].mistake(loc, what, cure="keep one of the two"))
            arms.append(arm.model_copy(update={"interventions": names}))
        return spec.model_copy(update={"arms": arms}), found

    def _keep(self, loaded: Loaded[Any] | None, found: dict[str, Intervention], loc: Loc) -> None:
        if loaded is None:
            return
        name = str(loaded.spec.name)
        if name in found:
            what = f"two files declare an intervention named '{name}'"
            self.mistakes.append(self.documents["scenario"].mistake(loc, what, cure="give one of them another name"))
        found[name], self.documents[f"interventions.{name}"] = self._made_of(loaded)

    def _made_of(self, loaded: Loaded[Any]) -> tuple[Intervention, Document]:
        """Return an intervention with the effects of its ingredients, which are read here."""
        item: Intervention = loaded.spec
        own: dict[str, Ingredient] = {}
        mistakes = len(self.mistakes)
        for j, act in enumerate(item.acts):
            at = loaded.document.mistake(("acts", j, "ingredient"), "")
            try:
                read = read_kind("ingredient", act.ingredient, loaded.path.parent, (at.file or "", at.line), at.key)
            except UserError as error:
                self.mistakes += error.mistakes
                continue
            own[act.ingredient] = read.spec
            known = self.ingredients.setdefault(read.spec.name, read.spec)
            if known != read.spec:
                what = f"two files declare an ingredient named '{read.spec.name}'"
                self.mistakes.append(Mistake(what, at.file, at.line, at.key, cure="give one of them another name"))
            self.documents[f"ingredients.{read.spec.name}"] = read.document
        if len(self.mistakes) > mistakes:
            return item, loaded.document
        return with_acts(item, own, loaded.document)


def _provenance(document: Document, overrides: Mapping[str, str]) -> dict[str, str]:
    """Return for every key of a scenario who set it: default, the file with its line, or the command line."""
    origin = {}
    for name in ScenarioSpec.model_fields:
        if name in overrides:
            origin[name] = COMMAND_LINE
        elif name in document.data:
            file, line = place_of(document.places, (name,))
            origin[name] = Path(file).name + (f":{line}" if line else "")
        else:
            origin[name] = "default"
    return origin


def _with_settings(scenario: Scenario, settings: Mapping[str, tuple[float, Place]]) -> Scenario:
    """Return the scenario with every parameter that is set fixed at its value."""
    mistakes: list[Mistake] = []
    origin = dict(scenario.provenance)
    for path, (value, place) in settings.items():
        try:
            found, new = set_number(scenario, path, value, place)
        except UserError as error:
            mistakes += error.mistakes
            continue
        scenario = with_item(scenario, found, new)
        origin[path] = COMMAND_LINE if place[1] is None else f"{Path(place[0]).name}:{place[1]}"
    if mistakes:
        raise UserError(mistakes)
    return replace(scenario, provenance=origin)


# --- content hash -----------------------------------------------------------------------------------------------------


def content_hash(scenario: Scenario) -> str:
    """Return the SHA-256 of everything that can change a result, as 64 hexadecimal digits.

    Left out are the numbers of draws and replicates (a study can grow), texts for people, and the names of files. The
    order of keys plays no part, except where it carries meaning: domains, states, latents, traits and arms.
    """
    spec = {name: _plain(value) for name, value in scenario.spec if name not in _NOT_CONTENT}
    content = {
        "scenario": spec,
        "model": _plain(scenario.model),
        "population": _plain(scenario.population),
        "interventions": {name: _plain(item) for name, item in scenario.interventions.items()},
        "ingredients": {name: _plain(item) for name, item in scenario.ingredients.items()},
        "prices": _plain(scenario.prices),
        "world": _plain(scenario.world),
        "hook": scenario.hook,
        "order": {
            "domains": [[name, *domain.states] for name, domain in scenario.model.domains.items()],
            "latents": list(scenario.model.latents),
            "traits": list(scenario.population.traits),
            "interventions": list(scenario.interventions),
        },
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _plain(value: Any) -> Any:
    """Return a declaration as plain values for JSON, texts for people left out."""
    if isinstance(value, Text):
        return None
    if isinstance(value, BaseModel):
        return {name: _plain(item) for name, item in value if name not in _TEXTS}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value
