"""What can be read of a youth, by name: the columns in words and everyday units.

One reader serves a view of one youth and a set of many: every field is read for a slice or list of rows at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from trajectsim.engine.compiler import Program
from trajectsim.engine.tables import LATENT_ONE, NUMBER_ONE, Columns
from trajectsim.errors import UserError, nearest

__all__ = ["MONTHS_IN", "Field", "Fields", "fields_of"]

Rows = slice | npt.NDArray[np.int64]
MONTHS_IN = "months_in_"
"""What the field of the months in the present state of a domain begins with; the domain's name follows."""


@dataclass(frozen=True)
class Field:
    """One thing that can be read: its kind, its row of the columns, a state's code, a domain's words."""

    kind: str
    row: int = 0
    code: int = 0
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fields:
    """Everything that can be read of a youth of one program.

    By name: `age` (years), `present`, every domain (the name of the state), every trait (yes or no, or a number), every
    latent (0 to 1), `months_in_<domain>`, and every state whose name stands in one domain only (yes or no). Where names
    are the same, the first of these counts.
    """

    program: Program
    by_name: dict[str, Field]

    @cached_property
    def _gone(self) -> list[tuple[int, npt.NDArray[np.bool_]]]:
        """Domains that can end a youth's stay in the model, with for each of their states whether it does."""
        s = self.program.structure
        edges = [*(int(first) for first in s.domains["first"]), len(s.states)]
        gone = [(d, s.states["gone"][edges[d] : edges[d + 1]] != 0) for d in range(len(s.domains))]
        return [(d, states) for d, states in gone if states.any()]

    def present(self, columns: Columns, step: int, rows: Rows) -> npt.NDArray[np.bool_]:
        """Return which youths are in the model at a step: they have joined, and have neither died nor left."""
        here = np.ones(columns.small[0, rows].shape, bool)
        if self.program.rows.enter >= 0:
            here &= columns.when[self.program.rows.enter, rows] <= step
        for d, gone in self._gone:
            here &= ~gone[columns.small[d, rows]]
        return here

    def read(self, name: str, columns: Columns, step: int, rows: Rows) -> npt.NDArray[Any]:
        """Return one field of some youths at the start of a step, one value per row.

        Raises:
            UserError: no field has this name.
        """
        field = self.by_name.get(name)
        if field is None:
            raise UserError.of(
                f"a youth has no '{name}'", near=nearest(name, self.by_name), cure="see model.youths.names"
            )
        spy = self.program.steps_per_year
        if field.kind == "present":
            return self.present(columns, step, rows)
        if field.kind == "age":
            return (step - columns.when[field.row, rows].astype(np.int64)) / spy
        if field.kind == "months":
            return (step - columns.when[field.row, rows].astype(np.int64)) * (12 / spy)
        if field.kind == "domain":
            return np.array(field.words, object)[columns.small[field.row, rows]]
        if field.kind == "state":
            return np.asarray(columns.small[field.row, rows] == field.code)
        if field.kind == "flag":
            return columns.small[field.row, rows] != 0
        return columns.slow[field.row, rows] / (LATENT_ONE if field.kind == "latent" else NUMBER_ONE)

    def value(self, name: str, columns: Columns, step: int, row: int) -> Any:
        """Return one field of one youth as a plain Python value. Raises UserError as `read`."""
        return self.read(name, columns, step, slice(row, row + 1)).tolist()[0]

    def domain(self, name: str) -> int:
        """Return the number of a domain. Raises UserError where there is none of this name."""
        domains = self.program.names.domains
        if name not in domains:
            raise UserError.of(f"there is no domain '{name}'", near=nearest(name, domains), allowed=", ".join(domains))
        return domains.index(name)

    def state(self, domain: str, state: str) -> int:
        """Return the number of a state over all domains. Raises UserError where there is none of this name."""
        words = self.program.names.state_names(self.domain(domain))
        if state not in words:
            raise UserError.of(f"{domain} has no state '{state}'", near=nearest(state, words), allowed=", ".join(words))
        return self.program.names.states.index(f"{domain}.{state}")

    def named(self, *kinds: str) -> list[str]:
        """Return the names of the fields of some kinds."""
        return [name for name, field in self.by_name.items() if field.kind in kinds]


def fields_of(program: Program) -> Fields:
    """Return what can be read of a program's youths."""
    names, rows = program.names, program.rows
    found = {"age": Field("age", rows.birth), "present": Field("present")}
    own = [tuple(names.state_names(d)) for d in range(len(names.domains))]
    groups = [
        {name: Field("domain", d, words=own[d]) for d, name in enumerate(names.domains)},
        {name: Field("flag", row) for name, row in rows.flags.items()},
        {name: Field("number", row) for name, row in rows.numbers.items()},
        {name: Field("latent", row) for name, row in rows.latents.items()},
        {MONTHS_IN + name: Field("months", d) for d, name in enumerate(names.domains)},
    ]
    times = Counter(state for states in own for state in states)
    groups.append(
        {s: Field("state", d, k) for d, states in enumerate(own) for k, s in enumerate(states) if times[s] == 1}
    )
    for group in groups:
        found.update({name: field for name, field in group.items() if name not in found})
    return Fields(program, found)
