"""The bucket before the first of a report: its clients are read once more, for it alone."""

from __future__ import annotations

from dataclasses import replace

from custdyn_widgets.drill.breakdown import Between, Period
from custdyn_widgets.model.periods import SECOND, earlier_bucket
from custdyn_widgets.sources import Source


def from_earlier(period: Period, source: Source, between: Between) -> Period | None:
    """The bucket before the first of a period as one of its own; None where that is empty.

    The clients are those of the report: whoever passes its filters at its end. Raises what `run`
    raises, and SourceError.
    """
    query, first = period.query, period.buckets[0]
    units, timezone = query.time_units, query.timezone
    before = earlier_bucket(first, period.last, units=units, timezone=timezone, as_of=period.as_of)
    if before is None:
        return None
    # what the edges take for the end of the period gives the length of the bucket before
    last, reduced = first.local_start - SECOND, replace(period.reduced, holders=None)
    alone = replace(period, last=last, buckets=(before,), reduced=reduced)
    with source.reading(between) as snapshot:
        held, _ = alone.holding(snapshot, 0)
    return held
