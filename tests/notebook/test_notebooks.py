"""The notebooks that come with the package run from top to bottom, and hold no outputs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.support.counts import some

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


@pytest.mark.parametrize("path", some(NOTEBOOKS, 1), ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    book = nbformat.read(path, 4)
    assert all(cell.outputs == [] for cell in book.cells if cell.cell_type == "code")
    client = NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute()
    check = CHECKS.get(path.stem)
    if check is not None:
        check([one for one in book.cells if one.cell_type == "code"], tmp_path)


def text(cell: Any) -> str:
    """The last output of a cell, as text."""
    return str(cell.outputs[-1].data["text/plain"])


def first_report(cells: list[Any], folder: Path) -> None:
    assert text(cells[4]) == "True"  # the clients add up to the cell
    assert (folder / "last_year.xlsx").stat().st_size > 5_000


def reproducible(cells: list[Any], folder: Path) -> None:
    assert "same" in cells[3].outputs[0].text
    assert (folder / "march.toml").exists()
    late, restated = eval(text(cells[6]))  # noqa: S307 two numbers of ours
    assert late == restated != 0
    assert "as_of=" in cells[-1].outputs[0].text


def retention(cells: list[Any], _folder: Path) -> None:
    differences = {float(one) for one in re.findall(r"-?\d+\.\d*", text(cells[1]))}
    assert differences == {0}  # the flows add up to the report
    assert "1.0" in text(cells[3])


def own_data(cells: list[Any], folder: Path) -> None:
    tried, mended = (cells[at].outputs[0].text for at in (2, 3))
    assert "kinds found: Payment (3), Call (2)" in tried and "did you mean payg?" in tried
    assert "no data errors, no warnings" in mended
    assert "19.80" in text(cells[4]) or "-9.90" in text(cells[4])
    assert text(cells[6]) == "True"  # frames and files say the same
    assert (folder / "export/ledger.parquet").exists()


def parts_and_rows(cells: list[Any], folder: Path) -> None:
    assert "'bucket': '04/2025'" in text(cells[1])
    share = text(cells[3]).strip("()").split(", ")
    paying, per_payer = text(cells[4]).strip("()").split(", ")
    assert round(float(share[0]) / int(paying), 2) == float(share[1]) == float(per_payer)
    assert "up to this figure" in cells[6].outputs[0].text
    assert "where" in cells[7].outputs[0].text and (folder / "packages.toml").exists()
    assert text(cells[8]) == "True"  # the file makes the same report


CHECKS = {
    "01_first_report": first_report,
    "02_your_own_data": own_data,
    "04_reproducible_analysis": reproducible,
    "06_retention": retention,
    "07_parts_and_rows": parts_and_rows,
}
