"""Titles of what files declare, by the paths under which pages look for them."""

from pathlib import Path

from trajectsim.config.scenario import load_scenario
from trajectsim.config.titles import model_titles, titles_of

ROOT = Path(__file__).parents[3]
TOWN = load_scenario(ROOT / "configs" / "town.yaml")


def test_every_title_of_the_files_is_there() -> None:
    titles = titles_of(TOWN)
    job = TOWN.interventions["supported_job"]
    assert titles["scenario"] == TOWN.spec.title.model_dump()
    assert titles["supported_job"] == job.title.model_dump()
    assert titles["prices.lines.supported_job.direction"]["nl"] == "regie"
    assert titles["supported_job.enrolled"]["en"] == "in the programme"
    assert titles["arm.usual_care"]["nl"] == "Zoals het nu gaat"
    assert TOWN.world is not None and TOWN.prices is not None
    for name in TOWN.world.provisions:
        assert f"provision.{name}" in titles
    for name, switch in TOWN.switches.items():
        assert titles[f"mechanism.{name}"] == switch.title.model_dump()
    for domain, declared in TOWN.model.domains.items():
        for state, item in declared.states.items():
            assert (f"{domain}.{state}" in titles) == (item.title is not None)


def test_titles_are_in_both_languages_and_none_is_empty() -> None:
    for path, title in titles_of(TOWN).items():
        assert set(title) == {"nl", "en"} and all(title.values()), path


def test_a_model_alone_has_its_own() -> None:
    own = model_titles(TOWN.model)
    assert own["activity.at_home"] == {"nl": "thuis", "en": "at home"}
    assert "supported_job" not in own and own.items() <= titles_of(TOWN).items()
