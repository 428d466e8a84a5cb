"""A small whole study: two domains, a programme, prices, presets, a run-in; two draws to a part."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import declare, domain, number, starts, text, way
from trajectsim.config.scenario import Scenario
from trajectsim.study import layout, run

Tree = dict[str, bytes]


def tree(folder: Path) -> Tree:
    """Every file of a folder with its bytes."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def small(**spec: Any) -> Scenario:
    """A scenario of ten youths, a year, two arms; `spec` overrides its settings."""
    job = {
        "name": "job", "title": text(), "eligible": {"states": {"work": "none"}}, "places": number(6, "places"),
        "uptake": number(0.4), "duration": number(4, "months"), "dropout": number(0.05),
        "effects": [{"exit": "work.finds", "while": ["enrolled"], "ratio": number(2.0, "hazard ratio")}],
        "hours": [{"role": "coach", "while": ["enrolled"], "per_month": number(8, "hours/month")}],
    }  # fmt: skip
    finding = number(0.1, "per month", family="lognormal", low=0.05, high=0.2)
    kim = {"title": "Kim", "age": 17, "states": {"work": "job"}, "source": "a test", "locator": "-"}
    output = {"when": {"states": {"work": "job"}}, "intercept": number(100, "hours/month"), "high": 160}
    rate = {key: number(0.0225, "per year") for key in ("standard", "low", "high")}
    payer = {"price_year": 2024, "payer": "municipality_participation", "category": "benefits"}
    lines = {
        "benefit": {
            "state": "work.none",
            "price": number(1000, "EUR/month", family="normal", low=900, high=1100),
            **payer,
        },
        "coach": {
            "hours": "job.coach",
            "price": number(65, "EUR/hour"),
            **payer,
            "category": "programme",
            "programme": True,
        },
        "crime": {"event": "offence", "price": number(5000, "EUR/event"), **payer},
    }
    return declare(
        {"work": domain("none job", way("finds", "none", "job", finding, bound=1.0), way("loses", "job", "none", 0.1)),
         "street": domain("clean", way("offends", "clean", None, 0.05, event="offence"))},
        initial={"work": starts(none=0.7, job=0.3)}, ages=(17, 20), age_bands=[18], events={"offence": text()},
        latents={"mood": {"mean": 0.5, "sd": 0.1, "drift": {"work.job": number(0.01, "latent per month")}}},
        measures={"output": output},
        joint_lines={"adult": {"states": {"work": "none"}, "age": {"from": 18}}}, interventions=[job],
        people={"run_in": {"months": 6, "select": {"states": {"work": ["none", "job"]}}, "pool": 10},
                "presets": {"kim": kim}},
        arms=((), ("job",)), size=10, years=1.5,
        prices={"name": "book", "title": text(), "price_year": 2024, "discounting": rate, "lines": lines},
        spec={"draws": 5, "replicates": 2, "follow": ["kim"], **spec},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def two_draws_to_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "DRAWS_PER_PART", 2)


@pytest.fixture
def with_spec() -> Callable[..., Scenario]:
    """The small scenario with other settings, everything else the same."""
    made = small()

    def change(**spec: Any) -> Scenario:
        return replace(made, spec=made.spec.model_copy(update=spec))

    return change


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted study of five draws."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "DRAWS_PER_PART", 2)
        out = tmp_path_factory.mktemp("finished") / "study"
        run.run_scenario(small(), out, workers=1)
    return out
