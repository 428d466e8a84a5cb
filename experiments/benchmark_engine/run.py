"""Measure everything and write results.csv, results.md and growth.png beside this file.

    python -m experiments.benchmark_engine.run            # about a quarter of an hour on two quiet cores
    python -m experiments.benchmark_engine.run --quick    # a few minutes, smaller groups and fewer rounds

Stops with an error where implementations disagree about what happened.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from experiments.benchmark_engine.agreement import compare
from experiments.benchmark_engine.measure import preparer
from experiments.benchmark_engine.workload import Workload, read

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TITLES = {
    "mesa": "Mesa, idiomatic agents", "numpy": "NumPy, vectorised", "handwritten": "Numba, hand-written kernel",
    "engine": "trajectsim engine, declared model",
}
SPEED = (  # implementation, threads, youths, youths when quick
    ("mesa", 1, 2_000, 500), ("numpy", 1, 100_000, 20_000),
    ("handwritten", 1, 400_000, 100_000), ("handwritten", 2, 400_000, 100_000),
    ("engine", 1, 400_000, 100_000), ("engine", 2, 400_000, 100_000),
)
GROWTH = {
    "mesa": (500, 2_000, 8_000), "numpy": (1_000, 10_000, 100_000, 400_000),
    "handwritten": (1_000, 10_000, 100_000, 400_000, 1_000_000, 2_400_000),
    "engine": (1_000, 10_000, 100_000, 400_000, 1_000_000, 2_400_000),
}
MEMORY = {
    "mesa": (2_000, 12_000), "numpy": (100_000, 600_000), "handwritten": (200_000, 2_400_000),
    "engine": (200_000, 2_400_000),
}
TARGETS = {"times_mesa": 300.0, "bytes": 60.0, "compile_cold": 20.0, "compile_cached": 0.5}


@dataclass(frozen=True)
class Row:
    """One measured number."""

    part: str  # agreement, speed, ratio, growth, memory, compile
    implementation: str
    threads: int
    n: int
    value: float
    unit: str


def timed(work: Workload, name: str, n: int, threads: int) -> float:
    """Return the seconds in which n youths, made beforehand, live all their months."""
    live = preparer(name)(work, n, 1, **({"threads": threads} if threads > 1 else {}))
    start = time.perf_counter()
    live()
    return time.perf_counter() - start


def agreement(work: Workload, quick: bool) -> list[Row]:
    """Compare everybody with NumPy."""
    n = 20_000 if quick else 100_000
    base = preparer("numpy")(work, n)()
    rows = []
    for name, size in (("mesa", 1_000 if quick else 5_000), ("handwritten", n), ("engine", n)):
        verdict = compare(work, preparer(name)(work, size, 7)(), base)
        rows.append(Row("agreement", name, 1, size, verdict.p_value, "smallest p-value of chi-square tests"))
        rows.append(Row("agreement", name, 1, size, verdict.cost_errors, "largest cost difference, standard errors"))
        if not verdict.agrees:
            raise SystemExit(f"{name} disagrees with NumPy: {verdict}")
    return rows


def speed(work: Workload, quick: bool) -> list[Row]:
    """Time all implementations in turn, several rounds, and compare each with Mesa in the same round."""
    rates: dict[tuple[str, int, int], list[float]] = {}
    for name in ("handwritten", "engine"):
        timed(replace(work, months=2), name, 512, 1)  # compile
    for _ in range(3 if quick else 7):
        for name, threads, n, small in SPEED:
            size = small if quick else n
            seconds = timed(work, name, size, threads)
            rates.setdefault((name, threads, size), []).append(size * work.months / seconds)
    mesa = next(rounds for (name, _, _), rounds in rates.items() if name == "mesa")
    rows = []
    for (name, threads, size), rounds in rates.items():
        ratios = [own / other for own, other in zip(rounds, mesa, strict=True)]
        rows.append(Row("speed", name, threads, size, statistics.median(rounds), "youth-months per second"))
        rows.append(Row("ratio", name, threads, size, statistics.median(ratios), "times Mesa, same round"))
    return rows


def growth(work: Workload, quick: bool) -> list[Row]:
    """Time each implementation at growing numbers of youths."""
    rows = []
    for name, sizes in GROWTH.items():
        threads = 2 if name in ("handwritten", "engine") else 1
        for n in sizes[:-2] if quick else sizes:
            seconds = min(timed(work, name, n, threads) for _ in range(3 if n <= 10_000 else 1))
            rows.append(Row("growth", name, threads, n, seconds, "seconds for all months"))
    return rows


def child(*arguments: str, cache: str | None = None) -> dict[str, float | None]:
    """Run one measurement in a process of its own."""
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    command = [sys.executable, "-m", "experiments.benchmark_engine.measure", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    answer: dict[str, float | None] = json.loads(done.stdout.splitlines()[-1])
    return answer


def memory() -> list[Row]:
    """Measure how the peak size of a process grows per youth."""
    rows = []
    for name, (few, many) in MEMORY.items():
        small, large = (child("memory", name, str(n))["peak"] for n in (few, many))
        if small is not None and large is not None:
            rows.append(Row("memory", name, 1, many, (large - small) / (many - few), "bytes per youth"))
    return rows


def compiling() -> list[Row]:
    """Measure the first call with an empty cache, and in a fresh process with a filled one."""
    rows = []
    for name in ("handwritten", "engine"):
        with tempfile.TemporaryDirectory() as cache:
            for state in ("cold", "cached"):
                seconds = child("compile", name, cache=cache)["seconds"]
                rows.append(Row("compile", name, 1, 512, float(seconds or 0.0), f"seconds, {state}"))
    return rows


def slope(rows: list[Row], name: str) -> float | None:
    """Return the exponent with which time grows with the number of youths, from 100,000 up."""
    own = [(r.n, r.value) for r in rows if r.part == "growth" and r.implementation == name and r.n >= 100_000]
    if len(own) < 2:
        return None
    return float(np.polyfit(np.log([n for n, _ in own]), np.log([s for _, s in own]), 1)[0])


def report(rows: list[Row], rounds: int) -> str:
    """Return the table in Markdown."""
    lines = [
        "# Results",
        "",
        f"Medians of {rounds} interleaved rounds of all implementations in one process; {os.cpu_count()} cores,"
        f" {platform.system()} {platform.machine()}, Python {platform.python_version()}. Compare ratios, not machines.",
        "",
        "| implementation | threads | youths | million youth-months/s | times Mesa | bytes per youth |",
        "|---|---|---|---|---|---|",
    ]
    size = {r.implementation: r.value for r in rows if r.part == "memory"}
    ratio = {(r.implementation, r.threads): r.value for r in rows if r.part == "ratio"}
    for r in rows:
        if r.part == "speed":
            held = f"{size[r.implementation]:.0f}" if r.implementation in size else "not measured"
            times = ratio[r.implementation, r.threads]
            cells = (TITLES[r.implementation], r.threads, f"{r.n:,}", f"{r.value / 1e6:.3g}", f"{times:.3g}", held)
            lines.append("| " + " | ".join(str(cell) for cell in cells) + " |")
    lines += ["", "| compiling | seconds |", "|---|---|"]
    lines += [
        f"| {TITLES[r.implementation]}, {r.unit.split(', ')[1]} | {r.value:.2f} |" for r in rows if r.part == "compile"
    ]
    lines += ["", "| youths | " + " | ".join(TITLES[name] for name in GROWTH) + " |", "|---" * 5 + "|"]
    times_by = {(r.implementation, r.n): r.value for r in rows if r.part == "growth"}
    for n in sorted({n for _, n in times_by}):
        cells = [f"{times_by[name, n]:.3g} s" if (name, n) in times_by else "" for name in GROWTH]
        lines.append(f"| {n:,} | " + " | ".join(cells) + " |")
    exponents = [f"{TITLES[name]} {exponent:.2f}" for name in GROWTH if (exponent := slope(rows, name)) is not None]
    lines += ["", f"Time grows with the number of youths to the power: {'; '.join(exponents)} (from 100,000 up)."]
    lines += ["", "| agreement with NumPy | smallest p-value | largest cost difference |", "|---|---|---|"]
    pairs = [r for r in rows if r.part == "agreement"]
    for p, cost in zip(pairs[::2], pairs[1::2], strict=True):
        who = f"{TITLES[p.implementation]}, {p.n:,} youths"
        lines.append(f"| {who} | {p.value:.3g} | {cost.value:.2f} standard errors |")
    return "\n".join([*lines, "", *verdicts(rows, ratio, size)]) + "\n"


def verdicts(rows: list[Row], ratio: dict[tuple[str, int], float], size: dict[str, float]) -> list[str]:
    """Say what was aimed at and what was reached, and what being general costs."""
    cold, cached = (r.value for r in rows if r.part == "compile" and r.implementation == "engine")
    reached = {"times_mesa": ratio["engine", 2], "bytes": size.get("engine")}
    reached |= {"compile_cold": cold, "compile_cached": cached}
    names = {
        "times_mesa": "times Mesa on two threads, at least", "bytes": "bytes per youth, at most",
        "compile_cold": "seconds to compile, cold, below", "compile_cached": "seconds, cached, below",
    }
    lines = ["| aim | | reached |", "|---|---|---|"]
    for key, aim in TARGETS.items():
        value = reached[key]
        lines.append(f"| {names[key]} | {aim:g} | {'not measured' if value is None else format(value, '.3g')} |")
    general = ratio["handwritten", 1] / ratio["engine", 1]
    return [*lines, "", f"The hand-written kernel is {general:.2f} times as fast as the engine on one thread."]


def plot(rows: list[Row]) -> None:
    """Draw youth-months per second against the number of youths."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    work = read()
    figure, axes = plt.subplots(figsize=(7.5, 4.5), constrained_layout=True)
    for name, marker in zip(GROWTH, "osD^", strict=True):
        own = [(r.n, r.n * work.months / r.value) for r in rows if r.part == "growth" and r.implementation == name]
        axes.loglog([n for n, _ in own], [rate for _, rate in own], marker=marker, label=TITLES[name])
    axes.set_xlabel("youths")
    axes.set_ylabel("youth-months per second")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(HERE / "growth.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Benchmark of the engine beside its peers")
    parser.add_argument("--quick", action="store_true", help="smaller groups and fewer rounds")
    quick = parser.parse_args().quick
    work = read()
    rows: list[Row] = []
    for part in (agreement, speed, growth):
        print(f"{part.__name__} ...", flush=True)
        rows += part(work, quick)
    print("memory and compiling ...", flush=True)
    rows += memory() + compiling()
    with (HERE / "results.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Row.__dataclass_fields__)
        writer.writerows((r.part, r.implementation, r.threads, r.n, f"{r.value:.6g}", r.unit) for r in rows)
    text = report(rows, 3 if quick else 7)
    (HERE / "results.md").write_text(text, encoding="utf-8", newline="\n")
    plot(rows)
    print(text)


if __name__ == "__main__":
    main()
