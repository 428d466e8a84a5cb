"""The small model in a town with everything that youths can share, and what it counted.

The counts in `small_town.txt` may change only when the rules of a month or the luck are changed on purpose. Then say so
in CHANGELOG.md and renew them:

    python -m tests.golden.small_town --renew
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.caches import drop_stale_caches
from tests.golden.small_world import street, work
from tests.helpers import World, domain, number, starts, text, way, world
from trajectsim.engine.shared import ANSWERS, KEPT

FILE = Path(__file__).with_suffix(".txt")


def coach() -> dict[str, Any]:
    """A programme with coaches who leave and learn, for youths whom somebody who knows them picks."""
    team = {"fte": {"talk": number(0.5, "number"), "lead": number(1, "number")}, "hours_per_fte": number(1200, "hours"),
            "overhead": number(0.3, "share"), "turnover": number(0.1), "on_turnover": {"mood": number(-0.1, "latent")},
            "novice": number(0.5, "share"), "experience": number(0.9, "share"), "learning": number(8, "months"),
            "shape": number(0.7, "number")}  # fmt: skip
    selection = {"rule": "known", "accuracy": number(0.8, "share"), "pressure": number(0.3, "share"),
                 "suited": {"latents": {"mood": {"from": 0.3, "to": 0.8}}}, "unsuited": number(0.4, "share"),
                 "first_month": number(8, "persons")}  # fmt: skip
    return {
        "name": "coach", "title": text(), "eligible": {"states": {"work": ["none"]}}, "start_month": 3,
        "places": number(12, "places"), "uptake": number(0.3), "dropout": number(0.05),
        "duration": number(6, "months"), "aftercare": number(3, "months"),
        "effects": [{"exit": "work.finds", "while": ["enrolled"], "ratio": number(1.4, "hazard ratio")},
                    {"latent": "mood", "while": ["enrolled", "aftercare"], "drift": number(0.02, "latent per month")}],
        "hours": [{"role": "talk", "while": ["enrolled"], "per_month": number(12, "hours/month")},
                  {"role": "lead", "while": ["enrolled", "aftercare"], "per_month": number(3, "hours/month")}],
        "team": team, "selection": selection,
        "changes": [{"provision": "jobs", "tolerance": number(2, "ratio")}],
    }  # fmt: skip


def mechanisms() -> dict[str, Any]:
    """One of each kind."""
    outside = {"arrivals": number(1.5), "stay": number(5, "months")}
    sectors = {"shop": {"title": text(), "share": number(0.6, "share"), "places": number(1, "ratio")},
               "plant": {"title": text(), "share": number(0.4, "share"), "places": number(2, "ratio")}}  # fmt: skip
    jobs = {"capacity": number(2.5, "places"), "units": 7, "outside": outside, "patience": number(6, "months"),
            "waiting": {"mood": number(-0.02, "latent per month")}, "tolerance": number(1, "number"),
            "recovery": number(0.2), "incidents": ["late", "arrest"], "failures": ["work.loses"],
            "cycle": number(0.3, "number"), "kind": "employer",
            "sectors": sectors}  # fmt: skip
    seats = {"capacity": number(4, "places"), "units": 3, "intake": [2, 9], "all_year": number(0.3, "share"),
             "order": "need", "need": {"mood": number(-1, "number")}}  # fmt: skip
    desk = {"months": number(1.5, "months"), "refused": number(0.2, "probability"),
            "passed_on": number(0.3, "probability"), "on_refused": {"shift": {"mood": number(-0.1, "latent")}},
            "on_passed_on": {"shift": {"mood": number(-0.05, "latent")}}}  # fmt: skip
    tariffs = {"care": number(400, "EUR/month"), "seats": number(900, "EUR/month")}
    budgets = {
        "young": {"title": text(), "laws": ["young"], "tariffs": tariffs, "cap": number(60_000, "EUR/year")},
        "pool": {"title": text(), "pooled": True, "buys": ["care"], "tariffs": {"care": number(400, "EUR/month")},
                 "cap": number(9_000, "EUR/year"), "opened_by": ["coach"]},
    }  # fmt: skip
    signals = {"in_gang": {"title": text(), "states": ["street.gang"], "usual": number(0.2, "share")},
               "arrests": {"title": text(), "event": "arrest", "months": 3, "form": "count"}}  # fmt: skip
    layers = [{"degree": number(2.5, "count"), "within": ["flag"], "clustering": number(0.6, "share")},
              {"degree": number(2, "count")}]  # fmt: skip
    helpers = {"care.on": number(2, "count"), "street.gang": number(1, "count")}
    homes = {"share": number(0.5, "share"), "helpers": helpers, "threshold": number(1, "count"),
             "overload": {"mood": number(-0.01, "latent per month")}, "shared": {"mood": number(0.1)}}  # fmt: skip
    swing = {"amplitude": number(1, "number"), "period": number(18, "months"), "phase": number(4, "months")}
    pull = {"street.joins": {"in_gang": number(0.8, "log hazard ratio")}}
    slump = {"work.loses": {"cycle": number(-0.3, "log hazard ratio")}}
    wait = {"street.arrest": {"waiting_care": number(0.3, "log hazard ratio")}}
    return {
        "work": {"title": text(), "places": {"jobs": jobs, "seats": seats}},
        "desks": {"title": text(), "decisions": {"care": desk}, "effects": wait,
                  "places": {"care": {"capacity": number(6, "places"), "order": "lottery"}}},
        "money": {"title": text(), "budgets": budgets},
        "friends": {"title": text(), "network": {"layers": layers, "inside": number(0.8, "share"), "signals": signals},
                    "effects": pull},
        "homes": {"title": text(), "households": homes},
        "business": {"title": text(), "cycle": swing, "effects": slump},
    }  # fmt: skip


def golden_town() -> World:
    """Sixty youths, two years, two arms, with newcomers and some who leave."""
    care = domain("off on", way("starts", "off", "on", 0.1), way("stops", "on", "off", 0.15))
    life = domain("here away", way("moves_away", "here", "away", 0.01, bound=0.03), gone=["away"])
    by_age = [{"law": "young", "age": {"to": 18}}, {"law": "old", "age": {"from": 18}}]
    conditions = {"young": {"age": {"to": 18}}, "old": {"age": {"from": 18}}, "benefit": {"states": {"work": "none"}}}
    return world(
        {"work": work(), "street": street(), "care": care, "life": life},
        initial={"work": starts(none=0.5, job=0.2, school=0.3), "street": starts(clean=0.8, gang=0.2)}, ages=(16, 20),
        size=60, years=2, age_bands=[18], events={"late": text(), "arrest": text(), "report": text()},
        traits={"flag": {}, "skill": {"kind": "number"}},
        people={"traits": {"flag": {"share": number(0.4, "share")}, "skill": {"mean": number(1.0, "number")}},
                "inflow": {"per_year": number(12, "persons/year"), "age": {"from": 16, "to": 17}}},
        latents={"mood": {"uniform": (0.2, 0.8), "per": 0.5, "reversion": number(0.05)}},
        interventions=[coach()], arms=((), ("coach",)), spec={"seed": 2024},
        world={
            "laws": {name: {"title": text(), "when": when} for name, when in conditions.items()},
            "provisions": {"jobs": {"title": text(), "states": ["work.job"]},
                           "seats": {"title": text(), "states": ["work.school"], "laws": by_age},
                           "care": {"title": text(), "states": ["care.on"], "laws": by_age}},
            "mechanisms": mechanisms(),
        },
    )  # fmt: skip


def golden_text() -> str:
    """The counts of both arms, a line per name: what youths did, what was asked and given, and what it cost."""
    w, lines = golden_town(), []
    for arm, spec in enumerate(w.scenario.spec.arms):
        lived = w.together(arm)
        names, x = w.program.names, lived.meeting.town
        lines.append(f"# small town, {spec.name}")
        lines += [f"{s}: {' '.join(map(str, row))}" for s, row in zip(names.states, lived.stock[::6].T, strict=True)]
        lines += [f"event {name}: {lived.events(name).sum()}" for name in names.events]
        for p, pool in enumerate(w.program.town.names):  # type: ignore[union-attr]
            lines.append(f"{pool}: " + " ".join(f"{a} {lived.answers(pool, a).sum()}" for a in ANSWERS))
            kept = x.kept[:, p].sum(axis=0)
            lines.append(f"{pool}: " + " ".join(f"{k} {v}" for k, v in zip(KEPT, kept, strict=True)))
        lines.append(f"cents, without money: {x.paid.sum(axis=0).tolist()}")
        lines.append(f"hours {np.round(x.worked.sum(axis=(0, 1)), 6).tolist()}")
        lines += [f"slow {j}: {row.sum(dtype=np.int64)}" for j, row in enumerate(lived.columns.slow)]
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    drop_stale_caches()
    if "--renew" in sys.argv:
        FILE.write_text(golden_text(), encoding="utf-8", newline="\n")
        print(f"written: {FILE.name}")
    else:
        sys.stdout.write(golden_text())
