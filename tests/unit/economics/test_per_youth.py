"""Hours and euros per youth who completes a programme, counted by hand."""

from typing import Any

import pytest

from trajectsim.config.schema import Intervention
from trajectsim.economics.per_youth import Fixed, per_youth


def number(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "x", "locator": "x", "grade": "D"}


def line(price: dict[str, Any], **keys: Any) -> dict[str, Any]:
    whole = {"price_year": 2024, "payer": "education", "category": "programme", "programme": True}
    return {"price": price, **whole, **keys}


def made(costs: dict[str, Any], **keys: Any) -> Intervention:
    """Enrolled for 12 months, then 6 of aftercare; those of 16 to 20 may, so that they start at 18."""
    return Intervention.model_validate(
        {
            "name": "job", "title": {"nl": "x", "en": "x"}, "eligible": {"age": {"from": 16, "to": 20}},
            "places": number(5, "places"), "uptake": number(0.1, "per month"), "duration": number(12, "months"),
            "aftercare": number(6, "months"), "dropout": number(0.1, "per month"),
            "hours": [
                {"role": "coach", "while": ["enrolled", "aftercare"], "per_month": {"use": "coaching"}},
                {"role": "coach", "while": ["enrolled"], "per_month": number(1, "hours/month")},
                {"role": "chief", "while": ["enrolled"], "per_month": number(0.5, "hours/month")},
            ],
            "costs": costs,
            "parameters": {"coaching": number(4, "hours/month"), "hour": number(65, "EUR/hour")},
            **keys,
        }
    )  # fmt: skip


def test_months_and_hours() -> None:
    found = per_youth(made({}))
    assert found.start_age == 18 and found.months == {"enrolled": 12, "aftercare": 6}
    assert found.hours == {("coach", "enrolled"): 5, ("coach", "aftercare"): 4, ("chief", "enrolled"): 0.5}
    assert found.hours_in_all == 12 * 5 + 6 * 4 + 12 * 0.5
    assert found.euros == {} and found.fixed == () and found.depends == ()


@pytest.mark.parametrize(
    ("cost", "euros"),
    [
        (line({"use": "hour"}, hours="job.coach"), 65 * (12 * 5 + 6 * 4)),
        (line({"use": "hour"}, hours="job.coach", times=number(2, "number")), 130 * (12 * 5 + 6 * 4)),
        (line(number(100, "EUR/month"), state="job.enrolled"), 1200),
        (line(number(100, "EUR/month"), state="job.aftercare"), 600),
        (line(number(1200, "EUR/year"), state="job.enrolled"), 1200),
        (line(number(10, "EUR/day"), state="job.enrolled"), 3652.5),
        (line(number(70, "EUR/week"), state="job.enrolled"), 3652.5),
        (line(number(500, "EUR/event"), entries="job.enrolled"), 500),
        (line(number(500, "EUR/event"), entries="job.aftercare"), 500),
        (line(number(500, "EUR/event"), entries="job.enrolled", age={"from": 21}), 0),
        (line(number(100, "EUR/month"), state="job.enrolled", age={"to": 18.5}), 600),  # half of the year
        (line(number(100, "EUR/month"), state="job.aftercare", age={"from": 19.25}), 300),  # half of the aftercare
        (line(number(100, "EUR/month"), state="job.enrolled", kind="benefit"), 0),
        (line(number(100, "EUR/month"), state="job.enrolled", in_force={"to": 2020}), 0),
        (line(number(100, "EUR/month"), state="job.enrolled", kind="transfer", beneficiary="employers"), 1200),
    ],
)
def test_euros(cost: dict[str, Any], euros: float) -> None:
    assert per_youth(made({"one": cost})).euros == ({"education": pytest.approx(euros)} if euros else {})


def test_payers_are_added_up_and_what_depends_is_named() -> None:
    month = line(number(100, "EUR/month"), state="job.enrolled")
    other = line(number(1, "EUR/event"), event="e")
    found = per_youth(made({"a": month, "b": month, "c": {**month, "payer": "employers"}, "d": other}))
    assert found.euros == {"education": 2400, "employers": 1200} and found.depends == ("d",)


@pytest.mark.parametrize(
    ("often", "price", "euros"),
    [
        ("once", number(90000, "EUR"), 90000), ("year", number(90000, "EUR/year"), 90000),
        ("year", number(1000, "EUR/month"), 12000), ("month", number(12000, "EUR/year"), 1000),
    ],
)  # fmt: skip
def test_fixed_amounts_are_of_the_programme_as_a_whole(often: str, price: dict[str, Any], euros: float) -> None:
    found = per_youth(made({"office": line(price, fixed=often)}))
    assert found.euros == {} and found.fixed == (Fixed("office", often, pytest.approx(euros), "education"),)


def test_open_ages_start_in_the_middle_of_16_to_28() -> None:
    assert per_youth(made({}, eligible={})).start_age == 22
    assert per_youth(made({}, eligible={"age": {"from": 18}})).start_age == 23
    assert per_youth(made({}, eligible={"age": {"from": 4, "to": 12}})).start_age == 8
