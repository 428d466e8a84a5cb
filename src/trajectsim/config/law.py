"""The law as declared data: rules with an age, a status and years in which they hold, and which of them hold for whom.

A rule says what somebody has a right to, must do, or finds closed, and where the simulator lives it. Nothing here runs
inside the engine: the engine has the exits, constraints and mechanisms that a rule points at. One page on the ideas is
`docs/concepts/law.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from trajectsim.config.check_constraints import holds
from trajectsim.config.load import DATA, shown
from trajectsim.config.messages import validated
from trajectsim.config.reader import read_mapping
from trajectsim.config.schema import Condition, Frozen, InForce, Name, Span, Text
from trajectsim.errors import UserError, nearest

__all__ = ["Entitlement", "Fact", "Holding", "InModel", "LawSpec", "Rule", "age_on", "facts_known", "load_law"]
__all__ += ["rules_that_hold"]

Holder = Literal[
    "jeugdwet", "wmo", "participation", "municipality", "education", "rmc", "national_government", "zvw", "wlz",
    "justice", "employer", "youth", "none", "not_stated",
]  # fmt: skip


class Fact(Frozen):
    """Something about a youth that a rule asks for. `derived`: it is known from the model, and holds where one of the
    conditions does; without it, it must be given."""

    title: Text
    derived: tuple[Condition, ...] = ()


class Entitlement(Frozen):
    """What a rule brings: a provision, a right, a duty, or a bar, which `closes` provisions that another rule opens."""

    kind: Literal["provision", "right", "duty", "bar"]
    title: Text
    closes: tuple[str, ...] = ()


class Asks(Frozen):
    """The status a rule asks for: every fact of `all`, at least one of `any`, none of `none`."""

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class InModel(Frozen):
    """Where the simulator lives a rule; `why` says why where it does not, or what it leaves out."""

    exits: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    joint_lines: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    mechanisms: tuple[str, ...] = ()
    why: str | None = None

    @model_validator(mode="after")
    def _something(self) -> InModel:
        if not self.lived and self.why is None:
            raise ValueError("say where the simulator lives the rule, or `why` it does not")
        return self

    @property
    def lived(self) -> bool:
        """Return whether the simulator lives the rule anywhere."""
        named = (self.exits, self.constraints, self.lines, self.joint_lines, self.measures, self.parameters)
        return any(named) or bool(self.mechanisms)


class Rule(Frozen):
    """One rule: its law, age (from, up to but not including), status, what follows and what it brings.

    `in_force`: the years of law in which it holds. A rule that changed stands twice, the later one with `variant_of`
    the earlier. `changes` says what is known to have changed since the source, and what is to be verified.
    """

    law: str
    rule: Text
    age: Span = Span()
    asks: Asks = Asks()
    consequence: Text
    brings: Annotated[list[str], Field(min_length=1)]
    budget: Holder
    in_force: InForce = InForce()
    variant_of: str | None = None
    changes: str | None = None
    source: str
    locator: str
    grade: Literal["A", "B", "C", "D"]
    in_model: InModel

    def holds(self, year: int, age: float, facts: Collection[str]) -> bool:
        """Return whether the rule holds in a year of law, at an age in years, for somebody of whom `facts` are true."""
        low, high = self.age.from_, self.age.to
        return (
            self.in_force.holds(year)
            and (low is None or age >= low)
            and (high is None or age < high)
            and all(fact in facts for fact in self.asks.all)
            and (not self.asks.any or any(fact in facts for fact in self.asks.any))
            and not any(fact in facts for fact in self.asks.none)
        )


class LawSpec(Frozen):
    """A country's law for young people: `register` lists the rules that must be there, `rules` holds them all."""

    name: Name
    title: Text
    laws: dict[Name, Text]
    facts: dict[Name, Fact]
    entitlements: dict[Name, Entitlement]
    register_: Annotated[list[Name], Field(alias="register")]
    rules: dict[Name, Rule]

    @model_validator(mode="after")
    def _whole(self) -> LawSpec:
        missing = [name for name in self.register_ if name not in self.rules]
        if missing:
            raise ValueError(f"the register lists '{missing[0]}', which is no rule here")
        for name, item in self.entitlements.items():
            for word in item.closes:
                if word not in self.entitlements:
                    raise ValueError(f"{name} closes '{word}', which is no entitlement here")
        for name, rule in self.rules.items():
            for kind, used, known in (
                ("law", [rule.law], self.laws),
                ("fact", [*rule.asks.all, *rule.asks.any, *rule.asks.none], self.facts),
                ("entitlement", rule.brings, self.entitlements),
                ("rule", [rule.variant_of] if rule.variant_of else [], self.rules),
            ):
                for word in used:
                    if word not in known:
                        near = nearest(word, known)
                        hint = f"; did you mean '{near}'?" if near else ""
                        raise ValueError(f"{name}: there is no {kind} '{word}'{hint}")
        return self


@dataclass(frozen=True)
class Holding:
    """The rules that hold for one person at one moment, and what they bring."""

    rules: dict[str, Rule]
    entitlements: Mapping[str, Entitlement]

    def brings(self, kind: str | None = None) -> list[str]:
        """Return what the rules bring, each once, in the order of the rules; of one kind if it is given."""
        names = dict.fromkeys(name for rule in self.rules.values() for name in rule.brings)
        return [name for name in names if kind is None or self.entitlements[name].kind == kind]

    @property
    def provisions(self) -> list[str]:
        """Return the provisions that may be had: what a rule opens and no other rule closes."""
        closed = {name for bar in self.bars for name in self.entitlements[bar].closes}
        return [name for name in self.brings("provision") if name not in closed]

    @property
    def rights(self) -> list[str]:
        """Return the rights that may be called on."""
        return self.brings("right")

    @property
    def duties(self) -> list[str]:
        """Return the duties somebody has towards or because of this person."""
        return self.brings("duty")

    @property
    def bars(self) -> list[str]:
        """Return what the rules close."""
        return self.brings("bar")


def load_law(name_or_path: str = "nl") -> LawSpec:
    """Load a packaged law by name, or a file by path. Raises UserError."""
    if name_or_path.endswith((".yaml", ".yml")):
        return _read(Path(name_or_path))
    path = DATA / "law" / f"{name_or_path}.yaml"
    if not path.is_file():
        names = sorted(item.stem for item in path.parent.glob("*.yaml"))
        raise UserError.of(
            f"there is no packaged law '{name_or_path}'", near=nearest(name_or_path, names), allowed=", ".join(names)
        )
    return _packaged(path)


def _read(path: Path) -> LawSpec:
    return validated(LawSpec, read_mapping(path, shown(path)))


@lru_cache(maxsize=4)
def _packaged(path: Path) -> LawSpec:
    return _read(path)


def rules_that_hold(law: LawSpec, year: int, age: float, facts: Collection[str] | Mapping[str, bool | None]) -> Holding:
    """Return the rules that hold for one person.

    Args:
        law: the law.
        year: the year of law.
        age: in years (see `age_on`); a birthday counts on the day itself.
        facts: the facts that are true, or a mapping of facts to true, false or unknown. What is not told is not true.

    Raises:
        UserError: for a fact that the law does not know.
    """
    true = {name for name, told in facts.items() if told} if isinstance(facts, Mapping) else set(facts)
    for name in sorted(set(facts) - set(law.facts)):
        raise UserError.of(f"the law knows no fact '{name}'", near=nearest(name, law.facts))
    found = {name: rule for name, rule in law.rules.items() if rule.holds(year, age, true)}
    return Holding(found, law.entitlements)


def facts_known(
    law: LawSpec,
    states: Mapping[str, str],
    age: float,
    traits: Mapping[str, float] = {},
    latents: Mapping[str, float] = {},
) -> dict[str, bool | None]:
    """Return the facts that the model knows of a youth: true, false, or None where the states given do not tell.

    Args:
        law: the law.
        states: domain to state.
        age: in years.
        traits, latents: name to value.
    """
    known: dict[tuple[str, ...], str | float] = {
        ("age",): age,
        **{("state", domain): state for domain, state in states.items()},
        **{("trait", name): value for name, value in traits.items()},
        **{("latent", name): value for name, value in latents.items()},
    }
    found: dict[str, bool | None] = {}
    for name, fact in law.facts.items():
        if fact.derived:
            told = [holds(condition, known) for condition in fact.derived]
            found[name] = True if True in told else None if None in told else False
    return found


def age_on(born: date, day: date) -> float:
    """Return an age in years: birthdays passed, and the part of the year since the last one.

    Who is born on 29 February has a birthday on 1 March in other years.
    """
    years = day.year - born.year - (_birthday(born, day.year) > day)
    last, following = _birthday(born, born.year + years), _birthday(born, born.year + years + 1)
    return years + (day - last).days / (following - last).days


def _birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)
