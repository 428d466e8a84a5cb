"""The value triangle on one page: legitimacy, involvement and return side by side, not added up."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

from trajectsim.report.blocks import Shown, Table
from trajectsim.report.canvas import ARMS, FAINT, INK, Drawing, canvas, quiet, svg
from trajectsim.report.figures import euro_axis
from trajectsim.report.findings import text_of
from trajectsim.report.format import about
from trajectsim.report.phrases import Words, plain, words
from trajectsim.report.sections import Answer, Page, Part, Section

__all__ = ["corners_figure", "page"]

Tree = Mapping[str, Any]
SHOWN = ("society_without_intangibles", "municipality", "youth_household")
"""Perspectives of the picture's third panel."""


def page(tree: Tree, lang: str) -> Page:
    """Return the page of a value triangle.

    Args:
        tree: as `analysis.triangle.triangle` returns it.
        lang: nl or en.
    """
    w, item = words(lang, tree["exit_titles"]), tree["about"]
    null = item["null_alternative"]
    sections = []
    answers = [Answer(w("triangle.first"))]
    for number, (arm, found) in enumerate(tree["arms"].items()):
        title = text_of(item["arm_titles"].get(arm), lang) or plain(arm)
        answers.append(Answer(f"‘{title}’", _lead(found, w)))
        drawing = corners_figure(found, tree["latent_titles"], w)
        name, head = f"triangle-{number}", w("triangle.figure")
        shown = Shown(name, head, svg(drawing, name, head), w("triangle.figure_read"))
        sections += [
            Section(f"corners-{number}", title, [Part(figure=shown)]),
            Section(f"legitimacy-{number}", w("triangle.legitimacy"), _legitimacy(found["legitimacy"], w)),
            Section(
                f"involvement-{number}", w("triangle.involvement"), _involvement(found, tree["latent_titles"], w)
            ),
            Section(f"return-{number}", w("triangle.returns"), _returns(found["return"], w)),
        ]
    return Page(
        words=w,
        heading=w("triangle.heading", title=text_of(item["title"], lang) or item["name"]),
        subtitle=w(
            "triangle.subtitle",
            null=text_of(item["arm_titles"].get(null), lang) or plain(null),
            years=w.style.number(float(item["horizon_years"])),
            draws=w.style.number(item["draws"]),
            law_year=str(item["law_year"]),
        ),
        answers=answers,
        sections=sections,
    )


def _lead(found: Tree, w: Words) -> str:
    trust = found["involvement"]["latents"].get("trust")
    money = found["return"]
    if trust is None or money is None:
        return ""
    change = trust["difference"]["mean"]
    society = money["net_benefit"]["society_without_intangibles"]
    return w(
        "triangle.lead",
        exceptions=w.style.number(len(found["legitimacy"]["exceptions"])),
        trust=w("triangle.trust_up" if change >= 0 else "triangle.trust_down", amount=w.style.number(abs(change), 2)),
        money=w.style.euro(about(society["mean"]), sign=True),
        chance=w.style.percent(society["chance_of_gain"]),
    )


def _legitimacy(found: Tree, w: Words) -> list[Part]:
    parts = [Part(text=w("triangle.legitimacy_text"))]
    if found["exceptions"]:
        parts.append(Part(table=rules_table(found["exceptions"], w)))
    else:
        parts.append(Part(text=w("triangle.legitimacy_none")))
    if found["payers"]:
        parts.append(Part(text=w("triangle.payers", payers=", ".join(w.party(name) for name in found["payers"]))))
    if found["pooled"]:
        names = ", ".join(str(text_of(title, w.lang)) for title in found["pooled"])
        parts.append(Part(text=w("triangle.pooled", names=names)))
    if found["touched"]:
        title = w("triangle.touched", n=w.style.number(len(found["touched"])))
        parts.append(Part(title=title, table=rules_table(found["touched"], w), folded=True))
    return parts


def rules_table(rules: list[Tree], w: Words) -> Table:
    """Return rules with their law, what they bring, where the plan steps in, and the source."""
    rows = []
    for rule in rules:
        brings = ", ".join(str(text_of(title, w.lang)) for title in rule["brings"])
        text = f"{text_of(rule['text'], w.lang)}\n{rule['source']}: {rule['locator']} ({rule['grade']})"
        through = ", ".join(w.title(name) for name in rule["through"])
        rows.append([text, str(text_of(rule["law"], w.lang)), brings, through])
    head = [w(f"triangle.col_{name}") for name in ("rule", "law", "brings", "through")]
    return Table(head, rows, text=frozenset(range(4)))


def _involvement(found: Tree, titles: Mapping[str, Any], w: Words) -> list[Part]:
    item = found["involvement"]
    rows = []
    for name, values in item["latents"].items():
        title = text_of(titles.get(name), w.lang) or plain(name)
        cells = [w.style.number(values[side], 2) for side in ("null", "arm")]
        apart = values["difference"]
        rows.append([title, *cells, w.style.number(apart["mean"], 2, sign=True), w.style.spread(apart, 2)])
    for values in item["autonomy"].values():
        named = "\n".join(str(text_of(values[key], w.lang)) for key in ("title", "unit"))
        cells = [w.style.number(values[side], 2) for side in ("null", "arm")]
        apart = values["difference"]
        rows.append([named, *cells, w.style.number(apart["mean"], 2, sign=True), w.style.spread(apart, 2)])
    quality = item.get("quality_of_life")
    if quality is not None:
        title = w("triangle.quality")
        if quality["qaly"] is not None:
            title += "\n" + w("triangle.qaly", number=w.style.number(quality["qaly"], 2, sign=True))
        euros = quality["euros"]
        rows.append([title, "", "", w.style.euro(about(euros["mean"]), sign=True), w.style.spread(euros, euro=True)])
    head = [w(f"triangle.col_{name}") for name in ("what", "null", "arm", "apart")]
    return [Part(text=w("triangle.involvement_text")), Part(table=Table([*head, w("table.interval")], rows))]


def _returns(found: Tree | None, w: Words) -> list[Part]:
    if found is None:
        return [Part(text=w("compare.note_prices"))]
    rows = []
    for name, item in found["net_benefit"].items():
        title = w(f"perspective.{name}") if w.has(f"perspective.{name}") else w.payer(name)
        chance = w.style.percent(item["chance_of_gain"])
        rows.append([title, w.style.euro(item["mean"], sign=True), w.style.spread(item, euro=True), chance])
    ratio = found["ratio"]
    parts = [Part(text=w("triangle.returns_text"))]
    if ratio["mean"] is not None:
        told = w("triangle.ratio", ratio=w.style.number(ratio["mean"], 2), interval=w.style.spread(ratio, 2))
        parts.append(Part(text=told))
    head = [w("table.payer"), w("triangle.col_apart"), w("table.interval"), w("scale.col_chance")]
    return [*parts, Part(table=Table(head, rows, strong=frozenset({0})))]


def corners_figure(found: Tree, titles: Mapping[str, Any], w: Words) -> Drawing:
    """Draw three panels: numbers of rules, changes in slow quantities, and money for three perspectives."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    law = found["legitimacy"]
    for name in ("exceptions", "touched"):
        rows.append({"corner": "legitimacy", "what": w(f"triangle.count_{name}"), "mean": len(law[name])})
    for name, values in found["involvement"]["latents"].items():
        apart = values["difference"]
        title = text_of(titles.get(name), w.lang) or plain(name)
        rows.append({"corner": "involvement", "what": title, **{k: apart[k] for k in ("mean", "p05", "p95")}})
    money = found["return"]
    for name in () if money is None else SHOWN:
        item = money["net_benefit"].get(name)
        if item is not None:
            title = w("payer.total") if name.startswith("society") else w.payer(name)
            rows.append({"corner": "return", "what": title, **{k: item[k] for k in ("mean", "p05", "p95")}})
    table = pd.DataFrame(rows)
    with canvas(2.7, 1, 3, gridspec_kw={"width_ratios": [0.7, 1.3, 1.1]}) as (figure, panels):
        for axes, corner in zip(panels, ("legitimacy", "involvement", "return"), strict=True):
            own = table[table["corner"] == corner].reset_index(drop=True)
            axes.set_title(w(f"triangle.panel_{corner}"))
            n = len(own)
            axes.axvline(0, color=INK, linewidth=0.9)
            for at, row in own.iterrows():
                y = n - 1 - int(str(at))
                colour = ARMS[2] if corner == "legitimacy" and int(str(at)) == 0 else ARMS[1]
                if corner == "legitimacy":
                    axes.barh([y], [row["mean"]], height=0.3, color=colour)
                    number = w.style.number(row["mean"])
                    axes.annotate(number, (row["mean"], y), (4, 0), textcoords="offset points", va="center")
                else:
                    axes.plot([row["p05"], row["p95"]], [y, y], color=colour, linewidth=4, alpha=0.35)
                    axes.plot([row["mean"]], [y], "o", color=colour, markersize=5)
                axes.text(0.0, y + 0.22, fill(str(row["what"]), 34), transform=axes.get_yaxis_transform(), fontsize=7.5)
            axes.set_ylim(-0.4, n - 0.15)
            axes.set_yticks([])
            axes.margins(x=0.12)
            if corner == "return":
                euro_axis(axes.xaxis, w, ticks=2)
            elif corner == "involvement":
                axes.xaxis.set_major_formatter(lambda value, _: w.style.number(value, 1))
            else:
                axes.set_xticks([])
            quiet(axes, "" if corner == "legitimacy" else "x")
            axes.tick_params(colors=FAINT)
        return Drawing(figure, table, w("triangle.figure_read"))
