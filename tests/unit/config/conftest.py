"""A small whole scenario in a folder of its own, which a test may spoil."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from trajectsim.config import check as check_module
from trajectsim.config.check import check
from trajectsim.config.scenario import Scenario, load_scenario
from trajectsim.errors import Mistake, UserError

DATA = Path(__file__).parent / "data"


@dataclass
class Files:
    """The scenario's folder: change a file, load the scenario, ask what is wrong."""

    folder: Path

    def change(self, name: str, old: str, new: str) -> int:
        """Replace a text that stands once in a file; return the line on which the new text begins."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def line(self, name: str, text: str) -> int:
        """Return the number of the first line that holds a text."""
        lines = (self.folder / name).read_text(encoding="utf-8").splitlines()
        return next(n for n, line in enumerate(lines, start=1) if text in line)

    def load(self, **overrides: str) -> Scenario:
        return load_scenario(self.folder / "scenario.yaml", overrides)

    def mistakes(self, overrides: dict[str, str] | None = None) -> list[Mistake]:
        """Return what is wrong, from reading or from checking."""
        try:
            return check(load_scenario(self.folder / "scenario.yaml", overrides or {}))
        except UserError as error:
            return error.mistakes


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    folder = tmp_path / "tiny"
    shutil.copytree(DATA, folder)
    known = {"assumption": {"title": "a"}, "cbs_2023": {"title": "b"}}
    monkeypatch.setattr(check_module, "load_sources", lambda: known)
    return Files(folder)


@pytest.fixture
def village(files: Files) -> Files:
    """The scenario with a world around it."""
    files.change("scenario.yaml", "prices: prices.yaml", "prices: prices.yaml\nworld: world.yaml")
    return files


@pytest.fixture
def only(files: Files) -> Callable[..., Mistake]:
    """Spoil one file and return the one mistake that must be told, placed at the line that was changed."""

    def spoil(name: str, old: str, new: str, line: int | None = None) -> Mistake:
        changed = files.change(name, old, new)
        found = files.mistakes()
        assert len(found) == 1, [mistake.sentence() for mistake in found]
        assert found[0].file is not None and Path(found[0].file).name == name, found[0].sentence()
        expected = changed + new[: len(new) - len(new.lstrip("\n"))].count("\n") if line is None else line
        assert found[0].line == expected, found[0].sentence()
        return found[0]

    return spoil
