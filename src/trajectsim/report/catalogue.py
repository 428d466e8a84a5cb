"""An entry of the catalogue explained: for whom, why, how it runs, what it costs whom, what numbers rest on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from trajectsim.config.catalogue import Entry, ingredients_of, not_interventions
from trajectsim.config.load import load_sources, read_kind
from trajectsim.config.schema import Condition, Ingredient, Intervention, Number, PlaceSpec, Span, Text
from trajectsim.config.titles import model_titles
from trajectsim.economics.per_youth import PerYouth, number_of, per_youth
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk
from trajectsim.report.labels import label
from trajectsim.report.phrases import Words, plain, words

__all__ = [
    "Card",
    "NumberLine",
    "Section",
    "card",
    "card_of",
    "effect_lines",
    "grades_of",
    "numbers_of",
    "reference_dose",
]

MODEL = "youth"
"""The packaged model, whose states and exits the interventions name."""

WORLD = "town"
"""The packaged world, whose mechanisms and provisions they name."""

GRADES = "ABCD"


@dataclass(frozen=True)
class Section:
    """A part of a card: a heading and its lines."""

    key: str
    heading: str
    lines: list[str]


@dataclass(frozen=True)
class NumberLine:
    """One number of an entry: its path, value, unit, range, grade, source (title), locator and note."""

    path: str
    value: float
    unit: str
    low: float | None
    high: float | None
    grade: str
    source: str
    locator: str
    note: str | None


@dataclass(frozen=True)
class Card:
    """What there is to say of one entry in one language: title, first lines, sections and all its numbers."""

    name: str
    title: str
    kind: str
    lead: str
    sections: list[Section]
    numbers: list[NumberLine] = field(default_factory=list)


def card(item: Entry, lang: str) -> Card:
    """Return the card of an entry.

    Args:
        item: an entry of the catalogue.
        lang: nl or en.
    """
    if item.kind == "intervention":
        return card_of(read_kind("intervention", item.name).spec, lang)
    if item.kind == "place":
        return _of_place(read_kind("place", item.name).spec, _Writer(lang))
    row, w = not_interventions()[item.name], _Writer(lang)
    sections = [
        Section("why_not", w.say("why_not"), [w.text(row.reason)]),
        Section("source", w.say("source"), [w.source(row.source, row.locator)]),
    ]
    return Card(item.name, w.text(row.title), w.say("kind_not_intervention"), "", sections)


def card_of(item: Intervention, lang: str) -> Card:
    """Return the card of an intervention."""
    w = _Writer(lang, {str(item.name): item.title.model_dump(), **_cost_titles(item)})
    background = item.background
    family = "none" if background is None else background.family
    kind = w.say(f"family_{family}") + (f", {background.place}" if background is not None and background.place else "")
    sections = [
        Section("for_whom", w.say("for_whom"), [] if background is None else [w.text(background.for_whom)]),
        Section("chain", w.say("chain"), [] if background is None else [w.text(step) for step in background.chain]),
        Section("who", w.say("who"), w.condition(item.eligible) if item.is_programme else []),
        Section("runs", w.say("runs"), w.runs(item)),
        Section("ingredients", w.say("ingredients"), w.ingredients(item)),
        Section("own_effects", w.say("own_effects"), w.effects(item, item.effects)),
        Section("levers", w.say("levers"), w.levers(item)),
        Section("costs", w.say("costs" if item.is_programme else "costs_whole"), w.costs(item)),
        Section("preconditions", w.say("preconditions"), w.texts(background.preconditions if background else [])),
        Section("risks", w.say("risks"), w.texts(background.risks if background else [])),
        Section("reported", w.say("reported"), w.reported(item)),
        Section("grades", w.say("grades"), w.grades(item)),
        Section("source", w.say("source"), [w.source(background.source, background.locator)] if background else []),
        Section("try_it", w.say("try_it"), [w.words("catalogue.try_run", name=item.name)]),
    ]
    numbers = numbers_of(item, f"interventions.{item.name}")
    lead = "" if item.description is None else w.text(item.description)
    return Card(item.name, w.text(item.title), kind, lead, [s for s in sections if s.lines], numbers)


def _of_place(item: PlaceSpec, w: _Writer) -> Card:
    people = read_kind("population", item.population).spec
    lines = [w.words("catalogue.people", title=w.text(people.title), n=w.words.style.number(people.size))]
    if item.inhabitants is not None:
        lines.append(w.words("catalogue.inhabitants", n=w.words.style.number(item.inhabitants.value)))
    world = [] if item.world is None else [w.text(read_kind("world", item.world).spec.title)]
    own = [w.words("catalogue.own_numbers", n=len(item.replaces))] if item.replaces else []
    sections = [
        Section("population", w.say("population"), lines),
        Section("world", w.say("world"), world),
        Section("grades", w.say("grades"), own),
    ]
    title, lead = w.text(item.title), w.text(item.description)
    found = [s for s in sections if s.lines]
    return Card(item.name, title, w.say("kind_place"), lead, found, numbers_of(item, f"places.{item.name}"))


# --- numbers ----------------------------------------------------------------------------------------------------------


def numbers_of(item: Any, path: str) -> list[NumberLine]:
    """Return every number of a declaration, with its source spelled out."""
    sources, found = load_sources(), []
    for where, _, number in walk(item, path, (Parameter,)):
        source = sources.get(number.source, {})
        spelled = [str(source[key]) for key in ("title", "publisher", "year") if source.get(key)]
        spread = number.distribution
        found.append(
            NumberLine(
                where, number.value, number.unit, spread.low, spread.high, number.grade,
                ", ".join(spelled) or number.source, number.locator, number.note,
            )
        )  # fmt: skip
    return found


def grades_of(item: Any) -> dict[str, int]:
    """Return how many numbers of a declaration have each grade."""
    count = Counter(number.grade for _, _, number in walk(item, "", (Parameter,)))
    return {grade: count[grade] for grade in GRADES if count[grade]}


def effect_lines(item: Ingredient, lang: str) -> list[str]:
    """Return what an ingredient does at its reference dose, in words, with sizes and ranges."""
    return _Writer(lang).effects(item, item.effects)


def reference_dose(item: Ingredient, lang: str) -> str:
    """Return the dose of an ingredient at which its effects count in full."""
    return _Writer(lang).amount(_parameter(item, item.reference))


# --- words ------------------------------------------------------------------------------------------------------------


@cache
def _titles() -> dict[str, dict[str, str]]:
    """Return the titles of the packaged model and world."""
    titles = model_titles(read_kind("model", MODEL).spec)
    world = read_kind("world", WORLD).spec
    titles |= {f"provision.{name}": item.title.model_dump() for name, item in world.provisions.items()}
    for name, item in world.mechanisms.items():
        titles[f"mechanism.{name}"] = item.title.model_dump()
        titles |= {f"{domain}.{way.name}": way.title.model_dump() for domain, ways in item.exits.items() for way in ways
                   if way.title is not None}  # fmt: skip
        titles |= {name: domain.title.model_dump() for name, domain in item.domains.items() if domain.title is not None}
    return titles


def _cost_titles(item: Intervention) -> dict[str, dict[str, str]]:
    titled = {name: line.title for name, line in item.costs.items() if line.title is not None}
    return {f"prices.lines.{item.name}.{name}": title.model_dump() for name, title in titled.items()}


class _Writer:
    """Writes the lines of a card in one language."""

    def __init__(self, lang: str, titles: Mapping[str, Mapping[str, str]] = {}) -> None:
        self.lang = lang
        self.words: Words = words(lang, {**_titles(), **titles})

    def say(self, key: str) -> str:
        """Return a phrase of the catalogue without values."""
        return self.words(f"catalogue.{key}")

    def text(self, text: Text) -> str:
        """Return a text in the reader's language."""
        return str(getattr(text, self.lang))

    def texts(self, found: Iterable[Text]) -> list[str]:
        """Return texts in the reader's language."""
        return [self.text(item) for item in found]

    def source(self, source: str, locator: str) -> str:
        """Return a source with the place in it."""
        title = load_sources().get(source, {}).get("title") or source
        return self.words("catalogue.source_line", source=title, locator=locator)

    def number(self, value: float) -> str:
        """Return a number with as many decimals as three figures need."""
        for decimals in range(5):
            if abs(round(value, decimals) - value) <= 2e-3 * abs(value):
                return self.words.style.number(value, decimals)
        return self.words.style.number(value, 5)

    # --- who ----------------------------------------------------------------------------------------------------------

    def condition(self, condition: Condition | None) -> list[str]:
        """Return who may take part: age, states, traits and slow quantities."""
        if condition is None:
            return [self.say("everybody")]
        lines = []
        if condition.age is not None:
            lines.append(self.words("catalogue.age", ages=self.span(condition.age)))
        for domain, states in condition.states.items():
            key = "states" if states.in_ is not None else "not_states"
            names = [self.words.title(f"{domain}.{s}", s) for s in (states.in_ or states.not_ or [])]
            lines.append(self.words(f"catalogue.{key}", domain=self.words.title(domain), states=", ".join(names)))
        for name in condition.traits:
            lines.append(self.words("catalogue.trait", name=self.words.title(f"trait.{name}", name)))
        for kind, spans in (("latent", condition.latents), ("", condition.months_in)):
            for name, span in spans.items():
                title = self.words.title(f"{kind}.{name}" if kind else name, name)
                lines.append(self.words("catalogue.latent", name=title, span=self._bounds(span)))
        return lines or [self.say("everybody")]

    def span(self, span: Span) -> str:
        """Return a span of ages in words."""
        a, b = (None if x is None else self.number(x) for x in (span.from_, span.to))
        if a is not None and b is not None:
            return self.words("catalogue.age_both", a=a, b=b)
        return self.words("catalogue.age_from", a=a) if a is not None else self.words("catalogue.age_to", b=b or "")

    def _bounds(self, span: Span) -> str:
        low = "" if span.from_ is None else f"≥ {self.number(span.from_)}"
        high = "" if span.to is None else f"< {self.number(span.to)}"
        return " ".join(part for part in (low, high) if part)

    # --- how it runs --------------------------------------------------------------------------------------------------

    def runs(self, item: Intervention) -> list[str]:
        """Return places, months, hours, team and choice."""
        if not item.is_programme:
            return []
        found, lines = per_youth(item), []
        if (places := number_of(item, item.places)) is not None:
            lines.append(self.words("catalogue.places", n=self.number(places.value)))
        if item.start_month:
            lines.append(self.words("catalogue.starts", n=item.start_month))
        for state, key in (("enrolled", "duration"), ("aftercare", "aftercare")):
            if found.months[state]:
                lines.append(self.words(f"catalogue.{key}", n=self.number(found.months[state])))
        for (role, state), hours in found.hours.items():
            when = self.words(f"label.while_{state}")
            lines.append(self.words("catalogue.hours", role=self.role(role), n=self.number(hours), when=when))
        if found.hours_in_all:
            lines.append(self.words("catalogue.hours_all", n=self.number(found.hours_in_all)))
        if item.team is not None:
            fte = sum(number.value for x in item.team.fte.values() if (number := number_of(item, x)) is not None)
            per_fte = number_of(item, item.team.hours_per_fte)
            hours_per_fte = "" if per_fte is None else self.number(per_fte.value)
            lines.append(self.words("catalogue.team", fte=self.number(fte), hours=hours_per_fte))
        if item.selection is not None:
            lines.append(self.words("catalogue.selection", rule=self.say(f"rule_{item.selection.rule}")))
        return lines

    def role(self, name: str) -> str:
        """Return a role in words."""
        key = f"differs.role_{name}"
        return self.words(key) if self.words.has(key) else plain(name)

    # --- what it does -------------------------------------------------------------------------------------------------

    def ingredients(self, item: Intervention) -> list[str]:
        """Return the ingredients with their doses, each followed by what it does at its reference dose."""
        lines, known = [], ingredients_of(item)
        for act in item.acts:
            ingredient = known[act.ingredient]
            reference = _parameter(ingredient, ingredient.reference)
            dose = reference if act.dose is None else number_of(item, act.dose)
            when = ", ".join(self.words(f"label.while_{state}") for state in act.while_)
            lines.append(
                self.words(
                    "catalogue.ingredient", title=self.text(ingredient.title), dose=self.amount(dose), when=when,
                    reference=self.amount(reference), does="; ".join(self.effects(ingredient, ingredient.effects)),
                )
            )  # fmt: skip
        return lines

    def amount(self, number: Parameter | None) -> str:
        """Return a number with its unit."""
        return "" if number is None else f"{self.number(number.value)} {self.words(f'unit.{number.unit}')}".strip()

    def effects(self, owner: Any, effects: Iterable[Any]) -> list[str]:
        """Return effects on exits and latents in words, with their sizes; exits of one title and size once."""
        lines = []
        for effect in effects:
            target = effect.exit or f"latent.{effect.latent}"
            what = self.words.title(target, target)
            if effect.exit is not None:
                domain = effect.exit.partition(".")[0]
                what = what if domain == "activity" else f"{self.words.title(domain)}: {what}"
            when = getattr(effect, "while_", None)
            shown = f"‘{what}’" + (f" ({', '.join(self.words(f'label.while_{s}') for s in when)})" if when else "")
            for key, name in (("ratio", "times"), ("adds", "adds"), ("drift", "drift")):
                number = _parameter(owner, getattr(effect, key))
                if number is not None:
                    lines.append(self.words("catalogue.does", what=shown, size=self.size(name, number)))
        return list(dict.fromkeys(lines))

    def size(self, name: str, number: Parameter) -> str:
        """Return the size of an effect with its range."""
        value = self.number(number.value)
        low, high = number.distribution.low, number.distribution.high
        if low is None or high is None:
            return self.words(f"catalogue.fixed_{name}", value=value)
        return self.words(f"catalogue.{name}", value=value, low=self.number(low), high=self.number(high))

    def levers(self, item: Intervention) -> list[str]:
        """Return what an intervention makes different for everybody in its arm."""
        lines = []
        for lever in item.levers:
            kind = "ratio" if lever.ratio is not None else "value"
            number = number_of(item, getattr(lever, kind))
            mechanism = ""
            if lever.mechanism is not None:
                title = self.words.title(f"mechanism.{lever.mechanism}", lever.mechanism)
                mechanism = self.words("catalogue.mechanism", name=title)
            what = f"{label(lever.parameter, self.words)} ({lever.parameter})"
            value = "" if number is None else self.number(number.value)
            key = f"catalogue.lever_{kind}"
            lines.append(self.words(key, what=what, value=value, range=self.range(number), mechanism=mechanism))
        for change in item.changes:
            what = self.words.title(f"provision.{change.provision}", change.provision)
            for key in ("capacity", "tolerance"):
                number = number_of(item, getattr(change, key))
                if number is not None:
                    lines.append(
                        self.words("catalogue.change", what=what, kind=self.say(key), value=self.number(number.value),
                                   range=self.range(number))
                    )  # fmt: skip
        return lines

    def range(self, number: Parameter | None) -> str:
        """Return the range of a number in brackets; empty where it has none."""
        if number is None or number.distribution.low is None or number.distribution.high is None:
            return ""
        low, high = self.number(number.distribution.low), self.number(number.distribution.high)
        return " " + self.words("catalogue.range", low=low, high=high).strip()

    # --- money and evidence -------------------------------------------------------------------------------------------

    def costs(self, item: Intervention) -> list[str]:
        """Return euros per youth by payer, and amounts of the programme as a whole."""
        found = per_youth(item)
        lines = self.per_payer(found)
        for fixed in found.fixed:
            title = self.words.title(f"prices.lines.{item.name}.{fixed.line}", fixed.line)
            euro, payer = self.words.style.euro(fixed.euros), self.words.payer(fixed.payer)
            lines.append(self.words(f"catalogue.fixed_{fixed.often}", title=title, euro=euro, payer=payer))
        if found.depends:
            names = [self.words.title(f"prices.lines.{item.name}.{name}", name) for name in found.depends]
            lines.append(self.words("catalogue.depends", names=", ".join(names)))
        return lines or [self.say("free")]

    def per_payer(self, found: PerYouth) -> list[str]:
        """Return euros per youth who completes it, the largest payer first."""
        if not found.euros:
            return []
        euro = self.words.style.euro
        ranked = sorted(found.euros.items(), key=lambda pair: -pair[1])
        lines = [self.words("catalogue.cost", payer=self.words.payer(p), euro=euro(x)) for p, x in ranked]
        if len(ranked) > 1:
            lines.append(self.words("catalogue.cost_all", euro=euro(sum(found.euros.values()))))
        return [*lines, self.words("catalogue.costs_note", age=self.number(found.start_age))]

    def reported(self, item: Intervention) -> list[str]:
        """Return what sources report, and what each of it may be used for."""
        background = item.background
        return [
            self.words(
                "catalogue.reported_line", text=self.text(row.text), role=self.say(f"role_{row.role}"),
                source=load_sources().get(row.source, {}).get("title") or row.source, locator=row.locator,
            )
            for row in (background.reported if background is not None else ())
        ]  # fmt: skip

    def grades(self, item: Intervention) -> list[str]:
        """Return how many numbers there are of each grade, without and with those of the ingredients."""
        own = Counter(grades_of(item))
        lines = [self.words("catalogue.grade_counts", n=sum(own.values()), counts=self._counts(own))] if own else []
        made_of = ingredients_of(item)
        if made_of:
            every = own + sum((Counter(grades_of(x)) for x in made_of.values()), Counter())
            lines.append(self.words("catalogue.with_ingredients", counts=self._counts(every)))
        return lines

    def _counts(self, count: Mapping[str, int]) -> str:
        return ", ".join(self.words("catalogue.grade_count", n=count[g], grade=g) for g in GRADES if count.get(g))


def _parameter(owner: Any, number: Number | None) -> Parameter | None:
    """Return the parameter behind a number of an intervention or an ingredient."""
    use = getattr(number, "use", None)
    if use is not None:
        found: Parameter | None = owner.parameters.get(use)
        return found
    return number if isinstance(number, Parameter) else None
