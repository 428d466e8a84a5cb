"""The command report on a tiny study: every part of the page, and with --all every table and figure as a file."""

import re
from pathlib import Path

import pytest

import trajectsim
from trajectsim import cli
from trajectsim.report.phrases import words

DATA = Path(__file__).parents[1] / "config" / "data"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "tiny"
    trajectsim.run(DATA / "scenario.yaml", out, draws=42, replicates=2, size=4, workers=1)
    return out


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_without_all_there_are_two_pages_and_no_other_files(folder: Path, capsys: Captured, lang: str) -> None:
    assert cli.main(["report", str(folder), "--lang", lang]) == 0
    printed = capsys.readouterr().out
    assert str(folder / "report.html") in printed and str(folder / "council.html") in printed
    assert not (folder / "tables.xlsx").exists() and not (folder / "figures").exists()
    page, say = (folder / "report.html").read_text(encoding="utf-8"), words(lang)
    for part in ("mkba", "own", "decision", "sure", "limits"):
        assert f'<h2 id="h-{part}">{say("section." + part)}</h2>' in page
    assert say("enough.title") in page and say("chosen.agenda") in page


def test_every_number_leads_to_its_source(folder: Path) -> None:
    assert cli.main(["report", str(folder)]) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    prices = set(re.findall(r'href="#(p-prices[^"]+)"', page))
    sources = set(re.findall(r'href="#(source-[^"]+)"', page))
    assert prices and sources
    assert prices | sources <= ids


def test_a_group_of_four_is_too_small_to_be_shown(folder: Path) -> None:
    assert cli.main(["report", str(folder)]) == 0
    assert 'id="h-groups"' not in (folder / "report.html").read_text(encoding="utf-8")


def test_all_writes_tables_and_figures(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    from shutil import copytree

    own = tmp_path / "own"
    copytree(folder, own)
    assert cli.main(["report", str(own), "--all", "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    for name in ("tables.xlsx", "tables", "figures"):
        assert (own / name).exists() and str(own / name) in printed
    assert {"tornado-1", "agenda", "acceptability", "plane"} & {path.stem for path in (own / "figures").glob("*.svg")}
    assert (own / "tables" / "decision_agenda.csv").is_file()
