"""The law: a table of cases that a lawyer can read, and what the rules say about the simulator."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from trajectsim.config.law import LawSpec, age_on, facts_known, load_law, rules_that_hold
from trajectsim.config.load import DATA, load_model, load_prices, load_sources
from trajectsim.config.messages import validated
from trajectsim.config.reader import Document, read_mapping
from trajectsim.config.world import Mechanism, WorldSpec
from trajectsim.errors import UserError

FILE = Path(__file__).parent / "data" / "law_cases.csv"
with FILE.open(encoding="utf-8", newline="") as lines:
    CASES = list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def law() -> LawSpec:
    return load_law("nl")


@pytest.fixture(scope="module")
def town() -> WorldSpec:
    document = read_mapping(DATA / "worlds" / "town" / "law.yaml")
    return validated(WorldSpec, Document({**document.data, "name": "law", "title": {"nl": "-", "en": "-"}}))


def told(case: dict[str, str]) -> list[str]:
    return [fact for fact in case["facts"].split(";") if fact]


# --- the table of cases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['rule']}, {c['remark']}")
def test_cases(law: LawSpec, case: dict[str, str]) -> None:
    day = date.fromisoformat(case["on"])
    found = rules_that_hold(law, day.year, age_on(date.fromisoformat(case["born"]), day), told(case))
    assert (case["rule"] in found.rules) == (case["holds"] == "yes")
    if case["holds"] == "yes":
        assert case["expected"] in found.rules[case["rule"]].brings
        assert case["expected"] in found.brings()
    else:
        assert case["expected"] == ""


def test_every_rule_has_a_case_in_which_it_holds(law: LawSpec) -> None:
    assert {case["rule"] for case in CASES if case["holds"] == "yes"} == set(law.rules)


def test_every_rule_that_asks_for_something_has_a_case_in_which_it_does_not_hold(law: LawSpec) -> None:
    open_to_all = {"law_zvw"}
    assert {case["rule"] for case in CASES if case["holds"] == "no"} == set(law.rules) - open_to_all


def test_birthdays_on_both_sides(law: LawSpec) -> None:
    """The day before and the day of 16, 18, 21, 23 and 27 stand in the table."""
    seen = {(c["on"], c["born"]) for c in CASES}
    for years in (16, 18, 21, 23, 27):
        ages = [age_on(date.fromisoformat(born), date.fromisoformat(on)) for on, born in seen]
        assert any(age == years for age in ages)
        assert any(years - 1 / 365 <= age < years for age in ages)


# --- what the law file says -------------------------------------------------------------------------------------------


def test_the_register_holds_sixty_rules(law: LawSpec) -> None:
    assert len(law.register_) == len(set(law.register_)) == 60
    assert set(law.register_) <= set(law.rules)


def test_a_rule_and_its_later_form_never_hold_in_the_same_year(law: LawSpec) -> None:
    both_may_hold = {"law_pwet_search_waive_in_law"}  # local policy stays possible beside the law
    for name, rule in law.rules.items():
        if rule.variant_of and name not in both_may_hold:
            earlier = law.rules[rule.variant_of]
            assert not [y for y in range(2015, 2036) if rule.in_force.holds(y) and earlier.in_force.holds(y)], name


def test_what_is_not_seen_says_so(law: LawSpec) -> None:
    known = load_sources()
    for name, rule in law.rules.items():
        assert rule.source in known, name
        if rule.grade == "C":
            assert rule.changes and "verified" in rule.changes, name
        assert rule.grade in ("A", "C"), name


def test_nothing_is_declared_in_vain(law: LawSpec) -> None:
    rules = law.rules.values()
    assert {fact for r in rules for fact in (*r.asks.all, *r.asks.any, *r.asks.none)} == set(law.facts)
    assert {name for r in rules for name in r.brings} == set(law.entitlements)
    assert {r.law for r in rules} == set(law.laws)


def test_every_place_in_the_simulator_exists(law: LawSpec, town: WorldSpec) -> None:
    model, prices = load_model("youth"), load_prices("nl_2024")
    mechanisms: list[Mechanism] = list(town.mechanisms.values())
    exits = {f"{d}.{way.name}" for d, domain in model.domains.items() for way in domain.exits}
    exits |= {f"{d}.{way.name}" for m in mechanisms for d, domain in m.domains.items() for way in domain.exits}
    exits |= {f"{d}.{way.name}" for m in mechanisms for d, ways in m.exits.items() for way in ways}
    known = {
        "exits": exits,
        "constraints": {c.name for c in model.constraints} | {c.name for m in mechanisms for c in m.constraints},
        "lines": set(prices.lines),
        "joint_lines": set(model.joint_lines),
        "measures": set(model.measures),
        "parameters": set(model.parameters) | set(town.parameters),
        "mechanisms": set(town.mechanisms),
    }
    for name, rule in law.rules.items():
        for kind, names in known.items():
            assert set(getattr(rule.in_model, kind)) <= names, f"{name}: {kind}"
    lived = [name for name in law.register_ if law.rules[name].in_model.lived]
    assert len(lived) >= 45


def test_conditions_of_facts_name_what_the_model_has(law: LawSpec) -> None:
    model = load_model("youth")
    for name, fact in law.facts.items():
        for condition in fact.derived:
            for domain, states in condition.states.items():
                assert set(states.in_ or states.not_ or []) <= set(model.domains[domain].states), name
            assert set(condition.traits) <= set(model.traits), name
            assert set(condition.latents) <= set(model.latents), name


def test_every_mechanism_of_the_law_is_pointed_at(law: LawSpec, town: WorldSpec) -> None:
    assert {name for rule in law.rules.values() for name in rule.in_model.mechanisms} == set(town.mechanisms)


# --- the functions ----------------------------------------------------------------------------------------------------


def test_the_gap_of_thomas(law: LawSpec) -> None:
    """Out of special school in June, 18 in September: for three months nobody has a task; then assistance, after four
    weeks, and support towards work."""
    born, facts = date(1999, 9, 20), ["left_school", "left_pro_vso", "left_pro_vso_work", "means_too_low", "wants_work"]
    before = rules_that_hold(law, 2017, age_on(born, date(2017, 6, 30)), [*facts, "can_learn"])
    assert "no_assistance" in before.bars and "social_assistance" not in before.provisions
    assert "no_work_support" in before.bars and "work_support" not in before.provisions
    after = rules_that_hold(law, 2017, age_on(born, born.replace(year=2017)), [*facts, "asks_assistance"])
    assert {"social_assistance", "work_support"} <= set(after.provisions)
    assert "search_four_weeks" in after.duties and "no_further_schooling" in after.rights
    assert "youth_help" in before.provisions and "youth_help" not in after.provisions


def test_a_bar_closes_what_another_rule_opens(law: LawSpec) -> None:
    found = rules_that_hold(law, 2024, 19.0, ["means_too_low", "can_learn"])
    assert {"law_pwet_assistance", "law_pwet_schooling"} <= set(found.rules)
    assert "social_assistance" in found.brings() and "social_assistance" not in found.provisions


def test_facts_from_the_model(law: LawSpec) -> None:
    states = {"activity": "entry_course", "qualification": "none", "benefit": "off", "residence": "foster"}
    found = facts_known(law, states, age=18.0, latents={"employability": 0.3})
    assert found["in_education"] and found["bol_or_higher"] and found["in_foster_care"] and found["wage_value_30"]
    assert found["start_qualification"] is False and found["on_benefit"] is False
    assert found["mental_illness"] is None  # the state of that domain was not given
    assert "means_too_low" not in found  # must be given
    assert "law_studyfinance" in rules_that_hold(law, 2024, 18.0, found).rules
    assert facts_known(law, states, age=17.5)["bol_or_higher"] is False


def test_ages_count_by_birthdays() -> None:
    born = date(2006, 9, 15)
    assert age_on(born, date(2024, 9, 15)) == 18.0
    assert 17.99 < age_on(born, date(2024, 9, 14)) < 18.0
    assert age_on(date(2004, 2, 29), date(2022, 2, 28)) < 18.0 == age_on(date(2004, 2, 29), date(2022, 3, 1))


def test_mistakes_are_told(law: LawSpec, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'nl'"):
        load_law("nll")
    with pytest.raises(UserError, match=r"no fact 'can_lern'.*did you mean 'can_learn'"):
        rules_that_hold(law, 2024, 19.0, ["can_lern"])
    text = (DATA / "law" / "nl.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("all: [sheltered_advice]", "all: [sheltred_advice]"), encoding="utf-8")
    with pytest.raises(UserError, match="no fact 'sheltred_advice'"):
        load_law(str(wrong))
