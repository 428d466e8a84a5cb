"""Every scenario that ships passes check and runs: a year of it, with few youths, one draw and one replicate."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import ROOT
from trajectsim import api
from trajectsim.config.scenario import load_scenario

CONFIGS = sorted(p for p in (ROOT / "configs").glob("*.yaml") if not p.name.startswith("study_"))
MOST = 1000
SHARE = {"netherlands": {"size": 2400, "population.inflow.per_year": 218, "scale": 1}}
"""The whole country by a thousandth."""


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_a_scenario_that_ships_runs(file: Path, tmp_path: Path) -> None:
    spec = load_scenario(file).spec
    small: dict[str, object] = dict(SHARE.get(file.stem, {}))
    if spec.size is not None and spec.size > MOST and not small:
        pytest.fail(f"{file.name} is large: say in SHARE how a test makes it small")
    study = api.run(api.load(file, {**small, "years": 1, "draws": 1, "replicates": 1}), tmp_path / "out", workers=1)
    runs = study.table("runs")
    assert set(runs["status"]) == {"done"}
    assert sorted(set(runs["arm"].astype(str))) == sorted(arm.name for arm in spec.arms)
