"""Groups by what youths were at the start: means made by hand, small cells hidden, euros that agree with the costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.hand_study import COUNTS, DRAWS, YOUTHS, hand_study, number, prices
from trajectsim.analysis.outcomes import load_outcomes, outcomes_of
from trajectsim.analysis.quantities import quantities_of
from trajectsim.analysis.subgroups import euros_of_youths, groups_of, subgroups
from trajectsim.analysis.tables import design_of, sums

Make = Callable[..., Any]
N = 12
COLUMNS = ["arm", "draw", "replicate", "youth", "year", "domain", "state", "months"]


def followed(study: Any, draws: int) -> None:
    """Twelve youths in each draw: even ones work 6 months a year, and 9 with the job; odd ones 3, and 3 with it."""
    rows, people = [], []
    for d in range(draws):
        for y in range(N):
            odd = y % 2
            for a, arm in enumerate(("usual_care", "job")):
                months = 3 if odd else 6 + 3 * a
                rows += [(arm, d, 0, y, year, "activity", "regular_work", months) for year in range(3)]
            traits = {"age": 16.5 + odd, "lvb": float(odd), "rare": float(y == 0), "burden": y / N, "income": 5.0 * y}
            people += [(d, 0, y, trait, value) for trait, value in traits.items()]
    study.tables["youth_years"] = pd.DataFrame(rows, columns=COLUMNS)
    study.tables["youths"] = pd.DataFrame(people, columns=["draw", "replicate", "youth", "trait", "value"])
    study.manifest["names"]["latents"] = ["burden"]


@pytest.fixture(scope="module")
def tree(make_study: Make) -> dict[str, Any]:
    study = make_study(draws=10, replicates=2)
    followed(study, 10)
    return subgroups(study, design_of(study), load_outcomes())


def test_means_quantiles_and_differences_by_group(tree: dict[str, Any]) -> None:
    rows = tree["outcomes"]["regular_work"]["rows"]
    assert rows["all.all"]["difference"]["job"]["mean"] == pytest.approx(1.5)
    assert rows["lvb.no"]["arms"]["usual_care"]["mean"] == pytest.approx(6)
    assert rows["lvb.no"]["arms"]["job"]["p90"] == pytest.approx(9)
    assert rows["lvb.no"]["difference"]["job"] == pytest.approx({"mean": 3, "error": 0, "relative": 2})
    assert rows["lvb.yes"]["difference"]["job"] == pytest.approx({"mean": 0, "error": 0, "relative": 0})


def test_groups_cover_everybody_once(tree: dict[str, Any]) -> None:
    labels = {(group["by"], group["label"]) for group in tree["groups"]}
    assert {by for by, _ in labels} == {"all", "lvb", "rare", "burden"}  # all are 16 or 17; an income is no flag
    youths = [(d, y) for d in range(3) for y in range(8)]
    both = [(d, y, trait, v) for d, y in youths for trait, v in (("age", 10 + 2 * y), ("burden", y / 8))]
    people = pd.DataFrame(both, columns=["draw", "youth", "trait", "value"])
    groups = groups_of(people, (0, 1, 2), 8, ["burden"])
    for by in ("age", "burden"):
        assert (sum(group.who.astype(int) for group in groups if group.by == by) == 1).all()
    assert [g.label for g in groups if g.by == "age"] == ["<12", "12-15", "16-17", "18-20", "21-22", "23+"]


def test_small_cells_are_hidden_with_their_size(tree: dict[str, Any]) -> None:
    rare = next(group for group in tree["groups"] if (group["by"], group["label"]) == ("rare", "yes"))
    assert rare == {"by": "rare", "label": "yes", "shown": False, "youths_per_run": None}
    for table in tree["outcomes"].values():
        assert "rare.yes" not in table["rows"]
    assert not any(record["by"] == "burden" for record in tree["equity"]["regular_work"])  # thirds of four youths


def test_equity_is_the_gap_between_groups_in_each_world(tree: dict[str, Any]) -> None:
    [lvb] = [record for record in tree["equity"]["regular_work"] if record["by"] == "lvb"]
    assert (lvb["lowest"], lvb["highest"]) == ("yes", "no")
    assert lvb["arms"]["usual_care"]["gap"] == pytest.approx(3) and lvb["arms"]["job"]["gap"] == pytest.approx(6)
    assert lvb["arms"]["job"]["narrows"] is False


def test_nothing_without_the_tables(make_study: Make) -> None:
    study = make_study(draws=10, replicates=2)
    assert subgroups(study, design_of(study), load_outcomes()) == {}


def test_error_of_a_difference_is_that_of_a_mean_over_draws(make_study: Make) -> None:
    """With groups of equal size in every draw it is the standard deviation of the draws' means over sqrt(D)."""
    study = make_study(draws=10, replicates=2)
    followed(study, 10)
    frame, luck = study.tables["youth_years"], np.random.default_rng(4)
    extra = luck.integers(0, 3, 10)
    frame["months"] += np.where(frame["arm"] == "job", extra[frame["draw"]], 0)
    rows = subgroups(study, design_of(study), load_outcomes())["outcomes"]["regular_work"]["rows"]
    assert rows["lvb.no"]["difference"]["job"]["error"] == pytest.approx(extra.std(ddof=1) / np.sqrt(10))


def test_euros_by_youth_add_up_to_the_costs_that_are_covered() -> None:
    """The hand study's months, dealt out over its youths: state, event and hour lines of the municipality."""
    study = hand_study(0.02)
    study.tables["youth_years"] = _dealt_out()
    design, found = design_of(study), quantities_of(study)
    frame = sums(study, "youth_years", COLUMNS[:-1], ["months"])
    frame["name"] = frame["domain"] + "." + frame["state"]
    euros, covered = euros_of_youths(frame, study.table("youths"), design, found, YOUTHS)
    costs = study.table("costs")
    own = costs["payer"].str.startswith("municipality_") & costs["line"].isin(["care", "benefit", "desk", "job.coach"])
    table = costs[own].groupby(["arm", "draw"])["discounted"].sum() / 100
    for a, arm in enumerate(design.arms):
        for d in design.draws:
            assert euros[a, d].sum() == pytest.approx(table[arm, d], abs=0.2)
    # by size: 36,000 + 28,800 + 1,920 + 36,000 of 9,000 more for start and office
    assert covered == pytest.approx(102_720 / 111_720)
    tree = subgroups(study, design, outcomes_of(study.manifest), found)
    assert tree["municipality"]["covered"] == pytest.approx(covered)
    assert tree["municipality"]["rows"] == {}  # twenty youths in all: nothing is shown


def _dealt_out() -> pd.DataFrame:
    """Return the hand study's months, dealt out over its youths."""
    rows = []
    for arm, counts in COUNTS.items():
        for draw in range(DRAWS):
            for name, years in counts.items():
                domain, _, state = name.partition(".")
                for year, n in enumerate(years if state else ()):
                    n += 2 * draw if name == "care.on" else 0
                    share = np.bincount(np.arange(int(n)) % YOUTHS, minlength=YOUTHS)
                    rows += [(arm, draw, 0, y, year, domain, state, int(m)) for y, m in enumerate(share) if m]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_each_line_has_its_own_discount_rate() -> None:
    """Care at the high rate, the rest at the standard one: euros by youth add up to the present values of the lines."""
    book = prices(0.02)
    book["discounting"]["high"] = number(0.20, "per year")
    book["lines"]["care"]["discount"] = "high"
    study = hand_study(book=book)
    frame = _dealt_out().assign(name=lambda f: f["domain"] + "." + f["state"])
    design = design_of(study)
    euros, _ = euros_of_youths(frame, study.table("youths"), design, quantities_of(study), YOUTHS)
    costs = study.table("costs")
    own = costs["payer"].str.startswith("municipality_") & costs["line"].isin(["care", "benefit", "desk", "job.coach"])
    table = costs[own].groupby(["arm", "draw"])["discounted"].sum() / 100
    for a, arm in enumerate(design.arms):
        assert euros[a].sum(axis=1) == pytest.approx([table[arm, d] for d in design.draws], abs=0.2)


def test_a_state_that_the_table_leaves_out_is_no_nought() -> None:
    """A run keeps no row of `work.none`, the first state of its domain: lines uncovered, outcome unknown."""
    study = hand_study(0.0)
    whole = _dealt_out()
    study.tables["youth_years"] = whole[(whole["domain"] == "care") | ~whole["state"].isin(["none", "outside"])]
    design, found = design_of(study), quantities_of(study)
    tree = subgroups(study, design, outcomes_of(study.manifest), found)
    assert "work.none" not in tree["outcomes"] and "work.job" in tree["outcomes"]
    assert tree["municipality"]["covered"] == pytest.approx((36_000 + 36_000) / 111_720)  # care and the coach
