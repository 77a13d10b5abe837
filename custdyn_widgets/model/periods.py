"""Intervals, buckets and activity windows, as half-open UTC instants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from custdyn_widgets.model.time_zones import local_date, to_utc, zone

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
MONTHS = {"month": 1, "year": 12}
EARLIEST = datetime(1900, 1, 1)
LATEST = datetime(2999, 12, 31, 23, 59, 59)


MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class State(StrEnum):
    """Where a bucket lies, seen from the instant of the report."""

    PAST = "past"
    RUNNING = "running"
    FUTURE = "future"


@dataclass(frozen=True)
class Bucket:
    """One column: `[start, end)` in UTC, and the edges that depend on it.

    `local_start` is the nominal local start (00:00 even where the zone skips it); `parents`
    are the labels of the coarser units above it, coarsest first; `last_date` is the local
    date of the last instant that counts, whose rate converts the balances.
    """

    label: str
    parents: tuple[str, ...]
    local_start: datetime
    start: datetime
    end: datetime
    state: State
    last_date: date


@dataclass(frozen=True)
class Segment:
    """A stretch of a bucket in which no rate changes: one bucket, one local date for rates."""

    start: datetime
    bucket: int
    day: date


def begins_month(local: datetime) -> bool:
    """Whether a wall-clock instant is the first of a month."""
    return local == datetime(local.year, local.month, 1)


def months_back(local: datetime, months: int) -> datetime:
    """The wall-clock instant that many calendar months earlier, the day clamped to the month."""
    index = local.year * 12 + local.month - 1 - months
    year, month = divmod(index, 12)
    first = datetime(year, month + 1, 1)
    last_day = (_next_month(first) - DAY).day
    return local.replace(year=year, month=month + 1, day=min(local.day, last_day))


@dataclass(frozen=True)
class Period:
    """A period in buckets, seen from `as_of` (aware): entries from then on do not count.

    `first` and `last` are wall-clock seconds of the zone, both inclusive; `units` the time units
    of the buckets, coarsest first (none: one bucket `Total`).
    """

    first: datetime
    last: datetime
    units: tuple[str, ...]
    timezone: str
    as_of: datetime
    buckets: tuple[Bucket, ...]

    @classmethod
    def of(
        cls,
        first: datetime,
        last: datetime,
        *,
        units: tuple[str, ...],
        timezone: str,
        as_of: datetime,
    ) -> Period:
        """The period with all its buckets; those that the zone leaves empty are not made."""
        end_of_period = last + SECOND
        buckets = []
        local_start = first
        while local_start < end_of_period:
            following = _next_edge(local_start, units[-1]) if units else end_of_period
            local_end = min(following, end_of_period)
            made = _bucket(local_start, local_end, units=units, timezone=timezone, as_of=as_of)
            buckets += [] if made is None else [made]
            local_start = local_end
        return cls(first, last, units, timezone, as_of, tuple(buckets))

    @property
    def today(self) -> date:
        """The local date of `as_of`."""
        return local_date(self.as_of, zone(self.timezone))

    @property
    def _start_before(self) -> datetime:
        """The nominal local start of the bucket before the first: one unit back.

        Without a time unit it is a period of the same length.
        """
        start, unit = self.buckets[0].local_start, self.units[-1:]
        if not unit:
            return start - (self.last + SECOND - start)
        return start - DAY if unit == ("date",) else months_back(start, MONTHS[unit[0]])

    @property
    def before(self) -> Period | None:
        """The bucket before the first as a period of its own; None where the zone leaves none."""
        first, end = self._start_before, self.buckets[0].local_start
        made = _bucket(first, end, units=self.units, timezone=self.timezone, as_of=self.as_of)
        if made is None:
            return None
        return replace(self, first=first, last=end - SECOND, buckets=(made,))

    def activity_starts(self, months: int) -> tuple[datetime, ...]:
        """The first UTC instants at which a paid use makes a client active.

        In the bucket before the first, then in each: these calendar months before its nominal
        local start.
        """
        tz = zone(self.timezone)
        starts = (self._start_before, *(bucket.local_start for bucket in self.buckets))
        return tuple(to_utc(months_back(start, months), tz) for start in starts)

    @property
    def balance_days(self) -> tuple[date, ...]:
        """The dates whose rates convert the balances: of the bucket before the first, then each."""
        before = min(self.buckets[0].start - MICROSECOND, self.as_of)
        last = (bucket.last_date for bucket in self.buckets)
        return (local_date(before, zone(self.timezone)), *last)


def _bucket(
    local_start: datetime,
    local_end: datetime,
    *,
    units: tuple[str, ...],
    timezone: str,
    as_of: datetime,
) -> Bucket | None:
    """The bucket between two wall-clock instants; None where the zone leaves nothing between."""
    tz = zone(timezone)
    start, end = to_utc(local_start, tz), to_utc(local_end, tz)
    if start >= end:
        return None
    labels = [_label(local_start, unit) for unit in units] or ["Total"]
    return Bucket(
        labels[-1],
        tuple(labels[:-1]),
        local_start,
        start,
        end,
        _state(start, end, as_of),
        local_date(min(end - MICROSECOND, as_of), tz),
    )


def segments(
    buckets: tuple[Bucket, ...], rate_dates: tuple[date, ...], *, timezone: str
) -> tuple[Segment, ...]:
    """The buckets, cut further where one of `rate_dates` begins in the zone.

    Where a zone skips or repeats a midnight, its date moves with the clock: edges there too.
    """
    if not buckets:
        return ()
    tz = zone(timezone)
    start, end = buckets[0].start, buckets[-1].end
    edges = {bucket.start for bucket in buckets}
    nearby = (local_date(start, tz) - DAY, local_date(end, tz) + DAY)
    for day in rate_dates:
        if nearby[0] <= day <= nearby[1]:
            edges.update(edge for edge in _day_edges(day, tz) if start < edge < end)
    made = []
    bucket = 0
    for edge in sorted(edges):
        while edge >= buckets[bucket].end:
            bucket += 1
        made.append(Segment(edge, bucket, local_date(edge, tz)))
    return tuple(made)


def _day_edges(day: date, tz: ZoneInfo) -> set[datetime]:
    first = to_utc(midnight(day), tz)
    other = midnight(day).replace(tzinfo=tz, fold=1).astimezone(UTC)
    if first == other:
        return {first}
    before, after = sorted((first, other))  # the zone skips or repeats this midnight
    offset = before.astimezone(tz).utcoffset()
    while after - before > SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(tz).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return {first, other, after.replace(microsecond=0)}


def _state(start: datetime, end: datetime, as_of: datetime) -> State:
    if end <= as_of:
        return State.PAST
    return State.RUNNING if start <= as_of else State.FUTURE


def _label(local: datetime, unit: str) -> str:
    return local.strftime({"year": "%Y", "month": "%m/%Y", "date": "%Y-%m-%d"}[unit])


def _next_edge(local: datetime, unit: str) -> datetime:
    day = midnight(local.date())
    if unit == "date":
        return day + DAY
    month = day.replace(day=1)
    return _next_month(month) if unit == "month" else months_back(month.replace(month=1), -12)


def _next_month(first: datetime) -> datetime:
    return (first.replace(day=28) + 4 * DAY).replace(day=1)


def midnight(day: date) -> datetime:
    """The wall clock at which a day begins."""
    return datetime(day.year, day.month, day.day)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (instant - EPOCH) // MICROSECOND
