"""Holders and renewals of a package, from its activations and renewals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyarrow as pa

from custdyn_widgets.drill.breakdown import Checkpoint
from custdyn_widgets.drill.period import ExtractedPeriod
from custdyn_widgets.extract.arrays import Flags, Ints, microseconds_or, positions
from custdyn_widgets.extract.filters import packages_named, resolve
from custdyn_widgets.extract.scope import package_entries
from custdyn_widgets.model.cells import Column, Value, time_column
from custdyn_widgets.model.money import decimals
from custdyn_widgets.model.periods import Bucket, microseconds, months_back
from custdyn_widgets.model.schema import RENEWAL
from custdyn_widgets.model.time_zones import in_zone, to_utc, zone
from custdyn_widgets.sources import Source
from custdyn_widgets.words import tr

DAY = 86_400_000_000
ANY = -1


@dataclass(frozen=True)
class Holding:
    """The activations and renewals of a package up to a period's end, by client and time.

    `client` are positions among the period's clients, `at` instants in µs, `months` how long one
    lasts (ANY: nobody says).
    """

    period: ExtractedPeriod
    table: pa.Table
    client: Ints
    at: Ints
    months: Ints

    @classmethod
    def of(
        cls, period: ExtractedPeriod, source: Source, package: str, checkpoint: Checkpoint
    ) -> Holding:
        """Reads them, as of the report. Raises what `run` raises, and SourceError."""
        query = period.query
        with source.reading(checkpoint) as snapshot:
            snapshot.one_by_one()
            tables, fetch = snapshot.tables, snapshot.fetch
            table = package_entries(
                tables,
                fetch,
                resolve(tables, fetch, query, period.as_of),
                packages_named(tables, fetch, [package]),
                end=period.until,
                as_of=period.as_of,
            )
            period, _ = period.holding(snapshot, len(period.buckets) - 1)
        who = positions(table["client_id"], period.who.ids)
        kept = np.flatnonzero(who >= 0)  # the data may have changed since
        table = table.take(pa.array(kept))
        months = table["period_months"].fill_null(ANY).to_numpy()
        at = microseconds_or(table["occurred_at"], 0)
        return cls(period, table, who[kept], at, np.asarray(months, np.int64))

    @property
    def has_period(self) -> bool:
        """Whether it is said how long the package lasts."""
        return bool((self.months != ANY).any())

    @cached_property
    def renewal(self) -> Flags:
        """Which entries are renewals."""
        return np.array([kind == RENEWAL for kind in self.table["kind"].to_pylist()], np.bool_)

    def holders(self, bucket: Bucket) -> Ints:
        """For each client that holds the package at a bucket's end: its newest such entry."""
        end = microseconds(bucket.end)
        tz = zone(self.period.query.timezone)
        local_end = bucket.end.astimezone(tz).replace(tzinfo=None)
        holds = np.zeros(len(self.at), np.bool_)
        for months in np.unique(self.months[self.months != ANY]):
            since = microseconds(to_utc(months_back(local_end, int(months)), tz))
            holds |= (self.months == months) & (self.at >= since) & (self.at < end)
        closed = self.period.who.clients["closed"].to_numpy()
        places = np.flatnonzero(holds & (closed[self.client] >= end))
        last = np.flatnonzero(np.diff(self.client[places], append=-1))
        return places[last]

    def renewals(self, bucket: Bucket) -> Ints:
        """The renewals within a bucket that follow another entry of the client."""
        start, end = microseconds(bucket.start), microseconds(bucket.end)
        follows = np.diff(self.client, prepend=-1) == 0
        inside = (self.at >= start) & (self.at < end)
        return np.flatnonzero(self.renewal & follows & inside)

    def days(self, place: int) -> Fraction:
        """Days between an entry and the one before it."""
        return Fraction(int(self.at[place] - self.at[place - 1]), DAY)

    def median_days(self, bucket: Bucket) -> Fraction | None:
        """The median of the days before each renewal within a bucket; None without any."""
        spans = sorted(self.days(int(place)) for place in self.renewals(bucket))
        if not spans:
            return None
        return (spans[len(spans) // 2] + spans[(len(spans) - 1) // 2]) / 2


class HoldingLines:
    """Some entries of a package as lines: by their places, with the days before each or not."""

    def __init__(self, holding: Holding, places: Ints, *, days: bool) -> None:
        self._holding = holding
        self.places = places
        self._days = days
        self._zone = zone(holding.period.query.timezone)

    def __len__(self) -> int:
        return len(self.places)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each entry."""
        words = tr("Since the client's entry of the package before.")
        days = Column("days", tr("Days"), "number", words)
        before = Column("before", tr("Entry before"), "instant")
        return (
            Column("client_id", tr("Client ID")),
            time_column(self._holding.period.query.timezone),
            *((days, before) if self._days else ()),
            Column("kind", tr("Kind")),
            Column("entry_id", tr("Entry ID")),
        )

    def line(self, number: int) -> tuple[Value, ...]:
        """What the columns say of an entry, by its number among these."""
        place = int(self.places[number])
        table = self._holding.table
        said: dict[str, Value] = {
            "client_id": str(table["client_id"][place].as_py()),
            "occurred_at": self._clock(place),
            "kind": table["kind"][place].as_py(),
            "entry_id": str(table["entry_id"][place].as_py()),
        }
        if self._days:
            said["days"] = decimals(1, self._holding.days(place))
            said["before"] = self._clock(place - 1)
        return tuple(said[column.key] for column in self.columns)

    def _clock(self, place: int) -> datetime:
        instant: datetime = self._holding.table["occurred_at"][place].as_py()
        return in_zone(instant.replace(tzinfo=UTC), self._zone).replace(tzinfo=None)
