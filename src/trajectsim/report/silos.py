"""Pooled against siloed on one page: is it worth it, who gains and loses, and which transfers would make up losses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trajectsim.report.blocks import Shown, Table
from trajectsim.report.canvas import INK, Drawing, canvas, payer_colour, quiet, svg
from trajectsim.report.figures import euro_axis
from trajectsim.report.findings import text_of
from trajectsim.report.format import about
from trajectsim.report.phrases import Words, words
from trajectsim.report.sections import Answer, Page, Part, Section

__all__ = ["page", "payers_figure"]

Tree = Mapping[str, Any]
AMONG = ("within_municipality", "public_payers", "all_budgets")
ANSWERS = ("asked", "granted", "refused", "passed_on", "left", "no_money")
SURE = 0.95


def page(tree: Tree, lang: str) -> Page:
    """Return the page on pooling.

    Args:
        tree: as `analysis.silos.silos_of` returns it.
        lang: nl or en.
    """
    w, item = words(lang), tree["about"]
    titles = {form: text_of(item["arm_titles"].get(form), lang) or form for form in tree["forms"]}
    sections = []
    for form, found in tree["forms"].items():
        sections.append(_payers(form, titles[form], found, w))
        sections.append(Section(f"lives-{form}", f"{w('silos.lives')}: {titles[form]}", [
            Part(table=lives_table(found, tree["outcome_titles"], w)),
            Part(title=w("silos.requests"), text=w("silos.requests_text")),
            Part(title=w("silos.requests"), table=requests_table(found, w), folded=True),
        ]))  # fmt: skip
    notes = [w("scale.world_laid", world=item["world"])] if item.get("world_laid") else []
    notes += [w("silos.note_prices"), w("silos.note_refused")]
    if item["replicates"] < 5:
        notes.append(w("silos.note_luck", replicates=w.style.number(item["replicates"])))
    sections.append(Section("notes", w("silos.notes"), [Part(items=notes)]))
    return Page(
        words=w,
        heading=w("silos.heading", title=text_of(item["title"], lang) or item["name"]),
        subtitle=w(
            "silos.subtitle",
            youths=w.style.number(item["youths"]),
            years=w.style.number(float(item["horizon_years"])),
            draws=w.style.number(item["draws"]),
        ),
        answers=[answer(found, titles[form], w) for form, found in tree["forms"].items()],
        sections=sections,
    )


def answer(found: Tree, title: str, w: Words) -> Answer:
    """Return whether a form of pooling pays for society, and by how much."""
    society = found["society"]
    chance = society["chance_of_gain"]
    name = f"‘{title}’"
    if chance is None:
        return Answer(w("silos.same", form=name))
    word = "gains" if chance >= SURE else "loses" if chance <= 1 - SURE else "not_known"
    lead = w(
        "silos.lead",
        net=w.style.euro(about(society["mean"]), sign=True),
        interval=w("lead.range", low=w.style.about_euro(society["p05"]), high=w.style.about_euro(society["p95"])),
        chance=w.style.percent(chance),
    )
    return Answer(w(f"silos.{word}", form=name), lead)


def _payers(form: str, title: str, found: Tree, w: Words) -> Section:
    who = found["who_pays_who_gains"]
    parts = [Part(text=w("silos.payers_text"))]
    if who["payers"]:
        drawing = payers_figure(who, w)
        name, head = f"silos-{form}", w("silos.figure_payers", form=title)
        parts.append(Part(figure=Shown(name, head, svg(drawing, name, head), w("silos.figure_payers_read"))))
        parts.append(Part(table=payers_table(who, w)))
    parts.append(Part(title=w("silos.transfers"), text=w("silos.transfers_text")))
    for among in AMONG:
        settled = who["compensation"][among]
        table = transfers_table(settled, w)
        if table is None:
            parts.append(Part(title=w(f"silos.{among}"), text=w("silos.transfers_none")))
            continue
        parts.append(Part(title=w(f"silos.{among}"), table=table))
        told = w("silos.feasible", share=w.style.percent(settled["feasible"]))
        if settled["uncovered"] > 0.5:
            told = w("silos.uncovered", amount=w.style.about_euro(settled["uncovered"])) + " " + told
        parts.append(Part(text=told))
    return Section(f"payers-{form}", f"{w('silos.payers')}: {title}", parts)


def payers_table(who: Tree, w: Words) -> Table:
    """Return net costs per payer, pooled minus siloed, and society in the last row."""
    rows = [
        [w.payer(name), w.style.euro(item["net_cost"]["mean"], sign=True), w.style.spread(item["net_cost"], euro=True),
         w.style.percent(item["chance_of_loss"])]
        for name, item in sorted(who["payers"].items(), key=lambda pair: -pair[1]["net_cost"]["mean"])
    ]  # fmt: skip
    whole = who["society"]
    rows.append([w("payer.total"), w.style.euro(whole["mean"], sign=True), w.style.spread(whole, euro=True), ""])
    head = [w("table.payer"), w("silos.col_apart"), w("table.interval"), w("silos.col_loss")]
    return Table(head, rows, strong=frozenset({len(rows) - 1}))


def transfers_table(settled: Tree, w: Words) -> Table | None:
    """Return who would pay whom, of at least half a euro per youth; None where there is nothing to settle."""
    paid = [x for x in settled["payments"] if x["amount"] >= 0.5]
    if not paid:
        return None
    rows = [[w.payer(x["from"]), w.payer(x["to"]), w.style.euro(x["amount"])] for x in paid]
    return Table([w("silos.col_from"), w("silos.col_to"), w("silos.col_amount")], rows, text=frozenset({0, 1}))


def lives_table(found: Tree, titles: Mapping[str, Tree], w: Words) -> Table:
    """Return outcomes siloed and pooled, of those that differ."""
    rows = []
    for name, item in found["lives"].items():
        if item["difference"]["mean"]:
            title, unit = (text_of(titles[name][key], w.lang) or name for key in ("title", "unit"))
            cells = [w.style.number(item[side], 2) for side in ("siloed", "pooled")]
            apart = w.style.number(item["difference"]["mean"], 2, sign=True)
            rows.append([f"{title}\n{unit}", *cells, apart, w.style.spread(item["difference"], 2)])
    head = [w("table.outcome"), w("silos.col_siloed"), w("silos.col_pooled"), w("silos.col_apart"), w("table.interval")]
    return Table(head, rows)


def requests_table(found: Tree, w: Words) -> Table:
    """Return what became of requests for every provision, siloed and pooled."""
    rows = []
    for name, sides in found["requests"].items():
        for side in ("siloed", "pooled"):
            title = f"{w.title(name)}\n{w(f'silos.col_{side}')}"
            rows.append([title, *(w.style.number(sides[side][answer], 1) for answer in ANSWERS)])
    return Table(["", *(w(f"silos.{answer}") for answer in ANSWERS)], rows)


def payers_figure(who: Tree, w: Words) -> Drawing:
    """Draw every payer's net cost, pooled minus siloed, with 90% of the draws."""
    import pandas as pd

    rows = [
        {"payer": name, **{k: item["net_cost"][k] for k in ("mean", "p05", "p95")}}
        for name, item in sorted(who["payers"].items(), key=lambda pair: pair[1]["net_cost"]["mean"])
    ]
    n = len(rows)
    with canvas(0.6 + 0.3 * n) as (figure, (axes,)):
        axes.axvline(0, color=INK, linewidth=0.9)
        for at, row in enumerate(rows):
            colour = payer_colour(str(row["payer"]))
            axes.plot([row["p05"], row["p95"]], [at, at], color=colour, linewidth=4, alpha=0.4, solid_capstyle="round")
            axes.plot([row["mean"]], [at], "o", color=colour, markersize=6)
            place = axes.get_yaxis_transform()
            axes.text(-0.02, at, w.payer(str(row["payer"])), transform=place, ha="right", va="center")
        axes.set_yticks([])
        axes.set_ylim(-0.6, n - 0.4)
        axes.margins(x=0.06)
        euro_axis(axes.xaxis, w, sign=True, ticks=4)
        quiet(axes, "x")
        return Drawing(figure, pd.DataFrame(rows), w("silos.figure_payers_read"))
