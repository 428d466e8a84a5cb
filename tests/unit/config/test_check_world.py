"""Bad input of a world: told at `check`, with file, line, key and cure, before anything runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trajectsim import cli
from trajectsim.errors import Mistake

Spoil = Callable[..., Mistake]
ASSUMED = 'source: a stated assumption, locator: "-", grade: D'
TOLERANCE, DEGREE = "tolerance: {value: 2, unit: count", "degree: {value: 3, unit: persons"
HELP = "      help:\n        months:"

# What is replaced, by what, part of the message, the key, and the nearest name (or none: a range or cure is told).
WRONG = {
    "unknown law": (
        "{law: social_act",
        "{law: social_akt",
        "no law 'social_akt'",
        "provisions.help.laws.1.law",
        "social_act",
    ),
    "overlapping ages": (
        "{law: social_act, age: {from: 18}}",
        "{law: social_act, age: {from: 17}}",
        "overlap",
        "provisions.help.laws.1.age",
        None,
    ),
    "no ages at all": (
        "{law: youth_act, age: {to: 18}}",
        "{law: youth_act, age: {from: 18, to: 18}}",
        "nothing lies from 18",
        "provisions.help.laws.0.age",
        None,
    ),
    "law of an unknown state": (
        "when: {age: {to: 18}}",
        "when: {states: {work: hme}}",
        "no state in work 'hme'",
        "laws.youth_act.when.states.work",
        "home",
    ),
    "state of a provision": (
        "en: jobs}, states: [work.job]}",
        "en: jobs}, states: [work.jb]}",
        "no state",
        "provisions.jobs.states.0",
        "work.job",
    ),
    "states of two domains": (
        "states: [care.with]",
        "states: [care.with, work.home]",
        "belong to one domain",
        "provisions.help.states",
        None,
    ),
    "a state of two provisions": (
        "states: [care.with]",
        "states: [work.job]",
        "belongs to the provision 'jobs' already",
        "provisions.help.states.0",
        None,
    ),
    "places of nothing": (
        "      jobs:\n        kind",
        "      jbs:\n        kind",
        "no provision 'jbs'",
        "mechanisms.employers.places.jbs",
        "jobs",
    ),
    "a decision on nothing": (
        HELP,
        HELP.replace("help", "hlp"),
        "no provision 'hlp'",
        "mechanisms.decisions.decisions.hlp",
        "help",
    ),
    "negative tolerance": (
        TOLERANCE,
        TOLERANCE.replace("2", "-1"),
        "-1 is negative, which a number of incidents cannot be",
        "mechanisms.employers.places.jobs.tolerance",
        None,
    ),
    "tolerance that may turn out negative": (
        TOLERANCE,
        "tolerance: {value: 2, distribution: {family: uniform, low: -1, high: 5}, unit: count",
        "-1 is negative",
        "mechanisms.employers.places.jobs.tolerance.distribution.low",
        None,
    ),
    "negative places": (
        "capacity: {value: 4",
        "capacity: {value: -4",
        "-4 is negative",
        "mechanisms.employers.places.jobs.capacity",
        None,
    ),
    "units that are none": (
        "units: 5",
        "units: 0",
        "0 units hold no places",
        "mechanisms.employers.places.jobs.units",
        None,
    ),
    "a stay of no time": (
        "stay: {value: 20",
        "stay: {value: 0",
        "is no time",
        "mechanisms.employers.places.jobs.outside.stay",
        None,
    ),
    "unit of places": (
        "capacity: {value: 4, unit: places",
        "capacity: {value: 4, unit: months",
        "does not fit a number of places",
        "mechanisms.employers.places.jobs.capacity.unit",
        None,
    ),
    "unit of a drift": (
        "waiting: {trust: {value: -0.01, unit: latent per month",
        "waiting: {trust: {value: -0.01, unit: latent",
        "does not fit a drift",
        "mechanisms.employers.places.jobs.waiting.trust.unit",
        None,
    ),
    "latent of waiting": (
        "waiting: {trust:",
        "waiting: {trst:",
        "no latent 'trst'",
        "mechanisms.employers.places.jobs.waiting.trst",
        "trust",
    ),
    "event that is an incident": (
        "incidents: [offence]",
        "incidents: [offense]",
        "no event 'offense'",
        "mechanisms.employers.places.jobs.incidents.0",
        "offence",
    ),
    "answer that nobody else notices": (
        "incidents: [offence]",
        "incidents: [place_refused]",
        "an answer to a request",
        "mechanisms.employers.places.jobs.incidents.0",
        None,
    ),
    "exit that is a failure": (
        "failures: [work.lose_work]",
        "failures: [work.loses_work]",
        "no exit 'work.loses_work'",
        "mechanisms.employers.places.jobs.failures.0",
        "work.lose_work",
    ),
    "month of intake": (
        "units: 5",
        "units: 5\n        intake: [13]",
        "out of range",
        "mechanisms.employers.places.jobs.intake.0",
        None,
    ),
    "tolerance without recovery": (
        f"        recovery: {{value: 0.1, unit: per month, {ASSUMED}}}\n",
        "",
        "tolerance and recovery go together",
        "mechanisms.employers.places.jobs.tolerance",
        None,
    ),
    "order that is none": (
        "units: 5",
        "units: 5\n        order: first",
        "not one of the choices",
        "mechanisms.employers.places.jobs.order",
        "first_come",
    ),
    "decided in no time's unit": (
        "months: {value: 2, unit: months",
        "months: {value: 2, unit: places",
        "does not fit a time to decide",
        "mechanisms.decisions.decisions.help.months.unit",
        None,
    ),
    "refused more than always": (
        "refused: {value: 0.2",
        "refused: {value: 1.2",
        "1.2 is not a probability",
        "mechanisms.decisions.decisions.help.refused.value",
        None,
    ),
    "always passed on": (
        "        on_refused:",
        f"        passed_on: {{value: 1, unit: probability, {ASSUMED}}}\n        on_refused:",
        "never decided",
        "mechanisms.decisions.decisions.help.passed_on",
        None,
    ),
    "reference": (
        "{use: refusal_costs_trust}}}\n  budgets",
        "{use: refusal_costs_trst}}}\n  budgets",
        "no parameter 'refusal_costs_trst'",
        "mechanisms.decisions.decisions.help.on_refused.shift.trust.use",
        "refusal_costs_trust",
    ),
    "budget of an unknown law": (
        "laws: [youth_act]",
        "laws: [youth_akt]",
        "no law 'youth_akt'",
        "mechanisms.budgets.budgets.youth.laws.0",
        "youth_act",
    ),
    "tariff of nothing": (
        "tariffs: {help: {value: 800",
        "tariffs: {hlp: {value: 800",
        "no provision 'hlp'",
        "mechanisms.budgets.budgets.youth.tariffs.hlp",
        "help",
    ),
    "unit of a tariff": (
        "tariffs: {help: {value: 800, unit: EUR/month",
        "tariffs: {help: {value: 800, unit: EUR/event",
        "does not fit a tariff",
        "mechanisms.budgets.budgets.youth.tariffs.help.unit",
        None,
    ),
    "unit of a budget": (
        "cap: {value: 90000, unit: EUR/year",
        "cap: {value: 90000, unit: places",
        "does not fit a budget",
        "mechanisms.budgets.budgets.youth.cap.unit",
        None,
    ),
    "budget below nil": (
        "cap: {value: 90000",
        "cap: {value: -90000",
        "is negative",
        "mechanisms.budgets.budgets.youth.cap",
        None,
    ),
    "bought without a price": (
        "buys: [help]",
        "buys: [help, jobs]",
        "says not at what price",
        "mechanisms.budgets.budgets.pooled.buys.1",
        None,
    ),
    "bought of nothing": (
        "buys: [help]",
        "buys: [help, jbs]",
        "no provision 'jbs'",
        "mechanisms.budgets.budgets.pooled.buys.1",
        "jobs",
    ),
    "opened by no intervention": (
        "opened_by: [job_coach]",
        "opened_by: [job_coch]",
        "no intervention 'job_coch'",
        "mechanisms.budgets.budgets.pooled.opened_by.0",
        "job_coach",
    ),
    "pooled and of a law": (
        "pooled: true",
        "pooled: true\n        laws: [youth_act]",
        "names its laws, or is pooled",
        "mechanisms.budgets.budgets.pooled",
        None,
    ),
    "network denser than possible": (
        "layers:\n        - degree: {value: 3",
        "layers:  # many\n        - degree: {value: 120",
        "is more than there are others",
        "mechanisms.friends.network.layers",
        None,
    ),
    "clustering": (
        DEGREE,
        "clustering: 1.4\n          " + DEGREE,
        "1.4 is no clustering",
        "mechanisms.friends.network.layers.0.clustering",
        None,
    ),
    "friends within nothing": (
        DEGREE,
        "within: [lvbb]\n          " + DEGREE,
        "no trait or domain 'lvbb'",
        "mechanisms.friends.network.layers.0.within.0",
        "lvb",
    ),
    "more inside than all": (
        "inside: {value: 0.5, unit: share",
        "inside: {value: 1.5, unit: number",
        "1.5 is no share",
        "mechanisms.friends.network.inside",
        None,
    ),
    "signal of no state": (
        "friends in work}, states: [work.job]",
        "friends in work}, states: [work.jb]",
        "no state",
        "mechanisms.friends.network.signals.friends_at_work.states.0",
        "work.job",
    ),
    "signal of two domains": (
        "friends in work}, states: [work.job]",
        "friends in work}, states: [work.job, care.with]",
        "belong to one domain",
        "mechanisms.friends.network.signals.friends_at_work.states",
        None,
    ),
    "signal of nothing": (
        "friends in work}, states: [work.job]",
        "friends in work}",
        "either states or an event",
        "mechanisms.friends.network.signals.friends_at_work",
        None,
    ),
    "helpers of no state": (
        "helpers: {care.with:",
        "helpers: {care.wth:",
        "no state",
        "mechanisms.homes.households.helpers.care.wth",
        "care.with",
    ),
    "share of households": (
        "      share: {value: 0.2, unit: share",
        "      share: {value: 1.2, unit: share",
        "1.2 is not a share",
        "mechanisms.homes.households.share.value",
        None,
    ),
    "overload of no latent": (
        "overload: {trust:",
        "overload: {trst:",
        "no latent 'trst'",
        "mechanisms.homes.households.overload.trst",
        "trust",
    ),
    "unit of a cycle": (
        "period: {value: 96, unit: months",
        "period: {value: 96, unit: places",
        "does not fit a business cycle",
        "mechanisms.business_cycle.cycle.period.unit",
        None,
    ),
    "misspelt key": (
        "patience:",
        "patence:",
        "'patence' is not a key here",
        "mechanisms.employers.places.jobs.patence",
        "patience",
    ),
    "a section that is none": (
        "    network:",
        "    netwrk:",
        "'netwrk' is not a key here",
        "mechanisms.friends.netwrk",
        "network",
    ),
}


ELSEWHERE = {"tolerance without recovery": "tolerance:", "pooled and of a law": "      pooled:"}
"""Mistakes that are told at another line than the one that was changed."""


@pytest.mark.parametrize("name", WRONG)
def test_bad_input(village: Any, name: str) -> None:
    old, new, part, key, near = WRONG[name]
    before = (village.folder / "world.yaml").read_text(encoding="utf-8").splitlines()
    village.change("world.yaml", old, new)
    after = (village.folder / "world.yaml").read_text(encoding="utf-8").splitlines()
    changed = next(n for n, (a, b) in enumerate(zip(before, after, strict=False), 1) if a != b)
    found = village.mistakes()
    assert len(found) == 1, [mistake.sentence() for mistake in found]
    (mistake,) = found
    assert part in mistake.what
    line = village.line("world.yaml", ELSEWHERE[name]) if name in ELSEWHERE else changed
    assert (Path(mistake.file or "").name, mistake.line) == ("world.yaml", line), mistake.sentence()
    assert (mistake.key, mistake.near) == (key, near)


def test_a_provision_named_as_a_programme(village: Any) -> None:
    village.change(
        "world.yaml", "provisions:\n", "provisions:\n  job_coach: {title: {nl: c, en: c}, states: [care.without]}\n"
    )
    (mistake,) = village.mistakes()
    assert "is also an intervention" in mistake.what
    assert (mistake.key, mistake.cure) == ("provisions.job_coach", "choose another name")
    assert mistake.line == village.line("world.yaml", "job_coach: {title")


def test_more_budgets_than_the_engine_tells_apart(village: Any) -> None:
    one = "{title: {nl: b, en: b}, pooled: true, buys: [help], tariffs: {help: {value: 1, unit: EUR/month, %s}}}"
    more = "".join(f"      b{n}: {one % ASSUMED}\n" for n in range(30))
    village.change("world.yaml", "      pooled:\n", more + "      pooled:\n")
    (mistake,) = village.mistakes()
    assert (mistake.what, mistake.key) == ("there are 32 budgets", "mechanisms.budgets.budgets.pooled")


# --- two rules about one thing ---

TWICE = {
    "places": ("jobs: {capacity: {value: 1, unit: places, %s}}", "places", "the places of 'jobs'", "places.jobs"),
    "decision": (
        "help: {months: {value: 1, unit: months, %s}}",
        "decisions",
        "the decision on 'help'",
        "decisions.help",
    ),
    "budget": (
        "two: {title: {nl: b, en: b}, laws: [youth_act]}",
        "budgets",
        "the budget of 'youth_act'",
        "budgets.two.laws.0",
    ),
    "network": (
        "layers: [{degree: {value: 1, unit: persons, %s}}], signals: {s: {title: {nl: s, en: s}, states: [work.job]}}",
        "network",
        "a network",
        "network",
    ),
    "households": (
        "share: {value: 0, unit: share, %s}, threshold: {value: 1, unit: persons, %s}",
        "households",
        "households",
        "households",
    ),
    "cycle": (
        "amplitude: {value: 0, unit: number, %s}, period: {value: 9, unit: months, %s}",
        "cycle",
        "a business cycle",
        "cycle",
    ),
}


@pytest.mark.parametrize("name", TWICE)
def test_two_rules_about_one_thing(village: Any, name: str) -> None:
    form, section, thing, key = TWICE[name]
    content = form.replace("%s", ASSUMED)
    again = f"  again:\n    title: {{nl: nog eens, en: again}}\n    {section}: {{{content}}}\nparameters:"
    line = village.change("world.yaml", "parameters:", again) + 2
    (mistake,) = village.mistakes()
    assert mistake.what.startswith(f"{thing} stands here for the second time (first in the mechanism '")
    assert (mistake.line, mistake.key, mistake.cure) == (line, f"mechanisms.again.{key}", "keep one of the two")


def test_two_budgets_of_one_law_within_a_mechanism(village: Any) -> None:
    village.change(
        "world.yaml",
        "      pooled:\n",
        "      other: {title: {nl: b, en: b}, laws: [social_act, youth_act]}\n      pooled:\n",
    )
    (mistake,) = village.mistakes()
    assert "the budget of 'youth_act' stands here for the second time" in mistake.what
    assert mistake.line == village.line("world.yaml", "      other:")


def test_more_provisions_than_the_engine_tells_apart(village: Any) -> None:
    many = "".join(f"  p{n}: {{title: {{nl: p, en: p}}, states: [care.without]}}\n" for n in range(70))
    village.change("world.yaml", "provisions:\n", f"provisions:\n{many}")
    (mistake,) = [mistake for mistake in village.mistakes() if "provisions and programmes" in mistake.what]
    assert (mistake.line, mistake.allowed) == (village.line("world.yaml", "provisions:"), "up to 64")


# --- who delivers a programme ---

TEAM = (
    "team:\n  fte:\n    coach: {value: 2, unit: count, %s}\n  hours_per_fte: {value: 1200, unit: hours, %s}\n"
    "selection:\n  rule: known\n  accuracy: {value: 0.8, unit: probability, %s}\n  suited: {age: {from: 17}}\n"
    "  first_month: {value: 10, unit: places, %s}\nchanges:\n"
    "  - {provision: jobs, tolerance: {value: 2, unit: ratio, %s}}\ncosts:"
).replace("%s", ASSUMED)

DELIVERY = {
    "role without hours": (
        "    coach: {value: 2",
        "    director: {value: 1, unit: count, %s}\n    coach: {value: 2",
        "no hours per youth are given for that role",
        "team.fte.director",
        None,
    ),
    "misspelt role": (
        "    coach: {value: 2",
        "    coahc: {value: 2",
        "no hours per youth are given",
        "team.fte.coahc",
        "coach",
    ),
    "role whom nobody is": (
        "  - {role: coach, while",
        "  - {role: director, while: [enrolled], per_month: {value: 2, unit: hours, %s}}\n  - {role: coach, while",
        "hours are needed of a 'director'",
        "team.fte",
        None,
    ),
    "more admitted than places": (
        "first_month: {value: 10",
        "first_month: {value: 30",
        "30 youths are admitted in the first month, to 20 places",
        "selection.first_month",
        None,
    ),
    "change of no provision": (
        "provision: jobs",
        "provision: jbs",
        "no provision 'jbs'",
        "changes.0.provision",
        "jobs",
    ),
    "change below nil": (
        "tolerance: {value: 2, unit: ratio",
        "tolerance: {value: -2, unit: ratio",
        "-2 is negative",
        "changes.0.tolerance",
        None,
    ),
    "unit of hours": (
        "hours_per_fte: {value: 1200, unit: hours",
        "hours_per_fte: {value: 1200, unit: months",
        "does not fit hours a year",
        "team.hours_per_fte.unit",
        None,
    ),
    "negative posts": ("    coach: {value: 2", "    coach: {value: -2", "-2 is negative", "team.fte.coach", None),
    "more overhead than time": (
        "  hours_per_fte",
        "  overhead: 1.5\n  hours_per_fte",
        "1.5 is no share",
        "team.overhead",
        None,
    ),
    "mark without its numbers": ("rule: known", "rule: marker", "go with rule: marker", "selection", None),
    "rule that is none": ("rule: known", "rule: knwn", "not one of the choices", "selection.rule", "known"),
}


@pytest.mark.parametrize("name", DELIVERY)
def test_delivery(village: Any, name: str) -> None:
    village.change("job.yaml", "costs:", TEAM)
    assert village.mistakes() == []
    old, new, part, key, near = DELIVERY[name]
    village.change("job.yaml", old, new.replace("%s", ASSUMED))
    found = village.mistakes()
    assert len(found) == 1, [mistake.sentence() for mistake in found]
    mistake = found[0]
    assert part in mistake.what
    assert mistake.file is not None and Path(mistake.file).name == "job.yaml" and mistake.line is not None
    assert mistake.key is not None and mistake.key.startswith(key) and mistake.near == near
    assert mistake.near or mistake.allowed or mistake.cure or "go with" in mistake.what


# --- told before anything runs ---


@pytest.mark.parametrize("command", ["check", "run"])
def test_the_commands_refuse_before_anything_runs(
    village: Any, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = village.change("world.yaml", "{law: social_act, age", "{law: social_akt, age")
    second = village.change("world.yaml", TOLERANCE, TOLERANCE.replace("2", "-1"))
    out = village.folder / "results"
    given = [command, str(village.folder / "scenario.yaml"), *(["--out", str(out)] if command == "run" else [])]
    assert cli.main([*given, "--lang", "en"]) == 2
    printed, err = capsys.readouterr()
    file = str(village.folder / "world.yaml")
    lines = err.splitlines()
    assert lines[0].startswith(
        f"{file}:{first}: provisions.help.laws.1.law: there is no law 'social_akt'; did you mean"
    )
    assert lines[1].startswith(f"{file}:{second}: mechanisms.employers.places.jobs.tolerance: -1 is negative")
    assert (printed, lines[2:], out.exists()) == ("", ["2 mistakes found."], False)


def test_a_budget_that_runs_out_is_no_mistake(village: Any) -> None:
    village.change("world.yaml", "cap: {value: 90000", "cap: {value: 1")
    assert village.mistakes() == []


def test_single_youths_may_have_friends_outside(village: Any) -> None:
    assert village.mistakes({"size": "1"}) == []
    village.change("world.yaml", "inside: {value: 0.5", "inside: {value: 1.0")
    (mistake,) = village.mistakes({"size": "1"})
    assert mistake.allowed == "up to 0 friends within the cohort"
