"""Which factors move the answer: Sobol indices, Morris' screening and RBD-FAST, by SALib, on a study's own design.

The runs of a point are averaged first, and which share of the variance between points is mere luck is told with it:
luck counts as variance that no factor explains, so it makes indices smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.points import Points, points_of
from trajectsim.analysis.statistics import finite
from trajectsim.engine.luck import run_key
from trajectsim.errors import UserError
from trajectsim.study.design import unit_points
from trajectsim.study.store import Study

__all__ = ["LEVEL", "NOTES", "indices", "sensitivity"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
LEVEL, RESAMPLES = 0.95, 500
HARMONICS, POINTS_EACH = 10, 10
"""RBD-FAST: at most so many harmonics, and so many points for each."""
FEWEST_POINTS = {"sobol": 8, "morris": 8, "lhs": 2 * POINTS_EACH}
"""Kinds of design that indices can be had from, and the fewest points for them."""

NOTES = {
    "sobol": {
        "nl": "S1: deel van de variantie dat deze factor alleen verklaart. ST: met alle samenspel (Saltelli 2010).",
        "en": "S1: share of the variance that this factor explains alone. ST: with all interplay (Saltelli 2010).",
    },
    "morris": {
        "nl": "mu*: hoeveel de uitkomst gemiddeld verandert over het hele bereik van de factor; sigma: hoe ongelijk "
        "dat is (samenspel of een kromme lijn; Morris 1991, Campolongo 2007).",
        "en": "mu*: how much the answer changes on average over the whole range of the factor; sigma: how unequal "
        "that is (interplay or a curve; Morris 1991, Campolongo 2007).",
    },
    "lhs": {
        "nl": "S1: deel van de variantie dat deze factor alleen verklaart (RBD-FAST; Tarantola 2006, Tissot 2012).",
        "en": "S1: share of the variance that this factor explains alone (RBD-FAST; Tarantola 2006, Tissot 2012).",
    },
}


def sensitivity(study: Study, outputs: Sequence[str] | None = None, arm: str | None = None) -> Tree:
    """Return how much each factor of a study matters to differences with the null alternative.

    Args:
        study: a study with a `sobol`, `morris` or `lhs` design.
        outputs: perspectives, payers and outcomes (`points.outputs_of`); society and municipality if left out.
        arm: the arm to compare with the first one; the second if left out.

    Returns:
        `kind`, `arm`, `points` and `left_out` (points of blocks that are not finished), `level` of the intervals,
        `factors` (path and title), and per output under `outputs`: unit, title, mean, sd, `noise_share`, and `rows`:
        per factor each index with its interval (`S1`, `S1_low`, `S1_high`); with second order `pairs` too. `rows` is
        None where the output does not vary.

    Raises:
        UserError: results without such a design; SALib is not installed; too few points are finished; as `points_of`.
    """
    about: Tree = study.manifest.get("study") or {}
    kind = about["design"]["kind"] if about else None
    if kind not in FEWEST_POINTS:
        raise UserError.of(
            "these results are of one scenario, without a design" if kind is None else f"a {kind} has no such indices",
            allowed="a study with design: sobol, morris or lhs",
            cure="run such a study (configs/study_variance.yaml), or ask `trajectsim discover` where it fails",
        )
    points = points_of(study, outputs, arm)
    k = points.factors.shape[1]
    seed = int(study.manifest["seed"])
    design = about["design"]
    unit = unit_points(kind, k, seed, samples=design.get("samples"), second_order=bool(design.get("second_order")),
                       trajectories=design.get("trajectories"), levels=design.get("levels") or 4)  # fmt: skip
    keep = _whole_blocks(points, design, k)
    fewest = max(2 * _block(design, k), FEWEST_POINTS[kind])
    if keep.sum() < fewest:
        more = "take more samples or trajectories in the study file" if keep.all() else "go on with `trajectsim resume`"
        raise UserError.of(f"{int(points.complete.sum())} of {len(keep)} points are finished, too few for indices",
                           allowed=f"at least {fewest} points in whole blocks", cure=more)  # fmt: skip
    chosen = Points(points.arm, points.factors[keep], points.titles, points.outputs, points.values[keep], design)
    names = [str(name) for name in points.factors]
    luck = int(run_key(seed, 0, -3) % np.uint64(2**31))
    noise = chosen.noise_share()
    found: Tree = {}
    for j, output in enumerate(points.outputs):
        y = chosen.means[:, j]
        found[output.name] = {
            "title": None if output.title is None else output.title.model_dump(), "unit": output.unit.model_dump(),
            "mean": finite(y.mean()), "sd": finite(y.std(ddof=1)), "noise_share": finite(noise[j]),
            **indices(design, names, unit[keep], y, luck),
        }  # fmt: skip
    factors = {
        name: {"path": about["factors"][name]["path"], "title": about["factors"][name]["title"]} for name in names
    }
    return {"kind": kind, "arm": points.arm, "points": int(keep.sum()), "left_out": int((~keep).sum()), "level": LEVEL,
            "note": NOTES[kind], "factors": factors, "outputs": found}  # fmt: skip


def _block(design: Mapping[str, Any], k: int) -> int:
    """Return how many points belong together."""
    if design["kind"] == "sobol":
        return 2 * k + 2 if design.get("second_order") else k + 2
    return k + 1 if design["kind"] == "morris" else 1


def _whole_blocks(points: Points, design: Mapping[str, Any], k: int) -> npt.NDArray[np.bool_]:
    size = _block(design, k)
    whole = points.complete.reshape(-1, size).all(axis=1)
    return np.repeat(whole, size)


def indices(design: Mapping[str, Any], names: Sequence[str], unit: F64, y: F64, seed: int) -> Tree:
    """Return SALib's indices of one output with bootstrap intervals.

    Args:
        design: kind and settings, as a study file gives them.
        names: of the factors.
        unit: points in the unit cube [P, k], whole blocks.
        y: the output [P].
        seed: of the bootstrap.

    Returns:
        `rows`, one record per factor, and `pairs` with second order; None where the output does not vary.

    Raises:
        UserError: SALib is not installed.
    """
    try:
        from SALib.analyze import morris, rbd_fast, sobol
    except ImportError:
        cure = 'install it: python -m pip install "trajectsim[explore]"'
        raise UserError.of("SALib is not installed", cure=cure) from None
    if not np.ptp(y) > 0:
        return {"rows": None}
    problem = {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}
    kind = design["kind"]
    if kind == "sobol":
        second = bool(design.get("second_order"))
        found = sobol.analyze(problem, y, calc_second_order=second, num_resamples=RESAMPLES, conf_level=LEVEL,
                              seed=seed)  # fmt: skip
        return {"rows": _rows(names, found, {"S1": "S1_conf", "ST": "ST_conf"}),
                **({"pairs": _pairs(names, found)} if second else {})}  # fmt: skip
    if kind == "morris":
        found = morris.analyze(problem, unit, y, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed,
                               num_levels=design.get("levels") or 4)  # fmt: skip
        return {"rows": _rows(names, found, {"mu_star": "mu_star_conf", "mu": None, "sigma": None})}
    # Ten harmonics of a few dozen points hold nearly all of the variance, whatever the factor: each would "explain" it.
    few = max(1, min(HARMONICS, len(y) // POINTS_EACH))
    found = rbd_fast.analyze(problem, unit, y, M=few, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed)
    return {"rows": _rows(names, found, {"S1": "S1_conf"})}


def _rows(names: Sequence[str], found: Any, wanted: Mapping[str, str | None]) -> list[Tree]:
    """Return one record per factor, the most important (by the last index that has an interval) first."""
    first = "ST" if "ST" in wanted else next(iter(wanted))
    rows = []
    for j, name in enumerate(names):
        row: Tree = {"factor": name}
        for key, error in wanted.items():
            row[key] = finite(found[key][j])
            if error is not None:
                half = found[error][j]
                row[f"{key}_low"], row[f"{key}_high"] = finite(found[key][j] - half), finite(found[key][j] + half)
        rows.append(row)
    return sorted(rows, key=lambda row: -(row[first] if row[first] is not None else -np.inf))


def _pairs(names: Sequence[str], found: Any) -> list[Tree]:
    rows = []
    for i, one in enumerate(names):
        for j in range(i + 1, len(names)):
            value, half = found["S2"][i, j], found["S2_conf"][i, j]
            rows.append({"factors": [one, names[j]], "S2": finite(value), "S2_low": finite(value - half),
                         "S2_high": finite(value + half)})  # fmt: skip
    return sorted(rows, key=lambda row: -(row["S2"] if row["S2"] is not None else -np.inf))
