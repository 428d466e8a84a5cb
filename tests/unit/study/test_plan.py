"""What a study will ask: counts to the last run, sizes that come near, an error that is the formula's."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tests.unit.study.studies import SCENARIO, write_study
from trajectsim.study import plan
from trajectsim.study.batch import run_batch
from trajectsim.study.plan import predict
from trajectsim.study.work import Work, prepare


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return prepare(write_study(tmp_path_factory.mktemp("plan")))


def test_counts_are_exact_and_sizes_come_near(work: Work, tmp_path: Path) -> None:
    found = predict(work, workers=2)
    study = run_batch(work, tmp_path, executor="serial").study
    runs = study.table("runs")
    assert found.runs == len(runs) == 192
    assert (found.points, found.draws, found.replicates, found.arms) == (12, 4, 2, 2)
    assert found.parts == len(study.parts)
    files = [file for file in tmp_path.rglob("*") if file.is_file() and "part-" in file.name]
    assert found.files == len(files)
    months = sum(12 * years for years in study.design["years"]) * 10 * 4 * 2 * 2
    assert found.youth_months == pytest.approx(months)
    written = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) / 1e6
    assert found.megabytes == pytest.approx(written, rel=0.3)
    assert found.core_seconds > 0 and found.seconds > found.core_seconds / 2
    assert found.memory_megabytes > plan.WORKER_MB


def test_a_scenario_is_predicted_too() -> None:
    found = predict(prepare(SCENARIO, {"draws": "30"}))
    assert (found.points, found.runs, found.parts) == (1, 30 * 3 * 2, math.ceil(30 / 2))
    assert [error.arm for error in found.errors] == ["helped"] and found.errors[0].standard_error > 0


def test_more_workers_take_less_time_but_never_more_than_there_are_parts(work: Work) -> None:
    one, two, many = (predict(work, workers=k) for k in (1, 2, 1000))
    assert one.workers == 1 and many.memory_megabytes == pytest.approx(12 / 2 * two.memory_megabytes)


def test_a_large_scenario_is_tried_with_fewer_youths(monkeypatch: pytest.MonkeyPatch) -> None:
    work = prepare(SCENARIO, {"draws": "4", "size": "5000"})
    monkeypatch.setattr(plan, "PILOT_YOUTH_MONTHS", 5000 * 24 * 3 * 2 // 50)
    found = predict(work)
    assert found.trial_size == 100
    small = predict(prepare(SCENARIO, {"draws": "4", "size": "100"}))
    assert found.youth_months == 50 * small.youth_months
    assert found.errors[0].standard_error < small.errors[0].standard_error  # luck weighs less among more youths


def test_the_error_is_that_of_the_variances() -> None:
    """Two arms, three draws of two replicates, ten youths: euros worked out by hand."""
    cents = np.array([[[1000, 3000], [2000, 4000], [9000, 11000]], [[0, 0], [0, 0], [0, 0]]])

    def table(draw: int) -> dict[str, pa.Table]:
        rows = [(a, r, cents[1 - a, draw, r]) for a in (0, 1) for r in (0, 1)]
        arms, replicates, values = zip(*rows, strict=True)
        return {"costs": pa.table({"arm": ["ab"[a] for a in arms], "replicate": replicates, "discounted": values})}

    manifest = {"arms": ["a", "b"], "replicates": 2, "size": 10}
    (error,) = plan._errors([table(k) for k in range(3)], manifest, draws=12, size=10)
    within = 2.0  # each pair differs by 2 euros per youth: variance 2
    between = np.var([2.0, 3.0, 10.0], ddof=1) - within / 2
    assert error.spread == pytest.approx(math.sqrt(between))
    assert error.standard_error == pytest.approx(math.sqrt(between / 12 + within / 24))
    assert plan._errors([table(0)], manifest, 12, 10) == ()
    assert plan._errors([{}, {}], manifest, 12, 10) == ()
