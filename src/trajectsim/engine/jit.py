"""The one seam to Numba: compiled where Numba is installed, plain Python where it is not or is switched off.

`NUMBA_DISABLE_JIT=1` runs the same functions uncompiled, so that rules can be stepped through and covered.
Compiled without reference counting (`_nrt`): rules make no arrays, they work in the ones they are given. With it, every
call counts each of its arrays up and down, which costs ten times the arithmetic.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

__all__ = ["COMPILED", "compiled", "compiling", "inlined", "rule"]

F = TypeVar("F", bound=Callable[..., object])

try:
    from numba import njit
except ImportError:  # platforms without wheels run the same source uncompiled
    njit = None  # type: ignore[assignment]

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": False}

COMPILED: bool = njit is not None and os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")
"""Whether rules run as machine code in this process."""


def compiled(function: F) -> F:
    """Compile a rule to machine code (kept in Numba's cache, the interpreter's lock released), or leave it as it is."""
    if not COMPILED:
        return function
    result: F = njit(cache=True, **_OPTIONS)(function)
    return result


def rule(function: F) -> F:
    """Compile a rule as part of its callers (which are cached), or leave it as it is."""
    if not COMPILED:
        return function
    result: F = njit(**_OPTIONS)(function)
    return result


def inlined(function: F) -> F:
    """Make a rule part of its caller before it is compiled: for rules over many arrays with one caller.

    The call would cost more than the rule, and compiling it on its own more than the caller with it.
    """
    if not COMPILED:
        return function
    result: F = njit(inline="always", **_OPTIONS)(function)
    return result


@contextmanager
def compiling(function: Any) -> Iterator[None]:
    """Let the first call of a compiled function compile without Python's collector.

    Compiling makes millions of objects that all stay alive; the rounds over them cost an eighth of the time.
    Later calls are left as they are.
    """
    pause = COMPILED and not function.signatures and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()
