"""What an intervention takes per youth who completes it: months, hours per role, euros per payer, at central values.

A sum on the back of an envelope for the catalogue: no chance, no discounting, prices of their own years. What a run
computes is another matter: youths drop out, grow older and stay away.
"""

from __future__ import annotations

from dataclasses import dataclass

from trajectsim.config.schema import Intervention, Number, PriceLine, Use
from trajectsim.economics.prices import DAYS_PER_MONTH, MONTHS_PER_YEAR
from trajectsim.evidence.parameter import Parameter

__all__ = ["Fixed", "PerYouth", "number_of", "per_youth"]

PER_MONTH = {
    "EUR/month": 1.0, "EUR/year": 1 / MONTHS_PER_YEAR, "EUR/week": DAYS_PER_MONTH / 7, "EUR/day": DAYS_PER_MONTH,
}  # fmt: skip
YOUNGEST, OLDEST = 16.0, 28.0
"""Ages between which somebody starts where an intervention names none."""


@dataclass(frozen=True)
class Fixed:
    """An amount of a programme as a whole: name of the line, how often (once, month, year), euros, and who pays."""

    line: str
    often: str
    euros: float
    payer: str


@dataclass(frozen=True)
class PerYouth:
    """What one youth takes who starts at `start_age` (years; the middle of the ages that may) and completes it.

    `months` by state of the programme; `hours` a month by role and state; `euros` by payer, over all months; `fixed`
    amounts of the programme as a whole; `depends`: lines whose amount follows from what happens.
    """

    start_age: float
    months: dict[str, float]
    hours: dict[tuple[str, str], float]
    euros: dict[str, float]
    fixed: tuple[Fixed, ...]
    depends: tuple[str, ...]

    @property
    def hours_in_all(self) -> float:
        """Return all hours of all roles together."""
        return sum(hours * self.months.get(state, 0.0) for (_, state), hours in self.hours.items())


def number_of(item: Intervention, number: Number | float | None) -> Parameter | None:
    """Return the parameter behind a number of an intervention; None where there is none."""
    if isinstance(number, Use):
        return item.parameters.get(number.use)
    return number if isinstance(number, Parameter) else None


def _value(item: Intervention, number: Number | float | None) -> float:
    if isinstance(number, (int, float)):
        return float(number)
    found = number_of(item, number)
    return 0.0 if found is None else found.value


def per_youth(item: Intervention, year: int = 2024) -> PerYouth:
    """Return what an intervention takes per youth; cost lines that are law in a year count."""
    ages = item.eligible.age if item.eligible is not None else None
    low = YOUNGEST if ages is None or ages.from_ is None else ages.from_
    high = max(OLDEST, low) if ages is None or ages.to is None else ages.to
    start = (low + high) / 2
    months = {"enrolled": _months(item, item.duration), "aftercare": _months(item, item.aftercare)}
    hours: dict[tuple[str, str], float] = {}
    for role in item.hours:
        for state in role.while_:
            key = (str(role.role), state)
            hours[key] = hours.get(key, 0.0) + _value(item, role.per_month)
    euros: dict[str, float] = {}
    fixed, depends = [], []
    for name, line in item.costs.items():
        if line.kind == "benefit" or (line.in_force is not None and not line.in_force.holds(year)):
            continue
        price = _value(item, line.price) * (1.0 if line.times is None else _value(item, line.times))
        unit = getattr(number_of(item, line.price), "unit", "EUR")
        if line.fixed is not None:
            times = MONTHS_PER_YEAR if line.fixed == "year" else 1.0
            whole = price if line.fixed == "once" else price * PER_MONTH.get(unit, 1.0) * times
            fixed.append(Fixed(str(name), line.fixed, whole, line.payer))
            continue
        amount = _amount(item, line, price * PER_MONTH.get(unit, 1.0), months, hours, start)
        if amount is None:
            depends.append(str(name))
        elif amount:
            euros[line.payer] = euros.get(line.payer, 0.0) + amount
    return PerYouth(start, months, hours, euros, tuple(fixed), tuple(depends))


def _months(item: Intervention, number: Number | None) -> float:
    found = number_of(item, number)
    if found is None:
        return 0.0
    return found.value * (MONTHS_PER_YEAR if found.unit == "years" else 1.0)


def _amount(
    item: Intervention, line: PriceLine, price: float, months: dict[str, float], hours: dict[tuple[str, str], float],
    start: float,
) -> float | None:  # fmt: skip
    """Return the euros of a line over all months; None where it depends on what happens."""
    inside = {f"{item.name}.{state}": state for state in months}
    if line.state in inside:
        return price * _within(line, inside[str(line.state)], months, start)
    if line.entries in inside:
        state = inside[str(line.entries)]
        return price if months[state] > 0 and _of_age(line, start + _before(state, months) / MONTHS_PER_YEAR) else 0.0
    if line.hours is not None and line.hours.startswith(f"{item.name}."):
        role = line.hours.removeprefix(f"{item.name}.")
        own = {state: number for (name, state), number in hours.items() if name == role}
        return sum(price * number * _within(line, state, months, start) for state, number in own.items())
    return None


def _before(state: str, months: dict[str, float]) -> float:
    return 0.0 if state == "enrolled" else months["enrolled"]


def _of_age(line: PriceLine, age: float) -> bool:
    if line.age is None:
        return True
    return (line.age.from_ is None or age >= line.age.from_) and (line.age.to is None or age < line.age.to)


def _within(line: PriceLine, state: str, months: dict[str, float], start: float) -> float:
    """Return how many months of a state fall within the ages of a line."""
    first = start * MONTHS_PER_YEAR + _before(state, months)
    last = first + months[state]
    if line.age is not None:
        low = -1e9 if line.age.from_ is None else line.age.from_ * MONTHS_PER_YEAR
        high = 1e9 if line.age.to is None else line.age.to * MONTHS_PER_YEAR
        first, last = max(first, low), min(last, high)
    return max(last - first, 0.0)
