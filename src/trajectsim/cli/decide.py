"""The command decide: what to choose on finished results, how sure that is, and what to find out first."""

from __future__ import annotations

import argparse

from trajectsim.cli.inputs import results_folder
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
    decide.add_argument("--json", action="store_true", help="print JSON, for other programs")


def _decide(args: argparse.Namespace) -> None:
    folder = results_folder(args.dir)
    threshold, youths = _number(args.threshold, "--threshold"), _number(args.youths, "--youths")
    from trajectsim.analysis.decide import decision_summary
    from trajectsim.study.store import open_study

    study = open_study(folder)
    found = decision_summary(study, args.effect, threshold, args.perspective, youths)
    if args.json:
        import json

        print(json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False))
        return
    from trajectsim.report.decision import print_decision

    print_decision(found, study.manifest, args.lang, new_console())


def _number(text: str | None, option: str) -> float | None:
    """Return what was given as a number."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        cure = "write digits, with a point before decimals"
        raise UserError.of(f"'{text}' is not a number", key=option, cure=cure) from None
