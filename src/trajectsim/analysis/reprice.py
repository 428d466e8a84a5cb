"""Other prices for a finished study: read the counts, compile the price book, value again. Nothing is simulated.

The counts come from the tables occupancy, entries, events, measures and joint; the names of what was counted and the
declarations come from the manifest (`resolved`: model, interventions, prices).

Another price book is drawn as the study would have drawn it: a number follows from the seed, its path and the draw, so
the new amounts are those of the same study run with that book. What the book leaves as it was keeps its draws.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.arm_values import arm_values
from trajectsim.analysis.tables import Study, array_of, sums
from trajectsim.config.schema import Intervention, ModelSpec, PriceBook
from trajectsim.economics.discounting import years_of
from trajectsim.economics.prices import (
    CATEGORY_NAMES,
    KINDS,
    PAYER_NAMES,
    QUANTITIES,
    Names,
    PriceTable,
    compile_prices,
)
from trajectsim.economics.valuation import value
from trajectsim.errors import UserError
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.paths import walk
from trajectsim.evidence.register import Register

__all__ = [
    "StoredCounts", "counts_of", "parameter_values", "price_table", "reprice", "running_in", "values_under",
]  # fmt: skip

F64 = npt.NDArray[np.float64]
CELLS = 4_000_000
"""Most cells of one array in memory."""
_PARTS = {
    "state": "state_months", "hours": "state_months", "event": "events", "entries": "entries", "measure": "measures",
    "joint": "joint", "fixed": "state_months",
}  # fmt: skip


@dataclass(frozen=True)
class StoredCounts:
    """Counts of one arm and draw as the valuation wants them; R replicates, Y years, B bands."""

    state_months: F64
    events: F64
    entries: F64
    measures: F64
    joint: F64


def price_table(manifest: Mapping[str, Any], book: PriceBook | None = None) -> PriceTable:
    """Return the study's price book, or another one, compiled for what the study counted.

    Raises:
        UserError: the study has no prices and none are given.
    """
    resolved = manifest["resolved"]
    if book is None:
        if resolved.get("prices") is None:
            raise UserError.of("this study has no price book", cure="name one in the scenario: prices: nl_2024")
        book = PriceBook.model_validate(resolved["prices"])
    model = ModelSpec.model_validate(resolved["model"])
    interventions = {k: Intervention.model_validate(v) for k, v in (resolved.get("interventions") or {}).items()}
    return compile_prices(book, model, interventions)


def running_in(manifest: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the interventions that run in each arm."""
    return {str(arm["name"]): tuple(arm.get("interventions") or ()) for arm in manifest["scenario"].get("arms", ())}


def _frame(study: Study, table: str, keys: list[str], quantity: str, arm: str, years: int, pool: bool) -> pd.DataFrame:
    """Return sums of one table per draw, replicate (or 0, pooled), year, band and name."""
    by = ["draw", *([] if pool else ["replicate"]), "year", *keys]
    frame = sums(study, table, by, [quantity], arm=arm, year=tuple(range(years)))
    named = [key for key in keys if key != "band"]
    names = frame[named[0]].astype(str)
    for key in named[1:]:
        names = names + "." + frame[key].astype(str)
    frame["name"] = names
    return frame.assign(replicate=0) if pool else frame


def counts_of(
    study: Study,
    names: Names,
    arm: str,
    draws: Sequence[int],
    replicates: Sequence[int],
    years: int,
    pool: bool = False,
    kinds: Collection[str] = QUANTITIES,
) -> Iterator[tuple[int, StoredCounts]]:
    """Yield each draw of an arm with the counts of its first `years`, read from the store.

    With `pool` the replicates are added up (their axis has length one). Only what the given kinds of quantity need is
    read; the rest is nil.
    """
    needed = {_PARTS[kind] for kind in kinds} | {"state_months"}
    parts = {
        "state_months": ("occupancy", ["band", "domain", "state"], "n", names.states),
        "entries": ("entries", ["band", "domain", "state"], "n", names.states),
        "events": ("events", ["band", "event"], "n", names.events),
        "measures": ("measures", ["band", "measure"], "quantity", names.measures),
        "joint": ("joint", ["line"], "n", names.joints),
    }
    frames = {
        part: _frame(study, table, keys, quantity, arm, years, pool) if labels and part in needed else None
        for part, (table, keys, quantity, labels) in parts.items()
    }
    run: dict[str, Sequence[Any]] = {"replicate": (0,) if pool else tuple(replicates), "year": tuple(range(years))}
    cells = max(1, len(run["replicate"]) * years * len(names.bands) * len(names.states))
    size = max(1, CELLS // cells)
    for first in range(0, len(draws), size):
        batch = tuple(draws[first : first + size])
        arrays = {}
        for part, (_, keys, quantity, labels) in parts.items():
            frame = frames[part]
            bands = {"band": _bands(names, frame)} if "band" in keys else {}
            axes = {"draw": batch, **run, **bands, "name": labels}
            empty = np.zeros(tuple(len(a) for a in axes.values()))
            arrays[part] = empty if frame is None else array_of(_of_draws(frame, batch), quantity, axes)
        for place, draw in enumerate(batch):
            yield draw, StoredCounts(**{part: array[place] for part, array in arrays.items()})


def _of_draws(frame: pd.DataFrame, draws: Sequence[int]) -> pd.DataFrame:
    return frame if frame["draw"].nunique() <= len(draws) else frame[frame["draw"].isin(draws)]


def _bands(names: Names, frame: pd.DataFrame | None) -> Sequence[Any]:
    """Return the bands as the table has them: by number or by label."""
    numbered = frame is not None and pd.api.types.is_numeric_dtype(frame["band"])
    return tuple(range(len(names.bands))) if numbered else names.bands


def parameter_values(study: Study, draws: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return the parameter draws by draw and path."""
    frame = study.table("parameters")
    frame = frame[frame["draw"].isin(list(draws))]
    out: dict[int, dict[str, float]] = {int(d): {} for d in draws}
    for draw, path, number in zip(frame["draw"], frame["path"].astype(str), frame["value"], strict=True):
        out[int(draw)][path] = float(number)
    return out


def values_under(study: Study, book: PriceBook | None, draws: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return the parameter values by draw and path, with the prices of another book as the study would draw them."""
    values = parameter_values(study, draws)
    if book is None:
        return values
    own = study.manifest["resolved"].get("prices")
    before = {} if own is None else dict(_numbers(PriceBook.model_validate(own)))
    after = dict(_numbers(book))
    changed = {path: number for path, number in after.items() if before.get(path) != number}
    register = Register(changed, {}, (), (), int(study.manifest["seed"]))
    drawn = register.draws(np.array(draws, dtype=np.int64))
    for row, draw in zip(drawn, draws, strict=True):
        kept = {p: v for p, v in values[int(draw)].items() if not p.startswith("prices.") or p in after}
        values[int(draw)] = kept | {path: float(v) for path, v in zip(changed, row, strict=True)}
    return values


def _numbers(book: PriceBook) -> Iterator[tuple[str, Parameter]]:
    for path, _, number in walk(book, "prices", (Parameter,)):
        yield path, number


def reprice(
    study: Study, book: PriceBook | None = None, values: Mapping[int, Mapping[str, float]] | None = None
) -> pd.DataFrame:
    """Return a new cost table for a finished study, rows and columns as in the store.

    Args:
        study: an opened results store.
        book: another price book; the study's own when left out.
        values: parameter values by draw; those drawn in the study when left out, with the prices of another book drawn
            as the study would have drawn them. Prices that a draw does not hold stay at their central value.
    """
    manifest = study.manifest
    runs = study.table("runs")
    draws, replicates = (sorted({int(v) for v in runs[column]}) for column in ("draw", "replicate"))
    table = price_table(manifest, book)
    drawn = values if values is not None else values_under(study, book, draws)
    steps = int(manifest.get("counted_steps", manifest["steps"]))
    years = years_of(steps, int(manifest["steps_per_year"]))
    frames = []
    running = running_in(manifest)
    for arm in manifest["arms"]:
        own = arm_values(manifest, table, [drawn.get(draw, {}) for draw in draws], str(arm))
        for draw, counts in counts_of(study, table.names, str(arm), draws, replicates, years):
            valued = value(counts, table, own[draws.index(draw)], steps, running.get(str(arm), ()))
            frames.append(_rows(table, valued.cents, valued.discounted, replicates).assign(arm=str(arm), draw=draw))
    order = ["arm", "draw", "replicate", "year", "line", "payer", "category", "kind", "cents", "discounted"]
    return pd.concat(frames, ignore_index=True)[order]


def _rows(table: PriceTable, cents: Any, discounted: Any, replicates: Sequence[int]) -> pd.DataFrame:
    """Return the rows of one arm and draw that are not nil."""
    line, payer, sign = table.rows()
    amount, present = cents[..., line] * sign, discounted[..., line] * sign
    r, y, w = np.nonzero((amount != 0) | (present != 0))
    return pd.DataFrame({
        "replicate": np.array(replicates)[r], "year": y,
        "line": np.array(table.lines)[line[w]], "payer": np.array(PAYER_NAMES)[payer[w]],
        "category": np.array(CATEGORY_NAMES)[table.category[line[w]]], "kind": np.array(KINDS)[table.kind[line[w]]],
        "cents": amount[r, y, w], "discounted": present[r, y, w],
    })  # fmt: skip
