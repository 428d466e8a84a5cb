"""The decision in the terminal: the answer first, then what knowing more is worth, and what to find out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from trajectsim.report.labels import label, own_titles
from trajectsim.report.phrases import Words, words

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["decision_words", "lines", "print_decision"]

SHOWN = 10
TELLS_NOTHING = 0.9
"""Width of a range of shares from which it says nothing: nil to one is no answer."""


def decision_words(manifest: Mapping[str, Any], lang: str) -> Words:
    """Return the words of a language, with the titles of a study."""
    return words(lang, {**own_titles(manifest), **(manifest.get("titles") or {})})


def print_decision(summary: Mapping[str, Any], manifest: Mapping[str, Any], lang: str, console: Console) -> None:
    """Print what `analysis.decide.decision_summary` found about a study.

    Args:
        summary: the decision analysis.
        manifest: the study's manifest, for titles.
        lang: nl or en.
        console: where to print.
    """
    from rich.text import Text

    own = decision_words(manifest, lang)
    for line, bold in lines(summary, own):
        console.print(Text(line, style="bold" if bold else ""))
    console.print(_break_even(summary, own))
    if "robust" in summary:
        console.print(_robust(summary["robust"], own))
        chosen = own.title(f"arm.{summary['robust']['choice']}", summary["robust"]["choice"])
        console.print(Text(own("decision.robust_choice", arm=chosen)))
    if summary["agenda"]:
        console.print(_agenda(summary, own))
        console.print(Text(summary["statements"]["conditional"][lang]))
    console.print(Text(summary["statements"]["noise"][lang]))


def lines(summary: Mapping[str, Any], own: Words) -> Iterator[tuple[str, bool]]:
    """Yield the sentences of the answer, each with whether it is a first line."""
    style = own.style
    titles = {option["name"]: own.title(f"arm.{option['name']}", option["name"]) for option in summary["options"]}
    base = titles[summary["options"][0]["name"]]
    for arm, found in summary["against"].items():
        yield own(f"decision.first.{found['verdict']['sign']}", arm=titles[arm], base=base), True
        chance = style.percent(summary["probability_best"][arm])
        mean, spread = style.euro(found["gain"]["mean"], sign=True), style.spread(found["gain"], euro=True)
        yield f"  {titles[arm]}: {own('decision.gain', mean=mean, spread=spread, chance=chance)}", False
        if found["by_grade"]:
            assumed = found["by_grade"]["assumed"]
            yield "  " + _assumed(assumed, summary, own), False
    yield own("decision.who", who=_perspective(summary["perspective"], own)), False
    if summary["effect"]:
        unit = f"{summary['effect']['title'][own.lang]} ({summary['effect']['unit'][own.lang]})"
        yield own("decision.counted", effect=unit, threshold=style.euro(summary["threshold"])), False
    youths, worth = style.number(summary["youths"]), summary["evpi"]
    yield own(
        "decision.evpi", value=style.euro(worth["value"]), error=style.euro(worth["error"]), youths=youths,
        total=style.about_euro(worth["in_all"]),
    ), False  # fmt: skip
    studies = summary["evsi"] or []
    useful = [row for row in studies if row["worth"]]
    if useful:
        best = next((row for row in studies if row.get("best")), useful[-1])
        n, amount = style.number(best["n"]), style.about_euro(best["worth"])
        yield own("decision.evsi", n=n, youths=youths, worth=amount), False
        if "net" in best:
            cost, net = style.about_euro(best["cost"]), style.about_euro(best["net"], sign=True)
            key = "decision.evsi_net" if best["best"] else "decision.evsi_loss"
            yield own(key, cost=cost, net=net), False
    elif studies:
        yield own("decision.evsi_none", n=style.number(studies[-1]["n"])), False
    if not summary["enough_draws"]:
        few = {"draws": style.number(summary["draws"]), "fewest": style.number(summary["fewest_draws"])}
        yield own("decision.few", **few), False


def _assumed(found: Mapping[str, Any], summary: Mapping[str, Any], own: Words) -> str:
    """Return how much of what is not known comes from grades C and D, or that too few draws leave it open."""
    first, total = found["first"], found["total"]
    if first is None or total is None or total - first > TELLS_NOTHING:
        return own("decision.assumed_unknown", draws=own.style.number(summary["draws"]))
    return own("decision.assumed", first=own.style.percent(first), total=own.style.percent(total))


def _perspective(name: str, own: Words) -> str:
    return own(f"perspective.{name}") if own.has(f"perspective.{name}") else own.payer(name)


def _table(title: str) -> Any:
    from rich.table import Table

    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))


def _break_even(summary: Mapping[str, Any], own: Words) -> Any:
    table = _table(own("decision.break_even"))
    table.add_column(own("table.payer"))
    names = list(summary["break_even"])
    for arm in names:
        table.add_column(own.title(f"arm.{arm}", arm), justify="right")
    for who in summary["break_even"][names[0]]:
        shares = [summary["break_even"][arm][who] for arm in names]
        if any(share is not None for share in shares):
            table.add_row(_perspective(who, own), *(own.style.percent(share) for share in shares))
    return table


def _robust(robust: Mapping[str, Any], own: Words) -> Any:
    """Return what each choice loses against the best one, per structure, and at most."""
    table = _table(own("decision.regret"))
    arms = list(robust["worst_regret"])
    table.add_column("")
    for arm in arms:
        table.add_column(own.title(f"arm.{arm}", arm), justify="right")
    for structure, row in robust["regret"].items():
        table.add_row(structure, *(own.style.euro(row[arm]) for arm in arms))
    table.add_row(own("decision.at_most"), *(own.style.euro(robust["worst_regret"][arm]) for arm in arms), style="bold")
    return table


def _agenda(summary: Mapping[str, Any], own: Words) -> Any:
    table = _table(own("decision.agenda"))
    for key, right in (("rank", True), ("what", False), ("grade", False), ("value", True), ("error", True),
                       ("share", True), ("gap", False), ("source", False)):  # fmt: skip
        table.add_column(own(f"decision.{key}"), justify="right" if right else "left", overflow="fold")
    for entry in summary["agenda"][:SHOWN]:
        notes = [entry["gap"][own.lang]]
        notes += [own(f"decision.{key}") for key, told in (("not_decisive", not entry["decisive"]),
                                                           ("not_clear", not entry["clear"])) if told]  # fmt: skip
        table.add_row(
            str(entry["rank"]), label(entry["path"], own), entry["grade"], own.style.euro(entry["evppi"]),
            own.style.euro(entry["error"]), own.style.percent(entry["share"]), "; ".join(notes),
            f"{entry['source']}, {entry['locator']}",
        )  # fmt: skip
    return table
