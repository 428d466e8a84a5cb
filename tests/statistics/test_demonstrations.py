"""The six demonstrations show the direction they are about, by more than three standard errors; their scenarios run.

Luck is keyed, so the figures are the same every time. They show what follows from assumed numbers and validate nothing.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

from experiments.demonstrations.cases import CASES, Case, Size, scaling
from experiments.demonstrations.living import CONFIGS
from experiments.demonstrations.run import HERE
from trajectsim import api
from trajectsim.config.reader import read_mapping

MARGIN = 3.0
"""Least distance from no difference, in standard errors over replicates that share their luck."""

REPLICATES = {"thomas": 120, "thijn": 120, "bram_employer": 60, "overloaded_coach": 80, "one_budget": 40}

DIRECTIONS = [
    ("thomas", "months at home", -1),
    ("thomas", "months in work", +1),
    ("thomas", "employability after 6 months", +1),
    ("thomas", "employability after 12 months", +1),
    ("thijn", "months waiting", -1),
    ("thijn", "months at home", -1),
    ("thijn", "employability after 24 months", +1),
    ("thijn", "trust after 24 months", +1),
    ("bram_employer", "employers that take nobody", -1),
    ("bram_employer", "places at employers", +1),
    ("bram_employer", "youths who gave up waiting", -1),
    ("bram_employer", "months in a supported job", +1),
    ("overloaded_coach", "strength of the coaching", +1),
    ("overloaded_coach", "months in work", +1),
    ("overloaded_coach", "trust after 36 months", +1),
    ("one_budget", "months until a job is granted", -1),
    ("one_budget", "requests for a job refused", -1),
    ("one_budget", "requests for a job passed on", -1),
    ("one_budget", "months in work", +1),
    ("one_budget", "months in work, small pooled budget", +1),
    ("one_budget", "requests without money, small pooled budget", +1),
]


@cache
def lived(name: str) -> Case:
    return CASES[name](REPLICATES[name])


@cache
def sizes() -> dict[tuple[str, int], Size]:
    return {(row.limits, row.places): row for row in scaling(4, (20, 80, 200))}


@pytest.mark.parametrize(("name", "measure", "sign"), DIRECTIONS)
def test_direction(name: str, measure: str, sign: int) -> None:
    row = lived(name).rows[measure]
    assert sign * row.distance > MARGIN, row


def test_without_a_plan_the_level_at_leaving_school_is_back_later() -> None:
    notes = lived("thomas").notes
    assert notes["back at start, second"] < notes["back at start, first"]


def test_with_a_third_of_the_children_waiting_some_give_up() -> None:
    notes = lived("thijn").notes
    assert notes["share that waits, second"] < 0.1 < notes["share that waits, first"]
    assert notes["left the queue, first"] > 0


def test_a_small_pooled_budget_does_less_than_a_large_one() -> None:
    rows = lived("one_budget").rows
    assert rows["months in work, small pooled budget"].second < rows["months in work"].second


def test_without_limits_every_place_adds_as_much() -> None:
    few, many = sizes()["none", 20], sizes()["none", 200]
    assert many.per_place > 0.75 * few.per_place


def test_with_two_coaches_and_twelve_employers_the_next_place_adds_little() -> None:
    few, more, many = (sizes()["both", places] for places in (20, 80, 200))
    next_place = (many.months - more.months) / (many.places - more.places)
    assert next_place < 0.2 * few.per_place
    assert many.months < 2.5 * few.months


@pytest.mark.parametrize("limits", ["employers", "coaches"])
def test_either_limit_binds_by_itself(limits: str) -> None:
    for places in (80, 200):
        held, free = sizes()[limits, places], sizes()["none", places]
        assert free.months - held.months > MARGIN * (free.error**2 + held.error**2) ** 0.5


def test_coaching_thins_and_youths_wait_for_employers() -> None:
    few, many = sizes()["both", 20], sizes()["both", 200]
    assert many.strength < 0.5 * few.strength
    alone = sizes()["employers", 200]
    assert alone.waiting > 10
    assert alone.employers_filled <= alone.employer_places


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("coached_job", "coached_job_overloaded", {"name", "title", "team"}),
        ("job_planned", "job_from_18", {"name", "title", "eligible"}),
    ],
)
def test_two_files_of_a_pair_differ_in_one_thing(one: str, other: str, differ: set[str]) -> None:
    a, b = (read_mapping(CONFIGS / "parts" / f"{name}.yaml", name).data for name in (one, other))
    assert {key for key in a if a[key] != b[key]} == differ
    if "team" in differ:
        a["team"].pop("fte")
        b["team"].pop("fte")
        assert a["team"] == b["team"]


@pytest.mark.parametrize("name", [*CASES, "scaling"])
def test_scenario_passes_check_and_runs(name: str, tmp_path: Path) -> None:
    settings = {"draws": 1, "replicates": 2, "years": 1, **({"size": 40} if name == "scaling" else {})}
    study = api.run(api.load(CONFIGS / f"{name}.yaml", settings), tmp_path / name, workers=1)
    assert api.write_report(study).is_file()


def test_committed_table_holds_every_measure() -> None:
    with (HERE / "table.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["demonstration"], row["measure"]): row for row in csv.DictReader(file)}
    for name, measure, sign in DIRECTIONS:
        assert sign * float(rows[name, measure]["difference"]) > 0
