"""Mechanisms of the action research in the town: cautious, claimed, and on an average youth about neutral."""

from __future__ import annotations

from collections.abc import Iterator

from trajectsim.config.load import DATA, load_model
from trajectsim.config.reader import read_mapping
from trajectsim.evidence.mechanisms import load_mechanisms
from trajectsim.evidence.parameter import Parameter

FRAGMENT = read_mapping(DATA / "worlds" / "town" / "ipw.yaml", "town/ipw.yaml").data
NULLS = {"hazard ratio": 1.0, "latent": 0.0, "latent per month": 0.0}


def numbers(content: object, path: str = "") -> Iterator[tuple[str, Parameter]]:
    """Yield every number that is written out, with its place."""
    if isinstance(content, dict) and "value" in content:
        yield path, Parameter.model_validate(content)
    elif isinstance(content, (dict, list)):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, inner in items:
            yield from numbers(inner, f"{path}.{key}")


def test_every_mechanism_is_claimed_by_a_row_of_its_documents() -> None:
    named = {ref for id_, row in load_mechanisms().items() if id_.startswith("m_") for ref in row.where}
    lived = {ref.removeprefix("model.").split(".")[0] for ref in named}
    unclaimed = [
        name
        for name, item in FRAGMENT["mechanisms"].items()
        if f"world.{name}" not in named and not lived & set(item.get("domains", {}))
    ]
    assert unclaimed == []


def test_nothing_was_measured_and_everything_may_be_nil() -> None:
    for path, number in numbers(FRAGMENT):
        low, high = number.distribution.low, number.distribution.high
        if number.unit in NULLS:
            assert low is not None and high is not None and low < NULLS[number.unit] < high, path
        assert number.grade == "D" and number.note, path


def test_what_comes_on_top_may_not_happen_at_all() -> None:
    for name, item in FRAGMENT["mechanisms"].items():
        for path, number in numbers(item.get("exits", {}), name):
            if path.endswith(".base"):
                assert number.distribution.low == 0, path


def test_domains_are_new() -> None:
    known = set(load_model("youth").domains)
    assert not known & {domain for item in FRAGMENT["mechanisms"].values() for domain in item.get("domains", {})}
