"""Who the followed youths were at the start: age, traits and slow quantities, before any world begins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE, Columns
from trajectsim.study.rows import named

__all__ = ["AGE", "youths_table"]

AGE = "age"
"""The trait that holds a youth's age in years at the start (or on entering, of whoever comes later)."""


def youths_table(plan: Any, columns: Columns, draw: int, replicate: int, most: int) -> pa.Table:
    """Return one row per youth and trait of the first `most` youths: the same people in every arm.

    Traits are `age`, the model's own traits (flags as 0 and 1) and its latents (from 0 to 1).
    """
    rows, model = plan.program.rows, plan.scenario.model
    n = min(most, columns.small.shape[1])
    birth = columns.when[rows.birth, :n].astype(np.int64)
    enter = np.maximum(columns.when[rows.enter, :n].astype(np.int64), 0) if rows.enter >= 0 else np.zeros(n, np.int64)
    values = {AGE: (enter - birth) / plan.program.steps_per_year}
    for name in model.traits:
        if name in rows.flags:
            values[name] = columns.small[rows.flags[name], :n]
        else:
            values[name] = columns.slow[rows.numbers[name], :n] / NUMBER_ONE
    for name in model.latents:
        values[name] = columns.slow[rows.latents[name], :n] / LATENT_ONE
    names = list(values)
    return pa.table(
        {
            "draw": pa.array(np.full(n * len(names), draw, np.int32)),
            "replicate": pa.array(np.full(n * len(names), replicate, np.int32)),
            "youth": pa.array(np.tile(np.arange(n, dtype=np.int32), len(names))),
            "trait": named(np.repeat(np.arange(len(names)), n), names),
            "value": pa.array(np.concatenate([np.asarray(v, np.float64) for v in values.values()])),
        }
    )
