"""A world laid over a model: what its mechanisms add becomes part of the model; what they share stays in the world.

A mechanism that is off leaves no trace. With all of them off the model is the one that was declared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from trajectsim.config.reader import Document, Loc
from trajectsim.config.schema import Domain, Exit, Intervention, ModelSpec, Number, Population, PriceBook, Text, Trait
from trajectsim.config.world import Mechanism, WorldSpec
from trajectsim.errors import Mistake, UserError, nearest

__all__ = ["BUILT_IN", "EVENTS", "HELPERS", "WAITING", "Laid", "Switch", "add_prices", "lay_over", "shared_traits"]

BUILT_IN: dict[str, Text] = {
    "programme_places": Text(nl="plekken van de aanpak zelf", en="places of the programme itself"),
    "selection": Text(nl="wie er wordt gekozen voor de aanpak", en="who is chosen for the programme"),
    "teams": Text(nl="uren van begeleiders", en="coach hours"),
}
"""Mechanisms that interventions declare themselves, by the names under which a scenario switches them off."""

HELPERS = "helpers"
"""Number trait of a world with households: the professionals who come to the youth's household."""

WAITING = "waiting_"
"""What the number trait that is 1 while a youth waits for a provision begins with; the provision's name follows."""

EVENTS: dict[str, Text] = {
    "place_asked": Text(nl="om een plek gevraagd", en="asked for a place"),
    "place_taken": Text(nl="plek ging naar een ander", en="the place went to another"),
    "place_refused": Text(nl="aanvraag afgewezen", en="request refused"),
    "place_passed_on": Text(nl="doorverwezen naar een ander loket", en="passed on to another desk"),
    "queue_left": Text(nl="wachtlijst verlaten", en="left the waiting list"),
    "coach_left": Text(nl="vaste begeleider vertrokken", en="the coach left"),
}
"""What happens to those who ask, in every world."""

_MERGED = (
    *("traits", "people", "domains", "events", "constraints", "joint_lines", "measures", "exits", "effects", "adds"),
    *("drift", "follows", "prices"),
)


@dataclass(frozen=True)
class Switch:
    """A mechanism by which a scenario can be told apart from one without it, and whether it is on."""

    title: Text
    on: bool


@dataclass(frozen=True)
class Laid:
    """A model with a world laid over it: the model, the population, and what is left of the world: only what is shared
    and on. `documents` are those of the model and the population, which know where additions stand; `switches` all
    mechanisms, on or off, in the order of the world."""

    model: ModelSpec
    population: Population
    world: WorldSpec | None
    documents: dict[str, Document]
    switches: dict[str, Switch]


def shared_traits(world: WorldSpec | None) -> dict[str, Trait]:
    """Return the number traits that the engine keeps up to date itself: signals of friends, helpers, waiting."""
    found: dict[str, Trait] = {}
    if world is None:
        return found
    for mechanism in world.mechanisms.values():
        if mechanism.network is not None:
            found.update({n: Trait(kind="number", title=s.title) for n, s in mechanism.network.signals.items()})
        if mechanism.households is not None:
            title = Text(nl="hulpverleners in het huishouden", en="helpers in the household")
            found[HELPERS] = Trait(kind="number", title=title)
    return found


def lay_over(
    model: ModelSpec,
    population: Population,
    interventions: Mapping[str, Intervention],
    world: WorldSpec,
    off: Iterable[str],
    documents: Mapping[str, Document],
) -> Laid:
    """Return a model and population with everything that a world's mechanisms add.

    Args:
        model, population, interventions: as declared.
        world: as declared.
        off: names of mechanisms that are switched off.
        documents: the files as read, for places of mistakes (`scenario`, `world`).

    Raises:
        UserError: a name in `off` that is no mechanism, or an addition that names nothing or stands twice.
    """
    off = list(off)
    mistakes = _unknown_switches(world, off, documents)
    on = {name: item for name, item in world.mechanisms.items() if name not in off}
    builder = _Overlay(model, population, documents.get("world", Document({})), _gone(world, on, model))
    builder.interventions = list(interventions.values())
    builder.mistakes += mistakes
    _needs_a_cycle(builder, world)
    shared = WorldSpec(
        name=world.name,
        title=world.title,
        laws=world.laws,
        provisions=world.provisions,
        mechanisms={n: m.model_copy(update={k: type(getattr(m, k))() for k in _MERGED}) for n, m in on.items()},
    )
    built_in = bool(interventions) and any(name not in off for name in BUILT_IN)
    if on or built_in:
        builder.add_shared(shared, on, world)
        for name, item in on.items():
            builder.add(name, item)
        if on:
            builder.merge("parameters", world.parameters, ("parameters",))
    if builder.mistakes:
        raise UserError(builder.mistakes)
    titles = {**{name: item.title for name, item in world.mechanisms.items()}, **(BUILT_IN if interventions else {})}
    return Laid(
        builder.model,
        builder.population,
        shared if on or built_in else None,
        builder.documents(documents),
        {name: Switch(title, name not in off) for name, title in titles.items()},
    )


def add_prices(
    prices: PriceBook, world: WorldSpec, off: Iterable[str], documents: Mapping[str, Document]
) -> tuple[PriceBook, Document]:
    """Return a price book with the lines that a world's mechanisms add, and its document with their origins.

    Raises:
        UserError: a line that the book has already.
    """
    book, around = documents.get("prices", Document({})), documents.get("world", Document({}))
    lines, origins, mistakes = dict(prices.lines), dict(book.origins), []
    for name, item in world.mechanisms.items():
        for key, line in item.prices.items() if name not in off else ():
            here: Loc = ("mechanisms", name, "prices", key)
            if key in lines:
                what = f"'{key}' is a line of the price book already"
                mistakes.append(around.mistake(here, what, cure="choose another name"))
            lines[key] = line
            origins[("lines", key)] = (around, here)
    if mistakes:
        raise UserError(mistakes)
    return prices.model_copy(update={"lines": lines}), Document(book.data, book.places, origins)


def _gone(world: WorldSpec, on: Mapping[str, Mechanism], model: ModelSpec) -> set[str]:
    """Return what went with the mechanisms that are off: covariates (effects that name them go too) and exits."""
    every, left = (set(_brought(found)) for found in (world.mechanisms.values(), on.values()))
    declared = {*model.traits, *(f"{name}.{state}" for name, x in model.domains.items() for state in x.states)}
    declared |= {f"{name}.{way.name}" for name, x in model.domains.items() for way in x.exits}
    return every - left - declared


def _brought(mechanisms: Iterable[Mechanism]) -> Iterator[str]:
    """Return the covariates and exits that mechanisms bring: traits, signals, helpers, the cycle, states, exits."""
    for item in mechanisms:
        yield from item.traits
        if item.cycle is not None:
            yield "cycle"
        if item.households is not None:
            yield HELPERS
        if item.network is not None:
            yield from item.network.signals
        for name, domain in item.domains.items():
            yield from (f"{name}.{state}" for state in domain.states)
            yield from (f"{name}.{way.name}" for way in domain.exits)
        for name, ways in item.exits.items():
            yield from (f"{name}.{way.name}" for way in ways)


def _named(declared: Any) -> Iterator[str]:
    """Return every key and text anywhere in a declaration."""
    if isinstance(declared, str):
        yield declared
    elif isinstance(declared, BaseModel):
        for _, item in declared:
            yield from _named(item)
    elif isinstance(declared, Mapping):
        for key, item in declared.items():
            yield from (str(key), *_named(item))
    elif isinstance(declared, (list, tuple)):
        for item in declared:
            yield from _named(item)


def _needs_a_cycle(builder: _Overlay, world: WorldSpec) -> None:
    if any(m.cycle is not None for m in world.mechanisms.values()):
        return
    for name, item in world.mechanisms.items():
        for key, places in item.places.items():
            if places.cycle is not None:
                what = "these places follow a business cycle that no mechanism of this world gives"
                builder.wrong(("mechanisms", name, "places", key, "cycle"), what, cure="leave it out, or add a `cycle`")


def _unknown_switches(world: WorldSpec, off: list[str], documents: Mapping[str, Document]) -> list[Mistake]:
    names = [*world.mechanisms, *BUILT_IN]
    scenario = documents.get("scenario", Document({}))
    mistakes = []
    for n, name in enumerate(off):
        if name not in names:
            near = nearest(name, names)
            what = f"there is no mechanism '{name}' in the world '{world.name}'"
            cure = None if near else "`trajectsim check` lists all mechanisms of a scenario that is whole"
            mistakes.append(scenario.mistake(("off", n), what, near=near, allowed=_some(names, near), cure=cure))
    return mistakes


def _some(names: Iterable[str], near: str | None) -> str | None:
    """Return the first of the valid names, where none of them is near."""
    every = list(names)
    return None if near else ", ".join(every[:20]) + (", ..." if len(every) > 20 else "")


class _Overlay:
    """A model and a population that grow; every addition remembers where in the world's file it was written."""

    def __init__(self, model: ModelSpec, population: Population, document: Document, gone: set[str]) -> None:
        self.model, self.population, self.document, self.gone = model, population, document, gone
        self.interventions: list[Intervention] = []
        self.mistakes: list[Mistake] = []
        self.origins: dict[str, dict[Loc, tuple[Document, Loc]]] = {"model": {}, "population": {}}

    def wrong(self, loc: Loc, what: str, **fields: Any) -> None:
        self.mistakes.append(self.document.mistake(loc, what, **fields))

    def moved(self, source: Loc, target: Loc, part: str = "model") -> None:
        """Note that what stands at `target` in the model or the population was written at `source` in the world."""
        self.origins[part][target] = (self.document, source)

    def documents(self, given: Mapping[str, Document]) -> dict[str, Document]:
        """Return the documents of the model and the population with the origins of what was added."""
        found = {}
        for part, origins in self.origins.items():
            own = given.get(part, Document({}))
            found[part] = Document(own.data, own.places, {**own.origins, **origins})
        return found

    def add_shared(self, shared: WorldSpec, on: Mapping[str, Mechanism], world: WorldSpec) -> None:
        """Add what the engine itself keeps: events of asking, number traits of signals, helpers and waiting."""
        events = {name: text for name, text in EVENTS.items() if name not in self.model.events}
        traits = shared_traits(shared)
        for key, item in on.items():
            for name in item.network.signals if item.network is not None else ():
                if name in self.model.traits:
                    here: Loc = ("mechanisms", key, "network", "signals", name)
                    self.wrong(here, f"'{name}' is a trait of the model already", cure="choose another name")
        declared = [list(on.values()), self.model, self.interventions]
        named = {name for name in _named(declared) if name.startswith(WAITING)}
        for name in sorted(name for name in named if name.removeprefix(WAITING) in world.provisions):
            title = world.provisions[name.removeprefix(WAITING)].title
            traits[name] = Trait(kind="number", title=Text(nl=f"wacht op: {title.nl}", en=f"waits for: {title.en}"))
        self.model = self.model.model_copy(
            update={"events": {**self.model.events, **events}, "traits": {**self.model.traits, **traits}}
        )

    def merge(self, section: str, items: Mapping[str, Any], loc: Loc) -> None:
        """Add named items to a section of the model."""
        present = getattr(self.model, section)
        for name in items:
            if name in present:
                self.wrong((*loc, name), f"'{name}' is declared in the model already", cure="choose another name")
            self.moved((*loc, name), (section, name))
        self.model = self.model.model_copy(update={section: {**present, **items}})

    def add(self, name: str, item: Mechanism) -> None:
        """Add one mechanism."""
        here: Loc = ("mechanisms", name)
        for section in ("traits", "domains", "events", "joint_lines", "measures"):
            self.merge(section, getattr(item, section), (*here, section))
        self._people(item, (*here, "people"))
        for n, rule in enumerate(item.constraints):
            self.moved((*here, "constraints", n), ("constraints", len(self.model.constraints)))
            self.model = self.model.model_copy(update={"constraints": [*self.model.constraints, rule]})
        for domain, ways in item.exits.items():
            self._exits(domain, ways, (*here, "exits", domain))
        for kind in ("effects", "adds"):
            for path, numbers in getattr(item, kind).items():
                self._coefficients(kind, path, numbers, (*here, kind, path))
        for path, consequences in item.follows.items():
            self._follows(path, list(consequences), (*here, "follows", path))
        for latent, drifts in item.drift.items():
            self._drift(latent, drifts, (*here, "drift", latent))

    def _people(self, item: Mechanism, loc: Loc) -> None:
        for name in item.people:
            if name in self.population.traits:
                what = f"the population says already how '{name}' is spread"
                self.wrong((*loc, name), what, cure="keep one of the two")
            self.moved((*loc, name), ("traits", name), "population")
        self.population = self.population.model_copy(update={"traits": {**self.population.traits, **item.people}})

    def _domain(self, name: str, loc: Loc) -> Domain | None:
        if name not in self.model.domains:
            near = nearest(name, self.model.domains)
            self.wrong(loc, f"there is no domain '{name}'", near=near, allowed=_some(self.model.domains, near))
            return None
        return self.model.domains[name]

    def _with_domain(self, name: str, domain: Domain) -> None:
        self.model = self.model.model_copy(update={"domains": {**self.model.domains, name: domain}})

    def _exits(self, name: str, ways: list[Exit], loc: Loc) -> None:
        domain = self._domain(name, loc)
        if domain is None:
            return
        taken = {way.name for way in domain.exits}
        for n, way in enumerate(ways):
            if way.name in taken:
                self.wrong((*loc, n, "name"), f"{name} has an exit '{way.name}' already", cure="choose another name")
            taken.add(way.name)
            self.moved((*loc, n), ("domains", name, "exits", len(domain.exits) + n))
        kept = [way.model_copy(update={k: self._kept(getattr(way, k)) for k in ("effects", "adds")}) for way in ways]
        self._with_domain(name, domain.model_copy(update={"exits": [*domain.exits, *kept]}))

    def _kept(self, numbers: Mapping[str, Number]) -> dict[str, Number]:
        """Return the numbers without those of what went with a mechanism that is off."""
        return {name: number for name, number in numbers.items() if name not in self.gone}

    def _found(self, path: str, loc: Loc) -> tuple[str, Domain, list[int]] | None:
        """Return the exits of this name: their domain and their places in its list."""
        name, _, own = path.partition(".")
        domain = self.model.domains.get(name)
        rows = [] if domain is None else [n for n, way in enumerate(domain.exits) if way.name == own]
        if domain is None or not rows:
            every = [f"{d}.{way.name}" for d, x in self.model.domains.items() for way in x.exits]
            near = nearest(path, every)
            if path not in self.gone:
                cure = None if near else "`domain.exit` names an exit of the model"
                self.wrong(loc, f"there is no exit '{path}'", near=near, cure=cure)
            return None
        return name, domain, rows

    def _coefficients(self, kind: str, path: str, numbers: Mapping[str, Number], loc: Loc) -> None:
        found = self._found(path, loc)
        if found is None:
            return
        name, domain, rows = found
        exits = list(domain.exits)
        numbers = self._kept(numbers)
        for n in rows:
            present = getattr(exits[n], kind)
            for covariate in numbers:
                if covariate in present:
                    what = f"{path} has an effect of '{covariate}' already"
                    self.wrong((*loc, covariate), what, cure="leave one of the two out")
                self.moved((*loc, covariate), ("domains", name, "exits", n, kind, covariate))
            exits[n] = exits[n].model_copy(update={kind: {**present, **numbers}})
        self._with_domain(name, domain.model_copy(update={"exits": exits}))

    def _follows(self, path: str, consequences: list[Any], loc: Loc) -> None:
        found = self._found(path, loc)
        if found is None:
            return
        name, domain, rows = found
        exits = list(domain.exits)
        for n in rows:
            for j in range(len(consequences)):
                self.moved((*loc, j), ("domains", name, "exits", n, "then", len(exits[n].then) + j))
            exits[n] = exits[n].model_copy(update={"then": [*exits[n].then, *consequences]})
        self._with_domain(name, domain.model_copy(update={"exits": exits}))

    def _drift(self, latent: str, drifts: Mapping[str, Number], loc: Loc) -> None:
        if latent not in self.model.latents:
            near = nearest(latent, self.model.latents)
            self.wrong(loc, f"there is no latent '{latent}'", near=near, allowed=_some(self.model.latents, near))
            return
        item, drifts = self.model.latents[latent], self._kept(drifts)
        for state in drifts:
            if state in item.drift:
                self.wrong((*loc, state), f"{latent} drifts in '{state}' already", cure="leave one of the two out")
            self.moved((*loc, state), ("latents", latent, "drift", state))
        changed = item.model_copy(update={"drift": {**item.drift, **drifts}})
        self.model = self.model.model_copy(update={"latents": {**self.model.latents, latent: changed}})
