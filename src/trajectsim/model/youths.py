"""The youths' columns: making them, copying them, picking rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trajectsim.engine.compiler import Program
from trajectsim.engine.tables import Columns

__all__ = ["bytes_per_youth", "copy_columns", "join", "new_columns", "take"]


def new_columns(program: Program, n: int, *, ids: bool = True, accounts: bool = True) -> Columns:
    """Return columns for n youths, all zero, without watching anybody."""
    rows = program.rows
    lines = len(program.structure.lines) > 0
    return Columns(
        small=np.zeros((rows.n_small, n), np.uint8),
        when=np.zeros((rows.n_when, n), np.int16),
        slow=np.zeros((rows.n_slow, n), np.int32),
        lines=np.zeros(n if lines else 0, np.uint32),
        ids=np.zeros(n if ids else 0, np.int64),
        accounts=np.zeros((len(program.names.accounts), n if accounts else 0)),
    )


def take(columns: Columns, rows: npt.NDArray[np.int64]) -> Columns:
    """Return a copy of some rows, in the given order."""
    return Columns._make(np.ascontiguousarray(c[..., rows]) if c.shape[-1] else c.copy() for c in columns)


def join(parts: list[Columns]) -> Columns:
    """Return columns one after another."""
    return Columns._make(np.ascontiguousarray(np.concatenate(part, axis=-1)) for part in zip(*parts, strict=True))


def copy_columns(columns: Columns) -> Columns:
    """Return a copy, so that each arm lives its own lives."""
    return Columns._make(c.copy() for c in columns)


def bytes_per_youth(columns: Columns) -> float:
    """Return the memory of the columns per youth."""
    return sum(c.nbytes for c in columns) / columns.small.shape[1]
