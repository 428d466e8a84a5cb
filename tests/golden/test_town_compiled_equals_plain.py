"""A town's counts, compiled and as plain Python, in any process; and as when they were last looked at.

How to renew them is written in `small_town.py`.
"""

import os
import subprocess
import sys

import pytest

from tests.golden.small_town import FILE, golden_text
from tests.helpers import ROOT


@pytest.fixture(scope="module")
def here() -> str:
    return golden_text()


def elsewhere(**settings: str) -> str:
    """The counts that another process writes, with these environment variables."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8", **settings}
    command = [sys.executable, "-W", "ignore::RuntimeWarning", "-m", "tests.golden.small_town"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_counts_are_what_they_were(here: str) -> None:
    assert here == FILE.read_text(encoding="utf-8")


def test_everything_in_the_small_town_happens(here: str) -> None:
    """A golden test of what never occurs would hold nothing."""
    arm = here.split("# small town, arm1")[1]
    lines = dict(line.split(": ", 1) for line in arm.splitlines() if ": " in line and ": asked" not in line)
    for event in ("place_asked", "place_taken", "place_refused", "place_passed_on", "queue_left", "coach_left"):
        assert int(lines[f"event {event}"]) > 0, event
    answers = {
        pool: dict(zip(words[::2], map(int, words[1::2]), strict=True))
        for pool, _, rest in (line.partition(": ") for line in arm.splitlines() if ": asked" in line)
        for words in [rest.split()]
    }
    happened = {
        "jobs": ["granted", "taken", "left", "cancelled"],
        "seats": ["granted", "taken", "cancelled", "no_money"],
        "care": ["granted", "refused", "passed_on", "cancelled", "no_money"],
        "coach": ["granted", "taken", "cancelled", "not_selected"],
    }
    assert all(answers[pool][name] > 0 for pool, names in happened.items() for name in names), answers


def test_plain_python_gives_the_same_counts(here: str) -> None:
    assert elsewhere(NUMBA_DISABLE_JIT="1", PYTHONHASHSEED="1") == here


def test_another_process_with_other_hashes_gives_the_same_counts(here: str) -> None:
    assert elsewhere(PYTHONHASHSEED="4321", NUMBA_DISABLE_JIT="0") == here
