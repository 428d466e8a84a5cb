"""What to find out first, and what is missing about it."""

import pandas as pd

from trajectsim.analysis.agenda import groups_of, research_agenda

RECORDS = {
    "model.a": {"grade": "D", "family": "normal", "value": 1.0, "low": 0.5, "high": 2.0, "unit": "ratio",
                "source": "assumption", "locator": "none", "note": "Judgement."},
    "model.b": {"grade": "B", "family": "beta", "value": 0.2, "source": "cbs", "locator": "table 1"},
    "people.share.x": {"grade": "C", "value": 0.4, "source": "duo", "locator": "p. 3"},
    "people.share.y": {"grade": "C", "value": 0.6, "source": "duo", "locator": "p. 3"},
}  # fmt: skip


def test_what_can_only_be_found_out_together() -> None:
    groups = groups_of(list(RECORDS), RECORDS)
    assert groups == {"model.a": ["model.a"], "model.b": ["model.b"],
                      "people.share": ["people.share.x", "people.share.y"]}  # fmt: skip
    joined = groups_of(["model.a", "model.b"], RECORDS, [["model.b", "model.a"]])
    assert joined == {"model.b": ["model.a", "model.b"]}


def test_agenda_holds_the_source_gap_and_the_worth() -> None:
    worth = pd.DataFrame(
        {"evppi": [3.0, 0.0, 0.0], "error": [1.0, 0.0, 0.0], "share": [0.3, 0.1, 0.2], "clear": [True, False, True]},
        index=["model.a", "people.share", "model.b"],
    )
    found = research_agenda(worth, groups_of(list(RECORDS), RECORDS), RECORDS, most=2, youths=20)
    assert [entry["path"] for entry in found] == ["model.a", "model.b"]
    first = found[0]
    assert first["grade"] == "D" and first["note"] == "Judgement." and first["evppi_in_all"] == 60
    assert "aanname" in first["gap"]["nl"] and first["decisive"] and not found[1]["decisive"]


def test_a_group_has_the_weakest_grade_and_no_single_value() -> None:
    worth = pd.DataFrame({"evppi": [1.0], "error": [0.1], "share": [0.1], "clear": [True]}, index=["people.share"])
    (entry,) = research_agenda(worth, groups_of(list(RECORDS), RECORDS), RECORDS)
    assert entry["grade"] == "C" and entry["value"] is None and entry["source"] == "duo"
