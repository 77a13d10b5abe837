"""Report → CSV: what the table shows, or one line a cell for machines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import FieldFault, QueryError
from ..layout import BlockRow, TableRow, table_of
from ..report import NOT_AVAILABLE, Report, plain, utc_text
from .text import guarded

DELIMITERS = (",", ";", "\t")
DECIMALS = (".", ",")


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
    for row in table.rows:
        if isinstance(row, BlockRow):
            lines.append(style.line([text(row.title), *[text("")] * len(table.buckets)]))
        else:
            lines.append(style.line([text(row.name), *_figures(row, style)]))
    return "".join(lines).encode("utf-8-sig", "replace")


def to_tidy_csv(report: Report, style: CsvStyle) -> bytes:
    """One line a cell: block, package, row, bucket, start, end (UTC), value; N/A is empty."""
    head = ("block", "package", "row", "bucket", "start", "end", "value")
    lines = [style.line(map(text, head))]
    for row in report.rows:
        names = [text(row.block), text(row.package or ""), text(row.row)]
        for bucket, cell in zip(report.buckets, row.cells, strict=True):
            edges = [
                text(one) for one in (bucket.label, *map(utc_text, (bucket.start, bucket.end)))
            ]
            value = "" if cell.value is None else style.figure(plain(cell.value))
            lines.append(style.line([*names, *edges, value]))
    return "".join(lines).encode("utf-8-sig", "replace")


def text(value: str) -> str:
    """A quoted field that no spreadsheet takes for a formula."""
    return '"' + guarded(value).replace('"', '""') + '"'


def _figures(row: TableRow, style: CsvStyle) -> list[str]:
    return [style.figure(plain(cell.value)) for cell in row.cells]
