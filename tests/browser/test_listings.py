"""CDRs list and Orig-Term report in Chromium: same criteria, pages, sums, files, links."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, expect

from custdyn_widgets import run_cdrs, run_orig_term
from custdyn_widgets.model.cells import text_of
from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit
from tests.browser.test_look import faults

QUARTER = {"from": "2025-01-01", "to": "2025-03-31"}
DEMO = "?period=2025-01-01/2025-03-31&group_by=month&currency=EUR"
QUERY = {"period": QUARTER, "group_by": ["month"], "currency": "EUR"}


def box(visit: Visit) -> Locator:
    """The list on the screen."""
    return visit.page.locator(".custdyn-list-box:visible")


def cells(visit: Visit) -> list[list[str]]:
    """Its lines, the header first."""
    found: list[list[str]] = (
        box(visit)
        .locator(".custdyn-lines")
        .evaluate("(one) => [...one.rows].map((row) => [...row.cells].map((c) => c.textContent))")
    )
    return found


def export(visit: Visit, kind: str, folder: Path) -> Path:
    button = visit.page.get_by_role("button", name=f"Export to {kind}").locator("visible=true")
    with visit.page.expect_download() as waiting:
        button.click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    return file


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_the_cdrs_list_is_paged_summed_up_and_exported(
    front: str, arrive: Arrive, tmp_path: Path
) -> None:
    visit = arrive(front, "demo", DEMO)
    visit.press("CDRs list")  # the query is carried over, and made
    count = box(visit).locator(".custdyn-count")
    count.wait_for()
    told = run_cdrs(QUERY, "demo")
    assert re.sub(r"\s", "", count.inner_text()) == f"1–50of{len(told)}"
    assert visit.page.get_by_text("The CDRs list does not use").is_visible()
    sums = visit.page.locator(".custdyn-sums:visible").inner_text()
    assert str(told.amount) in sums
    head, *lines = cells(visit)
    assert head == [column.label for column in told.columns]
    assert lines == [list(map(text_of, line)) for line in told.lines(0, 50)]
    box(visit).get_by_role("button", name="Next page").click()
    expect(count).to_have_text(re.compile("^51–100 of"))
    assert cells(visit)[1:] == [list(map(text_of, line)) for line in told.lines(50, 50)]
    file = export(visit, "CSV", tmp_path)
    assert file.name == "cdrs_2025-01-01_2025-03-31.csv"
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.reader(opened))
    assert len(rows) == len(told) + 1  # every row, not the page alone
    assert rows[1][-1] == lines[0][-1]
    if front == "voila":
        assert parse_qs(urlparse(visit.page.url).query)["view"] == ["cdrs"]


@pytest.mark.parametrize("front", FRONTS)
def test_the_orig_term_report_is_split_and_exported(
    front: str, arrive: Arrive, tmp_path: Path
) -> None:
    visit = arrive(front, "demo", f"{DEMO}&view=orig-term")
    visit.query()  # a link runs nothing by itself
    box(visit).locator(".custdyn-count").wait_for()
    told = run_orig_term(QUERY, "demo")
    assert cells(visit)[1:] == [list(map(text_of, line)) for line in told.lines()]
    visit.choose("Split by", "Service")
    expect(box(visit).locator("th").nth(1)).to_have_text("Service")
    split = run_orig_term(QUERY, "demo", split="service")
    assert cells(visit)[1:] == [list(map(text_of, line)) for line in split.lines()][:50]
    file = export(visit, "XLSx", tmp_path)
    book = load_workbook(file)
    assert book.sheetnames == ["Orig-Term report", "Info"]
    rows = list(book["Orig-Term report"].iter_rows(values_only=True))
    assert len(rows) == len(split) + 1 and rows[-1][0] == "Total"
    if front == "voila":
        query = parse_qs(urlparse(visit.page.url).query)
        assert (query["view"], query["split"]) == (["orig-term"], ["service"])
        visit.page.reload()  # the link leads here again
        chosen = visit.page.get_by_role("button", name="Orig-Term report")
        expect(chosen).to_have_attribute("aria-pressed", "true")
        visit.query()
        expect(box(visit).locator("th").nth(1)).to_have_text("Service")
    visit.write("Active Duration", "6")
    visit.press("Customer Dynamics")
    visit.table()


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_the_listings(theme: str, width: int, arrive: Arrive) -> None:
    visit = arrive("voila", "demo", f"{DEMO}&theme={theme}", width=width)
    for view in ("CDRs list", "Orig-Term report"):
        visit.press(view)
        box(visit).locator(".custdyn-count").wait_for()
        assert faults(visit) == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
