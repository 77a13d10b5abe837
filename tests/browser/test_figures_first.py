"""Figures first: the folded form, periods, starts, the toolbar, the panel beside the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit

SAMPLE = "?period=2017-01-01/2017-12-31&currency=USD&group_by=month"
DRILL = ".custdyn-drill:popover-open"


def reported(arrive: Arrive, link: str = SAMPLE, front: str = "voila", width: int = 1440) -> Visit:
    """A page with its report."""
    visit = arrive(front, "sample", link, width)
    visit.query()
    visit.table()
    return visit


def chips(visit: Visit) -> list[str]:
    """The query in the line that the form folds into."""
    return visit.page.locator(".custdyn-chips .custdyn-chip").all_inner_texts()


@pytest.mark.parametrize("front", FRONTS)
def test_the_form_folds_into_chips_and_opens_by_a_key(front: str, arrive: Arrive) -> None:
    visit = reported(arrive, SAMPLE, front)
    cards = visit.page.locator(".custdyn-card.custdyn-filters")
    expect(cards).to_be_hidden()
    assert chips(visit) == ["2017-01-01 – 2017-12-31", "UTC", "Client", "Month", "USD", "3 months"]
    visit.page.locator(".custdyn-chips .custdyn-chip", has_text="USD").click()
    expect(visit.field("Currency")).to_be_focused()  # a chip opens its field
    visit.page.keyboard.press("Escape")
    visit.press("Fold")
    expect(cards).to_be_hidden()
    visit.page.keyboard.press("Alt+e")
    expect(cards).to_be_visible()
    visit.press("Fold")
    expect(cards).to_be_hidden()
    visit.press("Next period")
    visit.page.get_by_text(re.compile("^2018-01-01 – 2018-12-31 UTC")).wait_for()
    visit.press("Previous period")
    visit.page.get_by_text(re.compile("^2017-01-01 – 2017-12-31 UTC")).wait_for()
    assert visit.table()[0][1:3] == ["01/2017", "02/2017"]
    visit.write("Active Duration", "500")  # it unfolds, and stays open while that is wrong
    visit.query()
    visit.page.get_by_text("1 field needs attention").wait_for()
    expect(cards).to_be_visible()
    visit.write("Active Duration", "2")
    expect(visit.page.locator(".custdyn-words")).not_to_contain_text("attention")


def test_a_period_up_to_today_and_a_step_from_a_preset(arrive: Arrive) -> None:
    visit = reported(arrive, "?period=this_month&group_by=date")
    first = chips(visit)[0]
    assert first.startswith("This Month: ")
    visit.press("Previous period")
    expect(visit.page.locator(".custdyn-chips .custdyn-chip").first).to_contain_text("Last Month")
    visit.press("Next period")
    expect(visit.page.locator(".custdyn-chips .custdyn-chip").first).to_have_text(first)
    visit.page.locator(".custdyn-words", has_text="Done").wait_for()
    today = visit.page.get_by_role("button", name="to date")
    if today.is_visible():  # not on the last day of a month
        today.click()
        expect(today).to_be_hidden()


def test_an_empty_page_offers_three_starts(arrive: Arrive) -> None:
    visit = arrive("voila", "demo")
    visit.press("Last month by day")
    assert 28 <= len(visit.table()[0]) - 1 <= 31
    visit = arrive("voila", "demo")
    visit.press("Compare with last year")
    visit.table()
    visit.page.get_by_role("button", name="Compare: Previous Year").wait_for()


def test_a_link_is_run_by_the_button_in_its_notice(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", SAMPLE)
    visit.notice("filled from a link").get_by_role("button", name="Run").click()
    assert visit.table()[0][1] == "01/2017"
    visit.notice("filled from a link").wait_for(state="detached")


def test_the_toolbar_takes_two_rows_on_a_phone_and_its_names_stay(arrive: Arrive) -> None:
    visit = reported(arrive, width=390)
    bar = visit.page.locator(".custdyn-toolbar")
    tops = {
        round((one.bounding_box() or {"y": 0.0})["y"] / 12)
        for one in bar.locator("button:visible").all()
    }
    assert len(tops) <= 2
    visit.press("Export")
    for name in ("Export to CSV", "Export to XLSx", "Export to XLS", "Print", "Copy link"):
        expect(visit.page.get_by_role("button", name=name, exact=True)).to_be_visible()
    visit.page.keyboard.press("Escape")
    for name in ("Show Chart", "Compare", "View", "About this report"):
        expect(visit.page.get_by_role("button", name=name, exact=True)).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("front", FRONTS)
def test_the_panel_is_next_to_the_figures_and_goes_to_their_neighbours(
    front: str, arrive: Arrive
) -> None:
    visit = reported(arrive, SAMPLE, front)
    if front == "lab":
        visit.page.set_viewport_size({"width": 1800, "height": 900})
    cell = visit.page.locator(".custdyn-app table.custdyn[role=grid] tbody tr").nth(3).locator("td")
    cell.nth(1).click()
    panel = visit.page.locator(DRILL)
    expect(panel.locator("h2")).to_have_text("Clients - Active: Balance Neg · 02/2017")
    wrap = visit.page.locator(".custdyn-app .custdyn-wrap").first

    def edges() -> tuple[float, float]:
        own, other = panel.bounding_box(), wrap.bounding_box()
        assert own is not None and other is not None
        return other["x"] + other["width"], own["x"]

    visit.until(lambda: edges()[0] <= edges()[1])
    visit.press("Next bucket")
    expect(panel.locator("h2")).to_have_text("Clients - Active: Balance Neg · 03/2017")
    visit.press("Row below")
    expect(panel.locator("h2")).to_have_text("Clients - Active: Balance · 03/2017")
    shown = panel.locator("output").inner_text()
    expect(visit.page.locator(".custdyn-app td.chosen")).to_have_text(shown)
    before = edges()[1]
    panel.get_by_role("separator").focus()
    visit.page.keyboard.press("ArrowLeft")
    visit.until(lambda: edges()[1] < before)
    visit.page.locator(".custdyn-title h1").click()  # anywhere but the figures
    panel.wait_for(state="detached")
    cell.nth(1).click()
    panel.wait_for()
    cell.nth(2).focus()
    visit.page.keyboard.press("Escape")  # the keyboard is not in it
    panel.wait_for(state="detached")


def test_the_package_card_opens_from_its_block(arrive: Arrive) -> None:
    visit = arrive("voila", "demo")
    visit.query()
    visit.table()
    block = visit.page.locator(".custdyn-app tr.block", has_text='Package "Europe')
    block.first.locator("th").click()  # folds it, and has the keyboard
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(f"{DRILL} h2")).to_have_text("Package card")
    expect(visit.page.locator(f"{DRILL} [role=tab]")).to_contain_text("Europe")


def test_keys_are_shown_and_sheets_close_by_escape(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", SAMPLE)
    visit.page.locator(".custdyn-title").click()
    visit.page.keyboard.press("?")
    expect(visit.page.get_by_role("dialog", name="Keys")).to_contain_text("Alt+Q")
    visit.page.keyboard.press("Escape")
    visit.press("Save Query")
    title = visit.page.get_by_label("Query title")
    expect(title).to_be_focused()
    sheet = visit.page.locator(".custdyn-template")
    box = sheet.bounding_box()
    assert box is not None and box["x"] + box["width"] == 1440 and box["width"] <= 460
    visit.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


def test_fields_have_names_lists_open_at_once_and_one_wrong_date_is_red(arrive: Arrive) -> None:
    visit = arrive("voila", "demo")
    expect(visit.field("Time Zone")).to_be_visible()
    visit.press("Add filter")
    visit.options().filter(has_text="Client Tags").click()
    visit.until(lambda: visit.options().count() >= 10)  # without a letter typed
    visit.page.keyboard.press("Escape")
    visit.write("To", "2026-99-01")
    visit.alert("is not a date").wait_for()
    wrong = visit.page.locator(".custdyn-wallclock.invalid")
    expect(wrong).to_have_count(1)


def test_ticks_count_whole_clients_and_past_bars_are_not_pale(arrive: Arrive) -> None:
    visit = reported(arrive, "?period=this_year&group_by=month&compare=previous_year")
    visit.show_chart("Clients - Active: Qty")
    visit.chart_svg("Clients - Active: Qty")
    ticks = visit.page.evaluate(
        "() => { const scale = document.querySelector('.custdyn-vega').view.scale('y');"
        " return scale.ticks(6).length }"
    )
    assert ticks
    svg = visit.chart_svg("Clients - Active: Qty")
    labels = re.findall(r">(\d+\.\d+)</text>", svg)
    assert labels == []
    others = [one for one in visit.chart_marks() if one["side"] == "other"]
    assert others and {one["opacity"] for one in others} == {1}
    visit.page.locator(".custdyn-chart-figures summary").click()
    figures = visit.page.locator(".custdyn-chart-figures table")
    expect(figures.locator("tbody tr")).to_have_count(2)
    figures.locator("tbody button").first.press("Enter")
    expect(visit.page.locator(".custdyn-app td.chosen")).to_have_count(1)


def test_the_first_sheet_of_paper_has_the_chart_and_the_last_its_notes(
    arrive: Arrive, tmp_path: Path
) -> None:
    visit = reported(arrive)
    visit.show_chart("Clients - Active: Qty")
    visit.chart_data()
    visit.page.wait_for_timeout(500)
    visit.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    sheets = PdfReader(tmp_path / "report.pdf").pages
    assert sheets[0].images and "Printed" in sheets[0].extract_text()
    assert f"1 / {len(sheets)}" in sheets[0].extract_text()
    assert all("Clients" in one.extract_text() or "Qty" in one.extract_text() for one in sheets)


def test_a_slow_machine_still_gets_its_page(visits: Arrive, servers: object) -> None:
    visit = visits()
    slowed = visit.page.context.new_cdp_session(visit.page)
    slowed.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    visit.open(f"{servers.voila('sample')}/{SAMPLE}")  # type: ignore[attr-defined]
    visit.query()
    assert visit.table()[0][1] == "01/2017"
    visit.errors.clear()  # anywidget's own limit of two seconds may have passed: nothing is lost
