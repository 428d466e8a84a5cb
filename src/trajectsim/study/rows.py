"""From counts in memory to Arrow tables; keys are dictionary-encoded names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from trajectsim.economics.prices import CATEGORY_NAMES, KINDS, PAYER_NAMES, PriceTable
from trajectsim.economics.valuation import Valued
from trajectsim.engine.compiler import Program
from trajectsim.engine.ledger import Block

__all__ = ["Key", "block_tables", "named", "nonzero_table"]


@dataclass(frozen=True)
class Key:
    """Which arm and draw a block belongs to."""

    arms: Sequence[str]
    arm: int
    draw: int


def named(codes: npt.NDArray[Any], names: Sequence[str]) -> pa.Array:
    """Return codes as a dictionary-encoded column of names."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(list(names), pa.string()))


def _head(key: Key, n: int) -> dict[str, Any]:
    return {"arm": named(np.full(n, key.arm), key.arms), "draw": pa.array(np.full(n, key.draw, np.int32))}


def nonzero_table(
    key: Key, amounts: npt.NDArray[Any], axes: Sequence[str | tuple[str, Sequence[str]]], value: str
) -> pa.Table:
    """Return the cells of an array that are not zero, one row each.

    Args:
        key: arm and draw.
        amounts: the array.
        axes: per axis a column name, with the names of its places where it has any.
        value: name of the column with the amounts.
    """
    at = np.nonzero(amounts)
    columns = _head(key, len(at[0]))
    for place, axis in zip(at, axes, strict=True):
        if isinstance(axis, str):
            columns[axis] = pa.array(place.astype(np.int32))
        else:
            columns[axis[0]] = named(place, axis[1])
    columns[value] = pa.array(amounts[at])
    return pa.table(columns)


def _state_table(key: Key, amounts: npt.NDArray[Any], program: Program) -> pa.Table:
    """Return months in, or moves into, states by domain, state and band."""
    table = nonzero_table(key, amounts, ["replicate", "year", ("band", program.names.bands), "g"], "n")
    return _split_states(table, program)


def _split_states(table: pa.Table, program: Program) -> pa.Table:
    g = table["g"].to_numpy()
    domain_of = np.repeat(
        np.arange(len(program.names.domains)),
        [len(program.names.state_names(d)) for d in range(len(program.names.domains))],
    )
    short = [name.split(".", 1)[1] for name in program.names.states]
    unique = sorted(set(short))
    code = np.array([unique.index(name) for name in short])
    place = table.column_names.index("g")
    table = table.remove_column(place).add_column(place, "domain", named(domain_of[g], program.names.domains))
    return table.add_column(place + 1, "state", named(code[g], unique))


def block_tables(
    key: Key,
    block: Block,
    program: Program,
    prices: PriceTable | None,
    valued: Valued | None,
    hours: npt.NDArray[np.float64] | None,
) -> dict[str, pa.Table]:
    """Return the tables of one arm and draw."""
    n = program.names
    reasons = list(dict.fromkeys(n.reasons))  # an exit out of several states stands among them more than once
    own = np.zeros((*block.moves.shape[:2], len(reasons)), np.int64)
    for k, reason in enumerate(n.reasons):
        own[:, :, reasons.index(reason)] += block.moves[:, :, k]
    tables = {
        "occupancy": _state_table(key, block.state_months, program),
        "entries": _state_table(key, block.entries, program),
        "months": _split_states(nonzero_table(key, block.monthly, ["month", "g"], "n"), program),
        "events": nonzero_table(key, block.events, ["replicate", "year", ("band", n.bands), ("event", n.events)], "n"),
        "moves": nonzero_table(key, own, ["replicate", "year", ("exit", reasons)], "n"),
        "measures": nonzero_table(
            key, block.measures, ["replicate", "year", ("band", n.bands), ("measure", n.measures)], "quantity"
        ),
        "joint": nonzero_table(key, block.joint, ["replicate", "year", ("line", n.joint)], "n"),
    }
    if prices is not None and valued is not None and hours is not None:
        tables["hours"] = nonzero_table(
            key, hours.sum(axis=2), ["replicate", "year", ("role", prices.hour_names)], "hours"
        )
        tables["costs"] = _costs(key, prices, valued)
    return tables


def _costs(key: Key, prices: PriceTable, valued: Valued) -> pa.Table:
    line, payer, sign = prices.rows()
    cents = valued.cents[:, :, line] * sign
    discounted = valued.discounted[:, :, line] * sign
    at = np.nonzero(cents)
    w = at[2]
    columns = _head(key, len(w))
    columns["replicate"], columns["year"] = pa.array(at[0].astype(np.int32)), pa.array(at[1].astype(np.int32))
    columns["line"] = named(line[w], prices.lines)
    columns["payer"] = named(payer[w], PAYER_NAMES)
    columns["category"] = named(prices.category[line[w]], CATEGORY_NAMES)
    columns["kind"] = named(prices.kind[line[w]], KINDS)
    columns["cents"], columns["discounted"] = pa.array(cents[at]), pa.array(discounted[at])
    return pa.table(columns)
