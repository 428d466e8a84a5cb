"""The words of the page in both languages."""

from __future__ import annotations

from typing import Literal

from trajectsim.report.format import Style
from trajectsim.report.phrases import words

__all__ = ["LANGS", "Lang", "payer", "say", "style", "unit"]

Lang = Literal["en", "nl"]
LANGS: tuple[Lang, ...] = ("en", "nl")

_SAID: dict[str, tuple[str, str]] = {
    "sources_sum": ("The source's sum", "De som van de bron"),
    "our_sum": ("A sum of ours", "Een som van ons"),
    "tool_answer": ("The simulator's answer", "Het antwoord van de simulator"),
    "tool_axis": ("net gain of the whole group, mean and 90% interval",
                  "nettowinst van de hele groep, gemiddelde en 90%-interval"),
    "row": ("what", "wat"),
    "world": ("world", "wereld"),
    "quantity": ("quantity", "hoeveelheid"),
    "price": ("price", "prijs"),
    "from": ("price from", "prijs uit"),
    "euros": ("euros", "euro"),
    "total": ("total", "totaal"),
    "figure": ("figure of the source", "cijfer van de bron"),
    "stated": ("source", "bron"),
    "redone": ("redone", "overgedaan"),
    "agrees": ("comes out", "komt uit"),
    "yes": ("yes", "ja"),
    "no": ("**no**", "**nee**"),
    "stated_price": ("the sum itself", "de som zelf"),
    "pays": ("Who pays", "Wie betaalt"),
    "receives": ("receives", "ontvangt"),
    "answer": ("The simulator's own answer", "Het eigen antwoord van de simulator"),
    "first_year": ("first year", "eerste jaar"),
    "whole": ("all years, present value", "alle jaren, contante waarde"),
    "programme_society": ("cost of the programme less what it replaces, society",
                          "kosten van het programma min wat het vervangt, samenleving"),
    "programme_municipality": ("cost of the programme less what it replaces, municipality",
                               "kosten van het programma min wat het vervangt, gemeente"),
    "youth_care": ("saved on youth care (Youth Act)", "gespaard op jeugdhulp (Jeugdwet)"),
    "municipality": ("net gain of the municipality", "nettowinst gemeente"),
    "society": ("net gain of society", "nettowinst samenleving"),
    "youth_care_short": ("youth care", "jeugdhulp"),
    "municipality_short": ("municipality", "gemeente"),
    "society_short": ("society", "samenleving"),
    "against": ("against", "tegenover"),
    "group": ("{youths} youths or children, {years} years, {draws} draws times {replicates} replicates",
              "{youths} jongeren of kinderen, {years} jaar, {draws} trekkingen maal {replicates} herhalingen"),
    "chance": ("The municipality gains in {municipality} of {draws} draws, society in {society}.",
               "De gemeente wint in {municipality} van {draws} trekkingen, de samenleving in {society}."),
    "payers": ("By payer over all years", "Per betaler over alle jaren"),
    "level": ("Youth care per youth in the first year of {arm}: {value}.",
              "Jeugdhulp per jongere in het eerste jaar van {arm}: {value}."),
    "check": ("Level per youth and year", "Niveau per jongere en jaar"),
    "simulated": ("simulated", "gesimuleerd"),
    "reasons": ("Why the two differ", "Waarom de twee verschillen"),
    "source": ("Source", "Bron"),
    "scenario": ("Scenario", "Scenario"),
    "hours": ("hours", "uur"),
    "posts": ("posts", "fte"),
    "year": ("year", "jaar"),
    "month": ("month", "maand"),
    "hour": ("hour", "uur"),
    "case": ("case", "casus"),
    "day": ("day", "dag"),
}


def say(key: str, lang: Lang, **values: object) -> str:
    """Return a phrase with its values filled in."""
    return _SAID[key][LANGS.index(lang)].format(**values)


def unit(name: str, lang: Lang) -> str:
    """Return the unit of a price in words: `EUR/year` as `a year`."""
    per = name.partition("/")[2]
    return ("per " if lang == "nl" else "an " if per == "hour" else "a ") + say(per, lang)


def payer(name: str, lang: Lang) -> str:
    """Return the name of a payer."""
    return words(lang).payer(name)


def style(lang: Lang) -> Style:
    """Return how numbers are written."""
    return words(lang).style
