"""Open populations in files: who leaves at an age, and whose mortality counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.helpers import declare, domain, number, text, way
from trajectsim.config.check import check
from trajectsim.config.leaving import GROWN_UP, GROWS_UP, let_leave
from trajectsim.config.reader import Document
from trajectsim.config.scenario import Scenario
from trajectsim.errors import UserError
from trajectsim.evidence.paths import scenario_parameters

VITAL = domain(
    "present died grown_up",
    way(
        "dies",
        "present",
        "died",
        0.001,
        effects={"care.on": number(2.0, "hazard ratio"), "age": number(1.1, "hazard ratio")},
    ),
    gone=["died", "grown_up"],
)
CARE = domain("off on", way("begin", "off", "on", 0.05))
FEMALE = {"traits": {"female": {"title": text()}}}


def scenario(people: dict[str, Any], vital: dict[str, Any] = VITAL, **model: Any) -> Scenario:
    return declare({"care": CARE, "vital": vital}, people=people, **model)


def laid(people: dict[str, Any], vital: dict[str, Any] = VITAL, **model: Any) -> Any:
    found = scenario(people, vital, **model)
    return let_leave(found.model, found.population, {"model": Document({}), "population": Document({})})


def test_without_an_age_and_mortality_the_model_is_as_declared() -> None:
    found = scenario({})
    left = let_leave(found.model, found.population, {})
    assert (left.model, left.population) == (found.model, found.population)


def test_an_age_adds_a_certain_exit_from_every_state_that_people_are_in() -> None:
    way_out = laid({"leave_age": 20}).model.domains["vital"].exits[-1]
    assert (way_out.name, way_out.from_, way_out.to) == (GROWS_UP, ["present"], GROWN_UP)
    assert way_out.forced is not None and way_out.forced.age == 20
    assert len(laid({"leave_age": 20}).model.domains["care"].exits) == 1


def test_mortality_takes_the_place_of_base_ages_and_sex_and_leaves_the_rest() -> None:
    mortality = {
        "base": number(0.0001, "per year"),
        "years": [4, 15],
        "factors": [1, number(3.0, "ratio")],
        "female": number(0.5, "hazard ratio"),
    }
    left = laid({"mortality": mortality}, **FEMALE)
    dies = left.model.domains["vital"].exits[0]
    assert dies.base.value == 0.0001 and dies.by_age.years == [4, 15] and dies.by_age.factors[1].value == 3.0
    assert {name: effect.value for name, effect in dies.effects.items()} == {"care.on": 2.0, "age": 1.1, "female": 0.5}
    assert dies.bound == 0.0015
    assert left.population.mortality is None


def test_numbers_of_a_mortality_have_one_path() -> None:
    found = scenario({"mortality": {"base": number(0.0001, "per year")}})
    left = let_leave(found.model, found.population, {})
    paths = [item.path for item in scenario_parameters(replace(found, model=left.model, population=left.population))]
    assert "model.vital.dies.base" in paths and not any("mortality" in path for path in paths)


@pytest.mark.parametrize(
    ("people", "vital", "says"),
    [
        ({"leave_age": 20}, domain("present died", gone=["died"]), "no state 'grown_up'"),
        ({"leave_age": 20}, domain("present grown_up"), "no state 'grown_up'"),
        ({"mortality": {"base": number(0.1, "per year")}}, domain("present died", gone=["died"]), "no exit 'dies'"),
        (
            {"mortality": {"base": number(0.1, "per year"), "female": number(0.5, "hazard ratio")}},
            VITAL,
            "no trait 'female'",
        ),
    ],
    ids=["no state", "not gone", "no exit", "no trait"],
)
def test_what_the_model_lacks_is_told(people: dict[str, Any], vital: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says) as caught:
        laid(people, vital)
    assert caught.value.mistakes[0].cure


@pytest.mark.parametrize(
    ("people", "key"),
    [
        ({"ages": {"from": 4, "to": 21}, "leave_age": 20}, "ages.to"),
        (
            {
                "ages": {"from": 4, "to": 9},
                "leave_age": 20,
                "inflow": {"per_year": number(5, "persons/year"), "age": {"from": 19, "to": 21}},
            },
            "inflow.age.to",
        ),
        (
            {
                "ages": {"from": 4, "to": 9},
                "leave_age": 20,
                "presets": {"kim": {"title": "Kim", "age": 20, "source": "a test", "locator": "-"}},
            },
            "presets.kim.age",
        ),
    ],
)
def test_nobody_may_start_at_an_age_at_which_people_have_left(people: dict[str, Any], key: str) -> None:
    mistakes = check(scenario(people))
    assert [m.key for m in mistakes] == [key]
    assert "20" in (mistakes[0].allowed or "")


def test_a_table_of_mortality_is_whole_and_rises() -> None:
    for years, factors in (([4, 3], [1, 1]), ([4], [1, 1])):
        with pytest.raises(ValueError, match="years"):
            scenario({"mortality": {"base": number(0.1, "per year"), "years": years, "factors": factors}})
