"""Checks of a model's declaration: domains, exits, consequences, latents, constraints, measures, joint parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trajectsim.config.names import CHANCES, DRIFTS, EFFECTS, FACTORS, RATES, TIMES, Names
from trajectsim.config.overlay import EVENTS
from trajectsim.config.reader import Loc
from trajectsim.config.schema import Consequence, Constraint, Exit, Number
from trajectsim.evidence.parameter import Dirichlet
from trajectsim.evidence.paths import scenario_parameters

__all__ = ["check_model"]

_RESERVED = ("event", "latents", "measures", "parameters", "traits", "constraint", "events", "domains")
PART = "model"


def check_model(names: Names) -> None:
    """Check everything a model says about itself."""
    model = names.scenario.model
    _clashes(names)
    if any(a >= b for a, b in zip(model.age_bands, model.age_bands[1:], strict=False)):
        names.wrong(PART, ("age_bands",), "the age bands do not rise", cure="write the ages in rising order, each once")
    if not model.domains:
        names.wrong(PART, ("domains",), "the model has no domains", cure="declare at least one domain with its states")
    for domain, declared in model.domains.items():
        seen: set[str] = set()
        for n, way in enumerate(declared.exits):
            loc: Loc = ("domains", domain, "exits", n)
            if way.name in seen:
                names.wrong(
                    PART, (*loc, "name"), f"{domain} has two exits named '{way.name}'", cure="rename one of them"
                )
            seen.add(way.name)
            _exit(names, domain, way, loc)
    _latents(names)
    for n, constraint in enumerate(model.constraints):
        _constraint(names, constraint, ("constraints", n))
    for name, condition in model.joint_lines.items():
        names.condition(PART, ("joint_lines", name), condition)
    for name, measure in model.measures.items():
        here: Loc = ("measures", name)
        names.condition(PART, (*here, "when"), measure.when)
        names.number(PART, (*here, "intercept"), measure.intercept, None, "a measure")
        names.number(PART, (*here, "times"), measure.times, None, "a measure")
        if measure.low >= measure.high:
            names.wrong(PART, (*here, "high"), f"high {measure.high:g} does not lie above low {measure.low:g}")
        for term, number in measure.terms.items():
            names.covariate(PART, (*here, "terms", term), term, with_states=False)
            names.number(PART, (*here, "terms", term), number, None, "a measure")
    for name, account in model.accounts.items():
        for state in account.rates:
            names.state(PART, ("accounts", name, "rates", state), state)
        for event in account.events:
            at: Loc = ("accounts", name, "events", event)
            if names.known(PART, at, event, names.events, "event") and event in EVENTS:
                what = f"'{event}' is an answer to a request, which accounts of youths do not keep"
                names.wrong(PART, at, what, cure="count it in the table of events instead")
    what = "what tells how effects diminish"
    names.number(PART, ("diminishing",), model.diminishing, ("number", "ratio"), what)
    names.not_negative(PART, ("diminishing",), model.diminishing, what)
    _joint_parameters(names)


def _clashes(names: Names) -> None:
    """Refuse names that would make a covariate or a path mean two things."""
    model = names.scenario.model
    for domain in model.domains:
        if domain in _RESERVED:
            what = f"'{domain}' cannot be the name of a domain: it has a meaning of its own"
            names.wrong(PART, ("domains", domain), what, cure="choose another name")
    for latent in model.latents:
        if latent in model.traits:
            names.wrong(PART, ("latents", latent), f"'{latent}' is a trait and a latent", cure="rename one of them")
    for kind, items in (("latents", model.latents), ("traits", model.traits)):
        if "age" in items:
            names.wrong(PART, (kind, "age"), "'age' is known already as a covariate", cure="choose another name")
    rules = [constraint.name for constraint in model.constraints]
    for n, name in enumerate(rules):
        if name in rules[:n]:
            names.wrong(
                PART, ("constraints", n, "name"), f"two constraints are named '{name}'", cure="rename one of them"
            )


def _exit(names: Names, domain: str, way: Exit, loc: Loc) -> None:
    declared = names.scenario.model.domains[domain]
    states = list(declared.states)
    for state in way.from_:
        if names.known(PART, (*loc, "from"), state, states, f"state in {domain}") and declared.states[state].gone:
            what = f"nobody leaves the state '{state}': whoever enters it has left the model"
            names.wrong(PART, (*loc, "from"), what, cure="leave it out")
    if (
        way.to is not None
        and names.known(PART, (*loc, "to"), way.to, states, f"state in {domain}")
        and way.to in way.from_
    ):
        what = f"this exit leads from '{way.to}' to itself"
        names.wrong(PART, (*loc, "to"), what, cure="take it out of `from`, or declare an event instead of a move")
    if way.event is not None:
        names.known(PART, (*loc, "event"), way.event, names.events, "event")
    names.condition(PART, (*loc, "when"), way.when)
    if way.law == "probability":
        names.number(PART, (*loc, "base"), way.base, ("probability",), "a probability per step")
    else:
        names.number(PART, (*loc, "base"), way.base, RATES, f"the base of a {way.law}")
    effects(names, PART, (*loc, "effects"), way.effects)
    for state, number in way.adds.items():
        names.state(PART, (*loc, "adds", state), state)
        names.number(PART, (*loc, "adds", state), number, RATES, "an addition to a hazard")
    for n, trait in enumerate(way.times):
        number_traits = [name for name, kind in names.traits.items() if kind == "number"]
        names.known(PART, (*loc, "times", n), trait, number_traits, "number trait")
    if way.by_age is not None:
        _table(names, (*loc, "by_age", "factors"), way.by_age.factors)
    if way.duration is not None:
        _table(names, (*loc, "duration", "factors"), way.duration.factors or [])
        shape = way.duration.weibull_shape
        names.number(PART, (*loc, "duration", "weibull_shape"), shape, ("number", "ratio"), "a shape")
    if way.forced is not None:
        names.number(PART, (*loc, "forced", "months"), way.forced.months, TIMES, "a time in a state")
    names.number(PART, (*loc, "chance"), way.chance, CHANCES, "a chance")
    _consequences(names, way.then, (*loc, "then"))


def effects(names: Names, part: str, loc: Loc, items: Mapping[str, Number]) -> None:
    """Check effects on a hazard: covariate to hazard ratio or log hazard ratio."""
    for covariate, number in items.items():
        names.covariate(part, (*loc, covariate), covariate)
        names.number(part, (*loc, covariate), number, EFFECTS, "an effect on a hazard")


def _table(names: Names, loc: Loc, factors: Sequence[Number | float]) -> None:
    for n, factor in enumerate(factors):
        names.number(PART, (*loc, n), factor, FACTORS, "a factor on a hazard")
        value = names.value(PART, factor)
        if value is not None and value < 0:
            names.wrong(PART, (*loc, n), f"the factor {value:g} is negative", allowed="0 or more")


def _consequences(names: Names, items: Sequence[Consequence], loc: Loc) -> None:
    for n, item in enumerate(items):
        here: Loc = (*loc, n)
        names.condition(PART, (*here, "when"), item.when)
        names.number(PART, (*here, "chance"), item.chance, CHANCES, "a chance")
        if item.event is not None:
            names.known(PART, (*here, "event"), item.event, names.events, "event")
        for domain, state in item.set.items():
            if names.known(PART, (*here, "set", domain), domain, names.states, "domain"):
                names.known(PART, (*here, "set", domain), state, names.states[domain], f"state in {domain}")
        for latent, number in item.shift.items():
            names.known(PART, (*here, "shift", latent), latent, names.latents, "latent")
            names.number(PART, (*here, "shift", latent), number, ("latent",), "a jump of a latent")
        if item.otherwise and item.chance is None:
            what = "`otherwise` can never follow: it does where a chance fails, and there is no chance here"
            cure = "give a chance; for what a condition rules out, write a consequence with the opposite condition"
            names.wrong(PART, (*here, "otherwise"), what, cure=cure)
        _consequences(names, item.then, (*here, "then"))
        _consequences(names, item.otherwise, (*here, "otherwise"))


def _latents(names: Names) -> None:
    for name, latent in names.scenario.model.latents.items():
        here: Loc = ("latents", name)
        for key, number in (("mean", latent.mean), ("sd", latent.sd)):
            names.number(PART, (*here, key), number, ("latent", "number", *CHANCES), "a latent")
            value = names.value(PART, number)
            if value is not None and not 0 <= value <= 1:
                names.wrong(PART, (*here, key), f"{value:g} lies outside the range of a latent", allowed="from 0 to 1")
        if latent.uniform is not None and not 0 <= latent.uniform[0] < latent.uniform[1] <= 1:
            names.wrong(PART, (*here, "uniform"), "this is not a range of a latent", allowed="from 0 to 1, rising")
        for trait, number in latent.loadings.items():
            names.known(PART, (*here, "loadings", trait), trait, names.traits, "trait")
            names.number(PART, (*here, "loadings", trait), number, ("latent", "number"), "a loading")
        for state, number in latent.drift.items():
            names.state(PART, (*here, "drift", state), state)
            names.number(PART, (*here, "drift", state), number, DRIFTS, "a drift")
        names.number(PART, (*here, "reversion"), latent.reversion, RATES, "a reversion")


def _constraint(names: Names, rule: Constraint, loc: Loc) -> None:
    if not names.known(PART, (*loc, "domain"), rule.domain, names.states, "domain"):
        return
    states, kind = names.states[rule.domain], f"state in {rule.domain}"
    for n, state in enumerate(rule.allowed):
        names.known(PART, (*loc, "allowed", n), state, states, kind)
    if rule.state is not None:
        names.known(PART, (*loc, "state"), rule.state, states, kind)
    names.known(PART, (*loc, "otherwise"), rule.otherwise, states, kind)
    names.condition(PART, (*loc, "when"), rule.when)
    for n, condition in enumerate(rule.only_while):
        names.condition(PART, (*loc, "only_while", n), condition)


def _joint_parameters(names: Names) -> None:
    """Check that joint parameters name existing ones, each once, with correlations that can exist together."""
    paths: list[str] = []
    for found in scenario_parameters(names.scenario):
        if isinstance(found.item, Dirichlet):
            paths += [f"{found.path}.{state}" for state in found.item.shares]
        else:
            paths.append(found.path)
    seen: set[str] = set()
    model = names.scenario.model
    groups = [("correlated", n, g.members) for n, g in enumerate(model.correlated)]
    groups += [("posteriors", n, g.members) for n, g in enumerate(model.posteriors)]
    for kind, n, members in groups:
        for m, member in enumerate(members):
            here: Loc = (kind, n, "members", m)
            if names.known(PART, here, member, paths, "parameter") and member in seen:
                names.wrong(PART, here, f"'{member}' is drawn jointly twice", cure="keep it in one group")
            seen.add(member)
    for n, group in enumerate(model.correlated):
        if not _positive(group.correlation):
            what = "these correlations cannot all hold at once (the matrix is not positive definite)"
            names.wrong(PART, ("correlated", n, "correlation"), what, cure="bring the correlations nearer to 0")


def _positive(matrix: Sequence[Sequence[float]]) -> bool:
    """Return whether a symmetric matrix is positive semidefinite, by Cholesky's decomposition with a hair of slack."""
    n = len(matrix)
    lower = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            if i == j:
                rest += 1e-9
                if rest <= 0:
                    return False
                lower[i][i] = rest**0.5
            else:
                lower[i][j] = rest / lower[j][j]
    return True
