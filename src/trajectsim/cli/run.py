"""Commands about one scenario's results: run, report, youth."""

from __future__ import annotations

import argparse
from pathlib import Path

from trajectsim.cli.inputs import at_least_one, checked, results_folder, set_option
from trajectsim.cli.parser import Commands
from trajectsim.cli.progress import kind_stop, progress_bar
from trajectsim.cli.say import new_console, written

__all__ = ["add_commands", "conclude"]


def add_commands(commands: Commands) -> None:
    """Add run, report and youth."""
    run = commands.add("run", _run, "simulate a scenario and write its results and report")
    run.add_argument("config", metavar="CONFIG", help="a scenario file, for example configs/nijkerk.yaml")
    run.add_argument("--out", metavar="DIR", help="folder for the results (default: results/<name of the scenario>)")
    for name, what in (("draws", "draws of the parameters"), ("replicates", "replicates of luck"), ("seed", "seed")):
        run.add_argument(f"--{name}", metavar="N", help=f"{what}, in place of the file's")
    run.add_argument("--workers", metavar="N", type=int, help="threads to use; the results are the same")
    set_option(run)

    report = commands.add("report", _report, "write the report of results again")
    report.add_argument("dir", metavar="DIR", help="a folder with results, for example results/nijkerk")
    files = "also every table (CSV and Excel) and figure (SVG, PNG and their data) as a file"
    report.add_argument("--all", action="store_true", help=files)

    youth = commands.add("youth", _youth, "write one youth's lives in all worlds")
    youth.add_argument("dir", metavar="DIR", help="a folder with results")
    who = "number of a youth, or name of a preset (bram); without it, who is stored is told"
    youth.add_argument("id", metavar="ID", nargs="?", default="", help=who)


def _run(args: argparse.Namespace) -> None:
    at_least_one(args.workers, "--workers", "workers")
    scenario = checked(args)
    out = Path(args.out) if args.out else Path("results") / scenario.spec.name
    from trajectsim.study.run import run_scenario

    with kind_stop(args.lang), progress_bar(args.lang) as progress:
        run_scenario(scenario, out, workers=args.workers, progress=progress)
    conclude(out, args.lang)


def conclude(folder: Path, lang: str, everything: bool = False) -> None:
    """Summarise what a folder of results holds, write its report and print the answer."""
    from trajectsim.analysis.compare import summarise
    from trajectsim.report.report import write_report
    from trajectsim.report.terminal import print_summary
    from trajectsim.study.store import open_study, write_json

    write_json(folder / "summary.json", summarise(open_study(folder)))
    report = write_report(folder, lang, everything)
    print_summary(folder, lang, new_console())
    written(lang, report)
    written(lang, folder / "council.html")
    for name in ("tables.xlsx", "tables", "figures") if everything else ():
        written(lang, folder / name)


def _report(args: argparse.Namespace) -> None:
    conclude(results_folder(args.dir), args.lang, args.all)


def _youth(args: argparse.Namespace) -> None:
    from trajectsim.report.twins import youth_page

    written(args.lang, youth_page(results_folder(args.dir), args.id, args.lang, new_console()))
