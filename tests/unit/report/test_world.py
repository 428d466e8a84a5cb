"""The section about the world around the youths, and its lines on the terminal."""

from __future__ import annotations

import html
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from trajectsim.report.findings import Findings, read
from trajectsim.report.labels import label
from trajectsim.report.report import write_report
from trajectsim.report.terminal import print_summary
from trajectsim.report.world import around

ARMS = ("usual_care", "supported_job")


def title(nl: str, en: str) -> dict[str, str]:
    return {"nl": nl, "en": en}


def stats(mean: float) -> dict[str, float]:
    return {"mean": mean, "p05": 0.5 * mean, "p95": 1.5 * mean}


def provision(nl: str, en: str, kind: str | None, asked: float, wait: float | None) -> dict[str, Any]:
    arms = {}
    for more, arm in enumerate(ARMS):
        answers = dict.fromkeys(("refused", "passed_on", "left", "taken", "cancelled", "not_selected", "no_money"), 0.4)
        arms[arm] = {
            **{name: stats(value) for name, value in answers.items()},
            "asked": stats(asked * (1 + more)), "granted": stats(0.8 * asked), "wait_months": wait and wait + more,
            "others_asked": stats(50), "others_granted": stats(48), "others_wait_months": 2.5,
            "waiting": 0.3, "open": 36.0, "filled": 18.0, "closed": 1.5 * more, "units": 12.0,
        }  # fmt: skip
    return {"title": title(nl, en), "kind": kind, "decided": True, "arms": arms}


def budget(nl: str, en: str, spent: float, gap: float, month: int | None) -> dict[str, Any]:
    arms = {}
    for more, arm in enumerate(ARMS):
        out = month if more else None
        arms[arm] = {
            "spent": stats(spent + more * gap), "difference": stats(more * gap), "cap": 260_000.0 if month else None,
            "requests_without_money": 2.0 if out else 0.0, "years_out": 0.25 if out else 0.0, "month_out": out,
            "earliest_out": out,
        }  # fmt: skip
    return {"title": title(nl, en), "pooled": month is not None, "opened_by": [], "arms": arms}


def tree() -> dict[str, Any]:
    team = {"hours_needed": 900.0, "hours_given": 600.0, "strength": 0.62, "least_strength": 0.4, "coaches_left": 0.7}
    return {
        "mechanisms_off": ["peers"],
        "provisions": {
            "supported_work": provision("werk met begeleiding", "supported job", "employer", 4.0, 1.0),
            "support": provision("begeleiding", "ambulatory support", "care", 30.0, 2.0),
            "rare": provision("zeldzaam", "rare", "care", 0.01, None),
            "supported_job": provision("Lekker aan de slag", "A supported job", "programme", 10.0, 0.0),
        },
        "teams": {"supported_job": {"supported_job": team}},
        "budgets": {
            "wmo": budget("Wmo", "Social Support Act", 5000, -800, None),
            "pooled": budget("ontschot budget", "pooled budget", 0, 2000, 3),
            "unused": budget("niets", "nothing", 0, 0, None),
        },
        "interference": {
            "supported_job": {
                "lives": 1000, "outsiders": 150, "changed": 30, "share": 0.2,
                "reasons": {"support": 20, "supported_work": 7, "other": 3},
            },
        },
    }  # fmt: skip


MECHANISMS = {
    "peers": {"title": title("vrienden", "friends"), "on": False},
    "employers": {"title": title("werkgevers", "employers"), "on": True},
}


@pytest.fixture
def found(results: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Read the results with a world, of which a test may change the tree."""

    def reading(lang: str = "nl", **changes: Any) -> Findings:
        world = {**tree(), **changes}
        summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
        (results / "summary.json").write_text(json.dumps({**summary, "world": world}), encoding="utf-8")
        plain = read(results, lang)
        told = {"mechanisms": MECHANISMS, "provisions": world["provisions"], "budgets": world["budgets"]}
        monkeypatch.setitem(plain.manifest, "world", told)  # type: ignore[arg-type]
        return read(results, lang)

    return reading


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_page_has_the_section(found: Any, results: Path, lang: str) -> None:
    found(lang)
    page = html.unescape(write_report(results, lang).read_text(encoding="utf-8"))
    section = re.search(r'<section id="world".*?</section>', page, re.DOTALL)
    assert section is not None and 'href="#world"' in page
    words = {
        "nl": ("De wereld eromheen", "aangenomen aantallen", "In maart was het budget", "interferentie", "vrienden"),
        "en": ("The world around", "assumed capacities", "In March the budget", "interference", "friends"),
    }
    for word in words[lang]:
        assert word in section.group(0)
    assert "figure-waits" in section.group(0)


def test_no_section_without_a_world(results: Path) -> None:
    assert around(read(results, "nl")) is None
    assert 'id="world"' not in write_report(results, "nl").read_text(encoding="utf-8")


def test_requests_per_hundred_youths_from_world_to_world(found: Any) -> None:
    world = around(found())
    assert world is not None
    ((name, table),) = world.requests
    assert name == "Lekker aan de slag" and len(table.head) == 8
    cells = {row[0]: row[1:] for row in table.rows}
    assert list(cells) == ["Begeleiding", "Lekker aan de slag (aanpak)", "Werk met begeleiding"]
    assert cells["Begeleiding"] == ["150 → 300", "120", "6", "2", "2", "2,0 → 3,0", "2"]


def test_waits_are_drawn_for_who_waited(found: Any) -> None:
    world = around(found("en"))
    assert world is not None and world.waits is not None and world.waits.table is not None
    assert [row[0] for row in world.waits.table.rows] == ["Supported job", "Ambulatory support"]
    assert world.waits.table.rows[0][1:] == ["1.0", "2.0", "2.5"]


def test_employers_places_and_closed(found: Any) -> None:
    world = around(found())
    assert world is not None and world.employers is not None
    assert world.employers.rows == [["Werk met begeleiding", "12", "36", "18", "0,0 → 1,5"]]


def test_coaches_too_few_and_enough(found: Any) -> None:
    world = around(found())
    assert world is not None and "900 uur nodig, maar er zijn er 600" in world.teams[0] and "62%" in world.teams[0]
    own = {**tree()["teams"]["supported_job"]["supported_job"], "hours_given": 900.0}
    world = around(found(teams={"supported_job": {"supported_job": own}}))
    assert world is not None and "die uren zijn er" in world.teams[0]


def test_who_saves_and_who_pays_per_budget_and_when_it_ran_out(found: Any) -> None:
    world = around(found())
    assert world is not None
    ((_, table),) = world.budgets
    assert [row[0] for row in table.rows] == ["Wmo", "Ontschot budget"]
    assert "geven minder uit: Wmo (€\xa0800)" in world.savings[0] and "ontschot budget (€\xa02.000)" in world.savings[0]
    assert len(world.out) == 1 and world.out[0].startswith("In maart was het budget ‘ontschot budget’ op")
    assert "25%" in world.out[0] and "geen fout" in world.out[0]


@pytest.mark.parametrize(
    ("changed", "part"), [(0, "liep er geen anders"), (3, "minder dan 5 anders"), (30, "liepen er 30 (20%) anders")]
)
def test_interference_is_said_and_small_counts_are_not_shown(found: Any, changed: int, part: str) -> None:
    own = {"lives": 1000, "outsiders": 150, "changed": changed, "share": 0.2, "reasons": {"support": changed}}
    world = around(found(interference={"supported_job": own}))
    assert world is not None and part in world.interference[0]
    assert (world.reasons is not None) == (changed >= 5)


def test_reasons_of_interference(found: Any) -> None:
    world = around(found("en"))
    assert world is not None and world.reasons is not None
    assert [row[0] for row in world.reasons.rows] == ["Ambulatory support", "Supported job"]


def test_what_is_off_is_named_or_counted(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = around(found(mechanisms_off=[]))
    assert world is not None and world.off == ""
    many = [f"m{n}" for n in range(20)]
    world = around(found(mechanisms_off=many))
    assert world is not None and "m0; m1" in world.off and "nog 8 mechanismen" in world.off
    bare = found(mechanisms_off=list(MECHANISMS))
    bare.summary["world"].pop("provisions")
    world = around(bare)
    assert world is not None and "Alle mechanismen" in world.off and world.lines == [world.off]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_terminal_has_its_lines(found: Any, results: Path, lang: str) -> None:
    world = around(found(lang))
    out = Console(file=io.StringIO(), width=1000)
    print_summary(results, lang, out)
    printed = out.file.getvalue()  # type: ignore[attr-defined]
    assert world is not None and len(world.lines) == 5
    assert all(line in printed for line in world.lines)


def test_reasons_and_numbers_of_the_world_in_words(found: Any) -> None:
    words = found().words
    assert words.title("queue.support.taken") == "begeleiding: plek ging naar een ander"
    path = "world.mechanisms.employers.places.supported_work"
    assert label(f"{path}.capacity", words) == "werkgevers: werk met begeleiding, aantal plekken"
    assert label(f"{path}.outside.stay", words) == "werkgevers: werk met begeleiding, hoe lang anderen blijven"
    assert label("world.mechanisms.b.budgets.pooled.tariffs.support", words) == "b: ontschot budget, tarief begeleiding"
    assert label("world.mechanisms.business_cycle.cycle.period", words) == "business cycle: lengte van de golf"
    assert label("interventions.supported_job.team.turnover", words).endswith(": kans dat een begeleider vertrekt")
