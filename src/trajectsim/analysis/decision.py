"""Which option to choose, and how sure that is: net benefit, acceptability, expected loss, perfect information.

Plain tables in, plain tables out: costs and effects per draw and option, from a study of this package or from
elsewhere. A draw is one set of parameter values; options that tie in a draw share it equally, so that of two options
that never differ each is best with probability one half, and information about them is worth nothing.

Formulas: Briggs, Claxton and Sculpher (2006), Decision modelling for health economic evaluation, chapters 4 to 6;
frontier (CEAF): Fenwick, Claxton and Sculpher (2001); expected loss: Alarid-Escudero and others (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.errors import UserError, nearest

__all__ = [
    "TIES",
    "Estimate",
    "Options",
    "acceptability",
    "acceptability_curve",
    "break_even_chances",
    "evpi",
    "expected_loss",
    "net_benefit",
    "options",
    "plane",
    "preferred",
]

F64 = npt.NDArray[np.float64]
Table = pd.DataFrame | npt.ArrayLike
TIES = {
    "nl": (
        "Gelijke stand in een trekking wordt eerlijk gedeeld: twee opties die nooit verschillen zijn elk met kans 0,5 "
        "de beste, en informatie daarover is niets waard."
    ),
    "en": (
        "Options that tie in a draw share it equally: of two options that never differ each is best with probability "
        "0.5, and information about them is worth nothing."
    ),
}


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error, which is what the limited number of draws leaves in it."""

    value: float
    error: float


@dataclass(frozen=True)
class Options:
    """What can be chosen: names [O]; costs (paid is positive) and effects (more is better) per draw [D, O]."""

    names: tuple[str, ...]
    costs: F64
    effects: F64

    def __len__(self) -> int:
        return len(self.names)


def options(costs: Table, effects: Table | None = None, names: Sequence[str] | None = None) -> Options:
    """Return options from plain tables.

    Args:
        costs: per draw and option [draws, options]; the columns of a DataFrame name the options.
        effects: of the same shape; nil everywhere when left out, so that only money counts.
        names: names of the options, in place of the columns'.

    Raises:
        UserError: the shapes differ, a number is missing, or a name is there twice.
    """
    money = _matrix(costs, "costs")
    gains = np.zeros_like(money) if effects is None else _matrix(effects, "effects")
    if gains.shape != money.shape:
        raise UserError.of(
            f"costs are {money.shape[0]} draws of {money.shape[1]} options, effects {gains.shape[0]} of "
            f"{gains.shape[1]}",
            cure="give both for the same draws and options",
        )
    found = tuple(names) if names is not None else _columns(costs, money.shape[1])
    if len(found) != money.shape[1] or len(set(found)) != len(found):
        raise UserError.of(
            f"{len(found)} names for {money.shape[1]} options: {', '.join(found)}",
            cure="give every option its own name",
        )
    if isinstance(costs, pd.DataFrame) and isinstance(effects, pd.DataFrame) and names is None:
        wrong = [str(c) for c in effects.columns if str(c) not in found]
        if wrong:
            raise UserError.of(f"there is no option '{wrong[0]}' among the costs", near=nearest(wrong[0], found))
        gains = gains[:, [[str(c) for c in effects.columns].index(name) for name in found]]
    return Options(found, money, gains)


def _columns(table: Table, n: int) -> tuple[str, ...]:
    return tuple(str(c) for c in table.columns) if isinstance(table, pd.DataFrame) else tuple(str(i) for i in range(n))


def _matrix(table: Table, what: str) -> F64:
    values = np.asarray(table, dtype=np.float64)
    if values.ndim != 2 or not values.size:
        raise UserError.of(f"{what} need a table of draws by options", cure="one row per draw, one column per option")
    if not np.isfinite(values).all():
        raise UserError.of(f"{what} hold a number that is missing or infinite", cure="leave out draws that failed")
    return values


def net_benefit(choice: Options, threshold: float = 0.0) -> F64:
    """Return net monetary benefit per draw and option [D, O]: threshold x effect - cost."""
    return np.asarray(choice.effects * threshold - choice.costs)


def evpi(benefit: F64) -> Estimate:
    """Return the expected value of perfect information about net benefit [D, O], with its standard error.

    E[max over options] - max over options of E, per decision: what it is worth to know every draw before choosing.
    """
    gain = benefit.max(axis=1) - benefit[:, preferred(benefit)]
    error = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.nan
    return Estimate(float(gain.mean()), float(error))


def preferred(benefit: F64) -> int:
    """Return the option with the highest expected net benefit [D, O]; the first one where options tie."""
    return int(np.argmax(benefit.mean(axis=0)))


def expected_loss(benefit: F64) -> F64:
    """Return what choosing each option is expected to lose against the best one in each draw [O].

    The smallest of these is the EVPI.
    """
    return np.asarray((benefit.max(axis=1, keepdims=True) - benefit).mean(axis=0))


def acceptability(benefit: F64) -> F64:
    """Return the probability that each option is best [O]; options that tie share the draw equally."""
    best = benefit == benefit.max(axis=1, keepdims=True)
    return np.asarray((best / best.sum(axis=1, keepdims=True)).mean(axis=0))


def acceptability_curve(choice: Options, thresholds: Sequence[float]) -> pd.DataFrame:
    """Return what each threshold makes of the options.

    Returns:
        One row per threshold and option: threshold, option, net_benefit (mean), probability (CEAC), expected_loss,
        frontier (whether it is the preferred option there: the CEAF), evpi.
    """
    rows = []
    for threshold in thresholds:
        benefit = net_benefit(choice, float(threshold))
        chance, loss, best = acceptability(benefit), expected_loss(benefit), preferred(benefit)
        rows += [
            (float(threshold), name, benefit[:, o].mean(), chance[o], loss[o], o == best, loss[best])
            for o, name in enumerate(choice.names)
        ]
    return pd.DataFrame(
        rows, columns=["threshold", "option", "net_benefit", "probability", "expected_loss", "frontier", "evpi"]
    )


def plane(choice: Options, reference: int = 0) -> pd.DataFrame:
    """Return the points of the cost-effectiveness plane: draw, option, effect and cost beyond the reference's."""
    others = [o for o in range(len(choice)) if o != reference]
    draws = np.arange(len(choice.costs))
    frames = [
        pd.DataFrame({
            "draw": draws, "option": choice.names[o],
            "effect": choice.effects[:, o] - choice.effects[:, reference],
            "cost": choice.costs[:, o] - choice.costs[:, reference],
        })
        for o in others
    ]  # fmt: skip
    columns = ["draw", "option", "effect", "cost"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def break_even_chances(net_cost: Table) -> dict[str, float]:
    """Return the probability per payer that costs are earned back: net cost at or below nil, a tie counting half.

    Args:
        net_cost: net cost against the null alternative at the end of the horizon, per draw and payer.
    """
    values = _matrix(net_cost, "net costs")
    chance = (values < 0).mean(axis=0) + 0.5 * (values == 0).mean(axis=0)
    return dict(zip(_columns(net_cost, values.shape[1]), (float(c) for c in chance), strict=True))
