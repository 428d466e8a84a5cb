import pytest

import trajectsim
from tests.helpers import ROOT
from trajectsim.config.load import DATA
from trajectsim.config.reader import read_yaml
from trajectsim.report.labels import label, own_titles
from trajectsim.report.phrases import flat, words

TITLES = {
    "activity": {"nl": "School en werk", "en": "School and work"},
    "activity.at_home": {"nl": "thuis", "en": "at home"},
    "activity.find_work": {"nl": "werk gevonden", "en": "finds work"},
    "benefit": {"nl": "bijstand", "en": "social assistance"},
    "latent.trust": {"nl": "vertrouwen", "en": "trust"},
    "job": {"nl": "Werk", "en": "Job"},
}
MANIFEST = {
    "titles": TITLES,
    "lines": [{"line": "cell", "title": {"nl": "cel", "en": "cell"}}, {"line": "plain", "title": None}],
    "resolved": {
        "model": {
            "traits": {"lvb": {"title": {"nl": "jongere met LVB", "en": "mild intellectual disability"}}, "female": {}}
        },
        "interventions": {
            "job": {
                "effects": [
                    {"exit": "activity.find_work", "while": ["enrolled", "aftercare"]},
                    {"latent": "trust", "while": ["ended"]},
                ]
            }
        },
    },
}
WORDS = words("en", {**own_titles(MANIFEST), **TITLES})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("model.activity.find_work.base", "School and work: finds work (chance)"),
        ("population.initial.activity.0.states.at_home", "group: at home, at the start (line 1)"),
        ("population.initial.benefit.1.states.on", "group: social assistance, at the start (line 2)"),
        ("population.initial.benefit.1.states", "group: social assistance, at the start (line 2)"),
        ("model.activity.find_work.effects.trust", "School and work: finds work (effect of trust)"),
        ("model.activity.find_work.effects.activity.at_home", "School and work: finds work (effect of at home)"),
        ("model.activity.find_work.adds.benefit.on", "School and work: finds work (effect of social assistance)"),
        ("model.latents.trust.drift.activity.at_home", "trust: change while at home"),
        ("model.parameters.offend_pull", "offend pull"),
        ("interventions.job.effects.0.ratio", "Job: effect on ‘finds work’ (while in it, aftercare)"),
        ("interventions.job.effects.1.drift", "Job: effect on ‘trust’ (afterwards)"),
        ("interventions.job.duration", "Job: length"),
        ("prices.lines.cell.price", "price of cell"),
        ("prices.lines.plain.price", "price of plain"),
        ("prices.utilities.activity.at_home", "quality of life while at home"),
        ("population.traits.lvb.share", "group: mild intellectual disability (share)"),
        ("population.traits.female.share", "group: female (share)"),
        ("somewhere.else", "else"),
    ],
)
def test_a_path_in_words(path: str, text: str) -> None:
    assert label(path, WORDS) == text


def test_every_named_number_of_the_packaged_model_has_dutch_words_and_nothing_else_has() -> None:
    configs = (ROOT / "configs" / f"{name}.yaml" for name in ("town", "netherlands"))
    paths = set().union(*(trajectsim.numbers(trajectsim.load(config))["path"] for config in configs))
    told = dict(flat(read_yaml(DATA / "phrases" / "numbers.yaml").data))
    named = {path for path in paths if path.startswith("model.parameters.")}
    assert {path for path in told if path.startswith("model.parameters.")} >= named
    assert set(told) <= paths | {"model.parameters.tariff_support", "model.parameters.tariff_work_income"}
    dutch, english = (words(lang, own_titles(MANIFEST)) for lang in ("nl", "en"))
    assert label("model.parameters.offend_lvb", dutch) == "delicten: jongere met LVB"
    assert label("model.parameters.offend_lvb", english) == "offend lvb"
    assert label("prices.projection.crime.until_age", english) == "crime until age"
    assert len({label(path, dutch) for path in told}) == len(told)
