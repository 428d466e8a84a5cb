"""The sections about lives: outcomes per youth, the day of the group, and the twin lives of a preset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from trajectsim.report import figures_lives
from trajectsim.report.answer import outcome_title
from trajectsim.report.blocks import Shown, Table, show
from trajectsim.report.findings import LEAST, Findings, text_of
from trajectsim.report.pairs import KEY, Difference, Pair, choose, differences, first_reasons, parted
from trajectsim.report.phrases import Words
from trajectsim.report.tones import ACTIVITY_TONES, order, skipped, tone

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Twins", "age_text", "chronology", "day_by_month", "difference_table", "outcomes", "reason_text", "twins"]


@dataclass(frozen=True)
class Twins:
    """What the report shows of one preset: texts, the two lives, other possible lives, and where they part."""

    name: str
    choice: str
    lives: Shown
    others: Shown | None
    parting: Table | None
    causes: Table | None
    causes_text: str


def outcomes(found: Findings) -> list[Shown]:
    """Return the figures of what happens to the youths: long stays, short stays, and everything that is counted."""
    groups: dict[tuple[str, bool], list[str]] = {}
    titles = found.summary.get("outcome_titles") or {}
    for name, by_arm in (found.summary.get("outcomes") or {}).items():
        tops = [abs(by_arm[arm.name]["p95"] or 0.0) for arm in found.arms if arm.name in by_arm]
        if len(tops) == len(found.arms) and max(tops) > 0:
            unit = text_of((titles.get(name) or {}).get("unit"), found.words.lang) or ""
            groups.setdefault((unit, (titles.get(name) or {}).get("per") == "period"), []).append(name)
    shown = []
    for (unit, counted), names in groups.items():
        means = {n: max(found.summary["outcomes"][n][arm.name]["mean"] for arm in found.arms) for n in names}
        long = [n for n in names if means[n] >= 0.15 * max(means.values())]
        for part, key in ((long, "outcomes"), ([n for n in names if n not in long], "outcomes_rare")):
            if part:
                key = "offences" if counted and key == "outcomes" else "offences_rare" if counted else key
                shown.append(_outcomes(found, part, key, unit))
    return shown


def _outcomes(found: Findings, names: list[str], key: str, unit: str) -> Shown:
    """Return one figure of outcomes that share a unit and a scale."""
    import pandas as pd

    words, style = found.words, found.words.style
    rows, texts = [], []
    for name in names:
        by_arm, title = found.summary["outcomes"][name], outcome_title(found, name)
        decimals = 2 if max(by_arm[arm.name]["mean"] for arm in found.arms) < 1 else 1
        line = [title]
        for arm in found.arms:
            stats = by_arm[arm.name]
            rows.append(
                {
                    "outcome": name,
                    "title": title,
                    "arm": arm.name,
                    "decimals": decimals,
                    **{k: stats[k] for k in ("mean", "p05", "p95")},
                }
            )
            line += [style.number(stats["mean"], decimals), style.spread(stats, decimals)]
        for arm in found.others:
            gap = (found.difference(arm).get("outcomes") or {}).get(name)
            line += [style.number(gap["mean"], decimals, sign=True), style.spread(gap, decimals)] if gap else ["", ""]
        texts.append(line)
    head = [words("table.outcome")]
    for title in [arm.title for arm in found.arms] + [words("table.difference")] * len(found.others):
        head += [title, words("table.interval")]
    drawing = figures_lives.outcomes(pd.DataFrame(rows), found.names, words, unit)
    return show(drawing, words, key, Table(head, texts), base=found.base.title)


def day_by_month(found: Findings) -> Shown | None:
    """Return the figure of what the group does by day, month by month."""
    own = found.sums("months", ["arm", "month", "state"], ["n"], domain="activity")
    if own is None:
        return None
    own = own.astype({"arm": str}).assign(tone=[tone("activity", str(s)) for s in own["state"]])
    sums = own.groupby(["arm", "month", "tone"], observed=True)["n"].sum()
    share = (sums / sums.groupby(level=["arm", "month"], observed=True).transform("sum")).rename("share").reset_index()
    words, style = found.words, found.words.style
    tones = [t for t in ACTIVITY_TONES if t in set(share["tone"])]
    rows = []
    for arm in found.arms:
        wide = (
            share[share["arm"] == arm.name]
            .pivot(index="month", columns="tone", values="share")
            .reindex(columns=tones)
            .fillna(0)
        )
        for month in wide.index[::24]:
            rows.append([arm.title, style.number(month / 12), *(style.percent(v) for v in wide.loc[month])])
    head = [words("table.world"), words("axis.years_since_start"), *(words(f"tone.{t}") for t in tones)]
    return show(figures_lives.day_by_month(share, found.names, words), words, "day_by_month", Table(head, rows))


def age_text(months: int, words: Words) -> str:
    """Return an age in years and months as words."""
    key = {0: "youth.age_whole", 1: "youth.age_one"}.get(months % 12, "youth.age")
    return words(key, years=months // 12, months=months % 12)


def reason_text(reason: str | None, domain: str, words: Words) -> str:
    """Return why something happened, in words."""
    if reason is None or reason == "start":
        return ""
    if reason.startswith("constraint.") and reason not in words.titles:
        return words("name.constraint")
    return words.title(reason if "." in reason else f"{domain}.{reason}", reason)


def difference_table(
    found: list[Difference], age0: int, arms: list[tuple[str, str]], words: Words, most: int | None = None
) -> Table:
    """Return where lives differ: age, part of life, the state in every world, and the reason."""
    rows = []
    for gap in [g for g in found if not skipped(g.domain)][:most]:
        reasons = [text for arm, _ in arms if (text := reason_text(gap.reasons.get(arm), gap.domain, words))]
        cells = []
        for arm, _ in arms:
            state = gap.states.get(arm)
            cells.append(words("youth.nothing") if state is None else words.title(f"{gap.domain}.{state}"))
        rows.append(
            [
                age_text(age0 + gap.from_month, words),
                _capital(words.title(gap.domain)),
                *cells,
                "; ".join(dict.fromkeys(reasons)),
            ]
        )
    head = [words("table.age"), words("table.domain"), *(title for _, title in arms), words("table.reason")]
    return Table(head, rows, text=frozenset(range(len(head))))


def chronology(lives: pd.DataFrame, arms: list[tuple[str, str]], programmes: frozenset[str], words: Words) -> Table:
    """Return what happens to one youth, side by side for every world: a row per month in which anything happens.

    The first row is the start. Rows in which the worlds differ are marked.
    """
    age0 = int(lives["age0_months"].iloc[0])
    happened: dict[int, dict[str, list[tuple[tuple[int, str], str]]]] = {}
    for row in lives.to_dict("records"):
        domain, state, month = str(row["domain"]), str(row["state"]), int(row["from_month"])
        start = domain != "event" and month <= 0
        if skipped(domain) or (start and tone(domain, state) == "quiet"):
            continue
        text = _happening(row, start, words)
        happened.setdefault(-1 if start else month, {}).setdefault(str(row["arm"]), []).append(
            (order(domain, programmes), text)
        )
    rows: list[list[str]] = []
    marked = set()
    for month in sorted(happened):
        cells = ["\n".join(text for _, text in sorted(happened[month].get(arm, []))) for arm, _ in arms]
        if len(set(cells)) > 1:
            marked.add(len(rows))
        when = words("youth.at_start") if month < 0 else age_text(age0 + month, words)
        rows.append([when, *(cell or words("youth.nothing") for cell in cells)])
    head = [words("table.age"), *(title for _, title in arms)]
    return Table(head, rows, text=frozenset(range(len(head))), marked=frozenset(marked))


def _happening(row: dict[Any, Any], start: bool, words: Words) -> str:
    """Return one event, or the beginning of one stay with its reason, as words."""
    domain, state = str(row["domain"]), str(row["state"])
    if domain == "event":
        return _capital(words.title(f"event.{state}", state))
    reason = "" if start else reason_text(row["reason"] if isinstance(row["reason"], str) else None, domain, words)
    text = f"{_capital(words.title(domain))}: {words.title(f'{domain}.{state}')}"
    return f"{text} ({reason})" if reason else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def picture(found: Findings, pair: Pair, name: str, suffix: str = "") -> tuple[Shown, list[Difference]]:
    """Return the timeline of one pair of lives, and where they differ."""
    words = found.words
    gaps = differences(pair.lives, [arm.name for arm in found.arms])
    seen = [g for g in gaps if not skipped(g.domain)]
    span = (min(g.from_month for g in seen), max(g.to_month for g in seen)) if seen else None
    drawing = figures_lives.two_lives(pair.lives, found.names, found.programmes, words, span)
    table = chronology(pair.lives, found.names, found.programmes, words)
    return show(drawing, words, "two_lives", table, suffix, name=name), gaps


def twins(found: Findings) -> Twins | None:
    """Return the twin lives of the scenario's first followed preset, or None where no lives are stored."""
    lives = found.table("lives")
    if lives is None or not found.others:
        return None
    presets = [str(p) for p in lives["preset"].dropna().unique() if str(p)]
    if not presets:
        return None
    follow = (found.manifest.get("scenario") or {}).get("follow") or ()
    wanted = [str(name) for name in follow if str(name) in presets]
    preset = (wanted or presets)[0]
    own = lives[lives["preset"].astype(str) == preset]
    words, name = found.words, preset_name(found, preset)
    pair = choose(own)
    shown, gaps = picture(found, pair, name)
    if pair.same == pair.stored:
        choice = words("text.twins_same", name=name)
    elif pair.same:
        choice = words("text.twins_choice", name=name, n=pair.stored, same=pair.same)
    else:
        key = "twins_choice_one" if pair.stored == 1 else "twins_choice_all"
        choice = words(f"text.{key}", name=name, n=pair.stored)
    age0 = int(pair.lives["age0_months"].iloc[0])
    parting = difference_table(gaps, age0, found.names, words, most=12) if gaps else None
    causes, text = _causes(found, lives)
    return Twins(name, choice, shown, _many(found, own, name), parting, causes, text)


def preset_name(found: Findings, preset: str) -> str:
    """Return a preset's first name."""
    own = (found.manifest.get("presets") or {}).get(preset) or {}
    return str(own.get("title") or preset.title())


def _many(found: Findings, own: pd.DataFrame, name: str, most: int = 14) -> Shown | None:
    """Return several possible lives of the same youth, school and work only."""
    import pandas as pd

    stays = own[own["domain"].astype(str) == "activity"]
    keys = stays[KEY].drop_duplicates().sort_values(KEY).head(most)
    if len(keys) < 3:
        return None
    keys = keys.assign(life=range(len(keys)))
    table = pd.DataFrame(stays.merge(keys, on=KEY))
    drawing = figures_lives.many_lives(table, found.names, found.words)
    return show(drawing, found.words, "many_lives", n=len(keys), name=name)


def _causes(found: Findings, lives: pd.DataFrame) -> tuple[Table | None, str]:
    words = found.words
    counts = first_reasons(lives, (found.base.name, found.others[0].name), found.programmes)
    if counts.empty:
        return None, ""
    split = parted(lives)
    rows = []
    for row in counts[counts["n"] >= LEAST].head(8).to_dict("records"):
        state = words.title(f"{row['domain']}.{row['state']}")
        reason = reason_text(row["reason"] or None, str(row["domain"]), words)
        titles = dict(found.names)
        rows.append(
            [words.title(str(row["domain"])), titles.get(row["arm"], ""), state, reason, words.style.number(row["n"])]
        )
    if not rows:
        return None, ""
    head = [words(f"table.{key}") for key in ("domain", "world", "state", "reason", "number")]
    text = words(
        "text.diverge_all_text",
        n=words.style.number(len(split)),
        split=words.style.number(int(split.sum())),
        least=LEAST,
    )
    return Table(head, rows, text=frozenset({0, 1, 2, 3})), text
