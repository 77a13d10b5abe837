"""What moved of each client, read from the engine the way that costs least (Ibis)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa
from ibis.expr.types.groupby import GroupedTable

from . import measures
from .filters import Fetch, instant_literal
from .ledger import place
from .moved import Moved, joined
from .periods import Bucket

MOST_PASSES = 36
"""Buckets that are read one by one; more of them are cheaper in one pass."""
FEW_ENTRIES = 10
"""Entries of a client in a bucket up to which they are handed over sooner than added up."""
CELLS_AT_ONCE, ENTRIES_AT_ONCE = 1 << 24, 1 << 21
"""Clients × buckets, and entries, that are handed over at once."""


def changes_of(
    ledger: ir.Table,
    fetch: Fetch,
    buckets: Sequence[Bucket],
    clients: pa.ChunkedArray,
    *,
    in_order: bool,
    inside: int | None,
) -> Moved:
    """What moved before the first bucket, and in each.

    Apart, because most of the entries lie before and have few groups: one a client. So has each
    bucket, where the engine need not read the whole ledger for it (`in_order`). Where a client
    has few entries in a bucket, the engine hands them over, and they are added up here: see
    `holders_of` for the rest.
    """
    asked = [*_inside(ledger, buckets, len(clients), in_order=in_order, inside=inside)]
    before = ledger.filter(ledger.occurred_at < instant_literal(buckets[0].start))
    asked.append(Pass(moved(before.group_by("client_id"), before), 0))  # few rows: read last
    *rest, first = (
        one.added_up(Moved.of(rows, clients, one.bucket), len(clients))
        for one, rows in zip(asked, ahead(fetch, [one.rows for one in asked]), strict=True)
    )
    return joined([first, *rest])


@dataclass(frozen=True)
class Pass:
    """What is read at once: changes of one bucket, or of several; or entries, to be added up."""

    rows: ir.Table
    bucket: int | None = None
    entries: bool = False

    def added_up(self, read: Moved, clients: int) -> Moved:
        """The changes, bucket by bucket."""
        if self.entries:
            return read.added_up(clients)
        return read if self.bucket is not None else read.by_bucket()


def _inside(
    ledger: ir.Table,
    buckets: Sequence[Bucket],
    clients: int,
    *,
    in_order: bool,
    inside: int | None,
) -> Iterator[Pass]:
    """How the buckets are read."""
    if in_order and inside is not None and inside <= FEW_ENTRIES * clients * len(buckets):
        for first, last in _stretches(len(buckets), clients, inside):
            yield _entries(ledger, buckets, first, last)
    elif in_order and len(buckets) <= MOST_PASSES:
        for number, bucket in enumerate(buckets, start=1):
            own = _between(ledger, bucket, bucket)
            yield Pass(moved(own.group_by("client_id"), own), number)
    else:
        own = _between(ledger, buckets[0], buckets[-1])
        where = place(own.occurred_at, [one.start for one in buckets[1:]], 1)
        yield Pass(moved(own.group_by("client_id", bucket=where), own))


def moved(groups: GroupedTable, ledger: ir.Table) -> ir.Table:
    """The changes of groups of a ledger's entries."""
    return groups.aggregate(amount=ledger.amount.sum(), paid_at=measures.last_paid(ledger))


def _entries(ledger: ir.Table, buckets: Sequence[Bucket], first: int, last: int) -> Pass:
    """The entries in the buckets from `first` to `last`, as they are."""
    own = _between(ledger, buckets[first], buckets[last])
    columns = {"client_id": own.client_id, "amount": own.amount, "paid_at": measures.paid(own)}
    if first == last:
        return Pass(own.select(**columns), first + 1, entries=True)
    starts = [one.start for one in buckets[first + 1 : last + 1]]
    where = place(own.occurred_at, starts, first + 1)
    return Pass(own.select(**columns, bucket=where), entries=True)


def _stretches(buckets: int, clients: int, inside: int) -> Iterator[tuple[int, int]]:
    """The first and last of buckets that are read together."""
    cells, entries = CELLS_AT_ONCE // (clients + 1), ENTRIES_AT_ONCE * buckets // max(inside, 1)
    width = max(min(cells, entries), 1)
    for first in range(0, buckets, width):
        yield first, min(first + width, buckets) - 1


def _between(ledger: ir.Table, first: Bucket, last: Bucket) -> ir.Table:
    start, end = instant_literal(first.start), instant_literal(last.end)
    return ledger.filter(ledger.occurred_at >= start, ledger.occurred_at < end)


def ahead(fetch: Fetch, asked: Sequence[ir.Table]) -> Iterator[pa.Table]:
    """The answers, in their order; while one is worked on, the engine is at the next."""
    with ThreadPoolExecutor(1, "custdyn-ahead") as thread:
        waiting = thread.submit(fetch, asked[0])
        for following in asked[1:]:
            answer = waiting.result()
            waiting = thread.submit(fetch, following)
            yield answer
        yield waiting.result()
