"""The town's institutions: what every kind shows each month is what the engine did; Mesa's sets and collector work."""

import copy
import gc
import pickle
import weakref
from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

import mesa
import numpy as np
import pytest
from mesa.agent import AgentSet
from mesa.batchrunner import batch_run

from tests.helpers import ROOT, as_bytes, declare, domain, number, starts, text, way
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.engine.shared import KEPT
from trajectsim.errors import UserError
from trajectsim.model.agents import Agents
from trajectsim.model.institutions import (
    KINDS,
    CareProvider,
    CoachTeam,
    Employer,
    Institution,
    Municipality,
    Programme,
    Provider,
    School,
)
from trajectsim.model.model import TrajectModel
from trajectsim.model.views import Youth, Youths

TOWN = ROOT / "configs" / "town.yaml"
MONTHS = 36


def share(value: float) -> dict[str, Any]:
    return number(value, "share")


DOMAINS = {
    "work": domain(
        "home job school",
        way("get", "home", "job", 0.3),
        way("lose", "job", "home", 0.1),
        way("enrol", "home", "school", 0.1),
        way("leave", "school", "home", 0.1),
        way("trouble", "job", None, 0.25, event="incident"),
    ),
    "care": domain("off on", way("begin", "off", "on", 0.1), way("end", "on", "off", 0.1)),
}
MECHANISMS = {
    "employers": {
        "title": text(),
        "places": {
            "jobs": {
                "kind": "employer",
                "units": 4,
                "capacity": number(3, "places"),
                "outside": {"arrivals": number(0.4), "stay": number(10, "months")},
                "tolerance": number(1.5, "count"),
                "incidents": ["incident"],
                "failures": ["work.lose"],
                "recovery": number(0.2),
                "sectors": {
                    "building": {"title": text(), "share": share(0.5), "places": number(1.5, "ratio")},
                    "shops": {"title": text(), "share": share(0.5), "places": number(0.5, "ratio")},
                },
                "cycle": number(0.4, "proportion"),
            }
        },
        "cycle": {"amplitude": number(1.0, "number"), "period": number(24, "months")},
    },
    "schools": {
        "title": text(),
        "places": {
            "seats": {
                "kind": "school",
                "units": 2,
                "capacity": number(6, "places"),
                "intake": [2, 9],
                "all_year": share(0.0),
            }
        },
    },
    "helpers": {
        "title": text(),
        "places": {"help": {"kind": "care", "capacity": number(12, "places"), "patience": number(12, "months")}},
        "decisions": {"help": {"months": number(2, "months"), "refused": share(0.2), "passed_on": share(0.3)}},
        "budgets": {
            "young": {
                "title": text(),
                "laws": ["youth_act", "work_act"],
                "tariffs": {"help": number(1000, "EUR/month")},
                "cap": number(60000, "EUR/year"),
            },
            "free": {"title": text(), "laws": ["other_act"], "tariffs": {"jobs": number(100, "EUR/month")}},
            "shut": {"title": text(), "pooled": True, "buys": ["help"], "opened_by": ["coach"],
                     "tariffs": {"help": number(900, "EUR/month")}, "cap": number(5000, "EUR/year")},
        },
    },
}  # fmt: skip
WORLD = {
    "laws": {
        "youth_act": {"title": text(), "when": {"age": {"to": 18}}},
        "work_act": {"title": text(), "when": {"age": {"from": 18}}},
        "other_act": {"title": text(), "when": {"age": {"from": 18}}},
    },
    "provisions": {
        "jobs": {"title": text("job"), "states": ["work.job"], "laws": [{"law": "other_act"}]},
        "seats": {"title": text("seat"), "states": ["work.school"]},
        "help": {
            "title": {"nl": "hulp", "en": "help"},
            "states": ["care.on"],
            "laws": [{"law": "youth_act", "age": {"to": 18}}, {"law": "work_act", "age": {"from": 18}}],
        },
    },
    "mechanisms": MECHANISMS,
}
COACH = {
    "name": "coach",
    "title": text(),
    "eligible": {"states": {"work": "home"}},
    "places": number(15, "places"),
    "uptake": number(0.4),
    "duration": number(8, "months"),
    "aftercare": number(4, "months"),
    "dropout": number(0.02),
    "effects": [{"exit": "work.get", "while": ["enrolled"], "ratio": number(1.4, "hazard ratio")}],
    "hours": [
        {"role": "coach", "while": ["enrolled"], "per_month": number(20, "hours/month")},
        {"role": "coach", "while": ["aftercare"], "per_month": number(4, "hours/month")},
        {"role": "lead", "while": ["enrolled"], "per_month": number(1, "hours/month")},
    ],
    "team": {
        "fte": {"coach": number(2.5, "number"), "lead": number(0.2, "number")},
        "hours_per_fte": number(1200, "hours"),
        "overhead": share(0.2),
        "turnover": number(0.05),
        "novice": share(0.5),
        "experience": share(0.8),
        "learning": number(12, "months"),
    },
    "selection": {
        "rule": "known",
        "accuracy": share(0.8),
        "pressure": share(0.3),
        "suited": {"latents": {"trust": {"from": 0.45}}},
        "unsuited": share(0.5),
    },
}


def town(**changes: Any) -> Scenario:
    """Sixty youths in a tiny town."""
    given: dict[str, Any] = {
        "ages": (16.0, 20.0),
        "initial": {"work": starts(home=0.7, job=0.2, school=0.1)},
        "latents": {"trust": {"mean": 0.5, "sd": 0.1}},
        "events": {"incident": text()},
        "interventions": [COACH],
        "arms": [[], ["coach"]],
        "size": 60,
        "years": MONTHS / 12,
        "world": WORLD,
        "spec": {"start": "2025-01"},
    }
    return declare(changes.pop("domains", DOMAINS), **{**given, **changes})


@pytest.fixture(scope="module")
def tiny() -> Scenario:
    return town()


def months(model: TrajectModel) -> Iterator[int]:
    """Every month of a model, the start included."""
    yield 0
    while model.running:
        model.step()
        yield model.month


# --- which there are --------------------------------------------------------------------------------------------------


def test_none_without_a_world(tiny: Scenario) -> None:
    model = TrajectModel(town(world=None))
    assert (model.n_institutions, len(model.institutions), list(model.institutions)) == (0, 0, [])
    assert model.institutions.names == []
    assert model.agent_types == [Youth]
    assert type(model.agents) is Youths
    with pytest.raises(UserError, match="no institution 60"):
        model.institution(60)
    everything_off = TrajectModel(
        town(off=[*MECHANISMS, "programme_places", "selection", "teams"]), arm="arm1", collect=False
    )
    assert len(everything_off.institutions) == 0
    assert as_bytes(everything_off.run().columns) == as_bytes(TrajectModel(town(world=None), arm="arm1").run().columns)


def test_every_kind_by_its_class(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1")
    numbers = {kind: len(agents) for kind, agents in model.agents_by_type.items()}
    assert numbers == {Youth: 60, Municipality: 1, Employer: 4, School: 2, CareProvider: 1, Programme: 1, CoachTeam: 1}
    assert model.agent_types == list(numbers)
    assert len(model.agents) == sum(numbers.values())
    assert [agent.unique_id for agent in model.agents] == list(range(70))
    assert [type(agent) for agent in model.agents] == [kind for kind, n in numbers.items() for _ in range(n)]
    assert [type(agent) for agent in model.institutions] == [type(agent) for agent in model.agents][60:]
    assert model.institutions.get("name") == [
        "municipality", "jobs 0", "jobs 1", "jobs 2", "jobs 3", "seats 0", "seats 1", "help", "coach", "coach",
    ]  # fmt: skip
    for kind, agents in model.agents_by_type.items():
        assert {type(agent) for agent in agents} == {kind}
        assert all(isinstance(agent, mesa.Agent) and agent.model is model for agent in agents)


def test_arms_differ_in_their_programmes_only(tiny: Scenario) -> None:
    usual, coached = TrajectModel(tiny), TrajectModel(tiny, arm="arm1")
    assert [kind for kind in coached.agent_types if kind not in usual.agent_types] == [Programme, CoachTeam]
    assert [repr(a) for a in usual.institutions][1:] == [repr(a) for a in coached.institutions][1:8]


def test_an_institution_can_be_read_not_changed(tiny: Scenario) -> None:
    model, other = TrajectModel(tiny, arm="arm1"), TrajectModel(tiny, arm="arm1")
    first, again = model.institutions[1], model.institution(61)
    assert first == again
    assert first is not again
    assert first not in (model.institutions[2], other.institutions[1], model.youths[1])
    assert len({first, again, other.institutions[1]}) == 2
    assert (first.pos, first.number, first.title.nl) == (None, 0, "job")
    assert model.agents_by_type[CareProvider][0].title.nl == "hulp"
    for change in (
        lambda: setattr(first, "places", 3),
        lambda: setattr(first, "anything", 3),
        lambda: delattr(first, "model"),
        first.remove,
        lambda: Employer.create_agents(model, 3),
        lambda: Employer.from_dataframe(model, None),
        lambda: model.institutions.set("places", 3),
    ):
        with pytest.raises(AttributeError, match="not changed"):
            change()
    for alone in (first.step, first.advance):
        with pytest.raises(UserError, match=r"model\.step"):
            alone()
    with pytest.raises(AttributeError, match="Employer has no 'palces'; did you mean 'places'"):
        _ = first.palces
    with pytest.raises(AttributeError, match=r"Municipality has no 'age'.*agents_by_type"):
        model.agents.get("age")
    with pytest.raises(UserError, match="allowed: 60 to 69"):
        model.institution(70)
    for agent in model.institutions:
        assert set(agent.fields) <= set(dir(agent))
        assert set(agent.values()) == set(agent.fields)
        assert repr(agent).startswith(f"<{type(agent).__name__} {agent.name}")


def test_looking_changes_nothing(tiny: Scenario) -> None:
    seen, unseen = TrajectModel(tiny, arm="arm1", collect=False), TrajectModel(tiny, arm="arm1", collect=False)
    for _ in months(seen):
        assert all(agent.values() for agent in seen.institutions)
        seen.institutions.shuffle()
    unseen.run()
    assert as_bytes(seen.columns, seen.ledger) == as_bytes(unseen.columns, unseen.ledger)
    assert as_bytes(seen.columns) != as_bytes(TrajectModel(tiny, collect=False).run().columns)


# --- employers, schools, care -----------------------------------------------------------------------------------------


def engine_of(model: TrajectModel) -> Any:
    """What the engine itself keeps."""
    return model._meeting.town


@pytest.mark.parametrize("arm", ["arm0", "arm1"])
def test_providers_show_what_the_engine_does(tiny: Scenario, arm: str) -> None:
    model = TrajectModel(tiny, arm=arm, collect=False)
    x, names = engine_of(model), ["jobs", "seats", "help"]
    states = {"jobs": ("work", "job"), "seats": ("work", "school"), "help": ("care", "on")}
    shut: dict[str | None, int] = {}
    before: list[tuple[bool, int]] = []
    for month in months(model):
        providers = list(model.institutions.select(agent_type=Provider))
        if before:  # what a unit showed at the start of the month is what it was in that month
            assert [places if opened else 0 for opened, places in before] == x.room[:7].tolist()
        before = [(a.closed_because not in ("incidents", "no_intake"), a.places) for a in providers]
        assert [a.filled for a in providers] == (x.filled - x.all_freed.sum(axis=0))[:7].tolist()
        for a in providers:
            domain_name, state = states[a.provision]
            assert a.filled == a.others + a.held == a.others + len(a.youths)
            assert set(a.youths.get(domain_name)) <= {state}
            assert a.free == (max(a.places - a.filled, 0) if a.open else 0)
            assert a.open == (a.closed_because is None)
            assert a.incidents >= 0
            shut[a.closed_because] = shut.get(a.closed_because, 0) + 1
        for p, name in enumerate(names):
            own = [a for a in providers if a.provision == name]
            assert sum(a.held for a in own) == model.count(*states[name])
            assert {a.waiting for a in own} == {len(own[0].queue)}
            assert not set(own[0].queue) & {youth for a in own for youth in a.youths}
            if month and name != "help":  # a decision is to come first
                assert own[0].waiting == x.kept[month - 1, p, KEPT.index("waiting")]
            assert own[0].others_waiting == x.others_waiting[p].sum()
    assert shut["incidents"] > 10
    assert shut["no_intake"] > 10
    assert shut[None] > 100


def test_who_has_died_holds_nothing() -> None:
    mortal = {**DOMAINS, "vital": domain("present died", way("die", "present", "died", 0.03), gone=["died"])}
    model = TrajectModel(town(domains=mortal), arm="arm1", collect=False).run()
    here = set(model.agents_by_type[Youth])
    assert len(here) < 40
    for kind in (Provider, Programme, CoachTeam):
        for agent in model.institutions.select(agent_type=kind):
            assert set(agent.youths) <= here
            assert kind is CoachTeam or set(agent.queue) <= here


def test_places_follow_the_cycle_and_the_sector(tiny: Scenario) -> None:
    model = TrajectModel(tiny, collect=False)
    seen = [[a.places for a in model.agents_by_type[Employer]] for _ in months(model)]
    assert len({sum(row) for row in seen}) > 3
    sectors = model.agents_by_type[Employer].get("sector")
    assert set(sectors) == {"building", "shops"}
    means = {
        s: np.mean([[n for n, own in zip(row, sectors, strict=True) if own == s] for row in seen]) for s in sectors
    }
    assert means["building"] > 2 * means["shops"]
    assert model.agents_by_type[School].get("sector") == [None, None]
    assert model.agents_by_type[School].get("tolerance") == [None, None]
    assert model.agents_by_type[Employer].get("tolerance") == [1.5] * 4


def test_sectors_are_those_by_which_the_engine_gave_places() -> None:
    model = TrajectModel(TOWN, collect=False)
    x, settings = engine_of(model), model.surroundings.settings
    several = 0
    for p, pool in enumerate(model.surroundings.town.pools):
        if pool.places is not None and pool.places.sectors:
            first, n = int(x.pools[p]["unit_first"]), int(x.pools[p]["units"])
            relative = settings.sectors[p][1][model.surroundings.sectors[p]]
            assert x.unit_places[first : first + n] == pytest.approx(settings.capacity[p] * relative)
            several += len(set(relative))
    assert several > 2


# --- the municipality -------------------------------------------------------------------------------------------------


def test_the_municipality_shows_money_and_answers(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1", collect=False)
    x, city = engine_of(model), model.agents_by_type[Municipality][0]
    assert city.budgets == ("young", "free", "shut")
    assert city.budget_of == {"youth_act": "young", "work_act": "young", "other_act": "free"}
    assert city.cap == {"young": 60000.0, "free": None, "shut": 5000.0}
    asked, turned_away, ends = 0, 0, []
    for month in months(model):
        year = (month - 1) // 12 * 12
        for b, name in enumerate(city.budgets):
            assert city.spent[name] == x.paid[max(year, 0) : month, b, 0].sum() / 100 if month else not city.spent[name]
            assert city.spent_so_far[name] == x.paid[:month, b, 0].sum() / 100
            assert city.without_money_so_far[name] == x.paid[:month, b, 1].sum()
            assert city.cap[name] is None or city.left[name] == city.cap[name] - city.spent[name]
        asked += city.asked
        assert city.asked_so_far == asked
        turned_away += city.without_money["young"]
        if month % 12 == 0 and month:
            ends.append(city.spent["young"])
        table = city.accounts()
        assert list(table["spent"]) == list(city.spent.values())
    assert turned_away == city.without_money_so_far["young"] > 0
    assert len(set(ends)) > 1
    assert table.loc["young", "laws"] == "youth_act, work_act"
    assert table["pooled"].to_list() == [False, False, True]
    answers = city.answers()
    decided = answers.loc[["jobs", "help"]].sum()  # a budget pays for jobs, and help is decided upon
    for name in ("asked", "granted", "refused", "passed_on"):
        assert getattr(city, f"{name}_so_far") == decided[name] > 0
    assert answers["asked"].sum() == model.events()["place_asked"].sum()
    assert answers["refused"].sum() == model.events()["place_refused"].sum()
    assert city.answers(so_far=False)["asked"].sum() == model.events()["place_asked"].iloc[-1]


def test_a_budget_that_no_programme_opens_is_not_there(tiny: Scenario) -> None:
    assert TrajectModel(tiny).agents_by_type[Municipality][0].budgets == ("young", "free")


def test_a_new_year_begins_in_january() -> None:
    model = TrajectModel(town(spec={"start": "2024-09"}), collect=False)
    x, city = engine_of(model), model.agents_by_type[Municipality][0]
    for month in months(model):
        if month in (4, 5, 16, 17):
            first = {4: 0, 5: 4, 16: 4, 17: 16}[month]
            assert city.spent["young"] == x.paid[first:month, 0, 0].sum() / 100 > 0


# --- programmes and their teams ---------------------------------------------------------------------------------------


def test_programme_and_team_show_their_youths_hours_and_coaches(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1", collect=False)
    x = engine_of(model)
    programme, team = model.agents_by_type[Programme][0], model.agents_by_type[CoachTeam][0]
    assert (programme.places, programme.rule, team.coaches) == (15, "known", 3)
    assert team.fte == {"coach": 2.5, "lead": 0.2}
    assert team.hours_available == pytest.approx({"coach": 200.0, "lead": 16.0})
    assert (team.hours_needed, team.strength, team.coaches_left, team.who_left) == (0.0, 1.0, 0, ())
    assert team.experience == pytest.approx(0.8)
    told, suited, waited = 0, set(), 0
    before = (0, 0)
    for month in months(model):
        assert programme.enrolled == model.count("coach", "enrolled") == len(programme.youths) <= 15
        assert programme.aftercare == model.count("coach", "aftercare")
        assert programme.ended == model.count("coach", "ended")
        assert programme.free == 15 - programme.enrolled
        assert programme.suited == sum(not youth.unsuited_coach for youth in programme.youths)
        assert programme.strength == team.strength
        suited.add(programme.suited - programme.enrolled)
        waited += programme.waiting
        assert len(team.youths) == programme.enrolled + programme.aftercare
        assert team.caseload == pytest.approx(len(team.youths) / 2.7)
        assert sorted(y.unique_id for c in range(3) for y in team.youths_of(c)) == team.youths.get("unique_id")
        if month:
            needed, given, strength, left = x.worked[month - 1, 0].tolist()
            assert (team.hours_needed, team.hours_given, team.strength) == (needed, given, strength)
            assert team.hours_needed == pytest.approx(21 * before[0] + 4 * before[1])
            assert team.hours_given <= 216 + 1e-9
            assert team.coaches_left == len(team.who_left) == left
            gone = sum(len(team.youths_of(coach)) for coach in team.who_left)
            told += gone
            assert model.events()["coach_left"].iloc[-1] >= gone - programme.enrolled
        before = (programme.enrolled, programme.aftercare)
    assert team.coaches_left_so_far == x.worked[:, 0, 3].sum() > 0
    assert told > 0
    assert len(suited) > 1
    assert waited > 0
    with pytest.raises(UserError, match="no coach 3; allowed: 0 to 2"):
        team.youths_of(3)


def test_the_coach_of_a_youth_is_the_engines(tiny: Scenario) -> None:
    """Whoever is told that the coach left is in the care of a coach who left."""
    spec = {"start": "2025-01", "seed": 3}
    model = TrajectModel(town(interventions=[{**COACH, "selection": None}], spec=spec), arm="arm1", collect=False)
    team = model.agents_by_type[CoachTeam][0]
    compared = 0
    for month in months(model):
        if month and team.who_left:
            # Who was granted a place or came to an end this month was told, or not, by where they were at its end.
            granted = model.surroundings.answers(slice(month - 1, month))[-1][1]
            if granted == 0:
                told = sum(len(team.youths_of(coach)) for coach in team.who_left)
                assert model.events()["coach_left"].iloc[-1] == told
                compared += told
    assert compared > 3


def test_without_places_of_their_own_or_teams(tiny: Scenario) -> None:
    model = TrajectModel(town(off=["programme_places", "teams", "selection"]), arm="arm1").run()
    programme = model.agents_by_type[Programme][0]
    assert CoachTeam not in model.agent_types
    assert (programme.places, programme.waiting, programme.rule, programme.strength) == (15, 0, "lottery", 1.0)
    assert programme.suited == programme.enrolled


# --- sets -------------------------------------------------------------------------------------------------------------


def ids(result: Any) -> Any:
    if isinstance(result, mesa.Agent):
        return result.unique_id
    if isinstance(result, (AgentSet, list, tuple)):
        return [ids(item) for item in result]
    if isinstance(result, dict):
        return {key: ids(value) for key, value in result.items()}
    return result


OPERATIONS = [
    len,
    list,
    lambda s: list(reversed(s)),
    lambda s: [s[0], s[-1], s[1:3]],
    lambda s: s.select(),
    lambda s: s.select(agent_type=Employer),
    lambda s: s.select(agent_type=Provider),
    lambda s: s.select(agent_type=Youth),
    lambda s: s.select(agent_type=mesa.Agent, at_most=5),
    lambda s: s.select(lambda a: a.unique_id % 2, at_most=0.25),
    lambda s: s.sort("unique_id"),
    lambda s: s.sort(lambda a: (type(a).__name__, a.unique_id), ascending=True),
    lambda s: sorted(ids(s.shuffle())),
    lambda s: s.get("unique_id"),
    lambda s: s.get(["unique_id", "pos"]),
    lambda s: s.get("places", handle_missing="default", default_value=-1),
    lambda s: s.agg("unique_id", [min, max, sum]),
    lambda s: dict(s.groupby(lambda a: type(a).__name__).groups),
    lambda s: s.groupby(lambda a: type(a).__name__).count(),
    lambda s: s.map(lambda a, k: a.unique_id + k, 2),
    lambda s: s.index(s[3]),
    lambda s: [s[3] in s, 3 in s, s.count(s[3])],
    lambda s: s - [s[0]],
    lambda s: s & [s[0], s[2]],
    lambda s: s == set(s),
    lambda s: copy.copy(s),
    lambda s: [s.select(lambda a: a.unique_id > 61, inplace=True) is s, ids(s)],
]


@pytest.mark.filterwarnings("ignore:AgentSet:PendingDeprecationWarning")
@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("rows", [range(60, 70), [66, 3, 61, 69, 60, 7, 64]], ids=["institutions", "mixed"])
def test_sets_as_mesas_own(tiny: Scenario, rows: Any, op: Any) -> None:
    model = TrajectModel(tiny, arm="arm1", collect=False)
    model.step()
    ours = Agents(model, np.array(rows))
    held = list(ours)
    mesas = AgentSet(held, random=Random(1))
    assert ids(op(ours)) == ids(op(mesas))


def test_sets_over_columns(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1", collect=False)
    model.step()
    employers = model.agents_by_type[Employer]
    assert employers.groupby("sector").agg("places", sum) == {
        s: sum(a.places for a in employers if a.sector == s) for s in set(employers.get("sector"))
    }
    assert ids(employers.where(sector="shops")) == [a.unique_id for a in employers if a.sector == "shops"]
    assert employers.array("places").tolist() == employers.get("places")
    assert set(employers.names) == set(Employer.fields)
    assert model.institutions.names == ["name"]
    youths = model.agents.select(agent_type=Youth)
    assert youths.get("age") == model.youths.get("age")
    assert youths.array("age").dtype == float
    assert ids(youths.where(work="home")) == ids(model.youths.where(work="home"))
    assert set(youths.names) == set(model.youths.names)
    assert ids(model.agents.copy().shuffle()) != ids(model.agents)
    orders = [ids(TrajectModel(tiny, arm=arm).institutions.shuffle())[:3] for arm in ("arm1", "arm1")]
    assert orders[0] == orders[1]
    with pytest.raises(AttributeError, match="not changed"):
        model.agents.add(model.youths[0])
    with pytest.raises(TypeError):
        model.youths.add(model.institutions[0])
    with pytest.raises(ValueError, match="handle_missing"):
        employers.get("places", handle_missing="perhaps")
    both = model.agents.copy() | [model.institutions[0]]
    assert len(both) == len(model.agents)


def test_views_and_sets_can_be_copied_and_pickled(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1", collect=False)
    model.step()
    for again in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
        city, agents = again(model.institutions[0]), again(model.agents)
        assert city.model is not model
        assert city.values() == model.institutions[0].values()
        assert ids(agents) == ids(model.agents)


def test_models_are_freed(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1")
    assert [agent.values() for agent in model.institutions]
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


# --- Mesa -------------------------------------------------------------------------------------------------------------


class Watched(TrajectModel):
    """A model that collects of youths and institutions."""

    model_reporters: ClassVar = {"free": lambda m: m.agents_by_type[Employer].agg("free", sum)}
    agent_reporters: ClassVar = {"age": lambda youth: youth.age}
    institution_reporters: ClassVar = {
        Employer: {"free": "free", "held": lambda a: len(a.youths)},
        Municipality: {"spent": lambda a: a.spent["young"], "asked": "asked"},
    }


def test_collector(tiny: Scenario) -> None:
    model = Watched(tiny, arm="arm1").run()
    frame = model.datacollector.get_agenttype_vars_dataframe(Employer)
    assert frame.shape == ((MONTHS + 1) * 4, 2)
    held = frame["held"].groupby(level="Step").sum()
    assert held.to_list() == model.occupancy()["work", "job"].to_list()
    free = model.datacollector.get_model_vars_dataframe()["free"]
    assert frame["free"].groupby(level="Step").sum().to_list() == free.to_list()
    city = model.datacollector.get_agenttype_vars_dataframe(Municipality)
    assert city["asked"].sum() == model.agents_by_type[Municipality][0].asked_so_far
    assert city["spent"].max() > 0
    youths = model.datacollector.get_agent_vars_dataframe()
    assert len(youths) == (MONTHS + 1) * 60, "youths only: other things are kept of institutions"


def test_collector_from_outside_by_a_common_class(tiny: Scenario) -> None:
    model = TrajectModel(tiny, arm="arm1", collect=False)
    collector = mesa.DataCollector(agenttype_reporters={Provider: {"filled": "filled"}, Institution: {"name": "name"}})
    model.datacollector = collector
    model.step()
    assert len(collector.get_agenttype_vars_dataframe(Provider)) == 7
    assert len(collector.get_agenttype_vars_dataframe(Institution)) == 10


def test_batch_run() -> None:
    given = {"config": str(TOWN), "arm": ["usual_care", "supported_job"], "size": 6}
    rows = batch_run(Counted, given, max_steps=4, data_collection_period=1, display_progress=False)
    assert {row["open"] > 0 for row in rows} == {True}
    assert len({row["RunId"] for row in rows}) == 2


class Counted(TrajectModel):
    """A model that counts open employers."""

    model_reporters: ClassVar = {"open": lambda m: sum(m.agents_by_type[Employer].get("open"))}


# --- the packaged town ------------------------------------------------------------------------------------------------


def test_the_packaged_town_month_by_month() -> None:
    scenario = load_scenario(TOWN, {"years": "3", "size": "12"})
    model = TrajectModel(scenario, arm="supported_job", collect=False)
    x = engine_of(model)
    assert set(model.agent_types) == {Youth, *KINDS.values()} - {KINDS["other"]}
    for month in months(model):
        providers = model.institutions.select(agent_type=Provider)
        scarce = (x.filled - x.all_freed.sum(axis=0)).tolist()
        assert sum(providers.get("filled")) == sum(scarce) - programme_places(model, x)
        held = [youth for a in providers for youth in a.youths]
        assert len({(type(a), youth.unique_id) for a in providers for youth in a.youths}) <= len(held)
        if month == 0:
            continue
        city = model.agents_by_type[Municipality][0]
        assert sum(city.spent_so_far.values()) == x.paid[:month, :, 0].sum() / 100
    assert model.agents_by_type[Programme][0].enrolled > 0
    assert model.agents_by_type[CoachTeam][0].hours_needed > 0


def programme_places(model: TrajectModel, x: Any) -> int:
    """Places taken in units that are a programme's own."""
    own = [p for p, pool in enumerate(model.surroundings.town.pools) if pool.places is None]
    firsts = [int(x.pools[p]["unit_first"]) for p in own]
    return int((x.filled - x.all_freed.sum(axis=0))[firsts].sum())
