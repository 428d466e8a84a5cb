"""Checks of a population, of ingredients and of interventions against the model they belong to."""

from __future__ import annotations

import math

from trajectsim.config.check_constraints import check_preset
from trajectsim.config.check_model import effects
from trajectsim.config.names import CHANCES, DRIFTS, EFFECTS, RATES, TIMES, Names
from trajectsim.config.overlay import WAITING, shared_traits
from trajectsim.config.reader import Loc
from trajectsim.config.schema import Ages, Intervention, InterventionEffect, Preset, TraitMargin

__all__ = ["check_ingredients", "check_intervention", "check_population"]

PART = "population"


def check_population(names: Names) -> None:
    """Check traits, ages, starting states, run-in, inflow, leaving and presets."""
    population = names.scenario.population
    _ages(names, population.ages, ("ages",))
    before: list[str] = []
    for trait, margin in population.traits.items():
        if names.known(PART, ("traits", trait), trait, names.scenario.model.traits, "trait"):
            _margin(names, trait, margin, before)
        before.append(trait)
    kept = shared_traits(names.scenario.world)
    for trait in names.scenario.model.traits:
        if trait not in population.traits and trait not in kept and not trait.startswith(WAITING):
            what = f"the population does not say how the trait '{trait}' is spread"
            names.wrong(
                PART, ("traits",), what, cure=f"add {trait} with its share (a flag) or its mean and sd (a number)"
            )
    _initial(names)
    if population.run_in is not None:
        names.condition(PART, ("run_in", "select"), population.run_in.select)
    if population.inflow is not None:
        names.number(PART, ("inflow", "per_year"), population.inflow.per_year, ("persons/year",), "an inflow")
        _ages(names, population.inflow.age, ("inflow", "age"))
    _leaving(names)
    for name, preset in population.presets.items():
        _preset(names, name, preset)


def _ages(names: Names, ages: Ages, loc: Loc) -> None:
    if not 0 <= ages.from_ < ages.to <= 120:
        what = f"the ages from {ages.from_:g} to {ages.to:g} hold nobody"
        names.wrong(PART, (*loc, "from"), what, allowed="from 0 to 120, rising")
        return
    if ages.shares is not None:
        years = math.ceil(ages.to - ages.from_ - 1e-9)
        if len(ages.shares) != years:
            what = f"{len(ages.shares)} shares are given for {years} years of age"
            names.wrong(PART, (*loc, "shares"), what, cure="give one share per year of age")
        elif sum(ages.shares) <= 0:
            names.wrong(PART, (*loc, "shares"), "all shares are nil", cure="give at least one share above 0")


def _leaving(names: Names) -> None:
    """Nobody may start at an age at which people have left already: they would stay for good."""
    population = names.scenario.population
    age = population.leave_age
    if age is None:
        return
    starts: list[tuple[Loc, float]] = [(("ages", "to"), population.ages.to)]
    if population.inflow is not None:
        starts.append((("inflow", "age", "to"), population.inflow.age.to))
    for loc, oldest in starts:
        if oldest > age:
            what = f"people start at ages up to {oldest:g} but leave at {age:g}"
            names.wrong(PART, loc, what, allowed=f"at most {age:g}, the leave_age")
    for name, preset in population.presets.items():
        if preset.age >= age:
            what = f"{preset.age:g} is the age at which people have left, or over it"
            names.wrong(PART, ("presets", name, "age"), what, allowed=f"below {age:g}, the leave_age")


def _margin(names: Names, trait: str, margin: TraitMargin, before: list[str]) -> None:
    here: Loc = ("traits", trait)
    kind = names.traits[trait]
    if (kind == "flag") == (margin.mean is not None):
        needed = "share, or `by` with two shares" if kind == "flag" else "mean and sd"
        names.wrong(PART, here, f"'{trait}' is a {kind} in the model", cure=f"give {needed}")
        return
    names.number(PART, (*here, "share"), margin.share, CHANCES, "a share")
    for n, number in enumerate(margin.shares or []):
        names.number(PART, (*here, "shares", n), number, CHANCES, "a share")
    names.number(PART, (*here, "mean"), margin.mean, None, "a mean")
    names.number(PART, (*here, "sd"), margin.sd, None, "a spread")
    if margin.by is not None:
        flags = [name for name in before if names.traits.get(name) == "flag"]
        names.known(PART, (*here, "by"), margin.by, flags, "flag that stands earlier in the population")


def _initial(names: Names) -> None:
    order = list(names.scenario.model.domains)
    for domain, rows in names.scenario.population.initial.items():
        if not names.known(PART, ("initial", domain), domain, order, "domain"):
            continue
        earlier = order[: order.index(domain)]
        open_row = False
        for n, row in enumerate(rows):
            here: Loc = ("initial", domain, n)
            if open_row:
                names.wrong(
                    PART, here, "this row is never reached: the row before it takes everybody", cure="leave it out"
                )
            open_row = open_row or row.when is None
            names.condition(PART, (*here, "when"), row.when, earlier)
            if row.when is not None and (row.when.latents or row.when.months_in or row.when.calendar):
                what = "starting states can depend on age, traits and earlier domains only"
                names.wrong(PART, (*here, "when"), what, cure="leave out latents, months_in and calendar")
            for state in row.states.shares:
                names.known(PART, (*here, "states", "shares", state), state, names.states[domain], f"state in {domain}")


def _preset(names: Names, name: str, preset: Preset) -> None:
    here: Loc = ("presets", name)
    before = len(names.mistakes)
    if not 0 <= preset.age <= 120:
        names.wrong(PART, (*here, "age"), f"nobody is {preset.age:g} years old", allowed="from 0 to 120")
    for trait, value in preset.traits.items():
        known = names.known(PART, (*here, "traits", trait), trait, names.traits, "trait")
        if known and names.traits[trait] == "flag" and value not in (0, 1):
            names.wrong(PART, (*here, "traits", trait), f"{value:g} is not a flag", allowed="0 or 1")
    for latent, value in preset.latents.items():
        names.known(PART, (*here, "latents", latent), latent, names.latents, "latent")
        if not 0 <= value <= 1:
            what = f"{value:g} lies outside the range of a latent"
            names.wrong(PART, (*here, "latents", latent), what, allowed="from 0 to 1")
    domains = names.scenario.model.domains
    for domain, state in preset.states.items():
        if names.known(PART, (*here, "states", domain), domain, domains, "domain"):
            names.known(PART, (*here, "states", domain), state, names.states[domain], f"state in {domain}")
    for domain, months in preset.months_in.items():
        names.known(PART, (*here, "months_in", domain), domain, domains, "domain")
        if months < 0:
            names.wrong(PART, (*here, "months_in", domain), f"{months} months is negative", allowed="0 or more")
    if len(names.mistakes) == before:
        check_preset(names, name, preset)


def check_ingredients(names: Names) -> None:
    """Check what an ingredient says of itself: its reference dose, and that its numbers exist."""
    for name, item in names.scenario.ingredients.items():
        part = f"ingredients.{name}"
        names.number(part, ("reference",), item.reference, None, "a reference dose")
        reference = names.resolved(part, item.reference)
        if reference is not None:
            low = reference.distribution.low
            least = reference.value if low is None else min(low, reference.value)
            if least <= 0:
                what = f"a reference dose of {least:g} is no dose to measure others by"
                names.wrong(part, ("reference",), what, allowed="more than 0")
        for n, effect in enumerate(item.effects):
            for key in ("ratio", "adds", "drift"):
                names.number(part, ("effects", n, key), getattr(effect, key), None, "an effect")


def check_intervention(names: Names, name: str, item: Intervention) -> None:
    """Check whom an intervention is for, how long it takes and what it changes."""
    part = f"interventions.{name}"
    if name in names.scenario.model.domains:
        what = f"'{name}' is also a domain of the model"
        names.wrong(part, ("name",), what, cure="give the intervention another name")
    if not item.is_programme:
        return
    names.condition(part, ("eligible",), item.eligible)
    if item.start_month and item.eligible is not None and item.eligible.calendar is not None:
        what = "a start month and a calendar condition exclude each other"
        names.wrong(part, ("start_month",), what, cure="keep one of the two")
    names.number(part, ("places",), item.places, ("places",), "a number of places")
    names.not_negative(part, ("places",), item.places, "a number of places")
    for key, number in (("uptake", item.uptake), ("dropout", item.dropout)):
        names.number(part, (key,), number, RATES, f"the hazard of {key}")
    for key, number in (("duration", item.duration), ("aftercare", item.aftercare)):
        names.number(part, (key,), number, TIMES, "a duration")
        names.not_negative(part, (key,), number, "a duration")
    effects(names, part, ("uptake_effects",), item.uptake_effects)
    effects(names, part, ("dropout_effects",), item.dropout_effects)
    for n, effect in enumerate(item.effects):
        _effect(names, part, ("effects", n), effect, item)
    for n, act in enumerate(item.acts):
        made_of = names.scenario.ingredients.get(act.ingredient)
        reference = None if made_of is None else names.resolved(f"ingredients.{made_of.name}", made_of.reference)
        if reference is not None:
            what = f"a dose of the ingredient '{act.ingredient}'"
            names.number(part, ("acts", n, "dose"), act.dose, (reference.unit,), what)
            if act.dose not in [entry.per_month for entry in item.hours]:  # told there
                names.not_negative(part, ("acts", n, "dose"), act.dose, what)
        _aftercare(names, part, ("acts", n, "while"), list(act.while_), item)
    for n, entry in enumerate(item.hours):
        names.number(part, ("hours", n, "per_month"), entry.per_month, ("hours", "hours/month"), "hours per month")
        names.not_negative(part, ("hours", n, "per_month"), entry.per_month, "a number of hours")
        names.own(part, ("hours", n, "per_month"), entry.per_month)
        _aftercare(names, part, ("hours", n, "while"), list(entry.while_), item)


def _effect(names: Names, part: str, loc: Loc, effect: InterventionEffect, item: Intervention) -> None:
    known = effect.exit is not None and names.known(part, (*loc, "exit"), effect.exit, names.exits, "exit")
    if known and names.exits[str(effect.exit)].forced is not None:
        what = f"'{effect.exit}' is a forced exit and has no hazard to change"
        names.wrong(part, (*loc, "exit"), what, cure="name an exit with a base")
    if effect.latent is not None:
        names.known(part, (*loc, "latent"), effect.latent, names.latents, "latent")
    names.number(part, (*loc, "ratio"), effect.ratio, EFFECTS, "an effect on a hazard")
    names.number(part, (*loc, "adds"), effect.adds, RATES, "an addition to a hazard")
    names.number(part, (*loc, "drift"), effect.drift, DRIFTS, "a drift")
    _aftercare(names, part, (*loc, "while"), list(effect.while_), item)


def _aftercare(names: Names, part: str, loc: Loc, states: list[str], item: Intervention) -> None:
    if "aftercare" in states and item.aftercare is None:
        what = "this programme has no aftercare"
        names.wrong(part, loc, what, cure="leave aftercare out, or give the programme an aftercare in months")
