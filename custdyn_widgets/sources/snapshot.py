"""A snapshot of a source: raw and canonical tables of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.errors import DataError
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.model.schema import TABLES, TERM
from custdyn_widgets.sources.any_engine import AnyEngine
from custdyn_widgets.sources.connection import EDIT
from custdyn_widgets.sources.contents import Contents, contents_of
from custdyn_widgets.sources.data_warnings import empty_tables, warnings_of
from custdyn_widgets.sources.ecb import ecb_rates
from custdyn_widgets.sources.expressions import instant_literal, known_by
from custdyn_widgets.sources.normalize import absent, canonical, integer_ids
from custdyn_widgets.sources.quality import Data
from custdyn_widgets.sources.reading import INSTANT_TYPE
from custdyn_widgets.sources.rollup_manifest import Rollup

Token = tuple[object, ...]
Partitions = Callable[[ir.Table, str, int, Callable[[pa.Table], bytes]], list[bytes]]
"""Splits a table by the values of a column into (at least) that many partitions, and does the work
on each where it is: the answers."""


@dataclass(frozen=True)
class Raw:
    """What a kind of source finds when it is opened.

    `tables`: name → raw table. `copied`: they are in the engine's memory. `in_order`: the entries
    of a time are found without reading the others. `steady`: the same token means the same data.
    `partitions`: where the data is on many machines, work can be done there. `there`: names that
    a missing table may have.
    `unread`: warnings of what is there and was not read.
    `rollup`: what the ledger is of, where its rows are not single entries. `facts`: what else is
    known of it, label and text. `edits`: entries may bring a difference to others (see EDIT).
    """

    tables: Mapping[str, ir.Table]
    copied: bool = False
    in_order: bool = False
    steady: bool = True
    partitions: Partitions | None = None
    notes: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    rollup: Rollup | None = None
    facts: tuple[tuple[str, str], ...] = ()
    edits: bool = False


@dataclass(frozen=True)
class Snapshot:
    """The canonical tables of a source at one moment, and what a report should say of them.

    `tables`: with the columns that a report uses. `raw`: what they were read from. `unread`:
    warnings of what is there and was not read.
    """

    engine: AnyEngine
    raw: Raw
    tables: Mapping[str, ir.Table]
    rates: Rates
    notes: tuple[str, ...]
    token: Token
    unread: tuple[str, ...] = ()

    def cut_at(self, edges: Iterable[datetime], as_of: datetime) -> None:
        """Raises TooFine where the ledger cannot be cut at these edges, as of an instant."""
        if self.raw.rollup is not None:
            self.raw.rollup.check(edges, as_of)

    def one_by_one(self) -> None:
        """Raises TooFine where the ledger has no single entries."""
        if self.raw.rollup is not None:
            raise self.raw.rollup.entries_are_elsewhere()

    @cached_property
    def listed(self) -> Mapping[str, ir.Table]:
        """The tables with the columns that only lists and cards show, too.

        Raises DataError where one of those cannot be read.
        """
        return canonical_tables(self.engine, self.raw, listed=True)[0]

    def contents(self, as_of: datetime | None = None) -> Contents:
        """What is in the source; `as_of`: what was known before an instant (UTC)."""
        whole = self._whole
        if as_of is None or whole.newest is None or as_of > whole.newest.replace(tzinfo=UTC):
            return whole
        clients, ledger = self.tables["clients"], self.tables["ledger"]
        known = {
            "clients": clients.filter(clients.created_at < instant_literal(as_of)),
            "ledger": ledger.filter(known_by(ledger, as_of)),
        }
        return contents_of({**self.tables, **known}, self.fetch)

    @cached_property
    def _whole(self) -> Contents:
        return contents_of(self.tables, self.fetch)

    def warnings(self, as_of: datetime | None = None) -> tuple[str, ...]:
        """What is hardly meant in the data that was known before an instant; of all data: None."""

        def signs(kind: str) -> tuple[int, int]:
            try:
                ledger = self.listed["ledger"]
            except DataError:  # a fault of a column that no report reads
                ledger = self.tables["ledger"].mutate(direction=ibis.null("string"))
            if as_of is not None:
                ledger = ledger.filter(known_by(ledger, as_of))
            ledger = ledger.filter(ledger.kind == kind, ~ledger.direction.identical_to(TERM))
            sums = [(ledger.amount < 0).sum(), (ledger.amount > 0).sum()]
            row = self.fetch(ledger.aggregate(negative=sums[0], positive=sums[1]))
            return int(row["negative"][0].as_py() or 0), int(row["positive"][0].as_py() or 0)

        rates = self.rates if as_of is None else self.rates.known(as_of.date())[0]
        said = warnings_of(self.contents(as_of), rates, signs)
        return (*self.unread, *empty_tables(self.contents()), *said)

    @property
    def data(self) -> Data:
        """What oddities are looked for in."""
        return Data(dict(self.listed), self.rates, self.fetch)

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression where the data is."""
        return self.engine.fetch(expression)


def opened(engine: AnyEngine, raw: Raw, token: Token) -> Snapshot:
    """Reads the tables of a source as they should be read. Raises DataError where they cannot."""
    engine.shut()
    try:
        tables, notes, unread = canonical_tables(engine, raw)
    except DataError:
        canonical_tables(engine, raw, listed=True)  # it stops: now every fault is named
        raise
    if raw.copied:
        tables = {
            name: engine.keep(name, table) if name in raw.tables else table
            for name, table in tables.items()
        }
    rates = _own_rates(tables["rates"], engine) if "rates" in raw.tables else ecb_rates()
    return Snapshot(engine, raw, tables, rates, notes, token, unread)


def canonical_tables(
    engine: AnyEngine, raw: Raw, *, listed: bool = False
) -> tuple[dict[str, ir.Table], tuple[str, ...], tuple[str, ...]]:
    """The five tables as they are read, notes, and warnings of what is not. Raises DataError."""
    raws = {name: raw.tables.get(name) for name in TABLES}
    whole_ids = integer_ids(raws)
    nothing = engine.nothing()
    if raw.rollup is not None:
        del raws["ledger"]  # written by ourselves, of what was read as canonical
    read = {
        name: absent(name, nothing, whole_ids=whole_ids, there=raw.there)
        if table is None
        else canonical(
            name,
            table,
            engine.fetch,
            whole_ids=whole_ids,
            has_statistics=not raw.copied and raw.partitions is None,
            listed=listed,
        )
        for name, table in raws.items()
    }
    if faults := [fault for one in read.values() for fault in one.faults]:
        raise DataError(faults)
    tables = {name: one.table for name, one in read.items()}
    if raw.rollup is not None:
        tables["ledger"] = raw.tables["ledger"].mutate(recorded_at=ibis.null(INSTANT_TYPE))
    if raw.edits:
        ledger = tables["ledger"]
        tables["ledger"] = ledger.mutate(is_edit=ledger.entry_id.startswith(EDIT))
    notes = raw.notes + tuple(note for one in read.values() for note in one.notes)
    return tables, notes, raw.unread + tuple(w for one in read.values() for w in one.warnings)


def _own_rates(table: ir.Table, engine: AnyEngine) -> Rates:
    rows = engine.fetch(table.select("currency", "valid_from", "rate")).to_pylist()
    return Rates.of(
        ((row["currency"], row["valid_from"], Fraction(row["rate"])) for row in rows),
        origin="the source's rates",
    )
