"""The command evidence: where a number comes from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trajectsim.cli.inputs import overrides, records_of, set_option
from trajectsim.cli.parser import Commands
from trajectsim.cli.say import new_console, plain, say
from trajectsim.errors import UserError

if TYPE_CHECKING:
    from trajectsim.evidence.describe import Record

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add evidence."""
    evidence = commands.add("evidence", _evidence, "where a number comes from")
    evidence.add_argument("path", metavar="PATH", nargs="?", help="path of a parameter, or the beginning of one")
    evidence.add_argument("--config", metavar="CONFIG", help="a scenario file (default: everything that is packaged)")
    set_option(evidence)


def _evidence(args: argparse.Namespace) -> None:
    from trajectsim.config.scenario import load_scenario, packaged_scenario
    from trajectsim.evidence.describe import chosen

    if args.config is None and args.set:
        raise UserError.of("there is no scenario to set anything in", key="--set", cure="name one with --config")
    scenario = packaged_scenario() if args.config is None else load_scenario(args.config, overrides(args))
    found = records_of(scenario)
    shown = chosen(found, args.path)
    console = new_console()
    if args.path is None:
        console.print(_grade_table(found, args.lang))
    if len(shown) == 1:
        console.print(_one_number(shown[0], args.lang))
    else:
        console.print(_many_numbers(shown, args.lang))


def _range(record: Record, lang: str) -> str:
    if record.family == "dirichlet":
        if record.concentration is None:
            return say(lang, "fixed")
        return say(lang, "weight", n=plain(record.concentration, lang))
    if record.low is None or record.high is None:
        return say(lang, "fixed")
    low, high = plain(record.low, lang), plain(record.high, lang)
    return say(lang, "spread", low=low, high=high, family=record.family)


def _grade_table(found: list[Record], lang: str) -> Any:
    from rich.table import Table

    table = Table(title=say(lang, "by_grade"), title_justify="left", show_header=False)
    for grade in "ABCD":
        text = say(lang, "grade", grade=grade, meaning=say(lang, f"grade_{grade}"))
        table.add_row(text, str(sum(record.grade == grade for record in found)))
    return table


def _many_numbers(found: list[Record], lang: str) -> Any:
    from rich.table import Table

    table = Table(title=say(lang, "all_parameters"), title_justify="left")
    for key in ("path", "value", "unit", "range", "grade_short", "source"):
        table.add_column(say(lang, key), overflow="fold", justify="right" if key == "value" else "left")
    for record in found:
        table.add_row(
            record.path, plain(record.value, lang), record.unit, _range(record, lang), record.grade, record.source,
        )  # fmt: skip
    return table


def _one_number(record: Record, lang: str) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=record.path, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    grade = f"{record.grade}: {say(lang, f'grade_{record.grade}')}"
    rows = [
        ("value", plain(record.value, lang)), ("unit", record.unit), ("range", _range(record, lang)),
        ("grade_short", grade), ("source", record.title + (f"\n{record.url}" if record.url else "")),
        ("locator", record.locator), ("note", record.note),
        ("file", record.file + (f":{record.line}" if record.line else "")), ("used_by", "\n".join(record.used_by)),
    ]  # fmt: skip
    for key, text in rows:
        if text:
            table.add_row(say(lang, key), Text(text))
    return table
