"""The year of law: rules that are not in force in it are left out before anything else is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from trajectsim.config.reader import Document, Loc
from trajectsim.config.schema import Consequence, Exit, InForce, Intervention, ModelSpec, PriceBook, PriceLine

__all__ = ["document_in_force", "interventions_in_force", "model_in_force", "prices_in_force"]

T = TypeVar("T")


def _holds(item: Any, year: int) -> bool:
    rule: InForce | None = getattr(item, "in_force", None)
    return rule is None or rule.holds(year)


def _kept(items: Sequence[T], year: int) -> list[T]:
    return [item for item in items if _holds(item, year)]


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


def document_in_force(document: Document, model: ModelSpec, year: int) -> Document:
    """Return a model's document as `model_in_force` leaves the model: places in lists count only what is kept.

    `model` is the model before; a mistake about what is kept is still told at the line where it stands.
    """
    origins: dict[Loc, tuple[Document, Loc]] = {(): (document, ())}

    def note(items: Sequence[Any], new: Loc, old: Loc) -> None:
        kept = [place for place, item in enumerate(items) if _holds(item, year)]
        for now, before in enumerate(kept):
            if (*new, now) != (*old, before):
                origins[*new, now] = (document, (*old, before))
            for key in ("then", "otherwise"):
                note(getattr(items[before], key, ()), (*new, now, key), (*old, before, key))

    for name, domain in model.domains.items():
        here: Loc = ("domains", name, "exits")
        note(domain.exits, here, here)
    note(model.constraints, ("constraints",), ("constraints",))
    return Document(document.data, document.places, origins)


def prices_in_force(prices: PriceBook, year: int) -> PriceBook:
    """Return a price book without the lines that are not law in a year."""
    return prices.model_copy(update={"lines": _lines(prices.lines, year)})


def interventions_in_force(item: Intervention, year: int) -> Intervention:
    """Return an intervention without the cost lines that are not law in a year."""
    return item.model_copy(update={"costs": _lines(item.costs, year)})


def _lines(lines: dict[Any, PriceLine], year: int) -> dict[Any, PriceLine]:
    return {name: line for name, line in lines.items() if line.in_force is None or line.in_force.holds(year)}
