"""One youth in every world, month by month, with the reason of each difference: on the terminal and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.errors import UserError, nearest
from trajectsim.report.blocks import Table
from trajectsim.report.findings import Findings, read
from trajectsim.report.format import LANGUAGES
from trajectsim.report.lives import age_text, difference_table, picture, preset_name
from trajectsim.report.pairs import Pair, choose
from trajectsim.report.report import write_page

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

__all__ = ["find_youth", "youth_page"]

SHOWN = 24
"""Differences printed on the terminal; the page holds all of them."""


def find_youth(lives: pd.DataFrame, who: str, directory: Path) -> pd.DataFrame:
    """Return the stored lives of a preset (by name) or of a youth (by number).

    Raises:
        UserError: nobody of that name or number is stored; names the nearest and who is.
    """
    presets = sorted({str(p) for p in lives["preset"].dropna() if str(p)})
    wanted = who.strip().lower()
    own = lives[lives["preset"].astype(str).str.lower() == wanted] if wanted in presets else lives.iloc[:0]
    if own.empty and wanted.isdecimal():
        own = lives[lives["youth"] == int(wanted)]
    if not own.empty:
        return own
    numbers = sorted({int(n) for n in lives["youth"] if n >= 0})
    near = nearest(wanted, presets)
    if near is None and wanted.isdecimal():
        near = str(min(numbers, key=lambda n: abs(n - int(wanted))))
    raise UserError.of(
        f"there is no stored life of youth '{who}'" if wanted else "no youth is named",
        file=str(directory),
        near=near,
        allowed=", ".join([*presets, _spans(numbers)]),
        cure="choose one of these; more lives are stored with a larger sample or under `follow` in the scenario",
    )


def _spans(numbers: list[int]) -> str:
    """Return whole numbers as spans, for example `0 to 19, 25`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in spans)


def youth_page(directory: str | Path, who: str, lang: str = "nl", console: Console | None = None) -> Path:
    """Print both lives of one youth side by side and write them as `youth_<id>.html` into the folder of results.

    Args:
        directory: the folder, as `trajectsim run` leaves it.
        who: name of a preset (`bram`) or number of a youth in the table `lives`.
        lang: nl or en.
        console: where to print; the terminal by default.

    Raises:
        UserError: unknown language or youth, or no lives in the folder.
    """
    if lang not in LANGUAGES:
        raise UserError.of(
            f"language '{lang}' is not available", allowed="nl, en", cure="choose --lang nl or --lang en"
        )
    found = read(directory, lang)
    lives = found.table("lives")
    if lives is None:
        raise UserError.of(
            "these results hold no lives", file=str(found.directory), cure="run the scenario again: trajectsim run"
        )
    own = find_youth(lives, who, found.directory)
    pair = choose(own)
    preset = next((str(p) for p in own["preset"].dropna() if str(p)), "")
    words = found.words
    name = preset_name(found, preset) if preset else words("youth.number", id=pair.youth)
    shown, gaps = picture(found, pair, name)
    age0 = int(pair.lives["age0_months"].iloc[0])
    content: dict[str, Any] = {
        "name": name,
        "heading": words("youth.title", name=name),
        "start": words("youth.start", age=age_text(age0, words)),
        "which": words(
            "youth.central" if pair.draw < 0 else "youth.draw", draw=pair.draw + 1, replicate=pair.replicate + 1
        ),
        "choice": _choice(found, pair, name),
        "picture": shown,
        "differences": difference_table(gaps, age0, found.names, words) if gaps else None,
        "periods": shown.table,
    }
    from rich.console import Console as Terminal

    _print(console or Terminal(), content, found)
    return write_page(found.directory / f"youth_{preset or pair.youth}.html", "youth.html.j2", content, found)


def _choice(found: Findings, pair: Pair, name: str) -> str:
    some = "twins_choice_one" if pair.stored == 1 else "twins_choice_all"
    key = "twins_same" if pair.same == pair.stored else "twins_choice" if pair.same else some
    return found.words(f"text.{key}", name=name, n=pair.stored, same=pair.same)


def _print(console: Console, content: dict[str, Any], found: Findings) -> None:
    from rich.table import Table as Grid
    from rich.text import Text

    words = found.words
    console.print(Text(content["heading"], style="bold"))
    console.print(Text(f"{content['start']}. {words('youth.one_life')} {content['choice']}"))
    table: Table | None = content["differences"]
    if table is None:
        console.print(Text(words("youth.no_differences")))
        return
    grid = Grid(title=words("youth.differences"), title_justify="left", show_lines=False)
    for number, head in enumerate(table.head):
        grid.add_column(head, style="bold" if number == 0 else None, overflow="fold")
    for row in table.rows[:SHOWN]:
        grid.add_row(*(Text(cell) for cell in row))
    console.print(grid)
    if len(table.rows) > SHOWN:
        console.print(Text(words("youth.more", n=len(table.rows) - SHOWN)))
