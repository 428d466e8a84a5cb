"""The folder of a study: whole parts or none, and plain words where something is amiss."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from trajectsim.errors import UserError
from trajectsim.study.folder import leave_nothing, prepare_folder
from trajectsim.study.layout import Part
from trajectsim.study.parts import TABLES, finished_parts, write_json, write_part
from trajectsim.study.store import Study, open_study

MANIFEST = {
    "model_version": "1",
    "content_hash": "abc",
    "seed": 1,
    "draws": 5,
    "replicates": 2,
    "parts": {"points": 1, "draws": 2},
    "scenario": {"size": 20, "draws": 5},
}


def tables(draw: int, names: tuple[str, ...] = ("events", "runs")) -> dict[str, pa.Table]:
    return {
        name: pa.table(
            {"draw": [draw], "n": [draw + 1], "share": [draw / 2], "kind": ["even" if draw % 2 == 0 else "odd"]}
        )
        for name in names
    }


def part(number: int, draws: int = 5) -> Part:
    """A part of two draws."""
    return Part(f"part-{number:05d}", range(1), range(2 * number, min(2 * number + 2, draws)))


def names(*numbers: int) -> list[str]:
    return [f"part-{number:05d}" for number in numbers]


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Three parts, written out of order."""
    prepare_folder(tmp_path, MANIFEST)
    for number in (2, 0, 1):
        write_part(tmp_path, part(number), tables(number))
    return open_study(tmp_path)


def test_parts_are_read_in_their_order(study: Study) -> None:
    assert study.parts == names(0, 1, 2)
    assert study.table("events")["n"].tolist() == [1, 2, 3]
    assert list(study.table("events", ["n"]).columns) == ["n"]
    assert study.manifest == MANIFEST


def test_sums(study: Study) -> None:
    by_kind = study.sums("events", ["kind"], ["n", "share"])
    assert by_kind.to_dict("list") == {"kind": ["even", "odd"], "n": [4, 2], "share": [1.0, 0.5]}
    assert by_kind["n"].dtype == "int64"
    chosen = study.sums("events", ["draw"], ["n"], where={"kind": ["even"], "draw": [1, 2]})
    assert chosen.to_dict("list") == {"draw": [2], "n": [3]}


def test_a_part_without_its_runs_is_not_there(study: Study) -> None:
    write_part(study.path, part(3, 8), tables(3))
    (study.path / "runs" / "part-00003.parquet").unlink()
    assert study.parts == names(0, 1, 2)
    assert len(study.table("events")) == 3
    assert TABLES[-1] == "runs"


def test_half_a_file_is_no_part(study: Study) -> None:
    (study.path / "runs" / "part-00003.tmp").write_bytes(b"half")
    assert finished_parts(study.path) == names(0, 1, 2)


@pytest.mark.parametrize("keep", [0, 50])
def test_a_damaged_part_is_told_however_it_is_read(study: Study, keep: int) -> None:
    study.sql("SELECT n FROM events")
    file = study.files("events")[0]
    file.write_bytes(file.read_bytes()[:keep])
    ways = (
        lambda: study.table("events"),
        lambda: study.sums("events", ["kind"], ["n"]),
        lambda: study.sql("SELECT n FROM events"),
    )
    for read in ways:
        with pytest.raises(UserError, match=r"cannot be read.*trajectsim verify"):
            read()


def test_unknown_and_empty_tables_are_told(study: Study) -> None:
    with pytest.raises(UserError, match="there is no table 'evnts'") as caught:
        study.table("evnts")
    assert "events" in caught.value.mistakes[0].sentence()
    with pytest.raises(UserError, match="no finished part of the table 'costs'"):
        study.table("costs")


def test_a_folder_without_results_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no results"):
        open_study(tmp_path)
    with pytest.raises(UserError, match="holds no results"):
        open_study(tmp_path / "nowhere")


@pytest.mark.parametrize("spoilt", [b"", b"{", b"\xff\xfe"])
def test_a_spoilt_manifest_is_told(study: Study, spoilt: bytes) -> None:
    (study.path / "manifest.json").write_bytes(spoilt)
    with pytest.raises(UserError, match="the manifest cannot be read"):
        open_study(study.path)
    with pytest.raises(UserError, match="the manifest cannot be read"):
        prepare_folder(study.path, MANIFEST)
    assert study.parts == names(0, 1, 2)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work", encoding="utf-8")
    with pytest.raises(UserError, match=r"is not empty and holds no results of trajectsim \(it has thesis.txt\)"):
        prepare_folder(tmp_path, MANIFEST)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("model_version", "2", "another model version: 1 there, 2 here"),
        ("seed", 9, "another seed: 1 there, 9 here"),
        ("content_hash", "xyz", "a file that they name has changed since .abc there, xyz here"),
    ],
)
def test_other_results_are_refused(study: Study, key: str, value: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        prepare_folder(study.path, {**MANIFEST, key: value})
    assert study.parts == names(0, 1, 2) and open_study(study.path).manifest == MANIFEST


def test_what_differs_is_said_in_words(study: Study) -> None:
    with pytest.raises(UserError, match="another scenario: size 20 there, 30 here"):
        prepare_folder(study.path, {**MANIFEST, "content_hash": "xyz", "scenario": {"size": 30, "draws": 9}})


@pytest.mark.parametrize(
    ("draws", "kept"), [(5, [0, 1, 2]), (6, [0, 1]), (7, [0, 1]), (20, [0, 1])]
)
def test_parts_that_hold_the_same_draws_are_kept(study: Study, draws: int, kept: list[int]) -> None:
    """Two draws to a part: of five draws the third part is half full."""
    assert prepare_folder(study.path, {**MANIFEST, "draws": draws}) == names(*kept)
    assert study.parts == names(*kept)
    assert sorted(file.stem for file in (study.path / "events").iterdir()) == names(*kept)
    assert open_study(study.path).manifest["draws"] == draws


@pytest.mark.parametrize("change", [{"replicates": 3}, {"draws": 4}])
def test_finished_results_are_not_given_up_for_other_numbers(study: Study, change: dict[str, int]) -> None:
    parts = study.parts
    with pytest.raises(UserError, match="would take their place") as caught:
        prepare_folder(study.path, {**MANIFEST, **change})
    assert caught.value.mistakes[0].allowed == "at least 5 draws of 2 replicates"
    assert open_study(study.path).parts == parts


def test_json_is_strict_and_written_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_json(file, {"é": [1, None]})
    assert json.loads(file.read_text(encoding="utf-8")) == {"é": [1, None]}
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(file, {"x": float("nan")})
    assert json.loads(file.read_text(encoding="utf-8")) == {"é": [1, None]}
    assert [f.name for f in tmp_path.iterdir()] == ["a.json"]


def test_of_a_study_that_finished_nothing_nothing_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    prepare_folder(folder, MANIFEST)
    leave_nothing(folder)
    assert not folder.exists()


def test_what_was_finished_is_never_removed(study: Study) -> None:
    parts = study.parts
    leave_nothing(study.path)
    assert open_study(study.path).parts == parts
