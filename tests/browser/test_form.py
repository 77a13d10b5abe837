"""The form: what a person does with each field, in Voilà and in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FRONTS, Arrive, Servers
from tests.browser.drive import Visit

pytestmark = pytest.mark.parametrize("front", FRONTS)
ZONE = "Time Zone"


def test_a_preset_fills_the_dates_and_a_touched_or_chosen_date_makes_it_custom(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "sample")
    visit.choose("Period", "This Month")
    visit.choose("Period", "Last Year")
    before = f"{datetime.now(UTC).year - 1}-01-01 00:00:00"
    expect(visit.field("From")).to_have_value(before)
    expect(visit.field("To")).to_have_value(re.compile("-12-31 23:59:59$"))
    visit.write("To", "2031-01-31")  # a bare day is meant to its end
    expect(visit.field("To")).to_have_value("2031-01-31 23:59:59")
    expect(visit.field("Period")).to_have_value("Custom")
    assert visit.field("From").input_value() == before

    # a day from the calendar
    day = visit.page.locator(".custdyn-day").first
    day.evaluate(
        "day => { day.value = '2017-02-03'; day.dispatchEvent(new Event('input')) }"
    )  # what the browser's own calendar does
    expect(visit.field("From")).to_have_value("2017-02-03 00:00:00")
    expect(visit.field("Period")).to_have_value("Custom")


def test_zones_are_searched_and_an_empty_or_wrong_field_says_so(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample")
    options = visit.search(ZONE, "vienna")
    assert options.all_inner_texts() == ["Europe/Vienna"]
    visit.field(ZONE).press("Enter")
    expect(visit.field(ZONE)).to_have_value("Europe/Vienna")
    visit.write(ZONE, "Europe/Viena")
    visit.alert("did you mean Europe/Vienna?").wait_for()
    visit.write(ZONE, "")
    visit.alert("did you mean").wait_for(state="detached")
    visit.alert("is not one of").wait_for()
    visit.pick(ZONE, "Asia/Kath")
    visit.alert("is not one of").wait_for(state="detached")
    visit.write("From", "")
    visit.alert("is not a date").wait_for()
    visit.query()
    visit.page.get_by_text("1 field needs attention.").wait_for()


def test_an_answer_that_comes_late_leaves_what_is_being_typed(
    front: str, visits: Callable[..., Visit], servers: Servers
) -> None:
    visit = visits()
    late = visit.holds_answers()
    if front == "voila":
        visit.open(servers.voila("sample"))
    else:
        visit.run_the_cell(servers.lab("sample"))
    late.hold()
    visit.write(ZONE, "Europe/Viena")
    field = visit.field(ZONE)
    field.click()
    field.fill("Asia/Kath")
    late.release()
    visit.alert("did you mean Europe/Vienna?").wait_for()
    expect(field).to_have_value("Asia/Kath")
    field.press("Enter")
    expect(field).to_have_value("Asia/Kathmandu")


def test_a_page_that_is_late_to_be_ready_leaves_the_keyboard_where_it_is(
    front: str, visits: Callable[..., Visit], servers: Servers
) -> None:
    visit = visits()
    late = visit.holds_answers()
    late.hold_after('"shown"')
    if front == "voila":
        visit.open(servers.voila("sample"))
    else:
        visit.run_the_cell(servers.lab("sample"))
    visit.page.wait_for_function("document.fonts.status === 'loaded'")
    field = visit.field(ZONE)
    field.click()
    field.fill("Asia/Kath")
    late.release()
    visit.options().filter(has_text="Asia/Kathmandu").wait_for()
    expect(field).to_be_focused()
    expect(field).to_have_value("Asia/Kath")
    field.press("Enter")
    expect(field).to_have_value("Asia/Kathmandu")


@pytest.mark.journey
def test_filters_are_added_searched_and_deleted(front: str, arrive: Arrive) -> None:
    visit = arrive(front)
    assert visit.page.get_by_label("Owner", exact=True).locator("visible=true").count() == 0
    visit.press("Add filter")
    menu = visit.page.get_by_role("combobox", name="Search filters")
    menu.wait_for()
    visit.options().nth(2).wait_for()
    assert visit.options().all_inner_texts() == ["Client Tags", "Owner", "Package"]
    groups = visit.page.locator(".custdyn-popup:popover-open .custdyn-group")
    assert groups.all_text_contents() == ["By clients", "Extras"]
    menu.fill("ow")
    visit.options().filter(has_text="Client Tags").wait_for(state="detached")
    menu.press("Enter")
    visit.field("Owner").wait_for()

    options = visit.search("Owner", "acme")
    name, number = options.first.locator("span").all_inner_texts()
    visit.field("Owner").press("Enter")
    visit.chip(name).wait_for()
    visit.page.keyboard.press("Escape")
    visit.page.get_by_label("with sub-resellers").check()
    visit.add_filter("Client Tags")
    visit.pick("Client Tags", "vip")
    visit.chip("vip").wait_for()
    visit.add_filter("Package")
    visit.pick("Package", "World")
    visit.chip("World Unlimited").wait_for()

    visit.press("Remove vip")
    visit.chip("vip").wait_for(state="detached")
    visit.press("Delete the filter Package")
    visit.field("Package").wait_for(state="hidden")
    visit.press("Delete the filter Client Tags")
    visit.query()
    visit.table()
    visit.press("About this report")
    told = visit.page.locator(".custdyn-facts").inner_text()
    assert f"{number} with sub-resellers" in told
    assert "World Unlimited" not in told


def test_group_by_is_chips_that_come_and_go(front: str, arrive: Arrive) -> None:
    visit = arrive(front)
    assert visit.chips("Group By") == ["Month", "Package Name"]
    visit.press("Remove Package Name")
    visit.chip("Package Name").wait_for(state="detached")
    visit.field("Group By").click()
    visit.options().filter(has_text="Year").click()
    visit.chip("Year").wait_for()
    assert visit.chips("Group By") == ["Year", "Month"]  # the coarser one comes first
    visit.page.keyboard.press("Escape")
    visit.query()
    table = visit.table()
    assert len(table[0]) == 2 and len(table[1]) == 13  # a year over its twelve months
    assert not [row for row in table if row[0].startswith("Package ")]


def test_currencies_are_those_that_can_be_converted_with_their_names(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front)
    visit.field("Currency").click()
    visit.options().nth(4).wait_for()
    assert len(visit.options().all()) == 5
    assert visit.options().first.inner_text().splitlines()[0] == "EUR – Euro"
    assert visit.options().first.locator(".custdyn-hint").inner_text() == "base currency"
    visit.field("Currency").press_sequentially("dollar")
    visit.options().filter(has_text="Euro").wait_for(state="detached")
    visit.field("Currency").press("Enter")
    expect(visit.field("Currency")).to_have_value("USD – US Dollar")
    visit.write("Currency", "")
    visit.query()
    visit.table()
    assert "EUR" in visit.page.locator(".custdyn-toolbar h2").inner_text()


def test_addresses_are_chips_checked_as_they_are_typed_and_the_rest_is_under_advanced(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "sample")
    assert visit.page.get_by_label("Rate Policy").locator("visible=true").count() == 0
    assert visit.page.get_by_label("Send to", exact=True).locator("visible=true").count() == 0
    visit.choose("Type", "Excel XLSx")
    field = visit.field("Send to")
    field.fill("ana@example.org, nobody; bob@example.org")
    field.press("Enter")
    visit.chip("bob@example.org").wait_for()
    assert visit.chips("Send to") == ["ana@example.org", "nobody", "bob@example.org"]
    visit.alert("is not an e-mail address").wait_for()
    visit.press("Remove nobody")
    visit.alert("is not an e-mail address").wait_for(state="detached")
    visit.choose("Type", "Web")
    field.wait_for(state="hidden")

    visit.press("Advanced")
    visit.choose("Rate Policy", "Current")
    assert visit.page.get_by_label("Bridge").is_visible()
    visit.write("Active Duration", "12")
    visit.query()
    visit.table()
    visit.press("About this report")
    told = visit.page.locator(".custdyn-facts").inner_text()
    assert "Current" in told and "12 months" in told


def test_twenty_thousand_tags_and_a_hundred_thousand_owners_are_searched_fluently(
    front: str, arrive: Arrive
) -> None:
    visit = arrive(front, "many")
    visit.add_filter("Owner")
    options = visit.search("Owner", "Company 01234")
    options.filter(has_text="Company 01235").wait_for(state="detached")
    assert options.first.locator(".custdyn-name").inner_text() == "Company 01234"
    visit.field("Owner").press("Enter")
    visit.chip("Company 01234").wait_for()
    visit.page.keyboard.press("Escape")
    visit.add_filter("Client Tags")
    visit.search("Client Tags", "tag 19")
    visit.page.get_by_text("50 of 1,111 shown").wait_for()
    assert visit.options().count() == 50  # the page never holds the whole list
    visit.page.keyboard.press("Escape")
    visit.add_filter("Package")
    visit.search("Package", "Package 19999")
    visit.options().filter(has_text="Package 19999").first.click()
    visit.chip("Package 19999").wait_for()
    visit.query()
    visit.notice("No client passes these filters").wait_for()


def test_a_package_that_no_list_names_can_be_asked_for(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample")
    visit.add_filter("Package")
    visit.search("Package", "X-99")
    visit.field("Package").press("Enter")
    visit.chip("X-99").wait_for()
    visit.page.keyboard.press("Escape")
    visit.query()
    note = visit.page.locator(".custdyn-app .custdyn-notice", has_text="not found in this source")
    note.wait_for()
    assert "X-99" in note.inner_text()
