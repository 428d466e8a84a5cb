"""The sums of a scaling curve, by closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectsim.analysis.binding import binding, ranked
from trajectsim.analysis.run_sizes import share_of_added_filled, size_to_explain
from trajectsim.analysis.scaleup import best_size, next_place, per_unit, staircase, stats
from trajectsim.config.sizes import MOST_SIZES

SIZES = st.lists(st.integers(1, 2000), min_size=1, max_size=MOST_SIZES, unique=True).map(sorted)


def test_statistics_of_known_numbers() -> None:
    found = stats(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found["mean"] == found["p50"] == 2.5
    assert found["error"] == pytest.approx(np.sqrt(5 / 3) / 2)
    assert stats(np.array([7.0]))["error"] is None


@given(SIZES, st.floats(-1e5, 1e5), st.floats(0.1, 50))
def test_without_scarcity_a_place_is_worth_the_same_at_every_size(sizes: list[int], worth: float, years: float) -> None:
    """Where n places bring n times what one brings, net benefit per place is flat and so is the next place."""
    net = np.outer(sizes, [worth, worth])
    for n, row in zip(sizes, net, strict=True):
        assert per_unit(row, np.full(2, n * years))["mean"] == pytest.approx(worth / years, abs=1e-6)
    assert all(added == pytest.approx(worth, abs=1e-5) for added in next_place(net, sizes))


def test_a_ratio_is_a_mean_over_a_mean_and_nothing_over_nothing_is_null() -> None:
    found = per_unit(np.array([10.0, 30.0]), np.array([1.0, 9.0]))
    low, high = 30 / 9, 10.0
    assert found["mean"] == 4.0 and found["p05"] == pytest.approx(low + 0.05 * (high - low))
    assert per_unit(np.array([10.0, 0.0]), np.array([2.0, 0.0]))["p50"] == 5.0
    assert set(per_unit(np.zeros(3), np.zeros(3)).values()) == {None}


def test_the_error_of_a_ratio_is_nil_where_all_draws_have_the_same_ratio() -> None:
    units = np.array([1.0, 5.0, 20.0])
    assert per_unit(3 * units, units)["error"] == pytest.approx(0.0, abs=1e-12)


def test_the_next_places_add_up_to_the_whole() -> None:
    net = np.array([[10.0, 20.0], [50.0, 40.0], [45.0, 80.0]])
    added = next_place(net, [5, 10, 30])
    assert added[0].tolist() == [2.0, 4.0] and added[2].tolist() == [-0.25, 2.0]
    assert sum(a * n for a, n in zip(added, [5, 5, 20], strict=True)).tolist() == net[-1].tolist()


def test_the_best_number_with_its_uncertainty() -> None:
    net = np.array([[10.0, 20.0, 10.0, 10.0], [30.0, 30.0, -10.0, 30.0], [20.0, 20.0, 5.0, 20.0]])
    found = best_size(net, [5, 10, 20])
    assert found["places"] == 10 and found["net_benefit"]["mean"] == 20.0
    assert found["chance"] == {"0": 0.0, "5": 0.25, "10": 0.75, "20": 0.0}
    assert found["expected_loss"] == pytest.approx((30 + 30 + 10 + 30) / 4 - 20)
    assert (found["first_that_pays"], found["at_the_edge"], found["p05"], found["p95"]) == (5, False, 5, 10)
    assert found["chance_of_gain"] == 0.75


def test_where_nothing_pays_doing_nothing_is_best() -> None:
    found = best_size(np.array([[-1.0, -2.0], [-3.0, -1.0]]), [5, 10])
    assert (found["places"], found["enough"], found["first_that_pays"]) == (0, 0, None)
    assert found["net_benefit"]["mean"] == 0.0 and found["expected_loss"] == 0.0


def test_enough_is_the_first_size_that_no_larger_one_surely_beats() -> None:
    luck = np.random.default_rng(4).normal(size=200)
    flat = best_size(np.array([50 + 0.1 * luck, 100 + 0.1 * luck, 100.01 + 5 * luck]), [5, 10, 20])
    assert flat["enough"] == 10, "a hundredth more with much noise is no more"
    rising = best_size(np.array([50 + 0.1 * luck, 100 + 0.1 * luck, 150 + 0.1 * luck]), [5, 10, 20])
    assert rising["enough"] == rising["places"] == 20 and rising["at_the_edge"]


@given(SIZES, st.integers(1, 2000))
def test_a_plan_ends_at_its_target_and_never_more_than_doubles(sizes: list[int], target: int) -> None:
    plan = staircase(sizes, target)
    assert plan[-1] == target
    assert all(a < b <= 2 * a for a, b in pairwise(plan))
    assert staircase(sizes, 0) == []


def test_a_plan_stops_at_every_listed_size() -> None:
    assert staircase([5, 10, 40], 40) == [5, 10, 20, 40]
    assert staircase([5, 6, 7], 7) == [5, 6, 7]
    assert staircase([50], 20) == [20]


# --- what binds -------------------------------------------------------------------------------------------------------


def limit(mean: float, error: float | None) -> dict[str, dict[str, float | None]]:
    return {"net_benefit": {"mean": mean, "error": error}}


def test_limits_in_order_of_what_surely_comes_back() -> None:
    found = {"coaches": limit(10, 2), "employer": limit(50, 30), "care": limit(20, 1), "school": limit(-5, 1),
             "all": limit(99, 1), "money": limit(0, 0), "one draw": limit(70, None)}  # fmt: skip
    assert ranked(found) == ["care", "coaches"]


def test_what_comes_back_is_the_difference_of_two_differences(make_study) -> None:  # type: ignore[no-untyped-def]
    study = make_study(("null", "job", "job_enough", "null_enough"), draws=6, replicates=2)
    pairs = {"as_it_is": ("null", "job"), "coaches": ("null", "job_enough"), "employer": ("null_enough", "job_enough")}
    found = binding(study, pairs, 40, 0.9)
    costs = study.table("costs").groupby("arm", observed=True)["discounted"].sum() / (100 * 2 * 6)
    assert found["net_benefit"]["mean"] == pytest.approx(-(costs["job"] - costs["null"]))
    back = found["limits"]
    assert back["coaches"]["net_benefit"]["mean"] == pytest.approx(-(costs["job_enough"] - costs["job"]))
    expected = -(costs["job_enough"] - costs["null_enough"]) + (costs["job"] - costs["null"])
    assert back["employer"]["net_benefit"]["mean"] == pytest.approx(expected)
    assert back["coaches"]["work_years"]["mean"] == pytest.approx(12 / 12)
    assert binding(study, pairs, 40, 0.2)["binds"] == "youths"


def test_the_size_to_explain_is_the_first_beyond_the_last_that_pays() -> None:
    sizes = [{"places": n, "filled": {"most_at_once": {"mean": m}}} for n, m in ((5, 5.0), (10, 9.0), (40, 12.0))]
    assert size_to_explain({"next_place_stops": 5, "sizes": sizes}) == 10
    assert size_to_explain({"next_place_stops": 40, "sizes": sizes}) == 40
    assert size_to_explain({"next_place_stops": 0, "sizes": sizes}) == 40
    assert [share_of_added_filled(sizes, n) for n in (5, 10, 40)] == [1.0, 0.8, 0.1]
    assert share_of_added_filled(sizes, 7) is None
