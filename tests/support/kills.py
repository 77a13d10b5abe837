"""What is killed in the middle: each runs in a process of its own, that is ended by SIGKILL."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from custdyn_widgets import make_rollup
from custdyn_widgets.connections.connect import connect
from custdyn_widgets.delivery.jobs import run_next
from custdyn_widgets.delivery.sending import flush
from custdyn_widgets.delivery.settings import MailSettings
from custdyn_widgets.delivery.smtp import Answer, Outcome, Server
from custdyn_widgets.delivery.worker import Worker
from custdyn_widgets.errors import CustdynError
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.schedule import Schedule
from custdyn_widgets.store import QueryTemplate, Store
from custdyn_widgets.views.chart_spec import ChartSpec

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.support.kills", "custdyn_widgets.result"])
ROOM = 100_000
"""Templates that one process may save."""
SENT = QueryTemplate(query=Query.model_validate({"output": {"type": "csv"}}))


def start(act: Callable[..., None], *arguments: Any) -> Any:
    """Runs a function of this module in a process of its own."""
    process = _context.Process(target=act, args=arguments, daemon=True)
    process.start()
    return process


def pipe() -> tuple[Connection, Connection]:
    """Two ends of a pipe: one to read, one to write."""
    return _context.Pipe(duplex=False)


def barrier(parties: int) -> Any:
    """Where so many processes wait for each other."""
    return _context.Barrier(parties)


def kill_after(process: Any, seconds: float) -> bool:
    """Kills a process after a while; False: it had ended before."""
    process.join(seconds)
    alive = bool(process.is_alive())
    process.kill()
    process.join()
    return alive


def save_templates(url: str, first: int, told: Connection) -> None:
    """Saves templates and changes the first, and says which number has been saved."""
    store = Store(url, "ann")
    for number in range(first, first + ROOM):
        store.queries.add(f"Template {number}", SENT, shared=False)
        kept = SENT.model_copy(update={"description": str(number)})
        store.queries.change(store.queries.saved("First"), kept=kept)
        told.send(number)


def open_and_add(url: str, user: str, chart: ChartSpec, gate: Any) -> None:
    """Opens a store when all are here, and saves a chart in it."""
    gate.wait()
    Store(url, user).charts.add("One", chart, shared=True)


def send_mails(url: str, settings: MailSettings, offset: timedelta, marks_first: bool) -> None:
    """Sends what is due, with a clock that is so much later."""
    store = Store(url, "ann")
    if marks_first:  # what must not be done: to say that it is sent, then to send it
        _mark_first(store)
    for _ in flush(store, settings, "worker", clock=lambda: datetime.now(UTC) + offset):
        pass
    store.close()


def _mark_first(store: Store) -> None:
    send = Server.send

    def marked(server: Server, content: bytes, recipient: str, mail_id: str) -> Answer:
        for mail in store.outbox.all():
            if mail.id == mail_id:
                store.outbox.sent(mail, "marked before it was taken", datetime.now(UTC))
        send(server, content, recipient, mail_id)
        return Answer(Outcome.SENT, "")

    Server.send = marked  # type: ignore[assignment, method-assign]


def race_for_windows(
    url: str, settings: MailSettings, source: str, windows: list[datetime], gate: Any
) -> None:
    """Does what `custdyn run-due` does at each window, at the same time as all others."""
    worker = Worker(
        Store(url, "someone"), settings, source, schedules=True, on_event=lambda _: None
    )
    for window in windows:
        gate.wait(300)
        worker.once(window + timedelta(seconds=1))


def work_once(url: str, settings: MailSettings, source: str, lease: timedelta) -> None:
    """Runs one job."""
    run_next(Store(url, "worker"), settings, source, str(time.monotonic()), lease=lease)


def hourly(store: Store, name: str) -> None:
    """A template that is sent every hour."""
    query = Query.model_validate({"output": {"type": "csv", "send_to": ["ana@example.org"]}})
    kept = QueryTemplate(query=query, schedule=Schedule(every="cron", cron="0 * * * *"))
    store.queries.add(name, kept, shared=False)


def chance() -> tuple[random.Random, int]:
    """Random numbers, and the seed that makes them again."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed), seed  # noqa: S311


def connect_again(states: list[str], folder: str, seed: int) -> None:
    """Brings one state of a system after the other into a folder, again and again."""
    draw = random.Random(seed)  # noqa: S311 the same every time
    for _ in range(ROOM):
        connect("magnusbilling", draw.choice(states), to=folder)


def roll_up(source: str, folder: str, seed: int) -> None:
    """Extends a rollup again and again, or makes it anew, as of ever other instants."""
    draw = random.Random(seed)  # noqa: S311 the same every time
    for _ in range(ROOM):
        as_of = datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=draw.randrange(700))
        with suppress(CustdynError):  # an earlier instant: entries seem to be gone
            make_rollup(source, folder, as_of=as_of, rebuild=draw.random() < 0.3)
