"""What a command line gives: overrides, a checked scenario, a folder with results."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from trajectsim.errors import UserError, nearest

if TYPE_CHECKING:
    from trajectsim.config.scenario import Scenario
    from trajectsim.evidence.describe import Record

__all__ = ["as_number", "at_least_one", "checked", "overrides", "records_of", "results_folder", "set_option"]


def set_option(parser: argparse.ArgumentParser) -> None:
    """Let a command set keys of the scenario and parameters."""
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], help="set a key of the scenario or "
                        "a parameter; may be given more than once")  # fmt: skip


def overrides(args: argparse.Namespace) -> dict[str, str]:
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


def checked(args: argparse.Namespace) -> Scenario:
    """Load a scenario and refuse it with all mistakes that its files hold together."""
    from trajectsim.config.check import check
    from trajectsim.config.scenario import load_scenario

    scenario = load_scenario(args.config, overrides(args))
    if mistakes := check(scenario):
        raise UserError(mistakes)
    return scenario


def records_of(scenario: Scenario) -> list[Record]:
    """Return every number of a scenario with where it comes from."""
    from trajectsim.config.load import load_sources
    from trajectsim.evidence.describe import records

    return records(scenario, load_sources())


def results_folder(name: str) -> Path:
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


def as_number(text: str | None, option: str) -> float | None:
    """Return what an option was given as a number, None where it was left out; `nan` and `inf` are none."""
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        cure = f"write {option} {text.replace(',', '.')}" if "," in text else f"write {option} 1000, for example"
        raise UserError.of(f"'{text}' is not a number", key=option, cure=cure)
    return number


def at_least_one(number: int | None, option: str, what: str) -> None:
    """Refuse a number of workers below 1; None is fine."""
    if number is not None and number < 1:
        raise UserError.of(f"{number} {what} cannot work", key=option, allowed="at least 1")
