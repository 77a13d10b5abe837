"""kill -9 at random moments: nothing that was said to be kept is lost, nothing is sent unasked."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from custdyn_widgets.store import Job, Mail, Store
from custdyn_widgets.store.jobs import MAX_ATTEMPTS, new_id
from tests.support import kills
from tests.support.mails import SENDER, Inbox, post_office

LONG = pytest.mark.long
ATTEMPTS = 5
LEDGER = "entry_id,occurred_at,kind,amount"


@pytest.mark.parametrize("times", [8, pytest.param(200, marks=LONG)])
def test_no_saved_template_is_lost_or_broken(times: int, store_url: str) -> None:
    chance, seed = kills.chance()
    store = Store(store_url, "ann")
    store.queries.add("First", kills.SENT, shared=False)
    said: set[int] = set()
    killed = 0
    while killed < times:
        ours, theirs = kills.pipe()
        first = killed * kills.ROOM
        process = kills.start(kills.save_templates, store_url, first, theirs)
        theirs.close()
        ours.poll(30)  # it has begun
        killed += kills.kill_after(process, chance.uniform(0, 0.06))
        told = list(acknowledged(ours))
        said.update(told)
        newest = int(store.queries.find("First").description or -1)
        assert newest >= max(told, default=newest), seed
    kept = {int(saved.name.split()[1]) for saved in store.queries.all() if saved.name != "First"}
    assert said <= kept and len(said) > times, seed
    assert len(kept - said) <= killed, seed  # those that were saved and not yet said
    store.close()
    if "://" not in store_url:
        with sqlite3.connect(store_url) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def acknowledged(ours: Connection) -> Iterator[int]:
    """What a process has said before it ended."""
    try:
        while True:
            yield ours.recv()
    except EOFError:
        return


class Slow(Inbox):
    """A server as far away as they are."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(0.003)
        answer = await super().handle_DATA(server, session, envelope)
        await asyncio.sleep(0.003)
        return answer


def sent_under_fire(url: str, mails: int, times: int, *, marks_first: bool = False) -> Slow:
    """Sends mails while the sender is killed again and again; gives what the server took."""
    chance, _ = kills.chance()
    store, now = Store(url, "ann"), datetime.now(UTC)
    queued = [
        Mail(f"id{number}", "run", "ann", SENDER, "Figures", f"client{number}@example.org", now,
             now, now + timedelta(days=9))
        for number in range(mails)
    ]  # fmt: skip
    store.outbox.post("run", b"From: reports@example.org\r\nSubject: x\r\n\r\nbody\r\n", queued)
    inbox, killed, tries = Slow(), 0, 0
    with post_office(inbox) as office:
        while any(mail.state not in ("sent", "failed") for mail in store.outbox.of("run")):
            tries += 1
            offset = timedelta(minutes=5) * tries  # by then, nobody holds a mail any more
            process = kills.start(kills.send_mails, url, office.settings(), offset, marks_first)
            if killed < times:
                begun, ended = len(inbox.taken), 200
                while len(inbox.taken) == begun and process.is_alive() and (ended := ended - 1):
                    process.join(0.02)
                killed += kills.kill_after(process, chance.uniform(0, 0.08))
            else:
                process.join(120)
    assert killed == times or marks_first
    store.close()
    return inbox


@pytest.mark.parametrize(("mails", "times"), [(80, 10), pytest.param(400, 100, marks=LONG)])
def test_no_mail_is_lost_and_there_are_no_more_copies_than_kills(
    mails: int, times: int, store_url: str
) -> None:
    inbox = sent_under_fire(store_url, mails, times)
    copies = Counter(to for to, _ in inbox.taken)
    assert len(copies) == mails
    assert sum(copies.values()) - mails <= times
    ids = {(message["To"], message["Message-ID"]) for message in inbox.messages()}
    assert len(ids) == mails
    store = Store(store_url, "ann")
    assert {mail.state for mail in store.outbox.of("run")} == {"sent"}
    store.close()


@pytest.mark.parametrize(("mails", "times"), [(60, 6), pytest.param(400, 100, marks=LONG)])
def test_mails_marked_before_they_are_taken_would_be_lost(
    mails: int, times: int, tmp_path: Path
) -> None:
    """The control of the test above: what it guards against does lose mails here.

    Not each time that it is killed, so it may be tried again.
    """
    for attempt in range(ATTEMPTS):
        inbox = sent_under_fire(f"{tmp_path / str(attempt)}.sqlite", mails, times, marks_first=True)
        if len({to for to, _ in inbox.taken}) < mails:
            return
    pytest.fail("no mail was lost")


@pytest.mark.parametrize("times", [1, pytest.param(100, marks=LONG)])
def test_five_that_race_for_what_is_due_run_and_send_it_once(
    times: int, store_url: str, tmp_path: Path
) -> None:
    for name, columns in (("clients", "name,type,currency,created_at"), ("ledger", LEDGER)):
        (tmp_path / f"{name}.csv").write_text(f"client_id,{columns}\n")
    store = Store(store_url, "ann")
    kills.hourly(store, "Hourly")
    (saved,) = store.queries.all()
    first = saved.changed_at.replace(minute=0, second=0) + timedelta(hours=1)
    windows = [first + timedelta(hours=number) for number in range(times)]
    gate = kills.barrier(5)
    with post_office() as office:
        settings = office.settings(most_a_day=10_000)
        race = (store_url, settings, str(tmp_path), windows, gate)
        racers = [kills.start(kills.race_for_windows, *race) for _ in range(5)]
        for racer in racers:
            racer.join(900)
            assert racer.exitcode == 0
    jobs = store.jobs.all("ann", 10_000)
    assert sorted(job.window for job in jobs if job.window) == windows
    assert {(job.state, job.late, job.attempts) for job in jobs} == {("done", False, 1)}
    runs = store.archive.all("ann", 10_000)
    assert sorted(run.window for run in runs if run.window) == windows
    assert len(office.inbox.taken) == times
    assert len({message["Message-ID"] for message in office.inbox.messages()}) == times
    store.close()


def a_job(source: str) -> Job:
    now = datetime.now(UTC)
    query = {"output": {"type": "csv", "send_to": ["ana@example.org", "bob@example.org"]}}
    spec = kills.SENT.model_validate({"query": query}).model_dump_json()
    return Job(new_id(), "ann", "Figures", source, spec, now, now)


@pytest.mark.parametrize("times", [1, pytest.param(40, marks=LONG)])
def test_a_job_whose_worker_is_killed_is_done_by_the_next(times: int, store_url: str) -> None:
    chance, seed = kills.chance()
    store, lease = Store(store_url, "ann"), timedelta(seconds=0.5)
    settings = post_settings()
    for _ in range(times):
        job = a_job("sample")
        store.jobs.add(job)
        process = kills.start(kills.work_once, store_url, settings, "sample", lease)
        while (store.jobs.find(job.id) or job).state == "queued":
            process.join(0.02)
        killed = kills.kill_after(process, chance.uniform(0, 0.4))
        found = store.jobs.find(job.id)
        while killed and found is not None and found.state == "running":
            process = kills.start(kills.work_once, store_url, settings, "sample", lease)
            process.join(60)
            found = store.jobs.find(job.id)
        assert found is not None and found.state == "done", (seed, found)
        assert len(store.outbox.of(job.id)) == 2, seed
        assert [run.id for run in store.archive.all("ann")].count(job.id) == 1, seed
    store.close()


def post_settings() -> Any:
    from tests.support.mails import PostOffice

    return PostOffice(1, Inbox()).settings(most_a_day=10_000)


def test_a_job_that_kills_every_worker_is_given_up(store_url: str) -> None:
    store, now = Store(store_url, "ann"), datetime.now(UTC)
    store.jobs.add(a_job("sample"))
    for number in range(MAX_ATTEMPTS):
        at = now + timedelta(hours=number)
        assert store.jobs.claim("sample", f"worker {number}", at) is not None
        assert store.jobs.claim("sample", "another", at) is None  # it is held
    last = store.jobs.claim("sample", "the last", now + timedelta(days=1))
    assert last is not None and last.attempts > MAX_ATTEMPTS  # who runs it gives it up, and says so
    store.close()
