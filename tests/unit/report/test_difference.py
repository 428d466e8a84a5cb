"""How B differs from A, in sentences: plain, the biggest first, everything else counted."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trajectsim.config.difference import difference
from trajectsim.config.own import drafts, write_drafts
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.report.difference import account

ROOT = Path(__file__).parents[3]
NIJKERK = ROOT / "configs" / "nijkerk.yaml"
JOB = "interventions.supported_job."
SETTINGS = {
    "size": ("40", "B rekent met 40 jongeren, A met 20.", "B has 40 youths, A has 20."),
    "years": ("5", "B kijkt 5 jaar vooruit, A 10 jaar.", "B looks 5 years ahead, A 10 years."),
    "start": (
        "2025-01", "B begint in januari 2025, A in september 2024.", "B starts in January 2025, A in September 2024.",
    ),
    JOB + "places": (
        "40", "‘Lekker aan de slag’ heeft in B 20 plekken meer (40 in plaats van 20).",
        "‘A supported job’ has 20 more places in B (40 instead of 20).",
    ),
    JOB + "hours.0.per_month": (
        "4", "‘Lekker aan de slag’ heeft in B de helft van de uren van de rol ‘coach’ (tijdens): 4 in plaats van 8 per "
        "jongere per maand.",
        "‘A supported job’ has half the hours of the role ‘coach’ (while in it) in B: 4 instead of 8 per youth and "
        "month.",
    ),
    JOB + "duration": (
        "36", "‘Lekker aan de slag’ duurt in B 12 maanden langer (36 in plaats van 24).",
        "‘A supported job’ lasts 12 months longer in B (36 instead of 24).",
    ),
    JOB + "costs.work_income.price": (
        "9000", "Lekker aan de slag: prijs van werkinkomen uit het ontschotte budget: in B € 9.000 per jaar in plaats "
        "van € 10.500 per jaar (−14%).",
        "A supported job: price of work income from the pooled budget: €9,000 per year in B instead of €10,500 per "
        "year (−14%).",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def nijkerk() -> Scenario:
    return load_scenario(NIJKERK)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(("lang", "words"), [("nl", "De twee berekeningen zijn gelijk."), ("en", "The two calcul")])
def test_nothing_differs(nijkerk: Scenario, lang: str, words: str) -> None:
    told = account(nijkerk, nijkerk, lang)
    assert told.lines[0].startswith(words) and told.rest == "" and told.table.rows == []


@pytest.mark.parametrize("path", SETTINGS)
def test_sentences(nijkerk: Scenario, path: str) -> None:
    value, dutch, english = SETTINGS[path]
    other = load_scenario(NIJKERK, {path: value})
    for lang, sentence in (("nl", dutch), ("en", english)):
        told = account(nijkerk, other, lang)
        assert [spaced(line) for line in told.lines] == [sentence] and told.rest == ""
        assert len(told.table.rows) == 1


def test_a_start_of_the_approach_is_told_as_a_month(nijkerk: Scenario) -> None:
    later = nijkerk.interventions["supported_job"].model_copy(update={"start_month": 4})
    other = Scenario(**{**nijkerk.__dict__, "interventions": {"supported_job": later}})
    (line,) = account(nijkerk, other, "nl").lines
    assert line == "‘Lekker aan de slag’ begint in B in januari 2025, in A in september 2024."


@settings(max_examples=8, deadline=None)
@given(st.sets(st.sampled_from(sorted(SETTINGS)), min_size=1), st.integers(1, 8))
def test_all_are_told_or_counted(paths: set[str], most: int) -> None:
    first, other = load_scenario(NIJKERK), load_scenario(NIJKERK, {path: SETTINGS[path][0] for path in paths})
    told = account(first, other, "en", most)
    assert len(told.lines) == min(most, len(paths))
    counted = re.search(r"And (\d+) more", told.rest)
    assert len(told.lines) + (int(counted.group(1)) if counted else 0) == len(paths)
    assert {row[0] for row in told.table.rows} == paths
    assert {spaced(line) for line in told.lines} <= {SETTINGS[path][2] for path in paths}


def test_another_approach_in_its_place_is_two_sentences(nijkerk: Scenario) -> None:
    told = account(nijkerk, load_scenario(ROOT / "configs" / "placebo.yaml"), "en")
    assert told.lines[0] == "In ‘Supported job’ B runs ‘Placebo (does and costs nothing)’ instead of ‘A supported job’."
    assert "aftercare of 0 months instead of 12; 0 hours per youth instead of 222; €0 per youth" in told.lines[1]
    assert len(told.lines) == 2 and told.rest == ""


def test_a_town_around_them_is_one_sentence(nijkerk: Scenario) -> None:
    town = load_scenario(ROOT / "configs" / "town.yaml")
    (line,) = account(nijkerk, town, "en").lines
    assert "‘town’" in line and str(len(difference(nijkerk, town)) - 1) in line
    (line,) = account(town, nijkerk, "nl").lines
    assert line.startswith("In A delen de jongeren")
    switched = load_scenario(ROOT / "configs" / "town.yaml", {"off": "[employers]"})
    assert account(town, switched, "nl").lines[0].startswith("In B is uitgezet: ‘werkgevers")
    assert account(switched, town, "nl").lines[0].startswith("In B is weer aan: ‘werkgevers")


def test_another_law_year_tells_how_many_rules(nijkerk: Scenario) -> None:
    (line,) = account(nijkerk, load_scenario(NIJKERK, {"law_year": "2017"}), "nl").lines
    assert re.fullmatch(r"In B geldt de wet van 2017, in A die van 2024 \(\d+ regels anders\)\.", line)


def test_another_place_is_told_by_its_title(nijkerk: Scenario, tmp_path: Path) -> None:
    arms = "arms: [{name: usual_care}, {name: supported_job, interventions: [supported_job]}]\n"
    found = {}
    for place in ("zwolle", "tilburg"):
        file = tmp_path / f"{place}.yaml"
        file.write_text(f"name: {place}\ntitle: {{nl: x, en: x}}\nplace: {place}\n{arms}", encoding="utf-8")
        found[place] = load_scenario(file)
    told = account(found["zwolle"], found["tilburg"], "nl")
    assert told.lines[0] == "Een andere plaats: ‘Tilburg’ in plaats van ‘Zwolle’."
    assert any(line.startswith("Andere jongeren: ") for line in told.lines)
    told = account(nijkerk, found["zwolle"], "en")
    assert told.lines[0] == "B takes place in ‘Zwolle’; A names no place."


def test_ingredients_that_only_one_uses_are_one_sentence(tmp_path: Path) -> None:
    found = []
    for name in ("supported_job", "job_coach"):
        file = tmp_path / f"{name}.yaml"
        arms = f"arms: [{{name: now}}, {{name: then, interventions: [{name}]}}]\n"
        file.write_text(f"name: x\ntitle: {{nl: x, en: x}}\npopulation: nijkerk\n{arms}", encoding="utf-8")
        found.append(load_scenario(file))
    told = account(*found, "en")
    (line,) = [line for line in told.lines if line.startswith("Only in B: ")]
    assert line.endswith("(ingredients of an approach).") and told.rest == ""


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (
            "hours_direction",
            "has half the hours of the role ‘direction’ (while in it) in B: 4 instead of 8 per youth and month.",
        ),
        ("hours_volunteer", "has half the ‘informal bond’ (while in it) in B: 4 instead of 8."),
    ],
)
def test_a_number_by_name_is_told_as_what_it_stands_for(number: str, said: str) -> None:
    path = ROOT / "configs" / "zwolle.yaml"
    given = {f"interventions.joint_bridging_plan.parameters.{number}": "4"}
    (line,) = account(load_scenario(path), load_scenario(path, given), "en").lines
    assert spaced(line) == f"‘Joint safety and bridging plan’ {said}"


def test_a_changed_copy_is_told_number_by_number(tmp_path: Path) -> None:
    made = drafts("own_plan", "en", "joint_bridging_plan", tmp_path / "own_plan.yaml")
    made = replace(made, texts=(made.texts[0].replace("\nplaces:", "\nstart_month: 8\nplaces:"), made.texts[1]))
    write_drafts(made)
    given = {"interventions.own_plan.places": "3", "interventions.own_plan.parameters.hours_direction": "4"}
    other = tmp_path / "other.yaml"
    text = made.scenario.read_text(encoding="utf-8")
    other.write_text(text.replace("own_plan.yaml", "joint_bridging_plan"), encoding="utf-8")
    told = [spaced(line) for line in account(load_scenario(other), load_scenario(made.scenario, given), "en").lines]
    plan = "‘Joint safety and bridging plan’"
    assert told[0] == f"In ‘With own_plan’ B runs a version of its own of {plan} (own_plan)."
    assert f"{plan} starts in May 2025 in B, in September 2024 in A." in told
    assert f"{plan} has 2 more places in B (3 instead of 1)." in told
    assert any(line.startswith(f"{plan} has half the hours of the role ‘direction’") for line in told)
