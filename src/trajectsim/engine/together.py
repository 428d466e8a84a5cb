"""Months in which youths meet: the phases in their order, for all youths of one run.

`live_together` does whole runs in one compiled call; with several threads, or a function of the user's own in each
month, the same phases are called one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from trajectsim.engine.allotment import allot
from trajectsim.engine.jit import compiled, compiling
from trajectsim.engine.kernel import BLOCK, Work, advance
from trajectsim.engine.ledger import add_ledgers, new_ledger
from trajectsim.engine.meeting import Meeting, meet
from trajectsim.engine.phases import keep_queues, look_around, open_month, see_friends, share_homes
from trajectsim.engine.shared import Shared, Town
from trajectsim.engine.tables import Columns, Ledger, Structure, Values

__all__ = ["Hook", "Meeting", "live_months", "meet", "simulate_together"]

Hook = Callable[[Meeting, int], None]
"""A function of the user's own, called with the meeting and the month at the start of each."""


@compiled
def advance_part(
    s: Structure, v: Values, c: Columns, w: Shared, x: Town, led: Ledger, works: Work, run: np.uint64, first_id: int,
    first: int, last: int, t: int, ledger_start: int, opening: bool, closing: bool, loaded: bool, granting: bool,
    empty: bool,
) -> None:  # fmt: skip
    """Live step t for the blocks of some rows (`empty`: only put them under the constraints and count them)."""
    slot = 0
    for start in range(first, last, BLOCK):
        b = start // BLOCK
        if granting and x.granted[b] == 0:
            continue
        work = Work(
            works.given, works.keys[b], works.words[slot], works.threshold[b], works.rate[b], works.due[b],
            works.mark[b], works.alive[b], works.moved[b], works.found[slot],
        )  # fmt: skip
        end = min(start + BLOCK, last)
        until = t if empty else t + 1
        advance(
            s, v, c, w, led, work, run, first_id, start, end, t, until, ledger_start, opening, closing, loaded, granting
        )  # fmt: skip
        if granting:
            x.granted[b] = 0


@compiled
def live_together(
    s: Structure, v: Values, c: Columns, w: Shared, x: Town, led: Ledger, works: Work, run: np.uint64, first_id: int,
    t_from: int, t_to: int, ledger_start: int, opening: bool, closing: bool, looks: bool,
) -> None:  # fmt: skip
    """Live the steps t_from up to t_to for everybody, in one go.

    The kernel is called in one place, for each of its tasks: it is large, and every place where it stands is compiled.
    """
    n = c.small.shape[1]
    for t in range(t_from - 1 if opening else t_from, t_to):
        starting = t < t_from
        if not starting:
            open_month(s, c, w, x, run, t)
            if looks:
                look_around(s, c, w, x, 0, n, t)
                share_homes(c, x)
                see_friends(c, x, 0, n)
        for task in range(3):  # live (or, before the first step, count), carry out what was granted, close accounts
            if task == 1:
                row = max(t - ledger_start, 0)
                keep_queues(s, c, w, x, led, works.given, run, first_id, 0, n, t, row, 0)
                if allot(s, c, w, x, led, works.given, run, first_id, t, row, n, starting) == 0:
                    continue
            if task == 2:
                if not closing or t < t_to - 1:
                    continue
                for b in range(x.granted.shape[0]):
                    x.granted[b] = 1
            advance_part(
                s, v, c, w, x, led, works, run, first_id, 0, n, max(t, t_from), ledger_start, starting, task == 2,
                not starting, task > 0, starting,
            )  # fmt: skip


@compiled
def open_alone(s: Structure, c: Columns, w: Shared, x: Town, run: np.uint64, t: int) -> None:
    """Open a month (`phases.open_month`)."""
    open_month(s, c, w, x, run, t)


@compiled
def look_alone(s: Structure, c: Columns, w: Shared, x: Town, first: int, last: int, t: int, part: int) -> None:
    """Look around (part 0), join households (1) or see friends (2), for some rows."""
    if part == 0:
        look_around(s, c, w, x, first, last, t)
    elif part == 1:
        share_homes(c, x)
    else:
        see_friends(c, x, first, last)


@compiled
def queues_alone(
    s: Structure, c: Columns, w: Shared, x: Town, led: Ledger, given: Any, run: np.uint64, first_id: int, first: int,
    last: int, t: int, row: int, chunk: int,
) -> None:  # fmt: skip
    """Keep the queues of some rows."""
    keep_queues(s, c, w, x, led, given, run, first_id, first, last, t, row, chunk)


@compiled
def allot_alone(
    s: Structure, c: Columns, w: Shared, x: Town, led: Ledger, given: Any, run: np.uint64, first_id: int, t: int,
    row: int, chunk_rows: int, starting: bool,
) -> int:  # fmt: skip
    """Give the places of a month."""
    return allot(s, c, w, x, led, given, run, first_id, t, row, chunk_rows, starting)


def simulate_together(
    meeting: Meeting, *, log_rows: int = 0, hook: Hook | None = None, steps: int | None = None
) -> Ledger:
    """Live all steps of a run in which youths meet, and return what was counted.

    Args:
        meeting: youths and the world they share (`meet`).
        log_rows: room for rows of the log of lives of watched youths.
        hook: a function of the user's own, called at the start of every month with the meeting and the month.
        steps: how many steps; the scenario's number if left out.
    """
    program = meeting.program
    steps = program.steps if steps is None else steps
    ledgers = [new_ledger(program, steps, log_rows) for _ in meeting.parts]
    live_months(meeting, ledgers, 0, steps, hook=hook)
    return ledgers[0] if len(ledgers) == 1 else add_ledgers(ledgers)


def live_months(
    meeting: Meeting,
    ledgers: list[Ledger],
    t_from: int,
    t_to: int,
    *,
    ledger_start: int = 0,
    hook: Hook | None = None,
    opening: bool | None = None,
) -> None:
    """Live the steps t_from up to t_to; a ledger per part. The first call puts the youths under the constraints."""
    program, x, n = meeting.program, meeting.town, meeting.columns.small.shape[1]
    opens = not meeting.started if opening is None else opening
    meeting.started = True
    closing = t_to == program.steps
    looks = len(x.signal_usual) > 0 or x.helper_row[0] >= 0
    if len(meeting.parts) == 1 and hook is None:
        with np.errstate(over="ignore"), compiling(live_together):
            live_together(
                program.structure, meeting.values, meeting.columns, meeting.shared[0], x, ledgers[0], meeting.work,
                meeting.run, meeting.first_id, t_from, t_to, ledger_start, opens, closing, looks,
            )  # fmt: skip
        return
    with ThreadPoolExecutor(len(meeting.parts)) as pool, np.errstate(over="ignore"):
        phases = _Phases(meeting, ledgers, pool, ledger_start)
        if opens:
            phases.advance(t_from, opening=True, empty=True)
            phases.queues(t_from - 1, 0)
            phases.allot(t_from - 1, 0, n, starting=True)
        for t in range(t_from, t_to):
            if hook is not None:
                hook(meeting, t)
            open_alone(program.structure, meeting.columns, meeting.shared[0], x, meeting.run, t)
            if looks:
                phases.look(t, 0)
                look_alone(program.structure, meeting.columns, meeting.shared[0], x, 0, n, t, 1)
                phases.look(t, 2)
            phases.advance(t, loaded=True)
            phases.queues(t, t - ledger_start)
            if phases.allot(t, t - ledger_start, n, starting=False):
                phases.advance(t, loaded=True, granting=True)
            if closing and t == t_to - 1:
                x.granted[:] = 1
                phases.advance(t, loaded=True, granting=True, closing=True)


@dataclass
class _Phases:
    """The phases of a month over all parts, each part on a thread."""

    meeting: Meeting
    ledgers: list[Ledger]
    pool: ThreadPoolExecutor
    ledger_start: int

    def _all(self, work: Callable[[int], Any]) -> None:
        list(self.pool.map(work, range(len(self.meeting.parts))))

    def advance(
        self, t: int, opening: bool = False, closing: bool = False, loaded: bool = False, granting: bool = False,
        empty: bool = False,
    ) -> None:  # fmt: skip
        """Live a step of every part (`advance_part`), each with words and lists of its own."""
        m = self.meeting

        def one(k: int) -> None:
            first, last = m.parts[k]
            slot = m.work._replace(words=np.empty_like(m.work.words), found=np.empty_like(m.work.found))
            advance_part(
                m.program.structure, m.values, m.columns, m.shared[k], m.town, self.ledgers[k], slot, m.run,
                m.first_id, first, last, t, self.ledger_start, opening, closing, loaded, granting, empty,
            )  # fmt: skip

        self._all(one)

    def look(self, t: int, part: int) -> None:
        m = self.meeting
        self._all(lambda k: look_alone(m.program.structure, m.columns, m.shared[k], m.town, *m.parts[k], t, part))

    def queues(self, t: int, row: int) -> None:
        m = self.meeting

        def one(k: int) -> None:
            queues_alone(
                m.program.structure, m.columns, m.shared[k], m.town, self.ledgers[k], m.work.given, m.run, m.first_id,
                *m.parts[k], t, row, k,
            )  # fmt: skip

        self._all(one)

    def allot(self, t: int, row: int, n: int, starting: bool) -> int:
        m = self.meeting
        chunk_rows = m.parts[0][1] - m.parts[0][0] if len(m.parts) > 1 else n
        logged = int(self.ledgers[0].logged[0])
        found = allot_alone(
            m.program.structure, m.columns, m.shared[0], m.town, self.ledgers[0], m.work.given, m.run, m.first_id, t,
            row, chunk_rows, starting,
        )  # fmt: skip
        self._hand_over(logged, chunk_rows)
        return int(found)

    def _hand_over(self, logged: int, chunk_rows: int) -> None:
        """Bring what giving places wrote into the first part's log, from a row on, to the logs of the youths' parts.

        A life is then told in the order in which it was lived, however many parts there are.
        """
        mine = self.ledgers[0]
        if int(mine.logged[0]) > len(mine.log):  # no room: rows are counted only
            return
        rows = mine.log[logged : int(mine.logged[0])].copy()
        mine.logged[0] = logged
        for part, ledger in enumerate(self.ledgers):
            own = rows[rows[:, 0] // chunk_rows == part]
            at = int(ledger.logged[0])
            ledger.log[at : at + len(own)] = own[: max(len(ledger.log) - at, 0)]
            ledger.logged[0] = at + len(own)
