"""The engine's own exp and log: as accurate as they say, and the same bits compiled and plain."""

import math
import struct
from collections.abc import Callable
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest

from trajectsim.engine import arithmetic

EXP, LOG = arithmetic.exp, arithmetic.log
ACCURACY = 1e-15


def plain(rule: Callable[[float], float]) -> Callable[[float], float]:
    """The rule as it runs without a compiler."""
    found: Callable[[float], float] = getattr(rule, "py_func", rule)
    return found


def spread(low: float, high: float, n: int = 1500) -> list[float]:
    """Numbers over a range, even and irregular."""
    steps = (np.arange(n) * 0.6180339887498949) % 1.0
    return [*np.linspace(low, high, n), *(low + (high - low) * steps)]


@pytest.mark.parametrize(("low", "high"), [(-690, 690), (-30, 30), (-1, 1), (-1e-8, 1e-8)])
def test_exp_is_accurate(low: float, high: float) -> None:
    assert max(abs(EXP(x) / math.exp(x) - 1) for x in spread(low, high)) < ACCURACY


def test_exp_against_decimals() -> None:
    """The library's exp is no judge of the last bit; forty digits are."""
    with localcontext() as context:
        context.prec = 40
        worst = max(abs(Decimal(EXP(x)) / Decimal(x).exp() - 1) for x in spread(-40, 40, 150))
    assert worst < Decimal(ACCURACY)


@pytest.mark.parametrize(
    ("low", "high"), [(1e-300, 1e-290), (1e-6, 1e-3), (0.3, 3.0), (0.999, 1.001), (3, 1e6), (1e290, 1e300)]
)
def test_log_is_accurate(low: float, high: float) -> None:
    for x in spread(low, high, 400):
        true = math.log(x)
        assert abs(LOG(x) - true) <= ACCURACY * max(abs(true), 1.0)


def test_log_near_one_keeps_its_relative_accuracy() -> None:
    for x in (1 + 1e-6, 1 - 1e-6, 1 + 1e-9, 1 - 1e-9):
        assert LOG(x) == pytest.approx(math.log(x), rel=1e-12)


def test_special_values() -> None:
    assert EXP(0.0) == 1.0 and LOG(1.0) == 0.0
    assert EXP(-690.1) == 0.0 and EXP(-1e9) == 0.0
    assert EXP(1e9) == EXP(690.0) and math.isfinite(EXP(690.0))
    assert LOG(0.0) == LOG(-3.0) == -700.0


def test_exp_never_falls_where_its_argument_rises() -> None:
    """Thinning compares hazards: equal arguments give equal hazards, larger ones never clearly smaller ones."""
    x = sorted(spread(-5, 5, 2000))
    y = [EXP(v) for v in x]
    assert all(b >= a * (1 - 4e-16) for a, b in pairwise(y))


def test_compiled_and_plain_give_the_same_bits() -> None:
    def bits(numbers: list[float]) -> list[bytes]:
        return [struct.pack("d", number) for number in numbers]

    x = spread(-690, 690, 700)
    assert bits([EXP(v) for v in x]) == bits([plain(EXP)(v) for v in x])
    y = [math.exp(v / 10) for v in x]
    assert bits([LOG(v) for v in y]) == bits([plain(LOG)(v) for v in y])
