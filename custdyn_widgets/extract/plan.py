"""The plan of an extract: filters, buckets, segments, as_of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from custdyn_widgets.extract.filters import Filters
from custdyn_widgets.model.periods import Bucket, Segment


@dataclass(frozen=True)
class Plan:
    """Everything that an extract depends on besides the data.

    `pieces` are the segments by which flows are added up; `cuts` are these, and more that another
    question may want. `by_client`: the flows of each client, too. Entries and clients from
    `as_of` (aware) on do not count. `until`: up to when entries make a client pass the filters,
    where that is not the end of the buckets.
    """

    filters: Filters
    buckets: tuple[Bucket, ...]
    pieces: tuple[Segment, ...]
    cuts: tuple[Segment, ...]
    as_of: datetime
    by_client: bool = False
    until: datetime | None = None

    @property
    def end(self) -> datetime:
        """The end of the last bucket."""
        return self.buckets[-1].end
