"""A network of friends from keys alone, and what friends show.

Youths are put in a circle by a hash of their keys, within groups or among all; neighbours in a circle are friends.
Further links in the same circle make friends of friends friends (a ring lattice); a circle of its own for every two
friends does not (together nearly a random regular graph). So the network follows from keys and groups: not from the
order of the youths, threads or platform. One page on the ideas is `docs/concepts/peers.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trajectsim.engine.jit import compiled, compiling
from trajectsim.engine.luck import bits, purpose, salt
from trajectsim.engine.tables import NUMBER_ONE
from trajectsim.errors import UserError

__all__ = ["AWAY", "ANYBODY", "LayerSpec", "Network", "build_network", "densest", "expose", "keyed_order"]

ANYBODY = -1
"""Group of a layer whose ties may join any two youths."""

AWAY = 1 << 8
"""What a youth shows who is not in the model at present: friends count as if it were somebody outside the cohort."""

MOST_TIES = 255
"""Most friends that one youth can have; layers are held to it."""

_CHANCE_ONE = 1 << 32  # chances of ties are whole numbers, compared with the upper or lower half of a word of luck
_S32 = np.uint64(32)
_LOW = np.uint64(_CHANCE_ONE - 1)
_SPREAD = np.array([sum(((b >> s) & 1) << (8 * s) for s in range(8)) for b in range(256)], np.uint64)


class LayerSpec(NamedTuple):
    """Part of everybody's friends: number of the grouping (or ANYBODY), mean degree, share from a ring lattice."""

    group: int
    degree: float
    clustering: float = 0.0


class Network(NamedTuple):
    """Who is whose friend: row i's are `friends[start[i]:start[i + 1]]`, rising; `outside` counts those elsewhere."""

    start: npt.NDArray[np.int64]  # [N + 1]
    friends: npt.NDArray[np.int32]  # [E], every tie twice
    outside: npt.NDArray[np.uint8]  # [N]


class _Ties(NamedTuple):
    """Links of one kind in a layer: which circle, to which neighbour, and the chances that a link is kept."""

    circle: int
    distance: int  # in a group large enough for circles of their own
    dense_distance: int  # in a small group: all in the layer's first circle, so that no tie comes twice
    even: int  # chance of links from even places
    odd: int
    mean: int


def _plan(layer: LayerSpec) -> list[_Ties]:
    """Return the kinds of links of a layer: a lattice in the first circle, then circles of their own."""
    lattice = round(layer.degree * layer.clustering, 9)
    free = round(layer.degree - lattice, 9)
    near = ceil(lattice / 2)
    plan = []
    for j in range(near):
        kept = round(min(lattice / 2 - j, 1.0) * _CHANCE_ONE)
        plan.append(_Ties(0, j + 1, j + 1, kept, kept, kept))
    first = 1 if near else 0
    for k in range(ceil(free / 2)):
        rest = min(free - 2 * k, 2.0)  # of the last circle: half its links are a perfect matching
        even, odd = round(min(rest, 1.0) * _CHANCE_ONE), round(max(rest - 1.0, 0.0) * _CHANCE_ONE)
        plan.append(_Ties(first + k, 1, near + k + 1, even, odd, (even + odd) // 2))
    return plan


def keyed_order(
    keys: npt.NDArray[np.uint64], group: npt.NDArray[np.int32] | None, name: str
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Put youths in an order that follows from keys and groups alone.

    Args:
        keys: a different one for every youth, [N].
        group: group of each youth, from 0 up, [N]; None: all are of one group.
        name: of the order; another name gives an unrelated one.

    Returns:
        The rows by group and hash, [N], and where each group begins and ends in it, [groups + 1].
    """
    n = len(keys)
    hashes = np.empty(n, np.uint64)
    with np.errstate(over="ignore"):
        _hash_keys(keys, np.uint64(salt(0, purpose(name), 0)), hashes)
    order = np.argsort(hashes).astype(np.int32)
    if group is None:
        return order, np.array([0, n], np.int64)
    bounds = np.zeros(int(group.max(initial=-1)) + 2, np.int64)
    bounds[1:] = np.cumsum(np.bincount(group, minlength=len(bounds) - 1))
    grouped = np.empty(n, np.int32)
    _by_group(order, group, bounds[:-1].copy(), grouped)
    return grouped, bounds


@compiled
def _hash_keys(keys: np.ndarray, salted: np.uint64, out: np.ndarray) -> None:
    for i in range(keys.shape[0]):
        out[i] = bits(keys[i], salted)


@compiled
def _by_group(order: np.ndarray, group: np.ndarray, place: np.ndarray, out: np.ndarray) -> None:
    for i in range(order.shape[0]):
        g = group[order[i]]
        out[place[g]] = order[i]
        place[g] += 1


@compiled
def _tie(
    filling: bool,
    keys: np.ndarray,
    salted: np.uint64,
    circle: np.ndarray,
    first_circle: np.ndarray,
    bounds: np.ndarray,
    distance: int,
    dense_distance: int,
    dense: int,
    even: int,
    odd: int,
    mean: int,
    inside: int,
    start: np.ndarray,
    friends: np.ndarray,
    outside: np.ndarray,
) -> None:
    """Count the links of one kind in `start` (and `outside`), or write them: `start` then goes from ends to starts."""
    spills = inside < _CHANCE_ONE
    for g in range(bounds.shape[0] - 1):
        low = bounds[g]
        n = bounds[g + 1] - low
        in_first = n <= dense
        step = dense_distance if in_first else distance
        for p in range(n):
            if 2 * step == n:  # each tie of such a circle turns up twice
                chance = min(2 * mean, _CHANCE_ONE) if p < step else max(2 * mean - _CHANCE_ONE, 0)
            elif in_first or (n % 2 == 1 and p == n - 1):
                chance = mean
            else:
                chance = odd if p % 2 == 1 else even
            if chance == 0:
                continue
            a = first_circle[low + p] if in_first else circle[low + p]
            is_inside = True
            if chance < _CHANCE_ONE or spills:
                word = bits(keys[a], salted)
                if np.int64(word >> _S32) >= chance:
                    continue
                is_inside = bool(np.int64(word & _LOW) < inside)
            q = low + (p + step) % n
            b = first_circle[q] if in_first else circle[q]
            if a != b and is_inside:
                if filling:
                    start[a] -= 1
                    friends[start[a]] = b
                    start[b] -= 1
                    friends[start[b]] = a
                else:
                    start[a] += 1
                    start[b] += 1
            elif spills and not filling:
                outside[a] += np.uint8(1)
                outside[b] += np.uint8(1)


@compiled
def _tidy(start: np.ndarray, friends: np.ndarray, outside: np.ndarray, spills: bool) -> None:
    """Sort everybody's friends and drop who stands there twice (instead a friend outside, where there are such)."""
    write = 0
    begin = start[0]
    for i in range(outside.shape[0]):
        end = start[i + 1]
        for j in range(begin + 1, end):
            x = friends[j]
            k = j
            while k > begin and friends[k - 1] > x:
                friends[k] = friends[k - 1]
                k -= 1
            friends[k] = x
        start[i] = write
        for j in range(begin, end):
            if j == begin or friends[j] != friends[write - 1]:
                friends[write] = friends[j]
                write += 1
            elif spills:
                outside[i] += np.uint8(1)
        begin = end
    start[outside.shape[0]] = write


def densest(groups: Sequence[npt.NDArray[np.int32]], layer: LayerSpec, inside: float = 1.0, youths: int = 0) -> float:
    """Return the highest mean degree that a layer can have.

    Without friends outside the cohort, everybody must find them in the group: one less than the smallest group. With
    them, what a small group cannot give comes from outside, and the inside ones must fit the largest group.

    Args:
        groups: of each grouping the group of each youth, from 0 up, each [N].
        layer: the layer; only its `group` is used.
        inside: share of ties within the cohort.
        youths: number of youths, for a layer among anybody where no grouping tells it.
    """
    if layer.group == ANYBODY:
        sizes = np.array([len(groups[0]) if groups else youths])
    else:
        sizes = np.bincount(groups[layer.group])
    sizes = sizes[sizes > 0]
    if len(sizes) == 0:
        return float(MOST_TIES)
    if inside < 1.0 and sizes.max() == 1:  # nobody finds a friend inside, so all come from outside
        return float(MOST_TIES)
    most = float(sizes.min()) - 1 if inside >= 1.0 else (float(sizes.max()) - 1) / max(inside, 1e-9)
    return min(most, float(MOST_TIES))


def _refuse(n: int, groups: Sequence[npt.NDArray[np.int32]], layers: Sequence[LayerSpec], inside: float) -> None:
    """Raise for numbers that make no network."""
    if not 0.0 <= inside <= 1.0:
        raise UserError.of(f"the share of friends inside the cohort is {inside:g}", allowed="from 0 to 1")
    for i, layer in enumerate(layers, 1):
        where = f"layer {i} of the network"
        most = densest(groups, layer, inside, n)
        if layer.degree < 0 or not 0.0 <= layer.clustering <= 1.0:
            what = f"{where} has degree {layer.degree:g} and clustering {layer.clustering:g}"
            raise UserError.of(what, allowed="a degree of 0 or more, clustering from 0 to 1")
        if n and layer.degree > most:
            raise UserError.of(
                f"{where} is denser than its groups allow: {layer.degree:g} friends on average",
                allowed=f"up to {most:g}",
                cure="lower `degree`, take larger groups, or let more friends be outside the cohort",
            )
    if sum(2 * len(_plan(layer)) for layer in layers) > MOST_TIES:
        raise UserError.of("the layers of the network give too many friends", allowed=f"up to {MOST_TIES} together")


def build_network(
    keys: npt.NDArray[np.uint64],
    groups: Sequence[npt.NDArray[np.int32]],
    layers: Sequence[LayerSpec],
    inside: float = 1.0,
    name: str = "friends",
) -> Network:
    """Return the network of friends that follows from keys and groups; nobody is their own friend or a friend twice.

    A layer's mean degree is met on average. Ties that would come twice are dropped, about one per pair of circles and
    group: the mean falls short by that where there are no friends outside, and is made up by those where there are.

    Args:
        keys: a different one for every youth, [N].
        groups: of each grouping the group of each youth, from 0 up, each [N].
        layers: which ties there are.
        inside: chance of a tie to be within the cohort; else each end has a friend outside instead.
        name: of the network; another name gives an unrelated one.

    Raises:
        UserError: where a layer is denser than its groups allow (`densest`), or a number lies outside its range.
    """
    n = len(keys)
    _refuse(n, groups, layers, inside)
    within = round(inside * _CHANCE_ONE)
    start, outside = np.zeros(n + 1, np.int64), np.zeros(n, np.uint8)
    circles = [_circles(keys, groups, layer, f"{name} {i}") for i, layer in enumerate(layers)]
    nobody = np.zeros(0, np.int32)

    def lay(filling: bool, friends: npt.NDArray[np.int32]) -> None:
        """Go over all links, to count them or to write them."""
        for i, layer in enumerate(layers):
            orders, bounds = circles[i]
            dense = 2 * ceil(layer.degree) + 2
            for ties in _plan(layer):
                salted = np.uint64(salt(0, purpose(f"{name} {i} {ties.circle} {ties.distance}"), 0))
                with np.errstate(over="ignore"), compiling(_tie):
                    _tie(
                        filling, keys, salted, orders[ties.circle], orders[0], bounds, ties.distance,
                        ties.dense_distance, dense, ties.even, ties.odd, ties.mean, within, start, friends, outside,
                    )  # fmt: skip

    lay(False, nobody)
    np.cumsum(start, out=start)  # the ends of the rows; writing takes them back to the starts
    friends = np.empty(int(start[n]), np.int32)
    lay(True, friends)
    with compiling(_tidy):
        _tidy(start, friends, outside, inside < 1.0)
    return Network(start, friends[: int(start[n])], outside)


def _circles(
    keys: npt.NDArray[np.uint64], groups: Sequence[npt.NDArray[np.int32]], layer: LayerSpec, name: str
) -> tuple[list[npt.NDArray[np.int32]], npt.NDArray[np.int64]]:
    """Return the circles of a layer, each [N], and where its groups begin and end in them."""
    group = None if layer.group == ANYBODY else groups[layer.group]
    count = max((ties.circle for ties in _plan(layer)), default=0) + 1
    made = [keyed_order(keys, group, f"{name} circle {k}") for k in range(count)]
    return [order for order, _ in made], made[0][1]


@compiled
def expose(
    network: Network,
    shown: np.ndarray,
    usual: np.ndarray,
    counted: np.ndarray,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Write what friends show for the rows first up to last; rows may be divided over threads.

    Args:
        network: who is whose friend.
        shown: uint16 [N], one bit per signal that a youth shows, or AWAY (alone) for who is not in the model.
        usual: float64 [S], at most 8 signals: share of friends outside the cohort that show it.
        counted: uint8 [S], 1: the number of friends in the cohort that show it; 0: the share of all friends that does
            (those outside as usual), less the usual share, and 0 for who has no friends.
        first, last: rows.
        out: int32 [S, N] in units of 1 / NUMBER_ONE; only the rows are written.
    """
    for r in range(first, last):
        lanes = np.uint64(0)
        away = 0
        for j in range(network.start[r], network.start[r + 1]):
            word = shown[network.friends[j]]
            lanes += _SPREAD[word & 255]
            away += word >> 8
        inner = network.start[r + 1] - network.start[r] - away
        total = inner + away + network.outside[r]
        for s in range(usual.shape[0]):
            showing = np.int64((lanes >> np.uint64(8 * s)) & np.uint64(255)) * NUMBER_ONE
            if counted[s] == 0 and total > 0:
                above = showing - inner * np.int64(np.floor(usual[s] * NUMBER_ONE + 0.5))
                showing = (2 * above + total) // (2 * total)
            out[s, r] = showing
