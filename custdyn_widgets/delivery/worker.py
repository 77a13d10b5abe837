"""The worker: runs the jobs of a source in order, sends queued mails, prunes the archive."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from custdyn_widgets.delivery.jobs import queue_due, run_next
from custdyn_widgets.delivery.sending import flush, now, worker_name
from custdyn_widgets.delivery.settings import MailSettings
from custdyn_widgets.delivery.smtp import Outcome
from custdyn_widgets.environment import KEEP_DAYS_VARIABLE, KEEP_RUNS_VARIABLE, LOG_VARIABLE
from custdyn_widgets.errors import CustdynError
from custdyn_widgets.report.report import utc_text
from custdyn_widgets.sources import source_text
from custdyn_widgets.store import Job, Mail, Store
from custdyn_widgets.store.jobs import FAILED, LEASE

REST = 2.0
"""Seconds between two looks at what there is to do."""
SEEN = timedelta(seconds=30)
"""How long a worker that said nothing counts as there."""
KEEP_DAYS, KEEP_RUNS = 400, 100
OnEvent = Callable[[str], None]
log = logging.getLogger("custdyn_widgets")


class Worker:
    """Runs the jobs of a source and sends mails; with `schedules`, it claims what is due, too.

    `on_event` receives a line for each thing that is done; `owner`: only that one's mails are
    sent. Any number of workers may share a store.
    """

    def __init__(
        self,
        store: Store,
        settings: MailSettings,
        source: str,
        *,
        schedules: bool,
        on_event: OnEvent,
        lease: timedelta = LEASE,
        owner: str | None = None,
    ) -> None:
        self.name = worker_name()
        self._store, self._settings, self._source = store, settings, source
        self._schedules, self._tell, self._lease = schedules, on_event, lease
        self._owner = owner
        self._stop = threading.Event()

    def once(self, at: datetime | None = None) -> bool:
        """Does all there is to do now; whether nothing failed."""
        try:
            if self._schedules:  # it may be all that is ever run here
                self._tidy()
            fine = self._work(at or now())
        finally:  # mails do not wait for what is wrong with a report
            sent = self._send()
        return sent and fine

    def forever(self) -> None:
        """Works until `stop`: mails are sent beside the jobs, so neither waits for the other."""
        sender = threading.Thread(target=self._repeat, args=(self._send,), daemon=True)
        sender.start()
        try:
            self._repeat(self._work_and_tidy)
        finally:
            self._stop.set()
            sender.join(self._settings.timeout)
            self._store.jobs.gone(self.name)

    def stop(self) -> None:
        """Ends `forever` after what is being done."""
        self._stop.set()

    def _repeat(self, act: Callable[[], bool]) -> None:
        while not self._stop.is_set():
            try:
                act()
            except CustdynError as error:  # the store may be busy, or away: later
                self._tell(str(error))
            except Exception as error:  # nothing ends a worker but its end
                log.debug("a worker goes on", exc_info=True)
                self._tell(
                    f"an internal error ({type(error).__name__}); {LOG_VARIABLE}=debug shows it"
                )
            self._stop.wait(REST)

    def _work_and_tidy(self) -> bool:
        self._store.jobs.seen(self.name, source_text(self._source) or "", now())
        self._tidy()
        return self._work(now())

    def _tidy(self) -> None:
        keep = retention()
        self._store.archive.prune(now(), days=keep.days, count=keep.most)

    def _work(self, at: datetime) -> bool:
        if self._schedules:
            for due in queue_due(self._store, self._source, at, self._tell):
                late = " (it was missed)" if due.late else ""
                self._tell(f"{due.title}: due at {utc_text(due.as_of)}{late}")
        fine = True
        while not self._stop.is_set() and (job := self._next()) is not None:
            self._tell(said(job))
            fine = fine and job.state != FAILED
        return fine

    def _next(self) -> Job | None:
        return run_next(self._store, self._settings, self._source, self.name, lease=self._lease)

    def _send(self) -> bool:
        fine = True
        for mail, answer in flush(self._store, self._settings, self.name, owner=self._owner):
            self._tell(said_of_mail(mail, answer.words))
            fine = fine and answer.outcome is not Outcome.NEVER
            if self._stop.is_set():
                break
        return fine


def said(job: Job) -> str:
    """A job in one line."""
    return f"{job.title}: {job.state}" + (f", {job.words}" if job.words else "")


def said_of_mail(mail: Mail, words: str) -> str:
    """What became of a mail in one line."""
    return f"{mail.title} to {mail.recipient}: {words}"


class Retention(NamedTuple):
    """How long runs are kept, in days, and how many of each template; None keeps all."""

    days: int | None
    most: int | None


def retention() -> Retention:
    """What the environment says of it; 0 keeps all. Raises RetentionError."""
    return Retention(_whole(KEEP_DAYS_VARIABLE, KEEP_DAYS), _whole(KEEP_RUNS_VARIABLE, KEEP_RUNS))


def _whole(variable: str, default: int) -> int | None:
    text = os.environ.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise RetentionError(f"{variable}: {text} is not a whole number up to 99999")
    return int(text) or None


class RetentionError(CustdynError):
    """How long runs are to be kept is not said rightly."""

    exit_code = 2
