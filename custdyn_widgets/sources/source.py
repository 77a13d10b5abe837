"""A source: the five tables, canonical and checked, as one snapshot after another."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import platformdirs
import pyarrow as pa

from ..columns import Value
from ..errors import DataError, DataFault, SourceChanged, SourceError
from ..memory import Memory
from ..rates import Rates
from ..tables import TABLES
from .canonical import absent, canonical, integer_ids, repeated
from .directory import Directory, directory_of
from .ecb import ecb_rates
from .engine import AnyEngine, Engine
from .quality import Data, Finding, findings, lines

Token = tuple[object, ...]
Partitions = Callable[[ir.Table, str, int, Callable[[pa.Table], bytes]], list[bytes]]
"""Splits a table by the values of a column into (at least) so many partitions, and does the work
on each where it is: the answers."""


@dataclass(frozen=True)
class Raw:
    """What a kind of source finds when it is opened.

    `tables`: name → raw table. `copied`: read once into the engine, so that later changes of
    the files do not matter until the token says so. `in_order`: the entries of a time are found
    without reading the others. `steady`: the same token means the same data. `partitions`: where
    the data is on many machines, work can be done there. `folders`: what stays readable.
    """

    tables: Mapping[str, ir.Table]
    copied: bool
    in_order: bool = False
    steady: bool = True
    partitions: Partitions | None = None
    folders: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


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

    @property
    def data(self) -> Data:
        """What oddities are looked for in."""
        return Data(dict(self.tables), self.rates, self.fetch)

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression where the data is."""
        return self.engine.fetch(expression)


@dataclass
class Source:
    """A source of the five tables: `open_source` makes it, reports read it.

    `load` opens it in an `engine`, `watch` gives its token: size, time and inode of its files,
    or nothing for data in memory, which does not change. `held`: what was opened is kept until the
    token changes; else (a server) each reader has a transaction of its own, whose engine says the
    token. `memory` bounds what readers take, and what they keep for their next question.
    """

    name: str
    load: Callable[[Any], Raw]
    watch: Callable[[], Token] = tuple
    engine: Callable[[str, int], AnyEngine] = Engine
    held: bool = True
    memory: Memory = field(default_factory=Memory, repr=False)
    _snapshot: Snapshot | None = None
    _engine: AnyEngine | None = None
    _readers: int = 0
    _directory: tuple[Token, Directory] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _checked: tuple[Token, tuple[Finding, ...]] | None = None

    @contextmanager
    def reading(self, begin: Callable[[], None] = lambda: None) -> Iterator[Snapshot]:
        """A snapshot to read from; opened anew when the files have changed since.

        One reader at a time: `begin` is called when it is this one's turn, before anything is
        read. Raises DataError where the data breaks the rules, SourceChanged where the files
        changed while they were read, and what `begin` raises.
        """
        with self._lock:
            begin()
            snapshot = self._current()
            self._readers += 1
            try:
                yield snapshot
            finally:
                self._readers -= 1
                if not self.held and not self._readers and self._engine is not None:
                    self._engine.close()
                changed = self.held and self._now() != snapshot.token
                if changed:  # what was read may be of either
                    self.memory.clear()
            if changed:
                raise SourceChanged(self.name)

    def directory(self) -> Directory:
        """The values that filters and currency can be given; read once for the same data."""
        with self.reading() as snapshot:
            if self._directory is None or self._directory[0] != snapshot.token:
                found = directory_of(snapshot.tables, snapshot.fetch, snapshot.rates)
                self._directory = (snapshot.token, found)
            return self._directory[1]

    def interrupt(self) -> None:
        """Stops what is being read, from another thread: the reader gets Cancelled."""
        engine = self._engine
        if engine is not None:
            engine.interrupt()

    @property
    def done(self) -> float | None:
        """How much of what is being read is done, 0 to 1; None where nobody can tell."""
        engine = self._engine
        return None if engine is None else engine.done

    def close(self) -> None:
        """Frees the memory; the next report opens the source anew."""
        with self._lock:
            engine, self._engine, self._snapshot = self._engine, None, None
            self.memory.clear()
            if engine is not None:
                engine.close()

    def check(self) -> tuple[list[DataFault], tuple[str, ...]]:
        """Data errors, those included that need a pass of their own, and notes."""
        try:
            with self.reading() as snapshot:
                faults = repeated(TABLES["ledger"], snapshot.tables["ledger"], snapshot.fetch)
                found = findings(snapshot.data)
                notes = (*snapshot.notes, *(one.words for one in found))
                if not faults:
                    self._checked = (snapshot.token, found)
                    if snapshot.token:
                        _mark(snapshot.token).parent.mkdir(parents=True, exist_ok=True)
                        _mark(snapshot.token).write_text(
                            json.dumps([astuple(one) for one in found])
                        )
                return faults, notes
        except DataError as error:
            return list(error.faults), ()

    @property
    def checked(self) -> bool:
        """Whether `check` has found this very data without a fault."""
        return self.findings is not None

    @property
    def findings(self) -> tuple[Finding, ...] | None:
        """What `check` has found odd in this very data; None where it has not passed on it."""
        if self._snapshot is None:
            return None
        token = self._snapshot.token
        if self._checked is not None and self._checked[0] == token:
            return self._checked[1]
        if not token or not _mark(token).exists():
            return None
        try:
            told = json.loads(_mark(token).read_text() or "[]")
            found = tuple(Finding(str(key), int(count), str(words)) for key, count, words in told)
        except (ValueError, TypeError):  # not written by us, or half of it: it is checked anew
            return None
        self._checked = (token, found)
        return found

    def finding_lines(
        self, key: str, first: int = 0, count: int = 1_000
    ) -> list[tuple[Value, ...]]:
        """Entries that show a finding, as lines of `quality.COLUMNS`: some from the `first` on.

        Raises QueryError for a key that is not one of `quality.FINDINGS`.
        """
        with self.reading() as snapshot:
            return list(lines(snapshot.data, key, first, count))

    def _now(self) -> Token | None:
        """The token, None where it cannot be had."""
        try:
            return self.watch()
        except SourceError:
            return None

    def _current(self) -> Snapshot:
        if not self.held:
            return self._transaction()
        token = self.watch()
        if self._engine is not None:
            self._engine.resume()  # what was interrupted has ended: it is this reader's turn
        if self._snapshot is not None and self._snapshot.token == token:
            return self._snapshot
        self.close()
        self._engine = self.engine(self.name, self.memory.most)
        try:
            self._snapshot = _opened(self._engine, self.load(self._engine), token)
        except BaseException:
            self.close()
            raise
        return self._snapshot

    def _transaction(self) -> Snapshot:
        """A snapshot of a server: as long as somebody reads, it is the same."""
        if self._readers and self._snapshot is not None:
            return self._snapshot
        self._engine = engine = self.engine(self.name, self.memory.most)
        try:
            token = engine.token
            if self._snapshot is not None and self._snapshot.token == token:
                self._snapshot = replace(self._snapshot, engine=engine)  # the same data
            else:
                self._snapshot = _opened(engine, self.load(engine), token)
        except BaseException:
            engine.close()
            raise
        return self._snapshot


def _opened(engine: AnyEngine, raw: Raw, token: Token) -> Snapshot:
    engine.shut(raw.folders)
    raws = {name: raw.tables.get(name) for name in TABLES}
    whole_ids = integer_ids(raws)
    nothing = engine.nothing()
    read = {
        name: absent(name, nothing, whole_ids=whole_ids)
        if table is None
        else canonical(
            name, table, engine.fetch, whole_ids=whole_ids, has_statistics=not raw.copied
        )
        for name, table in raws.items()
    }
    if faults := [fault for one in read.values() for fault in one.faults]:
        raise DataError(faults)
    tables = {name: one.table for name, one in read.items()}
    if raw.copied:
        tables = {
            name: table if raws[name] is None else engine.keep(name, table)
            for name, table in tables.items()
        }
    notes = raw.notes + tuple(note for one in read.values() for note in one.notes)
    rates = ecb_rates() if raws["rates"] is None else _own_rates(tables["rates"], engine)
    return Snapshot(engine, tables, rates, notes, token, raw.in_order, raw.steady, raw.partitions)


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


def _mark(token: Token) -> Path:
    name = hashlib.sha256(repr(token).encode()).hexdigest()
    return platformdirs.user_cache_path("custdyn_widgets") / "checked" / name
