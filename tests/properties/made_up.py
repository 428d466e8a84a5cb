"""Small models made up by hypothesis, with all that the engine knows: coupled domains, laws, death, newcomers."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.helpers import World, as_bytes, domain, number, starts, text, way, world
from trajectsim.engine.tables import Columns

STATES = "pqrs"
FEW = settings(max_examples=12)
"""Examples per property: the models are small, but each one is compiled."""


def shares() -> st.SearchStrategy[float]:
    return st.sampled_from([0.1, 0.3, 0.5, 0.9])


@st.composite
def followings(draw: st.DrawFn, names: list[str], depth: int = 0) -> list[dict[str, Any]]:
    """What follows from an exit: a chance, a move elsewhere, an event, a jump of the latent, and so on."""
    if depth == 2 or draw(st.booleans()):
        return []
    item: dict[str, Any] = {"chance": number(draw(shares()), "probability")}
    kind = draw(st.integers(0, 2))
    if kind == 0:
        item["event"] = "seen"
    elif kind == 1:
        item["set"] = {draw(st.sampled_from(names)): draw(st.sampled_from("pq"))}
    else:
        item["shift"] = {"mood": number(draw(st.sampled_from([-0.2, 0.15])), "latent")}
    item["then"] = draw(followings(names, depth + 1))
    item["otherwise"] = draw(followings(names, depth + 1))
    return [item]


@st.composite
def exits(draw: st.DrawFn, names: list[str], own: str, states: str, number_: int) -> dict[str, Any]:
    """One exit or event with a few of the things a hazard may hang on."""
    start = draw(st.sampled_from(states))
    to = draw(st.sampled_from([None, *(s for s in states if s != start)]))
    base = draw(st.sampled_from([0.02, 0.1, 0.3]))
    keys: dict[str, Any] = {"then": draw(followings(names)), "bound": base * draw(st.sampled_from([1.2, 2.0, 3.0]))}
    if to is None:
        keys["event"] = "seen"
    if draw(st.booleans()):
        keys["effects"] = {
            "flag": number(1.6, "hazard ratio"),
            "mood": number(-0.8, "log hazard ratio"),
            f"{draw(st.sampled_from(names))}.p": number(0.5, "hazard ratio"),
        }
    if draw(st.booleans()):
        keys["duration"] = {"months": [0, 2], "factors": [draw(st.sampled_from([0.0, 2.0])), 1.0]}
    if draw(st.booleans()):
        keys["stage"] = draw(st.integers(0, 1))
    return way(f"{own}{number_}", start, to, base, **keys)


@st.composite
def laws(draw: st.DrawFn, names: list[str], sizes: dict[str, str]) -> list[dict[str, Any]]:
    """Constraints that cannot contradict each other: each about a later domain than those it asks about."""
    found: list[dict[str, Any]] = []
    for i, own in enumerate(names[1:], start=1):
        asked = {"states": {names[draw(st.integers(0, i - 1))]: draw(st.sampled_from(["p", "q"]))}}
        more = draw(
            st.sampled_from(
                [
                    {},
                    {"age": {"from": 18.5}},
                    {"calendar": {"from": 4, "to": 9}},
                    {"traits": {"flag": {"from": 1}}},
                    {"latents": {"mood": {"to": 0.4}}},
                    {"months_in": {names[0]: {"from": 2}}},
                ]
            )
        )
        form = draw(st.integers(0, 2))
        if form == 1:
            found.append(
                {"name": f"law_{own}", "domain": own, "when": {**asked, **more}, "allowed": ["p"], "otherwise": "p"}
            )
        elif form == 2:
            found.append(
                {"name": f"law_{own}", "domain": own, "state": "q", "only_while": [{**asked, **more}], "otherwise": "p"}
            )
    assert all(law["otherwise"] in sizes[law["domain"]] for law in found)
    return found


@st.composite
def worlds(draw: st.DrawFn, size: int = 60, deaths: bool = True) -> World:
    """A coupled model with people, in up to five domains, some with laws, death, programmes that stop, newcomers."""
    names = list("abcde")[: draw(st.integers(1, 5))]
    sizes = {name: STATES[: draw(st.integers(2, 4))] for name in names}
    domains: dict[str, Any] = {}
    for name in names:
        ways = [draw(exits(names, name, sizes[name], i)) for i in range(draw(st.integers(1, 4)))]
        if draw(st.booleans()):
            ways.append(way("over", "q", "p", forced={"months": number(draw(st.integers(1, 4)), "months")}))
        if draw(st.booleans()):
            ways.append(way("adult", "p", "q", forced={"age": 18.5}, chance=number(0.7, "probability")))
        domains[name] = domain(list(sizes[name]), *ways)
    if deaths and draw(st.booleans()):
        domains["life"] = domain("here dead", way("dies", "here", "dead", 0.03, bound=0.05), gone=["dead"])
    people: dict[str, Any] = {"traits": {"flag": {"share": number(0.4, "share")}}}
    if draw(st.booleans()):
        people["inflow"] = {"per_year": number(20, "persons/year"), "age": {"from": 18, "to": 19}}
    latent = {
        "mean": 0.5,
        "sd": 0.2,
        "drift": {"a.q": number(0.03, "latent per month"), "a.p": number(-0.02, "latent per month")},
    }
    if draw(st.booleans()):
        latent["reversion"] = number(0.1)
    return world(
        domains,
        size=size,
        years=1,
        age_bands=[18.5],
        traits={"flag": {}},
        people=people,
        latents={"mood": latent},
        events={"seen": text()},
        constraints=draw(laws(names, sizes)),
        initial={name: starts(p=0.6, q=0.4) for name in names},
        spec={"seed": draw(st.integers(0, 9))},
        joint_lines={"low": {"states": {"a": "p"}, "latents": {"mood": {"to": 0.5}}}},
        measures={
            "hours": {
                "when": {"states": {"a": "q"}},
                "intercept": number(80, "hours/month"),
                "terms": {"mood": number(30, "number")},
                "high": 160,
            }
        },
        accounts={"cost": {"rates": {"a.q": 2.5}, "events": {"seen": 1.25}, "discount_per_year": 0.03}},
    )


def same_people(a: Columns, b: Columns) -> bool:
    return as_bytes(a) == as_bytes(b)
