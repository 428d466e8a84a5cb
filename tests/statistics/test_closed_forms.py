"""What the engine counts is what pencil and paper say.

Chance is fixed by the seed, so each test passes or fails for good. Limits were set so that a right engine would have
failed any one of them with a chance of at most about one in ten thousand: 4.5 standard errors for the worst of some
dozens of numbers, p-values above 1e-4.
"""

import numpy as np
import numpy.typing as npt
import pytest

from tests.helpers import LIMIT, World, agrees, distance, domain, number, starts, text, way, world
from trajectsim.engine.ledger import snapshots
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE

F64 = npt.NDArray[np.float64]


# --- two states, many states ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spy", "unit", "scale"), [(12, "per month", 1.0), (52, "per month", 12 / 52), (4, "per year", 1 / 4)]
)
def test_two_states_follow_the_powers_of_their_matrix(spy: int, unit: str, scale: float) -> None:
    there, back, n = 0.15, 0.08, 20_000
    w = world(
        {
            "a": domain(
                "x y",
                way("go", "x", "y", number(there, unit), bound=0.3),
                way("back", "y", "x", number(back, unit), bound=0.1),
            )
        },
        size=n,
        years=2,
        steps_per_year=spy,
    )
    lived = w.run()
    p, q = 1 - np.exp(-there * scale), 1 - np.exp(-back * scale)
    chain = np.array([[1 - p, p], [q, 1 - q]])
    expected = [np.linalg.matrix_power(chain, t)[0, 1] for t in range(w.program.steps + 1)]
    assert (lived.stock.sum(axis=1) == n).all()
    assert lived.count("a.y")[0] == 0
    assert distance(lived.count("a.y")[1:], n, expected[1:]) < LIMIT
    months = lived.block.state_months[0, :, 0, 1].sum()
    assert months == pytest.approx(np.sum(expected[:-1]) * n * 12 / spy, rel=0.02)


HAZARDS = {"to_y": 0.02, "to_z": 0.10, "to_w": 0.30}


@pytest.mark.parametrize("slack", [1.0, 1.05, 4.0])
@pytest.mark.parametrize("start", [1.0, 4.0])
def test_competing_risks(slack: float, start: float) -> None:
    """P(k) = h_k / H * (1 - exp(-H)), whatever the bounds."""
    n, h = 40_000, np.array(list(HAZARDS.values())) * start
    exits = [
        way(f"to_{s}", "x", s, float(h[j]), bound=float(h[j]) * (slack if start == 1 else min(slack, 2.0)))
        for j, s in enumerate("yzw")
    ]
    lived = world({"a": domain("x y z w", *exits)}, size=n, years=1 / 12).run()
    moved = 1 - np.exp(-h.sum())
    expected = n * np.array([1 - moved, *(h / h.sum() * moved)])
    assert agrees(lived.stock[1], expected)
    assert [lived.moves(f"a.to_{s}").sum() for s in "yzw"] == lived.stock[1, 1:].tolist()


def test_domains_do_not_touch_each_other() -> None:
    """Six domains share words of luck: each moves as often as alone, any two as often together as they should."""
    n, hazards = 30_000, [0.05, 0.1, 0.2, 0.3, 0.6, 1.0]
    w = world(
        {f"d{j}": domain("x y", way("go", "x", "y", h, bound=1.2 * h)) for j, h in enumerate(hazards)},
        size=n,
        years=1 / 12,
    )
    lived = w.run()
    p = 1 - np.exp(-np.array(hazards))
    moved = lived.columns.small[:6].astype(float)
    assert distance(moved.sum(axis=1), n, p) < LIMIT
    for j in range(6):
        for k in range(j):
            assert distance((moved[j] * moved[k]).sum(), n, p[j] * p[k]) < LIMIT


# --- how a hazard is put together -------------------------------------------------------------------------------------


def test_covariates_multiply_additions_add_numbers_scale() -> None:
    """h = base x ratio^flag x exp(b (latent - centre) / per) x exp(b (age - 18)) x ratio[state] x number + addition."""
    w = world(
        {
            "b": domain("calm busy"),
            "a": domain(
                "x y",
                way(
                    "go",
                    "x",
                    "y",
                    0.05,
                    bound=1.0,
                    times=["size"],
                    adds={"b.busy": number(0.02)},
                    effects={
                        "flag": number(2.0, "hazard ratio"),
                        "mood": number(0.4, "log hazard ratio"),
                        "age": number(-0.1, "log hazard ratio"),
                        "b.busy": number(1.5, "hazard ratio"),
                    },
                ),
            ),
        },
        initial={"b": starts(calm=0.5, busy=0.5)},
        ages=(16, 24),
        size=100_000,
        years=1 / 12,
        traits={"flag": {}, "size": {"kind": "number"}},
        latents={"mood": {"uniform": (0.2, 0.8), "centre": 0.5, "per": 0.2}},
        people={
            "traits": {
                "flag": {"share": number(0.3, "share")},
                "size": {"mean": number(1.0, "number"), "sd": 0.3, "low": 0.2, "high": 2.0},
            }
        },
    )
    columns, rows = w.cohort(), w.program.rows
    flag, busy = columns.small[rows.flags["flag"]], columns.small[0]
    mood, age = columns.slow[rows.latents["mood"]] / LATENT_ONE, -columns.when[rows.birth] / 12
    size = columns.slow[rows.numbers["size"]] / NUMBER_ONE
    h = 0.05 * 2.0**flag * np.exp(0.4 * (mood - 0.5) / 0.2) * np.exp(-0.1 * (age - 18)) * 1.5**busy * size + 0.02 * busy
    p = 1 - np.exp(-h)
    moved = w.run(columns=columns).columns.small[1]
    lived = [flag == 1, flag == 0, busy == 1, busy == 0]
    for part in [*(np.flatnonzero(half) for half in lived), *np.array_split(np.argsort(p), 10)]:
        assert abs(moved[part].sum() - p[part].sum()) < LIMIT * np.sqrt((p[part] * (1 - p[part])).sum())


def leavers(w: World, n: int) -> tuple[npt.NDArray[np.int64], F64]:
    """Numbers that left "a.x" in each step, and how many were there."""
    lived = w.run()
    return lived.moves("a.go"), lived.count("a.x")[:-1].astype(float)


def test_duration_table() -> None:
    factors = [3.0, 0.0, 1.0]
    exit_ = way("go", "x", "y", 0.04, bound=0.13, duration={"months": [0, 2, 5], "factors": factors})
    w = world({"a": domain("x y", exit_)}, size=20_000, years=1)
    moves, present = leavers(w, 20_000)
    h = 0.04 * np.array([3, 3, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1])
    assert moves[2:5].sum() == 0
    assert distance(moves[h > 0], present[h > 0], (1 - np.exp(-h))[h > 0]) < LIMIT


@pytest.mark.parametrize("shape", [0.6, 1.0, 1.8])
@pytest.mark.parametrize("spy", [12, 52])
def test_weibull_survival_is_exact_at_the_ends_of_steps(shape: float, spy: int) -> None:
    base, n = 0.03, 20_000
    exit_ = way("go", "x", "y", base, bound=1.0, duration={"weibull_shape": number(shape, "number")})
    w = world({"a": domain("x y", exit_)}, size=n, years=1, steps_per_year=spy)
    months = np.arange(spy + 1) * 12 / spy
    survival = np.exp(-base * months**shape)
    assert distance(w.run().count("a.x")[1:], n, survival[1:]) < LIMIT


def test_a_new_stay_starts_its_duration_anew() -> None:
    """Nobody leaves in the first two months of a stay, however often they came back."""
    exit_ = way("go", "x", "y", 0.5, bound=1.0, duration={"months": [0, 2], "factors": [0.0, 1.0]})
    w = world({"a": domain("x y", exit_, way("back", "y", "x", 2.0, bound=2.5))}, size=500, years=3)
    state = w.steps().states("a")
    for youth in range(500):
        runs = np.split(state[:, youth], np.flatnonzero(np.diff(state[:, youth])) + 1)
        assert all(len(run) > 2 for run in runs[:-1] if run[0] == 0)


def test_a_state_brought_about_by_another_domain_has_no_duration_yet() -> None:
    """A move in an earlier domain opens a stay whose hazard in the same step is that of its first month."""
    w = world(
        {
            "a": domain("x y", way("go", "x", "y", 3.0, bound=3.5, then=[{"set": {"b": "y"}}])),
            "b": domain(
                "x y z w",
                way("poison", "x", "w", 0.2, bound=0.5, duration={"months": [0, 1], "factors": [0.0, 1.0]}),
                way("leave", "y", "z", 1.0, bound=1.5, duration={"months": [0, 2], "factors": [0.0, 1.0]}),
            ),
        },
        size=3000,
        years=0.5,
    )
    history = w.steps()
    assert history.moves("b.leave")[:3].sum() == 0
    assert distance(history.moves("b.leave")[3], history.count("b.y")[1], 1 - np.exp(-1.0)) < LIMIT


@pytest.mark.parametrize(
    ("years", "spy"), [([16.0, 18.0, 19.0], 12), ([16.5, 17.25, 18.0], 12), ([16.0, 17.0, 18.0], 4)]
)
def test_age_tables(years: list[float], spy: int) -> None:
    factors = [0.5, 2.0, 1.0]
    exit_ = way("go", "x", "y", 0.02, bound=0.05, by_age={"years": years, "factors": factors})
    n = 24_000
    w = world({"a": domain("x y", exit_)}, ages=(15.0, 20.0), size=n, years=1, steps_per_year=spy)
    age0 = -w.cohort().when[w.program.rows.birth].astype(int)
    left = w.run().columns.small[0]
    total = np.zeros(n)
    for t in range(spy):
        age = (age0 + t) / spy
        factor = np.select([age < years[1], age < years[2]], factors[:2], factors[2])
        total += 0.02 * 12 / spy * factor
    p = 1 - np.exp(-total)
    for low in range(15, 20):
        part = (age0 >= low * spy) & (age0 < (low + 1) * spy)
        assert abs(left[part].sum() - p[part].sum()) < LIMIT * np.sqrt((p[part] * (1 - p[part])).sum())


@pytest.mark.parametrize(("start", "first"), [("2024-01", 0), ("2024-09", 8)])
def test_season_follows_the_calendar(start: str, first: int) -> None:
    season = [0.0, 1.0, 2.0, 0.0, 3.0, 1.0, 0.0, 0.5, 4.0, 1.0, 0.0, 2.0]
    exit_ = way("see", "x", None, 0.05, bound=0.25, event="seen", season=season)
    n = 20_000
    lived = world({"a": domain("x", exit_)}, events={"seen": text()}, size=n, years=1, spec={"start": start}).run()
    h = 0.05 * np.roll(season, -first)
    seen = lived.events("seen")[:, 0]
    assert (seen[h == 0] == 0).all()
    assert distance(seen[h > 0], n, (1 - np.exp(-h))[h > 0]) < LIMIT


def test_factors_by_step_hold_their_last_value() -> None:
    n = 20_000
    exit_ = way("see", "x", None, 0.1, bound=0.3, event="seen", by_step=[0.0, 2.0, 0.5])
    seen = world({"a": domain("x", exit_)}, events={"seen": text()}, size=n, years=0.5).run().events("seen")[:, 0]
    h = 0.1 * np.array([0.0, 2.0, 0.5, 0.5, 0.5, 0.5])
    assert seen[0] == 0
    assert distance(seen[1:], n, 1 - np.exp(-h[1:])) < LIMIT


# --- probabilities per step -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slack", [1.0, 1.4])
def test_probabilities_per_step_are_exactly_these(slack: float) -> None:
    p = {"y": 0.3, "z": 0.2, "w": 0.1}
    exits = [way(f"to_{s}", "x", s, number(c, "probability"), law="probability", bound=c * slack) for s, c in p.items()]
    n = 40_000
    lived = world({"a": domain("x y z w", *exits)}, size=n, years=1, steps_per_year=1).run()
    assert agrees(lived.stock[1], n * np.array([0.4, 0.3, 0.2, 0.1]))


def test_death_first_then_the_other_moves_among_those_who_live() -> None:
    """Stages: P(death) = d; P(k) = (1 - d) p_k; and so on for a third stage."""
    n = 60_000
    exits = [
        way("dies", "x", "dead", number(0.1, "probability"), law="probability", bound=0.2),
        way("to_y", "x", "y", number(0.3, "probability"), law="probability", bound=0.35, stage=1),
        way("to_z", "x", "z", number(0.2, "probability"), law="probability", bound=0.3, stage=1),
        way("to_w", "x", "w", number(0.25, "probability"), law="probability", bound=0.3, stage=2),
    ]
    lived = world({"a": domain("x y z w dead", *exits, gone=["dead"])}, size=n, years=1, steps_per_year=1).run()
    y, z = 0.9 * 0.3, 0.9 * 0.2
    w = 0.9 * 0.5 * 0.25
    assert agrees(lived.stock[1], n * np.array([1 - 0.1 - y - z - w, y, z, w, 0.1]))


def test_rates_become_probabilities_each_on_its_own() -> None:
    """p_k = 1 - exp(-r_k), as cohort models have it; twice as often with a ratio of two on the rate."""
    rates, n = {"y": 0.3, "z": 0.15}, 40_000
    exits = [
        way(
            f"to_{s}",
            "x",
            s,
            number(r, "per year"),
            law="rate",
            bound=0.45,
            effects={"flag": number(2.0, "hazard ratio")},
        )
        for s, r in rates.items()
    ]
    for flag in (0, 1):
        lived = world(
            {"a": domain("x y z", *exits)},
            size=n,
            years=1,
            steps_per_year=1,
            traits={"flag": {}},
            people={"traits": {"flag": {"share": number(float(flag), "share")}}},
        ).run()
        p = [1 - np.exp(-r * (1 + flag)) for r in rates.values()]
        assert agrees(lived.stock[1], n * np.array([1 - sum(p), *p]))


def test_a_hazard_above_its_bound_is_cut_and_counted() -> None:
    n = 20_000
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.1, bound=0.12, effects={"flag": number(5.0, "hazard ratio")}))},
        size=n,
        years=1 / 12,
        traits={"flag": {}},
        people={"traits": {"flag": {"share": number(1.0, "share")}}},
    )
    lived = w.run()
    assert distance(lived.count("a.y")[1], n, 1 - np.exp(-0.12)) < LIMIT
    evaluated, cut = lived.ledger.seen[0]
    assert evaluated == cut > 0


# --- forced exits, inflow, events -------------------------------------------------------------------------------------


def test_forced_at_an_exact_age() -> None:
    """At every snapshot those of 18 and older are out, and nobody younger."""
    w = world(
        {"a": domain("young adult", way("grows_up", "young", "adult", forced={"age": 18}))},
        ages=(16.5, 18.0),
        size=300,
        years=2,
    )
    history = w.steps()
    age0 = -w.cohort().when[w.program.rows.birth].astype(int)
    for t, state in enumerate(history.states("a")):
        assert (state == (age0 + t >= 18 * 12)).all()


@pytest.mark.parametrize(
    ("months", "unit", "spy", "steps"), [(6, "months", 12, 6), (0.5, "years", 12, 6), (3, "months", 52, 13)]
)
def test_forced_after_an_exact_time(months: float, unit: str, spy: int, steps: int) -> None:
    """A stay lasts exactly so many snapshots, from whenever it began."""
    w = world(
        {
            "a": domain(
                "out inside",
                way("enters", "out", "inside", 0.3, bound=0.5),
                way("ends", "inside", "out", forced={"months": number(months, unit)}),
            )
        },
        size=300,
        years=2,
        steps_per_year=spy,
    )
    state = w.steps().states("a")
    lengths = set()
    for youth in range(300):
        runs = np.split(state[:, youth], np.flatnonzero(np.diff(state[:, youth])) + 1)
        lengths |= {len(run) for run in runs[:-1] if run[0] == 1}
    assert lengths == {steps}


def test_forced_with_a_chance_falls_to_the_next_one() -> None:
    """Forced exits of one moment are tried in order: 40% to y, 25% of the rest to z, nobody later."""
    n = 30_000
    exits = [
        way("to_y", "x", "y", forced={"months": number(3, "months")}, chance=number(0.4, "probability")),
        way("to_z", "x", "z", forced={"months": number(3, "months")}, chance=number(0.25, "probability")),
    ]
    lived = world({"a": domain("x y z", *exits)}, size=n, years=1).run()
    assert (lived.stock[:3] == lived.stock[0]).all()
    assert (lived.stock[3:] == lived.stock[3]).all()
    assert agrees(lived.stock[3], n * np.array([0.6 * 0.75, 0.4, 0.6 * 0.25]))


def test_events_are_counted_per_step_and_age_band() -> None:
    n, h = 30_000, 0.2
    w = world(
        {"a": domain("x", way("see", "x", None, h, bound=0.3, event="seen"))},
        events={"seen": text()},
        ages=(17.0, 19.0),
        age_bands=[18],
        size=n,
        years=1,
    )
    lived = w.run()
    p = 1 - np.exp(-h)
    age0 = -w.cohort().when[w.program.rows.birth].astype(int)
    adults = np.array([(age0 + t >= 216).sum() for t in range(12)])
    seen = lived.events("seen")
    assert (lived.count("a.x") == n).all()
    assert distance(seen[:, 1], adults, p) < LIMIT
    assert distance(seen[:, 0], n - adults, p) < LIMIT
    assert lived.block.events[0, 0, :, 0].tolist() == seen.sum(axis=0).tolist()
    assert lived.moves("a.see").sum() == seen.sum()


def test_what_follows_from_an_exit_follows_with_its_chance() -> None:
    """30% report; of those 60% lead to care, else to a note; without a report half jump in mood, by exactly so much."""
    n = 40_000
    then = [
        {
            "chance": number(0.3, "probability"),
            "event": "reported",
            "then": [{"chance": number(0.6, "probability"), "set": {"care": "on"}, "otherwise": [{"event": "noted"}]}],
            "otherwise": [{"chance": number(0.5, "probability"), "shift": {"mood": number(-0.25, "latent")}}],
        }
    ]
    w = world(
        {"a": domain("x y", way("go", "x", "y", 3.0, bound=3.0, then=then)), "care": domain("off on")},
        events={"reported": text(), "noted": text()},
        latents={"mood": {"mean": 0.5}},
        size=n,
        years=1 / 12,
    )
    lived = w.run()
    moved = int(lived.count("a.y")[1])
    reported, noted = lived.events("reported").sum(), lived.events("noted").sum()
    care = int(lived.count("care.on")[1])
    assert distance(reported, moved, 0.3) < LIMIT
    assert distance(care, reported, 0.6) < LIMIT
    assert noted == reported - care
    jumped = lived.columns.slow[0] == LATENT_ONE // 4
    assert set(np.unique(lived.columns.slow[0])) == {LATENT_ONE // 4, LATENT_ONE // 2}
    assert distance(jumped.sum(), moved - reported, 0.5) < LIMIT


def test_several_moves_at_once_with_what_follows_from_them() -> None:
    """A consequence that sets two domains and has consequences of its own, which stand without a name."""
    n = 5000
    then = [{"set": {"b": "y", "c": "y"}, "then": [{"chance": number(0.3, "probability"), "event": "seen"}]}]
    w = world(
        {"a": domain("x y", way("go", "x", "y", 1.0, bound=1.5, then=then)), "b": domain("x y"), "c": domain("x y")},
        events={"seen": text()},
        size=n,
        years=1 / 12,
    )
    lived = w.run()
    moved = lived.count("a.y")[1]
    assert lived.count("b.y")[1] == lived.count("c.y")[1] == moved > 0
    assert distance(lived.events("seen").sum(), moved, 0.3) < LIMIT


def test_inflow_comes_in_evenly_and_lives_from_then_on() -> None:
    w = world(
        {"a": domain("x y", way("go", "x", "y", 0.1, bound=0.2))},
        size=100,
        years=2,
        people={"inflow": {"per_year": number(24_000, "persons/year"), "age": {"from": 12, "to": 13}}},
        age_bands=[18],
    )
    lived = w.run()
    joined = lived.stock.sum(axis=1)
    assert joined.tolist() == [2100 + 2000 * min(t, 23) for t in range(25)]
    young = snapshots(w.program, lived.ledger)[:, w.program.names.bands.index("<18"), 0]
    expected = 2000 * np.cumsum(np.exp(-0.1 * np.arange(24)))
    assert young[0] == 2000
    assert (np.abs(young[1:24] - expected[1:]) < LIMIT * np.sqrt(expected[1:])).all()
