"""The panel of a cell in Chromium: by mouse and by keyboard, down to the entries."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Locator, expect

from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit
from tests.browser.test_look import faults

SAMPLE = "?period=2017-01-01/2017-12-31&currency=USD&group_by=month&group_by=package"
BLOCKS = "&blocks=bridge&blocks=movements&blocks=sensitivity"
DEMO = f"?period=2025-01-01/2025-06-30&currency=EUR&group_by=month&group_by=package{BLOCKS}"
KINDS = [
    ("Clients - Active", "Qty", 1),
    ("Clients - All", "Balance Neg", 2),
    ("Balance Refill", "Qty", 1),
    ("Balance Refill", "Avg", 1),
    ("Pay As You Go", "Active Avg", 3),
    ("Packages", "Renew Total", 2),
    ("Bridge", "FX", 2),
    ("Bridge - Active", "Left", 2),
    ("Movements", "New", 1),
    ("Movements", "Churn Rate", 2),
    ("Sensitivity", "Active Qty - 6 Months", 0),
]
"""A cell of every kind: block, row, column."""


class Panel:
    """The panel on the page."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.box: Locator = visit.page.locator(".custdyn-drill:popover-open")

    def open(self, block: str, row: str, column: int, line: str = "Value") -> str:
        """Clicks a cell that no panel lies over; its text."""
        if self.box.count():
            self.visit.press("Close")
            self.box.wait_for(state="detached")
        cell = self.cell(block, row, column, line)
        text = cell.text_content() or ""
        cell.click()
        self.box.wait_for()
        self.wait()
        return text

    def cell(self, block: str, row: str, column: int, line: str = "Value") -> Locator:
        place = self.visit.page.evaluate(
            """([block, row, line]) => {
              const rows = [...document.querySelectorAll('.custdyn-report tbody tr')];
              const name = (one) => one.querySelector('th').textContent;
              const start = rows.findIndex((one) => one.matches('.block') && name(one) === block);
              const own = rows.findIndex((one, i) => i > start && name(one) === row);
              const aim = line === 'Value' ? own
                : rows.findIndex((one, i) => i > own && name(one) === line);
              return aim;
            }""",
            [block, row, line],
        )
        assert place >= 0, (block, row, line)
        rows = self.visit.page.locator(".custdyn-report tbody tr")
        return rows.nth(place).locator("td:not(.spark)").nth(column)

    def wait(self) -> None:
        """Waits until what was asked for is there."""
        expect(self.box).to_have_attribute("aria-busy", "false")

    @property
    def proof(self) -> str:
        return self.box.locator(".custdyn-proof").inner_text()

    def tab(self, name: str) -> None:
        self.box.get_by_role("tab", name=name, exact=True).click()
        expect(self.box.get_by_role("tab", name=name, exact=True)).to_have_attribute(
            "aria-selected", "true"
        )
        self.wait()

    def lines(self) -> list[dict[str, str]]:
        """The lines of the page that is shown, by their columns."""
        found: list[dict[str, str]] = self.box.locator(".custdyn-lines").evaluate(
            """(table) => {
              const names = [...table.tHead.rows[0].cells].map((one) => one.textContent);
              return [...table.tBodies[0].rows].map((row) =>
                Object.fromEntries([...row.cells].map((one, i) => [names[i], one.textContent])));
            }"""
        )
        return found


def asked(visit: Visit) -> Panel:
    visit.query()
    visit.table()
    return Panel(visit)


@pytest.mark.parametrize("front", FRONTS)
def test_every_kind_of_cell_leads_to_its_entries(front: str, arrive: Arrive) -> None:
    panel = asked(arrive(front, "demo", DEMO))
    packages = panel.visit.page.locator("tr.block th", has_text='Package "')
    package = packages.first.inner_text()
    for block, row, column in [*KINDS, (package, "Activation Qty", 1)]:
        text = panel.open(block, row, column)
        title = panel.box.locator("h2")
        expect(title).to_have_text(f"{block}: {row} · 0{column + 1}/2025")
        assert panel.box.locator("output").inner_text() == text
        if text != "N/A":
            assert panel.proof.startswith("✓"), panel.proof
        tabs = panel.box.get_by_role("tab").all_inner_texts()
        average = row in ("Avg", "Active Avg", "Churn Rate")
        clients = ["Numerator", "Denominator"] if average else ["Clients"]
        assert tabs == [*clients, "Explain"]
        for name in clients:
            panel.tab(name)
            if not panel.lines():
                continue
            panel.box.locator(".custdyn-lines tbody tr").first.click()
            panel.box.locator(".custdyn-crumb").wait_for()
            panel.wait()
            assert "✓" in panel.proof or "counts once" in panel.proof
            entries = panel.lines()
            assert entries and "Time (UTC)" in entries[0]
            panel.box.locator(".custdyn-crumb").click()
            panel.box.locator(".custdyn-crumb").wait_for(state="hidden")
        panel.tab("Explain")
        told = panel.box.locator(".custdyn-explained").inner_text()
        assert "✓ The clients add up to this figure" in told
    panel.open("Bridge", "Rounding", 1)  # it has no clients
    assert panel.box.get_by_role("tab").all_inner_texts() == ["Explain"]


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_the_keyboard_alone_goes_down_to_the_entries_and_back(front: str, arrive: Arrive) -> None:
    panel = asked(arrive(front, "sample", SAMPLE))
    page, keys = panel.visit.page, panel.visit.page.keyboard
    panel.cell("Clients - Active", "Qty", 0).click()
    panel.wait()
    keys.press("Escape")
    panel.box.wait_for(state="detached")
    assert page.evaluate("document.activeElement.tagName") == "TD"  # where one came from
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"):
        keys.press(key)
    text = page.evaluate("document.activeElement.textContent")
    keys.press("Enter")
    panel.box.wait_for()
    panel.wait()
    expect(panel.box.locator("h2")).to_contain_text("Clients - Active: Balance · 02/2017")
    assert panel.box.locator("output").inner_text() == text
    for _ in range(40):
        if page.evaluate("document.activeElement.closest('.custdyn-lines td') !== null"):
            break
        keys.press("Tab")
    client = page.evaluate("document.activeElement.textContent")
    keys.press("Enter")
    panel.box.locator(".custdyn-crumb").wait_for()
    panel.wait()
    assert client in panel.box.locator(".custdyn-crumb").inner_text()
    assert "up to what the client adds" in panel.proof
    keys.press("Escape")  # to the clients
    panel.box.locator(".custdyn-crumb").wait_for(state="hidden")
    panel.box.get_by_role("tab", name="Clients").focus()
    keys.press("ArrowRight")
    panel.box.locator(".custdyn-change").first.wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Explain"
    keys.press("Escape")
    panel.box.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == text


@pytest.mark.parametrize("front", FRONTS)
def test_clients_are_searched_sorted_turned_and_exported(
    front: str, arrive: Arrive, tmp_path: Path
) -> None:
    panel = asked(arrive(front, "demo", DEMO))
    panel.open("Clients - All", "Balance", 5)
    count = panel.box.locator(".custdyn-count")
    expect(count).to_have_text(re.compile(r"^1–50 of 1.468$"))
    first = [line["Client ID"] for line in panel.lines()]
    amounts = [number(line["Amount in EUR ↓"] if "Amount in EUR ↓" in line
                      else line["Amount in EUR"]) for line in panel.lines()]  # fmt: skip
    assert amounts == sorted(amounts, reverse=True)
    panel.box.get_by_role("button", name="Next page").click()
    expect(count).to_have_text(re.compile(r"^51–100 of"))
    assert not set(first) & {line["Client ID"] for line in panel.lines()}
    panel.box.get_by_role("button", name="Client ID").click()
    expect(panel.box.locator("th[aria-sort=ascending]")).to_have_text("Client ID")
    ids = [int(line["Client ID"]) for line in panel.lines()]
    assert ids == sorted(ids)
    panel.box.get_by_label("Search Lines").press_sequentially("harbour")
    expect(count).to_contain_text("matches (of")
    found = panel.lines()
    assert found and all("harbour" in line["Client"].lower() for line in found)
    for kind in ("CSV", "XLSx"):
        with panel.visit.page.expect_download() as waiting:
            panel.box.get_by_role("button", name=f"Export to {kind}").click()
        file = tmp_path / waiting.value.suggested_filename
        assert file.name == f"clients-all-balance-06-2025-clients.{kind.lower()}"
        waiting.value.save_as(file)
        assert len(ids_of(file)) >= len(found)
        assert ids_of(file)[: len(found)] == [line["Client ID"] for line in found]


def number(text: str) -> float:
    return float(text.replace(" ", ""))


def ids_of(file: Path) -> list[str]:
    """The client ids in a file that was handed over."""
    if file.suffix == ".csv":
        lines = file.read_text("utf-8-sig").splitlines()
        assert lines[0].startswith('"Client ID","Client","Amount in EUR"')
        return [line.split(",")[0].strip('"') for line in lines[1:]]
    book = load_workbook(BytesIO(file.read_bytes()))
    assert book.sheetnames == ["Clients", "Info"]
    info: Any = {row[0].value: row[1].value for row in book["Info"].iter_rows()}
    assert info["Cell"] == "Clients - All: Balance · 06/2025" and "Proof" in info
    return [str(row[0]) for row in book["Clients"].iter_rows(min_row=2, values_only=True)]


@pytest.mark.parametrize("front", FRONTS)
def test_what_changed_leads_to_those_who_came_and_went(front: str, arrive: Arrive) -> None:
    panel = asked(arrive(front, "demo", DEMO))
    panel.open("Clients - Active", "Qty", 0)
    panel.tab("Explain")  # the bucket before is not in the report
    for name in ("Entered", "Left", "Stayed"):
        change = panel.box.locator(".custdyn-change", has_text=name)
        clients = int(re.sub(r"\D", "", change.inner_text().split("client")[0]))
        change.click()
        panel.box.locator(".custdyn-crumb").wait_for()
        panel.wait()
        spread = panel.box.locator(".custdyn-count").inner_text()
        assert int(re.sub(r"\D", "", spread.split("of")[1])) == clients
        panel.box.locator(".custdyn-lines tbody tr").first.click()
        expect(panel.box.locator(".custdyn-crumb")).to_contain_text(f"{name}: ")
        panel.wait()
        for _ in range(2):
            panel.box.locator(".custdyn-crumb").click()
            panel.wait()
        change.wait_for()


def test_na_and_changes_say_what_they_are(arrive: Arrive) -> None:
    panel = asked(arrive("voila", "sample", f"{SAMPLE}{BLOCKS}&compare=2016-12-01/2017-11-30"))
    assert panel.open("Clients - Active", "Balance Neg", 0, "Compared") == "N/A"
    assert panel.proof == "✓ The 0 clients below add up to this figure: 0.00 USD"
    panel.tab("Explain")
    assert "no client of this class has such a balance" in panel.box.inner_text()
    panel.open("Clients - Active", "Balance", 1, "Δ")
    tabs = panel.box.get_by_role("tab").all_inner_texts()
    assert tabs == ["Value: Clients", "Compared: Clients", "Explain"]
    own = panel.proof
    panel.tab("Compared: Clients")
    assert panel.proof != own and panel.proof.startswith("✓")
    panel.visit.query()  # a new report closes the panel
    panel.box.wait_for(state="detached")


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_the_panel(theme: str, width: int, arrive: Arrive) -> None:
    panel = asked(arrive("voila", "demo", f"{DEMO}&theme={theme}", width=width))
    panel.open("Clients - All", "Balance", 0)
    assert faults(panel.visit) == []
    panel.tab("Explain")
    panel.box.locator(".custdyn-change").first.wait_for()
    assert faults(panel.visit) == []
    box = panel.box.bounding_box()
    assert box is not None and box["width"] <= width
