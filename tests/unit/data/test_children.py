"""Children of 4 to 11 in the packaged model, and the two places that are theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import World, compiled_world
from trajectsim.config.check import check
from trajectsim.config.load import load_model, load_population, load_prices
from trajectsim.config.scenario import load_scenario
from trajectsim.engine.luck import run_key, youth_keys
from trajectsim.engine.tables import Columns
from trajectsim.evidence.parameter import Parameter
from trajectsim.model.population import generate

CONFIGS = Path(__file__).parents[3] / "configs"
PRIMARY = ["primary_school", "special_primary", "special_school"]
OUT = ["home_sitting", "child_temporary_place"]
CHILD = [*PRIMARY, "care_education_place", *OUT]
OFFENCES = ["nuisance", "property", "violence", "drugs", "serious"]

NOT_BEFORE_12 = {
    "wage": ["on"],
    "wage_subsidy": ["on", "programme"],
    "study_grant": ["on"],
    "benefit": ["on"],
    "disability": ["on"],
    "informal": ["on"],
    "debt": ["problematic", "arranged"],
    "own_child": ["on"],
    "addiction": ["on"],
    "care_addiction": ["on"],
    "care_intensive": ["on"],
    "justice": ["halt", "supervision", "youth_detention", "adult_detention"],
    "record": ["recent_record", "old_record"],
    "qualification": ["certificate", "start_qualification"],
    "residence": ["secure", "assisted", "long_term_care", "shelter", "homeless", "independent"],
    "visibility": ["out_of_view"],
}


def usual_care(tmp_path: Path, population: str, years: float, **keys: str) -> World:
    """Usual care alone, with nothing shared."""
    lines = {"name": "children", "title": "{nl: test, en: test}", "population": population, "years": str(years), **keys}
    text = "".join(f"{key}: {value}\n" for key, value in lines.items()) + "arms: [{name: usual_care}]\n"
    file = tmp_path / "children.yaml"
    file.write_text(text, encoding="utf-8")
    return compiled_world(load_scenario(file))


@pytest.fixture(scope="module")
def gouda(tmp_path_factory: pytest.TempPathFactory) -> World:
    return usual_care(tmp_path_factory.mktemp("gouda"), "gouda", 8)


@pytest.fixture(scope="module")
def nijmegen(tmp_path_factory: pytest.TempPathFactory) -> World:
    return usual_care(tmp_path_factory.mktemp("nijmegen"), "nijmegen_noord", 6)


def children(w: World, n: int, replicate: int) -> Columns:
    """Children of the wider population, of every age from 4 to 11, as many out of school as that population has."""
    ids = np.arange(n, dtype=np.int64)
    keys = youth_keys(run_key(1, -1, replicate), ids)
    ages = w.scenario.population.ages.model_copy(update={"from_": 4.0, "to": 12.0, "shares": None})
    return generate(w.program, w.scenario.model, w.scenario.population, w.register.central, keys, ids, 0, ages)


def inside(w: World, small: Any, domain: str, states: list[str]) -> Any:
    d = w.program.names.domains.index(domain)
    own = w.program.names.state_names(d)
    return np.isin(small[d], [own.index(name) for name in states])


# --- a sensible life --------------------------------------------------------------------------------------------------


@settings(max_examples=5, deadline=None)
@given(draw=st.integers(0, 10_000))
def test_a_child_lives_a_childs_life(gouda: World, draw: int) -> None:
    """Eight years of children of 4 to 11, whatever the numbers: before 12 no work, debts, benefits, own child..."""
    values = gouda.values(draw=gouda.register.draws(np.array([draw]))[0])
    history = gouda.steps(columns=children(gouda, 250, draw), replicate=draw, values=values)
    birth = history.columns.when[gouda.program.rows.birth].astype(int)
    for step, small in enumerate(history.small[1:], 1):
        age = (step - birth) / 12
        young = age < 12
        assert inside(gouda, small, "activity", CHILD)[young].all()
        for domain, states in NOT_BEFORE_12.items():
            assert not inside(gouda, small, domain, states)[young].any(), domain
        assert not inside(gouda, small, "activity", OUT)[age >= 12].any()
        assert not inside(gouda, small, "activity", PRIMARY)[age >= 14].any()
        at_school = inside(gouda, small, "activity", PRIMARY)
        assert at_school[inside(gouda, small, "care_ambulatory", ["in_school"])].all()


def test_a_child_in_a_town_lives_a_childs_life(tmp_path: Path) -> None:
    """What the town's mechanisms add has its ages too."""
    w = usual_care(tmp_path, "gouda", 4, world="town")
    for replicate in range(3):
        lived = w.together(replicate=replicate, columns=children(w, 1000, replicate))
        young = w.program.steps - lived.columns.when[w.program.rows.birth].astype(int) < 12 * 12
        assert young.sum() > 400
        assert inside(w, lived.columns.small, "activity", CHILD)[young].all()
        for domain, states in NOT_BEFORE_12.items():
            assert not inside(w, lived.columns.small, domain, states)[young].any(), domain


def test_who_is_12_can_have_what_a_child_cannot(gouda: World) -> None:
    """So that the test above would see it: the same children later on."""
    lived = gouda.steps(columns=children(gouda, 4000, 0))
    last = lived.small[-1]
    for domain in ("wage", "informal", "debt", "benefit", "record", "qualification", "visibility"):
        assert inside(gouda, last, domain, NOT_BEFORE_12[domain]).any(), domain


def test_before_12_nothing_is_an_offence(nijmegen: World) -> None:
    """Children of 4 to 7, so that nobody turns 12 in four years; those who are 12 commit some."""
    w = nijmegen
    columns = children(w, 3000, 0)
    birth = columns.when[w.program.rows.birth]
    columns.when[w.program.rows.birth] = -48 + (birth % 48)
    lived = w.run(columns=columns)
    counts = {name: lived.events(name)[:48].sum() for name in [*OFFENCES, "victimisation", "police_contact"]}
    assert counts == dict.fromkeys(counts, 0)
    older = sum(w.run(columns=children(w, 3000, 0)).events(name).sum() for name in OFFENCES)
    assert older > 100


def test_every_way_of_children_is_taken(gouda: World) -> None:
    lived = gouda.run(columns=children(gouda, 20_000, 1))
    model = gouda.scenario.model
    ways = [way.name for way in model.domains["activity"].exits if set(way.from_) <= set(CHILD)]
    assert len(ways) > 25
    for name in ways:
        assert lived.moves(f"activity.{name}").sum() > 0, name
    for name in ("school_care_renewal", "school_care_ends"):
        assert lived.moves(f"care_ambulatory.{name}").sum() > 0, name
    assert lived.events("school_refused").sum() > lived.events("school_asked").sum() / 2


def test_care_in_school_ends_when_the_child_is_no_longer_at_school(gouda: World) -> None:
    lived = gouda.run(columns=children(gouda, 20_000, 2))
    assert lived.moves("constraint.care_in_school_needs_school").sum() > 0


# --- older youths keep their luck -------------------------------------------------------------------------------------


def test_no_exit_leads_from_an_older_youths_state_into_a_childs() -> None:
    """The total bound of a state fixes the luck of its exits: children have states and exits of their own."""
    for way in load_model("youth").domains["activity"].exits:
        if way.to in CHILD:
            assert set(way.from_) <= set(CHILD), way.name


def test_childrens_states_stand_after_all_others() -> None:
    model = load_model("youth")
    assert list(model.domains["activity"].states)[-len(CHILD) :] == CHILD
    assert list(model.domains["care_ambulatory"].states) == ["off", "on", "in_school"]
    assert list(model.domains["vital"].states)[-1] == "grown_up"


def test_effects_of_children_leave_room_for_none() -> None:
    """But what sets a level (lvb and the kind of school), and waiting for two years, which the sources do describe."""
    parameters = load_model("youth").parameters
    named = [name for name in parameters if name.startswith(("child_leaves", "return_child", "care_in_school_keeps"))]
    assert len(named) >= 10
    for name in named:
        item = parameters[name]
        assert isinstance(item, Parameter) and item.distribution is not None
        low, high = item.distribution.low, item.distribution.high
        assert low is not None and high is not None
        assert (low < 1 < high) != (name == "return_child_24"), name


# --- the two places ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gouda", "nijmegen_noord"])
def test_scenarios_have_no_mistakes(name: str) -> None:
    assert check(load_scenario(CONFIGS / f"{name}.yaml")) == []


def test_the_children_of_gouda_are_as_counted(gouda: World) -> None:
    """69 of them, six in ten of primary age, four in ten on a temporary place."""
    found = [gouda.cohort(replicate) for replicate in range(12)]
    age = np.concatenate([-c.when[gouda.program.rows.birth].astype(int) / 12 for c in found])
    place = np.concatenate(
        [inside(gouda, c.small, "activity", ["child_temporary_place", "temporary_place"]) for c in found]
    )
    out = np.concatenate([inside(gouda, c.small, "activity", [*OUT, "at_home", "temporary_place"]) for c in found])
    assert gouda.size == 69 and len(age) == 12 * 69 and out.all()
    assert np.mean(age < 12) == pytest.approx(0.60, abs=0.06)
    assert place.mean() == pytest.approx(28 / 69, abs=0.07)


def test_the_area_of_nijmegen_is_as_counted(nijmegen: World) -> None:
    """Moves to sbo and so (16, 11, 13 a year) and back (2, 4, 0), care in school (9), pupils of sbo and so (45, 56)."""
    runs = [nijmegen.run(replicate=replicate) for replicate in range(12)]
    years = len(runs) * nijmegen.program.steps / 12

    def yearly(*names: str) -> float:
        return float(sum(lived.moves(f"activity.{name}").sum() for lived in runs for name in names) / years)

    def mean(state: str) -> float:
        return float(np.mean([lived.count(state)[36:-1].mean() for lived in runs]))

    assert 11 < yearly("primary_to_special_primary", "primary_to_special_school") < 16
    assert 1 < yearly("special_primary_back_to_primary", "special_school_back_to_primary") < 4
    assert 6 < mean("care_ambulatory.in_school") < 12
    assert mean("activity.special_primary") == pytest.approx(45, abs=8)
    assert mean("activity.special_school") == pytest.approx(56, abs=9)


def test_the_area_of_nijmegen_keeps_its_size_and_ages(nijmegen: World) -> None:
    lived = nijmegen.run()
    present = lived.count("vital.present")[:-1]
    assert np.abs(present / nijmegen.size - 1).max() < 0.06
    assert lived.count("vital.grown_up")[-1] == pytest.approx(6 * 49.6, abs=30)
    here = inside(nijmegen, lived.columns.small, "vital", ["present"])
    age = (nijmegen.program.steps - lived.columns.when[nijmegen.program.rows.birth].astype(int))[here] / 12
    assert age.min() >= 4 and age.max() < 13


def test_presets_are_children_with_first_names_and_coarse_traits() -> None:
    found = {**load_population("gouda").presets, **load_population("nijmegen_noord").presets}
    assert {name: item.age for name, item in found.items()} == {"thijn": 8, "lara": 6, "kees_nijmegen": 10, "toon": 12}
    coarse = set(load_model("youth").traits)
    for item in found.values():
        assert set(item.traits) <= coarse and item.latents == {}
        assert item.place is not None and item.place.endswith("-type") and " " not in item.title


def test_prices_that_the_source_states_are_inputs() -> None:
    """A year of each place as stated: a decision, 86% of 54,000, both kinds of school, basic and support funds."""
    lines = load_prices("nl_2024").lines
    per_year = {}
    for name, line in lines.items():
        if line.state is not None and line.state.split(".")[1] in [*CHILD, "in_school"]:
            assert isinstance(line.price, Parameter)
            per_year[name] = line.price.value * (12 if line.price.unit == "EUR/month" else 1)
    assert per_year["care_in_school"] == 31_525
    assert per_year["temporary_place_child"] == 0.86 * 54_000
    assert (per_year["school_primary"], per_year["school_special"]) == (7_000, 14_000)
    assert per_year["school_special_primary"] == round(7_018.91 + 6_634.52)
    priced = {str(lines[name].state) for name in per_year}
    assert priced == {f"activity.{name}" for name in CHILD if name != "home_sitting"} | {"care_ambulatory.in_school"}
