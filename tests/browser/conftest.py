"""One Chromium for all browser tests, and a server of each kind, started when it is needed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from playwright.sync_api import Browser

from custdyn_widgets.sources.demo.generator import demo_folder
from tests.bench.cases import Case, make
from tests.browser.drive import (
    Visit,
    chromium,
    end_kernels,
    jupyterlab,
    missing,
    voila,
    voila_notebook,
)
from tests.browser.names import write_many_names
from tests.support.hostile import FORMULAS, OTHERS
from tests.support.parts import all_parts

Arrive = Callable[..., Visit]
FRONTS = ("voila", "lab")
JUPYTERS = "Canceled future for"
"""What JupyterLab itself throws when a page is closed."""


def write_slow(folder: Path) -> None:
    """Some seconds of work."""
    make(folder, Case("slow", 6_000_000, 200_000, currencies=3))


def write_broken(folder: Path) -> None:
    """Clients without names, and no ledger."""
    (folder / "clients.csv").write_text("client_id\n1\n")


def write_odd(folder: Path) -> None:
    """Two entries alike, and one of a client that nobody knows."""
    (folder / "clients.csv").write_text(
        "client_id,name,type,currency,created_at\n1,Ada,client,EUR,2024-01-01T00:00:00Z\n"
    )
    (folder / "ledger.csv").write_text(
        "entry_id,client_id,occurred_at,kind,amount\n"
        "1,1,2024-01-05T10:00:00Z,refill,10\n"
        "2,1,2024-01-05T10:00:00Z,refill,10\n"
        "3,9,2024-01-06T10:00:00Z,payg,-1\n"
    )


def write_hostile(folder: Path) -> None:
    """The demo, with packages and clients whose names a page or a spreadsheet might run."""
    shutil.copytree(demo_folder(), folder, dirs_exist_ok=True)
    for table, names in (("packages", HOSTILE_PACKAGES), ("clients", HOSTILE_CLIENTS)):
        rows = pd.read_parquet(folder / f"{table}.parquet")
        rows.loc[rows.index[: len(names)], "name"] = list(names)
        rows.to_parquet(folder / f"{table}.parquet")


HOSTILE_CLIENTS = (*FORMULAS, *OTHERS)
HOSTILE_PACKAGES = ("=2+5", '<img src=x onerror="alert(1)">')
MADE = {
    "many": write_many_names,
    "slow": write_slow,
    "broken": write_broken,
    "odd": write_odd,
    "hostile": write_hostile,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder; without Chromium they are skipped by name.

    All but the journeys are of the long suite, and so are those of a form that is both in Voilà
    and in JupyterLab, there. One that fails runs once more, and is named and counted at the end:
    two servers and two browsers share two noisy cores. One that fails twice fails.
    """
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if item.get_closest_marker("journey") is None or front_of(item) == "lab":
                item.add_marker(pytest.mark.long)
            item.add_marker(pytest.mark.flaky(reruns=1))
            if missing() and not all_parts():
                item.add_marker(pytest.mark.skip(reason=missing()))


def front_of(item: pytest.Item) -> str:
    """Where a test has the page: `voila`, `lab`, or empty where it does not say."""
    call = getattr(item, "callspec", None)
    return "" if call is None else str(call.params.get("front", ""))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Servers:
    """Servers of our own, each started once and stopped at the end."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._addresses: dict[str, str] = {}

    def source(self, name: str) -> str:
        """A source: `many` has very many names, `slow` takes some seconds, `broken` has faults.

        `odd` has nothing wrong, but some oddities; `hostile` is the demo under hostile names.
        """
        if name not in MADE:
            return name
        folder = self._folder / name
        if not folder.exists():
            folder.mkdir()
            MADE[name](folder)
        return str(folder)

    def voila(self, source: str) -> str:
        """`custdyn app` on a source: a name of `source`, or the path of one."""
        if source not in self._addresses:
            folder = self._folder / f"voila-{len(self._addresses)}"
            folder.mkdir()
            self._addresses[source] = self._stack.enter_context(voila(self.source(source), folder))
        return self._addresses[source]

    def lab(self, source: str) -> str:
        """A notebook in JupyterLab whose one cell shows the form on a source."""
        cell = f"from custdyn_widgets import CustomerDynamics\nCustomerDynamics({source!r})"
        return self.notebook(cell)

    def notebook(self, cell: str) -> str:
        """A notebook of one cell in JupyterLab."""
        folder = self._folder / "lab"
        if "lab" not in self._addresses:
            folder.mkdir()
            self._addresses["lab"] = self._stack.enter_context(jupyterlab(folder))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        name = f"{len(list(folder.glob('*.ipynb')))}.ipynb"
        nbformat.write(notebook, folder / name)
        # a workspace of its own, or JupyterLab opens what was open before, too
        return f"{self._addresses['lab']}/lab/workspaces/{name[:-6]}/tree/{name}"

    def end_notebooks(self) -> None:
        """Ends the kernels of all notebooks."""
        if "lab" in self._addresses:
            end_kernels(self._addresses["lab"])

    def voila_cell(self, cell: str) -> str:
        """A page of Voilà's own with one cell."""
        folder = self._folder / f"cell-{len(self._addresses)}"
        folder.mkdir()
        self._addresses[cell] = self._stack.enter_context(voila_notebook(cell, folder))
        return self._addresses[cell]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path_factory.mktemp("servers"), stack)


@pytest.fixture
def visits(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Pages that may reach nothing but loopback: whoever tries otherwise fails."""
    made: list[Visit] = []

    def visit(width: int = 1440, height: int = 900) -> Visit:
        made.append(Visit(browser, width, height))
        return made[-1]

    yield visit
    for one in made:
        assert one.refused == [] or one.may_ask_others
        assert [error for error in one.errors if JUPYTERS not in error] == []
        one.leave()


@pytest.fixture
def arrive(visits: Callable[..., Visit], servers: Servers) -> Iterator[Arrive]:
    """Opens the page in Voilà (`voila`) or a notebook cell in JupyterLab (`lab`)."""

    def go(front: str, source: str = "demo", link: str = "", width: int = 1440) -> Visit:
        visit = visits(width)
        if front == "voila":
            visit.open(f"{servers.voila(source)}/{link}")
        elif link:
            cell = (
                "from custdyn_widgets import CustomerDynamics\n"
                f"CustomerDynamics({servers.source(source)!r}, query={link!r})"
            )
            visit.run_the_cell(servers.notebook(cell))
        else:
            visit.run_the_cell(servers.lab(servers.source(source)))
        return visit

    yield go
    servers.end_notebooks()
