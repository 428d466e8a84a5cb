"""A parameter: value, distribution, unit, source, locator, grade; its draws follow from its path, not from an order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["UNITS", "USER", "Dirichlet", "Distribution", "Parameter", "Posterior", "MultivariateNormal", "Unit"]

USER = "user"
"""Source of a number that the user set."""

Unit = Literal[
    "per month",
    "per year",
    "per step",
    "hazard ratio",
    "log hazard ratio",
    "probability",
    "proportion",
    "share",
    "latent",
    "latent per month",
    "latent per year",
    "latent per step",
    "months",
    "years",
    "places",
    "hours",
    "hours/month",
    "persons",
    "persons/year",
    "EUR",
    "EUR/month",
    "EUR/year",
    "EUR/week",
    "EUR/day",
    "EUR/hour",
    "EUR/event",
    "EUR/case",
    "utility",
    "utility/year",
    "ratio",
    "count",
    "number",
]
UNITS: tuple[str, ...] = Unit.__args__  # type: ignore[attr-defined]
Family = Literal["fixed", "normal", "lognormal", "beta", "gamma", "uniform", "triangular", "pert"]
Grade = Literal["A", "B", "C", "D"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Distribution(_Frozen):
    """How sure a value is.

    `low` and `high` span 95% for normal, lognormal, beta and gamma, whose centre is the parameter's value (mean for
    normal, beta and gamma, median for lognormal): exactly for a normal and for a lognormal whose ends lie evenly
    around it; else approximately, the standard deviation being (high - low) / 3.92. They are the ends of the range
    for uniform, triangular and pert (whose mode is the value). `limits` truncates every draw.
    """

    family: Family = "fixed"
    low: float | None = None
    high: float | None = None
    limits: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _range_is_given(self) -> Distribution:
        if self.family != "fixed" and (self.low is None or self.high is None):
            raise ValueError(f"a {self.family} distribution needs both low and high")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low {self.low} must lie below high {self.high}")
        if self.family == "fixed" and (self.low is not None or self.high is not None):
            raise ValueError("a fixed value has no low or high; name a family, for example lognormal")
        if self.limits is not None and not self.limits[0] < self.limits[1]:
            raise ValueError(f"the lower limit {self.limits[0]} must lie below the upper limit {self.limits[1]}")
        return self


class Parameter(_Frozen):
    """A number with where it comes from. Grades: A measured in a named source, B derived from such figures by a
    stated sum, C public figure to be verified, D assumption."""

    value: float
    distribution: Distribution = Distribution()
    unit: Unit
    source: Annotated[str, Field(min_length=1)]
    locator: Annotated[str, Field(min_length=1)]
    grade: Grade
    note: str | None = None

    @model_validator(mode="after")
    def _value_fits(self) -> Parameter:
        limits = {"probability": (0.0, 1.0), "proportion": (0.0, 1.0), "share": (0.0, 1.0)}.get(self.unit)
        numbers = [("value", self.value), ("low", self.distribution.low), ("high", self.distribution.high)]
        for name, number in numbers:
            if number is None:
                continue
            if number != number or number in (float("inf"), float("-inf")):
                raise ValueError(f"{name} must be a finite number")
            if limits and not limits[0] <= number <= limits[1]:
                raise ValueError(f"{name} {number:g} is not a {self.unit}: it must lie from 0 to 1")
            if self.unit in ("per month", "per year", "per step", "hazard ratio") and number < 0:
                raise ValueError(f"{name} {number:g} cannot be negative for a {self.unit}")
        low, high = self.distribution.low, self.distribution.high
        if low is not None and high is not None and not low <= self.value <= high:
            raise ValueError(f"value {self.value:g} lies outside its own range {low:g} to {high:g}")
        if self.distribution.family == "lognormal" and (low is None or low <= 0):
            raise ValueError("a lognormal distribution needs low above 0")
        return self


class Dirichlet(_Frozen):
    """Shares that sum to one and vary together. `concentration` is the sum of the Dirichlet's weights: the number of
    persons that the shares are worth as evidence; null keeps them fixed."""

    shares: dict[str, Annotated[float, Field(ge=0)]]
    concentration: Annotated[float, Field(gt=0)] | None = None
    source: Annotated[str, Field(min_length=1)]
    locator: Annotated[str, Field(min_length=1)]
    grade: Grade
    note: str | None = None

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Dirichlet:
        total = sum(self.shares.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the shares sum to {total:g}; they must sum to 1")
        return self


class MultivariateNormal(_Frozen):
    """Parameters that vary together as a normal vector, in the order of `members` (paths of parameters)."""

    members: list[str]
    mean: list[float]
    sd: list[Annotated[float, Field(ge=0)]]
    correlation: list[list[float]]

    @model_validator(mode="after")
    def _shapes_agree(self) -> MultivariateNormal:
        n = len(self.members)
        if len(self.mean) != n or len(self.sd) != n:
            raise ValueError(f"{n} members need {n} means and {n} standard deviations")
        if len(self.correlation) != n or any(len(row) != n for row in self.correlation):
            raise ValueError(f"{n} members need a {n} by {n} correlation matrix")
        for i in range(n):
            for j in range(n):
                if abs(self.correlation[i][j] - self.correlation[j][i]) > 1e-12 or abs(self.correlation[i][j]) > 1:
                    raise ValueError(f"the correlations of {self.members[i]} and {self.members[j]} do not mirror")
            if self.correlation[i][i] != 1:
                raise ValueError("the diagonal of a correlation matrix holds ones")
        return self


class Posterior(_Frozen):
    """Parameters that are drawn together as one row of a table (for example a calibrated posterior)."""

    members: list[str]
    rows: Annotated[list[list[float]], Field(min_length=1)]

    @model_validator(mode="after")
    def _shapes_agree(self) -> Posterior:
        if any(len(row) != len(self.members) for row in self.rows):
            raise ValueError(f"every row needs {len(self.members)} numbers, one per member")
        return self
