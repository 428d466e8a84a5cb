"""Who leaves an open population, and when: at an age of its own, and by its own mortality.

Both are about a place and its people, so they stand in the population; they act through the model. `leave_age` adds a
certain exit to the state GROWN_UP, `mortality` takes the place of what the model says about the exit DIES.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from trajectsim.config.reader import Document, Loc
from trajectsim.config.schema import AgeTable, Domain, Exit, Forced, ModelSpec, Mortality, Population
from trajectsim.errors import Mistake, UserError

__all__ = ["DIES", "GROWN_UP", "GROWS_UP", "Left", "let_leave"]

GROWN_UP = "grown_up"
"""The state of who reached the population's `leave_age`; the model marks it `gone`."""

GROWS_UP = "grows_up"
"""The exit that leads there."""

DIES = "dies"
"""The exit of the model whose hazard a population's mortality replaces."""

FEMALE = "female"


class Left(NamedTuple):
    """A model and population whose people leave as the population says, and their documents."""

    model: ModelSpec
    population: Population
    documents: dict[str, Document]


def let_leave(model: ModelSpec, population: Population, documents: Mapping[str, Document]) -> Left:
    """Return a model whose people leave at the population's age and die at its rates.

    The numbers of the mortality move into the model, where they have their paths (`model.vital.dies.base`), so the
    population that is returned has none.

    Args:
        model, population: as declared, a world's mechanisms included.
        documents: the files as read, for places of mistakes (`model`, `population`).

    Raises:
        UserError: the model has no state to leave to, or no exit of that name whose mortality could be replaced.
    """
    around = documents.get("population", Document({}))
    mistakes: list[Mistake] = []
    domains, origins = dict(model.domains), dict[Loc, tuple[Document, Loc]]()
    if population.leave_age is not None:
        domain = _domain_of_state(model)
        if domain is None:
            cure = f"declare a state {GROWN_UP} marked gone: true, beside a state that all start in"
            what = f"the model has no state '{GROWN_UP}' to leave to"
            mistakes.append(around.mistake(("leave_age",), what, cure=cure))
        else:
            origins["domains", domain, "exits", len(domains[domain].exits)] = (around, ("leave_age",))
            domains[domain] = _with_age(domains[domain], population.leave_age)
    if population.mortality is not None:
        domain = next((name for name, item in domains.items() if any(way.name == DIES for way in item.exits)), None)
        if domain is None:
            what = f"the model has no exit '{DIES}' whose mortality this could be"
            mistakes.append(around.mistake(("mortality",), what, cure="leave it out, or give the model such an exit"))
        elif population.mortality.female is not None and FEMALE not in model.traits:
            what = f"the model has no trait '{FEMALE}'"
            mistakes.append(around.mistake(("mortality", "female"), what, cure="leave it out"))
        else:
            at = next(n for n, way in enumerate(domains[domain].exits) if way.name == DIES)
            here: Loc = ("domains", domain, "exits", at)
            origins[*here, "base"] = (around, ("mortality", "base"))
            origins[*here, "by_age"] = (around, ("mortality",))
            origins[*here, "effects", FEMALE] = (around, ("mortality", "female"))
            exits = list(domains[domain].exits)
            exits[at] = _with_mortality(exits[at], population.mortality)
            domains[domain] = domains[domain].model_copy(update={"exits": exits})
    if mistakes:
        raise UserError(mistakes)
    found = dict(documents)
    if origins:
        given = documents.get("model", Document({}))
        found["model"] = Document(given.data, given.places, {**given.origins, **origins})
    return Left(model.model_copy(update={"domains": domains}), population.model_copy(update={"mortality": None}), found)


def _domain_of_state(model: ModelSpec) -> str | None:
    """Return the domain with a state for who grew up, and another to be in before that."""
    for name, domain in model.domains.items():
        state = domain.states.get(GROWN_UP)
        if state is not None and state.gone and not all(other.gone for other in domain.states.values()):
            return name
    return None


def _with_age(domain: Domain, age: float) -> Domain:
    here = [name for name, state in domain.states.items() if not state.gone]
    way = Exit.model_validate(
        {
            "name": GROWS_UP,
            "from": here,
            "to": GROWN_UP,
            "forced": Forced(age=age),
            "title": domain.states[GROWN_UP].title,
        }
    )
    return domain.model_copy(update={"exits": [*domain.exits, way]})


def _with_mortality(way: Exit, mortality: Mortality) -> Exit:
    """Return the exit at the population's rates; what multiplies it beside age and sex (substance use) stays."""
    sex = {} if mortality.female is None else {FEMALE: mortality.female}
    table = None
    if mortality.years:
        table = AgeTable(years=mortality.years, factors=list(mortality.factors))
    effects = {name: number for name, number in way.effects.items() if name != FEMALE}
    return way.model_copy(update={"base": mortality.base, "by_age": table, "effects": {**effects, **sex}})
