"""The numbers of a price table as each arm has them: settings of the arm, and levers of what runs in it.

Prices are the same in every arm, but hours per month and costs of a programme may be set for one arm or changed by a
lever. A re-pricing reads both from the manifest and does what the run did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import Intervention, Lever, Number, Use
from trajectsim.economics.prices import PriceTable
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk
from trajectsim.evidence.register import limits_of

__all__ = ["arm_values"]

F64 = npt.NDArray[np.float64]


def arm_values(manifest: Mapping[str, Any], table: PriceTable, drawn: Sequence[Mapping[str, float]], arm: str) -> F64:
    """Return the table's parameter vectors [D, P] in an arm, from the draws' values by path."""
    spec: Mapping[str, Any] = next((item for item in manifest["scenario"].get("arms", ()) if item["name"] == arm), {})
    out = np.stack([table.values(values) for values in drawn])
    places = {path: column for column, path in enumerate(table.paths)}
    for path, value in (spec.get("set") or {}).items():
        if path in places:
            out[:, places[path]] = value
    declared = manifest["resolved"].get("interventions") or {}
    for name in spec.get("interventions") or ():
        for n, lever in enumerate(Intervention.model_validate(declared[name]).levers):
            if lever.parameter in places and not _is_idle(manifest, lever):
                column = places[lever.parameter]
                number = _values(name, n, lever, drawn, declared)
                value = number * out[:, column] if lever.ratio is not None else number
                out[:, column] = np.clip(value, *_limits(lever.parameter, declared))
    return out


def _is_idle(manifest: Mapping[str, Any], lever: Lever) -> bool:
    """Return whether the mechanism that a lever belongs to is off, or is in no world."""
    if lever.mechanism is None:
        return False
    mechanisms = (manifest.get("world") or {}).get("mechanisms", {})
    return not (lever.mechanism in mechanisms and mechanisms[lever.mechanism]["on"])


def _values(
    name: str, n: int, lever: Lever, drawn: Sequence[Mapping[str, float]], declared: Mapping[str, Any]
) -> F64:
    """Return the lever's own number in every draw [D]."""
    key = "ratio" if lever.ratio is not None else "value"
    number: Number | None = lever.ratio if lever.ratio is not None else lever.value
    path = f"interventions.{name}.levers.{n}.{key}"
    if isinstance(number, Use):
        path = number.use[1:] if number.use.startswith("@") else f"interventions.{name}.parameters.{number.use}"
    centre = _found(path, declared).value
    return np.array([values.get(path, centre) for values in drawn], dtype=np.float64)


def _found(path: str, declared: Mapping[str, Any]) -> Parameter:
    """Return the parameter of an intervention at a path."""
    name = path.split(".")[1]
    item = Intervention.model_validate(declared[name])
    found: Parameter = next(n for own, _, n in walk(item, f"interventions.{name}", (Parameter,)) if own == path)
    return found


def _limits(path: str, declared: Mapping[str, Any]) -> tuple[float, float]:
    return limits_of(_found(path, declared))
