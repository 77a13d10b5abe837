"""Query, source, as_of → Report: the whole path on one screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd

from .arrow import microseconds_or, positions, unscaled
from .compare import beside, compared, other_interval
from .definitions import NO_PACKAGE
from .errors import NotOfferedYet
from .figures import Conversion, Flow, rows
from .filters import package_names, resolve, unmatched
from .metrics import NEVER, Sums, client_sums
from .notes import entry_notes, filter_notes, rate_notes
from .periods import Bucket, Segment, activity_starts, cut, local_date, segments, zone
from .query import Query
from .rates import Rates
from .reduce import (
    KINDS,
    NOT_PASSING,
    Reduced,
    client_currencies,
    reduce,
    strangers,
)
from .report import EntriesRead, Note, Report, Row, UsedRate
from .sources import Snapshot, Source
from .tables import PACKAGE_KINDS

Progress = Callable[[str], None]
OPEN = np.iinfo(np.int64).max
EMPTY_PERIOD = "the period holds no instant in this time zone, so the report has no column"
CHECKED = "duplicate entry_ids: none, by `custdyn check`"
UNCHECKED = "duplicate entry_ids were not looked for: `custdyn check` does that"


def make_report(
    query: Query, source: Source, *, as_of: datetime, progress: Progress = lambda _: None
) -> tuple[Report, tuple[Reduced, ...]]:
    """The report of a query on a source, as it stood at `as_of` (aware), and what it is made of.

    Both periods of a report that compares are read in one snapshot. `progress` is told in words
    what is being done; what it raises stops the report, such as Cancelled. Raises QueryError,
    DataError, MissingRates, SourceError, SourceChanged or IdentityError; never a part of a report.
    """
    refuse_what_is_not_offered(query)
    as_of = as_of.astimezone(UTC)
    with source.reading(lambda: progress("opening the source")) as snapshot:
        today = local_date(as_of, zone(query.timezone))
        rates, later_rates = snapshot.rates.known(today)
        query = _completed(query, rates)
        asked = _Asked(query, source, snapshot, rates, later_rates, today, as_of, progress)
        own = asked.period(*query.interval(as_of))
        if query.compare is None:
            report, reduced = asked.report(own)
            return report, reduced
        interval = other_interval(query, own.first, own.last)
        theirs = asked.period(*interval, which=" of the period compared with")
        places = beside(query, own.buckets, theirs.buckets)
        report, reduced = asked.report(own)
        other, read_too = asked.report(theirs)
        return compared(report, other, places), (*reduced, *read_too)


@dataclass(frozen=True)
class _Period:
    """A period and its buckets."""

    first: datetime
    last: datetime
    buckets: tuple[Bucket, ...]
    which: str = ""


@dataclass(frozen=True)
class _Asked:
    """What reports of several periods share: the query, and one snapshot of the source."""

    query: Query
    source: Source
    snapshot: Snapshot
    rates: Rates
    later_rates: int
    today: date
    as_of: datetime
    progress: Progress

    def period(self, first: datetime, last: datetime, *, which: str = "") -> _Period:
        query = self.query
        units, timezone = query.time_units, query.timezone
        buckets = cut(first, last, units=units, timezone=timezone, as_of=self.as_of)
        return _Period(first, last, buckets, which)

    def report(self, period: _Period) -> tuple[Report, tuple[Reduced, ...]]:
        """The report of one period, and what it is made of (nothing: it holds no instant)."""
        query, snapshot, as_of, buckets = self.query, self.snapshot, self.as_of, period.buckets
        made: tuple[Row, ...] = ()
        parts: tuple[Reduced, ...] = ()
        used, read = set[UsedRate](), EntriesRead()
        said = [Note(EMPTY_PERIOD)]
        if buckets:
            pieces = _segments(query, self.rates, snapshot, buckets)
            self.progress(f"reading the ledger{period.which}")
            reduced = reduce(
                snapshot.tables,
                snapshot.fetch,
                resolve(snapshot.tables, snapshot.fetch, query, as_of),
                buckets=buckets,
                segments=pieces,
                as_of=as_of,
            )
            parts = (reduced,)
            between = partial(self.progress, "adding up")
            between()
            flows = list(_flows(query, reduced, pieces, snapshot))
            read = _read(reduced, flows)
            sums, foreign_ids = _sums(query, reduced, buckets, between)
            conversion = _conversion(query, self.rates, reduced, self.today)
            days = [bucket.last_date for bucket in buckets]
            made = rows(sums, flows, days, conversion, by_package=query.by_package, between=between)
            used = conversion.used
            foreign = (
                strangers(snapshot.tables, snapshot.fetch, end=buckets[-1].end, as_of=as_of)
                if foreign_ids
                else (0, Decimal())
            )
            said = list(entry_notes(reduced, flows, foreign))
        said += filter_notes(unmatched(snapshot.tables, snapshot.fetch, query))
        said += rate_notes(self.rates, self.today, self.later_rates)
        said += [Note(text) for text in snapshot.notes]
        said.append(Note(CHECKED if self.source.checked else UNCHECKED))
        report = Report(
            query,
            self.source.name,
            as_of,
            period.first,
            period.last,
            buckets,
            made,
            tuple(said),
            tuple(sorted(used)),
            read,
        )
        return report, parts


def refuse_what_is_not_offered(query: Query) -> None:
    """Raises NotOfferedYet for the parts of a query that this version does not make."""
    if query.blocks:
        raise NotOfferedYet("blocks", list(query.blocks), "leave the optional blocks out")
    if query.output.send_to:
        raise NotOfferedYet("output.send_to", list(query.output.send_to), "save the file instead")


def _completed(query: Query, rates: Rates) -> Query:
    return query if query.currency else query.with_fields({"currency": rates.base})


def _segments(
    query: Query, rates: Rates, snapshot: Snapshot, buckets: tuple[Bucket, ...]
) -> tuple[Segment, ...]:
    """The buckets, cut where a rate that may be needed changes."""
    currencies = {*client_currencies(snapshot.tables, snapshot.fetch), str(query.currency)}
    needed = query.rate_policy == "historical" and len(currencies) > 1
    dates = rates.dates(currencies) if needed else ()
    return segments(buckets, dates, timezone=query.timezone)


def _sums(
    query: Query, reduced: Reduced, buckets: tuple[Bucket, ...], between: Callable[[], None]
) -> tuple[Sums, bool]:
    """The sums over clients, and whether the ledger may name clients that are unknown."""
    clients, changes = reduced.clients, reduced.changes
    position = positions(changes["client_id"], clients["client_id"])
    passes = clients["passes"].to_numpy()
    # the number of each client among those that pass; the last place is for unknown clients
    number = np.append(np.where(passes, np.cumsum(passes) - 1, -1), -1)
    client = number[position]
    between()
    kept: slice | np.ndarray = slice(None) if client.min(initial=0) >= 0 else client >= 0
    moved = {
        "client": client[kept],
        "bucket": np.asarray(changes["bucket"].to_numpy(), np.int64)[kept],
    }
    between()
    moved["amount"] = unscaled(changes["amount"])[kept]
    between()
    moved["paid"] = microseconds_or(changes["paid_at"], NEVER)[kept]
    between()
    sums = client_sums(
        pd.DataFrame(
            {
                "currency": clients["currency"].dictionary_encode().to_pandas(),
                "created": microseconds_or(clients["created_at"], OPEN),
                "closed": microseconds_or(clients["closed_at"], OPEN),
            }
        )[passes].reset_index(drop=True),
        pd.DataFrame(moved),
        ends=[bucket.end for bucket in buckets],
        active_from=activity_starts(buckets, months=query.active_duration, timezone=query.timezone),
        between=between,
    )
    return sums, not reduced.complete or bool((position < 0).any())


def _flows(
    query: Query, reduced: Reduced, pieces: Sequence[Segment], snapshot: Snapshot
) -> Iterator[Flow]:
    names = package_names(snapshot.tables, snapshot.fetch)
    tz = zone(query.timezone)
    amounts = unscaled(reduced.flows["amount"])
    for row, amount in zip(reduced.flows.to_pylist(), amounts, strict=True):
        if row["currency"] == NOT_PASSING:
            continue
        kind, package = KINDS[row["kind"]], None
        if kind in PACKAGE_KINDS:
            number = row["package_id"]
            package = NO_PACKAGE if number is None else names.get(str(number), str(number))
        yield Flow(
            bucket=pieces[row["segment"]].bucket,
            day=pieces[row["segment"]].day,
            first_day=local_date(row["first_at"].replace(tzinfo=UTC), tz),
            kind=kind,
            package=package,
            counted=package is None or not query.package or package in query.package,
            currency=reduced.currencies[row["currency"]],
            amount=int(amount),
            entries=row["entries"],
            opposite=row["opposite"] or 0,
        )


def _read(reduced: Reduced, flows: Sequence[Flow]) -> EntriesRead:
    by_kind = dict.fromkeys(KINDS[1:] + KINDS[:1], 0)  # the other ones last
    for flow in flows:
        by_kind[flow.kind] += flow.entries
    newest = None if reduced.newest is None else reduced.newest.replace(tzinfo=UTC)
    return EntriesRead(reduced.entries, newest, tuple(by_kind.items()))


def _conversion(query: Query, rates: Rates, reduced: Reduced, today: date) -> Conversion:
    return Conversion(
        rates,
        to=str(query.currency),
        scale=reduced.changes["amount"].type.scale,
        fixed=today if query.rate_policy == "current" else None,
    )
