"""Networks of friends: ties that make sense, the degrees that were asked for, the same network whatever the order."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import networkx
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import ROOT
from trajectsim.engine.friends import summary
from trajectsim.engine.luck import run_key, youth_keys
from trajectsim.engine.network import ANYBODY, AWAY, LayerSpec, Network, build_network, densest, expose, keyed_order
from trajectsim.engine.tables import NUMBER_ONE
from trajectsim.errors import UserError

Groups = npt.NDArray[np.int32]


def keys_of(n: int, seed: int = 1) -> npt.NDArray[np.uint64]:
    return youth_keys(run_key(seed, -1, 0), np.arange(n, dtype=np.int64))


def ties(network: Network) -> list[tuple[int, int]]:
    """Every tie once, as (smaller row, larger row)."""
    rows = np.repeat(np.arange(len(network.outside)), np.diff(network.start))
    return [(int(a), int(b)) for a, b in zip(rows, network.friends, strict=True) if a < b]


def degrees(network: Network) -> npt.NDArray[np.int64]:
    return np.diff(network.start)


def is_sound(network: Network) -> bool:
    """Whether nobody is their own friend, none a friend twice, friends rise in each row and ties go both ways."""
    rows = np.repeat(np.arange(len(network.outside)), degrees(network))
    one = set(zip(rows.tolist(), network.friends.tolist(), strict=True))
    rises = all(np.all(np.diff(network.friends[a:b]) > 0) for a, b in zip(network.start, network.start[1:]))  # noqa: B905
    both = all((b, a) in one for a, b in one)
    return rises and both and all(a != b for a, b in one) and network.start[0] == 0


def in_groups(n: int, count: int, seed: int = 0) -> Groups:
    return (keyed_order(keys_of(n, seed + 100), None, "groups")[0] % count).astype(np.int32)


LAYERS = st.lists(
    st.tuples(st.sampled_from([ANYBODY, 0, 1]), st.floats(0, 5), st.floats(0, 1)).map(lambda x: LayerSpec(*x)),
    min_size=1,
    max_size=3,
)


@given(st.integers(60, 200), LAYERS, st.floats(0, 1), st.integers(0, 5))
def test_any_network_is_sound_and_does_not_depend_on_the_order_of_youths(
    n: int, layers: list[LayerSpec], inside: float, seed: int
) -> None:
    keys, groups = keys_of(n, seed), [in_groups(n, 3, seed), in_groups(n, 5, seed)]
    network = build_network(keys, groups, layers, inside)
    assert is_sound(network)
    if inside == 1:
        assert network.outside.sum() == 0
    turned = np.argsort(keys_of(n, seed + 50))
    again = build_network(keys[turned], [g[turned] for g in groups], layers, inside)
    assert (again.outside == network.outside[turned]).all()
    back = {tuple(sorted((int(turned[a]), int(turned[b])))) for a, b in ties(again)}
    assert back == set(ties(network))


def test_layers_within_a_group_stay_there() -> None:
    groups = [in_groups(300, 4)]
    network = build_network(keys_of(300), groups, [LayerSpec(0, 5.3, 0.5)])
    assert all(groups[0][a] == groups[0][b] for a, b in ties(network))


def test_even_degree_without_clustering_is_a_union_of_circles_and_odd_adds_a_matching() -> None:
    for degree in (2, 3, 4, 5):
        found = degrees(build_network(keys_of(1000), [], [LayerSpec(ANYBODY, degree)]))
        assert found.max() == degree
        assert (found < degree).sum() <= 2 * 2 * degree  # a tie that came twice takes one from two youths
    circle = build_network(keys_of(1000), [], [LayerSpec(ANYBODY, 2)])
    assert networkx.is_connected(networkx.Graph(ties(circle)))
    matching = build_network(keys_of(1000), [], [LayerSpec(ANYBODY, 1)])
    assert (degrees(matching) == 1).all()


def test_full_clustering_is_the_ring_lattice() -> None:
    network = build_network(keys_of(500), [], [LayerSpec(ANYBODY, 6, 1.0)])
    assert (degrees(network) == 6).all()
    assert summary(network).clustering == pytest.approx(3 * 2 / (2 * 5))
    ring = networkx.Graph(ties(network))
    assert networkx.could_be_isomorphic(ring, networkx.watts_strogatz_graph(500, 6, 0.0))


@pytest.mark.parametrize("size", [5, 6, 7])
def test_the_densest_layer_makes_everybody_friends(size: int) -> None:
    groups = [np.repeat(np.arange(4), size).astype(np.int32)]
    layer = LayerSpec(0, size - 1)
    assert densest(groups, layer) == size - 1
    assert len(ties(build_network(keys_of(4 * size), groups, [layer]))) == 4 * size * (size - 1) // 2


def test_ties_outside_are_friends_elsewhere() -> None:
    layers = [LayerSpec(ANYBODY, 4), LayerSpec(ANYBODY, 2, 1.0)]
    network = build_network(keys_of(400), [], layers, inside=0.0)
    assert len(network.friends) == 0
    assert (network.outside == 6).all()
    some = build_network(keys_of(400), [], layers, inside=0.4)
    assert (degrees(some) + some.outside == 6).all()
    assert 0.3 < len(some.friends) / (6 * 400) < 0.5


def test_what_a_small_group_cannot_give_comes_from_outside() -> None:
    groups = [np.array([0] + [1] * 2 + [2] * 17, np.int32)]
    network = build_network(keys_of(20), groups, [LayerSpec(0, 4)], inside=0.9)
    assert is_sound(network)
    assert (degrees(network) + network.outside == 4).all()
    assert degrees(network)[0] == 0 and network.outside[0] == 4


def test_without_youths_or_ties_there_are_no_friends() -> None:
    for network in (
        build_network(keys_of(0), [np.zeros(0, np.int32)], [LayerSpec(0, 4)]),
        build_network(keys_of(3), [], [LayerSpec(ANYBODY, 0)]),
        build_network(keys_of(3), [], []),
    ):
        assert len(network.friends) == 0 and network.outside.sum() == 0 and network.start.sum() == 0


@pytest.mark.parametrize(
    ("layer", "inside", "says"),
    [
        (LayerSpec(0, 5), 1.0, "allowed: up to 4"),
        (LayerSpec(0, 40), 0.5, "allowed: up to 38"),
        (LayerSpec(ANYBODY, 25), 1.0, "allowed: up to 24"),
        (LayerSpec(ANYBODY, -1), 1.0, "a degree of 0 or more"),
        (LayerSpec(ANYBODY, 3, 1.2), 1.0, "clustering from 0 to 1"),
        (LayerSpec(ANYBODY, 3), 1.1, "from 0 to 1"),
        (LayerSpec(ANYBODY, 260), 0.01, "up to 255"),
    ],
)
def test_impossible_networks_are_refused(layer: LayerSpec, inside: float, says: str) -> None:
    groups = [np.array([0] * 5 + [1] * 20, np.int32)]
    with pytest.raises(UserError, match=says):
        build_network(keys_of(25), groups, [layer], inside)


def test_layers_together_have_a_limit() -> None:
    with pytest.raises(UserError, match="too many friends"):
        build_network(keys_of(400), [], [LayerSpec(ANYBODY, 200), LayerSpec(ANYBODY, 100)])


def test_densest_follows_the_smallest_group_or_the_largest_where_some_friends_are_outside() -> None:
    groups = [np.array([0] * 5 + [2] * 20, np.int32)]
    assert densest(groups, LayerSpec(0, 1)) == 4
    assert densest(groups, LayerSpec(0, 1), inside=0.5) == 38
    assert densest(groups, LayerSpec(ANYBODY, 1)) == 24
    assert densest([], LayerSpec(ANYBODY, 1), youths=11) == 10
    assert densest(groups, LayerSpec(0, 1), inside=0.0) == 255
    assert densest([np.zeros(0, np.int32)], LayerSpec(0, 1)) == 255


def test_names_and_keys_give_other_networks() -> None:
    layer = [LayerSpec(ANYBODY, 4)]
    made = [build_network(keys_of(100), [], layer, name=name) for name in ("a", "a", "b")]
    assert ties(made[0]) == ties(made[1]) != ties(made[2])
    assert ties(build_network(keys_of(100, 2), [], layer, name="a")) != ties(made[0])


# --- what friends show ------------------------------------------------------------------------------------------------


def exposed(network: Network, shown: Any, usual: list[float], counted: list[int]) -> npt.NDArray[np.int32]:
    n = len(network.outside)
    out = np.full((len(usual), n), 99, np.int32)
    expose(network, np.asarray(shown, np.uint16), np.array(usual), np.array(counted, np.uint8), 0, n, out)
    return out


def by_hand(network: Network, shown: npt.NDArray[np.int64], usual: float, bit: int, counted: bool, r: int) -> float:
    friends = network.friends[network.start[r] : network.start[r + 1]]
    present = [int(f) for f in friends if shown[f] != AWAY]
    showing = sum(int(shown[f]) >> bit & 1 for f in present)
    away = len(friends) - len(present)
    others = int(network.outside[r]) + away
    if counted:
        return showing
    return (showing + others * usual) / (len(present) + others) - usual if present or others else 0.0


@given(st.integers(20, 60), st.floats(0, 1), st.integers(1, 8), st.data())
def test_what_friends_show_is_what_a_count_by_hand_gives(n: int, inside: float, signals: int, data: Any) -> None:
    network = build_network(keys_of(n), [], [LayerSpec(ANYBODY, 3.5, 0.4)], inside)
    pick = keys_of(n, 9).astype(np.int64)
    shown = np.where(pick % 7 == 0, AWAY, pick % (1 << signals) & (1 << signals) - 1)
    usual = data.draw(st.lists(st.floats(0, 1), min_size=signals, max_size=signals))
    counted = data.draw(st.lists(st.integers(0, 1), min_size=signals, max_size=signals))
    found = exposed(network, shown, usual, counted) / NUMBER_ONE
    for s in range(signals):
        expected = [by_hand(network, shown, usual[s], s, bool(counted[s]), r) for r in range(n)]
        assert found[s] == pytest.approx(expected, abs=1.01 / NUMBER_ONE)


def test_shares_and_counts_are_exact_where_they_can_be() -> None:
    lonely = Network(np.array([0, 2, 3, 4, 4]), np.array([1, 2, 0, 0], np.int32), np.array([2, 0, 0, 0], np.uint8))
    found = exposed(lonely, [0, 1, 3, 1], [0.25, 0.5], [0, 1])
    assert found[0].tolist() == [int((2 + 0.5) / 4 * 65536) - 16384, -16384, -16384, 0]
    assert found[1].tolist() == [65536, 0, 0, 0]


def test_rows_may_be_divided() -> None:
    network = build_network(keys_of(300), [], [LayerSpec(ANYBODY, 5)], 0.8)
    shown = (keys_of(300, 4) % np.uint64(4)).astype(np.uint16)
    usual, counted = np.array([0.2, 0.4]), np.array([0, 1], np.uint8)
    parts = np.zeros((2, 300), np.int32)
    for first, last in ((200, 300), (0, 77), (77, 200)):
        expose(network, shown, usual, counted, first, last, parts)
    assert (parts == exposed(network, shown, [0.2, 0.4], [0, 1])).all()


# --- compiled and plain -----------------------------------------------------------------------------------------------


def digest() -> str:
    """What a small network and all that is done with it comes to, as a hash of the bytes."""
    groups = [in_groups(240, 3), in_groups(240, 7)]
    layers = [LayerSpec(0, 3.3, 0.6), LayerSpec(1, 2), LayerSpec(ANYBODY, 2.5)]
    network = build_network(keys_of(240), groups, layers, 0.85)
    shown = (keys_of(240, 4) % np.uint64(4)).astype(np.uint16)
    seen = exposed(network, shown, [0.2, 0.4], [0, 1])
    found = hashlib.sha256(b"".join(part.tobytes() for part in (*network, seen)))
    return f"{found.hexdigest()} {summary(network, groups)}"


def elsewhere(code: Callable[[], str]) -> str:
    """What a function of a test file gives where rules are not compiled."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "NUMBA_DISABLE_JIT": "1",
    }
    command = [
        sys.executable,
        "-c",
        f"from tests.unit.engine.{code.__module__.split('.')[-1]} import *; print(digest())",
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_plain_python_gives_the_same_bytes() -> None:
    assert elsewhere(digest) == digest()
