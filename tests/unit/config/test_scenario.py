"""A scenario from its files: what is set over them, who set it, and the hash of what can change a result."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from trajectsim.config.scenario import Scenario, content_hash, load_scenario, packaged_scenario
from trajectsim.errors import Mistake, UserError

SCENARIO = Path(__file__).parent / "data" / "scenario.yaml"


def refused(**overrides: str) -> Mistake:
    with pytest.raises(UserError) as caught:
        load_scenario(SCENARIO, {key.replace("__", "."): value for key, value in overrides.items()})
    assert len(caught.value.mistakes) == 1, str(caught.value)
    return caught.value.mistakes[0]


def load(overrides: dict[str, str] | None = None) -> Scenario:
    return load_scenario(SCENARIO, overrides or {})


def test_parts() -> None:
    scenario = load()
    assert list(scenario.model.domains) == ["work", "care"]  # included files come first, in order
    assert list(scenario.interventions) == ["job_coach"]
    assert scenario.spec.arms[1].interventions == ["job_coach"]  # by its own name, whatever its file is called
    assert scenario.prices is not None and scenario.prices.price_year == 2024
    assert scenario.path == SCENARIO


def test_scenario_travels_to_other_processes() -> None:
    scenario = load()
    assert pickle.loads(pickle.dumps(scenario)) == scenario


def test_keys_of_the_scenario_can_be_set() -> None:
    scenario = load({"size": "200", "years": "5", "follow": "[kim]"})
    assert (scenario.spec.size, scenario.spec.years, scenario.spec.follow) == (200, 5.0, ["kim"])


def test_parameter_can_be_set() -> None:
    scenario = load({"model.work.lose_work.base": "0.3", "interventions.job_coach.duration": "6"})
    number = scenario.model.domains["work"].exits[1].base
    assert number is not None and number.value == 0.3  # type: ignore[union-attr]
    assert number.distribution.family == "fixed"  # type: ignore[union-attr]
    assert (number.source, number.grade) == ("user", "D")  # type: ignore[union-attr]
    assert "was 0.4" in str(number.note)  # type: ignore[union-attr]
    assert scenario.interventions["job_coach"].duration.value == 6  # type: ignore[union-attr]


def test_share_can_be_set_and_the_others_fill_the_rest() -> None:
    group = load({"population.initial.work.0.states.job": "0.5"}).population.initial["work"][0].states
    assert group.shares == {"home": 0.5, "job": 0.5}


def test_who_set_what() -> None:
    origin = load({"seed": "9", "population.traits.lvb.share": "0.5"}).provenance
    assert origin["seed"] == "command line"
    assert origin["population.traits.lvb.share"] == "command line"
    assert origin["years"] == "scenario.yaml:7"
    assert origin["start"] == "default"


def test_set_in_the_file_goes_under_the_command_line(tmp_path: Path) -> None:
    text = SCENARIO.read_text(encoding="utf-8").replace("model: model", f"model: {SCENARIO.parent.as_posix()}/model")
    for name in ("people", "prices", "job"):
        text = text.replace(f"{name}.yaml", f"{SCENARIO.parent.as_posix()}/{name}.yaml")
    text += "set:\n  model.work.lose_work.base: 0.3\n  model.work.offend.base: 0.05\n"
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    scenario = load_scenario(file, {"model.work.offend.base": "0.06"})
    values = [way.base.value for way in scenario.model.domains["work"].exits[1:]]  # type: ignore[union-attr]
    assert values == [0.3, 0.06]
    assert scenario.provenance["model.work.lose_work.base"] == "mine.yaml:15"
    assert scenario.provenance["model.work.offend.base"] == "command line"


def test_override_that_does_not_exist() -> None:
    assert refused(siz="3").near == "size"
    mistake = refused(model__work__lose_wrk__base="0.3")
    assert (mistake.key, mistake.near) == ("model.work.lose_wrk.base", "model.work.lose_work.base")


def test_override_of_a_reference_names_what_to_set() -> None:
    assert "model.parameters.finding" in str(refused(model__work__find_work__base="0.3").cure)


def test_override_outside_its_range() -> None:
    assert refused(population__traits__lvb__share="1.4").allowed == "from 0 to 1"
    assert refused(population__initial__care__0__states__without="-1").allowed == "from 0 to 1"
    assert "the number 0 is out of range" in refused(draws="0").what


def test_override_that_is_no_number() -> None:
    assert "'x' is not a number" in refused(model__work__lose_work__base="x").what
    assert refused(model__work__lose_work__base="0,3").cure == "write model.work.lose_work.base=0.3"
    assert refused(years="2,5").cure == "write 2.5"
    assert refused(size="").cure == "write size=value"


def test_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    for file in SCENARIO.parent.iterdir():
        text = file.read_text(encoding="utf-8").replace("value: 900", "value: x").replace("size: 20", "size: x")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_scenario(tmp_path / "scenario.yaml")
    assert [Path(str(mistake.file)).name for mistake in caught.value.mistakes] == ["people.yaml", "prices.yaml"]


# --- content hash -----------------------------------------------------------------------------------------------------


def test_hash_is_the_same_in_another_process() -> None:
    code = "import sys; from trajectsim.config.scenario import *; print(content_hash(load_scenario(sys.argv[1])))"
    out = subprocess.run([sys.executable, "-c", code, str(SCENARIO)], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == content_hash(load())


def test_hash_leaves_out_draws_replicates_titles_and_the_order_of_keys(tmp_path: Path) -> None:
    for file in SCENARIO.parent.iterdir():
        text = file.read_text(encoding="utf-8").replace("Klein", "Anders")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    people = tmp_path / "people.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text("size: 20\n" + text.replace("size: 20\n", ""), encoding="utf-8")
    other = load_scenario(tmp_path / "scenario.yaml", {"draws": "9", "replicates": "1"})
    assert content_hash(other) == content_hash(load())


@pytest.mark.parametrize(
    "change",
    [{"seed": "8"}, {"size": "51"}, {"years": "3"}, {"model.work.lose_work.base": "0.3"},
     {"prices.lines.offence.price": "1"}, {"interventions.job_coach.effects.0.ratio": "1"},
     {"population.traits.lvb.share": "0.3"}],
    ids=str,
)  # fmt: skip
def test_hash_changes_with_everything_that_changes_a_result(change: dict[str, str]) -> None:
    assert content_hash(load(change)) != content_hash(load())


def test_hash_changes_with_the_order_of_domains(tmp_path: Path) -> None:
    for file in SCENARIO.parent.iterdir():
        text = file.read_text(encoding="utf-8").replace("[work.yaml, care.yaml]", "[care.yaml, work.yaml]")
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    assert content_hash(load_scenario(tmp_path / "scenario.yaml")) != content_hash(load())


def test_everything_packaged_loads() -> None:
    scenario = packaged_scenario()
    assert scenario.spec.arms[0].interventions == []
    assert set(scenario.spec.arms[1].interventions) == set(scenario.interventions)
