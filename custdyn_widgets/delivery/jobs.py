"""Jobs of pages and schedules: queued, claimed by one worker, run once."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from custdyn_widgets.delivery.sending import (
    Parcel,
    chart_of,
    check_can_send,
    keep_and_queue,
    notice,
    now,
    unaddressed,
)
from custdyn_widgets.delivery.settings import MailSettings
from custdyn_widgets.errors import Cancelled, CustdynError, SourceChanged
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.schedule import last_run
from custdyn_widgets.sources import open_source, source_text
from custdyn_widgets.store import Job, QueryTemplate, Run, SavedQuery, Store, StoreError
from custdyn_widgets.store.jobs import FAILED, LEASE, MAX_ATTEMPTS, UNCHANGED, new_id
from custdyn_widgets.store.outbox import FAILED as LOST
from custdyn_widgets.views.table import TITLE
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.result import Result
    from custdyn_widgets.sources import Source

log = logging.getLogger("custdyn_widgets")

GRACE = timedelta(minutes=15)
"""How long after its time a run of a schedule is not late yet."""
PATIENCE = timedelta(hours=24)
"""How long a job is tried again that passing faults stop."""
AGAIN = timedelta(minutes=1)
"""How long a job waits that a passing fault has stopped."""
BLINK = 1.0
"""Seconds between two words of how far a job is."""
OnEvent = Callable[[str], None]


def ask_by_mail(
    store: Store,
    settings: MailSettings,
    template: QueryTemplate,
    *,
    title: str,
    source: str,
    template_id: str | None = None,
) -> Job:
    """Queues a report, as of now, to be made and sent by a worker of the source.

    `template_id`: the saved query that it is of, if it is one. Raises QueryError where mail may
    not go to an address of the query.
    """
    at = now()
    check_can_send(store, settings, template.query.output.send_to, at, store.user)
    job = Job(
        id=new_id(),
        owner=store.user,
        title=title or TITLE,
        source=source,
        spec=template.model_dump_json(),
        as_of=at,
        queued_at=at,
        template_id=template_id,
    )
    store.jobs.add(job)
    return job


def queue_due(
    store: Store, source: str, at: datetime, on_event: OnEvent = lambda _: None
) -> list[Job]:
    """Claims the runs of schedules that are due; one that was missed is run once, and says so.

    Any number of processes may do this at once: each run is claimed by one of them. Only the
    newest run of a schedule that was missed is made, and none from before the template was saved.
    """
    made = []
    name = source_text(source) or ""
    for saved in store.queries.everyone(on_event):
        job = _due(saved, name, at)
        if job is not None and not store.jobs.taken(saved.id, job.as_of) and store.jobs.add(job):
            made.append(job)
    return made


def _due(saved: SavedQuery, source: str, at: datetime) -> Job | None:
    schedule, query = saved.kept.schedule, saved.kept.query
    bound = saved.kept.source
    if schedule is None or schedule.paused:
        return None
    if bound is not None and source not in (bound, source_text(bound)):
        return None
    window = last_run(schedule, query.timezone, at)
    if window is None or window <= saved.changed_at:
        return None
    return Job(
        id=new_id(),
        owner=saved.owner,
        title=saved.name,
        source=source,
        spec=saved.kept.model_dump_json(),
        as_of=window,
        queued_at=at,
        template_id=saved.id,
        window=window,
        late=at - window > GRACE,
    )


def run_next(
    store: Store,
    settings: MailSettings,
    source: str,
    worker: str,
    *,
    lease: timedelta = LEASE,
) -> Job | None:
    """Runs the oldest job of a source that nobody works on, to its end; None: there is none."""
    job = store.jobs.claim(source_text(source) or "", worker, now(), lease)
    if job is None:
        return None
    if job.attempts > MAX_ATTEMPTS:
        last = f"; the last one: {job.words}" if job.words else ""
        _fail(store, settings, job, f"{MAX_ATTEMPTS} workers ended in the middle of it{last}")
        return store.jobs.find(job.id)
    heart = _Heart(store, job, lease)
    try:
        opened = open_source(source)
        with heart.beating(opened):
            _make(store, settings, job, opened, heart.progress)
    except Cancelled:
        pass  # it was cancelled, or another worker runs it
    except (SourceChanged, StoreError) as error:  # it may pass
        if now() - job.queued_at > PATIENCE:
            _fail(store, settings, job, str(error))
        else:
            store.jobs.release(job, str(error), now() + AGAIN)
    except CustdynError as error:
        _fail(store, settings, job, str(error))
    except Exception:  # a border: the job is not left hanging
        reference = uuid.uuid4().hex[:8]
        log.debug("error %s", reference, exc_info=True)
        _fail(store, settings, job, f"an internal error (id {reference})")
    except (KeyboardInterrupt, SystemExit):  # this worker ends: the next one may have it at once
        store.jobs.release(job, "the worker was stopped", now())
        raise
    return store.jobs.find(job.id)


def _make(
    store: Store,
    settings: MailSettings,
    job: Job,
    source: Source,
    progress: Callable[[str], None],
) -> None:
    from custdyn_widgets.result import run  # a scheduler that waits holds no engine

    template = QueryTemplate.model_validate_json(job.spec)
    query = template.query
    result = run(unaddressed(query), source, as_of=job.as_of, progress=progress)
    if template.skip_unchanged and job.window is not None:
        same = _same_as_before(store, job, result, query)
        if same is not None:
            words = f"nothing has changed since {same.made_at:%Y-%m-%d %H:%M} UTC"
            store.jobs.end(job, UNCHANGED, words, now())
            return
    progress(tr("writing the file and the mails"))
    chart = chart_of(store.of(job.owner), template.chart)
    parcel = Parcel(result, query.output.send_to, job.title, job.owner, job.id, chart, job)
    keep_and_queue(store, settings, parcel, now())


def _same_as_before(store: Store, job: Job, result: Result, query: Query) -> Run | None:
    """The last run of a schedule, if it said the same, in such a file, and reaches all."""
    last = store.archive.last_of(str(job.template_id), job.owner)
    if last is None or last.result != result.provenance.result:
        return None
    reached = {mail.recipient for mail in store.outbox.of(last.id) if mail.state != LOST}
    same_file = last.file_name == result.file_name(query.output.type)
    return last if same_file and reached >= set(query.output.send_to) else None


def _fail(store: Store, settings: MailSettings, job: Job, words: str) -> None:
    """Ends a job that failed; the owner of a schedule, who does not watch it, gets a mail."""
    at = now()
    letter = None
    if job.window is not None:
        text = f'The report "{job.title}", due at {job.window:%Y-%m-%d %H:%M} UTC, was not made.'
        letter = notice(settings, job.owner, f"Not made: {job.title}", f"{text}\n\n{words}\n", at)
    store.jobs.end(job, FAILED, words, at, letter)


class _Heart:
    """Says from time to time that a job goes on, and stops it where it should not."""

    def __init__(self, store: Store, job: Job, lease: timedelta) -> None:
        self._store, self._job, self._lease = store, job, lease
        self._doing = "opening the source"
        self._stopped = False
        self._ended = threading.Event()

    def progress(self, words: str) -> None:
        """Something is being done. Raises Cancelled where the job should not go on."""
        self._doing = words
        if self._stopped:
            raise Cancelled

    @contextmanager
    def beating(self, source: Source) -> Iterator[None]:
        """Beats while the job is run on a source."""
        thread = threading.Thread(target=self._beat, args=(source,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat(self, source: Source) -> None:
        every = min(BLINK, self._lease.total_seconds() / 4)
        while not self._ended.wait(every):
            try:
                goes_on = self._store.jobs.set_progress(
                    self._job, *source.doing(self._doing), now(), self._lease
                )
            except StoreError:  # it is said at the next beat
                continue
            if not goes_on and not self._ended.is_set():
                self._stopped = True
                source.interrupt()
                return
