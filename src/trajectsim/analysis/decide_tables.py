"""The decision on plain tables from anywhere: costs and effects per draw and option, and the parameters behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectsim.analysis.decision import Table, acceptability, evpi, expected_loss, net_benefit, options, preferred
from trajectsim.analysis.dominance import mean_table
from trajectsim.analysis.evppi import evppi_of_groups, evppi_singly
from trajectsim.errors import UserError

__all__ = ["decide_tables"]


def decide_tables(
    costs: Table,
    effects: Table | None = None,
    parameters: pd.DataFrame | None = None,
    threshold: float = 0.0,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Return what to choose, how sure that is, and what knowing more is worth.

    Args:
        costs: per draw and option [D, O]; the columns of a DataFrame name the options, the usual one first.
        effects: of the same shape, more is better; left out where only money counts.
        parameters: the draws behind them [D, P]; without them there is no `evppi`.
        threshold: euros that one unit of effect is worth.
        groups: parameters to find out together, by name of the group.

    Returns:
        preferred; net_benefit, probability_best and expected_loss by option; evpi with its error; incremental (a
        table); evppi and evppi_of_groups (tables, or None).

    Raises:
        UserError: tables that do not fit each other, numbers that are missing, groups without parameters.
    """
    if not np.isfinite(threshold) or threshold < 0:
        raise UserError.of(f"{threshold:g} euros is no threshold", key="threshold", allowed="0 or more")
    if groups and parameters is None:
        raise UserError.of("groups are of parameters, and none are given", key="parameters", cure="give their draws")
    choice = options(costs, effects)
    benefit = net_benefit(choice, threshold)
    worth = evpi(benefit)

    def named(values: Any) -> dict[str, float]:
        return {name: float(v) for name, v in zip(choice.names, values, strict=True)}

    return {
        "preferred": choice.names[preferred(benefit)],
        "net_benefit": named(benefit.mean(axis=0)),
        "probability_best": named(acceptability(benefit)),
        "expected_loss": named(expected_loss(benefit)),
        "evpi": {"value": worth.value, "error": worth.error},
        "incremental": mean_table(choice),
        "evppi": None if parameters is None else evppi_singly(benefit, parameters),
        "evppi_of_groups": evppi_of_groups(benefit, parameters, groups) if parameters is not None and groups else None,
    }
