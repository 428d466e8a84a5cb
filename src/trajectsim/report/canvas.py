"""What all figures share: colours, measures, and the way from a matplotlib figure to one inline SVG.

Colours come from Okabe and Ito and from Paul Tol's muted set, chosen so that readers with a colour vision deficiency
tell them apart; no figure relies on colour alone. Every figure is as wide as the text of an A4 page (170 mm), so that
its letters have their real size in print: 8 points, 7 inside the bars of a life.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["ARMS", "INK", "PAYERS", "Drawing", "arm_colour", "canvas", "payer_colour", "png", "quiet", "svg"]

WIDTH = 6.7
INK, SOFT, FAINT, RULE = "#1f2a33", "#55626c", "#8a959d", "#d9dee1"
ARMS = ("#6b7780", "#00677f", "#b4560b", "#6a3d9a", "#2f7d32")
PAYERS = {
    "municipality_jeugdwet": "#0b4f8a",
    "municipality_wmo": "#2f83c5",
    "municipality_participation": "#56b4e9",
    "municipality_other": "#8fb3d1",
    "education": "#117733",
    "health_insurers": "#882255",
    "justice": "#332e3c",
    "national_government": "#d55e00",
    "employers": "#999933",
    "youth_household": "#cc6677",
    "victims_neighbourhood": "#8c6d31",
}
SPARE = ("#44aa99", "#aa4499", "#ddaa33", "#5a6f99", "#997700")
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "trajectsim",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": RULE,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.unicode_minus": True,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}


@dataclass(frozen=True)
class Drawing:
    """A figure with the data that it shows (one row per mark) and a description for who cannot see it."""

    figure: Figure
    data: pd.DataFrame
    description: str


def arm_colour(index: int) -> str:
    """Return the fixed colour of an arm: grey for the null alternative, then strong colours."""
    return ARMS[index % len(ARMS)]


def payer_colour(payer: str) -> str:
    """Return the fixed colour of a payer; unknown payers get one of the spare colours, always the same."""
    return PAYERS.get(payer) or SPARE[sum(payer.encode()) % len(SPARE)]


@contextmanager
def canvas(height: float, rows: int = 1, columns: int = 1, **subplots: Any) -> Iterator[tuple[Figure, list[Axes]]]:
    """Give an empty figure of text width and `height` inches with its axes, drawn in the house style.

    Yields:
        The figure and its axes, row by row.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, list(figure.subplots(rows, columns, squeeze=False, **subplots).flat)


def quiet(axes: Axes, grid: str = "y") -> None:
    """Take away every line of a frame that says nothing; leave faint grid lines along one direction."""
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    if grid:
        axes.grid(axis=grid)  # type: ignore[arg-type]


def svg(drawing: Drawing, name: str, title: str) -> str:
    """Return the figure as SVG to stand inside a page: text as text, own ids, and a title and description.

    Args:
        drawing: the figure.
        name: a word that is used once in the page; all ids start with it.
        title: the figure's title.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        printer: Any = FigureCanvasSVG(drawing.figure)
        printer.print_svg(buffer, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->\s*|<style.*?</style>", "", text, flags=re.S)
    text = re.sub(r"<[^>]+>", lambda tag: _lean(tag.group(0)), text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'(?:xlink:)?href="#([^"]+)"', rf'href="#{name}-\1"', text)
    head, rest = text.split(">", 1)
    box = re.search(r'viewBox="([^"]+)"', head)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box.group(1) if box else ""}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
    )
    label = (
        f'<title id="{name}-title">{_escape(title)}</title><desc id="{name}-desc">{_escape(drawing.description)}</desc>'
    )
    return re.sub(r"\n\s*", "\n", opening + label + rest)


def png(drawing: Drawing, dpi: int = 200) -> bytes:
    """Return the figure as PNG on white, without a date."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        FigureCanvasAgg(drawing.figure)
        drawing.figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()


def _lean(tag: str) -> str:
    """Return a tag without its font (letters come from the page) and with coordinates to a hundredth of a point."""
    tag = re.sub(r"font-family: [^;\"]+;? ?", "", tag)
    tag = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", tag)
    return re.sub(r"(\d\.\d\d)\d+", r"\1", tag)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
