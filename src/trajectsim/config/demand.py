"""How much of a world's places others ask for, at central values: told at `check`, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

from trajectsim.config.names import Names
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Number, Text
from trajectsim.config.world import Places

__all__ = ["Demand", "demands", "tightness"]

_PER_MONTH = {"per year": 1 / 12, "persons/year": 1 / 12}
_WORDS = ((0.7, "ample"), (0.9, "tight"), (1.0, "very_tight"))


@dataclass(frozen=True)
class Demand:
    """A provision with `places`; `others` of the town would hold so many of them if there were enough."""

    name: str
    title: Text
    places: float
    others: float

    @property
    def load(self) -> float:
        """Return places asked for by others over places there are; infinite where there are none."""
        if self.others <= 0:
            return 0.0
        return self.others / self.places if self.places > 0 else float("inf")


def demands(scenario: Scenario) -> list[Demand]:
    """Return every provision with places of a checked scenario, in the order of its world; none without a world."""
    world = scenario.world
    if world is None:
        return []
    names, scale = Names(scenario), float(scenario.spec.scale)
    found = {}
    for mechanism in world.mechanisms.values():
        for name, places in mechanism.places.items():
            units = names.value("world", places.units) or 0.0
            capacity = names.value("world", places.capacity) or 0.0
            whole = max(round(units * scale), 1)  # more towns have whole units more, as in the engine
            total = capacity * (whole if units > 1 else scale)
            found[name] = Demand(name, world.provisions[name].title, total, _others(names, places) * scale)
    return [found[name] for name in world.provisions if name in found]


def _others(names: Names, places: Places) -> float:
    """Return how many others would hold a place: arrivals times stay."""
    if places.outside is None:
        return 0.0
    stay = _value(names, places.outside.stay, {"years": 12.0})
    return _value(names, places.outside.arrivals, {**_PER_MONTH, "per step": _steps_a_month(names)}) * stay


def _steps_a_month(names: Names) -> float:
    return names.scenario.model.steps_per_year / 12


def _value(names: Names, number: Number, factors: dict[str, float]) -> float:
    parameter = names.resolved("world", number)
    return 0.0 if parameter is None else parameter.value * factors.get(parameter.unit, 1.0)


def tightness(load: float) -> str:
    """Return a load in a word: ample, tight, very_tight, or short (others alone ask for more than there is)."""
    return next((word for most, word in _WORDS if load < most), "short")
