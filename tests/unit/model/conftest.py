"""A small world in files: three domains, somebody who can die, people who join, a programme and two presets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import domain, number, starts, text, way

MODEL: dict[str, Any] = {
    "name": "small",
    "domains": {
        "activity": domain(
            "school at_home job",
            way("drop_out", "school", "at_home", 0.08, effects={"lvb": number(1.5, "hazard ratio")}),
            way("find_job", "at_home", "job", 0.06),
            way("lose_job", "job", "at_home", 0.05),
            way("offend", "at_home", None, 0.1, event="offence"),
        ),
        "care": domain("off on", way("begin", "off", "on", 0.05), way("end", "on", "off", 0.1)),
        "vital": domain("present died", way("die", "present", "died", 0.02, stage=1), gone=["died"]),
    },
    "traits": {"lvb": {"title": text()}, "support": {"kind": "number", "title": text()}},
    "latents": {"trust": {"mean": 0.5, "sd": 0.1, "drift": {"activity.at_home": number(-0.01, "latent per month")}}},
    "events": {"offence": text("offence")},
    "age_bands": [18],
}
PEOPLE: dict[str, Any] = {
    "name": "people",
    "title": text(),
    "size": 30,
    "ages": {"from": 16, "to": 20},
    "traits": {
        "lvb": {"share": number(0.4, "share")},
        "support": {"mean": number(0.0, "number"), "sd": number(1.0, "number")},
    },
    "initial": {"activity": starts(school=0.5, at_home=0.5), "care": starts(off=1.0), "vital": starts(present=1.0)},
    "presets": {
        name: {"title": name, "age": 17, "traits": {"lvb": 1}, "states": {"activity": "at_home"}, **given}
        for name, given in {
            "kim": {"months_in": {"activity": 5}, "latents": {"trust": 0.25}, "source": "a test", "locator": "-"},
            "sam": {"source": "a test", "locator": "-"},
        }.items()
    },
}
COACH: dict[str, Any] = {
    "name": "coach",
    "title": text(),
    "eligible": {"states": {"activity": "at_home"}},
    "places": number(20, "places"),
    "uptake": number(0.3),
    "duration": number(6, "months"),
    "dropout": number(0.02),
    "effects": [{"exit": "activity.find_job", "while": ["enrolled"], "ratio": number(1.4, "hazard ratio")}],
}
SCENARIO: dict[str, Any] = {
    "name": "small",
    "title": text(),
    "model": "model.yaml",
    "population": "people.yaml",
    "years": 2,
    "arms": [{"name": "usual_care"}, {"name": "coached", "interventions": ["coach.yaml"]}],
    "draws": 3,
    "replicates": 1,
    "seed": 5,
}


def write_world(folder: Path, **changes: dict[str, Any]) -> Path:
    """Write the small world, with changes by file (`scenario={"size": 5}`), and return the scenario's file."""
    parts = {"model": MODEL, "people": PEOPLE, "coach": COACH, "scenario": SCENARIO}
    for name, content in parts.items():
        whole = {**content, **changes.get(name, {})}
        (folder / f"{name}.yaml").write_text(json.dumps(whole, indent=1), encoding="utf-8")  # JSON is YAML
    return folder / "scenario.yaml"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world's scenario file."""
    return write_world(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def joining(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world with ten new youths a year."""
    inflow = {"per_year": number(10, "persons/year"), "age": {"from": 16, "to": 17}}
    return write_world(tmp_path_factory.mktemp("joining"), people={"inflow": inflow})


@pytest.fixture
def world(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small world with changes."""
    return lambda **changes: write_world(tmp_path, **changes)
