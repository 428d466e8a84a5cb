"""Mechanisms and claims of the meta-analysis and the guide: whole, claimed, and cautious."""

from __future__ import annotations

from collections.abc import Iterator

from trajectsim.config.load import DATA
from trajectsim.config.reader import read_mapping
from trajectsim.evidence.mechanisms import load_mechanisms
from trajectsim.evidence.parameter import Parameter

FRAGMENT = read_mapping(DATA / "worlds" / "town" / "lpbl.yaml", "town/lpbl.yaml").data
ROWS = {id_: row for id_, row in load_mechanisms().items() if id_.startswith(("lpbl_m_", "hand_m_"))}
NULLS = {"hazard ratio": 1.0, "latent": 0.0, "latent per month": 0.0}


def numbers(content: object, path: str = "") -> Iterator[tuple[str, Parameter]]:
    """Yield every number that is written out, with its place."""
    if isinstance(content, dict) and "value" in content:
        yield path, Parameter.model_validate(content)
    elif isinstance(content, (dict, list)):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, inner in items:
            yield from numbers(inner, f"{path}.{key}")


def test_all_170_claims_are_accounted_for() -> None:
    assert len(ROWS) == 170
    assert len([row for row in ROWS.values() if row.status == "left_out"]) <= 7


def test_every_mechanism_is_claimed_by_a_row_of_its_documents() -> None:
    named = {ref for row in ROWS.values() for ref in row.where}
    assert [name for name in FRAGMENT["mechanisms"] if f"world.{name}" not in named] == []


def test_effects_leave_room_for_none() -> None:
    for path, number in numbers(FRAGMENT):
        if number.unit in NULLS:
            low, high = number.distribution.low, number.distribution.high
            assert low is not None and high is not None and low < NULLS[number.unit] < high, path


def test_what_comes_on_top_may_not_happen_at_all() -> None:
    """Exits that nobody counted have 0 in their range."""
    for path, number in numbers(FRAGMENT):
        if number.unit == "per month":
            assert number.distribution.low == 0, path


def test_claims_are_short_and_in_two_languages() -> None:
    for id_, row in ROWS.items():
        assert 10 < len(row.claim.nl) < 90 and 10 < len(row.claim.en) < 90, id_
        assert not row.claim.nl.endswith("."), id_
