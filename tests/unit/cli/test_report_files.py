"""The command report on a tiny study: every part of the page, and with --all every table and figure as a file."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import trajectsim
from trajectsim import cli
from trajectsim.report.phrases import words

DATA = Path(__file__).parents[1] / "config" / "data"
Captured = pytest.CaptureFixture[str]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("report") / "tiny"
    trajectsim.run(DATA / "scenario.yaml", out, draws=42, replicates=2, size=4, workers=1)
    return out


@pytest.fixture(scope="module")
def page(folder: Path) -> str:
    """The report, written once for the tests that read it."""
    assert cli.main(["report", str(folder)]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


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


def test_every_number_leads_to_its_source(page: str) -> None:
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    prices = set(re.findall(r'href="#(p-prices[^"]+)"', page))
    sources = set(re.findall(r'href="#(source-[^"]+)"', page))
    assert prices and sources
    assert prices | sources <= ids


def test_a_group_of_four_is_too_small_to_be_shown(page: str) -> None:
    assert 'id="h-groups"' not in page


def test_all_writes_tables_and_figures(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    own = tmp_path / "own"
    shutil.copytree(folder, own)
    assert cli.main(["report", str(own), "--all", "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    for name in ("tables.xlsx", "tables", "figures"):
        assert (own / name).exists() and str(own / name) in printed
    assert {"tornado-1", "agenda", "acceptability", "plane"} & {path.stem for path in (own / "figures").glob("*.svg")}
    assert (own / "tables" / "decision_agenda.csv").is_file()


@pytest.mark.skipif(CHROMIUM is None, reason="no browser here")
def test_a_link_opens_what_is_folded(page: str, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    assert "<details open" not in page
    target = re.search(r'href="#(p-prices[^"]+)"', page)
    assert target is not None
    own = tmp_path / "page.html"
    own.write_text(
        page.replace("</body>", f"<script>location.hash = '{target.group(1)}';</script></body>"), encoding="utf-8"
    )
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom"]
    found = subprocess.run(
        [*command, own.as_uri()], capture_output=True, text=True, timeout=120, check=True, encoding="utf-8"
    )
    opened = re.findall(r'<details open="">.*?</details>', found.stdout, re.S)
    assert len(opened) == 1 and f'id="{target.group(1)}"' in opened[0]
