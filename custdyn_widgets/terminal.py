"""What a command does to files and to a terminal: whole files, and a line of progress."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def write_atomically(path: Path, made: bytes) -> None:
    """Writes a file so that it is there whole or, after any fault, as it was before.

    A link is followed; a device or pipe such as /dev/null is written to, not replaced.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(made)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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
