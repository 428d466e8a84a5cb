"""The command catalogue: what is packaged, found and explained."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from trajectsim.cli.parser import Commands
from trajectsim.cli.say import new_console
from trajectsim.errors import UserError, nearest

if TYPE_CHECKING:
    from trajectsim.config.catalogue import Entry
    from trajectsim.report.catalogue import Card
    from trajectsim.report.phrases import Words

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add catalogue."""
    catalogue = commands.add("catalogue", _catalogue, "list, search and explain interventions and places")
    catalogue.add_argument("name", metavar="NAME", nargs="?", help="an entry to explain")
    catalogue.add_argument("--search", metavar="TEXT", help="words to look for, in Dutch or English")
    catalogue.add_argument("--family", metavar="F", help="only this family: approach, instrument, governance, ...")
    catalogue.add_argument("--json", action="store_true", help="print JSON, for other programs")


def _catalogue(args: argparse.Namespace) -> None:
    from trajectsim.config.catalogue import FAMILIES, entries, entry, search
    from trajectsim.report.phrases import words

    if args.name is not None:
        if args.search is not None or args.family is not None:
            raise UserError.of("a name is explained by itself", key="--search", cure="give either a name or a search")
        _explain(entry(args.name), args)
        return
    found: list[Entry] = list(entries())
    if args.family is not None:
        shown = {words(lang)(f"catalogue.family_{name}"): name for lang in ("nl", "en") for name in FAMILIES}
        family = shown.get(args.family, args.family)  # as the list shows it, or as files have it
        if family not in FAMILIES:
            near, allowed = nearest(args.family, [*FAMILIES, *shown]), ", ".join(FAMILIES)
            raise UserError.of(f"there is no family '{args.family}'", key="--family", near=near, allowed=allowed)
        found = [item for item in found if item.family == family]
    if args.search is not None:
        found = search(found, args.search)
    if args.json:
        print(json.dumps([plain_entry(item) for item in found], ensure_ascii=False, indent=1))
    else:
        _list(found, args.search, words(args.lang))


def plain_entry(item: Entry) -> dict[str, Any]:
    """Return an entry as plain values."""
    about = {"title": item.title.model_dump(), "about": item.about.model_dump()}
    return {"kind": item.kind, "name": item.name, "family": item.family or None, "place": item.place or None, **about}


def _list(found: list[Entry], text: str | None, w: Words) -> None:
    from rich.table import Table
    from rich.text import Text

    console = new_console()
    if text is not None and not found:
        console.print(Text(w("catalogue.nothing", text=text)))
        return
    count = {kind: sum(item.kind == kind for item in found) for kind in ("intervention", "place", "not_intervention")}
    title = w(
        "catalogue.list", n=count["intervention"], places=count["place"], others=count["not_intervention"]
    ) if text is None else w("catalogue.found", n=len(found), text=text)  # fmt: skip
    table = Table(title=title, title_justify="left")
    for key in ("name", "title", "family", "place", "for_whom"):
        table.add_column(w(f"catalogue.{key}"), overflow="fold")
    for item in found:
        family = f"family_{item.family}" if item.kind == "intervention" else f"kind_{item.kind}"
        cells = (item.name, getattr(item.title, w.lang), w(f"catalogue.{family}"), item.place)
        table.add_row(*(Text(cell) for cell in cells), Text(getattr(item.about, w.lang)))
    console.print(table)


def _explain(item: Entry, args: argparse.Namespace) -> None:
    from trajectsim.report.catalogue import card as card_of_entry

    if args.json:
        both = {lang: asdict(card_of_entry(item, lang)) for lang in ("nl", "en")}
        numbers = both["nl"].pop("numbers")
        both["en"].pop("numbers")
        print(json.dumps({**plain_entry(item), **both, "numbers": numbers}, ensure_ascii=False, indent=1))
        return
    from trajectsim.report.phrases import words

    _print(card_of_entry(item, args.lang), words(args.lang))


def _print(card: Card, w: Words) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = new_console()
    console.print(Text.assemble((card.title, "bold"), f"  ({card.name}; {card.kind})"))
    if card.lead:
        console.print(Text(card.lead))
    for section in card.sections:
        console.print(Text(section.heading, style="bold"))
        for line in section.lines:
            mark = "→ " if section.key == "chain" else ""
            console.print(Padding(Text(mark + line), (0, 0, 0, 2)))
    if not card.numbers:
        return
    table = Table(title=w("catalogue.numbers"), title_justify="left")
    for key in ("number", "value", "range_head", "grade", "source"):
        table.add_column(w(f"catalogue.{key}"), overflow="fold", justify="right" if key == "value" else "left")
    for row in card.numbers:
        money = w.style.euro(row.value, 0 if row.value % 1 == 0 else 2)
        shown_value = money if row.unit.startswith("EUR") else _plain(row.value, w)
        value = f"{shown_value} {w(f'unit.{row.unit}')}".rstrip()
        spread = "" if row.low is None or row.high is None else f"{_plain(row.low, w)} – {_plain(row.high, w)}"
        path = row.path.partition(".")[2].partition(".")[2]
        table.add_row(*(Text(cell) for cell in (path, value, spread, row.grade, f"{row.source}: {row.locator}")))
    console.print(table)


def _decimals(value: float) -> int:
    return next((n for n in range(5) if abs(round(value, n) - value) <= 2e-3 * abs(value)), 5)


def _plain(value: float, w: Words) -> str:
    return w.style.number(value, _decimals(value))
