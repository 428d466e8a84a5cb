"""Present value (contante waarde): what a euro of a later year is worth at the start; what return a stream yields."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["annuity", "internal_rate", "present_value", "year_factors", "years_of"]

_RATES = np.concatenate([np.linspace(-0.95, 1.0, 391), np.geomspace(1.01, 100.0, 60)])
"""Between which rates per year an internal rate of return is looked for."""

F64 = npt.NDArray[np.float64]


def years_of(n_steps: int, steps_per_year: int) -> int:
    """Return the number of years that `n_steps` steps touch; a part of a year counts as one."""
    if n_steps < 1 or steps_per_year < 1:
        raise ValueError("n_steps and steps_per_year must be at least 1")
    return -(-n_steps // steps_per_year)


def year_factors(rate: float, n_steps: int, steps_per_year: int = 12) -> F64:
    """Return the discount factor of each year's flow [Y].

    A flow is spread evenly over the steps of its year, so its factor is the mean of (1 + rate)^(-t / steps_per_year)
    over those steps, t counted from 0 at the start of the simulation. The last year may be shorter.

    Args:
        rate: discount rate per year, for example 0.0225.
        n_steps: number of simulated steps.
        steps_per_year: steps in a year.
    """
    if rate <= -1:
        raise ValueError(f"a discount rate must lie above -1, not {rate:g}")
    t = np.arange(n_steps, dtype=np.float64)
    factor = np.power(1.0 + rate, -t / steps_per_year)
    edges = np.arange(years_of(n_steps, steps_per_year)) * steps_per_year
    sums = np.array([factor[a : a + steps_per_year].mean() for a in edges])
    return sums


def present_value(flows: F64, rate: float, n_steps: int | None = None, steps_per_year: int = 12) -> F64:
    """Return the present value of yearly flows [..., Y], each spread evenly over its year; shape [...]."""
    years = flows.shape[-1]
    steps = years * steps_per_year if n_steps is None else n_steps
    return np.asarray(flows @ year_factors(rate, steps, steps_per_year))


def internal_rate(flows: F64) -> F64:
    """Return the internal rate of return of yearly flows [..., Y] (paid negative): at which they are worth nothing.

    All flows are spread over their years alike, so the rate solves sum of flow / (1 + rate)^year = 0; two flows -c and
    b one year apart give b / c - 1. Not a number where it is not defined: the flows have one sign, or their worth
    passes nought at no rate between -95% and 10,000%, or at more than one. Nor where what is gained comes before what
    is paid: the rate is then that of a loan, the higher the worse, and no return.
    """
    rows = np.atleast_2d(np.asarray(flows, dtype=np.float64).reshape(-1, flows.shape[-1]))
    years = np.arange(rows.shape[1])

    def worth(rate: F64) -> F64:
        return np.asarray((rows * (1.0 + rate[:, None]) ** -years).sum(axis=1))

    signs = np.sign(np.stack([worth(np.full(len(rows), rate)) for rate in _RATES], axis=1))
    turns = (signs[:, :-1] * signs[:, 1:] <= 0) & (signs[:, :-1] != 0)  # a rate met exactly counts with the one before
    place = np.argmax(turns, axis=1)
    low, high, first = _RATES[place], _RATES[place + 1], signs[np.arange(len(rows)), place]
    found = (turns.sum(axis=1) == 1) & (first > 0) & (rows > 0).any(axis=1) & (rows < 0).any(axis=1)
    for _ in range(80):
        middle = (low + high) / 2
        before = np.sign(worth(middle)) == first
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return np.asarray(np.where(found, (low + high) / 2, np.nan).reshape(flows.shape[:-1]))


def annuity(rate: float | F64, growth: float | F64, decay: float | F64, months: int) -> F64:
    """Return what a flow of 1 a year from now on is worth now, paid monthly for a number of months.

    Each month it is 1/12 x ((1 + growth) e^-decay / (1 + rate))^(j/12), j counted from 0. With q that ratio to the
    power 1/12 the sum is (1 - q^months) / (1 - q) / 12: an annuity in advance.

    Args:
        rate, growth: discount rate and real growth per year. decay: fading per year (exponential).
        months: how long; nil or less gives nought.
    """
    q = np.exp((np.log1p(growth) - np.asarray(decay) - np.log1p(rate)) / 12.0)
    n = max(int(months), 0)
    flat = np.isclose(q, 1.0, rtol=0, atol=1e-12)
    return np.asarray(np.where(flat, float(n), (1 - q**n) / np.where(flat, 1.0, 1 - q)) / 12.0)
