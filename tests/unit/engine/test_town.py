"""A programme in a town: who is chosen, what coaches can do, and what the numbers of a world become."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.helpers import LIMIT, World, distance, domain, number, text, way, world
from trajectsim.engine.tables import LATENT_ONE

N = 20_000


def coach(**keys: Any) -> dict[str, Any]:
    """A programme that nearly everybody asks for at once and stays in for a year."""
    return {
        "name": "coach", "title": text(), "eligible": {}, "places": number(1e6, "places"), "uptake": number(4.0),
        "uptake_bound": 4.0, "dropout": number(0.0), "duration": number(12, "months"),
        "effects": [{"exit": "work.finds", "while": ["enrolled"], "ratio": number(4.0, "hazard ratio")},
                    {"exit": "work.worry", "while": ["enrolled"], "adds": number(0.2)},
                    {"latent": "mood", "while": ["enrolled"], "drift": number(0.02, "latent per month")}],
        **keys,
    }  # fmt: skip


def programme(intervention: Mapping[str, Any], off: Any = (), around: Any = None, **keys: Any) -> World:
    """Youths who worry and may find work, three in ten of them `fit`."""
    finds = way("finds", "home", None, 0.05, bound=0.9, event="found")
    worry = way("worry", "home", None, 0.05, bound=0.9, event="worried")
    model: dict[str, Any] = {
        "traits": {"fit": {}}, "people": {"traits": {"fit": {"share": number(0.3, "share")}}},
        "latents": {"mood": {"mean": 0.5}}, "events": {"found": text(), "worried": text()}, "size": N, "years": 0.5,
    }  # fmt: skip
    return world(
        {"work": domain("home job", finds), "fear": domain("there", {**worry, "from": "there"})},
        interventions=[{**intervention, "effects": [_renamed(e) for e in intervention.get("effects", [])]}],
        arms=((), ("coach",)),
        world=around or {"mechanisms": {}},
        off=off,
        **{**model, **keys},
    )


def _renamed(effect: Mapping[str, Any]) -> dict[str, Any]:
    return {k: "fear.worry" if v == "work.worry" else v for k, v in effect.items()}


# --- selection --------------------------------------------------------------------------------------------------------

SUITED = {"traits": {"fit": {"from": 1}}}


def flag(w: Any, columns: Any, name: str) -> np.ndarray:
    return columns.small[w.program.rows.flags[name]] == 1


def enrolled(w: Any, columns: Any) -> np.ndarray:
    return columns.small[w.program.names.domains.index("coach")] == 1


def test_a_mark_picks_with_its_sensitivity_specificity_and_predictive_value() -> None:
    mark = {
        "rule": "marker",
        "suited": SUITED,
        "sensitivity": number(0.8, "share"),
        "specificity": number(0.9, "share"),
    }
    w = programme(coach(selection=mark))
    r = w.together(1)
    fit, picked, inside = flag(r, r.columns, "fit"), flag(r, r.columns, "picked_coach"), enrolled(r, r.columns)
    assert distance([picked[fit].sum()], fit.sum(), 0.8) < LIMIT
    assert distance([picked[~fit].sum()], (~fit).sum(), 0.1) < LIMIT
    assert not (inside & ~picked).any() and (inside & picked).sum() > 0.99 * picked.sum()
    value = 0.3 * 0.8 / (0.3 * 0.8 + 0.7 * 0.1)
    assert distance([(fit & inside).sum()], inside.sum(), value) < LIMIT
    assert r.answers("coach", "not_selected").sum() == r.answers("coach", "asked").sum() - inside.sum()


def test_a_mark_is_the_same_in_every_arm_and_never_changes() -> None:
    mark = {
        "rule": "marker",
        "suited": SUITED,
        "sensitivity": number(0.6, "share"),
        "specificity": number(0.7, "share"),
    }
    w = programme(coach(selection=mark), size=2000)
    marks = [flag(w, w.meeting(arm).columns, "picked_coach") for arm in (0, 1)]
    lived = w.together(1)
    assert (marks[0] == marks[1]).all() and (flag(w, lived.columns, "picked_coach") == marks[1]).all()


def test_who_knows_a_youth_judges_right_with_the_accuracy() -> None:
    r = programme(coach(selection={"rule": "known", "suited": SUITED, "accuracy": number(0.75, "share")})).together(1)
    fit, inside = flag(r, r.columns, "fit"), enrolled(r, r.columns)
    asked = 1 - np.exp(-4.0 * 6)  # within half a year
    assert distance([inside[fit].sum()], fit.sum(), 0.75 * asked) < LIMIT
    assert distance([inside[~fit].sum()], (~fit).sum(), 0.25 * asked) < LIMIT


@pytest.mark.parametrize("months", [1, 6])
def test_pressure_to_fill_places_dilutes(months: int) -> None:
    """It lets a share of the others in, however often they ask."""
    known = {"rule": "known", "suited": SUITED, "accuracy": number(1.0, "share"), "pressure": number(0.2, "share")}
    r = programme(coach(selection=known), years=months / 12).together(1)
    fit, inside = flag(r, r.columns, "fit"), enrolled(r, r.columns)
    asks = 1 - np.exp(-4.0 * months)
    assert distance([inside[fit].sum()], fit.sum(), asks) < LIMIT
    assert distance([inside[~fit].sum()], (~fit).sum(), 0.2 * asks) < LIMIT


@pytest.mark.parametrize("rule", ["lottery", "first_come", "most_needy"])
def test_other_rules_let_everybody_in_who_asks(rule: str) -> None:
    need = {"need": {"mood": number(1.0, "number")}} if rule == "most_needy" else {}
    r = programme(coach(selection={"rule": rule, **need}), size=500).together(1)
    assert r.answers("coach", "not_selected").sum() == 0 and r.count("coach.enrolled")[-1] == 500


def test_the_most_needy_are_served_first() -> None:
    selection = {"rule": "most_needy", "need": {"mood": number(-2.0, "number")}}
    mood = {"mood": {"uniform": (0.2, 0.8)}}
    r = programme(coach(selection=selection, places=number(100, "places"), effects=[]), size=400, latents=mood,
                  years=1 / 12).together(1)  # fmt: skip
    moods, inside = r.columns.slow[r.program.rows.latents["mood"]], enrolled(r, r.columns)
    asked = r.answers("coach", "asked")[0]
    assert inside.sum() == 100 and asked > 380
    assert (moods < moods[inside].max()).sum() <= 100 + (400 - asked)


def test_effects_count_less_for_the_unsuited() -> None:
    """A quarter: hazard ratio 4**0.25, an addition of 0.05, a drift of 0.005; for the suited in full."""
    selection = {"rule": "lottery", "suited": SUITED, "unsuited": number(0.25, "share")}
    w = programme(coach(selection=selection))
    r = w.together(1)
    assert (flag(r, r.columns, "unsuited_coach") == ~flag(r, r.columns, "fit"))[enrolled(r, r.columns)].all()
    share = flag(r, r.columns, "fit").mean()
    found = lambda h: 1 - np.exp(-h)  # noqa: E731
    asked = [1 - np.exp(-4.0 * t) for t in range(6)]
    finds = [a * (share * found(0.2) + (1 - share) * found(0.05 * 4**0.25)) + (1 - a) * found(0.05) for a in asked]
    worries = [a * (share * found(0.25) + (1 - share) * found(0.10)) + (1 - a) * found(0.05) for a in asked]
    assert distance(r.events("found").sum(axis=1), N, finds) < LIMIT
    assert distance(r.events("worried").sum(axis=1), N, worries) < LIMIT
    first = r.columns.when[w.program.rows.entry["coach"]] == 1
    up = (r.columns.slow[0] / LATENT_ONE - 0.5)[first]
    fit = flag(r, r.columns, "fit")[first]
    assert up[fit] == pytest.approx(5 * 0.02, abs=1e-6) and up[~fit] == pytest.approx(5 * 0.005, abs=1e-6)


def test_so_many_are_admitted_in_the_first_month() -> None:
    first = {"rule": "lottery", "first_month": number(40, "persons")}
    w = programme(coach(selection=first, places=number(100, "places"), uptake=number(0.0), start_month=2), size=300)
    assert w.together(1).answers("coach", "granted").tolist() == [0, 0, 40, 60, 0, 0]
    assert w.together(1).answers("coach", "asked").tolist() == [0, 0, 300, 0, 0, 0]
    assert w.together(0).answers("coach", "asked").sum() == 0


def test_no_programme_begins_before_its_month() -> None:
    r = programme(coach(start_month=3), size=500).together(1)
    assert r.moves("coach.uptake")[:3].sum() == 0 and r.moves("coach.uptake")[3] > 450


# --- teams ------------------------------------------------------------------------------------------------------------


def team(fte: float, **keys: Any) -> dict[str, Any]:
    """Coaches who have 100 hours a month each after overhead."""
    return {"fte": {"job": number(fte, "number")}, "hours_per_fte": number(2400, "hours"),
            "overhead": number(0.5, "share"), **keys}  # fmt: skip


HOURS = [{"role": "job", "while": ["enrolled"], "per_month": number(10, "hours/month")}]


def test_strength_is_hours_given_over_needed_times_experience_to_a_power() -> None:
    """5,000 youths need 50,000 hours; there are 8,000, by coaches with 0.81 experience: (0.16 x 0.81)**0.5 = 0.36."""
    given = team(80, experience=number(0.81, "share"), shape=number(0.5, "number"))
    r = programme(coach(team=given, hours=HOURS), size=5000).together(1)
    needed, hours, strength, left = r.meeting.town.worked[:, 0].T
    assert needed[0] == 0 and hours[0] == 0 and strength[0] == pytest.approx(0.9) and left.sum() == 0
    assert (needed == r.count("coach.enrolled")[:-1] * 10).all()
    assert (hours[1:] == 8000).all() and strength[1:] == pytest.approx((8000 / needed[1:] * 0.81) ** 0.5)


def test_effects_have_the_strength_of_the_team() -> None:
    r = programme(coach(team=team(0.3 * N / 10), hours=HOURS)).together(1)
    strength = r.meeting.town.worked[:, 0, 2]
    enrolled_ = r.count("coach.enrolled")[:-1]
    assert strength[1:] == pytest.approx(0.3 * N / enrolled_[1:])
    part = enrolled_ / N
    finds = part * (1 - np.exp(-0.05 * 4**strength)) + (1 - part) * (1 - np.exp(-0.05))
    worries = part * (1 - np.exp(-0.05 - 0.2 * strength)) + (1 - part) * (1 - np.exp(-0.05))
    assert distance(r.events("found").sum(axis=1), N, finds) < LIMIT
    assert distance(r.events("worried").sum(axis=1), N, worries) < LIMIT
    first = r.columns.when[r.program.rows.entry["coach"]] == 1
    up = (r.columns.slow[0] / LATENT_ONE - 0.5)[first]
    assert up == pytest.approx(0.02 * strength[1:].sum(), abs=1e-6)


def test_of_no_role_more_than_needed_counts() -> None:
    """One role has hours to spare, the other half of what it needs: (1000 + 500) / 2000."""
    roles = {"job": number(100, "number"), "talk": number(5, "number")}
    hours = [*HOURS, {"role": "talk", "while": ["enrolled", "aftercare"], "per_month": number(10, "hours/month")}]
    r = programme(coach(team={**team(0), "fte": roles}, hours=hours), size=100, years=2).together(1)
    needed, given, strength, _ = r.meeting.town.worked[:, 0].T
    full = needed == 2000
    assert full[2:11].all() and (given[full] == 1500).all() and strength[full] == pytest.approx(0.75)


def test_a_coach_who_leaves_breaks_trust_and_a_newcomer_learns() -> None:
    given = team(1, turnover=number(0.3), on_turnover={"mood": number(-0.05, "latent")}, novice=number(0.4, "share"),
                 learning=number(5, "months"))  # fmt: skip
    hours = [{**HOURS[0], "per_month": number(1, "hours/month")}]
    r = programme(coach(team=given, hours=hours, effects=[], duration=number(60, "months")), size=50, years=3).together(
        1
    )
    needed, _, strength, left = r.meeting.town.worked[:, 0].T
    told = r.events("coach_left").sum(axis=1)
    inside = r.count("coach.enrolled")
    assert (told == np.where(left > 0, inside[1:], 0)).all()
    assert distance([left.sum()], 36, 1 - np.exp(-0.3)) < LIMIT and 0 < left.sum() < 36
    skill = 1.0
    for t in range(36):
        skill = 0.4 if left[t] else skill + (1 - skill) * (1 - np.exp(-1 / 5))
        assert strength[t] == pytest.approx(skill * (min(100 / needed[t], 1) if needed[t] else 1))
    there = r.columns.when[r.program.rows.entry["coach"]] == 1
    mood = r.columns.slow[0][there] / LATENT_ONE
    assert mood == pytest.approx(max(0.5 - 0.05 * left.sum(), 0), abs=1e-6)


def test_in_a_team_only_the_youths_of_the_coach_who_left_are_told() -> None:
    given = team(10, turnover=number(0.1))
    r = programme(coach(team=given, hours=HOURS, duration=number(60, "months")), size=2000, years=2).together(1)
    left, told = r.meeting.town.worked[:, 0, 3], r.events("coach_left").sum(axis=1)
    inside = r.count("coach.enrolled")[1:]
    assert (told[left == 0] == 0).all() and left.max() >= 2
    assert told.sum() / (left * inside / 10).sum() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("switch", "with_"), [("teams", {"team": team(0.1), "hours": HOURS}),
                                               ("selection", {"selection": {"rule": "known", "suited": SUITED,
                                                                            "accuracy": number(0.6, "share"),
                                                                            "unsuited": number(0.0, "share")}}),
                                               ("programme_places", {"places": number(30, "places")})])  # fmt: skip
def test_each_built_in_mechanism_has_its_switch(switch: str, with_: Mapping[str, Any]) -> None:
    """On, it changes what happens; off, the town is as if it had not been declared."""
    common: dict[str, Any] = {"size": 600}
    on, off = programme(coach(**with_), **common), programme(coach(**with_), off=[switch], **common)
    without = programme(coach(), off=[switch], **common)
    counts = [w.together(1).events("found").sum() for w in (on, off)]
    assert counts[0] < counts[1] or switch == "programme_places"
    if switch == "programme_places":  # a lottery before the start gives the places that there are
        assert off.together(1).count("coach.enrolled")[-1] == 30 == on.together(1).count("coach.enrolled")[-1]
    else:
        assert counts[1] == without.together(1).events("found").sum()


# --- numbers ----------------------------------------------------------------------------------------------------------


def provided(rules: Mapping[str, Any], item: Mapping[str, Any] | None = None, **keys: Any) -> World:
    around = {
        "laws": {"law": {"title": text(), "when": {}}},
        "provisions": {"jobs": {"title": text(), "states": ["work.job"], "laws": [{"law": "law"}]}},
        "mechanisms": {"m": {"title": text(), **rules}},
    }
    return programme(item or coach(), around=around, size=50, **keys)


def test_an_intervention_changes_places_and_tolerance_in_its_arm() -> None:
    rules = {"places": {"jobs": {"capacity": number(4, "places"), "units": 12, "tolerance": number(2, "number"),
                                 "recovery": number(0.1)}}}  # fmt: skip
    changes = [{"provision": "jobs", "capacity": number(1.5, "ratio"), "tolerance": number(3, "ratio")}]
    w = provided(rules, coach(changes=changes))
    pools = [w.meeting(arm).town.pools[0] for arm in (0, 1)]
    assert [float(p["capacity"]) for p in pools] == [4.0, 6.0] and [float(p["tolerance"]) for p in pools] == [2.0, 6.0]
    assert [int(w.together(arm).kept("jobs", "open")[0]) for arm in (0, 1)] == [48, 72]


def test_a_region_of_towns_has_more_of_everything_but_the_programme() -> None:
    outside = {"arrivals": number(2.0), "stay": number(5, "months")}
    budget = {"title": text(), "laws": ["law"], "tariffs": {"jobs": number(1200, "EUR/year")},
              "cap": number(1000, "EUR/year")}  # fmt: skip
    rules = {"places": {"jobs": {"capacity": number(4, "places"), "units": 12, "outside": outside}},
             "budgets": {"b": budget}}  # fmt: skip
    home = {"places": {"jobs": {"capacity": number(4, "places")}}}
    towns = [provided(rules, coach(places=number(7, "places")), spec={"scale": s}) for s in (1.0, 3.0)]
    one, three = (w.meeting(1).town for w in towns)
    assert (three.pools["units"][0], one.pools["units"][0]) == (36, 12) and three.pools["capacity"][0] == 4
    assert three.pools["arrivals"][0] == 3 * one.pools["arrivals"][0] == 6.0
    assert (one.budgets["cap"][0], three.budgets["cap"][0]) == (100_000, 300_000)
    assert one.pools["capacity"][1] == three.pools["capacity"][1] == 7
    assert one.tariff[0].tolist() == [10_000, -1]  # EUR 1,200 a year is EUR 100 a month
    assert provided(home, spec={"scale": 3.0}).meeting(1).town.pools["capacity"][0] == 12


def test_part_of_a_place_is_a_place_for_part_of_the_units() -> None:
    w = provided({"places": {"jobs": {"capacity": number(1.3, "places"), "units": 2000}}})
    places = w.together(1).kept("jobs", "open")
    assert len(set(places)) == 1 and distance([places[0] - 2000], 2000, 0.3) < LIMIT


@pytest.mark.parametrize("spy", [4, 12, 52])
def test_the_length_of_a_step_plays_no_part(spy: int) -> None:
    """Rates and times are the same per year: those who ask, stay and wait, tariffs and hours."""
    outside = {"arrivals": number(2.0), "stay": number(5, "months")}
    budget = {"title": text(), "laws": ["law"], "tariffs": {"jobs": number(1200, "EUR/year")}}
    rules = {"places": {"jobs": {"capacity": number(4, "places"), "outside": outside, "patience": number(6, "months")}},
             "budgets": {"b": budget}, "decisions": {"jobs": {"months": number(2, "months")}}}  # fmt: skip
    item = coach(team=team(3), hours=HOURS, uptake=number(0.3))
    x = provided(rules, {**item, "uptake_bound": 0.5}, steps_per_year=spy, years=1).meeting(1).town
    pool = x.pools[0]
    assert pool["arrivals"] * spy == pytest.approx(24)
    for name, months in (("leave", 5), ("patience", 6), ("decide", 2)):
        assert -12 / (spy * np.log(1 - pool[name])) == pytest.approx(months)
    assert x.tariff[0, 0] * spy == pytest.approx(120_000, abs=spy)
    assert x.role_given[0] * spy == pytest.approx(3600) and x.role_hours[0, 1] * spy == pytest.approx(120)
