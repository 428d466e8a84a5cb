"""The short table at the end of a run: the verdict and the same numbers as in the summary and the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.report import answer
from trajectsim.report.findings import Arm, Findings, read
from trajectsim.report.world import around

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["new_grid", "print_summary"]


def print_summary(directory: str | Path, lang: str = "nl", console: Console | None = None) -> None:
    """Print the verdict, the difference per payer, and the outcomes of every world.

    Args:
        directory: the folder, as `trajectsim run` leaves it.
        lang: nl or en.
        console: where to print; the terminal by default.

    Raises:
        UserError: no results in the folder, or no such language.
    """
    from rich.console import Console as Terminal
    from rich.text import Text

    out = console or Terminal()
    found = read(directory, lang)
    for arm in found.others:
        shown = answer.answer(found, arm)
        out.print(Text(shown.first_line, style="bold"))
        for tile in shown.tiles:
            note = f"  ({tile.note})" if tile.note else ""
            out.print(Text.assemble(f"  {tile.label}: ", (tile.value, "bold"), note))
        for sentence in (shown.intangibles, shown.effects, shown.places):
            if sentence:
                out.print(Text(f"  {sentence}"))
        costs = _costs(found, arm)
        if costs is not None:
            out.print(costs)
    outcomes = _outcomes(found)
    if outcomes is not None:
        out.print(outcomes)
    world = around(found)
    if world is not None:
        out.print(Text(found.words("section.world"), style="bold"))
        for line in world.lines:
            out.print(Text(f"  {line}"))


def new_grid(title: str, heads: list[str]) -> Table:
    """Return an empty table without lines: the first column left, the others right."""
    from rich.table import Table

    grid = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, head in enumerate(heads):
        grid.add_column(head, justify="left" if number == 0 else "right", overflow="fold")
    return grid


def _costs(found: Findings, arm: Arm) -> Table | None:
    words, style = found.words, found.words.style
    by_payer: dict[str, Any] = found.difference(arm).get("cost", {}).get("by_payer") or {}
    total = found.total(arm)
    if not total:
        return None
    chance = found.saving(arm)
    grid = new_grid(
        words("terminal.title", years=found.years),
        [words("table.payer"), words("table.difference"), words("table.interval"), words("table.chance")],
    )
    rows = [*sorted(by_payer.items(), key=lambda item: -(item[1].get("mean") or 0.0)), ("total", total)]
    for payer, stats in rows:
        last = payer == "total"
        share = chance.get("society") if last else (chance.get("by_payer") or {}).get(payer)
        cells = [
            words.payer(payer),
            style.euro(stats.get("mean"), sign=True),
            style.spread(stats, euro=True),
            style.percent(share),
        ]
        grid.add_row(*cells, style="bold" if last else None)
    return grid


def _outcomes(found: Findings) -> Table | None:
    words, style = found.words, found.words.style
    rows = found.summary.get("outcomes") or {}
    if not rows:
        return None
    grid = new_grid(
        "",
        [
            words("table.outcome"),
            *(arm.title for arm in found.arms),
            *(_gap_head(found, arm) for arm in found.others),
        ],
    )
    unit = None
    for name, by_arm in rows.items():
        if (own := answer.outcome_unit(found, name)) != unit:
            unit = own
            grid.add_row(unit, style="italic")
        cells = [style.number((by_arm.get(arm.name) or {}).get("mean"), 1) for arm in found.arms]
        for arm in found.others:
            gap = (found.difference(arm).get("outcomes") or {}).get(name) or {}
            cells.append(style.number(gap.get("mean"), 1, sign=True))
        grid.add_row(answer.outcome_title(found, name), *cells)
    return grid


def _gap_head(found: Findings, arm: Arm) -> str:
    """Return the head of a column of differences; of whom, where there are more."""
    head = found.words("table.difference")
    return head if len(found.others) == 1 else f"{head} ({arm.title})"
