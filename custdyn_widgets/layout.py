"""Report → table model: the one picture that page, HTML and files share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .definitions import BLOCKS, NA, PACKAGE_BLOCK, RowDefinition
from .periods import Bucket, zone
from .report import Cell, Report

TITLE = "Customer Dynamics"
WIDEST_NAME = 34
"""Characters of a row's name that are shown at the most; the tip has them all."""


@dataclass(frozen=True)
class BlockRow:
    """The title of a block, over the whole width."""

    title: str
    words: str


@dataclass(frozen=True)
class TableRow:
    """A row of figures."""

    name: str
    defined: RowDefinition
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """What is shown: header levels (coarsest first, one label a bucket), and rows."""

    caption: str
    header: tuple[tuple[str, ...], ...]
    buckets: tuple[Bucket, ...]
    rows: tuple[BlockRow | TableRow, ...]


def table_of(report: Report) -> Table:
    """The table of a report, as the page shows it."""
    levels = list(zip(*((*one.parents, one.label) for one in report.buckets), strict=True))
    return Table(
        caption=caption_of(report),
        header=tuple(levels) or ((),),
        buckets=report.buckets,
        rows=tuple(_rows(report)),
    )


def caption_of(report: Report) -> str:
    """One line: what the report shows, from when to when, in which zone and currency."""
    query = report.query
    return (
        f"{TITLE}: {report.first} – {report.last} {query.timezone}, {query.currency}, "
        f"active within {query.active_duration} month(s)"
    )


def spans(labels: tuple[str, ...]) -> list[tuple[str, int]]:
    """Runs of the same label in a header level: label and width."""
    runs: list[tuple[str, int]] = []
    for label in labels:
        if runs and runs[-1][0] == label:
            runs[-1] = (label, runs[-1][1] + 1)
        else:
            runs.append((label, 1))
    return runs


def to_json_model(report: Report) -> dict[str, Any]:
    """The table as JSON for the page's own table widget; every value is text.

    `nameWidth` and `width` (of every column) are in characters, so that the page need not measure
    each cell; `reasons` are, by column, places in `why`; `intervals` are the two lines of each
    column: in the report's zone, and in UTC.
    """
    table = table_of(report)
    lines = [row for row in table.rows if isinstance(row, TableRow)]
    names = [row.title if isinstance(row, BlockRow) else f"  {row.name}" for row in table.rows]
    shown = [f"{label} " for label in table.header[-1]]
    shown += [str(cell) for row in lines for cell in row.cells]
    why = list(NA)
    tz = zone(report.query.timezone)
    return {
        "caption": table.caption,
        "header": [spans(level) for level in table.header],
        "labels": list(table.header[-1]),
        "states": [bucket.state.value for bucket in table.buckets],
        "intervals": [
            [
                f"{one.start.astimezone(tz):%Y-%m-%d %H:%M:%S} – "
                f"{one.end.astimezone(tz):%Y-%m-%d %H:%M:%S} {report.query.timezone}, "
                "end not included",
                f"{one.start:%Y-%m-%d %H:%M:%S} – {one.end:%Y-%m-%d %H:%M:%S} UTC",
            ]
            for one in table.buckets
        ],
        "nameWidth": min(max(map(len, names), default=0) + 2, WIDEST_NAME),
        "width": max((len(text) for text in shown), default=0),
        "why": [reason.value for reason in why],
        "rows": [
            {"title": row.title, "words": row.words}
            if isinstance(row, BlockRow)
            else {
                "name": row.name,
                "words": row.defined.words,
                "values": [str(cell) for cell in row.cells],
                "reasons": {
                    str(place): why.index(cell.reason)
                    for place, cell in enumerate(row.cells)
                    if cell.reason is not None
                },
            }
            for row in table.rows
        ],
    }


def _rows(report: Report) -> Iterator[BlockRow | TableRow]:
    words = {block.name: block.words for block in (*BLOCKS, PACKAGE_BLOCK)}
    title = None
    for row in report.rows:
        if row.title != title:
            title = row.title
            yield BlockRow(title, words[row.block])
        yield TableRow(row.row, row.defined, row.cells)
