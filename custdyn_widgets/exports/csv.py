"""Report → CSV: what the table shows, numbers plain."""

from __future__ import annotations

from collections.abc import Iterable

from ..layout import BlockRow, TableRow, table_of
from ..report import NOT_AVAILABLE, Cell, Report, plain

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""Text that starts so could be taken for a formula by a spreadsheet (OWASP ASVS 1.2.10)."""


def to_csv(report: Report) -> bytes:
    """UTF-8 with a byte order mark, CRLF, all text quoted.

    Block titles stand in rows of their own, as on the page. Names from the data never start a
    formula: such text gets an apostrophe in front. Numbers are plain: `-11947.74`, `N/A`.
    """
    table = table_of(report)
    lines = [_line(map(_text, ("", *level))) for level in table.header]
    lines += [_row(row, len(table.buckets)) for row in table.rows]
    return "".join(lines).encode("utf-8-sig")


def _row(row: BlockRow | TableRow, width: int) -> str:
    if isinstance(row, BlockRow):
        return _line([_text(row.title), *[_text("")] * width])
    return _line([_text(row.name), *map(_figure, row.cells)])


def _line(fields: Iterable[str]) -> str:
    return ",".join(fields) + "\r\n"


def _figure(cell: Cell) -> str:
    value = plain(cell.value)
    return _text(NOT_AVAILABLE) if value is None else str(value)


def _text(text: str) -> str:
    starts = text.lstrip(" \ufeff\xa0").startswith(FORMULA_STARTS)
    return '"' + ("'" if starts else "") + text.replace('"', '""') + '"'
