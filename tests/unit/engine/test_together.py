"""A town in which nothing is scarce, or nothing is on, is the plain engine; a month in it has its order."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.golden.small_town import coach, golden_town, mechanisms
from tests.golden.small_world import street, work
from tests.helpers import LIMIT, World, as_bytes, distance, domain, number, starts, text, way, world
from trajectsim.config.overlay import BUILT_IN
from trajectsim.engine.ledger import new_ledger
from trajectsim.engine.shared import ANSWERS
from trajectsim.engine.together import live_months


def after(months: int, name: str, start: str, to: str | None, **keys: Any) -> dict[str, Any]:
    """An exit that certainly happens when a stay has lasted so many months."""
    return way(name, start, to, forced={"months": number(months, "months")}, **keys)


def golden(around: Mapping[str, Any] | None = None, off: Any = (), **programme: Any) -> World:
    """The golden model and its programme, without a world or in one."""
    item = {k: v for k, v in coach().items() if k != "changes"}
    by_age = [{"law": "young", "age": {"to": 18}}, {"law": "old", "age": {"from": 18}}]
    conditions = {"young": {"age": {"to": 18}}, "old": {"age": {"from": 18}}}
    town = None if around is None else {
        "laws": {name: {"title": text(), "when": when} for name, when in conditions.items()},
        "provisions": {"jobs": {"title": text(), "states": ["work.job"]},
                       "seats": {"title": text(), "states": ["work.school"], "laws": by_age},
                       "care": {"title": text(), "states": ["care.on"], "laws": by_age}},
        "mechanisms": around,
    }  # fmt: skip
    return world(
        {"work": work(), "street": street(), "care": domain("off on", way("starts", "off", "on", 0.1)),
         "life": domain("here away", way("moves_away", "here", "away", 0.01, bound=0.03), gone=["away"])},
        initial={"work": starts(none=0.5, job=0.2, school=0.3), "street": starts(clean=0.8, gang=0.2)}, ages=(16, 20),
        size=300, years=2, age_bands=[18], events={"late": text(), "arrest": text(), "report": text()},
        traits={"flag": {}, "skill": {"kind": "number"}},
        people={"traits": {"flag": {"share": number(0.4, "share")}, "skill": {"mean": number(1.0, "number")}},
                "inflow": {"per_year": number(12, "persons/year"), "age": {"from": 16, "to": 17}}},
        latents={"mood": {"uniform": (0.2, 0.8), "per": 0.5, "reversion": number(0.05)}},
        interventions=[{**item, **programme}], arms=((), ("coach",)), spec={"seed": 2024}, world=town, off=off,
    )  # fmt: skip


# --- nothing shared is the plain engine -------------------------------------------------------------------------------


@pytest.mark.parametrize("arm", [0, 1])
def test_with_everything_off_a_town_is_the_plain_engine_bit_for_bit(arm: int) -> None:
    plain, off = golden(), golden(mechanisms(), off=[*mechanisms(), *BUILT_IN])
    assert off.program.town is None and off.program.names == plain.program.names
    assert as_bytes(off.program.structure) == as_bytes(plain.program.structure)
    a, b = plain.run(arm), off.run(arm)
    assert as_bytes(a.columns) == as_bytes(b.columns) and as_bytes(a.ledger) == as_bytes(b.ledger)
    assert off.register.parameters.keys() == plain.register.parameters.keys()


@pytest.mark.parametrize("arm", [0, 1])
def test_places_beyond_any_demand_are_no_queue_exactly(arm: int) -> None:
    """Jobs, seats and care that abound, and a programme with places for all: the same lives as without any of it."""
    plenty = {
        name: {"capacity": number(1e6, "places"), "units": 3, "order": "lottery"} for name in ("jobs", "seats", "care")
    }
    off = ["selection", "teams"]
    town = golden({"m": {"title": text(), "places": plenty}}, off, places=number(1e6, "places"))
    plain = golden(places=number(1e6, "places"))
    a, b = plain.run(arm), town.together(arm)
    assert as_bytes(a.columns) == as_bytes(b.columns)
    assert (a.stock == b.stock).all() and (a.flows.entries == b.flows.entries).all()
    for name in set(plain.program.names.reasons):
        assert (a.moves(name) == b.moves(name)).all()
    assert all(b.answers(p, answer).sum() == 0 for p in town.program.town.names for answer in ANSWERS)  # type: ignore[union-attr]


@pytest.mark.parametrize("spare", [1, 0])
def test_places_abound_while_there_is_one_for_everybody(spare: int) -> None:
    """One place more or less than youths: nobody asks, or everybody asks and the last one waits."""
    ways = after(1, "asks", "home", "job")
    places = {"jobs": {"capacity": number(99 + spare, "places")}}
    w = world(
        {"work": domain("home job", ways)},
        size=100,
        world={"provisions": {"jobs": {"title": text(), "states": ["work.job"]}},
               "mechanisms": {"m": {"title": text(), "places": places}}},
    )  # fmt: skip
    r = w.together()
    assert r.count("work.job")[1] == 99 + spare and r.answers("jobs", "asked").sum() == (0 if spare else 100)


def test_a_programme_without_places_is_no_programme() -> None:
    """In the arm with the programme everything is as in the arm without, to the last byte (but for its own budget)."""
    around = mechanisms()
    del around["money"]["budgets"]["pool"]
    w = golden(around, places=number(0, "places"))
    a, b = w.together(0), w.together(1)
    unseen = [ledger._replace(seen=a.ledger.seen) for ledger in (a.ledger, b.ledger)]  # what hazards were looked at
    assert as_bytes(a.columns) == as_bytes(b.columns) and as_bytes(unseen[0]) == as_bytes(unseen[1])
    assert (a.meeting.town.kept == b.meeting.town.kept).all()
    assert w.together(1).answers("coach", "asked").sum() == 0
    assert as_bytes(golden(mechanisms()).together(1).columns) != as_bytes(golden(mechanisms()).together(0).columns)


def test_a_provision_without_places_is_not_asked_for() -> None:
    none = {"jobs": {"capacity": number(0, "places")}}
    w = golden({"m": {"title": text(), "places": none}})
    r = w.together()
    assert r.moves("work.finds").sum() == 0 == r.answers("jobs", "asked").sum()


@pytest.mark.parametrize("name", list(mechanisms()))
def test_a_mechanism_that_is_off_leaves_no_trace(name: str) -> None:
    """A town without it and a town with it switched off are the same program and the same lives."""
    rest = {key: item for key, item in mechanisms().items() if key != name}
    if name == "business":
        del rest["work"]["places"]["jobs"]["cycle"]
    off, without = golden(mechanisms(), off=[name]), golden(rest)
    a, b = off.together(1), without.together(1)
    assert off.program.names == without.program.names
    assert as_bytes(a.columns) == as_bytes(b.columns) and as_bytes(a.ledger) == as_bytes(b.ledger)
    assert as_bytes(a.columns) != as_bytes(golden(mechanisms()).together(1).columns)


# --- how it is lived --------------------------------------------------------------------------------------------------


def test_threads_and_single_months_give_the_same_lives() -> None:
    w = golden_town()
    people = w.cohort(size=1200)
    at_once = w.together(1, people)
    for threads in (2, 3):
        other = w.together(1, people, threads=threads)
        assert as_bytes(at_once.columns, at_once.ledger) == as_bytes(other.columns, other.ledger)
    meeting = w.meeting(1, people)
    ledger = new_ledger(w.program, w.program.steps)
    for t in range(w.program.steps):
        live_months(meeting, [ledger], t, t + 1)
    assert as_bytes(at_once.columns, at_once.ledger) == as_bytes(meeting.columns, ledger)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_life_is_told_in_the_order_in_which_it_was_lived(threads: int) -> None:
    """Whatever the parts of the youths: also who was told that a place went to another, where places are given."""
    w = golden_town()
    people = w.cohort(size=1200)
    people.small[w.program.rows.watch, :] = 1

    def lives(threads: int) -> np.ndarray:
        ledger = w.together(1, people, threads=threads, log_rows=40_000).ledger
        log = ledger.log[: int(ledger.logged[0])]
        return log[np.lexsort((np.arange(len(log)), log[:, 1], log[:, 0]))]

    assert (lives(threads) == lives(1)).all()
    short = w.together(1, people, threads=threads, log_rows=100).ledger
    assert int(short.logged[0]) > 100


def test_a_function_of_every_month_sees_its_months_and_changes_lives() -> None:
    w = golden_town()
    seen: list[int] = []
    idle = w.together(1, hook=lambda meeting, t: seen.append(t))
    assert seen == list(range(24))
    assert as_bytes(idle.columns) == as_bytes(w.together(1).columns)

    def cheer(meeting: Any, t: int) -> None:
        meeting.columns.slow[w.program.rows.latents["mood"]] = 1 << 30

    cheered = w.together(1, hook=cheer)
    assert cheered.moves("work.finds").sum() != idle.moves("work.finds").sum()


# --- what one does to another -----------------------------------------------------------------------------------------


def test_the_place_of_one_is_the_loss_of_another() -> None:
    """Twins differ in the arm with a programme only through the places that others took."""
    helped = {"exit": "work.asks", "while": ["enrolled"], "ratio": number(5, "hazard ratio")}
    doubled = {"name": "coach", "title": text(), "eligible": {"traits": {"flag": {"from": 1}}}, "uptake": number(0.5),
               "places": number(1000, "places"), "dropout": number(0.0), "duration": number(24, "months"),
               "effects": [helped]}  # fmt: skip
    w = world(
        {"work": domain("home job", way("asks", "home", "job", 0.05, bound=0.3), way("loses", "job", "home", 0.05))},
        traits={"flag": {}}, people={"traits": {"flag": {"share": number(0.5, "share")}}}, size=1000, years=3,
        interventions=[doubled], arms=((), ("coach",)),
        world={"provisions": {"jobs": {"title": text(), "states": ["work.job"]}},
               "mechanisms": {"m": {"title": text(), "places": {"jobs": {"capacity": number(100, "places")}}}}},
    )  # fmt: skip
    people = w.cohort()
    flag = people.small[w.program.rows.flags["flag"]] == 1
    at_work = [w.together(arm, people).columns.small[0] == 1 for arm in (0, 1)]
    assert [int(x.sum()) for x in at_work] == [100, 100]
    assert at_work[1][flag].sum() > at_work[0][flag].sum() and at_work[1][~flag].sum() < at_work[0][~flag].sum()
    plenty = world(
        {"work": domain("home job", way("asks", "home", "job", 0.05, bound=0.3), way("loses", "job", "home", 0.05))},
        traits={"flag": {}}, people={"traits": {"flag": {"share": number(0.5, "share")}}}, size=1000, years=3,
        interventions=[doubled], arms=((), ("coach",)), world={"mechanisms": {}},
    )  # fmt: skip
    lived = [plenty.together(arm, people).columns for arm in (0, 1)]
    assert (lived[0].small[0][~flag] == lived[1].small[0][~flag]).all()


def test_a_place_is_taken_up_in_the_month_in_which_it_is_granted() -> None:
    """What follows from the exit follows then, and the stay counts from the next snapshot."""
    asks = after(2, "asks", "home", "job", then=[{"event": "cheer"}, {"set": {"mood": "glad"}}])
    leaves = after(3, "leaves", "job", "gone")
    w = world(
        {"work": domain("home job gone", asks, leaves), "mood": domain("sad glad")},
        events={"cheer": text()}, size=30,
        world={"provisions": {"jobs": {"title": text(), "states": ["work.job"]}},
               "mechanisms": {"m": {"title": text(), "places": {"jobs": {"capacity": number(10, "places")}}}}},
    )  # fmt: skip
    r = w.together()
    granted = [0, 10, 0, 0, 10, 0, 0, 10, 0, 0, 0, 0]
    assert r.answers("jobs", "granted").tolist() == granted == r.moves("work.asks").tolist()
    assert r.events("cheer").sum(axis=1).tolist() == granted
    assert r.count("mood.glad").tolist() == [0, *np.cumsum(granted)]
    assert r.count("work.job").tolist() == [0, 0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0, 0]


def test_what_follows_from_an_exit_may_ask_too() -> None:
    """An arrest asks for care in another domain; it waits there, and moves when a place comes free."""
    arrest = after(2, "arrest", "calm", "caught", then=[{"chance": number(0.6, "probability"), "set": {"care": "on"}}])
    stops = after(4, "stops", "on", "off")
    w = world(
        {"street": domain("calm caught", arrest), "care": domain("off on", stops)}, size=1000,
        world={"provisions": {"care": {"title": text(), "states": ["care.on"]}},
               "mechanisms": {"m": {"title": text(), "places": {"care": {"capacity": number(200, "places")}}}}},
    )  # fmt: skip
    r = w.together()
    asked = r.answers("care", "asked")
    assert asked[1] == asked.sum() and distance(asked[1:2], 1000, 0.6) < LIMIT
    assert r.answers("care", "granted").tolist() == [0, 200, 0, 0, 0, 200, 0, 0, 0, min(asked.sum() - 400, 200), 0, 0]
    assert r.moves("street.arrest").tolist() == [0, 1000] + [0] * 10


def test_capacity_at_the_start_is_found_for_those_who_hold_a_place() -> None:
    """Fifty hold one of eighty places in four units; whoever else asks gets one of the rest."""
    w = world(
        {"work": domain("home job", after(1, "asks", "home", "job"))},
        initial={"work": starts(home=0.7, job=0.3)}, size=200,
        world={"provisions": {"jobs": {"title": text(), "states": ["work.job"]}},
               "mechanisms": {"m": {"title": text(), "places": {"jobs": {"capacity": number(80, "places")}}}}},
    )  # fmt: skip
    r = w.together()
    assert r.answers("jobs", "granted")[0] == 80 - r.count("work.job")[0] > 0
    assert (r.meeting.shared[0].unit[0] >= 0).sum() == 80
