"""Regression on draws: what parameters say about an answer, judged on draws that were not used.

A smooth is a penalised natural cubic spline per parameter, split into its straight part and its bends (the bends by
rising curvature, each as stiff as its curvature asks), and for a few parameters together also their products. Every
part has its own variance, found by maximising the evidence (MacKay 1992; the same as REML of a mixed model), so that a
part that says nothing shrinks to nothing.

Predictions are made for each tenth of the draws from the other nine tenths. Their covariance with the answer is then an
honest measure of what the parameters explain, whatever the number of parameters: luck that was fitted earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline

__all__ = ["FOLDS", "Smooths", "Columns", "columns_of", "columns_of_all", "folds", "unseen_singly", "unseen_together"]

F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
FOLDS = 10
MOST_KNOTS, DRAWS_PER_KNOT = 12, 20
MOST_TOGETHER, DRAWS_PER_TERM, BENDS_TOGETHER, MOST_PRODUCTS = 30, 8, 3, 6
ROUNDS, SETTLED = 40, 1e-2
CELLS = 4_000_000
"""Most cells of one array in memory."""
_NIL = 1e-10
_STIFFEST, _GONE = 1e9, 1e3


def folds(n: int) -> list[I64]:
    """Return the draws held out in each fold; draws are independent, so every tenth one is as good as a random one."""
    return [np.arange(first, n, FOLDS) for first in range(min(FOLDS, n))]


def columns_of(x: F64, bends: int = BENDS_TOGETHER) -> tuple[F64, F64]:
    """Return the columns of one parameter [D]: straight [D, 1], and bends [D, bends] of which unused ones are nil."""
    spread = x.std()
    straight = np.zeros((len(x), 1))
    curves = np.zeros((len(x), bends))
    if not spread > _NIL * max(1.0, float(np.abs(x).max())):
        return straight, curves
    z = (x - x.mean()) / spread
    straight[:, 0] = z
    knots = np.unique(np.quantile(z, np.linspace(0, 1, min(MOST_KNOTS, max(3, len(x) // DRAWS_PER_KNOT)))))
    if len(knots) < 3 or len(np.unique(z)) < 3:
        return straight, curves
    values, seconds = _natural(z, knots)
    gap = np.diff(knots)
    mass = np.diag(np.r_[gap, 0] + np.r_[0, gap]) / 3 + (np.diag(gap, 1) + np.diag(gap, -1)) / 6
    curvature, axes = np.linalg.eigh(seconds.T @ mass @ seconds)
    kept = np.flatnonzero(curvature > _NIL * curvature.max())[:bends]  # the least curved first
    bent = values @ axes[:, kept] / np.sqrt(curvature[kept])
    bent -= bent.mean(axis=0)
    bent -= np.outer(z, z @ bent / (z @ z))
    curves[:, : len(kept)] = bent / max(float(bent[:, 0].std()), _NIL)
    return straight, curves


@dataclass(frozen=True)
class Columns:
    """The columns of many parameters, made once for many regressions: straight [D, P] and bends [D, P, B]."""

    straight: F64
    bent: F64

    def of(self, chosen: Sequence[int]) -> Columns:
        """Return the columns of some of the parameters."""
        own = list(chosen)
        return Columns(self.straight[:, own], self.bent[:, own])


def columns_of_all(x: F64) -> Columns:
    """Return the columns of parameters [D, P] for `unseen_together`."""
    both = [columns_of(x[:, j]) for j in range(x.shape[1])]
    if not both:
        return Columns(np.zeros((len(x), 0)), np.zeros((len(x), 0, BENDS_TOGETHER)))
    return Columns(np.hstack([b[0] for b in both]), np.stack([b[1] for b in both], axis=1))


def _natural(z: F64, knots: F64) -> tuple[F64, F64]:
    """Return the natural cubic splines that are 1 at one knot and 0 at the others: their values, and second
    derivatives at the knots."""
    cardinal = CubicSpline(knots, np.eye(len(knots)), bc_type="natural")
    return np.asarray(cardinal(z)), np.asarray(cardinal(knots, 2))


def _evidence(gram: F64, moment: F64, square: F64, n: int, block: I64) -> F64:
    """Return the coefficients [K, q] of K ridge regressions; the variance of each block maximises the evidence.

    Args:
        gram: centred Z'Z [K, q, q].
        moment: centred Z'y [K, q].
        square: centred y'y [K].
        n: draws.
        block: block of each column [q].
    """
    q = gram.shape[-1]
    member = (block[:, None] == np.arange(block.max() + 1)).astype(np.float64)
    size = member.sum(axis=0)
    diagonal = np.arange(q)
    out = np.zeros_like(moment)
    going = np.arange(len(moment))  # each regression stops by itself, so that it does not depend on its neighbours
    weight = np.full((len(moment), len(size)), 0.01 * n)
    least = 1e-12 * np.maximum(square / max(n - 1, 1), 1e-300)
    for _ in range(ROUNDS):
        system = gram[going]
        system[:, diagonal, diagonal] += weight @ member.T
        inverse = np.linalg.inv(system)
        coefficients = (inverse @ moment[going][..., None])[..., 0]
        out[going] = coefficients
        used = np.clip(size - weight * (np.diagonal(inverse, axis1=-2, axis2=-1) @ member), 1e-12, None)
        fit = (gram[going] @ coefficients[..., None])[..., 0]
        left = square[going] + (coefficients * (fit - 2 * moment[going])).sum(axis=-1)
        noise = np.maximum(left / np.maximum(n - 1 - used.sum(axis=-1), 1.0), least[going])
        power = np.maximum((coefficients**2) @ member, 1e-300)
        fresh = np.clip(noise[:, None] * used / power, 1e-9, _STIFFEST * n)
        moved = np.abs(np.log(fresh / weight))
        moved[(fresh > _GONE * n) & (weight > _GONE * n)] = 0.0
        keep = moved.max(axis=-1) >= SETTLED
        going, weight = going[keep], fresh[keep]
        if not len(going):
            break
    return out


@dataclass(frozen=True)
class Smooths:
    """One regression per parameter: fitted to all draws [P, D], and for draws that were not used [P, D]."""

    fitted: F64
    unseen: F64


def unseen_singly(x: F64, y: F64) -> Smooths:
    """Regress an answer [D] on each parameter [D, P] by itself; some parameters at a time, to spare memory."""
    n, p = x.shape
    bends = max(1, min(MOST_KNOTS, max(3, n // DRAWS_PER_KNOT)) - 2)
    block = np.array([0, *[1] * bends])
    everything = np.arange(n)
    fitted, unseen = np.zeros((p, n)), np.zeros((p, n))
    size = max(1, CELLS // (n * len(block)))
    for first in range(0, p, size):
        some = slice(first, min(first + size, p))
        z = np.stack([np.hstack(columns_of(column, bends)) for column in x[:, some].T])
        for test in folds(n):
            unseen[some, test] = _predicted(z, y, np.setdiff1d(everything, test), test, block)
        fitted[some] = _predicted(z, y, everything, everything, block)
    return Smooths(fitted, unseen)


def _predicted(z: F64, y: F64, train: I64, test: I64, block: I64) -> F64:
    """Return predictions [K, test] of y from columns z [K, D, q] fitted to the training draws."""
    own, centre = z[:, train], y[train].mean()
    middle = own.mean(axis=1, keepdims=True)
    own = own - middle
    aim = y[train] - centre
    gram, moment = own.transpose(0, 2, 1) @ own, aim @ own
    coefficients = _evidence(gram, moment, np.full(len(z), aim @ aim), len(train), block)
    return np.asarray(centre + ((z[:, test] - middle) @ coefficients[..., None])[..., 0])


def unseen_together(columns: Columns, y: F64) -> F64:
    """Regress an answer [D] on many parameters together; return predictions [D] of draws that were not used.

    In every fold parameters are chosen first, one by one (at most 30, and one per eight draws); the first six of them
    also enter as products two by two. What moves the answer only as a product with another is not found among many.
    """
    n = len(y)
    straight, bent = columns.straight, columns.bent
    out = np.zeros(n)
    for test in folds(n):
        train = np.setdiff1d(np.arange(n), test)
        chosen = _chosen(straight[train], bent[train][:, :, 0], y[train])
        if not len(chosen):
            out[test] = y[train].mean()
            continue
        parts = [straight[:, [j]] for j in chosen] + [bent[:, j] for j in chosen]
        few = chosen[:MOST_PRODUCTS]
        parts += [straight[:, [a]] * straight[:, [b]] for i, a in enumerate(few) for b in few[:i]]
        parts += [straight[:, [a]] * bent[:, b, :1] for a in few[:3] for b in few[:3] if a != b]
        block = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])
        out[test] = _predicted(np.hstack(parts)[None], y, train, test, block)[0]
    return out


def _chosen(straight: F64, bent: F64, y: F64) -> I64:
    """Return the parameters to enter: always the one that goes along most with what the ones before it leave.

    Args:
        straight, bent: a straight and a bent column of each parameter [n, P].
        y: the answer [n].
    """
    p = straight.shape[1]
    columns = np.hstack([straight, bent])
    columns = columns - columns.mean(axis=0)
    left = y - y.mean()
    least = 1e-8 * np.sqrt(np.maximum((columns**2).sum(axis=0), _NIL))
    chosen: list[int] = []
    for _ in range(min(p, MOST_TOGETHER, max(1, len(y) // DRAWS_PER_TERM))):
        norm = np.sqrt((columns**2).sum(axis=0))
        usable = norm > np.maximum(least, _NIL)
        usable[[j + side for j in chosen for side in (0, p)]] = False
        if not usable.any():
            break
        score = np.where(usable, np.abs(columns.T @ left) / np.where(usable, norm, 1.0), -1.0)
        best = int(np.argmax(score))
        direction = columns[:, best] / norm[best]
        left = left - direction * (direction @ left)
        columns = columns - np.outer(direction, direction @ columns)
        chosen.append(best % p)
    return np.asarray(chosen, dtype=np.int64)
