"""A world laid over a model: what its mechanisms add, what a switch takes away, and additions that do not fit."""

from collections.abc import Callable
from typing import Any

import pytest

from trajectsim.config.check import check
from trajectsim.config.overlay import BUILT_IN, EVENTS
from trajectsim.config.scenario import Scenario, content_hash
from trajectsim.errors import Mistake, UserError
from trajectsim.evidence.describe import records
from trajectsim.evidence.register import build_register

Spoil = Callable[..., Mistake]
ASSUMED = 'source: a stated assumption, locator: "-", grade: D'
EVERY = "[employers, decisions, budgets, business_cycle, friends, homes, bullying, mocking, {}]".format(
    ", ".join(BUILT_IN)
)


def way(scenario: Scenario, path: str) -> Any:
    domain, name = path.split(".")
    return next(item for item in scenario.model.domains[domain].exits if item.name == name)


# --- what is added ----------------------------------------------------------------------------------------------------


def test_every_kind_of_addition_becomes_part_of_the_model(village: Any) -> None:
    scenario = village.load()
    assert check(scenario) == []
    model = scenario.model
    assert set(model.traits) == {"lvb", "bullied", "friends_at_work", "helpers", "waiting_jobs"}
    assert scenario.population.traits["bullied"].share.value == 0.1
    assert list(model.domains["school"].states) == ["there", "away"]
    assert set(EVENTS) < set(model.events) and model.events["row"].en == "row"
    assert way(scenario, "care.drop_care").then[0].event == "row"
    assert [rule.name for rule in model.constraints] == ["care_ends_with_work", "work_is_no_school"]
    assert "away_at_home" in model.joint_lines
    assert set(way(scenario, "work.find_work").effects) == {"lvb", "trust", "friends_at_work", "cycle", "school.away"}
    assert set(way(scenario, "work.offend").effects) == {"waiting_jobs"}
    assert set(way(scenario, "work.offend").adds) == {"school.away"}
    assert [item.name for item in way(scenario, "work.lose_work").then] == ["quarrel"]
    assert set(model.latents["trust"].drift) == {"work.home", "school.away"}
    assert {"finding", "often", "refusal_costs_trust"} == set(model.parameters)


def test_additions_have_paths_as_if_they_stood_in_the_model(village: Any) -> None:
    paths = set(build_register(village.load()).paths)
    assert {"model.work.find_work.effects.school.away", "model.care.drop_care.base"} <= paths
    assert "world.mechanisms.employers.places.jobs.capacity" in paths
    found = {item.path: (item.file.rpartition("/")[2], item.line) for item in records(village.load(), {})}
    where = ("world.yaml", village.line("world.yaml", "school.away: {value: 0.7"))
    assert found["model.work.find_work.effects.school.away"] == where
    assert found["model.work.find_work.effects.lvb"][0] == "work.yaml"


def test_the_world_keeps_only_what_is_shared(village: Any) -> None:
    world = village.load().world
    assert world is not None
    assert world.mechanisms["employers"].places and not world.mechanisms["employers"].effects
    assert not world.mechanisms["bullying"].domains and not world.mechanisms["bullying"].follows


def test_waiting_may_be_named_by_an_intervention(village: Any) -> None:
    assert "waiting_help" not in village.load().model.traits
    effect = f"uptake_effects:\n  waiting_help: {{value: 1.5, unit: hazard ratio, {ASSUMED}}}\nduration:"
    village.change("job.yaml", "duration:", effect)
    scenario = village.load()
    assert "waiting_help" in scenario.model.traits and check(scenario) == []


# --- switches ---------------------------------------------------------------------------------------------------------


def test_everything_off_is_the_plain_scenario(files: Any) -> None:
    plain = files.load()
    files.change("scenario.yaml", "prices: prices.yaml", "prices: prices.yaml\nworld: world.yaml")
    bare = files.load(off=EVERY)
    assert check(bare) == []
    assert bare.world is None
    assert (bare.model, bare.population) == (plain.model, plain.population)
    assert not any(switch.on for switch in bare.switches.values())
    assert content_hash(files.load()) != content_hash(bare)


def test_switches_are_told_by_title_in_the_order_of_the_world(village: Any) -> None:
    switches = village.load(off="[employers, teams]").switches
    assert list(switches)[:2] == ["employers", "decisions"] and list(switches)[-3:] == list(BUILT_IN)
    assert {name for name, switch in switches.items() if not switch.on} == {"employers", "teams"}
    assert switches["employers"].title.nl == "werkgevers"


@pytest.mark.parametrize(
    ("off", "path", "covariate"),
    [
        ("business_cycle", "work.find_work", "cycle"),
        ("friends", "work.find_work", "friends_at_work"),
        ("bullying", "work.lose_work", "bullied"),
        ("bullying", "work.find_work", "school.away"),
    ],
)
def test_an_effect_on_what_a_mechanism_brings_goes_with_it(village: Any, off: str, path: str, covariate: str) -> None:
    assert covariate in way(village.load(), path).effects
    scenario = village.load(off=f"[{off}]")
    assert covariate not in way(scenario, path).effects
    assert check(scenario) == []


def test_effects_on_an_exit_go_with_the_mechanism_that_brings_it(village: Any) -> None:
    assert "lvb" in way(village.load(), "school.stay_away").effects
    scenario = village.load(off="[bullying]")
    assert "school" not in scenario.model.domains and check(scenario) == []


def test_a_mechanism_off_frees_its_places_but_not_what_others_name(village: Any) -> None:
    scenario = village.load(off="[employers]")
    assert scenario.world is not None and "employers" not in scenario.world.mechanisms
    assert "lvb" in way(scenario, "work.find_work").effects


def test_switch_that_does_not_exist(village: Any) -> None:
    line = village.change("scenario.yaml", "seed: 7", "seed: 7\noff: [employers, decisons]") + 1
    (mistake,) = village.mistakes()
    assert "there is no mechanism 'decisons' in the world 'village'" in mistake.what
    assert (mistake.line, mistake.key, mistake.near, mistake.allowed) == (line, "off.1", "decisions", None)


def test_switch_like_no_other_is_told_with_those_there_are(village: Any) -> None:
    (mistake,) = village.mistakes({"off": "[xyz]"})
    assert mistake.near is None and mistake.allowed is not None and mistake.allowed.startswith("employers, decisions,")
    assert mistake.file == "command line (off=[xyz])"


def test_many_switches_on_the_command_line(village: Any) -> None:
    many = f"[{', '.join(f'mechanism_{n}' for n in range(500))}]"
    found = village.mistakes({"off": many})
    assert len(found) == 500
    assert max(len(mistake.sentence()) for mistake in found) < 500
    again = f"[{', '.join(['employers', 'friends'] * 2000)}]"
    assert village.mistakes({"off": again}) == []


def test_switches_without_a_world(files: Any) -> None:
    line = files.change("scenario.yaml", "seed: 7", "seed: 7\noff: [employers]") + 1
    (mistake,) = files.mistakes()
    assert (mistake.line, mistake.key) == (line, "off")
    assert "names no world" in mistake.what and mistake.cure is not None


def test_world_that_does_not_exist(files: Any) -> None:
    files.change("scenario.yaml", "prices: prices.yaml", "prices: prices.yaml\nworld: twn")
    (mistake,) = files.mistakes()
    assert (mistake.key, mistake.near) == ("world", "town")


# --- additions that do not fit: what is replaced, by what, part of the message, nearest name ---

REFUSED = {
    "exit that is none": (
        "      work.offend: {waiting",
        "      work.ofend: {waiting",
        "no exit 'work.ofend'",
        "work.offend",
    ),
    "adds to an exit that is none": (
        "      work.offend: {school",
        "      work.offnd: {school",
        "no exit",
        "work.offend",
    ),
    "follows from no exit": (
        "      work.lose_work:\n        - {",
        "      work.los_work:\n        - {",
        "no exit",
        "work.lose_work",
    ),
    "exits of no domain": (
        "      care:\n        - name: drop",
        "      car:\n        - name: drop",
        "no domain 'car'",
        "care",
    ),
    "drift of no latent": ("      trust: {school.away", "      trst: {school.away", "no latent 'trst'", "trust"),
    "an effect there is already": (
        "      work.offend: {waiting_jobs:",
        "      work.find_work: {lvb:",
        "work.find_work has an effect of 'lvb' already",
        None,
    ),
    "a drift there is already": (
        "trust: {school.away",
        "trust: {work.home",
        "trust drifts in 'work.home' already",
        None,
    ),
    "an exit there is already": ("name: drop_care", "name: stop_care", "care has an exit 'stop_care' already", None),
    "a trait there is already": ("traits: {bullied:", "traits: {lvb:", "'lvb' is declared in the model already", None),
    "an event there is already": ("events: {row:", "events: {offence:", "'offence' is declared in the model", None),
    "a parameter there is already": (
        "  often: {value",
        "  finding: {value",
        "'finding' is declared in the model",
        None,
    ),
    "a spread there is already": ("people: {bullied:", "people: {lvb:", "how 'lvb' is spread", None),
    "a signal named as a trait": ("friends_at_work: {title", "lvb: {title", "'lvb' is a trait of the model", None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_addition_that_does_not_fit(village: Any, name: str) -> None:
    old, new, part, near = REFUSED[name]
    line = village.change("world.yaml", old, new)
    with pytest.raises(UserError) as raised:
        village.load()
    found = [mistake for mistake in raised.value.mistakes if part in mistake.what]
    assert found, str(raised.value)
    assert (found[0].line, found[0].near) == (line, near)
    assert found[0].file is not None and found[0].file.endswith("world.yaml")
    assert found[0].key is not None and found[0].key.startswith(("mechanisms.", "parameters."))
    assert near or found[0].cure


def test_places_that_follow_a_cycle_nobody_gives(only: Spoil, village: Any) -> None:
    text = (village.folder / "world.yaml").read_text(encoding="utf-8")
    start, end = text.index("  business_cycle:"), text.index("  friends:")
    (village.folder / "world.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    village.change("world.yaml", f"        cycle: {{value: 0.8, unit: hazard ratio, {ASSUMED}}}\n", "")
    cycle = f"cycle: {{value: 0.3, unit: number, {ASSUMED}}}\n        patience:"
    mistake = only("world.yaml", "patience:", cycle)
    assert mistake.key == "mechanisms.employers.places.jobs.cycle"
    assert "no mechanism of this world gives" in mistake.what and mistake.cure


# --- additions that fit in form, and are checked as the model is, at their own place ---

CHECKED = {
    "covariate": ("{bullied: {value: 1.3", "{bulied: {value: 1.3", "no covariate 'bulied'", "bullied"),
    "covariate of an added exit": ("effects: {bullied", "effects: {bulied", "no covariate 'bulied'", "bullied"),
    "waiting for what is not there": ("waiting_jobs:", "waiting_jbs:", "no provision to wait for 'jbs'", "jobs"),
    "state an exit leads to": ("to: away", "to: awy", "no state in school 'awy'", "away"),
    "event that follows": ("event: row, otherwise", "event: rw, otherwise", "no event 'rw'", "row"),
    "reference that follows": (
        "{name: with_a_row, chance: {use: often}",
        "{name: with_a_row, chance: {use: oftn}",
        "no parameter 'oftn'",
        "often",
    ),
    "state that drifts": ("trust: {school.away", "trust: {school.awy", "no state 'school.awy'", "school.away"),
    "constraint": (
        "states: {work: job}}, allowed: [away]",
        "states: {work: jb}}, allowed: [away]",
        "no state in work 'jb'",
        "job",
    ),
    "joint line": ("school: away}}}", "school: awy}}}", "no state in school 'awy'", "away"),
    "unit of an effect": (
        "friends_at_work: {value: 1.1, unit: hazard ratio",
        "friends_at_work: {value: 1.1, unit: months",
        "the unit 'months' does not fit",
        None,
    ),
    "unit of a spread": (
        "people: {bullied: {share: {value: 0.1, unit: share",
        "people: {bullied: {share: {value: 0.1, unit: months",
        "the unit 'months' does not fit",
        None,
    ),
}


@pytest.mark.parametrize("name", CHECKED)
def test_addition_is_checked_at_its_own_place(only: Spoil, village: Any, name: str) -> None:
    old, new, part, near = CHECKED[name]
    mistake = only("world.yaml", old, new)
    assert part in mistake.what
    assert mistake.near == near and (near or mistake.allowed)
    assert mistake.key is not None and mistake.key.startswith("mechanisms.")


def test_added_trait_that_nobody_spreads(village: Any) -> None:
    people = f"    people: {{bullied: {{share: {{value: 0.1, unit: share, {ASSUMED}}}}}}}\n"
    village.change("world.yaml", people, "")
    assert any("does not say how the trait 'bullied'" in mistake.what for mistake in village.mistakes())


PRICE = f"price: {{value: 10, unit: EUR/event, {ASSUMED}}}, price_year: 2024, payer: justice, category: safety"


def test_price_lines_of_mechanisms_join_the_book_while_they_are_on(village: Any) -> None:
    village.change("world.yaml", "  bullying:\n", f"  bullying:\n    prices: {{rows: {{event: row, {PRICE}}}}}\n")
    scenario = village.load()
    assert check(scenario) == [] and scenario.prices.lines["rows"].event == "row"
    assert "prices.lines.rows.price" in build_register(scenario).parameters
    village.change("scenario.yaml", "world: world.yaml", "world: world.yaml\noff: [bullying]")
    assert "rows" not in village.load().prices.lines


def test_price_line_that_the_book_has_already(village: Any) -> None:
    first = next(iter(village.load().prices.lines))
    village.change("world.yaml", "  bullying:\n", f"  bullying:\n    prices: {{{first}: {{event: row, {PRICE}}}}}\n")
    mistake = village.mistakes()[0]
    assert f"'{first}' is a line of the price book already" in mistake.what and mistake.file.endswith("world.yaml")
