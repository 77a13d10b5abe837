"""Reads clients in slices or partitions where they do not fit into memory at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pyarrow as pa

from custdyn_widgets.extract.balance_changes import ReadStrategy
from custdyn_widgets.extract.clients import as_one_table as in_one_table
from custdyn_widgets.extract.clients import clients_of_partition, read_clients
from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.metrics.by_client import MetricsPlan
from custdyn_widgets.metrics.partials import (
    PartialSums,
    add_partials,
    packed,
    partial_sums,
    unpacked,
)
from custdyn_widgets.sources import Snapshot
from custdyn_widgets.sources.expressions import slices
from custdyn_widgets.sources.memory_budget import Memory

BYTES_A_CHANGE, BYTES_A_FLOW, BYTES_A_CLIENT = 50, 300, 200
"""What a row takes at its peak, from the engine's answer to the core."""
ROWS_A_PARTITION = 1_000_000
KINDS_OF_FLOWS = 4

SlicedReader = Callable[[MetricsPlan, Callable[[], None]], PartialSums]
"""What all clients add to a report, read part by part; the second argument may stop it."""


def sliced_reader(
    snapshot: Snapshot, plan: Plan, extract: Extract, memory: Memory
) -> SlicedReader | None:
    """How the clients are read, where that is not all at once (None).

    An engine of many machines adds them up itself; else they come in as many slices as it takes
    for one to fit its share (see `Memory.share`). What is kept for other questions makes room.
    """
    changes = min(extract.entries - extract.inside, extract.clients)
    changes += min(extract.inside, extract.clients * len(plan.buckets))
    if snapshot.raw.partitions is not None:
        return partial(_by_partition, snapshot, plan, max(changes // ROWS_A_PARTITION, 1))
    flows = min(extract.entries, extract.clients * len(plan.pieces) * KINDS_OF_FLOWS)
    size = BYTES_A_CHANGE * changes + BYTES_A_CLIENT * extract.clients
    size += BYTES_A_FLOW * flows if plan.by_client else 0
    memory.make_room(size)
    count = min(-(-size // memory.share), max(extract.clients, 1))
    if count <= 1:
        return None
    access = ReadStrategy.of(
        *(-(-many // count) for many in (extract.fullest, extract.inside)),
        in_order=snapshot.raw.in_order,
        memory=memory.apart,
    )
    return partial(_by_slice, snapshot, plan, count, access)


def _by_slice(
    snapshot: Snapshot,
    plan: Plan,
    count: int,
    access: ReadStrategy,
    wanted: MetricsPlan,
    checkpoint: Callable[[], None],
) -> PartialSums:
    tables, fetch = snapshot.tables, snapshot.fetch

    def parts() -> Iterator[PartialSums]:
        for among in slices(tables, fetch, count):
            checkpoint()
            held = read_clients(tables, fetch, plan, access, among=among)
            yield partial_sums(held, wanted, checkpoint)

    return add_partials(parts())


def _by_partition(
    snapshot: Snapshot, plan: Plan, count: int, wanted: MetricsPlan, checkpoint: Callable[[], None]
) -> PartialSums:
    checkpoint()
    assert snapshot.raw.partitions is not None  # noqa: S101 the caller looked
    rows = in_one_table(snapshot.tables, plan)
    work = partial(_packed, wanted=wanted)
    return add_partials(map(unpacked, snapshot.raw.partitions(rows, "client_id", count, work)))


def _packed(rows: pa.Table, *, wanted: MetricsPlan) -> bytes:
    """Runs where the data is, over all rows of some clients."""
    return packed(partial_sums(clients_of_partition(rows, by_client=wanted.by_client), wanted))
