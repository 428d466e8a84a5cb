"""Bad input: one mistake in a file gives one message with file, line, key, nearest name, range and cure."""

from collections.abc import Callable

import pytest

from tests.helpers import ROOT
from trajectsim.config.check import check
from trajectsim.config.scenario import load_scenario
from trajectsim.errors import Mistake

Spoil = Callable[..., Mistake]
ASSUMED = 'source: a stated assumption, locator: "-", grade: D'

# name: file, what is replaced, by what, part of the message, key, nearest name
FORM = {
    "misspelt key": ("scenario.yaml", "years: 2", "yeers: 2", "'yeers' is not a key", "yeers", "years"),
    "misspelt required key": ("people.yaml", "size: 20", "sise: 20", "'sise' is not a key", "sise", "size"),
    "misspelt key deep inside": (
        "work.yaml",
        "bound: 0.3",
        "bonud: 0.3",
        "'bonud' is not a key",
        "domains.work.exits.find_work.bonud",
        "bound",
    ),
    "text for a number": (
        "scenario.yaml",
        "size: 50",
        "size: many",
        "the text 'many' is given where a whole number",
        "size",
        None,
    ),
    "broken number for a whole one": (
        "scenario.yaml",
        "size: 50",
        "size: 50.5",
        "50.5 is given where a whole number",
        "size",
        None,
    ),
    "true for a number": (
        "work.yaml",
        "bound: 0.3",
        "bound: true",
        "true is given where a number is needed",
        "domains.work.exits.find_work.bound",
        None,
    ),
    "nothing for a number": ("people.yaml", "size: 20", "size:", "nothing (an empty value) is given", "size", None),
    "decimal comma": (
        "work.yaml",
        "bound: 0.3",
        "bound: 0,3",
        "'0,3' is written with a decimal comma",
        "domains.work.exits.find_work.bound",
        None,
    ),
    "list for a text": (
        "people.yaml",
        "name: people",
        "name: [people]",
        "a list is given where a text is needed",
        "name",
        None,
    ),
    "nought draws": ("scenario.yaml", "draws: 4", "draws: 0", "the number 0 is out of range", "draws", None),
    "not a month": ("scenario.yaml", "seed: 7", "start: 2024-13", "'2024-13' is not a month", "start", None),
    "an arm named twice": (
        "scenario.yaml",
        "name: helped",
        "name: usual_care",
        "every arm needs a name of its own; 'usual_care' stands there twice",
        "arms",
        None,
    ),
    "capital in a name": (
        "scenario.yaml",
        "name: tiny",
        "name: Tiny Case",
        "'Tiny Case' cannot be a name",
        "name",
        "tiny_case",
    ),
    "unknown payer": (
        "prices.yaml",
        "payer: justice",
        "payer: justise",
        "the text 'justise' is not one of",
        "lines.offence.payer",
        "justice",
    ),
    "unknown unit": (
        "job.yaml",
        "unit: places",
        "unit: place",
        "the text 'place' is not one of",
        "places.unit",
        "places",
    ),
    "probability of 1.4": (
        "care.yaml",
        "value: 0.1",
        "value: 1.4",
        "value 1.4 is not a probability",
        "domains.care.exits.start_care.base.value",
        None,
    ),
    "bare number for a parameter": (
        "work.yaml",
        "base: {use: finding}",
        "base: 0.05",
        "the bare number 0.05",
        "domains.work.exits.find_work.base",
        None,
    ),
    "parameter without a grade": (
        "job.yaml",
        '{value: 20, unit: places, source: a stated assumption, locator: "-", grade: D}',
        "{value: 20, unit: places, source: a b, locator: c}",
        "'grade' is missing",
        "places.grade",
        None,
    ),
    "misspelt key of a parameter": (
        "job.yaml",
        '{value: 20, unit: places, source: a stated assumption, locator: "-"',
        '{value: 20, unit: places, sorce: a stated assumption, locator: "-"',
        "'sorce' is not a key",
        "places.sorce",
        "source",
    ),
    "misspelt reference": (
        "work.yaml",
        "{use: finding}",
        "{ues: finding}",
        "'ues' is not a key",
        "domains.work.exits.find_work.base.ues",
        "use",
    ),
    "range without a family": (
        "model.yaml",
        "{family: beta, low: 0.02, high: 0.09}",
        "{low: 0.02, high: 0.09}",
        "a fixed value has no low or high",
        "parameters.finding.distribution",
        None,
    ),
    "shares that do not sum to one": (
        "people.yaml",
        "home: 0.8",
        "home: 0.9",
        "the shares sum to 1.1",
        "initial.work.0.states.shares",
        None,
    ),
    "two forms at once": (
        "work.yaml",
        "event: offence",
        "to: job\n        event: offence",
        "an exit needs either `to`",
        "domains.work.exits.offend",
        None,
    ),
    "unknown state form": (
        "job.yaml",
        "{states: {work: home}",
        "{states: {work: 3}",
        "a state, a list of states",
        "eligible.states.work",
        None,
    ),
    "infinite": (
        "work.yaml",
        "bound: 0.3",
        "bound: .inf",
        ".inf is not a finite number",
        "domains.work.exits.0.bound",
        None,
    ),
}


@pytest.mark.parametrize("case", FORM, ids=lambda name: name.replace(" ", "-"))
def test_form(case: str, only: Spoil, files: object) -> None:
    name, old, new, what, key, near = FORM[case]
    line = None
    if case == "two forms at once":  # a rule about the whole exit is placed where the exit begins
        line = 18
    if case == "an arm named twice":  # and one about a list where the list begins
        line = 8
    mistake = only(name, old, new, line)
    assert what in mistake.what
    assert mistake.key == key
    assert mistake.near == near


def test_decimal_comma_says_what_to_write(only: Spoil) -> None:
    assert only("work.yaml", "bound: 0.3", "bound: 0,3").cure == "write 0.3"


def test_range_is_told(only: Spoil) -> None:
    assert only("care.yaml", "value: 0.1", "value: 1.4").allowed == "from 0 to 1"


def test_smallest_number_is_told(only: Spoil) -> None:
    assert only("scenario.yaml", "draws: 4", "draws: 0").allowed == "at least 1"


# What the files say about each other.
NAMES = {
    "unknown state in an exit": (
        "work.yaml",
        "to: job",
        "to: jobb",
        "no state in work 'jobb'",
        "domains.work.exits.find_work.to",
        "job",
    ),
    "unknown state in a price": (
        "prices.yaml",
        "state: care.with",
        "state: care.wit",
        "no state 'care.wit'",
        "lines.care_month.state",
        "care.with",
    ),
    "unknown domain in a price": (
        "prices.yaml",
        "state: care.with",
        "state: cure.with",
        "no state 'cure.with'",
        "lines.care_month.state",
        "care.with",
    ),
    "unknown state in a condition": (
        "job.yaml",
        "{work: home}",
        "{work: hom}",
        "no state in work 'hom'",
        "eligible.states.work",
        "home",
    ),
    "unknown domain in a condition": (
        "job.yaml",
        "{work: home}",
        "{wrk: home}",
        "no domain 'wrk'",
        "eligible.states.wrk",
        "work",
    ),
    "unknown starting state": (
        "people.yaml",
        "{without: 1}",
        "{witout: 1}",
        "no state in care 'witout'",
        "initial.care.0.states.shares.witout",
        "without",
    ),
    "unknown event": (
        "prices.yaml",
        "event: offence",
        "event: ofence",
        "no event 'ofence'",
        "lines.offence.event",
        "offence",
    ),
    "unknown covariate": (
        "work.yaml",
        "lvb: {",
        "lvp: {",
        "no covariate 'lvp'",
        "domains.work.exits.find_work.effects.lvp",
        "lvb",
    ),
    "unknown trait": (
        "people.yaml",
        "traits: {lvb: 1}",
        "traits: {lvp: 1}",
        "no trait 'lvp'",
        "presets.kim.traits.lvp",
        "lvb",
    ),
    "unknown drift": (
        "model.yaml",
        "work.home:",
        "work.hoem:",
        "no state 'work.hoem'",
        "latents.trust.drift.work.hoem",
        "work.home",
    ),
    "unknown exit": (
        "job.yaml",
        "exit: work.find_work",
        "exit: work.find_wrk",
        "no exit 'work.find_wrk'",
        "effects.0.exit",
        "work.find_work",
    ),
    "unknown reference": (
        "work.yaml",
        "{use: finding}",
        "{use: findin}",
        "no parameter 'findin'",
        "domains.work.exits.find_work.base.use",
        "finding",
    ),
    "unknown role": (
        "job.yaml",
        "job_coach.coach",
        "job_coach.couch",
        "no role of an intervention 'job_coach.couch'",
        "costs.coach.hours",
        "job_coach.coach",
    ),
    "unknown source": (
        "work.yaml",
        "unit: per year, source: a stated assumption",
        "unit: per year, source: cbs_2032",
        "no source 'cbs_2032'",
        "domains.work.exits.lose_work.base.source",
        "cbs_2023",
    ),
    "unknown preset to follow": (
        "scenario.yaml",
        "seed: 7",
        "follow: [kin]",
        "no preset of the population 'kin'",
        "follow.0",
        "kim",
    ),
    "no price year": (
        "prices.yaml",
        "    price_year: 2024\n    payer: justice",
        "    price_year: 2019\n    payer: justice",
        "no index from price year 2019",
        "lines.offence.price_year",
        None,
    ),
    "age between bands": (
        "prices.yaml",
        "{from: 16, to: 18}",
        "{from: 16, to: 19}",
        "age 19 is not a border",
        "lines.care_month.age",
        None,
    ),
    "empty span": (
        "prices.yaml",
        "{from: 16, to: 18}",
        "{from: 18, to: 16}",
        "nothing lies from 18",
        "lines.care_month.age",
        None,
    ),
    "aftercare that is not there": (
        "job.yaml",
        "while: [enrolled]\n    ratio",
        "while: [aftercare]\n    ratio",
        "no aftercare",
        "effects.0.while",
        None,
    ),
    "ages upside down": ("people.yaml", "{from: 16, to: 23}", "{from: 23, to: 16}", "hold nobody", "ages.from", None),
    "broken steps": ("scenario.yaml", "years: 2", "years: 2.03", "2.03 years is 24.36 steps", "years", None),
}


@pytest.mark.parametrize("case", NAMES, ids=lambda name: name.replace(" ", "-"))
def test_names(case: str, only: Spoil) -> None:
    name, old, new, what, key, near = NAMES[case]
    mistake = only(name, old, new)
    assert what in mistake.what
    assert mistake.key == key
    assert mistake.near == near


UNITS = {
    "base": ("work.yaml", "unit: per year", "unit: hours", "domains.work.exits.lose_work.base.unit", "per month"),
    "probability": (
        "care.yaml",
        "unit: probability",
        "unit: per month",
        "domains.care.exits.start_care.base.unit",
        "probability",
    ),
    "effect": (
        "work.yaml",
        "value: 0.6, unit: hazard ratio",
        "value: 0.6, unit: per month",
        "domains.work.exits.find_work.effects.lvb.unit",
        "hazard ratio",
    ),
    "drift": (
        "model.yaml",
        "unit: latent per month",
        "unit: latent",
        "latents.trust.drift.work.home.unit",
        "latent per month",
    ),
    "duration": ("job.yaml", "{value: 12, unit: months", "{value: 12, unit: EUR", "duration.unit", "months"),
    "price of a stay": ("prices.yaml", "unit: EUR/month", "unit: EUR/hour", "lines.care_month.price.unit", "EUR/month"),
    "price of an event": ("prices.yaml", "unit: EUR/event", "unit: EUR/month", "lines.offence.price.unit", "EUR/event"),
    "share": ("people.yaml", "unit: share", "unit: per month", "traits.lvb.share.unit", "probability"),
}


@pytest.mark.parametrize("case", UNITS, ids=lambda name: name.replace(" ", "-"))
def test_unit_mismatch(case: str, only: Spoil) -> None:
    name, old, new, key, allowed = UNITS[case]
    mistake = only(name, old, new)
    assert "the unit '" in mistake.what and "does not fit" in mistake.what
    assert mistake.key == key
    assert mistake.allowed is not None and allowed in mistake.allowed


BOUNDS = {
    "hazard": (
        "work.yaml",
        "value: 0.4, unit: per year",
        "value: 4, unit: per year",
        "reaches 0.3333 per month",
        "0.2",
    ),
    "probability": (
        "care.yaml",
        "value: 0.1, unit: probability",
        "value: 0.5, unit: probability",
        "the probability of care.start_care reaches 0.5 per step",
        "0.4",
    ),
    "table": (
        "work.yaml",
        "event: offence\n",
        "event: offence\n        by_age: {years: [16, 18], factors: [1, 9]}\n",
        "offend reaches 0.18 per month",
        "0.1",
    ),
    "season": ("work.yaml", "event: offence\n", "event: offence\n        season: [1, 9]\n", "reaches 0.18", "0.1"),
    "own state": (
        "work.yaml",
        "bound: 0.1\n",
        "bound: 0.1\n        effects:\n          work.home: {value: 9, unit: hazard ratio, " + ASSUMED + "}\n",
        "reaches 0.18",
        "0.1",
    ),
    "programme": (
        "job.yaml",
        "ratio: {value: 2",
        "ratio: {value: 9",
        "work.find_work under job_coach reaches 0.45",
        "0.3",
    ),
    "uptake": ("job.yaml", "uptake: {value: 0.2", "uptake: {value: 1.2", "the hazard of uptake of job_coach", "1"),
}


@pytest.mark.parametrize("case", BOUNDS)
def test_hazard_above_its_bound(case: str, only: Spoil, files: object) -> None:
    name, old, new, what, bound = BOUNDS[case]
    line = 21 if case == "own state" else 22 if case in ("table", "season") else None
    mistake = only(name, old, new, line)
    assert what in mistake.what
    assert mistake.allowed == f"up to {bound}"
    assert mistake.cure is not None and mistake.cure.startswith("raise its bound to at least")


def test_age_table_counts_only_within_the_ages_of_the_exit(files: object) -> None:
    table = "by_age: {years: [16, 18], factors: [1, 9]}\n        when: {age: {to: 18}}"
    files.change("work.yaml", "event: offence\n", f"event: offence\n        {table}\n")  # type: ignore[attr-defined]
    assert files.mistakes() == []  # type: ignore[attr-defined]


def test_bounds_of_a_state_add_up(only: Spoil) -> None:
    mistake = only("work.yaml", "bound: 0.3", "bound: 4.1", 3)
    assert "the bounds of the exits of work.home add up to 4.2" in mistake.what
    assert mistake.allowed == "at most 4"


def test_bounds_of_probabilities_stay_below_one(only: Spoil) -> None:
    extra = f"""bound: 0.4
      - name: other_care
        from: without
        to: with
        law: probability
        base: {{value: 0.1, unit: probability, {ASSUMED}}}
        bound: 0.7"""
    mistake = only("care.yaml", "bound: 0.4", extra, 3)
    assert "add up to 1.1" in mistake.what
    assert mistake.allowed == "below 1"


BELOW_NIL = {
    "places": ("value: 20, unit: places", "value: -3, unit: places", "places", "-3 is negative"),
    "duration": ("{value: 12, unit: months", "{value: -5, unit: months", "duration", "-5 is negative"),
    "hours": ("value: 8, unit: hours", "value: -4, unit: hours", "hours.0.per_month", "-4 is negative"),
    "the low end of places": (
        "value: 20, unit: places",
        "value: 20, unit: places, distribution: {family: normal, low: -1, high: 41}",
        "places.distribution.low",
        "-1 is negative",
    ),
}


@pytest.mark.parametrize("case", BELOW_NIL)
def test_nothing_of_a_programme_is_less_than_nothing(case: str, only: Spoil) -> None:
    old, new, key, what = BELOW_NIL[case]
    mistake = only("job.yaml", old, new)
    assert mistake.key == key and mistake.what.startswith(what)
    assert mistake.allowed == "0 or more"


def test_a_dose_is_not_negative() -> None:
    """Those of a volunteer are a dose only: nobody is paid by the hour."""
    dose = "interventions.joint_bridging_plan.parameters.hours_volunteer"
    (mistake,) = check(load_scenario(ROOT / "configs" / "zwolle.yaml", {dose: "-1"}))
    assert mistake.key == "acts.3.dose"
    assert mistake.what == "-1 is negative, which a dose of the ingredient 'informal_bond' cannot be"
