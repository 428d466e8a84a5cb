"""The section of the decision: how sure a choice is, what moves it, what knowing more is worth, what to find out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from trajectsim.report import figures_decision
from trajectsim.report.analysed import Analysed
from trajectsim.report.blocks import Linked, Shown, Table, show
from trajectsim.report.decision import lines
from trajectsim.report.findings import Findings
from trajectsim.report.labels import label
from trajectsim.report.mkba import in_order, who
from trajectsim.report.phrases import Words
from trajectsim.report.sections import Part, Section
from trajectsim.report.trust import anchor

__all__ = ["choice", "effect_words", "named"]

Tree = Mapping[str, Any]
BARS = 10


def choice(found: Findings, known: Analysed) -> Section | None:
    """Return the section, or None where nothing is chosen."""
    summary, words = known.decision, found.words
    if not summary:
        return None
    told = list(lines(summary, words))
    verdicts = " ".join(text for text, first in told if first)
    said = [text.strip() for text, first in told if not first]
    parts = [Part(text=_intro(summary, words)), Part(title=verdicts, items=said)]
    parts += [Part(figure=figure) for figure in _figures(found, summary)]
    if summary["incremental"]:
        parts.append(Part(title=words("chosen.table"), table=_incremental(summary, words)))
    parts.append(Part(title=words("chosen.even"), text=words("chosen.even_text"), table=_even(found, summary)))
    if summary["agenda"]:
        text = str(summary["statements"]["conditional"][words.lang])
        parts.append(Part(title=words("chosen.agenda"), text=text, table=agenda(summary, words)))
        parts.append(Part(title=words("chosen.per_grade"), table=_by_grade(summary, words), folded=True))
    else:
        parts.append(Part(text=words("chosen.few")))
    parts.append(Part(text=str(summary["statements"]["noise"][words.lang])))
    return Section("decision", words("section.decision"), parts)


def _intro(summary: Tree, words: Words) -> str:
    effect = summary["effect"]
    if not effect:
        return words("chosen.intro_money")
    return words(
        "chosen.intro", effect=str(effect["title"][words.lang]), threshold=words.style.euro(summary["threshold"])
    )


def effect_words(summary: Tree, words: Words) -> str:
    """Return the effect that counts beside money, with its unit."""
    effect = summary["effect"]
    return f"{effect['title'][words.lang]} ({effect['unit'][words.lang]})"


def named(rows: Sequence[Tree], found: Findings) -> list[dict[str, Any]]:
    """Return rows about parameters with a `title` and a `grade`."""
    return [
        {**row, "title": label(str(row["path"]), found.words),
         "grade": row.get("grade") or found.parameter(str(row["path"])).get("grade", "D")}
        for row in rows
    ]  # fmt: skip


def _figures(found: Findings, summary: Tree) -> list[Shown]:
    import pandas as pd

    words, out = found.words, []
    if summary["effect"]:
        effect = effect_words(summary, words)
        curve = pd.DataFrame(summary["acceptability"])
        drawing = figures_decision.acceptability(curve, found.names, effect, words)
        out.append(show(drawing, words, "acceptability", _curve_table(curve, found)))
        drawing = figures_decision.plane(
            pd.DataFrame(summary["plane"]), summary["threshold"], found.names, effect, words
        )
        out.append(show(drawing, words, "plane", _incremental(summary, words)))
    for arm in found.others:
        own = summary["against"][arm.name]
        if own["tornado"]:
            bars = pd.DataFrame(named(own["tornado"][:BARS], found)).assign(mean=own["gain"]["mean"])
            drawing = figures_decision.tornado(bars, words)
            shown = show(drawing, words, "tornado", _tornado(bars, words), suffix=f"-{arm.index}")
            out.append(shown if len(found.others) == 1 else replace(shown, title=f"{shown.title}: {arm.title}"))
    if summary["agenda"]:
        bars = pd.DataFrame(named(summary["agenda"][:BARS], found))
        out.append(show(figures_decision.agenda(bars, words), words, "agenda", agenda(summary, words)))
    studies = summary["evsi"] or []
    if any(row["worth"] for row in studies):
        drawing = figures_decision.sample_size(pd.DataFrame(studies), words)
        table = Table(
            [words("decision.axis.n"), words("decision.axis.evsi")],
            [[words.style.number(row["n"]), words.style.euro(row["worth"])] for row in studies],
        )
        out.append(show(drawing, words, "sample_size", table))
    return out


def _curve_table(curve: Any, found: Findings) -> Table:
    """Return the curve at every fourth threshold, a column per option."""
    words, style = found.words, found.words.style
    wide = curve.pivot(index="threshold", columns="option", values="probability")
    rows = [[style.euro(t), *(style.percent(wide.loc[t, arm.name]) for arm in found.arms)] for t in wide.index[::4]]
    return Table([words("decision.axis.best"), *(arm.title for arm in found.arms)], rows)


def _incremental(summary: Tree, words: Words) -> Table:
    style = words.style
    rows = []
    for row in summary["incremental"]:
        status = words(f"chosen.{row['status']}")
        ratio = words("youth.nothing") if row["ratio"] is None else style.euro(row["ratio"])
        name = words.title(f"arm.{row['option']}", row["option"])
        rows.append([name, style.euro(row["cost"]), style.number(row["effect"], 2), ratio, status])
    head = [words(f"chosen.{key}") for key in ("option", "costs", "effect", "extra", "status")]
    return Table(head, rows, text=frozenset({0, 4}))


def _tornado(bars: Any, words: Words) -> Table:
    style = words.style
    rows = [
        [
            Linked(f"{row['title']}\n{row['path']}", f"#{anchor(row['path'])}"), row["grade"],
            style.euro(row["at_low"], sign=True), style.euro(row["at_high"], sign=True),
        ]
        for row in bars.to_dict("records")
    ]  # fmt: skip
    return Table([words("decision.what"), words("decision.grade"), words("chosen.low"), words("chosen.high")], rows)


def _even(found: Findings, summary: Tree) -> Table:
    """Return the share of draws in which each party is better off, plainly and without the luck of replicates."""
    words, style = found.words, found.words.style
    head, rows = [words("table.payer")], []
    many = len(found.others) > 1
    for arm in found.others:
        before = f"{arm.title}: " if many else ""
        head += [before + words("chosen.plain"), before + words("chosen.quiet")]
    names = next(iter(summary["break_even"].values()))
    for name in in_order(names):
        cells = []
        for arm in found.others:
            saving = found.saving(arm)
            plain = saving.get(name, (saving.get("by_payer") or {}).get(name))
            cells += [style.percent(plain), style.percent(summary["break_even"][arm.name][name])]
        if any(summary["break_even"][arm.name][name] is not None for arm in found.others):
            rows.append([who(name, words), *cells])
    return Table(head, rows)


def _by_grade(summary: Tree, words: Words) -> Table:
    """Return what it is worth to know all numbers of a grade."""
    style, found = words.style, summary["evppi_by_grade"]
    rows = [
        [grade, words(f"grade.{grade}"), style.number(found[grade]["parameters"]), style.euro(found[grade]["evppi"]),
         f"± {style.euro(found[grade]['error'])}"]
        for grade in ("A", "B", "C", "D") if grade in found
    ]  # fmt: skip
    head = [words(f"table.{key}") for key in ("grade", "meaning", "grade_count")] + [words("decision.value"), "±"]
    return Table(head, rows, text=frozenset({0, 1}))


def agenda(summary: Tree, words: Words) -> Table:
    """Return what is most worth finding out, each with what is missing about it."""
    style, rows = words.style, []
    for entry in summary["agenda"]:
        notes = [str(entry["gap"][words.lang])]
        notes += [words("decision.not_decisive")] if not entry["decisive"] else []
        notes += [words("decision.not_clear")] if not entry["clear"] else []
        rows.append([
            Linked(f"{label(entry['path'], words)}\n{entry['path']}", f"#{anchor(entry['members'][0])}"),
            entry["grade"], f"{style.euro(entry['evppi'])} ± {style.euro(entry['error'])}",
            style.percent(entry["share"]), "; ".join(notes),
        ])  # fmt: skip
    head = [words(f"decision.{key}") for key in ("what", "grade", "value", "share", "gap")]
    return Table(head, rows, text=frozenset({0, 4}))
