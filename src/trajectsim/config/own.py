"""An intervention of one's own: a commented file and a scenario that runs it, new or after an example."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from trajectsim.config.load import DATA, packaged_names, read_kind
from trajectsim.config.reader import read_text
from trajectsim.config.schema import Intervention, Population
from trajectsim.errors import UserError

__all__ = ["Drafts", "drafts", "write_drafts"]

NAME = re.compile(r"[a-z][a-z0-9_]*")
EXAMPLE = "consultant_vulnerable_youth"
"""An entry of the catalogue that shows what ingredients do."""

FIRST_CHOICE = "nijkerk"
ENOUGH = 0.8
"""Part of the ages of an intervention that a population must hold to be its population."""

GROWN = 16.0
"""Age from which the town is for somebody; children live in a world of programmes only, unless more is changed."""

HEADERS = {
    "nl": "# {name}: kopie van {old}, om te veranderen. Na elke verandering: trajectsim check {scenario}\n",
    "en": "# {name}: a copy of {old}, to be changed. After every change: trajectsim check {scenario}\n",
}


@dataclass(frozen=True)
class Drafts:
    """Two files to be: their paths and texts."""

    intervention: Path
    scenario: Path
    texts: tuple[str, str]


def drafts(name: str, lang: str, example: str | None = None, out: Path | None = None) -> Drafts:
    """Return the file of an intervention and a scenario that runs it.

    Args:
        name: name of the intervention.
        lang: language of the comments.
        example: a packaged intervention, or the path of a file, to start from; a small new one if left out.
        out: where the intervention is to stand; NAME.yaml in the working directory if left out. The scenario stands
            beside it as NAME_scenario.yaml.

    Raises:
        UserError: a name that cannot be one or is taken, or an example that does not exist or holds mistakes.
    """
    _refuse_name(name)
    file = Path(f"{name}.yaml") if out is None else out
    if file.suffix not in (".yaml", ".yml"):
        raise UserError.of("the file of an intervention is YAML", key="--out", near=f"{file.name}.yaml")
    scenario = file.with_name(f"{name}_scenario.yaml")
    if example is None:
        spec, text = None, _filled(f"intervention.{lang}.yaml", name=name, scenario=str(scenario), example=EXAMPLE)
    else:
        loaded = read_kind("intervention", example)
        spec = loaded.spec
        header = HEADERS[lang].format(name=name, old=spec.name, scenario=scenario)
        text = header + _renamed(read_text(loaded.path, example), spec.name, name)
    place, world = _around(spec)
    years = "10" if place == FIRST_CHOICE else "6"
    own_world = "" if world == read_kind("place", place).spec.world else f"world: {world}\n"
    arm = name if name != "usual_care" else f"with_{name}"
    run = _filled(
        f"scenario.{lang}.yaml", name=name, scenario=str(scenario), file=file.name, place=place, world=own_world,
        years=years, arm=arm,
    )  # fmt: skip
    return Drafts(file, scenario, (text, run))


def write_drafts(found: Drafts) -> None:
    """Write both files; nothing is ever overwritten, and either both are written or none.

    Raises:
        UserError: one of them is there already, or the folder cannot be written.
    """
    for path in (found.intervention, found.scenario):
        if path.exists():
            cure = "choose another name, or another place with --out; nothing has been overwritten"
            raise UserError.of("there is such a file already", file=str(path), cure=cure)
    done: list[Path] = []
    try:
        for path, text in zip((found.intervention, found.scenario), found.texts, strict=True):
            with path.open("x", encoding="utf-8", newline="\n") as file:
                done.append(path)
                file.write(text)
    except OSError as error:
        for path in done:
            path.unlink(missing_ok=True)
        what = f"this cannot be written: {(error.strerror or 'unknown reason').lower()}"
        raise UserError.of(what, file=str(path), cure="choose a folder that exists and that you may write to") from None


def _refuse_name(name: str) -> None:
    if not NAME.fullmatch(name):
        near = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "my_intervention"
        near = near if NAME.fullmatch(near) else f"my_{near}"
        allowed = "small letters, digits and _, beginning with a letter"
        raise UserError.of(f"'{name[:60]}' cannot be a name", allowed=allowed, near=near)
    if name in packaged_names("intervention"):
        cure = f"choose another name; `--from {name}` starts from it"
        raise UserError.of(f"there is a packaged intervention '{name}'", near=f"my_{name}", cure=cure)


def _filled(template: str, **values: str) -> str:
    """Return a template with its placeholders filled in; all other braces are YAML's own."""
    text = (DATA / "templates" / template).read_text(encoding="utf-8")
    return re.sub(r"\{(" + "|".join(values) + r")\}", lambda found: values[found.group(1)], text)


def _renamed(text: str, old: str, name: str) -> str:
    """Return the text of an intervention under another name; comments that only mention the old one stay."""
    text = re.sub(rf"(?m)^name:[ \t]*{re.escape(old)}\b", f"name: {name}", text, count=1)
    return re.sub(rf"(?<![\w/]){re.escape(old)}(?=\.[a-z_])", name, text)


def _around(spec: Intervention | None) -> tuple[str, str]:
    """Return the packaged place whose people an intervention is for, and a world in which all it changes exists.

    The place is the one that its source is about, else one with people of the ages that may take part.
    """
    ages = None if spec is None or spec.eligible is None else spec.eligible.age
    low = GROWN if ages is None or ages.from_ is None else ages.from_
    high = max(28.0, low) if ages is None or ages.to is None else ages.to
    names = [FIRST_CHOICE, *(name for name in packaged_names("place") if name != FIRST_CHOICE)]
    people = {name: read_kind("population", read_kind("place", name).spec.population).spec for name in names}
    shares = {name: _overlap(found, low, high) for name, found in people.items()}
    background = None if spec is None else spec.background
    about = re.sub(r"[^a-z]+", "_", ((background and background.place) or "").removesuffix("-type").lower())
    of_place = [name for name in names if about and name.startswith(about) and shares[name] > 0]
    enough = [name for name in names if shares[name] >= ENOUGH]
    chosen = (of_place + enough + sorted(names, key=lambda name: -shares[name]))[0]
    everybody = spec is not None and bool(spec.levers or spec.changes)
    of_its_own = read_kind("place", chosen).spec.world
    if chosen in of_place and of_its_own is not None and not everybody:
        return chosen, of_its_own
    return chosen, "town" if high > GROWN or everybody else "programmes"


def _overlap(people: Population, low: float, high: float) -> float:
    """Return which part of the ages that somebody may have falls within a population's, once it has been lived in."""
    later = 0.0 if people.run_in is None else people.run_in.months / 12
    first, last = people.ages.from_ + later, people.ages.to + later
    return max(min(high, last) - max(low, first), 0.0) / max(high - low, 1e-9)
