"""One Chromium and one server of each kind for all browser tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser

from .drive import CHROMIUM, all_parts, chromium, free_port, jupyterlab, serving, voila


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of this folder; without Chromium they are skipped by name."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not CHROMIUM.exists() and not all_parts():
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def voila_sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with voila("sample", tmp_path_factory.mktemp("voila")) as address:
        yield address


@pytest.fixture(scope="session")
def voila_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with voila("demo", tmp_path_factory.mktemp("voila")) as address:
        yield address


@pytest.fixture(scope="session")
def voila_large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Voilà on a page of its own: one download button with a file of 40 MB."""
    folder = tmp_path_factory.mktemp("large")
    cell = (
        "from custdyn_widgets.ui.download import Download\n"
        "name = 'Bericht für «Q1».bin'\n"
        "Download(lambda: (name, 'application/octet-stream', bytes(range(250)) * 160_000),"
        " print, label='Download 40 MB')"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "large.ipynb")
    port = free_port()
    command = [sys.executable, "-m", "voila", "large.ipynb", f"--port={port}", "--no-browser"]
    with serving(command, port, folder / "voila.log") as address:
        yield address


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab with a notebook whose one cell shows the form on the sample."""
    folder = tmp_path_factory.mktemp("lab")
    cell = 'from custdyn_widgets import CustomerDynamics\nCustomerDynamics("sample")'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, folder / "cell.ipynb")
    with jupyterlab(folder) as address:
        yield f"{address}/lab/tree/cell.ipynb"
