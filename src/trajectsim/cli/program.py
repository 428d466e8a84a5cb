"""The program: a command line in, an exit code out.

Exit codes: 0 fine, 2 the user's mistake (told on stderr with its place and cure), 1 ours, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from trajectsim.cli.catalogue import add_commands as add_catalogue
from trajectsim.cli.check import add_commands as add_check
from trajectsim.cli.compare import add_commands as add_compare
from trajectsim.cli.decide import add_commands as add_decide
from trajectsim.cli.evidence import add_commands as add_evidence
from trajectsim.cli.explore import add_commands as add_explore
from trajectsim.cli.money import add_commands as add_money
from trajectsim.cli.new import add_commands as add_new
from trajectsim.cli.parser import Commands, Parser, new_parser
from trajectsim.cli.run import add_commands as add_run
from trajectsim.cli.say import say
from trajectsim.cli.scaleup import add_commands as add_scaleup
from trajectsim.cli.studies import add_commands as add_studies
from trajectsim.errors import UserError

__all__ = ["build_parser", "main"]

GROUPS = (
    add_run, add_studies, add_explore, add_money, add_compare, add_decide, add_scaleup, add_catalogue, add_new,
    add_check, add_evidence,
)  # fmt: skip
"""What adds the commands of each module, in the order in which help shows them."""

KEEPS_WHAT_IS_DONE = ("run", "batch", "resume", "compare", "scale-up", "silos")
"""Commands that can be stopped and taken up again."""


def build_parser() -> tuple[Parser, Commands]:
    """Return the parser of all commands, and the commands."""
    parser, commands = new_parser()
    for add in GROUPS:
        add(commands)
    return parser, commands


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    lang = "en" if "en" in given or "--lang=en" in given else "nl"
    try:
        return _dispatch(given)
    except UserError as error:
        print(error, file=sys.stderr)
        if len(error.mistakes) > 1:
            print(say(lang, "mistakes", n=len(error.mistakes)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = any(name in given for name in KEEPS_WHAT_IS_DONE)
        print("\n" + say(lang, "stopped_run" if kept else "stopped"), file=sys.stderr)
        return 130
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--debug" in given:
            import traceback

            traceback.print_exc()
        text = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        print(say(lang, "ours", error=text), file=sys.stderr)
        if "--debug" not in given:
            print(say(lang, "debug"), file=sys.stderr)
        return 1


def _dispatch(given: list[str]) -> int:
    parser, _ = build_parser()
    args = parser.parse_args(given)
    if args.version:
        print(f"trajectsim {_version()}")
        return 0
    if args.command is None:
        parser.print_help()
        return 0
    return int(args.do(args) or 0)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("trajectsim")
    except PackageNotFoundError:
        return "(not installed)"
