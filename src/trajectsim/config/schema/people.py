"""The form of a population file: margins, starting states, the run-in, who comes and who leaves, and presets."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from trajectsim.config.schema.base import Condition, Frozen, Name, Number, Text
from trajectsim.evidence.parameter import Dirichlet, Parameter

__all__ = ["Ages", "Inflow", "InitialStates", "Mortality", "Population", "Preset", "RunIn", "TraitMargin"]


class TraitMargin(Frozen):
    """How a trait is spread in a population: a share (by the value of an earlier flag if `by` is given) for a flag,
    mean and sd (clipped to low and high) for a number."""

    share: Number | None = None
    by: str | None = None
    shares: list[Number] | None = None
    mean: Number | None = None
    sd: Number | float = 0.0
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _one_form(self) -> TraitMargin:
        given = [self.share is not None, self.shares is not None, self.mean is not None]
        if sum(given) != 1 or (self.by is None) != (self.shares is None):
            raise ValueError("give share, or `by` with two shares, or mean (with sd)")
        if self.shares is not None and len(self.shares) != 2:
            raise ValueError("`by` needs two shares: for the flag at 0 and at 1")
        return self


class InitialStates(Frozen):
    """Where youths start in a domain; the first row whose condition holds counts. Conditions may name age, traits and
    domains that stand earlier in the model."""

    when: Condition | None = None
    states: Dirichlet


class Ages(Frozen):
    """Ages at the start, in years: even over the months from `from` up to `to`, or by share per year of age."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    from_: Annotated[float, Field(alias="from")]
    to: float
    shares: list[Annotated[float, Field(ge=0)]] | None = None


class RunIn(Frozen):
    """The cohort is taken from a wider population that has lived `months` under usual care: whoever then meets
    `select` is stuck. The pool grows in blocks of `pool` youths until enough are found, at most `most` blocks."""

    months: Annotated[int, Field(ge=1)]
    select: Condition
    pool: Annotated[int, Field(ge=1)] = 256
    most: Annotated[int, Field(ge=1)] = 400


class Inflow(Frozen):
    """New people: so many a year, evenly spread, with the population's traits and these ages."""

    per_year: Number
    age: Ages


class Mortality(Frozen):
    """Deaths per person: the hazard `base`, times the factor of the age (as in an age table of an exit), times `female`
    for girls and women. It takes the place of the model's own."""

    base: Parameter
    years: list[float] = []
    factors: list[Parameter | float] = []
    female: Parameter | None = None

    @model_validator(mode="after")
    def _rising(self) -> Mortality:
        if len(self.years) != len(self.factors):
            raise ValueError("years and factors need the same number of entries")
        if any(a >= b for a, b in zip(self.years, self.years[1:], strict=False)):
            raise ValueError("the years of mortality must rise")
        return self


class Preset(Frozen):
    """An illustration beside the cohort: first name and coarse traits only; left out of every average."""

    title: str
    age: float
    place: str | None = None
    traits: dict[str, float] = {}
    latents: dict[str, float] = {}
    states: dict[str, str] = {}
    months_in: dict[str, int] = {}
    source: str
    locator: str


class Population(Frozen):
    """A synthetic cohort from declared margins.

    Closed unless it has an `inflow`. `leave_age`: who reaches this age (years) leaves the model, for its state
    `grown_up`; without it a cohort grows as old as the years make it.
    """

    name: Name
    title: Text
    size: Annotated[int, Field(ge=1)]
    ages: Ages
    traits: dict[str, TraitMargin] = {}
    initial: dict[str, list[InitialStates]] = {}
    run_in: RunIn | None = None
    inflow: Inflow | None = None
    leave_age: Annotated[float, Field(gt=0, le=120)] | None = None
    mortality: Mortality | None = None
    presets: dict[Name, Preset] = {}
    parameters: dict[str, Parameter] = {}
