"""Invariances of the engine that hold for every model that can be declared."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import (
    ROOT,
    History,
    Lived,
    World,
    as_bytes,
    compiled_world,
    domain,
    number,
    way,
    world,
)
from tests.properties.made_up import FEW, same_people, worlds
from trajectsim.config.scenario import load_scenario
from trajectsim.config.schema import Condition, RunIn, Span
from trajectsim.engine.kernel import BLOCK
from trajectsim.engine.ledger import add_ledgers, new_ledger
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import live, simulate
from trajectsim.model.population import holds, make_cohort, make_cohorts
from trajectsim.model.youths import copy_columns, join, take
from trajectsim.study.lives import months_by_year, stays

# --- nobody's luck depends on anybody else ----------------------------------------------------------------------------


@FEW
@given(worlds(), st.randoms(use_true_random=False))
def test_order_plays_no_part(w: World, chance: Any) -> None:
    people = w.cohort()
    order = np.array(chance.sample(range(people.small.shape[1]), people.small.shape[1]))
    straight, shuffled = w.run(columns=people), w.run(columns=take(people, order))
    assert same_people(take(straight.columns, order), shuffled.columns)
    assert as_bytes(straight.ledger) == as_bytes(shuffled.ledger)


@FEW
@given(worlds(), st.sets(st.integers(0, 59), min_size=1))
def test_leaving_people_out_changes_nobody_else(w: World, chosen: set[int]) -> None:
    people, rows = w.cohort(), np.array(sorted(chosen))
    everybody, some = w.run(columns=people), w.run(columns=take(people, rows))
    assert same_people(take(everybody.columns, rows), some.columns)
    others = w.run(columns=take(people, np.setdiff1d(np.arange(people.small.shape[1]), rows)))
    assert (some.ledger.tally + others.ledger.tally == everybody.ledger.tally).all()
    assert (some.ledger.measures + others.ledger.measures == everybody.ledger.measures).all()


@FEW
@given(worlds(size=20))
def test_one_more_youth_changes_nobody_else(w: World) -> None:
    fewer, more = w.cohort(size=20), w.cohort(size=21)
    kept = np.flatnonzero(np.isin(more.ids, fewer.ids))
    assert len(kept) == len(fewer.ids) == more.small.shape[1] - 1
    assert same_people(take(more, kept), fewer)
    assert same_people(take(w.run(columns=more).columns, kept), w.run(columns=fewer).columns)


@settings(max_examples=4)
@given(worlds(size=BLOCK * 2 + 1))
def test_blocks_and_threads_play_no_part(w: World) -> None:
    people = w.cohort()
    whole = w.run(columns=people)
    for threads in (2, 3, 8):
        split = w.run(columns=people, threads=threads)
        assert same_people(split.columns, whole.columns)
        assert as_bytes(split.ledger) == as_bytes(whole.ledger)
    for size in (1, BLOCK - 1, BLOCK, BLOCK + 1):
        rows = np.arange(size)
        assert same_people(w.run(columns=take(people, rows)).columns, take(whole.columns, rows))


def test_rows_without_identities_count_from_the_first() -> None:
    """A large population in pieces needs no identities: row + first_id is enough."""
    w = world({"a": domain("p q", way("go", "p", "q", 0.2))}, size=BLOCK + 10, years=1)
    people = w.cohort()
    nameless = people._replace(ids=np.zeros(0, np.int64))
    assert same_people(w.run(columns=nameless).columns._replace(ids=people.ids), w.run(columns=people).columns)
    part = take(people, np.arange(100, 300))._replace(ids=np.zeros(0, np.int64))
    lived = w.run(columns=part, first_id=100).columns
    assert (lived.small == w.run(columns=people).columns.small[:, 100:300]).all()


def test_people_can_be_lived_in_place_piece_by_piece() -> None:
    w = world({"a": domain("p q", way("go", "p", "q", 0.2))}, size=BLOCK + 10, years=1)
    whole, columns = w.run(), copy_columns(w.cohort())
    parts = [
        simulate(w.program, w.values(), columns, w.key(), first=first, last=last)
        for first, last in ((0, 3), (3, 515), (515, 522))
    ]
    assert same_people(columns, whole.columns)
    assert (add_ledgers(parts).tally == whole.ledger.tally).all()


@FEW
@given(worlds(), st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_month_by_month_is_the_same_run(w: World, pieces: list[int]) -> None:
    whole, stepped = w.run(), w.steps()
    assert same_people(whole.columns, stepped.columns)
    assert as_bytes(whole.ledger) == as_bytes(stepped.ledger)
    columns, ledger = copy_columns(w.cohort()), new_ledger(w.program, w.program.steps)
    at = 0
    for piece in [*pieces, 12]:
        n = min(piece, 12 - at)
        if n:
            live(
                w.program,
                w.values(),
                columns,
                ledger,
                w.key(),
                0,
                columns.small.shape[1],
                at,
                n,
                ledger_start=0,
                opening=at == 0,
            )
        at += n
    assert same_people(columns, whole.columns)
    assert as_bytes(ledger) == as_bytes(whole.ledger)


@FEW
@given(worlds())
def test_another_replicate_is_another_world_and_the_same_one_the_same(w: World) -> None:
    people = w.cohort()
    again, other = w.run(columns=people), w.run(columns=people, replicate=1)
    assert same_people(w.run(columns=people).columns, again.columns)
    key = run_key(w.scenario.spec.seed, 0, 1)
    assert same_people(other.columns, w.run(columns=people, replicate=1).columns)
    assert int(key) != int(w.key())


# --- counts -----------------------------------------------------------------------------------------------------------


@FEW
@given(worlds())
def test_stocks_add_up_to_who_is_there(w: World) -> None:
    """In every domain and at every snapshot the living are in one state each; the dead stay where they died."""
    history = w.steps()
    names = w.program.names
    for t in range(1, w.program.steps + 1):
        small, when = history.small[t], history.when[t]
        enter = w.program.rows.enter
        here = np.ones(small.shape[1], bool) if enter < 0 else when[enter] <= min(t, w.program.steps - 1)
        if enter >= 0 and t < w.program.steps:
            here &= when[enter] < t  # whoever joins at this snapshot is put in at the next step
        dead = here & (small[names.domains.index("life")] == 1) if "life" in names.domains else np.zeros_like(here)
        joining = 0 if enter < 0 or t == w.program.steps else int((when[enter] == t).sum())
        for d, name in enumerate(names.domains):
            own = [i for i, s in enumerate(names.states) if s.startswith(name + ".")]
            counts = history.stock[t, own]
            assert counts.min() >= 0
            assert counts.sum() == (here & ~dead).sum() + joining + (dead.sum() if name == "life" else 0)
            if not joining:
                alive = here & ~dead if name != "life" else here
                assert counts.tolist() == np.bincount(small[d][alive], minlength=len(own)).tolist()


def watched_by_all(w: World) -> tuple[Lived, np.ndarray]:
    """A run in which every life is logged, and the log."""
    people = w.cohort()
    people.small[w.program.rows.watch] = 1
    lived = w.run(columns=people, log_rows=60_000)
    log = add_ledgers([lived.ledger]).log
    assert 0 < len(log) < 60_000
    return lived, log


@FEW
@given(worlds())
def test_exits_and_constraints_are_counted_once_and_moves_as_entries(w: World) -> None:
    """An exit counts once, whatever follows from it; all that it brings about stands in the log under its name."""
    lived, log = watched_by_all(w)
    caused, names = log[log[:, 5] >= 0], w.program.names
    once = np.unique(caused[:, [0, 1, 5]], axis=0)[:, 2]
    taken = np.bincount(once, minlength=len(names.reasons))
    applied = np.bincount(caused[:, 5], minlength=len(names.reasons))
    n = len(names.exits) + len(names.forced)
    assert lived.flows.moves.sum(axis=0).tolist() == [*taken[:n], *applied[n:]]
    moves = caused[caused[:, 2] >= 0]
    entries = np.zeros((w.program.steps, len(w.program.names.states)), np.int64)
    np.add.at(entries, (moves[:, 1], w.program.structure.domains["first"][moves[:, 2]] + moves[:, 4]), 1)
    assert (entries == lived.flows.entries.sum(axis=1)).all()


@FEW
@given(worlds())
def test_lives_from_the_log_give_the_counts(w: World) -> None:
    lived, log = watched_by_all(w)
    found = stays(w.program, log, w.program.steps)
    first, n = w.program.structure.domains["first"], len(w.program.names.states)
    counted, stay = np.zeros((w.program.steps, n), np.int64), found.domain >= 0
    columns = (found.domain[stay], found.state[stay], found.start[stay], found.end[stay])
    for d, s, start, end in zip(*columns, strict=True):
        counted[max(start, 0) : end, first[d] + s] += 1
    assert (counted == lived.stock[:-1]).all()
    events = np.bincount(found.start[~stay], minlength=w.program.steps)
    assert events.tolist() == lived.events("seen").sum(axis=1).tolist()
    cut, year, months = months_by_year(found, 1)
    total, stay = np.zeros(n), cut.domain >= 0
    np.add.at(total, first[cut.domain[stay]] + cut.state[stay], months[stay])
    assert (year == 0).all()
    assert total.tolist() == lived.block.state_months[0, 0].sum(axis=0).tolist()


@FEW
@given(worlds())
def test_the_log_of_a_life_does_not_change_it(w: World) -> None:
    people = w.cohort()
    watched = copy_columns(people)
    watched.small[w.program.rows.watch, ::2] = 1
    plain, logged = w.run(columns=people), w.run(columns=watched, log_rows=50_000)
    rows = logged.columns.small.copy()
    rows[w.program.rows.watch] = 0
    assert (rows == plain.columns.small).all()
    assert (logged.ledger.tally == plain.ledger.tally).all()
    assert set(add_ledgers([logged.ledger]).log[:, 0]) <= set(range(0, people.small.shape[1], 2))
    short = w.run(columns=watched, log_rows=3)
    assert (short.ledger.logged == logged.ledger.logged).all() and (short.ledger.tally == plain.ledger.tally).all()
    assert (short.ledger.log == logged.ledger.log[:3]).all()


# --- constraints ------------------------------------------------------------------------------------------------------


def broken(history: History, w: World) -> list[tuple[int, str, int]]:
    """Snapshot, constraint and number of people for whom it does not hold."""
    found = []
    program, empty = w.program, history.columns
    for t in range(1, program.steps + 1):
        columns = empty._replace(small=history.small[t], when=history.when[t], slow=history.slow[t])
        alive = np.ones(columns.small.shape[1], bool)
        for d in range(len(program.names.domains)):
            g = program.structure.domains["first"][d] + columns.small[d].astype(int)
            alive &= program.structure.states["gone"][g] == 0
        if program.rows.enter >= 0:
            alive &= columns.when[program.rows.enter] < t
        for rule in w.scenario.model.constraints:
            d = program.names.domains.index(rule.domain)
            own = program.names.state_names(d)
            if rule.when is not None:
                bad = holds(program, columns, rule.when, t) & ~np.isin(
                    columns.small[d], [own.index(s) for s in rule.allowed]
                )
            else:
                allowed = np.logical_or.reduce([holds(program, columns, c, t) for c in rule.only_while])
                bad = (columns.small[d] == own.index(str(rule.state))) & ~allowed
            if (bad & alive).any():
                found.append((t, rule.name, int((bad & alive).sum())))
    return found


@settings(max_examples=25)
@given(worlds())
def test_constraints_hold_for_every_youth_in_every_month(w: World) -> None:
    assert broken(w.steps(), w) == []


def test_constraints_of_the_packaged_model_hold_in_both_worlds() -> None:
    w = compiled_world(load_scenario(ROOT / "configs" / "nijkerk.yaml", {"years": "4"}), size=40)
    people = w.cohort()
    for arm in range(2):
        history = w.steps(arm=arm, columns=people)
        assert broken(history, w) == []
        reasons = {name for name in w.program.names.constraints if history.moves(name).sum()}
        assert len(reasons) >= 5, "too few constraints had anything to do"


def test_a_broken_constraint_would_be_seen() -> None:
    law = {"name": "law", "domain": "b", "when": {"states": {"a": "q"}}, "allowed": ["p"], "otherwise": "p"}
    domains = {"a": domain("p q", way("go", "p", "q", 0.3)), "b": domain("p q", way("go", "p", "q", 0.3))}
    lawless, lawful = world(domains, size=50), world(domains, size=50, constraints=[law])
    lawless.scenario = replace(lawless.scenario, model=lawful.scenario.model)
    assert broken(lawless.steps(), lawless)
    assert not broken(lawful.steps(), lawful)


# --- the cohort -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [0, 5])
def test_people_are_the_same_in_every_draw(draw: int) -> None:
    """Traits leave out the draw; with a run-in the same wider population lives, with another draw's luck."""
    w = world(
        {"a": domain("p q", way("go", "p", "q", 0.2))},
        size=30,
        latents={"mood": {"mean": 0.5, "sd": 0.2}},
        traits={"flag": {}},
        people={"traits": {"flag": {"share": number(0.4, "share")}}},
    )
    central = w.register.central
    there = make_cohort(w.program, w.scenario, central, w.values(), 0, draw_number=draw, size=30).columns
    assert same_people(there, w.cohort())
    assert not same_people(
        there, make_cohort(w.program, w.scenario, central, w.values(), 1, draw_number=draw, size=30).columns
    )


def test_joining_and_taking_apart_gives_the_same_people() -> None:
    w = world({"a": domain("p q", way("go", "p", "q", 0.2))}, size=30)
    people = w.cohort()
    halves = [take(people, np.arange(0, 12)), take(people, np.arange(12, 30))]
    assert same_people(join(halves), people)


@FEW
@given(worlds(size=15), st.booleans())
def test_replicates_made_side_by_side_are_those_made_alone(w: World, shared: bool) -> None:
    """Wider populations of several replicates live their run-in together; each cohort is the one it would be alone."""
    people = w.scenario.population
    run_in = RunIn(months=8, select=Condition(age=Span(from_=18.75)), pool=16)
    scenario = replace(
        w.scenario, population=people.model_copy(update={"run_in": run_in}),
        spec=w.scenario.spec.model_copy(update={"share_luck_across_draws": shared}))  # fmt: skip
    central, values = w.register.central, w.values()
    keys = {"draw_number": 3, "size": 15}
    together = make_cohorts(w.program, scenario, central, values, [0, 1, 4], **keys)
    for cohort, replicate in zip(together, (0, 1, 4), strict=True):
        alone = make_cohort(w.program, scenario, central, values, replicate, **keys)
        assert same_people(cohort.columns, alone.columns)
    assert not same_people(together[0].columns, together[1].columns)
    zero = make_cohort(w.program, scenario, central, values, 0, draw_number=0, size=15)
    assert same_people(zero.columns, together[0].columns) or not shared
