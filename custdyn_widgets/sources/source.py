"""A source: the five tables, canonical and checked, one snapshot per report."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from custdyn_widgets.errors import DataError, Interrupted, SourceChanged, SourceError
from custdyn_widgets.model.cells import Value
from custdyn_widgets.model.schema import PAYG, TABLES
from custdyn_widgets.sources.any_engine import AnyEngine
from custdyn_widgets.sources.catalog import Directory, directory_of
from custdyn_widgets.sources.contents import words_of
from custdyn_widgets.sources.data_warnings import direction_words, notes_of
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.memory_budget import Memory
from custdyn_widgets.sources.normalize import repeated
from custdyn_widgets.sources.quality import (
    UNKNOWN,
    Checked,
    Finding,
    directions,
    findings,
    lines,
)
from custdyn_widgets.sources.snapshot import Raw, Snapshot, Token, opened
from custdyn_widgets.sources.table_cache import cache_folder
from custdyn_widgets.words import language


@dataclass
class Source:
    """A source of the five tables: `open_source` makes it, reports read it.

    `load` opens it in an `engine`, `watch` gives its token: size, time and inode of its files,
    or nothing for data in memory, which does not change. `held`: what was opened is kept until the
    token changes; else (a server) each reader has a transaction of its own, whose engine says the
    token. `place` is what it is opened by in another process (None: it lives only in this one),
    which is what is pickled of it. `still`: whether the files that a token is of are what they
    were (None: where it is the token of now). `caches`: what is slow to read is kept for other
    processes. `memory` bounds what readers take, and what they keep for their next question.
    """

    name: str
    load: Callable[[Any], Raw]
    watch: Callable[[], Token] = tuple
    engine: Callable[[str, int], AnyEngine] = Engine
    held: bool = True
    place: str | None = None
    still: Callable[[Token], bool] | None = None
    caches: bool = True
    memory: Memory = field(default_factory=Memory, repr=False)
    _snapshot: Snapshot | None = None
    _engine: AnyEngine | None = None
    _readers: int = 0
    _reader: int | None = None
    _directory: tuple[Token, Directory] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _checked: tuple[Token, tuple[Finding, ...]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return reopened, (self.name, self.place)

    @contextmanager
    def reading(self, begin: Callable[[], None] = lambda: None) -> Iterator[Snapshot]:
        """A snapshot to read from; opened again when the files have changed since.

        One reader at a time: `begin` is called when it is this one's turn, before anything is
        read. Raises DataError where the data breaks the rules, SourceChanged where the files
        changed while they were read, and what `begin` raises.
        """
        with self._turn():
            begin()
            snapshot = self._current()
            self._readers += 1
            try:
                yield snapshot
            except SourceError:
                if self._changed(snapshot):  # a file has gone meanwhile
                    raise SourceChanged(self.name) from None
                raise
            finally:
                self._readers -= 1
                if not self.held and not self._readers and self._engine is not None:
                    self._engine.close()
                changed = self._changed(snapshot)
                if changed:  # what was read may be of either
                    self.memory.clear()
            if changed:
                raise SourceChanged(self.name)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One reader at a time, which `interrupt` can name."""
        with self._lock:
            before, self._reader = self._reader, threading.get_ident()
            try:
                yield
            except KeyboardInterrupt:
                raise Interrupted from None
            finally:
                self._reader = before

    def directory(self) -> Directory:
        """The values that filters and currency can be given; read once for the same data."""
        with self.reading() as snapshot:
            if self._directory is None or self._directory[0] != snapshot.token:
                found = directory_of(snapshot.tables, snapshot.fetch, snapshot.rates)
                if snapshot.raw.partitions is None:
                    contents, warnings = snapshot.contents(), snapshot.warnings()
                    facts = (*words_of(contents, snapshot.rates), *snapshot.raw.facts)
                    found = replace(found, contents=contents, facts=facts, warnings=warnings)
                self._directory = (snapshot.token, found)
            return self._directory[1]

    def interrupt(self, reader: int | None = None) -> None:
        """Stops what is being read, from another thread: the reader gets Cancelled.

        `reader`: only where that thread is the one that reads, by its identifier.
        """
        engine = self._engine
        if engine is not None and reader in (None, self._reader):
            engine.interrupt()

    def doing(self, words: str) -> tuple[str, float | None]:
        """What is being done, and how much of it: 0 to 1, None where that is not known.

        `words`, or the file that has to be read before, with its bytes.
        """
        engine = self._engine
        if engine is None:
            return words, None
        share = engine.done
        return words if engine.file is None else engine.file.words(share or 0), share

    def close(self) -> None:
        """Frees the memory; the next report opens the source again."""
        with self._lock:
            engine, self._engine, self._snapshot = self._engine, None, None
            self.memory.clear()
            if engine is not None:
                engine.close()

    def check(self) -> Checked:
        """What is in it, every data error, warnings and notes; the ledger is read several times."""
        try:
            with self.reading() as snapshot:
                snapshot.one_by_one()
                contents, warnings = snapshot.contents(), [*snapshot.warnings()]
                try:
                    data = snapshot.data
                    faults = repeated(TABLES["ledger"], data.tables["ledger"], snapshot.fetch)
                except DataError as error:  # of a column that no report reads
                    return Checked(
                        contents,
                        snapshot.rates,
                        error.faults,
                        (*warnings,),
                        more=snapshot.raw.facts,
                    )
                ledger = data.tables["ledger"]
                payg = ledger.filter(ledger.kind == PAYG)
                warnings += direction_words(directions(payg, data.fetch))
                found = findings(data)
                if not faults:
                    self._checked = (snapshot.token, found)
                    if mark := _mark(snapshot.token):
                        said = json.dumps([astuple(one) for one in found])
                        with suppress(OSError):  # it is checked again
                            mark.write_text(said)
                warnings += [one.words for one in found if one.key == UNKNOWN]
                notes = [one.words for one in found if one.key != UNKNOWN]
                notes = [*snapshot.notes, *notes_of(contents, datetime.now(UTC)), *notes]
                return Checked(
                    contents,
                    snapshot.rates,
                    (*faults,),
                    (*warnings,),
                    (*notes,),
                    snapshot.raw.facts,
                )
        except DataError as error:
            return Checked(faults=error.faults)

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
        mark = _mark(token)
        if mark is None or not mark.exists():
            return None
        try:
            stored = json.loads(mark.read_text() or "[]")
            found = tuple(Finding(str(key), int(count), str(words)) for key, count, words in stored)
        except (OSError, ValueError, TypeError):  # not ours, or half of it: it is checked again
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
            snapshot.one_by_one()
            return list(lines(snapshot.data, key, first, count))

    def _changed(self, snapshot: Snapshot) -> bool:
        """Whether what was read may be of two moments."""
        if not self.held:
            return False
        if self.still is not None:
            return not self.still(snapshot.token)
        return self._now() != snapshot.token

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
        self._engine = self.engine(self.name, self.memory.share)
        self._engine.caches = self.caches
        try:
            self._snapshot = opened(self._engine, self.load(self._engine), token)
        except BaseException:
            self.close()
            raise
        return self._snapshot

    def _transaction(self) -> Snapshot:
        """A snapshot of a server: as long as somebody reads, it is the same."""
        if self._readers and self._snapshot is not None:
            return self._snapshot
        self._engine = engine = self.engine(self.name, self.memory.share)
        try:
            token = engine.token
            if self._snapshot is not None and self._snapshot.token == token:
                self._snapshot = replace(self._snapshot, engine=engine)  # the same data
            else:
                self._snapshot = opened(engine, self.load(engine), token)
        except BaseException:
            engine.close()
            raise
        return self._snapshot


def reopened(name: str, place: str | None) -> Source:
    """The source of a result that was pickled: it is read when something is asked of it."""
    if place is not None:
        from custdyn_widgets.sources import open_source

        return open_source(place)

    def gone(_engine: object) -> Raw:
        what = "its data was in memory, which a copy does not have"
        raise SourceError(name, what, "run the query again on the data")

    return Source(name, gone)


def _mark(token: Token) -> Path | None:
    """Where it is kept that data was checked; None where nothing can be."""
    try:
        folder = cache_folder("checked")
    except OSError:
        return None
    text = repr((token, language()))  # what was found is kept in words
    return folder / hashlib.sha256(text.encode()).hexdigest() if token else None
