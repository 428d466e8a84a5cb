"""The numbers of a price table as each arm has them: settings of the arm, and levers of what runs in it.

Prices are the same in every arm, but hours per month and costs of a programme may be set for one arm or changed by a
lever. A re-pricing reads both from the manifest and does what the run did (`engine.levers.Levers.draw`): settings
first, then lever after lever, each reading what those before it have left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import Intervention, Lever, Number, Use
from trajectsim.economics.prices import PriceTable
from trajectsim.evidence.parameter import Distribution, Parameter
from trajectsim.evidence.paths import walk
from trajectsim.evidence.register import limits_of

__all__ = ["arm_values"]

F64 = npt.NDArray[np.float64]


def arm_values(manifest: Mapping[str, Any], table: PriceTable, drawn: Sequence[Mapping[str, float]], arm: str) -> F64:
    """Return the table's parameter vectors [D, P] in an arm, from the draws' values by path."""
    spec: Mapping[str, Any] = next((item for item in manifest["scenario"].get("arms", ()) if item["name"] == arm), {})
    out = np.stack([table.values(values) for values in drawn])
    seen = _Seen(manifest, drawn)
    for path, value in (spec.get("set") or {}).items():
        seen.changed[path] = np.full(len(drawn), float(value))
    for name in spec.get("interventions") or ():
        for n, lever in enumerate(seen.intervention(name).levers):
            if not _is_idle(manifest, lever):
                seen.pull(lever, f"interventions.{name}", n)
    for column, path in enumerate(table.paths):
        if path in seen.changed:
            out[:, column] = seen.changed[path]
    return out


class _Seen:
    """Numbers by path as an arm sees them so far, one per draw; `changed` are those that are not the draw's own."""

    def __init__(self, manifest: Mapping[str, Any], drawn: Sequence[Mapping[str, float]]) -> None:
        self._manifest, self._drawn = manifest, drawn
        self._interventions: dict[str, Intervention] = {}
        self.changed: dict[str, F64] = {}

    def intervention(self, name: str) -> Intervention:
        """Return an intervention as the run declared it."""
        if name not in self._interventions:
            self._interventions[name] = Intervention.model_validate(self._manifest["resolved"]["interventions"][name])
        return self._interventions[name]

    def pull(self, lever: Lever, owner: str, n: int) -> None:
        """Change the number that a lever (the n-th of its owner) names; one that this study has not stays away."""
        target = self._declared(lever.parameter)
        if target is None:
            return
        key = "ratio" if lever.ratio is not None else "value"
        number: Number | None = lever.ratio if lever.ratio is not None else lever.value
        path = f"{owner}.levers.{n}.{key}"
        if isinstance(number, Use):
            path = number.use[1:] if number.use.startswith("@") else f"{owner}.parameters.{number.use}"
        value = self._number(path)
        if lever.ratio is not None:
            value = value * self._number(lever.parameter)
        self.changed[lever.parameter] = np.clip(value, *limits_of(target))

    def _number(self, path: str) -> F64:
        """Return a number in every draw [D]; its central value where a draw does not hold it."""
        if path in self.changed:
            return self.changed[path]
        declared = self._declared(path)
        centre = np.nan if declared is None else declared.value
        return np.array([values.get(path, centre) for values in self._drawn], dtype=np.float64)

    def _declared(self, path: str) -> Parameter | None:
        """Return the parameter at a path: of an intervention with its limits, of any other part as it was listed."""
        part, _, rest = path.partition(".")
        if part == "interventions" and rest.partition(".")[0] in (self._manifest["resolved"].get(part) or {}):
            item = self.intervention(rest.partition(".")[0])
            found = (p for own, _, p in walk(item, f"interventions.{item.name}", (Parameter,)) if own == path)
            return next(found, None)
        row = (self._manifest.get("parameters") or {}).get(path)
        if row is None:
            return None
        spread = Distribution(**{key: row[key] for key in ("family", "low", "high")})
        listed = {key: row[key] for key in ("value", "unit", "source", "locator", "grade")}
        return Parameter(distribution=spread, **listed)


def _is_idle(manifest: Mapping[str, Any], lever: Lever) -> bool:
    """Return whether the mechanism that a lever belongs to is off, or is in no world."""
    if lever.mechanism is None:
        return False
    mechanisms = (manifest.get("world") or {}).get("mechanisms", {})
    return not (lever.mechanism in mechanisms and mechanisms[lever.mechanism]["on"])
