"""Report → Excel XLSx, with openpyxl: the same report gives the same bytes."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet
from openpyxl.worksheet.table import Table, TableStyleInfo

from custdyn_widgets.exports.data_sheet import DATA
from custdyn_widgets.exports.excel_charts import add_charts
from custdyn_widgets.exports.sheet import Limits, Look, Sheet, SheetCell
from custdyn_widgets.exports.sheets import sheets_of
from custdyn_widgets.exports.workbook import save, style_of, written
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.pipeline.provenance import Provenance
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.table import TITLE

LIMITS = Limits("Excel XLSx", columns=16_384, rows=1_048_576)
BAND, DIM = "EEF0F3", "6B7280"
A4 = 9
FONT = partial(Font, name="Calibri", size=11)


def to_xlsx(report: Report, provenance: Provenance) -> bytes:
    """The report as it is on the page, charts, and an Info sheet. Raises TooLarge."""
    book = Workbook(write_only=True)
    template: WriteOnlyWorksheet = book.create_sheet("styles")
    looks = _looks(template, str(report.query.currency))
    book.remove(template)
    for sheet in sheets_of(report, provenance, LIMITS):
        if sheet.name == DATA or (sheet.name == "Info" and "Charts" not in book.sheetnames):
            add_charts(book, report)
        _write(book.create_sheet(sheet.name), sheet, looks)
    book.properties.title = f"{TITLE} {report.first.date()} – {report.last.date()}"
    made = io.BytesIO()
    save(book, made, report.as_of)
    return made.getvalue()


def money_format(currency: str) -> str:
    """A number format with the currency's decimals, negatives in red."""
    decimals = minor_units(currency)
    positive = "#,##0" + ("." + "0" * decimals if decimals else "")
    return f"{positive};[Red]-{positive}"


def change_format(currency: str | None) -> str:
    """A number format of changes, with their sign: of amounts, or of quantities (None)."""
    plain = money_format(currency).partition(";")[0] if currency else "#,##0"
    return f"+{plain};[Red]-{plain};{plain}"


SHARE_FORMAT = '#,##0.0" %"'
INSTANT_FORMAT = "yyyy-mm-dd hh:mm:ss"
PERCENT_FORMAT = '+#,##0.0" %";[Red]-#,##0.0" %";0.0" %"'


def _looks(sheet: WriteOnlyWorksheet, currency: str) -> dict[Look, Any]:
    """One style array for each look."""
    bold, dim = partial(FONT, bold=True), partial(FONT, color=DIM)
    band = PatternFill("solid", fgColor=BAND)
    right = Alignment(horizontal="right")
    styles: dict[Look, dict[str, Any]] = {
        Look.TITLE: {"font": bold(size=14)},
        Look.SUBTITLE: {"font": dim()},
        Look.HEADER: {"font": bold(), "fill": band, "alignment": right},
        Look.HEADER_LATER: {"font": dim(italic=True), "fill": band, "alignment": right},
        Look.BLOCK: {"font": bold(), "fill": band},
        Look.NAME: {"alignment": Alignment(indent=1)},
        Look.COUNT: {"number_format": "#,##0", "alignment": right},
        Look.MONEY: {"number_format": money_format(currency), "alignment": right},
        Look.PERCENT: {"number_format": SHARE_FORMAT, "alignment": right},
        Look.ABSENT: {"font": dim(), "alignment": right},
        Look.LINE: {"font": dim(), "alignment": Alignment(indent=2)},
        Look.COUNT_CHANGE: {"number_format": change_format(None), "alignment": right},
        Look.MONEY_CHANGE: {"number_format": change_format(currency), "alignment": right},
        Look.PERCENT_CHANGE: {"number_format": PERCENT_FORMAT, "alignment": right},
        Look.EXACT_TEXT: {"alignment": right, "number_format": "@"},
        Look.LABEL: {"font": bold(), "alignment": Alignment(vertical="top")},
        Look.NUMBER: {"alignment": right},
        Look.INSTANT: {"number_format": INSTANT_FORMAT},
        Look.TEXT: {"alignment": Alignment(wrap_text=True, vertical="top"), "number_format": "@"},
    }
    return {look: style_of(sheet, **parts) for look, parts in styles.items()}


def _write(page: WriteOnlyWorksheet, sheet: Sheet, looks: dict[Look, Any]) -> None:
    rows, columns = sheet.frozen
    page.freeze_panes = f"{get_column_letter(columns + 1)}{rows + 1}"
    for place, width in enumerate(sheet.widths, 1):
        page.column_dimensions[get_column_letter(place)].width = width
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = len(sheet.widths) <= 20
    page.print_title_rows = f"1:{rows}"
    page.oddFooter.center.text = "&P / &N"
    if columns:
        page.print_title_cols = "A:A"
    page.sheet_properties.outlinePr.summaryBelow = False
    for first, last in sheet.folds:
        page.row_dimensions.group(first + 1, last + 1)
    if sheet.is_table:
        page._tables.add(_table(sheet))  # add_table warns that the columns are ours to name
    known: dict[tuple[object, Look], WriteOnlyCell] = {}  # most cells of a table are repeated
    for line in sheet.lines:
        page.append([cell and _cell(page, cell, looks, known) for cell in line])


def _table(sheet: Sheet) -> Table:
    """What Excel calls a table: with filters, for pivots and look-ups."""
    wide = get_column_letter(len(sheet.widths))
    made = Table(displayName=sheet.name, ref=f"A1:{wide}{len(sheet.lines)}")
    made.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    made._initialise_columns()
    for column, cell in zip(made.tableColumns, sheet.lines[0], strict=True):
        column.name = "" if cell is None else str(cell.value)
    return made


def _cell(
    page: WriteOnlyWorksheet,
    cell: SheetCell,
    looks: dict[Look, Any],
    known: dict[tuple[object, Look], WriteOnlyCell],
) -> WriteOnlyCell:
    key = (cell.value, cell.look)
    if key not in known:
        known[key] = written(page, cell.value, looks[cell.look])
    return known[key]
