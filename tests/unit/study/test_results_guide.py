"""The examples of the guide to results run as they stand."""

import re
import runpy
from pathlib import Path

import pytest

from tests.helpers import ROOT
from trajectsim.cli import main

GUIDE = ROOT / "docs" / "guide" / "results.md"


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    monkeypatch.chdir(tmp_path)
    for name in ("nijkerk", "town"):
        config = str(ROOT / "configs" / f"{name}.yaml")
        assert main(["run", config, "--draws", "2", "--replicates", "1", "--set", "years=1", "--workers", "1"]) == 0
    (tmp_path / "guide.py").write_text("\n".join(blocks), encoding="utf-8")
    runpy.run_path("guide.py")
    assert "supported_job" in capsys.readouterr().out
