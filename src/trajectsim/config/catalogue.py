"""The catalogue: every packaged intervention and place, what is no intervention and why, and how to find one."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from trajectsim.config.load import DATA, packaged_names, read_kind, resolve, shown
from trajectsim.config.messages import validated
from trajectsim.config.reader import Document, Loc, Place, parse, read_mapping
from trajectsim.config.schema import Background, Frozen, Ingredient, Intervention, PlaceSpec, Text
from trajectsim.errors import UserError, nearest

__all__ = [
    "FAMILIES",
    "Entry",
    "NotIntervention",
    "entries",
    "entry",
    "ingredients_of",
    "not_interventions",
    "other_words",
    "search",
]

FAMILIES = (
    "approach", "breakthrough", "instrument", "governance", "comparator", "failed_example", "illustration", "none",
)  # fmt: skip
"""Families of interventions in the order of the catalogue; none for what gives no background."""

ALIKE = 0.82
"""How much alike two words must be to be taken for the same (1: equal)."""

ENDING = re.compile(r"(?:ers|en|er|es|s|e)$")
"""Endings of Dutch and English words that a search may leave off, where five letters are left."""


class NotIntervention(Frozen):
    """Something that the sources name and that cannot be an intervention of its own, with the reason."""

    title: Text
    reason: Text
    source: str
    locator: str


@dataclass(frozen=True)
class Entry:
    """One entry of the catalogue.

    Attributes:
        kind: intervention, place or not_intervention.
        name: its name; of a row that is no intervention its id.
        title: what it is called.
        about: for whom it is, what the place is, or why it is no intervention.
        family: family of an intervention, else empty.
        place: place that the source is about, if any.
        words: everything else that a search looks in.
    """

    kind: Literal["intervention", "place", "not_intervention"]
    name: str
    title: Text
    about: Text
    family: str = ""
    place: str = ""
    words: tuple[str, ...] = ()


def not_interventions() -> dict[str, NotIntervention]:
    """Return the rows that are no interventions, by id. Raises UserError for what the file holds."""
    path = DATA / "catalogue" / "not_interventions.yaml"
    if not path.is_file():
        return {}
    document = read_mapping(path, shown(path))
    found = {}
    for name, item in document.data.items():
        places: dict[Loc, Place] = {loc[1:]: place for loc, place in document.places.items() if loc[:1] == (name,)}
        found[str(name)] = validated(NotIntervention, Document(item, places))
    return found


@cache
def entries() -> tuple[Entry, ...]:
    """Return the whole catalogue: interventions by family, then places, then what is no intervention; each by name."""
    found = [_of_intervention(name) for name in packaged_names("intervention")]
    found.sort(key=lambda item: (FAMILIES.index(item.family), item.name))
    found += [_of_place(read_kind("place", name).spec) for name in packaged_names("place")]
    for name, item in sorted(not_interventions().items()):
        found.append(Entry("not_intervention", name, item.title, item.reason))
    return tuple(found)


def _of_intervention(name: str) -> Entry:
    """Return the entry of an intervention from the head of its file: a list of all need not read every number."""
    path = resolve("intervention", name)
    text = path.read_text(encoding="utf-8")
    head = parse(_sections(text, ("name", "title", "description", "background")), shown(path)).data
    title = Text.model_validate(head["title"])
    description = Text.model_validate(head["description"]) if "description" in head else None
    found = list(dict.fromkeys(re.findall(r"ingredient: *(\w+)", text)))
    words = [*_texts(description), *found]
    if "background" not in head:
        return Entry("intervention", head["name"], title, description or title, "none", words=tuple(words))
    background = Background.model_validate(head["background"])
    for texts in (background.chain, background.preconditions, background.risks):
        words += [written for part in texts for written in _texts(part)]
    words += background.rows
    words += [title for made_of in found for title in _texts(_titles_of_ingredients().get(made_of))]
    place = background.place or ""
    return Entry("intervention", head["name"], title, background.for_whom, background.family, place, tuple(words))


@cache
def _titles_of_ingredients() -> dict[str, Text]:
    """Return the title of every packaged ingredient."""
    found = {}
    for name in packaged_names("ingredient"):
        path = resolve("ingredient", name)
        head = parse(_sections(path.read_text(encoding="utf-8"), ("title",)), shown(path)).data
        found[name] = Text.model_validate(head["title"])
    return found


def _sections(text: str, keys: Sequence[str]) -> str:
    """Return the lines of a YAML file that belong to some of its outermost keys."""
    kept, inside = [], False
    for line in text.splitlines():
        if line[:1] not in ("", " ", "#", "-", "}", "]"):
            inside = line.partition(":")[0] in keys
        kept.append(line if inside else "")
    return "\n".join(kept)


def _of_place(item: PlaceSpec) -> Entry:
    return Entry("place", item.name, item.title, item.description, words=(item.population, item.world or ""))


def _texts(text: Text | None) -> list[str]:
    return [] if text is None else [text.nl, text.en]


def ingredients_of(item: Intervention) -> dict[str, Ingredient]:
    """Return the ingredients that an intervention is made of, in the order of its acts."""
    return {name: read_kind("ingredient", name).spec for name in dict.fromkeys(act.ingredient for act in item.acts)}


def entry(name: str) -> Entry:
    """Return the entry of a name.

    Raises:
        UserError: there is none; it gives the nearest name, or says how to search.
    """
    found = {item.name: item for item in entries()}
    if name in found:
        return found[name]
    hits = search(entries(), name)
    near = nearest(name, found) or (hits[0].name if hits else None)
    cure = "`trajectsim catalogue` lists all, `trajectsim catalogue --search WORDS` looks for words in either language"
    raise UserError.of(f"the catalogue has no '{name[:60]}'", near=near, cure=cure)


# --- search -----------------------------------------------------------------------------------------------------------


def search(items: Iterable[Entry], text: str) -> list[Entry]:
    """Return the entries that hold every word of a text, in either language, the best first.

    A word counts where it stands in a title, a name or a text, and less where it stands with another ending or only
    what it may mean does (`data/catalogue/other_words.yaml`). One of which none stands anywhere in the catalogue is
    taken for those that are much like it. Accents, capitals, hyphens and marks play no part.
    """
    every = list(items)
    wanted = {word: not any(_meant(word, part) for item in every for part in _searched(item)) for word in _asked(text)}
    scored = [(score, place, item) for place, item in enumerate(every) if (score := _score(item, wanted))]
    return [item for _, _, item in sorted(scored, key=lambda found: (-found[0], found[1]))]


def _asked(text: str) -> list[str]:
    """Return the words of a question; what a hyphen joins is one word."""
    return _words(re.sub(r"(?<=\w)-(?=\w)", "", text))


def _score(item: Entry, wanted: Mapping[str, bool]) -> float:
    """Return how well an entry fits the words (each with whether one that is like it will do), 0 if one is nowhere."""
    title, rest = _searched(item)
    total = 0.0
    for word, like in wanted.items():
        best = max(3 * _meant(word, title, like), _meant(word, rest, like))
        if not best:
            return 0.0
        total += best
    return total


def other_words() -> dict[str, tuple[str, ...]]:
    """Return what words that people search with may mean, as words or parts of words of the catalogue."""
    path = DATA / "catalogue" / "other_words.yaml"
    return {str(word): tuple(str(x) for x in meant) for word, meant in _other_words(path).items()}


@cache
def _other_words(path: Path) -> Mapping[str, Any]:
    return dict(read_mapping(path, shown(path)).data) if path.is_file() else {}


def _meant(word: str, words: Sequence[str], like: bool = False) -> float:
    """Return how well a word fits, with another ending or as something that it may mean; 0 if not."""
    if found := _fits(word, words, like):
        return found
    stem = ENDING.sub("", word)
    if len(stem) >= 5 and stem != word and (found := _fits(stem, words)):
        return 0.6 * found
    meant = other_words()
    other = meant.get(word) or meant.get(stem, ())
    return 0.4 if any(_fits(x, words) for x in other) else 0.0


@cache
def _searched(item: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the words of an entry's name and title, and all its other words; what a hyphen joins also as one."""
    title = " ".join([item.name, item.title.nl, item.title.en])
    rest = " ".join([item.about.nl, item.about.en, item.family, item.place, *item.words])
    both = [tuple(dict.fromkeys([*_words(text), *_asked(text)])) for text in (title, rest)]
    return both[0], both[1]


def _fits(word: str, words: Sequence[str], like: bool = False) -> float:
    """Return 1 for the word itself, less for one that it is part of or, where that will do, that is like it."""
    if word in words:
        return 1.0
    if len(word) >= 3 and any(word in other for other in words):
        return 0.8
    if like and len(word) >= 4 and difflib.get_close_matches(word, words, n=1, cutoff=ALIKE):
        return 0.5
    return 0.0


def _words(text: str) -> list[str]:
    """Return the words of a text without capitals and accents."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z0-9]+", "".join(sign for sign in bare if not unicodedata.combining(sign)))
