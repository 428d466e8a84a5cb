import io
from pathlib import Path

import pytest
from rich.console import Console

from trajectsim.errors import UserError
from trajectsim.report.twins import youth_page


def console() -> Console:
    return Console(file=io.StringIO(), width=140)


def test_a_preset_gets_a_page_and_a_table(results: Path) -> None:
    out = console()
    path = youth_page(results, "Bram", "nl", out)
    assert path == results / "youth_bram.html"
    printed = out.file.getvalue()  # type: ignore[attr-defined]
    assert "één mogelijk leven" in printed and "weggestuurd van stage" in printed
    page = path.read_text(encoding="utf-8")
    assert "<svg" in page and "werk met begeleiding" in page and "http://" not in page.replace("http://www.w3.org/", "")


def test_a_youth_is_found_by_number(results: Path) -> None:
    out = console()
    assert youth_page(results, "3", "en", out) == results / "youth_3.html"
    assert "Youth 3: one possible life" in out.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("who", "near"), [("brum", "'bram'"), ("9", "'5'")])
def test_an_unknown_youth_is_told_who_there_is(results: Path, who: str, near: str) -> None:
    with pytest.raises(UserError) as told:
        youth_page(results, who, "nl", console())
    assert f"did you mean {near}" in str(told.value)
    assert "bram, edwin, 0 to 5" in str(told.value)


def test_an_unknown_language_is_refused(results: Path) -> None:
    with pytest.raises(UserError, match="allowed: nl, en"):
        youth_page(results, "bram", "fr", console())
