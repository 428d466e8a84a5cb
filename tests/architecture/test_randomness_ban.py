"""No randomness but luck: engine, model, study and all beneath use keyed luck only.

Analysis may use NumPy Generators (resampling), seeded with a number that it is given.
"""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "trajectsim"
FILES = sorted(SRC.rglob("*.py"))
BANNED_MODULES = {"random", "secrets", "uuid", "numpy.random"}
GENERATORS = {"Generator", "PCG64", "Philox", "SeedSequence", "default_rng"}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def stray_randomness(tree: ast.AST, analysis: bool) -> list[str]:
    """Places where chance could enter other than through keys."""
    found = []
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}", *(f"{node.module}.{alias.name}" for alias in node.names)]
        found += [f"{node.lineno}: import {name}" for name in names if name in BANNED_MODULES]
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            if name.startswith(("np.random.", "numpy.random.")) and not (analysis and node.attr in GENERATORS):
                found.append(f"{node.lineno}: {name}")
            if name in ("self.random", "self.rng", "model.random", "model.rng", "os.urandom"):
                found.append(f"{node.lineno}: {name}")
            if node.attr == "rvs" and not analysis:
                found.append(f"{node.lineno}: {name}")
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name.endswith("default_rng") and not (node.args or node.keywords):
                found.append(f"{node.lineno}: a generator without a seed")
            if name == "hash":
                found.append(f"{node.lineno}: hash() of a text differs from process to process")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.relative_to(SRC).as_posix())
def test_no_stray_randomness(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    analysis = file.relative_to(SRC).parts[0] == "analysis"
    assert not stray_randomness(tree, analysis)


@pytest.mark.parametrize(
    ("code", "analysis"),
    [
        ("import random", False),
        ("from numpy.random import default_rng", False),
        ("from numpy import random", True),
        ("x = np.random.rand(3)", True),
        ("g = np.random.default_rng(5)", False),
        ("g = np.random.default_rng()", True),
        ("x = self.random.random()", False),
        ("x = hash('youth')", False),
    ],
)
def test_the_ban_sees(code: str, analysis: bool) -> None:
    assert stray_randomness(ast.parse(code), analysis)


def test_analysis_may_seed_a_generator() -> None:
    assert not stray_randomness(ast.parse("g = np.random.Generator(np.random.Philox(key=5))"), True)
