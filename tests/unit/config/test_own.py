"""An intervention of one's own: what is written passes the check, runs what it says, and never takes a file's place."""

import re
from pathlib import Path

import pytest

from trajectsim.config.check import check
from trajectsim.config.load import read_kind
from trajectsim.config.own import drafts, write_drafts
from trajectsim.config.reader import parse
from trajectsim.config.scenario import load_scenario
from trajectsim.errors import UserError


@pytest.mark.parametrize(
    ("lang", "example", "place", "world"),
    [
        ("nl", None, "nijkerk", "town"),
        ("en", None, "nijkerk", "town"),
        ("nl", "supported_job", "nijkerk", "town"),
        ("en", "pooled_budget", "nijkerk", "town"),  # a lever: nobody takes part in it
        ("nl", "school_based_care_gouda", "gouda", "programmes"),  # for children
        ("nl", "joint_bridging_plan", "zwolle", "town"),  # a place with a scale and values of its own
    ],
)
def test_both_files_pass_the_check(tmp_path: Path, lang: str, example: str | None, place: str, world: str) -> None:
    found = drafts("my_own", lang, example, tmp_path / "mine.yaml")
    write_drafts(found)
    assert (found.intervention, found.scenario) == (tmp_path / "mine.yaml", tmp_path / "my_own_scenario.yaml")
    scenario = load_scenario(found.scenario)
    assert check(scenario) == []
    assert [arm.interventions for arm in scenario.spec.arms] == [[], ["my_own"]]
    assert scenario.spec.place == place and scenario.population.name == place
    assert scenario.spec.world == world
    assert scenario.spec.scale == (read_kind("place", place).spec.scale or 1)
    assert found.texts[0].count("#") >= 3 and f"trajectsim check {found.scenario}" in found.texts[0]


def test_both_languages_write_the_same_intervention() -> None:
    texts = {lang: drafts("my_own", lang).texts for lang in ("nl", "en")}
    for dutch, english in zip(texts["nl"], texts["en"], strict=True):
        plain = [re.sub(r"own choice|eigen keuze|own idea|eigen idee", "x", text) for text in (dutch, english)]
        data = [parse(text, "x").data for text in plain]
        for item in data:
            item.get("parameters", {}).get("hour_of_guidance", {}).pop("note", None)
        assert data[0] == data[1]
        own = [line.strip() for line in dutch.splitlines() if line.startswith("#")]
        assert own and not set(own) & {line for line in english.splitlines() if "trajectsim" not in line}


def test_a_copy_is_the_same_but_for_its_name(tmp_path: Path) -> None:
    found = drafts("my_job", "nl", "supported_job", tmp_path / "my_job.yaml")
    write_drafts(found)
    copy, original = (read_kind("intervention", name).spec for name in (str(found.intervention), "supported_job"))
    assert copy.name == "my_job" and "supported_job." not in found.texts[0].split("costs:", 1)[1]
    plain = [
        {**item.model_dump(mode="json", exclude={"name", "costs"})} for item in (copy, original)
    ]  # fmt: skip
    assert plain[0] == plain[1]
    for name, line in copy.costs.items():
        other = original.costs[name]
        assert line.price == other.price and line.payer == other.payer
        for quantity in ("state", "entries", "hours"):
            text = getattr(other, quantity)
            assert getattr(line, quantity) == (None if text is None else text.replace("supported_job", "my_job"))


def test_a_copy_of_a_copy(tmp_path: Path) -> None:
    first = drafts("my_job", "nl", "supported_job", tmp_path / "my_job.yaml")
    write_drafts(first)
    second = drafts("our_job", "nl", str(first.intervention), tmp_path / "our_job.yaml")
    write_drafts(second)
    assert check(load_scenario(second.scenario)) == []


@pytest.mark.parametrize("there", ["my_own.yaml", "my_own_scenario.yaml"])
def test_nothing_is_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine", encoding="utf-8")
    found = drafts("my_own", "nl", None, tmp_path / "my_own.yaml")
    with pytest.raises(UserError, match="nothing has been overwritten"):
        write_drafts(found)
    assert {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == {there: "mine"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_drafts(drafts("my_own", "nl", None, tmp_path / "nowhere" / "my_own.yaml"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "example", "message"),
    [
        ("My Buddy!", None, "did you mean 'my_buddy'"),
        ("2nd", None, "did you mean 'my_2nd'"),
        ("supported_job", None, "--from supported_job"),
        ("my_own", "supported_jop", "did you mean 'supported_job'"),
    ],
)
def test_refused(name: str, example: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        drafts(name, "nl", example)


def test_the_file_is_yaml() -> None:
    with pytest.raises(UserError, match=r"did you mean 'mine.txt.yaml'"):
        drafts("my_own", "nl", None, Path("mine.txt"))
