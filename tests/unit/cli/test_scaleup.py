"""The commands scale-up, silos and triangle."""

import json
import re
from pathlib import Path

import pytest

from trajectsim import cli

CONFIGS = Path(__file__).parents[3] / "configs"
TOWN = str(CONFIGS / "town.yaml")
QUICK = ["--draws", "2", "--set", "years=1", "--set", "follow=[]", "--workers", "1"]
Captured = pytest.CaptureFixture[str]


def whole_page(path: Path) -> str:
    page = path.read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!#|data:,)', page), "one file, nothing from elsewhere"
    assert "{{" not in page and "None" not in page
    return page


def test_scale_up_as_json(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert cli.main(["scale-up", TOWN, "--places", "5, 20", "--out", str(out), "--json", *QUICK]) == 0
    printed, err = capsys.readouterr()
    assert err == ""
    tree = json.loads(printed, parse_constant=lambda word: pytest.fail(f"{word} is no strict JSON"))
    assert [size["places"] for size in tree["sizes"]] == [5, 20]
    assert all(isinstance(size["wait_months"]["mean"], float) for size in tree["sizes"])
    assert tree["about"]["replicates"] == 1 and tree["about"]["draws"] == 2
    assert json.loads((out / "scale_up.json").read_text(encoding="utf-8")) == tree
    assert {p.suffix for p in (out / "figures").iterdir()} == {".png", ".svg", ".csv"}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_scale_up_in_words(capsys: Captured, tmp_path: Path, lang: str) -> None:
    """A scenario without a world gets the packaged town around it, and is told so."""
    out = tmp_path / "out"
    given = ["scale-up", str(CONFIGS / "nijkerk.yaml"), "--places", "5,20", "--no-why", "--team", "fixed"]
    assert cli.main([*given, "--out", str(out), "--lang", lang, *QUICK]) == 0
    printed = capsys.readouterr().out
    laid = {"nl": "De meegeleverde gemeente ‘town’ is eromheen gelegd", "en": "The packaged town ‘town’ was laid"}[lang]
    stays = {"nl": "Het team blijft zoals het is", "en": "The team stays as it is"}[lang]
    page = whole_page(out / "scale_up.html")
    assert all(text in printed and text in page for text in (laid, stays))
    assert page.count("<svg") == 3 and f'lang="{lang}"' in page
    assert f": {out / 'scale_up.html'}" in printed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--places", "five"], "'five' is not a whole number"),
        (["--places", ","], "Write --places 5,10,20,40"),
        (["--places", "-5"], "is not a whole number"),
        (["--places", "5", "--youths", "x"], "--youths: 'x' is not a whole number"),
        (["--places", "5", "--scale", "0"], "scale"),
        (["--places", "5", "--arm", "usual"], "there is no arm 'usual'"),
        (["--places", "5", "--set", "off=[programme_places]"], "its size changes nothing"),
        ([], "--places"),
        (["--place", "5", "--team", "none"], "none"),
    ],
)
def test_what_is_wrong_is_told_without_a_traceback(
    capsys: Captured, tmp_path: Path, given: list[str], message: str
) -> None:
    assert cli.main(["scale-up", TOWN, *given, "--out", str(tmp_path / "out")]) == 2
    printed, err = capsys.readouterr()
    assert message in err and "Traceback" not in err and printed == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_silos(capsys: Captured, tmp_path: Path, lang: str) -> None:
    out = tmp_path / "out"
    assert cli.main(["silos", TOWN, "--out", str(out), "--lang", lang, *QUICK]) == 0
    printed = capsys.readouterr().out
    assert {"nl": "één ontschot budget", "en": "one pooled budget"}[lang] in printed
    page = whole_page(out / "silos.html")
    assert {"nl": "Wie aan wie zou moeten betalen", "en": "Who would have to pay whom"}[lang] in page
    assert set(json.loads((out / "silos.json").read_text(encoding="utf-8"))["forms"]) == {"pot", "desks", "both"}


def test_no_silos(capsys: Captured, tmp_path: Path) -> None:
    given = ["silos", TOWN, "--set", "off=[decisions, budgets]", "--out", str(tmp_path / "out")]
    assert cli.main(given) == 2
    assert "no silos to take away" in capsys.readouterr().err


def test_triangle_of_a_run(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "out"
    own = ["--set", "interventions.supported_job.duration=12"]
    assert cli.main(["run", TOWN, "--out", str(out), "--replicates", "1", *QUICK, *own]) == 0
    capsys.readouterr()
    assert cli.main(["triangle", str(out), "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert set(tree["arms"]["supported_job"]) == {"legitimacy", "involvement", "return"}
    for lang, title in (("nl", "Legitimiteit: mag het?"), ("en", "Legitimacy: may it be done?")):
        assert cli.main(["triangle", str(out), "--lang", lang]) == 0
        assert title in capsys.readouterr().out
        assert title in whole_page(out / "triangle.html")
    assert cli.main(["verify", str(out)]) == 0  # a page beside the tables does them no harm


def test_triangle_of_nothing(capsys: Captured, tmp_path: Path) -> None:
    assert cli.main(["triangle", str(tmp_path)]) == 2
    assert "holds no results" in capsys.readouterr().err
