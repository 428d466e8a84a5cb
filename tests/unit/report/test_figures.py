"""Figures return what they show, in colours that stay apart."""

import itertools

import numpy as np
import pandas as pd
import pytest

from trajectsim.config.schema import PAYERS
from trajectsim.report import figures, figures_lives, figures_trust
from trajectsim.report.canvas import PAYERS as COLOURS
from trajectsim.report.canvas import payer_colour, svg
from trajectsim.report.phrases import words
from trajectsim.report.tones import ACTIVITY_TONES, TONES, ink_on, tone

WORDS = words("nl")
ARMS = [("usual_care", "Gewone hulp"), ("supported_job", "Werk")]
# What a red-blind and a green-blind eye makes of linear red, green and blue (Viénot, Brettel and Mollon 1999).
EYES = {
    "usual": np.eye(3),
    "red-blind": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "green-blind": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}


def linear(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]) ** 2.2


def luminance(colour: str) -> float:
    return float(linear(colour) @ np.array([0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("eye", EYES)
def test_neighbouring_tones_stay_apart_for_every_eye(eye: str) -> None:
    for a, b in itertools.pairwise(ACTIVITY_TONES):
        first, second = (np.clip(EYES[eye] @ linear(TONES[t]), 0, 1) ** (1 / 2.2) for t in (a, b))
        assert np.abs(first - second).max() > 0.1, (a, b)


@pytest.mark.parametrize("name", TONES)
def test_letters_in_bars_can_be_read(name: str) -> None:
    ink, ground = luminance(ink_on(TONES[name])), luminance(TONES[name])
    assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 3


def test_every_payer_has_one_fixed_colour() -> None:
    assert set(COLOURS) == set(PAYERS.__args__)  # type: ignore[attr-defined]
    assert len(set(COLOURS.values())) == len(COLOURS)
    assert payer_colour("somebody") == payer_colour("somebody")


def test_unknown_states_get_a_tone() -> None:
    assert tone("care_new", "on") == "help"
    assert tone("anything", "none") == "quiet"
    assert tone("my_project", "enrolled") == "coached"
    assert tone("my_circumstance", "some_state") == "other"


def test_dots_count_what_saves() -> None:
    drawing = figures.chances(np.linspace(-300, 100, 200), WORDS)
    assert len(drawing.data) == 50
    assert (drawing.data["outcome"] < 0).sum() in (37, 38)
    sides = drawing.data["column"] < 0
    assert (sides == (drawing.data["outcome"] < 0)).all(), "no column holds both"


def test_payers_stand_in_the_order_given() -> None:
    table = pd.DataFrame(
        {
            "payer": ["justice", "education", "total"],
            "mean": [5.0, -3.0, 2.0],
            "p05": [1.0, -5.0, -2.0],
            "p95": [9.0, -1.0, 6.0],
            "probability": [0.0, 1.0, 0.4],
        }
    )
    drawing = figures.difference_by_payer(table, WORDS)
    assert drawing.data is table
    text = svg(drawing, "figure-test", "Titel")
    assert text.index("Politie en justitie") < text.index("Onderwijs") < text.index("Samenleving als geheel")
    assert 'aria-labelledby="figure-test-title figure-test-desc"' in text


def test_shares_that_are_too_small_for_letters_are_named_below() -> None:
    table = pd.DataFrame(
        {"row": ["all", "all"], "part": ["chance", "parameters"], "title": ["toeval", "cijfers"], "share": [0.01, 0.99]}
    )
    assert "toeval 1%" in svg(figures_trust.shares(table, WORDS, "alt"), "f", "t")


def test_a_life_leaves_quiet_parts_out() -> None:
    rows = [
        (arm, 200, d, 0, 24, s)
        for arm, _ in ARMS
        for d, s in (("activity", "at_home"), ("debt", "none"), ("record", "recent_record"))
    ]
    rows.append(("usual_care", 200, "event", 3, 4, "property"))
    table = pd.DataFrame(rows, columns=["arm", "age0_months", "domain", "from_month", "to_month", "state"])
    text = svg(figures_lives.two_lives(table, ARMS, frozenset(), WORDS, None), "f", "t")
    assert "Activity" in text and "Delicten" in text
    assert "debt" not in text and "record" not in text
