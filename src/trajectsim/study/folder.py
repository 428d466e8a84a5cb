"""A folder taken up: made ready for new results or gone on with, and refused where it holds something else."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectsim.errors import UserError
from trajectsim.study.layout import Part, layout_of
from trajectsim.study.parts import AIDS, RECORDS, TABLES, finished_parts, record_of, write_bytes, write_json
from trajectsim.study.store import open_study

__all__ = ["clear_leftovers", "leave_nothing", "prepare_folder"]

_LEAVE_OUT = {"draws", "replicates", "created", "files"}
"""What may differ between two runs into one folder, or follows from the rest."""
_PROBE = ".write-test-"


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
        probe = folder / f"{_PROBE}{platform.node()}-{os.getpid()}"
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
    clear_leftovers(folder)
    keep = [part.name for part in layout_of(manifest).parts() if _is_whole(folder, part)]
    for name in set(finished) - set(keep):
        for table in reversed(TABLES):
            (folder / table / f"{name}.parquet").unlink(missing_ok=True)
        (folder / RECORDS / f"{name}.json").unlink(missing_ok=True)
    _write_beside(folder, manifest, files)
    return keep


def clear_leftovers(folder: Path) -> None:
    """Remove what processes that were killed while writing left; nobody else may be working in the folder."""
    for left in folder.rglob("*.tmp"):
        left.unlink(missing_ok=True)


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
        ours = name in files or file.suffix == ".tmp" or name.startswith((".lock", _PROBE))  # of another shard, too
        if file.is_file() and not ours:
            return name.split("/")[0]
    return None


def _write_beside(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    try:
        for path, data in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.is_file() or target.read_bytes() != data:
                write_bytes(target, data)
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
