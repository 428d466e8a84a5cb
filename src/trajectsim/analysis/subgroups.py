"""How outcomes differ between groups of youths as they were at the start: age, traits, slow quantities.

A group is fixed before any world begins, so the difference between two arms within it is the intervention's doing. Who
individually wins is not identified and is not shown. The followed youths of all draws are taken together. Groups that
are small are not shown: they would be about persons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.outcomes import Outcome
from trajectsim.analysis.quantities import LineQuantities
from trajectsim.analysis.statistics import finite
from trajectsim.analysis.streams import weights
from trajectsim.analysis.tables import Design, Study, array_of, sums
from trajectsim.analysis.youths import POINTS
from trajectsim.economics.prices import QUANTITIES
from trajectsim.errors import UserError

__all__ = ["AGES", "FEWEST_IN_ALL", "FEWEST_PER_RUN", "equity", "euros_of_youths", "groups_of", "subgroups"]

F64 = npt.NDArray[np.float64]
AGES = (12.0, 16.0, 18.0, 21.0, 23.0)
"""Borders of the groups by age at the start, years."""
FEWEST_IN_ALL, FEWEST_PER_RUN = 50, 5.0
"""Fewest youths of a group over all draws, and in the mean cohort, of which anything is shown."""
AGE = "age"


@dataclass(frozen=True)
class Group:
    """Youths who were alike in one way at the start: `by` (a trait), `label`, and who they are [D, N]."""

    by: str
    label: str
    who: npt.NDArray[np.bool_]


def groups_of(people: pd.DataFrame, draws: Sequence[int], youths: int, latents: Sequence[str]) -> list[Group]:
    """Return the groups by age, by each flag and by thirds of each slow quantity, `all` first.

    Args:
        people: rows draw, youth, trait, value.
        draws: which draws, in order. youths: followed in each.
        latents: which traits are slow quantities, cut into thirds over all draws: `low`, `middle`, `high`.
    """
    whole = np.ones((len(draws), youths), dtype=np.bool_)
    out = [Group("all", "all", whole)]
    for trait in dict.fromkeys(people["trait"].astype(str)):
        own = people[people["trait"].astype(str) == trait]
        value = array_of(own, "value", {"draw": tuple(draws), "youth": range(youths)})
        if trait == AGE:
            edges = (-np.inf, *AGES, np.inf)
            cuts = [(_ages(a, b), (value >= a) & (value < b)) for a, b in pairwise(edges)]
        elif trait in latents:
            low, high = np.quantile(value, [1 / 3, 2 / 3])
            cuts = [("low", value <= low), ("middle", (value > low) & (value <= high)), ("high", value > high)]
        elif set(np.unique(value)) <= {0.0, 1.0}:
            cuts = [("no", value == 0), ("yes", value == 1)]
        else:
            continue
        out += [Group(trait, label, who) for label, who in cuts if who.any() and not who.all()]
    return out


def _ages(low: float, high: float) -> str:
    if np.isinf(low):
        return f"<{high:g}"
    return f"{low:g}+" if np.isinf(high) else f"{low:g}-{high - 1:g}"


def subgroups(
    study: Study, design: Design, outcomes: Mapping[str, Outcome], found: LineQuantities | None = None
) -> dict[str, Any]:
    """Return means and quantiles over youths by group and arm, differences with the first arm, and an equity table.

    Per outcome (months per youth per year, or times) and group: mean, quantiles and share with none in each arm; the
    difference of each arm with the first, with the standard error over draws; and that difference over the one for
    all youths (`relative`: 1 means an equal share). With `found` also the municipality's net costs in euros per youth,
    as far as they follow from states, events and hours (`covered`: which part of its lines' differences, by size).

    Returns:
        An empty tree where nobody was followed or the store has no table of who they were.
    """
    by = ["arm", "draw", "replicate", "youth", "year", "domain", "state"]
    try:
        frame = sums(study, "youth_years", by, ["months"])
        people = study.table("youths")
    except (KeyError, UserError):
        return {}
    people = people[people["draw"].isin(list(design.draws))]
    youths = int(people["youth"].max()) + 1 if len(people) else 0
    if not youths:
        return {}
    latents = [str(name) for name in study.manifest["names"].get("latents", ())]
    groups = groups_of(people, design.draws, youths, latents)
    frame["name"] = frame["domain"].astype(str) + "." + frame["state"].astype(str)
    axes: dict[str, Sequence[Any]] = {"arm": design.arms, "draw": design.draws, "youth": range(youths)}
    untold = _untold(study.manifest["names"]["states"], frame["name"])
    measured: dict[str, F64] = {}
    for name, outcome in outcomes.items():
        members = _members(study.manifest, outcome)
        if members and not untold & set(members):
            months = array_of(frame, "months", {**axes, "name": members}).sum(axis=-1)
            measured[name] = months / (design.lived if outcome.per == "year" else 1)
    tree: dict[str, Any] = {
        "followed_per_draw": youths,
        "shown_from": {"in_all": FEWEST_IN_ALL, "per_run": FEWEST_PER_RUN},
        "groups": [_described(group) for group in groups],
        "outcomes": {name: _table(groups, values, design) for name, values in measured.items()},
        "equity": {
            name: equity(groups, values, design) for name, values in measured.items() if outcomes[name].good != "none"
        },
    }
    if found is not None:
        euros, covered = euros_of_youths(frame, people, design, found, youths)
        tree["municipality"] = {"covered": finite(covered), **_table(groups, euros, design)}
    return tree


def _members(manifest: Mapping[str, Any], outcome: Outcome) -> list[str]:
    """Return the names in the table of followed youths that make up an outcome."""
    names = manifest["names"]
    if outcome.states:
        return [str(s) for s in names["states"] if any(fnmatchcase(str(s), pattern) for pattern in outcome.states)]
    return [f"event.{e}" for e in names["events"] if any(fnmatchcase(str(e), pattern) for pattern in outcome.events)]


def _untold(states: Sequence[str], told: pd.Series[str]) -> set[str]:
    """Return the states that the table of followed youths leaves out: the first of every domain but the first one.

    A month there is what is left of a year; read as no month at all it would be a wrong answer.
    """
    first: dict[str, str] = {}
    for state in map(str, states):
        first.setdefault(state.partition(".")[0], state)
    return set(list(first.values())[1:]) - set(told.unique())


def _shown(group: Group) -> bool:
    return int(group.who.sum()) >= FEWEST_IN_ALL and float(group.who.sum(axis=1).mean()) >= FEWEST_PER_RUN


def _described(group: Group) -> dict[str, Any]:
    shown = _shown(group)
    return {
        "by": group.by,
        "label": group.label,
        "shown": shown,
        "youths_per_run": finite(group.who.sum(axis=1).mean()) if shown else None,
    }


def _table(groups: Sequence[Group], values: F64, design: Design) -> dict[str, Any]:
    """Return statistics of values [A, D, N] by group: `by.label`."""
    everybody = (values - values[0]).mean(axis=(1, 2))
    rows: dict[str, Any] = {}
    for group in groups:
        if not _shown(group):
            continue
        arms = {arm: _statistics(values[a][group.who]) for a, arm in enumerate(design.arms)}
        later = {
            arm: _difference(values[a] - values[0], group.who, float(everybody[a]))
            for a, arm in enumerate(design.arms)
            if a
        }
        rows[f"{group.by}.{group.label}"] = {"arms": arms, "difference": later}
    return {"rows": rows}


def equity(groups: Sequence[Group], values: F64, design: Design) -> list[dict[str, Any]]:
    """Return, by what sets groups apart, the gap between the lowest and the highest group mean in every arm.

    `narrows` says whether the gap is smaller than in the first arm, and `error` is the standard error over draws of the
    change (null where another group is the lowest or highest than in the first arm: then a gap has other ends). A gap
    is a largest minus a smallest mean, so chance alone makes one; read it beside the error.
    """
    out = []
    for by in dict.fromkeys(group.by for group in groups if group.by != "all"):
        own = [group for group in groups if group.by == by and _shown(group)]
        if len(own) < 2:
            continue
        mean = np.array([[values[a][group.who].mean() for group in own] for a in range(len(design.arms))])
        low, high = mean.argmin(axis=1), mean.argmax(axis=1)
        gap = mean.max(axis=1) - mean.min(axis=1)
        record: dict[str, Any] = {"by": by, "lowest": own[low[0]].label, "highest": own[high[0]].label, "arms": {}}
        for a, arm in enumerate(design.arms):
            same = low[a] == low[0] and high[a] == high[0]
            one, other = (_difference(values[a] - values[0], own[end].who, 0.0)["error"] for end in (low[0], high[0]))
            record["arms"][arm] = {
                "gap": finite(gap[a]),
                "narrows": bool(gap[a] < gap[0]) if a else None,
                "error": finite(np.hypot(one or 0.0, other or 0.0)) if a and same else None,
            }
        out.append(record)
    return out


def _statistics(values: F64) -> dict[str, float | None]:
    points = {key: finite(np.quantile(values, q)) for key, q in POINTS.items()}
    return {"mean": finite(values.mean()), **points, "none": finite((values == 0).mean())}


def _difference(difference: F64, who: npt.NDArray[np.bool_], everybody: float) -> dict[str, float | None]:
    """Return the mean difference of a group [D, N] and its standard error over draws (a ratio of sums over draws)."""
    n = who.sum(axis=1).astype(np.float64)
    total = np.where(who, difference, 0.0).sum(axis=1)
    mean = total.sum() / n.sum()
    left = total - mean * n
    draws = len(n)
    error = np.sqrt(draws / (draws - 1) * (left**2).sum()) / n.sum() if draws > 1 else np.nan
    return {
        "mean": finite(mean),
        "error": finite(error),
        "relative": finite(mean / everybody) if everybody else None,
    }


def euros_of_youths(
    frame: pd.DataFrame, people: pd.DataFrame, design: Design, found: LineQuantities, youths: int
) -> tuple[F64, float]:
    """Return the municipality's net costs per followed youth at present value [A, D, N], and how much of it is covered.

    Months are priced at the age in the middle of the year; entries, joint lines, measures, fixed amounts and states
    that the table leaves out are not known by youth. `covered` is the sum of the sizes of the covered lines' mean
    differences over that of all.
    """
    table, lines = found.table, found.table.describe()
    own = weights(lines, "municipality")
    names = [*table.names.states, *(f"event.{e}" for e in table.names.events)]
    prices = found.prices * own
    untold = _untold(table.names.states, frame["name"])
    rates = np.unique(table.discount[own != 0])  # lines of one discount rate at a time
    per_name = np.zeros((len(rates), len(design.arms), len(design.draws), len(names), table.bands.shape[1]))
    covered = np.zeros(len(lines), dtype=np.bool_)
    for i in np.flatnonzero(own):
        kind, column = QUANTITIES[int(table.quantity[i])], int(table.index[i])
        mine = per_name[int(np.searchsorted(rates, table.discount[i]))]
        if kind == "hours":
            for role, state, parameter in zip(table.hour_column, table.hour_state, table.hour_param, strict=True):
                if role == column:
                    hours = (prices[:, :, i] * found.values[:, :, parameter])[:, :, None]
                    mine[:, :, state] += hours * table.bands[i]
        elif kind == "event" or (kind == "state" and names[column] not in untold):
            place = column + (len(table.names.states) if kind == "event" else 0)
            mine[:, :, place] += prices[:, :, i, None] * table.bands[i]
        else:
            continue
        covered[i] = True
    ages = people[people["trait"].astype(str) == AGE]
    age = array_of(ages, "value", {"draw": design.draws, "youth": range(youths)})
    arm, draw, name = (
        pd.Categorical(frame[column].astype(kind), categories=list(order)).codes.astype(np.int64)
        for column, kind, order in (("arm", str, design.arms), ("draw", int, design.draws), ("name", str, names))
    )
    keep = (arm >= 0) & (draw >= 0) & (name >= 0) & (frame["year"] < design.years).to_numpy()
    arm, draw, name = arm[keep], draw[keep], name[keep]
    youth, year = frame["youth"].to_numpy()[keep], frame["year"].to_numpy()[keep]
    at = age[draw, youth] + year + 0.5
    band = np.searchsorted(np.array(table.names.band_edges), at, side="right")
    factors, months = found.factors(), frame["months"].to_numpy()[keep]
    euros = np.zeros(len(months))
    for k, rate in enumerate(rates):
        factor = factors[:, :, int(np.flatnonzero(table.discount == rate)[0])]
        euros += months * per_name[k][arm, draw, name, band] * factor[draw, year]
    flat = (arm * len(design.draws) + draw) * youths + youth
    cells = len(design.arms) * len(design.draws) * youths
    out = np.asarray(np.bincount(flat, weights=euros, minlength=cells), dtype=np.float64)
    amount = (found.quantity * prices[:, :, None, :]).sum(axis=2).mean(axis=1)
    mean = np.abs(amount[-1] - amount[0])
    share = float(mean[covered].sum() / mean.sum()) if mean.sum() > 0 else 1.0
    return out.reshape(len(design.arms), len(design.draws), youths), share
