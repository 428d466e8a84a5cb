"""What happens to requests, units and those who look around, month by month; forced exits make most of it certain."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.helpers import LIMIT, Together, agrees, distance, domain, number, starts, text, way, world
from trajectsim.engine.luck import run_key
from trajectsim.engine.phases import binomial, poisson, sine, strength_of
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE

LATENT = {"latents": {"mood": {"mean": 0.5}}}


def after(months: int, name: str, start: str, to: str | None, **keys: Any) -> dict[str, Any]:
    """An exit that certainly happens when a stay has lasted so many months."""
    return way(name, start, to, forced={"months": number(months, "months")}, **keys)


def jobs(
    *exits: dict[str, Any],
    places: Mapping[str, Any] | None = None,
    decision: Mapping[str, Any] | None = None,
    laws: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    domains: Mapping[str, Any] | None = None,
    states: str = "home job school",
    **keys: Any,
) -> Together:
    """Youths at home who ask for a job in the first month (unless exits are given), and what became of them."""
    given: dict[str, Any] = {"title": text(), **(more or {})}
    if places is not None:
        given["places"] = {"jobs": {"capacity": number(1, "places"), **places}}
    if decision is not None:
        given["decisions"] = {"jobs": {"months": number(0.001, "months"), **decision}}
    around = {
        "laws": {name: {"title": text(), "when": when} for name, when in (laws or {}).items()},
        "provisions": {"jobs": {"title": text(), "states": ["work.job"]}},
        "mechanisms": {"m": given},
    }
    own = exits or (after(1, "asks", "home", "job"),)
    return world({"work": domain(states, *own), **(domains or {})}, world=around, **keys).together()


def mood(r: Together) -> np.ndarray:
    return r.columns.slow[r.program.rows.latents["mood"]] / LATENT_ONE


# --- waiting ----------------------------------------------------------------------------------------------------------


def test_patience_ends_exponentially_from_the_month_after_asking() -> None:
    n, p = 5000, 1 - np.exp(-1 / 4)
    r = jobs(places={"patience": number(4, "months")}, size=n)
    assert r.answers("jobs", "asked").tolist() == [n] + [0] * 11
    left = r.answers("jobs", "left")
    assert left[0] == 0
    waits = (n - 1) * p * (1 - p) ** np.arange(11)
    assert agrees([*left[1:], n - 1 - left.sum()], [*waits, n - 1 - waits.sum()])
    assert (r.events("queue_left").sum(axis=1) == left).all()
    assert (r.kept("jobs", "waiting") == n - 1 - np.cumsum(left)).all()


def test_who_waits_drifts_from_the_month_after_asking() -> None:
    r = jobs(places={"waiting": {"mood": number(-0.02, "latent per month")}}, size=50, **LATENT)
    served = r.columns.small[0] == 1
    assert served.sum() == 1 and mood(r)[served] == 0.5
    assert mood(r)[~served] == pytest.approx(0.5 - 11 * 0.02, abs=1e-6)


def test_another_exit_out_of_the_state_cancels_a_request() -> None:
    r = jobs(after(1, "asks", "home", "job"), after(3, "studies", "home", "school"), places={}, size=40)
    assert r.answers("jobs", "cancelled").tolist() == [0, 0, 39] + [0] * 9
    assert r.kept("jobs", "waiting").tolist() == [39, 39] + [0] * 10
    assert r.count("work.school")[3] == 39


def test_a_request_is_over_when_its_age_window_closes() -> None:
    asks = way("asks", "home", "job", 4.0, bound=4.0, when={"age": {"to": 18.5}})
    r = jobs(asks, places={}, size=200, ages=(18.0, 18.001))
    asked, cancelled = r.answers("jobs", "asked"), r.answers("jobs", "cancelled")
    assert asked[:2].sum() > 190 and cancelled[:5].sum() == 0
    assert cancelled.sum() == asked.sum() - 1 and r.kept("jobs", "waiting")[7:].max() == 0


def test_asking_again_keeps_ones_turn_and_asking_for_something_else_does_not() -> None:
    """Two exits to one job are one request; an exit to another scarce state ends it."""
    again = (after(1, "asks", "home", "job"), after(2, "asks_again", "home", "job"))
    r = jobs(*again, places={}, size=30)
    assert r.answers("jobs", "asked").sum() == 30 and r.answers("jobs", "cancelled").sum() == 0
    names, one = {"jobs": "work.job", "seats": "work.school"}, {"capacity": number(1, "places")}
    around = {
        "provisions": {name: {"title": text(), "states": [state]} for name, state in names.items()},
        "mechanisms": {"m": {"title": text(), "places": dict.fromkeys(names, one)}},
    }
    other = world(
        {"work": domain("home job school", again[0], after(3, "studies", "home", "school"))}, world=around, size=30
    ).together()
    assert other.answers("jobs", "cancelled")[2] == 29 == other.answers("seats", "asked")[2]


def test_waiting_is_a_covariate_while_one_waits() -> None:
    worry = {"mind": domain("here", way("worry", "here", None, 0.05, bound=0.3, event="worry"))}
    more = {"effects": {"mind.worry": {"waiting_jobs": number(1.2, "log hazard ratio")}}}
    n = 20_000
    r = jobs(
        after(3, "asks", "home", "job"), after(6, "gives_up", "home", "school"), places={}, more=more, domains=worry,
        events={"worry": text()}, size=n,
    )  # fmt: skip
    usual, more_ = 1 - np.exp(-0.05), 1 - np.exp(-0.05 * np.exp(1.2))
    shares = [usual] * 2 + [more_] * 3 + [usual] * 7  # asks in month 2, before the later domain; gives up in month 5
    assert distance(r.events("worry").sum(axis=1), n, shares) < LIMIT


# --- decisions --------------------------------------------------------------------------------------------------------


def test_a_decision_takes_its_time() -> None:
    n, p = 5000, 1 - np.exp(-1 / 3)
    r = jobs(decision={"months": number(3, "months")}, size=n)
    granted = r.answers("jobs", "granted")
    expected = n * p * (1 - p) ** np.arange(12)
    assert agrees([*granted, n - granted.sum()], [*expected, n - expected.sum()])
    assert (r.count("work.job")[1:] == np.cumsum(granted)).all()
    assert r.kept("jobs", "steps_waited").sum() == (granted * np.arange(12)).sum()


def test_refusals_have_their_chance_their_event_and_their_weight() -> None:
    n = 10_000
    refusal = {"refused": number(0.3, "probability"), "on_refused": {"shift": {"mood": number(-0.2, "latent")}}}
    r = jobs(decision=refusal, size=n, **LATENT)
    refused = r.answers("jobs", "refused")
    assert distance(refused[0], n, 0.3) < LIMIT and refused[1:].sum() == 0
    assert (r.events("place_refused").sum(axis=1) == refused).all()
    at_home = r.columns.small[0] == 0
    assert at_home.sum() == refused[0]
    assert mood(r)[at_home] == pytest.approx(0.3, abs=1e-6) and mood(r)[~at_home] == pytest.approx(0.5, abs=1e-6)


def test_each_law_beyond_the_first_may_pass_a_request_on() -> None:
    """One, two or three laws at once: decided at once with chance 1, 0.7 and 0.49; passed on, it starts again."""
    n, p = 9000, 0.3
    passing = {"passed_on": number(p, "probability"), "on_passed_on": {"shift": {"mood": number(-0.1, "latent")}}}
    laws = {"all": {}, "two": {"states": {"case": ["two", "three"]}}, "three": {"states": {"case": "three"}}}
    common: dict[str, Any] = {
        "decision": passing, "laws": laws, "size": n, **LATENT, "domains": {"case": domain("one two three")},
        "initial": {"case": starts(one=0.2, two=0.4, three=0.4)},
    }  # fmt: skip
    r = jobs(years=2 / 12, **common)
    case, job, down = r.columns.small[1], r.columns.small[0] == 1, np.rint((0.5 - mood(r)) / 0.1)
    for laws_there in range(3):
        stays = (1 - p) ** laws_there
        mine = case == laws_there
        counts = [
            int((mine & job & (down == 0)).sum()),
            int((mine & job & (down == 1)).sum()),
            int((mine & ~job).sum()),
        ]
        expected = mine.sum() * np.array([stays, (1 - stays) * stays, (1 - stays) ** 2])
        assert agrees(counts, expected) if laws_there else counts == [mine.sum(), 0, 0]
        assert (down[mine & ~job] == 2).all()
    passed = r.answers("jobs", "passed_on")
    assert (r.events("place_passed_on").sum(axis=1) == passed).all() and down.sum() == passed.sum()


def test_without_a_decision_nobody_is_refused_or_passed_on() -> None:
    r = jobs(places={"capacity": number(7, "places")}, laws={"all": {}, "too": {}}, size=20)
    assert r.answers("jobs", "granted")[0] == 7
    assert r.answers("jobs", "refused").sum() == r.answers("jobs", "passed_on").sum() == 0


# --- units ------------------------------------------------------------------------------------------------------------


def test_schools_admit_in_their_months_and_some_all_year() -> None:
    """The run starts in September; everybody asks in December; 400 schools of one seat, a quarter open all year."""
    asks = after(4, "asks", "home", "job")
    rules = {"units": 400, "intake": [2, 9], "all_year": number(0.25, "share")}
    r = jobs(asks, places=rules, size=600)
    granted = r.answers("jobs", "granted")
    assert distance(granted[3], 400, 0.25) < LIMIT and granted[[4, 6, 7, 8, 9, 10, 11]].sum() == 0
    assert granted[5] == 400 - granted[3]  # February
    never = jobs(asks, places={**rules, "all_year": number(0.0, "share")}, size=600).answers("jobs", "granted")
    assert never.tolist() == [0] * 5 + [400] + [0] * 6


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_failures_close_an_employer_until_they_are_forgotten(weight: float) -> None:
    """Ten fail at once, in the fourth month; half of the memory goes each month; at 0.5 the door is open again."""
    fails = after(3, "fails", "job", "school")
    rules = {
        "capacity": number(10, "places"), "tolerance": number(0.5, "number"), "recovery": number(0.5),
        "failures": ["work.fails"], "failure_weight": number(weight, "number"),
    }  # fmt: skip
    r = jobs(after(1, "asks", "home", "job"), fails, places=rules, size=35)
    memory, waiting, granted = 0.0, 35, []
    for t in range(12):
        failed = granted[t - 3] if t >= 3 else 0
        memory = memory / 2 + weight * failed
        opened = memory - weight * failed <= 0.5 >= memory  # when the month opens, and when places are given
        full = 10 if sum(granted[max(t - 2, 0) :]) else 0
        granted.append(min(10 - full, waiting) if opened else 0)
        waiting -= granted[-1]
    assert r.answers("jobs", "granted").tolist() == granted
    assert sum(granted) == (20 if weight == 1 else 30) and r.kept("jobs", "filled")[3] == 0


def test_a_failure_counts_for_the_provision_that_names_it() -> None:
    """Who fails at school loses a job too; the school remembers that, the employer does not."""
    fails = after(3, "fails", "in", "out", then=[{"set": {"work": "home"}}])
    rules = {"capacity": number(100, "places"), "tolerance": number(9, "number"), "recovery": number(0.0)}
    r = world(
        {"school": domain("in out", fails), "work": domain("job home")},
        size=10,
        world={
            "provisions": {"seats": {"title": text(), "states": ["school.in"]},
                           "jobs": {"title": text(), "states": ["work.job"]}},
            "mechanisms": {"m": {"title": text(), "places": {"seats": {**rules, "failures": ["school.fails"]},
                                                             "jobs": rules}}},
        },
    ).together()  # fmt: skip
    assert r.count("work.home")[-1] == 10 and r.meeting.town.memory.tolist() == [10, 0]


@pytest.mark.parametrize("tolerance", [1.0, 9.0])
def test_an_employer_remembers_incidents_of_those_it_holds_only(tolerance: float) -> None:
    """Everybody has an incident in month 2; later everybody asks."""
    rules = {
        "capacity": number(30, "places"), "tolerance": number(tolerance, "number"), "recovery": number(0.0),
        "incidents": ["row"],
    }  # fmt: skip
    rows = {"temper": domain("calm angry", after(3, "rows", "calm", "angry", then=[{"event": "row"}]))}
    common: dict[str, Any] = {"domains": rows, "events": {"row": text()}, "size": 100, "places": rules}
    later = way("later", "home", "job", 2.0, bound=2.0, when={"calendar": {"from": 5}})
    r = jobs(after(1, "asks", "home", "job", chance=number(0.05, "probability")), later, **common)
    held = int(r.kept("jobs", "filled")[2])
    assert 1 < held < 9 and r.meeting.town.memory.tolist() == [held]
    assert r.answers("jobs", "granted")[3:].sum() == (30 - held if held <= tolerance else 0)
    nobody = jobs(later, **common)
    assert nobody.meeting.town.memory.tolist() == [0] and nobody.answers("jobs", "granted").sum() == 30


def test_a_boom_opens_places_and_a_slump_closes_them() -> None:
    swing = {"amplitude": number(1.0, "number"), "period": number(12, "months"), "phase": number(3, "months")}
    r = jobs(places={"capacity": number(100, "places"), "cycle": number(0.4, "number")}, more={"cycle": swing}, size=10)
    level = np.sin(2 * np.pi * ((np.arange(12) + 3) / 12 - 0.25))
    assert abs(r.kept("jobs", "open") - 100 * (1 + 0.4 * level)).max() <= 1


def test_the_cycle_moves_hazards_that_name_it() -> None:
    n, swing = 20_000, {"amplitude": number(1.0, "number"), "period": number(12, "months")}
    r = jobs(
        way("worry", "home", None, 0.1, bound=0.3, event="worry"), places={}, events={"worry": text()}, size=n,
        more={"cycle": swing, "effects": {"work.worry": {"cycle": number(-0.9, "log hazard ratio")}}},
    )  # fmt: skip
    level = np.sin(2 * np.pi * (np.arange(12) / 12 - 0.25))
    assert distance(r.events("worry").sum(axis=1), n, 1 - np.exp(-0.1 * np.exp(-0.9 * level))) < LIMIT


def test_sectors_have_their_shares_and_places() -> None:
    """Three of four employers have a third of the places of the others; 9 on average makes 6 and 18."""
    sectors = {"shop": {"title": text(), "share": number(0.75, "share"), "places": number(1, "ratio")},
               "plant": {"title": text(), "share": number(0.25, "share"), "places": number(3, "ratio")}}  # fmt: skip
    r = jobs(places={"capacity": number(9, "places"), "units": 1000, "sectors": sectors}, size=10)
    found, counts = np.unique(np.floor(r.meeting.town.unit_places + r.meeting.town.unit_part), return_counts=True)
    assert found.tolist() == [6, 18] and distance(counts, 1000, [0.75, 0.25]) < LIMIT


# --- looking around ---------------------------------------------------------------------------------------------------


def test_signals_are_number_traits() -> None:
    """In a lattice of everybody's two neighbours: the count, and the share less the usual one, of those who show it."""
    signals = {
        "many": {"title": text(), "states": ["sign.on"], "form": "count"},
        "part": {"title": text(), "states": ["sign.on"], "usual": number(0.25, "share")},
    }
    net = {"layers": [{"degree": number(2, "count"), "clustering": number(1.0, "share")}], "signals": signals}
    r = world(
        {"sign": domain("off on")},
        initial={"sign": starts(off=0.5, on=0.5)},
        size=500,
        world={"mechanisms": {"friends": {"title": text(), "network": net}}},
    ).together()
    network, on = r.meeting.town.network, r.columns.small[0] == 1
    rows = r.program.rows.numbers
    for youth in range(500):
        friends = network.friends[network.start[youth] : network.start[youth + 1]]
        count = int(on[friends].sum())
        assert len(friends) == 2
        assert r.columns.slow[rows["many"], youth] == count * NUMBER_ONE
        assert r.columns.slow[rows["part"], youth] == round((count / 2 - 0.25) * NUMBER_ONE)


def test_helpers_are_counted_and_too_many_weigh() -> None:
    """One from care, two from custody, one for the home; half live with another, whose helpers come too."""
    homes = {
        "share": number(0.5, "share"), "helpers": {"care.on": number(1, "count"), "care.custody": number(2, "count")},
        "at_home": number(1, "count"), "threshold": number(2, "count"),
        "overload": {"mood": number(-0.01, "latent per month")},
    }  # fmt: skip
    r = world(
        {"care": domain("off on custody")},
        initial={"care": starts(off=0.4, on=0.3, custody=0.3)},
        size=400,
        world={"mechanisms": {"homes": {"title": text(), "households": homes}}},
        **LATENT,
    ).together()
    seen = r.columns.slow[r.program.rows.numbers["helpers"]] / NUMBER_ONE
    own = r.columns.small[0].astype(float)
    house = r.meeting.town.homes
    total, together = own.copy(), 0
    for h in range(len(house.start) - 1):
        who = house.members[house.start[h] : house.start[h + 1]]
        together += len(who)
        total[who] = own[who].sum()
    assert 150 < together < 250 and (seen == total + 1).all()
    assert mood(r) == pytest.approx(0.5 - 12 * 0.01 * np.maximum(seen - 2, 0), abs=1e-5)


# --- small sums -------------------------------------------------------------------------------------------------------


def test_the_series_is_a_sine() -> None:
    x = np.linspace(-2, 3, 501)
    assert max(abs(sine(float(v)) - np.sin(2 * np.pi * v)) for v in x) < 1e-6


def test_strength_is_hours_there_over_hours_needed_times_experience_to_a_power() -> None:
    assert strength_of(100.0, 25.0, 0.64, 0.5) == pytest.approx(0.4)
    assert strength_of(100.0, 25.0, 1.0, 1.0) == 0.25
    assert strength_of(100.0, 100.0, 1.0, 0.7) == 1.0 and strength_of(0.0, 0.0, 1.0, 0.7) == 1.0
    assert strength_of(100.0, 0.0, 1.0, 0.7) == 0.0


def test_numbers_of_others_are_poisson_and_binomial() -> None:
    for mean in (0.3, 4.0, 60.0):
        found = np.array([poisson(run_key(1, 0, k), np.uint64(5), mean) for k in range(3000)])
        assert abs(found.mean() - mean) < LIMIT * np.sqrt(mean / 3000)
        assert abs(found.var() / mean - 1) < LIMIT * np.sqrt(2 / 3000 + 1 / mean / 3000)
    found = np.array([binomial(run_key(1, 0, k), np.uint64(5), 20, 0.3) for k in range(3000)])
    assert abs(found.mean() - 6) < LIMIT * np.sqrt(4.2 / 3000) and found.max() <= 20
