"""The part of the page in which a reader changes prices and the discount rate: inputs, first results, and the numbers.

The page does the sum of `analysis.sheet.worked` in plain JavaScript; quantities come along as they are, numbers for
each draw as 32-bit floats in base64 (little-endian).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.sheet import Sheet, worked
from trajectsim.report.analysed import Analysed
from trajectsim.report.findings import Findings
from trajectsim.report.labels import label
from trajectsim.report.mkba import in_order, line_name, who
from trajectsim.report.phrases import Words
from trajectsim.report.trust import anchor

__all__ = ["Form", "Input", "forms"]

F64 = npt.NDArray[np.float64]
FIRST = 14
"""Prices that are shown at once; the others unfold."""


@dataclass(frozen=True)
class Input:
    """A price that can be changed: where it stands, what it is called, and what it is when left alone."""

    index: int
    name: str
    unit: str
    grade: str
    usual: str
    href: str


@dataclass(frozen=True)
class Form:
    """An arm's inputs and results. `rows`: name, title, as computed, net, interval, chance and ratio of everyone."""

    arm: str
    title: str
    first: list[Input]
    others: list[Input]
    rows: list[dict[str, str]]
    bands: str
    rate: str
    data: dict[str, Any]


def forms(found: Findings, known: Analysed) -> list[Form]:
    """Return the forms of all arms whose prices can be changed."""
    return [_form(found, known, sheet) for sheet in known.sheets if sheet.prices]


def _form(found: Findings, known: Analysed, sheet: Sheet) -> Form:
    words, style = found.words, found.words.style
    factors = sheet.factors()
    present = (sheet.amount * factors).sum(axis=1).mean(axis=0)
    weight = [float(np.abs(present[list(price.lines)]).sum()) for price in sheet.prices]
    order = sorted(range(len(sheet.prices)), key=lambda p: -weight[p])
    inputs = [_input(p, sheet, words) for p in order]
    bands = words("own.bands", draws=style.number(len(sheet.rates)), kept=style.number(len(sheet.kept)))
    rate = words("own.rate_note", rate=style.percent(float(sheet.rates[:, 0].mean()), 2))
    title = words.title(f"arm.{sheet.arm}", sheet.arm)
    rows = _rows(known, sheet, words)
    return Form(sheet.arm, title, inputs[:FIRST], inputs[FIRST:], rows, bands, rate, _data(sheet, factors, rows))


def _input(p: int, sheet: Sheet, words: Words) -> Input:
    price, style = sheet.prices[p], words.style
    titles = list(dict.fromkeys(line_name(sheet.lines[i], words) for i in price.lines))
    name = titles[0] if len(titles) == 1 else words("own.and_more", first=titles[0], n=style.number(len(titles) - 1))
    if words.has(f"name.{price.path.rpartition('.')[2]}"):
        name = label(price.path, words)
    usual = float(price.values.mean())
    text = style.number(usual, 2 if abs(usual) < 1000 else 0)
    unit = words(f"unit.{price.unit}") if words.has(f"unit.{price.unit}") else price.unit
    return Input(p, name, f"€ {unit}".strip(), price.grade, text, f"#{anchor(price.path)}")


def _rows(known: Analysed, sheet: Sheet, words: Words) -> list[dict[str, str]]:
    """Return the first results: as computed over all draws, and beside it what the page itself would give."""
    style, numbers, kept = words.style, worked(sheet), list(sheet.kept)
    tables = known.mkba["arms"][sheet.arm]["perspectives"]
    rows = []
    for name in in_order(sheet.who):
        net, cost = numbers[name]
        if not np.any(net):
            continue
        low, high = np.quantile(net[kept], [0.05, 0.95])
        ratio = (net.mean() + cost.mean()) / cost.mean() if cost.mean() > 0 else None
        rows.append({
            "name": name, "title": who(name, words),
            "computed": style.euro(tables[name]["net_present_value"]["mean"], sign=True),
            "now": style.euro(float(net.mean()), sign=True), "interval": style.interval(low, high, euro=True),
            "chance": style.percent(float((net[kept] > 0).mean())),
            "ratio": words("youth.nothing") if ratio is None else style.number(float(ratio), 2),
        })  # fmt: skip
    return rows


def _data(sheet: Sheet, factors: F64, rows: list[dict[str, str]]) -> dict[str, Any]:
    """Return the numbers as the script reads them."""
    kept = list(sheet.kept)
    names = [row["name"] for row in rows]
    places = [sheet.who.index(name) for name in names]
    values = np.stack([price.values for price in sheet.prices], axis=1)
    own = sheet.units * values[:, None, sheet.price_of]
    apart = [int(i) for i in np.flatnonzero(~np.isclose(own, sheet.amount, rtol=1e-9, atol=1e-9).all(axis=(0, 1)))]
    return {
        "arm": sheet.arm, "who": names, "whole": sheet.whole[places].tolist(), "below": sheet.below[places].tolist(),
        "priceOf": sheet.price_of.tolist(), "rateOf": sheet.rate_of.tolist(), "paths": [p.path for p in sheet.prices],
        "steps": sheet.steps, "stepsPerYear": sheet.steps_per_year, "draws": len(kept),
        "rates": _text(sheet.rates[kept], exact=True),
        "units": _text(sheet.units[kept].transpose(0, 2, 1)), "values": _text(values[kept]),
        "apart": {str(i): _text(sheet.amount[kept][:, :, i]) for i in apart},
        "mean": {
            "units": _text(sheet.units.mean(axis=0).T, exact=True),
            "amount": _text(sheet.amount.mean(axis=0).T, exact=True),
            "unitsNow": _text((sheet.units * factors).sum(axis=1).mean(axis=0), exact=True),
            "amountNow": _text((sheet.amount * factors).sum(axis=1).mean(axis=0), exact=True),
        },
    }  # fmt: skip


def _text(values: F64, exact: bool = False) -> str:
    """Return numbers as base64: 64-bit where means are to be exact, else 32-bit."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8" if exact else "<f4").tobytes()).decode("ascii")
