"""A scenario's own Python function of every month, for what cannot be declared.

`on_month: rules.py` names a file with a function `on_month(month)`. It is called at the start of every step, before
anything else, with a `Month`. Its source is part of the scenario's content hash, so results of another source are never
mixed. It has keyed luck only: any other source of chance would make results depend on order and threads. What it
must not import is refused against mistakes, not against malice: it is the user's own program.
"""

from __future__ import annotations

import ast
import builtins
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from trajectsim.engine.luck import uniforms, youth_keys
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE
from trajectsim.engine.together import Hook, Meeting
from trajectsim.errors import UserError, nearest

__all__ = ["Month", "hook_of"]

_MOST = 32_000.0
"""Largest number that a trait can hold."""
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
        given = np.asarray(values, float)
        if given.shape not in ((), (self.size,)) or not np.all(
            np.abs(given) <= _MOST
        ):  # also refuses what is no number
            what = f"'{name}' cannot be set to this" + (f" (shape {list(given.shape)})" if given.shape else "")
            allowed = f"one number up to {_MOST:.0f}, or one for each of the {self.size} youths"
            raise UserError.of(what, key="on_month", allowed=allowed)
        new = np.broadcast_to(given, (self.size,))
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


def _refuse(name: str, line: int | None = None) -> NoReturn:
    raise UserError.of(
        f"`on_month` uses '{name}', whose results differ from run to run",
        key="on_month",
        line=line,
        cure="use month.luck('a purpose of your own')",
    )


def _forbidden(name: str) -> bool:
    return any(name == word or name.startswith(word + ".") for word in _FORBIDDEN)


def _import(name: str, space: Any = None, local: Any = None, wanted: Any = (), level: int = 0) -> Any:
    for full in (name, *(f"{name}.{item}" for item in wanted or ())):
        if _forbidden(full):
            _refuse(full)
    return builtins.__import__(name, space, local, wanted or (), level)


def _check(source: str) -> None:
    """Refuse NumPy's generators, which stand behind a name that may be imported."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("np.random", "numpy.random"):
            _refuse("numpy.random", node.lineno)


def hook_of(scenario: Any) -> Hook | None:
    """Return the scenario's function of every month as the engine calls it, or None where it has none.

    What goes wrong in the function is told as the user's mistake, with its line.

    Raises:
        UserError: the file has no such function, uses a source of chance, or cannot be run.
    """
    source: str | None = getattr(scenario, "hook", None)
    if source is None:
        return None
    file = str(scenario.spec.on_month)
    space: dict[str, Any] = {"__builtins__": {**vars(builtins), "__import__": _import}, "__name__": "on_month"}
    with _told(file, "as it was read"):
        _check(source)
        exec(compile(source, file, "exec"), space)  # noqa: S102  the user's own file, named in the scenario
    function: Callable[[Month], object] | None = space.get("on_month")
    if function is None or not callable(function):
        raise UserError.of("the file has no function `on_month`", file=file, cure="write def on_month(month): ...")

    def call(meeting: Meeting, t: int) -> None:
        with _told(file, f"in step {t}"):
            function(Month(meeting, t))

    return call


@contextmanager
def _told(file: str, when: str) -> Iterator[None]:
    """Tell whatever goes wrong in the user's file as a mistake of the user's, with the file and line."""
    try:
        yield
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        line = lines[-1] if lines else None
        if isinstance(error, UserError):
            raise UserError([replace(m, file=file, line=m.line or line) for m in error.mistakes]) from error
        what = f"`on_month` stopped {when}: {type(error).__name__}: {error}"
        raise UserError.of(what, file=file, line=line) from error
