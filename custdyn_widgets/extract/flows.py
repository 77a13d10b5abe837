"""The extract of a ledger: clients, flows and counts, queried for a plan (Ibis)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from custdyn_widgets.extract.arrays import Checksum
from custdyn_widgets.extract.clients import ClientData
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.extract.scope import KINDS, package_of, scope
from custdyn_widgets.model.periods import Segment
from custdyn_widgets.sources import expressions as measures
from custdyn_widgets.sources.expressions import (
    Fetch,
    bucket_index,
    instant_literal,
    known_by,
    number_of,
)

NOT_PASSING = -1
"""In the place of a flow's currency: entries of clients that the filters leave out."""


@dataclass(frozen=True)
class Extract:
    """What a report is made of, as Arrow tables with exact decimals.

    `flows` of the period: `segment` (position), `kind` (position in KINDS), `package_id`,
    `currency` (position in `currencies`, or NOT_PASSING), `amount`, `entries`, `opposite`
    (entries of the unusual sign) and `first_at`. `entries` counts the ledger's entries before the
    period's end, `inside` those that are in the period, `fullest` about how many of these lie in
    the fullest bucket; `newest` is the last entry's instant; `later_…` count what `as_of` cut off,
    `next_event` (microseconds since 1970) is the first instant of these: up to it, and with it,
    another `as_of` makes no difference (None: never).
    `client_data` has all clients where they fit into memory at once; else `checksum` is theirs.
    """

    flows: pa.Table
    currencies: tuple[str, ...]
    clients: int
    entries: int
    inside: int
    fullest: int
    newest: datetime | None
    later_entries: int
    later_clients: int
    later_closings: int
    next_event: int | None = None
    client_data: ClientData | None = None
    checksum: Checksum | None = None

    @property
    def scale(self) -> int:
        """The decimals of the ledger's amounts."""
        scale: int = self.flows["amount"].type.scale
        return scale


def read_extract(tables: Mapping[str, ir.Table], fetch: Fetch, plan: Plan) -> Extract:
    """What a report needs from the engine, but for the clients one by one.

    `tables` are the canonical tables of a source, `fetch` runs an expression there.
    """
    as_of = plan.as_of
    ledger, known, clients, met = scope(tables, plan.filters, end=plan.end, as_of=as_of)
    counted = clients.group_by("currency").agg(clients=clients.count()).order_by("currency")
    held = fetch(counted).to_pydict()
    currencies = tuple(held["currency"])
    read = fetch(known.aggregate(entries=measures.entries(known), newest=measures.last(known)))
    start = instant_literal(plan.buckets[0].start)
    inside = _count(known.filter(known.occurred_at >= start), fetch)  # apart: statistics tell more
    flows = fetch(_flows(known, clients, met, currencies, plan.cuts))
    entries, entered = _later_entries(ledger, fetch, as_of)
    created = _later(tables["clients"], fetch, "created_at", as_of)
    closed = _later(clients, fetch, "closed_at", as_of)
    return Extract(
        flows=flows,
        currencies=currencies,
        clients=sum(held["clients"]),
        entries=read["entries"][0].as_py(),
        inside=inside,
        fullest=_fullest(flows, plan.cuts, inside),
        newest=read["newest"][0].as_py(),
        later_entries=entries,
        later_clients=created[0],
        later_closings=closed[0],
        next_event=_first((*entered, created[1], closed[1])),
    )


def unknown_clients(
    tables: Mapping[str, ir.Table], fetch: Fetch, *, end: datetime, as_of: datetime
) -> tuple[int, Decimal]:
    """Entries of clients that are not in `clients`, and the sum of their amounts."""
    ledger, clients = tables["ledger"], tables["clients"]
    clients = clients.filter(clients.created_at < instant_literal(as_of))
    known = ledger.filter(ledger.occurred_at < instant_literal(end), known_by(ledger, as_of))
    foreign = known.anti_join(clients, "client_id")
    row = fetch(foreign.aggregate(entries=measures.entries(foreign), amount=foreign.amount.sum()))
    found = row.to_pylist()[0]
    return found["entries"], found["amount"] or Decimal(0)


def client_currencies(tables: Mapping[str, ir.Table], fetch: Fetch) -> list[str]:
    """Every currency that a client has, by name."""
    found = fetch(tables["clients"].select("currency").distinct())
    return sorted(found["currency"].to_pylist())


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
    return joined.group_by(
        segment=bucket_index(joined.occurred_at, [one.start for one in segments[1:]], 0),
        kind=number_of(joined.kind, KINDS),
        package_id=package_of(joined),
        currency=joined.currency,
    ).agg(
        amount=joined.amount.sum(),
        entries=measures.entries(joined),
        opposite=measures.opposite(joined),
        first_at=measures.first(joined),
    )


def _fullest(flows: pa.Table, segments: Sequence[Segment], inside: int) -> int:
    """The most entries in a bucket, of known clients; those of others may all lie in it."""
    bucket = np.array([one.bucket for one in segments])[flows["segment"].to_numpy()]
    known = np.bincount(bucket, weights=flows["entries"].to_numpy(), minlength=1)
    return int(known.max() + max(inside - known.sum(), 0))


def _later_entries(ledger: ir.Table, fetch: Fetch, as_of: datetime) -> tuple[int, list[int | None]]:
    """How many entries occurred or were recorded at or after `as_of`, and when they begin to count.

    Two questions, because the statistics of a file answer the first without a pass.
    """
    occurred = ledger.filter(ledger.occurred_at >= instant_literal(as_of))
    recorded = ledger.filter(
        ledger.occurred_at < instant_literal(as_of), ledger.recorded_at >= instant_literal(as_of)
    )
    both = ibis.greatest(occurred.occurred_at, occurred.recorded_at.fill_null(occurred.occurred_at))
    found = [
        _counted(rows, instant, fetch)
        for rows, instant in ((occurred, both), (recorded, recorded.recorded_at))
    ]
    return sum(count for count, _ in found), [first for _, first in found]


def _later(table: ir.Table, fetch: Fetch, name: str, as_of: datetime) -> tuple[int, int | None]:
    """How many rows have an instant at or after `as_of`, and the first of these."""
    rows = table.filter(table[name] >= instant_literal(as_of))
    return _counted(rows, rows[name], fetch)


def _counted(rows: ir.Table, instant: ir.Value, fetch: Fetch) -> tuple[int, int | None]:
    found = fetch(rows.aggregate(rows=measures.entries(rows), first=instant.min()))
    first = found["first"].cast(pa.timestamp("us")).cast(pa.int64())  # it may lie beyond Python's
    return int(found["rows"][0].as_py()), first[0].as_py()


def _first(instants: Iterable[int | None]) -> int | None:
    return min((one for one in instants if one is not None), default=None)


def _count(table: ir.Table, fetch: Fetch) -> int:
    return int(fetch(table.aggregate(rows=measures.entries(table)))["rows"][0].as_py())
