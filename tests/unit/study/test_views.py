"""SQL, Polars and the dictionary over a folder of results."""

import json
from pathlib import Path

import duckdb
import pytest

import trajectsim
from trajectsim.errors import UserError
from trajectsim.study.aids import write_aids
from trajectsim.study.dictionary import dictionary_of, whole_dictionary, words
from trajectsim.study.store import AIDS, TABLES

SCENARIO = Path(__file__).parents[1] / "config" / "data" / "scenario.yaml"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> trajectsim.Study:
    return trajectsim.run(SCENARIO, tmp_path_factory.mktemp("views") / "it's", draws=3, replicates=2, size=8)


def test_views_of_the_file_and_of_python_agree(study: trajectsim.Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.path)
    query = "SELECT arm, sum(n) AS n FROM occupancy GROUP BY arm ORDER BY arm"
    with duckdb.connect() as connection:
        connection.execute((study.path / "views.sql").read_text(encoding="utf-8"))
        there = connection.sql(query).df()
    assert study.sql(query).equals(there)
    table = study.table("occupancy")
    assert there["n"].tolist() == [table.loc[table["arm"] == arm, "n"].sum() for arm in there["arm"]]


def test_every_table_has_its_view(study: trajectsim.Study) -> None:
    assert {"runs", "occupancy", "parameters"} <= set(study.tables) <= set(TABLES)
    for name in study.tables:
        assert int(study.sql(f"SELECT count(*) AS n FROM {name}")["n"][0]) == len(study.table(name))


@pytest.mark.parametrize("query", ["SELECT * FROM ocupancy", "nonsense", ""])
def test_queries_that_cannot_be_answered(study: trajectsim.Study, query: str) -> None:
    with pytest.raises(UserError, match="occupancy"):
        study.sql(query)


def test_polars_reads_the_same(study: trajectsim.Study) -> None:
    polars = pytest.importorskip("polars")
    frame = study.polars("events").group_by("event").agg(polars.col("n").sum()).sort("event").collect()
    table = study.sums("events", ["event"], ["n"])
    assert frame["n"].to_list() == table["n"].tolist() and frame["event"].to_list() == table["event"].tolist()


def test_sums_are_those_of_the_table(study: trajectsim.Study) -> None:
    for name, amount in (("costs", "discounted"), ("occupancy", "n")):
        found = study.sums(name, ["arm", "draw", "year"], [amount], {"draw": [0, 2]})
        table = study.table(name)
        table = table[table["draw"].isin([0, 2])].astype({"arm": str})
        whole = table.groupby(["arm", "draw", "year"])[amount].sum().reset_index()
        assert found.astype({"arm": str}).values.tolist() == whole.values.tolist()


def test_the_dictionary_knows_every_column(study: trajectsim.Study) -> None:
    found = json.loads((study.path / "dictionary.json").read_text(encoding="utf-8"))
    assert found == dictionary_of(study.path, TABLES)
    for name in study.tables:
        assert list(found["tables"][name]["columns"]) == list(study.table(name).columns)
        for item in found["tables"][name]["columns"].values():
            assert all(item[key] for key in ("type", "unit", "nl", "en"))
    assert set(words()["tables"]) == {*TABLES, "design"}


def test_aids_are_written_again_as_they_were(study: trajectsim.Study) -> None:
    before = {name: (study.path / name).read_bytes() for name in AIDS}
    (study.path / AIDS[1]).write_text("{}", encoding="utf-8")
    write_aids(study.path)
    assert {name: (study.path / name).read_bytes() for name in AIDS} == before
    assert trajectsim.verify(study.path).whole


def test_the_page_in_the_guide_is_that_of_the_dictionary() -> None:
    page = Path(__file__).parents[3] / "docs" / "guide" / "data-dictionary.md"
    assert page.read_text(encoding="utf-8") == whole_dictionary()
