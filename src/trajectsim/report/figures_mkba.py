"""The figure of the budget: what a municipality spends and saves by calendar year, and which part it can book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from trajectsim.report.canvas import INK, Drawing, canvas, quiet
from trajectsim.report.figures import euro_axis
from trajectsim.report.phrases import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["budget"]

PROGRAMME, EXTRA, SAVED = "#6b7780", "#b4560b", "#00677f"


def budget(table: pd.DataFrame, words: Words) -> Drawing:
    """Draw spending above nil and savings below it, for each calendar year.

    Args:
        table: columns year, programme, extra, savings, cashable, net_in_budget (euros of the whole cohort).
        words: the reader's language.
    """
    with canvas(3.0) as (figure, (axes,)):
        at = range(len(table))
        rest = table["savings"] - table["cashable"]
        axes.bar(at, table["programme"], 0.62, color=PROGRAMME, label=words("mkba.budget_programme"))
        axes.bar(at, table["extra"], 0.62, bottom=table["programme"], color=EXTRA, label=words("mkba.budget_extra"))
        axes.bar(at, -table["cashable"], 0.62, color=SAVED, label=words("mkba.budget_booked"))
        axes.bar(
            at, -rest, 0.62, bottom=-table["cashable"], color="none", edgecolor=SAVED, hatch="///", linewidth=0.8,
            label=words("mkba.budget_rest"),
        )  # fmt: skip
        axes.plot(
            at, table["net_in_budget"], "o-", color=INK, linewidth=1.6, markersize=4, label=words("mkba.budget_net")
        )
        axes.axhline(0, color=INK, linewidth=0.9)
        axes.set_xticks(list(at), [str(int(year)) for year in table["year"]])
        euro_axis(axes.yaxis, words)
        quiet(axes)
        figure.legend(loc="outside lower center", ncols=3)
        return Drawing(figure, table, words("figure.budget.alt"))
