"""Sets of agents of all kinds: the youths of a model together with the town's institutions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from mesa.agent import Agent

from trajectsim.model.institutions import KINDS, Institution
from trajectsim.model.views import Youth, Youths

__all__ = ["Agents"]


class Agents(Youths):
    """A set of youths and institutions, held as their numbers; as `Youths`, with what cannot be read of all agents
    read one by one. Views are made when somebody looks.

    Args:
        model: the model.
        rows: the agents' numbers; None for whoever is in the model when the set is read, and all institutions.
    """

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Numbers of the agents, in the order of the set, shape [n]."""
        if self._rows is not None:
            return self._rows
        first = self.model.size
        return np.concatenate([super().rows, np.arange(first, first + self.model.n_institutions)])

    def __repr__(self) -> str:
        rows = self.rows
        inside = int((rows < self.model.size).sum())
        return f"<{inside} youths and {len(rows) - inside} institutions of {self.model!r}>"

    @property
    def names(self) -> list[str]:
        """Names of what can be read of every agent in the set."""
        rows = self.rows
        read = [super().names] if np.any(rows < self.model.size) else []
        read += [list(kind.fields) for kind in KINDS.values() if len(self._of_type(rows, kind))]
        return [name for name in read[0] if all(name in other for other in read)] if read else []

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return one value per agent, or for a list of names one list per agent.

        Raises:
            AttributeError: a name that not all of them have, unless `handle_missing` is "default".
        """
        if self._only_youths():
            return Youths(self.model, self.rows).get(attr_names, handle_missing, default_value)
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing is 'error' or 'default', not {handle_missing!r}")
        names = [attr_names] if isinstance(attr_names, str) else attr_names
        missing = (default_value,) if handle_missing == "default" else ()
        found = [[getattr(agent, name, *missing) for name in names] for agent in self]
        return [values[0] for values in found] if isinstance(attr_names, str) else found

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return one field as an array, one value per agent. Raises AttributeError for what not all of them have."""
        return Youths(self.model, self.rows).array(name) if self._only_youths() else np.array(self.get(name))

    def where(self, **values: Any) -> Youths:
        """Return the agents whose fields have these values: `where(sector="technical", open=True)`.

        Raises:
            AttributeError: a field that not all of them have.
        """
        if self._only_youths():
            return Youths(self.model, self.rows).where(**values)
        keep = np.ones(len(self), bool)
        for name, value in values.items():
            keep &= np.array([found == value for found in self.get(name)], bool)
        return self._result(self.rows[keep], inplace=False)

    def _view(self, row: int) -> Agent:
        return Youth(self.model, row) if row < self.model.size else self.model.institution(row)

    def _is_ours(self, agent: object) -> bool:
        return isinstance(agent, (Youth, Institution)) and agent.model is self.model

    def _of_type(self, rows: npt.NDArray[np.int64], agent_type: type) -> npt.NDArray[np.int64]:
        first, around = self.model.size, self.model.surroundings
        keep = np.zeros(len(rows), bool)
        if issubclass(Youth, agent_type):
            keep |= rows < first
        for kind, own in KINDS.items():
            if around is not None and issubclass(own, agent_type):
                keep |= np.isin(rows, around.of_kind(kind) + first)
        return rows[keep]

    def _only_youths(self) -> bool:
        return not np.any(self.rows >= self.model.size)
