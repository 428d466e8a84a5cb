"""Scenario discovery: under which values of the factors does the intervention fail? Boxes found by a small CART tree.

A tree (scikit-learn) cuts the space of the factors so that points that fail and points that do not come apart; the
leaves where failing is the rule are boxes, each a few plain bounds (Bryant and Lempert 2010 name the task and the
measures: coverage, density). Whether the bounds hold for points that the tree has not seen is tested on left-out parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.points import Output, as_numbers, points_of
from trajectsim.analysis.statistics import finite
from trajectsim.engine.luck import run_key
from trajectsim.errors import UserError
from trajectsim.study.store import Study

__all__ = ["METHOD", "MOST_BOXES", "boxes", "discover", "shown_points"]

F64 = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Tree = dict[str, Any]
MOST_LEAVES, FOLDS, FEWEST_POINTS, MOST_BOXES = 8, 5, 20, 4
SMALLEST_SHARE = 0.04
"""Least share of the points in a box; fewer say little."""

METHOD = {
    "nl": "Een beslisboom (CART) met hoogstens acht bladen, getoetst op vijf weggelaten delen van de punten.",
    "en": "A decision tree (CART) of at most eight leaves, tested on five left-out parts of the points.",
}


def discover(
    study: Study,
    output: str | None = None,
    arm: str | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Tree:
    """Return where an intervention fails, as boxes in the space of a study's factors.

    Args:
        study: results of a study with a design, or of one scenario (its draws are then the points).
        output: a perspective, payer or outcome; net costs of society (without prices the first outcome) if left out.
        arm: the arm to compare with the first one; the second if left out.
        above, below: a point fails where the mean difference lies above, or below, this; the wrong side of nil by
            default: above 0 for costs and what is bad, below 0 for what is good.

    Returns:
        `failing` and `points` (numbers), `share`, `noise_share`, `tested` (`right`, `always`), `sound` (whether the
        tree is right more often than always saying the same), `boxes` (each with `bounds`, `points`, `failing`,
        `density`, `coverage`), `importance` by factor, and what was asked.

    Raises:
        UserError: fewer than 20 finished points; both above and below; scikit-learn is not installed; as `points_of`.
    """
    if above is not None and below is not None:
        raise UserError.of("a point cannot fail above one bound and below another", key="above, below",
                           cure="give one of the two")  # fmt: skip
    points = points_of(study, None if output is None else [output], arm)
    about, keep = points.outputs[0], points.complete
    if keep.sum() < FEWEST_POINTS:
        what = f"{int(keep.sum())} points are finished"
        cure = "run a study with more points (configs/study_what_if.yaml), or more draws"
        raise UserError.of(what, allowed=f"at least {FEWEST_POINTS}", cure=cure)
    y = points.means[keep, 0]
    side, bound = _side(about, above, below)
    fails = y > bound if side == "above" else y < bound
    numbers, texts = as_numbers(points.factors[keep].reset_index(drop=True))
    seed = int(run_key(int(study.manifest["seed"]), 0, -3) % np.uint64(2**31))
    found = boxes(numbers, fails, seed)
    for box in found["boxes"]:
        for item in box["bounds"]:
            item["factor"], item["text"] = texts.get(item["factor"], (item["factor"], None))
    factors = (study.manifest.get("study") or {}).get("factors") or {}
    return {
        "arm": points.arm, "output": about.name, "unit": about.unit.model_dump(),
        "title": None if about.title is None else about.title.model_dump(), "side": side, "bound": bound,
        "points": len(y), "left_out": int((~keep).sum()), "failing": int(fails.sum()), "share": finite(fails.mean()),
        "noise_share": finite(points.noise_share()[0]), "method": METHOD,
        "factors": {name: {"path": item["path"], "title": item["title"]} for name, item in factors.items()}, **found,
    }  # fmt: skip


def shown_points(study: Study, found: Tree) -> tuple[pd.DataFrame, Mask]:
    """Return the points that `discover` looked at: factors as numbers [P, k], and which fail [P]."""
    points = points_of(study, [found["output"]], found["arm"])
    keep = points.complete
    y = points.means[keep, 0]
    numbers, _ = as_numbers(points.factors[keep].reset_index(drop=True))
    return numbers, (y > found["bound"] if found["side"] == "above" else y < found["bound"])


def _side(output: Output, above: float | None, below: float | None) -> tuple[str, float]:
    if above is not None:
        return "above", float(above)
    if below is not None:
        return "below", float(below)
    return ("below" if output.good == "up" else "above"), 0.0


def boxes(x: pd.DataFrame, fails: Mask, seed: int) -> Tree:
    """Return the boxes in which failing is more usual than elsewhere, the one that covers most first.

    Args:
        x: factors of the points [P, k], numbers.
        fails: which points fail [P].
        seed: of ties and of the left-out parts.

    Returns:
        `boxes`, `importance` by column, `tested` and `sound`; no boxes where all points fail or none do.

    Raises:
        UserError: scikit-learn is not installed.
    """
    if fails.all() or not fails.any():
        return {"boxes": [], "importance": {}, "tested": None, "sound": False}
    try:
        from sklearn.tree import DecisionTreeClassifier
    except ImportError:
        cure = 'install it: python -m pip install "trajectsim[explore]"'
        raise UserError.of("scikit-learn is not installed", cure=cure) from None
    values = x.to_numpy(dtype=np.float64)
    least = max(3, int(np.ceil(SMALLEST_SHARE * len(values))))

    def grown(rows: Mask) -> Any:
        tree = DecisionTreeClassifier(max_leaf_nodes=MOST_LEAVES, min_samples_leaf=least, random_state=seed)
        return tree.fit(values[rows], fails[rows])

    whole = grown(np.ones(len(values), dtype=np.bool_))
    found = _leaves(whole.tree_, values, fails, [str(name) for name in x])
    better = [box for box in found if box["density"] > max(0.5, float(fails.mean())) and box["bounds"]]
    better.sort(key=lambda box: (-box["coverage"], -box["density"]))
    tested = _tested(grown, values, fails, seed)
    weights = {str(name): float(w) for name, w in zip(x, whole.feature_importances_, strict=True) if w > 0}
    return {
        "boxes": better[:MOST_BOXES],
        "importance": dict(sorted(weights.items(), key=lambda item: -item[1])),
        "tested": tested,
        "sound": tested is not None and tested["right"] > tested["always"],
    }


def _leaves(tree: Any, values: F64, fails: Mask, names: Sequence[str]) -> list[Tree]:
    """Return the leaves of a tree as boxes, with what lies in them."""
    found: list[Tree] = []

    def walk(node: int, bounds: dict[int, tuple[float, float]], inside: Mask) -> None:
        """Add the leaves below a node, whose points lie within `bounds`."""
        j = int(tree.feature[node])
        if j < 0:
            n, bad = int(inside.sum()), int((inside & fails).sum())
            sides = [
                {"factor": names[f], "low": None if np.isinf(low) else float(low),
                 "high": None if np.isinf(high) else float(high)}
                for f, (low, high) in sorted(bounds.items())
            ]  # fmt: skip
            found.append({"bounds": sides, "points": n, "failing": bad, "density": bad / n,
                          "coverage": bad / int(fails.sum())})  # fmt: skip
            return
        cut = float(tree.threshold[node])
        low, high = bounds.get(j, (-np.inf, np.inf))
        # The tree compares in single precision; so does this, so that each point lies in the leaf it was counted in.
        left = inside & (values[:, j].astype(np.float32) <= cut)
        walk(int(tree.children_left[node]), {**bounds, j: (low, cut)}, left)
        walk(int(tree.children_right[node]), {**bounds, j: (cut, high)}, inside & ~left)

    walk(0, {}, np.ones(len(values), dtype=np.bool_))
    return found


def _tested(grown: Any, values: F64, fails: Mask, seed: int) -> Tree | None:
    """Return how often a tree is right about parts it has not seen, and how often always the same answer would be."""
    part = np.random.default_rng([seed, FOLDS]).permutation(len(values)) % FOLDS
    right = 0
    for k in range(FOLDS):
        rows = part != k
        if fails[rows].all() or not fails[rows].any():
            return None
        right += int((grown(rows).predict(values[~rows]) == fails[~rows]).sum())
    share = float(fails.mean())
    return {"right": right / len(values), "always": max(share, 1.0 - share)}
