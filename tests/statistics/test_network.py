"""Networks of friends are what theory says, and what spreads along them does as it should.

Everything is fixed by keys, so each test passes or fails for good. Limits were set so that a right network would have
failed any one of them with a chance of at most about one in ten thousand (4.5 standard errors for the worst of some
dozens of numbers, p-values above 1e-4), unless the test says otherwise.
"""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse, stats

from tests.helpers import LIMIT, agrees
from trajectsim.engine.friends import summary
from trajectsim.engine.luck import run_key, uniforms, youth_keys
from trajectsim.engine.network import ANYBODY, LayerSpec, Network, build_network

N = 50_000
KEYS = youth_keys(run_key(1, -1, 0), np.arange(N, dtype=np.int64))
Groups = npt.NDArray[np.int32]


def degrees(network: Network) -> npt.NDArray[np.int64]:
    return np.diff(network.start)


def in_groups(count: int) -> Groups:
    return (uniforms(KEYS, 0, "group") * count).astype(np.int32)


# --- degrees ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", [2, 3, 4, 7])
def test_whole_degrees_are_met_exactly_but_for_a_few_ties_that_came_twice(degree: int) -> None:
    """Each pair of circles shares about 2 ties (fewer for a matching): the number lost is about Poisson."""
    found = degrees(build_network(KEYS, [], [LayerSpec(ANYBODY, degree)]))
    circles, matching = degree // 2, degree % 2
    expected = 2 * circles * (circles - 1) / 2 + circles * matching
    assert found.max() == degree
    assert int((degree - found).sum()) / 2 <= stats.poisson.isf(1e-4, expected)


def test_a_broken_degree_is_a_circle_of_which_some_links_are_left_out() -> None:
    """Degree 4.6: two whole circles and a matching kept with chance 0.6 for each pair."""
    found = degrees(build_network(KEYS, [], [LayerSpec(ANYBODY, 4.6)]))
    counts = np.bincount(found, minlength=6)
    assert counts[:4].sum() < 30 and len(counts) == 6
    pairs, kept = N // 2, counts[5] / 2
    assert abs(kept - 0.6 * pairs) < LIMIT * np.sqrt(pairs * 0.6 * 0.4) + 15


def test_ties_inside_the_cohort_are_a_fair_share_of_the_friends() -> None:
    """Of six friends each is in the cohort with chance 0.35: binomial, and outside and inside make six."""
    network = build_network(KEYS, [], [LayerSpec(ANYBODY, 6)], inside=0.35)
    inner = degrees(network)
    assert (inner + network.outside == 6).all()
    own = inner[:: N // 2000]  # far apart, so that hardly any two share a tie
    assert agrees(np.bincount(own, minlength=7), len(own) * stats.binom.pmf(np.arange(7), 6, 0.35))
    ties = 3 * N
    assert abs(inner.sum() / 2 - 0.35 * ties) < LIMIT * np.sqrt(ties * 0.35 * 0.65) + 10


# --- clustering and mixing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", [4, 6, 8, 10])
def test_a_lattice_clusters_by_its_formula(degree: int) -> None:
    found = summary(build_network(KEYS, [], [LayerSpec(ANYBODY, degree, 1.0)]))
    assert found.clustering == 3 * (degree - 2) / (4 * (degree - 1))
    assert found.degrees[degree] == N


@pytest.mark.parametrize(("degree", "share"), [(8, 0.5), (6, 2 / 3), (5, 0.8)])
def test_a_part_from_a_lattice_clusters_by_that_part(degree: int, share: float) -> None:
    """A lattice of 4 has 3 of its 6 pairs closed; the other friends close none, but for a few by chance."""
    found = summary(build_network(KEYS, [], [LayerSpec(ANYBODY, degree, share)]))
    assert found.clustering == pytest.approx(3 / (degree * (degree - 1) / 2), abs=0.002)


def test_circles_of_their_own_close_pairs_by_chance_only() -> None:
    """A random regular graph has about (k - 1)**3 / 6 triangles: Poisson."""
    for degree in (4, 6):
        found = summary(build_network(KEYS, [], [LayerSpec(ANYBODY, degree)]))
        triangles = found.clustering * N * degree * (degree - 1) / 2 / 3
        expected = (degree - 1) ** 3 / 6
        assert stats.poisson.cdf(triangles + 0.5, expected) > 1e-4
        assert stats.poisson.sf(triangles - 0.5, expected) > 1e-4


@pytest.mark.parametrize(("own", "anybody", "count"), [(3.0, 3.0, 10), (2.0, 4.0, 25), (4.5, 0.5, 5)])
def test_the_share_of_ties_within_a_group_follows_from_the_layers(own: float, anybody: float, count: int) -> None:
    groups = in_groups(count)
    found = summary(build_network(KEYS, [groups], [LayerSpec(0, own), LayerSpec(ANYBODY, anybody)]), [groups])
    met = float(((np.bincount(groups) / N) ** 2).sum())  # chance that two youths are of one group
    expected = (own + anybody * met) / (own + anybody)
    loose = anybody * N / 2
    assert abs(found.mixing[0] - expected) < LIMIT * np.sqrt(loose * met * (1 - met)) / found.ties + 1e-3


def test_nothing_ties_youths_to_a_group_they_do_not_know_of() -> None:
    strangers = (uniforms(KEYS, 0, "other group") * 7).astype(np.int32)
    found = summary(build_network(KEYS, [in_groups(9)], [LayerSpec(0, 4, 0.5), LayerSpec(ANYBODY, 2)]), [strangers])
    met = float(((np.bincount(strangers) / N) ** 2).sum())
    assert abs(found.mixing[0] - met) < LIMIT * np.sqrt(found.ties * met * (1 - met)) / found.ties


# --- what spreads -----------------------------------------------------------------------------------------------------
# One chance T per tie that whoever has it passes it on. Whom a first one reaches are those connected with it over ties
# that are "open" with chance T. On a random regular graph of degree k a tie leads to a small part with chance u, where
# u = 1 - T + T u**(k - 1); up to T (k - 1) = 1 only u = 1 solves this, and all outbreaks are small.
#
# Each number is the mean of RUNS networks with luck of their own, held against theory by Student's t with the spread
# between the runs as the error: a right network fails one such test with chance 1e-4.

RUNS = 16


def as_theory_says(found: list[float], expected: float) -> bool:
    error = float(np.std(found, ddof=1)) / np.sqrt(RUNS)
    return bool(abs(np.mean(found) - expected) < stats.t.isf(0.5e-4, RUNS - 1) * error)


def regular(degree: int, run: int, clustering: float = 0.0) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The ties of a random regular graph, each twice: from whom, to whom."""
    network = build_network(KEYS, [], [LayerSpec(ANYBODY, degree, clustering)], name=f"run {run}")
    return np.repeat(np.arange(N), degrees(network)), network.friends


def parts(degree: int, chance: float, run: int, clustering: float = 0.0) -> npt.NDArray[np.int64]:
    """Size of the part of a network that each youth is in, over open ties, [N]."""
    rows, friends = regular(degree, run, clustering)
    once = rows < friends
    a, b = rows[once], friends[once]
    is_open = uniforms(youth_keys(run_key(7, 0, run), a * N + b), 0, "open") < chance
    graph = sparse.coo_array((np.ones(int(is_open.sum())), (a[is_open], b[is_open])), shape=(N, N))
    label = sparse.csgraph.connected_components(graph, directed=False)[1]
    return np.bincount(label)[label]


def fixed_point(degree: int, chance: float, free: float = 1.0) -> float:
    """The smallest solution of u = 1 - T + T * free * u**(k - 1)."""
    u = 0.0
    for _ in range(10_000):
        u = 1 - chance + chance * free * u ** (degree - 1)
    return u


@pytest.mark.parametrize("degree", [3, 4, 6])
@pytest.mark.parametrize("height", [0.5, 0.8])
def test_below_the_threshold_outbreaks_stay_small(degree: int, height: float) -> None:
    """From a youth by lot an outbreak reaches 1 + k T / (1 - (k - 1) T) on average, and never one in a hundred."""
    chance = height / (degree - 1)
    sizes = [parts(degree, chance, run) for run in range(RUNS)]
    assert as_theory_says([float(size.mean()) for size in sizes], 1 + degree * chance / (1 - height))
    assert max(int(size.max()) for size in sizes) < N / 100


@pytest.mark.parametrize("degree", [3, 4, 6])
@pytest.mark.parametrize("height", [1.3, 1.8])
def test_above_the_threshold_the_final_size_follows_theory(degree: int, height: float) -> None:
    """One large outbreak holds the share 1 - u**k of all youths; every other one is small."""
    chance = height / (degree - 1)
    sizes = [parts(degree, chance, run) for run in range(RUNS)]
    assert as_theory_says([float(size.max() / N) for size in sizes], 1 - fixed_point(degree, chance) ** degree)
    assert all(int((size == size.max()).sum()) == size.max() for size in sizes)
    assert max(int(size[size < size.max()].max()) for size in sizes) < N / 100


def test_the_threshold_lies_where_it_should() -> None:
    """The largest outbreak as a share of all: next to nothing just below T (k - 1) = 1, a good part just above."""
    for degree in (3, 4, 6):
        low = parts(degree, 0.9 / (degree - 1), 0).max() / N
        high = parts(degree, 1.15 / (degree - 1), 0).max() / N
        assert low < 0.02 < 0.15 < high


@pytest.mark.parametrize("height", [0.7, 2.0])
def test_a_month_by_month_outbreak_ends_where_percolation_says(height: float) -> None:
    """Whoever has it passes it on for one month, each tie with chance T; one in fifty youths has it at the start.

    A youth stays free when it is not one of those and no tie brings it: (1 - s) v**k, v = 1 - T + T (1 - s) v**(k - 1).
    """
    degree, start = 4, 0.02
    chance = height / (degree - 1)
    found = []
    for run in range(RUNS):
        rows, friends = regular(degree, run)
        has = uniforms(youth_keys(run_key(8, 0, run), np.arange(N, dtype=np.int64)), 0, "first") < start
        luck = youth_keys(run_key(9, 0, run), rows * N + friends)
        ever = has.copy()
        month = 0
        while has.any():
            passes = has[rows] & ~ever[friends]
            passes[passes] = uniforms(luck[passes], month, "pass") < chance
            has = np.zeros(N, bool)
            has[friends[passes]] = True
            ever |= has
            month += 1
        found.append(float(ever.mean()))
    assert as_theory_says(found, 1 - (1 - start) * fixed_point(degree, chance, 1 - start) ** degree)


def test_friends_of_friends_who_are_friends_slow_an_outbreak() -> None:
    """At one chance per tie the same number of ties reaches fewer youths where they form a lattice."""
    chance = 1.8 / 5
    loose = parts(6, chance, 0).max() / N
    knit = parts(6, chance, 0, clustering=0.9).max() / N
    assert knit < loose - 0.05
