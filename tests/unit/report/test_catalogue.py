"""A card says of an entry what its file says, in both languages, with the evidence."""

import re

import pytest

from trajectsim.config.catalogue import entry, ingredients_of, not_interventions
from trajectsim.config.load import packaged_names, read_kind
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk
from trajectsim.report.catalogue import Card, card, card_of, grades_of, numbers_of
from trajectsim.report.phrases import words

SOME = ("supported_job", "group_training_rmc", "pooled_budget", "placebo")


def section(shown: Card, key: str) -> str:
    return "\n".join(line for part in shown.sections if part.key == key for line in part.lines).replace("\u00a0", " ")


@pytest.mark.parametrize("lang", ["nl", "en"])
@pytest.mark.parametrize("name", SOME)
def test_every_number_is_on_the_card_with_its_source(name: str, lang: str) -> None:
    spec = read_kind("intervention", name).spec
    shown = card(entry(name), lang)
    numbers = [number for _, _, number in walk(spec, "", (Parameter,))]
    assert [row.value for row in shown.numbers] == [number.value for number in numbers]
    assert [row.locator for row in shown.numbers] == [number.locator for number in numbers]
    assert all(row.source and row.path.startswith(f"interventions.{name}.") for row in shown.numbers)
    assert sum(grades_of(spec).values()) == len(numbers)
    if numbers:
        assert section(shown, "grades").startswith(f"{len(numbers)} ")
    assert all(part.lines for part in shown.sections)


def test_the_supported_job_in_dutch() -> None:
    shown = card(entry("supported_job"), "nl")
    assert (shown.title, shown.kind) == ("Lekker aan de slag", "aanpak, Nijkerk-type")
    assert "leeftijd 16 tot 28 jaar" in section(shown, "who") and "School en werk: thuis" in section(shown, "who")
    runs = section(shown, "runs")
    assert "plekken: 20" in runs and "coach: 8 uur per maand per jongere (tijdens)" in runs
    assert "samen 222 uur" in runs, "24 x 8.5 + 12 x 1.5"
    assert "‘geplaatst door het project’ (tijdens) + 0,16 per maand (0 tot 0,4)" in section(shown, "own_effects")
    assert "werk met begeleiding: plekken × 1,25 (0,9 tot 1,74)" in section(shown, "levers")
    costs = section(shown, "costs")
    assert "Gemeente, Participatiewet: € 42.930" in costs and "samen: € 47.730" in costs
    assert "staat ernaast; telt in geen score" in section(shown, "reported")


def test_ingredients_say_what_they_do_at_which_dose() -> None:
    shown = card(entry("group_training_rmc"), "en")
    (line,) = section(shown, "ingredients").split("\n")
    spec = read_kind("intervention", "group_training_rmc").spec
    made_of = ingredients_of(spec)["group_training"]
    assert line.startswith(f"{made_of.title.en}: 20 hours per month (while in it). At 20 hours per month it does: ")
    assert line.count("; ") == len(made_of.effects) - 1
    assert "only: the model must predict it" in section(shown, "reported")
    assert section(shown, "costs").startswith("National government: €1,550")


def test_a_lever_says_where_it_works_and_what_it_costs_as_a_whole() -> None:
    shown = card(entry("pooled_budget"), "en")
    assert "× 0.25 (0.06 to 1.05); in a town with ‘deciding, refusing and passing on’" in section(shown, "levers")
    assert section(shown, "costs") == "fixed, per year (keeping the budget): €6,500, Municipality, other"
    assert not section(shown, "who") and not section(shown, "runs")


def test_what_is_no_intervention_says_why() -> None:
    name, row = next(iter(not_interventions().items()))
    shown = card(entry(name), "nl")
    assert section(shown, "why_not") == row.reason.nl and row.locator in section(shown, "source")


def test_both_languages_have_the_same_sections_and_no_gaps() -> None:
    for name in SOME:
        both = [card_of(read_kind("intervention", name).spec, lang) for lang in ("nl", "en")]
        assert [part.key for part in both[0].sections] == [part.key for part in both[1].sections]
        assert [len(part.lines) for part in both[0].sections] == [len(part.lines) for part in both[1].sections]
        assert not re.search(r"[{}]", str(both))


def test_numbers_spell_out_their_source() -> None:
    (places, *_) = numbers_of(read_kind("intervention", "supported_job").spec, "x")
    assert (places.path, places.value, places.grade) == ("x.places", 20, "A")
    assert "Instituut voor Publieke Waarden" in places.source


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_role_of_a_packaged_intervention_has_a_word(lang: str) -> None:
    specs = [read_kind("intervention", name).spec for name in packaged_names("intervention")]
    roles = {row.role for spec in specs for row in spec.hours}
    assert roles and {role for role in roles if not words(lang).has(f"differs.role_{role}")} == set()


def test_exits_of_one_title_and_size_are_told_once() -> None:
    """Leaving a school and leaving practical school are both 'dropped out of school'."""
    does = section(card(entry("tailored_class"), "en"), "ingredients")
    assert does.count("‘dropped out of school’ × 0.85") == 1
