"""A study from start to finish on any executor: tasks out, parts in, taken up where it stopped.

Only small tasks travel, a few per worker at a time, and only counters are kept, so memory is flat however long a study
lasts. Parts are written by the workers; by this process where a worker does not see the folder.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from pathlib import Path

from trajectsim.errors import UserError
from trajectsim.study.aids import write_aids
from trajectsim.study.executors import Pool, open_pool
from trajectsim.study.folder import clear_leftovers, leave_nothing, prepare_folder
from trajectsim.study.layout import Part, Shard
from trajectsim.study.lock import locked
from trajectsim.study.parts import write_files
from trajectsim.study.store import Study, open_study
from trajectsim.study.work import Work, reopen
from trajectsim.study.worker import Done, Task, do_task, enclosed

__all__ = ["Outcome", "resume", "run_batch"]

TRIES = 3
"""How often a task is given out whose worker was lost."""
AHEAD = 3
"""Tasks given out per worker: one in hand, the others so that nobody waits."""
PATIENCE = 1.0
"""Seconds after which is looked whether the workers are still there."""

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What a batch did: the results, draws of points done now and kept from before, failed runs, parts that were lost
    with their workers, seconds of work and of waiting, and whether the study is finished."""

    study: Study
    done: int
    kept: int
    failed: int
    lost: tuple[str, ...]
    work_seconds: float
    seconds: float
    finished: bool


def run_batch(
    work: Work,
    out: Path,
    *,
    executor: str = "local",
    workers: int | None = None,
    scheduler: str | None = None,
    shard: Shard | None = None,
    progress: Report | None = None,
) -> Outcome:
    """Run a study or scenario into a folder; what is there already is kept.

    Args:
        work: what to do, from `work.prepare` or `work.reopen`.
        out: folder for the results; made if need be.
        executor, workers, scheduler: as in `executors.open_pool`.
        shard: only every so-many-th part; other shards may run at the same time, into this folder or another.
        progress: called with the draws of points done and their number in all.

    Raises:
        UserError: the folder is another study's, busy or closed; a scheduler is out of reach; the disk is full.
    """
    with locked(out, None if shard is None else shard.name), open_pool(executor, workers, scheduler) as pool:
        began_before = (out / "manifest.json").is_file()
        kept = prepare_folder(out, work.manifest, work.files, alone=shard is None)
        batch = _Batch(work, out, pool, shard, progress or (lambda _done, _all: None))
        batch.may_undo = shard is None and not began_before
        return batch.run(set(kept))


def resume(
    folder: Path, *, executor: str = "local", workers: int | None = None, scheduler: str | None = None,
    shard: Shard | None = None, progress: Report | None = None,
) -> Outcome:  # fmt: skip
    """Go on with a study where it stopped, from its folder alone; arguments and errors as in `run_batch`."""
    return run_batch(reopen(folder), folder, executor=executor, workers=workers, scheduler=scheduler, shard=shard,
                     progress=progress)  # fmt: skip


class _Batch:
    """The state of a running batch: what is still to be given out, what is out, and counters."""

    def __init__(self, work: Work, out: Path, pool: Pool, shard: Shard | None, report: Report) -> None:
        self.work, self.out, self.pool, self.report = work, out, pool, report
        self.layout = work.layout
        self.shard, self.mine = shard, self.layout.parts(shard)
        self.enclosed: bytes | None = None
        self.out_now: dict[Future[Done], Task] = {}
        self.tries: dict[str, int] = {}
        self.lost: list[str] = []
        self.done = self.failed = 0
        self.may_undo = shard is None  # a folder that others work in, or that stood there before, stays as it is
        self.work_seconds = 0.0

    def run(self, kept: set[str]) -> Outcome:
        """Run every part of this shard that is not among those kept."""
        began = time.monotonic()
        before = sum(part.cells for part in self.mine if part.name in kept)
        total = sum(part.cells for part in self.mine)
        waiting = deque(self._task(part) for part in self.mine if part.name not in kept)
        alone: deque[Task] = deque()  # tasks whose worker was lost: one at a time, so that the culprit is known
        self.report(before, total)
        try:
            while waiting or alone or self.out_now:
                self._give_out(waiting, alone)
                ready, _ = wait(self.out_now, timeout=PATIENCE, return_when=FIRST_COMPLETED)
                if not ready and not self.pool.alive():
                    raise self._gone()
                broken = [self._take(future, waiting, alone) for future in ready]
                if any(broken):
                    self.pool.renew()
                    for future in [f for f in self.out_now if f.done()]:  # those that went with the worker
                        self._take(future, waiting, alone)
                self.report(before + self.done, total)
        except UserError:
            self._stop()
            if self.may_undo:
                leave_nothing(self.out)
            raise
        except BaseException:
            self._stop()
            raise
        if self.shard is None:
            clear_leftovers(self.out)  # of a worker that was killed while it wrote
        write_aids(self.out)
        everything = {part.name for part in self.layout.parts()}
        study = open_study(self.out)
        return Outcome(study, self.done, before, self.failed, tuple(self.lost), self.work_seconds,
                       time.monotonic() - began, everything <= set(study.parts))  # fmt: skip

    def _task(self, part: Part) -> Task:
        cells = self.work.cells[part.points.start : part.points.stop]
        manifest = self.work.manifest
        return Task(str(self.out.resolve()), manifest["content_hash"], manifest["model_version"], part, cells)

    def _give_out(self, waiting: deque[Task], alone: deque[Task]) -> None:
        room = max(1, AHEAD * self.pool.workers()) if waiting else 1
        if not waiting and self.out_now and alone:
            return
        while len(self.out_now) < room and (waiting or alone):
            task = waiting.popleft() if waiting else alone.popleft()
            try:
                self.out_now[self.pool.executor.submit(do_task, task)] = task
            except self.pool.lost:
                waiting.appendleft(task)
                self.pool.renew()
                return

    def _take(self, future: Future[Done], waiting: deque[Task], alone: deque[Task]) -> bool:
        """Count what a task did; return whether its worker was lost."""
        task = self.out_now.pop(future)
        try:
            result = future.result()
        except self.pool.lost:
            if not self.pool.alive():
                raise self._gone() from None
            tries = self.tries[task.part.name] = self.tries.get(task.part.name, 0) + 1
            if tries < TRIES:
                alone.append(task)
            else:
                self.lost.append(task.part.name)
            return True
        except MemoryError:
            self.lost.append(task.part.name)
            return False
        if result.unseen:
            if self.enclosed is None:
                self.enclosed = enclosed(self.work.manifest, self._files())
            waiting.append(replace(task, study=self.enclosed))
            return False
        if result.files is not None:
            write_files(self.out, result.files)
        self.done += result.cells
        self.failed += result.failed
        self.work_seconds += result.seconds
        self.tries.pop(task.part.name, None)
        return False

    def _files(self) -> dict[str, bytes]:
        if self.work.files:
            return self.work.files
        found = (self.out / "scenarios").glob("*.json")
        return {f"scenarios/{file.name}": file.read_bytes() for file in found}

    def _gone(self) -> UserError:
        self.may_undo = False  # the study can be taken up again
        return UserError.of(
            "the workers cannot be reached any more", key="--scheduler",
            cure=f"see to the cluster, then go on with: trajectsim resume {self.out}",
        )  # fmt: skip

    def _stop(self) -> None:
        for future in self.out_now:
            future.cancel()
        self.out_now.clear()


