"""Every table and figure of a report as files of its own: CSV and one Excel workbook, SVG and PNG with their data.

Tables hold plain numbers under plain column names, the same in every language; an index says what each one is. Files
are the same bytes whenever they are written again.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trajectsim.errors import UserError
from trajectsim.report.analysed import Analysed
from trajectsim.report.blocks import Shown
from trajectsim.report.canvas import png
from trajectsim.report.findings import Findings
from trajectsim.report.trust import parameters

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["figures_of", "tables_of", "write_figures", "write_tables"]

Tree = Mapping[str, Any]
EARLIEST = (1980, 1, 1, 0, 0, 0)
FONT = "font-family: 'Segoe UI', 'Helvetica Neue', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"


# --- tables -----------------------------------------------------------------------------------------------------------


def tables_of(found: Findings, known: Analysed) -> dict[str, pd.DataFrame]:
    """Return every table by name; a study has only those that it can have."""
    import pandas as pd

    rows: dict[str, list[dict[str, Any]]] = {}

    def add(table: str, records: Iterable[Tree]) -> None:
        rows.setdefault(table, []).extend(_flat(record) for record in records)

    _summary(found, add)
    for arm, tree in (known.mkba.get("arms") or {}).items():
        _benefits(arm, tree, add)
    if known.decision:
        _decision(known.decision, add)
    if known.groups:
        _groups(known.groups, add)
    add("parameters", parameters(found))
    return {name: pd.DataFrame(records) for name, records in rows.items() if records}


def _flat(record: Tree, above: str = "") -> dict[str, Any]:
    """Return a record without branches: `net.mean` becomes `net_mean`; a list becomes a text."""
    out: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            out |= _flat(value, f"{name}_")
        else:
            out[name] = "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
    return out


def _summary(found: Findings, add: Any) -> None:
    summary = found.summary
    for arm in found.arms:
        outcomes = (summary.get("outcomes") or {}).items()
        add("outcomes", ({"arm": arm.name, "outcome": name, **by_arm[arm.name]} for name, by_arm in outcomes))
    for arm in found.others:
        difference = found.difference(arm)
        outcomes = (difference.get("outcomes") or {}).items()
        add("outcome_differences", ({"arm": arm.name, "outcome": n, **s} for n, s in outcomes if _is_stats(s)))
        saving, cost = found.saving(arm), difference.get("cost") or {}
        sides = {**(cost.get("by_payer") or {}), **({"society": cost["total"]} if cost.get("total") else {})}
        chances = {**(saving.get("by_payer") or {}), "society": saving.get("society")}
        add(
            "payers",
            ({"arm": arm.name, "payer": n, **s, "probability_of_saving": chances.get(n)} for n, s in sides.items()),
        )
        for part in ("difference", "cumulative"):
            add("years", _years(part, arm.name, found.yearly(part, arm)))
        add("enough", (
            {"arm": arm.name, "answer": n, **record}
            for n, record in ((found.of_arm("enough", arm) or {}).get("answers") or {}).items()
        ))  # fmt: skip
    for arm in found.arms:
        add("years", _years("cost", arm.name, found.yearly("cost", arm)))
    add("source_check", summary.get("source_check") or ())


def _is_stats(stats: Any) -> bool:
    return isinstance(stats, Mapping) and "mean" in stats


def _years(part: str, arm: str, bands: Mapping[str, Sequence[Tree]]) -> Iterator[Tree]:
    for payer, years in bands.items():
        for stats in years:
            yield {"part": part, "arm": arm, "payer": payer, **stats}


def _benefits(arm: str, tree: Tree, add: Any) -> None:
    def named(key: str, records: Mapping[str, Tree]) -> Iterator[Tree]:
        return ({"arm": arm, key: name, **record} for name, record in records.items())

    add("mkba_lines", ({"arm": arm, **line, "title": line["title"] or {}} for line in tree["lines"]))
    add("mkba_perspectives", named("who", tree["perspectives"]))
    add("mkba_payer_by_category", named("payer", tree["payer_by_category"]))
    add("mkba_transfers", ({"arm": arm, **row} for row in tree["transfers"]))
    for payer, years in tree["budget"]["payers"].items():
        add("mkba_budget", ({"arm": arm, "payer": payer, **row} for row in years))
    add("mkba_who_pays", named("payer", tree["who_pays_who_gains"]["payers"]))
    for among, own in tree["who_pays_who_gains"]["compensation"].items():
        add("mkba_compensation", ({"arm": arm, "among": among, **row} for row in own["payments"]))
    add("mkba_marginal_prices", named("who", tree["marginal_prices"]))
    add("mkba_long_run", named("who", tree["long_run"].get("perspectives") or {}))
    what = tree["what_if"]
    for key in ("rates", "price_levels"):
        add(f"mkba_{key}", ({"arm": arm, **row} for row in what[key]))
    for key in ("displacement", "leisure"):
        add("mkba_shares", ({"arm": arm, "what": key, **row} for row in what[key]["steps"]))
    add("mkba_gross_and_net", named("outcome", what["deadweight"]))
    for side, records in what["quantity_to_break_even"].items():
        add("mkba_to_break_even", ({"arm": arm, "side": side, **row} for row in records))


def _decision(summary: Tree, add: Any) -> None:
    for arm, own in summary["against"].items():
        add("decision_gain", [{"arm": arm, **own["gain"], "probability_best": summary["probability_best"][arm]}])
        add("decision_tornado", ({"arm": arm, **row} for row in own["tornado"] or ()))
        grades = (own["by_grade"] or {}).items()
        add("decision_grades", ({"arm": arm, "grade": grade, **row} for grade, row in grades))
    for arm, chances in summary["break_even"].items():
        add("decision_break_even", ({"arm": arm, "who": who, "probability": p} for who, p in chances.items()))
    for name in ("incremental", "plane", "acceptability", "evppi", "evsi", "agenda"):
        add(f"decision_{name}", summary[name] or ())
    add("decision_evpi", [summary["evpi"]])


def _groups(groups: Tree, add: Any) -> None:
    parts = {
        **groups["outcomes"],
        **({"municipality_euros": groups["municipality"]} if "municipality" in groups else {}),
    }
    for outcome, table in parts.items():
        for group, row in table["rows"].items():
            by, _, name = group.partition(".")
            for arm, stats in row["arms"].items():
                own = {"outcome": outcome, "by": by, "group": name, "arm": arm, **stats}
                add(
                    "groups", [{**own, **{f"difference_{k}": v for k, v in (row["difference"].get(arm) or {}).items()}}]
                )
    for outcome, gaps in groups["equity"].items():
        for gap in gaps:
            ends = {key: gap[key] for key in ("by", "lowest", "highest")}
            add("equity", ({"outcome": outcome, **ends, "arm": arm, **own} for arm, own in gap["arms"].items()))


def write_tables(found: Findings, known: Analysed) -> list[Path]:
    """Write `tables/*.csv` (UTF-8, commas, decimal points) and `tables.xlsx` with a sheet per table, an index first.

    Raises:
        UserError: a file cannot be written.
    """
    import pandas as pd

    tables = tables_of(found, known)
    titles = {name: found.words(f"export.{name}") for name in tables}
    index = pd.DataFrame(
        {"table": list(tables), "what": list(titles.values()), "rows": [len(t) for t in tables.values()]}
    )
    folder = found.directory / "tables"
    written = [_write(folder / "index.csv", _csv(index))]
    written += [_write(folder / f"{name}.csv", _csv(table)) for name, table in tables.items()]
    return [*written, _write(found.directory / "tables.xlsx", _workbook({"index": index, **tables}))]


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _workbook(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Return an Excel workbook whose bytes hold no time of writing."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    book.remove(book.active)
    for name, table in tables.items():
        sheet = book.create_sheet(name[:31])
        sheet.append([str(column) for column in table.columns])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for row in table.astype(object).where(table.notna(), None).itertuples(index=False):
            sheet.append([_cell(value) for value in row])
        sheet.freeze_panes = "A2"
        for column in sheet.columns:
            width = max(len(str(cell.value or "")) for cell in column[:50])
            sheet.column_dimensions[column[0].column_letter].width = min(60, max(9, width + 2))
    buffer, timeless = BytesIO(), BytesIO()
    book.save(buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(timeless, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(item.filename, EARLIEST), content, zipfile.ZIP_DEFLATED)
    return timeless.getvalue()


def _cell(value: Any) -> Any:
    """Return a value as a cell holds it; a text that looks like a formula is a text."""
    if isinstance(value, str) and value[:1] in "=+-@":
        return f"'{value}"
    return value.item() if hasattr(value, "item") else value


# --- figures ----------------------------------------------------------------------------------------------------------


def figures_of(content: Any) -> Iterator[Shown]:
    """Yield the figures of a page, wherever they stand in it, each once."""
    seen: set[str] = set()
    for shown in _shown(content):
        if shown.name not in seen:
            seen.add(shown.name)
            yield shown


def _shown(content: Any) -> Iterator[Shown]:
    if isinstance(content, Shown):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _shown(value)
    elif isinstance(content, (list, tuple)):
        for value in content:
            yield from _shown(value)
    elif hasattr(content, "__dataclass_fields__"):
        for name in content.__dataclass_fields__:
            yield from _shown(getattr(content, name))


def write_figures(found: Findings, content: Mapping[str, Any]) -> list[Path]:
    """Write `figures/NAME.svg`, `.png` (200 dots per inch) and `.csv` (what it shows) for every figure of a page.

    Raises:
        UserError: a file cannot be written.
    """
    folder, written = found.directory / "figures", []
    for shown in figures_of(content):
        if shown.drawing is None:
            continue
        name = shown.name.removeprefix("figure-")
        written.append(_write(folder / f"{name}.svg", _alone(shown.svg).encode("utf-8")))
        written.append(_write(folder / f"{name}.png", png(shown.drawing)))
        written.append(_write(folder / f"{name}.csv", _csv(shown.drawing.data)))
    return written


def _alone(svg: str) -> str:
    """Return an inline figure as a file of its own: with letters and a white ground."""
    return svg.replace("<svg ", f'<svg style="{FONT}; background: #fff" ', 1)


def _write(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UserError.of(
            f"cannot be written: {error.strerror}", file=str(path), cure="check the folder's rights"
        ) from error
    return path
