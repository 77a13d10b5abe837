"""The CDRs list: every pay-as-you-go entry of a period, newest first, with totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from custdyn_widgets.exports.listing import Filed, write
from custdyn_widgets.extract.arrays import microseconds_or, unscaled
from custdyn_widgets.extract.payg import payg_days, payg_page, payg_sums
from custdyn_widgets.listings.criteria import Criteria, Progress, asking
from custdyn_widgets.listings.totals import Sum, sums_of
from custdyn_widgets.model.cells import Cell, Column, Value, shown, time_column
from custdyn_widgets.model.money import exact_decimal, rounded_amount, tidy
from custdyn_widgets.model.periods import microseconds
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.query.fields import CDRS, VIEWS
from custdyn_widgets.report.frames import Frame, listed
from custdyn_widgets.report.report import Note
from custdyn_widgets.result import Asking, AsOf, From, prepared
from custdyn_widgets.sources import Snapshot
from custdyn_widgets.words import tr

AT_ONCE, PIECE = 200_000, 10_000
"""Entries that are fetched at once, and that are made into lines at once."""


@dataclass(frozen=True, repr=False)
class Cdrs:
    """The pay-as-you-go entries of a period that pass the filters.

    `total` holds their number, quantity and amounts over all pages; `days` how many there are
    on each UTC day, newest first. Lines are read again when they are asked for, as of the list:
    of data that no longer adds up to what the list says, they raise SourceChanged.
    """

    asked: Criteria
    total: Sum
    days: tuple[tuple[datetime, int], ...]

    def __repr__(self) -> str:
        sums = ", ".join(f"{label} {text}" for label, text in self.sums)
        return f"Cdrs({self.asked.source.name}, {self.asked.interval}: {sums})"

    def _repr_html_(self) -> str:
        return self.asked.html(VIEWS[CDRS], self)

    def __len__(self) -> int:
        return self.total.entries

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader should know of the list, warnings first."""
        return self.asked.noted()

    @property
    def amount(self) -> Cell:
        """The sum in the report's currency; N/A without any entry."""
        return self.total.cell(self.asked)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each entry."""
        query = self.asked.query
        converted = tr("Amount in {currency}", currency=query.currency)
        return (
            time_column(query.timezone),
            Column("client", tr("Client")),
            Column("value", converted, "money", tr("At the rate of its date.")),
            Column("amount", tr("Amount"), "money", tr("In the client's currency, exact.")),
            Column("currency", tr("Currency"), words=tr("The client's.")),
            Column("quantity", tr("Quantity"), "number"),
            Column("service", tr("Service")),
            Column("direction", tr("Direction")),
            Column("destination", tr("Destination")),
            Column("type", tr("Type"), words=tr("The client's.")),
            Column("owner_id", tr("Owner"), words=tr("The client's.")),
            Column("client_id", tr("Client ID")),
            Column("entry_id", tr("Entry ID")),
        )

    def lines(self, first: int = 0, count: int | None = None) -> Iterator[tuple[Value, ...]]:
        """Lines in the order of `columns`, newest first: `count` of them from the `first` on."""
        return self._read(first, count, rounded_amount)

    def _read(
        self, first: int, count: int | None, value: Callable[[Fraction, str], Any]
    ) -> Iterator[tuple[Any, ...]]:
        """Lines with the amounts in the report's currency as `value` makes them."""
        for inside, skip, most in self._stretches(first, count):
            with self.asked.reading(self._agrees) as (snapshot, payg):
                table = snapshot.fetch(payg_page(payg, inside, skip=skip, most=most))
            for start in range(0, table.num_rows, PIECE):
                yield from self._lines(table.slice(start, PIECE), value)

    def line(self, place: int) -> tuple[Value, ...]:
        """One line, by its place."""
        return next(self.lines(place, 1))

    def frame(self, first: int = 0, count: int | None = None, *, exact: bool = False) -> Frame:
        """Lines as a frame, newest first: all, or `count` of them from the `first` on.

        `occurred_at` is aware, in the query's zone; `amount` is in the client's currency, `value`
        in the report's, unrounded: it adds up to the list's. Numbers are float64; `exact`: they
        are decimals of Arrow, to 18 places where a rate has no end.
        """
        lines = self._read(max(first, 0), count, lambda one, _: one if exact else float(one))
        return listed(self.columns, lines, self.asked.query.timezone, exact=exact)

    def to_file(self, kind: str, file: str | Path | BinaryIO) -> None:
        """Every line to `csv` or `xlsx`, as a stream: a path, or a binary file that is open."""
        write(kind, self._filed(), file)

    def to_csv(self, file: str | Path | BinaryIO) -> None:
        """Every line as CSV, as a stream; see `to_file`."""
        self.to_file("csv", file)

    def to_xlsx(self, file: str | Path | BinaryIO) -> None:
        """Every line as Excel XLSx, as a stream, on as many sheets as it takes."""
        self.to_file("xlsx", file)

    def file_name(self, kind: str) -> str:
        """What a file is called: `cdrs_2017-01-01_2017-12-31.csv`."""
        return self.asked.file_name("cdrs", kind)

    def _agrees(self, snapshot: Snapshot) -> bool:
        return _totals(self.asked, snapshot) == (self.total, self.days)

    def _filed(self) -> Filed:
        asked = self.asked
        facts = asked.facts(self.sums)
        return Filed(VIEWS[CDRS], self.columns, self.lines(), facts, asked.period.as_of)

    @property
    def sums(self) -> list[tuple[str, str]]:
        """Count and sums over all pages in words: label and text."""
        lines = [(tr("Entries"), shown(len(self)))]
        if self.total.quantity is not None:
            lines.append((tr("Quantity"), shown(tidy(self.total.quantity))))
        to = self.asked.query.currency
        lines.append((tr("Sum in {currency}", currency=to), str(self.amount)))
        for code, own in sorted(self.total.by_currency.items()):
            lines.append((tr("Of clients in {currency}", currency=code), f"{shown(own)} {code}"))
        return lines

    def _stretches(
        self, first: int, count: int | None
    ) -> Iterator[tuple[tuple[datetime, datetime], int, int]]:
        """Parts of the period, newest first, and which of their entries: few enough at once."""
        left = len(self) - first if count is None else min(count, len(self) - first)
        skip = first
        days = list(self.days)
        while left > 0 and days:
            together = [days.pop(0)]
            if skip >= together[0][1]:
                skip -= together[0][1]
                continue
            wanted = min(AT_ONCE, skip + left)
            while days and sum(count for _, count in together) < wanted:
                together.append(days.pop(0))
            entries = sum(count for _, count in together)
            inside = (together[-1][0], together[0][0] + timedelta(days=1))
            while skip < entries and left > 0:
                most = min(AT_ONCE, entries - skip, left)
                yield inside, skip, most
                left, skip = left - most, skip + most
            skip = 0

    def _lines(
        self, table: pa.Table, value: Callable[[Fraction, str], Any]
    ) -> Iterator[tuple[Any, ...]]:
        asked = self.asked
        convert, scale, to = asked.conversion.convert, asked.conversion.scale, asked.conversion.to
        tz = zone(asked.query.timezone)
        starts = np.array([microseconds(piece.start) for piece in asked.pieces], np.int64)
        pieces = np.searchsorted(starts, microseconds_or(table["occurred_at"], 0), "right") - 1
        lists: dict[str, Iterable[Any]] = {name: table[name].to_pylist() for name in PLAIN}
        instants = [one.replace(tzinfo=UTC) for one in table["occurred_at"].to_pylist()]
        codes = table["currency"].to_pylist()
        units = unscaled(table["amount"]).tolist()
        days = [asked.pieces[piece].day for piece in pieces]
        lists |= {
            "occurred_at": (in_zone(one, tz).replace(tzinfo=None) for one in instants),
            "currency": codes,
            "client_id": map(str, table["client_id"].to_pylist()),
            "entry_id": map(str, table["entry_id"].to_pylist()),
            "amount": map(exact_decimal, units, repeat(scale), codes),
            "value": (value(one, to) for one in map(convert, units, codes, days)),
            "quantity": map(tidy, table["quantity"].to_pylist()),
        }
        return zip(*(lists[column.key] for column in self.columns), strict=True)


PLAIN = ("client", "service", "direction", "destination", "type", "owner_id")
"""What is said as it is."""


def run_cdrs(
    query: Asking,
    source: From,
    *,
    as_of: AsOf | None = None,
    progress: Progress = lambda _: None,
) -> Cdrs:
    """The CDRs list of a query; arguments and errors are those of `run`."""
    asks, opened, now = prepared(query, source, as_of)
    with asking(asks, opened, now, units=(), progress=progress) as (asked, snapshot):
        if not asked.period.buckets:
            return Cdrs(asked, Sum(), ())
        return Cdrs(asked, *_totals(asked, snapshot))


def _totals(asked: Criteria, snapshot: Snapshot) -> tuple[Sum, tuple[tuple[datetime, int], ...]]:
    """What a list says of all its entries: their sum, and how many there are on each day."""
    payg = asked.payg(snapshot)
    counted = snapshot.fetch(payg_days(payg)).to_pylist()
    sums = sums_of(asked, snapshot.fetch(payg_sums(payg, asked.pieces)), ())
    days = [(row["day"].replace(tzinfo=UTC), row["entries"]) for row in counted]
    return sums.get((), Sum()), tuple(days)
