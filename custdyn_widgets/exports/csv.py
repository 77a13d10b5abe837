"""Report → CSV: the table as shown, or one line per cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.exports.text import guarded
from custdyn_widgets.model.cells import NOT_AVAILABLE, plain
from custdyn_widgets.report.report import Report, utc_text
from custdyn_widgets.views.chart_spec import ChartSpec, points_of
from custdyn_widgets.views.table import COMPARED_WITH, BlockRow, TableRow, table_of

DELIMITERS = (",", ";", "\t")
DECIMALS = (".", ",")
KEPT = 4_096
"""Texts that are quoted once: most of a long list are the same few."""


@dataclass(frozen=True)
class CsvStyle:
    """How CSV is written: `delimiter` (comma, semicolon or tab) and `decimal` sign.

    Raises QueryError for others, and for equal ones.
    """

    delimiter: str = ","
    decimal: str = "."

    def __post_init__(self) -> None:
        faults = []
        if self.delimiter not in DELIMITERS:
            faults.append(FieldFault("delimiter", self.delimiter, "is not comma, semicolon or tab"))
        if self.decimal not in DECIMALS:
            faults.append(FieldFault("decimal", self.decimal, "is not a point or a comma"))
        if self.delimiter == self.decimal:
            faults.append(FieldFault("delimiter", self.delimiter, "is the decimal sign as well"))
        if faults:
            raise QueryError(faults)

    def line(self, fields: Iterable[str]) -> str:
        """One line of fields that are ready to be written."""
        return self.delimiter.join(fields) + "\r\n"

    def figure(self, value: int | str | None) -> str:
        """A number as `plain` gives it: unquoted, never with thousands separators."""
        if value is None:
            return text(NOT_AVAILABLE)
        return str(value).replace(".", self.decimal)


def to_csv(report: Report, style: CsvStyle) -> bytes:
    """UTF-8 with a byte order mark, CRLF, all text quoted.

    Block titles stand in rows of their own, as on the page. Names from the data never start a
    formula: such text gets an apostrophe in front. Numbers are plain: `-11947.74`, `N/A`.
    """
    table = table_of(report)
    lines = [style.line(map(text, ("", *level))) for level in table.header]
    if table.against is not None:
        lines.append(style.line(map(text, (COMPARED_WITH, *table.against))))
    for row in table.rows:
        if isinstance(row, BlockRow):
            lines.append(style.line([text(row.title), *[text("")] * len(table.buckets)]))
        else:
            lines.append(style.line([text(row.line.name), *_figures(row, style)]))
    return "".join(lines).encode("utf-8-sig", "replace")


def to_tidy_csv(report: Report, style: CsvStyle) -> bytes:
    """One line a cell: see `Report.cell_lines`; N/A is empty."""
    lines = [style.line(map(text, report.cell_columns))]
    for cell in report.cell_lines():
        lines.append(style.line(_tidy(value, style) for value in cell))
    return "".join(lines).encode("utf-8-sig", "replace")


def to_chart_csv(report: Report, chart: ChartSpec, style: CsvStyle) -> bytes:
    """What a chart draws, one line a figure: exact, with its bucket; N/A is empty.

    `period` is `own`, or `other` for the period compared with. Raises ChartError.
    """
    head = ("series", "package", "period", "bucket", "value")
    lines = [style.line(map(text, head))]
    for point in points_of(report, chart):
        names = (point.name, point.package or "", point.side, point.bucket)
        value = _tidy(point.value, style)
        lines.append(style.line([*map(text, names), value]))
    return "".join(lines).encode("utf-8-sig", "replace")


def _tidy(value: object, style: CsvStyle) -> str:
    if isinstance(value, int | Decimal):
        return style.figure(plain(value))
    if isinstance(value, datetime):
        return text(utc_text(value))
    return "" if value is None else text(str(value))


@lru_cache(KEPT)
def text(value: str) -> str:
    """A quoted field that no spreadsheet takes for a formula."""
    return '"' + guarded(value).replace('"', '""') + '"'


def _figures(row: TableRow, style: CsvStyle) -> list[str]:
    return [style.figure(plain(cell.value)) for cell in row.line.cells]
