"""The generated catalogue is in step with the packaged files, complete and light."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from experiments.catalogue import page as maker
from trajectsim.config.catalogue import entries
from trajectsim.config.load import packaged_names

AGAIN = "run python -m experiments.catalogue.page"
MOST_BYTES = 3_000_000


@pytest.fixture(scope="module")
def text() -> str:
    return maker.page()


@pytest.fixture(scope="module")
def drawn() -> dict[str, str]:
    return maker.pictures()


def test_page_is_in_step_with_the_files(text: str) -> None:
    assert maker.PAGE.read_text(encoding="utf-8") == text, AGAIN


def test_pictures_are_in_step_with_the_files(drawn: dict[str, str]) -> None:
    there = {file.stem: file.read_text(encoding="utf-8") for file in maker.PICTURES.glob("*.svg")}
    assert there == drawn, AGAIN


def test_pictures_are_light_and_whole(drawn: dict[str, str]) -> None:
    assert set(drawn) == set(packaged_names("intervention"))
    assert sum(len(svg.encode()) for svg in drawn.values()) < MOST_BYTES
    for name, svg in drawn.items():
        root = ElementTree.fromstring(svg)
        assert not {"nan", "inf", "-inf"} & set(re.findall(r'="([^"]*)"', svg)), name
        for x, width in bars(root):
            assert x >= 0 and x + width <= 173, (name, x, width)


def bars(root: ElementTree.Element) -> Iterator[tuple[float, float]]:
    """The bars of all panels, from the left of their panel."""
    for panel in root.findall("{*}g"):
        for bar in panel.findall("{*}rect"):
            yield float(bar.get("x", 0)), float(bar.get("width", 0))


def test_every_entry_is_on_the_page_and_every_link_leads_somewhere(text: str) -> None:
    ids = set(re.findall(r'<a id="([\w-]+)"></a>', text))
    assert {entry.name for entry in entries()} <= ids
    headings = {maker._anchor(line.lstrip("# ")) for line in text.splitlines() if line.startswith("## ")}
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= ids | headings
    pictures = re.findall(r"!\[\w+\]\(images/catalogue/(\w+)\.svg\)", text)
    assert sorted(pictures) == packaged_names("intervention")


def test_both_languages_stand_with_every_entry(text: str) -> None:
    for entry in entries():
        assert entry.title.nl in text and entry.title.en in text


def test_no_link_out_of_the_page_is_broken(text: str) -> None:
    for target in re.findall(r"\]\((?!#|images/)([^)]+)\)", text):
        assert (Path(maker.DOCS) / target).is_file(), target
