"""What it is worth to know a parameter, or a group of them, before choosing (EVPPI), in euros per decision.

E over the parameters of max over options of E[net benefit | parameters], minus max over options of E[net benefit].
The inner expectation is a regression of net benefit on the parameters over the draws that there are: Strong, Oakley and
Brennan (2014), Estimating multiparameter partial expected value of perfect information from a probabilistic sensitivity
sample. Which regression, and how it is kept honest: `smooth.py`. Its predictions for unused draws are stretched until
their variance is the covariance with net benefit (that is how much the parameters explain); without that the value
would be too high where there are few draws, since a maximum also gains from noise. Luck of replicates averages out.

The standard error is a jackknife over twenty groups of draws. `clear` says whether the link with net benefit is told
apart from chance: Benjamini and Hochberg (1995) at a false discovery rate of 10% over all that is asked for at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from trajectsim.analysis.decision import Estimate
from trajectsim.analysis.smooth import columns_of_all, unseen_singly, unseen_together
from trajectsim.errors import UserError, nearest

__all__ = [
    "FEWEST_DRAWS",
    "METHOD",
    "discovered",
    "evppi_of_groups",
    "evppi_singly",
    "explained",
    "fewest",
    "from_predictions",
]

F64 = npt.NDArray[np.float64]
METHOD = "penalised natural cubic splines by evidence (REML), ten-fold; Strong, Oakley and Brennan 2014"
FEWEST_DRAWS, JACKKNIFE, DISCOVERY = 40, 20, 0.10
COLUMNS = ["evppi", "error", "share", "share_error", "p", "clear"]


def fewest(n: int) -> None:
    """Refuse too few draws for a regression.

    Raises:
        UserError: fewer than 40 draws.
    """
    if n < FEWEST_DRAWS:
        raise UserError.of(
            f"{n} draws are too few to say what knowing a parameter is worth", key="draws",
            allowed=f"at least {FEWEST_DRAWS}", cure="run the same command with more draws",
        )  # fmt: skip


def evppi_singly(benefit: F64, parameters: pd.DataFrame) -> pd.DataFrame:
    """Return the value of knowing each parameter.

    Args:
        benefit: net benefit per draw and option [D, O].
        parameters: draws [D, P], a column per parameter.

    Returns:
        One row per parameter that varies, by falling value: evppi and its standard error (euros per decision), share of
        the variance of the difference between the two best options that it explains by itself, with standard error, p
        and clear (see the module).

    Raises:
        UserError: fewer than 40 draws, or tables of different length.
    """
    _fit_each_other(benefit, parameters)
    x = parameters.to_numpy(dtype=np.float64)
    moving = np.flatnonzero(x.std(axis=0) > 1e-12 * (1.0 + np.abs(x).max(axis=0, initial=0.0)))
    names = [str(parameters.columns[int(j)]) for j in moving]
    gaps = _gaps(benefit)
    unseen = np.stack([unseen_singly(x[:, moving], gap).unseen for gap in gaps.T], axis=-1)
    return _table(names, [unseen[j] for j in range(len(names))], benefit)


def evppi_of_groups(
    benefit: F64, parameters: pd.DataFrame, groups: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    """Return the value of knowing each group of parameters together; rows and columns as `evppi_singly`.

    Args:
        benefit: net benefit per draw and option [D, O].
        parameters: draws [D, P].
        groups: names of parameters by name of the group; a group of one is treated as a single parameter.

    Raises:
        UserError: as `evppi_singly`, or a group names a parameter that is not there.
    """
    _fit_each_other(benefit, parameters)
    known = {str(c): i for i, c in enumerate(parameters.columns)}
    x = parameters.to_numpy(dtype=np.float64)
    gaps = _gaps(benefit)
    columns = columns_of_all(x)
    found = []
    for name, members in groups.items():
        for member in members:
            if member not in known:
                near = nearest(member, known)
                raise UserError.of(f"group '{name}' names '{member}', which was not drawn", near=near)
        places = [known[member] for member in members]
        if len(places) == 1:
            found.append(np.stack([unseen_singly(x[:, places], gap).unseen[0] for gap in gaps.T], axis=-1))
        else:
            found.append(np.stack([unseen_together(columns.of(places), gap) for gap in gaps.T], axis=-1))
    return _table(list(groups), found, benefit)


def from_predictions(benefit: F64, unseen: F64) -> Estimate:
    """Return the value of a decision taken on predictions.

    Args:
        benefit: net benefit per draw and option [D, O].
        unseen: predictions of each option's net benefit minus that of the best one, the others in order, for draws that
            were not used to make them [D, O - 1].
    """
    order = _others(benefit)
    gaps = _gaps(benefit)

    def value(keep: npt.NDArray[np.bool_]) -> float:
        means = np.r_[benefit[keep][:, order[0]].mean(), benefit[keep][:, order[1:]].mean(axis=0)]
        ahead = np.stack([_stretched(unseen[keep, k], gaps[keep, k]) for k in range(gaps.shape[1])], axis=-1)
        return float(np.maximum(ahead.max(axis=1), 0.0).mean() - max(float((means - means[0]).max()), 0.0))

    n = len(benefit)
    groups = min(JACKKNIFE, n)
    place = np.arange(n) % groups
    without = np.array([value(place != g) for g in range(groups)])
    error = np.sqrt((groups - 1) / groups * ((without - without.mean()) ** 2).sum())
    return Estimate(max(value(np.ones(n, dtype=np.bool_)), 0.0), float(error))


def explained(unseen: F64, answer: F64) -> Estimate:
    """Return the variance of an answer [D] that predictions for unused draws [D] explain, with its standard error."""
    product = (unseen - unseen.mean()) * (answer - answer.mean())
    n = len(answer)
    return Estimate(float(product.sum() / (n - 1)), float(product.std(ddof=1) / np.sqrt(n)))


def _fit_each_other(benefit: F64, parameters: pd.DataFrame) -> None:
    if len(benefit) != len(parameters):
        raise UserError.of(
            f"net benefit has {len(benefit)} draws, the parameters {len(parameters)}",
            cure="give the same draws of both",
        )
    fewest(len(benefit))


def _others(benefit: F64) -> list[int]:
    """Return the options, the preferred one first and the others by falling expected net benefit."""
    means = benefit.mean(axis=0)
    return [int(o) for o in np.argsort(-means, kind="stable")]


def _gaps(benefit: F64) -> F64:
    """Return the net benefit of every other option minus that of the preferred one [D, O - 1]."""
    order = _others(benefit)
    return np.asarray(benefit[:, order[1:]] - benefit[:, order[:1]])


def _stretched(unseen: F64, answer: F64) -> F64:
    """Return predictions with the mean of the answer, and its covariance with them as variance."""
    centred = unseen - unseen.mean()
    variance = float(centred @ centred)
    shared = float(centred @ (answer - answer.mean()))
    scale = np.sqrt(shared / variance) if shared > 0 and variance > 0 else 0.0
    return np.asarray(answer.mean() + scale * centred)


def _table(names: Sequence[str], predictions: Sequence[F64], benefit: F64) -> pd.DataFrame:
    gap = _gaps(benefit)[:, 0]
    variance = float(gap.var(ddof=1))
    rows = []
    for unseen in predictions:
        worth, part = from_predictions(benefit, unseen), explained(unseen[:, 0], gap)
        divide = variance if variance > 0 else np.nan
        share = max(part.value, 0.0) / divide if variance > 0 else 0.0
        rows.append((worth.value, worth.error, share, part.error / divide, _chance(unseen[:, 0], gap)))
    table = pd.DataFrame(rows, columns=COLUMNS[:-1], index=pd.Index(list(names), name="parameter"))
    table["clear"] = discovered(table["p"].to_numpy(dtype=np.float64))
    return table.sort_values(["evppi", "share"], ascending=False, kind="stable")


def _chance(unseen: F64, answer: F64) -> float:
    """Return how likely so good a prediction is by chance: one-sided test of its correlation with the answer."""
    if not unseen.std() > 0 or not answer.std() > 0:
        return 1.0
    r = min(float(np.corrcoef(unseen, answer)[0, 1]), 1.0 - 1e-15)
    freedom = len(answer) - 2
    return float(stats.t.sf(r * np.sqrt(freedom / (1 - r * r)), freedom))


def discovered(p: F64) -> npt.NDArray[np.bool_]:
    """Return which of many are told apart from chance (Benjamini and Hochberg)."""
    order = np.argsort(p, kind="stable")
    below = np.flatnonzero(p[order] <= DISCOVERY * (np.arange(len(p)) + 1) / max(len(p), 1))
    found = np.zeros(len(p), dtype=np.bool_)
    found[order[: below[-1] + 1 if len(below) else 0]] = True
    return found
