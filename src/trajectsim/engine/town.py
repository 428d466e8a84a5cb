"""What a world's numbers are in one arm and draw: records and arrays that the months read.

`TownProgram` is a scenario's world as far as it is the same in every arm and draw (`town_compiler.py` makes it); its
`settings` follow from a row of draws.
"""


from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.config.intervention import STATES
from trajectsim.config.schema import Intervention, Number, Selection, Team
from trajectsim.config.world import Budget, Decision, Households, Network, Places, Provision, WorldSpec
from trajectsim.engine.builder import step_scale
from trajectsim.engine.luck import purpose
from trajectsim.engine.shared import (
    ALWAYS,
    BUDGET,
    FIRST_COME,
    LOTTERY,
    NEED,
    POOL,
    TEAM,
)
from trajectsim.engine.slots import Resolver
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE

__all__ = ["Pool", "Settings", "TownProgram"]


F64 = npt.NDArray[np.float64]
I64 = npt.NDArray[np.int64]
MOST_SLOTS = 256
"""Coaches that are kept apart; in a larger team each stands for several."""
NO_CAPACITY = 1e15
"""Places of a provision that is not scarce."""
_ORDERS = {"first_come": FIRST_COME, "lottery": LOTTERY, "need": NEED}
_RULES = {"lottery": 0, "first_come": 0, "most_needy": 0, "marker": 1, "known": 2}


@dataclass(frozen=True)
class Pool:
    """A provision as the engine sees it: its domain and states, with the rules that mechanisms or a programme give it.

    `places_path` and `decision_path` are where the rules stand among the parameters.
    """

    name: str
    domain: int
    states: tuple[int, ...]
    provision: Provision | None = None
    places: Places | None = None
    places_path: str = ""
    decision: Decision | None = None
    decision_path: str = ""
    programme: Intervention | None = None


@dataclass(frozen=True)
class Settings:
    """The records of one arm and draw: everything of `Shared` and `Town` that does not change, by name."""

    pools: npt.NDArray[Any]
    teams: npt.NDArray[Any]
    budgets: npt.NDArray[Any]
    arrays: dict[str, npt.NDArray[Any]]
    units: I64
    capacity: F64
    sectors: tuple[tuple[F64, F64], ...]
    all_year: F64
    experience: F64
    layers: tuple[tuple[int, float, float], ...]
    inside: float
    home_share: float


@dataclass(frozen=True)
class TownProgram:
    """The world of a scenario, compiled as far as it is the same in every arm and draw."""

    world: WorldSpec
    resolver: Resolver
    pools: tuple[Pool, ...]
    interventions: dict[str, Intervention]
    levels: dict[str, int]
    level_flag: I64
    teams: tuple[str, ...]
    selections: dict[str, Selection]
    budgets: tuple[tuple[str, Budget, str], ...]
    laws: tuple[str, ...]
    law_conditions: I64
    suited: dict[str, int]
    network: tuple[Network, str] | None
    households: tuple[Households, str] | None
    cycle: str | None
    state_pool: I64
    domain_row: I64
    first_of: I64
    domain_of: I64
    incidents: npt.NDArray[np.uint64]
    failure_pool: tuple[tuple[int, int], ...]
    event_row: I64
    answers: I64
    at_answers: int
    waiting_row: I64
    signal_domain: I64
    signal_mask: npt.NDArray[np.uint64]
    signal_last: I64
    signal_steps: I64
    signal_row: I64
    helper_row: int
    n_events: int
    steps_per_year: int
    steps: int
    rows: Any
    states: Mapping[str, Mapping[str, int]]
    first: I64
    uptake: dict[str, int]
    n_reasons: int
    bands: I64
    watch: int
    scale: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the provisions, in order."""
        return tuple(pool.name for pool in self.pools)

    def settings(self, draw: F64, interventions: Sequence[str] = ()) -> Settings:
        """Return the records of one arm (the interventions that run in it) and one row of the register's draws."""
        return _Reader(self, draw, tuple(interventions)).settings()


class _Reader:
    """Reads the numbers of a world from one draw, for one arm."""

    def __init__(self, town: TownProgram, draw: F64, interventions: tuple[str, ...]) -> None:
        self.town, self.draw, self.running = town, draw, interventions
        self.latents: list[int] = []
        self.weights: list[float] = []

    def number(self, number: Number | float | None, path: str, scope: str = "model", missing: float = 0.0) -> float:
        """Return the value of a number."""
        if number is None:
            return missing
        if isinstance(number, (int, float)):
            return float(number)
        resolver = self.town.resolver
        return float(self.draw[resolver.index[resolver.full_path(number, path, scope)]])

    def rate(self, number: Number | float | None, path: str, scope: str = "model") -> float:
        """Return a rate per step; one without a time in its unit is per month."""
        if number is None or isinstance(number, (int, float)):
            return self.number(number, path, scope) * 12.0 / self.town.steps_per_year
        unit = self.town.resolver.unit(number, path, scope)
        spy = self.town.steps_per_year
        if unit.endswith("/year"):
            scale = 1.0 / spy
        else:
            scale = step_scale(unit, spy) if unit.endswith(("per month", "per year", "per step")) else 12.0 / spy
        return self.number(number, path, scope) * scale

    def time(self, number: Number | float | None, path: str, scope: str = "model") -> float:
        """Return a time in steps; 0 where there is none."""
        if number is None:
            return 0.0
        spy = self.town.steps_per_year
        years = not isinstance(number, (int, float)) and self.town.resolver.unit(number, path, scope) == "years"
        return self.number(number, path, scope) * (spy if years else spy / 12)

    def jumps(self, numbers: Mapping[str, Number], path: str, scope: str, one: float, rate: bool = False) -> int:
        """Add weights of latents, in units of `one`; return where they begin."""
        begin = len(self.weights)
        for latent, number in numbers.items():
            read = self.rate if rate else self.number
            self.latents.append(self.town.rows.latents[latent])
            self.weights.append(read(number, f"{path}.{latent}", scope) * one)
        return begin

    def settings(self) -> Settings:
        """Return the records of the arm and the draw."""
        town = self.town
        n_units = np.zeros(len(town.pools), np.int64)
        capacity, all_year = np.zeros(len(town.pools)), np.ones(len(town.pools))
        sectors: list[tuple[F64, F64]] = []
        pools = np.zeros(len(town.pools), POOL)
        for p, pool in enumerate(town.pools):
            record = pools[p]
            record["domain"], record["row"] = pool.domain, town.domain_row[pool.domain]
            record["salt"] = purpose(f"places {pool.name}")
            for name in ("uptake", "first_month", "picked", "unsuited", "suited"):
                record[name] = -1
            record["decide"], record["intake"], record["tolerance"] = 1.0, ALWAYS, np.inf
            sectors.append((np.ones(1), np.ones(1)))
            if pool.programme is not None:
                self._programme(record, pool.programme)
                n_units[p], capacity[p] = 1, self._programme_places(pool.programme)
            else:
                self._decision(record, pool)
                n_units[p], capacity[p] = 1, NO_CAPACITY
                if pool.places is not None:
                    n_units[p], capacity[p], all_year[p] = self._places(record, pool)
                    sectors[p] = self._sectors(pool)
        first = np.concatenate([[0], np.cumsum(n_units)[:-1]]) if len(n_units) else n_units
        pools["unit_first"], pools["units"], pools["capacity"] = first, n_units, capacity
        teams, hours, given, unsuited, experience = self._teams()
        network, homes = self._network(), self._homes()
        arrays = {**self._budgets(), **network.pop("arrays"), **homes.pop("arrays")}
        budgets = arrays["budgets"]
        asked = (budgets["cap"] >= 0) | ((budgets["pooled"] != 0) & (budgets["open"] != 0))
        pools["asks_always"] |= (arrays["tariff"][asked] > 0).any(axis=0)
        arrays.update(
            role_hours=hours, role_given=given, unsuited=unsuited, cycle=self._cycle(), failures=self._failures()
        )
        return Settings(
            pools=pools,
            teams=teams,
            budgets=arrays.pop("budgets"),
            arrays={**arrays, "latent_of": np.array(self.latents, np.int64), "weight": np.array(self.weights, float)},
            units=n_units,
            capacity=capacity,
            sectors=tuple(sectors),
            all_year=all_year,
            experience=experience,
            layers=network["layers"],
            inside=network["inside"],
            home_share=homes["share"],
        )

    # --- provisions ---------------------------------------------------------------------------------------------------

    def _places(self, record: Any, pool: Pool) -> tuple[int, float, float]:
        places, path = pool.places, pool.places_path
        assert places is not None
        record["order"] = _ORDERS[places.order]
        if places.intake:
            record["intake"] = sum(1 << (month - 1) for month in places.intake)
        record["patience"] = _chance(self.time(places.patience, f"{path}.patience"))
        record["need_begin"] = self.jumps(places.need, f"{path}.need", "model", 1.0)
        record["need_end"] = len(self.weights)
        record["wait_begin"] = self.jumps(places.waiting, f"{path}.waiting", "model", LATENT_ONE, rate=True)
        record["wait_end"] = len(self.weights)
        capacity = self.number(places.capacity, f"{path}.capacity")
        tolerance = self.number(places.tolerance, f"{path}.tolerance", missing=np.inf)
        for name in self.running:
            for j, change in enumerate(self.town.interventions[name].changes):
                if change.provision == pool.name:
                    scope = f"interventions.{name}"
                    capacity *= self.number(change.capacity, f"{scope}.changes.{j}.capacity", scope, 1.0)
                    tolerance *= self.number(change.tolerance, f"{scope}.changes.{j}.tolerance", scope, 1.0)
        record["tolerance"] = tolerance
        record["forget"] = min(self.rate(places.recovery, f"{path}.recovery"), 1.0)
        record["cycle"] = self.number(places.cycle, f"{path}.cycle")
        if places.outside is not None:
            record["arrivals"] = self.rate(places.outside.arrivals, f"{path}.outside.arrivals") * self.town.scale
            record["leave"] = _chance(self.time(places.outside.stay, f"{path}.outside.stay"))
        units = places.units if isinstance(places.units, int) else round(self.number(places.units, f"{path}.units"))
        all_year = self.number(places.all_year, f"{path}.all_year") if places.intake else 1.0
        # More towns have more units; a provision held by one has more places there.
        if units > 1:
            units = max(round(units * self.town.scale), 1)
        else:
            capacity *= self.town.scale
        return max(int(units), 1), max(capacity, 0.0), all_year

    def _sectors(self, pool: Pool) -> tuple[F64, F64]:
        """Return the cumulative shares of the sectors and the places of their units relative to the mean."""
        if pool.places is None or not pool.places.sectors:
            return np.ones(1), np.ones(1)
        path = f"{pool.places_path}.sectors"
        share = np.array([self.number(x.share, f"{path}.{n}.share") for n, x in pool.places.sectors.items()])
        places = np.array([self.number(x.places, f"{path}.{n}.places") for n, x in pool.places.sectors.items()])
        share = share / share.sum()
        return np.cumsum(share), places / max(float((share * places).sum()), 1e-12)

    def _decision(self, record: Any, pool: Pool) -> None:
        if pool.decision is None:
            return
        decision, path = pool.decision, pool.decision_path
        record["decides"] = record["asks_always"] = 1
        record["decide"] = _chance(self.time(decision.months, f"{path}.months"), missing=1.0)
        record["refused"] = self.number(decision.refused, f"{path}.refused")
        record["passed_on"] = self.number(decision.passed_on, f"{path}.passed_on")
        for key, reaction in (("refused", decision.on_refused), ("passed", decision.on_passed_on)):
            name = "on_refused" if key == "refused" else "on_passed_on"
            record[f"{key}_begin"] = self.jumps(reaction.shift, f"{path}.{name}.shift", "model", LATENT_ONE)
            record[f"{key}_end"] = len(self.weights)

    def _programme_places(self, item: Intervention) -> float:
        scope = f"interventions.{item.name}"
        return float(round(self.number(item.places, f"{scope}.places", scope)))

    def _programme(self, record: Any, item: Intervention) -> None:
        town, scope = self.town, f"interventions.{item.name}"
        record["uptake"] = town.uptake[item.name]
        record["start"] = round(item.start_month * town.steps_per_year / 12)
        record["order"] = LOTTERY
        selection = town.selections.get(item.name)
        if selection is None:
            return
        path = f"{scope}.selection"
        record["order"] = {"first_come": FIRST_COME, "most_needy": NEED}.get(selection.rule, LOTTERY)
        record["rule"] = _RULES[selection.rule]
        record["need_begin"] = self.jumps(selection.need, f"{path}.need", scope, 1.0)
        record["need_end"] = len(self.weights)
        record["suited"] = town.suited.get(item.name, -1)
        record["picked"] = town.rows.flags.get(f"picked_{item.name}", -1)
        record["unsuited"] = town.rows.flags.get(f"unsuited_{item.name}", -1)
        right = self.number(selection.accuracy, f"{path}.accuracy", scope)
        record["sensitivity"] = self.number(selection.sensitivity, f"{path}.sensitivity", scope, right)
        record["specificity"] = self.number(selection.specificity, f"{path}.specificity", scope, right)
        record["pressure"] = self.number(selection.pressure, f"{path}.pressure", scope)
        record["asks_always"] = int(record["suited"] >= 0)
        first = self.number(selection.first_month, f"{path}.first_month", scope, -1.0)
        record["first_month"] = round(first)
        if first >= 0:
            record["asks_always"] = 1

    def _failures(self) -> I64:
        out = np.zeros((self.town.n_reasons, len(self.town.pools)), np.int64)
        for reason, p in self.town.failure_pool:
            places, path = self.town.pools[p].places, self.town.pools[p].places_path
            assert places is not None
            out[reason, p] = round(self.number(places.failure_weight, f"{path}.failure_weight") * NUMBER_ONE)
        return out

    # --- teams --------------------------------------------------------------------------------------------------------

    def _teams(self) -> tuple[npt.NDArray[Any], F64, F64, F64, F64]:
        """Return the teams, their roles' hours needed and given, the weight of the unsuited, and starting
        experience."""
        town = self.town
        teams = np.zeros(len(town.levels), TEAM)
        hours: list[list[float]] = []
        given: list[float] = []
        unsuited, experience = np.ones(len(town.levels)), np.ones(len(town.levels))
        slots = 0
        for k, (name, level) in enumerate(town.levels.items()):
            item, scope = town.interventions[name], f"interventions.{name}"
            record = teams[k]
            record["domain"] = list(town.states).index(name)
            record["level"], record["first_slot"], record["roles_begin"] = level, slots, len(hours)
            record["salt"], record["shape"], record["novice"] = purpose(f"team {name}"), 1.0, 1.0
            selection = town.selections.get(name)
            if selection is not None and selection.suited is not None:
                unsuited[k] = self.number(selection.unsuited, f"{scope}.selection.unsuited", scope)
            if name in town.teams and item.team is not None:
                experience[k] = self._team(record, item, item.team, scope, hours, given)
                slots += int(record["slots"])
            record["roles_end"] = len(hours)
        return teams, np.array(hours, float).reshape(len(hours), len(STATES)), np.array(given), unsuited, experience

    def _team(
        self, record: Any, item: Intervention, team: Team, scope: str, hours: list[list[float]], given: list[float]
    ) -> float:
        path, month = f"{scope}.team", 12.0 / self.town.steps_per_year
        per_fte = self.number(team.hours_per_fte, f"{path}.hours_per_fte", scope)
        free = 1.0 - self.number(team.overhead, f"{path}.overhead", scope)
        posts = 0.0
        for role, number in team.fte.items():
            fte = self.number(number, f"{path}.fte.{role}", scope)
            posts += fte
            needed = [0.0] * len(STATES)
            for j, row in enumerate(item.hours):
                hour = self.number(row.per_month, f"{scope}.hours.{j}.per_month", scope) * month
                for state in row.while_ if row.role == role else []:
                    needed[STATES.index(state)] += hour
            hours.append(needed)
            given.append(fte * per_fte * free / self.town.steps_per_year)
        record["slots"] = min(max(int(np.ceil(posts - 1e-9)), 1), MOST_SLOTS)
        record["turnover"] = 1.0 - np.exp(-self.rate(team.turnover, f"{path}.turnover", scope))
        record["learn"] = _chance(self.time(team.learning, f"{path}.learning", scope))
        record["novice"] = self.number(team.novice, f"{path}.novice", scope)
        record["shape"] = self.number(team.shape, f"{path}.shape", scope)
        record["jump_begin"] = self.jumps(team.on_turnover, f"{path}.on_turnover", scope, LATENT_ONE)
        record["jump_end"] = len(self.weights)
        return self.number(team.experience, f"{path}.experience", scope)

    # --- budgets ------------------------------------------------------------------------------------------------------

    def _budgets(self) -> dict[str, npt.NDArray[Any]]:
        town, spy = self.town, self.town.steps_per_year
        n = len(town.budgets)
        budgets = np.zeros(n, BUDGET)
        tariff = np.full((n, len(town.pools)), -1, np.int64)
        law_budget = np.full(len(town.laws), -1, np.int64)
        openers: list[int] = []
        for j, (_, item, path) in enumerate(town.budgets):
            budgets[j]["pooled"] = int(item.pooled)
            opened = not item.opened_by or any(name in self.running for name in item.opened_by)
            budgets[j]["open"] = int(not item.pooled or opened)
            inside = [name for name in item.opened_by if name in self.running] if item.pooled else []
            budgets[j]["opener_begin"] = len(openers)
            if all(town.interventions[name].is_programme for name in inside):  # what has no participants serves all
                openers += [list(town.states).index(name) for name in inside]
            budgets[j]["opener_end"] = len(openers)
            cap = -1.0 if item.cap is None else self.number(item.cap, f"{path}.cap") * 100 * town.scale
            budgets[j]["cap"] = round(cap)
            for law in item.laws:
                law_budget[town.laws.index(law)] = j
            for name, number in item.tariffs.items():
                if name not in town.names or (item.pooled and name not in item.buys):
                    continue
                unit = town.resolver.unit(number, f"{path}.tariffs.{name}", "model")
                per_year = {"EUR/month": 12.0, "EUR/week": 365.25 / 7, "EUR/day": 365.25}.get(unit, 1.0)
                cents = self.number(number, f"{path}.tariffs.{name}") * per_year * 100 / spy
                tariff[j, town.names.index(name)] = round(cents)
        spans = np.zeros((len(town.pools), len(town.laws), 2), np.int64)
        for p, pool in enumerate(town.pools):
            for span in pool.provision.laws if pool.provision is not None else []:
                low = 0 if span.age.from_ is None else round(span.age.from_ * spy)
                high = 1 << 30 if span.age.to is None else round(span.age.to * spy)
                spans[p, town.laws.index(span.law)] = (low, high)
        opener_domain = np.array(openers, np.int64)
        return {
            "budgets": budgets, "opener_domain": opener_domain, "tariff": tariff, "law_budget": law_budget,
            "law_spans": spans,
        }  # fmt: skip

    # --- friends, households, cycle -----------------------------------------------------------------------------------

    def _network(self) -> dict[str, Any]:
        town = self.town
        if town.network is None:
            empty = {"signal_counted": np.zeros(0, np.uint8), "signal_usual": np.zeros(0)}
            return {"arrays": empty, "layers": (), "inside": 0.0}
        network, path = town.network
        layers = tuple(
            (
                j if layer.within else -1,
                self.number(layer.degree, f"{path}.layers.{j}.degree"),
                self.number(layer.clustering, f"{path}.layers.{j}.clustering"),
            )
            for j, layer in enumerate(network.layers)
        )
        signals = network.signals.items()
        usual = [self.number(x.usual, f"{path}.signals.{n}.usual") for n, x in signals]
        counted = [int(x.form == "count") for _, x in signals]
        arrays = {"signal_counted": np.array(counted, np.uint8), "signal_usual": np.array(usual, float)}
        return {"arrays": arrays, "layers": layers, "inside": self.number(network.inside, f"{path}.inside")}

    def _homes(self) -> dict[str, Any]:
        town, n_latents = self.town, len(self.town.rows.latents)
        drift, share = np.zeros(n_latents, np.int64), np.zeros(n_latents, np.int64)
        table: dict[int, npt.NDArray[np.int32]] = {}
        home = np.zeros(2, np.int64)
        together = 0.0
        if town.households is not None:
            homes, path = town.households
            together = self.number(homes.share, f"{path}.share")
            for name, number in homes.helpers.items():
                domain, _, state = name.partition(".")
                row = table.setdefault(list(town.states).index(domain), np.zeros(64, np.int32))
                row[town.states[domain][state]] = round(self.number(number, f"{path}.helpers.{name}") * NUMBER_ONE)
            home[0] = round(self.number(homes.at_home, f"{path}.at_home") * NUMBER_ONE)
            home[1] = round(self.number(homes.threshold, f"{path}.threshold") * NUMBER_ONE)
            for name, number in homes.overload.items():
                drift[town.rows.latents[name]] = round(self.rate(number, f"{path}.overload.{name}") * LATENT_ONE)
            for name, number in homes.shared.items():
                moved = min(self.rate(number, f"{path}.shared.{name}"), 1.0)
                share[town.rows.latents[name]] = round(moved * LATENT_ONE)
        arrays = {
            "helper_domains": np.array(list(table), np.int64),
            "helper_table": np.array(list(table.values()), np.int32).reshape(len(table), 64),
            "helper_home": home,
            "home_drift": drift,
            "home_share": share,
        }
        return {"arrays": arrays, "share": together}

    def _cycle(self) -> F64:
        town = self.town
        if town.cycle is None:
            return np.zeros(3)
        cycle = next(m.cycle for m in town.world.mechanisms.values() if m.cycle is not None)
        return np.array(
            [
                self.number(cycle.amplitude, f"{town.cycle}.amplitude"),
                self.time(cycle.period, f"{town.cycle}.period"),
                self.time(cycle.phase, f"{town.cycle}.phase"),
            ]
        )


def _chance(mean: float, missing: float = 0.0) -> float:
    """Return the chance per step of an end that comes after `mean` steps on average; `missing` where there is no
    mean."""
    return missing if mean <= 0 else float(1.0 - np.exp(-1.0 / mean))
