"""The address of a cell: a row and a bucket of a report, or of the compared period."""

from __future__ import annotations

from dataclasses import dataclass

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.periods import Bucket
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
    bucket: str | int,
    package: str | None = None,
    side: str = "value",
) -> Address:
    """The cell of a block and row in a bucket, by its label or place.

    Raises QueryError for what the report does not have.
    """
    found = [
        place
        for place, one in enumerate(report.rows)
        if (one.block, one.row, one.package) == (block, row, package)
    ]
    labels = [one.label for one in report.buckets]
    faults = []
    if not found:
        names = list(dict.fromkeys(f"{one.title}: {one.row}" for one in report.rows))
        title = block if package is None else f'{block} "{package}"'
        asked = f"{title}: {row}"
        what = f"the report has no such row{did_you_mean(asked, names)}"
        faults.append(FieldFault("row", asked, what))
    column = bucket if isinstance(bucket, int) else _place(labels, bucket)
    if column is None or not -len(labels) <= column < len(labels):
        ends = f"; it has {labels[0]} – {labels[-1]}" if labels else ""
        faults.append(FieldFault("bucket", bucket, f"the report has no such bucket{ends}"))
    if side not in SIDES:
        faults.append(FieldFault("side", side, f"is not one of {', '.join(SIDES)}"))
    elif side == "other" and report.other is None:
        faults.append(FieldFault("side", side, "the report compares with no other period"))
    if faults or column is None:
        raise QueryError(faults)
    return Address(found[0], column % len(labels), side)


def _place(labels: list[str], label: str) -> int | None:
    return labels.index(label) if label in labels else None


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
