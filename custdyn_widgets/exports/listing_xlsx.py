"""Lists → XLSX: as many sheets as a list takes, and what is to know of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from custdyn_widgets.exports.text import Cleaner, is_exact
from custdyn_widgets.exports.workbook import save, style_of, written
from custdyn_widgets.exports.xlsx import INSTANT_FORMAT
from custdyn_widgets.model.cells import Column, Value, plain

if TYPE_CHECKING:
    from custdyn_widgets.exports.listing import Filed

MAX_LINES = 1_048_575
"""Lines that an XLSX sheet holds under its header."""

BAND = "EEF0F3"
WIDTHS = {"text": 20, "count": 12, "money": 18, "number": 12, "instant": 26}
_RIGHT = Alignment(horizontal="right")


def write_xlsx(filed: Filed, file: BinaryIO) -> None:
    """Excel XLSx: the list, on as many sheets as it takes, and Info. Held on disk meanwhile.

    A number that a spreadsheet cannot hold exactly is text.
    """
    book = Workbook(write_only=True)
    for number, lines in enumerate(_by_sheet(iter(filed.lines)), 1):
        name = filed.name if number == 1 else f"{filed.name} {number}"
        _Sheet(book.create_sheet(name), filed.columns).fill(lines)
    info: WriteOnlyWorksheet = book.create_sheet("Info")
    info.column_dimensions["A"].width, info.column_dimensions["B"].width = 26, 110
    label = style_of(info, font=Font(bold=True), alignment=Alignment(vertical="top"))
    body = style_of(info, alignment=Alignment(wrap_text=True, vertical="top"), number_format="@")
    cleaner = Cleaner()
    for fact in filed.facts:
        said = written(info, cleaner.clean(fact.text), body)
        info.append([written(info, fact.label, label), said])
    save(book, file, filed.as_of)


def _by_sheet(lines: Iterator[Sequence[Value]]) -> Iterator[Iterator[Sequence[Value]]]:
    """The lines of each sheet, one after another; the first sheet is there without any."""
    yield islice(lines, MAX_LINES)
    for first in lines:
        yield chain([first], islice(lines, MAX_LINES - 1))


class _Sheet:
    """One sheet of a list."""

    def __init__(self, page: WriteOnlyWorksheet, columns: Sequence[Column]) -> None:
        self._page = page
        self._cleaner = Cleaner()
        self._money: dict[int, Any] = {}
        page.freeze_panes = "A2"
        page.print_title_rows = "1:1"
        page.page_setup.orientation = "landscape"
        for place, column in enumerate(columns, 1):
            width = max(WIDTHS[column.kind], len(column.label) + 2)
            page.column_dimensions[get_column_letter(place)].width = width
        fill = PatternFill("solid", fgColor=BAND)
        left = style_of(page, font=Font(bold=True), fill=fill)
        right = style_of(page, font=Font(bold=True), fill=fill, alignment=_RIGHT)
        page.append(
            [
                written(page, one.label, left if one.kind in ("text", "instant") else right)
                for one in columns
            ]
        )

    def fill(self, lines: Iterable[Sequence[Value]]) -> None:
        """Writes lines."""
        for line in lines:
            self._page.append([None if value is None else self._cell(value) for value in line])

    def _cell(self, value: str | int | Decimal | datetime) -> Any:
        page = self._page
        if isinstance(value, str):
            return written(page, self._cleaner.clean(value), self._text)
        if isinstance(value, datetime):
            if value.microsecond:  # a spreadsheet's number would not hold it
                return written(page, value.isoformat(" "), self._text)
            return written(page, value, self._instant)
        if not is_exact(value):
            return written(page, str(plain(value)), self._exact)
        decimals = -int(value.as_tuple().exponent) if isinstance(value, Decimal) else 0
        return written(page, value, self._number(max(decimals, 0)))

    def _number(self, decimals: int) -> Any:
        if decimals not in self._money:
            digits = "#,##0" + ("." + "0" * decimals if decimals else "")
            self._money[decimals] = style_of(self._page, number_format=f"{digits};[Red]-{digits}")
        return self._money[decimals]

    @cached_property
    def _text(self) -> Any:
        return style_of(self._page, number_format="@")

    @cached_property
    def _exact(self) -> Any:
        return style_of(self._page, number_format="@", alignment=_RIGHT)

    @cached_property
    def _instant(self) -> Any:
        return style_of(self._page, number_format=INSTANT_FORMAT)
