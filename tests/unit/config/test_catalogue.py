"""The catalogue lists everything that is packaged, and finds it by words of either language."""

import pytest

from trajectsim.config.catalogue import (
    FAMILIES,
    Entry,
    entries,
    entry,
    ingredients_of,
    not_interventions,
    other_words,
    search,
)
from trajectsim.config.load import packaged_names, read_kind
from trajectsim.config.schema import Text
from trajectsim.errors import UserError


def made(name: str, nl: str, en: str, about: str = "", *words: str) -> Entry:
    return Entry("intervention", name, Text(nl=nl, en=en), Text(nl=about, en=about), "approach", words=words)


LIST = [
    made("job_coach", "Jobcoach", "Job coach", "wie werkt"),
    made("debt_fund", "Schuldenfonds", "Debt fund", "jongeren met schulden", "coaching"),
    made("role_model", "Rolmodel één", "Role model", "jongens", "een coach als voorbeeld"),
]


def test_everything_packaged_is_listed_once() -> None:
    found = entries()
    for kind, names in (
        ("intervention", packaged_names("intervention")),
        ("place", packaged_names("place")),
        ("not_intervention", list(not_interventions())),
    ):
        assert sorted(item.name for item in found if item.kind == kind) == sorted(names)


def test_order_is_by_family_then_name() -> None:
    own = [(FAMILIES.index(item.family), item.name) for item in entries() if item.kind == "intervention"]
    assert own == sorted(own) and len(own) > 1


@pytest.mark.parametrize("name", ["supported_job", "placebo"])
def test_an_entry_is_what_the_whole_file_says(name: str) -> None:
    """Entries are read from the head of a file only."""
    spec, found = read_kind("intervention", name).spec, entry(name)
    assert found.title == spec.title
    if spec.background is None:
        assert found.family == "none" and found.about in (spec.description, spec.title)
    else:
        assert (found.family, found.about) == (spec.background.family, spec.background.for_whom)
        assert found.place == (spec.background.place or "") and set(spec.background.rows) <= set(found.words)
    assert {act.ingredient for act in spec.acts} <= set(found.words)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("jobcoach", ["job_coach"]),  # a title
        ("COACH", ["job_coach", "role_model", "debt_fund"]),  # a whole title word, a word, part of a word
        ("schulden jongeren", ["debt_fund"]),  # all words
        ("een", ["role_model"]),  # accents play no part
        ("jobcaoch", ["job_coach"]),  # much like it
        ("schuldenfond", ["debt_fund"]),
        ("coaches", ["job_coach", "role_model", "debt_fund"]),  # another ending
        ("geldzorgen", ["debt_fund"]),  # what it may mean
        ("coach zeppelin", []),
        ("", []),
        ("!?", []),
    ],
)
def test_search(text: str, names: list[str]) -> None:
    assert [item.name for item in search(LIST, text)] == names


def test_search_in_both_languages_finds_the_same() -> None:
    assert search(LIST, "rolmodel")[0] is search(LIST, "role model")[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("schooluitval", "tailored_class"),
        ("drop-outs", "tailored_class"),
        ("dropout", "tailored_class"),
        ("thuiszitters", "school_based_care_gouda"),
        ("schulden oplossen", "debt_path_jp"),  # the title of what it is made of
        ("geldproblemen", "debt_path_jp"),
    ],
)
def test_words_that_people_use_find_what_is_meant(text: str, name: str) -> None:
    assert name in [item.name for item in search(entries(), text)]


def test_other_words_stand_for_something_in_the_catalogue() -> None:
    for word, meant in other_words().items():
        assert word.isalpha() and word.islower() and meant
        assert [other for other in meant if not search(entries(), other)] == []


def test_an_entry_that_is_not_there_has_a_nearest() -> None:
    with pytest.raises(UserError, match="did you mean 'supported_job'"):
        entry("supported_jop")
    with pytest.raises(UserError, match="--search WORDS"):
        entry("qqqqqq")


def test_ingredients_are_those_of_the_acts() -> None:
    spec = read_kind("intervention", "group_training_rmc").spec
    assert list(ingredients_of(spec)) == ["group_training"]
    assert ingredients_of(read_kind("intervention", "placebo").spec) == {}


def test_what_is_no_intervention_gives_its_reason_in_both_languages() -> None:
    found = not_interventions()
    assert found
    assert all(item.reason.nl and item.reason.en and item.reason.nl != item.reason.en for item in found.values())
    assert not set(found) & set(packaged_names("intervention"))
