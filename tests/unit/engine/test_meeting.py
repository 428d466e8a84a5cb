"""The start of a run in which youths meet: who belongs to one group of possible friends."""

from types import SimpleNamespace

import numpy as np

from trajectsim.engine.meeting import _groups
from trajectsim.engine.tables import NUMBER_ONE


def test_groups_are_told_apart_by_numbers_of_any_size() -> None:
    numbers = np.array([[0, 0, 1, 1, 0], [4096, 4096, 0, 4096, 0]])
    columns = SimpleNamespace(
        small=np.array([[0, 0, 0, 0, 0], [0, 1, 0, 0, 0]], np.uint8), slow=(numbers * NUMBER_ONE).astype(np.int32)
    )
    rows = SimpleNamespace(flags={"keen": 1}, numbers={"place": 0, "school": 1})
    town = SimpleNamespace(rows=rows, states={"work": {}})
    assert _groups(town, columns, ["place", "school"]).tolist() == [1, 1, 2, 3, 0]  # type: ignore[arg-type]
    assert _groups(town, columns, ["keen", "work"]).tolist() == [0, 1, 0, 0, 0]  # type: ignore[arg-type]
