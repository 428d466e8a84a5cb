"""Two studies on one page: how B differs from A, what each costs whom, what becomes of the youths, how sure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.report.blocks import Shown, Table
from trajectsim.report.canvas import ARMS, INK, SOFT, Drawing, canvas, quiet, svg
from trajectsim.report.difference import Account
from trajectsim.report.figures import euro_axis
from trajectsim.report.findings import text_of
from trajectsim.report.phrases import Words, words
from trajectsim.report.report import write_page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.console import Console

__all__ = ["Sides", "notes", "print_side_by_side", "write_side_by_side"]

Tree = Mapping[str, Any]
WHOLES = ("society", "society_without_intangibles", "municipality", "programme")
FEWEST_DRAWS = 40
COLOURS = (ARMS[0], ARMS[1])


@dataclass(frozen=True)
class Sides:
    """What a page is made of: the comparison (`analysis.side_by_side`), how the two differ, and the reader's language.

    `files` are the two configurations as the user named them.
    """

    tree: Tree
    account: Account
    files: tuple[str, str]
    lang: str

    @property
    def words(self) -> Words:
        """Return the reader's language."""
        return words(self.lang)

    @property
    def title(self) -> str:
        """Return the title of the page."""
        return self.words("compare.heading", a=self.titles[0], b=self.titles[1])

    @property
    def titles(self) -> tuple[str, str]:
        """Return the titles of both; with the name of the file where they have the same."""
        found = [text_of(self.tree[side]["title"], self.lang) or str(self.tree[side]["name"]) for side in "ab"]
        if found[0] == found[1]:
            found = [
                self.words("compare.same_title", title=title, file=Path(file).name)
                for title, file in zip(found, self.files, strict=True)
            ]
        return found[0], found[1]

    @property
    def pairs(self) -> list[Tree]:
        """Return the pairs of worlds with an approach, or that of the null alternatives where there is no other."""
        every = list(self.tree["pairs"])
        return every[1:] or every

    def arm(self, side: str, name: str) -> str:
        """Return the title of a world of A or B."""
        title = text_of(self.tree[side]["arm_titles"].get(name), self.lang)
        return title or self.words.title(f"arm.{name}", name)


def write_side_by_side(path: Path, sides: Sides) -> Path:
    """Write the page.

    Args:
        path: the HTML file.
        sides: what it shows.

    Raises:
        UserError: the file cannot be written.
    """
    return write_page(path, "side_by_side.html.j2", page(sides), sides)


def page(sides: Sides) -> dict[str, Any]:
    """Return everything the page shows, section by section."""
    w = sides.words
    years = w.style.number(float(sides.tree["horizon_years"]))
    return {
        "heading": sides.title,
        "subtitle": w("compare.subtitle", a=sides.titles[0], b=sides.titles[1], years=years),
        "answers": [answer(sides, pair) for pair in sides.pairs],
        "account": sides.account,
        "pairs": [_pair(sides, pair, number) for number, pair in enumerate(sides.pairs)],
        "notes": notes(sides),
        "null": sides.arm("a", sides.tree["pairs"][0]["a"]),
        "made": w(
            "compare.made_text",
            draws=w.style.number(sides.tree["draws_used"]),
            replicates=w.style.number(sides.tree["replicates"]),
            seed=str(sides.tree["seed"]),
        ),
    }


def answer(sides: Sides, pair: Tree) -> dict[str, str]:
    """Return the first line about a pair of worlds, the sentence under it, and why it says no more."""
    w = sides.words
    names = {side: sides.arm(side, pair[side]) for side in "ab"}
    told = pair.get("verdict_against_null") or pair.get("verdict")
    if told is None:
        return {"first_line": w("compare.unpriced", **names), "lead": "", "why": ""}
    told = told["society"]
    why = " ".join(w(f"compare.reason_{reason}") for reason in told["reasons"])
    lead = ""
    if "against_null" in pair:
        gain = pair["against_null"]["society"]
        lead = w(
            "compare.lead",
            null=sides.arm("a", sides.tree["pairs"][0]["a"]),
            gain_a=_less_or_more(w, gain["a"]["mean"]),
            gain_b=_less_or_more(w, gain["b"]["mean"]),
            apart=_less_or_more(w, gain["difference"]["mean"]),
            interval=w(
                "lead.range",
                low=_less_or_more(w, gain["difference"]["p05"]),
                high=_less_or_more(w, gain["difference"]["p95"]),
            ),
            chance=w.style.percent(gain["difference"]["lower"]),
        )
    if told["sign"] == "no_difference":
        lead = ""
    return {"first_line": w(f"compare.{told['sign']}", **names), "lead": lead, "why": why}


def _less_or_more(w: Words, value: float | None) -> str:
    if value is None or value == 0:
        return w.style.euro(value)
    return w("compare.less" if value < 0 else "compare.more", amount=w.style.about_euro(abs(value)))


def notes(sides: Sides) -> list[str]:
    """Return what a reader must mind, because of what differs between the two."""
    w, tree = sides.words, sides.tree
    found = []
    same = tree["same_youths"]
    sizes = [int(tree[side]["youths"]) for side in "ab"]
    if same is not None:
        key = "note_same" if same == 1 and sizes[0] == sizes[1] else "note_other"
        found += [w(f"compare.{key}", share=w.style.percent(same))] if same < 1 or key == "note_same" else []
    if sizes[0] != sizes[1]:
        found.append(w("compare.note_size", a=w.style.number(sizes[0]), b=w.style.number(sizes[1])))
    null = tree["pairs"][0].get("cost")
    if null is None:
        found.append(w("compare.note_prices"))
    elif null["society"]["difference"]["mean"] and len(tree["pairs"]) > 1:
        found.append(w("compare.note_null", apart=_less_or_more(w, null["society"]["difference"]["mean"])))
    years = [tree[side]["price_year"] for side in "ab"]
    if None not in years and years[0] != years[1]:
        found.append(w("compare.note_years", a=years[0], b=years[1]))
    if tree["a"]["model_version"] != tree["b"]["model_version"]:
        found.append(w("compare.note_model"))
    if tree["draws_used"] < FEWEST_DRAWS:
        found.append(w("compare.note_draws", n=tree["draws_used"]))
    if tree["not_paired"]:
        names = [f"‘{sides.arm('a', a) if b is None else sides.arm('b', b)}’" for a, b in tree["not_paired"]]
        found.append(w("compare.note_alone", names=", ".join(names)))
    return found


# --- a pair of worlds -------------------------------------------------------------------------------------------------


def _pair(sides: Sides, pair: Tree, number: int) -> dict[str, Any]:
    names = [sides.arm(side, pair[side]) for side in "ab"]
    title = names[0] if names[0] == names[1] else f"{names[0]} (A) / {names[1]} (B)"
    gain = pair.get("against_null")
    return {
        "title": title,
        "gain": None if gain is None else money_table(sides, gain),
        "gain_figure": None if gain is None else _gain_figure(sides, gain, number),
        "levels": money_table(sides, pair["cost"]) if "cost" in pair else None,
        "running": _running_figure(sides, pair, number) if "cumulative" in pair else None,
        "even": _even_table(sides, pair) if "break_even" in pair else None,
        "lives": lives_table(sides, pair),
    }


def payers_of(costs: Tree) -> list[str]:
    """Return the payers whom anything is paid or received by, the dearest in B first."""
    moved = [p for p in costs if p not in WHOLES and any(costs[p][side]["mean"] for side in "ab")]
    return sorted(moved, key=lambda p: -abs(costs[p]["difference"]["mean"] or 0.0))


def money_table(sides: Sides, costs: Tree) -> Table:
    """Return a table of amounts in A and B, by payer, and of their difference with its interval."""
    w = sides.words
    rows = []
    names = [*payers_of(costs), "programme", "municipality", "society_without_intangibles", "society"]
    for name in names:
        item = costs[name]
        cells = [w.style.euro(item[side]["mean"]) for side in "ab"]
        apart = item["difference"]
        cells += [w.style.euro(apart["mean"], sign=True), w.style.spread(apart, euro=True)]
        rows.append([_payer(w, name), *cells, w.style.percent(apart["lower"])])
    head = [w("table.payer"), w("compare.in_a"), w("compare.in_b"), w("compare.apart"), w("table.interval")]
    return Table([*head, w("compare.lower")], rows, strong=frozenset({len(rows) - 1}))


def _payer(w: Words, name: str) -> str:
    if name == "programme":
        return w("compare.programme")
    return w(f"perspective.{name}") if name in WHOLES else w.payer(name)


def lives_table(sides: Sides, pair: Tree) -> Table | None:
    """Return a table of what happens to the youths in A and B."""
    w, titles = sides.words, sides.tree["outcome_titles"]
    rows = []
    for name, item in pair["outcomes"].items():
        apart = item["difference"]
        title = text_of(titles[name]["title"], w.lang) or name
        cells = [w.style.number(item[side]["mean"], 2) for side in "ab"]
        cells += [w.style.number(apart["mean"], 2, sign=True), w.style.spread(apart, 2)]
        rows.append([f"{title}\n{text_of(titles[name]['unit'], w.lang)}", *cells])
    head = [w("table.outcome"), w("compare.in_a"), w("compare.in_b"), w("compare.apart"), w("table.interval")]
    return Table(head, rows) if rows else None


def _even_table(sides: Sides, pair: Tree) -> Table:
    w = sides.words
    rows = []
    for name, both in pair["break_even"].items():
        cells = []
        for side in "ab":
            even = both[side]
            year = None if even is None else even["year"]
            if even is None:
                cells.append(w("youth.nothing"))
            elif year is None:
                cells.append(w("compare.even_never", years=w.style.number(float(sides.tree["horizon_years"]))))
            else:
                cells.append(w("compare.even_year", year=w.style.number(year)))
        rows.append([w(f"perspective.{name}"), *cells])
    return Table([w("compare.even"), w("compare.in_a"), w("compare.in_b")], rows)


def _figure(drawing: Drawing, w: Words, key: str, number: int) -> Shown:
    name, title = f"figure-{key}-{number}", w(f"compare.figure_{key}")
    return Shown(name, title, svg(drawing, name, title), w(f"compare.figure_{key}_read"))


def _gain_figure(sides: Sides, gain: Tree, number: int) -> Shown:
    """Draw each payer's difference with the null alternative, in A and in B."""
    import pandas as pd

    w = sides.words
    names = [*payers_of(gain), "municipality", "society"]
    rows = [
        {"payer": name, "side": side, **{k: gain[name][side][k] for k in ("mean", "p05", "p95")}}
        for name in names
        for side in "ab"
    ]
    table = pd.DataFrame(rows)
    n = len(names)
    with canvas(0.7 + 0.42 * n) as (figure, (axes,)):
        axes.axvline(0, color=INK, linewidth=0.9, zorder=2)
        for row in rows:
            at, second = names.index(str(row["payer"])), row["side"] == "b"
            y = n - 1 - at + (-0.17 if second else 0.17)
            colour = COLOURS[second]
            axes.plot([row["p05"], row["p95"]], [y, y], color=colour, linewidth=4, alpha=0.35, solid_capstyle="round")
            axes.plot([row["mean"]], [y], "D" if second else "o", color=colour, markersize=6, zorder=4)
            place = axes.get_yaxis_transform()
            text = w.style.euro(row["mean"], sign=True)
            axes.text(1.13, y, text, transform=place, ha="right", va="center", color=colour, fontsize=8)
        for at, name in enumerate(names):
            weight = "bold" if name in WHOLES else "normal"
            label = w("payer.total") if name == "society" else w.payer(name)
            place = axes.get_yaxis_transform()
            axes.text(-0.015, n - 1 - at, label, transform=place, ha="right", va="center", weight=weight)
        axes.text(1.13, n - 0.42, "○ A   ◆ B", transform=axes.get_yaxis_transform(), ha="right", color=SOFT, fontsize=8)
        axes.set_yticks([])
        axes.set_ylim(-0.6, n - 0.3)
        axes.margins(x=0.06)
        euro_axis(axes.xaxis, w, sign=True, ticks=4)
        quiet(axes, "x")
        return _figure(Drawing(figure, table, w("compare.figure_gain_read")), w, "gain", number)


def _running_figure(sides: Sides, pair: Tree, number: int) -> Shown:
    """Draw the running sum of costs and savings of A and B, for society and the municipality."""
    import pandas as pd

    w = sides.words
    found = pair["cumulative"]
    rows = [
        {"of": name, "side": side, "year": year + 1, "euro": value}
        for name, both in found.items()
        for side in "ab"
        for year, value in enumerate(both[side])
    ]
    with canvas(2.5, 1, len(found), sharey=True) as (figure, panels):
        for axes, name in zip(panels, found, strict=True):
            axes.axhline(0, color=INK, linewidth=0.9)
            _lines(axes, found[name])
            axes.set_title(w(f"perspective.{name}"))
            axes.set_xlabel(w("axis.after_year"))
            euro_axis(axes.yaxis, w, sign=True)
            quiet(axes)
        return _figure(Drawing(figure, pd.DataFrame(rows), w("compare.figure_running_read")), w, "running", number)


def _lines(axes: Axes, both: Mapping[str, Sequence[float]]) -> None:
    for side, colour, style in (("a", COLOURS[0], (0, (4, 2))), ("b", COLOURS[1], "solid")):
        years = [0, *range(1, len(both[side]) + 1)]
        axes.plot(years, [0.0, *both[side]], color=colour, linestyle=style, linewidth=1.8)
        axes.annotate(
            side.upper(), (years[-1], both[side][-1]), (4, 0), textcoords="offset points", color=colour, weight="bold",
            va="center",
        )  # fmt: skip
    last = len(both["a"])
    axes.set_xticks(sorted({0, last, *range(0, last + 1, max(1, round(last / 5)))}))


# --- the terminal -----------------------------------------------------------------------------------------------------


def print_side_by_side(sides: Sides, console: Console) -> None:
    """Print how the two differ, the answer, the costs by payer and the outcomes of every pair, and what to mind."""
    from rich.text import Text

    from trajectsim.report.terminal import new_grid

    w = sides.words
    for side, title in zip("AB", sides.titles, strict=True):
        console.print(Text(w("compare.running", side=side, title=title)))
    console.print(Text(w("compare.how"), style="bold"))
    for line in [*sides.account.lines, *([sides.account.rest] if sides.account.rest else [])]:
        console.print(Text(f"  • {line}"))
    for pair in sides.pairs:
        told = answer(sides, pair)
        console.print(Text(told["first_line"], style="bold"))
        for text in (told["lead"], told["why"]):
            if text:
                console.print(Text(f"  {text}"))
        costs = pair.get("against_null") or pair.get("cost")
        tables = [
            (w("compare.gain" if "against_null" in pair else "compare.levels"), costs and money_table(sides, costs)),
            (w("compare.lives"), lives_table(sides, pair)),
        ]
        for title, table in tables:
            if table:
                shown, unit = new_grid(title, [cell.split("\n")[0] for cell in table.head]), ""
                for row in table.rows:
                    name, _, own = row[0].partition("\n")
                    if own != unit:
                        unit = own
                        shown.add_row(unit, style="italic")
                    shown.add_row(name, *(cell.split("\n")[0] for cell in row[1:]))
                console.print(shown)
    for note in notes(sides):
        console.print(Text(f"  {note}"))
