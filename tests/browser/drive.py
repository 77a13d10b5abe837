"""Servers and browser for the tests and for the README's pictures."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import nbformat
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect, sync_playwright
from playwright.sync_api import Request as PageRequest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # nothing but loopback is there
]
PATIENCE = int(os.environ.get("CUSTDYN_PATIENCE", "60000"))
"""Milliseconds a test waits for the page."""
expect.set_options(timeout=PATIENCE)
HOST = "http://127.0.0.1"


MARKS = """() => {
  const holder = document.querySelector('.custdyn-vega');
  const box = holder.querySelector('canvas').getBoundingClientRect();
  const edge = holder.view.padding();
  const [left, top] = holder.view.origin().map((one, i) => one + (i ? edge.top : edge.left));
  const found = [];
  const walk = (mark, x, y) => mark.items.forEach((item) => {
    if (mark.marktype === 'group') {
      item.items?.forEach((one) => walk(one, x + (item.x || 0), y + (item.y || 0)));
    } else if (['rect', 'symbol', 'line', 'area'].includes(mark.marktype) && item.datum) {
      const {shown = 'of nothing', side, name} = item.datum;  // or Vega has made it up
      if (mark.name?.startsWith('legend') || mark.role?.startsWith('legend')) return;
      found.push({type: mark.marktype, shown, side, name, place: item.datum.x,
        defined: item.defined !== false, dash: item.strokeDash ?? null,
        opacity: item.opacity ?? 1, x: box.left + left + x + item.x + (item.width || 0) / 2,
        y: box.top + top + y + item.y + (item.height || 0) / 2});
    }
  });
  walk(holder.view.scenegraph().root, 0, 0);
  return found;
}"""


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int, log: Path, **variables: str) -> Iterator[str]:
    """A server of our own, stopped at the end; gives its address once it answers."""
    address = f"{HOST}:{port}"
    environment = {**os.environ, **variables}
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=log.parent, env=environment)
    try:
        for _ in range(300):
            try:
                urlopen(f"{address}/static/", timeout=30).close()  # noqa: S310 our own address
                break
            except HTTPError:
                break  # it answers, if only to say no
            except (URLError, OSError):
                if process.poll() is not None:
                    raise RuntimeError(log.read_text()) from None
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            if not {"jupyterlab", "notebook"} & set(command):  # they wait for a kernel just begun
                raise


@contextmanager
def voila(source: str, folder: Path, ready: int = 0, *own: str, **variables: str) -> Iterator[str]:
    """`custdyn app`, as a user starts it; kernels that wait would only slow the tests."""
    port = free_port()
    command = [sys.executable, "-m", "custdyn_widgets.cli", "app", *own, "--source", source]
    options = ["--port", str(port), "--ready", str(ready)]
    with serving([*command, *options], port, folder / "voila.log", **variables) as address:
        yield address


@contextmanager
def voila_notebook(cell: str, folder: Path) -> Iterator[str]:
    """Voilà as it comes, on a notebook of one cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "page.ipynb")
    port = free_port()
    command = [sys.executable, "-m", "voila", "page.ipynb", f"--port={port}", "--no-browser"]
    with serving(command, port, folder / "voila.log") as address:
        yield address


@contextmanager
def jupyterlab(folder: Path, front: str = "jupyterlab") -> Iterator[str]:
    """JupyterLab, or Notebook 7 (`notebook`), on a folder, without a token, on loopback."""
    port = free_port()
    command = [
        *(sys.executable, "-m", front, "--no-browser", f"--port={port}", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", "--IdentityProvider.token=", f"--notebook-dir={folder}"),
        "--LabApp.news_url=None",
        "--ServerApp.disable_check_xsrf=True",  # so that a test can end its kernels
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with serving(command, port, folder / "lab.log") as address:
        urlopen(f"{address}/api/kernelspecs", timeout=60).close()  # noqa: S310 our own address
        yield address


@cache
def missing() -> str:
    """What is missing to drive a browser, in words; nothing where all is there."""
    if not CHROMIUM.exists():
        return "Chromium is not installed"
    driver, _ = compute_driver_executable()
    started = subprocess.run([driver, "--version"], capture_output=True, text=True)
    return started.stderr.strip() if started.returncode else ""


@contextmanager
def chromium() -> Iterator[Browser]:
    if missing():
        raise RuntimeError(missing())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


class Late:
    """What a kernel says to a page: passed on at once, or held for a while."""

    def __init__(self, page: Page) -> None:
        self._held: list[tuple[WebSocketRoute, str | bytes]] | None = None
        self._until: str | None = None
        page.route_web_socket(re.compile("/channels"), self._between)

    def hold(self) -> None:
        self._held = []

    def hold_after(self, said: str) -> None:
        """Holds what comes after the page has said this."""
        self._until = said

    def release(self) -> None:
        held, self._held = self._held or [], None
        for socket_, message in held:
            socket_.send(message)

    def _between(self, page: WebSocketRoute) -> None:
        kernel = page.connect_to_server()

        def passed(message: str | bytes) -> None:
            if self._held is None:
                page.send(message)
            else:
                self._held.append((page, message))

        def said(message: str | bytes) -> None:
            text = message if isinstance(message, str) else message.decode(errors="replace")
            if self._until is not None and self._until in text:
                self._until = None
                self.hold()
            kernel.send(message)

        page.on_message(said)
        kernel.on_message(passed)


class Visit:
    """A page that may reach nothing but loopback; what it tried is kept in `refused`."""

    def __init__(self, browser: Browser, width: int = 1440, height: int = 900) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(PATIENCE)
        self.refused: list[str] = []
        self.may_ask_others = False
        self.errors: list[str] = []
        self.page.on("request", self._notice)  # not `route`: it loses what a page says when it ends
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _notice(self, request: PageRequest) -> None:
        if not request.url.startswith((HOST, "data:", "blob:")):
            self.refused.append(request.url)

    def leave(self) -> None:
        """Leaves the page, which tells Voilà to end its kernel."""
        self.page.goto("about:blank")
        self.page.close()

    def holds_answers(self) -> Late:
        """From the next page on, what its kernel says can be held."""
        return Late(self.page)

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.get_by_role("button", name="Query", exact=True).wait_for()

    def run_the_cell(self, address: str, until: str = ".custdyn-press.primary") -> None:
        """Opens a notebook in JupyterLab and runs its first cell, until something is there."""
        self.page.goto(address)
        prompt = self.page.locator(".jp-CodeCell .jp-InputPrompt").first
        prompt.wait_for()
        idle = ".jp-Notebook-ExecutionIndicator[data-status='idle']"
        self.page.locator(idle).first.wait_for(state="attached")
        self.page.wait_for_timeout(500)
        for _ in range(20):  # a key that comes before the notebook is ready is lost
            dialog = self.page.locator("dialog.jp-Dialog")
            if dialog.count():  # a slow server makes JupyterLab ask
                print("JupyterLab asks:", dialog.inner_text())
                dialog.locator(".jp-mod-accept").click()
            self.page.locator(".jp-CodeCell .cm-content").first.click(timeout=5_000)
            self.page.keyboard.press("Shift+Enter")
            if self._begun(prompt):  # pressed twice, the cell would run twice
                break
        self.page.locator(until).first.wait_for()

    def _begun(self, prompt: Locator) -> bool:
        """Whether the cell runs: the page itself says so as soon as it has taken the key."""
        for _ in range(10):
            self.page.wait_for_timeout(200)
            if prompt.inner_text().strip() != "[ ]:":
                return True
        return False

    def until(self, true: Callable[[], object]) -> None:
        """Waits until something is true of the page."""
        for _ in range(PATIENCE // 100):
            if true():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("the page has not become what was waited for")

    def query(self) -> None:
        self.page.get_by_role("button", name="Query", exact=True).click()

    def press(self, name: str) -> None:
        button = self.page.get_by_role("button", name=name, exact=True)
        if name == "Advanced" or name.startswith("Delete the filter"):
            self.edit()
        button.click()

    def edit(self) -> None:
        """Opens the form, where it has folded into a line."""
        folded = self.page.locator(".custdyn-folded")
        if folded.count():
            self.page.evaluate("document.querySelector('.custdyn-folded .custdyn-edit')?.click()")
            folded.wait_for(state="detached")

    def export(self, name: str) -> Locator:
        """An entry of the menu Export, once that is open."""
        entry = self.page.get_by_role("button", name=name, exact=True)
        if not entry.is_visible():
            self.press("Export")
        return entry

    def view(self, choice: str) -> None:
        """Turns a choice of the menu View over."""
        self.press("View")
        self.page.get_by_label(choice, exact=True).click()
        self.page.keyboard.press("Escape")

    def field(self, label: str) -> Locator:
        """The control that has this label."""
        self.edit()
        return self.page.get_by_label(label, exact=True).and_(
            self.page.locator(".custdyn-app input, .custdyn-app select")
        )

    def go_to(self, cell: Locator) -> None:
        """Clicks a cell and closes what that opens: the keyboard is on the cell then."""
        cell.click()
        panel = self.page.locator(".custdyn-drill:popover-open")
        panel.wait_for()
        self.page.keyboard.press("Escape")
        panel.wait_for(state="detached")

    def choose(self, label: str, option: str) -> None:
        """Chooses from a drop-down."""
        self.field(label).select_option(label=option)

    def write(self, label: str, text: str) -> None:
        """Types into a field and leaves it."""
        field = self.field(label)
        field.click()
        field.fill(text)
        field.press("Tab")

    def search(self, label: str, text: str) -> Locator:
        """Types into a field that searches; gives the options found, once there is one."""
        field = self.field(label)
        field.click()
        field.fill("")
        field.press_sequentially(text)
        options = self.options()
        options.filter(has_text=re.compile(re.escape(text), re.I)).first.wait_for()
        return options

    def options(self) -> Locator:
        return self.page.locator(".custdyn-popup:popover-open [role=option]")

    def pick(self, label: str, text: str) -> None:
        """Searches, and chooses the first that is found by Enter."""
        self.search(label, text)
        self.field(label).press("Enter")

    def show_chart(self, name: str) -> None:
        """Chooses a chart from the menu."""
        self.press("Show Chart")
        self.page.get_by_role("combobox", name="Search charts").wait_for()
        self.options().filter(has_text=name).first.click()

    def add_series(self, name: str) -> None:
        """Adds a row to the chart in the editor."""
        self.press("Add series")
        box = self.page.get_by_role("combobox", name="Search rows")
        box.wait_for()
        box.fill(name)
        self.options().filter(has_text=re.compile(f"^{re.escape(name)}$")).first.click()
        self.page.get_by_label(f"Kind of {name}").wait_for()

    def chart_data(self) -> list[dict[str, Any]]:
        """What the chart draws, read from the view that is on the screen."""
        self.page.wait_for_function("document.querySelector('.custdyn-vega')?.view")
        data: list[dict[str, Any]] = self.page.evaluate(
            "() => document.querySelector('.custdyn-vega').view.data('cells')"
            ".map(({x, shown, value, side, name, package, column, row}) =>"
            " ({x, shown, value, side, name, package, column, row}))"
        )
        return data

    def chart_svg(self, holding: str) -> str:
        """The chart as SVG, once it holds a text; blanks are plain ones."""
        svg = ""

        def held() -> bool:
            nonlocal svg
            made: str = self.page.evaluate(
                "async () => { const view = document.querySelector('.custdyn-vega')?.view;"
                " return view ? await view.toSVG() : '' }"
            )
            svg = made.replace("\u00a0", " ")
            return holding in svg

        self.until(held)
        return svg

    def chart_marks(self) -> list[dict[str, Any]]:
        """The points, bars and vertices that the chart shows, with where they are in the page."""
        marks: list[dict[str, Any]] = self.page.evaluate(MARKS)
        return marks

    def row_of(self, block: str, row: str) -> dict[str, list[str]]:
        """The lines of a row in the table, by their short names."""
        found: dict[str, list[str]] = {}
        inside, own = False, False
        for line in self.table():
            if len(line) == 2 and line[1] == "":
                inside = line[0] == block
            elif inside and line[0] == row:
                own, found["Value"] = True, line[1:]
            elif inside and own and line[0] in ("Compared", "Δ", "Δ %"):
                found[line[0]] = line[1:]
            else:
                own = False
        return found

    def add_filter(self, name: str) -> None:
        self.edit()
        self.press("Add filter")
        self.page.get_by_role("combobox", name="Search filters").wait_for()
        self.options().filter(has_text=name).click()
        self.field(name).wait_for()

    def chips(self, label: str) -> list[str]:
        """What is chosen in a field of several values."""
        box = self.field(label).locator("xpath=ancestor::*[contains(@class, 'custdyn-box')]")
        return box.locator(".custdyn-chip .custdyn-name").all_inner_texts()

    def chip(self, text: str) -> Locator:
        return self.page.locator(".custdyn-box .custdyn-chip", has_text=text)

    def alert(self, words: str) -> Locator:
        """What is said beside a field."""
        return self.page.locator(".custdyn-fault [role=alert]", has_text=words)

    def notice(self, title: str) -> Locator:
        return self.page.locator(".custdyn-notice", has_text=title)

    def said(self) -> str:
        return self.page.locator(".custdyn-words").inner_text()

    def fill_the_sample(self) -> None:
        """Period 2017, Month × Package Name, USD: the page's own query."""
        self.write("From", "2017-01-01 00:00:00")
        self.write("To", "2017-12-31 23:59:59")
        self.pick("Currency", "USD")

    def table(self) -> list[list[str]]:
        """The table as it stands in the page: header, titles of blocks, rows."""
        self.page.locator(".custdyn-app table.custdyn tbody tr").first.wait_for()
        rows: list[list[str]] = self.page.evaluate(
            "() => [...document.querySelectorAll('.custdyn-app table.custdyn tr')]"
            ".map(row => [...row.querySelectorAll('th, td')].map(cell =>"
            " cell.querySelector('button') ? '' :"
            " (cell.querySelector('small')?.previousSibling ?? cell).textContent))"
        )
        return rows


def end_kernels(address: str) -> None:
    """Ends every kernel of a Jupyter server: a closed tab leaves its own running."""
    with urlopen(f"{address}/api/kernels") as answer:  # noqa: S310 our own address
        kernels = json.load(answer)
    for kernel in kernels:
        ending = Request(f"{address}/api/kernels/{kernel['id']}", method="DELETE")  # noqa: S310
        urlopen(ending).close()  # noqa: S310
