"""Two pages for a council: the answer, who pays and gains, the budget, lives, what to find out, what to mind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectsim.report import money, trust
from trajectsim.report.analysed import NOTHING, Analysed
from trajectsim.report.answer import Answer, answer
from trajectsim.report.blocks import Shown, Table
from trajectsim.report.findings import Arm, Findings
from trajectsim.report.groups import group_name
from trajectsim.report.labels import label
from trajectsim.report.pages import write_page

__all__ = ["write_council"]

MOST = 3
MINDED = ("hand_picked", "not_cash", "rights", "horizon")
FEWEST_EUROS = 0.5
CLEAR = 3.0
"""Standard errors between two groups before they are told apart: the widest of many gaps is wide by chance too."""


def write_council(found: Findings, known: Analysed = NOTHING) -> Path:
    """Write `council.html` into a folder of results; it holds two printed pages for one world against the other.

    Raises:
        UserError: the file cannot be written.
    """
    arms = [_of_arm(found, known, arm) for arm in found.others]
    content = {"arms": arms, "limits": _limits(found), "more": _more(found)}
    return write_page(found.directory / "council.html", "council.html.j2", content, found)


def _of_arm(found: Findings, known: Analysed, arm: Arm) -> dict[str, Any]:
    told: Answer = answer(found, arm)
    tree = known.of(arm)
    return {
        "told": told,
        "pocket": _pocket(found, tree, arm),
        "payers": _bare(money.difference_by_payer(found, arm)),
        "payback": _bare(money.payback(found, arm)),
        "budget": _budget(found, tree),
        "way": _way(found, tree),
        "groups": _groups(found, known, arm),
        "after": _after(found, tree),
        "find": _find(found, known),
    }


def _bare(shown: Shown | None) -> Shown | None:
    """Return a figure without the table that unfolds; paper does not unfold."""
    return None if shown is None else Shown(shown.name, shown.title, shown.svg, shown.read)


def _pocket(found: Findings, tree: Mapping[str, Any], arm: Arm) -> str:
    words, style = found.words, found.words.style
    by_payer = found.difference(arm).get("cost", {}).get("by_payer") or {}
    means = {payer: float(stats.get("mean") or 0.0) for payer, stats in by_payer.items() if payer != "municipality"}
    if not means:
        return ""
    loser, winner = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    if means[loser] < FEWEST_EUROS:
        return words("council.pays_one")
    return words(
        "council.pays", loser=words.party(loser), loss=style.about_euro(means[loser]), winner=words.party(winner),
        gain=style.about_euro(max(0.0, -means[winner])),
    )  # fmt: skip


def _budget(found: Findings, tree: Mapping[str, Any]) -> str:
    rows = (tree.get("budget") or {}).get("payers", {}).get("municipality") or ()
    if not rows:
        return ""
    style = found.words.style
    sums = {key: sum(row[key] for row in rows) for key in ("savings", "cashable", "programme", "extra")}
    told = {key: style.about_euro(value) for key, value in sums.items()}
    net = sum(row["net_in_budget"]["mean"] for row in rows)
    return found.words(
        "council.budget_text", savings=told["savings"], cashable=told["cashable"], cost=told["programme"],
        extra=told["extra"], net=style.about_euro(abs(net)),
        direction=found.words("lead.more" if net > 0 else "lead.less"),
        size=style.number(found.size),
    )  # fmt: skip


def _way(found: Findings, tree: Mapping[str, Any]) -> str:
    own = (tree.get("who_pays_who_gains") or {}).get("compensation", {}).get("public_payers") or {}
    if not own.get("payments") or own["feasible"] is None:
        return ""
    return found.words("council.way", share=found.words.style.percent(own["feasible"]))


def _groups(found: Findings, known: Analysed, arm: Arm) -> str:
    """Return between which groups of a kind the municipality's difference runs widest; nothing if chance may do it."""
    rows = (known.groups.get("municipality") or {}).get("rows") or {}
    kinds: dict[str, list[tuple[float, float, str]]] = {}
    for name, row in rows.items():
        by, _, own = name.partition(".")
        stats = row["difference"][arm.name]
        if by != "all" and stats["mean"] is not None and stats["error"] is not None:
            kinds.setdefault(by, []).append((stats["mean"], stats["error"], own))
    widest, told = 0.0, ""
    for by, groups in kinds.items():
        (low, low_error, first), (high, high_error, last) = min(groups), max(groups)
        gap = high - low
        if gap > max(widest, CLEAR * math.hypot(low_error, high_error)):
            words, style = found.words, found.words.style
            widest = gap
            told = words(
                "council.groups", low=style.about_euro(low, sign=True), low_group=group_name(by, first, words),
                high=style.about_euro(high, sign=True), high_group=group_name(by, last, words),
            )  # fmt: skip
    return told


def _after(found: Findings, tree: Mapping[str, Any]) -> str:
    run = tree.get("long_run") or {}
    if not run.get("available"):
        return ""
    own, style = run["perspectives"]["society"], found.words.style
    return found.words(
        "council.after_text", years=found.years, amount=style.about_euro(-own["projected"]["mean"], sign=True),
        share=style.percent(own["share"]),
    )  # fmt: skip


def _find(found: Findings, known: Analysed) -> Table | None:
    words, style = found.words, found.words.style
    rows = [
        [
            label(entry["path"], words), entry["grade"], str(entry["gap"][words.lang]),
            style.about_euro(entry["evppi_in_all"]),
        ]
        for entry in known.decision.get("agenda") or ()
        if entry["decisive"] and entry["clear"]
    ]  # fmt: skip
    head = [words(f"decision.{key}") for key in ("what", "grade", "gap")] + [words("decision.axis.evsi")]
    return Table(head, rows[:MOST], text=frozenset({0, 1, 2})) if rows else None


def _limits(found: Findings) -> list[tuple[str, str]]:
    heads = {found.words(f"limit.{key}.head", years=found.years) for key in MINDED}
    return [(head, text) for head, text in trust.limits(found, None) if head in heads] + trust.caveats(found)[-1:]


def _more(found: Findings) -> str:
    number = found.words.style.number
    return found.words(
        "council.more", draws=number(found.summary["draws_used"]), replicates=number(found.summary["replicates"])
    )
