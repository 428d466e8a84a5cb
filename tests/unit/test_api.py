"""A study from a notebook: the same as from the command line."""

import json
from pathlib import Path

import pytest

import trajectsim
from trajectsim.config.scenario import content_hash
from trajectsim.errors import UserError
from trajectsim.report.notebook import Answer

DATA = Path(__file__).parent / "config" / "data"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> trajectsim.Study:
    return trajectsim.run(
        DATA / "scenario.yaml", tmp_path_factory.mktemp("api") / "tiny", draws=2, replicates=2, size=10
    )


def test_run(study: trajectsim.Study) -> None:
    assert (study.manifest["draws"], study.manifest["replicates"], study.manifest["size"]) == (2, 2, 10)
    assert len(study.table("runs")) == 2 * 2 * 2


def test_a_loaded_scenario_gives_the_same(study: trajectsim.Study, tmp_path: Path) -> None:
    loaded = trajectsim.load(DATA / "scenario.yaml", {"size": 10})
    again = trajectsim.run(loaded, tmp_path / "again", draws=2, replicates=2, workers=1)
    assert again.manifest["content_hash"] == study.manifest["content_hash"]
    assert again.table("occupancy").equals(study.table("occupancy"))


def test_compare(study: trajectsim.Study) -> None:
    summary = trajectsim.compare(study)
    assert list(summary["arms"]) == ["usual_care", "helped"]
    assert json.dumps(trajectsim.compare(str(study.path))) == json.dumps(summary)
    assert trajectsim.open_study(study.path).manifest == study.manifest


def test_value_under_other_prices_rates_and_horizons(study: trajectsim.Study) -> None:
    own = trajectsim.value(study)
    assert own["about"]["horizon_years"] == study.manifest["years"] and list(own["arms"]) == ["helped"]
    prices = str(DATA / "prices.yaml")
    again = trajectsim.value(str(study.path), prices=prices, rate=0.0, horizon=1)
    assert again["about"]["rates"] == {"all": 0.0} and again["about"]["horizon_years"] == 1
    summary = trajectsim.compare(study)
    npv = own["arms"]["helped"]["perspectives"]["society"]["net_present_value"]["mean"]
    assert npv == pytest.approx(-summary["difference"]["cost"]["total"]["mean"])
    ratio = summary["benefit_cost_ratio"]["municipality"]
    assert own["arms"]["helped"]["perspectives"]["municipality"]["ratio"] == (
        None if ratio is None else pytest.approx(ratio["centre"])
    )


def test_folder_is_named_after_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert trajectsim.run(DATA / "scenario.yaml", draws=1, replicates=1).path == Path("results") / "tiny"


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="siz"):
        trajectsim.load(DATA / "scenario.yaml", {"siz": 3})
    loaded = trajectsim.load(DATA / "scenario.yaml")
    for given in (DATA / "scenario.yaml", loaded):
        with pytest.raises(UserError, match="draws"):
            trajectsim.run(given, tmp_path / "x", draws=0)
    assert not (tmp_path / "x").exists()
    with pytest.raises(UserError, match="results"):
        trajectsim.open_study(tmp_path / "x")


def test_growing_and_pooling(tmp_path: Path) -> None:
    config = Path(__file__).parents[2] / "configs" / "town.yaml"
    quick = {"years": 1, "draws": 2, "replicates": 1, "follow": "[]"}
    curve = trajectsim.scale_up(config, [5], tmp_path / "sizes", settings=quick, workers=1, explain=False)
    assert [size["places"] for size in curve["sizes"]] == [5] and curve["about"]["world_laid"] is False
    pooled = trajectsim.silos(trajectsim.load(config, {**quick, "off": "[budgets]"}), tmp_path / "silos", workers=1)
    assert list(pooled["forms"]) == ["desks"]
    with pytest.raises(UserError, match="nothing is scarce"):
        trajectsim.scale_up(trajectsim.load(DATA / "scenario.yaml"), [5], tmp_path / "none")


def test_triangle(study: trajectsim.Study) -> None:
    assert list(trajectsim.triangle(study)["arms"]) == ["helped"]


def test_a_changed_scenario_is_the_one_loaded_so() -> None:
    loaded = trajectsim.load(DATA / "scenario.yaml")
    (name,) = loaded.interventions
    settings: dict[str, object] = {"size": 6, "draws": 3, f"interventions.{name}.places": 4}
    there = trajectsim.load(DATA / "scenario.yaml", settings)
    here = trajectsim.change(loaded, settings)
    assert content_hash(here) == content_hash(there) != content_hash(loaded)
    assert here.spec.draws == 3 and loaded.spec.draws != 3
    for wrong, said in (({"population": "nijkerk"}, "loading"), ({"siz": 3}, "size"), ({"draws": 0}, "draws")):
        with pytest.raises(UserError, match=said):
            trajectsim.change(loaded, wrong)


def test_numbers_with_their_sources() -> None:
    frame = trajectsim.numbers(DATA / "scenario.yaml")
    assert len(frame) > 5 and set(frame["grade"]) <= set("ABCD")
    assert trajectsim.numbers(DATA / "scenario.yaml", frame["path"][0])["path"].tolist() == [frame["path"][0]]


def test_answers_show_themselves_in_both_languages(study: trajectsim.Study) -> None:
    for answer in (trajectsim.compare(study), trajectsim.value(study), trajectsim.decide(study)):
        assert isinstance(answer, Answer) and json.dumps(answer)
        dutch, english = answer.html("nl"), answer.html("en")
        assert dutch != english == answer._repr_html_() and english.count("<tr>") > 1
    assert "usual_care" in study._repr_html_() and "10" in study._repr_html_()
    assert "2 draws" in trajectsim.change(trajectsim.load(DATA / "scenario.yaml"), {"draws": 2})._repr_html_()
