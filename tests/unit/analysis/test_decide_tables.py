"""The decision on tables from elsewhere."""

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.decide_tables import decide_tables
from trajectsim.errors import UserError


def test_a_table_from_elsewhere() -> None:
    luck = np.random.default_rng(1)
    draws = pd.DataFrame(luck.normal(size=(3000, 3)), columns=list("xyz"))
    costs = pd.DataFrame({"usual": 100.0, "new": 150.0 + 10 * draws["x"]})
    effects = pd.DataFrame({"usual": 1.0, "new": 1.4 + 0.5 * draws["y"]})
    found = decide_tables(costs, effects, draws, threshold=100.0, groups={"both": ["x", "y"]})
    assert found["preferred"] == "usual" and found["net_benefit"]["usual"] == 0
    assert found["evppi"].index[0] == "y" and found["evppi"].loc["z", "evppi"] < 0.1
    both = found["evppi_of_groups"].loc["both", "evppi"]
    assert both == pytest.approx(found["evpi"]["value"], rel=0.03)
    assert found["incremental"]["ratio"].iloc[1] == pytest.approx(125, rel=0.1)


def test_money_alone_and_no_parameters() -> None:
    found = decide_tables([[1.0, 2.0], [3.0, 2.0]])
    assert found["probability_best"] == {"0": 0.5, "1": 0.5} and found["evppi"] is None
    assert found["evpi"]["value"] == 0.5


def test_what_cannot_be_used() -> None:
    with pytest.raises(UserError, match="no threshold"):
        decide_tables([[1.0, 2.0]], threshold=-1)
    with pytest.raises(UserError, match="groups are of parameters"):
        decide_tables([[1.0, 2.0]], groups={"a": ["x"]})
