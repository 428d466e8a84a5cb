"""A small model with everything the engine knows, and what it counted.

The counts in `small_world.txt` may change only when the rules of a month or the luck are changed on purpose. Then say
so in CHANGELOG.md (published results move too) and renew them:

    python -m tests.golden.small_world --renew
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.caches import drop_stale_caches
from tests.helpers import ROOT, World, compiled_world, domain, number, starts, text, way, world
from trajectsim.config.scenario import load_scenario
from trajectsim.model.population import make_presets

FILE = Path(__file__).with_suffix(".txt")


def work() -> dict[str, Any]:
    """Hazards that hang on everything a hazard can hang on."""
    effects = {"flag": number(0.6, "hazard ratio"), "mood": number(0.9, "log hazard ratio"),
               "age": number(-0.05, "log hazard ratio"), "street.gang": number(0.5, "hazard ratio")}  # fmt: skip
    season = [1.0, 1.0, 1.2, 1.0, 0.8, 0.5, 0.2, 0.5, 2.0, 1.5, 1.0, 0.7]
    return domain(
        "none job school",
        way("finds", "none", "job", 0.15, bound=0.9, effects=effects, season=season, times=["skill"]),
        way("enrols", "none", "school", 0.1, bound=0.4, by_age={"years": [16, 18, 20], "factors": [2.0, 1.0, 0.5]}),
        way("loses", "job", "none", 0.1, bound=0.4, duration={"months": [0, 3, 6], "factors": [3.0, 1.0, 0.5]}),
        way("leaves", "school", "none", 0.02, bound=0.5, duration={"weibull_shape": number(1.5, "number")}),
        way(
            "late",
            "job",
            None,
            0.1,
            bound=0.3,
            event="late",
            by_step=[0.0, 0.5, 1.0],
            adds={"street.gang": number(0.1)},
        ),
        way("graduates", "school", "job", forced={"months": number(8, "months")}, chance=number(0.7, "probability")),
        way("too_old", "school", "none", forced={"age": 20}),
    )


def street() -> dict[str, Any]:
    """Probabilities per step in stages, and what follows from an arrest."""
    down, up = {"mood": number(-0.1, "latent")}, {"mood": number(0.05, "latent")}
    help_ = {"chance": number(0.5, "probability"), "set": {"work": "none", "care": "on"}, "shift": down}
    flagged = {"traits": {"flag": {"from": 1}}}
    then = [{"name": "report", "chance": number(0.6, "probability"), "event": "report", "when": flagged,
             "then": [help_], "otherwise": [{"shift": up}]}]  # fmt: skip
    return domain(
        "clean gang",
        way("joins", "clean", "gang", number(0.08, "probability"), law="probability", bound=0.2, stage=1),
        way("quits", "gang", "clean", number(0.5, "per year"), law="rate", bound=0.1, stage=1),
        way("arrest", "gang", None, 0.3, bound=0.5, event="arrest", then=then),
    )


def golden_world() -> World:
    """Sixty youths, two years, two arms, with newcomers, laws and death."""
    laws = [
        {"name": "no_gang_at_school", "domain": "street", "when": {"states": {"work": "school"}}, "allowed": ["clean"],
         "otherwise": "clean"},
        {"name": "care_is_for_the_young", "domain": "care", "state": "on", "otherwise": "off",
         "only_while": [{"age": {"to": 19.5}}, {"latents": {"mood": {"to": 0.3}}, "months_in": {"care": {"to": 5}}}]},
    ]  # fmt: skip
    coach = {
        "name": "coach", "title": text(), "eligible": {"states": {"work": ["none"]}, "age": {"from": 17}},
        "start_month": 3,
        "places": number(40, "places"), "uptake": number(0.3), "dropout": number(0.05), "duration": number(6, "months"),
        "aftercare": number(3, "months"), "uptake_effects": {"mood": number(0.5, "log hazard ratio")},
        "effects": [{"exit": "work.finds", "while": ["enrolled"], "ratio": number(2.0, "hazard ratio")},
                    {"latent": "mood", "while": ["enrolled", "aftercare"], "drift": number(0.02, "latent per month")}],
    }  # fmt: skip
    terms = {"mood": number(30, "number"), "flag": number(-10, "number"), "age": number(2, "number")}
    output = {"when": {"states": {"work": "job"}, "age": {"from": 17.5}}, "intercept": number(100, "hours/month"),
              "high": 140, "terms": terms}  # fmt: skip
    drift = {"work.job": number(0.02, "latent per month"), "street.gang": number(-0.2, "latent per year")}
    cost = {"rates": {"work.none": 1000.0, "care.on": 500.0}, "events": {"arrest": 2500.0}, "discount_per_year": 0.0225}
    return world(
        {"work": work(), "street": street(), "care": domain("off on", way("starts", "off", "on", 0.05)),
         "life": domain("here away", way("moves_away", "here", "away", 0.01, bound=0.03), gone=["away"])},
        initial={"work": starts(none=0.5, job=0.2, school=0.3), "street": starts(clean=0.8, gang=0.2)}, ages=(16, 20),
        size=60, years=2, age_bands=[18], events={"late": text(), "arrest": text(), "report": text()}, constraints=laws,
        traits={"flag": {}, "skill": {"kind": "number"}},
        people={"traits": {"flag": {"share": number(0.4, "share")}, "skill": {"mean": number(1.0, "number")}},
                "inflow": {"per_year": number(12, "persons/year"), "age": {"from": 16, "to": 17}}},
        latents={"mood": {"uniform": (0.2, 0.8), "per": 0.5, "reversion": number(0.05), "drift": drift}},
        measures={"output": output}, joint_lines={"idle": {"states": {"work": "none", "street": {"not": "gang"}}}},
        accounts={"cost": cost},
        interventions=[coach], arms=((), ("coach",)), spec={"seed": 2024},
    )  # fmt: skip


def counted(w: World, title: str, arm: int, people: Any = None) -> list[str]:
    """What one arm counted, a line per name: states at every sixth snapshot, then sums over the whole run."""
    lived = w.run(arm, people)
    names, lines = w.program.names, [f"# {title}, {w.scenario.spec.arms[arm].name}"]
    lines += [f"{name}: {' '.join(map(str, row))}" for name, row in zip(names.states, lived.stock[::6].T, strict=True)]
    lines += [f"event {name}: {lived.events(name).sum()}" for name in names.events]
    lines += [
        f"reason {name}: {lived.moves(name).sum()}" for name in dict.fromkeys(names.reasons) if lived.moves(name).sum()
    ]
    lines += [f"line {name}: {lived.flows.joint[:, j].sum()}" for j, name in enumerate(names.joint)]
    lines += [f"measure {name}: {lived.ledger.measures[:, :, j].sum()}" for j, name in enumerate(names.measures)]
    lines += [
        f"latent {name}: {lived.columns.slow[j].sum(dtype=np.int64)}" for name, j in w.program.rows.latents.items()
    ]
    lines += [
        f"account {name}: {round(lived.columns.accounts[j].sum(), 2):.2f}" for j, name in enumerate(names.accounts)
    ]
    return lines


def golden_text() -> str:
    """The counts of both arms, as they stand in the file."""
    w = golden_world()
    return "\n".join([*counted(w, "small world", 0), "", *counted(w, "small world", 1)]) + "\n"


def presets_text() -> str:
    """Half a year of the packaged presets in both worlds: small enough to run without a compiler."""
    w = compiled_world(load_scenario(ROOT / "configs" / "nijkerk.yaml", {"years": "0.5"}))
    people = make_presets(w.program, w.scenario, w.register.central)
    return "\n".join(line for arm in range(2) for line in counted(w, "presets", arm, people)) + "\n"


if __name__ == "__main__":
    drop_stale_caches()
    if "--renew" in sys.argv:
        FILE.write_text(golden_text(), encoding="utf-8", newline="\n")
        print(f"written: {FILE.name}")
    else:
        sys.stdout.write(golden_text() + presets_text())
