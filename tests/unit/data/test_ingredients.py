"""The packaged ingredients: whole, on exits that exist, with no effect inside every range."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from trajectsim.config.load import DATA, load_intervention, load_model, load_sources, read_kind
from trajectsim.config.schema import Ingredient, IngredientEffect
from trajectsim.config.schema.base import Use
from trajectsim.evidence.parameter import Parameter

HOURS = {
    "coaching": 3.3, "direction": 0.5, "monitoring": 0.33, "group_training": 20, "job_matching": 2, "floor_support": 4,
    "school_support": 4, "outreach": 1, "informal_bond": 4, "practical_help": 8, "treatment": 4, "language": 10,
    "authority": 3.3, "career_orientation": 1,
}  # fmt: skip
NUMBERS = {
    "work_place", "learn_work_place", "sheltered_place", "school_place", "home", "wage_compensation",
    "employer_preparation", "debt_relief", "income_security", "fewer_helpers",
}  # fmt: skip
NAMES = sorted([*HOURS, *NUMBERS])
MODEL = load_model("youth")


def ingredient(name: str) -> Ingredient:
    spec = read_kind("ingredient", name).spec
    assert isinstance(spec, Ingredient)
    return spec


def number(owner: Ingredient, effect: IngredientEffect) -> Parameter:
    found = next(x for x in (effect.ratio, effect.adds, effect.drift) if x is not None)
    return owner.parameters[found.use] if isinstance(found, Use) else found


def value(name: str, target: str) -> float:
    spec = ingredient(name)
    return next(number(spec, e).value for e in spec.effects if target in (e.exit, e.latent))


def share(dose: float, reference: float, k: float = 1.0) -> float:
    x = dose / reference
    return (1 + k) * x / (1 + k * x)


def test_the_list_is_the_files() -> None:
    assert sorted(path.stem for path in Path(DATA, "ingredients").glob("*.yaml")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_reference_dose(name: str) -> None:
    reference = ingredient(name).reference
    assert isinstance(reference, Parameter)
    assert reference.distribution.family == "fixed"
    assert (reference.value, reference.unit) == ((HOURS[name], "hours/month") if name in HOURS else (1, "number"))


@pytest.mark.parametrize("name", NAMES)
def test_effects_are_on_what_the_model_has_and_count_once(name: str) -> None:
    exits = {f"{domain}.{way.name}" for domain, item in MODEL.domains.items() for way in item.exits}
    targets = [effect.exit or effect.latent for effect in ingredient(name).effects]
    assert set(targets) <= exits | set(MODEL.latents)
    assert len(targets) == len(set(targets))


@pytest.mark.parametrize("name", NAMES)
def test_no_effect_lies_inside_every_range(name: str) -> None:
    spec = ingredient(name)
    for effect in spec.effects:
        found = number(spec, effect)
        low, high = found.distribution.low, found.distribution.high
        assert low is not None and high is not None, (name, effect)
        assert low <= (1.0 if effect.ratio is not None else 0.0) <= high, (name, effect)


@pytest.mark.parametrize("name", NAMES)
def test_numbers_name_sources_and_judgement_is_called_so(name: str) -> None:
    spec = ingredient(name)
    for found in [spec.reference, *(number(spec, effect) for effect in spec.effects)]:
        assert isinstance(found, Parameter)
        assert found.source in load_sources()
        assert (found.grade == "D") == (found.source == "assumption")


def test_job_matching_keeps_less_than_half_of_what_trials_found() -> None:
    trial = math.log(1 - 0.25 * 1.63) / math.log(1 - 0.25)
    assert trial == pytest.approx(1.82, abs=0.005)
    assert 0 < math.log(value("job_matching", "activity.home_to_regular_work")) < 0.5 * math.log(trial)


def test_a_joined_path_out_of_debt_is_as_much_shorter_as_the_guide_says() -> None:
    assert value("debt_relief", "debt.debt_help_completed") == pytest.approx(45 / 21, abs=0.05)


@pytest.mark.parametrize("target", ["activity.supported_work_ends", "activity.incident_at_work", "trust", "burden"])
def test_together_they_are_of_the_size_of_the_supported_job(target: str) -> None:
    """Eight hours of a coach, a place, compensation, preparation and support on the floor, against its own effect."""
    parts = [("coaching", share(8, 3.3))]
    parts += [(x, 1.0) for x in ("work_place", "wage_compensation", "employer_preparation", "floor_support")]
    own = next(
        e for e in load_intervention("supported_job").effects if target in (e.exit, e.latent) and "enrolled" in e.while_
    )
    given = own.ratio or own.drift
    assert isinstance(given, Parameter)
    found = [
        (number(ingredient(name), e).value, part, e.ratio is not None)
        for name, part in parts
        for e in ingredient(name).effects
        if target in (e.exit, e.latent)
    ]
    ratio = own.ratio is not None
    total = math.prod(v**p for v, p, _ in found) if ratio else sum(v * p for v, p, _ in found)
    assert found and all(form == ratio for *_, form in found)
    low, high = given.distribution.low, given.distribution.high
    assert low is not None and high is not None
    middle = (
        abs(math.log(total / given.value)) / math.log(high / low) if ratio else abs(total - given.value) / (high - low)
    )
    assert middle < 0.25
