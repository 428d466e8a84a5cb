"""A small table as HTML, for whoever shows an object in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

__all__ = ["card"]

_CELL = 'style="text-align:left;padding:2px 14px 2px 0;vertical-align:top"'


def card(title: str, rows: Iterable[tuple[str, object]], note: str = "") -> str:
    """Return a title over a table of two columns, with a note below it; all texts are escaped."""
    body = "".join(f"<tr><th {_CELL}>{escape(key)}</th><td {_CELL}>{escape(str(v))}</td></tr>" for key, v in rows)
    below = f"<div><small>{escape(note)}</small></div>" if note else ""
    return f"<div><b>{escape(title)}</b><table>{body}</table>{below}</div>"
