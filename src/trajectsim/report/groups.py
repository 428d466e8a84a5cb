"""The section about groups of youths as they were at the start, gaps between them, and the spread over youths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trajectsim.report.analysed import Analysed
from trajectsim.report.answer import outcome_title
from trajectsim.report.blocks import Table
from trajectsim.report.findings import Arm, Findings
from trajectsim.report.phrases import Words
from trajectsim.report.sections import Part, Section

__all__ = ["between_groups", "group_name", "told"]

Tree = Mapping[str, Any]
MOST = 4
"""Outcomes that are shown by group: those in which the arm differs most from the first, by their error."""
LEVELS = ("yes", "no", "low", "middle", "high")
CERTAIN = 2.0


def between_groups(found: Findings, known: Analysed) -> Section | None:
    """Return the section, or None where nobody was followed or no group is large enough."""
    groups, words = known.groups, found.words
    shown = [group for group in groups.get("groups", ()) if group["shown"]]
    if len(shown) < 2:
        return None
    parts = [Part(text=words("groups.intro"))]
    hidden = len(groups["groups"]) - len(shown)
    if hidden:
        least, everyone = (words.style.number(groups["shown_from"][key]) for key in ("per_run", "in_all"))
        key = "groups.hidden_one" if hidden == 1 else "groups.hidden"
        values = {"least": least, "all": everyone} | ({} if hidden == 1 else {"n": words.style.number(hidden)})
        parts.append(Part(text=words(key, **values)))
    for arm in found.others:
        names = told(groups, arm)
        before = f"{arm.title}: " if len(found.others) > 1 else ""
        text = words("groups.table_text", base=found.base.title)
        if "municipality" in groups:
            covered = words.style.percent(groups["municipality"]["covered"])
            text = f"{text} {words('groups.euros_text', covered=covered)}"
        parts.append(
            Part(title=before + words("groups.table"), text=text, table=_differences(found, groups, shown, arm, names))
        )
        clear, every = _equity(found, groups, arm, names)
        text = (
            words("groups.equity_text")
            if clear.rows
            else f"{words('groups.equity_text')} {words('groups.equity_none')}"
        )
        parts.append(Part(title=before + words("groups.equity"), text=text, table=clear if clear.rows else None))
        parts.append(Part(title=before + words("groups.equity_all"), table=every, folded=True))
        spread = _spread(found, groups, arm, names)
        parts.append(Part(title=before + words("groups.spread"), text=words("groups.spread_text"), table=spread))
    return Section("groups", words("section.groups"), parts)


def told(groups: Tree, arm: Arm) -> list[str]:
    """Return the outcomes of which it is known which way is good and that differ most clearly between the arms."""

    def clear(name: str) -> float:
        own = groups["outcomes"][name]["rows"]["all.all"]["difference"][arm.name]
        return abs(own["mean"] or 0.0) / own["error"] if own["error"] else 0.0

    return sorted(groups["equity"], key=lambda name: -clear(name))[:MOST]


def group_name(by: str, name: str, words: Words) -> str:
    """Return a group in words, for example `geslacht: ja`."""
    if by == "all":
        return words("groups.all")
    if by == "age":
        return words("groups.age", label=name.replace("-", "\u2013"))
    return f"{_by(by, words)}: {words(f'groups.label_{name}') if name in LEVELS else name}"


def _by(by: str, words: Words) -> str:
    return words("table.age").lower() if by == "age" else words.title(f"trait.{by}", f"latent.{by}", by)


def _differences(found: Findings, groups: Tree, shown: list[Tree], arm: Arm, names: list[str]) -> Table:
    words, style = found.words, found.words.style
    tables = [groups["outcomes"][name]["rows"] for name in names]
    euros = groups.get("municipality", {}).get("rows")
    rows = []
    for group in shown:
        key = f"{group['by']}.{group['label']}"
        cells = [_with_error(rows_of[key]["difference"][arm.name], words, 2) for rows_of in tables]
        if euros is not None:
            cells.append(_with_error(euros[key]["difference"][arm.name], words, 0))
        name = group_name(group["by"], group["label"], words)
        rows.append([name, style.number(group["youths_per_run"], 1), *cells])
    head = [words("groups.group"), words("groups.n"), *(outcome_title(found, name) for name in names)]
    head += [words("groups.euros")] if euros is not None else []
    return Table(head, rows, strong=frozenset({0}))


def _with_error(own: Tree, words: Words, decimals: int) -> str:
    style = words.style
    mean = style.number(own["mean"], decimals, sign=True)
    return mean if own["error"] is None else f"{mean} ± {style.number(own['error'], decimals)}"


def _equity(found: Findings, groups: Tree, arm: Arm, names: list[str]) -> tuple[Table, Table]:
    """Return the gaps that change by more than chance may do, and all gaps."""
    words, style, rows, clear = found.words, found.words.style, [], []
    base = found.base.name
    for name in names:
        for row in groups["equity"][name]:
            before, after = row["arms"][base]["gap"], row["arms"][arm.name]["gap"]
            error, change = row["arms"][arm.name]["error"], after - before
            sure = error is not None and abs(change) > CERTAIN * error
            verdict = words("groups.unclear") if not sure else words(f"groups.narrows_{'yes' if change < 0 else 'no'}")
            ends = [_level(row["by"], row[end], words) for end in ("lowest", "highest")]
            spread = words("youth.nothing") if error is None else f"± {style.number(error, 2)}"
            rows.append([
                outcome_title(found, name), _by(row["by"], words), *ends, style.number(before, 2),
                style.number(after, 2), spread, verdict,
            ])  # fmt: skip
            clear += [rows[-1]] if sure else []
    head = [words(f"groups.{key}") for key in ("outcome", "by", "lowest", "highest")]
    head += [found.base.title, arm.title, "±", words("groups.narrows")]
    left = frozenset({0, 1, 2, 3, 7})
    return Table(head, clear, text=left), Table(head, rows, text=left)


def _level(by: str, name: str, words: Words) -> str:
    if by == "age":
        return name.replace("-", "\u2013")
    return words(f"groups.label_{name}") if name in LEVELS else name


def _spread(found: Findings, groups: Tree, arm: Arm, names: list[str]) -> Table:
    words, style, rows = found.words, found.words.style, []
    for name in names:
        own = groups["outcomes"][name]["rows"]["all.all"]["arms"]
        for world in (found.base, arm):
            stats = own[world.name]
            rows.append([
                outcome_title(found, name), world.title, *(style.number(stats[p], 1) for p in ("p10", "p50", "p90")),
                style.number(stats["mean"], 2), style.percent(stats["none"]),
            ])  # fmt: skip
    head = [words("groups.outcome"), words("table.world"), *(words(f"groups.{p}") for p in ("p10", "p50", "p90"))]
    return Table([*head, words("table.mean"), words("groups.none")], rows, text=frozenset({0, 1}))
