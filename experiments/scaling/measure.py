"""Measure what studies cost on this machine, and write results.json, results.md and the tables of docs/scaling.md.

    python experiments/scaling/measure.py            (about ten minutes on two quiet cores)
    python experiments/scaling/measure.py --small    (a minute; to see that it works, not to quote)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from trajectsim.config.scenario import load_scenario
from trajectsim.study.batch import run_batch
from trajectsim.study.executors import open_pool, processors
from trajectsim.study.run import make_plan
from trajectsim.study.runner import run_draw
from trajectsim.study.work import prepare

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from model import Costs, Study, efficiency, fitted, seconds, tasks, work  # noqa: E402

STUDIES = (
    Study("Nijkerk, 10,000 runs", runs=20_000, draws=500, youths=20, months=120),
    Study("Nijkerk, a million runs", runs=2_000_000, draws=50_000, youths=20, months=120),
    Study("a town of 2,000, 1,000 draws", runs=2_000, draws=1_000, youths=2_000, months=120),
    Study("the country, 100 draws", runs=200, draws=100, youths=2_400_000, months=144),
)
"""A run is one cohort in one arm; 10,000 runs of the pair are 20,000 in both arms."""


def memory_now() -> float | None:
    """Return the gigabytes of this process, None where the system does not tell."""
    file = Path("/proc/self/statm")
    if not file.is_file():
        return None
    return int(file.read_text().split()[1]) * resource.getpagesize() / 1e9


def cost_of_draws(config: str, small: bool) -> list[dict[str, float]]:
    """Return the seconds of a draw for several sizes and numbers of replicates, in this process on one thread."""
    found = []
    cases = [(20, 20), (20, 5), (200, 5), (2_000, 2), (20_000, 1), (200_000, 1)]
    for size, replicates in cases[:4] if small else cases:
        scenario = load_scenario(ROOT / "configs" / config, {"size": str(size), "replicates": str(replicates)})
        plan, register = make_plan(scenario)
        rows = register.draws(np.arange(4))
        run_draw(plan, 3, rows[3])
        spent = []
        for draw in range(2 if size > 5_000 else 3):
            began = time.perf_counter()
            run_draw(plan, draw, rows[draw])
            spent.append(time.perf_counter() - began)
        arms = len(plan.arms)
        months = size * plan.program.steps * 12 / plan.program.steps_per_year
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        found.append({"size": size, "replicates": replicates, "runs": replicates * arms, "seconds": min(spent),
                      "million_months": months * replicates * arms / 1e6, "memory": memory})  # fmt: skip
        print(config, found[-1], flush=True)
    return found


def alone(config: str, small: bool) -> list[dict[str, float]]:
    """Return the costs of draws as a process of their own measures them, whose memory is nobody else's."""
    with open_pool("local", 1) as pool:
        found: list[dict[str, float]] = pool.executor.submit(cost_of_draws, config, small).result()
        return found


def batches(small: bool) -> list[dict[str, Any]]:
    """Return the time of the same study on one and two workers, locally and on Dask; the memory of the coordinator."""
    draws = "30" if small else "500"
    found = []
    for kind, workers in (("serial", 1), ("local", 1), ("local", 2), ("dask", 1), ("dask", 2)):
        if workers > processors():
            continue
        folder = Path(tempfile.mkdtemp())
        try:
            work_ = prepare(ROOT / "configs" / "nijkerk.yaml", {"draws": draws})
            memory: list[tuple[float, float]] = []

            def watch(done: int, total: int, memory: list[tuple[float, float]] = memory) -> None:
                if (now := memory_now()) is not None:
                    memory.append((done / total, now))

            began = time.perf_counter()
            outcome = run_batch(work_, folder / "out", executor=kind, workers=workers, progress=watch)
            took = time.perf_counter() - began
            size = sum(file.stat().st_size for file in (folder / "out").rglob("*.parquet")) / 1e9
        finally:
            shutil.rmtree(folder)
        early = max((m for share, m in memory if share <= 0.3), default=0.0)
        found.append({
            "executor": kind, "workers": workers, "runs": work_.runs, "tasks": len(work_.layout.parts()),
            "seconds": took, "loop_seconds": outcome.seconds, "work_seconds": outcome.work_seconds, "disk": size,
            "memory_early": early, "memory_late": max((m for _, m in memory), default=0.0),
            "memory_worker": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6,
        })  # fmt: skip
        print(found[-1], flush=True)
    return found


def overhead(kind: str, number: int) -> float:
    """Return the seconds per task of an executor whose tasks do nothing: what the coordinator can hand out."""
    with open_pool(kind, 1) as pool:
        pool.executor.submit(int).result()
        began = time.perf_counter()
        futures = [pool.executor.submit(int, "7") for _ in range(number)]
        for future in futures:
            future.result()
        return (time.perf_counter() - began) / number


def start_seconds(found: list[dict[str, Any]]) -> float:
    """Return what is neither work nor waiting for the last task: workers that start, and the shared study read."""
    return max(0.0, min(b["seconds"] - b["work_seconds"] / b["workers"] for b in found if b["executor"] == "local"))


def costs_of(measured: list[dict[str, float]], found: list[dict[str, Any]], per_task: float) -> Costs:
    """Return the cost model that fits the measurements."""
    draws = np.ones(len(measured))
    column = {key: np.array([m[key] for m in measured]) for key in ("runs", "million_months", "seconds", "size")}
    per_draw, per_run, per_million = fitted(draws, column["runs"], column["million_months"], column["seconds"])
    first, last = measured[0], measured[-1]
    per_million_youths = max(0.0, (last["memory"] - first["memory"]) / (last["size"] - first["size"]) * 1e6)
    disk = next(b["disk"] / b["runs"] for b in found)
    worker = max(b["memory_worker"] for b in found if b["executor"] == "local")
    return Costs(per_draw, per_run, per_million, per_task, start_seconds(found), disk, worker, per_million_youths)


def text(measured: dict[str, Any], plain: Costs, town: Costs, cluster: float) -> str:
    """Return the tables as Markdown."""
    lines = [
        f"Measured on {measured['machine']}{' (small: not to be quoted)' if measured['small'] else ''}.", "",
        "| cost | without a world | in a town |", "|---|---|---|",
        f"| seconds per draw | {plain.per_draw:.4f} | {town.per_draw:.4f} |",
        f"| seconds per run (a cohort in an arm) | {plain.per_run:.5f} | {town.per_run:.5f} |",
        f"| seconds per million youth-months | {plain.per_million_months:.2f} | {town.per_million_months:.2f} |",
        f"| gigabytes of memory per million youths | {plain.memory_per_million_youths:.2f} | "
        f"{town.memory_per_million_youths:.2f} |",
        f"| gigabytes of disk per 10,000 runs of the Nijkerk case | {plain.disk_per_run * 1e4:.2f} | |",
        f"| gigabytes of memory per worker (Nijkerk) | {plain.memory_per_worker:.2f} | |",
        f"| seconds for workers to start | {plain.start:.1f} | |",
        f"| milliseconds per task, local | {plain.per_task * 1e3:.2f} | |",
        f"| milliseconds per task, Dask | {cluster * 1e3:.2f} | |", "",
        "The same study (Nijkerk), every executor:", "",
        "| executor | workers | runs | tasks | seconds | of perfect scaling | coordinator early and late, GB |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    base = {b["executor"]: b["seconds"] for b in measured["batches"] if b["workers"] == 1}
    for b in measured["batches"]:
        share = base[b["executor"]] / b["seconds"] / b["workers"]
        lines.append(f"| {b['executor']} | {b['workers']} | {b['runs']} | {b['tasks']} | {b['seconds']:.1f} | "
                     f"{share:.2f} | {b['memory_early']:.2f}, {b['memory_late']:.2f} |")  # fmt: skip
    lines += ["", "Predicted from these costs (Dask; tasks of 1.2 seconds, or one draw where that is longer):", "",
              "| study | work, hours of one worker | tasks | 1 worker | 10 workers | 100 workers | 1,000 workers |",
              "|---|---|---|---|---|---|---|"]  # fmt: skip
    remote = replace(plain, per_task=cluster)
    for study in STUDIES:
        cells = [
            f"{readable(seconds(remote, study, w))} ({efficiency(remote, study, w):.0%})" for w in (1, 10, 100, 1000)
        ]
        hours = work(remote, study) / 3600
        lines.append(f"| {study.name} | {hours:.2f} | {tasks(remote, study)} | {' | '.join(cells)} |")
    lines += ["", "In brackets: the share of all workers' time that is work. What limits: the number of tasks (a draw "
              "is the smallest), and what one coordinator hands out; longer tasks lift the second."]  # fmt: skip
    return "\n".join(lines) + "\n"


def readable(value: float) -> str:
    """Return a time in seconds, minutes, hours or days."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if value >= 2 * size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} s"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a minute, to see that it works")
    parser.add_argument("--again", action="store_true", help="write the tables from results.json without measuring")
    args = parser.parse_args()
    kept = HERE / "results.json"
    if args.again:
        measured = json.loads(kept.read_text(encoding="utf-8"))
    else:
        found = batches(args.small)
        measured = {
            "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
            "small": args.small,
            "plain": alone("nijkerk.yaml", args.small),
            "town": alone("town.yaml", args.small),
            "batches": found,
            "task_local": overhead("local", 2_000),
            "task_dask": overhead("dask", 500),
        }
        kept.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    plain = costs_of(measured["plain"], measured["batches"], measured["task_local"])
    town = costs_of(measured["town"], measured["batches"], measured["task_local"])
    tables = text(measured, plain, town, measured["task_dask"])
    (HERE / "results.md").write_text(f"# What studies cost\n\n{tables}", encoding="utf-8")
    page = ROOT / "docs" / "scaling.md"
    marked = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)
    whole = page.read_text(encoding="utf-8")
    page.write_text(marked.sub(lambda m: f"{m[1]}\n{tables}\n{m[2]}", whole), encoding="utf-8")
    print(tables)


if __name__ == "__main__":
    main()
