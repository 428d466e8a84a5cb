"""The commands as a user meets them: what they print, where, and their exit codes."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trajectsim import cli
from trajectsim.cli import check as check_command
from trajectsim.cli import run as run_command
from trajectsim.cli.program import build_parser
from trajectsim.cli.progress import kind_stop
from trajectsim.cli.say import phrases

DATA = Path(__file__).parents[1] / "config" / "data"
SCENARIO = str(DATA / "scenario.yaml")

Captured = pytest.CaptureFixture[str]


def refused(capsys: Captured, *argv: str) -> str:
    """Run a command that must be refused; return what stands on stderr."""
    assert cli.main(list(argv)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    return err


def test_help_and_version(capsys: Captured) -> None:
    assert cli.main([]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in build_parser()[1].names)
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("trajectsim ")


def test_every_command_has_help(capsys: Captured) -> None:
    _, commands = build_parser()
    text = ""
    for command in ([], *([name] for name in commands.names)):
        with pytest.raises(SystemExit) as stopped:
            cli.main([*command, "--help"])
        assert not stopped.value.code
        text += capsys.readouterr().out
    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text)) == set(commands.options)


def test_module_runs_as_a_program() -> None:
    done = subprocess.run([sys.executable, "-m", "trajectsim", "check", "no.yaml"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "no.yaml: there is no such file. Check the path.\n"


def test_misspelt_command_and_option(capsys: Captured) -> None:
    assert "did you mean 'check'?" in refused(capsys, "chek", SCENARIO)
    assert "did you mean '--draws'?" in refused(capsys, "run", SCENARIO, "--drws", "3")
    assert "nl" in refused(capsys, "check", SCENARIO, "--lang", "fr")


def test_language_may_stand_before_the_command(capsys: Captured) -> None:
    assert cli.main(["--lang", "en", "check", SCENARIO]) == 0
    assert "Fine: " in capsys.readouterr().out


@pytest.mark.parametrize(("lang", "words"), [("nl", "In orde: "), ("en", "Fine: ")])
def test_check_counts(capsys: Captured, lang: str, words: str) -> None:
    assert cli.main(["check", SCENARIO, "--lang", lang]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.rstrip().endswith(words + SCENARIO)
    numbers = [int(number) for number in re.findall(r"│ +(\d+) │", out)]
    assert numbers == [2, 4, 4, 1, 1, 1, 1, 2, 3, 50, 1, 24, 4, 3, 25, 0, 0, 0, 25]


@pytest.mark.parametrize(("lang", "off", "on", "tight"), [("nl", "UIT", "aan", "ruim"), ("en", "OFF", "on", "ample")])
def test_check_shows_the_world(capsys: Captured, tmp_path: Path, lang: str, off: str, on: str, tight: str) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(DATA, folder)
    config = folder / "scenario.yaml"
    config.write_text(config.read_text(encoding="utf-8") + "world: world.yaml\noff: [homes]\n", encoding="utf-8")
    assert cli.main(["check", str(config), "--lang", lang]) == 0
    short = capsys.readouterr().out
    assert "homes" in short and "employers" not in short
    assert cli.main(["check", str(config), "--mechanisms", "--lang", lang]) == 0
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in capsys.readouterr().out.splitlines()]
    switches = {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}
    assert switches["homes"] == ({"nl": "gezinnen", "en": "households"}[lang], off)
    assert switches["employers"][1] == switches["selection"][1] == on
    assert ["banen" if lang == "nl" else "jobs", "20", "10", tight] in rows


def test_check_tells_all_mistakes(capsys: Captured, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(DATA, folder)
    for name, old, new in (("prices.yaml", "care.with", "care.wth"), ("job.yaml", "work.find_work", "work.find_wrk")):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    err = refused(capsys, "check", str(folder / "scenario.yaml"))
    lines = err.splitlines()
    assert lines[0].startswith(f"{folder / 'job.yaml'}:9: effects.0.exit: there is no exit 'work.find_wrk'")
    assert lines[1].startswith(f"{folder / 'prices.yaml'}:10: lines.care_month.state: there is no state 'care.wth'")
    assert lines[2] == "2 fouten gevonden."


def test_check_without_a_scenario(capsys: Captured) -> None:
    assert "no scenario is named" in refused(capsys, "check")


def test_schema(capsys: Captured) -> None:
    assert cli.main(["check", "--schema", "scenario"]) == 0
    assert "years" in json.loads(capsys.readouterr().out)["properties"]
    assert "did you mean 'prices'" in refused(capsys, "check", "--schema", "price")


def test_set(capsys: Captured) -> None:
    assert cli.main(["check", SCENARIO, "--set", "size=7", "--set", "years = 1"]) == 0
    assert "│  7 │" in capsys.readouterr().out
    assert "did you mean 'size'?" in refused(capsys, "check", SCENARIO, "--set", "sise=7")
    assert "write" in refused(capsys, "check", SCENARIO, "--set", "size").lower()


def test_number_options_are_checked_as_the_file_is(capsys: Captured) -> None:
    assert "draws: the number 0 is out of range" in refused(capsys, "run", SCENARIO, "--draws", "0")
    assert "a whole number is needed" in refused(capsys, "run", SCENARIO, "--seed", "x")
    assert "at least 1" in refused(capsys, "run", SCENARIO, "--workers", "0")


def test_run_writes_results_report_and_answer(capsys: Captured, tmp_path: Path) -> None:
    out = tmp_path / "results"
    given = ["run", SCENARIO, "--out", str(out), "--draws", "2", "--seed", "3", "--workers", "1", "--lang", "en"]
    assert cli.main(given) == 0
    printed, err = capsys.readouterr()
    assert err == ""
    assert f"Written: {out / 'report.html'}" in printed
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (manifest["seed"], manifest["draws"]) == (3, 2)
    assert manifest["provenance"]["seed"] == "command line"
    assert summary["difference"]["cost"]["total"]["mean"] is not None

    before = (out / "summary.json").read_bytes()
    assert cli.main(["report", str(out), "--lang", "nl"]) == 0
    assert (out / "summary.json").read_bytes() == before
    assert cli.main(["youth", str(out), "kim"]) == 0
    assert "Geschreven: " in capsys.readouterr().out
    assert "no youth is named; allowed: kim" in refused(capsys, "youth", str(out))
    assert f"'{out}' is one word too many" in refused(capsys, "report", str(out), str(out))

    other = refused(capsys, "run", SCENARIO, "--out", str(out), "--draws", "2", "--seed", "4")
    assert other and (out / "summary.json").read_bytes() == before


@pytest.mark.parametrize("off", ["[]", "[homes]", "all"])
def test_run_in_a_world_tells_of_it(capsys: Captured, tmp_path: Path, off: str) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(DATA, folder)
    config, out = folder / "scenario.yaml", tmp_path / "results"
    config.write_text(config.read_text(encoding="utf-8") + "world: world.yaml\n", encoding="utf-8")
    every = "employers, decisions, budgets, business_cycle, friends, homes, bullying, mocking, programme_places, " \
            "selection, teams"  # fmt: skip
    given = ["run", str(config), "--out", str(out), "--set", f"off={f'[{every}]' if off == 'all' else off}"]
    assert cli.main([*given, "--draws", "2", "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "The world around" in printed or off == "[]"
    assert 'id="world"' in page
    if off == "all":
        assert summary["world"].keys() == {"mechanisms_off"} and "young people share nothing" in printed
        return
    assert summary["world"]["mechanisms_off"] == (["homes"] if off == "[homes]" else [])
    jobs = summary["world"]["provisions"]["jobs"]["arms"]["usual_care"]
    assert jobs["open"] == 20 and jobs["asked"]["mean"] >= jobs["granted"]["mean"] > 0
    assert set(summary["world"]["budgets"]) == {"youth", "pooled"}
    assert "households" in printed or off == "[]"


def test_output_that_cannot_be_written(capsys: Captured, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine", encoding="utf-8")
    err = refused(capsys, "run", SCENARIO, "--out", str(taken), "--draws", "1", "--replicates", "1")
    assert "cannot be written" in err and str(taken) in err
    assert taken.read_text(encoding="utf-8") == "mine"


def test_results_that_are_not_there(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "nijkerk").mkdir()
    (tmp_path / "nijkerk" / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "other").mkdir()
    assert "did you mean 'nijkerk'?" in refused(capsys, "report", str(tmp_path / "nijkerck"))
    assert "holds no results" in refused(capsys, "youth", str(tmp_path / "other"), "bram")


def test_evidence_of_one_number(capsys: Captured) -> None:
    assert cli.main(["evidence", "model.parameters.finding", "--config", SCENARIO, "--lang", "en"]) == 0
    out = capsys.readouterr().out
    for text in (
        "0.05",
        "per month",
        "0.02 to 0.09 (beta)",
        "D: assumption",
        "model.yaml:17",
        "model.work.find_work.base",
    ):
        assert text in out


def test_evidence_of_a_reference_gives_what_it_refers_to(capsys: Captured) -> None:
    assert cli.main(["evidence", "model.work.find_work.base", "--config", SCENARIO]) == 0
    assert "model.parameters.finding" in capsys.readouterr().out


def test_evidence_below_a_path(capsys: Captured) -> None:
    assert cli.main(["evidence", "prices.lines", "--config", SCENARIO]) == 0
    out = capsys.readouterr().out
    assert "prices.lines.offence.price" in out and "prices.discounting" not in out


def test_evidence_of_everything_packaged(capsys: Captured) -> None:
    assert cli.main(["evidence", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "grade D: assumption" in out
    assert "interventions.supported_job.duration" in out


def test_evidence_of_an_unknown_path(capsys: Captured) -> None:
    assert "did you mean 'model.work'?" in refused(capsys, "evidence", "model.wrok", "--config", SCENARIO)
    assert "name one with --config" in refused(capsys, "evidence", "--set", "a=1").lower()


def test_our_own_mistake_is_one_line(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(args: object) -> None:
        raise ValueError("no such thing\nsecond line")

    monkeypatch.setattr(check_command, "_check", broken)
    assert cli.main(["check", SCENARIO]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == "Dit is onze fout, niet de uwe: ValueError: no such thing"
    assert "Traceback" not in err and "--debug" in err
    assert cli.main(["check", SCENARIO, "--debug", "--lang", "en"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Traceback") and "This is our mistake" in err


def test_control_c(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check_command, "_check", stopped)
    assert cli.main(["check", SCENARIO, "--lang", "en"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"
    with pytest.raises(KeyboardInterrupt), kind_stop("en"):
        signal.raise_signal(signal.SIGINT)
    assert "Stopping, as soon as" in capsys.readouterr().err
    monkeypatch.setattr(run_command, "_run", stopped)
    assert cli.main(["run", SCENARIO, "--lang", "en"]) == 130
    assert "What was finished has been kept" in capsys.readouterr().err


def test_every_phrase_of_the_terminal_is_there_in_both_languages() -> None:
    for key, phrase in phrases().items():
        assert set(phrase) == {"nl", "en"}, key
        assert re.findall(r"\{\w+\}", phrase["nl"]) == re.findall(r"\{\w+\}", phrase["en"]), key
