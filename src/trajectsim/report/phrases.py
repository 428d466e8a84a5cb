"""What the report says, in Dutch or English: one file of phrases per language, looked up by dotted key.

The phrases live in `data/phrases/{nl,en}.yaml` and, about costs, benefits and the decision, in `money_{nl,en}.yaml`;
both languages hold the same keys and the same `{placeholders}` (a test
keeps it so). Names that the model declares itself (domains, states, exits, arms) come with the results, in
`manifest["titles"]`; where a title is missing the plain name is shown with spaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from trajectsim.config.load import DATA
from trajectsim.config.reader import read_yaml
from trajectsim.errors import UserError
from trajectsim.report.format import LANGUAGES, Style, style

__all__ = ["Words", "flat", "phrases", "plain", "words"]


@cache
def phrases(lang: str) -> Mapping[str, str]:
    """Return all phrases of a language by dotted key.

    Raises:
        UserError: there are no phrases in that language.
    """
    if lang not in LANGUAGES:
        raise UserError.of(
            f"language '{lang}' is not available", allowed="nl, en", cure="choose --lang nl or --lang en"
        )
    found: dict[str, str] = {}
    for name in (f"{lang}.yaml", f"money_{lang}.yaml"):
        found |= flat(read_yaml(DATA / "phrases" / name).data)
    return found


def flat(tree: Mapping[str, Any], above: str = "") -> list[tuple[str, str]]:
    """Return the texts of a tree of phrases, each with its dotted key."""
    rows: list[tuple[str, str]] = []
    for key, value in tree.items():
        path = f"{above}{key}"
        rows += flat(value, f"{path}.") if isinstance(value, Mapping) else [(path, str(value).strip())]
    return rows


@dataclass(frozen=True)
class Words:
    """A reader's language: phrases, number style, and the titles that the model gave its own parts."""

    lang: str
    style: Style
    phrases: Mapping[str, str]
    titles: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __call__(self, key: str, **values: object) -> str:
        """Return the phrase `key` with its placeholders filled in."""
        return self.phrases[key].format(**values) if values else self.phrases[key]

    def has(self, key: str) -> bool:
        """Tell whether there is a phrase `key`."""
        return key in self.phrases

    def title(self, *paths: str) -> str:
        """Return the title of the first of `paths` that has one: the model's own, then ours, else the plain name."""
        for path in paths:
            own = self.titles.get(path)
            if own and own.get(self.lang):
                return str(own[self.lang])
        for path in paths:
            for key in (f"name.{path}", f"name.{path.rpartition('.')[2]}"):
                if key in self.phrases:
                    return self.phrases[key]
        return plain(paths[0])

    def payer(self, payer: str) -> str:
        """Return the name of a payer on screen."""
        return self.phrases.get(f"payer.{payer}", plain(payer))

    def party(self, payer: str) -> str:
        """Return the name of a payer inside a sentence."""
        return self.phrases.get(f"party.{payer}", plain(payer))


def plain(path: str) -> str:
    """Return the last part of a dotted path as words."""
    return path.rpartition(".")[2].replace("_", " ")


def words(lang: str, titles: Mapping[str, Mapping[str, str]] | None = None) -> Words:
    """Return the words of a language, with the titles that come with a set of results."""
    return Words(lang, style(lang) if lang in LANGUAGES else style("en"), phrases(lang), titles or {})
