"""Commands about studies, as a user meets them."""

import json
import re
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tests.unit.study.studies import SCENARIO, tree, write_study
from trajectsim import cli
from trajectsim.cli.studies import duration
from trajectsim.config.study import load_study
from trajectsim.study.work import prepare

Captured = pytest.CaptureFixture[str]
SERIAL = ("--executor", "serial", "--lang", "en")


def refused(capsys: Captured, *argv: str) -> str:
    assert cli.main(list(argv)) == 2
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    return err


@pytest.mark.parametrize(("lang", "words"), [("nl", "doorrekeningen in totaal"), ("en", "runs in all")])
def test_plan_counts_and_says_what_it_rests_on(capsys: Captured, tmp_path: Path, lang: str, words: str) -> None:
    assert cli.main(["plan", str(write_study(tmp_path)), "--lang", lang, "--workers", "2"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and re.search(rf"{words} +│ +192 │", out)
    assert ("Counts are exact" if lang == "en" else "Aantallen zijn geteld") in out and "±" in out
    assert cli.main(["plan", str(SCENARIO), "--draws", "30", "--lang", lang]) == 0
    assert re.search(rf"{words} +│ +180 │", capsys.readouterr().out)


def test_batch_resume_and_verify(capsys: Captured, tmp_path: Path) -> None:
    study, out = str(write_study(tmp_path)), tmp_path / "out"
    assert cli.main(["batch", study, "--out", str(out), "--shard", "2/3", *SERIAL]) == 0
    printed, err = capsys.readouterr()
    assert err == "" and f"To go on: trajectsim resume {out}" in printed and "16 draws of points done" in printed
    assert cli.main(["verify", str(out), "--lang", "en"]) == 2
    printed, err = capsys.readouterr()
    assert "4 of 12 parts, 64 runs (0 failed)" in printed and "Not finished yet" in err
    assert cli.main(["resume", str(out), *SERIAL]) == 0
    assert f"Written: {out}" in capsys.readouterr().out
    assert cli.main(["verify", str(out), "--lang", "en"]) == 0
    assert capsys.readouterr().out.endswith(f"Fine: {out}\n")
    before = tree(out)
    assert cli.main(["batch", study, "--out", str(out), *SERIAL]) == 0
    assert "0 draws of points done, 48 were there" in capsys.readouterr().out and tree(out) == before
    (out / "costs" / "part-00000-00000.parquet").write_bytes(b"?")
    assert cli.main(["verify", str(out)]) == 2
    assert f"{out / 'costs' / 'part-00000-00000.parquet'}: is not what was written" in capsys.readouterr().err


def test_batch_of_a_scenario_ends_with_its_report(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["batch", str(SCENARIO), "--draws", "2", *SERIAL]) == 0
    assert "report.html" in capsys.readouterr().out
    assert json.loads((tmp_path / "results" / "tiny" / "summary.json").read_text(encoding="utf-8"))


def test_mistakes(capsys: Captured, tmp_path: Path) -> None:
    study = write_study(tmp_path)
    assert "there is no executor 'cluster'" in refused(capsys, "batch", str(study), "--executor", "cluster")
    assert "names no shard" in refused(capsys, "batch", str(study), "--shard", "9/3")
    assert "at least 1" in refused(capsys, "plan", str(study), "--workers", "0")
    assert "there is no such folder" in refused(capsys, "resume", str(tmp_path / "nowhere"))
    assert "there is no such folder" in refused(capsys, "verify", str(tmp_path / "nowhere"))
    text = study.read_text(encoding="utf-8").replace("job_coach.places", "job_coach.plces")
    study.write_text(text, encoding="utf-8")
    line = next(k for k, row in enumerate(text.splitlines(), 1) if "plces" in row)
    err = refused(capsys, "plan", str(study))
    assert f"study.yaml:{line}: factors.interventions.job_coach.plces" in err
    assert "did you mean 'interventions.job_coach.places'" in err


def test_ctrl_c_says_how_to_go_on(capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trajectsim.study import batch

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    study = str(write_study(tmp_path))
    assert cli.main(["batch", study, "--out", str(out), "--shard", "1/12", *SERIAL]) == 0
    capsys.readouterr()
    monkeypatch.setattr(batch._Batch, "run", stop)
    assert cli.main(["resume", str(out), *SERIAL]) == 130
    err = capsys.readouterr().err
    assert f"To go on: trajectsim resume {out}" in err and "What was finished has been kept" in err


def test_durations() -> None:
    assert [duration(s, "en") for s in (0.2, 80, 600, 9000)] == ["1 s", "80 s", "10 minutes", "2.5 hours"]
    assert duration(9000, "nl") == "2,5 uur"


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("study_*.yaml")), ids=lambda f: f.stem)
def test_every_study_that_ships_can_be_run(file: Path) -> None:
    work = prepare(file)
    assert work.name == file.stem.removeprefix("study_")
    assert len(work.cells) == work.layout.points > 1
    assert list(work.manifest["study"]["factors"]) == list(load_study(file).spec.factors)


def test_every_kind_of_design_ships() -> None:
    kinds = {load_study(file).spec.design.kind for file in (ROOT / "configs").glob("study_*.yaml")}
    assert kinds == {"grid", "lhs", "sobol", "morris", "table"}
