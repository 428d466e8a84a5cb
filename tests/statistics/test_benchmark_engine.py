"""The engine, Mesa, NumPy and the hand-written kernel tell the same story about the benchmark's workload."""

import pytest

from experiments.benchmark_engine import declare, workload
from experiments.benchmark_engine.agreement import compare
from experiments.benchmark_engine.measure import preparer
from experiments.benchmark_engine.workload import Outcome, Workload


@pytest.fixture(scope="module")
def work() -> Workload:
    return workload.read()


@pytest.fixture(scope="module")
def base(work: Workload) -> Outcome:
    return preparer("numpy")(work, 30_000, 5)()


@pytest.mark.parametrize(("name", "n"), [("mesa", 600), ("handwritten", 30_000), ("engine", 30_000)])
def test_occupancies_and_costs_agree(work: Workload, base: Outcome, name: str, n: int) -> None:
    outcome = preparer(name)(work, n, 3)()
    verdict = compare(work, outcome, base)
    assert verdict.agrees, verdict
    assert (outcome.occupancy.sum(axis=1) == 4 * n).all()


def test_the_comparison_sees_a_difference(work: Workload, base: Outcome) -> None:
    shifted = base.occupancy.copy()
    shifted[-1, 0] += 300
    shifted[-1, 1] -= 300
    assert not compare(work, Outcome(base.n, shifted, base.cost_mean, base.cost_sd), base).agrees
    dearer = base.cost_mean + 5 * base.cost_sd / base.n**0.5 * 2**0.5
    assert not compare(work, Outcome(base.n, base.occupancy, dearer, base.cost_sd), base).agrees


def test_the_declared_files_follow_from_the_table(work: Workload) -> None:
    written = {"model.yaml": declare.model_text(work), "population.yaml": declare.population_text(work)}
    for name, text in written.items():
        message = f"{name}: run python -m experiments.benchmark_engine.declare"
        assert (declare.HERE / name).read_text(encoding="utf-8") == text, message


def test_the_table_is_the_one_described(work: Workload) -> None:
    assert len(work.ways) == 55
    assert work.n_states == 17
    assert min(way.h0 for way in work.ways) == 0.002
    assert max(way.h0 for way in work.ways) == 0.08
