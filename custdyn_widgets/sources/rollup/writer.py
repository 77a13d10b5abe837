"""Writes and extends a rollup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custdyn_widgets.errors import FieldFault, QueryError, SourceChanged, SourceError
from custdyn_widgets.files import write_atomically
from custdyn_widgets.model.definitions import GRAINS
from custdyn_widgets.model.money import EXACT
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources import Snapshot, Source, open_source, source_text
from custdyn_widgets.sources import expressions as measures
from custdyn_widgets.sources.expressions import instant_literal, slices, within
from custdyn_widgets.sources.place import MANIFEST
from custdyn_widgets.sources.rollup.files import alone, sweep, write
from custdyn_widgets.sources.rollup_manifest import Rollup

BYTES_A_ROW = 500
"""What a row of a rollup takes while it is written."""
MAX_PARTS = 8
"""Parts of the ledger that are left beside each other; more of them become one."""
IDS = ("client_id", "package_id")
"""Sums of amounts have at most 38 digits."""
MICROSECOND = timedelta(microseconds=1)
NARROW = 18
"""Digits of a decimal that is held, and added up, in 8 bytes."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Made:
    """What was made: the rollup, how many entries were read for it, and why."""

    rollup: Rollup
    read: int
    how: str


def make_rollup(
    source: str | Path | Source,
    folder: str | Path,
    *,
    grain: int = GRAINS[0],
    rebuild: bool = False,
    as_of: datetime | None = None,
    progress: Progress = lambda _: None,
) -> Made:
    """Writes the canonical tables of a source to a folder, its ledger folded.

    The ledger becomes client × UTC hour (or 15 minutes: `grain`) × kind × package, by client, as
    Parquet. Where a rollup is there and every entry says when it was recorded, only entries
    recorded since are read, late ones included; else, or `rebuild`, all of them. What is recorded
    at `as_of` (aware; else now) or later is left for the next time. The old rollup is there until
    the new one is whole. A Source has no name that lasts, so its rollup is rebuilt each time.
    Raises QueryError, SourceError, DataError.
    """
    if grain not in GRAINS:
        what = f"is not one of {' and '.join(map(str, GRAINS))} minutes"
        raise QueryError([FieldFault("grain", grain, what)])
    opened, place = open_source(source), Path(folder)
    named = None if isinstance(source, Source) else source_text(source)
    now = as_of or datetime.now(UTC)
    with alone(place, named):
        before = None if rebuild or not (place / MANIFEST).exists() else Rollup.read(place)
        with opened.reading(lambda: progress("opening the source")) as snapshot:
            snapshot.one_by_one()
            writer = _Writer(opened, snapshot, place, grain, named, now, progress)
            made = writer.extended(before) if before is not None else None
            made = made or writer.rebuild("rebuilt" if before else "made")
        # it is said only now that the source has not changed meanwhile
        write_atomically(place / MANIFEST, made.rollup.to_json())
        parts = made.rollup
        if len(parts.ledger) > MAX_PARTS:
            made = replace(made, rollup=_gathered(place, parts, progress))
        sweep(place, made.rollup, parts, before)
    return made


@dataclass(frozen=True)
class _Writer:
    """Writes what is read in one snapshot."""

    source: Source
    snapshot: Snapshot
    place: Path
    grain: int
    named: str | None
    as_of: datetime
    progress: Progress

    @property
    def _known(self) -> ir.Table:
        """The ledger without what is yet to be recorded."""
        ledger = self.snapshot.tables["ledger"]
        recorded = ledger.recorded_at
        return ledger.filter(recorded.isnull() | (recorded < instant_literal(self.as_of)))

    def rebuild(self, how: str) -> Made:
        """Everything."""
        ledger = self._known
        totals = self._totals(ledger)
        files, rows = self.ledger(ledger, totals["entries"])
        rollup = Rollup(
            raw=self.named,
            grain=self.grain,
            until=_after(totals["recorded"]),
            extends=not totals["unsaid"] and self.named is not None,
            newest=_utc(totals["newest"]),
            entries=totals["entries"],
            amount=_text(totals["amount"]),
            rows=rows,
            tables=self._tables(),
            ledger=files,
            notes=self.snapshot.notes,
        )
        return Made(rollup, rollup.entries, how)

    def extended(self, before: Rollup) -> Made | None:
        """What was recorded since; None where that cannot be known, and all must be read."""
        same = (before.raw, before.grain) == (self.named, self.grain)
        there = all((self.place / one).is_file() for one in before.ledger)
        if before.until is None or not (before.extends and same and there):
            return None
        if self.as_of < before.until:
            what = f"as of {self.as_of}: it holds what was recorded before {before.until} already"
            raise SourceError(str(self.place), what, "give a later instant, or --rebuild")
        ledger, mark = self._known, instant_literal(before.until)
        fresh = ledger.filter(ledger.recorded_at.isnull() | (ledger.recorded_at >= mark))
        totals, old = self._totals(fresh), self._totals(ledger.filter(ledger.recorded_at < mark))
        held = pq.read_schema(self.place / before.ledger[0])
        own = ledger.schema().to_pyarrow()
        ids = all(held.field(one).type == own.field(one).type for one in IDS)
        if totals["unsaid"] or not ids or old["entries"] > before.entries:
            return None  # some came with an instant before the mark, or ids are others by now
        if (old["entries"], _text(old["amount"])) != (before.entries, before.amount):
            what = (
                f"entries recorded before {before.until} were changed or taken away: "
                f"{old['entries']} of {before.entries}, sum {_text(old['amount'])}, "
                f"it was {before.amount}"
            )
            raise SourceError(self.source.name, what, "rebuild the rollup with --rebuild")
        files: tuple[str, ...] = ()
        rows = 0
        if totals["newest"] is not None:  # of edits alone there are no entries
            wide = held.field("amount").type.precision > NARROW
            files, rows = self.ledger(fresh, totals["entries"], wide=wide)
            if not held.equals(pq.read_schema(self.place / files[0])):
                return None  # decimals are others by now
        newest = [one for one in (before.newest, _utc(totals["newest"])) if one is not None]
        rollup = replace(
            before,
            until=_after(totals["recorded"]) or before.until,
            newest=max(newest, default=None),
            entries=before.entries + totals["entries"],
            amount=_text(EXACT.add(Decimal(before.amount), totals["amount"] or Decimal())),
            rows=before.rows + rows,
            tables=self._tables(),
            ledger=(*before.ledger, *files),
            notes=self.snapshot.notes,
        )
        return Made(rollup, totals["entries"], "extended")

    def _totals(self, ledger: ir.Table) -> dict[str, Any]:
        asked = ledger.aggregate(
            entries=measures.entries(ledger),
            unsaid=ledger.recorded_at.isnull().sum().fill_null(0),
            recorded=ledger.recorded_at.max(),
            newest=ledger.occurred_at.max(),
            amount=ledger.amount.sum(),
        )
        totals: dict[str, Any] = self.snapshot.fetch(asked).to_pylist()[0]
        return totals

    def _fits(self, ledger: ir.Table) -> bool:
        """Whether no sum of amounts has more than NARROW digits."""
        size = self.snapshot.fetch(ledger.aggregate(size=ledger.amount.abs().sum()))["size"]
        digits = NARROW - size.type.scale
        return size[0].as_py() is None or size[0].as_py() < 10**digits

    def ledger(
        self, ledger: ir.Table, entries: int, *, wide: bool = False
    ) -> tuple[tuple[str, ...], int]:
        """The name of a new part, and its rows; no more of it in memory than fits.

        Amounts have NARROW digits where all of them fit, unless they are to be `wide`.
        """
        tables, fetch = self.snapshot.tables, self.snapshot.fetch
        count = max(-(-entries * BYTES_A_ROW // self.source.memory.share), 1)
        narrow = not wide and self._fits(ledger)
        ranges = slices(tables, fetch, count) if count > 1 else [(None, None)]
        rows = read = 0

        def parts() -> Iterator[pa.Table]:
            nonlocal rows, read
            for number, among in enumerate(ranges, start=1):
                self.progress(f"folding the ledger ({number} of {len(ranges)})")
                part = fetch(measures.rolled_up(within(ledger, among), self.grain))
                rows += part.num_rows
                read += pc.sum(part["entries"]).as_py() or 0
                yield _narrowed(part) if narrow else part

        file = write(self.place, "ledger", parts())
        if read != entries:  # a source without snapshots was written to meanwhile
            raise SourceChanged(self.source.name)
        return (file,), rows

    def _tables(self) -> dict[str, str]:
        """The other tables as they are now; rates only where they are the source's own."""
        tables, fetch = self.snapshot.tables, self.snapshot.fetch
        names = [name for name in TABLES if name != "ledger"]
        if self.snapshot.rates.built_in:
            names.remove("rates")
        return {
            name: write(self.place, name, iter([fetch(tables[name].order_by(*TABLES[name].key))]))
            for name in names
        }


def _gathered(place: Path, rollup: Rollup, progress: Progress) -> Rollup:
    """One part made of all: rows of the same client, stretch, kind and package become one."""
    parts = open_source(place)
    with parts.reading() as snapshot:
        writer = _Writer(
            parts, snapshot, place, rollup.grain, rollup.raw, datetime.now(UTC), progress
        )
        files, rows = writer.ledger(snapshot.tables["ledger"], rollup.entries)
    made = replace(rollup, ledger=files, rows=rows)
    write_atomically(place / MANIFEST, made.to_json())
    parts.close()
    return made


def _text(amount: Decimal | None) -> str:
    return f"{(amount or Decimal()).normalize(EXACT):f}"


def _narrowed(part: pa.Table) -> pa.Table:
    place, amount = part.column_names.index("amount"), part["amount"]
    narrow = amount.cast(pa.decimal128(NARROW, amount.type.scale))
    return part.set_column(place, "amount", narrow)


def _after(instant: object) -> datetime | None:
    at = _utc(instant)
    return None if at is None else at + MICROSECOND


def _utc(instant: object) -> datetime | None:
    return instant.replace(tzinfo=UTC) if isinstance(instant, datetime) else None
