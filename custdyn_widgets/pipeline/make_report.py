"""Query, source, as_of → report: the whole path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

from custdyn_widgets.extract.filters import package_names, packages_counted, resolve, unmatched
from custdyn_widgets.extract.flows import Extract, client_currencies, unknown_clients
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.extract.scope import KINDS
from custdyn_widgets.metrics.by_client import MetricsPlan
from custdyn_widgets.metrics.edges import edges
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.blocks import blocks_with, client_sets_of
from custdyn_widgets.model.definitions import ALL_EVER, CLASSES, BlockDefinition
from custdyn_widgets.model.formulas import Having, Where
from custdyn_widgets.model.periods import Bucket, Period, Segment, segments
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.pipeline.cache import cached_extract
from custdyn_widgets.query.periods import match_buckets, other_period, own_period
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.row_list import wheres
from custdyn_widgets.report.comparison import compared
from custdyn_widgets.report.conversion import Conversion
from custdyn_widgets.report.notes import (
    default_currency_note,
    entry_notes,
    filter_notes,
    quality_notes,
    query_notes,
    rate_notes,
)
from custdyn_widgets.report.report import (
    EntriesRead,
    Note,
    Report,
    Row,
    UsedRate,
    warnings_first,
)
from custdyn_widgets.report.rows import ReportInputs, rows
from custdyn_widgets.sources import Snapshot, Source
from custdyn_widgets.words import tr

Progress = Callable[[str], None]
EMPTY_PERIOD = tr("The period holds no instant in this time zone, so the report has no column")
MAX_CUTS = 400
"""Stretches of flows up to which a question pays for the next one's; a year of daily rates."""
CHECKED = tr("Checked for duplicate entries: each has an id of its own")
UNCHECKED = tr("Not checked for duplicate entries: open Data quality, or run custdyn check")


def make_report(
    query: Query, source: Source, *, as_of: datetime, progress: Progress = lambda _: None
) -> tuple[Report, tuple[Extract, ...]]:
    """The report of a query on a source, as it stood at `as_of` (aware), and what it is made of.

    Both periods of a report that compares are read in one snapshot. `progress` receives words for
    what is being done; what it raises stops the report, such as Cancelled. Raises QueryError,
    DataError, MissingRates, SourceError, SourceChanged or IdentityError; never a part of a report.
    """
    own = own_period(query, as_of.astimezone(UTC))
    other = other_period(query, own)
    places = () if other is None else match_buckets(query, own.buckets, other.buckets)
    with source.reading(lambda: progress(tr("opening the source"))) as snapshot:
        rates, later_rates = snapshot.rates.known(own.today)
        reporter = _Reporter(
            completed(query, rates),
            query.currency is not None,
            wheres(query.rows),
            blocks_with(query.blocks, query.own),
            source,
            snapshot,
            rates,
            later_rates,
            progress,
        )
        report, extract = reporter.report(own)
        if other is None:
            return report, extract
        theirs, read_too = reporter.report(other, tr(" of the period compared with"))
        return compared(report, theirs, places), (*extract, *read_too)


@dataclass(frozen=True)
class _Scope:
    """What the clients that pass some filters add to a report, and what that is made of."""

    extract: Extract
    inputs: ReportInputs
    has_unknown_clients: bool


@dataclass(frozen=True)
class _Reporter:
    """What reports of several periods share: the query, and one snapshot of the source."""

    query: Query
    chose_currency: bool
    wheres: tuple[Where | None, ...]
    blocks: tuple[BlockDefinition, ...]
    source: Source
    snapshot: Snapshot
    rates: Rates
    later_rates: int
    progress: Progress

    def fine_segments(
        self, buckets: tuple[Bucket, ...], pieces: tuple[Segment, ...]
    ) -> tuple[Segment, ...]:
        """Where flows are cut: wherever any rate changes, for another currency's question.

        Too many of them would make this one slow: then only its own pieces.
        """
        rates, timezone = self.rates, self.query.timezone
        every = segments(buckets, rates.dates(rates.currencies), timezone=timezone)
        rollup = self.snapshot.raw.rollup
        if rollup is not None and not rollup.fits(_edges(buckets, every)):
            return pieces
        return every if len(every) <= max(MAX_CUTS, len(pieces)) else pieces

    def report(self, period: Period, which: str = "") -> tuple[Report, tuple[Extract, ...]]:
        """The report of one period, and what it is made of (nothing: it holds no instant).

        `which` are words for it, for the progress.
        """
        query, snapshot, as_of, buckets = self.query, self.snapshot, period.as_of, period.buckets
        made: tuple[Row, ...] = ()
        parts: tuple[Extract, ...] = ()
        used, read = set[UsedRate](), EntriesRead()
        said = [Note(EMPTY_PERIOD)]
        if buckets:
            pieces = rate_segments(query, self.rates, snapshot, buckets)
            snapshot.cut_at(_edges(buckets, pieces), as_of)
            scopes = {one: self._scope(period, pieces, one, which) for one in self.wheres}
            parts = tuple(scope.extract for scope in scopes.values())
            own = scopes[None]
            read = _read(own.extract, own.inputs.flows)
            conversion = conversion_of(query, self.rates, own.extract.scale, period.today)
            made = rows(
                {where: scope.inputs for where, scope in scopes.items()},
                conversion,
                self.blocks,
                by_package=query.by_package,
                checkpoint=partial(self.progress, tr("adding up")),
            )
            used = conversion.used
            said = [Note(text, warning=True) for text in conversion.old_rates()]
            foreign = (
                unknown_clients(snapshot.tables, snapshot.fetch, end=buckets[-1].end, as_of=as_of)
                if own.has_unknown_clients
                else (0, Decimal())
            )
            said += entry_notes(
                own.extract,
                own.inputs.flows,
                foreign,
                f"{as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            )
        said += query_notes(query)
        for where in self.wheres:
            said += filter_notes(unmatched(snapshot.tables, snapshot.fetch, where or query))
        said += rate_notes(self.rates, period.today, self.later_rates)
        said += [Note(text, warning=True) for text in snapshot.warnings(as_of)]
        if not self.chose_currency:
            said += default_currency_note(snapshot.contents().currencies, str(query.currency))
        said += [Note(text) for text in snapshot.notes]
        if snapshot.raw.rollup is None:
            said.append(Note(CHECKED if self.source.checked else UNCHECKED))
        said += quality_notes(self.source.findings or ())
        report = Report(
            query,
            self.source.name,
            as_of,
            period.first,
            period.last,
            buckets,
            made,
            warnings_first(said),
            tuple(sorted(used)),
            read,
        )
        return report, parts

    def _scope(
        self, period: Period, pieces: tuple[Segment, ...], where: Where | None, which: str
    ) -> _Scope:
        """What the clients add up to that pass the query's filters, and others besides."""
        query, snapshot, as_of, buckets = self.query, self.snapshot, period.as_of, period.buckets
        groups, having = _groups(self.blocks, where)
        bridge = where is None and "bridge" in query.blocks
        plan = Plan(
            filters=resolve(snapshot.tables, snapshot.fetch, query, as_of, where),
            buckets=buckets,
            pieces=pieces,
            cuts=self.fine_segments(buckets, pieces),
            as_of=as_of,
            by_client=bridge or bool(having),
        )
        reading = partial(self.progress, tr("reading the ledger") + which)
        cached = cached_extract(self.source, snapshot, plan, reading)
        extract = cached.cut(pieces)
        checkpoint = partial(self.progress, tr("adding up"))
        checkpoint()
        names, counted = (
            package_names(snapshot.tables, snapshot.fetch),
            packages_counted(query, where),
        )
        flows = cached.flows(pieces, names, timezone=query.timezone, counted=counted)
        wanted = MetricsPlan(
            *(period, edges(period, query.active_duration), groups, pieces, names),
            *(bridge, having, counted),
        )
        part = cached.part(wanted, checkpoint)
        if cached.sliced is not None:
            extract = replace(extract, checksum=part.checksum)
        inputs = ReportInputs(part.sums, flows, period.balance_days, part.stayed)
        return _Scope(extract, inputs, part.has_unknown_clients)


def _groups(
    blocks: Iterable[BlockDefinition], where: Where | None
) -> tuple[tuple[str, ...], tuple[Having, ...]]:
    """The sets of clients that figures are of; apart, those with entries of flows."""
    rows = (row for block in blocks for row in block.rows)
    found = client_sets_of(rows, where)
    named = (*CLASSES, ALL_EVER, *(name for name, having in found if not having))
    return tuple(dict.fromkeys(named)), tuple(one for one in found if one[1])


def completed(query: Query, rates: Rates) -> Query:
    """The query with its currency: where it names none, the base of the rates."""
    return query if query.currency else query.with_fields({"currency": rates.base})


def _edges(buckets: Sequence[Bucket], pieces: Sequence[Segment]) -> Iterator[datetime]:
    """Every instant at which a report is cut."""
    for bucket in buckets:
        yield from (bucket.start, bucket.end)
    yield from (piece.start for piece in pieces)


def rate_segments(
    query: Query, rates: Rates, snapshot: Snapshot, buckets: tuple[Bucket, ...]
) -> tuple[Segment, ...]:
    """The buckets, cut where a rate that may be needed changes."""
    currencies = {*client_currencies(snapshot.tables, snapshot.fetch), str(query.currency)}
    return segments(buckets, rate_dates(query, rates, currencies), timezone=query.timezone)


def rate_dates(query: Query, rates: Rates, currencies: set[str]) -> tuple[date, ...]:
    """The dates at which a rate changes that may be needed."""
    needed = query.rate_policy == "historical" and len(currencies) > 1
    return rates.dates(currencies) if needed else ()


def _read(extract: Extract, flows: Sequence[Flow]) -> EntriesRead:
    by_kind = dict.fromkeys(KINDS[1:] + KINDS[:1], 0)  # the other ones last
    for flow in flows:
        by_kind[flow.kind] += flow.entries
    newest = None if extract.newest is None else extract.newest.replace(tzinfo=UTC)
    return EntriesRead(extract.entries, newest, tuple(by_kind.items()))


def conversion_of(query: Query, rates: Rates, scale: int, today: date) -> Conversion:
    """How amounts of a scale become the query's currency; `today` is the local date of `as_of`."""
    return Conversion(
        rates,
        today,
        to=str(query.currency),
        scale=scale,
        fixed=today if query.rate_policy == "current" else None,
    )
