"""The commands: run, check, report, youth, evidence. Nothing heavy is imported before a command needs it.

Exit codes: 0 fine, 2 the user's mistake (told on stderr with its place and cure), 1 ours, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from trajectsim.errors import UserError, nearest

if TYPE_CHECKING:
    from rich.console import Console

    from trajectsim.config.scenario import Scenario
    from trajectsim.evidence.describe import Record

__all__ = ["main"]

COMMANDS = ("run", "check", "report", "youth", "evidence")
OPTIONS = ("--config", "--debug", "--draws", "--help", "--lang", "--out", "--replicates", "--schema", "--seed", "--set",
           "--version", "--workers")  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are a user's mistakes, with the nearest command or option."""

    def error(self, message: str) -> NoReturn:
        near, help_of = None, f"`{self.prog} --help` shows what it takes"
        if found := re.search(r"argument COMMAND: invalid choice: '?([^' ]+?)'? ", message):
            message, near = f"there is no command '{found.group(1)}'", nearest(found.group(1), COMMANDS)
        elif found := re.search(r"unrecognized arguments: ([^\s=]+)", message):
            name = found.group(1)
            message = f"there is no option '{name}' here"
            near = nearest(name, [option for option in OPTIONS if option != name])
        raise UserError.of(message, near=near, cure=help_of)


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    parser = _Parser(prog="trajectsim", description="What happens to young people who get stuck, in two worlds.")
    for place, lang, debug in ((common, argparse.SUPPRESS, argparse.SUPPRESS), (parser, "nl", False)):
        place.add_argument("--lang", choices=("nl", "en"), default=lang, help="language of what you read (default: nl)")
        place.add_argument("--debug", action="store_true", default=debug, help="show the traceback if it is our fault")
    parser.add_argument("--version", action="store_true", help="show the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    run = commands.add_parser("run", parents=[common], help="simulate a scenario and write its results and report")
    run.add_argument("config", metavar="CONFIG", help="a scenario file, for example configs/nijkerk.yaml")
    run.add_argument("--out", metavar="DIR", help="folder for the results (default: results/<name of the scenario>)")
    for name, what in (("draws", "draws of the parameters"), ("replicates", "replicates of luck"), ("seed", "seed")):
        run.add_argument(f"--{name}", metavar="N", help=f"{what}, in place of the file's")
    run.add_argument("--workers", metavar="N", type=int, help="threads to use; the results are the same")
    _set_option(run)

    check = commands.add_parser("check", parents=[common], help="look for mistakes in a scenario without running it")
    check.add_argument("config", metavar="CONFIG", nargs="?", help="a scenario file")
    check.add_argument("--schema", metavar="KIND", help="print the JSON Schema of scenario, model, population, "
                       "intervention or prices")  # fmt: skip
    _set_option(check)

    report = commands.add_parser("report", parents=[common], help="write the report of results again")
    report.add_argument("dir", metavar="DIR", help="a folder with results, for example results/nijkerk")

    youth = commands.add_parser("youth", parents=[common], help="write one youth's lives in all worlds")
    youth.add_argument("dir", metavar="DIR", help="a folder with results")
    youth.add_argument("id", metavar="ID", help="number of a youth, or name of a preset (bram)")

    evidence = commands.add_parser("evidence", parents=[common], help="where a number comes from")
    evidence.add_argument("path", metavar="PATH", nargs="?", help="path of a parameter, or the beginning of one")
    evidence.add_argument("--config", metavar="CONFIG", help="a scenario file (default: everything that is packaged)")
    _set_option(evidence)
    return parser


def _set_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], help="set a key of the scenario or "
                        "a parameter; may be given more than once")  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    lang = "en" if "en" in given or "--lang=en" in given else "nl"
    try:
        return _dispatch(given)
    except UserError as error:
        print(error, file=sys.stderr)
        if len(error.mistakes) > 1:
            print(_say(lang, "mistakes", n=len(error.mistakes)), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\n" + _say(lang, "stopped_run" if given[:1] == ["run"] else "stopped"), file=sys.stderr)
        return 130
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--debug" in given:
            import traceback

            traceback.print_exc()
        text = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        print(_say(lang, "ours", error=text), file=sys.stderr)
        if "--debug" not in given:
            print(_say(lang, "debug"), file=sys.stderr)
        return 1


def _dispatch(given: list[str]) -> int:
    parser = _parser()
    args = parser.parse_args(given)
    if args.version:
        print(f"trajectsim {_version()}")
        return 0
    if args.command is None:
        parser.print_help()
        return 0
    commands = {"run": _run, "check": _check, "report": _report, "youth": _youth, "evidence": _evidence}
    commands[args.command](args)
    return 0


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("trajectsim")
    except PackageNotFoundError:
        return "(not installed)"


def _say(lang: str, key: str, **values: object) -> str:
    """Return a phrase of the terminal in a language."""
    return _phrases()[key][lang].format(**values)


_PHRASES: dict[str, dict[str, str]] = {}


def _phrases() -> dict[str, dict[str, str]]:
    if not _PHRASES:
        from trajectsim.config.load import DATA
        from trajectsim.config.reader import read_yaml

        _PHRASES.update(read_yaml(DATA / "phrases" / "terminal.yaml").data)
    return _PHRASES


def _console() -> Console:
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=160)


def _overrides(args: argparse.Namespace) -> dict[str, str]:
    """Return what the command line sets, by key or path; the options --draws, --replicates and --seed come last."""
    found: dict[str, str] = {}
    for item in args.set:
        path, equals, value = item.partition("=")
        if not equals or not path.strip():
            cure = "write --set path=value, as in --set size=200"
            raise UserError.of(f"'{item}' sets nothing", key="--set", cure=cure)
        found[path.strip()] = value.strip()
    for key in ("draws", "replicates", "seed"):
        if getattr(args, key, None) is not None:
            found[key] = getattr(args, key)
    return found


def _checked(args: argparse.Namespace) -> Scenario:
    """Load a scenario and refuse it with all mistakes that its files hold together."""
    from trajectsim.config.check import check
    from trajectsim.config.scenario import load_scenario

    scenario = load_scenario(args.config, _overrides(args))
    if mistakes := check(scenario):
        raise UserError(mistakes)
    return scenario


# --- run, report, youth -----------------------------------------------------------------------------------------------


def _run(args: argparse.Namespace) -> None:
    if args.workers is not None and args.workers < 1:
        raise UserError.of(f"{args.workers} workers cannot work", key="--workers", allowed="at least 1")
    scenario = _checked(args)
    out = Path(args.out) if args.out else Path("results") / scenario.spec.name
    from trajectsim.study.run import run_scenario

    with _kind_stop(args.lang), _progress(args.lang) as progress:
        run_scenario(scenario, out, workers=args.workers, progress=progress)
    _conclude(out, args.lang)


@contextlib.contextmanager
def _kind_stop(lang: str) -> Iterator[None]:
    """Answer Ctrl-C at once: what is being computed is finished and kept, which can take some seconds."""
    import signal
    import threading

    def stop(*_: object) -> NoReturn:
        print("\n" + _say(lang, "stopping"), file=sys.stderr)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _progress(lang: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show on stderr how many draws are done; nothing where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(_say(lang, "draws"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _conclude(folder: Path, lang: str) -> None:
    """Summarise what a folder of results holds, write its report and print the answer."""
    from trajectsim.analysis.compare import summarise
    from trajectsim.report.report import write_report
    from trajectsim.report.terminal import print_summary
    from trajectsim.study.store import open_study, write_json

    write_json(folder / "summary.json", summarise(open_study(folder)))
    report = write_report(folder, lang)
    print_summary(folder, lang, _console())
    _written(lang, report)


def _report(args: argparse.Namespace) -> None:
    _conclude(_results(args.dir), args.lang)


def _youth(args: argparse.Namespace) -> None:
    from trajectsim.report.twins import youth_page

    _written(args.lang, youth_page(_results(args.dir), args.id, args.lang, _console()))


def _results(name: str) -> Path:
    """Return a folder with results; a folder that is none is the user's mistake, with the nearest one."""
    folder = Path(name)
    try:
        if (folder / "manifest.json").is_file():
            return folder
    except OSError as error:
        raise UserError.of(f"no folder can have this name: {error.strerror}", file=name[:60], cure="check it") from None
    around = folder.parent
    names = [p.name for p in around.iterdir() if (p / "manifest.json").is_file()] if around.is_dir() else []
    what = "holds no results (there is no manifest.json)" if folder.is_dir() else "there is no such folder"
    cure = "name a folder that `trajectsim run` has written"
    near, allowed = nearest(folder.name, names), ", ".join(sorted(names)) or None
    raise UserError.of(what, file=name, near=near, allowed=allowed, cure=cure)


def _written(lang: str, path: object) -> None:
    print(_say(lang, "written", path=path))


# --- check ------------------------------------------------------------------------------------------------------------


def _check(args: argparse.Namespace) -> None:
    if args.schema:
        import json

        from trajectsim.config.load import json_schema

        print(json.dumps(json_schema(args.schema), indent=2, ensure_ascii=False))
        return
    if args.config is None:
        raise UserError.of("no scenario is named", cure="write trajectsim check CONFIG, such as configs/nijkerk.yaml")
    scenario = _checked(args)
    from rich.table import Table

    from trajectsim.config.scenario import content_hash
    from trajectsim.evidence.describe import unused

    table = Table(title=_say(args.lang, "checked"), title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for text, number in _counts(scenario, args.lang):
        table.add_row(text, str(number))
    console = _console()
    console.print(table)
    for shown in _world_tables(scenario, args.lang):
        console.print(shown)
    print(_say(args.lang, "arms_are", names=", ".join(arm.name for arm in scenario.spec.arms)))
    if names := unused(scenario):
        print(_say(args.lang, "unused", names=", ".join(names)))
    print(f"{_say(args.lang, 'hash')}: {content_hash(scenario)[:12]}")
    print(_say(args.lang, "fine", file=args.config))


def _world_tables(scenario: Scenario, lang: str) -> Iterator[Any]:
    """Yield what a world holds: its mechanisms, on or off, and its provisions with how tight they are."""
    from rich.table import Table
    from rich.text import Text

    from trajectsim.config.demand import demands, tightness

    def text(of: Any) -> Text:
        return Text(str(getattr(of, lang)))

    if scenario.switches:
        table = Table(title=Text(_say(lang, "mechanisms")), title_justify="left")
        for key in ("switch", "title", "on_off"):
            table.add_column(_say(lang, key), overflow="fold")
        for name, switch in scenario.switches.items():
            table.add_row(name, text(switch.title), _say(lang, "on" if switch.on else "off"))
        yield table
    if found := demands(scenario):
        table = Table(title=_say(lang, "provisions"), title_justify="left", caption=_say(lang, "provisions_note"))
        for key in ("provision", "places", "others", "how_tight"):
            justify: Any = "right" if key in ("places", "others") else "left"
            table.add_column(_say(lang, key), overflow="fold", justify=justify)
        for item in found:
            word = _say(lang, f"load_{tightness(item.load)}")
            table.add_row(text(item.title), _plain(item.places, lang), _plain(round(item.others, 1), lang), word)
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
    rows = [(_say(lang, key), number) for key, number in counts.items()]
    rows.append((_say(lang, "population", name=people.name), spec.size or people.size))
    rows.append((_say(lang, "presets"), len(people.presets)))
    rows.append((_say(lang, "steps"), round(spec.years * model.steps_per_year)))
    rows += [(_say(lang, "draws"), spec.draws), (_say(lang, "replicates"), spec.replicates)]
    found = _records(scenario)
    rows.append((_say(lang, "parameters"), len(found)))
    for grade in "ABCD":
        text = _say(lang, "grade", grade=grade, meaning=_say(lang, f"grade_{grade}"))
        rows.append(("  " + text, sum(record.grade == grade for record in found)))
    return rows


# --- evidence ---------------------------------------------------------------------------------------------------------


def _records(scenario: Scenario) -> list[Record]:
    from trajectsim.config.load import load_sources
    from trajectsim.evidence.describe import records

    return records(scenario, load_sources())


def _evidence(args: argparse.Namespace) -> None:
    from trajectsim.config.scenario import load_scenario, packaged_scenario
    from trajectsim.evidence.describe import chosen

    if args.config is None and args.set:
        raise UserError.of("there is no scenario to set anything in", key="--set", cure="name one with --config")
    scenario = packaged_scenario() if args.config is None else load_scenario(args.config, _overrides(args))
    found = _records(scenario)
    shown = chosen(found, args.path)
    console = _console()
    if args.path is None:
        console.print(_grade_table(found, args.lang))
    if len(shown) == 1:
        console.print(_one_number(shown[0], args.lang))
    else:
        console.print(_many_numbers(shown, args.lang))


def _plain(value: float, lang: str) -> str:
    text = f"{value:.4g}"
    return text.replace(".", ",") if lang == "nl" else text


def _range(record: Record, lang: str) -> str:
    if record.family == "dirichlet":
        if record.concentration is None:
            return _say(lang, "fixed")
        return _say(lang, "weight", n=_plain(record.concentration, lang))
    if record.low is None or record.high is None:
        return _say(lang, "fixed")
    low, high = _plain(record.low, lang), _plain(record.high, lang)
    return _say(lang, "spread", low=low, high=high, family=record.family)


def _grade_table(found: list[Record], lang: str) -> Any:
    from rich.table import Table

    table = Table(title=_say(lang, "by_grade"), title_justify="left", show_header=False)
    for grade in "ABCD":
        text = _say(lang, "grade", grade=grade, meaning=_say(lang, f"grade_{grade}"))
        table.add_row(text, str(sum(record.grade == grade for record in found)))
    return table


def _many_numbers(found: list[Record], lang: str) -> Any:
    from rich.table import Table

    table = Table(title=_say(lang, "all_parameters"), title_justify="left")
    for key in ("path", "value", "unit", "range", "grade_short", "source"):
        table.add_column(_say(lang, key), overflow="fold", justify="right" if key == "value" else "left")
    for record in found:
        table.add_row(
            record.path, _plain(record.value, lang), record.unit, _range(record, lang), record.grade, record.source,
        )  # fmt: skip
    return table


def _one_number(record: Record, lang: str) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=record.path, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    grade = f"{record.grade}: {_say(lang, f'grade_{record.grade}')}"
    rows = [
        ("value", _plain(record.value, lang)), ("unit", record.unit), ("range", _range(record, lang)),
        ("grade_short", grade), ("source", record.title + (f"\n{record.url}" if record.url else "")),
        ("locator", record.locator), ("note", record.note),
        ("file", record.file + (f":{record.line}" if record.line else "")), ("used_by", "\n".join(record.used_by)),
    ]  # fmt: skip
    for key, text in rows:
        if text:
            table.add_row(_say(lang, key), Text(text))
    return table
