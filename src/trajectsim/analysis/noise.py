"""Luck out of the draws: what parameters alone would show, had every draw been run with endless replicates.

A draw's mean over R replicates holds the noise of those replicates. Their spread within draws says how much, so the
draws are drawn in towards their mean until their covariance is that of the parameters alone (law of total variance).
The map is the symmetric one that moves the draws least; it is exact when draws and noise are normal, and keeps the
shape of the draws otherwise. Regressions on parameters need none of this: noise is what they average out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["matched", "noise_covariance", "without_noise"]

F64 = npt.NDArray[np.float64]
_NIL = 1e-12


def noise_covariance(values: F64, shared: bool = False) -> F64:
    """Return the covariance [K, K] that replicates leave in draws' means of values [D, R, K]; nil for one replicate.

    With luck shared across draws what a replicate adds to all draws alike is no noise between them and is taken out.
    """
    n_draws, n, k = values.shape
    if n < 2:
        return np.zeros((k, k))
    left = values - values.mean(axis=1, keepdims=True)
    freedom = n_draws * (n - 1)
    if shared and n_draws > 1:
        left = left - left.mean(axis=0, keepdims=True)
        freedom = (n_draws - 1) * (n - 1)
    return np.asarray(np.einsum("drk,drl->kl", left, left) / (freedom * n))


def matched(draws: F64, target: F64) -> F64:
    """Return draws [D, K] moved as little as possible so that their covariance is `target` [K, K], means kept.

    Columns are measured in their own standard deviation, so that euros and years of life weigh alike. Directions in
    which the draws do not vary stay as they are.
    """
    if len(draws) < 2:
        return draws
    spread = draws.std(axis=0, ddof=1)
    unit = np.where(spread > 0, spread, 1.0)
    centred = (draws - draws.mean(axis=0)) / unit
    root, inverse = _roots(centred.T @ centred / (len(draws) - 1))
    middle, _ = _roots(root @ (target / np.outer(unit, unit)) @ root)
    return np.asarray(draws.mean(axis=0) + centred @ (inverse @ middle @ inverse) * unit)


def without_noise(values: F64, shared: bool = False) -> F64:
    """Return the draws' means [D, K] of values [D, R, K] with the noise of replicates out of their spread."""
    draws = values.mean(axis=1)
    noise = noise_covariance(values, shared)
    if len(draws) < 2 or not noise.any():
        return np.asarray(draws)
    total = np.atleast_2d(np.cov(draws.T))
    unit = np.sqrt(np.where(np.diag(total) > 0, np.diag(total), 1.0))
    scale = np.outer(unit, unit)
    return matched(draws, _part_left(total / scale, noise / scale) * scale)


def _part_left(total: F64, noise: F64) -> F64:
    """Return total minus noise; where noise is the larger (along a direction of its own), nothing is left."""
    root, inverse = _roots(total)
    share, axes = np.linalg.eigh(inverse @ (total - noise) @ inverse)
    kept = (axes * share.clip(0.0, 1.0)) @ axes.T
    return np.asarray(root @ kept @ root)


def _roots(matrix: F64) -> tuple[F64, F64]:
    """Return the symmetric root of a covariance and the pseudo-inverse of that root."""
    values, axes = np.linalg.eigh((matrix + matrix.T) / 2)
    solid = values > _NIL * max(values.max(initial=0.0), 0.0)
    root = np.where(solid, np.sqrt(np.where(solid, values, 1.0)), 0.0)
    inverse = np.where(solid, 1.0 / np.where(solid, root, 1.0), 0.0)
    return (axes * root) @ axes.T, (axes * inverse) @ axes.T
