"""Cells in a kernel of their own: errors in two lines, progress, interrupts, charts, papermill."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from custdyn_widgets.views import progress
from tests.bench.cases import Case, make

QUERY = '{"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}'
IMPORT = "from custdyn_widgets import CustomerDynamics, Query, open_source, run"


def executed(*cells: str) -> list[Any]:
    """The outputs of cells, each in its own, run top to bottom; errors are outputs."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    NotebookClient(book, allow_errors=True, kernel_name="python3").execute()
    return [one.outputs for one in book.cells]


def test_an_error_is_the_line_of_the_cell_and_the_message() -> None:
    wrong = {
        "query": 'x = 1\nrun({"currency": "USSD"}, "sample")',
        "source": 'run({}, "./nowhere")',
        "row": f'run({QUERY}, "sample").clients("Pay As You Go", "Totl", 0)',
        "as_of": f'run({QUERY}, "sample", as_of="soon")',
        "field": 'Query().currency = "EUR"',
    }
    outputs = executed(IMPORT, *wrong.values())[1:]
    for name, ((*_, error), cell) in zip(  # before it perhaps what was being done
        wrong, zip(outputs, wrong.values(), strict=True), strict=True
    ):
        where, message = error.traceback
        line = cell.splitlines()[-1]
        assert where == f"line {len(cell.splitlines())}: {line}", name
        assert re.match(r"\w+Error: ", message), name
    assert "did you mean USD" in outputs[0][-1].traceback[1]
    assert "did you mean Pay As You Go: Total" in outputs[2][-1].traceback[1]


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("slow")
    make(folder, Case("slow", 1_000_000, 100_000, currencies=3))
    yield folder


def test_a_long_report_says_what_it_does_in_one_line_that_goes_away(slow: Path) -> None:
    seen = (
        "from IPython.display import DisplayHandle\n"
        "said, update = [], DisplayHandle.update\n"
        "def spy(self, shown, **more):\n"
        "    said.append(shown.data)\n"
        "    update(self, shown, **more)\n"
        "DisplayHandle.update = spy\n"
        "from custdyn_widgets.views import progress\n"
        "progress.QUICK, progress.BLINK = 0, 0.05"
    )
    usual = f"progress.QUICK, progress.BLINK = {progress.QUICK}, {progress.BLINK}"
    long, short = f"result = run({{}}, {str(slow)!r})", 'run({}, "sample");'
    cells = executed(IMPORT, seen, long, "print(said)", usual, short)
    shown = [one for one in cells[2] if one.output_type == "display_data"]
    assert len(shown) == 1 and shown[0].data["text/html"] == ""  # gone
    said = cells[3][0].text
    assert re.search(r"\w+ … (\d+ %, )?\d+ s", said)
    assert not [one for one in cells[-1] if one.output_type == "display_data"]  # that is silent


def test_the_second_question_about_a_named_source_reads_nothing(tmp_path: Path) -> None:
    from custdyn_widgets import run
    from custdyn_widgets.sources.place import SAMPLE

    for file in Path(SAMPLE).glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    query = {"period": {"from": "2017-01-01", "to": "2017-12-31"}}
    first = run(query, tmp_path)
    assert run(query, str(tmp_path)).source is first.source
    ledger = tmp_path / "ledger.csv"
    lines = ledger.read_text().splitlines()
    ledger.write_text("\n".join(lines[:-1]) + "\n")  # it changed: it is read again
    assert run(query, tmp_path).report.read.entries < first.report.read.entries
    ledger.unlink()
    with pytest.raises(Exception, match="ledger"):
        run(query, tmp_path)


def test_an_interrupt_of_a_cell_is_two_lines(slow: Path) -> None:
    interrupts = (  # as soon as it is said what is being done, on a fast machine too
        "import os, signal\n"
        "from custdyn_widgets.views import progress\n"
        "progress.QUICK, progress.BLINK, line = 0, 0.05, progress.line\n"
        "def interrupting(words, *more):\n"
        "    if words != 'starting':\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return line(words, *more)\n"
        "progress.line = interrupting"
    )
    error = executed(IMPORT, interrupts, f"run({{'group_by': ['date']}}, {str(slow)!r})")[2][-1]
    assert error.ename == "Interrupted" and len(error.traceback) == 2
    assert error.traceback[0].startswith("line 1: run(")


def test_what_a_file_keeps_is_small_and_holds_the_figures() -> None:
    year = f'result = run({QUERY}, "sample")'
    cells = executed(
        IMPORT,
        f"{year}\nresult",
        f'app = CustomerDynamics("sample", {QUERY})\napp',
        "app.run();",
        'result.chart("Pay as you Go: Total")',
        'result.explain("Pay As You Go", "Total", "02/2017")',
        f'run({{**{QUERY}, "group_by": ["date", "package"]}}, "sample")',
        f'from custdyn_widgets import run_cdrs, run_orig_term\nrun_cdrs({QUERY}, "sample")',
        f'run_orig_term({QUERY}, "sample")',
        "result.report.query",
    )
    for outputs in cells:
        for one in outputs:
            data = one.get("data", {})
            assert len(json.dumps(data)) < 150_000
            assert " object at 0x" not in str(data.get("text/plain", ""))
    table = cells[1][-1]  # before it there may be a line of progress
    assert "-11\u00a0947.74" in table.data["text/html"] and "-11 947.74" in table.data["text/plain"]
    for words in ("2017-12-31 23:59:59 UTC", "USD", "Client Type: Client", "As of 20", "sample"):
        assert words in table.data["text/html"]
    kept, alive = cells[2][-2:]
    assert "-11\u00a0947.74" in kept.data["text/html"]  # the report came in the next cell
    assert "widget-view" in str(alive.data)
    picture, _ = cells[4][-2:]
    (made,) = re.findall(r"base64,([^\"]+)", picture.data["text/html"])
    assert base64.b64decode(made).startswith(b"\x89PNG")
    assert "result.table" in cells[6][-1].data["text/html"]


@pytest.mark.long
def test_papermill_and_nbconvert_show_the_figures_without_a_network(tmp_path: Path) -> None:
    book = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("currency = 'EUR'", metadata={"tags": ["parameters"]}),
            nbformat.v4.new_code_cell(
                f'{IMPORT}\napp = CustomerDynamics("sample", {{**{QUERY}, "currency": currency}})\n'
                "app.run()\napp"
            ),
            nbformat.v4.new_code_cell('app.result.chart("Pay as you Go: Total")'),
        ]
    )
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(book, tmp_path / "in.ipynb")
    nothing = {
        **os.environ,
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
    }
    for command in (
        ["-m", "papermill", "in.ipynb", "out.ipynb", "-p", "currency", "USD"],
        ["-m", "nbconvert", "--to", "html", "out.ipynb"],
    ):
        done = subprocess.run(
            [sys.executable, *command], cwd=tmp_path, env=nothing, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
    page = (tmp_path / "out.html").read_text()
    assert "-11\u00a0947.74" in page and "data:image/png;base64" in page
    assert "object at 0x" not in page
    assert "vegaEmbed=" not in (tmp_path / "out.ipynb").read_text()  # Vega is no widget's state


@pytest.mark.long
def test_a_chart_of_data_elsewhere_asks_no_network_for_its_picture() -> None:
    chart = (
        "import altair as alt\nalt.Chart('https://127.0.0.1:9/x.csv').mark_bar().encode(x='a:Q')"
    )
    kept, alive = executed(IMPORT, chart)[1]
    assert "Run the cell to draw it" in kept.data["text/html"]
    assert "widget-view" in str(alive.data)


@pytest.mark.long
def test_an_own_chart_is_drawn_without_a_network_whatever_comes_first() -> None:
    active = "import altair as alt\nalt.renderers.active"
    assert executed(IMPORT, active)[-1][0].data["text/plain"] == "'custdyn'"
    chosen = (
        "import altair as alt\nalt.renderers.enable('json')",
        "import custdyn_widgets",
        active,
    )
    assert executed(*chosen)[-1][0].data["text/plain"] == "'json'"
