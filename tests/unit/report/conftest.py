"""A small folder of results as a run leaves it, made up but of a realistic shape, for the tests of the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.compare import summarise

ARMS = ("usual_care", "supported_job")
PAYERS = {
    "municipality_jeugdwet": (5200, -900),
    "municipality_wmo": (6100, -1100),
    "municipality_participation": (5400, 5100),
    "municipality_other": (300, 20),
    "education": (2900, -500),
    "health_insurers": (2300, -250),
    "justice": (4300, -1400),
    "national_government": (900, -300),
    "employers": (150, 1300),
    "youth_household": (-9500, -1800),
    "victims_neighbourhood": (2100, -700),
}
DRAWS, REPLICATES, YEARS, SIZE = 50, 2, 10, 20


def costs_table(rng: np.random.Generator) -> pd.DataFrame:
    """One line per payer, and one transfer: social assistance from the municipality to the youth."""
    rows = []
    for payer, (level, gap) in PAYERS.items():
        tilt = rng.normal(0, 0.18, DRAWS)
        effect = rng.normal(1, 0.75, DRAWS)
        for arm_index, arm in enumerate(ARMS):
            for year in range(YEARS):
                wave = 1 + 0.25 * np.sin(year / 3 + len(payer))
                fade = np.exp(-year / 6) if payer in ("municipality_participation", "employers") else min(1.0, year / 3)
                for replicate in range(REPLICATES):
                    noise = rng.normal(0, abs(level) * 0.12, DRAWS)
                    euros = level * wave * (1 + tilt) + arm_index * gap * fade * effect + noise
                    cents = np.rint(euros * SIZE * 100).astype(np.int64)
                    rows.append(
                        pd.DataFrame(
                            {
                                "arm": arm,
                                "draw": np.arange(DRAWS),
                                "replicate": replicate,
                                "year": year,
                                "line": f"{payer}_line",
                                "payer": payer,
                                "category": "care",
                                "kind": "cost",
                                "cents": cents,
                                "discounted": np.rint(cents * 1.0225 ** -(year + 0.5)).astype(np.int64),
                            }
                        )
                    )
    own = pd.concat(rows, ignore_index=True)
    moved = own[own["payer"] == "municipality_participation"].assign(line="assistance", kind="transfer")
    moved[["cents", "discounted"]] = moved[["cents", "discounted"]] * 3 // 10
    back = moved.assign(payer="youth_household", cents=-moved["cents"], discounted=-moved["discounted"])
    return pd.concat([own, moved, back], ignore_index=True)


def life(rng: np.random.Generator, treated: bool, months: int = 120) -> list[dict[str, Any]]:
    """One youth's stays and events, by hand-made chances."""
    rows: list[dict[str, Any]] = []

    def stay(domain: str, start: int, end: int, state: str, reason: str | None) -> None:
        if end > start:
            rows.append(
                {"domain": domain, "from_month": start, "to_month": min(end, months), "state": state, "reason": reason}
            )

    at, state, why = 0, "practical_school", None
    while at < months:
        end = min(months, at + int(rng.integers(3, 26)))
        stay("activity", at, end, state, why)
        at = end
        good = rng.random() < (0.65 if treated else 0.3)
        state = ("supported_work" if treated else "internship") if good else "at_home"
        why = "find_supported_job" if good else "lose_place"
        if rng.random() < 0.1:
            state, why = "away", "constraint"
    edge = int(rng.integers(6, 40))
    stay("care_ambulatory", 0, edge, "on", None)
    stay("care_ambulatory", edge, months, "off", "support_ends")
    stay("residence", 0, months, "family", None)
    stay("benefit", 0, 30, "off", None)
    stay("benefit", 30, 90 if treated else months, "on", "apply_for_benefit")
    stay("benefit", 90 if treated else months, months, "off", "benefit_ends")
    stay("debt", 0, 60, "none", None)
    stay("debt", 60, months, "problematic", "debts_pile_up")
    stay("supported_job", 0, 4 if treated else months, "outside", None)
    if treated:
        stay("supported_job", 4, 52, "enrolled", "uptake")
        stay("supported_job", 52, months, "ended", "completed")
    for month in sorted(rng.integers(0, months, int(rng.poisson(4 if treated else 6)))):
        event = str(rng.choice(["property", "nuisance", "police_contact", "incident_work", "request_refused"]))
        rows.append(
            {"domain": "event", "from_month": int(month), "to_month": int(month), "state": event, "reason": None}
        )
    return rows


def lives_table() -> pd.DataFrame:
    rows = []
    people = [(20, "bram", 205), (21, "edwin", 268), *((i, None, 200 + 3 * i) for i in range(6))]
    for youth, preset, age0 in people:
        for draw in range(6):
            for arm_index, arm in enumerate(ARMS):
                rng = np.random.default_rng([youth, draw])
                for row in life(rng, treated=bool(arm_index)):
                    rows.append(
                        {
                            "arm": arm,
                            "draw": draw,
                            "replicate": 0,
                            "youth": youth,
                            "preset": preset,
                            "age0_months": age0,
                            **row,
                        }
                    )
    return pd.DataFrame(rows)


def months_table() -> pd.DataFrame:
    rows = []
    for arm_index, arm in enumerate(ARMS):
        for month in range(0, 121):
            t = month / 120
            shares = {
                "practical_school": 0.45 * (1 - t) ** 2,
                "regular_work": 0.12 + 0.1 * t,
                "supported_work": 0.03 + 0.25 * arm_index * (1 - t) * min(1, month / 8),
                "day_programme": 0.07,
                "away": 0.03 + 0.02 * t,
            }
            shares["at_home"] = 1 - sum(shares.values())
            rows += [
                {"arm": arm, "draw": 0, "month": month, "domain": "activity", "state": s, "n": 1000 * v}
                for s, v in shares.items()
            ]
    return pd.DataFrame(rows)


def counts(rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Months per state, events, and parameter draws."""
    months, times = [], []
    for arm_index, arm in enumerate(ARMS):
        for name, (level, gap) in STATES.items():
            domain, state = name.split(".")
            frame = pd.DataFrame(
                {
                    "arm": arm,
                    "draw": np.repeat(np.arange(DRAWS), REPLICATES),
                    "replicate": np.tile(np.arange(REPLICATES), DRAWS),
                }
            )
            n = np.clip((level + arm_index * gap) * SIZE * rng.normal(1, 0.08, len(frame)), 0, None)
            months.append(frame.assign(year=0, domain=domain, state=state, band="16-18", n=n))
        for event, (level, gap) in EVENTS.items():
            frame = pd.DataFrame(
                {
                    "arm": arm,
                    "draw": np.repeat(np.arange(DRAWS), REPLICATES),
                    "replicate": np.tile(np.arange(REPLICATES), DRAWS),
                }
            )
            times.append(
                frame.assign(
                    year=0, event=event, band="16-18", n=rng.poisson((level + arm_index * gap) * SIZE, len(frame))
                )
            )
    draws = [
        pd.DataFrame({"draw": np.arange(DRAWS), "path": path, "value": rng.normal(1, 0.3, DRAWS)}) for path in GRADES
    ]
    return {"occupancy": pd.concat(months), "events": pd.concat(times), "parameters": pd.concat(draws)}


STATES = {
    "activity.practical_school": (17, 1),
    "activity.regular_work": (22, 6),
    "activity.supported_work": (5, 22),
    "activity.at_home": (48, -24),
    "care_ambulatory.on": (52, -9),
    "justice.youth_detention": (2.4, -0.9),
    "debt.problematic": (31, -6),
    "supported_job.enrolled": (0, 30),
}
EVENTS = {
    "property": (3.1, -0.9),
    "nuisance": (2.6, -0.6),
    "offence_registered": (1.1, -0.4),
    "victimisation": (0.7, -0.1),
}


def title(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


def manifest_of() -> dict[str, Any]:
    lines = [
        {
            "line": f"{p}_line",
            "payer": p,
            "beneficiary": None,
            "category": "care",
            "kind": "cost",
            "programme": p == "municipality_participation",
            "displaces": False,
            "title": None,
        }
        for p in PAYERS
    ]
    lines.append(
        {
            "line": "assistance",
            "payer": "municipality_participation",
            "beneficiary": "youth_household",
            "category": "benefits",
            "kind": "transfer",
            "programme": False,
            "displaces": False,
            "title": title("bijstand", "social assistance"),
        }
    )
    number = {
        "value": 0.031,
        "low": 0.02,
        "high": 0.05,
        "family": "lognormal",
        "unit": "per month",
        "source": "ipw_nijkerk_2024",
        "locator": "Het probleem",
    }
    return {
        "name": "nijkerk",
        "arms": list(ARMS),
        "scenario": {
            "follow": ["bram"],
            "population": "nobody",
            "arms": [{"name": "usual_care"}, {"name": "supported_job", "interventions": ["supported_job"]}],
        },
        "names": {"states": list(STATES), "events": list(EVENTS)},
        "presets": {"bram": {"title": "Bram"}, "edwin": {"title": "Edwin"}},
        "size": SIZE,
        "steps": 12 * YEARS,
        "steps_per_year": 12,
        "resolved": {"prices": {"price_year": 2024}},
        "start": "2024-09",
        "seed": 1,
        "content_hash": "3f" * 32,
        "model_version": "0.1.0",
        "lines": lines,
        "parameters": {
            **{path: {"grade": grade, **number} for path, grade in GRADES.items()},
            "prices.discounting.standard": {**number, "value": 0.0225, "low": None, "high": None, "grade": "A"},
        },
        "titles": {
            "scenario": title("Twintig jongeren in Nijkerk", "Twenty young people in Nijkerk"),
            "arm.usual_care": title("Gewone hulp", "Usual care"),
            "arm.supported_job": title("Lekker aan de slag", "Supported job"),
            "activity": title("School en werk", "School and work"),
            "activity.at_home": title("thuis", "at home"),
            "activity.supported_work": title("werk met begeleiding", "supported job"),
            "activity.internship": title("stage", "internship"),
            "activity.practical_school": title("praktijkonderwijs of vso", "practical or special school"),
            "activity.away": title("vast of gesloten geplaatst", "detained or in closed care"),
            "activity.lose_place": title("weggestuurd van stage", "sent away from internship"),
            "supported_job": title("Lekker aan de slag", "Supported job"),
            "benefit": title("bijstand", "social assistance"),
            "care_ambulatory": title("begeleiding (jeugdhulp of Wmo)", "ambulatory support (youth help or Wmo)"),
            "residence": title("Wonen", "Residence"),
            "debt": title("Schulden", "Debt"),
        },
    }


GRADES = {
    "model.activity.lose_place.base": "D",
    "model.activity.lose_place.effects.female": "C",
    "interventions.supported_job.effects.0.ratio": "D",
    "prices.lines.assistance.price": "A",
    "population.traits.lvb.share": "B",
}


class Folder:
    """Stands for the opened store: a manifest and tables."""

    def __init__(self, manifest: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
        self.manifest, self.tables = manifest, tables

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name].copy()


def folder_of(verdict: str | None = None) -> tuple[dict[str, Any], Folder]:
    """Summary and store of the made-up study; the summary is made by the same function as a real one."""
    rng = np.random.default_rng(7)
    runs = pd.DataFrame(
        [(a, d, r) for a in ARMS for d in range(DRAWS) for r in range(REPLICATES)], columns=["arm", "draw", "replicate"]
    )
    runs = runs.assign(run=range(len(runs)), status="done", stage="", message="")
    tables = {"costs": costs_table(rng), "lives": lives_table(), "months": months_table(), "runs": runs, **counts(rng)}
    folder = Folder(manifest_of(), tables)
    summary = summarise(folder)
    summary["source_check"] = [
        {
            "id": "current_under18",
            "fit": "fits",
            "title": title("Onder 18, nu", "Under 18, now"),
            "source": 26800,
            "note": title("één geval", "one case"),
            "simulated": {"mean": 24000, "sd": 4000, "p05": 18000, "p50": 24000, "p95": 31000},
        },
        {
            "id": "threat_under18",
            "fit": "differs",
            "title": title("Onder 18, dreigend", "Under 18, threatening"),
            "source": 41000,
            "note": title("één geval", "one case"),
            "simulated": {"mean": 29000, "sd": 5000, "p05": 21000, "p50": 28900, "p95": 37000},
        },
    ]
    return json.loads(json.dumps(summary)), folder


@pytest.fixture(scope="session")
def made() -> tuple[dict[str, Any], Folder]:
    return folder_of()


@pytest.fixture
def results(made: tuple[dict[str, Any], Folder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with summary.json whose store opens as the made-up one."""
    summary, folder = made
    (tmp_path / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    monkeypatch.setattr("trajectsim.report.findings._open", lambda path: folder)
    return tmp_path
