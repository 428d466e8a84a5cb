"""The section of the cost-benefit analysis: who pays and gains, quantity times price, budgets, the long run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from trajectsim.report import figures_mkba
from trajectsim.report.analysed import Analysed
from trajectsim.report.blocks import Linked, Table, show
from trajectsim.report.canvas import PAYERS
from trajectsim.report.findings import Arm, Findings, text_of
from trajectsim.report.money import AGES
from trajectsim.report.phrases import Words
from trajectsim.report.sections import Part, Section
from trajectsim.report.trust import anchor

__all__ = ["WHOLES", "benefits", "in_order", "line_name", "who"]

Tree = Mapping[str, Any]
WHOLES = ("society", "society_without_intangibles", "municipality")
SHOWN = 15
LEAST_EUROS = 0.5
NEEDED = 6


def who(name: str, words: Words) -> str:
    """Return the name of a perspective or a payer."""
    return words(f"perspective.{name}") if name in WHOLES else words.payer(name)


def in_order(names: Iterable[str]) -> list[str]:
    """Return perspectives and payers in the order in which they always stand: wholes first."""
    place = {name: number for number, name in enumerate((*WHOLES, *PAYERS))}
    return sorted(names, key=lambda name: place.get(name, len(place)))


def line_name(line: Mapping[str, Any], words: Words) -> str:
    """Return a price line's title; a line without one is named by its category and what it counts."""
    title = (line.get("title") or {}).get(words.lang)
    if title:
        return str(title)
    return f"{words('category.' + line['category'])}: {words.title(str(line['of']), str(line['line']))}"


def benefits(found: Findings, known: Analysed) -> Section | None:
    """Return the section, or None where there is no cost-benefit analysis."""
    if not known.mkba:
        return None
    words, about = found.words, known.mkba["about"]
    intro = words(
        "mkba.intro", book=about["price_book"], year=about["price_year"], base=found.base.title, years=found.years
    )
    parts = [Part(text=intro), Part(text=words("mkba.method"))]
    for arm in found.others:
        tree = known.of(arm)
        if not tree:
            continue
        if len(found.others) > 1:
            parts.append(Part(title=arm.title, text=""))
        parts += _of_arm(found, arm, tree)
    return Section("mkba", words("section.mkba"), [part for part in parts if part is not None])


def _of_arm(found: Findings, arm: Arm, tree: Tree) -> list[Part]:
    words = found.words
    if not any(touched(stats) for stats in tree["perspectives"].values()):
        return [Part(text=words("verdict.no_difference_why"))]
    parts: list[Part | None] = [
        Part(title=words("mkba.sides"), text=words("mkba.sides_text"), table=sides(tree, words)),
        Part(text=words("mkba.rights")),
        Part(
            title=words("mkba.payer_by_category"), text=words("mkba.payer_by_category_text"),
            table=payer_by_category(tree, words),
        ),
        *lines(tree, words),
        *_budget(found, arm, tree),
        *_pocket(tree, words),
        _long_run(tree, words),
        *_other(tree, words),
        _gross(found, tree),
        _needed(tree, words),
    ]  # fmt: skip
    return [part for part in parts if part is not None]


def touched(stats: Tree) -> bool:
    """Tell whether a side pays or gains anything."""
    return bool(stats["programme_cost"]["mean"]) or bool(stats["net_present_value"]["mean"])


def sides(tree: Tree, words: Words) -> Table:
    """Return costs, benefits, net, ratio and break-even of society, the municipality and every payer."""
    style = words.style
    rows: list[list[str]] = []
    strong: list[int] = []
    for name in in_order(tree["perspectives"]):
        stats = tree["perspectives"][name]
        if not touched(stats):
            continue
        year = (stats["break_even"] or {}).get("year")
        strong += [len(rows)] if name == "society" else []
        rows.append([
            who(name, words), style.euro(stats["programme_cost"]["mean"]), style.euro(stats["benefits"]["mean"]),
            style.euro(stats["net_present_value"]["mean"], sign=True),
            style.spread(stats["net_present_value"], euro=True),
            words("youth.nothing") if stats["ratio"] is None else style.number(stats["ratio"], 2),
            words("mkba.never") if year is None else style.number(year),
        ])  # fmt: skip
    keys = ("mkba.who", "mkba.cost", "mkba.back", "mkba.net", "table.interval", "mkba.ratio", "mkba.year")
    return Table([words(key) for key in keys], rows, strong=frozenset(strong))


def payer_by_category(tree: Tree, words: Words) -> Table:
    """Return net costs by payer and category in whole euros, and the sum of all payers."""
    found = tree["payer_by_category"]
    shown = [
        c
        for c in found["society"]["categories"]
        if any(abs(row["categories"][c]) >= LEAST_EUROS for row in found.values())
    ]
    rows = []
    for payer in (*in_order(name for name in found if name != "society"), "society"):
        row = found[payer]
        cells = [*(row["categories"][c] for c in shown), row["total"]["mean"]]
        if payer == "society" or any(abs(cell) >= LEAST_EUROS for cell in cells):
            name = words("payer.total") if payer == "society" else words.payer(payer)
            rows.append([name, *(words.style.number(cell, sign=True) for cell in cells)])
    head = [words("table.payer"), *(words(f"category.{c}") for c in shown), words("mkba.total")]
    return Table(head, rows, strong=frozenset({len(rows) - 1}))


def lines(tree: Tree, words: Words) -> list[Part]:
    """Return quantity times price of the lines that matter most, and of all lines."""
    every = sorted(tree["lines"], key=lambda line: -abs(line["present"]["mean"] or 0.0))
    moving = [line for line in every if abs(line["present"]["mean"] or 0.0) >= LEAST_EUROS]
    text = words("mkba.lines_text", n=words.style.number(min(SHOWN, len(moving))))
    parts = [Part(title=words("mkba.lines"), text=text, table=_lines(moving[:SHOWN], words))]
    if len(moving) > SHOWN:
        n = words.style.number(len(moving))
        parts.append(Part(title=words("mkba.lines_all", n=n), table=_lines(moving, words), folded=True))
    cost = tree["fixed_and_variable"]
    if cost.get("paid_per_start"):
        amount, starts = words.style.euro(cost["paid_per_start"]), words.style.number(100 * cost["starts"])
        parts.append(Part(text=words("mkba.per_start", amount=amount, starts=starts)))
    return parts


def _lines(rows: Sequence[Tree], words: Words) -> Table:
    style, texts = words.style, []
    for line in rows:
        count, price = line["count"], line["price"]
        decimals = 1 if max(abs(count["null"]), abs(count["arm"])) >= 10 else 2
        texts.append([
            f"{line_name(line, words)}\n{_parties(line, words)}",
            style.number(count["null"], decimals), style.number(count["arm"], decimals),
            style.number(count["difference"], decimals, sign=True), _counted(line, words),
            Linked(style.euro(price, 2 if abs(price) < 100 else 0), f"#{anchor(line['path'])}"),
            style.euro(line["present"]["mean"], sign=True), str(line["grade"]),
        ])  # fmt: skip
    keys = (
        "mkba.line",
        "mkba.without",
        "mkba.with",
        "mkba.difference",
        "mkba.of",
        "mkba.price",
        "mkba.amount",
        "table.grade",
    )
    return Table([words(key) for key in keys], texts, text=frozenset({0, 4}))


def _parties(line: Tree, words: Words) -> str:
    payer = words.payer(line["payer"])
    if line["kind"] == "benefit":
        return words("mkba.gain_of", payer=payer)
    taker = line.get("beneficiary")
    return words("mkba.to", payer=payer, taker=words.payer(taker)) if taker else payer


def _counted(line: Tree, words: Words) -> str:
    if line["quantity"] == "hours" or str(line["unit"]).endswith("/hour"):
        return words("mkba.counted_hours")
    if line["quantity"] == "fixed":
        return words(
            "mkba.counted_months"
            if line["of"] == "month"
            else "mkba.counted_years"
            if line["of"] == "year"
            else "mkba.counted_times"
        )
    return words("mkba.counted_months" if line["quantity"] in ("state", "joint") else "mkba.counted_times")


def _budget(found: Findings, arm: Arm, tree: Tree) -> list[Part]:
    import pandas as pd

    words, style, own = found.words, found.words.style, tree["budget"]
    rows = own["payers"].get("municipality")
    if not rows:
        return []
    keys = ("programme", "extra", "savings", "cashable")
    table = pd.DataFrame([
        {"year": r["year"], **{k: r[k] for k in keys}, "net_in_budget": r["net_in_budget"]["mean"]} for r in rows
    ])  # fmt: skip
    texts = [
        [str(r["year"]), *(style.euro(r[k]) for k in keys), style.euro(r["net_in_budget"]["mean"], sign=True),
         style.spread(r["net_in_budget"], euro=True)]
        for r in rows
    ]  # fmt: skip
    totals = [table[k].sum() for k in keys]
    texts.append(
        [words("mkba.total"), *map(style.euro, totals), style.euro(table["net_in_budget"].sum(), sign=True), ""]
    )
    head = [words(f"mkba.budget_{key}") for key in ("year", *keys, "net")] + [words("table.interval")]
    numbers = Table(head, texts, strong=frozenset({len(texts) - 1}))
    shown = show(figures_mkba.budget(table, words), words, "budget", numbers, suffix=f"-{arm.index}")
    parts = [
        Part(title=words("mkba.budget"), text=words("mkba.budget_text", size=style.number(found.size))),
        Part(figure=shown),
    ]
    others = {name: r for name, r in own["payers"].items() if name != "municipality"}
    if others:
        years = [str(year) for year in own["years"]]
        grid = [
            [words.payer(n), *(style.number(r["net_in_budget"]["mean"], sign=True) for r in others[n])]
            for n in in_order(others)
        ]
        parts.append(Part(
            title=words("mkba.budget_others"), text=words("mkba.budget_others_text"), folded=True,
            table=Table([words("table.payer"), *years], grid),
        ))  # fmt: skip
    if own["relief"]["potential"]:
        amounts = {key: style.about_euro(own["relief"][key]) for key in ("potential", "cashable")}
        parts.append(Part(text=words("mkba.relief", **amounts)))
    return parts


def _pocket(tree: Tree, words: Words) -> list[Part]:
    """Return how every public payer stands before and after an agreement in which the gainers pay the losers."""
    style, pocket = words.style, tree["who_pays_who_gains"]
    own = pocket["compensation"]["public_payers"]
    if not own["payments"]:
        return []
    rows = []
    for name, after in sorted(own["net_after"].items(), key=lambda item: -_net(pocket, item[0])):
        before = _net(pocket, name)
        if abs(before) >= LEAST_EUROS:
            amounts = (-before, before - after, -after)
            rows.append([words.payer(name), *(style.euro(amount, sign=True) for amount in amounts)])
    head = [words(f"mkba.{key}") for key in ("who", "before", "agreed", "after")]
    key = "valued.compensated" if own["uncovered"] < LEAST_EUROS else "valued.uncovered"
    told = words(key, left=style.about_euro(own["uncovered"]), share=style.percent(own["feasible"]))
    inside = pocket["compensation"]["within_municipality"]
    works = inside["uncovered"] < LEAST_EUROS
    sum_text = words(
        "mkba.gains" if inside["together"] <= 0 else "mkba.loses", amount=style.about_euro(abs(inside["together"]))
    )
    within = words("mkba.together", within=words("mkba.within_yes" if works else "mkba.within_no"), sum=sum_text)
    return [
        Part(title=words("mkba.pocket"), text=words("mkba.pocket_text"), table=Table(head, rows)),
        Part(text=f"{told} {within}" if inside["payments"] or not works else told),
    ]


def _net(pocket: Tree, name: str) -> float:
    return float((pocket["payers"].get(name) or {}).get("net_cost", {}).get("mean") or 0.0)


def _long_run(tree: Tree, words: Words) -> Part:
    run, style = tree["long_run"], words.style
    if not run["available"]:
        return Part(title=words("mkba.long_run"), text=words("mkba.long_run_none"))
    rows = []
    for name in in_order(run["perspectives"]):
        own = run["perspectives"][name]
        if any(abs(own[key]["mean"]) >= LEAST_EUROS for key in ("simulated", "projected")):
            cells = [style.euro(-own[key]["mean"], sign=True) for key in ("simulated", "projected", "together")]
            rows.append([who(name, words), *cells, style.percent(own["share"])])
    head = [words(f"mkba.{key}") for key in ("who", "simulated", "projected", "both", "share")]
    return Part(title=words("mkba.long_run"), text=words("mkba.long_run_text"), table=Table(head, rows))


def _other(tree: Tree, words: Words) -> list[Part]:
    """Return society's and the municipality's net under other conventions."""
    style, what = words.style, tree["what_if"]
    net = {side: tree["perspectives"][side]["net_present_value"]["mean"] for side in ("society", "municipality")}
    rows: list[tuple[str, float | None, float | None]] = [(words("mkba.as_is"), net["society"], net["municipality"])]
    rows += [
        (words("mkba.rate", rate=style.percent(r["rate"], 2)), -r["society"], -r["municipality"])
        for r in what["rates"] if r["which"] != "standard"
    ]  # fmt: skip
    rows += [
        (words(f"mkba.prices_{r['level']}"), -r["society"], -r["municipality"])
        for r in what["price_levels"] if r["level"] in ("low", "high")
    ]  # fmt: skip
    marginal = {side: -tree["marginal_prices"][side]["marginal"]["mean"] for side in net}
    rows.append((words("mkba.marginal"), marginal["society"], marginal["municipality"]))
    for key, name, shares in (("displaced", "displacement", (0.25, 0.5)), ("leisure", "leisure", (0.5,))):
        rows += [
            (words(f"mkba.{key}", share=style.percent(s["share"])), -s["net_cost"], None)
            for s in what[name]["steps"] if s["share"] in shares and what[name]["gain"]
        ]  # fmt: skip
    nothing = words("youth.nothing")
    texts = [[name, *(nothing if v is None else style.euro(v, sign=True) for v in values)] for name, *values in rows]
    head = [words("table.where"), who("society", words), who("municipality", words)]
    parts = [Part(
        title=words("mkba.other"), text=words("mkba.other_text"), table=Table(head, texts, strong=frozenset({0}))
    )]  # fmt: skip
    if what["displacement"]["turning_share"] is not None:
        parts.append(Part(text=words("mkba.turning", share=style.percent(what["displacement"]["turning_share"]))))
    return parts


def _gross(found: Findings, tree: Tree) -> Part | None:
    from trajectsim.report.answer import outcome_title

    words, style = found.words, found.words.style
    rows = [
        [
            f"{outcome_title(found, name)}\n{_unit(found, name)}", style.number(own["gross"], 2),
            style.number(own["anyway"], 2), style.number(own["net"], 2, sign=True),
        ]
        for name, own in tree["what_if"]["deadweight"].items()
        if own["gross"] or own["anyway"]
    ]  # fmt: skip
    if not rows:
        return None
    head = [words("table.outcome"), *(words(f"mkba.gross_{key}") for key in ("with", "anyway", "net"))]
    return Part(title=words("mkba.gross"), text=words("mkba.gross_text"), table=Table(head, rows))


def _unit(found: Findings, name: str) -> str:
    unit = ((found.summary.get("outcome_titles") or {}).get(name) or {}).get("unit")
    return text_of(unit, found.words.lang) or ""


def _needed(tree: Tree, words: Words) -> Part | None:
    """Return how much more of one thing would bring the municipality (or society) to nil."""
    what = tree["what_if"]["quantity_to_break_even"]
    side = "society" if what.get("society") else "municipality"
    lines = {line["line"]: line for line in tree["lines"]}
    rows, named = [], set()
    for row in sorted(what.get(side) or (), key=lambda r: r["needed"]):
        line = lines.get(row["line"])
        if line is None or row["of"] in named:
            continue
        named.add(row["of"])
        name = re.sub(AGES, "", line_name(line, words))
        price = words.style.euro(row["price"])
        rows.append([name, words.style.number(row["needed"], 1), _counted(line, words), price])
    if not rows:
        return None
    head = [words("mkba.line"), words("mkba.needed_n"), words("mkba.of"), words("mkba.price")]
    title = words("mkba.needed", who=who(side, words))
    return Part(title=title, text=words("mkba.needed_text"), table=Table(head, rows[:NEEDED], text=frozenset({0, 2})))
