"""How much a world costs: the youth model alone, with a town's effects, and with everything shared, side by side.

    python -m experiments.benchmark_engine.world             # 20,000 and 2.4 million youths; about ten minutes
    python -m experiments.benchmark_engine.world --quick     # 20,000 youths; a minute

Writes world.csv and world.md beside this file. `plain`: every mechanism off, which is the plain engine bit for bit;
`town`: all mechanisms of the packaged town on, the town as many times over as there are youths for it (`scale`), the
network included. Rounds of both are interleaved in one process, and compared by their ratio; the people are made
beforehand.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from experiments.benchmark_engine.engine_model import CHUNK, people
from experiments.benchmark_engine.measure import peak_bytes
from trajectsim.config.load import read_kind
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.engine.compiler import Program, compile_scenario
from trajectsim.engine.kernel import BLOCK
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import simulate
from trajectsim.engine.tables import Columns
from trajectsim.engine.together import meet, simulate_together
from trajectsim.evidence.register import build_register
from trajectsim.model.youths import copy_columns

HERE = Path(__file__).parent
TOWN = HERE.parents[1] / "configs" / "town.yaml"
YOUTHS_PER_TOWN = 250
"""Young people with practical or special school behind them in the packaged town (the sum stands in its file)."""
PLANS = {  # youths: months lived per round, rounds
    20: (120, 15), 20_000: (48, 5), 2_400_000: (6, 2),
}
ARM = ("supported_job",)


@dataclass(frozen=True)
class World:
    """A scenario compiled, with its people at the start."""

    scenario: Scenario
    program: Program
    draw: Any
    columns: Columns


def declared(n: int, plain: bool) -> Scenario:
    """Return the town for n youths: with everything on, or with every mechanism off."""
    scale = max(n / YOUTHS_PER_TOWN, 1.0)
    mechanisms = list(read_kind("world", "town").spec.mechanisms)
    off = [*mechanisms, "programme_places", "selection", "teams"] if plain else []
    scenario = load_scenario(TOWN, {"off": "[" + ", ".join(off) + "]", "scale": str(scale)})
    wide = scenario.population.model_copy(update={"run_in": None, "size": n})
    return replace(scenario, population=wide)


def make(n: int, plain: bool) -> World:
    """Compile the town for n youths and make them, in chunks so that nothing but their columns grows with n."""
    scenario = declared(n, plain)
    register = build_register(scenario)
    program = compile_scenario(scenario, register)
    draw = register.central
    columns = people(scenario, program, draw, n, seed=1)
    for name in ARM:
        columns.small[program.rows.flags[f"offer_{name}"]] = 1
    return World(scenario, program, draw, columns)


def lived(world: World, months: int, threads: int) -> float:
    """Return the seconds that so many months of everybody take; making the network is part of them."""
    columns = copy_columns(world.columns)
    values = world.program.values(world.draw, ARM)
    run, traits = run_key(1, 0, 0), run_key(1, -1, 0)
    start = time.perf_counter()
    if world.program.town is None:
        simulate(world.program, values, columns, run, steps=months, threads=threads)
    else:
        settings = world.program.town.settings(world.draw, ARM)
        meeting = meet(
            world.program, values, settings, columns, run, traits, steps=months, threads=threads, running=ARM
        )
        simulate_together(meeting, steps=months)
    return time.perf_counter() - start


def measure(n: int, threads: int) -> dict[str, Any]:
    """Return the times of plain and town for n youths in interleaved rounds, in nanoseconds per youth-month."""
    months, rounds = PLANS[n]
    worlds = {"plain": make(n, True), "town": make(n, False)}
    times: dict[str, list[float]] = {name: [] for name in worlds}
    few = [make(2 * BLOCK, plain) for plain in (True, False)]  # enough to compile; a country would take minutes
    for world in few if n > CHUNK else worlds.values():
        lived(world, 2, threads)
    for _ in range(rounds):
        for name, world in worlds.items():
            times[name].append(lived(world, months, threads) / n / months * 1e9)
    ratios = [b / a for a, b in zip(times["plain"], times["town"], strict=True)]
    return {
        "youths": n,
        "threads": threads,
        "months": months,
        "plain_ns": round(statistics.median(times["plain"]), 1),
        "town_ns": round(statistics.median(times["town"]), 1),
        "ratio": round(statistics.median(ratios), 2),
        "ratio_low": round(min(ratios), 2),
        "ratio_high": round(max(ratios), 2),
        "peak_gib": round((peak_bytes() or 0) / 2**30, 2),
    }


def write(rows: list[dict[str, Any]]) -> None:
    """Write the table as world.csv and world.md."""
    with (HERE / "world.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    program = make(20, False).program
    lines = [
        "# What a world costs",
        "",
        "`python -m experiments.benchmark_engine.world`. Medians of interleaved rounds; nanoseconds per youth-month; "
        f"2 cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}. Compare ratios, not "
        "machines.",
        "",
        "Plain: the youth model, every mechanism off. Town: all mechanisms on "
        f"({len(program.names.domains)} domains, {len(program.names.exits)} exits, "
        f"{len(program.names.provisions)} provisions), network and households included.",
        "",
        "| youths | threads | plain | town | ratio (lowest to highest) | peak memory of the process |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = f"{row['ratio']} ({row['ratio_low']} to {row['ratio_high']})"
        lines.append(
            f"| {row['youths']:,} | {row['threads']} | {row['plain_ns']:,.0f} | {row['town_ns']:,.0f} | {ratio} | "
            f"{row['peak_gib']} GiB |"
        )
    worst = max(row["ratio"] for row in rows if row["youths"] >= 20_000)
    lines += ["", f"Aim: at most 3 times the plain engine from 20,000 youths up; reached: {worst} times.", ""]
    small = [row for row in rows if row["youths"] == 20]
    if small:
        whole = small[0]["town_ns"] * 20 * 120 / 1e6
        bare = small[0]["plain_ns"] * 20 * 120 / 1e6
        lines += [f"Twenty youths over ten years: {bare:.2f} ms plain, {whole:.2f} ms in the town.", ""]
    (HERE / "world.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Measure each size in a process of its own, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="leave out 2.4 million youths")
    parser.add_argument("--one", type=int, nargs=2, metavar=("YOUTHS", "THREADS"), help="measure one size and print it")
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one)))
        return
    sizes = [(20, 1), (20_000, 1), (20_000, 2)] + ([] if args.quick else [(2_400_000, 1), (2_400_000, 2)])
    rows = []
    for n, threads in sizes:
        command = [sys.executable, "-m", "experiments.benchmark_engine.world", "--one", str(n), str(threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE.parents[1])
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    write(rows)


if __name__ == "__main__":
    main()
