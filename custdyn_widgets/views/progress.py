"""One line of progress: on a terminal, or in the output of a notebook cell."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

QUICK = 1.0
"""Seconds within which nothing is said."""
BLINK = 0.25
Say = Callable[[str, float | None], None]
Doing = Callable[[str], tuple[str, float | None]]


@contextlib.contextmanager
def telling(
    say: Say | None, doing: Doing = lambda words: (words, None)
) -> Iterator[Callable[[str], None]]:
    """Says what is being done, how much of it and how long it takes; nothing once it has ended.

    `say` shows a line and a share (0 to 1, None where it is not known), "" takes it away: see
    `terminal` and `notebook`; None: nothing is shown.
    `doing`: see `Source.doing`. What is yielded receives the words.
    """
    if say is None:
        yield lambda _words: None
        return
    now, ended, begun, said = ["starting"], threading.Event(), time.monotonic(), [False]

    def show() -> None:
        while not ended.wait(BLINK):
            spent = time.monotonic() - begun
            if spent > QUICK:
                said[0] = True
                words, share = doing(now[0])
                say(line(words, spent, share), share)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield lambda words: now.__setitem__(0, words)
    finally:
        ended.set()
        thread.join()
        if said[0]:
            say("", None)


def line(words: str, spent: float, share: float | None) -> str:
    """`reading the ledger … 40 %, 6 s, about 9 s left`."""
    if not share:
        return f"{words} … {spent:.0f} s"
    left = spent * (1 - share) / share
    return f"{words} … {share:.0%}, {spent:.0f} s, about {left:.0f} s left"


def terminal() -> Say | None:
    """Shows a line and a bar on the terminal that errors go to; None where that is none."""
    if not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = TextColumn("{task.description}", markup=False), BarColumn(bar_width=24)
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("", total=None)

    def say(words: str, share: float | None) -> None:
        if not words:
            bar.stop()
            return
        bar.update(task, description=words, total=None if share is None else 1, completed=share)
        bar.start()

    return say


def notebook() -> Say | None:
    """Shows lines in the output of the cell that runs; None outside of a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if getattr(shell, "kernel", None) is None:
        return None
    from IPython.display import HTML, display

    handle: list[Any] = []

    def say(words: str, _share: float | None) -> None:
        shown = HTML(escape(words))
        if handle:
            handle[0].update(shown)
        else:
            handle.append(display(shown, display_id=True))

    return say
