"""The same scenario siloed and pooled (ontschot): who decides and pays differs, and nothing else.

*Siloed* is a world without pooled budgets. Pooling has three forms: `pot`, the pooled budget that the world declares;
`desks`, the packaged lever `pooled_budget`: desks that decide sooner, refuse less and pass on less, for everybody in
the arm; and `both`. All arms hold the same youths with the same luck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from trajectsim.config.check_levers import is_idle
from trajectsim.config.scenario import Scenario, packaged_scenario
from trajectsim.config.schema import ArmSpec, Intervention, Text
from trajectsim.errors import UserError, nearest
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["ARM", "DESKS", "FORMS", "SILOED", "Pooling", "pooling", "without_pots"]

SILOED = "siloed"
ARM = "form_{}"
"""Name of the arm of a form: that of no arm of a scenario's own."""
FORMS = ("pot", "desks", "both")
DESKS = "pooled_budget"
"""The packaged intervention whose levers make the desks of the laws quicker."""

_TITLES = {
    SILOED: Text(nl="elke wet zijn eigen loket", en="each law its own desk"),
    "pot": Text(nl="één ontschot budget", en="one pooled budget"),
    "desks": Text(nl="snellere loketten", en="quicker desks"),
    "both": Text(nl="één budget en snellere loketten", en="one budget and quicker desks"),
}


@dataclass(frozen=True)
class Pooling:
    """Two scenarios to run: `siloed` (arms: null alternative, siloed, desks) and `pooled` (null alternative, pot, both;
    None where the world has no pooled budget that the arm opens). `forms` are those that can be told apart, `pots` the
    titles of the pooled budgets, `of_arm` the arm that is siloed and pooled."""

    siloed: Scenario
    pooled: Scenario | None
    forms: tuple[str, ...]
    pots: dict[str, Text]
    of_arm: str


def pooling(scenario: Scenario, arm: str | None = None) -> Pooling:
    """Return a scenario siloed and pooled.

    Args:
        scenario: a loaded scenario with a world.
        arm: the arm to take; the first after the null alternative if left out.

    Raises:
        UserError: no such arm, or a world in which nobody decides and no budget is pooled.
    """
    found = _arm(scenario, arm)
    pots = _pots(scenario, found)
    lever = scenario.interventions.get(DESKS) or _desks(scenario)
    decides = bool(lever.levers)
    if not pots and not decides:
        raise UserError.of(
            "nobody decides in this scenario and no budget is pooled, so there are no silos to take away", key="world",
            cure="name a world with decisions and budgets, for example world: town, and leave both on",
        )  # fmt: skip
    forms = tuple(form for form in FORMS if (form == "desks" or pots) and (form == "pot" or decides))
    own = [name for name in found.interventions if name != DESKS]
    interventions = {**scenario.interventions, **({DESKS: lever} if decides else {})}
    made = partial(_with_arms, scenario, interventions, found, own)
    siloed = without_pots(made((SILOED, *(("desks",) if decides else ()))))
    pooled = made(("pot", *(("both",) if decides else ()))) if pots else None
    return Pooling(siloed, pooled, forms, pots, found.name)


def _desks(scenario: Scenario) -> Intervention:
    """Return the packaged lever on desks, as far as its numbers are there to be moved; without any it has none."""
    lever = packaged_scenario([DESKS]).interventions[DESKS]
    known = {found.path for found in scenario_parameters(scenario)}
    moved = [own for own in lever.levers if own.parameter in known and not is_idle(scenario, own)]
    return lever.model_copy(update={"levers": moved})


def without_pots(scenario: Scenario) -> Scenario:
    """Return a scenario whose world has no pooled budgets."""
    if scenario.world is None:
        return scenario
    mechanisms = {
        key: mechanism.model_copy(
            update={"budgets": {name: item for name, item in mechanism.budgets.items() if not item.pooled}}
        )
        for key, mechanism in scenario.world.mechanisms.items()
    }
    return replace(scenario, world=scenario.world.model_copy(update={"mechanisms": mechanisms}))


def _with_arms(
    scenario: Scenario, interventions: dict[str, Intervention], found: ArmSpec, own: list[str], names: tuple[str, ...]
) -> Scenario:
    arms = [scenario.spec.arms[0]]
    for name in names:
        running = [*own, DESKS] if name in ("desks", "both") else own
        arms.append(ArmSpec(name=ARM.format(name), title=_TITLES[name], interventions=running, set=found.set))
    spec = scenario.spec.model_copy(update={"arms": arms})
    return replace(scenario, spec=spec, interventions=interventions)


def _pots(scenario: Scenario, arm: ArmSpec) -> dict[str, Text]:
    """Return the pooled budgets that are open in an arm, by name."""
    if scenario.world is None:
        return {}
    return {
        name: item.title
        for mechanism in scenario.world.mechanisms.values()
        for name, item in mechanism.budgets.items()
        if item.pooled and (not item.opened_by or any(x in item.opened_by for x in arm.interventions))
    }


def _arm(scenario: Scenario, wanted: str | None) -> ArmSpec:
    later = {arm.name: arm for arm in scenario.spec.arms[1:]}
    if wanted is None and later:
        return next(iter(later.values()))
    if wanted in later:
        return later[str(wanted)]
    what = f"there is no arm '{wanted}' beside the null alternative" if later else "there is one arm only"
    raise UserError.of(what, key="--arm" if later else "arms", near=nearest(wanted or "", later),
                       allowed=", ".join(later) or None)  # fmt: skip
