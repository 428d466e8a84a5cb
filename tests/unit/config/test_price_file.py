"""Price books as CSV and Excel: written and read back, the same; mistakes are told with their row."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from trajectsim.config.load import load_prices
from trajectsim.config.price_file import COLUMNS, read_price_file, rows_of, write_price_file
from trajectsim.config.schema import PriceBook
from trajectsim.errors import Mistake, UserError


def number(value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "a stated assumption", "locator": "here", "grade": "D", **more}


@pytest.fixture(scope="module")
def full() -> PriceBook:
    """Return a book with everything that a price file can hold."""
    rate = number(0.02, "per year")
    normal = {"family": "normal", "low": 1, "high": 9, "limits": [0, 20]}
    limited = number(5, "EUR/hour", distribution=normal, note="= a, b\nc")  # no formula
    line = {"payer": "employers", "category": "care", "price_year": 2020}
    return PriceBook.model_validate({
        "name": "full", "title": {"nl": "vol", "en": "full"}, "price_year": 2024,
        "index": {2020: {"factor": number(1.2, "ratio")}},
        "discounting": {"standard": rate, "low": rate, "high": {**rate, "value": 0.03}},
        "utilities": {"life.home": number(-0.1, "utility"), "life.gone": {"use": "loss"}},
        "projection": {"work": {"categories": ["productivity", "benefits"], "until_age": number(67, "years"),
                                "decay": {"use": "fading"}}},
        "parameters": {"loss": number(-0.2, "utility"), "fading": number(0.1, "per year"),
                       "part": number(0.5, "share")},
        "lines": {
            "home": {**line, "state": "life.home", "age": {"from": 12, "to": 18}, "price": limited, "programme": True,
                     "cashable": {"use": "part"}, "title": {"nl": "huis", "en": "home"}, "in_force": {"from": 2015}},
            "pay": {**line, "measure": "hours", "kind": "transfer", "beneficiary": "youth_household", "discount": "low",
                    "price": number(10, "EUR/hour"), "cashable": number(0.3, "share"), "times": number(2, "number"),
                    "displaces": True, "in_force": {"to": 2030}},
        },
    })  # fmt: skip


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
@pytest.mark.parametrize("which", ["full", "packaged"])
def test_written_and_read_again_it_is_the_same_book(full: PriceBook, tmp_path: Path, suffix: str, which: str) -> None:
    book = full if which == "full" else load_prices("nl_2024")
    path = tmp_path / f"book{suffix}"
    write_price_file(book, path)
    assert load_prices(str(path)) == book


def test_both_kinds_of_file_have_the_same_columns(full: PriceBook, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    write_price_file(full, tmp_path / "a.csv")
    write_price_file(full, tmp_path / "a.xlsx")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.reader(file))
    sheet = load_workbook(tmp_path / "a.xlsx")["prices"]
    assert first == [cell.value for cell in sheet[1]] == list(COLUMNS)


def test_semicolons_and_decimal_commas_of_a_dutch_spreadsheet(full: PriceBook, tmp_path: Path) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(COLUMNS)
    for row in rows_of(full):
        cells = [row.get(column, "") for column in COLUMNS]
        cells = ["WAAR" if c is True else "ONWAAR" if c is False else c for c in cells]
        writer.writerow([f"{c:.10g}".replace(".", ",") if isinstance(c, float) else c for c in cells])
    (tmp_path / "dutch.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    assert load_prices(str(tmp_path / "dutch.csv")) == full


def mistakes(tmp_path: Path, change: Any) -> list[Mistake]:
    """Return what is wrong with the packaged book after `change` was made to its rows (header first)."""
    rows = [list(COLUMNS), *([row.get(c, "") for c in COLUMNS] for row in rows_of(load_prices("nl_2024")))]
    change(rows)
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    (tmp_path / "mine.csv").write_text(text.getvalue(), encoding="utf-8", newline="")
    with pytest.raises(UserError) as error:
        load_prices(str(tmp_path / "mine.csv"))
    return list(error.value.mistakes)


def set_cell(column: str, text: str, name: str = "foster") -> Any:
    def change(rows: list[list[Any]]) -> None:
        row = next(r for r in rows if r[:2] == ["line", name])
        row[COLUMNS.index(column)] = text

    return change


def row_of(name: str) -> int:
    return 2 + [(r["part"], r["name"]) for r in rows_of(load_prices("nl_2024"))].index(("line", name))


@pytest.mark.parametrize(
    ("column", "text", "near", "says"),
    [
        ("payer", "municipality_jeugd", "municipality_jeugdwet", "payer"),
        ("value", "3.040,00", None, "not a number"),
        ("quantity", "stat", "state", "no quantity"),
        ("programme", "perhaps", None, "neither true nor false"),
        ("price_year", "last year", None, "not a whole number"),
        ("part", "lin", "line", "no part"),
        ("use", "residential_day", None, "both a value and"),
        ("grade", "E", None, "grade"),
        ("low", "4000", None, "outside its own range"),
    ],
)
def test_a_mistake_in_a_cell_is_told_with_its_row(
    tmp_path: Path, column: str, text: str, near: str | None, says: str
) -> None:
    found = mistakes(tmp_path, set_cell(column, text))
    assert found[0].line == row_of("foster") and (found[0].file or "").endswith("mine.csv")
    assert says in found[0].sentence() and (near is None or found[0].near == near)


def test_columns_names_and_doubles(tmp_path: Path) -> None:
    def rename(rows: list[list[Any]]) -> None:
        rows[0][COLUMNS.index("payer")] = "payr"

    def twice(rows: list[list[Any]]) -> None:
        rows.append(next(r for r in rows if r[1] == "foster"))

    def nameless(rows: list[list[Any]]) -> None:
        rows[5][1] = ""

    [unknown] = mistakes(tmp_path, rename)
    assert (unknown.line, unknown.near) == (1, "payer")
    [double] = mistakes(tmp_path, twice)
    assert "stands twice" in double.what and double.line == 2 + len(rows_of(load_prices("nl_2024")))
    assert mistakes(tmp_path, nameless)[0].line == 6


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "no.xlsx").write_text("no workbook", encoding="utf-8")
    for name in ("no.xlsx", "missing.xlsx", "missing.csv"):
        with pytest.raises(UserError, match=r"workbook|no such file"):
            load_prices(str(tmp_path / name))
    (tmp_path / "short.csv").write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(UserError, match="no column 'part'"):
        read_price_file(tmp_path / "short.csv")
    with pytest.raises(UserError, match=r"\.csv, \.xlsx"):
        write_price_file(load_prices("nl_2024"), tmp_path / "book.pdf")
