"""Numbers, euros, months and intervals as a Dutch or an English reader writes them.

Dutch: `€ 1.234,50`, `12,5%`, `1.234`; English: `€1,234.50`, `12.5%`, `1,234`. A minus is a real minus sign and the
space after the euro sign does not break, so that an amount never falls apart at the end of a line.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LANGUAGES", "Style", "style"]

LANGUAGES = ("nl", "en")
NBSP = "\u00a0"
MINUS = "\u2212"
UNKNOWN = "\u2013"


@dataclass(frozen=True)
class Style:
    """How numbers are written in one language."""

    lang: str
    thousands: str
    decimal: str
    euro_gap: str
    range_word: str

    def number(self, value: float | None, decimals: int = 0, sign: bool = False) -> str:
        """Return `value` with thousands marks; an en dash where it is missing. `sign` shows a plus as well."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        rounded = round(float(value), decimals)
        text = (
            f"{abs(rounded):,.{decimals}f}".replace(",", "\0").replace(".", self.decimal).replace("\0", self.thousands)
        )
        return self._mark(rounded, sign) + text

    def euro(self, value: float | None, decimals: int = 0, sign: bool = False) -> str:
        """Return an amount in euros, in whole euros unless `decimals` is given."""
        if value is None or not math.isfinite(value):
            return UNKNOWN
        rounded = round(float(value), decimals)
        mark, plain = self._mark(rounded, sign), self.number(abs(rounded), decimals)
        return f"€{NBSP}{mark}{plain}" if self.euro_gap else f"{mark}€{plain}"

    def about_euro(self, value: float | None, sign: bool = False) -> str:
        """Return an amount rounded to two or three figures, for a sentence: nobody is served by € 12.347,61."""
        return self.euro(about(value), sign=sign)

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """Return a share (0 to 1) as a percentage; a chance that is not quite nil or one is not rounded to it."""
        if share is None or not math.isfinite(share):
            return UNKNOWN
        edge = 0.5 * 10.0 ** -(decimals + 2)
        if 0 < share < edge:
            return f"<{NBSP}{self.number(10.0**-decimals, decimals)}%"
        if 1 - edge < share < 1:
            return f">{NBSP}{self.number(100 - 10.0**-decimals, decimals)}%"
        return f"{self.number(100 * share, decimals)}%"

    def interval(self, low: float | None, high: float | None, decimals: int = 0, euro: bool = False) -> str:
        """Return `low` to `high` as words, for example `€ 100 tot € 300`."""
        if low is None or high is None:
            return UNKNOWN
        write = self.euro if euro else self.number
        return f"{write(low, decimals)} {self.range_word} {write(high, decimals)}"

    def spread(self, stats: Mapping[str, float | None], decimals: int = 0, euro: bool = False) -> str:
        """Return the 90% interval of a result: its p05 to its p95."""
        return self.interval(stats.get("p05"), stats.get("p95"), decimals, euro)

    @staticmethod
    def _mark(rounded: float, sign: bool) -> str:
        if rounded < 0:
            return MINUS
        return "+" if sign and rounded > 0 else ""


STYLES = {
    "nl": Style("nl", thousands=".", decimal=",", euro_gap=NBSP, range_word="tot"),
    "en": Style("en", thousands=",", decimal=".", euro_gap="", range_word="to"),
}


def style(lang: str) -> Style:
    """Return the number style of a language.

    Raises:
        KeyError: the language is neither `nl` nor `en`.
    """
    return STYLES[lang]


def about(value: float | None) -> float | None:
    """Round to two significant figures (three from 100,000), never below whole tens."""
    if value is None or not math.isfinite(value):
        return None
    size = abs(value)
    if size < 10:
        return round(value)
    step = 10.0 ** max(1, math.floor(math.log10(size)) - (2 if size >= 1e5 else 1))
    return round(value / step) * step
