"""Work in a thread, which ends in good order when the interpreter does."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable

PATIENCE = 5.0
"""Seconds that the end of the interpreter waits for work that was told to stop."""
_running: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = (
    weakref.WeakKeyDictionary()
)


def in_background(work: Callable[[], None], *, stop: Callable[[], None]) -> None:
    """Begins work in a thread; `stop` is called where the interpreter ends before the work."""
    thread = threading.Thread(target=work, daemon=True)
    _running[thread] = stop
    thread.start()


@atexit.register
def _end() -> None:
    for thread, stop in list(_running.items()):
        if thread.is_alive():
            stop()
            thread.join(PATIENCE)
