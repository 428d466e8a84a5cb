"""Forty youths of every packaged place, three years, with its scenario's approach and without, and what became of them.

The counts in `places.txt` change with the packaged model, its numbers, a place or its approach. When that was on
purpose, look at what changed, say so in CHANGELOG.md if it changes results, and renew them:

    python -m tests.golden.places --renew
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.caches import drop_stale_caches
from tests.helpers import ROOT, Lived, World, compiled_world
from trajectsim.config.load import packaged_names
from trajectsim.config.scenario import load_scenario

FILE = Path(__file__).with_suffix(".txt")
SIZE, YEARS = 40, 3
SIZES = {"netherlands": 400}
"""Where the approach is for few of the youths, a larger number."""
SCENARIOS = {"nijkerk": "town", "netherlands": "netherlands_sample"}
"""The scenario that shows a place, where its name is another one."""
SHOWN = ("activity", "residence", "care_ambulatory", "qualification", "vital")


def golden_place(place: str) -> World:
    """The scenario of a place, small, at the central values."""
    size = SIZES.get(place, SIZE)
    settings = {"place": place, "size": str(size), "years": str(YEARS), "follow": "[]"}
    if place == "netherlands":
        settings["population.inflow.per_year"] = f"{size / 11:.3f}"
    return compiled_world(load_scenario(ROOT / "configs" / f"{SCENARIOS.get(place, place)}.yaml", settings))


def lines_of(w: World, lived: Lived) -> list[str]:
    """How many are in a state at the start of every year and at the end, and how often events happened."""
    shown = [name for name in w.program.names.states if name.split(".")[0] in (*SHOWN, *w.scenario.interventions)]
    counts = {name: [int(n) for n in lived.count(name)[::12]] for name in shown}
    rows = [f"{name}: {' '.join(map(str, row))}" for name, row in counts.items() if any(row)]
    events = {name: int(lived.events(name).sum()) for name in w.program.names.events}
    return [*rows, "events: " + ", ".join(f"{name} {n}" for name, n in events.items() if n)]


def golden_text() -> str:
    """The counts of all places and arms."""
    lines: list[str] = []
    for place in packaged_names("place"):
        w = golden_place(place)
        for arm, spec in enumerate(w.scenario.spec.arms):
            lines.append(f"# {place}, {spec.name}")
            lines += lines_of(w, w.together(arm) if w.program.town is not None else w.run(arm))
            lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    drop_stale_caches()
    if "--renew" in sys.argv:
        FILE.write_text(golden_text(), encoding="utf-8", newline="\n")
        print(f"written: {FILE.name}")
    else:
        sys.stdout.write(golden_text())
