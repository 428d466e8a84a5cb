"""In what two scenarios differ: nothing that changed is missing, and nothing is told that did not change."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trajectsim.config.difference import difference, leaves, pair, pair_arms, pair_interventions
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.evidence.parameter import Dirichlet, Distribution, Parameter
from trajectsim.evidence.paths import scenario_parameters

DATA = Path(__file__).parent / "data"
TINY = load_scenario(DATA / "scenario.yaml")
NUMBERS = {found.path: found.item for found in scenario_parameters(TINY) if isinstance(found.item, Parameter)}


def with_settings(**keys: str) -> Scenario:
    return load_scenario(DATA / "scenario.yaml", keys)


def other_value(number: Parameter) -> float:
    """Another value that the number's unit and limits allow."""
    half = number.value / 2
    limits = number.distribution.limits
    return half if half != number.value and (limits is None or limits[0] <= half <= limits[1]) else 0.5


def test_a_scenario_does_not_differ_from_itself() -> None:
    assert difference(TINY, load_scenario(DATA / "scenario.yaml")) == []


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(sorted(NUMBERS)), min_size=1))
def test_every_changed_number_appears_and_no_other(paths: set[str]) -> None:
    wanted = {path: other_value(NUMBERS[path]) for path in paths}
    changed = load_scenario(DATA / "scenario.yaml", {path: repr(value) for path, value in wanted.items()})
    found = difference(TINY, changed)
    assert {item.path: item.b.value for item in found} == wanted
    for item in found:
        assert (item.kind, item.a.value) == ("number", NUMBERS[item.path].value)
        ratio = item.b.value / item.a.value if item.a.value else 0
        assert item.size == (abs(math.log(ratio)) if ratio > 0 else math.inf)
    back = difference(changed, TINY)
    assert {item.path for item in back} == paths and [x.size for x in back] == [x.size for x in found]


def test_every_number_of_a_scenario_is_looked_at() -> None:
    seen = {leaf.path for leaf in leaves(TINY).values() if isinstance(leaf.value, (Parameter, Dirichlet))}
    assert seen == {found.path for found in scenario_parameters(TINY)}


@pytest.mark.parametrize(
    ("key", "value", "before", "now"),
    [
        ("size", "7", 50, 7), ("years", "3", 2.0, 3.0), ("start", "2025-01", "2024-09", "2025-01"),
        ("law_year", "2020", 2024, 2020), ("scale", "2", 1.0, 2.0),
    ],
)  # fmt: skip
def test_keys_of_the_scenario(key: str, value: str, before: object, now: object) -> None:
    (item,) = difference(TINY, with_settings(**{key: value}))
    assert (item.path, item.a, item.b) == (key, before, now)


@pytest.mark.parametrize("key", ["draws", "replicates", "seed"])
def test_how_sure_and_which_luck_is_no_difference(key: str) -> None:
    assert difference(TINY, with_settings(**{key: "9"})) == []


def test_sources_and_spreads_are_told_apart() -> None:
    path = "interventions.job_coach.duration"
    number = TINY.interventions["job_coach"].duration
    assert isinstance(number, Parameter)
    wide = Distribution(family="uniform", low=6, high=18)
    for update, kind in (({"source": "another"}, "evidence"), ({"distribution": wide}, "spread")):
        item = TINY.interventions["job_coach"].model_copy(update={"duration": number.model_copy(update=update)})
        changed = Scenario(**{**TINY.__dict__, "interventions": {"job_coach": item}})
        (found,) = difference(TINY, changed)
        assert (found.path, found.kind, found.size) == (path, kind, 0.0)


def test_items_of_lists_are_matched_by_what_they_are_about(tmp_path: Path) -> None:
    for file in DATA.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    text = (tmp_path / "job.yaml").read_text(encoding="utf-8")
    hour = "{value: 1, unit: hours, source: x, locator: x, grade: D}"
    first = f"  - {{role: chief, while: [enrolled], per_month: {hour}}}\n"
    (tmp_path / "job.yaml").write_text(text.replace("hours:\n", "hours:\n" + first, 1), encoding="utf-8")
    (found,) = difference(TINY, load_scenario(tmp_path / "scenario.yaml"))
    assert (found.kind, found.key) == ("only_b", "interventions.job_coach.hours.chief@enrolled.per_month")


def test_an_approach_of_another_name_in_its_place(tmp_path: Path) -> None:
    for file in DATA.glob("*.yaml"):
        text = file.read_text(encoding="utf-8").replace("job_coach", "buddy").replace("helped", "with_buddy")
        text = text.replace("value: 12, unit: months", "value: 6, unit: months")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    other = load_scenario(tmp_path / "scenario.yaml")
    assert pair_interventions(TINY, other) == [("job_coach", "buddy")]
    (found,) = difference(TINY, other)
    assert found.key == "interventions.job_coach.duration" and (found.a.value, found.b.value) == (12, 6)


@pytest.mark.parametrize(
    ("a", "b", "pairs"),
    [
        (["x", "y"], ["y", "x"], [("x", "x"), ("y", "y")]),
        (["x"], ["z"], [("x", "z")]),
        (["x", "y"], ["y", "z"], [("x", "z"), ("y", "y")]),
        (["x", "y"], ["z"], [("x", None), ("y", None), (None, "z")]),
        ([], ["z"], [(None, "z")]),
    ],
)
def test_pairs(a: list[str], b: list[str], pairs: list[tuple[str | None, str | None]]) -> None:
    assert pair(a, b) == pairs


def test_null_alternatives_are_always_a_pair() -> None:
    assert pair_arms(["now", "job"], ["usual", "now"]) == [("now", "usual"), ("job", "now")]


def test_a_function_of_every_month_is_one_difference_and_its_file_name_none() -> None:
    source = "def on_month(month):\n    pass\n"
    specs = [TINY.spec.model_copy(update={"on_month": name}) for name in ("a.py", "b.py")]
    one, two = (replace(TINY, spec=spec, hook=source) for spec in specs)
    assert difference(one, two) == []
    (found,) = difference(TINY, one)
    assert (found.kind, found.path, found.b) == ("only_b", "on_month", source)
