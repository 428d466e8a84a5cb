"""Cohort arithmetic against closed forms, and what it refuses."""

import math
from typing import Any

import numpy as np
import pytest

from trajectsim.analysis.cohort import People, cohort_trace, discount_factors, transition_matrix
from trajectsim.config.schema import ModelSpec
from trajectsim.errors import UserError


def number(value: float, unit: str = "per month") -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "test", "locator": "test", "grade": "D"}


def leave(to: str = "b", base: float = 0.1, name: str = "", **more: Any) -> dict[str, Any]:
    unit = more.pop("unit", "per month")
    return {"name": name or f"to_{to}", "from": "a", "to": to, "base": number(base, unit), "bound": 0.9, **more}


def model(*exits: dict[str, Any], **more: Any) -> ModelSpec:
    states = {"a": {}, "b": {}, "c": {}, "gone": {"gone": True}}
    return ModelSpec.model_validate({"name": "m", "domains": {"d": {"states": states, "exits": list(exits)}}, **more})


def test_two_states_follow_the_closed_form() -> None:
    back = {**leave("a", 0.05, "back"), "from": "b"}
    trace = cohort_trace(model(leave(base=0.1), back), {"a": 1.0}, 40)
    p, q = 1 - math.exp(-0.1), 1 - math.exp(-0.05)
    rest = q / (p + q) + p / (p + q) * (1 - p - q) ** np.arange(41)
    np.testing.assert_allclose(trace[:, 0], rest, rtol=1e-12)
    np.testing.assert_allclose(trace.sum(axis=1), 1.0)


def test_hazards_compete() -> None:
    row = transition_matrix(model(leave("b", 0.1), leave("c", 0.3)), "d", 0)[0]
    left = 1 - math.exp(-0.4)
    np.testing.assert_allclose(row, [1 - left, left / 4, left * 3 / 4, 0.0], rtol=1e-12)


def test_probabilities_per_step_are_exact() -> None:
    exits = [leave(to, p, unit="probability", law="probability") for to, p in (("b", 0.2), ("c", 0.5))]
    np.testing.assert_allclose(transition_matrix(model(*exits), "d", 0)[0], [0.3, 0.2, 0.5, 0.0], rtol=1e-12)


def test_a_lower_stage_goes_first() -> None:
    exits = [leave("gone", 0.2, law="rate"), leave("b", 0.4, law="rate", stage=1), leave("c", 0.1, law="rate", stage=1)]
    die, b, c = (1 - math.exp(-x) for x in (0.2, 0.4, 0.1))
    row = transition_matrix(model(*exits), "d", 0)[0]
    np.testing.assert_allclose(row, [(1 - die) * (1 - b - c), (1 - die) * b, (1 - die) * c, die], rtol=1e-12)


def test_given_chances_and_hazards_share_a_stage() -> None:
    row = transition_matrix(model(leave("b", 0.2, unit="probability", law="probability"), leave("c", 0.3)), "d", 0)[0]
    one = -math.log(0.8)
    left = 1 - math.exp(-one - 0.3)
    np.testing.assert_allclose(row[1:3], [left * one / (one + 0.3), left * 0.3 / (one + 0.3)], rtol=1e-12)


def test_units_and_steps() -> None:
    yearly = model(leave(base=0.6, unit="per year"), steps_per_year=1)
    monthly = model(leave(base=0.6, unit="per year"))
    assert transition_matrix(yearly, "d", 0)[0, 1] == pytest.approx(1 - math.exp(-0.6))
    assert transition_matrix(monthly, "d", 0)[0, 1] == pytest.approx(1 - math.exp(-0.05))


def test_traits_age_and_tables_multiply() -> None:
    out = leave(
        base=0.1,
        effects={"flag": number(2.0, "hazard ratio"), "age": number(0.5, "log hazard ratio")},
        by_age={"years": [0, 21], "factors": [1.0, 3.0]},
        by_step=[1.0, 0.5],
        times=["size"],
    )
    declared = model(out, traits={"flag": {}, "size": {"kind": "number"}}, age={"centre": 20.0, "per": 2.0})
    people = People(age=22.0, traits={"flag": 1.0, "size": 0.25})
    hazard = 0.1 * 2.0 * math.exp(0.5) * 3.0 * 0.25
    assert transition_matrix(declared, "d", 0, people=people)[0, 1] == pytest.approx(1 - math.exp(-hazard))
    later = 0.1 * 2.0 * math.exp(0.5 * (2 + 5 / 12) / 2) * 3.0 * 0.5 * 0.25
    assert transition_matrix(declared, "d", 5, people=people)[0, 1] == pytest.approx(1 - math.exp(-later))


def test_conditions_on_age_traits_and_calendar() -> None:
    out = leave(when={"age": {"from": 18, "to": 19}, "traits": {"flag": {"from": 1}}, "calendar": {"from": 2}})
    declared = model(out, traits={"flag": {}})
    chances = [
        transition_matrix(declared, "d", step, people=People(age, {"flag": flag}))[0, 1]
        for step, age, flag in ((2, 18.0, 1.0), (1, 18.0, 1.0), (2, 17.0, 1.0), (2, 18.0, 0.0), (13, 18.0, 1.0))
    ]
    assert [chance > 0 for chance in chances] == [True, False, False, False, False]


def test_values_go_over_declared_ones() -> None:
    declared = model(leave(base=0.1), {**leave("c"), "base": {"use": "h"}}, parameters={"h": number(0.2)})
    row = transition_matrix(declared, "d", 0, values={"model.d.to_b.base": 0.0, "model.parameters.h": 0.3})[0]
    np.testing.assert_allclose(row[:3], [math.exp(-0.3), 0.0, 1 - math.exp(-0.3)])


def test_an_event_leaves_the_state_as_it_is() -> None:
    event = {"name": "offend", "from": "a", "event": "offence", "base": number(0.3), "bound": 0.9}
    row = transition_matrix(model(leave(base=0.1), event, events={"offence": {"nl": "x", "en": "x"}}), "d", 0)[0]
    assert row[1] == pytest.approx((1 - math.exp(-0.4)) / 4)
    assert row[0] == pytest.approx(1 - row[1])


def test_discounting_counts_from_the_start() -> None:
    np.testing.assert_allclose(discount_factors(model(), 24, 0.03)[[0, 12, 24]], [1.0, 1 / 1.03, 1 / 1.03**2])


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"duration": {"months": [0, 6], "factors": [1.0, 2.0]}}, "time in the state"),
        ({"when": {"latents": {"trust": {"from": 0.5}}}}, "latent"),
        ({"when": {"states": {"e": "x"}}}, "another domain"),
        ({"adds": {"e.x": number(0.1)}}, "another domain"),
        ({"season": [1.0, 2.0]}, "season"),
        ({"then": [{"set": {"d": "c"}}]}, "own domain"),
        ({"effects": {"trust": number(2.0, "hazard ratio")}}, "not fixed"),
    ],
)
def test_what_a_chain_cannot_hold_is_refused(more: dict[str, Any], word: str) -> None:
    with pytest.raises(UserError, match=word):
        cohort_trace(model(leave(**more)), {"a": 1.0}, 3)


def test_forced_exits_are_refused() -> None:
    with pytest.raises(UserError, match="forced"):
        cohort_trace(model({"name": "x", "from": "a", "to": "b", "forced": {"age": 18}}), {"a": 1.0}, 3)


def test_chances_that_sum_above_one_are_refused() -> None:
    exits = [leave(to, 0.6, unit="probability", law="probability") for to in ("b", "c")]
    with pytest.raises(UserError, match=r"sum to 1\.2"):
        transition_matrix(model(*exits), "d", 0)


def test_names_are_checked() -> None:
    with pytest.raises(UserError, match="did you mean 'gone'"):
        cohort_trace(model(), {"gones": 1.0}, 3)
    with pytest.raises(UserError, match="unknown domain"):
        cohort_trace(model(), {"a": 1.0}, 3, domain="x")
