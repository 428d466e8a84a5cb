"""Latents, measures, joint lines, accounts and counting conventions, added up by hand from every youth's months."""

from typing import Any

import numpy as np
import pytest

from tests.helpers import LIMIT, World, distance, domain, number, text, way, world
from trajectsim.engine.ledger import by_year, empty_block, snapshots
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE


def test_latents_drift_revert_and_stop_at_their_ends() -> None:
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.3, bound=0.4)), "b": domain("x")},
        size=50,
        years=3,
        latents={
            "up": {
                "mean": 0.5,
                "sd": 0.2,
                "drift": {"a.y": number(0.07, "latent per month"), "b.x": number(-0.03, "latent per month")},
            },
            "home": {"mean": 0.6, "drift": {"a.y": number(-0.12, "latent per year")}, "reversion": number(0.1)},
        },
    )
    history = w.steps()
    in_y, start, seen = history.states("a"), history.slow[0], set()
    up, home = start[0].astype(np.int64), start[1].astype(np.int64)
    one = {name: round(x * LATENT_ONE) for name, x in {"up": 0.07, "down": -0.03, "slide": -0.01, "pull": 0.1}.items()}
    for t in range(36):
        up = np.clip(up + in_y[t] * one["up"] + one["down"], 0, LATENT_ONE)
        home = np.clip(
            home + in_y[t] * one["slide"] + (((start[1].astype(np.int64) - home) * one["pull"]) >> 30), 0, LATENT_ONE
        )
        assert (history.slow[t + 1][0] == up).all()
        assert (history.slow[t + 1][1] == home).all()
        seen |= set(up.tolist())
    assert {0, LATENT_ONE} <= seen


def spells(seed: int = 7, **keys: Any) -> World:
    """People who come and go between two states, some of whom die."""
    exits = [
        way("go", "x", "y", 0.2, bound=0.3),
        way("back", "y", "x", 0.1, bound=0.3),
        way("see", "y", None, 0.2, bound=0.3, event="seen"),
    ]
    life = domain("here dead", way("dies", "here", "dead", 0.01, bound=0.02), gone=["dead"])
    return world(
        {"a": domain("x y", *exits), "life": life},
        events={"seen": text()},
        size=200,
        years=2.5,
        spec={"seed": seed},
        **keys,
    )


def test_measures_add_up_what_the_formula_says() -> None:
    w = spells(
        traits={"flag": {}, "skill": {"kind": "number"}},
        latents={"mood": {"uniform": (0, 1), "drift": {"a.y": number(0.02, "latent per month")}}},
        people={
            "traits": {"flag": {"share": number(0.5, "share")}, "skill": {"mean": number(0.0, "number"), "sd": 1.0}}
        },
        age_bands=[19.5],
        measures={
            "hours": {
                "when": {"states": {"a": "y"}, "age": {"from": 18.5}},
                "intercept": number(100, "hours/month"),
                "low": 60,
                "high": 130,
                "terms": {
                    "flag": number(-20, "number"),
                    "skill": number(10, "number"),
                    "mood": number(15, "number"),
                    "age": number(5, "number"),
                },
                "times": number(0.5, "ratio"),
            }
        },
    )
    history = w.steps()
    rows, state, gone = w.program.rows, history.states("a"), history.states("life")
    flag, skill = history.columns.small[rows.flags["flag"]], history.columns.slow[rows.numbers["skill"]] / NUMBER_ONE
    age0 = -history.when[0][rows.birth].astype(int)
    for t in range(30):
        age = (age0 + t) / 12
        amount = 100 - 20.0 * flag + 10 * skill + 15 * (history.slow[t][0] / LATENT_ONE - 0.5) + 5 * (age - 18)
        amount = np.clip(amount, 60, 130) * 0.5 * ((state[t] == 1) & (gone[t] == 0) & (age >= 18.5 - 1e-9))
        for band, inside in enumerate((age < 19.5, age >= 19.5)):
            assert history.ledger.measures[t, band, 0] / 65536 == pytest.approx(amount[inside].sum(), abs=0.01)
    assert history.ledger.measures.sum() > 0
    assert history.block.measures.shape == (1, 3, 2, 1)
    assert history.block.measures.sum() == pytest.approx(history.ledger.measures.sum() / 65536)


def test_joint_lines_count_who_meets_all_conditions() -> None:
    lines = {
        "both": {"states": {"a": "y", "life": "here"}, "traits": {"flag": {"from": 1}}},
        "adult_x": {"states": {"a": {"not": ["y"]}}, "age": {"from": 19}},
        "long": {"states": {"a": "y"}, "months_in": {"a": {"from": 3, "to": 6}}},
        "later": {"calendar": {"from": 12}},
        "low": {"latents": {"mood": {"to": 0.3}}},
    }
    w = spells(
        joint_lines=lines,
        traits={"flag": {}},
        people={"traits": {"flag": {"share": number(0.4, "share")}}},
        latents={"mood": {"uniform": (0, 1), "drift": {"a.y": number(-0.02, "latent per month")}}},
    )
    history = w.steps()
    rows = w.program.rows
    flag = history.columns.small[rows.flags["flag"]] == 1
    for t in range(31):
        a, alive = history.states("a")[t], history.states("life")[t] == 0
        age = t - history.when[t][rows.birth].astype(int)
        stay = t - history.when[t][0].astype(int)
        expected = [
            (a == 1) & flag,
            (a == 0) & (age >= 228),
            (a == 1) & (stay >= 3) & (stay < 6),
            np.full(200, t >= 12),
            history.slow[t][0] < 0.3 * LATENT_ONE,
        ]
        assert history.flows.joint[t].tolist() == [int((line & alive).sum()) for line in expected]
    assert history.block.joint[0].sum(axis=0).tolist() == history.flows.joint[:-1].sum(axis=0).tolist()


@pytest.mark.parametrize("convention", ["start", "end"])
@pytest.mark.parametrize("rate", [0.0, 0.04])
def test_accounts_are_discounted_sums(convention: str, rate: float) -> None:
    """Per youth: the sum over counted snapshots of the state's amount, and of events, each at present value."""
    account = {"rates": {"a.x": 10.0, "a.y": -3.0}, "events": {"seen": 7.0}, "discount_per_year": rate}
    w = spells(accounts={"sum": account, "lived": {"rates": {"life.here": 1.0}}}, counting={"convention": convention})
    history = w.steps()
    factor = (1 + rate) ** (-np.arange(31) / 12)
    total, lived = np.zeros(200), np.zeros(200)
    for t in range(30):
        s = t if convention == "start" else t + 1
        alive = history.states("life")[s] == 0
        total += factor[t] * alive * np.where(history.states("a")[s] == 0, 10.0, -3.0)
        lived += alive
    seen = w.run(log_rows=0)
    assert (seen.columns.accounts == history.columns.accounts).all()
    assert history.columns.accounts[1] == pytest.approx(lived)
    events = history.columns.accounts[0] - total
    assert events.sum() == pytest.approx(7.0 * (history.events("seen").sum(axis=1) * factor[:30]).sum())
    assert rate > 0 or np.allclose(events / 7.0, np.round(events / 7.0))


def test_nothing_is_booked_before_the_start() -> None:
    w = world(
        {
            "a": domain(
                "x y",
                way("go", "x", "y", 0.2, bound=0.3),
                way("back", "y", "x", 0.2, bound=0.3),
                way("see", "x", None, 0.2, bound=0.3, event="seen"),
            )
        },
        events={"seen": text()},
        size=60,
        years=1,
        people={"run_in": {"months": 30, "select": {"states": {"a": ["x", "y"]}}, "pool": 40}},
        accounts={"months": {"rates": {"a.x": 1.0, "a.y": 1.0}}, "seen": {"events": {"seen": 1.0}}},
    )
    cohort = w.cohort()
    assert (cohort.accounts == 0).all()
    assert len(np.unique(cohort.when[0])) > 3
    lived = w.run(columns=cohort)
    assert (lived.columns.accounts[0] == 12).all()
    assert lived.columns.accounts[1].sum() == lived.events("seen").sum() > 0


def test_a_run_in_is_lived_by_everybody_with_inflow_too() -> None:
    inflow = {"inflow": {"per_year": number(12, "persons/year"), "age": {"from": 18, "to": 19}}}
    run_in = {"run_in": {"months": 24, "select": {"states": {"a": ["x", "y"]}}, "pool": 2000}}
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.1, bound=0.2))}, size=2000, years=1, people={**inflow, **run_in}
    )
    assert distance(w.run().count("a.x")[0], 2000, np.exp(-2.4)) < LIMIT


def test_selection_after_a_run_in_finds_those_who_meet_it() -> None:
    select = {"states": {"a": "x"}, "months_in": {"a": {"from": 6}}, "age": {"from": 18, "to": 20}}
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.2, bound=0.3), way("back", "y", "x", 0.2, bound=0.3))},
        ages=(15, 18),
        size=80,
        years=1,
        people={"run_in": {"months": 24, "select": select, "pool": 64}},
    )
    cohort = w.cohort()
    assert cohort.small.shape[1] == 80 and len(set(cohort.ids)) == 80
    assert (cohort.small[0] == 0).all()
    assert (cohort.when[0] <= -6).all()
    age = -cohort.when[w.program.rows.birth].astype(int)
    assert ((age >= 216) & (age < 240)).all()


WEIGHTS = [0.25, *[1.0] * 28, 2.0, 0.5]


@pytest.mark.parametrize(
    ("convention", "weights"),
    [
        ("start", [1.0] * 30 + [0.0]),
        ("end", [0.0] + [1.0] * 30),
        ("half-cycle", [0.5] + [1.0] * 29 + [0.5]),
        ("weights", WEIGHTS),
    ],
)
def test_counting_conventions(convention: str, weights: list[float]) -> None:
    """Months per year are weighted sums of the snapshots whose number falls into the year."""
    counting = {"convention": convention, **({"weights": weights} if convention == "weights" else {})}
    w = spells(counting=counting, joint_lines={"y": {"states": {"a": "y"}}}, age_bands=[19.0])
    history = w.steps()
    block = history.block
    for state, name in enumerate(("x", "y")):
        alive = np.array(
            [((history.states("a")[t] == state) & (history.states("life")[t] == 0)).sum() for t in range(31)]
        )
        assert history.count(f"a.{name}").tolist() == alive.tolist()
        by_hand = [float((alive * np.array(weights))[y * 12 : y * 12 + 12].sum()) for y in range(3)]
        assert block.state_months[0, :, :, state].sum(axis=1) == pytest.approx(by_hand)
    assert block.joint[0, :, 0] == pytest.approx(block.state_months[0, :, :, 1].sum(axis=1))
    assert block.monthly.tolist() == history.stock.tolist()


def test_a_last_snapshot_that_counts_and_begins_a_year_has_a_year_of_its_own() -> None:
    w = world({"a": domain("x")}, size=5, years=2, counting={"convention": "half-cycle"})
    block = w.run().block
    assert block.state_months[0, :, 0, 0].tolist() == [57.5, 60.0, 2.5]
    again = empty_block(w.program, 2, 24)
    by_year(w.program, w.run().ledger, again, 1)
    assert (again.state_months[0] == 0).all() and (again.state_months[1] == block.state_months[0]).all()


def test_age_bands_change_on_birthdays_without_an_entry() -> None:
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.1, bound=0.2))},
        ages=(17.0, 18.0),
        age_bands=[17.5, 18.0],
        size=600,
        years=1,
    )
    lived = w.steps()
    stock = snapshots(w.program, lived.ledger)
    age0 = -w.cohort().when[w.program.rows.birth].astype(int)
    for t in range(13):
        band = np.searchsorted([210, 216], age0 + t, side="right")
        for s in range(2):
            assert stock[t, :, s].tolist() == np.bincount(band[lived.states("a")[t] == s], minlength=3).tolist()
    assert lived.flows.entries[:, :, 1].sum() == lived.count("a.y")[-1]
    assert lived.flows.entries[:, :, 0].sum() == 0


def test_a_life_in_one_state_is_an_annuity() -> None:
    account = {"rates": {"a.x": 100.0}, "discount_per_year": 0.04}
    lived = world({"a": domain("x")}, size=3, years=3, accounts={"sum": account}).run()
    v = 1.04 ** (-1 / 12)
    assert lived.columns.accounts[0] == pytest.approx(100 * (1 - v**36) / (1 - v))


def test_discounted_costs_of_two_states_follow_the_matrix() -> None:
    """The mean of 40,000 accounts lies within the stated distance of the sum of discounted powers of the matrix."""
    there, back, cost = 0.15, 0.08, np.array([50.0, 900.0])
    account = {"rates": {"a.x": cost[0], "a.y": cost[1]}, "discount_per_year": 0.0225}
    ways = [way("go", "x", "y", there, bound=0.3), way("back", "y", "x", back, bound=0.1)]
    total = (
        world({"a": domain("x y", *ways)}, size=40_000, years=5, accounts={"sum": account}).run().columns.accounts[0]
    )
    p, q = 1 - np.exp(-there), 1 - np.exp(-back)
    here, expected = np.array([1.0, 0.0]), 0.0
    for t in range(60):
        expected += 1.0225 ** (-t / 12) * float(here @ cost)
        here = here @ np.array([[1 - p, p], [q, 1 - q]])
    assert abs(total.mean() - expected) < LIMIT * total.std() / 200
