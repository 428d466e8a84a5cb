"""What a report is made of: the results store, read once and handed on as plain tables.

Nothing here simulates or values; it reads `summary.json`, `manifest.json` and the Parquet tables of one folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.analysis.tables import sums
from trajectsim.errors import UserError
from trajectsim.report.labels import own_titles
from trajectsim.report.phrases import Words, words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LEAST", "Arm", "Findings", "read", "text_of"]

LEAST = 5
"""Counts of youths below this are not shown."""


@dataclass(frozen=True)
class Arm:
    """One world: its name, its title, its place (0 is the null alternative) and its interventions."""

    name: str
    title: str
    index: int
    interventions: tuple[str, ...] = ()


class Findings:
    """One folder of results in one reader's language.

    Args:
        directory: the folder.
        summary: what `summary.json` holds.
        study: the opened store, with `manifest` and `table(name)`.
        lang: nl or en.
    """

    def __init__(self, directory: Path, summary: Mapping[str, Any], study: Any, lang: str) -> None:
        self.directory = directory
        self.summary = summary
        self.manifest: Mapping[str, Any] = study.manifest
        self._study = study
        self.words: Words = words(lang, {**own_titles(self.manifest), **(self.manifest.get("titles") or {})})

    def table(self, name: str) -> pd.DataFrame | None:
        """Return a table of the store, or None where the store does not hold it or it is empty."""
        try:
            found: pd.DataFrame = self._study.table(name)
        except UserError:
            return None
        return found if len(found) else None

    def sums(self, name: str, by: list[str], of: list[str], **where: str) -> pd.DataFrame | None:
        """Return sums of columns of a table by group, or None where the store does not hold it."""
        try:
            found = sums(self._study, name, by, of, **where)
        except UserError:
            return None
        return found if len(found) else None

    @property
    def study(self) -> Any:
        """Return the opened store."""
        return self._study

    @cached_property
    def title(self) -> str:
        """Return the scenario's title."""
        return self.words.title("scenario", str(self.manifest["name"]))

    @cached_property
    def arms(self) -> list[Arm]:
        """Return the worlds in order, the null alternative first."""
        names = [str(name) for name in self.manifest["arms"]]
        own = {arm["name"]: tuple(arm.get("interventions") or ()) for arm in self.manifest["scenario"]["arms"]}
        return [Arm(n, self.words.title(f"arm.{n}", n), i, own.get(n, ())) for i, n in enumerate(names)]

    @property
    def base(self) -> Arm:
        """Return the null alternative."""
        return self.arms[0]

    @property
    def others(self) -> list[Arm]:
        """Return the worlds with an intervention."""
        return self.arms[1:]

    @property
    def names(self) -> list[tuple[str, str]]:
        """Return name and title of each arm, as the figures want them."""
        return [(arm.name, arm.title) for arm in self.arms]

    @cached_property
    def programmes(self) -> frozenset[str]:
        """Return the names of the interventions, which are domains of a life too."""
        found = (str(state).partition(".") for state in self.manifest["names"]["states"])
        return frozenset(domain for domain, _, state in found if state == "enrolled")

    def parameter(self, path: str) -> Mapping[str, Any]:
        """Return what the manifest records of a number (value, unit, grade, source...); empty if unknown."""
        found: Mapping[str, Any] = (self.manifest.get("parameters") or {}).get(path) or {}
        return found

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        """Return the price lines: line, payer, beneficiary, category, kind, grade, title."""
        return list(self.manifest.get("price_lines") or self.manifest.get("lines") or ())

    @property
    def years(self) -> str:
        """Return the number of simulated years as text."""
        return self.words.style.number(float(self.summary["horizon_years"]))

    @property
    def size(self) -> int:
        """Return the number of youths in the cohort."""
        return int(self.summary["youths"])

    def of_arm(self, key: str, arm: Arm) -> Any:
        """Return what the summary holds under `key` about a world; with two worlds it is not keyed by arm."""
        found = self.summary.get(key)
        return found.get(arm.name) if isinstance(found, Mapping) and len(self.arms) > 2 else found

    def difference(self, arm: Arm) -> Mapping[str, Any]:
        """Return the difference of a world from the null alternative: `cost` and `outcomes`."""
        return self.of_arm("difference", arm) or {}

    def total(self, arm: Arm) -> Mapping[str, float | None]:
        """Return the net cost difference for society per youth: mean, sd, p05, p50, p95; empty without prices."""
        cost = self.difference(arm).get("cost", {})
        found: Mapping[str, float | None] = cost.get("total") or {}
        return found if cost.get("by_payer") else {}

    def saving(self, arm: Arm) -> Mapping[str, Any]:
        """Return the chances of saving: `society`, `municipality` and `by_payer`."""
        found: Mapping[str, Any] = self.of_arm("probability_of_saving", arm) or {}
        return found

    def verdict(self, arm: Arm) -> Mapping[str, Any]:
        """Return what may be said for society: reasons, `sign` (saves, costs, not_known, no_difference, unpriced)."""
        if not self.total(arm):
            return {"sign": "unpriced", "reasons": []}
        found = (self.of_arm("verdict", arm) or {}).get("society")
        return found or {"sign": "not_known", "reasons": []}

    def yearly(self, part: str, arm: Arm) -> Mapping[str, list[dict[str, Any]]]:
        """Return bands per year: `cost` of a world, or its `difference` or `cumulative` difference, by whom."""
        tree = self.summary.get("yearly") or {}
        if part == "cost":
            return (tree.get("cost") or {}).get(arm.name) or {}
        return ((tree.get(arm.name) or {}) if len(self.arms) > 2 else tree).get(part) or {}


def text_of(value: Any, lang: str) -> str | None:
    """Return a text in the reader's language from {nl, en}, or a plain text as it is."""
    if isinstance(value, Mapping):
        return str(value.get(lang) or value.get("en") or "") or None
    return str(value) if value else None


def read(directory: str | Path, lang: str) -> Findings:
    """Open a folder of results.

    Raises:
        UserError: the folder holds no results, or no summary.
    """
    folder = Path(directory)
    study = _open(folder)
    path = folder / "summary.json"
    if not path.is_file():
        raise UserError.of(
            "there is no summary of these results", file=str(path), cure=f"`trajectsim report {folder}` makes it"
        )
    return Findings(folder, json.loads(path.read_text(encoding="utf-8")), study, lang)


def _open(folder: Path) -> Any:
    from trajectsim.study.store import open_study

    return open_study(folder)
