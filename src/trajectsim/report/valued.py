"""The cost-benefit analysis on the terminal: per payer what goes in and what comes back, and what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.report.phrases import Words, words
from trajectsim.report.terminal import new_grid

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_value", "sentences"]

WHOLES = ("society", "society_without_intangibles", "municipality")


def print_value(tree: dict[str, Any], folder: Path, lang: str, console: Console) -> None:
    """Print the main tables of `trajectsim.analysis.mkba.mkba`.

    Args:
        tree: the analysis.
        folder: the study's folder, for the titles of its arms.
        lang: nl or en.
        console: where to print.
    """
    from rich.text import Text

    titles = json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("titles") or {}
    say = words(lang, titles)
    for name, arm in tree["arms"].items():
        title = say("valued.title", arm=say.title(f"arm.{name}", name), years=tree["about"]["horizon_years"])
        grid = new_grid(title, [say(f"valued.{head}") for head in ("who", "programme", "back", "net", "ratio", "year")])
        for who, found in arm["perspectives"].items():
            if _touched(found):
                label = say(f"perspective.{who}") if who in WHOLES else say.payer(who)
                grid.add_row(label, *_cells(found, say), style="bold" if who in WHOLES else None)
        console.print(grid)
        for line in sentences(arm, say):
            console.print(Text(f"  {line}"))


def _touched(found: dict[str, Any]) -> bool:
    return bool(found["programme_cost"]["mean"]) or bool(found["net_present_value"]["mean"])


def _cells(found: dict[str, Any], say: Words) -> list[str]:
    style, year = say.style, (found["break_even"] or {}).get("year")
    return [
        style.euro(found["programme_cost"]["mean"]),
        style.euro(found["benefits"]["mean"]),
        style.euro(found["net_present_value"]["mean"], sign=True),
        style.number(found["ratio"], 2),
        say("valued.never") if year is None else style.number(year),
    ]


def sentences(arm: dict[str, Any], say: Words) -> list[str]:
    """Return what stands beside the table in words: booked savings, marginal prices, the long run, compensation."""
    style = say.style
    out = []
    rows = arm["budget"]["payers"].get("municipality")
    if rows:
        keys = ("savings", "cashable", "programme", "extra")
        saved, booked, cost, extra = (sum(row[key] for row in rows) for key in keys)
        net = sum(row["net_in_budget"]["mean"] for row in rows)
        direction = say("lead.more" if net > 0 else "lead.less")
        out.append(say("valued.cashable", saved=style.about_euro(saved), booked=style.about_euro(booked),
                       spent=style.about_euro(cost + extra), net=style.about_euro(abs(net)), direction=direction)
        )  # fmt: skip
    marginal = arm["marginal_prices"]["society"]["marginal"]["mean"]
    out.append(say("valued.marginal", net=style.about_euro(-marginal, sign=True)))
    run = arm["long_run"]
    if run["available"]:
        later = run["perspectives"]["society"]
        later_net = style.about_euro(-later["projected"]["mean"], sign=True)
        out.append(say("valued.long_run", net=later_net, share=style.percent(later["share"])))
    own = arm["who_pays_who_gains"]["compensation"]["public_payers"]
    if own["payments"]:
        key = "valued.compensated" if own["uncovered"] < 0.5 else "valued.uncovered"
        out.append(say(key, left=style.about_euro(own["uncovered"]), share=style.percent(own["feasible"])))
    return out
