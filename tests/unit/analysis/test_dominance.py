"""The incremental table: dominance of both kinds, and two published tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectsim.analysis.decision import options
from trajectsim.analysis.dominance import DOMINATED, EXTENDED, KEPT, incremental_table, mean_table


def test_hiv_screening_of_the_literature() -> None:
    """Paltiel and others (2006), Ann Intern Med 145:797, as worked out in the guide of the R package dampack."""
    months = np.array([277.25, 277.57, 277.78, 277.83, 277.76])
    names = ["status quo", "once", "5 years", "3 years", "yearly"]
    table = incremental_table(names, [26000, 27000, 28020, 28440, 29440], months / 12).set_index("option")
    assert table["status"].tolist() == [KEPT, KEPT, KEPT, KEPT, DOMINATED]
    assert table.loc[["once", "5 years", "3 years"], "ratio"].tolist() == pytest.approx([37500, 58285.71, 100800])
    assert table.loc["yearly", "by"] == "3 years"


def test_clostridium_of_the_literature() -> None:
    """Rajasingham and others (2020), Clin Infect Dis 70:754, as worked out in the guide of the R package dampack."""
    rows = {
        "s3": (57336.006, 12.9399639), "s27": (57541.253, 13.0140641), "s33": (57642.259, 13.0389116),
        "s31": (57934.074, 13.0966258), "s43": (58072.114, 13.1128577), "s44": (58665.782, 13.1283328),
        "s39": (57814.647, 13.0462790), "s4": (57887.482, 12.9970657), "s13": (58018.625, 13.0650412),
        "s37": (58081.795, 13.1029711), "s20": (58634.203, 13.1100569),
    }  # fmt: skip
    costs, effects = zip(*rows.values(), strict=True)
    table = incremental_table(list(rows), costs, effects).set_index("option")
    kept = table[table["status"] == KEPT]
    assert kept.index.tolist() == ["s3", "s27", "s33", "s31", "s43", "s44"]
    assert kept["ratio"].tolist()[1:] == pytest.approx([2769.85, 4065.03, 5056.22, 8504.22, 38362.65], rel=1e-4)
    assert table.index[table["status"] == EXTENDED].tolist() == ["s39"] and table.loc["s39", "by"] == "s33, s31"


def test_extended_dominance_by_hand() -> None:
    table = incremental_table(["a", "b", "c"], [0, 60, 100], [0, 1, 4]).set_index("option")
    assert table["status"].to_dict() == {"a": KEPT, "b": EXTENDED, "c": KEPT}
    assert table.loc["c", "ratio"] == 25 and table.loc["b", "by"] == "a, c"


def test_a_chain_of_options_goes_when_a_later_one_is_better() -> None:
    table = incremental_table(["a", "b", "c", "d"], [0, 10, 30, 40], [0, 1, 1.5, 10]).set_index("option")
    assert table["status"].tolist() == [KEPT, EXTENDED, EXTENDED, KEPT]


def test_equal_ratios_stay() -> None:
    assert incremental_table(["a", "b", "c"], [0, 10, 20], [0, 1, 2])["status"].tolist() == [KEPT] * 3


def test_of_equal_options_the_first_is_kept() -> None:
    assert incremental_table(["a", "b"], [5, 5], [1, 1])["status"].tolist() == [KEPT, DOMINATED]


def test_cheaper_and_better_dominates_the_rest() -> None:
    table = incremental_table(["usual", "new"], [10, 4], [1, 2]).set_index("option")
    assert table.loc["usual", "status"] == DOMINATED and np.isnan(table.loc["new", "ratio"])


def test_means_of_draws() -> None:
    table = mean_table(options([[0.0, 8.0], [0.0, 12.0]], [[0.0, 1.0], [0.0, 4.0]]))
    assert table["ratio"].tolist()[1] == 4.0


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 100)), min_size=1, max_size=9))
def test_some_threshold_picks_every_kept_option_and_no_other_one(points: list[tuple[float, float]]) -> None:
    cost, effect = (np.array(v) for v in zip(*points, strict=True))
    table = incremental_table([str(i) for i in range(len(points))], cost, effect)
    kept = table[table["status"] == KEPT]
    ratios = kept["ratio"].to_numpy()[1:]
    assert (np.diff(ratios) >= -1e-6 * np.abs(ratios[1:])).all()
    assert len(kept) >= 1 and effect.max() == pytest.approx(kept["effect"].max())
    assert cost.min() == kept["cost"].min()
