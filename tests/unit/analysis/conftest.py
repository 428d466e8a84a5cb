"""A tiny study in memory, made without the engine: known means, known differences, known grades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

YOUTHS, YEARS = 10, 3
LINES: list[dict[str, Any]] = [
    {"line": "care", "payer": "municipality_wmo", "category": "care"},
    {"line": "benefit", "payer": "municipality_participation", "beneficiary": "youth_household", "category": "benefits",
     "kind": "transfer"},
    {"line": "output", "payer": "employers", "category": "productivity", "kind": "benefit"},
    {"line": "quality_of_life.home", "payer": "youth_household", "category": "quality_of_life", "kind": "benefit"},
    {"line": "job.coach", "payer": "municipality_other", "category": "programme", "programme": True},
    {"line": "job.wage", "payer": "municipality_participation", "beneficiary": "employers", "category": "programme",
     "kind": "transfer", "programme": True},
    {"line": "old_coach", "payer": "municipality_participation", "category": "care", "displaces": True},
]  # fmt: skip
DEFAULTS = {"kind": "cost", "programme": False, "displaces": False, "beneficiary": None, "discount": "standard"}


def records() -> list[dict[str, Any]]:
    return [{**DEFAULTS, **line} for line in LINES]


@dataclass
class MemoryStudy:
    """What `open_study` gives, with tables made by hand."""

    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)

    def table(self, name: str) -> pd.DataFrame:
        return self.tables[name].copy()


def cents(line: str, arm: int, level: float, noise: float, year: int) -> int:
    """Money of one run: the intervention spends early, saves care later, and moves a benefit."""
    on = arm > 0
    amount = {
        "care": 9000 + 400 * level + 100 * noise - (2600 if on and year else 0),
        "benefit": 3000 - (500 if on else 0),
        "output": 1000 + (700 if on else 0),
        "quality_of_life.home": -200 + (50 if on else 0),
        "job.coach": 2500 if on and year == 0 else 0,
        "job.wage": 900 if on and year == 0 else 0,
        "old_coach": 300 - (200 if on else 0),
    }[line]
    return round(amount * 100) * YOUTHS


def make(
    arms: tuple[str, ...] = ("usual_care", "job"),
    draws: int = 60,
    replicates: int = 5,
    placebo: bool = False,
    seed: int = 3,
) -> MemoryStudy:
    luck = np.random.default_rng(seed)
    level, other = luck.normal(size=draws), luck.normal(size=(draws, 8))
    noise = luck.normal(size=(draws, replicates))
    costs: list[tuple[Any, ...]] = []
    months: list[tuple[Any, ...]] = []
    runs: list[tuple[Any, ...]] = []
    for a, arm in enumerate(arms):
        for d in range(draws):
            for r in range(replicates):
                runs.append((len(runs), arm, d, r, "done"))
                n = 30.0 + (0 if placebo else 12 * a) + round(3 * noise[d, r])
                months.append((arm, d, r, 0, "activity", "regular_work", "18-21", n))
                for y in range(YEARS):
                    for record in records():
                        save = 0 if placebo or not a else (level[d] - 1) * 800
                        c = cents(record["line"], 0 if placebo else a, level[d], noise[d, r], y)
                        c += round(save * 100) * YOUTHS if record["line"] == "care" else 0
                        now = round(c / 1.0225**y)
                        sign = -1 if record["kind"] == "benefit" else 1
                        row = (arm, d, r, y, record["line"], record["category"], record["kind"])
                        costs.append((*row, record["payer"], sign * c, sign * now))
                        if record["beneficiary"]:
                            costs.append((*row, record["beneficiary"], -c, -now))
    run = ["arm", "draw", "replicate"]
    parameters = [(d, "model.care.level", level[d]) for d in range(draws)]
    parameters += [(d, f"model.other.{j}", other[d, j]) for d in range(draws) for j in range(8)]
    tables = {
        "runs": pd.DataFrame(runs, columns=["run", *run, "status"]),
        "costs": pd.DataFrame(
            costs, columns=[*run, "year", "line", "category", "kind", "payer", "cents", "discounted"]
        ).astype({"arm": "category", "line": "category", "payer": "category"}),
        "occupancy": pd.DataFrame(months, columns=[*run, "year", "domain", "state", "band", "n"]),
        "events": pd.DataFrame(columns=[*run, "year", "event", "band", "n"]).astype({"n": "float64"}),
        "parameters": pd.DataFrame(parameters, columns=["draw", "path", "value"]),
    }
    grades = {"model.care.level": "D", **{f"model.other.{j}": "ABC"[j % 3] for j in range(8)}}
    manifest = {
        "name": "test", "seed": 7, "model_version": "1", "content_hash": "0", "arms": list(arms), "size": YOUTHS,
        "steps": 12 * YEARS, "steps_per_year": 12, "titles": {}, "scenario": {"population": "test"},
        "resolved": {"prices": {"price_year": 2024}}, "lines": records(),
        "names": {"states": ["activity.regular_work", "activity.at_home"], "events": []},
        "parameters": {path: {"grade": grade} for path, grade in grades.items()},
    }  # fmt: skip
    return MemoryStudy(manifest, tables)


@pytest.fixture(scope="session")
def make_study() -> Callable[..., MemoryStudy]:
    """Return the maker of synthetic studies."""
    return make
