"""In what two scenarios differ, once both are resolved: every setting and every number of the one beside the other.

Arms and interventions are paired first, so that two scenarios that call the same thing by another name, or run another
approach in the same place, are laid side by side. Items of lists are matched by what they are about (an effect by its
exit and state, hours by their role), so that a line put in between is one difference and not many.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import (
    Act,
    Background,
    Change,
    IngredientEffect,
    InterventionEffect,
    Lever,
    RoleHours,
    Text,
    Use,
)
from trajectsim.evidence.parameter import Dirichlet, Parameter

__all__ = ["Difference", "Leaf", "difference", "leaves", "pair", "pair_arms", "pair_interventions"]

Kind = Literal["number", "spread", "evidence", "setting", "only_a", "only_b"]
Pairs = list[tuple[str | None, str | None]]

_NOT_COMPARED = {
    "name", "title", "draws", "replicates", "seed", "set", "arms", "share_luck_across_draws", "follow", "on_month",
}  # fmt: skip
"""Keys of a scenario that are compared elsewhere (arms, what `on_month` does), are resolved already (set), or change no
result of a group."""

_TEXTS = (Text, Background)

_IDENTITY: dict[type[BaseModel], tuple[str, ...]] = {
    InterventionEffect: ("exit", "latent", "while_"),
    IngredientEffect: ("exit", "latent"),
    Act: ("ingredient", "while_"),
    RoleHours: ("role", "while_"),
    Lever: ("parameter",),
    Change: ("provision",),
}
"""What an item of a list is about: by this it is matched with that of the other scenario."""


@dataclass(frozen=True)
class Leaf:
    """One value of a scenario: the `path` under which `trajectsim evidence` knows it, and the value.

    The value is a Parameter, a Dirichlet, a reference (Use), or a plain value.
    """

    path: str
    value: Any


@dataclass(frozen=True)
class Difference:
    """One thing in which scenario B differs from scenario A.

    Attributes:
        part: scenario, arms, interventions, ingredients, population, model, prices or world.
        key: where it stands, items of lists by what they are about; that of A where the two call it otherwise.
        path: the path of the number, as `trajectsim evidence` shows it (that of A, or of B where only B has it).
        kind: *number* (another value), *spread* (same value, another distribution), *evidence* (same number, another
            source or grade), *setting* (anything that is no number with a source), *only_a*, *only_b*.
        a, b: what each has (Parameter, Dirichlet, Use or a plain value); None where it has nothing.
        size: how far numbers lie apart: the absolute logarithm of their ratio; infinity where there is none.
    """

    part: str
    key: str
    path: str
    kind: Kind
    a: Any
    b: Any
    size: float


def difference(a: Scenario, b: Scenario) -> list[Difference]:
    """Return everything in which two scenarios differ, in the order of their files."""
    aliases = {other: own for own, other in pair_interventions(a, b) if own is not None and other is not None}
    arms = {two: one for one, two in pair_arms(*([arm.name for arm in x.spec.arms] for x in (a, b))) if one and two}
    left, right = leaves(a), leaves(b, aliases, arms)
    found = []
    for key in dict.fromkeys([*left, *right]):
        one, two = left.get(key), right.get(key)
        if (made := _compared(key, one, two)) is not None:
            found.append(made)
    return found


def pair(a: Sequence[str], b: Sequence[str]) -> Pairs:
    """Pair names: equal ones, and the one left on either side with each other; the rest stand alone.

    Pairs come in the order of A; what only B has comes last.
    """
    left = [name for name in a if name not in b]
    right = [name for name in b if name not in a]
    swap = {left[0]: right[0]} if len(left) == len(right) == 1 else {}
    pairs: Pairs = [(name, swap.get(name, name if name in b else None)) for name in a]
    pairs += [(None, name) for name in right if name not in swap.values()]
    return pairs


def pair_arms(a: Sequence[str], b: Sequence[str]) -> Pairs:
    """Pair the arms of two scenarios: the null alternatives (the first of each) with each other, the others by name,
    and the one left on either side with each other."""
    return [(a[0], b[0]), *pair(a[1:], b[1:])]


def pair_interventions(a: Scenario, b: Scenario) -> Pairs:
    """Pair the interventions of two scenarios: equal names, then within paired arms the one left on either side."""
    pairs = {own: other for own, other in pair(list(a.interventions), list(b.interventions)) if own is not None}
    arms_a = {arm.name: list(arm.interventions) for arm in a.spec.arms}
    arms_b = {arm.name: list(arm.interventions) for arm in b.spec.arms}
    taken = {other for other in pairs.values() if other is not None}
    for one, two in pair_arms(list(arms_a), list(arms_b)):
        if one is None or two is None:
            continue
        for own, other in pair(arms_a[one], arms_b[two]):
            if own is not None and other is not None and pairs.get(own) is None and other not in taken:
                pairs[own] = other
                taken.add(other)
    found: Pairs = list(pairs.items())
    found += [(None, name) for name in b.interventions if name not in taken]
    return found


# --- values by key ----------------------------------------------------------------------------------------------------


def leaves(
    scenario: Scenario, aliases: Mapping[str, str] = {}, arm_aliases: Mapping[str, str] = {}
) -> dict[str, Leaf]:
    """Return every value of a scenario by key.

    Args:
        scenario: a resolved scenario.
        aliases: interventions of this scenario to the name under which they are to be compared.
        arm_aliases: the same for its arms.
    """
    found: dict[str, Leaf] = {}

    def add(key: str, path: str, value: Any) -> None:
        number = 2
        at = key
        while at in found:
            at, number = f"{key}#{number}", number + 1
        found[at] = Leaf(path, value)

    for name, value in scenario.spec:
        if name not in _NOT_COMPARED:
            add(f"scenario.{name}", name, tuple(value) if isinstance(value, list) else value)
    if scenario.spec.size is None:
        found["scenario.size"] = Leaf("size", scenario.population.size)
    for arm in scenario.spec.arms:
        at = f"arms.{arm_aliases.get(arm.name, arm.name)}"
        for path, number in arm.set.items():
            add(f"{at}.set.{path}", f"arms.{arm.name}.set.{path}", number)
        for given in arm.interventions:
            known = aliases.get(given, given)
            add(f"{at}.interventions.{known}", f"arms.{arm.name}.interventions", known)
    for key, path, value in _model_leaves(scenario.model):
        add(key, path, value)
    for key, path, value in _walk(scenario.population, "population", "population"):
        if key != "population.size" and not key.startswith("population.presets"):
            add(key, path, value)
    for name, item in scenario.interventions.items():
        known = aliases.get(name, name)
        for key, path, value in _walk(_as_declared(item), f"interventions.{known}", f"interventions.{name}"):
            add(key, path, _renamed(value, name, known))
    for name, item in getattr(scenario, "ingredients", {}).items():
        for key, path, value in _walk(item, f"ingredients.{name}", f"ingredients.{name}"):
            add(key, path, value)
    for part, whole in (("prices", scenario.prices), ("world", scenario.world)):
        if whole is not None:
            for key, path, value in _walk(whole, part, part):
                add(key, path, value)
    if scenario.hook is not None:
        add("scenario.on_month", "on_month", scenario.hook)
    return found


def _model_leaves(model: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the values of a model; exits go by `domain.exit`."""
    for section in type(model).model_fields:
        if section != "domains":
            yield from _walk(getattr(model, section), f"model.{section}", f"model.{section}")
    for name, domain in model.domains.items():
        for field in type(domain).model_fields:
            if field != "exits":
                at = f"model.{name}.{field}"
                yield from _walk(getattr(domain, field), at, at)
        for way in domain.exits:
            at = f"model.{name}.{way.name}"
            yield from _walk(way, at, at)


def _as_declared(item: Any) -> Any:
    """Return an intervention without the effects that come with its ingredients: those are compared as ingredients."""
    own = [effect for effect in item.effects if not _of_ingredient(effect)]
    return item if len(own) == len(item.effects) else item.model_copy(update={"effects": own})


def _of_ingredient(effect: InterventionEffect) -> bool:
    numbers = (effect.ratio, effect.adds, effect.drift)
    return any(isinstance(number, Use) and number.use.startswith("@ingredients.") for number in numbers)


def _renamed(value: Any, name: str, known: str) -> Any:
    """Return a plain value with an intervention's own name in it replaced, as in `state: job.enrolled`."""
    if name != known and isinstance(value, str) and (value == name or value.startswith(f"{name}.")):
        return known + value.removeprefix(name)
    return value


def _walk(item: Any, key: str, path: str) -> Iterator[tuple[str, str, Any]]:
    """Yield key, path and value of everything below a declaration; texts for people are left out."""
    if isinstance(item, _TEXTS):
        return
    if isinstance(item, (Parameter, Dirichlet, Use)):
        yield key, path, item
    elif isinstance(item, BaseModel):
        for field in type(item).model_fields:
            value = getattr(item, field)
            of_person = field in ("name", "note", "title", "description") and not isinstance(value, BaseModel)
            if value is None or of_person or field in _IDENTITY.get(type(item), ()):
                continue
            yield from _walk(value, f"{key}.{field.rstrip('_')}", f"{path}.{field.rstrip('_')}")
    elif isinstance(item, Mapping):
        for name, value in item.items():
            yield from _walk(value, f"{key}.{name}", f"{path}.{name}")
    elif isinstance(item, (list, tuple)):
        if not any(isinstance(value, (BaseModel, Mapping, list, tuple)) for value in item):
            if item:
                yield key, path, tuple(item)
            return
        for index, value in enumerate(item):
            yield from _walk(value, f"{key}.{_about(value, index)}", f"{path}.{getattr(value, 'name', None) or index}")
    elif item is not None:
        yield key, path, item


def _about(value: Any, index: int) -> str:
    """Return what an item of a list is about, as a step of its key."""
    named = [getattr(value, field) for field in _IDENTITY.get(type(value), ())]
    texts = ["+".join(part) if isinstance(part, list) else str(part) for part in named if part is not None]
    return "@".join(texts).replace(".", "/") or str(getattr(value, "name", None) or index)


# --- two values -------------------------------------------------------------------------------------------------------


def _compared(key: str, one: Leaf | None, two: Leaf | None) -> Difference | None:
    """Return the difference between two values, or None where there is none."""
    part = key.partition(".")[0]
    if one is None or two is None:
        only = one or two
        assert only is not None
        kind: Kind = "only_b" if one is None else "only_a"
        a, b = (None, only.value) if one is None else (only.value, None)
        return Difference(part, key, only.path, kind, a, b, math.inf)
    a, b = one.value, two.value
    if a == b:
        return None
    if isinstance(a, Parameter) and isinstance(b, Parameter):
        return Difference(part, key, one.path, _kind_of_number(a, b), a, b, _size(a.value, b.value))
    if isinstance(a, Dirichlet) and isinstance(b, Dirichlet):
        same = a.shares == b.shares and a.concentration == b.concentration
        shares = {*a.shares, *b.shares}
        apart = 0.0 if same else max(abs(a.shares.get(s, 0.0) - b.shares.get(s, 0.0)) for s in shares)
        return Difference(part, key, one.path, "evidence" if same else "number", a, b, apart)
    size = _size(a, b) if _is_number(a) and _is_number(b) else math.inf
    return Difference(part, key, one.path, "setting", a, b, size)


def _kind_of_number(a: Parameter, b: Parameter) -> Kind:
    if a.value != b.value or a.unit != b.unit:
        return "number"
    return "spread" if a.distribution != b.distribution else "evidence"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _size(a: float, b: float) -> float:
    """Return the absolute logarithm of the ratio of two numbers; infinity where one is nil or they differ in sign."""
    if a == b:
        return 0.0
    return abs(math.log(b / a)) if a * b > 0 else math.inf
