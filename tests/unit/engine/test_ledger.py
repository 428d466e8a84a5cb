"""The ledger's own arithmetic, on ledgers written by hand."""

from typing import Any

import numpy as np
import pytest

from tests.helpers import World, domain, number, text, way, world
from trajectsim.engine.ledger import add_ledgers, by_year, empty_block, flows_of, new_ledger, snapshots, years_of
from trajectsim.engine.tables import Ledger


def tiny(years: float = 1.5, **keys: Any) -> World:
    """Two states, two bands, two events, a line and a measure; steps of a quarter."""
    measure = {"when": {"states": {"a": "x"}}, "intercept": number(1, "number"), "high": 2}
    return world(
        {"a": domain("x y", way("go", "x", "y", 0.1), way("see", "x", None, 0.1, event="seen"))},
        years=years,
        steps_per_year=4,
        age_bands=[18],
        events={"seen": text(), "heard": text()},
        joint_lines={"line": {"states": {"a": "x"}}},
        measures={"m": measure},
        **keys,
    )


def filled(w: World, seed: int) -> Ledger:
    ledger = new_ledger(w.program, w.program.steps, log_rows=5)
    numbers = np.random.default_rng(seed)
    ledger.tally[:-1] = numbers.integers(0, 9, ledger.tally[:-1].shape)
    ledger.measures[:] = numbers.integers(0, 9, ledger.measures.shape) << 16
    ledger.seen[:] = numbers.integers(0, 9, ledger.seen.shape)
    ledger.log[:2], ledger.logged[0] = seed, 2
    return ledger


def test_shapes() -> None:
    w = tiny()
    ledger = new_ledger(w.program, 6, log_rows=3)
    # stocks and entries of two states in two bands, two reasons, two events in two bands, one line
    assert ledger.tally.shape == (8, 2 * 2 * 2 + 2 + 2 * 2 + 1)
    assert ledger.measures.shape == (6, 2, 1) and ledger.seen.shape == (2, 2) and ledger.log.shape == (3, 6)
    assert not any(part.any() for part in ledger)


def test_parts_of_the_tally_do_not_overlap() -> None:
    w = tiny()
    ledger = new_ledger(w.program, 6)
    ledger.tally[:-1] = np.arange(ledger.tally.shape[1])
    flows = flows_of(w.program, ledger)
    assert snapshots(w.program, ledger)[0].ravel().tolist() == [0, 1, 2, 3]
    assert flows.entries[0].ravel().tolist() == [4, 5, 6, 7]
    assert flows.moves[0].tolist() == [8, 9]
    assert flows.events[0].ravel().tolist() == [10, 11, 12, 13]
    assert flows.joint[:3, 0].tolist() == [14, 28, 42]


def test_stocks_are_running_sums_of_changes() -> None:
    w = tiny()
    ledger = new_ledger(w.program, 6)
    ledger.tally[0, 0], ledger.tally[2, 0], ledger.tally[2, 1], ledger.tally[6, 1] = 10, -4, 4, -1
    stock = snapshots(w.program, ledger)
    assert stock.shape == (7, 2, 2)
    assert stock[:, 0, 0].tolist() == [10, 10, 6, 6, 6, 6, 6]
    assert stock[:, 0, 1].tolist() == [0, 0, 4, 4, 4, 4, 3]


def test_adding_ledgers_adds_counts_and_lines_up_logs() -> None:
    w = tiny()
    one, two = filled(w, 1), filled(w, 2)
    expected = [a + b for a, b in zip(filled(w, 1)[:3], filled(w, 2)[:3], strict=True)]
    total = add_ledgers([one, two])
    assert all((a == b).all() for a, b in zip(total[:3], expected, strict=True))
    assert total.log[:, 0].tolist() == [1, 1, 2, 2] and int(total.logged[0]) == 4


def test_one_ledger_alone_loses_the_empty_rows_of_its_log() -> None:
    assert add_ledgers([filled(tiny(), 3)]).log.shape == (2, 6)


def test_years_of_a_run() -> None:
    w, half = tiny(), tiny(counting={"convention": "half-cycle"})
    assert [years_of(w.program, steps) for steps in (1, 4, 5, 6, 8)] == [1, 1, 2, 2, 2]
    assert [years_of(half.program, steps) for steps in (3, 4, 7, 8)] == [1, 2, 2, 3]


def test_years_add_up_steps_and_count_months() -> None:
    w = tiny()
    ledger = filled(w, 4)
    block = empty_block(w.program, 3, 6)
    by_year(w.program, ledger, block, 1)
    stock, flows = snapshots(w.program, ledger), flows_of(w.program, ledger)
    assert block.state_months.shape == (3, 2, 2, 2)
    for year, steps in enumerate((range(4), range(4, 6))):
        assert block.state_months[1, year] == pytest.approx(3 * sum(stock[t] for t in steps))
        assert block.joint[1, year] == pytest.approx(3 * sum(flows.joint[t] for t in steps))
        for name in ("entries", "moves", "events"):
            assert (getattr(block, name)[1, year] == sum(getattr(flows, name)[t] for t in steps)).all()
        assert block.measures[1, year] == pytest.approx(sum(ledger.measures[t] for t in steps) / 65536)
    assert not block.state_months[[0, 2]].any() and not block.moves[[0, 2]].any()


def test_months_are_added_over_replicates() -> None:
    w = tiny()
    block = empty_block(w.program, 2, 6)
    for replicate in range(2):
        by_year(w.program, filled(w, replicate), block, replicate)
    together = sum(snapshots(w.program, filled(w, replicate)).sum(axis=1) for replicate in range(2))
    assert (block.monthly == together).all()
