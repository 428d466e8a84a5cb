"""A pooled budget decides while it lasts; once it is out, the desks of the laws are what is left."""

import pytest

from tests.helpers import World, domain, number, starts, text, way, world


def pooled(cap: float | None) -> World:
    """Youths who ask for a job that a desk takes long to decide on, with a pooled budget beside it."""
    budget = {"title": text(), "pooled": True, "buys": ["jobs"], "tariffs": {"jobs": number(100, "EUR/month")}}
    if cap is not None:
        budget["cap"] = number(cap, "EUR/year")
    return world(
        {"work": domain("home job", way("get", "home", "job", 0.9), way("lose", "job", "home", 0.001))},
        size=200,
        years=1,
        spec={"start": "2024-01"},
        world={
            "provisions": {"jobs": {"title": text(), "states": ["work.job"]}},
            "mechanisms": {
                "desk": {"title": text(), "decisions": {"jobs": {"months": number(2, "months")}}},
                "money": {"title": text(), "budgets": {"pool": budget}},
            },
        },
    )


def test_without_a_cap_it_decides_at_once_on_everything() -> None:
    r = pooled(None).together()
    assert r.kept("jobs", "steps_waited").sum() == 0
    assert r.answers("jobs", "no_money").sum() == 0


@pytest.mark.parametrize("cap", [0.0, 12_000.0])
def test_whoever_finds_it_empty_is_decided_upon_by_the_desk(cap: float) -> None:
    r = pooled(cap).together()
    assert r.answers("jobs", "no_money").sum() >= 1
    # With two months a decision nearly all have one within the year; none goes back to the empty budget every month.
    assert r.count("work.job")[-1] > 180
    assert r.answers("jobs", "no_money").sum() <= 200


def test_it_pays_for_what_was_asked_and_not_for_the_seat_held_meanwhile() -> None:
    """Ten pupils ask for the only job: the pool pays it for one, the law the seats of the others, month after month."""
    asks = way("asks", "school", "job", forced={"months": number(1, "months")})
    budgets = {
        "pool": {"title": text(), "pooled": True, "buys": ["jobs"], "tariffs": {"jobs": number(100, "EUR/month")}},
        "law": {"title": text(), "laws": ["education"], "tariffs": {"seats": number(10, "EUR/month")}},
    }
    r = world(
        {"work": domain("home school job", asks)},
        size=10,
        initial={"work": starts(school=1.0)},
        world={
            "laws": {"education": {"title": text(), "when": {}}},
            "provisions": {
                "jobs": {"title": text(), "states": ["work.job"]},
                "seats": {"title": text(), "states": ["work.school"], "laws": [{"law": "education"}]},
            },
            "mechanisms": {
                "places": {"title": text(), "places": {"jobs": {"capacity": number(1, "places")}}},
                "money": {"title": text(), "budgets": budgets},
            },
        },
    ).together()
    assert r.count("work.job")[-1] == 1
    assert (r.meeting.town.paid[2:, :, 0] == [10_000, 9_000]).all()
    held = r.columns.small[0] == 2
    assert (r.meeting.shared[0].payer[0] == held).all()
