"""Which colour a state gets in the pictures of lives: a few tones with a meaning, the same in every figure.

A tone says what a state is for (school, work, at home...), not which state it is; the state's name is written in the
bar or in the table beside the figure. Quiet states (no help, no debts, living with family) are drawn as a thin line.
"""

from __future__ import annotations

__all__ = ["ACTIVITY_TONES", "NAMED_BY_STATE", "OFFENCES", "TONES", "event_row", "ink_on", "order", "skipped", "tone"]

TONES = {
    "school": "#3f78b5",
    "work": "#2e8540",
    "coached": "#00677f",
    "day": "#d9b44a",
    "home": "#e07b4f",
    "closed": "#2b2530",
    "help": "#9467a8",
    "strain": "#a8324a",
    "money": "#7f8f3a",
    "living": "#7d8a94",
    "other": "#b39c82",
    "quiet": "#cfd5d9",
}
ACTIVITY_TONES = ("school", "work", "coached", "day", "home", "closed")
ACTIVITY = {
    "regular_school": "school",
    "practical_school": "school",
    "entry_course": "school",
    "internship": "school",
    "learn_work": "work",
    "regular_work": "work",
    "sheltered_work": "work",
    "supported_work": "coached",
    "day_programme": "day",
    "temporary_place": "day",
    "at_home": "home",
    "away": "closed",
    "primary_school": "school",
    "special_primary": "school",
    "special_school": "school",
    "care_education_place": "day",
    "home_sitting": "home",
    "child_temporary_place": "day",
}
QUIET = {
    "none",
    "off",
    "no_record",
    "in_view",
    "present",
    "outside",
    "ended",
    "family",
    "independent",
    "daily_life",
}
STATES = {
    "residence.secure": "closed",
    "residence.homeless": "strain",
    "residence.shelter": "strain",
    "justice.youth_detention": "closed",
    "justice.adult_detention": "closed",
    "justice.halt": "strain",
    "justice.supervision": "strain",
    "qualification.certificate": "school",
    "qualification.start_qualification": "school",
    "debt.problematic": "strain",
    "debt.arranged": "help",
    "visibility.out_of_view": "strain",
    "supported_job.enrolled": "coached",
    "supported_job.aftercare": "quiet",
    "support_gap.gap": "strain",
    "school_gap.gap": "strain",
    "rhythm.lost": "strain",
    "home_climate.strained": "strain",
    "home_climate.conflict": "strain",
    "steady_helper.known": "help",
    "role_model.present": "help",
    "tailored_help.on": "help",
    **dict.fromkeys(
        (
            "assessment.open",
            "contact.nobody",
            "course.before",
            "course.settled",
            "dutch.enough",
            "dutch.learned",
            "goodwill.whole",
            "helped_before.never",
            "home_climate.calm",
            "left_for_job.not_so",
            "left_mbo.not_so",
            "met_employers.never",
            "paths_tried.fresh",
            "rhythm.kept",
            "school_case.closed",
            "workplace.ordinary",
        ),
        "quiet",
    ),
}
DOMAINS = {
    "care": "help",
    "protection": "help",
    "residence": "living",
    "addiction": "strain",
    "psychiatric": "strain",
    "own_child": "living",
    "study": "money",
    "wage": "money",
    "benefit": "money",
    "disability": "money",
    "informal": "money",
    "justice": "strain",
    "vital": "closed",
}
ORDER = (
    "activity",
    "programme",
    "care",
    "residence",
    "protection",
    "psychiatric",
    "addiction",
    "justice",
    "event",
    "qualification",
    "wage",
    "study",
    "benefit",
    "disability",
    "informal",
    "debt",
    "own_child",
    "visibility",
    "vital",
)
NAMED_BY_STATE = {"visibility": "visibility.out_of_view", "vital": "vital.died"}
BACKGROUND = {"record", "conduct"}
OFFENCES = ("nuisance", "property", "violence", "drugs", "serious")
EVENT_ROWS = {
    "offences": OFFENCES,
    "police": ("police_contact", "offence_registered", "offence_sentenced"),
    "setbacks": (
        "incident_school",
        "incident_work",
        "request_refused",
        "handover_failed",
        "crisis",
        "overdose_or_accident",
        "victimisation",
    ),
}


def tone(domain: str, state: str) -> str:
    """Return the tone of a state; states unknown here are quiet when they sound so, else take their domain's tone."""
    if domain == "activity" and state in ACTIVITY:
        return ACTIVITY[state]
    named = STATES.get(f"{domain}.{state}")
    if named:
        return named
    if state in QUIET:
        return "quiet"
    if state in ("enrolled", "aftercare"):
        return "coached"
    return DOMAINS.get(domain) or DOMAINS.get(domain.split("_")[0], "other")


def order(domain: str, programmes: frozenset[str] = frozenset()) -> tuple[int, str]:
    """Return where a domain stands in a picture of a life: what the day is for first."""
    key = "programme" if domain in programmes else domain
    if key not in ORDER:
        key = domain.split("_")[0]
    return (ORDER.index(key) if key in ORDER else len(ORDER), domain)


def skipped(domain: str) -> bool:
    """Tell whether a domain only keeps the books of others and says nothing of its own in a picture."""
    return domain in BACKGROUND


def event_row(event: str) -> str | None:
    """Return the row of a picture in which an event belongs, or None for events that are not drawn."""
    return next((row for row, events in EVENT_ROWS.items() if event in events), None)


def ink_on(colour: str) -> str:
    """Return white or dark letters, whichever reads best on `colour`."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    bright = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return "#ffffff" if bright < 0.2 else "#1f2a33"
