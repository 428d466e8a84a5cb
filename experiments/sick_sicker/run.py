"""Costs and QALYs of the four strategies: published, by cohort arithmetic, and by 100,000 individuals in the engine.

    python -m experiments.sick_sicker.run
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from experiments.sick_sicker.cohort import exact, valued
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.engine.compiler import compile_scenario
from trajectsim.engine.ledger import snapshots
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import simulate
from trajectsim.evidence.register import build_register
from trajectsim.model.population import make_cohort

HERE = Path(__file__).parent
STRATEGIES = ("standard", "a", "b", "ab")
PUBLISHED = {"standard": (151580, 20.711), "a": (284805, 21.499), "b": (259100, 22.184), "ab": (378875, 23.137)}
COLUMNS = (
    "strategy", "measure", "published", "cohort", "engine", "engine_standard_error", "standard_errors_from_cohort",
)


def strategy(name: str) -> Scenario:
    """Read the scenario of one strategy."""
    return load_scenario(HERE / f"{name}.yaml")


def individuals(scenario: Scenario) -> np.ndarray:
    """Return discounted cost and QALYs per person of every replicate: shape [replicates, 2]."""
    register = build_register(scenario)
    program = compile_scenario(scenario, register)
    draw = register.central
    values = program.values(draw)
    size = scenario.spec.size or scenario.population.size
    out = []
    for replicate in range(scenario.spec.replicates):
        cohort = make_cohort(program, scenario, draw, values, replicate, draw_number=0, size=size)
        ledger = simulate(program, values, cohort.columns, run_key(scenario.spec.seed, 0, replicate))
        out.append(valued(scenario, snapshots(program, ledger).sum(axis=1) / size))
    return np.array(out)


def table() -> list[dict[str, float | str]]:
    """Return one row per strategy and measure."""
    rows: list[dict[str, float | str]] = []
    for name in STRATEGIES:
        scenario = strategy(name)
        cohort, runs = exact(scenario), individuals(scenario)
        for j, measure in enumerate(("cost", "qaly")):
            mean, error = float(runs[:, j].mean()), float(runs[:, j].std(ddof=1) / np.sqrt(len(runs)))
            numbers = (PUBLISHED[name][j], cohort[j], mean, error, (mean - cohort[j]) / error)
            rows.append({"strategy": name, "measure": measure, **dict(zip(COLUMNS[2:], numbers, strict=True))})
    return rows


def main() -> None:
    """Write table.csv and show it."""
    with (HERE / "table.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in table():
            digits = 2 if row["measure"] == "cost" else 5
            written = [row["strategy"], row["measure"], row["published"]]
            written += [f"{row[name]:.{digits}f}" for name in COLUMNS[3:6]] + [f"{row[COLUMNS[6]]:.2f}"]
            writer.writerow(written)
            print("  ".join(f"{value!s:>12}" for value in written))


if __name__ == "__main__":
    main()
