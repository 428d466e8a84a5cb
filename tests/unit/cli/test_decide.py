"""The command decide, on a tiny study."""

import json
from pathlib import Path

import pytest

import trajectsim
from trajectsim import cli
from trajectsim.report.decision import decision_words, lines

DATA = Path(__file__).parents[1] / "config" / "data"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("decide") / "tiny"
    trajectsim.run(DATA / "scenario.yaml", out, draws=42, replicates=2, size=4, workers=1)
    return str(out)


def test_the_answer_comes_first_in_both_languages(folder: str, capsys: Captured) -> None:
    assert cli.main(["decide", folder]) == 0
    dutch = capsys.readouterr().out
    assert cli.main(["decide", folder, "--lang", "en"]) == 0
    english = capsys.readouterr().out
    assert "‘" in dutch.splitlines()[0] and "‘" in english.splitlines()[0]
    assert "Wat uitzoeken het meest waard is" in dutch and "What is most worth finding out" in english
    assert "graad D" in dutch and "grade D" in english


@pytest.mark.parametrize(("first", "total", "known"), [(0.0, 1.0, False), (0.3, 0.8, True), (None, 1.0, False)])
def test_a_share_between_nil_and_one_is_not_told_as_an_answer(
    folder: str, first: float | None, total: float, known: bool
) -> None:
    study = trajectsim.open_study(folder)
    summary = dict(trajectsim.decide(study))
    (arm,) = summary["against"]
    graded = {"assumed": {"first": first, "total": total}}
    summary["against"] = {arm: {**summary["against"][arm], "by_grade": graded}}
    text = "\n".join(line for line, _ in lines(summary, decision_words(study.manifest, "en")))
    assert ("30% to 80%" in text) is known and ("cannot be told with 42 draws" in text) is not known


def test_json_is_what_the_function_gives(folder: str, capsys: Captured) -> None:
    assert cli.main(["decide", folder, "--json", "--perspective", "municipality", "--youths", "50"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == trajectsim.decide(folder, perspective="municipality", youths=50.0)
    assert told["youths"] == 50 and told["agenda"][0]["rank"] == 1


def test_other_switches_beside_it(folder: str, capsys: Captured) -> None:
    given = ["decide", folder, "--beside", folder, "--cost", "1000,10", "--lang", "en"]
    assert cli.main(given) == 0
    out = capsys.readouterr().out
    assert "What each choice loses against the best one" in out and "at most" in out
    assert cli.main([*given, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["robust"]["agreed"] and told["robust"]["choice"] == told["preferred"]
    assert told["evsi"][0]["cost"] == 1000 + 2 * 10 * 10


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--youths", "many"], "--youths: 'many' is not a number"),
        (["--youths", "nan"], "--youths: 'nan' is not a number"),
        (["--cost", "1,inf"], "--cost: 'inf' is not a number"),
        (["--effect", "nothing_like_it"], "the effect 'nothing_like_it'"),
        (["--cost", "5"], "'5' is not two amounts"),
        (["--beside", "nowhere"], "nowhere"),
        (["--threshold", "5"], "a threshold needs an effect"),
    ],
)
def test_mistakes_are_told(folder: str, capsys: Captured, given: list[str], told: str) -> None:
    assert cli.main(["decide", folder, *given]) == 2
    assert told in capsys.readouterr().err
