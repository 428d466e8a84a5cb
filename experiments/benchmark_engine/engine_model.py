"""The workload as declared in model.yaml, run by the package's general engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.benchmark_engine.workload import Outcome, Workload, moments
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.engine.compiler import Program, compile_scenario
from trajectsim.engine.ledger import snapshots
from trajectsim.engine.luck import run_key, youth_keys
from trajectsim.engine.run import simulate
from trajectsim.engine.tables import Columns
from trajectsim.evidence.register import build_register
from trajectsim.model.population import generate
from trajectsim.model.youths import new_columns

SCENARIO = Path(__file__).with_name("scenario.yaml")
CHUNK = 1 << 16


def declared() -> tuple[Scenario, Program, Any]:
    """Read and compile the declaration: scenario, program and the central values of its parameters."""
    scenario = load_scenario(SCENARIO)
    register = build_register(scenario)
    return scenario, compile_scenario(scenario, register), register.central


def people(scenario: Scenario, program: Program, draw: Any, n: int, seed: int) -> Columns:
    """Return n youths at the start, made in chunks so that nothing but their columns grows with n."""
    columns = new_columns(program, n, ids=False)
    traits = run_key(seed, -1, 0)
    for first in range(0, n, CHUNK):
        ids = np.arange(first, min(first + CHUNK, n), dtype=np.int64)
        part = generate(program, scenario.model, scenario.population, draw, youth_keys(traits, ids), ids, 0)
        for whole, piece in zip(columns, part, strict=True):
            if whole.shape[-1]:
                whole[..., first : first + len(ids)] = piece
    return columns


def prepare(work: Workload, n: int, seed: int = 1, threads: int = 1) -> Callable[[], Outcome]:
    """Make n youths; the returned function lives all their months (`work.months` of them)."""
    scenario, program, draw = declared()
    columns = people(scenario, program, draw, n, seed)
    values = program.values(draw)

    def live() -> Outcome:
        ledger = simulate(program, values, columns, run_key(seed, 0, 0), steps=work.months, threads=threads)
        if ledger.seen[:, 1].any():
            raise AssertionError("a hazard exceeded its declared bound")
        return Outcome(n, snapshots(program, ledger).sum(axis=1)[1:], *moments(columns.accounts))

    return live
