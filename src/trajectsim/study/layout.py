"""How a study is cut into parts: a block of draws of a group of points each, by numbers that never change.

A part is what one task does and what one file per table holds. Its name says which block and group it is, so a study
that gets more draws keeps the parts that it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trajectsim.errors import UserError

__all__ = ["DRAWS_PER_PART", "Layout", "Part", "Shard", "layout_of", "parse_shard", "suggested"]

DRAWS_PER_PART = 10
"""Draws in one part of a single scenario. Fixed, so that a part's name says which draws it holds."""

TASK_SECONDS = 1.2
"""What a task should take."""
_PER_DRAW = 0.015
_PER_YOUTH_MONTH = 1.0e-6
_PER_YOUTH_MONTH_TOWN = 4.0e-6


@dataclass(frozen=True)
class Part:
    """Numbers of the points and draws of one part."""

    name: str
    points: range
    draws: range

    @property
    def cells(self) -> int:
        """How many draws of points it holds."""
        return len(self.points) * len(self.draws)


@dataclass(frozen=True)
class Shard:
    """Share `number` (from 1) of `of`: every so-many-th part."""

    number: int
    of: int

    @property
    def name(self) -> str:
        """A name for files."""
        return f"{self.number}-of-{self.of}"


@dataclass(frozen=True)
class Layout:
    """So many points and draws, in parts of so many points and draws; `grouped` where there is a design."""

    points: int
    draws: int
    points_per_part: int
    draws_per_part: int
    grouped: bool

    def parts(self, shard: Shard | None = None) -> list[Part]:
        """Return the parts in order: block by block, and group by group within; of a shard, only its own."""
        out = []
        for block, first in enumerate(range(0, self.draws, self.draws_per_part)):
            draws = range(first, min(first + self.draws_per_part, self.draws))
            for group, start in enumerate(range(0, self.points, self.points_per_part)):
                points = range(start, min(start + self.points_per_part, self.points))
                name = f"part-{block:05d}" + (f"-{group:05d}" if self.grouped else "")
                out.append(Part(name, points, draws))
        return out if shard is None else out[shard.number - 1 :: shard.of]

    @property
    def cells(self) -> int:
        """How many draws of points there are in all."""
        return self.points * self.draws


def layout_of(manifest: Mapping[str, Any]) -> Layout:
    """Return the layout that a manifest records."""
    shape = manifest.get("parts") or {"points": 1, "draws": DRAWS_PER_PART}
    study = manifest.get("study")
    points = 1 if study is None else int(study["points"])
    return Layout(points, int(manifest["draws"]), int(shape["points"]), int(shape["draws"]), study is not None)


def suggested(points: int, draws: int, youth_months: float, town: bool) -> dict[str, int]:
    """Return the size of parts that makes a task last about a second.

    It follows from the work of one draw and not from a measurement, so that it is the same on every machine.

    Args:
        points: number of points.
        draws: draws of each.
        youth_months: months of all youths in all arms and replicates of one draw.
        town: whether they share a world.
    """
    cost = _PER_DRAW + youth_months * (_PER_YOUTH_MONTH_TOWN if town else _PER_YOUTH_MONTH)
    together = max(1, min(1000, round(TASK_SECONDS / cost)))
    if draws >= together:
        return {"points": 1, "draws": together}
    return {"points": max(1, min(points, together // draws)), "draws": draws}


def parse_shard(text: str) -> Shard:
    """Return the shard that a text names, `3/20`.

    Raises:
        UserError: it names none.
    """
    number, slash, of = text.partition("/")
    if slash and number.strip().isdecimal() and of.strip().isdecimal() and 1 <= int(number) <= int(of):
        return Shard(int(number), int(of))
    raise UserError.of(
        f"'{text}' names no shard", key="--shard", allowed="1/20 up to and including 20/20",
        cure="write the number of the shard, a slash and the number of shards",
    )  # fmt: skip
