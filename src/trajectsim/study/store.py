"""The results store: a folder with a manifest and one folder of Parquet parts per table.

A part holds a fixed group of draws, so that a study can be stopped, taken up again and enlarged; it is written under a
temporary name and then renamed, its `runs` part last: what has no `runs` part is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.errors import UserError

__all__ = [
    "DRAWS_PER_PART",
    "TABLES",
    "Study",
    "finished_parts",
    "leave_nothing",
    "open_study",
    "prepare_folder",
    "write_json",
    "write_part",
]

DRAWS_PER_PART = 10
"""Draws in one part. Fixed, so that a part's name says which draws it holds."""

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

_LEAVE_OUT = {"draws", "replicates", "created"}


@dataclass(frozen=True)
class Study:
    """A folder with results, opened for reading."""

    path: Path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest: resolved scenario, content hash, versions, seed, names and titles."""
        content: dict[str, Any] = json.loads((self.path / "manifest.json").read_text(encoding="utf-8"))
        return content

    @property
    def parts(self) -> list[int]:
        """Numbers of the parts that are complete."""
        return finished_parts(self.path)

    def table(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return a whole table, its parts in order.

        Args:
            name: one of `TABLES`.
            columns: only these columns.

        Raises:
            UserError: no such table, or no finished part of it.
        """
        read = [pq.read_table(file, columns=columns) for file in self._files(name)]
        frame: pd.DataFrame = pa.concat_tables(read).unify_dictionaries().to_pandas()
        return frame

    def _files(self, name: str) -> list[Path]:
        if name not in TABLES:
            raise UserError.of(f"there is no table '{name}'", allowed=", ".join(TABLES))
        files = [self.path / name / _part_name(k) for k in self.parts]
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

        `where` keeps the rows whose column has one of the values.

        One thread adds in the order of the files, so that the sums are the same every time; cents stay whole.

        Raises:
            UserError: no such table, or no finished part of it.
        """
        import duckdb

        files = self._files(name)
        groups = ", ".join(f'"{column}"' for column in by)
        schema = pq.read_schema(files[0])
        kinds = {c: "BIGINT" if pa.types.is_integer(schema.field(c).type) else "DOUBLE" for c in of}
        added = ", ".join(f'sum("{c}")::{kind} AS "{c}"' for c, kind in kinds.items())
        wanted = {column: list(values) for column, values in (where or {}).items()}
        chosen = " AND ".join(f'"{column}" IN ({", ".join("?" * len(v))})' for column, v in wanted.items())
        query = f"SELECT {groups}, {added} FROM read_parquet(?)" + (f" WHERE {chosen}" if chosen else "")
        with duckdb.connect() as connection:
            connection.execute("SET threads = 1")
            found = connection.execute(
                f"{query} GROUP BY {groups} ORDER BY {groups}",
                [[str(file) for file in files], *(value for values in wanted.values() for value in values)],
            )
            frame: pd.DataFrame = found.df()
            return frame

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


def _part_name(part: int) -> str:
    return f"part-{part:05d}.parquet"


def finished_parts(folder: Path) -> list[int]:
    """Return the numbers of complete parts, rising."""
    return sorted(int(file.stem.removeprefix("part-")) for file in (folder / "runs").glob("part-*.parquet"))


def write_part(folder: Path, part: int, tables: Mapping[str, pa.Table]) -> None:
    """Write a part of every table, `runs` last.

    Raises:
        UserError: the disk is full, or the folder has become closed; what was finished before is kept.
    """
    try:
        for name in TABLES:
            if name in tables:
                target = folder / name / _part_name(part)
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary = target.with_suffix(".tmp")
                pq.write_table(tables[name], temporary, compression="zstd")
                temporary.replace(target)
    except OSError as error:
        raise UserError.of(
            f"results cannot be written to '{folder}': {error.strerror or error}",
            key="--out",
            cure="make room or open the folder, and give the same command again: finished draws are kept",
        ) from error


def _remove_part(folder: Path, part: int) -> None:
    """Remove a part of every table, `runs` first."""
    for name in reversed(TABLES):
        (folder / name / _part_name(part)).unlink(missing_ok=True)


def write_json(file: Path, content: Any) -> None:
    """Write strict JSON (no NaN), whole or not at all."""
    temporary = file.with_suffix(file.suffix + ".tmp")
    temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    temporary.replace(file)


def prepare_folder(folder: Path, manifest: Mapping[str, Any]) -> list[int]:
    """Make the folder ready for a study and return the parts that are there already.

    A folder of the same content is taken up where it was left. More draws may be asked for: a part that now ends at
    another draw is made again.

    Raises:
        UserError: the folder cannot be written, or holds the results of another scenario or model version, of more
            draws, or of another number of replicates.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".write-test"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        raise UserError.of(
            f"results cannot be written to '{folder}': {error.strerror}",
            key="--out",
            cure="choose a folder that you may write to",
        ) from error
    file = folder / "manifest.json"
    if not file.is_file():
        strange = sorted(p.name for p in folder.iterdir())
        if strange:
            raise UserError.of(
                f"'{folder}' is not empty and holds no results of trajectsim (it has {strange[0]})",
                key="--out",
                cure="choose an empty folder",
            )
        write_json(file, manifest)
        return []
    old = open_study(folder).manifest
    for key, what in (("model_version", "model version"), ("content_hash", "scenario"), ("seed", "seed")):
        if old.get(key) != manifest[key]:
            raise UserError.of(
                f"'{folder}' holds the results of another {what}: {_difference(old, manifest, key)}",
                key="--out",
                cure="choose another folder with --out; nothing has been overwritten",
            )
    before, now = int(old.get("draws", 0)), int(manifest["draws"])
    if finished_parts(folder) and (now < before or old.get("replicates") != manifest["replicates"]):
        raise UserError.of(
            f"'{folder}' holds {before} draws of {old.get('replicates')} replicates; {now} of {manifest['replicates']} "
            "would take their place",
            key="--out",
            allowed=f"at least {before} draws of {old.get('replicates')} replicates",
            cure="choose another folder with --out, or remove that one; nothing has been overwritten",
        )
    keep = [k for k in finished_parts(folder) if _draws_of(k, before) == _draws_of(k, now) != range(0)]
    for part in set(finished_parts(folder)) - set(keep):
        _remove_part(folder, part)
    write_json(file, manifest)
    return keep


def leave_nothing(folder: Path) -> None:
    """Remove the manifest of a study that stopped before anything was finished, and the folder if it is empty then."""
    if [file.name for file in folder.iterdir()] == ["manifest.json"]:
        (folder / "manifest.json").unlink()
        folder.rmdir()


def _draws_of(part: int, draws: int) -> range:
    """Return which of so many draws a part holds."""
    return range(part * DRAWS_PER_PART, min((part + 1) * DRAWS_PER_PART, draws))


def _difference(old: Mapping[str, Any], new: Mapping[str, Any], key: str) -> str:
    """Say what differs, in words: the first settings that have another value."""
    before, after = old.get("scenario", {}), new.get("scenario", {})
    names = [n for n in sorted({*before, *after}) if before.get(n) != after.get(n) and n not in _LEAVE_OUT]
    if key != "content_hash":
        return f"{old.get(key)} there, {new.get(key)} here"
    if not names:
        marks = f"{str(old.get(key))[:12]} there, {str(new[key])[:12]} here"
        return f"the settings are the same, but a file that they name has changed since ({marks})"
    shown = [f"{n} {json.dumps(before.get(n))} there, {json.dumps(after.get(n))} here" for n in names[:3]]
    return "; ".join(shown)
