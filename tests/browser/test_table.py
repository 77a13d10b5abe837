"""The table: by mouse, by keyboard, for screen readers, on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit

WIDE = "?period=2024-01-01/2024-12-31&group_by=date&group_by=month"


def focused(visit: Visit) -> str:
    return str(visit.page.evaluate("document.activeElement.textContent"))


@pytest.mark.parametrize("front", FRONTS)
def test_keys_move_through_the_cells_and_the_tip_follows(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample")
    visit.fill_the_sample()
    visit.query()
    visit.table()
    visit.go_to(
        visit.page.locator(".custdyn-app table.custdyn tbody tr").nth(1).locator("td").nth(1)
    )
    assert focused(visit) == "1"
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("ArrowDown")
    assert focused(visit) == "-11 947.74"
    tip = visit.page.get_by_role("tooltip")
    assert "Clients - Active: Balance Neg · 02/2017" in tip.inner_text()
    visit.page.keyboard.press("ArrowUp")
    assert "N/A: no client of this class has such a balance" in tip.inner_text()
    for key, text in (
        ("Home", "Balance Pos"),
        ("End", "N/A"),
        ("Control+Home", "Clients - Active"),
        ("ArrowUp", "Clients - Active"),
        ("Control+End", "N/A"),
        ("PageUp", "N/A"),
        ("Home", "Active Avg"),
    ):
        visit.page.keyboard.press(key)
        assert focused(visit) == text, key
    for _ in range(40):  # block titles are passed over within a column
        visit.page.keyboard.press("ArrowUp")
    visit.page.keyboard.press("ArrowRight")
    visit.page.keyboard.press("ArrowUp")
    assert focused(visit) == "01/2017"
    assert "2017-02-01 00:00:00 UTC" in tip.inner_text()
    visit.page.keyboard.press("Escape")
    tip.wait_for(state="hidden")


@pytest.mark.parametrize("front", FRONTS)
def test_rows_and_columns_explain_themselves_when_pointed_at(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample")
    visit.fill_the_sample()
    visit.query()
    visit.table()
    tip = visit.page.get_by_role("tooltip")
    visit.page.locator(".custdyn-app table.custdyn tbody th", has_text="Active Avg").hover()
    tip.wait_for()
    assert "Total divided by Clients - Active: Qty." in tip.inner_text()
    visit.page.locator(".custdyn-app table.custdyn thead th", has_text="05/2017").hover()
    visit.page.get_by_text("2017-05-01 00:00:00 – 2017-06-01 00:00:00 UTC").first.wait_for()


def test_a_year_by_day_stays_in_place_while_it_is_scrolled(arrive: Arrive) -> None:
    visit = arrive("voila", "demo", WIDE)
    visit.query()
    table = visit.table()
    assert len(table[1]) == 367 and len(table[0]) == 13
    visit.page.evaluate("document.querySelector('.custdyn-app .custdyn-wrap').scrollTo(9000, 300)")
    wrap = visit.page.locator(".custdyn-app .custdyn-wrap").bounding_box()
    name = (
        visit.page.locator(".custdyn-app table.custdyn tbody tr")
        .nth(18)
        .locator("th")
        .bounding_box()
    )
    head = visit.page.locator(
        ".custdyn-app table.custdyn thead th", has_text="2024-03-26"
    ).bounding_box()
    assert wrap is not None and name is not None and head is not None
    assert abs(name["x"] - wrap["x"]) < 3
    assert 0 < head["y"] - wrap["y"] < 40  # under the month, over the rows
    on_top = visit.page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).className", [wrap["x"] + 20, wrap["y"] + 40]
    )
    assert on_top == "corner"
    visit.page.locator(".custdyn-app table.custdyn tbody tr").nth(18).locator("th").click()
    visit.page.keyboard.press("End")
    cell = visit.page.evaluate(
        "(({x, width}) => [x, x + width])(document.activeElement.getBoundingClientRect())"
    )
    assert wrap["x"] < cell[0] and cell[1] <= wrap["x"] + wrap["width"] + 1


def test_screen_readers_get_a_caption_scopes_and_roles(arrive: Arrive) -> None:
    visit = arrive("voila", "sample")
    visit.fill_the_sample()
    visit.query()
    visit.table()
    grid = visit.page.get_by_role("grid", name="Customer Dynamics: 2017-01-01 00:00:00")
    assert grid.locator("caption").count() == 1
    assert grid.get_by_role("columnheader").count() == 12
    assert grid.get_by_role("rowheader", name="Balance Neg").count() == 3
    assert grid.get_by_role("gridcell", name="-9 347.79").count() == 2
    assert grid.locator("th:not([scope])").count() == 0


def test_paper_is_a4_across_with_the_header_on_every_sheet(arrive: Arrive, tmp_path: Path) -> None:
    visit = arrive("voila", "demo", f"{WIDE}&theme=dark")
    visit.query()
    visit.table()
    visit.page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    sheets = PdfReader(tmp_path / "report.pdf").pages
    assert len(sheets) >= 366 / 12
    seen: set[str] = set()
    for sheet in sheets:
        assert float(sheet.mediabox.width) > float(sheet.mediabox.height)
        text = sheet.extract_text()
        assert "Customer Dynamics: 2024-01-01 00:00:00 – 2024-12-31 23:59:59 UTC" in text
        assert "Add filter" not in text
        seen |= {word for word in text.split() if word.startswith("2024-") and len(word) == 10}
    assert len(seen) == 366
    assert all("Active Avg" in sheet.extract_text() for sheet in sheets[:-1])
    assert "1 client created later" in sheets[-1].extract_text()  # the notes
    assert visit.page.locator(".custdyn-paper").count() == 0  # the page is as it was
