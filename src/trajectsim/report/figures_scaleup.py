"""The figures of scaling up: the curve with its band, per place, what binds on the way, and without each limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from trajectsim.report.canvas import ARMS, FAINT, INK, SOFT, Drawing, canvas, quiet
from trajectsim.report.figures import euro_axis
from trajectsim.report.phrases import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["curve", "limits", "mechanisms", "per_place"]

Tree = Mapping[str, Any]
MAIN, COST = ARMS[1], ARMS[2]


def _sizes_axis(axes: Axes, places: Sequence[int], words: Words, label: bool = True) -> None:
    """Show sizes on a scale of ratios, with the sizes themselves as ticks; those that would touch are left out."""
    least = min(n for n in places if n > 0)
    axes.set_xscale("symlog", linthresh=least, linscale=0.4) if 0 in places else axes.set_xscale("log")
    shown: list[int] = []
    for n in places:
        if not shown or n == 0 or shown[-1] == 0 or n >= 1.45 * shown[-1]:
            shown.append(n)
    axes.set_xticks(shown, [words.style.number(n) for n in shown])
    axes.minorticks_off()
    if label:
        axes.set_xlabel(words("scale.col_places"))


def curve(sizes: Sequence[Tree], best: int, label: str, words: Words) -> Drawing:
    """Draw the net benefit of society in total against places, with its band and the best number.

    Args:
        sizes: of the tree of `analysis.scaleup.scale_curve`.
        best: the number of places after which the next one no longer pays; 0 where none pays.
        label: what is written beside it.
        words: the reader's language.
    """
    import pandas as pd

    places = [int(size["places"]) for size in sizes]
    table = pd.DataFrame(
        {"places": size["places"], **{k: size["total"]["net_benefit"][k] for k in ("mean", "p05", "p95", "error")}}
        for size in sizes
    )
    with canvas(3.3) as (figure, (axes,)):
        axes.axhline(0, color=INK, linewidth=0.9)
        axes.fill_between(table["places"], table["p05"], table["p95"], color=MAIN, alpha=0.16, linewidth=0)
        axes.plot(table["places"], table["mean"], color=MAIN, linewidth=2, marker="o", markersize=4.5, zorder=3)
        if best in places:
            height = float(table["mean"][places.index(best)])
            axes.axvline(best, color=COST, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
            axes.plot([best], [height], "D", color=COST, markersize=8, zorder=4)
            top = axes.get_ylim()[1]
            right = places.index(best) >= 0.6 * len(places)
            axes.annotate(
                label, (best, top),
                (-6 if right else 6, -2), textcoords="offset points", va="top", ha="right" if right else "left",
                color=COST, weight="bold", fontsize=8,
            )  # fmt: skip
        _sizes_axis(axes, places, words)
        euro_axis(axes.yaxis, words, sign=True)
        quiet(axes)
        return Drawing(figure, table, words("scale.figure_curve_read"))


def per_place(sizes: Sequence[Tree], words: Words) -> Drawing:
    """Draw what a place that is filled for a year brings net, with its band, and what it costs."""
    import pandas as pd

    rows = [
        {"places": s["places"], "of": key, **{k: s[key][k] for k in ("mean", "p05", "p95")}}
        for s in sizes
        for key in ("net_benefit_per_place", "cost_per_place")
        if s[key]["mean"] is not None
    ]
    table = pd.DataFrame(rows)
    with canvas(2.8) as (figure, (axes,)):
        axes.axhline(0, color=INK, linewidth=0.9)
        looks: list[tuple[str, str, Any]] = [
            ("net_benefit_per_place", MAIN, "-"), ("cost_per_place", COST, (0, (4, 2))),
        ]  # fmt: skip
        ends = {key: table[table["of"] == key]["mean"].iloc[-1] for key, *_ in looks}
        for key, colour, style in looks:
            own = table[table["of"] == key]
            above = ends[key] >= max(ends.values())
            if key == "net_benefit_per_place":
                axes.fill_between(own["places"], own["p05"], own["p95"], color=colour, alpha=0.16, linewidth=0)
            axes.plot(own["places"], own["mean"], color=colour, linestyle=style, linewidth=2, marker="o", markersize=4)
            label = words("scale.col_per" if key == "net_benefit_per_place" else "scale.col_cost")
            at = (own["places"].iloc[-1], own["mean"].iloc[-1])
            axes.annotate(label, at, (0, 7 if above else -7), ha="right", va="bottom" if above else "top",
                          textcoords="offset points", color=colour, weight="bold")  # fmt: skip
        _sizes_axis(axes, [int(s["places"]) for s in sizes], words)
        euro_axis(axes.yaxis, words, sign=True)
        quiet(axes)
        return Drawing(figure, table, words("scale.figure_place_read"))


def mechanisms(
    columns: Mapping[str, tuple[str, Sequence[float | None]]], places: Sequence[int], words: Words
) -> Drawing:
    """Draw one small panel for each thing that may come to bind.

    Args:
        columns: by name the title of a panel and its value per size; from 0 to 1 where the name ends in `share`.
        places: the sizes.
        words: the reader's language.
    """
    import pandas as pd
    from matplotlib.ticker import FuncFormatter

    table = pd.DataFrame({"places": list(places), **{name: list(values) for name, (_, values) in columns.items()}})
    wide = 3
    rows = -(-len(columns) // wide)
    with canvas(0.3 + 1.55 * rows, rows, wide) as (figure, panels):
        for axes, (name, (title, values)) in zip(panels, columns.items(), strict=False):
            known = [(n, v) for n, v in zip(places, values, strict=True) if v is not None]
            axes.plot([n for n, _ in known], [v for _, v in known], color=MAIN, linewidth=1.8, marker="o", markersize=3)
            axes.set_title(title, fontsize=8.5, pad=4)
            share = name.endswith("share")
            highest = max([v for _, v in known], default=0.0)
            axes.set_ylim(0, 1.05 if share else max(1.1 * highest, 1.0))
            write = words.style.percent if share else words.style.number
            axes.yaxis.set_major_formatter(FuncFormatter(partial(_written, write)))
            axes.yaxis.get_major_locator().set_params(nbins=3)  # type: ignore[call-arg]
            _sizes_axis(axes, places, words, label=False)
            ticks = axes.get_xticks()
            kept = [n for i, n in enumerate(ticks) if (len(ticks) - 1 - i) % (2 if len(ticks) > 5 else 1) == 0]
            axes.set_xticks(kept, [words.style.number(n) for n in kept])
            quiet(axes)
        for axes in panels[len(columns) :]:
            axes.set_visible(False)
        return Drawing(figure, table, words("scale.figure_mechanisms_read"))


def _written(write: Callable[[float], str], value: float, _: int) -> str:
    return write(value)


def limits(found: Mapping[str, Tree], words: Words) -> Drawing:
    """Draw what comes back when each limit is taken away: the mean and two standard errors."""
    import pandas as pd

    order = sorted((n for n in found if n != "all"), key=lambda n: -(found[n]["net_benefit"]["mean"] or 0.0))
    order += ["all"] if "all" in found else []
    rows = [
        {"limit": name, "mean": found[name]["net_benefit"]["mean"], "error": found[name]["net_benefit"]["error"] or 0.0}
        for name in order
    ]
    table = pd.DataFrame(rows)
    n = len(rows)
    with canvas(0.6 + 0.34 * n) as (figure, (axes,)):
        axes.axvline(0, color=INK, linewidth=0.9)
        for at, row in enumerate(rows):
            sure = row["mean"] - 2 * row["error"] > 0
            colour = COST if sure else FAINT
            ends = [row["mean"] - 2 * row["error"], row["mean"] + 2 * row["error"]]
            axes.plot(ends, [n - at] * 2, color=colour, linewidth=4, alpha=0.4, solid_capstyle="round")
            axes.plot([row["mean"]], [n - at], "D" if row["limit"] == "all" else "o", color=colour, markersize=6)
            place = axes.get_yaxis_transform()
            title = words(f"scale.limit.{row['limit']}")
            axes.text(-0.02, n - at, title, transform=place, ha="right", va="center", color=INK if sure else SOFT)
        axes.set_yticks([])
        axes.set_ylim(0.4, n + 0.6)
        axes.margins(x=0.08)
        euro_axis(axes.xaxis, words, sign=True, ticks=4)
        quiet(axes, "x")
        return Drawing(figure, table, words("scale.figure_limits_read"))
