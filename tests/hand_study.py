"""A study small enough for a spreadsheet: whole months made by hand, two worlds, a programme with fixed costs.

Ten youths, three years, two draws of one replicate. Amounts per line are written out in
`tests/unit/analysis/test_mkba.py`, where a reader can check them with pencil and paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from trajectsim.analysis.reprice import price_table, reprice

YOUTHS, YEARS, DRAWS = 10, 3, 2


@dataclass
class HandStudy:
    """What `open_study` gives, with tables made by hand."""

    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name].copy()


def number(value: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "assumption", "locator": "by hand", "grade": "D", **more}


def _line(price: dict[str, Any], payer: str, category: str, **more: Any) -> dict[str, Any]:
    return {"price": price, "price_year": 2024, "payer": payer, "category": category, **more}


def prices(rate: float = 0.0, **more: Any) -> dict[str, Any]:
    """Return a price book as plain data."""
    town, youth = "municipality_participation", "youth_household"
    hours = {"measure": "hours_worked"}
    lines = {
        "care": _line(number(1000, "EUR/month"), "municipality_wmo", "care", state="care.on",
                      cashable=number(0.5, "share")),
        "benefit": _line(number(300, "EUR/month"), town, "benefits", state="work.none", kind="transfer",
                         beneficiary=youth),
        "desk": _line(number(20, "EUR/month"), town, "relief", state="work.none", cashable=number(0.25, "share")),
        "output": _line(number(10, "EUR/hour"), "employers", "productivity", kind="benefit", **hours),
        "wage": _line(number(8, "EUR/hour"), "employers", "productivity", kind="transfer", beneficiary=youth, **hours),
        "harm": _line(number(2500, "EUR/event"), "victims_neighbourhood", "safety", event="offence"),
    }  # fmt: skip
    return {
        "name": "by_hand", "title": {"nl": "m", "en": "h"}, "price_year": 2024, "lines": lines,
        "discounting": {k: number(rate, "per year") for k in ("standard", "low", "high")},
        "utilities": {"care.on": number(-0.1, "utility")}, "parameters": {"qaly": number(60000, "EUR/year")},
        "projection": {"care": {"categories": ["care"], "until_age": number(25, "years"),
                                "decay": number(0.0, "per year")}},
        **more,
    }  # fmt: skip


def job() -> dict[str, Any]:
    """Return a programme: 5,000 to start, 2,000 a year while somebody takes part, and ten hours a month at 50 euros."""
    town = "municipality_participation"
    return {
        "name": "job", "title": {"nl": "baan", "en": "job"}, "eligible": {}, "places": number(10, "places"),
        "uptake": number(0.1, "per month"), "duration": number(12, "months"), "dropout": number(0, "per month"),
        "hours": [{"role": "coach", "while": ["enrolled"], "per_month": number(10, "hours/month")}],
        "costs": {
            "start": _line(number(5000, "EUR"), town, "programme", fixed="once", programme=True),
            "office": _line(number(2000, "EUR/year"), town, "programme", fixed="year", programme=True),
            "coach": _line(number(50, "EUR/hour"), town, "programme", hours="job.coach", programme=True),
        },
    }  # fmt: skip


COUNTS: dict[str, dict[str, list[float]]] = {
    # per arm and name: what the ten youths count in each year of draw 0; draw 1 has two months of care more a year
    "usual": {
        "care.on": [60, 60, 60], "work.none": [96, 96, 96], "work.job": [24, 24, 24], "job.outside": [120, 120, 120],
        "hours_worked": [2400, 2400, 2400], "offence": [4, 4, 4],
    },
    "job": {
        "care.on": [60, 48, 36], "work.none": [48, 60, 84], "work.job": [72, 60, 36], "job.outside": [72, 96, 120],
        "job.enrolled": [48, 24, 0], "hours_worked": [7200, 6000, 3600], "offence": [4, 3, 1],
    },
}  # fmt: skip


def hand_study(rate: float = 0.0, book: dict[str, Any] | None = None, age: float = 17.0) -> HandStudy:
    """Return the study; its cost table is made by valuing its own counts."""
    onoff = {"off": {}, "on": {}}
    measure = {"when": {"states": {"work": "job"}}, "intercept": number(100, "number"), "high": 200}
    model = {
        "name": "small", "age_bands": [], "events": {"offence": {"nl": "delict", "en": "offence"}},
        "domains": {"care": {"states": onoff}, "work": {"states": {"none": {}, "job": {}}}},
        "measures": {"hours_worked": measure},
    }  # fmt: skip
    run = ["arm", "draw", "replicate"]
    months: list[tuple[Any, ...]] = []
    events: list[tuple[Any, ...]] = []
    measures: list[tuple[Any, ...]] = []
    runs: list[tuple[Any, ...]] = []
    for arm, counts in COUNTS.items():
        for draw in range(DRAWS):
            runs.append((len(runs), arm, draw, 0, "done"))
            for name, years in counts.items():
                for year, n in enumerate(years):
                    n += 2 * draw if name == "care.on" else 0
                    domain, _, state = name.partition(".")
                    if state:
                        months.append((arm, draw, 0, year, domain, state, "all", n))
                    elif name == "offence":
                        events.append((arm, draw, 0, year, "offence", "all", n))
                    else:
                        measures.append((arm, draw, 0, year, "hours_worked", "all", n))
    people = [(d, 0, y, "age", age) for d in range(DRAWS) for y in range(YOUTHS)]
    tables = {
        "runs": pd.DataFrame(runs, columns=["run", *run, "status"]),
        "occupancy": pd.DataFrame(months, columns=[*run, "year", "domain", "state", "band", "n"]),
        "events": pd.DataFrame(events, columns=[*run, "year", "event", "band", "n"]),
        "measures": pd.DataFrame(measures, columns=[*run, "year", "measure", "band", "quantity"]),
        "entries": pd.DataFrame(
            [("job", d, 0, 0, "job", "enrolled", "all", 8.0) for d in range(DRAWS)],
            columns=[*run, "year", "domain", "state", "band", "n"],
        ),
        "joint": pd.DataFrame(columns=[*run, "year", "line", "n"]).astype({"n": "float64"}),
        "parameters": pd.DataFrame({"draw": [0, 1], "path": ["model.x", "model.x"], "value": [0.0, 1.0]}),
        "youths": pd.DataFrame(people, columns=["draw", "replicate", "youth", "trait", "value"]),
    }
    states = ["care.off", "care.on", "work.none", "work.job", "job.outside", "job.enrolled"]
    manifest: dict[str, Any] = {
        "name": "by_hand", "seed": 1, "model_version": "1", "content_hash": "0", "arms": list(COUNTS), "size": YOUTHS,
        "steps": 36, "counted_steps": 36, "steps_per_year": 12, "start": "2024-09", "titles": {},
        "scenario": {"arms": [{"name": "usual", "interventions": []}, {"name": "job", "interventions": ["job"]}]},
        "names": {"states": states, "events": ["offence"]}, "parameters": {},
        "resolved": {"model": model, "interventions": {"job": job()}, "prices": book or prices(rate)},
    }  # fmt: skip
    study = HandStudy(manifest, tables)
    manifest["lines"] = price_table(manifest).describe()
    tables["costs"] = reprice(study)
    return study
