"""One small picture per intervention: who, how long and how many hours, what it costs whom, what it rests on (SVG)."""

from __future__ import annotations

from html import escape

from trajectsim.config.schema import Intervention
from trajectsim.economics.per_youth import PerYouth, number_of, per_youth
from trajectsim.report.canvas import FAINT, INK, RULE, SOFT, payer_colour
from trajectsim.report.catalogue import grades_of
from trajectsim.report.phrases import plain, words

WIDTH, HEIGHT, PANEL, GAP = 760, 92, 172, 24
YOUNGEST, OLDEST = 4, 28
LONGEST = 60
"""Months that fill the bar of time; what takes longer ends in an arrow."""

MOST_HOURS, MOST_ROLES, MOST_PAYERS = 20, 3, 3
GRADES = {"A": "#00677f", "B": "#5aa6b5", "C": "#d9a441", "D": "#c9cfd3"}
ENROLLED, AFTERCARE = "#00677f", "#9cc7d0"


def picture(item: Intervention) -> str:
    """Return the picture of an intervention as SVG."""
    found = per_youth(item)
    parts = [_ages(item), _time(item, found), _money(item, found), _evidence(item)]
    body = "".join(f'<g transform="translate({n * (PANEL + GAP)} 0)">{part}</g>' for n, part in enumerate(parts))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="11" role="img" aria-label="{escape(item.title.en)}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{body}</svg>\n'
    )  # fmt: skip


def _text(x: float, y: float, text: str, colour: str = SOFT, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(text)}</text>'


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" fill="{colour}"/>'


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _number(value: float) -> str:
    text = f"{value:,.0f}" if value >= 10 else f"{value:,.1f}" if value >= 1 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ages(item: Intervention) -> str:
    """Draw the ages of those who may take part on a line from 4 to 28."""
    if not item.is_programme:
        return _text(0, 14, "for everybody", INK, bold=True) + _text(0, 34, "a lever: nobody takes part in it")
    span = item.eligible.age if item.eligible is not None else None
    low = YOUNGEST if span is None or span.from_ is None else span.from_
    high = OLDEST if span is None or span.to is None else span.to
    scale = PANEL / (OLDEST - YOUNGEST)
    start, end = ((min(max(age, YOUNGEST), OLDEST) - YOUNGEST) * scale for age in (low, high))
    told = f"age {_number(low)} to {_number(high)}" if span is not None else "any age"
    ticks = "".join(
        _text((age - YOUNGEST) * scale, 58, str(age), FAINT, "start" if age == 4 else "end" if age == 28 else "middle")
        for age in (4, 12, 18, 28)
    )
    places = number_of(item, item.places)
    count = "" if places is None else f"{_number(places.value)} place{'' if places.value == 1 else 's'}"
    return (
        _text(0, 14, told, INK, bold=True) + _bar(0, 34, PANEL, 2, RULE)
        + _bar(start, 29, max(end - start, 2), 12, ENROLLED) + ticks
        + _text(0, 80, count)
    )  # fmt: skip


def _time(item: Intervention, found: PerYouth) -> str:
    """Draw months in the programme and in aftercare, and hours a month per role."""
    if not item.is_programme:
        count = len(item.levers) + sum((c.capacity is not None) + (c.tolerance is not None) for c in item.changes)
        told = f"changes {count} number{'s' if count > 1 else ''}"
        about = [_thing(lever.parameter) for lever in item.levers]
        about += [plain(change.provision) for change in item.changes]
        lines = [name if len(name) <= 30 else name[:29] + "…" for name in dict.fromkeys(about)][:MOST_ROLES]
        return _text(0, 14, told, INK, bold=True) + "".join(_text(0, 34 + 18 * n, x) for n, x in enumerate(lines))
    months = [found.months["enrolled"], found.months["aftercare"]]
    told = f"{_number(months[0])} month{'' if months[0] == 1 else 's'}"
    told += f" + {_number(months[1])} aftercare" if months[1] else ""
    scale, x, bars = PANEL / LONGEST, 0.0, ""
    for length, colour in zip(months, (ENROLLED, AFTERCARE), strict=True):
        width = min(length * scale, PANEL - x)
        bars += _bar(x, 21, width, 7, colour)
        x += width
    if sum(months) > LONGEST:
        bars += f'<path d="M{PANEL} 18l7 6.5l-7 6.5z" fill="{AFTERCARE if months[1] else ENROLLED}"/>'
    roles = {role: hours for (role, state), hours in found.hours.items() if state == "enrolled"}
    ranked = sorted(roles.items(), key=lambda pair: -pair[1])
    rows = ""
    for n, (role, hours) in enumerate(ranked[:MOST_ROLES]):
        y = 44 + 18 * n
        rows += _bar(0, y - 9, 2 + min(hours, MOST_HOURS) / MOST_HOURS * 36, 10, "#7fa9b3")
        told_role = f"{_number(hours)} h/month {plain(role)}"
        rows += _text(44, y, told_role if len(told_role) <= 25 else told_role[:24] + "…")
    return _text(0, 14, told, INK, bold=True) + bars + rows


def _thing(path: str) -> str:
    """Return what a number is about: the last part of its path, or the one before where that says nothing."""
    steps = path.split(".")
    return plain(steps[-2] if steps[-1] in ("base", "price", "capacity", "units", "months", "bound") else steps[-1])


def _money(item: Intervention, found: PerYouth) -> str:
    """Draw euros per youth by payer, or what the programme costs as a whole."""
    w = words("en")
    ranked = sorted(found.euros.items(), key=lambda pair: -pair[1])
    total = sum(found.euros.values())
    fixed = {often: sum(x.euros for x in found.fixed if x.often == often) for often in ("once", "year", "month")}
    lines = [f"+ {w.style.euro(x)} {'once' if often == 'once' else 'a ' + often}" for often, x in fixed.items() if x]
    if not total:
        whole = lines[0].removeprefix("+ ") if lines else "no costs of its own"
        payers = dict.fromkeys(x.payer for x in found.fixed)
        rows = [*lines[1:], *(w.payer(payer) for payer in payers)]
        return _text(0, 14, whole, INK, bold=True) + "".join(_text(0, 34 + 18 * n, x) for n, x in enumerate(rows[:3]))
    bars, x = "", 0.0
    for payer, euros in ranked:
        bars += _bar(x, 21, euros / total * PANEL, 7, payer_colour(payer))
        x += euros / total * PANEL
    rows = ""
    for n, (payer, euros) in enumerate(ranked[: MOST_PAYERS - bool(lines)]):
        y = 44 + 18 * n
        rows += _bar(0, y - 8, 8, 8, payer_colour(payer))
        share = "" if len(ranked) == 1 else f" {w.style.percent(euros / total)}"
        rows += _text(13, y, f"{_short(w.payer(payer))}{share}")
    if lines:
        rows += _text(0, 80, " ".join(lines)[:32])
    return _text(0, 14, f"{w.style.euro(total)} per youth", INK, bold=True) + bars + rows


def _short(payer: str) -> str:
    return payer.replace("Municipality, ", "Munic. ")[:24]


def _evidence(item: Intervention) -> str:
    """Draw how many numbers have each grade."""
    count = grades_of(item)
    total = sum(count.values())
    if not total:
        return _text(0, 14, "no numbers", INK, bold=True)
    solid = count.get("A", 0) + count.get("B", 0)
    bars, x = "", 0.0
    for grade, number in count.items():
        bars += _bar(x, 21, number / total * PANEL, 7, GRADES[grade])
        x += number / total * PANEL
    told = f"{solid} of {total} numbers sourced" if solid else f"{total} numbers, all assumed"
    if not solid and count.get("C"):
        told = f"{total} numbers, none checked"
    legend, at = "", 0
    for grade, number in count.items():
        legend += _bar(at, 36, 8, 8, GRADES[grade]) + _text(at + 12, 44, f"{grade} {number}")
        at += 42
    return _text(0, 14, told, INK, bold=True) + bars + legend
