"""Live the six demonstrations, draw their pictures and write their numbers.

python -m experiments.demonstrations.run            # about three minutes of one core
python -m experiments.demonstrations.run thomas     # one of them: its picture, and its rows in the table
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.demonstrations.cases import CASES, Row, Size, scaling
from experiments.demonstrations.pictures import draw_case, draw_scaling

HERE = Path(__file__).parent
PICTURES = Path(__file__).parents[2] / "docs" / "images" / "demonstrations"
REPLICATES = {
    "thomas": 1000, "thijn": 1000, "bram_employer": 200, "overloaded_coach": 150, "one_budget": 200, "scaling": 20,
}  # fmt: skip
COLUMNS = ("demonstration", "measure", "unit", "first", "second", "difference", "standard_error", "replicates")
SIZE_COLUMNS = (
    "limits", "places", "months_added", "standard_error", "months_per_place", "months_of_the_next_place",
    "places_filled", "strength_of_coaching", "employer_places", "employer_places_filled", "waiting_for_an_employer",
    "replicates",
)  # fmt: skip


def main(names: Sequence[str]) -> None:
    """Live what is asked for (all by default), draw it, and write `table.csv` and `scaling.csv`."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    table = _known(HERE / "table.csv")
    for name, lived in CASES.items():
        if names and name not in names:
            continue
        case = lived(REPLICATES[name])
        draw_case(case, PICTURES / f"{name}.png")
        rows = [_line(row) for row in case.rows.values()]
        rows += [(name, note, "", f"{value:.3f}", "", "", "", "") for note, value in case.notes.items()]
        table[name] = rows
        for line in rows:
            print("  ".join(line))
    _write(HERE / "table.csv", COLUMNS, [line for name in CASES for line in table.get(name, [])])
    if not names or "scaling" in names:
        sizes = scaling(REPLICATES["scaling"])
        draw_scaling(sizes, PICTURES / "scaling.png")
        _write(HERE / "scaling.csv", SIZE_COLUMNS, size_lines(sizes))


def size_lines(sizes: Sequence[Size]) -> list[tuple[str, ...]]:
    """Return the rows of scaling.csv; what the next place adds is against the size before it."""
    lines = []
    before: Size | None = None
    for size in sizes:
        known = before is not None and before.limits == size.limits
        months, places = (before.months, before.places) if before is not None and known else (0.0, 0)
        numbers = (size.months, size.error, size.per_place, (size.months - months) / (size.places - places))
        worked = [f"{number:.{digits}f}" for number, digits in zip(numbers, (0, 0, 1, 1), strict=True)]
        shown = [f"{size.filled:.0f}", f"{size.strength:.2f}"]
        shown += [_or_blank(size.employer_places), _or_blank(size.employers_filled), f"{size.waiting:.1f}"]
        lines.append((size.limits, str(size.places), *worked, *shown, str(size.replicates)))
        before = size
    return lines


def _or_blank(value: float) -> str:
    return "" if value != value else f"{value:.0f}"


def _line(row: Row) -> tuple[str, ...]:
    numbers = (f"{value:.3f}" for value in (row.first, row.second, row.difference, row.error))
    return (row.demonstration, row.measure, row.unit, *numbers, str(row.replicates))


def _known(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """Return the rows that a table holds already, by demonstration."""
    found: dict[str, list[tuple[str, ...]]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            for line in list(csv.reader(file))[1:]:
                found.setdefault(line[0], []).append(tuple(line))
    return found


def _write(path: Path, columns: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
