"""Agents over columns: a youth is a view of one row, made when somebody looks; a set of youths is a list of rows.

Views read and never write: what happens to youths is declared in the scenario and lived by the engine. They skip
Mesa's own `__init__`, which would count and keep every agent.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import numpy.typing as npt
from mesa.agent import Agent, AgentSet

from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.model.fields import MONTHS_IN

if TYPE_CHECKING:
    from trajectsim.model.model import TrajectModel

__all__ = ["Youth", "Youths", "only_read"]

I64 = npt.NDArray[np.int64]


def only_read(*_: object, **__: object) -> NoReturn:
    """Refuse to change a view or a set. Raises AttributeError."""
    what = "youths and institutions can be read here, not changed, added or removed"
    raise AttributeError(Mistake(what, cure="declare it in the scenario; model.step() lives a month").sentence())


class Youth(Agent):
    """One youth as a Mesa agent that can be read: `youth.age`, `youth.activity`, `youth.lvb`, `youth.at_home`.

    Two views of the same youth of the same model are equal. What can be read by name stands in `Fields`; `dir(youth)`
    lists it. A view shows the present: after `model.step()` it shows the next month.

    Attributes:
        model: the model the youth lives in.
        unique_id: number of the youth, from 0; the `youth` of the tables of a study.
        pos: None; youths have no place on a grid.
    """

    model: TrajectModel
    unique_id: int
    pos = None

    def __init__(self, model: TrajectModel, row: int) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "unique_id", row)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "model" not in self.__dict__:
            raise AttributeError(name)
        fields = self.model.fields
        if name not in fields.by_name:
            near = nearest(name, [*fields.by_name, "states", "traits", "latents", "name"])
            raise AttributeError(Mistake(f"a youth has no '{name}'", near=near).sentence(), name=name, obj=self)
        return fields.value(name, self.model.columns, self.model.month, self.unique_id)

    def __setattr__(self, name: str, value: object) -> None:
        only_read()

    __delattr__ = only_read
    remove = only_read
    create_agents = staticmethod(only_read)
    from_dataframe = staticmethod(only_read)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.model.fields.by_name})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Youth) and other.model is self.model and other.unique_id == self.unique_id

    def __hash__(self) -> int:
        return id(self.model) // 16 * 31 + self.unique_id

    def __repr__(self) -> str:
        first = {d: field.words[0] for d, field in self.model.fields.by_name.items() if field.kind == "domain"}
        states = self.states
        shown = [d for i, d in enumerate(first) if i == 0 or states[d] != first[d]]
        who = self.name or self.unique_id
        return f"<Youth {who}: {self.age:.1f} years, " + ", ".join(f"{d} {states[d]}" for d in shown) + ">"

    def _read(self, *kinds: str) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model.fields.named(*kinds)}

    @property
    def name(self) -> str | None:
        """Name of the preset that this youth is, or None: the youths of a cohort have no names."""
        return self.model.names[self.unique_id] if self.model.names else None

    @property
    def states(self) -> dict[str, str]:
        """Name of the present state of every domain."""
        return self._read("domain")

    @property
    def traits(self) -> dict[str, bool | float]:
        """Every trait: yes or no, or a number; also whether a programme has a place for the youth (`offer_...`)."""
        return self._read("flag", "number")

    @property
    def latents(self) -> dict[str, float]:
        """Every latent, from 0 to 1."""
        return self._read("latent")

    def months_in(self, domain: str) -> float:
        """Return how many months the youth has been in the present state of a domain. Raises UserError."""
        self.model.fields.domain(domain)
        return float(getattr(self, MONTHS_IN + domain))

    def step(self) -> NoReturn:
        """Refuse: youths live their months together."""
        raise UserError.of("one youth cannot live a month alone", cure="call model.step(), which lives it for all")

    advance = step


class Youths(AgentSet):
    """A set of youths in order, held as their rows: an `AgentSet` whose agents are made when somebody looks.

    Args:
        model: the model.
        rows: the youths' numbers; None for whoever is in the model when the set is read (`model.agents`), which cannot
            be changed from outside.
    """

    def __init__(self, model: TrajectModel, rows: I64 | None = None) -> None:
        self.model = model
        self._rows = rows

    @property
    def rows(self) -> I64:
        """Numbers of the youths, in the order of the set, shape [n]."""
        if self._rows is not None:
            return self._rows
        return np.flatnonzero(self.model.fields.present(self.model.columns, self.model.month, slice(None)))

    @property
    def random(self) -> Any:
        """Mesa's generator of the model. Nothing here draws from it."""
        return self.model.random

    @property
    def names(self) -> list[str]:
        """Names of what can be read of a youth."""
        return list(self.model.fields.by_name)

    # --- looking ------------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        return map(self._view, self.rows.tolist())

    def __reversed__(self) -> Iterator[Any]:
        return map(self._view, self.rows[::-1].tolist())

    def __contains__(self, agent: Any) -> bool:
        return self._is_ours(agent) and bool(np.any(self.rows == agent.unique_id))

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return [self._view(row) for row in self.rows[item].tolist()]
        return self._view(int(self.rows[operator.index(item)]))

    def __repr__(self) -> str:
        return f"<{len(self)} youths of {self.model!r}>"

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the place of a youth in the set. Raises ValueError where it is not."""
        rows = self.rows[start:stop]
        places = np.flatnonzero(rows == value.unique_id) if self._is_ours(value) else rows[:0]
        if len(places) == 0:
            raise ValueError(f"{value!r} is not in this set")
        return int(places[0]) + slice(start, stop).indices(len(self))[0]

    def count(self, value: object) -> int:
        """Return 1 for a youth in the set, else 0."""
        return int(value in self)

    def to_list(self) -> list[Any]:
        """Return the youths as a list."""
        return list(self)

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """Return one value per youth, or for a list of names one list per youth; columns are read at once.

        Raises:
            AttributeError: a name that youths do not have, unless `handle_missing` is "default".
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing is 'error' or 'default', not {handle_missing!r}")
        if not isinstance(attr_names, str):
            return [
                list(row) for row in zip(*(self.get(a, handle_missing, default_value) for a in attr_names), strict=True)
            ]
        if attr_names in self.model.fields.by_name and not hasattr(Youth, attr_names):
            found: list[Any] = self.array(attr_names).tolist()
            return found
        if handle_missing == "default":
            return [getattr(agent, attr_names, default_value) for agent in self]
        return [getattr(agent, attr_names) for agent in self]

    def array(self, name: str) -> npt.NDArray[Any]:
        """Return one field as an array, one value per youth. Raises UserError for an unknown name."""
        return self.model.fields.read(name, self.model.columns, self.model.month, self.rows)

    def agg(self, attribute: str, func: Callable[[list[Any]], Any] | Iterable[Callable[[list[Any]], Any]]) -> Any:
        """Return what a function (or each of several) makes of the values of an attribute."""
        values = self.get(attribute)
        return func(values) if callable(func) else [f(values) for f in func]

    # --- choosing and ordering ----------------------------------------------------------------------------------------

    def where(self, **values: Any) -> Youths:
        """Return the youths whose fields have these values: `where(activity="at_home", lvb=True)`.

        Raises:
            UserError: an unknown field, or a word that is no state of the domain.
        """
        rows = self.rows
        keep = np.ones(len(rows), bool)
        for name, value in values.items():
            keep &= self.model.fields.read(name, self.model.columns, self.model.month, rows) == value
            if self.model.fields.by_name[name].kind == "domain":
                self.model.fields.state(name, str(value))
        return Youths(self.model, rows[keep])

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> Youths:
        """Return the first `at_most` (a number, or a share up to 1.0) youths that a function holds true of."""
        rows = self.rows
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(rows) * at_most)
        chosen: list[int] = []
        for row in (rows if agent_type is None else self._of_type(rows, agent_type)).tolist():
            if len(chosen) >= at_most:
                break
            if filter_func is None or filter_func(self._view(row)):
                chosen.append(row)
        return self._result(np.array(chosen, np.int64), inplace)

    def shuffle(self, inplace: bool = False) -> Youths:
        """Return the youths in an order of keyed luck: another at every call, the same in a model that is made anew."""
        return self._result(self._shuffled(), inplace)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Youths:
        """Return the youths ordered by an attribute or a function, the highest first unless `ascending`."""
        rows = self.rows
        values = self.get(key) if isinstance(key, str) else self.map(key)
        order = sorted(range(len(rows)), key=values.__getitem__, reverse=not ascending)
        return self._result(rows[np.array(order, np.int64)], inplace)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> Any:
        """Return Mesa's `GroupBy`: sets (or lists) of youths by the value of an attribute or function."""
        grouped = super().groupby(by, result_type="list")
        if result_type == "agentset":
            grouped.groups = {key: self._of(members) for key, members in grouped.groups.items()}
        return grouped

    # --- doing --------------------------------------------------------------------------------------------------------

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Return what a function, or a method by its name, returns for every youth."""
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in self]
        return [method(agent, *args, **kwargs) for agent in self]

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Youths:
        """Call a function, or a method by its name, with every youth; return the set."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Youths:
        """Call a function with every youth in an order of keyed luck (see `shuffle`); return the set."""
        type(self)(self.model, self._shuffled()).map(method, *args, **kwargs)
        return self

    def set(self, attr_name: str, value: Any) -> NoReturn:
        """Refuse: youths can be read here, not changed."""
        only_read()

    # --- as a collection ----------------------------------------------------------------------------------------------

    def add(self, agent: Any) -> None:
        """Put a youth of this model at the end of a chosen set, if it is not in it."""
        rows = self._own_rows()
        if not self._is_ours(agent):
            raise TypeError(f"{agent!r} is no agent of this model that this set can hold")
        if agent not in self:
            self._rows = np.append(rows, agent.unique_id)

    def discard(self, agent: Any) -> None:
        """Take a youth out of a chosen set, if it is in it."""
        rows = self._own_rows()
        if agent in self:
            self._rows = rows[rows != agent.unique_id]

    def remove(self, agent: Any) -> None:
        """Take a youth out of a chosen set. Raises KeyError where it is not in it."""
        self._own_rows()
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def copy(self) -> Youths:
        """Return a set of the same youths of its own, which stays as it is while the model goes on."""
        return type(self)(self.model, self.rows.copy())

    __copy__ = copy

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "_rows": self._rows}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _view(self, row: int) -> Agent:
        return Youth(self.model, row)

    def _is_ours(self, agent: object) -> bool:
        return isinstance(agent, Youth) and agent.model is self.model

    def _of_type(self, rows: I64, agent_type: type) -> I64:
        """Return those of some rows whose agents are of a type."""
        return rows if issubclass(Youth, agent_type) else rows[:0]

    def _own_rows(self) -> I64:
        """Return the rows of a chosen set; the set of all who are in the model is not to be changed."""
        if self._rows is None:
            only_read()
        return self._rows

    def _shuffled(self) -> I64:
        rows = self.rows
        return rows[self.model.order_of_luck(rows)]

    def _result(self, rows: I64, inplace: bool) -> Youths:
        if not inplace:
            return type(self)(self.model, rows)
        self._own_rows()
        self._rows = rows
        return self

    def _of(self, agents: Iterable[Any]) -> Youths:
        members = list(dict.fromkeys(agents))
        if not all(self._is_ours(agent) for agent in members):
            raise TypeError("a set of agents holds those of one model only")
        return type(self)(self.model, np.array([agent.unique_id for agent in members], np.int64))

    _from_iterable = _of  # what | & - ^ make

    def _update(self, agents: Iterable[Any]) -> Youths:
        return self._result(self._of(agents).rows, inplace=True)
