"""Everything a scenario's files say about each other: names, units, bounds, constraints, prices and sources."""

from __future__ import annotations

from trajectsim.config.check_bounds import check_bounds
from trajectsim.config.check_constraints import check_constraints
from trajectsim.config.check_levers import check_arm_settings, check_levers
from trajectsim.config.check_model import check_model
from trajectsim.config.check_people import check_ingredients, check_intervention, check_population
from trajectsim.config.check_world import check_delivery, check_world
from trajectsim.config.load import load_sources
from trajectsim.config.names import CHANCES, PRICE_UNITS, Names
from trajectsim.config.overrides import USER
from trajectsim.config.reader import Loc
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Preset, PriceBook, PriceLine
from trajectsim.errors import Mistake, nearest
from trajectsim.evidence.parameter import Dirichlet, Parameter
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["check"]

_QALY = "qaly"
_RATES = ("per year", "ratio", "number", *CHANCES)


def check(scenario: Scenario) -> list[Mistake]:
    """Return every mistake in how the parts of a scenario fit together, each with file, line and key; none is fine.

    Bounds and constraints are checked only where the names are right, so that one misspelling gives one message.
    """
    names = Names(scenario)
    check_model(names)
    whole = not names.mistakes
    check_population(names)
    check_ingredients(names)
    for name, item in scenario.interventions.items():
        check_intervention(names, name, item)
        check_delivery(names, name, item)
        check_levers(names, name, item)
        for line, price in item.costs.items():
            _line(names, f"interventions.{name}", ("costs", line), price)
    if scenario.world is not None:
        check_world(names, scenario.world)
    if scenario.prices is not None:
        _prices(names, scenario.prices)
    elif any(item.costs for item in scenario.interventions.values()):
        what = "a programme has costs but the scenario names no prices"
        names.wrong("scenario", ("prices",), what, cure="add a price book, for example prices: nl_2024")
    _scenario(names)
    check_arm_settings(names)
    if whole:
        check_constraints(names)
    check_bounds(names)
    _sources(names)
    return sorted(names.mistakes, key=lambda mistake: (mistake.file or "", mistake.line or 0))


def _scenario(names: Names) -> None:
    """Check the run's own settings against the model: whole steps, weights, who is followed."""
    spec, model = names.scenario.spec, names.scenario.model
    steps = spec.years * model.steps_per_year
    if abs(steps - round(steps)) > 1e-6 or round(steps) < 1:
        what = f"{spec.years:g} years is {steps:g} steps"
        names.wrong(
            "scenario", ("years",), what, cure=f"choose a whole number of steps of 1/{model.steps_per_year} year"
        )
    weights = model.counting.weights
    if weights is not None and len(weights) != round(steps) + 1:
        what = f"counting has {len(weights)} weights for {round(steps)} steps"
        names.wrong("model", ("counting", "weights"), what, allowed=f"one per snapshot: {round(steps) + 1}")
    presets = names.scenario.population.presets
    for n, name in enumerate(spec.follow):
        if not name.isdigit():
            names.known("scenario", ("follow", n), name, presets, "preset of the population")


# --- prices -----------------------------------------------------------------------------------------------------------


def _prices(names: Names, book: PriceBook) -> None:
    for rate in ("standard", "low", "high"):
        names.number("prices", ("discounting", rate), getattr(book.discounting, rate), _RATES, "a discount rate")
    for year, index in book.index.items():
        names.number("prices", ("index", year, "factor"), index.factor, ("ratio", "number"), "an index")
    for name, line in book.lines.items():
        _line(names, "prices", ("lines", name), line)
    for state, number in book.utilities.items():
        names.state("prices", ("utilities", state), state)
        names.number("prices", ("utilities", state), number, ("utility", "utility/year"), "a utility")
    for name, group in book.projection.items():
        here: Loc = ("projection", name)
        names.number("prices", (*here, "until_age"), group.until_age, ("years",), "an age")
        names.number("prices", (*here, "decay"), group.decay, ("per year",), "a rate of fading")
        names.number("prices", (*here, "growth"), group.growth, ("per year",), "a growth rate")
    qaly = book.parameters.get(_QALY)
    names.number("prices", ("parameters", _QALY), qaly, ("EUR/year",), "the price of a year in full health")


def _line(names: Names, part: str, loc: Loc, line: PriceLine) -> None:
    """Check one price line: what it counts, its unit, its ages and its price year."""
    model, book = names.scenario.model, names.scenario.prices
    kind = next(quantity for quantity in (*PRICE_UNITS, "fixed") if getattr(line, quantity) is not None)
    quantity = str(getattr(line, kind))
    here: Loc = (*loc, kind)
    units = PRICE_UNITS["event" if quantity == "once" else "state"] if kind == "fixed" else PRICE_UNITS[kind]
    if kind == "fixed":
        if not part.startswith("interventions."):
            cure = "move the line to the `costs` of the intervention"
            names.wrong(part, here, "only an intervention's own costs may be fixed", cure=cure)
    elif kind in ("state", "entries"):
        names.state(part, here, quantity)
    elif kind == "event":
        names.known(part, here, quantity, names.events, "event")
    elif kind == "measure":
        names.known(part, here, quantity, model.measures, "measure")
    elif kind == "joint":
        names.known(part, here, quantity, model.joint_lines, "joint line")
    else:
        names.known(part, here, quantity, _roles(names), "role of an intervention")
    names.number(part, (*loc, "price"), line.price, units, f"a price by {kind}")
    names.number(part, (*loc, "times"), line.times, ("number", "count", "ratio", *CHANCES), "a multiplier")
    names.number(part, (*loc, "cashable"), line.cashable, CHANCES, "a cashable share")
    for key in ("price", "times", "cashable"):
        names.own(part, (*loc, key), getattr(line, key))
    if line.age is not None:
        _line_ages(names, part, (*loc, "age"), line, kind)
    if book is not None and line.price_year != book.price_year and line.price_year not in book.index:
        what = f"there is no index from price year {line.price_year} to {book.price_year}"
        years = ", ".join(str(year) for year in sorted({*book.index, book.price_year}))
        names.wrong(
            part, (*loc, "price_year"), what, allowed=years, cure="add the factor under `index` of the price book"
        )


def _line_ages(names: Names, part: str, loc: Loc, line: PriceLine, kind: str) -> None:
    names.span(part, loc, line.age)
    if kind == "joint":
        names.wrong(part, loc, "joint lines are not counted by age", cure="put the age into the joint line's condition")
        return
    if kind == "fixed":
        names.wrong(part, loc, "a fixed amount is the same at every age", cure="leave out the age")
        return
    bands = names.scenario.model.age_bands
    for age in (line.age.from_, line.age.to) if line.age is not None else ():
        if age is not None and age not in bands:
            what = f"age {age:g} is not a border of the model's age bands"
            allowed = ", ".join(f"{band:g}" for band in bands) or "none are declared"
            names.wrong(part, loc, what, allowed=allowed, cure="choose one of these, or add it to age_bands")


def _roles(names: Names) -> list[str]:
    interventions = names.scenario.interventions.items()
    return sorted({f"{name}.{entry.role}" for name, item in interventions for entry in item.hours})


# --- sources ----------------------------------------------------------------------------------------------------------


def _sources(names: Names) -> None:
    """Check that every source is an entry of the packaged list, or, in a user's own file, a description in words."""
    ids: dict[str, object] | None = None
    for found in scenario_parameters(names.scenario, (Parameter, Dirichlet, Preset)):
        source = str(found.item.source)
        packaged = _packaged(names.scenario, found.part, found.loc)
        if " " in source.strip() and not packaged:
            continue
        if source == USER and any(path.startswith(found.path) for path in names.scenario.provenance):
            continue
        ids = dict(load_sources()) if ids is None else ids
        if source not in ids:
            near = nearest(source, ids)
            cure = None if near or packaged else "name a source of the packaged list, or describe yours in words"
            names.wrong(found.part, (*found.loc, "source"), f"there is no source '{source}'", near=near, cure=cure)


def _packaged(scenario: Scenario, part: str, loc: Loc) -> bool:
    return (scenario.mistake(part, loc, "").file or "").startswith("trajectsim/data/")
