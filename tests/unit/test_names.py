"""The package's public names are found where they live, and only when they are asked for."""

import subprocess
import sys
import time

import pytest

import trajectsim

FAST = """
import sys, time
before = time.perf_counter()
import trajectsim
took = time.perf_counter() - before
print(took, sorted(m for m in sys.modules if m.startswith("trajectsim.")))
"""


@pytest.mark.parametrize("name", trajectsim.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(trajectsim, name).__name__ == name
    assert name in dir(trajectsim)


def test_no_name_is_that_of_a_subpackage() -> None:
    """A subpackage, once imported, would hide it."""
    import pkgutil

    assert not set(trajectsim.__all__) & {module.name for module in pkgutil.iter_modules(trajectsim.__path__)}


def test_version_and_names_that_are_not_there() -> None:
    assert trajectsim.__version__
    with pytest.raises(AttributeError, match="has no attribute 'TrajectModle'; did you mean 'TrajectModel'"):
        _ = trajectsim.TrajectModle


def test_importing_loads_nothing_of_ours_and_takes_no_time() -> None:
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", FAST], capture_output=True, text=True, check=True)
        took, _, modules = done.stdout.partition(" ")
        best = min(best, float(took))
        assert modules.strip() == "[]"
        if best < 0.1 or time.perf_counter() - start > 20:
            break
    assert best < 0.1
