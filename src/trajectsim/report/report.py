"""The report: one self-contained HTML file that answers first and then shows what the answer rests on.

It reads a folder of results alone, loads nothing from elsewhere and prints on A4. Its script only redoes the sum under
other prices and opens what is folded; without it everything can still be read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trajectsim.errors import UserError
from trajectsim.report import answer, lives, money, trust
from trajectsim.report.analysed import NOTHING, Analysed, analysed
from trajectsim.report.blocks import Shown, Table
from trajectsim.report.council import write_council
from trajectsim.report.decided import choice
from trajectsim.report.export import write_figures, write_tables
from trajectsim.report.findings import Findings, read
from trajectsim.report.format import LANGUAGES
from trajectsim.report.groups import between_groups
from trajectsim.report.mkba import benefits
from trajectsim.report.own import forms
from trajectsim.report.pages import HasWords, render, write_page
from trajectsim.report.world import around

__all__ = ["HasWords", "render", "write_page", "write_report"]


def write_report(directory: str | Path, lang: str = "nl", everything: bool = False) -> Path:
    """Write `report.html`, and `council.html` of two pages, into a folder of results.

    Args:
        directory: the folder, as `trajectsim run` leaves it.
        lang: nl or en.
        everything: write `tables.xlsx` and the folders `tables` and `figures` too.

    Returns:
        The path of the report.

    Raises:
        UserError: unknown language, no results in the folder, or the file cannot be written.
    """
    if lang not in LANGUAGES:
        raise UserError.of(
            f"language '{lang}' is not available", allowed="nl, en", cure="choose --lang nl or --lang en"
        )
    found = read(directory, lang)
    known = analysed(found)
    write_council(found, known)
    content = page(found, known)
    if everything:
        write_tables(found, known)
        write_figures(found, content)
    return write_page(found.directory / "report.html", "report.html.j2", content, found)


def page(found: Findings, known: Analysed = NOTHING) -> dict[str, Any]:
    """Return everything the report shows, section by section; `known` is what was analysed beyond the summary."""
    words = found.words
    twins = lives.twins(found)
    check_figure, check_table, check_text = trust.source_check(found)
    grade_counts, grade_lists = trust.grades(found)
    count = len(found.arms)
    worlds = (
        words("page.worlds_many", n=count)
        if count > 2
        else words("page.worlds_two" if count == 2 else "page.worlds_one")
    )
    return {
        "answers": [answer.answer(found, arm) for arm in found.others],
        "subtitle": words(
            "page.subtitle",
            size=found.words.style.number(found.size),
            years=found.years,
            worlds=worlds,
            arms=" / ".join(f"‘{arm.title}’" for arm in found.arms),
        ),
        "costs": _costs(found, known),
        "payers": _payers(found),
        "outcomes": _shown(lives.day_by_month(found), *lives.outcomes(found)),
        "twins": twins,
        "world": around(found),
        "shares": trust.shares(found),
        "top": trust.top(found),
        "assumed": trust.assumed_share(found),
        "explained": trust.variance(found).get("explained"),
        "check": (check_figure, check_table, check_text),
        "limits": trust.limits(found, twins.name if twins else None) + trust.caveats(found),
        "benefits": benefits(found, known),
        "choice": choice(found, known),
        "groups": between_groups(found, known),
        "forms": forms(found, known),
        "own_words": _own_words(found),
        "book": (known.mkba.get("about") or {}).get("price_book"),
        "enough": trust.enough(found),
        "sources": trust.sources(found),
        "counts": trust.counts(found),
        "grade_counts": grade_counts,
        "grade_lists": grade_lists,
        "parameter_count": sum(len(table.rows) for table in grade_lists),
        "made": trust.made(found),
        "years": found.years,
    }


def _own_words(found: Findings) -> dict[str, str]:
    """Return what the script of the page says, and how it writes numbers."""
    words, style = found.words, found.words.style
    said = {key: words(f"own.{key}") for key in ("changed", "wrong")}
    marks = {"thousands": style.thousands, "decimal": style.decimal, "gap": style.euro_gap, "to": style.range_word}
    return {**said, **marks, "nothing": words("youth.nothing")}


def _shown(*figures: Shown | None) -> list[Shown]:
    return [figure for figure in figures if figure is not None]


def _costs(found: Findings, known: Analysed) -> dict[str, Any]:
    words, year = found.words, trust.price_year(found)
    rate = found.parameter("prices.discounting.standard").get("value")
    if rate is not None and year is not None:
        text = words("text.costs_discount", rate=words.style.percent(float(rate), 2), price_year=year)
    else:
        text = words("text.costs_discount_plain")
    figures = _shown(
        money.cost_by_year(found),
        *(f for arm in found.others for f in (money.payback(found, arm), money.chances(found, arm))),
    )
    sides: list[tuple[str, Table | None]] = [
        (arm.title, answer.perspectives(found, arm)) for arm in found.others if not known.mkba
    ]
    return {"discount": text, "figures": figures, "sides": [(t, s) for t, s in sides if s is not None]}


def _payers(found: Findings) -> dict[str, Any]:
    return {
        "figures": [
            (arm.title, shown, money.wrong_pocket(found, arm))
            for arm in found.others
            if (shown := money.difference_by_payer(found, arm))
        ],
        "by_year": money.cost_by_payer(found),
        "transfers": money.transfers(found),
    }
