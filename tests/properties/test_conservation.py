"""Nothing is given that does not exist, and nothing asked is forgotten: in every month of any world.

Hypothesis makes up towns: places with one or more units, others who ask too, intake months, employers with tolerance,
decisions that take time, are refused or passed on, budgets with a cap, a pooled one, a programme with places, coaches
and a selection, deaths and newcomers, friends and brothers and sisters.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import Together, World, as_bytes, domain, number, starts, text, way, world
from trajectsim.engine.ledger import new_ledger
from trajectsim.engine.shared import ANSWERS
from trajectsim.engine.together import Meeting, live_months
from trajectsim.model.youths import take

I64 = npt.NDArray[np.int64]
ENDS = ("granted", "refused", "left", "cancelled", "not_selected")
SOME = settings(max_examples=40)
FEW = settings(max_examples=8)


# --- towns made up ----------------------------------------------------------------------------------------------------


def one_of(draw: st.DrawFn, *values: Any) -> Any:
    return draw(st.sampled_from(values))


@st.composite
def places(draw: st.DrawFn, employer: bool) -> dict[str, Any]:
    """Rules for places of one provision."""
    found: dict[str, Any] = {
        "capacity": number(one_of(draw, 0, 1, 3.5, 8), "places"),
        "units": one_of(draw, 1, 2, 5),
        "order": one_of(draw, "first_come", "lottery", "need"),
    }
    if found["order"] == "need":
        found["need"] = {"mood": number(one_of(draw, -1.0, 2.0), "number")}
    if draw(st.booleans()):
        asked = number(one_of(draw, 0.3, 2.0, 6.0), "per month")
        found["outside"] = {"arrivals": asked, "stay": number(one_of(draw, 0.5, 6.0), "months")}
    if draw(st.booleans()):
        found["patience"] = number(one_of(draw, 0.2, 2.0, 12.0), "months")
    if draw(st.booleans()):
        found["waiting"] = {"mood": number(-0.02, "latent per month")}
    if draw(st.booleans()):
        found["intake"] = one_of(draw, [9], [2, 9], [1, 2, 3])
        found["all_year"] = number(one_of(draw, 0.0, 0.4), "share")
    if employer and draw(st.booleans()):
        found["tolerance"] = number(one_of(draw, 0.0, 1.0), "number")
        found["recovery"] = number(one_of(draw, 0.0, 0.3), "per month")
        found.update(incidents=["trouble"], failures=["work.fails"], failure_weight=number(0.5, "number"))
    if employer and draw(st.booleans()):
        found["cycle"] = number(0.6, "number")
    return found


@st.composite
def decisions(draw: st.DrawFn) -> dict[str, Any]:
    """A decision: its time, refusals, other desks."""
    return {
        "months": number(one_of(draw, 0.1, 1.0, 4.0), "months"),
        "refused": number(one_of(draw, 0.0, 0.3), "probability"),
        "passed_on": number(one_of(draw, 0.0, 0.4), "probability"),
        "on_refused": {"shift": {"mood": number(-0.1, "latent")}},
    }


@st.composite
def programmes(draw: st.DrawFn) -> dict[str, Any]:
    """A programme that everybody at home may have, with few places, coaches and perhaps a choice of youths."""
    found: dict[str, Any] = {
        "name": "coach", "title": text(), "eligible": {"states": {"work": ["home"]}}, "places": number(12, "places"),
        "uptake": number(0.3), "dropout": number(0.05), "duration": number(5, "months"), "start_month": 2,
        "aftercare": number(2, "months"),
        "effects": [{"exit": "work.finds", "while": ["enrolled"], "ratio": number(1.4, "hazard ratio")}],
        "hours": [{"role": "job", "while": ["enrolled"], "per_month": number(20, "hours/month")},
                  {"role": "talk", "while": ["enrolled", "aftercare"], "per_month": number(4, "hours/month")}],
    }  # fmt: skip
    if draw(st.booleans()):
        found["team"] = {
            "fte": {"job": number(one_of(draw, 0.5, 3.0), "number"), "talk": number(0.5, "number")},
            "hours_per_fte": number(1200, "hours"), "overhead": number(0.3, "share"), "turnover": number(0.05),
            "on_turnover": {"mood": number(-0.1, "latent")}, "novice": number(0.5, "share"),
            "learning": number(6, "months"), "shape": number(0.7, "number"),
        }  # fmt: skip
    if draw(st.booleans()):
        suited = {"suited": {"latents": {"mood": {"from": 0.3}}}, "unsuited": number(0.3, "share")}
        known = {"rule": "known", "accuracy": number(0.8, "share"), "pressure": number(0.2, "share")}
        first = {"first_month": number(one_of(draw, 3, 20), "persons")}
        found["selection"] = {**suited, **one_of(draw, {"rule": "lottery"}, known, {**known, **first})}
    return found


def budgets(draw: st.DrawFn) -> dict[str, Any]:
    """Budgets of two laws, by age, with or without a cap; and perhaps one that pools."""
    tariffs = {"jobs": number(300, "EUR/month"), "care": number(500, "EUR/month")}
    cap = {"cap": number(one_of(draw, 2_000, 20_000), "EUR/year")} if draw(st.booleans()) else {}
    found = {
        "young": {"title": text(), "laws": ["young"], "tariffs": tariffs, **cap},
        "old": {"title": text(), "laws": ["old"], "tariffs": tariffs, **cap},
    }
    if draw(st.booleans()):
        pool = {"title": text(), "pooled": True, "buys": ["care"], "tariffs": {"care": number(500, "EUR/month")}}
        found["pool"] = {**pool, "cap": number(one_of(draw, 1_000, 9_000), "EUR/year")}
    return found


@st.composite
def towns(draw: st.DrawFn, size: int = 80, moving: bool = True) -> World:
    """A town; `moving`: with deaths, newcomers or places held at the start."""
    helped = [{"chance": number(0.3, "probability"), "set": {"care": "on"}}]
    work = domain(
        "home job scheme",
        way("finds", "home", "job", one_of(draw, 0.1, 0.5), bound=0.9, then=helped,
            effects={"mood": number(0.3, "log hazard ratio")}),
        way("joins", "home", "scheme", 0.2),
        way("rises", "scheme", "job", 0.1),
        way("fails", "job", "home", 0.1),
        way("ends", "scheme", "home", forced={"months": number(6, "months")}),
        way("trouble", "job", None, 0.1, event="trouble"),
    )  # fmt: skip
    care = domain("off on", way("asks", "off", "on", 0.1), way("stops", "on", "off", 0.15))
    domains = {"work": work, "care": care}
    people: dict[str, Any] = {}
    if moving and draw(st.booleans()):
        domains["life"] = domain("here dead", way("dies", "here", "dead", 0.03), gone=["dead"])
    newcomers = moving and draw(st.booleans())
    if newcomers:
        people["inflow"] = {"per_year": number(30, "persons/year"), "age": {"from": 17, "to": 19}}
    mechanisms: dict[str, Any] = {"jobs": {"title": text(), "places": {"jobs": draw(places(employer=True))}}}
    swing = {"amplitude": number(1.0, "number"), "period": number(16, "months")}
    mechanisms["boom"] = {"title": text(), "cycle": swing}
    if draw(st.booleans()):
        mechanisms["schemes"] = {"title": text(), "places": {"schemes": draw(places(employer=False))}}
    decided = {"care": draw(decisions()), **({"jobs": draw(decisions())} if draw(st.booleans()) else {})}
    mechanisms["desks"] = {"title": text(), "decisions": decided}
    if draw(st.booleans()):
        mechanisms["care"] = {"title": text(), "places": {"care": draw(places(employer=False))}}
    if draw(st.booleans()):
        mechanisms["money"] = {"title": text(), "budgets": budgets(draw)}
    if draw(st.booleans()):
        signal = {"title": text(), "states": ["work.job"]}
        network = {"layers": [{"degree": number(4, "count")}], "signals": {"friends_at_work": signal}}
        homes = {"share": number(0.5, "share"), "helpers": {"care.on": number(1, "count")},
                 "threshold": number(1, "count"), "overload": {"mood": number(-0.02, "latent per month")},
                 "shared": {"mood": number(0.1, "per month")}}  # fmt: skip
        pull = {"work.finds": {"friends_at_work": number(0.5, "log hazard ratio")}}
        mechanisms["friends"] = {"title": text(), "network": network, "effects": pull}
        mechanisms["homes"] = {"title": text(), "households": homes}
    arms = [[], ["coach"]]
    conditions = {"young": {"age": {"to": 18}}, "old": {"age": {"from": 18}}, "work": {"states": {"work": "home"}}}
    by_age = [{"law": "young", "age": {"to": 18}}, {"law": "old", "age": {"from": 18}}]
    return world(
        domains,
        ages=(16, 20),
        size=size,
        years=2,
        events={"trouble": text()},
        people=people,
        latents={"mood": {"uniform": (0.2, 0.8), "drift": {"work.home": number(-0.01, "latent per month")}}},
        initial={"work": starts(home=0.8, job=0.1, scheme=0.1)} if moving and not newcomers else {},
        interventions=[draw(programmes())],
        arms=arms,
        spec={"seed": draw(st.integers(0, 9))},
        world={
            "laws": {law: {"title": text(), "when": when} for law, when in conditions.items()},
            "provisions": {
                "jobs": {"title": text(), "states": ["work.job"], "laws": by_age},
                "schemes": {"title": text(), "states": ["work.scheme"]},
                "care": {"title": text(), "states": ["care.on"], "laws": by_age},
            },
            "mechanisms": mechanisms,
        },
    )


class Months:
    """A town lived month by month, to look at between."""

    def __init__(self, w: World, arm: int = 1) -> None:
        self.w, self.meeting = w, w.meeting(arm)
        self.ledger = new_ledger(w.program, w.program.steps)
        self.t = 0

    def live(self) -> None:
        live_months(self.meeting, [self.ledger], self.t, self.t + 1)
        self.t += 1

    @property
    def so_far(self) -> Together:
        return Together(self.w.program, self.meeting.columns, self.ledger, self.meeting)


def here(meeting: Meeting, t: int) -> npt.NDArray[np.bool_]:
    """Who has joined by snapshot t and not left, [N]."""
    names, c = meeting.program.names, meeting.columns
    found = np.ones(c.small.shape[1], bool)
    if "life" in names.domains:
        found &= c.small[names.domains.index("life")] == 0
    enter = int(meeting.program.structure.clock[0]["enter"])
    return found if enter < 0 else found & (c.when[enter] <= t)


def units_of(meeting: Meeting, p: int) -> slice:
    pool = meeting.town.pools[p]
    return slice(int(pool["unit_first"]), int(pool["unit_first"] + pool["units"]))


# --- places -----------------------------------------------------------------------------------------------------------


@SOME
@given(towns())
def test_no_unit_takes_anybody_without_a_free_place(w: World) -> None:
    """Who was there at the start may be too many; from then on a unit only fills up to its open places."""
    lived = Months(w)
    x = lived.meeting.town
    before = None
    while lived.t < w.program.steps:
        lived.live()
        if before is not None:
            assert (x.filled <= np.maximum(x.room, before)).all()
        assert (x.filled >= 0).all() and (x.others >= 0).all() and (x.others <= x.filled).all()
        before = x.filled.copy()


@SOME
@given(towns())
def test_places_taken_are_those_of_youths_and_others(w: World) -> None:
    """Unit by unit, every month; and whoever holds a scarce provision has a unit, whoever does not has none."""
    lived = Months(w)
    x, small = lived.meeting.town, lived.meeting.columns.small
    shared = lived.meeting.shared[0]
    while lived.t < w.program.steps:
        lived.live()
        held = np.bincount(shared.unit[shared.unit >= 0], minlength=len(x.filled))
        assert (x.filled - x.all_freed.sum(axis=0) == held + x.others).all()
        alive = here(lived.meeting, lived.t)
        for q, d in enumerate(x.domain_of):
            pool = shared.state_pool[x.first_of[q] + small[d].astype(int)]
            scarce = (pool >= 0) & (x.pools["capacity"][pool] < 1e14)
            assert (shared.unit[q][~(scarce & alive)] == -1).all()
            unseated = scarce & alive & (shared.unit[q] < 0)
            joined = lived.meeting.columns.when[d] == lived.t  # came this month, without asking
            assert not (unseated & ~joined).any()
            sits = scarce & (shared.unit[q] >= 0)
            first, count = x.pools["unit_first"][pool[sits]], x.pools["units"][pool[sits]]
            assert ((shared.unit[q][sits] >= first) & (shared.unit[q][sits] < first + count)).all()


@SOME
@given(towns())
def test_a_months_grants_are_no_more_than_its_free_places(w: World) -> None:
    lived = Months(w)
    x = lived.meeting.town
    while lived.t < w.program.steps:
        lived.live()
        names = w.program.town.names
        for p in range(len(names)):
            if x.pools[p]["capacity"] >= 1e14:
                continue
            own = units_of(lived.meeting, p)
            given_ = int(x.kept[lived.t - 1, p, 1] + x.kept[lived.t - 1, p, 4])
            assert given_ <= int(x.room[own].sum())
            assert x.kept[lived.t - 1, p, 7] == x.filled[own].sum()


# --- requests ---------------------------------------------------------------------------------------------------------


def waiting(meeting: Meeting, p: int) -> int:
    """How many youths have a request for a provision open."""
    x, shared = meeting.town, meeting.shared[0]
    q = int(x.pools[p]["row"])
    asked = shared.wait[q] != 0
    return int((asked & (shared.state_pool[x.first_of[q] + shared.target[q].astype(int)] == p)).sum())


@SOME
@given(towns(), st.integers(0, 1))
def test_every_request_ends_in_one_way_or_still_waits(w: World, arm: int) -> None:
    lived = Months(w, arm)
    while lived.t < w.program.steps:
        lived.live()
        for p, name in enumerate(w.program.town.names):
            count = {a: int(lived.so_far.answers(name, a)[: lived.t].sum()) for a in ANSWERS}
            assert count["asked"] == sum(count[end] for end in ENDS) + waiting(lived.meeting, p), (name, count)
            assert count["granted"] <= lived.meeting.town.kept[: lived.t, p, 1].sum()
    for p, name in enumerate(w.program.town.names):
        others = lived.meeting.town.kept[:, p, 3].sum() - lived.meeting.town.kept[:, p, 4].sum()
        assert lived.meeting.town.others_waiting[p].sum() >= others >= 0, name


@SOME
@given(towns(moving=False))
def test_whoever_is_granted_a_place_moves_that_month(w: World) -> None:
    """Without deaths: as many grants as answers, and all who enter a provision that must be asked for were granted."""
    r = w.together(arm=1)
    for p, name in enumerate(w.program.town.names):
        assert (r.answers(name, "granted") == r.kept(name, "granted")).all()
        if r.meeting.town.pools[p]["capacity"] < 20:
            state = {"jobs": "work.job", "schemes": "work.scheme", "care": "care.on", "coach": "coach.enrolled"}[name]
            entries = r.flows.entries[:, :, w.program.names.states.index(state)].sum(axis=1)
            assert (entries == r.answers(name, "granted")).all(), name


# --- hours and money --------------------------------------------------------------------------------------------------


@SOME
@given(towns())
def test_hours_given_are_there_and_needed(w: World) -> None:
    r = w.together(arm=1)
    needed, hours, strength = (r.meeting.town.worked[:, :, j] for j in range(3))
    assert (hours <= needed + 1e-9).all() and (hours <= r.meeting.town.role_given.sum() + 1e-9).all()
    assert ((strength >= 0) & (strength <= 1)).all()


@SOME
@given(towns())
def test_no_budget_with_a_cap_grants_what_it_cannot_pay(w: World) -> None:
    """In a month in which a budget grants, what it spent and what all who hold places will cost it until the end of the
    year stay within its cap; and what they cost in a whole year."""
    lived = Months(w)
    x, shared, c = lived.meeting.town, lived.meeting.shared[0], lived.meeting.columns
    birth, start = int(w.program.structure.clock[0]["birth"]), int(w.program.structure.clock[0]["season_start"])
    while lived.t < w.program.steps:
        t = lived.t
        waited = shared.wait.copy()
        lived.live()
        grants = np.zeros(len(x.budgets), int)
        for p in range(len(x.pools)):
            q = int(x.pools[p]["row"])
            d = int(x.domain_of[q])
            mine = shared.state_pool[x.first_of[q] + c.small[d].astype(int)] == p
            came = mine & (c.when[d] == t + 1) & ((waited[q] != 0) | (x.pools[p]["asks_always"] != 0))
            for r in np.flatnonzero(came):
                b = int(shared.payer[q, r]) - 1
                if b < 0:
                    law = [k for k, (a, z) in enumerate(x.law_spans[p]) if a <= t + 1 - int(c.when[birth, r]) < z]
                    b = int(x.law_budget[law[0]]) if law else -1
                if b >= 0 and x.tariff[b, p] > 0:
                    grants[b] += 1
        left = 11 - (start + t) % 12
        for b in np.flatnonzero(grants):
            month = int((x.holders[:, :, b].sum(axis=0) * np.maximum(x.tariff[b], 0)).sum())
            cap = int(x.budgets[b]["cap"])
            assert cap < 0 or max(x.spent[b] + month * left, month * 12) <= cap


@SOME
@given(towns())
def test_cents_paid_are_months_held_times_tariff(w: World) -> None:
    """Over all budgets and months: what was paid is what those who held a place in that month cost."""
    lived = Months(w)
    x, c = lived.meeting.town, lived.meeting.columns
    names = w.program.names
    while lived.t < w.program.steps:
        lived.live()
        paid = x.paid[lived.t - 1, :, 0]
        assert (paid >= 0).all()
        if len(x.budgets) and int((lived.meeting.town.kept[lived.t - 1, :, 1]).sum()) == 0:
            alive = here(lived.meeting, lived.t - 1)
            at_work = alive & (c.small[names.domains.index("work")] == 1)
            in_care = alive & (c.small[names.domains.index("care")] == 1)
            assert paid.sum() == 100 * (300 * at_work.sum() + 500 * in_care.sum())


# --- how it is lived plays no part ------------------------------------------------------------------------------------


def whole(w: World, threads: int = 1, hook: Any = None) -> Together:
    return w.together(arm=1, threads=threads, hook=hook)


def same(one: Together, other: Together) -> bool:
    a, b = one.meeting.town, other.meeting.town
    return (
        as_bytes(one.columns, one.ledger) == as_bytes(other.columns, other.ledger)
        and as_bytes([a.kept, a.paid, a.worked, a.filled, a.memory, a.others_waiting])
        == as_bytes([b.kept, b.paid, b.worked, b.filled, b.memory, b.others_waiting])
    )  # fmt: skip


@FEW
@given(towns(size=1100))
def test_threads_play_no_part(w: World) -> None:
    one = whole(w)
    assert same(one, whole(w, threads=2)) and same(one, whole(w, threads=3))


@SOME
@given(towns())
def test_months_one_by_one_and_a_function_that_does_nothing_play_no_part(w: World) -> None:
    at_once = whole(w)
    assert same(at_once, whole(w, hook=lambda meeting, t: None))
    lived = Months(w)
    while lived.t < w.program.steps:
        lived.live()
    assert same(at_once, lived.so_far)


@SOME
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_of_rows_plays_no_part(w: World, chance: Any) -> None:
    """Ties are broken by keyed luck."""
    people = w.cohort()
    order = np.array(chance.sample(range(people.small.shape[1]), people.small.shape[1]))
    straight, shuffled = w.together(1, people), w.together(1, take(people, order))
    assert as_bytes(take(straight.columns, order)) == as_bytes(shuffled.columns)
    assert as_bytes(straight.ledger) == as_bytes(shuffled.ledger)
    assert as_bytes([straight.meeting.town.kept]) == as_bytes([shuffled.meeting.town.kept])
