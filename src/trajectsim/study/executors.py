"""Where tasks are done: in this process, in a pool of processes, or on a Dask cluster; one interface for all three.

Results never depend on the choice. A pool says how many workers it has, which errors mean that a worker was lost, and
can be started anew when it broke.
"""

from __future__ import annotations

import contextlib
import logging
import math
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from importlib import import_module
from typing import Any

from trajectsim.errors import UserError
from trajectsim.study.worker import start_worker

__all__ = ["EXECUTORS", "Pool", "open_pool", "processors"]

EXECUTORS = ("local", "dask", "serial")
SECONDS_TO_CONNECT = 15
SECONDS_BETWEEN_COUNTS = 5.0


class Serial(Executor):
    """An executor that does a task at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do the task and return its finished future; Ctrl-C goes through."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Pool:
    """Workers behind one `concurrent.futures.Executor`.

    Attributes:
        executor: takes the tasks.
        lost: errors of a task that mean that its worker was lost, so that it may be tried again.
    """

    lost: tuple[type[BaseException], ...] = (BrokenExecutor, CancelledError)

    def __init__(self, executor: Executor, workers: Callable[[], int]) -> None:
        self.executor = executor
        self.workers = workers

    def renew(self) -> None:
        """Start workers anew after one was lost; a cluster sees to that itself."""

    def alive(self) -> bool:
        """Return whether tasks can still be done."""
        return True

    def close(self, at_once: bool) -> None:
        """Let go of the workers; `at_once` without the tasks that have not begun."""
        self.executor.shutdown(wait=True, cancel_futures=at_once)


class _LocalPool(Pool):
    def __init__(self, workers: int) -> None:
        self.number = workers
        super().__init__(self._new(), lambda: workers)

    def _new(self) -> Executor:
        context = multiprocessing.get_context("spawn")  # alike on every system, whatever else was imported here
        return ProcessPoolExecutor(self.number, mp_context=context, initializer=start_worker)

    def renew(self) -> None:
        self.executor.shutdown(wait=True, cancel_futures=True)
        self.executor = self._new()


class _DaskPool(Pool):
    def __init__(self, client: Any) -> None:
        dask = import_module("distributed")
        self.client = client
        self.lost = (*Pool.lost, dask.KilledWorker, import_module("distributed.comm").CommClosedError)
        self._number, self._asked = 1, -math.inf
        super().__init__(client.get_executor(pure=False), self._threads)

    def _threads(self) -> int:
        """Return how many workers there are, asked for every few seconds: they come and go."""
        now = time.monotonic()
        if now - self._asked > SECONDS_BETWEEN_COUNTS:
            with contextlib.suppress(Exception):  # a scheduler that is gone is told by `alive`
                self._number = max(1, sum(int(n) for n in self.client.nthreads().values()))
            self._asked = now
        return self._number

    def alive(self) -> bool:
        return bool(self.client.status == "running")

    def close(self, at_once: bool) -> None:
        with contextlib.suppress(Exception):
            self.executor.shutdown(wait=not at_once)


@contextlib.contextmanager
def open_pool(kind: str = "local", workers: int | None = None, scheduler: str | None = None) -> Iterator[Pool]:
    """Open workers.

    Args:
        kind: `local` (processes on this machine), `dask` or `serial` (this process).
        workers: how many; one per processor if left out. Of no meaning with a scheduler, which has its own.
        scheduler: address of a Dask scheduler (`tcp://host:8786`) or its scheduler file; without it Dask makes a
            cluster of processes on this machine.

    Raises:
        UserError: there is no such kind, Dask is not installed, or the scheduler cannot be reached.
    """
    if kind not in EXECUTORS:
        raise UserError.of(f"there is no executor '{kind}'", key="--executor", allowed=", ".join(EXECUTORS))
    if scheduler is not None and kind != "dask":
        raise UserError.of(
            f"a scheduler is of no use to the {kind} executor", key="--scheduler", cure="add --executor dask"
        )
    if scheduler is not None and workers is not None:
        raise UserError.of("the scheduler has its own workers", key="--workers", cure="leave --workers out")
    if kind == "serial" and workers not in (None, 1):
        raise UserError.of("the serial executor is one worker", key="--workers", cure="leave --workers out")
    number = workers or processors()
    if kind == "serial":
        yield Pool(Serial(), lambda: 1)
    elif kind == "local":
        with _closing(_LocalPool(number)) as pool:
            yield pool
    else:
        with _dask_client(number, scheduler) as client, _closing(_DaskPool(client)) as pool:
            yield pool


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1


@contextlib.contextmanager
def _closing(pool: Pool) -> Iterator[Pool]:
    try:
        yield pool
    except BaseException:
        pool.close(at_once=True)
        raise
    pool.close(at_once=False)


@contextlib.contextmanager
def _dask_client(workers: int, scheduler: str | None) -> Iterator[Any]:
    try:
        dask = import_module("distributed")
    except ImportError:
        raise UserError.of(
            "Dask is not installed", key="--executor", cure='install it: python -m pip install "trajectsim[cluster]"'
        ) from None
    for name in ["asyncio", "tornado", *logging.root.manager.loggerDict]:
        if name.split(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is told in plain words
    with contextlib.ExitStack() as stack:
        if scheduler is None:
            with _deaf_to_ctrl_c():
                cluster = dask.LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
                )
            stack.enter_context(cluster)
            client = dask.Client(cluster, set_as_default=False)
        else:
            client = _connected(dask.Client, scheduler)
        stack.callback(_close, client)
        yield client


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes that start now ignore Ctrl-C, which is for their parent."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _connected(client: Any, scheduler: str) -> Any:
    try:
        if scheduler.endswith(".json"):
            return client(scheduler_file=scheduler, timeout=SECONDS_TO_CONNECT, set_as_default=False)
        return client(scheduler, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError.of(
            f"the scheduler '{scheduler}' cannot be reached: {why}", key="--scheduler",
            cure="start it with `dask scheduler`, and give the address that it shows",
        ) from None  # fmt: skip


def _close(client: Any) -> None:
    with contextlib.suppress(Exception):
        client.close(timeout=5)
