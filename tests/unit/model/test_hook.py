"""A function of the user's own in every month: what it may see and change, and how its mistakes are told."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import as_bytes, text
from tests.unit.model.conftest import COACH, write_world
from trajectsim import cli
from trajectsim.config.scenario import content_hash, load_scenario
from trajectsim.model.hook import hook_of
from trajectsim.model.model import TrajectModel
from trajectsim.study.store import open_study

Hooked = Callable[..., Path]
NOTHING = "def on_month(month):\n    pass\n"


@pytest.fixture
def hooked(tmp_path: Path) -> Hooked:
    """Writes the small world with a function of every month, and returns the scenario's file."""

    def write(source: str, **scenario: object) -> Path:
        (tmp_path / "rules.py").write_text(source, encoding="utf-8")
        return write_world(tmp_path, scenario={"on_month": "rules.py", **scenario})

    return write


WORLD = {
    "name": "town",
    "title": text(),
    "provisions": {"jobs": {"title": text(), "states": ["activity.job"]}},
    "mechanisms": {
        "employers": {
            "title": text(),
            "places": {"jobs": {"capacity": {**COACH["places"], "value": 4}, "kind": "employer"}},
        }
    },
}


# --- what it does -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", ["cohort", "presets"])
@pytest.mark.parametrize("arm", ["usual_care", "coached"])
def test_a_function_that_does_nothing_changes_nothing(small: Path, hooked: Hooked, arm: str, people: str) -> None:
    plain = TrajectModel(small, arm=arm, people=people).run()
    model = TrajectModel(hooked(NOTHING), arm=arm, people=people).run()
    assert as_bytes(model.columns, model.ledger) == as_bytes(plain.columns, plain.ledger)
    assert model.occupancy().equals(plain.occupancy())
    assert model.events().equals(plain.events())


def test_a_study_is_the_same_with_a_function_that_does_nothing(small: Path, hooked: Hooked, tmp_path: Path) -> None:
    tables = []
    for name, file in (("plain", small), ("hooked", hooked(NOTHING))):
        argv = ["run", str(file), "--out", str(tmp_path / name), "--draws", "2", "--lang", "en"]
        assert cli.main(argv) == 0
        tables.append(open_study(tmp_path / name).table("months"))
    assert tables[0].equals(tables[1])


def test_without_a_world_nothing_is_shared(hooked: Hooked) -> None:
    model = TrajectModel(hooked(NOTHING))
    assert model.n_institutions == 0
    assert "place_asked" not in model.events()


SEEN = """
def on_month(month):
    seen = month.get("trust")
    assert month.size == len(seen) == len(month.state("activity"))
    assert set(month.state("activity")) <= {"school", "at_home", "job"}
    assert set(month.get("lvb")) <= {0.0, 1.0}
    home = month.state("activity") == "at_home"
    month.put("trust", seen + 0.5 * home)
    month.put("support", float(month.number))
    if "coach" in month.arm_runs:
        month.put("lvb", month.luck("who") < 0.5)
"""


def test_it_sees_and_changes_youths(hooked: Hooked) -> None:
    model = TrajectModel(hooked(SEEN), arm="coached")
    home = np.array(model.youths.get("at_home"))
    trust = model.youths.array("trust")
    model.step()
    assert set(model.youths.get("support")) == {0.0}
    raised = model.youths.array("trust") - trust
    assert raised[home] == pytest.approx(np.minimum(0.5, 1 - trust[home]), abs=0.02)
    assert np.abs(raised[~home]).max() < 0.02
    once = model.youths.array("lvb")
    assert 0 < once.mean() < 1
    model.step()
    assert set(model.youths.get("support")) == {1.0}
    assert model.youths.array("lvb").tolist() != once.tolist(), "another luck in another month"
    assert model.run().youths.array("trust").max() <= 1.0


def test_what_it_changes_counts(hooked: Hooked) -> None:
    """Nobody, or everybody, has LVB: dropping out goes by the hazard ratio."""
    out = {}
    for value in (0, 1):
        file = hooked(f"def on_month(month):\n    month.put('lvb', {value})\n", size=3000)
        model = TrajectModel(file).run()
        out[value] = model.occupancy()["activity", "school"].iloc[6]
    assert out[1] < 0.85 * out[0]


KEYED = """
import math
def on_month(month):
    month.put("support", month.luck("a day out"))
    month.put("trust", month.luck("another"))
"""


def test_luck_is_the_same_in_every_arm(hooked: Hooked) -> None:
    file = hooked(KEYED)
    runs = [("usual_care", 0), ("coached", 0), ("coached", 1)]
    usual, coached, other = (TrajectModel(file, arm=arm, replicate=replicate) for arm, replicate in runs)
    for _ in range(8):
        for model in (usual, coached, other):
            model.step()
        support = usual.youths.array("support")
        assert support.tolist() == coached.youths.array("support").tolist() != other.youths.array("support").tolist()
        assert np.abs(np.corrcoef(support, usual.youths.array("trust"))[0, 1]) < 0.7
    assert as_bytes(usual.columns) == as_bytes(_lived(TrajectModel(file), 8).columns)


def _lived(model: TrajectModel, months: int) -> TrajectModel:
    for _ in range(months):
        model.step()
    return model


def test_in_a_town(tmp_path: Path, hooked: Hooked) -> None:
    """It comes before everything else in the month, and places stay scarce."""
    (tmp_path / "town.yaml").write_text(json.dumps(WORLD), encoding="utf-8")
    file = hooked("def on_month(month):\n    month.put('trust', 0.25)\n", world="town.yaml")
    model = TrajectModel(file)
    held = []
    while model.running:
        model.step()
        held.append(model.count("activity", "job"))
        assert model.youths.array("trust").max() <= 0.25
    assert max(held) == 4
    plain = TrajectModel(write_world(tmp_path, scenario={"world": "town.yaml"})).run()
    assert as_bytes(plain.ledger) == as_bytes(model.ledger), "nothing depends on trust here"


# --- the hash ---------------------------------------------------------------------------------------------------------


def test_the_hash_goes_by_the_source(small: Path, hooked: Hooked, tmp_path: Path) -> None:
    hashes = [content_hash(load_scenario(small))]
    for source in (NOTHING, NOTHING + "# a remark\n", "def on_month(month):\n    month.put('trust', 0.5)\n"):
        hashes.append(content_hash(load_scenario(hooked(source))))
    assert len(set(hashes)) == 4
    (tmp_path / "rules.py").rename(tmp_path / "other.py")
    named = write_world(tmp_path, scenario={"on_month": "other.py"})
    assert content_hash(load_scenario(named)) == hashes[-1], "the file's name is not content"


# --- mistakes ---------------------------------------------------------------------------------------------------------


def refused(capsys: pytest.CaptureFixture[str], file: Path) -> str:
    """Run a scenario that must be refused; return what stands on stderr."""
    assert cli.main(["run", str(file), "--out", str(file.parent / "out"), "--draws", "1", "--lang", "en"]) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("import random", "random"),
        ("import numpy.random", "numpy.random"),
        ("from numpy import random", "numpy.random"),
        ("from numpy.random import default_rng", "numpy.random"),
        ("import numpy as np; x = np.random.rand(3)", "numpy.random"),
        ("import secrets, math", "secrets"),
        ("from time import time", "time"),
        ("import os.path", "os.path"),
    ],
)
def test_sources_of_chance_are_refused(
    hooked: Hooked, capsys: pytest.CaptureFixture[str], line: str, name: str
) -> None:
    told = refused(capsys, hooked(f"\n{line}\n{NOTHING}"))
    assert told.startswith("rules.py:2: on_month: ")
    assert f"uses '{name}'" in told
    assert "month.luck" in told


def test_a_source_of_chance_within_the_function(hooked: Hooked, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, hooked("def on_month(month):\n    import random\n"))
    assert told.startswith("rules.py:2: on_month: `on_month` uses 'random'")


def test_other_imports_are_allowed(hooked: Hooked) -> None:
    source = "import math, numpy as np\nfrom collections import Counter\nimport pandas\n" + NOTHING
    assert TrajectModel(hooked(source)).run().month == 24


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("def on_moth(month):\n    pass\n", "rules.py: the file has no function `on_month`. Write def on_month"),
        ("on_month = 3\n", "rules.py: the file has no function `on_month`"),
        ("\n\nx = 1 / 0\n", "rules.py:3: `on_month` stopped as it was read: ZeroDivisionError"),
        ("def on_month(month, more):\n    pass\n", "rules.py: `on_month` stopped in step 0: TypeError"),
    ],
)
def test_mistakes_in_the_file(hooked: Hooked, capsys: pytest.CaptureFixture[str], source: str, told: str) -> None:
    assert told in refused(capsys, hooked(source))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("return 1 / month.number", "`on_month` stopped in step 0: ZeroDivisionError"),
        ("month.get('trst')", "on_month: a youth has no latent or trait 'trst'; did you mean 'trust'?"),
        ("month.state('activty')", "there is no domain 'activty'; did you mean 'activity'?"),
        ("month.put('trust', [1, 2, 3])", "on_month: 'trust' cannot be set to this (shape [3])"),
        ("month.put('support', float('nan'))", "on_month: 'support' cannot be set to this; allowed: one number"),
        ("month.put('support', 1e9)", "on_month: 'support' cannot be set to this"),
        ("month.put('support', 'much')", "`on_month` stopped in step 0: ValueError"),
    ],
)
def test_mistakes_in_the_function(hooked: Hooked, capsys: pytest.CaptureFixture[str], line: str, told: str) -> None:
    assert refused(capsys, hooked(f"def on_month(month):\n    {line}\n")).startswith(f"rules.py:2: {told}")


def test_what_is_no_python_is_told_at_the_scenarios_line(hooked: Hooked, capsys: pytest.CaptureFixture[str]) -> None:
    file = hooked("def on_month(month)\n    pass\n")
    line = 1 + next(i for i, row in enumerate(file.read_text(encoding="utf-8").splitlines()) if '"on_month"' in row)
    told = refused(capsys, file)
    assert f"scenario.yaml:{line}: on_month: 'rules.py' is no Python: expected ':' (line 1)" in told
    assert cli.main(["check", str(file)]) == 2


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, write_world(tmp_path, scenario={"on_month": "nowhere.py"}))
    assert "on_month" in told
    assert "scenario.yaml" in told


def test_none_without_a_function(small: Path) -> None:
    assert hook_of(load_scenario(small)) is None
