"""A process that ends with the one that started it."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK = 1.0
PATIENCE = 10.0
"""Seconds that this process has to end in good order."""


def end_with_parent() -> None:
    """Ends this process once the one that started it has gone, whatever became of that."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(PATIENCE)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
