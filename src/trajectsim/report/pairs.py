"""Twins: the same youth with the same luck in every world, and where their lives part.

Works on the store's table `lives`: columns arm, draw, replicate, youth, preset, age0_months, domain, from_month,
to_month, state, reason; one row per stay (months from `from_month` up to, not including, `to_month`), and one per event
(domain `event`). A stay that began before the start has a `from_month` below nil.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Difference", "Pair", "choose", "differences", "first_reasons", "parted"]

KEY = ["draw", "replicate", "youth"]


@dataclass(frozen=True)
class Pair:
    """One youth's lives in all worlds under one luck, out of `stored` such pairs, `same` of which never part."""

    draw: int
    replicate: int
    youth: int
    lives: pd.DataFrame
    stored: int
    same: int


@dataclass(frozen=True)
class Difference:
    """Months in which a part of life differs: the state per arm, and the reason where it began just then."""

    domain: str
    from_month: int
    to_month: int
    states: dict[str, str | None]
    reasons: dict[str, str | None]


def parted(lives: pd.DataFrame) -> pd.Series[bool]:
    """Tell for every (draw, replicate, youth) whether any stay or event differs between the worlds."""
    marks = lives[[*KEY, "domain", "from_month", "to_month", "state"]].astype({"domain": str, "state": str})
    arms = lives["arm"].nunique()
    counts = marks.groupby([*KEY, "domain", "from_month", "to_month", "state"]).size()
    uneven = (counts % arms != 0).groupby(level=KEY).any()
    return uneven


def choose(lives: pd.DataFrame) -> Pair:
    """Return the first stored pair whose lives part (the first of all where none does); never by its outcome."""
    differs = parted(lives)
    order = differs[differs] if differs.any() else differs
    draw, replicate, youth = (int(x) for x in order.index[0])
    own = lives[(lives["draw"] == draw) & (lives["replicate"] == replicate) & (lives["youth"] == youth)]
    return Pair(draw, replicate, youth, own, len(differs), int((~differs).sum()))


def differences(lives: pd.DataFrame, arms: Sequence[str]) -> list[Difference]:
    """Return every stretch of months in which a part of life differs between the worlds, in order of time."""
    found: list[Difference] = []
    stays = lives[lives["domain"] != "event"]
    for domain, own in stays.groupby(stays["domain"].astype(str)):
        by_arm = {arm: own[own["arm"] == arm].sort_values("from_month").to_dict("records") for arm in arms}
        edges = sorted(
            {max(0, int(row[key])) for rows in by_arm.values() for row in rows for key in ("from_month", "to_month")}
        )
        last: Difference | None = None
        for start, end in pairwise(edges):
            here = {
                arm: next((r for r in rows if r["from_month"] <= start < r["to_month"]), None)
                for arm, rows in by_arm.items()
            }
            states = {arm: None if row is None else str(row["state"]) for arm, row in here.items()}
            if len(set(states.values())) == 1:
                last = None
                continue
            reasons = {a: _reason(row, start) for a, row in here.items()}
            if last is not None and last.states == states:
                found.pop()
                start, reasons = last.from_month, last.reasons
            last = Difference(str(domain), start, end, states, reasons)
            found.append(last)
    return sorted(found, key=lambda d: (d.from_month, d.domain))


def _reason(row: dict[Any, Any] | None, start: int) -> str | None:
    if row is None or row["from_month"] != start or not isinstance(row["reason"], str):
        return None
    return None if row["reason"] in ("", "start") else str(row["reason"])


def first_reasons(
    lives: pd.DataFrame, arms: tuple[str, str], programmes: frozenset[str], most: int = 2000
) -> pd.DataFrame:
    """Count what first set two worlds apart outside the programme itself, over stored pairs of lives.

    Where a move happened in one world only, that move counts; where both moved, the one in the second world.

    Args:
        lives: stays of many youths.
        arms: the null alternative and the other world.
        programmes: domains that are interventions, left out.
        most: pairs beyond the first so many are left out.

    Returns:
        Columns domain, arm, state, reason, n; largest first.
    """
    import pandas as pd

    stays = lives[
        (lives["domain"] != "event") & lives["arm"].isin(arms) & ~lives["domain"].astype(str).isin(programmes)
    ]
    kept = stays[KEY].drop_duplicates().sort_values(KEY).head(most)
    stays = stays.merge(kept, on=KEY).sort_values("from_month", kind="stable")
    tree: dict[tuple[int, ...], dict[str, dict[str, list[Stay]]]] = {}
    columns = [*KEY, "domain", "arm", "from_month", "to_month", "state", "reason"]
    for draw, replicate, youth, domain, arm, start, end, state, reason in zip(
        *(stays[c].tolist() for c in columns), strict=True
    ):
        domains = tree.setdefault((draw, replicate, youth), {})
        domains.setdefault(domain, {a: [] for a in arms})[arm].append((start, end, state, reason))
    counts: dict[tuple[str, str, str, str], int] = {}
    for domains in tree.values():
        found = [
            (gap[0], domain, arms[gap[1]], *gap[2:])
            for domain, by in domains.items()
            if (gap := _first_gap(by[arms[0]], by[arms[1]]))
        ]
        if found:
            cause = min(found)[1:]
            counts[cause] = counts.get(cause, 0) + 1
    table = pd.DataFrame(
        [(*cause, n) for cause, n in counts.items()], columns=["domain", "arm", "state", "reason", "n"]
    )
    return table.sort_values(["n", "domain", "state"], ascending=[False, True, True], ignore_index=True)


Stay = tuple[int, int, str, str | None]


def _first_gap(base: list[Stay], other: list[Stay]) -> tuple[int, int, str, str] | None:
    """Return month, world (0 or 1), new state and reason of the first move that only one world knows."""
    at = next((i for i, (a, b) in enumerate(zip(base, other, strict=False)) if a[:3] != b[:3]), None)
    if at is None:
        return None
    a, b = base[at], other[at]
    if a[2] == b[2] and a[1] != b[1]:  # one of the two left earlier: its next stay tells why
        world, lived = (0, base) if a[1] < b[1] else (1, other)
        if at + 1 >= len(lived):
            return None
        moved = lived[at + 1]
        return moved[0], world, str(moved[2]), str(moved[3] or "")
    return b[0], 1, str(b[2]), str(b[3] or "")
