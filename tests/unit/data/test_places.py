"""The packaged places: own values land where they should, counts are the sources', presets live anywhere."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import World, compiled_world
from trajectsim.config.check import check
from trajectsim.config.demand import demands
from trajectsim.config.load import DATA, load_population, load_sources, packaged_names, read_kind
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.engine.luck import run_key, youth_keys
from trajectsim.engine.tables import Columns
from trajectsim.errors import UserError
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import scenario_parameters
from trajectsim.model.population import generate, make_presets

CONFIGS = Path(__file__).parents[3] / "configs"
PLACES = ["gouda", "lelystad", "netherlands", "nijkerk", "nijmegen_noord", "rmc_region", "tilburg", "zwolle"]
TOWN = 45_361
PRESETS = ["bas", "bram", "carla_household", "edwin", "kees_lelystad", "kees_nijmegen", "konrad", "lara", "mohammed"]
PRESETS += ["rachel_household", "thijn", "thomas", "toon"]
EDUCATION = ["regular_school", "practical_school", "internship", "entry_course", "learn_work"]


def scenario(tmp_path: Path, **keys: str) -> Scenario:
    """A scenario of a few lines; usual care alone unless the keys say otherwise."""
    lines = {"name": "here", "title": "{nl: test, en: test}", "arms": "[{name: usual_care}]", **keys}
    file = tmp_path / "here.yaml"
    file.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()), encoding="utf-8")
    return load_scenario(file)


def inside(w: World, small: Any, domain: str, states: list[str]) -> Any:
    d = w.program.names.domains.index(domain)
    own = w.program.names.state_names(d)
    return np.isin(small[d], [own.index(name) for name in states])


# --- places -----------------------------------------------------------------------------------------------------------


def test_the_places_of_the_sources_are_packaged() -> None:
    assert packaged_names("place") == PLACES


@pytest.mark.parametrize("name", PLACES)
def test_a_place_is_whole_and_its_own_values_replace_the_packaged_ones(tmp_path: Path, name: str) -> None:
    place = read_kind("place", name).spec
    found = scenario(tmp_path, place=name)
    assert check(found) == []
    values = {item.path: item.item for item in scenario_parameters(found, (Parameter,))}
    for path, own in place.replaces.items():
        assert values[path] == own, path
        assert own.source in load_sources(), path
    assert found.population.name == name and found.spec.world == place.world


@pytest.mark.parametrize("name", PLACES)
def test_scale_follows_from_the_inhabitants(name: str) -> None:
    place = read_kind("place", name).spec
    assert place.inhabitants is not None and place.inhabitants.source in load_sources()
    if place.world == "town":
        assert place.scale == pytest.approx(place.inhabitants.value / TOWN, abs=0.006)
    else:
        assert place.scale == 1


@pytest.mark.parametrize("name", [*(p for p in PLACES if p != "nijkerk"), "town"])
def test_every_place_has_a_scenario_with_an_approach(name: str) -> None:
    found = load_scenario(CONFIGS / f"{name}.yaml")
    assert check(found) == []
    assert [bool(arm.interventions) for arm in found.spec.arms] == [False, True]


def test_a_scenario_with_another_world_leaves_out_what_belongs_to_the_places_world(tmp_path: Path) -> None:
    """Sheltered places and friends belong to the town; without it there is nothing to replace, and nothing is wrong."""
    found = scenario(tmp_path, place="lelystad", world="programmes")
    assert check(found) == [] and "plan_before_leaving_school" not in found.model.parameters


@pytest.mark.parametrize("name", PLACES)
def test_with_a_mechanism_off_its_own_values_are_left_out(tmp_path: Path, name: str) -> None:
    place = read_kind("place", name).spec
    own = dict.fromkeys(path.split(".")[2] for path in place.replaces if path.startswith("world.mechanisms."))
    switches = list(scenario(tmp_path, place=name).switches)
    for off in (*([mechanism] for mechanism in own), switches):
        found = scenario(tmp_path, place=name, off=f"[{', '.join(off)}]")
        assert check(found) == [], off
        here = {item.path for item in scenario_parameters(found, (Parameter,))}
        kept = {path for path, source in found.provenance.items() if source == f"place {name}"}
        assert kept == here & set(place.replaces), off


def test_a_misspelt_value_of_a_place_is_told_whatever_is_off(tmp_path: Path) -> None:
    text = (DATA / "places" / "zwolle.yaml").read_text(encoding="utf-8")
    text = text.replace("assisted_living.outside", "assisted_livng.outside")
    (tmp_path / "own.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as told:
        scenario(tmp_path, place="./own.yaml", off="[care_places]")
    assert [mistake.near for mistake in told.value.mistakes] == list(read_kind("place", "zwolle").spec.replaces)


def test_zwolle_waits_six_weeks_for_supported_living(tmp_path: Path) -> None:
    """M/M/c: the mean wait is C(c, load) x stay / (c (1 - load))."""
    here = {item.name: item for item in demands(scenario(tmp_path, place="zwolle"))}["assisted_living"]
    c, stay = 5 * round(2 * 2.92), 31  # providers come whole: two of five places, 2.92 times
    load = here.others / c
    blocked = 1.0
    for k in range(1, c + 1):
        blocked = load * c * blocked / (k + load * c * blocked)
    waits = blocked / (1 - load * (1 - blocked))
    assert waits * stay / (c * (1 - load)) == pytest.approx(6 / 52 * 12, abs=0.2)


def test_lelystad_has_no_sheltered_work(tmp_path: Path) -> None:
    """Ten times the pupils, for ten years: none in sheltered work, and with places there are some."""
    keys = {"place": "lelystad", "years": "6", "size": "150"}
    sheltered = "world.mechanisms.care_places.places.sheltered_work.capacity"
    none = compiled_world(scenario(tmp_path, **keys)).together()
    some = compiled_world(scenario(tmp_path, **keys, set=f"{{{sheltered}: 10}}")).together()
    assert none.count("activity.sheltered_work").max() == 0 < some.count("activity.sheltered_work").max()


def test_six_professionals_come_to_a_household_of_tilburg() -> None:
    at_home = read_kind("place", "tilburg").spec.replaces["world.mechanisms.households.households.at_home"]
    assert at_home.value + 1 == 6
    assert load_population("tilburg").traits["multi_problem_home"].share.value == 1


# --- counts of the meta-analysis --------------------------------------------------------------------------------------


def start(w: World, n: int = 200_000) -> Columns:
    ids = np.arange(n, dtype=np.int64)
    keys = youth_keys(run_key(1, -1, 0), ids)
    return generate(w.program, w.scenario.model, w.scenario.population, w.register.central, keys, ids, 0)


def groups(w: World, columns: Columns) -> dict[str, Any]:
    """Who is vulnerable, by the rule that the population's file states (2.1.2 and footnote 12 of the meta-analysis)."""
    small = columns.small
    problem = small[w.program.rows.flags["multi_problem_home"]] == 1
    for domain, states in (("addiction", ["on"]), ("psychiatric", ["on"]), ("debt", ["problematic", "arranged"])):
        problem = problem | inside(w, small, domain, states)
    education = inside(w, small, "activity", EDUCATION)
    mainstream = inside(w, small, "activity", ["regular_school", "learn_work"])
    ordinary, supported = (inside(w, small, "activity", [s]) for s in ("regular_work", "supported_work"))
    disabled = inside(w, small, "disability", ["on"])
    return {
        "education": education,
        "disabled": disabled,
        "special": education & ~mainstream,
        "mainstream": mainstream & problem,
        "no_work": ~education & ~ordinary & ~supported & ~disabled,
        "insecure": (supported | (ordinary & problem)) & ~disabled,
    }


VULNERABLE = ("special", "mainstream", "no_work", "insecure")


def test_the_young_people_of_the_netherlands_are_as_counted(tmp_path: Path) -> None:
    """Of 2.4 million: 60% in education, 3% fully disabled; 170,000 and 200,000 vulnerable, in their parts."""
    w = compiled_world(scenario(tmp_path, population="netherlands", size="100", set="{population.inflow.per_year: 9}"))
    assert load_population("netherlands").size == 2_400_000
    count = {name: 2_400_000 * float(of.mean()) for name, of in groups(w, start(w)).items()}
    assert count["education"] == pytest.approx(0.60 * 2_400_000, rel=0.01)
    assert count["disabled"] == pytest.approx(0.03 * 2_400_000, rel=0.04)
    counted = {"special": 40_000, "mainstream": 95_000 + 35_000, "no_work": 120_000, "insecure": 80_000}
    for name, target in counted.items():
        assert count[name] == pytest.approx(target, rel=0.05), name
    assert count["special"] + count["mainstream"] == pytest.approx(170_000, rel=0.03)
    assert count["no_work"] + count["insecure"] == pytest.approx(200_000, rel=0.03)
    assert sum(count[name] for name in VULNERABLE) == pytest.approx(370_000, rel=0.02)


def test_everybody_in_the_rmc_region_is_vulnerable_and_in_the_counted_parts(tmp_path: Path) -> None:
    w = compiled_world(scenario(tmp_path, population="rmc_region"))
    found = groups(w, start(w))
    assert np.any([found[name] for name in VULNERABLE], axis=0).all()
    counted = {"special": 40 / 370, "mainstream": 130 / 370, "no_work": 120 / 370, "insecure": 80 / 370}
    for name, target in counted.items():
        assert float(found[name].mean()) == pytest.approx(target, rel=0.03), name


def test_the_country_stays_what_it_is(tmp_path: Path) -> None:
    """Eight years with the place's rates: size, education, work and vulnerability near those of the start; about 20
    registered offences per 1,000 a year; with the model's own rates for youths at risk it would be another country."""
    size, keys = 6000, {"years": "8", "size": "6000", "set": "{population.inflow.per_year: 545.5}"}
    w = compiled_world(scenario(tmp_path, place="netherlands", off="[programme_places]", **keys))
    lived = w.run()
    here = inside(w, lived.columns.small, "vital", ["present"])
    share = {name: float(of[here].mean()) for name, of in groups(w, lived.columns).items()}
    assert here.sum() == pytest.approx(size, rel=0.03)
    assert share["education"] == pytest.approx(0.60, abs=0.05)
    assert share["no_work"] == pytest.approx(0.05, abs=0.02)
    assert 0.13 < sum(share[name] for name in VULNERABLE) < 0.21
    assert 12 < 1000 * lived.events("offence_registered").sum() / (8 * size) < 25
    bare = compiled_world(scenario(tmp_path, population="netherlands", **keys))
    other = bare.run()
    there = inside(bare, other.columns.small, "vital", ["present"])
    rates = groups(bare, other.columns)
    assert sum(float(rates[name][there].mean()) for name in VULNERABLE) > 0.35


# --- cohorts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "low", "high", "domain", "states"),
    [
        ("zwolle", 15, 23, "residence", ["residential", "secure", "shelter", "homeless"]),
        ("lelystad", 16, 19, "activity", ["practical_school", "internship"]),
        ("tilburg", 4, 18, "residence", ["family"]),
    ],
)
def test_a_cohort_is_who_its_place_is_about(
    tmp_path: Path, name: str, low: float, high: float, domain: str, states: list[str]
) -> None:
    w = compiled_world(scenario(tmp_path, population=name))
    columns = w.cohort()
    age = -columns.when[w.program.rows.birth].astype(int) / 12
    assert len(age) == load_population(name).size
    assert inside(w, columns.small, domain, states).all()
    assert low <= age.min() and age.max() < high
    assert {"zwolle": 3, "lelystad": 2, "tilburg": 10}[name] <= len(set(np.floor(age)))


# --- presets ----------------------------------------------------------------------------------------------------------


def test_every_vignette_is_a_preset_once() -> None:
    found = [name for place in packaged_names("population") for name in load_population(place).presets]
    assert sorted(found) == PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_coarse_traits_and_nothing_private(name: str) -> None:
    here = {n: p for place in packaged_names("population") for n, p in load_population(place).presets.items()}[name]
    assert here.latents == {} and here.place is not None and here.place.endswith("-type")
    assert here.source in load_sources()
    assert not {"debt", "benefit", "disability", "care_mental_health", "care_addiction"} & set(here.states)
    assert {here.states.get("addiction", "off"), here.states.get("psychiatric", "off")} == {"off"}


@pytest.fixture(scope="module", params=["nijkerk", "gouda"])
def with_all(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A scenario of a place, with all presets to follow; nothing shared, so that they can live without its cohort."""
    settings = {"follow": f"[{', '.join(PRESETS)}]", "years": "6"}
    found = load_scenario(CONFIGS / f"{request.param}.yaml", settings)
    assert check(found) == []
    return compiled_world(found)


@pytest.mark.parametrize("arm", [0, 1])
def test_every_preset_can_be_followed_in_every_arm(with_all: World, arm: int) -> None:
    """Each starts as its file says and lives on, children as children."""
    w = with_all
    names = list(w.scenario.population.presets)
    assert sorted(names) == PRESETS
    columns = make_presets(w.program, w.scenario, w.register.central)
    for i, preset in enumerate(w.scenario.population.presets.values()):
        assert -columns.when[w.program.rows.birth, i] == math.floor(preset.age * 12)
        for domain, state in preset.states.items():
            assert inside(w, columns.small, domain, [state])[i], (names[i], domain)
    running = w.scenario.spec.arms[arm].interventions
    assert bool(running) == bool(arm)
    lived = w.steps(columns=columns, values=w.values(arm))
    for step, small in enumerate(lived.small):
        age = (step - columns.when[w.program.rows.birth].astype(int)) / 12
        for work in ("regular_work", "supported_work", "learn_work", "entry_course"):
            assert not inside(w, small, "activity", [work])[age < 16].any()
    last = lived.small[-1]
    assert len({tuple(last[:, i]) for i in range(len(names))}) > len(names) // 2
    there = inside(w, last, "vital", ["present", "moved"])
    assert there.sum() >= len(names) - 1


def test_a_preset_who_is_too_old_for_an_open_population_is_refused() -> None:
    found = load_scenario(CONFIGS / "nijmegen_noord.yaml", {"follow": "[edwin]"})
    (mistake,) = check(found)
    assert "22 is the age at which people have left" in mistake.what and mistake.allowed == "below 13, the leave_age"
