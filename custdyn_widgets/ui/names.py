"""Names in a source for the fields that search them, read once in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from custdyn_widgets.errors import Cancelled, CustdynError
from custdyn_widgets.sources import Source
from custdyn_widgets.sources.catalog import Choices, Directory
from custdyn_widgets.ui.error_boundary import unexpected
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.words import tr

READING = tr("Reading the names from the source …")


class Names:
    """The directory of a source. `arrived` is called, in that thread, when it is there or not.

    `words` says why there are no names (yet).
    """

    def __init__(self, source: Source, arrived: Callable[[], None]) -> None:
        self._source = source
        self._arrived = arrived
        self._lock = threading.Lock()
        self._reading = False
        self.directory: Directory | None = None
        self.words = READING

    def of(self, field: str) -> Choices | None:
        """The choices for a field of the query; None while they are not there."""
        return None if self.directory is None else self.directory.choices[field]

    def read(self) -> None:
        """Begins to read, if nobody does: also to see whether the source has changed."""
        with self._lock:
            if self._reading:
                return
            self._reading = True
        in_background(self._read, stop=self._source.interrupt)

    def read_now(self) -> None:
        """Reads here, in this thread."""
        self._read()

    def _read(self) -> None:
        try:
            self.directory = self._source.directory()
        except Cancelled:
            self.words = READING  # stopped by somebody else's Cancel: read when next asked for
        except CustdynError as error:
            self.words = tr("No names: {error}", error=error)
        except Exception as error:
            self.words = unexpected(error)
        finally:
            self._reading = False
        self._arrived()
