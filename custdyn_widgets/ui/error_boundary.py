"""The error boundary of callbacks: errors are logged with an id, none reaches the browser."""

from __future__ import annotations

import logging
import logging.handlers
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from custdyn_widgets.errors import Cancelled, CustdynError
from custdyn_widgets.files import private_folder
from custdyn_widgets.words import tr

log = logging.getLogger("custdyn_widgets")
MAX_BYTES = 1 << 20
OLD_LOGS = 3


def unexpected(error: BaseException) -> str:
    """Logs an unforeseen error; the message that the reader gets instead."""
    return tr(
        "Something went wrong. Please run it again; if it stays, report the id {reference}.",
        reference=logged(error, foreseen=False),
    )


def words_of(error: BaseException) -> str:
    """What is said of an error, in one line."""
    return str(error) if isinstance(error, CustdynError) else unexpected(error)


def attempt(work: Callable[[], None], failed: Callable[[str], None]) -> None:
    """Does work; `failed` receives what went wrong, in one line."""
    try:
        work()
    except Cancelled:
        return
    except Exception as error:
        failed(words_of(error))


def logged(error: BaseException, *, foreseen: bool) -> str:
    """Writes an error to the log; the id that it has there.

    One that was not foreseen with its traceback: it may hold secrets, and stays in the log.
    """
    _open_log()
    reference = uuid.uuid4().hex[:8]
    if foreseen:
        log.warning("error %s: %s", reference, error)
    else:
        log.error("error %s", reference, exc_info=error)
    return reference


def log_file() -> Path:
    """Where the page logs to: the errors of `custdyn app` and of notebook cells."""
    return platformdirs.user_log_path("custdyn_widgets") / "page.log"


def guarded(callback: Callable[..., None], on_error: Callable[[str], None]) -> Callable[..., None]:
    """A callback whose errors are logged and shown in one line, never as a traceback."""

    def run(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception as error:
            on_error(unexpected(error))

    return run


@cache
def _open_log() -> None:
    """To a file: what a kernel prints, Voilà sends to the page."""
    log.propagate = False
    try:
        private_folder(log_file().parent)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(
            log_file(), maxBytes=MAX_BYTES, backupCount=OLD_LOGS, encoding="utf-8", delay=True
        )
    except OSError:  # nowhere to write: nothing is logged, and nothing leaks either
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
