"""The states of the page, each as a reader meets it, in Voilà and in JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import FRONTS, Arrive

pytestmark = pytest.mark.parametrize("front", FRONTS)
LONG = "?period=2015-01-01/2017-12-31&group_by=date&client_type=client"


def test_at_first_the_page_explains_itself_and_query_is_one_key_away(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "sample")
    assert "press Query" in visit.notice("balances, top-ups and spending").inner_text()
    if front == "voila":  # a notebook keeps its own focus: there it is the button's access key
        visit.page.wait_for_function("document.activeElement.textContent === 'Query'")
        visit.page.keyboard.press("Enter")
    else:
        visit.page.locator(".custdyn-title").click()  # in a notebook's editor the key is its own
        visit.page.keyboard.press("Alt+q")
    visit.table()
    assert visit.page.locator(".custdyn-notice.welcome").count() == 0


@pytest.mark.journey
def test_a_long_query_shows_progress_leaves_the_form_usable_and_can_be_cancelled(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "slow", LONG)
    visit.query()
    cancel = visit.page.get_by_role("button", name="Cancel", exact=True)
    cancel.wait_for()
    visit.page.get_by_text("Reading the ledger …").wait_for()
    elapsed = visit.page.locator(".custdyn-elapsed")
    assert re.fullmatch(r"\d+\.\d s", elapsed.inner_text())
    assert visit.page.get_by_role("progressbar", name="Reading").is_visible()
    visit.write("Active Duration", "6")  # the form answers meanwhile
    visit.add_filter("Client Tags")
    cancel.click()
    visit.page.get_by_text("Cancelled.").wait_for()
    cancel.wait_for(state="hidden")
    visit.press("Remove Date")  # the engine is free at once: a small report is made
    visit.chip("Date").wait_for(state="detached")
    visit.query()
    assert len(visit.table()[0]) == 2


def test_the_latest_query_wins(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "slow", LONG)
    visit.query()
    visit.page.get_by_role("button", name="Cancel", exact=True).wait_for()
    visit.press("Remove Date")
    visit.chip("Date").wait_for(state="detached")
    visit.query()
    visit.page.get_by_text("Done in").wait_for()
    assert len(visit.table()[0]) == 2
    visit.page.wait_for_timeout(1_500)
    assert len(visit.table()[0]) == 2


def test_a_failed_report_says_what_to_do_with_an_id_that_is_in_the_log(
    front: str, arrive: Arrive, own_cache: Path
) -> None:
    visit = arrive(front, "broken")
    visit.query()
    alert = visit.notice("The report could not be created")
    alert.wait_for()
    assert "ledger: the table is missing" in alert.inner_text()
    assert "Traceback" not in visit.page.content()
    reference = re.search(r"error id (\w{8})", alert.inner_text())
    assert reference is not None
    log = own_cache / "custdyn_widgets" / "log" / "page.log"
    assert reference[1] in log.read_text("utf-8")


def test_a_form_that_differs_from_the_report_is_said_and_the_report_stays(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "sample")
    visit.fill_the_sample()
    visit.query()
    before = visit.table()
    visit.write("Active Duration", "0")
    visit.notice("made with earlier settings").wait_for()
    assert visit.table() == before
    visit.write("Active Duration", "3")
    visit.notice("made with earlier settings").wait_for(state="detached")


def test_no_clients_and_a_future_period_are_said(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample", "?client_type=call_shop&period=2090-01-01/2090-03-31")
    visit.query()
    visit.table()
    visit.notice("No client passes these filters").wait_for()
    visit.notice("The period lies in the future").wait_for()


def test_optional_blocks_stand_in_the_table_and_a_bridge_is_proven(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "demo", "?period=last_year&blocks=bridge&blocks=movements")
    visit.query()
    rows = visit.table()
    assert next(row for row in rows if row[0].strip() == "Churn Rate")[1].endswith(" %")
    proven = visit.page.locator(".custdyn-app table.custdyn tr.block small.proven")
    assert proven.all_inner_texts() == ["✓ closes exactly"] * 3


def test_the_info_panel_says_how_the_report_was_made(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "demo", "?period=last_year&timezone=America/New_York")
    visit.query()
    visit.table()
    visit.press("About this report")
    told = visit.page.locator(".custdyn-facts").inner_text()
    for words in (
        "Last Year",
        "-01-01 00:00:00 –",
        "America/New_York",
        "T05:00:00Z",
        "Data up to",
        "As of",
        "Entries read",
        "pay-as-you-go",
        "Historical",
        "Exchange rate",
        "Note",
    ):
        assert words in told, words
    visit.press("About this report")
    visit.page.locator(".custdyn-facts").wait_for(state="hidden")
