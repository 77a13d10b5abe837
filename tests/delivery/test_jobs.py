"""Jobs, workers and the archive: what is asked for by mail is made, sent and kept."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from custdyn_widgets import run
from custdyn_widgets.delivery.jobs import ask_by_mail, queue_due, run_next
from custdyn_widgets.delivery.restatements import restated
from custdyn_widgets.delivery.sending import Parcel, flush, keep_and_queue
from custdyn_widgets.delivery.settings import MailSettings
from custdyn_widgets.delivery.worker import RetentionError, Worker, retention
from custdyn_widgets.errors import QueryError
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.schedule import Schedule
from custdyn_widgets.sources import SAMPLE, source_text
from custdyn_widgets.sources.place import BUILT_IN
from custdyn_widgets.store import QueryTemplate, Run, Store, StoreError
from custdyn_widgets.views.chart_spec import ChartSpec
from tests.support.mails import PostOffice, post_office
from tests.support.small import entry, make, source

TO = ["ana@example.org", "bob@example.org"]


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    store = Store(store_url, "ann")
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample as a folder that can be changed."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "data"))


def template(kind: str = "csv", **more: Any) -> QueryTemplate:
    query = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
    return QueryTemplate.model_validate(
        {"query": {**query, "output": {"type": kind, "send_to": TO}}, **more}
    )


def worker(store: Store, settings: MailSettings, source: str, **more: Any) -> Worker:
    return Worker(
        store, settings, source, **{"schedules": False, "on_event": lambda _: None, **more}
    )


def test_a_report_asked_by_mail_is_made_sent_and_kept(store: Store, office: PostOffice) -> None:
    settings, told = office.settings(), list[str]()
    for kind in ("csv", "xls", "xlsx"):
        job = ask_by_mail(store, settings, template(kind), title=kind, source="sample")
        assert (job.state, job.owner) == ("queued", "ann")
    assert worker(store, settings, "sample", on_event=told.append).once()
    assert [job.state for job in store.jobs.all("ann")] == ["done"] * 3
    assert told[:3] == ["csv: done", "xls: done", "xlsx: done"]
    assert len(office.inbox.taken) == 6 and len(told) == 9
    runs = {run_.title: run_ for run_ in store.archive.all("ann")}
    for kind, kept in runs.items():
        assert kept.file_name == f"customer-dynamics_2017-01-01_2017-12-31.{kind}"
        again = run(template().query, "sample", as_of=kept.as_of)
        assert kept.result == again.provenance.result
        assert kept.fingerprint == again.provenance.fingerprint
        contents = store.archive.contents(kept)
        assert TO[0].encode() not in contents.report + contents.file  # nobody sees who else got it
    assert len({kept.result for kept in runs.values()}) == 1


def test_jobs_of_another_source_are_left_to_its_worker(store: Store, office: PostOffice) -> None:
    ask_by_mail(store, office.settings(), template(), title="", source="elsewhere")
    assert worker(store, office.settings(), "sample").once()
    assert [job.state for job in store.jobs.all("ann")] == ["queued"]


def test_a_job_that_fails_says_why_and_the_next_one_is_run(
    store: Store, office: PostOffice, folder: Path
) -> None:
    settings = office.settings()
    broken = template()
    ask_by_mail(store, settings, broken, title="Broken", source=str(folder))
    (folder / "ledger.csv").rename(folder / "gone.csv")
    told: list[str] = []
    assert not worker(store, settings, str(folder), on_event=told.append).once()
    (job,) = store.jobs.all("ann")
    assert job.state == "failed" and "the table is missing" in job.words
    assert told and told[0].startswith("Broken: failed, ")
    (folder / "gone.csv").rename(folder / "ledger.csv")
    ask_by_mail(store, settings, template(), title="Mended", source=str(folder))
    assert worker(store, settings, str(folder)).once()


def test_a_source_that_is_gone_fails_the_job(store: Store, office: PostOffice) -> None:
    ask_by_mail(store, office.settings(), template(), title="", source="no/such/folder")
    found = run_next(store, office.settings(), "no/such/folder", "me")
    assert found is not None and found.state == "failed" and "no such source" in found.words


def test_what_is_cancelled_is_neither_made_nor_sent(store: Store, office: PostOffice) -> None:
    settings, now = office.settings(), datetime.now(UTC)
    waiting = ask_by_mail(store, settings, template(), title="Waiting", source="sample")
    with pytest.raises(StoreError, match="no open job"):
        store.jobs.cancel(waiting.id, "bob", now)
    store.jobs.cancel(waiting.id, "ann", now)
    assert run_next(store, settings, "sample", "me") is None
    running = ask_by_mail(store, settings, template(), title="Running", source="sample")
    held = store.jobs.claim("sample", "me", now)
    assert held is not None and held.id == running.id
    store.jobs.cancel(running.id, "ann", now)
    assert not store.jobs.set_progress(held, "reading", 0.5, now)
    result = run(template().query, "sample")
    parcel = Parcel(result, tuple(TO), "Running", "ann", held.id, None, held)
    assert not keep_and_queue(store, settings, parcel, now)
    assert store.outbox.all() == [] and store.archive.all("ann") == []
    assert {job.state for job in store.jobs.all("ann")} == {"cancelled"}


def test_a_running_job_is_stopped_by_cancel(
    store: Store, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custdyn_widgets import result as results

    begun = threading.Event()

    def slow(query: Query, source: Any, *, as_of: datetime, progress: Any) -> None:
        begun.set()
        while True:
            progress("reading the ledger")
            time.sleep(0.01)

    monkeypatch.setattr(results, "run", slow)
    job = ask_by_mail(store, office.settings(), template(), title="", source="sample")
    lease = timedelta(seconds=0.4)
    thread = threading.Thread(
        target=run_next, args=(store, office.settings(), "sample", "me"), kwargs={"lease": lease}
    )
    thread.start()
    assert begun.wait(30)
    while not (store.jobs.find(job.id) or job).words:
        time.sleep(0.02)
    store.jobs.cancel(job.id, "ann", datetime.now(UTC))
    thread.join(30)
    assert not thread.is_alive()
    found = store.jobs.find(job.id)
    assert found is not None and (found.state, found.words) == ("cancelled", "reading the ledger")


def test_an_error_of_ours_is_known_by_an_id(
    store: Store, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custdyn_widgets import result as results

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("canary-4711")

    monkeypatch.setattr(results, "run", broken)
    ask_by_mail(store, office.settings(), template(), title="", source="sample")
    found = run_next(store, office.settings(), "sample", "me")
    assert found is not None and found.state == "failed"
    assert found.words.startswith("an internal error (id ") and "canary" not in found.words


def test_a_worker_that_is_stopped_leaves_its_job_to_the_next_at_once(
    store: Store, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custdyn_widgets import result as results

    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    job = ask_by_mail(store, office.settings(), template(), title="", source="sample")
    with monkeypatch.context() as patch:
        patch.setattr(results, "run", stopped)
        with pytest.raises(KeyboardInterrupt):
            run_next(store, office.settings(), "sample", "me")
    found = run_next(store, office.settings(), "sample", "another")
    assert found is not None and (found.id, found.state, found.attempts) == (job.id, "done", 1)


def test_what_has_not_changed_is_skipped_where_that_is_asked(
    store: Store, office: PostOffice, folder: Path
) -> None:
    settings, source = office.settings(), str(folder)
    kept = template(skip_unchanged=True, schedule={"every": "cron", "cron": "* * * * *"})
    saved = store.queries.add("Each minute", kept, shared=False)
    minute = saved.changed_at.replace(second=0)

    def states(number: int) -> list[str]:
        (job,) = queue_due(store, source, minute + timedelta(minutes=number))
        worker(store, settings, source).once()
        return [mail.state for mail in store.outbox.of(job.id)] + [
            (store.jobs.find(job.id) or job).state
        ]

    assert states(1) == ["sent", "sent", "done"]
    assert states(2) == ["unchanged"]
    ledger = (folder / "ledger.csv").read_text()
    head, first, *rest = ledger.splitlines(keepends=True)
    (folder / "ledger.csv").write_text(head + first.replace("refill", "refill") + "".join(rest))
    assert states(3) == ["unchanged"]  # it was written anew, and says the same
    columns = head.strip().split(",")
    fields = dict(zip(columns, rest[-1].strip().split(","), strict=True))
    fields |= {"entry_id": "999999", "occurred_at": "2017-03-05T10:00:00Z", "kind": "refill"}
    fields |= {"amount": "4711.00", "package_id": ""}
    line = ",".join(fields.get(name, "") for name in columns)
    (folder / "ledger.csv").write_text(f"{ledger.rstrip()}\n{line}\n")
    assert states(4) == ["sent", "sent", "done"]
    newest, oldest = store.archive.all("ann")
    changed = restated(store.archive, newest, oldest)
    refills = [cell for cell in changed if (cell.block, cell.row) == ("Balance Refill", "Total")]
    assert [cell.bucket for cell in refills] == ["03/2017"]
    assert (refills[0].old, refills[0].new) == ("N/A", "4711.00")
    assert str(refills[0]).startswith("Balance Refill · Total · 03/2017: ")
    assert {cell.bucket for cell in changed} == {f"{month:02}/2017" for month in range(3, 13)}
    assert restated(store.archive, newest, newest) == []
    now = ask_by_mail(
        *(store, settings, kept), title="Now", source=source, template_id=saved.id
    )  # run now: even what says the same is sent
    worker(store, settings, source).once()
    assert [mail.state for mail in store.outbox.of(now.id)] == ["sent", "sent"]


def test_a_bucket_that_was_running_is_not_restated(store: Store, office: PostOffice) -> None:
    settings = office.settings()
    data = source(
        ledger=[
            entry(1, 1, "2024-10-05T10:00:00Z", "refill", "5"),
            entry(2, 1, "2024-11-20T10:00:00Z", "refill", "7"),  # the first run cannot know it
        ]
    )
    query = Query.model_validate({"period": {"from": "2024-10-01", "to": "2024-12-31"}})
    days = (datetime(2024, 11, 15, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    for number, as_of in enumerate(days):
        made = run(query.with_fields({"output": {"type": "csv"}}), data, as_of=as_of)
        parcel = Parcel(made, tuple(TO), "Quarter", "ann", f"run{number}", None)
        assert keep_and_queue(store, settings, parcel, datetime.now(UTC))
    runs = store.archive.all("ann")
    assert restated(store.archive, *runs) == []
    other = run(query.with_fields({"active_duration": 6, "output": {"type": "csv"}}), data)
    parcel = Parcel(other, tuple(TO), "Quarter", "ann", "run3", None)
    keep_and_queue(store, settings, parcel, datetime.now(UTC))
    with pytest.raises(StoreError, match="asked different things: active_duration"):
        restated(store.archive, runs[0], store.archive.find("run3", "ann"))


def test_a_missed_run_says_so_in_its_mail(store: Store, office: PostOffice) -> None:
    kept = template(schedule={"every": "cron", "cron": "* * * * *"})
    saved = store.queries.add("Each minute", kept, shared=False)
    at = saved.changed_at + timedelta(minutes=5)
    (job,) = queue_due(store, "sample", at)
    with store._database.writing() as connection:  # as if an hour had gone by
        connection.exec_driver_sql("UPDATE jobs SET late = TRUE")
    worker(store, office.settings(), "sample").once()
    text = office.inbox.messages()[0].get_body(("plain",))
    assert text is not None
    due = f"{job.as_of:%Y-%m-%d %H:%M}"
    assert f"This report was due at {due} UTC and was made later" in text.get_content()
    assert store.archive.all("ann")[0].late


def test_the_archive_keeps_as_long_as_is_set(store: Store, office: PostOffice) -> None:
    settings, now = office.settings(most_a_day=1000), datetime.now(UTC)
    made = make({}, output={"type": "csv"})
    for number in range(6):
        parcel = Parcel(made, ("ana@example.org",), "Figures", "ann", f"run{number}", None)
        keep_and_queue(store, settings, parcel, now - timedelta(days=number))
    assert store.archive.prune(now, days=None, count=None) == 0
    assert store.archive.prune(now, days=3, count=2) == 0  # what is still to be sent is kept
    worker(store, settings, "sample").once()
    assert len(office.inbox.taken) == 6
    assert store.archive.prune(now, days=3, count=None) == 2
    assert [one.id for one in store.archive.all("ann")] == ["run0", "run1", "run2", "run3"]
    assert store.archive.prune(now, days=None, count=2) == 2
    assert [one.id for one in store.archive.all("ann")] == ["run0", "run1"]
    assert {mail.message_id for mail in store.outbox.all("ann")} == {"run0", "run1"}
    gone = Run(**{**vars(store.archive.find("run0", "ann")), "id": "run5"})
    with pytest.raises(StoreError, match="not kept any more"):
        store.archive.contents(gone)
    for name in ("", "run", "run7"):
        with pytest.raises(StoreError, match=r"beginning of several|no run of yours"):
            store.archive.find(name, "ann")
    with pytest.raises(StoreError):
        store.archive.find("run0", "bob")


def test_run_due_alone_tidies_the_archive(
    store: Store, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, now = make({}, output={"type": "csv"}), datetime.now(UTC)
    for number in range(2):
        parcel = Parcel(made, (), "Figures", "ann", f"run{number}", None)
        keep_and_queue(store, office.settings(), parcel, now - timedelta(days=9 + number))
    monkeypatch.setenv("CUSTDYN_KEEP_RUNS", "1")
    assert worker(store, office.settings(), "sample").once()
    assert len(store.archive.all("ann")) == 2  # a run that somebody asked for deletes nothing
    assert worker(store, office.settings(), "sample", schedules=True).once()
    assert [one.id for one in store.archive.all("ann")] == ["run0"]


def test_how_long_runs_are_kept_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert retention() == (400, 100)
    monkeypatch.setenv("CUSTDYN_KEEP_DAYS", "0")
    monkeypatch.setenv("CUSTDYN_KEEP_RUNS", "7")
    assert retention() == (None, 7)
    for wrong in ("many", "-1", "1000000", "1.5"):
        monkeypatch.setenv("CUSTDYN_KEEP_RUNS", wrong)
        with pytest.raises(RetentionError, match=r"CUSTDYN_KEEP_RUNS: .* is not a whole number"):
            retention()


def test_a_worker_works_until_it_is_stopped(store: Store, office: PostOffice) -> None:
    told: list[str] = []
    working = worker(store, office.settings(), "sample", schedules=True, on_event=told.append)
    thread = threading.Thread(target=working.forever)
    thread.start()
    since = datetime.now(UTC) - timedelta(minutes=1)
    job = ask_by_mail(store, office.settings(), template(), title="", source="sample")
    while not store.jobs.has_worker("sample", since):
        time.sleep(0.05)
    assert not store.jobs.has_worker("elsewhere", since)
    deadline = time.monotonic() + 60
    while len(office.inbox.taken) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    working.stop()
    thread.join(60)
    assert not thread.is_alive() and (store.jobs.find(job.id) or job).state == "done"
    assert not store.jobs.has_worker("sample", datetime.now(UTC) - timedelta(minutes=1))


def test_foreign_addresses_are_refused_before_anything_is_queued(
    store: Store, office: PostOffice
) -> None:
    kept = template().query.with_fields({"output.send_to": ["ana@example.com"]})
    with pytest.raises(QueryError, match="where mail may go"):
        ask_by_mail(
            *(store, office.settings(), QueryTemplate(query=kept)), title="", source="sample"
        )
    assert store.jobs.all("ann") == []


@pytest.mark.parametrize(
    "damage", ["spec = REPLACE(spec, 'UTC', 'Mars/Base')", "changed_at = 'never'", "spec = '{'"]
)
def test_a_template_that_cannot_be_read_here_does_not_stop_the_others(
    damage: str, store: Store
) -> None:
    schedule = Schedule(every="cron", cron="* * * * *")
    kept = template().model_copy(update={"schedule": schedule})
    saved = [store.queries.add(name, kept, shared=True) for name in ("One", "Two")]
    with store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE query_templates SET {damage} WHERE name = 'One'")
    told: list[str] = []
    at = saved[0].changed_at + timedelta(minutes=2)
    jobs = queue_due(store, "sample", at, told.append)
    assert [job.title for job in jobs] == ["Two"]
    assert len(told) == 1 and 'the template "One" cannot be read here' in told[0]
    assert [one.name for one in store.queries.all()] == ["Two"]


def test_a_schedule_runs_on_the_source_it_was_made_for(store: Store) -> None:
    schedule = Schedule(every="cron", cron="* * * * *")
    kept = template().model_copy(update={"schedule": schedule, "source": "/data/export"})
    saved = store.queries.add("Ours", kept, shared=False)
    at = saved.changed_at + timedelta(minutes=2)
    assert queue_due(store.of("bob"), "sample", at) == []
    (job,) = queue_due(store.of("bob"), "/data/export", at)
    assert (job.owner, job.source) == ("ann", "/data/export")


def test_a_run_that_is_due_survives_a_change_of_anything_but_its_schedule(store: Store) -> None:
    schedule = Schedule(every="cron", cron="* * * * *")
    kept = template().model_copy(update={"schedule": schedule})
    saved = store.queries.add("Month", kept, shared=False)
    time.sleep(1.1)  # instants of templates are to the second
    named = store.queries.change(
        saved, name="Month end", kept=kept.model_copy(update={"description": "new"})
    )
    assert named.changed_at == saved.changed_at
    other = Schedule(every="cron", cron="0 * * * *")
    changed = store.queries.change(named, kept=kept.model_copy(update={"schedule": other}))
    assert changed.changed_at > saved.changed_at
    assert store.queries.saved("Month end").changed_at == changed.changed_at


def test_a_source_of_a_schedule_is_a_place_however_it_is_written(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    schedule = Schedule(every="cron", cron="* * * * *")
    for name in (folder.name, f"./{folder.name}", f"{folder}/", f"{folder}/../{folder.name}"):
        kept = template().model_copy(update={"schedule": schedule, "source": name})
        saved = store.queries.add(f"Of {name}"[:100], kept, shared=False)
        at = saved.changed_at + timedelta(minutes=2)
        titles = [job.title for job in queue_due(store, str(folder), at)]
        assert saved.name in titles


def test_a_chart_of_a_mail_is_its_owners(store: Store, office: PostOffice) -> None:
    chart = {"title": "Ours", "series": [{"block": "Balance Refill", "row": "Qty", "kind": "area"}]}
    store.charts.add("Mine", ChartSpec.model_validate(chart), shared=False)
    boss = store.of("boss")
    boss.charts.add("Layoffs", ChartSpec.model_validate(chart), shared=False)
    for name, said in (("Mine", None), ("Layoffs", "Its chart is not there any more.")):
        job = ask_by_mail(store, office.settings(), template(chart=name), title="", source="sample")
        worker(boss, office.settings(), "sample").once()
        assert (store.jobs.find(job.id) or job).state == "done"
        message = office.inbox.messages()[-1]
        pictures = [one for one in message.walk() if one.get_content_type() == "image/png"]
        text = message.get_body(("plain",))
        assert text is not None and bool(pictures) is (said is None)
        assert (said or "") in text.get_content() and "Layoffs" not in text.get_content()


def test_a_fault_that_passes_is_tried_again_later(
    store: Store, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custdyn_widgets import result as results
    from custdyn_widgets.errors import SourceChanged

    def changed(*_: Any, **__: Any) -> None:
        raise SourceChanged("sample")

    job = ask_by_mail(store, office.settings(), template(), title="", source="sample")
    with monkeypatch.context() as patch:
        patch.setattr(results, "run", changed)
        waits = run_next(store, office.settings(), "sample", "me")
    assert waits is not None and (waits.state, waits.attempts) == ("running", 0)
    assert "it changed while the report was read" in waits.words
    assert run_next(store, office.settings(), "sample", "me") is None  # not at once
    later = datetime.now(UTC) + timedelta(minutes=2)
    assert store.jobs.claim("sample", "another", later) is not None
    assert (store.jobs.find(job.id) or job).attempts == 1


def test_the_owner_of_a_schedule_gets_a_mail_when_its_report_fails(
    store_url: str, office: PostOffice
) -> None:
    store = Store(store_url, "ann@example.org")
    kept = template(schedule={"every": "cron", "cron": "* * * * *"})
    wrong = kept.query.with_fields({"currency": "JPY"})
    kept = kept.model_copy(update={"query": wrong})
    saved = store.queries.add("Yen", kept, shared=False)
    queue_due(store, "sample", saved.changed_at + timedelta(minutes=2))
    assert not worker(store, office.settings(), "sample").once()
    (told,) = office.inbox.messages()
    assert (told["To"], told["Subject"]) == ("ann@example.org", "Not made: Yen")
    assert "no rate in force" in told.get_content()
    store.close()


@pytest.mark.parametrize("how", ["killed", "changing"])
def test_a_report_that_cannot_be_made_is_never_lost_in_silence(
    how: str, store_url: str, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers were killed, or its source changed for a day: the owner gets a mail."""
    from custdyn_widgets import result as results
    from custdyn_widgets.errors import SourceChanged

    store = Store(store_url, "ann@example.org")
    kept = template(schedule={"every": "cron", "cron": "* * * * *"})
    saved = store.queries.add("Month", kept, shared=False)
    (job,) = queue_due(store, "sample", saved.changed_at + timedelta(minutes=2))
    words = "3 workers ended in the middle of it"
    if how == "killed":
        for hours in (3, 2, 1):
            assert store.jobs.claim("sample", "gone", datetime.now(UTC) - timedelta(hours=hours))
    else:
        words = "it changed while the report was read"

        def changed(*_: Any, **__: Any) -> None:
            raise SourceChanged("sample")

        monkeypatch.setattr(results, "run", changed)
        monkeypatch.setattr("custdyn_widgets.delivery.jobs.PATIENCE", -timedelta(days=1))
    lines: list[str] = []
    settings = office.settings()
    assert not Worker(store, settings, "sample", schedules=False, on_event=lines.append).once()
    assert any(words in line for line in lines)
    (mail,) = office.inbox.messages()
    assert mail["Subject"] == "Not made: Month" and words in mail.get_content()
    found = store.jobs.find(job.id)
    assert found is not None and found.state == "failed"
    store.close()


def test_what_did_not_arrive_is_sent_again_though_nothing_has_changed(
    store: Store, office: PostOffice
) -> None:
    office.inbox.to[TO[0]] = ["550 no such user"]
    kept = template(skip_unchanged=True, schedule={"every": "cron", "cron": "* * * * *"})
    saved = store.queries.add("Each minute", kept, shared=False)
    ends = []
    for number in (2, 3, 4):
        (job,) = queue_due(store, "sample", saved.changed_at + timedelta(minutes=number))
        worker(store, office.settings(), "sample").once()
        ends.append((store.jobs.find(job.id) or job).state)
    assert ends == ["done", "done", "unchanged"]


def test_users_of_one_store_send_and_tidy_only_their_own(store: Store, office: PostOffice) -> None:
    bea, settings = store.of("bea"), office.settings()
    made, now = make({}, output={"type": "csv"}), datetime.now(UTC)
    other = office.settings(sender="reports@example.net", domains=("example.net",))
    parcel = Parcel(made, ("carl@example.net",), "Ours", "bea", "run-bea", None)
    assert keep_and_queue(bea, other, parcel, now)
    mine = Parcel(made, ("carl@example.org",), "Mine", "bea", "run-two", None)
    assert keep_and_queue(bea, settings, mine, now)
    assert list(flush(store, settings, "me", owner="ann")) == []
    assert [mail.title for mail, _ in flush(store, settings, "me")] == ["Mine"]
    assert {mail.title: mail.state for mail in bea.outbox.all()} == {
        "Ours": "queued",
        "Mine": "sent",
    }
    later = now + timedelta(days=900)
    assert store.archive.prune(later, days=1, count=1, owner="ann") == 0
    assert store.archive.prune(later, days=1, count=1) == 1  # the other is still to be sent


def test_mails_of_a_day_are_counted_where_they_are_queued(store: Store, office: PostOffice) -> None:
    settings, made = office.settings(most_a_day=3), make({}, output={"type": "csv"})
    for number in range(2):
        job = ask_by_mail(store, settings, template(), title=str(number), source="sample")
    assert not worker(store, settings, "sample").once()  # both had been asked for before
    states = {one.title: (one.state, one.words) for one in store.jobs.all("ann")}
    assert states["0"] == ("done", "")
    assert states["1"][0] == "failed" and "more than 3 mails in a day" in states["1"][1]
    assert [run_.id for run_ in store.archive.all("ann")] != [job.id]
    with pytest.raises(QueryError, match="more than 3 mails in a day"):
        keep_and_queue(
            *(store, settings, Parcel(made, tuple(TO), "x", "ann", "x", None)), datetime.now(UTC)
        )


def test_a_source_has_a_text_that_another_process_opens_it_by(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [source_text(name) for name in BUILT_IN] == list(BUILT_IN)
    monkeypatch.chdir(folder.parent)
    assert source_text("data") == source_text(Path("data")) == str(folder)
    assert source_text("no/such") == "no/such"
    assert source_text({}) is None
