"""The pages about money on a study that fits on a spreadsheet: numbers, a sum redone in the page, files, access."""

import csv
import itertools
import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import trajectsim.report.findings as findings
from tests.hand_study import YOUTHS, HandStudy, hand_study
from trajectsim.analysis.compare import summarise
from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.sheet import sheets, worked
from trajectsim.errors import UserError
from trajectsim.report.phrases import words
from trajectsim.report.report import write_report
from trajectsim.report.valued import sentences

LANGUAGES = ("nl", "en")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)


class Store(HandStudy):
    """The hand-made study as an opened store: a table that is not there is told."""

    def table(self, name: str) -> pd.DataFrame:
        if name not in self.tables:
            raise UserError.of(f"no table {name}")
        return super().table(name)


@pytest.fixture(scope="module")
def store() -> Store:
    made = hand_study(0.03)
    made.manifest["scenario"]["population"] = "nobody"
    made.manifest["titles"] = {"arm.job": {"nl": "Baan", "en": "Job"}, "arm.usual": {"nl": "Nu", "en": "Now"}}
    return Store(made.manifest, made.tables)


@pytest.fixture(scope="module", params=LANGUAGES)
def folder(request: pytest.FixtureRequest, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the study with everything, in a folder named by its language."""
    path = tmp_path_factory.mktemp("hand") / request.param
    path.mkdir()
    (path / "summary.json").write_text(json.dumps(summarise(store)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "_open", lambda _: store)
        write_report(path, request.param, everything=True)
    return path


def page_of(folder: Path, name: str = "report") -> str:
    return (folder / f"{name}.html").read_text(encoding="utf-8")


def dumped(folder: Path, script: str) -> str:
    """Return the page as a browser has it after a script of the reader's."""
    assert CHROMIUM is not None
    page = folder / "tried.html"
    page.write_text(page_of(folder).replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=3000",
        "--dump-dom",
        page.as_uri(),
    ]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, encoding="utf-8")
    return found.stdout


def cells(html: str, who: str) -> list[str]:
    row = re.search(rf'<tr data-who="{who}".*?</tr>', html, re.S)
    assert row is not None
    return [unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row.group(0))]


def filled(paths: list[str], **given: str) -> str:
    """Return what a reader does: `rate` and prices by path, with __ for a dot."""
    steps = []
    for key, text in given.items():
        spot = "[data-rate]" if key == "rate" else f'[data-price="{paths.index(key.replace("__", "."))}"]'
        steps.append(f"document.querySelector('{spot}').value = '{text}';")
    return "".join(steps) + "document.querySelector('form.own').dispatchEvent(new Event('input'));"


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no browser here")


@needs_browser
@pytest.mark.parametrize("rate", [None, 0.05])
def test_a_changed_price_changes_the_sum_to_the_right_number(folder: Path, store: Store, rate: float | None) -> None:
    sheet, style = sheets(store)[0], words(folder.name).style
    price = {"nl": "1.234,50", "en": "1,234.50"}[folder.name]
    given = {"prices__lines__care__price": price} | (
        {} if rate is None else {"rate": {"nl": "5,0", "en": "5"}[folder.name]}
    )
    html = dumped(folder, filled([p.path for p in sheet.prices], **given))
    expected = worked(sheet, {"prices.lines.care.price": 1234.5}, rate)
    for who in ("society", "municipality", "municipality_wmo", "employers"):
        net, cost = expected[who]
        shown = cells(html, who)
        assert shown[1] == style.euro(float(net.mean()), sign=True)
        low, high = pd.Series(net).quantile([0.05, 0.95])
        assert shown[2] == style.interval(low, high, euro=True)
        if cost.mean() > 1e-9:
            assert shown[4] == style.number(float((net.mean() + cost.mean()) / cost.mean()), 2)
    assert cells(page_of(folder), "society")[1] != cells(html, "society")[1]


@needs_browser
def test_put_back_it_is_as_computed_and_nonsense_is_told(folder: Path, store: Store) -> None:
    paths = [p.path for p in sheets(store)[0].prices]
    back = filled(paths, prices__lines__care__price="9") + "document.querySelector('form.own button').click();"
    wrong = filled(paths, prices__lines__care__price="veel")
    before = cells(page_of(folder), "society")
    html = dumped(folder, back + "setTimeout(function () {" + wrong + "}, 10);")
    assert cells(html, "society") == before
    assert 'aria-invalid="true"' in html
    told = words(folder.name)("own.wrong", n=1)
    assert told in html


def test_before_anything_changes_both_columns_agree(folder: Path) -> None:
    for who in ("society", "municipality"):
        computed, now, *_ = cells(page_of(folder), who)
        assert computed == now


def test_quantity_times_price_stands_line_by_line(folder: Path) -> None:
    # 36 months of care less for ten youths over three years
    style, html = words(folder.name).style, page_of(folder)
    assert f">{style.number(-36 / YOUTHS, 1, sign=True)}<" in html
    assert 'href="#p-prices.lines.care.price"' in html


def test_every_payers_loss_stands_beside_the_social_gain(folder: Path) -> None:
    html, say = page_of(folder), words(folder.name)
    section = html[html.index('id="mkba"') : html.index('id="own"')]
    for payer in ("municipality_participation", "municipality_wmo", "employers", "youth_household"):
        assert say.payer(payer) in section
    for key in ("mkba.pocket", "mkba.budget", "mkba.long_run", "mkba.other", "mkba.rights"):
        assert say(key) in section


def test_what_the_budget_notices_counts_every_extra_cost_in_both_places_that_tell_it(
    folder: Path, store: Store
) -> None:
    say, (tree,) = words(folder.name), mkba(store)["arms"].values()
    rows = tree["budget"]["payers"]["municipality"]
    net = sum(row["net_in_budget"]["mean"] for row in rows)
    assert net == pytest.approx(sum(row["programme"] + row["extra"] - row["cashable"] for row in rows), rel=1e-6)
    amount = say.style.about_euro(abs(net)).replace("\u00a0", " ")
    for text in (" ".join(sentences(tree, say)), (folder / "council.html").read_text(encoding="utf-8")):
        assert f"{amount} {say('lead.more' if net > 0 else 'lead.less')}" in text.replace("\u00a0", " ")


def test_caveats_of_the_literature_are_in_the_report(folder: Path) -> None:
    html, say = page_of(folder), words(folder.name)
    assert all(say(f"caveat.{key}.head") in html for key in ("picked", "rounded", "compared"))


@needs_browser
def test_the_council_gets_two_pages(folder: Path, tmp_path: Path) -> None:
    assert CHROMIUM is not None
    paper = tmp_path / "council.pdf"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    command += [f"--print-to-pdf={paper}", (folder / "council.html").as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper.read_bytes())) == 2


# --- files ------------------------------------------------------------------------------------------------------------


def test_every_table_is_a_file_and_a_sheet(folder: Path) -> None:
    index = list(csv.DictReader((folder / "tables" / "index.csv").open(encoding="utf-8")))
    book = openpyxl.load_workbook(folder / "tables.xlsx", read_only=True)
    assert book.sheetnames == ["index", *(row["table"] for row in index)]
    assert {"mkba_lines", "mkba_perspectives", "mkba_budget", "mkba_long_run", "decision_gain", "years"} <= set(
        book.sheetnames
    )
    assert all(row["what"] and (folder / "tables" / f"{row['table']}.csv").is_file() for row in index)
    lines = {row["line"]: row for row in csv.DictReader((folder / "tables" / "mkba_lines.csv").open(encoding="utf-8"))}
    assert float(lines["care"]["count_difference"]) == pytest.approx(-3.6)
    sheet = book["mkba_lines"]
    head, *rows = sheet.iter_rows(values_only=True)
    assert len(rows) == len(lines) and head[:2] == ("arm", "line")


def test_every_figure_is_a_file_with_its_data(folder: Path) -> None:
    names = {path.stem for path in (folder / "figures").glob("*.svg")}
    assert {"budget-1", "difference-by-payer-1", "cost-by-year"} <= names
    for name in names:
        assert (folder / "figures" / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert len((folder / "figures" / f"{name}.csv").read_text(encoding="utf-8").splitlines()) > 1


def test_written_again_the_files_are_the_same(folder: Path, store: Store, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_bytes((folder / "summary.json").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "_open", lambda _: store)
        write_report(tmp_path, folder.name, everything=True)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes(), path.name


# --- access -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["report", "council"])
def test_headings_go_down_one_level_at_a_time(folder: Path, name: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page_of(folder, name))]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize("name", ["report", "council"])
def test_pictures_speak_and_landmarks_are_there(folder: Path, name: str) -> None:
    html = page_of(folder, name)
    for picture in re.findall(r"<svg[^>]*>.{0,400}", html, re.S):
        assert 'role="img"' in picture and re.search(r"<title [^>]*>[^<]+</title><desc [^>]*>[^<]+</desc>", picture)
    assert "<img" not in html
    assert html.count("<main ") == 1 and 'class="skip" href="#main"' in html and "<footer>" in html
    assert re.search(rf'<html lang="{folder.name}">', html)


def test_every_input_has_a_label_and_results_are_announced(folder: Path) -> None:
    html = page_of(folder)
    inputs = re.findall(r"<input[^>]*>", html)
    assert len(inputs) > 5
    for tag in inputs:
        name = re.search(r'id="([^"]+)"', tag)
        assert name is not None and f'<label for="{name.group(1)}">' in html
    assert re.search(r'<output [^>]*aria-live="polite"', html)


def luminance(colour: str) -> float:
    full = colour.lstrip("#")
    full = "".join(2 * c for c in full) if len(full) == 3 else full
    parts = [int(full[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_letters_stand_out_from_what_they_stand_on(folder: Path) -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    html = page_of(folder)
    colour = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{3,6})", html))
    for ink in ("ink", "soft", "accent", "warm"):
        for ground in ("#ffffff", colour["wash"]):
            assert contrast(colour[ink], ground) >= 4.5, (ink, ground)
    assert contrast("#ffffff", colour["accent"]) >= 4.5  # the button
    figures = set(re.findall(r"<text[^>]*fill: (#[0-9a-f]{6})", html)) - {"#ffffff"}  # white stands on bars
    assert figures and min(contrast(one, "#ffffff") for one in figures) >= 4.5, figures


def test_where_nothing_differs_no_table_is_empty(store: Store, tmp_path: Path) -> None:
    tables = {name: table.copy() for name, table in store.tables.items()}
    for name, table in tables.items():
        if "arm" in table:
            usual = table[table["arm"].astype(str) == "usual"]
            tables[name] = pd.concat([usual, usual.assign(arm="job")], ignore_index=True)
    scenario = {**store.manifest["scenario"], "arms": [{"name": "usual"}, {"name": "job"}]}
    same = Store({**store.manifest, "scenario": scenario}, tables)
    (tmp_path / "summary.json").write_text(json.dumps(summarise(same)), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "_open", lambda _: same)
        write_report(tmp_path, "en")
    section = re.search(r'<section id="mkba".*?</section>', page_of(tmp_path), re.S)
    assert section is not None
    assert words("en")("verdict.no_difference_why") in unescape(section.group(0)) and "<table" not in section.group(0)
