"""How a command line is read: complaints are a user's mistakes, told with the nearest command or option."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Any, NoReturn

from trajectsim.errors import UserError, nearest

__all__ = ["Commands", "Parser", "new_parser"]


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are a user's mistakes, with the nearest command or option."""

    family: Commands | None = None

    def error(self, message: str) -> NoReturn:
        """Refuse a command line."""
        near, help_of = None, f"`{self.prog} --help` shows what it takes"
        commands, options = ([], []) if self.family is None else (self.family.names, self.family.options)
        if found := re.search(r"argument COMMAND: invalid choice: '?([^' ]+?)'? ", message):
            message, near = f"there is no command '{found.group(1)}'", nearest(found.group(1), commands)
        elif found := re.search(r"unrecognized arguments: ([^\s=]+)", message):
            name = found.group(1)
            message = f"there is no option '{name}' here" if name.startswith("-") else f"'{name}' is one word too many"
            near = nearest(name, [option for option in options if option != name])
        raise UserError.of(message, near=near, cure=help_of)


class Commands:
    """All commands: each module of commands adds its own."""

    def __init__(self, parser: Parser, common: Parser) -> None:
        self._parsers: dict[str, Parser] = {}
        self._common = common
        self._whole = parser
        self._group: Any = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
        parser.family = self

    def add(self, name: str, do: Callable[[argparse.Namespace], int | None], help: str) -> Parser:
        """Add a command and return its parser, for its arguments.

        Args:
            name: name of the command.
            do: what it does with the arguments; returns an exit code, or None for 0.
            help: one line on what it does.
        """
        parser: Parser = self._group.add_parser(name, parents=[self._common], help=help, description=help)
        parser.set_defaults(do=do)
        parser.family = self
        self._parsers[name] = parser
        return parser

    @property
    def names(self) -> list[str]:
        """Names of the commands."""
        return list(self._parsers)

    @property
    def options(self) -> list[str]:
        """The long options of all commands together."""
        parsers = [self._whole, *self._parsers.values()]
        found = {text for parser in parsers for text in parser._option_string_actions if text.startswith("--")}
        return sorted(found)


def new_parser() -> tuple[Parser, Commands]:
    """Return a parser with the options that every command takes, and its commands, of which there are none yet."""
    common = Parser(add_help=False)
    parser = Parser(prog="trajectsim", description="What happens to young people who get stuck, in two worlds.")
    for place, lang, debug in ((common, argparse.SUPPRESS, argparse.SUPPRESS), (parser, "nl", False)):
        place.add_argument("--lang", choices=("nl", "en"), default=lang, help="language of what you read (default: nl)")
        place.add_argument("--debug", action="store_true", default=debug, help="show the traceback if it is our fault")
    parser.add_argument("--version", action="store_true", help="show the version")
    return parser, Commands(parser, common)
