"""Fields: what can be read of a youth by name, and in which unit."""

from pathlib import Path

import numpy as np
import pytest

from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE
from trajectsim.errors import UserError
from trajectsim.model.fields import fields_of
from trajectsim.model.prepare import prepare
from trajectsim.model.youths import new_columns


@pytest.fixture
def fields(small: Path):
    return prepare(small).fields


@pytest.fixture
def columns(fields):
    """Two youths, set by hand: the second is 17, has LVB, is at home since step -3."""
    columns, rows = new_columns(fields.program, 2), fields.program.rows
    columns.when[rows.birth] = -240, -204
    columns.small[rows.flags["lvb"], 1] = 1
    columns.small[0, 1] = 1
    columns.when[0, 1] = -3
    columns.slow[rows.latents["trust"]] = 0, LATENT_ONE // 4
    columns.slow[rows.numbers["support"]] = -3 * NUMBER_ONE, NUMBER_ONE // 2
    return columns


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("age", [20.5, 17.5]),
        ("present", [True, True]),
        ("activity", ["school", "at_home"]),
        ("care", ["off", "off"]),
        ("lvb", [False, True]),
        ("support", [-3.0, 0.5]),
        ("trust", [0.0, 0.25]),
        ("months_in_activity", [6.0, 9.0]),
        ("at_home", [False, True]),
        ("school", [True, False]),
        ("offer_coach", [False, False]),
    ],
)
def test_reading(fields, columns, name, values) -> None:
    read = fields.read(name, columns, 6, slice(None))
    assert read.tolist() == values
    assert fields.read(name, columns, 6, np.array([1])).tolist() == values[1:]
    one = fields.value(name, columns, 6, 1)
    assert one == values[1]
    assert type(one) is type(values[1])


def test_present_leaves_out_who_died(fields, columns) -> None:
    columns.small[fields.domain("vital"), 0] = 1
    assert fields.read("present", columns, 0, slice(None)).tolist() == [False, True]


def test_present_leaves_out_who_has_yet_to_join(joining: Path) -> None:
    program = prepare(joining).program
    columns = new_columns(program, 3)
    columns.when[program.rows.enter] = -1, 6, 7
    assert fields_of(program).present(columns, 6, slice(None)).tolist() == [True, True, False]


def test_months_follow_the_length_of_a_step(world) -> None:
    fields = prepare(world(model={"steps_per_year": 4})).fields
    columns = new_columns(fields.program, 1)
    columns.when[:] = -4
    assert fields.value("months_in_activity", columns, 2, 0) == 18.0
    assert fields.value("age", columns, 2, 0) == 1.5


def test_the_same_name_twice(world) -> None:
    """A state's name that stands in two domains, or is taken, is no field; a domain goes before a trait."""
    people = {"traits": {}, "initial": {}}
    model = {
        "domains": {"age": {"states": {"a": {}, "care": {}}}, "care": {"states": {"a": {}, "b": {}}}},
        "traits": {"care": {"title": {"nl": "x", "en": "x"}}},
        "latents": {},
    }
    start = {"shares": {"a": 1.0}, "source": "a test", "locator": "-", "grade": "D"}
    people["initial"] = {"age": [{"states": start}], "care": [{"states": start}]}
    people["presets"] = {}
    share = {"value": 0.5, "unit": "share", "source": "a test", "locator": "-", "grade": "D"}
    people["traits"] = {"care": {"share": share}}
    fields = prepare(world(model=model, people=people, scenario={"arms": [{"name": "only"}]})).fields
    kinds = {name: field.kind for name, field in fields.by_name.items()}
    assert kinds == {
        "age": "age", "present": "present", "care": "domain", "months_in_age": "months", "months_in_care": "months",
        "b": "state",
    }  # fmt: skip


def test_names_that_are_not_there(fields, columns) -> None:
    with pytest.raises(UserError, match="did you mean 'activity'"):
        fields.read("activty", columns, 0, slice(None))
    with pytest.raises(UserError, match=r"there is no domain 'car'.*did you mean 'care'"):
        fields.domain("car")
    with pytest.raises(UserError, match=r"activity has no state 'home'.*at_home"):
        fields.state("activity", "home")
    assert fields.program.names.states[fields.state("care", "on")] == "care.on"
