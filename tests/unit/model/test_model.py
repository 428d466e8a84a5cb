"""TrajectModel: one step is one month of the engine, bit for bit; Mesa's collector and batch runner work on it."""

import gc
import inspect
import tracemalloc
import weakref
from pathlib import Path
from typing import Any, ClassVar

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.batchrunner import batch_run

from tests.helpers import as_bytes
from tests.unit.model.conftest import write_world
from trajectsim.config.scenario import load_scenario
from trajectsim.engine.luck import run_key
from trajectsim.engine.run import simulate
from trajectsim.errors import UserError
from trajectsim.evidence.register import build_register
from trajectsim.model import model as module
from trajectsim.model.model import TrajectModel
from trajectsim.model.population import make_cohort
from trajectsim.model.prepare import prepare
from trajectsim.model.views import Youth
from trajectsim.study.run import make_plan
from trajectsim.study.runner import run_draw

MONTHS = 24


class Watched(TrajectModel):
    """A model that collects things of its own."""

    model_reporters: ClassVar = {"at_home": lambda m: m.count("activity", "at_home"), "month": "month"}
    agent_reporters: ClassVar = {"activity": "activity", "age": lambda youth: youth.age}


# --- the same lives ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [-1, 2])
@pytest.mark.parametrize("arm", ["usual_care", "coached"])
@pytest.mark.parametrize("people", ["small", "joining"])
def test_steps_give_the_bytes_of_a_whole_run(request, people: str, arm: str, draw: int) -> None:
    file = request.getfixturevalue(people)
    model = TrajectModel(file, arm=arm, draw=draw, replicate=3).run()
    scenario = load_scenario(file)
    register, program = build_register(scenario), model.program
    row = register.central if draw < 0 else register.draws(np.array([draw]))[0]
    columns = make_cohort(program, scenario, row, program.values(row), 3, draw_number=draw, size=30).columns
    values = program.values(row, ("coach",) if arm == "coached" else ())
    ledger = simulate(program, values, columns, run_key(scenario.spec.seed, draw, 3))
    assert as_bytes(model.columns, model.ledger) == as_bytes(columns, ledger)


def test_the_same_numbers_as_a_study(small: Path) -> None:
    plan, register = make_plan(load_scenario(small))
    months = run_draw(plan, 2, register.draws(np.array([2]))[0])["months"].to_pandas()
    for arm in ("usual_care", "coached"):
        occupancy = TrajectModel(small, arm=arm, draw=2).run().occupancy()
        found = months[months["arm"] == arm].pivot(index="month", columns=["domain", "state"], values="n").fillna(0)
        for column in occupancy.columns:
            assert found[column].to_list() == occupancy[column].to_list()[: len(found)] if column in found else True


def test_arms_hold_twins(small: Path) -> None:
    usual, coached = TrajectModel(small), TrajectModel(small, arm="coached")
    assert as_bytes(usual.columns) == as_bytes(coached.columns)
    assert usual.run().count("coach", "outside") == usual.count("vital", "present")
    assert coached.run().count("coach", "outside") < coached.count("vital", "present")


def test_replicates_draws_seeds_and_sizes(small: Path) -> None:
    ages = {
        (replicate, draw, seed): tuple(TrajectModel(small, replicate=replicate, draw=draw, seed=seed).youths.get("age"))
        for replicate, draw, seed in [(0, -1, None), (0, 0, None), (1, -1, None), (0, -1, 5), (0, -1, 6)]
    }
    assert ages[0, -1, None] == ages[0, 0, None] == ages[0, -1, 5], "traits leave out the draw; 5 is the file's seed"
    assert len(set(ages.values())) == 3
    large, small_one = TrajectModel(small, size=50), TrajectModel(small, size=np.int64(7))
    assert (len(large.youths), len(small_one.youths)) == (50, 7)
    assert large.youths.get("age")[:7] == small_one.youths.get("age")
    assert small_one.declared.spec.size == 7


def test_scenarios_given_in_every_way(small: Path) -> None:
    models = [TrajectModel(given) for given in (small, str(small), load_scenario(small))]
    assert len({tuple(as_bytes(m.run().columns)) for m in models}) == 1


# --- time -------------------------------------------------------------------------------------------------------------


def test_time_goes_by(small: Path) -> None:
    model = TrajectModel(small)
    assert (model.steps, model.month, model.running) == (0, 0, True)
    model.step()
    assert (model.steps, model.month, model.running) == (1, 1, True)
    assert "step 1 of 24" in repr(model)
    assert model.run() is model
    assert (model.steps, model.month, model.running) == (MONTHS, MONTHS, False)
    with pytest.raises(UserError, match="all 24 steps"):
        model.step()
    assert model.steps == MONTHS
    other = TrajectModel(small)
    other.run_model()
    assert as_bytes(model.ledger) == as_bytes(other.ledger)


def test_nothing_is_drawn_from_mesas_generators(small: Path) -> None:
    model = TrajectModel(small)
    before = (model.random.getstate(), model.rng.bit_generator.state)
    model.agents.shuffle()
    model.agents.shuffle_do(lambda youth: None)
    model.run()
    assert (model.random.getstate(), model.rng.bit_generator.state) == before


# --- counts -----------------------------------------------------------------------------------------------------------


def test_counts_are_those_of_the_views(joining: Path) -> None:
    model = TrajectModel(joining)
    seen, sizes = [], set()
    for month in range(MONTHS + 1):
        here = list(model.agents)
        sizes.add(len(here))
        for state in ("school", "at_home", "job"):
            assert model.count("activity", state) == sum(youth.activity == state for youth in here)
        assert model.count("vital", "died") == sum(youth.vital == "died" for youth in model.youths)
        frame = model.occupancy()
        seen.append(frame.iloc[month].to_list())
        assert len(frame) == month + 1
        assert frame.index.name == "month"
        assert frame["activity"].iloc[month].sum() == len(here)
        if model.running:
            model.step()
    assert len(sizes) > 5, "people join and die"
    assert model.occupancy().to_numpy().tolist() == seen
    assert model.events()["offence"].sum() > 0
    assert len(model.events()) == MONTHS


def test_names_that_are_not_there(small: Path) -> None:
    model = TrajectModel(small)
    with pytest.raises(UserError, match="did you mean 'activity'"):
        model.count("activty", "job")
    with pytest.raises(UserError, match="activity has no state 'jobs'"):
        model.count("activity", "jobs")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arm": "coachd"}, "there is no arm 'coachd'.*did you mean 'coached'"),
        ({"draw": -2}, "draw: -2 is no draw; allowed: whole numbers from -1"),
        ({"draw": 0.5}, "draw: 0.5 is no draw"),
        ({"replicate": -1}, "whole numbers from 0"),
        ({"size": 0}, "size: 0 is no size"),
        ({"seed": "x"}, "seed: 'x' is no seed"),
        ({"people": "preset"}, "did you mean 'presets'"),
        ({"people": "presets", "size": 3}, "size of their own"),
        ({"config": "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
def test_wrong_arguments(small: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        TrajectModel(**{"config": small, **given})


def test_presets_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no presets"):
        TrajectModel(write_world(tmp_path, people={"presets": {}}), people="presets")


# --- Mesa -------------------------------------------------------------------------------------------------------------


def test_collector(small: Path) -> None:
    model = Watched(small).run()
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame["month"].to_list() == list(range(MONTHS + 1))
    assert frame["at_home"].to_list() == model.occupancy()["activity", "at_home"].to_list()
    youths = model.datacollector.get_agent_vars_dataframe()
    at_home = (youths["activity"] == "at_home").groupby(level="Step").sum()
    assert at_home.to_list() == frame["at_home"].to_list()
    assert youths["age"].loc[(0, 3)] == pytest.approx(TrajectModel(small).youths[3].age)


def test_collector_by_type_and_from_outside(small: Path) -> None:
    model = TrajectModel(small, collect=False)
    assert not hasattr(model, "datacollector")
    collector = mesa.DataCollector(
        agenttype_reporters={Youth: {"lvb": "lvb"}}, model_reporters={"n": lambda m: len(m.agents)}
    )
    model.datacollector = collector
    model.step()
    assert len(collector.get_agenttype_vars_dataframe(Youth)) == collector.model_vars["n"][0] == len(model.agents)


def test_collects_every_state_by_default(small: Path) -> None:
    model = TrajectModel(small).run()
    frame, occupancy = model.datacollector.get_model_vars_dataframe(), model.occupancy()
    assert list(frame.columns) == [".".join(column) for column in occupancy.columns]
    assert (frame.to_numpy() == occupancy.to_numpy()).all()


def test_batch_run(small: Path) -> None:
    given = {"config": str(small), "arm": ["usual_care", "coached"], "replicate": range(2), "size": 10}
    rows = pd.DataFrame(batch_run(TrajectModel, given, data_collection_period=1, display_progress=False))
    assert rows["RunId"].nunique() == 4
    for (arm, replicate), run in rows.groupby(["arm", "replicate"]):
        occupancy = TrajectModel(small, arm=arm, replicate=replicate, size=10).run().occupancy()
        assert len(run) >= MONTHS
        assert run["activity.job"].to_list() == occupancy["activity", "job"].to_list()[: len(run)]


def test_batch_run_collects_youths(small: Path) -> None:
    rows = batch_run(Watched, {"config": str(small), "size": 4}, max_steps=5, display_progress=False)
    assert {row["AgentID"] for row in rows} <= set(range(4))
    assert {"activity", "age", "at_home"} <= set(rows[0])


def test_surface_that_mesa_expects(small: Path) -> None:
    model = TrajectModel(small)
    parameters = inspect.signature(TrajectModel).parameters
    assert not {"time", "scenario", "agents", "steps", "rng", "random", "running"} & set(parameters)
    assert all(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters.values()), "no **kwargs: SolaraViz refuses them"
    assert model.agent_types == [Youth]
    assert list(model.agents_by_type) == [Youth]
    assert len(model.agents_by_type[Youth]) == len(model.agents) == 30
    assert isinstance(model.agents, mesa.agent.AgentSet)
    with pytest.raises(AttributeError):
        model.agents = []


def test_no_name_of_mesas_is_taken_by_accident(small: Path) -> None:
    meant = {"step", "run_model", "agents", "agents_by_type", "agent_types", "register_agent", "deregister_agent"}
    mesas = {name for name in dir(mesa.Model(rng=1)) if not name.startswith("__")}
    by_itself = vars(type("Plain", (mesa.Model,), {}))
    ours = {name for name in {*vars(TrajectModel), *vars(TrajectModel(small))} if name not in by_itself}
    set_by_mesa = set(vars(mesa.Model(rng=1)))
    assert (ours & mesas) - set_by_mesa == meant - set_by_mesa
    assert not set(vars(TrajectModel)) & (set_by_mesa - {*by_itself, "step"})


def test_other_agents_are_refused_and_forgotten(small: Path) -> None:
    model = TrajectModel(small)
    for _ in range(2):
        with pytest.raises(UserError, match="no agents can be added"):
            mesa.Agent(model)
    with pytest.raises(UserError, match="no agents can be taken"):
        model.deregister_agent(model.youths[0])
    assert len(model.agents) == 30
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


# --- memory -----------------------------------------------------------------------------------------------------------


def live_and_look(file: Path, replicate: int) -> "weakref.ref[np.ndarray]":
    """Make a model, look at its youths and sets, step, and drop it; what is left is whether its columns are."""
    model = Watched(file, replicate=replicate, size=40)
    for _ in range(2):
        model.step()
        assert model.agents.shuffle().sort("age").groupby("activity").count()
        assert all(youth.age > 16 for youth in model.youths.where(activity="job"))
    return weakref.ref(model.columns.slow)


def test_models_do_not_grow_memory(small: Path) -> None:
    """Hundreds of models in one process: everything of theirs is freed, and nothing of ours is kept beside it."""
    tracemalloc.start()
    try:
        marks, left = [], []
        for block in range(3):
            left += [live_and_look(small, 60 * block + k) for k in range(60)]
            gc.collect()
            marks.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert not [ref for ref in left if ref() is not None]
    assert marks[2] - marks[1] < 100_000, "bytes over sixty models, each of more than 20,000"
    assert not [m for m in getattr(mesa.Agent, "_ids", {}) if isinstance(m, TrajectModel)]


def test_dropped_models_are_freed_by_their_bytes(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's collector counts objects and leaves models for long; the model asks it to look after some bytes."""
    model = TrajectModel(small, size=1000, collect=False)
    one = sum(part.nbytes for part in (*model.columns, *model.ledger))
    monkeypatch.setattr(module, "MOST_GARBAGE", 5 * one)
    gc.collect()
    gc.disable()
    try:
        left = [weakref.ref(TrajectModel(small, replicate=k, size=1000, collect=False)) for k in range(60)]
        assert sum(ref() is not None for ref in left) <= 7
    finally:
        gc.enable()


def test_kept_scenarios_do_not_keep_models(small: Path) -> None:
    gone = weakref.ref(TrajectModel(small))
    gc.collect()
    assert gone() is None
    assert prepare(small).scenario.spec.name == "small"
