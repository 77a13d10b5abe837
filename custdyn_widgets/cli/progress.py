"""What a command does to a terminal: a line of progress."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def telling_progress() -> Iterator[Callable[[str], None]]:
    """Tells on a terminal what is being done, once it takes longer than a second."""
    if not sys.stderr.isatty():
        yield lambda _words: None
        return
    now = {"words": "starting"}
    done = threading.Event()
    begun = time.monotonic()

    def show() -> None:
        while not done.wait(0.2):
            if (spent := time.monotonic() - begun) > 1:
                print(
                    f"\r\x1b[K{now['words']} … {spent:.0f} s", end="", file=sys.stderr, flush=True
                )

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield lambda words: now.update(words=words)
    finally:
        done.set()
        thread.join()
        if time.monotonic() - begun > 1:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
