"""One draw of a study: all its replicates in all arms, from people to priced tables."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trajectsim.config.schema import ArmSpec
from trajectsim.economics.prices import PriceTable
from trajectsim.economics.valuation import role_hours, value
from trajectsim.engine.compiler import Program
from trajectsim.engine.ledger import add_ledgers, by_year, empty_block
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import simulate
from trajectsim.engine.tables import Columns, Ledger, Values
from trajectsim.engine.together import Hook, Meeting, meet, simulate_together
from trajectsim.engine.town import Settings
from trajectsim.model.population import luck_draw, make_cohort, make_cohorts, make_presets
from trajectsim.model.youths import copy_columns
from trajectsim.study.gather import Gathering, gather, shared_tables
from trajectsim.study.lives import Stays, months_by_year, stays
from trajectsim.study.people import youths_table
from trajectsim.study.rows import Key, block_tables, named

__all__ = ["Plan", "run_draw", "run_presets"]

F64 = npt.NDArray[np.float64]
LOG_ROWS_PER_YOUTH = 256
MOST_FOLLOWED = 1000
"""Youths of the first replicate of each draw of which months per year are kept: a sample of exchangeable people that
stays the same when a study grows."""
ROWS_TOGETHER = 65_536
CENTRAL = -1
"""The number that stands for the central values of all parameters, where a draw's number is expected."""


@dataclass(frozen=True)
class Plan:
    """Everything a draw needs, the same for all draws."""

    scenario: Any
    program: Program
    prices: PriceTable | None
    price_columns: npt.NDArray[np.int64]
    size: int
    threads: int = 1
    hook: Hook | None = None
    followed: int = MOST_FOLLOWED
    """Youths of whom lives are kept; with none a draw has the tables of counts alone."""

    @property
    def arms(self) -> list[str]:
        """Names of the arms, the null alternative first."""
        return [arm.name for arm in self.scenario.spec.arms]


def run_draw(plan: Plan, draw: int, row: F64) -> dict[str, pa.Table]:
    """Live one draw: every replicate's youths once per arm; return its tables.

    A replicate that fails becomes rows of `runs` with the stage and the message, and counts nowhere.
    """
    spec, program = plan.scenario.spec, plan.program
    arms = [_arm(plan, row, arm) for arm in spec.arms]
    usual = program.values(row)
    blocks = [empty_block(program, spec.replicates, program.steps) for _ in spec.arms]
    shared: list[Gathering] = []
    status: list[tuple[int, int, str, str, str]] = []
    followed: list[dict[str, Any]] = []
    people: dict[str, pa.Table] = {}
    seen = np.zeros((len(program.names.exits), 2), np.int64)
    for group in _groups(plan):
        try:
            cohorts = make_cohorts(
                program, plan.scenario, row, usual, group, draw_number=draw, size=plan.size, threads=plan.threads
            )
        except Exception as error:  # a failing run is a result: it is kept with its stage, and the study goes on
            failed = _message(error)
            status += [(arm, k, "failed", "population", failed) for arm in range(len(spec.arms)) for k in group]
            continue
        for replicate, cohort in zip(group, cohorts, strict=True):
            try:
                ledgers = _live_arms(plan, arms, cohort.columns, draw, replicate, followed, shared)
            except Exception as error:
                failed = _message(error)
                status += [(arm, replicate, "failed", "simulation", failed) for arm in range(len(spec.arms))]
                continue
            if replicate == 0 and plan.followed:
                people["youths"] = youths_table(plan, cohort.columns, draw, replicate, plan.followed)
            for arm, ledger in enumerate(ledgers):
                by_year(program, ledger, blocks[arm], replicate)
                seen += ledger.seen[: len(seen)]
            status += [(arm, replicate, "done", "", "") for arm in range(len(spec.arms))]
    tables = _tables(plan, draw, row, blocks, status, followed, seen)
    return {**tables, **people, **shared_tables(plan, draw, shared, followed)}


@dataclass(frozen=True)
class Arm:
    """One arm of a draw: the values of its exits, and the settings of the world where there is one."""

    values: Values
    settings: Settings | None
    running: tuple[str, ...]


def _arm(plan: Plan, drawn: F64, arm: ArmSpec) -> Arm:
    town, interventions = plan.program.town, tuple(arm.interventions)
    row = plan.program.levers.draw(drawn, arm)
    settings = None if town is None else town.settings(row, interventions)
    return Arm(plan.program.values(row, interventions), settings, interventions)


def _groups(plan: Plan) -> list[list[int]]:
    """Return the replicates in groups that live their run-in side by side without taking much memory."""
    run_in = plan.scenario.population.run_in
    rows = max(plan.size, run_in.pool if run_in is not None else 1)
    together = max(1, ROWS_TOGETHER // rows)
    n = plan.scenario.spec.replicates
    return [list(range(k, min(k + together, n))) for k in range(0, n, together)]


def _live_arms(
    plan: Plan,
    arms: list[Arm],
    columns: Columns,
    draw: int,
    replicate: int,
    followed: list[dict[str, Any]],
    shared: list[Gathering],
) -> list[Ledger]:
    """Live one replicate in every arm; the lives of the first replicate are followed."""
    ledgers = []
    for arm, of_arm in enumerate(arms):
        watched = plan.followed if replicate == 0 else 0
        ledger, meeting = _live(plan, of_arm, columns, draw, replicate, watched)
        ledgers.append(ledger)
        if meeting is not None:
            shared.append(gather(plan.program, meeting, arm, replicate))
        del meeting  # it holds the youths of this arm, which the next one needs the room of
        if watched:
            lives = stays(plan.program, ledger.log, plan.program.steps)
            followed.append({**_youth_years(plan, lives, arm, draw, replicate), "log": ledger.log})
    return ledgers


def _message(error: Exception) -> str:
    """Return what went wrong and where; an error that is not of one run (no memory) is raised again."""
    if isinstance(error, MemoryError):
        raise error
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno} in {last.name})"


def _live(
    plan: Plan, arm: Arm, columns: Columns, draw: int, replicate: int, watched: int
) -> tuple[Ledger, Meeting | None]:
    """Live one arm of one replicate, with a log of the first `watched` lives (made again if it overflows its room).

    `columns` stay as they are, but for the mark of who is watched: a copy lives.
    """
    spec = plan.scenario.spec
    run = run_key(spec.seed, luck_draw(plan.scenario, draw), replicate)
    if watched:
        columns.small[plan.program.rows.watch, :watched] = 1
    room = LOG_ROWS_PER_YOUTH * min(watched, columns.small.shape[1])
    while True:
        trial = copy_columns(columns)
        meeting = None
        if arm.settings is None and plan.hook is None:
            ledger = simulate(plan.program, arm.values, trial, run, log_rows=room, threads=plan.threads)
        else:
            assert arm.settings is not None  # a function of every month brings a town of its own
            traits = run_key(spec.seed, -1, replicate)
            meeting = meet(
                plan.program, arm.values, arm.settings, trial, run, traits, threads=plan.threads, running=arm.running
            )
            ledger = simulate_together(meeting, log_rows=room, hook=plan.hook)
        if int(ledger.logged[0]) <= room:
            return (add_ledgers([ledger]) if watched else ledger), meeting
        room = int(ledger.logged[0])


def _youth_years(plan: Plan, lives: Stays, arm: int, draw: int, replicate: int) -> dict[str, Any]:
    """Return months per youth, year and state; the first state of a domain is the rest of the year, and left out."""
    years = -(-plan.program.steps // plan.program.steps_per_year)
    cut, year, months = months_by_year(lives, years)
    keep = (cut.state > 0) | (cut.domain <= 0)
    return {
        "arm": arm,
        "draw": draw,
        "replicate": replicate,
        "youth": cut.row[keep],
        "year": year[keep],
        "domain": cut.domain[keep],
        "state": cut.state[keep],
        "months": months[keep],
    }


def _tables(
    plan: Plan,
    draw: int,
    row: F64,
    blocks: list[Any],
    status: list[tuple[int, int, str, str, str]],
    followed: list[dict[str, Any]],
    seen: npt.NDArray[np.int64],
) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {}
    for arm, (block, spec) in enumerate(zip(blocks, plan.scenario.spec.arms, strict=True)):
        key = Key(plan.arms, arm, draw)
        valued, hours = None, None
        if plan.prices is not None:
            own = plan.program.levers.draw(row, spec)[plan.price_columns]
            prices = np.where(plan.price_columns >= 0, own, plan.prices.central)
            valued = value(block, plan.prices, prices, plan.program.counted_steps, spec.interventions)
            hours = role_hours(block, plan.prices, prices)
        for name, table in block_tables(key, block, plan.program, plan.prices, valued, hours).items():
            parts.setdefault(name, []).append(table)
    out = {name: pa.concat_tables(tables) for name, tables in parts.items()}
    out["runs"] = _runs(plan, draw, status)
    index = plan.program.resolver.index
    out["parameters"] = pa.table(
        {
            "draw": pa.array(np.full(len(index), draw, np.int32)),
            "path": named(np.arange(len(index)), list(index)),
            "value": pa.array(row),
        }
    )
    out["caps"] = _caps(plan, draw, seen)
    if followed:
        out["youth_years"] = _followed_table(plan, followed)
    return out


def _runs(plan: Plan, draw: int, status: list[tuple[int, int, str, str, str]]) -> pa.Table:
    arms, replicates, states, stages, messages = zip(*status, strict=True)
    n = plan.scenario.spec.replicates * len(plan.arms)
    order = np.lexsort((np.array(replicates), np.array(arms)))
    run = draw * n + np.arange(n)
    return pa.table(
        {
            "run": pa.array(run.astype(np.int64)),
            "arm": named(np.array(arms)[order], plan.arms),
            "draw": pa.array(np.full(n, draw, np.int32)),
            "replicate": pa.array(np.array(replicates, np.int32)[order]),
            "status": pa.array([states[i] for i in order]),
            "stage": pa.array([stages[i] for i in order]),
            "message": pa.array([messages[i] for i in order]),
        }
    )


def _caps(plan: Plan, draw: int, seen: npt.NDArray[np.int64]) -> pa.Table:
    """Return how often each exit's hazard was evaluated and cut to its bound."""
    names = list(dict.fromkeys(plan.program.names.exits))
    code = np.array([names.index(name) for name in plan.program.names.exits])
    total = np.zeros((len(names), 2), np.int64)
    np.add.at(total, code, seen)
    used = np.flatnonzero(total[:, 0])
    return pa.table(
        {
            "draw": pa.array(np.full(len(used), draw, np.int32)),
            "exit": named(used, names),
            "evaluated": pa.array(total[used, 0]),
            "capped": pa.array(total[used, 1]),
        }
    )


def _state_words(plan: Plan) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return all words for states and events, the code of each state over all domains, and of each event."""
    short = [name.split(".", 1)[1] for name in plan.program.names.states]
    words = sorted({*short, *plan.program.names.events})
    return (
        words,
        np.array([words.index(s) for s in short]),
        np.array([words.index(e) for e in plan.program.names.events] or [0]),
    )


def _codes(plan: Plan, domain: npt.NDArray[np.int64], state: npt.NDArray[np.int64]) -> tuple[pa.Array, pa.Array]:
    words, of_state, of_event = _state_words(plan)
    first = plan.program.structure.domains["first"]
    event = domain < 0
    code = np.where(
        event, of_event[np.where(event, state, 0)], of_state[np.where(event, 0, first[np.maximum(domain, 0)] + state)]
    )
    domains = [*plan.program.names.domains, "event"]
    return named(np.where(event, len(domains) - 1, domain), domains), named(code, words)


def _followed_table(plan: Plan, followed: list[dict[str, Any]]) -> pa.Table:
    n = [len(f["youth"]) for f in followed]
    columns = {
        name: np.concatenate([f[name] for f in followed]) for name in ("youth", "year", "domain", "state", "months")
    }
    domain, state = _codes(plan, columns["domain"], columns["state"])
    head = {name: np.repeat([f[name] for f in followed], n) for name in ("arm", "draw", "replicate")}
    return pa.table(
        {
            "arm": named(head["arm"], plan.arms),
            "draw": pa.array(head["draw"].astype(np.int32)),
            "replicate": pa.array(head["replicate"].astype(np.int32)),
            "youth": pa.array(columns["youth"].astype(np.int32)),
            "year": pa.array(columns["year"].astype(np.int32)),
            "domain": domain,
            "state": state,
            "months": pa.array(columns["months"].astype(np.int32)),
        }
    )


def run_presets(plan: Plan, row: F64) -> pa.Table | None:
    """Live the presets, and the first replicate's cohort (at most 100 youths), in every arm with central values.

    Returns one row per stay and event, or None where nobody is followed.
    """
    scenario, program = plan.scenario, plan.program
    parts = []
    usual = program.values(row)
    arms = [_arm(plan, row, arm) for arm in scenario.spec.arms]
    for replicate in range(scenario.spec.replicates):
        groups: list[tuple[Columns, list[str]]] = []
        if scenario.population.presets:
            groups.append((make_presets(program, scenario, row, replicate), list(scenario.population.presets)))
        if replicate == 0:
            cohort = make_cohort(program, scenario, row, usual, 0, draw_number=CENTRAL, size=min(plan.size, 100))
            groups.append((cohort.columns, []))
        for columns, names in groups:
            for arm, of_arm in enumerate(arms):
                if names and of_arm.settings is not None:  # illustrations are no friends of each other
                    of_arm = replace(of_arm, settings=replace(of_arm.settings, inside=0.0))
                ledger, _ = _live(plan, of_arm, copy_columns(columns), CENTRAL, replicate, MOST_FOLLOWED)
                parts.append(
                    _lives_table(plan, stays(program, ledger.log, program.steps), columns, names, arm, replicate)
                )
    return pa.concat_tables(parts).unify_dictionaries() if parts else None


def _lives_table(plan: Plan, lives: Stays, columns: Columns, presets: list[str], arm: int, replicate: int) -> pa.Table:
    n = len(lives.row)
    domain, state = _codes(plan, lives.domain, lives.state)
    age0 = -columns.when[plan.program.rows.birth].astype(np.int64) * 12 // plan.program.steps_per_year
    reasons = [*plan.program.names.reasons, "start"]
    names = np.array([*presets, ""], object)
    youth = lives.row if not presets else np.full(n, -1) - lives.row
    return pa.table(
        {
            "arm": named(np.full(n, arm), plan.arms),
            "draw": pa.array(np.full(n, CENTRAL, np.int32)),
            "replicate": pa.array(np.full(n, replicate, np.int32)),
            "youth": pa.array(youth.astype(np.int32)),
            "preset": pa.array(names[np.minimum(lives.row, len(presets))] if presets else [""] * n, pa.string()),
            "age0_months": pa.array(age0[lives.row].astype(np.int32)),
            "domain": domain,
            "from_month": pa.array(lives.start.astype(np.int32)),
            "to_month": pa.array(lives.end.astype(np.int32)),
            "state": state,
            "reason": named(np.where(lives.reason < 0, len(reasons) - 1, lives.reason), reasons),
        }
    )
