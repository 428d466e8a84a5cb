"""What helps to read a results folder, written beside its tables: a view per table for SQL, and the data dictionary."""

from __future__ import annotations

import contextlib
from pathlib import Path

from trajectsim.study.dictionary import dictionary_json, dictionary_markdown, dictionary_of
from trajectsim.study.parts import AIDS, TABLES, write_files
from trajectsim.study.store import open_study
from trajectsim.study.views import views_text

__all__ = ["write_aids"]


def write_aids(folder: Path) -> None:
    """Write `views.sql`, `dictionary.json` and `dictionary.md`; they follow from the tables alone."""
    study = open_study(folder)
    if not study.parts:
        return
    found = dictionary_of(folder, TABLES, (study.manifest.get("study") or {}).get("factors") or {})
    texts = (views_text(folder, TABLES), dictionary_json(found), dictionary_markdown(found))
    for name, text in zip(AIDS, texts, strict=True):
        file = folder / name
        with contextlib.suppress(OSError):
            if file.read_text(encoding="utf-8") == text:
                continue
        write_files(folder, {name: text.encode("utf-8")})
