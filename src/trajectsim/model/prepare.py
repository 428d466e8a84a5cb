"""From a scenario's file to everything a model needs; kept while the files stay the same, so that models share it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trajectsim.config.check import check
from trajectsim.config.overrides import COMMAND_LINE
from trajectsim.config.scenario import Scenario, load_scenario, packaged_scenario
from trajectsim.config.schema import ArmSpec
from trajectsim.engine.compiler import Program, compile_scenario
from trajectsim.errors import UserError
from trajectsim.evidence.register import Register, build_register
from trajectsim.model.fields import Fields, fields_of

__all__ = ["Prepared", "checked", "prepare"]

F64 = npt.NDArray[np.float64]
Stamp = tuple[tuple[str, int, int], ...]
MOST_KEPT = 4
MOST_DRAWS = 256


@dataclass(frozen=True)
class Prepared:
    """A checked and compiled scenario, with the draws of its parameters that were asked for."""

    scenario: Scenario
    register: Register
    program: Program
    fields: Fields
    rows: dict[tuple[int, int], F64] = field(default_factory=dict, repr=False)

    def row(self, draw: int, seed: int) -> F64:
        """Return the parameters of one draw, shape [P]; draw -1 holds the central values."""
        if draw < 0:
            return self.register.central
        if (draw, seed) not in self.rows:
            if len(self.rows) >= MOST_DRAWS:
                self.rows.clear()
            self.rows[draw, seed] = replace(self.register, seed=seed).draws(np.array([draw], np.int64))[0]
        return self.rows[draw, seed]


_KEPT: OrderedDict[str | int, tuple[Stamp, Prepared]] = OrderedDict()


def checked(scenario: str | Path, overrides: Mapping[str, str] = {}) -> Scenario:
    """Load a scenario and refuse it with all the mistakes that its files hold together. Raises UserError."""
    loaded = load_scenario(scenario, overrides)
    if mistakes := check(loaded):
        raise UserError(mistakes)
    return loaded


def prepare(scenario: str | Path | Scenario | None) -> Prepared:
    """Return a scenario compiled: from its file, from a loaded one, or (None) from everything that is packaged.

    Raises:
        UserError: with all mistakes that the files hold.
    """
    key: str | int = ""
    if scenario is not None:
        key = id(scenario) if isinstance(scenario, Scenario) else str(Path(scenario).absolute())
    kept = _KEPT.get(key)
    if kept is not None and (kept[1].scenario is scenario or kept[0] == _stamp([name for name, _, _ in kept[0]])):
        _KEPT.move_to_end(key)
        return kept[1]
    if scenario is None:
        whole = _packaged()
    elif isinstance(scenario, Scenario):
        whole = scenario
        if mistakes := check(whole):
            raise UserError(mistakes)
    else:
        whole = checked(scenario)
    register = build_register(whole)
    program = compile_scenario(whole, register)
    prepared = Prepared(whole, register, program, fields_of(program))
    _KEPT[key] = (_stamp(_files(whole)), prepared)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.popitem(last=False)
    return prepared


def _files(scenario: Scenario) -> list[str]:
    """Return the files that a scenario was read from; packaged ones, which never change, by a name that is no path."""
    named = {file for document in scenario.documents.values() for file, _ in document.places.values()}
    return sorted(str(Path(file).absolute()) for file in named if not file.startswith(COMMAND_LINE))


def _stamp(files: list[str]) -> Stamp:
    """Return time and size of files, to see whether one was written again."""
    found = []
    for name in files:
        path = Path(name)
        status = path.stat() if path.is_file() else None
        found.append((name, status.st_mtime_ns if status else 0, status.st_size if status else 0))
    return tuple(found)


def _packaged() -> Scenario:
    """Return the packaged model and people, with usual care and an arm each for a programme and one that does nothing.

    Any other packaged intervention is a scenario's to name: every programme adds a domain to every youth.
    """
    whole = packaged_scenario(["supported_job", "placebo"])
    arms = [ArmSpec(name="usual_care"), *(ArmSpec(name=name, interventions=[name]) for name in whole.interventions)]
    return replace(whole, spec=whole.spec.model_copy(update={"arms": arms}))
