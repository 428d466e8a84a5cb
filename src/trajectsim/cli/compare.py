"""The command compare: two configurations side by side, on the same youths with the same luck."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.cli.inputs import at_least_one, overrides, set_option
from trajectsim.cli.parser import Commands
from trajectsim.cli.progress import kind_stop, progress_bar
from trajectsim.cli.say import new_console, written
from trajectsim.errors import UserError

if TYPE_CHECKING:
    from trajectsim.config.scenario import Scenario
    from trajectsim.report.side_by_side import Sides

__all__ = ["PAGE", "TREE", "add_commands"]

PAGE, TREE = "side_by_side.html", "side_by_side.json"
"""What a comparison leaves in its folder, beside the folders a and b."""

SAME_IN_BOTH = ("seed", "draws", "replicates")


def add_commands(commands: Commands) -> None:
    """Add compare."""
    compare = commands.add("compare", _compare, "say how two scenarios differ, run both and lay them side by side")
    compare.add_argument("a", metavar="A", help="a scenario file")
    compare.add_argument("b", metavar="B", help="the scenario file to lay beside it")
    compare.add_argument("--out", metavar="DIR", help="folder for both (default: results/compare_<A>_<B>)")
    for name, what in (("draws", "draws of the parameters"), ("replicates", "replicates of luck"), ("seed", "seed")):
        compare.add_argument(f"--{name}", metavar="N", help=f"{what}, for both (default: those of A)")
    compare.add_argument("--workers", metavar="N", type=int, help="threads to use; the results are the same")
    set_option(compare)


def _compare(args: argparse.Namespace) -> None:
    at_least_one(args.workers, "--workers", "workers")
    both = _scenarios(args)
    folder = Path(args.out) if args.out else Path("results") / f"compare_{Path(args.a).stem}_{Path(args.b).stem}"
    from trajectsim.analysis.compare import summarise
    from trajectsim.analysis.side_by_side import side_by_side
    from trajectsim.report.difference import account
    from trajectsim.report.report import write_report
    from trajectsim.report.side_by_side import Sides, print_side_by_side, write_side_by_side
    from trajectsim.study.run import run_scenario
    from trajectsim.study.store import write_json

    told = account(*both, args.lang)
    studies: list[Any] = []
    for side, scenario in zip("ab", both, strict=True):
        with kind_stop(args.lang), progress_bar(args.lang) as progress:
            studies.append(run_scenario(scenario, folder / side, workers=args.workers, progress=progress))
        write_json(folder / side / "summary.json", summarise(studies[-1]))
        write_report(folder / side, args.lang)
    tree = side_by_side(*studies)
    sides: Sides = Sides(tree, told, (args.a, args.b), args.lang)
    write_json(folder / TREE, {**tree, "differences": [*told.lines, *([told.rest] if told.rest else [])]})
    shown = write_side_by_side(folder / PAGE, sides)
    print_side_by_side(sides, new_console())
    written(args.lang, shown)


def _scenarios(args: argparse.Namespace) -> tuple[Scenario, Scenario]:
    """Load both; seed, draws and replicates of B are those of A, so that both have the same numbers and the same luck.

    Raises:
        UserError: mistakes in either, all at once; different numbers of years.
    """
    from trajectsim.config.check import check
    from trajectsim.config.scenario import load_scenario

    given = overrides(args)
    a = load_scenario(args.a, given)
    same = {key: str(getattr(a.spec, key)) for key in SAME_IN_BOTH}
    b = load_scenario(args.b, {**given, **same})
    mistakes = [mistake for scenario in (a, b) for mistake in check(scenario)]
    if mistakes:
        raise UserError(list(dict.fromkeys(mistakes)))
    if a.spec.years != b.spec.years:
        what = f"A looks {a.spec.years:g} years ahead and B {b.spec.years:g}, so their sums say nothing side by side"
        cure = f"give both the same, for example --set years={min(a.spec.years, b.spec.years):g}"
        raise UserError.of(what, file=args.b, key="years", cure=cure)
    return a, b
