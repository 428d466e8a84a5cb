"""The packaged Nijkerk case: whole, cross-checked, honest about what nobody measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from trajectsim.config.check import check
from trajectsim.config.load import load_intervention, load_model, load_sources
from trajectsim.config.scenario import load_scenario
from trajectsim.evidence.parameter import Dirichlet, Parameter
from trajectsim.evidence.paths import scenario_parameters

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.mark.parametrize("name", ["nijkerk", "placebo"])
def test_scenarios_have_no_mistakes(name: str) -> None:
    assert check(load_scenario(CONFIGS / f"{name}.yaml")) == []


def test_domains_stand_in_the_order_of_the_design() -> None:
    model = load_model("youth")
    names = list(model.domains)
    assert (names[0], names[-1]) == ("activity", "vital")
    assert list(model.domains["activity"].states) == [
        "regular_school", "practical_school", "entry_course", "internship", "learn_work", "supported_work",
        "sheltered_work", "regular_work", "day_programme", "temporary_place", "at_home", "away",
        "primary_school", "special_primary", "special_school", "care_education_place", "home_sitting",
        "child_temporary_place",
    ]  # fmt: skip
    gone = {name for name, state in model.domains["vital"].states.items() if state.gone}
    assert gone == {"died", "moved", "grown_up"}


def test_every_assumption_says_what_sort_of_judgement_it_is() -> None:
    scenario = load_scenario(CONFIGS / "nijkerk.yaml")
    for found in scenario_parameters(scenario, (Parameter, Dirichlet)):
        if found.path.startswith("prices") or found.item.grade != "D":
            continue
        assert found.item.note or found.item.locator.startswith(("by law", "by definition")), found.path


def test_every_source_is_known() -> None:
    known = load_sources()
    for found in scenario_parameters(load_scenario(CONFIGS / "nijkerk.yaml"), (Parameter, Dirichlet)):
        assert found.item.source in known, found.path


def test_effects_of_the_supported_job_leave_room_for_none() -> None:
    """Ratios have 1 and drifts 0 inside their range; ratios fixed at nil are what the programme takes the place of."""
    for effect in load_intervention("supported_job").effects:
        for number, null in ((effect.ratio, 1.0), (effect.drift, 0.0)):
            if isinstance(number, Parameter):
                assert number.distribution.low is not None and number.distribution.high is not None
                assert number.distribution.low < null < number.distribution.high, effect


def test_placebo_does_and_costs_nothing() -> None:
    placebo = load_intervention("placebo")
    assert (placebo.effects, placebo.hours, placebo.costs) == ([], [], {})
