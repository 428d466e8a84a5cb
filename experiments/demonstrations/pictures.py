"""One picture per demonstration, with Dutch titles: two worlds side by side and one message."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from experiments.demonstrations.cases import F64, Case, Size

__all__ = ["draw_case", "draw_scaling"]

FIRST, SECOND, THIRD, INK, SOFT = "#b8622b", "#1f6f8b", "#7a8f3c", "#333333", "#8a8a8a"
FOOT = "Demonstratie uit aangenomen getallen en capaciteiten; geen voorspelling en geen toets van het model."


def draw_case(case: Case, path: Path) -> None:
    """Draw a demonstration into a PNG file."""
    {
        "thomas": _thomas,
        "thijn": _thijn,
        "bram_employer": _bram_employer,
        "overloaded_coach": _overloaded_coach,
        "one_budget": _one_budget,
    }[case.name](case, path)


def _thomas(case: Case, path: Path) -> None:
    figure, (axis,) = _sheet("Drie maanden zonder plan: de achterstand blijft", 1)
    lines = case.lines["employability"]
    axis.axhline(0, color=SOFT, lw=1)
    axis.axvline(3, color=SOFT, lw=1, ls=":")
    axis.text(3.3, 0.40, "18 jaar", color=SOFT, fontsize=10)
    _pair(axis, lines, ("hulp vanaf 18", "plan klaar voordat school eindigt"), ((26, 0.07), (12, 0.27)))
    for line, colour, key in zip(lines, (FIRST, SECOND), ("first", "second"), strict=True):
        back = case.notes[f"back at start, {key}"]
        if back < len(line):
            axis.plot([back], [0], "o", color=colour, ms=7)
            after = key == "first"
            x, y = (back + 0.3, -0.025) if after else (back - 0.2, 0.025)
            side, base = ("left", "top") if after else ("right", "bottom")
            axis.text(x, y, f"maand {back:.0f}", color=colour, fontsize=10, ha=side, va=base)
    _frame(axis, 36, (-0.3, 0.45), "Inzetbaarheid, in standaardafwijkingen (0 = op de dag dat school eindigde)")
    axis.set_xlabel("maanden na het einde van school")
    _save(figure, path)


def _thijn(case: Case, path: Path) -> None:
    figure, (axis,) = _sheet("Wie op een plek wacht, raakt kwijt wat behandeling won", 1)
    axis.axhline(0, color=SOFT, lw=1)
    _pair(
        axis, case.lines["employability"], ("geen plek: wachten", "dezelfde kinderen, met een plek"),
        ((17, -0.25), (14, -0.125)),
    )  # fmt: skip
    share, waits = case.notes["share that waits, first"], case.rows["months waiting"].first
    words = f"{100 * share:.0f} van de 100 kinderen moeten wachten, gemiddeld {_number(waits, 0)} maanden in drie jaar."
    axis.text(0.5, -0.44, words, color=INK, fontsize=10, va="bottom")
    _frame(axis, 36, (-0.45, 0.1), "Inzetbaarheid, in standaardafwijkingen (0 = zoals de behandeling hem achterliet)")
    axis.set_xlabel("maanden vanaf september")
    _save(figure, path)


def _bram_employer(case: Case, path: Path) -> None:
    figure, (left, right) = _sheet("Met compensatie haken minder werkgevers af en komen er meer plekken", 2)
    names = ("zonder compensatie", "met compensatie")
    _pair(left, _percent(case.lines["closed"]), names, ((16, 11.8), (25, 7.0)))
    _frame(left, 48, (0, 15), "Werkgevers die niemand nemen (%)")
    _pair(right, _percent(case.lines["job"]), names, ((8, 17), (17, 37)))
    _frame(right, 48, (0, 45), "Jongeren in een baan met begeleiding (%)")
    _save(figure, path)


def _overloaded_coach(case: Case, path: Path) -> None:
    figure, (left, right) = _sheet("Een coach met te veel jongeren: minder hulp, minder werk", 2)
    names = ("een halve coach", "twee coaches")
    _pair(left, _percent(case.lines["strength"]), names, ((20, 30), (20, 87)))
    _frame(left, 48, (0, 105), "Wat een jongere krijgt van wat nodig is (%)")
    _pair(right, _percent(case.lines["work"]), names, ((25, 31), (25, 61)))
    _frame(right, 48, (0, 70), "Jongeren aan het werk (%)")
    _save(figure, path)


def _one_budget(case: Case, path: Path) -> None:
    figure, (axis,) = _sheet("Eén budget beslist meteen: eerder en vaker aan het werk", 1)
    _pair(axis, _percent(case.lines["job"]), ("elke wet zijn eigen loket", "één ontschot budget"), ((15, 32), (12, 56)))
    wait, refused = case.rows["months until a job is granted"], case.rows["requests for a job refused"]
    words = (
        f"Loketten: {_number(wait.first, 1)} maand wachten op een besluit\nen {_number(refused.first, 0)} afwijzingen"
        f" op twintig jongeren.\nEén budget: geen van beide, zolang er geld is."
    )
    axis.text(12, 3, words, color=INK, fontsize=10, va="bottom")
    _frame(axis, 36, (0, 65), "Jongeren in een baan met begeleiding (%)")
    _save(figure, path)


def draw_scaling(rows: Sequence[Size], path: Path) -> None:
    """Draw years of work added by a programme against its places, with and without each limit."""
    figure, (axis,) = _sheet("Van 10 naar 200 plekken: na veertig plekken komt er weinig werk bij", 1)
    styles = {
        "none": ("zonder grenzen", SOFT, "--"),
        "employers": ("coaches genoeg, 12 werkgevers", SECOND, "-"),
        "coaches": ("werkgevers genoeg, 2 coaches", THIRD, "-"),
        "both": ("2 coaches en 12 werkgevers", FIRST, "-"),
    }
    shift = {"employers": 3.5, "coaches": -3.5, "both": -3.0, "none": 0.0}
    for limits, (name, colour, style) in styles.items():
        own = [row for row in rows if row.limits == limits]
        x, y = np.array([row.places for row in own]), np.array([row.months for row in own]) / 12
        error = np.array([row.error for row in own]) / 12
        if limits != "none":
            axis.errorbar(x, y, yerr=error, color=colour, lw=2.2, marker="o", ms=5, capsize=2)
            axis.text(203, y[-1] + shift[limits], name, color=colour, fontsize=10, va="center")
        else:
            axis.plot(x, y, color=colour, lw=1.6, ls=style)
            axis.text(47, 95, name, color=colour, fontsize=10, ha="right", va="center")
    _frame(axis, 200, (0, 105), "Jaren werk erbij door het programma, in drie jaar samen")
    axis.set_xticks([10, 20, 40, 80, 120, 200])
    axis.set_xlabel("plekken in het programma")
    figure.subplots_adjust(right=0.72)
    _save(figure, path)


def _sheet(title: str, panels: int) -> tuple[Figure, Sequence[Axes]]:
    figure, axes = plt.subplots(1, panels, figsize=(9.0, 4.6), squeeze=False)
    figure.suptitle(title, x=0.06, y=0.965, ha="left", fontsize=14, color=INK, fontweight="bold")
    figure.text(0.06, 0.015, FOOT, fontsize=8.5, color=SOFT)
    figure.subplots_adjust(left=0.07, right=0.97, top=0.81, bottom=0.18, wspace=0.18)
    for axis in axes[0]:
        axis.spines[["top", "right"]].set_visible(False)
        axis.spines[["left", "bottom"]].set_color(SOFT)
        axis.tick_params(colors=INK, labelsize=10)
        axis.yaxis.label.set_color(INK)
        axis.xaxis.label.set_color(INK)
    return figure, axes[0]


def _pair(
    axis: Axes,
    lines: tuple[F64, F64],
    names: tuple[str, str],
    at: tuple[tuple[float, float], tuple[float, float]],
) -> None:
    """Draw the two worlds and write their names beside the lines."""
    for line, name, colour, (x, y) in zip(lines, names, (FIRST, SECOND), at, strict=True):
        axis.plot(np.arange(len(line)), line, color=colour, lw=2.4)
        axis.text(x, y, name, color=colour, fontsize=11, va="center")


def _percent(lines: tuple[F64, F64]) -> tuple[F64, F64]:
    return 100 * lines[0], 100 * lines[1]


def _frame(axis: Axes, last: int, span: tuple[float, float], title: str) -> None:
    """Set what the axes show; months along the bottom, numbers with a decimal comma."""
    axis.set_xlim(0, last)
    axis.set_xticks(range(0, last + 1, 6))
    axis.set_ylim(*span)
    axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axis.set_xlabel("maanden")
    axis.set_title(title, loc="left", fontsize=11, color=INK)
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}".replace(".", ",").replace("-", "\u2212"))


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace(".", ",")


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=110, facecolor="white", metadata={"Software": None})
    plt.close(figure)
