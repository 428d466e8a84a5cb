"""Imports point one way, by layer; the engine knows arrays only; importing the package loads nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "trajectsim"
FILES = sorted(SRC.rglob("*.py"))
# A module may import from its own rank and below. `config` and `evidence` lie beneath everything.
RANK = {
    "errors": 0, "evidence": 1, "config": 1, "engine": 2, "model": 3, "economics": 4, "study": 4, "analysis": 5,
    "report": 6, "app": 7, "cli": 7, "api": 7, "__main__": 8,
}
BENEATH = ("trajectsim.engine.luck", "trajectsim.engine.jit")  # draws of parameters are keyed luck too
HEAVY = [
    "duckdb", "jinja2", "matplotlib", "mesa", "networkx", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy",
]
HELP = """
import trajectsim.cli
try:
    trajectsim.cli.main(["--help"])
except SystemExit as stop:
    assert not stop.code
"""


def module_name(file: Path) -> str:
    parts = ("trajectsim", *file.relative_to(SRC).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that a file imports anywhere, with the line; `from a import b` gives a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports out in full"
            yield node.module or "", node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def test_every_package_has_a_layer() -> None:
    layers = {layer(module_name(file)) for file in FILES} - {""}
    assert layers <= set(RANK), f"give these a rank: {sorted(layers - set(RANK))}"


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_imports_point_one_way(file: Path) -> None:
    here = layer(module_name(file))
    rank = RANK.get(here, 9)  # the package itself, which offers the public names, may name everything
    wrong = [
        f"{file.name}:{line} imports {name}"
        for name, line in imported(parse(file))
        if name.startswith("trajectsim.") and RANK.get(layer(name), 0) > rank and not name.startswith(BENEATH)
    ]
    assert not wrong


def test_modules_form_no_circle() -> None:
    modules = {module_name(file) for file in FILES}
    graph: dict[str, set[str]] = {}
    for file in FILES:
        tree = parse(file)
        for node in ast.walk(tree):
            if is_type_checking(node):
                node.body = []  # type: ignore[attr-defined]
        graph[module_name(file)] = {name for name, _ in imported(tree) if name in modules and layer(name)}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path, module))
        if module not in done:
            for name in sorted(graph[module] - {module}):
                visit(name, (*path, module))
            done.add(module)

    for module in sorted(modules):
        visit(module, ())


@pytest.mark.parametrize("file", [f for f in FILES if layer(module_name(f)) == "engine"], ids=module_name)
def test_engine_knows_arrays_only(file: Path) -> None:
    allowed = {"numpy", "numba", "trajectsim"} | set(sys.stdlib_module_names)
    wrong = [f"{name} (line {line})" for name, line in imported(parse(file)) if name.split(".")[0] not in allowed]
    assert not wrong


@pytest.mark.parametrize("file", FILES, ids=module_name)
def test_mesa_is_touched_in_the_model_only(file: Path) -> None:
    if layer(module_name(file)) != "model":
        assert "mesa" not in {name.split(".")[0] for name, _ in imported(parse(file))}


@pytest.mark.parametrize("code", ["import trajectsim", HELP], ids=["import", "help"])
def test_nothing_heavy_is_loaded(code: str) -> None:
    show = "\nimport sys\nprint(sorted(set(sys.argv[1:]) & set(sys.modules)), file=sys.stderr)"
    command = [sys.executable, "-c", code + show, *HEAVY]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.strip().splitlines()[-1] == "[]"
