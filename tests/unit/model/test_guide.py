"""The guide's examples run as they stand."""

import re
import runpy
from pathlib import Path

import pytest

from tests.helpers import ROOT

GUIDE = ROOT / "docs" / "guide" / "mesa.md"


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 8
    (tmp_path / "configs").mkdir()
    for name in ("nijkerk.yaml", "town.yaml"):
        scenario = (ROOT / "configs" / name).read_text(encoding="utf-8")
        (tmp_path / "configs" / name).write_text(scenario, encoding="utf-8")
    (tmp_path / "guide.py").write_text("\n".join(blocks), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("guide.py")
    shown = capsys.readouterr().out
    assert "<Youth 3: " in shown
    assert "\nbram " in shown
    assert "\n<Municipality municipality: " in shown
    assert "\n<Employer supported_work 0 (" in shown
    without, with_neighbours = (float(x) for x in shown.splitlines()[-1].split())
    assert with_neighbours > without > 0
