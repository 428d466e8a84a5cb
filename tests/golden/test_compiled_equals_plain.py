"""The same counts compiled and as plain Python, in any process; and the same as when they were last looked at.

How to renew them is written in `small_world.py`.
"""

import os
import subprocess
import sys

import pytest

from tests.golden.small_world import FILE, golden_text, presets_text
from tests.helpers import ROOT


@pytest.fixture(scope="module")
def here() -> tuple[str, str]:
    return golden_text(), presets_text()


def elsewhere(**settings: str) -> str:
    """The counts that another process writes, with these environment variables."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8", **settings}
    command = [sys.executable, "-m", "tests.golden.small_world"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_counts_are_what_they_were(here: tuple[str, str]) -> None:
    assert here[0] == FILE.read_text(encoding="utf-8")


def test_everything_in_the_small_world_happens(here: tuple[str, str]) -> None:
    """A golden test of what never occurs would hold nothing."""
    lines = dict(line.rsplit(": ", 1) for line in here[0].split("# small world, arm1")[1].splitlines() if ": " in line)
    for name in ("finds", "enrols", "loses", "leaves", "late", "graduates", "too_old"):
        assert int(lines[f"reason work.{name}"]) > 0
    for name in ("street.joins", "street.quits", "street.arrest", "care.starts", "life.moves_away", "coach.uptake",
                 "coach.dropout", "coach.completed", "coach.aftercare_over", "constraint.no_gang_at_school",
                 "constraint.care_is_for_the_young"):  # fmt: skip
        assert int(lines[f"reason {name}"]) > 0, name
    assert all(int(lines[f"event {name}"]) > 0 for name in ("late", "arrest", "report"))


def test_plain_python_gives_the_same_counts(here: tuple[str, str]) -> None:
    assert elsewhere(NUMBA_DISABLE_JIT="1", PYTHONHASHSEED="1") == here[0] + here[1]


def test_another_process_with_other_hashes_gives_the_same_counts(here: tuple[str, str]) -> None:
    assert elsewhere(PYTHONHASHSEED="4321", NUMBA_DISABLE_JIT="0") == here[0] + here[1]
