"""Both worlds of a claim: as declared, and with the claim's lever pulled; the same youths with the same luck in each.

The youths are the wider population of `nijkerk` at the start of its run-in: pupils and former pupils of practical and
special schools of 13 to 23 years old, and not only those who are stuck, so that claims about pupils, orders and secure
care have somebody to act on. A town is for about 250 of them (data/worlds/town.yaml), so `scale` is
their number by 250.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.overlay import BUILT_IN
from trajectsim.config.scenario import load_scenario
from trajectsim.engine.compiler import Program, compile_scenario
from trajectsim.engine.ledger import flows_of, snapshots
from trajectsim.engine.luck import run_key
from trajectsim.engine.shared import KEPT
from trajectsim.engine.tables import LATENT_ONE, Columns, Ledger
from trajectsim.engine.together import Meeting, meet, simulate_together
from trajectsim.evidence.mechanisms import ClaimRow
from trajectsim.evidence.register import Register, build_register
from trajectsim.model.population import make_cohort
from trajectsim.model.youths import copy_columns

__all__ = ["PROGRAMME", "SEED", "YEARS", "YOUTHS", "World", "arm_of", "counted"]

TOWN = Path(__file__).parents[2] / "configs" / "town.yaml"
YOUTHS, YEARS, SEED = 2500, 8, 1
"""Youths of one replicate (ten towns together), years they live, seed."""
YOUTHS_PER_TOWN = 250
PROGRAMME = "supported_job"
YOUTHS_PER_TEAM = 125
"""In the arm with the programme there is a place for everybody, so that its rules act on as many as possible. At most
16% of the youths are then enrolled at once: of every 125 twenty, as many as the town's team and budget are for."""
_TEAM = f"interventions.{PROGRAMME}.team.fte."
_POOLED = "world.mechanisms.budgets.budgets.pooled.cap"
_PEOPLE = ("population.", "model.latents.")
"""Beginnings of the paths of numbers that make the youths themselves; others leave the cohort as it was."""


def arm_of(row: ClaimRow) -> str:
    """Return the arm in which a claim is measured: with the programme if it is about that, otherwise usual care."""
    assert row.lever is not None
    about = [*row.lever.set, f"switch.{row.lever.off}" if row.lever.off in BUILT_IN else "", *row.where]
    programme = any(path.startswith(("interventions.", "switch.")) for path in about)
    return PROGRAMME if programme else "usual_care"


@dataclass
class World:
    """A compiled world without what is switched off, and its youths by replicate."""

    program: Program
    scenario: Any
    register: Register
    cohorts: dict[tuple[Any, ...], Columns] = field(default_factory=dict)

    @classmethod
    def without(cls, off: str | None = None) -> World:
        """Read the town for the wider population, with one mechanism switched off or none."""
        settings = {"scale": str(YOUTHS / YOUTHS_PER_TOWN), "years": str(YEARS), "seed": str(SEED), "follow": "[]"}
        scenario = load_scenario(TOWN, settings if off is None else {**settings, "off": f"[{off}]"})
        people = scenario.population.model_copy(update={"run_in": None, "presets": {}})
        scenario = replace(scenario, population=people)
        register = build_register(scenario)
        return cls(compile_scenario(scenario, register), scenario, register)

    def live(self, arm: str, replicate: int, settings: Mapping[str, float] = {}) -> dict[str, float]:
        """Live one replicate of an arm at central values, some of them set; return all that is counted (`counted`)."""
        running = () if arm == "usual_care" else (arm,)
        draw, index = self.register.central, self.register.index
        people = {path: value for path, value in settings.items() if path.startswith(_PEOPLE)}
        team = YOUTHS / YOUTHS_PER_TEAM
        for path in index:
            if path.startswith(_TEAM):
                draw[index[path]] *= team
        draw[index[f"interventions.{PROGRAMME}.places"]] = YOUTHS
        if _POOLED in index:  # of one town, like everything that a world holds: `scale` does the rest
            draw[index[_POOLED]] *= YOUTHS_PER_TOWN / YOUTHS_PER_TEAM
        for path, value in settings.items():
            draw[index[path]] = value * team if path.startswith(_TEAM) else value
        columns = copy_columns(self._cohort(draw, replicate, tuple(people.items())))
        run, traits = run_key(SEED, 0, replicate), run_key(SEED, -1, replicate)
        assert self.program.town is not None
        values = self.program.values(draw, running)
        town = self.program.town.settings(draw, running)
        meeting = meet(self.program, values, town, columns, run, traits, running=running)
        return counted(self.program, simulate_together(meeting), meeting)

    def _cohort(self, draw: npt.NDArray[np.float64], replicate: int, people: tuple[Any, ...]) -> Columns:
        key = (replicate, people)
        if key not in self.cohorts:
            if people:  # not kept: of use for one lever only
                return self._people(draw, replicate)
            self.cohorts[key] = self._people(draw, replicate)
        return self.cohorts[key]

    def _people(self, draw: npt.NDArray[np.float64], replicate: int) -> Columns:
        values = self.program.values(draw)
        made = make_cohort(self.program, self.scenario, draw, values, replicate, draw_number=0, size=YOUTHS)
        return made.columns


def counted(program: Program, ledger: Ledger, meeting: Meeting) -> dict[str, float]:
    """Return everything a claim may name as its outcome.

    Months in a state, events, moves and answers per 1,000 youths and year; latents as their mean at the end, in
    hundredths; measures of a provision as their mean per month, per 1,000 youths.
    """
    names, flows, per_year = program.names, flows_of(program, ledger), 1000.0 / (YOUTHS * YEARS)
    stock, steps = snapshots(program, ledger).sum(axis=1), program.steps
    weights = program.counting[: steps + 1] * (12.0 / program.steps_per_year)
    found = {f"months.{name}": float(x) * per_year for name, x in zip(names.states, weights @ stock, strict=True)}
    events = flows.events.sum(axis=(0, 1), dtype=np.int64)
    found |= {f"events.{name}": float(x) * per_year for name, x in zip(names.events, events, strict=True)}
    for reason, x in zip(names.reasons, flows.moves.sum(axis=0, dtype=np.int64), strict=True):
        name = reason if reason.startswith("queue.") else f"moves.{reason.split('.', 1)[1]}"
        found[name] = found.get(name, 0.0) + float(x) * per_year
    for name, row in program.rows.latents.items():
        found[f"latent.{name}"] = float(meeting.columns.slow[row].mean()) / LATENT_ONE * 100
    assert program.town is not None
    kept = meeting.town.kept[:steps].sum(axis=0) * (1000.0 / (YOUTHS * steps))
    for name, row in zip(program.town.names, kept, strict=True):
        found |= {f"queue.{name}.{key}": float(x) for key, x in zip(KEPT, row, strict=True) if key != "granted"}
    return found


