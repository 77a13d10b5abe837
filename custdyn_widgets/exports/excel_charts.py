"""The pre-configured charts as native Excel charts, on a sheet of their own."""

from __future__ import annotations

from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.utils import get_column_letter

from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED, points_of

CHARTS: dict[str, type[LineChart | BarChart]] = {"line": LineChart, "column": BarChart}
"""The kinds that the pre-configured charts have."""
ROWS_APART = 16
INK, PALE = "2563EB", "DCDFE4"
SIDES = {"own": "", "other": f" ({LINES['other'].label})"}
"""What is added to the title of a chart for the figures of each period."""


def add_charts(book: Workbook, report: Report) -> None:
    """A sheet `Charts`: four charts, and under them the figures they draw; N/A is a gap.

    The period compared with stands beside, dashed.
    """
    if not report.buckets:
        return
    page = book.create_sheet("Charts")
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9  # A4
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    sides = ["own", "other"] if report.other else ["own"]
    page.column_dimensions["A"].width = 14
    headings = [f"{title}{SIDES[side]}" for title in PRE_CONFIGURED for side in sides]
    for place, heading in enumerate(headings):
        page.column_dimensions[get_column_letter(2 + place)].width = len(heading) + 3
    first_row = 2 * ROWS_APART + 3
    rows = (first_row, first_row + len(report.buckets))
    figures: list[tuple[str, list[Cell]]] = []
    for number, (title, spec) in enumerate(PRE_CONFIGURED.items()):
        kind = spec.series[0].kind
        drawn = CHARTS[kind]()
        drawn.title = title
        drawn.legend = None
        drawn.height, drawn.width = 7.2, 15
        drawn.x_axis.tickLblPos = "low"
        drawn.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=PALE))
        drawn.x_axis.delete = drawn.y_axis.delete = False
        for side in sides:
            cells = [point.cell for point in points_of(report, spec) if point.side == side]
            figures.append((f"{title}{SIDES[side]}", cells))
            column = 1 + len(figures)
            place = Reference(page, min_col=column, min_row=rows[0], max_row=rows[1])
            drawn.add_data(place, titles_from_data=True)
            drawn.series[-1].graphicalProperties = _ink(kind, dashed=side == "other")
            if isinstance(drawn, LineChart):
                drawn.series[-1].smooth = False
        drawn.set_categories(Reference(page, min_col=1, min_row=rows[0] + 1, max_row=rows[1]))
        corner = "A" if number % 2 == 0 else "E" if len(sides) == 1 else "D"
        page.add_chart(drawn, f"{corner}{1 + number // 2 * ROWS_APART}")
    for _ in range(first_row - 1):
        page.append([])
    page.append(["", *(title for title, _ in figures)])
    for place, bucket in enumerate(report.buckets):
        label = WriteOnlyCell(page, bucket.label)
        label.data_type = "s"
        page.append([label, *(_figure(page, cells[place]) for _, cells in figures)])


def _figure(page: Any, cell: Cell) -> WriteOnlyCell:
    made = WriteOnlyCell(page, cell.value)  # N/A is an empty cell: a gap, never zero
    made.number_format = "#,##0" if isinstance(cell.value, int) else "#,##0.00"
    return made


def _ink(kind: str, *, dashed: bool) -> GraphicalProperties:
    width, dash = (28_000, None) if not dashed else (19_000, "dash")
    line = LineProperties(solidFill=INK, w=width, prstDash=dash)
    if kind == "line":
        return GraphicalProperties(ln=line)
    if dashed:
        return GraphicalProperties(noFill=True, ln=line)
    return GraphicalProperties(solidFill=INK)
