"""One process at a time on one study: a lock that the system itself opens again when its owner dies.

A whole study is locked alone; shards share it, each with a lock of its own besides. Clocks play no part.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from trajectsim.errors import UserError

__all__ = ["LOCK", "locked"]

LOCK = ".lock"
_TAKEN = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


@contextlib.contextmanager
def locked(folder: Path, shard: str | None = None) -> Iterator[None]:
    """Make a study's folder if need be, and hold its lock or that of one shard of it; no empty folder is left behind.

    Raises:
        UserError: another process is busy here, with its host and number; or the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _closed(folder, error) from error
    with contextlib.ExitStack() as held:
        held.callback(_remove_empty, folder)
        held.enter_context(_held(folder / LOCK, shared=shard is not None))
        if shard is not None:
            held.enter_context(_held(folder / f"{LOCK}-{shard}", shared=False))
        yield


@contextlib.contextmanager
def _held(file: Path, shared: bool) -> Iterator[None]:
    handle = _opened(file, shared)
    with handle:
        if not shared:
            _sign(file)
        try:
            yield
        finally:
            if not shared:
                with contextlib.suppress(OSError):
                    _signature(file).unlink()
                    file.unlink()


def _opened(file: Path, shared: bool) -> IO[str]:
    """Return the locked file; one that its last owner removed while it was being opened is opened again."""
    while True:
        try:
            handle = file.open("a+", encoding="utf-8")
        except OSError as error:
            raise _closed(file.parent, error) from error
        try:
            _take(handle, shared)
            if os.path.samestat(os.fstat(handle.fileno()), file.stat()):
                return handle
        except FileNotFoundError:
            pass
        except OSError as error:
            handle.close()
            if error.errno not in _TAKEN:
                raise UserError.of(
                    f"the file system of '{file.parent}' cannot lock files ({error.strerror})", key="--out",
                    cure="choose a folder on another file system, or have this one mounted with locks",
                ) from error  # fmt: skip
            raise UserError.of(
                f"another process is busy with '{file.parent}'{_who(file)}", key="--out",
                cure="wait until it is done, stop it, or choose another folder",
            ) from None  # fmt: skip
        handle.close()


def _closed(folder: Path, error: OSError) -> UserError:
    what = f"results cannot be written to '{folder}': {error.strerror}"
    return UserError.of(what, key="--out", cure="choose a folder that you may write to")


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # not empty
        folder.rmdir()


def _signature(file: Path) -> Path:
    return file.with_name(file.name + ".owner")


def _sign(file: Path) -> None:
    """Write who holds the lock, in a file of its own: a locked file cannot be read everywhere."""
    with contextlib.suppress(OSError):
        _signature(file).write_text(json.dumps({"host": platform.node(), "process": os.getpid()}), encoding="utf-8")


def _who(file: Path) -> str:
    with contextlib.suppress(OSError, ValueError, KeyError):
        owner = json.loads(_signature(file).read_text(encoding="utf-8"))
        return f": process {owner['process']} on {owner['host']}"
    return " (shards of it are being run)"


def _take(handle: IO[Any], shared: bool) -> None:
    """Lock an open file or raise OSError at once; the system frees it when the file is closed or its owner dies."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        windows: Any = msvcrt
        if not shared:
            handle.seek(0)
            windows.locking(handle.fileno(), windows.LK_NBLCK, 1)
        return
    fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
