"""The page's own sample, cell for cell, by every way of asking."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

from custdyn_widgets import Query, run
from tests.conftest import AS_OF

GOLDEN = Path(__file__).with_name("golden") / "sample.tsv"


def golden() -> list[list[str]]:
    """The table as the page prints it: header, titles of blocks, rows."""
    lines = GOLDEN.read_text("utf-8").splitlines()
    return [line.rstrip("\t").split("\t") for line in lines]


def test_the_golden_table_is_the_whole_page() -> None:
    rows = [line for line in golden()[1:] if len(line) > 1]
    assert len(rows) == 25
    assert {len(row) for row in rows} == {13}


def test_the_table_equals_the_page_cell_for_cell(page_query: Query) -> None:
    table = run(page_query, "sample", as_of=AS_OF).table
    header, *lines = golden()
    assert list(table.columns) == header[1:]
    block = ""
    expected = []
    for line in lines:
        if len(line) == 1:
            block = line[0]
        else:
            expected.append([block, *line])
    assert [
        [*index, *row] for index, row in zip(table.index, table.values, strict=True)
    ] == expected


def test_csv_equals_the_page_with_plain_numbers(page_query: Query) -> None:
    text = run(page_query, "sample", as_of=AS_OF).to_csv().decode("utf-8-sig")
    read = list(csv.reader(io.StringIO(text)))
    expected = [
        [line[0], *(field.replace(" ", "") for field in line[1:])] + [""] * (13 - len(line))
        for line in golden()
    ]
    assert read == expected


def test_json_carries_the_structure_of_the_interface(page_query: Query) -> None:
    made = json.loads(run(page_query, "sample", as_of=AS_OF).to_json())
    assert list(made) == ["query", "as_of", "interval", "buckets", "notes", "rows", "provenance"]
    assert made["as_of"] == "2026-11-24T12:00:00Z"
    assert made["interval"] == {
        "from": "2017-01-01T00:00:00",
        "to": "2017-12-31T23:59:59",
        "timezone": "UTC",
    }
    assert made["buckets"][1] == {
        "label": "02/2017",
        "start": "2017-02-01T00:00:00Z",
        "end": "2017-03-01T00:00:00Z",
        "state": "past",
    }
    balance = next(
        row for row in made["rows"] if (row["block"], row["row"]) == ("Clients - All", "Balance")
    )
    assert balance["package"] is None
    assert balance["values"][:2] == ["0.00", "-9348.15"]
    package = made["rows"][-4]
    assert (package["block"], package["package"]) == ("Package", "NewTestPackages")
    assert package["values"][:2] == [0, 1]
    assert made["rows"][-1]["values"] == [None] * 12
    assert made["query"]["client_type"] == "client"
    assert made["query"]["output"] == {"type": "web", "send_to": []}
