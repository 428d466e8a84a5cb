"""The year of law: rules that are not in force in it are left out before anything else is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from trajectsim.config.schema import Consequence, Exit, InForce, Intervention, ModelSpec, PriceBook, PriceLine

__all__ = ["interventions_in_force", "model_in_force", "prices_in_force"]

T = TypeVar("T")


def _kept(items: Sequence[T], year: int) -> list[T]:
    kept = []
    for item in items:
        rule: InForce | None = getattr(item, "in_force", None)
        if rule is None or rule.holds(year):
            kept.append(item)
    return kept


def _consequences(items: Sequence[Consequence], year: int) -> list[Consequence]:
    return [
        item.model_copy(
            update={"then": _consequences(item.then, year), "otherwise": _consequences(item.otherwise, year)}
        )
        for item in _kept(items, year)
    ]


def _exit(way: Exit, year: int) -> Exit:
    return way.model_copy(update={"then": _consequences(way.then, year)}) if way.then else way


def model_in_force(model: ModelSpec, year: int) -> ModelSpec:
    """Return a model without the exits, consequences and constraints that are not law in a year."""
    domains = {
        name: domain.model_copy(update={"exits": [_exit(way, year) for way in _kept(domain.exits, year)]})
        for name, domain in model.domains.items()
    }
    return model.model_copy(update={"domains": domains, "constraints": _kept(model.constraints, year)})


def prices_in_force(prices: PriceBook, year: int) -> PriceBook:
    """Return a price book without the lines that are not law in a year."""
    return prices.model_copy(update={"lines": _lines(prices.lines, year)})


def interventions_in_force(item: Intervention, year: int) -> Intervention:
    """Return an intervention without the cost lines that are not law in a year."""
    return item.model_copy(update={"costs": _lines(item.costs, year)})


def _lines(lines: dict[Any, PriceLine], year: int) -> dict[Any, PriceLine]:
    return {name: line for name, line in lines.items() if line.in_force is None or line.in_force.holds(year)}
