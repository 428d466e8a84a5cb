"""The command decide: what to choose on finished results, how sure that is, and what to find out first."""

from __future__ import annotations

import argparse

from trajectsim.cli.inputs import as_number, results_folder
from trajectsim.cli.parser import Commands
from trajectsim.cli.say import new_console
from trajectsim.errors import UserError

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add decide."""
    decide = commands.add("decide", _decide, "say what to choose, how sure that is, and what to find out first")
    decide.add_argument("dir", metavar="DIR", help="a folder with results, for example results/nijkerk")
    decide.add_argument("--effect", metavar="NAME", help="what counts beside money: life_years, or an outcome such as "
                        "home or offences (default: money alone)")  # fmt: skip
    decide.add_argument("--threshold", metavar="EUR", help="euros that one unit of the effect is worth (life_years: "
                        "default that of the price book)")  # fmt: skip
    decide.add_argument("--perspective", metavar="WHO", default="society", help="society, municipality or one payer "
                        "(default: society)")  # fmt: skip
    decide.add_argument("--youths", metavar="N", help="for how many youths the decision is (default: as simulated)")
    decide.add_argument("--cost", metavar="START,EACH", help="what a follow-up costs in euros: to begin, and per "
                        "youth in each group, as 50000,1500; shows what is left of its worth")  # fmt: skip
    decide.add_argument("--beside", metavar="DIR", action="append", default=[], help="results of the same arms with "
                        "other switches: shows which choice loses least whatever holds; may be repeated")  # fmt: skip
    decide.add_argument("--json", action="store_true", help="print JSON, for other programs")


def _decide(args: argparse.Namespace) -> None:
    folder = results_folder(args.dir)
    others = [results_folder(name) for name in args.beside]
    threshold, youths = as_number(args.threshold, "--threshold"), as_number(args.youths, "--youths")
    cost = _cost(args.cost)
    from trajectsim.analysis.decide import decision_summary, robust_over
    from trajectsim.study.store import open_study

    study = open_study(folder)
    found = decision_summary(study, args.effect, threshold, args.perspective, youths, study_cost=cost)
    if others:
        structures = {str(path): open_study(path) for path in (folder, *others)}
        found["robust"] = robust_over(structures, args.effect, threshold, args.perspective).record()
    if args.json:
        import json

        print(json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False))
        return
    from trajectsim.report.decision import print_decision

    print_decision(found, study.manifest, args.lang, new_console())


def _cost(text: str | None) -> tuple[float, float] | None:
    """Return what a follow-up costs to begin and per youth."""
    if text is None:
        return None
    start, comma, each = text.partition(",")
    if not comma:
        raise UserError.of(f"'{text}' is not two amounts", key="--cost", cure="write 50000,1500")
    costs = float(as_number(start, "--cost") or 0), float(as_number(each, "--cost") or 0)
    if min(costs) < 0:
        raise UserError.of(f"'{text}' holds an amount below nil", key="--cost", allowed="0 or more")
    return costs
