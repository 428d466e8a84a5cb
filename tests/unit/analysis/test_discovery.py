"""A corner that is known is found; what is not there is not."""

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.discovery import boxes
from trajectsim.engine.luck import run_key, uniforms


def cloud(n: int, k: int) -> pd.DataFrame:
    keys = np.array([run_key(3, i, 0) for i in range(n)], np.uint64)
    return pd.DataFrame({f"x{j}": uniforms(keys, 0, f"factor {j}") for j in range(k)})


def test_a_corner_is_found() -> None:
    x = cloud(400, 3)
    fails = ((x["x0"] > 0.6) & (x["x2"] < 0.5)).to_numpy()
    found = boxes(x, fails, 1)
    (box,) = found["boxes"]
    sides = {bound["factor"]: bound for bound in box["bounds"]}
    assert set(sides) == {"x0", "x2"} and set(found["importance"]) == {"x0", "x2"}
    assert sides["x0"]["low"] == pytest.approx(0.6, abs=0.02) and sides["x0"]["high"] is None
    assert sides["x2"]["high"] == pytest.approx(0.5, abs=0.02) and sides["x2"]["low"] is None
    assert box["density"] == 1.0 and box["coverage"] == 1.0 and box["failing"] == fails.sum()
    assert found["sound"] and found["tested"]["right"] > 0.97
    assert found == boxes(x, fails, 1)


def test_each_box_counts_its_own_points() -> None:
    x = cloud(300, 2)
    fails = (x["x0"] + x["x1"] > 1.2).to_numpy()
    for box in boxes(x, fails, 1)["boxes"]:
        inside = np.ones(len(x), bool)
        for bound in box["bounds"]:
            values = x[bound["factor"]].to_numpy()
            inside &= (values > (bound["low"] if bound["low"] is not None else -1)) & (
                values <= (bound["high"] if bound["high"] is not None else 2)
            )
        assert inside.sum() == box["points"] and fails[inside].sum() == box["failing"]
        assert box["density"] == box["failing"] / box["points"] > 0.5


def test_mere_luck_is_not_called_sound() -> None:
    x = cloud(120, 8)
    keys = np.array([run_key(9, i, 0) for i in range(120)], np.uint64)
    assert not boxes(x, uniforms(keys, 0, "coin") < 0.3, 1)["sound"]


@pytest.mark.parametrize("all_fail", [True, False])
def test_all_or_none(all_fail: bool) -> None:
    found = boxes(cloud(30, 2), np.full(30, all_fail), 1)
    assert found["boxes"] == [] and not found["sound"]
