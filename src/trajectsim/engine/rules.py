"""The rules of one youth, one function each: pure arithmetic over the tables, compiled into the kernel.

`r` is the youth's row, `t` the step. See `docs/concepts/thinned-clocks.md` for how luck becomes a transition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from trajectsim.engine.arithmetic import exp, log
from trajectsim.engine.jit import inlined, rule
from trajectsim.engine.luck import bits
from trajectsim.engine.tables import NUMBER_ONE, TAIL

__all__ = [
    "band_at",
    "candidates",
    "condition_holds",
    "forced_step",
    "hazard",
    "measure_value",
    "next_forced",
    "next_mark",
    "part_of",
    "winner",
]

U64 = np.uint64
_ONE = U64(1)
_LOW32 = U64(0xFFFFFFFF)
_S32 = U64(32)
_S16 = U64(16)
_UNIT32 = 2.0**-32
_UNIT48 = 2.0**-48
_NUMBER_UNIT = 1.0 / NUMBER_ONE
_GOLD = U64(0x9E3779B97F4A7C15)
NEVER = 32767
ENROLLED = 1
"""Number of the state `enrolled` in a programme's domain (`config.intervention.STATES`)."""


@rule
def condition_holds(
    conditions: Any,
    atoms: Any,
    birth: int,
    small: Any,
    when: Any,
    slow: Any,
    condition: int,
    r: int,
    t: int,
) -> bool:
    """Return whether every part of a condition holds for a youth at step t."""
    for a in range(conditions[condition], conditions[condition + 1]):
        kind = atoms[a]["kind"]
        index = atoms[a]["index"]
        if kind == 0:
            if (atoms[a]["mask"] >> U64(small[index, r])) & _ONE == U64(0):
                return False
            continue
        if kind == 1:
            x = float(t - int(when[birth, r]))
        elif kind == 2:
            x = float(small[index, r])
        elif kind == 3:
            x = float(slow[index, r])
        elif kind == 4:
            x = float(max(t - int(when[index, r]), 0))
        else:
            x = float(t)
        if not (atoms[a]["low"] <= x < atoms[a]["high"]):
            return False
    return True


@rule
def part_of(together: Any, part: Any, small: Any, r: int) -> float:
    """Return what an effect of a programme counts for with a youth who is enrolled in one or more at a time."""
    n = 0
    for j in range(together.shape[0]):
        n += small[together[j], r] == ENROLLED
    return part[max(n, 1) - 1]


@inlined
def raw_hazard(s: Any, v: Any, c: Any, w: Any, k: int, d: int, r: int, t: int) -> float:
    """Return base x exp(terms) x multipliers + additions of an exit, before its law and its bound."""
    exits, terms, table, coefficient = s.exits, s.terms, v.table, v.coefficient
    small, when, slow = c.small, c.when, c.slow
    if v.base[k, 0] == 0.0 and exits[k]["adds"] == 0:
        return 0.0
    birth = s.clock[0]["birth"]
    condition = exits[k]["condition"]
    if condition >= 0 and not condition_holds(s.conditions, s.atoms, birth, small, when, slow, condition, r, t):
        return 0.0
    h = v.base[k, 0]
    eta = v.base[k, 1]
    plus = 0.0
    age = t - int(when[birth, r])
    for j in range(exits[k]["term_begin"], exits[k]["term_end"]):
        kind = terms[j]["kind"]
        index = terms[j]["index"]
        if kind == 0:
            eta += coefficient[j] * float(slow[index, r])
        elif kind == 3:
            if small[index, r] == terms[j]["value"]:
                eta += coefficient[j]
        elif kind == 1:
            eta += coefficient[j] * float(small[index, r])
        elif kind == 2:
            eta += coefficient[j] * float(age)
        elif kind == 4:
            h *= float(slow[index, r]) * _NUMBER_UNIT
        elif kind == 5:
            if small[index, r] == terms[j]["value"]:
                plus += coefficient[j]
        elif kind == 8:
            eta += coefficient[j] * w.level[terms[j]["level"]]
        elif small[index, r] == terms[j]["value"]:
            level = terms[j]["level"]
            flag = w.level_flag[level]
            if flag >= 0 and small[flag, r] != 0:
                level += 1
            x = coefficient[j] * w.level[level]
            if v.part.shape[0] != 0:
                x *= part_of(v.together, v.part, small, r)
            if kind == 6:
                eta += x
            else:
                plus += x
    if eta != 0.0:
        h *= exp(eta)
    if exits[k]["duration_at"] >= 0:
        stay = max(t - int(when[d, r]), 0)  # brought in by another domain in this very step: nought
        h *= table[exits[k]["duration_at"] + min(stay, exits[k]["duration_length"] - 1)]
    if exits[k]["age_at"] >= 0:
        row = age // exits[k]["age_per"] - exits[k]["age_first"]
        h *= table[exits[k]["age_at"] + min(max(row, 0), exits[k]["age_length"] - 1)]
    if exits[k]["season_at"] >= 0:
        h *= table[exits[k]["season_at"] + (s.clock[0]["season_start"] + t) % s.clock[0]["steps_per_year"]]
    if exits[k]["step_at"] >= 0:
        h *= table[exits[k]["step_at"] + min(max(t, 0), exits[k]["step_length"] - 1)]
    return h + plus


@inlined
def hazard(s: Any, v: Any, c: Any, w: Any, k: int, g: int, d: int, r: int, t: int) -> float:
    """Return the hazard per step of an exit of state g, not yet cut to its bound.

    For probabilities per step, P being their sum within the state and stage, the competing hazards that give exactly
    those probabilities are p_k * (-ln(1 - P) / P). A sum of one or more has no such hazard: twice the bound is
    returned, so that the cap is counted.
    """
    exits, states = s.exits, s.states
    law, stage = exits[k]["law"], exits[k]["stage"]
    first, last = (k, k + 1) if law == 0 else (states[g]["exit_begin"], states[g]["exit_end"])
    total = 0.0
    own = 0.0
    for j in range(first, last):
        if law == 0 or (exits[j]["stage"] == stage and exits[j]["law"] != 0):
            p = raw_hazard(s, v, c, w, j, d, r, t)
            if exits[j]["law"] == 2:
                p = 1.0 - exp(-p)
            total += p
            if j == k:
                own = p
    if law == 0:
        return own
    if total >= 1.0:
        return float(2.0 * exits[k]["bound"])
    if total < 1e-9:
        return own
    return own * (-log(1.0 - total) / total)


@inlined
def candidates(tail: Any, g: int, lane: int, key: np.uint64, refine: np.uint64) -> int:
    """Return how many candidate events a domain has in this step, Poisson with the state's total bound.

    The 16 bits of the lane decide unless they equal the first 16 bits of a chance; then 48 more bits make it exact.
    """
    n = 0
    while n < TAIL:
        edge = tail[g, n] * 65536.0
        whole = int(edge)
        if lane > whole:
            break
        if lane == whole and float(lane) + float(bits(key, refine) >> _S16) * _UNIT48 >= edge:
            break
        n += 1
    return n


@inlined
def winner(
    s: Any, v: Any, c: Any, w: Any, seen: Any, g: int, d: int, r: int, t: int, n: int, key: np.uint64, pick: np.uint64
) -> int:
    """Return the exit that happens among n candidates, or -1.

    Each candidate belongs to an exit with the fixed share of its bound and is accepted with hazard / bound; the first
    accepted candidate of the lowest stage happens.
    """
    exits, states = s.exits, s.states
    best = 99
    result = -1
    for j in range(n):
        word = bits(key, pick + U64(j) * _GOLD)
        where = float(word >> _S32) * _UNIT32
        k = states[g]["exit_begin"]
        while exits[k]["share"] <= where:
            k += 1
        if exits[k]["stage"] >= best:
            continue
        h = hazard(s, v, c, w, k, g, d, r, t)
        seen[k, 0] += 1
        if h > exits[k]["bound"] * (1.0 + 1e-9):
            seen[k, 1] += 1
        if float(word & _LOW32) * _UNIT32 * exits[k]["bound"] < h:
            result = k
            best = exits[k]["stage"]
            if best == states[g]["last_stage"]:
                break
    return result


@rule
def forced_step(forced: Any, forced_after: Any, birth: int, when: Any, f: int, d: int, r: int) -> int:
    """Return the step in which a forced exit is due: the state has ended at the exact age, or after the exact time."""
    if forced[f]["age"] >= 0:
        return int(when[birth, r]) + int(forced[f]["age"]) - 1
    return int(when[d, r]) + int(forced_after[f]) - 1


@rule
def next_forced(
    states: Any,
    forced: Any,
    forced_after: Any,
    birth: int,
    when: Any,
    g: int,
    d: int,
    r: int,
    t: int,
) -> int:
    """Return the first step at or after t in which a forced exit of state g is due; 32767 if none."""
    due = NEVER
    for f in range(states[g]["forced_begin"], states[g]["forced_end"]):
        at = forced_step(forced, forced_after, birth, when, f, d, r)
        if t <= at < due:
            due = at
    return due


@rule
def band_at(bands: Any, age: int) -> int:
    """Return the age band of an age in steps."""
    b = 0
    while b < bands.shape[0] and age >= bands[b]:
        b += 1
    return b


@rule
def next_mark(marks: Any, birth: int, t: int) -> int:
    """Return the first step from t on whose end is an age that matters to a band, constraint or line; 32767 if none."""
    for j in range(marks.shape[0]):
        if birth + marks[j] - 1 >= t:
            return birth + int(marks[j]) - 1
    return NEVER


@inlined
def measure_value(s: Any, v: Any, c: Any, m: int, r: int, age: int) -> int:
    """Return the amount of a measure of a youth of this age in one step, in 2**-16 units, rounded to nearest."""
    x = v.measure[m, 0]
    for j in range(s.measures[m]["term_begin"], s.measures[m]["term_end"]):
        kind, index = s.terms[j]["kind"], s.terms[j]["index"]
        if kind == 2:
            x += v.coefficient[j] * float(age)
        else:
            x += v.coefficient[j] * (float(c.slow[index, r]) if kind == 0 else float(c.small[index, r]))
    x = min(max(x, v.measure[m, 2]), v.measure[m, 3]) * v.measure[m, 1]
    return int(np.floor(x * 65536.0 + 0.5))
