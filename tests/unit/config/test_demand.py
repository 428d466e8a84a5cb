"""How much of a world's places others ask for, told before anything runs."""

from typing import Any

import pytest

from trajectsim.config.demand import demands, tightness


def test_places_and_what_others_ask_for(village: Any) -> None:
    (jobs,) = demands(village.load())
    assert (jobs.name, jobs.title.en, jobs.places, jobs.others, jobs.load) == ("jobs", "jobs", 20, 10, 0.5)


def test_units_of_time_and_more_towns(village: Any) -> None:
    village.change("world.yaml", "arrivals: {value: 0.5, unit: per month", "arrivals: {value: 6, unit: per year")
    village.change("world.yaml", "stay: {value: 20, unit: months", "stay: {value: 2, unit: years")
    (jobs,) = demands(village.load(scale="2"))
    assert (jobs.places, jobs.others) == (40, pytest.approx(24))


def test_no_world_no_places_and_nobody_else(files: Any) -> None:
    assert demands(files.load()) == []
    files.change("scenario.yaml", "prices: prices.yaml", "prices: prices.yaml\nworld: world.yaml")
    assert demands(files.load(off="[employers]")) == []
    files.change("world.yaml", "capacity: {value: 4", "capacity: {value: 0")
    assert demands(files.load())[0].load == float("inf")


@pytest.mark.parametrize(
    ("load", "word"), [(0.0, "ample"), (0.69, "ample"), (0.7, "tight"), (0.9, "very_tight"), (1.0, "short")]
)
def test_a_load_in_a_word(load: float, word: str) -> None:
    assert tightness(load) == word
