"""The bucket before the first of a report: the same period, read again from one bucket earlier."""

from __future__ import annotations

from dataclasses import replace

from ..filters import resolve
from ..periods import SECOND, earlier_bucket, local_date, zone
from ..reduce import reduce
from ..run import pieces_of
from ..sources import Source
from .behind import Between, Period


def from_earlier(period: Period, source: Source, between: Between) -> Period | None:
    """A period with the bucket before its first in front; None where that is empty.

    The clients are those of the report: whoever passes its filters at its end. Takes as long as
    the report did. Raises what `run` raises, and SourceError.
    """
    query, first = period.query, period.buckets[0]
    units, timezone = query.time_units, query.timezone
    before = earlier_bucket(first, period.last, units=units, timezone=timezone, as_of=period.as_of)
    if before is None:
        return None
    buckets = (before, *period.buckets)
    with source.reading(between) as snapshot:
        rates, _ = snapshot.rates.known(local_date(period.as_of, zone(timezone)))
        reduced = reduce(
            snapshot.tables,
            snapshot.fetch,
            resolve(snapshot.tables, snapshot.fetch, query, period.as_of),
            buckets=buckets,
            segments=pieces_of(query, rates, snapshot, buckets),
            as_of=period.as_of,
            in_order=snapshot.in_order,
        )
    # what the edges take for the end of the period gives the length of the bucket before
    return replace(period, last=first.local_start - SECOND, buckets=buckets, reduced=reduced)
