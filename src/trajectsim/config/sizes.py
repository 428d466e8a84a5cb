"""One scenario with a programme at several sizes: an arm per number of places, over the same youths with the same luck.

What grows along with the places is a lever of the arm (`places_<n>`), so that every drawn number stays drawn, and a
programme of its own file's size is that file's programme to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import ArmSpec, Intervention, Lever, Number, Text, Use
from trajectsim.errors import UserError, nearest
from trajectsim.evidence.parameter import Parameter, Unit
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["BUDGETS", "ENOUGH", "MOST_SIZES", "TEAMS", "Sized", "arm_of_size", "at_sizes", "with_limits_lifted"]

TEAMS = ("along", "whole", "fixed")
"""Posts grow with the places (`along`), rounded up to whole posts (`whole`), or stay those of the file (`fixed`)."""

BUDGETS = ("along", "fixed")
MOST_SIZES = 40
ENOUGH = 1000.0
"""How many times more there is of what is to be no limit."""


@dataclass(frozen=True)
class Sized:
    """A scenario whose arms are sizes of one programme.

    Attributes:
        scenario: with the null alternative first, and an arm per size after it.
        programme: name of the programme. places: the sizes, in order.
        own_places: places in the programme's own file, for which its team and its budget are meant.
        of_arm: the arm of the given scenario that was taken to other sizes.
        team, budget: what grows along (`TEAMS`, `BUDGETS`).
    """

    scenario: Scenario
    programme: str
    places: tuple[int, ...]
    own_places: int
    of_arm: str
    team: str
    budget: str

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, one per size."""
        return tuple(arm_of_size(n) for n in self.places)

    @property
    def youths(self) -> int:
        """How many youths every arm holds."""
        return self.scenario.spec.size or self.scenario.population.size

    def posts(self, places: int) -> dict[str, float]:
        """Return the full-time posts per role at so many places, at central values; empty without a team."""
        item = self.scenario.interventions[self.programme]
        found = _posts(self.scenario, item, places, self.own_places, self.team)
        return {role: new for role, (_, new) in found.items()}


def arm_of_size(places: int) -> str:
    """Return the name of the arm with so many places."""
    return f"places_{places}"


def at_sizes(
    scenario: Scenario,
    places: Sequence[int],
    *,
    arm: str | None = None,
    programme: str | None = None,
    team: str = "along",
    budget: str = "along",
    youths: int | None = None,
) -> Sized:
    """Return a scenario's programme at several sizes.

    Every size holds the same youths: as many as the scenario has times its `scale`, and at least as many as the largest
    size has places. A smaller size has its share of the team of the file; newcomers in a larger team begin at `novice`.

    Args:
        scenario: a loaded scenario with a world.
        places: numbers of places.
        arm: the arm to take to other sizes; the first one with a programme if left out.
        programme: which of its programmes; the first one if left out.
        team, budget: what grows along.
        youths: how many youths, in place of that.

    Raises:
        UserError: no such arm or programme, sizes that are none, or no world in which anything is scarce.
    """
    sizes = _sizes(places)
    _refuse_abundance(scenario)
    found = _arm(scenario, arm)
    name = _programme(scenario, found, programme)
    item = scenario.interventions[name]
    assert item.places is not None
    given = item.places
    own = round(_number(scenario, name, given).value)
    whole = scenario.spec.size or scenario.population.size
    size = youths or max(math.ceil(whole * scenario.spec.scale), *sizes)
    item = _with_experience(item)
    interventions = {**scenario.interventions, name: item}
    grown = replace(scenario, interventions=interventions)
    arms = [scenario.spec.arms[0]]
    for n in sizes:
        path = _path(grown, name, given, "places")
        levers = [
            _lever(path, float(n), "places"),
            *_team_levers(grown, item, n, own, team),
            *_budget_levers(grown, name, n, own, budget),
        ]
        title = Text(nl=f"{n} plekken", en=f"{n} places")
        interventions[arm_of_size(n)] = Intervention(name=arm_of_size(n), title=title, levers=levers)
        arms.append(
            ArmSpec(
                name=arm_of_size(n), title=title, interventions=[*found.interventions, arm_of_size(n)], set=found.set
            )
        )
    spec = scenario.spec.model_copy(update={"arms": arms, "size": size})
    made = replace(scenario, spec=spec, interventions=interventions)
    return Sized(made, name, sizes, own, found.name, team, budget)


def with_limits_lifted(sized: Sized, places: int) -> tuple[Scenario, dict[str, tuple[str, str]]]:
    """Return a scenario in which each thing that may limit one size is let go in turn, and all of them together.

    A limit is let go in both worlds where it concerns both: with more employers there is more work without the
    programme, too.

    Returns:
        The scenario, and per limit the names of its null alternative and of its arm with the programme; `as_it_is` is
        neither.
    """
    scenario, name = sized.scenario, sized.programme
    arm = next(a for a in scenario.spec.arms if a.name == arm_of_size(places))
    null = scenario.spec.arms[0]
    limits = _limits(scenario, name)
    every = [lever for own in limits.values() for lever in own]
    pairs = {"as_it_is": (null.name, arm.name)}
    arms, interventions = [null, arm], dict(scenario.interventions)
    for limit, levers in {**limits, **({"all": every} if len(limits) > 1 else {})}.items():
        lifted = f"enough_{limit}"
        title = Text(nl=f"{limit} genoeg", en=f"enough {limit}")
        interventions[lifted] = Intervention(name=lifted, title=title, levers=levers)
        own = f"{arm.name}_{lifted}"
        arms.append(arm.model_copy(update={"name": own, "title": title, "interventions": [*arm.interventions, lifted]}))
        pairs[limit] = (null.name, own)
        if any(not lever.parameter.startswith(f"interventions.{name}.") for lever in levers):
            beside = f"{null.name}_{lifted}"
            arms.append(
                null.model_copy(
                    update={"name": beside, "title": title, "interventions": [*null.interventions, lifted]}
                )
            )
            pairs[limit] = (beside, own)
    spec = scenario.spec.model_copy(update={"arms": arms})
    return replace(scenario, spec=spec, interventions=interventions), pairs


def _limits(scenario: Scenario, name: str) -> dict[str, list[Lever]]:
    """Return by limit the levers that let it go: coach, selection, money, and places by the kind of who holds them."""
    item, off = scenario.interventions[name], set(scenario.spec.off)
    limits: dict[str, list[Lever]] = {}
    if item.team is not None and "teams" not in off:
        fte = [_path(scenario, name, n, f"team.fte.{role}") for role, n in item.team.fte.items()]
        limits["coaches"] = [_lever(path, ENOUGH) for path in fte]
        limits["coaches"].append(_lever(f"interventions.{name}.team.experience", 1.0, "number"))
    if item.selection is not None and item.selection.suited is not None and "selection" not in off:
        unsuited = item.selection.unsuited
        if not isinstance(unsuited, (int, float)):
            path = _path(scenario, name, unsuited, "selection.unsuited")
            limits["selection"] = [_lever(path, 1.0, _number(scenario, name, unsuited).unit)]
    assert scenario.world is not None
    for key, mechanism in scenario.world.mechanisms.items():
        for provision, places in mechanism.places.items():
            here = f"world.mechanisms.{key}.places.{provision}"
            own = limits.setdefault(places.kind if places.kind != "other" else "places", [])
            for field, number in (("capacity", places.capacity), ("tolerance", places.tolerance)):
                if number is not None:
                    own.append(_lever(_world_path(number, f"{here}.{field}"), ENOUGH))
        caps = {b: budget.cap for b, budget in mechanism.budgets.items() if budget.cap is not None}
        for budget, cap in caps.items():
            path = _world_path(cap, f"world.mechanisms.{key}.budgets.{budget}.cap")
            limits.setdefault("money", []).append(_lever(path, ENOUGH))
    return {limit: list({lever.parameter: lever for lever in levers}.values()) for limit, levers in limits.items()}


# --- what is asked for ------------------------------------------------------------------------------------------------


def _sizes(places: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(sorted(set(places)))
    if not sizes or sizes[0] < 0 or sizes[-1] == 0:
        raise UserError.of(
            "no size of a programme is given", key="--places", allowed="numbers of places from 0",
            cure="write --places 5,10,20,40",
        )  # fmt: skip
    if len(sizes) > MOST_SIZES:
        raise UserError.of(f"{len(sizes)} sizes are too many", key="--places", allowed=f"at most {MOST_SIZES}")
    return sizes


def _refuse_abundance(scenario: Scenario) -> None:
    if scenario.world is None and not scenario.switches:
        raise UserError.of(
            "the scenario names no world, so nothing is scarce and every place is worth the same", key="world",
            cure="name one, for example world: town",
        )  # fmt: skip
    if scenario.world is None or "programme_places" in scenario.spec.off:
        raise UserError.of(
            "the programme's places are switched off in this world, so its size changes nothing", key="off",
            cure="take programme_places out of `off`",
        )  # fmt: skip


def _arm(scenario: Scenario, wanted: str | None) -> ArmSpec:
    later = scenario.spec.arms[1:]
    if wanted is not None:
        for arm in later:
            if arm.name == wanted:
                return arm
        names = [arm.name for arm in later]
        near = nearest(wanted, names)
        raise UserError.of(f"there is no arm '{wanted}' beside the null alternative", key="--arm", near=near,
                           allowed=", ".join(names) or None)  # fmt: skip
    for arm in later:
        if any(scenario.interventions[name].is_programme for name in arm.interventions):
            return arm
    raise UserError.of(
        "no arm has a programme with places, so there is nothing to scale up", key="arms",
        cure="name an intervention with places, for example supported_job",
    )  # fmt: skip


def _programme(scenario: Scenario, arm: ArmSpec, wanted: str | None) -> str:
    own = [name for name in arm.interventions if scenario.interventions[name].is_programme]
    if wanted is None and own:
        return own[0]
    if wanted in own:
        return str(wanted)
    what = f"'{wanted}' is no programme of arm '{arm.name}'" if own else f"arm '{arm.name}' has no programme"
    raise UserError.of(what, key="--programme", near=nearest(wanted or "", own), allowed=", ".join(own) or None)


# --- what grows along -------------------------------------------------------------------------------------------------


def _number(scenario: Scenario, name: str, number: Number) -> Parameter:
    """Return a number of an intervention, a reference followed."""
    if isinstance(number, Parameter):
        return number
    own = scenario.interventions[name].parameters.get(number.use)
    return own if own is not None else scenario.model.parameters[number.use]


def _path(scenario: Scenario, name: str, number: Number, field: str) -> str:
    """Return the path of a number of an intervention; that of a shared number where it is a reference."""
    if not isinstance(number, Use):
        return f"interventions.{name}.{field}"
    inside = number.use in scenario.interventions[name].parameters
    return f"interventions.{name}.parameters.{number.use}" if inside else f"model.parameters.{number.use}"


def _world_path(number: Number, path: str) -> str:
    return f"model.parameters.{number.use}" if isinstance(number, Use) else path


def _lever(path: str, value: float, unit: Unit | None = None) -> Lever:
    """Return a lever that multiplies a number, or with a `unit` takes its place."""
    given = Parameter(
        value=value, unit=unit or "ratio", source="assumption", locator="size of the programme, as asked for", grade="D"
    )
    return Lever(parameter=path, ratio=given) if unit is None else Lever(parameter=path, value=given)


def _team_levers(scenario: Scenario, item: Intervention, n: int, own: int, team: str) -> list[Lever]:
    """Return what hires (or gives up) posts along with the places; nothing where the size is the file's own."""
    if item.team is None or "teams" in scenario.spec.off:
        return []
    found = _posts(scenario, item, n, own, team)
    levers = []
    for role, (old, new) in found.items():
        if new != old:
            path = _path(scenario, item.name, item.team.fte[role], f"team.fte.{role}")
            levers.append(_lever(path, new / old))
    before, after = (sum(pair[k] for pair in found.values()) for k in (0, 1))
    if after > before:
        known, new_one = _plain(scenario, item, "experience"), _plain(scenario, item, "novice")
        share = before / after
        path = f"interventions.{item.name}.team.experience"
        levers.append(_lever(path, share * known + (1 - share) * min(new_one, known), "number"))
    return levers


def _posts(scenario: Scenario, item: Intervention, n: int, own: int, team: str) -> dict[str, tuple[float, float]]:
    """Return by role the posts in the file and those at n places."""
    found = {}
    for role, number in ({} if item.team is None else item.team.fte).items():
        posts = _number(scenario, item.name, number).value
        new = posts if team == "fixed" or own <= 0 else posts * n / own
        if team == "whole" and posts > 0:
            new = float(math.ceil(new - 1e-9))
        found[role] = (posts, new)
    return found


def _plain(scenario: Scenario, item: Intervention, field: str) -> float:
    number = getattr(item.team, field)
    return float(number) if isinstance(number, (int, float)) else _number(scenario, item.name, number).value


def _with_experience(item: Intervention) -> Intervention:
    """Return an intervention whose team's experience is a parameter, so that an arm may have another one."""
    if item.team is None or not isinstance(item.team.experience, (int, float)):
        return item
    number = Parameter(
        value=float(item.team.experience), unit="number", source="assumption",
        locator="experience of the team at the start, as its file has it", grade="D",
    )  # fmt: skip
    return item.model_copy(update={"team": item.team.model_copy(update={"experience": number})})


def _budget_levers(scenario: Scenario, name: str, n: int, own: int, budget: str) -> list[Lever]:
    """Return what lets pooled budgets that the programme opens grow with the places: as much per place as in the file.

    The world's `scale` has multiplied them already.
    """
    assert scenario.world is not None
    ratio = n / own / scenario.spec.scale if own > 0 else 1.0
    if budget == "fixed" or ratio == 1.0:
        return []
    known = {found.path for found in scenario_parameters(scenario)}
    levers = []
    for key, mechanism in scenario.world.mechanisms.items():
        for pot, item in mechanism.budgets.items():
            if item.pooled and item.cap is not None and name in item.opened_by:
                path = _world_path(item.cap, f"world.mechanisms.{key}.budgets.{pot}.cap")
                levers += [_lever(path, ratio)] if path in known else []
    return levers
