"""SQL over a folder of results: a view per table, for DuckDB in Python and as a file that stands beside the tables.

A view reads all parts of its table. Nothing is copied, so a table may be larger than memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["DESIGN", "connect", "tables_in", "views_text"]

DESIGN = "design"
HEAD = """\
-- A view per table of these results. From this folder:
--   duckdb -init views.sql
--   SELECT arm, sum(discounted) / 100 AS euros FROM costs GROUP BY arm;
-- In Python: trajectsim.open_study(folder).sql("SELECT ..."). What the columns mean: dictionary.md.
"""


def tables_in(folder: Path, tables: Sequence[str]) -> list[str]:
    """Return those of the tables of which a folder holds at least one part."""
    return [name for name in tables if next((folder / name).glob("part-*.parquet"), None) is not None]


def views_text(folder: Path, tables: Sequence[str]) -> str:
    """Return the SQL that makes a view of every table that is there, with paths from the folder itself."""
    lines = [_view(name, f"'{name}/part-*.parquet'") for name in tables_in(folder, tables)]
    if (folder / f"{DESIGN}.parquet").is_file():
        lines.append(_view(DESIGN, f"'{DESIGN}.parquet'"))
    return HEAD + "".join(f"{line};\n" for line in lines)


def connect(files: Mapping[str, Sequence[Path]], point: int | None = None) -> Any:
    """Return a DuckDB connection in memory with a view per table over these files; of one point only its rows."""
    import duckdb

    connection = duckdb.connect()
    for name, parts in files.items():
        chosen = "" if point is None or name == DESIGN else f" WHERE point = {point}"
        texts = ("'" + str(file).replace("'", "''") + "'" for file in parts)
        connection.execute(_view(name, f"[{', '.join(texts)}]") + chosen)
    return connection


def _view(name: str, files: str) -> str:
    return f"CREATE OR REPLACE VIEW {name} AS SELECT * FROM read_parquet({files})"
