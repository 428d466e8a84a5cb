"""The packaged price book: it fits the packaged model, names its sources, and keeps the rules it states."""

import numpy as np
import pytest

from trajectsim.config.load import load_intervention, load_model, load_prices, load_sources
from trajectsim.config.schema import PriceBook, Use
from trajectsim.economics.prices import CATEGORY_NAMES, KINDS, PAYER_NAMES, PriceTable, compile_prices
from trajectsim.evidence.parameter import Parameter


@pytest.fixture(scope="module")
def book() -> PriceBook:
    return load_prices("nl_2024")


@pytest.fixture(scope="module")
def table(book: PriceBook) -> PriceTable:
    return compile_prices(book, load_model("youth"), {"supported_job": load_intervention("supported_job")})


def numbers(book: PriceBook) -> dict[str, Parameter]:
    """Every number of the book by path."""
    found = {f"parameters.{k}": p for k, p in book.parameters.items()}
    found |= {f"index.{year}": index.factor for year, index in book.index.items()}
    found |= {f"lines.{k}": line.price for k, line in book.lines.items() if not isinstance(line.price, Use)}
    found |= {f"utilities.{k}": u for k, u in book.utilities.items() if not isinstance(u, Use)}
    return found


def test_every_number_has_a_source_that_is_listed(book: PriceBook) -> None:
    sources = load_sources()
    assert not [path for path, p in numbers(book).items() if p.source not in sources]


def test_assumptions_and_unseen_figures_are_never_certain(book: PriceBook) -> None:
    """What nobody measured (D) or was not looked up (C) has a range."""
    fixed = [path for path, p in numbers(book).items() if p.grade in "CD" and p.distribution.family == "fixed"]
    assert fixed == []
    seen = {path: p.note or "" for path, p in numbers(book).items() if p.grade in "AB"}
    assert not [path for path, note in seen.items() if "not seen in the publication" in note]


def test_every_line_has_a_title_in_both_languages(book: PriceBook) -> None:
    assert not [name for name, line in book.lines.items() if line.title is None]


def test_index_factors_are_products_of_yearly_price_changes(book: PriceBook) -> None:
    changes = {2023: 1.038, 2024: 1.033}
    assert book.index[2023].factor.value == pytest.approx(changes[2024], abs=1e-4)
    assert book.index[2022].factor.value == pytest.approx(changes[2023] * changes[2024], abs=1e-4)
    published = {2013: 1.32, 2017: 1.28, 2018: 1.26}
    for year, factor in published.items():
        assert book.index[year].factor.value == pytest.approx(factor, abs=0.01)


def test_law_decides_who_pays_at_eighteen(table: PriceTable) -> None:
    """Under 18 no Wmo; from 18 no Jeugdwet but what goes on by law (foster, residential, protection)."""
    young = np.array([b in ("<12", "12-16", "16-18") for b in table.names.bands])
    wmo = table.payer == PAYER_NAMES.index("municipality_wmo")
    usual = ~table.programme & (table.quantity == 0)
    states = table.names.states
    named = np.array([states[i] if q == 0 else "" for i, q in zip(table.index, table.quantity, strict=True)])
    assert not table.bands[wmo & usual & (named != "residence.shelter")][:, young].any()
    youth_act = usual & (table.payer == PAYER_NAMES.index("municipality_jeugdwet"))
    goes_on = {"residence.foster", "residence.residential", "residence.secure"}
    goes_on |= {"protection.supervision_order", "protection.guardianship", "care_family.on"}
    for i in np.flatnonzero(youth_act):
        assert named[i] in goes_on or not table.bands[i][~young].any(), table.lines[i]


def test_two_lines_for_one_state_never_price_the_same_age_for_the_same_payer(table: PriceTable) -> None:
    """Except where the two are different services of one state (sheltered work, assistance, a job with subsidy, a
    school and the way to it, care and education in one place)."""
    several = {"activity.sheltered_work", "wage_subsidy.on", "benefit.on", "supported_job.enrolled"}
    several |= {"activity.special_school", "activity.care_education_place"}
    for i in range(len(table.lines)):
        for j in range(i):
            same = table.quantity[i] == table.quantity[j] == 0 and table.index[i] == table.index[j]
            intangible = CATEGORY_NAMES.index("quality_of_life") in (table.category[i], table.category[j])
            if same and not intangible and table.names.states[table.index[i]] not in several:
                assert not (table.bands[i] & table.bands[j]).any(), (table.lines[i], table.lines[j])


def test_crime_has_one_scheme(book: PriceBook) -> None:
    """Harm per offence committed goes to victims; the system's costs hang on later events and on months, once each."""
    harm = [line for line in book.lines.values() if line.payer == "victims_neighbourhood"]
    assert {line.event for line in harm} == {"nuisance", "property", "violence", "serious"}
    events = [line.event for line in book.lines.values() if line.payer == "justice" and line.event]
    assert len(events) == len(set(events)) and not {"nuisance", "property", "violence", "serious"} & set(events)


def test_transfers_name_two_parties_and_carry_benefits_and_wages(table: PriceTable) -> None:
    transfer = table.kind == KINDS.index("transfer")
    assert (table.payer[transfer] != table.beneficiary[transfer]).all()
    names = [table.lines[i] for i in np.flatnonzero(transfer)]
    for name in ("assistance_21", "wage_21", "wajong_21", "study_grant", "wage_subsidy", "supported_job.work_income"):
        assert name in names


def test_standard_rate_everywhere_and_the_other_two_at_hand(table: PriceTable) -> None:
    assert not table.discount.any()
    assert table.central[table.rates] == pytest.approx([0.0225, 0.016, 0.029])


def test_no_lump_sum_stands_beside_simulated_earnings(table: PriceTable) -> None:
    """Output is hours at wage value, less colleagues' time; a diploma or a new job is worth no sum of its own."""
    lines = table.describe()
    productive = [line for line in lines if line["category"] == "productivity"]
    assert {line["quantity"] for line in productive} == {"measure"}
    output = [line for line in productive if line["kind"] == "benefit"]
    assert output and all(str(line["of"]).startswith("output_hours") for line in output)
    assert any(line["of"] == "supervision_hours" and line["kind"] == "cost" for line in productive)


def test_every_cost_of_a_public_budget_says_what_can_be_booked(table: PriceTable) -> None:
    nobody = ("youth_household", "victims_neighbourhood", "employers")
    for i, line in enumerate(table.describe()):
        public = line["kind"] == "cost" and line["owner"] is None and line["payer"] not in nobody
        assert (table.cashable[i] >= 0) == public, line["line"]
    shares = np.unique(table.cashable[table.cashable >= 0])
    assert all(0 < table.central[column] < 1 and table.grades[column] == "D" for column in shares)
