"""A network of friends in numbers: degrees, how closely knit it is, and how much groups keep to themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trajectsim.engine.jit import compiled
from trajectsim.engine.network import Network

__all__ = ["Summary", "summary"]


class Summary(NamedTuple):
    """A network in numbers.

    `clustering`: of all pairs of friends of one youth in the cohort, the share that are friends of each other (0 where
    there are no pairs). `mixing`: per grouping the share of ties that lie within one group (0 where there are no ties).
    """

    youths: int
    ties: int
    degree: float  # mean number of friends in the cohort
    outside: float  # mean number of friends elsewhere
    alone: float  # share of youths without any friend
    degrees: tuple[int, ...]  # youths with 0, 1, 2, ... friends in the cohort
    clustering: float
    mixing: tuple[float, ...]


@compiled
def _closed_pairs(network: Network) -> int:
    """Return how many pairs of friends of one youth are friends, over all youths: three for every triangle."""
    closed = 0
    for a in range(network.outside.shape[0]):
        for j in range(network.start[a], network.start[a + 1]):
            b = network.friends[j]
            if b > a:
                x, y = network.start[a], network.start[b]
                while x < network.start[a + 1] and y < network.start[b + 1]:
                    difference = network.friends[x] - network.friends[y]
                    closed += difference == 0
                    x += difference <= 0
                    y += difference >= 0
    return closed


def summary(network: Network, groups: Sequence[npt.NDArray[np.int32]] = ()) -> Summary:
    """Return a network in numbers, with the mixing of each grouping (group of each youth, [N])."""
    degrees = np.diff(network.start)
    n = max(len(degrees), 1)
    pairs = int((degrees * (degrees - 1) // 2).sum())
    from_row = np.repeat(np.arange(len(degrees), dtype=np.int32), degrees)
    half_ties = len(network.friends)
    within = [int((group[from_row] == group[network.friends]).sum()) for group in groups]
    return Summary(
        youths=len(degrees),
        ties=half_ties // 2,
        degree=float(degrees.sum()) / n,
        outside=float(network.outside.sum()) / n,
        alone=float(((degrees == 0) & (network.outside == 0)).sum()) / n,
        degrees=tuple(int(count) for count in np.bincount(degrees)),
        clustering=int(_closed_pairs(network)) / max(pairs, 1),
        mixing=tuple(count / max(half_ties, 1) for count in within),
    )
