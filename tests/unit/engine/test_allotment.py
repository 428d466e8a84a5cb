"""Who gets a place, from whom, and who pays."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import LIMIT, Together, World, agrees, distance, domain, number, starts, text, way, world
from trajectsim.engine.allotment import sort_by_rank


def after(months: int, name: str, start: str, to: str | None, **keys: Any) -> dict[str, Any]:
    """An exit that certainly happens when a stay has lasted so many months."""
    return way(name, start, to, forced={"months": number(months, "months")}, **keys)


def provision(*states: str, **keys: Any) -> dict[str, Any]:
    return {"title": text(), "states": list(states), **keys}


def town(
    domains: Mapping[str, Any], states: Mapping[str, str], rules: Mapping[str, Any], laws: Any = None, **keys: Any
) -> World:
    """A world with one provision per state and these rules in one mechanism."""
    around = {
        "laws": {name: {"title": text(), "when": {}} for name in (laws or {})},
        "provisions": {name: provision(state, laws=spans_of(laws or {})) for name, state in states.items()},
        "mechanisms": {"m": {"title": text(), **rules}},
    }  # fmt: skip
    return world(domains, world=around, **keys)


def spans_of(laws: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"law": name, "age": age} for name, age in laws.items()]


def places(capacity: float, **keys: Any) -> dict[str, Any]:
    return {"capacity": number(capacity, "places"), **keys}


JOBS = {"jobs": "work.job"}


# --- order ------------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 6) | st.integers(0, 2**64 - 1), max_size=200))
def test_sorting_is_that_of_numpy(ranks: list[int]) -> None:
    rank, order = np.array(ranks, np.uint64), np.arange(len(ranks), dtype=np.int64)[::-1].copy()
    by_rank = sorted(zip(rank.tolist(), order.tolist(), strict=True))
    sort_by_rank(rank, order, len(ranks))
    assert list(zip(rank.tolist(), order.tolist(), strict=True)) == by_rank


@pytest.mark.parametrize("order", ["first_come", "lottery", "need"])
def test_who_asked_in_which_month_is_served_in_the_stated_order(order: str) -> None:
    """The door opens in February only, for 300 of 600 who asked in the three months before."""
    need = {"need": {"mood": number(1.0, "number")}} if order == "need" else {}
    asks = [after(k + 3, f"asks{k}", f"home{k}", "job") for k in range(3)]
    r = town(
        {"work": domain("home0 home1 home2 job", *asks)},
        JOBS,
        {"places": {"jobs": places(300, order=order, intake=[2], all_year=number(0.0, "share"), **need)}},
        initial={"work": starts(home0=1 / 3, home1=1 / 3, home2=1 / 3)},
        latents={"mood": {"uniform": (0.2, 0.8)}},
        size=600,
    ).together()
    served = np.array([r.moves(f"work.asks{k}").sum() for k in range(3)])
    assert served.sum() == 300 == r.answers("jobs", "granted")[5]
    at_first = r.stock[0, :3]
    if order == "first_come":
        assert served.tolist() == np.diff([0, *np.minimum(np.cumsum(at_first), 300)]).tolist()
    else:
        assert agrees(served, 300 * at_first / 600)
    if order == "need":
        mood = r.columns.slow[r.program.rows.latents["mood"]]
        works = r.columns.small[0] == 3
        assert mood[works].min() >= mood[~works].max()


def test_a_lottery_is_fair_every_month_anew() -> None:
    """Ten places a month come free for a hundred who wait: everybody is served about as often."""
    work = domain("home job", after(1, "asks", "home", "job"), after(1, "stops", "job", "home"))
    r = town({"work": work}, JOBS, {"places": {"jobs": places(10, order="lottery")}}, size=100, years=50).together()
    assert (r.kept("jobs", "filled") == 10).all()
    assert r.answers("jobs", "granted").sum() == 10 * 600
    assert r.kept("jobs", "steps_waited").sum() / 6000 == pytest.approx(8.0, rel=0.1)  # 90 wait, 10 served a month


def test_who_finds_no_place_at_once_is_told_that_another_took_it() -> None:
    w = town(
        {"work": domain("home job", after(1, "asks", "home", "job"))}, JOBS, {"places": {"jobs": places(3)}}, size=50
    )
    people = w.cohort()
    people.small[w.program.rows.watch] = 1
    r = w.together(columns=people, log_rows=1000)
    assert r.answers("jobs", "taken").tolist() == [47] + [0] * 11
    assert r.events("place_asked").sum(axis=1)[0] == 50 and r.events("place_taken").sum(axis=1)[0] == 47
    log = r.ledger.log[: int(r.ledger.logged[0])]
    names = r.program.names
    told = log[(log[:, 2] == -1) & (log[:, 3] == names.events.index("place_taken"))]
    assert len(told) == 47 and set(told[:, 1]) == {0}
    assert {names.reasons[k] for k in told[:, 5]} == {"queue.jobs.taken"}
    assert set(told[:, 0]) == set(np.flatnonzero(r.columns.small[0] == 0))


# --- places that come free --------------------------------------------------------------------------------------------


def test_a_place_given_up_for_another_comes_free() -> None:
    """Everybody goes from a scarce scheme on to a scarce job: its place is there for the next."""
    work = domain("home scheme job", after(1, "joins", "home", "scheme"), after(2, "rises", "scheme", "job"))
    rules = {"places": {"schemes": places(5), "jobs": places(1000)}}
    r = town({"work": work}, {"schemes": "work.scheme", "jobs": "work.job"}, rules, size=100, years=2).together()
    assert (r.kept("schemes", "filled") == 5).sum() >= 20
    assert r.count("work.job")[-1] > 40
    decided = {**rules, "decisions": {"jobs": {"months": number(0.001, "months")}}}
    r = town({"work": work}, {"schemes": "work.scheme", "jobs": "work.job"}, decided, size=100, years=2).together()
    for state, name in (("work.scheme", "schemes"), ("work.job", "jobs")):
        found = r.kept(name, "filled") - r.count(state)[1:]
        assert found.min() >= 0 and (found <= r.answers("jobs", "granted")).all()


def test_who_leaves_the_model_holds_no_place() -> None:
    life = {"life": domain("here away", way("moves", "here", "away", 0.2), gone=["away"])}
    work = {"work": domain("home job", after(1, "asks", "home", "job"))}
    r = town({**work, **life}, JOBS, {"places": {"jobs": places(10)}}, size=300, years=3).together()
    assert (r.kept("jobs", "filled") == r.count("work.job")[1:]).all()
    assert (r.kept("jobs", "filled")[:12] == 10).all()
    waiting = r.kept("jobs", "waiting")
    assert (waiting == r.count("work.home")[1:]).all()


def test_the_law_makes_a_place_where_there_is_none() -> None:
    """What a constraint prescribes does not ask; the place it takes is one that nobody else gets."""
    order = {
        "name": "order",
        "domain": "work",
        "when": {"states": {"case": "bad"}},
        "allowed": ["job"],
        "otherwise": "job",
    }
    r = town(
        {"work": domain("home job", after(6, "asks", "home", "job")),
         "case": domain("good bad", after(3, "falls", "good", "bad", chance=number(0.3, "probability")))},
        JOBS, {"places": {"jobs": places(10)}}, size=100, constraints=[order],
    ).together()  # fmt: skip
    held = r.count("work.job")[-1]
    assert held > 15 and r.answers("jobs", "granted").sum() == 0 and r.kept("jobs", "filled")[-1] == held
    assert r.answers("jobs", "asked")[5] == 100 - held


def test_others_take_places_and_leave_them() -> None:
    """A place for each of the others on average: youths get what is left, and the whole is never exceeded."""
    outside = {"arrivals": number(2.0), "stay": number(5, "months")}
    work = domain("home job", after(1, "asks", "home", "job"), way("loses", "job", "home", 0.2))
    r = town({"work": work}, JOBS, {"places": {"jobs": places(20, outside=outside)}}, size=200, years=20).together()
    filled, youths = r.kept("jobs", "filled"), r.count("work.job")[1:]
    assert filled.max() <= 20 and (youths <= filled).all()
    assert r.kept("jobs", "others_granted").sum() > 100
    assert abs(r.kept("jobs", "others_asked").mean() - 2.0) < LIMIT * np.sqrt(2 / 240)


def test_others_are_the_same_in_every_arm() -> None:
    """They ask in the same months; what becomes of their requests may differ."""
    coach = {"name": "coach", "title": text(), "eligible": {}, "places": number(50, "places"), "uptake": number(0.5),
             "dropout": number(0.1), "duration": number(6, "months"),
             "effects": [{"exit": "work.asks", "while": ["enrolled"], "ratio": number(3, "hazard ratio")}]}  # fmt: skip
    outside = {"arrivals": number(2.0), "stay": number(5, "months")}
    work = domain("home job", way("asks", "home", "job", 0.05, bound=0.2), way("loses", "job", "home", 0.2))
    w = town({"work": work}, JOBS, {"places": {"jobs": places(20, outside=outside)}}, interventions=[coach],
             arms=((), ("coach",)), years=5)  # fmt: skip
    asked = [w.together(arm).kept("jobs", "others_asked") for arm in (0, 1)]
    assert (asked[0] == asked[1]).all() and asked[0].sum() > 0
    assert w.together(0).answers("jobs", "asked").sum() != w.together(1).answers("jobs", "asked").sum()


# --- money ------------------------------------------------------------------------------------------------------------


def money(cap: float | None, rules: Mapping[str, Any] | None = None, laws: Any = None, **keys: Any) -> Together:
    """Ten ask each month for something at EUR 100 a month, from January."""
    laws = {"youth": {}} if laws is None else laws
    budgets = {
        name: {"title": text(), "laws": [name], "tariffs": {"jobs": number(100, "EUR/month")},
               **({} if cap is None else {"cap": number(cap, "EUR/year")})}
        for name in laws
    }  # fmt: skip
    states = [f"home{k}" for k in range(12)]
    work = domain([*states, "job"], *[after(k + 1, f"asks{k}", s, "job") for k, s in enumerate(states)])
    keys = {"size": 120, "years": 1, **keys}
    return town(
        {"work": work}, JOBS, {"budgets": budgets, **(rules or {})}, laws=laws, spec={"start": "2024-01"},
        initial={"work": starts(**dict.fromkeys(states, 1 / 12))}, **keys,
    ).together()  # fmt: skip


def test_spending_is_months_held_times_the_tariff() -> None:
    """In cents; who moves without asking costs this month already, whoever is granted a place the next."""
    free, asked = money(None), money(1e9)
    assert (free.meeting.town.paid[:, 0, 0] == free.count("work.job")[1:] * 10_000).all()
    assert (asked.meeting.town.paid[:, 0, 0] == asked.count("work.job")[:-1] * 10_000).all()
    assert free.answers("jobs", "no_money").sum() == asked.answers("jobs", "no_money").sum() == 0


@pytest.mark.parametrize("years", [1, 3])
def test_a_budget_that_runs_out_says_in_which_month(years: int) -> None:
    """EUR 35,000 a year bears 29 youths for a whole year: that many are granted a place, and no more."""
    r = money(35_000.0, years=years)
    granted, refused = r.answers("jobs", "granted"), r.meeting.town.paid[:, 0, 1]
    asked = np.cumsum(r.answers("jobs", "asked"))
    assert (np.cumsum(granted) == np.minimum(asked, 29)).all() and asked[-1] == 120
    first = int(np.flatnonzero(refused)[0])
    assert asked[first - 1] <= 29 < asked[first]
    assert (r.meeting.town.paid[:, 0, 0].reshape(years, 12).sum(axis=1) <= 3_500_000).all()
    assert (r.answers("jobs", "no_money") == refused).all() and refused[11] == 91
    assert r.meeting.town.out[0] == (first if years == 1 else 24)  # of the last year
    assert r.kept("jobs", "waiting")[11] == 91


def test_the_law_at_a_youths_age_decides_who_pays() -> None:
    laws = {"youth": {"to": 18}, "wmo": {"from": 18}}
    r = money(None, laws=laws, ages=(17.5, 17.5001))
    cents, paid = r.count("work.job")[1:] * 10_000, r.meeting.town.paid[:, :, 0]
    young = int(np.flatnonzero(paid[:, 1])[0])
    assert young in (5, 6, 7)
    assert (paid[:young, 0] == cents[:young]).all() and paid[young:, 0].sum() == 0
    assert (paid[young:, 1] == cents[young:]).all()


def test_a_budget_without_a_cap_changes_nobody() -> None:
    free, paid = money(None), money(None, rules={"places": {"jobs": places(1e6)}})
    assert (free.stock == paid.stock).all() and (free.stock == money(1e9).stock).all()


def pooled(cap: float | None, opened: bool = True) -> Together:
    """A desk that needs two years to decide; a pooled budget that decides at once, while it lasts."""
    budget: dict[str, Any] = {"title": text(), "pooled": True, "buys": ["jobs"],
                              "tariffs": {"jobs": number(100, "EUR/month")}}  # fmt: skip
    if cap is not None:
        budget["cap"] = number(cap, "EUR/year")
    if not opened:
        budget["opened_by"] = ["coach"]
    coach = {"name": "coach", "title": text(), "eligible": {}, "places": number(0, "places"), "uptake": number(0.0),
             "dropout": number(0.1), "duration": number(6, "months")}  # fmt: skip
    return town(
        {"work": domain("home job", after(1, "asks", "home", "job"))}, JOBS,
        {"budgets": {"pool": budget}, "decisions": {"jobs": {"months": number(24, "months")}}},
        interventions=[coach], spec={"start": "2024-01"}, size=200,
    ).together()  # fmt: skip


def test_a_pooled_budget_decides_at_once_and_pays() -> None:
    r = pooled(None)
    assert r.answers("jobs", "granted").tolist() == [200] + [0] * 11
    assert (r.meeting.town.paid[:, 0, 0] == np.array([0] + [200 * 10_000] * 11)).all()
    closed = pooled(None, opened=False)
    assert distance(closed.answers("jobs", "granted")[0], 200, 1 - np.exp(-1 / 24)) < LIMIT
    assert closed.meeting.town.paid.sum() == 0


def opened(*running: str) -> Together:
    """A pooled budget that two programmes and a lever may open; each programme has half the youths in it at once."""
    budget = {"title": text(), "pooled": True, "buys": ["jobs"], "tariffs": {"jobs": number(100, "EUR/month")},
              "opened_by": ["boys", "girls", "pool_it"]}  # fmt: skip
    inside = [
        {"name": name, "title": text(), "eligible": {"traits": {"girl": span}}, "places": number(1000, "places"),
         "uptake": number(2.5), "uptake_bound": 3.0, "dropout": number(0.0), "duration": number(60, "months")}
        for name, span in (("boys", {"to": 1}), ("girls", {"from": 1}))
    ]  # fmt: skip
    nothing = {"parameter": "model.work.asks.base", "ratio": number(1, "ratio")}
    lever = {"name": "pool_it", "title": text(), "levers": [nothing]}
    asks = way("asks", "home", "job", 3.0, bound=3.0, when={"calendar": {"from": 4}})
    return town(
        {"work": domain("home job", asks)}, JOBS,
        {"budgets": {"pool": budget}, "decisions": {"jobs": {"months": number(1e6, "months")}}},
        interventions=[*inside, lever], arms=((), running), traits={"girl": {}},
        people={"traits": {"girl": {"share": number(0.5, "share")}}}, size=400,
    ).together(1)  # fmt: skip


def test_a_budget_serves_whoever_is_in_a_programme_that_opened_it() -> None:
    for running in (("boys",), ("girls",), ("boys", "girls"), ("girls", "boys")):
        r = opened(*running)
        girl = r.columns.small[r.program.rows.flags["girl"]] == 1
        has = r.columns.small[r.program.names.domains.index("work")] == 1
        assert (has.any(where=girl), has.any(where=~girl)) == ("girls" in running, "boys" in running)


def test_what_an_intervention_without_participants_opens_is_for_everybody() -> None:
    r = opened("pool_it")
    assert r.count("work.job")[-1] > 390 and opened().count("work.job")[-1] == 0
    assert opened("boys", "pool_it").count("work.job")[-1] > 390


def test_when_it_is_out_the_desks_decide() -> None:
    """EUR 60,000 bears fifty youths for a year; the other requests go to the desk, which takes its time."""
    r = pooled(60_000.0)
    granted = r.answers("jobs", "granted")
    assert granted[0] == 50 and r.answers("jobs", "no_money")[0] == 150
    p = 1 - np.exp(-1 / 24)
    assert distance(granted[1:].sum(), 150, 1 - (1 - p) ** 11) < LIMIT
    assert (r.meeting.town.paid[1:, 0, 0] == 50 * 10_000).all() and r.meeting.town.out[0] == 0
