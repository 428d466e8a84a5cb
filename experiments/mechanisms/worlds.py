"""Both worlds of a claim: as declared, and with the claim's lever pulled; the same youths with the same luck in each.

The youths are the wider population of `nijkerk` at the start of its run-in: pupils and former pupils of practical and
special schools of 13 to 23 years old, and not only those who are stuck, so that claims about pupils, orders and secure
care have somebody to act on. A town has about 250 of them (data/worlds/town.yaml): one town is one replicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
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
from trajectsim.engine.tables import LATENT_ONE
from trajectsim.engine.together import meet, simulate_together
from trajectsim.evidence.mechanisms import ClaimRow
from trajectsim.evidence.register import Register, build_register
from trajectsim.model.population import make_cohort

__all__ = ["PLACES", "PROGRAMME", "SEED", "YEARS", "YOUTHS", "YOUTHS_PER_TEAM", "World", "arm_of"]

F64 = npt.NDArray[np.float64]
TOWN = Path(__file__).parents[2] / "configs" / "town.yaml"
YOUTHS, YEARS, SEED = 250, 8, 1
"""Youths of one replicate, years they live, seed."""
PROGRAMME = "supported_job"
YOUTHS_PER_TEAM = 125
"""In the arm with the programme there is a place for everybody, so that its rules act on as many as possible. At most
16% of the youths are then enrolled at once: of every 125 twenty, as many as the town's team and budget are for."""
PLACES = {
    "supported_work": 10, "learn_work": 9, "internship": 15, "sheltered_work": 2, "day_programme": 9,
    "temporary_place": 2, "school_seat": 45, "entry_course": 9, "support": 43, "treatment": 18, "addiction_care": 2,
    "family_support": 4, "youth_placement": 3, "assisted_living": 9, "youth_shelter": 1,
}  # fmt: skip
"""Places added to each provision of the town. Its files are for the twenty who are stuck; the others of these 250 are
among those who ask from outside. Here they ask themselves, so they bring the places that they hold on average in eight
years if nothing is scarce (seats and internships: in the first years, before they leave school). Waits are then about
those of the town."""
_KEPT = [k for k, name in enumerate(KEPT) if name != "granted"]  # counted among the answers already
_TEAM = f"interventions.{PROGRAMME}.team.fte."
_POOLED = "world.mechanisms.budgets.budgets.pooled.cap"


def arm_of(row: ClaimRow) -> str:
    """Return the arm in which a claim is measured: with the programme if it is about that, otherwise usual care."""
    assert row.lever is not None
    about = [*row.lever.set, f"switch.{row.lever.off}" if row.lever.off in BUILT_IN else "", *row.where]
    programme = any(path.startswith(("interventions.", "switch.")) for path in about)
    return PROGRAMME if programme else "usual_care"


@dataclass(frozen=True)
class World:
    """A compiled world, without what is switched off."""

    program: Program
    scenario: Any
    register: Register

    @classmethod
    def without(cls, off: str | None = None) -> World:
        """Read the town for the wider population, with one mechanism switched off or none."""
        settings = {"years": str(YEARS), "seed": str(SEED), "follow": "[]"}
        scenario = load_scenario(TOWN, settings if off is None else {**settings, "off": f"[{off}]"})
        people = scenario.population.model_copy(update={"run_in": None, "presets": {}})
        scenario = replace(scenario, population=people)
        register = build_register(scenario)
        return cls(compile_scenario(scenario, register), scenario, register)

    @cached_property
    def central(self) -> F64:
        """Return the central values, with places, team and pooled budget for these youths."""
        draw, index, town = self.register.central, self.register.index, self.program.town
        assert town is not None
        for pool, units in zip(town.pools, town.settings(draw).units, strict=True):
            if pool.places is not None:
                path = town.resolver.full_path(pool.places.capacity, f"{pool.places_path}.capacity", "model")
                draw[index[path]] += PLACES.get(pool.name, 0) / units
        for path in (path for path in index if path.startswith(_TEAM) or path == _POOLED):
            draw[index[path]] *= YOUTHS / YOUTHS_PER_TEAM
        draw[index[f"interventions.{PROGRAMME}.places"]] = YOUTHS
        return draw

    @cached_property
    def outcomes(self) -> dict[str, int]:
        """Return everything that a claim may name as its outcome, with its place in what `live` returns."""
        return {name: i for i, name in enumerate(dict.fromkeys(name for own in self._named.values() for name in own))}

    @cached_property
    def _named(self) -> dict[str, list[str]]:
        """The outcome that each number of each kind adds to: moves of one name, from several states, go together."""
        names, town = self.program.names, self.program.town
        assert town is not None
        return {
            "months": [f"months.{name}" for name in names.states],
            "events": [f"events.{name}" for name in names.events],
            "moves": [r if r.startswith("queue.") else f"moves.{r.split('.', 1)[1]}" for r in names.reasons],
            "latent": [f"latent.{name}" for name in self.program.rows.latents],
            "kept": [f"queue.{name}.{KEPT[k]}" for name in town.names for k in _KEPT],
        }

    def live(self, arm: str, replicate: int, settings: Mapping[str, float] = {}) -> F64:
        """Live one replicate of an arm, some numbers set, and return all `outcomes`.

        Months in a state, events, moves and answers per 1,000 youths and year; latents in hundredths, the mean at the
        end; other measures of a provision as their mean per month, per 1,000 youths.
        """
        program, town, draw = self.program, self.program.town, self.central.copy()
        assert town is not None
        running = () if arm == "usual_care" else (arm,)
        for path, value in settings.items():
            team = YOUTHS / YOUTHS_PER_TEAM if path.startswith(_TEAM) else 1.0
            draw[self.register.index[path]] = value * team
        columns = make_cohort(
            program, self.scenario, draw, program.values(draw), replicate, draw_number=0, size=YOUTHS
        ).columns
        run, traits = run_key(SEED, 0, replicate), run_key(SEED, -1, replicate)
        values, rules = program.values(draw, running), town.settings(draw, running)
        meeting = meet(program, values, rules, columns, run, traits, running=running)
        ledger = simulate_together(meeting)
        flows, steps = flows_of(program, ledger), program.steps
        weights = program.counting[: steps + 1] * (12.0 / program.steps_per_year)
        per_year = 1000.0 / (YOUTHS * YEARS)
        found = np.zeros(len(self.outcomes))
        for kind, numbers in (
            ("months", weights @ snapshots(program, ledger).sum(axis=1) * per_year),
            ("events", flows.events.sum(axis=(0, 1)) * per_year),
            ("moves", flows.moves.sum(axis=0) * per_year),
            ("latent", meeting.columns.slow[list(program.rows.latents.values())].mean(axis=1) / LATENT_ONE * 100),
            ("kept", meeting.town.kept[:steps, :, _KEPT].sum(axis=0).ravel() * (1000.0 / (YOUTHS * steps))),
        ):
            np.add.at(found, [self.outcomes[name] for name in self._named[kind]], numbers)
        return found
