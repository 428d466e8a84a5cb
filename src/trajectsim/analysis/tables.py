"""From the tables of a results store to arrays over arm, draw and replicate.

Only draws count in which every replicate of every arm is finished, so that both worlds are always compared on the same
luck; a study that was stopped half-way is summarised over what it finished.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.economics.discounting import years_of
from trajectsim.errors import UserError

__all__ = ["DONE", "Costs", "Design", "Study", "array_of", "cost_arrays", "design_of", "n_years", "sums", "within"]

F64 = npt.NDArray[np.float64]
DONE = "done"
_RUN = ("arm", "draw", "replicate")


class Study(Protocol):
    """An opened results store."""

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What was run."""

    def table(self, name: str) -> pd.DataFrame:
        """One of the tables, whole."""


@dataclass(frozen=True)
class Design:
    """Which runs count: names of the arms (the null alternative first), draws, replicates; youths and years per run.

    Of `years` a part of a year counts as one; `last` is how much of the last one was lived.
    """

    arms: tuple[str, ...]
    draws: tuple[int, ...]
    replicates: tuple[int, ...]
    youths: int
    years: int
    last: float = 1.0

    @property
    def lived(self) -> float:
        """Years that were lived: what "per year" means."""
        return self.years - 1 + self.last

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of arms, draws and replicates."""
        return len(self.arms), len(self.draws), len(self.replicates)


@dataclass(frozen=True)
class Costs:
    """Whole cents for the cohort, paid positive and received negative; A arms, D draws, R replicates.

    Attributes:
        rows: one record per cost row (line and payer), in the order of `by_row`.
        by_row: [A, D, R, W] at present value, summed over years.
        payers: names, in the order of the payer axes.
        by_year: [A, D, R, Y, P] as it falls.
        by_year_discounted: [A, D, R, Y, P] at present value.
        scale: euros per youth for one cent of the cohort; applied last, so that sums are exact.
    """

    rows: tuple[dict[str, Any], ...]
    by_row: F64
    payers: tuple[str, ...]
    by_year: F64
    by_year_discounted: F64
    scale: float


def sums(study: Study, name: str, by: Sequence[str], of: Sequence[str], **where: str | Sequence[int]) -> pd.DataFrame:
    """Return sums of columns by group. The store does it where it can (without loading the table), pandas elsewhere.

    `where` keeps the rows whose column has that name, or one of those numbers.
    """
    kept = {column: [wanted] if isinstance(wanted, str) else list(wanted) for column, wanted in where.items()}
    own = getattr(study, "sums", None)
    if own is not None:
        return pd.DataFrame(own(name, list(by), list(of), kept))
    frame = study.table(name)
    for column, values in kept.items():
        frame = frame[frame[column].isin(values)]
    grouped = frame.groupby(list(by), observed=True, sort=True)[list(of)].sum()
    return grouped.reset_index()


def design_of(study: Study) -> Design:
    """Return which runs of a study can be compared.

    Raises:
        UserError: no draw is finished in every arm and replicate, or these are the points of a design.
    """
    manifest = study.manifest
    points = int((manifest.get("study") or {}).get("points", 1))
    if points > 1:
        raise UserError.of(
            f"these are results of {points} points, each with worlds of its own",
            cure="ask `trajectsim sensitivity` or `trajectsim discover`, or take one point in Python: "
            "trajectsim.open_study(folder).point(0)",
        )
    runs = study.table("runs")
    done = runs[runs["status"].astype(str) == DONE]
    arms = tuple(str(a) for a in manifest["arms"])
    replicates = tuple(sorted({int(r) for r in runs["replicate"]}))
    count = done.groupby(done["draw"].astype(int))["run"].size()
    draws = tuple(sorted(int(d) for d, n in count.items() if n == len(arms) * len(replicates)))  # type: ignore[call-overload]
    if not draws:
        raise UserError.of(
            "no draw of this study is finished in every arm, so nothing can be compared",
            cure="run the study again; it goes on where it stopped",
        )
    years = n_years(manifest)
    last = int(manifest["steps"]) / int(manifest["steps_per_year"]) - (years - 1)
    return Design(arms, draws, replicates, int(manifest["size"]), years, last)


def n_years(manifest: Mapping[str, Any]) -> int:
    """Return the number of years that were simulated; a part of a year counts as one."""
    return years_of(int(manifest["steps"]), int(manifest["steps_per_year"]))


def within(frame: pd.DataFrame, years: int) -> pd.DataFrame:
    """Return rows with what was counted after the last year in that year: the snapshot at the very end of a run counts
    in some conventions (`counting`), and then fills a year of its own."""
    return frame.assign(year=frame["year"].clip(upper=years - 1))


def array_of(frame: pd.DataFrame, column: str, axes: Mapping[str, Sequence[Any]]) -> F64:
    """Return the column as a dense array with the given axes.

    What is not in the frame is nought; rows with other labels are left out. Values are added in the order of the frame;
    cents are whole numbers below 2**53, so their sums are exact.
    """
    shape = tuple(len(labels) for labels in axes.values())
    keep = np.ones(len(frame), dtype=np.bool_)
    flat = np.zeros(len(frame), dtype=np.int64)
    for name, labels in axes.items():
        place = _codes(frame[name], labels)
        keep &= place >= 0
        flat = flat * len(labels) + place
    weights = frame[column].to_numpy(dtype=np.float64)
    total = np.bincount(flat[keep], weights=weights[keep], minlength=int(np.prod(shape)))
    return np.asarray(total, dtype=np.float64).reshape(shape)


def _codes(column: pd.Series[Any], labels: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Return each value's place among the labels, -1 where it is none of them."""
    places = {label: i for i, label in enumerate(labels)}
    codes, found = pd.factorize(column)
    lookup = np.array([*(places.get(value, -1) for value in found), -1], dtype=np.int64)
    return lookup[codes]


def cost_arrays(study: Study, design: Design) -> Costs:
    """Read the cost table once by row and once by year and payer."""
    lines = {str(record["line"]): dict(record) for record in study.manifest["lines"]}
    if not lines:
        return _no_costs(design)
    axes: dict[str, Sequence[Any]] = dict(zip(_RUN, (design.arms, design.draws, design.replicates), strict=True))
    by_line = sums(study, "costs", [*_RUN, "line", "payer"], ["discounted"])
    rows = _rows(lines)
    payers = tuple(dict.fromkeys(str(row["payer"]) for row in rows))
    cube = array_of(by_line, "discounted", {**axes, "line": tuple(lines), "payer": payers})
    names = list(lines)
    chosen = [cube[:, :, :, names.index(row["line"]), payers.index(row["payer"])] for row in rows]
    by_year = within(sums(study, "costs", [*_RUN, "year", "payer"], ["cents", "discounted"]), design.years)
    yearly = {**axes, "year": tuple(range(design.years)), "payer": payers}
    return Costs(
        rows=rows,
        by_row=np.stack(chosen, axis=-1),
        payers=payers,
        by_year=array_of(by_year, "cents", yearly),
        by_year_discounted=array_of(by_year, "discounted", yearly),
        scale=1.0 / (100.0 * design.youths),
    )


def _no_costs(design: Design) -> Costs:
    """Return the costs of a study without a price book: no row, no payer."""
    by_year = np.zeros((*design.shape, design.years, 0))
    return Costs((), np.zeros((*design.shape, 0)), (), by_year, by_year, 1.0)


def _rows(lines: Mapping[str, dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Return one record per row of the cost table: a transfer has two, its payer's and its beneficiary's."""
    rows = []
    for record in lines.values():
        rows.append({**record, "side": "payer"})
        if record.get("beneficiary"):
            rows.append({**record, "side": "beneficiary", "payer": record["beneficiary"], "other": record["payer"]})
    return tuple(rows)
