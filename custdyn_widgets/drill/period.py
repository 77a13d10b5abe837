"""One period of a report with its clients, for the drill-down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import islice

from custdyn_widgets.extract.arrays import Flags
from custdyn_widgets.extract.balance_changes import ReadStrategy
from custdyn_widgets.extract.clients import read_clients
from custdyn_widgets.extract.filters import Filters, packages_counted, resolve
from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.metrics.edges import Edge, edges
from custdyn_widgets.metrics.flows import Counted
from custdyn_widgets.metrics.population import Population, population
from custdyn_widgets.model.formulas import Term, Where
from custdyn_widgets.model.periods import Bucket, Period, Segment, segments
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.pipeline.make_report import conversion_of, rate_dates
from custdyn_widgets.query.periods import other_period, own_period
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.row_list import wheres
from custdyn_widgets.report.conversion import Conversion
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources import Snapshot


@dataclass(frozen=True)
class ExtractedPeriod:
    """One period of a report, and what it was made of.

    `until` is its end, up to which entries make a client pass the filters: the query's and
    `where`. `others` are the same period under other filters.
    """

    query: Query
    span: Period
    until: datetime
    extract: Extract
    where: Where | None = None
    others: Mapping[Where | None, ExtractedPeriod] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Query, span: Period, made: Sequence[Extract]) -> ExtractedPeriod:
        """A whole period of a report, and what it is made of under each of `wheres`."""
        own = (query, span, span.buckets[-1].end)
        each = dict(zip(wheres(query.rows), made, strict=True))
        others: dict[Where | None, ExtractedPeriod] = {
            where: cls(*own, extract, where) for where, extract in each.items() if where
        }
        return cls(*own, each[None], others=others)

    @property
    def as_of(self) -> datetime:
        """The instant of the report."""
        return self.span.as_of

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """Its buckets."""
        return self.span.buckets

    def under(self, where: Where | None) -> ExtractedPeriod:
        """The period under some filters besides the query's."""
        return self if where is None else self.others[where]

    def filters(self, snapshot: Snapshot) -> Filters:
        """What clients must pass."""
        return resolve(snapshot.tables, snapshot.fetch, self.query, self.as_of, self.where)

    @property
    def counted(self) -> Counted:
        """The packages whose entries count."""
        return packages_counted(self.query, self.where)

    @cached_property
    def who(self) -> Population:
        """The clients that pass, numbered; only where they are held: see `holding`."""
        assert self.extract.client_data is not None  # noqa: S101
        return population(self.extract.client_data)

    def holding(self, snapshot: Snapshot, column: int) -> tuple[ExtractedPeriod, int]:
        """The period with its clients held, and the place of a bucket in it.

        Where they were too many to be held for all buckets, they are read for this one and the
        one before it.
        """
        if self.extract.client_data is not None:
            return self, column
        buckets = self.buckets[max(column - 1, 0) : column + 1]
        tables, fetch = snapshot.tables, snapshot.fetch
        plan = Plan(self.filters(snapshot), buckets, (), (), self.as_of, until=self.until)
        held = read_clients(tables, fetch, plan, ReadStrategy(snapshot.raw.in_order))
        extract = replace(self.extract, client_data=held)
        span = replace(self.span, buckets=buckets)
        return replace(self, span=span, extract=extract), len(buckets) - 1

    def conversion(self, snapshot: Snapshot) -> Conversion:
        """How its amounts become the report's currency, at the rates known as of the report."""
        rates, _ = snapshot.rates.known(self.span.today)
        return conversion_of(self.query, rates, self.extract.scale, self.span.today)

    def pieces(self, buckets: Sequence[Bucket], rates: Rates) -> tuple[Segment, ...]:
        """Some of its buckets, cut where a rate that may be needed changes."""
        currencies = {*self.extract.currencies, str(self.query.currency)}
        dates = rate_dates(self.query, rates, currencies)
        return segments(tuple(buckets), dates, timezone=self.query.timezone)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """The end of the bucket before the first, then each bucket's."""
        return edges(self.span, self.query.active_duration)


@dataclass(frozen=True)
class Scope:
    """A bucket of a period, and the clients behind a figure in it.

    `column` is the bucket's place; `pieces` are its stretches of one rate; `among` are, for each
    term, the flags of the clients it is of (None: all).
    """

    period: ExtractedPeriod
    column: int
    pieces: tuple[Segment, ...]
    among: Mapping[Term, Flags | None]

    @property
    def bucket(self) -> Bucket:
        """The bucket."""
        return self.period.buckets[self.column]

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The ends of the buckets up to this one, from that of the bucket before the first."""
        return self.period.edges[: self.column + 2]


def periods_of(report: Report, extract: Sequence[Extract]) -> dict[str, ExtractedPeriod]:
    """The periods of a report by side, those that hold an instant.

    The other one has all its buckets, not the shown ones.
    """
    query = report.query
    own = own_period(query, report.as_of)
    sides = {"value": own, "other": other_period(query, own)}
    count, left = len(wheres(query.rows)), iter(extract)
    return {
        side: ExtractedPeriod.of(query, period, list(islice(left, count)))
        for side, period in sides.items()
        if period is not None and period.buckets
    }
