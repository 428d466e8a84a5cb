"""From a scenario to its scaling curve: the sizes run as one study, then one size without each of its limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from trajectsim.analysis.binding import binding
from trajectsim.analysis.scaleup import scale_curve
from trajectsim.config.sizes import Sized, with_limits_lifted
from trajectsim.study.run import run_scenario

__all__ = ["CURVE", "LIMITS", "run_sizes", "size_to_explain"]

CURVE, LIMITS = "sizes", "limits"
"""Folders of the two studies."""

DRAWS_OF_LIMITS = 50
"""Draws of the second study: what comes back is a difference on the same luck, and known sooner than a level."""

Tree = dict[str, Any]


def run_sizes(
    sized: Sized, out: Path, workers: int | None = None, progress: Callable[[int, int], None] | None = None,
    explain: bool = True,
) -> Tree:  # fmt: skip
    """Run every size, then the size at which the next place stops paying without each limit; return the whole tree.

    Both studies keep what they have done and go on where they stopped.

    Args:
        sized: the scenario at its sizes.
        out: folder; `sizes` and `limits` lie in it.
        workers: threads.
        progress: called with draws done and draws in all, of each study in turn.
        explain: run the second study.

    Returns:
        The tree of `scale_curve`, with `why` as `binding` returns it, or None.
    """
    study = run_scenario(sized.scenario, out / CURVE, workers=workers, progress=progress, lives=False)
    tree = scale_curve(study, sized)
    tree["why"] = None
    if explain:
        places = size_to_explain(tree)
        lifted, pairs = with_limits_lifted(sized, places)
        draws = min(sized.scenario.spec.draws, DRAWS_OF_LIMITS)
        lifted = replace(lifted, spec=lifted.spec.model_copy(update={"draws": draws}))
        why = run_scenario(lifted, out / LIMITS / str(places), workers=workers, progress=progress, lives=False)
        own = next(size for size in tree["sizes"] if size["places"] == places)
        tree["why"] = binding(why, pairs, places, own["filled"]["share_at_most"])
    return tree


def size_to_explain(tree: Tree) -> int:
    """Return the first size beyond the best one; the largest where that is the best, or where no size pays."""
    best = tree["best"]["society"]["places"]
    beyond = [size["places"] for size in tree["sizes"] if size["places"] > best]
    return int(beyond[0]) if best > 0 and beyond else int(tree["sizes"][-1]["places"])
