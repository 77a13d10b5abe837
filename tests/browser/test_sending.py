"""Reports by mail in Chromium: asked for, watched, sent, found again in the archive."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from custdyn_widgets.store import Store
from tests.browser.conftest import FRONTS, Arrive, Servers
from tests.browser.drive import Visit, voila
from tests.browser.test_look import faults
from tests.support.mails import SENDER, PostOffice, post_office

Visits = Callable[..., Visit]
LINK = "?period=2017-01-01/2017-12-31&currency=USD&output.type=xlsx"


@dataclass
class Sending:
    """A mail server, a store, and a page whose reports are sent."""

    office: PostOffice
    store: Store
    address: str
    servers: Servers

    def go(self, visit: Visit, front: str, link: str = LINK, source: str = "sample") -> Visit:
        if front == "voila":
            visit.open(f"{self.address}/{link}")
        else:
            visit.run_the_cell(
                self.servers.notebook(
                    f"import os; os.environ.update({self.environment})\n"
                    "from custdyn_widgets import CustomerDynamics\n"
                    f"CustomerDynamics({source!r}, query={link!r})"
                )
            )
        return visit

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CUSTDYN_STORE": self.store_file,
            "CUSTDYN_USER": "ann",
            "CUSTDYN_SMTP_HOST": "127.0.0.1",
            "CUSTDYN_SMTP_PORT": str(self.office.port),
            "CUSTDYN_SMTP_SECURITY": "none",
            "CUSTDYN_SMTP_SENDER": SENDER,
            "CUSTDYN_SMTP_MOST_A_DAY": "1000",
        }

    store_file: str = ""


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Sending]:
    folder = tmp_path_factory.mktemp("sending")
    with ExitStack() as stack:
        office = stack.enter_context(post_office())
        file = str(folder / "store.sqlite")
        made = Sending(office, Store(file, "ann"), "", servers, file)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in made.environment.items():
                patch.setenv(name, value)
            made.address = stack.enter_context(voila("sample", folder))
        yield made


@pytest.fixture
def front_visit(visits: Visits, servers: Servers) -> Iterator[Visits]:
    yield visits
    servers.end_notebooks()


def ask(visit: Visit, *addresses: str) -> None:
    for address in addresses:
        visit.field("Send to").fill(address)
        visit.field("Send to").press("Enter")
    visit.press("Query")


def section(visit: Visit, title: str) -> Locator:
    """A list of what is sent."""
    here = visit.page.get_by_role("heading", name=title, exact=True)
    return visit.page.locator(".custdyn-deliveries section").filter(has=here)


def line(visit: Visit, title: str, *texts: str) -> Locator:
    rows = section(visit, title).locator("tbody tr")
    for text in texts:
        rows = rows.filter(has_text=text)
    return rows.first


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_a_report_is_asked_by_mail_watched_sent_and_kept(
    front: str, sending: Sending, front_visit: Visits, tmp_path: Path
) -> None:
    visit = sending.go(front_visit(), front)
    ana, bob = (f"{name}-{uuid.uuid4().hex[:6]}@example.org" for name in ("ana", "bob"))
    sending.office.inbox.to[bob] = ["550 no such user"]
    ask(visit, "eve@example.com")
    visit.page.get_by_text("where mail may go").wait_for()  # beside its field; nothing is queued
    visit.chip("eve@example.com").locator("button").click()
    ask(visit, ana, bob)
    visit.page.get_by_text("Queued: it will be sent to 2 addresses").wait_for()
    expect(line(visit, "Deliveries", ana)).to_contain_text("sent")
    expect(line(visit, "Deliveries", bob)).to_contain_text("550 no such user")
    expect(line(visit, "In progress", "done")).to_be_visible()
    mails = {mail.recipient: mail for mail in sending.store.outbox.all("ann")}
    assert (mails[ana].state, mails[bob].state) == ("sent", "failed")
    assert bob not in [to for to, _ in sending.office.inbox.taken]
    visit.press(f"Retry {bob}")
    expect(line(visit, "Deliveries", bob)).to_contain_text("taken by the server")
    run = sending.store.archive.find(mails[ana].message_id, "ann")
    with visit.page.expect_download() as download:
        line(visit, "Archive", run.result[:12]).get_by_role("button").click()
    download.value.save_as(tmp_path / "file.xlsx")
    (sent,) = (one for one in sending.office.inbox.messages() if one["To"] == ana)
    (part,) = sent.iter_attachments()
    assert (tmp_path / "file.xlsx").read_bytes() == part.get_content()

    again = sending.go(front_visit(), front)
    again.press("Sent reports")  # any later page shows what was asked for
    expect(line(again, "Deliveries", ana)).to_contain_text("sent")
    again.press("Close sent reports")
    expect(section(again, "Deliveries")).to_be_hidden()


@pytest.mark.parametrize("front", FRONTS)
def test_a_schedule_is_made_shown_beforehand_paused_and_run_now(
    front: str, sending: Sending, front_visit: Visits
) -> None:
    visit = sending.go(  # a page of web type, in a zone of its own
        front_visit(), front, "?period=last_month&timezone=Europe/Vienna"
    )
    title = f"Monday {uuid.uuid4().hex[:6]}"
    to = f"{title.split()[1]}@example.org"
    visit.press("Save Query")
    visit.write("Query title", title)
    visit.press("Send it regularly")
    visit.choose("Schedule", "Daily")
    visit.press("Save query")
    visit.page.get_by_text("a page cannot be sent").wait_for()
    visit.choose("File type", "CSV")
    visit.press("Save query")
    visit.page.get_by_text("whom does the schedule send").wait_for()
    visit.field("Send the file to").fill(to)
    visit.field("Send the file to").press("Enter")
    visit.choose("Schedule", "Cron text")
    visit.write("Cron text", "0 7 * *")
    visit.page.get_by_text("is not five fields").first.wait_for()
    visit.choose("Schedule", "Weekly")
    visit.choose("Weekday", "Friday")
    visit.write("Time of day", "18:30")
    preview = visit.page.get_by_text("Next runs (Europe/Vienna):")
    expect(preview).to_contain_text("18:30")
    assert preview.inner_text().count("Fri ") == 5
    visit.press("Save query")
    visit.page.get_by_text("Saved.").wait_for()
    kept = sending.store.queries.find(title)
    assert kept.schedule is not None and kept.schedule.words == "weekly, Friday at 18:30"
    assert kept.query.output.send_to == (to,) and kept.query.output.type == "csv"
    visit.press("Pause the schedule")
    visit.page.get_by_text("Paused: nothing is run by itself.").wait_for()
    paused = sending.store.queries.find(title).schedule
    assert paused is not None and paused.paused
    visit.press("Resume the schedule")
    visit.page.get_by_text("Resumed.").wait_for()
    visit.press("Run and send now")
    expect(line(visit, "Deliveries", to)).to_contain_text("sent")
    expect(line(visit, "Archive", title)).to_be_visible()


def test_two_runs_are_laid_side_by_side(sending: Sending, front_visit: Visits) -> None:
    visit = sending.go(front_visit(), "voila", f"{LINK}&active_duration=5")
    to = f"{uuid.uuid4().hex[:6]}@example.org"
    ask(visit, to)
    expect(line(visit, "Deliveries", to)).to_contain_text("sent")
    visit.press("Query")
    expect(section(visit, "Deliveries").locator("tbody tr", has_text=to)).to_have_count(2)
    expect(section(visit, "Deliveries").locator("tr", has_text="sending")).to_have_count(0)
    runs = sending.store.archive.all("ann", 2)
    assert runs[0].result == runs[1].result
    made = f"{runs[0].made_at:%Y-%m-%d %H:%M:%S}"
    expect(section(visit, "Archive").locator("tbody tr").first).to_contain_text(made)
    boxes = section(visit, "Archive").locator("input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    visit.page.get_by_text("Nothing that was over was restated.").wait_for()
    boxes.nth(0).uncheck()
    expect(visit.page.get_by_text("Nothing that was over was restated.")).to_have_count(0)
    assert faults(visit) == []


def test_without_a_worker_it_is_said_and_a_job_can_be_cancelled(
    sending: Sending, front_visit: Visits, tmp_path: Path
) -> None:
    (tmp_path / "clients.csv").write_text("client_id\n")
    visit = sending.go(front_visit(), "lab", LINK, str(tmp_path))
    ask(visit, f"{uuid.uuid4().hex[:6]}@example.org")
    visit.page.get_by_text(f"No worker takes jobs of {tmp_path}").wait_for()
    expect(visit.page.get_by_role("button", name="Sent reports (1)")).to_be_visible()
    line(visit, "In progress", "queued").get_by_role("button").click()
    expect(line(visit, "In progress", "cancelled")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Sent reports", exact=True)).to_be_visible()


def test_without_a_mail_server_it_is_said_at_send_to(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", LINK)
    ask(visit, "ana@example.org")
    visit.page.get_by_text("mail is not set up here; ask who runs this page").wait_for()


@pytest.mark.parametrize("width", [1440, 390])
def test_the_lists_fit_the_page(width: int, sending: Sending, front_visit: Visits) -> None:
    visit = sending.go(front_visit(width), "voila")
    ask(visit, f"{uuid.uuid4().hex[:6]}@example.org")
    expect(section(visit, "Archive").locator("tbody tr").first).to_be_visible()
    found = faults(visit)
    visit.press("Close sent reports")
    visit.press("Save Query")
    visit.page.get_by_label("File type").wait_for()
    assert found == []
    assert faults(visit) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
