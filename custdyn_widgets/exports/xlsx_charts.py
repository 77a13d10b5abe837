"""The pre-configured charts as native Excel charts, on a sheet of their own."""

from __future__ import annotations

from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties

from ..cells import Cell
from ..definitions import CHARTS
from ..report import Report

ROWS_APART = 16
INK, PALE = "2563EB", "DCDFE4"


def add_charts(book: Workbook, report: Report) -> None:
    """A sheet `Charts`: four charts, and under them the figures they draw; N/A is a gap."""
    if not report.buckets:
        return
    page = book.create_sheet("Charts")
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9  # A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.column_dimensions["A"].width = 14
    for column in "BCDE":
        page.column_dimensions[column].width = 24
    first_row = 2 * ROWS_APART + 3
    for number, chart in enumerate(CHARTS):
        drawn = LineChart() if chart.kind == "line" else BarChart()
        drawn.title = chart.title
        drawn.legend = None
        drawn.height, drawn.width = 7.2, 15
        drawn.x_axis.tickLblPos = "low"
        drawn.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=PALE))
        drawn.x_axis.delete = drawn.y_axis.delete = False
        rows = (first_row, first_row + len(report.buckets))
        drawn.add_data(
            Reference(page, min_col=2 + number, min_row=rows[0], max_row=rows[1]),
            titles_from_data=True,
        )
        drawn.set_categories(Reference(page, min_col=1, min_row=rows[0] + 1, max_row=rows[1]))
        drawn.series[0].graphicalProperties = _ink(chart.kind)
        if isinstance(drawn, LineChart):
            drawn.series[0].smooth = False
        column = "A" if number % 2 == 0 else "E"
        page.add_chart(drawn, f"{column}{1 + number // 2 * ROWS_APART}")
    for _ in range(first_row - 1):
        page.append([])
    page.append(["", *(chart.title for chart in CHARTS)])
    for place, bucket in enumerate(report.buckets):
        label = WriteOnlyCell(page, bucket.label)
        label.data_type = "s"
        figures = (report.row(one.block, one.row).cells[place] for one in CHARTS)
        page.append([label, *(_figure(page, cell) for cell in figures)])


def _figure(page: Any, cell: Cell) -> WriteOnlyCell:
    made = WriteOnlyCell(page, cell.value)  # N/A is an empty cell: a gap, never zero
    made.number_format = "#,##0" if isinstance(cell.value, int) else "#,##0.00"
    return made


def _ink(kind: str) -> GraphicalProperties:
    if kind == "line":
        return GraphicalProperties(ln=LineProperties(solidFill=INK, w=28_000))
    return GraphicalProperties(solidFill=INK)
