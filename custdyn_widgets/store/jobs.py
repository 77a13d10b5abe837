"""The job queue: reports that outlive their page, and runs of schedules."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from custdyn_widgets.store.database import METADATA, Database, Instant, StoreError
from custdyn_widgets.store.outbox import Letter, post

QUEUED, RUNNING, DONE = "queued", "running", "done"
FAILED, CANCELLED, UNCHANGED = "failed", "cancelled", "unchanged"
ENDED = (DONE, FAILED, CANCELLED, UNCHANGED)
LEASE = timedelta(seconds=60)
"""How long a job is held without a word."""
MAX_ATTEMPTS = 3
"""Workers that may die of a job before it is given up."""

jobs_table = sa.Table(
    "jobs",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(256), nullable=False),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("template_id", sa.String(36)),
    sa.Column("window", Instant),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("queued_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("worker", sa.String(120)),
    sa.Column("held_until", Instant),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("share", sa.Float),
    sa.UniqueConstraint("template_id", "window"),
)
_jobs = jobs_table.c
workers_table = sa.Table(
    "workers",
    METADATA,
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("seen_at", Instant, nullable=False),
)


@dataclass(frozen=True)
class Job:
    """A report to be made and sent.

    `spec` is its template as JSON, `source` what to open it on, `as_of` (UTC) the instant it is
    made for; `window` is the run of the schedule of `template_id`, `late` whether that was missed
    and is made up for. `words` and `share` (0 to 1, or None) say how far it is, or why it failed.
    """

    id: str
    owner: str
    title: str
    source: str
    spec: str
    as_of: datetime
    queued_at: datetime
    template_id: str | None = None
    window: datetime | None = None
    late: bool = False
    ended_at: datetime | None = None
    state: str = QUEUED
    worker: str | None = None
    held_until: datetime | None = None
    attempts: int = 0
    words: str = ""
    share: float | None = None


class JobQueue:
    """The jobs of a store.

    A job is run by the worker that claims it first. That one holds it for a while and says from
    time to time that it goes on; whose time runs out leaves the job to the next one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: Job) -> bool:
        """Queues a job. False: the run of its schedule has been claimed already."""
        try:
            with self._database.writing() as connection:
                connection.execute(jobs_table.insert().values(**vars(job)))
        except sa.exc.IntegrityError:
            return False
        return True

    def all(self, owner: str, count: int = 100) -> list[Job]:
        """The newest jobs of an owner, newest first."""
        return self._found(_jobs.owner == owner, count=count)

    def find(self, name: str) -> Job | None:
        """A job by its id."""
        return next(iter(self._found(_jobs.id == name)), None)

    def taken(self, template_id: str, window: datetime) -> bool:
        """Whether a run of a schedule has been claimed."""
        return bool(self._found(_jobs.template_id == template_id, _jobs.window == window))

    def claim(
        self, source: str, worker: str, now: datetime, lease: timedelta = LEASE
    ) -> Job | None:
        """The oldest job of a source that no worker holds; `worker` holds it from now on.

        `attempts` above MAX_ATTEMPTS: it is to be given up.
        """
        free = sa.or_(
            _jobs.state == QUEUED, sa.and_(_jobs.state == RUNNING, _jobs.held_until < now)
        )
        while True:
            waiting = self._found(_jobs.source == source, free, oldest=True, count=1)
            if not waiting:
                return None
            job = waiting[0]
            held = {"state": RUNNING, "worker": worker, "held_until": now + lease}
            if self._change(job, **held, attempts=job.attempts + 1):
                return self.find(job.id)

    def set_progress(
        self, job: Job, words: str, share: float | None, now: datetime, lease: timedelta = LEASE
    ) -> bool:
        """Says that a job goes on. False: it was cancelled, or is somebody else's by now."""
        said = {"words": words, "share": share, "held_until": now + lease}
        with self._database.writing() as connection:
            own = workers_table.update().where(workers_table.c.name == job.worker)
            connection.execute(own.values(seen_at=now))
            return held(connection, job, **said)

    def release(self, job: Job, words: str, until: datetime) -> None:
        """Leaves a job to the next worker, from an instant on: this was no attempt that failed."""
        with self._database.writing() as connection:
            held(connection, job, words=words, held_until=until, attempts=job.attempts - 1)

    def end(
        self, job: Job, state: str, words: str, now: datetime, letter: Letter | None = None
    ) -> bool:
        """Ends a job that its worker still holds, in words; `letter` tells somebody of it.

        False: it is not held any more, and nothing is done.
        """
        with self._database.writing() as connection:
            ended = held(connection, job, state=state, words=words, ended_at=now, share=None)
            if ended and letter is not None:
                post(connection, *letter)
            return ended

    def cancel(self, name: str, owner: str, now: datetime) -> None:
        """Cancels a job of an owner that has not ended. Raises StoreError where there is none."""
        open_ = (_jobs.id == name, _jobs.owner == owner, _jobs.state.in_((QUEUED, RUNNING)))
        with self._database.writing() as connection:
            update = jobs_table.update().where(*open_)
            done = connection.execute(update.values(state=CANCELLED, ended_at=now))
            if not done.rowcount:
                raise StoreError(f"there is no open job {name} of yours")

    def seen(self, worker: str, source: str, now: datetime) -> None:
        """A worker says that it takes jobs of a source."""
        with self._database.writing() as connection:
            connection.execute(workers_table.delete().where(workers_table.c.name == worker))
            connection.execute(
                workers_table.insert().values(name=worker, source=source, seen_at=now)
            )

    def gone(self, worker: str) -> None:
        """A worker ends."""
        with self._database.writing() as connection:
            connection.execute(workers_table.delete().where(workers_table.c.name == worker))

    def has_worker(self, source: str, since: datetime) -> bool:
        """Whether a worker of a source has been seen since an instant."""
        wanted = (workers_table.c.source == source, workers_table.c.seen_at >= since)
        with self._database.reading() as connection:
            return connection.execute(sa.select(workers_table).where(*wanted)).first() is not None

    def _change(self, job: Job, **values: Any) -> bool:
        """Changes a job if it still is as it was read."""
        as_read = [_jobs.id == job.id, _jobs.state == job.state, _jobs.attempts == job.attempts]
        as_read.append(_jobs.held_until.is_not_distinct_from(job.held_until))
        with self._database.writing() as connection:
            done = connection.execute(jobs_table.update().where(*as_read).values(**values))
            return bool(done.rowcount)

    def _found(
        self, *wanted: sa.ColumnElement[bool], oldest: bool = False, count: int = 1_000
    ) -> list[Job]:
        order = _jobs.queued_at if oldest else _jobs.queued_at.desc()
        asked = sa.select(jobs_table).where(*wanted).order_by(order, _jobs.id).limit(count)
        with self._database.reading() as connection:
            return [Job(**row) for row in connection.execute(asked).mappings()]


def held(connection: sa.Connection, job: Job, **values: Any) -> bool:
    """Changes a job that its worker still holds; whether it does."""
    mine = [_jobs.id == job.id, _jobs.worker == job.worker, _jobs.attempts == job.attempts]
    update = jobs_table.update().where(*mine, _jobs.state == RUNNING)
    return bool(connection.execute(update.values(**values)).rowcount)


def new_id() -> str:
    """An id that nobody else has."""
    return str(uuid.uuid4())
