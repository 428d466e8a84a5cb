"""What stands in the files: nothing of one machine, nothing left unfinished, every module says what it is for."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "trajectsim"
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".cff", ".json", ".csv", ".j2", ".html", ".css", ".js", ""}
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|farm|root|home|Users|tmp|opt|var)/[\w.]+|\b[A-Z]:\\Users")
REGISTRY = re.compile(
    r"https?://[\w.-]*(?:p[y]pi|pythonh[o]sted|npm[j]s|d[e]b[.]debian)|--(?:extra-)?index-url[ =]\S*:"
)
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b|NotImplemented[E]rror")
COMMANDS = (
    "python -m pip install . && trajectsim run configs/nijkerk.yaml",
    'python -m pip install ".[test]" && python -m pytest',
)


def project_files() -> list[Path]:
    """The tracked files, or in an unpacked source distribution all files in the folders it holds."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
        if listed.returncode == 0 and listed.stdout:
            return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    folders = ("src", "tests", "configs", "docs", "experiments")
    found = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    return [file for file in found if "__pycache__" not in file.parts]


def test_nothing_of_one_machine_and_nothing_unfinished() -> None:
    found = []
    for file in project_files():
        if file.suffix not in TEXT or file.name == "LICENSE":
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            for pattern in (MACHINE_PATH, REGISTRY, UNFINISHED):
                if match := pattern.search(line):
                    found.append(f"{file.relative_to(ROOT).as_posix()}:{number}: {match.group(0)}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("file", sorted(SRC.rglob("*.py")), ids=lambda f: f.relative_to(SRC).as_posix())
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))


def test_readme_holds_both_commands() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert all(command in lines for command in COMMANDS)


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "experiments").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT).as_posix()} -> {target}")
    assert not broken, "\n".join(broken)
