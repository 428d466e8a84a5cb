"""Simulated usual care beside the figures of the source, which nothing is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from trajectsim.analysis.reprice import StoredCounts, counts_of, parameter_values, price_table
from trajectsim.analysis.statistics import KEYS, QUANTILES, finite
from trajectsim.analysis.tables import Design, Study
from trajectsim.config.load import DATA
from trajectsim.config.messages import validated
from trajectsim.config.reader import Document, read_yaml
from trajectsim.config.schema import PAYERS, Frozen, Text
from trajectsim.economics.prices import MONTHS_PER_YEAR, PAYER_NAMES, QUANTITIES, PriceTable
from trajectsim.economics.valuation import for_bands, value

__all__ = ["Target", "load_targets", "source_check"]

F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]
PRESENT = "vital.present"


class Rows(Frozen):
    """Cost rows by line name (with *) and payer."""

    lines: tuple[str, ...]
    payers: tuple[PAYERS, ...]


class Target(Frozen):
    """A figure of a source, in euros per youth and year, and what of the simulation it is compared with."""

    populations: tuple[str, ...]
    title: Text
    value: float
    kind: Literal["observed", "case", "forecast"]
    years: Annotated[int, Field(ge=1)]
    from_: Annotated[float | None, Field(alias="from")] = None
    to: float | None = None
    rows: tuple[Rows, ...]
    source: str
    locator: str
    note: Text


@cache
def _read(path: Path) -> dict[str, Target]:
    document = read_yaml(path, path.name)
    return {name: validated(Target, Document(item, document.places)) for name, item in document.data.items()}


def load_targets() -> dict[str, Target]:
    """Return the packaged figures for comparison, by name."""
    return dict(_read(DATA / "evidence" / "targets.yaml"))


def source_check(study: Study, design: Design) -> list[dict[str, Any]]:
    """Return every figure of the source that belongs to the study's population, beside the simulated one.

    `simulated` has the statistics across draws of what the first arm costs per youth-year lived in the age range.
    `fit` is *fits* (the source's figure lies in the 90% interval), *differs* (it lies outside) or *uncertain* (it lies
    inside, but the interval is wider than the figure itself).
    """
    manifest = study.manifest
    population = Path(str(manifest["scenario"]["population"])).stem
    targets = {name: t for name, t in load_targets().items() if population in t.populations}
    if not targets or manifest["resolved"]["prices"] is None:
        return []
    table = price_table(manifest)
    if PRESENT not in table.names.states:
        return []
    drawn = parameter_values(study, design.draws)
    chosen = {name: _weights(target, table) for name, target in targets.items()}
    found: dict[str, list[float]] = {name: [] for name in targets}
    longest = min(max(t.years for t in targets.values()), design.years)
    arm = design.arms[0]
    used = table.quantity[np.any(list(chosen.values()), axis=0)]
    kinds = {QUANTITIES[kind] for kind in used}
    for draw, counts in counts_of(study, table.names, arm, design.draws, design.replicates, longest, True, kinds):
        values = table.values(drawn[draw])
        groups: dict[tuple[bytes, int], tuple[F64, float]] = {}
        for name, target in targets.items():
            bands = _ages(target, table.names.band_edges)
            key = (bands.tobytes(), target.years)
            if key not in groups:
                groups[key] = _lived(counts, table, values, bands, target.years)
            cents, years = groups[key]
            found[name].append(float(cents @ chosen[name]) / 100 / years if years else float("nan"))
    return [_record(name, target, np.array(found[name])) for name, target in targets.items()]


def _ages(target: Target, edges: Sequence[float]) -> Bool:
    """Return which age bands lie within the target's ages."""
    lower = np.array([-np.inf, *edges])
    upper = np.array([*edges, np.inf])
    low = -np.inf if target.from_ is None else target.from_
    high = np.inf if target.to is None else target.to
    return (lower >= low) & (upper <= high)


def _weights(target: Target, table: PriceTable) -> F64:
    """Return the sign with which each price line [L] counts in a target: paid +1, received -1, both or neither 0."""
    weights = np.zeros(len(table.lines))
    for line, payer, sign in zip(*table.rows(), strict=True):
        name, who = table.lines[line], PAYER_NAMES[payer]
        if any(who in rows.payers and any(fnmatchcase(name, p) for p in rows.lines) for rows in target.rows):
            weights[line] += sign
    return weights


def _lived(counts: StoredCounts, table: PriceTable, values: F64, bands: Bool, years: int) -> tuple[F64, float]:
    """Return what each line cost [L] in whole cents in these ages and first years, and the youth-years lived then."""
    present = counts.state_months[:, :years, :, table.names.states.index(PRESENT)]
    lived = float(present[:, :, bands].sum()) / MONTHS_PER_YEAR
    cents = value(counts, for_bands(table, bands), values).cents[:, :years]
    return cents.sum(axis=(0, 1)).astype(np.float64), lived


def _record(name: str, target: Target, draws: F64) -> dict[str, Any]:
    lived = draws[np.isfinite(draws)]
    simulated: dict[str, float | None] = dict.fromkeys(KEYS)
    if len(lived):
        simulated = {"mean": finite(lived.mean()), "sd": finite(lived.std(ddof=1)) if len(lived) > 1 else None}
        simulated |= {key: finite(np.quantile(lived, q)) for key, q in QUANTILES.items()}
    return {
        "id": name,
        "title": target.title.model_dump(),
        "source": target.value,
        "simulated": simulated,
        "fit": _fit(target.value, simulated),
        "kind": target.kind,
        "source_id": target.source,
        "locator": target.locator,
        "note": target.note.model_dump(),
        "fitted": False,
    }


def _fit(figure: float, simulated: dict[str, float | None]) -> str | None:
    low, high = simulated["p05"], simulated["p95"]
    if low is None or high is None:
        return None
    if not low <= figure <= high:
        return "differs"
    return "uncertain" if high - low > figure else "fits"
