"""The six demonstrations: what each measures in its two worlds, as rows of a table and as lines of a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from experiments.demonstrations.living import WORK, Arm, compared, live

__all__ = ["CASES", "SIZES", "Case", "Row", "Size", "back_at_start", "scaling"]

F64 = npt.NDArray[np.float64]
WORKING = tuple(f"activity.{state}" for state in WORK)
SIZES = (10, 20, 40, 80, 120, 200)
SMALL_BUDGET = 60_000
"""A pooled budget (euros a year) that runs out."""

LIMITS = {"both": "", "employers": "teams", "coaches": "employers", "none": "teams, employers"}
"""What still limits a programme, and what is switched off to see it."""


@dataclass(frozen=True)
class Row:
    """One measure of a demonstration: means in the two worlds, their difference and its standard error."""

    demonstration: str
    measure: str
    unit: str
    first: float
    second: float
    difference: float
    error: float
    replicates: int

    @property
    def distance(self) -> float:
        """The difference in standard errors."""
        return self.difference / self.error if self.error > 0 else float(np.sign(self.difference)) * np.inf


@dataclass(frozen=True)
class Case:
    """A demonstration that was lived: rows by measure, and lines by name (two worlds, by month)."""

    name: str
    rows: dict[str, Row]
    lines: dict[str, tuple[F64, F64]] = field(default_factory=dict)
    notes: dict[str, float] = field(default_factory=dict)


def thomas(replicates: int) -> Case:
    """Three months between school and the work office: home, work, and employability against leaving school."""
    one, two = _two("thomas", replicates, {})
    case = Case("thomas", {})
    _add(case, "months at home", "months of 36", one.months("activity.at_home"), two.months("activity.at_home"))
    _add(case, "months in work", "months of 36", one.months(*WORKING), two.months(*WORKING))
    lost, kept = _since_start(one, "employability"), _since_start(two, "employability")
    for month in (6, 12, 35):
        _add(case, f"employability after {month} months", "sd", lost[:, month], kept[:, month])
    case.lines["employability"] = (lost.mean(axis=0), kept.mean(axis=0))
    case.lines["work"] = (one.share(*WORKING).mean(axis=0), two.share(*WORKING).mean(axis=0))
    for name, line in zip(("first", "second"), case.lines["employability"], strict=True):
        case.notes[f"back at start, {name}"] = back_at_start(line)
    return case


def back_at_start(line: F64) -> float:
    """Return the month in which a line that fell below nil is back at it; infinite where it does not come back."""
    low = int(np.argmin(line))
    after = np.flatnonzero(line[low:] >= 0.0)
    if not after.size or line[low] >= 0.0:
        return float("inf") if line[low] < 0.0 else 0.0
    end = low + int(after[0])
    return float(end - line[end] / (line[end] - line[end - 1]))


def thijn(replicates: int) -> Case:
    """A seat that is there or not: the wait, months at home, and what is left of what treatment achieved."""
    one, two = _two("thijn", replicates, {})
    case = Case("thijn", {})
    waits = [arm.place("school_seat", "waiting").sum(axis=1) for arm in (one, two)]
    waited = waits[0] > 0
    case.notes["share that waits, first"] = float(waited.mean())
    case.notes["share that waits, second"] = float((waits[1] > 0).mean())
    case.notes["left the queue, first"] = float(one.answers("school_seat", "left")[waited].mean())
    # The same children in both worlds: those for whom no seat was free in the first.
    _add(case, "months waiting", "months of 36", waits[0][waited], waits[1][waited])
    home = [arm.months("activity.at_home")[waited] for arm in (one, two)]
    _add(case, "months at home", "months of 36", *home)
    for latent in ("employability", "trust"):
        lines = [_since_start(arm, latent)[waited] for arm in (one, two)]
        _add(case, f"{latent} after 24 months", "sd", lines[0][:, 24], lines[1][:, 24])
        case.lines[latent] = (lines[0].mean(axis=0), lines[1].mean(axis=0))
    return case


def bram_employer(replicates: int) -> Case:
    """Employers with and without compensation: who takes nobody, who waits, and months in the job."""
    one, two = _two("bram_employer", replicates, {})
    case = Case("bram_employer", {})
    work = "supported_work"
    _add(case, "months in a supported job", "months of 48", *(a.months("activity.supported_work") for a in (one, two)))
    _add(case, "places at employers", "places", *(a.place(work, "open").mean(axis=1) for a in (one, two)))
    _add(case, "employers that take nobody", "share", *(a.closed_units(work).mean(axis=1) for a in (one, two)))
    _add(case, "youths who wait for a place", "youths", *(a.place(work, "waiting").mean(axis=1) for a in (one, two)))
    _add(case, "youths who gave up waiting", "youths", *(a.answers(work, "left") for a in (one, two)))
    case.lines["closed"] = (one.closed_units(work).mean(axis=0), two.closed_units(work).mean(axis=0))
    share = [arm.share("activity.supported_work").mean(axis=0) for arm in (one, two)]
    case.lines["job"] = (share[0], share[1])
    change = "interventions.compensation.changes.0."
    for name, left in (("patience alone", "capacity"), ("places alone", "tolerance")):
        part = live("bram_employer", replicates, {change + left: 1}, arms=["with_compensation"])["with_compensation"]
        months = [arm.months("activity.supported_work") for arm in (one, part)]
        _add(case, f"months in a supported job, {name}", "months of 48", *months)
    usual = {f"world.mechanisms.employers.places.{work}.{key}": 3 for key in ("capacity", "tolerance")}
    a, b = _two("bram_employer", replicates, usual)
    months = [arm.months("activity.supported_work") for arm in (a, b)]
    _add(case, "months in a supported job, at the town's central values", "months of 48", *months)
    return case


def overloaded_coach(replicates: int) -> Case:
    """The same programme with half a coach and with two."""
    one, two = _two("overloaded_coach", replicates, {})
    case = Case("overloaded_coach", {})
    strength = (one.strength("coached_job_overloaded"), two.strength("coached_job"))
    _add(case, "strength of the coaching", "share", strength[0].mean(axis=1), strength[1].mean(axis=1))
    _add(case, "months in work", "months of 48", one.months(*WORKING), two.months(*WORKING))
    _add(case, "trust after 36 months", "sd", *(_since_start(a, "trust")[:, 36] for a in (one, two)))
    case.lines["strength"] = (strength[0].mean(axis=0), strength[1].mean(axis=0))
    case.lines["work"] = (one.share(*WORKING).mean(axis=0), two.share(*WORKING).mean(axis=0))
    return case


def one_budget(replicates: int) -> Case:
    """Each law its own desk, or one budget that decides at once; and one that is too small."""
    one, two = _two("one_budget", replicates, {})
    case = Case("one_budget", {})
    work = "supported_work"
    _add(case, "months until a job is granted", "months", _wait(one, work), _wait(two, work))
    for answer, words in (("refused", "refused"), ("passed_on", "passed on")):
        _add(case, f"requests for a job {words}", "of twenty youths", *(a.answers(work, answer) for a in (one, two)))
    _add(case, "months in work", "months of 36", one.months(*WORKING), two.months(*WORKING))
    _add(case, "trust after 12 months", "sd", *(_since_start(a, "trust")[:, 12] for a in (one, two)))
    job = "activity.supported_work"
    case.lines["job"] = (one.share(job).mean(axis=0), two.share(job).mean(axis=0))
    cap = {"world.mechanisms.budgets.budgets.pooled.cap": SMALL_BUDGET}
    small = live("one_budget", replicates, cap, arms=["pooled"])["pooled"]
    _add(case, "months in work, small pooled budget", "months of 36", one.months(*WORKING), small.months(*WORKING))
    without = small.answers(work, "no_money")
    _add(case, "requests without money, small pooled budget", "of twenty youths", 0.0 * without, without)
    return case


@dataclass(frozen=True)
class Size:
    """A programme of so many places: months in work beyond usual care, and what each limit shows."""

    limits: str
    places: int
    months: float
    error: float
    filled: float
    strength: float
    employer_places: float
    employers_filled: float
    waiting: float
    replicates: int

    @property
    def per_place(self) -> float:
        return self.months / self.places


def scaling(replicates: int, sizes: tuple[int, ...] = SIZES, limits: Mapping[str, str] = LIMITS) -> list[Size]:
    """Live the programme at every size with both limits, with each alone and with none."""
    rows = []
    for name, off in limits.items():
        for places in sizes:
            switched = ", ".join(["budgets", "selection", *([off] if off else [])])
            settings = {"interventions.supported_job.places": places, "off": f"[{switched}]"}
            arms = live("scaling", replicates, settings)
            usual, there = arms["usual_care"], arms["supported_job"]
            more = compared(usual.months(*WORKING) * usual.youths, there.months(*WORKING) * there.youths)
            nan = float("nan")
            scarce = "employers" not in off
            rows.append(
                Size(
                    limits=name,
                    places=places,
                    months=more.value,
                    error=more.error,
                    filled=float(there.place("supported_job", "filled").mean()),
                    strength=float(there.strength("supported_job").mean()) if "teams" not in off else 1.0,
                    employer_places=float(there.place("supported_work", "open").mean()) if scarce else nan,
                    employers_filled=float(there.place("supported_work", "filled").mean()) if scarce else nan,
                    waiting=float(there.place("supported_work", "waiting").mean()) if scarce else 0.0,
                    replicates=replicates,
                )
            )
    return rows


CASES: dict[str, Callable[[int], Case]] = {
    "thomas": thomas,
    "thijn": thijn,
    "bram_employer": bram_employer,
    "overloaded_coach": overloaded_coach,
    "one_budget": one_budget,
}


def _two(name: str, replicates: int, settings: Mapping[str, object]) -> tuple[Arm, Arm]:
    first, second = live(name, replicates, settings).values()
    return first, second


def _add(case: Case, measure: str, unit: str, one: F64, two: F64) -> None:
    found = compared(one, two)
    case.rows[measure] = Row(
        case.name, measure, unit, float(one.mean()), float(two.mean()), found.value, found.error, len(one)
    )


def _wait(arm: Arm, provision: str) -> F64:
    """Mean months that those who were granted a place had waited, [R]."""
    given: F64 = np.maximum(arm.place(provision, "granted").sum(axis=1), 1.0)
    waited: F64 = arm.place(provision, "steps_waited").sum(axis=1)
    return waited / given


def _since_start(arm: Arm, latent: str) -> F64:
    """A latent by month, less where it stood at the start."""
    line = arm.latent(latent)
    return line - line[:, :1]
