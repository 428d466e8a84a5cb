"""Checks that the central hazards stay below the bounds on which the engine's clocks run."""

from __future__ import annotations

import math
from collections.abc import Sequence

from trajectsim.config.check_levers import is_idle
from trajectsim.config.intervention import STATES, programmes
from trajectsim.config.names import RATES, Names, full_path
from trajectsim.config.overrides import with_item
from trajectsim.config.reader import Loc
from trajectsim.config.schema import AgeTable, ArmSpec, Exit, Intervention, InterventionEffect, Number
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["MOST_TOTAL", "check_bounds"]

MOST_TOTAL = 4.0
"""Highest sum of the bounds of a state's exits per step that the engine takes."""

_SLACK = 1 + 1e-9


def check_bounds(names: Names) -> None:
    """Check every hazard of the model and of the programmes, in every arm, and the sum of the bounds in each state."""
    model = names.scenario.model
    for domain, declared in model.domains.items():
        for n, way in enumerate(declared.exits):
            if way.forced is None:
                _exit(names, domain, way, ("domains", domain, "exits", n))
        for state in declared.states:
            _total(names, domain, state, [way for way in declared.exits if state in way.from_ and way.forced is None])
    for name, item in programmes(names.scenario.interventions).items():
        for key, number, bound in (
            ("uptake", item.uptake, item.uptake_bound),
            ("dropout", item.dropout, item.dropout_bound),
        ):
            rate = _per_step(names, f"interventions.{name}", number)
            if rate is not None and rate > bound * 12 / model.steps_per_year * _SLACK:
                _above(
                    names, f"interventions.{name}", (key,), f"{key} of {name}", rate * model.steps_per_year / 12, bound
                )
    if not names.mistakes:
        _check_arms(names)


def _per_step(names: Names, part: str, number: Number | None) -> float | None:
    """Return the central value of a rate per step; a probability stays what it is; None for any other unit."""
    parameter = names.resolved(part, number)
    if parameter is None or parameter.unit not in (*RATES, "probability"):
        return None
    steps = names.scenario.model.steps_per_year
    scale = {"per month": 12 / steps, "per year": 1 / steps}.get(parameter.unit, 1.0)
    return parameter.value * scale


def _ratio(parameter: Parameter | None) -> float:
    if parameter is None:
        return 1.0
    return math.exp(min(parameter.value, 50)) if parameter.unit == "log hazard ratio" else parameter.value


def _worst(names: Names, factors: Sequence[Number | float]) -> float:
    values = [names.value("model", factor) for factor in factors]
    return max([value for value in values if value is not None], default=1.0)


def _ages(names: Names, way: Exit, table: AgeTable) -> float:
    """Return the highest factor of an age table within the ages at which the exit is open."""
    window = None if way.when is None else way.when.age
    low = -math.inf if window is None or window.from_ is None else window.from_
    high = math.inf if window is None or window.to is None else window.to
    starts = [-math.inf, *table.years[1:]]
    ends = [*table.years[1:], math.inf]
    reached = [f for f, a, b in zip(table.factors, starts, ends, strict=True) if a < high and b > low]
    return _worst(names, reached)


def central_hazard(names: Names, domain: str, way: Exit, state: str) -> float | None:
    """Return the highest hazard per step of an exit out of a state at central values and covariates of 0.

    It counts the highest factor of every table, the effect of the state itself and the largest single addition; for a
    probability per step it is that probability.
    """
    base = _per_step(names, "model", way.base)
    if base is None:
        return None
    if way.duration is not None and way.duration.weibull_shape is not None:
        base = _weibull_first_step(names, way)
    base *= _ratio(names.resolved("model", way.effects.get(f"{domain}.{state}")))
    if way.by_age is not None:
        base *= _ages(names, way, way.by_age)
    if way.duration is not None and way.duration.factors is not None:
        base *= _worst(names, way.duration.factors)
    base *= max(way.season or [1.0]) * max(way.by_step or [1.0])
    added = [_per_step(names, "model", number) or 0.0 for number in way.adds.values()]
    base += max([0.0, *added])
    base = float(base)
    return 1 - math.exp(-base) if way.law == "rate" else base


def _weibull_first_step(names: Names, way: Exit) -> float:
    """Return the hazard of the first step: base x (one step in the base's unit of time) ** shape."""
    parameter = names.resolved("model", way.base)
    shape = names.value("model", way.duration.weibull_shape) if way.duration is not None else None
    if parameter is None:
        return 0.0
    one = (_per_step(names, "model", way.base) or 0.0) / parameter.value if parameter.value else 0.0
    return float(parameter.value * one ** (1.0 if shape is None else shape))


def _exit(names: Names, domain: str, way: Exit, loc: Loc) -> None:
    """Note an exit whose hazard exceeds its bound, by itself or under a programme's ratio; once is enough."""
    if way.bound is None:
        return
    steps = names.scenario.model.steps_per_year
    scale = steps / 12 if way.law == "hazard" else 1.0
    for state in way.from_:
        reached = central_hazard(names, domain, way, state)
        if reached is None:
            return
        if reached * scale > way.bound * _SLACK:
            _above(names, "model", (*loc, "base"), f"{domain}.{way.name}", reached * scale, way.bound, way.law)
            return
        for name, item in names.scenario.interventions.items():
            for phase in STATES:
                raised, most = _raised(names, name, item, f"{domain}.{way.name}", phase, reached)
                if most is not None and raised * scale > way.bound * _SLACK:
                    key = "ratio" if item.effects[most].ratio is not None else "adds"
                    who = f"{domain}.{way.name} under {name}"
                    part, at = f"interventions.{name}", ("effects", most, key)
                    _above(names, part, at, who, raised * scale, way.bound, way.law)
                    return


def _raised(
    names: Names, name: str, item: Intervention, exit_name: str, phase: str, hazard: float
) -> tuple[float, int | None]:
    """Return an exit's hazard in a state of a programme, all its effects by their doses; and which effect adds most."""
    part, log, added, sizes = f"interventions.{name}", 0.0, 0.0, dict[int, float]()
    for n, effect in enumerate(item.effects):
        if effect.exit != exit_name or phase not in effect.while_:
            continue
        counts = _dose(names, part, effect)
        if effect.ratio is not None:
            one = counts * math.log(max(_ratio(names.resolved(part, effect.ratio)), 1e-300))
            log, sizes[n] = log + one, hazard * math.expm1(min(one, 50.0))
        else:
            one = counts * (_per_step(names, part, effect.adds) or 0.0)
            added, sizes[n] = added + one, one
    most = max(sizes, key=lambda n: sizes[n]) if sizes else None
    return hazard * math.exp(min(log, 50.0)) + added, most


def _dose(names: Names, part: str, effect: InterventionEffect) -> float:
    """Return what an effect counts for by its dose, see `ModelSpec`; in full where something about it is wrong."""
    k = names.value("model", names.scenario.model.diminishing)
    dose, reference = names.value(part, effect.dose), names.value(part, effect.reference)
    if dose is None or reference is None or k is None or dose < 0 or reference <= 0 or k < 0:
        return 1.0
    x = dose / reference
    return (1 + k) * x / (1 + k * x)


def _check_arms(names: Names) -> None:
    """Check the hazards of the model as arms with levers or settings of their own have them."""
    for i, arm in enumerate(names.scenario.spec.arms):
        there = _in_arm(names, arm)
        if there is None:
            continue
        for domain, declared in there.scenario.model.domains.items():
            for n, way in enumerate(declared.exits):
                if way.forced is None:
                    _exit(there, domain, way, ("domains", domain, "exits", n))
        for mistake in there.mistakes[:1]:
            cure = "let its levers and settings do less, or raise the bound of this exit"
            names.wrong("scenario", ("arms", i), f"in the arm '{arm.name}' {mistake.what}", cure=cure)


def _in_arm(names: Names, arm: ArmSpec) -> Names | None:
    """Return the scenario with the central numbers that an arm has; None where it has none of its own.

    Settings first, then the levers in the order of the arm, as in `engine.levers`.
    """
    changed = {path: value for path, value in arm.set.items() if path in names.by_path}
    for name in arm.interventions:
        part = f"interventions.{name}"
        for n, lever in enumerate(names.scenario.interventions[name].levers):
            key, number = ("value", lever.value) if lever.ratio is None else ("ratio", lever.ratio)
            source = full_path(number, f"{part}.levers.{n}.{key}", part)
            if is_idle(names.scenario, lever) or not {source, lever.parameter} <= names.by_path.keys():
                continue
            own, value = (changed.get(path, names.by_path[path].value) for path in (source, lever.parameter))
            changed[lever.parameter] = own * (value if lever.ratio is not None else 1.0)
    if not changed:
        return None
    scenario = names.scenario
    for found in scenario_parameters(names.scenario, (Parameter,)):
        if found.path in changed:
            fixed = found.item.model_copy(update={"value": changed[found.path]})
            scenario = with_item(scenario, found, fixed)
    return Names(scenario)


def _above(names: Names, part: str, loc: Loc, who: str, reached: float, bound: float, law: str = "hazard") -> None:
    unit = "per month" if law == "hazard" else "per step"
    kind = "hazard" if law == "hazard" else "probability"
    what = f"the {kind} of {who} reaches {reached:.4g} {unit} at its central values, above its bound {bound:g}"
    number = f"at least {reached:.4g}"
    names.wrong(part, loc, what, allowed=f"up to {bound:g}", cure=f"raise its bound to {number}, or lower the value")


def _total(names: Names, domain: str, state: str, ways: list[Exit]) -> None:
    """Check the sum of the bounds of the exits of one state."""
    steps = names.scenario.model.steps_per_year
    total = sum((way.bound or 0.0) * 12 / steps for way in ways if way.law == "hazard")
    loc: Loc = ("domains", domain, "states", state)
    for stage in {way.stage for way in ways}:
        chances = sum(way.bound or 0.0 for way in ways if way.law != "hazard" and way.stage == stage)
        if chances >= 1:
            what = f"the bounds of the probabilities out of {domain}.{state} add up to {chances:.4g}"
            names.wrong("model", loc, what, allowed="below 1", cure="lower them, or use `forced` for a certain exit")
            return
        total += -math.log1p(-chances)
    if total > MOST_TOTAL:
        what = f"the bounds of the exits of {domain}.{state} add up to {total:.3g} per step"
        names.wrong("model", loc, what, allowed=f"at most {MOST_TOTAL:g}", cure="lower the bounds or shorten the step")
