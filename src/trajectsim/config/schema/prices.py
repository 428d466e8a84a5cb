"""The form of a price book: quantities times prices, payers and categories."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trajectsim.config.schema.base import Frozen, InForce, Name, Number, Span, Text
from trajectsim.evidence.parameter import Parameter

__all__ = ["CATEGORIES", "Discounting", "Index", "LongRun", "PAYERS", "PriceBook", "PriceLine"]

PAYERS = Literal[
    "municipality_jeugdwet",
    "municipality_wmo",
    "municipality_participation",
    "municipality_other",
    "education",
    "health_insurers",
    "justice",
    "national_government",
    "employers",
    "youth_household",
    "victims_neighbourhood",
]


CATEGORIES = Literal[
    "programme",
    "care",
    "benefits",
    "education",
    "productivity",
    "quality_of_life",
    "safety",
    "relief",
]


class PriceLine(Frozen):
    """Quantity times price for one payer.

    Exactly one of `state` (months in `domain.state`), `event`, `measure`, `joint` (a joint line of the model),
    `entries` (moves into `domain.state`), `hours` (`intervention.role`) or `fixed` is the quantity. `fixed` is an
    amount of a programme as a whole, however many take part: *once* at its start, or each *month* or *year* while it
    runs; only an intervention's own costs may be fixed. `kind`: *cost* (payer pays),
    *benefit* (payer gains), *transfer* (payer pays, beneficiary receives; nil for society). `programme` and
    `displaces`: the programme's own cost, and what it replaces; both go below the line of a ratio. `times` multiplies
    the price (posts in fte, say). `cashable` is the share of a saving on this line that its payer can book
    (inboekbaar): prices are averages, and capacity is released only in part; without it a saving counts whole.
    """

    state: str | None = None
    event: str | None = None
    measure: str | None = None
    joint: str | None = None
    entries: str | None = None
    hours: str | None = None
    fixed: Literal["once", "month", "year"] | None = None
    age: Span | None = None
    price: Number
    times: Number | None = None
    price_year: int
    payer: PAYERS
    beneficiary: PAYERS | None = None
    category: CATEGORIES
    kind: Literal["cost", "benefit", "transfer"] = "cost"
    discount: Literal["standard", "low", "high"] = "standard"
    programme: bool = False
    displaces: bool = False
    cashable: Number | None = None
    in_force: InForce | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _one_quantity(self) -> PriceLine:
        kinds = ("state", "event", "measure", "joint", "entries", "hours", "fixed")
        if sum(getattr(self, name) is not None for name in kinds) != 1:
            raise ValueError(f"a price line has exactly one quantity: {', '.join(kinds[:-1])} or {kinds[-1]}")
        if (self.kind == "transfer") != (self.beneficiary is not None):
            raise ValueError("a transfer, and only a transfer, names its beneficiary")
        return self


class Index(Frozen):
    """One factor that brings prices of `year` to the book's price year, with its source."""

    factor: Parameter


class Discounting(Frozen):
    """Discount rates per year: the standard rate, and the two rates for effect types they are meant for."""

    standard: Parameter
    low: Parameter
    high: Parameter


class LongRun(Frozen):
    """How differences in these categories are carried on after the simulated years: until an age, fading, growing."""

    categories: Annotated[list[CATEGORIES], Field(min_length=1)]
    until_age: Number
    decay: Number
    growth: Number | None = None


class PriceBook(Frozen):
    """Prices of one price year, with payers and categories; earlier price years are brought up by the stated index.

    `projection`: what is shown beside the results for the years after the simulation, by group of categories.
    """

    name: Name
    title: Text
    price_year: int
    index: dict[int, Index] = {}
    discounting: Discounting
    utilities: dict[str, Number] = {}
    lines: dict[Name, PriceLine]
    projection: dict[Name, LongRun] = {}
    parameters: dict[str, Parameter] = {}
