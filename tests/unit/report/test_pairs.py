import pandas as pd

from trajectsim.report.pairs import choose, differences, first_reasons, parted

COLUMNS = ["arm", "draw", "replicate", "youth", "domain", "from_month", "to_month", "state", "reason"]


def lives(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


BASE = [
    ("a", 0, 0, 1, "work", -3, 10, "home", "start"),
    ("a", 0, 0, 1, "work", 10, 30, "job", "work.hired"),
    ("a", 0, 0, 1, "debt", 0, 30, "none", "start"),
]
OTHER = [
    ("b", 0, 0, 1, "work", -3, 4, "home", "start"),
    ("b", 0, 0, 1, "work", 4, 20, "job", "work.placed"),
    ("b", 0, 0, 1, "work", 20, 30, "home", "work.dismissed"),
    ("b", 0, 0, 1, "debt", 0, 30, "none", "start"),
]


def same(youth: int) -> list[tuple[object, ...]]:
    return [(arm, 0, 0, youth, "work", 0, 30, "home", "start") for arm in "ab"]


def test_every_stretch_of_difference_is_found_with_its_reason() -> None:
    found = differences(lives(*BASE, *OTHER), ["a", "b"])
    assert [(d.domain, d.from_month, d.to_month) for d in found] == [("work", 4, 10), ("work", 20, 30)]
    assert found[0].states == {"a": "home", "b": "job"}
    assert found[0].reasons == {"a": None, "b": "work.placed"}
    assert found[1].reasons == {"a": None, "b": "work.dismissed"}


def test_a_difference_goes_on_where_a_third_stay_begins_in_the_same_state() -> None:
    rows = [
        *same(2)[:1],
        ("b", 0, 0, 2, "work", 0, 10, "job", "start"),
        ("b", 0, 0, 2, "work", 10, 30, "job", "work.again"),
    ]
    found = differences(lives(*rows), ["a", "b"])
    assert [(d.from_month, d.to_month) for d in found] == [(0, 30)]


def test_equal_lives_do_not_part() -> None:
    table = lives(
        *same(1),
        *same(2),
        ("a", 0, 0, 2, "event", 3, 4, "offence", None),
        ("b", 0, 0, 2, "event", 3, 4, "offence", None),
    )
    assert not parted(table).any()
    assert differences(table[table["youth"] == 1], ["a", "b"]) == []
    assert first_reasons(table, ("a", "b"), frozenset()).empty


def test_an_event_in_one_world_only_parts_lives() -> None:
    table = lives(*same(1), ("a", 0, 0, 1, "event", 3, 4, "offence", None))
    assert parted(table).all()


def test_the_first_pair_that_parts_is_shown_not_the_best() -> None:
    later = [(*row[:2], 5, *row[3:]) for row in (*BASE, *OTHER)]
    early = [(*row[:2], 2, *row[3:]) for row in (*BASE, *OTHER)]
    pair = choose(lives(*later, *same(1), *early))
    assert (pair.replicate, pair.stored, pair.same) == (2, 3, 1)
    assert set(pair.lives["replicate"]) == {2}


def test_where_none_part_the_first_is_shown() -> None:
    pair = choose(lives(*same(4)))
    assert (pair.youth, pair.stored, pair.same) == (4, 1, 1)


def test_first_reasons_name_the_move_that_only_one_world_knows() -> None:
    counts = first_reasons(lives(*BASE, *OTHER, *same(2)), ("a", "b"), frozenset())
    assert counts.to_dict("records") == [
        {"domain": "work", "arm": "b", "state": "job", "reason": "work.placed", "n": 1}
    ]


def test_first_reasons_leave_the_programme_out() -> None:
    rows = [
        ("a", 0, 0, 1, "project", 0, 30, "outside", None),
        ("b", 0, 0, 1, "project", 0, 2, "outside", None),
        ("b", 0, 0, 1, "project", 2, 30, "enrolled", "project.uptake"),
    ]
    counts = first_reasons(lives(*BASE, *OTHER, *rows), ("a", "b"), frozenset({"project"}))
    assert list(counts["reason"]) == ["work.placed"]


def test_a_move_in_the_null_alternative_only_is_named_too() -> None:
    swapped = [("b" if row[0] == "a" else "a", *row[1:]) for row in (*BASE, *OTHER)]
    counts = first_reasons(lives(*swapped), ("a", "b"), frozenset())
    assert counts.iloc[0][["arm", "reason"]].tolist() == ["a", "work.placed"]
