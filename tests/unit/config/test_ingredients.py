"""Ingredients in files of one's own: found by path, with doses in their unit and numbers that exist."""

from typing import Any

import pytest

from trajectsim.evidence.register import build_register

ASSUMED = "source: a stated assumption, locator: '-', grade: D"
ACTS = "effects:\n  - exit: work.find_work\n    while: [enrolled]\n"


def value(number: float, unit: str) -> str:
    return f"{{value: {number}, unit: {unit}, {ASSUMED}}}"


def made_of(
    files: Any, dose: str = value(2, "hours/month"), reference: str = value(4, "hours/month"), **keys: str
) -> None:
    """Let the example's programme be made of an hour of somebody, and of nothing else."""
    ratio = keys.get("ratio", value(1.5, "hazard ratio"))
    (files.folder / "hour.yaml").write_text(
        "name: hour\ntitle: {nl: uur, en: hour}\ndescription: {nl: een uur, en: an hour}\n"
        f"reference: {reference}\neffects:\n  - {{exit: {keys.get('exit', 'work.find_work')}, ratio: {ratio}}}\n",
        encoding="utf-8",
    )
    path = files.folder / "job.yaml"
    head, _, rest = path.read_text(encoding="utf-8").partition("effects:\n")
    act = f"acts:\n  - {{ingredient: ./hour.yaml, while: [enrolled], dose: {dose}}}\n"
    path.write_text(head + act + rest[rest.index("hours:\n") :], encoding="utf-8")


def test_an_ingredient_of_ones_own(files: Any) -> None:
    made_of(files)
    assert files.mistakes() == []
    found = files.load()
    assert [act.ingredient for act in found.interventions["job_coach"].acts] == ["hour"]
    assert "ingredients.hour.effects.0.ratio" in build_register(found).parameters


def test_a_dose_in_another_unit_than_that_of_the_ingredient(files: Any) -> None:
    made_of(files, dose=value(2, "months"))
    (mistake,) = files.mistakes()
    assert (mistake.key, mistake.allowed) == ("acts.0.dose.unit", "hours/month")


def test_a_dose_below_nought(files: Any) -> None:
    made_of(files, dose=value(-2, "hours/month"))
    (mistake,) = files.mistakes()
    assert mistake.key == "acts.0.dose"


@pytest.mark.parametrize("reference", [0, -4])
def test_a_reference_dose_that_measures_nothing(files: Any, reference: float) -> None:
    made_of(files, reference=value(reference, "hours/month"))
    (mistake,) = files.mistakes()
    assert (mistake.file or "").endswith("hour.yaml")
    assert (mistake.key, mistake.allowed) == ("reference", "more than 0")


def test_a_number_that_an_ingredient_does_not_have_is_told_in_its_file(files: Any) -> None:
    made_of(files, ratio="{use: nothing}")
    (mistake,) = files.mistakes()
    assert (mistake.file or "").endswith("hour.yaml")
    assert mistake.key == "effects.0.ratio.use"


def test_an_exit_that_does_not_exist_is_told_at_the_act(files: Any) -> None:
    made_of(files, exit="work.find_wrk")
    (mistake,) = files.mistakes()
    assert (mistake.file or "").endswith("job.yaml")
    assert mistake.near == "work.find_work"


def test_a_full_path_that_leads_nowhere(files: Any) -> None:
    text = "ratio: {value: 2, unit: hazard ratio, source: a stated assumption, locator: \"-\", grade: D}"
    files.change("job.yaml", text, "ratio: {use: '@model.parameters.findng'}")
    (mistake,) = files.mistakes()
    assert mistake.near == "model.parameters.finding"


@pytest.mark.parametrize(
    ("number", "key"),
    [("8, unit: hours", "hours.0.per_month.use"), ("65, unit: EUR/hour", "costs.coach.price.use")],
)
def test_what_is_priced_stands_in_its_own_file(files: Any, number: str, key: str) -> None:
    old = f'{{value: {number}, source: a stated assumption, locator: "-", grade: D}}'
    unit = number.partition("unit: ")[2]
    files.change("model.yaml", "  finding:\n", f"  elsewhere: {value(1, unit)}\n  finding:\n")
    files.change("job.yaml", old, "{use: '@model.parameters.elsewhere'}")
    (mistake,) = files.mistakes()
    assert mistake.key == key


@pytest.mark.parametrize("k", ["-1", f"{value(-0.5, 'number')}"])
def test_effects_that_grow_by_themselves(files: Any, k: str) -> None:
    files.change("model.yaml", "name: tiny\n", f"name: tiny\ndiminishing: {k}\n")
    (mistake,) = files.mistakes()
    assert (mistake.key, mistake.allowed) == ("diminishing", "0 or more")
