"""Friends and households of the packaged town: cautious, with known sources, and the sums in the notes hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import trajectsim
from trajectsim.config.load import load_sources
from trajectsim.config.world import WorldSpec
from trajectsim.engine.friends import summary
from trajectsim.engine.luck import run_key, uniforms, youth_keys
from trajectsim.engine.network import ANYBODY, LayerSpec, build_network
from trajectsim.evidence.parameter import Parameter

FILE = Path(trajectsim.__file__).parent / "data" / "worlds" / "town" / "peers.yaml"
HEAD = {"name": "peers", "title": {"nl": "vrienden", "en": "friends"}}
WORLD = WorldSpec.model_validate({**HEAD, **YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))})
NETWORK, HOMES = WORLD.mechanisms["peers"].network, WORLD.mechanisms["households"].households
assert NETWORK is not None and HOMES is not None


def the(number: Any) -> Parameter:
    found = number if isinstance(number, Parameter) else WORLD.parameters[number.use]
    assert isinstance(found, Parameter)
    return found


def effects() -> Iterator[tuple[str, Parameter, float]]:
    """Every effect of friends and households, and the value at which it does nothing."""
    for path, numbers in WORLD.mechanisms["peers"].effects.items():
        yield from ((f"{path} {name}", the(number), 1.0) for name, number in numbers.items())
    assert HOMES is not None
    for kind in (HOMES.overload, HOMES.shared):
        yield from ((f"households {name}", the(number), 0.0) for name, number in kind.items())


@pytest.mark.parametrize(("name", "number", "null"), list(effects()))
def test_no_effect_lies_inside_every_range(name: str, number: Parameter, null: float) -> None:
    spread = number.distribution
    assert spread is not None and spread.low is not None and spread.high is not None
    assert spread.low <= null <= spread.high


def test_one_friend_of_six_more_raises_offending_by_a_tenth() -> None:
    assert the(WORLD.parameters["offend_with_friends"]).value ** (1 / 6) == pytest.approx(1.10, abs=0.001)


def test_the_layers_give_six_friends_of_whom_one_pair_in_nine_know_each_other() -> None:
    assert NETWORK is not None
    keys = youth_keys(run_key(1, -1, 0), np.arange(30_000, dtype=np.int64))
    shares = {"risk_neighbourhood": 0.20, "special_school": 0.45}  # of the wider population
    groups = [(uniforms(keys, 0, name) < share).astype(np.int32) for name, share in shares.items()]
    layers = [
        LayerSpec(
            list(shares).index(layer.within[0]) if layer.within else ANYBODY,
            the(layer.degree).value,
            the(layer.clustering).value if layer.clustering else 0.0,
        )
        for layer in NETWORK.layers
    ]
    found = summary(build_network(keys, groups, layers), groups)
    assert found.degree == pytest.approx(6, abs=0.02)
    assert found.clustering == pytest.approx(1 / 9, abs=0.01)


def test_everything_has_a_known_source() -> None:
    known = load_sources()
    assert NETWORK is not None and HOMES is not None
    numbers = [*WORLD.parameters.values(), NETWORK.inside, HOMES.share, HOMES.at_home, HOMES.threshold]
    numbers += [layer.degree for layer in NETWORK.layers] + [signal.usual for signal in NETWORK.signals.values()]
    for number in numbers:
        assert the(number).source in known
        assert the(number).grade != "D" or the(number).note
