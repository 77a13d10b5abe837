"""The command line of what outlives it: mails, schedules, workers, the archive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from custdyn_widgets.cli import main
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.schedule import Schedule
from custdyn_widgets.store import QueryTemplate, Store, my_store
from tests.support.mails import SENDER, Inbox, PostOffice, free_port, parsed, post_office

QUERY = 'period = { from = "2017-01-01", to = "2017-12-31" }\ncurrency = "USD"\n'
TO = ("ana@example.org", "bob@example.org")
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """A mail server, a store and a query of our own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CUSTDYN_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("CUSTDYN_USER", "ann")
    (tmp_path / "query.toml").write_text(QUERY)
    my_store.cache_clear()
    with post_office() as opened:
        for name, value in environment(opened).items():
            monkeypatch.setenv(name, value)
        yield opened
    my_store.cache_clear()


def environment(office: PostOffice) -> dict[str, str]:
    return {
        "CUSTDYN_SMTP_HOST": "127.0.0.1",
        "CUSTDYN_SMTP_PORT": str(office.port),
        "CUSTDYN_SMTP_SECURITY": "none",
        "CUSTDYN_SMTP_SENDER": SENDER,
        "CUSTDYN_SMTP_TIMEOUT": "5",
    }


@pytest.fixture
def said(capsysbinary: pytest.CaptureFixture[bytes]) -> Said:
    """Runs a command; gives its exit code, what it printed, and its errors."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        out, err = capsysbinary.readouterr()
        return code, out.decode("utf-8-sig", "replace"), err.decode()

    return run


REPORT = ("report", "--source", "sample", "--query", "query.toml")
ANA = ("--send-to", TO[0])


def test_a_report_is_mailed_and_its_addresses_are_answered_one_by_one(
    office: PostOffice, said: Said
) -> None:
    office.inbox.to[TO[1]] = ["550 no such user"]
    code, out, _ = said(*REPORT, "--format", "xlsx", *ANA, "--send-to", TO[1])
    assert code == 1
    lines = [line.split("\t") for line in out.splitlines()]
    assert [(state, to) for _, _, state, to, *_ in lines] == [("sent", TO[0]), ("failed", TO[1])]
    assert lines[1][-1] == "550 no such user"
    assert [to for to, _ in office.inbox.taken] == [TO[0]]
    assert said("outbox", "list")[1].splitlines() == out.splitlines()
    code, out, _ = said("outbox", "retry", lines[1][0])
    assert code == 0 and out == f"Customer Dynamics to {TO[1]}: taken by the server\n"
    code, _, err = said("outbox", "retry", lines[1][0])
    assert code == 2 and "is being sent, or has been" in err
    assert said("outbox", "retry", "zzz")[0] == 2


def test_a_query_with_addresses_is_mailed_unless_it_is_written(
    office: PostOffice, said: Said, tmp_path: Path
) -> None:
    with Path("query.toml").open("a") as file:
        file.write(f'[output]\ntype = "csv"\nsend_to = ["{TO[0]}"]\n')
    assert said(*REPORT, "--output", "report.csv")[0] == 0
    assert office.inbox.taken == [] and (tmp_path / "report.csv").read_bytes().startswith(b"\xef")
    assert said(*REPORT, "--format", "json")[0] == 0  # what cannot be mailed is written
    assert office.inbox.taken == []
    code, out, _ = said(*REPORT)
    assert code == 0 and "\tsent\t" in out and len(office.inbox.taken) == 1
    code, out, _ = said(*REPORT, "--output", "again.csv", "--send-to", TO[1])
    assert code == 0 and (tmp_path / "again.csv").exists()
    assert [to for to, _ in office.inbox.taken] == list(TO)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--format", "html", *ANA), "send_to goes only with type csv, xls or xlsx"),
        (("--format", "csv", "--send-to", "ana"), "is not an e-mail address"),
        (("--format", "csv", "--send-to", "ana@example.com"), "where mail may go"),
    ],
)
def test_what_cannot_be_mailed_is_refused_before_the_report_is_made(
    words: tuple[str, ...], message: str, office: PostOffice, said: Said
) -> None:
    code, out, err = said(*REPORT, *words)
    assert code == 2 and message in err and out == "" and err.count("\n") == 1


def test_without_a_mail_server_it_is_said_what_to_set(
    office: PostOffice, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in environment(office):
        monkeypatch.delenv(name)
    for words in ((*REPORT, "--format", "csv", *ANA), ("outbox", "flush"), ("run-due", "--source",
                  "sample")):  # fmt: skip
        code, _, err = said(*words)
        assert code == 2 and "give CUSTDYN_SMTP_HOST and CUSTDYN_SMTP_SENDER" in err


def test_a_server_that_is_away_keeps_the_mail_for_later(
    office: PostOffice, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTDYN_SMTP_PORT", str(free_port()))
    code, out, _ = said(*REPORT, "--format", "csv", *ANA)
    assert code == 0 and "\tqueued\t" in out and "cannot be used" in out
    monkeypatch.setenv("CUSTDYN_SMTP_PORT", str(office.port))
    assert said("outbox", "flush") == (0, "", "")  # its time has not come
    (mail,) = my_store().outbox.all()
    my_store().outbox.retry(mail, datetime.now(UTC))
    assert said("outbox", "flush")[1].endswith("taken by the server\n")


def weekly(name: str = "Weekly", **changes: object) -> None:
    query = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "timezone": "Europe/Vienna"}
    output = {"type": "xlsx", "send_to": list(TO)}
    kept = QueryTemplate(
        query=Query.model_validate({**query, "output": output}),
        schedule=Schedule.model_validate({"every": "week", **changes}),
    )
    my_store().queries.add(name, kept, shared=True)


def test_schedules_are_listed_paused_resumed_run_and_tried(
    office: PostOffice, said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekly()
    code, out, _ = said("schedules", "list")
    head, *runs = out.splitlines()
    assert code == 0
    assert head == f"Weekly\tweekly, Monday at 07:00, Europe/Vienna\t{', '.join(TO)}"
    assert len(runs) == 5
    assert all(line.startswith("  Mon ") and " 07:00 CE" in line for line in runs)
    assert said("schedules", "pause", "weekly")[1] == "paused: Weekly\n"
    assert "(paused)" in said("schedules", "list")[1]
    assert len(said("schedules", "list")[1].splitlines()) == 1
    assert said("schedules", "resume", "Weekly")[1] == "resumed: Weekly\n"
    for name in ("try.xlsx", "try.eml"):
        dry = said("schedules", "dry-run", "Weekly", "--source", "sample", "--output", name)
        assert dry[:2] == (0, f"written, not sent: {name}\n")
    assert (tmp_path / "try.xlsx").read_bytes().startswith(b"PK")
    message = parsed((tmp_path / "try.eml").read_bytes())
    assert isinstance(message, EmailMessage) and str(message["Subject"]).startswith("Weekly: ")
    assert office.inbox.taken == [] and my_store().archive.all("ann") == []
    code, out, _ = said("schedules", "run", "Weekly", "--source", "sample")
    assert code == 0 and out.count("\tsent\t") == 2 and len(office.inbox.taken) == 2
    assert my_store().archive.all("ann")[0].template_id is not None
    assert said("schedules", "run", "Nothing", "--source", "sample")[0] == 2
    my_store().queries.add("Bare", QueryTemplate(query=Query()), shared=False)
    assert "has no schedule" in said("schedules", "pause", "Bare")[2]
    monkeypatch.setenv("CUSTDYN_USER", "bob")
    my_store.cache_clear()
    assert said("schedules", "list")[:2] == (0, "")
    assert "no schedules yet" in said("schedules", "list")[2]
    code, _, err = said("schedules", "pause", "Weekly")  # it is shared, and still ann's
    assert code == 2 and "belongs to ann" in err


def test_run_due_makes_what_is_due_and_the_archive_keeps_it(
    office: PostOffice, said: Said, tmp_path: Path
) -> None:
    weekly("Each minute", every="cron", cron="* * * * *")
    with my_store()._database.writing() as connection:  # as if it had been saved an hour ago
        before = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
        connection.exec_driver_sql("UPDATE query_templates SET changed_at = ?", (before,))
    code, out, _ = said("run-due", "--source", "sample")
    due, made, *sent = out.splitlines()
    assert code == 0 and due.startswith("Each minute: due at 20") and made == "Each minute: done"
    assert sorted(sent) == [f"Each minute to {to}: taken by the server" for to in TO]
    (run,) = my_store().archive.all("ann")
    listed = said("archive", "list")[1]
    assert listed.startswith(f"{run.id[:8]}\t") and "\tEach minute\t" in listed
    shown = said("archive", "show", run.id[:8])[1]
    assert f"data fingerprint {run.fingerprint}" in shown and f"{TO[0]}: sent" in shown
    assert 'timezone = "Europe/Vienna"' in shown
    assert said("archive", "file", run.id, "--output", "kept.xlsx")[0] == 0
    assert said("archive", "file", run.id, "--output", "-")[0] == 0
    (file,) = office.inbox.messages()[0].iter_attachments()
    assert (tmp_path / "kept.xlsx").read_bytes() == file.get_content()
    code, out, err = said("verify", "kept.xlsx", "--source", "sample")
    assert (code, out) == (0, "same\n"), err
    assert said("archive", "compare", run.id, run.id)[:2] == (0, "nothing was restated\n")
    assert said("archive", "prune")[1] == "deleted: 0\n"
    assert said("archive", "show", "zzz")[0] == 2


def test_a_job_that_fails_makes_run_due_end_with_1(office: PostOffice, said: Said) -> None:
    weekly("Each minute", every="cron", cron="* * * * *")
    store = my_store()
    saved = store.queries.saved("Each minute")
    wrong = saved.kept.query.with_fields({"currency": "JPY"})
    store.queries.change(saved, kept=saved.kept.model_copy(update={"query": wrong}))
    with store._database.writing() as connection:
        long_ago = "2020-01-01T00:00:00+00:00"
        connection.exec_driver_sql("UPDATE query_templates SET changed_at = ?", (long_ago,))
    code, out, _ = said("run-due", "--source", "sample")
    assert code == 1 and "Each minute: failed, no rate in force" in out


@pytest.mark.parametrize("command", ["worker", pytest.param("scheduler", marks=pytest.mark.long)])
def test_a_worker_of_its_own_makes_what_is_asked_and_ends_in_good_order(
    command: str, office: PostOffice, tmp_path: Path
) -> None:
    from custdyn_widgets.delivery.jobs import ask_by_mail
    from custdyn_widgets.delivery.settings import settings_or_refuse

    weekly()
    store = my_store()
    kept = store.queries.find("Weekly")
    job = ask_by_mail(store, settings_or_refuse(), kept, title="Asked", source="sample")
    process = subprocess.Popen(
        [sys.executable, "-m", "custdyn_widgets.cli", command, "--source", "sample"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )
    deadline = time.monotonic() + 120
    while len(office.inbox.taken) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and "Asked: done\n" in out
    assert out.startswith(f"{command} of sample: stop with Ctrl+C\n")
    found = Store(str(tmp_path / "store.sqlite"), "ann").jobs.find(job.id)
    assert found is not None and found.state == "done"


def test_a_template_file_carries_its_schedule(office: PostOffice, said: Said) -> None:
    weekly(day="1", at="06:15")
    assert said("templates", "export", "Weekly", "--output", "weekly.toml")[0] == 0
    assert 'every = "week"' in Path("weekly.toml").read_text()
    assert said("templates", "delete", "Weekly")[0] == 0
    assert said("templates", "import", "weekly.toml")[0] == 0
    assert my_store().queries.find("Weekly").schedule == Schedule(every="week", at="06:15")
    code, out, _ = said("templates", "run", "Weekly", "--source", "sample")
    assert code == 0 and out.count("\tsent\t") == 2  # it has addresses, and no --output
    assert str(office.inbox.messages()[0]["Subject"]).startswith("Weekly: 2017-01-01")


def test_no_secret_is_said_in_any_failure(
    office: PostOffice, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "canary-4711"
    monkeypatch.setenv("CUSTDYN_SMTP_USER", "robot")
    monkeypatch.setenv("CUSTDYN_SMTP_PASSWORD", canary)
    told = []
    for changes in (
        {},  # the server knows no AUTH
        {"CUSTDYN_SMTP_SECURITY": "tls"},
        {"CUSTDYN_SMTP_SECURITY": "starttls"},
        {"CUSTDYN_SMTP_PORT": str(free_port())},
        {"CUSTDYN_SMTP_HOST": "no.such.host.invalid"},
        {"CUSTDYN_SMTP_PORT": "many"},
        {"CUSTDYN_SMTP_CA_FILE": "/no/such/file"},
    ):
        with monkeypatch.context() as patch:
            for name, value in changes.items():
                patch.setenv(name, value)
            told.append(json.dumps(said(*REPORT, "--format", "csv", *ANA)))
            told.append(json.dumps(said("outbox", "list", "--all")))
    with monkeypatch.context() as patch:
        patch.setenv("CUSTDYN_STORE", f"postgresql://robot:{canary}@127.0.0.1:{free_port()}/x")
        my_store.cache_clear()
        told.append(json.dumps(said("outbox", "list")))
    assert canary not in "".join(told)
    assert any("cannot be used" in one for one in told) and Inbox().taken == []
