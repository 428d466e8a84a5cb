"""Points of studies: the same numbers as the summary has, and indices and boxes from real runs."""

from pathlib import Path

import numpy as np
import pytest

import trajectsim
from trajectsim.analysis.discovery import discover
from trajectsim.analysis.points import outputs_of, points_of
from trajectsim.analysis.sensitivity import sensitivity
from trajectsim.cli import main
from trajectsim.errors import UserError

SCENARIO = Path(__file__).parents[1] / "config" / "data" / "scenario.yaml"


def design(folder: Path, kind: str, factors: str) -> Path:
    file = folder / "study.yaml"
    file.write_text(
        f"name: s\ntitle: {{nl: s, en: s}}\nscenario: {SCENARIO.as_posix()}\n"
        f"draws: 1\nreplicates: 2\nothers: central\ndesign: {kind}\nfactors: {factors}\n",
        encoding="utf-8",
    )
    return file


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> trajectsim.Study:
    return trajectsim.run(SCENARIO, tmp_path_factory.mktemp("points") / "one", draws=24, replicates=2, size=10)


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> trajectsim.Study:
    folder = tmp_path_factory.mktemp("points")
    (name,) = trajectsim.load(SCENARIO).interventions
    factors = f"{{size: [4, 8, 12], interventions.{name}.places: [1, 2, 4, 6, 8, 10, 12]}}"
    return trajectsim.batch(design(folder, "grid", factors), folder / "out", executor="serial")


def test_draws_are_points_and_agree_with_the_summary(one: trajectsim.Study) -> None:
    points = points_of(one, ["society", "municipality"])
    summary = trajectsim.compare(one)
    for k, name in enumerate(("society", "municipality")):
        assert points.means[:, k] == pytest.approx(summary["draws"][name], abs=1e-9)
    outcome = next(iter(summary["outcomes"]))
    mean = points_of(one, [outcome]).means.mean()
    assert mean == pytest.approx(summary["difference"]["outcomes"][outcome]["mean"], abs=1e-9)


def test_a_point_agrees_with_its_own_summary(grid: trajectsim.Study) -> None:
    points = points_of(grid, ["society"])
    assert points.values.shape == (21, 2, 1) and points.complete.all()
    for number in (0, 20):
        summary = trajectsim.compare(grid.point(number))
        assert points.means[number, 0] == pytest.approx(summary["difference"]["cost"]["total"]["mean"])


def test_outputs_have_names_and_what_is_none_is_told(one: trajectsim.Study) -> None:
    assert {"society", "municipality"} <= set(outputs_of(one.manifest))
    with pytest.raises(UserError, match="society"):
        points_of(one, ["socity"])
    with pytest.raises(UserError, match="no arm"):
        points_of(one, arm="nobody")


def test_a_run_that_failed_makes_its_point_incomplete(one: trajectsim.Study, tmp_path: Path) -> None:
    import shutil

    import pyarrow as pa
    import pyarrow.parquet as pq

    shutil.copytree(one.path, tmp_path / "copy")
    (file, *_) = sorted((tmp_path / "copy" / "runs").glob("*.parquet"))
    table = pq.read_table(file)
    status = table["status"].to_pylist()
    status[0] = "failed"
    place = table.column_names.index("status")
    pq.write_table(table.set_column(place, "status", pa.array(status)), file)
    points = points_of(trajectsim.open_study(tmp_path / "copy"))
    assert points.complete.sum() == 23


def test_discovery_of_draws_and_points(one: trajectsim.Study, grid: trajectsim.Study) -> None:
    for study in (one, grid):
        middle = float(np.median(points_of(study).means[:, 0]))
        found = discover(study, above=middle)
        assert 0 < found["failing"] < found["points"] == len(points_of(study).factors)
    with pytest.raises(UserError, match="one of the two"):
        discover(one, above=1.0, below=0.0)


def test_sensitivity_needs_a_design_for_it(one: trajectsim.Study, grid: trajectsim.Study) -> None:
    for study, said in ((one, "one scenario"), (grid, "grid")):
        with pytest.raises(UserError, match=said):
            sensitivity(study)


def test_morris_on_real_runs_and_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (name,) = trajectsim.load(SCENARIO).interventions
    factors = f"{{places: {{path: interventions.{name}.places, low: 0, high: 8}}, size: {{low: 8, high: 8.5}}}}"
    file = design(tmp_path, "{kind: morris, trajectories: 4}", factors)
    study = trajectsim.batch(file, tmp_path / "out", executor="serial")
    found = sensitivity(study, ["society"])
    rows = {row["factor"]: row for row in found["outputs"]["society"]["rows"]}
    assert rows["size"]["mu_star"] == 0.0 < rows["places"]["mu_star"]
    assert main(["--lang", "en", "sensitivity", str(study.path), "--of", "society"]) == 0
    assert "places" in capsys.readouterr().out
    assert (study.path / "sensitivity.svg").read_text(encoding="utf-8").startswith("<svg")
    assert main(["discover", str(study.path)]) == 2
    assert "20" in capsys.readouterr().err


def test_discover_and_sql_from_the_command_line(grid: trajectsim.Study, capsys: pytest.CaptureFixture[str]) -> None:
    middle = float(np.median(points_of(grid).means[:, 0]))
    for lang in ("nl", "en"):
        assert main(["--lang", lang, "discover", str(grid.path), "--above", f"{middle}"]) == 0
    assert "21" in capsys.readouterr().out
    assert main(["sql", str(grid.path), "SELECT count(*) AS n FROM design"]) == 0
    assert "21" in capsys.readouterr().out
    assert main(["discover", str(grid.path), "--above", "nan"]) == 2
    assert "'nan' is not a number" in capsys.readouterr().err
    assert main(["discover", str(grid.path), "--above", "1,5"]) == 2
    assert "1.5" in capsys.readouterr().err
    assert trajectsim.verify(grid.path).whole
