"""The whole catalogue: every packaged intervention fits the town, finds youths, and does nothing when emptied."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.helpers import ROOT, World, as_bytes, compiled_world
from trajectsim.config.check import check
from trajectsim.config.intervention import offer_trait
from trajectsim.config.load import DATA, load_intervention, packaged_names, read_kind
from trajectsim.config.reader import Document, read_yaml
from trajectsim.config.scenario import Scenario, _resolved
from trajectsim.config.schema import Intervention

NAMES = packaged_names("intervention")
TOGETHER = 30
GROUPS = [NAMES[k : k + TOGETHER] for k in range(0, len(NAMES), TOGETHER)]
"""So many at a time: a world holds at most 64 provisions and programmes."""

PEOPLE = {"nijkerk": 60, "nijmegen_noord": 150, "gouda": 150}
"""Populations in which programmes look for somebody to take part, with how many youths."""


def scenario(names: list[str], population: str = "nijkerk", size: int = 30, **keys: Any) -> Scenario:
    arms = [{"name": "usual_care"}, *({"name": f"arm_{name}", "interventions": [name]} for name in names)]
    settings = {
        "name": "catalogue", "title": {"nl": "alles", "en": "everything"}, "population": population, "size": size,
        "prices": "nl_2024", "years": 5, "arms": arms, **keys,
    }  # fmt: skip
    return _resolved(Document(settings, {(): ("catalogue", None)}), ROOT, {})


@pytest.mark.parametrize("group", GROUPS, ids=lambda names: names[0])
def test_every_intervention_fits_the_town(group: list[str]) -> None:
    assert [mistake.sentence() for mistake in check(scenario(group, world="town"))] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_intervention_says_what_a_reader_wants_to_know(name: str) -> None:
    item = load_intervention(name)
    assert item.name == name and item.description is not None and item.background is not None
    if item.is_programme and item.background.family not in ("illustration", "comparator"):
        assert item.background.chain and (item.acts or item.effects or item.levers), "it changes nothing"


def rows_of(name: str) -> list[str]:
    with (ROOT / "tests" / "unit" / "data" / "catalogue_rows.csv").open(encoding="utf-8", newline="") as file:
        return [row["id"] for row in csv.DictReader(file) if row["list"] == name]


@pytest.mark.parametrize("name", ["ipw", "lpbl"])
def test_every_entry_of_the_sources_is_in_the_catalogue_once(name: str) -> None:
    """`catalogue_rows.csv` lists the approaches, instruments, comparators and failed examples that the sources name."""
    left_out = read_yaml(DATA / "catalogue" / "not_interventions.yaml").data
    found = [row for item in NAMES for row in background(item).rows] + list(left_out)
    wanted = rows_of(name)
    assert [row for row in wanted if row not in found] == []
    assert [row for row in wanted if found.count(row) > 1] == []


def background(name: str) -> Any:
    return load_intervention(name).background


# --- twins ------------------------------------------------------------------------------------------------------------


def emptied(item: Intervention) -> Intervention:
    """The same programme, for the same youths, that does nothing."""
    return item.model_copy(update={"effects": [], "acts": [], "levers": [], "changes": [], "costs": {}})


@cache
def worlds(population: str, group: int) -> tuple[World, World, list[str]]:
    """A group of programmes in a population, as they are and emptied; only those who could take anybody there."""
    names = [name for name in GROUPS[group] if load_intervention(name).is_programme and reaches(name, population)]
    whole = scenario(names, population, PEOPLE[population])
    bare = {name: emptied(item) for name, item in whole.interventions.items()}
    twin = Scenario(**{**vars(whole), "interventions": bare, "ingredients": {}})
    return compiled_world(whole), compiled_world(twin), names


def reaches(name: str, population: str) -> bool:
    eligible = load_intervention(name).eligible
    assert eligible is not None
    young = eligible.age is not None and (eligible.age.to or 99) <= 13
    return young == (population != "nijkerk")


@pytest.mark.parametrize("group", range(len(GROUPS)), ids=lambda k: GROUPS[k][0])
@pytest.mark.parametrize("population", PEOPLE)
def test_an_emptied_intervention_makes_no_difference_to_any_youth(population: str, group: int) -> None:
    _, twin, names = worlds(population, group)
    start = twin.cohort()
    usual = twin.run(0, start)
    own = len(twin.scenario.model.domains)
    for arm in range(1, len(names) + 1):
        lived = twin.run(arm, start)
        assert np.array_equal(usual.columns.small[:own], lived.columns.small[:own])
        assert as_bytes([usual.columns.slow]) == as_bytes([lived.columns.slow])
        assert np.array_equal(usual.columns.when[:own], lived.columns.when[:own])


def test_every_programme_finds_somebody_to_take_part() -> None:
    idle = {name for name in NAMES if load_intervention(name).is_programme}
    for population in PEOPLE:
        for group in range(len(GROUPS)):
            whole, _, names = worlds(population, group)
            start = whole.cohort()
            for arm, name in enumerate(names, start=1):
                if name in idle and whole.run(arm, start).count(f"{name}.outside")[-1] < len(start.small[0]):
                    idle.discard(name)
    assert sorted(idle) == []


def test_the_lottery_of_a_programme_has_a_flag() -> None:
    assert offer_trait(load_intervention(NAMES[0])) == f"offer_{NAMES[0]}"


@pytest.mark.parametrize("name", packaged_names("ingredient"))
def test_every_ingredient_is_used_and_keeps_no_effect_inside_its_range(name: str) -> None:
    item = read_kind("ingredient", name).spec
    assert any(act.ingredient == name for other in NAMES for act in load_intervention(other).acts), "used nowhere"
    for effect in item.effects:
        number, nil = (effect.ratio, 1.0) if effect.ratio is not None else (effect.adds or effect.drift, 0.0)
        found = number if not hasattr(number, "use") else item.parameters[number.use]
        low, high = found.distribution.low, found.distribution.high
        assert low is not None and high is not None and low <= nil <= high, (effect.exit or effect.latent)
