"""The tool's own answers to the questions of the sums: every place's scenario lived with small N, and its MKBA.

    python -m experiments.source_sums.answers           # about five minutes of one core
    python -m experiments.source_sums.answers zwolle    # one scenario: its rows in the table
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.source_check import source_check
from trajectsim.analysis.streams import Streams, below_the_line, from_store, payers_of, spread, weights
from trajectsim.analysis.tables import design_of
from trajectsim.api import load, run

__all__ = ["COLUMNS", "SCENARIOS", "Answer", "answers_of", "read_answers"]

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "configs"
SCENARIOS = {
    "nijkerk": CONFIGS / "nijkerk.yaml",
    "tilburg": CONFIGS / "tilburg.yaml",
    "tilburg_stacked": HERE / "tilburg_stacked.yaml",
    "zwolle": CONFIGS / "zwolle.yaml",
    "zwolle_breakthroughs": HERE / "zwolle_breakthroughs.yaml",
    "gouda": CONFIGS / "gouda.yaml",
    "nijmegen": CONFIGS / "nijmegen_noord.yaml",
}
SIZE = {"draws": 60, "replicates": 5, "seed": 1}
YOUTH_ACT = "municipality_jeugdwet"
COLUMNS = ("scenario", "arm", "measure", "mean", "p05", "p95", "youths", "years", "draws", "replicates")


@dataclass(frozen=True)
class Answer:
    """A measure of one arm against the first: mean and 90% interval over draws of parameters.

    Euros are those of the whole group: `first_year.*` undiscounted, `whole.*` at present value over all years, positive
    where somebody is better off (`*.programme_*`: what the programme costs). `level.youth_care` is youth care under the
    Youth Act per youth in the first year of the first arm, `check.*` the level per youth-year beside a source's figure.
    `chance` is a share.
    """

    scenario: str
    arm: str
    measure: str
    mean: float
    p05: float
    p95: float
    youths: int
    years: int
    draws: int
    replicates: int


def answers_of(name: str, settings: Mapping[str, object] = SIZE) -> list[Answer]:
    """Live a scenario in a folder of its own and return its answers."""
    with tempfile.TemporaryDirectory() as folder:
        study = run(load(SCENARIOS[name], settings), out=Path(folder) / name, workers=1)
        design = design_of(study)
        streams = from_store(study, design)
        tree = mkba(study)
        checks = source_check(study, design)
    size = (design.youths, design.years, len(design.draws), len(design.replicates))
    first = design.arms[0]
    care = weights(streams.lines, YOUTH_ACT, category="care")
    level = streams.amount[0, :, 0] @ care / design.youths
    rows = [_answer(name, first, "level.youth_care", spread(level), size)]
    rows += [_answer(name, first, f"check.{x['id']}", x["simulated"], size) for x in checks]
    for a, arm in enumerate(design.arms):
        if a:
            rows += [_answer(name, arm, m, found, size) for m, found in _measures(streams, a, tree["arms"][arm])]
    return rows


def _measures(streams: Streams, a: int, tree: Mapping[str, Any]) -> list[tuple[str, Mapping[str, float | None]]]:
    amount, present = (x * streams.design.youths for x in streams.difference(a))
    lines = streams.lines
    care = weights(lines, YOUTH_ACT, category="care")
    out = []
    for span, money in (("first_year", amount[:, 0]), ("whole", present.sum(axis=1))):
        for view in ("society", "municipality"):
            out.append((f"{span}.programme_{view}", spread(money @ below_the_line(lines, view))))
        out.append((f"{span}.youth_care", spread(-(money @ care))))
        out.append((f"{span}.municipality", spread(-(money @ weights(lines, "municipality")))))
        out.append((f"{span}.society", spread(-(money @ weights(lines, "society")))))
    whole = present.sum(axis=1)
    out += [(f"payer.{payer}", spread(-(whole @ weights(lines, payer)))) for payer in payers_of(lines)]
    views = tree["perspectives"]
    _same(views["society"]["net_present_value"]["mean"] * streams.design.youths, dict(out)["whole.society"]["mean"])
    for view in ("society", "municipality"):
        chance = views[view]["chance_of_gain"]
        out.append((f"chance.{view}", {"mean": chance, "p05": chance, "p95": chance}))
    return out


def _same(one: float, other: float | None) -> None:
    """The MKBA and the sums of this page come from the same amounts."""
    if other is None or not np.isclose(one, other, rtol=1e-9, atol=1e-6):
        raise ArithmeticError(f"the cost-benefit analysis says {one}, the sum over its lines {other}")


def _answer(
    scenario: str, arm: str, measure: str, found: Mapping[str, float | None], size: tuple[int, int, int, int]
) -> Answer:  # fmt: skip
    mean, low, high = (float(found[key] if found[key] is not None else "nan") for key in ("mean", "p05", "p95"))  # type: ignore[arg-type]
    return Answer(scenario, arm, measure, mean, low, high, *size)


def read_answers(path: Path = HERE / "answers.csv") -> list[Answer]:
    """Return the rows of the table of answers."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Answer(
                row["scenario"], row["arm"], row["measure"], *(float(row[key]) for key in COLUMNS[3:6]),
                *(int(row[key]) for key in COLUMNS[6:]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def write_answers(rows: Sequence[Answer], path: Path = HERE / "answers.csv") -> None:
    """Write the table; euros in whole euros, shares with three decimals."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            digits = 3 if row.measure.startswith("chance") else 0
            numbers = [f"{getattr(row, key):.{digits}f}" for key in COLUMNS[3:6]]
            writer.writerow([row.scenario, row.arm, row.measure, *numbers, *(getattr(row, k) for k in COLUMNS[6:])])


def main(names: Sequence[str]) -> None:
    """Live what is asked for (all by default) and write the table."""
    known = read_answers() if names and (HERE / "answers.csv").exists() else []
    rows = {name: [row for row in known if row.scenario == name] for name in SCENARIOS}
    for name in names or SCENARIOS:
        rows[name] = answers_of(name)
        print(f"{name}: {len(rows[name])} rows", flush=True)
    write_answers([row for name in SCENARIOS for row in rows[name]])


if __name__ == "__main__":
    main(sys.argv[1:])
