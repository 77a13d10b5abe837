"""The outbox: one mail per recipient, stored before it is sent, marked once it is taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.store.database import METADATA, Database, Instant, StoreError

QUEUED, SENDING, SENT, FAILED = "queued", "sending", "sent", "failed"
DAY = timedelta(days=1)
LONGEST = timedelta(hours=24)
"""How long a mail is tried."""

messages_table = sa.Table(
    "messages",
    METADATA,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
mails_table = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("message_id", sa.String(36), nullable=False, index=True),
    sa.Column("owner", sa.String(256), nullable=False),
    sa.Column("sender", sa.String(320), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("recipient", sa.String(320), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("queued_at", Instant, nullable=False),
    sa.Column("next_at", Instant, nullable=False),
    sa.Column("give_up_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("worker", sa.String(120)),
    sa.Column("held_until", Instant),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("report", sa.Boolean, nullable=False),
)
_mails = mails_table.c


@dataclass(frozen=True)
class Mail:
    """A mail to one recipient.

    `id` is the part of its Message-ID before the @, `message_id` the message that it carries (of
    a run: its id), `sender` the address it comes from: a sender with that address may send it.
    `answer` is what the server said last. `report`: it tells an owner of what failed, and nothing
    gets a mail about it in turn.
    """

    id: str
    message_id: str
    owner: str
    sender: str
    title: str
    recipient: str
    queued_at: datetime
    next_at: datetime
    give_up_at: datetime
    state: str = QUEUED
    attempts: int = 0
    ended_at: datetime | None = None
    worker: str | None = None
    held_until: datetime | None = None
    answer: str = ""
    report: bool = False


Letter = tuple[str, bytes, tuple[Mail, ...]]
"""Id and content of a message, and its mails."""


def post(connection: sa.Connection, message_id: str, content: bytes, mails: Iterable[Mail]) -> None:
    """Stores a message and its mails, in a transaction of the caller's."""
    rows = [vars(mail) for mail in mails]
    if rows:
        connection.execute(messages_table.insert().values(id=message_id, content=content))
        connection.execute(mails_table.insert(), rows)


def check_day(connection: sa.Connection, owner: str, now: datetime, more: int, most: int) -> None:
    """Raises QueryError where that many more mails of an owner would be too many in a day.

    In a transaction that writes, nobody else counts at the same time.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(owner))))
    wanted = (_mails.owner == owner, _mails.queued_at > now - DAY, ~_mails.report)
    asked = sa.select(sa.func.count()).select_from(mails_table).where(*wanted)
    sent = int(connection.execute(asked).scalar_one())
    if sent + more > most:
        what = (
            f"would be more than {most} mails in a day for {owner} ({sent} are queued or sent "
            "already)"
        )
        raise QueryError([FieldFault("output.send_to", None, what)])


class Outbox:
    """The mails of a store.

    A mail is sent at least once: it is marked after the server's 250, so a process that is killed
    in between sends it again, with the same Message-ID. It is never lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, message_id: str, content: bytes, mails: Iterable[Mail]) -> None:
        """Stores a message and its mails, all or none."""
        with self._database.writing() as connection:
            post(connection, message_id, content, mails)

    def all(self, owner: str | None = None, count: int = 1_000) -> list[Mail]:
        """The newest mails, of an owner or of all, newest first."""
        wanted = [] if owner is None else [_mails.owner == owner]
        newest = (_mails.queued_at.desc(), _mails.recipient)
        return self._found(wanted, newest, count)

    def of(self, message_id: str) -> list[Mail]:
        """The mails of a message, by recipient."""
        return self._found([_mails.message_id == message_id], (_mails.recipient,), 1_000)

    def content(self, mail: Mail) -> bytes:
        """The message that a mail carries."""
        asked = sa.select(messages_table.c.content).where(messages_table.c.id == mail.message_id)
        with self._database.reading() as connection:
            return bytes(connection.execute(asked).scalar_one())

    def due(self, now: datetime, sender: str, owner: str | None = None) -> list[Mail]:
        """The mails of a sender that are to be sent now, those that wait longest first.

        `owner`: only that one's.
        """
        wanted = [self._free(now), _mails.sender == sender]
        wanted += [] if owner is None else [_mails.owner == owner]
        return self._found(wanted, (_mails.next_at, _mails.id), 1_000)

    def check_day(self, owner: str, now: datetime, more: int, most: int) -> None:
        """Raises QueryError where that many more mails of an owner would be too many in a day."""
        with self._database.reading() as connection:
            check_day(connection, owner, now, more, most)

    def claim(self, mail: Mail, worker: str, now: datetime, lease: timedelta) -> Mail | None:
        """Takes a mail to send it; None: somebody else has."""
        taken = {"state": SENDING, "worker": worker, "held_until": now + lease}
        taken["attempts"] = mail.attempts + 1
        free = (_mails.id == mail.id, _mails.attempts == mail.attempts, self._free(now))
        with self._database.writing() as connection:
            done = connection.execute(mails_table.update().where(*free).values(**taken))
        return Mail(**{**vars(mail), **taken}) if done.rowcount else None

    def sent(self, mail: Mail, answer: str, now: datetime) -> None:
        """The server has taken a mail."""
        self._mark(mail, state=SENT, answer=answer, ended_at=now)

    def again(self, mail: Mail, answer: str, next_at: datetime) -> None:
        """A mail could not be sent now; it is tried again."""
        self._mark(mail, state=QUEUED, answer=answer, next_at=next_at)

    def failed(self, mail: Mail, answer: str, now: datetime, letter: Letter | None = None) -> None:
        """A mail will not be sent any more; `letter` tells somebody of it."""
        self._mark(mail, letter, state=FAILED, answer=answer, ended_at=now)

    def retry(self, mail: Mail, now: datetime) -> None:
        """Sends a mail again that failed, or that waits for its next turn, as if it were new."""
        fresh = {"state": QUEUED, "next_at": now, "give_up_at": now + LONGEST, "ended_at": None}
        wanted = (_mails.id == mail.id, _mails.state.in_((FAILED, QUEUED)))
        with self._database.writing() as connection:
            done = connection.execute(mails_table.update().where(*wanted).values(**fresh))
        if not done.rowcount:
            raise StoreError(f"the mail to {mail.recipient} is being sent, or has been")

    def _mark(self, mail: Mail, letter: Letter | None = None, **values: Any) -> None:
        mine = (_mails.id == mail.id, _mails.state == SENDING, _mails.attempts == mail.attempts)
        with self._database.writing() as connection:
            update = mails_table.update().where(*mine)
            done = connection.execute(update.values(**values, worker=None, held_until=None))
            if done.rowcount and letter is not None:
                post(connection, *letter)

    def _free(self, now: datetime) -> sa.ColumnElement[bool]:
        waits = sa.and_(_mails.state == QUEUED, _mails.next_at <= now)
        left = sa.and_(_mails.state == SENDING, _mails.held_until < now)
        return sa.or_(waits, left)

    def _found(
        self, wanted: list[Any], order: tuple[sa.ColumnElement[Any], ...], count: int
    ) -> list[Mail]:
        asked = sa.select(mails_table).where(*wanted).order_by(*order).limit(count)
        with self._database.reading() as connection:
            return [Mail(**row) for row in connection.execute(asked).mappings()]
