"""Youths who share a home: the helpers who walk in and out there, and the burden they share.

Who lives with whom follows from keys and groups alone, as the network of friends does (`network.py`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from trajectsim.engine.jit import compiled
from trajectsim.engine.luck import uniforms
from trajectsim.engine.network import keyed_order
from trajectsim.engine.tables import LATENT_ONE
from trajectsim.errors import UserError

__all__ = ["ALONE", "Households", "build_households", "count_helpers", "join_helpers", "overload", "share_burden"]

ALONE = -1
"""Household of a youth without another youth of the cohort."""

_NUMBER_BITS = 16  # of NUMBER_ONE
_SHARE_BITS = 30  # of LATENT_ONE


class Households(NamedTuple):
    """Households of two or more youths: those of h are `members[start[h]:start[h + 1]]`; `of` each youth, or ALONE."""

    start: npt.NDArray[np.int64]  # [H + 1]
    members: npt.NDArray[np.int32]  # [M]
    of: npt.NDArray[np.int32]  # [N]


def build_households(
    keys: npt.NDArray[np.uint64],
    group: npt.NDArray[np.int32] | None,
    share: float,
    size: int,
    name: str = "households",
) -> Households:
    """Return households of `size` youths of one group, which hold the `share` of all youths on average.

    A group too small for the share (its last youths make no full household) has as many as it can.

    Args:
        keys: a different one for every youth, [N].
        group: group of each youth, from 0 up, [N]; None: all are of one group.
        share: of youths that live with another youth.
        size: youths per household, 2 or more.
        name: another name gives unrelated households.

    Raises:
        UserError: for a share outside 0 to 1 or a size below 2.
    """
    if not 0.0 <= share <= 1.0 or size < 2:
        what = f"a share of {share:g} of the youths in households of {size}"
        raise UserError.of(what, allowed="a share from 0 to 1, a size of 2 or more")
    n = len(keys)
    order, bounds = keyed_order(keys, group, name)
    sizes = np.diff(bounds)
    blocks = sizes // size
    group_of_block = np.repeat(np.arange(len(sizes)), blocks)
    number = np.arange(len(group_of_block)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    begin = bounds[group_of_block] + size * number
    chance = share * sizes[group_of_block] / (size * blocks[group_of_block])
    found = begin[uniforms(keys[order[begin]], 0, f"{name} together") < chance]
    members = order[found[:, None] + np.arange(size)].astype(np.int32)
    of = np.full(n, ALONE, np.int32)
    of[members] = np.arange(len(found), dtype=np.int32)[:, None]
    return Households(np.arange(len(found) + 1, dtype=np.int64) * size, members.reshape(-1), of)


@compiled
def count_helpers(
    small: np.ndarray,
    here: np.ndarray,
    domains: np.ndarray,
    helpers: np.ndarray,
    at_home: int,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Write the number of helpers that come for each youth and its home for the rows first up to last.

    Args:
        small: uint8 [rows, N], the states.
        here: uint8 [N], 1 for who is in the model; who is not has no helpers.
        domains: int64 [D], rows of `small` with helpers in some state.
        helpers: int32 [D, 64], helpers per state in units of 1 / NUMBER_ONE.
        at_home: those who come for the rest of the household, in the same units.
        first, last: rows.
        out: int32 [N] in the same units; only the rows are written.
    """
    for r in range(first, last):
        out[r] = at_home
    for d in range(domains.shape[0]):
        states, per_state = small[domains[d]], helpers[d]
        for r in range(first, last):
            out[r] += per_state[states[r]]
    for r in range(first, last):
        if here[r] == 0:
            out[r] = 0


@compiled
def join_helpers(
    households: Households, here: np.ndarray, at_home: int, first: int, last: int, out: np.ndarray
) -> None:
    """Give the members of the households first up to last the helpers of all of them; the home counts once.

    Args:
        households: who lives with whom.
        here: uint8 [N], 1 for who is in the model.
        at_home: as in `count_helpers`, which comes before, for all rows.
        first, last: households, not rows of youths.
        out: int32 [N] as `count_helpers` left it; changed in place.
    """
    for h in range(first, last):
        total = at_home
        for m in range(households.start[h], households.start[h + 1]):
            if here[households.members[m]]:
                total += int(out[households.members[m]]) - at_home
        for m in range(households.start[h], households.start[h + 1]):
            if here[households.members[m]]:
                out[households.members[m]] = total


@compiled
def overload(
    helpers: np.ndarray, here: np.ndarray, threshold: int, drift: np.ndarray, slow: np.ndarray, first: int, last: int
) -> None:
    """Move latents of the rows first up to last by a drift for every helper beyond the threshold.

    Args:
        helpers: int32 [N] from `count_helpers` and `join_helpers`.
        here: uint8 [N], 1 for who is in the model.
        threshold: helpers that a household can bear, in units of 1 / NUMBER_ONE.
        drift: int64 [l], per helper and step, for rows 0 to l of `slow`, in its units.
        slow: int32 [rows, N], changed in place within 0 to LATENT_ONE.
        first, last: rows.
    """
    for r in range(first, last):
        beyond = int(helpers[r]) - threshold
        if here[r] and beyond > 0:
            for j in range(drift.shape[0]):
                slow[j, r] = min(max(int(slow[j, r]) + ((int(drift[j]) * beyond) >> _NUMBER_BITS), 0), LATENT_ONE)


@compiled
def share_burden(
    households: Households, here: np.ndarray, share: np.ndarray, slow: np.ndarray, first: int, last: int
) -> None:
    """Move latents of the members of the households first up to last by a share of the way to their mean.

    Args:
        households: who lives with whom.
        here: uint8 [N], 1 for who is in the model; nobody else counts or moves.
        share: int64 [l], per step, for rows 0 to l of `slow`, in units of 1 / LATENT_ONE; from 0 to LATENT_ONE.
        slow: int32 [rows, N], changed in place.
        first, last: households, not rows of youths.
    """
    for h in range(first, last):
        begin, end = households.start[h], households.start[h + 1]
        for j in range(share.shape[0]):
            if share[j] == 0:
                continue
            total = 0
            count = 0
            for m in range(begin, end):
                if here[households.members[m]]:
                    total += int(slow[j, households.members[m]])
                    count += 1
            if count > 1:
                mean = total // count
                for m in range(begin, end):
                    r = households.members[m]
                    if here[r]:
                        slow[j, r] += ((mean - int(slow[j, r])) * int(share[j])) >> _SHARE_BITS
