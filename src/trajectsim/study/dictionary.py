"""The data dictionary: what the tables of a results folder hold, column by column, in Dutch and English.

The words are in `data/dictionary.yaml`; which tables and columns there are, and of which type, is read from the files
themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.config.load import DATA
from trajectsim.config.reader import read_yaml
from trajectsim.study.views import DESIGN, tables_in

__all__ = ["described", "dictionary_json", "dictionary_markdown", "dictionary_of", "whole_dictionary", "words"]

Tree = dict[str, Any]
LANGUAGES = ("nl", "en")


@cache
def words() -> Tree:
    """Return the dictionary as written: `columns` that mean the same everywhere, and `tables`."""
    return dict(read_yaml(DATA / "dictionary.yaml", "dictionary.yaml").data)


def described(table: str, column: str) -> Mapping[str, str] | None:
    """Return unit and meaning of a column, of the table's own or shared by all tables; None where it has none."""
    own: Mapping[str, Any] = (words()["tables"].get(table) or {}).get("columns") or {}
    found: Mapping[str, str] | None = own.get(column) or words()["columns"].get(column)
    return found


def dictionary_of(folder: Path, tables: Sequence[str], factors: Mapping[str, Any] = {}) -> Tree:
    """Return the dictionary of a folder of results.

    Args:
        folder: the folder.
        tables: names of the tables that there may be.
        factors: factors of a study by name, each with `path` and `title`: columns of its design.

    Returns:
        `tables`: per table its title, what a row is, and its columns with type, unit and meaning.
    """
    out: Tree = {}
    for name in tables_in(folder, tables):
        schema = pq.read_schema(min((folder / name).glob("part-*.parquet")))
        out[name] = _table(name, [(field.name, _kind(field.type)) for field in schema], factors)
    if (folder / f"{DESIGN}.parquet").is_file():
        schema = pq.read_schema(folder / f"{DESIGN}.parquet")
        out[DESIGN] = _table(DESIGN, [(field.name, _kind(field.type)) for field in schema], factors)
    return {"tables": out}


def _table(name: str, columns: Iterable[tuple[str, str]], factors: Mapping[str, Any]) -> Tree:
    item = words()["tables"][name]
    rows = {}
    for column, kind in columns:
        known = described(name, column)
        if name == DESIGN and column in factors:
            factor = factors[column]
            title = factor.get("title") or dict.fromkeys(LANGUAGES, factor["path"])
            known = {"unit": f"that of {factor['path']}", **title}
        if known is None:
            raise KeyError(f"the data dictionary lacks the column {name}.{column}")
        rows[column] = {"type": kind, "unit": known["unit"], "nl": known["nl"], "en": known["en"]}
    return {"title": {lang: item[lang] for lang in LANGUAGES}, "row": dict(item["rows"]), "columns": rows}


def _kind(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return "whole number" if pa.types.is_integer(kind) else "number"


def whole_dictionary() -> str:
    """Return every table and column that results may have as a page; types are in each folder's own dictionary."""
    lines = [*_HEAD, "Columns that mean the same in every table:", "", *_PAGE_HEAD]
    lines += [_line(column, item) for column, item in words()["columns"].items()]
    for name, table in words()["tables"].items():
        lines += ["", f"## {name}", "", f"{table['en']} (*{table['nl']}*). One row per {table['rows']['en']}.", ""]
        lines += [*_PAGE_HEAD, *(_line(column, item) for column, item in table["columns"].items())]
    return "\n".join(lines) + "\n"


_HEAD = [
    "# Data dictionary",
    "",
    "Every table is a folder of Parquet parts. A run is one arm, draw and replicate; amounts are sums over the",
    "whole cohort unless the unit says otherwise, and rows of nought are left out.",
    "",
]
_PAGE_HEAD = ["| column | unit | meaning | betekenis |", "|---|---|---|---|"]


def _line(column: str, item: Mapping[str, str]) -> str:
    return f"| `{column}` | {item['unit']} | {item['en']} | {item['nl']} |"


def dictionary_json(found: Tree) -> str:
    """Return the dictionary as JSON."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def dictionary_markdown(found: Tree) -> str:
    """Return the dictionary as a page to read: English, with the Dutch below each meaning."""
    lines = list(_HEAD)
    for name, table in found["tables"].items():
        title, row = table["title"], table["row"]["en"]
        lines += [f"## {name}", "", f"{title['en']} (*{title['nl']}*). One row per {row}.", ""]
        lines += ["| column | type | unit | meaning | betekenis |", "|---|---|---|---|---|"]
        for column, item in table["columns"].items():
            lines.append(f"| `{column}` | {item['type']} | {item['unit']} | {item['en']} | {item['nl']} |")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"
