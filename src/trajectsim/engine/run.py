"""A whole run: youths in columns, from a first step to a last, in chunks over threads if wished."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from trajectsim.engine.compiler import Program
from trajectsim.engine.jit import compiling
from trajectsim.engine.kernel import BLOCK, advance, new_work
from trajectsim.engine.ledger import add_ledgers, new_ledger
from trajectsim.engine.shared import nothing_shared
from trajectsim.engine.tables import Columns, Ledger, Values

__all__ = ["live", "simulate"]


def simulate(
    program: Program,
    values: Values,
    columns: Columns,
    run: np.uint64,
    *,
    first_step: int = 0,
    steps: int | None = None,
    first: int = 0,
    last: int | None = None,
    first_id: int = 0,
    threads: int = 1,
    log_rows: int = 0,
    keys: npt.NDArray[np.uint64] | None = None,
) -> Ledger:
    """Live so many steps and return what was counted; `columns` hold the youths as they are after the last step.

    Args:
        program: the compiled scenario.
        values: hazards and effects of the arm and draw.
        columns: the youths; changed in place.
        run: the run's key (`luck.run_key`), the same for all arms.
        first_step: number of the first step; negative for a run-in before the start.
        steps: how many steps; the scenario's own number if left out.
        first, last: rows to live, all if left out.
        first_id: identity of row 0 where the columns hold no identities.
        threads: chunks that run side by side. The result does not depend on it.
        log_rows: room for rows of the log of lives of watched youths; a ledger whose `logged` exceeds the room
            lost the rest, and the run has to be made again with more.
        keys: keys of all rows where they are not of one run (several replicates side by side); `run` is then not used.
    """
    steps = program.steps if steps is None else steps
    end = columns.small.shape[1] if last is None else last
    n = end - first
    chunks = max(1, min(threads, -(-n // BLOCK)))
    edges = [first + (n * k // chunks) // BLOCK * BLOCK for k in range(chunks)] + [end]

    def chunk(k: int) -> Ledger:
        """Live the k-th part of the rows with a ledger of its own."""
        ledger = new_ledger(program, steps, log_rows)
        live(
            program,
            values,
            columns,
            ledger,
            run,
            edges[k],
            edges[k + 1],
            first_step,
            steps,
            first_id=first_id,
            opening=True,
            keys=keys,
        )
        return ledger

    if chunks == 1:
        return chunk(0)
    with ThreadPoolExecutor(chunks) as pool:
        return add_ledgers(list(pool.map(chunk, range(chunks))))


def live(
    program: Program,
    values: Values,
    columns: Columns,
    ledger: Ledger,
    run: np.uint64,
    first: int,
    last: int,
    first_step: int,
    steps: int,
    *,
    ledger_start: int | None = None,
    first_id: int = 0,
    opening: bool,
    keys: npt.NDArray[np.uint64] | None = None,
) -> None:
    """Live so many steps of the rows first up to last, adding to a ledger whose first row is step `ledger_start`.

    `opening` counts the first snapshot and puts the youths under the constraints: once, before the first step.
    """
    s = program.structure
    start = first_step if ledger_start is None else ledger_start
    closing = first_step + steps == program.steps
    with np.errstate(over="ignore"), compiling(advance):
        advance(
            s,
            values,
            columns,
            nothing_shared(program.levels),
            ledger,
            new_work(s, values, keys),
            run,
            first_id,
            first,
            last,
            first_step,
            first_step + steps,
            start,
            opening,
            closing,
            False,
            False,
        )
