"""From a study file to what there is to do: every point once, ids of the content, mistakes where they stand."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.unit.study.studies import SCENARIO, write_study
from trajectsim.errors import UserError
from trajectsim.study.work import Work, prepare

PLACES = "interventions.job_coach.places"


def refused(folder: Path, **changes: str) -> str:
    with pytest.raises(UserError) as caught:
        prepare(write_study(folder, **changes))
    return str(caught.value)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return prepare(write_study(tmp_path_factory.mktemp("work")))


def test_every_point_once_with_what_it_fixes(work: Work) -> None:
    assert len(work.cells) == 12 and work.runs == 12 * 4 * 2 * 2
    assert len({cell.id for cell in work.cells}) == 12
    settings = [dict(cell.settings) for cell in work.cells]
    assert [s["model.parameters.finding"] for s in settings] == [v for v in (0.03, 0.06, 0.09) for _ in range(4)]
    assert [s[PLACES] for s in settings[:4]] == [2.0, 2.0, 10.0, 10.0]
    scenarios = {cell.scenario for cell in work.cells}
    assert len(scenarios) == 2 and {f"scenarios/{mark}.json" for mark in scenarios} <= set(work.files)


def test_the_design_is_a_table(work: Work, tmp_path: Path) -> None:
    (tmp_path / "d.parquet").write_bytes(work.files["design.parquet"])
    design = pq.read_table(tmp_path / "d.parquet")
    assert design.column_names == ["point", "id", "scenario", "finding", PLACES, "years"]
    assert design["years"].to_pylist()[:2] == [1.0, 1.5] and design["point"].to_pylist() == list(range(12))
    factors = work.manifest["study"]["factors"]
    assert factors["finding"]["path"] == "model.parameters.finding" and factors["finding"]["central"] == 0.05
    assert not factors["years"]["parameter"]


def test_ids_follow_from_the_content_alone(work: Work, tmp_path: Path) -> None:
    other = tmp_path / "study.yaml"
    text = write_study(tmp_path).read_text(encoding="utf-8")
    text = text.replace("finding: {path", "another_name: {path").replace("[0.03, 0.06, 0.09]", "[0.09, 0.03]")
    other.write_text(text.replace("name: tiny_study", "name: b"), encoding="utf-8")
    made = prepare(other, {"draws": "9"})
    assert {cell.id for cell in made.cells} == {c.id for c in work.cells if dict(c.settings)["model.parameters.finding"]
                                                != 0.06}  # fmt: skip
    assert made.manifest["content_hash"] != work.manifest["content_hash"]
    moved = prepare(other, {"seed": "8"})
    assert not {cell.id for cell in moved.cells} & {cell.id for cell in made.cells}


def test_draws_titles_and_files_elsewhere_are_not_content(work: Work, tmp_path: Path) -> None:
    again = prepare(write_study(tmp_path, draws="50", title="{nl: Anders, en: Other}"))
    assert again.manifest["content_hash"] == work.manifest["content_hash"]
    kept = {name: data for name, data in work.files.items() if not name.startswith("manifests/")}
    assert kept.items() <= again.files.items()


def test_a_scenario_is_work_too() -> None:
    work = prepare(SCENARIO, {"draws": "3"})
    assert len(work.cells) == 1 and work.runs == 3 * 3 * 2 and not work.layout.grouped
    assert "study" not in work.manifest


def test_arms_are_chosen_by_name(tmp_path: Path) -> None:
    work = prepare(write_study(tmp_path, arms="[helped]"))
    assert work.manifest["arms"] == ["helped"]
    assert "did you mean 'helped'" in refused(tmp_path, arms="[helpd]")
    assert "stands there twice" in refused(tmp_path, arms="[helped, helped]")


def grid(path: str, values: str) -> str:
    return f"{{f: {{path: {path}, values: {values}}}}}"


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        (grid("model.parameters.fnding", "[0.1]"), r"study.yaml:4: factors.f: there is no such key or parameter; "
         r"did you mean 'model.parameters.finding'"),
        (grid("sise", "[10]"), r"study.yaml:4: .*did you mean 'size'"),
        (grid("draws", "[10]"), r"study.yaml:4: .*'draws' cannot be a factor"),
        (grid("seed", "[1, 2]"), r"'seed' cannot be a factor"),
        (grid("size", "[10, 0]"), r"study.yaml:4: factors.f: at 0: the number 0 is out of range"),
        (grid("years", "[1, x]"), r"at \"x\": .*the text 'x'"),
        (grid("model.parameters.finding", "[0.1, 4]"), r"at 4: .*"),
        (grid("model.parameters.finding", "[a]"), r"is no number"),
        ("{f: {path: size, own: true, levels: 3}}", "has no distribution"),
        ("{f: {path: interventions.job_coach.places, own: true, levels: 3}}", "is fixed"),
        ("{id: {path: size, values: [1]}}", "is a column of the design itself"),
    ],
)
def test_factors_that_cannot_be(tmp_path: Path, factors: str, said: str) -> None:
    text = write_study(tmp_path).read_text(encoding="utf-8")
    head = text[: text.index("factors:")]
    file = tmp_path / "study.yaml"
    lines = [line for line in head.splitlines() if not line.startswith("settings:")]
    file.write_text("\n".join([*lines[:3], f"factors: {factors}", *lines[3:]]) + "\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        prepare(file)
    assert re.search(said, str(caught.value)), str(caught.value)


def test_other_names_that_are_none(tmp_path: Path) -> None:
    assert "there is no table 'costz'; allowed" in refused(tmp_path, keep="[costz]")
    assert "study.yaml:4: keep.0" in refused(tmp_path, keep="[costz]")
    assert "there is no scenario 'scenaro.yaml'" in refused(tmp_path, scenario="scenaro.yaml")
    assert "study.yaml:4: settings.sise: there is no such key" in refused(tmp_path, settings="{sise: 4}")
    assert "study.yaml:4: settings.size" in refused(tmp_path, settings="{size: -4}")


def test_a_study_that_was_begun_keeps_its_parts(tmp_path: Path) -> None:
    file = write_study(tmp_path)
    text = "\n".join(line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("part:"))
    file.write_text(text, encoding="utf-8")
    few = prepare(file).manifest
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text(json.dumps(few), encoding="utf-8")
    many: dict[str, Any] = prepare(file, {"draws": "5000"}, out).manifest
    assert many["parts"] == few["parts"]
    assert prepare(file, {"draws": "5000"}).manifest["parts"] != few["parts"]
