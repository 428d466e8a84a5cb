"""The section about the world around the youths: who waits for what, coaches, employers, budgets, and interference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trajectsim.report import figures_world
from trajectsim.report.blocks import Shown, Table, show
from trajectsim.report.findings import LEAST, Arm, Findings, text_of

if TYPE_CHECKING:
    from trajectsim.report.phrases import Words

__all__ = ["World", "around"]

MOST_NAMED = 12
"""Mechanisms that are off and named; the others are counted."""

LEAST_GRANTED = 0.25
"""Places granted to the cohort over the period, on average, below which a mean wait is not shown."""


_COLUMNS = (("asked",), ("granted",), ("refused", "not_selected", "no_money"), ("passed_on",), ("left",))
"""What became of requests, column by column."""


@dataclass(frozen=True)
class World:
    """What the report says of the world: sentences, tables per pair of arms, and the figure of waits.

    `off` names mechanisms that are off; `lines` are the sentences that stand alone on the terminal too.
    """

    off: str
    limits: str
    requests: list[tuple[str, Table]]
    waits: Shown | None
    employers: Table | None
    teams: list[str]
    budgets: list[tuple[str, Table]]
    savings: list[str]
    out: list[str]
    interference: list[str]
    reasons: Table | None

    @property
    def lines(self) -> list[str]:
        """Return the sentences that matter most, for the terminal."""
        return [text for text in (self.off, *self.teams, *self.out, *self.interference, self.limits) if text]


def around(found: Findings) -> World | None:
    """Return the section about the world, or None where nothing is shared and nothing is off."""
    tree: Mapping[str, Any] | None = found.summary.get("world")
    if not tree:
        return None
    off = " ".join(text for text in (_off(found, tree), _scale(found)) if text)
    if not tree.get("provisions"):
        return World(off, "", [], None, None, [], [], [], [], [], None) if off else None
    pairs: list[Arm | None] = list(found.others) or [None]
    budgets = [(_title(arm), table) for arm in pairs if (table := _budgets(found, tree, arm)) is not None]
    return World(
        off=off,
        limits=found.words("world.limits"),
        requests=[(_title(arm), _requests(found, tree, arm)) for arm in pairs],
        waits=_waits(found, tree),
        employers=_employers(found, tree),
        teams=_teams(found, tree),
        budgets=budgets,
        savings=[text for arm in found.others if (text := _savings(found, tree, arm))],
        out=_out(found, tree),
        interference=[text for arm in found.others if (text := _interference(found, tree, arm))],
        reasons=_reasons(found, tree),
    )


def _title(arm: Arm | None) -> str:
    return "" if arm is None else arm.title


def _off(found: Findings, tree: Mapping[str, Any]) -> str:
    """Return the sentence that names the mechanisms which are off."""
    names, words = list(tree.get("mechanisms_off") or ()), found.words
    told = (found.manifest.get("world") or {}).get("mechanisms") or {}
    if not names:
        return ""
    if len(names) == len(told):
        return words("world.off_all")
    titles = [_text(words, told.get(name), name) for name in names[:MOST_NAMED]]
    key = "world.off_more" if len(names) > MOST_NAMED else "world.off"
    return words(key, names="; ".join(titles), n=len(names) - MOST_NAMED)


def _scale(found: Findings) -> str:
    """Return the sentence that says how many towns together the world is, where that is not one."""
    scale = float((found.manifest.get("scenario") or {}).get("scale") or 1)
    decimals = 0 if scale == int(scale) else 2
    return "" if scale == 1 else found.words("world.scale", scale=found.words.style.number(scale, decimals))


def _text(words: Words, item: Mapping[str, Any] | None, name: str) -> str:
    return text_of((item or {}).get("title"), words.lang) or words.title(name)


def _provision(words: Words, item: Mapping[str, Any], name: str) -> str:
    """Return a provision's title as a row begins with it; the places of a programme are told apart."""
    title = _text(words, item, name)
    title = title[:1].upper() + title[1:]
    return words("world.programme", title=title) if item.get("kind") == "programme" else title


# --- requests and waits -----------------------------------------------------------------------------------------------


def _arms(found: Findings, arm: Arm | None) -> list[str]:
    return [found.base.name] if arm is None else [found.base.name, arm.name]


def _asked(item: Mapping[str, Any]) -> float:
    return max(float(own["asked"]["mean"]) for own in item["arms"].values())


def _requests(found: Findings, tree: Mapping[str, Any], arm: Arm | None) -> Table:
    """Return what became of requests per hundred youths, in the null alternative and in one other world."""
    words, style = found.words, found.words.style
    scale = 100 / found.size
    rows = []
    for name, item in sorted(tree["provisions"].items(), key=lambda entry: -_asked(entry[1])):
        if _asked(item) * scale < 0.5:
            continue
        own = [item["arms"][key] for key in _arms(found, arm)]
        cells = [_change([style.number(_sum(one, kinds) * scale) for one in own]) for kinds in _COLUMNS]
        waits = _change([style.number(_wait(one), 1) for one in own])
        taken = _change([style.number(one["taken"]["mean"] * scale) for one in own])
        rows.append([_provision(words, item, name), *cells, waits, taken])
    head = ["provision", "asked", "granted", "refused", "passed_on", "gave_up", "wait", "to_others"]
    return Table([words(f"table.{key}") for key in head], rows)


def _sum(own: Mapping[str, Any], answers: tuple[str, ...]) -> float:
    return sum(float(own[answer]["mean"]) for answer in answers)


def _wait(own: Mapping[str, Any]) -> float | None:
    return own["wait_months"] if own["granted"]["mean"] >= LEAST_GRANTED else None


def _change(cells: list[str]) -> str:
    """Return a number of every world with arrows between, or one number where it is the same in all."""
    return " → ".join(cells if len(set(cells)) > 1 else cells[:1])


def _waits(found: Findings, tree: Mapping[str, Any]) -> Shown | None:
    """Return the figure of how long one waits for each provision in every world."""
    import pandas as pd

    words, style = found.words, found.words.style
    rows, texts = [], []
    for name, item in tree["provisions"].items():
        own = {arm.name: _wait(item["arms"][arm.name]) for arm in found.arms}
        waits = [wait for wait in own.values() if wait is not None]
        if not waits or max(waits) < 0.1:
            continue
        title = _provision(words, item, name)
        others = item["arms"][found.base.name]["others_wait_months"]
        rows += [{"title": title, "arm": key, "months": wait} for key, wait in own.items() if wait is not None]
        texts.append([title, *(style.number(wait, 1) for wait in own.values()), style.number(others, 1)])
    if not rows:
        return None
    table = pd.DataFrame(rows)
    order = table.groupby("title")["months"].max().sort_values(ascending=False).index
    table = table.set_index("title").loc[order].reset_index()
    head = [words("table.provision"), *(arm.title for arm in found.arms), words("table.others_wait")]
    drawing = figures_world.waits(table, found.names, words)
    return show(drawing, words, "waits", Table(head, texts))


# --- employers and coaches --------------------------------------------------------------------------------------------


def _employers(found: Findings, tree: Mapping[str, Any]) -> Table | None:
    """Return the places of employers in every world, and how many take nobody for a while after incidents."""
    words, style = found.words, found.words.style
    rows = []
    for name, item in tree["provisions"].items():
        if item.get("kind") != "employer":
            continue
        own = [item["arms"][arm.name] for arm in found.arms]
        cells = [_change([style.number(one[key]) for one in own]) for key in ("units", "open", "filled")]
        closed = _change([style.number(one["closed"], 1) for one in own])
        rows.append([_provision(words, item, name), *cells, closed])
    head = [words(f"table.{key}") for key in ("provision", "employers", "places", "filled", "closed")]
    return Table(head, rows) if rows else None


def _teams(found: Findings, tree: Mapping[str, Any]) -> list[str]:
    """Return a sentence per programme and world: hours needed and given, and what is left of its effects."""
    words, style = found.words, found.words.style
    lines = []
    for name, arms in tree["teams"].items():
        for arm in found.arms:
            own = arms.get(arm.name)
            if own is None or not own["hours_needed"]:
                continue
            enough = own["hours_given"] >= 0.995 * own["hours_needed"]
            lines.append(
                words(
                    "world.team_enough" if enough else "world.team_short",
                    programme=words.title(name),
                    arm=arm.title,
                    needed=style.number(own["hours_needed"]),
                    given=style.number(own["hours_given"]),
                    strength=style.percent(own["strength"]),
                    left=style.number(own["coaches_left"], 1),
                )
            )
    return lines


# --- budgets ----------------------------------------------------------------------------------------------------------


def _budgets(found: Findings, tree: Mapping[str, Any], arm: Arm | None) -> Table | None:
    """Return what each law or pooled budget spends per youth and year, and the difference between two worlds."""
    words, style = found.words, found.words.style
    rows = []
    for name, item in tree["budgets"].items():
        own = [item["arms"][key] for key in _arms(found, arm)]
        if not any(one["spent"]["mean"] for one in own):
            continue
        cells = [style.euro(one["spent"]["mean"]) for one in own]
        if arm is not None:
            gap = own[-1]["difference"]
            cells += [style.euro(gap["mean"], sign=True), style.spread(gap, euro=True)]
        rows.append([_provision(words, item, name), *cells])
    if not rows:
        return None
    head = [words("table.budget"), found.base.title]
    head += [] if arm is None else [arm.title, words("table.difference"), words("table.interval")]
    return Table(head, rows)


def _savings(found: Findings, tree: Mapping[str, Any], arm: Arm) -> str:
    """Return the sentence that says which budgets are better off in a world and which pay more, on average."""
    words = found.words
    less: list[str] = []
    more: list[str] = []
    for name, item in tree["budgets"].items():
        gap = item["arms"][arm.name]["difference"]["mean"]
        if gap is not None and abs(gap) >= 1:
            text = f"{_text(words, item, name)} ({words.style.euro(abs(gap))})"
            (less if gap < 0 else more).append(text)
    if not less and not more:
        return ""
    nobody = words("world.nobody")
    return words("world.savings", arm=arm.title, less="; ".join(less) or nobody, more="; ".join(more) or nobody)


def _out(found: Findings, tree: Mapping[str, Any]) -> list[str]:
    """Return a line for every budget that ran out in some year: a result, not an error."""
    words = found.words
    lines = []
    for name, item in tree["budgets"].items():
        for arm in found.arms:
            own = item["arms"][arm.name]
            if own["month_out"] is None:
                continue
            lines.append(
                words(
                    "world.out",
                    budget=_text(words, item, name),
                    arm=arm.title,
                    month=words(f"month.{own['month_out']}"),
                    share=words.style.percent(own["years_out"]),
                    cap=words.style.euro(own["cap"]),
                )
            )
    return lines


# --- interference -----------------------------------------------------------------------------------------------------


def _interference(found: Findings, tree: Mapping[str, Any], arm: Arm) -> str:
    """Return how many who never took part lived another life because others were given or left a place."""
    words, style = found.words, found.words.style
    own = tree["interference"].get(arm.name)
    if own is None or not own["outsiders"]:
        return ""
    if not own["changed"]:
        return words("world.interference_none", arm=arm.title, n=style.number(own["outsiders"]))
    if own["changed"] < LEAST:
        return words("world.interference_few", arm=arm.title, n=style.number(own["outsiders"]), least=LEAST)
    return words(
        "world.interference",
        arm=arm.title,
        n=style.number(own["outsiders"]),
        changed=style.number(own["changed"]),
        share=style.percent(own["share"]),
    )


def _reasons(found: Findings, tree: Mapping[str, Any]) -> Table | None:
    """Return through what the lives of outsiders first changed, where enough of them did."""
    words, style = found.words, found.words.style
    rows = []
    for arm in found.others:
        for name, n in ((tree["interference"].get(arm.name) or {}).get("reasons") or {}).items():
            if n >= LEAST:
                item = tree["provisions"].get(name)
                title = words("world.other_reason") if item is None else _provision(words, item, name)
                rows.append([title, arm.title, style.number(n)])
    head = [words(f"table.{key}") for key in ("through", "world", "number")]
    return Table(head, rows, text=frozenset({0, 1})) if rows else None
