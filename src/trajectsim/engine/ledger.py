"""The ledger: counts of months, moves, events and measures, and how they become yearly tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.engine.compiler import Program
from trajectsim.engine.jit import compiled
from trajectsim.engine.tables import Ledger

__all__ = ["Block", "Flows", "add_ledgers", "by_year", "empty_block", "flows_of", "new_ledger", "snapshots", "years_of"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]


def new_ledger(program: Program, steps: int, log_rows: int = 0) -> Ledger:
    """Return an empty ledger for so many steps."""
    n, clock = program.names, program.structure.clock[0]
    width = int(clock["at_joint"]) + len(n.joint)
    return Ledger(
        tally=np.zeros((steps + 2, max(width, 1)), np.int32),
        measures=np.zeros((steps, len(n.bands), max(len(n.measures), 1)), np.int64),
        seen=np.zeros((max(len(n.exits), 1), 2), np.int64),
        log=np.zeros((log_rows, 6), np.int32),
        logged=np.zeros(1, np.int64),
    )


def add_ledgers(ledgers: list[Ledger]) -> Ledger:
    """Return the sum of ledgers; their logs follow one another. Whole numbers: the order has no influence on counts."""
    total = ledgers[0]
    for other in ledgers[1:]:
        for mine, theirs in ((total.tally, other.tally), (total.measures, other.measures), (total.seen, other.seen)):
            mine += theirs
    logs = [ledger.log[: int(ledger.logged[0])] for ledger in ledgers]
    logged = np.array([sum(int(ledger.logged[0]) for ledger in ledgers)], np.int64)
    return total._replace(log=np.concatenate(logs), logged=logged)


def snapshots(program: Program, ledger: Ledger) -> I64:
    """Return the number of youths per snapshot, age band and state, shape [T+1, B, G]."""
    b, g = len(program.names.bands), len(program.names.states)
    changes = ledger.tally[:-1, : b * g].reshape(-1, b, g)
    return np.cumsum(changes, axis=0, dtype=np.int64)


@dataclass(frozen=True)
class Flows:
    """Counts per step: `entries` [T, B, G] into states; `moves` [T, reasons]: how often each exit was taken and each
    constraint applied; `events` [T, B, E]; `joint` [T+1, J] (stocks)."""

    entries: npt.NDArray[np.int32]
    moves: npt.NDArray[np.int32]
    events: npt.NDArray[np.int32]
    joint: I64


def flows_of(program: Program, ledger: Ledger) -> Flows:
    """Return the parts of a ledger's tally by name."""
    n, clock = program.names, program.structure.clock[0]
    b, steps = len(n.bands), len(ledger.tally) - 2
    at = [int(clock[name]) for name in ("at_entries", "at_moves", "at_events", "at_joint")]
    rows = ledger.tally[:steps]
    return Flows(
        entries=rows[:, at[0] : at[1]].reshape(steps, b, len(n.states)),
        moves=rows[:, at[1] : at[2]],
        events=rows[:, at[2] : at[3]].reshape(steps, b, len(n.events)),
        joint=np.cumsum(ledger.tally[:-1, at[3] : at[3] + len(n.joint)], axis=0, dtype=np.int64),
    )


def years_of(program: Program, steps: int) -> int:
    """Return how many years a run of so many steps fills; one more if the last snapshot carries weight."""
    return -(-(steps + int(program.counting[-1] != 0)) // program.steps_per_year)


@dataclass(frozen=True)
class Block:
    """Yearly counts of one arm and draw; the first axis is the replicate.

    `state_months` [R, Y, B, G] weighted snapshots, in months; `events` [R, Y, B, E]; `entries` [R, Y, B, G];
    `moves` [R, Y, reasons]; `measures` [R, Y, B, M]; `joint` [R, Y, J] in months; `monthly` [T+1, G] numbers in each
    state, added over replicates.
    """

    state_months: F64
    events: I64
    entries: I64
    moves: I64
    measures: F64
    joint: F64
    monthly: I64


def empty_block(program: Program, replicates: int, steps: int) -> Block:
    """Return a block of zeros."""
    n, y = program.names, years_of(program, steps)
    b, g = len(n.bands), len(n.states)
    return Block(
        state_months=np.zeros((replicates, y, b, g)),
        events=np.zeros((replicates, y, b, len(n.events)), np.int64),
        entries=np.zeros((replicates, y, b, g), np.int64),
        moves=np.zeros((replicates, y, len(n.reasons)), np.int64),
        measures=np.zeros((replicates, y, b, len(n.measures))),
        joint=np.zeros((replicates, y, len(n.joint))),
        monthly=np.zeros((steps + 1, g), np.int64),
    )


def by_year(program: Program, ledger: Ledger, block: Block, replicate: int) -> None:
    """Fill one replicate of a block from its ledger."""
    clock, n = program.structure.clock[0], program.names
    steps, years = len(ledger.measures), block.state_months.shape[1]
    weights = program.counting[: steps + 1] * (12.0 / program.steps_per_year)
    width = len(n.bands) * len(n.states)
    joint = slice(int(clock["at_joint"]), int(clock["at_joint"]) + len(n.joint))
    add_stocks(
        ledger.tally[:, :width],
        weights,
        program.steps_per_year,
        len(n.states),
        block.state_months[replicate].reshape(years, width),
        block.monthly,
    )
    unused = np.zeros((steps + 1, max(len(n.joint), 1)), np.int64)
    add_stocks(ledger.tally[:, joint], weights, program.steps_per_year, len(n.joint), block.joint[replicate], unused)
    for name, first, last in (
        ("entries", "at_entries", "at_moves"),
        ("moves", "at_moves", "at_events"),
        ("events", "at_events", "at_joint"),
    ):
        target = getattr(block, name)[replicate]
        rows = ledger.tally[:steps, int(clock[first]) : int(clock[last])]
        add_flows(rows, program.steps_per_year, target.reshape(years, rows.shape[1]))
    if n.measures:
        starts = np.arange(0, steps, program.steps_per_year)
        block.measures[replicate, : len(starts)] = np.add.reduceat(ledger.measures, starts, axis=0) / 65536.0


@compiled
def add_stocks(
    changes: Any,
    weights: Any,
    per_year: int,
    n_states: int,
    yearly: Any,
    monthly: Any,
) -> None:
    """Add weighted snapshots to years [Y, B*G], and their numbers over bands to snapshots [T+1, G]."""  # fmt: skip
    for j in range(changes.shape[1]):
        total = 0
        for t in range(weights.shape[0]):
            total += changes[t, j]
            if total != 0:
                if weights[t] != 0.0:
                    yearly[t // per_year, j] += weights[t] * total
                monthly[t, j % n_states] += total


@compiled
def add_flows(rows: Any, per_year: int, yearly: Any) -> None:
    """Add counts per step [T, ...] to years."""
    for t in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            yearly[t // per_year, j] += rows[t, j]
