"""The sums of the sources, from their own inputs: packaged prices and stated figures through the tool's own valuation.

Each sum becomes a price book with one line per row and counts with two replicates, its two worlds; `valuation.value`
multiplies and rounds. A packaged price that is wrong makes a sum come out wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.source_sums.declared import (
    Case,
    Factor,
    Figure,
    PackagedPrice,
    Product,
    Row,
    Sum,
)
from trajectsim.analysis.source_check import load_targets
from trajectsim.config.load import load_intervention, load_population, load_prices
from trajectsim.config.schema import ModelSpec, Number, PriceBook, PriceLine, Use
from trajectsim.economics.prices import CATEGORY_NAMES, MONTHS_PER_YEAR, PAYER_NAMES, Names, PriceTable, compile_prices
from trajectsim.economics.valuation import value
from trajectsim.evidence.parameter import Parameter

__all__ = ["Found", "Line", "Result", "compute", "factor", "found_figure", "packaged", "product"]

BOOK = "nl_2024"
_KIND = {"EUR/year": "state", "EUR/month": "state", "EUR/day": "state", "EUR/case": "event", "EUR/event": "event",
         "EUR/hour": "measure"}  # fmt: skip
_STATED = {"source": "the source of the sum", "locator": "the sum itself", "grade": "B"}


@dataclass(frozen=True)
class Found:
    """A packaged number: value, unit and grade."""

    value: float
    unit: str
    grade: str


@dataclass(frozen=True)
class Line:
    """A row worked out: quantity, price with unit and grade (`stated` for a figure of the sum alone), euros."""

    name: str
    world: str
    quantity: float
    price: float
    unit: str
    grade: str
    origin: str
    payer: str
    beneficiary: str | None
    category: str
    euros: float


@dataclass(frozen=True)
class Result:
    """A sum worked out: its rows, the total of each world, and euros by payer [first, second]."""

    lines: tuple[Line, ...]
    totals: dict[str, float]
    payers: dict[str, tuple[float, float]]

    def amount(self, of: str) -> float:
        """Return the total of a world, first less second, or the amount of a row."""
        if of == "difference":
            return self.totals["first"] - self.totals["second"]
        return self.totals[of] if of in self.totals else next(x.euros for x in self.lines if x.name == of)


def packaged(path: str) -> Found:
    """Return the number at a path: `population.NAME.size`, `targets.NAME`, or a parameter or price of an intervention
    or of the price book, written out or by name of a shared one.

    Raises:
        KeyError: there is no such number.
    """
    kind, _, rest = path.partition(".")
    if kind == "population":
        name, _, field = rest.partition(".")
        return Found(float(getattr(load_population(name), field)), "persons", "")
    if kind == "targets":
        return Found(load_targets()[rest].value, "EUR/year", "")
    if kind == "prices":
        book = load_prices(BOOK)
        return _number(book, book.parameters, rest, path)
    name, _, inside = rest.partition(".")
    item = load_intervention(name)
    return _number(item, item.parameters, inside, path)


def _number(whole: Any, shared: Mapping[str, Parameter], inside: str, path: str) -> Found:
    at = whole
    for key in inside.split("."):
        at = at[key] if isinstance(at, Mapping) else getattr(at, key, None)
    if isinstance(at, PriceLine):
        at = at.price
    if isinstance(at, Use):
        at = shared[at.use]
    if not isinstance(at, Parameter):
        raise KeyError(f"no number at {path}")
    return Found(at.value, at.unit, at.grade)


def factor(item: Factor) -> float:
    """Return a number of a sum."""
    return float(item.stated) if item.stated is not None else packaged(str(item.packaged)).value


def product(item: Product) -> float:
    """Return a product; multiplied first and divided last, so that whole numbers stay whole."""
    return math.prod(map(factor, item.times)) / math.prod(map(factor, item.over))


def _line_of(row: Row) -> tuple[PriceLine, str]:
    """Return the price line of a row with its price written out, and where it comes from."""
    if isinstance(row.price, PackagedPrice):
        path = row.price.packaged
        kind, _, rest = path.partition(".")
        if kind == "prices":
            book = load_prices(BOOK)
            line, shared = book.lines[rest.removeprefix("lines.")], book.parameters
        else:
            name, _, inside = rest.partition(".costs.")
            item = load_intervention(name)
            line, shared = item.costs[inside], item.parameters
        number: Number = line.price
        return line.model_copy(update={"price": shared[number.use] if isinstance(number, Use) else number}), path
    stated = row.price
    price = Parameter.model_validate({"value": stated.stated / stated.over, "unit": stated.unit, **_STATED})
    made = {"event": row.title.en, "price": price, "price_year": 2024, "payer": stated.payer,
            "category": stated.category}  # fmt: skip
    return PriceLine.model_validate(made), "stated"


@dataclass(frozen=True)
class _Counts:
    """Two replicates, the worlds; one year, one age band."""

    state_months: np.ndarray
    events: np.ndarray
    entries: np.ndarray
    measures: np.ndarray
    joint: np.ndarray


def _table(lines: Mapping[str, PriceLine]) -> PriceTable:
    """Compile a price book of these lines only; each counts a state, event or measure of its own name."""
    plain = {}
    for name, line in lines.items():
        price = line.price
        assert isinstance(price, Parameter)
        counted = {"state": None, "event": None, "measure": None, "hours": None, "entries": None, "fixed": None,
                   "joint": None, "age": None, "cashable": None, "times": None, "in_force": None}  # fmt: skip
        kind = _KIND[price.unit]
        counted[kind] = f"sum.{name}" if kind == "state" else name  # type: ignore[assignment]
        plain[name] = line.model_copy(update=counted)
    book = load_prices(BOOK).model_copy(
        update={"lines": plain, "utilities": {}, "parameters": {}, "projection": {}}
    )
    names = Names(tuple(f"sum.{name}" for name in lines), tuple(lines), tuple(lines))
    nothing = ModelSpec.model_construct()
    return compile_prices(PriceBook.model_construct(**dict(book)), nothing, names=names)


def compute(item: Sum) -> Result:
    """Work out a sum: quantity times price for every row, by world and payer, for one year and without discounting."""
    found = {name: _line_of(row) for name, row in item.rows.items()}
    table = _table({name: line for name, (line, _) in found.items()})
    quantity = {name: product(row.quantity) for name, row in item.rows.items()}
    shape = (2, 1, 1, len(item.rows))
    counts = {kind: np.zeros(shape) for kind in ("state", "event", "measure")}
    for i, (name, row) in enumerate(item.rows.items()):
        price = found[name][0].price
        assert isinstance(price, Parameter)
        kind = _KIND[price.unit]
        counts[kind][int(row.world == "second"), 0, 0, i] = quantity[name] * (
            MONTHS_PER_YEAR if kind == "state" else 1.0
        )
    seen = _Counts(counts["state"], counts["event"], np.zeros(shape), counts["measure"], np.zeros((2, 1, 0)))
    cents = value(seen, table, table.central).cents[:, 0, :]
    lines = []
    for i, (name, row) in enumerate(item.rows.items()):
        line, origin = found[name]
        assert isinstance(line.price, Parameter)
        lines.append(Line(
            name, row.world, quantity[name], line.price.value, line.price.unit,
            "" if origin == "stated" else line.price.grade, origin, line.payer, line.beneficiary,
            CATEGORY_NAMES[int(table.category[i])], float(cents[:, i].sum()) / 100,
        ))  # fmt: skip
    totals = {"first": float(cents[0].sum()) / 100, "second": float(cents[1].sum()) / 100}
    return Result(tuple(lines), totals, _by_payer(table, cents))


def _by_payer(table: PriceTable, cents: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return what each payer pays (positive) or receives (negative) in both worlds."""
    out: dict[str, tuple[float, float]] = {}
    for line, payer, sign in zip(*table.rows(), strict=True):
        first, second = out.get(PAYER_NAMES[payer], (0.0, 0.0))
        paid = cents[:, line] * sign / 100
        out[PAYER_NAMES[payer]] = (first + float(paid[0]), second + float(paid[1]))
    return out


def found_figure(figure: Figure, result: Result | None) -> tuple[float, float]:
    """Return what a figure comes to, exactly and rounded as the source rounds."""
    if figure.product is not None:
        exact = product(figure.product)
    else:
        assert result is not None
        exact = result.amount(figure.of)
    steps = exact / figure.to
    rounded = (math.floor(steps + 1e-9) if figure.down else math.floor(steps + 0.5)) * figure.to
    return exact, round(rounded, 10)


def case_results(case: Case) -> dict[str, Result | None]:
    """Return the results of all sums of a case; None for a sum of figures only."""
    return {name: compute(item) if item.rows else None for name, item in case.sums.items()}
