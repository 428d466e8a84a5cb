"""Results opened for reading: a folder with a manifest and one folder of Parquet parts per table.

A part holds a fixed group of draws (of a fixed group of points, where a study has a design), so that a study can be
stopped, taken up again and enlarged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.config.shown import card
from trajectsim.errors import UserError, nearest
from trajectsim.study.layout import layout_of
from trajectsim.study.parts import AIDS, TABLES, finished_parts, write_json, write_text
from trajectsim.study.views import DESIGN, connect, tables_in

__all__ = ["AIDS", "TABLES", "Study", "open_study", "write_json", "write_text"]


DAMAGED = ("ArrowInvalid", "InvalidInputException", "IOException", "OSError")
"""How PyArrow and DuckDB (which is imported only when it is needed) name a file that they cannot read."""


def _damaged(folder: Path, error: Exception) -> UserError:
    what = str(error).split("\n", 1)[0]
    return UserError.of(
        f"a part of '{folder}' cannot be read: {what}", cure=f"`trajectsim verify {folder}` names what is damaged"
    )


@contextmanager
def _damage_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if type(error).__name__ not in DAMAGED:
            raise
        raise _damaged(folder, error) from None


MOST_KEPT_ROWS = 2_000_000
"""Rows of sums kept in memory together: a report asks for the same sums several times."""
_KEPT: dict[Any, pd.DataFrame] = {}


def _keep(key: Any, frame: pd.DataFrame) -> None:
    """Keep sums for who asks again, the oldest going first; files that were written since have another key."""
    if len(frame) > MOST_KEPT_ROWS // 4:
        return
    while _KEPT and sum(len(kept) for kept in _KEPT.values()) + len(frame) > MOST_KEPT_ROWS:
        _KEPT.pop(next(iter(_KEPT)), None)
    _KEPT[key] = frame


@dataclass(frozen=True)
class Study:
    """A folder with results, opened for reading; of a study with a design the whole of it, or one `number` point."""

    path: Path
    number: int | None = None

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest: resolved scenario, content hash, versions, seed, names and titles.

        That of a point is its scenario's own, with the parameters that the point fixes.
        """
        content: dict[str, Any] = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        return content if self.number is None else _of_point(self, content)

    @cached_property
    def design(self) -> pd.DataFrame:
        """The points of the study: `point` (from 0), `id` (of the content), `scenario`, and a column per factor.

        Raises:
            UserError: these are results of one scenario, which has no design.
        """
        file = self.path / "design.parquet"
        if not file.is_file():
            raise UserError.of(f"'{self.path}' holds one scenario and no design", cure="name the folder of a study")
        frame: pd.DataFrame = pq.read_table(file).to_pandas()
        return frame

    def point(self, number: int | str) -> Study:
        """Return one point of the study as if it were a study of its own.

        Args:
            number: its number in the design, or its id.

        Raises:
            UserError: there is no such point.
        """
        ids = list(self.design["id"])
        if isinstance(number, str):
            if number not in ids:
                raise UserError.of(f"there is no point '{number}'", near=nearest(number, ids), cure="see the design")
            number = ids.index(number)
        if not 0 <= number < len(ids):
            raise UserError.of(f"there is no point {number}", allowed=f"0 to {len(ids) - 1}")
        return replace(self, number=int(number))

    @property
    def parts(self) -> list[str]:
        """Names of the parts that are complete; of a point, those that hold it."""
        found = finished_parts(self.path)
        if self.number is None:
            return found
        layout = layout_of(json.loads((self.path / "manifest.json").read_text(encoding="utf-8")))
        return [name for name in found if name.endswith(f"-{self.number // layout.points_per_part:05d}")]

    def table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return a whole table, its parts in order.

        Args:
            name: one of `TABLES`.
            columns: only these columns.

        Raises:
            UserError: no such table, or no finished part of it.
        """
        wanted = None if self.number is None else [("point", "=", self.number)]
        if self.number is not None and columns is None:
            columns = [column for column in pq.read_schema(self.files(name)[0]).names if column != "point"]
        with _damage_told(self.path):
            read = [pq.read_table(file, columns=columns, filters=wanted) for file in self.files(name)]
        frame: pd.DataFrame = pa.concat_tables(read).unify_dictionaries().to_pandas()
        return frame

    def files(self, name: str) -> list[Path]:
        """Return the finished parts of a table, in order. Raises UserError where there are none."""
        if name not in TABLES:
            raise UserError.of(f"there is no table '{name}'", allowed=", ".join(TABLES))
        files = [self.path / name / f"{part}.parquet" for part in self.parts]
        files = [file for file in files if file.is_file()]
        if not files:
            raise UserError.of(
                f"'{self.path}' holds no finished part of the table '{name}'", cure="run the scenario first"
            )
        return files

    def sums(
        self, name: str, by: Sequence[str], of: Sequence[str], where: Mapping[str, Sequence[str | int]] | None = None
    ) -> pd.DataFrame:
        """Return sums of columns by group, rows in the order of the groups; the table itself is never loaded.

        Names come as categories. `where` keeps the rows whose column has one of the values. Whole numbers are added by
        all processors; others by one thread in the order of the files, so that the sums are the same every time.

        Raises:
            UserError: no such table, or no finished part of it.
        """
        files = self.files(name)
        stamp = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
        chosen = tuple((column, tuple(values)) for column, values in (where or {}).items())
        key = (stamp, self.number, tuple(by), tuple(of), chosen)
        frame = _KEPT.get(key)
        if frame is None:
            frame = self._sums(files, by, of, where)
            _keep(key, frame)
        return frame.copy()

    def _sums(
        self,
        files: list[Path],
        by: Sequence[str],
        of: Sequence[str],
        where: Mapping[str, Sequence[str | int]] | None,
    ) -> pd.DataFrame:
        import duckdb

        with _damage_told(self.path):
            schema = pq.read_schema(files[0])
        whole = {c: pa.types.is_integer(schema.field(c).type) for c in of}
        added = ", ".join(f'sum("{c}")::{"BIGINT" if exact else "DOUBLE"} AS "{c}"' for c, exact in whole.items())
        wanted = {column: list(values) for column, values in (where or {}).items()}
        if self.number is not None:
            wanted["point"] = [self.number]
        chosen = " AND ".join(f'"{column}" IN ({", ".join("?" * len(v))})' for column, v in wanted.items())
        given = [[str(file) for file in files], *(value for values in wanted.values() for value in values)]
        rows = "FROM read_parquet(?)" + (f" WHERE {chosen}" if chosen else "")
        with _damage_told(self.path), duckdb.connect() as connection:
            if not all(whole.values()):
                connection.execute("SET threads = 1")
            keys = []
            for c in by:
                if pa.types.is_dictionary(schema.field(c).type) or pa.types.is_string(schema.field(c).type):
                    # As categories keys are numbers: faster to group by and to hand over than a text per row.
                    names = connection.execute(f'SELECT DISTINCT "{c}" {rows} ORDER BY 1', given).fetchall()
                    texts = ", ".join("'" + str(text).replace("'", "''") + "'" for (text,) in names) or "''"
                    connection.execute(f'CREATE TYPE "of_{c}" AS ENUM ({texts})')
                    keys.append(f'"{c}"::"of_{c}" AS "{c}"')
                else:
                    keys.append(f'"{c}"')
            amounts = [f'"{c}"' for c in of]
            groups = ", ".join(f'"{column}"' for column in by)
            found = connection.execute(
                f"SELECT {groups}, {added} FROM (SELECT {', '.join([*keys, *amounts])} {rows}) "
                f"GROUP BY {groups} ORDER BY {groups}",
                given,
            )
            frame: pd.DataFrame = found.df()
            return frame

    @property
    def tables(self) -> list[str]:
        """Names of the tables that are here."""
        return tables_in(self.path, TABLES)

    def connect(self) -> Any:
        """Return a DuckDB connection with a view per table, over finished parts; `design` too where there is one.

        Nothing is loaded: a query reads what it needs. Close the connection when done.
        """
        files = {name: self.files(name) for name in self.tables}
        if (self.path / f"{DESIGN}.parquet").is_file():
            files[DESIGN] = [self.path / f"{DESIGN}.parquet"]
        with _damage_told(self.path):
            return connect(files, self.number)

    def sql(self, query: str) -> pd.DataFrame:
        """Return the answer to a query in SQL, in which every table is a view: `SELECT count(*) FROM runs`.

        Raises:
            UserError: the query is no SQL, or names what is not there.
        """
        import duckdb

        with self.connect() as connection:
            try:
                frame: pd.DataFrame = connection.sql(query).df()
            except (duckdb.InvalidInputException, duckdb.IOException) as error:
                raise _damaged(self.path, error) from None
            except (duckdb.Error, AttributeError) as error:
                what = str(error).split("\n", 1)[0] if isinstance(error, duckdb.Error) else "this asks for nothing"
                allowed = ", ".join([*self.tables, *([DESIGN] if (self.path / f"{DESIGN}.parquet").is_file() else [])])
                raise UserError.of(f"the query cannot be answered: {what}", allowed=allowed) from None
            return frame

    def polars(self, name: str) -> Any:
        """Return a table as a Polars LazyFrame, which reads when it is collected.

        Raises:
            UserError: Polars is not installed, there is no such table, or no finished part of it.
        """
        files = self.files(name)
        try:
            import polars
        except ImportError:
            cure = 'install it: python -m pip install "trajectsim[polars]"'
            raise UserError.of("Polars is not installed", cure=cure) from None
        # Each part has its own dictionary of names, so names are read as plain text.
        texts = [field.name for field in pq.read_schema(files[0]) if pa.types.is_dictionary(field.type)]
        frame = polars.scan_parquet(files).with_columns(polars.col(texts).cast(polars.String))
        return frame if self.number is None else frame.filter(polars.col("point") == self.number).drop("point")

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        own = self.manifest
        parts = layout_of(json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))).parts()
        rows: list[tuple[str, object]] = [
            ("folder", self.path), ("worlds", ", ".join(own["arms"])),
            ("runs", f"{own['draws']} draws × {own['replicates']} replicates × {len(own['arms'])} worlds"),
            ("youths", own["size"]), ("years", own["years"]),
        ]  # fmt: skip
        if own.get("study"):
            rows += [("points", own["study"]["points"]), ("factors", ", ".join(own["study"]["factors"]))]
        if self.number is None:
            rows.append(("finished", f"{len(self.parts)} of {len(parts)} parts"))
        rows.append(("tables", ", ".join(self.tables)))
        title = own["titles"].get("study") or own["titles"]["scenario"]
        return card(title["en"], rows, title["nl"])

    def summary(self) -> dict[str, Any]:
        """Return the summary that was written beside the tables."""
        content: dict[str, Any] = json.loads((self.path / "summary.json").read_text(encoding="utf-8"))
        return content


def open_study(path: str | Path) -> Study:
    """Open a folder with results.

    Raises:
        UserError: the folder holds no manifest, or one that cannot be read.
    """
    folder = Path(path)
    file = folder / "manifest.json"
    if not file.is_file():
        raise UserError.of(
            f"'{folder}' holds no results (no manifest.json)", cure="name the folder that a run wrote to"
        )
    study = Study(folder)
    try:
        _ = study.manifest
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError.of(
            f"the manifest cannot be read: {error}", file=str(file), cure="run the scenario again"
        ) from error
    return study


def _of_point(study: Study, whole: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of one point: of its scenario, with the parameters that the point fixes."""
    row = study.design.iloc[study.number or 0]
    file = study.path / "manifests" / f"{row['scenario']}.json"
    own = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else dict(whole)
    own.pop("study", None)
    own["scenario"] = {**own["scenario"], "draws": whole["draws"]}
    parameters = {path: dict(item) for path, item in own["parameters"].items()}
    for name, factor in whole["study"]["factors"].items():
        if factor["parameter"]:
            note = f"was {parameters[factor['path']]['value']:g}"
            fixed = {"value": float(row[name]), "low": None, "high": None, "family": "fixed", "grade": "D"}
            parameters[factor["path"]].update(fixed, source="user", locator="point of a study", note=note)
    point = {"number": study.number, "id": row["id"]}
    return {**own, "draws": whole["draws"], "parameters": parameters, "point": point}
