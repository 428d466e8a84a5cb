"""The command new as a user meets it."""

import re
from pathlib import Path

import pytest

from trajectsim import cli

Captured = pytest.CaptureFixture[str]
GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "own-intervention.md"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("extra", [[], ["--from", "job_coach"]])
def test_new_passes_check(capsys: Captured, here: Path, extra: list[str]) -> None:
    assert cli.main(["new", "intervention", "my_coach", *extra, "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "trajectsim run my_coach_scenario.yaml" in out
    assert sorted(file.name for file in here.iterdir()) == ["my_coach.yaml", "my_coach_scenario.yaml"]
    assert cli.main(["check", "my_coach_scenario.yaml"]) == 0
    assert cli.main(["new", "intervention", "my_coach", *extra]) == 2
    assert "nothing has been overwritten" in capsys.readouterr().err


def test_what_is_written_runs_and_helps(capsys: Captured, here: Path) -> None:
    assert cli.main(["new", "intervention", "my_coach", "--out", "mine.yaml"]) == 0
    assert cli.main(["run", "my_coach_scenario.yaml", "--draws", "1", "--replicates", "1", "--set", "years=1"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and (here / "results" / "my_coach" / "report.html").is_file()
    assert "Met my_coach" in out


def test_a_name_that_means_something_else_leaves_nothing(capsys: Captured, here: Path) -> None:
    assert cli.main(["new", "intervention", "activity"]) == 2
    assert "also a domain of the model" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["interventoin", "x"], "did you mean 'intervention'"),
        (["intervention", "X y"], "did you mean 'x_y'"),
        (["intervention", "my_own", "--from", "no.yaml"], "there is no such file"),
    ],
)
def test_refused(capsys: Captured, argv: list[str], words: str) -> None:
    assert cli.main(["new", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err


def test_the_guide_names_only_what_there_is(capsys: Captured) -> None:
    """Every command of the guide that writes or shows is a command, with options that exist."""
    commands = re.findall(r"^trajectsim (.+)$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 7
    for line in commands:
        if line.startswith(("catalogue", "new")):
            assert cli.main(line.replace('"', "").split()) in (0, 2), line
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and "nothing has been overwritten" in err, "my_coach is written once, refused once"
