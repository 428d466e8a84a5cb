"""The example in the documentation is whole: every file reads, and they fit together."""

import re
from pathlib import Path

from trajectsim.config.check import check
from trajectsim.config.scenario import load_scenario
from trajectsim.evidence.parameter import Parameter

PAGE = Path(__file__).parents[3] / "docs" / "concepts" / "declared-model.md"


def test_example_of_the_declared_model(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n# (\w+\.yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 6
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    scenario = load_scenario(tmp_path / "example.yaml")
    assert check(scenario) == []
    changed = scenario.model.domains["work"].exits[1].base
    assert isinstance(changed, Parameter) and changed.value == 0.03
