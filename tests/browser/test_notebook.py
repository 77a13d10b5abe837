"""The form in a notebook: saved, restarted, run again, interrupted; JupyterLab and Notebook 7."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import nbformat
import pytest
from playwright.sync_api import Page, expect

from tests.browser.drive import Visit, end_kernels, jupyterlab

FRONTS = ("jupyterlab", "notebook")
QUERY = '{"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}'
FORM = f"""from custdyn_widgets import CustomerDynamics, run
app = CustomerDynamics('sample', {QUERY})
app"""
TABLE = ".custdyn-app table.custdyn tbody tr"


class Notebooks:
    """Notebooks of our own, in servers that are started once."""

    def __init__(self, folder: Path, visits: Callable[..., Visit], stack: ExitStack) -> None:
        self._folder, self.visits, self._stack = folder, visits, stack
        self.addresses: dict[str, str] = {}
        self._name = ""
        self.opened: list[Visit] = []

    def open(self, front: str, *cells: str) -> Visit:
        """A new notebook, whose first cell is run."""
        if front not in self.addresses:
            folder = self._folder / front
            folder.mkdir()
            self.addresses[front] = self._stack.enter_context(jupyterlab(folder, front))
        self._name = uuid4().hex  # JupyterLab keeps what was open by this name
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
        made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(made, self.path(front))
        visit = self.visits()
        self.opened.append(visit)
        visit.run_the_cell(self.address(front))
        return visit

    def address(self, front: str, again: str = "") -> str:
        name = self.path(front).name
        where = f"notebooks/{name}"
        if front == "jupyterlab":  # a workspace of its own each time
            where = f"lab/workspaces/{name[:-6]}{again}/tree/{name}"
        return f"{self.addresses[front]}/{where}"

    def path(self, front: str) -> Path:
        return self._folder / front / f"{self._name}.ipynb"

    def saved(self, front: str, visit: Visit) -> Any:
        """The file as it is saved now, not by an autosave before."""
        file = self.path(front)
        before = file.stat().st_mtime_ns
        visit.page.keyboard.press("Control+s")
        visit.until(lambda: file.stat().st_mtime_ns > before)
        return nbformat.read(file, 4)

    def end(self, front: str) -> None:
        end_kernels(self.addresses[front])


SCHEMA = "reading 'schema'"
"""What Notebook 7 itself throws as it opens."""


@pytest.fixture
def notebooks(tmp_path: Path, visits: Callable[..., Visit]) -> Iterator[Notebooks]:
    with ExitStack() as stack:
        made = Notebooks(tmp_path, visits, stack)
        yield made
        for visit in made.opened:
            visit.page.goto("about:blank")  # or it asks a server that has ended
        for address in made.addresses.values():
            end_kernels(address)
        for visit in made.opened:
            visit.errors[:] = [one for one in visit.errors if SCHEMA not in one]


def run_cell(page: Page, place: int) -> None:
    """Runs a cell and waits until the kernel is idle again."""
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").nth(place)
    before = prompt.inner_text()
    page.locator(".jp-CodeCell .cm-content").nth(place).click()
    page.keyboard.press("Control+Enter")
    expect(prompt).not_to_have_text(before)
    expect(prompt).not_to_have_text("[*]:")


@pytest.mark.parametrize("front", ["jupyterlab", "notebook"])
def test_a_saved_notebook_shows_its_figures_without_a_kernel(
    front: str, notebooks: Notebooks
) -> None:
    chart = f"run({QUERY}, 'sample').chart('Pay as you Go: Total')"
    visit = notebooks.open(front, FORM, chart)
    visit.query()
    visit.page.locator(TABLE).first.wait_for()
    visit.page.locator(".jp-CodeCell .cm-content").nth(1).click()
    visit.page.keyboard.press("Control+Enter")
    visit.page.locator(".custdyn-vega canvas").wait_for()
    assert visit.page.locator(".custdyn-kept:visible").count() == 0  # what is alive is seen
    file = notebooks.saved(front, visit)
    (kept, alive), (picture, drawn) = (one.outputs for one in file.cells)
    assert "-11\u00a0947.74" in kept.data["text/html"] and "-11 947.74" in kept.data["text/plain"]
    assert list(alive.data) == ["application/vnd.jupyter.widget-view+json"]
    assert "data:image/png;base64" in picture.data["text/html"]
    assert notebooks.path(front).stat().st_size < 250_000
    assert "application/vnd.jupyter.widget-view+json" in drawn.data
    notebooks.end(front)
    reopened = notebooks.visits()
    notebooks.opened.append(reopened)
    reopened.page.goto(notebooks.address(front, "-again"))
    table = reopened.page.locator(".custdyn-kept table.custdyn")
    expect(table).to_be_visible()
    expect(reopened.page.locator(".custdyn-kept .custdyn-made")).to_contain_text("2017-12-31")
    expect(reopened.page.locator(".custdyn-kept img")).to_be_visible()
    expect(reopened.page.get_by_text("model not found").first).to_be_hidden()


def test_a_form_without_its_kernel_says_so(notebooks: Notebooks) -> None:
    visit = notebooks.open("jupyterlab", FORM)
    page = visit.page
    visit.query()
    page.locator(TABLE).first.wait_for()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel…", exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    expect(page.get_by_role("alert").filter(has_text="Run this cell again")).to_be_visible()
    assert page.locator(".custdyn-app > [inert]").count() > 3
    signs = """() => [...document.querySelectorAll('.jupyter-widgets-disconnected')]
        .filter((one) => getComputedStyle(one, '::before').content !== 'none').length"""
    assert page.evaluate(signs) == 0
    run_cell(page, 0)  # and then it is alive again
    page.get_by_role("button", name="Query", exact=True).wait_for()
    assert page.get_by_role("alert").filter(has_text="Run this cell again").count() == 0


def test_query_says_that_it_waits_while_a_cell_runs(notebooks: Notebooks) -> None:
    visit = notebooks.open("jupyterlab", FORM, "import time; time.sleep(6)")
    page = visit.page
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Control+Enter")
    visit.query()
    page.get_by_text("Waiting for the kernel, which runs a cell").wait_for()
    page.locator(TABLE).first.wait_for()  # and then the report is made
    expect(page.locator(".custdyn-status")).to_contain_text("Done in")


def test_running_the_cell_again_leaves_one_form(notebooks: Notebooks) -> None:
    count = "from ipywidgets.widgets import widget\nprint(len(widget._instances))"
    visit = notebooks.open("jupyterlab", FORM, count)
    page = visit.page
    visit.query()
    page.locator(TABLE).first.wait_for()

    def models() -> int:
        run_cell(page, 1)
        said = page.locator(".jp-OutputArea-output pre").last.inner_text()
        return int(said)

    with_a_report = models()
    for _ in range(12):
        run_cell(page, 0)
        page.locator(".custdyn-press.primary").wait_for()
    alone = models()
    assert alone <= 120 and with_a_report <= 200, (alone, with_a_report)
    notebooks.saved("jupyterlab", visit)
    page.reload()
    page.get_by_role("button", name="Query", exact=True).wait_for()  # it is back
    assert page.locator(".custdyn-app").count() == 1


def test_an_interrupt_of_the_kernel_stops_a_report(notebooks: Notebooks, tmp_path: Path) -> None:
    from tests.browser.conftest import write_slow

    slow = tmp_path / "slow"
    slow.mkdir()
    write_slow(slow)
    visit = notebooks.open("jupyterlab", FORM.replace("sample", str(slow)))
    visit.query()
    visit.page.get_by_role("button", name="Cancel", exact=True).wait_for()
    visit.page.wait_for_timeout(400)
    visit.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    visit.page.get_by_text("Interrupt Kernel", exact=True).click()
    expect(visit.page.locator(".custdyn-status")).to_contain_text("Cancelled.")


KEYS = ("b", "a", "x", "z", "m", "d", "d", "0", "0", "Control+Enter", "Shift+Enter", "Control+a")


@pytest.mark.parametrize("front", FRONTS)
def test_nothing_typed_in_the_report_reaches_the_notebook(front: str, notebooks: Notebooks) -> None:
    visit = notebooks.open(front, FORM, "1 + 1")
    page = visit.page
    visit.query()
    page.locator(TABLE).first.wait_for()
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first.inner_text()
    places = [
        page.locator(f"{TABLE} td").nth(2),
        page.get_by_role("button", name="Compare", exact=True),
        page.get_by_role("button", name="View", exact=True),
    ]
    for place in places:
        for key in KEYS:
            place.focus()
            page.keyboard.press(key)
    page.evaluate(
        "() => document.addEventListener('copy', (one) => {"
        " window.copied = one.clipboardData.getData('text/plain'); })"
    )
    visit.go_to(page.locator(f"{TABLE} td", has_text="-11 947.74").first)
    page.keyboard.press("Control+c")
    visit.until(lambda: page.evaluate("window.copied") == "-11947.74")
    page.wait_for_timeout(500)
    assert page.locator(".jp-Notebook .jp-Cell").count() == 2
    assert page.locator(".jp-MarkdownCell").count() == 0
    assert page.locator(".jp-Dialog").count() == 0
    assert page.locator(".jp-CodeCell .jp-InputPrompt").first.inner_text() == prompt
    assert page.locator(".jp-Cell.jp-mod-selected").count() <= 1


def test_alt_q_in_a_cell_is_the_notebooks(notebooks: Notebooks) -> None:
    visit = notebooks.open("jupyterlab", FORM, "1 + 1")
    page = visit.page
    page.locator(".jp-CodeCell .cm-content").nth(1).click()
    page.keyboard.press("Alt+q")
    page.wait_for_timeout(700)
    assert page.locator(TABLE).count() == 0
    page.get_by_role("button", name="Query", exact=True).focus()
    page.keyboard.press("Alt+q")
    page.locator(TABLE).first.wait_for()


def test_the_report_comes_into_sight_and_the_panel_stays_in_the_output(
    notebooks: Notebooks,
) -> None:
    visit = notebooks.open("jupyterlab", FORM)
    page = visit.page
    visit.query()
    page.locator(TABLE).first.wait_for()
    expect(page.locator(f"{TABLE} td").nth(2)).to_be_in_viewport()
    page.locator(f"{TABLE} td").nth(2).click()
    panel = page.locator(".custdyn-drill")
    panel.wait_for()
    inside, around = panel.bounding_box(), page.locator(".custdyn-app").bounding_box()
    pane = page.locator(".jp-NotebookPanel").bounding_box()
    assert inside and around and pane
    assert around["x"] <= inside["x"] and inside["y"] >= pane["y"]
    assert inside["x"] + inside["width"] <= around["x"] + around["width"] + 1


def test_another_view_of_the_output_opens_one_panel_and_hands_over_one_file(
    notebooks: Notebooks,
) -> None:
    visit = notebooks.open("jupyterlab", FORM)
    page = visit.page
    visit.query()
    page.locator(TABLE).first.wait_for()
    page.locator(".custdyn-app").click(button="right", position={"x": 5, "y": 5})
    page.get_by_text("Create New View for Cell Output", exact=True).click()
    second = page.locator(".jp-LinkedOutputView .custdyn-app")
    second.locator("table.custdyn tbody tr").first.wait_for()
    files = []
    page.on("download", lambda one: files.append(one.suggested_filename))
    second.get_by_role("button", name="Export", exact=True).click()
    second.get_by_role("button", name="Export to CSV").click()
    visit.until(lambda: files)
    page.wait_for_timeout(1_000)
    assert len(files) == 1
    second.locator("table.custdyn tbody tr").nth(1).locator("td").nth(1).click()
    page.locator(".custdyn-drill:popover-open").first.wait_for()
    assert page.locator(".custdyn-drill:popover-open").count() == 1
