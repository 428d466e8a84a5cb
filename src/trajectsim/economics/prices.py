"""A price book, compiled to arrays: which quantity times which price, for whom, at what age.

A line's price is the parameter's value times the index factor of its price year times the factor that turns its unit
into euros per counted unit (a month, an event, an hour). Lines of interventions are compiled in the same way, named
`intervention.line`; an amount of a programme as a whole (`fixed`) counts only in the arms in which it runs. Utilities
become lines of category quality_of_life, valued at the price book's `qaly` parameter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from trajectsim.config.schema import CATEGORIES, PAYERS, Intervention, ModelSpec, Number, PriceBook, PriceLine, Use
from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.evidence.parameter import Parameter

__all__ = [
    "CATEGORY_NAMES", "DISCOUNTS", "FIXED", "KINDS", "PAYER_NAMES", "QALY", "QUANTITIES", "Names", "PriceTable",
    "band_label", "compile_prices", "names_of",
]  # fmt: skip

PAYER_NAMES: tuple[str, ...] = get_args(PAYERS)
CATEGORY_NAMES: tuple[str, ...] = get_args(CATEGORIES)
QUANTITIES = ("state", "event", "entries", "measure", "joint", "hours", "fixed")
FIXED = ("once", "month", "year")
"""How an amount of a programme as a whole is due: at its start, or each month or year while it runs."""
KINDS = ("cost", "benefit", "transfer")
DISCOUNTS = ("standard", "low", "high")
QALY = "qaly"
"""Name of the price book's parameter that values a year in full health; without it utilities stay out of the euros."""

MONTHS_PER_YEAR, DAYS_PER_MONTH = 12.0, 365.25 / 12.0
_PER_MONTH = {
    "EUR/month": 1.0, "EUR/year": 1 / MONTHS_PER_YEAR, "EUR/week": DAYS_PER_MONTH / 7, "EUR/day": DAYS_PER_MONTH,
}  # fmt: skip
_PER_CASE = {"EUR": 1.0, "EUR/event": 1.0, "EUR/case": 1.0}
_UNITS: dict[str, dict[str, float]] = {
    "state": _PER_MONTH,
    "joint": _PER_MONTH,
    "event": _PER_CASE,
    "entries": _PER_CASE,
    "measure": dict.fromkeys(("EUR", "EUR/hour", "EUR/month", "ratio", "number", "share", "proportion"), 1.0),
    "hours": {"EUR/hour": 1.0, "EUR": 1.0},
}
_UNITS_FIXED = {
    "once": _PER_CASE,
    "month": _PER_MONTH,
    "year": {unit: MONTHS_PER_YEAR * euros for unit, euros in _PER_MONTH.items()},
}

_WHOLE = (
    "quantity", "index", "payer", "beneficiary", "category", "kind", "discount", "price", "factor", "weight",
    "cashable", "owner",
)  # fmt: skip

I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Names:
    """The names of what is counted, in the order of the counts' axes; states as `domain.state`."""

    states: tuple[str, ...]
    events: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    joints: tuple[str, ...] = ()
    band_edges: tuple[float, ...] = ()
    steps_per_year: int = 12

    @property
    def bands(self) -> tuple[str, ...]:
        """Labels of the age bands; the first lies below the first edge."""
        return tuple(band_label(self.band_edges, i) for i in range(len(self.band_edges) + 1))


@dataclass(frozen=True)
class PriceTable:
    """Price lines as arrays; L lines, P parameters, H hour columns, B age bands.

    Attributes:
        lines: [L] names. quantity, index: [L] kind of quantity (place in QUANTITIES) and column in its counts.
        bands: [L, B] which age bands count. payer, beneficiary, category, kind: [L] places in the name tuples above
            (beneficiary -1 unless a transfer). programme, displaces: [L] flags. discount: [L] place in DISCOUNTS.
        unit: [L] euros per counted unit for one unit of the price.
        price, factor, weight, cashable: [L] columns in the parameter vector; factor (index), weight (a utility, or how
            many posts) and cashable (share of a saving that can be booked) -1 where absent.
        owner: [L] place of the intervention whose own cost a line is, -1 in the price book.
        interventions, starts, taking_part: [I] names, [I] first month, [I, S] states of who takes part (none: a lever).
        rates: [3] columns of the standard, low and high discount rate.
        hour_names: [H] `intervention.role`; hour_column, hour_state, hour_param: [terms] hours per month by state.
        utility_state, utility_param: [U] states and their utilities, for quality-adjusted life years.
        paths, central, grades: [P] where each parameter stands, its central value and its grade.
    """

    names: Names
    lines: tuple[str, ...]
    quantity: I64
    index: I64
    bands: Bool
    payer: I64
    beneficiary: I64
    category: I64
    kind: I64
    programme: Bool
    displaces: Bool
    discount: I64
    unit: F64
    price: I64
    factor: I64
    weight: I64
    cashable: I64
    owner: I64
    interventions: tuple[str, ...]
    starts: I64
    taking_part: Bool
    rates: I64
    hour_names: tuple[str, ...]
    hour_column: I64
    hour_state: I64
    hour_param: I64
    utility_state: I64
    utility_param: I64
    paths: tuple[str, ...]
    central: F64
    grades: tuple[str, ...]
    titles: tuple[dict[str, str] | None, ...] = ()
    units: tuple[str, ...] = ()

    def values(self, draws: Mapping[str, float]) -> F64:
        """Return the parameter vector [P]: the draw's value where it has one, the central value elsewhere."""
        return np.array([draws.get(p, c) for p, c in zip(self.paths, self.central, strict=True)], dtype=np.float64)

    def rows(self) -> tuple[I64, I64, I64]:
        """Return line [W], payer [W] and sign [W] of the rows of the cost table.

        A cost is one row (+1) and a benefit one row (-1) for its payer; a transfer is two rows: payer +1,
        beneficiary -1. The sum over all rows is society's net cost, in which transfers vanish.
        """
        sign = np.where(self.kind == KINDS.index("benefit"), -1, 1)
        pays = np.flatnonzero(self.beneficiary >= 0)
        line = np.concatenate([np.arange(len(self.lines)), pays])
        order = np.argsort(line, kind="stable")
        payer = np.concatenate([self.payer, self.beneficiary[pays]])
        signs = np.concatenate([sign, np.full(len(pays), -1)])
        return line[order], payer[order], signs[order]

    def counted(self, i: int) -> str:
        """Return the name of what a line counts: a state, an event, a role, or how often a fixed amount is due."""
        own = {
            "event": self.names.events, "measure": self.names.measures, "joint": self.names.joints,
            "hours": self.hour_names, "fixed": FIXED,
        }  # fmt: skip
        return own.get(QUANTITIES[int(self.quantity[i])], self.names.states)[int(self.index[i])]

    def describe(self) -> list[dict[str, Any]]:
        """Return one record per line, for the manifest: everything a reader of the cost table needs to know."""
        return [self._record(i) for i in range(len(self.lines))]

    def _record(self, i: int) -> dict[str, Any]:
        payee = int(self.beneficiary[i])
        return {
            "line": self.lines[i],
            "quantity": QUANTITIES[int(self.quantity[i])],
            "of": self.counted(i),
            "owner": None if self.owner[i] < 0 else self.interventions[int(self.owner[i])],
            "unit": self.units[i] if self.units else None,
            "payer": PAYER_NAMES[int(self.payer[i])],
            "beneficiary": None if payee < 0 else PAYER_NAMES[payee],
            "category": CATEGORY_NAMES[int(self.category[i])],
            "kind": KINDS[int(self.kind[i])],
            "programme": bool(self.programme[i]),
            "displaces": bool(self.displaces[i]),
            "discount": DISCOUNTS[int(self.discount[i])],
            "path": self.paths[int(self.price[i])],
            "grade": max(self.grades[c] for c in (self.price[i], self.factor[i], self.weight[i]) if c >= 0),
            "title": self.titles[i] if self.titles else None,
        }


def band_label(edges: Sequence[float], band: int) -> str:
    """Return the label of an age band: `<12`, `12-16`, ..., `27+`; `all` where there are no edges."""
    if not edges:
        return "all"
    if band == 0:
        return f"<{edges[0]:g}"
    if band == len(edges):
        return f"{edges[-1]:g}+"
    return f"{edges[band - 1]:g}-{edges[band]:g}"


def names_of(model: ModelSpec, interventions: Mapping[str, Intervention]) -> Names:
    """Return the names of all counts; interventions that are not yet domains of the model are added after them."""
    states = [f"{d}.{s}" for d, domain in model.domains.items() for s in domain.states]
    for name, intervention in interventions.items():
        if intervention.is_programme and name not in model.domains:
            from trajectsim.config.intervention import intervention_domain

            states += [f"{name}.{s}" for s in intervention_domain(intervention).states]
    return Names(
        tuple(states), tuple(model.events), tuple(model.measures), tuple(model.joint_lines), tuple(model.age_bands),
        model.steps_per_year,
    )


def compile_prices(
    book: PriceBook,
    model: ModelSpec,
    interventions: Mapping[str, Intervention] | None = None,
    names: Names | None = None,
) -> PriceTable:
    """Compile a price book and the costs of interventions to a table.

    Args:
        book: the prices.
        model: the model whose states, events, measures and joint lines are priced.
        interventions: those of all arms, in order of first naming.
        names: names of the counts, when they are known already (for example from a results store).

    Raises:
        UserError: a line names something the model does not have, has a unit that does not fit its quantity, an age
            that is not at a border of the age bands, or a price year without an index factor.
    """
    interventions = interventions or {}
    build = _Builder(names or names_of(model, interventions), book, interventions)
    build.rates()
    build.hours(interventions)
    for name, line in book.lines.items():
        build.line(name, line, f"prices.lines.{name}", "prices", book.parameters)
    for title, intervention in interventions.items():
        owner = f"interventions.{title}"
        for name, line in intervention.costs.items():
            build.line(f"{title}.{name}", line, f"{owner}.costs.{name}", owner, intervention.parameters)
    build.utilities()
    if build.mistakes:
        raise UserError(build.mistakes)
    return build.table()


class _Builder:
    """Collects lines and parameters; knows the names and gathers mistakes."""

    def __init__(self, names: Names, book: PriceBook, interventions: Mapping[str, Intervention]) -> None:
        self.names, self.book, self.interventions = names, book, interventions
        self.mistakes: list[Mistake] = []
        self.columns: dict[str, int] = {}
        self.parameters: list[Parameter] = []
        self.rows: list[dict[str, Any]] = []
        self.rate_columns: list[int] = []
        self.hour_names: list[str] = []
        self.hour_terms: list[tuple[int, int, int]] = []
        self.utility_terms: list[tuple[int, int]] = []

    def parameter(self, number: Number, path: str, owner: str, shared: Mapping[str, Parameter]) -> int:
        """Return the column of a number, adding it when new; a reference goes to the owner's parameters (-1: none)."""
        if isinstance(number, Use):
            path = f"{owner}.parameters.{number.use}"
            if number.use not in shared:
                self.wrong(f"there is no parameter '{number.use}'", path, shared, number.use)
                return -1
            number = shared[number.use]
        if path not in self.columns:
            self.columns[path] = len(self.parameters)
            self.parameters.append(number)
        return self.columns[path]

    def own(self, number: Number, path: str) -> int:
        """Return the column of a number of the price book itself."""
        return self.parameter(number, path, "prices", self.book.parameters)

    def wrong(self, what: str, key: str, valid: Any = (), name: str = "") -> None:
        self.mistakes.append(Mistake(what, key=key, near=nearest(name, valid) if name else None))

    def place(self, name: str, valid: Sequence[str], what: str, key: str) -> int:
        """Return the place of a name among the valid ones; notes a mistake and returns 0 when it is not there."""
        if name in valid:
            return list(valid).index(name)
        self.wrong(f"unknown {what} '{name}'", key, valid, name)
        return 0

    def rates(self) -> None:
        for which in DISCOUNTS:
            rate: Parameter = getattr(self.book.discounting, which)
            self.rate_columns.append(self.own(rate, f"prices.discounting.{which}"))

    def hours(self, interventions: Mapping[str, Intervention]) -> None:
        for title, intervention in interventions.items():
            owner = f"interventions.{title}"
            for i, entry in enumerate(intervention.hours):
                name = f"{title}.{entry.role}"
                if name not in self.hour_names:
                    self.hour_names.append(name)
                column = self.parameter(entry.per_month, f"{owner}.hours.{i}.per_month", owner, intervention.parameters)
                for state in entry.while_:
                    place = self.place(f"{title}.{state}", self.names.states, "state", f"{owner}.hours.{i}.while")
                    self.hour_terms.append((self.hour_names.index(name), place, column))

    def line(self, name: str, line: PriceLine, key: str, owner: str, shared: Mapping[str, Parameter]) -> None:
        """Add one price line; `owner` and `shared` are whose parameters it may refer to."""
        kind = next(q for q in QUANTITIES if getattr(line, q) is not None)
        price = self.parameter(line.price, f"{key}.price", owner, shared)
        more = {
            field: -1 if number is None else self.parameter(number, f"{key}.{field}", owner, shared)
            for field, number in (("times", line.times), ("cashable", line.cashable))
        }
        self.rows.append({
            "line": name, "quantity": QUANTITIES.index(kind), "index": self.column(kind, getattr(line, kind), key),
            "bands": self.bands(line, kind, key), "payer": PAYER_NAMES.index(line.payer),
            "beneficiary": -1 if line.beneficiary is None else PAYER_NAMES.index(line.beneficiary),
            "category": CATEGORY_NAMES.index(line.category), "kind": KINDS.index(line.kind),
            "programme": line.programme, "displaces": line.displaces, "discount": DISCOUNTS.index(line.discount),
            "unit": self.unit(str(getattr(line, kind)) if kind == "fixed" else kind, price, key), "price": price,
            "factor": self.index(line.price_year, key), "weight": more["times"], "cashable": more["cashable"],
            "owner": list(self.interventions).index(owner.partition(".")[2]) if owner != "prices" else -1,
            "title": None if line.title is None else line.title.model_dump(),
            "units": self.parameters[price].unit if price >= 0 else "",
        })  # fmt: skip

    def column(self, kind: str, name: str, key: str) -> int:
        valid: dict[str, Sequence[str]] = {
            "state": self.names.states, "entries": self.names.states, "event": self.names.events,
            "measure": self.names.measures, "joint": self.names.joints, "hours": self.hour_names, "fixed": FIXED,
        }  # fmt: skip
        what = {"entries": "state", "joint": "joint line", "hours": "role of an intervention"}.get(kind, kind)
        return self.place(name, valid[kind], what, f"{key}.{kind}")

    def bands(self, line: PriceLine, kind: str, key: str) -> list[bool]:
        """Return which bands lie within the line's ages; ages must be borders of bands, or the line would be wrong."""
        edges = self.names.band_edges
        low = -np.inf if line.age is None or line.age.from_ is None else line.age.from_
        high = np.inf if line.age is None or line.age.to is None else line.age.to
        allowed = ", ".join(f"{e:g}" for e in edges) or "none"
        for age in (low, high):
            if np.isfinite(age) and kind in ("joint", "fixed"):
                what = f"{'joint lines' if kind == 'joint' else 'fixed amounts'} are not counted by age"
                self.mistakes.append(Mistake(what, key=f"{key}.age"))
            elif np.isfinite(age) and age not in edges:
                what = f"age {age:g} is not a border of the age bands"
                self.mistakes.append(Mistake(what, key=f"{key}.age", allowed=allowed))
        lower = [-np.inf, *edges]
        return [bool(low <= start < high) for start in lower]

    def unit(self, kind: str, column: int, key: str) -> float:
        if column < 0:
            return 0.0
        units, parameter = {**_UNITS, **_UNITS_FIXED}[kind], self.parameters[column]
        if parameter.unit not in units:
            what = f"unit '{parameter.unit}' does not fit a price per {'month' if kind == 'state' else kind}"
            self.mistakes.append(Mistake(what, key=f"{key}.price.unit", allowed=", ".join(units)))
            return 0.0
        return units[parameter.unit]

    def index(self, year: int, key: str) -> int:
        if year == self.book.price_year:
            return -1
        if year not in self.book.index:
            what = f"price year {year} has no index factor to {self.book.price_year}"
            allowed = ", ".join(str(y) for y in sorted({*self.book.index, self.book.price_year}))
            self.mistakes.append(Mistake(what, key=f"{key}.price_year", allowed=allowed))
            return -1
        return self.own(self.book.index[year].factor, f"prices.index.{year}.factor")

    def utilities(self) -> None:
        """Add the utilities: for life years always, as lines of money when the book values a QALY."""
        qaly = self.book.parameters.get(QALY)
        for state, number in self.book.utilities.items():
            key = f"prices.utilities.{state}"
            weight = self.own(number, key)
            place = self.place(state, self.names.states, "state", key)
            self.utility_terms.append((place, weight))
            if qaly is None:
                continue
            if qaly.unit != "EUR/year":
                what, where = f"the price of a QALY is in {qaly.unit}", f"prices.parameters.{QALY}.unit"
                self.mistakes.append(Mistake(what, key=where, allowed="EUR/year"))
            self.rows.append({
                "line": f"quality_of_life.{state}", "quantity": 0, "index": place,
                "bands": [True] * (len(self.names.band_edges) + 1), "payer": PAYER_NAMES.index("youth_household"),
                "beneficiary": -1, "category": CATEGORY_NAMES.index("quality_of_life"), "kind": KINDS.index("benefit"),
                "programme": False, "displaces": False, "discount": 0, "unit": 1 / MONTHS_PER_YEAR,
                "price": self.own(qaly, f"prices.parameters.{QALY}"),
                "factor": -1, "weight": weight, "cashable": -1, "owner": -1, "title": None, "units": qaly.unit,
            })  # fmt: skip

    def taking_part(self) -> Bool:
        """Return in which states a youth takes part in each programme [I, S]; none of a lever."""
        inside = {
            name: {f"{name}.enrolled", f"{name}.aftercare"} if item.is_programme else set()
            for name, item in self.interventions.items()
        }
        flags = [[state in states for state in self.names.states] for states in inside.values()]
        return np.array(flags, dtype=np.bool_).reshape(len(self.interventions), len(self.names.states))

    def table(self) -> PriceTable:
        """Return the collected lines as arrays."""

        def whole(name: str) -> I64:
            return np.array([row[name] for row in self.rows], dtype=np.int64)

        def flags(name: str) -> Bool:
            return np.array([row[name] for row in self.rows], dtype=np.bool_)

        n_bands = len(self.names.band_edges) + 1
        hours = np.array(self.hour_terms, dtype=np.int64).reshape(-1, 3)
        weights = np.array(self.utility_terms, dtype=np.int64).reshape(-1, 2)
        return PriceTable(
            names=self.names,
            lines=tuple(row["line"] for row in self.rows),
            bands=flags("bands").reshape(-1, n_bands),
            unit=np.array([row["unit"] for row in self.rows], dtype=np.float64),
            programme=flags("programme"),
            displaces=flags("displaces"),
            **{name: whole(name) for name in _WHOLE},
            interventions=tuple(self.interventions),
            starts=np.array([item.start_month for item in self.interventions.values()], dtype=np.int64),
            taking_part=self.taking_part(),
            rates=np.array(self.rate_columns, dtype=np.int64),
            hour_names=tuple(self.hour_names),
            hour_column=hours[:, 0],
            hour_state=hours[:, 1],
            hour_param=hours[:, 2],
            utility_state=weights[:, 0],
            utility_param=weights[:, 1],
            paths=tuple(self.columns),
            central=np.array([p.value for p in self.parameters], dtype=np.float64),
            grades=tuple(p.grade for p in self.parameters),
            titles=tuple(row["title"] for row in self.rows),
            units=tuple(row["units"] for row in self.rows),
        )
