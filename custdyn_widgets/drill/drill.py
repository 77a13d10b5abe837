"""Drill-down: from the cells of a report to clients and entries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from custdyn_widgets.drill.breakdown import (
    DENOMINATOR,
    NUMERATOR,
    Breakdown,
    Checkpoint,
    break_down,
)
from custdyn_widgets.drill.cell import Address, bucket_at, cell_at, row_at
from custdyn_widgets.drill.clients import ClientList
from custdyn_widgets.drill.entries import EntryLines, entries_behind
from custdyn_widgets.drill.history import from_earlier
from custdyn_widgets.drill.period import ExtractedPeriod, periods_of
from custdyn_widgets.errors import CustdynError, FieldFault, QueryError, SourceChanged
from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.model.formulas import Formula
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources import Source
from custdyn_widgets.sources.snapshot import Token

PARTS = (NUMERATOR, DENOMINATOR)


class NoClients(CustdynError):
    """Nothing is behind a cell that could be listed."""

    exit_code = 2

    def __init__(self, title: str) -> None:
        super().__init__(f"{title}: this figure is made of no clients; choose another cell")


class Drill:
    """What is behind the cells of a report; `extract` is what it was made of."""

    def __init__(self, report: Report, extract: Sequence[Extract], source: Source) -> None:
        self.report = report
        self.source = source
        self._extract = extract
        self._found: dict[tuple[Address, Token], Breakdown] = {}
        self._earlier: dict[str, ExtractedPeriod | None] = {}

    @cached_property
    def periods(self) -> dict[str, ExtractedPeriod]:
        """The report's periods, by side."""
        return periods_of(self.report, self._extract)

    def behind(self, at: Address, checkpoint: Checkpoint = lambda: None) -> Breakdown:
        """What is behind a cell. Raises NoClients, and what `run` raises."""
        with self.source.reading() as snapshot:
            token = snapshot.token
        if (at, token) not in self._found:
            period, column, made = self._asked(at)
            cell = cell_at(self.report, at)
            found = break_down(self.source, period, column, made, cell, checkpoint)
            self._found = {(at, token): found}  # the last one: it is looked at from several sides
            return found
        return self._found[at, token]

    def proven(self, at: Address) -> Breakdown:
        """What is behind a cell. Raises SourceChanged where it no longer adds up to it."""
        found = self.behind(at)
        if not found.agrees:
            raise SourceChanged(self.source.name, since=True)
        return found

    def before(self, at: Address, checkpoint: Checkpoint = lambda: None) -> Breakdown | None:
        """What was behind a cell's row in the bucket before; None where that is empty.

        Before the first bucket of the report the ledger is read once more, from one bucket
        earlier. Raises as `behind`; MissingRates where that bucket has no rates.
        """
        period, column, made = self._asked(at)
        if column:
            return break_down(self.source, period, column - 1, made, None, checkpoint)
        if at.side not in self._earlier:
            self._earlier[at.side] = from_earlier(period, self.source, checkpoint)
        earlier = self._earlier[at.side]
        return (
            None if earlier is None else break_down(self.source, earlier, 0, made, None, checkpoint)
        )

    def clients(
        self, found: Breakdown, part: str = NUMERATOR, checkpoint: Checkpoint = lambda: None
    ) -> ClientList:
        """The clients of one part of a figure. Raises QueryError for a part it does not have."""
        return ClientList.of(found, self.source, checkpoint, side=_part(found, part))

    def entries(
        self,
        found: Breakdown,
        client: str | None,
        part: str = NUMERATOR,
        checkpoint: Checkpoint = lambda: None,
    ) -> EntryLines:
        """The entries of one part of a figure: of a client, or of all."""
        side = _part(found, part)
        made = entries_behind(found, self.source, checkpoint, side=side, client=client)
        return EntryLines(found, made)

    def _asked(self, at: Address) -> tuple[ExtractedPeriod, int, Formula]:
        """The period that a cell is of, its bucket's place there, and what it is made of."""
        row, bucket = row_at(self.report, at), bucket_at(self.report, at)
        made = row.formula
        if made is None or bucket is None or at.side not in self.periods:
            raise NoClients(title_of(self.report, at))
        period = self.periods[at.side]
        return period, period.buckets.index(bucket), made


def title_of(report: Report, at: Address) -> str:
    """A cell's name: `Clients - Active: Qty · 02/2017`."""
    row = row_at(report, at)
    return f"{row.title}: {row.row} · {report.buckets[at.column].label}"


def _part(found: Breakdown, part: str) -> str:
    if part not in PARTS or part not in found.sides:
        has = [one for one in PARTS if one in found.sides]
        raise QueryError([FieldFault("part", part, f"the figure has {' and '.join(has)}")])
    return part
