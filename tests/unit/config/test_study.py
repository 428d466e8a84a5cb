"""The form of a study file: every mistake with its line, nothing taken and ignored."""

from pathlib import Path

import pytest

from trajectsim.config.reader import read_mapping
from trajectsim.config.study import is_study, load_study
from trajectsim.errors import UserError

HEAD = "name: try\ntitle: {nl: Proef, en: Try}\nscenario: s.yaml\n"


def write(folder: Path, text: str, table: str | None = None) -> Path:
    file = folder / "study.yaml"
    file.write_text(HEAD + text, encoding="utf-8")
    if table is not None:
        (folder / "t.csv").write_text(table, encoding="utf-8")
    return file


def refused(folder: Path, text: str, table: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        load_study(write(folder, text, table))
    return str(caught.value)


def test_a_list_is_a_scan_and_a_name_a_path(tmp_path: Path) -> None:
    file = write(tmp_path, "design: grid\nfactors:\n  a.b: [1, 2]\n  c: {path: d.e, low: 1, high: 2, levels: 3}\n")
    spec = load_study(file).spec
    assert spec.factors["a.b"].values == [1, 2] and spec.path_of("a.b") == "a.b" and spec.path_of("c") == "d.e"
    assert spec.design.kind == "grid" and spec.others == "drawn" and spec.detail == "year"


def test_what_a_user_sets_goes_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "draws: 3\ndesign: grid\nfactors: {a: [1]}\n")
    spec = load_study(file, {"draws": "5", "seed": "9", "size": "30"}).spec
    assert (spec.draws, spec.seed, spec.settings) == (5, 9, {"size": 30})
    with pytest.raises(UserError, match=r"command line \(draws=0\).*out of range"):
        load_study(file, {"draws": "0"})
    with pytest.raises(UserError, match="no value is given for 'size'"):
        load_study(file, {"size": " "})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("design: gird\nfactors: {a: [1]}\n", r":4: design.*did you mean 'grid'"),
        ("design: grid\nfactors: {a: [1]}\nfactrs: 1\n", r":6: factrs: 'factrs' is not a key here; did you mean"),
        ("design: {kind: lhs}\nfactors: {a: {own: true}}\n", r":4: design: a lhs design needs samples"),
        ("design: {kind: grid, samples: 3}\nfactors: {a: [1]}\n", r":4: design.samples: a grid design takes no sampl"),
        ("design: {kind: sobol, samples: 12}\nfactors: {a: {own: true}}\n", r"no power of two.*allowed: 8 or 16"),
        ("design: {kind: morris, trajectories: 3, levels: 5}\nfactors: {a: {own: true}}\n", r"5 levels are odd"),
        ("design: grid\nfactors: {a: {}}\n", r":5: factors.a: nothing to vary over"),
        ("design: grid\nfactors: {a: {own: true, low: 1, high: 2, levels: 2}}\n", "more than one thing to vary over"),
        ("design: grid\nfactors: {a: {low: 2, high: 1, levels: 2}}\n", "a range needs low below high"),
        ("design: {kind: lhs, samples: 4}\nfactors: {a: {low: 0, high: 1, scale: log}}\n", "needs low above 0"),
        ("design: {kind: lhs, samples: 4}\nfactors: {a: {values: [1], scale: log}}\n", "a scale belongs to a range"),
        ("design: grid\nfactors: {a: {own: true}}\n", "into how many values"),
        ("design: {kind: lhs, samples: 4}\nfactors: {a: {own: true, levels: 3}}\n", "levels are for a range"),
        ("design: grid\nfactors:\n  a: [1]\n  b: {path: a, values: [2]}\n", r":7: factors.b: 'a' is also the path of"),
        ("settings: {a: 1}\ndesign: grid\nfactors: {a: [1]}\n", "also fixed by settings"),
        ("design: grid\nfactors: {a: [1]}\ndetail: period\nkeep: [parameters]\n", "none of them is kept"),
        ("design: grid\nfactors: {a: [1]}\ndraws: true\n", r":6: draws: true is given where a number is needed"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    import re

    message = refused(tmp_path, text)
    assert re.search(said, message), message


TABLE = "design: {kind: table, file: t.csv}\nfactors:\n  a: {}\n  b: {path: c.d}\n"


def test_a_table(tmp_path: Path) -> None:
    study = load_study(write(tmp_path, TABLE, "\ufeffb, a\n1,2\n\n3,4\n"))
    assert study.table == (("b", "a"), (("1", "2"), ("3", "4")))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (None, "'t.csv' cannot be read: No such file"),
        ("a,b\n", "holds no points"),
        ("a,x\n1,2\n", "has no column 'b'"),
        ("a,b,c\n1,2,3\n", "column 'c' of 't.csv' is no factor"),
        ("a,b\n1\n", "t.csv:2: has 1 cells where the header has 2"),
        ("a,a,b\n1,2,3\n", "has 2 columns 'a'"),
    ],
)
def test_a_table_that_does_not_fit(tmp_path: Path, table: str | None, said: str) -> None:
    assert said in refused(tmp_path, TABLE, table)


def test_a_table_takes_no_values_besides(tmp_path: Path) -> None:
    text = TABLE.replace("a: {}", "a: [1, 2]")
    assert "its values stand in the table" in refused(tmp_path, text, "a,b\n1,2\n")


def test_a_study_is_told_from_a_scenario(tmp_path: Path) -> None:
    assert is_study(read_mapping(write(tmp_path, "design: grid\nfactors: {}\n")))
    (tmp_path / "s.yaml").write_text("name: s\npopulation: nijkerk\n", encoding="utf-8")
    assert not is_study(read_mapping(tmp_path / "s.yaml"))
