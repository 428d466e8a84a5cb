"""What a study will ask: runs, time, memory and disk, and the Monte Carlo error to expect, before it starts.

Runs are counted; the rest is measured on a few draws, lived here and now and thrown away, and carried over in
proportion to the youth-months of each scenario. A scenario too large to try is tried with fewer youths.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from trajectsim.study.frozen import thaw
from trajectsim.study.layout import Part
from trajectsim.study.parts import encoded
from trajectsim.study.run import make_plan
from trajectsim.study.runner import run_draw
from trajectsim.study.work import Work
from trajectsim.study.worker import over_period, set_values

__all__ = ["Error", "Prediction", "predict"]

PILOT_SECONDS = 2.0
MOST_PILOT_DRAWS = 12
PILOT_YOUTH_MONTHS = 4_000_000
"""Most youth-months of one trial draw."""
START_SECONDS = 3.0
"""What a worker needs to start: libraries, the compiled engine, its scenario."""
WORKER_MB = 320.0
"""Memory of a worker beside its youths: libraries, the compiled engine, scenarios, tables of a part (measured)."""
BYTES_PER_YOUTH = {False: 1700, True: 5000}
"""Columns of a youth, a copy per arm, and of the wider pool that it is chosen from; more where a town is shared
(measured on 60,000 and 20,000 youths)."""
EFFICIENCY = 0.95
"""Share of the time of several workers that is spent on tasks."""


@dataclass(frozen=True)
class Error:
    """Monte Carlo error of the difference in cost (euros per youth, present value) between an arm and the first one:
    `spread` between draws, `standard_error` of the mean of one point with all draws and replicates."""

    arm: str
    spread: float
    standard_error: float


@dataclass(frozen=True)
class Prediction:
    """What a study will ask.

    Attributes:
        points, draws, replicates, arms, runs: how many; exact.
        parts, files: parts, and files of tables; exact and nearly so.
        youth_months: months of all youths in all runs.
        trial_draws: draws that were measured; `trial_size` youths in each; `trial_seconds` they took together.
        core_seconds: work in all, on one worker.
        seconds: time from start to end with `workers`.
        megabytes: disk; `memory_megabytes`: memory of all workers together.
        errors: Monte Carlo error to expect, per arm; empty without prices, with one arm or one trial draw.
    """

    points: int
    draws: int
    replicates: int
    arms: int
    runs: int
    parts: int
    files: int
    youth_months: float
    trial_draws: int
    trial_size: int
    trial_seconds: float
    core_seconds: float
    workers: int
    seconds: float
    megabytes: float
    memory_megabytes: float
    errors: tuple[Error, ...]


def predict(work: Work, workers: int = 1) -> Prediction:
    """Return what a study will ask with so many workers, from its counts and a trial of about two seconds."""
    manifest, layout = work.manifest, work.layout
    marks = list(dict.fromkeys(cell.scenario for cell in work.cells))
    sizes = _youth_months(work, marks)
    cell = work.cells[0]
    plan, register = make_plan(thaw(json.loads(work.files[f"scenarios/{cell.scenario}.json"])))
    per_draw = sizes[cell.scenario]
    scale = min(1.0, PILOT_YOUTH_MONTHS / per_draw)
    size = max(1, round(plan.size * scale))
    plan = replace(plan, size=size)
    about = manifest.get("study")
    draws = register.draws(np.arange(MOST_PILOT_DRAWS))
    if about is not None and about["others"] == "central":
        draws = np.tile(register.central, (MOST_PILOT_DRAWS, 1))
    values = dict(cell.settings)
    run_draw(replace(plan, size=min(size, 2)), 0, set_values(register, draws[0], values))  # compiles what is not yet
    tried: list[dict[str, pa.Table]] = []
    began = time.monotonic()
    while len(tried) < MOST_PILOT_DRAWS:
        tried.append(run_draw(plan, len(tried), set_values(register, draws[len(tried)], values)))
        if time.monotonic() - began > PILOT_SECONDS and len(tried) > 1:
            break
    spent = time.monotonic() - began
    before = time.monotonic()
    bytes_per_part, bytes_per_draw, tables = _bytes(tried, about)
    writing = (time.monotonic() - before) / (len(tried) + 1)
    longer = _longer(work)
    beside = len(json.dumps(manifest, indent=1)) + sum(len(data) for data in work.files.values())
    youth_months = sum(sizes[c.scenario] for c in work.cells) * layout.draws
    seconds_per_draw = spent / len(tried) / (size / _size(manifest)) + writing
    core = seconds_per_draw * youth_months / per_draw
    parts = len(layout.parts())
    busy = min(workers, parts)
    return Prediction(
        points=layout.points, draws=layout.draws, replicates=int(manifest["replicates"]), arms=len(manifest["arms"]),
        runs=work.runs, parts=parts, files=parts * (tables + 1), youth_months=youth_months, trial_draws=len(tried),
        trial_size=size, trial_seconds=spent, core_seconds=core, workers=workers,
        seconds=START_SECONDS + core / busy / (EFFICIENCY if busy > 1 else 1.0),
        megabytes=(beside + bytes_per_part * parts + bytes_per_draw * layout.cells * longer) / 1e6,
        memory_megabytes=busy * (WORKER_MB + _youths_mb(max(sizes.values()), manifest)),
        errors=_errors(tried, manifest, layout.draws, size),
    )  # fmt: skip


def _size(manifest: dict[str, Any]) -> int:
    return int(manifest["size"])


def _longer(work: Work) -> float:
    """Return how much longer the points last than the first one, on average: tables grow with the years."""
    steps = {}
    for cell in work.cells:
        file = work.files.get(f"manifests/{cell.scenario}.json")
        if cell.scenario not in steps:
            steps[cell.scenario] = int((work.manifest if file is None else json.loads(file))["steps"])
    return sum(steps[cell.scenario] for cell in work.cells) / len(work.cells) / steps[work.cells[0].scenario]


def _youth_months(work: Work, marks: Sequence[str]) -> dict[str, float]:
    """Return the youth-months of one draw of each scenario: youths, months, replicates and arms."""
    found = {}
    for mark in marks:
        file = work.files.get(f"manifests/{mark}.json")
        own = work.manifest if file is None else json.loads(file)
        months = own["size"] * own["steps"] * 12 / own["steps_per_year"]
        found[mark] = float(months) * int(own["replicates"]) * len(own["arms"])
    return found


def _bytes(tried: Sequence[dict[str, pa.Table]], about: dict[str, Any] | None) -> tuple[float, float, int]:
    """Return the bytes of a part beside its draws, the bytes of a draw, and how many tables there are."""
    tables: dict[str, pa.Table] = {}
    sizes = []
    for some in (tried[:1], tried):
        for name in tried[0]:
            if about is None or name in about["keep"]:
                whole = pa.concat_tables([item[name] for item in some]).unify_dictionaries()
                tables[name] = over_period(name, whole) if about is not None and about["detail"] == "period" else whole
        files = encoded(Part("part", range(1), range(len(some))), tables)
        sizes.append(sum(len(data) for data in files.values()))
    per_draw = (sizes[1] - sizes[0]) / (len(tried) - 1) if len(tried) > 1 else float(sizes[0])
    return max(0.0, sizes[0] - per_draw), per_draw, len(tables)


def _youths_mb(youth_months: float, manifest: dict[str, Any]) -> float:
    """Return the memory of the youths of the largest run."""
    months = manifest["steps"] * 12 / manifest["steps_per_year"] * int(manifest["replicates"]) * len(manifest["arms"])
    return float(youth_months / months * BYTES_PER_YOUTH[manifest["world"] is not None] / 1e6)


def _errors(
    tried: Sequence[dict[str, pa.Table]], manifest: dict[str, Any], draws: int, size: int
) -> tuple[Error, ...]:
    """Return the Monte Carlo error of cost differences, from the variances between and within the draws of the trial.

    With variance B between draws and W within (of replicates), D draws of R replicates give sqrt(B / D + W / (D R)).
    """
    arms, replicates = list(manifest["arms"]), int(manifest["replicates"])
    if len(arms) < 2 or len(tried) < 2 or "costs" not in tried[0]:
        return ()
    euros = np.zeros((len(arms), len(tried), replicates))
    for k, tables in enumerate(tried):
        costs = tables["costs"]
        added = costs.group_by(["arm", "replicate"], use_threads=False).aggregate([("discounted", "sum")])
        for row in added.to_pylist():
            euros[arms.index(row["arm"]), k, row["replicate"]] = row["discounted_sum"] / 100 / size
    shrink = size / _size(manifest)  # fewer youths in the trial than in the study: luck weighs more there
    found = []
    for arm in range(1, len(arms)):
        difference = euros[arm] - euros[0]
        within = float(difference.var(axis=1, ddof=1).mean()) if replicates > 1 else 0.0
        between = max(0.0, float(difference.mean(axis=1).var(ddof=1)) - within / replicates)
        within *= shrink
        error = math.sqrt(between / draws + within / (draws * replicates))
        found.append(Error(arms[arm], math.sqrt(between), error))
    return tuple(found)
