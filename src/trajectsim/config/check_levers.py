"""Checks of what is another number in one arm: the levers of an intervention, and the settings of an arm."""

from __future__ import annotations

from trajectsim.config.names import Names
from trajectsim.config.reader import Loc
from trajectsim.config.schema import Intervention, Lever
from trajectsim.errors import nearest
from trajectsim.evidence.parameter import Parameter

__all__ = ["REACH", "check_arm_settings", "check_levers", "is_idle"]

REACH = ("model.", "world.", "interventions.", "ingredients.")
"""Beginnings of the paths that may differ between arms. People and prices are the same in all of them."""


def is_idle(scenario: object, lever: Lever) -> bool:
    """Return whether a lever has nothing to act on: its mechanism is off, or there is no world around the youths."""
    if lever.mechanism is None:
        return lever.parameter.startswith("world.") and getattr(scenario, "world", None) is None
    switch = getattr(scenario, "switches", {}).get(lever.mechanism)
    return switch is None or not switch.on


def check_levers(names: Names, name: str, item: Intervention) -> None:
    """Check that an intervention's levers name numbers there are, in units that fit."""
    part = f"interventions.{name}"
    for n, lever in enumerate(item.levers):
        loc: Loc = ("levers", n)
        if lever.mechanism is not None and names.scenario.switches:
            names.known(part, (*loc, "mechanism"), lever.mechanism, names.scenario.switches, "mechanism of the world")
        if is_idle(names.scenario, lever):
            continue
        found = _target(names, part, (*loc, "parameter"), lever.parameter)
        names.number(part, (*loc, "ratio"), lever.ratio, ("ratio", "number", "hazard ratio"), "a ratio")
        if found is not None:
            what = f"a value of {lever.parameter}"
            names.number(part, (*loc, "value"), lever.value, (found.unit,), what)


def check_arm_settings(names: Names) -> None:
    """Check that the settings of arms name numbers there are, within their limits."""
    for i, arm in enumerate(names.scenario.spec.arms):
        for path, value in arm.set.items():
            loc: Loc = ("arms", i, "set", path)
            found = _target(names, "scenario", loc, path)
            limits = None if found is None else found.distribution.limits
            if limits is not None and not limits[0] <= value <= limits[1]:
                what = f"{value:g} lies outside the limits declared for this parameter"
                names.wrong("scenario", loc, what, allowed=f"from {limits[0]:g} to {limits[1]:g}")


def _target(names: Names, part: str, loc: Loc, path: str) -> Parameter | None:
    if not path.startswith(REACH):
        what = f"'{path}' is the same in every arm"
        advice = "set it for the whole scenario, or name a number of the model, the world or an intervention"
        names.wrong(part, loc, what, cure=advice)
        return None
    found = names.by_path.get(path)
    if found is None:
        near = nearest(path, [known for known in names.by_path if known.startswith(REACH)])
        cure = None if near else "the command `trajectsim evidence` lists all parameters"
        names.wrong(part, loc, f"there is no parameter '{path}'", near=near, cure=cure)
    return found
