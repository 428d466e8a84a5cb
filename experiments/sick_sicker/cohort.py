"""Exact costs and QALYs of one strategy: products of matrices, from the declaration alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.cohort import People, cohort_trace, discount_factors
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Number
from trajectsim.engine.compiler import counting_weights
from trajectsim.evidence.parameter import Parameter

F64 = npt.NDArray[np.float64]


def exact(scenario: Scenario) -> tuple[float, float]:
    """Return the discounted cost and the discounted quality-adjusted life years of one person."""
    model, population = scenario.model, scenario.population
    traits = {name: central(margin.share) for name, margin in population.traits.items() if margin.share is not None}
    start = population.initial["health"][0].states.shares
    trace = cohort_trace(model, start, round(scenario.spec.years), people=People(traits=traits))
    return valued(scenario, trace)


def valued(scenario: Scenario, trace: F64) -> tuple[float, float]:
    """Return discounted cost and QALYs per person from the share of people in each state per snapshot."""
    assert scenario.prices is not None
    steps = len(trace) - 1
    rate = central(scenario.prices.discounting.standard)
    weights = counting_weights(scenario.model, steps) * discount_factors(scenario.model, steps, rate)
    cost, utility = state_values(scenario)
    return float(weights @ trace @ cost), float(weights @ trace @ utility)


def state_values(scenario: Scenario) -> tuple[F64, F64]:
    """Return the yearly cost and the utility of each state, for people with this strategy's treatments."""
    assert scenario.prices is not None
    states = list(scenario.model.domains["health"].states)
    cost, utility = np.zeros(len(states)), np.zeros(len(states))
    for name, number in scenario.prices.utilities.items():
        utility[states.index(name.removeprefix("health."))] = central(number)
    for line in scenario.prices.lines.values():
        if line.state is not None:
            cost[states.index(line.state.removeprefix("health."))] += central(line.price)
        else:
            condition = scenario.model.joint_lines[str(line.joint)]
            share = np.prod([central(scenario.population.traits[trait].share) for trait in condition.traits])
            for state in condition.states["health"].in_ or []:
                cost[states.index(state)] += central(line.price) * float(share)
    return cost, utility


def central(number: Number | None) -> float:
    """Return the value of a parameter that stands written out."""
    assert isinstance(number, Parameter)
    return number.value
