"""A study ends with the same bytes, however it was run, stopped and taken up again."""

import shutil
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.study.conftest import tree
from trajectsim.analysis.reprice import reprice
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Counting
from trajectsim.errors import UserError
from trajectsim.study import parts, run, runner
from trajectsim.study.run import run_scenario
from trajectsim.study.store import open_study

Change = Callable[..., Scenario]


def press_ctrl_c(done: int, _all: int) -> None:
    """A progress report during which the user stops the study, as soon as anything is done."""
    if done:
        raise KeyboardInterrupt


class OnePart:
    """An executor that finishes the first part and never comes to the others."""

    def __init__(self, _workers: int) -> None:
        self.given = 0

    def submit(self, work: Callable[[int], int], part: int) -> Future[int]:
        future: Future[int] = Future()
        if not self.given:
            future.set_result(work(part))
        self.given += 1
        return future

    def shutdown(self, wait: bool, cancel_futures: bool) -> None:
        assert wait and cancel_futures


def test_workers_play_no_part(with_spec: Change, finished: Path, tmp_path: Path) -> None:
    run_scenario(with_spec(), tmp_path / "study", workers=2)
    assert tree(tmp_path / "study") == tree(finished)
    assert len(tree(finished)) == 2 + 3 * 15 + 1 + 3  # manifest, scenario; parts and their records; lives; aids


def test_a_stopped_study_keeps_what_is_finished_and_ends_with_the_same_bytes(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(run, "ThreadPoolExecutor", OnePart)
        with pytest.raises(KeyboardInterrupt):
            run_scenario(with_spec(), tmp_path, progress=press_ctrl_c)
    study = open_study(tmp_path)
    assert study.parts == ["part-00000"]
    assert study.table("runs")["draw"].tolist() == [0] * 4 + [1] * 4
    seen: list[tuple[int, int]] = []
    run_scenario(with_spec(), tmp_path, workers=1, progress=lambda done, all_: seen.append((done, all_)))
    assert seen[0] == (2, 5) and seen[-1] == (5, 5)
    assert tree(tmp_path) == tree(finished)


@pytest.mark.parametrize(("at", "part"), [(1, 0), (16, 0), (17, 1), (22, 1), (31, 1)])
def test_a_study_killed_while_writing_ends_with_the_same_bytes(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, part: int
) -> None:
    """Everything stops at the n-th file, half of which is written (the first part has 16 files, the others 15)."""
    write, count = parts.write_bytes, 0

    def dying(target: Path, data: bytes) -> None:
        nonlocal count
        count += target.name.startswith("part-")
        if count == at:
            target.with_name(f"{target.name}.elsewhere-1.tmp").write_bytes(b"half a fi")
            raise SystemExit("killed")
        write(target, data)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_bytes", dying)
        with pytest.raises(SystemExit):
            run_scenario(with_spec(), tmp_path, workers=1)
    assert f"part-{part:05d}" not in open_study(tmp_path).parts
    run_scenario(with_spec(), tmp_path)
    assert tree(tmp_path) == tree(finished)


def test_nothing_is_done_twice(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, tmp_path / "study")

    def refuse(*_: Any) -> None:
        raise AssertionError("a finished draw is lived again")

    monkeypatch.setattr(run, "run_draw", refuse)
    run_scenario(with_spec(), tmp_path / "study")
    assert tree(tmp_path / "study") == tree(finished)


def test_more_draws_later_keep_the_old_ones(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four draws first, then five: the two whole parts stay as they are, and the end is the same."""
    run_scenario(with_spec(draws=4), tmp_path)
    made: list[int] = []
    real = run.run_draw
    monkeypatch.setattr(run, "run_draw", lambda plan, draw, row: (made.append(draw), real(plan, draw, row))[1])
    run_scenario(with_spec(), tmp_path)
    assert made == [4]
    assert tree(tmp_path) == tree(finished)


def test_a_part_that_gets_more_draws_is_made_again(with_spec: Change, finished: Path, tmp_path: Path) -> None:
    for draws in (1, 3, 5):
        run_scenario(with_spec(draws=draws), tmp_path)
        assert sorted(set(open_study(tmp_path).table("runs")["draw"])) == list(range(draws))
    assert tree(tmp_path) == tree(finished)


def test_fewer_draws_or_other_replicates_are_refused_and_change_nothing(with_spec: Change, tmp_path: Path) -> None:
    run_scenario(with_spec(draws=4, replicates=1), tmp_path)
    before = tree(tmp_path)
    for spec in ({"draws": 2, "replicates": 1}, {"draws": 4, "replicates": 3}):
        with pytest.raises(UserError, match="would take their place"):
            run_scenario(with_spec(**spec), tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("spec", "said"), [({"seed": 8}, "seed"), ({"years": 2.0}, "years 1.5 there, 2.0 here"), ({"size": 11}, "size")]
)
def test_results_of_another_scenario_are_refused_and_left_alone(
    with_spec: Change, finished: Path, tmp_path: Path, spec: dict[str, Any], said: str
) -> None:
    shutil.copytree(finished, tmp_path / "study")
    with pytest.raises(UserError) as caught:
        run_scenario(with_spec(**spec), tmp_path / "study")
    sentence = caught.value.mistakes[0].sentence()
    assert said in sentence and "Choose another folder with --out; nothing has been overwritten." in sentence
    assert tree(tmp_path / "study") == tree(finished)


def test_results_of_another_model_version_are_refused(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, tmp_path / "study")
    monkeypatch.setattr(run, "model_version", lambda: "99.0")
    with pytest.raises(UserError, match="another model version"):
        run_scenario(with_spec(), tmp_path / "study")
    assert tree(tmp_path / "study") == tree(finished)


def test_a_failing_replicate_is_a_row_and_counts_nowhere(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runner._live

    def stumbling(plan: Any, values: Any, columns: Any, draw: int, replicate: int, watched: int) -> Any:
        if (draw, replicate) == (3, 1):
            raise RuntimeError("a stumble")
        return real(plan, values, columns, draw, replicate, watched)

    monkeypatch.setattr(runner, "_live", stumbling)
    study = run_scenario(with_spec(), tmp_path)
    runs = study.table("runs")
    failed = runs[runs["status"] == "failed"]
    assert sorted(zip(failed["arm"], failed["draw"], failed["replicate"], strict=True)) == [
        ("arm0", 3, 1),
        ("arm1", 3, 1),
    ]
    assert set(failed["stage"]) == {"simulation"}
    assert set(failed["message"]) == {failed["message"].iloc[0]}
    assert failed["message"].iloc[0].startswith("RuntimeError: a stumble (test_run.py:")
    assert "/" not in failed["message"].iloc[0] and "\\" not in failed["message"].iloc[0]
    whole = open_study(finished)
    for name in ("occupancy", "costs", "events", "measures", "joint", "entries", "moves", "hours"):
        here, there = study.table(name), whole.table(name)
        lost = (there["draw"] == 3) & (there["replicate"] == 1)
        assert lost.any() and not ((here["draw"] == 3) & (here["replicate"] == 1)).any()
        columns = [c for c in here.columns if here[c].dtype != "category"]
        assert here[columns].reset_index(drop=True).equals(there[~lost][columns].reset_index(drop=True))


def test_a_draw_without_people_fails_as_a_whole_and_the_study_goes_on(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runner.make_cohorts

    def stumbling(*args: Any, draw_number: int, **keys: Any) -> Any:
        if draw_number == 3:
            raise ValueError("nobody there")
        return real(*args, draw_number=draw_number, **keys)

    monkeypatch.setattr(runner, "make_cohorts", stumbling)
    study = run_scenario(with_spec(), tmp_path)
    runs = study.table("runs")
    failed = runs[runs["status"] == "failed"]
    assert failed["draw"].tolist() == [3] * 4 and set(failed["stage"]) == {"population"}
    assert runs["run"].tolist() == list(range(20))
    whole = open_study(finished).table("costs")
    assert study.table("costs")["cents"].tolist() == whole[whole["draw"] != 3]["cents"].tolist()


def test_a_selection_nobody_meets_fails_with_its_reason(tmp_path: Path, with_spec: Change) -> None:
    scenario = with_spec(draws=1, replicates=1)
    run_in = scenario.population.run_in
    assert run_in is not None
    select = run_in.select.model_validate({"age": {"from": 60}})
    spoilt = scenario.population.model_copy(
        update={"run_in": run_in.model_copy(update={"select": select, "most": 2}), "presets": {}}
    )
    with pytest.raises(UserError, match="meet the selection rule"):
        run_scenario(
            type(scenario)(
                scenario.spec, scenario.model, scenario.interventions, spoilt, scenario.prices, scenario.path
            ),
            tmp_path,
        )


def test_results_that_cannot_be_written_are_the_users_matter(with_spec: Change, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    for out in (tmp_path / "taken", tmp_path / "taken" / "study"):
        with pytest.raises(UserError, match="results cannot be written to"):
            run_scenario(with_spec(), out)
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "a file"


def test_a_full_disk_is_told_and_finished_draws_are_kept(
    with_spec: Change, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, count = parts.write_bytes, 0

    def full(target: Path, data: bytes) -> None:
        nonlocal count
        count += target.name.startswith("part-")
        if count > 20:
            raise OSError(28, "No space left on device")
        write(target, data)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_bytes", full)
        with pytest.raises(UserError) as caught:
            run_scenario(with_spec(), tmp_path, workers=1)
    assert "No space left on device" in caught.value.mistakes[0].sentence()
    assert open_study(tmp_path).parts == ["part-00000"]
    run_scenario(with_spec(), tmp_path)
    assert tree(tmp_path) == tree(finished)


# --- what the tables say ----------------------------------------------------------------------------------------------


def test_tables_hold_every_run_and_agree_with_each_other(finished: Path) -> None:
    study = open_study(finished)
    runs = study.table("runs")
    assert runs["run"].tolist() == list(range(20)) and set(runs["status"]) == {"done"}
    occupancy = study.table("occupancy")
    months = occupancy.groupby(["arm", "draw", "replicate", "domain"], observed=True)["n"].sum()
    assert (months == 10 * 18).all() and len(months) == 2 * 5 * 2 * 3
    monthly = study.table("months")
    assert (monthly.groupby(["arm", "draw", "month", "domain"], observed=True)["n"].sum() == 20).all()
    youth = study.table("youth_years")
    one = (
        (occupancy["draw"] == 2)
        & (occupancy["replicate"] == 0)
        & (occupancy["arm"] == "arm1")
        & (occupancy["state"] == "job")
    )
    kept = (youth["draw"] == 2) & (youth["arm"] == "arm1") & (youth["state"] == "job")
    assert youth[kept]["months"].sum() == occupancy[one & (occupancy["domain"] == "work")]["n"].sum()
    caps = study.table("caps")
    assert (caps["evaluated"] >= caps["capped"]).all()
    people = study.table("youths")
    assert set(people["replicate"]) == {0} and set(people["youth"]) == set(youth["youth"])
    ages = people[people["trait"] == "age"].groupby("youth")["value"]
    assert (ages.nunique() == 1).all() and ages.mean().between(12, 30).all()  # the same people in every draw


def test_costs_are_counts_times_drawn_prices(finished: Path) -> None:
    study = open_study(finished)
    costs, occupancy, values = study.table("costs"), study.table("occupancy"), study.table("parameters")
    price = values[values["path"] == "prices.lines.benefit.price"].set_index("draw")["value"]
    assert price.nunique() == 5
    at_home = occupancy[(occupancy["domain"] == "work") & (occupancy["state"] == "none")]
    keys = ["arm", "draw", "replicate", "year"]
    months = at_home.groupby(keys, observed=True)["n"].sum()
    cents = costs[costs["line"] == "benefit"].groupby(keys, observed=True)["cents"].sum()
    expected = [round(n * price[key[1]] * 100) for key, n in months.items()]
    assert np.abs(np.array(expected) - cents.reindex(months.index).to_numpy()).max() <= 1
    assert set(costs[costs["line"] == "coach"]["arm"].unique()) == {"arm1"}


def test_lives_hold_the_presets_and_the_first_cohort_in_both_worlds(finished: Path) -> None:
    lives = open_study(finished).table("lives")
    assert set(lives["preset"]) == {"kim", ""} and set(lives["arm"]) == {"arm0", "arm1"}
    kim = lives[(lives["preset"] == "kim") & (lives["replicate"] == 0) & (lives["domain"] == "work")]
    for arm in ("arm0", "arm1"):
        stays = kim[kim["arm"] == arm].sort_values("from_month")
        assert stays["state"].iloc[0] == "job" and stays["to_month"].iloc[-1] == 18
        assert stays["from_month"].tolist()[1:] == stays["to_month"].tolist()[:-1]
    assert set(lives[lives["preset"] == ""]["youth"]) == set(range(10))
    assert set(lives["draw"]) == {-1}


@pytest.mark.parametrize("convention", ["half-cycle", "end"])
def test_a_last_snapshot_that_counts_is_priced_and_priced_again(
    convention: str, with_spec: Change, tmp_path: Path
) -> None:
    """Two whole years and the moment after them: a third year of one snapshot, in the store and in a re-pricing."""
    scenario = with_spec(years=2.0, draws=2)
    counting = scenario.model.model_copy(update={"counting": Counting.model_validate({"convention": convention})})
    study = run_scenario(replace(scenario, model=counting), tmp_path)
    costs, again = study.table("costs"), reprice(study)
    weight = 0.5 if convention == "half-cycle" else 1.0
    occupancy = study.table("occupancy")
    assert occupancy[occupancy["year"] == 2]["n"].sum() == weight * 10 * 2 * 2 * 2 * 3
    assert set(costs["year"]) == {0, 1, 2}
    keys = ["arm", "draw", "replicate", "year", "line"]
    for column in ("cents", "discounted"):
        first = costs.astype({"arm": str, "line": str}).groupby(keys)[column].sum()
        assert first.to_dict() == again.groupby(keys)[column].sum().to_dict()
