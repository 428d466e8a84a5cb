"""The form of every file a user may write. Unknown keys are refused; files are frozen once read.

One page per file type is in `docs/concepts/declared-model.md`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from trajectsim.evidence.parameter import Dirichlet, MultivariateNormal, Parameter, Posterior

__all__ = [
    "ArmSpec",
    "Change",
    "Condition",
    "Consequence",
    "Constraint",
    "Domain",
    "Exit",
    "Frozen",
    "InForce",
    "Intervention",
    "InterventionEffect",
    "Latent",
    "Measure",
    "ModelSpec",
    "Name",
    "Number",
    "Population",
    "Preset",
    "PriceBook",
    "PriceLine",
    "ScenarioSpec",
    "Selection",
    "Span",
    "State",
    "Team",
    "Text",
    "Trait",
    "Use",
]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Frozen(BaseModel):
    """Base of all declarations: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Frozen):
    """A text on screen in both languages."""

    nl: str
    en: str


class Use(Frozen):
    """A reference to a parameter in the `parameters` section of the model, population, intervention or price book."""

    use: str


Number = Parameter | Use
"""A parameter, written out or referred to by `{use: name}`."""


class Span(Frozen):
    """Numbers from `from` up to, not including, `to`; either end may be open."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    from_: Annotated[float | None, Field(alias="from")] = None
    to: float | None = None


class InForce(Frozen):
    """The years in which a rule is law, both included; either end may be open."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    from_: Annotated[int | None, Field(alias="from")] = None
    to: int | None = None

    @model_validator(mode="after")
    def _some_year(self) -> InForce:
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from {self.from_} lies after to {self.to}, so the rule is never law")
        return self

    def holds(self, year: int) -> bool:
        """Return whether the rule is law in a year."""
        return (self.from_ is None or self.from_ <= year) and (self.to is None or year <= self.to)


def _as_states(value: Any) -> Any:
    """Accept `state`, `[state, ...]` and `{not: [...]}` for the states of a domain."""
    if isinstance(value, str):
        return {"in": [value]}
    if isinstance(value, (list, tuple)):
        return {"in": list(value)}
    if isinstance(value, dict) and isinstance(value.get("not"), str):
        return {"not": [value["not"]]}
    return value


class _States(Frozen):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    in_: Annotated[list[str] | None, Field(alias="in")] = None
    not_: Annotated[list[str] | None, Field(alias="not")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> _States:
        if (self.in_ is None) == (self.not_ is None):
            raise ValueError("give a state, a list of states, or {not: [states]}")
        return self


States = Annotated[_States, BeforeValidator(_as_states)]


class Condition(Frozen):
    """A condition on one youth; all parts must hold.

    `age` in years, `months_in` the time spent in the present state of a domain (in months), `calendar` the months since
    the start of the simulation.
    """

    states: dict[str, States] = {}
    age: Span | None = None
    traits: dict[str, Span] = {}
    latents: dict[str, Span] = {}
    months_in: dict[str, Span] = {}
    calendar: Span | None = None


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
    """A coupled multi-state model. Domains run in the order in which they stand; included files come first."""

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
    parameters: dict[str, Parameter] = {}
    correlated: list[MultivariateNormal] = []
    posteriors: list[Posterior] = []


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
    """A synthetic cohort from declared margins."""

    name: Name
    title: Text
    size: Annotated[int, Field(ge=1)]
    ages: Ages
    traits: dict[str, TraitMargin] = {}
    initial: dict[str, list[InitialStates]] = {}
    run_in: RunIn | None = None
    inflow: Inflow | None = None
    presets: dict[Name, Preset] = {}
    parameters: dict[str, Parameter] = {}


class InterventionEffect(Frozen):
    """What changes while a youth is in one of the programme's states: a hazard (`exit`, by `ratio` or `adds`) or the
    drift of a latent (`latent`, by `drift`)."""

    exit: str | None = None
    latent: str | None = None
    while_: Annotated[list[Literal["enrolled", "aftercare", "ended"]], Field(alias="while", min_length=1)]
    ratio: Number | None = None
    adds: Number | None = None
    drift: Number | None = None

    @model_validator(mode="after")
    def _one_form(self) -> InterventionEffect:
        if (self.exit is None) == (self.latent is None):
            raise ValueError("an effect names either an exit (a hazard) or a latent")
        if self.exit is not None and ((self.ratio is None) == (self.adds is None) or self.drift is not None):
            raise ValueError("an effect on a hazard has either ratio or adds")
        if self.latent is not None and (self.drift is None or self.ratio is not None or self.adds is not None):
            raise ValueError("an effect on a latent has drift")
        return self


class RoleHours(Frozen):
    """Hours of a role per youth in a programme state."""

    role: Name
    while_: Annotated[list[Literal["enrolled", "aftercare"]], Field(alias="while", min_length=1)]
    per_month: Number


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
    `entries` (moves into `domain.state`) or `hours` (`intervention.role`) is the quantity. `kind`: *cost* (payer pays),
    *benefit* (payer gains), *transfer* (payer pays, beneficiary receives; nil for society). `programme` and
    `displaces`: the programme's own cost, and what it replaces; both go below the line of a ratio.
    """

    state: str | None = None
    event: str | None = None
    measure: str | None = None
    joint: str | None = None
    entries: str | None = None
    hours: str | None = None
    age: Span | None = None
    price: Number
    price_year: int
    payer: PAYERS
    beneficiary: PAYERS | None = None
    category: CATEGORIES
    kind: Literal["cost", "benefit", "transfer"] = "cost"
    discount: Literal["standard", "low", "high"] = "standard"
    programme: bool = False
    displaces: bool = False
    in_force: InForce | None = None
    title: Text | None = None

    @model_validator(mode="after")
    def _one_quantity(self) -> PriceLine:
        given = [n for n in ("state", "event", "measure", "joint", "entries", "hours") if getattr(self, n) is not None]
        if len(given) != 1:
            raise ValueError("a price line has exactly one quantity: state, event, measure, joint, entries or hours")
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


class PriceBook(Frozen):
    """Prices of one price year, with payers and categories; earlier price years are brought up by the stated index."""

    name: Name
    title: Text
    price_year: int
    index: dict[int, Index] = {}
    discounting: Discounting
    utilities: dict[str, Number] = {}
    lines: dict[Name, PriceLine]
    parameters: dict[str, Parameter] = {}


class Team(Frozen):
    """Who delivers a programme: full-time posts (`fte`) per role of `hours`.

    Hours a month are fte x `hours_per_fte` / 12 x (1 - `overhead`). What youths get is hours available over hours
    needed; times the team's experience (from `novice` to 1 over `learning` months) it is x, and every effect of the
    programme counts for x ** `shape` of itself (on the log scale for ratios). Each coach leaves with `turnover` per
    month; the youths of that coach have the event `coach_left` and `on_turnover` jumps.
    """

    fte: Annotated[dict[Name, Number], Field(min_length=1)]
    hours_per_fte: Number
    overhead: Number | float = 0.0
    turnover: Number | None = None
    on_turnover: dict[str, Number] = {}
    novice: Number | float = 1.0
    experience: Number | float = 1.0
    learning: Number | None = None
    shape: Number | float = 1.0


class Selection(Frozen):
    """Who gets a place when more ask than there are places.

    `rule`: *lottery* among those who ask, *first_come*, *most_needy* (by `need`, weights on latents), *marker* (a
    static mark with `sensitivity` and `specificity` for being suited), or *known* (a professional who knows the youth
    and judges right with `accuracy`). By mark and judgement only those picked may start, but `pressure` to fill places
    lets a share of the others in all the same. `suited` says who is neither too good nor too bad; for the others every
    effect counts for `unsuited` of itself. `first_month` admits so many at once in the first month.
    """

    rule: Literal["lottery", "first_come", "most_needy", "marker", "known"] = "lottery"
    need: dict[str, Number] = {}
    sensitivity: Number | None = None
    specificity: Number | None = None
    accuracy: Number | None = None
    pressure: Number | float = 0.0
    suited: Condition | None = None
    unsuited: Number | float = 1.0
    first_month: Number | None = None

    @model_validator(mode="after")
    def _fits_its_rule(self) -> Selection:
        mark = self.sensitivity is not None and self.specificity is not None
        if (self.rule == "marker") != mark or (self.sensitivity is None) != (self.specificity is None):
            raise ValueError("sensitivity and specificity go with rule: marker, and only with it")
        if (self.rule == "known") != (self.accuracy is not None):
            raise ValueError("accuracy goes with rule: known, and only with it")
        if (self.rule == "most_needy") != bool(self.need):
            raise ValueError("`need` (weights on latents) goes with rule: most_needy, and only with it")
        if self.rule in ("marker", "known") and self.suited is None:
            raise ValueError("say who is suited: a mark or a judgement is about that")
        return self


class Change(Frozen):
    """What an intervention changes about the places of a provision: more of them, or units that tolerate more."""

    provision: str
    capacity: Number | None = None
    tolerance: Number | None = None

    @model_validator(mode="after")
    def _something(self) -> Change:
        if self.capacity is None and self.tolerance is None:
            raise ValueError("a change names capacity or tolerance, as a ratio")
        return self


class Intervention(Frozen):
    """What a municipality does differently, for whom, for how long, by whom and at what cost.

    Compiles to a domain with the states outside, enrolled, aftercare and ended, present in every arm; in an arm without
    the intervention its entry hazard is nil. Where there are fewer places than eligible youths, places go by lottery.
    """

    name: Name
    title: Text
    description: Text | None = None
    eligible: Condition
    start_month: Annotated[int, Field(ge=0)] = 0
    places: Number
    uptake: Number
    uptake_effects: dict[str, Number] = {}
    uptake_bound: Annotated[float, Field(gt=0)] = 1.0
    duration: Number
    dropout: Number
    dropout_effects: dict[str, Number] = {}
    dropout_bound: Annotated[float, Field(gt=0)] = 0.5
    aftercare: Number | None = None
    effects: list[InterventionEffect] = []
    hours: list[RoleHours] = []
    costs: dict[Name, PriceLine] = {}
    team: Team | None = None
    selection: Selection | None = None
    changes: list[Change] = []
    parameters: dict[str, Parameter] = {}


class ArmSpec(Frozen):
    """One world: a name and the interventions that run in it."""

    name: Name
    title: Text | None = None
    interventions: list[str] = []


class ScenarioSpec(Frozen):
    """What a user writes: which model, people, prices and worlds, for how long, and how many draws and replicates.

    The first arm is the null alternative (nulalternatief). `set` overrides parameters by path. `world` names the town
    around the youths; without it, and with every mechanism in `off`, nothing is shared. `scale`: how many such towns
    together (places, others and budgets; not what a programme brings). `law_year` is the year of the law that holds.
    `on_month` names a Python file with a function of that name, called at the start of every month. """

    name: Name
    title: Text
    model: str = "youth"
    population: str
    size: Annotated[int, Field(ge=1)] | None = None
    prices: str | None = None
    world: str | None = None
    off: list[str] = []
    scale: Annotated[float, Field(gt=0)] = 1.0
    law_year: Annotated[int, Field(ge=2015, le=2035)] = 2024
    on_month: str | None = None
    years: Annotated[float, Field(gt=0, le=100)] = 10
    start: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] = "2024-09"
    arms: Annotated[list[ArmSpec], Field(min_length=1)]
    draws: Annotated[int, Field(ge=1)] = 200
    replicates: Annotated[int, Field(ge=1)] = 20
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    share_luck_across_draws: bool = False
    set: dict[str, float] = {}
    follow: list[str] = []

    @field_validator("arms")
    @classmethod
    def _names_differ(cls, arms: list[ArmSpec]) -> list[ArmSpec]:
        names = [arm.name for arm in arms]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"every arm needs a name of its own; '{twice[0]}' stands there twice")
        return arms
