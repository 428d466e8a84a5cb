"""Checks of the world around the youths: provisions, places, decisions, budgets, friends, households and teams."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trajectsim.config.names import CHANCES, DRIFTS, RATES, TIMES, Names
from trajectsim.config.overlay import EVENTS
from trajectsim.config.reader import Loc
from trajectsim.config.schema import Intervention, Number
from trajectsim.config.world import Budget, Decision, Households, Network, Places, Provision, WorldSpec
from trajectsim.errors import nearest

__all__ = ["check_delivery", "check_world"]

PART = "world"
MOST_PROVISIONS = 64
"""Provisions that the engine tells apart: an event is an incident of each, one bit a provision."""

MOST_FRIENDS = 255
"""Friends that the engine can give each youth."""

MOST_BUDGETS = 31
"""Budgets that the engine tells apart: a request notes in five bits which of them pays."""

_PLACES = ("places", "count", "number")
_RATIOS = ("ratio", "number", *CHANCES)
_MONEY = {"tariff": ("EUR/month", "EUR/year", "EUR/week", "EUR/day"), "cap": ("EUR/year", "EUR")}


def check_world(names: Names, world: WorldSpec) -> None:
    """Check everything that a world says about the model it lies around."""
    for name, law in world.laws.items():
        names.condition(PART, ("laws", name, "when"), law.when)
    shared = len(world.provisions) + len(names.scenario.interventions)
    if shared > MOST_PROVISIONS:
        what = f"there are {shared} provisions and programmes together"
        names.wrong(PART, ("provisions",), what, allowed=f"up to {MOST_PROVISIONS}", cure="join some of them")
    budgets = [(name, key) for name, mechanism in world.mechanisms.items() for key in mechanism.budgets]
    if len(budgets) > MOST_BUDGETS:
        name, key = budgets[MOST_BUDGETS]
        what = f"there are {len(budgets)} budgets"
        names.wrong(
            PART, ("mechanisms", name, "budgets", key), what, allowed=f"up to {MOST_BUDGETS}", cure="join some of them"
        )
    taken: dict[str, str] = {}
    for name, provision in world.provisions.items():
        _provision(names, world, name, provision, taken)
    for name, mechanism in world.mechanisms.items():
        here: Loc = ("mechanisms", name)
        for key, places in mechanism.places.items():
            if _is_provision(names, world, (*here, "places", key), key):
                _places(names, places, (*here, "places", key))
        for key, decision in mechanism.decisions.items():
            if _is_provision(names, world, (*here, "decisions", key), key):
                _decision(names, decision, (*here, "decisions", key))
        for key, budget in mechanism.budgets.items():
            _budget(names, world, budget, (*here, "budgets", key))
        if mechanism.network is not None:
            _network(names, mechanism.network, (*here, "network"))
        if mechanism.households is not None:
            _households(names, mechanism.households, (*here, "households"))
        if mechanism.cycle is not None:
            for key, number, units in (
                ("amplitude", mechanism.cycle.amplitude, ("number", "ratio")),
                ("period", mechanism.cycle.period, TIMES),
                ("phase", mechanism.cycle.phase, TIMES),
            ):
                _number(names, (*here, "cycle", key), number, units, "a business cycle")
    _only_once(names, world)


def _only_once(names: Names, world: WorldSpec) -> None:
    """Refuse two rules about one thing, which would each claim to be the rule."""
    seen: dict[str, str] = {}
    for name, mechanism in world.mechanisms.items():
        here: Loc = ("mechanisms", name)
        found: list[tuple[str, Loc]] = [(f"the places of '{key}'", (*here, "places", key)) for key in mechanism.places]
        found += [(f"the decision on '{key}'", (*here, "decisions", key)) for key in mechanism.decisions]
        for kind, what in (("network", "a network"), ("households", "households"), ("cycle", "a business cycle")):
            found += [(what, (*here, kind))] if getattr(mechanism, kind) is not None else []
        for key, budget in mechanism.budgets.items():
            laws = enumerate(budget.laws)
            found += [(f"the budget of '{law}'", (*here, "budgets", key, "laws", n)) for n, law in laws]
        for thing, loc in found:
            if thing in seen:
                what = f"{thing} stands here for the second time (first in the mechanism '{seen[thing]}')"
                names.wrong(PART, loc, what, cure="keep one of the two")
            seen.setdefault(thing, name)


def _is_provision(names: Names, world: WorldSpec, loc: Loc, name: str) -> bool:
    return names.known(PART, loc, name, world.provisions, "provision")


def _provision(names: Names, world: WorldSpec, name: str, provision: Provision, taken: dict[str, str]) -> None:
    here: Loc = ("provisions", name)
    if name in names.scenario.interventions:
        what = f"'{name}' is also an intervention, whose places are a provision of that name"
        names.wrong(PART, here, what, cure="choose another name")
    domains = set()
    for n, state in enumerate(provision.states):
        loc: Loc = (*here, "states", n)
        if not names.state(PART, loc, state):
            continue
        domains.add(state.partition(".")[0])
        if state in taken:
            what = f"'{state}' belongs to the provision '{taken[state]}' already"
            names.wrong(PART, loc, what, cure="leave it out of one of the two")
        taken[state] = name
    if len(domains) > 1:
        what = f"the states of a provision belong to one domain, not to {' and '.join(sorted(domains))}"
        names.wrong(PART, (*here, "states"), what, cure="make a provision of each")
    spans: list[tuple[str, float, float]] = []
    for n, span in enumerate(provision.laws):
        loc = (*here, "laws", n)
        names.known(PART, (*loc, "law"), span.law, world.laws, "law")
        names.span(PART, (*loc, "age"), span.age)
        low = float("-inf") if span.age.from_ is None else span.age.from_
        high = float("inf") if span.age.to is None else span.age.to
        for other, a, b in spans:
            if low < b and a < high:
                what = f"the ages under '{span.law}' and under '{other}' overlap"
                names.wrong(PART, (*loc, "age"), what, cure="let one end where the other begins")
        spans.append((span.law, low, high))


def _number(names: Names, loc: Loc, number: Number | float | None, units: tuple[str, ...] | None, what: str) -> None:
    """Check a number, and that neither it nor the low end of its range is negative."""
    names.number(PART, loc, number, units, what)
    names.not_negative(PART, loc, number, what)


def _latents(names: Names, loc: Loc, numbers: Mapping[str, Number], units: tuple[str, ...], what: str) -> None:
    for latent, number in numbers.items():
        names.known(PART, (*loc, latent), latent, names.latents, "latent")
        names.number(PART, (*loc, latent), number, units, what)


def _places(names: Names, places: Places, loc: Loc) -> None:
    _number(names, (*loc, "capacity"), places.capacity, _PLACES, "a number of places")
    if not isinstance(places.units, int):
        _number(names, (*loc, "units"), places.units, ("count", "number"), "a number of units")
    units = names.value(PART, places.units)
    if units is not None and units < 1:
        names.wrong(PART, (*loc, "units"), f"{units:g} units hold no places", allowed="1 or more")
    if places.outside is not None:
        arrivals = (*RATES, "persons/year")
        _number(names, (*loc, "outside", "arrivals"), places.outside.arrivals, arrivals, "a number of others who ask")
        _number(names, (*loc, "outside", "stay"), places.outside.stay, TIMES, "a stay")
        _positive(names, (*loc, "outside", "stay"), places.outside.stay)
    _number(names, (*loc, "patience"), places.patience, TIMES, "a time of waiting")
    _positive(names, (*loc, "patience"), places.patience)
    _latents(names, (*loc, "need"), places.need, ("number", "ratio"), "a weight of need")
    _latents(names, (*loc, "waiting"), places.waiting, DRIFTS, "a drift")
    _number(names, (*loc, "all_year"), places.all_year, CHANCES, "a share of units")
    _number(names, (*loc, "tolerance"), places.tolerance, ("count", "number"), "a number of incidents")
    _number(names, (*loc, "recovery"), places.recovery, (*RATES, *CHANCES), "a share forgotten per month")
    _number(names, (*loc, "failure_weight"), places.failure_weight, ("count", "number", "ratio"), "a weight")
    for n, event in enumerate(places.incidents):
        _event(names, (*loc, "incidents", n), event)
    for n, path in enumerate(places.failures):
        names.known(PART, (*loc, "failures", n), path, names.exits, "exit")
    total = 0.0
    for name, sector in places.sectors.items():
        here: Loc = (*loc, "sectors", name)
        _number(names, (*here, "share"), sector.share, CHANCES, "a share of units")
        _number(names, (*here, "places"), sector.places, _RATIOS, "places relative to the mean")
        total += names.value(PART, sector.share) or 0.0
    if places.sectors and abs(total - 1) > 1e-6:
        what = f"the shares of the sectors add up to {total:g}"
        names.wrong(PART, (*loc, "sectors"), what, allowed="1 in all", cure="let them add up to 1")
    names.number(PART, (*loc, "cycle"), places.cycle, ("number", "ratio", *CHANCES), "an effect of the cycle on places")


def _event(names: Names, loc: Loc, event: str) -> None:
    """Check an event that others notice; what becomes of a request is told to nobody but who asked."""
    if event in EVENTS:
        what = f"'{event}' is an answer to a request, which nobody else notices"
        names.wrong(PART, loc, what, cure="name an event of an exit, or of what follows from one")
    else:
        names.known(PART, loc, event, names.events, "event")


def _positive(names: Names, loc: Loc, number: Number | None) -> None:
    value = names.value(PART, number)
    if value is not None and value <= 0:
        names.wrong(PART, loc, f"a mean time of {value:g} is no time", allowed="more than 0")


def _decision(names: Names, decision: Decision, loc: Loc) -> None:
    _number(names, (*loc, "months"), decision.months, TIMES, "a time to decide")
    for key in ("refused", "passed_on"):
        _number(names, (*loc, key), getattr(decision, key), CHANCES, "a chance")
    for key in ("on_refused", "on_passed_on"):
        shifts = getattr(decision, key).shift
        _latents(names, (*loc, key, "shift"), shifts, ("latent",), "a jump of a latent")
    chance = names.value(PART, decision.passed_on)
    if chance is not None and chance >= 1:
        what = "a request that is always passed on is never decided"
        names.wrong(PART, (*loc, "passed_on"), what, allowed="below 1")


def _budget(names: Names, world: WorldSpec, budget: Budget, loc: Loc) -> None:
    for n, law in enumerate(budget.laws):
        names.known(PART, (*loc, "laws", n), law, world.laws, "law")
    provisions = [*world.provisions, *names.scenario.interventions]
    for name, number in budget.tariffs.items():
        names.known(PART, (*loc, "tariffs", name), name, provisions, "provision")
        _number(names, (*loc, "tariffs", name), number, _MONEY["tariff"], "a tariff")
    for n, name in enumerate(budget.buys):
        names.known(PART, (*loc, "buys", n), name, provisions, "provision")
        if name in provisions and name not in budget.tariffs:
            what = f"this budget buys '{name}' and says not at what price"
            names.wrong(PART, (*loc, "buys", n), what, cure=f"add {name} to its tariffs")
    _number(names, (*loc, "cap"), budget.cap, _MONEY["cap"], "a budget")
    for n, name in enumerate(budget.opened_by):
        names.known(PART, (*loc, "opened_by", n), name, _any_intervention(names, name), "intervention")


def _any_intervention(names: Names, name: str) -> Iterable[str]:
    """Return the interventions a world may name: those of the scenario, and packaged ones that it does not use."""
    from trajectsim.config.load import packaged_names

    return [*names.scenario.interventions, *packaged_names("intervention")]


def _network(names: Names, network: Network, loc: Loc) -> None:
    scenario = names.scenario
    size = scenario.spec.size or scenario.population.size
    total = 0.0
    for n, layer in enumerate(network.layers):
        here: Loc = (*loc, "layers", n)
        _number(names, (*here, "degree"), layer.degree, ("persons", "count", "number"), "a number of friends")
        _number(names, (*here, "clustering"), layer.clustering, ("number", *CHANCES), "clustering")
        clustering = names.value(PART, layer.clustering)
        if clustering is not None and clustering > 1:
            names.wrong(PART, (*here, "clustering"), f"{clustering:g} is no clustering", allowed="from 0 to 1")
        for m, name in enumerate(layer.within):
            if name not in names.traits:
                names.known(PART, (*here, "within", m), name, [*names.traits, *names.states], "trait or domain")
        total += names.value(PART, layer.degree) or 0.0
    inside = names.value(PART, network.inside)
    _number(names, (*loc, "inside"), network.inside, ("number", *CHANCES), "a share of ties")
    if inside is not None and inside > 1:
        names.wrong(PART, (*loc, "inside"), f"{inside:g} is no share", allowed="from 0 to 1")
    elif inside is not None and total * inside > size - 1 and (size > 1 or inside == 1):
        what = f"{total * inside:g} friends each within a cohort of {size} is more than there are others"
        allowed = f"up to {size - 1} friends within the cohort"
        names.wrong(PART, (*loc, "layers"), what, allowed=allowed, cure="lower the degrees or the share `inside`")
    elif total > MOST_FRIENDS:
        what = f"{total:g} friends each are more than the engine holds"
        names.wrong(PART, (*loc, "layers"), what, allowed=f"up to {MOST_FRIENDS}", cure="lower the degrees")
    for name, signal in network.signals.items():
        here = (*loc, "signals", name)
        for n, state in enumerate(signal.states):
            names.state(PART, (*here, "states", n), state)
        if len({state.partition(".")[0] for state in signal.states}) > 1:
            names.wrong(PART, (*here, "states"), "the states of a signal belong to one domain", cure="make it two")
        if signal.event is not None:
            _event(names, (*here, "event"), signal.event)
        _number(names, (*here, "usual"), signal.usual, ("number", "ratio", *CHANCES), "a usual share")


def _households(names: Names, homes: Households, loc: Loc) -> None:
    _number(names, (*loc, "share"), homes.share, CHANCES, "a share of youths")
    for state, number in homes.helpers.items():
        names.state(PART, (*loc, "helpers", state), state)
        _number(names, (*loc, "helpers", state), number, ("persons", "count", "number"), "a number of helpers")
    for key in ("at_home", "threshold"):
        _number(names, (*loc, key), getattr(homes, key), ("persons", "count", "number"), "a number of helpers")
    _latents(names, (*loc, "overload"), homes.overload, DRIFTS, "a drift")
    for latent, number in homes.shared.items():
        names.known(PART, (*loc, "shared", latent), latent, names.latents, "latent")
        _number(names, (*loc, "shared", latent), number, (*RATES, *CHANCES), "a share per month")


def check_delivery(names: Names, name: str, item: Intervention) -> None:
    """Check who delivers an intervention, how its people are chosen, and what it changes about places."""
    part = f"interventions.{name}"

    def number(loc: Loc, given: Number | float | None, units: tuple[str, ...] | None, what: str) -> None:
        names.number(part, loc, given, units, what)
        names.not_negative(part, loc, given, what)

    if item.team is not None:
        team, roles = item.team, {row.role for row in item.hours}
        for role in team.fte:
            if role not in roles:
                what = f"the team has a '{role}', but no hours per youth are given for that role"
                cure = "add the role under `hours`, or leave it out"
                names.wrong(part, ("team", "fte", role), what, near=nearest(role, roles - set(team.fte)), cure=cure)
        told = {nearest(role, roles - set(team.fte)) for role in set(team.fte) - roles}
        for role in sorted(roles - set(team.fte) - told):
            what = f"hours are needed of a '{role}', whom the team does not have"
            names.wrong(part, ("team", "fte"), what, cure=f"add {role} to the team's fte")
        for role, fte in team.fte.items():
            number(("team", "fte", role), fte, ("count", "number", "persons"), "a number of full-time posts")
        number(("team", "hours_per_fte"), team.hours_per_fte, ("hours",), "hours a year")
        for key in ("overhead", "novice", "experience"):
            number(("team", key), getattr(team, key), ("number", *CHANCES), "a share")
            value = names.value(part, getattr(team, key))
            if value is not None and value > 1:
                names.wrong(part, ("team", key), f"{value:g} is no share", allowed="from 0 to 1")
        number(("team", "turnover"), team.turnover, RATES, "a turnover")
        number(("team", "learning"), team.learning, TIMES, "a time to learn")
        number(("team", "shape"), team.shape, ("number", "ratio"), "a power")
        for latent, shift in team.on_turnover.items():
            names.known(part, ("team", "on_turnover", latent), latent, names.latents, "latent")
            names.number(part, ("team", "on_turnover", latent), shift, ("latent",), "a jump of a latent")
    if item.selection is not None:
        chosen = item.selection
        for key in ("sensitivity", "specificity", "accuracy", "pressure", "unsuited"):
            number(("selection", key), getattr(chosen, key), ("number", "ratio", *CHANCES), "a share")
            value = names.value(part, getattr(chosen, key))
            if value is not None and value > 1:
                names.wrong(part, ("selection", key), f"{value:g} is no share", allowed="from 0 to 1")
        names.condition(part, ("selection", "suited"), chosen.suited)
        for latent, weight in chosen.need.items():
            names.known(part, ("selection", "need", latent), latent, names.latents, "latent")
            names.number(part, ("selection", "need", latent), weight, ("number", "ratio"), "a weight of need")
        number(("selection", "first_month"), chosen.first_month, _PLACES, "a number of places")
        first, places = names.value(part, chosen.first_month), names.value(part, item.places)
        if first is not None and places is not None and first > places:
            what = f"{first:g} youths are admitted in the first month, to {places:g} places"
            cure = "admit fewer, or make more places"
            names.wrong(part, ("selection", "first_month"), what, allowed=f"up to {places:g}", cure=cure)
    provisions = {} if names.scenario.world is None else names.scenario.world.provisions
    for n, change in enumerate(item.changes):
        loc: Loc = ("changes", n)
        if names.scenario.world is not None:
            names.known(part, (*loc, "provision"), change.provision, provisions, "provision")
        for key in ("capacity", "tolerance"):
            number((*loc, key), getattr(change, key), ("ratio", "number"), "a ratio")
