"""What a scenario declares, by name, and the look-ups that every check shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from trajectsim.config.intervention import STATES, offer_trait, programmes
from trajectsim.config.overlay import WAITING
from trajectsim.config.reader import Loc
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Condition, Exit, Number, Span, Use
from trajectsim.errors import Mistake, nearest
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["CHANCES", "DRIFTS", "EFFECTS", "FACTORS", "PRICE_UNITS", "RATES", "TIMES", "Names", "full_path"]

RATES = ("per month", "per year", "per step")
CHANCES = ("probability", "proportion", "share")
EFFECTS = ("hazard ratio", "log hazard ratio")
FACTORS = ("hazard ratio", "ratio", "number")
DRIFTS = ("latent per month", "latent per year", "latent per step")
TIMES = ("months", "years")
_STAY = ("EUR/month", "EUR/year", "EUR/week", "EUR/day")
_CASE = ("EUR", "EUR/event", "EUR/case")
PRICE_UNITS = {
    "state": _STAY, "joint": _STAY, "event": _CASE, "entries": _CASE, "hours": ("EUR/hour", "EUR"),
    "measure": ("EUR", "EUR/hour", "EUR/month", "ratio", "number", "share", "proportion"),
}  # fmt: skip
"""Units that fit the price of each kind of quantity."""


def full_path(number: Number | float | None, path: str, owner: str) -> str:
    """Return the path of a number that stands at `path` of its owner, or of the one to which it refers."""
    if not isinstance(number, Use):
        return path
    return number.use[1:] if number.use.startswith("@") else f"{owner}.parameters.{number.use}"


class Names:
    """The names of a scenario, and the mistakes found while they are used.

    Attributes:
        states: states by domain, the programmes' domains included.
        traits: kind (flag or number) by trait. latents, events: their names.
        exits: every exit of the model by `domain.exit`.
        mistakes: what was found wrong so far.
    """

    def __init__(self, scenario: Scenario) -> None:
        model = scenario.model
        self.scenario = scenario
        self.mistakes: list[Mistake] = []
        self.states: dict[str, list[str]] = {name: list(domain.states) for name, domain in model.domains.items()}
        for name in programmes(scenario.interventions):
            self.states.setdefault(name, list(STATES))
        self.traits: dict[str, str] = {name: trait.kind for name, trait in model.traits.items()}
        self.traits.update({offer_trait(item): "flag" for item in programmes(scenario.interventions).values()})
        self.latents, self.events = list(model.latents), list(model.events)
        self.exits: dict[str, Exit] = {
            f"{name}.{way.name}": way for name, domain in model.domains.items() for way in domain.exits
        }

    @cached_property
    def by_path(self) -> dict[str, Parameter]:
        """Return every parameter by its full path."""
        return {found.path: found.item for found in scenario_parameters(self.scenario, (Parameter,))}

    def wrong(self, part: str, loc: Loc, what: str, **fields: Any) -> None:
        """Note a mistake about what stands at `loc` in a part of the scenario."""
        self.mistakes.append(self.scenario.mistake(part, loc, what, **fields))

    def known(self, part: str, loc: Loc, name: str, valid: Iterable[str], what: str) -> bool:
        """Return whether a name is among the valid ones; note a mistake with the nearest one where it is not."""
        names = list(valid)
        if name in names:
            return True
        near = nearest(name, names)
        allowed = None if near else ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        cure = None if names else f"none is declared; declare the {what}, or leave this out"
        self.wrong(part, loc, f"there is no {what} '{name}'", near=near, allowed=allowed or None, cure=cure)
        return False

    def all_states(self) -> list[str]:
        """Return every state as `domain.state`."""
        return [f"{domain}.{state}" for domain, states in self.states.items() for state in states]

    def state(self, part: str, loc: Loc, name: str) -> bool:
        """Check a state written as `domain.state`."""
        domain = name.partition(".")[0]
        if "." not in name or domain not in self.states:
            return self.known(part, loc, name, self.all_states(), "state")
        return self.known(part, loc, name, [f"{domain}.{s}" for s in self.states[domain]], "state")

    def covariate(self, part: str, loc: Loc, name: str, with_states: bool = True) -> bool:
        """Check what a hazard or a measure may depend on: a trait, a latent, age, a state of a domain."""
        if with_states and "." in name:
            return self.state(part, loc, name)
        world = getattr(self.scenario, "world", None)
        cycle = world is not None and any(item.cycle is not None for item in world.mechanisms.values())
        shared = ["cycle"] if with_states and cycle else []
        if world is not None and name.startswith(WAITING):
            provision, what = name.removeprefix(WAITING), "provision to wait for"
            if name not in self.traits and not self.known(part, loc, provision, world.provisions, what):
                return False
        valid = [*self.traits, *self.latents, *shared, *(["age", *self.all_states()] if with_states else [])]
        return self.known(part, loc, name, valid, "covariate")

    def condition(self, part: str, loc: Loc, condition: Condition | None, domains: Iterable[str] | None = None) -> None:
        """Check every name and span of a condition; `domains` are those it may name (all by default)."""
        if condition is None:
            return
        allowed = list(self.states) if domains is None else list(domains)
        for domain, states in condition.states.items():
            here: Loc = (*loc, "states", domain)
            if self.known(part, here, domain, allowed, "domain"):
                for state in states.in_ or states.not_ or []:
                    self.known(part, here, state, self.states[domain], f"state in {domain}")
        for name in condition.traits:
            self.known(part, (*loc, "traits", name), name, self.traits, "trait")
        for name in condition.latents:
            self.known(part, (*loc, "latents", name), name, self.latents, "latent")
        for name in condition.months_in:
            self.known(part, (*loc, "months_in", name), name, allowed, "domain")
        for key, spans in (
            ("traits", condition.traits),
            ("latents", condition.latents),
            ("months_in", condition.months_in),
        ):
            for name, span in spans.items():
                self.span(part, (*loc, key, name), span)
        self.span(part, (*loc, "age"), condition.age)
        self.span(part, (*loc, "calendar"), condition.calendar)

    def span(self, part: str, loc: Loc, span: Span | None) -> None:
        """Check that a span holds anything."""
        if span is not None and span.from_ is not None and span.to is not None and span.from_ >= span.to:
            what = f"nothing lies from {span.from_:g} up to, not including, {span.to:g}"
            self.wrong(part, loc, what, cure="let `from` be lower than `to`")

    def shared(self, part: str) -> Mapping[str, Parameter]:
        """Return the parameters that `{use: name}` may name in a part of the scenario."""
        section, dot, name = part.partition(".")
        if dot:  # interventions.<name>, ingredients.<name>
            return dict(getattr(self.scenario, section)[name].parameters)
        owner: Any = getattr(self.scenario, "model" if part == "world" else part, None)
        return {} if owner is None else dict(owner.parameters)

    def resolved(self, part: str, number: Number | float | None) -> Parameter | None:
        """Return the parameter behind a number, or None where it is a plain number or an unknown reference."""
        if isinstance(number, Use):
            full = number.use.startswith("@")
            return self.by_path.get(number.use[1:]) if full else self.shared(part).get(number.use)
        return number if isinstance(number, Parameter) else None

    def value(self, part: str, number: Number | float | None) -> float | None:
        """Return the central value of a number."""
        if isinstance(number, (int, float)):
            return float(number)
        parameter = self.resolved(part, number)
        return None if parameter is None else parameter.value

    def number(
        self, part: str, loc: Loc, number: Number | float | None, units: tuple[str, ...] | None, what: str
    ) -> None:
        """Check that a number's reference exists and that its unit fits `what` (any unit where `units` is None)."""
        if isinstance(number, Use) and number.use[:1] != "@" and number.use not in self.shared(part):
            self.known(part, (*loc, "use"), number.use, self.shared(part), "parameter")
            return
        parameter = self.resolved(part, number)
        if isinstance(number, Use) and parameter is None:
            if part.startswith("ingredients.") or not number.use.startswith("@ingredients."):  # told in its own file
                self.known(part, (*loc, "use"), number.use[1:], self.by_path, "parameter")
            return
        if parameter is None or units is None or parameter.unit in units:
            return
        text = f"the unit '{parameter.unit}' does not fit {what}"
        at: Loc = (*loc, "use") if isinstance(number, Use) else (*loc, "unit")
        self.wrong(part, at, text, allowed=", ".join(units), near=None)

    def own(self, part: str, loc: Loc, number: Number | float | None) -> None:
        """Check that a number that is priced stands in its own file: a valuation reads nothing else."""
        if isinstance(number, Use) and number.use.startswith("@"):
            what = f"'{number.use}' is a path into another file, which a price or a number of hours cannot be"
            self.wrong(part, (*loc, "use"), what, cure="write the number out, or name one of the file's own parameters")

    def not_negative(self, part: str, loc: Loc, number: Number | float | None, what: str) -> None:
        """Check that neither a number nor the low end of its range is below 0."""
        parameter, value = self.resolved(part, number), self.value(part, number)
        if parameter is not None and value is not None and value >= 0 and parameter.distribution.limits is None:
            value, loc = min(value, parameter.distribution.low or 0.0), (*loc, "distribution", "low")
        if value is not None and value < 0:
            self.wrong(part, loc, f"{value:g} is negative, which {what} cannot be", allowed="0 or more")
