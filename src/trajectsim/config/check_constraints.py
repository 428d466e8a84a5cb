"""Checks of constraints between domains: do they come to rest, and do the presets obey them?

The engine applies constraints in order until none fires. A set of constraints that never comes to rest contradicts
itself; it is found by trying every combination of the states, ages and traits that the constraints name.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

from trajectsim.config.names import Names
from trajectsim.config.schema import Condition, Constraint, Preset, Span

__all__ = ["check_constraints", "check_preset", "fires", "holds"]

Facts = Mapping[tuple[str, ...], Any]
"""What is known of a youth: ("state", domain), ("age",), ("trait", name), ("latent", name)... to a state or number."""

_MOST_CASES = 100_000
_MOST_ROUNDS = 8


def _within(span: Span, value: float) -> bool:
    return (span.from_ is None or value >= span.from_) and (span.to is None or value < span.to)


def _spans(condition: Condition) -> dict[tuple[str, ...], Span]:
    """Return the spans of a condition by the variable they are about."""
    spans: dict[tuple[str, ...], Span] = {}
    for name, span in condition.traits.items():
        spans["trait", name] = span
    for name, span in condition.latents.items():
        spans["latent", name] = span
    for name, span in condition.months_in.items():
        spans["months_in", name] = span
    if condition.age is not None:
        spans["age",] = condition.age
    if condition.calendar is not None:
        spans["calendar",] = condition.calendar
    return spans


def holds(condition: Condition, facts: Facts) -> bool | None:
    """Return whether a condition holds; None where the facts do not tell."""
    known = True
    for domain, states in condition.states.items():
        state = facts.get(("state", domain))
        if state is None:
            known = False
        elif (state in states.in_) if states.in_ is not None else (state not in (states.not_ or [])):
            continue
        else:
            return False
    for variable, span in _spans(condition).items():
        value = facts.get(variable)
        if value is None:
            known = False
        elif not _within(span, value):
            return False
    return True if known else None


def fires(rule: Constraint, facts: Facts) -> bool:
    """Return whether a constraint is certainly broken by the facts."""
    state = facts.get(("state", rule.domain))
    if state is None:
        return False
    if rule.when is not None:
        return state not in rule.allowed and holds(rule.when, facts) is True
    return state == rule.state and all(holds(condition, facts) is False for condition in rule.only_while)


def _conditions(rule: Constraint) -> list[Condition]:
    return [rule.when] if rule.when is not None else list(rule.only_while)


def _may_trigger(first: Constraint, second: Constraint) -> bool:
    """Return whether what the first constraint does can break the second."""
    if first.domain == second.domain:
        if second.when is not None and first.otherwise not in second.allowed:
            return True
        if second.when is None and first.otherwise == second.state:
            return True
    for condition in _conditions(second):
        if first.domain in condition.states:
            met = holds(Condition(states={first.domain: condition.states[first.domain]}), {
                ("state", first.domain): first.otherwise
            })  # fmt: skip
            if met is (second.when is not None):
                return True
    return False


def _circles(rules: list[Constraint]) -> list[list[int]]:
    """Return groups of constraints that can set each other off, in their order."""
    n = len(rules)
    reach = [[i != j and _may_trigger(rules[i], rules[j]) for j in range(n)] for i in range(n)]
    for k, i in itertools.product(range(n), range(n)):
        if reach[i][k]:
            reach[i] = [a or b for a, b in zip(reach[i], reach[k], strict=True)]
    groups: list[list[int]] = []
    for i in range(n):
        group = [j for j in range(n) if reach[i][j] and reach[j][i]]
        if len(group) > 1 and group not in groups:
            groups.append(group)
    return groups


def _cases(names: Names, rules: list[Constraint]) -> dict[tuple[str, ...], list[Any]]:
    """Return for every variable of the constraints the values that make a difference."""
    cases: dict[tuple[str, ...], list[Any]] = {("state", rule.domain): names.states[rule.domain] for rule in rules}
    points: dict[tuple[str, ...], set[float]] = {}
    for condition in (condition for rule in rules for condition in _conditions(rule)):
        cases.update({("state", domain): names.states[domain] for domain in condition.states})
        for variable, span in _spans(condition).items():
            borders = {x for x in (span.from_, span.to) if x is not None}
            points.setdefault(variable, set()).update(borders)
    for variable, borders in points.items():
        if variable[0] == "trait" and names.traits.get(variable[1]) == "flag":
            cases[variable] = [0.0, 1.0]
        else:
            cases[variable] = [min(borders, default=0.0) - 1, *sorted(borders)]
    return cases


def check_constraints(names: Names) -> None:
    """Note groups of constraints that contradict each other: for some youth they never come to rest."""
    rules = names.scenario.model.constraints
    for group in _circles(rules):
        chosen = [rules[i] for i in group]
        cases = _cases(names, chosen)
        if math.prod(len(values) for values in cases.values()) > _MOST_CASES:
            continue
        for values in itertools.product(*cases.values()):
            restless = _restless(chosen, dict(zip(cases, values, strict=True)))
            if restless:
                example = ", ".join(
                    f"{key[1]} {value}" for key, value in zip(cases, values, strict=True) if key[0] == "state"
                )
                what = f"the constraints {' and '.join(restless)} contradict each other (for example with {example})"
                cure = "let what one prescribes be allowed by the other"
                names.wrong("model", ("constraints", group[-1]), what, cure=cure)
                break


def _restless(rules: list[Constraint], facts: dict[tuple[str, ...], Any]) -> list[str]:
    """Apply constraints as the engine does; return the names of those that still fire at the end."""
    fired: list[str] = []
    for _ in range(_MOST_ROUNDS):
        fired = []
        for rule in rules:
            if fires(rule, facts):
                facts["state", rule.domain] = rule.otherwise
                if ("months_in", rule.domain) in facts:
                    facts["months_in", rule.domain] = 0.0
                fired.append(rule.name)
        if not fired:
            return []
    return fired


def check_preset(names: Names, name: str, preset: Preset) -> None:
    """Note the constraints that a preset breaks from its first day."""
    facts: dict[tuple[str, ...], Any] = {("state", domain): state for domain, state in preset.states.items()}
    facts["age",] = preset.age
    facts["calendar",] = 0.0
    facts.update({("trait", trait): value for trait, value in preset.traits.items()})
    facts.update({("latent", latent): value for latent, value in preset.latents.items()})
    facts.update({("months_in", domain): float(months) for domain, months in preset.months_in.items()})
    for rule in names.scenario.model.constraints:
        if fires(rule, facts):
            state = preset.states[rule.domain]
            what = f"{rule.domain} '{state}' breaks the constraint '{rule.name}'"
            allowed = ", ".join(rule.allowed) or f"not {state}"
            names.wrong("population", ("presets", name, "states", rule.domain), what, allowed=allowed)
