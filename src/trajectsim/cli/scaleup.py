"""The commands about growing and pooling: scale-up, silos, triangle."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.cli.inputs import at_least_one, overrides, results_folder, set_option
from trajectsim.cli.parser import Commands, Parser
from trajectsim.cli.progress import kind_stop, progress_bar
from trajectsim.cli.say import new_console, written
from trajectsim.errors import UserError

if TYPE_CHECKING:
    from trajectsim.report.sections import Page

__all__ = ["add_commands"]

DRAWS = 200
"""Draws where none are given. One replicate each: a draw more says more than a replicate more."""


def add_commands(commands: Commands) -> None:
    """Add scale-up, silos and triangle."""
    scale = commands.add("scale-up", _scale_up, "say what a programme brings at several sizes, and what stops it")
    scale.add_argument("config", metavar="CONFIG", help="a scenario file, for example configs/town.yaml")
    scale.add_argument("--places", metavar="N,N,...", required=True, help="numbers of places, for example 5,10,20,40")
    scale.add_argument("--team", choices=("along", "whole", "fixed"), default="along", help="posts grow along with the "
                       "places (default), in whole posts, or stay those of the file")  # fmt: skip
    scale.add_argument("--budget", choices=("along", "fixed"), default="along", help="a pooled budget grows along with "
                       "the places (default), or stays that of the file")  # fmt: skip
    scale.add_argument("--youths", metavar="N", help="how many youths every size holds (default: those of the scenario "
                       "times its scale, and at least the largest size)")  # fmt: skip
    scale.add_argument("--scale", metavar="N", help="how many such towns together: a town, a region, a country")
    scale.add_argument("--arm", metavar="NAME", help="the arm to take to other sizes (default: the first programme's)")
    scale.add_argument("--programme", metavar="NAME", help="which of its programmes (default: the first)")
    scale.add_argument("--no-why", action="store_true", help="leave out what binds, which takes a run of its own")
    _common(scale)

    silos = commands.add("silos", _silos, "say what a pooled budget (ontschotting) is worth, and for whom")
    silos.add_argument("config", metavar="CONFIG", help="a scenario file, for example configs/town.yaml")
    silos.add_argument("--arm", metavar="NAME", help="the arm to pool (default: the first after the null alternative)")
    _common(silos)

    three = commands.add("triangle", _triangle, "lay legitimacy, involvement and return of a run side by side")
    three.add_argument("dir", metavar="DIR", help="a folder with results of two worlds or more")
    three.add_argument("--json", action="store_true", help="write JSON to standard output, and nothing else")


def _common(parser: Parser) -> None:
    parser.add_argument("--draws", metavar="N", help=f"draws of the parameters (default: {DRAWS})")
    parser.add_argument("--replicates", metavar="N", help="replicates of luck in each draw (default: 1)")
    parser.add_argument("--seed", metavar="N", help="seed, in place of the file's")
    parser.add_argument("--workers", metavar="N", type=int, help="threads to use; the results are the same")
    parser.add_argument("--out", metavar="DIR", help="folder for the results (default: results/<name>_<command>)")
    parser.add_argument("--json", action="store_true", help="write JSON to standard output, and nothing else")
    set_option(parser)


def _given(args: argparse.Namespace) -> dict[str, str]:
    """Return what the command line sets, with the command's own numbers of draws and replicates."""
    at_least_one(args.workers, "--workers", "workers")
    given = {"draws": str(DRAWS), "replicates": "1", **overrides(args)}
    if getattr(args, "scale", None) is not None:
        given["scale"] = args.scale
    return given


def _scale_up(args: argparse.Namespace) -> None:
    places = _numbers(args.places)
    youths = None if args.youths is None else _whole(args.youths, "--youths")
    from trajectsim.analysis.run_sizes import run_sizes
    from trajectsim.config.around import load_in_world
    from trajectsim.config.sizes import at_sizes
    from trajectsim.report.scaleup import page, write_figures

    scenario, laid = load_in_world(args.config, _given(args))
    sized = at_sizes(
        scenario, places, arm=args.arm, programme=args.programme, team=args.team, budget=args.budget, youths=youths
    )
    out = Path(args.out) if args.out else Path("results") / f"{scenario.spec.name}_scale_up"
    with kind_stop(args.lang), progress_bar(args.lang) as progress:
        tree = run_sizes(sized, out, workers=args.workers, progress=progress, explain=not args.no_why)
    tree["about"]["world_laid"] = laid
    write_figures(tree, args.lang, out / "figures")
    _conclude(args, tree, page(tree, args.lang), out, "scale_up")


def _silos(args: argparse.Namespace) -> None:
    from trajectsim.analysis.silos import run_silos
    from trajectsim.config.around import load_in_world
    from trajectsim.config.pooled import pooling
    from trajectsim.report.silos import page

    scenario, laid = load_in_world(args.config, _given(args))
    out = Path(args.out) if args.out else Path("results") / f"{scenario.spec.name}_silos"
    found = pooling(scenario, args.arm)
    with kind_stop(args.lang), progress_bar(args.lang) as progress:
        tree = run_silos(found, out, workers=args.workers, progress=progress)
    tree["about"].update(world=scenario.spec.world, world_laid=laid)
    _conclude(args, tree, page(tree, args.lang), out, "silos")


def _triangle(args: argparse.Namespace) -> None:
    from trajectsim.analysis.triangle import triangle
    from trajectsim.report.triangle import page
    from trajectsim.study.store import open_study

    folder = results_folder(args.dir)
    tree = triangle(open_study(folder), folder)
    _conclude(args, tree, page(tree, args.lang), folder, "triangle")


def _conclude(args: argparse.Namespace, tree: dict[str, Any], page: Page, out: Path, name: str) -> None:
    """Write the numbers and the page into a folder; show the numbers or the page."""
    from trajectsim.report.sections import print_page, write_sections
    from trajectsim.study.store import write_json

    write_json(out / f"{name}.json", tree)
    shown = write_sections(out / f"{name}.html", page)
    if args.json:
        json.dump(tree, sys.stdout, ensure_ascii=False, indent=1, allow_nan=False)
        print()
        return
    print_page(page, new_console())
    written(args.lang, shown)


def _numbers(text: str) -> list[int]:
    """Return the numbers of places that a text lists."""
    words = [word for word in text.replace(";", ",").replace(" ", ",").split(",") if word]
    if not words:
        raise UserError.of("no size is given", key="--places", cure="write --places 5,10,20,40")
    return [_whole(word, "--places") for word in words]


def _whole(text: str, option: str) -> int:
    if not text.strip().isdecimal() or int(text) > 1_000_000:
        cure = "write --places 5,10,20,40" if option == "--places" else f"write {option} 100"
        raise UserError.of(f"'{text}' is not a whole number", key=option, allowed="0 to 1,000,000", cure=cure)
    return int(text)
