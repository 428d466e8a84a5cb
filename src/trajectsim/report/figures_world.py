"""The figure about the world: how long one waits for each provision, in every world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trajectsim.report.canvas import FAINT, SOFT, Drawing, arm_colour, canvas, quiet
from trajectsim.report.phrases import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["waits"]


def waits(table: pd.DataFrame, arms: Sequence[tuple[str, str]], words: Words) -> Drawing:
    """Draw the mean wait for each provision: an open dot for the null alternative, filled ones for the others.

    Args:
        table: columns title (of the provision, in the order to draw), arm, months.
        arms: name and title of each arm, the null alternative first.
        words: the reader's language.
    """
    titles = list(dict.fromkeys(table["title"]))
    with canvas(0.85 + 0.3 * len(titles)) as (figure, (axes,)):
        for at, title in enumerate(titles):
            own = table[table["title"] == title]
            axes.plot([own["months"].min(), own["months"].max()], [at, at], color=FAINT, linewidth=2, zorder=1)
            axes.text(-0.015, at, title, transform=axes.get_yaxis_transform(), ha="right", va="center")
        for index, (name, title) in enumerate(arms):
            own = table[table["arm"] == name]
            colour = arm_colour(index)
            axes.scatter(
                own["months"],
                [titles.index(t) for t in own["title"]],
                s=44,
                facecolors="white" if index == 0 else colour,
                edgecolors=colour,
                linewidths=1.6,
                label=title,
                zorder=3 if index == 0 else 2,
            )
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(arms), borderaxespad=0, labelcolor=SOFT)
        axes.set_ylim(len(titles) - 0.5, -0.5)
        axes.set_yticks([])
        axes.set_xlim(left=0, right=1.08 * max(1.0, float(table["months"].max())))
        axes.xaxis.set_major_formatter(lambda value, _: words.style.number(value, 0 if value == int(value) else 1))
        axes.set_xlabel(words("axis.months_waited"))
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.waits.alt"))
