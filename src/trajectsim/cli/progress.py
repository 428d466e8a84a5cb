"""While a command is busy: how far it is, and Ctrl-C answered at once."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import NoReturn

from trajectsim.cli.say import say

__all__ = ["kind_stop", "progress_bar"]


@contextlib.contextmanager
def kind_stop(lang: str) -> Iterator[None]:
    """Answer Ctrl-C at once: what is being computed is finished and kept, which can take some seconds."""
    import signal
    import threading

    def stop(*_: object) -> NoReturn:
        print("\n" + say(lang, "stopping"), file=sys.stderr)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def progress_bar(lang: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show on stderr how many draws are done and how long it will take; in a log a line a minute."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(lang)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(say(lang, "draws"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


SECONDS_PER_LINE = 60.0


def _lines(lang: str) -> Callable[[int, int], None]:
    """Return a report for a log: a line a minute with what is done and the time left, by what was done since."""
    import time

    began = last = time.monotonic()
    first: int | None = None

    def report(done: int, total: int) -> None:
        nonlocal last, first
        now = time.monotonic()
        first = done if first is None else first
        if now - last < SECONDS_PER_LINE or done in (first, total):
            return
        last = now
        minutes = (now - began) / (done - first) * (total - done) / 60
        print(say(lang, "progress_line", done=done, total=total, n=max(1, round(minutes))), file=sys.stderr, flush=True)

    return report
