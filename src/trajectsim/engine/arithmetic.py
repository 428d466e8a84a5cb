"""Exponential and logarithm of our own, so that every platform and the uncompiled mode give the same bits.

Only additions, multiplications and exact scaling by powers of two are used (no fused operations, no library calls).
Relative error below 1e-15 in the range used; tested against the correctly rounded values.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np

from trajectsim.engine.jit import rule

__all__ = ["exp", "log"]


def _root(j: int) -> str:
    """Return 2 to the power j/16 with 40 digits."""
    with localcontext() as context:
        context.prec = 40
        return str(Decimal(2) ** (Decimal(j) / Decimal(16)))


_STEPS = 16  # powers of two in steps of 1/16: the rest is small, so a short polynomial is exact enough
_PER_STEP = 16 * 1.4426950408889634
_LN2_HIGH = 0.693147180369123816490  # 32 bits, so that k * high is exact
_LN2_LOW = 1.90821492927058770002e-10
_STEP_HIGH = _LN2_HIGH / _STEPS
_STEP_LOW = _LN2_LOW / _STEPS
_SPAN = 1000
_POWERS = np.array([float(2.0**k) for k in range(-_SPAN, _SPAN + 1)])
_ROOTS = np.array([float(Fraction(_root(j))) for j in range(_STEPS)])
_EXP_LIMIT = 690.0


@rule
def exp(x: float) -> float:
    """Return e to the power x for -690 <= x <= 690; 0 below that range, e**690 above it."""
    if x < -_EXP_LIMIT:
        return 0.0
    x = min(x, _EXP_LIMIT)
    k = int(np.floor(x * _PER_STEP + 0.5))
    r = (x - k * _STEP_HIGH) - k * _STEP_LOW
    square = r * r
    low = 1.0 + r
    middle = 0.5 + r * (1.0 / 6.0)
    high = (1.0 / 24.0 + r * (1.0 / 120.0)) + square * (1.0 / 720.0)
    p = low + square * (middle + square * high)
    return float(p * _ROOTS[k & 15] * _POWERS[(k >> 4) + _SPAN])


@rule
def log(x: float) -> float:
    """Return the natural logarithm of x > 0; a very negative number (-700) for x <= 0."""
    if x <= 0.0:
        return -700.0
    k = 0
    while x >= 2.0:
        x = x * 0.5
        k += 1
    while x < 1.0:
        x = x * 2.0
        k -= 1
    if x > 1.4142135623730951:
        x = x * 0.5
        k += 1
    s = (x - 1.0) / (x + 1.0)
    z = s * s
    p = 1.0 / 23.0
    p = p * z + 1.0 / 21.0
    p = p * z + 1.0 / 19.0
    p = p * z + 1.0 / 17.0
    p = p * z + 1.0 / 15.0
    p = p * z + 1.0 / 13.0
    p = p * z + 1.0 / 11.0
    p = p * z + 1.0 / 9.0
    p = p * z + 1.0 / 7.0
    p = p * z + 1.0 / 5.0
    p = p * z + 1.0 / 3.0
    p = p * z + 1.0
    return float(k * _LN2_HIGH + (2.0 * s * p + k * _LN2_LOW))
