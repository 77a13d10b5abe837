"""What the engine does: filter clients, bucket entries, exact sums and counts (Ibis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types.groupby import GroupedTable

from .filters import Fetch, Filters, instant_literal
from .ledger import (
    KINDS,
    client_flows,
    known_by,
    number_of,
    package_of,
    paid_use,
    place,
    scope,
)
from .moved import Moved, joined
from .periods import Bucket, Segment
from .tables import PACKAGE_KINDS, PAYG

MOST_PASSES = 36
"""Buckets that are read one by one; more of them are cheaper in one pass."""
NOT_PASSING = -1
"""In the place of a flow's currency: entries of clients that the filters leave out."""


@dataclass(frozen=True)
class Reduced:
    """What a report is made of, as Arrow tables with exact decimals.

    `clients`: `client_id`, `currency`, `created_at`, `closed_at` and `passes` (the filters) of
    every client. `changes` are of every client in the ledger (or, if not `complete`, of passing
    ones only), numbered as in `clients`.
    `flows` of the period: `segment` (position), `kind` (position in KINDS), `package_id`,
    `currency` (position in `currencies`, or NOT_PASSING), `amount`, `entries`, `opposite`
    (entries of the unusual sign) and `first_at`. `entries` counts the ledger's entries before the
    period's end, `newest` is the last one's instant; `later_…` count what `as_of` cut off.
    `client_flows` are flows client by client, where they were asked for: see `flows_by_client`.
    """

    clients: pa.Table
    changes: Moved
    complete: bool
    flows: pa.Table
    currencies: tuple[str, ...]
    entries: int
    newest: datetime | None
    later_entries: int
    later_clients: int
    later_closings: int
    client_flows: pa.Table | None = None


def reduce(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    filters: Filters,
    *,
    buckets: Sequence[Bucket],
    segments: Sequence[Segment],
    as_of: datetime,
    in_order: bool = False,
    by_client: Sequence[Segment] | None = None,
) -> Reduced:
    """Everything a report needs from the engine; the flows of each client `by_client`, if given.

    `in_order`: the engine finds the entries of a time without reading the others.

    `tables` are the canonical tables of a source, `fetch` runs an expression there. `buckets`
    (at least one) and `segments` give all edges, in UTC; entries and clients from `as_of`
    (aware) on do not count.
    """
    end = buckets[-1].end
    ledger, known, clients, met = scope(tables, filters, end=end, as_of=as_of)
    closed = clients.closed_at
    listed = fetch(
        clients.select(
            "client_id",
            "currency",
            "created_at",
            closed_at=ibis.ifelse(
                closed < instant_literal(as_of), closed, ibis.null(closed.type())
            ),
            passes=ibis.and_(*met).fill_null(False),
        )
    )
    few = (pc.sum(listed["passes"]).as_py() or 0) * 2 < listed.num_rows
    passing = clients.filter(*met)
    counted = known.filter(known.client_id.isin(passing.client_id)) if few else known
    currencies = tuple(sorted(pc.unique(listed["currency"]).to_pylist()))
    read = fetch(known.aggregate(entries=known.count(), newest=known.occurred_at.max()))
    return Reduced(
        clients=listed,
        changes=_changes(counted, fetch, buckets, listed["client_id"], in_order=in_order),
        complete=not few,
        flows=fetch(_flows(known, clients, met, currencies, segments)),
        currencies=currencies,
        entries=read["entries"][0].as_py(),
        newest=read["newest"][0].as_py(),
        later_entries=_later_entries(ledger, fetch, as_of),
        later_clients=_later_clients(tables, fetch, as_of),
        later_closings=_count(clients.filter(clients.closed_at >= instant_literal(as_of)), fetch),
        client_flows=fetch(client_flows(known, passing, by_client, end)) if by_client else None,
    )


def strangers(
    tables: Mapping[str, ir.Table], fetch: Fetch, *, end: datetime, as_of: datetime
) -> tuple[int, Decimal]:
    """Entries of clients that are not in `clients`, and the sum of their amounts."""
    ledger, clients = tables["ledger"], tables["clients"]
    clients = clients.filter(clients.created_at < instant_literal(as_of))
    known = ledger.filter(ledger.occurred_at < instant_literal(end), known_by(ledger, as_of))
    foreign = known.anti_join(clients, "client_id")
    row = fetch(foreign.aggregate(entries=foreign.count(), amount=foreign.amount.sum()))
    found = row.to_pylist()[0]
    return found["entries"], found["amount"] or Decimal(0)


def client_currencies(tables: Mapping[str, ir.Table], fetch: Fetch) -> list[str]:
    """Every currency that a client has, by name."""
    found = fetch(tables["clients"].select("currency").distinct())
    return sorted(found["currency"].to_pylist())


def _changes(
    ledger: ir.Table,
    fetch: Fetch,
    buckets: Sequence[Bucket],
    clients: pa.ChunkedArray,
    *,
    in_order: bool,
) -> Moved:
    """What moved before the period, and in each bucket.

    Apart, because most of the entries lie before and have few groups: one a client. So has each
    bucket, where the engine need not read the whole ledger for it.
    """
    start = instant_literal(buckets[0].start)
    before = ledger.filter(ledger.occurred_at < start)
    parts: list[tuple[int | None, GroupedTable, ir.Table]]
    parts = [(0, before.group_by("client_id"), before)]
    if in_order and len(buckets) <= MOST_PASSES:
        for number, bucket in enumerate(buckets, start=1):
            own = ledger.filter(
                ledger.occurred_at >= instant_literal(bucket.start),
                ledger.occurred_at < instant_literal(bucket.end),
            )
            parts.append((number, own.group_by("client_id"), own))
    else:
        inside = ledger.filter(ledger.occurred_at >= start)
        where = place(inside.occurred_at, [one.start for one in buckets[1:]], 1)
        parts.append((None, inside.group_by("client_id", bucket=where), inside))
    moved = joined(
        Moved.of(
            fetch(
                groups.aggregate(
                    amount=own.amount.sum(), paid_at=own.occurred_at.max(where=paid_use(own))
                )
            ),
            clients,
            number,
        )
        for number, groups, own in parts
    )
    return moved if len(buckets) <= MOST_PASSES else moved.gathered()


def _flows(
    ledger: ir.Table,
    clients: ir.Table,
    met: Sequence[ir.BooleanValue],
    currencies: Sequence[str],
    segments: Sequence[Segment],
) -> ir.Table:
    number = number_of(clients.currency, currencies)
    labelled = clients.select(
        holder=clients.client_id,
        currency=ibis.ifelse(ibis.and_(*met), number, NOT_PASSING),
    )
    inside = ledger.filter(ledger.occurred_at >= instant_literal(segments[0].start))
    joined = inside.join(labelled, inside.client_id == labelled.holder)
    kind = number_of(joined.kind, KINDS)
    of_package = joined.kind.isin(PACKAGE_KINDS)
    unusual = ibis.ifelse(of_package, joined.amount > 0, joined.amount < 0)
    return joined.group_by(
        segment=place(joined.occurred_at, [one.start for one in segments[1:]], 0),
        kind=kind,
        package_id=package_of(joined),
        currency=joined.currency,
    ).agg(
        amount=joined.amount.sum(),
        entries=joined.count(),
        opposite=(unusual & (joined.kind != PAYG)).sum(),
        first_at=joined.occurred_at.min(),
    )


def _later_clients(tables: Mapping[str, ir.Table], fetch: Fetch, as_of: datetime) -> int:
    clients = tables["clients"]
    return _count(clients.filter(clients.created_at >= instant_literal(as_of)), fetch)


def _later_entries(ledger: ir.Table, fetch: Fetch, as_of: datetime) -> int:
    # two questions, because the statistics of a file answer the first without a pass
    occurred = ledger.filter(ledger.occurred_at >= instant_literal(as_of))
    recorded = ledger.filter(
        ledger.occurred_at < instant_literal(as_of), ledger.recorded_at >= instant_literal(as_of)
    )
    return _count(occurred, fetch) + _count(recorded, fetch)


def _count(table: ir.Table, fetch: Fetch) -> int:
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())
