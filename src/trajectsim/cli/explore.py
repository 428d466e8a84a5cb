"""Commands that explore a finished study: sensitivity, discover, sql."""

from __future__ import annotations

import argparse
from typing import Any

from trajectsim.cli.inputs import as_number, results_folder
from trajectsim.cli.parser import Commands, Parser
from trajectsim.cli.say import new_console, written

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add sensitivity, discover and sql."""
    sensitivity = commands.add("sensitivity", _sensitivity, "which factors of a study move the answer (Sobol, Morris)")
    _common(sensitivity)
    help_of = "what to look at: society, municipality, a payer or an outcome; may be given more than once"
    sensitivity.add_argument("--of", metavar="OUTPUT", action="append", help=help_of)

    discover = commands.add("discover", _discover, "under which values of the factors an intervention fails")
    _common(discover)
    discover.add_argument("--of", metavar="OUTPUT", help="what must not fail: society (the default), municipality, a "
                          "payer or an outcome")  # fmt: skip
    discover.add_argument("--above", metavar="N", help="it fails where the difference lies above N")
    discover.add_argument("--below", metavar="N", help="it fails where the difference lies below N")

    sql = commands.add("sql", _sql, "answer a query in SQL, in which every table of a study is a view")
    sql.add_argument("dir", metavar="DIR", help="a folder with results")
    sql.add_argument("query", metavar="QUERY", help='for example "SELECT arm, sum(discounted) FROM costs GROUP BY arm"')


def _common(parser: Parser) -> None:
    parser.add_argument("dir", metavar="DIR", help="a folder that batch or run wrote to")
    parser.add_argument("--arm", metavar="ARM", help="the arm to compare with the first (default: the second)")


def _opened(args: argparse.Namespace) -> Any:
    from trajectsim.study.store import open_study

    return open_study(results_folder(args.dir))


def _sensitivity(args: argparse.Namespace) -> None:
    from trajectsim.analysis.sensitivity import sensitivity
    from trajectsim.report.explore import draw_indices, print_sensitivity
    from trajectsim.study.store import write_json, write_text

    study = _opened(args)
    found = sensitivity(study, args.of, args.arm)
    write_json(study.path / "sensitivity.json", found)
    write_text(study.path / "sensitivity.svg", draw_indices(found, study.manifest, args.lang))
    print_sensitivity(found, study.manifest, args.lang, new_console())
    written(args.lang, study.path / "sensitivity.svg")


def _discover(args: argparse.Namespace) -> None:
    from trajectsim.analysis.discovery import discover, shown_points
    from trajectsim.report.explore import draw_boxes, print_discovery
    from trajectsim.study.store import write_json, write_text

    study = _opened(args)
    found = discover(study, args.of, args.arm, as_number(args.above, "--above"), as_number(args.below, "--below"))
    write_json(study.path / "discovery.json", found)
    print_discovery(found, study.manifest, args.lang, new_console())
    figure = draw_boxes(found, *shown_points(study, found), study.manifest, args.lang)
    if figure is not None:
        write_text(study.path / "discovery.svg", figure)
    written(args.lang, study.path / ("discovery.json" if figure is None else "discovery.svg"))


def _sql(args: argparse.Namespace) -> None:
    from rich.table import Table

    frame = _opened(args).sql(args.query)
    table = Table()
    for column in frame:
        table.add_column(str(column), justify="right" if frame[column].dtype.kind in "iuf" else "left")
    for row in frame.head(MOST_ROWS).itertuples(index=False):
        table.add_row(*("" if value is None else str(value) for value in row))
    new_console().print(table)
    if len(frame) > MOST_ROWS:
        from trajectsim.cli.say import say

        print(say(args.lang, "sql_more", n=len(frame), shown=MOST_ROWS))


MOST_ROWS = 200
