"""What may be said in the first line: saves, costs, not known, or no difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.analysis.statistics import finite
from trajectsim.analysis.variance import Attribution

__all__ = ["RULE", "assumption_interval", "verdict"]

F64 = npt.NDArray[np.float64]
RULE = {
    "nl": (
        "De richting is niet bekend als een van deze dingen geldt: het 90%-interval over de parametertrekkingen bevat "
        "nul; dat interval bevat nul als alleen de aannames (graad C en D, met wat niet verklaard is) variëren; één "
        "aanname aan het eind van haar bereik keert het teken om; of het gemiddelde ligt binnen twee standaardfouten "
        "van het toeval."
    ),
    "en": (
        "The direction is not known if any of these holds: the 90% interval across parameter draws contains nil; it "
        "contains nil when only the assumptions (grades C and D, with what is not explained) vary; one assumption at "
        "the end of its range turns the sign; or the mean lies within two standard errors of chance."
    ),
}


def assumption_interval(answer: F64, noise: float, attribution: Attribution | None) -> tuple[float, float]:
    """Return the 90% interval of the answer [D] when grades A and B stay at their centre.

    The draws are drawn in towards their mean until their variance is what C, D and the unexplained part hold. Without
    an attribution (too few draws) nothing is taken off.
    """
    centre, total = float(answer.mean()), float(answer.var(ddof=1)) if len(answer) > 1 else 0.0
    if total == 0:
        return centre, centre
    firm = 0.0 if attribution is None else attribution.by_grade["A"] + attribution.by_grade["B"]
    held = max(total - noise, 0.0) * (1.0 - firm)
    scaled = centre + (answer - centre) * np.sqrt(held / total)
    low, high = np.quantile(scaled, [0.05, 0.95])
    return float(low), float(high)


def verdict(values: F64, error: float | None, noise: float, attribution: Attribution | None) -> dict[str, Any]:
    """Return what may be said of a cost difference [D, R] (negative: saves), and why.

    Args:
        values: cost difference per draw and replicate.
        error: Monte Carlo error of the mean.
        noise: variance of the draws' means that comes from replicates.
        attribution: how the parameter variance divides over grades.
    """
    answer = values.mean(axis=1)
    if not np.any(values):
        return {"sign": "no_difference", "reasons": [], "assumptions": None}
    centre = float(answer.mean())
    low, high = np.quantile(answer, [0.05, 0.95])
    assumed = assumption_interval(answer, noise, attribution)
    reasons = []
    if assumed[0] <= 0 <= assumed[1]:
        reasons.append("assumptions")
    turning = [t for t in (attribution.top if attribution else ()) if t["grade"] in "CD" and _turns(centre, t["swing"])]
    if turning:
        reasons.append("single_assumption")
    if low <= 0 <= high and not reasons:
        reasons.append("evidence")
    if error is not None and abs(centre) < 2 * error:
        reasons.append("chance")
    return {
        "sign": "not_known" if reasons else ("saves" if centre < 0 else "costs"),
        "reasons": reasons,
        "assumptions": {"p05": finite(assumed[0]), "p95": finite(assumed[1])},
        "turning": [t["path"] for t in turning],
    }


def _turns(centre: float, swing: list[float]) -> bool:
    return any((centre + s) * centre <= 0 for s in swing)
