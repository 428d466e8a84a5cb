"""The order within a month, as `docs/concepts/month.md` tells it; forced exits make it certain."""

from typing import Any

import pytest

from tests.helpers import domain, number, text, way, world


def after(months: int, name: str, start: str, to: str | None, **keys: Any) -> dict[str, Any]:
    """An exit that certainly happens when a stay has lasted so many months."""
    return way(name, start, to, forced={"months": number(months, "months")}, **keys)


def test_a_later_domain_sees_this_months_moves_and_an_earlier_one_does_not() -> None:
    first = {"a": domain("x y", after(3, "go", "x", "y"))}
    sees = {"b": domain("x y", after(3, "follow", "x", "y", when={"states": {"a": "y"}}))}
    assert world({**first, **sees}).run().count("b.y")[3] == 100
    assert world({**sees, **first}).run().count("b.y").max() == 0


def test_programmes_come_after_the_models_domains() -> None:
    job = {
        "name": "job", "title": text(), "eligible": {"states": {"a": "y"}, "calendar": {"to": 3}}, "uptake_bound": 4.0,
        "uptake": number(4.0), "places": number(100, "places"), "dropout": number(0.0), "duration": number(9, "months"),
    }  # fmt: skip
    w = world({"a": domain("x y", after(3, "go", "x", "y"))}, interventions=[job], arms=((), ("job",)))
    assert 95 < w.run(1).moves("job.uptake")[2] == w.run(1).moves("job.uptake").sum()


def test_a_state_set_by_an_earlier_domain_takes_its_turn_from_there() -> None:
    """And one set by a later domain waits until next month."""
    setter = {"a": domain("x y", after(2, "go", "x", "y", then=[{"set": {"b": "y"}}]))}
    moved = {"b": domain("x y z", way("on", "y", "z", 4.0, bound=4.0))}
    at_once = world({**setter, **moved}).run()
    assert at_once.count("b.z")[2] > 90 and at_once.moves("b.on")[1] > 90
    later = world({**moved, **setter}).run()
    assert later.count("b.y")[2] == 100 and later.moves("b.on")[1] == 0 and later.moves("b.on")[2] > 90


def test_one_thing_happens_per_domain_and_month() -> None:
    """The chance to go on from a state exists only in the months after the one in which it was reached."""
    w = world({"a": domain("x y z", after(1, "go", "x", "y"), way("on", "y", "z", 4.0, bound=4.0))})
    assert w.run().stock[1].tolist() == [0, 100, 0]
    assert w.run().count("a.z")[2] > 90


def test_latents_drift_before_anything_happens_and_measures_are_taken_before() -> None:
    measure = {
        "when": {"states": {"a": "x"}},
        "intercept": number(0, "number"),
        "terms": {"mood": number(1, "number")},
        "high": 9,
    }
    mood = {"mean": 0.5, "centre": 0.0, "drift": {"a.x": number(0.1, "latent per month")}}
    then = [{"when": {"latents": {"mood": {"from": 0.59, "to": 0.61}}}, "event": "seen"}]
    w = world(
        {"a": domain("x y", after(1, "go", "x", "y", then=then))},
        latents={"mood": mood},
        measures={"m": measure},
        events={"seen": text()},
    )
    lived = w.run()
    assert lived.events("seen")[0] == 100
    assert lived.ledger.measures[0, 0, 0] / 65536 == pytest.approx(100 * 0.5)
    assert lived.ledger.measures[1:].sum() == 0


def test_what_follows_sees_the_exit_as_done_and_the_age_of_the_start() -> None:
    then = [
        {"when": {"states": {"a": "y"}, "months_in": {"a": {"to": 1}}, "age": {"to": 18 + 1 / 12}}, "event": "seen"}
    ]
    w = world(
        {"a": domain("x y", after(1, "go", "x", "y", then=then))}, ages=(18, 18 + 1 / 12), events={"seen": text()}
    )
    assert w.run().events("seen")[0] == 100


def test_constraints_hold_by_the_age_at_the_next_snapshot_and_nothing_follows_from_them() -> None:
    law = {"name": "law", "domain": "a", "when": {"age": {"from": 18}}, "allowed": ["y"], "otherwise": "y"}
    exit_ = way("go", "x", "y", number(0.0), bound=0.1, then=[{"event": "seen"}])
    lived = world(
        {"a": domain("x y", exit_)}, ages=(17.5, 17.5 + 1 / 12), constraints=[law], events={"seen": text()}
    ).run()
    assert lived.count("a.x").tolist() == [100] * 6 + [0] * 7
    assert lived.moves("constraint.law").tolist() == [0] * 5 + [100] + [0] * 6
    assert lived.events("seen").sum() == 0 and lived.flows.entries.sum() == 100


def test_constraints_set_each_other_off_until_none_is_broken() -> None:
    def law(own: str, other: str) -> dict[str, Any]:
        return {
            "name": f"law_{own}",
            "domain": own,
            "when": {"states": {other: "y"}},
            "allowed": ["y"],
            "otherwise": "y",
        }

    domains = {"a": domain("x y", after(2, "go", "x", "y")), **{d: domain("x y") for d in "bcd"}}
    lived = world(domains, constraints=[law("d", "c"), law("c", "b"), law("b", "a")]).run()
    for name in "abcd":
        assert lived.count(f"{name}.y").tolist() == [0] * 2 + [100] * 11


def test_people_are_put_under_the_constraints_before_they_are_counted() -> None:
    law = {"name": "law", "domain": "a", "state": "x", "only_while": [{"age": {"to": 18}}], "otherwise": "y"}
    inflow = {"per_year": number(12, "persons/year"), "age": {"from": 20, "to": 21}}
    lived = world({"a": domain("x y")}, constraints=[law], people={"inflow": inflow}, size=10).run()
    assert lived.count("a.x").max() == 0
    assert lived.count("a.y").tolist() == [min(11 + t, 22) for t in range(13)]
    assert lived.flows.entries.sum() == 0 and lived.flows.moves.sum() == 0


def test_newcomers_live_the_month_they_come_in() -> None:
    inflow = {"per_year": number(12, "persons/year"), "age": {"from": 20, "to": 21}}
    lived = world({"a": domain("x y", after(1, "go", "x", "y"))}, people={"inflow": inflow}, size=1).run()
    assert lived.count("a.x").tolist() == [2] + [1] * 11 + [0]
    assert lived.count("a.y").tolist() == [0, *range(2, 14)]


def test_whoever_leaves_takes_no_further_part() -> None:
    """Events that follow still count, further moves do not, and the other domains let go."""
    then = [{"event": "seen", "set": {"b": "y"}}, {"set": {"c": "y"}}]
    life = domain("here gone", after(4, "leaves", "here", "gone", then=then), gone=["gone"])
    b = domain("x y", way("go", "x", "y", 0.0, bound=0.1), way("hear", "x", None, 3.5, bound=3.5, event="heard"))
    w = world({"life": life, "b": b, "c": domain("x y", after(4, "go", "x", "y"))},
              events={"seen": text(), "heard": text()},
              joint_lines={"line": {"states": {"b": "x"}}}, accounts={"sum": {"rates": {"b.x": 1.0}}})  # fmt: skip
    lived = w.run()
    assert lived.events("seen").sum() == 100
    assert lived.count("life.gone").tolist() == [0] * 4 + [100] * 9
    assert lived.count("b.x").tolist() == lived.flows.joint[:, 0].tolist() == [100] * 4 + [0] * 9
    assert lived.count("c.y").max() == lived.count("b.y").max() == 0
    assert (lived.events("heard")[:3, 0] > 90).all() and lived.events("heard")[3:].sum() == 0
    assert (lived.columns.accounts == 4).all()


def test_a_forced_exit_is_due_once() -> None:
    """Who comes in later than the age, or was refused by the condition, stays."""
    ways = [after(3, "enters", "out", "young"), way("adult", "young", "out", forced={"age": 18})]
    late = world({"a": domain("out young", *ways)}, ages=(17.9, 18)).run()
    assert late.count("a.young")[-1] == 100
    refused = world({"a": domain("x y", after(3, "go", "x", "y", when={"calendar": {"from": 3}}))}).run()
    assert refused.count("a.y").max() == 0


def test_joint_lines_and_bands_hold_from_the_next_snapshot_on() -> None:
    lived = world({"a": domain("x y", after(2, "go", "x", "y"))}, ages=(17.75, 17.75 + 1 / 12), age_bands=[18],
                  joint_lines={"grown": {"age": {"from": 18}, "states": {"a": "y"}}}).run()  # fmt: skip
    assert lived.flows.joint[:, 0].tolist() == [0] * 3 + [100] * 10
    block = lived.block.state_months[0, 0]
    assert block.tolist() == [[200, 100], [0, 900]]
