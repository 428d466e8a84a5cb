"""Parts: everything once, names that stay, shares that fit together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trajectsim.errors import UserError
from trajectsim.study.layout import Layout, Shard, layout_of, parse_shard, suggested

layouts = st.builds(
    Layout, st.integers(1, 30), st.integers(1, 30), st.integers(1, 9), st.integers(1, 9), st.just(True)
)  # fmt: skip


@given(layouts)
def test_every_draw_of_every_point_stands_in_one_part(layout: Layout) -> None:
    cells = [(p, d) for part in layout.parts() for p in part.points for d in part.draws]
    assert sorted(cells) == [(p, d) for p in range(layout.points) for d in range(layout.draws)]
    assert len(cells) == layout.cells == sum(part.cells for part in layout.parts())
    names = [part.name for part in layout.parts()]
    assert len(set(names)) == len(names) and names == sorted(names)


@given(layouts, st.integers(1, 20))
def test_shards_make_up_the_whole(layout: Layout, of: int) -> None:
    shares = [part.name for k in range(1, of + 1) for part in layout.parts(Shard(k, of))]
    assert sorted(shares) == [part.name for part in layout.parts()]


@given(layouts, st.integers(0, 20))
def test_more_draws_keep_the_full_parts(layout: Layout, more: int) -> None:
    grown = Layout(layout.points, layout.draws + more, layout.points_per_part, layout.draws_per_part, True)
    after = {part.name: part for part in grown.parts()}
    for part in layout.parts():
        assert part.name in after
        if len(part.draws) == layout.draws_per_part:
            assert after[part.name] == part


def test_a_scenario_has_parts_of_its_own_name() -> None:
    layout = layout_of({"draws": 25, "parts": {"points": 1, "draws": 10}})
    assert [part.name for part in layout.parts()] == ["part-00000", "part-00001", "part-00002"]
    assert layout_of({"draws": 5, "parts": {"points": 4, "draws": 2}, "study": {"points": 8}}).parts()[1].name == (
        "part-00000-00001"
    )


def test_tasks_last_about_a_second_whatever_the_study() -> None:
    nijkerk = 20 * 120 * 20 * 2
    many = suggested(10, 500, nijkerk, town=False)
    assert many["points"] == 1 and 5 <= many["draws"] <= 20
    assert suggested(10, 5000, nijkerk, town=False) == many  # not of how many draws there are
    assert suggested(1000, 1, nijkerk, town=False) == {"points": many["draws"], "draws": 1}
    assert suggested(3, 10, 1e9, town=True) == {"points": 1, "draws": 1}


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "a/b", "1/0", "-1/3", "1.5/3"])
def test_a_shard_that_is_none(text: str) -> None:
    with pytest.raises(UserError, match="names no shard"):
        parse_shard(text)


def test_a_shard() -> None:
    assert parse_shard("3/20") == Shard(3, 20) and parse_shard("3/20").name == "3-of-20"
