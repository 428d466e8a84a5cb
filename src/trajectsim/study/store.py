"""The results store: a folder with a manifest and one folder of Parquet parts per table.

A part holds a fixed group of draws (of a fixed group of points, where a study has a design), so that a study can be
stopped, taken up again and enlarged. Each file is written under a temporary name and then renamed, a record of the part
(rows and hashes) after its tables and its `runs` last: what has no `runs` part is not there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.errors import UserError, nearest
from trajectsim.study.layout import Part, layout_of
from trajectsim.study.views import DESIGN, connect, tables_in

__all__ = [
    "AIDS",
    "RECORDS",
    "TABLES",
    "Study",
    "encoded",
    "finished_parts",
    "leave_nothing",
    "open_study",
    "prepare_folder",
    "record_of",
    "write_files",
    "write_json",
    "write_part",
    "write_text",
]

RECORDS = "parts"
"""Folder with a record of every part: points, draws, rows, sizes and hashes."""

AIDS = ("views.sql", "dictionary.json", "dictionary.md")
"""What `study.aids` writes beside the tables, to read them by."""

TABLES = (
    "parameters",
    "occupancy",
    "entries",
    "months",
    "events",
    "moves",
    "measures",
    "joint",
    "hours",
    "costs",
    "youth_years",
    "youths",
    "lives",
    "caps",
    "queues",
    "teams",
    "budgets",
    "interference",
    "runs",
)
"""Every table, in the order in which its parts are written; `runs` last."""

_LEAVE_OUT = {"draws", "replicates", "created", "files"}


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
        import duckdb

        files = self.files(name)
        schema = pq.read_schema(files[0])
        whole = {c: pa.types.is_integer(schema.field(c).type) for c in of}
        added = ", ".join(f'sum("{c}")::{"BIGINT" if exact else "DOUBLE"} AS "{c}"' for c, exact in whole.items())
        wanted = {column: list(values) for column, values in (where or {}).items()}
        if self.number is not None:
            wanted["point"] = [self.number]
        chosen = " AND ".join(f'"{column}" IN ({", ".join("?" * len(v))})' for column, v in wanted.items())
        given = [[str(file) for file in files], *(value for values in wanted.values() for value in values)]
        rows = "FROM read_parquet(?)" + (f" WHERE {chosen}" if chosen else "")
        with duckdb.connect() as connection:
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
    parameters = {path: dict(item) for path, item in own["parameters"].items()}
    for name, factor in whole["study"]["factors"].items():
        if factor["parameter"]:
            note = f"was {parameters[factor['path']]['value']:g}"
            fixed = {"value": float(row[name]), "low": None, "high": None, "family": "fixed", "grade": "D"}
            parameters[factor["path"]].update(fixed, source="user", locator="point of a study", note=note)
    point = {"number": study.number, "id": row["id"]}
    return {**own, "draws": whole["draws"], "parameters": parameters, "point": point}


def finished_parts(folder: Path) -> list[str]:
    """Return the names of complete parts, in order."""
    return sorted(file.stem for file in (folder / "runs").glob("part-*.parquet"))


def record_of(folder: Path, part: str) -> dict[str, Any] | None:
    """Return the record of a part, None where there is none that can be read."""
    try:
        record: dict[str, Any] = json.loads((folder / RECORDS / f"{part}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record


def encoded(part: Part, tables: Mapping[str, pa.Table]) -> dict[str, bytes]:
    """Return the files of a part by their paths in the study's folder, in the order in which they must be written."""
    files: dict[str, bytes] = {}
    rows: dict[str, int] = {}
    for name in TABLES:
        if name in tables:
            sink = pa.BufferOutputStream()
            pq.write_table(tables[name], sink, compression="zstd")
            files[f"{name}/{part.name}.parquet"] = sink.getvalue().to_pybytes()
            rows[name] = tables[name].num_rows
    status = tables["runs"]["status"].to_pylist() if "status" in tables["runs"].column_names else []
    record = {
        "points": [part.points.start, part.points.stop],
        "draws": [part.draws.start, part.draws.stop],
        "runs": rows["runs"],
        "failed": sum(word == "failed" for word in status),
        "rows": rows,
        "bytes": {path.split("/")[0]: len(data) for path, data in files.items()},
        "sha256": {path.split("/")[0]: hashlib.sha256(data).hexdigest() for path, data in files.items()},
    }
    last = f"runs/{part.name}.parquet"
    text = json.dumps(record, separators=(",", ":")) + "\n"
    return {**{k: v for k, v in files.items() if k != last}, f"{RECORDS}/{part.name}.json": text.encode(),
            last: files[last]}  # fmt: skip


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a part as `encoded` orders them, each whole or not at all.

    A part that holds other draws by now loses its `runs` first, so that old and new are never read together.

    Raises:
        UserError: the disk is full, or the folder has become closed; what was finished before is kept.
    """
    last = list(files)[-1]
    try:
        if (folder / last).is_file() and (folder / last).read_bytes() != files[last]:
            (folder / last).unlink()
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_bytes(target, data)
    except OSError as error:
        raise UserError.of(
            f"results cannot be written to '{folder}': {error.strerror or error}",
            key="--out",
            cure="make room or open the folder, and give the same command again: finished draws are kept",
        ) from error


def _write_bytes(target: Path, data: bytes) -> None:
    """Write a file under a name that no other process uses, and rename it."""
    temporary = target.with_name(f"{target.name}.{platform.node()}-{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def write_part(folder: Path, part: Part, tables: Mapping[str, pa.Table]) -> None:
    """Write a part of every table; errors as in `write_files`."""
    write_files(folder, encoded(part, tables))


def write_json(file: Path, content: Any) -> None:
    """Write strict JSON (no NaN), whole or not at all."""
    write_text(file, json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def write_text(file: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    _write_bytes(file, text.encode("utf-8"))


def prepare_folder(
    folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes] = {}, alone: bool = True
) -> list[str]:
    """Make the folder ready for a study and return the names of the parts that are there already.

    A folder of the same content is taken up where it was left. More draws may be asked for: a part that now ends at
    another draw is made again.

    Args:
        folder: the folder, which this process has locked.
        manifest: what is to be run.
        files: what is kept beside the manifest, by path.
        alone: whether no other process works on other parts of it.

    Raises:
        UserError: the folder cannot be written, or holds the results of another scenario or model version, of more
            draws, or of another number of replicates.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-test-{platform.node()}-{os.getpid()}"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        raise _closed(folder, error) from error
    if not (folder / "manifest.json").is_file():
        if strange := _strange(folder, files):
            raise UserError.of(
                f"'{folder}' is not empty and holds no results of trajectsim (it has {strange})",
                key="--out",
                cure="choose an empty folder",
            )
        _write_beside(folder, manifest, files)
        return []
    old = open_study(folder).manifest
    _same_content(folder, old, manifest)
    before, now = int(old.get("draws", 0)), int(manifest["draws"])
    finished = finished_parts(folder)
    if finished and (now < before or old.get("replicates") != manifest["replicates"]):
        raise UserError.of(
            f"'{folder}' holds {before} draws of {old.get('replicates')} replicates; {now} of {manifest['replicates']} "
            "would take their place",
            key="--out",
            allowed=f"at least {before} draws of {old.get('replicates')} replicates",
            cure="choose another folder with --out, or remove that one; nothing has been overwritten",
        )
    if not alone:
        if now != before:
            raise UserError.of(
                f"'{folder}' was begun with {before} draws; shards cannot change that", key="--shard",
                cure="enlarge it without --shard, or give every shard the same number of draws",
            )  # fmt: skip
        return [part.name for part in layout_of(manifest).parts() if _is_whole(folder, part)]
    for left in folder.rglob("*.tmp"):
        left.unlink(missing_ok=True)
    keep = [part.name for part in layout_of(manifest).parts() if _is_whole(folder, part)]
    for name in set(finished) - set(keep):
        for table in reversed(TABLES):
            (folder / table / f"{name}.parquet").unlink(missing_ok=True)
        (folder / RECORDS / f"{name}.json").unlink(missing_ok=True)
    _write_beside(folder, manifest, files)
    return keep


def _closed(folder: Path, error: OSError) -> UserError:
    return UserError.of(
        f"results cannot be written to '{folder}': {error.strerror}",
        key="--out",
        cure="choose a folder that you may write to",
    )


def _strange(folder: Path, files: Mapping[str, bytes]) -> str | None:
    """Return the first name in a folder without a manifest that no study writes before its manifest; None: all well."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and name not in files and file.suffix != ".tmp" and not name.startswith(".lock"):
            return name.split("/")[0]
    return None


def _write_beside(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    try:
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.is_file() or target.read_bytes() != data:
                _write_bytes(target, data)
        write_json(folder / "manifest.json", manifest)  # last: without it there is no study
    except OSError as error:
        raise _closed(folder, error) from error


def _is_whole(folder: Path, part: Part) -> bool:
    """Return whether a part is finished, of these points and draws, and no file of it has another size than it had."""
    record = record_of(folder, part.name)
    if record is None or not (folder / "runs" / f"{part.name}.parquet").is_file():
        return False
    if record["points"] != [part.points.start, part.points.stop]:
        return False
    if record["draws"] != [part.draws.start, part.draws.stop]:
        return False
    for table, size in record["bytes"].items():
        try:
            if (folder / table / f"{part.name}.parquet").stat().st_size != size:
                return False
        except OSError:
            return False
    return True


def leave_nothing(folder: Path) -> None:
    """Remove what a study that stopped before anything was finished had written; the folder too if it is empty then."""
    if finished_parts(folder):
        return
    beside = [folder / name for name in ("manifest.json", "design.parquet", *AIDS)]
    for name in ("scenarios", "manifests"):
        beside += list((folder / name).glob("*.json"))
    others = [file for file in folder.rglob("*") if file.is_file() and file not in beside]
    if any(not file.name.startswith(".lock") for file in others):
        return
    for file in beside:
        file.unlink(missing_ok=True)
    for child in (folder / "scenarios", folder / "manifests"):
        if child.is_dir():
            child.rmdir()
    with contextlib.suppress(OSError):  # not empty
        folder.rmdir()


def _same_content(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse another model version, scenario, design or seed, naming what differs."""
    kinds = ["a study" if item.get("study") else "one scenario" for item in (old, new)]
    if kinds[0] != kinds[1]:
        raise UserError.of(
            f"'{folder}' holds the results of {kinds[0]}, not of {kinds[1]}", key="--out",
            cure="choose another folder with --out; nothing has been overwritten",
        )  # fmt: skip
    for key, what in (
        ("model_version", "model version"),
        ("content_hash", "scenario" if new.get("study") is None else "study"),
        ("seed", "seed"),
        ("parts", "size of parts"),
    ):
        if old.get(key) != new.get(key):
            raise UserError.of(
                f"'{folder}' holds the results of another {what}: {_difference(old, new, key)}",
                key="--out",
                cure="choose another folder with --out; nothing has been overwritten",
            )


def _difference(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> str:
    """Say what differs, in words: the first settings that have another value."""
    if key != "content_hash":
        return f"{_short(old.get(key))} there, {_short(new.get(key))} here"
    shown = []
    for section in ("scenario", "study"):
        before, after = old.get(section) or {}, new.get(section) or {}
        names = [n for n in sorted({*before, *after}) if before.get(n) != after.get(n) and n not in _LEAVE_OUT]
        shown += [f"{n} {_short(before.get(n))} there, {_short(after.get(n))} here" for n in names]
    if not shown:
        marks = f"{str(old.get(key))[:12]} there, {str(new[key])[:12]} here"
        return f"the settings are the same, but a file that they name has changed since ({marks})"
    return "; ".join(shown[:3])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 120 else text[:117] + "..."
