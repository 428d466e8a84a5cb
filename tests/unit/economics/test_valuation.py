"""Money from counts: closed forms, payers against the total, one line at a time, bad price books."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trajectsim.config.schema import Intervention, ModelSpec, PriceBook
from trajectsim.economics.prices import PriceTable, compile_prices
from trajectsim.economics.valuation import Valued, for_bands, life_years, role_hours, value
from trajectsim.errors import UserError

F64 = npt.NDArray[np.float64]


@dataclass
class Counted:
    """Counts made by hand."""

    state_months: F64
    events: F64
    entries: F64
    measures: F64
    joint: F64


def number(value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "test", "locator": "here", "grade": "D", **more}


def model() -> ModelSpec:
    return ModelSpec.model_validate({
        "name": "small", "age_bands": [18, 21], "traits": {}, "events": {"fire": {"nl": "brand", "en": "fire"}},
        "domains": {"life": {"states": {"home": {}, "school": {}, "gone": {"gone": True}}}},
        "measures": {"output": {"when": {"states": {"life": "school"}}, "intercept": number(1, "number"), "high": 200}},
        "joint_lines": {"both": {"states": {"life": "home"}}},
    })  # fmt: skip


def line(quantity: str, name: str, price: dict[str, Any], **more: Any) -> dict[str, Any]:
    base = {"price_year": 2024, "payer": "municipality_wmo", "category": "care"}
    return {quantity: name, "price": price, **base, **more}


def book(**more: Any) -> PriceBook:
    lines = {
        "home": line("state", "life.home", number(1000, "EUR/month")),
        "young_school": line("state", "life.school", number(12, "EUR/day"), age={"to": 18}, payer="education"),
        "old_school": line("state", "life.school", number(2400, "EUR/year"), age={"from": 18}, price_year=2019),
        "fire": line("event", "fire", number(333.335, "EUR/event"), payer="justice"),
        "start": line("entries", "life.school", {"use": "fee"}, payer="education"),
        "output": line("measure", "output", number(14, "EUR"), kind="benefit", payer="employers"),
        "benefit": line(
            "state", "life.home", number(323.03, "EUR/month"), kind="transfer", beneficiary="youth_household"
        ),
        "both": line("joint", "both", number(10, "EUR/month")),
        "coach": line("hours", "job.coach", number(65, "EUR/hour"), programme=True),
    }
    rates = {"standard": 0.0225, "low": 0.016, "high": 0.029}
    return PriceBook.model_validate({
        "name": "test", "title": {"nl": "t", "en": "t"}, "price_year": 2024,
        "index": {2019: {"factor": number(1.25, "ratio")}}, "lines": lines,
        "discounting": {k: number(v, "per year") for k, v in rates.items()},
        "parameters": {"fee": number(75, "EUR/case")}, **more,
    })  # fmt: skip


def job(**more: Any) -> Intervention:
    return Intervention.model_validate({
        "name": "job", "title": {"nl": "baan", "en": "job"}, "eligible": {}, "places": number(5, "places"),
        "uptake": number(0.1, "per month"), "duration": number(12, "months"), "dropout": number(0.1, "per month"),
        "hours": [
            {"role": "coach", "while": ["enrolled"], "per_month": number(10, "hours/month")},
            {"role": "coach", "while": ["aftercare"], "per_month": number(2, "hours/month")},
        ],
        "costs": {"wage": line("state", "job.enrolled", number(875, "EUR/month"), programme=True)}, **more,
    })  # fmt: skip


def table(**more: Any) -> PriceTable:
    return compile_prices(book(**more), model(), {"job": job()})


def counted(seed: int = 1, r: int = 3, y: int = 4, b: int = 3, s: int = 7) -> Counted:
    luck = np.random.default_rng(seed)

    def whole(*shape: int) -> F64:
        return luck.integers(0, 200, shape).astype(np.float64)

    months, measured = whole(r, y, b, s) / 2, whole(r, y, b, 1) / 65536
    return Counted(months, whole(r, y, b, 1), whole(r, y, b, s), measured, whole(r, y, 1))


def column(valued: Valued, prices: PriceTable, name: str) -> npt.NDArray[np.int64]:
    return valued.cents[..., prices.lines.index(name)]


def test_every_kind_of_quantity_by_hand() -> None:
    prices, counts = table(), counted()
    out = value(counts, prices, prices.central)
    months, band = counts.state_months, slice(1, None)
    hours = 10 * months[..., 4].sum(2) + 2 * months[..., 5].sum(2)
    by_hand = {
        "home": 1000 * months[..., 0].sum(2),
        "young_school": 12 * 365.25 / 12 * months[..., 0, 1],
        "old_school": 200 * 1.25 * months[:, :, band, 1].sum(2),
        "fire": 333.335 * counts.events[..., 0].sum(2),
        "start": 75 * counts.entries[..., 1].sum(2),
        "output": 14 * counts.measures[..., 0].sum(2),
        "both": 10 * counts.joint[..., 0],
        "coach": 65 * hours,
        "job.wage": 875 * months[..., 4].sum(2),
    }
    for name, euros in by_hand.items():
        assert np.abs(column(out, prices, name) - 100 * euros).max() <= 0.5 + 1e-6, name
    assert role_hours(counts, prices, prices.central).sum(2)[..., 0] == pytest.approx(hours)
    assert prices.hour_names == ("job.coach",)


def test_rounding_is_half_to_even_once_per_line_and_year() -> None:
    prices, counts = table(), counted()
    counts.events[:] = 0
    counts.events[0, 0, 0, 0], counts.events[0, 1, 0, 0] = 1, 3
    fire = column(value(counts, prices, prices.central), prices, "fire")
    assert (fire[0, 0], fire[0, 1]) == (33334, 100000)


def test_rate_nought_gives_plain_sums() -> None:
    prices, counts = table(), counted()
    values = prices.values({f"prices.discounting.{k}": 0.0 for k in ("standard", "low", "high")})
    out = value(counts, prices, values)
    assert (out.cents == out.discounted).all()


def test_rates_belong_to_lines() -> None:
    """A line with its own rate is discounted by it, the others by the standard rate."""
    lines = {**book().model_dump(by_alias=True, exclude_none=True)["lines"]}
    lines["home"]["discount"] = "low"
    prices, counts = table(lines=lines), counted()
    counts.state_months[:] = 12
    out = value(counts, prices, prices.central)
    for name, rate in (("home", 0.016), ("old_school", 0.0225)):
        i = prices.lines.index(name)
        ratio = out.discounted[0, :, i] / out.cents[0, :, i]
        assert ratio[1:] / ratio[:-1] == pytest.approx(np.full(3, 1 / (1 + rate)), rel=1e-6)


def test_payers_sum_to_the_total_and_transfers_vanish() -> None:
    prices = table()
    out = value(counted(), prices, prices.central)
    line_of, payer, sign = prices.rows()
    rows = out.cents[..., line_of] * sign
    by_payer = [rows[..., payer == p].sum() for p in np.unique(payer)]
    benefit = prices.lines.index("benefit")
    assert sum(by_payer) == rows.sum()
    assert rows[..., line_of == benefit].sum() == 0
    real = np.delete(np.arange(len(prices.lines)), benefit)
    signs = np.where(prices.kind == 1, -1, 1)
    assert rows.sum() == (out.cents * signs)[..., real].sum()


@settings(max_examples=25)
@given(which=st.integers(0, 9), seed=st.integers(0, 100))
def test_doubling_a_price_doubles_that_line_only(which: int, seed: int) -> None:
    prices, counts = table(), counted(seed)
    before = value(counts, prices, prices.central)
    doubled = prices.central.copy()
    doubled[prices.price[which]] *= 2
    after = value(counts, prices, doubled)
    others = np.delete(np.arange(len(prices.lines)), which)
    assert (before.cents[..., others] == after.cents[..., others]).all()
    for old, new in ((before.cents, after.cents), (before.discounted, after.discounted)):
        assert np.abs(new[..., which] - 2 * old[..., which]).max() <= 1


def test_draws_reach_prices_index_and_hours() -> None:
    prices, counts = table(), counted()
    draws = {"prices.index.2019.factor": 2.5, "prices.parameters.fee": 150.0, "interventions.job.hours.0.per_month": 20}
    plain, drawn = (value(counts, prices, v) for v in (prices.central, prices.values(draws)))
    assert np.abs(column(drawn, prices, "old_school") - 2 * column(plain, prices, "old_school")).max() <= 1
    assert np.abs(column(drawn, prices, "start") - 2 * column(plain, prices, "start")).max() <= 1
    assert (column(drawn, prices, "coach") > column(plain, prices, "coach")).all()


def test_utilities_become_money_only_when_a_life_year_has_a_price() -> None:
    utilities = {"life.home": number(-0.096, "utility"), "life.school": number(0.0, "utility")}
    counts = counted()
    plain = table(utilities=utilities)
    assert not [name for name in plain.lines if name.startswith("quality_of_life")]
    priced = table(utilities=utilities, parameters={"fee": number(75, "EUR/case"), "qaly": number(50000, "EUR/year")})
    out = value(counts, priced, priced.central)
    years = counts.state_months[..., 0].sum(2) / 12
    assert life_years(counts, plain, plain.central) == pytest.approx(-0.096 * years)
    lost = column(out, priced, "quality_of_life.life.home")
    assert np.abs(lost - 100 * 50000 * -0.096 * years).max() <= 0.5 + 1e-6
    record = next(r for r in priced.describe() if r["line"] == "quality_of_life.life.home")
    assert record["category"] == "quality_of_life" and record["kind"] == "benefit"


def test_bands_split_the_cost() -> None:
    prices, counts = table(), counted()
    counts.joint[:] = 0
    young, old = (for_bands(prices, np.array(b)) for b in ([True, False, False], [False, True, True]))
    parts = value(counts, young, prices.central).cents + value(counts, old, prices.central).cents
    assert np.abs(parts - value(counts, prices, prices.central).cents).max() <= 1


def test_bad_price_books_are_refused_with_the_nearest_name() -> None:
    lines = book().model_dump(by_alias=True, exclude_none=True)["lines"]
    lines["home"]["state"] = "life.hme"
    lines["fire"]["price"]["unit"] = "EUR/month"
    lines["young_school"]["age"] = {"to": 17}
    lines["old_school"]["price_year"] = 2018
    lines["start"]["price"] = {"use": "fees"}
    lines["coach"]["hours"] = "job.coch"
    with pytest.raises(UserError) as caught:
        table(lines=lines)
    sentences = [m.sentence() for m in caught.value.mistakes]
    assert len(sentences) == 6
    for part in ("'life.home'", "EUR/event", "18, 21", "2019, 2024", "'fee'", "'job.coach'"):
        assert any(part in s for s in sentences), part


def test_wrong_shapes_are_refused() -> None:
    prices = table()
    with pytest.raises(ValueError, match="parameters are needed"):
        value(counted(), prices, prices.central[1:])
    with pytest.raises(ValueError, match="years"):
        value(counted(), prices, prices.central, n_steps=12)


def test_four_hundred_blocks_take_seconds() -> None:
    """The default study (two arms, 200 draws) must be priced in well under five seconds."""
    lines = {f"l{i}": line("state", "life.home", number(1, "EUR/month")) for i in range(80)}
    prices, counts = table(lines=lines), counted(r=20, y=10)
    start = time.perf_counter()
    for _ in range(20):
        value(counts, prices, prices.central)
    assert time.perf_counter() - start < 2.0


# --- amounts of a programme as a whole --------------------------------------------------------------------------------


def with_fixed(start_month: int = 0, **more: Any) -> PriceTable:
    """Return a table of a programme that costs 5,000 to set up, 100 a month for rent and 1.5 posts of 90,000 a year."""
    costs = {
        "set_up": line("fixed", "once", number(5000, "EUR"), programme=True),
        "rent": line("fixed", "month", number(1200, "EUR/year"), programme=True),
        "posts": line("fixed", "year", number(90000, "EUR/year"), times=number(1.5, "number"), programme=True),
    }
    return compile_prices(book(**more), model(), {"job": job(costs=costs, start_month=start_month)})


def test_fixed_amounts_follow_from_the_arm_and_not_from_the_number_of_youths() -> None:
    prices, counts = with_fixed(start_month=15), counted()
    out = value(counts, prices, prices.central, running=["job"])
    assert column(out, prices, "job.set_up").tolist() == [[0, 500_000, 0, 0]] * 3  # month 15 lies in the second year
    assert column(out, prices, "job.rent").tolist() == [[0, 90_000, 120_000, 120_000]] * 3  # nine months, then twelve
    assert column(out, prices, "job.posts")[0].tolist() == [0, 10_125_000, 13_500_000, 13_500_000]
    more = Counted(2 * counts.state_months, counts.events, counts.entries, counts.measures, counts.joint)
    twice = value(more, prices, prices.central, running=["job"])
    for name in ("job.set_up", "job.rent", "job.posts"):
        assert (column(twice, prices, name) == column(out, prices, name)).all()


def test_fixed_amounts_are_nil_where_the_programme_does_not_run_and_stop_when_nobody_takes_part() -> None:
    prices, counts = with_fixed(), counted()
    elsewhere = value(counts, prices, prices.central)
    assert all((column(elsewhere, prices, f"job.{name}") == 0).all() for name in ("set_up", "rent", "posts"))
    counts.state_months[:, 2:, :, 4:6] = 0  # nobody enrolled or in aftercare from the third year on
    out = value(counts, prices, prices.central, running=["job"])
    assert column(out, prices, "job.rent")[0].tolist() == [120_000, 120_000, 0, 0]
    assert column(out, prices, "job.set_up")[0].tolist() == [500_000, 0, 0, 0]


def test_a_lever_costs_to_the_end_and_the_last_year_may_be_short() -> None:
    lever = Intervention.model_validate({
        "name": "pool", "title": {"nl": "p", "en": "p"}, "start_month": 6,
        "changes": [{"provision": "x", "capacity": number(1, "ratio")}],
        "costs": {
            "desk": line("fixed", "month", number(10, "EUR/month"), payer="education"),
            "start": line("fixed", "once", number(7, "EUR")),
        },
    })  # fmt: skip
    prices = compile_prices(book(lines={}), model(), {"pool": lever})
    counts = counted(s=3, y=2)
    out = value(counts, prices, prices.central, n_steps=15, running=["pool"])
    assert column(out, prices, "pool.desk").tolist() == [[6000, 3000]] * 3
    assert column(out, prices, "pool.start").tolist() == [[700, 0]] * 3


def test_a_fixed_amount_has_no_age_and_a_unit_that_fits() -> None:
    for bad in ({"price": number(5, "EUR/month")}, {"age": {"to": 18}}):
        wrong = {**line("fixed", "once", number(5, "EUR"), programme=True), **bad}
        with pytest.raises(UserError):
            compile_prices(book(), model(), {"job": job(costs={"set_up": wrong})})
