"""Households: who lives with whom, how many helpers come, and what those who live together share."""

import hashlib

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import LIMIT
from tests.unit.engine.test_network import elsewhere, in_groups, keys_of
from trajectsim.engine.households import (
    ALONE,
    Households,
    build_households,
    count_helpers,
    join_helpers,
    overload,
    share_burden,
)
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE
from trajectsim.errors import UserError


def homes(households: Households) -> list[list[int]]:
    return [households.members[a:b].tolist() for a, b in zip(households.start, households.start[1:], strict=False)]


def everybody(n: int) -> npt.NDArray[np.uint8]:
    return np.ones(n, np.uint8)


@given(st.integers(0, 120), st.integers(2, 8), st.floats(0, 1), st.integers(0, 3))
def test_households_are_whole_lie_in_one_group_and_do_not_depend_on_the_order_of_youths(
    n: int, size: int, share: float, seed: int
) -> None:
    keys, group = keys_of(n, seed), in_groups(n, 3, seed)
    found = build_households(keys, group, share, size)
    assert all(len(home) == size and len({int(group[m]) for m in home}) == 1 for home in homes(found))
    assert len(set(found.members.tolist())) == len(found.members)
    expected = np.full(n, ALONE)
    for h, home in enumerate(homes(found)):
        expected[home] = h
    assert (found.of == expected).all()
    turned = np.argsort(keys_of(n, seed + 50))
    again = build_households(keys[turned], group[turned], share, size)
    assert [[int(turned[m]) for m in home] for home in homes(again)] == homes(found)


def test_the_share_is_met_on_average_in_any_group() -> None:
    """Groups of 5 in pairs: two pairs each, and the fifth alone, so pairs have to be more often together."""
    n, share = 50_000, 0.3
    group = (np.arange(n) // 5).astype(np.int32)
    found = build_households(keys_of(n), group, share, 2)
    pairs = 2 * n // 5
    chance = share * 5 / 4
    assert abs(len(homes(found)) - pairs * chance) < LIMIT * np.sqrt(pairs * chance * (1 - chance))


def test_nobody_or_everybody_lives_with_another() -> None:
    assert (build_households(keys_of(40), None, 0.0, 2).of == ALONE).all()
    everyone = build_households(keys_of(40), None, 1.0, 4)
    assert len(homes(everyone)) == 10 and (everyone.of != ALONE).all()
    assert len(homes(build_households(keys_of(43), None, 1.0, 4))) == 10
    assert homes(build_households(keys_of(3), None, 1.0, 4)) == []


@pytest.mark.parametrize(("share", "size"), [(-0.1, 2), (1.1, 2), (0.5, 1)])
def test_impossible_households_are_refused(share: float, size: int) -> None:
    with pytest.raises(UserError, match="allowed: a share from 0 to 1, a size of 2 or more"):
        build_households(keys_of(10), None, share, size)


def helpers_of(
    households: Households,
    small: npt.NDArray[np.uint8],
    here: npt.NDArray[np.uint8],
    table: list[list[float]],
    domains: list[int],
    at_home: float,
) -> npt.NDArray[np.float64]:
    n = small.shape[1]
    per_state = np.zeros((len(domains), 64), np.int32)
    for d, row in enumerate(table):
        per_state[d, : len(row)] = np.round(np.array(row) * NUMBER_ONE)
    home = round(at_home * NUMBER_ONE)
    out = np.full(n, -1, np.int32)
    for first, last in ((n // 3, n), (0, n // 3)):
        count_helpers(small, here, np.array(domains, np.int64), per_state, home, first, last, out)
    join_helpers(households, here, home, 0, len(households.start) - 1, out)
    return out / NUMBER_ONE


def test_helpers_of_housemates_add_up_and_those_for_the_home_count_once() -> None:
    households = Households(np.array([0, 2]), np.array([1, 3], np.int32), np.array([-1, 0, -1, 0, -1], np.int32))
    small = np.array([[0, 1, 2, 1, 1], [9, 9, 9, 9, 9], [0, 0, 1, 1, 1]], np.uint8)
    here = np.array([1, 1, 1, 1, 0], np.uint8)
    found = helpers_of(households, small, here, [[0, 1, 2], [0, 0.5]], [0, 2], 0.25)
    assert found.tolist() == [0.25, 2.75, 2.75, 2.75, 0.0]
    here[3] = 0
    assert helpers_of(households, small, here, [[0, 1, 2], [0, 0.5]], [0, 2], 0.25)[[1, 3]].tolist() == [1.25, 0.0]


@given(st.integers(3, 60), st.integers(2, 4), st.floats(0, 1), st.integers(0, 3))
def test_helpers_are_what_a_count_by_hand_gives(n: int, size: int, share: float, seed: int) -> None:
    households = build_households(keys_of(n, seed), None, share, size)
    small = (np.stack([keys_of(n, 20 + seed), keys_of(n, 30 + seed)]) % np.uint64(3)).astype(np.uint8)
    here = (keys_of(n, 40 + seed) % np.uint64(5) > 0).astype(np.uint8)
    table = [[0.0, 1.0, 1.5], [0.25, 0.0, 2.0]]
    own = np.array([table[0][small[0, r]] + table[1][small[1, r]] for r in range(n)]) * here
    expected = (own + 0.5) * here
    for home in homes(households):
        for r in home:
            expected[r] = (own[home].sum() + 0.5) * here[r]
    assert helpers_of(households, small, here, table, [0, 1], 0.5).tolist() == expected.tolist()


def test_helpers_beyond_the_threshold_weigh() -> None:
    helpers = (np.array([1, 3, 5, 5, 9]) * NUMBER_ONE).astype(np.int32)
    here = np.array([1, 1, 1, 0, 1], np.uint8)
    slow = np.array([[1000] * 5, [LATENT_ONE - 100] * 5, [50] * 5, [7] * 5], np.int32)
    overload(helpers, here, 3 * NUMBER_ONE, np.array([10, 30, -40], np.int64), slow, 0, 5)
    assert slow[0].tolist() == [1000, 1000, 1020, 1000, 1060]
    assert slow[1].tolist() == [LATENT_ONE - k for k in (100, 100, 40, 100, 0)]
    assert slow[2].tolist() == [50, 50, 0, 50, 0]
    assert slow[3].tolist() == [7] * 5
    overload(helpers, here, 3 * NUMBER_ONE, np.array([10, 30, -40], np.int64), slow, 3, 4)
    assert slow[0].tolist() == [1000, 1000, 1020, 1000, 1060]


@given(st.integers(4, 60), st.integers(2, 4), st.integers(0, LATENT_ONE), st.integers(0, 3))
def test_sharing_moves_housemates_towards_their_mean_and_nobody_else(n: int, size: int, share: int, seed: int) -> None:
    households = build_households(keys_of(n, seed), None, 0.6, size)
    here = (keys_of(n, 40 + seed) % np.uint64(6) > 0).astype(np.uint8)
    before = (keys_of(n, 20 + seed) % np.uint64(LATENT_ONE + 1)).astype(np.int32)[None].repeat(2, axis=0)
    after = before.copy()
    count = len(households.start) - 1
    share_burden(households, here, np.array([share, 0], np.int64), after, count // 2, count)
    share_burden(households, here, np.array([share, 0], np.int64), after, 0, count // 2)
    assert (after[1] == before[1]).all()
    expected = before[0].astype(float)
    for home in homes(households):
        present = [m for m in home if here[m]]
        if len(present) > 1:
            mean = before[0, present].astype(float).mean()
            expected[present] += (mean - expected[present]) * share / LATENT_ONE
            low, high = before[0, present].min(), before[0, present].max()
            assert (after[0, present] >= low).all() and (after[0, present] <= high).all()
    assert np.abs(after[0] - expected).max() <= 2
    assert after.min() >= 0 and after.max() <= LATENT_ONE


def digest() -> str:
    """What small households and all that happens in them come to, as a hash of the bytes."""
    n = 150
    group, here = in_groups(n, 4), (keys_of(n, 5) % np.uint64(6) > 0).astype(np.uint8)
    households = build_households(keys_of(n), group, 0.5, 3)
    small = (np.stack([keys_of(n, 2), keys_of(n, 3)]) % np.uint64(3)).astype(np.uint8)
    slow = (keys_of(n, 4) % np.uint64(LATENT_ONE)).astype(np.int32)[None]
    helpers = np.zeros((2, 64), np.int32)
    helpers[:, :3] = [[0, 70_000, 3], [1, 0, 200_000]]
    out = np.zeros(n, np.int32)
    count = len(households.start) - 1
    count_helpers(small, here, np.array([0, 1]), helpers, 30_000, 0, n, out)
    join_helpers(households, here, 30_000, 0, count, out)
    overload(out, here, 150_000, np.array([1 << 22], np.int64), slow, 0, n)
    share_burden(households, here, np.array([1 << 27], np.int64), slow, 0, count)
    return hashlib.sha256(b"".join(part.tobytes() for part in (*households, out, slow))).hexdigest()


def test_plain_python_gives_the_same_bytes() -> None:
    assert elsewhere(digest) == digest()
