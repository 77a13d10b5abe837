"""Package card and data quality in Chromium: every figure leads to what is behind it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from custdyn_widgets import run
from tests.browser.conftest import FRONTS, Arrive
from tests.browser.test_cell_panel import asked
from tests.browser.test_look import faults

PACKAGES = ("Europe 500", "Year Saver")
FILTERED = "&".join(f"package={name.replace(' ', '+')}" for name in PACKAGES)
LINK = f"?period=2025-01-01/2025-03-31&currency=EUR&group_by=month&{FILTERED}"
QUERY = {
    "period": {"from": "2025-01-01", "to": "2025-03-31"},
    "currency": "EUR",
    "group_by": ["month"],
    "package": list(PACKAGES),
}


FIRST = ("Renew Qty", "Share of Revenue", "Holders")
"""Figures that lead to entries, to a share and to clients; the others are of the long suite."""


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("figures", [FIRST, pytest.param((), id="all", marks=pytest.mark.long)])
def test_every_figure_of_a_package_card_leads_further(
    figures: tuple[str, ...], front: str, arrive: Arrive
) -> None:
    panel = asked(arrive(front, "demo", LINK))
    panel.visit.press("Package card")
    panel.box.wait_for()
    panel.wait()
    assert panel.box.get_by_role("tab").all_inner_texts() == list(PACKAGES)
    card = run(QUERY, "demo").package_card("Europe 500")
    shown = [list(line.values()) for line in panel.lines()]
    assert shown == [[line.name, *line.texts] for line in card.lines]
    assert "500 minutes to 31 European countries" in panel.box.inner_text()
    for line in card.lines:
        if figures and line.name not in figures:
            continue
        panel.box.get_by_label(f"{line.name}, 02/2025: {line.texts[1]}", exact=True).click()
        expect(panel.box.locator(".custdyn-crumb")).to_contain_text(f"{line.name} · 02/2025")
        panel.wait()
        assert "✓" in panel.proof or "N/A" in panel.proof, line.name
        if line.name in ("Renew Qty", "Share of Revenue"):
            panel.box.locator(".custdyn-lines tbody tr").first.click()
            panel.box.locator(".custdyn-lines th", has_text="Balance").wait_for()
            panel.box.locator(".custdyn-crumb").click()
            panel.wait()
        elif line.name == "Holders":
            assert len(panel.lines()) == line.cells[1].value
        panel.box.locator(".custdyn-crumb").click()
        panel.box.locator(".custdyn-crumb").wait_for(state="hidden")
    panel.tab("Year Saver")
    assert "paid by the year" in panel.box.inner_text()


@pytest.mark.parametrize("front", FRONTS)
def test_what_is_odd_in_the_data_is_listed(front: str, arrive: Arrive) -> None:
    panel = asked(arrive(front, "odd", "?period=2024-01-01/2024-01-31"))
    panel.visit.press("Data quality: 1")
    panel.box.wait_for()
    panel.wait()
    assert panel.proof == "no data errors, 1 warning"
    tabs = [
        "Data",
        "Unknown clients 1",
        "Duplicates 2",
        "Before client was created 0",
        "Days without entries 0",
        "Missing rates 0",
    ]
    assert panel.box.get_by_role("tab").all_inner_texts() == tabs
    span = "2024-01-05 10:00:00 – 2024-01-06 10:00:00"
    for words in ("client 1", "2, sum of amounts 20.00", span):
        expect(panel.box).to_contain_text(words)
    panel.tab("Unknown clients 1")
    assert "1 entry of clients that are not among the clients" in panel.proof
    assert [line["Entry ID"] for line in panel.lines()] == ["3"]
    panel.tab("Duplicates 2")
    assert [line["Entry ID"] for line in panel.lines()] == ["1", "2"]
    panel.tab("Days without entries 0")
    assert panel.proof == "Nothing is odd."
    panel.visit.press("Close")
    panel.box.wait_for(state="detached")
    panel.visit.query()  # what was found is noted on reports from now on
    expect(panel.visit.page.locator(".custdyn-app .custdyn-notes")).to_contain_text(
        "alike in everything"
    )


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_a_card(theme: str, width: int, arrive: Arrive) -> None:
    panel = asked(arrive("voila", "demo", f"{LINK}&theme={theme}", width=width))
    panel.visit.press("Package card")
    panel.box.locator(".custdyn-lines td button").first.wait_for()
    assert faults(panel.visit) == []
