"""The periods of a query: its own, and the one that this is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.periods import (
    EARLIEST,
    SECOND,
    Bucket,
    Period,
    begins_month,
    months_back,
)
from custdyn_widgets.query.query import Interval, Query


def own_period(query: Query, as_of: datetime, units: tuple[str, ...] | None = None) -> Period:
    """The period of a query, seen at `as_of` (aware); in its own time units, or these."""
    first, last = query.interval(as_of)
    units = query.time_units if units is None else units
    return Period.of(first, last, units=units, timezone=query.timezone, as_of=as_of)


def other_period(query: Query, own: Period) -> Period | None:
    """The period that a query compares its own with, if it does. Raises QueryError as below."""
    if query.compare is None:
        return None
    first, last = other_interval(query, own.first, own.last)
    return Period.of(first, last, units=own.units, timezone=own.timezone, as_of=own.as_of)


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
    whole = begins_month(first) and begins_month(end)
    if query.compare == "previous_year":
        ends_month = begins_month(end)  # then so does the other
        last = months_back(end, 12) - SECOND if ends_month else months_back(last, 12)
        other = months_back(first, 12), last
    elif whole and query.time_units[-1:] != ("date",):
        length = (end.year - first.year) * 12 + end.month - first.month
        other = months_back(first, length), first - SECOND
    else:
        other = first - (end - first), first - SECOND
    if other[0] < EARLIEST:
        what = f"reaches back before {EARLIEST:%Y}; choose a later or a shorter period"
        raise QueryError([FieldFault("compare", query.to_dict()["compare"], what)])
    return other


def match_buckets(
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
