"""Mail on the command line: a report sent, and the outbox."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from custdyn_widgets.cli.output import show
from custdyn_widgets.delivery.sending import (
    Parcel,
    chart_of,
    check_can_send,
    flush,
    keep_and_queue,
    now,
    unaddressed,
    worker_name,
)
from custdyn_widgets.delivery.settings import MailSettings, settings_or_refuse
from custdyn_widgets.delivery.smtp import Outcome
from custdyn_widgets.delivery.worker import said_of_mail
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.report import utc_text
from custdyn_widgets.store import Mail, Store, StoreError, my_store
from custdyn_widgets.store.jobs import new_id
from custdyn_widgets.store.outbox import FAILED
from custdyn_widgets.views.table import TITLE

if TYPE_CHECKING:
    from custdyn_widgets.result import Result


def sendable(query: Query) -> Query:
    """The query that is run, without its addresses. Raises as `prepare`."""
    prepare(query)
    return unaddressed(query)


def prepare(query: Query) -> tuple[Store, MailSettings]:
    """What mail needs. Raises MailError or QueryError where a query cannot be sent."""
    store, settings = my_store(), settings_or_refuse()
    check_can_send(store, settings, query.output.send_to, now(), store.user)
    return store, settings


def send(result: Result, query: Query, title: str, chart: str | None) -> int:
    """Keeps a report, and sends it to the addresses of `query`; 1 where a mail will not arrive."""
    store, settings = prepare(query)
    to, named = query.output.send_to, title or TITLE
    parcel = Parcel(result, to, named, store.user, new_id(), chart_of(store, chart))
    keep_and_queue(store, settings, parcel, now())
    for _ in flush(store, settings, worker_name(), owner=store.user):
        pass
    return sent_of(store, parcel.run_id)


def sent_of(store: Store, run_id: str) -> int:
    """Prints what became of the mails of a run; exit code 1 where one will not arrive."""
    mails = store.outbox.of(run_id)
    for mail in mails:
        print(_line(mail))
    return 1 if any(mail.state == FAILED for mail in mails) else 0


def _list(parsed: argparse.Namespace) -> int:
    store = my_store()
    mails = store.outbox.all(None if parsed.all else store.user)
    return show(map(_line, mails), "no mail yet")


def _flush(parsed: argparse.Namespace) -> int:
    store, fine = my_store(), True
    owner = None if getattr(parsed, "all", False) else store.user
    for mail, answer in flush(store, settings_or_refuse(), worker_name(), owner=owner):
        print(said_of_mail(mail, answer.words))
        fine = fine and answer.outcome is not Outcome.NEVER
    return 0 if fine else 1


def _retry(parsed: argparse.Namespace) -> int:
    store = my_store()
    mails = store.outbox.all(store.user)
    for name in parsed.mails:
        found = [mail for mail in mails if mail.id.startswith(name)]
        if len(found) != 1:
            raise StoreError(f"{name} is not the beginning of one mail of yours")
        store.outbox.retry(found[0], now())
    return _flush(parsed)


def _line(mail: Mail) -> str:
    at = mail.ended_at or mail.queued_at
    when = utc_text(at.replace(microsecond=0))
    parts = (mail.id[:12], when, mail.state, mail.recipient, mail.title, mail.answer)
    return "\t".join(parts).rstrip()


OUTBOX: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "flush": _flush,
    "retry": _retry,
}
