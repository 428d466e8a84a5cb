"""The command catalogue as a user meets it."""

import json

import pytest

from trajectsim import cli
from trajectsim.config.catalogue import entries, not_interventions

Captured = pytest.CaptureFixture[str]


def told(capsys: Captured, *argv: str) -> str:
    assert cli.main(["catalogue", *argv]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_list_of_all(capsys: Captured) -> None:
    out = told(capsys, "--json")
    assert [item["name"] for item in json.loads(out)] == [item.name for item in entries()]
    out = told(capsys, "--lang", "en", "--family", "governance")
    names = [item.name for item in entries() if item.family == "governance"]
    assert all(name[:12] in out for name in names) and f"{len(names)} interventions" in out
    assert "supported_job" not in out
    assert told(capsys, "--family", "sturing en geld", "--json") == told(capsys, "--family", "governance", "--json")


def test_search_in_either_language_tells_what_is_no_intervention(capsys: Captured) -> None:
    assert "hand_esf" in told(capsys, "--search", "geldbron")
    assert "hand_esf" in told(capsys, "--search", "social fund", "--lang", "en")
    assert "Niets gevonden bij ‘zeppelin’." in told(capsys, "--search", "zeppelin")
    assert json.loads(told(capsys, "--search", "zeppelin", "--json")) == []


@pytest.mark.parametrize(("lang", "words"), [("nl", "Lekker aan de slag"), ("en", "A supported job")])
def test_one_explained(capsys: Captured, lang: str, words: str) -> None:
    out = told(capsys, "supported_job", "--lang", lang)
    assert words in out and "effects.0.adds" in out and "hour_of_guidance" in out
    whole = json.loads(told(capsys, "supported_job", "--json"))
    assert whole[lang]["title"] == words and len(whole["numbers"]) > 40
    assert "numbers" not in whole[lang]


def test_what_is_no_intervention_explained(capsys: Captured) -> None:
    name, row = next(iter(not_interventions().items()))
    assert row.reason.en.split()[0] in told(capsys, name, "--lang", "en")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["supported_jop"], "did you mean 'supported_job'"),
        (["--family", "governence"], "did you mean 'governance'"),
        (["supported_job", "--search", "x"], "give either a name or a search"),
    ],
)
def test_refused(capsys: Captured, argv: list[str], words: str) -> None:
    assert cli.main(["catalogue", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err.lower()
