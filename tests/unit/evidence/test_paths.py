"""Every number of a scenario has one path, the same wherever it is named."""

import pytest

from trajectsim.config.load import load_sources
from trajectsim.config.scenario import packaged_scenario
from trajectsim.errors import UserError
from trajectsim.evidence.describe import chosen, records, unused
from trajectsim.evidence.parameter import Dirichlet
from trajectsim.evidence.paths import scenario_parameters
from trajectsim.evidence.register import build_register


def test_paths_are_those_that_are_drawn() -> None:
    scenario = packaged_scenario()
    paths = set()
    for found in scenario_parameters(scenario):
        states = found.item.shares if isinstance(found.item, Dirichlet) else ()
        paths |= {f"{found.path}.{state}" for state in states} or {found.path}
    assert paths == set(build_register(scenario).paths)


def test_every_packaged_number_has_a_source_and_a_place() -> None:
    scenario = packaged_scenario()
    found = records(scenario, load_sources())
    assert len({record.path for record in found}) == len(found)
    for record in found:
        assert record.title != record.source, record.path
        assert record.file.startswith("trajectsim/data/") and record.line, record.path
        assert record.locator and record.grade in "ABCD"


def test_no_packaged_parameter_is_declared_in_vain() -> None:
    assert unused(packaged_scenario()) == []


def test_part_of_a_path_gives_everything_below_it() -> None:
    found = records(packaged_scenario(), load_sources())
    below = chosen(found, "interventions.supported_job")
    assert below and all(record.path.startswith("interventions.supported_job.") for record in below)
    assert chosen(found, None) == found
    with pytest.raises(UserError, match=r"did you mean 'interventions\.supported_job'"):
        chosen(found, "interventions.suported_job")
