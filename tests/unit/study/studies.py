"""A tiny study for tests: three factors of a tiny scenario, one of them a key; twelve points, twelve parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.unit.study.conftest import Tree
from tests.unit.study.conftest import tree as whole_tree

SCENARIO = Path(__file__).parents[1] / "config" / "data" / "scenario.yaml"
STUDY = """\
name: tiny_study
title: {nl: Proef, en: Try}
scenario: SCENARIO
settings: {size: 10}
draws: 4
replicates: 2
part: {points: 2, draws: 2}
design: grid
factors:
  finding: {path: model.parameters.finding, values: [0.03, 0.06, 0.09]}
  interventions.job_coach.places: [2, 10]
  years: [1, 1.5]
"""


def write_study(folder: Path, text: str = STUDY, **changes: str) -> Path:
    """Write a study file; `changes` replace or add a key's line."""
    lines = text.replace("SCENARIO", str(SCENARIO)).splitlines()
    for key, value in changes.items():
        lines = [line for line in lines if not line.startswith(f"{key}:")]
        lines.insert(3, f"{key}: {value}")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "study.yaml"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def tree(folder: Path) -> Tree:
    """Every file of a folder with its bytes, but for locks."""
    return {name: data for name, data in whole_tree(folder).items() if not name.startswith(".lock")}


def rows(table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of some columns of a frame."""
    return list(table[list(columns)].itertuples(index=False, name=None))
