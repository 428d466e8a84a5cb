"""The page of two studies: what it says of them, and what a reader must mind."""

import copy
import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from trajectsim.report.blocks import Table
from trajectsim.report.difference import Account
from trajectsim.report.side_by_side import (
    Sides,
    answer,
    money_table,
    notes,
    page,
    payers_of,
    print_side_by_side,
    write_side_by_side,
)

ACCOUNT = Account(["‘Job’ heeft in B 20 plekken meer (40 in plaats van 20)."], "", Table([], []))


def stats(mean: float) -> dict[str, float]:
    return {"mean": mean, "sd": 1.0, "p05": mean - 100, "p50": mean, "p95": mean + 100}


def item(a: float, b: float) -> dict[str, Any]:
    return {"a": stats(a), "b": stats(b), "difference": {**stats(b - a), "error": 1.0, "lower": 0.25}}


def tree(sign: str = "costs") -> dict[str, Any]:
    money = {
        "society": item(-1000, 2000), "society_without_intangibles": item(-500, 1500), "municipality": item(10, 20),
        "programme": item(300, 400), "justice": item(-50, -40), "education": item(0, 900), "employers": item(0, 0),
    }  # fmt: skip
    told = {"society": {"sign": sign, "reasons": ["assumptions"] if sign == "not_known" else []}}
    even = {"a": {"year": 4.0}, "b": {"year": None}}
    side = {
        "name": "x", "content_hash": "0", "model_version": "1", "title": {"nl": "Zelfde", "en": "Same"}, "youths": 20,
        "price_year": 2024, "arm_titles": {"usual": {"nl": "Nu", "en": "Now"}, "job": {"nl": "Baan", "en": "Job"}},
    }  # fmt: skip
    outcomes = {"work": item(1.0, 2.5)}
    return {
        "layout": 1, "a": side, "b": {**copy.deepcopy(side), "name": "y"}, "seed": 1, "draws_used": 50, "replicates": 2,
        "horizon_years": 3, "same_youths": 1.0, "not_paired": [],
        "outcome_titles": {"work": {"title": {"nl": "werk", "en": "work"}, "unit": {"nl": "maanden", "en": "months"}}},
        "pairs": [
            {"a": "usual", "b": "usual", "cost": {"society": item(5, 5)}, "outcomes": outcomes},
            {
                "a": "job", "b": "job", "cost": money, "against_null": money, "verdict_against_null": told,
                "outcomes": outcomes, "break_even": {"society": even, "municipality": {"a": None, "b": None}},
                "cumulative": {n: {"a": [1.0, 0.5, -1], "b": [1.0, 2, 3]} for n in ("society", "municipality")},
            },
        ],
    }  # fmt: skip


def sides(found: dict[str, Any] | None = None, lang: str = "nl") -> Sides:
    return Sides(found or tree(), ACCOUNT, ("a.yaml", "some/b.yaml"), lang)


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_two_of_one_title_go_by_their_file() -> None:
    assert sides().titles == ("Zelfde (a.yaml)", "Zelfde (b.yaml)")
    found = tree()
    found["b"]["title"] = None
    assert sides(found).titles == ("Zelfde", "y")


@pytest.mark.parametrize(
    ("sign", "line"),
    [
        ("costs", "‘Job’ in B probably turns out dearer than ‘Job’ in A."),
        ("saves", "‘Job’ in B probably turns out cheaper than ‘Job’ in A."),
        ("not_known", "Not known whether ‘Job’ in B turns out cheaper or dearer than ‘Job’ in A."),
        ("no_difference", "‘Job’ in B and ‘Job’ in A cost and save exactly the same."),
    ],
)
def test_first_line(sign: str, line: str) -> None:
    told = answer(sides(tree(sign), "en"), tree(sign)["pairs"][1])
    assert told["first_line"] == line
    assert ("assumptions" in told["why"]) == (sign == "not_known")
    assert bool(told["lead"]) == (sign != "no_difference")


def test_lead_says_all_three_amounts() -> None:
    lead = spaced(answer(sides(), tree()["pairs"][1])["lead"])
    assert "in A € 1.000 minder per jongere, in B € 2.000 meer" in lead
    assert "€ 3.000 meer (€ 2.900 meer tot € 3.100 meer); in 25%" in lead


def test_payers_that_pay_nothing_are_left_out_and_the_largest_stands_first() -> None:
    assert payers_of(tree()["pairs"][1]["cost"]) == ["education", "justice"]
    rows = money_table(sides(lang="en"), tree()["pairs"][1]["cost"]).rows
    assert [row[0] for row in rows][:2] == ["Education", "Police and justice"]
    assert rows[-1] == ["Society as a whole", "−€1,000", "€2,000", "+€3,000", "€2,900 to €3,100", "25%"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "zijn dezelfde, met hetzelfde toeval"),
        ({"same_youths": 0.5}, "50% in A en B dezelfde"),
        ({"draws_used": 10}, "Met 10 trekkingen"),
        ({"not_paired": [[None, "job"]]}, "niet vergeleken: ‘Baan’"),
        ({"b.youths": 40}, "A rekent met 20 jongeren, B met 40"),
        ({"b.price_year": 2017}, "van A zijn van 2024, die van B van 2017"),
        ({"b.model_version": "2"}, "andere versie van het model"),
    ],
)
def test_notes(change: dict[str, Any], text: str) -> None:
    found = tree()
    for key, value in change.items():
        part, _, name = key.rpartition(".")
        (found[part] if part else found)[name] = value
    assert any(text in note for note in notes(sides(found)))
    assert len(notes(sides())) == 1


def test_null_alternatives_that_differ_are_told() -> None:
    found = tree()
    found["pairs"][0]["cost"]["society"] = item(5, 705)
    assert any("€ 700 meer per jongere" in spaced(note) for note in notes(sides(found)))
    del found["pairs"][0]["cost"]
    assert any("geen prijzen" in note for note in notes(sides(found)))


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_page(tmp_path: Path, lang: str) -> None:
    written = write_side_by_side(tmp_path / "page.html", sides(lang=lang)).read_text(encoding="utf-8")
    assert f'<html lang="{lang}">' in written and written.count("<svg") == 2
    assert not re.findall(r'(?:src|href)="(?!#|data:,)', written)
    assert ACCOUNT.lines[0] in written and {"nl": "jaar 4", "en": "year 4"}[lang] in written
    ids = re.findall(r'\bid="([^"]+)"', written)
    assert len(ids) == len(set(ids))


def test_figures_hold_the_numbers_of_the_tables() -> None:
    shown = page(sides())["pairs"][0]
    assert "−1.000" in shown["gain_figure"].svg and "+2.000" in shown["gain_figure"].svg
    assert shown["even"].rows[0][1:] == ["jaar 4", "niet binnen 3 jaar"]


def test_the_terminal_gives_the_unit_of_the_outcomes() -> None:
    out = Console(file=io.StringIO(), width=160)
    print_side_by_side(sides(lang="en"), out)
    lines = [line.strip() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    at = next(n for n, line in enumerate(lines) if line.startswith("work "))
    assert lines[at - 1] == "months"
