"""The criteria of a list: query, source and period, read in one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Protocol

import ibis.expr.types as ir

from custdyn_widgets.errors import SourceChanged
from custdyn_widgets.extract.filters import resolve, unmatched
from custdyn_widgets.extract.flows import unknown_clients
from custdyn_widgets.extract.payg import payg_of
from custdyn_widgets.model.cells import Column, Value
from custdyn_widgets.model.markup import small_table
from custdyn_widgets.model.periods import Period, Segment
from custdyn_widgets.pipeline.make_report import completed, conversion_of, rate_segments
from custdyn_widgets.query.fields import FIELDS, RATE_POLICIES
from custdyn_widgets.query.periods import own_period
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.conversion import Conversion
from custdyn_widgets.report.notes import filter_notes, query_notes, unknown_words
from custdyn_widgets.report.report import Note, utc_text, warnings_first
from custdyn_widgets.sources import Snapshot, Source
from custdyn_widgets.sources.data_warnings import direction_words
from custdyn_widgets.sources.quality import directions
from custdyn_widgets.views.facts import Fact, filter_lines
from custdyn_widgets.words import tr

Progress = Callable[[str], None]
SHOWN = 20
"""Lines of a list that a notebook shows."""


class Listing(Protocol):
    """A list of lines with sums."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each line."""

    @property
    def sums(self) -> list[tuple[str, str]]:
        """Sums in words: label and text."""

    def lines(self) -> Iterator[tuple[Value, ...]]:
        """All lines."""

    def __len__(self) -> int: ...


@dataclass(frozen=True)
class Criteria:
    """A query on a source; `pieces` are the stretches of its period of one rate each.

    `token` is that of the data.
    """

    query: Query
    source: Source
    period: Period
    pieces: tuple[Segment, ...]
    conversion: Conversion
    notes: tuple[Note, ...]
    token: object

    @contextmanager
    def reading(self, agrees: Callable[[Snapshot], bool]) -> Iterator[tuple[Snapshot, ir.Table]]:
        """The data again, and its pay-as-you-go entries.

        Where it may be other data than before, as in a server where somebody writes, `agrees` says
        whether it still is what was said of it. Raises SourceChanged where it is not.
        """
        with self.source.reading() as snapshot:
            if snapshot.token != self.token:
                scale = snapshot.tables["ledger"].amount.type().scale
                if scale != self.conversion.scale or not agrees(snapshot):
                    raise SourceChanged(self.source.name)
            yield snapshot, self.payg(snapshot)

    def payg(self, snapshot: Snapshot) -> ir.Table:
        """The pay-as-you-go entries of the period of clients that pass."""
        return _payg(snapshot, self.query, self.period)

    @property
    def interval(self) -> str:
        """First and last wall-clock second of the period."""
        return f"{self.period.first} – {self.period.last}"

    def facts(self, sums: Sequence[tuple[str, str]]) -> list[Fact]:
        """What a file says of itself besides its lines: sums, and what was asked."""
        query = self.query
        facts = [*sums, (tr("Interval"), f"{self.interval} {query.timezone}")]
        facts += [(tr("Query"), line) for line in filter_lines(query)]
        facts += [(tr("Currency"), str(query.currency))]
        facts += [(FIELDS["rate_policy"].label, RATE_POLICIES[query.rate_policy])]
        facts += [(tr("Source"), self.source.name), (tr("As of"), utc_text(self.period.as_of))]
        facts += [(tr("Note"), str(note)) for note in self.noted()]
        return [Fact("", label, text) for label, text in facts]

    def noted(self) -> tuple[Note, ...]:
        """The notes, with those on the rates that were used, warnings first."""
        old = (Note(text, warning=True) for text in self.conversion.old_rates())
        return warnings_first([*old, *self.notes])

    def html(self, title: str, made: Listing) -> str:
        """The first lines of a list, and what it says of all of them, for a notebook."""
        sums = " · ".join(f"{label}: {text}" for label, text in made.sums)
        when = f"{self.interval} {self.query.timezone}, {self.query.currency}"
        first = tr("the first {shown} of {all} lines", shown=SHOWN, all=len(made))
        more = f" · {first}" if len(made) > SHOWN else ""
        head = [column.label for column in made.columns]
        as_of = tr("as of {instant}", instant=utc_text(self.period.as_of))
        caption = f"{title}: {when}, {as_of} · {sums}{more}"
        return small_table(caption, head, islice(made.lines(), SHOWN))

    def file_name(self, name: str, kind: str) -> str:
        """What a file of a listing is called: `cdrs_2017-01-01_2017-12-31.csv`."""
        return f"{name}_{self.period.first:%Y-%m-%d}_{self.period.last:%Y-%m-%d}.{kind}"


def _payg(snapshot: Snapshot, query: Query, period: Period) -> ir.Table:
    return payg_of(
        snapshot.listed,
        resolve(snapshot.tables, snapshot.fetch, query, period.as_of),
        inside=(period.buckets[0].start, period.buckets[-1].end),
        as_of=period.as_of,
    )


@contextmanager
def asking(
    query: Query, source: Source, as_of: datetime, *, units: tuple[str, ...], progress: Progress
) -> Iterator[tuple[Criteria, Snapshot]]:
    """Reads a source as a query asks, in buckets of time units. Raises what `run` raises."""
    period = own_period(query, as_of.astimezone(UTC), units)
    buckets = period.buckets
    with source.reading(lambda: progress(tr("opening the source"))) as snapshot:
        snapshot.one_by_one()
        rates, _ = snapshot.rates.known(period.today)
        query = completed(query, rates)
        scale = snapshot.tables["ledger"].amount.type().scale
        conversion = conversion_of(query, rates, scale, period.today)
        missing = unmatched(snapshot.tables, snapshot.fetch, query)
        pieces = rate_segments(query, rates, snapshot, buckets) if buckets else ()
        odd: Iterable[str] = ()
        if buckets:
            payg = _payg(snapshot, query, period)
            odd = direction_words(directions(payg, snapshot.fetch))
            foreign = unknown_clients(
                snapshot.tables, snapshot.fetch, end=buckets[-1].end, as_of=as_of
            )
            odd = [*odd, *unknown_words(*foreign)]
        notes = (
            *(*query_notes(query), *filter_notes(missing)),
            *(Note(text, warning=True) for text in snapshot.warnings(as_of)),
            *(Note(text, warning=True) for text in odd),
            *(Note(text) for text in snapshot.notes),
        )
        progress(tr("reading the ledger"))
        yield (
            Criteria(
                *(query, source, period, pieces),
                *(conversion, notes, snapshot.token),
            ),
            snapshot,
        )
