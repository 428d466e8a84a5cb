"""What all declarations have in common: frozen forms, texts in two languages, references, spans and conditions."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from trajectsim.evidence.parameter import Parameter

__all__ = ["Condition", "Frozen", "InForce", "Name", "Number", "Span", "States", "Text", "Use"]

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
