"""In plain words how scenario B differs from scenario A: the biggest things first, everything else counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trajectsim.config.difference import Difference, difference, pair, pair_arms
from trajectsim.config.load import packaged_names, read_kind
from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import Use
from trajectsim.config.titles import titles_of
from trajectsim.economics.per_youth import number_of, per_youth
from trajectsim.evidence.parameter import Dirichlet, Parameter
from trajectsim.report.blocks import Table
from trajectsim.report.labels import label
from trajectsim.report.phrases import Words, phrases, plain, words

__all__ = ["Account", "account", "both_titles"]

MOST = 12
"""Sentences that are shown; the rest is counted."""

MOST_ROWS = 400
"""Rows of the table of everything; the rest is counted."""

PARTS = ("scenario", "arms", "interventions", "ingredients", "population", "model", "prices", "world")
HEADLINES = ("places", "start_month", "hours", "duration", "aftercare", "acts", "costs", "team", "levers", "changes")
SHARES = {1 / 2: "half", 1 / 3: "third", 1 / 4: "quarter"}


@dataclass(frozen=True)
class Account:
    """How B differs from A: `lines` (sentences, the biggest first), `rest` (what they leave out, counted; empty if
    nothing), and the `table` of every difference."""

    lines: list[str]
    rest: str
    table: Table


@dataclass(frozen=True)
class _Line:
    """A sentence, where it belongs, how far apart, and the differences that it tells of."""

    rank: int
    size: float
    text: str
    tells: tuple[Difference, ...] = ()


def account(a: Scenario, b: Scenario, lang: str, most: int = MOST) -> Account:
    """Return how two scenarios differ.

    Args:
        a: the scenario to compare with.
        b: the scenario that is told of.
        lang: nl or en.
        most: sentences at most.
    """
    teller = _Teller(a, b, words(lang, both_titles(a, b, lang)))
    found = difference(a, b)
    lines = sorted(teller.lines(found), key=lambda line: (line.rank, -line.size))
    shown = lines[:most]
    told = {id(item) for line in shown for item in line.tells}
    left = [item for item in found if id(item) not in told]
    texts = [line.text[:1].upper() + line.text[1:] for line in shown] or [teller.words("differs.none")]
    return Account(texts, teller.rest(left), teller.table(found))


def both_titles(a: Scenario, b: Scenario, lang: str) -> dict[str, dict[str, str]]:
    """Return the titles of two scenarios; where both give one, that of A counts."""
    titles = titles_of(b) | titles_of(a)
    for item in (*b.interventions.values(), *a.interventions.values()):
        for number, effect in enumerate(item.effects):
            target = effect.exit or f"latent.{effect.latent}"
            what = (titles.get(target) or {}).get(lang) or plain(target)
            when = ", ".join(phrases(lang)[f"label.while_{state}"] for state in effect.while_)
            text = phrases(lang)["label.programme_effect"].format(what=what, when=when)
            titles[f"interventions.{item.name}.effects.{number}"] = {lang: text}
    return titles


class _Teller:
    """Turns differences into sentences of one language."""

    def __init__(self, a: Scenario, b: Scenario, words: Words) -> None:
        self.a, self.b, self.words = a, b, words

    # --- everything ---------------------------------------------------------------------------------------------------

    def lines(self, found: Sequence[Difference]) -> list[_Line]:
        """Return all sentences; each tells of one or more differences."""
        whole = self._wholes(found)
        told = {id(item) for line in whole for item in line.tells}
        return whole + [self._one(item) for item in found if id(item) not in told]

    def rest(self, left: Sequence[Difference]) -> str:
        """Return how many differences were left out, by part; empty if there are none."""
        if not left:
            return ""
        count = Counter(item.part for item in left)
        parts = ", ".join(self.words(f"differs.part_{part}", n=count[part]) for part in PARTS if count[part])
        return self.words("differs.rest" if len(left) > 1 else "differs.rest_one", n=len(left), parts=parts)

    def table(self, found: Sequence[Difference]) -> Table:
        """Return every difference: path, what it is, A and B."""
        rows = [[item.path, self.what(item), self.value(item.a), self.value(item.b)] for item in found[:MOST_ROWS]]
        if len(found) > MOST_ROWS:
            rows.append([self.rest(found[MOST_ROWS:]), "", "", ""])
        head = [self.words("table.path"), self.words("table.parameter"), "A", "B"]
        return Table(head, rows, text=frozenset({0, 1, 2, 3}))

    # --- things as a whole --------------------------------------------------------------------------------------------

    def _wholes(self, found: Sequence[Difference]) -> list[_Line]:
        lines = self._arms(found)
        by_key = {item.key: item for item in found}
        for part in ("model", "prices", "population"):
            item = by_key.get(f"scenario.{part}")
            own = [x for x in found if x.part == part]
            if item is not None and item.a is not None and item.b is not None and own:
                lines.append(self._said(1, f"differs.{part}", [item, *own], a=self._whole_name("a", part),
                                        b=self._whole_name("b", part), n=len(own)))  # fmt: skip
        item = by_key.get("scenario.world")
        if item is not None:
            kept = {id(x) for line in lines for x in line.tells}
            parts = ("world", "model", "population", "prices")
            own = [x for x in found if x.part in parts and id(x) not in kept and not self._number_in_both(x)]
            key = "world" if item.a and item.b else "world_b" if item.b else "world_a"
            lines.append(self._said(1, f"differs.{key}", [item, *own], a=item.a, b=item.b, n=len(own)))
        for kind, key in (("only_b", "ingredients_b"), ("only_a", "ingredients_a")):
            own = [x for x in found if x.part == "ingredients" and x.kind == kind]
            if own:
                which = dict.fromkeys(self._called(x.key.split(".")[1]) for x in own)
                lines.append(self._said(5, f"differs.{key}", own, names=", ".join(f"‘{name}’" for name in which)))
        item = by_key.get("scenario.law_year")
        if item is not None:
            kept = {id(x) for line in lines for x in line.tells}
            own = [x for x in found if x.part in ("model", "prices", "interventions") and id(x) not in kept
                   and x.kind in ("only_a", "only_b")]  # fmt: skip
            lines.append(self._said(2, "differs.law_year", [item, *own], a=item.a, b=item.b, n=len(own)))
        item = by_key.get("scenario.off")
        if item is not None:
            kept = {id(x) for line in lines for x in line.tells}
            lines += self._switches(item, [x for x in found if id(x) not in kept])
        return lines

    @staticmethod
    def _number_in_both(item: Difference) -> bool:
        return item.kind in ("number", "spread", "evidence") and item.part != "world"

    def _whole_name(self, side: str, part: str) -> str:
        scenario = self.a if side == "a" else self.b
        declared = getattr(scenario, part)
        title = getattr(declared, "title", None)
        return str(getattr(title, self.words.lang, None) or getattr(declared, "name", part))

    def _place(self, name: str | None) -> str:
        """Return the title of a packaged place, or the name of a file."""
        if name is None or name not in packaged_names("place"):
            return str(name or "")
        return str(getattr(read_kind("place", name).spec.title, self.words.lang))

    def _switches(self, item: Difference, left: Sequence[Difference]) -> list[_Line]:
        lines = []
        before, now = set(item.a or ()), set(item.b or ())
        for key, names, kind in (("off_b", now - before, "only_a"), ("off_a", before - now, "only_b")):
            if names:
                text = ", ".join(f"‘{self.words.title(f'mechanism.{name}', name)}’" for name in sorted(names))
                own = [x for x in left if x.kind == kind and x.part in ("world", "model", "population", "prices")]
                count = f" {self.words('differs.count', n=len(own))}" if own else ""
                lines.append(self._said(2, f"differs.{key}", [item, *own], names=text, count=count))
        return lines

    def _arms(self, found: Sequence[Difference]) -> list[_Line]:
        """Return which arms and interventions only one of the two has, and what runs instead of what."""
        lines = []
        arms_a = {arm.name: list(arm.interventions) for arm in self.a.spec.arms}
        arms_b = {arm.name: list(arm.interventions) for arm in self.b.spec.arms}
        for one, two in pair_arms(list(arms_a), list(arms_b)):
            if one is None or two is None:
                name, running = (str(two), arms_b[str(two)]) if one is None else (str(one), arms_a[str(one)])
                key = "b_extra_arm" if one is None else "a_extra_arm"
                which = ", ".join(f"‘{self.title(x)}’" for x in running) or self.words("differs.nothing_runs")
                tells = [x for x in found if x.key.startswith(f"arms.{name}.")]
                tells += [x for x in found for own in running if self._belongs_alone(x, own)]
                title = self.words.title(f"arm.{name}", name)
                lines.append(self._said(0, f"differs.{key}", tells, arm=title, interventions=which))
                continue
            arm = self.words.title(f"arm.{one}", one)
            for own, other in pair(arms_a[one], arms_b[two]):
                if own == other:
                    continue
                if own and other and self.title(own) == self.title(other):  # a changed copy: told number by number
                    lines.append(self._said(0, "differs.own_version", [], arm=arm, a=self.title(own), name=other))
                    continue
                key = "without_intervention" if not other else "other_intervention" if own else "also_intervention"
                keys = (f"arms.{one}.interventions.{own}", f"arms.{one}.interventions.{other}")
                tells = [x for x in found if x.key in keys]
                if own and other:
                    lines.append(self._instead(own, other, found))
                tells += [x for x in found if not (own and other) and self._belongs_alone(x, str(own or other))]
                lines.append(self._said(0, f"differs.{key}", tells, arm=arm, a=self.title(own), b=self.title(other)))
        return lines

    def _instead(self, own: str, other: str, found: Sequence[Difference]) -> _Line:
        """Return how an approach differs from the one that runs in its place: the few numbers that make it."""
        mine = [x for x in found if x.key.startswith(f"interventions.{own}.")]
        items = (self.a.interventions[own], self.b.interventions[other])
        sums = [per_youth(item) for item in items]
        pairs: dict[str, list[float]] = {
            "places": [0.0 if (n := number_of(item, item.places)) is None else n.value for item in items],
            "duration": [x.months["enrolled"] for x in sums],
            "aftercare": [x.months["aftercare"] for x in sums],
            "hours": [x.hours_in_all for x in sums],
            "euros": [sum(x.euros.values()) for x in sums],
        }
        facts = []
        for key, (one, two) in pairs.items():
            if one != two:
                write = self.words.style.euro if key == "euros" else self._bare
                facts.append(self.words(f"differs.fact_{key}", a=write(one), b=write(two)))
        text = "; ".join(facts) or self.words("differs.fact_none")
        return self._said(1, "differs.instead", mine, a=self.title(own), b=self.title(other), facts=text, n=len(mine))

    @staticmethod
    def _belongs_alone(item: Difference, name: str) -> bool:
        """Return whether only one of the two has an intervention, and this is part of it."""
        return item.kind in ("only_a", "only_b") and item.path.startswith(f"interventions.{name}.")

    def title(self, name: str | None) -> str:
        """Return the title of an intervention."""
        return self.words.title(name) if name else ""

    # --- one thing ----------------------------------------------------------------------------------------------------

    def _one(self, item: Difference) -> _Line:
        if item.part == "scenario" and (line := self._setting(item)) is not None:
            return line
        if item.part == "interventions" and (line := self._of_programme(item) or self._by_name(item)) is not None:
            return line
        rank = {"number": 4, "setting": 5, "only_a": 5, "only_b": 5, "spread": 6, "evidence": 7}[item.kind]
        if item.part == "interventions" and item.key.split(".")[2] in HEADLINES and rank < 6:
            rank = 2
        size = item.size if math.isfinite(item.size) else 10.0
        if item.kind in ("spread", "evidence"):
            return _Line(rank, size, self.words(f"differs.{item.kind}", what=self.what(item)), (item,))
        a, b = self.value(item.a), self.value(item.b)
        if item.kind == "number":
            text = self.words("differs.number", what=self.what(item), a=a, b=b, change=self._change(item))
        elif item.kind == "setting":
            text = self.words("differs.setting", what=self.what(item), a=a, b=b)
        else:
            text = self.words(f"differs.{item.kind}", what=self.what(item), a=a, b=b)
        return _Line(rank, size, text, (item,))

    def _setting(self, item: Difference) -> _Line | None:
        """Return the sentence of a key of the scenario that has one."""
        name = item.key.partition(".")[2]
        a, b = item.a, item.b
        if name == "start":
            return self._said(1, "differs.start", [item], a=self.month(a), b=self.month(b))
        if name in ("size", "years", "scale") and a is not None and b is not None:
            style = self.words.style
            shown = {key: style.number(value, 0 if value == int(value) else 2) for key, value in (("a", a), ("b", b))}
            return self._said(1, f"differs.{name}", [item], item.size, **shown)
        if name == "place":
            key = "place" if a and b else "place_b" if b else "place_a"
            return self._said(1, f"differs.{key}", [item], 20.0, a=self._place(a), b=self._place(b))
        if name == "prices" and (a is None or b is None):
            return self._said(1, "differs.prices_none_b" if b is None else "differs.prices_none_a", [item])
        if name in ("model", "prices", "population") and a is not None and b is not None:
            return self._said(1, "differs.setting", [item], what=plain(name), a=self._whole_name("a", name),
                              b=self._whole_name("b", name))  # fmt: skip
        return None

    def _of_programme(self, item: Difference) -> _Line | None:
        """Return the sentence of a number of an approach that has a sentence of its own."""
        _, name, *steps = item.key.split(".")
        what, style = self.title(name), self.words.style
        if steps == ["start_month"] and isinstance(item.a, int) and isinstance(item.b, int):
            a, b = self.month(self.a.spec.start, item.a), self.month(self.b.spec.start, item.b)
            return self._said(2, "differs.starts", [item], 10.0, what=what, a=a, b=b)
        if not (isinstance(item.a, Parameter) and isinstance(item.b, Parameter)) or item.kind != "number":
            return None
        x, y = item.a.value, item.b.value
        shown = {"a": self._bare(x), "b": self._bare(y)}
        if steps[0] in ("places", "duration", "aftercare") and len(steps) == 1 and item.a.unit == item.b.unit:
            if steps[0] != "places" and item.a.unit != "months":
                return None
            key = f"differs.{steps[0]}_{'more' if y > x else 'fewer'}"
            apart = style.number(abs(y - x), _decimals(y - x))
            return self._said(2, key, [item], item.size, what=what, n=apart, **shown)
        if steps[0] in ("hours", "acts") and len(steps) == 3 and (change := self._share(x, y)):
            role, when = self._role(steps[1])
            key = "differs.hours" if steps[0] == "hours" else "differs.dose"
            return self._said(2, key, [item], item.size, what=what, change=change, role=role, when=when, **shown)
        return None

    def _by_name(self, item: Difference) -> _Line | None:
        """Return the sentence of a named number that stands for the hours of a role, or the dose of an ingredient."""
        name, *steps = item.path.split(".")[1:]
        intervention = self.a.interventions.get(name)
        if intervention is None or len(steps) != 2 or steps[0] != "parameters" or item.kind != "number":
            return None
        change = self._share(item.a.value, item.b.value)
        shown = {"a": self._bare(item.a.value), "b": self._bare(item.b.value), "change": change}
        for key, number, who, states in (
            *(("hours", row.per_month, row.role, row.while_) for row in intervention.hours),
            *(("dose", act.dose, act.ingredient, act.while_) for act in intervention.acts),
        ):
            if change and isinstance(number, Use) and number.use == steps[1]:
                role, when = self._role(f"{who}@{'+'.join(states)}")
                what = self.title(name)
                return self._said(2, f"differs.{key}", [item], item.size, what=what, role=role, when=when, **shown)
        return None

    def _said(self, rank: int, key: str, tells: Sequence[Difference], size: float = 10.0, **values: Any) -> _Line:
        return _Line(rank, size if math.isfinite(size) else 10.0, self.words(key, **values), tuple(tells))

    def _role(self, step: str) -> tuple[str, str]:
        """Return a role or an ingredient in words, and the states of the programme in which it counts."""
        who, _, when = step.partition("@")
        role = self.words(f"differs.role_{who}") if self.words.has(f"differs.role_{who}") else self._called(who)
        return role, ", ".join(self.words(f"label.while_{state}") for state in when.split("+"))

    # --- words --------------------------------------------------------------------------------------------------------

    def what(self, item: Difference) -> str:
        """Return what a difference is about."""
        head, *steps = item.path.split(".")
        if head == "interventions" and len(steps) >= 2:
            return f"{self.title(steps[0])}: {self._in_programme(item.path, steps, item.key.split('.')[3:])}"
        if head == "ingredients" and steps:
            return f"{self._called(steps[0])}: {' '.join(plain(s) for s in steps[1:])}"
        if head == "prices" and steps[:1] == ["discounting"]:
            return self.words(f"differs.discount_{steps[1]}")
        if isinstance(item.a or item.b, (Parameter, Dirichlet)):
            return label(item.path, self.words)
        return " ".join(plain(step) for step in item.path.split(".")[-3:])

    def _in_programme(self, path: str, steps: list[str], about: list[str]) -> str:
        kind, rest = steps[1], steps[2:]
        if kind == "effects" and rest:
            return self.words.title(f"interventions.{steps[0]}.effects.{rest[0]}")
        if kind == "costs" and len(rest) > 1:
            line = self.words.title(f"prices.lines.{steps[0]}.{rest[0]}", rest[0])
            text = self.words("label.price", what=line)
            return text if rest[1] == "price" else f"{line} ({' '.join(plain(s) for s in rest[1:])})"
        if kind in ("team", "selection") and rest and self.words.has(f"number.{rest[0]}"):
            more = ", ".join(plain(s) for s in rest[1:])
            return self.words(f"number.{rest[0]}") + (f" ({more})" if more else "")
        if kind in ("hours", "acts") and about:
            head = self.words("differs.hours_of" if kind == "hours" else "differs.acts")
            return f"{head}: {', '.join(self._role(about[0]))}"
        if kind in ("levers", "changes") and about:
            rest = [about[0].replace("/", "."), *about[1:]]
        key = f"differs.{kind}"
        name = self.words(key) if self.words.has(key) else label(path, self.words).partition(": ")[2] or plain(kind)
        more = " ".join(self.words(f"number.{s}") if self.words.has(f"number.{s}") else plain(s) for s in rest)
        return f"{name} ({more})" if more and self.words.has(key) else name

    def _called(self, name: str) -> str:
        """Return the title of an ingredient, or the plain name."""
        for scenario in (self.a, self.b):
            found = getattr(scenario, "ingredients", {}).get(name)
            if found is not None:
                return str(getattr(found.title, self.words.lang))
        return plain(name)

    def value(self, value: Any) -> str:
        """Return a value as a person reads it."""
        if value is None:
            return self.words("differs.nothing")
        if isinstance(value, Parameter):
            if value.unit in ("probability", "proportion", "share"):
                return self.words.style.percent(value.value, _decimals(100 * value.value))
            unit, number = self.words(f"unit.{value.unit}"), value.value
            money = self.words.style.euro(number, 0 if number % 1 == 0 else 2)
            return f"{money if value.unit.startswith('EUR') else self._bare(number)} {unit}".rstrip()
        if isinstance(value, Dirichlet):
            return ", ".join(f"{plain(s)} {self.words.style.percent(x)}" for s, x in value.shares.items())
        if isinstance(value, Use):
            return self.words("differs.refers", name=plain(value.use))
        if isinstance(value, bool):
            return self.words("differs.yes" if value else "differs.no")
        if isinstance(value, int):
            return str(value)
        if isinstance(value, float):
            return self._bare(value)
        if isinstance(value, (tuple, list)):
            return ", ".join(self.value(item) for item in value) or self.words("differs.nothing")
        text = str(value)
        return self.words("differs.function") if "\n" in text else text.replace("_", " ")

    def _bare(self, value: float) -> str:
        """Return a number with as many decimals as it needs for three figures."""
        return self.words.style.number(value, _decimals(value))

    def month(self, start: str, later: int = 0) -> str:
        """Return a month in words: so many months after the start."""
        year, month = (int(part) for part in start.split("-"))
        at = year * 12 + month - 1 + later
        return f"{self.words(f'month.{at % 12 + 1}')} {at // 12}"

    def _share(self, a: float, b: float) -> str:
        """Return how B's amount relates to A's, to stand before a noun; empty where that cannot be said."""
        if a <= 0 or b <= 0 or a == b:
            return ""
        ratio = b / a
        for share, key in SHARES.items():
            if abs(ratio - share) < 0.005:
                return self.words(f"differs.{key}")
        if ratio > 1.95 and abs(ratio - round(ratio)) < 0.02 * ratio:
            return self.words("differs.times", n=self.words.style.number(round(ratio)))
        percent = self._bare(abs(100 * (ratio - 1))) if abs(ratio - 1) < 0.005 else f"{abs(100 * (ratio - 1)):.0f}"
        return self.words("differs.more_of" if ratio > 1 else "differs.less_of", n=percent)

    def _change(self, item: Difference) -> str:
        """Return by how much a number is larger or smaller, in brackets; empty where that says nothing."""
        a, b = item.a, item.b
        if not (isinstance(a, Parameter) and isinstance(b, Parameter)) or a.unit != b.unit or a.value * b.value <= 0:
            return ""
        return f" ({self.words.style.number(100 * (b.value / a.value - 1), 0, sign=True)}%)"


def _decimals(value: float) -> int:
    """Return the decimals that three figures of a number need, none that say nothing."""
    for decimals in range(6):
        if abs(round(value, decimals) - value) <= 5e-4 * abs(value):
            return decimals
    return 6
