"""The town's institutions as Mesa agents: views over the arrays that youths share, read and never written.

A view is made when somebody looks and holds no numbers of its own. It shows the present: what stands is as the step
`model.month` begins, and what flows ("this month") is of the step lived last. Money is in euros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np
import pandas as pd
from mesa.agent import Agent

from trajectsim.config.intervention import STATES
from trajectsim.config.schema import Text
from trajectsim.engine.shared import ANSWERS
from trajectsim.engine.tables import NUMBER_ONE
from trajectsim.errors import Mistake, UserError, nearest
from trajectsim.model.surroundings import Group, Surroundings
from trajectsim.model.views import Youths, only_read

if TYPE_CHECKING:
    from trajectsim.model.model import TrajectModel

__all__ = [
    "KINDS",
    "CareProvider",
    "CoachTeam",
    "Employer",
    "Institution",
    "Municipality",
    "OtherProvider",
    "Programme",
    "Provider",
    "School",
]


class Institution(Agent):
    """Something in the town that youths deal with, as a Mesa agent that can be read.

    Two views of the same institution of the same model are equal.

    Attributes:
        model: the model it stands in.
        unique_id: its number in the model; institutions come after the youths.
        pos: None; institutions have no place on a grid.
        fields: names of the plain values that can be read of its kind, for reporters and tables.
    """

    model: TrajectModel
    unique_id: int
    pos = None
    kind: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ("name",)

    def __init__(self, model: TrajectModel, unique_id: int) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "unique_id", unique_id)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "model" not in self.__dict__:
            raise AttributeError(name)
        what, near = f"{type(self).__name__} has no '{name}'", nearest(name, self.fields)
        youths = name in self.model.fields.by_name
        cure = "read youths from model.agents_by_type[Youth]" if youths else None
        raise AttributeError(Mistake(what, near=near, cure=cure).sentence(), name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> None:
        only_read()

    __delattr__ = only_read
    remove = only_read
    create_agents = staticmethod(only_read)
    from_dataframe = staticmethod(only_read)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Institution) and other.model is self.model and other.unique_id == self.unique_id

    def __hash__(self) -> int:
        return id(self.model) // 16 * 31 + self.unique_id

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def _around(self) -> Surroundings:
        around = self.model.surroundings
        assert around is not None  # only a model with a world has institutions
        return around

    @property
    def _group(self) -> Group:
        return self._around.group(self.unique_id - self.model.size)

    @property
    def _last(self) -> int:
        """The step lived last; -1 before the first."""
        return self.model.month - 1

    @property
    def number(self) -> int:
        """Its number among those of the same name, from 0."""
        return self.unique_id - self.model.size - self._group.first

    @property
    def name(self) -> str:
        """Its name: of a unit the provision with the unit's number from 0, of a team or programme the programme's."""
        group = self._group
        return group.name if group.count == 1 else f"{group.name} {self.number}"

    @property
    def title(self) -> Text:
        """Title of what it is or offers, in Dutch (`.nl`) and English (`.en`)."""
        return self._group.title

    def values(self) -> dict[str, Any]:
        """Return all its plain values by name."""
        return {name: getattr(self, name) for name in self.fields}

    def step(self) -> NoReturn:
        """Refuse: youths and institutions live their months together."""
        raise UserError.of("one institution cannot live a month alone", cure="call model.step(): all live it")

    advance = step


# --- the municipality -------------------------------------------------------------------------------------------------


class Municipality(Institution):
    """Who decides upon provisions and pays for them: money by budget, and what became of requests.

    Requests are those for provisions upon which it decides or which a budget of its pays for. Budgets run by calendar
    year; in January a new one begins.
    """

    kind = "municipality"
    fields = (
        "name", "spent", "cap", "left", "without_money", "spent_so_far", "without_money_so_far", "asked", "granted",
        "refused", "passed_on", "asked_so_far", "granted_so_far", "refused_so_far", "passed_on_so_far",
    )  # fmt: skip

    def __repr__(self) -> str:
        told = f"{self.asked} asked, {self.granted} granted, {self.refused} refused this month"
        return f"<Municipality {self.name}: {told}>"

    @property
    def budgets(self) -> tuple[str, ...]:
        """Names of the budgets that are open in this arm."""
        return tuple(name for name, _, _ in self._open())

    @property
    def budget_of(self) -> dict[str, str | None]:
        """The budget that pays for what is given under each law; None where no budget does."""
        around = self._around
        names = [name for name, _, _ in around.town.budgets]
        return {law: names[b] if b >= 0 else None for law, b in zip(around.town.laws, around.law_budget(), strict=True)}

    @property
    def spent(self) -> dict[str, float]:
        """Euros spent by each budget in the year of the month lived last."""
        return {name: float(self._around.x.spent[b]) / 100 for name, b, _ in self._open()}

    @property
    def cap(self) -> dict[str, float | None]:
        """Euros that each budget has a year; None where it has no cap."""
        return {name: cap for name, _, cap in self._open()}

    @property
    def left(self) -> dict[str, float | None]:
        """Euros that each budget has left of that year; None where it has no cap."""
        spent = self.spent
        return {name: None if cap is None else cap - spent[name] for name, cap in self.cap.items()}

    @property
    def without_money(self) -> dict[str, int]:
        """Requests this month for which each budget had no money."""
        return self._refused_money(max(self._last, 0))

    @property
    def spent_so_far(self) -> dict[str, float]:
        """Euros spent by each budget since the start."""
        paid = self._around.x.paid[: self.model.month, :, 0].sum(axis=0)
        return {name: float(paid[b]) / 100 for name, b, _ in self._open()}

    @property
    def without_money_so_far(self) -> dict[str, int]:
        """Requests since the start for which each budget had no money, once for every month in which they were turned
        away."""
        return self._refused_money(0)

    @property
    def asked(self) -> int:
        """Requests made this month."""
        return self._count("asked", self._last)

    @property
    def granted(self) -> int:
        """Requests granted this month."""
        return self._count("granted", self._last)

    @property
    def refused(self) -> int:
        """Requests refused this month."""
        return self._count("refused", self._last)

    @property
    def passed_on(self) -> int:
        """Requests passed on to another desk this month."""
        return self._count("passed_on", self._last)

    @property
    def asked_so_far(self) -> int:
        """Requests made since the start."""
        return self._count("asked", 0)

    @property
    def granted_so_far(self) -> int:
        """Requests granted since the start."""
        return self._count("granted", 0)

    @property
    def refused_so_far(self) -> int:
        """Requests refused since the start."""
        return self._count("refused", 0)

    @property
    def passed_on_so_far(self) -> int:
        """Times that requests were passed on since the start."""
        return self._count("passed_on", 0)

    def accounts(self) -> pd.DataFrame:
        """Return the budgets as a table: laws, whether pooled, cap, spent and left this year, requests turned away."""
        rows = {}
        laws, spent, left, short = self.budget_of, self.spent, self.left, self.without_money_so_far
        for name, b, cap in self._open():
            own = ", ".join(law for law, budget in laws.items() if budget == name)
            pooled = bool(self._around.x.budgets[b]["pooled"])
            rows[name] = [own, pooled, cap, spent[name], left[name], short[name]]
        columns = ["laws", "pooled", "cap", "spent", "left", "without_money_so_far"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("budget")

    def answers(self, so_far: bool = True) -> pd.DataFrame:
        """Return what became of requests as a table, a row for every provision: since the start, or this month."""
        around = self._around
        counts = around.answers(self._steps(0 if so_far else self._last))
        return pd.DataFrame(counts, index=pd.Index(around.town.names, name="provision"), columns=list(ANSWERS))

    def _open(self) -> list[tuple[str, int, float | None]]:
        x = self._around.x
        caps = [None if cap < 0 else cap / 100 for cap in x.budgets["cap"].tolist()]
        return [(name, b, caps[b]) for b, (name, _, _) in enumerate(self._around.town.budgets) if x.budgets[b]["open"]]

    def _steps(self, first: int) -> slice:
        return slice(max(first, 0), self.model.month)

    def _refused_money(self, first: int) -> dict[str, int]:
        counts = self._around.x.paid[first : self.model.month, :, 1].sum(axis=0)
        return {name: int(counts[b]) for name, b, _ in self._open()}

    def _count(self, answer: str, first: int) -> int:
        around = self._around
        return int(around.answers(self._steps(first))[around.decides(), ANSWERS.index(answer)].sum())


# --- employers, schools, care -----------------------------------------------------------------------------------------


class Provider(Institution):
    """One unit with places of a provision: how many, who holds them, what it remembers, whether it takes anybody."""

    fields = (
        "name", "provision", "sector", "places", "filled", "free", "others", "held", "waiting", "others_waiting",
        "incidents", "tolerance", "open", "closed_because",
    )  # fmt: skip

    def __repr__(self) -> str:
        sector = f" ({self.sector})" if self.sector else ""
        shut = "open" if self.open else f"closed: {self.closed_because}"
        return f"<{type(self).__name__} {self.name}{sector}: {self.filled} of {self.places} places filled, {shut}>"

    @property
    def _unit(self) -> int:
        return self._around.unit(self._group.at, self.number)

    @property
    def provision(self) -> str:
        """Name of the provision that it offers."""
        return self._group.name

    @property
    def sector(self) -> str | None:
        """Name of its sector; None where the provision has no sectors."""
        places = self._around.town.pools[self._group.at].places
        if places is None or not places.sectors:
            return None
        return list(places.sectors)[int(self._around.sectors[self._group.at][self.number])]

    @property
    def places(self) -> int:
        """Its places in the month that begins; in a boom more, in a recession fewer."""
        return self._around.places(self._group.at, self._unit, self.model.month)

    @property
    def others(self) -> int:
        """Others in the town who hold a place of it."""
        return int(self._around.x.others[self._unit])

    @property
    def youths(self) -> Youths:
        """The youths who hold a place of it."""
        return Youths(self.model, self._around.holders(self._group.at, self._unit))

    @property
    def held(self) -> int:
        """How many youths hold a place of it."""
        return len(self.youths)

    @property
    def filled(self) -> int:
        """Places that are taken, by youths and by others; more than there are where a recession took some away."""
        return self.held + self.others

    @property
    def free(self) -> int:
        """Places that it would give now: none while it is closed."""
        return max(self.places - self.filled, 0) if self.open else 0

    @property
    def queue(self) -> Youths:
        """The youths who have asked for the provision, at whatever unit, and wait."""
        return Youths(self.model, self._around.askers(self._group.at))

    @property
    def waiting(self) -> int:
        """How many youths wait for the provision, at whatever unit; also those upon whom is yet to be decided."""
        return len(self.queue)

    @property
    def others_waiting(self) -> int:
        """How many others in the town wait for the provision."""
        return int(self._around.x.others_waiting[self._group.at].sum())

    @property
    def incidents(self) -> float:
        """Incidents and failures that it remembers."""
        x = self._around.x
        return float(x.memory[self._unit] + x.all_trouble[:, self._unit].sum() / NUMBER_ONE)

    @property
    def tolerance(self) -> float | None:
        """Incidents that it remembers at most while it takes youths; None where it minds nothing."""
        tolerance = float(self._around.x.pools[self._group.at]["tolerance"])
        return None if np.isinf(tolerance) else tolerance

    @property
    def open(self) -> bool:
        """Whether it takes anybody in the month that begins, if it has a place."""
        return self.closed_because is None

    @property
    def closed_because(self) -> str | None:
        """Why it takes nobody: "incidents", "no_intake" (not in this month of the year) or "no_places"; else None."""
        why = self._around.closed(self._group.at, self._unit, self.model.month)
        return why if why or self.places > 0 else "no_places"


class Employer(Provider):
    """An employer with places for work, learning at work or internships."""

    kind = "employer"


class School(Provider):
    """A school or course with seats."""

    kind = "school"


class CareProvider(Provider):
    """Somebody who offers care, support, a home or a day programme."""

    kind = "care"


class OtherProvider(Provider):
    """Somebody who offers places of another kind."""

    kind = "other"


# --- programmes and their teams ---------------------------------------------------------------------------------------


class _OfProgramme(Institution):
    """What belongs to a programme of this arm."""

    @property
    def _domain(self) -> int:
        return self._around.program.names.domains.index(self._group.name)

    def _in(self, *states: str) -> Youths:
        """The youths in some states of the programme who are in the model."""
        model = self.model
        codes = model.columns.small[self._domain]
        here = model.fields.present(model.columns, model.month, slice(None))
        return Youths(model, np.flatnonzero(here & np.isin(codes, [STATES.index(s) for s in states])))

    @property
    def strength(self) -> float:
        """The share of its effect that the programme had this month, by hours and experience of its team; 1 is all."""
        return self._around.level(self._group.name, self._last)


class Programme(_OfProgramme):
    """A programme that runs in this arm: its places and who has them."""

    kind = "programme"
    fields = ("name", "places", "free", "enrolled", "aftercare", "ended", "waiting", "suited", "rule", "strength")

    def __repr__(self) -> str:
        return f"<Programme {self.name}: {self.enrolled} of {self.places} places taken, {self.aftercare} in aftercare>"

    @property
    def places(self) -> int:
        """How many places it has."""
        name = self._group.name
        scope, item = f"interventions.{name}", self._around.town.interventions[name]
        assert item.places is not None  # a programme has places
        return round(self._around.number(item.places, f"{scope}.places", scope))

    @property
    def youths(self) -> Youths:
        """The youths who are enrolled."""
        return self._in("enrolled")

    @property
    def enrolled(self) -> int:
        """How many youths are enrolled."""
        return len(self.youths)

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return max(self.places - self.enrolled, 0)

    @property
    def aftercare(self) -> int:
        """How many youths are in aftercare."""
        return len(self._in("aftercare"))

    @property
    def ended(self) -> int:
        """For how many youths the programme is over."""
        return len(self._in("ended"))

    @property
    def queue(self) -> Youths:
        """The youths who have asked for a place and wait; nobody where its places are drawn by lottery at the start."""
        names, name = self._around.town.names, self._group.name
        rows = self._around.askers(names.index(name)) if name in names else np.zeros(0, np.int64)
        return Youths(self.model, rows)

    @property
    def waiting(self) -> int:
        """How many youths wait for a place."""
        return len(self.queue)

    @property
    def rule(self) -> str:
        """Who gets a place: lottery, first_come, most_needy, marker or known."""
        selection = self._around.town.selections.get(self._group.name)
        return "lottery" if selection is None else selection.rule

    @property
    def suited(self) -> int:
        """How many of the enrolled are neither too good nor too bad for it; all where it does not say who is."""
        flag = self._around.town.rows.flags.get(f"unsuited_{self._group.name}")
        rows = self.youths.rows
        return len(rows) if flag is None else int((self.model.columns.small[flag, rows] == 0).sum())


class CoachTeam(_OfProgramme):
    """The coaches of a programme that runs in this arm: hours, caseload, experience, and who left."""

    kind = "team"
    fields = (
        "name", "coaches", "caseload", "hours_needed", "hours_given", "experience", "strength", "coaches_left",
        "coaches_left_so_far",
    )  # fmt: skip

    def __repr__(self) -> str:
        hours = f"{self.hours_given:.0f} of {self.hours_needed:.0f} hours this month"
        return f"<CoachTeam {self.name}: {self.coaches} coaches, {self.caseload:.1f} youths per post, {hours}>"

    @property
    def _team(self) -> Any:
        return self._around.x.teams[self._group.at]

    @property
    def fte(self) -> dict[str, float]:
        """Full-time posts by role."""
        name = self._group.name
        scope, team = f"interventions.{name}", self._around.town.interventions[name].team
        roles = {} if team is None else team.fte
        return {role: self._around.number(fte, f"{scope}.team.fte.{role}", scope) for role, fte in roles.items()}

    @property
    def coaches(self) -> int:
        """How many people there are in the team: its posts, rounded up."""
        return max(int(np.ceil(sum(self.fte.values()) - 1e-9)), 1)

    @property
    def youths(self) -> Youths:
        """The youths in its care: enrolled or in aftercare."""
        return self._in("enrolled", "aftercare")

    @property
    def caseload(self) -> float:
        """Youths in its care per full-time post, over all roles."""
        posts = sum(self.fte.values())
        return len(self.youths) / posts if posts > 0 else 0.0

    @property
    def hours_available(self) -> dict[str, float]:
        """Hours of a month (a step) that each role has for youths, what goes to meetings and the like taken off."""
        given = self._around.x.role_given[self._team["roles_begin"] : self._team["roles_end"]]
        return {role: float(hours) for role, hours in zip(self.fte, given, strict=True)}

    @property
    def hours_needed(self) -> float:
        """Hours that the youths in its care needed this month."""
        return self._worked(0)

    @property
    def hours_given(self) -> float:
        """Hours that they got this month."""
        return self._worked(1)

    @property
    def experience(self) -> float:
        """Mean experience of the coaches, from a newcomer's strength to 1."""
        return float(self._around.x.slot_skill[self._slots].mean())

    @property
    def coaches_left(self) -> int:
        """How many coaches left this month."""
        return int(self._worked(3))

    @property
    def coaches_left_so_far(self) -> int:
        """How many coaches left since the start."""
        return int(self._around.x.worked[: self.model.month, self._group.at, 3].sum())

    @property
    def who_left(self) -> tuple[int, ...]:
        """Numbers of the coaches who left this month; somebody else has taken the place of each."""
        return tuple(np.flatnonzero(self._around.x.slot_left[self._slots]).tolist())

    def youths_of(self, coach: int) -> Youths:
        """Return the youths in the care of one coach, by number from 0. Raises UserError for no such coach."""
        slots = int(self._team["slots"])
        if not 0 <= coach < slots:
            raise UserError.of(f"there is no coach {coach}", allowed=f"0 to {slots - 1}")
        rows = self.youths.rows
        return Youths(self.model, rows[self._around.coaches(self._group.at, rows) == coach])

    @property
    def _slots(self) -> slice:
        first = int(self._team["first_slot"])
        return slice(first, first + int(self._team["slots"]))

    def _worked(self, what: int) -> float:
        return float(self._around.x.worked[self._last, self._group.at, what]) if self._last >= 0 else 0.0


KINDS: dict[str, type[Institution]] = {
    kind.kind: kind for kind in (Municipality, Employer, School, CareProvider, OtherProvider, Programme, CoachTeam)
}
"""The class of each kind of institution, in the order in which a model lists them."""
