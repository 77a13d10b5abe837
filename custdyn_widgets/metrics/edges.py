"""Edges of buckets: their ends, and the instants from which a paid use makes active."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from custdyn_widgets.extract.arrays import Ints
from custdyn_widgets.model.definitions import SENSITIVE_MONTHS
from custdyn_widgets.model.periods import Bucket, activity_starts, bucket_before, microseconds
from custdyn_widgets.query.fields import MAX_ACTIVE_MONTHS
from custdyn_widgets.query.query import Query

FORESEEN = range(MAX_ACTIVE_MONTHS + 13)
"""Active durations, in months, that a second question may ask for: all that there are, and a year
more for the bucket before the first, where buckets are years."""


@dataclass(frozen=True)
class Edge:
    """A bucket's end, and since when a paid use makes active: µs since 1970.

    `windows` are those of SENSITIVE_MONTHS, or none.
    """

    end: int
    active_from: int
    windows: tuple[int, ...] = ()


def nominal_starts(query: Query, last: datetime, buckets: Sequence[Bucket]) -> tuple[datetime, ...]:
    """The local start of the bucket before the first, then each bucket's; `last`: see `edges`."""
    before = bucket_before(buckets[0], last, units=query.time_units)
    return before, *(bucket.local_start for bucket in buckets)


def recent_cuts(
    starts: Sequence[datetime], edges: Sequence[Edge], first: int, most: int, *, timezone: str
) -> Ints:
    """Instants after `first` since which a paid use makes active, in order (µs since 1970).

    Those of these edges, and of as many of the FORESEEN durations, the shortest first, as make
    no more than `most`; `starts` as from `nominal_starts`.
    """
    cuts = {since for edge in edges for since in (edge.active_from, *edge.windows) if since > first}
    for months in FORESEEN:
        since = map(microseconds, activity_starts(starts, months=months, timezone=timezone))
        more = {one for one in since if one > first}
        if not more or len(cuts | more) > most:
            break
        cuts |= more
    return np.array(sorted(cuts), np.int64)


def edges(query: Query, last: datetime, buckets: Sequence[Bucket]) -> tuple[Edge, ...]:
    """The edge of the bucket before the first, then each bucket's.

    `last` is the last wall-clock second of the period.
    """
    starts = nominal_starts(query, last, buckets)
    ends = (buckets[0].start, *(bucket.end for bucket in buckets))
    durations = (query.active_duration, *SENSITIVE_MONTHS)
    since = [activity_starts(starts, months=one, timezone=query.timezone) for one in durations]
    return tuple(
        Edge(microseconds(end), microseconds(own), tuple(map(microseconds, windows)))
        for end, own, *windows in zip(ends, *since, strict=True)
    )
