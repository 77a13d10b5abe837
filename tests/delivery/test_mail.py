"""Mails: what stands in them, what is refused, and what becomes of them at a real server."""

from __future__ import annotations

import asyncio
import io
import re
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from custdyn_widgets.delivery.body import Letter, html_body, text_body
from custdyn_widgets.delivery.sending import Parcel, composed, flush, keep_and_queue, pause
from custdyn_widgets.delivery.settings import MailError, MailSettings, mail_settings
from custdyn_widgets.delivery.smtp import Outcome, addressed
from custdyn_widgets.errors import QueryError
from custdyn_widgets.result import Result, run
from custdyn_widgets.store import Mail, Store
from custdyn_widgets.views.chart_spec import ChartSpec
from tests.support.hostile import CORPUS
from tests.support.mails import (
    HOST,
    SENDER,
    Inbox,
    PostOffice,
    dripping,
    free_port,
    only,
    post_office,
    silent,
    tls,
)
from tests.support.mails import parsed as read
from tests.support.small import entry, make

NOW = datetime(2026, 11, 25, 7, tzinfo=UTC)
TAGS = "!doctype html head meta title style body div p h1 table thead tbody tr td th a img br"
FIVE = tuple(f"client{number}@example.org" for number in range(5))


@pytest.fixture(scope="module")
def result() -> Result:
    """A small report as XLSX."""
    paid = [entry(1, 1, "2024-03-05T10:00:00Z", "refill", "-12.50")]
    return make({"ledger": paid}, output={"type": "xlsx"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store.sqlite"), "ann")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


def queue(
    store: Store, settings: MailSettings, result: Result, to: tuple[str, ...] = FIVE, at: Any = NOW
) -> str:
    """Queues a report; the id of its run."""
    run_id = f"run-{len(store.archive.all(store.user))}-{store.user}"[:36]
    parcel = Parcel(result, to, "Monday figures", store.user, run_id)
    assert keep_and_queue(store, settings, parcel, at)
    return run_id


def send(store: Store, settings: MailSettings, at: datetime = NOW) -> list[Outcome]:
    return [answer.outcome for _, answer in flush(store, settings, "me", clock=lambda: at)]


def states(store: Store, run_id: str) -> dict[str, str]:
    return {mail.recipient: mail.state for mail in store.outbox.of(run_id)}


def by_address(store: Store, run_id: str) -> dict[str, Mail]:
    return {mail.recipient: mail for mail in store.outbox.of(run_id)}


# what stands in a mail


def test_a_mail_holds_summary_table_chart_file_link_and_proof(
    store: Store, office: PostOffice, result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTDYN_PAGE", "http://127.0.0.1:8866/")
    run_id = queue(store, office.settings(), result, ("ana@example.org",))
    assert send(store, office.settings()) == [Outcome.SENT]
    (message,) = office.inbox.messages()
    assert message["Subject"] == "Monday figures: 2024-01-01 – 2024-12-31"
    assert (message["From"], message["To"]) == (SENDER, "ana@example.org")
    assert message["X-CD-Run-Id"] == run_id
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None and html is not None
    proof = result.provenance
    for said in (text.get_content(), html.get_content()):
        for word in (
            "Monday figures",
            "Clients - Active",
            "12.50",
            proof.fingerprint,
            proof.result,
        ):
            assert word in said
        assert '"period": {"from": "2024-01-01T00:00:00"' in said.replace("&quot;", '"')
        assert "http://127.0.0.1:8866/?period=2024-01-01" in said.replace("&amp;", "&")
        assert "ana@" not in said
    pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert len(pictures) == 1 and pictures[0].get_content().startswith(b"\x89PNG")
    assert f"cid:{pictures[0]['Content-ID'].strip('<>')}" in html.get_content()
    (file,) = message.iter_attachments()
    assert file.get_filename() == result.file_name("xlsx")
    book = openpyxl.load_workbook(io.BytesIO(file.get_content()))
    assert "Info" in book.sheetnames
    assert file.get_content() == store.archive.contents(store.archive.find(run_id, "ann")).file


def test_a_wide_report_says_what_of_it_the_body_shows(result: Result) -> None:
    message = made(result)
    text = message.get_body(("plain",))
    assert text is not None and "5 of 12 columns" in text.get_content()
    assert "08/2024" in text.get_content() and "07/2024" not in text.get_content()


def test_a_mail_shows_the_running_bucket_and_no_future_one() -> None:
    """A mail of October has June to October, every row of the default report, what changed."""
    october = datetime(2026, 10, 20, 8, tzinfo=UTC)
    report = run({"period": "this_year", "currency": "EUR"}, "demo", as_of=october)
    letter = Letter("Monday", "r.xlsx")
    text = text_body(report.report, report.provenance, letter)
    html = html_body(report.report, report.provenance, letter)
    for body in (text, html):
        assert "10/2026 (running)" in body and "06/2026" in body
        assert "11/2026" not in body and "12/2026" not in body and "05/2026" not in body
        for row in report.report.rows:
            assert row.row in body and row.title in body
    words = text.split("\n\n")[1:4]
    assert words[0].startswith("Clients - ") and "in 09/2026 (+" in words[0]
    assert words[2].startswith("Pay As You Go: Total: customers spent ")
    assert html.index("Pay As You Go: Total: customers") < html.index("Interval")
    ahead = run({"period": {"from": "2030-01-01", "to": "2030-03-31"}}, "demo", as_of=october)
    assert "03/2030 (future)" in text_body(ahead.report, ahead.provenance, letter)


def test_the_warnings_of_a_report_stand_in_its_mail() -> None:
    ledger = [entry(1, 1, "2024-01-05T00:00:00Z", "Call", "-1")]
    message = made(make({"ledger": ledger}, output={"type": "csv", "send_to": ["a@example.org"]}))
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None and "did you mean payg?" in body.get_content()


def made(result: Result, settings: MailSettings | None = None, **more: Any) -> EmailMessage:
    settings = settings or MailSettings(host=HOST, sender=SENDER)
    file = more.pop("file", result.to_file(result.report.query.output.type))
    parcel = Parcel(result, (), more.pop("title", "Monday figures"), "ann", "run", **more)
    return read(composed(settings, parcel, NOW, file))


def test_names_are_only_text_in_a_mail(result: Result) -> None:
    for name in CORPUS:
        letter = Letter(name, name, (name,), None, None)
        html = html_body(result.report, result.provenance, letter)
        tags = set(re.findall(r"<(/?[a-z0-9!]+)", html))
        assert tags <= {f"{slash}{tag}" for slash in ("", "/") for tag in TAGS.split()}, name


def test_a_chart_that_cannot_be_drawn_is_said(result: Result) -> None:
    line = {"block": "Package", "package": "Nobody's", "row": "Renew Total", "kind": "line"}
    gone = ChartSpec.model_validate({"title": "Gone", "series": [line]})
    for chart, said in ((gone, "The chart is not drawn: "), (None, "Its chart is not there")):
        text = made(result, chart=chart).get_body(("plain",))
        assert text is not None and said in text.get_content()


@pytest.mark.parametrize(
    "attack",
    [
        f"Figures{sign}Bcc: evil@example.com"
        for sign in ("\r\n", "\n", "\r", "\n ", "\r\n\t", "\x0b", "\x0c", "\x1c", "\x85", "\u2028")
    ]
    + ["Figures\r\n\r\n<script>", "\u202egnp.exe", "A\0B", "\r\n.\r\nMAIL FROM:<evil@example.com>"],
)
def test_no_header_gets_in_by_a_title_or_an_address(
    attack: str, store: Store, office: PostOffice, result: Result
) -> None:
    from custdyn_widgets.query.query import Query
    from custdyn_widgets.store import QueryTemplate

    with pytest.raises(QueryError):
        store.queries.add(attack, QueryTemplate(query=Query()), shared=False)
    for address in (f"ana@example.org{attack}", f"{attack}@example.org", f'"{attack}"@example.org'):
        with pytest.raises(QueryError):
            Query.model_validate({"output": {"type": "csv", "send_to": [address]}})
    try:
        message = made(result, title=attack)
    except ValueError:
        return  # refused, before anything was stored
    assert message["Bcc"] is None and [*message.keys()].count("Subject") == 1
    assert message.is_multipart() and len(list(message.iter_attachments())) == 1


def test_a_title_that_is_fine_gets_through_as_it_is(result: Result) -> None:
    """The control of the test above: it is not the test that refuses."""
    title = "Zürich – 月次 (€) <b>&amp;"
    message = made(result, title=title)
    assert message["Subject"].startswith(title)


def test_a_file_that_is_too_big_is_packed_then_left_out(result: Result, store: Store) -> None:
    file = result.to_file("xlsx")
    parcel = Parcel(result, (), "Figures", "ann", "run-7", None)
    settings = MailSettings(host=HOST, sender=SENDER)
    padded = file + b"\0" * 3_000_000
    whole = len(composed(settings, parcel, NOW, padded))
    for most, name in ((whole, "xlsx"), (whole - 1, "zip"), (1_000, "too-big.txt")):
        limit = settings.model_copy(update={"most_megabytes": (most + 0.5) / 1e6})
        content = composed(limit, parcel, NOW, padded)
        assert len(content) <= max(most, 60_000)  # what is said stays, whatever its length
        (part,) = read(content).iter_attachments()
        assert str(part.get_filename()).endswith(name)
        if name == "zip":
            with zipfile.ZipFile(io.BytesIO(part.get_content())) as archive:
                assert archive.read(result.file_name("xlsx")) == padded
        if name == "too-big.txt":
            assert "custdyn archive file run-7" in part.get_content()


def test_a_packed_csv_is_the_csv() -> None:
    shown = make({}, output={"type": "csv"})
    file = "Zürich € \r\n".encode() * 50_000
    tight = MailSettings(host=HOST, sender=SENDER, most_megabytes=0.3)
    (part,) = made(shown, tight, file=file, chart=None).iter_attachments()
    with zipfile.ZipFile(io.BytesIO(part.get_content())) as archive:
        assert archive.read(shown.file_name("csv")) == file


# whom it may go to


def test_mail_goes_only_to_the_domains_that_are_allowed(store: Store, result: Result) -> None:
    settings = MailSettings(host=HOST, sender=SENDER)
    lookalike = "ana@ex\u0430mple.org"  # with a Cyrillic letter
    for foreign in ("ana@example.com", lookalike, "ana@sub.example.org"):
        with pytest.raises(QueryError, match="where mail may go") as raised:
            queue(store, settings, result, ("bob@example.org", foreign))
        assert [fault.value for fault in raised.value.faults] == [foreign]
        assert store.outbox.all() == [] and store.archive.all("ann") == []
    both = MailSettings(host=HOST, sender=SENDER, domains=("bücher.example", "example.com"))
    both.check(["ana@xn--bcher-kva.example", "bob@EXAMPLE.com"])
    with pytest.raises(QueryError):
        both.check([SENDER])


def test_what_is_no_longer_allowed_is_not_sent(
    store: Store, office: PostOffice, result: Result
) -> None:
    run_id = queue(store, office.settings(), result, ("ana@example.org",))
    assert send(store, office.settings(domains=("example.com",))) == [Outcome.NEVER]
    assert states(store, run_id) == {"ana@example.org": "failed"} and not office.inbox.taken


def test_a_user_sends_so_many_mails_a_day(store: Store, result: Result, office: PostOffice) -> None:
    settings = office.settings(most_a_day=7)
    queue(store, settings, result)
    with pytest.raises(QueryError, match="more than 7 mails in a day"):
        queue(store, settings, result)
    assert len(store.outbox.all()) == 5
    queue(store, settings, result, at=NOW + timedelta(hours=25))
    assert len(store.outbox.all()) == 10


# settings


def test_settings_come_from_the_environment_and_a_file_only_we_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert mail_settings() is None
    secrets = tmp_path / "smtp.toml"
    secrets.write_text(
        'host = "mail.example.org"\nsender = "a@example.org"\npassword = "canary-4711"\n'
        'domains = ["example.org", "example.net"]\n'
    )
    monkeypatch.setenv("CUSTDYN_SMTP_FILE", str(secrets))
    secrets.chmod(0o644)
    with pytest.raises(MailError, match="chmod 600"):
        mail_settings()
    secrets.chmod(0o600)
    monkeypatch.setenv("CUSTDYN_SMTP_HOST", HOST)
    found = mail_settings()
    assert found is not None and (found.host, found.security) == (HOST, "starttls")
    assert found.allowed == ("example.org", "example.net")
    assert "canary-4711" not in repr(found) + str(found) + found.model_dump_json()
    monkeypatch.setenv("CUSTDYN_SMTP_PORT", "canary-4711")
    monkeypatch.setenv("CUSTDYN_SMTP_SECURITY", "ssl")
    with pytest.raises(MailError, match="CUSTDYN_SMTP_SECURITY is not one of") as raised:
        mail_settings()
    assert "canary-4711" not in str(raised.value) and "CUSTDYN_SMTP_PORT" in str(raised.value)
    for content in (b"password = 'canary-4711", b"\xff"):
        secrets.write_bytes(content)
        with pytest.raises(MailError, match="is not TOML") as raised:
            mail_settings()
        assert "canary" not in str(raised.value)
    monkeypatch.setenv("CUSTDYN_SMTP_FILE", str(tmp_path / "none"))
    with pytest.raises(MailError, match="cannot be read"):
        mail_settings()


# what servers do


def test_a_server_that_is_not_there_leaves_all_for_later(store: Store, result: Result) -> None:
    settings = PostOffice(free_port(), Inbox()).settings()
    run_id = queue(store, settings, result)
    assert send(store, settings) == [Outcome.UNREACHABLE] * 5
    mails = store.outbox.of(run_id)
    assert {mail.state for mail in mails} == {"queued"}
    assert {mail.next_at - NOW for mail in mails} == {timedelta(minutes=1)}
    assert all("cannot be used" in mail.answer for mail in mails)
    assert send(store, settings) == []  # not before its time


@pytest.mark.parametrize("server", [silent, dripping])
def test_a_server_that_hangs_does_not_hold_us(server: Any, store: Store, result: Result) -> None:
    with server() as office:
        settings = office.settings(timeout=0.5)
        run_id = queue(store, settings, result)
        begun = time.monotonic()
        outcomes = send(store, settings)
        assert time.monotonic() - begun < 60  # as it is, never
        assert set(outcomes) <= {Outcome.UNREACHABLE, Outcome.LATER} and len(outcomes) == 5
    assert set(states(store, run_id).values()) == {"queued"}


def test_a_server_that_looks_through_a_mail_first_is_waited_for(
    store: Store, result: Result
) -> None:
    class Careful(Inbox):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            await asyncio.sleep(1.5)
            return await super().handle_DATA(server, session, envelope)

    with post_office(Careful()) as office:
        settings = office.settings(timeout=0.5)
        queue(store, settings, result, FIVE[:1])
        assert send(store, settings) == [Outcome.SENT]
        assert len(office.inbox.taken) == 1


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("mail", "421 closing down"),
        ("mail", "451 later"),
        ("data", "451 greylisted, come again"),
        ("data", "452 no room"),
    ],
)
def test_what_a_server_puts_off_is_sent_later(
    where: str, answer: str, store: Store, office: PostOffice, result: Result
) -> None:
    getattr(office.inbox, where).append(answer)
    settings = office.settings()
    run_id = queue(store, settings, result, FIVE[:2])
    assert sorted(one.name for one in send(store, settings)) == ["LATER", "SENT"]
    (waits,) = (mail for mail in store.outbox.of(run_id) if mail.state == "queued")
    assert answer[:3] in waits.answer or "connection" in waits.answer
    assert send(store, settings, NOW + timedelta(minutes=1)) == [Outcome.SENT]
    assert set(states(store, run_id).values()) == {"sent"}
    assert sorted(to for to, _ in office.inbox.taken) == list(FIVE[:2])


def test_a_recipient_who_is_put_off_twice_waits_twice_as_long(
    store: Store, office: PostOffice, result: Result
) -> None:
    office.inbox.to[FIVE[0]] = ["451 greylisted", "450 greylisted"]
    settings, at = office.settings(), NOW
    run_id = queue(store, settings, result, FIVE[:1])
    for minutes in (1, 2):
        assert send(store, settings, at) == [Outcome.LATER]
        (mail,) = store.outbox.of(run_id)
        assert mail.next_at - at == timedelta(minutes=minutes)
        at = mail.next_at
    assert send(store, settings, at) == [Outcome.SENT]
    assert by_address(store, run_id)[FIVE[0]].attempts == 3


def test_one_of_five_who_is_refused_is_final_and_the_others_get_it(
    store: Store, office: PostOffice, result: Result
) -> None:
    office.inbox.to[FIVE[2]] = ["550 no such user"]
    run_id = queue(store, office.settings(), result)
    send(store, office.settings())
    assert states(store, run_id) == {**dict.fromkeys(FIVE, "sent"), FIVE[2]: "failed"}
    assert by_address(store, run_id)[FIVE[2]].answer == "550 no such user"
    assert {to for to, _ in office.inbox.taken} == {*FIVE} - {FIVE[2]}
    assert send(store, office.settings(), NOW + timedelta(days=2)) == []
    store.outbox.retry(by_address(store, run_id)[FIVE[2]], NOW)
    assert send(store, office.settings()) == [Outcome.SENT]


def test_a_connection_cut_after_data_sends_once_more_with_the_same_message_id(
    store: Store, office: PostOffice, result: Result
) -> None:
    office.inbox.cut = 1
    run_id = queue(store, office.settings(), result, FIVE[:1])
    assert send(store, office.settings()) == [Outcome.LATER]
    assert states(store, run_id) == {FIVE[0]: "queued"}
    assert send(store, office.settings(), NOW + timedelta(minutes=1)) == [Outcome.SENT]
    ids = [message["Message-ID"] for message in office.inbox.messages()]
    assert len(ids) == 2 and len(set(ids)) == 1


def test_a_server_that_takes_less_gets_the_file_packed(store: Store, result: Result) -> None:
    with post_office(data_size_limit=90_000) as office:
        parcel = Parcel(result, FIVE[:1], "Figures", "ann", "run-9", None)
        content = composed(office.settings(), parcel, NOW, b"0" * 200_000)
        mail = Mail(
            "m", "run-9", "ann", SENDER, "Figures", FIVE[0], NOW, NOW, NOW + timedelta(days=1)
        )
        store.outbox.post("run-9", content, [mail])
        assert send(store, office.settings()) == [Outcome.SENT]
        (part,) = office.inbox.messages()[0].iter_attachments()
        assert str(part.get_filename()).endswith(".xlsx.zip")


def test_what_is_put_off_for_a_day_is_given_up_and_the_owner_gets_a_mail(
    tmp_path: Path, office: PostOffice, result: Result
) -> None:
    store = Store(str(tmp_path / "store.sqlite"), "owner@example.org")
    office.inbox.to[FIVE[0]] = ["451 later"] * 100
    settings, at = office.settings(), NOW
    run_id = queue(store, settings, result, FIVE[:1])
    pauses = []
    while by_address(store, run_id)[FIVE[0]].state == "queued":
        send(store, settings, at)
        mail = by_address(store, run_id)[FIVE[0]]
        pauses.append(mail.next_at - at)
        at = max(mail.next_at, at + timedelta(seconds=1))
    assert "given up after" in mail.answer and "451 later" in mail.answer
    assert at - NOW <= timedelta(hours=25) and mail.attempts > 20
    assert pauses[:7] == [pause(number) for number in range(1, 8)] and pauses[6] == pauses[8]
    assert send(store, settings, at) == [Outcome.SENT]
    (told,) = office.inbox.messages()
    assert told["To"] == "owner@example.org" and told["Subject"] == "Not delivered: Monday figures"
    assert FIVE[0] in told.get_content() and "451 later" in told.get_content()


def test_a_report_of_a_failure_that_fails_is_not_reported_in_turn(
    store: Store, office: PostOffice, result: Result
) -> None:
    settings = office.settings(report_to="boss@example.org")
    office.inbox.to = {FIVE[0]: ["550 no"], "boss@example.org": ["550 no"]}
    queue(store, settings, result, FIVE[:1])
    assert [*send(store, settings), *send(store, settings), *send(store, settings)] == [
        Outcome.NEVER,
        Outcome.NEVER,
    ]
    assert len(store.outbox.all()) == 2


def test_tls_is_required_and_its_certificate_checked(
    store: Store, result: Result, tmp_path: Path
) -> None:
    context, ca_file = tls(tmp_path)
    with post_office(tls_context=context, require_starttls=True) as office:
        run_id = queue(store, office.settings(), result, FIVE[:1])
        strict = office.settings(security="starttls")
        assert send(store, strict) == [Outcome.UNREACHABLE]
        assert "CERTIFICATE_VERIFY_FAILED" in by_address(store, run_id)[FIVE[0]].answer
        trusted = office.settings(security="starttls", ca_file=ca_file)
        assert send(store, trusted, NOW + timedelta(minutes=1)) == [Outcome.SENT]
    with post_office() as plain:  # it offers no TLS: nothing is sent in the clear
        queue(store, plain.settings(), result, FIVE[1:2])
        assert send(store, plain.settings(security="starttls")) == [Outcome.UNREACHABLE]
        assert plain.inbox.taken == []
    with post_office(ssl_context=context) as office:
        at = NOW + timedelta(minutes=1)
        assert send(store, office.settings(security="tls", ca_file=ca_file), at) == [Outcome.SENT]


def test_a_password_is_used_and_never_said(store: Store, result: Result) -> None:
    check = only("robot", "canary-4711")
    with post_office(authenticator=check, auth_required=True, auth_require_tls=False) as office:
        run_id = queue(store, office.settings(), result, FIVE[:1])
        wrong = office.settings(user="robot", password="canary-0815")  # noqa: S106
        assert send(store, wrong) == [Outcome.UNREACHABLE]
        answer = by_address(store, run_id)[FIVE[0]].answer
        assert answer.endswith("535 user and password are refused")  # no word of the server's
        right = office.settings(user="robot", password="canary-4711")  # noqa: S106
        assert send(store, right, NOW + timedelta(minutes=1)) == [Outcome.SENT]
        strange = office.settings(user="robot", password="canary-ü")  # noqa: S106
        queue(store, strange, result, FIVE[1:2])
        assert send(store, strange) == [Outcome.UNREACHABLE]
        (waits,) = (mail for mail in store.outbox.all() if mail.state == "queued")
        assert "UnicodeEncodeError" in waits.answer and "\\xfc" not in waits.answer
    with pytest.raises(QueryError, match="in the clear"):
        MailSettings(
            host="mail.example.org",
            sender=SENDER,
            security="none",
            user="robot",
            password="canary-4711",  # noqa: S106
        )
    with pytest.raises(QueryError, match="report_to"):
        MailSettings(host=HOST, sender=SENDER, report_to="boss@example.com")
    assert b"canary" not in b"".join(content for _, content in office.inbox.taken)


def test_an_address_that_is_not_ascii_goes_to_servers_that_take_it(
    store: Store, result: Result
) -> None:
    address = "jürgen@example.org"
    with post_office(enable_SMTPUTF8=True) as office:
        run_id = queue(store, office.settings(), result, (address, "ana@example.org"))
        send(store, office.settings())
        assert set(states(store, run_id).values()) == {"sent"}
        assert address in [to for to, _ in office.inbox.taken]
    with post_office(enable_SMTPUTF8=False) as office:
        run_id = queue(store, office.settings(), result, (address, "ana@example.org"))
        send(store, office.settings())
        assert states(store, run_id) == {address: "failed", "ana@example.org": "sent"}


def test_two_senders_at_once_send_each_mail_once(
    store_url: str, office: PostOffice, result: Result
) -> None:
    stores = [Store(store_url, "ann") for _ in range(2)]
    settings = office.settings()
    queue(stores[0], settings, result)
    turns = [flush(store, settings, f"worker {number}") for number, store in enumerate(stores)]
    sent = 0
    while turns:
        for turn in list(turns):
            if next(turn, None) is None:
                turns.remove(turn)
            else:
                sent += 1
    assert sent == 5 and sorted(to for to, _ in office.inbox.taken) == list(FIVE)
    for store in stores:
        store.close()


def test_a_stored_message_takes_its_recipient_and_nothing_else() -> None:
    message = addressed(
        b"Subject: x\r\nFrom: a@example.org\r\n\r\nbody\r\n", "b@example.org", "<i@j>"
    )
    assert message.as_bytes().count(b"\r\nTo: b@example.org\r\n") == 1
    with pytest.raises(ValueError, match="linefeed"):
        addressed(b"\r\n", "b@example.org\r\nBcc: c@example.org", "<i@j>")
