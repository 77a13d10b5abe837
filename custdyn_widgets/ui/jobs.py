"""Makes a report in a thread: progress, Cancel, the latest query wins."""

from __future__ import annotations

import atexit
import sys
import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from custdyn_widgets.errors import Cancelled
from custdyn_widgets.query.query import Query
from custdyn_widgets.result import Result, run
from custdyn_widgets.sources import Source
from custdyn_widgets.words import tr

BLINK = 0.25
"""Seconds between two looks at how much is done."""
PATIENCE = 5.0
"""Seconds that the end of the interpreter waits for work that was asked to stop."""
_running: weakref.WeakKeyDictionary[threading.Thread, Callable[[], None]] = (
    weakref.WeakKeyDictionary()
)


_live: weakref.WeakSet[Jobs] = weakref.WeakSet()


class Watcher(Protocol):
    """Receives the progress of a report. Called in its thread: set traits only."""

    def progressed(self, words: str, share: float | None) -> None:
        """`words` is being done, `share` of it (0 to 1) where that is known."""

    def made(self, query: Query, result: object) -> None:
        """What was made of a query is there."""

    def failed(self, error: Exception) -> None:
        """It will not be."""


Make = Callable[[Query, Source, Callable[[str], None]], object]
"""Makes something of a query; it receives words for what is being done."""


def a_report(query: Query, source: Source, progress: Callable[[str], None]) -> Result:
    """Makes the report of a query."""
    return run(query, source, progress=progress)


@dataclass(eq=False)
class _Job:
    """What is being made, in a thread (-1: it has not begun)."""

    thread: int = -1


class Jobs:
    """What is made for one reader: at most one thing at a time, the latest asked for."""

    def __init__(self, source: Source, watcher: Watcher) -> None:
        self._source = source
        self._watcher = watcher
        self._job: _Job | None = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a report is being made."""
        return self._job is not None

    def start(self, query: Query, make: Make) -> None:
        """Makes something of a query; what is being made is dropped."""
        self.stop()
        job = _Job()
        self._replace(job)
        _interruptible(self)
        in_background(lambda: self._work(query, make, job), stop=self.stop)

    def stop(self) -> None:
        """Drops the report that is being made, and stops the engine where it is this one's turn."""
        if (dropped := self._replace(None)) is not None:
            self._source.interrupt(dropped.thread)

    def interrupt(self) -> None:
        """Stops what is being made, if anything is, and says so."""
        if self.running:
            self.stop()
            self._watcher.failed(Cancelled())

    def _replace(self, job: _Job | None) -> _Job | None:
        with self._lock:
            before, self._job = self._job, job
            return before

    def _finish(self, job: object) -> bool:
        """Whether a job was still the latest; none is being made from now on."""
        with self._lock:
            latest = job is self._job
            if latest:
                self._job = None
            return latest

    def _work(self, query: Query, make: Make, job: _Job) -> None:
        job.thread = threading.get_ident()
        doing = [tr("waiting for the source")]
        ended = threading.Event()

        def progress(words: str) -> None:
            if job is not self._job:
                raise Cancelled
            if words != doing[0]:
                doing[0] = words
                self._watcher.progressed(words, None)

        def watch() -> None:
            while not ended.wait(BLINK):
                if job is self._job:
                    self._watcher.progressed(*self._source.doing(doing[0]))

        in_background(watch, stop=ended.set)
        result, failure = None, None
        try:
            result = make(query, self._source, progress)
        except Exception as error:
            failure = error
        ended.set()
        if not self._finish(job):
            return
        if result is not None:
            try:
                self._watcher.made(query, result)
            except Exception as error:
                failure = error
        if failure is not None:
            self._watcher.failed(failure)


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


def _interruptible(jobs: Jobs) -> None:
    """Has what is made stopped by Kernel > Interrupt, too, which an idle kernel ignores."""
    _live.add(jobs)
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    kernel: Any = getattr(shell, "kernel", None)
    if hasattr(kernel, "saved_sigint_handler"):  # what it puts back after each message
        kernel.saved_sigint_handler = _interrupted


def _interrupted(_signal: int, _frame: object) -> None:
    for jobs in list(_live):
        jobs.interrupt()
