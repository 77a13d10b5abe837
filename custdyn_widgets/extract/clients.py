"""Queries the clients and their balance changes: all, or one slice (Ibis)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from custdyn_widgets.extract.arrays import Ints
from custdyn_widgets.extract.balance_changes import ReadStrategy, changes, changes_of
from custdyn_widgets.extract.change_table import ChangeTable
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.extract.scope import client_flows, scope
from custdyn_widgets.sources.expressions import (
    Fetch,
    Slice,
    Tables,
    bucket_index,
    instant_literal,
    within,
)


@dataclass(frozen=True)
class ClientData:
    """Clients, and what moved of each.

    `clients`: `client_id`, `currency`, `created_at`, `closed_at` and `passes` (the filters) of
    every client. `moved` are changes of every client in the ledger (or, if not `complete`, of
    passing ones only), numbered as in `clients`; `coarser` says which bucket each of their buckets
    is by now, where that is another. `flows` are those of each client that passes, where they
    were asked for: see `scope.flows_by_client`.
    """

    clients: pa.Table
    moved: ChangeTable
    complete: bool
    flows: pa.Table | None = None
    coarser: Ints | None = None

    @cached_property
    def changes(self) -> ChangeTable:
        """What moved of each client in each bucket."""
        if self.coarser is None:
            return self.moved
        return self.moved.merged(self.coarser, self.clients.num_rows)

    @cached_property
    def has_unknown_clients(self) -> bool:
        """Whether the ledger may name clients that are unknown."""
        return not self.complete or bool((self.moved.client < 0).any())

    @property
    def nbytes(self) -> int:
        """About how many bytes they, and what is made of them, take."""
        tables = sum(int(one.nbytes) for one in (self.clients, self.flows) if one is not None)
        return 3 * tables + 2 * self.moved.nbytes


def read_clients(
    tables: Tables,
    fetch: Fetch,
    plan: Plan,
    access: ReadStrategy,
    *,
    among: Slice = (None, None),
) -> ClientData:
    """Reads the clients, or those of a slice.

    `tables` are the canonical tables of a source, `fetch` runs an expression there.
    """
    asked = _Expressions.of(tables, plan, among)
    clients = fetch(asked.listed)
    few = (pc.sum(clients["passes"]).as_py() or 0) * 2 < clients.num_rows
    counted = asked.own if few else asked.known
    moved = changes_of(counted, fetch, plan.buckets, clients["client_id"], access)
    flows = None if asked.flows is None else fetch(asked.flows)
    return ClientData(clients, moved, complete=not few, flows=flows)


def as_one_table(tables: Tables, plan: Plan) -> ir.Table:
    """Clients, changes and flows as one table: for engines that hand it over by partitions.

    `part` says which a row is of: see PARTS and `clients_of_partition`.
    """
    asked = _Expressions.of(tables, plan, (None, None))
    where = bucket_index(asked.known.occurred_at, [one.start for one in plan.buckets], 0)
    grouped = asked.known.group_by("client_id", bucket=where)
    listed = {CLIENTS: asked.listed, CHANGES: changes(grouped, asked.known)}
    if asked.flows is not None:
        listed[FLOWS] = asked.flows
    kinds = {name: kind for one in listed.values() for name, kind in one.schema().items()}

    def filled(one: ir.Table, part: int) -> ir.Table:
        columns = {
            name: one[name].cast(kind) if name in one.columns else ibis.null(kind)
            for name, kind in kinds.items()
        }
        return one.select(part=ibis.literal(part, type="int8"), **columns)

    return ibis.union(*(filled(one, part) for part, one in listed.items()))


CLIENTS, CHANGES, FLOWS = 0, 1, 2
PARTS = {
    CLIENTS: ("client_id", "currency", "created_at", "closed_at", "passes"),
    CHANGES: ("client_id", "bucket", "amount", "paid_at"),
    FLOWS: ("client_id", "segment", "kind", "package_id", "amount", "entries"),
}


def clients_of_partition(rows: pa.Table, *, by_client: bool) -> ClientData:
    """Some partition of what `together` gives, all rows of a client or none."""

    def of(part: int) -> pa.Table:
        return rows.filter(pc.equal(rows["part"], part)).select(list(PARTS[part]))

    clients = of(CLIENTS)
    moved = ChangeTable.of(of(CHANGES), clients["client_id"])
    return ClientData(clients, moved, complete=True, flows=of(FLOWS) if by_client else None)


@dataclass(frozen=True)
class _Expressions:
    """The questions for a slice of the clients: `known` are all its entries that count."""

    listed: ir.Table
    known: ir.Table
    own: ir.Table
    flows: ir.Table | None

    @classmethod
    def of(cls, tables: Tables, plan: Plan, among: Slice) -> _Expressions:
        until = plan.until or plan.end
        _, known, clients, met = scope(tables, plan.filters, end=until, as_of=plan.as_of)
        if plan.until is not None:
            known = known.filter(known.occurred_at < instant_literal(plan.end))
        known, clients = within(known, among), within(clients, among)
        closed = clients.closed_at
        seen = closed < instant_literal(plan.as_of)
        listed = clients.select(
            "client_id",
            "currency",
            "created_at",
            closed_at=ibis.ifelse(seen, closed, ibis.null(closed.type())),
            passes=ibis.and_(*met).fill_null(False),
        )
        passing = clients.filter(*met)
        own = known.filter(known.client_id.isin(passing.client_id))
        flows = client_flows(known, passing, plan.pieces, plan.end) if plan.by_client else None
        return cls(listed, known, own, flows)
