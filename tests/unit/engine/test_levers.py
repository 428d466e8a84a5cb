"""What is another number in one arm: levers of interventions, settings of arms, doses, several programmes at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import LIMIT, as_bytes, distance, domain, number, text, way, world
from trajectsim.engine.slots import diminished

BASE = 0.02
GO = "a.go"


def programme(name: str, *effects: dict[str, Any], **keys: Any) -> dict[str, Any]:
    """Everybody enters in the first month, and stays."""
    return {
        "name": name, "title": text(name), "eligible": {}, "places": number(10**9, "places"),
        "uptake": number(1.5), "uptake_bound": 1.6, "duration": number(600, "months"), "dropout": number(0.0),
        "effects": list(effects), **keys,
    }  # fmt: skip


def ratio(value: float) -> dict[str, Any]:
    return {"exit": GO, "while": ["enrolled"], "ratio": number(value, "hazard ratio")}


def away(base: float = BASE, **keys: Any) -> dict[str, Any]:
    return {"a": domain("here gone", way("go", "here", "gone", base, bound=0.5, **keys))}


def lever(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "title": text(name), "levers": [keys]}


# --- levers and settings ----------------------------------------------------------------------------------------------


def test_a_lever_is_another_number_in_its_arm_only() -> None:
    w = world(
        away(), interventions=[lever("faster", parameter="model.a.go.base", ratio=number(2.0, "ratio"))],
        arms=((), ("faster",)),
    )  # fmt: skip
    assert w.values(0).base[0, 0] == BASE
    assert w.values(1).base[0, 0] == 2 * BASE
    assert w.program.names.domains == ("a",), "a lever has no programme"


def test_a_lever_may_give_a_value_and_stays_within_its_unit() -> None:
    after = {"forced": {"months": number(3, "months")}, "chance": number(0.6, "probability")}
    chance = {**way("leave", "here", "gone"), **after}
    w = world(
        {"a": domain("here gone", chance)},
        interventions=[
            lever("never", parameter="model.a.leave.chance", value=number(0.0, "probability")),
            lever("often", parameter="model.a.leave.chance", ratio=number(3.0, "ratio")),
        ],
        arms=((), ("never",), ("often",)),
    )  # fmt: skip
    assert [float(w.values(arm).chance[0]) for arm in range(3)] == [0.6, 0.0, 1.0]


def test_an_arm_of_its_own_settings_is_the_scenario_with_these_numbers() -> None:
    arms = {"arms": [{"name": "usual"}, {"name": "half", "set": {"model.a.go.base": BASE / 2}}]}
    both = world(away(), spec=arms, size=500)
    alone = world(away(BASE / 2), size=500)
    assert as_bytes(both.run(1).columns) == as_bytes(alone.run(0).columns)
    assert as_bytes(both.run(0).columns) != as_bytes(both.run(1).columns)


def test_levers_add_up_in_the_order_of_the_arm() -> None:
    w = world(
        away(),
        interventions=[
            lever("twice", parameter="model.a.go.base", ratio=number(2.0, "ratio")),
            lever("fixed", parameter="model.a.go.base", value=number(0.05)),
        ],
        arms=((), ("twice", "fixed"), ("fixed", "twice")),
    )  # fmt: skip
    assert [float(w.values(arm).base[0, 0]) for arm in range(3)] == [BASE, 0.05, 0.1]


# --- doses ------------------------------------------------------------------------------------------------------------


@given(x=st.floats(0, 50), k=st.floats(0, 5))
def test_doses_diminish(x: float, k: float) -> None:
    one = np.array([x])
    assert diminished(np.array([1.0]), k) == pytest.approx(1.0)
    assert diminished(one, 0.0) == pytest.approx(x)
    assert diminished(one, k) <= diminished(one + 0.1, k)
    if x > 1:
        assert diminished(one, k) <= x + 1e-9


HOUR = {
    "name": "hour", "title": text(), "description": text(), "reference": number(4.0, "hours/month"),
    "effects": [
        {"exit": GO, "ratio": number(3.0, "hazard ratio")}, {"exit": "a.back", "adds": number(0.02)},
        {"latent": "trust", "drift": number(0.004, "latent per month")},
    ],
}  # fmt: skip


@pytest.mark.parametrize(("dose", "k", "counts"), [(4, 1, 1.0), (12, 1, 1.5), (2, 1, 2 / 3), (12, 0, 3.0), (0, 1, 0.0)])
def test_an_ingredient_counts_by_its_dose(dose: float, k: float, counts: float) -> None:
    act = {"ingredient": "hour", "while": ["enrolled"], "dose": number(dose, "hours/month")}
    go, back = way("go", "here", "gone", BASE, bound=0.5), way("back", "gone", "here", 0.0, bound=0.5)
    a = {"a": domain("here gone", go, back)}
    w = world(
        a, ingredients=[HOUR], interventions=[programme("coach", acts=[act])], arms=((), ("coach",)),
        latents={"trust": {"mean": 0.5}}, diminishing=k,
    )  # fmt: skip
    v = w.values(1)
    assert v.coefficient[:2] == pytest.approx([np.log(3.0) * counts, 0.02 * counts])
    assert v.drift.max() == round(0.004 * counts * 2**30)


def test_without_a_dose_an_ingredient_counts_in_full() -> None:
    act = {"ingredient": "hour", "while": ["enrolled"]}
    small = {**HOUR, "effects": HOUR["effects"][:1]}
    w = world(away(), ingredients=[small], interventions=[programme("coach", acts=[act])], arms=((), ("coach",)))
    assert w.values(1).coefficient[0] == np.log(3.0)
    assert w.register.index["ingredients.hour.effects.0.ratio"] >= 0


# --- several programmes at a time -------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0.0, 1.0, 2.5])
def test_effects_of_programmes_at_a_time_diminish_by_the_stated_function(k: float) -> None:
    n, r, months = 60_000, 2.5, 12
    w = world(
        away(), interventions=[programme(name, ratio(r)) for name in ("one", "two", "three")], size=n,
        arms=((), ("one",), ("one", "two"), ("one", "two", "three")), diminishing=k, years=1.0,
    )  # fmt: skip
    for arm in (1, 2, 3):
        lived = w.steps(arm)
        enrolled = np.all([lived.states(name) == 1 for name in ("one", "two", "three")[:arm]], axis=0)
        here = lived.states("a") == 0
        start = enrolled[3] & here[3]
        left = int((start & ~here[months]).sum())
        hazard = BASE * np.exp(np.log(r) * arm * (1 + k) / (1 + k * arm))
        assert distance(left, int(start.sum()), 1 - np.exp(-hazard * (months - 3))) < LIMIT, (arm, k)


def test_drift_of_programmes_at_a_time_diminishes_too() -> None:
    drift = {"latent": "trust", "while": ["enrolled"], "drift": number(0.010, "latent per month")}
    w = world(
        {"a": domain("here")}, interventions=[programme("one", drift), programme("two", drift)],
        arms=((), ("one",), ("one", "two")), latents={"trust": {"mean": 0.2}}, size=400,
    )  # fmt: skip
    for arm, programmes in ((1, ("one",)), (2, ("one", "two"))):
        lived = w.steps(arm)
        first = np.argmax(np.all([lived.states(name) == 1 for name in programmes], axis=0), axis=0)
        both = np.all([lived.states(name)[4] == 1 for name in programmes], axis=0) & (first < 4)
        row = w.program.rows.latents["trust"]
        gained = (lived.slow[12][row, both].astype(float) - lived.slow[4][row, both]) / 2**30
        assert gained == pytest.approx(8 * 0.010 * (1.0 if arm == 1 else 4 / 3), abs=1e-6)


def test_a_second_programme_elsewhere_changes_nothing_for_the_first_alone() -> None:
    one, two = programme("one", ratio(2.0)), programme("two", ratio(3.0))
    alone = world(away(), interventions=[one], arms=((), ("one",)), size=2000)
    beside = world(away(), interventions=[one, two], arms=((), ("one",), ("one", "two")), size=2000)
    for arm in (0, 1):
        assert np.array_equal(alone.run(arm).count("a.gone"), beside.run(arm).count("a.gone"))
        assert np.array_equal(alone.run(arm).count("one.enrolled"), beside.run(arm).count("one.enrolled"))


def test_in_a_world_without_limits_they_diminish_alike() -> None:
    both = [programme("one", ratio(2.0)), programme("two", ratio(3.0))]
    keys: dict[str, Any] = {"interventions": both, "arms": ((), ("one", "two")), "size": 3000, "diminishing": 1.0}
    plain = world(away(), **keys)
    town = {"provisions": {"gone": {"title": text(), "states": ["a.gone"]}}, "mechanisms": {}}
    shared = world(away(), world=town, off=["selection", "teams"], **keys)
    assert np.array_equal(plain.run(1).count("a.gone"), shared.together(1).count("a.gone"))


def test_a_programme_has_the_same_luck_wherever_it_stands() -> None:
    one, two = programme("one", ratio(2.0), uptake=number(0.1)), programme("two", ratio(3.0), uptake=number(0.1))
    more = {**away(), **{f"b{k}": domain("x y", way("go", "x", "y", 0.05)) for k in range(3)}}
    alone = world(away(), interventions=[one], arms=((), ("one",)), size=2000)
    behind = world(away(), interventions=[two, one], arms=((), ("two",), ("one",)), size=2000)
    elsewhere = world(more, interventions=[one], arms=((), ("one",)), size=2000)
    seen = [w.run(arm).count("one.enrolled") for w, arm in ((alone, 1), (behind, 2), (elsewhere, 1))]
    assert np.array_equal(seen[0], seen[1]) and np.array_equal(seen[0], seen[2]) and seen[0][-1] > 0


def test_a_programme_without_effects_takes_nothing_from_another() -> None:
    one, nothing = programme("one", ratio(2.0)), programme("nothing")
    w = world(away(), interventions=[one, nothing], arms=((), ("one",), ("one", "nothing")), size=2000)
    assert np.array_equal(w.run(1).count("a.gone"), w.run(2).count("a.gone"))
