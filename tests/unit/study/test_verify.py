"""A folder that was tampered with is told, file by file; a whole one is whole."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.study.studies import SCENARIO, write_study
from trajectsim.errors import UserError
from trajectsim.study.batch import resume, run_batch
from trajectsim.study.verify import verify
from trajectsim.study.work import prepare


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("verify") / "out"
    run_batch(prepare(write_study(out.parent)), out, executor="serial")
    return out


@pytest.fixture
def copy(studied: Path, tmp_path: Path) -> Path:
    shutil.copytree(studied, tmp_path / "copy")
    return tmp_path / "copy"


def test_a_whole_study(studied: Path) -> None:
    found = verify(studied)
    assert found.whole and found.same_version and found.findings == () and found.leftover == ()
    assert (found.parts, found.finished, found.runs, found.failed) == (12, 12, 192, 0)
    assert found.rows > 192


def test_a_whole_scenario_with_its_report(tmp_path: Path) -> None:
    run_batch(prepare(SCENARIO, {"draws": "3"}), tmp_path, executor="serial")
    for name in ("report.html", "summary.json", "youth_kim.html"):
        (tmp_path / name).write_text("", encoding="utf-8")
    assert verify(tmp_path).whole and verify(tmp_path).runs == 3 * 3 * 2
    file = next((tmp_path / "scenarios").iterdir())
    file.write_text(file.read_text(encoding="utf-8").replace('"years":2', '"years":3'), encoding="utf-8")
    assert [f.what for f in verify(tmp_path).findings] == [
        "the scenario kept with the results is not the one that was run"
    ]


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def flip(name: str) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return do


def add(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(b"?")


def edit_record(key: str) -> Callable[[Path], None]:
    def do(folder: Path) -> None:
        file = folder / "parts" / "part-00000-00001.json"
        record = json.loads(file.read_text(encoding="utf-8"))
        record[key] = [0, 1] if isinstance(record[key], list) else record[key] + 1
        file.write_text(json.dumps(record), encoding="utf-8")

    return do


@pytest.mark.parametrize(
    ("damage", "kind", "file"),
    [
        (remove("costs/part-00000-00001.parquet"), "missing", "costs/part-00000-00001.parquet"),
        (flip("costs/part-00000-00001.parquet"), "damaged", "costs/part-00000-00001.parquet"),
        (flip("runs/part-00001-00005.parquet"), "damaged", "runs/part-00001-00005.parquet"),
        (remove("parts/part-00000-00001.json"), "damaged", "parts/part-00000-00001.json"),
        (add("parts/part-00000-00001.json"), "damaged", "parts/part-00000-00001.json"),
        (edit_record("runs"), "manifest", "parts/part-00000-00001.json"),
        (edit_record("draws"), "manifest", "parts/part-00000-00001.json"),
        (flip("design.parquet"), "damaged", "design.parquet"),
        (remove("design.parquet"), "missing", "design.parquet"),
        (add("costs/part-00009-00001.parquet"), "foreign", "costs/part-00009-00001.parquet"),
        (add("teams/part-00000-00001.parquet"), "foreign", "teams/part-00000-00001.parquet"),
        (add("thesis.txt"), "foreign", "thesis.txt"),
        (add("scenarios/other.json"), "foreign", "scenarios/other.json"),
    ],
)
def test_damage_is_found(copy: Path, damage: Callable[[Path], None], kind: str, file: str) -> None:
    (copy / "teams").mkdir(exist_ok=True)
    damage(copy)
    found = verify(copy)
    assert [(f.kind, f.file) for f in found.findings] == [(kind, file)]
    assert not found.whole


def test_what_a_stopped_process_left_is_no_damage(copy: Path) -> None:
    (copy / "costs" / "part-00000-00001.parquet.there-12.tmp").write_bytes(b"half")
    (copy / ".lock").touch()
    assert verify(copy).whole and verify(copy).leftover == ("costs/part-00000-00001.parquet.there-12.tmp",)


def test_a_part_that_was_being_written_is_unfinished_and_not_damaged(copy: Path) -> None:
    (copy / "runs" / "part-00000-00001.parquet").unlink()
    found = verify(copy)
    assert found.findings == () and (found.finished, found.parts) == (11, 12) and not found.whole
    resume(copy, executor="serial")
    assert verify(copy).whole


def test_a_manifest_that_lacks_something(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    del manifest["draws"]
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(UserError, match="the manifest lacks something: 'draws'"):
        verify(copy)
