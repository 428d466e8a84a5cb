"""What spreads among friends spreads as theory says, through the whole engine: signal, hazard, exit, next month.

Whoever has it shows it for one month and is immune after that. A youth gets it by a hazard h for every friend who
shows it, so over one tie with chance T = 1 - exp(-h), and from j friends at once with 1 - (1 - T)**j: percolation. On a
random regular graph of degree k a tie leads to a small part with chance u = 1 - T + T u**(k - 1); up to T (k - 1) = 1
only u = 1 solves this. With a part s of all at the start, one stays free with chance (1 - s) v**k, where
v = 1 - T + T (1 - s) v**(k - 1).

Each number is the mean of runs with networks and luck of their own, held against theory by Student's t with their
spread as the error: a right engine fails one such test with chance 1e-4.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.helpers import World, domain, number, starts, text, way, world

N = 20_000
RUNS = 12


def network(degree: float, inside: float = 1.0, **signals: Any) -> dict[str, Any]:
    """A world with friends and nothing else."""
    layer = {"degree": number(degree, "count")}
    friends = {"layers": [layer], "inside": number(inside, "share"), "signals": signals}
    return {"mechanisms": {"friends": {"title": text(), "network": friends}}}


def outbreak(degree: int, chance: float, first: float, size: int = N, years: float = 4, **keys: Any) -> World:
    """Free, having it for one month, immune; the part `first` has it at the start."""
    hazard = -np.log1p(-chance)
    gets = way("gets", "free", "has", hazard, times=["friends_having"], bound=hazard * degree)
    over = way("over", "has", "immune", forced={"months": number(1, "months")})
    signal = {"title": text(), "states": ["it.has"], "form": "count"}
    return world(
        {"it": domain("free has immune", gets, over)},
        initial={"it": starts(free=1 - first, has=first)} if first else {},
        size=size,
        years=years,
        world=network(degree, **keys, friends_having=signal),
    )


def ever(w: World, replicate: int) -> tuple[float, int]:
    """The part that ever got it, and how many had it in the end: whether it is over."""
    lived = w.together(replicate=replicate)
    return float(1 - lived.count("it.free")[-1] / w.size), int(lived.count("it.has")[-1])


def as_theory_says(found: list[float], expected: float) -> bool:
    error = float(np.std(found, ddof=1)) / np.sqrt(len(found))
    return bool(abs(np.mean(found) - expected) < stats.t.isf(0.5e-4, len(found) - 1) * error)


def fixed_point(degree: int, chance: float, free: float = 1.0) -> float:
    """The smallest solution of v = 1 - T + T free v**(k - 1)."""
    v = 0.0
    for _ in range(10_000):
        v = 1 - chance + chance * free * v ** (degree - 1)
    return v


@pytest.mark.parametrize(("degree", "height"), [(3, 0.7), (3, 1.2), (3, 1.45), (6, 0.7), (6, 1.5), (6, 2.0)])
def test_the_final_size_follows_theory(degree: int, height: float) -> None:
    """Below and above the threshold, where two in a hundred have it at the start."""
    chance, first = height / (degree - 1), 0.02
    w = outbreak(degree, chance, first)
    found = [ever(w, k) for k in range(RUNS)]
    assert all(still == 0 for _, still in found)
    expected = 1 - (1 - first) * fixed_point(degree, chance, 1 - first) ** degree
    assert as_theory_says([part for part, _ in found], expected)


def test_an_outbreak_from_a_few_is_small_below_the_threshold_and_large_above() -> None:
    """Ten at the start: each reaches 1 + k T / (1 - (k - 1) T) on average, or one large part of all."""
    degree, first = 5, 10 / N
    low = [ever(outbreak(degree, 0.8 / 4, first), k)[0] for k in range(RUNS)]
    assert as_theory_says([part / first for part in low], 1 + degree * 0.2 / (1 - 0.8)) and max(low) < 0.02
    high = [ever(outbreak(degree, 1.4 / 4, first), k)[0] for k in range(4)]
    large = 1 - fixed_point(degree, 1.4 / 4) ** degree
    assert all(abs(part - large) < 0.03 for part in high)


def test_friends_elsewhere_pass_nothing_on() -> None:
    """With 60 in 100 friends in the cohort a tie passes it on with chance 0.6 T: below the threshold again."""
    degree, chance, inside, first = 4, 1.6 / 3, 0.6, 0.02
    w = outbreak(degree, chance, first, inside=inside)
    found = [ever(w, k)[0] for k in range(RUNS)]
    assert as_theory_says(found, 1 - (1 - first) * fixed_point(degree, inside * chance, 1 - first) ** degree)


def test_the_first_month_is_binomial() -> None:
    """Of those with j friends who have it, 1 - (1 - T)**j get it; nobody gets it without."""
    degree, chance = 6, 0.3
    w = outbreak(degree, chance, 0.2, years=1 / 12)
    meeting = w.meeting()
    friends = meeting.town.network
    had = meeting.columns.small[0] == 1
    row = np.repeat(np.arange(N), np.diff(friends.start))
    count = np.bincount(row, weights=had[friends.friends], minlength=N).astype(int)
    got = w.together().columns.small[0] == 1
    free = ~had
    assert not got[free & (count == 0)].any() and (free & (count == 0)).sum() > 1000
    for j in range(1, 5):
        asked = free & (count == j)
        n, p = int(asked.sum()), 1 - (1 - chance) ** j
        assert abs(int(got[asked].sum()) - n * p) < 4.5 * np.sqrt(n * p * (1 - p))


def test_nothing_begins_without_contacts() -> None:
    """Nobody has it, or nobody has friends: the hazard is nil."""
    assert ever(outbreak(6, 0.45, 0.0), 0)[0] == 0
    alone = outbreak(6, 0.45, 0.1, inside=0.0)
    assert (alone.together().count("it.free") == alone.together().count("it.free")[0]).all()


def test_a_share_of_friends_moves_a_hazard_by_its_effect() -> None:
    """Half of all show it for good: hazard x exp(b (share - usual)), for every share a youth of four friends meets."""
    b, usual, base, degree = 1.5, 0.4, 0.1, 4
    show = {"title": text(), "states": ["sign.on"], "usual": number(usual, "share")}
    effects = {"friends_on": number(b, "log hazard ratio")}
    w = world(
        {"sign": domain("off on"), "it": domain("no yes", way("go", "no", "yes", base, bound=0.3, effects=effects))},
        initial={"sign": starts(off=0.5, on=0.5)},
        size=N,
        years=1 / 12,
        world=network(degree, friends_on=show),
    )
    meeting = w.meeting()
    row = np.repeat(np.arange(N), np.diff(meeting.town.network.start))
    on = meeting.columns.small[0][meeting.town.network.friends] == 1
    total = np.bincount(row, minlength=N)
    shares: npt.NDArray[np.float64] = np.bincount(row, weights=on, minlength=N) / np.maximum(total, 1)
    went = w.together().columns.small[1] == 1
    for share in (0, 0.25, 0.5, 0.75, 1):
        met = (shares == share) & (total == degree)
        n, p = int(met.sum()), 1 - np.exp(-base * np.exp(b * (share - usual)))
        assert n > 500 and abs(int(went[met].sum()) - n * p) < 4.5 * np.sqrt(n * p * (1 - p))


def test_an_event_shows_for_as_many_months_as_it_says() -> None:
    """Everybody's event in month 3 is seen by friends in months 4 and 5 (`months: 2`), and in no other."""
    event = way("happens", "a", "b", forced={"months": number(4, "months")}, then=[{"event": "seen"}])
    notices = way("notices", "no", None, 1.0, bound=4.0, times=["friends_seen"], event="noticed")
    w = world(
        {"x": domain("a b", event), "it": domain("no", notices)},
        events={"seen": text(), "noticed": text()},
        size=500,
        world=network(4, friends_seen={"title": text(), "event": "seen", "months": 2, "form": "count"}),
    )
    noticed = w.together().events("noticed").sum(axis=1)
    assert np.flatnonzero(noticed).tolist() == [4, 5] and noticed[4:6].min() > 470
