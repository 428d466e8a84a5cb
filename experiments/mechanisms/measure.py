"""Measure every claim: its outcome in the world as declared, and with its lever pulled.

    python -m experiments.mechanisms.measure                    all claims
    python -m experiments.mechanisms.measure m_nij_skills_dropout ...     some; the others stay as they are

Rows that share a lever share their runs. Every claim gets 80 replicates; where the change is not far from its error,
160, 320 and then 720. One process, one core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from experiments.mechanisms.results import RESULTS, Measured, read_results, write_results
from experiments.mechanisms.worlds import World, arm_of
from trajectsim.evidence.mechanisms import ClaimRow, Lever, load_mechanisms

F64 = npt.NDArray[np.float64]
STAGES = ((80, 0.0), (160, 6.0), (320, 5.0), (720, 4.5))
"""Replicates, and the number of standard errors below which a change is measured with as many."""


def lever_text(lever: Lever) -> str:
    """Return a lever as a scenario would say it."""
    if lever.off is not None:
        return f"off: {lever.off}"
    return "; ".join(f"{path}={value:g}" for path, value in lever.set.items())


class Measuring:
    """The world as declared, with what it gave in every arm and replicate."""

    def __init__(self) -> None:
        self.declared = World.without()
        self._known: dict[tuple[str, int], F64] = {}

    def known(self, arm: str, replicate: int) -> F64:
        """Return what is counted in the world as declared."""
        if (arm, replicate) not in self._known:
            self._known[arm, replicate] = self.declared.live(arm, replicate)
        return self._known[arm, replicate]

    def lever(self, lever: Lever, arm: str, outcomes: Sequence[str]) -> list[Measured]:
        """Pull a lever and return what becomes of each outcome."""
        world = self.declared if lever.off is None else World.without(lever.off)
        pairs: list[list[tuple[float, float]]] = [[] for _ in outcomes]
        found: list[Measured] = []
        for replicates, close in STAGES:
            if found and all(abs(x.t) >= close for x in found):
                break
            for k in range(len(pairs[0]), replicates):
                there, gone = self.known(arm, k), world.live(arm, k, lever.set)
                for pair, outcome in zip(pairs, outcomes, strict=True):
                    at = world.outcomes.get(outcome)
                    pair.append((there[self.declared.outcomes[outcome]], 0.0 if at is None else gone[at]))
            found = [_measured(arm, o, lever_text(lever), np.array(x)) for o, x in zip(outcomes, pairs, strict=True)]
        return found


def _measured(arm: str, outcome: str, lever: str, pairs: F64) -> Measured:
    change = pairs[:, 1] - pairs[:, 0]
    error = float(change.std(ddof=1) / np.sqrt(len(change)))
    there, gone = (float(x) for x in pairs.mean(axis=0))
    return Measured(arm, outcome, lever, len(pairs), there, gone, float(change.mean()), error)


def grouped(rows: dict[str, ClaimRow]) -> list[tuple[Lever, str, list[str]]]:
    """Return the levers to pull, each with its arm and the rows that share both."""
    groups: dict[tuple[str, str], tuple[Lever, str, list[str]]] = {}
    for id_, row in rows.items():
        assert row.lever is not None
        groups.setdefault((lever_text(row.lever), arm_of(row)), (row.lever, arm_of(row), []))[2].append(id_)
    return list(groups.values())


def main(chosen: Sequence[str]) -> None:
    """Measure the chosen claims, or all, and write the table."""
    rows = {id_: row for id_, row in load_mechanisms().items() if row.lever is not None and row.outcome is not None}
    results = read_results() if chosen and RESULTS.exists() else {}
    groups = grouped({id_: row for id_, row in rows.items() if not chosen or id_ in chosen})
    measuring, start = Measuring(), time.perf_counter()
    for number, (lever, arm, ids) in enumerate(groups, 1):
        results |= zip(ids, measuring.lever(lever, arm, [str(rows[id_].outcome) for id_ in ids]), strict=True)
        for id_ in ids:
            x = results[id_]
            took = time.perf_counter() - start
            print(f"{number}/{len(groups)} {took:.0f}s {id_} {x.outcome} {x.change:+.4g} +- {x.error:.3g}", flush=True)
        write_results({id_: results[id_] for id_ in rows if id_ in results})


if __name__ == "__main__":
    main(sys.argv[1:])
