"""Declare the workload in the package's own form: youth4.json to model.yaml and population.yaml.

    python -m experiments.benchmark_engine.declare

The bound of every exit is its exact largest hazard over E and B in [0, 1], ages 192 to 359 months, sex, lvb and the
states of the other domains, rounded up in the twelfth digit.
"""

from __future__ import annotations

import math
from pathlib import Path

from experiments.benchmark_engine.workload import DOMAINS, Way, Workload, read

HERE = Path(__file__).parent
HEAD = """# {title}
# Written by declare.py from youth4.json. Every number is invented for timing; none is an estimate of anything.
"""
ORIGIN = "source: table youth4.json, locator: {locator}, grade: D, note: invented for timing"


def number(value: float, unit: str, locator: str) -> str:
    """Write a parameter on one line."""
    return f"{{value: {value!r}, unit: {unit}, {ORIGIN.format(locator=locator)}}}"


def rounded_up(x: float) -> float:
    """Return x, raised in its twelfth digit."""
    scale = 10.0 ** (11 - math.floor(math.log10(x)))
    return math.ceil(x * scale) / scale


def exit_lines(work: Workload, way: Way) -> list[str]:
    """Write one exit."""
    names = work.states[way.domain]
    source, target = names[way.source], names[way.target]
    locator = f"transitions.{DOMAINS[way.domain]}.{source}.{target}"
    lines = [
        f"      - name: {source}_to_{target}",
        f"        from: {source}",
        f"        to: {target}",
        f"        base: {number(way.h0, 'per month', locator + '.h0')}",
        f"        bound: {rounded_up(way.bound)!r}",
    ]
    coefficients = {"e": way.bE, "b": way.bB, "age": way.bA, "male": way.bS, "lvb": way.bL}
    effects = [(name, float(value), f"b{name[0].upper()}") for name, value in coefficients.items() if value]
    effects += [(f"{DOMAINS[d]}.{work.states[d][s]}", value, "x") for d, s, value in way.x]
    if effects:
        lines.append("        effects:")
        lines += [f"          {name}: {number(x, 'log hazard ratio', f'{locator}.{key}')}" for name, x, key in effects]
    return lines


def latent_lines(work: Workload) -> list[str]:
    """Write both latents with their drifts."""
    lines = ["latents:"]
    for name, drift in (("e", work.drift_E), ("b", work.drift_B)):
        lines += [f"  {name}:", "    uniform: [0.0, 1.0]", "    centre: 0.5", "    per: 1.0", "    drift:"]
        for label, value in zip(work.labels, drift, strict=True):
            if value:
                written = number(float(value), "latent per month", f"drift.{name.upper()}.{label}")
                lines.append(f"      {label}: {written}")
    return lines


def account_lines(work: Workload) -> list[str]:
    """Write the discounted total per payer that each youth keeps."""
    lines = ["accounts:"]
    for p, payer in enumerate(work.payers):
        rates = ", ".join(f"{n}: {float(c)!r}" for n, c in zip(work.labels, work.cost[:, p], strict=True) if c)
        lines.append(f"  {payer}: {{discount_per_year: {work.discount!r}, rates: {{{rates}}}}}")
    return lines


def model_text(work: Workload) -> str:
    """Write the model."""
    lines = [
        "name: youth4",
        "title: {nl: meetmodel, en: timing model}",
        "steps_per_year: 12",
        "counting: {convention: end}",
        "age: {centre: 18.0, per: 10.0}",
        "traits:",
        "  male: {kind: flag}",
        "  lvb: {kind: flag}",
        *latent_lines(work),
        "domains:",
    ]
    for d, domain in enumerate(DOMAINS):
        states = ", ".join(f"{name}: {{}}" for name in work.states[d])
        lines += [f"  {domain}:", f"    states: {{{states}}}", "    exits:"]
        for way in work.ways:
            if way.domain == d:
                lines += exit_lines(work, way)
    lines += account_lines(work)
    return HEAD.format(title="The workload youth4 as a declared model.") + "\n".join(lines) + "\n"


def population_text(work: Workload) -> str:
    """Write the population."""
    first, last = work.age0
    lines = [
        "name: youth4",
        "title: {nl: meetpopulatie, en: timing population}",
        "size: 100000",
        f"ages: {{from: {first / 12!r}, to: {(last + 1) / 12!r}}}",
        "traits:",
        f"  male: {{share: {number(work.p_male, 'share', 'p_male')}}}",
        f"  lvb: {{share: {number(work.p_lvb, 'share', 'p_lvb')}}}",
        "initial:",
    ]
    for d, domain in enumerate(DOMAINS):
        shares = ", ".join(f"{n}: {float(x)!r}" for n, x in zip(work.states[d], work.start[d], strict=True))
        lines.append(f"  {domain}: [{{states: {{shares: {{{shares}}}, {ORIGIN.format(locator='init.' + domain)}}}}}]")
    return HEAD.format(title="The people of the workload youth4.") + "\n".join(lines) + "\n"


def main() -> None:
    """Write both files beside the table."""
    work = read()
    for name, text in (("model.yaml", model_text(work)), ("population.yaml", population_text(work))):
        (HERE / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
