"""A price book as a table: one row per price, in CSV or Excel, written and read with the same columns.

`part` says what a row is: the `book` itself, a factor of its `index`, a rate of `discounting`, a `utility`, a number of
the `projection`, a shared `parameter`, a `line`, or the `cashable` share or `times` of a line that has a number of its
own. A number is given by value, range, unit and source, or by `use` (the name of a shared parameter). A book that is
written and read again is the same book. Where semicolons part the cells, as in a Dutch Excel, a comma may be the
decimal sign.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from trajectsim.config.reader import Document, Loc, Place, read_text
from trajectsim.config.schema import Number, PriceBook, PriceLine, Use
from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.evidence.parameter import Parameter

__all__ = ["COLUMNS", "PARTS", "SUFFIXES", "read_price_file", "rows_of", "write_price_file"]

SUFFIXES = (".csv", ".xlsx")
PARTS = ("book", "index", "discounting", "utility", "projection", "parameter", "line", "cashable", "times")
QUANTITIES = ("state", "event", "measure", "joint", "entries", "hours", "fixed")
_LINE = ("payer", "beneficiary", "category", "kind", "discount", "programme", "displaces")
_NUMBER = (
    "value", "low", "high", "distribution", "limit_low", "limit_high", "unit", "source", "locator", "grade", "note",
)  # fmt: skip
COLUMNS = (
    "part", "name", "title_nl", "title_en", "quantity", "of", "age_from", "age_to", *_LINE, "price_year", "use",
    *_NUMBER, "cashable", "times", "law_from", "law_to",
)  # fmt: skip
"""The columns of a price file, in the order in which they are written."""
SHEET = "prices"
_TRUE, _FALSE = ("true", "yes", "ja", "1", "waar"), ("false", "no", "nee", "0", "onwaar")

Row = dict[str, Any]
Cell = Any


# --- a book to rows ---------------------------------------------------------------------------------------------------


def rows_of(book: PriceBook) -> list[Row]:
    """Return a price book as rows; what a row does not have is left out of it."""
    return [{key: value for key, value in row.items() if value is not None} for row in _rows(book)]


def _rows(book: PriceBook) -> Iterator[Row]:
    yield {"part": "book", "name": book.name, "price_year": book.price_year, **_title(book.title)}
    for year, index in book.index.items():
        yield {"part": "index", "name": str(year), **_number(index.factor)}
    for rate in ("standard", "low", "high"):
        yield {"part": "discounting", "name": rate, **_number(getattr(book.discounting, rate))}
    for state, number in book.utilities.items():
        yield {"part": "utility", "name": state, **_number(number)}
    for name, group in book.projection.items():
        for field in ("until_age", "decay", "growth"):
            number = getattr(group, field)
            if number is not None:
                yield {"part": "projection", "name": f"{name}.{field}", "of": " ".join(group.categories),
                       **_number(number)}  # fmt: skip
    for name, parameter in book.parameters.items():
        yield {"part": "parameter", "name": name, **_number(parameter)}
    for name, line in book.lines.items():
        yield {"part": "line", "name": name, **_line(line)}
        for field in ("cashable", "times"):
            if isinstance(getattr(line, field), Parameter):
                yield {"part": field, "name": name, **_number(getattr(line, field))}


def _title(title: Any) -> Row:
    return {} if title is None else {"title_nl": title.nl, "title_en": title.en}


def _number(number: Number) -> Row:
    if isinstance(number, Use):
        return {"use": number.use}
    d = number.distribution
    low, high = d.limits or (None, None)
    return {
        "value": number.value, "low": d.low, "high": d.high, "distribution": d.family, "limit_low": low,
        "limit_high": high, "unit": number.unit, "source": number.source, "locator": number.locator,
        "grade": number.grade, "note": number.note,
    }  # fmt: skip


def _line(line: PriceLine) -> Row:
    kind = next(q for q in QUANTITIES if getattr(line, q) is not None)
    age, law = line.age, line.in_force
    shared = {f: number.use for f in ("cashable", "times") if isinstance(number := getattr(line, f), Use)}
    return {
        **_title(line.title), "quantity": kind, "of": getattr(line, kind),
        "age_from": age and age.from_, "age_to": age and age.to,
        **{field: getattr(line, field) for field in _LINE},
        "price_year": line.price_year, **_number(line.price), **shared,
        "law_from": law and law.from_, "law_to": law and law.to,
    }  # fmt: skip


def write_price_file(book: PriceBook, path: Path) -> None:
    """Write a price book as CSV (UTF-8, commas) or Excel, by the file's suffix.

    Raises:
        UserError: another suffix, or a folder that cannot be written.
    """
    if path.suffix not in SUFFIXES:
        raise UserError.of(
            f"a price book cannot be written as '{path.suffix}'", file=str(path), allowed=", ".join(SUFFIXES)
        )
    rows = [[row.get(column) for column in COLUMNS] for row in rows_of(book)]
    try:
        if path.suffix == ".csv":
            path.write_text(_as_csv(rows), encoding="utf-8-sig", newline="")
        else:
            _write_excel(rows, path)
    except OSError as error:
        raise UserError.of(f"cannot be written: {error.strerror or error}", file=str(path)) from error


def _as_csv(rows: list[list[Cell]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([["" if c is None else str(c).lower() if isinstance(c, bool) else c for c in row] for row in rows])
    return text.getvalue()


def _write_excel(rows: list[list[Cell]], path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.active
    sheet.title = SHEET
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append(row)
    for cells in sheet.iter_rows():
        for cell in cells:
            if cell.data_type == "f":  # a text that begins with = is a text
                cell.data_type = "s"
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    sheet.freeze_panes = "C2"
    for column, width in {"B": 30, "C": 30, "D": 30, "F": 28, "I": 28, "K": 16}.items():
        sheet.column_dimensions[column].width = width
    book.save(path)


# --- rows to a book ---------------------------------------------------------------------------------------------------


def read_price_file(path: Path, shown: str | None = None) -> Document:
    """Read a price file as the document that a YAML file with the same prices would be, each value with its row.

    Raises:
        UserError: with every mistake in columns and cells, at its row; what the book's form does not allow is told by
            whoever checks the document.
    """
    name = shown or str(path)
    table, comma = _csv_cells(path, name) if path.suffix == ".csv" else (_excel_cells(path, name), False)
    reader = _Reader(name, comma)
    reader.read(table)
    if reader.mistakes:
        raise UserError(sorted(reader.mistakes, key=lambda m: m.line or 0))
    return Document(reader.data, reader.places)


def _csv_cells(path: Path, shown: str) -> tuple[list[tuple[int, list[Cell]]], bool]:
    text = read_text(path, shown)
    first = text.splitlines()[0]
    semicolons = first.count(";") > first.count(",")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=";" if semicolons else ",")
    cells: list[tuple[int, list[Cell]]] = []
    while True:
        start = lines.line_num + 1  # a cell may hold line breaks: the row begins after the one before
        try:
            row = next(lines)
        except StopIteration:
            return cells, semicolons
        except csv.Error as error:
            raise UserError.of(f"is no table: {error}", file=shown, line=lines.line_num) from None
        cells.append((start, list(row)))


def _excel_cells(path: Path, shown: str) -> list[tuple[int, list[Cell]]]:
    from openpyxl import load_workbook

    if not path.is_file():
        read_text(path, shown)  # tells what is wrong with a file that is not there
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # whatever the package stumbles over: it is not a workbook
        raise UserError.of("is no Excel workbook", file=shown, cure="save it as .xlsx, or as CSV") from error
    sheet = book[SHEET] if SHEET in book.sheetnames else book.worksheets[0]
    return [(n, list(row)) for n, row in enumerate(sheet.iter_rows(values_only=True), start=1)]


class _Reader:
    """Turns rows into the mapping of a price book; gathers mistakes with their rows."""

    def __init__(self, file: str, comma: bool) -> None:
        self.file, self.comma = file, comma
        self.data: dict[str, Any] = {}
        self.places: dict[Loc, Place] = {(): (file, 1)}
        self.mistakes: list[Mistake] = []
        self.row, self.seen = 1, set[tuple[str, str]]()

    def wrong(self, what: str, key: str | None = None, **more: Any) -> None:
        self.mistakes.append(Mistake(what, self.file, self.row, key, **more))

    def read(self, table: list[tuple[int, list[Cell]]]) -> None:
        """Read the rows of a table, noting every mistake with its row."""
        if not table:
            return self.wrong("the table has no rows", cure="start from an exported price book")
        names = [_text(cell).lower() for cell in table[0][1]]
        for name in names:
            if name and name not in COLUMNS:
                self.wrong(f"unknown column '{name}'", near=nearest(name, COLUMNS), allowed=", ".join(COLUMNS))
        for name in ("part", "name"):
            if name not in names:
                self.wrong(f"there is no column '{name}'", allowed=", ".join(COLUMNS))
        if self.mistakes:
            return None
        handlers: dict[str, Callable[[str, Row], None]] = {
            "book": self.book, "projection": self.projection, "line": self.line, "cashable": self.of_line,
            "times": self.of_line,
        }  # fmt: skip
        for number, cells in table[1:]:
            self.row = number
            row = {name: cell for name, cell in zip(names, cells, strict=False) if name and _text(cell) != ""}
            if not row:
                continue
            part, name = _text(row.get("part")).lower(), _text(row.get("name"))
            if part not in PARTS:
                self.wrong(f"'{part}' is no part of a price book" if part else "the row says no part", "part",
                           near=nearest(part, PARTS) if part else None, allowed=", ".join(PARTS))  # fmt: skip
            elif not name:
                self.wrong(f"a row of part '{part}' has no name", "name")
            elif (part, name) in self.seen:
                self.wrong(f"'{name}' stands twice under part '{part}'", "name", cure="remove one of the two rows")
            else:
                self.seen.add((part, name))
                self.part = part
                handlers.get(part, self.simple)(name, row)
        return None

    def put(self, loc: Loc, value: Any) -> None:
        """Place a value in the document, with the row it stands in."""
        inner: Any = self.data
        for n, key in enumerate(loc[:-1]):
            inner = inner.setdefault(key, {})
            self.places.setdefault(loc[: n + 1], (self.file, self.row))
        inner[loc[-1]] = value
        self.places[loc] = (self.file, self.row)

    def book(self, name: str, row: Row) -> None:
        self.put(("name",), name)
        self.put(("title",), self.title(row))
        self.put(("price_year",), self.whole(row, "price_year"))

    def simple(self, name: str, row: Row) -> None:
        number = self.number(row)
        if self.part == "index":
            year = self.as_whole(name, "name")
            self.put(("index", name if year is None else year, "factor"), number)
        elif self.part == "parameter":
            self.put(("parameters", name), number)
        else:
            self.put(("utilities" if self.part == "utility" else "discounting", name), number)

    def projection(self, name: str, row: Row) -> None:
        group, _, field = name.partition(".")
        if field not in ("until_age", "decay", "growth"):
            allowed = "GROUP.until_age, GROUP.decay, GROUP.growth"
            return self.wrong(f"'{name}' is no number of a projection", "name", allowed=allowed)
        self.put(("projection", group, field), self.number(row))
        self.put(("projection", group, "categories"), _text(row.get("of")).split())
        return None

    def of_line(self, name: str, row: Row) -> None:
        self.put(("lines", name, self.part), self.number(row))

    def line(self, name: str, row: Row) -> None:
        """Read one price line."""
        loc: Loc = ("lines", name)
        quantity = _text(row.get("quantity")).lower()
        if quantity not in QUANTITIES:
            allowed = ", ".join(QUANTITIES)
            self.wrong(f"'{quantity}' is no quantity" if quantity else "the line has no quantity", "quantity",
                       near=nearest(quantity, QUANTITIES) if quantity else None, allowed=allowed)  # fmt: skip
        else:
            self.put((*loc, quantity), _text(row.get("of")))
        if (title := self.title(row)) is not None:
            self.put((*loc, "title"), title)
        for field in _LINE[:-2]:
            if field in row:
                self.put((*loc, field), _text(row[field]))
        for field in _LINE[-2:]:
            if field in row:
                self.put((*loc, field), self.truth(row, field))
        if "price_year" in row:
            self.put((*loc, "price_year"), self.whole(row, "price_year"))
        ages = {end: self.real(row, f"age_{end}") for end in ("from", "to") if f"age_{end}" in row}
        law = {end: self.whole(row, f"law_{end}") for end in ("from", "to") if f"law_{end}" in row}
        for field, ends in (("age", ages), ("in_force", law)):
            if ends:
                self.put((*loc, field), ends)
        for field in ("cashable", "times"):
            if field in row:
                self.put((*loc, field), {"use": _text(row[field])})
        self.put((*loc, "price"), self.number(row))

    def title(self, row: Row) -> dict[str, str] | None:
        given = {key[-2:]: _text(row[key]) for key in ("title_nl", "title_en") if key in row}
        return given or None

    def number(self, row: Row) -> dict[str, Any]:
        """Return a number as YAML would hold it."""
        if "use" in row:
            if "value" in row:
                self.wrong("the row has both a value and `use`", "use", cure="keep one of the two")
            return {"use": _text(row["use"])}
        out: dict[str, Any] = {"value": self.real(row, "value")} if "value" in row else {}
        out |= {key: _text(row[key]) for key in ("unit", "source", "locator", "grade", "note") if key in row}
        spread: dict[str, Any] = {key: self.real(row, key) for key in ("low", "high") if key in row}
        if "distribution" in row:
            spread["family"] = _text(row["distribution"])
        if "limit_low" in row or "limit_high" in row:
            spread["limits"] = [self.real(row, "limit_low"), self.real(row, "limit_high")]
        if spread:
            out["distribution"] = spread
        return out

    def real(self, row: Row, key: str) -> float | None:
        cell = row.get(key)
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return float(cell)
        text = _text(cell).replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
        if self.comma and "," in text:
            text = text.replace(".", "").replace(",", ".")
        try:
            return float(text)
        except ValueError:
            cure = f"write {text.replace(',', '.')}" if "," in text else "write a number, such as 12.5"
            self.wrong(f"'{_text(cell)[:40]}' is not a number", key, cure=cure)
            return None

    def whole(self, row: Row, key: str) -> int | None:
        return self.as_whole(row.get(key), key)

    def as_whole(self, cell: Cell, key: str) -> int | None:
        text = _text(cell)
        try:
            number = float(text)
            if number == int(number):
                return int(number)
        except (ValueError, OverflowError):
            pass
        self.wrong(f"'{text[:40]}' is not a whole number", key, cure="write a year, such as 2024")
        return None

    def truth(self, row: Row, key: str) -> bool | None:
        text = _text(row.get(key)).lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        self.wrong(f"'{text[:40]}' is neither true nor false", key, allowed="true, false")
        return None


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()

