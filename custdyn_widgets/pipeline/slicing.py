"""Clients that are too many to be held at once: read in slices, or added up where the data is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa

from custdyn_widgets.extract.balance_changes import Access
from custdyn_widgets.extract.clients import holders_from, holders_of
from custdyn_widgets.extract.clients import together as in_one_table
from custdyn_widgets.extract.flows import Reduced
from custdyn_widgets.extract.plan import Shape
from custdyn_widgets.metrics.partials import Part, Wanted, packed, part_of, together, unpacked
from custdyn_widgets.sources import Snapshot
from custdyn_widgets.sources.expressions import slices
from custdyn_widgets.sources.memory_budget import Memory

BYTES_A_CHANGE, BYTES_A_FLOW, BYTES_A_CLIENT = 50, 300, 200
"""What a row takes at its peak, from the engine's answer to the core."""
ROWS_A_PARTITION = 1_000_000
KINDS_OF_FLOWS = 4

Spread = Callable[[Wanted, Callable[[], None]], Part]
"""What all clients add to a report, read part by part; the second argument may stop it."""


def spread_of(snapshot: Snapshot, shape: Shape, reduced: Reduced, memory: Memory) -> Spread | None:
    """How the clients are read, where that is not all at once (None).

    An engine of many machines adds them up itself; else they come in as many slices as it takes
    for one to fit the memory. What is kept for other questions makes room.
    """
    changes = min(reduced.entries - reduced.inside, reduced.clients)
    changes += min(reduced.inside, reduced.clients * len(shape.buckets))
    if snapshot.partitions is not None:
        return partial(_by_partition, snapshot, shape, max(changes // ROWS_A_PARTITION, 1))
    flows = min(reduced.entries, reduced.clients * len(shape.pieces) * KINDS_OF_FLOWS)
    size = BYTES_A_CHANGE * changes + BYTES_A_CLIENT * reduced.clients
    size += BYTES_A_FLOW * flows if shape.by_client else 0
    memory.make_room(size)
    count = min(-(-size // memory.share), max(reduced.clients, 1))
    if count <= 1:
        return None
    access = Access.of(
        *(-(-many // count) for many in (reduced.fullest, reduced.inside)),
        in_order=snapshot.in_order,
        memory=memory.apart,
    )
    return partial(_by_slice, snapshot, shape, count, access)


def _by_slice(
    snapshot: Snapshot,
    shape: Shape,
    count: int,
    access: Access,
    wanted: Wanted,
    between: Callable[[], None],
) -> Part:
    tables, fetch = snapshot.tables, snapshot.fetch

    def parts() -> Iterator[Part]:
        for among in slices(tables, fetch, count):
            between()
            held = holders_of(tables, fetch, shape, access, among=among)
            yield part_of(held, wanted, between)

    return together(parts())


def _by_partition(
    snapshot: Snapshot, shape: Shape, count: int, wanted: Wanted, between: Callable[[], None]
) -> Part:
    between()
    assert snapshot.partitions is not None  # noqa: S101 the caller looked
    rows = in_one_table(snapshot.tables, shape)
    work = partial(_packed, wanted=wanted)
    return together(map(unpacked, snapshot.partitions(rows, "client_id", count, work)))


def _packed(rows: pa.Table, *, wanted: Wanted) -> bytes:
    """Runs where the data is, over all rows of some clients."""
    return packed(part_of(holders_from(rows, by_client=wanted.by_client), wanted))
