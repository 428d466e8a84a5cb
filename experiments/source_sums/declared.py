"""The form of `sums.yaml`: the sums of the sources as rows of quantity times price, and what they should come to."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trajectsim.config.messages import validated
from trajectsim.config.reader import Document, read_yaml
from trajectsim.config.schema import CATEGORIES, PAYERS, Frozen, Text

__all__ = ["Case", "Factor", "Figure", "Row", "Sum", "load_cases"]

HERE = Path(__file__).parent


class Factor(Frozen):
    """A number of a sum: `stated` by the source (with what it is), or read from a packaged file by its path."""

    stated: float | None = None
    packaged: str | None = None
    what: Text

    @model_validator(mode="after")
    def _one_of_both(self) -> Factor:
        if (self.stated is None) == (self.packaged is None):
            raise ValueError("a number is either stated or packaged")
        return self


class Product(Frozen):
    """All numbers under `times` multiplied, divided by all under `over`."""

    times: Annotated[list[Factor], Field(min_length=1)]
    over: list[Factor] = []


class StatedPrice(Frozen):
    """A price that only the source's sum holds: never a parameter of the model."""

    stated: float
    over: float = 1.0
    unit: Literal["EUR/year", "EUR/month", "EUR/case", "EUR/hour"]
    payer: PAYERS
    category: CATEGORIES


class PackagedPrice(Frozen):
    """The path of a packaged price line: `prices.lines.NAME` or `interventions.NAME.costs.LINE`."""

    packaged: str


class Row(Frozen):
    """Quantity times price in one of the two worlds; the quantity is in years, hours or cases, as the price asks."""

    world: Literal["first", "second"]
    title: Text
    quantity: Product
    price: StatedPrice | PackagedPrice


class Figure(Frozen):
    """A figure of the source and how it comes about.

    `of` is the total of a world, their difference (first less second), a row, or `product`. The result is rounded to a
    multiple of `to`, to the nearest or (`down`) downwards. `agrees: false` marks a sum that does not come out: a test
    keeps that so, and `note` says what may be behind it.
    """

    title: Text
    of: str
    product: Product | None = None
    stated: float
    unit: str = "EUR"
    to: float = 1.0
    down: bool = False
    agrees: bool = True
    note: Text | None = None

    @model_validator(mode="after")
    def _whole(self) -> Figure:
        if (self.of == "product") != (self.product is not None):
            raise ValueError("`of: product`, and only that, has a product")
        if not self.agrees and self.note is None:
            raise ValueError("a sum that does not come out has a note")
        return self


class Sum(Frozen):
    """One sum: two worlds side by side, or figures only. `beside`: a sum of ours, which the source does not make."""

    title: Text
    worlds: tuple[Text, Text] | None = None
    rows: dict[str, Row] = {}
    figures: list[Figure] = []
    beside: Text | None = None

    @model_validator(mode="after")
    def _named(self) -> Sum:
        for figure in self.figures:
            if figure.of not in ("first", "second", "difference", "product", *self.rows):
                raise ValueError(f"a figure of '{figure.of}', which is no row of the sum")
        if bool(self.rows) != (self.worlds is not None):
            raise ValueError("rows, and only rows, need the names of two worlds")
        return self


class Case(Frozen):
    """The sums of one place, the one that is pictured, the scenarios that answer more fully, and why they differ."""

    title: Text
    source: str
    locator: str
    sums: dict[str, Sum]
    headline: str
    scenarios: list[str] = []
    reasons: Annotated[list[Text], Field(min_length=1)]

    @model_validator(mode="after")
    def _pictured(self) -> Case:
        if self.headline not in self.sums or not self.sums[self.headline].rows:
            raise ValueError(f"the headline '{self.headline}' is no sum with rows")
        return self


@cache
def load_cases(path: Path = HERE / "sums.yaml") -> dict[str, Case]:
    """Return the cases by name, in their order.

    Raises:
        UserError: with all mistakes that the file holds.
    """
    document = read_yaml(path, path.name)
    return {name: validated(Case, Document(item, document.places)) for name, item in document.data.items()}
