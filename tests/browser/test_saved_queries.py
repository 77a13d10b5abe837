"""Save Query and Load Query in Chromium: kept, found again, changed, deleted and brought back."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from custdyn_widgets.store import my_store
from tests.browser.conftest import FRONTS, Arrive
from tests.browser.test_look import faults

LINK = "?period=last_month&currency=EUR&active_duration=6"


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_a_query_is_saved_loaded_changed_deleted_and_brought_back(
    front: str, arrive: Arrive
) -> None:
    title = f"Month end {uuid.uuid4().hex[:6]}"
    visit = arrive(front, "demo", LINK)
    visit.press("Save Query")
    visit.page.get_by_label("Query title").wait_for()
    visit.press("Save query")
    visit.page.get_by_text("name: must have 1 to 120").wait_for()  # it has no title yet
    visit.write("Query title", title)
    visit.page.get_by_label("Description").fill("For the board")
    visit.choose("Default chart", "Clients - Active: Qty")
    visit.choose("Visible to", "Everyone")
    visit.press("Save query")
    visit.page.get_by_text("Saved.").wait_for()
    (kept,) = (one for one in my_store().queries.all() if one.name == title)
    assert kept.shared and kept.kept.query.period == "last_month"
    assert (kept.kept.description, kept.kept.chart) == ("For the board", "Clients - Active: Qty")

    again = arrive(front, "demo")  # another visit
    again.press("Load Query")
    box = again.page.get_by_role("combobox", name="Search saved queries")
    box.wait_for()
    box.fill(title)
    again.options().filter(has_text=title).first.click()
    assert len(again.table()[0]) == 2  # it is the reader's own: it runs
    again.page.locator(".custdyn-vega canvas").wait_for()  # its default chart
    expect(again.field("Active Duration")).to_have_value("6")
    again.press("Save Query")
    again.choose("Period of the query", "Fixed dates")
    again.press("Save changes")
    again.page.get_by_text("Saved.").wait_for()
    (changed,) = (one for one in my_store().queries.all() if one.name == title)
    assert not isinstance(changed.kept.query.period, str) and changed.version == 2
    again.press("Delete")
    again.page.get_by_text(f"Deleted: {title}").wait_for()
    assert title not in [one.name for one in my_store().queries.all()]
    again.press("Undo delete")
    again.page.get_by_text("Back again").wait_for()
    assert title in [one.name for one in my_store().queries.all()]

    visit.press("Save changes")  # of the first visit, which has not seen any of that
    visit.page.get_by_text("changed or deleted by somebody else").wait_for()
    again.press("Delete")
    again.page.get_by_text("Deleted").wait_for()


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_the_template_form(
    theme: str, width: int, arrive: Arrive
) -> None:
    visit = arrive("voila", "demo", f"{LINK}&theme={theme}", width=width)
    visit.press("Save Query")
    visit.page.get_by_label("Query title").wait_for()
    assert faults(visit) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
