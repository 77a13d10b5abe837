"""Makes the pictures of the README, and of every state, from the real page: `make pictures`.

The README's go to `docs`, all of them to a folder that is named as an argument.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.cases import Case, make
from tests.browser.drive import Visit, chromium, voila
from tests.support.mails import post_office

DOCS = Path(__file__).parents[2] / "docs"
SIZES = ((1440, 1000), (390, 844))
YEARS = "period=2025-01-01/2025-12-31&compare=previous_year&group_by=month&group_by=package"
LINK = "period=last_year&timezone=Europe/Vienna&client_tags=vip&group_by=month&colour=red"


def main(everything: Path | None = None) -> None:
    """Every state, light and dark, wide and narrow; the best of them for the README."""
    DOCS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        _sent(browser, folder, everything)
        for source in ("slow", "broken"):
            (folder / source).mkdir()
        make(folder / "slow", Case("slow", 6_000_000, 200_000, currencies=3))
        (folder / "broken" / "clients.csv").write_text("client_id\n1\n")
        for source in ("demo", str(folder / "slow"), str(folder / "broken")):
            with voila(source, folder) as address:
                for theme in ("light", "dark"):
                    for width, height in SIZES:
                        visit = Visit(browser, width, height)
                        states = {"demo": _report, str(folder / "slow"): _running}
                        if source in states or everything:
                            shots = states.get(source, _failed)(visit, address, theme)
                            for state in shots:
                                visit.page.wait_for_timeout(400)
                                picture = visit.page.screenshot()
                                _keep(picture, state, theme, width, everything)
                        visit.leave()


def _sent(browser: Browser, folder: Path, everything: Path | None) -> None:
    """What is made and sent, with a mail server and a store of our own."""
    with post_office() as office:
        os.environ |= {
            "CUSTDYN_STORE": str(folder / "store.sqlite"),
            "CUSTDYN_SMTP_HOST": "127.0.0.1",
            "CUSTDYN_SMTP_PORT": str(office.port),
            "CUSTDYN_SMTP_SECURITY": "none",
            "CUSTDYN_SMTP_SENDER": "reports@example.org",
        }
        office.inbox.to["carl@example.org"] = ["550 no such user"] * 99
        with voila("demo", folder) as address:
            for theme in ("light", "dark"):
                for width, _ in SIZES:
                    visit = Visit(browser, width, 1500)
                    visit.open(f"{address}/?theme={theme}&{YEARS}&output.type=xlsx")
                    for name in ("ana", "bob", "carl"):
                        visit.field("Send to").fill(f"{name}@example.org")
                        visit.field("Send to").press("Enter")
                    visit.press("Save Query")
                    visit.write("Query title", f"Month end {theme} {width}")
                    visit.choose("Schedule", "Monthly")
                    visit.press("Save query")
                    visit.page.get_by_text("Saved.").wait_for()
                    visit.press("Run and send now")
                    visit.page.locator(".custdyn-state.failed").first.wait_for()
                    visit.page.wait_for_timeout(3000)
                    visit.page.mouse.move(5, 5)
                    _keep(visit.page.screenshot(), "sent", theme, width, everything)
                    visit.leave()


def _keep(picture: bytes, state: str, theme: str, width: int, everything: Path | None) -> None:
    name = f"{state}-{theme}-{width}.png"
    if everything is not None:
        (everything / name).write_bytes(picture)
    best = {
        "report-light-1440": "page-light-1440",
        "report-dark-1440": "page-dark-1440",
        "report-dark-390": "page-dark-390",
        "table-light-390": "page-light-390",
        "search-light-1440": "search-light-1440",
        "running-light-1440": "running-light-1440",
        "facts-light-1440": "facts-light-1440",
        "clients-light-1440": "clients-light-1440",
        "explain-light-1440": "explain-light-1440",
        "cdrs-light-1440": "cdrs-light-1440",
        "sent-light-1440": "sent-light-1440",
        "chart-light-1440": "chart-light-1440",
        "compared-light-1440": "compared-light-1440",
    }
    if (to := best.get(name.removesuffix(".png"))) is not None:
        (DOCS / f"{to}.png").write_bytes(picture)


def _report(visit: Visit, address: str, theme: str):  # type: ignore[no-untyped-def]
    """First open, a link, the fields, a report, its facts, a tip, stale, faults, nobody, future."""
    visit.open(f"{address}/?theme={theme}&{LINK}")
    yield "link"
    visit.open(f"{address}/?theme={theme}")
    yield "first"
    visit.press("Add filter")
    visit.options().first.wait_for()
    yield "menu"
    visit.options().filter(has_text="Owner").click()
    visit.search("Owner", "ac")
    yield "search"
    visit.field("Owner").press("Escape")
    visit.press("Delete the filter Owner")
    visit.query()
    visit.table()
    visit.page.mouse.move(5, 5)
    yield "report"
    visit.page.evaluate("document.querySelector('.custdyn-toolbar').scrollIntoView()")
    yield "table"
    visit.page.locator(".custdyn-app table.custdyn tbody tr").nth(2).locator("td").first.click()
    yield "cell"
    panel = visit.page.locator(".custdyn-drill:popover-open")
    panel.locator(".custdyn-lines td").first.wait_for()
    yield "clients"
    panel.get_by_role("tab", name="Explain").click()
    panel.locator(".custdyn-change").first.wait_for()
    yield "explain"
    visit.press("Close")
    for view in ("CDRs list", "Orig-Term report"):
        visit.press(view)
        visit.page.locator(".custdyn-lines td:visible").first.wait_for()
        yield view.split()[0].lower()
    visit.press("Customer Dynamics")
    visit.press("About this report")
    visit.page.evaluate("scrollTo(0, 0)")
    yield "facts"
    visit.press("About this report")
    visit.write("Active Duration", "12")
    visit.notice("made with earlier settings").wait_for()
    visit.page.evaluate("scrollTo(0, 0)")
    yield "stale"
    visit.choose("Type", "Excel XLSx")
    visit.field("Send to").fill("ana@example.org nobody")
    visit.field("Send to").press("Enter")
    visit.write("From", "soon")
    visit.press("Advanced")
    visit.query()
    yield "faults"
    visit.open(f"{address}/?theme={theme}&client_tags=nobody&period=2090-01-01/2090-12-31")
    visit.query()
    visit.table()
    yield "nobody"
    yield from _charts(visit, f"{address}/?theme={theme}&{YEARS}")


def _charts(visit: Visit, address: str):  # type: ignore[no-untyped-def]
    """Two periods, a chart with two axes in its editor, small multiples, a year that goes on."""
    visit.open(address)
    visit.query()
    visit.table()
    visit.view("Sparklines")
    visit.page.mouse.move(5, 5)
    visit.page.evaluate("document.querySelector('.custdyn-toolbar').scrollIntoView()")
    yield "compared"
    visit.show_chart("Blank Chart")
    for name in ("Balance Refill: Total", "Pay As You Go: Total", "Clients - Active: Qty"):
        visit.add_series(name)
    for name in ("Balance Refill: Total", "Pay As You Go: Total"):
        visit.choose(f"Kind of {name}", "Column")
    visit.choose("Axis of Clients - Active: Qty", "Right axis")
    visit.write("Title", "Money in, money used, and who uses it")
    visit.chart_svg("Money in")
    _to_the_chart(visit)
    yield "chart"
    visit.show_chart("Blank Chart")
    visit.add_series("Package (each package): Renew Total")
    visit.choose("Kind of Package (each package): Renew Total", "Area")
    visit.press("Edit chart")
    visit.chart_svg("Year Saver")
    _to_the_chart(visit)
    yield "multiples"
    visit.write("From", "2026-01-01")
    visit.write("To", "2026-12-31")
    visit.query()
    visit.notice("made with earlier settings").wait_for(state="detached")
    visit.show_chart("Balance Refill: Total")
    visit.chart_svg("period not finished")
    _to_the_chart(visit)
    yield "running-year"


def _to_the_chart(visit: Visit) -> None:
    visit.page.evaluate("document.querySelector('.custdyn-chart-panel').scrollIntoView()")
    visit.page.mouse.move(5, 5)
    visit.page.wait_for_timeout(300)


def _running(visit: Visit, address: str, theme: str):  # type: ignore[no-untyped-def]
    """While a report is made, and cancelled."""
    visit.open(f"{address}/?theme={theme}&period=2015-01-01/2017-12-31&group_by=date")
    visit.query()
    visit.page.get_by_role("button", name="Cancel", exact=True).wait_for()
    visit.page.wait_for_timeout(700)
    yield "running"
    visit.press("Cancel")
    visit.page.get_by_text("Cancelled.").wait_for()
    yield "cancelled"


def _failed(visit: Visit, address: str, theme: str):  # type: ignore[no-untyped-def]
    """A report that could not be made."""
    visit.open(f"{address}/?theme={theme}")
    visit.query()
    visit.notice("The report could not be created").wait_for()
    yield "failed"


if __name__ == "__main__":
    main(*(Path(one) for one in sys.argv[1:2]))
