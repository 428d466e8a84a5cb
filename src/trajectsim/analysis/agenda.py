"""The research agenda: what is most worth finding out, in euros, and what is missing about it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from trajectsim.analysis.statistics import finite
from trajectsim.analysis.variance import grade_of

__all__ = ["CONDITIONAL", "groups_of", "research_agenda"]

CONDITIONAL = {
    "nl": (
        "Wat weten waard is, hangt af van hoe ruim een getal is ingeschat. Van graad D (aanname) is die ruimte zelf "
        "gekozen: wie haar anders kiest, krijgt een andere volgorde en andere bedragen."
    ),
    "en": (
        "What knowing is worth depends on how wide a number was set. Of grade D (assumption) that width itself was "
        "chosen: another choice gives another order and other amounts."
    ),
}
_GAP = {
    "A": {"nl": "gemeten; alleen een grotere meting helpt", "en": "measured; only a larger study helps"},
    "B": {"nl": "afgeleid; rechtstreeks meten", "en": "derived; measure it directly"},
    "C": {"nl": "openbaar cijfer; nazien in de bron", "en": "public figure; verify it in the source"},
    "D": {"nl": "aanname; meten, of een bron zoeken", "en": "assumption; measure it, or find a source"},
}
_SHOWN = ("value", "low", "high", "unit", "family", "source", "locator", "note")


def groups_of(
    paths: Sequence[str], records: Mapping[str, Mapping[str, Any]], joined: Sequence[Sequence[str]] = ()
) -> dict[str, list[str]]:
    """Return the parameters that can only be found out together, by name of the group.

    Shares of one Dirichlet group (records without a family) are one group, named by the path above them; so are
    parameters that are drawn together (`joined`), named by the first of them; every other parameter stands alone.
    """
    together = {member: members[0] for members in joined for member in members}
    out: dict[str, list[str]] = {}
    for path in paths:
        share = path in records and "family" not in records[path]
        name = together.get(path) or (path.rpartition(".")[0] if share else path)
        out.setdefault(name, []).append(path)
    return out


def research_agenda(
    worth: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    records: Mapping[str, Mapping[str, Any]],
    most: int = 10,
    youths: float | None = None,
) -> list[dict[str, Any]]:
    """Return the groups most worth finding out, the most valuable first.

    A group of value nil would by itself change no choice in any draw; such groups follow by the share of the variance
    that they explain, and `decisive` is false. `clear` is whether the link is told apart from chance at all.

    Args:
        worth: EVPPI per group, as `evppi.evppi_of_groups` gives it.
        groups: parameters by group.
        records: where each parameter comes from, by path (as in a study's manifest).
        most: how many to return.
        youths: for how many youths the decision is taken; adds `evppi_in_all`.
    """
    grades = {path: str(record.get("grade", "D")) for path, record in records.items()}
    rows = worth.sort_values(["evppi", "share"], ascending=False, kind="stable").head(most)
    out = []
    for rank, (name, row) in enumerate(rows.iterrows(), 1):
        members = list(groups[str(name)])
        record = records.get(str(name)) or records.get(members[0]) or {}
        worst = max(grade_of(member, grades) for member in members)
        entry: dict[str, Any] = {
            "rank": rank, "path": str(name), "members": members, "grade": worst,
            "evppi": finite(row["evppi"]), "error": finite(row["error"]), "decisive": bool(row["evppi"] > 0),
            "clear": bool(row["clear"]), "share": finite(row["share"]), "gap": _GAP[worst],
            **{key: _plain(record.get(key)) for key in _SHOWN},
        }  # fmt: skip
        if len(members) > 1:
            entry.update(value=None, low=None, high=None)
        if youths is not None:
            entry["evppi_in_all"] = finite(row["evppi"] * youths)
        out.append(entry)
    return out


def _plain(value: Any) -> Any:
    return finite(value) if isinstance(value, (float, np.floating)) else value
