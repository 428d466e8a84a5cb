"""Files by name or path, models from fragments, sources, and the published forms."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trajectsim.config import load
from trajectsim.config.load import (
    KINDS,
    json_schema,
    load_model,
    load_population,
    load_sources,
    packaged_names,
    resolve,
)
from trajectsim.errors import Mistake, UserError

Spoil = Callable[..., Mistake]


def refused(function: Callable[..., Any], *args: Any) -> Mistake:
    with pytest.raises(UserError) as caught:
        function(*args)
    assert len(caught.value.mistakes) == 1, str(caught.value)
    return caught.value.mistakes[0]


def test_packaged_name_that_does_not_exist() -> None:
    mistake = refused(load_model, "youht")
    assert mistake.near == "youth"
    assert "youth" in str(mistake.allowed)


def test_path_is_relative_to_the_file_that_names_it(tmp_path: Path) -> None:
    assert resolve("model", "../a/b.yaml", tmp_path) == tmp_path / ".." / "a" / "b.yaml"
    assert resolve("model", "a\\b.yaml", tmp_path) == tmp_path / "a" / "b.yaml"
    assert resolve("model", str(tmp_path / "b.yaml"), Path("elsewhere")) == tmp_path / "b.yaml"


def test_missing_file_is_told_where_it_is_named(only: Spoil) -> None:
    mistake = only("scenario.yaml", "people.yaml", "peple.yaml")
    assert (mistake.key, mistake.near) == ("population", "people.yaml")


def test_missing_packaged_file_is_told_where_it_is_named(only: Spoil) -> None:
    mistake = only("scenario.yaml", "people.yaml", "nijkerc")
    assert (mistake.key, mistake.near) == ("population", "nijkerk")


def test_missing_include(only: Spoil) -> None:
    mistake = only("model.yaml", "[work.yaml, care.yaml]", "[work.yaml, car.yaml]")
    assert (mistake.key, mistake.near) == ("include", "care.yaml")


def test_missing_intervention(only: Spoil) -> None:
    mistake = only("scenario.yaml", "[job.yaml]", "[jbo.yaml]")
    assert (mistake.key, mistake.near) == ("arms.helped.interventions.0", "job.yaml")


def test_file_that_includes_itself(only: Spoil) -> None:
    assert "includes itself" in only("model.yaml", "[work.yaml, care.yaml]", "[model.yaml]").what


def test_name_declared_in_two_fragments(only: Spoil) -> None:
    mistake = only("care.yaml", "  care:", "  work:")
    assert "'work' is declared here for the second time (first in " in mistake.what
    assert "work.yaml:2" in mistake.what
    assert mistake.key == "domains.work"


def test_setting_of_the_whole_model_in_a_fragment(only: Spoil) -> None:
    mistake = only("care.yaml", "domains:\n", "steps_per_year: 4\ndomains:\n")
    assert "belongs in the main file" in mistake.what


def test_section_of_the_wrong_kind(only: Spoil) -> None:
    mistake = only("care.yaml", "domains:\n", "constraints: {a: 1}\ndomains:\n")
    assert mistake.what == "a mapping of keys is given where a list is needed"


def test_misspelt_section_in_a_fragment(only: Spoil) -> None:
    assert only("care.yaml", "domains:\n", "domain:\n").near == "domains"


def test_lists_of_fragments_follow_each_other_and_keep_their_lines(files: Any) -> None:
    rule = (
        "constraints:\n  - {name: other, domain: care, when: {states: {work: hom}}, allowed: [with], otherwise: with}\n"
    )
    path = files.folder / "care.yaml"
    path.write_text(rule + path.read_text(encoding="utf-8"), encoding="utf-8")
    model = load_model(str(files.folder / "model.yaml"))
    assert [constraint.name for constraint in model.constraints] == ["other", "care_ends_with_work"]
    (mistake,) = files.mistakes()
    assert Path(mistake.file).name == "care.yaml"
    assert (mistake.line, mistake.key, mistake.near) == (2, "constraints.other.when.states.work", "home")


def test_packaged_files_are_shown_without_their_folder() -> None:
    assert load.shown(load.DATA / "prices" / "x.yaml") == "trajectsim/data/prices/x.yaml"


@pytest.mark.parametrize("kind", KINDS)
def test_every_packaged_file_reads(kind: str) -> None:
    assert packaged_names(kind)
    for name in packaged_names(kind):
        assert load.read_kind(kind, name).spec.name == name


def test_sources_have_titles() -> None:
    assert all(source["title"] for source in load_sources().values())


def test_source_without_a_title_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "sources.yaml").write_text("a:\n  title: A\nb:\n  titel: B\n", encoding="utf-8")
    monkeypatch.setattr(load, "DATA", tmp_path)
    load._sources.cache_clear()
    try:
        mistake = refused(load_sources)
    finally:
        load._sources.cache_clear()
    assert (mistake.line, mistake.near) == (4, "title")


def test_names_of_a_population_are_refused_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("name: a\ntitle: {nl: a}\nsize: 2\nages: {from: 1, to: 2}\n", encoding="utf-8")
    mistake = refused(load_population, str(file))
    assert (mistake.line, mistake.key) == (2, "title.en")


def test_forms_are_published_as_json_schema() -> None:
    schema = json_schema("scenario")
    assert schema["additionalProperties"] is False
    assert "years" in schema["properties"]
    assert all(json_schema(kind)["type"] == "object" for kind in KINDS)
    assert refused(json_schema, "scenaro").near == "scenario"


def test_of_many_packaged_names_a_message_gives_the_nearest_or_the_first() -> None:
    with pytest.raises(UserError) as near:
        resolve("intervention", "job_coch")
    (mistake,) = near.value.mistakes
    assert (mistake.near, mistake.allowed) == ("job_coach", None)
    assert mistake.cure is not None and "trajectsim catalogue" in mistake.cure
    with pytest.raises(UserError) as far:
        resolve("intervention", "zzzzzz")
    (mistake,) = far.value.mistakes
    assert mistake.near is None and mistake.allowed is not None
    assert len(mistake.allowed.split(", ")) == 31 and mistake.allowed.endswith("...")
    with pytest.raises(UserError) as few:
        resolve("place", "zwole")
    (mistake,) = few.value.mistakes
    assert mistake.near == "zwolle" and mistake.allowed == ", ".join(packaged_names("place"))
