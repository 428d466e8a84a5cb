"""The command new: writes a commented intervention of one's own, and a scenario that runs it."""

from __future__ import annotations

import argparse
from pathlib import Path

from trajectsim.cli.parser import Commands
from trajectsim.cli.say import say, written
from trajectsim.errors import UserError, nearest

__all__ = ["add_commands"]

KINDS = ("intervention",)


def add_commands(commands: Commands) -> None:
    """Add new."""
    new = commands.add("new", _new, "write an intervention of your own, with comments, and a scenario that runs it")
    new.add_argument("kind", metavar="KIND", help="what: intervention")
    new.add_argument("name", metavar="NAME", help="its name, such as my_buddy")
    new.add_argument("--from", dest="example", metavar="EXISTING", help="start from a packaged one, or from a file")
    new.add_argument("--out", metavar="FILE", help="where (default: NAME.yaml here)")


def _new(args: argparse.Namespace) -> None:
    if args.kind not in KINDS:
        near, allowed = nearest(args.kind, KINDS), ", ".join(KINDS)
        raise UserError.of(f"'{args.kind}' cannot be made new", near=near, allowed=allowed)
    from trajectsim.config.check import check
    from trajectsim.config.own import drafts, write_drafts
    from trajectsim.config.scenario import load_scenario

    found = drafts(args.name, args.lang, args.example, None if args.out is None else Path(args.out))
    write_drafts(found)
    try:
        mistakes = check(load_scenario(found.scenario))
        if mistakes:
            raise UserError(mistakes)
    except UserError:  # a name that means something else, or an example that needs what the scenario has not
        found.intervention.unlink()
        found.scenario.unlink()
        raise
    written(args.lang, found.intervention)
    written(args.lang, found.scenario)
    print(say(args.lang, "try_new", scenario=found.scenario))
