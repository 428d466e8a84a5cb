"""The claims of the sources: whole rows, references that lead somewhere, levers that can be pulled."""

from __future__ import annotations

from pathlib import Path

import pytest

from trajectsim.config.load import load_sources, read_kind
from trajectsim.config.overlay import BUILT_IN
from trajectsim.config.overrides import set_number
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.config.schema import Use
from trajectsim.engine.compiler import compile_scenario
from trajectsim.engine.shared import KEPT
from trajectsim.evidence.mechanisms import ClaimRow, load_mechanisms
from trajectsim.evidence.paths import scenario_parameters
from trajectsim.evidence.register import build_register

TOWN = Path(__file__).parents[3] / "configs" / "town.yaml"
ROWS = load_mechanisms()


@pytest.fixture(scope="module")
def town() -> Scenario:
    return load_scenario(TOWN)


@pytest.fixture(scope="module")
def switches(town: Scenario) -> set[str]:
    assert town.spec.world is not None
    return set(read_kind("world", town.spec.world, TOWN.parent).spec.mechanisms)


@pytest.fixture(scope="module")
def paths(town: Scenario) -> dict[str, float | None]:
    """Every path of the register with its central value, and every reference (which has none of its own)."""
    found = {item.path: getattr(item.item, "value", None) for item in scenario_parameters(town)}
    return {**{item.path: None for item in scenario_parameters(town, (Use,))}, **found}


def test_every_row_of_the_action_research_is_there() -> None:
    assert len([id_ for id_ in ROWS if id_.startswith("m_")]) == 165


@pytest.mark.parametrize("id_", ROWS)
def test_rows_name_a_source_and_merge_into_a_row_that_stands_for_itself(id_: str) -> None:
    row = ROWS[id_]
    assert row.source in load_sources()
    assert row.claim.nl != row.claim.en
    if row.into is not None:
        assert ROWS[row.into].status == "implemented"


def test_references_lead_somewhere(town: Scenario, switches: set[str], paths: dict[str, float | None]) -> None:
    beginnings = {path[:n] for path in paths for n, letter in enumerate(path) if letter == "."}
    exits = {f"model.{domain}.{way.name}" for domain, item in town.model.domains.items() for way in item.exits}
    known = {
        *(f"world.{name}" for name in switches),
        *(f"switch.{name}" for name in BUILT_IN),
        *(f"constraint.{rule.name}" for rule in town.model.constraints),
        *exits, *beginnings, *paths,
    }  # fmt: skip
    assert [f"{id_}: {ref}" for id_, row in ROWS.items() for ref in row.where if ref not in known] == []


def test_every_mechanism_of_the_town_is_claimed_by_a_row(switches: set[str]) -> None:
    named = {part for row in ROWS.values() for ref in row.where for part in [ref.removeprefix("world.")]}
    assert switches - named == set()


def test_levers_switch_off_what_there_is(switches: set[str]) -> None:
    off = {id_: row.lever.off for id_, row in ROWS.items() if row.lever is not None and row.lever.off is not None}
    assert {id_: name for id_, name in off.items() if name not in switches and name not in BUILT_IN} == {}


def test_levers_change_a_number_that_there_is(town: Scenario, paths: dict[str, float | None]) -> None:
    for id_, row in ROWS.items():
        for path, value in row.lever.set.items() if row.lever is not None else ():
            assert paths.get(path) is not None, f"{id_}: {path}"
            assert paths[path] != value, f"{id_}: {path}"
            set_number(town, path, value, ("", None))


def test_outcomes_are_counted(town: Scenario) -> None:
    program = compile_scenario(town, build_register(town))
    names = program.names
    assert program.town is not None
    states = set(names.states)
    kinds = {
        "months": {f"months.{domain}.{state}" for domain, state in (name.split(".", 1) for name in states)},
        "events": {f"events.{name}" for name in town.model.events},
        "moves": {f"moves.{name.split('.', 1)[1]}" for name in names.reasons if name.count(".") == 1},
        "latent": {f"latent.{name}" for name in town.model.latents},
        "queue": {
            *(name for name in names.reasons if name.startswith("queue.")),
            *(f"queue.{name}.{key}" for name in program.town.names for key in KEPT),
        },
    }  # fmt: skip
    wrong = [
        f"{id_}: {row.outcome}"
        for id_, row in ROWS.items()
        if row.outcome is not None and row.outcome not in kinds[row.outcome.split(".")[0]]
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "change",
    [
        {"into": "m_x"},
        {"status": "left_out"},
        {"why": "a reason"},
        {"where": []},
        {"where": ["somewhere"]},
        {"lever": {"off": "a", "set": {"b": 1}}},
        {"outcome": "happiness"},
    ],
)
def test_a_row_in_halves_is_refused(change: dict[str, object]) -> None:
    row = {
        "claim": {"nl": "x", "en": "y"}, "source": "assumption", "locator": "p", "status": "implemented",
        "where": ["world.peers"], "lever": {"off": "peers"}, "outcome": "latent.pull",
    }  # fmt: skip
    assert ClaimRow.model_validate(row).into is None
    with pytest.raises(ValueError):
        ClaimRow.model_validate({**row, **change})
