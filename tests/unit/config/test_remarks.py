"""What is no mistake and should be known: doses far beyond the reference, and levers with nothing to act on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers import declare, domain, number, text, way
from trajectsim.config.remarks import FAR, remarks

HOUR = {
    "name": "hour", "title": text(), "description": text(), "reference": number(2.0, "hours/month"),
    "effects": [{"exit": "a.go", "ratio": number(1.2, "hazard ratio")}],
}  # fmt: skip


def told(dose: float, **keys: Any) -> list[tuple[str, dict[str, str]]]:
    act = {"ingredient": "hour", "while": ["enrolled"], "dose": number(dose, "hours/month")}
    coach = {
        "name": "coach", "title": text(), "eligible": {}, "places": number(5, "places"), "uptake": number(0.5),
        "duration": number(6, "months"), "dropout": number(0.0), "acts": [act], **keys,
    }  # fmt: skip
    a = {"a": domain("here gone", way("go", "here", "gone", 0.02))}
    found = remarks(declare(a, ingredients=[HOUR], interventions=[coach], arms=((), ("coach",))))
    return [(remark.kind, remark.values) for remark in found]


@pytest.mark.parametrize(("dose", "times"), [(2.0, None), (2.0 * FAR - 0.1, None), (2.0 * FAR, "4"), (21.0, "10.5")])
def test_far_doses(dose: float, times: str | None) -> None:
    expected = [] if times is None else [("far_dose", {"name": "coach", "ingredient": "hour", "times": times})]
    assert told(dose) == expected


def test_idle_levers() -> None:
    away = {"parameter": "world.mechanisms.desks.decisions.work.months", "ratio": number(0.5, "ratio")}
    there = {"parameter": "model.a.go.base", "ratio": number(0.5, "ratio")}
    off = {**there, "mechanism": "desks"}
    assert told(2.0, levers=[there]) == []
    assert [kind for kind, _ in told(2.0, levers=[away, off])] == ["idle_lever", "idle_lever"]
