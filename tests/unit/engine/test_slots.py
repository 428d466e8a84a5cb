"""Numbers on their way from the register to the engine."""

import math

import numpy as np
import pytest

from tests.helpers import number
from trajectsim.config.schema import Use
from trajectsim.engine.slots import LATENT, LOG, PLAIN, STEPS, WEIBULL, Resolver, Slots
from trajectsim.engine.tables import LATENT_ONE
from trajectsim.evidence.parameter import Parameter

RATE = Parameter.model_validate(number(0.05, "per year"))


def resolver() -> Resolver:
    paths = [
        "model.a.go.base",
        "model.parameters.rate",
        "interventions.job.parameters.rate",
        "interventions.job.uptake",
    ]
    return Resolver({path: i for i, path in enumerate(paths)}, dict.fromkeys(paths, RATE))


def test_a_number_is_found_where_it_is_written_or_where_it_refers_to() -> None:
    r = resolver()
    assert r.position(RATE, "model.a.go.base", "model") == 0
    assert r.position(Use(use="rate"), "model.a.go.base", "model") == 1
    assert r.position(Use(use="rate"), "interventions.job.uptake", "interventions.job") == 2
    assert r.position(Use(use="@interventions.job.uptake"), "model.job.uptake.base", "interventions.job") == 3


def test_plain_numbers_become_constants_behind_the_draw() -> None:
    r = resolver()
    first, second = r.position(0.25, "anywhere", "model"), r.position(7, "anywhere", "model")
    extended = r.extended(np.array([1.0, 2.0, 3.0, 4.0]))
    assert (extended[first], extended[second]) == (0.25, 7.0)
    assert extended.tolist() == [1, 2, 3, 4, 0.25, 7]


def test_units_are_those_of_the_parameter_or_none() -> None:
    r = resolver()
    assert r.unit(Use(use="rate"), "", "model") == "per year"
    assert r.unit(3.0, "", "model") == "number"


def test_a_name_that_is_not_there_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        resolver().position(Use(use="rote"), "", "model")


def filled(form: int, value: float, **keys: float) -> float:
    slots = Slots()
    assert slots.add(1, form=form, **keys) == 0 and len(slots) == 1
    return float(slots.frozen().fill(np.array([99.0, value]))[0])


def test_forms() -> None:
    assert filled(PLAIN, 0.3, scale=0.5) == 0.15
    assert filled(PLAIN, 0.3, after=2.0) == 0.6
    assert filled(LOG, 2.0) == math.log(2)
    assert filled(LOG, 2.0, after=0.5) == math.log(2) / 2
    assert filled(LATENT, 0.25) == LATENT_ONE / 4
    assert filled(LATENT, -0.12, scale=1 / 12) == round(-0.01 * LATENT_ONE)
    assert filled(WEIBULL, 1.5, scale=0.25, first=2.0) == pytest.approx(0.75**1.5 - 0.5**1.5)


def test_a_ratio_of_nought_stops_an_exit_and_is_no_error() -> None:
    assert filled(LOG, 0.0) == -690.0


@pytest.mark.parametrize(("months", "steps"), [(6.0, 6), (6.4, 6), (6.6, 7), (0.2, 1), (0.0, 1)])
def test_times_are_whole_steps_and_at_least_one(months: float, steps: int) -> None:
    assert filled(STEPS, months) == steps


def test_many_slots_read_one_row() -> None:
    slots = Slots()
    for j in range(4):
        slots.add(0, form=WEIBULL, first=float(j))
    slots.add(1, form=LOG)
    out = slots.frozen().fill(np.array([2.0, 3.0]))
    assert out.tolist() == pytest.approx([1, 3, 5, 7, math.log(3)])


def test_no_slots_are_fine() -> None:
    assert len(Slots().frozen().fill(np.array([1.0]))) == 0
