"""The published four-state model, declared in the package's form, gives the published table.

Source of the figures: Alarid-Escudero et al. 2023, Medical Decision Making 43:3-20, Tables 4 and 5. If a wanted change
moves the engine's figures, renew table.csv with `python -m experiments.sick_sicker.run`; the published ones never move.
"""

import csv
from dataclasses import replace

import numpy as np
import pytest

from experiments.sick_sicker.cohort import exact
from experiments.sick_sicker.run import HERE, PUBLISHED, STRATEGIES, individuals, strategy
from trajectsim.economics.prices import compile_prices
from trajectsim.economics.valuation import value
from trajectsim.engine.compiler import compile_scenario
from trajectsim.engine.ledger import by_year, empty_block
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import simulate
from trajectsim.evidence.register import build_register
from trajectsim.model.population import make_cohort


@pytest.mark.parametrize("name", STRATEGIES)
def test_cohort_arithmetic_gives_the_published_figures(name: str) -> None:
    cost, qaly = exact(strategy(name))
    assert round(cost) == PUBLISHED[name][0]
    assert round(qaly, 3) == PUBLISHED[name][1]


@pytest.mark.parametrize("name", STRATEGIES)
def test_100_000_individuals_agree_with_the_cohort(name: str) -> None:
    scenario = strategy(name)
    runs = individuals(scenario)
    assert len(runs) * (scenario.spec.size or scenario.population.size) == 100_000
    error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    distance = np.abs(runs.mean(axis=0) - np.array(exact(scenario))) / error
    assert distance.max() < 4


@pytest.mark.parametrize("name", ["standard", "ab"])
def test_the_price_book_gives_the_same_sums(name: str) -> None:
    """Costs and discounted QALYs by way of yearly counts and whole cents: what `trajectsim run` does."""
    scenario = strategy(name)
    scenario = replace(scenario, spec=scenario.spec.model_copy(update={"replicates": 1}))
    register = build_register(scenario)
    program = compile_scenario(scenario, register)
    values, draw = program.values(register.central), register.central
    cohort = make_cohort(program, scenario, draw, values, 0, draw_number=0, size=2_000)
    ledger = simulate(program, values, cohort.columns, run_key(scenario.spec.seed, 0, 0))
    block = empty_block(program, 1, program.steps)
    by_year(program, ledger, block, 0)
    assert scenario.prices is not None
    table = compile_prices(scenario.prices, scenario.model)
    cents = value(block, table, table.central, block.state_months.shape[1]).discounted[0].sum(axis=0)
    qaly = np.array([line.startswith("quality_of_life") for line in table.lines])
    totals = np.array([cents[~qaly].sum(), cents[qaly].sum()]) / 100 / 2_000
    np.testing.assert_allclose(totals, individuals(scenario)[0], rtol=1e-4)


def test_the_table_beside_the_experiment_is_that_of_its_files() -> None:
    with (HERE / "table.csv").open(encoding="utf-8") as file:
        rows = {(row["strategy"], row["measure"]): row for row in csv.DictReader(file)}
    for name in STRATEGIES:
        cost, qaly = exact(strategy(name))
        assert float(rows[name, "cost"]["cohort"]) == pytest.approx(cost, abs=0.01)
        assert float(rows[name, "qaly"]["cohort"]) == pytest.approx(qaly, abs=1e-5)
        assert abs(float(rows[name, "cost"]["standard_errors_from_cohort"])) < 4
        assert abs(float(rows[name, "qaly"]["standard_errors_from_cohort"])) < 4
