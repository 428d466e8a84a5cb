"""The figures about how sure the answer is: where its spread comes from, and how it stands beside the source.

One function per figure: a table in, a `Drawing` out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trajectsim.report.canvas import INK, SOFT, Drawing, canvas, quiet
from trajectsim.report.phrases import Words
from trajectsim.report.tones import ink_on

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GRADES", "shares", "source_check"]

GRADES = {
    "A": "#0b4f8a",
    "B": "#5b9bd5",
    "C": "#e3b23c",
    "D": "#c4541a",
    "unexplained": "#9aa4ab",
    "chance": "#9aa4ab",
    "parameters": "#3d4f5c",
}


def shares(table: pd.DataFrame, words: Words, alt: str) -> Drawing:
    """Draw parts of a whole as one bar per row.

    Args:
        table: columns row (title of the bar), part (key of its colour), title, share (0 to 1).
        words: the reader's language.
        alt: the description.
    """
    rows = list(dict.fromkeys(table["row"]))
    with canvas(0.25 + 0.68 * len(rows)) as (figure, (axes,)):
        for at, row in enumerate(rows):
            left, beside = 0.0, []
            for part in table[table["row"] == row].to_dict("records"):
                share = max(0.0, float(part["share"]))
                colour = GRADES.get(str(part["part"]), "#7d8a94")
                axes.barh(at, share, left=left, height=0.55, color=colour, edgecolor="white", linewidth=1)
                text = f"{part['title']} {words.style.percent(share)}"
                if share * 85 > len(text):
                    axes.text(left + share / 2, at, text, ha="center", va="center", fontsize=8, color=ink_on(colour))
                else:
                    beside.append(text)
                left += share
            axes.text(-0.012, at, row, transform=axes.get_yaxis_transform(), ha="right", va="center")
            axes.text(0, at + 0.31, "; ".join(beside), va="top", fontsize=8, color=SOFT)
        axes.set_xlim(0, 1)
        axes.set_ylim(len(rows) - 0.4, -0.4)
        axes.set_xticks([])
        axes.set_yticks([])
        quiet(axes, "")
        return Drawing(figure, table, alt)


def source_check(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw simulated usual care (bar: 90% interval, dot: mean) beside the figure in the source (diamond).

    Args:
        table: columns title, mean, p05, p95, source.
        words: the reader's language.
    """
    n = len(table)
    with canvas(0.8 + 0.44 * n) as (figure, (axes,)):
        for at, row in enumerate(table.to_dict("records")):
            axes.plot(
                [row["p05"], row["p95"]], [at, at], color="#6b7780", linewidth=5, alpha=0.35, solid_capstyle="round"
            )
            axes.plot([row["mean"]], [at], "o", color="#6b7780", markersize=6.5, zorder=3)
            if row["source"] is not None:
                axes.plot(
                    [row["source"]],
                    [at],
                    "D",
                    markerfacecolor="none",
                    markeredgecolor="#b4560b",
                    markeredgewidth=1.8,
                    markersize=7.5,
                    zorder=4,
                )
            axes.text(
                -0.015, at, row["title"], transform=axes.get_yaxis_transform(), ha="right", va="center", color=INK
            )
        axes.plot([], [], "o", color="#6b7780", label=words("source.simulated"))
        axes.plot(
            [],
            [],
            "D",
            markerfacecolor="none",
            markeredgecolor="#b4560b",
            markeredgewidth=1.8,
            label=words("source.source"),
            linestyle="",
        )
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0, labelcolor=SOFT)
        axes.set_ylim(n - 0.45, -0.55)
        axes.set_yticks([])
        axes.set_xlim(left=0)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: words.style.euro(value))
        axes.set_xlabel(words("axis.euro_per_year"))
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.source_check.alt"))
