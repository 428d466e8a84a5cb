"""One source, compiled or not; and nothing compiled outlives the source it was made from."""

import os
from pathlib import Path

from tests.caches import drop_stale_caches
from trajectsim.engine import jit


def test_rules_are_left_alone_without_a_compiler() -> None:
    def rule(x: int) -> int:
        return x + 1

    made = [jit.compiled(rule), jit.rule(rule), jit.inlined(rule)]
    if jit.COMPILED:
        assert all(getattr(f, "py_func", None) is rule for f in made)
    else:
        assert all(f is rule for f in made)
    assert [f(2) for f in made[:2]] == [3, 3]


def test_compiled_rules_older_than_any_source_are_thrown_away(tmp_path: Path) -> None:
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    names = ["kernel.step-9.py311.nbi", "kernel.step-9.py311.1.nbc", "luck.fill-3.py311.nbi", "luck.fill-3.py311.1.nbc"]
    files = [cache / name for name in (*names, "kernel.cpython-311.pyc")]
    for file in (tmp_path / "kernel.py", tmp_path / "rules.py", *files):
        file.touch()
        os.utime(file, (1000, 1000))
    os.utime(cache / "luck.fill-3.py311.nbi", (3000, 3000))
    assert drop_stale_caches(tmp_path) == []
    os.utime(tmp_path / "rules.py", (2000, 2000))
    assert [index.name for index in drop_stale_caches(tmp_path)] == ["kernel.step-9.py311.nbi"]
    left = ["kernel.cpython-311.pyc", "luck.fill-3.py311.1.nbc", "luck.fill-3.py311.nbi"]
    assert sorted(file.name for file in cache.iterdir()) == left
    assert drop_stale_caches(tmp_path / "nowhere") == []
