"""The commands about money: value and prices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from trajectsim import cli
from trajectsim.config.load import load_prices

DATA = Path(__file__).parents[1] / "config" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("money") / "tiny"
    given = ["run", str(DATA / "scenario.yaml"), "--draws", "3", "--replicates", "2", "--out", str(out)]
    assert cli.main(given) == 0
    return str(out)


def test_value_as_a_table_in_both_languages(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    for lang, society in (("nl", "Samenleving als geheel"), ("en", "Society as a whole")):
        capsys.readouterr()
        assert cli.main(["value", folder, "--lang", lang]) == 0
        out = capsys.readouterr().out
        assert society in out and "valued." not in out


def test_value_as_json_under_another_rate_and_horizon(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert cli.main(["value", folder, "--rate", "0", "--horizon", "1", "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["about"]["rates"] == {"all": 0.0} and tree["about"]["horizon_years"] == 1


def test_own_prices_from_a_spreadsheet_change_the_answer(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = str(tmp_path / "mine.csv")
    assert cli.main(["prices", str(DATA / "prices.yaml"), "--out", book]) == 0
    assert load_prices(book) == load_prices(str(DATA / "prices.yaml"))
    answers = []
    text = Path(book).read_text(encoding="utf-8-sig")
    for factor in ("", "0"):  # a nought more
        rows = [row.replace(",65.0,", f",65{factor}.0,") for row in text.splitlines()]
        rows = [row.replace(",900.0,", f",900{factor}.0,") if row.startswith("line,") else row for row in rows]
        Path(book).write_text("\n".join(rows), encoding="utf-8")
        capsys.readouterr()
        assert cli.main(["value", folder, "--prices", book, "--json"]) == 0
        tree = json.loads(capsys.readouterr().out)
        answers.append({x["line"]: x["price"] for arm in tree["arms"].values() for x in arm["lines"]})
    changed = {line for line in answers[0] if answers[0][line] != answers[1][line]}
    assert changed and all(answers[1][line] == pytest.approx(10 * answers[0][line]) for line in changed)


def test_a_book_is_shown_with_payers_and_grades(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["prices", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "mainstream school" in out and "Education" in out and "EUR/month" in out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--rate", "3"], "discount rate"),
        (["--horizon", "99"], "horizon"),
        (["--prices", "nl_2042"], "nl_2024"),
    ],
)
def test_mistakes_are_told(folder: str, argv: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert cli.main(["value", folder, *argv]) == 2
    out, err = capsys.readouterr()
    assert says in err and not out and "Traceback" not in err
