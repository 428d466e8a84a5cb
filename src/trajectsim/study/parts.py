"""Parts as files: what they are called, their records, and writing them whole or not at all.

Each file is written under a temporary name and then renamed, a record of the part (rows and hashes) after its tables
and its `runs` last: what has no `runs` part is not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.errors import UserError
from trajectsim.study.layout import Part

__all__ = ["AIDS", "RECORDS", "TABLES", "encoded", "finished_parts", "record_of", "write_bytes", "write_files",
           "write_json", "write_part", "write_text"]  # fmt: skip

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
            write_bytes(target, data)
    except OSError as error:
        raise UserError.of(
            f"results cannot be written to '{folder}': {error.strerror or error}",
            key="--out",
            cure="make room or open the folder, and give the same command again: finished draws are kept",
        ) from error


def write_bytes(target: Path, data: bytes) -> None:
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
    write_bytes(file, text.encode("utf-8"))
