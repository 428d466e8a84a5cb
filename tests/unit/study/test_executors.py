"""Workers behind one interface: tasks are done, errors come back, and workers do not outlive whom they work for."""

import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import wait
from pathlib import Path

import pytest

from trajectsim.study import executors
from trajectsim.study.executors import Serial, open_pool, processors


def test_a_task_in_this_process() -> None:
    with open_pool("serial") as pool:
        assert pool.workers() == 1 and pool.alive()
        assert pool.executor.submit(divmod, 7, 2).result() == (3, 1)
        failed = pool.executor.submit(divmod, 7, 0)
        assert isinstance(failed.exception(), ZeroDivisionError)
        pool.renew()


def test_ctrl_c_goes_through() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Serial().submit(stop)


def test_processes_of_a_local_pool_are_spawned_whatever_else_is_set() -> None:
    import mesa  # noqa: F401  sets the way in which processes start, for the whole program

    with open_pool("local", 1) as pool:
        first = pool.executor.submit(os.getpid).result()
        method = pool.executor.submit(multiprocessing.get_start_method).result()
        assert first != os.getpid() and method in ("spawn", "fork", "forkserver")
        os.kill(first, 9 if os.name == "posix" else 15)
        broken = pool.executor.submit(os.getpid)
        wait([broken])
        assert isinstance(broken.exception(), pool.lost)
        pool.renew()
        assert pool.executor.submit(os.getpid).result() != first


PARENT = """
import os, time
from trajectsim.study.executors import open_pool
if __name__ == "__main__":
    with open_pool("local", 1) as pool:
        print(pool.executor.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_workers_end_with_a_parent_that_was_killed() -> None:
    """A worker that went on would write into a study that another process has taken over."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        status = Path(f"/proc/{worker}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[:1] == ["Z"]:
            return
        time.sleep(0.05)
    raise AssertionError(f"worker {worker} still runs")


def test_there_is_a_processor() -> None:
    assert 1 <= processors() <= (os.cpu_count() or 1)
    assert executors.EXECUTORS[0] == "local"
