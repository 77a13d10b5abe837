"""A second period beside the first: which one it is, what stands beside what, and the changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.blocks import ROUNDING, place_of
from custdyn_widgets.model.cells import Cell, Compared, amount
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.definitions import NA, RowDefinition, Unit
from custdyn_widgets.model.periods import EARLIEST, SECOND, Bucket, months_back
from custdyn_widgets.model.rates import rounded
from custdyn_widgets.query.query import Interval, Query
from custdyn_widgets.report.conversion import percent_cell
from custdyn_widgets.report.report import Note, Other, Report, Row

OF_THE_OTHER = "In the period compared with: "


def other_interval(query: Query, first: datetime, last: datetime) -> tuple[datetime, datetime]:
    """First and last wall-clock second of the period that `first` – `last` is compared with.

    `previous_period` ends where the period begins and is as long: in calendar months where the
    period is made of whole ones and its columns are not days, else on the wall clock.
    `previous_year` has the same dates a year earlier; the end of a month stays one.
    Raises QueryError where it would reach back too far.
    """
    if isinstance(query.compare, Interval):
        return query.compare.first, query.compare.last
    end = last + SECOND
    whole = _begins_month(first) and _begins_month(end)
    if query.compare == "previous_year":
        other = months_back(first, 12), _a_year_back(last)
    elif whole and query.time_units[-1:] != ("date",):
        length = (end.year - first.year) * 12 + end.month - first.month
        other = months_back(first, length), first - SECOND
    else:
        other = first - (end - first), first - SECOND
    if other[0] < EARLIEST:
        what = f"reaches back before {EARLIEST:%Y}; choose a later or a shorter period"
        raise QueryError([FieldFault("compare", query.to_dict()["compare"], what)])
    return other


def beside(
    query: Query, buckets: Sequence[Bucket], others: Sequence[Bucket]
) -> tuple[int | None, ...]:
    """For each bucket the place of its counterpart among `others`, None where it has none.

    Counterparts are found by position; for `previous_year` by the calendar, so that a leap day
    has none. Raises QueryError where the numbers of buckets differ.
    """
    if query.compare == "previous_year":
        units = query.time_units
        places = {_calendar(one, units): place for place, one in enumerate(others)}
        return tuple(places.get(_calendar(one, units, years_back=1)) for one in buckets)
    if len(buckets) != len(others):
        what = (
            f"has {_columns(others)}, the period has {_columns(buckets)}; choose a period with as "
            "many, or another Group By"
        )
        raise QueryError([FieldFault("compare", query.to_dict()["compare"], what)])
    return tuple(range(len(buckets)))


def compared(report: Report, other: Report, places: Sequence[int | None]) -> Report:
    """A report with the one of another period beside it; `places` as `beside` gives them.

    A package that only one of the two has stands in both, without entries in the other.
    """
    currency = str(report.query.currency)
    notes = list(report.notes)
    notes += [
        Note(f"{OF_THE_OTHER}{note.text}", warning=note.warning)
        for note in other.notes
        if note not in report.notes
    ]
    alone = [one for at, one in enumerate(other.buckets) if at not in places]
    if alone:
        listed = ", ".join(bucket.label for bucket in alone[:5])
        more = f" and {len(alone) - 5} more" if len(alone) > 5 else ""
        notes.append(Note(f"{OF_THE_OTHER}no bucket here is the counterpart of {listed}{more}"))
    return replace(
        report,
        rows=tuple(
            replace(row, compared=_changes(row, counterpart, places, currency))
            for row, counterpart in _pairs(report, other)
        ),
        notes=tuple(notes),
        rates=tuple(sorted({*report.rates, *other.rates})),
        other=Other(
            other.first,
            other.last,
            tuple(None if place is None else other.buckets[place] for place in places),
        ),
    )


def _begins_month(local: datetime) -> bool:
    return local == datetime(local.year, local.month, 1)


def _a_year_back(last: datetime) -> datetime:
    end = last + SECOND
    return months_back(end, 12) - SECOND if _begins_month(end) else months_back(last, 12)


def _calendar(bucket: Bucket, units: Sequence[str], years_back: int = 0) -> tuple[int, ...]:
    """Year, month and day of a bucket as far as its unit goes: what its counterpart shares."""
    parts = {"year": 1, "month": 2, "date": 3}[units[-1]] if units else 0
    local = bucket.local_start
    return (local.year - years_back, local.month, local.day)[:parts]


def _columns(buckets: Sequence[Bucket]) -> str:
    if not buckets:
        return "no column"
    ends = f" ({buckets[0].label} – {buckets[-1].label})" if len(buckets) > 1 else ""
    return f"{len(buckets)} column{'s' if len(buckets) > 1 else ''}{ends}"


def _pairs(report: Report, other: Report) -> list[tuple[Row, Row]]:
    """The rows of both reports, one for one; package blocks of either, by name."""
    own, theirs = ({(r.block, r.package, r.row): r for r in one.rows} for one in (report, other))
    keys = sorted({*own, *theirs}, key=_order)
    return [
        (
            own.get(key) or _without_entries(theirs[key], report),
            theirs.get(key) or _without_entries(own[key], other),
        )
        for key in keys
    ]


def _order(key: tuple[str, str | None, str]) -> tuple[int, str, int]:
    """Where a row stands in a report: block, package, place in the block."""
    block, package, row = key
    at, place = place_of(block, row)
    return at, package or "", place


def _without_entries(row: Row, report: Report) -> Row:
    nothing = _nothing(row.defined, str(report.query.currency))
    return replace(row, cells=(nothing,) * len(report.buckets))


def _nothing(defined: RowDefinition, currency: str) -> Cell:
    if defined.name == ROUNDING:
        return Cell(amount(0, currency), exact=Fraction())
    return Cell(0) if defined.unit == "quantity" else Cell(None, reason=NA.NO_ENTRY)


def _changes(row: Row, other: Row, places: Sequence[int | None], currency: str) -> Compared:
    beside = tuple(
        Cell(None, reason=NA.NO_COUNTERPART) if place is None else other.cells[place]
        for place in places
    )
    pairs = list(zip(row.cells, beside, strict=True))
    return Compared(
        other=beside,
        delta=tuple(delta(value, one, row.defined.unit, currency) for value, one in pairs),
        percent=tuple(percent(value, one) for value, one in pairs),
    )


def delta(value: Cell, other: Cell, unit: Unit, currency: str) -> Cell:
    """The change from one cell to another: a count, or a figure rounded here, once."""
    if value.value is None or other.value is None:
        return _absent(value, other)
    exact = _exact(value) - _exact(other)
    if unit == "quantity":
        return Cell(int(exact))
    if unit == "percent":
        return percent_cell(exact / 100)
    return Cell(amount(rounded(exact, minor_units(currency)), currency), exact=exact)


def percent(value: Cell, other: Cell) -> Cell:
    """The change in percent of the other cell's size; N/A where that is 0."""
    if value.value is None or other.value is None:
        return _absent(value, other)
    base = abs(_exact(other))
    if not base:
        return Cell(None, reason=NA.OF_ZERO)
    return percent_cell((_exact(value) - _exact(other)) / base)


def _absent(value: Cell, other: Cell) -> Cell:
    missing = NA.NO_COUNTERPART if other.reason is NA.NO_COUNTERPART else NA.ONE_IS_NA
    return Cell(None, reason=missing)


def _exact(cell: Cell) -> Fraction:
    return Fraction(cell.value or 0) if cell.exact is None else cell.exact
