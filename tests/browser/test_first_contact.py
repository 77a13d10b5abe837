"""First contact on the page: what is in the data, what is hardly meant, where the data is."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from custdyn_widgets import run
from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit
from tests.browser.test_look import faults

CLIENTS = "client_id,name,type,currency,created_at\n1,Ada,client,EUR,2024-01-01\n"
LEDGER = (
    "entry_id,client_id,occurred_at,kind,amount\n1,1,2024-03-05,Refill,20\n2,1,2024-03-06,Call,-5\n"
)


@pytest.fixture
def export(tmp_path: Path) -> str:
    folder = tmp_path / "secret-place" / "export"
    folder.mkdir(parents=True)
    (folder / "clients.csv").write_text(CLIENTS)
    (folder / "ledger.csv").write_text(LEDGER)
    return str(folder)


def notice(visit: Visit, title: str) -> str:
    """The words of a notice, once it is there."""
    found = visit.page.locator(".custdyn-app .custdyn-notice", has_text=title)
    found.wait_for()
    return found.inner_text()


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_a_first_file_says_what_is_in_it_and_what_is_hardly_meant(
    front: str, arrive: Arrive, export: str
) -> None:
    visit = arrive(front, export)
    told = notice(visit, "This may not be what you meant")
    assert "no entry is of kind refill, payg" in told and "did you mean payg?" in told
    welcome = notice(visit, "balances, top-ups and spending")
    assert "Entries: Refill (other): 1, sum of amounts 20.00, 0 negative, 1 positive" in welcome
    assert "2024-03-05 00:00:00 – 2024-03-06 00:00:00 UTC" in welcome
    visit.query()  # the form is open where the data is
    table = visit.page.locator(".custdyn-app table.custdyn").last
    expect(table).to_contain_text("03/2024")
    above = visit.page.locator(".custdyn-app .custdyn-notice.warning")
    expect(above).to_contain_text("ledger.kind: 1 entry of kind 'Call', sum of amounts -5.00")
    assert above.bounding_box()["y"] < table.bounding_box()["y"]  # type: ignore[index]
    visit.page.get_by_role("button", name="Data quality: 3").click()
    visit.page.get_by_text("no data errors, 3 warnings").wait_for()
    assert "secret-place" not in visit.page.locator(".custdyn-app").last.inner_text()


@pytest.mark.parametrize("front", FRONTS)
def test_a_period_without_entries_offers_the_year_of_the_data(
    front: str, arrive: Arrive, export: str
) -> None:
    visit = arrive(front, export, "?period=last_year")
    told = notice(visit, "The period begins after the data ends")
    assert "Data: 2024-03-05 – 2024-03-06" in told
    visit.page.get_by_role("button", name="Show 2024").click()
    expect(visit.page.locator(".custdyn-app table.custdyn").last).to_contain_text("03/2024")
    offer = visit.page.get_by_role("button", name="Show 2024")
    offer.wait_for(state="detached")
    wanted = run({"period": {"from": "2024-01-01", "to": "2024-12-31"}}, export)
    shown = visit.page.locator(".custdyn-app table.custdyn tbody tr").nth(1).inner_text()
    assert len(shown.split()) == 1 + len(wanted.report.buckets)


def test_the_sample_opens_where_its_data_is(arrive: Arrive) -> None:
    visit = arrive("voila", "sample")
    notice(visit, "balances, top-ups and spending")
    expect(visit.page.get_by_label("From", exact=False).first).to_have_value("2017-01-01 00:00:00")
    assert visit.page.locator(".custdyn-app .custdyn-notice.warning").count() == 0


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_a_first_file(
    theme: str, width: int, arrive: Arrive, export: str
) -> None:
    visit = arrive("voila", export, f"?period=last_year&theme={theme}", width=width)
    notice(visit, "This may not be what you meant")
    assert faults(visit) == []
