"""Packaged files as they were parsed before: parsing YAML in Python takes seconds, reading what it gave takes none.

Kept beside the packaged files as Python keeps its compiled modules, under a name that follows from the text, so a file
that has changed is parsed again. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["kept"]

_FORM = "1"
"""Goes up when what is kept takes another form."""

Parsed = tuple[Any, dict[tuple[str | int, ...], int | None]]


def kept(text: str, folder: Path, parse: Callable[[], Parsed]) -> Parsed:
    """Return what a text parses to: its data, and the line of every place in it.

    Args:
        text: the text of a packaged file.
        folder: where parsed files are kept.
        parse: parses the text; called where nothing is kept of it.
    """
    mark = hashlib.sha256(f"{_FORM} {_rules()} {text}".encode()).hexdigest()[:32]
    file = folder / f"{mark}.{sys.implementation.cache_tag}"
    try:
        found: Parsed = marshal.loads(file.read_bytes())
        return found
    except (OSError, ValueError, EOFError, TypeError):
        made = parse()
    temporary = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        folder.mkdir(exist_ok=True)
        temporary.write_bytes(marshal.dumps(made))
        temporary.replace(file)
    except (OSError, ValueError):  # ValueError: a value that marshal does not know
        with contextlib.suppress(OSError):
            temporary.unlink()
    return made


def _rules() -> str:
    """Return what else decides how a text is read: the reader itself."""
    stat = Path(__file__).with_name("reader.py").stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"
