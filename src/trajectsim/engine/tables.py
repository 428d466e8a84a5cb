"""The arrays the engine knows. `compiler.py` makes them from a scenario; the engine has never heard of Nijkerk.

Indices: d domain, g state over all domains, k exit, f forced exit, q consequence, a account. Time and ages are in
steps. Records rather than one array per field: few arguments make compiled rules compile and load fast, and an
exit's fields lie together in memory.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = [
    "ATOM",
    "CLOCK",
    "CONSTRAINT",
    "DOMAIN",
    "EXIT",
    "FOLLOW",
    "FORCED",
    "LATENT_ONE",
    "MEASURE",
    "NUMBER_ONE",
    "STATE",
    "TAIL",
    "TERM",
    "Columns",
    "Ledger",
    "Structure",
    "Values",
]

TAIL = 32
"""Most candidates that one domain can have in one step; the chance of more is below 2**-53 for a total bound of 4."""

LATENT_ONE = 1 << 30
"""Latents are whole numbers from 0 to this, so that their sums are exact in any order."""

NUMBER_ONE = 1 << 16
"""Number traits are whole numbers in this unit."""


def _record(whole: str, words: str = "", real: str = "") -> np.dtype[Any]:
    fields = [(n, np.int64) for n in whole.split()] + [(n, np.uint64) for n in words.split()]
    return np.dtype([*fields, *((n, np.float64) for n in real.split())])


DOMAIN = _record("first has_exits has_forced word shift", "refine pick")
"""Per domain: its first state over all domains; the purposes of its luck."""

STATE = _record("exit_begin exit_end forced_begin forced_end threshold last_stage gone")
"""Per state: its exits; the 16-bit threshold below which a lane may hold a candidate; the lowest stage present."""

EXIT = _record(
    "to event law stage adds condition term_begin term_end then_begin then_end duration_at duration_length age_at "
    "age_length age_first age_per season_at step_at step_length",
    real="bound share",
)
"""Per exit: state it leads to or event (-1 none); law 0 hazard, 1 probability per step, 2 rate; whether any term adds;
ranges of its terms and consequences; offsets of its tables (-1 none); bound per step; cumulative share among its
state's bounds."""

TERM = _record("kind index value level")
"""Per term: kind 0 fixed-point row, 1 flag row, 2 age, 3 state of a domain (row and value), 4 multiply by a fixed-point
row, 5 add while in a state; 6 and 7 as 3 and 5 times a level that all youths share, 8 a shared level itself."""

FORCED = _record("age to event condition then_begin then_end", "salt")
FOLLOW = _record("parent parent_happened condition event domain state shift_begin shift_end", "salt")
"""Per consequence: the one it hangs on (-1 the exit itself) and whether that must have happened or not."""

ATOM = _record("kind index", "mask", "low high")
"""Per part of a condition: kind 0 states of a domain (mask), 1 age, 2 small row, 3 slow row, 4 steps in state, 5 step
(number since the start)."""

CONSTRAINT = _record("domain state otherwise begin end", "allowed")
"""Per constraint: state -1: the condition at `begin` implies `allowed`; else the state needs one of begin..end."""

MEASURE = _record("term_begin term_end")

SCALED = _record("latent domain state level value")
"""Drift of a latent in a state that counts by a level (2**-30 per step at strength 1)."""
CLOCK = _record(
    "n_states n_exits n_forced birth enter origin watch steps_per_year season_start "
    "n_joint restless account_shift at_entries at_moves at_events at_joint"
)
"""One record: sizes; rows of the columns (-1 where absent); offsets of the parts of the tally."""

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
I16 = npt.NDArray[np.int16]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Records = npt.NDArray[Any]


class Structure(NamedTuple):
    """What is the same in every arm and draw."""

    clock: Records  # [1] CLOCK
    domains: Records  # [D] DOMAIN
    states: Records  # [G] STATE
    exits: Records  # [K] EXIT
    terms: Records  # TERM
    forced: Records  # [F] FORCED
    follows: Records  # [Q] FOLLOW
    shift_rows: I64  # latents that consequences shift
    conditions: I64  # [conditions+1] ranges of atoms
    atoms: Records  # ATOM
    constraints: Records  # CONSTRAINT
    constraint_conditions: I64
    lines: I64  # [J+M] conditions of joint lines, then of measures
    measures: Records  # [M] MEASURE
    marks: I64  # ages at which a band, a constraint or a line may change, rising
    bands: I64  # ages at which bands begin, rising; band 0 lies below the first
    tail: F64  # [G, TAIL] chance of more than 0, 1, 2... candidates in a step
    lane_salt: U64  # [W] purpose of each word of four 16-bit lanes
    account_rate: F64  # [A, G+E] amounts per step in a state and per event
    account_weight: F64  # [A, T+2] sum of the discount factors before each step


class Values(NamedTuple):
    """What differs between arms and draws; numbers per step."""

    base: F64  # [K, 2] hazard, and the constant part of its terms
    coefficient: F64  # [terms]
    table: F64
    forced_after: I64  # [F] steps in the state, or -1
    chance: F64  # [F] of forced exits
    follow_chance: F64  # [Q]
    shift: I64
    drift: I32  # [l, G]
    reversion: I64  # [l]
    measure: F64  # [M, 4] constant, factor, low, high
    scaled: Records  # SCALED
    together: I64  # domains of programmes of which a youth may be in several at a time; [0] where that cannot be
    part: F64  # [programmes] what an effect of a programme counts for by the number a youth is in, from one up


class Columns(NamedTuple):
    """The youths. Rows of `small`: states of the domains, flags, and whether lives are logged; of `when`: step at whose
    start the present state of each domain began, step of birth, step of joining; of `slow`: latents, their origins (for
    reversion), number traits. Which optional rows exist stands in the structure's clock."""

    small: U8
    when: I16
    slow: I32
    lines: U32  # [N] or [0] joint lines and measures that hold, one bit each
    ids: I64  # [N] or [0] identities; row + first_id when absent
    accounts: F64  # [A, N]


class Ledger(NamedTuple):
    """What is counted, in whole numbers. `tally` [T+2, ...] holds for each step: changes of stocks by band and state,
    entries by band and state, exits taken and constraints applied, events by band, changes of joint lines."""

    tally: I32
    measures: I64  # [T, B, M] in 2**-16
    seen: I64  # [K, 2] hazards evaluated, and cut to their bound
    log: I32  # [rows, 6] youth row, step, domain (-1 event), from, to, reason
    logged: I64  # [1] rows wanted; more than there are rows means the log overflowed
