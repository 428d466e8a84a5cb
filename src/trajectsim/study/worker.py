"""What one worker does: one part of a study, from a small description to files, in any process on any machine.

A worker reads the study's scenario from its folder and compiles it once. Where it does not see that folder it says so
and is sent the scenario; its files then travel back to whoever asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trajectsim.config.study import SUMMED
from trajectsim.errors import UserError
from trajectsim.evidence.register import Register
from trajectsim.study.frozen import thaw
from trajectsim.study.layout import Part
from trajectsim.study.parts import encoded, write_files
from trajectsim.study.rows import named
from trajectsim.study.run import make_plan, model_version
from trajectsim.study.runner import Plan, run_draw, run_presets
from trajectsim.study.work import Cell

__all__ = ["Done", "Task", "do_task", "enclosed", "over_period", "set_values", "start_worker"]

F64 = npt.NDArray[np.float64]
MOST_KEPT = 16
"""Compiled scenarios, and blocks of draws, that a worker keeps."""


@dataclass(frozen=True)
class Task:
    """One part of a study: where it belongs, whose it is, and which points and draws.

    `study` holds the manifest and scenarios, compressed, for a worker that does not see the folder.
    """

    folder: str
    mark: str
    version: str
    part: Part
    cells: tuple[Cell, ...]
    study: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Done:
    """What became of a task: its part, failed runs and seconds; `files` if the worker could not write them itself,
    `unseen` if it could not do anything."""

    part: str
    cells: int
    failed: int = 0
    seconds: float = 0.0
    files: dict[str, bytes] | None = field(default=None, repr=False)
    unseen: bool = False


@dataclass
class _Known:
    """A study that this process has worked on: its manifest, and what was compiled; the scenarios as plain data
    (`frozen`) where they were sent because the folder is not to be seen from here."""

    manifest: dict[str, Any]
    frozen: dict[str, dict[str, Any]] | None
    folder: Path
    plans: OrderedDict[str, tuple[Plan, Register]] = field(default_factory=OrderedDict)
    rows: OrderedDict[tuple[str, int, int], F64] = field(default_factory=OrderedDict)


_KNOWN: OrderedDict[tuple[str, str], _Known] = OrderedDict()


def start_worker() -> None:
    """Make a process of the local pool a good worker: Ctrl-C is for its parent, and without a parent it ends."""
    import multiprocessing
    import signal
    from multiprocessing.connection import wait

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def enclosed(manifest: dict[str, Any], files: dict[str, bytes]) -> bytes:
    """Return a study's manifest and scenarios, to send with a task."""
    frozen = {Path(path).stem: json.loads(data) for path, data in files.items() if path.startswith("scenarios/")}
    return zlib.compress(json.dumps({"manifest": manifest, "scenarios": frozen}).encode(), 6)


def do_task(task: Task) -> Done:
    """Do one part of a study and write its files.

    A draw that fails becomes rows of `runs` with the stage and the message. What is the matter of this machine (no
    memory, another version, a full disk) is an error.

    Raises:
        UserError: this process has another version of the model, or cannot write.
    """
    began = time.monotonic()
    if task.version != model_version():
        raise UserError.of(
            f"a worker has another version of the model: {task.version} asked, {model_version()} there",
            cure="install the same version of trajectsim on every machine",
        )
    known = _known(task)
    if known is None:
        return Done(task.part.name, task.part.cells, unseen=True)
    tables = _tables(known, task)
    files = encoded(task.part, tables)
    failed = sum(word == "failed" for word in tables["runs"]["status"].to_pylist())
    here = known.frozen is None
    if here:
        write_files(Path(task.folder), files)
    return Done(task.part.name, task.part.cells, failed, time.monotonic() - began, None if here else files)


def _known(task: Task) -> _Known | None:
    """Return the study that a task belongs to, read once; None where its folder is not to be seen from here."""
    key = (task.folder, task.mark)
    if key not in _KNOWN:
        if task.study is not None:
            sent = json.loads(zlib.decompress(task.study))
            known = _Known(sent["manifest"], sent["scenarios"], Path(task.folder))
        else:
            try:
                text = (Path(task.folder) / "manifest.json").read_text(encoding="utf-8")
            except OSError:
                return None
            manifest = json.loads(text)
            if manifest.get("content_hash") != task.mark:
                return None
            known = _Known(manifest, None, Path(task.folder))
        _KNOWN[key] = known
        while len(_KNOWN) > 2:
            _KNOWN.popitem(last=False)
    return _KNOWN[key]


def _compiled(known: _Known, mark: str) -> tuple[Plan, Register]:
    """Return a compiled scenario of the study and its parameters."""
    if mark not in known.plans:
        if known.frozen is not None:
            plain = known.frozen[mark]
        else:
            plain = json.loads((known.folder / "scenarios" / f"{mark}.json").read_text(encoding="utf-8"))
        known.plans[mark] = make_plan(thaw(plain, mark))
        while len(known.plans) > MOST_KEPT:
            known.plans.popitem(last=False)
    known.plans.move_to_end(mark)
    return known.plans[mark]


def _tables(known: _Known, task: Task) -> dict[str, pa.Table]:
    """Return the tables of a part: point by point, draw by draw."""
    about = known.manifest.get("study")
    parts: dict[str, list[pa.Table]] = {}
    for cell in task.cells:
        plan, register = _compiled(known, cell.scenario)
        rows = _rows(known, cell.scenario, register, task.part.draws)
        own: dict[str, list[pa.Table]] = {}
        for draw, row in zip(task.part.draws, rows, strict=True):
            for name, table in _draw(plan, register, cell, draw, row, about).items():
                own.setdefault(name, []).append(table)
        if task.part.draws.start == 0 and (about is None or "lives" in about["keep"]):
            central = set_values(register, register.central, dict(cell.settings))
            lives = run_presets(plan, central)
            if lives is not None:
                own["lives"] = [lives]
        for name, found in own.items():
            whole = pa.concat_tables(found).unify_dictionaries()
            if about is not None:
                whole = _of_point(name, whole, cell, about)
            parts.setdefault(name, []).append(whole)
    return {name: pa.concat_tables(found).unify_dictionaries() for name, found in parts.items()}


def _draw(
    plan: Plan, register: Register, cell: Cell, draw: int, row: F64, about: dict[str, Any] | None
) -> dict[str, pa.Table]:
    """Return the tables of one draw of a point; of one that fails as a whole, its failed runs."""
    if about is None:
        return run_draw(plan, draw, row)
    try:
        if about["others"] == "central":
            row = register.central
        found = run_draw(plan, draw, set_values(register, row, dict(cell.settings)))
    except MemoryError:
        raise
    except Exception as error:
        return {"runs": _failed(plan, draw, f"{type(error).__name__}: {error}")}
    return {name: table for name, table in found.items() if name in about["keep"]}


def _failed(plan: Plan, draw: int, message: str) -> pa.Table:
    replicates = int(plan.scenario.spec.replicates)
    n = replicates * len(plan.arms)
    return pa.table(
        {
            "run": pa.array(draw * n + np.arange(n)),
            "arm": named(np.repeat(np.arange(len(plan.arms)), replicates), plan.arms),
            "draw": pa.array(np.full(n, draw, np.int32)),
            "replicate": pa.array(np.tile(np.arange(replicates, dtype=np.int32), len(plan.arms))),
            "status": pa.array(["failed"] * n),
            "stage": pa.array(["draw"] * n),
            "message": pa.array([message.split("\n", 1)[0]] * n),
        }
    )


def set_values(register: Register, row: F64, settings: dict[str, float]) -> F64:
    """Return a draw with some parameters at other values; the other shares of a group fill what a share leaves.

    Args:
        register: the parameters.
        row: values of a draw, shape [P].
        settings: path of a parameter to its value.
    """
    if not settings:
        return row
    out, index = row.copy(), register.index
    for path, value in settings.items():
        if path in register.parameters:
            out[index[path]] = value
            continue
        group, state = path.rsplit(".", 1)
        others = [index[f"{group}.{name}"] for name in register.dirichlets[group].shares if name != state]
        rest = 1.0 - out[index[path]]
        out[others] = out[others] * (1.0 - value) / rest if rest > 0 else 0.0
        out[index[path]] = value
    return out


def _rows(known: _Known, mark: str, register: Register, draws: range) -> F64:
    """Return the parameters of a block of draws, shape [draws, P], kept for the next point."""
    key = (mark, draws.start, draws.stop)
    if key not in known.rows:
        known.rows[key] = register.draws(np.arange(draws.start, draws.stop))
        while len(known.rows) > MOST_KEPT:
            known.rows.popitem(last=False)
    return known.rows[key]


# --- a study's own columns --------------------------------------------------------------------------------------------


def _of_point(name: str, table: pa.Table, cell: Cell, about: dict[str, Any]) -> pa.Table:
    """Return a table with the number of its point, and added up over the period if the study wants no years."""
    if about["detail"] == "period":
        table = over_period(name, table)
    if name == "runs":
        table = table.append_column("id", pa.array(_run_ids(cell, table)))
    return table.add_column(0, "point", pa.array(np.full(table.num_rows, cell.number, np.int32)))


def over_period(name: str, table: pa.Table) -> pa.Table:
    """Return a table of sums added up over the years and age bands; any other table as it is."""
    if name not in SUMMED:
        return table
    amounts = SUMMED[name]
    keys = [column for column in table.column_names if column not in (*amounts, "year", "band")]
    plain = table.combine_chunks()
    added = plain.group_by(keys, use_threads=False).aggregate([(column, "sum") for column in amounts])
    renamed = [column.removesuffix("_sum") if column not in keys else column for column in added.column_names]
    return added.rename_columns(renamed).select([*keys, *amounts])


def _run_ids(cell: Cell, runs: pa.Table) -> list[str]:
    """Return an id per run, which follows from the point's content, the arm, the draw and the replicate alone."""
    rows = zip(runs["arm"].to_pylist(), runs["draw"].to_pylist(), runs["replicate"].to_pylist(), strict=True)
    return [
        hashlib.blake2b(f"{cell.id}/{arm}/{draw}/{replicate}".encode(), digest_size=8).hexdigest()
        for arm, draw, replicate in rows
    ]
