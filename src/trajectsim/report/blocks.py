"""The bricks of a page: tables of ready texts, and figures with their title, reading help and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trajectsim.report.canvas import Drawing, svg
from trajectsim.report.phrases import Words

__all__ = ["Linked", "Shown", "Table", "show"]


class Linked(str):
    """The text of a cell that leads somewhere else in the page; everywhere else it is the text."""

    href: str

    def __new__(cls, text: str, href: str) -> Linked:
        """Return `text` leading to `href`, for example `#p-prices.lines.foster.price`."""
        own = super().__new__(cls, text)
        own.href = href
        return own


@dataclass(frozen=True)
class Table:
    """A table of texts, ready to print: `text` columns stand left, the others right; `strong` rows are bold,
    `marked` rows get a mark at the side, `ids` are the rows' names in the page, where they have one. A line break in a
    cell starts a new line; a cell may be `Linked`."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: frozenset[int] = frozenset({0})
    strong: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    caption: str = ""
    ids: Sequence[str] = ()


@dataclass(frozen=True)
class Shown:
    """A figure on the page: inline SVG with its title, how to read it, the numbers behind it, and the drawing."""

    name: str
    title: str
    svg: str
    read: str
    table: Table | None = None
    drawing: Drawing | None = None


def show(
    drawing: Drawing, words: Words, key: str, table: Table | None = None, suffix: str = "", **values: object
) -> Shown:
    """Put a drawing on the page with the phrases `figure.<key>.title` and `figure.<key>.read`.

    Args:
        drawing: the figure.
        words: the reader's language.
        key: the figure's name among the phrases.
        table: the numbers behind it.
        suffix: makes the name unique where a figure is shown more than once.
        values: what the phrases' placeholders stand for.
    """
    title = words(f"figure.{key}.title", **values) if values else words(f"figure.{key}.title")
    read = words(f"figure.{key}.read", **values) if values else words(f"figure.{key}.read")
    name = f"figure-{key.replace('_', '-')}{suffix}"
    return Shown(name, title, svg(drawing, name, title), read, table, drawing)
