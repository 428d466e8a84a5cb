"""The command check: mistakes in a scenario, and what it holds."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from trajectsim.cli.inputs import checked, records_of, set_option
from trajectsim.cli.parser import Commands
from trajectsim.cli.say import new_console, plain, say
from trajectsim.errors import UserError

if TYPE_CHECKING:
    from trajectsim.config.scenario import Scenario

__all__ = ["add_commands"]


def add_commands(commands: Commands) -> None:
    """Add check."""
    check = commands.add("check", _check, "look for mistakes in a scenario without running it")
    check.add_argument("config", metavar="CONFIG", nargs="?", help="a scenario file")
    check.add_argument("--schema", metavar="KIND", help="print the JSON Schema of scenario, model, population, "
                       "intervention, prices, ingredient, place, world or study")  # fmt: skip
    check.add_argument("--mechanisms", action="store_true", help="list every mechanism of the world by its switch")
    set_option(check)


def _check(args: argparse.Namespace) -> None:
    if args.schema:
        import json

        print(json.dumps(_schema(args.schema), indent=2, ensure_ascii=False))
        return
    if args.config is None:
        raise UserError.of("no scenario is named", cure="write trajectsim check CONFIG, such as configs/nijkerk.yaml")
    scenario = checked(args)
    from rich.table import Table

    from trajectsim.config.remarks import remarks
    from trajectsim.config.scenario import content_hash
    from trajectsim.evidence.describe import unused

    table = Table(title=say(args.lang, "checked"), title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for text, number in _counts(scenario, args.lang):
        table.add_row(text, str(number))
    console = new_console()
    console.print(table)
    for shown in _world_tables(scenario, args.lang, args.mechanisms):
        console.print(shown)
    if scenario.switches and not args.mechanisms:
        off = [name for name, switch in scenario.switches.items() if not switch.on]
        counted = {"n": len(scenario.switches), "config": args.config}
        print(say(args.lang, "switches_off" if off else "switches_on", names=", ".join(off), **counted))
    for remark in remarks(scenario):
        print(say(args.lang, f"remark_{remark.kind}", **remark.values))
    print(say(args.lang, "arms_are", names=", ".join(arm.name for arm in scenario.spec.arms)))
    if names := unused(scenario):
        print(say(args.lang, "unused", names=", ".join(names)))
    print(f"{say(args.lang, 'hash')}: {content_hash(scenario)[:12]}")
    print(say(args.lang, "fine", file=args.config))


def _schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file; a study's form lies above the others."""
    from trajectsim.config.load import json_schema

    if kind != "study":
        return json_schema(kind)
    from trajectsim.config.study import StudySpec

    return StudySpec.model_json_schema(by_alias=True)


def _world_tables(scenario: Scenario, lang: str, every: bool) -> Iterator[Any]:
    """Yield what a world holds: its mechanisms, on or off, if wished, and its provisions with how tight they are."""
    from rich.table import Table
    from rich.text import Text

    from trajectsim.config.demand import demands, tightness

    def text(of: Any) -> Text:
        return Text(str(getattr(of, lang)))

    if scenario.switches and every:
        table = Table(title=Text(say(lang, "mechanisms")), title_justify="left")
        for key in ("switch", "title", "on_off"):
            table.add_column(say(lang, key), overflow="fold")
        for name, switch in scenario.switches.items():
            table.add_row(name, text(switch.title), say(lang, "on" if switch.on else "off"))
        yield table
    if found := demands(scenario):
        table = Table(title=say(lang, "provisions"), title_justify="left", caption=say(lang, "provisions_note"))
        for key in ("provision", "places", "others", "how_tight"):
            justify: Any = "right" if key in ("places", "others") else "left"
            table.add_column(say(lang, key), overflow="fold", justify=justify)
        for item in found:
            word = say(lang, f"load_{tightness(item.load)}")
            table.add_row(text(item.title), plain(item.places, lang), plain(round(item.others, 1), lang), word)
        yield table


def _counts(scenario: Scenario, lang: str) -> list[tuple[str, int]]:
    """Return what a scenario holds, counted: rows of text and number."""
    spec, model, people = scenario.spec, scenario.model, scenario.population
    ways = [way for domain in model.domains.values() for way in domain.exits]
    lines = len(scenario.prices.lines) if scenario.prices else 0
    lines += sum(len(item.costs) for item in scenario.interventions.values())
    counts = {
        "domains": len(model.domains),
        "states": sum(len(domain.states) for domain in model.domains.values()),
        "hazards": sum(way.forced is None for way in ways),
        "forced": sum(way.forced is not None for way in ways),
        "latents": len(model.latents),
        "constraints": len(model.constraints),
        "interventions": len(scenario.interventions),
        "arms": len(spec.arms),
        "lines": lines,
    }
    rows = [(say(lang, key), number) for key, number in counts.items()]
    rows.append((say(lang, "population", name=people.name), spec.size or people.size))
    rows.append((say(lang, "presets"), len(people.presets)))
    rows.append((say(lang, "steps"), round(spec.years * model.steps_per_year)))
    rows += [(say(lang, "draws"), spec.draws), (say(lang, "replicates"), spec.replicates)]
    found = records_of(scenario)
    rows.append((say(lang, "parameters"), len(found)))
    for grade in "ABCD":
        text = say(lang, "grade", grade=grade, meaning=say(lang, f"grade_{grade}"))
        rows.append(("  " + text, sum(record.grade == grade for record in found)))
    return rows
