"""What a study costs, as a sum of four things: draws, runs, youth-months, and tasks handed out. Predictions from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Costs:
    """Seconds of one worker per draw, per run and per million youth-months; seconds of the coordinator per task;
    seconds for a worker to start; gigabytes of disk per run; gigabytes of memory per worker and per million youths."""

    per_draw: float
    per_run: float
    per_million_months: float
    per_task: float
    start: float
    disk_per_run: float
    memory_per_worker: float
    memory_per_million_youths: float


@dataclass(frozen=True)
class Study:
    """A study to predict: runs in all, draws of points, youths and months of a run, seconds that a task should take."""

    name: str
    runs: int
    draws: int
    youths: int
    months: int
    task_seconds: float = 1.2

    @property
    def million_months(self) -> float:
        """Youth-months in all."""
        return self.runs * self.youths * self.months / 1e6


def fitted(draws: F64, runs: F64, million_months: F64, seconds: F64) -> tuple[float, float, float]:
    """Return seconds per draw, run and million youth-months: the best fit in relative terms, none negative."""
    from scipy.optimize import nnls

    columns = np.stack([draws, runs, million_months], axis=1) / seconds[:, None]
    found, _ = nnls(columns, np.ones(len(seconds)))
    return float(found[0]), float(found[1]), float(found[2])


def work(costs: Costs, study: Study) -> float:
    """Return the seconds of one worker for a whole study."""
    return (
        costs.per_draw * study.draws
        + costs.per_run * study.runs
        + costs.per_million_months * study.million_months
    )


def tasks(costs: Costs, study: Study) -> int:
    """Return the number of tasks: of the seconds that a task should take, but never less than a draw each."""
    return max(1, min(study.draws, round(work(costs, study) / study.task_seconds)))


def seconds(costs: Costs, study: Study, workers: int) -> float:
    """Return the time from start to end.

    The slower of two: the workers, with on average half a task of waiting at the end; the coordinator, who hands out
    and takes in one task at a time.
    """
    n = tasks(costs, study)
    total = work(costs, study)
    busy = total / min(workers, n) + (total / n / 2 if workers > 1 else 0.0)
    return costs.start + max(busy, costs.per_task * n)


def efficiency(costs: Costs, study: Study, workers: int) -> float:
    """Return the share of all workers' time that is work."""
    return work(costs, study) / workers / seconds(costs, study, workers)
