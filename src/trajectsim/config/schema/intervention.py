"""The form of an intervention file: who takes part, what it is made of, what it changes and what it costs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trajectsim.config.schema.base import Condition, Frozen, Name, Number, Text
from trajectsim.config.schema.prices import PriceLine
from trajectsim.evidence.parameter import Parameter

__all__ = [
    "Act",
    "Background",
    "Change",
    "Ingredient",
    "IngredientEffect",
    "Intervention",
    "InterventionEffect",
    "Lever",
    "Reported",
    "RoleHours",
    "Selection",
    "Team",
]


class IngredientEffect(Frozen):
    """One thing that an ingredient changes: a hazard (`exit`, by `ratio` or `adds`) or the drift of a latent."""

    exit: str | None = None
    latent: str | None = None
    ratio: Number | None = None
    adds: Number | None = None
    drift: Number | None = None

    @model_validator(mode="after")
    def _one_form(self) -> IngredientEffect:
        if (self.exit is None) == (self.latent is None):
            raise ValueError("an effect names either an exit (a hazard) or a latent")
        if self.exit is not None and ((self.ratio is None) == (self.adds is None) or self.drift is not None):
            raise ValueError("an effect on a hazard has either ratio or adds")
        if self.latent is not None and (self.drift is None or self.ratio is not None or self.adds is not None):
            raise ValueError("an effect on a latent has drift")
        return self


class InterventionEffect(IngredientEffect):
    """What changes while a youth is in one of the programme's states: a hazard (`exit`, by `ratio` or `adds`) or the
    drift of a latent (`latent`, by `drift`).

    `dose` and `reference` come with an ingredient: the effect counts for (1 + k) x / (1 + k x) of itself (on the log
    scale for a ratio), x being dose / reference and k the model's `diminishing`."""

    while_: Annotated[list[Literal["enrolled", "aftercare", "ended"]], Field(alias="while", min_length=1)]
    dose: Number | None = None
    reference: Number | None = None

    @model_validator(mode="after")
    def _whole_dose(self) -> InterventionEffect:
        if (self.dose is None) != (self.reference is None):
            raise ValueError("a dose needs the reference dose at which the effect counts in full")
        return self


class Ingredient(Frozen):
    """What one thing that programmes are made of does (werkzaam bestanddeel), wherever it is used: an hour of a coach
    a month, a place to work, an employer who was prepared.

    Effects are those at the dose `reference`, whose unit is the ingredient's; more counts for less and less (see
    `ModelSpec.diminishing`). So programmes differ by what they are made of, not by an effect of their own.
    """

    name: Name
    title: Text
    description: Text
    reference: Number
    effects: Annotated[list[IngredientEffect], Field(min_length=1)]
    parameters: dict[str, Parameter] = {}


class Act(Frozen):
    """An ingredient of a programme: in which of its states, and how much (the reference dose if left out)."""

    ingredient: str
    while_: Annotated[list[Literal["enrolled", "aftercare"]], Field(alias="while", min_length=1)]
    dose: Number | None = None


class Lever(Frozen):
    """A number of the model or the world that is another one in the arms where an intervention runs: times `ratio`, or
    `value` instead. `mechanism`: the mechanism of the world that it belongs to; without it the lever is idle."""

    parameter: str
    ratio: Number | None = None
    value: Number | None = None
    mechanism: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Lever:
        if (self.ratio is None) == (self.value is None):
            raise ValueError("a lever has either ratio or value")
        return self


class Reported(Frozen):
    """What a source reports of an intervention. Never an input: `role` says what it may be used for."""

    text: Text
    role: Literal["calibration", "validation", "beside"] = "beside"
    source: str
    locator: str


class Background(Frozen):
    """What a reader of the catalogue wants to know of an intervention beside what the model computes with.

    `chain`: from what is done to what it is for, step by step (the policy theory). `rows`: ids of the entries of the
    evidence list that this file stands for.
    """

    family: Literal[
        "approach", "breakthrough", "instrument", "governance", "comparator", "failed_example", "illustration"
    ]
    place: str | None = None
    for_whom: Text
    chain: list[Text] = []
    preconditions: list[Text] = []
    risks: list[Text] = []
    reported: list[Reported] = []
    rows: list[str] = []
    source: str
    locator: str


class RoleHours(Frozen):
    """Hours of a role per youth in a programme state."""

    role: Name
    while_: Annotated[list[Literal["enrolled", "aftercare"]], Field(alias="while", min_length=1)]
    per_month: Number


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

    A programme (with `eligible`, `places`, `uptake`, `duration` and `dropout`) compiles to a domain with the states
    outside, enrolled, aftercare and ended, present in every arm; in an arm without the intervention its entry hazard is
    nil. Where there are fewer places than eligible youths, places go by lottery. Without those five it is a lever of
    governance: it changes numbers (`levers`) or places (`changes`) for everybody in its arm.
    """

    name: Name
    title: Text
    description: Text | None = None
    background: Background | None = None
    eligible: Condition | None = None
    start_month: Annotated[int, Field(ge=0)] = 0
    places: Number | None = None
    uptake: Number | None = None
    uptake_effects: dict[str, Number] = {}
    uptake_bound: Annotated[float, Field(gt=0)] = 1.0
    duration: Number | None = None
    dropout: Number | None = None
    dropout_effects: dict[str, Number] = {}
    dropout_bound: Annotated[float, Field(gt=0)] = 0.5
    aftercare: Number | None = None
    acts: list[Act] = []
    effects: list[InterventionEffect] = []
    hours: list[RoleHours] = []
    costs: dict[Name, PriceLine] = {}
    team: Team | None = None
    selection: Selection | None = None
    changes: list[Change] = []
    levers: list[Lever] = []
    parameters: dict[str, Parameter] = {}

    @property
    def is_programme(self) -> bool:
        """Whether youths take part in it one by one."""
        return self.uptake is not None

    @model_validator(mode="after")
    def _whole(self) -> Intervention:
        needed = ("eligible", "places", "uptake", "duration", "dropout")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing and len(missing) < len(needed):
            raise ValueError(f"a programme also needs {', '.join(missing)}")
        own = ("uptake_effects", "dropout_effects", "aftercare", "acts", "effects", "hours", "team", "selection")
        idle = [name for name in own if missing and getattr(self, name)]
        if idle:
            raise ValueError(f"{idle[0]} belongs to a programme: give eligible, places, uptake, duration and dropout")
        if missing and not (self.levers or self.changes):
            raise ValueError("it changes nothing: give a programme (eligible, places, uptake, duration, dropout), "
                             "levers or changes")  # fmt: skip
        return self
