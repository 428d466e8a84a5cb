"""Sensitivity and discovery for a reader: tables for the terminal, and a figure of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trajectsim.report.canvas import INK, SOFT, Drawing, canvas, quiet, svg
from trajectsim.report.format import UNKNOWN
from trajectsim.report.labels import label, own_titles
from trajectsim.report.phrases import Words, words

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["asked", "bound_text", "draw_boxes", "draw_indices", "factor_title", "output_title", "print_discovery",
           "print_sensitivity", "words_of"]  # fmt: skip

Tree = Mapping[str, Any]
MAIN, SECOND = "#00677f", "#b4560b"
SHOWN = 15
BARS: dict[str, tuple[str, str | None]] = {"sobol": ("ST", "S1"), "morris": ("mu_star", "sigma"), "lhs": ("S1", None)}
SIGNS = {"mu_star": "mu*"}


def words_of(manifest: Mapping[str, Any], lang: str) -> Words:
    """Return the words of a language with a study's titles."""
    return words(lang, {**own_titles(manifest), **manifest["titles"]})


def factor_title(name: str, factors: Tree, w: Words) -> str:
    """Return the title of a factor: the study's own, or what its path means."""
    known = factors.get(name) or {"path": name, "title": None}
    if known["title"]:
        return str(known["title"][w.lang])
    return label(str(known["path"]), w)


def output_title(name: str, item: Tree, w: Words) -> str:
    """Return the title of an output: an outcome's own, a perspective or a payer."""
    if item["title"]:
        return str(item["title"][w.lang])
    return w(f"perspective.{name}") if w.has(f"perspective.{name}") else w.payer(name)


def _number(value: float | None, w: Words, percent: bool) -> str:
    if value is None:
        return UNKNOWN
    if percent:
        return w.style.number(value, 2)
    return w.style.number(value, 0 if abs(value) >= 100 else 2)


# --- sensitivity ------------------------------------------------------------------------------------------------------


def print_sensitivity(found: Tree, manifest: Mapping[str, Any], lang: str, console: Console) -> None:
    """Print a table of indices per output, with intervals, and how much of the spread is luck."""
    from rich.table import Table

    w, share = words_of(manifest, lang), found["kind"] != "morris"
    for name, item in found["outputs"].items():
        unit = item["unit"][lang]
        table = Table(title=w("explore.matters", what=output_title(name, item, w), unit=unit), title_justify="left")
        table.add_column(w("explore.factor"))
        if item["rows"] is None:
            console.print(w("explore.no_spread", what=output_title(name, item, w)))
            continue
        keys = [key for key in item["rows"][0] if key != "factor" and not key.endswith(("_low", "_high"))]
        for key in keys:
            table.add_column(SIGNS.get(key, key), justify="right")
        for row in item["rows"]:
            cells = []
            for key in keys:
                text = _number(row[key], w, share)
                if f"{key}_low" in row:
                    low, high = (_number(row[f"{key}_{side}"], w, share) for side in ("low", "high"))
                    text += f"  ({low} {w('explore.to')} {high})"
                cells.append(text)
            table.add_row(factor_title(row["factor"], found["factors"], w), *cells)
        console.print(table)
        if item["noise_share"] is not None:
            console.print(w("explore.noise", share=w.style.percent(item["noise_share"])))
    console.print(found["note"][lang])
    if found["left_out"]:
        console.print(w("explore.left_out", n=found["left_out"]))


def draw_indices(found: Tree, manifest: Mapping[str, Any], lang: str) -> str:
    """Return an SVG with a panel per output: bars of the main index with intervals, dots of the second one."""
    import pandas as pd

    w = words_of(manifest, lang)
    shown = {name: item for name, item in found["outputs"].items() if item["rows"]}
    main, second = BARS[found["kind"]]
    lines = max((min(len(item["rows"]), SHOWN) for item in shown.values()), default=1)
    data = []
    with canvas(max(1.6, 0.24 * lines + 0.9) * max(len(shown), 1), rows=max(len(shown), 1)) as (figure, axes):
        for panel, (name, item) in zip(axes, shown.items(), strict=False):
            rows = item["rows"][:SHOWN][::-1]
            names = [factor_title(row["factor"], found["factors"], w) for row in rows]
            values = [row[main] or 0.0 for row in rows]
            panel.barh(names, values, color=MAIN, height=0.55, label=SIGNS.get(main, main))
            lows = [max(0.0, v - (row[f"{main}_low"] or 0.0)) for v, row in zip(values, rows, strict=True)]
            highs = [max(0.0, (row[f"{main}_high"] or 0.0) - v) for v, row in zip(values, rows, strict=True)]
            panel.errorbar(values, names, xerr=[lows, highs], fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)
            if second is not None:
                panel.plot([row[second] or 0.0 for row in rows], names, "D", color=SECOND, markersize=4, label=second)
            panel.set_title(output_title(name, item, w))
            panel.legend(loc="lower right")
            quiet(panel, "x")
            data += [{"output": name, **row} for row in rows[::-1]]
        drawing = Drawing(figure, pd.DataFrame(data), w("explore.alt_indices"))
        return svg(drawing, "sensitivity", w("explore.title_indices"))


# --- discovery --------------------------------------------------------------------------------------------------------


def print_discovery(found: Tree, manifest: Mapping[str, Any], lang: str, console: Console) -> None:
    """Print in how many points it fails, and the boxes in which that is the rule."""
    w = words_of(manifest, lang)
    console.print(asked(found, w))
    if found["noise_share"] is not None:
        console.print(w("explore.noise", share=w.style.percent(found["noise_share"])))
    if not found["boxes"]:
        console.print(w("explore.no_boxes"))
    for number, box in enumerate(found["boxes"], 1):
        shares = {key: w.style.percent(box[key]) for key in ("density", "coverage")}
        numbers = {"n": number, "failing": box["failing"], "points": box["points"], **shares}
        console.print(w("explore.box", **numbers))
        for bound in box["bounds"]:
            console.print(f"    {bound_text(bound, found['factors'], w)}", soft_wrap=True)
    if found["tested"] is not None:
        right, always = (w.style.percent(found["tested"][key]) for key in ("right", "always"))
        console.print(w("explore.tested" if found["sound"] else "explore.not_sound", right=right, always=always))
    console.print(found["method"][lang])
    if found["left_out"]:
        console.print(w("explore.left_out", n=found["left_out"]))


def asked(found: Tree, w: Words) -> str:
    """Say in how many points it fails, and what failing is."""
    return w(
        f"explore.fails_{found['side']}",
        failing=found["failing"],
        points=found["points"],
        what=output_title(found["output"], found, w),
        unit=found["unit"][w.lang],
        bound=_number(found["bound"], w, False),
    )


def bound_text(bound: Tree, factors: Tree, w: Words) -> str:
    """Say one side of a box in words."""
    name = factor_title(bound["factor"], factors, w)
    if bound["text"] is not None:
        is_so = bound["low"] is not None
        return w("explore.is" if is_so else "explore.is_not", factor=name, value=bound["text"])
    low, high = (_figure(bound[side], w) for side in ("low", "high"))
    if bound["low"] is None:
        return w("explore.at_most", factor=name, high=high)
    if bound["high"] is None:
        return w("explore.more_than", factor=name, low=low)
    return w("explore.between", factor=name, low=low, high=high)


def _within(bound: Tree | None, low: float, high: float) -> tuple[float, float]:
    """Return the sides of a box along an axis; where it has none, those of the axis."""
    given = bound or {"low": None, "high": None}
    return (low if given["low"] is None else given["low"]), (high if given["high"] is None else given["high"])


def _figure(value: float | None, w: Words) -> str:
    if value is None:
        return UNKNOWN
    text = f"{value:.3g}" if abs(value) < 1000 else w.style.number(value)
    return text.replace(".", ",") if w.lang == "nl" and abs(value) < 1000 else text


def draw_boxes(found: Tree, x: Any, fails: Any, manifest: Mapping[str, Any], lang: str) -> str | None:
    """Return an SVG of the points by the two factors that matter most: which fail, and the boxes.

    Args:
        found: what `discover` returned.
        x: factors of its points [P, k], numbers.
        fails: which fail [P].
        manifest: of the study.
        lang: the reader's language.

    Returns:
        None where fewer than two factors matter.
    """
    import pandas as pd
    from matplotlib.patches import Rectangle

    w = words_of(manifest, lang)
    names = [name for name in found["importance"] if name in x][:2]
    if len(names) < 2:
        return None
    one, other = names
    with canvas(4.2) as (figure, (panel,)):
        for mark, colour, rows, key in (("o", MAIN, ~fails, "holds"), ("X", SECOND, fails, "fails")):
            panel.plot(x.loc[rows, one], x.loc[rows, other], mark, color=colour, markersize=4, alpha=0.75,
                       linestyle="none", label=w(f"explore.{key}"))  # fmt: skip
        (left, right), (bottom, top) = panel.get_xlim(), panel.get_ylim()
        for box in found["boxes"]:
            sides = {bound["factor"]: bound for bound in box["bounds"] if bound["text"] is None}
            x0, x1 = _within(sides.get(one), left, right)
            y0, y1 = _within(sides.get(other), bottom, top)
            panel.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, facecolor=SECOND, alpha=0.12, edgecolor=SOFT))
        panel.set_xlabel(factor_title(one, found["factors"], w))
        panel.set_ylabel(factor_title(other, found["factors"], w))
        panel.legend(loc="upper right", frameon=True)
        quiet(panel, "both")
        data = pd.DataFrame({one: x[one], other: x[other], "fails": fails})
        return svg(Drawing(figure, data, w("explore.alt_boxes")), "discovery", w("explore.title_boxes"))
