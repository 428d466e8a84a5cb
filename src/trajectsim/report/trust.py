"""The sections about trust: how sure, beside the source, limits, what it rests on, how it was computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trajectsim.config.load import load_sources
from trajectsim.report import figures_trust
from trajectsim.report.blocks import Linked, Shown, Table, show
from trajectsim.report.findings import LEAST, Findings, text_of
from trajectsim.report.format import Style
from trajectsim.report.labels import label

__all__ = [
    "anchor",
    "assumed_share",
    "caveats",
    "counts",
    "enough",
    "grades",
    "limits",
    "made",
    "parameters",
    "shares",
    "source_check",
    "sources",
    "top",
    "variance",
]

GRADES = ("A", "B", "C", "D")
LIMITS = ("no_score", "hand_picked", "assumptions", "not_cash", "rights", "horizon", "winners", "small")


def variance(found: Findings) -> Mapping[str, Any]:
    """Return the split of the answer's variance (of the first intervention's world)."""
    if not found.others:
        return {}
    split: Mapping[str, Any] = (found.of_arm("variance", found.others[0]) or {}).get("society") or {}
    return split


def assumed_share(found: Findings) -> float | None:
    """Return the share of the parameters' variance that rests on grades C and D."""
    by_grade = variance(found).get("by_grade") or {}
    known = sum(by_grade.get(g) or 0.0 for g in GRADES)
    return float((by_grade.get("C") or 0.0) + (by_grade.get("D") or 0.0)) / known if known else None


def shares(found: Findings) -> Shown | None:
    """Return the figure of where the uncertainty comes from."""
    import pandas as pd

    split, words = variance(found), found.words
    if split.get("chance") is None or split.get("parameters") is None:
        return None
    style = found.words.style
    rows = [
        (words("figure.shares.row_all"), part, words(f"grade.{part}"), split[part]) for part in ("chance", "parameters")
    ]
    parts = {**(split.get("by_grade") or {}), "unexplained": split.get("unexplained")}
    for part, share in parts.items():
        if share:
            title = words("grade.unexplained") if part == "unexplained" else part
            rows.append((words("figure.shares.row_grades"), part, title, share))
    table = pd.DataFrame(rows, columns=["row", "part", "title", "share"])
    alt = words(
        "figure.shares.alt", chance=style.percent(split["chance"]), parameters=style.percent(split["parameters"])
    )
    return show(figures_trust.shares(table, words, alt), words, "shares")


def source_check(found: Findings) -> tuple[Shown | None, Table | None, str]:
    """Return simulated usual care beside the source: figure, table, and a sentence on where it does not fit."""
    import pandas as pd

    words, style = found.words, found.words.style
    checks = found.summary.get("source_check") or []
    rows, texts, outside = [], [], 0
    for check in checks:
        title, stats, source = (
            text_of(check.get("title"), words.lang) or str(check["id"]),
            check["simulated"],
            check["source"],
        )
        note = text_of(check.get("note"), words.lang)
        fit = check.get("fit") or "unknown"
        if fit == "differs":
            outside += 1
            fit = "above" if source > stats["p95"] else "below"
        if stats.get("mean") is not None:
            rows.append(
                {"title": title, "mean": stats["mean"], "p05": stats["p05"], "p95": stats["p95"], "source": source}
            )
        first = title if note is None else f"{title}\n{note}"
        interval = style.spread(stats, euro=True)
        texts.append([first, style.euro(source), style.euro(stats.get("mean")), interval, words(f"source.{fit}")])
    if not texts:
        return None, None, words("text.check_none")
    head = [words(f"table.{key}") for key in ("where", "source", "simulated", "interval", "fit")]
    table = Table(head, texts, text=frozenset({0, 4}))
    sentence = words("source.misfit", n=outside, all=len(checks)) if outside else words("source.fits_all")
    shown = show(figures_trust.source_check(pd.DataFrame(rows), words), words, "source_check") if rows else None
    return shown, table, sentence


def parameters(found: Findings) -> list[dict[str, Any]]:
    """Return every number of the scenario: path, value, low, high, unit, grade, source (id), locator."""
    return [{"path": path, **row} for path, row in (found.manifest.get("parameters") or {}).items()]


def top(found: Findings) -> Table | None:
    """Return the figures on which the answer hangs most: name, grade, share, and how far each can shift the answer."""
    words, style = found.words, found.words.style
    rows = [
        [
            Linked(f"{label(str(row['path']), words)}\n{row['path']}", f"#{anchor(str(row['path']))}"),
            str(row["grade"]),
            style.percent(row["share"]),
            _swing(row["swing"], style),
        ]
        for row in variance(found).get("top") or ()
        if row.get("share")
    ]
    head = [words(f"table.{key}") for key in ("parameter", "grade", "grade_share", "swing")]
    return Table(head, rows[:8]) if rows else None


def _swing(ends: list[float | None], style: Style) -> str:
    low, high = sorted(end or 0.0 for end in ends)
    return f"{style.about_euro(low, sign=True)} {style.range_word} {style.about_euro(high, sign=True)}"


def grades(found: Findings) -> tuple[Table, list[Table]]:
    """Return the count and share per grade, and for each grade the list of its figures with their sources."""
    words, style = found.words, found.words.style
    rows = parameters(found)
    by_grade = variance(found).get("by_grade") or {}
    if not variance(found).get("explained"):
        by_grade = {}
    counts, lists = [], []
    for grade in GRADES:
        own = [row for row in rows if row["grade"] == grade]
        counts.append([grade, words(f"grade.{grade}"), style.number(len(own)), style.percent(by_grade.get(grade))])
        if own:
            lists.append(_list(found, grade, own))
    head = [words(f"table.{key}") for key in ("grade", "meaning", "grade_count", "grade_share")]
    return Table(head, counts, text=frozenset({0, 1})), lists


def counts(found: Findings) -> str:
    """Return the sentence that says how many figures are assumptions or have yet to be verified."""
    own = [row["grade"] for row in parameters(found)]
    number = found.words.style.number
    return found.words(
        "text.sure_counts", n=number(len(own)), assumed=number(own.count("D")), check=number(own.count("C"))
    )


def anchor(path: str) -> str:
    """Return the name of a parameter's row in the page."""
    return f"p-{path}"


def sources(found: Findings) -> Table:
    """Return the sources of the numbers: title and year, publisher and address, how many numbers by grade."""
    known, words = load_sources(), found.words
    used: dict[str, list[str]] = {}
    for row in parameters(found):
        used.setdefault(str(row["source"]), []).append(str(row["grade"]))
    texts, ids = [], []
    for name in sorted(used, key=lambda own: (-len(used[own]), own)):
        item = known.get(name) or {}
        title = ", ".join(str(x) for x in (item.get("title") or name, item.get("year")) if x)
        where = "\n".join(str(x) for x in (item.get("publisher"), item.get("url")) if x)
        grades = ", ".join(f"{used[name].count(g)} {g}" for g in GRADES if g in used[name])
        texts.append([f"{title}\n{name}", where, grades])
        ids.append(f"source-{name}")
    head = [words(f"sources.{key}") for key in ("what", "who", "grade")]
    return Table(head, texts, text=frozenset({0, 1, 2}), caption=words("sources.title"), ids=ids)


def _list(found: Findings, grade: str, own: list[dict[str, Any]]) -> Table:
    words, style = found.words, found.words.style
    texts, sources = [], load_sources()
    for row in own:
        source = sources.get(str(row["source"])) or {}
        where = ", ".join(
            str(x) for x in (source.get("title") or row["source"], source.get("year"), row["locator"]) if x
        )
        spread = (
            words("youth.nothing")
            if row.get("low") is None
            else f"{_figure(style, row['low'])} {style.range_word} {_figure(style, row['high'])}"
        )
        texts.append(
            [
                f"{label(str(row['path']), words)}\n{row['path']}",
                _figure(style, row["value"]),
                spread,
                str(row["unit"]),
                Linked(where, f"#source-{row['source']}"),
            ]
        )
    head = [words(f"table.{key}") for key in ("parameter", "value", "range", "unit", "source")]
    caption = words("text.basis_all", grade=grade, n=style.number(len(own)))
    ids = [anchor(str(row["path"])) for row in own]
    return Table(head, texts, text=frozenset({0, 3, 4}), caption=caption, ids=ids)


def _figure(style: Style, value: float | None) -> str:
    """Return a parameter's value with about three figures."""
    if value is None:
        return style.number(None)
    size = abs(value)
    decimals = (
        0 if size >= 100 or value == int(value) else 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 5
    )
    text = style.number(value, decimals)
    return text.rstrip("0").rstrip(style.decimal) if decimals else text


def limits(found: Findings, name: str | None) -> list[tuple[str, str]]:
    """Return the limits to state, each as head and text."""
    words, style = found.words, found.words.style
    rows = parameters(found)
    girls = sum(".female" in str(row["path"]) and not str(row["path"]).startswith("population.") for row in rows)
    quality = any(row.get("category") == "quality_of_life" for row in found.lines)
    keys = ["synthetic" if name else "synthetic_plain", *LIMITS, "girls_apart" if girls else "girls_not"]
    keys.append("quality_of_life_in" if quality else "quality_of_life_none")
    if (found.summary.get("world") or {}).get("provisions"):
        keys.append("capacities")
    year = price_year(found)
    if year is not None:
        keys.append("law")
    assumed = sum(row["grade"] == "D" for row in rows)
    values = {
        "name": name or "",
        "all": style.number(len(rows)),
        "assumed": style.number(assumed),
        "years": found.years,
        "least": LEAST,
        "n": style.number(girls),
        "price_year": year,
        "law_year": (found.manifest.get("scenario") or {}).get("law_year", year),
    }
    return [(words(f"limit.{key}.head", **values), words(f"limit.{key}.text", **values)) for key in keys]


def caveats(found: Findings) -> list[tuple[str, str]]:
    """Return what has to be said about examples from the literature: picked, rounded, and of other groups."""
    words = found.words
    return [(words(f"caveat.{key}.head"), words(f"caveat.{key}.text")) for key in ("picked", "rounded", "compared")]


ANSWERS = ("society", "society_without_intangibles", "municipality")


def enough(found: Findings) -> list[tuple[str, Table, str]]:
    """Return, for each world, whether the number of runs is enough: the world's title, the table and a sentence."""
    words, style = found.words, found.words.style
    out = []
    for arm in found.others:
        own = (found.of_arm("enough", arm) or {}).get("answers") or {}
        rows, sentence = [], ""
        for name in ANSWERS:
            row = own.get(name)
            if not row:
                continue
            more = words("youth.nothing") if row["draws_to_halve"] is None else style.number(row["draws_to_halve"])
            sure = words("enough.sure_yes" if row["sign_is_sure"] else "enough.sure_no")
            errors = [style.euro(row[key]) for key in ("error", "error_by_luck", "error_by_draws")]
            rows.append([words(f"perspective.{name}"), style.euro(row["mean"], sign=True), *errors, more, sure])
            fine = words("enough.rests_fine" if row["interval_is_fine"] else "enough.rests_rough")
            sentence = words("enough.rests", n=style.number(row["interval_rests_on"]), fine=fine)
        if rows:
            head = [words("table.perspective")]
            head += [words(f"enough.{key}") for key in ("answer", "error", "by_luck", "by_draws", "to_halve", "sure")]
            out.append((arm.title, Table(head, rows, text=frozenset({0, 6})), sentence))
    return out


def price_year(found: Findings) -> int | None:
    """Return the price year of the price book, if prices are part of the scenario."""
    year = found.summary.get("price_year")
    return None if year is None else int(year)


def made(found: Findings) -> Table:
    """Return how the results were made: seeds, numbers, versions, fingerprint."""
    words, style, manifest = found.words, found.words.style, found.manifest
    error = None
    if found.others and found.total(found.others[0]):
        errors = (found.summary.get("monte_carlo_error") or {}).get("difference") or {}
        own = errors.get(found.others[0].name) if len(found.arms) > 2 else errors
        error = ((own or {}).get("cost", {}).get("total") or {}).get("mean")
    runs = found.table("runs")
    failed = 0 if runs is None else int((runs["status"].astype(str) == "failed").sum())
    rows = [
        ("size", style.number(found.size)),
        ("years", found.years),
        ("start", str(manifest.get("start") or "")),
        ("draws", style.number(found.summary["draws_used"])),
        ("replicates", style.number(found.summary["replicates"])),
        ("seed", str(found.summary["seed"])),
        ("model_version", str(found.summary.get("model_version") or "")),
        ("version", str((manifest.get("versions") or {}).get("trajectsim") or "")),
        ("hash", str(found.summary.get("content_hash") or "")),
        ("error", "" if error is None else f"± {style.euro(error)}"),
        ("failed", style.number(failed)),
    ]
    return Table(["", ""], [[words(f"made.{key}"), value] for key, value in rows if value], text=frozenset({0, 1}))
