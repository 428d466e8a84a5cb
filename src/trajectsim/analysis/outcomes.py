"""What happens to the youths: months per state and events per youth, by the packaged list or the model's own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from trajectsim.analysis.tables import Design, Study, array_of, sums
from trajectsim.config.load import DATA
from trajectsim.config.messages import validated
from trajectsim.config.overlay import EVENTS
from trajectsim.config.reader import Document, read_yaml
from trajectsim.config.schema import Frozen, Text

__all__ = ["Outcome", "load_outcomes", "outcome_arrays", "outcomes_of"]

F64 = npt.NDArray[np.float64]


class Outcome(Frozen):
    """States (months) or events (times) that make up one outcome."""

    title: Text
    unit: Text
    states: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    per: Literal["year", "period"] = "year"
    good: Annotated[str, Field(pattern="^(up|down|none)$")] = "none"

    @model_validator(mode="after")
    def _one_form(self) -> Outcome:
        if bool(self.states) == bool(self.events):
            raise ValueError("an outcome has either states or events")
        return self


@cache
def _read(path: Path) -> dict[str, Outcome]:
    document = read_yaml(path, path.name)
    return {name: validated(Outcome, Document(item, document.places)) for name, item in document.data.items()}


def load_outcomes() -> dict[str, Outcome]:
    """Return the packaged outcomes by name."""
    return dict(_read(DATA / "outcomes.yaml"))


def outcomes_of(manifest: Mapping[str, Any]) -> dict[str, Outcome]:
    """Return the outcomes of a study: the packaged ones, or each state and event where these name none of the model's.

    The events that every world has do not tell whose model it is.
    Outcomes of a model's own states are named `domain.state`, those of its events by the event; which way is good
    is not known of either. The states of an intervention stay as packaged.
    """
    names, packaged = manifest["names"], load_outcomes()
    named = {member for outcome in packaged.values() for member in (*outcome.states, *outcome.events)}
    if named & ({*names["states"], *names["events"]} - EVENTS.keys()):
        return packaged
    programmes = {name.rpartition(".")[0] for name in names["states"] if name.endswith(".enrolled")}
    own = {
        state: Outcome(title=_title(manifest, state, state), unit=packaged["programme"].unit, states=(state,))
        for state in names["states"]
        if state.partition(".")[0] not in programmes
    }
    for event in names["events"]:
        title, unit = _title(manifest, f"event.{event}", event), packaged["offences"].unit
        own[event] = Outcome(title=title, unit=unit, events=(event,), per="period")
    return {**own, "programme": packaged["programme"]}


def _title(manifest: Mapping[str, Any], path: str, name: str) -> Text:
    plain = name.rpartition(".")[2].replace("_", " ")
    return Text.model_validate((manifest.get("titles") or {}).get(path) or {"nl": plain, "en": plain})


def outcome_arrays(study: Study, design: Design, outcomes: Mapping[str, Outcome]) -> dict[str, F64]:
    """Return each outcome per youth [A, D, R], per year lived or in all.

    Outcomes of which the model has no state or event are left out.
    """
    axes: dict[str, Sequence[Any]] = {"arm": design.arms, "draw": design.draws, "replicate": design.replicates}
    by = [*axes]
    months = sums(study, "occupancy", [*by, "domain", "state"], ["n"])
    months["name"] = months["domain"].astype(str) + "." + months["state"].astype(str)
    times = sums(study, "events", [*by, "event"], ["n"]).rename(columns={"event": "name"})
    times["name"] = times["name"].astype(str)
    known_states, known_events = study.manifest["names"]["states"], study.manifest["names"]["events"]
    out = {}
    for name, outcome in outcomes.items():
        frame, known = (months, known_states) if outcome.states else (times, known_events)
        wanted = outcome.states or outcome.events
        members = tuple(str(k) for k in known if any(fnmatchcase(str(k), pattern) for pattern in wanted))
        if members:
            counted = array_of(frame, "n", {**axes, "name": members}).sum(axis=-1)
            out[name] = counted / (design.youths * (design.lived if outcome.per == "year" else 1))
    return out
