import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from trajectsim.report.format import style
from trajectsim.report.terminal import print_summary


@pytest.mark.parametrize(("lang", "first"), [("nl", "Niet bekend of"), ("en", "Not known whether")])
def test_the_terminal_shows_the_numbers_of_the_summary(results: Path, lang: str, first: str) -> None:
    out = Console(file=io.StringIO(), width=160)
    print_summary(results, lang, out)
    printed = out.file.getvalue()  # type: ignore[attr-defined]
    assert printed.startswith(first)
    cost = json.loads((results / "summary.json").read_text(encoding="utf-8"))["difference"]["cost"]
    for stats in (cost["total"], *cost["by_payer"].values()):
        assert style(lang).euro(stats["mean"], sign=True) in printed
        assert style(lang).spread(stats, euro=True) in printed


def test_outcomes_stand_under_their_unit(results: Path) -> None:
    out = Console(file=io.StringIO(), width=160)
    print_summary(results, "en", out)
    lines = [line.strip() for line in out.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    titles = json.loads((results / "summary.json").read_text(encoding="utf-8"))["outcome_titles"]
    for item in titles.values():
        before = lines[: next(n for n, line in enumerate(lines) if line.startswith(item["title"]["en"] + "  "))]
        units = [line for line in before if line in {other["unit"]["en"] for other in titles.values()}]
        assert units[-1] == item["unit"]["en"]
