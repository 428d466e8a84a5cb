"""A page of sections: an answer first, then titles with texts, figures and tables; and the same on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from trajectsim.report.blocks import Shown, Table
from trajectsim.report.pages import write_page
from trajectsim.report.phrases import Words

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Answer", "Page", "Part", "Section", "print_page", "write_sections"]


@dataclass(frozen=True)
class Answer:
    """The first line, the sentence under it, and why it says no more."""

    first_line: str
    lead: str = ""
    why: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a section: one of a text, a list, a figure or a table, with a title if it has one. A `folded` table
    is shown on request, and not on the terminal."""

    title: str = ""
    text: str = ""
    items: Sequence[str] = ()
    figure: Shown | None = None
    table: Table | None = None
    folded: bool = False


@dataclass(frozen=True)
class Section:
    """A section of a page; `name` is a word that is used once."""

    name: str
    title: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Page:
    """A page in a reader's language."""

    words: Words
    heading: str
    subtitle: str
    answers: Sequence[Answer]
    sections: Sequence[Section] = field(default_factory=tuple)


def write_sections(path: Path, page: Page) -> Path:
    """Write a page as one HTML file that loads nothing from elsewhere. Raises UserError where it cannot be written."""
    content = {
        "heading": page.heading,
        "subtitle": page.subtitle,
        "answers": page.answers,
        "sections": page.sections,
    }
    return write_page(path, "sections.html.j2", content, page)


def print_page(page: Page, console: Console) -> None:
    """Print the answers, and every table and list that is not folded."""
    from rich.text import Text

    from trajectsim.report.terminal import new_grid

    for told in page.answers:
        console.print(Text(told.first_line, style="bold"))
        for text in (told.lead, told.why):
            if text:
                console.print(Text(f"  {text}"))
    for section in page.sections:
        shown = [part for part in section.parts if (part.table and not part.folded) or part.items]
        for part in shown:
            if part.table is not None:
                grid = new_grid(part.title or section.title, [cell.split("\n")[0] for cell in part.table.head])
                for row in part.table.rows:
                    grid.add_row(*(cell.split("\n")[0] for cell in row))
                console.print(grid)
            for item in part.items:
                console.print(Text(f"  • {item}"))
