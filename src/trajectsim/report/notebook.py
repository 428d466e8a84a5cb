"""Answers as a notebook shows them: dictionaries that draw themselves as small tables, in Dutch or English."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from trajectsim.report.explore import factor_title, output_title, words_of
from trajectsim.report.format import UNKNOWN
from trajectsim.report.phrases import Words

__all__ = ["Answer"]

_LEFT = 'style="text-align:left;padding:2px 14px 2px 0"'
_RIGHT = 'style="text-align:right;padding:2px 14px 2px 0"'
PERSPECTIVES = ("society", "society_without_intangibles", "municipality")


class Answer(dict[str, Any]):
    """The answer to a question about a study: a dictionary like any other, which a notebook shows as a table.

    Attributes:
        kind: summary, value, decision, sensitivity or discovery.
        manifest: of the study, for its titles.
    """

    def __init__(self, tree: Mapping[str, Any], kind: str, manifest: Mapping[str, Any]) -> None:
        super().__init__(tree)
        self.kind, self.manifest = kind, manifest

    def html(self, lang: str = "en") -> str:
        """Return the answer as HTML in a language."""
        w = words_of(self.manifest, lang)
        title, heads, rows, notes = _SHOWN[self.kind](self, w)
        return _table(title, heads, rows, notes)

    def _repr_html_(self) -> str:
        return self.html()


def _table(title: str, heads: list[str], rows: list[list[str]], notes: list[str]) -> str:
    def line(cells: list[str], tag: str) -> str:
        styled = (f"<{tag} {_RIGHT if i else _LEFT}>{escape(c)}</{tag}>" for i, c in enumerate(cells))
        return f"<tr>{''.join(styled)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    below = "".join(f"<div><small>{escape(note)}</small></div>" for note in notes if note)
    return f"<div><b>{escape(title)}</b><table>{line(heads, 'th')}{body}</table>{below}</div>"


def _spread(item: Mapping[str, Any] | None, w: Words, euro: bool) -> list[str]:
    """Return the mean and its interval as two cells."""
    if item is None:
        return [UNKNOWN, UNKNOWN]
    low, high = item.get("p05"), item.get("p95")
    if euro:
        return [w.style.euro(item["mean"], sign=True), f"{w.style.euro(low)} – {w.style.euro(high)}"]
    return [w.style.number(item["mean"], 1, sign=True), f"{w.style.number(low, 1)} – {w.style.number(high, 1)}"]


def _by_arm(tree: Mapping[str, Any], key: str, arms: list[str]) -> dict[str, Any]:
    """Return a part that is keyed by arm only where there are more than two arms."""
    return {arms[1]: tree[key]} if len(arms) == 2 else dict(tree[key])


def _arm(name: str, w: Words) -> str:
    return w.title(f"arm.{name}", name)


def _summary(tree: Answer, w: Words) -> tuple[str, list[str], list[list[str]], list[str]]:
    arms = list(tree["arms"])
    rows = []
    for arm, gap in (_by_arm(tree, "difference", arms) if len(arms) > 1 else {}).items():
        chance = _by_arm(tree, "probability_of_saving", arms)[arm]
        for who in PERSPECTIVES:
            key = "total" if who == "society" else who.replace("society_", "")
            name = f"{_arm(arm, w)}: {w(f'perspective.{who}')}"
            rows.append([name, *_spread(gap["cost"].get(key), w, True), w.style.percent(chance.get(who))])
        for outcome, item in gap["outcomes"].items():
            name = f"{_arm(arm, w)}: {tree['outcome_titles'][outcome]['title'][w.lang]}"
            rows.append([name, *_spread(item, w, False), ""])
    heads = [w("notebook.difference"), w("notebook.mean"), w("notebook.interval"), w("notebook.saves")]
    title = (tree["title"] or {}).get(w.lang) or tree["name"]
    about = w("notebook.about", youths=tree["youths"], years=tree["horizon_years"], draws=tree["draws_used"],
              replicates=tree["replicates"])  # fmt: skip
    return title, heads, rows, [about, w("notebook.sign")]


def _value(tree: Answer, w: Words) -> tuple[str, list[str], list[list[str]], list[str]]:
    rows = []
    for arm, item in tree["arms"].items():
        for who, found in item["perspectives"].items():
            name = f"{_arm(arm, w)}: {w(f'perspective.{who}') if w.has(f'perspective.{who}') else w.payer(who)}"
            rows.append([name, *_spread(found["net_present_value"], w, True)])
    return w("notebook.value"), ["", w("notebook.mean"), w("notebook.interval")], rows, []


def _decision(tree: Answer, w: Words) -> tuple[str, list[str], list[list[str]], list[str]]:
    rows = [
        [_arm(option["name"], w), *_spread(tree["net_benefit"][option["name"]], w, True),
         w.style.percent(tree["probability_best"][option["name"]])]
        for option in tree["options"]
    ]  # fmt: skip
    heads = [w("notebook.option"), w("notebook.mean"), w("notebook.interval"), w("notebook.best")]
    known = "notebook.preferred" if tree["known"] else "notebook.not_known"
    worth = w("notebook.evpi", euro=w.style.euro(tree["evpi"]["value"]))
    return w("notebook.decision"), heads, rows, [w(known, arm=_arm(tree["preferred"], w)), worth]


def _sensitivity(tree: Answer, w: Words) -> tuple[str, list[str], list[list[str]], list[str]]:
    first = {"sobol": "ST", "morris": "mu_star", "lhs": "S1"}[tree["kind"]]
    share = tree["kind"] != "morris"
    rows = []
    for name, item in tree["outputs"].items():
        for row in item["rows"] or ():
            places = 2 if share else 0
            numbers = [w.style.number(row[key], places) for key in (first, f"{first}_low", f"{first}_high")]
            who = f"{output_title(name, item, w)}: {factor_title(row['factor'], tree['factors'], w)}"
            rows.append([who, numbers[0], f"{numbers[1]} – {numbers[2]}"])
    heads = [w("explore.factor"), first.replace("mu_star", "mu*"), w("notebook.interval95")]
    return w("explore.title_indices"), heads, rows, [tree["note"][w.lang]]


def _discovery(tree: Answer, w: Words) -> tuple[str, list[str], list[list[str]], list[str]]:
    from trajectsim.report.explore import asked, bound_text

    rows = [
        [" · ".join(bound_text(bound, tree["factors"], w) for bound in box["bounds"]),
         w.style.percent(box["density"]), w.style.percent(box["coverage"])]
        for box in tree["boxes"]
    ]  # fmt: skip
    notes = [asked(tree, w)] if rows else [asked(tree, w), w("explore.no_boxes")]
    if tree["tested"] is not None:
        right, always = (w.style.percent(tree["tested"][key]) for key in ("right", "always"))
        notes.append(w("explore.tested" if tree["sound"] else "explore.not_sound", right=right, always=always))
    heads = [w("notebook.bounds"), w("notebook.density"), w("notebook.coverage")]
    return w("explore.title_boxes"), heads, rows, notes


_SHOWN = {"summary": _summary, "value": _value, "decision": _decision, "sensitivity": _sensitivity,
          "discovery": _discovery}  # fmt: skip
