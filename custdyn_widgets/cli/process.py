"""The process of a command: its streams, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn


def open_streams() -> None:
    """What was closed when the process was started goes nowhere, instead of into a file."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 until the process ends
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115


@contextmanager
def ended_in_order() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl+C does: nothing is left of it."""

    def end(number: int, _frame: object) -> NoReturn:
        sys.exit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
