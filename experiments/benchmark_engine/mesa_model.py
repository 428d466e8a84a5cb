"""The workload as one would write it in Mesa: an agent per youth with a `step`, an AgentSet, a DataCollector."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np

from experiments.benchmark_engine.workload import DOMAINS, Outcome, Workload


class Youth(mesa.Agent):
    """A young person with an age, fixed traits, two latents, a state per domain and a cost per payer."""

    def __init__(self, model: YouthModel) -> None:
        super().__init__(model)
        random, work = model.random, model.work
        self.age = random.randint(*work.age0)
        self.male = random.random() < work.p_male
        self.lvb = random.random() < work.p_lvb
        self.E = random.random()
        self.B = random.random()
        self.states = {
            domain: random.choices(names, shares)[0]
            for domain, names, shares in zip(DOMAINS, work.states, work.start, strict=True)
        }
        self.costs = [0.0] * len(work.payers)

    def step(self) -> None:
        """Live one month: drift, move in each domain, and add up what the states cost."""
        self.drift()
        for domain in DOMAINS:
            self.move(domain)
        self.pay()
        self.age += 1

    def drift(self) -> None:
        for domain, state in self.states.items():
            dE, dB = self.model.drifts[domain, state]
            self.E += dE
            self.B += dB
        self.E = min(max(self.E, 0.0), 1.0)
        self.B = min(max(self.B, 0.0), 1.0)

    def move(self, domain: str) -> None:
        ways = self.model.ways[domain, self.states[domain]]
        hazards = [self.hazard(way) for way in ways]
        total = sum(hazards)
        if self.random.random() < 1.0 - math.exp(-total):
            self.states[domain] = self.random.choices(ways, hazards)[0]["to"]

    def hazard(self, way: dict[str, Any]) -> float:
        eta = way["bE"] * (self.E - 0.5) + way["bB"] * (self.B - 0.5) + way["bA"] * (self.age - 216) / 120
        if self.male:
            eta += way["bS"]
        if self.lvb:
            eta += way["bL"]
        for domain, state, value in way["x"]:
            if self.states[domain] == state:
                eta += value
        return way["h0"] * math.exp(eta)

    def pay(self) -> None:
        discount = self.model.discount
        for domain, state in self.states.items():
            for payer, amount in self.model.prices[domain, state]:
                self.costs[payer] += amount * discount


class YouthModel(mesa.Model):
    """N youths; a step is a month."""

    def __init__(self, work: Workload, n: int, seed: int) -> None:
        super().__init__(seed=seed)
        self.work = work
        self.month = 0
        self.discount = 1.0
        names = dict(zip(DOMAINS, work.states, strict=True))
        labels = [(d, s) for d in DOMAINS for s in names[d]]
        self.drifts = {at: (float(work.drift_E[g]), float(work.drift_B[g])) for g, at in enumerate(labels)}
        self.prices = {at: [(p, float(c)) for p, c in enumerate(work.cost[g]) if c] for g, at in enumerate(labels)}
        self.ways: dict[tuple[str, str], list[dict[str, Any]]] = {at: [] for at in labels}
        for way in work.ways:
            domain = DOMAINS[way.domain]
            self.ways[domain, names[domain][way.source]].append(
                {
                    "to": names[domain][way.target], "h0": way.h0, "bE": way.bE, "bB": way.bB, "bA": way.bA,
                    "bS": way.bS, "bL": way.bL,
                    "x": [(DOMAINS[d], work.states[d][s], value) for d, s, value in way.x],
                }
            )
        self.datacollector = mesa.DataCollector(model_reporters={"occupancy": YouthModel.occupancy})
        for _ in range(n):
            Youth(self)

    def occupancy(self) -> dict[tuple[str, str], int]:
        """Youths per (domain, state)."""
        counts: Counter[tuple[str, str]] = Counter()
        for youth in self.agents:
            counts.update(youth.states.items())
        return dict(counts)

    def step(self) -> None:
        """Let every youth live one month and collect."""
        self.discount = (1.0 + self.work.discount) ** (-self.month / 12)
        self.agents.do("step")
        self.datacollector.collect(self)
        self.month += 1


def prepare(work: Workload, n: int, seed: int = 1) -> Callable[[], Outcome]:
    """Make n youths; the returned function lives all their months."""
    model = YouthModel(work, n, seed)

    def live() -> Outcome:
        for _ in range(work.months):
            model.step()
        labels = [(d, s) for d, names in zip(DOMAINS, work.states, strict=True) for s in names]
        counted = model.datacollector.get_model_vars_dataframe()["occupancy"]
        occupancy = np.array([[month.get(label, 0) for label in labels] for month in counted], np.int64)
        costs = np.array([youth.costs for youth in model.agents])
        return Outcome(n, occupancy, costs.mean(axis=0), costs.std(axis=0))

    return live
