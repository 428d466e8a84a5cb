"""One measurement in a process of its own: peak memory, or the time of first calls. Prints one line of JSON.

    python -m experiments.benchmark_engine.measure memory engine 100000
    python -m experiments.benchmark_engine.measure compile engine
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from experiments.benchmark_engine.workload import Outcome, read

MODULES = {
    "mesa": "mesa_model", "numpy": "numpy_model", "handwritten": "kernel_handwritten", "engine": "engine_model",
}


def preparer(name: str) -> Callable[..., Callable[[], Outcome]]:
    """Return the function `prepare` of an implementation, imported when asked for."""
    prepare: Callable[..., Callable[[], Outcome]] = import_module(
        f"experiments.benchmark_engine.{MODULES[name]}"
    ).prepare
    return prepare


def peak_bytes() -> int | None:
    """Return the largest resident size of this process so far, or None where the platform does not tell."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux the other way also counts the parent's size
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError:
        return None
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if sys.platform == "darwin" else 1024)


def memory(name: str, n: int) -> dict[str, Any]:
    """Make n youths, let them live two months, and return the peak."""
    preparer(name)(replace(read(), months=2), n)()
    return {"peak": peak_bytes()}


def compile_time(name: str) -> dict[str, Any]:
    """Return how much longer the first run of 512 youths takes than the second: compiling, or reading the cache.

    `cpu` is the same in processor time, which other work on the machine does not lengthen. Reading the declaration is
    done once beforehand, so that it is in neither run.
    """
    prepare, work = preparer(name), replace(read(), months=2)
    if name == "engine":
        import_module("experiments.benchmark_engine.engine_model").declared()
    wall, cpu = [], []
    for _ in range(2):
        start = time.perf_counter(), time.process_time()
        prepare(work, 512)()
        wall.append(time.perf_counter() - start[0])
        cpu.append(time.process_time() - start[1])
    return {"seconds": wall[0] - wall[1], "cpu": cpu[0] - cpu[1]}


if __name__ == "__main__":
    what, which, *rest = sys.argv[1:]
    print(json.dumps(memory(which, int(rest[0])) if what == "memory" else compile_time(which)))
