"""One picture per case (SVG): the source's sum in bars, and who gains in the tool's answer, with 90% intervals."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from experiments.source_sums.answers import Answer
from experiments.source_sums.compute import Result
from experiments.source_sums.declared import Sum
from experiments.source_sums.words import Lang, say, style
from trajectsim.report.canvas import FAINT, INK, RULE, SOFT

__all__ = ["Interval", "picture"]

WIDTH, RIGHT, LABEL = 760, 400, 130
ROW, HEAD = 24, 46
BARS = ("#6b7780", "#00677f")
GAIN, LOSS, UNSURE = "#2f7d32", "#b4560b", "#55626c"

Interval = tuple[str, Answer]
"""A label and what it stands for."""


def picture(item: Sum, result: Result, shown: Sequence[Interval], lang: Lang) -> str:
    """Return the picture: the two worlds of a sum on the left, gains of the whole group (if any) on the right."""
    rows = max(2, len(shown))
    height = HEAD + ROW * rows + 30
    parts = [_sum(item, result, lang)]
    if shown:
        parts.append(f'<g transform="translate({WIDTH - RIGHT} 0)">{_intervals(shown, lang)}</g>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="11" role="img" aria-label="{escape(getattr(item.title, lang))}">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(parts)}</svg>\n'
    )  # fmt: skip


def _text(x: float, y: float, text: str, colour: str = SOFT, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _sum(item: Sum, result: Result, lang: Lang) -> str:
    """Draw the totals of both worlds."""
    assert item.worlds is not None
    head = "our_sum" if item.beside is not None else "sources_sum"
    out = _text(0, 14, say(head, lang), INK, bold=True) + _text(0, 30, getattr(item.title, lang))
    largest = max(*result.totals.values(), 1.0)
    for n, (world, key) in enumerate(zip(item.worlds, ("first", "second"), strict=True)):
        y, width = HEAD + n * ROW, result.totals[key] / largest * 120
        out += _text(0, y + 12, getattr(world, lang), INK)
        out += f'<rect x="130" y="{y}" width="{_n(width)}" height="15" fill="{BARS[n]}"/>'
        out += _text(135 + width, y + 12, style(lang).euro(result.totals[key]), INK)
    return out


def _intervals(shown: Sequence[Interval], lang: Lang) -> str:
    """Draw mean and 90% interval of each gain on one scale that holds nought."""
    low = min(0.0, *(x.p05 for _, x in shown))
    high = max(0.0, *(x.p95 for _, x in shown))
    scale = (RIGHT - LABEL - 10) / ((high - low) or 1.0)

    def at(euros: float) -> float:
        return LABEL + (euros - low) * scale

    bottom = HEAD + len(shown) * ROW
    out = _text(0, 14, say("tool_answer", lang), INK, bold=True) + _text(0, 30, say("tool_axis", lang))
    out += f'<line x1="{_n(at(0))}" y1="{HEAD - 6}" x2="{_n(at(0))}" y2="{bottom}" stroke="{RULE}"/>'
    for n, (label, x) in enumerate(shown):
        y = HEAD + n * ROW + 8
        colour = GAIN if x.p05 > 0 else LOSS if x.p95 < 0 else UNSURE
        out += _text(0, y + 4, label, INK)
        out += (
            f'<line x1="{_n(at(x.p05))}" y1="{y}" x2="{_n(at(x.p95))}" y2="{y}" stroke="{colour}" stroke-width="3"/>'
        )
        out += f'<circle cx="{_n(at(x.mean))}" cy="{y}" r="5" fill="{colour}"/>'
    ends = [(at(low), "start", low), (at(high), "end", high)]
    out += "".join(_text(x, bottom + 16, style(lang).about_euro(euros), FAINT, anchor) for x, anchor, euros in ends)
    return out
