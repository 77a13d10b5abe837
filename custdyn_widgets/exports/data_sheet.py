"""Sheets that a spreadsheet works with: one line a cell of the report, and the rates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from decimal import Decimal

from custdyn_widgets.exports.sheet import Limits, Line, Look, Sheet, SheetCell
from custdyn_widgets.exports.text import Cleaner, is_exact
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.facts import exact_text

DATA, RATES = "Data", "Rates"
FIRST_YEAR = 1900
"""Of the dates that a spreadsheet has."""
WIDTHS = {"block": 26, "package": 22, "row": 24, "reason": 30}
HIDDEN = ("end", "other_end")
"""What the next bucket says as its start."""
FIGURES = {"quantity": Look.COUNT, "money": Look.MONEY, "percent": Look.PERCENT}


def data_sheet(report: Report, cleaner: Cleaner, limits: Limits) -> Sheet | None:
    """The lines of `Report.cell_lines` as a table, instants on the report's clock.

    None where there are none, or more than the format holds.
    """
    count = len(report.rows) * len(report.buckets)
    if not 0 < count < limits.rows:
        return None
    columns, tz = report.cell_columns, zone(report.query.timezone)
    unit, shown = columns.index("unit"), [at for at, one in enumerate(columns) if one not in HIDDEN]
    known: dict[tuple[object, object], SheetCell | None] = {}  # most of them come again and again

    def cell(value: object, counts: object) -> SheetCell | None:
        key = (value, counts)
        if key not in known:
            known[key] = _cell(value, str(counts), tz, cleaner)
        return known[key]

    lines: list[Line] = [
        [cell(line[at], line[unit]) for at in shown] for line in report.cell_lines()
    ]
    names = [columns[at] for at in shown]
    return _table(DATA, names, lines, [WIDTHS.get(name, 18) for name in names])


def rates_sheet(report: Report) -> Sheet | None:
    """The rates that the report converted with, exact; None where it needed none."""
    said = [(one.currency, str(one.valid_from), exact_text(one.rate)) for one in report.rates]
    lines: list[Line] = [[SheetCell(text, Look.TEXT) for text in line] for line in said]
    return _table(RATES, ("currency", "valid_from", "rate"), lines, [12, 14, 24]) if lines else None


def _table(name: str, columns: Iterable[str], lines: Iterable[Line], widths: list[int]) -> Sheet:
    head: Line = [SheetCell(one, Look.LABEL) for one in columns]
    return Sheet(name, [head, *lines], (1, 0), widths, is_table=True)


def _cell(value: object, unit: str, tz: tzinfo, cleaner: Cleaner) -> SheetCell | None:
    if isinstance(value, datetime):
        local = in_zone(value, tz).replace(tzinfo=None)
        if local.year < FIRST_YEAR:
            return SheetCell(local.isoformat(" "), Look.TEXT)
        return SheetCell(local, Look.INSTANT)
    if isinstance(value, int | Decimal):
        if is_exact(value):
            return SheetCell(value, FIGURES.get(unit, Look.NUMBER))
        return SheetCell(
            f"{value:f}" if isinstance(value, Decimal) else str(value), Look.EXACT_TEXT
        )
    return None if value is None else SheetCell(cleaner.clean(str(value)), Look.TEXT)
