"""From a scenario to its scaling curve: the sizes run as one study, then one size without each of its limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trajectsim.analysis.binding import binding
from trajectsim.analysis.scaleup import scale_curve
from trajectsim.config.scenario import Scenario, content_hash
from trajectsim.config.sizes import Sized, with_limits_lifted
from trajectsim.study.run import run_scenario

__all__ = ["CURVE", "LIMITS", "run_sizes", "share_of_added_filled", "size_to_explain"]

CURVE, LIMITS = "sizes", "limits"
"""What the folders of the two studies are called, before the beginning of the hash of their content: other sizes into
the same folder never meet."""

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
        out: folder; that of each study lies in it.
        workers: threads.
        progress: called with draws done and draws in all, of each study in turn.
        explain: run the second study.

    Returns:
        The tree of `scale_curve`, with `why` as `binding` returns it, or None.
    """
    study = run_scenario(
        sized.scenario, _folder(out, CURVE, sized.scenario), workers=workers, progress=progress, lives=False
    )
    tree = scale_curve(study, sized)
    tree["why"] = None
    if explain:
        places = size_to_explain(tree)
        lifted, pairs = with_limits_lifted(sized, places)
        draws = min(sized.scenario.spec.draws, DRAWS_OF_LIMITS)
        lifted = replace(lifted, spec=lifted.spec.model_copy(update={"draws": draws}))
        why = run_scenario(lifted, _folder(out, LIMITS, lifted), workers=workers, progress=progress, lives=False)
        tree["why"] = binding(why, pairs, places, share_of_added_filled(tree["sizes"], places))
    return tree


def _folder(out: Path, name: str, scenario: Scenario) -> Path:
    return out / f"{name}-{content_hash(scenario)[:8]}"


def share_of_added_filled(sizes: Sequence[Tree], places: int) -> float | None:
    """Return which part of the places added since the size before is taken at the busiest; None where none is added."""
    before, most = 0, 0.0
    for size in sizes:
        now = size["filled"]["most_at_once"]["mean"]
        if size["places"] == places:
            return (now - most) / (places - before) if places > before else None
        before, most = size["places"], now
    return None


def size_to_explain(tree: Tree) -> int:
    """Return the first size beyond where the next place stops paying; the largest where there is none, or no size
    pays."""
    best = tree["next_place_stops"]
    beyond = [size["places"] for size in tree["sizes"] if size["places"] > best]
    return int(beyond[0]) if best > 0 and beyond else int(tree["sizes"][-1]["places"])
