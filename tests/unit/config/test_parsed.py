"""Packaged files read from what was kept are the same as parsed anew; what is kept is never trusted blindly."""

from pathlib import Path
from typing import Any

import pytest

from trajectsim.config.load import DATA
from trajectsim.config.parsed import kept
from trajectsim.config.reader import parse, read_text, read_yaml


def test_the_same_document_every_time() -> None:
    file = DATA / "prices" / "nl_2024.yaml"
    anew = parse(read_text(file, "p"), "p")
    for _ in range(2):
        again = read_yaml(file, "p")
        assert again.data == anew.data and again.places == anew.places


def test_parsed_once_for_each_text(tmp_path: Path) -> None:
    calls = []

    def parser(value: Any) -> Any:
        def made() -> Any:
            calls.append(value)
            return {"a": [value, True, "x"]}, {(): 1, ("a", 0): 2}

        return made

    first = kept("a: 1.5", tmp_path, parser(1.5))
    assert kept("a: 1.5", tmp_path, parser(2.5)) == first == ({"a": [1.5, True, "x"]}, {(): 1, ("a", 0): 2})
    assert kept("a: 2.5", tmp_path, parser(2.5))[0]["a"][0] == 2.5
    assert calls == [1.5, 2.5]


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\xe9"])
def test_what_is_damaged_is_parsed_again(tmp_path: Path, damage: bytes) -> None:
    kept("t", tmp_path, lambda: ([1], {(): 1}))
    (file,) = tmp_path.iterdir()
    file.write_bytes(damage)
    assert kept("t", tmp_path, lambda: ([1], {(): 1})) == ([1], {(): 1})
    assert kept("t", tmp_path, lambda: ([9], {})) == ([1], {(): 1})


def test_where_nothing_can_be_kept_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    for _ in range(2):
        assert kept("t", tmp_path / "file" / "x", lambda: ([1], {})) == ([1], {})
