"""How a page becomes a file: templates filled with texts, written at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Protocol

from trajectsim.errors import UserError
from trajectsim.report.phrases import Words

__all__ = ["HasWords", "render", "write_page"]


class HasWords(Protocol):
    """What a page is made of, in a reader's language."""

    @property
    def words(self) -> Words:
        """The reader's language."""


def write_page(path: Path, template: str, content: dict[str, Any], found: HasWords) -> Path:
    """Fill a template and write it at once: under a temporary name first, then moved into place."""
    text = render(template, content, found)
    temporary = path.with_name(path.name + ".part")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(path)
    except OSError as error:
        raise UserError.of(
            f"the report cannot be written: {error.strerror}",
            file=str(path),
            cure="check the folder's rights, or give --out another folder",
        ) from error
    return path


def render(template: str, content: dict[str, Any], found: HasWords) -> str:
    """Return a page as text."""
    counter = iter(range(1, 1000))
    return str(
        _environment()
        .get_template(template)
        .render(
            **content,
            w=found.words,
            style=found.words.style,
            lang=found.words.lang,
            found=found,
            number=lambda: next(counter),
        )
    )


@cache
def _environment() -> Any:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("trajectsim.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment
