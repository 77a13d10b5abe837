"""Parts in notebooks: composed by hand, linked, several at once, run again; other front ends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.drive import Visit, free_port, serving, voila
from tests.browser.test_notebook import Notebooks, run_cell

QUERY = '{"period": "last_year", "currency": "EUR"}'
PARTS = f"""from ipywidgets import HBox, VBox
from custdyn_widgets import CellPanel, FilterForm, ReportChart, ReportTable
form = FilterForm("demo", query={QUERY}, run=True)
table = ReportTable(form)
chart = ReportChart(table, "Pay as you Go: Total")
panel = CellPanel(table)
VBox([form, table, chart, panel])"""
TABLE = "table.custdyn tbody tr"


@pytest.fixture
def notebooks(tmp_path: Path, visits: Callable[..., Visit]) -> Iterator[Notebooks]:
    from tests.browser import test_notebook

    yield from test_notebook.notebooks.__wrapped__(tmp_path, visits)  # type: ignore[attr-defined]


def figure(visit: Visit, block: str, row: str, column: int) -> None:
    """Clicks a figure of the table."""
    visit.page.evaluate(
        """([block, row, column]) => {
          let title = '';
          for (const line of document.querySelectorAll('table.custdyn[role=grid] tbody tr')) {
            const name = line.querySelector('th').textContent;
            if (line.classList.contains('block')) title = name;
            else if (title === block && name === row) {
              const cell = line.querySelectorAll('td')[column];
              cell.scrollIntoView({block: 'center'});
              return cell.click();
            }
          }
          throw new Error('no such figure');
        }""",
        [block, row, column],
    )


@pytest.mark.journey
def test_one_cell_to_the_ledger_and_back(notebooks: Notebooks) -> None:
    visit = notebooks.open(
        "jupyterlab",
        PARTS,
        "c = table.clients; print(c.shape[0], round(c.value.sum(), 2), table.selection['bucket'])",
        "e = table.entries; print(len(e), round(e.value.sum(), 2))",
        "import altair as alt\nalt.Chart(e).mark_bar().encode(x='kind:N', y='sum(value):Q')",
        "table.selection = {'block': 'Balance Refill', 'row': 'Qty', 'bucket': '2025-02'}\n"
        "print(table.selected.value[0], chart.selection['bucket'], panel.selection['row'])",
    )
    page = visit.page
    page.locator(TABLE).first.wait_for()
    page.locator(".custdyn-vega canvas").wait_for()
    figure(visit, "Pay As You Go", "Total", 2)
    panel = page.locator(".custdyn-drill.inline")
    expect(panel.locator("h2")).to_have_text("Pay As You Go: Total · 03/2025")
    expect(panel.locator(".custdyn-proof")).to_contain_text("up to this figure")
    expect(page.locator(".custdyn-chart-mark")).to_be_visible()
    shown = page.locator("td.chosen").inner_text().replace("\u00a0", "").replace(" ", "")
    run_cell(page, 1)
    output = page.locator(".jp-OutputArea-output pre")
    expect(output.last).to_contain_text(shown)
    expect(output.last).to_contain_text("03/2025")
    run_cell(page, 2)
    expect(output.last).to_contain_text(shown)
    run_cell(page, 3)
    expect(page.locator(".custdyn-vega canvas")).to_have_count(2)
    run_cell(page, 4)
    expect(output.last).to_have_text("754.0 02/2025 Qty\n")
    expect(panel.locator("h2")).to_have_text("Balance Refill: Qty · 02/2025")
    assert page.locator("td.chosen").inner_text() == "754"


def test_parts_are_linked_both_ways_and_by_the_browser_alone(notebooks: Notebooks) -> None:
    other = (
        "from ipywidgets import jslink\n"
        "second = ReportTable(form.report)\n"
        "jslink((table, 'selection'), (second, 'selection'))\n"
        "second"
    )
    visit = notebooks.open("jupyterlab", PARTS, other, "print(table.selection['bucket'])")
    page = visit.page
    page.locator(".custdyn-vega canvas").wait_for()
    run_cell(page, 1)
    tables = page.locator("table.custdyn[role=grid]")
    expect(tables).to_have_count(2)
    mark = next(
        one for one in visit.chart_marks() if one["type"] == "rect" and one["place"] == "04/2025"
    )
    page.mouse.click(mark["x"], mark["y"])
    expect(tables.nth(0).locator("td.chosen")).to_have_count(1)
    expect(tables.nth(1).locator("td.chosen")).to_have_count(1)
    expect(page.locator(".custdyn-drill.inline h2")).to_contain_text("Pay As You Go: Total")
    run_cell(page, 2)
    chosen = page.locator(".jp-OutputArea-output pre").last.inner_text().strip()
    expect(page.locator(".custdyn-drill.inline h2")).to_contain_text(chosen)


def test_two_forms_and_two_sources_do_not_disturb_each_other(notebooks: Notebooks) -> None:
    again = PARTS.replace("form", "form2").replace("table", "table2").replace("panel", "panel2")
    again = again.replace("chart", "chart2").replace('"demo"', '"sample"')
    again = again.replace(QUERY, '{"period": {"from": "2017-01-01", "to": "2017-12-31"}}')
    visit = notebooks.open(
        "jupyterlab", PARTS, again, "print(table.selection, table2.selection['bucket'])"
    )
    page = visit.page
    run_cell(page, 1)
    tables = page.locator("table.custdyn[role=grid]")
    expect(tables).to_have_count(2)
    tables.nth(1).locator("tbody tr").nth(1).locator("td").nth(1).click()
    expect(page.locator(".custdyn-drill.inline:visible")).to_have_count(1)
    run_cell(page, 2)
    expect(page.locator(".jp-OutputArea-output pre").last).to_have_text("None 02/2017\n")
    page.get_by_role("button", name="Query", exact=True).nth(1).click()  # of the second form
    expect(page.locator(".custdyn-status").nth(1)).to_contain_text("Done in")
    assert tables.nth(0).locator("td.chosen").count() == 0


def test_cells_run_again_in_any_order_and_leave_one_of_each(notebooks: Notebooks) -> None:
    count = "from ipywidgets.widgets import widget\nprint(len(widget._instances))"
    first, *rest = PARTS.splitlines()
    cells = ["\n".join([first, *rest[:2], "form"]), *rest[2:-1], "table", "chart", "panel", count]
    visit = notebooks.open("jupyterlab", *cells)
    page = visit.page
    for place in range(1, len(cells)):
        run_cell(page, place)
    said = page.locator(".jp-OutputArea-output pre")
    before = int(said.last.inner_text())
    order = [
        2,
        5,
        1,
        4,
        3,
        6,
        2,
        1,
        5,
        4,
        3,
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        5,
        4,
        6,
        1,
        4,
        2,
        3,
        5,
        6,
        4,
        5,
        1,
    ]
    for place in [*order, 2, 3, 4, 5, 6]:
        run_cell(page, place)
    run_cell(page, 7)
    assert int(said.last.inner_text()) <= before + 60  # names of ours hold what was made before
    expect(page.locator("table.custdyn[role=grid]")).to_have_count(1)
    figure(visit, "Balance Refill", "Qty", 3)
    expect(page.locator(".custdyn-drill.inline h2")).to_have_text("Balance Refill: Qty · 04/2025")


def test_a_saved_table_and_chart_show_their_figures(notebooks: Notebooks) -> None:
    visit = notebooks.open("jupyterlab", PARTS, "table", "chart")
    page = visit.page
    run_cell(page, 1)
    run_cell(page, 2)
    page.locator(".custdyn-vega canvas").nth(1).wait_for()
    assert page.locator(".custdyn-kept:visible").count() == 0
    file = notebooks.saved("jupyterlab", visit)
    kept = [str(one.outputs[0].data.get("text/html", "")) for one in file.cells[1:]]
    assert "Balance Refill" in kept[0] and "data:image/png;base64" in kept[1]


def test_parts_in_notebook_7(notebooks: Notebooks) -> None:
    visit = notebooks.open("notebook", PARTS, "print(table.selection['bucket'])")
    visit.page.locator(TABLE).first.wait_for()
    figure(visit, "Clients - All", "Qty", 1)
    expect(visit.page.locator(".custdyn-drill.inline h2")).to_have_text(
        "Clients - All: Qty · 02/2025"
    )
    run_cell(visit.page, 1)
    expect(visit.page.locator(".jp-OutputArea-output pre").last).to_have_text("02/2025\n")


def test_a_notebook_of_parts_is_served(visits: Callable[..., Visit], tmp_path: Path) -> None:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(PARTS)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, tmp_path / "mine.ipynb")
    visit = visits()
    with voila("demo", tmp_path, 0, "mine.ipynb") as address:
        visit.page.goto(address)
        check_page(visit)
        visit.page.goto("about:blank")


def check_page(visit: Visit) -> None:
    page = visit.page
    page.locator(TABLE).first.wait_for()
    page.locator(".custdyn-vega canvas").wait_for()
    figure(visit, "Clients - All", "Qty", 1)
    expect(page.locator(".custdyn-drill.inline h2")).to_have_text("Clients - All: Qty · 02/2025")
    page.get_by_role("button", name="Query", exact=True).click()
    expect(page.locator(".custdyn-status")).to_contain_text("Done in")
    expect(page.locator("td.chosen")).to_have_count(
        1
    )  # it is still there, and so is what is chosen


MARIMO = """import marimo
app = marimo.App()

@app.cell
def _():
    from custdyn_widgets import ReportTable, run
    result = run({"period": "last_year", "currency": "EUR"}, "demo")
    table = ReportTable(result)
    table
    return (table,)

@app.cell
def _(table):
    from custdyn_widgets import ReportChart
    ReportChart(table, "Pay as you Go: Total")
    return

@app.cell
def _(table):
    from custdyn_widgets import CellPanel
    CellPanel(table)
    return

if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def marimo(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "page.py").write_text(MARIMO)
    port = free_port()
    command = [sys.executable, "-m", "marimo", "run", "page.py", f"--port={port}", "--headless"]
    with ExitStack() as stack:
        yield stack.enter_context(serving(command, port, tmp_path / "marimo.log"))


def test_parts_in_marimo(marimo: str, visits: Callable[..., Visit]) -> None:
    visit = visits()
    visit.may_ask_others = True  # marimo's own page does
    visit.page.goto(marimo)
    visit.page.locator(TABLE).first.wait_for()
    visit.page.locator(".custdyn-vega canvas").wait_for()
    visit.page.locator(f"{TABLE} td").nth(3).click()
    expect(visit.page.locator(".custdyn-drill.inline h2")).to_contain_text("Clients - Active: Qty")
