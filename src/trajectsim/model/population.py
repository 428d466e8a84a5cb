"""A synthetic cohort from declared margins; a stuck cohort is found by living a wider population up to the start.

Traits and starting points have their own luck, which leaves out the draw: youth 7 of replicate 3 is the same person in
every draw, as far as the drawn margins allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from trajectsim.config.intervention import programmes
from trajectsim.config.schema import Ages, Condition, Population, Preset
from trajectsim.engine.compiler import Program
from trajectsim.engine.luck import purpose, run_key, uniforms, youth_keys
from trajectsim.engine.run import simulate
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE, Columns, Values
from trajectsim.errors import UserError
from trajectsim.model.youths import join, new_columns, take

__all__ = ["Cohort", "generate", "holds", "make_cohort", "make_cohorts", "make_presets"]

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cohort:
    """The youths at the start, before any arm: columns, and how many lived through the run-in to find them."""

    columns: Columns
    pool: int


class _Reader:
    """Reads numbers of the population and the model from one draw."""

    def __init__(self, program: Program, draw: F64) -> None:
        self.program, self.draw = program, draw
        self.index, self.parameters = program.resolver.index, program.resolver.parameters

    def __call__(self, number: Any, path: str, scope: str = "population") -> float:
        if isinstance(number, (int, float)):
            return float(number)
        return float(self.draw[self.index[self.program.resolver.full_path(number, path, scope)]])

    def shares(self, names: list[str], path: str) -> F64:
        return np.array([self.draw[self.index[f"{path}.{name}"]] for name in names])


def holds(program: Program, columns: Columns, condition: Condition | None, step: int) -> Mask:
    """Return for which youths a condition holds at a step, shape [N]."""
    n = columns.small.shape[1]
    result = np.ones(n, bool)
    if condition is None:
        return result
    names, rows, spy = program.names, program.rows, program.steps_per_year
    for domain, states in condition.states.items():
        d = names.domains.index(domain)
        own = program.names.state_names(d)
        inside = np.isin(columns.small[d], [own.index(s) for s in (states.in_ or states.not_ or [])])
        result &= inside if states.in_ is not None else ~inside

    def within(x: npt.NDArray[Any], span: Any, scale: float = 1.0) -> Mask:
        low = -np.inf if span.from_ is None else span.from_ * scale - 1e-9
        high = np.inf if span.to is None else span.to * scale - 1e-9
        return np.asarray((x >= low) & (x < high))

    if condition.age is not None:
        result &= within(step - columns.when[rows.birth].astype(int), condition.age, spy)
    for name, span in condition.traits.items():
        known = name in rows.flags
        result &= within(
            columns.small[rows.flags[name]] if known else columns.slow[rows.numbers[name]] / NUMBER_ONE, span
        )
    for name, span in condition.latents.items():
        result &= within(columns.slow[rows.latents[name]] / LATENT_ONE, span)
    for domain, span in condition.months_in.items():
        result &= within(step - columns.when[rows.entry[domain]].astype(int), span, spy / 12)
    if condition.calendar is not None:
        result &= within(np.full(n, step), condition.calendar, spy / 12)
    return result


def generate(
    program: Program,
    model: Any,
    population: Population,
    draw: F64,
    keys: npt.NDArray[np.uint64],
    ids: npt.NDArray[np.int64],
    step: int,
    ages: Ages | None = None,
) -> Columns:
    """Return youths with traits, latents and starting states at a step.

    Args:
        program: the compiled scenario.
        model: its ModelSpec.
        population: the margins.
        draw: one row of the register's draws.
        keys: the youths' trait keys, shape [N].
        ids: the youths' identities, shape [N].
        step: the step at which they start (0, or before it for a run-in).
        ages: other ages than the population's (inflow).
    """
    names, rows, spy = program.names, program.rows, program.steps_per_year
    read = _Reader(program, draw)
    columns = new_columns(program, len(ids))
    columns.ids[:] = ids
    age = _ages(ages or population.ages, uniforms(keys, 0, "trait age"), spy)
    columns.when[rows.birth] = step - age
    if rows.enter >= 0:
        columns.when[rows.enter] = step
    for name, margin in population.traits.items():
        u = uniforms(keys, 0, f"trait {name}")
        path = f"population.traits.{name}"
        if margin.mean is not None:
            x = read(margin.mean, f"{path}.mean") + read(margin.sd, f"{path}.sd") * special.ndtri(
                np.maximum(u, 2.0**-53)
            )
            x = np.clip(
                x, -np.inf if margin.low is None else margin.low, np.inf if margin.high is None else margin.high
            )
            columns.slow[rows.numbers[name]] = np.round(x * NUMBER_ONE)
            continue
        share: F64 | float
        if margin.shares is not None:
            both = [read(s, f"{path}.shares.{j}") for j, s in enumerate(margin.shares)]
            share = np.array(both)[columns.small[rows.flags[str(margin.by)]]]
        else:
            share = read(margin.share, f"{path}.share")
        columns.small[rows.flags[name]] = u < share
    _latents(model, read, columns, keys)
    for domain, starts in population.initial.items():
        d = names.domains.index(domain)
        u, open_rows = uniforms(keys, 0, f"start {domain}"), np.ones(len(ids), bool)
        for j, row in enumerate(starts):
            chosen = open_rows & holds(program, columns, row.when, step)
            states = list(row.states.shares)
            edges = np.cumsum(read.shares(states, f"population.initial.{domain}.{j}.states"))
            pick = np.minimum(np.searchsorted(edges, u[chosen], side="right"), len(states) - 1)
            own = names.state_names(d)
            columns.small[d, chosen] = np.array([own.index(s) for s in states], np.uint8)[pick]
            open_rows &= ~chosen
    columns.when[: len(names.domains)] = step
    return columns


def _ages(ages: Ages, u: F64, spy: int) -> npt.NDArray[np.int64]:
    low, high = round(ages.from_ * spy), round(ages.to * spy)
    if ages.shares is None:
        return low + np.floor(u * (high - low)).astype(np.int64)
    shares = np.array(ages.shares) / sum(ages.shares)
    edges = np.concatenate([[0.0], np.cumsum(shares)])
    year = np.clip(np.searchsorted(edges, u, side="right") - 1, 0, len(shares) - 1)
    within = (u - edges[year]) / shares[year]
    return low + year * spy + np.minimum(np.floor(within * spy).astype(np.int64), spy - 1)


def _latents(model: Any, read: _Reader, columns: Columns, keys: npt.NDArray[np.uint64]) -> None:
    rows = read.program.rows
    for name, latent in model.latents.items():
        u = uniforms(keys, 0, f"latent {name}")
        path = f"model.latents.{name}"
        if latent.uniform is not None:
            x = latent.uniform[0] + (latent.uniform[1] - latent.uniform[0]) * u
        else:
            sd = read(latent.sd, f"{path}.sd", "model")
            x = read(latent.mean, f"{path}.mean", "model") + sd * special.ndtri(np.maximum(u, 2.0**-53))
        for trait, loading in latent.loadings.items():
            flag = trait in rows.flags
            z = columns.small[rows.flags[trait]] if flag else columns.slow[rows.numbers[trait]] / NUMBER_ONE
            x = x + read(loading, f"{path}.loadings.{trait}", "model") * z
        columns.slow[rows.latents[name]] = np.round(np.clip(x, 0.0, 1.0) * LATENT_ONE)
    _set_origins(read.program, columns)


def _set_origins(program: Program, columns: Columns) -> None:
    """Make the present latents the point that they revert to."""
    n = len(program.rows.latents)
    if program.rows.origin >= 0:
        columns.slow[program.rows.origin : program.rows.origin + n] = columns.slow[:n]


def make_cohort(
    program: Program,
    scenario: Any,
    draw: F64,
    values: Values,
    replicate: int,
    *,
    draw_number: int,
    size: int,
    threads: int = 1,
) -> Cohort:
    """Return the youths of one draw and replicate as they stand at the start of the simulation.

    Raises:
        UserError: the selection rule admits too few of the largest allowed pool.
    """
    only = [replicate]
    return make_cohorts(program, scenario, draw, values, only, draw_number=draw_number, size=size, threads=threads)[0]


def make_cohorts(
    program: Program,
    scenario: Any,
    draw: F64,
    values: Values,
    replicates: Sequence[int],
    *,
    draw_number: int,
    size: int,
    threads: int = 1,
) -> list[Cohort]:
    """Return the cohorts of several replicates of one draw, each as if it were made alone.

    Without a run-in they are made at once. With one, blocks of a wider population live the run-in under usual care
    (`values` without any intervention) and the first `size` who meet the selection rule are the cohort.

    Raises:
        UserError: the selection rule admits too few of the largest allowed pool.
    """
    population, seed = scenario.population, scenario.spec.seed
    traits = [run_key(seed, -1, replicate) for replicate in replicates]
    if population.run_in is None:
        ids = np.arange(size, dtype=np.int64)
        cohorts = [
            Cohort(generate(program, scenario.model, population, draw, youth_keys(key, ids), ids, 0), size)
            for key in traits
        ]
    else:
        runs = [run_key(seed, luck_draw(scenario, draw_number), replicate) for replicate in replicates]
        cohorts = _stuck(program, scenario, draw, values, traits, runs, size, threads)
    out = []
    for key, cohort in zip(traits, cohorts, strict=True):
        columns = cohort.columns
        if population.inflow is not None:
            columns = _with_inflow(program, scenario, draw, key, columns)
        _offer_places(program, scenario, draw, key, columns)
        out.append(Cohort(columns, cohort.pool))
    return out


def luck_draw(scenario: Any, draw: int) -> int:
    """Return the draw number that enters the luck: the draw's own, or 0 where luck is shared across draws."""
    return 0 if scenario.spec.share_luck_across_draws else draw


def _stuck(
    program: Program,
    scenario: Any,
    draw: F64,
    values: Values,
    traits: list[np.uint64],
    runs: list[np.uint64],
    size: int,
    threads: int,
) -> list[Cohort]:
    """Live blocks of the wider population, replicates that still lack youths side by side, until all have enough."""
    run_in = scenario.population.run_in
    steps = run_in.months * program.steps_per_year // 12
    most = int(run_in.most) * max(run_in.pool, size)
    found: list[list[Columns]] = [[] for _ in runs]
    have = np.zeros(len(runs), np.int64)
    lived = np.zeros(len(runs), np.int64)
    block = int(min(max(run_in.pool, size), 1 << 20))
    while (open_runs := np.flatnonzero(have < size)).size:
        ids = [np.arange(lived[k], lived[k] + block, dtype=np.int64) for k in open_runs]
        keys = np.concatenate([youth_keys(traits[k], i) for k, i in zip(open_runs, ids, strict=True)])
        all_ids = np.concatenate(ids)
        columns = generate(program, scenario.model, scenario.population, draw, keys, all_ids, -steps)
        if program.rows.enter >= 0:
            columns.when[program.rows.enter] = -steps - 1
        luck = np.concatenate([youth_keys(runs[k], i) for k, i in zip(open_runs, ids, strict=True)])
        simulate(program, values, columns, runs[0], first_step=-steps, steps=steps, threads=threads, keys=luck)
        stuck = holds(program, columns, run_in.select, 0)
        for j, k in enumerate(open_runs):
            rows = (np.flatnonzero(stuck[j * block : (j + 1) * block]) + j * block)[: size - have[k]]
            found[k].append(take(columns, rows))
            have[k] += len(rows)
            lived[k] += block
            if have[k] < size and lived[k] >= most:
                raise UserError.of(
                    f"only {have[k]} of {lived[k]} youths meet the selection rule; {size} are needed",
                    key="population.run_in.select",
                    cure="widen the rule, raise run_in.most, or ask for a smaller size",
                )
        share = max(int(have.sum()), 1) / int(lived.sum())
        lacking = int(max(size - have.min(), 1))
        block = int(min(max(run_in.pool // 4, 1.1 * lacking / share), 1 << 20))
    return [Cohort(join(parts), int(n)) for parts, n in zip(found, lived, strict=True)]


def _with_inflow(program: Program, scenario: Any, draw: F64, traits: np.uint64, columns: Columns) -> Columns:
    inflow = scenario.population.inflow
    per_year = _Reader(program, draw)(inflow.per_year, "population.inflow.per_year")
    spy = program.steps_per_year
    n = int(per_year * program.steps / spy)
    ids = np.arange(1 << 32, (1 << 32) + n, dtype=np.int64)
    enter = np.minimum(((np.arange(n) + 0.5) / per_year * spy).astype(np.int64), program.steps - 1)
    new = generate(program, scenario.model, scenario.population, draw, youth_keys(traits, ids), ids, 0, inflow.age)
    new.when[program.rows.birth] += enter.astype(np.int16)
    new.when[program.rows.enter] = enter
    columns.when[program.rows.enter] = -1
    return join([columns, new])


def _offer_places(program: Program, scenario: Any, draw: F64, traits: np.uint64, columns: Columns) -> None:
    """Give each programme's places by lottery where there are fewer places than youths; a world gives them later.

    Tickets of those who meet the programme's conditions at the start come before those of the others.
    """
    read = _Reader(program, draw)
    n = columns.small.shape[1]
    for name, intervention in programmes(scenario.interventions).items():
        places = int(read(intervention.places, f"interventions.{name}.places", f"interventions.{name}"))
        if program.town is not None and name in program.town.names:
            places = n  # places are given month by month, to those who ask
        flag = columns.small[program.rows.flags[f"offer_{name}"]]
        if places >= n:
            flag[:] = 1
        else:
            assert intervention.eligible is not None
            later = ~holds(program, columns, intervention.eligible.model_copy(update={"calendar": None}), 0)
            if program.rows.enter >= 0:
                later |= columns.when[program.rows.enter] > 0
            ticket = uniforms(youth_keys(traits, columns.ids), 0, f"lottery {name}") + later
            flag[:] = 0
            flag[np.argsort(ticket, kind="stable")[:places]] = 1


def make_presets(program: Program, scenario: Any, draw: F64, replicate: int = 0) -> Columns:
    """Return the population's presets as youths, one row each, in the order of the file.

    Every programme offers them a place.

    What a preset does not say is drawn from the population's margins with luck keyed by the preset's name.
    """
    population, spy = scenario.population, program.steps_per_year
    traits, parts = run_key(scenario.spec.seed, -1, replicate), []
    for name, preset in population.presets.items():
        ids = np.array([preset_id(name)], np.int64)
        age = Ages(**{"from": preset.age, "to": preset.age + 1 / spy})
        parts.append(generate(program, scenario.model, population, draw, youth_keys(traits, ids), ids, 0, age))
    columns = join(parts)
    for i, preset in enumerate(population.presets.values()):
        _set_preset(program, columns, i, preset)
    _set_origins(program, columns)
    for name in programmes(scenario.interventions):
        columns.small[program.rows.flags[f"offer_{name}"]] = 1
    return columns


def _set_preset(program: Program, columns: Columns, i: int, preset: Preset) -> None:
    rows, names = program.rows, program.names
    for trait, value in preset.traits.items():
        if trait in rows.flags:
            columns.small[rows.flags[trait], i] = int(value)
        else:
            columns.slow[rows.numbers[trait], i] = round(value * NUMBER_ONE)
    for latent, value in preset.latents.items():
        columns.slow[rows.latents[latent], i] = round(value * LATENT_ONE)
    for domain, state in preset.states.items():
        d = rows.entry[domain]
        columns.small[d, i] = names.state_names(d).index(state)
    for domain, months in preset.months_in.items():
        columns.when[rows.entry[domain], i] = -round(months * program.steps_per_year / 12)


def preset_id(name: str) -> int:
    """Return a preset's identity: a number far from the cohort's, from its name alone."""
    return (1 << 40) + int(purpose(f"preset {name}") >> np.uint64(32))
