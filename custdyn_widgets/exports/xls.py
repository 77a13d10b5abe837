"""Report → Excel XLS (Excel 97), with xlwt."""

from __future__ import annotations

import io

import xlwt

from custdyn_widgets.exports.sheet import Limits, Look, Sheet
from custdyn_widgets.exports.sheets import sheets_of
from custdyn_widgets.exports.xlsx import (
    INSTANT_FORMAT,
    PERCENT_FORMAT,
    SHARE_FORMAT,
    change_format,
    money_format,
)
from custdyn_widgets.pipeline.provenance import Provenance
from custdyn_widgets.report.report import Report

LIMITS = Limits("Excel XLS", columns=256, rows=65_536)
WIDTH_UNIT, WIDEST = 256, 65_535
BAND, BAND_PLACE, BAND_COLOUR = "custdyn_band", 0x21, (0xEE, 0xF0, 0xF3)
xlwt.add_palette_colour(BAND, BAND_PLACE)


def to_xls(report: Report, provenance: Provenance) -> bytes:
    """The report as it is on the page, and an Info sheet. Raises TooLarge.

    A sheet holds 256 columns: a wider report stands on several, the first column on each.
    """
    book = xlwt.Workbook(encoding="utf-8", style_compression=2)
    book.set_colour_RGB(BAND_PLACE, *BAND_COLOUR)
    looks = _looks(str(report.query.currency))
    for sheet in sheets_of(report, provenance, LIMITS):
        _write(book.add_sheet(sheet.name), sheet, looks)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _looks(currency: str) -> dict[Look, xlwt.XFStyle]:
    """One style for each look: XLS holds no more than 4 094."""
    band = f"pattern: pattern solid, fore_colour {BAND}"
    later = "font: italic on, colour gray50; align: horizontal right"
    styles = {
        Look.TITLE: ("font: bold on, height 280", "General"),
        Look.SUBTITLE: ("font: colour gray50", "General"),
        Look.HEADER: (f"font: bold on; align: horizontal right; {band}", "General"),
        Look.HEADER_LATER: (f"{later}; {band}", "General"),
        Look.BLOCK: (f"font: bold on; {band}", "General"),
        Look.NAME: ("align: horizontal left, indent 1", "General"),
        Look.COUNT: ("align: horizontal right", "#,##0"),
        Look.MONEY: ("align: horizontal right", money_format(currency)),
        Look.PERCENT: ("align: horizontal right", SHARE_FORMAT),
        Look.ABSENT: ("font: colour gray50; align: horizontal right", "General"),
        Look.LINE: ("font: colour gray50; align: horizontal left, indent 2", "General"),
        Look.COUNT_CHANGE: ("align: horizontal right", change_format(None)),
        Look.MONEY_CHANGE: ("align: horizontal right", change_format(currency)),
        Look.PERCENT_CHANGE: ("align: horizontal right", PERCENT_FORMAT),
        Look.EXACT_TEXT: ("align: horizontal right", "@"),
        Look.LABEL: ("font: bold on; align: vertical top", "General"),
        Look.NUMBER: ("align: horizontal right", "General"),
        Look.INSTANT: ("align: horizontal left", INSTANT_FORMAT),
        Look.TEXT: ("align: vertical top, wrap on", "@"),
    }
    return {look: xlwt.easyxf(text, number) for look, (text, number) in styles.items()}


def _write(page: xlwt.Worksheet, sheet: Sheet, looks: dict[Look, xlwt.XFStyle]) -> None:
    page.panes_frozen = True
    page.horz_split_pos, page.vert_split_pos = sheet.frozen
    page.portrait = False
    page.paper_size_code = 9  # A4
    page.fit_width_to_pages, page.fit_height_to_pages = 1, 0
    page.footer_str = b"&P / &N"
    page.fit_num_pages = len(sheet.widths) <= 20
    for place, width in enumerate(sheet.widths):
        page.col(place).width = min(width * WIDTH_UNIT, WIDEST)
    page.outline_below = False
    for first, last in sheet.folds:
        for row in range(first, last + 1):
            page.row(row).level = 1
    for row, line in enumerate(sheet.lines):
        for column, cell in enumerate(line):
            if cell is not None and cell.value != "":
                page.write(row, column, cell.value, looks[cell.look])
            elif cell is not None:
                page.write(row, column, style=looks[cell.look])
