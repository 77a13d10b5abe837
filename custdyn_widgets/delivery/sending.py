"""Archives a report and queues its mails at once; sends queued mails, with retries."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from custdyn_widgets.delivery.message import Letterhead, compose
from custdyn_widgets.delivery.settings import MailSettings
from custdyn_widgets.delivery.smtp import Answer, Outcome, Server
from custdyn_widgets.environment import PAGE_VARIABLE
from custdyn_widgets.errors import QueryError
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.url import to_link
from custdyn_widgets.store import Contents, Job, Mail, Run, Store
from custdyn_widgets.store.jobs import new_id
from custdyn_widgets.store.outbox import LONGEST, Letter
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED, ChartSpec
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.result import Result

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
DEFAULT_CHART = next(iter(PRE_CONFIGURED.values()))
NO_CHART = tr("Its chart is not there any more.")
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Parcel:
    """A report that is to be kept and sent: to whom, under which title, with which chart.

    `run_id` is the same however often it is made; `owner` gets a mail about what fails; `job` is
    the job that it was made for. The report should be that of an `unaddressed` query: a file that
    many get does not say who they are.
    """

    result: Result
    recipients: tuple[str, ...]
    title: str
    owner: str
    run_id: str
    chart: ChartSpec | None = DEFAULT_CHART
    job: Job | None = None

    @property
    def query(self) -> Query:
        """What was asked."""
        return self.result.report.query

    def notes(self) -> Iterator[str]:
        """What a reader should know before the figures."""
        if self.chart is None:
            yield NO_CHART
        if self.job is not None and self.job.late and self.job.window is not None:
            due = f"{self.job.window:%Y-%m-%d %H:%M} UTC"
            yield tr("This report was due at {due} and was made later, as it stood then.", due=due)


def chart_of(store: Store, name: str | None) -> ChartSpec | None:
    """The chart of a mail by its name, as the store's user has it; None: it is not there any more.

    Without a name it is the first pre-configured one.
    """
    if name is None:
        return DEFAULT_CHART
    try:
        return store.charts.find(name)
    except QueryError:
        return None


def now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)


def worker_name() -> str:
    """A name for this process that no other process has."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{new_id()[:8]}"


def unaddressed(query: Query) -> Query:
    """The query without the addresses that its report goes to."""
    return query.with_fields({"output.send_to": []})


def check_can_send(
    store: Store, settings: MailSettings, recipients: Sequence[str], at: datetime, owner: str
) -> None:
    """Raises QueryError where mail may not go to an address, or the owner has sent too much."""
    settings.check(recipients)
    store.outbox.check_day(owner, at, len(recipients), settings.most_a_day)


def keep_and_queue(store: Store, settings: MailSettings, parcel: Parcel, at: datetime) -> bool:
    """Keeps a report in the archive and queues a mail to each recipient.

    All of it or nothing is stored. False: the job was cancelled, or is somebody else's by now.
    Raises QueryError for addresses, or too many mails in a day.
    """
    result, query = parcel.result, parcel.query
    settings.check(parcel.recipients)
    file, job = result.to_file(query.output.type), parcel.job
    run = Run(
        id=parcel.run_id,
        owner=parcel.owner,
        title=parcel.title,
        source=result.report.source,
        as_of=result.report.as_of,
        made_at=at,
        fingerprint=result.provenance.fingerprint,
        result=result.provenance.result,
        file_name=result.file_name(query.output.type),
        template_id=job.template_id if job else None,
        window=job.window if job else None,
        late=bool(job and job.late),
    )
    return store.archive.keep(
        run,
        Contents(result.to_json(), file),
        composed(settings, parcel, at, file),
        [
            stored_mail(run.id, parcel.owner, settings.sender, parcel.title, to, at)
            for to in parcel.recipients
        ],
        most_a_day=settings.most_a_day,
        job=job,
    )


def composed(settings: MailSettings, parcel: Parcel, at: datetime, file: bytes) -> bytes:
    """The message of a report with its file, to which each mail adds its recipient."""
    head = Letterhead(
        sender=settings.sender,
        title=parcel.title,
        run_id=parcel.run_id,
        made_at=at,
        most_bytes=settings.most_bytes,
        chart=parcel.chart,
        notes=tuple(parcel.notes()),
        link=page_link(parcel.query),
    )
    name = parcel.result.file_name(parcel.query.output.type)
    return compose(parcel.result, head, file, name)


def page_link(query: Query) -> str | None:
    """The page with a query, where the page's address is known and the link is not too long."""
    page, link = os.environ.get(PAGE_VARIABLE), to_link(query)
    return f"{page.partition('?')[0]}?{link}" if page and link is not None else None


def flush(
    store: Store,
    settings: MailSettings,
    worker: str,
    *,
    owner: str | None = None,
    clock: Clock = now,
) -> Iterator[tuple[Mail, Answer]]:
    """Sends what is due of the settings' sender, a mail at a time; gives what became of each.

    A mail is claimed first and marked once the server has taken it. Where the server cannot be
    reached, the rest waits as long as that one, and nothing more is tried. `owner`: only that
    one's mails.
    """
    unreachable: Answer | None = None
    with Server(settings) as server:
        for waiting in store.outbox.due(clock(), settings.sender, owner):
            mail = store.outbox.claim(waiting, worker, clock(), settings.lease)
            if mail is None:
                continue
            answer = unreachable or _sent(store, settings, server, mail)
            unreachable = answer if answer.outcome is Outcome.UNREACHABLE else None
            yield mail, _marked(store, settings, mail, answer, clock())


def pause(attempts: int) -> timedelta:
    """How long a mail waits after some attempts: a minute, then twice as long, up to an hour."""
    doublings = min(attempts - 1, 10)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def _sent(store: Store, settings: MailSettings, server: Server, mail: Mail) -> Answer:
    try:
        settings.check([mail.recipient])  # what may be sent may have changed since it was queued
    except QueryError as error:
        return Answer(Outcome.NEVER, str(error.faults[0]))
    return server.send(store.outbox.content(mail), mail.recipient, mail.id)


def _marked(
    store: Store, settings: MailSettings, mail: Mail, answer: Answer, at: datetime
) -> Answer:
    if answer.outcome is Outcome.SENT:
        store.outbox.sent(mail, answer.words, at)
        return answer
    next_at = at + pause(mail.attempts)
    if answer.outcome is not Outcome.NEVER and next_at <= mail.give_up_at:
        store.outbox.again(mail, answer.words, next_at)
        return answer
    if answer.outcome is not Outcome.NEVER:
        words = tr("given up after {longest}: {words}", longest=LONGEST, words=answer.words)
        answer = Answer(Outcome.NEVER, words)
    letter = None if mail.report else _not_delivered(settings, mail, answer, at)
    store.outbox.failed(mail, answer.words, at, letter)
    return answer


def _not_delivered(
    settings: MailSettings, mail: Mail, answer: Answer, at: datetime
) -> Letter | None:
    text = tr(
        'The report "{title}" could not be sent to {recipient}.\n\nWhat the mail '
        "server said: {words}\nAttempts: {attempts}\n\nThe report is kept in the "
        "archive. To try again: custdyn outbox retry {id}\n",
        title=mail.title,
        recipient=mail.recipient,
        words=answer.words,
        attempts=mail.attempts,
        id=mail.id[:12],
    )
    return notice(settings, mail.owner, tr("Not delivered: {title}", title=mail.title), text, at)


def notice(
    settings: MailSettings, owner: str, title: str, text: str, at: datetime
) -> Letter | None:
    """A mail to an owner, to be queued; None where no address of theirs is known."""
    to = _address_of(owner, settings)
    if to is None:
        return None
    report_id = new_id()
    message = EmailMessage(policy=SMTP)
    message["From"] = settings.sender
    message["Subject"] = title
    message["Date"] = format_datetime(at)
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(text)
    mail = stored_mail(report_id, owner, settings.sender, title, to, at, report=True)
    return report_id, message.as_bytes(), (mail,)


def _address_of(owner: str, settings: MailSettings) -> str | None:
    try:
        known = validate_email(owner, strict=True, check_deliverability=False).normalized
        settings.check([known])
    except (EmailNotValidError, QueryError):
        return settings.report_to
    return known


def stored_mail(
    message_id: str,
    owner: str,
    sender: str,
    title: str,
    recipient: str,
    at: datetime,
    *,
    report: bool = False,
) -> Mail:
    """A mail as it is queued; its id is the same however often it is made."""
    name = hashlib.sha256(f"{message_id} {recipient}".encode()).hexdigest()[:32]
    return Mail(
        id=name,
        message_id=message_id,
        owner=owner,
        sender=sender,
        title=title,
        recipient=recipient,
        queued_at=at,
        next_at=at,
        give_up_at=at + LONGEST,
        report=report,
    )
