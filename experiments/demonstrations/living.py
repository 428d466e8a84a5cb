"""Living a demonstration: every arm of a scenario at central values, month by month, and differences with errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trajectsim.engine.ledger import flows_of, new_ledger, snapshots
from trajectsim.engine.luck import run_key
from trajectsim.engine.shared import ANSWERS, KEPT
from trajectsim.engine.tables import LATENT_ONE, Columns
from trajectsim.engine.together import Meeting, live_months, meet
from trajectsim.model.population import make_cohorts
from trajectsim.model.prepare import Prepared, checked, prepare
from trajectsim.model.youths import copy_columns

__all__ = ["CONFIGS", "WORK", "Arm", "Mean", "compared", "live", "mean"]

F64 = npt.NDArray[np.float64]
CONFIGS = Path(__file__).parents[2] / "configs" / "demonstrations"
WORK = ("regular_work", "supported_work", "learn_work", "sheltered_work")
CENTRAL = -1
TOGETHER = 64


@dataclass(frozen=True)
class Mean:
    """A mean over replicates, and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Arm:
    """What one arm showed: replicates R, snapshots or months T, youths N."""

    prepared: Prepared
    youths: int
    stock: F64  # [R, T+1, G] youths per state at each snapshot
    latents: F64  # [R, T, L] mean of each latent at the start of each month
    kept: F64  # [R, T, P, 8] what was kept of each provision (engine.shared.KEPT)
    worked: F64  # [R, T, K, 4] hours needed and given, strength, coaches left of each programme with a team
    paid: F64  # [R, T, B, 2] cents, and requests without money, of each budget
    moves: F64  # [R, T, reasons]
    closed: F64  # [R, T, P] share of a provision's units that take nobody after incidents

    def share(self, *states: str) -> F64:
        """Share of the youths in any of these states per snapshot, [R, T+1]."""
        names = self.prepared.program.names.states
        out: F64 = self.stock[:, :, [names.index(state) for state in states]].sum(axis=2) / self.youths
        return out

    def months(self, *states: str) -> F64:
        """Months per youth in any of these states over the whole run, [R]."""
        out: F64 = self.share(*states)[:, :-1].sum(axis=1)
        return out

    def latent(self, name: str) -> F64:
        """Mean of a latent per month in its standard deviations (the unit in which effects are read), [R, T]."""
        rows = self.prepared.program.rows.latents
        return self.latents[:, :, list(rows).index(name)] / self.prepared.scenario.model.latents[name].per

    def place(self, provision: str, measure: str) -> F64:
        """A measure of a provision per month, [R, T]."""
        return self.kept[:, :, self._pool(provision), KEPT.index(measure)]

    def answers(self, provision: str, answer: str) -> F64:
        """Answers to requests for a provision over the whole run, [R]."""
        assert answer in ANSWERS
        reason = self.prepared.program.names.reasons.index(f"queue.{provision}.{answer}")
        out: F64 = self.moves[:, :, reason].sum(axis=1)
        return out

    def closed_units(self, provision: str) -> F64:
        """Share of units that take nobody because of what they remember, per month, [R, T]."""
        return self.closed[:, :, self._pool(provision)]

    def strength(self, programme: str) -> F64:
        """Strength of a programme's effects per month, [R, T]."""
        assert self.prepared.program.town is not None
        return self.worked[:, :, list(self.prepared.program.town.levels).index(programme), 2]

    def _pool(self, provision: str) -> int:
        assert self.prepared.program.town is not None
        return self.prepared.program.town.names.index(provision)


def mean(values: F64) -> Mean:
    """Return the mean of one number per replicate, with its standard error."""
    return Mean(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def compared(one: F64, other: F64) -> Mean:
    """Return the mean difference (other less one) over replicates that share their luck."""
    return mean(other - one)


def live(
    name: str, replicates: int, settings: Mapping[str, object] = {}, arms: Sequence[str] | None = None
) -> dict[str, Arm]:
    """Live a demonstration at central values.

    Args:
        name: of the scenario in `configs/demonstrations`.
        replicates: how often, each with youths and luck of its own that all arms share.
        settings: as `--set` takes them.
        arms: names of the arms to live; all if left out.
    """
    given = {key: value if isinstance(value, str) else str(value) for key, value in settings.items()}
    prepared = prepare(checked(CONFIGS / f"{name}.yaml", given))
    wanted = [arm for arm in prepared.scenario.spec.arms if arms is None or arm.name in arms]
    found: dict[str, list[list[npt.NDArray[np.float64]]]] = {arm.name: [] for arm in wanted}
    size = prepared.scenario.spec.size or prepared.scenario.population.size
    together = max(1, min(TOGETHER, 4096 // size))
    for first in range(0, replicates, together):
        group = range(first, min(first + together, replicates))
        cohorts = make_cohorts(
            prepared.program, prepared.scenario, prepared.register.central,
            prepared.program.values(prepared.register.central), group, draw_number=CENTRAL, size=size,
        )  # fmt: skip
        for replicate, cohort in zip(group, cohorts, strict=True):
            for arm in wanted:
                found[arm.name].append(_once(prepared, cohort.columns, tuple(arm.interventions), replicate))
    return {
        arm: Arm(prepared, size, *(np.stack(part) for part in zip(*runs, strict=True))) for arm, runs in found.items()
    }


def _once(prepared: Prepared, start: Columns, running: tuple[str, ...], replicate: int) -> list[F64]:
    """Live one replicate of one arm and return what `Arm` keeps of it."""
    program, row, seed = prepared.program, prepared.register.central, prepared.scenario.spec.seed
    assert program.town is not None
    meeting = meet(
        program, program.values(row, running), program.town.settings(row, running), copy_columns(start),
        run_key(seed, CENTRAL, replicate), run_key(seed, -1, replicate), running=running,
    )  # fmt: skip
    latents: list[F64] = []
    closed: list[F64] = []
    rows = list(program.rows.latents.values())

    ledger = new_ledger(program, program.steps)
    for t in range(program.steps):
        latents.append(meeting.columns.slow[rows].mean(axis=1) / LATENT_ONE)
        closed.append(_closed(meeting))
        live_months(meeting, [ledger], t, t + 1)
    moves = flows_of(program, ledger).moves
    town = meeting.town
    stock = snapshots(program, ledger).sum(axis=1)
    parts = (stock, np.array(latents), town.kept, town.worked, town.paid, moves, np.array(closed))
    return [np.asarray(part, float).copy() for part in parts]


def _closed(meeting: Meeting) -> F64:
    """Return the share of each provision's units that remember more than they tolerate."""
    out = np.zeros(len(meeting.town.pools))
    for p, pool in enumerate(meeting.town.pools):
        first, n = int(pool["unit_first"]), int(pool["units"])
        if n and np.isfinite(pool["tolerance"]):
            out[p] = float((meeting.town.memory[first : first + n] > pool["tolerance"]).mean())
    return out
