"""A scenario kept as data is the scenario, whatever it holds."""

import json
from dataclasses import fields

import pytest

from tests.helpers import ROOT
from trajectsim.config.scenario import content_hash, load_scenario
from trajectsim.errors import UserError
from trajectsim.study.frozen import freeze, thaw


@pytest.mark.parametrize("name", ["nijkerk", "town"])
def test_there_and_back(name: str) -> None:
    scenario = load_scenario(ROOT / "configs" / f"{name}.yaml", {"draws": "77"})
    back = thaw(json.loads(json.dumps(freeze(scenario))), content_hash(scenario))
    assert content_hash(back) == content_hash(scenario)
    for field in fields(scenario):
        if field.name not in ("documents", "provenance", "path", "spec"):
            assert getattr(back, field.name) == getattr(scenario, field.name), field.name
    assert back.spec == scenario.spec.model_copy(update={"draws": 1})
    assert freeze(back) == freeze(scenario)


def test_nothing_of_the_machine_is_kept() -> None:
    text = json.dumps(freeze(load_scenario(ROOT / "configs" / "nijkerk.yaml")))
    assert str(ROOT) not in text


def test_what_has_changed_is_refused() -> None:
    scenario = load_scenario(ROOT / "configs" / "nijkerk.yaml")
    frozen = freeze(scenario)
    changed = {**frozen, "spec": {**frozen["spec"], "years": 3}}
    with pytest.raises(UserError, match="not the one that was run"):
        thaw(changed, content_hash(scenario))
    with pytest.raises(UserError, match="cannot be read"):
        thaw({**frozen, "population": {}})
