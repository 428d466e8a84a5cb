"""The same youths in two worlds: what differs follows from what was changed, and from nothing else."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import ROOT, World, compiled_world, domain, number, starts, text, way, world
from tests.properties.made_up import FEW, STATES, exits, worlds
from trajectsim.config.scenario import load_scenario
from trajectsim.engine.ledger import add_ledgers


@st.composite
def single_domains(draw: st.DrawFn) -> tuple[dict[str, Any], int]:
    """One domain of hazards, and the number of the exit that will be changed."""
    n = draw(st.integers(2, 6))
    ways = []
    for i in range(n):
        item = draw(exits(["a"], "a", STATES, i))
        item["then"] = []
        ways.append(item)
    return domain(list(STATES), *ways), draw(st.integers(0, n - 1))


def life_of(log: np.ndarray, row: int) -> list[tuple[int, ...]]:
    return [tuple(int(x) for x in line[1:]) for line in log[log[:, 0] == row]]


@settings(max_examples=20)
@given(single_domains(), st.sampled_from([0.0, 0.3, 0.9]), st.integers(0, 99))
def test_lowering_one_hazard_moves_nobody_whose_event_was_another(
    declared: tuple[dict[str, Any], int], factor: float, seed: int
) -> None:
    """Where two lives first part, the first one took the exit that became rarer in the second."""
    spoilt, changed = declared
    name = f"a.{spoilt['exits'][changed]['name']}"
    lives, parted = [], 0
    for scale in (1.0, factor):
        exits_ = [dict(x) for x in spoilt["exits"]]
        base = exits_[changed]["base"]
        exits_[changed]["base"] = {**base, "value": base["value"] * scale}
        w = world(
            {"a": {**spoilt, "exits": exits_}},
            size=150,
            years=2,
            events={"seen": text()},
            traits={"flag": {}},
            latents={"mood": {"uniform": (0.2, 0.8)}},
            people={"traits": {"flag": {"share": number(0.4, "share")}}},
            initial={"a": starts(p=0.25, q=0.25, r=0.25, s=0.25)},
            spec={"seed": seed},
        )
        people = w.cohort()
        people.small[w.program.rows.watch] = 1
        lives.append(add_ledgers([w.run(columns=people, log_rows=30_000).ledger]).log)
    for row in range(150):
        before, after = life_of(lives[0], row), life_of(lives[1], row)
        first = next(
            (i for i, (x, y) in enumerate(zip(before, after, strict=False)) if x != y), min(len(before), len(after))
        )
        if before == after:
            continue
        parted += 1
        assert first < len(before), "the second life has something that the first has not"
        step, reason = before[first][0], w.program.names.reasons[before[first][4]]
        assert reason == name
        assert first == len(after) or after[first][0] >= step
    uses = sum(w.program.names.reasons[r] == name for r in lives[0][:, 5] if r >= 0)
    assert factor > 0 or parted > 0 or uses == 0


def job(**keys: Any) -> dict[str, Any]:
    """A programme that does nothing, unless told otherwise."""
    return {
        "name": "job",
        "title": text(),
        "eligible": {"states": {"a": "p"}},
        "places": number(1000, "places"),
        "uptake": number(0.3),
        "duration": number(4, "months"),
        "dropout": number(0.05),
        "aftercare": number(2, "months"),
        **keys,
    }


@st.composite
def programmes(draw: st.DrawFn) -> World:
    """A made-up world in two arms: without and with a programme that does nothing."""
    w = draw(worlds())
    model = w.scenario.model.model_dump(by_alias=True, exclude_unset=True)
    people = w.scenario.population.model_dump(by_alias=True, exclude_unset=True)
    spec = {"seed": w.scenario.spec.seed}
    domains = model.pop("domains")
    model.pop("name")
    return world(
        domains,
        interventions=[job(places=number(draw(st.sampled_from([0, 7, 1000])), "places"))],
        arms=((), ("job",)),
        size=60,
        spec=spec,
        initial=people.pop("initial"),
        people={k: v for k, v in people.items() if k in ("traits", "inflow")},
        **model,
    )


@FEW
@given(programmes())
def test_a_programme_without_effect_is_exactly_nil_for_every_youth(w: World) -> None:
    people = w.cohort()
    without, given_ = w.run(0, people), w.run(1, people)
    names, rows = w.program.names, w.program.rows
    d = names.domains.index("job")
    others = [i for i in range(without.columns.small.shape[0]) if i != d]
    moments = [i for i in range(without.columns.when.shape[0]) if i != d]
    assert (without.columns.small[others] == given_.columns.small[others]).all()
    assert (without.columns.when[moments] == given_.columns.when[moments]).all()
    assert (without.columns.slow == given_.columns.slow).all()
    assert (without.columns.accounts == given_.columns.accounts).all()
    base = [i for i, s in enumerate(names.states) if not s.startswith("job.")]
    assert (without.stock[:, base] == given_.stock[:, base]).all()
    assert (without.flows.events == given_.flows.events).all()
    assert (without.ledger.measures == given_.ledger.measures).all()
    offered = int(people.small[rows.flags["offer_job"]].sum())
    enrolled = int(given_.moves("job.uptake").sum())
    assert enrolled <= offered <= people.small.shape[1]
    assert without.moves("job.uptake").sum() == 0


def test_the_packaged_placebo_is_exactly_nil() -> None:
    w = compiled_world(load_scenario(ROOT / "configs" / "placebo.yaml", {"years": "3"}), size=30)
    people = w.cohort()
    without, given_ = w.run(0, people), w.run(1, people)
    keep = [i for i, name in enumerate(w.program.names.states) if not name.startswith("placebo.")]
    assert given_.moves("placebo.uptake").sum() > 5
    assert (without.stock[:, keep] == given_.stock[:, keep]).all()
    assert (without.flows.events == given_.flows.events).all()
    assert (without.columns.slow == given_.columns.slow).all()
    d = w.program.names.domains.index("placebo")
    assert (np.delete(without.columns.small, d, 0) == np.delete(given_.columns.small, d, 0)).all()


def test_a_programme_with_effect_changes_only_whom_it_reaches() -> None:
    effects = [
        {"exit": "a.go", "while": ["enrolled"], "ratio": number(0.2, "hazard ratio")},
        {"latent": "mood", "while": ["enrolled", "aftercare"], "drift": number(0.02, "latent per month")},
    ]
    w = world(
        {"a": domain("p q", way("go", "p", "q", 0.1), way("back", "q", "p", 0.1))},
        latents={"mood": {"mean": 0.5}},
        size=400,
        years=2,
        interventions=[job(places=number(100, "places"), effects=effects)],
        arms=((), ("job",)),
    )
    people = w.cohort()
    without, given_ = w.run(0, people), w.run(1, people)
    reached = given_.columns.small[1] > 0
    assert people.small[w.program.rows.flags["offer_job"]].sum() == 100
    assert 50 < reached.sum() <= 100
    just = (given_.columns.small[1] == 1) & (given_.columns.when[1] == w.program.steps)  # enrolled in the last month
    moved = reached & ~just
    assert (given_.columns.slow[0] > without.columns.slow[0]).tolist() == moved.tolist()
    changed = (without.columns.small[0] != given_.columns.small[0]) | (
        without.columns.when[0] != given_.columns.when[0]
    )
    assert changed.any() and not (changed & ~reached).any()
