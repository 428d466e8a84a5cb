"""What was shared in a run, as tables: queues, teams, budgets, and how far youths stood in each other's way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trajectsim.engine.compiler import Program
from trajectsim.engine.shared import KEPT
from trajectsim.engine.together import Meeting
from trajectsim.study.rows import Key, named, nonzero_table

__all__ = ["Gathering", "gather", "interference", "shared_tables"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
TEAM_MEASURES = ("hours_needed", "hours_given", "strength", "coaches_left")
BUDGET_MEASURES = ("cents", "requests_without_money", "cap", "first_month_out")
QUEUE_MEASURES = (*(name.replace("steps_waited", "months_waited") for name in KEPT), "units")
MEANS = ("waiting", "open", "filled", "closed", "strength")
"""Measures of a moment: their mean over the months of a year is kept; the others are sums."""


@dataclass(frozen=True)
class Gathering:
    """Yearly figures of one run: `queues` [Y, P, 11], `teams` [Y, K, 4], `budgets` [Y, B, 4]."""

    arm: int
    replicate: int
    queues: F64
    teams: F64
    budgets: F64


def gather(program: Program, meeting: Meeting, arm: int, replicate: int) -> Gathering:
    """Return what one run shared, by year from the start."""
    town, spy = meeting.town, program.steps_per_year
    queues = _by_year(town.kept.astype(float), spy, KEPT)
    queues[:, :, KEPT.index("steps_waited")] *= 12 / spy
    queues[:, :, KEPT.index("others_steps_waited")] *= 12 / spy
    units = np.broadcast_to(town.pools["units"].astype(float), queues.shape[:2])
    queues = np.concatenate([queues, units[:, :, None]], axis=2)
    teams = _by_year(town.worked, spy, TEAM_MEASURES)
    paid = _by_year(town.paid.astype(float), spy, BUDGET_MEASURES[:2])
    cap = np.broadcast_to(town.budgets["cap"].astype(float), paid.shape[:2])
    out = _first_out(town.paid[:, :, 1], spy, int(program.structure.clock[0]["season_start"]))
    budgets = np.concatenate([paid, cap[:, :, None], out[:, :, None]], axis=2)
    return Gathering(arm, replicate, queues, teams, budgets)


def _by_year(months: F64, spy: int, names: Sequence[str]) -> F64:
    """Return sums, or means of what is measured at a moment, per year: [T, X, M] to [Y, X, M]."""
    starts = np.arange(0, len(months), spy)
    if months.size == 0:
        return np.zeros((len(starts), *months.shape[1:]))
    out: F64 = np.add.reduceat(months, starts, axis=0)
    lengths = np.diff([*starts, len(months)])[:, None]
    for m, name in enumerate(names):
        if name in MEANS:
            out[:, :, m] /= lengths
    return out


def _first_out(refused: I64, spy: int, season_start: int) -> F64:
    """Return the month of the calendar (1 to 12) in which a budget first could not pay a request; 0 where it could.

    A budget lasts a calendar year; the month stands with the simulated year (from the start) in which it lies.
    """
    years = -(-len(refused) // spy)
    out = np.zeros((years, refused.shape[1]))
    calendar = season_start + np.arange(len(refused))
    for year in np.unique(calendar // spy):
        steps = np.flatnonzero(calendar // spy == year)
        for budget in np.flatnonzero((refused[steps] > 0).any(axis=0)):
            first = int(steps[np.argmax(refused[steps, budget] > 0)])
            if out[first // spy, budget] == 0:
                out[first // spy, budget] = calendar[first] % spy * 12 // spy + 1
    return out


def shared_tables(
    plan: Any, draw: int, found: Sequence[Gathering], followed: Sequence[dict[str, Any]]
) -> dict[str, pa.Table]:
    """Return the tables of what was shared in one draw; none where nothing is."""
    town = plan.program.town
    if town is None or not found:
        return {}
    replicates = plan.scenario.spec.replicates
    names = {
        "queues": ("provision", list(town.names), "measure", list(QUEUE_MEASURES)),
        "teams": ("programme", list(town.levels), "measure", list(TEAM_MEASURES)),
        "budgets": ("budget", [name for name, _, _ in town.budgets], "measure", list(BUDGET_MEASURES)),
    }
    tables = {}
    for table, (column, rows, measure, measures) in names.items():
        parts = []
        for arm in range(len(plan.arms)):
            own = {item.replicate: getattr(item, table) for item in found if item.arm == arm}
            shape = next(iter(own.values())).shape
            amounts = np.stack([own.get(k, np.zeros(shape)) for k in range(replicates)])
            axes: list[str | tuple[str, Sequence[str]]] = ["replicate", "year", (column, rows), (measure, measures)]
            parts.append(nonzero_table(Key(plan.arms, arm, draw), amounts, axes, "quantity"))
        tables[table] = pa.concat_tables(parts)
    if followed:
        tables["interference"] = interference(plan, draw, followed)
    return tables


def interference(plan: Any, draw: int, followed: Sequence[dict[str, Any]]) -> pa.Table:
    """Return how many followed youths never took part and yet lived another life than in the first arm, and why.

    One row per arm and reason of the first difference; `youths` followed, `outsiders` who never took part among them,
    `changed` whose lives differ for this reason. Where nothing is shared `changed` is nil.
    """
    names = plan.program.names
    logs = {item["arm"]: item["log"] for item in followed}
    rows: list[tuple[int, str, int, int, int]] = []
    youths = min(plan.size, 1000)
    for arm, spec in enumerate(plan.scenario.spec.arms):
        if arm == 0 or arm not in logs or 0 not in logs:
            continue
        running = [name for name in spec.interventions if name in names.domains]
        own = [names.domains.index(name) for name in running]
        joined = np.isin(logs[arm][:, 2], own) & (logs[arm][:, 4] > 0)  # in another state than outside
        took_part = set(np.unique(logs[arm][joined, 0]).tolist())
        reasons: dict[str, int] = {}
        outsiders = 0
        asking = [
            r
            for r, name in enumerate(names.reasons)
            if name.startswith(tuple(f"queue.{x}." for x in running))
        ]
        before, after = _lives_of(logs[0], own, asking), _lives_of(logs[arm], own, asking)
        for row in range(youths):
            if row in took_part:
                continue
            outsiders += 1
            reason = _first_difference(before.get(row, []), after.get(row, []), plan.program)
            if reason is not None:
                reasons[reason] = reasons.get(reason, 0) + 1
        rows += [(arm, reason, youths, outsiders, count) for reason, count in sorted(reasons.items())]
        if not reasons:
            rows.append((arm, "none", youths, outsiders, 0))
    n = len(rows)
    return pa.table(
        {
            "arm": named(np.array([r[0] for r in rows], np.int64), plan.arms),
            "draw": pa.array(np.full(n, draw, np.int32)),
            "reason": pa.array([r[1] for r in rows], pa.string()),
            "youths": pa.array(np.array([r[2] for r in rows], np.int32)),
            "outsiders": pa.array(np.array([r[3] for r in rows], np.int32)),
            "changed": pa.array(np.array([r[4] for r in rows], np.int32)),
        }
    )


def _lives_of(
    log: npt.NDArray[np.int32], domains: Sequence[int], reasons: Sequence[int]
) -> dict[int, list[tuple[int, ...]]]:
    """Return the rows of each life in order of time, without programmes' own domains and requests for a place there."""
    keep = ~np.isin(log[:, 2], domains) & ~(np.isin(log[:, 5], reasons) & (log[:, 2] < 0))
    kept = log[keep]
    order = np.lexsort((np.arange(len(kept)), kept[:, 1], kept[:, 0]))
    lives: dict[int, list[tuple[int, ...]]] = {}
    for row in kept[order].tolist():
        lives.setdefault(row[0], []).append(tuple(row[1:]))
    return lives


def _first_difference(one: list[tuple[int, ...]], other: list[tuple[int, ...]], program: Program) -> str | None:
    """Return the reason of the first difference between two lives, None where they are the same."""
    for a, b in zip(one, other, strict=False):
        if a != b:
            return _kind(min(a, b, key=lambda item: item[0]), program)
    if len(one) == len(other):
        return None
    longer = one if len(one) > len(other) else other
    return _kind(longer[min(len(one), len(other))], program)


def _kind(row: tuple[int, ...], program: Program) -> str:
    """Return the queue that a row of a life is about; any other comes from friends or households."""
    _, domain, _, state, reason = row
    reasons, town = program.names.reasons, program.town
    if 0 <= reason < len(reasons) and reasons[reason].startswith("queue."):
        return reasons[reason]
    if domain >= 0 and town is not None:
        pool = int(town.state_pool[town.first[domain] + state])
        if pool >= 0:
            return f"queue.{town.names[pool]}.granted"
    return "other"
