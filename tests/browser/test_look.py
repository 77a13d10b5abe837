"""Every state for everyone: for assistive technology, at every width, by keyboard alone."""

from __future__ import annotations

from importlib.resources import files

import pytest

from tests.browser.conftest import FRONTS, Arrive
from tests.browser.drive import Visit

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
WIDTHS = (390, 768, 1440, 2560)


def faults(visit: Visit) -> list[str]:
    """What axe-core finds serious or critical in the app."""
    visit.page.wait_for_timeout(300)
    found = visit.page.evaluate(f"{AXE}; axe.run('.custdyn-app')")
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_any_state(theme: str, width: int, arrive: Arrive) -> None:
    visit = arrive("voila", "demo", f"?theme={theme}", width)
    found = {"first": faults(visit)}
    visit.press("Add filter")
    visit.options().first.wait_for()
    found["menu"] = faults(visit)
    visit.options().filter(has_text="Owner").click()
    visit.search("Owner", "ac")
    found["search"] = faults(visit)
    visit.field("Owner").press("Enter")
    visit.field("Owner").press("Escape")
    visit.choose("Type", "CSV")
    visit.field("Send to").fill("nobody")
    visit.field("Send to").press("Enter")
    visit.alert("is not an e-mail address").wait_for()
    visit.press("Advanced")
    found["faults"] = faults(visit)
    visit.press("Remove nobody")
    visit.choose("Type", "Web")
    visit.press("Delete the filter Owner")
    visit.query()
    visit.table()
    visit.press("About this report")
    found["report"] = faults(visit)
    visit.go_to(visit.page.locator(".custdyn-app table.custdyn tbody td").nth(30))
    visit.write("Active Duration", "0")
    visit.notice("made with earlier settings").wait_for()
    found["stale"] = faults(visit)
    assert found == {state: [] for state in found}


@pytest.mark.parametrize(
    "theme, source, link",
    [("dark", "broken", ""), ("light", "sample", "?client_type=call_shop&x=1")],
)
def test_axe_finds_nothing_serious_in_a_failure_and_in_an_empty_report(
    theme: str, source: str, link: str, arrive: Arrive
) -> None:
    visit = arrive("voila", source, f"{link or '?'}&theme={theme}")
    found = faults(visit)
    visit.query()
    visit.page.locator(".custdyn-notice.failed, table.custdyn").first.wait_for()
    assert found + faults(visit) == []


def test_axe_finds_nothing_serious_while_a_report_is_made(arrive: Arrive) -> None:
    visit = arrive("voila", "slow", "?period=2015-01-01/2017-12-31&group_by=date")
    visit.query()
    visit.page.get_by_role("button", name="Cancel", exact=True).wait_for()
    assert faults(visit) == []
    visit.press("Cancel")


def test_axe_finds_nothing_serious_in_a_notebook(arrive: Arrive) -> None:
    visit = arrive("lab", "sample")
    first = faults(visit)
    visit.query()
    visit.table()
    assert first + faults(visit) == []


@pytest.mark.parametrize("front, width", [*(("voila", width) for width in WIDTHS), ("lab", 1440)])
def test_nothing_is_wider_than_its_window(front: str, width: int, arrive: Arrive) -> None:
    visit = arrive(front, "demo", width=width)
    visit.query()
    visit.table()
    assert visit.page.evaluate(
        "document.querySelector('.custdyn-app').scrollWidth"
        " <= document.querySelector('.custdyn-app').clientWidth"
    )
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_nothing_cuts_the_ring_of_what_has_the_keyboard(arrive: Arrive) -> None:
    visit = arrive("voila", "demo")
    cut = (
        "() => [...document.querySelectorAll('.custdyn-app button')].filter((one) => {"
        " for (let at = one.parentElement; !at.matches('.custdyn-app'); at = at.parentElement)"
        "  if (getComputedStyle(at).overflow !== 'visible' && !at.matches(SCROLLS)) return true;"
        " return false }).map((one) => one.textContent)"
    ).replace("SCROLLS", "'.custdyn-wrap, .custdyn-listing-wrap, .custdyn-drill-body, [popover]'")
    first = visit.page.evaluate(cut)
    visit.query()
    visit.table()
    assert first + visit.page.evaluate(cut) == []


@pytest.mark.parametrize("front", FRONTS)
def test_everything_can_be_done_by_keyboard_alone(front: str, arrive: Arrive) -> None:
    visit = arrive(front)
    key = "Tab"
    if front == "voila":
        visit.page.wait_for_function("document.activeElement.textContent === 'Query'")
        key = "Shift+Tab"  # backwards from Query to the menu of filters
    else:
        visit.page.keyboard.press("Escape")  # out of the next cell's editor, and to our cell
        visit.page.keyboard.press("ArrowUp")
    for _ in range(80):
        visit.page.keyboard.press(key)
        if visit.page.evaluate("document.activeElement.textContent") == "Add filter":
            break
    visit.page.keyboard.press("Enter")
    visit.options().first.wait_for()
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_function("document.activeElement.labels?.[0]?.textContent === 'Owner'")
    visit.page.keyboard.type("acme t")
    visit.options().filter(has_text="Acme Talk").wait_for()
    visit.page.keyboard.press("Enter")
    visit.chip("Acme Talk").wait_for()
    visit.page.keyboard.press("Control+Enter")
    visit.table()
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.closest('table') !== null"):
            break
    visit.page.keyboard.press("ArrowDown")
    assert visit.page.evaluate("document.activeElement.textContent") == "Qty"


def test_axe_is_no_rubber_stamp(arrive: Arrive) -> None:
    visit = arrive("voila", "sample")
    visit.page.evaluate("document.querySelector('.custdyn-wallclock input').ariaLabel = ''")
    visit.page.evaluate("document.querySelector('h1').style.color = '#ccc'")
    found = "".join(faults(visit))
    assert "color-contrast" in found
