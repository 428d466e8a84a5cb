"""The law of the packaged town at work: gaps at birthdays, and what the year of law changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers import Lived, compiled_world
from trajectsim.config.check import check
from trajectsim.config.in_force import model_in_force
from trajectsim.config.load import DATA, load_model
from trajectsim.config.scenario import Scenario, load_scenario

LAW = DATA / "worlds" / "town" / "law.yaml"
SIZE = 1500
VARIANTS: dict[int, set[str]] = {
    2017: {"foster_care_ends_at_18", "leaves_for_parents_benefit"},
    2022: {"leaves_for_parents_benefit"},
    2024: set(),
    2026: {"absence_case_from_23"},
}


def town(folder: Path, **settings: str) -> Scenario:
    """Five years of young people of the Nijkerk kind, not selected, in a town that has only the law."""
    world = folder / "law_only.yaml"
    world.write_text(f"name: law_only\ntitle: {{nl: wet, en: law}}\ninclude: ['{LAW.as_posix()}']\n", encoding="utf-8")
    people = (DATA / "populations" / "nijkerk.yaml").read_text(encoding="utf-8")
    (folder / "people.yaml").write_text(re.sub(r"\nrun_in:.*?(?=\n\w)", "", people, flags=re.DOTALL), encoding="utf-8")
    file = folder / "scenario.yaml"
    file.write_text(
        "name: law_only\ntitle: {nl: wet, en: law}\nmodel: youth\npopulation: people.yaml\nworld: law_only.yaml\n"
        f"years: 5\nsize: {SIZE}\narms: [{{name: usual_care}}]\n",
        encoding="utf-8",
    )
    return load_scenario(file, settings)


def lived(scenario: Scenario) -> Lived:
    return compiled_world(scenario, SIZE).run()


@pytest.mark.parametrize("year", list(VARIANTS))
def test_checks_in_every_year_of_law(tmp_path: Path, year: int) -> None:
    assert check(town(tmp_path, law_year=str(year))) == []


@pytest.mark.parametrize("year", list(VARIANTS))
def test_rules_of_the_plain_model_by_year(year: int) -> None:
    def names(model_year: int) -> set[str]:
        model = model_in_force(load_model("youth"), model_year)
        return {way.name for domain in model.domains.values() for way in domain.exits}

    assert names(year) - names(2024) == VARIANTS[year]
    assert names(2024) <= names(year)


def test_help_that_falls_away_opens_a_gap_unless_it_is_bridged(tmp_path: Path) -> None:
    always = {"model.care_ambulatory.support_falls_away_at_18.chance": "1"}
    open_gap = lived(town(tmp_path, **always, **{"model.parameters.gap_bridged": "0"}))
    assert open_gap.events("support_gap_opened").sum() > 10
    assert open_gap.count("support_gap.gap").sum() > 100
    no_gap = {"model.parameters.gap_bridged": "1", "model.parameters.extension_falls_away": "0"}
    bridged = lived(town(tmp_path, **always, **no_gap))
    assert bridged.count("support_gap.gap").sum() == bridged.events("support_gap_opened").sum() == 0
    assert bridged.events("support_gap_bridged").sum() > 10


def test_extended_help_moves_the_cliff(tmp_path: Path) -> None:
    run = lived(
        town(
            tmp_path,
            **{
                "model.care_ambulatory.support_falls_away_at_18.chance": "0",
                "model.extended_help.help_extended_at_18.chance": "1",
            },
        )
    )
    assert run.moves("extended_help.help_extended_at_18").sum() > 10
    assert run.count("extended_help.extended").sum() > 50


def test_a_plan_before_leaving_school_prevents_the_wait_for_a_birthday(tmp_path: Path) -> None:
    path = "model.parameters.plan_before_leaving_school"
    none, all_planned = lived(town(tmp_path, **{path: "0"})), lived(town(tmp_path, **{path: "1"}))
    assert none.count("school_gap.gap").sum() > 50
    assert all_planned.count("school_gap.gap").sum() == 0


def test_the_judge_may_choose_juvenile_law_from_18_to_23(tmp_path: Path) -> None:
    path = "model.parameters.juvenile_law_from_18"
    adult, juvenile = lived(town(tmp_path, **{path: "0"})), lived(town(tmp_path, **{path: "1"}))
    for state, fewer, more in (
        ("justice.adult_detention", juvenile, adult),
        ("justice.youth_detention", adult, juvenile),
    ):
        assert fewer.count(state).sum() < more.count(state).sum()


def test_help_in_the_search_period_keeps_youths_in_view(tmp_path: Path) -> None:
    path = "model.parameters.search_without_help"
    alone, helped = lived(town(tmp_path, **{path: "1"})), lived(town(tmp_path, **{path: "0"}))
    assert helped.events("search_period_left").sum() == 0 < alone.events("search_period_left").sum()
    assert helped.count("visibility.out_of_view").sum() < alone.count("visibility.out_of_view").sum()
