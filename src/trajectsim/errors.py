"""A user's mistake as data: what is wrong, where it stands, and how to mend it.

The sentence a person reads is made last, from the fields, so that front ends and tests can use the fields.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["Mistake", "UserError", "nearest"]


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in what the user gave.

    Args:
        what: the value and why it cannot be used, in one clause.
        file: the file it stands in, as the user named it.
        line: line number in that file, counted from 1.
        key: dotted path of the key inside the file.
        near: the nearest valid name, where a name was misspelt.
        allowed: the allowed range or list, in words.
        cure: what to do, in one clause.
    """

    what: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    near: str | None = None
    allowed: str | None = None
    cure: str | None = None

    def sentence(self) -> str:
        """Return the message a person reads: place first, then the mistake, the range and the cure."""
        place = self.file or ""
        if self.line is not None:
            place += f":{self.line}"
        parts = [f"{place}: " if place else "", f"{self.key}: " if self.key else "", self.what]
        text = "".join(parts).rstrip(".")
        if self.allowed:
            text += f"; allowed: {self.allowed}"
        if self.near:
            text += f"; did you mean '{self.near}'?"
        if self.cure:
            text += f"{'' if text.endswith('?') else '.'} {self.cure[0].upper()}{self.cure[1:]}."
        return text


@dataclass
class UserError(Exception):
    """One or more mistakes by the user; the command line shows them and ends with exit code 2."""

    mistakes: list[Mistake] = field(default_factory=list)

    @classmethod
    def of(cls, what: str, **fields: object) -> UserError:
        """Build an error that holds one mistake."""
        return cls([Mistake(what, **fields)])  # type: ignore[arg-type]

    def __str__(self) -> str:
        return "\n".join(mistake.sentence() for mistake in self.mistakes)


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name most like `name`, or None where nothing is near."""
    found = difflib.get_close_matches(str(name), sorted({str(v) for v in valid}), n=1, cutoff=0.6)
    return found[0] if found else None
