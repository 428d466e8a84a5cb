"""The figures about the decision: how likely each option is best, where draws lie, and what is worth finding out.

One function per figure: a table in, a `Drawing` out. Tables are those of `analysis/decision.py`, `tornado.py` and
`evsi.py`, as records of `decision_summary` give them; euros are per youth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trajectsim.report.canvas import FAINT, INK, SOFT, Drawing, arm_colour, canvas, quiet
from trajectsim.report.figures_trust import GRADES
from trajectsim.report.phrases import Words

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["acceptability", "agenda", "grade_ranges", "plane", "sample_size", "tornado"]

LEAST_GAP = 0.075
"""Least distance between names of lines at their ends, as a part of the axis."""
LONGEST_NAME = 46


def _euros(axis: Any, words: Words, sign: bool = False, ticks: int = 5) -> None:
    """Write the ticks of an axis as euros."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.style.euro(value, sign=sign)))


def _percents(axis: Any, words: Words) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter

    axis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: words.style.percent(value)))


def _names(axes: Axes, names: Sequence[str], size: float = 8.0) -> None:
    """Write the names of rows left of the axes, the first on top, broken where they are long."""
    import textwrap

    for at, name in enumerate(names):
        text = "\n".join(textwrap.wrap(name, LONGEST_NAME, max_lines=2, placeholder=" …"))
        axes.text(-0.015, at, text, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=size)
    axes.set_yticks([])
    axes.set_ylim(len(names) - 0.4, -0.6)


def acceptability(table: pd.DataFrame, options: Sequence[tuple[str, str]], effect: str, words: Words) -> Drawing:
    """Draw how likely each option is the best one, by what a unit of effect is worth; the thick parts are the frontier.

    Args:
        table: columns threshold, option, probability, frontier.
        options: name and title of each option, the null alternative first.
        effect: the effect in words, with its unit.
        words: the reader's language.
    """
    with canvas(2.9) as (figure, (axes,)):
        ends = []
        for index, (name, title) in enumerate(options):
            rows = table[table["option"] == name].sort_values("threshold")
            style: Any = (0, (4, 2)) if index == 0 else "-"
            colour = arm_colour(index)
            axes.plot(rows["threshold"], rows["probability"], color=colour, linewidth=1.4, linestyle=style)
            best = rows["probability"].where(rows["frontier"].astype(bool))
            axes.plot(rows["threshold"], best, color=colour, linewidth=4.5, alpha=0.45, solid_capstyle="round")
            ends.append((float(rows["probability"].iloc[-1]), title, colour))
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlim(0, float(table["threshold"].max()))
        placed: list[float] = []
        for y, title, colour in sorted(ends):
            at = max([y, *(p + LEAST_GAP for p in placed[-1:])])
            placed.append(at)
            axes.annotate(
                title, (1, at), xycoords=("axes fraction", "data"), xytext=(7, 0), textcoords="offset points",
                va="center", color=colour, weight="bold", annotation_clip=False,
            )  # fmt: skip
        _euros(axes.xaxis, words)
        _percents(axes.yaxis, words)
        axes.set_xlabel(words("decision.axis.threshold", effect=effect))
        axes.set_title(words("decision.axis.best"), fontsize=8.5, color=SOFT, weight="normal")
        quiet(axes)
        return Drawing(figure, table, words("figure.acceptability.alt"))


def plane(
    table: pd.DataFrame, threshold: float, options: Sequence[tuple[str, str]], effect: str, words: Words
) -> Drawing:
    """Draw every draw by what an option adds in effect and in cost; below the line it is worth its money.

    Args:
        table: columns draw, option, effect, cost (each against the null alternative).
        threshold: euros that one unit of effect is worth: the slope of the line.
        options: name and title of each option, the null alternative first.
        effect: the effect in words, with its unit.
        words: the reader's language.
    """
    import numpy as np

    with canvas(3.3) as (figure, (axes,)):
        axes.axhline(0, color=INK, linewidth=0.9)
        axes.axvline(0, color=INK, linewidth=0.9)
        for index, (name, title) in enumerate(options):
            rows = table[table["option"] == name]
            if index == 0 or rows.empty:
                continue
            colour = arm_colour(index)
            axes.scatter(rows["effect"], rows["cost"], s=13, color=colour, alpha=0.4, linewidths=0, zorder=3)
            axes.plot(
                [rows["effect"].mean()], [rows["cost"].mean()], "D", color=colour, markeredgecolor="white",
                markersize=8, zorder=4, label=title,
            )  # fmt: skip
        axes.margins(0.08)
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        axes.plot([left, right], [threshold * left, threshold * right], color=FAINT, linewidth=1, linestyle=(0, (4, 2)))
        axes.set_xlim(left, right)
        axes.set_ylim(low, high)
        _euros(axes.yaxis, words, sign=True)
        axes.locator_params(axis="x", nbins=6)
        steps = np.diff(axes.get_xticks())
        decimals = max(0, -int(np.floor(np.log10(float(steps.min()))))) if len(steps) else 0
        axes.xaxis.set_major_formatter(lambda value, _: words.style.number(value, decimals, sign=True))
        axes.set_xlabel(words("decision.axis.effect", effect=effect))
        axes.set_title(words("decision.axis.cost"), fontsize=8.5, color=SOFT, weight="normal")
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK, borderaxespad=0.4)
        quiet(axes, "")
        return Drawing(figure, table, words("figure.plane.alt"))


def tornado(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw how far the gain moves with one parameter at a time, the widest on top.

    Args:
        table: columns title, grade, at_low, at_high (mean gain where the parameter is low, and high), mean (the gain).
        words: the reader's language.
    """
    n = len(table)
    with canvas(0.7 + 0.36 * n) as (figure, (axes,)):
        axes.axvline(0, color=INK, linewidth=0.9, zorder=2)
        axes.axvline(float(table["mean"].iloc[0]), color=FAINT, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
        for at, row in enumerate(table.to_dict("records")):
            colour = GRADES[str(row["grade"])]
            axes.plot([row["at_low"], row["at_high"]], [at, at], color=colour, linewidth=7, solid_capstyle="butt")
            axes.plot([row["at_high"]], [at], "|", color=INK, markersize=11, markeredgewidth=2.2, zorder=4)
            axes.text(
                1.015, at, str(row["grade"]), transform=axes.get_yaxis_transform(), va="center", color=INK,
                weight="bold",
            )  # fmt: skip
        _names(axes, [str(t) for t in table["title"]])
        axes.margins(x=0.06)
        _euros(axes.xaxis, words, sign=True, ticks=4)
        axes.set_xlabel(words("decision.axis.gain"))
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.tornado.alt"))


def agenda(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw what is most worth finding out: a bar per parameter or group, with its standard error.

    Args:
        table: columns title, grade, evppi, error, clear (whether its link with the answer is told apart from chance).
        words: the reader's language.
    """
    n = len(table)
    with canvas(0.7 + 0.36 * n) as (figure, (axes,)):
        for at, row in enumerate(table.to_dict("records")):
            colour = GRADES[str(row["grade"])]
            fill = colour if row["clear"] else "none"
            axes.barh(at, row["evppi"], height=0.52, color=fill, edgecolor=colour, linewidth=1.3, zorder=2)
            spread = [max(0.0, row["evppi"] - row["error"]), row["evppi"] + row["error"]]
            axes.plot(spread, [at, at], color=INK, linewidth=1.1, zorder=3)
            axes.text(
                1.015, at, f"{row['grade']}  {words.style.euro(row['evppi'])}", transform=axes.get_yaxis_transform(),
                va="center", color=INK, weight="bold",
            )  # fmt: skip
        _names(axes, [str(t) for t in table["title"]])
        top = float((table["evppi"] + table["error"]).max())
        axes.set_xlim(0, top * 1.05 if top > 0 else 1.0)
        _euros(axes.xaxis, words, ticks=4)
        axes.set_xlabel(words("decision.axis.worth"))
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.agenda.alt"))


def grade_ranges(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw, by evidence grade, how much of what is not known comes from it: from at least to at most.

    Args:
        table: columns grade, title, first (at least), total (at most), both 0 to 1.
        words: the reader's language.
    """
    n = len(table)
    with canvas(0.65 + 0.36 * n) as (figure, (axes,)):
        for at, row in enumerate(table.to_dict("records")):
            colour = GRADES.get(str(row["grade"]), "#3d4f5c")
            axes.barh(at, row["total"] - row["first"], left=row["first"], height=0.5, color=colour, alpha=0.28)
            axes.barh(at, row["first"], height=0.5, color=colour)
            text = words.style.interval(100 * row["first"], 100 * row["total"]) + "%"
            axes.text(1.015, at, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8)
        _names(axes, [str(t) for t in table["title"]])
        axes.set_xlim(0, 1)
        _percents(axes.xaxis, words)
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.grade_ranges.alt"))


def sample_size(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw what a follow-up of so many youths is worth; with costs given also what is left after paying for it.

    Args:
        table: columns n, worth (euros for all youths whom the decision is about), and if known cost, net and best.
        words: the reader's language.
    """
    with canvas(2.6) as (figure, (axes,)):
        places = range(len(table))
        axes.plot(places, table["worth"], "o-", color=arm_colour(1), linewidth=2, label=words("decision.axis.evsi"))
        if "net" in table:
            axes.plot(places, table["net"], "s--", color=arm_colour(2), linewidth=1.6, label=words("decision.axis.net"))
            for at, best in zip(places, table["best"], strict=True):
                if best:
                    axes.plot([at], [table["net"].iloc[at]], "o", markersize=13, markerfacecolor="none", color=INK)
        axes.axhline(0, color=INK, linewidth=0.9)
        axes.set_xticks(list(places), [words.style.number(float(n)) for n in table["n"]])
        axes.set_xlabel(words("decision.axis.n"))
        _euros(axes.yaxis, words)
        axes.legend(loc="upper left", labelcolor=SOFT)
        quiet(axes)
        return Drawing(figure, table, words("figure.sample_size.alt"))
