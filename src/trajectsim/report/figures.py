"""The figures about money: what it costs, who pays, when it pays back, and how sure that is.

One function per figure: a table in, a `Drawing` out (the figure, the data it shows, and a description in words).
Amounts are euros per youth; `mean`, `p05` and `p95` run across parameter draws of the means over replicates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trajectsim.report.canvas import FAINT, INK, SOFT, Drawing, arm_colour, canvas, payer_colour, quiet
from trajectsim.report.phrases import Words

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["chances", "cost_by_payer", "cost_by_year", "difference_by_payer", "euro_axis", "payback"]


def euro_axis(axis: Any, words: Words, sign: bool = False, ticks: int = 5) -> None:
    """Write the ticks of an axis as euros."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.style.euro(value, sign=sign)))


def _year_axis(axes: Axes, years: int) -> None:
    """Number the years 1, 2, ... as a reader counts them."""
    ticks = [y for y in range(years) if years <= 12 or (y + 1) % 5 == 0 or y == 0]
    axes.set_xticks(ticks, [str(y + 1) for y in ticks])
    axes.set_xlim(-0.35, years - 0.65)


def _band(axes: Axes, rows: pd.DataFrame, colour: str, dashed: bool = False) -> None:
    axes.fill_between(rows["year"], rows["p05"], rows["p95"], color=colour, alpha=0.16, linewidth=0)
    axes.plot(rows["year"], rows["mean"], color=colour, linewidth=2, linestyle=(0, (4, 2)) if dashed else "-", zorder=3)


def cost_by_year(table: pd.DataFrame, arms: Sequence[tuple[str, str]], words: Words) -> Drawing:
    """Draw society's costs per youth and year in every world, with bands.

    Args:
        table: columns arm, year (from 0), mean, p05, p95.
        arms: name and title of each arm, the null alternative first.
        words: the reader's language.
    """
    with canvas(3.0) as (figure, (axes,)):
        ends = []
        for index, (name, title) in enumerate(arms):
            rows = table[table["arm"] == name].sort_values("year")
            _band(axes, rows, arm_colour(index), dashed=index == 0)
            ends.append((float(rows["mean"].iloc[-1]), title, arm_colour(index)))
        years = int(table["year"].max()) + 1
        _year_axis(axes, years)
        euro_axis(axes.yaxis, words)
        axes.set_ylim(bottom=min(0.0, float(table["p05"].min())))
        axes.set_xlabel(words("axis.year"))
        quiet(axes)
        _end_labels(axes, ends, years - 1)
        return Drawing(figure, table, words("figure.cost_by_year.alt"))


def _end_labels(axes: Axes, ends: Sequence[tuple[float, str, str]], x: float) -> None:
    """Write each line's name at its end, moved apart where lines end close together."""
    low, high = axes.get_ylim()
    gap = (high - low) * 0.085
    placed: list[float] = []
    for y, title, colour in sorted(ends, key=lambda e: e[0]):
        at = max([y, *(p + gap * (1 + title.count("\n")) for p in placed[-1:])])
        placed.append(at)
        axes.annotate(
            title,
            (x, at),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
            annotation_clip=False,
        )


def cost_by_payer(table: pd.DataFrame, arms: Sequence[tuple[str, str]], words: Words) -> Drawing:
    """Draw each payer's net costs per youth and year in every world: one small panel per payer, each on its own scale.

    Args:
        table: columns arm, payer, year (from 0), mean, p05, p95.
        arms: name and title of each arm, the null alternative first.
        words: the reader's language.
    """
    payers = list(dict.fromkeys(table["payer"]))
    years = int(table["year"].max()) + 1
    columns = 3
    rows = math.ceil(len(payers) / columns)
    with canvas(0.45 + 1.42 * rows, rows, columns, sharex=True) as (figure, flat):
        widest = float(table["p95"].max()) - min(0.0, float(table["p05"].min()))
        for axes, payer in zip(flat, payers, strict=False):
            own = table[table["payer"] == payer]
            axes.axhline(0, color=FAINT, linewidth=0.7)
            for index, (name, _) in enumerate(arms):
                colour = payer_colour(payer) if index == 1 else arm_colour(index)
                _band(axes, own[own["arm"] == name].sort_values("year"), colour, dashed=index == 0)
            axes.set_title(words.payer(payer), fontsize=8.5, pad=4)
            _year_axis(axes, years)
            _own_scale(axes, own, 0.06 * widest)
            euro_axis(axes.yaxis, words, ticks=3)
            quiet(axes)
        for axes in flat[len(payers) :]:
            axes.set_visible(False)
        for column in range(columns):
            lowest = range(column, len(payers), columns)
            if lowest:
                flat[lowest[-1]].tick_params(labelbottom=True)
                flat[lowest[-1]].set_xlabel(words("axis.year"))
        return Drawing(figure, table, words("figure.cost_by_payer.alt"))


def _own_scale(axes: Axes, rows: pd.DataFrame, least: float) -> None:
    """Let a panel run from nil to its payer's largest amount, but never so far in that pennies look large."""
    low, high = min(0.0, float(rows["p05"].min())), max(0.0, float(rows["p95"].max()))
    spare = max(0.0, least - (high - low))
    axes.set_ylim(low - (spare if high <= 0 else 0.0), high + (spare if high > 0 or low == 0 else 0.0))


def difference_by_payer(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw who pays and who gains: each payer's difference with its interval, and the chance that it saves.

    Args:
        table: columns payer ("total" for society, drawn last and bold), mean, p05, p95, probability.
        words: the reader's language.
    """
    n = len(table)
    with canvas(0.75 + 0.34 * n) as (figure, (axes,)):
        axes.axvline(0, color=INK, linewidth=0.9, zorder=2)
        for at, row in enumerate(table.to_dict("records")):
            total = row["payer"] == "total"
            colour = INK if total else payer_colour(str(row["payer"]))
            y = n - 1 - at - (0.25 if total else 0.0)
            axes.plot(
                [row["p05"], row["p95"]],
                [y, y],
                color=colour,
                linewidth=5 if total else 4,
                alpha=0.35,
                solid_capstyle="round",
            )
            axes.plot([row["mean"]], [y], "D" if total else "o", color=colour, markersize=7 if total else 6.5, zorder=4)
            label = words("payer.total") if total else words.payer(str(row["payer"]))
            weight = "bold" if total else "normal"
            axes.text(-0.015, y, label, transform=axes.get_yaxis_transform(), ha="right", va="center", weight=weight)
            axes.text(
                1.11,
                y,
                words.style.euro(row["mean"], sign=True),
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                weight=weight,
            )
            axes.text(
                1.21,
                y,
                words.style.percent(row["probability"]),
                transform=axes.get_yaxis_transform(),
                ha="right",
                va="center",
                color=SOFT,
                weight=weight,
            )
        _heads(axes, n, words)
        axes.set_yticks([])
        axes.set_ylim(-0.85, n - 0.4)
        axes.margins(x=0.06)
        euro_axis(axes.xaxis, words, sign=True, ticks=4)
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.difference_by_payer.alt"))


def _heads(axes: Axes, n: int, words: Words) -> None:
    """Write the heads of the columns beside the payers' intervals."""
    place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "bottom", "fontsize": 8, "color": SOFT}
    top = n - 0.42
    axes.text(1.11, top, words("axis.difference"), ha="right", **place)
    axes.text(1.21, top, words("axis.chance"), ha="right", **place)
    axes.annotate(
        "← " + words("axis.saves"),
        (0, top),
        xytext=(-5, 0),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=8,
        color=SOFT,
        annotation_clip=False,
    )
    axes.annotate(
        words("axis.pays") + " →",
        (0, top),
        xytext=(5, 0),
        textcoords="offset points",
        ha="left",
        va="bottom",
        fontsize=8,
        color=SOFT,
        annotation_clip=False,
    )


def payback(table: pd.DataFrame, colour: str, words: Words) -> Drawing:
    """Draw the running sum of costs and savings: below zero the approach has paid itself back. One panel per side.

    Args:
        table: columns side (society, municipality), year (from 0; the sum up to its end), mean, p05, p95.
        colour: colour of the arm.
        words: the reader's language.
    """
    years = int(table["year"].max()) + 1
    sides = list(dict.fromkeys(table["side"]))
    with canvas(2.5, 1, len(sides), sharey=True) as (figure, panels):
        for axes, side in zip(panels, sides, strict=True):
            axes.axhline(0, color=INK, linewidth=0.9)
            _band(axes, table[table["side"] == side].sort_values("year"), colour)
            _year_axis(axes, years)
            euro_axis(axes.yaxis, words, sign=True)
            axes.set_xlabel(words("axis.after_year"))
            axes.set_title(words(f"perspective.{side}"))
            quiet(axes)
        low, high = panels[-1].get_ylim()
        for text, y, side in ((words("axis.dearer"), high, "top"), (words("axis.cheaper"), low, "bottom")):
            panels[-1].text(1.02, y, text, transform=panels[-1].get_yaxis_transform(), va=side, fontsize=8, color=SOFT)
        return Drawing(figure, table, words("figure.payback.alt"))


def chances(values: np.ndarray, words: Words, dots: int = 50) -> Drawing:
    """Draw the answer as 50 equally likely outcomes: each dot is one of them, filled where society saves.

    Args:
        values: net cost difference per youth in every draw, in euros; float array [draws].
        words: the reader's language.
        dots: how many outcomes to draw.
    """
    import numpy as np
    import pandas as pd

    points = np.quantile(values, (np.arange(dots) + 0.5) / dots)
    width = _dot_width(points)
    column = np.floor(points / width).astype(int)
    height = pd.Series(column).groupby(column).cumcount().to_numpy()
    table = pd.DataFrame({"outcome": points, "column": column, "height": height})
    with canvas(2.35) as (figure, (axes,)):
        saves = points < 0
        x = (column + 0.5) * width
        axes.scatter(
            x[~saves], height[~saves], s=58, facecolors="white", edgecolors="#b4560b", linewidths=1.5, zorder=3
        )
        axes.scatter(x[saves], height[saves], s=58, color="#00677f", linewidths=1.5, edgecolors="#00677f", zorder=3)
        axes.axvline(0, color=INK, linewidth=0.9)
        axes.set_ylim(-0.8, max(6.0, float(height.max()) + 1.6))
        axes.set_yticks([])
        euro_axis(axes.xaxis, words, sign=True)
        quiet(axes, "")
        axes.margins(x=0.04)
        axes.set_xlabel(words("figure.chances.axis"))
        top = axes.get_ylim()[1]
        count = int(saves.sum())
        axes.annotate(
            words("figure.chances.saves", n=count),
            (0, top),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="top",
            color="#00677f",
            weight="bold",
        )
        axes.annotate(
            words("figure.chances.costs", n=dots - count),
            (0, top),
            xytext=(6, 0),
            textcoords="offset points",
            ha="left",
            va="top",
            color="#b4560b",
            weight="bold",
        )
        alt = words("figure.chances.alt", n=dots, saves=count, costs=dots - count)
        return Drawing(figure, table, alt)


def _dot_width(points: np.ndarray) -> float:
    """Return the width of a column of dots: a round number, about a twenty-fifth of the range."""
    span = float(points.max() - points.min()) or 1.0
    rough = span / 24
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough))
