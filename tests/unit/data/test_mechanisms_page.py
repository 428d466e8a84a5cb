"""The account of the claims: the page is up to date, whole, and calls nothing implemented that does not move."""

from __future__ import annotations

import re

import pytest

from experiments.mechanisms.measure import lever_text
from experiments.mechanisms.page import PAGE, change, page, status_of
from experiments.mechanisms.results import Measured, read_results
from experiments.mechanisms.worlds import arm_of
from trajectsim.evidence.mechanisms import load_mechanisms

ROWS, RESULTS = load_mechanisms(), read_results()


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(ROWS, RESULTS), "run python -m experiments.mechanisms.page"


def test_every_claim_stands_on_the_page_once() -> None:
    ids = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(ROWS)
    assert len(ids) == 335


def test_what_was_measured_is_what_the_rows_say() -> None:
    said = {
        id_: (arm_of(row), row.outcome, lever_text(row.lever))
        for id_, row in ROWS.items()
        if row.lever is not None and row.outcome is not None
    }
    assert {id_: (x.arm, x.outcome, x.lever) for id_, x in RESULTS.items()} == said


def test_no_claim_is_called_implemented_that_moves_nothing() -> None:
    still = [id_ for id_, row in ROWS.items() if row.status == "implemented" and not RESULTS[id_].moves]
    assert still == []


def test_no_claim_is_lived_by_one_that_moves_nothing() -> None:
    assert [id_ for id_, row in ROWS.items() if row.into is not None and not RESULTS[row.into].moves] == []


def measured(declared: float, switched_off: float, error: float) -> Measured:
    by = switched_off - declared
    return Measured("usual_care", "latent.trust", "off: peers", 8, declared, switched_off, by, error)


@pytest.mark.parametrize(
    ("x", "t", "text"),
    [
        (measured(200, 190, 1), -10, "−5.0% ± 0.5% (200 → 190)"),
        (measured(5, 0, 0.1), -50, "gone (5.00 → 0)"),
        (measured(0.5, 0.5, 0), 0, "+0.0000% ± 0.0000% (0.500 → 0.500)"),
    ],
)
def test_a_change_in_words(x: Measured, t: float, text: str) -> None:
    assert x.t == pytest.approx(t)
    assert change(x) == text


def test_a_claim_that_moves_nothing_counts_as_left_out() -> None:
    row = next(row for row in ROWS.values() if row.status == "implemented")
    assert status_of(row, measured(100, 101, 0.5)) == "left_out"
    assert status_of(row, measured(100, 102, 0.5)) == "implemented"
    assert status_of(row, None) == "left_out"
