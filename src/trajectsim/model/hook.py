"""A scenario's own Python function of every month, for what cannot be declared.

`on_month: rules.py` names a file with a function `on_month(month)`. It is called at the start of every step, before
anything else, with a `Month`. Its source is part of the scenario's content hash, so results of another source are never
mixed. It has keyed luck only: any other source of chance would make results depend on order and threads.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.engine.luck import uniforms, youth_keys
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE
from trajectsim.engine.together import Hook, Meeting
from trajectsim.errors import UserError, nearest

__all__ = ["Month", "hook_of"]

_FORBIDDEN = ("random", "secrets", "numpy.random", "time", "os", "uuid")


@dataclass(frozen=True)
class Month:
    """What a function of every month may see and change: latents, number traits and flags of the youths, by name.

    Attributes:
        number: the step that begins, from 0.
        arm_runs: names of the interventions that run in this arm.
    """

    meeting: Meeting
    number: int

    @property
    def size(self) -> int:
        """How many youths there are."""
        return int(self.meeting.columns.small.shape[1])

    @property
    def arm_runs(self) -> tuple[str, ...]:
        """Names of the interventions that run in this arm."""
        domains = self.meeting.program.names.domains
        return tuple(domains[d] for d in np.flatnonzero(self.meeting.town.runs))

    def state(self, domain: str) -> npt.NDArray[Any]:
        """Return the name of the state of every youth in a domain, shape [N]. Raises UserError for an unknown name."""
        domains = self.meeting.program.names.domains
        if domain not in domains:
            raise UserError.of(f"there is no domain '{domain}'", near=nearest(domain, domains))
        d = domains.index(domain)
        names = np.array(self.meeting.program.names.state_names(d), object)
        return np.asarray(names[self.meeting.columns.small[d]])

    def get(self, name: str) -> npt.NDArray[np.float64]:
        """Return a latent (0 to 1), number trait or flag (0 or 1) of every youth, shape [N]. Raises UserError."""
        row, unit, column = self._find(name)
        return column[row] / unit

    def put(self, name: str, values: npt.ArrayLike) -> None:
        """Set a latent (cut to 0 to 1), number trait or flag of every youth, shape [N] or one value. Raises
        UserError."""
        row, unit, column = self._find(name)
        new = np.broadcast_to(np.asarray(values, float), (self.size,))
        if name in self.meeting.program.rows.latents or unit == 1:
            new = np.clip(new, 0.0, 1.0)
        column[row] = np.round(new * unit)

    def luck(self, purpose: str) -> npt.NDArray[np.float64]:
        """Return one uniform number per youth for a purpose of your own: the same in every arm, shape [N]."""
        columns = self.meeting.columns
        ids = columns.ids if len(columns.ids) else np.arange(self.size, dtype=np.int64)
        return uniforms(youth_keys(self.meeting.run, ids), self.number, f"on_month {purpose}")

    def _find(self, name: str) -> tuple[int, int, npt.NDArray[Any]]:
        rows, columns = self.meeting.program.rows, self.meeting.columns
        if name in rows.latents:
            return rows.latents[name], LATENT_ONE, columns.slow
        if name in rows.numbers:
            return rows.numbers[name], NUMBER_ONE, columns.slow
        if name in rows.flags:
            return rows.flags[name], 1, columns.small
        near = nearest(name, [*rows.latents, *rows.numbers, *rows.flags])
        raise UserError.of(f"a youth has no latent or trait '{name}'", key="on_month", near=near)


def _import(name: str, *rest: Any, **more: Any) -> Any:
    if any(name == word or name.startswith(word + ".") for word in _FORBIDDEN):
        raise UserError.of(
            f"`on_month` imports '{name}', whose results differ from run to run",
            key="on_month",
            cure="use month.luck('a purpose of your own')",
        )
    return builtins.__import__(name, *rest, **more)


def hook_of(scenario: Any) -> Hook | None:
    """Return the scenario's function of every month as the engine calls it, or None where it has none.

    Raises:
        UserError: the file has no such function, or imports a source of chance.
    """
    source: str | None = getattr(scenario, "hook", None)
    if source is None:
        return None
    space: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": _import}, "__name__": "on_month"}
    exec(compile(source, "on_month", "exec"), space)  # noqa: S102  the user's own file, named in the scenario
    function: Callable[[Month], Mapping[str, Any] | None] | None = space.get("on_month")
    if function is None or not callable(function):
        raise UserError.of("the file has no function `on_month`", key="on_month", cure="write def on_month(month): ...")
    return lambda meeting, t: (function(Month(meeting, t)), None)[1]
