"""Queries balance changes per client and bucket, by the cheapest strategy (Ibis)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa
from ibis.expr.types.groupby import GroupedTable

from custdyn_widgets.extract.change_table import ChangeTable, ChangeTableBuilder
from custdyn_widgets.model.periods import Bucket
from custdyn_widgets.sources import expressions as measures
from custdyn_widgets.sources.expressions import Fetch, bucket_index, instant_literal

MAX_PASSES = 36
"""Buckets that the engine adds up one by one; more of them are cheaper in one pass."""
FEW_ENTRIES = 10
"""Entries of a client in a bucket up to which they are handed over sooner than added up."""
MAX_DIGITS = 18
"""Of an amount: wider ones, whose sums may have more than 38, are added up by the engine."""
ENTRIES_AT_ONCE = 1 << 21
BYTES_AN_ENTRY = 200
"""What an entry takes at its peak, where it is handed over, with those that wait behind it."""


@dataclass(frozen=True)
class ReadStrategy:
    """How the changes may be read, by what is known of the ledger.

    `in_order`: the engine finds the entries of a time without reading the others. `fullest`:
    about how many entries lie in the fullest bucket (None: unknown), `inside` in all of them.
    `at_once`: how many of them may be handed over together.
    """

    in_order: bool = False
    fullest: int | None = None
    at_once: int = ENTRIES_AT_ONCE
    inside: int = 0

    @classmethod
    def of(cls, fullest: int, inside: int, *, in_order: bool, memory: int) -> ReadStrategy:
        """With that many bytes for the entries that are fetched raw."""
        return cls(in_order, fullest, min(memory // BYTES_AN_ENTRY, ENTRIES_AT_ONCE), inside)

    def fetch_raw(self, ledger: ir.Table, clients: int) -> bool:
        """Whether entries come as they are, to be added up here."""
        if not self.in_order or self.fullest is None:
            return False
        narrow = ledger.amount.type().precision <= MAX_DIGITS
        return narrow and self.fullest <= min(FEW_ENTRIES * clients, self.at_once)

    def stretches(self, buckets: int) -> Iterator[tuple[int, int]]:
        """The first and last of buckets that are handed over together."""
        width = max(self.at_once // max(self.fullest or 0, 1), 1)
        for first in range(0, buckets, width):
            yield first, min(first + width, buckets) - 1


@dataclass(frozen=True)
class EngineQuery:
    """What is read at once: changes of one bucket, or of several; or entries, to be added up."""

    rows: ir.Table
    bucket: int | None = None
    entries: bool = False

    def changes(self, rows: pa.Table, clients: pa.ChunkedArray) -> ChangeTable:
        """The changes, of what was read."""
        read = ChangeTable.of(rows, clients, self.bucket)
        return read.added_up(len(clients)) if self.entries else read


def changes_of(
    ledger: ir.Table,
    fetch: Fetch,
    buckets: Sequence[Bucket],
    clients: pa.ChunkedArray,
    access: ReadStrategy,
) -> ChangeTable:
    """What moved before the first bucket, and in each; `clients` are their ids.

    Apart, because most of the entries lie before and have few groups: one a client. So has each
    bucket, where the engine need not read the whole ledger for it. Where a client has few entries
    in a bucket, the engine hands them over, and they are added up here: while it is at the next.
    """
    before = ledger.filter(ledger.occurred_at < instant_literal(buckets[0].start))
    own = EngineQuery(changes(before.group_by("client_id"), before), 0)
    few = access.fetch_raw(ledger, len(clients))
    made = ChangeTableBuilder(
        len(clients), access.inside if few else 0
    )  # added up, rows are far fewer
    with ThreadPoolExecutor(1, "custdyn-changes") as thread:
        waits: Future[None] | None = None
        for one in _inside(ledger, buckets, access, few=few):
            rows = fetch(one.rows)  # here, where a keyboard's interrupt arrives
            if waits is not None:
                waits.result()  # no more than one waits
            waits = thread.submit(_gather, made, one, rows, clients)
        rows = fetch(own.rows)
    if waits is not None:
        waits.result()
    return made.whole(own.changes(rows, clients))


def _gather(
    made: ChangeTableBuilder, one: EngineQuery, rows: pa.Table, clients: pa.ChunkedArray
) -> None:
    made.add(one.changes(rows, clients))


def changes(groups: GroupedTable, ledger: ir.Table) -> ir.Table:
    """What moved of groups of a ledger's entries."""
    return groups.aggregate(amount=ledger.amount.sum(), paid_at=measures.last_paid(ledger))


def _inside(
    ledger: ir.Table, buckets: Sequence[Bucket], access: ReadStrategy, *, few: bool
) -> Iterator[EngineQuery]:
    """How the buckets are read, where clients have `few` entries in each, or not."""
    if few:
        for first, last in access.stretches(len(buckets)):
            yield _entries(ledger, buckets, first, last)
    elif access.in_order and len(buckets) <= MAX_PASSES:
        for number, bucket in enumerate(buckets, start=1):
            own = _between(ledger, bucket, bucket)
            yield EngineQuery(changes(own.group_by("client_id"), own), number)
    else:
        own = _between(ledger, buckets[0], buckets[-1])
        where = bucket_index(own.occurred_at, [one.start for one in buckets[1:]], 1)
        yield EngineQuery(changes(own.group_by("client_id", bucket=where), own))


def _entries(ledger: ir.Table, buckets: Sequence[Bucket], first: int, last: int) -> EngineQuery:
    """The entries in the buckets from `first` to `last`, as they are."""
    own = _between(ledger, buckets[first], buckets[last])
    amount, summed = own.amount, own.amount.sum().type()
    if amount.type().scale != summed.scale:  # an engine's sum may have more decimals
        amount = amount.cast(summed)
    columns = {"client_id": own.client_id, "amount": amount, "paid_at": measures.paid(own)}
    if first == last:
        return EngineQuery(own.select(**columns), first + 1, entries=True)
    starts = [one.start for one in buckets[first + 1 : last + 1]]
    where = bucket_index(own.occurred_at, starts, first + 1)
    return EngineQuery(own.select(**columns, bucket=where), entries=True)


def _between(ledger: ir.Table, first: Bucket, last: Bucket) -> ir.Table:
    start, end = instant_literal(first.start), instant_literal(last.end)
    return ledger.filter(ledger.occurred_at >= start, ledger.occurred_at < end)
