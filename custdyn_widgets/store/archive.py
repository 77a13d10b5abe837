"""The archive: every report that was sent, as it was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from custdyn_widgets.store.database import METADATA, Database, Instant, StoreError
from custdyn_widgets.store.jobs import DONE, Job, held
from custdyn_widgets.store.outbox import (
    QUEUED,
    SENDING,
    Mail,
    check_day,
    mails_table,
    messages_table,
    post,
)

runs_table = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(256), nullable=False),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("template_id", sa.String(36), index=True),
    sa.Column("window", Instant),
    sa.Column("late", sa.Boolean, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("result", sa.String(64), nullable=False),
    sa.Column("file_name", sa.String(255), nullable=False),
)
contents_table = sa.Table(
    "run_contents",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("report", sa.LargeBinary, nullable=False),
    sa.Column("file", sa.LargeBinary, nullable=False),
)
_runs = runs_table.c


@dataclass(frozen=True)
class Run:
    """A report that was sent: what it was made of and for, when, and its hashes.

    `window` is the run of the schedule of `template_id`; `late`: that was missed, and made up for.
    """

    id: str
    owner: str
    title: str
    source: str
    as_of: datetime
    made_at: datetime
    fingerprint: str
    result: str
    file_name: str
    template_id: str | None = None
    window: datetime | None = None
    late: bool = False


@dataclass(frozen=True)
class Contents:
    """What a run holds: the report as JSON with its query and provenance, and the file sent."""

    report: bytes
    file: bytes


class Archive:
    """The runs of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(
        self,
        run: Run,
        contents: Contents,
        message: bytes,
        mails: Iterable[Mail],
        *,
        most_a_day: int,
        job: Job | None = None,
    ) -> bool:
        """Keeps a run and queues its mails: all of it, or nothing.

        `job` is the job that it was made for, which ends with it. False: the job was cancelled or
        is somebody else's by now, and nothing was kept. Raises QueryError where the owner would
        have more than `most_a_day` mails in a day.
        """
        mails = list(mails)
        with self._database.writing() as connection:
            ended = {"state": DONE, "words": "", "share": None, "ended_at": run.made_at}
            if job is not None and not held(connection, job, **ended):
                return False
            connection.execute(runs_table.insert().values(**vars(run)))
            check_day(connection, run.owner, run.made_at, len(mails), most_a_day)
            connection.execute(contents_table.insert().values(id=run.id, **vars(contents)))
            post(connection, run.id, message, mails)
        return True

    def all(self, owner: str, count: int = 1_000) -> list[Run]:
        """The newest runs of an owner, newest first."""
        return self._found(_runs.owner == owner, count=count)

    def find(self, name: str, owner: str) -> Run:
        """A run of an owner by its id, or the beginning of it. Raises StoreError."""
        wanted = (_runs.id.startswith(name, autoescape=True), _runs.owner == owner)
        found = self._found(*wanted, count=2)
        if len(found) != 1 or not name:
            what = "is the beginning of several runs" if len(found) > 1 else "is no run of yours"
            raise StoreError(f"{name} {what}")
        return found[0]

    def contents(self, run: Run) -> Contents:
        """What a run holds. Raises StoreError where it is not kept any more."""
        asked = sa.select(contents_table).where(contents_table.c.id == run.id)
        with self._database.reading() as connection:
            row = connection.execute(asked).first()
        if row is None:
            raise StoreError(f"run {run.id} is not kept any more")
        return Contents(bytes(row.report), bytes(row.file))

    def last_of(self, template_id: str, owner: str) -> Run | None:
        """The newest run of a template by its owner."""
        wanted = (_runs.template_id == template_id, _runs.owner == owner)
        return next(iter(self._found(*wanted, count=1)), None)

    def prune(
        self, now: datetime, *, days: int | None, count: int | None, owner: str | None = None
    ) -> int:
        """Deletes what is older than some days, and all but the newest of each template.

        `owner`: only that one's. Runs without a template count together, for each owner. What
        still has mails to be sent is kept, and what is younger than a day. Gives how many were
        deleted.
        """
        waits = sa.select(mails_table.c.message_id).where(
            mails_table.c.state.in_((QUEUED, SENDING))
        )
        place = sa.func.row_number().over(
            partition_by=(_runs.owner, _runs.template_id), order_by=(_runs.made_at.desc(), _runs.id)
        )
        own = [] if owner is None else [_runs.owner == owner]
        ranked = sa.select(_runs.id, _runs.made_at, place.label("place")).where(*own).subquery()
        old = [] if days is None else [ranked.c.made_at < now - timedelta(days=days)]
        old += [] if count is None else [ranked.c.place > count]
        if not old:
            return 0
        chosen = [sa.or_(*old), ranked.c.made_at < now - timedelta(days=1)]
        with self._database.writing() as connection:
            asked = sa.select(ranked.c.id).where(*chosen, ranked.c.id.not_in(waits))
            gone = list(connection.execute(asked).scalars())
            for table, column in (
                (contents_table, contents_table.c.id),
                (messages_table, messages_table.c.id),
                (runs_table, _runs.id),
                (mails_table, mails_table.c.message_id),  # the last: they say what waits
            ):
                for first in range(0, len(gone), 500):
                    some = gone[first : first + 500]
                    delete = table.delete().where(column.in_(some), column.not_in(waits))
                    connection.execute(delete)
        return len(gone)

    def _found(self, *wanted: sa.ColumnElement[bool], count: int) -> list[Run]:
        asked = sa.select(runs_table).where(*wanted).order_by(_runs.made_at.desc(), _runs.id)
        with self._database.reading() as connection:
            return [Run(**row) for row in connection.execute(asked.limit(count)).mappings()]
