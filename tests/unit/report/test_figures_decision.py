"""The figures about the decision return what they show, and draw every row of it."""

import numpy as np
import pandas as pd
import pytest

from trajectsim.analysis.decision import acceptability_curve, options, plane
from trajectsim.report import figures_decision as figures
from trajectsim.report.canvas import Drawing, svg
from trajectsim.report.phrases import words

OPTIONS = [("usual", "Gewone hulp"), ("job", "Werk")]
LUCK = np.random.default_rng(1)
CHOICE = options(
    pd.DataFrame({"usual": 0.0, "job": LUCK.normal(500, 800, 60)}),
    pd.DataFrame({"usual": 0.0, "job": LUCK.normal(0.02, 0.01, 60)}),
)
GRADES = list("ABCD")
ROWS = pd.DataFrame({"title": [f"getal {g}" for g in GRADES], "grade": GRADES})


def drawings(lang: str) -> dict[str, Drawing]:
    own = words(lang)
    bars = ROWS.assign(evppi=[50.0, 20.0, 5.0, 0.0], error=[10.0, 8.0, 9.0, 0.0], clear=[True, True, False, False])
    swings = ROWS.assign(at_low=[-900.0, 10, 20, 30], at_high=[800.0, -400, 90, 40], mean=25.0)
    ranges = ROWS.assign(first=[0.1, 0.2, 0.0, 0.3], total=[0.3, 0.4, 0.1, 0.9])
    sizes = pd.DataFrame({"n": [10, 100, 1000], "worth": [1e3, 5e4, 9e4], "cost": [2e3, 1e4, 1e5]})
    sizes = sizes.assign(net=sizes["worth"] - sizes["cost"], best=[False, True, False])
    return {
        "acceptability": figures.acceptability(
            acceptability_curve(CHOICE, np.linspace(0, 1e5, 9).tolist()), OPTIONS, "QALY", own
        ),
        "plane": figures.plane(plane(CHOICE), 50000, OPTIONS, "QALY", own),
        "tornado": figures.tornado(swings, own),
        "agenda": figures.agenda(bars, own),
        "grade_ranges": figures.grade_ranges(ranges, own),
        "sample_size": figures.sample_size(sizes, own),
    }


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_figure_draws_and_describes_itself(lang: str) -> None:
    for name, drawing in drawings(lang).items():
        text = svg(drawing, name, words(lang)(f"figure.{name}.title"))
        assert text.startswith("<svg") and drawing.description in text and len(drawing.data)
        assert words(lang)(f"figure.{name}.read")


def test_frontier_is_marked_where_an_option_is_best() -> None:
    drawing = drawings("nl")["acceptability"]
    lines = drawing.figure.axes[0].get_lines()
    best = [np.isfinite(np.asarray(line.get_ydata(), float)).sum() for line in lines[1::2]]
    assert sum(best) == len(drawing.data) / 2


def test_names_and_grades_stand_beside_their_bars() -> None:
    for name in ("tornado", "agenda"):
        texts = [text.get_text() for text in drawings("nl")[name].figure.axes[0].texts]
        assert all(f"getal {grade}" in texts for grade in GRADES)
        assert [text[0] for text in texts if text[0] in GRADES] == GRADES


def test_nothing_worth_finding_out_still_draws() -> None:
    table = ROWS.assign(evppi=0.0, error=0.0, clear=False)
    assert figures.agenda(table, words("en")).figure.axes[0].get_xlim() == (0.0, 1.0)
