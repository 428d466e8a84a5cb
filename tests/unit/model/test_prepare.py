"""Prepared scenarios: shared while their files stay the same, made anew when one is written."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.model.conftest import PEOPLE, write_world
from trajectsim.config.scenario import load_scenario
from trajectsim.errors import UserError
from trajectsim.model import prepare as module
from trajectsim.model.prepare import checked, prepare


def test_models_share_what_is_prepared(small: Path) -> None:
    first = prepare(small)
    assert prepare(str(small)) is first
    loaded = load_scenario(small)
    assert prepare(loaded) is not first
    assert prepare(loaded) is prepare(loaded)


def test_a_file_that_is_written_again_is_read_again(world, tmp_path: Path) -> None:
    file = world()
    first = prepare(file)
    write_world(tmp_path, people={"size": 7})
    assert first.scenario.population.size == PEOPLE["size"]
    assert prepare(file).scenario.population.size == 7


def test_few_are_kept(tmp_path: Path) -> None:
    for k in range(module.MOST_KEPT + 2):
        (tmp_path / str(k)).mkdir()
        prepare(write_world(tmp_path / str(k)))
    assert len(module._KEPT) == module.MOST_KEPT


def test_rows_of_draws(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = prepare(small)
    central, register = prepared.row(-1, 5), prepared.register
    assert np.array_equal(central, register.central)
    assert np.array_equal(prepared.row(2, 5), register.draws(np.array([2]))[0])
    monkeypatch.setattr(module, "MOST_DRAWS", 2)
    for k in range(5):
        prepared.row(k, 5)
    assert len(prepared.rows) <= 2


def test_mistakes_are_told(world) -> None:
    file = world(people={"initial": {**PEOPLE["initial"], "activty": PEOPLE["initial"]["activity"]}})
    for refuse in (prepare, checked, lambda f: prepare(load_scenario(f))):
        with pytest.raises(UserError, match="activty"):
            refuse(file)


def test_what_is_packaged() -> None:
    prepared = prepare(None)
    arms = {arm.name: arm.interventions for arm in prepared.scenario.spec.arms}
    assert arms["usual_care"] == []
    assert arms["supported_job"] == ["supported_job"]
    assert prepare(None) is prepared
