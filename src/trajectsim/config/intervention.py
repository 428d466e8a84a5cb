"""From an intervention to what the engine knows: one more domain, and effects on named hazards and latents.

The domain is present in every arm, with the same candidates; in an arm without the intervention its uptake is nil.
"""

from __future__ import annotations

from collections.abc import Mapping

from trajectsim.config.schema import Condition, Domain, Exit, Forced, Intervention, Number, Span, State, Text, Use

__all__ = ["STATES", "intervention_domain", "offer_trait", "programmes"]

STATES = ("outside", "enrolled", "aftercare", "ended")
_TITLES = {
    "outside": Text(nl="niet in de aanpak", en="not in the programme"),
    "enrolled": Text(nl="in de aanpak", en="in the programme"),
    "aftercare": Text(nl="nazorg", en="aftercare"),
    "ended": Text(nl="aanpak voorbij", en="programme over"),
}


def programmes(interventions: Mapping[str, Intervention]) -> dict[str, Intervention]:
    """Return the interventions in which youths take part one by one: those that have a domain."""
    return {name: item for name, item in interventions.items() if item.is_programme}


def offer_trait(intervention: Intervention) -> str:
    """Return the name of the flag that says whether the lottery gave a youth a place."""
    return f"offer_{intervention.name}"


def _refer(intervention: Intervention, number: Number, *path: str) -> Use:
    """Return a reference that the register resolves to the intervention's own parameter."""
    if isinstance(number, Use):
        return Use(use=f"@interventions.{intervention.name}.parameters.{number.use}")
    return Use(use="@" + ".".join(["interventions", intervention.name, *path]))


def intervention_domain(intervention: Intervention) -> Domain:
    """Return the domain of a programme: outside, enrolled, aftercare and ended, with its exits."""
    eligible, uptake, duration, dropout = (
        intervention.eligible, intervention.uptake, intervention.duration, intervention.dropout
    )  # fmt: skip
    assert eligible is not None and uptake is not None and duration is not None and dropout is not None
    start = Span(from_=float(intervention.start_month)) if intervention.start_month else eligible.calendar
    when = Condition(
        states=eligible.states,
        age=eligible.age,
        latents=eligible.latents,
        months_in=eligible.months_in,
        calendar=start,
        traits={**eligible.traits, offer_trait(intervention): Span(from_=1.0)},
    )
    after = "aftercare" if intervention.aftercare is not None else "ended"
    exits = [
        Exit(
            **{"from": ["outside"]},
            name="uptake",
            to="enrolled",
            when=when,
            bound=intervention.uptake_bound,
            base=_refer(intervention, uptake, "uptake"),
            effects={k: _refer(intervention, n, "uptake_effects", k) for k, n in intervention.uptake_effects.items()},
        ),
        Exit(
            **{"from": ["enrolled"]},
            name="dropout",
            to="ended",
            bound=intervention.dropout_bound,
            base=_refer(intervention, dropout, "dropout"),
            effects={k: _refer(intervention, n, "dropout_effects", k) for k, n in intervention.dropout_effects.items()},
        ),
        Exit(
            **{"from": ["enrolled"]},
            name="completed",
            to=after,
            forced=Forced(months=_refer(intervention, duration, "duration")),
        ),
    ]
    if intervention.aftercare is not None:
        exits.append(
            Exit(
                **{"from": ["aftercare"]},
                name="aftercare_over",
                to="ended",
                forced=Forced(months=_refer(intervention, intervention.aftercare, "aftercare")),
            )
        )
    states = {name: State(title=_TITLES[name]) for name in STATES}
    return Domain(title=intervention.title, states=states, exits=exits)
