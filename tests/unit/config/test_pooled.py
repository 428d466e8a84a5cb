"""The same scenario siloed and pooled."""

from pathlib import Path

import pytest

from trajectsim.config.check import check
from trajectsim.config.pooled import DESKS, pooling, without_pots
from trajectsim.config.scenario import load_scenario
from trajectsim.errors import UserError

CONFIGS = Path(__file__).parents[3] / "configs"


def pots(scenario: object) -> list[str]:
    mechanisms = scenario.world.mechanisms.values()  # type: ignore[attr-defined]
    return [name for mechanism in mechanisms for name, item in mechanism.budgets.items() if item.pooled]


def test_siloed_is_the_same_world_without_pooled_budgets() -> None:
    town = load_scenario(CONFIGS / "town.yaml")
    assert pots(town) == ["pooled"] and pots(without_pots(town)) == []
    laws = [list(mechanism.budgets) for mechanism in without_pots(town).world.mechanisms.values() if mechanism.budgets]  # type: ignore[union-attr]
    assert laws == [["jeugdwet", "wmo", "participatiewet", "zvw", "education"]]


def test_three_forms_of_pooling_in_two_scenarios() -> None:
    found = pooling(load_scenario(CONFIGS / "town.yaml"))
    assert found.forms == ("pot", "desks", "both") and list(found.pots) == ["pooled"]
    arms = [[(arm.name, arm.interventions) for arm in x.spec.arms] for x in (found.siloed, found.pooled) if x]
    own = ["supported_job"]
    assert arms[0] == [("usual_care", []), ("form_siloed", own), ("form_desks", [*own, DESKS])]
    assert arms[1] == [("usual_care", []), ("form_pot", own), ("form_both", [*own, DESKS])]
    assert all(check(x) == [] for x in (found.siloed, found.pooled) if x)


def test_a_lever_moves_what_the_model_has() -> None:
    found = pooling(load_scenario(CONFIGS / "demonstrations" / "one_budget.yaml"), "pooled")
    moved = [lever.parameter for lever in found.siloed.interventions[DESKS].levers]
    assert moved == ["model.parameters.decision_takes", "model.parameters.passed_on_per_law"]
    assert check(found.siloed) == []


def test_without_decisions_a_pot_alone_is_left() -> None:
    found = pooling(load_scenario(CONFIGS / "town.yaml", {"off": "[decisions]"}))
    assert found.forms == ("pot",) and DESKS not in found.siloed.interventions
    alone = pooling(load_scenario(CONFIGS / "town.yaml", {"off": "[budgets]"}))
    assert alone.forms == ("desks",) and alone.pooled is None


def test_where_there_are_no_silos_it_says_so() -> None:
    with pytest.raises(UserError, match="no silos to take away"):
        pooling(load_scenario(CONFIGS / "nijkerk.yaml"))
    with pytest.raises(UserError, match="did you mean 'supported_job'"):
        pooling(load_scenario(CONFIGS / "town.yaml"), "suported_job")
