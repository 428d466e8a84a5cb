"""What a parameter's path means: `model.activity.lose_job.base` becomes `School and work: loses job (chance)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from trajectsim.analysis.world import ANSWERS
from trajectsim.config.load import DATA
from trajectsim.config.reader import read_yaml
from trajectsim.report.format import LANGUAGES
from trajectsim.report.phrases import Words, flat, phrases, plain

__all__ = ["label", "own_titles"]


def label(path: str, words: Words) -> str:
    """Return a parameter's path as words, as far as the model gives its parts titles."""
    part, _, rest = path.partition(".")
    steps = rest.split(".")
    if part == "model" and len(steps) >= 3 and steps[0] not in ("latents", "measures", "parameters"):
        return _of_exit(steps, words)
    if part == "model" and steps[0] == "latents" and len(steps) >= 2:
        what = (
            words("label.drift", what=_state(".".join(steps[3:]), words))
            if steps[2:3] == ["drift"]
            else plain(steps[-1])
        )
        return f"{words.title(f'latent.{steps[1]}', steps[1])}: {what}"
    if part == "interventions" and len(steps) >= 2:
        return f"{words.title(steps[0])}: {_of_programme(steps[0], steps[1:], words)}"
    if part == "prices" and steps[0] == "lines" and len(steps) >= 2:
        return words("label.price", what=words.title(f"prices.lines.{steps[1]}", steps[1]))
    if part == "prices" and steps[0] == "utilities":
        return words("label.utility", what=_state(".".join(steps[1:]), words))
    if part == "population" and steps[0] == "traits" and len(steps) > 1:
        rest = " ".join(plain(s) for s in steps[2:])
        return words("label.population", what=f"{words.title(f'trait.{steps[1]}', steps[1])} ({rest})")
    if part == "world" and steps[0] == "mechanisms" and len(steps) > 3:
        return _of_world(steps[1], steps[2:], words)
    if part == "population" and steps[0] == "initial" and len(steps) > 3 and steps[3] == "states":
        what = _state(".".join([steps[1], *steps[4:]]), words)
        return words("label.population", what=words("label.initial", what=what, n=int(steps[2]) + 1))
    if part == "population":
        return words("label.population", what=" ".join(plain(s) for s in steps[-2:]))
    named = steps[:1] == ["parameters"] or words.titles.get(path, {}).get(words.lang)
    return words.title(path) if named else " ".join(plain(s) for s in steps[-2:])


def own_titles(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return titles that a manifest does not list: of price lines, traits, and what a programme acts on."""
    lines = manifest.get("price_lines") or manifest.get("lines") or ()
    titles = {f"prices.lines.{line['line']}": dict(line["title"]) for line in lines if line.get("title")}
    titles |= _shared_prices(lines)
    given, resolved = manifest.get("titles") or {}, manifest.get("resolved") or {}
    traits = (resolved.get("model") or {}).get("traits") or {}
    titles |= {f"trait.{name}": dict(trait["title"]) for name, trait in traits.items() if trait.get("title")}
    for name, item in (resolved.get("interventions") or {}).items():
        for number, effect in enumerate(item.get("effects") or ()):
            target = effect.get("exit") or f"latent.{effect.get('latent')}"
            what = given.get(target) or dict.fromkeys(LANGUAGES, plain(target))
            titles[f"interventions.{name}.effects.{number}"] = {
                lang: phrases(lang)["label.programme_effect"].format(
                    what=what[lang], when=", ".join(phrases(lang)[f"label.while_{w}"] for w in effect["while"])
                )
                for lang in LANGUAGES
            }
    return {**_numbers(), **titles, **_world_titles(manifest.get("world") or {})}


@cache
def _numbers() -> dict[str, dict[str, str]]:
    """Return the Dutch words for numbers that the packaged data name, by path."""
    return {path: {"nl": text} for path, text in flat(read_yaml(DATA / "phrases" / "numbers.yaml").data)}


def _shared_prices(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return titles of prices that lines share: the first line's, and how many others there are."""
    users: dict[str, list[Mapping[str, str]]] = {}
    for line in lines:
        path = str(line.get("path") or "")
        if path.startswith("prices.parameters.") and line.get("title"):
            users.setdefault(path, []).append(line["title"])
    titles: dict[str, dict[str, str]] = {}
    for path, own in users.items():
        for lang in LANGUAGES:
            known, names = phrases(lang), list(dict.fromkeys(title[lang] for title in own))
            if f"name.{path.rpartition('.')[2]}" in known:
                continue
            what = names[0]
            if len(names) > 1:
                what = known["own.and_more"].format(first=what, n=len(names) - 1)
            titles.setdefault(path, {})[lang] = known["label.price"].format(what=what)
    return titles


def _world_titles(world: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return titles of mechanisms, budgets and provisions, and of what becomes of a request for each provision."""
    titles: dict[str, dict[str, str]] = {}
    for kind in ("mechanisms", "provisions", "budgets"):
        titles |= {f"{kind[:-1]}.{name}": dict(item["title"]) for name, item in (world.get(kind) or {}).items()}
    for name, item in (world.get("provisions") or {}).items():
        for answer in ANSWERS:
            titles[f"queue.{name}.{answer}"] = {
                lang: f"{item['title'][lang]}: {phrases(lang)[f'world.{answer}']}" for lang in LANGUAGES
            }
    return titles


def _state(path: str, words: Words) -> str:
    """Return a state in words: its own title, with the domain's where the title does not speak for itself."""
    domain, _, state = path.partition(".")
    if state in ("", "on"):
        return words.title(domain)
    return words.title(path) if domain == "activity" else f"{words.title(domain)}: {words.title(path)}"


def _of_exit(steps: list[str], words: Words) -> str:
    domain, way, kind = steps[0], steps[1], steps[2]
    name = f"{words.title(domain)}: {words.title(f'{domain}.{way}', way)}"
    if kind in ("effects", "adds") and len(steps) > 3:
        cause = ".".join(steps[3:])
        title = _state(cause, words) if "." in cause else words.title(f"latent.{cause}", f"trait.{cause}", cause)
        return f"{name} ({words('label.effect', what=title)})"
    return f"{name} ({words('label.base')})" if kind == "base" else f"{name} ({plain(kind)})"


def _of_world(mechanism: str, steps: list[str], words: Words) -> str:
    """Return a number of a mechanism in words: the mechanism, what it is about, and which number of that."""
    paths = [f"{kind}.{steps[1]}" for kind in ("provision", "budget")]
    titles = [words.title(path) for path in paths if len(steps) > 2 and path in words.titles]
    own = _number(steps[2:] if titles else steps[1:], words)
    return f"{words.title(f'mechanism.{mechanism}', mechanism)}: {', '.join([*titles, own])}"


def _number(steps: list[str], words: Words) -> str:
    """Return the steps that lead to a number as words: known ones by phrase, provisions by title."""
    texts = []
    for step in steps:
        if step == "outside" and len(steps) > 1:
            continue
        known = words.has(f"number.{step}")
        texts.append(words(f"number.{step}") if known else words.title(f"provision.{step}", step))
    return " ".join(texts)


def _of_programme(name: str, steps: list[str], words: Words) -> str:
    kind = steps[0]
    if kind == "effects" and len(steps) > 1:
        return words.title(f"interventions.{name}.effects.{steps[1]}")
    if kind == "costs" and len(steps) > 1:
        return words("label.price", what=words.title(f"prices.lines.{name}.{steps[1]}", steps[1]))
    if kind == "parameters" and len(steps) > 1:
        return plain(steps[1])
    if kind in ("team", "selection") and len(steps) > 1:
        return _number(steps[1:2], words)
    return words(f"label.{kind}") if words.has(f"label.{kind}") else plain(kind)
