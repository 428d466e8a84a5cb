"""What a parameter's path means: `model.activity.lose_job.base` becomes `School and work: loses job (chance)`."""

from __future__ import annotations

import re

from trajectsim.report.phrases import Words, plain

__all__ = ["label"]


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
        return f"{words.title(steps[0])}: {_of_programme(steps[1:], words)}"
    if part == "prices" and steps[0] == "lines" and len(steps) >= 2:
        return words("label.price", what=words.title(f"prices.lines.{steps[1]}", steps[1]))
    if part == "prices" and steps[0] == "utilities":
        return words("label.utility", what=_state(".".join(steps[1:]), words))
    if part == "population":
        return words("label.population", what=" ".join(plain(s) for s in steps[-2:]))
    return " ".join(plain(s) for s in steps[-2:])


def _state(path: str, words: Words) -> str:
    domain = path.partition(".")[0]
    state = words.title(path) if "." in path else ""
    return f"{words.title(domain)}, {state}" if state else words.title(domain)


def _of_exit(steps: list[str], words: Words) -> str:
    domain, way, kind = steps[0], steps[1], steps[2]
    name = f"{words.title(domain)}: {words.title(f'{domain}.{way}', way)}"
    if kind in ("effects", "adds") and len(steps) > 3:
        cause = ".".join(steps[3:])
        title = _state(cause, words) if "." in cause else words.title(f"latent.{cause}", f"trait.{cause}", cause)
        return f"{name} ({words('label.effect', what=title)})"
    return f"{name} ({words('label.base')})" if kind == "base" else f"{name} ({plain(kind)})"


def _of_programme(steps: list[str], words: Words) -> str:
    kind = steps[0]
    if kind == "effects" and len(steps) > 1:
        return words("label.programme_effect", n=int(steps[1]) + 1 if re.fullmatch(r"\d+", steps[1]) else steps[1])
    if kind == "costs" and len(steps) > 1:
        return words("label.price", what=words.title(f"prices.lines.{steps[1]}", steps[1]))
    if kind == "parameters" and len(steps) > 1:
        return plain(steps[1])
    return words(f"label.{kind}") if words.has(f"label.{kind}") else plain(kind)
