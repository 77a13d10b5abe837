"""Edges of buckets: their ends, and the instants from which a paid use makes active."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from custdyn_widgets.extract.arrays import Ints
from custdyn_widgets.model.definitions import SENSITIVE_MONTHS
from custdyn_widgets.model.periods import Period, microseconds
from custdyn_widgets.query.fields import MAX_ACTIVE_MONTHS

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


def recent_cuts(period: Period, edges: Sequence[Edge], first: int, most: int) -> Ints:
    """Instants after `first` since which a paid use makes active, in order (µs since 1970).

    Those of these edges, which are the period's, and of as many of the FORESEEN durations, the
    shortest first, as make no more than `most`.
    """
    cuts = {since for edge in edges for since in (edge.active_from, *edge.windows) if since > first}
    for months in FORESEEN:
        since = map(microseconds, period.activity_starts(months))
        more = {one for one in since if one > first}
        if not more or len(cuts | more) > most:
            break
        cuts |= more
    return np.array(sorted(cuts), np.int64)


def edges(period: Period, active_duration: int) -> tuple[Edge, ...]:
    """The edge of the bucket before the first, then each bucket's; the duration in months."""
    ends = (period.buckets[0].start, *(bucket.end for bucket in period.buckets))
    since = [period.activity_starts(one) for one in (active_duration, *SENSITIVE_MONTHS)]
    return tuple(
        Edge(microseconds(end), microseconds(own), tuple(map(microseconds, windows)))
        for end, own, *windows in zip(ends, *since, strict=True)
    )
