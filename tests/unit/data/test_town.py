"""The packaged town: whole, cross-checked, every switch works, and its sums give the waits that its notes claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trajectsim.config.check import check
from trajectsim.config.load import load_intervention, load_sources
from trajectsim.config.scenario import load_scenario
from trajectsim.config.world import Places
from trajectsim.evidence.parameter import Dirichlet, Parameter
from trajectsim.evidence.paths import scenario_parameters

CONFIGS = Path(__file__).parents[3] / "configs"
TOWN = load_scenario(CONFIGS / "town.yaml")
MECHANISMS = TOWN.world.mechanisms if TOWN.world is not None else {}
PLACES = {name: item for m in MECHANISMS.values() for name, item in m.places.items()}
CLAIMED = {
    name: float(found.group(1))
    for name, item in PLACES.items()
    if item.outside is not None and isinstance(item.outside.arrivals, Parameter)
    if (found := re.search(r"wait ([\d.]+) months \(M/M/", item.outside.arrivals.note or ""))
}


def value(number: object) -> float:
    return float(number.value) if isinstance(number, Parameter) else float(number)  # type: ignore[arg-type]


def end(number: object, side: int) -> float:
    """Return the low (0) or high (1) end of a number's range; its value if it is fixed."""
    assert isinstance(number, Parameter)
    spread = number.distribution
    found = (spread.low, spread.high)[side]
    return number.value if found is None else found


def erlang_wait(places: int, load: float, stay: float) -> float:
    """Return the mean wait in a queue with exponential arrivals and stays (M/M/c), in the unit of `stay`."""
    busy, blocked = load * places, 1.0
    for k in range(1, places + 1):
        blocked = busy * blocked / (k + busy * blocked)
    return blocked / (1 - load * (1 - blocked)) * stay / (places * (1 - load))


def test_erlang_wait_is_that_of_the_textbook() -> None:
    assert erlang_wait(2, 0.75, 1.0) == pytest.approx(9 / 7)


def test_the_scenario_has_no_mistakes() -> None:
    assert check(TOWN) == []


@pytest.mark.parametrize(
    "name",
    ["employers", "internships", "business_cycle", "school_seats", "exit_talks", "care_places", "decisions", "budgets",
     "programme_places", "selection", "teams"],
)  # fmt: skip
def test_every_switch_can_be_thrown(name: str) -> None:
    assert check(load_scenario(CONFIGS / "town.yaml", {"off": f"[{name}]"})) == []


def test_numbers_have_known_sources_and_assumptions_say_what_they_are() -> None:
    known = load_sources()
    for found in scenario_parameters(TOWN, (Parameter, Dirichlet)):
        if found.path.startswith("world."):
            assert found.item.source in known, found.path
            assert found.item.grade != "D" or found.item.note or "definition" in found.item.locator, found.path


def test_notes_claim_a_wait_for_all_care() -> None:
    care = MECHANISMS["care_places"].places
    assert set(CLAIMED) == set(care)


@pytest.mark.parametrize("name", sorted(CLAIMED))
def test_waits_follow_from_places_and_outside_demand(name: str) -> None:
    """The cohort's own places are the last number of the sum in the note."""
    places = PLACES[name]
    assert places.outside is not None and isinstance(places.outside.arrivals, Parameter)
    number, stay = value(places.capacity) * value(places.units), value(places.outside.stay)
    note = places.outside.arrivals.note or ""
    own = re.search(r"\+ ([\d.]+)\) /", note)
    load = (value(places.outside.arrivals) * stay + (float(own.group(1)) if own else 0.0)) / number
    stated = re.search(r"= ([\d.]+), wait", note)
    assert stated is not None and load == pytest.approx(float(stated.group(1)), abs=0.006)
    assert load < 1
    assert erlang_wait(round(number), load, stay) == pytest.approx(CLAIMED[name], rel=0.08)


@pytest.mark.parametrize("name", sorted(name for name, item in PLACES.items() if item.outside is not None))
def test_others_alone_never_ask_for_more_than_there_is(name: str) -> None:
    """At any end of the ranges; a queue with a load of 1 or more would grow for ever."""
    places = PLACES[name]
    assert places.outside is not None
    most = [end(number, 1) for number in (places.outside.arrivals, places.outside.stay)]
    assert most[0] * most[1] < end(places.capacity, 0) * value(places.units)


def test_every_unit_with_patience_for_incidents_can_hold_somebody() -> None:
    for name, places in PLACES.items():
        assert isinstance(places, Places)
        assert value(places.capacity) >= 1, name
        assert places.tolerance is None or value(places.tolerance) > 0, name


def test_waiting_leaves_room_for_no_effect() -> None:
    for name in ("waiting_costs_trust", "waiting_adds_burden", "waiting_costs_employability", "passing_on_costs_trust"):
        spread = TOWN.model.parameters[name].distribution
        assert spread.low is not None and spread.high is not None and spread.low < 0 < spread.high, name


def test_the_team_covers_twenty_youths_and_changes_leave_room_for_none() -> None:
    job = load_intervention("supported_job")
    assert job.team is not None
    per_fte = value(job.team.hours_per_fte) / 12 * (1 - value(job.team.overhead))
    for role in job.team.fte:
        needed = sum(value(h.per_month) for h in job.hours if h.role == role and "enrolled" in h.while_)
        assert value(job.team.fte[role]) * per_fte >= 20 * needed, role
    for change in job.changes:
        for number in (change.capacity, change.tolerance):
            assert isinstance(number, Parameter)
            assert number.distribution.low is not None and number.distribution.high is not None
            assert number.distribution.low < 1 < number.distribution.high
