"""Scaling up on one page: the best number first, the curve, what binds, for whom it pays, and a plan in steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trajectsim.report import figures_scaleup as draw
from trajectsim.report.blocks import Shown, Table
from trajectsim.report.canvas import Drawing, svg
from trajectsim.report.findings import text_of
from trajectsim.report.format import about
from trajectsim.report.phrases import Words, plain, words
from trajectsim.report.sections import Answer, Page, Part, Section

__all__ = ["figures", "page", "write_figures"]

Tree = Mapping[str, Any]
FEW_FILLED = 0.8
"""Share of the places of a size filled at the busiest, below which the plan says that it is larger than the group."""
SURE = 0.95
"""Below this chance of a gain, and above one minus it, the first line says that it is not known."""


def page(tree: Tree, lang: str) -> Page:
    """Return the page of a scaling curve.

    Args:
        tree: as `analysis.run_sizes.run_sizes` returns it.
        lang: nl or en.
    """
    w, about_it = words(lang), tree["about"]
    drawn = figures(tree, w)
    title = text_of(about_it["programme_title"], lang) or plain(about_it["programme"])
    null = text_of(about_it["null_title"], lang) or w.title(f"arm.{about_it['null_alternative']}")
    sections = [
        Section("sizes", w("scale.sizes"), [
            Part(figure=drawn["curve"]),
            Part(text=w("scale.sizes_text")),
            Part(table=sizes_table(tree, w)),
            Part(figure=drawn["place"]),
        ]),
        Section("mechanisms", w("scale.mechanisms"), [
            Part(text=w("scale.mechanisms_text")),
            Part(figure=drawn["mechanisms"]),
            Part(table=mechanisms_table(tree, w)),
        ]),
        *_limits(tree, w, drawn),
        Section("best", w("scale.best"), [Part(text=w("scale.best_text")), Part(table=best_table(tree, w))]),
        Section("money", w("scale.money"), [Part(table=money_table(tree, w))]),
        _plan(tree, w),
        Section("notes", w("scale.notes"), [Part(items=notes(tree, w))]),
    ]  # fmt: skip
    return Page(
        words=w,
        heading=w("scale.heading", programme=title),
        subtitle=w(
            "scale.subtitle",
            youths=w.style.number(about_it["youths"]),
            years=w.style.number(float(about_it["horizon_years"])),
            null=null,
            draws=w.style.number(about_it["draws"]),
        ),
        answers=[answer(tree, w)],
        sections=sections,
    )


def answer(tree: Tree, w: Words) -> Answer:
    """Return the first line, what it brings, and which mechanism binds."""
    best, n = tree["best"]["society"], int(tree["next_place_stops"])
    by_size = {int(size["places"]): size for size in tree["sizes"]}
    if n == 0:
        size = by_size[max(by_size)]
        first, lead = w("scale.first_none"), "scale.lead_none"
    else:
        size = by_size[n]
        edge = n == max(by_size)
        key = "scale.first_edge" if edge else "scale.first_best" if best["enough"] else "scale.first_mean"
        first, lead = w(key, n=w.style.number(n)), "scale.lead"
    total = size["total"]["net_benefit"]
    chance = size["total"]["chance_of_gain"]
    if chance is not None and 1 - SURE < chance < SURE:
        first = f"{w('scale.not_known')} {first}"
    values = {
        "n": w.style.number(size["places"]),
        "net": w.style.about_euro(total["mean"]),
        "interval": w("lead.range", low=w.style.about_euro(total["p05"]), high=w.style.about_euro(total["p95"])),
    }
    if n:
        values |= {
            "chance": w.style.percent(chance),
            "cost": w.style.about_euro(size["cost_per_place"]["mean"]),
            "place": w.style.about_euro(size["net_benefit_per_place"]["mean"]),
        }
    return Answer(first, w(lead, **values), why(tree, w))


def why(tree: Tree, w: Words) -> str:
    """Return in words which mechanism binds at the size that was looked at."""
    found = tree.get("why")
    if found is None:
        return w("scale.why_no")
    n, order = w.style.number(found["places"]), list(found["order"])
    if found["binds"] is None:
        return w("scale.why_unsure", n=n)
    if found["binds"] == "youths":
        told = w("scale.why_youths", n=n, most=_most(tree, w, int(found["places"])))
    else:
        limit = order.pop(0)
        gain = w.style.about_euro(found["limits"][limit]["net_benefit"]["mean"])
        told = w("scale.why_limit", n=n, limit=w(f"scale.limit.{limit}"), gain=gain)
    if order:
        told += " " + w("scale.why_hidden", limits=", ".join(w(f"scale.limit.{name}") for name in order))
    return told


def notes(tree: Tree, w: Words) -> list[str]:
    """Return what a reader must mind."""
    item = tree["about"]
    found = [w("scale.world_laid", world=item["world"])] if item.get("world_laid") else []
    found += [w("scale.assumed"), w("scale.closed"), w(f"scale.team_{item['team']}")]
    found.append(w(f"scale.budget_{item['budget']}"))
    if item["replicates"] < 5:
        found.append(w("scale.luck", replicates=w.style.number(item["replicates"])))
    return found


# --- tables -----------------------------------------------------------------------------------------------------------


def sizes_table(tree: Tree, w: Words) -> Table:
    """Return one row per size: net, cost, ratio, wait, and what the next place brings."""
    names = ("places", "net", "per", "cost", "ratio", "wait", "next", "pays")
    rows = []
    best = tree["next_place_stops"]
    for size in tree["sizes"]:
        total = size["total"]["net_benefit"]
        rows.append([
            w.style.number(size["places"]),
            f"{w.style.euro(about(total['mean']))}\n{_interval(w, total)}",
            w.style.euro(about(size["net_benefit_per_place"]["mean"])),
            w.style.euro(about(size["cost_per_place"]["mean"])),
            w.style.number(size["benefit_cost_ratio"]["mean"], 2),
            w.style.number(size["wait_months"]["mean"], 1),
            w.style.euro(about(size["next_place"]["mean"])),
            w.style.percent(size["next_place"]["chance"]),
        ])  # fmt: skip
    marked = frozenset(i for i, size in enumerate(tree["sizes"]) if size["places"] == best)
    return Table([w(f"scale.col_{name}") for name in names], rows, marked=marked)


def _interval(w: Words, item: Tree) -> str:
    return w.style.interval(about(item["p05"]), about(item["p95"]), euro=True)


def mechanisms_table(tree: Tree, w: Words) -> Table:
    """Return one row per size: what is filled, coaching, whom it is meant for, employers, work."""
    names = ("places", "filled", "most", "strength", "unsuited", "employers", "work")
    rows = []
    for size in tree["sizes"]:
        team = size["team"]
        rows.append([
            w.style.number(size["places"]),
            w.style.number(size["filled"]["place_years"]["mean"], 1),
            w.style.number(size["filled"]["most_at_once"]["mean"], 1),
            w.style.percent(None if team is None else team["strength"]["mean"]),
            w.style.percent(size["unsuited_share"]["mean"]),
            w.style.percent(_employers(size)),
            w.style.number(size["work_years"]["mean"], 1),
        ])  # fmt: skip
    return Table([w(f"scale.col_{name}") for name in names], rows)


def _employers(size: Tree) -> float | None:
    """Return the part of the places at employers that is taken, all employers' provisions together."""
    places = sum(item["open"] or 0.0 for item in size["employers"].values())
    return sum(item["filled"] or 0.0 for item in size["employers"].values()) / places if places > 0 else None


def best_table(tree: Tree, w: Words) -> Table:
    """Return the best number of places per perspective, with its uncertainty."""
    names = ("best", "spread", "sure", "breakeven", "gain", "chance")
    rows = []
    for name, item in tree["best"].items():
        title = w("payer.total") if name == "society" else w.payer(name)
        first = item["first_that_pays"]
        rows.append([
            title,
            w.style.number(item["places"]),
            w.style.interval(item["p05"], item["p95"]),
            w.style.percent(item["chance"][str(item["places"])]),
            w.style.number(first),
            w.style.euro(about(item["net_benefit"]["mean"])),
            w.style.percent(item["chance_of_gain"]),
        ])  # fmt: skip
    return Table([w("table.payer"), *(w(f"scale.col_{name}") for name in names)], rows, strong=frozenset({0}))


def money_table(tree: Tree, w: Words) -> Table:
    """Return fixed and variable costs in total, and net per place offered over the whole period."""
    names = ("places", "fixed", "variable", "offered")
    rows = [
        [
            w.style.number(size["places"]),
            w.style.euro(about(size["total"]["fixed_cost"]["mean"])),
            w.style.euro(about(size["total"]["variable_cost"]["mean"])),
            w.style.euro(about(size["per_place_offered"]["net_benefit"]["mean"])),
        ]
        for size in tree["sizes"]
    ]
    return Table([w(f"scale.col_{name}") for name in names], rows)


def _limits(tree: Tree, w: Words, drawn: Mapping[str, Shown]) -> list[Section]:
    found = tree.get("why")
    if found is None or not found["limits"]:
        return []
    rows = [
        [
            w(f"scale.limit.{name}"),
            w.style.euro(about(item["net_benefit"]["mean"]), sign=True),
            f"± {w.style.euro(about(2 * (item['net_benefit']['error'] or 0.0)))}",
            w.style.number(item["work_years"]["mean"], 1, sign=True),
        ]
        for name, item in found["limits"].items()
    ]
    head = [w("scale.col_limit"), w("scale.col_back"), "", w("scale.col_work_back")]
    parts = [
        Part(text=w("scale.limits_text", n=w.style.number(found["places"]))),
        Part(figure=drawn["limits"]),
        Part(table=Table(head, rows)),
    ]
    return [Section("limits", w("scale.limits"), parts)]


def _plan(tree: Tree, w: Words) -> Section:
    plan = tree["staircase"]
    if not plan["steps"]:
        return Section("plan", w("scale.plan"), [Part(text=w("scale.plan_none"))])
    rows = [
        [
            w.style.number(step["year"]),
            w.style.number(step["places"]),
            ", ".join(f"{w.style.number(posts, 2)} {plain(role)}" for role, posts in step["posts"].items()) or "–",
            w.style.euro(about(step["cost_per_year"])),
        ]
        for step in plan["steps"]
    ]
    head = [w(f"scale.col_{name}") for name in ("year", "places", "posts", "yearly")]
    parts = [Part(text=w("scale.plan_text", n=w.style.number(plan["target"])))]
    if _filled(tree, plan["target"]) < FEW_FILLED * plan["target"]:
        n = w.style.number(plan["target"])
        parts.append(Part(text=w("scale.plan_empty", n=n, most=_most(tree, w, plan["target"]))))
    return Section("plan", w("scale.plan"), [*parts, Part(table=Table(head, rows))])


def _filled(tree: Tree, places: int) -> float:
    """Return how many places of a size are filled at once at the busiest, on average."""
    by_size = {int(size["places"]): size for size in tree["sizes"]}
    return float(by_size[places]["filled"]["most_at_once"]["mean"] or 0.0)


def _most(tree: Tree, w: Words, places: int) -> str:
    return w.style.number(round(_filled(tree, places)))


# --- figures ----------------------------------------------------------------------------------------------------------


def _drawings(tree: Tree, w: Words) -> dict[str, Drawing]:
    sizes = tree["sizes"]
    places = [int(size["places"]) for size in sizes]
    found = tree.get("why")
    stops = int(tree["next_place_stops"])
    edge = stops == max(places)
    label = w("scale.still" if edge else "scale.stops", n=w.style.number(stops))
    if not edge and found is not None and found["binds"] is not None:
        label += "\n" + w(f"scale.limit.{found['binds']}")
    columns: dict[str, tuple[str, list[float | None]]] = {
        "wait": (w("scale.col_wait"), [s["wait_months"]["mean"] for s in sizes]),
        "filled_share": (w("scale.col_most"), [s["filled"]["share_at_most"] for s in sizes]),
        "strength_share": (
            w("scale.col_strength"), [s["team"]["strength"]["mean"] if s["team"] else None for s in sizes],
        ),
        "employers_share": (w("scale.col_employers"), [_employers(s) for s in sizes]),
        "unsuited_share": (w("scale.col_unsuited"), [s["unsuited_share"]["mean"] for s in sizes]),
        "work": (w("scale.col_work"), [s["work_years"]["mean"] for s in sizes]),
    }  # fmt: skip
    columns = {name: item for name, item in columns.items() if any(v is not None for v in item[1])}
    drawn = {
        "curve": draw.curve(sizes, stops, label, w),
        "place": draw.per_place(sizes, w),
        "mechanisms": draw.mechanisms(columns, places, w),
    }
    if found is not None and found["limits"]:
        drawn["limits"] = draw.limits(found["limits"], w)
    return drawn


def figures(tree: Tree, w: Words) -> dict[str, Shown]:
    """Return the figures of the page by name."""
    out = {}
    for name, drawing in _drawings(tree, w).items():
        title = w(f"scale.figure_{name}")
        out[name] = Shown(f"scale-{name}", title, svg(drawing, f"scale-{name}", title), w(f"scale.figure_{name}_read"))
    return out


def write_figures(tree: Tree, lang: str, folder: Path) -> list[Path]:
    """Write every figure as PNG and SVG with its data as CSV into a folder, and return the pictures' paths."""
    import matplotlib as mpl

    from trajectsim.report.canvas import STYLE

    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, drawing in _drawings(tree, words(lang)).items():
        with mpl.rc_context(STYLE):
            drawing.figure.savefig(folder / f"{name}.png", dpi=200, facecolor="white", metadata={"Software": None})
            drawing.figure.savefig(folder / f"{name}.svg", facecolor="white", metadata={"Date": None, "Creator": None})
        drawing.data.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        written.append(folder / f"{name}.png")
    return written
