"""A scenario from start to finish: draws shared among threads, parts written as they come, resumed where it stopped."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from trajectsim.config.scenario import Scenario, content_hash
from trajectsim.config.titles import titles_of
from trajectsim.economics.prices import compile_prices
from trajectsim.engine.compiler import compile_scenario
from trajectsim.engine.town import TownProgram
from trajectsim.errors import UserError
from trajectsim.evidence.register import Register, build_register
from trajectsim.model.hook import hook_of
from trajectsim.study import layout
from trajectsim.study.aids import write_aids
from trajectsim.study.folder import leave_nothing, prepare_folder
from trajectsim.study.frozen import freeze
from trajectsim.study.layout import Part, layout_of
from trajectsim.study.lock import locked
from trajectsim.study.parts import write_part
from trajectsim.study.runner import Plan, run_draw, run_presets
from trajectsim.study.store import Study, open_study

__all__ = ["kept_beside", "make_plan", "manifest_of", "model_version", "run_scenario"]


RULES = (
    *("config/**/*.py", "economics/**/*.py", "engine/**/*.py", "evidence/**/*.py", "model/**/*.py"),
    *(f"study/{name}.py" for name in ("design", "gather", "lives", "people", "rows", "run", "runner")),
)
"""The code that decides what a run computes. Who runs it, where and in which order does not: that may be mended while a
study is under way."""


@cache
def model_version() -> str:
    """Return the version of the package with a fingerprint of its rules: results of other rules are never mixed in."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for pattern in RULES:
        for file in sorted(package.glob(pattern)):
            digest.update(file.name.encode() + file.read_bytes().replace(b"\r\n", b"\n"))
    try:
        number = version("trajectsim")
    except PackageNotFoundError:
        number = "source"
    return f"{number}+{digest.hexdigest()[:8]}"


def make_plan(scenario: Scenario) -> tuple[Plan, Register]:
    """Compile a scenario to everything its draws need.

    Raises:
        UserError: a hazard above its bound, a price line that names nothing, and the like.
    """
    register = build_register(scenario)
    program = compile_scenario(scenario, register)
    prices = (
        None if scenario.prices is None else compile_prices(scenario.prices, scenario.model, scenario.interventions)
    )
    index = register.index
    columns = [] if prices is None else [index.get(path, -1) for path in prices.paths]
    size = scenario.spec.size or scenario.population.size
    return Plan(scenario, program, prices, np.array(columns, np.int64), size, hook=hook_of(scenario)), register


def run_scenario(
    scenario: Scenario,
    out: Path,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    lives: bool = True,
) -> Study:
    """Run a scenario and write its tables; what is there already is kept.

    Args:
        scenario: a checked scenario.
        out: folder for the results; made if need be.
        workers: threads; 2 if left out. The results do not depend on it.
        progress: called with the number of draws done and the number of draws in all.
        lives: keep the lives of the youths who are followed; without them a study of many arms takes a third of the
            time, and has the tables of counts alone.

    Raises:
        UserError: the folder cannot be written or holds other results; a rule of the scenario cannot be met.
    """
    with locked(out):
        return _run_scenario(scenario, out, workers or 2, progress or (lambda _done, _all: None), lives)


def _run_scenario(
    scenario: Scenario, out: Path, threads: int, report: Callable[[int, int], None], keep_lives: bool
) -> Study:
    plan, register = make_plan(scenario)
    if not keep_lives:
        plan = replace(plan, followed=0)
    spec = scenario.spec
    manifest = manifest_of(plan, register)
    done = prepare_folder(out, manifest, kept_beside(scenario, manifest))
    draws = register.draws(np.arange(spec.draws))
    parts = layout_of(manifest).parts()
    finished = sum(part.cells for part in parts if part.name in done)
    left = [part for part in parts if part.name not in done]
    if len(left) == 1:  # one part: its large populations are shared among the threads instead
        plan = replace(plan, threads=threads)
    report(finished, spec.draws)

    def one_part(part: Part) -> int:
        tables: dict[str, list[pa.Table]] = {}
        for draw in part.draws:
            for name, table in run_draw(plan, draw, draws[draw]).items():
                tables.setdefault(name, []).append(table)
        whole = {name: pa.concat_tables(t).unify_dictionaries() for name, t in tables.items()}
        if part.draws.start == 0 and lives is not None:
            whole["lives"] = lives
        write_part(out, part, whole)
        return part.cells

    pool = ThreadPoolExecutor(threads)
    try:
        first = keep_lives and left and left[0] is parts[0]
        lives = run_presets(plan, register.central) if first else None
        waiting: set[Future[int]] = {pool.submit(one_part, part) for part in left}
        while waiting:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                finished += future.result()
                report(finished, spec.draws)
    except UserError:
        pool.shutdown(wait=True, cancel_futures=True)
        leave_nothing(out)  # what went wrong in the first months can be mended and run again here
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    write_aids(out)
    return open_study(out)


def kept_beside(scenario: Scenario, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the file that keeps a scenario beside its results, by its path in the folder whose manifest this is."""
    text = json.dumps(freeze(scenario), ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"
    return {f"scenarios/{manifest['content_hash'][:16]}.json": text.encode("utf-8")}


def manifest_of(plan: Plan, register: Register) -> dict[str, Any]:
    """Return what is kept of a scenario for whoever reads its results."""
    scenario, program = plan.scenario, plan.program
    n = program.names
    grades = register.grades()
    return {
        "format": 1,
        "name": scenario.spec.name,
        "model_version": model_version(),
        "content_hash": content_hash(scenario),
        "seed": scenario.spec.seed,
        "draws": scenario.spec.draws,
        "replicates": scenario.spec.replicates,
        "parts": {"points": 1, "draws": layout.DRAWS_PER_PART},
        "size": plan.size,
        "years": scenario.spec.years,
        "steps": program.steps,
        "counted_steps": program.counted_steps,
        "steps_per_year": program.steps_per_year,
        "start": scenario.spec.start,
        "arms": plan.arms,
        "scenario": scenario.spec.model_dump(mode="json"),
        "provenance": dict(scenario.provenance),
        "titles": titles_of(scenario),
        "names": {
            "domains": n.domains,
            "states": n.states,
            "events": n.events,
            "measures": n.measures,
            "bands": n.bands,
            "joint": n.joint,
            "reasons": list(dict.fromkeys(n.reasons)),
            "latents": list(program.rows.latents),
        },
        "world": _world(scenario, program.town),
        "presets": {name: p.model_dump(mode="json") for name, p in scenario.population.presets.items()},
        "lines": [] if plan.prices is None else plan.prices.describe(),
        "parameters": {path: _describe(register, path, grades[path]) for path in register.paths},
        "resolved": _resolved(scenario),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": _version_of("numba"),
    }


def _resolved(scenario: Scenario) -> dict[str, Any]:
    """Return the declarations that a re-pricing needs: a study is valued again from its folder alone."""

    def plain(declared: BaseModel | None) -> Any:
        return None if declared is None else declared.model_dump(mode="json", by_alias=True, exclude_none=True)

    return {
        "model": plain(scenario.model),
        "interventions": {name: plain(item) for name, item in scenario.interventions.items()},
        "prices": plain(scenario.prices),
    }


def _world(scenario: Scenario, town: TownProgram | None) -> dict[str, Any] | None:
    """Return what a reader needs to know of the world: mechanisms on or off, provisions and budgets; None without."""
    if not scenario.switches:
        return None
    provisions = {}
    for pool in () if town is None else town.pools:
        title = pool.provision.title if pool.provision is not None else scenario.interventions[pool.name].title
        kind = "programme" if pool.programme is not None else None if pool.places is None else pool.places.kind
        provisions[pool.name] = {"title": title.model_dump(), "kind": kind, "decided": pool.decision is not None}
    return {
        "mechanisms": {n: {"title": x.title.model_dump(), "on": x.on} for n, x in scenario.switches.items()},
        "provisions": provisions,
        "budgets": {
            name: {"title": item.title.model_dump(), "pooled": item.pooled, "opened_by": item.opened_by}
            for name, item, _ in (() if town is None else town.budgets)
        },
    }


def _version_of(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _describe(register: Register, path: str, grade: str) -> dict[str, Any]:
    parameter: Any = register.parameters.get(path)
    if parameter is None:
        group, share = path.rsplit(".", 1)
        parameter = register.dirichlets[group]
        return {
            "value": parameter.shares[share],
            "unit": "share",
            "source": parameter.source,
            "locator": parameter.locator,
            "grade": grade,
            "low": None,
            "high": None,
            "note": parameter.note,
        }
    d = parameter.distribution
    return {
        "value": parameter.value,
        "unit": parameter.unit,
        "source": parameter.source,
        "locator": parameter.locator,
        "grade": grade,
        "family": d.family,
        "low": d.low,
        "high": d.high,
        "note": parameter.note,
    }
