"""Exact cohort arithmetic from a declared model: the share of people in each state, without any luck.

A domain whose exits depend on nothing but age, the step and fixed traits is a Markov chain; its occupancy follows from
products of transition matrices. The same declaration run by the engine must agree with it, up to chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import Condition, Consequence, Domain, Exit, ModelSpec, Number, Span, Use
from trajectsim.errors import UserError, nearest
from trajectsim.evidence.parameter import Parameter

__all__ = ["People", "cohort_trace", "discount_factors", "transition_matrix"]

F64 = npt.NDArray[np.float64]
_NO_NUMBERS: Mapping[str, float] = {}


@dataclass(frozen=True)
class People:
    """A group of like people: age in years at the start, and the value of each fixed trait (0 where not given)."""

    age: float = 0.0
    traits: Mapping[str, float] = field(default_factory=dict)


def cohort_trace(
    model: ModelSpec,
    start: Mapping[str, float],
    steps: int,
    *,
    domain: str | None = None,
    people: People | None = None,
    values: Mapping[str, float] = _NO_NUMBERS,
) -> F64:
    """Return the share of people in each state at the snapshots 0, 1, ..., `steps`: shape [steps + 1, states].

    Args:
        model: the declaration; states come in its order.
        start: share of people per state at snapshot 0.
        steps: number of steps, each of 1 / model.steps_per_year years.
        domain: the domain to trace; may be left out where the model has one.
        people: age and traits; by default age 0 and all traits 0.
        values: parameter values by path (`model.health.die.base`) instead of the declared ones.

    Raises:
        UserError: an exit depends on something that a chain over states cannot hold (a latent, another domain, time in
            the state), or a name is unknown.
    """
    name = _only_domain(model) if domain is None else domain
    if name not in model.domains:
        raise UserError.of(f"unknown domain '{name}'", near=nearest(name, model.domains))
    states = list(model.domains[name].states)
    for state in start:
        if state not in states:
            raise UserError.of(f"unknown state '{state}' in domain '{name}'", near=nearest(state, states))
    trace = np.zeros((steps + 1, len(states)))
    trace[0] = [start.get(state, 0.0) for state in states]
    for step in range(steps):
        trace[step + 1] = trace[step] @ transition_matrix(model, name, step, people=people, values=values)
    return trace


def transition_matrix(
    model: ModelSpec, domain: str, step: int, *, people: People | None = None, values: Mapping[str, float] = _NO_NUMBERS
) -> F64:
    """Return the chances to go from each state (row) to each state (column) during one step: shape [states, states].

    Exits of a lower stage go first. Within a stage hazards compete: with total H, exit k happens with chance
    h_k / H * (1 - exp(-H)). Exits with a chance of their own (`law: probability` or `rate`) keep that chance among
    those whom no lower stage took.
    """
    chain = _Chain(model, domain, step, people or People(), values)
    declared = model.domains[domain]
    index = {state: i for i, state in enumerate(declared.states)}
    matrix = np.zeros((len(index), len(index)))
    for state, row in index.items():
        left = 1.0
        leaving = [] if declared.states[state].gone else [e for e in declared.exits if state in e.from_]
        for stage in sorted({e.stage for e in leaving}):
            taken = 0.0
            for out, chance in chain.stage_chances(state, [e for e in leaving if e.stage == stage]):
                if out.to is not None:
                    matrix[row, index[out.to]] += left * chance
                    taken += chance
            left *= 1.0 - taken
        matrix[row, row] += left
    return matrix


@dataclass(frozen=True)
class _Chain:
    """One step of one domain for one group of people."""

    model: ModelSpec
    domain: str
    step: int
    people: People
    values: Mapping[str, float]

    @property
    def age(self) -> float:
        return self.people.age + self.step / self.model.steps_per_year

    def stage_chances(self, state: str, exits: list[Exit]) -> list[tuple[Exit, float]]:
        """Chance of each exit of one stage, given that no lower stage took the person."""
        hazards: list[tuple[Exit, float]] = []
        given: list[tuple[Exit, float]] = []
        for out in exits:
            _refuse_what_a_chain_cannot_hold(self.domain, self.model.domains[self.domain], out)
            if not self._holds(out.when, out):
                continue
            size = self._size(state, out)
            if out.law == "rate":
                size = -math.expm1(-size)
            (hazards if out.law == "hazard" else given).append((out, min(size, float(out.bound or 0.0))))
        total = sum(chance for _, chance in given)
        if total > 1.0 or (hazards and total == 1.0):
            what = f"the chances per step to leave '{self.domain}.{state}' sum to {total:g}"
            raise UserError.of(what, allowed="below 1")
        if not hazards:
            return given
        scale = -math.log1p(-total) / total if total > 0 else 1.0
        hazards += [(out, chance * scale) for out, chance in given]
        summed = sum(hazard for _, hazard in hazards)
        share = -math.expm1(-summed) / summed if summed > 0 else 0.0
        return [(out, hazard * share) for out, hazard in hazards]

    def _size(self, state: str, out: Exit) -> float:
        """Base times all factors: a hazard or rate per step, or a probability."""
        path = f"model.{self.domain}.{out.name}"
        size = self._number(out.base, f"{path}.base") if out.base is not None else 0.0
        for covariate, effect in out.effects.items():
            x = self._covariate(covariate, state)
            number = self._number(effect, f"{path}.effects.{covariate}")
            size *= math.exp(number * x) if self._parameter(effect).unit == "log hazard ratio" else number**x
        for trait in out.times:
            size *= self._trait(trait)
        if out.by_age is not None:
            at = max(sum(year <= self.age for year in out.by_age.years) - 1, 0)
            factor = out.by_age.factors[at]
            size *= factor if isinstance(factor, float) else self._number(factor, f"{path}.by_age.factors.{at}")
        if out.by_step is not None:
            size *= out.by_step[min(self.step, len(out.by_step) - 1)]
        return size

    def _covariate(self, name: str, state: str) -> float:
        if name == "age":
            return (self.age - self.model.age.centre) / self.model.age.per
        if name in self.model.traits:
            return self._trait(name)
        domain, _, other = name.partition(".")
        if domain == self.domain and other in self.model.domains[domain].states:
            return float(other == state)
        raise UserError.of(f"'{name}' is not fixed, so cohort arithmetic cannot follow it", key=f"model.{self.domain}")

    def _trait(self, name: str) -> float:
        return float(self.people.traits.get(name, 0.0))

    def _parameter(self, number: Number) -> Parameter:
        return self.model.parameters[number.use] if isinstance(number, Use) else number

    def _number(self, number: Number, path: str) -> float:
        """The parameter's value, per step where it is a rate."""
        parameter = self._parameter(number)
        path = f"model.parameters.{number.use}" if isinstance(number, Use) else path
        value = self.values.get(path, parameter.value)
        months = 12 / self.model.steps_per_year
        return value * {"per month": months, "per year": months / 12}.get(parameter.unit, 1.0)

    def _holds(self, when: Condition | None, out: Exit) -> bool:
        if when is None:
            return True
        months = self.step * 12 / self.model.steps_per_year
        inside = [_within(when.age, self.age), _within(when.calendar, months)]
        inside += [_within(span, self._trait(name)) for name, span in when.traits.items()]
        return all(inside)


def discount_factors(model: ModelSpec, steps: int, rate: float) -> F64:
    """Return (1 + rate) to the power -t for each snapshot, t in years since the start; shape [steps + 1]."""
    return np.asarray((1.0 + rate) ** (-np.arange(steps + 1) / model.steps_per_year), np.float64)


def _only_domain(model: ModelSpec) -> str:
    if len(model.domains) != 1:
        names = ", ".join(model.domains)
        raise UserError.of("the model has several domains", allowed=names, cure="name the domain to trace")
    return next(iter(model.domains))


def _within(span: Span | None, x: float) -> bool:
    if span is None:
        return True
    return (span.from_ is None or x >= span.from_) and (span.to is None or x < span.to)


def _refuse_what_a_chain_cannot_hold(name: str, domain: Domain, out: Exit) -> None:
    moved = _moved_domains(out.then)
    reasons = {
        "depends on the time in the state": out.duration is not None,
        "is forced": out.forced is not None,
        "depends on the season": out.season is not None,
        "depends on another domain": bool(out.adds) or (out.when is not None and bool(out.when.states)),
        "depends on a latent": out.when is not None and bool(out.when.latents),
        "depends on the months in a state": out.when is not None and bool(out.when.months_in),
        "moves its own domain once more": name in moved,
    }
    for reason, holds in reasons.items():
        if holds:
            raise UserError.of(
                f"exit '{out.name}' {reason}, which cohort arithmetic cannot follow",
                key=f"model.{name}.{out.name}",
                cure="run it with the engine",
            )


def _moved_domains(then: list[Consequence]) -> set[str]:
    found: set[str] = set()
    for one in then:
        found |= set(one.set) | _moved_domains(one.then) | _moved_domains(one.otherwise)
    return found
