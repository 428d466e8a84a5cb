"""The choice of least regret, by hand."""

import pytest

from trajectsim.analysis.regret import robust_choice
from trajectsim.errors import UserError

VALUE = {"ample": {"small": 2.0, "large": 10.0}, "scarce": {"small": 1.0, "large": -6.0}}


def test_least_regret_and_safest_by_hand() -> None:
    found = robust_choice(VALUE)
    assert found.regret.loc["ample", "small"] == 8 and found.regret.loc["scarce", "large"] == 7
    assert found.choice == "large" and found.worst == {"small": 8.0, "large": 7.0}
    assert found.safest == "small" and not found.agreed
    assert found.best == {"ample": "large", "scarce": "small"}
    assert found.record()["regret"]["ample"] == {"small": 8.0, "large": 0.0}


def test_who_is_best_everywhere_is_agreed_upon() -> None:
    found = robust_choice({"a": {"x": 1.0, "y": 1.0}, "b": {"x": 3.0, "y": 2.0}})
    assert found.agreed and found.choice == found.safest == "x" and found.worst["x"] == 0


def test_a_hole_in_the_table_is_refused() -> None:
    with pytest.raises(UserError, match="every option needs a value"):
        robust_choice({"a": {"x": 1.0}, "b": {"y": 2.0}})
