"""What an arm may have as another number, and what is told where it may not."""

from typing import Any

import pytest

ASSUMED = "source: a stated assumption, locator: '-', grade: D"
ARM = "  - {name: helped, interventions: [job.yaml]}"
BASE = "model.parameters.finding"
PLACES = "interventions.job_coach.places"


def setting(files: Any, path: str, value: str) -> int:
    """Give the second arm a setting; return its line."""
    line = files.change("scenario.yaml", ARM, f"{ARM[:-1]},\n     set: {{{path}: {value}}}}}")
    return line + 1


def lever(files: Any, text: str) -> None:
    """Let a lever run in the second arm."""
    (files.folder / "lever.yaml").write_text(
        f"name: lever\ntitle: {{nl: hendel, en: lever}}\nlevers:\n  - {{{text}}}\n", encoding="utf-8"
    )
    files.change("scenario.yaml", "[job.yaml]", "[job.yaml, lever.yaml]")


def ratio(value: float, unit: str = "ratio") -> str:
    return f"{{value: {value}, unit: {unit}, {ASSUMED}}}"


# --- settings ---------------------------------------------------------------------------------------------------------


def test_a_setting_within_its_unit_is_fine(files: Any) -> None:
    setting(files, BASE, "0.01")
    assert files.mistakes() == []


@pytest.mark.parametrize(
    ("path", "value", "allowed"),
    [
        (BASE, "-0.1", "at least 0"),
        ("interventions.job_coach.hours.0.per_month", "-4", "at least 0"),
        (BASE, ".nan", None),
        (BASE, ".inf", None),
    ],
)
def test_a_setting_that_its_unit_does_not_allow(files: Any, path: str, value: str, allowed: str | None) -> None:
    line = setting(files, path, value)
    (mistake,) = files.mistakes()
    assert (mistake.line, mistake.allowed) == (line, allowed)


def test_a_setting_of_nothing_names_the_nearest(files: Any) -> None:
    setting(files, "model.parameters.findng", "0.01")
    (mistake,) = files.mistakes()
    assert mistake.near == BASE


def test_a_setting_of_a_reference_names_what_it_refers_to(files: Any) -> None:
    setting(files, "model.work.find_work.base", "0.01")
    (mistake,) = files.mistakes()
    assert mistake.cure is not None and BASE in mistake.cure


@pytest.mark.parametrize("path", ["prices.discounting.standard", "population.traits.female.share"])
def test_people_and_prices_are_the_same_in_every_arm(files: Any, path: str) -> None:
    setting(files, path, "0.5")
    (mistake,) = files.mistakes()
    assert "is the same in every arm" in mistake.what


# --- numbers that are used before the arms part -----------------------------------------------------------------------


def test_without_a_world_an_arm_has_no_places_of_its_own(files: Any) -> None:
    line = setting(files, PLACES, "40")
    (mistake,) = files.mistakes()
    assert mistake.line == line
    assert "without a world" in mistake.what


def test_in_a_world_an_arm_may_have_places_of_its_own(village: Any) -> None:
    setting(village, PLACES, "40")
    assert village.mistakes() == []


def test_a_world_whose_programme_places_are_off_is_no_world_for_places(village: Any) -> None:
    setting(village, PLACES, "40")
    (mistake,) = village.mistakes({"off": "[programme_places]"})
    assert "without a world" in mistake.what


def test_an_arm_has_no_youths_of_its_own(files: Any) -> None:
    files.change("model.yaml", "    mean: 0.5", f"    mean: {ratio(0.5, 'latent')}")
    lever(files, f"parameter: model.latents.trust.mean, ratio: {ratio(2)}")
    (mistake,) = files.mistakes()
    assert "the same in every arm" in mistake.what


# --- levers -----------------------------------------------------------------------------------------------------------


def test_a_lever_in_another_unit(files: Any) -> None:
    lever(files, f"parameter: {BASE}, value: {ratio(0.5)}")
    (mistake,) = files.mistakes()
    assert mistake.allowed == "per month"


def test_a_negative_ratio(files: Any) -> None:
    lever(files, f"parameter: {BASE}, ratio: {ratio(-1)}")
    (mistake,) = files.mistakes()
    assert (mistake.allowed, mistake.key) == ("0 or more", "levers.0.ratio")


def test_a_lever_on_the_world_without_one_is_idle(files: Any) -> None:
    lever(files, f"parameter: world.mechanisms.nothing.places.home.capacity, ratio: {ratio(2)}")
    assert files.mistakes() == []


def test_an_intervention_with_the_name_of_a_domain(files: Any) -> None:
    lever(files, f"parameter: {BASE}, ratio: {ratio(2)}")
    files.change("lever.yaml", "name: lever", "name: work")
    assert [mistake.what for mistake in files.mistakes()] == ["'work' is also a domain of the model"]


def test_a_lever_of_a_mechanism_there_is_none(village: Any) -> None:
    lever(village, f"parameter: {BASE}, ratio: {ratio(2)}, mechanism: budgts")
    (mistake,) = village.mistakes()
    assert mistake.near == "budgets"


# --- hazards over their bound in an arm -------------------------------------------------------------------------------


def test_a_lever_or_setting_that_lifts_a_hazard_over_its_bound(files: Any) -> None:
    lever(files, f"parameter: {BASE}, ratio: {ratio(100)}")
    (mistake,) = files.mistakes()
    assert mistake.line == files.line("scenario.yaml", "- {name: helped")
    assert "in the arm 'helped'" in mistake.what and "work.find_work" in mistake.what
    files.change("lever.yaml", "value: 100", "value: 0.5")
    assert files.mistakes() == []
    setting_line = files.change("scenario.yaml", "lever.yaml]", f"lever.yaml], set: {{{BASE}: 9}}")
    (mistake,) = files.mistakes()
    assert mistake.line == setting_line


def test_effects_of_one_programme_on_one_exit_are_taken_together(files: Any) -> None:
    effect = f"  - {{exit: work.find_work, while: [enrolled], ratio: {ratio(5, 'hazard ratio')}}}\n"
    files.change("job.yaml", "value: 2, unit: hazard ratio", "value: 1.9, unit: hazard ratio")
    files.change("job.yaml", "hours:\n", f"{effect}hours:\n")
    both = files.mistakes()
    files.change("job.yaml", effect, effect.replace("enrolled", "ended"))
    assert [mistake.key for mistake in both] == ["effects.1.ratio"] and files.mistakes() == []
