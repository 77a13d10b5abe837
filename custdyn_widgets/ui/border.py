"""The border to the browser: no exception crosses it, each leaves an id in the log."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import Any

log = logging.getLogger("custdyn_widgets")


def unexpected(error: BaseException) -> str:
    """Logs an error that nobody foresaw; what the reader is told instead."""
    reference = uuid.uuid4().hex[:8]
    log.error("error %s", reference, exc_info=error)
    return f"Something went wrong. Please run it again; if it stays, report the id {reference}."


def guarded(callback: Callable[..., None], tell: Callable[[str], None]) -> Callable[..., None]:
    """A callback whose errors are logged and told in one line, never shown as a traceback."""

    def run(*arguments: Any) -> None:
        try:
            callback(*arguments)
        except Exception as error:
            tell(unexpected(error))

    return run
