"""The page in Chromium: how soon it can be used, a table is there, a search answers, Cancel stops.

`python -m tests.bench.page`: medians over some runs, each with its smallest and largest.
"""

from __future__ import annotations

import os
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser

from custdyn_widgets import Query, open_source, run
from custdyn_widgets.environment import STORE_VARIABLE
from custdyn_widgets.model.rows import BLOCKS
from custdyn_widgets.store import my_store
from custdyn_widgets.ui.jobs import Jobs, a_report
from custdyn_widgets.views.chart_spec import ChartSpec
from tests.bench.cases import Case, make
from tests.browser.drive import Visit, chromium, voila
from tests.browser.names import write_many_names

RUNS = 7
TEN = "Ten rows"
WATCH = """
const told = window.told = {};
const painted = (name) => requestAnimationFrame(() => setTimeout(
  () => { told[name] ??= performance.now() }));
new MutationObserver(() => {
  const button = document.querySelector('.custdyn-press.primary');
  if (!('usable' in told) && button?.offsetParent) painted('usable');
  if (document.querySelector('.custdyn-popup:popover-open .custdyn-option')) painted('found');
}).observe(document, {subtree: true, childList: true, attributes: true});
document.addEventListener('input', () => { told.typed = performance.now(); delete told.found },
  true);
document.addEventListener('click', (event) => {
  if (event.target.closest('.custdyn-option')) told.chosen = performance.now();
  if (!event.target.closest('.primary')) return;
  performance.clearMarks();
  told.asked = performance.now();
  const look = () => performance.getEntriesByName('custdyn-table').length
    ? painted('shown') : requestAnimationFrame(look);
  delete told.shown;
  look();
}, true);
"""
WIDE = "?period=2024-01-01/2024-12-31&group_by=date&group_by=package"


def main() -> None:
    """Prints the figures of the README."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        (folder / "many").mkdir()
        write_many_names(folder / "many")
        with voila("demo", folder, ready=2) as address:
            time.sleep(10)  # until the kernels wait
            say("page usable, kernel ready", usable(browser, address), "s")
            for words, link in (("73 rows × 12 columns", ""), ("73 rows × 366 columns", WIDE)):
                say(f"{words} shown, beyond the engine", shown(browser, address + link), "ms")
        os.environ[STORE_VARIABLE] = str(folder / "store.sqlite")
        my_store().charts.add(TEN, ten_series(), shared=True)
        with voila("demo", folder) as address:
            say("a chart of 366 places × 10 rows drawn", drawn(browser, address + WIDE), "ms")
        with voila(str(folder / "many"), folder) as address:
            say("a keystroke answers, 20 000 tags", answers(browser, address), "ms")
        (folder / "large").mkdir()
        make(folder / "large", Case("large", 20_000_000, 500_000, currencies=3))
        say("Cancel frees the engine, 20 M entries by date", stops(folder / "large"), "s")


def say(words: str, figures: Iterable[float], unit: str) -> None:
    """One line of the table."""
    measured = sorted(figures)
    middle = statistics.median(measured)
    print(f"{words:48} {middle:7.2f} {unit:3} ({measured[0]:.2f} – {measured[-1]:.2f})", flush=True)


def watched(browser: Browser, address: str) -> Visit:
    visit = Visit(browser)
    visit.page.add_init_script(WATCH)
    visit.open(address)
    visit.page.wait_for_function("told.usable")
    return visit


def usable(browser: Browser, address: str) -> Iterator[float]:
    for _ in range(RUNS):
        visit = watched(browser, address)
        yield visit.page.evaluate("told.usable") / 1000
        visit.leave()
        time.sleep(10)  # the next kernel is made ready meanwhile


def shown(browser: Browser, address: str) -> Iterator[float]:
    visit = watched(browser, address)
    visit.page.wait_for_timeout(2_000)
    for months in range(1, RUNS + 1):  # other figures each time, or nothing is drawn again
        visit.write("Active Duration", str(months))
        visit.query()
        visit.page.wait_for_function("told.shown")
        visit.page.wait_for_timeout(500)
        engine = re.search(r"([\d.]+) s", visit.said())
        assert engine is not None
        spent = visit.page.evaluate("told.shown - told.asked")
        yield spent - 1000 * float(engine[1])
    visit.leave()


def ten_series() -> ChartSpec:
    """Ten rows of the page as lines."""
    rows = [(block.name, row.name) for block in BLOCKS for row in block.rows][:10]
    series = [{"block": block, "row": row} for block, row in rows]
    return ChartSpec.model_validate({"title": TEN, "series": series})


def drawn(browser: Browser, address: str) -> Iterator[float]:
    """From the click that chooses a chart to its picture, once Vega is there."""
    visit = watched(browser, address)
    visit.query()
    visit.table()
    for name in ("Clients - Active: Qty", TEN) * RUNS:
        visit.page.evaluate("performance.clearMeasures()")
        visit.show_chart(name)
        visit.page.wait_for_function("performance.getEntriesByName('custdyn-chart').length")
        if name == TEN:
            yield visit.page.evaluate(
                "(() => { const one = performance.getEntriesByName('custdyn-chart').at(-1);"
                " return one.startTime + one.duration - told.chosen })()"
            )
        visit.page.wait_for_timeout(500)
    visit.leave()


def answers(browser: Browser, address: str) -> Iterator[float]:
    visit = watched(browser, address)
    visit.add_filter("Client Tags")
    visit.search("Client Tags", "t")
    for key in "ag 1234"[:RUNS]:
        visit.page.wait_for_timeout(300)
        visit.field("Client Tags").press(key if key != " " else "Space")
        visit.page.wait_for_function("told.found")
        yield visit.page.evaluate("told.found - told.typed")
    visit.leave()


class Silent:
    """Nobody listens."""

    def progressed(self, words: str, share: float | None) -> None:
        """Nothing."""

    def made(self, query: Query, result: object) -> None:
        """Nothing."""

    def failed(self, error: Exception) -> None:
        """Nothing."""


def stops(folder: Path) -> Iterator[float]:
    source = open_source(folder)
    query = Query.model_validate(
        {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "group_by": ["date"]}
    )
    begun = time.perf_counter()
    run(query, source, as_of=datetime(2020, 1, 1, tzinfo=UTC))
    whole = time.perf_counter() - begun
    jobs = Jobs(source, Silent())
    moments = random.Random(1)  # noqa: S311 moments, not secrets
    for _ in range(25):
        jobs.start(query, a_report)
        time.sleep(moments.uniform(0, whole))
        jobs.stop()
        begun = time.perf_counter()
        with source.reading():  # it is our turn once the other has ended
            yield time.perf_counter() - begun


if __name__ == "__main__":
    main()
