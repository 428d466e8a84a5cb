"""What the commands say: phrases in the reader's language, and the console they are shown on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["new_console", "phrases", "plain", "say", "written"]

_PHRASES: dict[str, dict[str, str]] = {}


def say(lang: str, key: str, **values: object) -> str:
    """Return a phrase of the terminal in a language."""
    return phrases()[key][lang].format(**values)


def phrases() -> dict[str, dict[str, str]]:
    """Return all phrases: key to language to text."""
    if not _PHRASES:
        from trajectsim.config.load import DATA
        from trajectsim.config.reader import read_yaml

        _PHRASES.update(read_yaml(DATA / "phrases" / "terminal.yaml").data)
    return _PHRASES


def new_console() -> Console:
    """Return the console that answers are shown on; wide where nobody looks."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=160)


def plain(value: float, lang: str) -> str:
    """Return a number of four digits, as the language writes it."""
    text = f"{value:.4g}"
    return text.replace(".", ",") if lang == "nl" else text


def written(lang: str, path: object) -> None:
    """Say where something was written."""
    print(say(lang, "written", path=path))
