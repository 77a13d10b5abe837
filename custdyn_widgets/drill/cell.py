"""The address of a cell: a row and a bucket of a report, or of the compared period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import index
from typing import Any, SupportsIndex
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import CHANGES, LINES
from custdyn_widgets.model.periods import Bucket
from custdyn_widgets.model.time_zones import to_utc, zone
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
    if not isinstance(package, str | None):
        if not (pd.api.types.is_scalar(package) and pd.isna(package)):  # NaN in a line of `cells`
            raise QueryError([FieldFault("package", package, "is not the name of one, a text")])
        package = None
    title = block if package is None else f'{block} "{package}"'
    asked = f"{title}: {row}"
    found: dict[str, tuple[int, str]] = {}
    for place, one in enumerate(report.rows):
        for line in one.lines:
            found[f"{one.title}: {line.name}"] = place, line.key
    named, key = found.get(asked) or _in_any_case(asked, found)
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
    column = _place(report.buckets, bucket, report.query.timezone)
    if column is None and side == "other" and report.other is not None:  # by its own name
        column = _place(report.other.buckets, bucket, report.query.timezone)
    if column is None:
        first, last = (report.buckets[at].label for at in (0, -1)) if report.buckets else ("", "")
        ends = f"; it has {first} – {last}, by label, place, or an instant in it" if first else ""
        faults.append(FieldFault("bucket", str(bucket), f"the report has no such bucket{ends}"))
    if side not in SIDES:
        faults.append(FieldFault("side", side, f"is not one of {', '.join(SIDES)}"))
    elif side == "other" and report.other is None:
        faults.append(FieldFault("side", side, "the report compares with no other period"))
    if faults or column is None or named is None:
        raise QueryError(faults)
    return Address(named, column, side)


Selection = dict[str, Any]
"""A figure by name: `block`, `row`, `package`, `line` (as in LINES) and `bucket`."""


def selected_of(report: Report, cell: tuple[int, str, int]) -> Selection:
    """The address by name of a row, the line of that, and a column."""
    row, line, column = cell
    own = report.rows[row]
    return {
        "block": own.block,
        "row": own.row,
        "package": own.package,
        "line": line,
        "bucket": report.buckets[column].label,
    }


def select(report: Report, chosen: Mapping[str, Any]) -> tuple[int, str, int]:
    """The row, its line and the column of a selection; see `address_of`. Raises QueryError."""
    known = ("block", "row", "package", "line", "bucket")
    faults = [
        FieldFault(name, None, "is missing")
        for name in ("block", "row", "bucket")
        if name not in chosen
    ]
    faults += [
        FieldFault(str(name), chosen[name], f"is not one of {', '.join(known)}")
        for name in chosen
        if name not in known
    ]
    line = "value" if chosen.get("line") is None else chosen["line"]
    if not isinstance(line, str) or line not in LINES:
        faults.append(FieldFault("line", line, f"is not one of {', '.join(LINES)}"))
    elif line != "value" and report.other is None:
        faults.append(FieldFault("line", line, "the report compares with no other period"))
    if faults:
        raise QueryError(faults)
    asked = (str(chosen["block"]), str(chosen["row"]), chosen["bucket"], chosen.get("package"))
    at = address_of(report, *asked, changes=True)
    return at.row, "other" if line == "value" and at.side == "other" else line, at.column


def _in_any_case(asked: str, found: Mapping[str, tuple[int, str]]) -> tuple[int | None, str]:
    """`Pay as you Go`, as a chart has it, is `Pay As You Go`; a package is called exactly."""

    def folded(name: str) -> str:
        title, quote, package = name.partition(' "')
        package, end, row = package.rpartition('"')
        return f"{title.casefold()}{quote}{package}{end}{row.casefold()}"

    return {folded(name): at for name, at in found.items()}.get(folded(asked), (None, "value"))


def _place(buckets: Sequence[Bucket | None], bucket: object, timezone: str) -> int | None:
    """The place of a bucket; None where there is none such."""
    known = [(at, one) for at, one in enumerate(buckets) if one is not None]
    if isinstance(bucket, SupportsIndex) and not isinstance(bucket, bool):
        place, count = index(bucket), len(buckets)
        return place % count if -count <= place < count else None
    for at, one in known:  # a tuple: as the columns of the table have it where there are levels
        if bucket in (one.label, (*one.parents, one.label)):
            return at
    inside = _instants(bucket, timezone)
    return next((at for at, one in known if all(one.start <= i < one.end for i in inside)), None)


def _instants(bucket: object, timezone: str) -> list[datetime]:
    """An instant in a bucket, or the ends of a Period; one that is in none for what is neither."""
    ends = [getattr(bucket, name, bucket) for name in ("start_time", "end_time")]
    try:
        return [_instant(end, zone(timezone)) for end in ends]
    except (TypeError, ValueError, OverflowError):  # pandas' NaT, too
        return [datetime.max.replace(tzinfo=UTC)]


def _instant(value: object, tz: ZoneInfo) -> datetime:
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, str):
        value = datetime.fromisoformat(f"{value}-01" if len(value) == len("2025-03") else value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise TypeError(value)
    return to_utc(value, tz) if value.tzinfo is None else value.astimezone(UTC)


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
