"""What a study with a design found, point by point: differences with the null alternative beside the factors' values.

Of results without a design the draws are the points and the parameters that vary the factors. Sums are taken by the
store, so a study may be larger than memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.noise import noise_covariance
from trajectsim.analysis.outcomes import Outcome, outcomes_of
from trajectsim.analysis.tables import DONE
from trajectsim.config.schema import Text
from trajectsim.errors import UserError, nearest
from trajectsim.study.store import Study

__all__ = ["MONEY", "Output", "Points", "as_numbers", "other_arm", "outputs_of", "points_of"]

F64 = npt.NDArray[np.float64]
MONEY = ("society", "society_without_intangibles", "municipality")
INTANGIBLE = "quality_of_life"
EURO_UNIT = Text(nl="euro per jongere, contant", en="euros per youth, present value")


@dataclass(frozen=True)
class Output:
    """A number per run: net costs (of a perspective or payer) or an outcome; `members` are its states or events."""

    name: str
    unit: Text
    title: Text | None = None
    table: str = "costs"
    members: tuple[str, ...] = ()
    yearly: bool = False
    good: str = "down"


@dataclass(frozen=True)
class Points:
    """Differences with the null alternative, per point.

    Attributes:
        arm: the arm that is compared with the first one.
        factors: [P, k] values of each point; numbers, or texts.
        titles: of factors, by name, where a study gives them.
        outputs: by name, in the order of the last axis of `values`.
        values: [P, n, K] per pair of runs (of a draw and a replicate); NaN where one of the two is not finished.
        design: what the study says of its design, None without one.
    """

    arm: str
    factors: pd.DataFrame
    titles: Mapping[str, Mapping[str, str]]
    outputs: tuple[Output, ...]
    values: F64
    design: Mapping[str, Any] | None

    @cached_property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Which points are finished in all their runs [P]."""
        return np.asarray(~np.isnan(self.values).any(axis=(1, 2)))

    @cached_property
    def means(self) -> F64:
        """Mean over the runs of each point [P, K]."""
        return np.asarray(self.values.mean(axis=1))

    def noise_share(self) -> F64:
        """Return per output [K] which share of the variance between points is luck of a limited number of runs.

        All points of a design meet the same luck, and what it adds to all of them alike is no difference between them.
        Draws of one scenario have luck of their own. NaN where there is one run per point, or no variance.
        """
        own = self.values[self.complete]
        if own.shape[1] < 2 or len(own) < 2:
            return np.full(self.values.shape[2], np.nan)
        noise = np.diag(noise_covariance(own, shared=self.design is not None))
        total = own.mean(axis=1).var(axis=0, ddof=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(total > 0, np.minimum(noise / total, 1.0), np.nan)


def outputs_of(manifest: Mapping[str, Any]) -> dict[str, Output]:
    """Return everything that a study can be asked about, by name: perspectives, payers, outcomes."""
    found: dict[str, Output] = {}
    lines = manifest["lines"]
    if lines:
        payers = [str(line[key]) for line in lines for key in ("payer", "beneficiary") if line.get(key)]
        found = {name: Output(name, EURO_UNIT) for name in (*MONEY, *dict.fromkeys(payers))}
    names = manifest["names"]
    for name, outcome in outcomes_of(manifest).items():
        known = names["states"] if outcome.states else names["events"]
        members = tuple(str(k) for k in known if any(fnmatchcase(str(k), p) for p in outcome.states or outcome.events))
        if members:
            found[name] = _of_outcome(name, outcome, members)
    return found


def _of_outcome(name: str, outcome: Outcome, members: tuple[str, ...]) -> Output:
    table = "occupancy" if outcome.states else "events"
    return Output(name, outcome.unit, outcome.title, table, members, outcome.per == "year", outcome.good)


def other_arm(manifest: Mapping[str, Any], arm: str | None = None) -> str:
    """Return the arm to compare with the first: the one named, or the second.

    Raises:
        UserError: there is no such arm, or no other.
    """
    others = [str(name) for name in manifest["arms"]][1:]
    if not others:
        raise UserError.of("this study has one arm, so there is no difference to look at", cure="give it a second arm")
    if arm is None:
        return others[0]
    if arm not in others:
        raise UserError.of(f"there is no arm '{arm}' beside the first", near=nearest(arm, others),
                           allowed=", ".join(others))  # fmt: skip
    return arm


def points_of(study: Study, outputs: Sequence[str] | None = None, arm: str | None = None) -> Points:
    """Read a study's points.

    Args:
        study: an opened folder of results, with a design or of one scenario.
        outputs: names of `outputs_of`; society and municipality (without prices all outcomes) if left out.
        arm: the arm to compare with the first; the second if left out.

    Raises:
        UserError: one arm only; no such arm or output; nothing finished; a table was not kept.
    """
    manifest = study.manifest
    chosen = _chosen(manifest, outputs)
    name = other_arm(manifest, arm)
    about = manifest.get("study")
    draws, replicates = int(manifest["draws"]), int(manifest["replicates"])
    if about is None:
        factors, titles = _parameters(study, draws), {}
        shape = (draws, 1, replicates)
    else:
        factors = study.design.drop(columns=["point", "id", "scenario"])
        titles = {key: item["title"] for key, item in about["factors"].items() if item["title"]}
        shape = (len(factors), draws, replicates)
    size, years = _per_point(manifest, factors, "size"), _per_point(manifest, factors, "years")
    both = []
    for own in (name, str(manifest["arms"][0])):
        found = _of_arm(study, own, chosen, shape, about is not None)
        for k, output in enumerate(chosen):
            scale = size[:, None] * (years[:, None] if output.yearly else 1.0)
            found[..., k] /= scale * (100.0 if output.table == "costs" else 1.0)
        both.append(found)
    return Points(name, factors, titles, chosen, both[0] - both[1], None if about is None else about["design"])


def _chosen(manifest: Mapping[str, Any], names: Sequence[str] | None) -> tuple[Output, ...]:
    known = outputs_of(manifest)
    if names is None:
        names = ("society", "municipality") if "society" in known else tuple(known)
    for name in names:
        if name not in known:
            raise UserError.of(f"there is no output '{name}'", near=nearest(name, known), allowed=", ".join(known))
    return tuple(known[name] for name in dict.fromkeys(names))


def _per_point(manifest: Mapping[str, Any], factors: pd.DataFrame, key: str) -> F64:
    """Return a number of the scenario per point, which may be a factor."""
    for name, item in ((manifest.get("study") or {}).get("factors") or {}).items():
        if item["path"] == key:
            given, spy = np.asarray(factors[name], dtype=np.float64), int(manifest["steps_per_year"])
            return given if key == "size" else np.round(given * spy) / spy
    lived = int(manifest["steps"]) / int(manifest["steps_per_year"])
    return np.full(len(factors), float(manifest["size"]) if key == "size" else lived)


def _parameters(study: Study, draws: int) -> pd.DataFrame:
    frame = study.table("parameters")
    frame = frame[frame["draw"] >= 0]
    wide = frame.assign(path=frame["path"].astype(str)).pivot(index="draw", columns="path", values="value")
    wide = wide.reindex(range(draws))
    spread = wide.max(axis=0) - wide.min(axis=0)
    moving = spread > 1e-12 * (1.0 + wide.abs().max(axis=0))
    return pd.DataFrame(wide.loc[:, moving & wide.notna().any(axis=0)]).rename_axis(columns=None)


def _of_arm(study: Study, arm: str, outputs: Sequence[Output], shape: tuple[int, int, int], grouped: bool) -> F64:
    """Return sums of the cohort per run of one arm [P, D * R, K]; NaN where a run is not finished."""
    lacking = sorted({output.table for output in outputs} - set(study.tables))
    if lacking:
        cure = "ask for another output, or add the table to `keep` and run the study again"
        raise UserError.of(f"this study kept no table {', '.join(lacking)}", allowed=", ".join(study.tables), cure=cure)
    out = np.full((*shape, len(outputs)), np.nan)
    keys = ["point", "draw", "replicate"] if grouped else ["draw", "replicate"]
    group = ", ".join(keys)
    with study.connect() as connection:
        done = connection.execute(f"SELECT {group} FROM runs WHERE arm = ? AND status = ?", [arm, DONE]).fetchnumpy()
        out[_place(done, grouped)] = 0.0
        for table in dict.fromkeys(output.table for output in outputs):
            own = [k for k, output in enumerate(outputs) if output.table == table]
            sums = ", ".join(f"{_sum(outputs[k])} AS v{k}" for k in own)
            query = f"SELECT {group}, {sums} FROM {table} WHERE arm = ? AND draw >= 0 GROUP BY {group}"
            found = connection.execute(query, [arm]).fetchnumpy()
            for k in own:
                place = (*_place(found, grouped), k)
                out[place] = np.where(np.isnan(out[place]), np.nan, np.ma.filled(found[f"v{k}"], 0).astype(np.float64))
    return out.reshape(shape[0], -1, len(outputs))


def _place(rows: Mapping[str, Any], grouped: bool) -> tuple[Any, Any, Any]:
    draw, replicate = np.asarray(rows["draw"]), np.asarray(rows["replicate"])
    return (np.asarray(rows["point"]), draw, replicate) if grouped else (draw, np.zeros_like(draw), replicate)


def _sum(output: Output) -> str:
    """Return the SQL of an output's sum over the rows of a run: whole cents, or counts that add up exactly."""
    if output.table != "costs":
        column = "domain || '.' || state" if output.table == "occupancy" else "event"
        return f"sum(n) FILTER ({column} IN ({', '.join(map(_quoted, output.members))}))"
    conditions = {
        "society": "true",
        "society_without_intangibles": f"category <> '{INTANGIBLE}'",
        "municipality": "starts_with(payer, 'municipality_')",
    }
    return f"sum(discounted) FILTER ({conditions.get(output.name, f'payer = {_quoted(output.name)}')})::BIGINT"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def as_numbers(factors: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return factors as numbers [P, k]; a factor of texts becomes one column of nought or one per text.

    Also returned: per column so made the factor and the text, as `[factor, text]`.
    """
    columns: dict[str, Any] = {}
    texts: dict[str, list[str]] = {}
    for name in factors:
        column = factors[name]
        if pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = column.to_numpy(dtype=np.float64)
            continue
        for text in dict.fromkeys(column.astype(str)):
            label = f"{name} = {_shown(text)}"
            columns[label] = (column.astype(str) == text).to_numpy(dtype=np.float64)
            texts[label] = [str(name), _shown(text)]
    return pd.DataFrame(columns), texts


def _shown(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return ", ".join(map(str, value)) or "-" if isinstance(value, list) else text
