"""Present value (contante waarde): what a euro of a later year is worth at the start."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["year_factors", "years_of"]

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
