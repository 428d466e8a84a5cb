"""A finished study under another price book gives the very amounts of a run with that book: no draw is shifted."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import trajectsim
from trajectsim.analysis.mkba import mkba
from trajectsim.analysis.reprice import reprice
from trajectsim.config.load import load_prices

DATA = Path(__file__).parents[1] / "config" / "data"
OFFICE = """
  office:
    fixed: year
    times: {value: 0.5, unit: number, source: a stated assumption, locator: "-", grade: D}
    price: {value: 90000, unit: EUR/year, source: a stated assumption, locator: "-", grade: D}
    price_year: 2024
    payer: municipality_participation
    category: programme
    programme: true
"""
KEYS = ["arm", "draw", "replicate", "year", "line", "payer"]


def test_another_book_gives_the_costs_of_a_run_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    shutil.copytree(DATA, folder)
    job = (folder / "job.yaml").read_text(encoding="utf-8")
    (folder / "job.yaml").write_text(job.replace("costs:\n", f"costs:\n{OFFICE}"), encoding="utf-8")
    one = trajectsim.run(folder / "scenario.yaml", tmp_path / "one", draws=3, replicates=2, size=20)
    text = (folder / "prices.yaml").read_text(encoding="utf-8")
    dearer = text.replace(
        "value: 900, unit: EUR/month,",
        "value: 1200, unit: EUR/month, distribution: {family: gamma, low: 800, high: 1700},",
    )
    assert dearer != text
    (folder / "prices.yaml").write_text(dearer, encoding="utf-8")
    other = trajectsim.run(folder / "scenario.yaml", tmp_path / "other", draws=3, replicates=2, size=20)
    book = load_prices(str(folder / "prices.yaml"))
    ran, again = (
        frame.astype({"arm": str, "line": str, "payer": str}).set_index(KEYS)["cents"].sort_index()
        for frame in (other.table("costs"), reprice(one, book))
    )
    assert ran.index.tolist() == again.index.tolist() and ran.tolist() == again.tolist()
    assert set(ran.loc[("helped", 0, 0, slice(None), "job_coach.office")]) == {4_500_000}  # half a post, both years
    assert "job_coach.office" not in ran.loc["usual_care"].index.get_level_values("line")
    drawn = other.table("parameters")
    assert drawn[drawn["path"].astype(str) == "prices.lines.care_month.price"]["value"].nunique() == 3
    for name in ("society", "municipality"):
        trees = (mkba(one, book), mkba(other))
        first, second = (tree["arms"]["helped"]["perspectives"][name] for tree in trees)
        assert first["net_present_value"]["mean"] == pytest.approx(second["net_present_value"]["mean"], abs=0.05)
    assert not np.array_equal(one.table("costs")["cents"], other.table("costs")["cents"])
