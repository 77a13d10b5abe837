"""Report: the frozen cells with query, interval, notes and provenance; how a value is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd

from .currencies import minor_units
from .definitions import NA, PACKAGE, RowDefinition, definition
from .periods import Bucket
from .query import Query

NOT_AVAILABLE = "N/A"


@dataclass(frozen=True)
class Note:
    """Something a reader should know of a report."""

    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"Warning: {self.text}" if self.warning else self.text


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: a count, an amount rounded to minor units, or N/A with its reason.

    `exact` is the amount before rounding.
    """

    value: int | Decimal | None
    exact: Fraction | None = None
    reason: NA | None = None

    def __str__(self) -> str:
        return shown(self.value)


@dataclass(frozen=True)
class Row:
    """A row: the block and package it stands in, its name, and a cell for each bucket."""

    block: str
    package: str | None
    row: str
    cells: tuple[Cell, ...]

    @property
    def title(self) -> str:
        """The title of its block as it is shown."""
        return self.block if self.package is None else f'{PACKAGE} "{self.package}"'

    @property
    def defined(self) -> RowDefinition:
        """What this row is: unit and definition in words."""
        return definition(self.block, self.row)


@dataclass(frozen=True, order=True)
class UsedRate:
    """A rate that a report converted with; `rate` is what one unit is worth in the base."""

    currency: str
    valid_from: date
    rate: Fraction


@dataclass(frozen=True)
class EntriesRead:
    """What was read of the ledger: entries before the period's end that count as of the report.

    `newest` is the instant of the newest one. `in_period` counts, by kind, those in the period
    of clients that pass the filters.
    """

    entries: int = 0
    newest: datetime | None = None
    in_period: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Report:
    """A report as it was made, once and for all: `run` makes it.

    `query` has every default filled in; `as_of` is aware; `first` and `last` are the interval in
    wall-clock seconds of the query's zone, both inclusive; rows come in the order of the page;
    `rates` are those it converted with, `read` counts the entries it was made of.
    """

    query: Query
    source: str
    as_of: datetime
    first: datetime
    last: datetime
    buckets: tuple[Bucket, ...]
    rows: tuple[Row, ...]
    notes: tuple[Note, ...]
    rates: tuple[UsedRate, ...] = ()
    read: EntriesRead = EntriesRead()

    @property
    def table(self) -> pd.DataFrame:
        """The report as shown: one row a row, indexed by block and row, one column a bucket.

        Values are text, `-11 947.74` or `N/A`. With coarser time units the columns have levels.
        """
        labels = [(*bucket.parents, bucket.label) for bucket in self.buckets]
        columns: pd.Index[Any] = (
            pd.MultiIndex.from_tuples(labels)
            if labels and len(labels[0]) > 1
            else pd.Index([bucket.label for bucket in self.buckets])
        )
        index = pd.MultiIndex.from_tuples(
            [(row.title, row.row) for row in self.rows], names=["Block", "Row"]
        )
        values = [[str(cell) for cell in row.cells] for row in self.rows]
        return pd.DataFrame(values, index=index, columns=columns, dtype="object")

    @property
    def cells(self) -> pd.DataFrame:
        """The report tidy, one line a cell.

        Columns `block`, `package`, `row`, `bucket`, `start`, `end` (UTC), `value` (int, Decimal
        or None) and `reason` (why N/A).
        """
        return pd.DataFrame(
            list(self._tidy()),
            columns=["block", "package", "row", "bucket", "start", "end", "value", "reason"],
            dtype="object",
        )

    def row(self, block: str, row: str, package: str | None = None) -> Row:
        """The row of that block and name; KeyError if the report has none."""
        for candidate in self.rows:
            if (candidate.block, candidate.row, candidate.package) == (block, row, package):
                return candidate
        raise KeyError((block, row, package))

    def to_dict(self) -> dict[str, Any]:
        """The JSON structure of REPORT.md section 7."""
        return {
            "query": self.query.to_dict(),
            "as_of": utc_text(self.as_of),
            "interval": {
                "from": self.first.isoformat(),
                "to": self.last.isoformat(),
                "timezone": self.query.timezone,
            },
            "buckets": [
                {
                    "label": bucket.label,
                    "start": utc_text(bucket.start),
                    "end": utc_text(bucket.end),
                    "state": bucket.state.value,
                }
                for bucket in self.buckets
            ],
            "notes": [str(note) for note in self.notes],
            "rows": [
                {
                    "block": row.block,
                    "package": row.package,
                    "row": row.row,
                    "values": [plain(cell.value) for cell in row.cells],
                }
                for row in self.rows
            ],
        }

    def _tidy(self) -> Iterator[tuple[object, ...]]:
        for row in self.rows:
            for bucket, cell in zip(self.buckets, row.cells, strict=True):
                yield (
                    row.block,
                    row.package,
                    row.row,
                    bucket.label,
                    bucket.start,
                    bucket.end,
                    cell.value,
                    None if cell.reason is None else cell.reason.value,
                )


def amount(units: int, currency: str) -> Decimal:
    """An amount from its minor units, with as many decimals as the currency has."""
    sign, digits, _ = Decimal(units).as_tuple()
    return Decimal((sign, digits, -minor_units(currency)))


def shown(value: int | Decimal | None) -> str:
    """A value as it is shown: `-11 947.74`, `1 204`, `N/A`."""
    if value is None:
        return NOT_AVAILABLE
    return (f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}").replace(",", " ")


def plain(value: int | Decimal | None) -> int | str | None:
    """A value as machines take it: a count as an integer, an amount as `"-11947.74"`."""
    return f"{value:f}" if isinstance(value, Decimal) else value


def utc_text(instant: datetime) -> str:
    """An instant as `2017-01-01T00:00:00Z`, with a fraction only where it has one."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
