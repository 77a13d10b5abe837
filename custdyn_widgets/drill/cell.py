"""The address of a cell: a row and a bucket of a report, or of the compared period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from operator import index
from typing import SupportsIndex

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import CHANGES
from custdyn_widgets.model.periods import Bucket, to_utc, zone
from custdyn_widgets.query.validators import did_you_mean
from custdyn_widgets.report.report import Report, Row

SIDES = ("value", "other")


@dataclass(frozen=True)
class Address:
    """A cell of a report: the row at place `row`, in the column at place `column`.

    `side` is `value`, or `other` for the figure of the period compared with.
    """

    row: int
    column: int
    side: str = "value"


def address_of(
    report: Report,
    block: str,
    row: str,
    bucket: object,
    package: str | None = None,
    side: str = "value",
    *,
    changes: bool = False,
) -> Address:
    """The cell of a block and row in a bucket, as the table, `cells` or a chart name them.

    `block` may be a title such as `Package "Europe"`, `row` a line such as `Qty (Other)`. `bucket`
    is a label, its place, or an instant in it: text, a date, a datetime, a Timestamp or a Period;
    a naive one is wall-clock time in the report's zone. A line of `changes`, where they are
    asked for, is the figure of the period itself. Raises QueryError for what the report does
    not have.
    """
    title = block if package is None else f'{block} "{package}"'
    asked = f"{title}: {row}"
    found: dict[str, tuple[int, str]] = {}
    for place, one in enumerate(report.rows):
        for line in one.lines:
            found[f"{one.title}: {line.name}"] = place, line.key
    named, key = found.get(asked, (None, "value"))
    faults = []
    if named is None:
        what = f"the report has no such row{did_you_mean(asked, list(found))}"
        faults.append(FieldFault("row", asked, what))
    elif key in CHANGES and not changes:
        own = report.rows[named].row
        what = f"is between two figures: ask for {own!r}, with side 'value' or 'other'"
        faults.append(FieldFault("row", row, what))
    elif key == "other":
        side = key
    column = _place(report, bucket)
    if column is None:
        first, last = (report.buckets[at].label for at in (0, -1)) if report.buckets else ("", "")
        ends = f"; it has {first} – {last}" if first else ""
        faults.append(FieldFault("bucket", bucket, f"the report has no such bucket{ends}"))
    if side not in SIDES:
        faults.append(FieldFault("side", side, f"is not one of {', '.join(SIDES)}"))
    elif side == "other" and report.other is None:
        faults.append(FieldFault("side", side, "the report compares with no other period"))
    if faults or column is None or named is None:
        raise QueryError(faults)
    return Address(named, column, side)


def _place(report: Report, bucket: object) -> int | None:
    """The place of a bucket; None where the report has none such."""
    if isinstance(bucket, tuple):  # as the columns of the table have it where there are levels
        paths = [(*one.parents, one.label) for one in report.buckets]
        return paths.index(bucket) if bucket in paths else None
    if isinstance(bucket, SupportsIndex):
        place, count = index(bucket), len(report.buckets)
        return place % count if -count <= place < count else None
    labels = [one.label for one in report.buckets]
    if bucket in labels:
        return labels.index(str(bucket))
    instant = _instant(bucket, report.query.timezone)
    if instant is None:
        return None
    inside = (at for at, one in enumerate(report.buckets) if one.start <= instant < one.end)
    return next(inside, None)


def _instant(bucket: object, timezone: str) -> datetime | None:
    """An instant in a bucket; None for what is none."""
    start = getattr(bucket, "start_time", bucket)  # of a pandas Period
    if isinstance(start, str):
        try:
            start = datetime.fromisoformat(f"{start}-01" if len(start) == len("2025-03") else start)
        except ValueError:
            return None
    if isinstance(start, date) and not isinstance(start, datetime):
        start = datetime.combine(start, time())
    if not isinstance(start, datetime):
        return None
    return to_utc(start, zone(timezone)) if start.tzinfo is None else start


def row_at(report: Report, at: Address) -> Row:
    """The row that a cell stands in."""
    return report.rows[at.row]


def cell_at(report: Report, at: Address) -> Cell:
    """The cell itself."""
    row = row_at(report, at)
    cells = row.cells if at.side == "value" or row.compared is None else row.compared.other
    return cells[at.column]


def bucket_at(report: Report, at: Address) -> Bucket | None:
    """The bucket that a cell is of; None where the period compared with has none."""
    if at.side == "value" or report.other is None:
        return report.buckets[at.column]
    return report.other.buckets[at.column]
