import re
from pathlib import Path

import pytest

import trajectsim.report
from trajectsim.config.schema import PAYERS
from trajectsim.errors import UserError
from trajectsim.report.phrases import phrases, words
from trajectsim.report.tones import ACTIVITY_TONES, TONES

NL, EN = phrases("nl"), phrases("en")
STICKING = re.compile(r"\b(?:zwakbegaafd\w*|crimine\w+|dader\w*|retarded|delinquent\w*|criminals?)\b", re.I)


def test_both_languages_say_the_same_things() -> None:
    assert set(NL) == set(EN)


def test_both_languages_fill_in_the_same_values() -> None:
    gaps = {key: [set(re.findall(r"\{(\w+)\}", found[key])) for found in (NL, EN)] for key in NL}
    assert {key: both for key, both in gaps.items() if both[0] != both[1]} == {}


def test_no_label_sticks_to_a_person() -> None:
    assert [key for key in NL if STICKING.search(NL[key]) or STICKING.search(EN[key])] == []


@pytest.mark.parametrize("payer", PAYERS.__args__)  # type: ignore[attr-defined]
def test_every_payer_has_a_name(payer: str) -> None:
    for found in (NL, EN):
        assert f"payer.{payer}" in found and f"party.{payer}" in found


def test_every_tone_has_a_name() -> None:
    assert {f"tone.{t}" for t in TONES if t != "quiet"} <= set(NL)
    assert set(ACTIVITY_TONES) <= set(TONES)


def test_every_phrase_that_is_asked_for_exists() -> None:
    asked = set()
    for file in Path(trajectsim.report.__file__).parent.rglob("*"):
        if file.suffix in (".py", ".j2"):
            asked |= set(re.findall(r"""(?:words|w)\(["']([a-z_]+\.[\w.]+)["']""", file.read_text(encoding="utf-8")))
    assert asked and asked <= set(NL), sorted(asked - set(NL))


def test_titles_fall_back_to_the_plain_name() -> None:
    own = words("nl", {"activity.at_home": {"nl": "thuis", "en": "at home"}})
    assert own.title("activity.at_home") == "thuis"
    assert own.title("activity.some_place") == "some place"
    assert own.title("supported_job.enrolled") == "doet mee"


def test_a_language_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="allowed: nl, en"):
        words("de")
