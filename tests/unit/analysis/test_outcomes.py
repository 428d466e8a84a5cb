from collections.abc import Callable
from typing import Any

import pytest

from trajectsim.analysis.compare import summarise
from trajectsim.analysis.outcomes import load_outcomes, outcome_arrays, outcomes_of
from trajectsim.analysis.tables import design_of

Make = Callable[..., Any]


def test_a_model_whose_states_are_packaged_has_the_packaged_outcomes(make_study: Make) -> None:
    assert outcomes_of(make_study(draws=2, replicates=1).manifest) == load_outcomes()


def test_a_model_of_ones_own_shows_its_own_states_and_events(make_study: Make) -> None:
    study = make_study(draws=4, replicates=2)
    study.tables["occupancy"]["domain"] = "jobs"
    study.manifest["names"] = {
        "states": ["jobs.regular_work", "jobs.at_home", "coach.outside", "coach.enrolled"], "events": ["quarrel"]
    }  # fmt: skip
    study.manifest["titles"] = {"jobs.at_home": {"nl": "thuis", "en": "at home"}}
    own = outcomes_of(study.manifest)
    assert list(own) == ["jobs.regular_work", "jobs.at_home", "quarrel", "programme"]
    assert own["jobs.at_home"].title.nl == "thuis" and own["jobs.regular_work"].title.en == "regular work"
    assert {outcome.good for outcome in own.values()} == {"none"}
    found = summarise(study)
    assert found["difference"]["outcomes"]["jobs.regular_work"]["mean"] == pytest.approx(12 / 30)
    assert found["outcome_titles"]["quarrel"]["per"] == "period"


def test_months_a_year_are_those_of_the_years_lived(make_study: Make) -> None:
    """Of a last year that is half as long, months are divided by half a year."""
    study = make_study(draws=2, replicates=1)
    whole, years = outcome_arrays(study, design_of(study), load_outcomes()), design_of(study).years
    study.manifest["steps"] -= 6
    design = design_of(study)
    assert (design.years, design.lived) == (years, years - 0.5)
    short = outcome_arrays(study, design, load_outcomes())
    assert whole["work"].any() and short["work"] == pytest.approx(whole["work"] * years / (years - 0.5))


def test_a_world_around_a_model_of_ones_own_leaves_its_outcomes(make_study: Make) -> None:
    study = make_study(draws=2, replicates=1)
    study.manifest["names"] = {"states": ["jobs.regular_work"], "events": ["place_taken", "queue_left", "quarrel"]}
    own = ["jobs.regular_work", "place_taken", "queue_left", "quarrel", "programme"]
    assert list(outcomes_of(study.manifest)) == own


def test_refusals_count_those_of_a_world_too(make_study: Make) -> None:
    assert set(load_outcomes()["refusals"].events) == {"request_refused", "place_refused", "place_passed_on"}
    assert {"support_gap", "school_gap", "place_taken", "queue_left"} <= set(load_outcomes())
