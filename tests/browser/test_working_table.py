"""The table that one works in: what fits, what is selected and copied, how figures are written."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit
from tests.support.counts import some

SAMPLE = "?period=2017-01-01/2017-12-31&currency=USD&group_by=month"
INSIDE = """() => {
  const wrap = document.querySelector('.custdyn-app .custdyn-wrap');
  return [wrap.scrollWidth - wrap.clientWidth, document.documentElement.scrollWidth - innerWidth];
}"""
EDGES = """() => {
  const right = (cells) => [...cells].map((cell) => cell.getBoundingClientRect().right);
  const table = document.querySelector('.custdyn-app table.custdyn[role=grid]');
  const [head] = [...table.tHead.rows].slice(-1);
  const row = table.querySelector('tbody tr:not(.block)');
  const [over, under] = [head, row].map((one) => right(one.querySelectorAll('.run > *')));
  return over.map((one, place) => Math.abs(one - under[place]));
}"""
ROWS = """() => {
  const rows = [...document.querySelectorAll('.custdyn-app tbody tr:not(.block)')];
  const seen = ({left, bottom}) => document.elementFromPoint(left + 30, bottom - 3)?.closest('tr');
  return rows.filter((row) => seen(row.firstChild.getBoundingClientRect()) === row).length;
}"""


def reported(arrive: Arrive, link: str = "", front: str = "voila", source: str = "sample") -> Visit:
    """A page with its report."""
    visit = arrive(front, source, link)
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.query()
    visit.table()
    return visit


def copied(visit: Visit) -> str:
    """What Ctrl+C puts on the clipboard."""
    visit.page.keyboard.press("Control+c")
    return str(visit.page.evaluate("navigator.clipboard.readText()"))


@pytest.mark.journey
@pytest.mark.parametrize(
    ("width", "height", "rows"), some([(1440, 900, 16), (1280, 800, 13), (1024, 768, 12)], 1)
)
def test_a_year_and_its_rows_fit_the_first_screen(
    width: int, height: int, rows: int, arrive: Arrive
) -> None:
    visit = arrive("voila", "demo", width=width)
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.query()
    visit.table()
    visit.page.mouse.move(2, 2)
    hidden, over = visit.page.evaluate(INSIDE)
    assert over <= 0
    assert hidden <= 0 or width < 1280
    visit.until(lambda: visit.page.evaluate(ROWS) >= rows)
    assert max(visit.page.evaluate(EDGES)) < 0.5
    running = visit.page.locator(".custdyn-app thead th.running")
    assert running.bounding_box()["x"] < width  # type: ignore[index]
    expect(visit.page.locator(".custdyn-frame")).to_have_class(
        re.compile("custdyn-frame$" if hidden <= 0 else "custdyn-frame")
    )


def test_all_rows_of_the_default_report_are_on_one_screen_when_they_are_compact(
    arrive: Arrive,
) -> None:
    visit = arrive("voila", "demo", "?period=this_year&group_by=month")
    visit.query()
    visit.table()
    visit.view("Compact rows")
    visit.page.mouse.move(2, 2)
    rows = visit.page.locator(".custdyn-app tbody tr:not(.block)").count()
    visit.until(lambda: visit.page.evaluate(ROWS) == rows)


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_a_block_is_selected_summed_and_copied_as_a_spreadsheet_takes_it(
    front: str, arrive: Arrive
) -> None:
    visit = reported(arrive, SAMPLE, front)
    row = visit.page.locator(".custdyn-app table.custdyn[role=grid] tbody tr")
    start, end = row.nth(3).locator("td").nth(1), row.nth(4).locator("td").nth(2)
    start.scroll_into_view_if_needed()
    boxes = [one.bounding_box() for one in (start, end)]
    (x, y), (right, low) = [(box["x"] + 20, box["y"] + 9) for box in boxes if box]
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(right, low, steps=5)
    visit.page.mouse.up()
    foot = visit.page.locator(".custdyn-app .custdyn-foot")
    expect(foot).to_contain_text("Sum -47 790.96 · Average -11 947.74 · Count 4")
    assert visit.page.locator(".custdyn-drill:popover-open").count() == 0  # no click was meant
    block = "-11947.74\t-11947.74\n-11947.74\t-11947.74"
    assert copied(visit) == block
    visit.page.keyboard.press("Shift+ArrowRight")
    visit.page.keyboard.press("Shift+ArrowUp")
    assert copied(visit).count("\t") == 2
    visit.page.keyboard.press("Escape")
    expect(foot).to_have_text("")
    visit.view("Copy with names and headers")
    row.nth(4).locator("th").click()
    visit.page.keyboard.press("ArrowRight")
    assert copied(visit) == "\t01/2017\nClients - Active: Balance\tN/A"
    visit.view("Copy with names and headers")


def test_five_thousand_cells_are_selected_at_once_and_none_is_lost(arrive: Arrive) -> None:
    visit = arrive("voila", "demo", "?period=last_year&group_by=date&group_by=package")
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.query()
    visit.table()
    visit.page.locator(".custdyn-app tbody tr:not(.block) th").first.click()
    visit.page.evaluate(
        "() => { window.took = []; new PerformanceObserver((list) =>"
        " list.getEntries().forEach((one) => window.took.push(one.duration)))"
        ".observe({type: 'event', durationThreshold: 16}) }"
    )
    visit.page.keyboard.press("Control+a")
    expect(visit.page.locator(".custdyn-foot")).to_contain_text("Count ")
    lines = copied(visit).split("\n")
    rows = visit.page.locator(".custdyn-app tbody tr:not(.block)").count()
    assert len(lines) == rows > 40 and {line.count("\t") for line in lines} == {364}


def test_blocks_fold_rows_are_filtered_and_empty_ones_hidden(arrive: Arrive) -> None:
    visit = reported(arrive, SAMPLE)
    seen = visit.page.locator(".custdyn-app tbody tr:not(.block):visible")
    titles = visit.page.locator(".custdyn-app tbody tr.block:visible")
    everything, blocks = seen.count(), titles.count()
    title = titles.first.locator("th")
    title.click()
    expect(title).to_have_attribute("aria-expanded", "false")
    expect(seen).to_have_count(everything - 4)
    visit.page.keyboard.press("Enter")
    expect(seen).to_have_count(everything)
    visit.page.get_by_label("Filter rows").fill("balance neg")
    expect(seen).to_have_count(3)
    expect(titles).to_have_count(3)
    visit.page.get_by_label("Filter rows").fill("")
    expect(titles).to_have_count(blocks)
    visit.view("Rows without figures")
    expect(seen).not_to_have_count(everything)
    names = seen.locator("th").all_inner_texts()
    assert "Balance Neg" in names and "Balance Pos" not in names[:3]
    visit.view("Rows without figures")


def test_figures_are_written_as_the_reader_wants_and_copied_as_they_are(arrive: Arrive) -> None:
    visit = reported(arrive, SAMPLE)
    total = visit.page.locator(".custdyn-app tbody tr", has_text="Total").first.locator("td")
    spent = (
        visit.page.locator(".custdyn-app tbody tr:not(.block)")
        .filter(has=visit.page.locator("th", has_text=re.compile("^Total$")))
        .nth(1)
    )
    was = spent.locator("td").nth(1).inner_text()
    assert was.startswith("-")
    visit.press("View")
    visit.page.get_by_label("Numbers").select_option("1.234,56")
    visit.page.keyboard.press("Escape")
    balance = visit.page.locator(".custdyn-app tbody td", has_text="-11.947,74").first
    expect(balance).to_be_visible()
    visit.view("Charges as spending (positive)")
    as_wanted = was.removeprefix("-").replace(".", ",").replace(" ", ".")
    expect(spent.locator("td").nth(1)).to_have_text(as_wanted)
    visit.show_chart("Pay as you Go: Total")
    drawn = [one for one in visit.chart_data() if one["value"]]
    assert drawn and all(one["value"] > 0 and "," in one["shown"] for one in drawn)
    visit.go_to(spent.locator("td").nth(1))
    assert copied(visit) == was.replace(" ", "")
    visit.view("Total column")
    expect(total.last).to_have_class(re.compile("total"))
    visit.page.reload()  # it is kept for this reader
    visit.query()
    visit.page.locator(".custdyn-app tbody td", has_text="-11.947,74").first.wait_for()


def test_a_spoiled_look_is_the_plain_one(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", SAMPLE)
    spoiled = '{"folded": {}, "numbers": "x", "unit": 5, "panel": "wide", "dense": true}'
    visit.page.evaluate("(kept) => localStorage.setItem('custdyn-look', kept)", spoiled)
    visit.page.reload()
    visit.query()
    assert visit.table()[2][2] == "1"
    visit.page.locator(".custdyn-app table.dense").wait_for()  # what is right is kept


def test_thousands_and_totals_are_exact(arrive: Arrive) -> None:
    visit = reported(arrive, SAMPLE)
    visit.view("Total column")
    visit.press("View")
    visit.page.get_by_label("Totals in").select_option("1000")
    visit.page.keyboard.press("Escape")
    rows = visit.page.evaluate(
        "() => [...document.querySelectorAll('.custdyn-app tbody tr:not(.block)')].map((row) =>"
        " [...row.querySelectorAll('th, td')].map((cell) => cell.textContent))"
    )
    assert rows[2][2] == "-11.9" and rows[2][-1] == rows[2][-2]  # a balance: its last
    refills = next(row for row in rows if row[0] == "Qty" and row[2] not in ("1", "2"))
    assert refills[0] == "Qty"
    averages = [row for row in rows if row[0] == "Avg"]
    assert averages and averages[0][-1] == ""  # no total, and no thousands
    expect(visit.page.locator(".custdyn-foot")).to_have_text("totals and balances in thousands")


def test_a_whole_row_is_marked_under_the_pointer(arrive: Arrive) -> None:
    visit = reported(arrive, SAMPLE)
    row = visit.page.locator(".custdyn-app tbody tr:not(.block)").nth(2)
    row.locator("td").nth(3).hover()
    colours = row.evaluate(
        "(row) => [...row.querySelectorAll('th, td')].map((one) => getComputedStyle(one)"
        ".backgroundColor)"
    )
    other = visit.page.locator(".custdyn-app tbody tr:not(.block) td").first
    plain = other.evaluate("(one) => getComputedStyle(one).backgroundColor")
    assert len(set(colours)) == 1 and colours[0] != plain
