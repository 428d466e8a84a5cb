"""From the kernel's log to lives: one row per stay with the reason it ended, and months per youth and year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from trajectsim.engine.compiler import Program

__all__ = ["Stays", "months_by_year", "stays"]

I64 = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stays:
    """Stays and events as columns of equal length.

    `domain` -1 marks an event (`state` is then the event). `reason` is why the stay began (-1: it began before the
    start). Months count from the start.
    """

    row: I64
    domain: I64
    state: I64
    start: I64
    end: I64
    reason: I64


def stays(program: Program, log: npt.NDArray[np.int32], steps: int) -> Stays:
    """Return the stays of watched youths from a complete log, ordered by youth, domain and time.

    A stay that began and ended within one month (one move followed at once by another) is left out.
    """
    log64 = log.astype(np.int64)
    order = np.lexsort((np.arange(len(log64)), log64[:, 1], log64[:, 2], log64[:, 0]))
    row, step, domain, _, state, reason = log64[order].T
    is_event = domain < 0
    start = np.where(is_event, step, step + 1)
    follows = np.zeros(len(row), bool)
    follows[:-1] = (row[1:] == row[:-1]) & (domain[1:] == domain[:-1]) & ~is_event[:-1]
    after = np.concatenate([start[1:], [steps]]) if len(start) else start
    end = np.where(is_event, start + 1, np.where(follows, after, steps))
    gone = _gone_from(program, row, domain, state, start)
    end = np.where(is_event, end, np.minimum(end, np.maximum(gone[row], start) if len(row) else end))
    is_gone_state = ~is_event & _is_gone(program, domain, state)
    end = np.where(is_gone_state, steps, end)
    keep = end > start
    begin, until = (np.round(x[keep] * (12 / program.steps_per_year)).astype(np.int64) for x in (start, end))
    return Stays(row[keep], domain[keep], state[keep], begin, until, reason[keep])


def _is_gone(program: Program, domain: I64, state: I64) -> npt.NDArray[np.bool_]:
    first = program.structure.domains["first"]
    g = np.where(domain >= 0, first[np.maximum(domain, 0)] + state, 0)
    return (domain >= 0) & (program.structure.states["gone"][g] > 0)


def _gone_from(program: Program, row: I64, domain: I64, state: I64, start: I64) -> I64:
    """Return from which step each row has left the model."""
    out = np.full(int(row.max()) + 1 if len(row) else 0, np.iinfo(np.int64).max)
    left = _is_gone(program, domain, state)
    np.minimum.at(out, row[left], start[left])
    return out


def months_by_year(lives: Stays, years: int) -> tuple[Stays, I64, I64]:
    """Return the stays cut at the ends of years: the stays, the year of each piece, and its months (1 for an event)."""
    pieces, year, months = [], [], []
    index = np.arange(len(lives.row))
    for y in range(years):
        begin, end = np.maximum(lives.start, 12 * y), np.minimum(lives.end, 12 * (y + 1))
        inside = end > begin
        pieces.append(index[inside])
        year.append(np.full(int(inside.sum()), y))
        months.append((end - begin)[inside])
    at = np.concatenate(pieces)
    cut = Stays(*(getattr(lives, name)[at] for name in ("row", "domain", "state", "start", "end", "reason")))
    return cut, np.concatenate(year), np.concatenate(months)
