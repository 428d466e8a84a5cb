"""Tiny worlds for tests: a model written in a few lines, its youths, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from trajectsim.config.ingredients import with_acts
from trajectsim.config.overlay import lay_over
from trajectsim.config.reader import Document
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Ingredient, Intervention, ModelSpec, Population, PriceBook, ScenarioSpec
from trajectsim.config.world import WorldSpec
from trajectsim.engine.compiler import Program, compile_scenario
from trajectsim.engine.ledger import Block, Flows, by_year, empty_block, flows_of, new_ledger, snapshots
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import live, simulate
from trajectsim.engine.shared import KEPT
from trajectsim.engine.tables import Columns, Ledger, Values
from trajectsim.engine.together import Hook, Meeting, meet, simulate_together
from trajectsim.evidence.register import Register, build_register
from trajectsim.model.population import make_cohort
from trajectsim.model.youths import copy_columns

ROOT = Path(__file__).resolve().parents[1]
STEP = "per step"


def number(value: float, unit: str = "per month", **distribution: Any) -> dict[str, Any]:
    """A parameter as it stands in a file; its distribution by family, low, high, limits."""
    spread = {"distribution": distribution} if distribution else {}
    return {"value": value, "unit": unit, "source": "a test", "locator": "-", "grade": "D", **spread}


def way(
    name: str, start: str | list[str], to: str | None, base: float | dict[str, Any] | None = None, **keys: Any
) -> dict[str, Any]:
    """An exit: a hazard per month (bound half as much again), unless the keys say otherwise. No `to`: an event."""
    out: dict[str, Any] = {"name": name, "from": start, **keys}
    if to is not None:
        out["to"] = to
    if base is not None:
        out["base"] = number(base) if isinstance(base, (int, float)) else base
        if "bound" not in out:
            out["bound"] = 1.5 * out["base"]["value"] or 0.1
    return out


def domain(states: str | list[str], *exits: dict[str, Any], gone: Sequence[str] = ()) -> dict[str, Any]:
    """A domain with these states (words in one text, or a list) and exits."""
    names = states.split() if isinstance(states, str) else states
    return {"states": {s: {"gone": s in gone} for s in names}, "exits": list(exits)}


def starts(**shares: float) -> list[dict[str, Any]]:
    """Starting states of a domain with fixed shares."""
    return [{"states": {"shares": shares, "source": "a test", "locator": "-", "grade": "D"}}]


def text(words: str = "test") -> dict[str, str]:
    """A title in both languages."""
    return {"nl": words, "en": words}


@dataclass
class World:
    """A compiled scenario with the values of its central draw in every arm."""

    scenario: Scenario
    register: Register
    program: Program
    size: int

    def __repr__(self) -> str:
        shown = {"exclude_unset": True, "by_alias": True, "exclude": {"name"}}
        return f"World({self.scenario.model.model_dump(**shown)}, {self.scenario.population.model_dump(**shown)})"

    def values(self, arm: int = 0, draw: npt.NDArray[np.float64] | None = None) -> Values:
        row = self.register.central if draw is None else draw
        setting = self.scenario.spec.arms[arm]
        return self.program.values(self.program.levers.draw(row, setting), tuple(setting.interventions))

    def cohort(self, replicate: int = 0, size: int | None = None) -> Columns:
        """The youths at the start: the same for every arm."""
        central = self.register.central
        return make_cohort(
            self.program,
            self.scenario,
            central,
            self.program.values(central),
            replicate,
            draw_number=0,
            size=self.size if size is None else size,
        ).columns

    def meeting(
        self, arm: int = 0, columns: Columns | None = None, replicate: int = 0, threads: int = 1, **keys: Any
    ) -> Meeting:
        """The youths at the start with what they share (for scenarios with a world)."""
        assert self.program.town is not None
        setting = self.scenario.spec.arms[arm]
        running = tuple(setting.interventions)
        lived = copy_columns(self.cohort(replicate) if columns is None else columns)
        settings = self.program.town.settings(self.program.levers.draw(self.register.central, setting), running)
        traits = run_key(self.scenario.spec.seed, -1, replicate)
        return meet(
            self.program, self.values(arm), settings, lived, self.key(replicate), traits, threads=threads,
            running=running, **keys,
        )  # fmt: skip

    def together(
        self,
        arm: int = 0,
        columns: Columns | None = None,
        replicate: int = 0,
        threads: int = 1,
        hook: Hook | None = None,
        log_rows: int = 0,
    ) -> Together:
        """Live the youths once in their world."""
        meeting = self.meeting(arm, columns, replicate, threads)
        ledger = simulate_together(meeting, hook=hook, log_rows=log_rows)
        return Together(self.program, meeting.columns, ledger, meeting)

    def key(self, replicate: int = 0) -> np.uint64:
        return run_key(self.scenario.spec.seed, 0, replicate)

    def run(
        self,
        arm: int = 0,
        columns: Columns | None = None,
        replicate: int = 0,
        values: Values | None = None,
        **keys: Any,
    ) -> Lived:
        """Live the youths once; `columns` as they were at the start are left alone."""
        lived = copy_columns(self.cohort(replicate) if columns is None else columns)
        ledger = simulate(
            self.program, self.values(arm) if values is None else values, lived, self.key(replicate), **keys
        )
        return Lived(self.program, lived, ledger)

    def steps(
        self, arm: int = 0, columns: Columns | None = None, replicate: int = 0, values: Values | None = None
    ) -> History:
        """Live the youths month by month and keep them at every snapshot (the first: before constraints)."""
        lived = copy_columns(self.cohort(replicate) if columns is None else columns)
        values = self.values(arm) if values is None else values
        ledger = new_ledger(self.program, self.program.steps)
        history = History(self.program, lived, ledger)
        n, key = lived.small.shape[1], self.key(replicate)
        history.keep()
        for t in range(self.program.steps):
            live(self.program, values, lived, ledger, key, 0, n, t, 1, ledger_start=0, opening=t == 0)
            history.keep()
        return history


@dataclass
class Lived:
    """What became of the youths, with the counts by name."""

    program: Program
    columns: Columns
    ledger: Ledger

    @property
    def stock(self) -> npt.NDArray[np.int64]:
        """Numbers per snapshot and state, [T+1, G]."""
        return snapshots(self.program, self.ledger).sum(axis=1)

    @property
    def flows(self) -> Flows:
        return flows_of(self.program, self.ledger)

    @property
    def block(self) -> Block:
        block = empty_block(self.program, 1, len(self.ledger.measures))
        by_year(self.program, self.ledger, block, 0)
        return block

    def count(self, state: str) -> npt.NDArray[np.int64]:
        """Numbers in a state ("domain.state") per snapshot."""
        return self.stock[:, self.program.names.states.index(state)]

    def moves(self, reason: str) -> npt.NDArray[np.int64]:
        """Moves for a reason per step, over all states that the exit leaves from."""
        chosen = [i for i, name in enumerate(self.program.names.reasons) if name == reason]
        assert chosen, reason
        return self.flows.moves[:, chosen].sum(axis=1)

    def events(self, event: str) -> npt.NDArray[np.int64]:
        """Numbers of an event per step and band."""
        return self.flows.events[:, :, self.program.names.events.index(event)]


@dataclass
class Together(Lived):
    """What became of youths who share a world, with the world."""

    meeting: Meeting

    def kept(self, provision: str, measure: str) -> npt.NDArray[np.int64]:
        """A measure of a provision per month (see `shared.KEPT`)."""
        assert self.program.town is not None
        return self.meeting.town.kept[:, self.program.town.names.index(provision), KEPT.index(measure)]

    def answers(self, provision: str, answer: str) -> npt.NDArray[np.int64]:
        """Answers to requests for a provision per month (see `shared.ANSWERS`)."""
        return self.moves(f"queue.{provision}.{answer}")


@dataclass
class History(Lived):
    """A run that was stopped after every step: the columns at each snapshot too."""

    small: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    when: list[npt.NDArray[np.int16]] = field(default_factory=list)
    slow: list[npt.NDArray[np.int32]] = field(default_factory=list)

    def keep(self) -> None:
        self.small.append(self.columns.small.copy())
        self.when.append(self.columns.when.copy())
        self.slow.append(self.columns.slow.copy())

    def states(self, domain_name: str) -> npt.NDArray[np.int64]:
        """State of a domain per snapshot and youth, [T+1, N]."""
        return np.stack([small[self.program.names.domains.index(domain_name)] for small in self.small]).astype(np.int64)


def declare(
    domains: Mapping[str, Any],
    *,
    initial: Mapping[str, Any] | None = None,
    ages: tuple[float, float] = (18.0, 19.0),
    people: Mapping[str, Any] | None = None,
    arms: Sequence[Sequence[str]] = ((),),
    interventions: Sequence[Mapping[str, Any]] = (),
    prices: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    size: int = 100,
    years: float = 1.0,
    world: Mapping[str, Any] | None = None,
    off: Sequence[str] = (),
    ingredients: Sequence[Mapping[str, Any]] = (),
    **model: Any,
) -> Scenario:
    """A scenario from plain values; everybody starts in the first state of each domain unless `initial` says so.

    `world`: the sections of a world file (laws, provisions, mechanisms, parameters); `off`: what is switched off.
    """
    first = {name: starts(**{next(iter(d["states"])): 1.0}) for name, d in domains.items()}
    population = {
        "name": "people",
        "title": text(),
        "size": size,
        "ages": {"from": ages[0], "to": ages[1]},
        "initial": {**first, **(initial or {})},
        **(people or {}),
    }
    setting = {
        "name": "test",
        "title": text(),
        "population": "people",
        "years": years,
        "seed": 7,
        "arms": [{"name": f"arm{i}", "interventions": list(names)} for i, names in enumerate(arms)],
        **(spec or {}),
    }
    made_of = {item.name: item for item in (Ingredient.model_validate(item) for item in ingredients)}
    read = {
        item.name: with_acts(item, made_of, Document({}))[0]
        for item in (Intervention.model_validate(item) for item in interventions)
    }
    whole = ModelSpec.model_validate({"name": "test", "domains": domains, **model})
    there = Population.model_validate(population)
    shared = None
    if world is not None:
        setting.update(world="test", off=list(off))
        around = WorldSpec.model_validate({"name": "test", "title": text(), **world})
        laid = lay_over(whole, there, read, around, off, {})
        whole, there, shared = laid.model, laid.population, laid.world
    return Scenario(
        spec=ScenarioSpec.model_validate(setting),
        model=whole,
        population=there,
        interventions=read,
        prices=None if prices is None else PriceBook.model_validate(prices),
        path=Path("test.yaml"),
        world=shared,
        ingredients=made_of,
    )


def compiled_world(scenario: Scenario, size: int | None = None) -> World:
    """Compile a scenario for one run after another."""
    register = build_register(scenario)
    return World(
        scenario, register, compile_scenario(scenario, register), size or scenario.spec.size or scenario.population.size
    )


def world(domains: Mapping[str, Any], **keys: Any) -> World:
    """A compiled world from plain values; see `declare`."""
    return compiled_world(declare(domains, **keys))


def as_bytes(*parts: Any) -> list[bytes]:
    """The bytes of columns or ledgers, to compare two runs bit for bit."""
    return [array.tobytes() for part in parts for array in part]


# --- chance in tests --------------------------------------------------------------------------------------------------

LIMIT = 4.5
"""Most standard errors that the worst of some dozens of numbers may lie from what was expected."""

LEAST_P = 1e-4
"""Least p-value of a chi-square test."""


def distance(counts: Any, n: Any, share: Any) -> float:
    """The largest distance of counts out of n from their expected shares, in standard errors."""
    share = np.asarray(share, float)
    error = np.sqrt(np.maximum(n * share * (1 - share), 1e-9))
    return float(np.max(np.abs(np.asarray(counts) - n * share) / error))


def agrees(counts: Any, expected: Any) -> bool:
    """Whether counts in classes agree with what was expected, by chi-square."""
    counts, expected = np.asarray(counts, float), np.asarray(expected, float)
    assert abs(counts.sum() - expected.sum()) < 1e-6 * expected.sum()
    return bool(stats.chisquare(counts, expected).pvalue > LEAST_P)
