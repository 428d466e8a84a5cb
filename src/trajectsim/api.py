"""For a notebook or a script: check, run, open and compare, without the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.config.scenario import Scenario
from trajectsim.config.schema import PriceBook
from trajectsim.errors import UserError
from trajectsim.model.prepare import checked
from trajectsim.study.store import Study

if TYPE_CHECKING:
    import pandas as pd

    from trajectsim.study.plan import Prediction
    from trajectsim.study.verify import Verdict

__all__ = [
    "batch",
    "change",
    "compare",
    "decide",
    "discover",
    "load",
    "numbers",
    "open_study",
    "plan",
    "resume",
    "run",
    "scale_up",
    "sensitivity",
    "silos",
    "triangle",
    "value",
    "verify",
    "write_report",
    "youth",
]


def load(scenario: str | Path, settings: Mapping[str, object] = {}) -> Scenario:
    """Load a scenario and check it.

    Args:
        scenario: a scenario's file.
        settings: keys of the scenario and paths of parameters to values, as `--set` takes them:
            `{"size": 200, "interventions.supported_job.duration": 36}`.

    Raises:
        UserError: with all mistakes that the files hold.
    """
    return checked(scenario, {key: str(value) for key, value in settings.items()})


def run(
    scenario: str | Path | Scenario,
    out: str | Path | None = None,
    *,
    draws: int | None = None,
    replicates: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Run a scenario in all its arms and return its tables; what the folder holds of it already is kept.

    Args:
        scenario: a scenario's file, or one from `load`.
        out: folder for the results; `results/<name of the scenario>` if left out.
        draws, replicates, size, seed: in place of the scenario's.
        workers: threads; the results do not depend on it.
        progress: called with the number of draws done and the number of draws in all.

    Raises:
        UserError: the scenario holds mistakes, or the folder other results.
    """
    from trajectsim.study.run import run_scenario

    given = {"draws": draws, "replicates": replicates, "size": size, "seed": seed}
    settings = {key: value for key, value in given.items() if value is not None}
    whole = change(scenario, settings) if isinstance(scenario, Scenario) else load(scenario, settings)
    folder = Path("results") / whole.spec.name if out is None else Path(out)
    return run_scenario(whole, folder, workers=workers, progress=progress)


def change(scenario: Scenario, settings: Mapping[str, object]) -> Scenario:
    """Return a scenario with other settings and parameters, checked; the given one stays as it is.

    Args:
        scenario: a scenario from `load`.
        settings: `draws`, `name`, `replicates`, `scale`, `seed`, `size`, `start`, `years`, and paths of parameters:
            `{"size": 40, "interventions.supported_job.places": 40}`. What decides which files are read (people, place,
            prices, world, law) is given to `load`.

    Raises:
        UserError: with all mistakes.
    """
    from trajectsim.config.check import check
    from trajectsim.config.scenario import changed

    whole = changed(scenario, settings)
    if mistakes := check(whole):
        raise UserError(mistakes)
    return whole


def plan(study: str | Path, settings: Mapping[str, object] = {}, *, workers: int = 1) -> Prediction:
    """Return what a study (or scenario) file will ask: runs, time, memory, disk and Monte Carlo error.

    Args:
        study: the file.
        settings: `draws`, `replicates`, `seed`, and keys and parameters that go over the file's.
        workers: workers to predict the time for.

    Raises:
        UserError: with all mistakes that the files hold.
    """
    from trajectsim.study.plan import predict
    from trajectsim.study.work import prepare

    return predict(prepare(study, {key: _text(value) for key, value in settings.items()}), workers)


def batch(
    study: str | Path,
    out: str | Path | None = None,
    settings: Mapping[str, object] = {},
    *,
    executor: str = "local",
    workers: int | None = None,
    scheduler: str | None = None,
    shard: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Study:
    """Run a study (or scenario) file on several processes or a Dask cluster and return its results.

    Args:
        study: the file.
        out: folder for the results; `results/<name of the study>` if left out. What it holds of the study is kept.
        settings: as in `plan`.
        executor, workers, scheduler: `local` processes, `dask` (a scheduler's address, or processes of this machine)
            or `serial`; the results are the same.
        shard: `3/20` for the third share of twenty.
        progress: called with the draws of points that are done and their number in all.

    Raises:
        UserError: the files hold mistakes, the folder other results, or the workers are out of reach.
    """
    from trajectsim.study.batch import run_batch
    from trajectsim.study.layout import parse_shard
    from trajectsim.study.work import prepare

    given = {key: _text(value) for key, value in settings.items()}
    folder = None if out is None else Path(out)
    work = prepare(study, given, folder)
    if folder is None:
        folder = Path("results") / work.name
        work = prepare(study, given, folder)
    share = None if shard is None else parse_shard(shard)
    return run_batch(work, folder, executor=executor, workers=workers, scheduler=scheduler, shard=share,
                     progress=progress).study  # fmt: skip


def _text(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value)


def resume(folder: str | Path, *, workers: int | None = None, progress: Callable[[int, int], None] | None = None,
           executor: str = "local", scheduler: str | None = None) -> Study:  # fmt: skip
    """Go on with a study that was stopped, from its folder alone; arguments and errors as in `batch`."""
    from trajectsim.study.batch import resume as go_on

    return go_on(Path(folder), executor=executor, workers=workers, scheduler=scheduler, progress=progress).study


def verify(folder: str | Path) -> Verdict:
    """Check every file of a folder with results against its manifest. Raises UserError where there are none."""
    from trajectsim.study.verify import verify as check_files

    return check_files(folder)


def scale_up(
    scenario: str | Path | Scenario,
    places: Sequence[int],
    out: str | Path,
    *,
    team: str = "along",
    budget: str = "along",
    youths: int | None = None,
    arm: str | None = None,
    programme: str | None = None,
    settings: Mapping[str, object] = {},
    workers: int | None = None,
    explain: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Return what a programme brings and costs at several sizes, where the next place stops paying, and why.

    A scenario's file that names no world gets the packaged town around it; a loaded scenario must name one.

    Args:
        scenario: a scenario's file, or one from `load`.
        places: numbers of places.
        out: folder for the results; what it holds of the same sizes is kept.
        team: posts grow `along` with the places, in `whole` posts, or stay `fixed`. budget: a pooled budget likewise.
        youths: how many youths every size holds; those of the scenario, and at least the largest size, if left out.
        arm, programme: what to take to other sizes; the first programme if left out.
        settings: for a file, as `load` takes them, for example `{"draws": 200, "replicates": 1}`.
        workers: threads. explain: also run what binds. progress: as in `run`.

    Returns:
        The tree of `trajectsim.analysis.run_sizes.run_sizes`, with `sizes` and `best`.

    Raises:
        UserError: the scenario holds mistakes, has no such programme, or nothing in it is scarce.
    """
    from trajectsim.analysis.run_sizes import run_sizes
    from trajectsim.config.sizes import at_sizes

    whole, laid = _in_world(scenario, settings)
    sized = at_sizes(whole, places, arm=arm, programme=programme, team=team, budget=budget, youths=youths)
    tree = run_sizes(sized, Path(out), workers=workers, progress=progress, explain=explain)
    tree["about"]["world_laid"] = laid
    return tree


def silos(
    scenario: str | Path | Scenario,
    out: str | Path,
    *,
    arm: str | None = None,
    settings: Mapping[str, object] = {},
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Return what a pooled budget (ontschotting) is worth, per payer, with the transfers that make up losses.

    Args:
        scenario, settings, workers, progress: as in `scale_up`.
        out: folder for the results.
        arm: the arm to pool; the first after the null alternative if left out.

    Returns:
        The tree of `trajectsim.analysis.silos.silos_of`.

    Raises:
        UserError: the scenario holds mistakes, or nobody in it decides and no budget is pooled.
    """
    from trajectsim.analysis.silos import run_silos
    from trajectsim.config.pooled import pooling

    whole, laid = _in_world(scenario, settings)
    tree = run_silos(pooling(whole, arm), Path(out), workers=workers, progress=progress)
    tree["about"]["world_laid"] = laid
    return tree


def _in_world(scenario: str | Path | Scenario, settings: Mapping[str, object]) -> tuple[Scenario, bool]:
    from trajectsim.config.around import load_in_world

    if isinstance(scenario, Scenario):
        return scenario, False
    return load_in_world(scenario, {key: str(value) for key, value in settings.items()})


def triangle(study: Study | str | Path) -> dict[str, Any]:
    """Return legitimacy, involvement and return of every arm but the first (waardendriehoek).

    Args:
        study: an opened study, or its folder.

    Raises:
        UserError: there is one arm, or nothing is finished.
    """
    from trajectsim.analysis.triangle import triangle as corners

    opened = study if isinstance(study, Study) else open_study(study)
    return corners(opened, opened.path)


def open_study(folder: str | Path) -> Study:
    """Return the results in a folder. Raises UserError where there are none."""
    from trajectsim.study import store

    return store.open_study(folder)


def compare(study: Study | str | Path) -> dict[str, Any]:
    """Return the summary of a study: costs and outcomes per arm, differences with the first arm, and how sure they are.

    Raises:
        UserError: nothing is finished in every arm.
    """
    from trajectsim.analysis.compare import summarise

    opened = study if isinstance(study, Study) else open_study(study)
    return _answer(summarise(opened), "summary", opened)


def _answer(tree: Mapping[str, Any], kind: str, study: Study) -> dict[str, Any]:
    """Return a tree as a dictionary that a notebook shows as a table."""
    from trajectsim.report.notebook import Answer

    return Answer(tree, kind, study.manifest)


def sensitivity(
    study: Study | str | Path, outputs: Sequence[str] | None = None, arm: str | None = None
) -> dict[str, Any]:
    """Return which factors of a study move the answer: Sobol, Morris or RBD-FAST indices with intervals.

    Args:
        study: a study with a `sobol`, `morris` or `lhs` design, or its folder.
        outputs: perspectives, payers and outcomes; society and municipality if left out.
        arm: the arm to compare with the first one; the second if left out.

    Returns:
        The tree of `trajectsim.analysis.sensitivity.sensitivity`.

    Raises:
        UserError: the study has another design, too little is finished, or SALib is not installed.
    """
    from trajectsim.analysis.sensitivity import sensitivity as indices

    opened = study if isinstance(study, Study) else open_study(study)
    return _answer(indices(opened, outputs, arm), "sensitivity", opened)


def discover(
    study: Study | str | Path,
    output: str | None = None,
    arm: str | None = None,
    above: float | None = None,
    below: float | None = None,
) -> dict[str, Any]:
    """Return under which values of a study's factors (or of a scenario's drawn parameters) an intervention fails.

    Args:
        study: a study, or its folder.
        output: a perspective, payer or outcome; net costs of society if left out.
        arm: the arm to compare with the first one; the second if left out.
        above, below: it fails where the difference lies above, or below, this; the wrong side of nil if left out.

    Returns:
        The tree of `trajectsim.analysis.discovery.discover`.

    Raises:
        UserError: fewer than 20 points are finished, or scikit-learn is not installed.
    """
    from trajectsim.analysis.discovery import discover as boxes

    opened = study if isinstance(study, Study) else open_study(study)
    return _answer(boxes(opened, output, arm, above, below), "discovery", opened)


def numbers(scenario: str | Path | Scenario | None = None, path: str | None = None) -> pd.DataFrame:
    """Return the numbers of a scenario with their sources: one row per number.

    Args:
        scenario: a file or a loaded scenario; everything that is packaged if left out.
        path: only the number with this path, or those whose path begins with it.

    Returns:
        Columns path, value, unit, family, low, high, grade, source, title, locator, note.

    Raises:
        UserError: there is no such path, or the file holds mistakes.
    """
    import pandas

    from trajectsim.config.load import load_sources
    from trajectsim.config.scenario import packaged_scenario
    from trajectsim.evidence.describe import chosen, records

    given = packaged_scenario() if scenario is None else scenario
    whole = given if isinstance(given, Scenario) else load(given)
    columns = ["path", "value", "unit", "family", "low", "high", "grade", "source", "title", "locator", "note"]
    found = chosen(records(whole, load_sources()), path)
    rows = [[getattr(record, column) for column in columns] for record in found]
    return pandas.DataFrame(rows, columns=columns)


def youth(study: Study | str | Path, name: str | int, lang: str = "nl") -> Path:
    """Write a page with one youth's lives in all worlds into the folder of a study, and return its path.

    Args:
        study: a study, or its folder.
        name: number of a youth, or name of a preset (`bram`).
        lang: nl or en.

    Raises:
        UserError: there is no such youth.
    """
    import io

    from rich.console import Console

    from trajectsim.report.twins import youth_page
    from trajectsim.study.store import write_json

    opened = study if isinstance(study, Study) else open_study(study)
    if not (opened.path / "summary.json").is_file():
        write_json(opened.path / "summary.json", compare(opened))
    return youth_page(opened.path, str(name), lang, Console(file=io.StringIO()))


def value(
    study: Study | str | Path,
    prices: str | Path | PriceBook | None = None,
    rate: float | None = None,
    horizon: int | None = None,
) -> dict[str, Any]:
    """Return the social cost-benefit analysis of a finished study, under these or other prices; nothing is simulated.

    Args:
        study: an opened study, or its folder.
        prices: a price book, the name of a packaged one or a file (YAML, CSV or Excel); the study's own if left out.
        rate: one discount rate per year for everything, for example 0.03; the price book's own if left out.
        horizon: count only the first so many years.

    Returns:
        Tables as `trajectsim.analysis.mkba.mkba` describes them.

    Raises:
        UserError: the study has no prices, the book holds mistakes, or the horizon is not within the simulated years.
    """
    from trajectsim.analysis.mkba import mkba
    from trajectsim.config.load import load_prices

    book = load_prices(str(prices)) if isinstance(prices, (str, Path)) else prices
    opened = study if isinstance(study, Study) else open_study(study)
    return _answer(mkba(opened, book, rate, horizon), "value", opened)


def decide(
    study: Study | str | Path,
    effect: str | None = None,
    threshold: float | None = None,
    perspective: str = "society",
    youths: float | None = None,
    study_cost: tuple[float, float] | None = None,
) -> dict[str, Any]:
    """Return what to choose on a study, how sure that is, what knowing more is worth, and what to find out first.

    Args:
        study: a study, or the folder that holds one.
        effect: what counts beside money: `life_years` or an outcome; money alone when left out.
        threshold: euros that one unit of the effect is worth; for `life_years` the price book's when left out.
        perspective: society, society_without_intangibles, municipality or one payer.
        youths: for how many youths the decision is; those of the study when left out.
        study_cost: euros that a follow-up costs to begin, and per youth in each arm.

    Raises:
        UserError: nothing is finished, there is one arm only, or an argument that cannot be used.
    """
    from trajectsim.analysis.decide import decision_summary

    opened = study if isinstance(study, Study) else open_study(study)
    tree = decision_summary(opened, effect, threshold, perspective, youths, study_cost=study_cost)
    return _answer(tree, "decision", opened)


def write_report(study: Study | str | Path, lang: str = "nl", everything: bool = False) -> Path:
    """Write `summary.json`, `report.html` and `council.html` into the folder of a study; return the path of the report.

    With `everything` also `tables.xlsx` and the folders `tables` (CSV) and `figures` (SVG, PNG and their data).
    """
    from trajectsim.report.report import write_report as write
    from trajectsim.study.store import write_json

    opened = study if isinstance(study, Study) else open_study(study)
    write_json(opened.path / "summary.json", compare(opened))
    return write(opened.path, lang, everything)
