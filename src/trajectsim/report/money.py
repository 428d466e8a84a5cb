"""The sections about money: what it costs, who pays and who gains, and what only changes hands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from trajectsim.report import figures
from trajectsim.report.blocks import Shown, Table, show
from trajectsim.report.canvas import PAYERS, arm_colour
from trajectsim.report.findings import Arm, Findings

if TYPE_CHECKING:
    import pandas as pd

AGES = r"\s*\([^()]*\d[^()]*\)$"
"""An age group at the end of a line's title, for example ` (18-20)`."""

__all__ = ["chances", "cost_by_payer", "cost_by_year", "difference_by_payer", "payback", "transfers", "wrong_pocket"]


def _cost_table(found: Findings) -> pd.DataFrame | None:
    """Return the yearly costs as a table: arm, payer, year, mean, p05, p95; payer `total` is society."""
    import pandas as pd

    place = {payer: number for number, payer in enumerate(PAYERS)}
    rows = [
        {"arm": arm.name, "payer": payer, **{key: stats[key] for key in ("year", "mean", "p05", "p95")}}
        for arm in found.arms
        for payer, years in found.yearly("cost", arm).items()
        for stats in years
    ]
    table = pd.DataFrame(rows)
    if table.empty or table["payer"].nunique() < 3:
        return None
    return table.assign(rank=[place.get(p, len(place)) for p in table["payer"]]).sort_values("rank", kind="stable")


def cost_by_year(found: Findings) -> Shown | None:
    """Return the figure of society's costs per year in every world."""
    costs = _cost_table(found)
    if costs is None:
        return None
    table, words, style = costs[costs["payer"] == "total"], found.words, found.words.style
    years = sorted(table["year"].unique())
    rows = []
    for year in years:
        line = [str(int(year) + 1)]
        for arm in found.arms:
            stats = table[(table["arm"] == arm.name) & (table["year"] == year)].iloc[0].to_dict()
            line += [style.euro(stats["mean"]), style.spread(stats, euro=True)]
        rows.append(line)
    head = [words("table.year")]
    for arm in found.arms:
        head += [arm.title, words("table.interval")]
    return show(figures.cost_by_year(table, found.names, words), words, "cost_by_year", Table(head, rows))


def cost_by_payer(found: Findings) -> Shown | None:
    """Return the small figures of every payer's costs per year in every world."""
    costs = _cost_table(found)
    if costs is None:
        return None
    words, style = found.words, found.words.style
    table = costs[~costs["payer"].isin(["total", "municipality"])]
    moving = {payer for payer, low, high in zip(table["payer"], table["p05"], table["p95"], strict=True) if low or high}
    table = table[table["payer"].isin(moving)]
    if table.empty:
        return None
    years = sorted(int(y) for y in table["year"].unique())
    rows = []
    for payer in dict.fromkeys(table["payer"]):
        for arm in found.arms:
            own = table[(table["payer"] == payer) & (table["arm"] == arm.name)].sort_values("year")
            rows.append([words.payer(payer), arm.title, *(style.euro(v) for v in own["mean"])])
    head = [words("table.payer"), words("table.world"), *(str(y + 1) for y in years)]
    other = found.others[0].title if found.others else found.base.title
    return show(
        figures.cost_by_payer(table, found.names, words),
        words,
        "cost_by_payer",
        Table(head, rows, text=frozenset({0, 1})),
        base=found.base.title,
        arm=other,
    )


def difference_by_payer(found: Findings, arm: Arm) -> Shown | None:
    """Return the figure of who pays and who gains, with its table."""
    import pandas as pd

    by_payer: dict[str, Any] = found.difference(arm).get("cost", {}).get("by_payer") or {}
    if not by_payer or found.verdict(arm)["sign"] == "no_difference":
        return None
    words, style, saving = found.words, found.words.style, found.saving(arm)
    chance = saving.get("by_payer") or {}
    moved = {p: s for p, s in by_payer.items() if any(s.get(k) for k in ("mean", "p05", "p95"))} or by_payer
    ranked = sorted(moved.items(), key=lambda item: -(item[1].get("mean") or 0.0))
    rows = [
        {"payer": p, "mean": s["mean"], "p05": s["p05"], "p95": s["p95"], "probability": chance.get(p)}
        for p, s in ranked
    ]
    total = found.total(arm)
    rows.append(
        {
            "payer": "total",
            "mean": total["mean"],
            "p05": total["p05"],
            "p95": total["p95"],
            "probability": saving.get("society"),
        }
    )
    texts = [
        [
            words.payer(str(row["payer"])),
            style.euro(row["mean"], sign=True),
            style.spread(row, euro=True),
            style.percent(row["probability"]),
        ]
        for row in rows
    ]
    head = [words(f"table.{key}") for key in ("payer", "difference", "interval", "chance")]
    table = Table(head, texts, strong=frozenset({len(texts) - 1}))
    drawing = figures.difference_by_payer(pd.DataFrame(rows), words)
    return show(drawing, words, "difference_by_payer", table, suffix=f"-{arm.index}")


def wrong_pocket(found: Findings, arm: Arm) -> str:
    """Return the sentence that says to whom the bill goes and to whom the gain; empty where nobody loses or gains."""
    by_payer = found.difference(arm).get("cost", {}).get("by_payer") or {}
    means = {payer: float(stats.get("mean") or 0.0) for payer, stats in by_payer.items() if payer != "municipality"}
    if not means or max(means.values()) <= 0 or min(means.values()) >= 0:
        return ""
    loser, winner = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    words, style = found.words, found.words.style
    return words(
        "text.wrong_pocket",
        loser=words.party(loser),
        loss=style.about_euro(means[loser]),
        winner=words.party(winner),
        gain=style.about_euro(-means[winner]),
    )


def payback(found: Findings, arm: Arm) -> Shown | None:
    """Return the figure of the running sum of costs and savings, for society and for the municipality."""
    import pandas as pd

    paths = found.yearly("cumulative", arm)
    rows = [{"side": side, **stats} for side in ("society", "municipality") for stats in paths.get(side) or []]
    if not rows or not any(row["mean"] for row in rows):
        return None
    words, style = found.words, found.words.style
    table = pd.DataFrame(rows)
    texts = []
    for year in sorted(table["year"].unique()):
        line = [str(int(year) + 1)]
        for row in table[table["year"] == year].to_dict("records"):
            line += [style.euro(row["mean"], sign=True), style.spread(row, euro=True)]
        texts.append(line)
    head = [words("axis.after_year")]
    for side in table["side"].unique():
        head += [words(f"perspective.{side}"), words("table.interval")]
    drawing = figures.payback(table, arm_colour(arm.index), words)
    return show(drawing, words, "payback", Table(head, texts), suffix=f"-{arm.index}")


def chances(found: Findings, arm: Arm) -> Shown | None:
    """Return the figure of fifty possible answers."""
    import numpy as np

    values = np.array((found.of_arm("draws", arm) or {}).get("society") or [], dtype=float)
    if len(values) < 20 or not np.abs(values).any():
        return None
    return show(figures.chances(values, found.words), found.words, "chances", suffix=f"-{arm.index}")


def transfers(found: Findings) -> Table | None:
    """Return what changes hands: from whom to whom, per youth at present value; age groups taken together."""
    moved = found.sums("costs", ["arm", "line", "payer"], ["discounted"], kind="transfer")
    if moved is None:
        return None
    words, style = found.words, found.words.style
    lines = {str(line["line"]): line for line in found.lines}
    scale = 1.0 / (found.size * int(found.summary["draws_used"]) * int(found.summary["replicates"]) * 100.0)
    sums: dict[tuple[str, str, str], dict[str, float]] = {}
    for row in moved.to_dict("records"):
        line = lines.get(str(row["line"])) or {}
        if line.get("payer") == row["payer"]:
            title = re.sub(AGES, "", words.title(f"prices.lines.{row['line']}", str(row["line"])))
            by_arm = sums.setdefault((title, str(row["payer"]), str(line["beneficiary"])), {})
            by_arm[str(row["arm"])] = by_arm.get(str(row["arm"]), 0.0) + float(row["discounted"]) * scale
    rows = []
    for (title, giver, taker), by_arm in sums.items():
        values = [by_arm.get(arm.name, 0.0) for arm in found.arms]
        if any(abs(v) >= 0.5 for v in values):
            gaps = [style.euro(v - values[0], sign=True) for v in values[1:]]
            rows.append([title, words.payer(giver), words.payer(taker), *(style.euro(v) for v in values), *gaps])
    head = [words("table.line"), words("table.giver"), words("table.taker"), *(arm.title for arm in found.arms)]
    head += [words("table.difference") for _ in found.others]
    return Table(head, rows, text=frozenset({0, 1, 2})) if rows else None
