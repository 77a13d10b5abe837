"""Report: the frozen rows with query, interval, notes and rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from custdyn_widgets.model.cells import Cell, Compared, Line, plain
from custdyn_widgets.model.definitions import LINES, PACKAGE, RowDefinition
from custdyn_widgets.model.formulas import Formula
from custdyn_widgets.model.periods import Bucket
from custdyn_widgets.query.query import Query

if TYPE_CHECKING:
    import pandas as pd

    from custdyn_widgets.report.frames import Frame

OTHER_COLUMNS = ("other_bucket", "other_start", "other_end", "other", "delta", "percent")


@dataclass(frozen=True)
class Note:
    """Something a reader should know of a report."""

    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"Warning: {self.text}" if self.warning else self.text


def warnings_first(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes in their order, but warnings before the others; each once."""
    return tuple(sorted(dict.fromkeys(notes), key=lambda note: not note.warning))


@dataclass(frozen=True)
class Row:
    """A row: its block and package, its definition, and a cell for each bucket."""

    block: str
    package: str | None
    defined: RowDefinition
    cells: tuple[Cell, ...]
    compared: Compared | None = None

    @property
    def row(self) -> str:
        """Its name."""
        return self.defined.name

    @property
    def formula(self) -> Formula | None:
        """What it is computed from; None where that is not clients (Rounding)."""
        made = self.defined.formula
        return made if made is None or self.package is None else made.of_package(self.package)

    @property
    def title(self) -> str:
        """The title of its block as it is shown."""
        return self.block if self.package is None else f'{PACKAGE} "{self.package}"'

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its one line, or the four of a row that is compared."""
        unit = self.defined.unit
        value = Line("value", self.row, self.cells, unit)
        if self.compared is None:
            return (value,)
        return value, *(
            Line(key, f"{self.row} ({LINES[key].label})", getattr(self.compared, key), unit)
            for key in LINES
            if key != "value"
        )


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
class Other:
    """The period a report is compared with: wall-clock seconds, both inclusive.

    `buckets` are the counterparts of the report's own, None where there is none.
    """

    first: datetime
    last: datetime
    buckets: tuple[Bucket | None, ...]


@dataclass(frozen=True, repr=False)
class Report:
    """A report as it was made, once and for all: `run` makes it.

    `query` has every default filled in; `as_of` is aware; `first` and `last` are the interval in
    wall-clock seconds of the query's zone, both inclusive; rows come in the order of the page;
    `rates` are those it converted with, `read` counts the entries it was made of; `other` is the
    period it is compared with.
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
    other: Other | None = None

    def __repr__(self) -> str:
        return (
            f"Report({self.source}, {self.first} – {self.last} {self.query.timezone}, "
            f"{len(self.rows)} rows × {len(self.buckets)} buckets)"
        )

    @property
    def table(self) -> pd.DataFrame:
        """The report as shown: one row a row, indexed by block and row, one column a bucket.

        Values are text, `-11 947.74` or `N/A`. With coarser time units the columns have levels;
        a row that is compared takes four, see `Row.lines`.
        """
        import pandas as pd

        labels = [(*bucket.parents, bucket.label) for bucket in self.buckets]
        columns: pd.Index[Any] = (
            pd.MultiIndex.from_tuples(labels)
            if labels and len(labels[0]) > 1
            else pd.Index([bucket.label for bucket in self.buckets])
        )
        lines = [(row.title, line) for row in self.rows for line in row.lines]
        index = pd.MultiIndex.from_tuples(
            [(title, line.name) for title, line in lines], names=["Block", "Row"]
        )
        values = [line.texts for _, line in lines]
        return pd.DataFrame(values, index=index, columns=columns, dtype="object")

    @property
    def cells(self) -> Frame:
        """The report tidy, one line a cell; see `Result.frame`."""
        from custdyn_widgets.report.frames import cells

        return cells(self)

    @property
    def cell_columns(self) -> list[str]:
        """The columns of `cell_lines`."""
        own = ["block", "package", "row", "bucket", "start", "end", "state", "unit"]
        own += ["value", "reason"]
        return own if self.other is None else [*own, *OTHER_COLUMNS]

    def row(self, block: str, row: str, package: str | None = None) -> Row:
        """The row of that block and name, in any case; KeyError if the report has none."""
        asked = (block.casefold(), row.casefold(), package)
        for candidate in self.rows:
            if (candidate.block.casefold(), candidate.row.casefold(), candidate.package) == asked:
                return candidate
        raise KeyError((block, row, package))

    def to_dict(self) -> dict[str, Any]:
        """The JSON structure: query, as_of, interval, buckets, notes and rows."""
        other = self.other
        return {
            "query": self.query.to_dict(),
            "as_of": utc_text(self.as_of),
            "interval": self._interval(self.first, self.last),
            "buckets": [_bucket(bucket) for bucket in self.buckets],
            **(
                {}
                if other is None
                else {
                    "compare": {
                        "interval": self._interval(other.first, other.last),
                        "buckets": [_bucket(bucket) for bucket in other.buckets],
                    }
                }
            ),
            "notes": [str(note) for note in self.notes],
            "rows": [
                {
                    "block": row.block,
                    "package": row.package,
                    "row": row.row,
                    "values": [plain(cell.value) for cell in row.cells],
                    **(
                        {"compare": [plain(cell.value) for cell in row.compared.other]}
                        if row.compared
                        else {}
                    ),
                }
                for row in self.rows
            ],
        }

    def _interval(self, first: datetime, last: datetime) -> dict[str, str]:
        return {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "timezone": self.query.timezone,
        }

    def cell_lines(self) -> Iterator[tuple[object, ...]]:
        """The cells one by one, exact: see `cell_columns`; instants are UTC."""
        others = () if self.other is None else self.other.buckets
        for row in self.rows:
            for place, (bucket, cell) in enumerate(zip(self.buckets, row.cells, strict=True)):
                when = (bucket.label, bucket.start, bucket.end, bucket.state.value)
                said = (row.defined.unit, cell.value, cell.reason and cell.reason.value)
                own = (row.block, row.package, row.row, *when, *said)
                if not row.compared:
                    yield own
                    continue
                beside = others[place]
                where = (beside.label, beside.start, beside.end) if beside else (None, None, None)
                lines = (row.compared.other, row.compared.delta, row.compared.percent)
                yield *own, *where, *(line[place].value for line in lines)


def utc_text(instant: datetime) -> str:
    """An instant as `2017-01-01T00:00:00Z`, with a fraction only where it has one."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _bucket(bucket: Bucket | None) -> dict[str, str] | None:
    if bucket is None:
        return None
    return {
        "label": bucket.label,
        "start": utc_text(bucket.start),
        "end": utc_text(bucket.end),
        "state": bucket.state.value,
    }
