"""A snapshot of a source: raw and canonical tables of one moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.errors import DataError, DataFault
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.ecb import ecb_rates
from custdyn_widgets.sources.engine import AnyEngine
from custdyn_widgets.sources.normalize import absent, canonical, integer_ids
from custdyn_widgets.sources.parsing import INSTANT_TYPE
from custdyn_widgets.sources.quality import Data
from custdyn_widgets.sources.rollup_manifest import Rollup

Token = tuple[object, ...]
Partitions = Callable[[ir.Table, str, int, Callable[[pa.Table], bytes]], list[bytes]]
"""Splits a table by the values of a column into (at least) that many partitions, and does the work
on each where it is: the answers."""


@dataclass(frozen=True)
class Raw:
    """What a kind of source finds when it is opened.

    `tables`: name → raw table. `copied`: read once into the engine, so that later changes of
    the files do not matter until the token says so. `in_order`: the entries of a time are found
    without reading the others. `steady`: the same token means the same data. `partitions`: where
    the data is on many machines, work can be done there. `folders`: what stays readable.
    `rollup`: what the ledger is of, where its rows are not single entries.
    """

    tables: Mapping[str, ir.Table]
    copied: bool
    in_order: bool = False
    steady: bool = True
    partitions: Partitions | None = None
    folders: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    rollup: Rollup | None = None


@dataclass(frozen=True)
class Snapshot:
    """The canonical tables of a source at one moment, and what a report should say of them."""

    engine: AnyEngine
    tables: Mapping[str, ir.Table]
    rates: Rates
    notes: tuple[str, ...]
    token: Token
    in_order: bool
    steady: bool
    partitions: Partitions | None = None
    rollup: Rollup | None = None

    def cut_at(self, edges: Iterable[datetime], as_of: datetime) -> None:
        """Raises TooFine where the ledger cannot be cut at these edges, as of an instant."""
        if self.rollup is not None:
            self.rollup.check(edges, as_of)

    def one_by_one(self) -> None:
        """Raises TooFine where the ledger has no single entries."""
        if self.rollup is not None:
            raise self.rollup.entries_are_elsewhere()

    @property
    def data(self) -> Data:
        """What oddities are looked for in."""
        return Data(dict(self.tables), self.rates, self.fetch)

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression where the data is."""
        return self.engine.fetch(expression)


def opened(engine: AnyEngine, raw: Raw, token: Token) -> Snapshot:
    """Reads the tables of a source as they should be read. Raises DataError where they cannot."""
    engine.shut(raw.folders)
    raws = {name: raw.tables.get(name) for name in TABLES}
    whole_ids = integer_ids(raws)
    nothing = engine.nothing()
    has_statistics = not raw.copied and raw.partitions is None
    if raw.rollup is not None:
        del raws["ledger"]  # written by ourselves, of what was read as canonical
    read = {
        name: absent(name, nothing, whole_ids=whole_ids)
        if table is None
        else canonical(
            name,
            table,
            engine.fetch,
            whole_ids=whole_ids,
            has_statistics=has_statistics,
        )
        for name, table in raws.items()
    }
    if faults := [fault for one in read.values() for fault in one.faults]:
        raise DataError(faults)
    tables = {name: one.table for name, one in read.items()}
    if raw.rollup is not None:
        tables["ledger"] = raw.tables["ledger"].mutate(recorded_at=ibis.null(INSTANT_TYPE))
    if raw.copied:
        tables = {
            name: table if raws[name] is None else engine.keep(name, table)
            for name, table in tables.items()
        }
    notes = raw.notes + tuple(note for one in read.values() for note in one.notes)
    rates = ecb_rates() if raws["rates"] is None else _own_rates(tables["rates"], engine)
    return Snapshot(
        *(engine, tables, rates, notes, token),
        *(raw.in_order, raw.steady, raw.partitions, raw.rollup),
    )


def _own_rates(table: ir.Table, engine: AnyEngine) -> Rates:
    try:
        rows = engine.fetch(table.select("currency", "valid_from", "rate")).to_pylist()
    except (OverflowError, ValueError):
        fault = DataFault("rates", "valid_from", 0, "a date is not between the years 1 and 9999")
        raise DataError([fault]) from None
    return Rates.of(
        ((row["currency"], row["valid_from"], Fraction(row["rate"])) for row in rows),
        origin="the source's rates",
    )
