"""The top of the report: the verdict in one line, the few numbers that carry it, and what changes in the lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trajectsim.report.blocks import Table
from trajectsim.report.findings import Arm, Findings, text_of
from trajectsim.report.format import about
from trajectsim.report.labels import label
from trajectsim.report.phrases import Words

__all__ = ["Answer", "Tile", "answer", "break_even", "outcome_title", "outcome_unit", "perspectives", "ratio", "why"]


@dataclass(frozen=True)
class Tile:
    """One headline number: what it is, the number, and a note."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Answer:
    """The answer about one world: first line, why, the sentences, the tiles, the clear changes in lives."""

    arm: Arm
    first_line: str
    why: str
    lead: str
    intangibles: str
    municipality: str
    effects: str
    places: str
    tiles: list[Tile]
    clear: list[str]


def answer(found: Findings, arm: Arm) -> Answer:
    """Return the answer about one world against the null alternative."""
    words, verdict = found.words, found.verdict(arm)
    sign = str(verdict["sign"])
    return Answer(
        arm,
        words(f"verdict.{sign}", arm=arm.title),
        why(found, verdict),
        "" if sign in ("no_difference", "unpriced") else _lead(found, arm),
        "" if sign in ("no_difference", "unpriced") else _intangibles(found, arm),
        "" if sign in ("no_difference", "unpriced") else _municipality(found, arm),
        _effects(found, arm),
        _places(found, arm),
        _tiles(found, arm),
        clear(found, arm),
    )


def why(found: Findings, verdict: Mapping[str, Any]) -> str:
    """Return why the first line says so: the reasons, and which assumptions turn the answer on their own."""
    words, sign = found.words, verdict["sign"]
    if sign != "not_known":
        return words(f"verdict.{sign}_why")
    parts = [words(f"reason.{reason}") for reason in verdict.get("reasons") or ["evidence"]]
    turning = [label(str(path), words) for path in verdict.get("turning") or []][:3]
    if turning:
        parts.append(words("reason.turning", which="; ".join(turning)))
    return " ".join(parts)


def _less_or_more(words: Words, value: float | None, rounded: bool = True) -> str:
    """Return a difference in words: so much less, so much more, or nil."""
    if value is None or value == 0:
        return words.style.euro(value)
    size = words.style.about_euro(abs(value)) if rounded else words.style.euro(abs(value))
    return words("lead.amount_less" if value < 0 else "lead.amount_more", amount=size)


def _lead(found: Findings, arm: Arm) -> str:
    words, total = found.words, found.total(arm)
    if not total or total.get("mean") is None:
        return ""
    low, high = total.get("p05") or 0.0, total.get("p95") or 0.0
    open_sign = low < 0 < high
    mean = total["mean"] or 0.0
    sentence = words(
        "lead.difference" if open_sign else "lead.certain",
        years=found.years,
        amount=words.style.euro(abs(about(mean) or 0.0)),
        direction=words("lead.less" if mean < 0 else "lead.more"),
        base=found.base.title,
        interval=words(
            "lead.range" if open_sign else "lead.between",
            low=_less_or_more(words, low),
            high=_less_or_more(words, high),
        ),
    )
    chance = found.saving(arm).get("society")
    if chance is None:
        return sentence
    key = {0.0: "lead.chance_none", 1.0: "lead.chance_all"}.get(chance, "lead.chance")
    return f"{sentence} {words(key, n=min(99, max(1, round(100 * chance))))}"


def _intangibles(found: Findings, arm: Arm) -> str:
    """Return what is left of the difference without the worth of quality of life, which nobody is ever paid."""
    words, cost = found.words, found.difference(arm).get("cost", {})
    stats, total = cost.get("without_intangibles") or {}, found.total(arm) or {}
    chance = found.saving(arm).get("society_without_intangibles")
    if chance is None or stats.get("mean") is None or stats["mean"] == total.get("mean"):
        return ""
    return words(
        "lead.intangibles",
        amount=_less_or_more(words, stats["mean"]),
        interval=words("lead.range", low=_less_or_more(words, stats["p05"]), high=_less_or_more(words, stats["p95"])),
        chance=words.style.percent(chance),
    )


def _municipality(found: Findings, arm: Arm) -> str:
    """Return the answer from the municipality's side, all its budgets together."""
    words, stats = found.words, found.difference(arm).get("cost", {}).get("municipality") or {}
    verdict = (found.of_arm("verdict", arm) or {}).get("municipality")
    if not verdict or not found.total(arm) or stats.get("mean") is None:
        return ""
    low, high = _less_or_more(words, stats["p05"]), _less_or_more(words, stats["p95"])
    return words(
        "lead.municipality",
        verdict=words(f"lead.municipality_{verdict['sign']}"),
        amount=words.style.about_euro(abs(stats["mean"])),
        direction=words("lead.less" if stats["mean"] < 0 else "lead.more"),
        interval=words("lead.range", low=low, high=high),
    )


def _effects(found: Findings, arm: Arm) -> str:
    """Return how many effects of the approach were measured, and how many are assumed: its own and its ingredients'."""
    words, rows = found.words, found.manifest.get("parameters") or {}
    own = tuple(f"interventions.{name}.effects." for name in arm.interventions)
    own += tuple(f"ingredients.{name}.effects." for name in _ingredients(found, arm))
    grades = [row["grade"] for path, row in rows.items() if path.startswith(own)]
    if not grades:
        return ""
    solid, check, assumed = (sum(g in group for g in grades) for group in ("AB", "C", "D"))
    if assumed == len(grades):
        return words("lead.effects_one") if assumed == 1 else words("lead.effects_none", n=assumed)
    return words("lead.effects", n=len(grades), solid=solid, check=check, assumed=assumed)


def _ingredients(found: Findings, arm: Arm) -> list[str]:
    """Return what the programmes of a world are made of."""
    declared = (found.manifest.get("resolved") or {}).get("interventions") or {}
    acts = [act for name in arm.interventions for act in (declared.get(name) or {}).get("acts") or ()]
    return list(dict.fromkeys(str(act["ingredient"]) for act in acts))


def _places(found: Findings, arm: Arm) -> str:
    """Return what to mind about who takes part: fewer places than youths, and several programmes at a time."""
    return " ".join(text for text in (_few_places(found, arm), _several(found, arm)) if text)


def _few_places(found: Findings, arm: Arm) -> str:
    given = {name: found.parameter(f"interventions.{name}.places").get("value") for name in arm.interventions}
    places = {name: float(value) for name, value in given.items() if value is not None}
    if not places or sum(places.values()) >= found.size:
        return ""
    words, number = found.words, found.words.style.number
    size = number(float(found.size))
    if len(places) > 1:
        each = ", ".join(f"‘{words.title(name)}’ {number(n)}" for name, n in places.items())
        return words("lead.places_each", each=each, size=size)
    (n,) = places.values()
    return words("lead.places_one" if n == 1 else "lead.places", places=number(n), size=size)


def _several(found: Findings, arm: Arm) -> str:
    """Return what runs at the same time in a world, and that several programmes do less than their sum."""
    words = found.words
    paths = found.manifest.get("parameters") or {}
    programmes = [name for name in arm.interventions if f"interventions.{name}.uptake" in paths]
    if len(programmes) < 2:
        return ""
    parts = [words("lead.several", n=len(programmes), names=_names(words, programmes))]
    if levers := [name for name in arm.interventions if name not in programmes]:
        parts.append(words("lead.several_levers", names=_names(words, levers)))
    k = found.parameter("model.diminishing").get("value")
    if k:
        share = words.style.percent((1 + k) / (1 + 2 * k))
        parts.append(words("lead.several_less", share=share, grade=found.parameter("model.diminishing")["grade"]))
    return " ".join(parts)


def _names(words: Words, names: Sequence[str]) -> str:
    return ", ".join(f"‘{words.title(name)}’" for name in names)


def _tiles(found: Findings, arm: Arm) -> list[Tile]:
    words, style, total = found.words, found.words.style, found.total(arm)
    if not total:
        return []
    tiles = [
        Tile(
            words("tile.difference"),
            _less_or_more(words, total.get("mean"), rounded=False),
            words(
                "tile.difference_note",
                years=found.years,
                interval=words(
                    "lead.range",
                    low=_less_or_more(words, total.get("p05"), rounded=False),
                    high=_less_or_more(words, total.get("p95"), rounded=False),
                ),
            ),
        ),
        _chance_tile(found, arm),
    ]
    stats = (found.of_arm("benefit_cost_ratio", arm) or {}).get("society")
    tiles.append(_ratio_tile(words, stats))
    even = (found.of_arm("break_even", arm) or {}).get("society")
    if even:
        never = even.get("never")
        key = "tile.break_even_note" if never else "tile.break_even_all"
        note = words(key, share=style.percent(never), years=found.years)
        tiles.append(Tile(words("tile.break_even"), break_even(found, even), note))
    return tiles


def _chance_tile(found: Findings, arm: Arm) -> Tile:
    words, chance, n = found.words, found.saving(arm).get("society"), int(found.summary["draws_used"])
    note = (
        "" if chance is None else words("tile.chance_note", k=words.style.number(chance * n), n=words.style.number(n))
    )
    return Tile(words("tile.chance"), words.style.percent(chance), note)


def _ratio_tile(words: Words, stats: Mapping[str, Any] | None) -> Tile:
    style, name = words.style, words("tile.ratio")
    if not stats or ratio(stats) is None:
        return Tile(name, words("tile.ratio_null"), words("tile.ratio_null_note"))
    value = style.number(ratio(stats), 2)
    if stats.get("p05") is None:
        return Tile(name, value, words("tile.ratio_open", share=style.percent(stats.get("undefined"))))
    return Tile(name, value, words("tile.ratio_note", interval=style.spread(stats, 2)))


def ratio(stats: Mapping[str, Any] | None) -> float | None:
    """Return the centre of a benefit-cost ratio (the ratio of means), or None where it is undefined."""
    if not stats:
        return None
    value = stats.get("centre")
    return None if value is None else float(value)


def break_even(found: Findings, even: Mapping[str, Any] | None) -> str:
    """Return when the approach has paid itself back, in words; years count from 1 on screen."""
    words = found.words
    year = (even or {}).get("year")
    if even is None:
        return words("youth.nothing")
    if year is None:
        return words("tile.break_even_never", years=found.years)
    return words("tile.break_even_year", year=words.style.number(float(year)))


def perspectives(found: Findings, arm: Arm) -> Table | None:
    """Return the ratio and break-even year for everybody from whose side the summary looks."""
    words, style = found.words, found.words.style
    ratios = found.of_arm("benefit_cost_ratio", arm) or {}
    evens = found.of_arm("break_even", arm) or {}
    rows = []
    for side in ratios:
        stats, even = ratios.get(side), evens.get(side)
        name = words(f"perspective.{side}") if words.has(f"perspective.{side}") else words.payer(side)
        known = ratio(stats) is not None
        rows.append(
            [
                name,
                style.number(ratio(stats), 2) if known else words("tile.ratio_null"),
                style.spread(stats, 2) if known and stats else words("youth.nothing"),
                break_even(found, even),
                style.percent((even or {}).get("never")),
            ]
        )
    if not any(found_ratio is not None for found_ratio in ratios.values()):
        return None
    head = [words(f"table.{key}") for key in ("perspective", "ratio", "interval", "break_even", "never")]
    return Table(head, rows)


def outcome_title(found: Findings, name: str) -> str:
    """Return an outcome's name on screen."""
    own = (found.summary.get("outcome_titles") or {}).get(name) or {}
    return text_of(own.get("title"), found.words.lang) or found.words.title(f"outcomes.{name}", name)


def outcome_unit(found: Findings, name: str) -> str:
    """Return an outcome's unit on screen; empty where none is given."""
    own = (found.summary.get("outcome_titles") or {}).get(name) or {}
    return text_of(own.get("unit"), found.words.lang) or ""


def clear(found: Findings, arm: Arm, most: int = 6) -> list[str]:
    """Return a sentence for outcomes that matter (up is good or bad) whose whole 90% interval lies on one side of zero.

    The first `most` in the order in which the summary lists them.
    """
    titles = found.summary.get("outcome_titles") or {}
    lines = []
    for name, stats in (found.difference(arm).get("outcomes") or {}).items():
        low, mean, high = (stats.get(key) for key in ("p05", "mean", "p95"))
        known = low is not None and mean is not None and high is not None
        shown = known and round(abs(mean), 2) > 0  # what would be written as 0.00 is no change to speak of
        if shown and (low > 0 or high < 0) and (titles.get(name) or {}).get("good") in ("up", "down"):
            lines.append(_change(found, name, low, mean, high))
    return lines[:most]


def _change(found: Findings, name: str, low: float, mean: float, high: float) -> str:
    words, style = found.words, found.words.style
    near, far = sorted((abs(low), abs(high)))
    decimals = 1 if far >= 1 else 2
    unit = outcome_unit(found, name)
    return words(
        "lead.clear_item",
        outcome=_capital(outcome_title(found, name)),
        amount=style.number(abs(mean), decimals),
        unit=unit,
        direction=words("lead.less" if mean < 0 else "lead.more"),
        interval=style.interval(near, far, decimals),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
