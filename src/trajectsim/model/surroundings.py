"""Which institutions stand around the youths of a model, and where their numbers are in the arrays they share.

Institutions are numbered after the youths: the municipality, every unit of every provision with places, then the
programmes that run in the arm and their coach teams. Arms differ in the last two only.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import Number, Text
from trajectsim.engine.compiler import Program
from trajectsim.engine.luck import uniforms, youth_keys
from trajectsim.engine.phases import COACH, HAIR, sine
from trajectsim.engine.shared import ANSWERS, Shared, Town
from trajectsim.engine.tables import Ledger
from trajectsim.engine.together import Meeting
from trajectsim.engine.town import Settings, TownProgram

__all__ = ["Group", "Surroundings"]

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """Institutions of one kind and name: `count` from number `first`; `at`: which provision, programme or team."""

    kind: str
    name: str
    title: Text
    first: int
    count: int = 1
    at: int = 0


@dataclass(frozen=True)
class Surroundings:
    """The institutions of one model, in groups, and readings of their arrays. P provisions, B budgets, A answers.

    `row` holds the parameters of the draw; `traits` is the key from which the sectors of units follow.
    """

    program: Program
    town: TownProgram
    meeting: Meeting
    ledger: Ledger
    settings: Settings
    traits: np.uint64
    row: F64
    running: tuple[str, ...]

    @property
    def x(self) -> Town:
        """What the phases of a month keep."""
        return self.meeting.town

    @property
    def w(self) -> Shared:
        """What youths hold and ask for."""
        return self.meeting.shared[0]

    # --- which there are ----------------------------------------------------------------------------------------------

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All institutions in the order of their numbers, from 0; none where nothing is shared."""
        town, found = self.town, []
        if len(town.pools) or len(town.budgets) or len(town.teams):
            found.append(("municipality", "municipality", town.world.title, 1, 0))
        for p, pool in enumerate(town.pools):
            if pool.places is not None and pool.provision is not None:
                units = int(self.settings.units[p])
                found.append((pool.places.kind, pool.name, pool.provision.title, units, p))
        taking_part = (name for name in self.running if town.interventions[name].is_programme)
        for k, name in enumerate(taking_part):
            found.append(("programme", name, town.interventions[name].title, 1, k))
        for k, name in enumerate(town.levels):
            if name in self.running and name in town.teams:
                found.append(("team", name, town.interventions[name].title, 1, k))
        firsts = np.cumsum([0, *(count for *_, count, _ in found)]).tolist()
        return tuple(Group(kind, name, title, firsts[i], n, at) for i, (kind, name, title, n, at) in enumerate(found))

    @cached_property
    def _firsts(self) -> list[int]:
        return [group.first for group in self.groups]

    @property
    def total(self) -> int:
        """How many institutions there are."""
        return self.groups[-1].first + self.groups[-1].count if self.groups else 0

    def group(self, number: int) -> Group:
        """Return the group of an institution."""
        return self.groups[bisect_right(self._firsts, number) - 1]

    def of_kind(self, kind: str) -> I64:
        """Return the numbers of all institutions of a kind."""
        own = [np.arange(g.first, g.first + g.count) for g in self.groups if g.kind == kind]
        return np.concatenate(own) if own else np.zeros(0, np.int64)

    # --- numbers of the scenario --------------------------------------------------------------------------------------

    def number(self, number: Number | float, path: str, scope: str) -> float:
        """Return the value of a number of the scenario in this draw."""
        if isinstance(number, (int, float)):
            return float(number)
        resolver = self.town.resolver
        return float(self.row[resolver.index[resolver.full_path(number, path, scope)]])

    @cached_property
    def sectors(self) -> dict[int, I64]:
        """For every provision with places the sector of each of its units, by the same luck as its places."""
        found = {}
        for group in self.groups:
            if group.kind not in ("municipality", "programme", "team"):
                edges, _ = self.settings.sectors[group.at]
                salt = self.settings.pools[group.at]["salt"]
                keys = youth_keys(np.uint64(self.traits ^ salt), np.arange(group.count, dtype=np.int64))
                sector = np.searchsorted(edges, uniforms(keys, 0, "sector"), side="right")
                found[group.at] = np.minimum(sector, len(edges) - 1)
        return found

    # --- units --------------------------------------------------------------------------------------------------------

    def unit(self, p: int, i: int) -> int:
        """Return the place of a provision's unit among all units."""
        return int(self.x.pools[p]["unit_first"]) + i

    def places(self, p: int, u: int, step: int) -> int:
        """Return the places that a unit has in a step: more in a boom."""
        pool, (amplitude, period, phase) = self.x.pools[p], self.x.cycle.tolist()
        level = amplitude * _sine((step + phase) / period - 0.25) if period > 0 else 0.0
        factor = max(1.0 + float(pool["cycle"]) * level, 0.0)
        return int(np.floor(self.x.unit_places[u] * factor + self.x.unit_part[u]))

    def closed(self, p: int, u: int, step: int) -> str | None:
        """Return why a unit takes nobody in a step ("incidents", "no_intake"), or None where it does."""
        pool, clock = self.x.pools[p], self.program.structure.clock[0]
        if float(self.x.memory[u]) * (1.0 - float(pool["forget"])) > float(pool["tolerance"]) + HAIR:
            return "incidents"
        month = (int(clock["season_start"]) + step) * 12 // self.program.steps_per_year % 12
        if self.x.unit_all_year[u] == 0 and (int(pool["intake"]) >> month) & 1 == 0:
            return "no_intake"
        return None

    def holders(self, p: int, u: int) -> I64:
        """Return the rows of the youths whom a unit holds."""
        return np.flatnonzero(self.w.unit[self.x.pools[p]["row"]] == u)

    def askers(self, p: int) -> I64:
        """Return the rows of the youths who have asked for a provision and have no answer yet."""
        q = int(self.x.pools[p]["row"])
        asked_for = self.w.state_pool[self.x.first_of[q] + self.w.target[q].astype(np.int64)]
        return np.flatnonzero((self.w.wait[q] != 0) & (asked_for == p))

    # --- flows --------------------------------------------------------------------------------------------------------

    def answers(self, steps: slice) -> I64:
        """Return how many requests had each answer in some steps, shape [P, A]; see `engine.shared.ANSWERS`."""
        p, a = len(self.town.pools), len(ANSWERS)
        first = int(self.program.structure.clock[0]["at_moves"]) + self.town.at_answers
        total: I64 = self.ledger.tally[steps, first : first + p * a].sum(axis=0, dtype=np.int64)
        return total.reshape(p, a)

    def law_budget(self) -> list[int]:
        """Return the budget of each law, -1 none."""
        found: list[int] = self.x.law_budget.tolist()
        return found

    def decides(self) -> list[int]:
        """Return the provisions upon which the municipality decides, or which one of its budgets pays for."""
        paid = np.any(self.x.tariff >= 0, axis=0).tolist()
        return [p for p, pool in enumerate(self.town.pools) if pool.decision is not None or paid[p]]

    # --- programmes ---------------------------------------------------------------------------------------------------

    def level(self, name: str, step: int) -> float:
        """Return the strength of a programme in a step lived; 1 where nothing says otherwise, or before the first."""
        if name not in self.town.levels or step < 0:
            return 1.0
        return float(self.x.worked[step, list(self.town.levels).index(name), 2])

    def coaches(self, k: int, rows: I64) -> I64:
        """Return the number of the coach of some youths in a team, by the same luck as the engine's."""
        team, columns = self.x.teams[k], self.meeting.columns
        keys = youth_keys(self.meeting.run, columns.ids[rows])
        luck = uniforms(keys, 0, f"team {list(self.town.levels)[k]}", COACH)
        return (luck * float(team["slots"])).astype(np.int64)


_sine = getattr(sine, "py_func", sine)  # the engine's own, without compiling it for a handful of units
