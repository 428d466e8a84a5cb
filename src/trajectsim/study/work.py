"""What there is to do: a scenario or a study, compiled once to see that it can be done, cut into parts.

`prepare` starts from files, `reopen` from a folder of results alone; both give the same work.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trajectsim.config.check import check
from trajectsim.config.overrides import COMMAND_LINE, SCENARIO_KEYS
from trajectsim.config.reader import Loc, read_mapping
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.config.study import LoadedStudy, is_study, load_study
from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.evidence.parameter import Parameter
from trajectsim.evidence.register import Register
from trajectsim.study.design import Factor, make_points
from trajectsim.study.layout import Layout, layout_of, suggested
from trajectsim.study.parts import TABLES
from trajectsim.study.run import kept_beside, make_plan, manifest_of, model_version
from trajectsim.study.store import open_study

__all__ = ["Cell", "Work", "prepare", "reopen"]

NO_FACTOR = ("name", "draws", "replicates", "seed", "follow", "share_luck_across_draws")
"""Keys of a scenario that a study cannot vary: all points have the same luck."""
NOT_KEPT = ("lives",)
"""Tables that a study writes only if asked."""


@dataclass(frozen=True)
class Cell:
    """One point: its number, its id, the mark of its scenario, and the parameters that it fixes."""

    number: int
    id: str
    scenario: str
    settings: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Work:
    """A scenario or study that can be run: its manifest, what is kept beside it (by path), and its points."""

    manifest: dict[str, Any]
    files: dict[str, bytes]
    cells: tuple[Cell, ...]

    @property
    def layout(self) -> Layout:
        """How it is cut into parts."""
        return layout_of(self.manifest)

    @property
    def name(self) -> str:
        """Name of the study or scenario."""
        return str(self.manifest["name"])

    @property
    def runs(self) -> int:
        """Runs in all: points, draws, replicates and arms."""
        return self.layout.cells * int(self.manifest["replicates"]) * len(self.manifest["arms"])


def prepare(path: str | Path, overrides: Mapping[str, str] = {}, out: Path | None = None) -> Work:
    """Read a scenario or a study file, check it and compile it.

    Args:
        path: the file.
        overrides: keys of the scenario or paths of parameters to texts; they go over the file.
        out: the folder that it will be run into: a study that was begun there keeps its size of parts.

    Raises:
        UserError: with all mistakes: of form, of factors that name nothing, of values that cannot be.
    """
    if not is_study(read_mapping(Path(path), str(path))):
        scenario = load_scenario(path, overrides)
        if mistakes := check(scenario):
            raise UserError(mistakes)
        plan, register = make_plan(scenario)
        manifest = manifest_of(plan, register)
        mark = manifest["content_hash"][:16]
        return Work(manifest, kept_beside(scenario, manifest), (Cell(0, mark, mark),))
    return _of_study(load_study(path, overrides), out)


def reopen(folder: str | Path) -> Work:
    """Return the work that a folder of results holds, finished or not; no other file is needed.

    Raises:
        UserError: there are no results, of another model version, or what is kept with them has changed.
    """
    study = open_study(folder)
    manifest, here = study.manifest, model_version()
    if manifest.get("model_version") != here:
        raise UserError.of(
            f"'{folder}' holds results of another model version: {manifest.get('model_version')} there, {here} here",
            cure="install that version, or run the study again into another folder",
        )
    if manifest.get("study") is None:
        mark = str(manifest["content_hash"])[:16]
        return Work(manifest, {}, (Cell(0, mark, mark),))
    return Work(manifest, {}, _cells(manifest, study.design))


# --- a study ----------------------------------------------------------------------------------------------------------


def _of_study(study: LoadedStudy, out: Path | None) -> Work:
    spec = study.spec
    _known_tables(study)
    scenarios = _Scenarios(study)
    base = scenarios.of({})
    factors = _factors(study, scenarios, base)
    points = make_points(study, factors, base.spec.seed)
    _fits(study, factors, points, scenarios, keys=False)
    keys = [j for j, factor in enumerate(factors) if factor.parameter is None and factor.path in SCENARIO_KEYS]
    marks: dict[str, str] = {}  # key settings as text -> mark of the scenario
    files: dict[str, bytes] = {}
    manifests: dict[str, dict[str, Any]] = {}
    first: dict[str, Any] | None = None
    cells = []
    for number, point in enumerate(points):
        given = {factors[j].path: point[j] for j in keys}
        text = json.dumps(given, sort_keys=True)
        if text not in marks:
            try:
                scenario = scenarios.of(given)
            except UserError:
                _fits(study, factors, points, scenarios, keys=True)  # which of the factors is to blame
                raise
            plan, register = make_plan(scenario)
            own = manifest_of(plan, register)
            mark = marks[text] = own["content_hash"][:16]
            manifests[mark] = own
            files.update(kept_beside(scenario, own))
            _all_named(study, factors, register, given)
            if first is None:
                first = manifests[mark]
        mark = marks[text]
        settings = tuple((f.path, float(point[j])) for j, f in enumerate(factors) if j not in keys)
        cells.append(Cell(number, _id(manifests[mark]["content_hash"], settings, spec.others), mark, settings))
    assert first is not None
    table = _design_table(factors, points, cells)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    files["design.parquet"] = sink.getvalue()
    for mark, own in manifests.items():
        if own is not first:
            text = json.dumps(_but_draws(own), ensure_ascii=False, indent=1) + "\n"
            files[f"manifests/{mark}.json"] = text.encode()
    draws = int(first["draws"])
    about: dict[str, Any] = {
        "points": len(points),
        "design": spec.design.model_dump(mode="json", exclude_none=True),
        "factors": {
            factor.name: {
                "path": factor.path,
                "parameter": j not in keys,
                "title": None if factor.spec.title is None else factor.spec.title.model_dump(),
                **_bounds(factor),
            }
            for j, factor in enumerate(factors)
        },
        "others": spec.others,
        "keep": [name for name in TABLES if _kept(spec.keep, name)],
        "detail": spec.detail,
        "scenario": str(first["name"]),
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())},
    }
    fixed = {name: item["path"] for name, item in about["factors"].items()}
    content = json.dumps([[cell.id for cell in cells], fixed, about["keep"], about["detail"], about["others"]])
    manifest = {
        **first,
        "name": spec.name,
        "content_hash": hashlib.sha256(content.encode()).hexdigest(),
        "parts": _shape(study, out, len(points), draws, first),
        "titles": {**first["titles"], "study": spec.title.model_dump()},
        "study": about,
    }
    return Work(manifest, files, tuple(cells))


def _but_draws(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a scenario without the number of draws, which is the study's own: a file beside it stays
    as it was when the study gets more of them."""
    scenario = {key: value for key, value in manifest["scenario"].items() if key != "draws"}
    return {**{key: value for key, value in manifest.items() if key != "draws"}, "scenario": scenario}


def _id(scenario: str, settings: Sequence[tuple[str, float]], others: str) -> str:
    """Return the id of a point, which follows from what it holds alone."""
    text = json.dumps([scenario, sorted(settings), others])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _kept(keep: Sequence[str] | None, name: str) -> bool:
    return name == "runs" or (name not in NOT_KEPT if keep is None else name in keep)


def _known_tables(study: LoadedStudy) -> None:
    found = []
    for n, name in enumerate(study.spec.keep or ()):
        if name not in TABLES:
            what = f"there is no table '{name}'"
            near = nearest(name, TABLES)
            found.append(study.document.mistake(("keep", n), what, near=near, allowed=", ".join(TABLES)))
    if found:
        raise UserError(found)


class _Scenarios:
    """The study's scenario with some keys set, read and checked once each."""

    def __init__(self, study: LoadedStudy) -> None:
        self.study = study
        self.kept: dict[str, Scenario] = {}

    def of(self, settings: Mapping[str, Any], at: Loc | None = None) -> Scenario:
        """Return the scenario with these keys and parameters set; `at`: the line that is to blame for a mistake."""
        text = json.dumps(dict(settings), sort_keys=True)
        if text not in self.kept:
            found = self._read(settings, at)
            if at is not None:
                return found
            self.kept[text] = found
        return self.kept[text]

    def _read(self, settings: Mapping[str, Any], at: Loc | None) -> Scenario:
        spec, document = self.study.spec, self.study.document
        given = {**spec.settings, **settings}
        for key in ("draws", "replicates", "seed"):
            if getattr(spec, key) is not None:
                given[key] = getattr(spec, key)
        file = self.study.path.parent / spec.scenario
        if not file.is_file():
            what = f"there is no scenario '{spec.scenario}'"
            near = nearest(file.name, [p.name for p in file.parent.glob("*.y*ml")] if file.parent.is_dir() else [])
            raise UserError([document.mistake(("scenario",), what, near=near, cure="check the path")])
        try:
            scenario = load_scenario(file, {key: _as_text(value) for key, value in given.items()})
            scenario = self._with_arms(scenario)
            mistakes = check(scenario)
        except UserError as error:
            mistakes = error.mistakes
        if mistakes:
            raise UserError([self._placed(mistake, given, at) for mistake in mistakes])
        return scenario

    def _placed(self, mistake: Mistake, given: Mapping[str, Any], at: Loc | None) -> Mistake:
        """Return a mistake of the scenario at the line of the study that is to blame for it, where one is."""
        document = self.study.document
        if at is not None:
            where = mistake.file if mistake.line is None else f"{mistake.file}:{mistake.line}"
            ours = mistake.file is None or mistake.file.startswith(COMMAND_LINE)
            what = mistake.what if ours else f"{mistake.what} ({where})"
            return document.mistake(at, what, near=mistake.near, allowed=mistake.allowed, cure=mistake.cure)
        key = mistake.key if mistake.key in given else None
        if mistake.file is None or not mistake.file.startswith(COMMAND_LINE) or key is None:
            return mistake
        loc: Loc = (key,) if key in ("draws", "replicates", "seed") else ("settings", key)
        return document.mistake(loc, mistake.what, near=mistake.near, allowed=mistake.allowed, cure=mistake.cure)

    def _with_arms(self, scenario: Scenario) -> Scenario:
        wanted = self.study.spec.arms
        if wanted is None:
            return scenario
        arms = {arm.name: arm for arm in scenario.spec.arms}
        found = []
        for n, name in enumerate(wanted):
            if name not in arms or wanted.index(name) != n:
                what = f"the arm '{name}' stands there twice" if name in arms else f"the scenario has no arm '{name}'"
                near = nearest(name, set(arms) - {name})
                found.append(self.study.document.mistake(("arms", n), what, near=near, allowed=", ".join(arms)))
        if found:
            raise UserError(found)
        chosen = [arms[name] for name in wanted]
        needed = {name for arm in chosen for name in arm.interventions}
        kept = {name: item for name, item in scenario.interventions.items() if name in needed}
        return replace(scenario, spec=scenario.spec.model_copy(update={"arms": chosen}), interventions=kept)


def _as_text(value: Any) -> str:
    """Return a value as the overrides of a scenario take it: as YAML on one line."""
    return value if isinstance(value, str) else json.dumps(value)


def _factors(study: LoadedStudy, scenarios: _Scenarios, base: Scenario) -> list[Factor]:
    """Return the factors with what they vary; a factor that names nothing is told with the nearest name."""
    register = make_plan(base)[1]
    shares = set(register.paths) - set(register.parameters)
    together = {member for group in register.correlated for member in group.members}
    together |= {member for group in register.posteriors for member in group.members}
    found, mistakes = [], []
    for name, spec in study.spec.factors.items():
        path, loc = study.spec.path_of(name), ("factors", name)
        parameter = register.parameters.get(path)
        if name in ("point", "id", "scenario"):
            what = f"'{name}' is a column of the design itself"
            mistakes.append(study.document.mistake(loc, what, cure="give the factor another name"))
        elif path in NO_FACTOR or path in ("arms", "set", "title"):
            what = f"'{path}' cannot be a factor"
            cure = "name a parameter or another key; all points have the same draws, replicates and luck"
            mistakes.append(study.document.mistake(loc, what, cure=cure))
        elif path in SCENARIO_KEYS:
            if spec.own:
                what = f"'{path}' is a key of the scenario and has no distribution"
                mistakes.append(study.document.mistake(loc, what, cure="give values, or low and high"))
            found.append(Factor(name, path, spec, whole=isinstance(_plain_value(base, path), int)))
        elif parameter is None and path not in shares:
            try:
                scenarios.of({path: 0.5}, at=loc)
                what = f"'{path}' plays no part in the arms of this study"
                mistakes.append(study.document.mistake(loc, what, cure="name another parameter"))
            except UserError as error:
                mistakes += error.mistakes
        elif spec.own and (parameter is None or parameter.distribution.family == "fixed" or path in together):
            why = "varies together with others" if parameter is None or path in together else "is fixed"
            mistakes.append(study.document.mistake(loc, f"'{path}' {why}", cure="give values, or low and high"))
        else:
            wrong = [v for v in spec.values or () if isinstance(v, bool) or not isinstance(v, (int, float))]
            if wrong:
                what = f"{json.dumps(wrong[0])} is no number, and '{path}' is a parameter"
                mistakes.append(study.document.mistake(loc, what, cure="give numbers"))
            found.append(Factor(name, path, spec, parameter or _share(register, path)))
    if mistakes:
        raise UserError(mistakes)
    return found


def _plain_value(scenario: Scenario, key: str) -> Any:
    """Return what a key of the scenario is; the size is that of the population where the scenario gives none."""
    value = getattr(scenario.spec, key)
    return scenario.population.size if key == "size" and value is None else value


def _share(register: Register, path: str) -> Parameter:
    """Return one of several shares as a parameter of its own; setting it leaves the rest to the others."""
    group, state = path.rsplit(".", 1)
    item = register.dirichlets[group]
    return Parameter(value=item.shares[state], unit="share", source=item.source, locator=item.locator, grade=item.grade)


def _fits(
    study: LoadedStudy, factors: Sequence[Factor], points: Sequence[tuple[Any, ...]], scenarios: _Scenarios, keys: bool
) -> None:
    """Try every factor at its lowest and highest value, or at every text or list; one that cannot be is told.

    `keys`: those that are keys of the scenario, or those that are parameters.
    """
    mistakes: list[Mistake] = []
    for j, factor in enumerate(factors):
        if (factor.parameter is None) != keys:
            continue
        values = {json.dumps(point[j]): point[j] for point in points}
        numbers = [v for v in values.values() if isinstance(v, (int, float)) and not isinstance(v, bool)]
        tried = [min(numbers), max(numbers)] if len(numbers) == len(values) else list(values.values())
        if factor.spec.own:  # its own distribution was declared with its limits
            continue
        for value in dict.fromkeys(map(json.dumps, tried)):
            try:
                scenarios.of({factor.path: json.loads(value)}, at=("factors", factor.name))
            except UserError as error:
                for mistake in error.mistakes:
                    told = replace(mistake, what=f"at {value}: {mistake.what}")
                    if told not in mistakes:
                        mistakes.append(told)
    if mistakes:
        raise UserError(mistakes)


def _all_named(study: LoadedStudy, factors: Sequence[Factor], register: Register, given: Mapping[str, Any]) -> None:
    """Refuse a factor that some scenarios of the study do not have."""
    index = register.index
    mistakes = []
    for factor in factors:
        if factor.parameter is not None and factor.path not in index:
            what = f"'{factor.path}' is not there with {json.dumps(dict(given))}"
            cure = "leave one of the two factors out"
            mistakes.append(study.document.mistake(("factors", factor.name), what, cure=cure))
    if mistakes:
        raise UserError(mistakes)


def _bounds(factor: Factor) -> dict[str, Any]:
    """Return what a factor's values were taken from, for whoever analyses the design."""
    plain = factor.spec.model_dump(mode="json", exclude_none=True, exclude={"path", "title"})
    if factor.parameter is not None:
        plain["unit"], plain["central"] = factor.parameter.unit, factor.parameter.value
    return plain


def _design_table(factors: Sequence[Factor], points: Sequence[tuple[Any, ...]], cells: Sequence[Cell]) -> pa.Table:
    """Return the design as a table: number, id and scenario of each point, and its value of each factor."""
    columns: dict[str, Any] = {
        "point": pa.array([cell.number for cell in cells], pa.int32()),
        "id": pa.array([cell.id for cell in cells], pa.string()),
        "scenario": pa.array([cell.scenario for cell in cells], pa.string()),
    }
    for j, factor in enumerate(factors):
        values = [point[j] for point in points]
        plain = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
        if factor.parameter is not None:
            columns[factor.name] = pa.array([float(v) for v in values], pa.float64())
        elif plain:
            whole = all(isinstance(v, int) for v in values)
            columns[factor.name] = pa.array(values, pa.int64() if whole else pa.float64())
        else:
            columns[factor.name] = pa.array([v if isinstance(v, str) else json.dumps(v) for v in values], pa.string())
    return pa.table(columns)


def _shape(
    study: LoadedStudy, out: Path | None, points: int, draws: int, manifest: Mapping[str, Any]
) -> dict[str, int]:
    """Return the size of parts: as given, as the study was begun with, or so that a task takes about a second."""
    if study.spec.part is not None:
        return {"points": min(study.spec.part.points, points), "draws": study.spec.part.draws}
    if out is not None and (out / "manifest.json").is_file():
        begun = open_study(out).manifest
        if begun.get("study") is not None and begun.get("parts"):
            return dict(begun["parts"])
    months = int(manifest["size"]) * int(manifest["steps"]) * 12 / int(manifest["steps_per_year"])
    return suggested(
        points, draws, months * int(manifest["replicates"]) * len(manifest["arms"]), manifest["world"] is not None
    )


def _cells(manifest: Mapping[str, Any], design: pd.DataFrame) -> tuple[Cell, ...]:
    """Return the points of a study from its manifest and design."""
    factors = {name: item["path"] for name, item in manifest["study"]["factors"].items() if item["parameter"]}
    columns = [design[name].to_numpy(float) for name in factors]
    paths = list(factors.values())
    return tuple(
        Cell(int(number), str(mark), str(scenario), tuple((path, float(c[k])) for path, c in zip(paths, columns,
                                                                                                 strict=True)))
        for k, (number, mark, scenario) in enumerate(
            zip(design["point"], design["id"], design["scenario"], strict=True)
        )
    )
