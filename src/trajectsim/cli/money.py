"""Commands about money: value (a finished study under these or other prices) and prices (a price book in or out)."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from trajectsim.cli.inputs import results_folder
from trajectsim.cli.parser import Commands
from trajectsim.cli.say import new_console, say, written

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add value and prices."""
    value = commands.add("value", _value, "costs and benefits of a finished study, under these or other prices")
    value.add_argument("dir", metavar="DIR", help="a folder with results")
    value.add_argument("--prices", metavar="BOOK", help="a price book: a packaged name, or a YAML, CSV or Excel file")
    value.add_argument("--rate", metavar="R", type=float, help="one discount rate per year for everything, as in 0.03")
    value.add_argument("--horizon", metavar="Y", type=int, help="count only the first Y years")
    value.add_argument("--json", action="store_true", help="print all tables as JSON")

    prices = commands.add("prices", _prices, "show a price book, or write it as a table (CSV or Excel) to change it")
    book = "a packaged name or a file (default: nl_2024)"
    prices.add_argument("book", metavar="BOOK", nargs="?", default="nl_2024", help=book)
    prices.add_argument("--out", metavar="FILE", help="write it here, as .csv or .xlsx")


def _value(args: argparse.Namespace) -> None:
    from trajectsim.api import value

    tree = value(results_folder(args.dir), args.prices, args.rate, args.horizon)
    if args.json:
        print(json.dumps(tree, ensure_ascii=False, indent=1, allow_nan=False))
        return
    from trajectsim.report.valued import print_value

    print_value(tree, results_folder(args.dir), args.lang, new_console())


def _prices(args: argparse.Namespace) -> None:
    from trajectsim.config.load import load_prices
    from trajectsim.config.price_file import rows_of, write_price_file

    book = load_prices(args.book)
    if args.out:
        write_price_file(book, Path(args.out))
        written(args.lang, args.out)
        return
    from rich.table import Table

    table = Table(title=f"{getattr(book.title, args.lang)} ({book.price_year})", title_justify="left", box=None)
    for head in ("price_line", "price", "unit", "payer", "price_grade"):
        table.add_column(say(args.lang, head), justify="right" if head == "price" else "left", overflow="fold")
    for row in rows_of(book):
        if row["part"] == "line":
            table.add_row(*_line(row, book, args.lang))
    new_console().print(table)


def _line(row: dict[str, Any], book: Any, lang: str) -> list[str]:
    """Return what is shown of a price line; a price that lines share is looked up."""
    from trajectsim.report.phrases import words

    style, names = words(lang).style, words(lang)
    shared = book.parameters.get(row.get("use", ""))
    value, unit, grade = (
        (shared.value, shared.unit, shared.grade) if shared else (row["value"], row["unit"], row["grade"])
    )
    decimals = 0 if value == round(value) else 2
    title = str(row.get(f"title_{lang}", row["name"]))
    return [title, style.number(value, decimals), unit, names.payer(row["payer"]), grade]
