"""The page on scaling up: the first line follows from the numbers, in both languages."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trajectsim.analysis.scaleup import best_size, next_place, per_unit, stats
from trajectsim.report.phrases import words
from trajectsim.report.scaleup import answer, mechanisms_table, page, sizes_table, why, write_figures
from trajectsim.report.sections import write_sections

PLACES = (0, 5, 10, 40)
DRAWS = 60


def tree(
    worth: tuple[float, ...], noise: float = 0.0, binds: str | None = "employer", youths: int = 40
) -> dict[str, Any]:
    """A curve of which the net benefit in total at every size is known."""
    luck = np.random.default_rng(3).normal(size=DRAWS)
    net = np.array([[value + noise * x for x in luck] for value in worth])
    ones, sizes = np.ones(DRAWS), []
    for n, row, added in zip(PLACES, net, next_place(net, PLACES), strict=True):
        filled = n * 8 * ones
        sizes.append({
            "places": n, "net_benefit_per_place": per_unit(row, filled),
            "cost_per_place": per_unit(9000 * filled, filled),
            "benefit_cost_ratio": per_unit(row + 9000 * filled, 9000 * filled),
            "wait_months": stats((20 - n / 2) * ones),
            "per_place_offered": {"net_benefit": per_unit(row, n * ones)},
            "total": {"net_benefit": stats(row), "fixed_cost": stats(0 * row), "variable_cost": stats(9000 * filled),
                      "chance_of_gain": float((row > 0).mean())},
            "filled": {"place_years": stats(filled), "most_at_once": stats(min(n, youths) * ones),
                       "share_at_most": 1.0 if n else None},
            "unsuited_share": stats(0.3 * ones), "team": None, "work_years": stats(n * ones),
            "employers": {"supported_work": {"open": 40.0, "filled": 30.0}},
            "next_place": {**stats(added), "chance": float((added > 0).mean())},
        })  # fmt: skip
    best = best_size(net, PLACES)
    back = {"employer": {"net_benefit": {"mean": 300_000.0, "error": 20_000.0}, "work_years": {"mean": 5.0}},
            "coaches": {"net_benefit": {"mean": 80_000.0, "error": 10_000.0}, "work_years": {"mean": 1.0}}}  # fmt: skip
    order = ["employer", "coaches"] if binds else []
    return {
        "about": {"name": "x", "programme": "supported_job", "programme_title": None, "null_title": None,
                  "null_alternative": "usual_care", "youths": 40, "horizon_years": 10, "draws": DRAWS, "replicates": 1,
                  "team": "along", "budget": "along", "world": "town", "world_laid": True},
        "sizes": sizes, "best": {"society": best}, "next_place_stops": best["enough"] or best["places"],
        "staircase": {"target": 0, "steps": []},
        "why": {"places": 40, "limits": back, "binds": binds, "order": order},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("worth", "noise", "first"),
    [
        ((0, 50e3, 90e3, 60e3), 0.0, "After 10 places the next place brings nothing more on average."),
        ((0, 50e3, 90e3, 900e3), 0.0, "Up to 40 places, the largest size that was computed"),
        ((0, -50e3, -90e3, -60e3), 0.0, "On average no size pays for itself."),
        ((0, 50e3, 90e3, 60e3), 200e3, "Not known whether scaling up pays. After 10 places"),
    ],
)
def test_the_first_line_follows_from_the_numbers(worth: tuple[float, ...], noise: float, first: str) -> None:
    assert answer(tree(worth, noise), words("en")).first_line.startswith(first)


def test_what_binds_in_words() -> None:
    w, worth = words("en"), (0, 50e3, 90e3, 60e3)
    told = why(tree(worth), w)
    assert "places at employers" in told and "€300,000" in told and "too few coaches" in told
    assert "no more youths" in why(tree(worth, binds="youths"), w)
    assert "no limit of which it is sure" in why(tree(worth, binds=None), w)
    assert "not computed" in why({**tree(worth), "why": None}, w)


def test_a_row_per_size_and_the_best_is_marked() -> None:
    found = tree((0, 50e3, 90e3, 60e3))
    table = sizes_table(found, words("en"))
    assert [row[0] for row in table.rows] == ["0", "5", "10", "40"] and table.marked == {2}
    assert table.rows[0][2] == "–" and table.rows[2][2] == "€1,100"
    assert mechanisms_table(found, words("en")).rows[1][5] == "75%"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_page_and_pictures(tmp_path: Path, lang: str) -> None:
    found = tree((0, 50e3, 90e3, 60e3), 1e4)
    text = write_sections(tmp_path / "page.html", page(found, lang)).read_text(encoding="utf-8")
    assert text.count("<svg") == 4 and "{" not in text.split("</style>")[1]
    assert [p.name for p in write_figures(found, lang, tmp_path)] == [
        "curve.png", "place.png", "mechanisms.png", "limits.png",
    ]  # fmt: skip
    rows = (tmp_path / "curve.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "places,mean,p05,p95,error" and len(rows) == 1 + len(PLACES)


@pytest.mark.parametrize(("lang", "youths", "told"), [("nl", 12, True), ("en", 12, True), ("en", 38, False)])
def test_places_that_nobody_takes_are_told_with_the_limit_and_in_the_plan(lang: str, youths: int, told: bool) -> None:
    found = tree((0, 50e3, 90e3, 900e3), binds="youths", youths=youths)
    found["staircase"] = {
        "target": 40, "steps": [{"year": 1, "places": 40, "posts": {"coach": 4.0}, "cost_per_year": 360_000.0}],
    }  # fmt: skip
    say = words(lang)
    assert say("scale.why_youths", n="40", most=str(youths)) in why(found, say)
    plan = next(section for section in page(found, lang).sections if section.name == "plan")
    assert any(part.text == say("scale.plan_empty", n="40", most=str(youths)) for part in plan.parts) is told
