"""Files that are no readable YAML, and the places of what is readable."""

from pathlib import Path

import pytest

from trajectsim.config.reader import parse, read_mapping, read_yaml
from trajectsim.errors import Mistake, UserError


def wrong(text: str) -> Mistake:
    with pytest.raises(UserError) as caught:
        parse(text, "a.yaml")
    assert len(caught.value.mistakes) == 1, str(caught.value)
    assert caught.value.mistakes[0].file == "a.yaml"
    return caught.value.mistakes[0]


def test_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "nijkerk.yaml").write_text("a: 1", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_yaml(tmp_path / "nijkerck.yaml", "nijkerck.yaml")
    mistake = caught.value.mistakes[0]
    assert (mistake.file, mistake.near) == ("nijkerck.yaml", "nijkerk.yaml")
    assert "no such file" in mistake.what


def test_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="folder does not exist"):
        read_yaml(tmp_path / "nowhere" / "a.yaml")


def test_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder, not a file"):
        read_yaml(tmp_path)


@pytest.mark.parametrize("text", ["", "  \n\n"])
def test_empty_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="the file is empty"):
        read_yaml(file)


def test_file_with_comments_only() -> None:
    assert "only comments" in wrong("# nothing here\n").what


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("a: 1\nb: café\n".encode("latin-1"))
    with pytest.raises(UserError) as caught:
        read_yaml(file)
    assert caught.value.mistakes[0].line == 2
    assert "UTF-8" in caught.value.mistakes[0].what


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("a: 1\n".encode("utf-8-sig"))
    assert read_yaml(file).data == {"a": 1}


def test_tab() -> None:
    mistake = wrong("a:\n\tb: 1\n")
    assert mistake.line == 2
    assert "tab" in mistake.what
    assert mistake.cure == "use spaces instead of tabs"


def test_duplicate_key_names_both_lines() -> None:
    mistake = wrong("a:\n  b: 1\n  c: 2\n  b: 3\n")
    assert (mistake.line, mistake.key) == (4, "a.b")
    assert "second time (first on line 2)" in mistake.what


def test_all_duplicate_keys_are_told_at_once() -> None:
    with pytest.raises(UserError) as caught:
        parse("a: 1\na: 2\nb: {c: 1, c: 2}\n", "a.yaml")
    assert [mistake.key for mistake in caught.value.mistakes] == ["a", "b.c"]


@pytest.mark.parametrize("text", ["[1, 2]", "just a text"])
def test_not_a_mapping(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# a comment\n" + text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_mapping(file)
    assert "not a mapping" in caught.value.mistakes[0].what
    assert caught.value.mistakes[0].line == 2


def test_list_is_read_where_one_is_wanted() -> None:
    assert parse("- a\n- b\n", "a.yaml").data == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "line"), [("a: [1, 2\nb: 3\n", 2), ("a: b: c\n", 1), ("a: 'x\n", 2), ("a: 1\n--- \nb: 2\n", 2)]
)
def test_broken_syntax_has_a_line(text: str, line: int) -> None:
    mistake = wrong(text)
    assert "not readable as YAML" in mistake.what
    assert mistake.line == line
    assert mistake.cure


def test_decimal_comma_between_braces() -> None:
    mistake = wrong("a: {value: 0,4, unit: x}\n")
    assert mistake.line == 1
    assert mistake.cure == "write a decimal point, not a comma"


@pytest.mark.parametrize("text", ["a: .inf", "a: .nan", "a: 1e999"])
def test_only_finite_numbers(text: str) -> None:
    assert "finite" in wrong(text).what


@pytest.mark.parametrize("text", ["a: !env HOME", "a: {<<: {b: 1}}", "a: {[1]: 2}", "a: &x [*x]"])
def test_forms_that_are_not_read(text: str) -> None:
    assert wrong(text).cure


def test_yaml_1_2() -> None:
    text = "a: NO\nb: 1e-3\nc: 012\nd: 0x1F\ne: yes\nf: true\ng: ~\nh: 2024-09-01\ni: 1_000\nj: 'x'\n3: k\n"
    assert parse(text, "a.yaml").data == {
        "a": "NO", "b": 0.001, "c": 12, "d": 31, "e": "yes", "f": True, "g": None, "h": "2024-09-01", "i": 1000,
        "j": "x", 3: "k",
    }  # fmt: skip


def test_places() -> None:
    document = parse("a: 1\nb:\n  - c: 2\n    name: x\n  - 3\n", "a.yaml")
    assert document.places["a",] == ("a.yaml", 1)
    assert document.places["b", 0, "c"] == ("a.yaml", 3)
    assert document.places["b", 1] == ("a.yaml", 5)
    mistake = document.mistake(("b", 0, "c", "deeper"), "wrong")
    assert mistake.sentence() == "a.yaml:3: b.x.c.deeper: wrong"


def test_aliases_are_read() -> None:
    assert parse("a: &x {b: 1}\nc: *x\n", "a.yaml").data == {"a": {"b": 1}, "c": {"b": 1}}
