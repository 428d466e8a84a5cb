"""The form of a world file: what the youths share with each other and with the town they live in.

A world is a list of *mechanisms*, each with a name by which a scenario can switch it off. A mechanism may add to the
model (exits, effects, consequences, constraints) and may put rules on what is shared: places, decisions, budgets,
a network of friends, households, a business cycle. With all mechanisms off a scenario is the plain one.
One page on the ideas is `docs/concepts/world.md`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from trajectsim.config.schema import (
    Condition,
    Consequence,
    Constraint,
    Domain,
    Exit,
    Frozen,
    Measure,
    Name,
    Number,
    PriceLine,
    Span,
    Text,
    Trait,
    TraitMargin,
)
from trajectsim.evidence.parameter import Parameter

__all__ = [
    "Budget",
    "Cycle",
    "Decision",
    "Households",
    "Law",
    "LawSpan",
    "Layer",
    "Mechanism",
    "Network",
    "Outside",
    "Places",
    "Provision",
    "Reaction",
    "Sector",
    "Signal",
    "WorldSpec",
]

Latents = dict[str, Number]


class Law(Frozen):
    """A law under which a youth may be known; `when` says who is. A case spans as many laws as hold at once."""

    title: Text
    when: Condition


class LawSpan(Frozen):
    """The law that a provision falls under from one age up to, not including, another (years)."""

    law: str
    age: Span = Span()


class Provision(Frozen):
    """Something a youth can have, ask for and wait for: one or more states of one domain, under a law by age."""

    title: Text
    states: Annotated[list[str], Field(min_length=1)]
    laws: list[LawSpan] = []


class Outside(Frozen):
    """Demand of others in the town: so many ask a month, and stay so long on average (exponential)."""

    arrivals: Number
    stay: Number


class Sector(Frozen):
    """A sector of employers: its share of the units, and places per unit relative to the mean."""

    title: Text
    share: Number
    places: Number


class Reaction(Frozen):
    """What an answer does to whoever gets it: jumps of latents."""

    shift: Latents = {}


class Places(Frozen):
    """Places of a provision, held by one or more units (employers, schools, homes).

    `capacity` places per unit; `units` how many there are. `outside` demand takes part of them. Who waits is served in
    `order`: first come, by lottery each month, or most needy (`need`: weights on latents). `patience`: mean months
    before somebody leaves the queue. `waiting`: drift of latents while one waits. `intake`: months of the year (1 to
    12) in which units admit, except the share `all_year`. A unit takes nobody while it remembers more than `tolerance`
    incidents (the `incidents` events of those it holds, and exits in `failures`, each `failure_weight`); it forgets
    them by `recovery` per month. `cycle`: change in open places per unit of the business cycle.
    """

    capacity: Number
    units: Number | int = 1
    outside: Outside | None = None
    order: Literal["first_come", "lottery", "need"] = "first_come"
    need: Latents = {}
    patience: Number | None = None
    waiting: Latents = {}
    intake: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(max_length=12)] = []
    all_year: Number | None = None
    tolerance: Number | None = None
    incidents: list[str] = []
    failures: list[str] = []
    failure_weight: Number | float = 1.0
    recovery: Number | None = None
    sectors: dict[Name, Sector] = {}
    cycle: Number | None = None
    kind: Literal["employer", "school", "care", "other"] = "other"

    @model_validator(mode="after")
    def _whole(self) -> Places:
        if (self.tolerance is None) != (self.recovery is None):
            raise ValueError("tolerance and recovery go together")
        if self.tolerance is None and (self.incidents or self.failures):
            raise ValueError("incidents and failures count where a tolerance is given")
        if (self.order == "need") != bool(self.need):
            raise ValueError("`need` (weights on latents) goes with order: need, and only with it")
        if self.all_year is not None and not self.intake:
            raise ValueError("`all_year` is a share of units that do not keep to intake months; give `intake`")
        return self


class Decision(Frozen):
    """How a request is decided: it takes `months` on average, is `refused` with a chance, and is `passed_on` (starts
    again) with a chance for every law beyond the first that the case spans."""

    months: Number
    refused: Number | None = None
    passed_on: Number | None = None
    on_refused: Reaction = Reaction()
    on_passed_on: Reaction = Reaction()


class Budget(Frozen):
    """Money of one law (or pooled over laws) for a year: `tariffs` per provision and month, and a `cap` if there is
    one.

    `pooled`: decides at once on what it `buys` and refuses nothing while it lasts; `opened_by` interventions, or always
    where none is named. What programmes open is for those who are in one of them; what an intervention without
    participants opens is for everybody in its arm.
    """

    title: Text
    laws: list[str] = []
    tariffs: dict[str, Number] = {}
    cap: Number | None = None
    pooled: bool = False
    buys: list[str] = []
    opened_by: list[str] = []

    @model_validator(mode="after")
    def _one_form(self) -> Budget:
        if self.pooled != bool(self.buys) or self.pooled == bool(self.laws):
            raise ValueError("a budget names its laws, or is pooled and says what it buys")
        return self


class Layer(Frozen):
    """Part of a youth's friends: how many on average (`degree`), among whom (`within` the same neighbourhood or school
    type, or anybody), and how closely knit (`clustering`, from 0 to 1: friends of friends being friends)."""

    within: list[str] = []
    degree: Number
    clustering: Number | float = 0.0


class Signal(Frozen):
    """What friends show: states that hold, or an event in the last `months`. It becomes the number trait of this name:
    the share of friends that show it less `usual` (the share among outside friends), or the `count` of friends."""

    title: Text
    states: list[str] = []
    event: str | None = None
    months: Annotated[int, Field(ge=1, le=60)] = 1
    form: Literal["share", "count"] = "share"
    usual: Number | float = 0.0

    @model_validator(mode="after")
    def _one_source(self) -> Signal:
        if bool(self.states) == (self.event is not None):
            raise ValueError("a signal has either states or an event")
        if self.form == "count" and self.usual != 0.0:
            raise ValueError("`usual` goes with form: share; a count is of friends in the cohort")
        return self


class Network(Frozen):
    """Friends: layers of ties, of which the share `inside` leads to youths of the cohort and the rest to others."""

    layers: Annotated[list[Layer], Field(min_length=1, max_length=8)]
    inside: Number | float = 1.0
    signals: Annotated[dict[Name, Signal], Field(min_length=1, max_length=8)]


class Households(Frozen):
    """Brothers and sisters in the cohort and the helpers who walk in and out.

    `share` of youths live with another youth of the cohort, in households of `size`. `helpers`: professionals per state
    held; `at_home` those who come for the rest of the household. `overload`: drift of latents per helper beyond
    `threshold`. `shared`: share per month by which latents move to the mean of the household.
    """

    share: Number
    size: Annotated[int, Field(ge=2, le=8)] = 2
    helpers: dict[str, Number] = {}
    at_home: Number | None = None
    threshold: Number
    overload: Latents = {}
    shared: Latents = {}


class Cycle(Frozen):
    """A business cycle: `amplitude` (1 = a usual deep recession or boom) times a sine of `period` months, `phase`
    months after the trough at the start. Effects name it as the covariate `cycle`."""

    amplitude: Number
    period: Number
    phase: Number | float = 0.0


class Mechanism(Frozen):
    """One thing that links youths to each other or to the town; a scenario switches it off by its name.

    Added to the model: `traits` (spread in the population as `people` says), `domains`, `events`, `constraints`,
    `joint_lines`, `measures`; `exits` (domain to further exits), `effects` (exit to covariate to hazard ratio), `adds`
    (exit to state to hazard), `drift` (latent to state to drift), `follows` (exit to what further follows). Shared:
    `places` and `decisions` by provision, `budgets`, `network`, `households`, `cycle`. `prices` are further lines of
    the price book.
    """

    title: Text
    note: str | None = None
    traits: dict[Name, Trait] = {}
    people: dict[Name, TraitMargin] = {}
    domains: dict[Name, Domain] = {}
    events: dict[Name, Text] = {}
    constraints: list[Constraint] = []
    joint_lines: dict[Name, Condition] = {}
    measures: dict[Name, Measure] = {}
    exits: dict[str, list[Exit]] = {}
    effects: dict[str, dict[str, Number]] = {}
    adds: dict[str, dict[str, Number]] = {}
    drift: dict[str, dict[str, Number]] = {}
    follows: dict[str, list[Consequence]] = {}
    places: dict[str, Places] = {}
    decisions: dict[str, Decision] = {}
    budgets: dict[Name, Budget] = {}
    network: Network | None = None
    households: Households | None = None
    cycle: Cycle | None = None
    prices: dict[Name, PriceLine] = {}


class WorldSpec(Frozen):
    """The world around the youths: laws, provisions, and named mechanisms. `parameters` join the model's."""

    name: Name
    title: Text
    include: list[str] = []
    laws: dict[Name, Law] = {}
    provisions: dict[Name, Provision] = {}
    mechanisms: dict[Name, Mechanism] = {}
    parameters: dict[str, Parameter] = {}
