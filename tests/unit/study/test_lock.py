"""One process at a time on a study; the lock of a dead process is no lock."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trajectsim.errors import UserError
from trajectsim.study.lock import LOCK, locked

HOLD = """
import sys, time
from pathlib import Path
from trajectsim.study.lock import locked
with locked(Path(sys.argv[1]), sys.argv[2] or None):
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path, shard: str = "") -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder), shard], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_two_processes_and_a_dead_one(tmp_path: Path) -> None:
    process = holder(tmp_path)
    for shard in (None, "1-of-2"):
        with pytest.raises(UserError, match=f"another process is busy with .*process {process.pid} on "), \
                locked(tmp_path, shard):  # fmt: skip
            pass
    kill(process)
    with locked(tmp_path):  # a dead owner holds nothing
        assert (tmp_path / LOCK).is_file()
        (tmp_path / "result").write_text("", encoding="utf-8")
    assert [file.name for file in tmp_path.iterdir()] == ["result"]


def test_shards_work_side_by_side_but_not_twice(tmp_path: Path) -> None:
    process = holder(tmp_path, "1-of-2")
    with locked(tmp_path, "2-of-2"):
        with pytest.raises(UserError, match=f"process {process.pid}"), locked(tmp_path, "1-of-2"):
            pass
        with pytest.raises(UserError, match="shards of it are being run"), locked(tmp_path):
            pass
    kill(process)
    with locked(tmp_path), pytest.raises(UserError, match="another process is busy"), locked(tmp_path):
        pass


def test_no_empty_folder_is_left(tmp_path: Path) -> None:
    with locked(tmp_path / "a" / "b"):
        pass
    assert not (tmp_path / "a" / "b").exists()


def test_a_file_in_the_way_and_a_closed_folder(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="results cannot be written to"), locked(tmp_path / "taken"):
        pass


def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trajectsim.study import lock

    def no_locks(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock, "_take", no_locks)
    with pytest.raises(UserError, match="cannot lock files"), locked(tmp_path):
        pass
