"""The figures about lives: months per place, the day of the group month by month, and two lives of one youth.

One function per figure: a table in, a `Drawing` out. Months are counted from the start of the simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trajectsim.report.canvas import FAINT, INK, SOFT, Drawing, arm_colour, canvas, quiet
from trajectsim.report.phrases import Words
from trajectsim.report.tones import ACTIVITY_TONES, NAMED_BY_STATE, TONES, event_row, ink_on, order, skipped, tone

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["day_by_month", "many_lives", "outcomes", "two_lives"]

Arms = Sequence[tuple[str, str]]


def outcomes(table: pd.DataFrame, arms: Arms, words: Words, axis: str) -> Drawing:
    """Draw outcomes per youth in every world: a dot for the mean, a bar for the 90% interval, one row per outcome.

    Args:
        table: columns outcome, title, arm, mean, p05, p95, decimals.
        arms: name and title of each arm, the null alternative first.
        words: the reader's language.
        axis: what the numbers count, for the axis.
    """
    names = list(dict.fromkeys(table["outcome"]))
    step = 0.26 / max(1, len(arms) - 1)
    with canvas(0.8 + 0.42 * len(names)) as (figure, (axes,)):
        for at, name in enumerate(names):
            rows = table[table["outcome"] == name]
            y = len(names) - 1 - at
            axes.text(-0.02, y, rows["title"].iloc[0], transform=axes.get_yaxis_transform(), ha="right", va="center")
            for index, (arm, _) in enumerate(arms):
                row = rows[rows["arm"] == arm].iloc[0]
                _interval(axes, row, y + 0.13 - step * index, index, words)
        for index, (_, title) in enumerate(arms):
            axes.plot(
                [],
                [],
                "o",
                color=arm_colour(index),
                markerfacecolor=arm_colour(index) if index else "white",
                markeredgewidth=1.6,
                label=title,
            )
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=len(arms), borderaxespad=0, handletextpad=0.2)
        axes.set_yticks([])
        axes.set_ylim(-0.5, len(names) - 0.45)
        axes.set_xlim(0, float(table["p95"].max()) * 1.16 or 1)
        axes.xaxis.set_major_formatter(
            lambda value, _: words.style.number(
                value, next((d for d in (0, 1) if abs(value - round(value, d)) < 1e-9), 2)
            )
        )
        axes.set_xlabel(axis)
        quiet(axes, "x")
        return Drawing(figure, table, words("figure.outcomes.alt"))


def _interval(axes: Axes, row: Any, y: float, index: int, words: Words) -> None:
    colour = arm_colour(index)
    axes.plot([row["p05"], row["p95"]], [y, y], color=colour, linewidth=3, alpha=0.35, solid_capstyle="round")
    axes.plot(
        [row["mean"]],
        [y],
        "o",
        color=colour,
        markerfacecolor=colour if index else "white",
        markeredgewidth=1.6,
        markersize=6,
        zorder=4,
    )
    axes.annotate(
        words.style.number(row["mean"], int(row["decimals"])),
        (max(row["p95"], row["mean"]), y),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=colour,
    )


def day_by_month(table: pd.DataFrame, arms: Arms, words: Words) -> Drawing:
    """Draw what the day is for, month by month: shares of the group, one panel per world.

    Args:
        table: columns arm, month, tone, share (0 to 1; the shares of a month sum to one).
        arms: name and title of each arm, the null alternative first.
        words: the reader's language.
    """
    from matplotlib.ticker import MaxNLocator

    tones = [t for t in ACTIVITY_TONES if t in set(table["tone"])]
    with canvas(2.75, 1, len(arms), sharey=True) as (figure, panels):
        for axes, (name, title) in zip(panels, arms, strict=True):
            wide = table[table["arm"] == name].pivot_table(index="month", columns="tone", values="share", aggfunc="sum")
            wide = wide.reindex(columns=tones).fillna(0.0)
            axes.stackplot(
                wide.index / 12, wide.to_numpy().T, colors=[TONES[t] for t in tones], linewidth=0.6, edgecolor="white"
            )
            axes.set_title(title)
            axes.set_xlim(float(wide.index.min()) / 12, float(wide.index.max()) / 12)
            axes.set_ylim(0, 1)
            axes.set_xlabel(words("axis.years_since_start"))
            axes.yaxis.set_major_formatter(lambda value, _: words.style.percent(value))
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            axes.xaxis.set_major_formatter(lambda value, _: words.style.number(value))
            quiet(axes, "")
        _tone_legend(figure, tones, words)
        return Drawing(figure, table, words("figure.day_by_month.alt"))


def _tone_legend(figure: Any, tones: Sequence[str], words: Words) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(color=TONES[t], label=words(f"tone.{t}")) for t in tones]
    figure.legend(
        handles=patches,
        loc="outside lower center",
        ncols=min(len(tones), 4),
        handlelength=1,
        handleheight=1,
        columnspacing=1.4,
    )


def two_lives(
    lives: pd.DataFrame, arms: Arms, programmes: frozenset[str], words: Words, gap: tuple[int, int] | None
) -> Drawing:
    """Draw one youth's life in every world, month by month: one panel per world, one row per part of life.

    Args:
        lives: one youth, draw and replicate: columns arm, age0_months, domain, from_month, to_month, state (events are
            rows of the domain `event`).
        arms: name and title of each arm, the null alternative first.
        programmes: domains that are interventions.
        words: the reader's language.
        gap: first month in which the lives differ and first after the last such month, or None where they never do.
    """
    rows = _rows(lives, programmes)
    months = int(lives["to_month"].max())
    height = 0.95 + len(arms) * (0.42 + 0.225 * len(rows))
    with canvas(height, len(arms), 1, sharex=True) as (figure, panels):
        for index, (axes, (name, title)) in enumerate(zip(panels, arms, strict=True)):
            own = lives[lives["arm"] == name]
            axes.set_title(title, color=arm_colour(index), pad=5)
            for at, row in enumerate(rows):
                axes.text(
                    -0.012,
                    at,
                    _row_title(row, words),
                    transform=axes.get_yaxis_transform(),
                    ha="right",
                    va="center",
                    fontsize=8,
                    color=INK if row == "activity" else SOFT,
                )
                if row.startswith("event:"):
                    _events(axes, own[own["domain"] == "event"], at, row[6:], words)
                else:
                    _stays(axes, own[own["domain"] == row], at, row, months, words)
            axes.set_ylim(len(rows) - 0.4, -0.6)
            axes.set_yticks([])
            _ages(axes, int(lives["age0_months"].iloc[0]), months, words, last=index == len(arms) - 1)
            if gap is not None:
                axes.axvline(gap[0], color=INK, linewidth=1, linestyle=(0, (2, 2)), zorder=5)
            quiet(axes, "")
        _tone_legend(figure, _tones(lives), words)
        if gap is not None:
            panels[0].set_title(
                words("figure.two_lives.split"), loc="right", fontsize=8, color=INK, weight="normal", pad=5
            )
        return Drawing(figure, lives, words("figure.two_lives.alt"))


def _tones(lives: pd.DataFrame) -> list[str]:
    """Return the tones that a life shows, in the order of the palette."""
    stays = lives[lives["domain"] != "event"]
    pairs = set(zip(stays["domain"].astype(str), stays["state"].astype(str), strict=True))
    found = {tone(domain, state) for domain, state in pairs if not skipped(domain)}
    return [t for t in TONES if t in found and t != "quiet"]


def _rows(lives: pd.DataFrame, programmes: frozenset[str]) -> list[str]:
    """Return the rows of the picture: parts of life with more than the quiet state, and rows of events."""
    stays = lives[lives["domain"] != "event"]
    loud = {
        str(d)
        for d, s in zip(stays["domain"], stays["state"], strict=True)
        if tone(str(d), str(s)) != "quiet" and not skipped(str(d))
    }
    kept = sorted(loud | ({"activity", "residence"} & set(stays["domain"])), key=lambda d: order(d, programmes))
    found = {event_row(str(e)) for e in lives.loc[lives["domain"] == "event", "state"]}
    events = [f"event:{row}" for row in ("offences", "police", "setbacks") if row in found]
    at = sum(order(d, programmes) < order("event") for d in kept)
    return kept[:at] + events + kept[at:]


def _row_title(row: str, words: Words) -> str:
    if row.startswith("event:"):
        return words(f"row.{row[6:]}")
    title = words.title(NAMED_BY_STATE.get(row, row))
    return title[:1].upper() + title[1:]


def _stays(axes: Axes, stays: pd.DataFrame, at: int, domain: str, months: int, words: Words) -> None:
    """Draw the stays of one part of life: bars with the state's name where it fits, a thin line for quiet states."""
    per_letter = months / 5.3 * 0.066  # months that one letter of 7 points takes in a panel about 5.3 inches wide
    for stay in stays.to_dict("records"):
        start = max(0, int(stay["from_month"]))
        width = int(stay["to_month"]) - start
        mood = tone(domain, str(stay["state"]))
        if mood == "quiet":
            axes.plot(
                [start, start + width], [at, at], color=TONES["quiet"], linewidth=1, solid_capstyle="butt", zorder=1
            )
            continue
        axes.barh(at, width, left=start, height=0.78, color=TONES[mood], edgecolor="white", linewidth=0.6, zorder=2)
        label = words.title(f"{domain}.{stay['state']}")
        if stay["state"] == "on":
            continue
        short = label.split(" (")[0]
        fitting = next((text for text in (label, short) if len(text) * per_letter < width - 0.8), None)
        if fitting:
            axes.text(start + 0.9, at, fitting, va="center", ha="left", fontsize=7, color=ink_on(TONES[mood]), zorder=3)


def _events(axes: Axes, events: pd.DataFrame, at: int, row: str, words: Words) -> None:
    marks = {"offences": ("v", TONES["strain"]), "police": ("D", TONES["closed"]), "setbacks": ("|", TONES["home"])}
    marker, colour = marks[row]
    months = [
        int(m) + 0.5 for m, e in zip(events["from_month"], events["state"], strict=True) if event_row(str(e)) == row
    ]
    last = axes.get_xlim()[1]
    axes.plot([0, max(last, 1)], [at, at], color=TONES["quiet"], linewidth=0.6, zorder=1, scalex=False)
    axes.plot(
        months,
        [at] * len(months),
        marker,
        color=colour,
        markersize=5 if marker != "|" else 7,
        markeredgewidth=1.4 if marker == "|" else 0,
        zorder=4,
    )


def _ages(axes: Axes, age0_months: int, months: int, words: Words, last: bool) -> None:
    """Mark birthdays below the lowest panel and the eighteenth birthday in every panel."""
    first = -(-age0_months // 12)
    birthdays = [age for age in range(first, first + months // 12 + 2) if 0 <= age * 12 - age0_months <= months]
    axes.set_xlim(0, months)
    axes.set_xticks(
        [age * 12 - age0_months for age in birthdays],
        [words("axis.age", age=age) if i == 0 else str(age) for i, age in enumerate(birthdays)],
    )
    axes.tick_params(labelbottom=last)
    for age in birthdays:
        axes.axvline(
            age * 12 - age0_months,
            color=FAINT if age == 18 else TONES["quiet"],
            linewidth=1 if age == 18 else 0.5,
            zorder=0,
        )


def many_lives(table: pd.DataFrame, arms: Arms, words: Words) -> Drawing:
    """Draw several possible lives of the same youth side by side, school and work only: one line per draw of luck.

    Args:
        table: columns life (0, 1, ...), arm, from_month, to_month, state of the domain `activity`.
        arms: name and title of each arm, the null alternative first.
        words: the reader's language.
    """
    n = int(table["life"].max()) + 1
    with canvas(0.85 + 0.155 * n, 1, len(arms), sharey=True) as (figure, panels):
        for axes, (name, title) in zip(panels, arms, strict=True):
            own = table[table["arm"] == name]
            for stay in own.to_dict("records"):
                start, end = max(0, stay["from_month"]) / 12, stay["to_month"] / 12
                axes.barh(
                    stay["life"],
                    end - start,
                    left=start,
                    height=0.8,
                    color=TONES[tone("activity", str(stay["state"]))],
                    linewidth=0,
                )
            axes.set_title(title)
            axes.set_ylim(n - 0.4, -0.6)
            axes.set_yticks([])
            axes.set_xlim(0, float(table["to_month"].max()) / 12)
            axes.set_xlabel(words("axis.years_since_start"))
            quiet(axes, "")
        found = {tone("activity", str(s)) for s in table["state"]}
        _tone_legend(figure, [t for t in ACTIVITY_TONES if t in found], words)
        return Drawing(figure, table, words("figure.many_lives.alt", n=n))
