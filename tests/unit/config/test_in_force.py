"""The year of law: what is not in force is left out, and what stays is still told at its own line."""

from typing import Any

import pytest

from trajectsim.config.check import check

OLD = "        in_force: {to: 2020}\n"
ASSUMED = 'source: a stated assumption, locator: "-", grade: D'


def test_an_exit_holds_only_in_its_years(files: Any) -> None:
    files.change("work.yaml", "      - name: lose_work\n", f"      - name: lose_work\n{OLD}")
    then, now = files.load(law_year="2020"), files.load(law_year="2021")
    assert [way.name for way in then.model.domains["work"].exits] == ["find_work", "lose_work", "offend"]
    assert [way.name for way in now.model.domains["work"].exits] == ["find_work", "offend"]
    assert check(then) == check(now) == []


def test_a_constraint_a_consequence_and_a_price_hold_only_in_their_years(files: Any) -> None:
    files.change("model.yaml", "{name: care_ends_with_work,", "{name: care_ends_with_work, in_force: {from: 2022},")
    row = (
        "\n        then:\n          - {name: fine, in_force: {to: 2021}, event: offence}\n"
        f"          - {{name: hurt, shift: {{trust: {{value: -0.1, unit: latent, {ASSUMED}}}}},\n"
        "             then: [{name: again, in_force: {from: 2022}, event: offence}]}"
    )
    files.change("work.yaml", "        bound: 0.2", f"        bound: 0.2{row}")
    files.change("prices.yaml", "    event: offence", "    event: offence\n    in_force: {from: 2022}")
    then, now = files.load(law_year="2021"), files.load(law_year="2022")
    lose = [scenario.model.domains["work"].exits[1].then for scenario in (then, now)]
    assert [[item.name for item in items] for items in lose] == [["fine", "hurt"], ["hurt"]]
    assert [len(items[-1].then) for items in lose] == [0, 1]
    assert [len(scenario.model.constraints) for scenario in (then, now)] == [0, 1]
    assert [len(scenario.prices.lines) for scenario in (then, now)] == [1, 2]


@pytest.mark.parametrize("year", ["2019", "2024"])
def test_what_stays_is_told_at_its_own_line(files: Any, year: str) -> None:
    files.change("work.yaml", "      - name: lose_work\n", f"      - name: lose_work\n{OLD}")
    line = files.change("work.yaml", "        event: offence", "        event: ofence")
    (mistake,) = files.mistakes({"law_year": year})
    assert (mistake.line, mistake.key, mistake.near) == (line, "domains.work.exits.offend.event", "offence")


def test_what_follows_is_told_at_its_own_line(files: Any) -> None:
    row = (
        "\n        then:\n          - {name: fine, in_force: {to: 2020}, event: offence}\n"
        "          - {name: hurt, event: offence,\n"
        "             then: [{name: old, in_force: {to: 2020}, event: offence},\n"
        "                    {name: new, event: ofence}]}"
    )
    files.change("work.yaml", "        bound: 0.2", f"        bound: 0.2{row}")
    (mistake,) = files.mistakes({"law_year": "2024"})
    assert mistake.line == files.line("work.yaml", "ofence")
    assert mistake.key == "domains.work.exits.lose_work.then.hurt.then.new.event"


def test_what_a_world_adds_is_told_at_its_own_line(village: Any) -> None:
    village.change(
        "world.yaml",
        "        - name: drop_care\n",
        "        - name: old\n          in_force: {to: 2020}\n"
        "          from: with\n          to: without\n          forced: {age: 18}\n        - name: drop_care\n",
    )
    line = village.change("world.yaml", "{name: with_a_row, chance: {use: often}", "{name: a_row, chance: {use: oftn}")
    (mistake,) = village.mistakes({"law_year": "2024"})
    assert (mistake.line, mistake.near) == (line, "often")
    assert mistake.key == "mechanisms.bullying.exits.care.drop_care.then.a_row.chance.use"


def test_years_that_hold_nothing(only: Any) -> None:
    mistake = only("work.yaml", "bound: 0.2", "bound: 0.2\n        in_force: {from: 2021, to: 2020}", 18)
    assert "never law" in mistake.what
