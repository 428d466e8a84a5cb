"""Counts read back from tables give the same money as the counts themselves; figures of the source stand beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.reprice import counts_of, price_table, reprice
from trajectsim.analysis.source_check import Target, load_targets, source_check
from trajectsim.analysis.tables import Design
from trajectsim.config.load import load_prices, load_sources
from trajectsim.economics.valuation import value
from trajectsim.errors import UserError

Make = Callable[..., Any]
EDGES = [16, 18, 21]
STATES = ["vital.present", "care_ambulatory.off", "care_ambulatory.on"]
DRAWS, REPLICATES, YEARS = 4, 2, 3


def number(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "source": "assumption", "locator": "test", "grade": "D"}


def declared() -> dict[str, Any]:
    """Return a model and prices of which one line costs 1,000 a month under 18 and one 500 from 18."""
    onoff = {"off": {}, "on": {}}
    line = {"state": "care_ambulatory.on", "price_year": 2024, "category": "care"}
    lines = {
        "ambulatory_under_18": {
            **line, "age": {"to": 18}, "price": number(1000, "EUR/month"), "payer": "municipality_jeugdwet"
        },
        "ambulatory_18_over": {
            **line, "age": {"from": 18}, "price": number(500, "EUR/month"), "payer": "municipality_wmo"
        },
        "crisis": {
            "event": "crisis", "price_year": 2024, "category": "care", "price": number(700, "EUR/event"),
            "payer": "health_insurers",
        },
        "start": {
            "entries": "care_ambulatory.on", "price_year": 2024, "category": "care", "price": number(90, "EUR/case"),
            "payer": "municipality_wmo",
        },
    }  # fmt: skip
    model = {
        "name": "small", "age_bands": EDGES, "events": {"crisis": {"nl": "c", "en": "c"}},
        "domains": {"vital": {"states": {"present": {}}}, "care_ambulatory": {"states": onoff}},
    }  # fmt: skip
    rates = {k: number(0.02, "per year") for k in ("standard", "low", "high")}
    book = {"name": "p", "title": {"nl": "p", "en": "p"}, "price_year": 2024, "discounting": rates, "lines": lines}
    return {"model": model, "prices": book, "interventions": {}}


@pytest.fixture
def study(make_study: Make) -> Any:
    """Return a study of which the tables hold whole months at random."""
    study = make_study(("usual_care", "job"), draws=DRAWS, replicates=REPLICATES)
    luck = np.random.default_rng(11)
    labels = ["<16", "16-18", "18-21", "21+"]
    months, entries, events = [], [], []
    for arm in ("usual_care", "job"):
        for d in range(DRAWS):
            for r in range(REPLICATES):
                for y in range(YEARS):
                    for band in labels[1:3]:
                        on = int(luck.integers(0, 60))
                        head = (arm, d, r, y, band)
                        months += [(*head, "vital", "present", 60.0), (*head, "care_ambulatory", "on", float(on))]
                        months.append((*head, "care_ambulatory", "off", 60.0 - on))
                        entries.append((*head, "care_ambulatory", "on", int(luck.integers(0, 4))))
                        events.append((*head, "crisis", int(luck.integers(0, 4))))
    head = ["arm", "draw", "replicate", "year", "band"]
    study.tables["occupancy"] = pd.DataFrame(months, columns=[*head, "domain", "state", "n"])
    study.tables["entries"] = pd.DataFrame(entries, columns=[*head, "domain", "state", "n"])
    study.tables["events"] = pd.DataFrame(events, columns=[*head, "event", "n"])
    study.tables["measures"] = pd.DataFrame(columns=[*head, "measure", "quantity"])
    study.tables["joint"] = pd.DataFrame(columns=[*head[:4], "line", "n"])
    study.manifest["resolved"] = declared()
    study.manifest["scenario"] = {"population": "populations/nijkerk.yaml"}
    return study


def test_counts_come_back_as_they_went_in(study: Any) -> None:
    table = price_table(study.manifest)
    assert list(table.names.states) == STATES
    ((draw, counts),) = counts_of(study, table.names, "usual_care", [2], [0, 1], YEARS)
    frame = study.tables["occupancy"]
    one = frame[(frame["arm"] == "usual_care") & (frame["draw"] == draw) & (frame["replicate"] == 1)]
    on = one[(one["domain"] == "care_ambulatory") & (one["state"] == "on")]
    assert counts.state_months.shape == (2, YEARS, 4, 3)
    assert counts.state_months[1, :, 1:3, 2].sum() == on["n"].sum()
    ((_, pooled),) = counts_of(study, table.names, "usual_care", [2], [0, 1], 2, pool=True)
    assert pooled.state_months == pytest.approx(counts.state_months[:, :2].sum(axis=0, keepdims=True))


def test_repricing_values_the_same_counts(study: Any) -> None:
    frame = reprice(study)
    table = price_table(study.manifest)
    total = 0
    for arm in ("usual_care", "job"):
        for _, counts in counts_of(study, table.names, arm, range(DRAWS), [0, 1], YEARS):
            total += int(value(counts, table, table.central).cents.sum())
    assert frame["cents"].sum() == total
    doubled = {d: {"prices.lines.crisis.price": 1400.0} for d in range(DRAWS)}
    again = reprice(study, values=doubled)
    changed = again.groupby("line")["cents"].sum() / frame.groupby("line")["cents"].sum()
    assert changed.to_dict() == {"ambulatory_18_over": 1, "ambulatory_under_18": 1, "crisis": 2, "start": 1}


def test_a_study_without_prices_says_so(study: Any) -> None:
    study.manifest["resolved"]["prices"] = None
    with pytest.raises(UserError, match="no price book"):
        reprice(study)


def test_simulated_cost_per_youth_year_stands_beside_the_source(study: Any) -> None:
    design = Design(("usual_care", "job"), tuple(range(DRAWS)), (0, 1), 10, YEARS)
    found = {record["id"]: record for record in source_check(study, design)}
    frame = study.tables["occupancy"]
    chosen = frame[(frame["arm"] == "usual_care") & (frame["year"] < 2) & (frame["band"] == "16-18")]
    on = chosen[chosen["state"] == "on"].groupby("draw")["n"].sum()
    lived = chosen[chosen["domain"] == "vital"].groupby("draw")["n"].sum() / 12
    by_draw = 1000 * on / lived
    simulated = found["nijkerk_youth_care_mean"]["simulated"]
    assert simulated["mean"] == pytest.approx(by_draw.mean())
    assert simulated["p95"] == pytest.approx(np.quantile(by_draw, 0.95))
    assert found["nijkerk_under_18_threat"]["fit"] == "differs"
    assert found["nijkerk_assistance_mean"]["simulated"]["mean"] == 0
    assert all(not record["fitted"] for record in found.values())
    study.manifest["scenario"] = {"population": "elsewhere"}
    assert source_check(study, design) == []


def test_targets_name_lines_payers_and_sources_that_exist() -> None:
    targets: dict[str, Target] = load_targets()
    book, sources = load_prices("nl_2024"), load_sources()
    for name, target in targets.items():
        assert target.source in sources, name
        for rows in target.rows:
            for pattern in rows.lines:
                assert pattern == "*" or any(line.startswith(pattern.rstrip("*")) for line in book.lines), pattern
