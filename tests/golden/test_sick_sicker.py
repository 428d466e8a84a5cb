"""The published four-state model, declared in the package's form, gives the published table.

Source of the figures: Alarid-Escudero et al. 2023, Medical Decision Making 43:3-20, Tables 4 and 5. If a wanted change
moves the engine's figures, renew table.csv with `python -m experiments.sick_sicker.run`; the published ones never move.
"""

import csv

import numpy as np
import pytest

from experiments.sick_sicker.cohort import exact
from experiments.sick_sicker.run import HERE, PUBLISHED, STRATEGIES, individuals, strategy


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


def test_the_table_beside_the_experiment_is_that_of_its_files() -> None:
    with (HERE / "table.csv").open(encoding="utf-8") as file:
        rows = {(row["strategy"], row["measure"]): row for row in csv.DictReader(file)}
    for name in STRATEGIES:
        cost, qaly = exact(strategy(name))
        assert float(rows[name, "cost"]["cohort"]) == pytest.approx(cost, abs=0.01)
        assert float(rows[name, "qaly"]["cohort"]) == pytest.approx(qaly, abs=1e-5)
        assert abs(float(rows[name, "cost"]["standard_errors_from_cohort"])) < 4
        assert abs(float(rows[name, "qaly"]["standard_errors_from_cohort"])) < 4
