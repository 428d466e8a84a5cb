"""From declarations to tables: what is refused, in which units numbers arrive, what the parts are called."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tests.helpers import domain, number, starts, text, way, world
from trajectsim.engine.compiler import counting_weights
from trajectsim.engine.tables import TAIL
from trajectsim.errors import UserError


def refusal(domains: dict[str, Any], **keys: Any) -> str:
    """The sentence with which a model is refused."""
    with pytest.raises(UserError) as caught:
        world(domains, **keys)
    assert len(caught.value.mistakes) == 1
    return caught.value.mistakes[0].sentence()


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_central_hazard_above_its_bound_is_refused_by_name() -> None:
    said = refusal({"a": domain("x y", way("fine", "y", "x", 0.1), way("go", "x", "y", 0.3, bound=0.29))})
    assert said.startswith("a.go: the hazard of a.go is 0.3 per step, above its bound 0.29.")
    assert "Raise the bound" in said


def test_bounds_count_per_month_whatever_the_step() -> None:
    """0.3 a month is 3.6 a year: a yearly step takes the same bound, twelve times."""
    ways = [way("go", "x", "y", 0.3, bound=0.3)]
    assert world({"a": domain("x y", *ways)}, steps_per_year=1).program.structure.exits["bound"][0] == pytest.approx(
        3.6
    )
    assert world({"a": domain("x y", *ways)}, steps_per_year=48).program.structure.exits["bound"][0] == pytest.approx(
        0.075
    )


def test_bounds_that_add_up_to_more_than_four_per_step_are_refused() -> None:
    ways = [way("one", "x", "y", 1.0, bound=2.0), way("two", "x", "z", 1.0, bound=2.1)]
    said = refusal({"a": domain("x y z", *ways)})
    assert "the bounds of the exits of a.x add up to 4.1 per step; allowed: at most 4." in said
    ways[1] = way("two", "x", "z", 1.0, bound=2.0)
    world({"a": domain("x y z", *ways)})


def test_probabilities_whose_bounds_reach_one_are_refused() -> None:
    ways = [
        way(n, "x", to, number(0.3, "probability"), law="probability", bound=0.5)
        for n, to in (("one", "y"), ("two", "z"))
    ]
    assert "the probabilities out of a.x have bounds that add up to 1; allowed: below 1." in refusal(
        {"a": domain("x y z", *ways)}
    )
    ways[1]["stage"] = 1
    world({"a": domain("x y z", *ways)})


@pytest.mark.parametrize("n", [11, 12, 14])
def test_own_weights_are_one_per_snapshot(n: int) -> None:
    counting = {"convention": "weights", "weights": [1.0] * n}
    said = refusal({"a": domain("x")}, counting=counting)
    assert f"counting has {n} weights; allowed: one per snapshot: 13 for 12 steps" in said
    world({"a": domain("x")}, counting={"convention": "weights", "weights": [1.0] * 13})


def test_more_than_32_consequences_are_refused() -> None:
    then = [{"event": "seen"}] * 33
    said = refusal({"a": domain("x y", way("go", "x", "y", 0.1, then=then))}, events={"seen": text()})
    assert "model.a.go has more than 32 consequences" in said
    world({"a": domain("x y", way("go", "x", "y", 0.1, then=then[:32]))}, events={"seen": text()})


def test_more_than_32_lines_and_measures_are_refused() -> None:
    measure = {"when": {"states": {"a": "x"}}, "intercept": number(1, "number"), "high": 2}
    lines = {f"line{i}": {"states": {"a": "x"}} for i in range(32)}
    assert "the model has 33 joint lines and measures" in refusal(
        {"a": domain("x")}, joint_lines=lines, measures={"m": measure}
    )
    w = world({"a": domain("x")}, joint_lines=dict(list(lines.items())[:31]), measures={"m": measure}, size=5)
    lived = w.run()
    assert (lived.flows.joint == 5).all() and (lived.ledger.measures[:, 0, 0] == 5 * 65536).all()


def test_more_steps_than_moments_can_hold_are_refused() -> None:
    assert "the years simulated are 36600 steps; allowed: at most 32000. Choose longer steps." in refusal(
        {"a": domain("x")}, steps_per_year=366, years=100
    )
    assert "the years of age are 36600 steps" in refusal({"a": domain("x")}, steps_per_year=366, ages=(80, 100))


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "spy", "scale"),
    [
        ("per month", 12, 1.0),
        ("per month", 52, 12 / 52),
        ("per year", 12, 1 / 12),
        ("per year", 1, 1.0),
        ("per step", 52, 1.0),
    ],
)
def test_rates_arrive_per_step(unit: str, spy: int, scale: float) -> None:
    w = world({"a": domain("x y", way("go", "x", "y", number(0.06, unit), bound=0.3))}, steps_per_year=spy)
    assert w.values().base[0, 0] == pytest.approx(0.06 * scale, rel=1e-15)


def test_numbers_can_be_referred_to_and_follow_the_draw() -> None:
    rate = number(0.05, "per month", family="uniform", low=0.0, high=0.1)
    w = world(
        {
            "a": domain(
                "x y",
                way("go", "x", "y", {"use": "rate"}, bound=0.2),
                way("back", "y", "x", {"use": "rate"}, bound=0.2),
            )
        },
        parameters={"rate": rate},
    )
    assert w.register.paths[0] == "model.parameters.rate"
    draw = w.register.draws(np.array([3]))[0]
    assert 0 < draw[0] < 0.1 and draw[0] != 0.05
    assert w.values(draw=draw).base[:, 0].tolist() == [draw[0], draw[0]]


def test_an_arm_without_the_programme_has_no_uptake() -> None:
    job = {
        "name": "job",
        "title": text(),
        "eligible": {"states": {"a": "x"}},
        "places": number(5, "places"),
        "uptake": number(0.3),
        "duration": number(4, "months"),
        "dropout": number(0.05),
    }
    w = world({"a": domain("x")}, interventions=[job], arms=((), ("job",)))
    k = w.program.uptake_exits["job"]
    assert w.program.names.exits[k] == "job.uptake"
    assert (w.values(0).base[k, 0], w.values(1).base[k, 0]) == (0.0, 0.3)
    assert (np.delete(w.values(0).base, k, 0) == np.delete(w.values(1).base, k, 0)).all()
    for name, without, with_ in zip(w.values().__class__._fields, w.values(0), w.values(1), strict=True):
        assert name == "base" or (without == with_).all()


def test_an_exit_from_several_states_is_one_exit_for_each() -> None:
    w = world({"a": domain("x y z", way("go", ["x", "y"], "z", 0.1))})
    assert w.program.names.exits == ("a.go", "a.go")
    assert len(w.register.parameters) == 1
    assert w.program.structure.states["exit_end"].tolist() == [1, 2, 2]


# --- clocks and structure ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [1e-6, 0.05, 0.9, 4.0])
def test_candidates_are_poisson(mean: float) -> None:
    w = world({"a": domain("x y", way("go", "x", "y", mean / 2, bound=mean))})
    tail, state = w.program.structure.tail[0], w.program.structure.states[0]
    assert tail == pytest.approx(stats.poisson.sf(np.arange(TAIL), mean), rel=1e-9, abs=1e-300)
    assert state["threshold"] == int(np.ceil(-np.expm1(-mean) * 65536))
    assert tail[-1] < 2.0**-53


def test_shares_follow_the_bounds_and_probabilities_become_hazards() -> None:
    ways = [way("one", "x", "y", 0.1, bound=0.2), way("two", "x", "z", 0.1, bound=0.6)]
    exits = world({"a": domain("x y z", *ways)}).program.structure.exits
    assert exits["share"].tolist() == pytest.approx([0.25, 2.0])
    ways = [
        way("one", "x", "y", number(0.1, "probability"), law="probability", bound=0.2),
        way("two", "x", "z", number(0.1, "probability"), law="probability", bound=0.3),
    ]
    exits = world({"a": domain("x y z", *ways)}).program.structure.exits
    assert exits["bound"].tolist() == pytest.approx([0.2 * np.log(2) / 0.5, 0.3 * np.log(2) / 0.5])


def test_names_say_what_numbers_mean() -> None:
    law = {"name": "law", "domain": "b", "when": {"states": {"a": "y"}}, "allowed": ["p"], "otherwise": "p"}
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.1), way("ends", "y", "x", forced={"age": 20})), "b": domain("p q")},
        age_bands=[18, 21.5],
        constraints=[law],
        events={"seen": text()},
        joint_lines={"line": {"states": {"a": "x"}}},
    )
    names = w.program.names
    assert names.states == ("a.x", "a.y", "b.p", "b.q")
    assert names.bands == ("<18", "18-21.5", "21.5+")
    assert names.reasons == ("a.go", "a.ends", "constraint.law")
    assert names.state_names(1) == ["p", "q"]
    assert (names.events, names.joint, names.domains) == (("seen",), ("line",), ("a", "b"))
    assert world({"a": domain("x")}).program.names.bands == ("all",)


def test_conditions_ask_for_whole_steps() -> None:
    """Ages and durations between two steps begin at the next one."""
    when = {
        "age": {"from": 18.01, "to": 20},
        "months_in": {"a": {"from": 2.5}},
        "calendar": {"to": 3},
        "states": {"b": {"not": "p"}},
    }
    w = world({"b": domain("p q r"), "a": domain("x y", way("go", "x", "y", 0.1, when=when))})
    atoms = {int(a["kind"]): a for a in w.program.structure.atoms}
    assert (atoms[1]["low"], atoms[1]["high"]) == (217, 240)
    assert (atoms[4]["low"], atoms[4]["high"]) == (3, np.inf)
    assert (atoms[5]["low"], atoms[5]["high"]) == (-np.inf, 3)
    assert int(atoms[0]["mask"]) == 0b110


@pytest.mark.parametrize(("convention", "ends"), [("start", (1, 0)), ("end", (0, 1)), ("half-cycle", (0.5, 0.5))])
def test_counting_weights(convention: str, ends: tuple[float, float]) -> None:
    w = world({"a": domain("x")}, counting={"convention": convention})
    assert w.program.counting.tolist() == [ends[0], *[1.0] * 11, ends[1]]
    assert w.program.counted_steps == 12 + (ends[1] > 0)
    assert counting_weights(w.scenario.model, 2).tolist() == [ends[0], 1.0, ends[1]]


def test_only_laws_that_hang_on_time_are_watched_all_the_time() -> None:
    def restless(**line: Any) -> int:
        w = world({"a": domain("x y")}, joint_lines={"line": line}, latents={"mood": {}}, initial={"a": starts(x=1.0)})
        return int(w.program.structure.clock[0]["restless"])

    assert restless(states={"a": "x"}, age={"from": 18}) == 0
    assert (
        restless(latents={"mood": {"from": 0.5}})
        == restless(calendar={"to": 3})
        == restless(months_in={"a": {"to": 3}})
        == 1
    )
