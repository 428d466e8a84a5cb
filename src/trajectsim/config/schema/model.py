"""The form of a model file: domains with states and exits, latents, constraints, measures."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from trajectsim.config.schema.base import Condition, Frozen, InForce, Name, Number, Text
from trajectsim.evidence.parameter import MultivariateNormal, Parameter, Posterior

__all__ = [
    "Account",
    "AgeTable",
    "Consequence",
    "Constraint",
    "Counting",
    "Domain",
    "Duration",
    "Exit",
    "Forced",
    "Latent",
    "Measure",
    "ModelSpec",
    "Scale",
    "State",
    "Trait",
]


class Consequence(Frozen):
    """What follows at once when an exit is taken: an event, a move in another domain, a jump of latents.

    Where `when` does not hold nothing follows, `otherwise` neither. Where it holds, it follows for certain, or with the
    probability `chance` (keyed luck); then `then` follows too, and where the chance failed `otherwise` does.
    """

    name: str | None = None
    in_force: InForce | None = None
    chance: Number | None = None
    when: Condition | None = None
    event: str | None = None
    set: dict[str, str] = {}
    shift: dict[str, Number] = {}
    then: list[Consequence] = []
    otherwise: list[Consequence] = []


class AgeTable(Frozen):
    """By age: factor j holds from `years[j]` up to the next; before the first and after the last the ends hold."""

    years: list[float]
    factors: list[Number | float]

    @model_validator(mode="after")
    def _rising(self) -> AgeTable:
        if len(self.years) != len(self.factors) or not self.years:
            raise ValueError("years and factors need the same number of entries, at least one")
        if any(a >= b for a, b in zip(self.years, self.years[1:], strict=False)):
            raise ValueError("the years of an age table must rise")
        return self


class Duration(Frozen):
    """How a hazard changes with time in the present state: a table of factors (`months` rising from 0), or a Weibull
    shape: cumulative hazard `base * t**shape`, exact at the ends of steps."""

    months: list[float] | None = None
    factors: list[Number | float] | None = None
    weibull_shape: Number | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Duration:
        if (self.months is None) == (self.weibull_shape is None):
            raise ValueError("give either months with factors, or weibull_shape")
        if self.months is not None:
            if self.factors is None or len(self.factors) != len(self.months):
                raise ValueError("months and factors need the same number of entries")
            if self.months[0] != 0 or any(a >= b for a, b in zip(self.months, self.months[1:], strict=False)):
                raise ValueError("months must start at 0 and rise")
        return self


class Forced(Frozen):
    """A certain exit: at an exact age, or after a number of months in the state."""

    age: float | None = None
    months: Number | None = None

    @model_validator(mode="after")
    def _one_trigger(self) -> Forced:
        if (self.age is None) == (self.months is None):
            raise ValueError("give either age (years) or months (in the state)")
        return self


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Exit(Frozen):
    """A way out of a state, or an event that leaves the state as it is.

    `law`: *hazard* (competing hazards, the default); *probability* (base is a probability per step); *rate* (base is a
    rate, each exit's probability per step is 1 - exp(-rate) on its own). The last two compile to the competing hazards
    that give exactly those probabilities. `bound` is the upper bound of the hazard per month (of the probability per
    step for the other two laws); it belongs to the model and is the same in all arms. `stage`: a lower stage goes first
    (death before other moves). `effects` multiply: covariate name to hazard ratio or log hazard ratio per unit of the
    covariate. `adds` is added to the hazard while a state of another domain holds. `times` multiplies by a number
    trait.
    """

    name: Name
    from_: Annotated[list[str], BeforeValidator(_as_list), Field(alias="from")]
    to: str | None = None
    event: str | None = None
    law: Literal["hazard", "probability", "rate"] = "hazard"
    stage: Annotated[int, Field(ge=0, le=9)] = 0
    base: Number | None = None
    bound: Annotated[float, Field(gt=0)] | None = None
    when: Condition | None = None
    effects: dict[str, Number] = {}
    adds: dict[str, Number] = {}
    times: list[str] = []
    by_age: AgeTable | None = None
    duration: Duration | None = None
    season: Annotated[list[float], Field(min_length=1)] | None = None
    by_step: list[float] | None = None
    forced: Forced | None = None
    chance: Number | None = None
    then: list[Consequence] = []
    in_force: InForce | None = None
    title: Text | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _whole(self) -> Exit:
        if (self.to is None) == (self.event is None):
            raise ValueError("an exit needs either `to` (a state) or `event` (the state stays as it is)")
        if self.forced is not None:
            extra = [
                k for k, v in (("base", self.base), ("bound", self.bound), ("duration", self.duration)) if v is not None
            ]
            if extra or self.effects or self.adds:
                raise ValueError("a forced exit has a trigger and a chance, no base, bound, duration, effects or adds")
        else:
            if self.base is None or self.bound is None:
                raise ValueError("an exit needs a base and a bound (or `forced`)")
            if self.chance is not None:
                raise ValueError("`chance` belongs to forced exits; a hazard already has its chance")
            if self.law != "hazard" and self.bound >= 1:
                raise ValueError(
                    "the bound of a probability per step must lie below 1; use `forced` for a certain exit"
                )
        return self


class State(Frozen):
    """A state of a domain. `gone`: whoever enters leaves the model (death, moved away, too old)."""

    title: Text | None = None
    gone: bool = False


class Domain(Frozen):
    """One part of life: a youth is in one of its states at any moment."""

    title: Text | None = None
    states: Annotated[dict[Name, State], Field(min_length=1, max_length=64)]
    exits: list[Exit] = []


class Latent(Frozen):
    """A slow hidden quantity in [0, 1].

    At the start mean + loadings x traits + sd x normal luck, clipped (or uniform on `uniform`). Each step it moves by
    the sum of the drifts of the states lived in, then `reversion` (a share per month) of the way back to the youth's
    own start. In effects it counts as (latent - centre) / per.
    """

    title: Text | None = None
    mean: Number | float = 0.5
    sd: Number | float = 0.0
    uniform: tuple[float, float] | None = None
    loadings: dict[str, Number] = {}
    centre: float = 0.5
    per: Annotated[float, Field(gt=0)] = 1.0
    drift: dict[str, Number] = {}
    reversion: Number | None = None


class Trait(Frozen):
    """A fixed property of a youth: a flag (0 or 1) or a number."""

    kind: Literal["flag", "number"] = "flag"
    title: Text | None = None


class Constraint(Frozen):
    """A law that always holds, checked each month after the moves. `in_force`: the years of law it belongs to.

    Form 1: `when` a condition holds, `domain` must be in one of `allowed`, else it is set to `otherwise`.
    Form 2: `domain` may be in `state` only while one of the conditions in `only_while` holds, else `otherwise`.
    """

    name: Name
    domain: str
    when: Condition | None = None
    allowed: list[str] = []
    state: str | None = None
    only_while: list[Condition] = []
    otherwise: str
    title: Text | None = None
    in_force: InForce | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Constraint:
        first, second = self.when is not None and bool(self.allowed), self.state is not None and bool(self.only_while)
        if first == second:
            raise ValueError("give either `when` with `allowed`, or `state` with `only_while`")
        if first and self.otherwise not in self.allowed:
            raise ValueError("`otherwise` must be one of `allowed`")
        if second and self.otherwise == self.state:
            raise ValueError("`otherwise` must differ from `state`")
        return self


class Measure(Frozen):
    """A quantity added up every month for youths in the given states: intercept + terms x covariates, clipped, in fixed
    point. For example output hours: hours per month x wage value."""

    title: Text | None = None
    when: Condition
    intercept: Number
    terms: dict[str, Number] = {}
    times: Number | None = None
    low: float = 0.0
    high: float


class Counting(Frozen):
    """At which moments of a step people are counted: start, end, half-cycle (trapezium), or own weights for the
    snapshots 0, 1, ..., T."""

    convention: Literal["start", "end", "half-cycle", "weights"] = "start"
    weights: list[float] | None = None

    @model_validator(mode="after")
    def _weights(self) -> Counting:
        if (self.convention == "weights") != (self.weights is not None):
            raise ValueError("own weights go with convention: weights, and only with it")
        return self


class Scale(Frozen):
    """How age counts as a covariate: (age in years - centre) / per."""

    centre: float = 18.0
    per: Annotated[float, Field(gt=0)] = 1.0


class Account(Frozen):
    """A total kept per youth while the model runs (a discounted amount, for distributions over large groups)."""

    rates: dict[str, float] = {}
    events: dict[str, float] = {}
    discount_per_year: float = 0.0


class ModelSpec(Frozen):
    """A coupled multi-state model. Domains run in the order in which they stand; included files come first.

    `diminishing` (k, 0 or more) is how effects of programmes diminish: x times the reference dose of an ingredient
    counts for (1 + k) x / (1 + k x), and each of n programmes at a time for (1 + k) / (1 + k n) of itself.
    """

    name: Name
    title: Text | None = None
    include: list[str] = []
    steps_per_year: Annotated[int, Field(ge=1, le=366)] = 12
    counting: Counting = Counting()
    age: Scale = Scale()
    age_bands: list[float] = []
    traits: dict[Name, Trait] = {}
    latents: dict[Name, Latent] = {}
    domains: dict[Name, Domain] = {}
    events: dict[Name, Text] = {}
    constraints: list[Constraint] = []
    joint_lines: dict[Name, Condition] = {}
    measures: dict[Name, Measure] = {}
    accounts: dict[Name, Account] = {}
    diminishing: Number | float = 1.0
    parameters: dict[str, Parameter] = {}
    correlated: list[MultivariateNormal] = []
    posteriors: list[Posterior] = []
