"""Forty youths of every place: as when they were last looked at. How to renew the counts is written in `places.py`."""

import pytest

from tests.golden.places import FILE, golden_text
from trajectsim.config.load import packaged_names


@pytest.fixture(scope="module")
def here() -> str:
    return golden_text()


def test_counts_are_what_they_were(here: str) -> None:
    assert here == FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("place", packaged_names("place"))
def test_in_every_place_the_approach_finds_youths(here: str, place: str) -> None:
    """A golden test of an approach in which nobody takes part would hold nothing."""
    usual, approach = (part.split("\n\n")[0] for part in here.split(f"# {place}, ")[1:])
    assert ".enrolled: " not in usual
    assert ".enrolled: " in approach
    assert usual.partition("\n")[2] != approach.partition("\n")[2]
