"""The sums of the sources come out, rest on the packaged prices, and stand on the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from experiments.source_sums import compute as computing
from experiments.source_sums.answers import SCENARIOS, Answer, answers_of, read_answers, write_answers
from experiments.source_sums.compute import compute, found_figure, packaged
from experiments.source_sums.declared import Figure, PackagedPrice, Sum, load_cases
from experiments.source_sums.page import DOCS, HERE, IMAGES, PAGES, page, pictures, sums_csv
from experiments.source_sums.words import LANGS, Lang
from trajectsim.api import load
from trajectsim.config.load import DATA
from trajectsim.config.schema import PriceLine

CASES, ANSWERS = load_cases(), read_answers()
SUMS = {f"{name}.{key}": item for name, case in CASES.items() for key, item in case.sums.items()}
PACKAGED = sorted(
    {row.price.packaged for item in SUMS.values() if item.figures for row in item.rows.values()
     if isinstance(row.price, PackagedPrice)}
    - {"interventions.steady_contact.costs.worker_under_18"}
)  # fmt: skip
"""All but the hour in Lelystad, for which the source has no euros."""

STATED = {
    "nijkerk.investment": (400000, 210000), "tilburg.household": (60000, 30000), "tilburg.rachel": (74828, 30000),
    "zwolle.thirty": (1615025, 0), "gouda.care": (6000, 54000), "gouda.school": (7000, 14000),
    "nijmegen.three": (94575, 22500), "nijmegen.half": (94575, 45000),
}  # fmt: skip


def comes_out(figure: Figure, item: Sum) -> bool:
    _, rounded = found_figure(figure, compute(item) if item.rows else None)
    return rounded == pytest.approx(figure.stated, abs=1e-9)


def figures() -> Iterator[tuple[str, Sum, Figure]]:
    return ((key, item, figure) for key, item in SUMS.items() for figure in item.figures)


@pytest.mark.parametrize("key", STATED)
def test_a_sum_has_the_totals_of_its_source(key: str) -> None:
    totals = compute(SUMS[key]).totals
    assert (totals["first"], totals["second"]) == STATED[key]


@pytest.mark.parametrize(("key", "item", "figure"), list(figures()), ids=lambda x: x if isinstance(x, str) else "")
def test_a_figure_comes_out_where_the_page_says_so(key: str, item: Sum, figure: Figure) -> None:
    assert comes_out(figure, item) is figure.agrees, key


def test_thirty_and_forty_cases_are_the_range_of_the_source() -> None:
    low, high = (compute(SUMS[f"zwolle.{key}"]).amount("difference") for key in ("thirty", "forty"))
    assert (round(low, -5), round(high, -5)) == (1600000, 2200000)
    assert low / 30 == pytest.approx(323005 / 6)


def test_who_pays_adds_up_and_a_transfer_costs_society_nothing() -> None:
    for item in SUMS.values():
        if not item.rows:
            continue
        result = compute(item)
        for place, world in enumerate(("first", "second")):
            passed_on = sum(x.euros for x in result.lines if x.world == world and x.beneficiary is not None)
            net = sum(pair[place] for pair in result.payers.values())
            assert net == pytest.approx(result.totals[world] - passed_on, abs=0.011)
    work = compute(SUMS["nijkerk.investment"]).payers
    assert work["municipality_participation"] == (0.0, 210000.0)
    assert work["youth_household"] == (0.0, -210000.0)


@pytest.mark.parametrize("path", PACKAGED)
def test_a_wrong_packaged_price_makes_a_sum_come_out_wrong(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, _, rest = path.partition(".")

    def dearer(line: PriceLine) -> PriceLine:
        price = line.price.model_copy(update={"value": line.price.value * 1.01})  # type: ignore[union-attr]
        return line.model_copy(update={"price": price})

    if kind == "prices":
        name, own = rest.removeprefix("lines."), computing.load_prices("nl_2024")
        wrong = own.model_copy(update={"lines": {**own.lines, name: dearer(own.lines[name])}})
        monkeypatch.setattr(computing, "load_prices", lambda _: wrong)
    else:
        name, _, line = rest.partition(".costs.")
        item = computing.load_intervention(name)
        changed = item.model_copy(update={"costs": {**item.costs, line: dearer(item.costs[line])}})
        real: Callable[[str], object] = computing.load_intervention
        monkeypatch.setattr(computing, "load_intervention", lambda x: changed if x == name else real(x))
    assert any(figure.agrees and not comes_out(figure, item) for _, item, figure in figures())


def test_what_sources_expect_or_report_is_no_packaged_number() -> None:
    found = re.compile(r"value: (53834|53834\.17|323005|60000|71500|72075|400000|1600000|2200000)\b")
    files = [file for file in DATA.rglob("*.yaml") if found.search(file.read_text(encoding="utf-8"))]
    assert files == []


def test_a_path_that_leads_nowhere_is_an_error() -> None:
    with pytest.raises(KeyError, match="no number at"):
        packaged("interventions.supported_job.costs")
    assert packaged("interventions.steady_contact.costs.worker_under_18").value == 65


def test_a_household_of_two_children_is_halved_in_the_scenario_of_tilburg() -> None:
    settings = load(SCENARIOS["tilburg_stacked"]).spec.set
    for path in ("interventions.stacked_services.costs.all_support.price",
                 "interventions.stacked_services.parameters.hours_all",
                 "interventions.family_wide_pair.costs.pair.price",
                 "interventions.family_wide_pair.parameters.hours_pair"):  # fmt: skip
        assert settings[path] == packaged(path).value / 2


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_arm_of_a_scenario_has_its_answers(name: str) -> None:
    spec = load(SCENARIOS[name]).spec
    own = [row for row in ANSWERS if row.scenario == name]
    assert list(dict.fromkeys(row.arm for row in own)) == [arm.name for arm in spec.arms]
    assert {row.years for row in own} == {spec.years}
    assert all(row.p05 <= row.p95 for row in own)
    for arm in spec.arms[1:]:
        payers = sum(row.mean for row in own if row.arm == arm.name and row.measure.startswith("payer."))
        society = next(row for row in own if (row.arm, row.measure) == (arm.name, "whole.society"))
        assert payers == pytest.approx(society.mean, abs=8)  # whole euros, up to eleven payers


def test_every_scenario_stands_on_the_page_once() -> None:
    assert sorted(key for case in CASES.values() for key in case.scenarios) == sorted(SCENARIOS)


def test_answers_of_a_small_run_and_back_from_their_table(tmp_path: Path) -> None:
    rows = answers_of("nijkerk", {"draws": 2, "replicates": 1, "size": 5, "years": 2, "seed": 3})
    means = {row.measure: row.mean for row in rows if row.arm == "supported_job"}
    assert sum(x for key, x in means.items() if key.startswith("payer.")) == pytest.approx(means["whole.society"])
    assert 0 < means["first_year.programme_municipality"] < means["whole.programme_municipality"]
    write_answers(rows, tmp_path / "answers.csv")
    again = read_answers(tmp_path / "answers.csv")
    assert [(x.measure, x.youths, x.draws) for x in again] == [(x.measure, 5, 2) for x in rows]
    assert all(a.mean == pytest.approx(b.mean, abs=0.5) for a, b in zip(again, rows, strict=True))


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_is_up_to_date(lang: Lang) -> None:
    shown = (DOCS / PAGES[lang]).read_text(encoding="utf-8")
    assert shown == page(lang, CASES, ANSWERS), "run python -m experiments.source_sums.page"


def test_the_table_and_the_pictures_are_up_to_date() -> None:
    assert (HERE / "sums.csv").read_text(encoding="utf-8") == sums_csv(CASES)
    drawn = pictures(CASES, ANSWERS)
    assert {file.name: file.read_text(encoding="utf-8") for file in (DOCS / IMAGES).iterdir()} == drawn


def test_an_interval_that_holds_nought_is_neither_gain_nor_loss() -> None:
    from experiments.source_sums.picture import GAIN, LOSS, UNSURE, picture

    item = SUMS["nijkerk.investment"]
    for low, high, colour in ((1.0, 3.0, GAIN), (-3.0, -1.0, LOSS), (-1.0, 3.0, UNSURE)):
        row = Answer("nijkerk", "supported_job", "whole.society", (low + high) / 2, low, high, 20, 10, 60, 5)
        drawn = picture(item, compute(item), [("society", row)], "en")
        assert f'stroke="{colour}" stroke-width="3"' in drawn
        assert [other in drawn for other in (GAIN, LOSS)] == [colour == GAIN, colour == LOSS]
