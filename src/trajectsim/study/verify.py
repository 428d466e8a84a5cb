"""Is a folder of results what its manifest says: every part there, every byte as it was written, nothing besides?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.errors import UserError
from trajectsim.study.frozen import thaw
from trajectsim.study.layout import Part, layout_of
from trajectsim.study.parts import AIDS, RECORDS, TABLES, record_of
from trajectsim.study.run import model_version
from trajectsim.study.store import open_study

__all__ = ["Finding", "Verdict", "verify"]

BESIDE = ("manifest.json", "summary.json", "report.html", "council.html", "tables.xlsx", "design.parquet",
          "sensitivity.json", "sensitivity.svg", "discovery.json", "discovery.svg", "triangle.json", "triangle.html",
          *AIDS)  # fmt: skip
"""Files that may stand beside the tables; pages of youths (`youth_*.html`) and files that begin with a dot may too."""
OURS = ("scenarios", "manifests", RECORDS)
REPORTED = ("tables", "figures")
"""Folders that a report fills."""


@dataclass(frozen=True)
class Finding:
    """Something amiss: `kind` (damaged, missing, foreign, manifest), the file, and what is wrong with it."""

    kind: str
    file: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What was found in a folder.

    Attributes:
        parts: how many parts there should be.
        finished: how many are finished.
        runs, failed: finished runs, and those among them that failed.
        rows: rows of all tables.
        findings: what is amiss; nothing if all is well.
        leftover: files that a stopped process left, which do no harm and which `resume` removes.
        same_version: whether the installed model is the one that made the results.
    """

    parts: int
    finished: int
    runs: int
    failed: int
    rows: int
    findings: tuple[Finding, ...]
    leftover: tuple[str, ...]
    same_version: bool

    @property
    def whole(self) -> bool:
        """Whether every part is there and nothing is amiss."""
        return self.finished == self.parts and not self.findings


def verify(folder: str | Path) -> Verdict:
    """Check a folder of results against its manifest and its records, byte by byte.

    Raises:
        UserError: the folder holds no results, or a manifest that cannot be read.
    """
    study = open_study(folder)
    manifest = study.manifest
    try:
        layout = layout_of(manifest)
        runs_per_cell = int(manifest["replicates"]) * len(manifest["arms"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError.of(
            f"the manifest lacks something: {error}", file=str(study.path / "manifest.json"), cure="restore it"
        ) from None
    findings = list(_beside(study.path, manifest))
    finished = runs = failed = rows = 0
    known: set[str] = set()
    for part in layout.parts():
        names = [f"{table}/{part.name}.parquet" for table in TABLES] + [f"{RECORDS}/{part.name}.json"]
        known.update(names)
        record = record_of(study.path, part.name)
        begun = (study.path / "runs" / f"{part.name}.parquet").is_file()
        if record is None:
            if begun:
                findings.append(Finding("damaged", f"{RECORDS}/{part.name}.json", "is missing or cannot be read"))
            continue
        if not begun:
            if not any((study.path / name).is_file() for name in names[:-1]):
                findings.append(Finding("missing", f"runs/{part.name}.parquet", "is not there, though it was written"))
            continue  # it was being written when the process stopped: it is made again
        wrong = list(_of_part(study.path, part, record, part.cells * runs_per_cell))
        findings += wrong
        finished += not wrong
        runs += int(record["runs"])
        failed += int(record["failed"])
        rows += sum(record["rows"].values())
    leftover, foreign = _others(study.path, manifest, known)
    findings += foreign
    return Verdict(len(layout.parts()), finished, runs, failed, rows, tuple(findings), tuple(leftover),
                   manifest.get("model_version") == model_version())  # fmt: skip


def _beside(folder: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    """Check what is kept beside the tables: scenarios, design, manifests of other scenarios."""
    if manifest.get("study") is not None:
        for name, digest in manifest["study"]["files"].items():
            file = folder / name
            if not file.is_file():
                yield Finding("missing", name, "is not there")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                yield Finding("damaged", name, "is not what was written")
        return
    name = f"scenarios/{str(manifest.get('content_hash'))[:16]}.json"
    file = folder / name
    if not file.is_file():
        yield Finding("missing", name, "is not there")
        return
    if manifest.get("model_version") != model_version():
        return  # another version may read a scenario differently
    try:
        thaw(json.loads(file.read_text(encoding="utf-8")), str(manifest["content_hash"]))
    except (UserError, ValueError) as error:
        what = error.mistakes[0].what if isinstance(error, UserError) else f"cannot be read: {error}"
        yield Finding("damaged", name, what)


def _of_part(folder: Path, part: Part, record: dict[str, Any], runs: int) -> Iterator[Finding]:
    """Check the files of one part against its record: they are there, their bytes, their rows, the runs they hold."""
    held = (record["points"], record["draws"])
    if held != ([part.points.start, part.points.stop], [part.draws.start, part.draws.stop]):
        what = f"holds points {record['points']} and draws {record['draws']}, where the manifest asks others"
        yield Finding("manifest", f"{RECORDS}/{part.name}.json", what)
    for table, digest in record["sha256"].items():
        name = f"{table}/{part.name}.parquet"
        file = folder / name
        if not file.is_file():
            yield Finding("missing", name, "is not there")
            continue
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            written = record["bytes"][table]
            how = "of the same size" if len(data) == written else f"{len(data)} of {written} bytes"
            yield Finding("damaged", name, f"is not what was written ({how})")
            continue
        rows = pq.read_metadata(pa.BufferReader(data)).num_rows
        if rows != record["rows"][table]:
            yield Finding("damaged", name, f"has {rows} rows where {record['rows'][table]} were written")
    for table in TABLES:
        name = f"{table}/{part.name}.parquet"
        if table not in record["sha256"] and (folder / name).is_file():
            yield Finding("foreign", name, "was not written with this part")
    if record["runs"] != runs:
        what = f"{record['runs']} runs where the manifest asks {runs}"
        yield Finding("manifest", f"{RECORDS}/{part.name}.json", what)


def _others(folder: Path, manifest: dict[str, Any], known: set[str]) -> tuple[list[str], list[Finding]]:
    """Return what a stopped process left, and files that belong to nothing."""
    kept = set((manifest.get("study") or {}).get("files") or ())
    kept.add(f"scenarios/{str(manifest.get('content_hash'))[:16]}.json")
    leftover, foreign = [], []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if not file.is_file() or name in known or name in kept or file.name.startswith("."):
            continue
        if file.suffix == ".tmp":
            leftover.append(name)
            continue
        top = name.split("/")[0]
        if top in TABLES or top in OURS:
            foreign.append(Finding("foreign", name, "belongs to no part of this study"))
        elif name not in BESIDE and top not in REPORTED and not file.match("youth_*.html"):
            foreign.append(Finding("foreign", name, "was not written by trajectsim"))
    return leftover, foreign
