"""How the files of a scenario fit together, beyond single names: constraints, presets, joint parameters, clashes."""

from collections.abc import Callable
from typing import Any, get_args

import pytest

from trajectsim.config.check import check
from trajectsim.config.check_constraints import fires, holds
from trajectsim.config.names import PRICE_UNITS
from trajectsim.config.scenario import packaged_scenario
from trajectsim.config.schema import Condition, Constraint
from trajectsim.economics import prices as economics
from trajectsim.errors import Mistake
from trajectsim.evidence.parameter import Unit

Spoil = Callable[..., Mistake]
CONSTRAINT = "  - {name: care_ends_with_work"


def test_the_example_is_whole(files: Any) -> None:
    assert files.mistakes() == []


def test_everything_packaged_is_whole() -> None:
    assert [mistake.sentence() for mistake in check(packaged_scenario())] == []


def test_all_mistakes_are_told_in_the_order_of_files_and_lines(files: Any) -> None:
    files.change("people.yaml", "{without: 1}", "{wthout: 1}")
    files.change("prices.yaml", "event: offence", "event: ofence")
    files.change("prices.yaml", "state: care.with", "state: care.wth")
    found = [(mistake.file.rpartition("/")[2], mistake.near) for mistake in files.mistakes()]
    assert found == [("people.yaml", "without"), ("prices.yaml", "care.with"), ("prices.yaml", "offence")]


def test_model_without_domains(files: Any) -> None:
    for name in ("work.yaml", "care.yaml"):
        (files.folder / name).write_text("events: {}\n", encoding="utf-8")
    assert "the model has no domains" in {mistake.what for mistake in files.mistakes()}


# --- constraints ------------------------------------------------------------------------------------------------------

CIRCLE = (
    "  - {name: work_needs_care, domain: work, when: {states: {care: without}}, allowed: [home], otherwise: home}\n"
    "  - {name: home_means_care, domain: care, when: {states: {work: home}}, allowed: [with], otherwise: with}\n"
    "  - {name: care_means_job, domain: work, when: {states: {care: with}}, allowed: [job], otherwise: job}\n"
)


def test_constraints_that_never_come_to_rest(files: Any) -> None:
    files.change("people.yaml", "{work: home, care: with}", "{work: home}")  # the preset would break one of them
    files.change("model.yaml", CONSTRAINT, CIRCLE + CONSTRAINT)
    (mistake,) = files.mistakes()
    assert mistake.line == files.line("model.yaml", "care_ends_with_work")
    assert "contradict each other" in mistake.what
    assert "care_ends_with_work" in mistake.what and "care_means_job" in mistake.what
    assert "for example with" in mistake.what


def test_constraints_that_set_each_other_off_but_come_to_rest(files: Any) -> None:
    chain = CIRCLE.splitlines(keepends=True)[0]
    files.change("model.yaml", CONSTRAINT, chain + CONSTRAINT)
    assert files.mistakes() == []


def test_constraints_of_ages_that_never_meet_do_not_contradict(files: Any) -> None:
    apart = (
        "  - {name: a, domain: work, when: {age: {to: 18}}, allowed: [home], otherwise: home}\n"
        "  - {name: b, domain: work, when: {age: {from: 18}}, allowed: [job], otherwise: job}\n"
    )
    files.change("model.yaml", CONSTRAINT, apart + CONSTRAINT)
    assert files.mistakes() == []


def test_constraints_of_ages_that_meet_contradict(files: Any) -> None:
    both = (
        "  - {name: a, domain: work, when: {age: {to: 19}}, allowed: [home], otherwise: home}\n"
        "  - {name: b, domain: work, when: {age: {from: 18}}, allowed: [job], otherwise: job}\n"
    )
    files.change("model.yaml", CONSTRAINT, both + CONSTRAINT)
    (mistake,) = files.mistakes()
    assert "the constraints a and b contradict each other" in mistake.what


def test_state_only_while_another_state_holds() -> None:
    rule = Constraint(
        name="a", domain="work", state="job", otherwise="home", only_while=[Condition(states={"care": "with"})]
    )
    assert fires(rule, {("state", "work"): "job", ("state", "care"): "without"})
    assert not fires(rule, {("state", "work"): "job", ("state", "care"): "with"})
    assert not fires(rule, {("state", "work"): "job"})  # not certain
    assert not fires(rule, {("state", "care"): "without"})


def test_condition_is_unknown_where_the_facts_do_not_tell() -> None:
    condition = Condition(states={"care": {"not": ["with"]}}, age={"from": 18})
    assert holds(condition, {("state", "care"): "without", ("age",): 18}) is True
    assert holds(condition, {("state", "care"): "without", ("age",): 17.9}) is False
    assert holds(condition, {("age",): 17}) is False
    assert holds(condition, {("age",): 20}) is None


def test_preset_that_breaks_a_constraint(only: Spoil) -> None:
    mistake = only("people.yaml", "{work: home, care: with}", "{work: job, care: with}")
    assert "care 'with' breaks the constraint 'care_ends_with_work'" in mistake.what
    assert (mistake.key, mistake.allowed) == ("presets.kim.states.care", "without")


# --- clashes and gaps -------------------------------------------------------------------------------------------------

GAPS = {
    "trait without a margin": ("model.yaml", "traits:\n", "traits:\n  girl: {}\n", "does not say how the trait 'girl'"),
    "exit to itself": ("work.yaml", "from: home\n        to: job", "from: job\n        to: job", "to itself"),
    "two exits of one name": ("work.yaml", "name: lose_work", "name: find_work", "two exits named 'find_work'"),
    "latent named as a trait": ("model.yaml", "  lvb: {title", "  trust: {}\n  lvb: {title", "is a trait and a latent"),
    "domain with a reserved name": ("care.yaml", "  care:", "  event:", "cannot be the name of a domain"),
    "programme named as a domain": ("job.yaml", "name: job_coach", "name: care", "'care' is also a domain"),
    "number trait with a share": (
        "model.yaml",
        "  lvb: {title",
        "  lvb: {kind: number, title",
        "is a number in the model",
    ),
    "way out of a state that is gone": ("care.yaml", "with: {}", "with: {gone: true}", "nobody leaves the state"),
    "bands that fall": ("model.yaml", "[16, 18, 23]", "[18, 16, 23]", "do not rise"),
    "row that is never reached": (
        "people.yaml",
        "  care:\n",
        "  care:\n    - states: {shares: {with: 1}, source: a b, locator: c, grade: D}\n",
        "never reached",
    ),
    "effect on a forced exit": ("job.yaml", "work.find_work", "care.stop_care", "is a forced exit"),
    "otherwise that never follows": (
        "work.yaml",
        "event: offence\n",
        "event: offence\n        then: [{event: offence, otherwise: [{event: offence}]}]\n",
        "can never follow",
    ),
    "preset with half a flag": ("people.yaml", "{lvb: 1}", "{lvb: 0.5}", "0.5 is not a flag"),
    "price of a joint line by age": (
        "prices.yaml",
        "state: care.with",
        "joint: home_without_care",
        "not counted by age",
    ),
    "measure upside down": ("model.yaml", "high: 160", "high: 0", "does not lie above low"),
    "start month and calendar": (
        "job.yaml",
        "eligible: {",
        "start_month: 3\neligible: {calendar: {from: 2}, ",
        "exclude",
    ),
    "latent out of range": ("model.yaml", "mean: 0.5", "mean: 1.5", "lies outside the range of a latent"),
    "costs without prices": ("scenario.yaml", "prices: prices.yaml\n", "", "names no prices"),
    "weights for other years": (
        "model.yaml",
        "age_bands",
        "counting: {convention: weights, weights: [1, 1]}\nage_bands",
        "2 weights for 24 steps",
    ),
}


@pytest.mark.parametrize("case", GAPS, ids=lambda name: name.replace(" ", "-"))
def test_gaps(case: str, files: Any) -> None:
    name, old, new, what = GAPS[case]
    files.change(name, old, new)
    found = [mistake for mistake in files.mistakes() if what in mistake.what]
    assert len(found) == 1, [mistake.sentence() for mistake in files.mistakes()]
    assert found[0].file and found[0].line
    assert found[0].cure or found[0].allowed or found[0].near or "above low" in what


# --- joint parameters and sources -------------------------------------------------------------------------------------

TOGETHER = (
    "correlated:\n  - {{members: [model.parameters.finding, {other}], mean: [0.05, 0.4], sd: [0.1, 0.1], {matrix}}}\n"
)


@pytest.mark.parametrize(
    ("other", "matrix", "what"),
    [
        ("model.work.lose_work.base", "correlation: [[1, 0.5], [0.5, 1]]", None),
        ("model.work.lose_wrk.base", "correlation: [[1, 0.5], [0.5, 1]]", "no parameter 'model.work.lose_wrk.base'"),
        ("model.parameters.finding", "correlation: [[1, 0.5], [0.5, 1]]", "drawn jointly twice"),
    ],
)
def test_joint_parameters(other: str, matrix: str, what: str | None, files: Any) -> None:
    files.change("model.yaml", "measures:", TOGETHER.format(other=other, matrix=matrix) + "measures:")
    found = [mistake.what for mistake in files.mistakes()]
    assert (found == []) if what is None else (len(found) == 1 and what in found[0])


def test_correlations_that_cannot_all_hold(files: Any) -> None:
    matrix = "correlation: [[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]"
    text = TOGETHER.format(other="model.work.lose_work.base, model.work.offend.base", matrix=matrix)
    text = text.replace("0.4]", "0.4, 0.02]").replace("0.1, 0.1]", "0.1, 0.1, 0.1]")
    files.change("model.yaml", "measures:", text + "measures:")
    (mistake,) = files.mistakes()
    assert "cannot all hold at once" in mistake.what


def test_source_in_words_or_from_the_list_is_fine(files: Any) -> None:
    files.change("work.yaml", "unit: per year, source: a stated assumption", "unit: per year, source: cbs_2023")
    assert files.mistakes() == []


def test_user_as_source_is_for_numbers_that_were_set(files: Any) -> None:
    files.change("work.yaml", "unit: per year, source: a stated assumption", "unit: per year, source: user")
    (mistake,) = files.mistakes()
    assert "no source 'user'" in mistake.what


def test_number_set_by_the_user_needs_no_source(files: Any) -> None:
    assert files.mistakes({"model.work.lose_work.base": "0.3"}) == []


def test_number_set_above_its_bound_is_refused(files: Any) -> None:
    (mistake,) = files.mistakes({"model.work.lose_work.base": "9"})
    assert "above its bound" in mistake.what


def test_units_of_prices_are_those_that_valuation_takes() -> None:
    assert {kind: set(units) for kind, units in PRICE_UNITS.items()} == {
        kind: set(units) for kind, units in economics._UNITS.items()
    }
    assert {unit for units in PRICE_UNITS.values() for unit in units} <= set(get_args(Unit))


def test_only_a_programme_has_fixed_amounts_and_they_have_no_age(files: Any) -> None:
    line = "    hours: job_coach.coach\n    price: {value: 65, unit: EUR/hour"
    once = "    fixed: once\n    price: {value: 65, unit: EUR"
    files.change("job.yaml", line, once)
    assert files.mistakes() == []
    files.change("job.yaml", "    fixed: once", "    fixed: once\n    age: {to: 18}\n    times: {use: nobody}")
    assert {mistake.key for mistake in files.mistakes()} == {"costs.coach.age", "costs.coach.times.use"}
    files.change("prices.yaml", "event: offence", "fixed: once")
    [mistake] = [m for m in files.mistakes() if (m.file or "").endswith("prices.yaml")]
    assert "only an intervention's own costs" in mistake.what



# --- what follows -----------------------------------------------------------------------------------------------------

FOLLOWS = "bound: 0.2\n        then:\n          - {%s, otherwise: [{event: offence}]}"


@pytest.mark.parametrize("only_while", ["event: offence", "event: offence, when: {age: {to: 18}}"])
def test_otherwise_follows_where_a_chance_fails_and_needs_one(only: Spoil, only_while: str) -> None:
    mistake = only("work.yaml", "bound: 0.2", FOLLOWS % only_while, 19)
    assert "there is no chance here" in mistake.what
    assert mistake.key == "domains.work.exits.lose_work.then.0.otherwise"
    assert mistake.cure is not None and "opposite condition" in mistake.cure


def test_otherwise_with_a_chance_is_fine(files: Any) -> None:
    chance = 'chance: {value: 0.5, unit: probability, source: a stated assumption, locator: "-", grade: D}'
    files.change("work.yaml", "bound: 0.2", FOLLOWS % f"event: offence, when: {{age: {{to: 18}}}}, {chance}")
    assert files.mistakes() == []
