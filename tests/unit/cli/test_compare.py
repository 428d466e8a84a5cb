"""The command compare: says how two scenarios differ, runs both and lays them side by side."""

import json
import re
import shutil
from pathlib import Path

import pytest

from trajectsim import cli
from trajectsim.cli.compare import PAGE, TREE

DATA = Path(__file__).parents[1] / "config" / "data"
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def both(tmp_path: Path) -> tuple[str, str]:
    """A scenario, and one with half the places and half the hours."""
    shutil.copytree(DATA, tmp_path / "tiny")
    a, b = tmp_path / "tiny" / "scenario.yaml", tmp_path / "tiny" / "fewer.yaml"
    changed = "set: {interventions.job_coach.places: 10, interventions.job_coach.hours.0.per_month: 4}\ndraws: 9\n"
    b.write_text(a.read_text(encoding="utf-8").replace("draws: 4\n", changed), encoding="utf-8")
    return str(a), str(b)


@pytest.fixture
def no_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the reports of A and of B, which `test_compare` looks at."""
    monkeypatch.setattr("trajectsim.report.report.write_report", lambda *_: None)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_compare(capsys: Captured, both: tuple[str, str], tmp_path: Path, lang: str) -> None:
    out = tmp_path / "out"
    assert cli.main(["compare", *both, "--out", str(out), "--lang", lang, "--workers", "1"]) == 0
    printed, err = capsys.readouterr()
    assert err == ""
    more = {"nl": "10 plekken minder (10 in plaats van 20)", "en": "10 fewer places in B (10 instead of 20)"}[lang]
    half = {"nl": "de helft van de uren van de rol ‘coach’", "en": "half the hours of the role ‘coach’"}[lang]
    assert more in printed and half in printed and f": {out / PAGE}" in printed
    assert (out / "a" / "report.html").is_file() and (out / "b" / "summary.json").is_file()
    tree = json.loads((out / TREE).read_text(encoding="utf-8"))
    assert (tree["draws_used"], tree["replicates"], tree["seed"], tree["same_youths"]) == (4, 3, 7, 1.0)
    assert len(tree["differences"]) == 2 and any(more in text for text in tree["differences"])
    summary = json.loads((out / "b" / "summary.json").read_text(encoding="utf-8"))
    pair = tree["pairs"][1]
    told = summary["difference"]["cost"]["total"]["mean"]  # added up in another order: the last digit may differ
    assert pair["against_null"]["society"]["b"]["mean"] == pytest.approx(told, rel=1e-12)
    assert pair["against_null"]["programme"]["difference"]["mean"] < 0
    assert tree["pairs"][0]["cost"]["society"]["difference"]["mean"] == 0

    page = (out / PAGE).read_text(encoding="utf-8")
    assert f'<html lang="{lang}">' in page and more in page and half in page
    assert not re.findall(r'(?:src|href)="(?!#|data:,)', page), "one file, nothing from elsewhere"
    assert page.count("<svg") == 2 and "{{" not in page
    euros = page.split("<svg")[-1]
    assert "€" in euros


@pytest.mark.usefixtures("no_reports")
def test_the_same_twice_is_nil(capsys: Captured, both: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli.main(["compare", both[0], both[0], "--out", str(out), "--draws", "2", "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert "The two calculations are the same." in printed and "cost and save exactly the same" in printed
    tree = json.loads((out / TREE).read_text(encoding="utf-8"))
    assert all(item["difference"]["sd"] == 0 for pair in tree["pairs"] for item in pair["cost"].values())


@pytest.mark.usefixtures("no_reports")
def test_default_folder_is_named_after_both(
    capsys: Captured, both: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", *both, "--draws", "1", "--replicates", "1"]) == 0
    assert (tmp_path / "results" / "compare_scenario_fewer" / PAGE).is_file()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("no_reports")
def test_what_cannot_be_compared(capsys: Captured, both: tuple[str, str], tmp_path: Path) -> None:
    text = Path(both[1]).read_text(encoding="utf-8")
    Path(both[1]).write_text(text.replace("years: 2", "years: 3"), encoding="utf-8")
    assert cli.main(["compare", *both, "--out", str(tmp_path / "out")]) == 2
    err = capsys.readouterr().err
    assert "A looks 2 years ahead and B 3" in err and "--set years=2" in err
    assert not (tmp_path / "out").exists()
    assert cli.main(["compare", *both, "--out", str(tmp_path / "out"), "--set", "years=2", "--draws", "1"]) == 0
    assert cli.main(["compare", both[0], "no.yaml"]) == 2
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.usefixtures("no_reports")
def test_other_numbers_of_youths_are_told(capsys: Captured, both: tuple[str, str], tmp_path: Path) -> None:
    text = Path(both[1]).read_text(encoding="utf-8")
    Path(both[1]).write_text(text.replace("size: 50", "size: 30"), encoding="utf-8")
    assert cli.main(["compare", *both, "--out", str(tmp_path / "out"), "--draws", "2", "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    assert "A has 50 youths, B has 30. Amounts are per youth." in printed
    assert "Without the approach too A and B differ" in printed


def test_mistakes_of_both_are_told_first(capsys: Captured, both: tuple[str, str], tmp_path: Path) -> None:
    job = Path(both[0]).parent / "job.yaml"
    job.write_text(job.read_text(encoding="utf-8").replace("work.find_work", "work.find_wrk"), encoding="utf-8")
    assert cli.main(["compare", *both, "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("there is no exit 'work.find_wrk'") == 1
    assert not (tmp_path / "out").exists()
