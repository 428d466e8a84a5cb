"""What a study of n youths is worth before choosing (EVSI), what it costs, and the best n.

Two ways, both from the draws that there are, none running the model again:

- *regression on simulated summaries* (Strong, Oakley, Brennan and Breeze 2015): for each draw the study's outcome is
  simulated from that draw's parameters; net benefit is then regressed on it. For any design that can be simulated.
- *moment matching* (Heath, Manolopoulou and Baio 2018), for a study that measures the difference in net benefit itself:
  the draws are drawn in until their covariance is that of the posterior mean, V (V + S / n)^-1 V, where V is the
  covariance across draws and S that of one youth's measurement. Exact when both are normal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.decision import Estimate, evpi
from trajectsim.analysis.evppi import fewest, from_predictions
from trajectsim.analysis.noise import matched
from trajectsim.analysis.smooth import columns_of_all, unseen_singly, unseen_together
from trajectsim.errors import UserError

__all__ = ["SIZES", "counted", "evsi_by_moments", "evsi_by_regression", "measured", "sampling_benefit"]

F64 = npt.NDArray[np.float64]
SIZES = (10, 20, 50, 100, 200, 500, 1000)
"""Youths per arm for which a follow-up is valued, unless others are asked for."""


def evsi_by_moments(benefit: F64, one_youth: npt.ArrayLike, n: int) -> Estimate:
    """Return the value of measuring net benefit itself in n youths per option.

    Args:
        benefit: net benefit per draw and option [D, O], noise of replicates out.
        one_youth: variance of one youth's measured net benefit in each option [O] (youths independent, between options
            too), or the covariance [O - 1, O - 1] of one youth's differences with the first option.
        n: youths per option.
    """
    _positive(n)
    gaps = benefit[:, 1:] - benefit[:, :1]
    spread = np.asarray(one_youth, dtype=np.float64)
    if spread.ndim == 1:
        spread = np.diag(spread[1:]) + spread[0]
    prior = np.atleast_2d(np.cov(gaps.T)) if len(gaps) > 1 else np.zeros((gaps.shape[1], gaps.shape[1]))
    learned = prior @ np.linalg.pinv(prior + spread / n) @ prior
    ahead = matched(gaps, learned)
    return evpi(np.hstack([np.zeros((len(gaps), 1)), ahead]))


def evsi_by_regression(benefit: F64, summaries: npt.ArrayLike) -> Estimate:
    """Return the value of a study of which one outcome per draw was simulated.

    Args:
        benefit: net benefit per draw and option [D, O].
        summaries: what the study would find, simulated once per draw from its parameters [D] or [D, S]; `counted` and
            `measured` make such columns.

    Raises:
        UserError: fewer than 40 draws.
    """
    fewest(len(benefit))
    found = np.asarray(summaries, dtype=np.float64)
    order = np.argsort(-benefit.mean(axis=0), kind="stable")
    gaps = benefit[:, order[1:]] - benefit[:, order[:1]]
    single = found.ndim == 1 or found.shape[1] == 1
    x = found.reshape(len(benefit), -1)
    unseen = [unseen_singly(x, gap).unseen[0] if single else unseen_together(columns_of_all(x), gap) for gap in gaps.T]
    return from_predictions(benefit, np.stack(unseen, axis=-1))


def counted(probability: F64, n: int, seed: int) -> F64:
    """Return per draw the share of n youths in whom something was seen, given its probability in that draw [D]."""
    _positive(n)
    luck = np.random.default_rng([seed % 2**32, n, 0xC0])
    return np.asarray(luck.binomial(n, np.clip(probability, 0.0, 1.0)) / n)


def measured(value: F64, one_youth_sd: float, n: int, seed: int) -> F64:
    """Return per draw the mean of n youths' measurements of a value [D], each with this standard deviation."""
    _positive(n)
    luck = np.random.default_rng([seed % 2**32, n, 0x3E])
    return np.asarray(value + luck.normal(0.0, one_youth_sd / np.sqrt(n), len(value)))


def sampling_benefit(
    value: Callable[[int], Estimate], sizes: Sequence[int], youths: float, fixed: float = 0.0, per_youth: float = 0.0
) -> pd.DataFrame:
    """Return the expected net benefit of sampling for each size of a study.

    Args:
        value: gives the EVSI per youth of a study of n youths per option.
        sizes: numbers of youths per option.
        youths: for how many youths the decision is taken, counted in the worth of today.
        fixed, per_youth: what the study costs: euros to begin, and per n.

    Returns:
        One row per size: n, evsi and its error (euros per youth), worth (times youths), cost, net, best (the size of
        the highest net, if that is above nil: the smallest of equals).
    """
    rows = []
    for n in sizes:
        found = value(int(n))
        worth, cost = found.value * youths, fixed + per_youth * n
        rows.append((int(n), found.value, found.error, worth, cost, worth - cost))
    table = pd.DataFrame(rows, columns=["n", "evsi", "error", "worth", "cost", "net"])
    table["best"] = False
    if len(table) and table["net"].max() > 0:
        table.loc[table["net"].idxmax(), "best"] = True
    return table


def _positive(n: int) -> None:
    if n < 1:
        raise UserError.of(f"a study of {n} youths finds nothing", key="n", allowed="at least 1")
