"""A study ends with the same bytes on any executor, with any number of workers, killed and taken up again."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from tests.unit.study.conftest import Tree
from tests.unit.study.studies import SCENARIO, tree, write_study
from trajectsim.config.scenario import load_scenario
from trajectsim.errors import UserError
from trajectsim.study import batch, executors, folder, parts
from trajectsim.study.batch import resume, run_batch
from trajectsim.study.executors import Pool, Serial, open_pool
from trajectsim.study.layout import Shard, parse_shard
from trajectsim.study.run import run_scenario
from trajectsim.study.store import open_study
from trajectsim.study.verify import verify
from trajectsim.study.work import Work, prepare, reopen
from trajectsim.study.worker import Done, do_task

posix = pytest.mark.skipif(os.name != "posix", reason="kill -9")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return prepare(write_study(tmp_path_factory.mktemp("batch")))


@pytest.fixture(scope="module")
def whole(work: Work, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """An uninterrupted study in one process, file by file."""
    out = tmp_path_factory.mktemp("whole") / "study"
    outcome = run_batch(work, out, executor="serial")
    assert outcome.finished and outcome.done == 48 and not outcome.failed and not outcome.lost
    return tree(out)


# --- workers ----------------------------------------------------------------------------------------------------------


def test_four_processes_give_the_same_bytes(work: Work, whole: Tree, tmp_path: Path) -> None:
    """Two do too: `test_a_local_worker_that_is_killed_costs_nothing`."""
    seen: list[tuple[int, int]] = []
    run_batch(work, tmp_path, workers=4, progress=lambda done, all_: seen.append((done, all_)))
    assert tree(tmp_path) == whole
    assert seen[0] == (0, 48) and seen[-1] == (48, 48) and seen == sorted(seen)


def test_a_dask_cluster_of_processes_one_of_which_is_killed(work: Work, whole: Tree, tmp_path: Path) -> None:
    """Two worker processes; one is killed in the middle, and Dask gives its tasks to another."""
    pytest.importorskip("distributed")
    killed: list[int] = []

    def kill_one(done: int, _all: int) -> None:
        if done and not killed:
            pids = list(pools[0].client.run(os.getpid).values())
            assert len(set(pids)) == 2 and os.getpid() not in pids
            killed.append(pids[0])
            os.kill(pids[0], signal.SIGTERM)

    pools: list[Any] = []
    with open_pool("dask", 2) as pool:
        pools.append(pool)
        assert pool.workers() == 2 and pool.alive()
        manifest = folder.prepare_folder(tmp_path, work.manifest, work.files)
        batch._Batch(work, tmp_path, pool, None, kill_one).run(set(manifest))
    assert killed and tree(tmp_path) == whole


def test_a_scheduler_elsewhere_is_used_and_one_that_is_not_there_is_told(
    work: Work, whole: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    one = {"n_workers": 1, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
    with distributed.LocalCluster(**one) as cluster:
        run_batch(work, tmp_path / "study", executor="dask", scheduler=cluster.scheduler_address)
    assert tree(tmp_path / "study") == whole
    monkeypatch.setattr(executors, "SECONDS_TO_CONNECT", 1)
    with pytest.raises(UserError, match=r"the scheduler 'tcp://127\.0\.0\.1:9' cannot be reached"):
        run_batch(work, tmp_path / "other", executor="dask", scheduler="tcp://127.0.0.1:9")
    assert not (tmp_path / "other").exists()


def test_workers_without_the_folder_send_their_files(
    work: Work, whole: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(task: Any) -> Done:
        return do_task(batch.replace(task, folder=str(tmp_path / "not mounted here")))

    monkeypatch.setattr(batch, "do_task", away)
    run_batch(work, tmp_path / "study", executor="serial")
    assert tree(tmp_path / "study") == whole and not (tmp_path / "not mounted here").exists()
    shutil.rmtree(tmp_path / "study" / "parts")
    resume(tmp_path / "study", executor="serial")
    assert tree(tmp_path / "study") == whole


# --- stopped and taken up ---------------------------------------------------------------------------------------------

PROGRAM = "import sys; from trajectsim.cli import main; sys.exit(main(sys.argv[1:]))"


def finished(folder: Path) -> int:
    return len(list(folder.glob("runs/*.parquet")))


@posix
def test_killed_three_times_and_resumed(whole: Tree, tmp_path: Path) -> None:
    study, out = write_study(tmp_path), tmp_path / "out"
    again = ["resume", str(out), "--executor", "serial"]
    commands = [["batch", str(study), "--out", str(out), "--workers", "2"], again, again]
    counts = []
    for command in commands:
        already = finished(out)
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, *command], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while finished(out) <= already and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
        _, err = process.communicate()
        assert process.returncode == -signal.SIGKILL, err
        counts.append(finished(out))
    assert 0 < counts[0] < counts[1] < counts[2] <= 12
    (out / "costs" / "part-00000-00000.parquet.somewhere-7.tmp").write_bytes(b"half")
    outcome = resume(out, executor="serial")
    assert outcome.finished and tree(out) == whole


def press_ctrl_c(done: int, _all: int) -> None:
    if done:
        raise KeyboardInterrupt


def test_ctrl_c_keeps_what_is_done(work: Work, whole: Tree, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_batch(work, tmp_path, executor="serial", progress=press_ctrl_c)
    assert 0 < finished(tmp_path) < 12
    assert resume(tmp_path, executor="serial").kept > 0
    assert tree(tmp_path) == whole


def test_a_part_that_lost_a_file_is_made_again(work: Work, whole: Tree, tmp_path: Path) -> None:
    run_batch(work, tmp_path, executor="serial")
    (tmp_path / "costs" / "part-00001-00002.parquet").unlink()
    (tmp_path / "moves" / "part-00000-00001.parquet").write_bytes(b"short")
    outcome = resume(tmp_path, executor="serial")
    assert (outcome.done, outcome.kept) == (8, 40) and tree(tmp_path) == whole


def test_more_draws_later_keep_the_old_ones(whole: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    for draws, done in (("3", 36), ("4", 24)):  # the second block of three draws held one
        outcome = run_batch(prepare(write_study(tmp_path, draws=draws)), out, executor="serial")
        assert outcome.done == done
    manifests = {name: data for name, data in tree(out).items() if not name.startswith("manifest")}
    assert manifests.items() <= whole.items() and tree(out).keys() == whole.keys()
    with pytest.raises(UserError, match="holds 4 draws of 2 replicates; 3 of 2 would take their place"):
        run_batch(prepare(write_study(tmp_path, draws="3")), out, executor="serial")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": "{size: 11}"}, "another study: size 10 there, 11 here"),
        ({"replicates": "3"}, "would take their place"),
        ({"seed": "8"}, "another study: seed 7 there, 8 here"),
        ({"others": "central"}, "another study: others drawn there, central here"),
        ({"keep": "[costs]"}, "another study: keep"),
        ({"part": "{points: 1, draws: 2}"}, "another size of parts"),
    ],
)
def test_another_study_is_refused_and_nothing_changes(
    work: Work, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, changes: dict[str, str], said: str
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        run_batch(work, out, executor="serial", progress=press_ctrl_c)
    before = tree(out)
    with pytest.raises(UserError) as caught:
        run_batch(prepare(write_study(tmp_path, **changes)), out, executor="serial")
    assert said in str(caught.value) and "nothing has been overwritten" in str(caught.value)
    assert tree(out) == before


def test_a_scenario_and_a_study_do_not_share_a_folder(work: Work, tmp_path: Path) -> None:
    run_batch(prepare(SCENARIO, {"draws": "2"}), tmp_path, executor="serial")
    with pytest.raises(UserError, match="holds the results of one scenario, not of a study"):
        run_batch(work, tmp_path, executor="serial")


def test_killed_while_it_is_enlarged_it_is_what_its_manifest_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands beside the manifest does not hang on the number of draws, so there is no moment between the two."""
    out = tmp_path / "out"
    run_batch(prepare(write_study(tmp_path)), out, executor="serial")
    more = prepare(write_study(tmp_path, draws="6"), out=out)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            run_batch(more, out, executor="serial")
    assert resume(out, executor="serial").finished and verify(out).findings == ()
    assert run_batch(more, out, executor="serial").finished and verify(out).findings == ()
    assert open_study(out).point(0).manifest["scenario"]["draws"] == 6


def test_another_model_version_cannot_go_on(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_batch(work, tmp_path, executor="serial", progress=press_ctrl_c)
    monkeypatch.setattr("trajectsim.study.work.model_version", lambda: "9+0")
    with pytest.raises(UserError, match=r"another model version: .* there, 9\+0 here"):
        reopen(tmp_path)


def test_a_batch_of_a_scenario_is_a_run(tmp_path: Path) -> None:
    """On processes or threads, by batch or by run, stopped or not: the same folder."""
    work = prepare(SCENARIO, {"draws": "5"})
    run_scenario(load_scenario(SCENARIO, {"draws": "5"}), tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        run_batch(work, tmp_path / "batch", executor="serial", progress=press_ctrl_c)
    resume(tmp_path / "batch", executor="serial")
    assert tree(tmp_path / "batch") == tree(tmp_path / "run")


# --- shards -----------------------------------------------------------------------------------------------------------


def test_shards_into_one_folder_or_several(work: Work, whole: Tree, tmp_path: Path) -> None:
    for k in (3, 1, 2):
        outcome = run_batch(work, tmp_path / "one", executor="serial", shard=Shard(k, 3))
        assert outcome.done == 16 and outcome.finished == (k == 2)
        run_batch(work, tmp_path / f"own{k}", executor="serial", shard=Shard(k, 3))
    assert tree(tmp_path / "one") == whole
    for k in (1, 2, 3):  # copied together they are the study
        shutil.copytree(tmp_path / f"own{k}", tmp_path / "together", dirs_exist_ok=True)
    assert tree(tmp_path / "together") == whole
    with pytest.raises(UserError, match="shards cannot change that"):
        run_batch(prepare(write_study(tmp_path, draws="9")), tmp_path / "one", executor="serial", shard=Shard(1, 3))
    assert resume(tmp_path / "one", executor="serial", shard=parse_shard("1/3")).done == 0


@posix
def test_shards_at_the_same_time(whole: Tree, tmp_path: Path) -> None:
    study, out = write_study(tmp_path), tmp_path / "out"
    command = [sys.executable, "-c", PROGRAM, "batch", str(study), "--out", str(out), "--executor", "serial", "--shard"]
    processes = [subprocess.Popen([*command, f"{k}/2"], stdout=subprocess.DEVNULL) for k in (1, 2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert tree(out) == whole


def test_a_shard_that_fails_leaves_the_others_their_study(
    work: Work, whole: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One shard's machine has another version, before any part is finished; the manifest is not only its own."""
    (tmp_path / ".write-test-other-1").write_text("", encoding="utf-8")  # of a shard that begins at the same moment
    with monkeypatch.context() as patch:
        patch.setattr("trajectsim.study.worker.model_version", lambda: "9+0")
        with pytest.raises(UserError, match="another version of the model"):
            run_batch(work, tmp_path, executor="serial", shard=Shard(1, 2))
    (tmp_path / ".write-test-other-1").unlink()
    assert (tmp_path / "manifest.json").is_file()
    for k in (2, 1):
        assert resume(tmp_path, executor="serial", shard=Shard(k, 2)).done
    assert tree(tmp_path) == whole


# --- what can go wrong ------------------------------------------------------------------------------------------------


class _Losing(Serial):
    """Loses its worker whenever it is given one part, a number of times."""

    def __init__(self, part: str, times: int) -> None:
        self.part, self.times = part, times

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if args[0].part.name == self.part and self.times:
            self.times -= 1
            future: Future[Any] = Future()
            future.set_exception(BrokenProcessPool("the worker died"))
            return future
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize("times", [2, 99])
def test_a_part_whose_worker_is_lost_is_tried_again_and_then_left(
    work: Work, whole: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(
        batch, "open_pool", lambda *_: contextlib.nullcontext(Pool(_Losing("part-00000-00003", times), lambda: 2))
    )
    outcome = run_batch(work, tmp_path)
    if times == 2:
        assert outcome.finished and tree(tmp_path) == whole
        return
    assert outcome.lost == ("part-00000-00003",) and not outcome.finished and outcome.done == 44
    monkeypatch.undo()
    assert resume(tmp_path, executor="serial").finished and tree(tmp_path) == whole


@posix
def test_a_local_worker_that_is_killed_costs_nothing(work: Work, whole: Tree, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_one(done: int, _all: int) -> None:
        if done and not killed:
            killed.append(next(iter(pools[0].executor._processes)))
            os.kill(killed[0], signal.SIGKILL)

    with open_pool("local", 2) as pool:
        pools: list[Any] = [pool]
        folder.prepare_folder(tmp_path, work.manifest, work.files)
        batch._Batch(work, tmp_path, pool, None, kill_one).run(set())
    assert killed and tree(tmp_path) == whole


def test_a_full_disk_stops_the_study_and_keeps_what_is_done(
    work: Work, whole: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, count = parts.write_bytes, 0

    def full(target: Path, data: bytes) -> None:
        nonlocal count
        count += target.name.startswith("part-")
        if count > 40:
            raise OSError(28, "No space left on device")
        write(target, data)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "write_bytes", full)
        with pytest.raises(UserError, match=r"No space left on device.*finished draws are kept"):
            run_batch(work, tmp_path, executor="serial")
    assert finished(tmp_path) > 0
    resume(tmp_path, executor="serial")
    assert tree(tmp_path) == whole


def test_a_cluster_that_is_gone_is_told(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(Pool):
        def alive(self) -> bool:
            return False

    class Never(Serial):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            return Future()

    monkeypatch.setattr(batch, "PATIENCE", 0.01)
    monkeypatch.setattr(batch, "open_pool", lambda *_: contextlib.nullcontext(Gone(Never(), lambda: 1)))
    with pytest.raises(UserError, match=r"the workers cannot be reached any more.*trajectsim resume"):
        run_batch(work, tmp_path / "out")
    monkeypatch.undo()
    assert resume(tmp_path / "out", executor="serial").finished  # as the message says, though nothing was finished yet


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"executor": "cloud"}, "there is no executor 'cloud'; allowed: local, dask, serial"),
        ({"executor": "local", "scheduler": "tcp://a:1"}, "add --executor dask"),
        ({"executor": "dask", "scheduler": "tcp://a:1", "workers": 3}, "the scheduler has its own workers"),
        ({"executor": "serial", "workers": 3}, "the serial executor is one worker"),
    ],
)
def test_executors_that_cannot_be(work: Work, tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        run_batch(work, tmp_path / "out", **options)
    assert said.lower() in str(caught.value).lower()
    assert not (tmp_path / "out").exists()


def test_dask_that_is_not_installed_is_told(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=r"Dask is not installed.*trajectsim\[cluster\]"):
        run_batch(work, tmp_path / "out", executor="dask")


def test_memory_holds_a_few_tasks_whatever_the_study(work: Work, tmp_path: Path) -> None:
    out_now: list[int] = []

    class Counting(Serial):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            out_now.append(len(running.out_now))
            return super().submit(fn, *args, **kwargs)

    pool = Pool(Counting(), lambda: 1)
    folder.prepare_folder(tmp_path, work.manifest, work.files)
    running = batch._Batch(work, tmp_path, pool, None, lambda _done, _all: None)
    running.run(set())
    assert max(out_now) < batch.AHEAD and not running.out_now and not running.tries
