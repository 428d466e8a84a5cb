"""One task: parameters at a point's values, the same luck at every point, failures as rows, nothing half."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.study.studies import SCENARIO, rows, write_study
from trajectsim.config.scenario import load_scenario
from trajectsim.errors import UserError
from trajectsim.study import worker
from trajectsim.study.batch import run_batch
from trajectsim.study.run import make_plan
from trajectsim.study.runner import run_draw
from trajectsim.study.store import Study
from trajectsim.study.work import Work, prepare
from trajectsim.study.worker import Task, do_task, enclosed, over_period, set_values

FINDING = "model.parameters.finding"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return prepare(write_study(tmp_path_factory.mktemp("worker")))


@pytest.fixture(scope="module")
def studied(work: Work, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return run_batch(work, tmp_path_factory.mktemp("studied") / "out", executor="serial").study


def task(work: Work, folder: Path, number: int = 0, **changes: Any) -> Task:
    part = work.layout.parts()[number]
    cells = work.cells[part.points.start : part.points.stop]
    made = Task(str(folder), work.manifest["content_hash"], work.manifest["model_version"], part, cells)
    return replace(made, **changes)


def test_a_value_in_a_draw_is_the_value_set_in_the_scenario() -> None:
    """What stands in a draw's row is what the engine reads: as if the scenario had been given the number."""
    scenario = load_scenario(SCENARIO)
    plan, register = make_plan(scenario)
    row = register.draws(np.array([3]))[0]
    for path in [p for p in register.paths if p in register.parameters]:
        value = register.parameters[path].value * 0.9
        fixed, own = make_plan(load_scenario(SCENARIO, {path: repr(value)}))
        there = run_draw(fixed, 3, own.draws(np.array([3]))[0])
        here = run_draw(plan, 3, set_values(register, row, {path: value}))
        assert all(here[name].equals(there[name]) for name in there), path


def test_other_shares_fill_what_one_leaves() -> None:
    plan, register = make_plan(load_scenario(SCENARIO))
    group, item = next(iter(register.dirichlets.items()))
    first, *others = item.shares
    row = register.draws(np.array([1]))[0]
    new = set_values(register, row, {f"{group}.{first}": 0.25})
    index = register.index
    at = [index[f"{group}.{name}"] for name in item.shares]
    assert new[at[0]] == 0.25 and new[at].sum() == pytest.approx(1)
    assert np.array_equal(np.delete(new, at), np.delete(row, at))
    if len(others) > 1:
        assert new[at[1]] / new[at[2]] == pytest.approx(row[at[1]] / row[at[2]])
    assert plan.size == 50


def test_a_worker_that_sees_no_folder_sends_its_files(work: Work, studied: Study, tmp_path: Path) -> None:
    away = do_task(task(work, tmp_path / "elsewhere"))
    assert away.unseen and away.files is None
    sent = do_task(task(work, tmp_path / "elsewhere", study=enclosed(work.manifest, work.files)))
    assert sent.files is not None and list(sent.files)[-1] == "runs/part-00000-00000.parquet"
    assert not (tmp_path / "elsewhere").exists()
    for name, data in sent.files.items():
        assert (studied.path / name).read_bytes() == data


def test_the_folder_of_another_study_is_not_written_to(work: Work, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"content_hash": "other"}', encoding="utf-8")
    assert do_task(task(work, tmp_path)).unseen
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def test_another_version_of_the_model_is_refused(work: Work, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"another version of the model: 0\.0 asked"):
        do_task(task(work, tmp_path, version="0.0"))


def test_a_draw_that_fails_becomes_rows(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = worker.run_draw

    def stumbling(plan: Any, draw: int, row: Any) -> dict[str, pa.Table]:
        if draw == 1 and row[list(plan.program.resolver.index).index(FINDING)] == 0.06:
            raise ValueError("no\nsuch number")
        return real(plan, draw, row)

    monkeypatch.setattr(worker, "run_draw", stumbling)
    outcome = run_batch(work, tmp_path, executor="serial")
    assert outcome.failed == 4 * 2 * 2 and outcome.finished
    runs = outcome.study.table("runs")
    failed = runs[runs["status"] == "failed"]
    assert set(rows(failed, "point", "draw", "stage", "message")) == {
        (point, 1, "draw", "ValueError: no") for point in (4, 5, 6, 7)
    }
    assert len(runs) == work.runs and runs["id"].nunique() == work.runs
    costs = outcome.study.table("costs")
    assert set(costs[costs["point"] == 4]["draw"]) == {0, 2, 3}

    def empty(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(worker, "run_draw", empty)
    with pytest.raises(MemoryError):  # of this machine, not of the run
        do_task(task(work, tmp_path))


def test_points_share_their_luck(studied: Study) -> None:
    """What a factor does not touch is the same at every point: the arm without the programme, whatever its places."""
    for name in ("costs", "occupancy", "moves"):
        table = studied.table(name)
        usual = table[table["arm"] == "usual_care"].drop(columns="point")
        one, other = (usual[table.loc[usual.index, "point"] == k].reset_index(drop=True) for k in (0, 2))
        assert one.equals(other) and len(one)
        third = usual[table.loc[usual.index, "point"] == 4].reset_index(drop=True)
        assert not third.equals(one)  # another chance of finding work


def test_a_point_reads_as_a_study_of_its_own(studied: Study, tmp_path: Path) -> None:
    """Point by point the tables and the sums are those of the scenario run by itself at the point's values."""
    point = studied.point(7)
    given = {FINDING: "0.06", "interventions.job_coach.places": "10", "years": "1.5", "size": "10", "draws": "4"}
    alone = run_batch(prepare(SCENARIO, {**given, "replicates": "2"}), tmp_path / "alone", executor="serial").study
    for name in ("costs", "occupancy", "events", "measures", "runs"):
        here = point.table(name).drop(columns="id", errors="ignore")
        assert here.astype(str).reset_index(drop=True).equals(alone.table(name).astype(str)), name
    by = ["arm", "draw"]
    assert point.sums("costs", by, ["cents"]).equals(alone.sums("costs", by, ["cents"]))
    assert point.manifest["parameters"][FINDING]["value"] == 0.06
    assert point.manifest["years"] == 1.5 and point.manifest["draws"] == 4
    assert studied.point(str(studied.design["id"][7])).number == 7
    with pytest.raises(UserError, match="allowed: 0 to 11"):
        studied.point(12)
    with pytest.raises(UserError, match="there is no point 'x'"):
        studied.point("x")
    with pytest.raises(UserError, match="one scenario and no design"):
        _ = alone.design


def test_tables_that_are_kept_and_sums_over_the_period(studied: Study, tmp_path: Path) -> None:
    short = run_batch(prepare(write_study(tmp_path, keep="[costs, occupancy]", detail="period")), tmp_path / "short",
                      executor="serial").study  # fmt: skip
    assert {f.name for f in (tmp_path / "short").iterdir() if f.is_dir()} == {
        "costs", "occupancy", "runs", "parts", "scenarios", "manifests"
    }  # fmt: skip
    keys = ["point", "arm", "draw", "replicate", "payer"]
    assert short.sums("costs", keys, ["discounted"]).equals(studied.sums("costs", keys, ["discounted"]))
    assert "year" not in short.table("costs") and "band" not in short.table("occupancy")


def test_others_may_stay_at_their_central_values(tmp_path: Path) -> None:
    study = run_batch(prepare(write_study(tmp_path, others="central")), tmp_path / "out", executor="serial").study
    values = study.table("parameters")
    spread = values.groupby(["point", "path"], observed=True)["value"].nunique()
    assert (spread == 1).all()
    finding = values[values["path"] == FINDING].groupby("point")["value"].first()
    assert finding.tolist() == [v for v in (0.03, 0.06, 0.09) for _ in range(4)]


def test_sums_leave_other_tables_alone() -> None:
    table = pa.table({"arm": ["a", "a", "b"], "year": [0, 1, 0], "cents": [1, 2, 4], "discounted": [1, 1, 1]})
    assert over_period("costs", table).to_pydict() == {"arm": ["a", "b"], "cents": [3, 4], "discounted": [2, 1]}
    assert over_period("teams", table) is table
