"""The report as a whole: self-contained, in both languages, answer first, readable without eyes or network."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from trajectsim.errors import UserError
from trajectsim.report.answer import answer
from trajectsim.report.blocks import Shown, Table
from trajectsim.report.findings import Findings
from trajectsim.report.report import write_page, write_report

if TYPE_CHECKING:
    from conftest import Folder

LANGUAGES = ("nl", "en")
Pages = dict[str, tuple[str, "Page"]]


class Page(HTMLParser):
    """Collects ids, links, open tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.stack: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if tag not in ("meta", "link", "br", "img", "use", "path", "rect"):
            self.stack.append(tag)
        self.ids += [found["id"]] if found.get("id") else []
        self.addresses += [value for name, value in attrs if name in ("href", "src", "xlink:href") and value]

    def handle_endtag(self, tag: str) -> None:
        if self.stack and self.stack[-1] == tag:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    return page


@pytest.fixture(scope="module")
def pages(made: tuple[dict[str, Any], Folder], tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """The report in both languages: its source and its parts."""
    folder = tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trajectsim.report.findings._open", lambda path: made[1])
        (folder / "summary.json").write_text(json.dumps(made[0]), encoding="utf-8")
        found = {}
        for lang in LANGUAGES:
            path = write_report(folder, lang)
            assert path == folder / "report.html" and not list(folder.glob("*.part"))
            html = path.read_text(encoding="utf-8")
            found[lang] = (html, read(html))
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_file_that_loads_nothing(pages: Pages, lang: str) -> None:
    html, page = pages[lang]
    assert f'<html lang="{lang}">' in html
    assert all(address.startswith("#") or address == "data:," for address in page.addresses)
    assert "@import" not in html and "url(http" not in html
    assert not re.search(r"<script[^>]*\bsrc=", html) and "fetch(" not in html and "XMLHttpRequest" not in html


@pytest.mark.parametrize("lang", LANGUAGES)
def test_ids_are_unique_and_links_lead_somewhere(pages: Pages, lang: str) -> None:
    page = pages[lang][1]
    assert len(page.ids) == len(set(page.ids))
    assert {a[1:] for a in page.addresses if a.startswith("#")} <= set(page.ids)


@pytest.mark.parametrize(("lang", "first"), [("nl", "Niet bekend of"), ("en", "Not known whether")])
def test_the_first_heading_is_the_verdict(pages: Pages, lang: str, first: str) -> None:
    html = pages[lang][0]
    heading = re.search(r"<h1>(.*?)</h1>", html)
    assert heading is not None and heading.group(1).startswith(first)
    assert html.index("<h1>") < html.index("<svg")


@pytest.mark.parametrize(
    ("sign", "first"), [("saves", "bespaart waarschijnlijk"), ("costs", "kost waarschijnlijk meer")]
)
def test_the_verdict_follows_the_summary(made: tuple[dict[str, Any], Folder], sign: str, first: str) -> None:
    summary = {**made[0], "verdict": {"society": {"sign": sign, "reasons": []}, "municipality": {"sign": "not_known"}}}
    found = Findings(Path(), summary, made[1], "nl")
    shown = answer(found, found.others[0])
    assert first in shown.first_line
    assert shown.municipality.startswith("Voor de gemeente zelf: niet bekend")


@pytest.mark.parametrize(
    ("lang", "said"), [("nl", "Zonder die waarde is het verschil"), ("en", "Without it the difference is")]
)
def test_what_nobody_is_paid_is_told_apart(made: tuple[dict[str, Any], Folder], lang: str, said: str) -> None:
    cost = made[0]["difference"]["cost"]
    apart = {**cost["total"], "mean": cost["total"]["mean"] + 900.0}
    summary = {**made[0], "difference": {**made[0]["difference"], "cost": {**cost, "without_intangibles": apart}}}
    found = Findings(Path(), summary, made[1], lang)
    assert said in answer(found, found.others[0]).intangibles
    found = Findings(Path(), {**summary, "difference": {**made[0]["difference"]}}, made[1], lang)
    assert answer(found, found.others[0]).intangibles == ""


@pytest.mark.parametrize(("size", "said"), [(20, ""), (200, "20 plaatsen voor 200 jongeren")])
def test_fewer_places_than_youths_are_told(made: tuple[dict[str, Any], Folder], size: int, said: str) -> None:
    folder = copy.copy(made[1])
    row = {"value": 20.0, "grade": "A"}
    rows = {**folder.manifest["parameters"], "interventions.supported_job.places": row}
    folder.manifest = {**folder.manifest, "parameters": rows}
    found = Findings(Path(), {**made[0], "youths": size}, folder, "nl")
    places = answer(found, found.others[0]).places
    assert said in places and bool(places) == bool(said)


@pytest.mark.parametrize(
    ("lang", "single", "several"),
    [
        ("nl", "er is één plaats voor 35", "telt elk effect voor 67% van zichzelf (middelste waarde, graad D)"),
        ("en", "there is one place for 35", "every effect counts for 67% of itself (central value, grade D)"),
    ],
)
def test_several_programmes_at_a_time_are_told(
    made: tuple[dict[str, Any], Folder], lang: str, single: str, several: str
) -> None:
    """By name, with the places of each, what is another number for everybody, and that they do less than their sum."""
    folder = copy.copy(made[1])
    names = ("supported_job", "second", "lever")
    rows = {
        f"interventions.{name}.{key}": {"value": 1.0, "grade": "D"}
        for name in names[:2]
        for key in ("places", "uptake")
    }
    folder.manifest = {**folder.manifest, "parameters": {**rows, "model.diminishing": {"value": 1.0, "grade": "D"}}}
    found = Findings(Path(), {**made[0], "youths": 35}, folder, lang)
    arm = found.others[0]
    alone = answer(found, replace(arm, interventions=names[:1])).places
    assert single in alone and several not in alone
    both = answer(found, replace(arm, interventions=names)).places
    assert several in both and "‘second’ 1" in both and "‘lever’." in both and "‘lever’ 1" not in both
    folder.manifest["parameters"]["model.diminishing"]["value"] = 0.0
    assert several.partition("67%")[0] not in answer(found, replace(arm, interventions=names)).places


def test_effects_of_ingredients_count_as_those_of_the_approach(made: tuple[dict[str, Any], Folder]) -> None:
    folder = copy.copy(made[1])
    rows = {"ingredients.coaching.effects.0.ratio": {"grade": "A"}, "ingredients.coaching.reference": {"grade": "D"}}
    rows |= {"ingredients.coaching.effects.1.ratio": {"grade": "D"}, "ingredients.home.effects.0.adds": {"grade": "D"}}
    acts = {"supported_job": {"acts": [{"ingredient": "coaching"}]}}
    folder.manifest = {**folder.manifest, "parameters": rows, "resolved": {"interventions": acts}}
    found = Findings(Path(), made[0], folder, "en")
    assert answer(found, found.others[0]).effects.startswith("The model has 2 effects of the approach")


def test_placebo_makes_no_difference(made: tuple[dict[str, Any], Folder]) -> None:
    verdict = {"sign": "no_difference", "reasons": []}
    summary = {
        **made[0],
        "verdict": {"society": verdict, "municipality": verdict},
        "benefit_cost_ratio": {"society": None},
    }
    found = Findings(Path(), summary, made[1], "en")
    shown = answer(found, found.others[0])
    assert "makes no difference" in shown.first_line and shown.lead == ""
    assert "cannot be given" in [tile.value for tile in shown.tiles]


def test_amounts_are_written_the_readers_way(pages: Pages, made: tuple[dict[str, Any], Folder]) -> None:
    grouped = f"{abs(made[0]['difference']['cost']['total']['mean']):,.0f}"
    assert f"€\u00a0{grouped.replace(',', '.')}" in pages["nl"][0]
    assert f"€{grouped}" in pages["en"][0]
    in_figures = "".join(re.findall(r"<text[^>]*>([^<]*)</text>", pages["nl"][0]))
    assert re.search(r"€\u00a0\d+\.000", in_figures) and not re.search(r"€\u00a0−?\+?\d+\.\d\d(?!\d)", in_figures)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_speaks(pages: Pages, lang: str) -> None:
    figures = re.findall(r"<svg[^>]*>.*?</svg>", pages[lang][0], flags=re.S)
    assert len(figures) >= 10
    for figure in figures:
        assert 'role="img"' in figure
        assert re.search(r"<title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>", figure)
        sizes = [float(size) for size in re.findall(r"font-size: ([\d.]+)px", figure)]
        assert sizes and min(sizes) >= 7, "letters are too small for A4"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_must_be_said_is_said(pages: Pages, lang: str) -> None:
    text = pages[lang][1].text
    said = {
        "nl": [
            "De jongeren bestaan niet",
            "risicoscore",
            "uitgezocht",
            "één mogelijk leven",
            "Geld dat van hand tot hand gaat",
            "Vingerafdruk",
            "Startgetal",
            "Kleine aantallen",
        ],
        "en": [
            "do not exist",
            "risk score",
            "hand-picked",
            "one possible life",
            "Money that changes hands",
            "Fingerprint",
            "Seed",
            "Small numbers",
        ],
    }[lang]
    assert [phrase for phrase in said if phrase not in text] == []
    assert not re.search(r"\{\w+\}", text), "a placeholder was left open"


def test_the_same_results_give_the_same_bytes(results: Path, pages: Pages) -> None:
    assert write_report(results, "nl").read_text(encoding="utf-8") == pages["nl"][0]


def test_an_unknown_language_is_refused(results: Path) -> None:
    with pytest.raises(UserError, match="allowed: nl, en"):
        write_report(results, "fr")


def test_results_without_a_summary_are_refused(results: Path) -> None:
    (results / "summary.json").unlink()
    with pytest.raises(UserError, match="no summary"):
        write_report(results, "nl")


def test_a_folder_that_cannot_be_written_to_is_told(made: tuple[dict[str, Any], Folder], tmp_path: Path) -> None:
    (tmp_path / "page.html").mkdir()
    found = Findings(tmp_path, made[0], made[1], "en")
    content = {"heading": "", "start": "", "choice": "", "which": "", "differences": None, "periods": Table([], [])}
    picture = Shown("figure", "", "", "")
    with pytest.raises(UserError, match="cannot be written"):
        write_page(tmp_path / "page.html", "youth.html.j2", {**content, "picture": picture}, found)
