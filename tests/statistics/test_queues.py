"""Queues for places are what queueing theory says: waits, lengths, chances to wait and to be turned away.

A place's service time is a stay. Time goes in steps, so two things are held against each other: the engine against
the exact queue in steps (every step some leave, some come, places go to who waits: its stationary distribution follows
from its matrix), and that queue against M/M/c, of which it is the limit. A stay is at least one step long: one declared
with mean s lasts 1 / (1 - exp(-1 / s)) steps, about s + 1/2. At 120 steps to a stay that half step would raise a load
of 0.75 by 0.4 per cent and waits by nearly 2; here stays are declared so that they last s steps.

Each number is the mean of independent runs with luck of their own, held against theory by their spread: a right engine
fails one such test (four standard errors) with a chance of 1e-4 or so.
"""

from functools import lru_cache
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.helpers import Together, World, agrees, domain, number, text, way, world

F64 = npt.NDArray[np.float64]
LIMIT = 4.0
"""Most standard errors."""
SPY = 360
"""Steps a year, so 30 to a month."""


# --- theory -----------------------------------------------------------------------------------------------------------


def erlang_b(places: int, load: float) -> float:
    """The chance that all places are taken where nobody waits; `load`: arrivals per stay."""
    weight = [load**k / factorial(k) for k in range(places + 1)]
    return weight[-1] / sum(weight)


def erlang_c(places: int, load: float) -> float:
    """The chance to wait."""
    blocked = erlang_b(places, load)
    return blocked / (1 - load / places * (1 - blocked))


def mean_wait(places: int, load: float) -> float:
    """Mean wait in stays."""
    return erlang_c(places, load) / (places - load)


def in_steps(places: int, load: float, stay: float, patient: bool = True, most: int = 80) -> F64:
    """The exact queue in steps: the stationary chances of how many are there at the end of a step, waiting included.

    Those who hold a place leave with chance 1 / stay, then a Poisson number comes; without patience only who finds a
    place stays.
    """
    most = most if patient else places
    come = stats.poisson.pmf(np.arange(most + 1), load / stay)
    chain = np.zeros((most + 1, most + 1))
    for n in range(most + 1):
        held = min(n, places)
        for left in range(held + 1):
            rest = n - left
            chance = stats.binom.pmf(left, held, 1 / stay)
            chain[n, rest:most] += chance * come[: most - rest]
            chain[n, most] += chance * (1 - come[: most - rest].sum())
    equations = np.vstack([(chain - np.eye(most + 1)).T, np.ones(most + 1)])
    found: F64 = np.linalg.lstsq(equations, np.array([0.0] * (most + 1) + [1.0]), rcond=None)[0]
    return found


def queue_in_steps(places: int, load: float, stay: float) -> float:
    """Mean number who wait at the end of a step; over the arrivals per step this is the mean wait in steps (Little)."""
    chances = in_steps(places, load, stay)
    return float((np.maximum(np.arange(len(chances)) - places, 0) * chances).sum())


# --- the town ---------------------------------------------------------------------------------------------------------


def months(steps: float) -> float:
    """The mean to declare, in months, for stays that last so many steps."""
    return -1 / np.log(1 - 1 / steps) * 12 / SPY


def town(
    places: int, others: float, stay: float, years: float, youths: float = 0.0, size: int = 1, **keys: Any
) -> World:
    """Places with a load of `others` (arrivals per stay) from outside and of `youths` from the cohort."""
    per_month = SPY / 12
    asks = youths / stay * per_month / size
    loses = -np.log(1 - 1 / stay) * per_month
    given: dict[str, Any] = {"capacity": number(places, "places"), **keys}
    if others > 0:
        arrivals = number(others / stay * per_month)
        given["outside"] = {"arrivals": arrivals, "stay": number(months(stay), "months")}
    return world(
        {"job": domain("none held", way("asks", "none", "held", asks), way("loses", "held", "none", loses))},
        size=size,
        years=years,
        steps_per_year=SPY,
        world={
            "provisions": {"jobs": {"title": text(), "states": ["job.held"]}},
            "mechanisms": {"places": {"title": text(), "places": {"jobs": given}}},
        },
    )


def runs(w: World, count: int) -> list[Together]:
    return [w.together(replicate=k) for k in range(count)]


def as_theory_says(found: list[float], expected: float, bias: float = 0.0) -> bool:
    """Whether runs of their own luck have this mean; `bias` is what theory itself leaves open."""
    error = float(np.std(found, ddof=1)) / np.sqrt(len(found))
    return bool(abs(np.mean(found) - expected) < LIMIT * error + bias)


def waits(lived: list[Together], whose: str, first: int = 0) -> list[float]:
    """Mean wait in steps of those served in each run after its first steps; all runs weigh by whom they served."""
    served = [float(r.kept("jobs", f"{whose}granted")[first:].sum()) for r in lived]
    waited = [float(r.kept("jobs", f"{whose}steps_waited")[first:].sum()) for r in lived]
    mean = sum(served) / len(served)
    return [x / mean - (n / mean - 1) * sum(waited) / sum(served) for n, x in zip(served, waited, strict=True)]


STAY = 120


@lru_cache(maxsize=1)
def fine() -> list[Together]:
    """Two places at load 0.75, a stay of 120 steps, outsiders only: runs of 200 stays."""
    return runs(town(2, 1.5, STAY, STAY * 200 / SPY), 300)


def test_theory_is_what_the_textbooks_print() -> None:
    assert erlang_b(2, 1.5) == pytest.approx(0.3103, abs=1e-4)
    assert erlang_c(2, 1.5) == pytest.approx(9 / 14)
    assert mean_wait(2, 1.5) == pytest.approx(1.2857, abs=1e-4)
    assert erlang_b(5, 4.0) == pytest.approx(0.1991, abs=1e-4)


def test_the_queue_in_steps_goes_to_the_queue_of_theory() -> None:
    """Its mean wait is about two thirds of a step short: half a per cent where a step is a 120th of a stay."""
    off = [queue_in_steps(2, 1.5, stay) / 1.5 / mean_wait(2, 1.5) - 1 for stay in (30, 60, 120)]
    assert off[0] == pytest.approx(2 * off[1], rel=0.1) and off[1] == pytest.approx(2 * off[2], rel=0.1)
    assert abs(off[2]) < 0.01


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_the_mean_wait_meets_theory_at_a_fine_step() -> None:
    """M/M/2 at load 0.75: 1.29 stays. The first twenty stays are left out, whose waits from before are cut short."""
    found = [x / STAY for x in waits(fine(), "others_", 20 * STAY)]
    assert np.std(found, ddof=1) / np.sqrt(len(found)) < 0.05
    assert as_theory_says(found, mean_wait(2, 1.5))
    assert as_theory_says(found, queue_in_steps(2, 1.5, STAY) / 1.5)


def test_as_many_are_served_and_as_many_places_taken_as_there_is_demand() -> None:
    lived = fine()
    steps = lived[0].program.steps
    assert as_theory_says([float(r.kept("jobs", "others_asked").mean()) * STAY for r in lived], 1.5)
    assert as_theory_says([float(r.kept("jobs", "filled").mean()) for r in lived], 1.5)
    assert all((r.kept("jobs", "filled") <= 2).all() and len(r.kept("jobs", "open")) == steps for r in lived)


@pytest.mark.parametrize(("places", "load", "stay"), [(1, 0.6, 4), (2, 1.5, 3), (5, 4.0, 6), (12, 9.0, 10)])
def test_at_any_step_the_wait_is_that_of_the_queue_in_steps(places: int, load: float, stay: int) -> None:
    lived = runs(town(places, load, stay, 30), 60)
    expected = queue_in_steps(places, load, stay) / load * stay
    assert as_theory_says(waits(lived, "others_", 20 * stay), expected)


@pytest.mark.parametrize("when", ["start", "end"])
def test_the_number_there_has_its_stationary_distribution_from_the_start(when: str) -> None:
    """Held and waiting together, in 3,000 runs that begin, or in 600 that last ten stays: M/M/2 at load 0.75."""
    stay, load, count = 60, 1.5, 3000 if when == "start" else 600
    w = town(2, load, stay, 10 * stay / SPY)
    there = []
    for k in range(count):
        x = (w.meeting(replicate=k) if when == "start" else w.together(replicate=k).meeting).town
        there.append(int(x.others.sum() + x.others_waiting.sum()))
    blocked = erlang_c(2, load)
    chances = [1 / (1 + load + load**2 / 2 / (1 - load / 2))]
    chances += [chances[0] * load] + [blocked * (1 - load / 2) * (load / 2) ** k for k in range(7)]
    counts = np.bincount(np.minimum(there, 9), minlength=10)
    assert agrees(counts, count * np.array([*chances, 1 - sum(chances)]))


def test_queue_length_meets_theory() -> None:
    """Steps waited over steps lived: 1.93 who wait on average (Little), 0.75 x 1.93 / 0.75 stays each."""
    lived = fine()
    first = 20 * STAY
    steps = lived[0].program.steps - first
    found = [float(r.kept("jobs", "others_steps_waited")[first:].sum()) / steps for r in lived]
    assert as_theory_says(found, erlang_c(2, 1.5) * 0.75 / 0.25, bias=0.01)


# --- youths among others ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def mixed() -> list[Together]:
    """A third of the demand comes from 200 youths; places 3, load 0.7, a stay of 40 steps."""
    return runs(town(3, 1.4, 40, 40 * 250 / SPY, youths=0.7, size=200), 50)


@pytest.mark.parametrize("whose", ["", "others_"])
def test_youths_wait_as_long_as_others_do(whose: str) -> None:
    """First come, first served: both meet the queue of the whole demand (youths who hold or wait do not ask)."""
    found = [x / 40 for x in waits(mixed(), whose, 20 * 40)]
    expected = queue_in_steps(3, 2.1, 40) / 2.1
    assert as_theory_says(found, expected, bias=0.02 * expected)


def test_the_chance_to_wait_is_that_of_erlang() -> None:
    """`taken` are youths who found no place in the month they asked: Erlang C, less a little for time in steps."""
    chances = in_steps(3, 2.1, 40)
    by_steps = _chance_to_wait(3, 2.1, 40, chances)
    assert by_steps == pytest.approx(erlang_c(3, 2.1), rel=0.05)
    taken = [float(r.answers("jobs", "taken").sum()) for r in mixed()]
    asked = [float(r.answers("jobs", "asked").sum()) for r in mixed()]
    share = sum(taken) / sum(asked)
    mean = sum(asked) / len(asked)
    found = [t / mean - share * (a / mean - 1) for t, a in zip(taken, asked, strict=True)]
    assert as_theory_says(found, by_steps, bias=0.02 * by_steps)


def _chance_to_wait(places: int, load: float, stay: float, chances: F64) -> float:
    """Of those who come in a step, the part left without a place at its end; who came first is served first."""
    come = stats.poisson.pmf(np.arange(12), load / stay)
    left = 0.0
    for n, chance in enumerate(chances):
        held = min(n, places)
        for gone in range(held + 1):
            free = max(places - (n - gone), 0)
            found = chance * stats.binom.pmf(gone, held, 1 / stay)
            left += found * sum(p * max(k - free, 0) for k, p in enumerate(come))
    return left / (load / stay)


def test_others_who_ask_by_lot_wait_as_long_on_average_and_less_evenly() -> None:
    """The order of service moves waits between people; the mean stays (Little)."""
    lived = runs(town(3, 1.4, 40, 40 * 120 / SPY, youths=0.7, size=200, order="lottery"), 50)
    expected = queue_in_steps(3, 2.1, 40) / 2.1
    every = [a + 2 * b for a, b in zip(waits(lived, "", 800), waits(lived, "others_", 800), strict=True)]
    assert as_theory_says([x / 3 / 40 for x in every], expected, bias=0.02 * expected)


def test_who_has_no_patience_is_turned_away_as_erlang_says() -> None:
    """Five places, four asked for on average, nobody waits a second step: Erlang B, 0.199."""
    stay, size = 40, 800
    lived = runs(town(5, 0.0, stay, 40 * 60 / SPY, youths=4.0, size=size, patience=number(0.001, "months")), 40)
    first = 10 * stay
    left = [float(r.answers("jobs", "left")[first:].sum()) for r in lived]
    asked = [float(r.answers("jobs", "asked")[first:].sum()) for r in lived]
    share, mean = sum(left) / sum(asked), sum(asked) / len(asked)
    chances = in_steps(5, 4.0, stay, patient=False)
    by_steps = 1 - float((np.arange(6) * chances).sum()) / 4.0
    assert by_steps == pytest.approx(erlang_b(5, 4.0), rel=0.06)
    found = [t / mean - share * (a / mean - 1) for t, a in zip(left, asked, strict=True)]
    assert as_theory_says(found, by_steps, bias=0.02 * by_steps)
