"""The Mesa surface: a scenario's youths in one world as a `mesa.Model` whose step is one month.

The month itself is the engine's (`engine/kernel.py`): the same compiled rules, the same bytes as a whole run. Nothing
here draws luck from Mesa's generators.
"""

from __future__ import annotations

import gc
import operator
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Self

import mesa
import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import ArmSpec
from trajectsim.engine.compiler import Program
from trajectsim.engine.ledger import flows_of, new_ledger, snapshots
from trajectsim.engine.luck import run_key, uniforms, youth_keys
from trajectsim.engine.run import live
from trajectsim.engine.tables import Columns, Ledger
from trajectsim.engine.together import Meeting, live_months, meet
from trajectsim.errors import UserError, nearest
from trajectsim.model.agents import Agents
from trajectsim.model.fields import Fields
from trajectsim.model.hook import hook_of
from trajectsim.model.institutions import KINDS, Institution
from trajectsim.model.population import luck_draw, make_cohort, make_presets
from trajectsim.model.prepare import prepare
from trajectsim.model.surroundings import Surroundings
from trajectsim.model.views import Youth, Youths

__all__ = ["TrajectModel"]

I64 = npt.NDArray[np.int64]
CENTRAL = -1
"""The draw that holds the central values of all parameters."""
MOST_GARBAGE = 64 * 2**20
"""Bytes of models made before Python's collector is asked to look."""


class TrajectModel(mesa.Model):
    """The youths of a scenario in one arm, with one draw of parameters and one replicate of luck.

    Models that differ in `arm` only hold the same youths with the same luck: twins. Every argument is a plain value, so
    that `mesa.batch_run` can vary each of them.

    Args:
        config: a scenario's file, a loaded scenario, or None for what is packaged: the Nijkerk youths, usual care, and
            an arm for every packaged intervention.
        arm: name of the world; the scenario's first (nulalternatief) if left out.
        draw: number of the draw of parameters, from 0; -1 for the central values.
        replicate: number of the replicate of luck, from 0.
        size: how many youths; the scenario's number if left out.
        seed: seed of draws and luck; the scenario's if left out.
        people: "cohort", or "presets" for the named illustrations of the population.
        collect: whether a DataCollector keeps what the reporters say at the start and after each step.

    Attributes:
        model_reporters: what the DataCollector keeps of the model; None for the number of youths in every state.
        agent_reporters: what it keeps of every youth that is in the model, e.g. `{"activity": "activity"}`.
        institution_reporters: what it keeps of institutions by their class, e.g. `{Employer: {"free": "free"}}`: the
            `agenttype_reporters` of Mesa. Nothing where the scenario names no world.
        declared: the scenario.
        columns: the youths' columns.
        ledger: everything counted so far.

    Raises:
        UserError: the scenario holds mistakes, or there is no such arm, draw or size.
    """

    model_reporters: ClassVar[Mapping[str, Any] | None] = None
    agent_reporters: ClassVar[Mapping[str, Any]] = {}
    institution_reporters: ClassVar[Mapping[type, Mapping[str, Any]]] = {}

    def __init__(
        self,
        config: str | Path | Scenario | None = None,
        arm: str | None = None,
        draw: int = CENTRAL,
        replicate: int = 0,
        size: int | None = None,
        seed: int | None = None,
        people: str = "cohort",
        collect: bool = True,
    ) -> None:
        prepared = prepare(config)
        spec = prepared.scenario.spec
        seed = spec.seed if seed is None else _whole("seed", seed, 0)
        super().__init__(rng=seed)
        self.declared: Scenario = _settled(prepared.scenario, seed, size)
        self.program: Program = prepared.program
        self.fields: Fields = prepared.fields
        self.arm = spec.arms[0].name if arm is None else arm
        self.draw, self.replicate = _whole("draw", draw, CENTRAL), _whole("replicate", replicate, 0)
        row = prepared.row(self.draw, seed)
        seen = self.program.levers.draw(row, _arm(self.declared, self.arm))
        self._values = self.program.values(seen, _interventions(self.declared, self.arm))
        self._key = run_key(seed, luck_draw(self.declared, self.draw), self.replicate)
        self.names: tuple[str, ...] = ()
        self.columns: Columns = self._people(people, row, size)
        self.ledger: Ledger = new_ledger(self.program, self.program.steps)
        self._lived = 0
        self._shuffles = 0
        self._counts_before = np.zeros(len(self.program.names.states), np.int64)
        _count_garbage(sum(part.nbytes for part in (*self.columns, *self.ledger)))
        self._hook = hook_of(self.declared)
        self.surroundings: Surroundings | None = None
        self._meeting = self._meet(seen)
        self._live(0, opening=True)
        self._count()
        if collect:
            reporters = self._numbers_in_states() if self.model_reporters is None else dict(self.model_reporters)
            self.datacollector = _Collector(
                model_reporters=reporters,
                agent_reporters=dict(self.agent_reporters),
                agenttype_reporters={kind: dict(given) for kind, given in self.institution_reporters.items()},
            )
            self.datacollector.collect(self)

    def _people(self, people: str, row: npt.NDArray[np.float64], size: int | None) -> Columns:
        """Return the youths at the start: the same in every arm."""
        declared, presets = self.declared, self.declared.population.presets
        if people == "presets":
            if not presets or size is not None:
                what = "the presets have a size of their own" if presets else "the population has no presets"
                raise UserError.of(what, key="size" if presets else "people", cure="leave it out")
            self.names = tuple(presets)
            return make_presets(self.program, declared, row, self.replicate)
        if people != "cohort":
            raise UserError.of(
                f"'{people}' are no people",
                key="people",
                near=nearest(people, ["cohort", "presets"]),
                allowed="cohort, presets",
            )
        return make_cohort(
            self.program,
            declared,
            row,
            self.program.values(row),
            self.replicate,
            draw_number=self.draw,
            size=declared.spec.size or declared.population.size,
        ).columns

    def _meet(self, row: npt.NDArray[np.float64]) -> Meeting | None:
        """Return the world the youths share, or None where nothing is shared; note its institutions."""
        town = self.program.town
        if town is None:
            return None
        running = _interventions(self.declared, self.arm)
        traits = run_key(self.declared.spec.seed, -1, self.replicate)
        settings = town.settings(row, running)
        meeting = meet(self.program, self._values, settings, self.columns, self._key, traits, running=running)
        if self.declared.world is not None:
            self.surroundings = Surroundings(self.program, town, meeting, self.ledger, settings, traits, row, running)
        return meeting

    def _live(self, steps: int, opening: bool = False) -> None:
        if self._meeting is not None:
            live_months(
                self._meeting, [self.ledger], self._lived, self._lived + steps, hook=self._hook, opening=opening
            )
            self._lived += steps
            return
        n = self.columns.small.shape[1]
        live(
            self.program,
            self._values,
            self.columns,
            self.ledger,
            self._key,
            0,
            n,
            self._lived,
            steps,
            ledger_start=0,
            opening=opening,
        )
        self._lived += steps

    def _count(self) -> None:
        """Bring the numbers in the states up to now: what the ledger has, and who joins as the next step begins."""
        b, g = len(self.program.names.bands), len(self.program.names.states)
        rows = self.ledger.tally[max(self._lived - 1, 0) : self._lived + 1, : b * g].reshape(-1, b, g).sum(axis=1)
        if len(rows) > 1:  # with who joined as the last step began
            self._counts_before += rows[0]
        self._counts = self._counts_before + rows[-1]
        enter = self.program.rows.enter
        if enter >= 0 and self._lived > 0:
            joining = np.flatnonzero(self.columns.when[enter] == self._lived)
            first = self.program.structure.domains["first"][:, None]
            np.add.at(self._counts, (first + self.columns.small[: len(first), joining]).ravel(), 1)

    # --- time ---------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """Live one step of the scenario (a month), and collect.

        Raises:
            UserError: the scenario's last step has been lived.
        """
        if self._lived >= self.program.steps:
            self.steps = self._lived
            raise UserError.of(
                f"all {self.program.steps} steps have been lived",
                key="step",
                cure="step while model.running, or give the scenario more years",
            )
        self._live(1)
        self._count()
        self.running = self._lived < self.program.steps
        if hasattr(self, "datacollector"):
            self.datacollector.collect(self)

    def run(self) -> Self:
        """Live all steps that are left, and return the model."""
        while self._lived < self.program.steps:
            self.step()
        return self

    def run_model(self) -> None:
        """Live all steps that are left."""
        self.run()

    @property
    def month(self) -> int:
        """Number of steps lived; views show youths as they are at the start of the step with this number."""
        return self._lived

    def __repr__(self) -> str:
        n, total = self.columns.small.shape[1], self.program.steps
        return (
            f"<TrajectModel {self.declared.spec.name}: {n} youths, arm {self.arm}, draw {self.draw}, "
            f"replicate {self.replicate}, step {self._lived} of {total}>"
        )

    # --- youths and institutions --------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many youths there are, also those who have died, left, or have yet to join."""
        return int(self.columns.small.shape[1])

    @cached_property
    def _everybody(self) -> I64:
        return np.arange(self.size)

    @property
    def youths(self) -> Youths:
        """Everybody, by number: also who has died, left, or has yet to join."""
        return Youths(self, self._everybody)

    @cached_property
    def n_institutions(self) -> int:
        """How many institutions the town has; 0 where the scenario names no world."""
        return 0 if self.surroundings is None else self.surroundings.total

    @property
    def institutions(self) -> Agents:
        """The town's institutions, by number: municipality, providers, and the programmes and teams of this arm."""
        return Agents(self, np.arange(self.size, self.size + self.n_institutions))

    def institution(self, unique_id: int) -> Institution:
        """Return one institution by its number in the model. Raises UserError where there is none of that number."""
        if self.surroundings is None or not self.size <= unique_id < self.size + self.n_institutions:
            allowed = f"{self.size} to {self.size + self.n_institutions - 1}" if self.n_institutions else "none"
            raise UserError.of(f"there is no institution {unique_id}", key="unique_id", allowed=allowed)
        return KINDS[self.surroundings.group(unique_id - self.size).kind](self, unique_id)

    @property
    def agents(self) -> Youths:
        """The youths that are in the model now and, in a world, its institutions after them.

        As Mesa means it: all agents of all kinds, of which `agents_by_type` is the division. Without institutions it
        is a set over the youths' columns; with them a name that not every agent has is refused, so ask for one kind:
        `agents_by_type[Youth]` reads columns at once.
        """
        return Agents(self) if self.n_institutions else Youths(self)

    @property
    def agents_by_type(self) -> dict[type, Youths]:
        """The agents that are in the model now, under their class."""
        found: dict[type, Youths] = {Youth: Youths(self)}
        if self.surroundings is not None:
            for kind, own in KINDS.items():
                rows = self.surroundings.of_kind(kind)
                if len(rows):
                    found[own] = Agents(self, rows + self.size)
        return found

    @property
    def agent_types(self) -> list[type]:
        """The classes of agents: youths, and the kinds of institutions that the town has."""
        return list(self.agents_by_type)

    def register_agent(self, agent: Any) -> None:
        """Refuse: youths and institutions live in columns, and a model has no other agents.

        Raises:
            UserError: always.
        """
        getattr(agent, "_ids", {}).pop(self, None)
        raise UserError.of(
            "no agents can be added to this model", cure="declare states and interventions in the scenario"
        )

    def deregister_agent(self, agent: Any) -> None:
        """Refuse: youths leave by states that the scenario declares as `gone`.

        Raises:
            UserError: always.
        """
        raise UserError.of("no agents can be taken from this model", cure="choose some with model.agents.select(...)")

    def order_of_luck(self, rows: I64) -> I64:
        """Return an order of so many agents by keyed luck, shape [n]: another at every call, whatever the arm."""
        self._shuffles += 1
        n = self.size
        ids = np.where(rows < n, self.columns.ids[np.minimum(rows, n - 1)], (1 << 62) + rows - n)
        keys = youth_keys(self._key, ids)
        return np.argsort(uniforms(keys, self._lived, "order of a shuffle", self._shuffles), kind="stable")

    # --- counts -------------------------------------------------------------------------------------------------------

    def count(self, domain: str, state: str) -> int:
        """Return how many youths are in a state of a domain now. Raises UserError for a name that is not there."""
        return int(self._counts[self.fields.state(domain, state)])

    def occupancy(self) -> pd.DataFrame:
        """Return the number of youths per snapshot (0, the start, to now) and state; columns (domain, state)."""
        names = self.program.names
        columns = pd.MultiIndex.from_tuples([tuple(n.split(".", 1)) for n in names.states], names=["domain", "state"])
        counts = snapshots(self.program, self.ledger)[: self._lived + 1].sum(axis=1)
        counts[-1] = self._counts
        return pd.DataFrame(counts, columns=columns, index=pd.RangeIndex(self._lived + 1, name="month"))

    def events(self) -> pd.DataFrame:
        """Return the number of events per step lived, one column per event."""
        counts = flows_of(self.program, self.ledger).events[: self._lived].sum(axis=1)
        return pd.DataFrame(
            counts, columns=list(self.program.names.events), index=pd.RangeIndex(self._lived, name="month")
        )

    def _numbers_in_states(self) -> dict[str, Any]:
        return {name: partial(_number_in, g) for g, name in enumerate(self.program.names.states)}


class _Collector(mesa.DataCollector):
    """Mesa's, with `agent_reporters` of the youths only: institutions have other things to tell, by their class."""

    def _record_agents(self, model: Any) -> Any:
        return super()._record_agents(SimpleNamespace(agents=model.agents_by_type[Youth]))


def _number_in(state: int, model: TrajectModel) -> int:
    return int(model._counts[state])


def _whole(key: str, value: Any, least: int) -> int:
    """Return a number as a plain whole number; Mesa and the luck take no others."""
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if number < least:
        raise UserError.of(f"{value!r} is no {key}", key=key, allowed=f"whole numbers from {least}")
    return int(number)


def _settled(scenario: Scenario, seed: int, size: int | None) -> Scenario:
    """Return the scenario with the seed and size that were asked for."""
    changed = {"seed": seed} if size is None else {"seed": seed, "size": _whole("size", size, 1)}
    return replace(scenario, spec=scenario.spec.model_copy(update=changed))


def _interventions(scenario: Scenario, arm: str) -> tuple[str, ...]:
    return tuple(_arm(scenario, arm).interventions)


def _arm(scenario: Scenario, arm: str) -> ArmSpec:
    arms = {item.name: item for item in scenario.spec.arms}
    if arm not in arms:
        raise UserError.of(f"there is no arm '{arm}'", key="arm", near=nearest(arm, arms), allowed=", ".join(arms))
    return arms[arm]


_garbage = 0


def _count_garbage(size: int) -> None:
    """Ask Python's collector to look after every so many bytes of models.

    A Mesa model points at itself (its own step, wrapped), so that only the collector frees it; and the collector counts
    objects, not bytes: hundreds of models that nobody uses any more would wait.
    """
    global _garbage
    _garbage += size
    if _garbage > MOST_GARBAGE:
        _garbage = 0
        gc.collect()
