"""Checks of what is another number in one arm: the levers of an intervention, and the settings of an arm."""

from __future__ import annotations

import math

from trajectsim.config.intervention import programmes
from trajectsim.config.names import Names, full_path
from trajectsim.config.overrides import what_it_refers_to
from trajectsim.config.reader import Loc
from trajectsim.config.schema import Intervention, Lever, Number
from trajectsim.errors import nearest
from trajectsim.evidence.parameter import Parameter

__all__ = ["REACH", "check_arm_settings", "check_levers", "is_idle"]

REACH = ("model.", "world.", "interventions.", "ingredients.")
"""Beginnings of the paths that may differ between arms. People and prices are the same in all of them."""

PLACES = "programme_places"
"""The mechanism by which a programme's places are given month by month, in each arm its own."""


def is_idle(scenario: object, lever: Lever) -> bool:
    """Return whether a lever has nothing to act on: its mechanism is off, or there is no world around the youths."""
    if lever.mechanism is None:
        return lever.parameter.startswith("world.") and getattr(scenario, "world", None) is None
    switch = getattr(scenario, "switches", {}).get(lever.mechanism)
    return switch is None or not switch.on


def check_levers(names: Names, name: str, item: Intervention) -> None:
    """Check that an intervention's levers name numbers that an arm may change, in units that fit."""
    part = f"interventions.{name}"
    for n, lever in enumerate(item.levers):
        loc: Loc = ("levers", n)
        if lever.mechanism is not None and names.scenario.switches:
            names.known(part, (*loc, "mechanism"), lever.mechanism, names.scenario.switches, "mechanism of the world")
        if is_idle(names.scenario, lever):
            continue
        found = _target(names, part, (*loc, "parameter"), lever.parameter)
        names.number(part, (*loc, "ratio"), lever.ratio, ("ratio", "number", "hazard ratio"), "a ratio")
        ratio = names.value(part, lever.ratio)
        if ratio is not None and ratio < 0:
            names.wrong(part, (*loc, "ratio"), f"{ratio:g} is negative, which a ratio cannot be", allowed="0 or more")
        if found is not None:
            what = f"a value of {lever.parameter}"
            names.number(part, (*loc, "value"), lever.value, (found.unit,), what)


def check_arm_settings(names: Names) -> None:
    """Check that the settings of arms name numbers that an arm may change, within what their unit and limits allow."""
    from trajectsim.evidence.register import limits_of  # draws are for those who need them

    for i, arm in enumerate(names.scenario.spec.arms):
        for path, value in arm.set.items():
            loc: Loc = ("arms", i, "set", path)
            found = _target(names, "scenario", loc, path)
            if found is None:
                continue
            low, high = limits_of(found)
            if not math.isfinite(value):
                names.wrong("scenario", loc, "this is no finite number", cure="give a number")
            elif not low <= value <= high:
                what = f"{value:g} lies outside what this number ({found.unit}) allows"
                allowed = f"at least {low:g}" if math.isinf(high) else f"at most {high:g}" if math.isinf(low) else None
                names.wrong("scenario", loc, what, allowed=allowed or f"from {low:g} to {high:g}")


def _target(names: Names, part: str, loc: Loc, path: str) -> Parameter | None:
    """Return the number that an arm changes; note a mistake where there is none, or no arm can have its own."""
    if not path.startswith(REACH):
        what = f"'{path}' is the same in every arm"
        advice = "set it for the whole scenario, or name a number of the model, the world or an intervention"
        names.wrong(part, loc, what, cure=advice)
        return None
    found = names.by_path.get(path)
    if found is None and (referred := what_it_refers_to(names.scenario, path)) is not None:
        advice = f"name {referred}, which changes every place that uses it"
        names.wrong(part, loc, f"'{path}' is a reference and cannot be changed by itself", cure=advice)
    elif found is None:
        near = nearest(path, [known for known in names.by_path if known.startswith(REACH)])
        cure = None if near else "the command `trajectsim evidence` lists all parameters"
        names.wrong(part, loc, f"there is no parameter '{path}'", near=near, cure=cure)
    elif path in _drawn_with_the_youths(names):
        what = f"'{path}' is used when the youths are made, who are the same in every arm"
        names.wrong(part, loc, what, cure="set it for the whole scenario")
    elif path in _given_at_the_start(names):
        what = f"'{path}' is the same in every arm: without a world, places are given once, before the arms part"
        names.wrong(part, loc, what, cure="name a world, for example world: programmes")
    return found


def _drawn_with_the_youths(names: Names) -> set[str]:
    """Return the paths of the model's numbers from which the youths' slow quantities are drawn."""
    found: set[str] = set()
    for name, latent in names.scenario.model.latents.items():
        path = f"model.latents.{name}"
        numbers: dict[str, Number | float] = {"mean": latent.mean, "sd": latent.sd}
        numbers.update({f"loadings.{trait}": number for trait, number in latent.loadings.items()})
        found |= {full_path(number, f"{path}.{key}", "model") for key, number in numbers.items()}
    return found


def _given_at_the_start(names: Names) -> set[str]:
    """Return the paths of places that are given by one lottery for all arms: those of programmes without a world."""
    scenario = names.scenario
    if scenario.world is not None and PLACES not in scenario.spec.off:
        return set()
    found = programmes(scenario.interventions).items()
    return {full_path(item.places, f"interventions.{name}.places", f"interventions.{name}") for name, item in found}
