"""A programme at several sizes: levers of arms, and what grows along."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from trajectsim.config.around import load_in_world
from trajectsim.config.check import check
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.config.sizes import ENOUGH, Sized, arm_of_size, at_sizes, with_limits_lifted
from trajectsim.errors import UserError

CONFIGS = Path(__file__).parents[3] / "configs"
TINY = Path(__file__).parent / "data" / "scenario.yaml"
OWN = 20
"""Places of the supported job in its own file."""


@cache
def town() -> Scenario:
    return load_scenario(CONFIGS / "town.yaml")


def levers(sized: Sized, n: int) -> dict[str, float]:
    found = sized.scenario.interventions[arm_of_size(n)].levers
    return {lever.parameter: (lever.ratio or lever.value).value for lever in found}  # type: ignore[union-attr]


def test_every_size_is_an_arm_of_the_same_youths() -> None:
    sized = at_sizes(town(), [40, 5, 5, 80])
    assert sized.places == (5, 40, 80) and sized.own_places == OWN
    assert [arm.name for arm in sized.scenario.spec.arms] == ["usual_care", "places_5", "places_40", "places_80"]
    assert sized.scenario.spec.arms[1].interventions == ["supported_job", "places_5"]
    assert sized.youths == 80
    assert at_sizes(town(), [5]).youths == 20, "never fewer than the scenario has"
    assert at_sizes(load_scenario(CONFIGS / "town.yaml", {"scale": "10"}), [5]).youths == 200
    assert at_sizes(town(), [5], youths=33).youths == 33
    assert check(sized.scenario) == []


def test_posts_and_the_pooled_budget_grow_along() -> None:
    sized = at_sizes(town(), [5, 40])
    coach, pot = "interventions.supported_job.team.fte.coach", "world.mechanisms.budgets.budgets.pooled.cap"
    small, large = levers(sized, 5), levers(sized, 40)
    assert small["interventions.supported_job.places"] == 5
    assert small[coach] == small[pot] == 5 / OWN
    assert large[coach] == large[pot] == 40 / OWN
    assert sized.posts(40) == {"coach": 4.0, "direction": 0.24}
    assert "interventions.supported_job.team.experience" not in small, "who is left has experience"
    assert large["interventions.supported_job.team.experience"] == pytest.approx(0.5 * 1.0 + 0.5 * 0.70)


def test_at_its_own_size_a_programme_is_that_of_its_file() -> None:
    assert levers(at_sizes(town(), [OWN]), OWN) == {"interventions.supported_job.places": OWN}


def test_a_team_in_whole_posts_and_one_that_stays() -> None:
    assert at_sizes(town(), [5], team="whole").posts(5) == {"coach": 1.0, "direction": 1.0}
    fixed = at_sizes(town(), [80], team="fixed", budget="fixed")
    assert fixed.posts(80) == {"coach": 2.0, "direction": 0.12}
    assert list(levers(fixed, 80)) == ["interventions.supported_job.places"]


def test_ten_towns_have_ten_times_the_budget_already() -> None:
    sized = at_sizes(load_scenario(CONFIGS / "town.yaml", {"scale": "10"}), [200])
    assert "world.mechanisms.budgets.budgets.pooled.cap" not in levers(sized, 200)


def test_no_places_is_a_size_too() -> None:
    assert levers(at_sizes(town(), [0, 5]), 0)["interventions.supported_job.places"] == 0


def test_limits_are_let_go_one_by_one_and_in_both_worlds_where_they_concern_both() -> None:
    sized = at_sizes(town(), [40])
    lifted, pairs = with_limits_lifted(sized, 40)
    assert check(lifted) == []
    assert pairs["as_it_is"] == ("usual_care", "places_40")
    assert pairs["coaches"] == ("usual_care", "places_40_enough_coaches")
    assert pairs["employer"] == ("usual_care_enough_employer", "places_40_enough_employer")
    assert set(pairs) == {"as_it_is", "coaches", "selection", "employer", "school", "care", "money", "all"}
    names = {arm.name for arm in lifted.spec.arms}
    assert {name for pair in pairs.values() for name in pair} == names
    more = lifted.interventions["enough_employer"].levers
    assert all(lever.ratio is not None and lever.ratio.value == ENOUGH for lever in more)
    assert "world.mechanisms.employers.places.supported_work.capacity" in {lever.parameter for lever in more}
    assert arm_of_size(40) in next(a for a in lifted.spec.arms if a.name == pairs["employer"][1]).interventions


def test_what_is_switched_off_is_no_limit() -> None:
    off = load_scenario(CONFIGS / "town.yaml", {"off": "[employers, teams, selection, budgets]"})
    _, pairs = with_limits_lifted(at_sizes(off, [40]), 40)
    assert not {"coaches", "selection", "money"} & set(pairs)


@pytest.mark.parametrize(
    ("places", "given", "message"),
    [
        ([], {}, "no size of a programme"),
        ([0], {}, "no size of a programme"),
        ([-5, 5], {}, "no size of a programme"),
        (range(1, 60), {}, "too many"),
        ([5], {"arm": "suported_job"}, "did you mean 'supported_job'"),
        ([5], {"programme": "supported_jo"}, "did you mean 'supported_job'"),
    ],
)
def test_what_cannot_be_is_refused(places: list[int], given: dict[str, str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        at_sizes(town(), places, **given)  # type: ignore[arg-type]


def test_without_scarcity_there_is_nothing_to_ask() -> None:
    with pytest.raises(UserError, match="nothing is scarce"):
        at_sizes(load_scenario(CONFIGS / "nijkerk.yaml"), [5])
    off = load_scenario(CONFIGS / "town.yaml", {"off": "[programme_places]"})
    with pytest.raises(UserError, match="programme_places out"):
        at_sizes(off, [5])


def test_an_arm_without_a_programme_has_no_size() -> None:
    spec = town().spec.model_copy(update={"arms": town().spec.arms[:1]})
    with pytest.raises(UserError, match="nothing to scale up"):
        at_sizes(replace(town(), spec=spec), [5])


def test_a_town_is_laid_around_a_scenario_that_names_none() -> None:
    laid, told = load_in_world(CONFIGS / "nijkerk.yaml")
    assert told and laid.spec.world == "town" and check(laid) == []
    own, told = load_in_world(CONFIGS / "town.yaml")
    assert not told and own.spec.world == "town"
    with pytest.raises(UserError, match="does not fit its model"):
        load_in_world(TINY)
