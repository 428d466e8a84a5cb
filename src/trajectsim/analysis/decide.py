"""The decision on a study: what to choose, how sure that is, what knowing more is worth, and what to find out first.

This is the one place where the plain functions of the decision analysis meet a results folder. Amounts are euros per
youth at present value. Luck of replicates is taken out of the spread of draws (`noise.py`) for chances, expected loss,
EVPI and EVSI; EVPPI, the tornado and the shares by grade are regressions, in which it averages out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from trajectsim.analysis.agenda import CONDITIONAL, groups_of, research_agenda
from trajectsim.analysis.decision import (
    TIES,
    Estimate,
    Options,
    acceptability,
    acceptability_curve,
    break_even_chances,
    evpi,
    expected_loss,
    net_benefit,
    plane,
    preferred,
)
from trajectsim.analysis.dominance import mean_table
from trajectsim.analysis.evppi import FEWEST_DRAWS, METHOD, discovered, evppi_of_groups, evppi_singly
from trajectsim.analysis.evsi import SIZES, evsi_by_moments, sampling_benefit
from trajectsim.analysis.grades import shares_by_grade
from trajectsim.analysis.noise import without_noise
from trajectsim.analysis.outcomes import outcome_arrays, outcomes_of
from trajectsim.analysis.regret import Robust, robust_choice
from trajectsim.analysis.statistics import QUANTILES, Resampler, finite
from trajectsim.analysis.tables import Costs, Design, Study, cost_arrays, design_of
from trajectsim.analysis.tornado import tornado_of_draws
from trajectsim.analysis.variance import GRADES, attribute, grade_of, split
from trajectsim.analysis.verdict import RULE, verdict
from trajectsim.errors import UserError, nearest

__all__ = ["LIFE_YEARS", "NOISE", "decision_summary", "expected_benefit", "robust_over"]

F64 = npt.NDArray[np.float64]
Tree = dict[str, Any]
LIFE_YEARS = "life_years"
INTANGIBLE, MUNICIPALITY = "quality_of_life", "municipality"
SHOWN, POINTS, STEPS = 12, 1000, 40
NOISE = {
    "nl": (
        "Het toeval van een eindig aantal herhalingen is uit de spreiding van de trekkingen gehaald: zij zijn naar hun "
        "midden getrokken tot hun variantie die van de parameters alleen is. EVPPI, tornado en aandelen per graad zijn "
        "regressies op de parameters, waarin dat toeval uitmiddelt."
    ),
    "en": (
        "The luck of a limited number of replicates is out of the spread of the draws: they are drawn in towards their "
        "mean until their variance is that of the parameters alone. EVPPI, tornado and shares by grade are regressions "
        "on the parameters, in which that luck averages out."
    ),
}


@dataclass(frozen=True)
class _Matter:
    """What is decided on: costs and effects per arm, draw and replicate [A, D, R], per youth."""

    costs: F64
    effects: F64
    effect: Tree | None
    threshold: float

    def benefit(self) -> F64:
        """Net benefit [D, R, A]."""
        return np.moveaxis(self.effects * self.threshold - self.costs, 0, -1)


def decision_summary(
    study: Study,
    effect: str | None = None,
    threshold: float | None = None,
    perspective: str = "society",
    youths: float | None = None,
    sizes: Sequence[int] = SIZES,
    study_cost: tuple[float, float] | None = None,
) -> Tree:
    """Return the decision analysis of a study as a tree that is strict JSON.

    Args:
        study: an opened results store.
        effect: what counts beside money: `life_years` (quality-adjusted, at present value) or an outcome of the study
            of which it is known which way is good; only money counts when left out.
        threshold: euros that one unit of the effect is worth; for `life_years` the price book's value when left out.
        perspective: society, society_without_intangibles, municipality, or one payer. Beside an effect society's costs
            are without intangibles, which would count it twice.
        youths: for how many youths the decision is taken; those of the study when left out.
        sizes: youths per arm of the follow-ups that are valued.
        study_cost: what a follow-up costs: euros to begin, and per youth in each arm; without it no net benefit of
            sampling is shown.

    Raises:
        UserError: nothing is finished, one arm only, an effect, perspective or threshold that cannot be used.
    """
    design, costs = _opened(study)
    matter = _matter(study, design, costs, effect, threshold, perspective)
    count = float(design.youths if youths is None else youths)
    if not 0 < count < np.inf:
        raise UserError.of(f"{count:g} youths decide nothing", key="youths", allowed="more than 0")
    shared = bool(study.manifest["scenario"].get("share_luck_across_draws", False))
    parameters, records = _parameters(study, design), study.manifest["parameters"]
    choice = _choice(design, matter, shared)
    benefit = net_benefit(choice, matter.threshold)
    raw = matter.benefit()
    means = raw.mean(axis=1)
    enough = len(design.draws) >= FEWEST_DRAWS and parameters.shape[1] > 0
    grades = {path: str(record.get("grade", "D")) for path, record in records.items()}
    worth = evpi(benefit)
    groups = groups_of([str(c) for c in parameters.columns], records, _joined(study))
    singles = _worth(means, parameters, groups) if enough else None
    one_youth = raw.var(axis=1, ddof=1).mean(axis=0) * design.youths if len(design.replicates) > 1 else None
    against = {
        arm: _against(raw, a, parameters, grades, study, design, shared, enough)
        for a, arm in enumerate(design.arms) if a
    }  # fmt: skip
    best = design.arms[preferred(means)]
    return {
        "unit": "EUR per youth, present value over the whole period",
        "perspective": _perspective(perspective, effect), "effect": matter.effect,
        "threshold": finite(matter.threshold) if matter.effect else None,
        "youths": count, "draws": len(design.draws), "replicates": len(design.replicates),
        "options": [{"name": arm, "title": study.manifest["titles"].get(f"arm.{arm}")} for arm in design.arms],
        "preferred": best, "known": all(a["verdict"]["sign"] != "not_known" for a in against.values()),
        "against": against,
        "net_benefit": {arm: _numbers(means[:, a]) for a, arm in enumerate(design.arms)},
        "probability_best": _by_name(choice, acceptability(benefit)),
        "expected_loss": _by_name(choice, expected_loss(benefit)),
        "incremental": _rows(mean_table(_as_run(design, matter))) if matter.effect else [],
        "plane": _rows(plane(choice).query("draw < @POINTS")) if matter.effect else [],
        "acceptability": _curve(choice, matter),
        "break_even": {arm: _break_even(costs, a, shared) for a, arm in enumerate(design.arms) if a},
        "evpi": {**_estimate(worth), "in_all": finite(worth.value * count), "with_luck": finite(evpi(means).value)},
        "evppi": None if singles is None else _by_parameter(singles.head(SHOWN)),
        "evppi_by_grade": _worth_by_grade(means, parameters, grades) if enough else None,
        "evsi": None if one_youth is None else _evsi(benefit, one_youth, sizes, count, study_cost),
        "agenda": None if singles is None else research_agenda(singles, groups, records, youths=count),
        "enough_draws": enough, "fewest_draws": FEWEST_DRAWS, "method": METHOD,
        "statements": {"conditional": CONDITIONAL, "ties": TIES, "noise": NOISE, "sign": RULE},
    }  # fmt: skip


def expected_benefit(
    study: Study, effect: str | None = None, threshold: float | None = None, perspective: str = "society"
) -> dict[str, float]:
    """Return the expected net benefit of each option of a study in euros per youth; arguments as `decision_summary`."""
    design, costs = _opened(study)
    matter = _matter(study, design, costs, effect, threshold, perspective)
    means = matter.benefit().mean(axis=(0, 1))
    return {arm: float(means[a]) for a, arm in enumerate(design.arms)}


def robust_over(
    studies: Mapping[str, Study], effect: str | None = None, threshold: float | None = None,
    perspective: str = "society",
) -> Robust:  # fmt: skip
    """Return the choice of least regret over studies that differ in their switches, by a name for each structure.

    Raises:
        UserError: the studies do not have the same arms.
    """
    values = {name: expected_benefit(study, effect, threshold, perspective) for name, study in studies.items()}
    arms = [tuple(v) for v in values.values()]
    if len(set(arms)) > 1:
        raise UserError.of(
            "the studies do not have the same arms: "
            + "; ".join(f"{name}: {', '.join(own)}" for name, own in zip(values, arms, strict=True)),
            cure="run the same scenario with other switches",
        )
    return robust_choice(values)


def _opened(study: Study) -> tuple[Design, Costs]:
    design = design_of(study)
    if len(design.arms) < 2:
        raise UserError.of("this study has one arm, so there is nothing to choose", cure="give it a second arm")
    costs = cost_arrays(study, design)
    if not costs.rows:
        raise UserError.of("this study has no prices", cure="name a price book in the scenario: prices: nl_2024")
    return design, costs


# --- what is decided on -----------------------------------------------------------------------------------------------


def _perspective(perspective: str, effect: str | None) -> str:
    return "society_without_intangibles" if perspective == "society" and effect else perspective


def _weights(costs: Costs, perspective: str) -> F64:
    """Return which cost rows [W] a perspective counts."""
    known = ("society", "society_without_intangibles", MUNICIPALITY, *costs.payers)
    if perspective not in known:
        raise UserError.of(
            f"there is no perspective '{perspective}'", near=nearest(perspective, known), allowed=", ".join(known)
        )
    if perspective == "society":
        return np.ones(len(costs.rows))
    tests: dict[str, Callable[[Mapping[str, Any]], bool]] = {
        "society_without_intangibles": lambda row: row["category"] != INTANGIBLE,
        MUNICIPALITY: lambda row: str(row["payer"]).startswith(MUNICIPALITY + "_"),
    }
    if perspective in tests:
        return np.array([float(tests[perspective](row)) for row in costs.rows])
    return np.array([float(row["payer"] == perspective) for row in costs.rows])


def _matter(
    study: Study, design: Design, costs: Costs, effect: str | None, threshold: float | None, perspective: str
) -> _Matter:
    money = costs.by_row @ _weights(costs, _perspective(perspective, effect)) * costs.scale
    if threshold is not None and not (np.isfinite(threshold) and threshold >= 0):
        raise UserError.of(f"{threshold:g} euros is no threshold", key="threshold", allowed="0 or more")
    if effect is None:
        if threshold is not None:
            raise UserError.of(
                "a threshold needs an effect that it is the worth of", key="threshold",
                cure=f"name one: {LIFE_YEARS}, or an outcome",
            )  # fmt: skip
        return _Matter(money, np.zeros_like(money), None, 0.0)
    if effect == LIFE_YEARS:
        years, worth = _life_years(study, design, costs)
        named = {"name": effect, "title": _LIFE, "unit": _LIFE_UNIT}
        return _Matter(money, years, named, worth if threshold is None else threshold)
    known = outcomes_of(study.manifest)
    useful = [name for name, outcome in known.items() if outcome.good != "none"]
    if effect not in known or known[effect].good == "none":
        what = "of which way is good is not known" if effect in known else "that is not there"
        raise UserError.of(
            f"the effect '{effect}' is one {what}", near=nearest(effect, [LIFE_YEARS, *useful]),
            allowed=", ".join([LIFE_YEARS, *useful]),
        )  # fmt: skip
    if threshold is None:
        raise UserError.of(
            f"nothing says what '{effect}' is worth", key="threshold", cure="give the euros that one unit is worth"
        )
    outcome = known[effect]
    found = outcome_arrays(study, design, {effect: outcome})
    if effect not in found:
        raise UserError.of(f"the model has no state or event of the effect '{effect}'", allowed=LIFE_YEARS)
    total = found[effect] * (design.lived if outcome.per == "year" else 1)
    title = outcome.title.model_dump()
    if outcome.good == "down":
        title = {"nl": f"minder: {title['nl']}", "en": f"less: {title['en']}"}
    monthly = bool(outcome.states)
    named = {"name": effect, "title": title, "unit": _MONTHS if monthly else _TIMES}
    return _Matter(money, total if outcome.good == "up" else -total, named, float(threshold))


_LIFE = {"nl": "levensjaren in goede gezondheid (QALY)", "en": "quality-adjusted life years (QALY)"}
_LIFE_UNIT = {"nl": "QALY per jongere, contant", "en": "QALY per youth, at present value"}
_MONTHS = {"nl": "maanden per jongere, hele periode", "en": "months per youth, whole period"}
_TIMES = {"nl": "keer per jongere, hele periode", "en": "times per youth, whole period"}


def _life_years(study: Study, design: Design, costs: Costs) -> tuple[F64, float]:
    """Return quality-adjusted life years [A, D, R] from their priced amounts, and what one is worth at the centre."""
    rows = [i for i, row in enumerate(costs.rows) if row["category"] == INTANGIBLE]
    paths = {str(costs.rows[i].get("path")) for i in rows}
    records = study.manifest["parameters"]
    if len(paths) != 1 or (path := paths.pop()) not in records:
        raise UserError.of(
            "the price book of this study gives quality of life no single value per year", key="effect",
            cure="choose another effect",
        )  # fmt: skip
    frame = study.table("parameters")
    drawn = frame[frame["path"].astype(str) == path].set_index("draw")["value"].reindex(list(design.draws))
    price = drawn.fillna(float(records[path]["value"])).to_numpy(dtype=np.float64)
    years = -costs.by_row[..., rows].sum(axis=-1) * costs.scale / price[None, :, None]
    return years, float(records[path]["value"])


def _choice(design: Design, matter: _Matter, shared: bool) -> Options:
    """Return costs and effects per draw against the first arm, noise of replicates out."""
    gaps = np.concatenate([matter.costs[1:] - matter.costs[:1], matter.effects[1:] - matter.effects[:1]])
    drawn = without_noise(np.moveaxis(gaps, 0, -1), shared)
    nil, n = np.zeros((len(drawn), 1)), len(design.arms) - 1
    return Options(design.arms, np.hstack([nil, drawn[:, :n]]), np.hstack([nil, drawn[:, n:]]))


def _as_run(design: Design, matter: _Matter) -> Options:
    return Options(design.arms, matter.costs.mean(axis=2).T, matter.effects.mean(axis=2).T)


def _parameters(study: Study, design: Design) -> pd.DataFrame:
    """Return the draws of the parameters that vary [D, P]."""
    frame = study.table("parameters")
    frame = frame[frame["draw"].isin(design.draws)]
    wide = frame.assign(path=frame["path"].astype(str)).pivot(index="draw", columns="path", values="value")
    wide = wide.reindex(list(design.draws)).astype(np.float64)
    spread = wide.max(axis=0) - wide.min(axis=0)
    return pd.DataFrame(wide.loc[:, wide.notna().all(axis=0) & (spread > 1e-12 * (1.0 + wide.abs().max(axis=0)))])


def _joined(study: Study) -> list[list[str]]:
    """Return the parameters that the model draws together."""
    model = (study.manifest.get("resolved") or {}).get("model") or {}
    return [list(item["members"]) for kind in ("correlated", "posteriors") for item in model.get(kind) or []]


# --- what follows -----------------------------------------------------------------------------------------------------


def _against(
    raw: F64, arm: int, parameters: pd.DataFrame, grades: Mapping[str, str], study: Study, design: Design, shared: bool,
    enough: bool,
) -> Tree:  # fmt: skip
    """Return one arm minus the null alternative: the answer, its direction, and what it rests on."""
    gain = raw[..., arm] - raw[..., 0]
    chance, variance = split(gain)
    names = [str(c) for c in parameters.columns]
    found = attribute(-gain.mean(axis=1), parameters.to_numpy(), names, grades, variance)
    resampler = Resampler.of(int(study.manifest["seed"]), len(design.draws), len(design.replicates), shared)
    noise = chance / gain.shape[1]
    mean = gain.mean(axis=1)
    return {
        "gain": _numbers(mean),
        "verdict": verdict(-gain, finite(resampler.error_of_mean(gain)), noise, found),
        "by_grade": shares_by_grade(mean, parameters, grades, variance) if enough else None,
        "tornado": _by_parameter(tornado_of_draws(mean, parameters).head(SHOWN)) if enough else None,
    }


def _worth(means: F64, parameters: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return EVPPI per group of parameters that are found out together, most of them a single parameter."""
    alone = [members[0] for members in groups.values() if len(members) == 1]
    parts = [evppi_singly(means, parameters[alone])] if alone else []
    several = {name: members for name, members in groups.items() if len(members) > 1}
    if several:
        parts.append(evppi_of_groups(means, parameters, several))
    whole = pd.concat(parts)
    whole["clear"] = discovered(whole["p"].to_numpy(dtype=np.float64))
    return whole.sort_values(["evppi", "share"], ascending=False, kind="stable")


def _worth_by_grade(means: F64, parameters: pd.DataFrame, grades: Mapping[str, str]) -> Tree:
    groups = {g: [str(c) for c in parameters.columns if grade_of(str(c), grades) == g] for g in GRADES}
    groups["assumed"] = groups["C"] + groups["D"]
    found = evppi_of_groups(means, parameters, {g: m for g, m in groups.items() if m})
    return {
        g: {"parameters": len(groups[g]), "evppi": finite(row["evppi"]), "error": finite(row["error"])}
        for g, row in ((str(name), row) for name, row in found.iterrows())
    }


def _break_even(costs: Costs, arm: int, shared: bool) -> Tree:
    """Return per perspective and payer the probability that costs are earned back within the years simulated."""
    gap = costs.by_row[arm] - costs.by_row[0]
    out: Tree = {}
    for who in ("society", "society_without_intangibles", MUNICIPALITY, *costs.payers):
        values = gap @ _weights(costs, who) * costs.scale
        if not values.any():
            out[who] = None
            continue
        net = without_noise(values[..., None], shared)
        out[who] = finite(break_even_chances(net)["0"])
    return out


def _evsi(
    benefit: F64, one_youth: F64, sizes: Sequence[int], youths: float, cost: tuple[float, float] | None
) -> list[Tree]:
    fixed, per_youth = cost or (0.0, 0.0)
    arms = benefit.shape[1]

    def worth(n: int) -> Estimate:
        return evsi_by_moments(benefit, one_youth, n)

    table = sampling_benefit(worth, sizes, youths, fixed, per_youth * arms)
    return _rows(table if cost is not None else table[["n", "evsi", "error", "worth"]])


def _curve(choice: Options, matter: _Matter) -> list[Tree]:
    """Return CEAC and CEAF over thresholds from nil to twice what one unit is worth."""
    if matter.effect is None:
        return []
    top = 2 * matter.threshold
    if not top > 0:
        top = 100_000.0
    return _rows(acceptability_curve(choice, [float(t) for t in np.linspace(0.0, top, STEPS + 1)]))


def _numbers(values: F64) -> Tree:
    out = {"mean": finite(values.mean()), "sd": finite(values.std(ddof=1)) if len(values) > 1 else None}
    return out | {key: finite(np.quantile(values, q)) for key, q in QUANTILES.items()}


def _by_name(choice: Options, values: F64) -> Tree:
    return {name: finite(v) for name, v in zip(choice.names, values, strict=True)}


def _estimate(found: Estimate) -> Tree:
    return {"value": finite(found.value), "error": finite(found.error)}


def _by_parameter(table: pd.DataFrame) -> list[Tree]:
    return _rows(table.rename_axis("path").reset_index())


def _rows(table: pd.DataFrame) -> list[Tree]:
    """Return a table as strict JSON: one record per row, what is undefined is null."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    return finite(value) if isinstance(value, (float, np.floating)) else value
